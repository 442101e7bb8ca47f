/* VvcDecoderConfigurationRecord; the figure is in vvc.h. */
#include <string.h>

#include "media/fields.h"
#include "media/nal_list.h"
#include "media/vvc.h"

#define AT(field) offsetof(struct rtmp_vvc_config, field)

static const struct rtmp_field first_fields[] = {
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 2, AT(length_size), 1 },
	{ 1, AT(sps.has_ptl), 0 },
	{ 0, 0, 0 }
};

/* With ptl_present: up to the constraints, and behind the sub-profiles. */
static const struct rtmp_field ptl_fields[] = {
	{ 9, AT(ols_idx), 0 },
	{ 3, AT(sps.sub_layers), 0 },
	{ 2, AT(constant_rate), 0 },
	{ 2, AT(sps.info.chroma), 0 },
	{ 3, AT(sps.info.luma_depth), 8 },
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 2, RTMP_NO_FIELD, 0 },
	{ 6, AT(sps.ptl.constraints_size), 0 },
	{ 7, AT(sps.ptl.profile), 0 },
	{ 1, AT(sps.ptl.tier), 0 },
	{ 8, AT(sps.ptl.level), 0 },
	{ 0, 0, 0 }
};

static const struct rtmp_field last_fields[] = {
	{ 16, AT(sps.max_width), 0 },
	{ 16, AT(sps.max_height), 0 },
	{ 16, AT(frame_rate), 0 },
	{ 0, 0, 0 }
};

/* ---- Read ---- */

/* From the constraints on, profile_tier_level() of sub_layers. */
static void
parse_ptl(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl, unsigned sub_layers)
{
	uint32_t present;
	unsigned i;

	ptl->sub_layers = (uint8_t)sub_layers;
	if (sub_layers == 0 ||
	    ptl->constraints_size > RTMP_VVC_CONSTRAINTS_MAX) {
		b->err = RTMP_ERR_PROTO;
		return;
	}
	for (i = 0; i < ptl->constraints_size; i++)
		ptl->constraints[i] = (uint8_t)rtmp_bits_get(b, 8);
	if (sub_layers > 1) {
		/* The flag of the highest but one comes first. */
		present = rtmp_bits_get(b, 8);
		ptl->level_present = (uint8_t)(present >> (9 - sub_layers));
	}
	rtmp_vvc_parse_levels(b, ptl);
}

int
rtmp_vvc_config_parse(struct rtmp_vvc_config *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_bits b;
	unsigned arrays;

	memset(c, 0, sizeof(*c));
	rtmp_bits_init(&b, data, size);
	if (size == 0 || data[0] >> 3 != 0x1f)
		return RTMP_ERR_PROTO;
	rtmp_fields_get(&b, c, first_fields);
	if (c->sps.has_ptl) {
		rtmp_fields_get(&b, c, ptl_fields);
		parse_ptl(&b, &c->sps.ptl, c->sps.sub_layers);
		rtmp_fields_get(&b, c, last_fields);
	}
	arrays = rtmp_bits_get(&b, 8);
	if (b.err != 0)
		return b.err;
	return rtmp_nal_sets_init(&c->sets, b.pos, b.end, arrays,
	    RTMP_NAL_SETS_VVC);
}

/* ---- Built ---- */

static void
put_ptl(struct rtmp_out *o, const struct rtmp_vvc_ptl *ptl)
{
	unsigned i;

	rtmp_out_bytes(o, ptl->constraints, ptl->constraints_size);
	if (ptl->sub_layers > 1) {
		rtmp_out_u8(o,
		    (unsigned)ptl->level_present << (9 - ptl->sub_layers));
		for (i = ptl->sub_layers - 1U; i-- != 0;)
			if ((ptl->level_present >> i & 1) != 0)
				rtmp_out_u8(o, ptl->sub_layer_level[i]);
	}
	rtmp_out_u8(o, ptl->sub_profiles);
	for (i = 0; i < ptl->sub_profiles; i++)
		rtmp_out_be32(o, ptl->sub_profile[i]);
}

int
rtmp_vvc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size,
    int complete)
{
	static const struct rtmp_nal_array arrays[] = {
		{ RTMP_NAL_OPI, RTMP_VVC_OPI, 0, 1, 1 },
		{ RTMP_NAL_DCI, RTMP_VVC_DCI, 0, 1, 1 },
		{ RTMP_NAL_VPS, RTMP_VVC_VPS, 0, 1, 0 },
		{ RTMP_NAL_SPS, RTMP_VVC_SPS, 1, 1, 0 },
		{ RTMP_NAL_PPS, RTMP_VVC_PPS, 1, 1, 0 },
		{ RTMP_NAL_APS, RTMP_VVC_PREFIX_APS, 0, 0, 0 },
		{ RTMP_NAL_PREFIX_SEI, RTMP_VVC_PREFIX_SEI, 0, 0, 0 },
		{ RTMP_NAL_SUFFIX_SEI, RTMP_VVC_SUFFIX_SEI, 0, 0, 0 }
	};
	enum { ARRAYS = sizeof(arrays) / sizeof(arrays[0]) };
	struct rtmp_nal_list l = { nals, count, rtmp_vvc_nal_kind };
	struct rtmp_vvc_config c;
	struct rtmp_out o;

	if (length_size < 1 || length_size > 4 ||
	    rtmp_nal_arrays_count(&l, arrays, ARRAYS) < 0)
		return RTMP_ERR_INVAL;
	/* ols_idx 0, and a rate of which only a container knows. */
	memset(&c, 0, sizeof(c));
	if (rtmp_vvc_sps_parse(&c.sps, rtmp_nal_list_first(&l,
	    RTMP_NAL_SPS)) != 0 || c.sps.max_width > UINT16_MAX ||
	    c.sps.max_height > UINT16_MAX)
		return RTMP_ERR_PROTO;
	c.length_size = (uint8_t)length_size;

	rtmp_out_init(&o, out, cap);
	rtmp_fields_put(&o, &c, first_fields);
	if (c.sps.has_ptl) {
		rtmp_fields_put(&o, &c, ptl_fields);
		put_ptl(&o, &c.sps.ptl);
		rtmp_fields_put(&o, &c, last_fields);
	}
	rtmp_nal_arrays_put(&l, arrays, ARRAYS, complete, &o);
	return rtmp_out_end(&o, size);
}
