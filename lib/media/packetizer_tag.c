/*
 * How a frame is signalled, and when: the fields of its header.
 *
 *     timestamp         = dts in milliseconds
 *     composition time  = pts - dts in milliseconds
 *     nanosecond offset = what pts has beyond both
 */
#include <string.h>

#include "media/packetizer.h"
#include "media/tag_wire.h"

#define SI24_MAX 0x7fffff

static const char negative[] =
    "a negative time, which rtmp_timeline_fix() repairs";

static int64_t
floor_ms(int64_t ns)
{
	int64_t ms = ns / RTMP_NS_PER_MS;

	return ns % RTMP_NS_PER_MS < 0 ? ms - 1 : ms;
}

static int64_t
round_ms(int64_t ns)
{
	return floor_ms(ns + RTMP_NS_PER_MS / 2);
}

/* ---- Signalling ---- */

static uint8_t
sound_rate(uint32_t rate)
{
	if (rate == 0 || rate > 22050)
		return RTMP_SOUND_44K;
	if (rate > 11025)
		return RTMP_SOUND_22K;
	return rate > 8000 ? RTMP_SOUND_11K : RTMP_SOUND_5K;
}

/* The legacy header tells what only players of PCM and the like look at.  AAC
 * is always af and Speex b2, section E.4.2.1; others know their rate. */
static void
set_sound(struct rtmp_tag *t, uint32_t rate, unsigned channels,
    unsigned bits)
{
	if (t->codec == RTMP_CODEC_AAC)
		return;
	if (rtmp_codec_fixed_rate(t->codec) != 0) {
		t->sound_rate = RTMP_SOUND_5K;
		t->sound_type = t->codec != RTMP_CODEC_SPEEX && channels > 1;
		return;
	}
	t->sound_rate = sound_rate(rate);
	t->sound_type = channels != 1;
	t->sound_size = bits != 8;
}

void
rtmp_put_set_sound(struct rtmp_put *put, uint32_t rate, unsigned channels)
{
	struct rtmp_tag *t = &put->tag;

	if (put->frame->tag == NULL && !t->enhanced)
		set_sound(t, rate, channels, 16);
}

static void
set_kind(struct rtmp_tag *t, enum rtmp_kind kind)
{
	static const uint8_t packet_types[] = {
		[RTMP_KIND_UNKNOWN] = RTMP_PACKET_CODED_FRAMES,
		[RTMP_KIND_CODED] = RTMP_PACKET_CODED_FRAMES,
		[RTMP_KIND_CONFIG] = RTMP_PACKET_SEQUENCE_START,
		[RTMP_KIND_END] = RTMP_PACKET_SEQUENCE_END,
		[RTMP_KIND_METADATA] = RTMP_PACKET_METADATA,
		[RTMP_KIND_CHANNELS] = RTMP_PACKET_MULTICHANNEL_CONFIG,
		[RTMP_KIND_COMMAND] = RTMP_PACKET_CODED_FRAMES,
		[RTMP_KIND_SILENCE] = RTMP_PACKET_CODED_FRAMES,
		[RTMP_KIND_MPEG2TS] = RTMP_PACKET_MPEG2TS_SEQUENCE_START
	};

	t->kind = kind;
	t->packet_type = packet_types[kind];
	/* Readers of old take Metadata for a command, and go on. */
	if (kind == RTMP_KIND_METADATA || kind == RTMP_KIND_COMMAND)
		t->frame_type = RTMP_VIDEO_COMMAND;
	else if (t->type == RTMP_MSG_VIDEO && kind != RTMP_KIND_CODED)
		t->frame_type = RTMP_VIDEO_KEY;
}

int
rtmp_put_is_gathering(const struct rtmp_put *put)
{
	return (put->frame->flags & RTMP_FRAME_MORE) != 0 ||
	    put->p->many_count != 0;
}

int
rtmp_put_choose_tag(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	const struct rtmp_packetizer_options *opt = &put->p->opt;
	struct rtmp_tag *t = &put->tag;
	int numbered = f->track != 0 ||
	    opt->multitrack != RTMP_MULTITRACK_NONE ||
	    (f->flags & RTMP_FRAME_MORE) != 0;

	if (f->tag != NULL) {
		*t = *f->tag;
		return 0;
	}
	if (f->kind == RTMP_KIND_SILENCE) {
		memset(t, 0, sizeof(*t));
		t->type = RTMP_MSG_AUDIO;
		t->kind = f->kind;
		return 0;
	}
	rtmp_tag_init(t, f->codec,
	    numbered || opt->signalling == RTMP_SIGNAL_FOURCC);
	if (numbered && !t->enhanced)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    "this codec has no FourCC, and cannot be one of several "
		    "tracks");
	t->track = f->track;
	if (numbered)
		t->multitrack = opt->multitrack != RTMP_MULTITRACK_NONE ?
		    (uint8_t)opt->multitrack : RTMP_MULTITRACK_ONE;
	if (f->codec == RTMP_CODEC_HEVC && !numbered &&
	    opt->signalling == RTMP_SIGNAL_LEGACY) {
		t->enhanced = 0;
		t->legacy_id = RTMP_LEGACY_HEVC;
	}
	if (t->type == RTMP_MSG_AUDIO && !t->enhanced)
		set_sound(t, f->sample_rate, f->channels, f->sample_size);
	set_kind(t, f->kind);
	return 0;
}

/* ---- Times ---- */

/* A frame that was read goes out with the very fields it came with. */
static int
set_times_as_read(const struct rtmp_put *put, struct rtmp_tag *t,
    uint32_t *timestamp)
{
	if (put->frame->tag == NULL || put->dts % RTMP_NS_PER_MS != 0 ||
	    put->pts - put->dts != t->composition_time *
		(int64_t)RTMP_NS_PER_MS + t->nano_offset)
		return 0;
	if (t->modex_size != 0)
		t->has_nano = 0; /* it stands in the chain */
	*timestamp = (uint32_t)(put->dts / RTMP_NS_PER_MS);
	return 1;
}

int
rtmp_put_times(struct rtmp_put *put, struct rtmp_tag *t, uint32_t *timestamp)
{
	int has_time = t->type == RTMP_MSG_VIDEO &&
	    rtmp_codec_has_composition_time(t->codec) &&
	    (t->packet_type == RTMP_PACKET_CODED_FRAMES ||
		t->packet_type == RTMP_PACKET_CODED_FRAMES_X);
	int64_t dts, pts;

	*timestamp = 0;
	if (set_times_as_read(put, t, timestamp))
		return 0;
	if (put->frame->tag == NULL)
		t->has_nano = put->p->opt.nanoseconds && t->enhanced;
	pts = t->has_nano ? floor_ms(put->pts) : round_ms(put->pts);
	dts = t->has_nano ? floor_ms(put->dts) : round_ms(put->dts);
	if (!has_time)
		dts = pts;
	if (dts < 0 && put->frame->tag == NULL)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    negative);
	if (pts - dts > SI24_MAX || pts - dts < -SI24_MAX - 1)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    "pts - dts does not fit a composition time");
	t->nano_offset = t->has_nano ?
	    (uint32_t)(put->pts - pts * RTMP_NS_PER_MS) : 0;
	if (put->frame->tag == NULL && t->nano_offset == 0)
		t->has_nano = 0;
	t->composition_time = (int32_t)(pts - dts);
	if (has_time && t->enhanced)
		t->packet_type = pts == dts && !rtmp_put_is_gathering(put) ?
		    RTMP_PACKET_CODED_FRAMES_X : RTMP_PACKET_CODED_FRAMES;
	*timestamp = (uint32_t)dts;
	return 0;
}

int
rtmp_put_time(struct rtmp_put *put, uint32_t *timestamp)
{
	enum rtmp_codec codec = put->frame->codec;
	int64_t t = put->dts;

	/* As coded frames of this track are timed. */
	if (put->frame->tag == NULL && codec != RTMP_CODEC_UNKNOWN &&
	    !rtmp_codec_has_composition_time(codec))
		t = put->pts;
	t = put->p->opt.nanoseconds && put->tag.enhanced ? floor_ms(t) :
	    round_ms(t);
	*timestamp = (uint32_t)t;
	if (t < 0 && put->frame->tag == NULL)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL, negative);
	return 0;
}
