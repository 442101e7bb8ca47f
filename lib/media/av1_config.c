/* AV1CodecConfigurationRecord, and temporal units as FLV has them; the
 * figures are in av1.h. */
#include <string.h>

#include "media/av1.h"
#include "media/fields.h"

#define MARKER_AND_VERSION 0x81

#define AT(field) offsetof(struct rtmp_av1_sequence, field)

static const struct rtmp_field fields[] = {
	{ 8, RTMP_NO_FIELD, MARKER_AND_VERSION },
	{ 3, AT(info.profile), 0 },
	{ 5, AT(info.level), 0 },
	{ 1, AT(info.tier), 0 },
	{ 1, AT(high_bitdepth), 0 },
	{ 1, AT(twelve_bit), 0 },
	{ 1, AT(monochrome), 0 },
	{ 1, AT(subsampling_x), 0 },
	{ 1, AT(subsampling_y), 0 },
	{ 2, AT(sample_position), 0 },
	{ 3, RTMP_NO_FIELD, 0 },
	{ 1, AT(has_delay), 0 },
	{ 4, AT(delay_minus_1), 0 },
	{ 0, 0, 0 }
};

int
rtmp_av1_config_parse(struct rtmp_av1_config *c, const uint8_t *data,
    size_t size)
{
	const uint8_t *pos;
	struct rtmp_av1_obu obu;
	struct rtmp_bits b;
	int ret;

	memset(c, 0, sizeof(*c));
	if (size < RTMP_AV1_CONFIG_HEADER_SIZE ||
	    data[0] != MARKER_AND_VERSION)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data, size);
	rtmp_fields_get(&b, &c->seq, fields);
	rtmp_av1_set_format(&c->seq);
	if (!c->seq.has_delay)
		c->seq.delay_minus_1 = 0;
	c->obus = b.pos;
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
	seq.has_delay = 0;
	seq.delay_minus_1 = 0;
	rtmp_fields_put(&o, &seq, fields);
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
