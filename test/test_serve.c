/*
 * rtmp-serve as a process of its own, with sessions of this library and bare
 * sockets as its clients.  Everything happens in lockstep: a client is turned
 * until what is awaited has come, so no test depends on time.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rtmpio/flv.h>
#include "support/server.h"

#define RECORD_DIR TEST_BUILD "/test_serve.record"

static void
is_packet(const struct got *g, uint8_t type, uint32_t timestamp,
    const void *data, size_t size)
{
	char sha[65];

	sha256_hex(data, size, sha);
	assert_int_equal(g->type, type);
	assert_int_equal(g->timestamp, timestamp);
	assert_int_equal(g->size, size);
	assert_string_equal(g->sha, sha);
}

static const uint8_t metadata[] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a',
	'D', 'a', 't', 'a', 8, 0, 0, 0, 0, 0, 0, 9 };
static const uint8_t avc_header[] = { 0x17, 0, 0, 0, 0, 1, 100 };
static const uint8_t aac_header[] = { 0xaf, 0, 0x12, 0x10 };
static const uint8_t key_frame[] = { 0x17, 1, 0, 0, 0, 'k' };
static const uint8_t inter_frame[] = { 0x27, 1, 0, 0, 0, 'i' };
static const uint8_t aac_frame[] = { 0xaf, 1, 'a' };

#define SEND_VIDEO(p, ts, data) \
	send_packet(p, (p)->stream, RTMP_MSG_VIDEO, ts, data, sizeof(data))
#define SEND_AUDIO(p, ts, data) \
	send_packet(p, (p)->stream, RTMP_MSG_AUDIO, ts, data, sizeof(data))
#define IS_VIDEO(g, ts, data) \
	is_packet(g, RTMP_MSG_VIDEO, ts, data, sizeof(data))
#define IS_AUDIO(g, ts, data) \
	is_packet(g, RTMP_MSG_AUDIO, ts, data, sizeof(data))

/* ---- Relaying ---- */

static void
test_packets_pass_unchanged(void **state)
{
	static const uint32_t times[] = { 0, 1, 0xfffffe, 0xffffff, 0x1000000,
		0x1000001, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 5 };
	static const size_t sizes[] = { 0, 1, 127, 128, 129, 4096, 60000,
		60001, 300000, 7, 1000 };
	static uint8_t data[300000];
	static struct client pub, play;
	uint32_t seed = 1;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)next_random(&seed);
	data[0] = 0x22; /* an inter frame of H.263 */
	server_start(NULL, NULL, NULL);
	client_play(&play, "a");
	client_publish(&pub, "a?token=1");
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		send_packet(&pub, pub.stream, RTMP_MSG_VIDEO, times[i], data,
		    sizes[i]);
		await_packets(&play, i + 1);
		is_packet(&play.got[i], RTMP_MSG_VIDEO, times[i], data,
		    sizes[i]);
		assert_int_equal(play.got[i].stream, play.stream);
	}
	client_close(&pub);
	client_close(&play);
	server_stop();
}

static void
test_small_chunks(void **state)
{
	static uint8_t data[5000];
	static struct client pub, play;

	(void)state;
	server_start("--chunk-size", "1", NULL);
	client_play(&play, "a");
	client_publish(&pub, "a");
	send_packet(&pub, pub.stream, RTMP_MSG_AUDIO, 0x1000000, data,
	    sizeof(data));
	await_packets(&play, 1);
	IS_AUDIO(&play.got[0], 0x1000000, data);
	client_close(&pub);
	client_close(&play);
	server_stop();
}

static void
test_late_player_gets_headers_and_last_gop(void **state)
{
	static struct client pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_publish(&pub, "a");
	send_packet(&pub, pub.stream, RTMP_MSG_DATA_AMF0, 0, metadata,
	    sizeof(metadata));
	SEND_VIDEO(&pub, 0, avc_header);
	SEND_AUDIO(&pub, 0, aac_header);
	SEND_VIDEO(&pub, 0, key_frame);
	SEND_VIDEO(&pub, 40, inter_frame);
	SEND_VIDEO(&pub, 80, key_frame);
	SEND_AUDIO(&pub, 90, aac_frame);
	SEND_VIDEO(&pub, 120, inter_frame);
	synchronize(&pub);
	client_play(&play, "a");
	SEND_AUDIO(&pub, 130, aac_frame);
	await_packets(&play, 7);
	is_packet(&play.got[0], RTMP_MSG_DATA_AMF0, 80, metadata,
	    sizeof(metadata));
	IS_VIDEO(&play.got[1], 80, avc_header);
	IS_AUDIO(&play.got[2], 80, aac_header);
	IS_VIDEO(&play.got[3], 80, key_frame);
	IS_AUDIO(&play.got[4], 90, aac_frame);
	IS_VIDEO(&play.got[5], 120, inter_frame);
	IS_AUDIO(&play.got[6], 130, aac_frame);
	client_close(&pub);
	client_close(&play);
	server_stop();
}

static void
test_late_player_waits_for_a_key_frame(void **state)
{
	static struct client pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, inter_frame);
	synchronize(&pub);
	client_play(&play, "a");
	SEND_VIDEO(&pub, 40, inter_frame);
	SEND_AUDIO(&pub, 50, aac_frame);
	SEND_VIDEO(&pub, 80, key_frame);
	SEND_VIDEO(&pub, 120, inter_frame);
	await_packets(&play, 3);
	IS_AUDIO(&play.got[0], 50, aac_frame);
	IS_VIDEO(&play.got[1], 80, key_frame);
	IS_VIDEO(&play.got[2], 120, inter_frame);
	client_close(&pub);
	client_close(&play);
	server_stop();
}

/* The headers of each track of Enhanced RTMP are kept, and only the newest of
 * its kind. */
static void
test_headers_of_enhanced_tracks_are_kept(void **state)
{
	static const uint8_t hevc[] = { 0x90, 'h', 'v', 'c', '1', 1 };
	static const uint8_t newer[] = { 0x90, 'h', 'v', 'c', '1', 2 };
	static const uint8_t track1[] = { 0x96, 0, 'h', 'v', 'c', '1', 1, 9 };
	static const uint8_t modex[] = { 0x97, 2, 1, 2, 3, 6, 0x00, 'h', 'v',
		'c', '1', 2, 9 };
	static const uint8_t channels[] = { 0x94, 'O', 'p', 'u', 's', 1, 2 };
	static const uint8_t key[] = { 0x93, 'h', 'v', 'c', '1', 'k' };
	static struct client pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, hevc);
	SEND_VIDEO(&pub, 0, track1);
	SEND_VIDEO(&pub, 0, modex);
	SEND_AUDIO(&pub, 0, channels);
	SEND_VIDEO(&pub, 0, newer);
	SEND_VIDEO(&pub, 10, key);
	synchronize(&pub);
	client_play(&play, "a");
	await_packets(&play, 5);
	IS_VIDEO(&play.got[0], 10, newer);
	IS_VIDEO(&play.got[1], 10, track1);
	IS_VIDEO(&play.got[2], 10, modex);
	IS_AUDIO(&play.got[3], 10, channels);
	IS_VIDEO(&play.got[4], 10, key);
	client_close(&pub);
	client_close(&play);
	server_stop();
}

static void
test_player_outlives_publishers(void **state)
{
	static struct client pub, play;
	size_t i;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_play(&play, "a");
	for (i = 0; i < 3; i++) {
		client_publish(&pub, "a");
		SEND_VIDEO(&pub, 0, key_frame);
		await_packets(&play, i + 1);
		client_close(&pub);
		await_event(&play, RTMP_EVENT_STREAM_EOF);
	}
	client_close(&play);
	server_stop();
}

static void
test_slow_player_is_dropped_alone(void **state)
{
	static uint8_t block[65536] = { 0x22 };
	static struct client pub, fast, slow;
	int size = 65536, i;

	(void)state;
	server_start("--queue", "200000", NULL);
	client_play(&slow, "a");
	setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	client_play(&fast, "a");
	client_publish(&pub, "a");
	for (i = 0; i < 200; i++) {
		SEND_VIDEO(&pub, (uint32_t)i, block);
		await_packets(&fast, (size_t)i + 1);
	}
	await_eof(&slow);
	assert_true(slow.count < 200);
	assert_false(fast.eof);
	client_close(&pub);
	client_close(&fast);
	client_close(&slow);
	server_stop();
}

static void
test_paused_player_gets_nothing(void **state)
{
	static struct client pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_play(&play, "a");
	client_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, key_frame);
	await_packets(&play, 1);
	rtmp_session_pause(play.s, play.stream, 1, 0);
	await_status(&play, "NetStream.Pause.Notify");
	SEND_VIDEO(&pub, 40, inter_frame);
	synchronize(&pub);
	rtmp_session_pause(play.s, play.stream, 0, 0);
	await_status(&play, "NetStream.Unpause.Notify");
	SEND_VIDEO(&pub, 80, inter_frame);
	SEND_VIDEO(&pub, 120, key_frame);
	await_packets(&play, 2);
	IS_VIDEO(&play.got[1], 120, key_frame);
	client_close(&pub);
	client_close(&play);
	server_stop();
}

static void
test_several_streams_on_one_connection(void **state)
{
	static struct client p;
	unsigned a, b, play_a, play_b;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_publish(&p, "a");
	a = p.stream;
	rtmp_session_publish(p.s, "b", NULL, &b);
	await_event(&p, RTMP_EVENT_PUBLISH_START);
	rtmp_session_play(p.s, "a", -2, -1, 1, &play_a);
	await_event(&p, RTMP_EVENT_PLAY_START);
	rtmp_session_play(p.s, "b", -2, -1, 1, &play_b);
	await_event(&p, RTMP_EVENT_PLAY_START);
	send_packet(&p, a, RTMP_MSG_AUDIO, 1, aac_frame, 3);
	await_packets(&p, 1);
	send_packet(&p, b, RTMP_MSG_AUDIO, 2, aac_frame, 3);
	await_packets(&p, 2);
	assert_int_equal(p.got[0].stream, play_a);
	assert_int_equal(p.got[0].timestamp, 1);
	assert_int_equal(p.got[1].stream, play_b);
	assert_int_equal(p.got[1].timestamp, 2);
	client_close(&p);
	server_stop();
}

/* What is sent behind C1 before any answer arrives in order. */
static void
test_all_flights(void **state)
{
	static const enum rtmp_flight flights[] = { RTMP_FLIGHT_STEPWISE,
		RTMP_FLIGHT_PIPELINED, RTMP_FLIGHT_EAGER,
		RTMP_FLIGHT_ZERO_RTT };
	static struct client pub, play;
	size_t i;

	(void)state;
	server_start(NULL, NULL, NULL);
	for (i = 0; i < 4; i++) {
		client_open(&play, "live", flights[i]);
		rtmp_session_play(play.s, "a", -2, -1, 1, &play.stream);
		await_event(&play, RTMP_EVENT_PLAY_START);
		client_open(&pub, "live", flights[i]);
		rtmp_session_publish(pub.s, "a", NULL, &pub.stream);
		if (flights[i] < RTMP_FLIGHT_EAGER)
			await_event(&pub, RTMP_EVENT_PUBLISH_START);
		while (rtmp_stream_state(pub.s, pub.stream) <
		    RTMP_STREAM_STARTING)
			client_turn(&pub, PATIENCE_MS);
		SEND_VIDEO(&pub, 0, key_frame);
		SEND_VIDEO(&pub, 40, inter_frame);
		await_packets(&play, 2);
		IS_VIDEO(&play.got[0], 0, key_frame);
		IS_VIDEO(&play.got[1], 40, inter_frame);
		client_close(&pub);
		client_close(&play);
	}
	server_stop();
}

/* ---- Refusals ---- */

static void
test_name_in_use(void **state)
{
	static struct client first, second, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_publish(&first, "a");
	client_open(&second, "live", RTMP_FLIGHT_STEPWISE);
	rtmp_session_publish(second.s, "a", NULL, &second.stream);
	assert_int_equal(await_event(&second, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_NAME_IN_USE);
	client_play(&play, "a");
	SEND_VIDEO(&first, 0, key_frame);
	await_packets(&play, 1);
	client_close(&first);
	client_close(&second);
	client_close(&play);
	server_stop();
}

static void
test_unknown_app_is_refused_and_closed(void **state)
{
	static struct client p;

	(void)state;
	server_start("--app=live", "--app=tv/1", NULL);
	client_open(&p, "other", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(await_event(&p, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_INVALID_APP);
	await_eof(&p);
	client_close(&p);
	client_open(&p, "tv/1/?a=b", RTMP_FLIGHT_STEPWISE);
	await_event(&p, RTMP_EVENT_CONNECTED);
	client_close(&p);
	server_stop();
}

static void
test_no_wait(void **state)
{
	static struct client p;

	(void)state;
	server_start("--no-wait", NULL, NULL);
	client_open(&p, "live", RTMP_FLIGHT_STEPWISE);
	rtmp_session_play(p.s, "a", -2, -1, 1, &p.stream);
	assert_int_equal(await_event(&p, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_NOT_FOUND);
	client_close(&p);
	server_stop();
}

static void
test_unknown_command_is_answered(void **state)
{
	static struct client p;

	(void)state;
	server_start(NULL, NULL, NULL);
	client_open(&p, "live", RTMP_FLIGHT_STEPWISE);
	await_event(&p, RTMP_EVENT_CONNECTED);
	rtmp_session_call(p.s, 0, "makeCoffee", NULL, 0, NULL);
	assert_string_equal(await_event(&p, RTMP_EVENT_RESULT)->code,
	    "NetConnection.Call.Failed");
	client_close(&p);
	server_stop();
}

/* ---- Files and the end ---- */

static void
test_recording_is_what_was_published(void **state)
{
	static struct client pub;
	static const char path[] = RECORD_DIR "/_._x_y.flv";
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	const uint8_t *p;
	uint8_t *flv, *back;
	size_t size, left, back_size;
	FILE *f;

	(void)state;
	flv = load_data("flv/h264_aac.flv", &size);
	mkdir(RECORD_DIR, 0777);
	server_start("--record", RECORD_DIR, NULL);
	client_publish(&pub, "../x y");
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	p = flv;
	left = size;
	while (rtmp_flv_reader_next(r, &p, &left, &tag, &fault) != 0)
		send_packet(&pub, pub.stream, tag.packet.type,
		    tag.packet.timestamp, tag.packet.data, tag.packet.size);
	rtmp_flv_reader_free(r);
	synchronize(&pub);
	client_close(&pub);
	server_stop();
	back = malloc(size + 1);
	f = fopen(path, "rb");
	assert_non_null(f);
	back_size = fread(back, 1, size + 1, f);
	fclose(f);
	assert_int_equal(back_size, size);
	assert_memory_equal(back, flv, size);
	free(back);
	free(flv);
	remove(path);
	remove(RECORD_DIR);
}

static void
test_once(void **state)
{
	static struct client pub, play;
	int status;

	(void)state;
	server_start("--once", NULL, NULL);
	client_play(&play, "a");
	client_publish(&pub, "a");
	client_close(&pub);
	await_event(&play, RTMP_EVENT_STREAM_EOF);
	assert_int_equal(waitpid(server_pid, &status, WNOHANG), 0);
	client_close(&play);
	assert_int_equal(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	assert_int_equal(status, 0);
}

#define FEW 16 /* descriptors */

/* More come than it has descriptors for: who is there goes on, and others get
 * in when those have gone. */
static void
test_out_of_descriptors(void **state)
{
	static const uint8_t audio[] = { 0xaf, 1, 2 };
	struct client pub, player;
	struct rlimit was, few;
	int fds[FEW], i;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = FEW;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	server_start(NULL, NULL, NULL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	client_open(&pub, "live", RTMP_FLIGHT_STEPWISE);
	client_publish(&pub, "key");
	for (i = 0; i < FEW; i++)
		fds[i] = connect_server();
	for (i = 0; i < 10; i++) {
		send_packet(&pub, pub.stream, RTMP_MSG_AUDIO, 20u *
		    (unsigned)i, audio, sizeof(audio));
		synchronize(&pub);
	}
	for (i = 0; i < FEW; i++)
		close(fds[i]);
	client_open(&player, "live", RTMP_FLIGHT_STEPWISE);
	client_play(&player, "key");
	client_close(&player);
	client_close(&pub);
	server_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_pass_unchanged),
		cmocka_unit_test(test_small_chunks),
		cmocka_unit_test(test_late_player_gets_headers_and_last_gop),
		cmocka_unit_test(test_late_player_waits_for_a_key_frame),
		cmocka_unit_test(test_headers_of_enhanced_tracks_are_kept),
		cmocka_unit_test(test_player_outlives_publishers),
		cmocka_unit_test(test_slow_player_is_dropped_alone),
		cmocka_unit_test(test_paused_player_gets_nothing),
		cmocka_unit_test(test_several_streams_on_one_connection),
		cmocka_unit_test(test_all_flights),
		cmocka_unit_test(test_name_in_use),
		cmocka_unit_test(test_unknown_app_is_refused_and_closed),
		cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_unknown_command_is_answered),
		cmocka_unit_test(test_recording_is_what_was_published),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_out_of_descriptors),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
