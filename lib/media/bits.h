#ifndef RTMPIO_MEDIA_BITS_H
#define RTMPIO_MEDIA_BITS_H

/*
 * Bits, the most significant of each byte first, and the codes built on them:
 * u(n), ue(v), se(v) of H.264 section 7.2 and 9.1, HEVC and VVC likewise.
 *
 *     1          0
 *     0 1 x      1 + x             ue(v): as many bits behind the first 1
 *     0 0 1 xx   3 + xx            as there are zeros in front of it
 *
 * Reading past the end, or a ue(v) above 2^32 - 2, sets err, and from then on
 * everything reads as 0: one check at the end is enough where no value leads
 * a loop.
 */
#include <rtmpio/types.h>

struct rtmp_bits {
	const uint8_t *pos, *end; /* bytes not begun */
	uint8_t byte;		  /* the one begun, */
	uint8_t left;		  /* and how many of its bits are left */
	uint8_t escaped;	  /* the bytes are those of a NAL unit: */
	uint8_t zeros;		  /* 00 00 03 stands for 00 00 */
	int err;		  /* 0 or RTMP_ERR_PROTO */
};

void rtmp_bits_init(struct rtmp_bits *b, const uint8_t *data, size_t size);

/* Leaves emulation prevention bytes out, H.264 section 7.4.1. */
void rtmp_bits_init_nal(struct rtmp_bits *b, const uint8_t *data, size_t size);

/* n is 0 to 32. */
uint32_t rtmp_bits_get(struct rtmp_bits *b, unsigned n);
/* u(1) */
uint8_t rtmp_bits_flag(struct rtmp_bits *b);

void rtmp_bits_skip(struct rtmp_bits *b, size_t n);

/* Skips to the next byte, unless a byte begins here. */
void rtmp_bits_align(struct rtmp_bits *b);

uint32_t rtmp_bits_ue(struct rtmp_bits *b);

/* se(v), too, whose bits are the same. */
void rtmp_bits_skip_ue(struct rtmp_bits *b, unsigned count);

int32_t rtmp_bits_se(struct rtmp_bits *b);

/* How many bits are left, escapes counted. */
size_t rtmp_bits_left(const struct rtmp_bits *b);

/* A ue(v) that may be at most max; more is an error. */
uint32_t rtmp_bits_ue_max(struct rtmp_bits *b, uint32_t max);

#endif
