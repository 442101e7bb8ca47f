/* The connection: the connect command, its refusals, and what a close without
 * a word may mean. */
#include <rtmpio/amf0.h>

#include "base/wire.h"
#include "support/run.h"

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
	run_done(&r, &p);
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

/* ---- The commands behind it ---- */

static void
act_like_ffmpeg(struct run *r, const struct rtmp_event *e)
{
	int publish = *(int *)r->arg;

	if (e == NULL && publish)
		assert_int_equal(rtmp_session_publish(r->s, "st", "live",
		    &r->stream[0]), 0);
	else if (e == NULL)
		assert_int_equal(rtmp_session_play(r->s, "st", -2000,
		    RTMP_PLAY_WHOLE, 1, &r->stream[0]), 0);
	else if (e->type == RTMP_EVENT_PUBLISH_START ||
	    e->type == RTMP_EVENT_PLAY_START)
		assert_int_equal(rtmp_session_close(r->s), 0);
}

/* 1 when m says what a recorded message says, transaction apart. */
static int
says_the_same(const struct rtmp_message *m, const cJSON *recorded)
{
	size_t size, number;
	uint8_t *body = from_hex(json_string(recorded, "body"), &size);
	int same = m->type == json_number(recorded, "type") &&
	    m->size == size;

	if (same && m->type == RTMP_MSG_COMMAND_AMF0) {
		/* Name, and the number of 8 bytes behind it. */
		number = 3u + body[2] + 1;
		same = memcmp(m->payload, body, number) == 0 &&
		    memcmp(m->payload + number + 8, body + number + 8,
		    size - number - 8) == 0;
	} else if (same) {
		same = memcmp(m->payload, body, size) == 0;
	}
	free(body);
	return same;
}

/* Whether the session has sent a message as this client did. */
static int
was_sent(const struct run *r, const cJSON *recorded)
{
	const uint8_t *data = r->sent + PEER_HANDSHAKE_SIZE;
	size_t size = r->sent_size - PEER_HANDSHAKE_SIZE;
	struct rtmp_chunk_reader *reader;
	struct rtmp_message m;
	int found = 0;

	assert_int_equal(rtmp_chunk_reader_new(&reader, NULL, NULL), 0);
	while (!found && rtmp_chunk_reader_next(reader, &data, &size, &m) ==
	    1) {
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(reader,
			    rtmp_get_be32(m.payload));
		found = says_the_same(&m, recorded);
	}
	rtmp_chunk_reader_free(reader);
	return found;
}

static void
commands_are_those_of_real_clients(void **state)
{
	static const char *const recorded[] = { "ffmpeg_9_0_2_play",
		"ffmpeg_9_0_2_publish" };
	cJSON *vectors = load_json("vectors/commands.json");
	const cJSON *m, *name;
	struct run r;
	struct peer p;
	int publish, count;

	(void)state;
	for (publish = 0; publish < 2; publish++) {
		run_init(&r, RTMP_FLIGHT_STEPWISE, act_like_ffmpeg);
		r.arg = &publish;
		run_start(&r);
		peer_init(&p);
		peer_connected(&p);
		if (publish)
			peer_published(&p, 4, 1);
		else
			peer_playing(&p, 2, 1);
		run_peer(&r, &p);
		count = 0;
		cJSON_ArrayForEach(m, json_item(vectors, recorded[publish])) {
			name = cJSON_GetArrayItem(cJSON_GetObjectItem(m,
			    "amf"), 0);
			/* connect is above; media, a ping and what only
			 * some clients ask are not the session's. */
			if (json_number(m, "type") == RTMP_MSG_DATA_AMF0 ||
			    strncmp(json_string(m, "body"), "0007", 4) == 0 ||
			    (cJSON_IsString(name) &&
				(strcmp(name->valuestring, "connect") == 0 ||
				    strcmp(name->valuestring,
					"getStreamLength") == 0)))
				continue;
			if (!was_sent(&r, m))
				fail_msg("%s is not sent",
				    json_string(m, "body"));
			count++;
		}
		assert_int_equal(count, publish ? 6 : 5);
		run_done(&r, &p);
	}
	cJSON_Delete(vectors);
}

/* ---- Extras ---- */

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
	for (i = 0; i < 7; i++) {
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
		if (i == 6)
			c.subscribe = longer;
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
	longer[65535] = '\0';
	c = good;
	c.subscribe = longer;
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

/* ---- Refusals ---- */

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
	static const struct rtmp_status none;
	const struct rtmp_status *status = &none;
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
	/* Its words came with the event. */
	assert_int_equal(rtmp_session_eof(r.s, &status), RTMP_ERR_REJECTED);
	assert_null(status);
	assert_int_equal(rtmp_session_publish(r.s, "a", NULL, &stream),
	    RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_write(r.s, 1, &packet), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, NULL),
	    RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_close(r.s), 0);
	run_done(&r, &p);
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
		{ 3, PUBLISH_STARTED
		    "= EOF the server closed the connection\n" },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_has_what_real_clients_send),
		cmocka_unit_test(commands_are_those_of_real_clients),
		cmocka_unit_test(connect_takes_the_callers_fields_and_values),
		cmocka_unit_test(
		    a_configuration_that_cannot_be_sent_is_refused),
		cmocka_unit_test(c1_has_the_callers_time_and_random_bytes),
		cmocka_unit_test(
		    a_refused_connection_is_told_and_then_an_error),
		cmocka_unit_test(after_a_refusal_every_call_fails),
		cmocka_unit_test(a_close_tells_what_it_may_mean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
