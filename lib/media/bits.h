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

static inline void
rtmp_bits_init(struct rtmp_bits *b, const uint8_t *data, size_t size)
{
	b->pos = data;
	b->end = size != 0 ? data + size : data;
	b->byte = 0;
	b->left = 0;
	b->escaped = 0;
	b->zeros = 0;
	b->err = 0;
}

/* Leaves emulation prevention bytes out, H.264 section 7.4.1. */
static inline void
rtmp_bits_init_nal(struct rtmp_bits *b, const uint8_t *data, size_t size)
{
	rtmp_bits_init(b, data, size);
	b->escaped = 1;
}

static inline void
rtmp_bits_next_byte(struct rtmp_bits *b)
{
	if (b->escaped && b->zeros >= 2 && b->pos != b->end &&
	    *b->pos == 3) {
		b->pos++;
		b->zeros = 0;
	}
	if (b->pos == b->end) {
		b->err = RTMP_ERR_PROTO;
		return;
	}
	b->byte = *b->pos++;
	b->left = 8;
	if (b->byte != 0)
		b->zeros = 0;
	else if (b->zeros < 2)
		b->zeros++;
}

/* n is 0 to 32. */
static inline uint32_t
rtmp_bits_get(struct rtmp_bits *b, unsigned n)
{
	uint32_t v = 0;

	while (n != 0 && b->err == 0) {
		unsigned take;

		if (b->left == 0) {
			rtmp_bits_next_byte(b);
			continue;
		}
		take = n < b->left ? n : b->left;
		b->left = (uint8_t)(b->left - take);
		v = v << take | ((uint32_t)(b->byte >> b->left) &
		    ((1U << take) - 1));
		n -= take;
	}
	return b->err == 0 ? v : 0;
}

static inline void
rtmp_bits_skip(struct rtmp_bits *b, size_t n)
{
	for (; n > 32 && b->err == 0; n -= 32)
		rtmp_bits_get(b, 32);
	if (b->err == 0)
		rtmp_bits_get(b, (unsigned)n);
}

/* Skips to the next byte, unless a byte begins here. */
static inline void
rtmp_bits_align(struct rtmp_bits *b)
{
	b->left = 0;
}

static inline uint32_t
rtmp_bits_ue(struct rtmp_bits *b)
{
	unsigned zeros = 0;

	while (b->err == 0 && rtmp_bits_get(b, 1) == 0) {
		if (++zeros > 31) {
			b->err = RTMP_ERR_PROTO;
			break;
		}
	}
	if (b->err != 0)
		return 0;
	return (uint32_t)((1ULL << zeros) - 1) + rtmp_bits_get(b, zeros);
}

static inline int32_t
rtmp_bits_se(struct rtmp_bits *b)
{
	uint32_t u = rtmp_bits_ue(b);
	int32_t half = (int32_t)(u >> 1);

	return (u & 1) != 0 ? half + 1 : -half;
}

/* How many bits are left, escapes counted. */
static inline size_t
rtmp_bits_left(const struct rtmp_bits *b)
{
	return b->err != 0 ? 0 : (size_t)(b->end - b->pos) * 8 + b->left;
}

/* A ue(v) that may be at most max; more is an error. */
static inline uint32_t
rtmp_bits_ue_max(struct rtmp_bits *b, uint32_t max)
{
	uint32_t v = rtmp_bits_ue(b);

	if (v > max) {
		b->err = RTMP_ERR_PROTO;
		return 0;
	}
	return v;
}

#endif
