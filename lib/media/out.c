#include "media/out.h"

void
rtmp_out_init(struct rtmp_out *o, uint8_t *data, size_t cap)
{
	o->data = data;
	o->cap = cap;
	o->size = 0;
}

uint8_t *
rtmp_out_room(struct rtmp_out *o, size_t n)
{
	size_t at = o->size;

	o->size += n;
	return n != 0 && at <= o->cap && n <= o->cap - at ? o->data + at :
	    NULL;
}

void
rtmp_out_bytes(struct rtmp_out *o, const void *data, size_t n)
{
	uint8_t *p = rtmp_out_room(o, n);

	if (p != NULL)
		memcpy(p, data, n);
}

void
rtmp_out_u8(struct rtmp_out *o, unsigned v)
{
	uint8_t byte = (uint8_t)v;

	rtmp_out_bytes(o, &byte, sizeof(byte));
}

void
rtmp_out_be16(struct rtmp_out *o, uint32_t v)
{
	rtmp_out_u8(o, v >> 8);
	rtmp_out_u8(o, v);
}

void
rtmp_out_be32(struct rtmp_out *o, uint32_t v)
{
	rtmp_out_be16(o, v >> 16);
	rtmp_out_be16(o, v);
}

int
rtmp_out_end(const struct rtmp_out *o, size_t *size)
{
	*size = o->size;
	return o->size > o->cap ? RTMP_ERR_NOBUF : 0;
}
