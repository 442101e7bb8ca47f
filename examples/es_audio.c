/*
 * Audio whose frames have a header that tells their size: ADTS (ISO/IEC
 * 14496-3, 1.A.2.2), MP3 (ISO/IEC 11172-3 and 13818-3, 2.4.1.3), AC-3 and
 * E-AC-3 (ETSI TS 102 366, 5.3 and E.1.2).
 *
 *     header | frame | header | frame ...
 *
 * A header counts when it is followed by another one, or by the end; as long
 * as frames follow each other the next is not waited for.
 */
#include <string.h>

#include "es_read.h"

#define HEADER_MAX 8 /* bytes needed to read any of the headers */

struct header {
	size_t size; /* of the frame, header included */
	uint32_t rate, samples;
	int enhanced; /* E-AC-3 */
	int joins;    /* E-AC-3: belongs to the frame before */
};

/* ---- Headers; each returns 1 or 0 ---- */

static int
read_adts(struct header *h, const uint8_t *p)
{
	static const uint32_t rates[16] = { 96000, 88200, 64000, 48000,
		44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
		0, 0, 0 };

	if (p[0] != 0xff || (p[1] & 0xf6) != 0xf0)
		return 0;
	h->rate = rates[p[2] >> 2 & 15];
	h->size = (size_t)(p[3] & 3) << 11 | (size_t)p[4] << 3 | p[5] >> 5;
	h->samples = 1024 * ((p[6] & 3u) + 1);
	return h->rate != 0 && h->size > 7;
}

static int
read_mp3(struct header *h, const uint8_t *p)
{
	/* kbit/s of layer III: MPEG-1, then MPEG-2 and 2.5 */
	static const uint16_t bit_rates[2][15] = {
		{ 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		    320 },
		{ 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144,
		    160 },
	};
	static const uint16_t rates[3] = { 44100, 48000, 32000 };
	unsigned version = p[1] >> 3 & 3, rate = p[2] >> 2 & 3;
	unsigned bit_rate = p[2] >> 4;
	int low = version != 3;

	if (p[0] != 0xff || (p[1] & 0xe6) != 0xe2 || version == 1 ||
	    rate == 3 || bit_rate == 0 || bit_rate == 15)
		return 0;
	h->rate = (uint32_t)rates[rate] >> (version == 3 ? 0 :
	    version == 2 ? 1 : 2);
	h->samples = low ? 576 : 1152;
	h->size = h->samples / 8 * bit_rates[low][bit_rate] * 1000u /
	    h->rate + (p[2] >> 1 & 1);
	return 1;
}

static int
read_ac3(struct header *h, const uint8_t *p)
{
	static const uint16_t bit_rates[19] = { 32, 40, 48, 56, 64, 80, 96,
		112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640 };
	unsigned code = p[4] & 63, bit_rate;

	if (p[4] >> 6 == 3 || code >= 38)
		return 0;
	bit_rate = bit_rates[code / 2];
	h->samples = 1536;
	if (p[4] >> 6 == 0) {
		h->rate = 48000;
		h->size = 4 * bit_rate;
	} else if (p[4] >> 6 == 1) {
		h->rate = 44100;
		h->size = 2 * (320 * bit_rate / 147 + (code & 1));
	} else {
		h->rate = 32000;
		h->size = 6 * bit_rate;
	}
	return 1;
}

static int
read_eac3(struct header *h, const uint8_t *p)
{
	static const uint16_t rates[3] = { 48000, 44100, 32000 };
	static const uint8_t blocks[4] = { 1, 2, 3, 6 };
	unsigned rate = p[4] >> 6, more = p[4] >> 4 & 3, bsid = p[5] >> 3;

	if (p[0] != 0x0b || p[1] != 0x77 || bsid > 16)
		return 0;
	if (bsid <= 10)
		return read_ac3(h, p);
	h->enhanced = 1;
	if (p[2] >> 6 == 3 || (rate == 3 && more == 3))
		return 0;
	h->size = 2 * (((size_t)(p[2] & 7) << 8 | p[3]) + 1);
	h->rate = rate == 3 ? rates[more] / 2u : rates[rate];
	h->samples = 256u * (rate == 3 ? 6 : blocks[more]);
	/* A dependent substream, or another one than the first. */
	h->joins = p[2] >> 6 == 1 || (p[2] >> 3 & 7) != 0;
	return h->size > HEADER_MAX;
}

static int
read_header(const struct es_reader *r, struct header *h, uint64_t at)
{
	uint8_t head[HEADER_MAX] = { 0 };
	size_t left = es_left(r, at);

	memcpy(head, es_at(r, at), left < HEADER_MAX ? left : HEADER_MAX);
	h->enhanced = h->joins = 0;
	return r->codec == RTMP_CODEC_AAC ? read_adts(h, head) :
	    r->codec == RTMP_CODEC_MP3 ? read_mp3(h, head) :
	    read_eac3(h, head);
}

/* ---- Frames ---- */

/* Whether a frame begins at stream offset at: 1, 0, or -1 when more bytes are
 * needed.  Of E-AC-3 all substreams count. */
static int
frame_at(const struct es_reader *r, uint64_t at, struct header *first)
{
	struct header h;
	uint64_t end = at;
	size_t left;

	if (es_left(r, at) < HEADER_MAX && !r->ended)
		return -1;
	if (!read_header(r, first, at))
		return 0;
	for (h = *first;;) {
		end += h.size;
		if (h.size > es_left(r, end - h.size))
			return r->ended ? 0 : -1;
		left = es_left(r, end);
		first->size = (size_t)(end - at);
		if (left == 0 && r->ended)
			return 1;
		if (!r->lost && !h.enhanced)
			return 1;
		if (left < HEADER_MAX && !r->ended)
			return -1;
		if (!read_header(r, &h, end))
			return !r->lost;
		if (!h.joins)
			return 1;
	}
}

/* MP3: an ID3v2 tag, or a first frame that holds Xing's or Fraunhofer's
 * table instead of sound.  Its size, or 0. */
static size_t
mp3_extra(const struct es_reader *r, uint64_t at, size_t frame)
{
	const uint8_t *p = es_at(r, at);
	size_t left = es_left(r, at), side;

	if (left >= 10 && memcmp(p, "ID3", 3) == 0)
		return 10 + ((size_t)(p[6] & 127) << 21 |
		    (size_t)(p[7] & 127) << 14 | (size_t)(p[8] & 127) << 7 |
		    (p[9] & 127)) + ((p[5] & 0x10) != 0 ? 10 : 0);
	if (frame < 40 || left < 40)
		return 0;
	side = (p[1] & 8) != 0 ? (p[3] >> 6 == 3 ? 17 : 32) :
	    (p[3] >> 6 == 3 ? 9 : 17);
	p += 4 + side + ((p[1] & 1) == 0 ? 2 : 0);
	return memcmp(p, "Xing", 4) == 0 || memcmp(p, "Info", 4) == 0 ||
	    memcmp(es_at(r, at) + 36, "VBRI", 4) == 0 ? frame : 0;
}

/* 1 when something that is no sound was passed, -1 when more bytes are
 * needed. */
static int
pass_extra(struct es_reader *r)
{
	size_t left = es_left(r, r->used), extra;
	struct header h;

	if (r->codec != RTMP_CODEC_MP3 || !r->lost)
		return 0;
	if (left < 10 && !r->ended)
		return -1;
	extra = mp3_extra(r, r->used, 0);
	if (extra == 0 && r->count == 0 &&
	    frame_at(r, r->used, &h) == 1)
		extra = mp3_extra(r, r->used, h.size);
	if (extra == 0)
		return 0;
	if (extra > left && !r->ended)
		return -1;
	r->used += extra < left ? extra : left;
	return 1;
}

static int
is_id3v1(const struct es_reader *r)
{
	return r->codec == RTMP_CODEC_MP3 && r->ended &&
	    es_left(r, r->used) == 128 &&
	    memcmp(es_at(r, r->used), "TAG", 3) == 0;
}

int
es_synced_next(struct es_reader *r, struct rtmp_frame *frame)
{
	struct header h;
	int ret;

	for (;;) {
		if (es_left(r, r->used) == 0)
			return 0;
		ret = pass_extra(r);
		if (ret > 0)
			continue;
		if (ret == 0)
			ret = frame_at(r, r->used, &h);
		if (ret < 0)
			return 0;
		if (ret > 0)
			break;
		if (is_id3v1(r)) {
			r->used += 128;
			return 0;
		}
		r->lost = 1;
		r->skipped++;
		r->used++;
	}
	r->lost = 0;
	frame->data = es_at(r, r->used);
	frame->size = h.size;
	if (h.enhanced)
		r->codec = RTMP_CODEC_EAC3; /* whatever the file is called */
	else if (r->codec == RTMP_CODEC_EAC3)
		r->codec = RTMP_CODEC_AC3;
	frame->form = r->codec == RTMP_CODEC_AAC ? RTMP_FORM_ADTS :
	    RTMP_FORM_RAW;
	es_audio_time(r, frame, h.rate, h.samples);
	r->used += h.size;
	return 1;
}
