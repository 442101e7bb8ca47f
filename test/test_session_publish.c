/* A session that publishes: the commands, their order, what refusals and the
 * end look like. */
#include "support/run.h"

/* What a STEPWISE publisher has sent when Publish.Start arrives. */
#define SENT_UNTIL_START \
	"C0 C1 C2\n" \
	"3/0 connect\n" \
	"2/0 window 5000000\n" \
	"2/0 chunk-size 60000\n" \
	"3/0 ['releaseStream',2,null,'key']\n" \
	"3/0 ['FCPublish',3,null,'key']\n" \
	"3/0 ['createStream',4,null]\n" \
	"7/1 ['publish',5,null,'key','live']\n"

/* A session that has been told Publish.Start. */
static void
publishing(struct run *r, struct peer *p)
{
	run_init(r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(r);
	peer_init(p);
	peer_connected(p);
	peer_published(p, 4, 1);
	run_peer(r, p);
	assert_events(r, PUBLISH_STARTED);
	assert_sent(r, SENT_UNTIL_START);
}

static void
write_text(struct run *r, uint8_t type, uint32_t timestamp, const char *text)
{
	struct rtmp_packet p = text_packet(type, timestamp, text);

	assert_int_equal(rtmp_session_write(r->s, r->stream[0], &p), 0);
}

static void
write_three_and_close(struct run *r, const struct rtmp_event *e)
{
	act_publish(r, e);
	if (e == NULL || e->type != RTMP_EVENT_PUBLISH_START)
		return;
	assert_int_equal(e->stream, r->stream[0]);
	write_text(r, RTMP_MSG_AUDIO, 0, "sound");
	write_text(r, RTMP_MSG_VIDEO, 40, "frame");
	write_text(r, RTMP_MSG_VIDEO, 16777215, "");
	assert_int_equal(rtmp_session_close(r->s), 0);
}

static void
each_step_waits_for_its_answer(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		write_three_and_close, 0, PUBLISH_STARTED,
		SENT_UNTIL_START
		"4/1 audio @0 5 sound\n"
		"6/1 video @40 5 frame\n"
		"6/1 video @16777215 0 \n"
		"3/0 ['FCUnpublish',6,null,'key']\n"
		"7/1 ['closeStream',0,null]\n"
		"3/0 ['deleteStream',7,null,1]\n" };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	check_scenario(&sc, &p);
	peer_free(&p);
}

static void
nothing_leaves_before_its_answer_has_come(void **state)
{
	struct run r;
	struct peer p, q;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	assert_int_equal(r.sent_size, 1537);
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_HANDSHAKE);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_WAITING);
	peer_init(&p);
	/* C2 follows S1, and connect S2. */
	run_feed(&r, p.data, 1536, 0);
	assert_int_equal(r.sent_size, 1537);
	run_feed(&r, p.data + 1536, 1, 0);
	assert_int_equal(r.sent_size, 3073);
	assert_memory_equal(r.sent + 1537, p.data + 1, 1536);
	run_feed(&r, p.data + 1537, 1536, 0);
	assert_sent(&r, "C0 C1 C2\n3/0 connect\n");
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_CONNECTING);
	peer_free(&p);

	memset(&q, 0, sizeof(q));
	assert_int_equal(rtmp_chunk_writer_new(&q.writer, NULL), 0);
	peer_connected(&q);
	run_peer(&r, &q);
	assert_sent(&r, "2/0 window 5000000\n"
	    "2/0 chunk-size 60000\n"
	    "3/0 ['releaseStream',2,null,'key']\n"
	    "3/0 ['FCPublish',3,null,'key']\n"
	    "3/0 ['createStream',4,null]\n");
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_CONNECTED);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_CREATING);
	q.size = 0;
	peer_command(&q, 0, "['_result', 4, null, 7]");
	run_peer(&r, &q);
	assert_sent(&r, "7/7 ['publish',5,null,'key','live']\n");
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_STARTING);
	assert_int_equal(rtmp_stream_msid(r.s, 1), 7);
	q.size = 0;
	peer_status(&q, 7, "status", "NetStream.Publish.Start");
	run_peer(&r, &q);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_PUBLISHING);
	assert_sent(&r, "");
	run_done(&r, &q);
}

/* ---- publish ---- */

static void
publish_names_and_types(void **state)
{
	static const char *const types[] = { "live", "record", "append",
		NULL };
	char expected[64], *text;
	struct run r;
	struct peer p;
	unsigned stream = 77;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		run_init(&r, RTMP_FLIGHT_PIPELINED, NULL);
		run_start(&r);
		assert_int_equal(rtmp_session_publish(r.s, "a b?c=d", types[i],
		    &stream), 0);
		assert_int_equal(stream, 1);
		peer_init(&p);
		run_peer(&r, &p);
		snprintf(expected, sizeof(expected),
		    "7/1 ['publish',5,null,'a b?c=d','%s']\n",
		    types[i] != NULL ? types[i] : "live");
		text = sent_text(r.sent, r.sent_size);
		assert_non_null(strstr(text, expected));
		free(text);
		assert_int_equal(rtmp_session_publish(r.s, "x", "stream",
		    &stream), RTMP_ERR_INVAL);
		assert_int_equal(rtmp_session_publish(r.s, NULL, NULL,
		    &stream), RTMP_ERR_INVAL);
		run_done(&r, &p);
	}
}

static void
a_name_of_64_kib_is_too_long(void **state)
{
	char *name = malloc(65537);
	struct run r;
	unsigned stream;

	(void)state;
	memset(name, 'n', 65536);
	name[65536] = '\0';
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(&r);
	assert_int_equal(rtmp_session_publish(r.s, name, NULL, &stream),
	    RTMP_ERR_INVAL);
	assert_int_equal(rtmp_session_publish(r.s, name + 1, NULL, &stream),
	    0);
	run_free(&r);
	free(name);
}

/* ---- Refusals ---- */

static const struct {
	const char *code;
	const char *kind;
} refusals[] = {
	{ "NetStream.Publish.BadName", "in-use" },
	{ "NetStream.Publish.AlreadyExistStream", "in-use" },
	{ "NetStream.Publish.Denied", "denied" },
	{ "NetStream.Publish.Rejected", "denied" },
	{ "NetStream.Publish.Unauthorized", "auth-failed" },
	{ "NetStream.Failed", "other" },
	{ "Vendor.Said.No", "other" },
};

static void
a_refused_stream_keeps_its_words_and_the_connection(void **state)
{
	char expected[256];
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_publish, 0,
		expected, SENT_UNTIL_START };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		peer_init(&p);
		peer_connected(&p);
		peer_command(&p, 0, "['_result', 4, null, 1]");
		peer_status(&p, 1, "error", refusals[i].code);
		snprintf(expected, sizeof(expected), CONNECTED
		    "REJECTED 1 %s error %s words\n", refusals[i].kind,
		    refusals[i].code);
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

static void
a_name_can_be_tried_again_on_the_same_connection(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_status(&p, 1, "error", "NetStream.Publish.BadName");
	run_peer(&r, &p);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_ENDED);
	assert_sent(&r, SENT_UNTIL_START);
	assert_int_equal(rtmp_session_publish(r.s, "other", NULL,
	    &r.stream[1]), 0);
	assert_int_equal(r.stream[1], 2);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_NONE);
	run_send(&r, SIZE_MAX, 64);
	p.size = 0;
	peer_published(&p, 8, 2);
	assert_events(&r, CONNECTED "REJECTED 1 in-use error "
	    "NetStream.Publish.BadName words\n");
	run_peer(&r, &p);
	assert_events(&r,
	    "PUBLISH_START 2 success status NetStream.Publish.Start words\n");
	assert_sent(&r, "3/0 ['releaseStream',6,null,'other']\n"
	    "3/0 ['FCPublish',7,null,'other']\n"
	    "3/0 ['createStream',8,null]\n"
	    "11/2 ['publish',9,null,'other','live']\n");
	run_done(&r, &p);
}

static void
create_stream_refused_refuses_the_stream(void **state)
{
	static const struct scenario refused = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, CONNECTED
		"REJECTED 1 other error NetConnection.Call.Failed no\n",
		NULL };
	static const struct scenario no_number = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, CONNECTED
		"REJECTED 1 other error - createStream was answered without "
		"a stream id\n", NULL };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['_error', 4, null, {'level': 'error', 'code': "
	    "'NetConnection.Call.Failed', 'description': 'no'}]");
	check_scenario(&refused, &p);
	peer_free(&p);
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 4, null, 'one']");
	check_scenario(&no_number, &p);
	peer_free(&p);
}

static void
a_close_after_our_own_is_no_error(void **state)
{
	const struct rtmp_status *status = NULL;
	struct run r;
	struct peer p;

	(void)state;
	publishing(&r, &p);
	assert_int_equal(rtmp_session_close(r.s), 0);
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_CLOSED);
	assert_int_equal(rtmp_session_eof(r.s, &status), 0);
	assert_null(status);
	run_done(&r, &p);
}

/* ---- The end of a stream ---- */

static void
a_closed_stream_takes_no_packets(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 0, "x");
	struct run r;
	struct peer p;

	(void)state;
	publishing(&r, &p);
	assert_int_equal(rtmp_session_close_stream(r.s, 9), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_close_stream(r.s, 0), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
	assert_int_equal(rtmp_session_close_stream(r.s, 1), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_write(r.s, 1, &packet), RTMP_ERR_STATE);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "3/0 ['FCUnpublish',6,null,'key']\n"
	    "7/1 ['closeStream',0,null]\n"
	    "3/0 ['deleteStream',7,null,1]\n");
	p.size = 0;
	peer_status(&p, 1, "status", "NetStream.Unpublish.Success");
	run_peer(&r, &p);
	assert_events(&r,
	    "STATUS ended status NetStream.Unpublish.Success words\n");
	run_done(&r, &p);
}

static void
a_stream_closed_too_early_is_deleted_when_it_exists(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	run_peer(&r, &p);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_CREATING);
	skip_sent(&r);
	assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
	/* Another takes its place before the answer. */
	assert_int_equal(rtmp_session_publish(r.s, "b", NULL, &r.stream[1]),
	    0);
	p.size = 0;
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_published(&p, 7, 2);
	run_peer(&r, &p);
	assert_sent(&r, "3/0 ['releaseStream',5,null,'b']\n"
	    "3/0 ['FCPublish',6,null,'b']\n"
	    "3/0 ['createStream',7,null]\n"
	    "3/0 ['deleteStream',8,null,1]\n"
	    "11/2 ['publish',9,null,'b','live']\n");
	assert_int_equal(rtmp_stream_state(r.s, 2), RTMP_STREAM_PUBLISHING);
	run_done(&r, &p);
}

static void
a_server_may_end_a_publisher(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, PUBLISH_STARTED
		"STREAM_EOF 1 ended status NetStream.Unpublish.Success "
		"words\n", SENT_UNTIL_START };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	peer_status(&p, 1, "status", "NetStream.Unpublish.Success");
	check_scenario(&sc, &p);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_waits_for_its_answer),
		cmocka_unit_test(nothing_leaves_before_its_answer_has_come),
		cmocka_unit_test(publish_names_and_types),
		cmocka_unit_test(a_name_of_64_kib_is_too_long),
		cmocka_unit_test(
		    a_refused_stream_keeps_its_words_and_the_connection),
		cmocka_unit_test(
		    a_name_can_be_tried_again_on_the_same_connection),
		cmocka_unit_test(create_stream_refused_refuses_the_stream),
		cmocka_unit_test(a_close_after_our_own_is_no_error),
		cmocka_unit_test(a_closed_stream_takes_no_packets),
		cmocka_unit_test(
		    a_stream_closed_too_early_is_deleted_when_it_exists),
		cmocka_unit_test(a_server_may_end_a_publisher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
