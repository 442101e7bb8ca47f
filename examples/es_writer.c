/* The files that es_demux.c writes; Ogg is in es_ogg_write.c. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/metadata.h>

#include "es_write.h"

#define OBU_SEQUENCE_HEADER 1
#define OBU_TEMPORAL_DELIMITER 2
#define AV1_CONFIG_HEADER 4
#define IVF_HEADER 32
#define IVF_FRAME_HEADER 12
#define IVF_FRAMES_OFFSET 24
#define STREAMINFO_SIZE 34
#define WAV_HEADER 44

static const struct {
	enum rtmp_codec codec;
	const char *extension;
} extensions[] = {
	{ RTMP_CODEC_H264, "h264" }, { RTMP_CODEC_HEVC, "h265" },
	{ RTMP_CODEC_VVC, "h266" }, { RTMP_CODEC_AV1, "ivf" },
	{ RTMP_CODEC_VP8, "ivf" }, { RTMP_CODEC_VP9, "ivf" },
	{ RTMP_CODEC_AAC, "aac" }, { RTMP_CODEC_MP3, "mp3" },
	{ RTMP_CODEC_MP3_8K, "mp3" }, { RTMP_CODEC_AC3, "ac3" },
	{ RTMP_CODEC_EAC3, "eac3" }, { RTMP_CODEC_OPUS, "ogg" },
	{ RTMP_CODEC_FLAC, "flac" }, { RTMP_CODEC_G711A, "alaw" },
	{ RTMP_CODEC_G711U, "ulaw" }, { RTMP_CODEC_PCM, "wav" },
	{ RTMP_CODEC_PCM_LE, "wav" }, { RTMP_CODEC_SPEEX, "spx" },
};

const char *
es_writer_init(struct es_writer *w, enum rtmp_codec codec)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->codec = codec;
	for (i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (extensions[i].codec == codec)
			return extensions[i].extension;
	return NULL;
}

void
es_writer_configure(struct es_writer *w, const struct rtmp_frame *frame)
{
	uint8_t *p;

	/* Files have one, at their beginning. */
	if (frame->size == 0 || w->file != NULL)
		return;
	p = realloc(w->config, frame->size);
	if (p == NULL)
		return;
	memcpy(p, frame->data, frame->size);
	w->config = p;
	w->config_size = frame->size;
}

int
es_writer_ready(const struct es_writer *w, const struct rtmp_frame *frame)
{
	switch (w->codec) {
	case RTMP_CODEC_H264:
	case RTMP_CODEC_HEVC:
	case RTMP_CODEC_VVC:
		return frame->form == RTMP_FORM_ANNEXB;
	case RTMP_CODEC_AAC:
		return frame->form == RTMP_FORM_ADTS;
	case RTMP_CODEC_FLAC:
	case RTMP_CODEC_OPUS:
		return w->config != NULL && frame->size != 0;
	default:
		return 1;
	}
}

static int
put(struct es_writer *w, const void *data, size_t size)
{
	return size == 0 || fwrite(data, size, 1, w->file) == 1 ? 0 : -1;
}

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (; bytes-- != 0; v >>= 8)
		*p++ = (uint8_t)v;
}

/* ---- IVF ---- */

static int
ivf_begin(struct es_writer *w, const struct rtmp_frame *frame)
{
	uint8_t h[IVF_HEADER] = { 'D', 'K', 'I', 'F', 0, 0, IVF_HEADER, 0 };
	struct rtmp_metadata m;
	struct rtmp_tag tag;

	rtmp_metadata_init(&m, sizeof(m));
	rtmp_tag_init(&tag, w->codec, 1);
	tag.kind = RTMP_KIND_CODED;
	tag.frame_type = RTMP_VIDEO_KEY;
	tag.data = frame->data;
	tag.size = frame->size;
	rtmp_metadata_fill(&m, &tag);
	tag.kind = RTMP_KIND_CONFIG;
	tag.data = w->config;
	tag.size = w->config_size;
	if (w->config != NULL)
		rtmp_metadata_fill(&m, &tag);
	memcpy(h + 8, w->codec == RTMP_CODEC_AV1 ? "AV01" :
	    w->codec == RTMP_CODEC_VP8 ? "VP80" : "VP90", 4);
	put_le(h + 12, (uint64_t)m.video.width, 2);
	put_le(h + 14, (uint64_t)m.video.height, 2);
	put_le(h + 16, 1000, 4);
	put_le(h + 20, 1, 4);
	w->first = frame->pts;
	return put(w, h, sizeof(h));
}

static int
has_sequence_header(const uint8_t *p, size_t size)
{
	size_t i = 0, n, shift;

	while (i < size) {
		if ((p[i] >> 3 & 15) == OBU_SEQUENCE_HEADER)
			return 1;
		if ((p[i] & 2) == 0)
			return 0;
		i += (p[i] & 4) != 0 ? 2 : 1;
		for (n = 0, shift = 0; i < size && shift < 28; shift += 7) {
			n |= (size_t)(p[i] & 0x7f) << shift;
			if ((p[i++] & 0x80) == 0)
				break;
		}
		i += n;
	}
	return 0;
}

/* AV1 begins with a temporal delimiter, which most packets are without, and a
 * key frame with the sequence header, which may be in the configuration
 * alone. */
static int
ivf_put(struct es_writer *w, const struct rtmp_frame *frame)
{
	static const uint8_t delimiter[2] = { OBU_TEMPORAL_DELIMITER << 3 | 2,
		0 };
	uint8_t h[IVF_FRAME_HEADER];
	const uint8_t *data = frame->data, *extra = NULL;
	size_t size = frame->size, delimiter_size = 0, extra_size = 0;

	if (w->frames == 0 && ivf_begin(w, frame) != 0)
		return -1;
	if (w->codec == RTMP_CODEC_AV1) {
		delimiter_size = sizeof(delimiter);
		if (size >= 2 && memcmp(data, delimiter, 2) == 0) {
			data += 2;
			size -= 2;
		}
		if (frame->flags & RTMP_FRAME_KEY &&
		    w->config_size > AV1_CONFIG_HEADER &&
		    !has_sequence_header(data, size)) {
			extra = w->config + AV1_CONFIG_HEADER;
			extra_size = w->config_size - AV1_CONFIG_HEADER;
		}
	}
	put_le(h, delimiter_size + extra_size + size, 4);
	put_le(h + 4, (uint64_t)((frame->pts - w->first) / RTMP_NS_PER_MS),
	    8);
	return put(w, h, sizeof(h)) != 0 ||
	    put(w, delimiter, delimiter_size) != 0 ||
	    put(w, extra, extra_size) != 0 ||
	    put(w, data, size) != 0 ? -1 : 0;
}

/* The number of frames, where the file can be gone back in. */
static int
ivf_end(struct es_writer *w)
{
	uint8_t n[4];

	put_le(n, w->frames, 4);
	if (fseek(w->file, IVF_FRAMES_OFFSET, SEEK_SET) != 0)
		return 0;
	return put(w, n, sizeof(n));
}

/* ---- FLAC ---- */

/* Of the record some senders leave out the signature, or the header of the
 * block, too. */
static int
flac_begin(struct es_writer *w)
{
	static const uint8_t head[8] = { 'f', 'L', 'a', 'C', 0x80, 0, 0,
		STREAMINFO_SIZE };
	const uint8_t *p = w->config;
	size_t size = w->config_size;

	if (size >= 8 && memcmp(p, head, 4) == 0) {
		p += 8;
		size -= 8;
	} else if (size >= 4 + STREAMINFO_SIZE && (p[0] & 0x7f) == 0) {
		p += 4;
		size -= 4;
	}
	if (size < STREAMINFO_SIZE)
		return 0;
	return put(w, head, sizeof(head)) != 0 ? -1 :
	    put(w, p, STREAMINFO_SIZE);
}

/* ---- WAV ---- */

/* es_wav.c has the figure.  The sizes are those of a pipe until the end. */
static int
wav_begin(struct es_writer *w, const struct rtmp_frame *frame)
{
	uint8_t h[WAV_HEADER] = "RIFF\377\377\377\377WAVEfmt \20\0\0\0\1";
	uint32_t block = frame->channels * frame->sample_size / 8u;

	put_le(h + 22, frame->channels, 2);
	put_le(h + 24, frame->sample_rate, 4);
	put_le(h + 28, (uint64_t)frame->sample_rate * block, 4);
	put_le(h + 32, block, 2);
	put_le(h + 34, frame->sample_size, 2);
	memcpy(h + 36, "data\377\377\377\377", 8);
	return put(w, h, sizeof(h));
}

/* A size above 4 GB stays unknown. */
static int
wav_put(struct es_writer *w, const struct rtmp_frame *frame)
{
	w->bytes = frame->size < UINT32_MAX - WAV_HEADER - w->bytes ?
	    w->bytes + (uint32_t)frame->size : UINT32_MAX - WAV_HEADER;
	return put(w, frame->data, frame->size);
}

static int
wav_end(struct es_writer *w)
{
	uint8_t n[4];

	if (w->bytes == UINT32_MAX - WAV_HEADER ||
	    fseek(w->file, 4, SEEK_SET) != 0)
		return 0;
	put_le(n, w->bytes + WAV_HEADER - 8, 4);
	if (put(w, n, sizeof(n)) != 0 ||
	    fseek(w->file, WAV_HEADER - 4, SEEK_SET) != 0)
		return -1;
	put_le(n, w->bytes, 4);
	return put(w, n, sizeof(n));
}

/* ---- All ---- */

static int
begin(struct es_writer *w, const struct rtmp_frame *frame)
{
	switch (w->codec) {
	case RTMP_CODEC_OPUS:
	case RTMP_CODEC_SPEEX:
		return es_ogg_begin(w, frame);
	case RTMP_CODEC_PCM:
	case RTMP_CODEC_PCM_LE:
		return wav_begin(w, frame);
	case RTMP_CODEC_FLAC:
		return flac_begin(w);
	default:
		return 0;
	}
}

int
es_writer_put(struct es_writer *w, const struct rtmp_frame *frame)
{
	int ret = w->frames == 0 ? begin(w, frame) : 0;

	if (ret != 0)
		return ret;
	switch (w->codec) {
	case RTMP_CODEC_AV1:
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		ret = ivf_put(w, frame);
		break;
	case RTMP_CODEC_OPUS:
	case RTMP_CODEC_SPEEX:
		ret = es_ogg_put(w, frame->data, frame->size);
		break;
	case RTMP_CODEC_PCM:
	case RTMP_CODEC_PCM_LE:
		ret = wav_put(w, frame);
		break;
	default:
		ret = put(w, frame->data, frame->size);
		break;
	}
	w->frames++;
	return ret;
}

int
es_writer_close(struct es_writer *w)
{
	int ret = 0;

	switch (w->codec) {
	case RTMP_CODEC_OPUS:
	case RTMP_CODEC_SPEEX:
		ret = es_ogg_end(w);
		break;
	case RTMP_CODEC_PCM:
	case RTMP_CODEC_PCM_LE:
		ret = wav_end(w);
		break;
	case RTMP_CODEC_AV1:
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		ret = ivf_end(w);
		break;
	default:
		break;
	}
	return fclose(w->file) != 0 ? -1 : ret;
}

void
es_writer_free(struct es_writer *w)
{
	free(w->config);
}
