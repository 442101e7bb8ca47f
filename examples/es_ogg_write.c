/* Opus and Speex into Ogg: see es_ogg.c for the pages. */
#include <string.h>

#include "es_ogg.h"
#include "es_write.h"

#define CONTINUED 1
#define FIRST 2
#define LAST 4
#define SERIAL 0x6f697472
#define PAGE_SAMPLES(w) \
	((w)->codec == RTMP_CODEC_OPUS ? 48000u : ES_SPEEX_RATE)
#define NO_POSITION UINT64_MAX /* no packet ends on the page */

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (; bytes-- != 0; v >>= 8)
		*p++ = (uint8_t)v;
}

static int
put_page(struct es_writer *w, int flags, uint64_t position)
{
	uint8_t h[27 + 255] = { 'O', 'g', 'g', 'S' };
	size_t size = 27 + w->segments;
	uint32_t crc;

	h[5] = (uint8_t)(flags | (w->page_continues ? CONTINUED : 0));
	put_le(h + 6, position, 8);
	put_le(h + 14, SERIAL, 4);
	put_le(h + 18, w->pages++, 4);
	h[26] = (uint8_t)w->segments;
	memcpy(h + 27, w->lacing, w->segments);
	crc = es_ogg_crc(0, h, size);
	put_le(h + 22, es_ogg_crc(crc, w->page, w->page_size), 4);
	w->page_continues = w->segments != 0 &&
	    w->lacing[w->segments - 1] == 255;
	w->segments = 0;
	if (fwrite(h, size, 1, w->file) != 1 || (w->page_size != 0 &&
	    fwrite(w->page, w->page_size, 1, w->file) != 1))
		return -1;
	w->page_size = 0;
	return 0;
}

static int
put_packet(struct es_writer *w, const uint8_t *data, size_t size)
{
	size_t n;

	do {
		n = size < 255 ? size : 255;
		if (w->segments == 255 && put_page(w, 0, NO_POSITION) != 0)
			return -1;
		memcpy(w->page + w->page_size, data, n);
		w->page_size += n;
		w->lacing[w->segments++] = (uint8_t)n;
		data += n;
		size -= n;
	} while (n == 255);
	return 0;
}

static uint32_t
samples_of(const struct es_writer *w, const uint8_t *data, size_t size)
{
	return w->codec == RTMP_CODEC_OPUS ? es_opus_samples(data, size) :
	    ES_SPEEX_FRAME * es_speex_frames(data, size);
}

/* Header and comments, of which those of Speex have no name in front.  How
 * many frames a packet of Speex has is that of the first. */
int
es_ogg_begin(struct es_writer *w, const struct rtmp_frame *frame)
{
	static const char tags[] = "OpusTags\6\0\0\0rtmpio\0\0\0\0";
	size_t skip = w->codec == RTMP_CODEC_OPUS ? 0 : 8;
	uint8_t head[ES_SPEEX_HEAD_SIZE];
	int err;

	if (w->codec == RTMP_CODEC_OPUS) {
		err = put_packet(w, w->config, w->config_size);
	} else {
		es_speex_head_write(head, es_speex_frames(frame->data,
		    frame->size));
		err = put_packet(w, head, sizeof(head));
	}
	return err != 0 || put_page(w, FIRST, 0) != 0 ||
	    put_packet(w, (const uint8_t *)tags + skip,
		sizeof(tags) - 1 - skip) != 0 ||
	    put_page(w, 0, 0) != 0 ? -1 : 0;
}

/* The page goes out when the next packet has no room or is another second's;
 * so there is one left to be marked as the last. */
int
es_ogg_put(struct es_writer *w, const uint8_t *data, size_t size)
{
	if ((w->segments + size / 255 + 1 > 255 ||
	    w->page_samples >= PAGE_SAMPLES(w)) && w->segments != 0) {
		if (put_page(w, 0, w->samples) != 0)
			return -1;
		w->page_samples = 0;
	}
	if (put_packet(w, data, size) != 0)
		return -1;
	w->samples += samples_of(w, data, size);
	w->page_samples += samples_of(w, data, size);
	return 0;
}

int
es_ogg_end(struct es_writer *w)
{
	return put_page(w, LAST, w->samples);
}
