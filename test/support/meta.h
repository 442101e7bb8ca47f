#ifndef TEST_META_H
#define TEST_META_H

/* Metadata read and written with the care of a test. */
#include <rtmpio/metadata.h>

#include "support/support.h"

#define TRACKS 4

/* A struct and places for its tracks. */
struct meta {
	struct rtmp_metadata m;
	struct rtmp_video_metadata video[TRACKS];
	struct rtmp_audio_metadata audio[TRACKS];
};

void meta_init(struct meta *meta);

/* Equal doubles, without the compiler's opinion. */
void assert_number(double a, double b);

/* FourCC as a number. */
#define FCC(s) \
	((double)((uint32_t)(s)[0] << 24 | (uint32_t)(s)[1] << 16 | \
	    (uint32_t)(s)[2] << 8 | (uint32_t)(s)[3]))

/* Reads a body whole, and cut at every position. */
int read_body(struct rtmp_metadata *m, const uint8_t *body, size_t size);
/* What m is written as, malloc()ed; no room for a byte less. */
uint8_t *write_body(const struct rtmp_metadata *m, size_t *size);

#endif
