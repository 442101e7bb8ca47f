/*
 * Speex: the Speex Codec Manual, sections 8 to 10 and appendix C; its header
 * in Ogg is
 *
 *     "Speex   " | version text 20 | version 4 | size of the header 4 |
 *     rate 4 | mode 4 | version of the mode 4 | channels 4 | bit rate 4 |
 *     samples of a frame 4 | VBR 4 | frames of a packet 4 |
 *     headers behind the comments 4 | 8 bytes
 *
 * and numbers in it are little-endian.  A packet of RTMP is one of Ogg, at
 * 16000 Hz and mono: frames of 320 samples, each in two layers.
 */
#include <string.h>

#include "es_ogg.h"

#define FRAMES_MAX 16
#define MODE_WIDEBAND 1
#define MODE_VERSION 4

static uint32_t
get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static void
put32(uint8_t *p, uint32_t v)
{
	int i;

	for (i = 0; i < 4; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

int
es_speex_head_read(const uint8_t *data, size_t size, uint32_t *headers,
    uint32_t *samples)
{
	uint32_t frames;

	if (size < ES_SPEEX_HEAD_SIZE ||
	    get32(data + 36) != ES_SPEEX_RATE || get32(data + 48) != 1 ||
	    get32(data + 56) != ES_SPEEX_FRAME)
		return -1;
	frames = get32(data + 64);
	if (frames > FRAMES_MAX || get32(data + 68) > 255)
		return -1;
	*samples = ES_SPEEX_FRAME * (frames != 0 ? frames : 1);
	*headers = 1 + get32(data + 68);
	return 0;
}

void
es_speex_head_write(uint8_t head[ES_SPEEX_HEAD_SIZE], unsigned frames)
{
	memset(head, 0, ES_SPEEX_HEAD_SIZE);
	memcpy(head, "Speex   rtmpio", 14);
	put32(head + 28, 1);
	put32(head + 32, ES_SPEEX_HEAD_SIZE);
	put32(head + 36, ES_SPEEX_RATE);
	put32(head + 40, MODE_WIDEBAND);
	put32(head + 44, MODE_VERSION);
	put32(head + 48, 1);
	put32(head + 52, UINT32_MAX); /* bit rate: not known */
	put32(head + 56, ES_SPEEX_FRAME);
	put32(head + 64, frames);
}

static unsigned
get_bits(const uint8_t *data, size_t at, unsigned count)
{
	unsigned v = 0;

	for (; count-- != 0; at++)
		v = v << 1 | (data[at / 8] >> (7 - at % 8) & 1u);
	return v;
}

unsigned
es_speex_frames(const uint8_t *data, size_t size)
{
	/* bits of a layer, what precedes it included: by mode */
	static const uint16_t narrow[9] = { 5, 43, 119, 160, 220, 300, 364,
		492, 79 };
	static const uint16_t wide[5] = { 4, 36, 112, 192, 352 };
	size_t at = 0, end = size * 8;
	unsigned frames = 0, mode;

	/* bit 0: a narrow-band frame begins; 15 would be the end, and those
	 * from 9 on are messages, which nobody sends */
	while (at + 5 <= end && frames < FRAMES_MAX) {
		mode = get_bits(data, at, 5);
		if (mode > 8)
			break;
		at += narrow[mode];
		frames++;
		if (at + 4 > end)
			break;
		mode = get_bits(data, at, 4);
		if (mode >= 8 && mode < 8 + 5)
			at += wide[mode - 8];
	}
	return frames != 0 ? frames : 1;
}
