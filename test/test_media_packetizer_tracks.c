/* Frames to packets: several tracks, and headers sent anew. */
#include "support/bench.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

static void
restart_sends_the_headers_anew(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	rtmp_packetizer_restart(b.p);
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 2);
	expect_header(&b, 0, 0, "1700000000");
	end(&b);
}

static void
other_tracks_have_their_number(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	b.f.track = 1;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	expect_header(&b, 0, 0, "96006176633101");
	expect(&b, 1, V, 0, "96 03 61766331 01 00000003658880");
	/* track 0 is legacy all the same, with a header of its own */
	b.f.track = 0;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 1, V, 0, "1701000000 00000003658880");
	/* audio 1 is another track than video 1 */
	b.f.codec = RTMP_CODEC_AAC;
	b.f.track = 1;
	assert_int_equal(put_hex(&b, "fff15080013ffc2120"), 0);
	expect(&b, 0, A, 0, "95 00 6d703461 01 1210");
	expect(&b, 1, A, 0, "95 01 6d703461 01 2120");
	b.f.codec = RTMP_CODEC_G711A;
	assert_int_equal(put_hex(&b, "d5d5"), RTMP_ERR_INVAL);
	end(&b);

	begin(&b, RTMP_CODEC_OPUS);
	b.opt.multitrack = RTMP_MULTITRACK_ONE;
	assert_int_equal(put_hex(&b, "f8"), 0);
	expect(&b, 1, A, 0, "95 01 4f707573 00 f8");
	end(&b);
	begin(&b, RTMP_CODEC_OPUS);
	b.opt.multitrack = RTMP_MULTITRACK_MANY_CODECS;
	assert_int_equal(put_hex(&b, "f8"), 0);
	expect(&b, 1, A, 0, "95 21 4f707573 00 000001 f8");
	end(&b);
}

static void
frames_of_one_moment_share_a_packet(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	b.f.track = 1;
	assert_int_equal(put_key(&b, "000001658880"), 0);

	b.f.track = 0;
	b.f.flags = RTMP_FRAME_MORE;
	b.f.pts = 80 * MS;
	b.f.dts = 40 * MS;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 0);
	b.f.track = 1;
	b.f.pts = 40 * MS;
	b.f.flags = 0;
	assert_int_equal(put_hex(&b, "000001419b"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, V, 40, "a6 11 61766331"
	    "00 000009 000028 00000002419a"
	    "01 000009 000000 00000002419b");
	end(&b);

	/* another codec, and one that comes without a key flag first */
	begin(&b, RTMP_CODEC_AAC);
	b.f.flags = RTMP_FRAME_MORE;
	assert_int_equal(put_hex(&b, "fff15080013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 0, "95 00 6d703461 00 1210");
	b.f.codec = RTMP_CODEC_OPUS;
	b.f.track = 1;
	b.f.flags = 0;
	assert_int_equal(put_hex(&b, "f8"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 1, A, 0, "95 21 6d703461 00 000002 2120"
	    "4f707573 01 000001 f8");
	end(&b);
}

static void
frames_that_cannot_share_a_packet_go_alone(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_OPUS);
	assert_int_equal(put_hex(&b, "f8"), 0);
	b.f.track = 1;
	assert_int_equal(put_hex(&b, "f8"), 0);
	b.f.flags = RTMP_FRAME_MORE;
	b.f.track = 0;
	assert_int_equal(put_hex(&b, "f801"), 0);
	/* a later time */
	b.f.track = 1;
	b.f.pts = 20 * MS;
	assert_int_equal(put_hex(&b, "f802"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 0, "95 11 4f707573 00 000002 f801");
	/* one of which nothing remains ends the packet all the same */
	b.f.flags = 0;
	assert_int_equal(put_data(&b, "", 0), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 20, "95 11 4f707573 01 000002 f802");
	b.f.flags = RTMP_FRAME_MORE;
	assert_int_equal(put_hex(&b, "f803"), 0);
	assert_int_equal(b.list.count, 0);
	/* another type: what waits goes first */
	b.f.codec = RTMP_CODEC_VP6;
	b.f.track = 0;
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "0011"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, A, 20, "95 11 4f707573 01 000002 f803");
	expect(&b, 1, V, 20, "14 0011");
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(restart_sends_the_headers_anew),
		cmocka_unit_test(other_tracks_have_their_number),
		cmocka_unit_test(frames_of_one_moment_share_a_packet),
		cmocka_unit_test(frames_that_cannot_share_a_packet_go_alone),
	};

	return cmocka_run_group_tests_name("media packetizer tracks", tests,
	    load_sets, free_sets);
}
