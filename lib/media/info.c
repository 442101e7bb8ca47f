#include <string.h>

#include "media/fields.h"
#include "media/info.h"

#define EXTENDED_SAR 255

void
rtmp_video_info_init(struct rtmp_video_info *info)
{
	memset(info, 0, sizeof(*info));
	info->chroma = RTMP_CHROMA_420;
	info->luma_depth = 8;
	info->chroma_depth = 8;
	info->primaries = RTMP_COLOUR_UNSPECIFIED;
	info->transfer = RTMP_COLOUR_UNSPECIFIED;
	info->matrix = RTMP_COLOUR_UNSPECIFIED;
}

void
rtmp_video_set_rate(struct rtmp_video_info *info, uint64_t num, uint64_t den)
{
	uint64_t a = num, b = den;

	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	info->rate_num = 0;
	info->rate_den = 0;
	if (num == 0 || den == 0 || num / a > UINT32_MAX ||
	    den / a > UINT32_MAX)
		return;
	info->rate_num = (uint32_t)(num / a);
	info->rate_den = (uint32_t)(den / a);
}

int
rtmp_video_set_size(struct rtmp_video_info *info, uint64_t width,
    uint64_t height, uint64_t crop_width, uint64_t crop_height)
{
	if (width > RTMP_VIDEO_SIZE_MAX || height > RTMP_VIDEO_SIZE_MAX ||
	    crop_width >= width || crop_height >= height)
		return RTMP_ERR_PROTO;
	info->width = (uint32_t)(width - crop_width);
	info->height = (uint32_t)(height - crop_height);
	return 0;
}

/* ---- What is the same in several codecs ---- */

int
rtmp_bits_size(struct rtmp_bits *b, struct rtmp_video_info *info,
    uint64_t width, uint64_t height, unsigned rows)
{
	uint64_t crop_x = 0, crop_y = 0;

	if (rtmp_bits_flag(b)) {
		crop_x = rtmp_bits_ue(b);
		crop_x += rtmp_bits_ue(b);
		crop_y = rtmp_bits_ue(b);
		crop_y += rtmp_bits_ue(b);
	}
	if (info->chroma == RTMP_CHROMA_420 || info->chroma == RTMP_CHROMA_422)
		crop_x *= 2;
	if (info->chroma == RTMP_CHROMA_420)
		crop_y *= 2;
	if (b->err != 0)
		return b->err;
	return rtmp_video_set_size(info, width, height * rows, crop_x,
	    crop_y * rows);
}

#define AT(field) offsetof(struct rtmp_video_info, field)

static const struct rtmp_field colour_fields[] = {
	{ 8, AT(primaries), 0 },
	{ 8, AT(transfer), 0 },
	{ 8, AT(matrix), 0 },
	{ 0, 0, 0 }
};

void
rtmp_bits_colour(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	if (rtmp_bits_flag(b))
		rtmp_fields_get(b, info, colour_fields);
}

/* When it is cut off, info stays as it was. */
static void
parse_video_signal(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	struct rtmp_video_info told = *info;

	rtmp_bits_skip(b, 3); /* video_format */
	told.full_range = rtmp_bits_flag(b);
	rtmp_bits_colour(b, &told);
	if (b->err == 0)
		*info = told;
}

void
rtmp_bits_vui(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	if (rtmp_bits_flag(b) &&
	    rtmp_bits_get(b, 8) == EXTENDED_SAR)
		rtmp_bits_skip(b, 32);
	if (rtmp_bits_flag(b))
		rtmp_bits_flag(b); /* overscan */
	if (rtmp_bits_flag(b))
		parse_video_signal(b, info);
	if (rtmp_bits_flag(b)) /* chroma_loc_info_present_flag */
		rtmp_bits_skip_ue(b, 2);
}

void
rtmp_bits_timing(struct rtmp_bits *b, struct rtmp_video_info *info,
    unsigned ticks)
{
	uint64_t units = rtmp_bits_get(b, 32);
	uint32_t scale = rtmp_bits_get(b, 32);

	if (b->err == 0)
		rtmp_video_set_rate(info, scale, units * ticks);
}
