/* AudioSpecificConfig; the figure is in aac.h. */
#include <string.h>

#include "media/aac.h"
#include "media/bits.h"
#include "media/out.h"

#define OBJECT_ESCAPE 31
#define SYNC_SBR 0x2b7
#define SYNC_PS 0x548

/* Object types beside those of enum rtmp_aac_object */
enum {
	OBJECT_SCALABLE = 6,
	OBJECT_TWINVQ = 7,
	OBJECT_ER_LC = 17,
	OBJECT_ER_LTP = 19,
	OBJECT_ER_SCALABLE = 20,
	OBJECT_ER_TWINVQ = 21,
	OBJECT_BSAC = 22,
	OBJECT_ER_LD = 23
};

/* Whether GASpecificConfig() follows. */
static int
is_general(unsigned type)
{
	return (type >= RTMP_AAC_MAIN && type <= RTMP_AAC_LTP) ||
	    type == OBJECT_SCALABLE || type == OBJECT_TWINVQ ||
	    type == OBJECT_ER_LC ||
	    (type >= OBJECT_ER_LTP && type <= OBJECT_ER_LD);
}

/* ---- Read ---- */

static unsigned
get_object_type(struct rtmp_bits *b)
{
	unsigned type = rtmp_bits_get(b, 5);

	return type == OBJECT_ESCAPE ? 32 + rtmp_bits_get(b, 6) : type;
}

static uint32_t
get_rate(struct rtmp_bits *b)
{
	unsigned index = rtmp_bits_get(b, 4);
	uint32_t rate = index == RTMP_AAC_RATE_ESCAPE ? rtmp_bits_get(b, 24)
						      : rtmp_aac_rate(index);

	if (rate == 0)
		b->err = RTMP_ERR_PROTO;
	return rate;
}

/* GASpecificConfig(), section 4.4.1 */
static void
parse_general(struct rtmp_bits *b, struct rtmp_aac_config *c)
{
	unsigned type = c->object_type;
	int is_short = rtmp_bits_flag(b), has_extension;

	if (type == OBJECT_ER_LD)
		c->frame_samples = is_short ? 480 : 512;
	else
		c->frame_samples = is_short ? 960 : 1024;
	if (rtmp_bits_flag(b)) /* dependsOnCoreCoder */
		rtmp_bits_skip(b, 14);
	has_extension = rtmp_bits_flag(b);
	if (c->channel_config == 0)
		rtmp_aac_parse_pce(b, c);
	if (type == OBJECT_SCALABLE || type == OBJECT_ER_SCALABLE)
		rtmp_bits_skip(b, 3); /* layerNr */
	if (has_extension) {
		if (type == OBJECT_BSAC)
			rtmp_bits_skip(b, 5 + 11);
		else if (type >= OBJECT_ER_LC && type != OBJECT_ER_TWINVQ)
			rtmp_bits_skip(b, 3); /* error resilience flags */
		rtmp_bits_flag(b);
	}
	if (type >= OBJECT_ER_LC)
		rtmp_bits_skip(b, 2); /* epConfig */
}

/* SBR and PS told behind all else, where readers that do not know them stop.
 * What is not that is left alone: bytes may follow. */
static void
parse_behind(struct rtmp_bits *b, struct rtmp_aac_config *c)
{
	if (rtmp_bits_left(b) < 16 || rtmp_bits_get(b, 11) != SYNC_SBR ||
	    get_object_type(b) != RTMP_AAC_SBR)
		return;
	c->sbr_behind = 1;
	c->sbr = RTMP_AAC_ABSENT;
	if (!rtmp_bits_flag(b))
		return;
	c->sbr = RTMP_AAC_PRESENT;
	c->output_rate = get_rate(b);
	if (rtmp_bits_left(b) < 12 || rtmp_bits_get(b, 11) != SYNC_PS)
		return;
	c->ps = rtmp_bits_flag(b) ? RTMP_AAC_PRESENT : RTMP_AAC_ABSENT;
}

int
rtmp_aac_config_parse(struct rtmp_aac_config *c, const uint8_t *data,
    size_t size)
{
	unsigned type, signalled;
	struct rtmp_bits b;

	memset(c, 0, sizeof(*c));
	rtmp_bits_init(&b, data, size);
	type = get_object_type(&b);
	signalled = type;
	c->rate = get_rate(&b);
	c->output_rate = c->rate;
	c->channel_config = (uint8_t)rtmp_bits_get(&b, 4);
	c->channels = rtmp_aac_channels(c->channel_config);
	if (type == RTMP_AAC_SBR || type == RTMP_AAC_PS) {
		c->sbr = RTMP_AAC_PRESENT;
		if (type == RTMP_AAC_PS)
			c->ps = RTMP_AAC_PRESENT;
		c->output_rate = get_rate(&b);
		type = get_object_type(&b);
		if (type == OBJECT_BSAC)
			rtmp_bits_skip(&b, 4);
	}
	c->object_type = (uint8_t)type;
	if (type == 0)
		return RTMP_ERR_PROTO;
	if (b.err == 0 && is_general(type)) {
		parse_general(&b, c);
		if (signalled == type && b.err == 0)
			parse_behind(&b, c);
	}
	return b.err;
}

/* ---- Built ---- */

struct bit_out {
	uint8_t bytes[RTMP_AAC_CONFIG_MAX];
	unsigned count;
};

static void
put(struct bit_out *o, uint32_t v, unsigned n)
{
	for (; n-- != 0; o->count++)
		if ((v >> n & 1) != 0)
			o->bytes[o->count / 8] |=
			    (uint8_t)(0x80 >> o->count % 8);
}

static void
put_object_type(struct bit_out *o, unsigned type)
{
	if (type < OBJECT_ESCAPE) {
		put(o, type, 5);
		return;
	}
	put(o, OBJECT_ESCAPE, 5);
	put(o, type - 32, 6);
}

static void
put_rate(struct bit_out *o, uint32_t rate)
{
	unsigned index = rtmp_aac_rate_index(rate);

	put(o, index, 4);
	if (index == RTMP_AAC_RATE_ESCAPE)
		put(o, rate, 24);
}

static void
put_general(struct bit_out *o, const struct rtmp_aac_config *c)
{
	unsigned i;

	put(o, c->frame_samples == 960, 1);
	put(o, 0, 2); /* no core coder, no extension */
	if (c->channel_config != 0)
		return;
	for (i = 0; i < c->pce_bits; i++)
		put(o, (unsigned)c->pce[i / 8] >> (7 - i % 8), 1);
	o->count = (o->count + 7) & ~7U;
	put(o, 0, 8); /* no comment */
}

static void
put_behind(struct bit_out *o, const struct rtmp_aac_config *c)
{
	put(o, SYNC_SBR, 11);
	put(o, RTMP_AAC_SBR, 5);
	put(o, c->sbr == RTMP_AAC_PRESENT, 1);
	if (c->sbr != RTMP_AAC_PRESENT)
		return;
	put_rate(o, c->output_rate);
	if (c->ps == RTMP_AAC_UNTOLD)
		return;
	put(o, SYNC_PS, 11);
	put(o, c->ps == RTMP_AAC_PRESENT, 1);
}

static int
can_build(const struct rtmp_aac_config *c)
{
	return c->object_type >= RTMP_AAC_MAIN &&
	    c->object_type <= RTMP_AAC_LTP && c->rate != 0 &&
	    c->rate < 1 << 24 && c->output_rate < 1 << 24 &&
	    (c->sbr != RTMP_AAC_PRESENT || c->output_rate != 0) &&
	    c->channel_config < 16 &&
	    (c->channel_config != 0 || (c->pce_bits != 0 &&
		c->pce_bits <= 8 * RTMP_AAC_PCE_MAX));
}

int
rtmp_aac_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_aac_config *c)
{
	int in_front = c->sbr == RTMP_AAC_PRESENT && !c->sbr_behind;
	struct bit_out bits;
	struct rtmp_out o;

	if (!can_build(c))
		return RTMP_ERR_INVAL;
	memset(&bits, 0, sizeof(bits));
	if (in_front)
		put_object_type(&bits, c->ps == RTMP_AAC_PRESENT
			? RTMP_AAC_PS : RTMP_AAC_SBR);
	else
		put_object_type(&bits, c->object_type);
	put_rate(&bits, c->rate);
	put(&bits, c->channel_config, 4);
	if (in_front) {
		put_rate(&bits, c->output_rate);
		put_object_type(&bits, c->object_type);
	}
	put_general(&bits, c);
	if (!in_front && c->sbr != RTMP_AAC_UNTOLD)
		put_behind(&bits, c);
	rtmp_out_init(&o, out, cap);
	rtmp_out_bytes(&o, bits.bytes, (bits.count + 7) / 8);
	return rtmp_out_end(&o, size);
}
