/* Packets to frames, whatever the codec: tracks, kinds, times, bounds. */
#include "support/unpack.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

/* ---- Tracks, kinds, times ---- */

static void
tracks_have_records_of_their_own(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	unpack_hex(&u, V, 0, "961061766331"
	    "00000011" AVCC("f") "03000011" AVCC("d"));
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("f"));
	assert_int_equal(u.f.flags, RTMP_FRAME_MORE);
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("d"));
	assert_int_equal(u.f.flags, 0);
	assert_int_equal(u.f.track, 3);
	expect_done(&u);
	unpack_hex(&u, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03000004" "0002 6588");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	assert_int_equal(u.f.flags, RTMP_FRAME_MORE | RTMP_FRAME_KEY);
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_done(&u);
	/* One track again and again: its sets come once. */
	unpack_hex(&u, V, 0, "961361766331"
	    "00000006" "00000002 6588" "00000006" "00000002 6588");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_frame(&u, RTMP_KIND_CODED, "00000001 6588");
	/* What precedes a broken piece comes, and the next packet. */
	unpack_hex(&u, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03000004" "00ff 6588");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_malformed(&u);
	unpack_hex(&u, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03ffffff" "0002 6588");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_malformed(&u);
	unpack_hex(&u, V, 0, "9603617663 3103 0002 6588");
	expect_frame(&u, RTMP_KIND_CODED, SETS "00000001 6588");
	unpack_end(&u);
}

static void
an_unread_rest_of_a_packet_is_dropped(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	unpack_hex(&u, A, 0, "95114f707573 00000001f8 01000001f9");
	expect_frame(&u, RTMP_KIND_CODED, "f8");
	unpack_hex(&u, A, 0, "914f707573 fa");
	expect_frame(&u, RTMP_KIND_CODED, "fa");
	expect_done(&u);
	unpack_end(&u);
}

static void
unknown_things_and_other_kinds_pass(void **state)
{
	struct rtmp_packet packet = { RTMP_MSG_COMMAND_AMF0, 0, NULL, 0 };
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	unpack_hex(&u, V, 0, "917a7a7a7a 0102");
	expect_frame(&u, RTMP_KIND_UNKNOWN, "0102");
	assert_int_equal(u.f.codec, RTMP_CODEC_UNKNOWN);
	assert_int_equal(u.f.tag->fourcc, RTMP_FOURCC('z', 'z', 'z', 'z'));
	unpack_hex(&u, V, 0, "9f61766331 0102");
	expect_frame(&u, RTMP_KIND_UNKNOWN, "0102");
	unpack_hex(&u, V, 0, "5701");
	expect_frame(&u, RTMP_KIND_COMMAND, "01");
	unpack_hex(&u, V, 0, "d468766331 06");
	expect_frame(&u, RTMP_KIND_METADATA, "06");
	unpack_hex(&u, A, 0, "944f707573 0102 00000003");
	expect_frame(&u, RTMP_KIND_CHANNELS, "010200000003");
	unpack_hex(&u, V, 0, "1702000000");
	expect_frame(&u, RTMP_KIND_END, "");
	assert_int_equal(u.f.flags, RTMP_FRAME_END);
	unpack_hex(&u, RTMP_MSG_DATA_AMF0, 7, "020001ff");
	expect_frame(&u, RTMP_KIND_SCRIPT, "020001ff");
	assert_int_equal(u.f.dts, 7 * MS);
	assert_null(u.f.tag);
	unpack_hex(&u, V, 0, "22aa");
	expect_frame(&u, RTMP_KIND_CODED, "aa");
	unpack_hex(&u, V, 0, "32aa");
	expect_frame(&u, RTMP_KIND_CODED, "aa");
	assert_int_equal(u.f.flags, RTMP_FRAME_DISPOSABLE);
	unpack_hex(&u, V, 0, "42aa");
	expect_frame(&u, RTMP_KIND_CODED, "aa");
	assert_int_equal(u.f.flags, RTMP_FRAME_KEY);
	unpack_hex(&u, V, 0, "");
	expect_malformed(&u);
	assert_int_equal(rtmp_depacketizer_put(u.d, &packet), RTMP_ERR_INVAL);
	unpack_end(&u);
}

static void
timestamps_are_unwrapped_nanoseconds_added(void **state)
{
	struct unpack u;

	(void)state;
	unpack_begin(&u, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	/* onMetaData at 0 does not set the clock. */
	unpack_hex(&u, RTMP_MSG_DATA_AMF0, 0, "05");
	expect_frame(&u, RTMP_KIND_SCRIPT, "05");
	unpack_hex(&u, A, 0xfffffff0, "914f707573 f8");
	expect_frame(&u, RTMP_KIND_CODED, "f8");
	assert_int_equal(u.f.dts, 0xfffffff0LL * MS);
	unpack_hex(&u, V, 8, "97 02 01e240 01 68766331 ffffb0 aa");
	expect_frame(&u, RTMP_KIND_CODED, "aa");
	assert_int_equal(u.f.dts, 0x100000008LL * MS);
	assert_int_equal(u.f.pts, (0x100000008LL - 80) * MS + 123456);
	/* back again: another packet of before the wrap */
	unpack_hex(&u, A, 0xfffffff8, "914f707573 f8");
	expect_frame(&u, RTMP_KIND_CODED, "f8");
	assert_int_equal(u.f.dts, 0xfffffff8LL * MS);
	unpack_end(&u);
}

/* A server may jump by 24 days with each packet, until nanoseconds overflow:
 * then time begins anew, where a packetizer still takes it. */
static void
jumps_of_time_stay_in_bounds(void **state)
{
	static const uint32_t steps[] = { 0x7fffffff, 0x80000000 };
	struct unpack u;
	uint32_t time;
	int64_t last;
	int i, k, anew;

	(void)state;
	for (k = 0; k < 2; k++) {
		unpack_begin(&u, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
		last = 0;
		time = 0;
		anew = 0;
		for (i = 0; i < 10000; i++, time += steps[k]) {
			unpack_hex(&u, A, time, "914f707573 f8");
			expect_frame(&u, RTMP_KIND_CODED, "f8");
			assert_true(u.f.dts <= INT64_MAX / 2 &&
			    u.f.dts >= -(INT64_MAX / 2));
			anew += k == 0 ? u.f.dts < last : u.f.dts > last;
			last = u.f.dts;
		}
		assert_in_range(anew, 1, 4);
		unpack_end(&u);
	}
}

/* ---- Bounds ---- */

static void
a_packet_of_65000_empty_tracks_gives_empty_frames(void **state)
{
	enum { TRACKS = 65000 };
	size_t size = 6 + TRACKS * 4, i, total = 0, frames = 0;
	uint8_t *body = calloc(1, size);
	struct unpack u;

	(void)state;
	assert_non_null(body);
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	memcpy(body, "\x96\x13" "avc1", 6);
	for (i = 0; i < TRACKS; i++)
		body[6 + i * 4] = (uint8_t)i;
	unpack(&u, V, 0, body, size);
	while (rtmp_depacketizer_next(u.d, &u.f) == 1) {
		total += u.f.size;
		frames++;
	}
	assert_int_equal(frames, TRACKS);
	assert_int_equal(total, 0);
	/* Tracks with a record are not many more, whatever comes. */
	memcpy(body, "\x96\x10" "Opus", 6);
	unpack(&u, V, 0, body, size);
	while (rtmp_depacketizer_next(u.d, &u.f) == 1)
		assert_int_equal(u.f.kind, RTMP_KIND_UNKNOWN);
	free(body);
	unpack_end(&u);
}

/* 1-byte lengths and 1-byte NAL units: 2.5 times the piece. */
static void
output_is_bounded(void **state)
{
	uint8_t body[5 + 2000];
	struct unpack u;
	size_t i;

	(void)state;
	unpack_begin(&u, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	unpack_hex(&u, V, 0, "1700000000" AVCC("c"));
	expect_frame(&u, RTMP_KIND_CONFIG, AVCC("c"));
	memcpy(body, "\x17\1\0\0\0", 5);
	for (i = 5; i < sizeof(body); i += 2) {
		body[i] = 1;
		body[i + 1] = 0x65;
	}
	unpack(&u, V, 0, body, sizeof(body));
	assert_int_equal(rtmp_depacketizer_next(u.d, &u.f), 1);
	assert_true(u.f.size <= 2000 * 5 / 2 + 2 * 17);
	assert_int_equal(u.f.size, 2000 * 5 / 2 + 14);
	/* Of AAC the smallest frame grows the most. */
	unpack_hex(&u, A, 0, "af001210");
	expect_frame(&u, RTMP_KIND_CONFIG, "1210");
	unpack_hex(&u, A, 0, "af0121");
	assert_int_equal(rtmp_depacketizer_next(u.d, &u.f), 1);
	assert_int_equal(u.f.form, RTMP_FORM_ADTS);
	assert_int_equal(u.f.size, 1 + 7);
	unpack_end(&u);
}

static int
use_everything(struct test_mem *m, void *arg)
{
	static const char *const bodies[] = {
		"1700000000" "0142001effe100046742001e01000268ce",
		"1701000000" "00000003658880",
		"961061766331" "03000011" "0142001effe100046742001e01000268ce",
		"960361766331" "03" "0000000265880000",
	};
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d = NULL;
	struct rtmp_packet packet;
	struct rtmp_frame f;
	uint8_t *data;
	size_t i;
	int ret;

	(void)arg;
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	opt.mem = &m->mem;
	ret = rtmp_depacketizer_new(&d, &opt);
	for (i = 0; i < 3 && ret == 0; i++) {
		data = from_hex(bodies[i], &packet.size);
		packet.type = V;
		packet.timestamp = 0;
		packet.data = data;
		ret = rtmp_depacketizer_put(d, &packet);
		while (ret == 0 && (ret = rtmp_depacketizer_next(d, &f)) == 1)
			ret = 0;
		free(data);
	}
	rtmp_depacketizer_free(d);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;

	(void)state;
	each_allocation_fails(use_everything, NULL);
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.audio = RTMP_FORM_ANNEXB;
	assert_int_equal(rtmp_depacketizer_new(&d, &opt), RTMP_ERR_INVAL);
	rtmp_depacketizer_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracks_have_records_of_their_own),
		cmocka_unit_test(an_unread_rest_of_a_packet_is_dropped),
		cmocka_unit_test(unknown_things_and_other_kinds_pass),
		cmocka_unit_test(timestamps_are_unwrapped_nanoseconds_added),
		cmocka_unit_test(jumps_of_time_stay_in_bounds),
		cmocka_unit_test(
		    a_packet_of_65000_empty_tracks_gives_empty_frames),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("media depacketizer", tests, NULL,
	    NULL);
}
