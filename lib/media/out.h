#ifndef RTMPIO_MEDIA_OUT_H
#define RTMPIO_MEDIA_OUT_H

/* Bytes written into a buffer of the caller, or only counted once they no
 * longer fit. */
#include "base/wire.h"
#include "media/info.h"

struct rtmp_out {
	uint8_t *data;
	size_t cap;
	size_t size; /* so far, also past cap */
};

static inline void
rtmp_out_init(struct rtmp_out *o, uint8_t *data, size_t cap)
{
	o->data = data;
	o->cap = cap;
	o->size = 0;
}

/* Room for n bytes, or NULL. */
static inline uint8_t *
rtmp_out_room(struct rtmp_out *o, size_t n)
{
	uint8_t *p = NULL;

	if (o->size <= o->cap && n <= o->cap - o->size && n != 0)
		p = o->data + o->size;
	o->size += n;
	return p;
}

static inline void
rtmp_out_u8(struct rtmp_out *o, unsigned v)
{
	uint8_t *p = rtmp_out_room(o, 1);

	if (p != NULL)
		*p = (uint8_t)v;
}

static inline void
rtmp_out_be16(struct rtmp_out *o, uint32_t v)
{
	uint8_t *p = rtmp_out_room(o, 2);

	if (p != NULL)
		rtmp_put_be16(p, v);
}

static inline void
rtmp_out_be32(struct rtmp_out *o, uint32_t v)
{
	uint8_t *p = rtmp_out_room(o, 4);

	if (p != NULL)
		rtmp_put_be32(p, v);
}

static inline void
rtmp_out_bytes(struct rtmp_out *o, const void *data, size_t n)
{
	uint8_t *p = rtmp_out_room(o, n);

	if (p != NULL)
		memcpy(p, data, n);
}

/* What a *_build() returns. */
static inline int
rtmp_out_end(const struct rtmp_out *o, size_t *size)
{
	*size = o->size;
	return o->size > o->cap ? RTMP_ERR_NOBUF : 0;
}

#endif
