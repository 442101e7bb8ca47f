/*
 * Sound that legacy RTMP takes as it is: WAV ("Multimedia Programming
 * Interface and Data Specifications 1.0", chapter 3) with PCM or G.711, and
 * G.711 alone, which is 8000 Hz and mono.
 *
 *     "RIFF" | size 4 | "WAVE" | chunks
 *     "fmt " | size 4 | format 2 | channels 2 | rate 4 | bytes a second 4 |
 *              block 2 | bits 2 | extensible only: 8 bytes, GUID 16
 *     "data" | size 4 | samples
 *
 * Numbers are little-endian.  A program that writes to a pipe says 0 or
 * ffffffff for a size that it does not know yet.
 */
#include <string.h>

#include "es_read.h"

#define PACKETS_PER_SECOND 50
#define CHUNK_HEADER 8
#define FORMAT_MIN 16
#define FORMAT_MAX 1024
#define GUID_AT 24 /* begins with the format */

enum { FORMAT_PCM = 1, FORMAT_ALAW = 6, FORMAT_ULAW = 7,
	FORMAT_EXTENSIBLE = 0xfffe };
/* r->headed */
enum { NOTHING = 0, IN_CHUNKS, FORMAT_KNOWN, IN_SAMPLES };

static unsigned
get16le(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static int
is_taken(const struct es_reader *r, unsigned format, unsigned bits)
{
	uint32_t rate = r->sound.sample_rate;

	if (r->sound.channels < 1 || r->sound.channels > 2)
		return 0;
	if (format == FORMAT_PCM)
		return (bits == 8 || bits == 16) && (rate == 5512 ||
		    rate == 11025 || rate == 22050 || rate == 44100);
	return (format == FORMAT_ALAW || format == FORMAT_ULAW) &&
	    bits == 8 && rate == 8000;
}

static int
read_format(struct es_reader *r, const uint8_t *p, size_t size)
{
	unsigned format = get16le(p), bits = get16le(p + 14);

	if (format == FORMAT_EXTENSIBLE && size >= GUID_AT + 2)
		format = get16le(p + GUID_AT);
	r->sound.channels = get16le(p + 2) > 255 ? 0 : p[2];
	r->sound.sample_rate = es_get32le(p + 4);
	r->sound.sample_size = (uint8_t)bits;
	if (!is_taken(r, format, bits))
		return es_fail(r, "RTMP has PCM of 8 or 16 bits at 5512, "
		    "11025, 22050 or 44100 Hz, and G.711 at 8000 Hz");
	r->codec = format == FORMAT_PCM ? RTMP_CODEC_PCM_LE :
	    format == FORMAT_ALAW ? RTMP_CODEC_G711A : RTMP_CODEC_G711U;
	r->headed = FORMAT_KNOWN;
	return 0;
}

/* One chunk, or what has come of it.  Returns 1; 0 when more bytes are needed;
 * or the error. */
static int
read_chunk(struct es_reader *r)
{
	const uint8_t *p = es_at(r, r->used);
	size_t left = es_left(r, r->used);
	uint32_t size;
	int err = 0;

	if (left < CHUNK_HEADER)
		return 0;
	size = es_get32le(p + 4);
	if (memcmp(p, "data", 4) == 0 && r->headed == FORMAT_KNOWN) {
		r->used += CHUNK_HEADER;
		r->scan = size == 0 || size == UINT32_MAX ? UINT64_MAX :
		    r->used + size;
		r->headed = IN_SAMPLES;
		return 1;
	}
	if (memcmp(p, "fmt ", 4) == 0) {
		if (size < FORMAT_MIN || size > FORMAT_MAX)
			return es_fail(r, "not a WAV file");
		if (left < CHUNK_HEADER + size)
			return 0;
		err = read_format(r, p + CHUNK_HEADER, size);
	}
	/* Chunks of odd sizes are followed by a byte. */
	r->scan = r->used + CHUNK_HEADER + size + (size & 1);
	return err == 0 ? 1 : err;
}

static int
read_head(struct es_reader *r)
{
	const uint8_t *p;
	size_t left;
	int ret = 1;

	while (ret == 1 && r->headed != IN_SAMPLES) {
		left = es_left(r, r->used);
		if (r->used < r->scan) {
			r->used += r->scan - r->used < left ?
			    r->scan - r->used : left;
			ret = r->used == r->scan;
		} else if (r->headed != NOTHING) {
			ret = read_chunk(r);
		} else if (left < 12) {
			ret = 0;
		} else {
			p = es_at(r, r->used);
			if (memcmp(p, "RIFF", 4) != 0 ||
			    memcmp(p + 8, "WAVE", 4) != 0)
				return es_fail(r, "not a WAV file");
			r->headed = IN_CHUNKS;
			r->scan = r->used + 12;
		}
	}
	return ret == 0 && r->ended ? es_fail(r, "not a WAV file, or cut off")
	    : ret;
}

/* A fiftieth of a second, or what is left at the end. */
static int
next_samples(struct es_reader *r, struct rtmp_frame *frame)
{
	size_t block = (size_t)r->sound.channels * r->sound.sample_size / 8;
	uint32_t samples = r->sound.sample_rate / PACKETS_PER_SECOND;
	size_t left = es_left(r, r->used);
	uint64_t end = r->scan - r->used;
	int last = end <= left;

	if (last)
		left = (size_t)end;
	if (left < samples * block && (last || r->ended)) {
		samples = (uint32_t)(left / block);
		if (samples == 0) {
			r->skipped += left;
			r->used += left;
		}
		/* Chunks behind the samples say who made them. */
		if (samples == 0 && last)
			r->scan = r->used += es_left(r, r->used);
	}
	if (samples == 0 || left < samples * block)
		return 0;
	frame->data = es_at(r, r->used);
	frame->size = samples * block;
	frame->form = RTMP_FORM_RAW;
	frame->sample_rate = r->sound.sample_rate;
	frame->channels = r->sound.channels;
	frame->sample_size = r->sound.sample_size;
	es_audio_time(r, frame, r->sound.sample_rate, samples);
	r->used += frame->size;
	return 1;
}

int
es_wav_next(struct es_reader *r, struct rtmp_frame *frame)
{
	int ret = r->headed == IN_SAMPLES ? 1 : read_head(r);

	return ret == 1 ? next_samples(r, frame) : ret;
}

int
es_g711_next(struct es_reader *r, struct rtmp_frame *frame)
{
	r->sound.sample_rate = 8000;
	r->sound.channels = 1;
	r->sound.sample_size = 8;
	r->scan = UINT64_MAX;
	return next_samples(r, frame);
}
