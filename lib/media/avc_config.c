/* AVCDecoderConfigurationRecord; the figure is in avc.h. */
#include <string.h>

#include "media/avc.h"
#include "media/fields.h"
#include "media/nal_list.h"

#define HEADER_SIZE 5
#define SPS_MAX 31
#define PPS_MAX 255

#define AT(field) offsetof(struct rtmp_avc_config, field)

static const struct rtmp_field fields[] = {
	{ 8, RTMP_NO_FIELD, 1 },
	{ 8, AT(sps.info.profile), 0 },
	{ 8, AT(sps.constraints), 0 },
	{ 8, AT(sps.info.level), 0 },
	{ 6, RTMP_NO_FIELD, 0x3f },
	{ 2, AT(length_size), 1 },
	{ 3, RTMP_NO_FIELD, 7 },
	{ 5, AT(sps_count), 0 },
	{ 0, 0, 0 }
};

static const struct rtmp_field extension_fields[] = {
	{ 6, RTMP_NO_FIELD, 0x3f },
	{ 2, AT(sps.info.chroma), 0 },
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 3, AT(sps.info.luma_depth), 8 },
	{ 5, RTMP_NO_FIELD, 0x1f },
	{ 3, AT(sps.info.chroma_depth), 8 },
	{ 8, AT(ext_count), 0 },
	{ 0, 0, 0 }
};

/* Where the profile has it, and not all writers write it: so what stands
 * there must look like it. */
static int
is_extension(const struct rtmp_avc_config *c, const uint8_t *p)
{
	return rtmp_avc_profile_has_chroma(c->sps.info.profile) &&
	    c->sets.end - p >= 4 &&
	    (rtmp_get_be24(p) & 0xfcf8f8) == 0xfcf8f8;
}

int
rtmp_avc_config_parse(struct rtmp_avc_config *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	struct rtmp_bits b;
	int ret;

	memset(c, 0, sizeof(*c));
	if (size < HEADER_SIZE + 2 || data[0] != 1)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data, size);
	rtmp_fields_get(&b, c, fields);
	ret = rtmp_nal_sets_init(&c->sets, data + HEADER_SIZE, data + size, 2,
	    RTMP_NAL_SETS_AVC_SPS);
	sets = c->sets;
	/* sets.form is that of the next array. */
	while (rtmp_nal_sets_next(&sets, &nal) == 1)
		c->pps_count = (uint8_t)(c->pps_count +
		    (sets.form != RTMP_NAL_SETS_AVC_PPS));
	if (ret != 0 || !is_extension(c, sets.pos))
		return ret;
	c->has_extension = 1;
	rtmp_bits_init(&b, sets.pos, 4);
	rtmp_fields_get(&b, c, extension_fields);
	c->sets.arrays++;
	sets.arrays++;
	do
		ret = rtmp_nal_sets_next(&sets, &nal);
	while (ret == 1);
	return ret;
}

int
rtmp_avc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size)
{
	struct rtmp_nal_list l = { nals, count, rtmp_avc_nal_kind };
	int sps_count = rtmp_nal_list_count(&l, RTMP_NAL_SPS, SPS_MAX);
	int pps_count = rtmp_nal_list_count(&l, RTMP_NAL_PPS, PPS_MAX);
	int ext_count = rtmp_nal_list_count(&l, RTMP_NAL_SPS_EXT, PPS_MAX);
	struct rtmp_avc_config c;
	struct rtmp_out o;

	if (sps_count < 1 || pps_count < 1 || ext_count < 0 ||
	    length_size < 1 || length_size > 4)
		return RTMP_ERR_INVAL;
	if (rtmp_avc_sps_parse(&c.sps, rtmp_nal_list_first(&l,
	    RTMP_NAL_SPS)) != 0)
		return RTMP_ERR_PROTO;
	c.length_size = (uint8_t)length_size;
	c.sps_count = (uint8_t)sps_count;
	c.ext_count = (uint8_t)ext_count;

	rtmp_out_init(&o, out, cap);
	rtmp_fields_put(&o, &c, fields);
	rtmp_nal_list_put(&l, RTMP_NAL_SPS, &o);
	rtmp_out_u8(&o, (unsigned)pps_count);
	rtmp_nal_list_put(&l, RTMP_NAL_PPS, &o);
	if (rtmp_avc_profile_has_chroma(c.sps.info.profile)) {
		rtmp_fields_put(&o, &c, extension_fields);
		rtmp_nal_list_put(&l, RTMP_NAL_SPS_EXT, &o);
	}
	return rtmp_out_end(&o, size);
}
