/* VPCodecConfigurationRecord; the figure is in vpx.h. */
#include <string.h>

#include "media/fields.h"
#include "media/vpx.h"

#define VERSION 0x01000000 /* 1, and no flags */
#define VERSION_SIZE 4
#define VERSION_FIELDS 2
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

#define AT(field) offsetof(struct rtmp_video_info, field)

static const struct rtmp_field fields[] = {
	{ 8, RTMP_NO_FIELD, 1 }, /* version, and flags */
	{ 24, RTMP_NO_FIELD, 0 },
	{ 8, AT(profile), 0 },
	{ 8, AT(level), 0 },
	{ 4, AT(luma_depth), 0 },
	{ 3, AT(chroma), 0 },
	{ 1, AT(full_range), 0 },
	{ 8, AT(primaries), 0 },
	{ 8, AT(transfer), 0 },
	{ 8, AT(matrix), 0 },
	{ 16, RTMP_NO_FIELD, 0 }, /* initialization data */
	{ 0, 0, 0 }
};

int
rtmp_vpx_config_parse(struct rtmp_video_info *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_bits b;

	memset(c, 0, sizeof(*c));
	/* Where there is no version, depth stands in byte 2, and is not 0. */
	if (size >= VERSION_SIZE && rtmp_get_be32(data) == VERSION) {
		data += VERSION_SIZE;
		size -= VERSION_SIZE;
	}
	if (size < FIELDS_SIZE)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data, size);
	rtmp_fields_get(&b, c, fields + VERSION_FIELDS);
	if (c->profile > 3 || (c->luma_depth != 8 && c->luma_depth != 10 &&
	    c->luma_depth != 12))
		return RTMP_ERR_PROTO;
	return 0;
}

void
rtmp_vpx_config_build(uint8_t out[RTMP_VPX_CONFIG_SIZE],
    const struct rtmp_video_info *c)
{
	struct rtmp_out o;

	rtmp_out_init(&o, out, RTMP_VPX_CONFIG_SIZE);
	rtmp_fields_put(&o, c, fields);
}

int
rtmp_vpx_config_from_frame(struct rtmp_video_info *c,
    const struct rtmp_vpx_frame *f, uint32_t rate_num, uint32_t rate_den)
{
	/* chroma 1: it lies at the luma sample of the upper left corner.  2
	 * and 3 are 4:2:2 and 4:4:4 here, as in enum rtmp_chroma. */
	*c = f->info;
	if (!f->key || c->chroma == RTMP_CHROMA_440)
		return RTMP_ERR_INVAL;
	c->level = (uint8_t)rtmp_vp9_level(c->width, c->height, rate_num,
	    rate_den);
	return 0;
}
