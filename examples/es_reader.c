/* The reader of elementary streams: its buffer, and what the formats share. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/metadata.h>

#include "es_read.h"

#define BUFFER_SIZE 65536 /* to begin with */

/* ---- Formats ---- */

static const struct format {
	const char *extension;
	enum es_format format;
} extensions[] = {
	{ "h264", ES_H264 }, { "264", ES_H264 }, { "avc", ES_H264 },
	{ "h265", ES_H265 }, { "265", ES_H265 }, { "hevc", ES_H265 },
	{ "h266", ES_H266 }, { "266", ES_H266 }, { "vvc", ES_H266 },
	{ "obu", ES_OBU }, { "av1", ES_OBU }, { "ivf", ES_IVF },
	{ "aac", ES_AAC }, { "adts", ES_AAC }, { "mp3", ES_MP3 },
	{ "ac3", ES_AC3 }, { "eac3", ES_EAC3 }, { "ec3", ES_EAC3 },
	{ "flac", ES_FLAC }, { "ogg", ES_OGG }, { "oga", ES_OGG },
	{ "opus", ES_OGG }, { "spx", ES_OGG }, { "wav", ES_WAV },
	{ "alaw", ES_ALAW }, { "ulaw", ES_ULAW },
};

enum es_format
es_format_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(extensions) /
	    sizeof(*extensions); i++)
		if (strcmp(dot + 1, extensions[i].extension) == 0)
			return extensions[i].format;
	return ES_AUTO;
}

static const struct {
	enum rtmp_codec codec;
	int (*next)(struct es_reader *r, struct rtmp_frame *frame);
} formats[] = {
	[ES_H264] = { RTMP_CODEC_H264, es_annexb_next },
	[ES_H265] = { RTMP_CODEC_HEVC, es_annexb_next },
	[ES_H266] = { RTMP_CODEC_VVC, es_annexb_next },
	[ES_OBU] = { RTMP_CODEC_AV1, es_obu_next },
	[ES_IVF] = { RTMP_CODEC_UNKNOWN, es_ivf_next },
	[ES_AAC] = { RTMP_CODEC_AAC, es_synced_next },
	[ES_MP3] = { RTMP_CODEC_MP3, es_synced_next },
	[ES_AC3] = { RTMP_CODEC_AC3, es_synced_next },
	[ES_EAC3] = { RTMP_CODEC_EAC3, es_synced_next },
	[ES_FLAC] = { RTMP_CODEC_FLAC, es_flac_next },
	[ES_OGG] = { RTMP_CODEC_OPUS, es_ogg_next },
	[ES_WAV] = { RTMP_CODEC_PCM_LE, es_wav_next },
	[ES_ALAW] = { RTMP_CODEC_G711A, es_g711_next },
	[ES_ULAW] = { RTMP_CODEC_G711U, es_g711_next },
};

struct es_reader *
es_reader_new(enum es_format format, double fps)
{
	struct es_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->format = format;
	r->codec = formats[format].codec;
	r->next = formats[format].next;
	r->fps = fps;
	r->lost = 1;
	r->cap = BUFFER_SIZE;
	r->buf = malloc(r->cap);
	if (format == ES_H264 || format == ES_H265)
		r->poc = es_poc_new(r->codec);
	if (r->buf == NULL || (r->poc == NULL && (format == ES_H264 ||
	    format == ES_H265))) {
		es_reader_free(r);
		return NULL;
	}
	return r;
}

void
es_reader_free(struct es_reader *r)
{
	if (r == NULL)
		return;
	es_poc_free(r->poc);
	free(r->packet);
	free(r->buf);
	free(r);
}

/* ---- Bytes ---- */

int
es_reader_feed(struct es_reader *r, const uint8_t *data, size_t size)
{
	size_t used = (size_t)(r->used - r->base), cap = r->cap;
	uint8_t *buf;

	if (size == 0)
		r->ended = 1;
	/* Moved only once there is more to be dropped than to be kept. */
	if (used > r->size - used) {
		memmove(r->buf, r->buf + used, r->size - used);
		r->base = r->used;
		r->size -= used;
	}
	if (r->size + size > cap) {
		while (cap < r->size + size)
			cap *= 2;
		buf = realloc(r->buf, cap);
		if (buf == NULL)
			return RTMP_ERR_NOMEM;
		r->buf = buf;
		r->cap = cap;
	}
	if (size != 0)
		memcpy(r->buf + r->size, data, size);
	r->size += size;
	return 0;
}

int
es_reader_next(struct es_reader *r, struct rtmp_frame *frame)
{
	int ret;

	if (r->error[0] != '\0')
		return RTMP_ERR_PROTO;
	rtmp_frame_init(frame, sizeof(*frame));
	ret = r->next(r, frame);
	if (ret == 0 && es_left(r, r->used) > ES_FRAME_MAX)
		return es_fail(r, "no frame ends within 16 MB");
	if (ret == 0 && r->ended && r->count == 0)
		return es_fail(r, "no frame of this format is in it");
	if (ret == 1) {
		r->count++;
		frame->codec = r->codec;
	}
	return ret;
}

int
es_fail(struct es_reader *r, const char *words)
{
	strncpy(r->error, words, sizeof(r->error) - 1);
	return RTMP_ERR_PROTO;
}

const char *
es_reader_error(const struct es_reader *r)
{
	return r->error;
}

size_t
es_reader_held(const struct es_reader *r)
{
	return es_left(r, r->used);
}

uint64_t
es_reader_skipped(const struct es_reader *r)
{
	return r->skipped;
}

double
es_reader_fps(const struct es_reader *r)
{
	return r->fps;
}

/* ---- Times ---- */

/* In two steps: the product would overflow within days. */
static int64_t
sample_time(uint64_t samples, uint32_t rate)
{
	return (int64_t)(samples / rate * 1000000000 +
	    samples % rate * 1000000000 / rate);
}

void
es_audio_time(struct es_reader *r, struct rtmp_frame *frame, uint32_t rate,
    uint32_t samples)
{
	if (rate != r->rate && r->rate != 0) {
		r->base_time += sample_time(r->samples, r->rate);
		r->samples = 0;
	}
	r->rate = rate;
	frame->pts = frame->dts = r->base_time +
	    sample_time(r->samples, rate);
	r->samples += samples;
}

int64_t
es_frame_time(const struct es_reader *r, int64_t n)
{
	double t = (double)n * 1e9 / r->fps;

	return (int64_t)(t < 0 ? t - 0.5 : t + 0.5);
}

/* The configuration that the library builds from a first frame tells the
 * rate. */
static double
told_fps(struct es_reader *r, struct rtmp_packetizer *p)
{
	struct rtmp_metadata m;
	struct rtmp_tag tag;

	rtmp_tag_init(&tag, r->codec, 1);
	tag.kind = RTMP_KIND_CONFIG;
	rtmp_metadata_init(&m, sizeof(m));
	if (rtmp_packetizer_config(p, RTMP_MSG_VIDEO, 0, &tag.data,
	    &tag.size) != 1 || rtmp_metadata_fill(&m, &tag) != 0 ||
	    (m.video.present & RTMP_META_FRAME_RATE) == 0)
		return 0;
	return m.video.frame_rate;
}

int
es_find_fps(struct es_reader *r, const uint8_t *data, size_t size)
{
	struct rtmp_packetizer *p;
	struct rtmp_packet packet;
	struct rtmp_frame frame;

	if (r->fps > 0)
		return 0;
	if (rtmp_packetizer_new(&p, NULL) != 0)
		return RTMP_ERR_NOMEM;
	rtmp_frame_init(&frame, sizeof(frame));
	frame.codec = r->codec;
	frame.data = data;
	frame.size = size;
	if (rtmp_packetizer_put(p, &frame) == 0 &&
	    rtmp_packetizer_next(p, &packet) == 1)
		r->fps = told_fps(r, p);
	rtmp_packetizer_free(p);
	return r->fps > 0 ? 0 :
	    es_fail(r, "the stream does not tell its frame rate: give --fps");
}
