/* Frames of MP3 and AC-3; the figures are in audio.h. */
#include <string.h>

#include "base/wire.h"
#include "media/audio.h"

/* ---- MP3 ---- */

#define LAYER_III 1
#define MODE_MONO 3

/* version, two bits of the header */
enum { MPEG_2_5 = 0, MPEG_RESERVED = 1, MPEG_2 = 2, MPEG_1 = 3 };

int
rtmp_mp3_parse(struct rtmp_audio_frame *f, const uint8_t *data, size_t size)
{
	/* In kbit/s; tables of MPEG-2 and -1.  Index 0 is free format. */
	static const uint16_t bit_rates[2][15] = {
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144,
		    160 },
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		    320 }
	};
	static const uint16_t rates[4] = { 44100, 48000, 32000, 0 };
	unsigned version, layer, code, bit_rate, padding;

	memset(f, 0, sizeof(*f));
	if (size < 4 || data[0] != 0xff || (data[1] & 0xe0) != 0xe0)
		return RTMP_ERR_PROTO;
	version = data[1] >> 3 & 3;
	layer = data[1] >> 1 & 3;
	code = data[2] >> 4;
	bit_rate = code < 15 ? bit_rates[version == MPEG_1][code] : 0;
	f->rate = rates[data[2] >> 2 & 3];
	if (version == MPEG_RESERVED || layer != LAYER_III || bit_rate == 0 ||
	    f->rate == 0)
		return RTMP_ERR_PROTO;
	f->rate >>= version == MPEG_1 ? 0 : version == MPEG_2 ? 1 : 2;
	padding = data[2] >> 1 & 1;
	f->samples = version == MPEG_1 ? 1152 : 576;
	f->size = f->samples / 8 * bit_rate * 1000 / f->rate + padding;
	f->channels = data[3] >> 6 == MODE_MONO ? 1 : 2;
	return 0;
}

/* ---- AC-3 and E-AC-3 ---- */

#define AC3_BSID_MAX 10 /* 9 and 10: a half and a quarter of the rate */
#define EAC3_BSID_MAX 16
#define AC3_BLOCK 256	/* samples */

static const uint16_t ac3_rates[4] = { 48000, 44100, 32000, 0 };
/* of acmod, the channel mode */
static const uint8_t ac3_channels[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };

static int
parse_ac3(struct rtmp_audio_frame *f, const uint8_t *data, unsigned bsid)
{
	/* In kbit/s */
	static const uint16_t bit_rates[19] = { 32, 40, 48, 56, 64, 80, 96,
	    112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640 };
	unsigned code = data[4] & 0x3f, mode = data[6] >> 5, lfe = 4, words;

	/* Where the flag of LFE is: there are two bits for each of cmixlev,
	 * surmixlev and dsurmod behind the mode. */
	if ((mode & 1) != 0 && mode != 1)
		lfe -= 2;
	if ((mode & 4) != 0)
		lfe -= 2;
	if (mode == 2)
		lfe -= 2;
	f->rate = ac3_rates[data[4] >> 6];
	f->channels = (uint8_t)(ac3_channels[mode] + (data[6] >> lfe & 1));
	if (f->rate == 0 || code / 2 >= 19)
		return RTMP_ERR_PROTO;
	f->samples = 6 * AC3_BLOCK;
	/* The odd codes are for the frames of 44100 Hz that are a word longer:
	 * their size is no whole number. */
	words = bit_rates[code / 2] * 1000U * (f->samples / 16) / f->rate;
	if (f->rate == 44100)
		words += code & 1;
	f->size = words * 2;
	if (bsid > 8)
		f->rate >>= bsid - 8;
	return 0;
}

static int
parse_eac3(struct rtmp_audio_frame *f, const uint8_t *data)
{
	static const uint8_t blocks[4] = { 1, 2, 3, 6 };
	unsigned rate = data[4] >> 6, code = data[4] >> 4 & 3;

	f->size = ((rtmp_get_be16(data + 2) & 0x7ffU) + 1) * 2;
	if (rate == 3) { /* code is that of a halved rate, with 6 blocks */
		f->rate = ac3_rates[code] / 2;
		code = 3;
	} else {
		f->rate = ac3_rates[rate];
	}
	f->samples = blocks[code] * AC3_BLOCK;
	f->channels = (uint8_t)(ac3_channels[data[4] >> 1 & 7] +
	    (data[4] & 1));
	/* Stream type 3 is reserved. */
	if (f->rate == 0 || data[2] >> 6 == 3)
		return RTMP_ERR_PROTO;
	return 0;
}

int
rtmp_ac3_parse(struct rtmp_audio_frame *f, int *enhanced,
    const uint8_t *data, size_t size)
{
	unsigned bsid;

	memset(f, 0, sizeof(*f));
	*enhanced = 0;
	if (size < 7 || data[0] != 0x0b || data[1] != 0x77)
		return RTMP_ERR_PROTO;
	bsid = data[5] >> 3; /* it stands there in both */
	if (bsid <= AC3_BSID_MAX)
		return parse_ac3(f, data, bsid);
	if (bsid > EAC3_BSID_MAX)
		return RTMP_ERR_PROTO;
	*enhanced = 1;
	return parse_eac3(f, data);
}
