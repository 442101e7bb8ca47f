#ifndef ES_BITS_H
#define ES_BITS_H

/* The bits of a NAL unit, emulation prevention bytes left out.  Past the end
 * everything reads as 0, and err is set. */
#include <stddef.h>
#include <stdint.h>

struct es_bits {
	const uint8_t *data;
	size_t size, pos; /* in bytes */
	unsigned bit;	  /* of data[pos], the highest is 0 */
	unsigned zeros;	  /* bytes in front of data[pos] */
	int err;
};

static inline void
es_bits_init(struct es_bits *b, const uint8_t *nal, size_t size)
{
	b->data = nal;
	b->size = size;
	b->pos = 0;
	b->bit = 0;
	b->zeros = 0;
	b->err = 0;
}

static inline uint32_t
es_bits_1(struct es_bits *b)
{
	uint32_t v;

	if (b->bit == 0 && b->zeros >= 2 && b->pos < b->size &&
	    b->data[b->pos] == 3) {
		b->pos++;
		b->zeros = 0;
	}
	if (b->pos >= b->size) {
		b->err = 1;
		return 0;
	}
	v = (uint32_t)(b->data[b->pos] >> (7 - b->bit)) & 1;
	if (++b->bit == 8) {
		b->zeros = b->data[b->pos] == 0 ? b->zeros + 1 : 0;
		b->bit = 0;
		b->pos++;
	}
	return v;
}

/* n is 0 to 32. */
static inline uint32_t
es_bits_u(struct es_bits *b, unsigned n)
{
	uint32_t v = 0;

	while (n-- != 0)
		v = v << 1 | es_bits_1(b);
	return v;
}

static inline void
es_bits_skip(struct es_bits *b, unsigned n)
{
	while (n-- != 0)
		es_bits_1(b);
}

static inline uint32_t
es_bits_ue(struct es_bits *b)
{
	unsigned zeros = 0;

	while (b->err == 0 && es_bits_1(b) == 0)
		if (++zeros > 31)
			b->err = 1;
	if (b->err != 0)
		return 0;
	return (uint32_t)((1ULL << zeros) - 1) + es_bits_u(b, zeros);
}

static inline int32_t
es_bits_se(struct es_bits *b)
{
	uint32_t u = es_bits_ue(b);
	int32_t half = (int32_t)(u >> 1);

	return (u & 1) != 0 ? half + 1 : -half;
}

#endif
