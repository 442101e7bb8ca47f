/* Frames to packets: what is refused, and what is bounded. */
#include "support/bench.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

/* ---- What a program gets wrong ---- */

/* Each is refused in words, leaves no packet, and the next frame goes. */
static void
mistakes_are_refused_in_words(void **state)
{
	static const struct {
		const char *words, *hex;
		enum rtmp_codec codec;
		enum rtmp_kind kind;
		enum rtmp_form form;
		int64_t pts, dts;
	} cases[] = {
		{ "no codec, or one that has no such frame", "658880",
		    RTMP_CODEC_UNKNOWN, RTMP_KIND_CODED, 0, 0, 0 },
		{ "no codec, or one that has no such frame", "658880",
		    (enum rtmp_codec)40, RTMP_KIND_CODED, 0, 0, 0 },
		{ "no codec, or one that has no such frame", "658880",
		    (enum rtmp_codec)200, RTMP_KIND_COMMAND, 0, 0, 0 },
		{ "no codec, or one that has no such frame", "658880",
		    RTMP_CODEC_H264, (enum rtmp_kind)77, 0, 0, 0 },
		{ "a form that this codec does not have", "00000001658880",
		    RTMP_CODEC_H264, RTMP_KIND_CODED, RTMP_FORM_ADTS, 0, 0 },
		{ "a form that this codec does not have", "00000001658880",
		    RTMP_CODEC_HEVC, RTMP_KIND_CODED, RTMP_FORM_RAW, 0, 0 },
		{ "a form that this codec does not have", "2120",
		    RTMP_CODEC_AAC, RTMP_KIND_CODED, RTMP_FORM_LENGTH, 0, 0 },
		{ "a form that this codec does not have", "f8",
		    RTMP_CODEC_OPUS, RTMP_KIND_CODED, RTMP_FORM_ADTS, 0, 0 },
		{ "a form that this codec does not have", "00000001658880",
		    RTMP_CODEC_H264, RTMP_KIND_CODED, (enum rtmp_form)9, 0,
		    0 },
		{ "no pts, or one out of all bounds", "00000001658880",
		    RTMP_CODEC_H264, RTMP_KIND_CODED, 0, RTMP_NO_TIME, 0 },
		{ "no pts, or one out of all bounds", "00000001658880",
		    RTMP_CODEC_H264, RTMP_KIND_CODED, 0, INT64_MAX,
		    INT64_MAX },
		{ "a negative time, which rtmp_timeline_fix() repairs",
		    "00000001658880", RTMP_CODEC_H264, RTMP_KIND_CODED, 0, 0,
		    -40 * (int64_t)MS },
		{ "pts - dts does not fit a composition time",
		    "00000001658880", RTMP_CODEC_H264, RTMP_KIND_CODED, 0, 0,
		    3 * 3600000 * (int64_t)MS },
	};
	struct bench b;
	size_t i;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_hex(&b, "00000001658880"), RTMP_ERR_INVAL);
	assert_string_equal(rtmp_packetizer_error(b.p),
	    "no parameter sets came before the frame");
	assert_int_equal(put_key(&b, "000001658880"), 0);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		b.f.codec = cases[i].codec;
		b.f.kind = cases[i].kind;
		b.f.form = cases[i].form;
		b.f.pts = cases[i].pts;
		b.f.dts = cases[i].dts;
		assert_int_equal(put_hex(&b, cases[i].hex), RTMP_ERR_INVAL);
		assert_string_equal(rtmp_packetizer_error(b.p),
		    cases[i].words);
		assert_int_equal(b.list.count, 0);
		rtmp_frame_init(&b.f, sizeof(b.f));
		b.f.codec = RTMP_CODEC_H264;
		assert_int_equal(put_hex(&b, "00000001658880"), 0);
		assert_int_equal(b.list.count, 1);
	}
	end(&b);
}

/* A key flag is believed, and added where the data says so; pts may be before
 * dts; nothing makes nothing. */
static void
what_is_odd_but_can_be_said_goes_out(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "00000001419a"), 0);
	expect(&b, 0, V, 0, "1701000000 00000002419a");
	b.f.flags = 0;
	assert_int_equal(put_hex(&b, "00000001658880"), 0);
	expect(&b, 0, V, 0, "1701000000 00000003658880");
	b.f.dts = 120 * MS;
	assert_int_equal(put_hex(&b, "00000001419a"), 0);
	expect(&b, 0, V, 120, "2701ffff88 00000002419a");
	b.f.dts = 80 * MS; /* back */
	assert_int_equal(put_hex(&b, "00000001419a"), 0);
	expect(&b, 0, V, 80, "2701ffffb0 00000002419a");
	assert_int_equal(put_data(&b, "", 0), 0);
	assert_int_equal(b.list.count, 0);
	b.f.codec = RTMP_CODEC_OPUS;
	assert_int_equal(put_data(&b, "", 0), 0);
	assert_int_equal(b.list.count, 0);
	end(&b);
}

static void
options_and_frames_may_be_of_an_older_program(void **state)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	struct rtmp_packet packet;
	struct rtmp_frame f;

	(void)state;
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = (enum rtmp_signalling)9;
	assert_int_equal(rtmp_packetizer_new(&p, &opt), RTMP_ERR_INVAL);
	opt.signalling = RTMP_SIGNAL_LEGACY_FIRST;
	opt.multitrack = (enum rtmp_multitrack)9;
	assert_int_equal(rtmp_packetizer_new(&p, &opt), RTMP_ERR_INVAL);
	opt.struct_size = offsetof(struct rtmp_packetizer_options, multitrack);
	assert_int_equal(rtmp_packetizer_new(&p, &opt), 0);
	memset(&f, 0xff, sizeof(f));
	rtmp_frame_init(&f, offsetof(struct rtmp_frame, sample_rate));
	f.codec = RTMP_CODEC_PCM_LE;
	f.data = (const uint8_t *)"ab";
	f.size = 2;
	assert_int_equal(rtmp_packetizer_put(p, &f), 0);
	assert_int_equal(rtmp_packetizer_next(p, &packet), 1);
	expect_hex(&packet, A, 0, "3f 6162");
	rtmp_packetizer_free(p);
	rtmp_packetizer_free(NULL);
}

/* ---- Bounds ---- */

/* Start codes only, one-byte NAL units, and any bytes: never more than 1.5
 * times the input, 64 bytes for each packet and a record. */
static void
output_is_bounded(void **state)
{
	static const enum rtmp_codec codecs[] = { RTMP_CODEC_H264,
		RTMP_CODEC_HEVC, RTMP_CODEC_VVC, RTMP_CODEC_AV1,
		RTMP_CODEC_VP9, RTMP_CODEC_AAC, RTMP_CODEC_OPUS };
	enum { SIZE = 4000 };
	uint8_t *data = malloc(SIZE);
	uint32_t seed = 3;
	size_t i, j, k, total;
	struct bench b;

	(void)state;
	assert_non_null(data);
	for (i = 0; i < 7 * 40; i++) {
		begin(&b, codecs[i % 7]);
		for (j = 0; j < SIZE; j++)
			data[j] = (uint8_t)next_random(&seed);
		for (j = 0; j + 4 <= SIZE; j += 4)
			if (i >= 7 * 20 || next_random(&seed) % 8 == 0)
				memcpy(data + j, i & 1 ? "\0\0\1\x41" :
				    "\xff\xf1\x50\x80", 4);
		memcpy(data, "\0\0\1\x41", 4);
		b.f.kind = RTMP_KIND_CONFIG;
		if (codecs[i % 7] == RTMP_CODEC_H264)
			assert_int_equal(put_data(&b, avcc, avcc_size), 0);
		b.f.kind = RTMP_KIND_CODED;
		for (k = 0; k < 20; k++) {
			size_t size = next_random(&seed) % SIZE + 1;

			put_data(&b, data, size);
			for (total = j = 0; j < b.list.count; j++)
				total += b.list.items[j].size;
			assert_true(total <= size * 3 / 2 +
			    64 * b.list.count + RTMP_MEDIA_CONFIG_MAX);
		}
		end(&b);
	}
	free(data);
}

static void
what_is_larger_than_a_message_is_refused(void **state)
{
	uint8_t *data = calloc(1, 0x1000000);
	struct bench b;

	(void)state;
	assert_non_null(data);
	begin(&b, RTMP_CODEC_PCM_LE);
	assert_int_equal(rtmp_packetizer_new(&b.p, NULL), 0);
	b.f.data = data;
	b.f.size = 0x1000000;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), RTMP_ERR_INVAL);
	assert_string_equal(rtmp_packetizer_error(b.p),
	    "more than a message holds, 16 MiB");
	b.f.size = 0xffffff;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), RTMP_ERR_INVAL);
	b.f.size = 0xffff00;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), 0);
	end(&b);
	free(data);
}

static int
use_everything(struct test_mem *m, void *arg)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p = NULL;
	struct rtmp_packet packet;
	struct rtmp_frame f;
	uint8_t key[512];
	int ret, i;

	(void)arg;
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.mem = &m->mem;
	ret = rtmp_packetizer_new(&p, &opt);
	memcpy(key, sets, sets_size);
	memcpy(key + sets_size, "\0\0\1\x65\x88", 5);
	for (i = 0; i < 6 && ret == 0; i++) {
		rtmp_frame_init(&f, sizeof(f));
		f.codec = i < 4 ? RTMP_CODEC_H264 : RTMP_CODEC_OPUS;
		f.track = (uint8_t)(i & 1);
		f.flags = i == 2 || i == 4 ? RTMP_FRAME_MORE : 0;
		f.data = i < 4 ? key : (const uint8_t *)"\xf8";
		f.size = i < 4 ? sets_size + 5 : 1;
		ret = rtmp_packetizer_put(p, &f);
		while (ret == 0 &&
		    (ret = rtmp_packetizer_next(p, &packet)) == 1)
			ret = 0;
	}
	rtmp_packetizer_free(p);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	(void)state;
	each_allocation_fails(use_everything, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_refused_in_words),
		cmocka_unit_test(what_is_odd_but_can_be_said_goes_out),
		cmocka_unit_test(
		    options_and_frames_may_be_of_an_older_program),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(what_is_larger_than_a_message_is_refused),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("media packetizer limits", tests,
	    load_sets, free_sets);
}
