#ifndef BENCH_LIBRTMP_H
#define BENCH_LIBRTMP_H

/* librtmp, as a program would use it.  Where its header was not found at
 * build time librtmp_installed() is 0, and the rest must not be called. */
#include <stddef.h>
#include <stdint.h>

int librtmp_installed(void);

struct RTMP;

/* Connects and waits for the server to accept the stream. */
struct RTMP *librtmp_publish(const char *url);
struct RTMP *librtmp_play(const char *url);
/* Connects, without a stream. */
struct RTMP *librtmp_connect(const char *url);
void librtmp_close(struct RTMP *r);

void librtmp_set_chunk_size(struct RTMP *r, int chunk_size);
/* There must be LIBRTMP_HEADROOM bytes before body, which librtmp overwrites
 * with headers, as well as parts of the body itself. */
#define LIBRTMP_HEADROOM 18
void librtmp_write(struct RTMP *r, uint8_t type, uint32_t timestamp,
    uint8_t *body, size_t size);
/* The size of the next audio or video message. */
size_t librtmp_read(struct RTMP *r);

#endif
