/* OBUs and sequence headers of AV1; the figures are in av1.h. */
#include <string.h>

#include "media/av1.h"
#include "media/bits.h"
#include "media/out.h"

#define LEB128_MAX 8 /* bytes */
#define PROFILE_HIGH 1
#define PROFILE_PROFESSIONAL 2
#define FRAME_TYPE_KEY 0

/* ---- OBUs ---- */

int
rtmp_av1_leb128(const uint8_t **pos, const uint8_t *end, uint32_t *value)
{
	const uint8_t *p = *pos;
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < LEB128_MAX && p != end; i++) {
		v |= (uint64_t)(*p & 0x7f) << 7 * i;
		if ((*p++ & 0x80) != 0)
			continue;
		if (v > UINT32_MAX)
			return RTMP_ERR_PROTO;
		*pos = p;
		*value = (uint32_t)v;
		return 1;
	}
	return RTMP_ERR_PROTO;
}

int
rtmp_av1_obu_next(const uint8_t **pos, const uint8_t *end,
    struct rtmp_av1_obu *obu)
{
	const uint8_t *p = *pos;
	uint32_t size;

	if (p == end)
		return 0;
	memset(obu, 0, sizeof(*obu));
	obu->data = p;
	if ((*p & 0x80) != 0)
		return RTMP_ERR_PROTO;
	obu->type = *p >> 3 & 0xf;
	obu->has_extension = *p >> 2 & 1;
	obu->has_size = *p >> 1 & 1;
	p++;
	if (obu->has_extension) {
		if (p == end)
			return RTMP_ERR_PROTO;
		obu->temporal_id = *p >> 5;
		obu->spatial_id = *p >> 3 & 3;
		p++;
	}
	obu->payload_size = (size_t)(end - p);
	if (obu->has_size) {
		if (rtmp_av1_leb128(&p, end, &size) != 1 ||
		    size > (size_t)(end - p))
			return RTMP_ERR_PROTO;
		obu->payload_size = size;
	}
	obu->payload = p;
	*pos = p + obu->payload_size;
	obu->size = (size_t)(*pos - obu->data);
	return 1;
}

int
rtmp_av1_find(const uint8_t *data, size_t size, unsigned type,
    struct rtmp_av1_obu *obu)
{
	const uint8_t *end = size != 0 ? data + size : data;
	int ret;

	while ((ret = rtmp_av1_obu_next(&data, end, obu)) == 1)
		if (obu->type == type)
			return 1;
	return ret;
}

/* ---- The sequence header ---- */

/* timing_info(), section 5.5.3 */
static void
parse_timing(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	uint64_t units = rtmp_bits_get(b, 32);
	uint32_t scale = rtmp_bits_get(b, 32);

	if (!rtmp_bits_flag(b)) /* equal_picture_interval */
		return;
	units *= rtmp_bits_ue(b) + (uint64_t)1;
	if (b->err == 0)
		rtmp_video_set_rate(info, scale, units);
}

/* One operating point; the first one tells level, tier and delay. */
static void
parse_operating_point(struct rtmp_bits *b, struct rtmp_av1_sequence *seq,
    int is_first, unsigned delay_bits, int has_delays)
{
	unsigned level, tier = 0, delay = 0;
	int has_delay = 0;

	rtmp_bits_skip(b, 12); /* operating_point_idc */
	level = rtmp_bits_get(b, 5);
	if (level > 7)
		tier = rtmp_bits_flag(b);
	/* decoder_model_present_for_this_op */
	if (delay_bits != 0 && rtmp_bits_flag(b))
		rtmp_bits_skip(b, (size_t)2 * delay_bits + 1);
	if (has_delays && rtmp_bits_flag(b)) {
		has_delay = 1;
		delay = rtmp_bits_get(b, 4);
	}
	if (!is_first)
		return;
	seq->info.level = (uint8_t)level;
	seq->info.tier = (uint8_t)tier;
	seq->has_delay = (uint8_t)has_delay;
	seq->delay_minus_1 = (uint8_t)delay;
}

static void
parse_operating_points(struct rtmp_bits *b, struct rtmp_av1_sequence *seq)
{
	unsigned i, last, delay_bits = 0;
	int has_delays;

	if (rtmp_bits_flag(b)) {
		parse_timing(b, &seq->info);
		if (rtmp_bits_flag(b)) { /* decoder_model_info() */
			delay_bits = rtmp_bits_get(b, 5) + 1;
			rtmp_bits_skip(b, 32 + 5 + 5);
		}
	}
	has_delays = rtmp_bits_flag(b);
	last = rtmp_bits_get(b, 5);
	for (i = 0; i <= last; i++)
		parse_operating_point(b, seq, i == 0, delay_bits, has_delays);
}

/* enable_interintra_compound to order_hint_bits */
static void
skip_inter_tools(struct rtmp_bits *b)
{
	int order_hint;

	rtmp_bits_skip(b, 4);
	order_hint = rtmp_bits_flag(b);
	if (order_hint)
		rtmp_bits_skip(b, 2);
	/* seq_choose_screen_content_tools, or whether they are forced; then
	 * the same for integer motion vectors. */
	if (rtmp_bits_flag(b) || rtmp_bits_flag(b))
		if (!rtmp_bits_flag(b))
			rtmp_bits_flag(b);
	if (order_hint)
		rtmp_bits_skip(b, 3);
}

/* How chroma is sampled, as far as the profile leaves it open. */
static void
parse_subsampling(struct rtmp_bits *b, struct rtmp_av1_sequence *seq)
{
	if (seq->info.profile == PROFILE_PROFESSIONAL) {
		seq->subsampling_x = 1;
		if (seq->twelve_bit) {
			seq->subsampling_x = rtmp_bits_flag(b);
			if (seq->subsampling_x)
				seq->subsampling_y =
				    rtmp_bits_flag(b);
		}
	} else if (seq->info.profile != PROFILE_HIGH) {
		seq->subsampling_x = 1;
		seq->subsampling_y = 1;
	}
	if (seq->subsampling_x && seq->subsampling_y)
		seq->sample_position = (uint8_t)rtmp_bits_get(b, 2);
}

void
rtmp_av1_set_format(struct rtmp_av1_sequence *seq)
{
	struct rtmp_video_info *info = &seq->info;

	info->luma_depth = seq->twelve_bit ? 12 : seq->high_bitdepth ? 10 : 8;
	info->chroma_depth = info->luma_depth;
	info->chroma = seq->monochrome ? RTMP_CHROMA_400 :
	    seq->subsampling_y	       ? RTMP_CHROMA_420 :
	    seq->subsampling_x	       ? RTMP_CHROMA_422 :
					 RTMP_CHROMA_444;
}

/* color_config(), section 5.5.2 */
static void
parse_colour(struct rtmp_bits *b, struct rtmp_av1_sequence *seq)
{
	struct rtmp_video_info *info = &seq->info;

	seq->high_bitdepth = rtmp_bits_flag(b);
	if (info->profile == PROFILE_PROFESSIONAL && seq->high_bitdepth)
		seq->twelve_bit = rtmp_bits_flag(b);
	if (info->profile != PROFILE_HIGH)
		seq->monochrome = rtmp_bits_flag(b);
	rtmp_bits_colour(b, info);
	if (seq->monochrome) {
		info->full_range = rtmp_bits_flag(b);
		seq->subsampling_x = 1;
		seq->subsampling_y = 1;
		return;
	}
	if (info->primaries == 1 && info->transfer == 13 &&
	    info->matrix == 0) {
		info->full_range = 1; /* sRGB, which is 4:4:4 */
	} else {
		info->full_range = rtmp_bits_flag(b);
		parse_subsampling(b, seq);
	}
	rtmp_bits_flag(b); /* separate_uv_delta_q */
}

int
rtmp_av1_sequence_parse(struct rtmp_av1_sequence *seq, const uint8_t *data,
    size_t size)
{
	unsigned width_bits, height_bits;
	struct rtmp_bits b;

	memset(seq, 0, sizeof(*seq));
	rtmp_video_info_init(&seq->info);
	rtmp_bits_init(&b, data, size);
	seq->info.profile = (uint8_t)rtmp_bits_get(&b, 3);
	seq->still_picture = rtmp_bits_flag(&b);
	seq->reduced_header = rtmp_bits_flag(&b);
	if (seq->info.profile > PROFILE_PROFESSIONAL)
		return RTMP_ERR_PROTO;
	if (seq->reduced_header)
		seq->info.level = (uint8_t)rtmp_bits_get(&b, 5);
	else
		parse_operating_points(&b, seq);
	width_bits = rtmp_bits_get(&b, 4) + 1;
	height_bits = rtmp_bits_get(&b, 4) + 1;
	seq->info.width = rtmp_bits_get(&b, width_bits) + 1;
	seq->info.height = rtmp_bits_get(&b, height_bits) + 1;
	if (!seq->reduced_header && rtmp_bits_flag(&b))
		rtmp_bits_skip(&b, 7); /* lengths of frame ids */
	rtmp_bits_skip(&b, 3); /* 128x128, filter_intra, intra_edge_filter */
	if (!seq->reduced_header)
		skip_inter_tools(&b);
	rtmp_bits_skip(&b, 3); /* superres, cdef, restoration */
	parse_colour(&b, seq);
	rtmp_av1_set_format(seq);
	rtmp_bits_flag(&b); /* film_grain_params_present */
	return b.err;
}

/* ---- Key frames ---- */

/* The beginning of uncompressed_header(), section 5.9.2 */
static int
is_key_header(const struct rtmp_av1_obu *obu, int reduced)
{
	struct rtmp_bits b;
	int key;

	if (reduced)
		return 1;
	rtmp_bits_init(&b, obu->payload, obu->payload_size);
	if (rtmp_bits_flag(&b)) /* show_existing_frame */
		return 0;
	key = rtmp_bits_get(&b, 2) == FRAME_TYPE_KEY &&
	    rtmp_bits_flag(&b); /* show_frame */
	return b.err != 0 ? b.err : key;
}

int
rtmp_av1_is_key(const struct rtmp_av1_sequence *seq, const uint8_t *data,
    size_t size)
{
	const uint8_t *end = size != 0 ? data + size : data;
	int reduced = seq != NULL && seq->reduced_header, key = 0, ret;
	struct rtmp_av1_sequence own;
	struct rtmp_av1_obu obu;

	while ((ret = rtmp_av1_obu_next(&data, end, &obu)) == 1) {
		if (obu.type == RTMP_AV1_SEQUENCE_HEADER) {
			ret = rtmp_av1_sequence_parse(&own, obu.payload,
			    obu.payload_size);
			if (ret != 0)
				return ret;
			reduced = own.reduced_header;
		} else if (obu.type == RTMP_AV1_FRAME ||
		    obu.type == RTMP_AV1_FRAME_HEADER) {
			ret = is_key_header(&obu, reduced);
			if (ret < 0)
				return ret;
			key |= ret;
		}
	}
	return ret < 0 ? ret : key;
}
