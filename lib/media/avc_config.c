/* AVCDecoderConfigurationRecord; the figure is in avc.h. */
#include "media/avc.h"
#include "media/nal_list.h"

#define HEADER_SIZE 5
#define SPS_MAX 31
#define PPS_MAX 255

/* Where the profile has it, and not all writers write it: so what stands
 * there must look like it. */
static int
is_extension(const struct rtmp_avc_config *c, const uint8_t *p)
{
	return rtmp_avc_profile_has_chroma(c->profile) &&
	    c->sets.end - p >= 4 &&
	    (p[0] & 0xfc) == 0xfc && (p[1] & 0xf8) == 0xf8 &&
	    (p[2] & 0xf8) == 0xf8;
}

int
rtmp_avc_config_parse(struct rtmp_avc_config *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	int ret;

	memset(c, 0, sizeof(*c));
	if (size < HEADER_SIZE + 2 || data[0] != 1)
		return RTMP_ERR_PROTO;
	c->profile = data[1];
	c->constraints = data[2];
	c->level = data[3];
	c->length_size = (uint8_t)((data[4] & 3) + 1);
	ret = rtmp_nal_sets_init(&c->sets, data + HEADER_SIZE, data + size, 2,
	    RTMP_NAL_SETS_AVC_SPS);
	sets = c->sets;
	/* sets.form is that of the next array. */
	while (rtmp_nal_sets_next(&sets, &nal) == 1) {
		if (sets.form == RTMP_NAL_SETS_AVC_PPS)
			c->sps_count++;
		else
			c->pps_count++;
	}
	if (ret != 0 || !is_extension(c, sets.pos))
		return ret;
	c->has_extension = 1;
	c->chroma = sets.pos[0] & 3;
	c->luma_depth = (uint8_t)(8 + (sets.pos[1] & 7));
	c->chroma_depth = (uint8_t)(8 + (sets.pos[2] & 7));
	c->sets.arrays++;
	sets.arrays++;
	while ((ret = rtmp_nal_sets_next(&sets, &nal)) == 1)
		c->ext_count++;
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
	struct rtmp_avc_sps sps;
	struct rtmp_out o;

	if (sps_count < 1 || pps_count < 1 || ext_count < 0 ||
	    length_size < 1 || length_size > 4)
		return RTMP_ERR_INVAL;
	if (rtmp_avc_sps_parse(&sps, rtmp_nal_list_first(&l, RTMP_NAL_SPS)) !=
	    0)
		return RTMP_ERR_PROTO;

	rtmp_out_init(&o, out, cap);
	rtmp_out_u8(&o, 1);
	rtmp_out_u8(&o, sps.info.profile);
	rtmp_out_u8(&o, sps.constraints);
	rtmp_out_u8(&o, sps.info.level);
	rtmp_out_u8(&o, 0xfc | (length_size - 1));
	rtmp_out_u8(&o, 0xe0 | (unsigned)sps_count);
	rtmp_nal_list_put(&l, RTMP_NAL_SPS, &o);
	rtmp_out_u8(&o, (unsigned)pps_count);
	rtmp_nal_list_put(&l, RTMP_NAL_PPS, &o);
	if (rtmp_avc_profile_has_chroma(sps.info.profile)) {
		rtmp_out_u8(&o, 0xfc | sps.info.chroma);
		rtmp_out_u8(&o, 0xf8U | (sps.info.luma_depth - 8U));
		rtmp_out_u8(&o, 0xf8U | (sps.info.chroma_depth - 8U));
		rtmp_out_u8(&o, (unsigned)ext_count);
		rtmp_nal_list_put(&l, RTMP_NAL_SPS_EXT, &o);
	}
	return rtmp_out_end(&o, size);
}
