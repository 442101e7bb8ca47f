/* NAL units and SPS of VVC; the figures are in vvc.h. */
#include <string.h>

#include "media/fields.h"
#include "media/vvc.h"

#define HEADER_BITS 16
#define CONSTRAINT_BITS 71 /* of general_constraints_info(), always there */
#define SUBPICS_MAX 600	   /* of the highest level, table A.1 */

/* The type, or 32 for a header that is not one of layer 0. */
static unsigned
nal_type(const struct rtmp_nal *nal)
{
	if (nal->size < 2 || (nal->data[0] & 0xbf) != 0)
		return 32;
	return nal->data[1] >> 3;
}

enum rtmp_nal_kind
rtmp_vvc_nal_kind(const struct rtmp_nal *nal)
{
	static const uint8_t kinds[] = {
		[RTMP_VVC_OPI] = RTMP_NAL_OPI,
		[RTMP_VVC_DCI] = RTMP_NAL_DCI,
		[RTMP_VVC_VPS] = RTMP_NAL_VPS,
		[RTMP_VVC_SPS] = RTMP_NAL_SPS,
		[RTMP_VVC_PPS] = RTMP_NAL_PPS,
		[RTMP_VVC_PREFIX_APS] = RTMP_NAL_APS,
		[RTMP_VVC_SUFFIX_APS] = RTMP_NAL_OTHER,
		[RTMP_VVC_PH] = RTMP_NAL_OTHER,
		[RTMP_VVC_AUD] = RTMP_NAL_AUD,
		[RTMP_VVC_END_SEQUENCE] = RTMP_NAL_END,
		[RTMP_VVC_END_STREAM] = RTMP_NAL_END,
		[RTMP_VVC_PREFIX_SEI] = RTMP_NAL_PREFIX_SEI,
		[RTMP_VVC_SUFFIX_SEI] = RTMP_NAL_SUFFIX_SEI,
		[RTMP_VVC_FILLER] = RTMP_NAL_FILLER
	};
	unsigned type = nal_type(nal);

	if (type <= RTMP_VVC_RASL)
		return RTMP_NAL_SLICE;
	if (type >= RTMP_VVC_IDR_W_RADL && type <= RTMP_VVC_GDR)
		return RTMP_NAL_KEY;
	if (type >= RTMP_VVC_OPI && type <= RTMP_VVC_FILLER)
		return (enum rtmp_nal_kind)kinds[type];
	return RTMP_NAL_OTHER;
}

int
rtmp_vvc_set_id(const struct rtmp_nal *nal, uint32_t *id)
{
	struct rtmp_bits b;

	rtmp_bits_init_nal(&b, nal->data, nal->size);
	rtmp_bits_skip(&b, HEADER_BITS);
	switch (nal_type(nal)) {
	case RTMP_VVC_OPI:
	case RTMP_VVC_DCI:
		*id = 0;
		break;
	case RTMP_VVC_VPS:
	case RTMP_VVC_SPS:
		*id = rtmp_bits_get(&b, 4);
		break;
	case RTMP_VVC_PPS:
		*id = rtmp_bits_get(&b, 6);
		break;
	case RTMP_VVC_PREFIX_APS:
	case RTMP_VVC_SUFFIX_APS:
		*id = rtmp_bits_get(&b, 3) << 8;
		*id |= rtmp_bits_get(&b, 5);
		break;
	default:
		return RTMP_ERR_PROTO;
	}
	return b.err;
}

/* ---- The SPS ---- */

/* Keeps n bits at bit at, as they stand: the record repeats them.  Returns
 * the last 8 of them. */
static unsigned
copy_bits(struct rtmp_bits *b, uint8_t *out, unsigned at, unsigned n)
{
	unsigned v = 0;

	for (; n != 0; n--, at++) {
		unsigned bit = rtmp_bits_flag(b);

		out[at / 8] |= (uint8_t)(bit << (7 - at % 8));
		v = (v << 1 | bit) & 0xff;
	}
	return v;
}

/* The two flags in front of general_constraints_info(), and it, section
 * 7.3.3.2 */
static void
parse_constraints(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl)
{
	unsigned at = 3, more;

	copy_bits(b, ptl->constraints, 0, at);
	if ((ptl->constraints[0] & 0x20) != 0) { /* gci_present_flag */
		copy_bits(b, ptl->constraints, at, CONSTRAINT_BITS);
		at += CONSTRAINT_BITS;
		/* the number of additional bits */
		more = copy_bits(b, ptl->constraints, at, 8);
		at += 8;
		copy_bits(b, ptl->constraints, at, more);
		at += more;
	}
	rtmp_bits_align(b);
	ptl->constraints_size = (uint8_t)((at + 7) / 8);
}

void
rtmp_vvc_parse_levels(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl)
{
	unsigned i;

	for (i = ptl->sub_layers - 1U; i-- != 0;)
		if ((ptl->level_present >> i & 1) != 0)
			ptl->sub_layer_level[i] =
			    (uint8_t)rtmp_bits_get(b, 8);
	ptl->sub_profiles = (uint8_t)rtmp_bits_get(b, 8);
	for (i = 0; i < ptl->sub_profiles && b->err == 0; i++)
		ptl->sub_profile[i] = rtmp_bits_get(b, 32);
}

/* profile_tier_level(1, sub_layers - 1), section 7.3.3.1 */
static void
parse_ptl(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl, unsigned sub_layers)
{
	unsigned i;

	ptl->sub_layers = (uint8_t)sub_layers;
	ptl->profile = (uint8_t)rtmp_bits_get(b, 7);
	ptl->tier = rtmp_bits_flag(b);
	ptl->level = (uint8_t)rtmp_bits_get(b, 8);
	parse_constraints(b, ptl);
	for (i = sub_layers - 1; i-- != 0;)
		ptl->level_present |=
		    (uint8_t)(rtmp_bits_flag(b) << i);
	rtmp_bits_align(b);
	rtmp_vvc_parse_levels(b, ptl);
}

static unsigned
ceil_log2(uint32_t v)
{
	unsigned n = 0;

	while ((1ULL << n) < v)
		n++;
	return n;
}

/* Subpictures, which stand between the size and the depth.  ctu is
 * log2 of a coding tree unit. */
static void
skip_subpics(struct rtmp_bits *b, const struct rtmp_vvc_sps *sps,
    unsigned ctu)
{
	uint32_t size = 1U << ctu, last = rtmp_bits_ue_max(b, SUBPICS_MAX - 1);
	unsigned across = ceil_log2((sps->max_width + size - 1) >> ctu);
	unsigned down = ceil_log2((sps->max_height + size - 1) >> ctu);
	int independent = 1, same_size = 0;
	uint32_t i, id_bits;

	if (sps->max_width <= size)
		across = 0;
	if (sps->max_height <= size)
		down = 0;
	if (last != 0) {
		independent = rtmp_bits_flag(b);
		same_size = rtmp_bits_flag(b);
	}
	for (i = 0; last != 0 && i <= last && b->err == 0; i++) {
		if (!same_size || i == 0) {
			/* Place, but for the first; size, but for the last */
			rtmp_bits_skip(b, i != 0 ? across + down : 0);
			rtmp_bits_skip(b, i != last ? across + down : 0);
		}
		if (!independent)
			rtmp_bits_skip(b, 2);
	}
	id_bits = rtmp_bits_ue_max(b, 15) + 1;
	if (rtmp_bits_flag(b) && rtmp_bits_flag(b))
		rtmp_bits_skip(b, (size_t)(last + 1) * id_bits);
}

#define AT(field) offsetof(struct rtmp_vvc_sps, field)

static const struct rtmp_field first_fields[] = {
	{ HEADER_BITS, RTMP_NO_FIELD, 0 },
	{ 4, AT(id), 0 },
	{ 4, RTMP_NO_FIELD, 0 }, /* the id of the VPS */
	{ 3, AT(sub_layers), 1 },
	{ 2, AT(info.chroma), 0 },
	{ 0, 0, 0 }
};

int
rtmp_vvc_sps_parse(struct rtmp_vvc_sps *sps, const struct rtmp_nal *nal)
{
	struct rtmp_bits b;
	unsigned ctu;
	int ret;

	memset(sps, 0, sizeof(*sps));
	rtmp_video_info_init(&sps->info);
	if (nal_type(nal) != RTMP_VVC_SPS)
		return RTMP_ERR_PROTO;
	rtmp_bits_init_nal(&b, nal->data, nal->size);
	rtmp_fields_get(&b, sps, first_fields);
	ctu = rtmp_bits_get(&b, 2) + 5;
	sps->has_ptl = rtmp_bits_flag(&b);
	if (b.err != 0 || sps->sub_layers > RTMP_VVC_SUB_LAYERS_MAX)
		return RTMP_ERR_PROTO;
	if (sps->has_ptl) {
		parse_ptl(&b, &sps->ptl, sps->sub_layers);
		sps->info.profile = sps->ptl.profile;
		sps->info.tier = sps->ptl.tier;
		sps->info.level = sps->ptl.level;
	}
	rtmp_bits_flag(&b); /* sps_gdr_enabled_flag */
	if (rtmp_bits_flag(&b)) /* ref_pic_resampling_enabled */
		rtmp_bits_flag(&b);
	sps->max_width = rtmp_bits_ue(&b);
	sps->max_height = rtmp_bits_ue(&b);
	ret = rtmp_bits_size(&b, &sps->info, sps->max_width, sps->max_height,
	    1);
	if (ret != 0)
		return ret;
	if (rtmp_bits_flag(&b)) /* sps_subpic_info_present_flag */
		skip_subpics(&b, sps, ctu);
	sps->info.luma_depth = (uint8_t)(8 + rtmp_bits_ue_max(&b, 8));
	sps->info.chroma_depth = sps->info.luma_depth;
	return b.err;
}
