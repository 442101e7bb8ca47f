/* VvcDecoderConfigurationRecord; the figure is in vvc.h. */
#include <string.h>

#include "media/bits.h"
#include "media/nal_list.h"
#include "media/vvc.h"

/* ---- Read ---- */

static void
parse_ptl(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl, unsigned sub_layers)
{
	uint32_t present;
	unsigned i;

	ptl->sub_layers = (uint8_t)sub_layers;
	ptl->constraints_size = (uint8_t)(rtmp_bits_get(b, 8) & 0x3f);
	ptl->profile = (uint8_t)rtmp_bits_get(b, 7);
	ptl->tier = rtmp_bits_flag(b);
	ptl->level = (uint8_t)rtmp_bits_get(b, 8);
	if (ptl->constraints_size > RTMP_VVC_CONSTRAINTS_MAX) {
		b->err = RTMP_ERR_PROTO;
		return;
	}
	for (i = 0; i < ptl->constraints_size; i++)
		ptl->constraints[i] = (uint8_t)rtmp_bits_get(b, 8);
	if (sub_layers > 1) {
		/* The flag of the highest but one comes first. */
		present = rtmp_bits_get(b, 8);
		ptl->level_present = (uint8_t)(present >> (9 - sub_layers));
		for (i = sub_layers - 1; i-- != 0;)
			if ((ptl->level_present >> i & 1) != 0)
				ptl->sub_layer_level[i] =
				    (uint8_t)rtmp_bits_get(b, 8);
	}
	ptl->sub_profiles = (uint8_t)rtmp_bits_get(b, 8);
	for (i = 0; i < ptl->sub_profiles && b->err == 0; i++)
		ptl->sub_profile[i] = rtmp_bits_get(b, 32);
}

int
rtmp_vvc_config_parse(struct rtmp_vvc_config *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_bits b;
	unsigned arrays;

	memset(c, 0, sizeof(*c));
	rtmp_bits_init(&b, data, size);
	if (rtmp_bits_get(&b, 5) != 0x1f)
		return RTMP_ERR_PROTO;
	c->length_size = (uint8_t)(rtmp_bits_get(&b, 2) + 1);
	c->has_ptl = rtmp_bits_flag(&b);
	if (c->has_ptl) {
		c->ols_idx = (uint16_t)rtmp_bits_get(&b, 9);
		c->sub_layers = (uint8_t)rtmp_bits_get(&b, 3);
		c->constant_rate = (uint8_t)rtmp_bits_get(&b, 2);
		c->chroma = (uint8_t)rtmp_bits_get(&b, 2);
		c->depth = (uint8_t)(8 + rtmp_bits_get(&b, 3));
		rtmp_bits_skip(&b, 5);
		if (c->sub_layers == 0)
			return RTMP_ERR_PROTO;
		parse_ptl(&b, &c->ptl, c->sub_layers);
		c->max_width = (uint16_t)rtmp_bits_get(&b, 16);
		c->max_height = (uint16_t)rtmp_bits_get(&b, 16);
		c->frame_rate = (uint16_t)rtmp_bits_get(&b, 16);
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

	rtmp_out_u8(o, ptl->constraints_size);
	rtmp_out_u8(o, (unsigned)ptl->profile << 1 | ptl->tier);
	rtmp_out_u8(o, ptl->level);
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

static void
put_header(struct rtmp_out *o, const struct rtmp_vvc_sps *sps,
    unsigned length_size)
{
	rtmp_out_u8(o, 0xf8U | (length_size - 1) << 1 | sps->has_ptl);
	if (!sps->has_ptl)
		return;
	/* ols_idx 0, and a rate of which only a container knows. */
	rtmp_out_be16(o, (uint32_t)sps->sub_layers << 4 | sps->info.chroma);
	rtmp_out_u8(o, (sps->info.luma_depth - 8U) << 5 | 0x1f);
	put_ptl(o, &sps->ptl);
	rtmp_out_be16(o, sps->max_width);
	rtmp_out_be16(o, sps->max_height);
	rtmp_out_be16(o, 0);
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
	struct rtmp_vvc_sps sps;
	struct rtmp_out o;

	if (length_size < 1 || length_size > 4 ||
	    rtmp_nal_arrays_count(&l, arrays, ARRAYS) < 0)
		return RTMP_ERR_INVAL;
	if (rtmp_vvc_sps_parse(&sps, rtmp_nal_list_first(&l, RTMP_NAL_SPS)) !=
	    0 || sps.max_width > UINT16_MAX || sps.max_height > UINT16_MAX)
		return RTMP_ERR_PROTO;

	rtmp_out_init(&o, out, cap);
	put_header(&o, &sps, length_size);
	rtmp_nal_arrays_put(&l, arrays, ARRAYS, complete, &o);
	return rtmp_out_end(&o, size);
}
