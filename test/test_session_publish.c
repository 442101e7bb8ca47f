/* A session that publishes: the commands, their order, what refusals and the
 * end look like. */
#include <rtmpio/amf0.h>

#include "base/wire.h"
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
#define CONNECTED \
	"CONNECTED success status NetConnection.Connect.Success " \
	"Connection succeeded.\n"
#define STARTED \
	CONNECTED \
	"PUBLISH_START 1 success status NetStream.Publish.Start words\n"

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
	assert_events(r, STARTED);
	assert_sent(r, SENT_UNTIL_START);
}

static void
done(struct run *r, struct peer *p)
{
	run_free(r);
	peer_free(p);
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
		write_three_and_close, 0, STARTED,
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
	done(&r, &q);
}

/* ---- The connect command ---- */

/* The body of the connect command, as JSON. */
static cJSON *
sent_connect(const struct run *r)
{
	const uint8_t *data = r->sent + PEER_HANDSHAKE_SIZE;
	size_t size = r->sent_size - PEER_HANDSHAKE_SIZE;
	struct rtmp_chunk_reader *reader;
	struct rtmp_message m;
	char text[4096];
	cJSON *json;

	assert_int_equal(rtmp_chunk_reader_new(&reader, NULL, NULL), 0);
	assert_int_equal(rtmp_chunk_reader_next(reader, &data, &size, &m), 1);
	assert_int_equal(m.type, RTMP_MSG_COMMAND_AMF0);
	assert_int_equal(rtmp_amf0_to_json(m.payload, m.size, text,
	    sizeof(text), NULL), 0);
	json = cJSON_Parse(text);
	assert_non_null(json);
	rtmp_chunk_reader_free(reader);
	return json;
}

static cJSON *
connect_of(void (*setup)(struct run *r))
{
	struct run r;
	struct peer p;
	cJSON *json;

	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	if (setup != NULL)
		setup(&r);
	run_start(&r);
	peer_init(&p);
	run_peer(&r, &p);
	json = sent_connect(&r);
	done(&r, &p);
	return json;
}

static void
like_ffmpeg(struct run *r)
{
	r->config.app = "app";
	r->config.tc_url = "rtmp://127.0.0.1:27463/app";
	r->config.flash_ver = "LNX 9,0,124,2";
	r->config.capabilities = NULL;
}

/* Each field that a recorded client sends is sent, with its type and, where
 * it is not a matter of codecs or of the client's name, its value. */
static void
connect_has_what_real_clients_send(void **state)
{
	static const char *const recorded[] = { "ffmpeg_9_0_2_publish",
		"ffmpeg_9_0_2_play", "rtmpdump_2_4_play" };
	cJSON *json = connect_of(like_ffmpeg), *vectors;
	const cJSON *ours = cJSON_GetArrayItem(json, 2), *theirs, *field, *v;
	size_t i;

	(void)state;
	vectors = load_json("vectors/commands.json");
	assert_string_equal(cJSON_GetArrayItem(json, 0)->valuestring,
	    "connect");
	assert_int_equal(cJSON_GetArrayItem(json, 1)->valueint, 1);
	for (i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		theirs = cJSON_GetArrayItem(json_item(cJSON_GetArrayItem(
		    json_item(vectors, recorded[i]), 0), "amf"), 2);
		cJSON_ArrayForEach(field, theirs) {
			v = json_item(ours, field->string);
			assert_int_equal(v->type, field->type);
			if (strcmp(field->string, "flashVer") != 0 &&
			    strcmp(field->string, "tcUrl") != 0 &&
			    strcmp(field->string, "audioCodecs") != 0)
				assert_true(cJSON_Compare(v, field, 1));
		}
	}
	assert_string_equal(json_string(ours, "tcUrl"),
	    "rtmp://127.0.0.1:27463/app");
	assert_int_equal(json_number(ours, "objectEncoding"), 0);
	assert_null(cJSON_GetObjectItem(ours, "swfUrl"));
	assert_null(cJSON_GetObjectItem(ours, "pageUrl"));
	cJSON_Delete(json);
	cJSON_Delete(vectors);
}

static uint8_t *pairs, *values;

static void
with_extras(struct run *r)
{
	struct rtmp_amf0_writer w;

	pairs = malloc(64);
	rtmp_amf0_writer_init(&w, pairs, 64);
	rtmp_amf0_put_key(&w, "capsEx");
	rtmp_amf0_put_number(&w, 15);
	assert_int_equal(w.err, 0);
	r->config.connect_pairs = pairs;
	r->config.connect_pairs_size = w.len;
	values = peer_amf0("['token', 7]", &r->config.connect_args_size);
	r->config.connect_args = values;
	r->config.swf_url = "http://host/player.swf";
	r->config.page_url = "http://host/";
}

static void
connect_takes_the_callers_fields_and_values(void **state)
{
	cJSON *json = connect_of(with_extras);
	const cJSON *object = cJSON_GetArrayItem(json, 2);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(json), 5);
	assert_int_equal(json_number(object, "capsEx"), 15);
	assert_string_equal(json_string(object, "swfUrl"),
	    "http://host/player.swf");
	assert_string_equal(json_string(object, "pageUrl"), "http://host/");
	assert_non_null(strstr(json_string(object, "flashVer"), "FMLE/3.0"));
	assert_string_equal(cJSON_GetArrayItem(json, 3)->valuestring, "token");
	assert_int_equal(cJSON_GetArrayItem(json, 4)->valueint, 7);
	cJSON_Delete(json);
	free(pairs);
	free(values);
}

static void
a_configuration_that_cannot_be_sent_is_refused(void **state)
{
	char *longer = malloc(65537);
	struct rtmp_session *s = NULL;
	struct rtmp_session_config c, good;
	int i;

	(void)state;
	memset(longer, 'a', 65536);
	longer[65536] = '\0';
	rtmp_session_config_init(&good, sizeof(good));
	good.app = "live";
	good.tc_url = "rtmp://host/live";
	for (i = 0; i < 6; i++) {
		c = good;
		if (i == 0)
			c.app = NULL;
		if (i == 1)
			c.tc_url = NULL;
		if (i == 2)
			c.chunk_size = 0;
		if (i == 3)
			c.chunk_size = 0x80000000;
		if (i == 4)
			c.app = longer;
		if (i == 5)
			c.tc_url = longer;
		assert_int_equal(rtmp_session_new(&s, &c), RTMP_ERR_INVAL);
		assert_null(s);
	}
	/* A program compiled when the struct was shorter. */
	rtmp_session_config_init(&c, offsetof(struct rtmp_session_config,
	    chunk_size));
	c.app = "live";
	c.tc_url = "rtmp://host/live";
	assert_int_equal(rtmp_session_new(&s, &c), 0);
	rtmp_session_free(s);
	free(longer);
}

static void
c1_has_the_callers_time_and_random_bytes(void **state)
{
	uint8_t random[RTMP_SESSION_RANDOM_SIZE];
	struct run r;

	(void)state;
	memset(random, 0x5a, sizeof(random));
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	r.config.epoch = 0x01020304;
	r.config.random = random;
	run_start(&r);
	assert_int_equal(r.sent_size, 1537);
	assert_int_equal(r.sent[0], 3);
	assert_int_equal(rtmp_get_be32(r.sent + 1), 0x01020304);
	assert_memory_equal(r.sent + 9, random, sizeof(random));
	run_free(&r);
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
		done(&r, &p);
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
	done(&r, &p);
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

static const struct {
	const char *info; /* of the _error */
	const char *event;
} connect_refusals[] = {
	{ "'level': 'error', 'code': 'NetConnection.Connect.InvalidApp'",
	    "invalid-app error NetConnection.Connect.InvalidApp -\n"
	    "= REJECTED NetConnection.Connect.InvalidApp\n" },
	{ "'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
	    "'description': 'go away'",
	    "denied error NetConnection.Connect.Rejected go away\n"
	    "= REJECTED NetConnection.Connect.Rejected: go away\n" },
	{ "'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
	    "'description': '[ AccessManager.Reject ] : [ code=403 need auth; "
	    "authmod=adobe ]'",
	    "auth-required error NetConnection.Connect.Rejected "
	    "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]"
	    "\n= REJECTED NetConnection.Connect.Rejected: "
	    "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ]"
	    "\n" },
	{ "'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
	    "'description': '[ AccessManager.Reject ] : "
	    "[ authmod=adobe ] : ?reason=authfailed&opaque=x'",
	    "auth-failed error NetConnection.Connect.Rejected "
	    "[ AccessManager.Reject ] : [ authmod=adobe ] : "
	    "?reason=authfailed&opaque=x\n"
	    "= REJECTED NetConnection.Connect.Rejected: "
	    "[ AccessManager.Reject ] : [ authmod=adobe ] : "
	    "?reason=authfailed&opaque=x\n" },
	{ "'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
	    "'ex': {'code': 302, 'redirect': 'rtmp://edge/live'}",
	    "redirect error NetConnection.Connect.Rejected -\n"
	    "= REJECTED NetConnection.Connect.Rejected\n" },
	{ "'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
	    "'ex': {'code': '302', 'redirect': 'rtmp://edge/live'}",
	    "redirect error NetConnection.Connect.Rejected -\n"
	    "= REJECTED NetConnection.Connect.Rejected\n" },
};

static void
a_refused_connection_is_told_and_then_an_error(void **state)
{
	char expected[512];
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_publish, 1,
		expected, "C0 C1 C2\n3/0 connect\n" };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(connect_refusals) /
	    sizeof(connect_refusals[0]); i++) {
		peer_init(&p);
		peer_command(&p, 0, "['_error', 1, null, {%s}]",
		    connect_refusals[i].info);
		snprintf(expected, sizeof(expected), "REJECTED %s",
		    connect_refusals[i].event);
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

static void
after_a_refusal_every_call_fails(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 0, "x");
	const struct rtmp_event *e;
	const uint8_t *data = NULL;
	struct run r;
	struct peer p;
	size_t size = 0;
	unsigned stream;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_command(&p, 0, "['_error', 1, null, {'level': 'error'}]");
	run_peer(&r, &p);
	assert_events(&r, "REJECTED other error - -\n"
	    "= REJECTED no reason given\n");
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_CLOSED);
	assert_int_equal(rtmp_session_recv(r.s, &data, &size, &e),
	    RTMP_ERR_REJECTED);
	assert_int_equal(rtmp_session_eof(r.s, NULL), RTMP_ERR_REJECTED);
	assert_int_equal(rtmp_session_publish(r.s, "a", NULL, &stream),
	    RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_write(r.s, 1, &packet), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, NULL),
	    RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_close(r.s), 0);
	done(&r, &p);
}

/* ---- A close without a word ---- */

static void
a_close_tells_what_it_may_mean(void **state)
{
	static const struct {
		int step; /* answers that came before the close */
		const char *events;
	} cases[] = {
		{ 0, "= EOF the server closed the connection during the "
		    "handshake\n" },
		{ 1, "closed: closed error - closed the connection in answer "
		    "to connect: unknown app, or not allowed?\n"
		    "= REJECTED the server closed the connection in answer to "
		    "connect: unknown app, or not allowed?\n" },
		{ 2, CONNECTED
		    "closed: closed error - closed the connection in answer "
		    "to publish: stream name in use, or not allowed?\n"
		    "= REJECTED the server closed the connection in answer to "
		    "publish: stream name in use, or not allowed?\n" },
		{ 3, STARTED "= EOF the server closed the connection\n" },
	};
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_publish, 1,
		NULL, NULL };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		peer_init(&p);
		if (cases[i].step == 0)
			p.size = 1000;
		if (cases[i].step >= 2)
			peer_connected(&p);
		if (cases[i].step >= 3)
			peer_published(&p, 4, 1);
		sc.events = cases[i].events;
		check_scenario(&sc, &p);
		peer_free(&p);
	}
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
	done(&r, &p);
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
	done(&r, &p);
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
	done(&r, &p);
}

static void
a_server_may_end_a_publisher(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, STARTED
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
		cmocka_unit_test(connect_has_what_real_clients_send),
		cmocka_unit_test(connect_takes_the_callers_fields_and_values),
		cmocka_unit_test(
		    a_configuration_that_cannot_be_sent_is_refused),
		cmocka_unit_test(c1_has_the_callers_time_and_random_bytes),
		cmocka_unit_test(publish_names_and_types),
		cmocka_unit_test(a_name_of_64_kib_is_too_long),
		cmocka_unit_test(
		    a_refused_stream_keeps_its_words_and_the_connection),
		cmocka_unit_test(
		    a_name_can_be_tried_again_on_the_same_connection),
		cmocka_unit_test(create_stream_refused_refuses_the_stream),
		cmocka_unit_test(
		    a_refused_connection_is_told_and_then_an_error),
		cmocka_unit_test(after_a_refusal_every_call_fails),
		cmocka_unit_test(a_close_tells_what_it_may_mean),
		cmocka_unit_test(a_close_after_our_own_is_no_error),
		cmocka_unit_test(a_closed_stream_takes_no_packets),
		cmocka_unit_test(
		    a_stream_closed_too_early_is_deleted_when_it_exists),
		cmocka_unit_test(a_server_may_end_a_publisher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
