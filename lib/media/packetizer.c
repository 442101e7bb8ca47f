/*
 * Frames to packets: the calls, and what is common to all codecs.  What one
 * put makes is kept in out and packets until it is taken:
 *
 *     put(frame) -> choose the header -> configuration? -> sequence header
 *                -> media rewritten into out, or lent -> packet
 *     next()     <- packet
 */
#include <string.h>

#include "media/packetizer.h"
#include "media/tag_wire.h"

#define OUT_MAX (256 << 20) /* of one frame: many small ADTS frames */

void
rtmp_frame_init(struct rtmp_frame *frame, size_t struct_size)
{
	struct rtmp_frame f;

	memset(&f, 0, sizeof(f));
	f.kind = RTMP_KIND_CODED;
	f.dts = RTMP_NO_TIME;
	rtmp_struct_give(frame, struct_size, &f, sizeof(f));
}

void
rtmp_packetizer_options_init(struct rtmp_packetizer_options *opt,
    size_t struct_size)
{
	rtmp_struct_give(opt, struct_size, NULL, 0);
}

int
rtmp_packetizer_new(struct rtmp_packetizer **p,
    const struct rtmp_packetizer_options *opt)
{
	struct rtmp_packetizer_options o;
	struct rtmp_packetizer *n;

	rtmp_packetizer_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	if ((unsigned)o.signalling > RTMP_SIGNAL_LEGACY ||
	    (unsigned)o.multitrack > RTMP_MULTITRACK_MANY_CODECS)
		return RTMP_ERR_INVAL;
	n = rtmp_object_new(o.mem, sizeof(*n));
	if (n == NULL)
		return RTMP_ERR_NOMEM;
	n->opt = o;
	n->error = "";
	rtmp_buf_init(&n->out, OUT_MAX);
	rtmp_buf_init(&n->flat, RTMP_MEDIA_PACKET_MAX);
	rtmp_buf_init(&n->many_data, RTMP_MEDIA_PACKET_MAX);
	rtmp_buf_init(&n->many_modex, RTMP_MEDIA_PACKET_MAX);
	rtmp_buf_init(&n->record, RTMP_MEDIA_CONFIG_MAX);
	*p = n;
	return 0;
}

void
rtmp_packetizer_free(struct rtmp_packetizer *p)
{
	if (p == NULL)
		return;
	rtmp_media_tracks_free(&p->tracks, &p->mem);
	rtmp_buf_free(&p->out, &p->mem);
	rtmp_buf_free(&p->flat, &p->mem);
	rtmp_buf_free(&p->many_data, &p->mem);
	rtmp_buf_free(&p->many_modex, &p->mem);
	rtmp_buf_free(&p->record, &p->mem);
	rtmp_mem_free(&p->mem, p->packets);
	rtmp_mem_free(&p->mem, p->many);
	rtmp_mem_free(&p->mem, p->nals);
	rtmp_object_free(p);
}

int
rtmp_packetizer_fail(struct rtmp_packetizer *p, int err, const char *words)
{
	p->error = words;
	return err;
}

const char *
rtmp_packetizer_error(const struct rtmp_packetizer *p)
{
	return p->error;
}

/* ---- Configuration ---- */

int
rtmp_put_record(struct rtmp_put *put, const uint8_t *data, size_t size)
{
	struct rtmp_media_track *t = put->track;
	enum rtmp_codec codec = put->frame->codec;
	int err;

	if (t->codec == codec && t->config.size == size && size != 0 &&
	    memcmp(t->config.data, data, size) == 0)
		return 0;
	err = rtmp_media_track_configure(t, &put->p->mem, codec, data, size);
	if (err == RTMP_ERR_MALFORMED)
		return rtmp_packetizer_fail(put->p, err,
		    "the configuration is malformed");
	if (err == 0)
		t->begun = 0;
	return err;
}

int
rtmp_put_due(struct rtmp_put *put)
{
	return put->track->begun ? 0 : rtmp_put_sequence_start(put);
}

/* One that was read goes out as it was, and is only learnt from where it can
 * be. */
static int
put_config_as_read(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	int err = 0;

	if (f->size != 0)
		err = rtmp_media_track_configure(put->track, &put->p->mem,
		    f->codec, f->data, f->size);
	if (err == RTMP_ERR_NOMEM)
		return err;
	put->track->begun = 1;
	return rtmp_put_other(put);
}

static int
put_config(struct rtmp_put *put)
{
	int err;

	if (put->frame->tag != NULL)
		return put_config_as_read(put);
	if (rtmp_media_has_nals(put->frame->codec))
		err = rtmp_put_nal_config(put);
	else
		err = rtmp_put_codec_config(put);
	if (err != 0)
		return err;
	/* In a packet for many it goes like any other frame of them. */
	err = rtmp_packetizer_flush(put->p);
	return err != 0 ? err : rtmp_put_sequence_start(put);
}

/* ---- Frames ---- */

/* Who has no packet for it says nothing. */
static int
put_end(struct rtmp_put *put)
{
	put->track->begun = 0;
	if (put->frame->tag == NULL && !put->tag.enhanced &&
	    !rtmp_tag_has_avc_header(&put->tag))
		return rtmp_packetizer_flush(put->p);
	return rtmp_put_other(put);
}

static int
put_coded(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;

	if (f->size == 0 && f->tag == NULL)
		return 0;
	return rtmp_media_has_nals(f->codec) ? rtmp_put_nal_frame(put) :
	    rtmp_put_codec_frame(put);
}

/* Behind a frame that is the last of its sequence, and which becomes its
 * end. */
static int
put_end_behind(struct rtmp_put *put, struct rtmp_frame *f)
{
	int err;

	f->kind = RTMP_KIND_END;
	f->tag = NULL;
	f->data = NULL;
	f->size = 0;
	f->flags = 0;
	err = rtmp_put_choose_tag(put);
	return err != 0 ? err : put_end(put);
}

static int
put_kind(struct rtmp_put *put)
{
	switch (put->frame->kind) {
	case RTMP_KIND_CODED:
		return put_coded(put);
	case RTMP_KIND_CONFIG:
		return put_config(put);
	case RTMP_KIND_END:
		return put_end(put);
	case RTMP_KIND_UNKNOWN:
		if (put->frame->tag == NULL)
			break;
		return rtmp_put_other(put);
	default:
		return rtmp_put_other(put);
	}
	return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
	    "an unknown frame, without the header it came with");
}

/* Kinds that only one of audio and video has, and the codecs they need. */
static int
is_valid(const struct rtmp_frame *f, uint8_t type)
{
	if (f->tag != NULL)
		return type == RTMP_MSG_AUDIO || type == RTMP_MSG_VIDEO;
	if (f->codec != RTMP_CODEC_UNKNOWN &&
	    rtmp_codec_fourcc(f->codec) == 0 &&
	    rtmp_codec_legacy_id(f->codec) < 0)
		return 0;
	switch (f->kind) {
	case RTMP_KIND_SILENCE:
		return f->size == 0;
	case RTMP_KIND_METADATA:
	case RTMP_KIND_MPEG2TS:
		return type == RTMP_MSG_VIDEO &&
		    rtmp_codec_fourcc(f->codec) != 0;
	case RTMP_KIND_COMMAND:
		return type == RTMP_MSG_VIDEO && f->size == 1;
	case RTMP_KIND_CHANNELS:
		return type == RTMP_MSG_AUDIO &&
		    rtmp_codec_fourcc(f->codec) != 0;
	default:
		return type != 0 && f->kind < RTMP_KIND_SCRIPT;
	}
}

static int
has_form(const struct rtmp_frame *f)
{
	if (f->form == RTMP_FORM_AUTO || f->kind != RTMP_KIND_CODED ||
	    f->tag != NULL)
		return 1;
	if (rtmp_media_has_nals(f->codec))
		return f->form == RTMP_FORM_ANNEXB ||
		    f->form == RTMP_FORM_LENGTH;
	return f->form == RTMP_FORM_RAW ||
	    (f->form == RTMP_FORM_ADTS && f->codec == RTMP_CODEC_AAC);
}

static int
put_media(struct rtmp_put *put)
{
	struct rtmp_packetizer *p = put->p;
	const struct rtmp_frame *f = put->frame;
	uint8_t type = f->tag != NULL ? f->tag->type
				      : rtmp_codec_type(f->codec);
	int err;

	if (!is_valid(f, type))
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    "no codec, or one that has no such frame");
	if (!has_form(f))
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    "a form that this codec does not have");
	if (f->size > RTMP_MEDIA_PACKET_MAX ||
	    (f->tag != NULL && f->tag->modex_size > RTMP_MEDIA_PACKET_MAX))
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    RTMP_MEDIA_TOO_LARGE);
	err = rtmp_put_choose_tag(put);
	if (err != 0)
		return err;
	if (type == 0)
		type = RTMP_MSG_AUDIO; /* silence */
	put->track = rtmp_media_tracks_get(&p->tracks, &p->mem, type,
	    f->track);
	if (put->track == NULL)
		return RTMP_ERR_NOMEM;
	if (put->track->codec != f->codec && (f->kind == RTMP_KIND_CODED ||
	    f->kind == RTMP_KIND_CONFIG))
		rtmp_media_track_reset(put->track, f->codec);
	return put_kind(put);
}

int
rtmp_packetizer_put(struct rtmp_packetizer *p, const struct rtmp_frame *frame)
{
	struct rtmp_frame f;
	struct rtmp_put put;
	unsigned flags;
	int err;

	rtmp_frame_init(&f, sizeof(f));
	rtmp_struct_take(&f, sizeof(f), frame);
	flags = f.flags;
	memset(&put, 0, sizeof(put));
	put.p = p;
	put.frame = &f;
	put.pts = f.pts;
	put.dts = f.dts != RTMP_NO_TIME ? f.dts : f.pts;
	p->count = 0;
	p->next = 0;
	p->out.size = 0;
	p->error = "";
	if (!rtmp_media_is_time(put.pts) || !rtmp_media_is_time(put.dts))
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    "no pts, or one out of all bounds");
	err = f.kind == RTMP_KIND_SCRIPT ? rtmp_put_script(&put)
					 : put_media(&put);
	if (err == 0 && f.kind == RTMP_KIND_CODED &&
	    (flags & RTMP_FRAME_END) != 0)
		err = put_end_behind(&put, &f);
	/* What waits does so for no more than this one, which may be empty. */
	if (err == 0 && (flags & RTMP_FRAME_MORE) == 0)
		err = rtmp_packetizer_flush(p);
	if (err != 0) {
		if (put.started)
			put.track->begun = 0;
		p->count = 0;
	}
	return err;
}

void
rtmp_packetizer_restart(struct rtmp_packetizer *p)
{
	size_t i;

	for (i = 0; i < p->tracks.count; i++)
		p->tracks.items[i].begun = 0;
}

/* ---- Packets ---- */

int
rtmp_packetizer_next_iov(struct rtmp_packetizer *p, struct rtmp_packet *packet,
    struct iovec iov[2], int *count)
{
	const struct rtmp_out_packet *o;

	*count = 0;
	if (p->next == p->count)
		return 0;
	o = &p->packets[p->next++];
	memset(packet, 0, sizeof(*packet));
	packet->type = o->type;
	packet->timestamp = o->timestamp;
	packet->size = o->size + o->lent_size;
	if (o->size != 0) {
		iov[*count].iov_base = p->out.data + o->offset;
		iov[(*count)++].iov_len = o->size;
	}
	if (o->lent_size != 0) {
		/* An iovec has no const; nobody writes to it. */
		memcpy(&iov[*count].iov_base, &o->lent, sizeof(o->lent));
		iov[(*count)++].iov_len = o->lent_size;
	}
	return 1;
}

int
rtmp_packetizer_next(struct rtmp_packetizer *p, struct rtmp_packet *packet)
{
	struct iovec iov[2];
	int count, err, ret;

	ret = rtmp_packetizer_next_iov(p, packet, iov, &count);
	if (ret != 1 || count == 0)
		return ret;
	packet->data = iov[0].iov_base;
	if (count == 1)
		return 1;
	p->flat.size = 0;
	err = rtmp_buf_append(&p->flat, &p->mem, iov[0].iov_base,
	    iov[0].iov_len);
	if (err == 0)
		err = rtmp_buf_append(&p->flat, &p->mem, iov[1].iov_base,
		    iov[1].iov_len);
	packet->data = p->flat.data;
	return err != 0 ? err : 1;
}

int
rtmp_packetizer_config(const struct rtmp_packetizer *p, uint8_t type,
    uint8_t track, const uint8_t **data, size_t *size)
{
	return rtmp_media_tracks_config(&p->tracks, type, track, data, size);
}
