/* The readers of elementary streams that rtmp-push has: every frame of the
 * files equals the truth beside them, however the bytes come. */
#include "es_got.h"
#include "support/media.h"

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

/* The lines of the frames that NAME.packets tells of. */
static char *
truth_of(const char *name, int *frames)
{
	char path[64], *text, *p;
	struct truth *list;
	size_t i, count;

	snprintf(path, sizeof(path), "es/%s", name);
	list = load_truth(path, &count);
	p = text = malloc(count * GOT_LINE);
	assert_non_null(text);
	for (i = 0; i < count; i++)
		p += sprintf(p, "%zu %s\n", list[i].size, list[i].hash);
	*frames = (int)count;
	free(list);
	return text;
}

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
		truth = truth_of(files[i].name, &frames);
		for (k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
			got_all(&g, files[i].format, data, size, pieces[k]);
			assert_int_equal(g.err, 0);
			assert_int_equal(g.frames, frames);
			assert_int_equal(g.configs, files[i].configs);
			assert_int_equal(g.back, 0);
			assert_string_equal(g.text, truth);
			got_free(&g);
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
		got_all(&g, files[i].format, data, size, 65536);
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
		got_free(&g);
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
		truth = truth_of(files[i].name, &frames);
		memset(&g, 0, sizeof(g));
		r = es_reader_new(files[i].format, 0);
		es_reader_feed(r, data, size / 2);
		got_drain(&g, r);
		es_reader_feed(r, data + size / 2 + 100,
		    size - size / 2 - 100);
		got_drain(&g, r);
		es_reader_feed(r, NULL, 0);
		got_drain(&g, r);
		assert_int_equal(g.err, 0);
		/* A page of Ogg holds a second. */
		assert_in_range(g.frames, frames - 60, frames);
		assert_true(es_reader_skipped(r) > 0);
		es_reader_free(r);
		got_free(&g);
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
			got_all(&g, files[i].format, data, cut, 0);
			got_free(&g);
		}
		free(data);
	}
}

static void
a_time_beyond_all_bounds_is_said(void **state)
{
	struct got g;
	uint8_t *data;
	size_t size;

	(void)state;
	data = load_data("es/vp9.ivf", &size);
	memset(data + 16, 0xff, 8); /* rate and scale: a unit is a second */
	memset(data + 32 + 4, 0, 8);
	memset(data + 32 + 12 + (data[32] | data[33] << 8) + 4, 0x7f, 8);
	got_all(&g, ES_IVF, data, size, 1000);
	assert_int_equal(g.err, RTMP_ERR_PROTO);
	assert_int_equal(g.frames, 1);
	got_free(&g);
	free(data);
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
	got_all(&plain, ES_MP3, data, size, 1000);
	tagged = calloc(1, size + 30 + frame + 128);
	memcpy(tagged, "ID3\4\0\0\0\0\0\24", 10);
	memcpy(tagged + 30, "\xff\xfb\x90\x00", 4); /* 128 kbit/s */
	memcpy(tagged + 30 + 36, "Info", 4);
	memcpy(tagged + 30 + frame, data, size);
	memcpy(tagged + 30 + frame + size, "TAG", 3);
	got_all(&g, ES_MP3, tagged, size + 30 + frame + 128, 100);
	assert_int_equal(g.err, 0);
	assert_int_equal(g.frames, plain.frames);
	assert_string_equal(g.text, plain.text);
	got_free(&g);
	got_free(&plain);
	free(tagged);
	free(data);
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
		cmocka_unit_test(a_time_beyond_all_bounds_is_said),
		cmocka_unit_test(substreams_of_eac3_stay_together),
		cmocka_unit_test(tables_and_tags_of_mp3_are_no_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
