/*
 * H.264, HEVC and VVC for RTMP: NAL units behind lengths, the parameter sets
 * in the record of the sequence header (ISO/IEC 14496-15), and none of what
 * is left to the transport: access unit delimiters, filler data, ends.
 *
 *     00 00 00 01 AUD  00 00 00 01 SPS  00 00 01 PPS  00 00 01 IDR slice
 *                                  '--.  .--'                      |
 *     17 00 000000 avcC ...............+..      17 01 cts | length | IDR slice
 */
#include <string.h>

#include "media/avc.h"
#include "media/hevc.h"
#include "media/out.h"
#include "media/packetizer.h"
#include "media/record.h"
#include "media/vvc.h"

#define LENGTH_SIZE 4 /* of all that is not sent on as it was read */

static const char malformed[] = "a NAL unit ends behind the frame";

/* The NAL units of a frame, and behind them those of a record being made. */
struct units {
	struct rtmp_put *put;
	enum rtmp_codec codec;
	size_t count; /* of the frame; from there on, of the record */
	size_t kept;  /* those that are sent, at the front */
	size_t total; /* their size, without lengths */
	unsigned from; /* the size of lengths in the frame; 0: Annex B */
	int has_slice, has_key;
	int sets;     /* kinds of parameter sets in the frame, as bits */
	int news;     /* one of them is not in the record */
};

static int
add_unit(struct rtmp_packetizer *p, size_t at, const struct rtmp_nal *nal)
{
	struct rtmp_nal *nals = rtmp_array_grow(&p->mem, p->nals, at,
	    &p->nals_cap, sizeof(*nals));

	if (nals == NULL)
		return RTMP_ERR_NOMEM;
	p->nals = nals;
	nals[at] = *nal;
	return 0;
}

/* ---- Parameter sets ---- */

static int
is_set(enum rtmp_nal_kind kind)
{
	return kind == RTMP_NAL_VPS || kind == RTMP_NAL_SPS ||
	    kind == RTMP_NAL_PPS || kind == RTMP_NAL_SPS_EXT ||
	    kind == RTMP_NAL_DCI || kind == RTMP_NAL_OPI;
}

static int
is_same(const struct rtmp_nal *a, const struct rtmp_nal *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static int
is_in_record(const struct rtmp_media_track *t, const struct rtmp_nal *nal)
{
	struct rtmp_nal_sets sets;
	struct rtmp_nal have;

	rtmp_media_track_sets(t, &sets);
	while (rtmp_nal_sets_next(&sets, &have) == 1)
		if (is_same(&have, nal))
			return 1;
	return 0;
}

static int
set_id(enum rtmp_codec codec, const struct rtmp_nal *nal, uint32_t *id)
{
	switch (codec) {
	case RTMP_CODEC_H264:
		return rtmp_avc_set_id(nal, id);
	case RTMP_CODEC_HEVC:
		return rtmp_hevc_set_id(nal, id);
	default:
		return rtmp_vvc_set_id(nal, id);
	}
}

/* Two sets of which the later takes the place of the earlier. */
static int
is_successor(enum rtmp_codec codec, const struct rtmp_nal *a,
    const struct rtmp_nal *b)
{
	uint32_t id_a, id_b;

	if (rtmp_nal_kind_of(codec, a) != rtmp_nal_kind_of(codec, b))
		return 0;
	return set_id(codec, a, &id_a) == 0 && set_id(codec, b, &id_b) == 0 &&
	    id_a == id_b;
}

/* Adds a set to those of the record, from index first on, in the place of one
 * with the same id. */
static int
add_set(struct units *u, size_t first, size_t *end, const struct rtmp_nal *nal)
{
	struct rtmp_packetizer *p = u->put->p;
	size_t i;
	int err;

	for (i = first; i < *end; i++) {
		if (is_same(&p->nals[i], nal) ||
		    is_successor(u->codec, &p->nals[i], nal)) {
			p->nals[i] = *nal;
			return 0;
		}
	}
	err = add_unit(p, *end, nal);
	if (err == 0)
		(*end)++;
	return err;
}

/* The sets that a frame does not bring, but that are known. */
static int
add_known_sets(struct units *u, size_t first, size_t *end)
{
	struct rtmp_media_track *t = u->put->track;
	struct rtmp_nal_sets sets;
	struct rtmp_nal_iter it;
	struct rtmp_nal nal;
	int err = 0;

	rtmp_media_track_sets(t, &sets);
	while (err == 0 && rtmp_nal_sets_next(&sets, &nal) == 1)
		err = add_set(u, first, end, &nal);
	rtmp_nal_iter_init(&it, t->partial.data, t->partial.size, 0);
	while (err == 0 && rtmp_nal_next(&it, &nal) == 1)
		err = add_set(u, first, end, &nal);
	return err;
}

static int
build_record(enum rtmp_codec codec, uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count)
{
	switch (codec) {
	case RTMP_CODEC_H264:
		return rtmp_avc_config_build(out, cap, size, nals, count,
		    LENGTH_SIZE);
	case RTMP_CODEC_HEVC:
		return rtmp_hevc_config_build(out, cap, size, nals, count,
		    LENGTH_SIZE, 0);
	default:
		return rtmp_vvc_config_build(out, cap, size, nals, count,
		    LENGTH_SIZE, 0);
	}
}

/* Sets that are not enough for a record wait for the others. */
static int
keep_partial(struct units *u, size_t first, size_t end)
{
	struct rtmp_packetizer *p = u->put->p;
	struct rtmp_buf *record = &p->record;
	struct rtmp_buf *partial = &u->put->track->partial;
	size_t i;
	int err = 0;

	record->size = 0;
	for (i = first; i < end && err == 0; i++)
		err = rtmp_media_append_nal(record, &p->mem, &p->nals[i]);
	partial->size = 0;
	if (err == 0)
		err = rtmp_buf_append(partial, &p->mem, record->data,
		    record->size);
	if (err != RTMP_ERR_LIMIT)
		return err;
	return rtmp_packetizer_fail(p, RTMP_ERR_MALFORMED,
	    "the parameter sets are too large");
}

/* The record of the sets from index first to end. */
static int
make_record(struct units *u, size_t first, size_t end)
{
	struct rtmp_packetizer *p = u->put->p;
	const struct rtmp_nal *nals = p->nals + first;
	size_t size = 0;
	int err;

	err = build_record(u->codec, NULL, 0, &size, nals, end - first);
	if (err == RTMP_ERR_INVAL)
		return keep_partial(u, first, end);
	if (err == RTMP_ERR_PROTO || size > RTMP_MEDIA_CONFIG_MAX)
		return rtmp_packetizer_fail(p, RTMP_ERR_MALFORMED,
		    "the parameter sets are malformed");
	p->record.size = 0;
	err = rtmp_buf_reserve(&p->record, &p->mem, size);
	if (err != 0)
		return err;
	build_record(u->codec, p->record.data, size, &size, nals, end - first);
	u->put->track->partial.size = 0;
	return rtmp_put_record(u->put, p->record.data, size);
}

/* A frame that brings all kinds of sets replaces the record, so that stale
 * ones do not pile up; others add to it. */
static int
learn_sets(struct units *u)
{
	const int all = 1 << RTMP_NAL_SPS | 1 << RTMP_NAL_PPS |
	    (u->codec == RTMP_CODEC_HEVC ? 1 << RTMP_NAL_VPS : 0);
	struct rtmp_packetizer *p = u->put->p;
	size_t end = u->count, i;
	int err = 0;

	if ((u->sets & all) != all)
		err = add_known_sets(u, u->count, &end);
	for (i = 0; i < u->count && err == 0; i++) {
		struct rtmp_nal nal = p->nals[i];

		if (is_set(rtmp_nal_kind_of(u->codec, &nal)))
			err = add_set(u, u->count, &end, &nal);
	}
	return err != 0 ? err : make_record(u, u->count, end);
}

/* ---- Frames ---- */

static int
collect(struct units *u, const uint8_t *data, size_t size,
    unsigned length_size)
{
	struct rtmp_nal_iter it;
	struct rtmp_nal nal;
	int ret, err;

	u->count = 0;
	u->from = length_size;
	rtmp_nal_iter_init(&it, data, size, length_size);
	while ((ret = rtmp_nal_next(&it, &nal)) == 1) {
		err = add_unit(u->put->p, u->count, &nal);
		if (err != 0)
			return err;
		u->count++;
	}
	return ret == 0 && u->count != 0 ? 0 : RTMP_ERR_MALFORMED;
}

static unsigned
given_length(const struct rtmp_put *put)
{
	if (put->frame->tag != NULL && put->track->length_size != 0)
		return put->track->length_size;
	return put->track->given_length != 0 ? put->track->given_length
					     : LENGTH_SIZE;
}

/* Start codes look like lengths, too: 00 00 01 2c.  So what a track was once
 * is tried first. */
static int
collect_auto(struct units *u)
{
	const struct rtmp_frame *f = u->put->frame;
	struct rtmp_media_track *t = u->put->track;
	int annexb = rtmp_nal_is_annexb(f->data, f->size), err;

	if (t->form == RTMP_FORM_AUTO)
		t->form = annexb ? RTMP_FORM_ANNEXB : RTMP_FORM_LENGTH;
	if (t->form == RTMP_FORM_ANNEXB && annexb)
		return collect(u, f->data, f->size, 0);
	err = collect(u, f->data, f->size, given_length(u->put));
	if (err == RTMP_ERR_MALFORMED && annexb)
		err = collect(u, f->data, f->size, 0);
	return err;
}

static int
collect_frame(struct units *u)
{
	const struct rtmp_frame *f = u->put->frame;
	int err;

	if (f->form == RTMP_FORM_AUTO)
		err = collect_auto(u);
	else
		err = collect(u, f->data, f->size,
		    f->form == RTMP_FORM_ANNEXB ? 0 : given_length(u->put));
	if (err == RTMP_ERR_MALFORMED)
		return rtmp_packetizer_fail(u->put->p, err,
		    u->count == 0 ? "no NAL unit in the frame" : malformed);
	return err;
}

/* 1 for what goes into the packet. */
static int
is_media(struct units *u, const struct rtmp_nal *nal)
{
	int as_read = u->put->frame->tag != NULL, known;
	enum rtmp_nal_kind kind = rtmp_nal_kind_of(u->codec, nal);

	switch (kind) {
	case RTMP_NAL_KEY:
		u->has_key = 1;
		u->has_slice = 1;
		return 1;
	case RTMP_NAL_SLICE:
		u->has_slice = 1;
		return 1;
	case RTMP_NAL_AUD:
	case RTMP_NAL_FILLER:
	case RTMP_NAL_END:
		return as_read;
	case RTMP_NAL_PREFIX_SEI:
	case RTMP_NAL_SUFFIX_SEI:
		return !is_in_record(u->put->track, nal);
	default:
		if (!is_set(kind))
			return 1;
		known = is_in_record(u->put->track, nal);
		u->sets |= 1 << kind;
		u->news |= !known;
		return as_read && !known;
	}
}

static void
classify(struct units *u)
{
	size_t i;

	for (i = 0; i < u->count; i++)
		is_media(u, &u->put->p->nals[i]);
}

/* Moves what is sent to the front. */
static void
keep_media(struct units *u)
{
	struct rtmp_nal *nals = u->put->p->nals;
	size_t i;

	for (i = 0; i < u->count; i++) {
		if (!is_media(u, &nals[i]))
			continue;
		u->total += nals[i].size;
		nals[u->kept++] = nals[i];
	}
}

static int
put_units(struct units *u, unsigned length_size)
{
	size_t i, size = u->total + u->kept * length_size;
	struct rtmp_out o;
	uint8_t *room;
	int err;

	err = rtmp_put_room(u->put, size, &room);
	if (err != 0)
		return err;
	rtmp_out_init(&o, room, size);
	for (i = 0; i < u->kept; i++)
		if (rtmp_nal_put(&o, &u->put->p->nals[i], length_size) != 0)
			return rtmp_packetizer_fail(u->put->p, RTMP_ERR_INVAL,
			    "a NAL unit is too long for its length");
	return rtmp_put_coded_room(u->put, size, u->has_key);
}

/* What lies in the frame as it is in a packet is not copied. */
static int
put_frame(struct units *u)
{
	const struct rtmp_frame *f = u->put->frame;
	unsigned length_size = LENGTH_SIZE;

	if (f->tag != NULL && u->put->track->length_size != 0)
		length_size = u->put->track->length_size;
	if (u->from == length_size && u->kept == u->count &&
	    u->total + u->kept * length_size == f->size)
		return rtmp_put_coded_lent(u->put, f->data, f->size,
		    u->has_key);
	return put_units(u, length_size);
}

/* As it was read, without what the depacketizer put in: start codes, sets. */
static int
put_as_read(struct units *u)
{
	const struct rtmp_frame *f = u->put->frame;
	int err = 0;

	if (u->put->track->config.size != 0)
		err = rtmp_put_due(u->put);
	if (err != 0)
		return err;
	if (f->form != RTMP_FORM_ANNEXB || f->data == f->tag->data)
		return rtmp_put_coded_lent(u->put, f->data, f->size, 0);
	err = collect_frame(u);
	if (err != 0)
		return err;
	keep_media(u);
	return put_frame(u);
}

int
rtmp_put_nal_frame(struct rtmp_put *put)
{
	struct units u;
	int err;

	memset(&u, 0, sizeof(u));
	u.put = put;
	u.codec = put->frame->codec;
	if (put->frame->tag != NULL)
		return put_as_read(&u);
	err = collect_frame(&u);
	if (err != 0)
		return err;
	classify(&u);
	err = u.news ? learn_sets(&u) : 0;
	if (err != 0)
		return err;
	keep_media(&u);
	if (put->track->config.size == 0)
		return !u.has_slice ? 0 : rtmp_packetizer_fail(put->p,
		    RTMP_ERR_INVAL, "no parameter sets came before the frame");
	err = rtmp_put_due(put);
	return err != 0 || !u.has_slice ? err : put_frame(&u);
}

/* ---- Configuration ---- */

/* Where a record says how long the lengths are. */
static void
set_length_size(enum rtmp_codec codec, uint8_t *record)
{
	if (codec == RTMP_CODEC_H264)
		record[4] |= LENGTH_SIZE - 1;
	else if (codec == RTMP_CODEC_HEVC)
		record[21] |= LENGTH_SIZE - 1;
	else
		record[0] |= (LENGTH_SIZE - 1) << 1;
}

static int
put_record(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	struct rtmp_buf *record = &put->p->record;
	struct rtmp_nal_sets sets;
	int ret, err;

	ret = rtmp_record_sets(f->codec, f->data, f->size, &sets);
	if (ret < 0 || f->size > RTMP_MEDIA_CONFIG_MAX)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_MALFORMED,
		    "the configuration is malformed");
	record->size = 0;
	err = rtmp_buf_append(record, &put->p->mem, f->data, f->size);
	if (err != 0)
		return err;
	set_length_size(f->codec, record->data);
	err = rtmp_put_record(put, record->data, record->size);
	put->track->given_length = (uint8_t)ret;
	put->track->form = RTMP_FORM_LENGTH;
	return err;
}

int
rtmp_put_nal_config(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	struct units u;
	size_t size;
	int err;

	if (!rtmp_nal_is_annexb(f->data, f->size))
		return put_record(put);
	memset(&u, 0, sizeof(u));
	u.put = put;
	u.codec = f->codec;
	err = collect(&u, f->data, f->size, 0);
	if (err == 0 && build_record(u.codec, NULL, 0, &size, put->p->nals,
	    u.count) == RTMP_ERR_INVAL)
		err = RTMP_ERR_MALFORMED;
	if (err == RTMP_ERR_MALFORMED)
		return rtmp_packetizer_fail(put->p, err,
		    "not all parameter sets are in the configuration");
	return err != 0 ? err : make_record(&u, 0, u.count);
}
