/*
 * AV1 in its low-overhead form, AV1 specification section 5: OBUs, of which a
 * temporal delimiter begins a temporal unit, that is, one picture shown.
 *
 *     12 00 | OBU | OBU | 12 00 | OBU ...
 *
 * And IVF, which has times; numbers are little-endian:
 *
 *     "DKIF" | version (2) | header size (2) | FourCC (4) | width (2) |
 *     height (2) | rate (4) | scale (4) | frames (4) | unused (4)
 *     frame size (4) | time (8), in scale / rate seconds | frame ...
 */
#include <string.h>

#include "es_read.h"

#define TEMPORAL_DELIMITER 2

/* The whole size of the OBU at stream offset at: 1, 0 when more bytes are
 * needed, or -1. */
static int
obu_size(const struct es_reader *r, uint64_t at, uint64_t *size)
{
	const uint8_t *p = es_at(r, at);
	size_t left = es_left(r, at), head = 1, i;

	if (left == 0)
		return 0;
	/* No forbidden bit, and a size, without which nothing ends. */
	if ((p[0] & 0x80) != 0 || (p[0] & 2) == 0)
		return -1;
	head += (p[0] & 4) != 0;
	for (*size = 0, i = 0; i < 8; i++) {
		if (head + i >= left)
			return 0;
		*size |= (uint64_t)(p[head + i] & 0x7f) << (7 * i);
		if ((p[head + i] & 0x80) == 0)
			break;
	}
	if (i == 8)
		return -1;
	*size += head + i + 1;
	return 1;
}

int
es_obu_next(struct es_reader *r, struct rtmp_frame *frame)
{
	uint64_t size = 0;
	unsigned type = 0;
	int ret = 1, at_end = 0;

	while (ret == 1 && !at_end) {
		if (r->scan != r->used && es_left(r, r->scan) != 0 &&
		    (*es_at(r, r->scan) >> 3 & 15) == TEMPORAL_DELIMITER)
			break;
		ret = obu_size(r, r->scan, &size);
		if (ret == 1 && size > ES_FRAME_MAX)
			ret = -1;
		if (ret == 1 && size > es_left(r, r->scan))
			ret = 0;
		if (ret == 1) {
			type = *es_at(r, r->scan) >> 3 & 15;
			if (!r->headed && type != TEMPORAL_DELIMITER)
				return es_fail(r, "not an AV1 OBU stream: no "
				    "temporal delimiter");
			r->headed = 1;
			r->scan += size;
		}
		at_end = ret == 0 && r->ended;
	}
	if (ret < 0)
		return es_fail(r, "broken AV1 OBU");
	if (at_end)
		r->skipped += es_left(r, r->scan);
	if (r->scan == r->used || (ret == 0 && !at_end))
		return 0;
	frame->data = es_at(r, r->used);
	frame->size = (size_t)(r->scan - r->used);
	r->used = r->scan;
	if (at_end)
		r->used = r->scan = r->base + r->size;
	if (es_find_fps(r, frame->data, frame->size) != 0)
		return RTMP_ERR_PROTO;
	frame->pts = frame->dts = es_frame_time(r, r->count);
	return 1;
}

/* ---- IVF ---- */

#define IVF_HEADER 32
#define IVF_FRAME_HEADER 12
#define IVF_TIME_MAX 4e18 /* ns, 127 years: what a packetizer takes */

static int
ivf_header(struct es_reader *r)
{
	const uint8_t *p = es_at(r, r->used);
	size_t left = es_left(r, r->used), size;

	if (left >= 4 && memcmp(p, "DKIF", 4) != 0)
		return es_fail(r, "not an IVF file");
	if (left < IVF_HEADER)
		return 0;
	size = p[6] | (size_t)p[7] << 8;
	if (memcmp(p + 8, "AV01", 4) == 0)
		r->codec = RTMP_CODEC_AV1;
	else if (memcmp(p + 8, "VP80", 4) == 0)
		r->codec = RTMP_CODEC_VP8;
	else if (memcmp(p + 8, "VP90", 4) == 0)
		r->codec = RTMP_CODEC_VP9;
	else
		return es_fail(r, "the IVF file has neither AV1, VP8 nor VP9");
	r->ivf_rate = es_get32le(p + 16);
	r->ivf_scale = es_get32le(p + 20);
	if (r->ivf_rate == 0 || r->ivf_scale == 0 || size < IVF_HEADER)
		return es_fail(r, "broken IVF header");
	if (left < size)
		return 0;
	/* A unit of time that can be a frame most likely is. */
	if (r->fps <= 0 && r->ivf_rate / r->ivf_scale <= 240)
		r->fps = (double)r->ivf_rate / r->ivf_scale;
	r->used += size;
	r->headed = 1;
	return 1;
}

int
es_ivf_next(struct es_reader *r, struct rtmp_frame *frame)
{
	const uint8_t *p;
	uint64_t time;
	double ns;
	size_t left, size;
	int ret = r->headed ? 1 : ivf_header(r);

	if (ret != 1)
		return ret;
	for (;;) {
		p = es_at(r, r->used);
		left = es_left(r, r->used);
		size = left < 4 ? 0 : es_get32le(p);
		if (size != 0 || left < IVF_FRAME_HEADER)
			break;
		r->used += IVF_FRAME_HEADER; /* a frame left out */
	}
	if (size > ES_FRAME_MAX)
		return es_fail(r, "IVF frame larger than 16 MB");
	if (left < IVF_FRAME_HEADER || left - IVF_FRAME_HEADER < size) {
		if (r->ended) {
			r->skipped += left;
			r->used += left;
		}
		return 0;
	}
	time = es_get32le(p + 4) | (uint64_t)es_get32le(p + 8) << 32;
	if (!r->ivf_any)
		r->ivf_first = time;
	r->ivf_any = 1;
	ns = (double)(int64_t)(time - r->ivf_first) * r->ivf_scale * 1e9 /
	    r->ivf_rate + 0.5;
	if (ns > IVF_TIME_MAX || ns < -IVF_TIME_MAX)
		return es_fail(r, "a time of the IVF file is out of all "
		    "bounds");
	frame->data = p + IVF_FRAME_HEADER;
	frame->size = size;
	frame->pts = frame->dts = (int64_t)ns;
	r->used += IVF_FRAME_HEADER + size;
	return 1;
}
