/* A session that plays: the commands, packets, aggregates, the end; and
 * several streams on one connection. */
#include "base/wire.h"
#include "support/run.h"

static void
put_media(struct peer *p)
{
	peer_amf(p, RTMP_MSG_DATA_AMF0, 1,
	    "['onMetaData', {'$ecma': {'width': 320}}]");
	peer_media(p, 1, RTMP_MSG_AUDIO, 0, "header");
	peer_media(p, 1, RTMP_MSG_VIDEO, 0xffffffff, "");
	peer_media(p, 1, RTMP_MSG_AUDIO, 20, "sound");
	peer_media(p, 1, RTMP_MSG_AUDIO, 10, "earlier");
}

static void
packets_come_as_they_were_sent(void **state)
{
	(void)state;
	check_playing(put_media,
	    "PACKET 1 data @0 ['onMetaData',{'width':320}]\n"
	    "PACKET 1 audio @0 6 header\n"
	    "PACKET 1 video @4294967295 0 \n"
	    "PACKET 1 audio @20 5 sound\n"
	    "PACKET 1 audio @10 7 earlier\n");
}

static void
put_large(struct peer *p)
{
	char text[3001];

	memset(text, 'v', 3000);
	text[3000] = '\0';
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, 100);
	peer_media(p, 1, RTMP_MSG_VIDEO, 40, text);
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, 1);
	peer_media(p, 1, RTMP_MSG_VIDEO, 80, "frame");
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, 0x7fffffff);
	peer_media(p, 1, RTMP_MSG_VIDEO, 120, "frame");
}

static void
the_servers_chunk_size_is_followed(void **state)
{
	(void)state;
	check_playing(put_large,
	    "PACKET 1 video @40 3000 vvvvvvvvvvvvvvvvvvvvvvvv\n"
	    "PACKET 1 video @80 5 frame\n"
	    "PACKET 1 video @120 5 frame\n");
}

static void
media_before_any_stream_is_ignored(void **state)
{
	struct peer p;
	struct run r;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_media(&p, 1, RTMP_MSG_AUDIO, 0, "sound");
	peer_media(&p, 0, RTMP_MSG_VIDEO, 0, "frame");
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	r.in_place = 1;
	run_start(&r);
	run_peer(&r, &p);
	assert_int_equal(r.result, 0);
	assert_null(strstr(r.events.s, "PACKET"));
	run_free(&r);
	peer_free(&p);
}

/* ---- play ---- */

static const struct {
	double start, duration;
	int reset;
	const char *body;
} plays[] = {
	{ RTMP_PLAY_LIVE_OR_RECORDED, RTMP_PLAY_WHOLE, 1, "'key',-2]" },
	{ RTMP_PLAY_LIVE, RTMP_PLAY_WHOLE, 1, "'key',-1]" },
	{ 0, RTMP_PLAY_WHOLE, 1, "'key',0]" },
	{ 30.5, 10, 1, "'key',30.5,10]" },
	{ -2000, 0, 1, "'key',-2000,0]" },
	{ 0, RTMP_PLAY_WHOLE, 0, "'key',0,-1,false]" },
	{ 5, 6, 0, "'key',5,6,false]" },
};

static void
play_has_start_duration_and_reset(void **state)
{
	char expected[128], *text;
	struct run r;
	struct peer p;
	unsigned stream;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		run_init(&r, RTMP_FLIGHT_PIPELINED, NULL);
		run_start(&r);
		assert_int_equal(rtmp_session_play(r.s, "key", plays[i].start,
		    plays[i].duration, plays[i].reset, &stream), 0);
		peer_init(&p);
		run_peer(&r, &p);
		text = sent_text(r.sent, r.sent_size);
		snprintf(expected, sizeof(expected), "7/1 ['play',3,null,%s\n",
		    plays[i].body);
		if (strstr(text, expected) == NULL)
			fail_msg("no %s in %s", expected, text);
		free(text);
		run_free(&r);
		peer_free(&p);
	}
}

static void
own_window_and_buffer(struct run *r)
{
	r->config.window_ack_size = 5000000;
	r->config.buffer_ms = 100;
}

static void
a_window_that_was_sent_is_not_sent_again(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE,
		own_window_and_buffer, act_play, 0, PLAY_STARTED,
		"C0 C1 C2\n"
		"3/0 connect\n"
		"2/0 window 5000000\n"
		"3/0 ['createStream',2,null]\n"
		"7/1 ['play',3,null,'key',-2]\n"
		"2/0 user 3 1 100\n" };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	check_scenario(&sc, &p);
	peer_free(&p);
}

static void
missing_streams_are_refused_with_their_words(void **state)
{
	static const struct {
		const char *code, *kind;
	} cases[] = {
		{ "NetStream.Play.StreamNotFound", "not-found" },
		{ "NetStream.Play.FileNotFound", "not-found" },
		{ "NetStream.Play.Denied", "denied" },
		{ "NetStream.Play.Failed", "other" },
		{ "NetStream.Play.NoSupportedTrackFound", "other" },
	};
	char expected[256];
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_play, 0,
		expected, PLAY_SENT };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		peer_init(&p);
		peer_connected(&p);
		peer_command(&p, 0, "['_result', 2, null, 1]");
		peer_status(&p, 1, "error", cases[i].code);
		snprintf(expected, sizeof(expected), CONNECTED
		    "REJECTED 1 %s error %s words\n", cases[i].kind,
		    cases[i].code);
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

static void
a_close_in_answer_to_play_is_a_refusal(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_play, 1, CONNECTED
		"closed: closed error - closed the connection in answer to "
		"play: no such stream, or not allowed?\n"
		"= REJECTED the server closed the connection in answer to "
		"play: no such stream, or not allowed?\n", PLAY_SENT };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	check_scenario(&sc, &p);
	peer_free(&p);
}

/* ---- FCSubscribe ---- */

static void
subscribes(struct run *r)
{
	r->config.subscribe = "";
}

static void
subscribes_to_another(struct run *r)
{
	r->config.subscribe = "other?t=1";
}

#define WINDOW "2/0 window 5000000\n" /* in answer to the server's */
#define SUBSCRIBE_SENT(name, early, late) \
	"C0 C1 C2\n" \
	"3/0 connect\n" early \
	"2/0 window 2500000\n" \
	"3/0 ['createStream',2,null]\n" \
	"3/0 ['FCSubscribe',3,null,'" name "']\n" \
	"7/1 ['play',4,null,'key',-2]\n" \
	"2/0 user 3 1 3000\n" late

/* Between createStream and play, as librtmp sends it, and like there without
 * waiting for createStream's answer. */
static void
fcsubscribe_goes_before_play_in_every_flight(void **state)
{
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_play, 0,
		PLAY_STARTED "PACKET 1 video @0 5 frame\n", NULL };
	struct peer p;
	int flight;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "frame");
	for (flight = 0; flight <= RTMP_FLIGHT_ZERO_RTT; flight++) {
		sc.flight = (enum rtmp_flight)flight;
		sc.setup = subscribes;
		sc.sent = flight == RTMP_FLIGHT_STEPWISE ?
		    SUBSCRIBE_SENT("key", WINDOW, "") :
		    SUBSCRIBE_SENT("key", "", WINDOW);
		check_scenario(&sc, &p);
		sc.setup = subscribes_to_another;
		sc.sent = flight == RTMP_FLIGHT_STEPWISE ?
		    SUBSCRIBE_SENT("other?t=1", WINDOW, "") :
		    SUBSCRIBE_SENT("other?t=1", "", WINDOW);
		check_scenario(&sc, &p);
	}
	peer_free(&p);
}

/* Neither when another id than the one assumed makes play go out again, nor
 * by a publisher. */
static void
fcsubscribe_is_sent_once_and_by_players_only(void **state)
{
	struct run r;
	struct peer p;
	char *text;

	(void)state;
	run_init(&r, RTMP_FLIGHT_PIPELINED, act_play);
	subscribes(&r);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 9);
	run_peer(&r, &p);
	text = sent_text(r.sent, r.sent_size);
	assert_non_null(strstr(text, "7/9 ['play'"));
	assert_non_null(strstr(text, "['FCSubscribe'"));
	assert_null(strstr(strstr(text, "['FCSubscribe'") + 1,
	    "['FCSubscribe'"));
	free(text);
	run_done(&r, &p);

	run_init(&r, RTMP_FLIGHT_PIPELINED, act_publish);
	subscribes(&r);
	run_start(&r);
	peer_init(&p);
	run_peer(&r, &p);
	text = sent_text(r.sent, r.sent_size);
	assert_non_null(strstr(text, "['publish'"));
	assert_null(strstr(text, "FCSubscribe"));
	free(text);
	run_done(&r, &p);
}

static void
answers_to_fcsubscribe_mean_nothing(void **state)
{
	static const char *const answers[] = {
		"['_result', 3, null]",
		"['_result', 3, null, 7]",
		"['_error', 3, null, {'level': 'error', 'code': "
		    "'NetConnection.Call.Failed', 'description': 'no'}]",
		"['_error', 3, null]",
		"['onFCSubscribe', 0, null, {'level': 'status', 'code': "
		    "'NetStream.Play.Start', 'description': 'key'}]",
		"['onFCSubscribe', 0, null, {'level': 'error', 'code': "
		    "'NetStream.Play.StreamNotFound'}]",
	};
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, subscribes, act_play, 0,
		PLAY_STARTED,
		SUBSCRIBE_SENT("key", WINDOW, "") };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		/* Before createStream is answered, and behind that. */
		peer_init(&p);
		peer_connected(&p);
		peer_command(&p, 0, "%s", answers[i]);
		peer_command(&p, 0, "['_result', 2, null, 1]");
		peer_command(&p, 0, "%s", answers[i]);
		peer_status(&p, 1, "status", "NetStream.Play.Start");
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

/* ---- The end, and what comes after it ---- */

static void
put_ends(struct peer *p)
{
	peer_media(p, 1, RTMP_MSG_VIDEO, 0, "a");
	peer_user(p, RTMP_CONTROL_STREAM_EOF, 1);
	peer_status(p, 1, "status", "NetStream.Play.Stop");
	peer_status(p, 1, "status", "NetStream.Play.UnpublishNotify");
	peer_status(p, 1, "status", "NetStream.Play.PublishNotify");
	peer_media(p, 1, RTMP_MSG_VIDEO, 9, "b");
	peer_status(p, 1, "status", "NetStream.Play.UnpublishNotify");
	peer_media(p, 1, RTMP_MSG_VIDEO, 10, "c");
	peer_amf(p, RTMP_MSG_DATA_AMF0, 1, "['onPlayStatus', {'level': "
	    "'status', 'code': 'NetStream.Play.Complete'}]");
	peer_command(p, 0, "['onFCUnsubscribe', 0, null, {'level': 'status', "
	    "'code': 'NetStream.Play.Stop', 'description': 'd'}]");
}

static void
each_end_is_told_once_and_a_publisher_may_come_back(void **state)
{
	(void)state;
	check_playing(put_ends,
	    "PACKET 1 video @0 1 a\n"
	    "STREAM_EOF 1 ended status - Stream EOF\n"
	    "STATUS 1 ended status NetStream.Play.Stop words\n"
	    "STATUS 1 ended status NetStream.Play.UnpublishNotify words\n"
	    "STATUS 1 success status NetStream.Play.PublishNotify words\n"
	    "PACKET 1 video @9 1 b\n"
	    "STREAM_EOF 1 ended status NetStream.Play.UnpublishNotify words\n"
	    "PACKET 1 video @10 1 c\n"
	    "STREAM_EOF 1 ended status NetStream.Play.Complete -\n"
	    "STATUS 1 ended status NetStream.Play.Stop d\n");
}

/* ---- Aggregates ---- */

static size_t
put_part(uint8_t *buf, uint8_t type, uint32_t time, const char *text)
{
	size_t size = strlen(text);

	buf[0] = type;
	rtmp_put_be24(buf + 1, (uint32_t)size);
	rtmp_put_be24(buf + 4, time & 0xffffff);
	buf[7] = (uint8_t)(time >> 24);
	rtmp_put_be24(buf + 8, 99); /* a stream id that means nothing */
	memcpy(buf + 11, text, size);
	rtmp_put_be32(buf + 11 + size, (uint32_t)size + 11);
	return size + 15;
}

/* Times from 0xffffff00 on, so that they wrap; without the last trailer's
 * bytes, of which cut are missing. */
static void
put_aggregate(struct peer *p, size_t cut)
{
	size_t metadata_size, size = 0;
	uint8_t body[256], *metadata = peer_amf0("['onMetaData', {'a': 1}]",
	    &metadata_size);

	size += put_part(body + size, RTMP_MSG_AUDIO, 0xffffff00, "one");
	size += put_part(body + size, RTMP_MSG_VIDEO, 0xffffff80, "");
	size += put_part(body + size, 99, 0, "a type that is not known");
	/* Metadata: what put_part() copies is text. */
	put_part(body + size, RTMP_MSG_DATA_AMF0, 0x10, "");
	rtmp_put_be24(body + size + 1, (uint32_t)metadata_size);
	memcpy(body + size + 11, metadata, metadata_size);
	memset(body + size + 11 + metadata_size, 0xee, 4); /* a wrong one */
	size += metadata_size + 15;
	size += put_part(body + size, RTMP_MSG_VIDEO, 0x20, "two");
	peer_message(p, 6, 1, RTMP_MSG_AGGREGATE, 1000, body, size - cut);
	free(metadata);
}

static void
put_aggregates(struct peer *p)
{
	put_aggregate(p, 0);
	put_aggregate(p, 4);
	put_aggregate(p, 1);
	peer_message(p, 6, 1, RTMP_MSG_AGGREGATE, 0, "", 0);
	peer_message(p, 6, 1, RTMP_MSG_AGGREGATE, 0, "ten bytes.", 10);
}

static void
aggregates_are_split_and_their_times_rebased(void **state)
{
#define PARTS \
	"PACKET 1 audio @1000 3 one\n" \
	"PACKET 1 video @1128 0 \n" \
	"PACKET 1 data @1272 ['onMetaData',{'a':1}]\n" \
	"PACKET 1 video @1288 3 two\n"
	(void)state;
	check_playing(put_aggregates, PARTS PARTS PARTS);
}

/* ---- Several streams ---- */

static void
act_three(struct run *r, const struct rtmp_event *e)
{
	struct rtmp_packet p;

	if (e == NULL) {
		assert_int_equal(rtmp_session_publish(r->s, "a", NULL,
		    &r->stream[0]), 0);
		assert_int_equal(rtmp_session_play(r->s, "b", RTMP_PLAY_LIVE,
		    RTMP_PLAY_WHOLE, 1, &r->stream[1]), 0);
		assert_int_equal(rtmp_session_publish(r->s, "c", "record",
		    &r->stream[2]), 0);
		return;
	}
	if (e->type != RTMP_EVENT_PACKET)
		return;
	/* What is played goes out on both. */
	p = text_packet(e->packet.type, e->packet.timestamp, "copy");
	assert_int_equal(e->stream, r->stream[1]);
	assert_int_equal(rtmp_session_write(r->s, r->stream[0], &p), 0);
	assert_int_equal(rtmp_session_write(r->s, r->stream[2], &p), 0);
}

static void
three_streams_on_one_connection(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_three, 0, CONNECTED
		"PUBLISH_START 3 success status NetStream.Publish.Start "
		"words\n"
		"PLAY_START 2 success status NetStream.Play.Start words\n"
		"PUBLISH_START 1 success status NetStream.Publish.Start "
		"words\n"
		"PACKET 2 audio @1 1 x\n"
		"PACKET 2 video @2 1 y\n"
		"STREAM_EOF 2 ended status - Stream EOF\n"
		"REJECTED 1 in-use error NetStream.Publish.BadName words\n",
		"C0 C1 C2\n"
		"3/0 connect\n"
		"2/0 window 5000000\n"
		"2/0 chunk-size 60000\n"
		"3/0 ['releaseStream',2,null,'a']\n"
		"3/0 ['FCPublish',3,null,'a']\n"
		"3/0 ['createStream',4,null]\n"
		"2/0 window 2500000\n"
		"3/0 ['createStream',5,null]\n"
		"3/0 ['releaseStream',6,null,'c']\n"
		"3/0 ['FCPublish',7,null,'c']\n"
		"3/0 ['createStream',8,null]\n"
		"7/20 ['publish',9,null,'a','live']\n"
		"11/30 ['play',10,null,'b',-1]\n"
		"2/0 user 3 30 3000\n"
		"15/10 ['publish',11,null,'c','record']\n"
		"4/20 audio @1 4 copy\n"
		"12/10 audio @1 4 copy\n"
		"6/20 video @2 4 copy\n"
		"14/10 video @2 4 copy\n" };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 4, null, 20]");
	peer_command(&p, 0, "['_result', 5, null, 30]");
	peer_command(&p, 0, "['_result', 8, null, 10]");
	peer_status(&p, 10, "status", "NetStream.Publish.Start");
	peer_status(&p, 30, "status", "NetStream.Play.Start");
	peer_status(&p, 20, "status", "NetStream.Publish.Start");
	peer_media(&p, 30, RTMP_MSG_AUDIO, 1, "x");
	peer_media(&p, 99, RTMP_MSG_AUDIO, 1, "of no stream");
	peer_media(&p, 20, RTMP_MSG_AUDIO, 1, "to a publisher");
	peer_media(&p, 30, RTMP_MSG_VIDEO, 2, "y");
	peer_user(&p, RTMP_CONTROL_STREAM_EOF, 30);
	peer_status(&p, 20, "error", "NetStream.Publish.BadName");
	check_scenario(&sc, &p);
	peer_free(&p);
}

static void
chunk_streams_stay_below_32(void **state)
{
	struct run r;
	struct peer p;
	unsigned i, stream;
	const char *line;
	char *text;

	(void)state;
	run_init(&r, RTMP_FLIGHT_PIPELINED, NULL);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	run_peer(&r, &p);
	for (i = 0; i < 40; i++) {
		assert_int_equal(rtmp_session_publish(r.s, "x", NULL,
		    &stream), 0);
		assert_int_equal(stream, i + 1);
		assert_int_equal(rtmp_session_close_stream(r.s, stream), 0);
	}
	run_send(&r, SIZE_MAX, 64);
	text = sent_text(r.sent, r.sent_size);
	for (line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		assert_in_range(strtoul(line, NULL, 10), 0, 31);
	}
	free(text);
	run_free(&r);
	peer_free(&p);
}

/* The end of the first must not be taken for the end of the second. */
static void
late_words_about_a_closed_stream_reach_no_other(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_playing(&r, &p);
	act_play(&r, NULL);
	assert_int_equal(r.stream[0], 2);
	assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
	peer_status(&p, 1, "status", "NetStream.Play.Stop");
	peer_media(&p, 1, RTMP_MSG_VIDEO, 5, "late");
	peer_playing(&p, 4, 2);
	peer_media(&p, 1, RTMP_MSG_VIDEO, 6, "later");
	peer_user(&p, RTMP_CONTROL_STREAM_EOF, 1);
	peer_media(&p, 2, RTMP_MSG_VIDEO, 0, "new");
	run_peer(&r, &p);
	assert_events(&r,
	    "STATUS ended status NetStream.Play.Stop words\n"
	    "PLAY_START 2 success status NetStream.Play.Start words\n"
	    "USER_CONTROL 1 1\n"
	    "PACKET 2 video @0 3 new\n");
	run_free(&r);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_come_as_they_were_sent),
		cmocka_unit_test(the_servers_chunk_size_is_followed),
		cmocka_unit_test(media_before_any_stream_is_ignored),
		cmocka_unit_test(play_has_start_duration_and_reset),
		cmocka_unit_test(a_window_that_was_sent_is_not_sent_again),
		cmocka_unit_test(missing_streams_are_refused_with_their_words),
		cmocka_unit_test(a_close_in_answer_to_play_is_a_refusal),
		cmocka_unit_test(fcsubscribe_goes_before_play_in_every_flight),
		cmocka_unit_test(fcsubscribe_is_sent_once_and_by_players_only),
		cmocka_unit_test(answers_to_fcsubscribe_mean_nothing),
		cmocka_unit_test(
		    each_end_is_told_once_and_a_publisher_may_come_back),
		cmocka_unit_test(aggregates_are_split_and_their_times_rebased),
		cmocka_unit_test(three_streams_on_one_connection),
		cmocka_unit_test(chunk_streams_stay_below_32),
		cmocka_unit_test(
		    late_words_about_a_closed_stream_reach_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
