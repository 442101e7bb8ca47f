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

void rtmp_out_init(struct rtmp_out *o, uint8_t *data, size_t cap);

/* Room for n bytes, or NULL. */
uint8_t *rtmp_out_room(struct rtmp_out *o, size_t n);
void rtmp_out_u8(struct rtmp_out *o, unsigned v);
void rtmp_out_be16(struct rtmp_out *o, uint32_t v);
void rtmp_out_be32(struct rtmp_out *o, uint32_t v);
void rtmp_out_bytes(struct rtmp_out *o, const void *data, size_t n);

/* What a *_build() returns. */
int rtmp_out_end(const struct rtmp_out *o, size_t *size);

#endif
