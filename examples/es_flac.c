/*
 * FLAC, RFC 9639: no header tells the size of a frame; it ends where the next
 * header is and its own checksum is right.
 *
 *     "fLaC" | last 1 bit, type 7, size (3) | STREAMINFO (34) | blocks ...
 *     fff8 or fff9 | block size 4 bits, rate 4 | channels 4, bits 3, 0 |
 *         number, as UTF-8 writes numbers (1-7) | size (0-2) | rate (0-2) |
 *         CRC-8 | subframes | CRC-16
 */
#include <string.h>

#include "es_read.h"

#define STREAMINFO_SIZE 34
#define HEADER_MAX 16

struct header {
	uint32_t rate, samples;
};

static uint8_t
crc8(const uint8_t *p, size_t size)
{
	unsigned crc = 0;
	int i;

	for (; size-- != 0; p++)
		for (crc ^= *p, i = 0; i < 8; i++)
			crc = (crc << 1 ^ ((crc & 0x80) != 0 ? 7 : 0)) & 0xff;
	return (uint8_t)crc;
}

static uint16_t
crc16(uint16_t start, const uint8_t *p, size_t size)
{
	unsigned crc = start;
	int i;

	for (; size-- != 0; p++)
		for (crc ^= (unsigned)*p << 8, i = 0; i < 8; i++)
			crc = (crc << 1 ^ ((crc & 0x8000) != 0 ? 0x8005 :
			    0)) & 0xffff;
	return (uint16_t)crc;
}

/* The header of a frame; 0 when there is none, or not all of one. */
static int
read_header(const struct es_reader *r, struct header *h, uint64_t at)
{
	static const uint32_t rates[12] = { 0, 88200, 176400, 192000, 8000,
		16000, 22050, 24000, 32000, 44100, 48000, 96000 };
	const uint8_t *p = es_at(r, at);
	size_t left = es_left(r, at), n = 4, extra;
	unsigned size, rate;
	uint8_t mask;

	if (left < 6 || p[0] != 0xff || (p[1] & 0xfe) != 0xf8 ||
	    (p[3] & 1) != 0 || p[3] >> 4 > 10)
		return 0;
	size = p[2] >> 4;
	rate = p[2] & 15;
	if (size == 0 || rate == 15)
		return 0;
	for (mask = 0x80; (p[4] & mask) != 0 && mask != 1; mask >>= 1)
		n++;
	n += n == 4; /* one byte has no prefix */
	extra = (size == 6) + 2 * (size_t)(size == 7) + (rate == 12) +
	    2 * (size_t)(rate > 12);
	if (left < n + extra + 1 || crc8(p, n + extra) != p[n + extra])
		return 0;
	h->samples = size == 1 ? 192 : size <= 5 ? 576u << (size - 2) :
	    size >= 8 ? 256u << (size - 8) :
	    size == 6 ? p[n] + 1u : ((uint32_t)p[n] << 8 | p[n + 1]) + 1;
	p += n + (size == 6) + 2 * (size_t)(size == 7);
	h->rate = rate == 0 ? (uint32_t)r->head[18] << 12 |
	    (uint32_t)r->head[19] << 4 | r->head[20] >> 4 :
	    rate < 12 ? rates[rate] : rate == 12 ? 1000u * p[0] :
	    ((uint32_t)p[0] << 8 | p[1]) * (rate == 14 ? 10 : 1);
	return h->rate != 0;
}

/* Reads all blocks and keeps STREAMINFO; 1 when it is the frame's turn. */
static int
read_head(struct es_reader *r, struct rtmp_frame *frame)
{
	const uint8_t *p;
	size_t size;

	if (r->head[0] == 0) {
		if (es_left(r, r->used) < 4)
			return 0;
		if (memcmp(es_at(r, r->used), "fLaC", 4) != 0)
			return es_fail(r, "not a FLAC file");
		memcpy(r->head, es_at(r, r->used), 4);
		r->used += 4;
	}
	for (;;) {
		p = es_at(r, r->used);
		if (es_left(r, r->used) < 4)
			return 0;
		size = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
		if (es_left(r, r->used) < 4 + size)
			return 0;
		if ((p[0] & 0x7f) == 0 && size == STREAMINFO_SIZE) {
			memcpy(r->head + 4, p, 4 + STREAMINFO_SIZE);
			r->head[4] |= 0x80;
		}
		r->used += 4 + size;
		if ((p[0] & 0x80) != 0)
			break;
	}
	if (r->head[4] == 0)
		return es_fail(r, "FLAC without STREAMINFO");
	r->headed = 1;
	r->scan = r->used;
	frame->kind = RTMP_KIND_CONFIG;
	frame->data = r->head;
	frame->size = sizeof(r->head);
	frame->pts = frame->dts = 0;
	return 1;
}

/* Moves scan to the end of the frame at used: 1, or 0 when it is not there. */
static int
find_end(struct es_reader *r)
{
	struct header h;
	const uint8_t *p, *next;
	size_t left;

	if (r->scan == r->used) {
		r->crc = 0;
		r->crc = crc16(0, es_at(r, r->used), 2);
		r->scan += 2;
	}
	for (;;) {
		p = es_at(r, r->scan);
		left = es_left(r, r->scan);
		if (left < HEADER_MAX && !r->ended)
			return 0;
		next = left == 0 ? NULL : memchr(p, 0xff, left);
		if (next == NULL)
			next = p + left;
		if (!r->ended && left - (size_t)(next - p) < HEADER_MAX)
			next = p + left - HEADER_MAX + 1;
		r->crc = crc16(r->crc, p, (size_t)(next - p));
		r->scan += (uint64_t)(next - p);
		if (es_left(r, r->scan) == 0)
			return r->crc == 0;
		if (r->crc == 0 && read_header(r, &h, r->scan))
			return 1;
		r->crc = crc16(r->crc, es_at(r, r->scan), 1);
		r->scan++;
	}
}

int
es_flac_next(struct es_reader *r, struct rtmp_frame *frame)
{
	struct header h;

	if (!r->headed)
		return read_head(r, frame);
	for (; es_left(r, r->used) != 0; r->skipped++, r->used++) {
		if (es_left(r, r->used) < HEADER_MAX && !r->ended)
			return 0;
		if (!read_header(r, &h, r->used)) {
			r->scan = r->used + 1;
			continue;
		}
		if (find_end(r))
			break;
		if (!r->ended)
			return 0;
		r->scan = r->used + 1;
	}
	if (es_left(r, r->used) == 0)
		return 0;
	frame->data = es_at(r, r->used);
	frame->size = (size_t)(r->scan - r->used);
	es_audio_time(r, frame, h.rate, h.samples);
	r->used = r->scan;
	return 1;
}
