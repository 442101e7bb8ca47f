/*
 * Media as decoders want it: NAL units behind start codes, the parameter sets
 * of the sequence header in front of each key frame; ADTS headers.
 *
 *     27 01 cts | length | AUD | length | IDR slice
 *                          |                '---------------------.
 *     00000001 AUD | 00000001 SPS | 00000001 PPS | 00000001 IDR slice
 */
#include <string.h>

#include "media/aac.h"
#include "media/depacketizer.h"
#include "media/record.h"

#define START_CODE_SIZE 4

int
rtmp_depacketizer_configure(struct rtmp_depacketizer *d,
    const struct rtmp_frame *f)
{
	struct rtmp_media_track *t = rtmp_media_tracks_get(&d->tracks, &d->mem,
	    f->tag->type, f->track);
	int err;

	if (t == NULL)
		return RTMP_ERR_NOMEM;
	err = rtmp_media_track_configure(t, &d->mem, f->codec, f->data,
	    f->size);
	if (err == RTMP_ERR_MALFORMED)
		return rtmp_depacketizer_fail(d, err,
		    "the configuration is malformed, or above 64 KiB");
	return err;
}

/* ---- NAL units ---- */

static int
append_sets(struct rtmp_depacketizer *d, const struct rtmp_media_track *t)
{
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	int err = 0;

	rtmp_media_track_sets(t, &sets);
	while (err == 0 && rtmp_nal_sets_next(&sets, &nal) == 1)
		err = rtmp_media_append_nal(&d->out, &d->mem, &nal);
	return err;
}

struct look {
	int has_sps;
	int has_slice;
	int starts_with_aud;
};

/* Checks all lengths, and sees what is in band. */
static int
look_at(const struct rtmp_frame *f, unsigned length_size, struct look *look)
{
	struct rtmp_nal_iter it;
	struct rtmp_nal nal;
	int ret, first = 1;

	memset(look, 0, sizeof(*look));
	rtmp_nal_iter_init(&it, f->data, f->size, length_size);
	while ((ret = rtmp_nal_next(&it, &nal)) == 1) {
		switch (rtmp_nal_kind_of(f->codec, &nal)) {
		case RTMP_NAL_SPS:
			look->has_sps = 1;
			break;
		case RTMP_NAL_KEY:
		case RTMP_NAL_SLICE:
			look->has_slice = 1;
			break;
		case RTMP_NAL_AUD:
			look->starts_with_aud |= first;
			break;
		default:
			break;
		}
		first = 0;
	}
	return ret;
}

/* A sender that puts parameter sets into its key frames is left alone; and in
 * a packet for many tracks each gets its sets once. */
static int
wants_sets(const struct rtmp_depacketizer *d, const struct rtmp_frame *f,
    const struct look *look, const struct rtmp_media_track *t)
{
	return (f->flags & RTMP_FRAME_KEY) != 0 && !look->has_sps &&
	    look->has_slice && t->served != d->packets;
}

static int
to_annexb(struct rtmp_depacketizer *d, struct rtmp_frame *f,
    const struct look *look, struct rtmp_media_track *t)
{
	struct rtmp_nal_iter it;
	struct rtmp_nal nal;
	size_t size, least;
	int err = 0;

	d->out.size = 0;
	rtmp_nal_iter_init(&it, f->data, f->size, t->length_size);
	if (look->starts_with_aud && rtmp_nal_next(&it, &nal) == 1)
		err = rtmp_media_append_nal(&d->out, &d->mem, &nal);
	if (err == 0 && wants_sets(d, f, look, t)) {
		t->served = d->packets;
		err = append_sets(d, t);
	}
	/* The shortest NAL unit has a length and one byte. */
	least = t->length_size + 1U;
	size = f->size + f->size / least * (START_CODE_SIZE - t->length_size);
	if (err == 0)
		err = rtmp_buf_reserve(&d->out, &d->mem, size);
	if (err == 0)
		err = rtmp_nal_convert(d->out.data + d->out.size,
		    d->out.cap - d->out.size, &size, it, 0);
	if (err != 0)
		return err;
	d->out.size += size;
	f->data = d->out.data;
	f->size = d->out.size;
	f->form = RTMP_FORM_ANNEXB;
	return 0;
}

/* Some send start codes where lengths belong: they are passed on as such. */
static int
convert_nals(struct rtmp_depacketizer *d, struct rtmp_frame *f,
    struct rtmp_media_track *t)
{
	struct look look;

	f->form = RTMP_FORM_LENGTH;
	if (t == NULL || t->codec != f->codec || t->length_size == 0)
		return 0;
	if (look_at(f, t->length_size, &look) != 0) {
		if (!rtmp_nal_is_annexb(f->data, f->size))
			return rtmp_depacketizer_fail(d, RTMP_ERR_MALFORMED,
			    "a NAL unit ends behind the packet");
		f->form = RTMP_FORM_ANNEXB;
		return 0;
	}
	if (d->opt.video != RTMP_FORM_ANNEXB)
		return 0;
	return to_annexb(d, f, &look, t);
}

/* ---- AAC ---- */

/* What ADTS cannot say stays raw. */
static int
to_adts(struct rtmp_depacketizer *d, struct rtmp_frame *f,
    const struct rtmp_media_track *t)
{
	uint8_t head[RTMP_ADTS_HEADER_SIZE];
	struct rtmp_aac_config c;
	int err;

	if (t == NULL || t->codec != RTMP_CODEC_AAC || t->config.size == 0 ||
	    rtmp_aac_config_parse(&c, t->config.data, t->config.size) != 0 ||
	    rtmp_adts_build(head, &c, f->size) != 0)
		return 0;
	d->out.size = 0;
	err = rtmp_buf_append(&d->out, &d->mem, head, sizeof(head));
	if (err == 0)
		err = rtmp_buf_append(&d->out, &d->mem, f->data, f->size);
	if (err != 0)
		return err;
	f->data = d->out.data;
	f->size = d->out.size;
	f->form = RTMP_FORM_ADTS;
	return 0;
}

int
rtmp_depacketizer_convert(struct rtmp_depacketizer *d, struct rtmp_frame *f,
    struct rtmp_media_track *track)
{
	if (rtmp_media_has_nals(f->codec))
		return convert_nals(d, f, track);
	if (f->codec == RTMP_CODEC_AAC && d->opt.audio == RTMP_FORM_ADTS)
		return to_adts(d, f, track);
	return 0;
}
