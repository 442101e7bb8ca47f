/* AV1CodecConfigurationRecord, and temporal units as FLV has them; the
 * figures are in av1.h. */
#include <string.h>

#include "media/av1.h"
#include "media/out.h"

#define MARKER_AND_VERSION 0x81

int
rtmp_av1_config_parse(struct rtmp_av1_config *c, const uint8_t *data,
    size_t size)
{
	const uint8_t *pos;
	struct rtmp_av1_obu obu;
	int ret;

	memset(c, 0, sizeof(*c));
	if (size < RTMP_AV1_CONFIG_HEADER_SIZE ||
	    data[0] != MARKER_AND_VERSION)
		return RTMP_ERR_PROTO;
	c->profile = data[1] >> 5;
	c->level = data[1] & 0x1f;
	c->tier = data[2] >> 7;
	c->high_bitdepth = data[2] >> 6 & 1;
	c->twelve_bit = data[2] >> 5 & 1;
	c->monochrome = data[2] >> 4 & 1;
	c->subsampling_x = data[2] >> 3 & 1;
	c->subsampling_y = data[2] >> 2 & 1;
	c->sample_position = data[2] & 3;
	c->has_delay = data[3] >> 4 & 1;
	c->delay_minus_1 = c->has_delay ? data[3] & 0xf : 0;
	c->obus = data + RTMP_AV1_CONFIG_HEADER_SIZE;
	c->obus_size = size - RTMP_AV1_CONFIG_HEADER_SIZE;
	pos = c->obus;
	do
		ret = rtmp_av1_obu_next(&pos, data + size, &obu);
	while (ret == 1);
	return ret;
}

static void
put_leb128(struct rtmp_out *o, size_t v)
{
	for (; v > 0x7f; v >>= 7)
		rtmp_out_u8(o, 0x80U | (unsigned)(v & 0x7f));
	rtmp_out_u8(o, (unsigned)v);
}

static void
put_obu(struct rtmp_out *o, const struct rtmp_av1_obu *obu)
{
	if (obu->has_size) {
		rtmp_out_bytes(o, obu->data, obu->size);
		return;
	}
	rtmp_out_u8(o, obu->data[0] | 2U);
	if (obu->has_extension)
		rtmp_out_u8(o, obu->data[1]);
	put_leb128(o, obu->payload_size);
	rtmp_out_bytes(o, obu->payload, obu->payload_size);
}

int
rtmp_av1_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_av1_obu *obu)
{
	struct rtmp_av1_sequence seq;
	struct rtmp_out o;

	if (obu->type != RTMP_AV1_SEQUENCE_HEADER ||
	    rtmp_av1_sequence_parse(&seq, obu->payload,
		obu->payload_size) != 0)
		return RTMP_ERR_PROTO;
	rtmp_out_init(&o, out, cap);
	rtmp_out_u8(&o, MARKER_AND_VERSION);
	rtmp_out_u8(&o, (unsigned)seq.info.profile << 5 | seq.info.level);
	rtmp_out_u8(&o, (unsigned)seq.info.tier << 7 |
	    (unsigned)seq.high_bitdepth << 6 |
	    (unsigned)seq.twelve_bit << 5 | (unsigned)seq.monochrome << 4 |
	    (unsigned)seq.subsampling_x << 3 |
	    (unsigned)seq.subsampling_y << 2 | seq.sample_position);
	rtmp_out_u8(&o, 0);
	put_obu(&o, obu);
	return rtmp_out_end(&o, size);
}

int
rtmp_av1_unit_build(uint8_t *out, size_t cap, size_t *size,
    const uint8_t *data, size_t data_size)
{
	const uint8_t *end = data_size != 0 ? data + data_size : data;
	struct rtmp_av1_obu obu;
	struct rtmp_out o;
	int ret;

	rtmp_out_init(&o, out, cap);
	while ((ret = rtmp_av1_obu_next(&data, end, &obu)) == 1)
		if (obu.type != RTMP_AV1_TEMPORAL_DELIMITER)
			put_obu(&o, &obu);
	return ret < 0 ? ret : rtmp_out_end(&o, size);
}
