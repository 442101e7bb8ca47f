/* Frames of VP8 and VP9; the figures are in vpx.h. */
#include <string.h>

#include "media/bits.h"
#include "media/vpx.h"

#define VP9_MARKER 2
#define VP9_SYNC 0x498342
#define COLOR_SPACE_RGB 7

int
rtmp_vp8_frame_parse(struct rtmp_vpx_frame *f, const uint8_t *data,
    size_t size)
{
	memset(f, 0, sizeof(*f));
	rtmp_video_info_init(&f->info);
	if (size < 3)
		return RTMP_ERR_PROTO;
	f->key = (data[0] & 1) == 0;
	f->info.profile = data[0] >> 1 & 7;
	f->shown = data[0] >> 4 & 1;
	if (!f->key)
		return 0;
	if (size < 10 || data[3] != 0x9d || data[4] != 0x01 ||
	    data[5] != 0x2a)
		return RTMP_ERR_PROTO;
	return rtmp_video_set_size(&f->info, (data[7] & 0x3fU) << 8 | data[6],
	    (data[9] & 0x3fU) << 8 | data[8], 0, 0);
}

/* ---- VP9 ---- */

/* color_config(), section 6.2.2 */
static void
parse_colour(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	/* Of color_space, section 7.2.2, as matrix coefficients. */
	static const uint8_t matrices[] = { 2, 5, 1, 6, 7, 9, 2, 0 };
	/* Of subsampling_x and _y; 4:2:0 belongs to the other profiles. */
	static const uint8_t chromas[] = { RTMP_CHROMA_444, RTMP_CHROMA_440,
	    RTMP_CHROMA_422 };
	unsigned space, sampling;

	if (info->profile >= 2)
		info->luma_depth = rtmp_bits_flag(b) ? 12 : 10;
	info->chroma_depth = info->luma_depth;
	space = rtmp_bits_get(b, 3);
	info->matrix = matrices[space];
	if (space == COLOR_SPACE_RGB) {
		info->full_range = 1;
		info->chroma = RTMP_CHROMA_444;
		if ((info->profile & 1) == 0 || rtmp_bits_flag(b))
			b->err = RTMP_ERR_PROTO;
		return;
	}
	info->full_range = rtmp_bits_flag(b);
	if ((info->profile & 1) == 0)
		return;
	sampling = rtmp_bits_get(b, 2);
	if (sampling == 3 || rtmp_bits_flag(b))
		b->err = RTMP_ERR_PROTO;
	else
		info->chroma = chromas[sampling];
}

static void
parse_size(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	info->width = rtmp_bits_get(b, 16) + 1;
	info->height = rtmp_bits_get(b, 16) + 1;
}

static void
parse_key(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	if (rtmp_bits_get(b, 24) != VP9_SYNC)
		b->err = RTMP_ERR_PROTO;
	parse_colour(b, info);
	parse_size(b, info);
}

static void
parse_inter(struct rtmp_bits *b, struct rtmp_vpx_frame *f)
{
	int resilient = rtmp_bits_flag(b);

	if (!f->shown)
		f->intra_only = rtmp_bits_flag(b);
	if (!resilient)
		rtmp_bits_skip(b, 2); /* reset_frame_context */
	if (!f->intra_only)
		return;
	if (rtmp_bits_get(b, 24) != VP9_SYNC)
		b->err = RTMP_ERR_PROTO;
	if (f->info.profile > 0)
		parse_colour(b, &f->info);
	rtmp_bits_skip(b, 8); /* refresh_frame_flags */
	parse_size(b, &f->info);
}

static int
parse_frame(struct rtmp_vpx_frame *f, const uint8_t *data, size_t size)
{
	struct rtmp_bits b;

	rtmp_bits_init(&b, data, size);
	if (rtmp_bits_get(&b, 2) != VP9_MARKER)
		return RTMP_ERR_PROTO;
	f->info.profile = rtmp_bits_flag(&b);
	f->info.profile |= (uint8_t)(rtmp_bits_flag(&b) << 1);
	if (f->info.profile == 3 && rtmp_bits_flag(&b))
		return RTMP_ERR_PROTO;
	f->shows_existing = rtmp_bits_flag(&b);
	if (f->shows_existing) {
		f->shown = 1;
		rtmp_bits_skip(&b, 3); /* which one */
		return b.err;
	}
	f->key = !rtmp_bits_flag(&b);
	f->shown = rtmp_bits_flag(&b);
	if (f->key) {
		rtmp_bits_flag(&b); /* error_resilient_mode */
		parse_key(&b, &f->info);
	} else {
		parse_inter(&b, f);
	}
	return b.err;
}

int
rtmp_vp9_frame_parse(struct rtmp_vpx_frame *f, const uint8_t *data,
    size_t size)
{
	struct rtmp_vp9_superframe s;

	memset(f, 0, sizeof(*f));
	rtmp_video_info_init(&f->info);
	rtmp_vp9_superframe_parse(&s, data, size);
	return parse_frame(f, data, s.size[0]);
}

int
rtmp_vpx_frame_parse(struct rtmp_vpx_frame *f, enum rtmp_codec codec,
    const uint8_t *data, size_t size)
{
	return codec == RTMP_CODEC_VP8 ? rtmp_vp8_frame_parse(f, data, size) :
	    rtmp_vp9_frame_parse(f, data, size);
}

static uint32_t
get_le(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes-- != 0)
		v = v << 8 | p[bytes];
	return v;
}

/* Returns 1 when there is an index that fits. */
static int
parse_index(struct rtmp_vp9_superframe *s, const uint8_t *data, size_t size)
{
	unsigned marker = size != 0 ? data[size - 1] : 0, i, bytes;
	size_t room;

	if ((marker & 0xe0) != 0xc0)
		return 0;
	bytes = (marker >> 3 & 3) + 1;
	s->count = (marker & 7) + 1;
	s->index_size = 2 + (size_t)bytes * s->count;
	if (s->index_size >= size || data[size - s->index_size] != marker)
		return 0;
	room = size - s->index_size;
	data += room + 1;
	for (i = 0; i < s->count; i++, data += bytes) {
		s->size[i] = get_le(data, bytes);
		if (s->size[i] == 0 || s->size[i] > room)
			return 0;
		room -= s->size[i];
	}
	return 1;
}

void
rtmp_vp9_superframe_parse(struct rtmp_vp9_superframe *s, const uint8_t *data,
    size_t size)
{
	memset(s, 0, sizeof(*s));
	if (parse_index(s, data, size))
		return;
	memset(s, 0, sizeof(*s));
	s->count = 1;
	s->size[0] = size;
}
