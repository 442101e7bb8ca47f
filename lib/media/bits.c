#include "media/bits.h"

void
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

void
rtmp_bits_init_nal(struct rtmp_bits *b, const uint8_t *data, size_t size)
{
	rtmp_bits_init(b, data, size);
	b->escaped = 1;
}

static void
next_byte(struct rtmp_bits *b)
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

uint32_t
rtmp_bits_get(struct rtmp_bits *b, unsigned n)
{
	uint32_t v = 0;

	while (n != 0 && b->err == 0) {
		unsigned take;

		if (b->left == 0) {
			next_byte(b);
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

uint8_t
rtmp_bits_flag(struct rtmp_bits *b)
{
	return (uint8_t)rtmp_bits_get(b, 1);
}

void
rtmp_bits_skip(struct rtmp_bits *b, size_t n)
{
	for (; n > 32 && b->err == 0; n -= 32)
		rtmp_bits_get(b, 32);
	rtmp_bits_get(b, (unsigned)n);
}

void
rtmp_bits_align(struct rtmp_bits *b)
{
	b->left = 0;
}

uint32_t
rtmp_bits_ue(struct rtmp_bits *b)
{
	unsigned zeros = 0;

	while (b->err == 0 && !rtmp_bits_flag(b)) {
		if (++zeros > 31) {
			b->err = RTMP_ERR_PROTO;
			break;
		}
	}
	if (b->err != 0)
		return 0;
	return (uint32_t)((1ULL << zeros) - 1) + rtmp_bits_get(b, zeros);
}

void
rtmp_bits_skip_ue(struct rtmp_bits *b, unsigned count)
{
	while (count-- != 0)
		rtmp_bits_ue(b);
}

int32_t
rtmp_bits_se(struct rtmp_bits *b)
{
	uint32_t u = rtmp_bits_ue(b);
	int32_t half = (int32_t)(u >> 1);

	return (u & 1) != 0 ? half + 1 : -half;
}

size_t
rtmp_bits_left(const struct rtmp_bits *b)
{
	return b->err != 0 ? 0 : (size_t)(b->end - b->pos) * 8 + b->left;
}

uint32_t
rtmp_bits_ue_max(struct rtmp_bits *b, uint32_t max)
{
	uint32_t v = rtmp_bits_ue(b);

	if (v > max) {
		b->err = RTMP_ERR_PROTO;
		return 0;
	}
	return v;
}
