/*
 * What a sequence header, or a frame of a codec without one, says about its
 * track, as fields of onMetaData.
 */
#include <stddef.h>
#include <string.h>

#include <rtmpio/metadata.h>

#include "media/audio.h"
#include "media/record.h"
#include "media/tag_wire.h"
#include "media/vpx.h"

/* Each returns 0 or RTMP_ERR_PROTO; what is not told is 0. */

static int
video_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	struct rtmp_vpx_frame frame;
	int err;

	memset(info, 0, sizeof(*info));
	/* FFmpeg begins AV1 with an empty record. */
	if (tag->size == 0)
		return 0;
	if (tag->kind == RTMP_KIND_CONFIG)
		return rtmp_record_video(info, tag->codec, tag->data,
		    tag->size);
	if (tag->frame_type != RTMP_VIDEO_KEY)
		return 0;
	switch (tag->codec) {
	case RTMP_CODEC_AV1:
		return rtmp_av1_video(info, tag->data, tag->size);
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		err = rtmp_vpx_frame_parse(&frame, tag->codec, tag->data,
		    tag->size);
		if (frame.key)
			*info = frame.info;
		return err;
	default:
		return 0;
	}
}

static int
audio_info(struct rtmp_audio_frame *f, const struct rtmp_tag *tag)
{
	int enhanced;

	memset(f, 0, sizeof(*f));
	if (tag->size == 0)
		return 0;
	if (tag->kind == RTMP_KIND_CONFIG)
		return rtmp_record_sound(f, tag->codec, tag->data, tag->size);
	switch (tag->codec) {
	case RTMP_CODEC_MP3:
		return rtmp_mp3_parse(f, tag->data, tag->size);
	case RTMP_CODEC_AC3:
	case RTMP_CODEC_EAC3:
		return rtmp_ac3_parse(f, &enhanced, tag->data, tag->size);
	default:
		return 0;
	}
}

/* ---- Fields ---- */

static void
fill(uint32_t *present, uint32_t flag, double *field, double value)
{
	if ((*present & flag) != 0 || !(value > 0))
		return;
	*present |= flag;
	*field = value;
}

static double
codec_number(const struct rtmp_tag *tag)
{
	return tag->enhanced ? tag->fourcc : tag->legacy_id;
}

/* Of both structs for a track */
#define TRACK_AT offsetof(struct rtmp_video_metadata, track)

/* The place of a track, or NULL. */
static void *
place_of(struct rtmp_metadata *m, const struct rtmp_tag *tag)
{
	int video = tag->type == RTMP_MSG_VIDEO;
	uint8_t *p = video ? (uint8_t *)m->video_tracks :
	    (uint8_t *)m->audio_tracks;
	size_t *count = video ? &m->video_tracks_count :
	    &m->audio_tracks_count;
	size_t max = video ? m->video_tracks_max : m->audio_tracks_max;
	size_t size = video ? sizeof(m->video) : sizeof(m->audio), i;

	for (i = 0; i < *count && i < max; i++, p += size)
		if (p[TRACK_AT] == tag->track)
			return p;
	if (i >= max)
		return NULL;
	(*count)++;
	memset(p, 0, size);
	p[TRACK_AT] = tag->track;
	return p;
}

static int
fill_video(struct rtmp_metadata *m, const struct rtmp_tag *tag)
{
	struct rtmp_video_metadata *v = tag->track == 0 ? &m->video :
	    place_of(m, tag);
	struct rtmp_video_info info;
	int err;

	if (v == NULL)
		return RTMP_ERR_NOBUF;
	err = video_info(&info, tag);
	fill(&v->present, RTMP_META_CODEC, &v->codec, codec_number(tag));
	if (err != 0)
		return RTMP_ERR_MALFORMED;
	fill(&v->present, RTMP_META_WIDTH, &v->width, info.width);
	fill(&v->present, RTMP_META_HEIGHT, &v->height, info.height);
	if (info.rate_den != 0)
		fill(&v->present, RTMP_META_FRAME_RATE, &v->frame_rate,
		    (double)info.rate_num / info.rate_den);
	return 0;
}

static int
fill_audio(struct rtmp_metadata *m, const struct rtmp_tag *tag)
{
	struct rtmp_audio_metadata *a = tag->track == 0 ? &m->audio :
	    place_of(m, tag);
	struct rtmp_audio_frame f;
	double rate;
	int err;

	if (a == NULL)
		return RTMP_ERR_NOBUF;
	err = audio_info(&f, tag);
	fill(&a->present, RTMP_META_CODEC, &a->codec, codec_number(tag));
	if (err != 0)
		return RTMP_ERR_MALFORMED;
	rate = f.rate;
	if (!tag->enhanced && f.bits == 0)
		f.bits = tag->sound_size ? 16 : 8;
	/* The header of AAC says the same of all. */
	if (!tag->enhanced && f.rate == 0 && tag->codec != RTMP_CODEC_AAC) {
		rate = rtmp_tag_sound_rate(tag);
		/* What has 16 kHz is mono, whatever the header says. */
		f.channels = tag->sound_type && rate != 16000 ? 2 : 1;
	}
	fill(&a->present, RTMP_META_SAMPLE_RATE, &a->sample_rate, rate);
	fill(&a->present, RTMP_META_SAMPLE_SIZE, &a->sample_size, f.bits);
	fill(&a->present, RTMP_META_CHANNELS, &a->channels, f.channels);
	if (f.channels != 0 && (a->present & RTMP_META_STEREO) == 0) {
		a->present |= RTMP_META_STEREO;
		a->stereo = f.channels > 1;
	}
	return 0;
}

int
rtmp_metadata_fill(struct rtmp_metadata *m, const struct rtmp_tag *tag)
{
	if (tag->kind != RTMP_KIND_CONFIG && tag->kind != RTMP_KIND_CODED)
		return 0;
	return tag->type == RTMP_MSG_VIDEO ? fill_video(m, tag) :
	    fill_audio(m, tag);
}
