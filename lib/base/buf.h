#ifndef RTMPIO_BASE_BUF_H
#define RTMPIO_BASE_BUF_H

/* Bytes that grow up to a hard maximum. */
#include "base/mem.h"

struct rtmp_buf {
	uint8_t *data; /* NULL while cap is 0 */
	size_t size;   /* bytes in use, at most cap */
	size_t cap;    /* bytes allocated, at most max */
	size_t max;
};

void rtmp_buf_init(struct rtmp_buf *b, size_t max);
void rtmp_buf_free(struct rtmp_buf *b, const struct rtmp_mem *mem);

/* Makes room for so many bytes behind size, at least doubling what it has.
 * Returns 0, RTMP_ERR_LIMIT past max, or RTMP_ERR_NOMEM. */
int rtmp_buf_reserve(struct rtmp_buf *b, const struct rtmp_mem *mem,
    size_t more);

/* Appends.  Returns as rtmp_buf_reserve(). */
int rtmp_buf_append(struct rtmp_buf *b, const struct rtmp_mem *mem,
    const void *data, size_t size);

#endif
