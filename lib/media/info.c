#include <string.h>

#include "media/bits.h"
#include "media/info.h"

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

void
rtmp_bits_colour(struct rtmp_bits *b, struct rtmp_video_info *info)
{
	struct rtmp_video_info told = *info;

	rtmp_bits_skip(b, 3); /* video_format */
	told.full_range = rtmp_bits_flag(b);
	if (rtmp_bits_flag(b)) {
		told.primaries = (uint8_t)rtmp_bits_get(b, 8);
		told.transfer = (uint8_t)rtmp_bits_get(b, 8);
		told.matrix = (uint8_t)rtmp_bits_get(b, 8);
	}
	if (b->err == 0)
		*info = told;
}
