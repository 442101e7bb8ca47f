/*
 * What a sequence header, or a frame of a codec without one, says about its
 * track, as fields of onMetaData.
 */
#include <string.h>

#include <rtmpio/metadata.h>

#include "media/aac.h"
#include "media/audio.h"
#include "media/av1.h"
#include "media/track.h"
#include "media/vpx.h"
#include "media/vvc.h"

/* ---- Video; each returns 0 or RTMP_ERR_PROTO ---- */

/* From the first SPS of a record. */
static int
nal_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;

	if (rtmp_media_record_sets(tag->codec, tag->data, tag->size,
	    &sets) < 0)
		return RTMP_ERR_PROTO;
	while (rtmp_nal_sets_next(&sets, &nal) == 1)
		if (rtmp_media_nal_kind(tag->codec, &nal) == RTMP_NAL_SPS)
			return rtmp_media_sps_info(info, tag->codec, &nal);
	return RTMP_ERR_PROTO;
}

/* The SPS of VVC tells no rate. */
static int
vvc_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	struct rtmp_vvc_config config;
	int err = nal_info(info, tag);

	if (err == 0 &&
	    rtmp_vvc_config_parse(&config, tag->data, tag->size) == 0 &&
	    config.frame_rate != 0) {
		info->rate_num = config.frame_rate;
		info->rate_den = 256;
	}
	return err;
}

/* Of a record, which may have no sequence header, or of a temporal unit. */
static int
av1_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	const uint8_t *data = tag->data;
	size_t size = tag->size;
	struct rtmp_av1_sequence sequence;
	struct rtmp_av1_config config;
	struct rtmp_av1_obu obu;
	int found;

	if (tag->kind == RTMP_KIND_CONFIG) {
		if (rtmp_av1_config_parse(&config, data, size) != 0)
			return RTMP_ERR_PROTO;
		data = config.obus;
		size = config.obus_size;
	}
	found = rtmp_av1_find(data, size, RTMP_AV1_SEQUENCE_HEADER, &obu);
	if (found <= 0)
		return found;
	if (rtmp_av1_sequence_parse(&sequence, obu.payload,
	    obu.payload_size) != 0)
		return RTMP_ERR_PROTO;
	*info = sequence.info;
	return 0;
}

static int
vpx_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	struct rtmp_vpx_frame frame;
	int err = tag->codec == RTMP_CODEC_VP8 ?
	    rtmp_vp8_frame_parse(&frame, tag->data, tag->size) :
	    rtmp_vp9_frame_parse(&frame, tag->data, tag->size);

	if (err == 0 && frame.key)
		*info = frame.info;
	return err;
}

static int
video_info(struct rtmp_video_info *info, const struct rtmp_tag *tag)
{
	int config = tag->kind == RTMP_KIND_CONFIG;
	int key = tag->kind == RTMP_KIND_CODED &&
	    tag->frame_type == RTMP_VIDEO_KEY;

	/* FFmpeg begins AV1 with an empty record. */
	if (tag->size == 0)
		return 0;
	switch (tag->codec) {
	case RTMP_CODEC_H264:
	case RTMP_CODEC_HEVC:
		return config ? nal_info(info, tag) : 0;
	case RTMP_CODEC_VVC:
		return config ? vvc_info(info, tag) : 0;
	case RTMP_CODEC_AV1:
		return config || key ? av1_info(info, tag) : 0;
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		return key ? vpx_info(info, tag) : 0;
	default:
		return 0;
	}
}

/* ---- Audio ---- */

/* 0 where it is not told. */
struct sound {
	double rate;
	unsigned channels, bits;
};

static int
aac_sound(struct sound *s, const struct rtmp_tag *tag)
{
	struct rtmp_aac_config config;
	int err = rtmp_aac_config_parse(&config, tag->data, tag->size);

	if (err != 0)
		return err;
	s->rate = config.output_rate;
	s->channels = config.ps == RTMP_AAC_PRESENT && config.channels == 1 ?
	    2 : config.channels;
	return 0;
}

static int
opus_sound(struct sound *s, const struct rtmp_tag *tag)
{
	struct rtmp_opus_head head;
	int err = rtmp_opus_head_parse(&head, tag->data, tag->size);

	if (err != 0)
		return err;
	s->rate = 48000; /* whatever the source had */
	s->channels = head.channels;
	return 0;
}

static int
flac_sound(struct sound *s, const struct rtmp_tag *tag)
{
	struct rtmp_flac_info info;
	int err = rtmp_flac_info_parse(&info, tag->data, tag->size);

	if (err != 0)
		return err;
	s->rate = info.rate;
	s->channels = info.channels;
	s->bits = info.bits;
	return 0;
}

static int
frame_sound(struct sound *s, const struct rtmp_tag *tag)
{
	struct rtmp_audio_frame frame;
	int enhanced, err = tag->codec == RTMP_CODEC_MP3 ?
	    rtmp_mp3_parse(&frame, tag->data, tag->size) :
	    rtmp_ac3_parse(&frame, &enhanced, tag->data, tag->size);

	if (err != 0)
		return err;
	s->rate = frame.rate;
	s->channels = frame.channels;
	return 0;
}

/* What the legacy header says, which is constant where a codec has but one
 * rate, and with AAC, too. */
static void
legacy_sound(struct sound *s, const struct rtmp_tag *tag)
{
	static const double rates[] = { 5512.5, 11025, 22050, 44100 };

	if (tag->enhanced)
		return;
	s->bits = tag->sound_size ? 16 : 8;
	if (tag->codec == RTMP_CODEC_AAC)
		return;
	s->channels = tag->sound_type ? 2 : 1;
	switch (tag->codec) {
	case RTMP_CODEC_G711A:
	case RTMP_CODEC_G711U:
	case RTMP_CODEC_NELLYMOSER_8K:
	case RTMP_CODEC_MP3_8K:
		s->rate = 8000;
		break;
	case RTMP_CODEC_SPEEX:
	case RTMP_CODEC_NELLYMOSER_16K:
		s->rate = 16000;
		s->channels = 1;
		break;
	default:
		s->rate = rates[tag->sound_rate & 3];
		break;
	}
}

static int
audio_sound(struct sound *s, const struct rtmp_tag *tag)
{
	int config = tag->kind == RTMP_KIND_CONFIG;
	int coded = tag->kind == RTMP_KIND_CODED;

	legacy_sound(s, tag);
	if (tag->size == 0)
		return 0;
	switch (tag->codec) {
	case RTMP_CODEC_AAC:
		return config ? aac_sound(s, tag) : 0;
	case RTMP_CODEC_OPUS:
		return config ? opus_sound(s, tag) : 0;
	case RTMP_CODEC_FLAC:
		return config ? flac_sound(s, tag) : 0;
	case RTMP_CODEC_MP3:
	case RTMP_CODEC_AC3:
	case RTMP_CODEC_EAC3:
		return coded ? frame_sound(s, tag) : 0;
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

/* The place of a track, or NULL. */
static struct rtmp_video_metadata *
video_track(struct rtmp_metadata *m, uint8_t track)
{
	struct rtmp_video_metadata *v = m->video_tracks;
	size_t i;

	if (track == 0)
		return &m->video;
	for (i = 0; i < m->video_tracks_count && i < m->video_tracks_max; i++)
		if (v[i].track == track)
			return &v[i];
	if (i >= m->video_tracks_max)
		return NULL;
	m->video_tracks_count++;
	memset(&v[i], 0, sizeof(v[i]));
	v[i].track = track;
	return &v[i];
}

static struct rtmp_audio_metadata *
audio_track(struct rtmp_metadata *m, uint8_t track)
{
	struct rtmp_audio_metadata *a = m->audio_tracks;
	size_t i;

	if (track == 0)
		return &m->audio;
	for (i = 0; i < m->audio_tracks_count && i < m->audio_tracks_max; i++)
		if (a[i].track == track)
			return &a[i];
	if (i >= m->audio_tracks_max)
		return NULL;
	m->audio_tracks_count++;
	memset(&a[i], 0, sizeof(a[i]));
	a[i].track = track;
	return &a[i];
}

static int
fill_video(struct rtmp_metadata *m, const struct rtmp_tag *tag)
{
	struct rtmp_video_metadata *v = video_track(m, tag->track);
	struct rtmp_video_info info;
	int err;

	if (v == NULL)
		return RTMP_ERR_NOBUF;
	memset(&info, 0, sizeof(info));
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
	struct rtmp_audio_metadata *a = audio_track(m, tag->track);
	struct sound s = { 0, 0, 0 };
	int err;

	if (a == NULL)
		return RTMP_ERR_NOBUF;
	err = audio_sound(&s, tag);
	fill(&a->present, RTMP_META_CODEC, &a->codec, codec_number(tag));
	if (err != 0)
		return RTMP_ERR_MALFORMED;
	fill(&a->present, RTMP_META_SAMPLE_RATE, &a->sample_rate, s.rate);
	fill(&a->present, RTMP_META_SAMPLE_SIZE, &a->sample_size, s.bits);
	fill(&a->present, RTMP_META_CHANNELS, &a->channels, s.channels);
	if (s.channels != 0 && (a->present & RTMP_META_STEREO) == 0) {
		a->present |= RTMP_META_STEREO;
		a->stereo = s.channels > 1;
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
