/*
 * Opus and Speex in Ogg: RFC 3533, RFC 7845 and RFC 5574; numbers are
 * little-endian.
 *
 *     "OggS" | 0 | flags | position (8) | serial (4) | page (4) | CRC (4) |
 *     segments | their sizes | segments ...
 *
 * A packet is a run of segments that ends with one shorter than 255 bytes, and
 * may go on in the next page (flag 1).  The first packet is OpusHead, the
 * second OpusTags; those of Speex are in es_speex.c.
 */
#include <stdlib.h>
#include <string.h>

#include "es_ogg.h"
#include "es_read.h"

#define PAGE_HEADER 27
#define CONTINUED 1

uint32_t
es_ogg_crc(uint32_t crc, const uint8_t *p, size_t size)
{
	int i;

	for (; size-- != 0; p++)
		for (crc ^= (uint32_t)*p << 24, i = 0; i < 8; i++)
			crc = crc << 1 ^ ((crc & 0x80000000u) != 0 ?
			    0x04c11db7 : 0);
	return crc;
}

uint32_t
es_opus_samples(const uint8_t *data, size_t size)
{
	unsigned config = data[0] >> 3, frames = data[0] & 3;
	uint32_t samples;

	if (config < 12)
		samples = (config & 3) == 3 ? 2880 : 480u << (config & 3);
	else if (config < 16)
		samples = 480u << (config & 1);
	else
		samples = 120u << (config & 3);
	frames = frames == 0 ? 1 : frames < 3 ? 2 :
	    size > 1 ? data[1] & 63u : 0;
	return samples * frames;
}

static int
crc_is_right(const uint8_t *page, size_t size)
{
	static const uint8_t zeros[4];
	uint32_t crc = es_ogg_crc(0, page, 22);

	crc = es_ogg_crc(crc, zeros, 4);
	crc = es_ogg_crc(crc, page + 26, size - 26);
	return crc == es_get32le(page + 22);
}

/* The whole size of the page at used: 0 when it is no good page, SIZE_MAX
 * when more bytes are needed. */
static size_t
page_size(const struct es_reader *r)
{
	const uint8_t *p = es_at(r, r->used);
	size_t left = es_left(r, r->used), size, i;

	if (left >= 4 && memcmp(p, "OggS", 4) != 0)
		return 0;
	if (left < PAGE_HEADER || left < PAGE_HEADER + (size_t)p[26])
		return r->ended ? 0 : SIZE_MAX;
	size = PAGE_HEADER + (size_t)p[26];
	for (i = 0; i < p[26]; i++)
		size += p[PAGE_HEADER + i];
	if (left < size)
		return r->ended ? 0 : SIZE_MAX;
	return crc_is_right(p, size) ? size : 0;
}

/* The codec of a stream that begins with this page. */
static enum rtmp_codec
codec_of_page(const uint8_t *page, size_t size)
{
	const uint8_t *packet = page + PAGE_HEADER + page[26];

	if (size < PAGE_HEADER + (size_t)page[26] + 8)
		return RTMP_CODEC_UNKNOWN;
	return memcmp(packet, "OpusHead", 8) == 0 ? RTMP_CODEC_OPUS :
	    memcmp(packet, "Speex   ", 8) == 0 ? RTMP_CODEC_SPEEX :
						  RTMP_CODEC_UNKNOWN;
}

/* Goes to the next page of the stream; 0 when more bytes are needed. */
static int
next_page(struct es_reader *r)
{
	const uint8_t *p;
	size_t size;

	for (;; r->used += size) {
		if (es_left(r, r->used) == 0)
			return 0;
		p = es_at(r, r->used);
		size = page_size(r);
		if (size == SIZE_MAX)
			return 0;
		if (size == 0) {
			r->skipped++;
			size = 1;
			continue;
		}
		/* Other streams in the same file are left out. */
		if (r->codec_seen && es_get32le(p + 14) != r->serial)
			continue;
		if (!r->codec_seen &&
		    codec_of_page(p, size) == RTMP_CODEC_UNKNOWN)
			continue;
		if (!r->codec_seen)
			r->codec = codec_of_page(p, size);
		break;
	}
	r->codec_seen = 1;
	r->serial = es_get32le(p + 14);
	r->segments = p[26];
	r->segment = 0;
	memcpy(r->lacing, p + PAGE_HEADER, p[26]);
	/* A packet whose beginning is lost, or whose rest is. */
	r->broken = (p[5] & CONTINUED) != 0 &&
	    (r->broken || r->packet_size == 0);
	if ((p[5] & CONTINUED) == 0)
		r->packet_size = 0;
	r->used += PAGE_HEADER + (size_t)p[26];
	return 1;
}

static int
append(struct es_reader *r, const uint8_t *data, size_t size)
{
	size_t cap = r->packet_cap == 0 ? 4096 : r->packet_cap;
	uint8_t *p;

	while (cap < r->packet_size + size)
		cap *= 2;
	if (cap > ES_FRAME_MAX)
		return es_fail(r, "Ogg packet larger than 16 MB");
	if (cap != r->packet_cap) {
		p = realloc(r->packet, cap);
		if (p == NULL)
			return RTMP_ERR_NOMEM;
		r->packet = p;
		r->packet_cap = cap;
	}
	memcpy(r->packet + r->packet_size, data, size);
	r->packet_size += size;
	return 0;
}

/* 1 with a whole packet, 0 when more bytes are needed. */
static int
next_packet(struct es_reader *r)
{
	int err, whole;

	if (r->packet_whole)
		r->packet_size = 0;
	r->packet_whole = 0;
	for (;;) {
		while (r->segment < r->segments) {
			err = append(r, es_at(r, r->used),
			    r->lacing[r->segment]);
			if (err != 0)
				return err;
			r->used += r->lacing[r->segment];
			whole = r->lacing[r->segment++] < 255;
			if (whole && r->broken) {
				r->skipped += r->packet_size;
				r->packet_size = 0;
				r->broken = 0;
			} else if (whole) {
				r->packet_whole = 1;
				return 1;
			}
		}
		if (!next_page(r))
			return 0;
	}
}

/* Returns 1 for a frame, 0 for a packet that is none, or the error. */
static int
take_speex(struct es_reader *r, struct rtmp_frame *frame)
{
	if (!r->headed) {
		r->headed = 1;
		return es_speex_head_read(r->packet, r->packet_size,
		    &r->headers, &r->packet_samples) == 0 ? 0 :
		    es_fail(r, "RTMP has Speex at 16000 Hz, mono");
	}
	if (r->headers != 0) {
		r->headers--;
		return 0;
	}
	if (r->packet_size == 0)
		return 0;
	es_audio_time(r, frame, ES_SPEEX_RATE, r->packet_samples);
	return 1;
}

int
es_ogg_next(struct es_reader *r, struct rtmp_frame *frame)
{
	uint32_t samples;
	int ret;

	while ((ret = next_packet(r)) == 1) {
		frame->data = r->packet;
		frame->size = r->packet_size;
		if (r->codec == RTMP_CODEC_SPEEX) {
			ret = take_speex(r, frame);
			if (ret != 0)
				return ret;
			continue;
		}
		if (r->packet_size >= 19 &&
		    memcmp(r->packet, "OpusHead", 8) == 0) {
			/* The first samples are not to be heard. */
			r->base_time = -(int64_t)(r->packet[10] |
			    (unsigned)r->packet[11] << 8) * 1000000000 /
			    48000;
			frame->kind = RTMP_KIND_CONFIG;
			frame->pts = frame->dts = r->base_time;
			return 1;
		}
		if (r->packet_size == 0 || (r->packet_size >= 8 &&
		    memcmp(r->packet, "OpusTags", 8) == 0))
			continue;
		samples = es_opus_samples(r->packet, r->packet_size);
		es_audio_time(r, frame, 48000, samples);
		return 1;
	}
	if (ret == 0 && r->ended && !r->codec_seen)
		return es_fail(r, "not an Ogg file with Opus or Speex");
	return ret;
}
