/*
 * H.264, HEVC and VVC in Annex B of each, cut into access units:
 *
 *     AUD | SPS | PPS | SEI | slice | slice | AUD | slice ...
 *     '---------- access unit ------------' '- next ...
 *
 * The first NAL unit behind a slice that may not follow one, or that is the
 * first slice of another picture, begins the next (H.264 section 7.4.1.2.3,
 * HEVC and VVC 7.4.2.4.4).  So a unit is whole when the next one begins.
 */
#include <string.h>

#include "es_read.h"

/* Behind a start code, to tell what a NAL unit is. */
#define PEEK 3

static const uint8_t *
find_start(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *one = p + 2;

	while (one < end && (one = memchr(one, 1, (size_t)(end - one))) !=
	    NULL) {
		if (one[-1] == 0 && one[-2] == 0)
			return one - 2;
		one++;
	}
	return NULL;
}

/* What a NAL unit means for the one before it. */
enum place {
	INSIDE,	  /* goes on with the access unit */
	BEGINNING, /* begins one if there was a slice before */
	SLICE,	  /* the first of a picture: the same, and is one */
	MORE	  /* a slice that is not the first of its picture */
};

static enum place
h264_place(const uint8_t *nal)
{
	unsigned type = nal[0] & 31;

	if (type == 1 || type == 2 || type == 5)
		return (nal[1] & 0x80) != 0 ? SLICE : MORE;
	return (type >= 6 && type <= 9) || (type >= 14 && type <= 18) ?
	    BEGINNING : INSIDE;
}

static enum place
hevc_place(const uint8_t *nal)
{
	unsigned type = nal[0] >> 1 & 63;

	if ((nal[0] & 1) != 0 || nal[1] >> 3 != 0)
		return INSIDE; /* of another layer */
	if (type < 32)
		return (nal[2] & 0x80) != 0 ? SLICE : MORE;
	return (type >= 32 && type <= 35) || type == 39 ||
	    (type >= 41 && type <= 44) || (type >= 48 && type <= 55) ?
	    BEGINNING : INSIDE;
}

/* A slice that has the picture header in it is the only one. */
static enum place
vvc_place(const uint8_t *nal)
{
	unsigned type = nal[1] >> 3;

	if ((nal[0] & 63) != 0)
		return INSIDE;
	if (type < 12)
		return (nal[2] & 0x80) != 0 ? SLICE : MORE;
	return (type >= 12 && type <= 17) || type == 19 || type == 20 ||
	    type == 23 ? BEGINNING : INSIDE;
}

static enum place
place_of(const struct es_reader *r, const uint8_t *nal, size_t size)
{
	uint8_t head[PEEK] = { 0 };

	memcpy(head, nal, size < PEEK ? size : PEEK);
	return r->codec == RTMP_CODEC_H264 ? h264_place(head) :
	    r->codec == RTMP_CODEC_HEVC ? hevc_place(head) : vvc_place(head);
}

/* ---- Pictures ---- */

static void
put_picture(struct es_reader *r, const struct es_picture *picture,
    const struct es_slice *slice)
{
	es_order_put(&r->order, picture, slice->depth, slice->learn);
}

/* The fields of a frame, one behind the other, are one picture here. */
static int
is_second_field(const struct es_reader *r, const struct es_slice *s)
{
	const struct es_slice *first = &r->field_slice;

	return r->field.size != 0 && s->field != 0 &&
	    s->field != first->field && s->frame_num == first->frame_num &&
	    (s->is_reference == first->is_reference || first->is_reference);
}

static void
flush_field(struct es_reader *r)
{
	if (r->field.size != 0)
		put_picture(r, &r->field, &r->field_slice);
	r->field.size = 0;
}

static void
take_picture(struct es_reader *r, struct es_picture *picture,
    const struct es_slice *slice)
{
	if (is_second_field(r, slice)) {
		r->field.size += picture->size;
		if (slice->order < r->field.key)
			r->field.key = slice->order;
		flush_field(r);
		return;
	}
	flush_field(r);
	if (slice->field != 0) {
		r->field = *picture;
		r->field_slice = *slice;
	} else {
		put_picture(r, picture, slice);
	}
}

/* The order of an access unit, as its first slice says. */
static void
find_slice(struct es_reader *r, const uint8_t *p, const uint8_t *end,
    struct es_slice *slice)
{
	const uint8_t *next;

	for (p = find_start(p, end); p != NULL; p = next) {
		p += 3;
		next = find_start(p, end);
		if (p < end && es_poc_nal(r->poc, p,
		    (size_t)((next != NULL ? next : end) - p), slice))
			return;
	}
}

/* VVC has no times either; its pictures are taken as they come. */
static void
close_unit(struct es_reader *r, uint64_t end)
{
	struct es_picture picture = { r->unit, (size_t)(end - r->unit), 0, -1,
		0 };
	struct es_slice slice;

	memset(&slice, 0, sizeof(slice));
	if (r->poc != NULL)
		find_slice(r, es_at(r, r->unit), es_at(r, end), &slice);
	picture.key = slice.order;
	picture.sequence = slice.sequence;
	take_picture(r, &picture, &slice);
	r->unit_open = r->has_slice = 0;
}

/* ---- Units ---- */

/* Looks at one start code; 0 when there are not enough bytes. */
static int
scan_one(struct es_reader *r)
{
	const uint8_t *p = es_at(r, r->scan), *end = r->buf + r->size, *s;
	uint64_t at;
	enum place place;

	s = r->size == 0 ? NULL : find_start(p, end);
	if (s == NULL || (end - s < 3 + PEEK && !r->ended)) {
		if (s != NULL)
			r->scan += (uint64_t)(s - p);
		else if (end - p > 2)
			r->scan += (uint64_t)(end - p - 2);
		return 0;
	}
	place = place_of(r, s + 3, (size_t)(end - s) - 3);
	at = r->scan + (uint64_t)(s - p);
	r->scan = at + 3;
	if (at > r->used && s[-1] == 0)
		at--; /* a start code of four bytes */
	if (r->unit_open && r->has_slice &&
	    (place == BEGINNING || place == SLICE))
		close_unit(r, at);
	if (!r->unit_open) {
		if (r->order.count == 0 && r->order.left == 0)
			r->skipped += at - r->used;
		r->unit = at;
		r->unit_open = 1;
	}
	r->has_slice |= place == SLICE || place == MORE;
	return 1;
}

static void
finish(struct es_reader *r)
{
	if (r->unit_open && r->has_slice)
		close_unit(r, r->base + r->size);
	r->unit_open = 0;
	flush_field(r);
	es_order_finish(&r->order);
}

int
es_annexb_next(struct es_reader *r, struct rtmp_frame *frame)
{
	struct es_picture picture;
	int64_t decoded;

	while (!es_order_next(&r->order, &picture, &decoded)) {
		if (scan_one(r))
			continue;
		if (!r->ended)
			return 0;
		finish(r);
		if (r->order.count == 0)
			return 0;
	}
	frame->data = es_at(r, picture.offset);
	frame->size = picture.size;
	frame->form = RTMP_FORM_ANNEXB;
	r->used = picture.offset + picture.size;
	if (es_find_fps(r, frame->data, frame->size) != 0)
		return RTMP_ERR_PROTO;
	frame->pts = es_frame_time(r, picture.place);
	frame->dts = es_frame_time(r, decoded);
	return 1;
}
