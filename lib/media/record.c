#include <string.h>

#include "media/aac.h"
#include "media/av1.h"
#include "media/avc.h"
#include "media/hevc.h"
#include "media/record.h"
#include "media/vvc.h"

enum rtmp_nal_kind
rtmp_nal_kind_of(enum rtmp_codec codec, const struct rtmp_nal *nal)
{
	switch (codec) {
	case RTMP_CODEC_H264:
		return rtmp_avc_nal_kind(nal);
	case RTMP_CODEC_HEVC:
		return rtmp_hevc_nal_kind(nal);
	case RTMP_CODEC_VVC:
		return rtmp_vvc_nal_kind(nal);
	default:
		return RTMP_NAL_OTHER;
	}
}

/* All begin with the sets and the length size. */
union config {
	struct rtmp_avc_config avc;
	struct rtmp_hevc_config hevc;
	struct rtmp_vvc_config vvc;
};

static int
parse_config(union config *c, enum rtmp_codec codec, const uint8_t *data,
    size_t size)
{
	switch (codec) {
	case RTMP_CODEC_H264:
		return rtmp_avc_config_parse(&c->avc, data, size);
	case RTMP_CODEC_HEVC:
		return rtmp_hevc_config_parse(&c->hevc, data, size);
	case RTMP_CODEC_VVC:
		return rtmp_vvc_config_parse(&c->vvc, data, size);
	default:
		return RTMP_ERR_PROTO;
	}
}

int
rtmp_record_sets(enum rtmp_codec codec, const uint8_t *data, size_t size,
    struct rtmp_nal_sets *sets)
{
	union config c;

	if (parse_config(&c, codec, data, size) != 0)
		return RTMP_ERR_PROTO;
	*sets = c.avc.sets;
	return c.avc.length_size;
}

/* ---- Video ---- */

static int
parse_sps(struct rtmp_video_info *info, enum rtmp_codec codec,
    const struct rtmp_nal *nal)
{
	/* All begin with the info. */
	union {
		struct rtmp_avc_sps avc;
		struct rtmp_hevc_sps hevc;
		struct rtmp_vvc_sps vvc;
	} sps;
	int err;

	if (codec == RTMP_CODEC_H264)
		err = rtmp_avc_sps_parse(&sps.avc, nal);
	else if (codec == RTMP_CODEC_HEVC)
		err = rtmp_hevc_sps_parse(&sps.hevc, nal);
	else
		err = rtmp_vvc_sps_parse(&sps.vvc, nal);
	*info = sps.avc.info;
	return err;
}

static int
nal_video(struct rtmp_video_info *info, enum rtmp_codec codec,
    const uint8_t *data, size_t size)
{
	union config c;
	struct rtmp_nal nal;
	int err;

	if (parse_config(&c, codec, data, size) != 0)
		return RTMP_ERR_PROTO;
	do
		if (rtmp_nal_sets_next(&c.avc.sets, &nal) != 1)
			return RTMP_ERR_PROTO;
	while (rtmp_nal_kind_of(codec, &nal) != RTMP_NAL_SPS);
	err = parse_sps(info, codec, &nal);
	/* The SPS of VVC tells no rate. */
	if (codec == RTMP_CODEC_VVC && c.vvc.frame_rate != 0) {
		info->rate_num = c.vvc.frame_rate;
		info->rate_den = 256;
	}
	return err;
}

int
rtmp_av1_video(struct rtmp_video_info *info, const uint8_t *data, size_t size)
{
	struct rtmp_av1_sequence sequence;
	struct rtmp_av1_obu obu;
	int ret = rtmp_av1_find(data, size, RTMP_AV1_SEQUENCE_HEADER, &obu);

	if (ret <= 0)
		return ret;
	ret = rtmp_av1_sequence_parse(&sequence, obu.payload,
	    obu.payload_size);
	*info = sequence.info;
	return ret;
}

int
rtmp_record_video(struct rtmp_video_info *info, enum rtmp_codec codec,
    const uint8_t *data, size_t size)
{
	struct rtmp_av1_config av1;

	memset(info, 0, sizeof(*info));
	if (rtmp_codec_has_composition_time(codec))
		return nal_video(info, codec, data, size);
	if (codec != RTMP_CODEC_AV1)
		return 0;
	if (rtmp_av1_config_parse(&av1, data, size) != 0)
		return RTMP_ERR_PROTO;
	return rtmp_av1_video(info, av1.obus, av1.obus_size);
}

/* ---- Audio ---- */

int
rtmp_record_sound(struct rtmp_audio_frame *f, enum rtmp_codec codec,
    const uint8_t *data, size_t size)
{
	struct rtmp_aac_config aac;
	struct rtmp_opus_head opus;
	struct rtmp_flac_info flac;
	int err = 0;

	memset(f, 0, sizeof(*f));
	switch (codec) {
	case RTMP_CODEC_AAC:
		err = rtmp_aac_config_parse(&aac, data, size);
		f->rate = aac.output_rate;
		f->channels = aac.channels == 1 &&
		    aac.ps == RTMP_AAC_PRESENT ? 2 : aac.channels;
		break;
	case RTMP_CODEC_OPUS:
		err = rtmp_opus_head_parse(&opus, data, size);
		f->rate = 48000; /* whatever the source had */
		f->channels = opus.channels;
		break;
	case RTMP_CODEC_FLAC:
		err = rtmp_flac_info_parse(&flac, data, size);
		f->rate = flac.rate;
		f->channels = flac.channels;
		f->bits = flac.bits;
		break;
	default:
		break;
	}
	return err;
}
