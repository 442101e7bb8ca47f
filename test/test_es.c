/* The readers of elementary streams that rtmp-push has: every frame of the
 * files equals the truth beside them, however the bytes come. */
#include "../examples/es.h"
#include "../examples/es_ogg.h"
#include "support/support.h"

static const struct file {
	const char *name;
	enum es_format format;
	int configs; /* frames of RTMP_KIND_CONFIG in front */
	int64_t step; /* nanoseconds from one frame to the next; 0: varies */
} files[] = {
	{ "aac.adts", ES_AAC, 0, 23219955 },
	{ "ac3.ac3", ES_AC3, 0, 32000000 },
	{ "av1.ivf", ES_IVF, 0, 40000000 },
	{ "av1.obu", ES_OBU, 0, 40000000 },
	{ "eac3.eac3", ES_EAC3, 0, 32000000 },
	{ "flac.flac", ES_FLAC, 1, 21333333 },
	{ "h264_annexb.h264", ES_H264, 0, 40000000 },
	{ "hevc_annexb.h265", ES_H265, 0, 40000000 },
	{ "mp3.mp3", ES_MP3, 0, 26122449 },
	{ "opus.ogg", ES_OGG, 1, 20000000 },
	{ "vp9.ivf", ES_IVF, 0, 40000000 },
};
#define NFILES (sizeof(files) / sizeof(*files))

/* ---- What came ---- */

struct got {
	char *text; /* a line for each frame: size, hash */
	size_t len, cap;
	int frames, configs;
	int back; /* times that step back, or pts before dts */
	int64_t first_dts, last_dts, max_pts;
	int err;
};

static void
add_frame(struct got *g, const struct rtmp_frame *f)
{
	char hash[65];

	if (f->kind == RTMP_KIND_CONFIG) {
		g->configs++;
		return;
	}
	if (g->cap - g->len < 64) {
		g->cap = 2 * g->cap + 4096;
		g->text = realloc(g->text, g->cap);
	}
	sha256_hex(f->data, f->size, hash);
	g->len += (size_t)sprintf(g->text + g->len, "%zu %.32s\n", f->size,
	    hash);
	if (g->frames == 0)
		g->first_dts = f->dts;
	g->back += f->pts < f->dts || (g->frames != 0 &&
	    f->dts <= g->last_dts);
	g->last_dts = f->dts;
	if (f->pts > g->max_pts || g->frames == 0)
		g->max_pts = f->pts;
	g->frames++;
}

static void
drain(struct es_reader *r, struct got *g)
{
	struct rtmp_frame f;
	int ret;

	while ((ret = es_reader_next(r, &f)) == 1)
		add_frame(g, &f);
	g->err = ret;
}

/* piece 0: of random sizes. */
static void
read_all(struct got *g, enum es_format format, const uint8_t *data,
    size_t size, size_t piece)
{
	struct es_reader *r = es_reader_new(format, format == ES_OBU ? 25 :
	    0);
	uint32_t seed = 1;
	uint8_t *copy;
	size_t n;

	memset(g, 0, sizeof(*g));
	assert_non_null(r);
	for (; size != 0 && g->err == 0; data += n, size -= n) {
		n = piece != 0 ? piece : 1 + next_random(&seed) % 3000;
		if (n > size)
			n = size;
		copy = malloc(n);
		memcpy(copy, data, n);
		assert_int_equal(es_reader_feed(r, copy, n), 0);
		free(copy);
		drain(r, g);
	}
	assert_int_equal(es_reader_feed(r, NULL, 0), 0);
	if (g->err == 0)
		drain(r, g);
	es_reader_free(r);
}

static void
free_got(struct got *g)
{
	free(g->text);
}

/* Sizes and hashes of NAME.packets. */
static char *
load_truth(const char *name, int *frames)
{
	char path[96], hash[40], key[4], *out, *p;
	uint8_t *list;
	const char *line;
	size_t size, pos, n, used = 0;

	snprintf(path, sizeof(path), "es/%s.packets", name);
	list = load_data(path, &size);
	p = malloc(size + 1);
	memcpy(p, list, size);
	p[size] = '\0';
	out = calloc(1, size + 1);
	*frames = 0;
	for (line = strchr(p, '\n'); line != NULL && line[1] != '\0';
	    line = strchr(line + 1, '\n')) {
		if (sscanf(line, "%zu %zu %3s %39s", &pos, &n, key, hash) !=
		    4)
			break;
		used += (size_t)sprintf(out + used, "%zu %.32s\n", n, hash);
		++*frames;
	}
	free(p);
	free(list);
	return out;
}

/* ---- Tests ---- */

static void
every_frame_equals_the_truth_in_pieces_of_any_size(void **state)
{
	static const size_t pieces[] = { 10000000, 1, 7, 188, 4096, 0 };
	struct got g;
	uint8_t *data;
	char *truth, name[64];
	size_t i, k, size;
	int frames;

	(void)state;
	for (i = 0; i < NFILES; i++) {
		snprintf(name, sizeof(name), "es/%s", files[i].name);
		data = load_data(name, &size);
		truth = load_truth(files[i].name, &frames);
		for (k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
			read_all(&g, files[i].format, data, size, pieces[k]);
			assert_int_equal(g.err, 0);
			assert_int_equal(g.frames, frames);
			assert_int_equal(g.configs, files[i].configs);
			assert_int_equal(g.back, 0);
			assert_string_equal(g.text, truth);
			free_got(&g);
		}
		free(truth);
		free(data);
	}
}

static void
times_go_on_by_the_length_of_a_frame(void **state)
{
	struct got g;
	uint8_t *data;
	char name[64];
	size_t i, size;
	int64_t want;

	(void)state;
	for (i = 0; i < NFILES; i++) {
		snprintf(name, sizeof(name), "es/%s", files[i].name);
		data = load_data(name, &size);
		read_all(&g, files[i].format, data, size, 65536);
		want = files[i].step * (g.frames - 1);
		/* IVF files have their times in milliseconds. */
		assert_true(llabs(g.last_dts - g.first_dts - want) <
		    RTMP_NS_PER_MS);
		/* Two pictures are held back by a decoder of the first. */
		assert_int_equal(g.first_dts,
		    files[i].format == ES_H264 ? -80000000 :
		    files[i].format == ES_H265 ? -80000000 :
		    files[i].format == ES_OGG ? -6500000 : 0);
		if (g.first_dts == -80000000)
			assert_int_equal(g.max_pts, want);
		free_got(&g);
		free(data);
	}
}

/* What follows a hole is found again, and the hole is counted. */
static void
damage_costs_a_few_frames(void **state)
{
	struct es_reader *r;
	struct got g;
	uint8_t *data;
	char name[64], *truth;
	size_t i, size;
	int frames;

	(void)state;
	for (i = 0; i < NFILES; i++) {
		if (files[i].format == ES_OBU || files[i].format == ES_IVF ||
		    files[i].format == ES_H264 || files[i].format == ES_H265)
			continue; /* nothing to find the way back by */
		snprintf(name, sizeof(name), "es/%s", files[i].name);
		data = load_data(name, &size);
		truth = load_truth(files[i].name, &frames);
		memset(&g, 0, sizeof(g));
		r = es_reader_new(files[i].format, 0);
		es_reader_feed(r, data, size / 2);
		drain(r, &g);
		es_reader_feed(r, data + size / 2 + 100,
		    size - size / 2 - 100);
		drain(r, &g);
		es_reader_feed(r, NULL, 0);
		drain(r, &g);
		assert_int_equal(g.err, 0);
		/* A page of Ogg holds a second. */
		assert_in_range(g.frames, frames - 60, frames);
		assert_true(es_reader_skipped(r) > 0);
		es_reader_free(r);
		free_got(&g);
		free(truth);
		free(data);
	}
}

static void
what_is_no_such_stream_is_said(void **state)
{
	static const uint8_t zeros[100000];
	struct es_reader *r;
	struct rtmp_frame f;
	int format;

	(void)state;
	/* A-law and mu-law may be any bytes. */
	for (format = ES_H264; format <= ES_WAV; format++) {
		r = es_reader_new((enum es_format)format, 25);
		assert_int_equal(es_reader_feed(r, zeros, sizeof(zeros)), 0);
		while (es_reader_next(r, &f) == 1)
			;
		assert_int_equal(es_reader_feed(r, NULL, 0), 0);
		assert_int_equal(es_reader_next(r, &f), RTMP_ERR_PROTO);
		assert_string_not_equal(es_reader_error(r), "");
		es_reader_free(r);
	}
}

/* Bytes changed at random: frames or an error, but no crash, and an end. */
static void
any_bytes_can_be_read(void **state)
{
	struct got g;
	uint8_t *data;
	char name[64];
	uint32_t seed = 3;
	size_t i, k, n, size, cut;

	(void)state;
	for (i = 0; i < NFILES; i++) {
		snprintf(name, sizeof(name), "es/%s", files[i].name);
		data = load_data(name, &size);
		cut = size < 30000 ? size : 30000;
		for (k = 0; k < 20; k++) {
			for (n = 0; n < 40; n++)
				data[next_random(&seed) % cut] =
				    (uint8_t)next_random(&seed);
			read_all(&g, files[i].format, data, cut, 0);
			free_got(&g);
		}
		free(data);
	}
}

/* Dependent substreams belong to the frame before them. */
static void
substreams_of_eac3_stay_together(void **state)
{
	uint8_t data[4 * 64];
	struct es_reader *r = es_reader_new(ES_EAC3, 0);
	struct rtmp_frame f;
	int i;

	(void)state;
	memset(data, 0, sizeof(data));
	for (i = 0; i < 4; i++) {
		data[64 * i] = 0x0b;
		data[64 * i + 1] = 0x77;
		data[64 * i + 2] = i % 2 ? 0x40 : 0; /* dependent */
		data[64 * i + 3] = 31;		     /* 32 words */
		data[64 * i + 4] = 0x30;	     /* 48 kHz, 6 blocks */
		data[64 * i + 5] = 16 << 3;
	}
	es_reader_feed(r, data, sizeof(data));
	assert_int_equal(es_reader_next(r, &f), 1);
	assert_int_equal(f.size, 128);
	assert_int_equal(f.codec, RTMP_CODEC_EAC3);
	assert_int_equal(es_reader_next(r, &f), 0);
	es_reader_feed(r, NULL, 0);
	assert_int_equal(es_reader_next(r, &f), 1);
	assert_int_equal(f.size, 128);
	assert_int_equal(f.pts, 32000000);
	assert_int_equal(es_reader_next(r, &f), 0);
	es_reader_free(r);
}

static void
tables_and_tags_of_mp3_are_no_sound(void **state)
{
	struct got g, plain;
	uint8_t *data, *tagged;
	size_t size, frame = 417;

	(void)state;
	data = load_data("es/mp3.mp3", &size);
	read_all(&plain, ES_MP3, data, size, 1000);
	tagged = calloc(1, size + 30 + frame + 128);
	memcpy(tagged, "ID3\4\0\0\0\0\0\24", 10);
	memcpy(tagged + 30, "\xff\xfb\x90\x00", 4); /* 128 kbit/s */
	memcpy(tagged + 30 + 36, "Info", 4);
	memcpy(tagged + 30 + frame, data, size);
	memcpy(tagged + 30 + frame + size, "TAG", 3);
	read_all(&g, ES_MP3, tagged, size + 30 + frame + 128, 100);
	assert_int_equal(g.err, 0);
	assert_int_equal(g.frames, plain.frames);
	assert_string_equal(g.text, plain.text);
	free_got(&g);
	free_got(&plain);
	free(tagged);
	free(data);
}

/* ---- Sound without a codec ---- */

struct wav {
	uint8_t bytes[8000];
	size_t size;
};

static void
wav_put(struct wav *w, const void *data, size_t size)
{
	memcpy(w->bytes + w->size, data, size);
	w->size += size;
}

static void
wav_put_number(struct wav *w, uint32_t v, size_t bytes)
{
	for (; bytes-- != 0; v >>= 8)
		w->bytes[w->size++] = (uint8_t)v;
}

static void
wav_put_chunk(struct wav *w, const char *name, uint32_t size)
{
	wav_put(w, name, 4);
	wav_put_number(w, size, 4);
}

/* Up to the samples.  The chunks that are not looked at have an odd size. */
static void
wav_begin(struct wav *w, unsigned format, unsigned channels, uint32_t rate,
    unsigned bits, uint32_t size)
{
	w->size = 0;
	wav_put_chunk(w, "RIFF", 0xffffffff);
	wav_put(w, "WAVE", 4);
	wav_put_chunk(w, "bext", 3);
	wav_put(w, "data", 4);
	wav_put_chunk(w, "fmt ", format == 0xfffe ? 40 : 16);
	wav_put_number(w, format, 2);
	wav_put_number(w, channels, 2);
	wav_put_number(w, rate, 4);
	wav_put_number(w, rate * channels * bits / 8, 4);
	wav_put_number(w, channels * bits / 8, 2);
	wav_put_number(w, bits, 2);
	if (format == 0xfffe) { /* PCM all the same */
		wav_put(w, "\26\0\20\0\3\0\0\0\1\0\0\0\0\0\20\0"
		    "\200\0\0\252\0\70\233\161", 24);
	}
	wav_put_chunk(w, "LIST", 1);
	wav_put(w, "x", 2);
	wav_put_chunk(w, "data", size);
}

/* Puts samples, and says what is to come of them. */
static char *
wav_put_samples(struct wav *w, size_t size, size_t packet)
{
	char *want = calloc(1, 1000), *p = want, hash[65];
	size_t i, n;

	for (i = 0; i < size; i++)
		w->bytes[w->size + i] = (uint8_t)(i * 7);
	for (i = 0; i < size; i += n) {
		n = size - i < packet ? size - i : packet;
		sha256_hex(w->bytes + w->size + i, n, hash);
		p += sprintf(p, "%zu %.32s\n", n, hash);
	}
	w->size += size;
	return want;
}

static void
expect_sound(enum es_format format, const struct wav *w, const char *want,
    int64_t last)
{
	static const size_t pieces[] = { 10000, 1, 7, 0 };
	struct got g;
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		read_all(&g, format, w->bytes, w->size, pieces[i]);
		assert_int_equal(g.err, 0);
		assert_string_equal(g.text, want);
		assert_int_equal(g.first_dts, 0);
		assert_int_equal(g.last_dts, last);
		free_got(&g);
	}
}

static void
samples_go_in_packets_of_a_fiftieth_of_a_second(void **state)
{
	struct wav w;
	char *want;

	(void)state;
	/* 11025 / 50 = 220; what follows the samples is no sound */
	wav_begin(&w, 1, 2, 11025, 16, 3000);
	want = wav_put_samples(&w, 3000, 880);
	wav_put_chunk(&w, "LIST", 100);
	memset(w.bytes + w.size, 1, 100);
	w.size += 100;
	expect_sound(ES_WAV, &w, want, 3LL * 220 * 1000000000 / 11025);
	free(want);
	/* a pipe, which ends with half a sample */
	wav_begin(&w, 0xfffe, 2, 44100, 16, 0xffffffff);
	want = wav_put_samples(&w, 5000, 3528);
	w.size += 3;
	expect_sound(ES_WAV, &w, want, 20000000);
	free(want);
	/* cut off */
	wav_begin(&w, 6, 1, 8000, 8, 1000);
	want = wav_put_samples(&w, 170, 160);
	expect_sound(ES_WAV, &w, want, 20000000);
	free(want);
	/* without a header */
	w.size = 0;
	want = wav_put_samples(&w, 330, 160);
	expect_sound(ES_ULAW, &w, want, 40000000);
	expect_sound(ES_ALAW, &w, want, 40000000);
	free(want);
}

static void
frames_say_what_sound_it_is(void **state)
{
	static const struct {
		unsigned format, channels;
		uint32_t rate;
		unsigned bits;
		enum rtmp_codec codec; /* UNKNOWN: refused */
	} cases[] = {
		{ 1, 1, 5512, 8, RTMP_CODEC_PCM_LE },
		{ 1, 2, 22050, 16, RTMP_CODEC_PCM_LE },
		{ 1, 2, 44100, 16, RTMP_CODEC_PCM_LE },
		{ 6, 1, 8000, 8, RTMP_CODEC_G711A },
		{ 7, 2, 8000, 8, RTMP_CODEC_G711U },
		{ 1, 2, 48000, 16, 0 }, /* no header can say so */
		{ 1, 2, 8000, 16, 0 },
		{ 1, 1, 44100, 24, 0 },
		{ 1, 6, 44100, 16, 0 },
		{ 1, 0, 44100, 16, 0 },
		{ 1, 257, 44100, 16, 0 },
		{ 3, 2, 44100, 32, 0 }, /* floating point */
		{ 6, 1, 44100, 8, 0 },
		{ 0x55, 2, 44100, 16, 0 }, /* MP3 */
	};
	struct es_reader *r;
	struct rtmp_frame f;
	struct wav w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		wav_begin(&w, cases[i].format, cases[i].channels,
		    cases[i].rate, cases[i].bits, 4000);
		free(wav_put_samples(&w, 4000, 4000));
		r = es_reader_new(ES_WAV, 0);
		es_reader_feed(r, w.bytes, w.size);
		if (cases[i].codec == RTMP_CODEC_UNKNOWN) {
			assert_int_equal(es_reader_next(r, &f),
			    RTMP_ERR_PROTO);
			assert_memory_equal(es_reader_error(r), "RTMP has", 8);
		} else {
			assert_int_equal(es_reader_next(r, &f), 1);
			assert_int_equal(f.codec, cases[i].codec);
			assert_int_equal(f.sample_rate, cases[i].rate);
			assert_int_equal(f.channels, cases[i].channels);
			assert_int_equal(f.sample_size, cases[i].bits);
		}
		es_reader_free(r);
	}
}

/* Damage ends in an error or in other sound; nothing is read that is not
 * there. */
static void
any_bytes_can_be_sound(void **state)
{
	uint32_t seed = 5;
	struct got g;
	struct wav w;
	size_t i, k;

	(void)state;
	for (i = 0; i < 300; i++) {
		wav_begin(&w, i & 1 ? 1 : 0xfffe, 2, 44100, 16, 4000);
		for (k = 0; k < 1 + i % 4; k++)
			w.bytes[next_random(&seed) % w.size] =
			    (uint8_t)next_random(&seed);
		free(wav_put_samples(&w, 4000, 4000));
		read_all(&g, ES_WAV, w.bytes, w.size, i % 3);
		assert_true(g.err == 0 || g.err == RTMP_ERR_PROTO);
		free_got(&g);
	}
}

/* From libspeex, its lowest quality: a packet with one frame, one with three,
 * what it sends for silence; and the header. */
static void
frames_of_speex_are_counted(void **state)
{
	static const struct {
		const char *packet;
		unsigned frames;
	} cases[] = {
		{ "405488075cf027114215270c00000f", 1 },
		{ "405488075c8558e00271270c0000080a9100eba2842ac70024e18000"
		    "010152201d72711421563c9c3000003f", 3 },
		{ "0c03", 1 },
		{ "7fffff", 1 }, /* nothing but an end */
		{ "00000000000000000000000000000000", 16 },
	};
	uint8_t head[ES_SPEEX_HEAD_SIZE], *packet;
	uint32_t headers, samples;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		packet = from_hex(cases[i].packet, &size);
		assert_int_equal(es_speex_frames(packet, size),
		    cases[i].frames);
		free(packet);
	}
	es_speex_head_write(head, 3);
	assert_int_equal(es_speex_head_read(head, sizeof(head), &headers,
	    &samples), 0);
	assert_int_equal(headers, 1);
	assert_int_equal(samples, 960);
	assert_int_equal(es_speex_head_read(head, sizeof(head) - 1, &headers,
	    &samples), -1);
	head[37] = 31; /* 8000 Hz */
	assert_int_equal(es_speex_head_read(head, sizeof(head), &headers,
	    &samples), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_frame_equals_the_truth_in_pieces_of_any_size),
		cmocka_unit_test(times_go_on_by_the_length_of_a_frame),
		cmocka_unit_test(damage_costs_a_few_frames),
		cmocka_unit_test(what_is_no_such_stream_is_said),
		cmocka_unit_test(any_bytes_can_be_read),
		cmocka_unit_test(substreams_of_eac3_stay_together),
		cmocka_unit_test(tables_and_tags_of_mp3_are_no_sound),
		cmocka_unit_test(
		    samples_go_in_packets_of_a_fiftieth_of_a_second),
		cmocka_unit_test(frames_say_what_sound_it_is),
		cmocka_unit_test(any_bytes_can_be_sound),
		cmocka_unit_test(frames_of_speex_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
