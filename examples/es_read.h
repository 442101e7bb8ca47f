#ifndef ES_READ_H
#define ES_READ_H

/* What the files of the reader share. */
#include "es.h"
#include "es_order.h"
#include "es_poc.h"

struct es_reader {
	enum es_format format;
	enum rtmp_codec codec;
	/* Returns as es_reader_next(), and sets kind, data and size, and pts
	 * and dts for formats that have times. */
	int (*next)(struct es_reader *r, struct rtmp_frame *frame);

	/* What has come and is not used up; stream offset base is buf[0]. */
	uint8_t *buf;
	size_t size, cap;
	uint64_t base, used;
	int ended;

	uint64_t skipped;
	int lost; /* synchronisation */
	char error[128];

	/* Video without times */
	double fps;
	int64_t count; /* frames given out, or being put together */

	/* Audio: base_time is that of the first sample at this rate. */
	uint32_t rate;
	uint64_t samples;
	int64_t base_time;

	uint64_t scan;	 /* searched up to here */
	int headed;	 /* the header of the stream has been read */
	struct es_order order;

	/* Annex B: the access unit being put together, and a first field
	 * that waits for the second */
	struct es_poc *poc;
	uint64_t unit;
	int unit_open, has_slice;
	struct es_picture field;
	struct es_slice field_slice;

	/* IVF */
	uint32_t ivf_rate, ivf_scale;
	uint64_t ivf_first;
	int ivf_any;

	/* FLAC */
	uint8_t head[42];
	uint16_t crc; /* from used to scan */

	/* WAV, G.711: the samples end at scan */
	struct {
		uint32_t sample_rate;
		uint8_t channels, sample_size;
	} sound;

	/* Ogg: the page being read, and the packet being put together */
	uint32_t serial;
	int codec_seen;
	uint8_t lacing[255];
	unsigned segments, segment;
	uint8_t *packet;
	size_t packet_size, packet_cap;
	int packet_whole;
	int broken; /* its beginning is missing */
	uint32_t headers; /* Speex: packets that are none of sound */
	uint32_t packet_samples;
};

/* The unused bytes, from stream offset at on. */
static inline const uint8_t *
es_at(const struct es_reader *r, uint64_t at)
{
	return r->buf + (size_t)(at - r->base);
}

/* How many bytes there are from stream offset at on. */
static inline size_t
es_left(const struct es_reader *r, uint64_t at)
{
	return r->size - (size_t)(at - r->base);
}

static inline uint32_t
es_get32le(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/* Sets the error; returns RTMP_ERR_PROTO. */
int es_fail(struct es_reader *r, const char *words);

/* Times of an audio frame of so many samples, which are counted. */
void es_audio_time(struct es_reader *r, struct rtmp_frame *frame,
    uint32_t rate, uint32_t samples);
/* The time of video frame n in a stream of r->fps. */
int64_t es_frame_time(const struct es_reader *r, int64_t n);
/* r->fps as the configuration in this frame says, unless it was given. */
int es_find_fps(struct es_reader *r, const uint8_t *data, size_t size);

/* The formats. */
int es_annexb_next(struct es_reader *r, struct rtmp_frame *frame);
int es_obu_next(struct es_reader *r, struct rtmp_frame *frame);
int es_ivf_next(struct es_reader *r, struct rtmp_frame *frame);
int es_synced_next(struct es_reader *r, struct rtmp_frame *frame);
int es_flac_next(struct es_reader *r, struct rtmp_frame *frame);
int es_ogg_next(struct es_reader *r, struct rtmp_frame *frame);
int es_wav_next(struct es_reader *r, struct rtmp_frame *frame);
int es_g711_next(struct es_reader *r, struct rtmp_frame *frame);

#endif
