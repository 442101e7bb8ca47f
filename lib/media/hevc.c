/* NAL units, SPS and PPS of HEVC; the figures are in hevc.h. */
#include <string.h>

#include "media/fields.h"
#include "media/hevc.h"

#define HEADER_BITS 16
#define SUB_LAYERS_MAX 7
#define RPS_MAX 64	  /* num_short_term_ref_pic_sets */
#define RPS_PICTURES_MAX 16
#define LONG_TERM_MAX 32  /* num_long_term_ref_pics_sps */
#define CPB_MAX 32

/* The type, or 64 for a header that is not one of layer 0. */
static unsigned
nal_type(const struct rtmp_nal *nal)
{
	if (nal->size < 2 || (nal->data[0] & 0x81) != 0 ||
	    (nal->data[1] & 0xf8) != 0)
		return 64;
	return nal->data[0] >> 1;
}

enum rtmp_nal_kind
rtmp_hevc_nal_kind(const struct rtmp_nal *nal)
{
	unsigned type = nal_type(nal);

	switch (type) {
	case RTMP_HEVC_VPS:
		return RTMP_NAL_VPS;
	case RTMP_HEVC_SPS:
		return RTMP_NAL_SPS;
	case RTMP_HEVC_PPS:
		return RTMP_NAL_PPS;
	case RTMP_HEVC_AUD:
		return RTMP_NAL_AUD;
	case RTMP_HEVC_END_SEQUENCE:
	case RTMP_HEVC_END_STREAM:
		return RTMP_NAL_END;
	case RTMP_HEVC_FILLER:
		return RTMP_NAL_FILLER;
	case RTMP_HEVC_PREFIX_SEI:
		return RTMP_NAL_PREFIX_SEI;
	case RTMP_HEVC_SUFFIX_SEI:
		return RTMP_NAL_SUFFIX_SEI;
	default:
		if (type <= RTMP_HEVC_RASL_R)
			return RTMP_NAL_SLICE;
		if (type >= RTMP_HEVC_BLA_W_LP && type <= RTMP_HEVC_RSV_IRAP)
			return RTMP_NAL_KEY;
		return RTMP_NAL_OTHER;
	}
}

int
rtmp_hevc_set_id(const struct rtmp_nal *nal, uint32_t *id)
{
	struct rtmp_hevc_sps sps;
	struct rtmp_bits b;
	int ret;

	rtmp_bits_init_nal(&b, nal->data, nal->size);
	rtmp_bits_skip(&b, HEADER_BITS);
	switch (nal_type(nal)) {
	case RTMP_HEVC_VPS:
		*id = rtmp_bits_get(&b, 4);
		return b.err;
	case RTMP_HEVC_SPS:
		ret = rtmp_hevc_sps_parse(&sps, nal);
		*id = sps.id;
		return ret;
	case RTMP_HEVC_PPS:
		*id = rtmp_bits_ue_max(&b, 63);
		return b.err;
	default:
		return RTMP_ERR_PROTO;
	}
}

/* ---- Parts of the SPS ---- */

#define AT(field) offsetof(struct rtmp_hevc_sps, field)

/* Of an SPS, up to the fixed part of profile_tier_level(), section 7.3.3 */
static const struct rtmp_field first_fields[] = {
	{ HEADER_BITS + 4, RTMP_NO_FIELD, 0 }, /* and the id of the VPS */
	{ 3, AT(sub_layers), 1 },
	{ 1, AT(id_nesting), 0 },
	{ 2, AT(profile_space), 0 },
	{ 1, AT(info.tier), 0 },
	{ 5, AT(info.profile), 0 },
	{ 32, AT(compatibility), 0 },
	{ 16, AT(constraints_high), 0 },
	{ 32, AT(constraints), 0 },
	{ 8, AT(info.level), 0 },
	{ 0, 0, 0 }
};

/* What profile_tier_level() says of sub-layers below the highest. */
static void
skip_sub_layers(struct rtmp_bits *b, unsigned below)
{
	uint32_t present;
	unsigned i;

	if (below == 0)
		return;
	/* Two flags for each of 8 sub-layers: profile and level. */
	present = rtmp_bits_get(b, 16);
	for (i = 0; i < below; i++) {
		if ((present & 0x8000U >> 2 * i) != 0)
			rtmp_bits_skip(b, 88);
		if ((present & 0x4000U >> 2 * i) != 0)
			rtmp_bits_skip(b, 8);
	}
}

/* scaling_list_data(), section 7.3.4 */
static void
skip_scaling_lists(struct rtmp_bits *b)
{
	unsigned size, matrix;

	for (size = 0; size < 4; size++) {
		for (matrix = 0; matrix < 6 && b->err == 0;
		     matrix += size == 3 ? 3 : 1) {
			if (!rtmp_bits_flag(b)) {
				rtmp_bits_ue(b); /* a copy of another */
				continue;
			}
			rtmp_bits_skip_ue(b, size == 0 ? 16 :
			    size == 1 ? 64 : 1 + 64);
		}
	}
}

/* st_ref_pic_set(), section 7.3.7.  *pictures is how many the set before has,
 * and becomes how many this one has. */
static void
skip_ref_pic_set(struct rtmp_bits *b, int is_first, uint32_t *pictures)
{
	uint32_t i, n = 0;

	if (!is_first && rtmp_bits_flag(b)) {
		rtmp_bits_flag(b); /* delta_rps_sign */
		rtmp_bits_ue(b); /* abs_delta_rps_minus1 */
		for (i = 0; i <= *pictures; i++) {
			/* used_by_curr_pic_flag, else use_delta_flag */
			if (rtmp_bits_flag(b) ||
			    rtmp_bits_flag(b))
				n++;
		}
	} else {
		n = rtmp_bits_ue_max(b, RPS_PICTURES_MAX);
		n += rtmp_bits_ue_max(b, RPS_PICTURES_MAX);
		for (i = 0; i < n; i++) {
			rtmp_bits_ue(b);
			rtmp_bits_flag(b);
		}
	}
	if (n > RPS_PICTURES_MAX)
		b->err = RTMP_ERR_PROTO;
	*pictures = n;
}

static void
skip_ref_pics(struct rtmp_bits *b, unsigned poc_bits)
{
	uint32_t i, pictures = 0, n = rtmp_bits_ue_max(b, RPS_MAX);

	for (i = 0; i < n && b->err == 0; i++)
		skip_ref_pic_set(b, i == 0, &pictures);
	if (!rtmp_bits_flag(b)) /* long_term_ref_pics_present_flag */
		return;
	n = rtmp_bits_ue_max(b, LONG_TERM_MAX);
	rtmp_bits_skip(b, (size_t)n * (poc_bits + 1));
}

/* sub_layer_hrd_parameters(), section E.2.3 */
static void
skip_sub_layer_hrd(struct rtmp_bits *b, uint32_t count, int sub_pic)
{
	while (count-- != 0 && b->err == 0) {
		/* Bit rate and size of the buffer, and for decoding units. */
		rtmp_bits_skip_ue(b, sub_pic ? 4 : 2);
		rtmp_bits_flag(b);
	}
}

/* hrd_parameters(1, sub_layers - 1), section E.2.2 */
static void
skip_hrd(struct rtmp_bits *b, unsigned sub_layers)
{
	int nal = rtmp_bits_flag(b), vcl = rtmp_bits_flag(b);
	int sub_pic = 0;

	if (nal || vcl) {
		sub_pic = rtmp_bits_flag(b);
		rtmp_bits_skip(b, sub_pic ? 19 + 8 + 4 + 15 : 8 + 15);
	}
	while (sub_layers-- != 0 && b->err == 0) {
		int fixed = rtmp_bits_flag(b), low_delay = 0;
		uint32_t count = 1;

		if (!fixed)
			fixed = rtmp_bits_flag(b);
		if (fixed)
			rtmp_bits_ue(b); /* elemental_duration_in_tc */
		else
			low_delay = rtmp_bits_flag(b);
		if (!low_delay)
			count = rtmp_bits_ue_max(b, CPB_MAX - 1) + 1;
		if (nal)
			skip_sub_layer_hrd(b, count, sub_pic);
		if (vcl)
			skip_sub_layer_hrd(b, count, sub_pic);
	}
}

static void
parse_timing(struct rtmp_bits *b, struct rtmp_hevc_sps *sps)
{
	rtmp_bits_timing(b, &sps->info, 1);
	if (rtmp_bits_flag(b))
		rtmp_bits_ue(b); /* vui_num_ticks_poc_diff_one_minus1 */
	if (rtmp_bits_flag(b))
		skip_hrd(b, sps->sub_layers);
}

/* vui_parameters(), section E.2.1.  A broken one is left as it is: the
 * pictures can be decoded without. */
static void
parse_vui(struct rtmp_bits *b, struct rtmp_hevc_sps *sps)
{
	rtmp_bits_vui(b, &sps->info);
	rtmp_bits_skip(b, 3); /* neutral chroma, fields, frame_field_info */
	if (rtmp_bits_flag(b)) /* default_display_window_flag */
		rtmp_bits_skip_ue(b, 4);
	if (rtmp_bits_flag(b))
		parse_timing(b, sps);
	if (rtmp_bits_flag(b)) { /* bitstream_restriction_flag */
		rtmp_bits_skip(b, 3);
		sps->min_segmentation = rtmp_bits_ue_max(b, 4095);
	}
}

static int
parse_size(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	uint32_t width, height;

	info->chroma = (uint8_t)rtmp_bits_ue_max(b, RTMP_CHROMA_444);
	if (info->chroma == RTMP_CHROMA_444)
		rtmp_bits_flag(b); /* separate_colour_plane_flag */
	width = rtmp_bits_ue(b);
	height = rtmp_bits_ue(b);
	return rtmp_bits_size(b, info, width, height, 1);
}

/* What stands between the size and the VUI. */
static void
parse_coding_tools(struct rtmp_bits *b, struct rtmp_hevc_sps *sps)
{
	unsigned poc_bits;

	sps->info.luma_depth = (uint8_t)(8 + rtmp_bits_ue_max(b, 8));
	sps->info.chroma_depth = (uint8_t)(8 + rtmp_bits_ue_max(b, 8));
	poc_bits = rtmp_bits_ue_max(b, 12) + 4;
	/* sps_sub_layer_ordering_info_present_flag */
	rtmp_bits_skip_ue(b, rtmp_bits_flag(b) ? sps->sub_layers * 3U : 3);
	rtmp_bits_skip_ue(b, 6); /* sizes of coding and transform blocks */
	if (rtmp_bits_flag(b) && rtmp_bits_flag(b))
		skip_scaling_lists(b);
	rtmp_bits_skip(b, 2); /* amp_enabled_flag, sample_adaptive_offset */
	if (rtmp_bits_flag(b)) { /* pcm_enabled_flag */
		rtmp_bits_skip(b, 8);
		rtmp_bits_skip_ue(b, 2);
		rtmp_bits_flag(b);
	}
	skip_ref_pics(b, poc_bits);
	rtmp_bits_skip(b, 2); /* temporal_mvp, strong_intra_smoothing */
}

/* ---- SPS and PPS ---- */

int
rtmp_hevc_sps_parse(struct rtmp_hevc_sps *sps, const struct rtmp_nal *nal)
{
	struct rtmp_bits b;
	int ret;

	memset(sps, 0, sizeof(*sps));
	rtmp_video_info_init(&sps->info);
	if (nal_type(nal) != RTMP_HEVC_SPS)
		return RTMP_ERR_PROTO;
	rtmp_bits_init_nal(&b, nal->data, nal->size);
	rtmp_fields_get(&b, sps, first_fields);
	if (sps->sub_layers > SUB_LAYERS_MAX)
		return RTMP_ERR_PROTO;
	skip_sub_layers(&b, sps->sub_layers - 1U);
	sps->id = (uint8_t)rtmp_bits_ue_max(&b, 15);
	ret = parse_size(&b, &sps->info);
	if (ret != 0)
		return ret;
	parse_coding_tools(&b, sps);
	if (b.err != 0)
		return b.err;
	if (rtmp_bits_flag(&b))
		parse_vui(&b, sps);
	return 0;
}

int
rtmp_hevc_pps_parse(struct rtmp_hevc_pps *pps, const struct rtmp_nal *nal)
{
	struct rtmp_bits b;

	memset(pps, 0, sizeof(*pps));
	if (nal_type(nal) != RTMP_HEVC_PPS)
		return RTMP_ERR_PROTO;
	rtmp_bits_init_nal(&b, nal->data, nal->size);
	rtmp_bits_skip(&b, HEADER_BITS);
	pps->id = (uint8_t)rtmp_bits_ue_max(&b, 63);
	pps->sps_id = (uint8_t)rtmp_bits_ue_max(&b, 15);
	rtmp_bits_skip(&b, 7); /* dependent slices to cabac_init_present */
	rtmp_bits_skip_ue(&b, 3); /* up to init_qp_minus26 */
	rtmp_bits_skip(&b, 2); /* constrained intra, transform skip */
	if (rtmp_bits_flag(&b))
		rtmp_bits_ue(&b); /* diff_cu_qp_delta_depth */
	rtmp_bits_skip_ue(&b, 2);
	rtmp_bits_skip(&b, 4); /* slice QP offsets to transquant_bypass */
	pps->tiles = rtmp_bits_flag(&b);
	pps->entropy_sync = rtmp_bits_flag(&b);
	return b.err;
}
