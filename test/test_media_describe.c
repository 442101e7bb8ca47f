#include <rtmpio/media.h>

#include "support/media_data.h"

/* ---- Helpers ---- */

static struct rtmp_config_info info;

static int
describe(enum rtmp_codec codec, const uint8_t *data, size_t size)
{
	rtmp_config_info_init(&info, sizeof(info));
	return rtmp_config_describe(&info, codec, data, size);
}

/* NULL: it has no name. */
static void
expect_profile(const char *profile, unsigned number)
{
	if (profile != NULL)
		assert_string_equal(info.profile, profile);
	else
		assert_null(info.profile);
	assert_int_equal(info.profile_number, number);
}

/* All but what sound has; NULL: not told. */
static void
expect_video(const char *profile, unsigned number, const char *level,
    uint32_t width, uint32_t height, const char *chroma, uint8_t bits)
{
	expect_profile(profile, number);
	assert_string_equal(info.level, level);
	assert_int_equal(info.width, width);
	assert_int_equal(info.height, height);
	if (chroma != NULL)
		assert_string_equal(info.chroma, chroma);
	else
		assert_null(info.chroma);
	assert_int_equal(info.bit_depth, bits);
	assert_int_equal(info.sample_rate, 0);
	assert_int_equal(info.channels, 0);
}

static void
expect_sound(const char *profile, unsigned number, uint32_t rate,
    uint8_t channels, uint8_t bits)
{
	expect_profile(profile, number);
	assert_int_equal(info.sample_rate, rate);
	assert_int_equal(info.channels, channels);
	assert_int_equal(info.bit_depth, bits);
	assert_string_equal(info.level, "");
	assert_null(info.chroma);
	assert_int_equal(info.width, 0);
	assert_int_equal(info.length_size, 0);
}

static void
describe_flv(enum rtmp_codec codec, const char *name, const char *fourcc)
{
	size_t size;
	uint8_t *record = media_flv_config(name, fourcc, 0, &size);

	assert_int_equal(describe(codec, record, size), 0);
	free(record);
}

/* The SPS of test_media_vvc.c in a record of its own: 208x120. */
#define VVC_SPS 0x0f, 0, 1, 0, 30, 0x00, 0x79, 0x01, 0x0d, 0x22, 0x23, 0xc0, \
	0x00, 0x40, 0x34, 0x40, 0xf2, 0x35, 0x00, 0x23, 0xd1, 0x1b, 0xa2, \
	0x11, 0xa2, 0x14, 0x99, 0x19, 0x84, 0xd9, 0x58, 0xc1, 0x02, 0x09, 0xe0

static const uint8_t vvc[] = { 0xff, 0x00, 0x11, 0x5f, 0x01, 0x22, 0x23, 0xc0,
	0x00, 0x00, 0xd0, 0x00, 0x78, 0x19, 0x00, 1, VVC_SPS };

/* ---- What is told ---- */

static void
records_of_video_are_described(void **state)
{
	static const uint8_t no_ptl[] = { 0xfc, 1, VVC_SPS };
	static const uint8_t vp8[] = { 1, 0, 0, 0, 0, 0, 0x80, 2, 2, 2, 0, 0 };

	(void)state;
	describe_flv(RTMP_CODEC_H264, "h264_aac", "AVC ");
	expect_video("High", 100, "1.3", 320, 180, "4:2:0", 8);
	assert_true(info.frame_rate > 24.99 && info.frame_rate < 25.01);
	assert_int_equal(info.length_size, 4);
	describe_flv(RTMP_CODEC_HEVC, "hevc_aac", "hvc1");
	expect_video("Main", 1, "2.0", 320, 180, "4:2:0", 8);
	assert_int_equal(info.length_size, 4);
	describe_flv(RTMP_CODEC_AV1, "av1_opus", "av01");
	expect_video("Main", 0, "2.0", 320, 180, "4:2:0", 8);
	describe_flv(RTMP_CODEC_VP9, "vp9_opus", "vp09");
	expect_video("Profile 0", 0, "1.1", 0, 0, "4:2:0", 8);

	assert_int_equal(describe(RTMP_CODEC_VP8, vp8, sizeof(vp8)), 0);
	expect_video("Profile 0", 0, "", 0, 0, "4:2:0", 8);
	assert_int_equal(describe(RTMP_CODEC_VVC, vvc, sizeof(vvc)), 0);
	expect_video("Multilayer Main 10", 17, "2.1", 208, 120, "4:2:0", 10);
	assert_true(info.frame_rate > 24.99 && info.frame_rate < 25.01);
	/* What the SPS says of them the record does not. */
	assert_int_equal(describe(RTMP_CODEC_VVC, no_ptl, sizeof(no_ptl)), 0);
	expect_video(NULL, 0, "", 208, 120, NULL, 0);
	assert_int_equal(info.length_size, 3);
}

static void
depths_of_av1_follow_two_flags(void **state)
{
	static const struct {
		uint8_t flags, bits;
		const char *chroma;
	} rows[] = {
		{ 0x0c, 8, "4:2:0" }, { 0x48, 10, "4:2:2" },
		{ 0x60, 12, "4:4:4" }, { 0x1c, 8, "4:0:0" },
		{ 0x2c, 8, "4:2:0" } /* twelve_bit means nothing alone */
	};
	uint8_t record[4] = { 0x81, 0x48, 0, 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record[2] = rows[i].flags;
		assert_int_equal(describe(RTMP_CODEC_AV1, record, 4), 0);
		expect_video("Professional", 2, "4.0", 0, 0, rows[i].chroma,
		    rows[i].bits);
	}
	record[1] = 0x1f;
	record[2] = 0x8c;
	assert_int_equal(describe(RTMP_CODEC_AV1, record, 4), 0);
	expect_video("Main", 0, "max", 0, 0, "4:2:0", 8);
	record[1] = 0x1e;
	assert_int_equal(describe(RTMP_CODEC_AV1, record, 4), 0);
	expect_video("Main", 0, "9.2 High tier", 0, 0, "4:2:0", 8);
}

static void
records_of_sound_are_described(void **state)
{
	static const uint8_t he_aac_v2[] = { 0xeb, 0x8a, 0x08, 0x00 };

	(void)state;
	describe_flv(RTMP_CODEC_AAC, "h264_aac", "AAC ");
	expect_sound("AAC-LC", 2, 44100, 2, 0);
	describe_flv(RTMP_CODEC_OPUS, "av1_opus", "Opus");
	expect_sound(NULL, 0, 48000, 2, 0);
	describe_flv(RTMP_CODEC_FLAC, "hevc_flac", "fLaC");
	expect_sound(NULL, 0, 48000, 2, 16);
	assert_int_equal(describe(RTMP_CODEC_AAC, he_aac_v2, 4), 0);
	expect_sound("HE-AAC v2", 2, 44100, 2, 0);
}

static int
has_record(enum rtmp_codec codec)
{
	switch (codec) {
	case RTMP_CODEC_H264:
	case RTMP_CODEC_HEVC:
	case RTMP_CODEC_VVC:
	case RTMP_CODEC_AV1:
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
	case RTMP_CODEC_AAC:
	case RTMP_CODEC_OPUS:
	case RTMP_CODEC_FLAC:
		return 1;
	default:
		return 0;
	}
}

/* Not even that G.711 has 8000 Hz: there is no record that says so. */
static void
where_there_is_no_record_nothing_is_told(void **state)
{
	static const uint8_t bytes[] = { 0x0b, 0x77, 0, 0, 0x14, 0x40, 0x40,
		0 };
	struct rtmp_config_info none;
	int codec, known = 0;

	(void)state;
	rtmp_config_info_init(&none, sizeof(none));
	for (codec = 0; codec < 256; codec++) {
		known += has_record((enum rtmp_codec)codec);
		assert_int_equal(describe((enum rtmp_codec)codec, NULL, 0),
		    0);
		assert_memory_equal(&info, &none, sizeof(none));
		if (has_record((enum rtmp_codec)codec))
			continue;
		assert_int_equal(describe((enum rtmp_codec)codec, bytes,
			sizeof(bytes)), 0);
		assert_memory_equal(&info, &none, sizeof(none));
	}
	assert_int_equal(known, 9);
}

/* ---- Malformed ---- */

static void
what_is_malformed_changes_nothing(void **state)
{
	static const uint8_t bytes[] = { 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };
	struct rtmp_config_info before;
	int codec;

	(void)state;
	describe_flv(RTMP_CODEC_H264, "h264_aac", "AVC ");
	before = info;
	for (codec = 0; codec < 256; codec++) {
		if (!has_record((enum rtmp_codec)codec))
			continue;
		assert_int_equal(rtmp_config_describe(&info,
			(enum rtmp_codec)codec, bytes,
			codec == RTMP_CODEC_AAC ? 1 : sizeof(bytes)),
		    RTMP_ERR_MALFORMED);
		assert_memory_equal(&info, &before, sizeof(info));
	}
}

struct tally {
	enum rtmp_codec codec;
	int good, bad;
};

static void
describe_one(const uint8_t *data, size_t size, void *arg)
{
	struct tally *t = arg;
	int err = describe(t->codec, data, size);

	assert_true(err == 0 || err == RTMP_ERR_MALFORMED);
	t->good += err == 0;
	t->bad += err != 0;
}

static void
all_of_it_may_be_cut_or_broken_anywhere(void **state)
{
	static const struct {
		enum rtmp_codec codec;
		const char *name, *fourcc;
	} rows[] = {
		{ RTMP_CODEC_H264, "h264_aac", "AVC " },
		{ RTMP_CODEC_HEVC, "hevc_aac", "hvc1" },
		{ RTMP_CODEC_AV1, "av1_opus", "av01" },
		{ RTMP_CODEC_VP9, "vp9_opus", "vp09" },
		{ RTMP_CODEC_AAC, "h264_aac", "AAC " },
		{ RTMP_CODEC_OPUS, "av1_opus", "Opus" },
		{ RTMP_CODEC_FLAC, "hevc_flac", "fLaC" }
	};
	struct tally t;
	uint8_t *record;
	size_t size, i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		record = media_flv_config(rows[i].name, rows[i].fourcc, 0,
		    &size);
		t.codec = rows[i].codec;
		t.good = t.bad = 0;
		each_truncation(record, size, describe_one, &t);
		each_flipped_bit(record, size < 128 ? size : 128,
		    describe_one, &t);
		assert_true(t.good > 1 && t.bad > 0);
		free(record);
	}
	t.codec = RTMP_CODEC_VVC;
	t.good = t.bad = 0;
	each_truncation(vvc, sizeof(vvc), describe_one, &t);
	each_flipped_bit(vvc, sizeof(vvc), describe_one, &t);
	assert_true(t.good > 1 && t.bad > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_video_are_described),
		cmocka_unit_test(depths_of_av1_follow_two_flags),
		cmocka_unit_test(records_of_sound_are_described),
		cmocka_unit_test(where_there_is_no_record_nothing_is_told),
		cmocka_unit_test(what_is_malformed_changes_nothing),
		cmocka_unit_test(all_of_it_may_be_cut_or_broken_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
