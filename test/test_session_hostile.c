/* A server that means harm: each limit holds, in memory too, and the error
 * says what was seen. */
#include <math.h>

#include <rtmpio/amf0.h>

#include "base/wire.h"
#include "support/run.h"

#define SESSION_BYTES 16384 /* of a session and what it always holds */

/* What follows Play.Start ends the session with these words, and does not make
 * it hold more. */
static void
check_end(struct peer *p, const char *end)
{
	char expected[512];
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_play, 0,
		expected, NULL };
	struct run r;

	snprintf(expected, sizeof(expected), PLAY_STARTED "= %s\n", end);
	check_scenario(&sc, p);
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_play);
	run_start(&r);
	run_peer(&r, p);
	assert_true(r.mem.peak < SESSION_BYTES);
	run_free(&r);
	peer_free(p);
}

static void
start(struct peer *p)
{
	peer_init(p);
	peer_connected(p);
	peer_playing(p, 2, 1);
}

/* ---- Chunks ---- */

static void
a_chunk_size_out_of_range_is_an_error(void **state)
{
	struct peer p;

	(void)state;
	start(&p);
	peer_message(&p, 2, 0, RTMP_MSG_SET_CHUNK_SIZE, 0, "\0\0\0\0", 4);
	check_end(&p, "PROTO chunk size 0 is not 1 to 2147483647");
	start(&p);
	peer_message(&p, 2, 0, RTMP_MSG_SET_CHUNK_SIZE, 0, "\x80\0\0\0", 4);
	check_end(&p, "PROTO chunk size 2147483648 is not 1 to 2147483647");
	start(&p);
	peer_message(&p, 2, 0, RTMP_MSG_SET_CHUNK_SIZE, 0, "\xff", 1);
	check_end(&p, "PROTO a control message of type 1 that is too short");
}

static void
a_message_above_the_limit_is_refused_by_its_header(void **state)
{
	/* 8 MiB and one byte, of which none has come. */
	static const uint8_t header[12] = { 0x07, 0, 0, 0, 0x80, 0, 1,
		RTMP_MSG_VIDEO, 1, 0, 0, 0 };
	struct run r;
	struct peer p;

	(void)state;
	start(&p);
	peer_bytes(&p, header, sizeof(header));
	check_end(&p, "LIMIT chunk stream 7: message of 8388609 bytes exceeds "
	    "the limit of 8388608");
	run_playing(&r, &p);
	run_feed(&r, header, sizeof(header), 0);
	assert_int_equal(r.result, RTMP_ERR_LIMIT);
	assert_true(r.mem.peak < SESSION_BYTES);
	run_done(&r, &p);
}

static void
sixty_five_thousand_chunk_streams_are_refused(void **state)
{
	uint8_t header[14] = { 0x01 }, body[100] = { 0 };
	struct run r;
	struct peer p;
	uint32_t csid;

	(void)state;
	run_playing(&r, &p);
	for (csid = 64; csid < 65000; csid++) {
		header[1] = (uint8_t)(csid - 64);
		header[2] = (uint8_t)((csid - 64) >> 8);
		rtmp_put_be24(header + 6, sizeof(body));
		header[9] = RTMP_MSG_VIDEO;
		peer_bytes(&p, header, sizeof(header));
		peer_bytes(&p, body, sizeof(body));
	}
	run_feed(&r, p.data, 1000000, 0);
	assert_int_equal(r.result, RTMP_ERR_LIMIT);
	assert_non_null(strstr(r.events.s,
	    "= LIMIT more than 64 chunk streams\n"));
	assert_true(r.mem.peak < 2 * SESSION_BYTES);
	run_done(&r, &p);
}

/* A message of 1 MiB begun on each of 60 chunk streams, all but its end. */
static void
unfinished_messages_are_bounded_together(void **state)
{
	uint8_t header[12] = { 0x04, 0, 0, 0, 0x10, 0, 0, RTMP_MSG_VIDEO };
	uint8_t *body = calloc(1, 1 << 20);
	struct run r;
	struct peer p;
	int i;

	(void)state;
	assert_non_null(body);
	run_playing(&r, &p);
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, (1 << 20) - 1);
	run_peer(&r, &p);
	for (i = 0; i < 60 && r.result == 0; i++) {
		header[0] = (uint8_t)(3 + i);
		run_feed(&r, header, sizeof(header), 0);
		if (r.result == 0)
			run_feed(&r, body, (1 << 20) - 1, 0);
	}
	assert_in_range(i, 16, 18);
	assert_events(&r, "= LIMIT unfinished messages exceed the limit of "
	    "16777216 bytes\n");
	assert_true(r.mem.peak < (16u << 20) + SESSION_BYTES);
	free(body);
	run_done(&r, &p);
}

static void
a_length_that_changes_in_a_message_is_an_error(void **state)
{
	static const uint8_t first[12] = { 0x07, 0, 0, 0, 0, 0x20, 0,
		RTMP_MSG_VIDEO, 1, 0, 0, 0 };
	static const uint8_t second[8] = { 0x47, 0, 0, 0, 0xff, 0, 0,
		RTMP_MSG_VIDEO };
	uint8_t body[4096] = { 0 };
	struct peer p;

	(void)state;
	start(&p);
	peer_bytes(&p, first, sizeof(first));
	peer_bytes(&p, body, sizeof(body));
	peer_bytes(&p, second, sizeof(second));
	check_end(&p, "PROTO chunk stream 7: length or type changes in the "
	    "middle of a message");
}

static void
a_continuation_of_nothing_is_an_error(void **state)
{
	struct peer p;

	(void)state;
	start(&p);
	peer_bytes(&p, "\xca", 1);
	check_end(&p, "PROTO chunk stream 10: type 3 chunk without a message "
	    "before it");
}

static void
what_is_no_handshake_is_named(void **state)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct run r;

	(void)state;
	run_init(&r, RTMP_FLIGHT_ZERO_RTT, act_publish);
	run_start(&r);
	run_feed(&r, http, sizeof(http) - 1, 0);
	assert_events(&r, "= HANDSHAKE the server answered with HTTP, not "
	    "RTMP: HTTP/1.1 400 Bad Request\n");
	run_free(&r);
}

/* ---- AMF0 ---- */

static void
amf_nested_10000_deep_is_refused(void **state)
{
	static uint8_t body[13 + 10000 * 4];
	struct rtmp_amf0_writer w;
	struct run r;
	struct peer p;
	int i;

	(void)state;
	rtmp_amf0_writer_init(&w, body, sizeof(body));
	rtmp_amf0_put_string(&w, "f");
	rtmp_amf0_put_number(&w, 0);
	for (i = 0; i < 10000; i++) {
		body[w.len++] = 3; /* an object whose key "a" holds ... */
		body[w.len++] = 0;
		body[w.len++] = 1;
		body[w.len++] = 'a';
	}
	run_playing(&r, &p);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, w.len);
	run_feed(&r, p.data, p.size, 1000);
	assert_events(&r, "= LIMIT a command with too many or too deeply "
	    "nested values\n");
	assert_true(r.mem.peak < SESSION_BYTES + 2 * sizeof(body));
	run_done(&r, &p);
}

static void
a_command_of_too_many_values_is_refused(void **state)
{
	static uint8_t body[70000];
	struct run r;
	struct peer p;

	(void)state;
	memset(body, 5, sizeof(body)); /* nulls */
	memcpy(body, "\2\0\1f", 4);
	run_playing(&r, &p);
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, 100000);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, sizeof(body));
	run_peer(&r, &p);
	assert_events(&r, "= LIMIT a command with too many or too deeply "
	    "nested values\n");
	run_done(&r, &p);
}

static void
broken_amf_in_a_command_is_an_error(void **state)
{
	static const struct {
		const char *body;
		size_t size;
	} bodies[] = {
		{ "\2\377\377f", 4 },		     /* a string of 64 KiB */
		{ "\14\377\377\377\377f", 6 },	     /* a long one of 4 GiB */
		{ "\2\0\1f\0\0\0", 7 },		     /* half of a number */
		{ "\0\0\0\0\0\0\0\0\0", 9 },	     /* a number for a name */
		{ "\2\0\1f\5\12\377\377\377\377", 10 }, /* an endless array */
		{ "\2\0\1f\5\3\0\7a", 9 },	     /* a key past the end */
		{ "\2\0\1f\377", 5 },		     /* no such type */
		{ "\2\0\1f\11", 5 },		     /* an end of nothing */
		{ "\2\0\1f\16", 5 },		     /* a record set */
	};
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		start(&p);
		peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0,
		    bodies[i].body, bodies[i].size);
		check_end(&p, "PROTO a command that is not AMF0");
	}
}

/* Metadata is the application's: the session looks at its first value. */
static void
broken_amf_in_data_is_handed_out(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_playing(&r, &p);
	peer_message(&p, 5, 1, RTMP_MSG_DATA_AMF0, 0, "\2\377\377f", 4);
	peer_message(&p, 5, 1, RTMP_MSG_DATA_AMF0, 0, "\377", 1);
	peer_message(&p, 5, 1, RTMP_MSG_DATA_AMF3, 0, "\0", 1);
	peer_message(&p, 5, 1, RTMP_MSG_DATA_AMF0, 0,
	    "\2\0\10onStatus\3\377\377", 14);
	run_peer(&r, &p);
	assert_int_equal(r.result, 0);
	assert_non_null(strstr(r.events.s, "PACKET 1 data @0"));
	run_done(&r, &p);
}

static void
numbers_that_are_no_stream_id_refuse_the_stream(void **state)
{
	static const double ids[] = { -1, 4294967296.0, 1e300, HUGE_VAL,
		-HUGE_VAL, NAN };
	uint8_t body[64];
	struct rtmp_amf0_writer w;
	struct run r;
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		run_init(&r, RTMP_FLIGHT_STEPWISE, act_play);
		run_start(&r);
		peer_init(&p);
		peer_connected(&p);
		rtmp_amf0_writer_init(&w, body, sizeof(body));
		rtmp_amf0_put_string(&w, "_result");
		rtmp_amf0_put_number(&w, 2);
		rtmp_amf0_put_null(&w);
		rtmp_amf0_put_number(&w, ids[i]);
		peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, w.len);
		/* Transactions that no integer is. */
		rtmp_amf0_writer_init(&w, body, sizeof(body));
		rtmp_amf0_put_string(&w, "_result");
		rtmp_amf0_put_number(&w, ids[i]);
		rtmp_amf0_put_null(&w);
		peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, w.len);
		run_peer(&r, &p);
		assert_events(&r, CONNECTED "REJECTED 1 other error - "
		    "createStream was answered without a stream id\n");
		run_done(&r, &p);
	}
}

static void
answers_given_twice_are_ignored(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_playing(&r, &p);
	peer_command(&p, 0, "['_result', 1, {}, {'code': "
	    "'NetConnection.Connect.Success'}]");
	peer_command(&p, 0, "['_error', 1, {}, {'level': 'error'}]");
	peer_command(&p, 0, "['_result', 2, null, 9]");
	peer_command(&p, 0, "['_error', 2, null, {'level': 'error'}]");
	run_peer(&r, &p);
	assert_events(&r, "");
	assert_int_equal(rtmp_stream_msid(r.s, 1), 1);
	run_done(&r, &p);
}

static void
a_command_name_of_a_megabyte_is_refused(void **state)
{
	size_t size = 1 << 20;
	uint8_t *body = malloc(size);
	struct run r;
	struct peer p;

	(void)state;
	assert_non_null(body);
	memset(body, 'n', size);
	body[0] = 12; /* a long string */
	rtmp_put_be32(body + 1, (uint32_t)size - 5);
	run_playing(&r, &p);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, size);
	run_peer(&r, &p);
	assert_int_equal(r.result, RTMP_ERR_LIMIT);
	assert_true(r.mem.peak < SESSION_BYTES + 2 * size);
	free(body);
	run_done(&r, &p);
}

/* ---- Aggregates ---- */

static void
an_aggregate_part_longer_than_the_whole_is_an_error(void **state)
{
	static const uint8_t body[11] = { RTMP_MSG_VIDEO, 0, 0, 1 };
	static const uint8_t huge[15] = { RTMP_MSG_AUDIO, 0xff, 0xff, 0xff };
	struct peer p;

	(void)state;
	start(&p);
	peer_message(&p, 6, 1, RTMP_MSG_AGGREGATE, 0, body, sizeof(body));
	check_end(&p, "PROTO an aggregate message whose part is longer than "
	    "itself");
	start(&p);
	peer_message(&p, 6, 1, RTMP_MSG_AGGREGATE, 0, huge, sizeof(huge));
	check_end(&p, "PROTO an aggregate message whose part is longer than "
	    "itself");
}

static void
an_aggregate_of_nothing_but_headers_costs_no_memory(void **state)
{
	static uint8_t body[150000];
	const struct rtmp_event *e;
	const uint8_t *data;
	size_t size, i, events = 0;
	struct run r;
	struct peer p;

	(void)state;
	for (i = 0; i < sizeof(body); i += 15)
		body[i] = RTMP_MSG_AUDIO;
	run_playing(&r, &p);
	peer_message(&p, 6, 1, RTMP_MSG_AGGREGATE, 0, body, sizeof(body));
	data = p.data;
	size = p.size;
	while (rtmp_session_recv(r.s, &data, &size, &e) == 1)
		events++;
	assert_int_equal(events, 10000);
	assert_true(r.mem.peak < SESSION_BYTES + 2 * sizeof(body));
	run_done(&r, &p);
}

/* ---- Floods ---- */

/* What makes us answer, again and again, while nothing is read. */
static void
check_flood(void (*put)(struct peer *p, int i))
{
	struct run r;
	struct peer p;
	int i;

	run_playing(&r, &p);
	r.hold = 1;
	for (i = 0; i < 100000 && r.result == 0; i++) {
		p.size = 0;
		put(&p, i);
		run_peer(&r, &p);
	}
	assert_events(&r, "= LIMIT the server asks for more answers than it "
	    "reads\n");
	/* The queue grows by doubling. */
	assert_true(r.mem.peak < 3 * (64u << 10) + SESSION_BYTES);
	run_done(&r, &p);
}

static void
put_ping(struct peer *p, int i)
{
	peer_user(p, RTMP_CONTROL_PING_REQUEST, (uint32_t)i);
}

static void
put_ping_command(struct peer *p, int i)
{
	peer_command(p, 0, "['ping', %d, null]", i);
}

static void
put_bandwidth_check(struct peer *p, int i)
{
	peer_command(p, 0, "['_onbwcheck', %d, null]", i);
}

static void
put_bandwidth(struct peer *p, int i)
{
	peer_control(p, RTMP_MSG_SET_PEER_BANDWIDTH, (uint32_t)i + 1);
}

static void
put_window_of_one(struct peer *p, int i)
{
	(void)i;
	peer_control(p, RTMP_MSG_WINDOW_ACK_SIZE, 1);
}

static void
a_flood_that_asks_for_answers_is_stopped(void **state)
{
	(void)state;
	check_flood(put_ping);
	check_flood(put_ping_command);
	check_flood(put_bandwidth_check);
	check_flood(put_bandwidth);
	check_flood(put_window_of_one);
}

static void
a_flood_that_is_read_is_none(void **state)
{
	struct run r;
	struct peer p;
	int i;

	(void)state;
	run_playing(&r, &p);
	for (i = 0; i < 10000; i++) {
		p.size = 0;
		put_ping(&p, i);
		run_peer(&r, &p);
	}
	assert_int_equal(r.result, 0);
	assert_true(r.mem.peak < SESSION_BYTES);
	run_done(&r, &p);
}

/* ---- Our own limits ---- */

static void
streams_and_calls_are_limited_and_the_session_goes_on(void **state)
{
	struct run r;
	struct peer p;
	unsigned i, stream;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	r.config.limits.streams = 3;
	r.config.limits.calls = 5;
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	run_peer(&r, &p);
	for (i = 0; i < 3; i++)
		assert_int_equal(rtmp_session_publish(r.s, "a", NULL,
		    &stream), 0);
	assert_int_equal(rtmp_session_publish(r.s, "a", NULL, &stream),
	    RTMP_ERR_LIMIT);
	assert_int_equal(rtmp_session_play(r.s, "a", 0, 0, 1, &stream),
	    RTMP_ERR_LIMIT);
	for (i = 0; i < 2; i++)
		assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0,
		    NULL), 0);
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, NULL),
	    RTMP_ERR_LIMIT);
	/* Room for a stream, but not for one more answer. */
	assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
	assert_int_equal(rtmp_session_publish(r.s, "a", NULL, &stream),
	    RTMP_ERR_LIMIT);
	p.size = 0;
	peer_published(&p, 10, 4);
	run_peer(&r, &p);
	assert_int_equal(rtmp_stream_state(r.s, 3), RTMP_STREAM_PUBLISHING);
	assert_int_equal(rtmp_session_publish(r.s, "a", NULL, &stream), 0);
	run_done(&r, &p);
}

/* ---- Anything ---- */

/* Each byte of a session, changed in each bit: any result will do, as long as
 * it comes. */
static void
every_flipped_bit_is_survived(void **state)
{
	struct run r;
	struct peer p;
	size_t i;
	int bit;

	(void)state;
	start(&p);
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['onMetaData', {'a': [1, 2]}]");
	peer_media(&p, 1, RTMP_MSG_AUDIO, 0, "sound");
	peer_media(&p, 1, RTMP_MSG_AUDIO, 20, "sound");
	peer_user(&p, RTMP_CONTROL_STREAM_EOF, 1);
	for (i = PEER_HANDSHAKE_SIZE; i < p.size; i++)
		for (bit = 0; bit < 8; bit++) {
			p.data[i] ^= (uint8_t)(1 << bit);
			run_init(&r, RTMP_FLIGHT_EAGER, act_play);
			run_start(&r);
			run_peer(&r, &p);
			if (r.result == 0)
				run_eof(&r);
			run_free(&r);
			p.data[i] ^= (uint8_t)(1 << bit);
		}
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_size_out_of_range_is_an_error),
		cmocka_unit_test(
		    a_message_above_the_limit_is_refused_by_its_header),
		cmocka_unit_test(
		    sixty_five_thousand_chunk_streams_are_refused),
		cmocka_unit_test(unfinished_messages_are_bounded_together),
		cmocka_unit_test(
		    a_length_that_changes_in_a_message_is_an_error),
		cmocka_unit_test(a_continuation_of_nothing_is_an_error),
		cmocka_unit_test(what_is_no_handshake_is_named),
		cmocka_unit_test(amf_nested_10000_deep_is_refused),
		cmocka_unit_test(a_command_of_too_many_values_is_refused),
		cmocka_unit_test(broken_amf_in_a_command_is_an_error),
		cmocka_unit_test(broken_amf_in_data_is_handed_out),
		cmocka_unit_test(
		    numbers_that_are_no_stream_id_refuse_the_stream),
		cmocka_unit_test(answers_given_twice_are_ignored),
		cmocka_unit_test(a_command_name_of_a_megabyte_is_refused),
		cmocka_unit_test(
		    an_aggregate_part_longer_than_the_whole_is_an_error),
		cmocka_unit_test(
		    an_aggregate_of_nothing_but_headers_costs_no_memory),
		cmocka_unit_test(a_flood_that_asks_for_answers_is_stopped),
		cmocka_unit_test(a_flood_that_is_read_is_none),
		cmocka_unit_test(
		    streams_and_calls_are_limited_and_the_session_goes_on),
		cmocka_unit_test(every_flipped_bit_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
