/* Picture order counts: H.264.  HEVC is in es_poc_hevc.c. */
#include <stdlib.h>

#include "es_order.h"
#include "es_poc.h"

struct es_poc *
es_poc_new(enum rtmp_codec codec)
{
	struct es_poc *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->codec = codec;
	return p;
}

void
es_poc_free(struct es_poc *p)
{
	free(p);
}

int
es_poc_nal(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice)
{
	return p->codec == RTMP_CODEC_H264 ?
	    es_poc_h264(p, nal, size, slice) :
	    es_poc_hevc(p, nal, size, slice);
}

int64_t
es_poc_full(const struct es_poc *p, uint32_t lsb, unsigned bits)
{
	int64_t wrap = (int64_t)1 << bits;
	int64_t order = p->previous - (p->previous & (wrap - 1)) +
	    (int64_t)lsb;

	if (order - p->previous > wrap / 2)
		order -= wrap;
	else if (p->previous - order >= wrap / 2)
		order += wrap;
	return order;
}

/* ---- H.264, sections 7.3.2 and 7.3.3, annexes A and E ---- */

static void
skip_scaling_list(struct es_bits *b, int size)
{
	int32_t last = 8, next = 8;
	int i;

	for (i = 0; i < size && b->err == 0; i++) {
		if (next != 0)
			next = (last + es_bits_se(b) + 256) % 256;
		if (next != 0)
			last = next;
	}
}

static void
skip_hrd(struct es_bits *b)
{
	uint32_t i, count = es_bits_ue(b) + 1;

	es_bits_skip(b, 8);
	for (i = 0; i < count && i < 32; i++) {
		es_bits_ue(b);
		es_bits_ue(b);
		es_bits_skip(b, 1);
	}
	es_bits_skip(b, 20);
}

/* max_num_reorder_frames, or -1. */
static int
vui_depth(struct es_bits *b)
{
	int hrd, depth;

	if (es_bits_1(b) && es_bits_u(b, 8) == 255) /* sample aspect ratio */
		es_bits_skip(b, 32);
	if (es_bits_1(b)) /* overscan */
		es_bits_skip(b, 1);
	if (es_bits_1(b)) { /* video signal */
		es_bits_skip(b, 4);
		if (es_bits_1(b))
			es_bits_skip(b, 24);
	}
	if (es_bits_1(b)) { /* chroma location */
		es_bits_ue(b);
		es_bits_ue(b);
	}
	if (es_bits_1(b)) /* timing */
		es_bits_skip(b, 65);
	hrd = (int)es_bits_1(b);
	if (hrd)
		skip_hrd(b);
	if (es_bits_1(b)) {
		skip_hrd(b);
		hrd = 1;
	}
	if (hrd)
		es_bits_skip(b, 1);
	es_bits_skip(b, 1); /* pic_struct_present_flag */
	if (!es_bits_1(b))
		return -1;
	es_bits_skip(b, 1);
	es_bits_ue(b);
	es_bits_ue(b);
	es_bits_ue(b);
	es_bits_ue(b);
	depth = (int)es_bits_ue(b);
	return b->err || depth > ES_DEPTH_MAX ? -1 : depth;
}

/* The frames that fit into the decoded picture buffer, table A-1. */
static int
frames_held(unsigned level, uint32_t macroblocks)
{
	static const struct { unsigned level; uint32_t macroblocks; } t[] = {
		{ 10, 396 }, { 11, 900 }, { 20, 2376 }, { 21, 4752 },
		{ 30, 8100 }, { 31, 18000 }, { 32, 20480 }, { 41, 32768 },
		{ 42, 34816 }, { 50, 110400 }, { 52, 184320 },
		{ 255, 696320 }
	};
	uint32_t n;
	size_t i = 0;

	while (t[i].level < level)
		i++;
	n = macroblocks == 0 ? ES_DEPTH_MAX : t[i].macroblocks / macroblocks;
	return n > ES_DEPTH_MAX ? ES_DEPTH_MAX : (int)n;
}

static int
has_chroma(unsigned profile)
{
	return profile == 100 || profile == 110 || profile == 122 ||
	    profile == 244 || profile == 44 || profile == 83 ||
	    profile == 86 || profile == 118 || profile == 128 ||
	    profile == 138 || profile == 139 || profile == 134 ||
	    profile == 135;
}

static void
read_chroma(struct es_bits *b, struct es_sps *s)
{
	uint32_t format = es_bits_ue(b);
	int i;

	if (format == 3)
		s->separate_planes = (int)es_bits_1(b);
	es_bits_ue(b);
	es_bits_ue(b);
	es_bits_skip(b, 1);
	if (es_bits_1(b))
		for (i = 0; i < (format == 3 ? 12 : 8); i++)
			if (es_bits_1(b))
				skip_scaling_list(b, i < 6 ? 16 : 64);
}

static void
read_poc_type(struct es_bits *b, struct es_sps *s)
{
	uint32_t n;

	s->poc_type = es_bits_ue(b);
	if (s->poc_type == 0)
		s->poc_bits = es_bits_ue(b) + 4;
	if (s->poc_type != 1)
		return;
	es_bits_skip(b, 1);
	es_bits_se(b);
	es_bits_se(b);
	for (n = es_bits_ue(b); n != 0 && b->err == 0; n--)
		es_bits_se(b);
}

static void
read_sps(struct es_poc *p, struct es_bits *b)
{
	struct es_sps s = { 0, 0, 0, 0, 0, 0, -1, 0 };
	uint32_t profile = es_bits_u(b, 8), flags = es_bits_u(b, 8);
	uint32_t level = es_bits_u(b, 8), id = es_bits_ue(b), width, height;

	if (has_chroma(profile))
		read_chroma(b, &s);
	s.frame_num_bits = es_bits_ue(b) + 4;
	read_poc_type(b, &s);
	es_bits_ue(b); /* max_num_ref_frames */
	es_bits_skip(b, 1);
	width = es_bits_ue(b) + 1;
	height = es_bits_ue(b) + 1;
	s.frame_mbs_only = (int)es_bits_1(b);
	if (!s.frame_mbs_only)
		es_bits_skip(b, 1);
	es_bits_skip(b, 1);
	if (es_bits_1(b)) { /* cropping */
		es_bits_ue(b);
		es_bits_ue(b);
		es_bits_ue(b);
		es_bits_ue(b);
	}
	if (b->err || id >= ES_SPS_MAX || s.frame_num_bits > 16 ||
	    s.poc_bits > 16 || width > 65536 || height > 65536)
		return;
	s.learn = frames_held(level, width * height *
	    (s.frame_mbs_only ? 1 : 2));
	if (es_bits_1(b))
		s.depth = vui_depth(b);
	/* Baseline, and intra-only profiles, have no B-frames. */
	if (profile == 66 || profile == 44 || (flags & 0x10 &&
	    (profile == 100 || profile == 110 || profile == 122 ||
	    profile == 244)))
		s.depth = 0;
	if (s.poc_type != 0)
		s.depth = 0;
	s.known = 1;
	p->sps[id] = s;
}

static void
read_pps(struct es_poc *p, struct es_bits *b)
{
	uint32_t id = es_bits_ue(b), sps = es_bits_ue(b);

	es_bits_skip(b, 1);
	if (id >= ES_PPS_MAX || sps >= ES_SPS_MAX || b->err)
		return;
	p->pps[id].sps = sps;
	p->pps[id].bottom_delta = (int)es_bits_1(b);
	p->pps[id].known = 1;
}

/* Order types 1 and 2: as decoded.  Type 1 could say otherwise, but hardly any
 * encoder uses it. */
static void
read_slice(struct es_poc *p, struct es_bits *b, int idr, int reference,
    struct es_slice *slice)
{
	uint32_t id, lsb;
	const struct es_sps *s;
	int32_t delta = 0;

	es_bits_ue(b); /* slice_type */
	id = es_bits_ue(b);
	if (id >= ES_PPS_MAX || !p->pps[id].known ||
	    !p->sps[p->pps[id].sps].known)
		return;
	s = &p->sps[p->pps[id].sps];
	if (s->separate_planes)
		es_bits_skip(b, 2);
	slice->frame_num = es_bits_u(b, s->frame_num_bits);
	if (!s->frame_mbs_only && es_bits_1(b))
		slice->field = es_bits_1(b) ? 2 : 1;
	if (idr)
		es_bits_ue(b);
	slice->depth = s->depth;
	slice->learn = s->learn;
	if (s->poc_type != 0) {
		slice->order = p->previous = idr ? 0 : p->previous + 1;
		return;
	}
	lsb = es_bits_u(b, s->poc_bits);
	if (p->pps[id].bottom_delta && slice->field == 0)
		delta = es_bits_se(b);
	if (idr)
		p->previous = 0;
	slice->order = es_poc_full(p, lsb, s->poc_bits);
	if (reference)
		p->previous = slice->order;
	if (delta < 0)
		slice->order += delta;
}

int
es_poc_h264(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice)
{
	struct es_bits b;
	unsigned type = nal[0] & 31;

	es_bits_init(&b, nal, size);
	es_bits_skip(&b, 8);
	if (type == 7)
		read_sps(p, &b);
	else if (type == 8)
		read_pps(p, &b);
	if ((type != 1 && type != 2 && type != 5) || es_bits_ue(&b) != 0)
		return 0;
	slice->order = 0;
	slice->depth = slice->learn = slice->field = 0;
	slice->frame_num = 0;
	slice->is_reference = (nal[0] & 0x60) != 0;
	if (type == 5)
		p->sequence++;
	read_slice(p, &b, type == 5, slice->is_reference, slice);
	slice->sequence = p->sequence;
	return 1;
}
