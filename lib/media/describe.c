/* What configuration records say, in the words of each codec's standard. */
#include <stdio.h>
#include <string.h>

#include <rtmpio/media.h>

#include "base/mem.h"
#include "base/words.h"
#include "media/aac.h"
#include "media/av1.h"
#include "media/avc.h"
#include "media/hevc.h"
#include "media/record.h"
#include "media/vpx.h"
#include "media/vvc.h"

#define NAME_OF(names, numbers, number) \
	rtmp_word_of(names, numbers, sizeof(numbers), number)

static const char *
chroma_name(unsigned chroma)
{
	return rtmp_word("4:0:0\0004:2:0\0004:2:2\0004:4:4\0", chroma);
}

static void
set_level(struct rtmp_config_info *info, const struct rtmp_video_info *v,
    unsigned per_major, unsigned per_minor)
{
	snprintf(info->level, sizeof(info->level), "%u.%u%s",
	    v->level / per_major, v->level % per_major / per_minor,
	    v->tier ? " High tier" : "");
}

/* ---- Video ---- */

/* Each returns 0 or RTMP_ERR_PROTO.  Profile, and chroma and depth, which are
 * 0 where they are not known, go into *v, all else into *info. */

#define SET1 0x40 /* constraint_set1_flag and so on */
#define SET3 0x10
#define SET4 0x08
#define SET5 0x04

/* H.264, annex A */
static const char *
h264_profile(unsigned profile, unsigned constraints)
{
	static const uint8_t numbers[] = { 66, 77, 88, 100, 110, 122, 244, 44,
		83, 86, 118, 128 };
	static const char names[] = "Baseline\0" "Main\0" "Extended\0" "High\0"
	    "High 10\0" "High 4:2:2\0" "High 4:4:4 Predictive\0"
	    "CAVLC 4:4:4 Intra\0" "Scalable Baseline\0" "Scalable High\0"
	    "Multiview High\0" "Stereo High\0";

	if (profile == 66 && (constraints & SET1) != 0)
		return "Constrained Baseline";
	if (profile == 100 && (constraints & SET4) != 0)
		return (constraints & SET5) != 0 ? "Constrained High" :
		    "Progressive High";
	if (profile == 110 && (constraints & SET3) != 0)
		return "High 10 Intra";
	if (profile == 122 && (constraints & SET3) != 0)
		return "High 4:2:2 Intra";
	return NAME_OF(names, numbers, profile);
}

static int
describe_h264(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	struct rtmp_avc_config c;

	if (rtmp_avc_config_parse(&c, data, size) != 0)
		return RTMP_ERR_PROTO;
	*v = c.sps.info;
	if (!rtmp_avc_profile_has_chroma(v->profile)) {
		v->chroma = RTMP_CHROMA_420;
		v->luma_depth = 8;
	}
	info->profile = h264_profile(v->profile, c.sps.constraints);
	if (v->level == 9 || (v->level == 11 &&
	    (c.sps.constraints & SET3) != 0 && (v->profile == 66 ||
		v->profile == 77 || v->profile == 88)))
		memcpy(info->level, "1b", sizeof("1b"));
	else
		set_level(info, v, 10, 1);
	info->length_size = c.length_size;
	return 0;
}

/* HEVC, annex A */
static int
describe_hevc(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	/* from 1 on */
	static const char names[] = "Main\0" "Main 10\0" "Main Still Picture\0"
	    "Range Extensions\0" "High Throughput\0" "Multiview Main\0"
	    "Scalable Main\0" "3D Main\0" "Screen Content Coding\0"
	    "Scalable Range Extensions\0"
	    "High Throughput Screen Content Coding\0";
	struct rtmp_hevc_config c;

	if (rtmp_hevc_config_parse(&c, data, size) != 0)
		return RTMP_ERR_PROTO;
	*v = c.sps.info;
	info->profile = rtmp_word(names, v->profile - (size_t)1);
	set_level(info, v, 30, 3);
	info->length_size = c.length_size;
	return 0;
}

/* VVC, annex A */
static int
describe_vvc(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	static const uint8_t numbers[] = { 1, 65, 33, 97, 17, 49 };
	static const char names[] = "Main 10\0" "Main 10 Still Picture\0"
	    "Main 10 4:4:4\0" "Main 10 4:4:4 Still Picture\0"
	    "Multilayer Main 10\0" "Multilayer Main 10 4:4:4\0";
	struct rtmp_vvc_config c;

	if (rtmp_vvc_config_parse(&c, data, size) != 0)
		return RTMP_ERR_PROTO;
	*v = c.sps.info;
	info->length_size = c.length_size;
	if (!c.sps.has_ptl)
		return 0;
	v->profile = c.sps.ptl.profile;
	v->level = c.sps.ptl.level;
	v->tier = c.sps.ptl.tier;
	info->profile = NAME_OF(names, numbers, v->profile);
	set_level(info, v, 16, 3);
	return 0;
}

/* AV1, section A.3 */
static int
describe_av1(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	struct rtmp_av1_config c;

	if (rtmp_av1_config_parse(&c, data, size) != 0)
		return RTMP_ERR_PROTO;
	*v = c.seq.info;
	info->profile = rtmp_word("Main\0High\0Professional\0", v->profile);
	if (v->level == 31) {
		memcpy(info->level, "max", sizeof("max"));
	} else {
		v->level = (uint8_t)(v->level + 8); /* 0 is 2.0 */
		set_level(info, v, 4, 1);
	}
	return 0;
}

static int
describe_vpx(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	static const char names[] = "Profile 0\0" "Profile 1\0" "Profile 2\0"
	    "Profile 3\0";

	if (rtmp_vpx_config_parse(v, data, size) != 0)
		return RTMP_ERR_PROTO;
	info->profile = rtmp_word(names, v->profile);
	if (v->level != 0)
		set_level(info, v, 10, 1);
	if (v->chroma == 0)
		v->chroma = RTMP_CHROMA_420;
	return 0;
}

/* ---- Audio ---- */

static int
describe_aac(struct rtmp_config_info *info, struct rtmp_video_info *v,
    const uint8_t *data, size_t size)
{
	static const uint8_t numbers[] = { RTMP_AAC_MAIN, RTMP_AAC_LC,
		RTMP_AAC_SSR, RTMP_AAC_LTP, 23, 39, 42 };
	static const char names[] = "AAC Main\0" "AAC-LC\0" "AAC SSR\0"
	    "AAC LTP\0" "AAC-LD\0" "AAC-ELD\0" "xHE-AAC\0";
	struct rtmp_aac_config c;

	if (rtmp_aac_config_parse(&c, data, size) != 0)
		return RTMP_ERR_PROTO;
	v->profile = c.object_type;
	info->profile = NAME_OF(names, numbers, c.object_type);
	if (c.object_type == RTMP_AAC_LC && c.ps == RTMP_AAC_PRESENT)
		info->profile = "HE-AAC v2";
	else if (c.object_type == RTMP_AAC_LC && c.sbr == RTMP_AAC_PRESENT)
		info->profile = "HE-AAC";
	return 0;
}

/* ---- All ---- */

void
rtmp_config_info_init(struct rtmp_config_info *info, size_t struct_size)
{
	rtmp_struct_give(info, struct_size, NULL, 0);
}

static int
describe(struct rtmp_config_info *info, struct rtmp_video_info *v,
    enum rtmp_codec codec, const uint8_t *data, size_t size)
{
	switch (codec) {
	case RTMP_CODEC_H264:
		return describe_h264(info, v, data, size);
	case RTMP_CODEC_HEVC:
		return describe_hevc(info, v, data, size);
	case RTMP_CODEC_VVC:
		return describe_vvc(info, v, data, size);
	case RTMP_CODEC_AV1:
		return describe_av1(info, v, data, size);
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		return describe_vpx(info, v, data, size);
	case RTMP_CODEC_AAC:
		return describe_aac(info, v, data, size);
	default:
		return 0;
	}
}

int
rtmp_config_describe(struct rtmp_config_info *given, enum rtmp_codec codec,
    const uint8_t *data, size_t size)
{
	struct rtmp_config_info info;
	struct rtmp_video_info v;
	struct rtmp_audio_frame f;

	rtmp_config_info_init(&info, sizeof(info));
	memset(&v, 0, sizeof(v));
	memset(&f, 0, sizeof(f));
	if (size != 0 && describe(&info, &v, codec, data, size) != 0)
		return RTMP_ERR_MALFORMED;
	info.profile_number = v.profile;
	if (v.luma_depth != 0)
		info.chroma = chroma_name(v.chroma);
	info.bit_depth = v.luma_depth;
	if (size != 0 && (rtmp_record_video(&v, codec, data, size) != 0 ||
	    rtmp_record_sound(&f, codec, data, size) != 0))
		return RTMP_ERR_MALFORMED;
	info.width = v.width;
	info.height = v.height;
	if (v.rate_den != 0)
		info.frame_rate = (double)v.rate_num / v.rate_den;
	info.sample_rate = f.rate;
	info.channels = f.channels;
	if (f.bits != 0)
		info.bit_depth = f.bits;
	rtmp_struct_give(given, given->struct_size, &info, sizeof(info));
	return 0;
}
