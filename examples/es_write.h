#ifndef ES_WRITE_H
#define ES_WRITE_H

/* One elementary stream to be written. */
#include <stdio.h>

#include <rtmpio/media.h>

#define ES_PAGE_MAX 65307 /* of Ogg, with its header */

struct es_writer {
	enum rtmp_codec codec;
	FILE *file;	 /* NULL: not opened yet, by the caller */
	uint8_t *config; /* as in the packet; NULL: none */
	size_t config_size;
	uint64_t frames;

	/* IVF */
	unsigned width, height;
	int64_t first; /* pts */

	/* WAV */
	uint32_t bytes; /* of samples */

	/* Ogg */
	uint8_t page[ES_PAGE_MAX]; /* the data of the page begun */
	size_t page_size;
	uint8_t lacing[255];
	unsigned segments;
	uint32_t pages;
	uint64_t samples, page_samples;
	int page_continues;
};

/* Returns the extension of such files, or NULL: there are none. */
const char *es_writer_init(struct es_writer *w, enum rtmp_codec codec);
/* Takes a frame of RTMP_KIND_CONFIG. */
void es_writer_configure(struct es_writer *w, const struct rtmp_frame *frame);
/* Whether the file can begin, or go on, with this frame. */
int es_writer_ready(const struct es_writer *w,
    const struct rtmp_frame *frame);
/* Return 0, or -1 with errno. */
int es_writer_put(struct es_writer *w, const struct rtmp_frame *frame);
int es_writer_close(struct es_writer *w);
void es_writer_free(struct es_writer *w);

/* Ogg; likewise. */
int es_ogg_begin(struct es_writer *w, const struct rtmp_frame *frame);
int es_ogg_put(struct es_writer *w, const uint8_t *data, size_t size);
int es_ogg_end(struct es_writer *w);

#endif
