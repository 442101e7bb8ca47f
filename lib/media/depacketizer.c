/*
 * Packets to frames: the pieces of a packet one by one, each with its kind,
 * its time on the whole and its data in the form that was asked for.
 *
 *     put(packet) -> unwrap the timestamp
 *     next()      -> piece -> configuration learnt, or media rewritten
 */
#include <string.h>

#include "media/depacketizer.h"
#include "media/tag_wire.h"

/* Of one frame: 2.5 times a packet, and twice a record. */
#define OUT_MAX (48 << 20)

/* Milliseconds, 146 years, of which the nanoseconds fit twice. */
#define LAST_MAX (INT64_MAX / 2 / RTMP_NS_PER_MS)

void
rtmp_depacketizer_options_init(struct rtmp_depacketizer_options *opt,
    size_t struct_size)
{
	rtmp_struct_give(opt, struct_size, NULL, 0);
}

int
rtmp_depacketizer_set_form(struct rtmp_depacketizer *d, enum rtmp_form video,
    enum rtmp_form audio)
{
	if ((video != RTMP_FORM_AUTO && video != RTMP_FORM_LENGTH &&
		video != RTMP_FORM_ANNEXB) ||
	    (audio != RTMP_FORM_AUTO && audio != RTMP_FORM_RAW &&
		audio != RTMP_FORM_ADTS))
		return RTMP_ERR_INVAL;
	d->opt.video = video;
	d->opt.audio = audio;
	return 0;
}

int
rtmp_depacketizer_new(struct rtmp_depacketizer **d,
    const struct rtmp_depacketizer_options *opt)
{
	struct rtmp_depacketizer_options o;
	struct rtmp_depacketizer *n;

	rtmp_depacketizer_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	n = rtmp_object_new(o.mem, sizeof(*n));
	if (n == NULL)
		return RTMP_ERR_NOMEM;
	n->error = "";
	n->last = RTMP_NO_TIME;
	rtmp_buf_init(&n->out, OUT_MAX);
	if (rtmp_depacketizer_set_form(n, o.video, o.audio) != 0) {
		rtmp_depacketizer_free(n);
		return RTMP_ERR_INVAL;
	}
	*d = n;
	return 0;
}

void
rtmp_depacketizer_free(struct rtmp_depacketizer *d)
{
	if (d == NULL)
		return;
	rtmp_media_tracks_free(&d->tracks, &d->mem);
	rtmp_buf_free(&d->out, &d->mem);
	rtmp_object_free(d);
}

int
rtmp_depacketizer_put(struct rtmp_depacketizer *d,
    const struct rtmp_packet *packet)
{
	d->state = RTMP_DEPACKETIZER_DONE;
	d->error = "";
	d->packet = *packet;
	if (packet->type == RTMP_MSG_DATA_AMF0) {
		d->state = RTMP_DEPACKETIZER_SCRIPT;
		return 0;
	}
	if (packet->type != RTMP_MSG_AUDIO && packet->type != RTMP_MSG_VIDEO)
		return rtmp_depacketizer_fail(d, RTMP_ERR_INVAL,
		    "neither audio, video nor data");
	/* A peer that jumps ahead long enough would leave all bounds. */
	rtmp_unwrap_timestamp(&d->last, packet->timestamp);
	if (d->last > LAST_MAX || d->last < -LAST_MAX)
		d->last = packet->timestamp;
	rtmp_tag_reader_init(&d->reader, packet->type, packet->data,
	    packet->size);
	d->state = RTMP_DEPACKETIZER_MEDIA;
	d->packets++;
	return 0;
}

int
rtmp_depacketizer_fail(struct rtmp_depacketizer *d, int err, const char *words)
{
	d->error = words;
	return err;
}

const char *
rtmp_depacketizer_error(const struct rtmp_depacketizer *d)
{
	return d->error;
}

/* A data packet does not lead the time of the others. */
static int
next_script(struct rtmp_depacketizer *d, struct rtmp_frame *f)
{
	int64_t last = d->last;

	d->state = RTMP_DEPACKETIZER_DONE;
	f->kind = RTMP_KIND_SCRIPT;
	f->data = d->packet.data;
	f->size = d->packet.size;
	f->dts = rtmp_unwrap_timestamp(&last, d->packet.timestamp) *
	    RTMP_NS_PER_MS;
	f->pts = f->dts;
	return 1;
}

static unsigned
flags_of(const struct rtmp_depacketizer *d, const struct rtmp_tag *t)
{
	unsigned flags = 0;

	if (t->kind == RTMP_KIND_CODED && (t->type == RTMP_MSG_AUDIO ||
	    t->frame_type == RTMP_VIDEO_KEY ||
	    t->frame_type == RTMP_VIDEO_GENERATED_KEY))
		flags |= RTMP_FRAME_KEY;
	if (t->kind == RTMP_KIND_CODED && t->type == RTMP_MSG_VIDEO &&
	    t->frame_type == RTMP_VIDEO_DISPOSABLE)
		flags |= RTMP_FRAME_DISPOSABLE;
	if (t->kind == RTMP_KIND_END)
		flags |= RTMP_FRAME_END;
	if (rtmp_tag_reader_has_more(&d->reader))
		flags |= RTMP_FRAME_MORE;
	return flags;
}

static void
set_sound(struct rtmp_frame *f, const struct rtmp_tag *t,
    const struct rtmp_media_track *track)
{
	if (track != NULL && track->codec == t->codec &&
	    track->sample_rate != 0) {
		f->sample_rate = track->sample_rate;
		f->channels = track->channels;
		f->sample_size = track->sample_size;
		return;
	}
	/* The header of AAC says the same of all. */
	if (t->enhanced || t->codec == RTMP_CODEC_AAC ||
	    t->kind != RTMP_KIND_CODED)
		return;
	f->sample_rate = (uint32_t)rtmp_tag_sound_rate(t);
	f->channels = t->sound_type + 1;
	f->sample_size = t->sound_size ? 16 : 8;
}

static int
next_media(struct rtmp_depacketizer *d, struct rtmp_frame *f)
{
	struct rtmp_tag *t = &d->tag;
	struct rtmp_media_track *track;
	int ret = rtmp_tag_next(&d->reader, t), err = 0;

	if (ret != 1) {
		d->state = RTMP_DEPACKETIZER_DONE;
		return ret == 0 ? 0 : rtmp_depacketizer_fail(d, ret,
		    "the header of the packet is cut off, or a size in it "
		    "leads behind the end");
	}
	f->kind = t->kind;
	f->codec = t->codec;
	f->track = t->track;
	f->form = RTMP_FORM_RAW;
	f->data = t->data;
	f->size = t->size;
	f->tag = t;
	f->dts = d->last * RTMP_NS_PER_MS;
	f->pts = f->dts + t->composition_time * (int64_t)RTMP_NS_PER_MS +
	    t->nano_offset;
	f->flags = flags_of(d, t);
	track = rtmp_media_tracks_find(&d->tracks, t->type, t->track);
	if (t->kind == RTMP_KIND_CONFIG && t->size != 0)
		err = rtmp_depacketizer_configure(d, f);
	else if (t->kind == RTMP_KIND_CODED && t->size != 0)
		err = rtmp_depacketizer_convert(d, f, track);
	track = rtmp_media_tracks_find(&d->tracks, t->type, t->track);
	if (t->type == RTMP_MSG_AUDIO)
		set_sound(f, t, track);
	if (err != 0)
		d->state = RTMP_DEPACKETIZER_DONE;
	return err != 0 ? err : 1;
}

int
rtmp_depacketizer_next(struct rtmp_depacketizer *d, struct rtmp_frame *frame)
{
	rtmp_frame_init(frame, sizeof(*frame));
	switch (d->state) {
	case RTMP_DEPACKETIZER_SCRIPT:
		return next_script(d, frame);
	case RTMP_DEPACKETIZER_MEDIA:
		return next_media(d, frame);
	default:
		return 0;
	}
}

int
rtmp_depacketizer_config(const struct rtmp_depacketizer *d, uint8_t type,
    uint8_t track, const uint8_t **data, size_t *size)
{
	return rtmp_media_tracks_config(&d->tracks, type, track, data, size);
}
