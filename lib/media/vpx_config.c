/* VPCodecConfigurationRecord; the figure is in vpx.h. */
#include <string.h>

#include "media/out.h"
#include "media/vpx.h"

#define VERSION_SIZE 4
#define FIELDS_SIZE 6

unsigned
rtmp_vp9_level(uint32_t width, uint32_t height, uint32_t rate_num,
    uint32_t rate_den)
{
	/* webmproject.org/vp9/levels; in blocks of 8x8 luma samples, per
	 * picture and second */
	static const struct {
		uint32_t picture, rate;
	} levels[] = {
		{ 576, 12960 },
		{ 1152, 43200 },
		{ 1920, 72000 },
		{ 3840, 144000 },
		{ 8640, 324000 },
		{ 15360, 576000 },
		{ 34816, 1305600 },
		{ 34816, 2506752 },
		{ 139264, 4874240 },
		{ 139264, 9191424 },
		{ 139264, 18382848 },
		{ 557056, 18382848 },
		{ 557056, 36765696 },
		{ 557056, 73531392 },
	};
	static const uint8_t numbers[] = { 10, 11, 20, 21, 30, 31, 40, 41, 50,
		51, 52, 60, 61, 62 };
	uint64_t picture = (uint64_t)width * height, rate = 0;
	size_t i;

	if (picture == 0 || picture > 35651584)
		return 0;
	if (rate_den != 0)
		rate = picture * rate_num / rate_den;
	for (i = 0; i < sizeof(numbers); i++)
		if (picture <= (uint64_t)levels[i].picture * 64 &&
		    rate <= (uint64_t)levels[i].rate * 64)
			return numbers[i];
	return 0;
}

int
rtmp_vpx_config_parse(struct rtmp_vpx_config *c, const uint8_t *data,
    size_t size)
{
	memset(c, 0, sizeof(*c));
	/* Where there is no version, depth stands in byte 2, and is not 0. */
	if (size >= VERSION_SIZE && data[0] == 1 &&
	    rtmp_get_be24(data + 1) == 0) {
		data += VERSION_SIZE;
		size -= VERSION_SIZE;
	}
	if (size < FIELDS_SIZE)
		return RTMP_ERR_PROTO;
	c->profile = data[0];
	c->level = data[1];
	c->depth = data[2] >> 4;
	c->chroma = data[2] >> 1 & 7;
	c->full_range = data[2] & 1;
	c->primaries = data[3];
	c->transfer = data[4];
	c->matrix = data[5];
	if (c->profile > 3 ||
	    (c->depth != 8 && c->depth != 10 && c->depth != 12))
		return RTMP_ERR_PROTO;
	return 0;
}

void
rtmp_vpx_config_build(uint8_t out[RTMP_VPX_CONFIG_SIZE],
    const struct rtmp_vpx_config *c)
{
	memset(out, 0, RTMP_VPX_CONFIG_SIZE);
	out[0] = 1;
	out[4] = c->profile;
	out[5] = c->level;
	out[6] = (uint8_t)(c->depth << 4 | (c->chroma & 7) << 1 |
	    (c->full_range & 1));
	out[7] = c->primaries;
	out[8] = c->transfer;
	out[9] = c->matrix;
}

int
rtmp_vpx_config_from_frame(struct rtmp_vpx_config *c,
    const struct rtmp_vpx_frame *f, uint32_t rate_num, uint32_t rate_den)
{
	const struct rtmp_video_info *info = &f->info;

	memset(c, 0, sizeof(*c));
	if (!f->key || info->chroma == RTMP_CHROMA_440)
		return RTMP_ERR_INVAL;
	c->profile = info->profile;
	c->level = (uint8_t)rtmp_vp9_level(info->width, info->height,
	    rate_num, rate_den);
	c->depth = info->luma_depth;
	/* 1: chroma lies at the luma sample of the upper left corner.  2 and 3
	 * are 4:2:2 and 4:4:4 here, as in enum rtmp_chroma. */
	c->chroma = info->chroma;
	c->full_range = info->full_range;
	c->primaries = info->primaries;
	c->transfer = info->transfer;
	c->matrix = info->matrix;
	return 0;
}
