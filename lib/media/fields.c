#include "media/fields.h"

void
rtmp_fields_get(struct rtmp_bits *b, void *base, const struct rtmp_field *f)
{
	for (; f->bits != 0; f++) {
		uint8_t *at = (uint8_t *)base + f->at;
		uint32_t v = rtmp_bits_get(b, f->bits) + f->above;

		if (f->at == RTMP_NO_FIELD)
			continue;
		if (f->bits > 8)
			*(uint32_t *)(void *)at = v;
		else
			*at = (uint8_t)v;
	}
}

static uint32_t
value_of(const void *base, const struct rtmp_field *f)
{
	const uint8_t *at = (const uint8_t *)base + f->at;

	if (f->at == RTMP_NO_FIELD)
		return f->above;
	return (f->bits > 8 ? *(const uint32_t *)(const void *)at : *at) -
	    f->above;
}

void
rtmp_fields_put(struct rtmp_out *o, const void *base,
    const struct rtmp_field *f)
{
	unsigned count = 0, byte = 0, n;

	for (; f->bits != 0; f++) {
		for (n = f->bits; n-- != 0;) {
			byte = byte << 1 | (value_of(base, f) >> n & 1);
			if (++count % 8 == 0)
				rtmp_out_u8(o, byte);
		}
	}
}
