/* Packets to frames: the forms that each codec comes in, and its records. */
#include "support/unpack.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

/* ---- NAL units ---- */

static void
key_frames_in_annexb_have_their_sets(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	unpack_hex(&u, V, 0, "1700000000" AVCC("f"));
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("f"));
	unpack_hex(&u, V, 0, "1701000050 00000002 0605 00000003 658880");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 0605"
	    "00000001 658880");
	assert_int_equal(u.f.form, RTMP_FORM_ANNEXB);
	assert_int_equal(u.f.flags, RTMP_FRAME_KEY);
	assert_int_equal(u.f.pts, 80 * MS);
	expect_done(&u);
	/* behind an access unit delimiter */
	unpack_hex(&u, V, 40, "1701000000 00000002 09f0 00000003 658880");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 09f0" SETS
	    "00000001 658880");
	/* not where they are in band, nor where there is no slice */
	unpack_hex(&u, V, 40, "1701000000 00000002 6742 00000003 658880");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 6742 00000001 658880");
	unpack_hex(&u, V, 40, "1701000000 00000002 0605");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 0605");
	unpack_hex(&u, V, 80, "2701000000 00000002 419a");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 419a");
	assert_int_equal(u.f.flags, 0);
	/* The form may change. */
	assert_int_equal(rtmp_depacketizer_set_form(u.d, RTMP_FORM_LENGTH,
	    RTMP_FORM_RAW), 0);
	unpack_hex(&u, V, 120, "1701000000 00000003 658880");
	expect_frame(&u, RTMP_KIND_CODED, "00000003 658880");
	assert_int_equal(u.f.form, RTMP_FORM_LENGTH);
	assert_int_equal(rtmp_depacketizer_set_form(u.d, RTMP_FORM_ADTS,
	    RTMP_FORM_RAW), RTMP_ERR_INVAL);
	unpack_end(&u);
}

static void
lengths_of_all_sizes_are_read(void **state)
{
	static const char *const headers[] = { AVCC("c"), AVCC("d"),
		AVCC("e"), AVCC("f") };
	static const char *const frames[] = { "01 41 02 419a 00",
		"0001 41 0002 419a 0000", "000001 41 000002 419a",
		"00000001 41 00000002 419a" };
	static const char *const broken[] = { "0241", "00034100", "000002",
		"7fffffff41" };
	char hex[128];
	struct unpack u;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
		snprintf(hex, sizeof(hex), "1700000000%s", headers[i]);
		unpack_hex(&u, V, 0, hex);
		expect_frame(&u, RTMP_KIND_CONFIG, headers[i]);
		snprintf(hex, sizeof(hex), "2701000000%s", frames[i]);
		unpack_hex(&u, V, 0, hex);
		expect_frame(&u, RTMP_KIND_CODED, "00000001 41 00000001 419a");
		/* In either form a length past the end is found. */
		snprintf(hex, sizeof(hex), "2701000000%s", broken[i]);
		unpack_hex(&u, V, 0, hex);
		expect_malformed(&u);
		assert_int_equal(rtmp_depacketizer_set_form(u.d,
		    RTMP_FORM_LENGTH, RTMP_FORM_AUTO), 0);
		unpack_hex(&u, V, 0, hex);
		expect_malformed(&u);
		snprintf(hex, sizeof(hex), "2701000000%s", frames[i]);
		unpack_hex(&u, V, 0, hex);
		expect_frame(&u, RTMP_KIND_CODED, frames[i]);
		unpack_end(&u);
	}
}

/* Some senders put start codes where lengths belong. */
static void
start_codes_in_a_packet_are_passed_on_as_such(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_LENGTH, RTMP_FORM_AUTO);
	unpack_hex(&u, V, 0, "1700000000" AVCC("f"));
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("f"));
	unpack_hex(&u, V, 0, "2701000000 00000001 419a");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 419a");
	assert_int_equal(u.f.form, RTMP_FORM_ANNEXB);
	/* without a record nobody can know */
	unpack_hex(&u, V, 0, "960361766331 05 ffff");
	expect_frame(&u, RTMP_KIND_CODED, "ffff");
	assert_int_equal(u.f.form, RTMP_FORM_LENGTH);
	assert_int_equal(u.f.track, 5);
	unpack_end(&u);
}

static void
a_malformed_record_is_said_the_old_one_stays(void **state)
{
	const uint8_t *data;
	struct unpack u;
	size_t size;
	uint8_t *large;

	(void)state;
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	assert_int_equal(rtmp_depacketizer_config(u.d, V, 0, &data, &size),
	    0);
	unpack_hex(&u, V, 0, "1700000000" AVCC("f"));
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("f"));
	unpack_hex(&u, V, 0, "1700000000 0142001effe1ffff");
	expect_malformed(&u);
	large = calloc(1, RTMP_MEDIA_CONFIG_MAX + 6);
	assert_non_null(large);
	memcpy(large, "\x17\0\0\0\0\1", 6);
	unpack(&u, V, 0, large, RTMP_MEDIA_CONFIG_MAX + 6);
	expect_malformed(&u);
	free(large);
	/* An empty one, as FFmpeg sends for AV1, says nothing. */
	unpack_hex(&u, V, 0, "1700000000");
	expect_frame(&u, RTMP_KIND_CONFIG, "");
	assert_int_equal(rtmp_depacketizer_config(u.d, V, 0, &data, &size),
	    1);
	assert_int_equal(size, 17);
	unpack_hex(&u, V, 0, "1701000000 00000003 658880");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 658880");
	unpack_end(&u);
}

static void
legacy_hevc_is_read(void **state)
{
	struct flv_file f;
	struct unpack u;
	uint8_t *copy;

	(void)state;
	load_flv(&f, "hevc_aac");
	assert_memory_equal(f.packets[1].data, "\x90hvc1", 5);
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	copy = malloc(f.packets[1].size);
	assert_non_null(copy);
	memcpy(copy, f.packets[1].data, f.packets[1].size);
	memcpy(copy, "\x1c\0\0\0\0", 5);
	unpack(&u, V, 0, copy, f.packets[1].size);
	assert_int_equal(rtmp_depacketizer_next(u.d, &u.f), 1);
	assert_int_equal(u.f.kind, RTMP_KIND_CONFIG);
	assert_int_equal(u.f.codec, RTMP_CODEC_HEVC);
	unpack_hex(&u, V, 40, "2c01000028 00000004 0201d011");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 0201d011");
	assert_int_equal(u.f.pts - u.f.dts, 40 * MS);
	free(copy);
	free_flv(&f);
	unpack_end(&u);
}

/* ---- Audio ---- */

static void
aac_gets_its_adts_header(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_AUTO, RTMP_FORM_ADTS);
	/* nothing is known yet */
	unpack_hex(&u, A, 0, "af01 2120");
	expect_frame(&u, RTMP_KIND_CODED, "2120");
	assert_int_equal(u.f.form, RTMP_FORM_RAW);
	unpack_hex(&u, A, 0, "af00 1210 56e500");
	expect_frame(&u, RTMP_KIND_CONFIG, "121056e500");
	unpack_hex(&u, A, 23, "af01 2120");
	expect_frame(&u, RTMP_KIND_CODED, "fff150800 13ffc 2120");
	assert_int_equal(u.f.form, RTMP_FORM_ADTS);
	assert_int_equal(u.f.sample_rate, 44100);
	assert_int_equal(u.f.channels, 2);
	assert_int_equal(u.f.flags, RTMP_FRAME_KEY);
	assert_int_equal(u.f.dts, 23 * MS);
	/* a rate that ADTS has no number for: raw */
	unpack_hex(&u, A, 0, "af00 1780181c90");
	expect_frame(&u, RTMP_KIND_CONFIG, "1780181c90");
	unpack_hex(&u, A, 23, "af01 2120");
	expect_frame(&u, RTMP_KIND_CODED, "2120");
	assert_int_equal(u.f.form, RTMP_FORM_RAW);
	unpack_end(&u);
}

static void
sound_is_described(void **state)
{
	static const struct {
		const char *packet;
		enum rtmp_codec codec;
		uint32_t rate;
		unsigned channels, bits;
	} cases[] = {
		{ "3f00", RTMP_CODEC_PCM_LE, 44100, 2, 16 },
		{ "3400", RTMP_CODEC_PCM_LE, 11025, 1, 8 },
		{ "7200", RTMP_CODEC_G711A, 8000, 1, 16 },
		{ "8300", RTMP_CODEC_G711U, 8000, 2, 16 },
		{ "b200", RTMP_CODEC_SPEEX, 16000, 1, 16 },
		{ "4200", RTMP_CODEC_NELLYMOSER_16K, 16000, 1, 16 },
		{ "2b00", RTMP_CODEC_MP3, 22050, 2, 16 },
		{ "912e6d703300", RTMP_CODEC_MP3, 0, 0, 0 },
	};
	struct unpack u;
	size_t i;

	(void)state;
	unpack_begin(&u, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unpack_hex(&u, A, 0, cases[i].packet);
		expect_frame(&u, RTMP_KIND_CODED, "00");
		assert_int_equal(u.f.codec, cases[i].codec);
		assert_int_equal(u.f.sample_rate, cases[i].rate);
		assert_int_equal(u.f.channels, cases[i].channels);
		assert_int_equal(u.f.sample_size, cases[i].bits);
	}
	unpack_hex(&u, A, 0, "904f707573 4f7075734865616401020000401f00000000"
	    "00");
	expect_frame(&u, RTMP_KIND_CONFIG,
	    "4f7075734865616401020000401f0000000000");
	unpack_hex(&u, A, 0, "914f707573 fc");
	expect_frame(&u, RTMP_KIND_CODED, "fc");
	assert_int_equal(u.f.sample_rate, 48000);
	assert_int_equal(u.f.channels, 2);
	/* HE-AAC v2: the channels that come out, as the rate is */
	unpack_hex(&u, A, 0, "af00 eb8a0800");
	expect_frame(&u, RTMP_KIND_CONFIG, "eb8a0800");
	assert_int_equal(u.f.sample_rate, 44100);
	assert_int_equal(u.f.channels, 2);
	unpack_hex(&u, A, 0, "");
	expect_frame(&u, RTMP_KIND_SILENCE, "");
	unpack_end(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_frames_in_annexb_have_their_sets),
		cmocka_unit_test(lengths_of_all_sizes_are_read),
		cmocka_unit_test(
		    start_codes_in_a_packet_are_passed_on_as_such),
		cmocka_unit_test(a_malformed_record_is_said_the_old_one_stays),
		cmocka_unit_test(legacy_hevc_is_read),
		cmocka_unit_test(aac_gets_its_adts_header),
		cmocka_unit_test(sound_is_described),
	};

	return cmocka_run_group_tests_name("media depacketizer codecs", tests,
	    NULL, NULL);
}
