/* ADTS, and the program configuration that it may carry; the figures are in
 * aac.h. */
#include <string.h>

#include "media/aac.h"
#include "media/fields.h"

#define ID_PCE 5 /* id_syn_ele, table 4.85 */
#define SYNC 0xfff0
#define SYNC_MASK 0xfff6 /* with the layer */

static const uint32_t rates[] = { 96000, 88200, 64000, 48000, 44100, 32000,
    24000, 22050, 16000, 12000, 11025, 8000, 7350 };

uint32_t
rtmp_aac_rate(unsigned index)
{
	return index < sizeof(rates) / sizeof(rates[0]) ? rates[index] : 0;
}

unsigned
rtmp_aac_rate_index(uint32_t rate)
{
	unsigned i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i] == rate)
			return i;
	return RTMP_AAC_RATE_ESCAPE;
}

uint8_t
rtmp_aac_channels(unsigned channel_config)
{
	static const uint8_t channels[16] = { 0, 1, 2, 3, 4, 5, 6, 8,
	    0, 0, 0, 7, 8, 24, 8, 0 };

	return channels[channel_config & 15];
}

/* ---- program_config_element() ---- */

/* Moves n bits behind those that c has. */
static unsigned
keep(struct rtmp_bits *b, struct rtmp_aac_config *c, unsigned n)
{
	unsigned v = rtmp_bits_get(b, n);

	while (n-- != 0 && b->err == 0) {
		if ((v >> n & 1) != 0)
			c->pce[c->pce_bits / 8] |=
			    (uint8_t)(0x80 >> c->pce_bits % 8);
		c->pce_bits++;
	}
	return v;
}

/* Elements that are one channel, or a pair. */
static void
keep_elements(struct rtmp_bits *b, struct rtmp_aac_config *c, unsigned n)
{
	while (n-- != 0) {
		c->channels = (uint8_t)(c->channels + 1 + keep(b, c, 1));
		keep(b, c, 4);
	}
}

void
rtmp_aac_parse_pce(struct rtmp_bits *b, struct rtmp_aac_config *c)
{
	enum { HEAD, FRONT, SIDE, BACK, LFE, ASSOC, COUPLING, COUNTS };
	/* HEAD: tag, object type, rate index; then how many there are. */
	static const uint8_t bits[COUNTS] = { 4 + 2 + 4, 4, 4, 4, 2, 3, 4 };
	/* Mono, stereo and matrix mixdown, each behind a flag. */
	static const uint8_t mixdowns[] = { 4, 4, 3 };
	unsigned counts[COUNTS], i;

	memset(c->pce, 0, sizeof(c->pce));
	c->pce_bits = 0;
	c->channels = 0;
	for (i = 0; i < COUNTS; i++)
		counts[i] = keep(b, c, bits[i]);
	for (i = 0; i < sizeof(mixdowns); i++)
		if (keep(b, c, 1) != 0)
			keep(b, c, mixdowns[i]);
	keep_elements(b, c, counts[FRONT] + counts[SIDE] + counts[BACK]);
	c->channels = (uint8_t)(c->channels + counts[LFE]);
	keep(b, c, 4 * counts[LFE]);
	keep(b, c, 4 * counts[ASSOC]);
	while (counts[COUPLING]-- != 0)
		keep(b, c, 5);
	rtmp_bits_align(b);
	rtmp_bits_skip(b, (size_t)8 * rtmp_bits_get(b, 8)); /* comment */
}

/* ---- ADTS ---- */

#define AT(field) offsetof(struct rtmp_adts, field)

static const struct rtmp_field adts_fields[] = {
	{ 15, RTMP_NO_FIELD, 0 }, /* sync, MPEG-2, layer */
	{ 1, AT(no_crc), 0 },
	{ 2, AT(object_type), 1 },
	{ 4, AT(rate_index), 0 },
	{ 1, RTMP_NO_FIELD, 0 },
	{ 3, AT(channel_config), 0 },
	{ 4, RTMP_NO_FIELD, 0 },
	{ 13, AT(frame_size), 0 },
	{ 11, RTMP_NO_FIELD, 0 },
	{ 2, AT(blocks), 1 },
	{ 0, 0, 0 }
};

int
rtmp_adts_parse(struct rtmp_adts *h, const uint8_t *data, size_t size)
{
	struct rtmp_bits b;

	memset(h, 0, sizeof(*h));
	if (size < RTMP_ADTS_HEADER_SIZE ||
	    (rtmp_get_be16(data) & SYNC_MASK) != SYNC)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data, size);
	rtmp_fields_get(&b, h, adts_fields);
	h->rate = rtmp_aac_rate(h->rate_index);
	/* With CRC: the places of all blocks but the first, and the CRC. */
	h->header_size = (uint8_t)(RTMP_ADTS_HEADER_SIZE +
	    (h->no_crc ? 0 : 2 * h->blocks));
	if (h->rate == 0 || h->frame_size <= h->header_size)
		return RTMP_ERR_PROTO;
	return 0;
}

int
rtmp_adts_next(const uint8_t **pos, const uint8_t *end, struct rtmp_adts *h,
    const uint8_t **raw, size_t *raw_size)
{
	size_t left = (size_t)(end - *pos);

	if (left == 0)
		return 0;
	if (rtmp_adts_parse(h, *pos, left) != 0 || h->frame_size > left)
		return RTMP_ERR_PROTO;
	*raw = *pos + h->header_size;
	*raw_size = (size_t)h->frame_size - h->header_size;
	*pos += h->frame_size;
	return 1;
}

int
rtmp_adts_config(struct rtmp_aac_config *c, const struct rtmp_adts *h,
    const uint8_t *raw, size_t raw_size)
{
	struct rtmp_bits b;

	memset(c, 0, sizeof(*c));
	c->object_type = h->object_type;
	c->channel_config = h->channel_config;
	c->rate = h->rate;
	c->output_rate = h->rate;
	c->channels = rtmp_aac_channels(h->channel_config);
	c->frame_samples = 1024;
	if (h->channel_config != 0)
		return 0;
	rtmp_bits_init(&b, raw, raw_size);
	if (rtmp_bits_get(&b, 3) != ID_PCE)
		return RTMP_ERR_PROTO;
	rtmp_aac_parse_pce(&b, c);
	return b.err;
}

int
rtmp_adts_build(uint8_t out[RTMP_ADTS_HEADER_SIZE],
    const struct rtmp_aac_config *c, size_t raw_size)
{
	size_t size = raw_size + RTMP_ADTS_HEADER_SIZE;
	unsigned index = rtmp_aac_rate_index(c->rate);

	if (c->object_type < RTMP_AAC_MAIN || c->object_type > RTMP_AAC_LTP ||
	    index == RTMP_AAC_RATE_ESCAPE || c->channel_config > 7 ||
	    raw_size > RTMP_ADTS_FRAME_MAX - RTMP_ADTS_HEADER_SIZE)
		return RTMP_ERR_INVAL;
	out[0] = 0xff;
	out[1] = 0xf1; /* MPEG-4, no CRC */
	out[2] = (uint8_t)((c->object_type - 1U) << 6 | index << 2 |
	    c->channel_config >> 2);
	out[3] = (uint8_t)((c->channel_config & 3U) << 6 | size >> 11);
	out[4] = (uint8_t)(size >> 3);
	/* A fullness of 7ff: the bit rate varies. */
	out[5] = (uint8_t)((size & 7) << 5 | 0x1f);
	out[6] = 0xfc;
	return 0;
}
