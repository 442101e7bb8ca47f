/* HEVCDecoderConfigurationRecord; the figure is in hevc.h. */
#include "media/hevc.h"
#include "media/nal_list.h"

#define HEADER_SIZE 23

enum { PARALLEL_MIXED = 0, PARALLEL_SLICES, PARALLEL_TILES, PARALLEL_WPP };

int
rtmp_hevc_config_parse(struct rtmp_hevc_config *c, const uint8_t *data,
    size_t size)
{
	memset(c, 0, sizeof(*c));
	/* Version 0 stands in files of the time before the standard. */
	if (size < HEADER_SIZE || data[0] > 1)
		return RTMP_ERR_PROTO;
	c->profile_space = data[1] >> 6;
	c->tier = data[1] >> 5 & 1;
	c->profile = data[1] & 0x1f;
	c->compatibility = rtmp_get_be32(data + 2);
	c->constraints = (uint64_t)rtmp_get_be16(data + 6) << 32 |
	    rtmp_get_be32(data + 8);
	c->level = data[12];
	c->min_segmentation = rtmp_get_be16(data + 13) & 0xfff;
	c->parallelism = data[15] & 3;
	c->chroma = data[16] & 3;
	c->luma_depth = (uint8_t)(8 + (data[17] & 7));
	c->chroma_depth = (uint8_t)(8 + (data[18] & 7));
	c->frame_rate = rtmp_get_be16(data + 19);
	c->constant_rate = data[21] >> 6;
	c->sub_layers = data[21] >> 3 & 7;
	c->id_nesting = data[21] >> 2 & 1;
	c->length_size = (uint8_t)((data[21] & 3) + 1);
	return rtmp_nal_sets_init(&c->sets, data + HEADER_SIZE, data + size,
	    data[22], RTMP_NAL_SETS_HEVC);
}

/* ---- Built ---- */

/* What all SPS together ask for, and all PPS let a decoder do. */
struct summary {
	struct rtmp_hevc_sps sps;
	int slices, tiles, wpp; /* there is a PPS of the kind */
};

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
	all->constraints &= one->constraints;
	if (one->min_segmentation < all->min_segmentation)
		all->min_segmentation = one->min_segmentation;
	if (one->sub_layers > all->sub_layers)
		all->sub_layers = one->sub_layers;
	all->id_nesting &= one->id_nesting;
}

static int
summarize(struct summary *s, const struct rtmp_nal *nals, size_t count)
{
	struct rtmp_hevc_sps sps;
	struct rtmp_hevc_pps pps;
	int seen = 0;
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < count; i++) {
		switch (rtmp_hevc_nal_kind(&nals[i])) {
		case RTMP_NAL_SPS:
			if (rtmp_hevc_sps_parse(&sps, &nals[i]) != 0)
				return RTMP_ERR_PROTO;
			if (seen)
				merge_sps(&s->sps, &sps);
			else
				s->sps = sps;
			seen = 1;
			break;
		case RTMP_NAL_PPS:
			if (rtmp_hevc_pps_parse(&pps, &nals[i]) != 0)
				return RTMP_ERR_PROTO;
			s->wpp |= pps.entropy_sync && !pps.tiles;
			s->tiles |= pps.tiles && !pps.entropy_sync;
			s->slices |= !pps.tiles && !pps.entropy_sync;
			break;
		default:
			break;
		}
	}
	return 0;
}

static unsigned
parallelism(const struct summary *s)
{
	if (s->sps.min_segmentation == 0 ||
	    s->slices + s->tiles + s->wpp != 1)
		return PARALLEL_MIXED;
	if (s->wpp)
		return PARALLEL_WPP;
	return s->tiles ? PARALLEL_TILES : PARALLEL_SLICES;
}

static void
put_header(struct rtmp_out *o, const struct summary *s, unsigned length_size)
{
	const struct rtmp_video_info *info = &s->sps.info;

	rtmp_out_u8(o, 1);
	rtmp_out_u8(o, (unsigned)s->sps.profile_space << 6 |
	    (unsigned)info->tier << 5 | info->profile);
	rtmp_out_be32(o, s->sps.compatibility);
	rtmp_out_be16(o, (uint32_t)(s->sps.constraints >> 32));
	rtmp_out_be32(o, (uint32_t)s->sps.constraints);
	rtmp_out_u8(o, info->level);
	rtmp_out_be16(o, 0xf000U | s->sps.min_segmentation);
	rtmp_out_u8(o, 0xfc | parallelism(s));
	rtmp_out_u8(o, 0xfc | info->chroma);
	rtmp_out_u8(o, 0xf8U | (info->luma_depth - 8U));
	rtmp_out_u8(o, 0xf8U | (info->chroma_depth - 8U));
	rtmp_out_be16(o, 0); /* avgFrameRate, which only a container knows */
	rtmp_out_u8(o, (unsigned)s->sps.sub_layers << 3 |
	    (unsigned)s->sps.id_nesting << 2 | (length_size - 1));
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
	struct summary s;
	struct rtmp_out o;

	if (length_size < 1 || length_size > 4 ||
	    rtmp_nal_arrays_count(&l, arrays, ARRAYS) < 0)
		return RTMP_ERR_INVAL;
	if (summarize(&s, nals, count) != 0)
		return RTMP_ERR_PROTO;

	rtmp_out_init(&o, out, cap);
	put_header(&o, &s, length_size);
	rtmp_nal_arrays_put(&l, arrays, ARRAYS, complete, &o);
	return rtmp_out_end(&o, size);
}
