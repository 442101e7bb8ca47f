/* FLAC; the figure is in audio.h. */
#include <string.h>

#include "base/wire.h"
#include "media/audio.h"
#include "media/fields.h"

#define BLOCK_HEADER_SIZE 4
#define LAST_BLOCK 0x80

#define AT(field) offsetof(struct rtmp_flac_info, field)

static const struct rtmp_field info_fields[] = {
	{ 16, AT(min_block), 0 },
	{ 16, AT(max_block), 0 },
	{ 24, AT(min_frame), 0 },
	{ 24, AT(max_frame), 0 },
	{ 20, AT(rate), 0 },
	{ 3, AT(channels), 1 },
	{ 5, AT(bits), 1 },
	{ 0, 0, 0 }
};

int
rtmp_flac_info_parse(struct rtmp_flac_info *f, const uint8_t *data,
    size_t size)
{
	struct rtmp_bits b;

	memset(f, 0, sizeof(*f));
	if (size >= 4 && memcmp(data, "fLaC", 4) == 0) {
		data += 4;
		size -= 4;
	}
	/* STREAMINFO itself never begins so: its second block size would be
	 * less than 16, or than the first. */
	if (size >= BLOCK_HEADER_SIZE && (data[0] & 0x7f) == 0 &&
	    rtmp_get_be24(data + 1) == RTMP_FLAC_STREAMINFO_SIZE) {
		data += BLOCK_HEADER_SIZE;
		size -= BLOCK_HEADER_SIZE;
	}
	if (size < RTMP_FLAC_STREAMINFO_SIZE)
		return RTMP_ERR_PROTO;
	f->streaminfo = data;
	rtmp_bits_init(&b, data, RTMP_FLAC_STREAMINFO_SIZE);
	rtmp_fields_get(&b, f, info_fields);
	f->samples = (uint64_t)rtmp_bits_get(&b, 4) << 32;
	f->samples |= rtmp_bits_get(&b, 32);
	if (f->min_block < 16 || f->max_block < f->min_block ||
	    f->rate == 0 || f->bits < 4)
		return RTMP_ERR_PROTO;
	return 0;
}

void
rtmp_flac_head_build(uint8_t out[RTMP_FLAC_HEAD_SIZE],
    const uint8_t streaminfo[RTMP_FLAC_STREAMINFO_SIZE])
{
	memcpy(out, "fLaC", 4);
	out[4] = LAST_BLOCK;
	rtmp_put_be24(out + 5, RTMP_FLAC_STREAMINFO_SIZE);
	memcpy(out + 8, streaminfo, RTMP_FLAC_STREAMINFO_SIZE);
}

/* ---- Frames ---- */

/* The number of the frame, or of its first sample, RFC 9639 section 9.1.5:
 * as many bytes as there are ones in front, up to 7. */
static void
skip_number(struct rtmp_bits *b)
{
	unsigned first = rtmp_bits_get(b, 8), more = 0;

	if (first < 0x80)
		return;
	while (more < 6 && (first & 0x40U >> more) != 0)
		more++;
	if (more == 0 || first == 0xff)
		b->err = RTMP_ERR_PROTO;
	while (more-- != 0)
		if (rtmp_bits_get(b, 8) >> 6 != 2)
			b->err = RTMP_ERR_PROTO;
}

static uint32_t
block_samples(struct rtmp_bits *b, unsigned code)
{
	switch (code) {
	case 0:
		return 0;
	case 1:
		return 192;
	case 6:
		return rtmp_bits_get(b, 8) + 1;
	case 7:
		return rtmp_bits_get(b, 16) + 1;
	default:
		return code < 6 ? 576U << (code - 2) : 256U << (code - 8);
	}
}

static uint32_t
frame_rate(struct rtmp_bits *b, unsigned code)
{
	static const uint32_t rates[12] = { 0, 88200, 176400, 192000, 8000,
	    16000, 22050, 24000, 32000, 44100, 48000, 96000 };

	switch (code) {
	case 12:
		return rtmp_bits_get(b, 8) * 1000;
	case 13:
		return rtmp_bits_get(b, 16);
	case 14:
		return rtmp_bits_get(b, 16) * 10;
	default:
		return code < 12 ? rates[code] : 0;
	}
}

int
rtmp_flac_frame_parse(struct rtmp_audio_frame *f,
    const struct rtmp_flac_info *info, const uint8_t *data, size_t size)
{
	static const uint8_t depths[8] = { 0, 8, 12, 0, 16, 20, 24, 32 };
	unsigned block, rate, channels, depth;
	struct rtmp_bits b;

	memset(f, 0, sizeof(*f));
	/* 14 bits of sync, and a 0; then blocks of one size, or of several. */
	if (size < 4 || (rtmp_get_be16(data) & 0xfffe) != 0xfff8)
		return RTMP_ERR_PROTO;
	block = data[2] >> 4;
	rate = data[2] & 15;
	channels = data[3] >> 4;
	depth = data[3] >> 1 & 7;
	if ((data[3] & 1) != 0 || block == 0 || rate == 15 ||
	    channels > 10 || depth == 3)
		return RTMP_ERR_PROTO;
	rtmp_bits_init(&b, data + 4, size - 4);
	skip_number(&b);
	f->samples = block_samples(&b, block);
	f->rate = frame_rate(&b, rate);
	f->channels = (uint8_t)(channels < 8 ? channels + 1 : 2);
	f->bits = depths[depth];
	if (info != NULL && rate == 0)
		f->rate = info->rate;
	if (info != NULL && depth == 0)
		f->bits = info->bits;
	rtmp_bits_skip(&b, 8); /* CRC */
	return b.err;
}
