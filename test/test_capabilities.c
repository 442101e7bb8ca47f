/* What each side says that it can take: the pairs of connect, and a server's
 * answer as a table of questions. */
#include <rtmpio/capabilities.h>

#include "session/internal.h"
#include "support/run.h"

#define FOURCC(s) \
	((uint32_t)(s)[0] << 24 | (uint32_t)(s)[1] << 16 | \
	    (uint32_t)(s)[2] << 8 | (uint32_t)(s)[3])
#define CAN_ALL (RTMP_CAN_DECODE | RTMP_CAN_ENCODE | RTMP_CAN_FORWARD)
/* May I send it? */
#define TAKES (RTMP_CAN_DECODE | RTMP_CAN_FORWARD)

/* The object in json, as a server would send it. */
static struct rtmp_capabilities
read_object(const char *json)
{
	struct rtmp_capabilities c;
	uint8_t *data, *guard;
	size_t size, i;

	data = peer_amf0(json, &size);
	guard = guard_copy(data, size);
	memset(&c, 0, sizeof(c));
	assert_int_equal(rtmp_capabilities_get(&c, guard, size), 0);
	guard_free(guard, size);
	/* Cut anywhere it is an error, or, at the end of a pair, shorter. */
	for (i = 0; i < size; i++) {
		struct rtmp_capabilities d;
		int err;

		memset(&d, 0, sizeof(d));
		guard = guard_copy(data, i);
		err = rtmp_capabilities_get(&d, guard, i);
		assert_true(err == 0 || err == RTMP_ERR_PROTO);
		guard_free(guard, i);
	}
	free(data);
	return c;
}

static void
check(const struct rtmp_capabilities *c, const char *fourcc, uint32_t can,
    enum rtmp_answer answer)
{
	if (rtmp_capabilities_codec(c, FOURCC(fourcc), can) != answer)
		fail_msg("%s, %u: %d instead of %d", fourcc, can,
		    (int)rtmp_capabilities_codec(c, FOURCC(fourcc), can),
		    (int)answer);
}

/* ---- Ours ---- */

/* The object of the connect command. */
static cJSON *
connect_object(const struct rtmp_session_config *config)
{
	struct rtmp_mem mem = rtmp_mem_or_libc(NULL);
	size_t size = 0;
	uint8_t *body = rtmp_command_build(&mem, "connect", 1,
	    rtmp_session_put_connect, config, &size);
	char text[4096];
	cJSON *json, *object;

	assert_non_null(body);
	assert_int_equal(rtmp_amf0_to_json(body, size, text, sizeof(text),
	    NULL), 0);
	free(body);
	json = cJSON_Parse(text);
	assert_non_null(json);
	object = cJSON_DetachItemFromArray(json, 2);
	cJSON_Delete(json);
	return object;
}

static void
check_field(const cJSON *object, const char *key, const char *json)
{
	char *text = cJSON_PrintUnformatted(json_item(object, key)), *p;

	for (p = text; *p != '\0'; p++)
		if (*p == '"')
			*p = '\'';
	assert_string_equal(text, json);
	cJSON_free(text);
}

static void
config_of(struct rtmp_session_config *config)
{
	rtmp_session_config_init(config, sizeof(*config));
	config->app = "live";
	config->tc_url = "rtmp://host/live";
}

static void
connect_says_what_is_true_of_the_library(void **state)
{
	struct rtmp_session_config config;
	cJSON *object;

	(void)state;
	config_of(&config);
	object = connect_object(&config);
	check_field(object, "fourCcList",
	    "['avc1','hvc1','vvc1','av01','vp09','vp08',"
	    "'mp4a','Opus','fLaC','ac-3','ec-3','.mp3']");
	check_field(object, "videoFourCcInfoMap", "{'*':4}");
	check_field(object, "audioFourCcInfoMap", "{'*':4}");
	/* Not Reconnect, which takes a program that acts on it. */
	check_field(object, "capsEx", "14");
	check_field(object, "videoFunction", "5");
	cJSON_Delete(object);

	config.capabilities = NULL;
	object = connect_object(&config);
	assert_null(cJSON_GetObjectItem(object, "fourCcList"));
	assert_null(cJSON_GetObjectItem(object, "videoFourCcInfoMap"));
	assert_null(cJSON_GetObjectItem(object, "audioFourCcInfoMap"));
	assert_null(cJSON_GetObjectItem(object, "capsEx"));
	check_field(object, "videoFunction", "1");
	cJSON_Delete(object);
}

static void
a_program_can_say_more_or_less(void **state)
{
	struct rtmp_session_config config;
	struct rtmp_capabilities c;
	cJSON *object;

	(void)state;
	config_of(&config);
	config.capabilities = &c;
	rtmp_capabilities_init(&c, sizeof(c));
	c.caps_ex |= RTMP_CAPS_RECONNECT;
	c.video_function |= RTMP_VIDEO_CLIENT_HDR;
	c.video[1].fourcc = FOURCC("hvc1");
	c.video[1].can = RTMP_CAN_DECODE | RTMP_CAN_ENCODE;
	c.video[2].fourcc = FOURCC("new1");
	c.video[2].can = RTMP_CAN_DECODE;
	memset(c.audio, 0, sizeof(c.audio));
	c.audio[0].fourcc = FOURCC("Opus");
	c.audio[0].can = RTMP_CAN_ENCODE;
	c.audio[1].fourcc = FOURCC("mp4a"); /* cannot do anything with it */
	object = connect_object(&config);
	check_field(object, "fourCcList", "['avc1','hvc1','vvc1','av01',"
	    "'vp09','vp08','new1','Opus']");
	check_field(object, "videoFourCcInfoMap",
	    "{'*':4,'hvc1':3,'new1':1}");
	check_field(object, "audioFourCcInfoMap", "{'Opus':2,'mp4a':0}");
	check_field(object, "capsEx", "15");
	check_field(object, "videoFunction", "7");
	cJSON_Delete(object);

	c.stated = RTMP_STATED_AUDIO;
	object = connect_object(&config);
	check_field(object, "fourCcList", "['Opus']");
	assert_null(cJSON_GetObjectItem(object, "videoFourCcInfoMap"));
	assert_null(cJSON_GetObjectItem(object, "capsEx"));
	check_field(object, "videoFunction", "1");
	cJSON_Delete(object);

	/* Compiled before the maps were added. */
	c.stated = RTMP_STATED_CAPS_EX;
	c.struct_size = offsetof(struct rtmp_capabilities, video_function);
	object = connect_object(&config);
	check_field(object, "capsEx", "15");
	cJSON_Delete(object);
}

static int
count_key(const cJSON *object, const char *key)
{
	const cJSON *item;
	int n = 0;

	cJSON_ArrayForEach(item, object)
		n += strcmp(item->string, key) == 0;
	return n;
}

static void
the_callers_own_pairs_take_their_place(void **state)
{
	static const char *const keys[] = { "fourCcList",
		"videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx" };
	struct rtmp_session_config config;
	struct rtmp_amf0_writer w;
	uint8_t pairs[128];
	cJSON *object;
	size_t i, k;

	(void)state;
	for (i = 0; i < 5; i++) {
		config_of(&config);
		rtmp_amf0_writer_init(&w, pairs, sizeof(pairs));
		rtmp_amf0_put_key(&w, "first");
		rtmp_amf0_put_object_begin(&w);
		rtmp_amf0_put_key(&w, keys[(i + 1) % 4]); /* not looked at */
		rtmp_amf0_put_null(&w);
		rtmp_amf0_put_object_end(&w);
		rtmp_amf0_put_key(&w, i < 4 ? keys[i] : "videoFunction");
		rtmp_amf0_put_number(&w, 77);
		config.connect_pairs = pairs;
		config.connect_pairs_size = w.len;
		object = connect_object(&config);
		for (k = 0; k < 4; k++)
			assert_int_equal(count_key(object, keys[k]),
			    i == 4 || k == i);
		assert_int_equal(count_key(object, "videoFunction"), 1);
		check_field(object, i < 4 ? keys[i] : "videoFunction", "77");
		cJSON_Delete(object);
	}
}

static void
what_is_written_is_read_back(void **state)
{
	struct rtmp_capabilities c, d;
	struct rtmp_amf0_writer w;
	uint8_t buf[2048];
	size_t i;

	(void)state;
	rtmp_capabilities_init(&c, sizeof(c));
	for (i = 0; i < 7; i++) {
		uint8_t name[4] = { 'n', 'e', 'w', (uint8_t)('0' + i) };

		c.video[1 + i].fourcc = FOURCC(name);
		c.video[1 + i].can = (uint32_t)i % 8;
	}
	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_object_begin(&w);
	rtmp_capabilities_put(&w, &c);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	memset(&d, 0, sizeof(d));
	d.struct_size = sizeof(d);
	assert_int_equal(rtmp_capabilities_get(&d, buf, w.len), 0);
	assert_memory_equal(&c, &d, sizeof(c));
}

/* ---- Theirs ---- */

static void
a_server_that_says_nothing_leaves_all_unknown(void **state)
{
	struct rtmp_capabilities c = read_object("[{'fmsVer': 'FMS/3,0,1,123',"
	    " 'capabilities': 31, 'objectEncoding': 0}]");

	(void)state;
	assert_int_equal(c.stated, 0);
	check(&c, "av01", CAN_ALL, RTMP_UNKNOWN);
	check(&c, "Opus", TAKES, RTMP_UNKNOWN);
	check(&c, "new1", TAKES, RTMP_UNKNOWN);
	check(NULL, "av01", TAKES, RTMP_UNKNOWN);
}

static void
a_map_answers_yes_and_no(void **state)
{
	struct rtmp_capabilities c = read_object(
	    "[{'$ecma': {'videoFourCcInfoMap': {'av01': 1, 'hvc1': 4, "
	    "'vp09': 2, 'vvc1': 0, 'new1': 1, 'new2': 0}, 'capsEx': 3}}]");

	(void)state;
	assert_int_equal(c.stated, RTMP_STATED_VIDEO | RTMP_STATED_CAPS_EX);
	assert_int_equal(c.caps_ex,
	    RTMP_CAPS_RECONNECT | RTMP_CAPS_MULTITRACK);
	check(&c, "av01", TAKES, RTMP_YES);
	check(&c, "av01", RTMP_CAN_DECODE, RTMP_YES);
	check(&c, "av01", RTMP_CAN_FORWARD, RTMP_NO);
	check(&c, "hvc1", TAKES, RTMP_YES);
	check(&c, "vp09", TAKES, RTMP_NO);
	check(&c, "vp09", RTMP_CAN_ENCODE, RTMP_YES);
	check(&c, "vvc1", CAN_ALL, RTMP_NO);
	check(&c, "avc1", CAN_ALL, RTMP_NO); /* left out */
	check(&c, "new1", TAKES, RTMP_YES);
	check(&c, "new2", TAKES, RTMP_NO);
	check(&c, "new3", TAKES, RTMP_UNKNOWN); /* of what kind? */
	check(&c, "Opus", CAN_ALL, RTMP_UNKNOWN); /* no word on audio */
}

static void
the_wildcard_adds_to_every_codec(void **state)
{
	struct rtmp_capabilities c = read_object("[{'videoFourCcInfoMap': "
	    "{'*': 4, 'vp09': 3, 'avc1': 0}, 'audioFourCcInfoMap': "
	    "{'Opus': 1, '*': 0}}]");

	(void)state;
	check(&c, "vp09", RTMP_CAN_DECODE, RTMP_YES);
	check(&c, "vp09", RTMP_CAN_FORWARD, RTMP_YES);
	check(&c, "avc1", RTMP_CAN_FORWARD, RTMP_YES);
	check(&c, "avc1", RTMP_CAN_DECODE, RTMP_NO);
	check(&c, "av01", TAKES, RTMP_YES);
	check(&c, "Opus", TAKES, RTMP_YES);
	check(&c, "mp4a", TAKES, RTMP_NO);
}

static void
a_list_counts_where_there_is_no_map(void **state)
{
	/* Enhanced RTMP v1 knows video alone. */
	struct rtmp_capabilities c = read_object(
	    "[{'fourCcList': ['av01', 'hvc1', 7, null, 'new1', 'toolong', ''"
	    "]}]");

	(void)state;
	check(&c, "av01", CAN_ALL, RTMP_YES);
	check(&c, "vp09", TAKES, RTMP_NO);
	check(&c, "new1", TAKES, RTMP_YES);
	check(&c, "Opus", TAKES, RTMP_UNKNOWN);
	assert_int_equal(c.stated, RTMP_STATED_VIDEO);

	c = read_object("[{'fourCcList': ['*']}]");
	check(&c, "av01", TAKES, RTMP_YES);
	check(&c, "Opus", RTMP_CAN_ENCODE, RTMP_YES);
	check(&c, "new1", TAKES, RTMP_UNKNOWN);

	/* In either order. */
	c = read_object("[{'fourCcList': ['av01', 'Opus'], "
	    "'videoFourCcInfoMap': {'vp09': 1}}]");
	check(&c, "av01", TAKES, RTMP_NO);
	check(&c, "vp09", TAKES, RTMP_YES);
	check(&c, "Opus", TAKES, RTMP_YES);
	c = read_object("[{'audioFourCcInfoMap': {'fLaC': 4}, "
	    "'fourCcList': ['av01', 'Opus', 'new1']}]");
	check(&c, "av01", TAKES, RTMP_YES);
	check(&c, "Opus", TAKES, RTMP_NO);
	check(&c, "fLaC", TAKES, RTMP_YES);
	check(&c, "new1", TAKES, RTMP_YES);
}

static void
fields_of_a_wrong_type_are_left_out(void **state)
{
	struct rtmp_capabilities c = read_object("[{'capsEx': '15', "
	    "'videoFunction': null, 'fourCcList': {'0': 'av01'}, "
	    "'videoFourCcInfoMap': ['av01'], 'audioFourCcInfoMap': 4}]");

	(void)state;
	assert_int_equal(c.stated, 0);
	c = read_object("[{'capsEx': -1, 'videoFunction': 1e300, "
	    "'videoFourCcInfoMap': {'av01': '4', 'hvc1': {'*': 4}, "
	    "'avc1': -4, 'vp09': 4.9}, 'audioFourCcInfoMap': {}}]");
	assert_int_equal(c.caps_ex, 0);
	assert_int_equal(c.video_function, 0);
	check(&c, "av01", CAN_ALL, RTMP_NO);
	check(&c, "hvc1", CAN_ALL, RTMP_NO);
	check(&c, "avc1", CAN_ALL, RTMP_NO);
	check(&c, "vp09", RTMP_CAN_FORWARD, RTMP_YES);
	check(&c, "Opus", CAN_ALL, RTMP_NO);
	/* In the map of the other kind. */
	c = read_object("[{'videoFourCcInfoMap': {'Opus': 7}}]");
	check(&c, "Opus", CAN_ALL, RTMP_UNKNOWN);
	assert_int_equal(c.video[0].fourcc, 0);
}

static void
what_is_no_object_is_an_error(void **state)
{
	static const char *const values[] = { "[1]", "['text']", "[null]",
		"[['av01']]" };
	struct rtmp_capabilities c;
	uint8_t *data;
	size_t i, size;

	(void)state;
	memset(&c, 0, sizeof(c));
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		data = peer_amf0(values[i], &size);
		assert_int_equal(rtmp_capabilities_get(&c, data, size),
		    RTMP_ERR_PROTO);
		free(data);
	}
	assert_int_equal(rtmp_capabilities_get(&c, (const uint8_t *)"", 0),
	    RTMP_ERR_PROTO);
	assert_int_equal(c.stated, 0);
}

static void
put_fourccs(struct rtmp_amf0_writer *w, int as_map)
{
	char name[16];
	int i;

	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "%04d", i);
		if (as_map) {
			rtmp_amf0_put_key(w, name);
			rtmp_amf0_put_number(w, 7);
		} else {
			rtmp_amf0_put_string(w, name);
		}
	}
}

/* Ten thousand codecs in front of one that counts. */
static void
a_crowd_of_codecs_keeps_no_known_one_out(void **state)
{
	struct rtmp_capabilities c;
	struct rtmp_amf0_writer w;
	size_t size = 400000;
	uint8_t *buf = malloc(size);
	int as_map;

	(void)state;
	assert_non_null(buf);
	for (as_map = 0; as_map < 2; as_map++) {
		rtmp_amf0_writer_init(&w, buf, size);
		rtmp_amf0_put_object_begin(&w);
		rtmp_amf0_put_key(&w, as_map ? "videoFourCcInfoMap" :
		    "fourCcList");
		if (as_map)
			rtmp_amf0_put_object_begin(&w);
		else
			rtmp_amf0_put_strict_array_begin(&w, 10008);
		put_fourccs(&w, as_map);
		if (as_map) {
			rtmp_amf0_put_key(&w, "av01");
			rtmp_amf0_put_number(&w, 1);
			rtmp_amf0_put_key(&w, "*");
			rtmp_amf0_put_number(&w, 2);
			rtmp_amf0_put_object_end(&w);
		} else {
			static const char *const names[] = { "av01", "avc1",
				"hvc1", "vvc1", "vp08", "vp09", "*", "Opus" };
			size_t i;

			for (i = 0; i < 8; i++)
				rtmp_amf0_put_string(&w, names[i]);
		}
		rtmp_amf0_put_object_end(&w);
		assert_int_equal(w.err, 0);
		memset(&c, 0, sizeof(c));
		assert_int_equal(rtmp_capabilities_get(&c, buf, w.len), 0);
		check(&c, "0000", TAKES, RTMP_YES);
		check(&c, "0008", TAKES, RTMP_YES);
		check(&c, "9999", TAKES, RTMP_UNKNOWN); /* left out */
		check(&c, "av01", RTMP_CAN_DECODE, RTMP_YES);
		check(&c, "hvc1", RTMP_CAN_ENCODE, RTMP_YES);
		check(&c, "vp09", RTMP_CAN_DECODE,
		    as_map ? RTMP_NO : RTMP_YES);
	}
	free(buf);
}

/* ---- In a session ---- */

#define SUCCESS \
	"'level': 'status', 'code': 'NetConnection.Connect.Success'"

static int event_took_av01;

static void
ask(struct run *r, const struct rtmp_event *e)
{
	act_publish(r, e);
	if (e == NULL || e->type != RTMP_EVENT_CONNECTED)
		return;
	assert_ptr_equal(e->capabilities, rtmp_session_capabilities(r->s));
	event_took_av01 = (int)rtmp_capabilities_codec(e->capabilities,
	    FOURCC("av01"), TAKES);
}

/* A publisher starts whatever the answer is. */
static void
check_answer(const char *properties, const char *info,
    enum rtmp_answer av01, uint32_t caps_ex)
{
	const struct rtmp_capabilities *c;
	struct run r;
	struct peer p;

	run_init(&r, RTMP_FLIGHT_STEPWISE, ask);
	run_start(&r);
	c = rtmp_session_capabilities(r.s);
	assert_int_equal(c->stated, 0);
	peer_init(&p);
	peer_command(&p, 0, "['_result', 1, %s, {" SUCCESS "%s}]", properties,
	    info);
	peer_published(&p, 4, 1);
	run_peer(&r, &p);
	assert_int_equal(event_took_av01, (int)av01);
	c = rtmp_session_capabilities(r.s);
	check(c, "av01", TAKES, av01);
	assert_int_equal(c->caps_ex, caps_ex);
	assert_int_equal(rtmp_stream_state(r.s, r.stream[0]),
	    RTMP_STREAM_PUBLISHING);
	run_free(&r);
	peer_free(&p);
}

static void
the_answer_to_connect_is_read_from_both_of_its_objects(void **state)
{
	(void)state;
	check_answer("{'fmsVer': 'FMS/3,0,1,123'}", "", RTMP_UNKNOWN, 0);
	check_answer("null", "", RTMP_UNKNOWN, 0);
	check_answer("{'videoFourCcInfoMap': {'av01': 4}, 'capsEx': 2}", "",
	    RTMP_YES, 2);
	check_answer("{}", ", 'videoFourCcInfoMap': {'hvc1': 4}, 'capsEx': 1",
	    RTMP_NO, 1);
	check_answer("{'capsEx': 6}", ", 'fourCcList': ['av01']", RTMP_YES,
	    6);
	check_answer("{'capsEx': 6, 'videoFourCcInfoMap': {'av01': 4}}",
	    ", 'capsEx': 7, 'videoFourCcInfoMap': {'avc1': 4}", RTMP_NO, 7);
	check_answer("null", ", 'data': {'capsEx': 7}", RTMP_UNKNOWN, 0);
}

/* Of which kind they are, it does not say. */
static void
a_server_that_lists_only_unknown_codecs_is_believed(void **state)
{
	const struct rtmp_capabilities *c;
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(&r);
	peer_init(&p);
	peer_command(&p, 0, "['_result', 1, {'fourCcList': ['new1']}, {"
	    SUCCESS "}]");
	run_peer(&r, &p);
	c = rtmp_session_capabilities(r.s);
	assert_int_equal(c->stated, 0);
	check(c, "new1", TAKES, RTMP_YES);
	check(c, "new2", TAKES, RTMP_UNKNOWN);
	check(c, "av01", TAKES, RTMP_UNKNOWN);
	check(c, "Opus", TAKES, RTMP_UNKNOWN);
	run_free(&r);
	peer_free(&p);
}

static int
negotiate(struct test_mem *mem, void *arg)
{
	struct rtmp_session_config config;
	const struct rtmp_event *event;
	struct rtmp_session *s;
	const struct peer *p = arg;
	const uint8_t *data = p->data;
	size_t size = p->size;
	int ret;

	config_of(&config);
	config.mem = &mem->mem;
	ret = rtmp_session_new(&s, &config);
	if (ret != 0)
		return ret;
	while ((ret = rtmp_session_recv(s, &data, &size, &event)) == 1)
		continue;
	if (ret == 0)
		check(rtmp_session_capabilities(s), "av01", TAKES, RTMP_YES);
	rtmp_session_free(s);
	return ret;
}

static void
each_allocation_of_a_negotiation_fails(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_command(&p, 0, "['_result', 1, {'videoFourCcInfoMap': "
	    "{'av01': 4}}, {" SUCCESS "}]");
	each_allocation_fails(negotiate, &p);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_says_what_is_true_of_the_library),
		cmocka_unit_test(a_program_can_say_more_or_less),
		cmocka_unit_test(the_callers_own_pairs_take_their_place),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(
		    a_server_that_says_nothing_leaves_all_unknown),
		cmocka_unit_test(a_map_answers_yes_and_no),
		cmocka_unit_test(the_wildcard_adds_to_every_codec),
		cmocka_unit_test(a_list_counts_where_there_is_no_map),
		cmocka_unit_test(fields_of_a_wrong_type_are_left_out),
		cmocka_unit_test(what_is_no_object_is_an_error),
		cmocka_unit_test(a_crowd_of_codecs_keeps_no_known_one_out),
		cmocka_unit_test(
		    the_answer_to_connect_is_read_from_both_of_its_objects),
		cmocka_unit_test(
		    a_server_that_lists_only_unknown_codecs_is_believed),
		cmocka_unit_test(each_allocation_of_a_negotiation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
