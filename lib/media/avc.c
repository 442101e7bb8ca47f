/* NAL units and SPS of H.264; the figures are in avc.h. */
#include <string.h>

#include "media/avc.h"
#include "media/fields.h"

enum rtmp_nal_kind
rtmp_avc_nal_kind(const struct rtmp_nal *nal)
{
	unsigned type = nal->size != 0 ? nal->data[0] & 0x1f : 0;

	switch (type) {
	case RTMP_AVC_IDR:
		return RTMP_NAL_KEY;
	case RTMP_AVC_SEI:
		return RTMP_NAL_PREFIX_SEI;
	case RTMP_AVC_SPS:
		return RTMP_NAL_SPS;
	case RTMP_AVC_PPS:
		return RTMP_NAL_PPS;
	case RTMP_AVC_AUD:
		return RTMP_NAL_AUD;
	case RTMP_AVC_END_SEQUENCE:
	case RTMP_AVC_END_STREAM:
		return RTMP_NAL_END;
	case RTMP_AVC_FILLER:
		return RTMP_NAL_FILLER;
	case RTMP_AVC_SPS_EXT:
		return RTMP_NAL_SPS_EXT;
	default:
		if (type >= RTMP_AVC_SLICE && type <= RTMP_AVC_PARTITION_C)
			return RTMP_NAL_SLICE;
		return RTMP_NAL_OTHER;
	}
}

int
rtmp_avc_set_id(const struct rtmp_nal *nal, uint32_t *id)
{
	struct rtmp_bits b;

	rtmp_bits_init_nal(&b, nal->data, nal->size);
	switch (rtmp_bits_get(&b, 8) & 0x1f) {
	case RTMP_AVC_SPS:
		rtmp_bits_skip(&b, 24);
		*id = rtmp_bits_ue_max(&b, 31);
		break;
	case RTMP_AVC_SPS_EXT:
		*id = rtmp_bits_ue_max(&b, 31);
		break;
	case RTMP_AVC_PPS:
		*id = rtmp_bits_ue_max(&b, 255);
		break;
	default:
		return RTMP_ERR_PROTO;
	}
	return b.err;
}

/* ---- The SPS ---- */

int
rtmp_avc_profile_has_chroma(unsigned profile)
{
	static const uint8_t profiles[] = { 100, 110, 122, 244, 44, 83, 86,
		118, 128, 138, 139, 134, 135, 144 };
	size_t i;

	for (i = 0; i < sizeof(profiles); i++)
		if (profiles[i] == profile)
			return 1;
	return 0;
}

/* scaling_list(), section 7.3.2.1.1.1 */
static void
skip_scaling_list(struct rtmp_bits *b, unsigned count)
{
	uint32_t last = 8, next = 8;

	while (count-- != 0 && next != 0 && b->err == 0) {
		next = (last + (uint32_t)rtmp_bits_se(b)) & 255;
		if (next != 0)
			last = next;
	}
}

/* Chroma format to scaling matrices, which the profiles below High do not
 * have. */
static void
parse_chroma(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	unsigned i, lists;

	info->chroma = (uint8_t)rtmp_bits_ue_max(b, RTMP_CHROMA_444);
	if (info->chroma == RTMP_CHROMA_444)
		rtmp_bits_flag(b); /* separate_colour_plane_flag */
	info->luma_depth = (uint8_t)(8 + rtmp_bits_ue_max(b, 6));
	info->chroma_depth = (uint8_t)(8 + rtmp_bits_ue_max(b, 6));
	rtmp_bits_flag(b); /* qpprime_y_zero_transform_bypass_flag */
	if (!rtmp_bits_flag(b))
		return;
	lists = info->chroma == RTMP_CHROMA_444 ? 12 : 8;
	for (i = 0; i < lists; i++)
		if (rtmp_bits_flag(b))
			skip_scaling_list(b, i < 6 ? 16 : 64);
}

static void
skip_picture_order(struct rtmp_bits *b)
{
	switch (rtmp_bits_ue_max(b, 2)) {
	case 0:
		rtmp_bits_ue_max(b, 12); /* log2_max_pic_order_cnt_lsb - 4 */
		break;
	case 1:
		rtmp_bits_flag(b);
		rtmp_bits_skip_ue(b, 2);
		rtmp_bits_skip_ue(b, rtmp_bits_ue_max(b, 255));
		break;
	}
}

static int
parse_size(struct rtmp_bits *b, struct rtmp_avc_sps *sps)
{
	uint64_t width, height;

	width = (rtmp_bits_ue(b) + (uint64_t)1) * 16;
	height = (rtmp_bits_ue(b) + (uint64_t)1) * 16;
	sps->frame_mbs_only = rtmp_bits_flag(b);
	if (!sps->frame_mbs_only)
		rtmp_bits_flag(b); /* mb_adaptive_frame_field_flag */
	rtmp_bits_flag(b); /* direct_8x8_inference_flag */
	/* The height may be that of a field. */
	return rtmp_bits_size(b, &sps->info, width, height,
	    sps->frame_mbs_only ? 1 : 2);
}

/* vui_parameters(), section E.1.1, up to the timing.  A broken one is left as
 * it is: the pictures can be decoded without. */
static void
parse_vui(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	rtmp_bits_vui(b, info);
	if (rtmp_bits_flag(b))
		rtmp_bits_timing(b, info, 2); /* a tick is a field */
}

#define AT(field) offsetof(struct rtmp_avc_sps, field)

static const struct rtmp_field first_fields[] = {
	{ 8, AT(info.profile), 0 },
	{ 8, AT(constraints), 0 },
	{ 8, AT(info.level), 0 },
	{ 0, 0, 0 }
};

int
rtmp_avc_sps_parse(struct rtmp_avc_sps *sps, const struct rtmp_nal *nal)
{
	struct rtmp_video_info *info = &sps->info;
	struct rtmp_bits b;
	int ret;

	memset(sps, 0, sizeof(*sps));
	rtmp_video_info_init(info);
	rtmp_bits_init_nal(&b, nal->data, nal->size);
	if ((rtmp_bits_get(&b, 8) & 0x9f) != RTMP_AVC_SPS)
		return RTMP_ERR_PROTO;
	rtmp_fields_get(&b, sps, first_fields);
	sps->id = (uint8_t)rtmp_bits_ue_max(&b, 31);
	if (rtmp_avc_profile_has_chroma(info->profile))
		parse_chroma(&b, info);
	rtmp_bits_ue_max(&b, 12); /* log2_max_frame_num - 4 */
	skip_picture_order(&b);
	rtmp_bits_ue(&b);      /* max_num_ref_frames */
	rtmp_bits_flag(&b); /* gaps_in_frame_num_value_allowed_flag */
	ret = parse_size(&b, sps);
	if (ret != 0)
		return ret;
	if (rtmp_bits_flag(&b))
		parse_vui(&b, info);
	return 0;
}
