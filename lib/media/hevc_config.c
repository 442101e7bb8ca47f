/* HEVCDecoderConfigurationRecord; the figure is in hevc.h. */
#include <string.h>

#include "media/fields.h"
#include "media/hevc.h"
#include "media/nal_list.h"

#define HEADER_SIZE 23

enum { PARALLEL_MIXED = 0, PARALLEL_SLICES, PARALLEL_TILES, PARALLEL_WPP };

#define AT(field) offsetof(struct rtmp_hevc_config, field)

static const struct rtmp_field fields[] = {
	{ 8, RTMP_NO_FIELD, 1 },
	{ 2, AT(sps.profile_space), 0 },
	{ 1, AT(sps.info.tier), 0 },
	{ 5, AT(sps.info.profile), 0 },
	{ 32, AT(sps.compatibility), 0 },
	{ 16, AT(sps.constraints_high), 0 },
	{ 32, AT(sps.constraints), 0 },
	{ 8, AT(sps.info.level), 0 },
	{ 4, RTMP_NO_FIELD, 0xf },
	{ 12, AT(sps.min_segmentation), 0 },
	{ 6, RTMP_NO_FIELD, 0x3f },
	{ 2, AT(parallelism), 0 },
	{ 6, RTMP_NO_FIELD, 0x3f },
	{ 2, AT(sps.info.chroma), 0 },
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 3, AT(sps.info.luma_depth), 8 },
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 3, AT(sps.info.chroma_depth), 8 },
	{ 16, AT(frame_rate), 0 },
	{ 2, AT(constant_rate), 0 },
	{ 3, AT(sps.sub_layers), 0 },
	{ 1, AT(sps.id_nesting), 0 },
	{ 2, AT(length_size), 1 },
	{ 0, 0, 0 }
};

int
rtmp_hevc_config_parse(struct rtmp_hevc_config *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_bits b;

	memset(c, 0, sizeof(*c));
	/* Version 0 stands in files of the time before the standard. */
	if (size < HEADER_SIZE || data[0] > 1)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data, size);
	rtmp_fields_get(&b, c, fields);
	return rtmp_nal_sets_init(&c->sets, data + HEADER_SIZE, data + size,
	    data[HEADER_SIZE - 1], RTMP_NAL_SETS_HEVC);
}

/* ---- Built ---- */

static void
merge_sps(struct rtmp_hevc_sps *all, const struct rtmp_hevc_sps *one)
{
	struct rtmp_video_info *a = &all->info;
	const struct rtmp_video_info *o = &one->info;

	if (o->tier > a->tier ||
	    (o->tier == a->tier && o->level > a->level))
		a->level = o->level;
	if (o->tier > a->tier)
		a->tier = o->tier;
	if (o->profile > a->profile)
		a->profile = o->profile;
	all->compatibility &= one->compatibility;
	all->constraints_high &= one->constraints_high;
	all->constraints &= one->constraints;
	if (one->min_segmentation < all->min_segmentation)
		all->min_segmentation = one->min_segmentation;
	if (one->sub_layers > all->sub_layers)
		all->sub_layers = one->sub_layers;
	all->id_nesting &= one->id_nesting;
}

/* What all SPS together ask for, and all PPS let a decoder do. */
static int
summarize(struct rtmp_hevc_config *c, const struct rtmp_nal *nals,
    size_t count)
{
	int slices = 0, tiles = 0, wpp = 0; /* there is a PPS of the kind */
	struct rtmp_hevc_sps sps;
	struct rtmp_hevc_pps pps;
	int seen = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		switch (rtmp_hevc_nal_kind(&nals[i])) {
		case RTMP_NAL_SPS:
			if (rtmp_hevc_sps_parse(&sps, &nals[i]) != 0)
				return RTMP_ERR_PROTO;
			if (seen)
				merge_sps(&c->sps, &sps);
			else
				c->sps = sps;
			seen = 1;
			break;
		case RTMP_NAL_PPS:
			if (rtmp_hevc_pps_parse(&pps, &nals[i]) != 0)
				return RTMP_ERR_PROTO;
			wpp |= pps.entropy_sync && !pps.tiles;
			tiles |= pps.tiles && !pps.entropy_sync;
			slices |= !pps.tiles && !pps.entropy_sync;
			break;
		default:
			break;
		}
	}
	if (c->sps.min_segmentation == 0 || slices + tiles + wpp != 1)
		c->parallelism = PARALLEL_MIXED;
	else
		c->parallelism = wpp ? PARALLEL_WPP : tiles ? PARALLEL_TILES :
		    PARALLEL_SLICES;
	return 0;
}

int
rtmp_hevc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size,
    int complete)
{
	static const struct rtmp_nal_array arrays[] = {
		{ RTMP_NAL_VPS, RTMP_HEVC_VPS, 1, 1, 0 },
		{ RTMP_NAL_SPS, RTMP_HEVC_SPS, 1, 1, 0 },
		{ RTMP_NAL_PPS, RTMP_HEVC_PPS, 1, 1, 0 },
		{ RTMP_NAL_PREFIX_SEI, RTMP_HEVC_PREFIX_SEI, 0, 0, 0 },
		{ RTMP_NAL_SUFFIX_SEI, RTMP_HEVC_SUFFIX_SEI, 0, 0, 0 }
	};
	enum { ARRAYS = sizeof(arrays) / sizeof(arrays[0]) };
	struct rtmp_nal_list l = { nals, count, rtmp_hevc_nal_kind };
	struct rtmp_hevc_config c;
	struct rtmp_out o;

	if (length_size < 1 || length_size > 4 ||
	    rtmp_nal_arrays_count(&l, arrays, ARRAYS) < 0)
		return RTMP_ERR_INVAL;
	memset(&c, 0, sizeof(c)); /* the rate, which only a container knows */
	if (summarize(&c, nals, count) != 0)
		return RTMP_ERR_PROTO;
	c.length_size = (uint8_t)length_size;

	rtmp_out_init(&o, out, cap);
	rtmp_fields_put(&o, &c, fields);
	rtmp_nal_arrays_put(&l, arrays, ARRAYS, complete, &o);
	return rtmp_out_end(&o, size);
}
