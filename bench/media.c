/*
 * Frames to packets in memory: H.264 of 6 Mbit/s at 30 frames per second, in
 * frames that the caches hold, beside memcpy() of the same bytes.
 *
 * usage: media ROUNDS
 */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/media.h>

#include "bench.h"

#define FRAMES 30
#define FRAME_SIZE 25000
#define KEY_SIZE 200000
#define FRAME_MS 33
#define REPEATS 400 /* of the FRAMES, in a round */

static const uint8_t sets[] = { 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0,
	0xa0, 0x47, 0xfe, 0x88, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80 };

struct stream {
	uint8_t *data[FRAMES];
	size_t size[FRAMES];
	size_t total;
};

/* Coded video is as good as random; 00 00 does not stand in it without a 3
 * behind. */
static void
fill(uint8_t *p, size_t size, uint32_t *seed)
{
	size_t i;

	for (i = 0; i < size; i++) {
		*seed = *seed * 1664525 + 1013904223;
		p[i] = (uint8_t)(*seed >> 24);
		if (i >= 2 && p[i] <= 3 && p[i - 1] == 0 && p[i - 2] == 0)
			p[i] = 3;
	}
}

/* NAL units of one slice each, behind start codes or lengths of 4 bytes. */
static void
make_stream(struct stream *s, int annexb)
{
	uint32_t seed = 1;
	int i;

	s->total = 0;
	for (i = 0; i < FRAMES; i++) {
		size_t nal = i == 0 ? KEY_SIZE : FRAME_SIZE;
		size_t front = i == 0 && annexb ? sizeof(sets) : 0;
		uint8_t *p;

		s->size[i] = front + 4 + nal;
		s->total += s->size[i];
		p = s->data[i] = xmalloc(s->size[i]);
		memcpy(p, sets, front);
		p += front;
		p[0] = 0;
		p[1] = annexb ? 0 : (uint8_t)(nal >> 16);
		p[2] = annexb ? 0 : (uint8_t)(nal >> 8);
		p[3] = annexb ? 1 : (uint8_t)nal;
		fill(p + 4, nal, &seed);
		p[4] = i == 0 ? 0x65 : 0x41;
		p[3 + nal] |= 0x80;
	}
}

static void
put(struct rtmp_packetizer *p, const struct rtmp_frame *f, int iov_only)
{
	struct rtmp_packet packet;
	struct iovec iov[2];
	int ret, count;

	if (rtmp_packetizer_put(p, f) != 0)
		die("packetizer: %s", rtmp_packetizer_error(p));
	do
		ret = iov_only ?
		    rtmp_packetizer_next_iov(p, &packet, iov, &count) :
		    rtmp_packetizer_next(p, &packet);
	while (ret == 1);
	if (ret != 0)
		die("packetizer: error %d", ret);
}

static struct rtmp_packetizer *
new_packetizer(enum rtmp_form form)
{
	struct rtmp_packetizer *p;
	struct rtmp_frame f;

	if (rtmp_packetizer_new(&p, NULL) != 0)
		die("packetizer");
	rtmp_frame_init(&f, sizeof(f));
	f.codec = RTMP_CODEC_H264;
	f.kind = RTMP_KIND_CONFIG;
	f.data = sets;
	f.size = sizeof(sets);
	f.form = form;
	put(p, &f, 0);
	return p;
}

/* Seconds for the stream, many times over. */
static double
run(const struct stream *s, enum rtmp_form form, int iov_only)
{
	struct rtmp_packetizer *p = new_packetizer(form);
	double start = cpu_seconds();
	struct rtmp_frame f;
	int i, n;

	rtmp_frame_init(&f, sizeof(f));
	f.codec = RTMP_CODEC_H264;
	f.form = form;
	for (n = 0; n < REPEATS; n++) {
		for (i = 0; i < FRAMES; i++) {
			f.data = s->data[i];
			f.size = s->size[i];
			f.pts += FRAME_MS * RTMP_NS_PER_MS;
			put(p, &f, iov_only);
		}
	}
	rtmp_packetizer_free(p);
	return cpu_seconds() - start;
}

static double
run_memcpy(const struct stream *s)
{
	uint8_t *to = xmalloc(KEY_SIZE + 64);
	double start = cpu_seconds();
	volatile uint8_t seen = 0;
	int i, n;

	for (n = 0; n < REPEATS; n++) {
		for (i = 0; i < FRAMES; i++) {
			memcpy(to, s->data[i], s->size[i]);
			seen = (uint8_t)(seen + to[s->size[i] - 1]);
		}
	}
	free(to);
	return cpu_seconds() - start;
}

int
main(int argc, char **argv)
{
	int rounds = argc == 2 ? atoi(argv[1]) : 0, i;
	struct series annexb = { { 0 }, 0 }, copy = { { 0 }, 0 };
	struct series lent = { { 0 }, 0 };
	struct stream start_codes, lengths;
	double gigabytes;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		die("usage: media ROUNDS");
	make_stream(&start_codes, 1);
	make_stream(&lengths, 0);
	gigabytes = (double)start_codes.total * REPEATS / 1e9;
	run(&start_codes, RTMP_FORM_ANNEXB, 0);
	for (i = 0; i < rounds; i++) {
		series_add(&annexb, gigabytes /
		    run(&start_codes, RTMP_FORM_ANNEXB, 0));
		series_add(&copy, gigabytes / run_memcpy(&start_codes));
		series_add(&lent, FRAMES * REPEATS / 1e6 /
		    run(&lengths, RTMP_FORM_LENGTH, 1));
	}
	report_row("Annex B to packets",
	    cell("%.1f GB/s", series_median(&annexb)), ">= 4 GB/s", NULL);
	report_row("  memcpy() of the same",
	    cell("%.1f GB/s", series_median(&copy)), NULL, NULL);
	report_row("length-prefixed to packets, as an iovec",
	    cell("%.1f M/s", series_median(&lent)), NULL, NULL);
	return 0;
}
