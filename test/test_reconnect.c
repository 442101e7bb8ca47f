/* NetConnection.Connect.ReconnectRequest: Enhanced RTMP v2, "Reconnect
 * Request". */
#include <rtmpio/rtmp.h>
#include <rtmpio/stream_cache.h>

#include "support/run.h"
#include "support/script.h"

#define CODE "NetConnection.Connect.ReconnectRequest"
#define RECONNECT "RECONNECT reconnect status " CODE " - -> "
#define REQUEST "['onStatus', 0, null, {'level': 'status', 'code': '" CODE "'"

static void
put_request(struct peer *p, const char *tc_url)
{
	if (tc_url == NULL)
		peer_command(p, 0, REQUEST "}]");
	else
		peer_command(p, 0, REQUEST ", 'tcUrl': '%s'}]", tc_url);
}

static void
the_request_of_the_specification_is_an_event(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, PUBLISH_STARTED
		"RECONNECT reconnect status " CODE " The streaming server is "
		"undergoing updates. -> rtmp://foo.example.com:1935/live\n",
		NULL };
	cJSON *json = load_json("vectors/commands.json");
	size_t size;
	uint8_t *body = from_hex(json_string(json_item(json,
	    "reconnect_request"), "body"), &size);
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, size);
	check_scenario(&sc, &p);
	peer_free(&p);
	free(body);
	cJSON_Delete(json);
}

static void
long_path(struct run *r)
{
	r->config.app = "live/a";
	r->config.tc_url = "rtmps://host:444/live/a";
}

/* url is what comes out, seen from rtmps://host:444/live/a. */
static void
check_request(const char *tc_url, const char *url)
{
	struct run r;
	struct peer p;
	char text[8192];

	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	long_path(&r);
	run_start(&r);
	assert_null(rtmp_session_reconnect_url(r.s));
	peer_init(&p);
	peer_connected(&p);
	put_request(&p, tc_url);
	run_peer(&r, &p);
	snprintf(text, sizeof(text), CONNECTED RECONNECT "%s\n", url);
	assert_events(&r, text);
	assert_string_equal(rtmp_session_reconnect_url(r.s), url);
	assert_int_equal(rtmp_session_state(r.s), RTMP_SESSION_CONNECTED);
	run_free(&r);
	peer_free(&p);
}

static void
its_tc_url_is_seen_from_the_one_in_use(void **state)
{
	(void)state;
	check_request(NULL, "rtmps://host:444/live/a");
	check_request("", "rtmps://host:444/live/a");
	check_request("rtmp://other/live", "rtmp://other/live");
	check_request("//192.0.2.0/app", "rtmps://192.0.2.0/app");
	check_request("/app", "rtmps://host:444/app");
	check_request("b", "rtmps://host:444/live/b");
	check_request("../app", "rtmps://host:444/app");
}

static void
a_tc_url_that_is_none_comes_out_empty(void **state)
{
	char *giant = malloc(60001);

	(void)state;
	assert_non_null(giant);
	memset(giant, 'x', 60000);
	giant[60000] = '\0';
	check_request("http://host/live", "");
	check_request("//host", "");
	check_request("/a b", "");
	check_request(giant, "");
	free(giant);
}

/* A query makes a tcUrl longer than the parts of a URL may be. */
static void
without_a_tc_url_the_one_in_use_comes_out_whole(void **state)
{
	char url[4001] = "rtmp://host/live?";
	struct run r;
	struct peer p;

	(void)state;
	memset(url + strlen(url), 'q', sizeof(url) - 1 - strlen(url));
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	r.config.tc_url = url;
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	put_request(&p, NULL);
	run_peer(&r, &p);
	assert_string_equal(rtmp_session_reconnect_url(r.s), url);
	run_free(&r);
	peer_free(&p);
}

static void
a_nul_in_a_tc_url_does_not_end_it(void **state)
{
	struct rtmp_amf0_writer w;
	uint8_t body[256];
	struct run r;
	struct peer p;

	(void)state;
	rtmp_amf0_writer_init(&w, body, sizeof(body));
	rtmp_amf0_put_string(&w, "onStatus");
	rtmp_amf0_put_number(&w, 0);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_object_begin(&w);
	rtmp_amf0_put_key(&w, "code");
	rtmp_amf0_put_string(&w, CODE);
	rtmp_amf0_put_key(&w, "tcUrl");
	rtmp_amf0_put_string_n(&w, "/a\0b", 4);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, body, w.len);
	run_peer(&r, &p);
	assert_string_equal(rtmp_session_reconnect_url(r.s), "");
	run_free(&r);
	peer_free(&p);
}

static void
put_odd(struct peer *p)
{
	peer_command(p, 0, REQUEST ", 'tcUrl': 7}]");
	/* Of no level, of a wrong one, on a stream. */
	peer_command(p, 0, "['onStatus', 0, null, {'code': '" CODE "'}]");
	peer_command(p, 1, "['onStatus', 0, null, {'level': 'error', "
	    "'code': '" CODE "', 'tcUrl': '/b'}]");
	peer_status(p, 1, "status", "NetStream.Play.Switch");
}

static void
requests_written_oddly_are_understood(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL,
		act_publish, 0, PUBLISH_STARTED
		RECONNECT "rtmp://host/live\n"
		"RECONNECT reconnect - " CODE " - -> rtmp://host/live\n"
		"RECONNECT reconnect error " CODE " - -> rtmp://host/b\n"
		"STATUS 1 other status NetStream.Play.Switch words\n", NULL };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	put_odd(&p);
	check_scenario(&sc, &p);
	peer_free(&p);
}

/* The old server goes on, and the last word of several counts. */
static void
the_stream_goes_on_behind_a_request(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_VIDEO, 40, "frame");
	struct run r;
	struct peer p;
	char *sent;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	put_request(&p, "/first");
	put_request(&p, "/second");
	run_peer(&r, &p);
	assert_events(&r, PUBLISH_STARTED RECONNECT "rtmp://host/first\n"
	    RECONNECT "rtmp://host/second\n");
	assert_string_equal(rtmp_session_reconnect_url(r.s),
	    "rtmp://host/second");
	assert_int_equal(rtmp_session_write(r.s, r.stream[0], &packet), 0);
	run_send(&r, SIZE_MAX, 64);
	sent = sent_text(r.sent, r.sent_size);
	assert_non_null(strstr(sent, "video @40 5 frame"));
	free(sent);
	assert_int_equal(rtmp_stream_state(r.s, r.stream[0]),
	    RTMP_STREAM_PUBLISHING);
	run_free(&r);
	peer_free(&p);
}

/* A session that publishes, with nothing said about it. */
static void
start_publishing(struct run *r)
{
	struct peer p;

	run_init(r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(r, &p);
	assert_events(r, PUBLISH_STARTED);
	free(sent_text(r->sent, r->sent_size));
	peer_free(&p);
}

static void
publish(struct run *r, const struct rtmp_packet *packet)
{
	assert_int_equal(rtmp_session_write(r->s, r->stream[0], packet), 0);
	run_send(r, SIZE_MAX, 64);
}

/* What was sent from the first media on. */
static void
assert_media(const struct run *r, const char *expected)
{
	char *text = sent_text(r->sent, r->sent_size);
	const char *media = strstr(text, "'publish'");

	media = strchr(media, '\n') + 1;
	assert_string_equal(media, expected);
	free(text);
}

/* The flow of the specification: on to the next key frame on the old server,
 * then all that a new one must know. */
static void
a_publisher_goes_over_at_a_key_frame(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t timestamp;
		const char *data;
		size_t size;
	} media[] = {
		{ RTMP_MSG_DATA_AMF0, 0, "\2\0\12onMetaData\3\0\0\t", 17 },
		{ RTMP_MSG_VIDEO, 0, "\x17\0\0\0\0SPS", 8 },
		{ RTMP_MSG_AUDIO, 0, "\xaf\0ASC", 5 },
		{ RTMP_MSG_VIDEO, 0, "\x17\1\0\0\0key0", 9 },
		{ RTMP_MSG_AUDIO, 20, "\xaf\1aac", 5 },
		/* asked here */
		{ RTMP_MSG_VIDEO, 40, "\x27\1\0\0\0p40", 8 },
		{ RTMP_MSG_VIDEO, 80, "\x17\1\0\0\0key80", 10 },
		{ RTMP_MSG_AUDIO, 90, "\xaf\1aac", 5 },
	};
	struct rtmp_stream_cache *cache;
	struct rtmp_packet packet, again;
	struct run old, new, *to = &old;
	struct peer p;
	size_t i, pos = 0;

	(void)state;
	assert_int_equal(rtmp_stream_cache_new(&cache, 0, NULL), 0);
	start_publishing(&old);
	for (i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		packet.type = media[i].type;
		packet.timestamp = media[i].timestamp;
		packet.data = (const uint8_t *)media[i].data;
		packet.size = media[i].size;
		assert_int_equal(rtmp_stream_cache_put(cache, &packet), 0);
		if (i == 5) {
			memset(&p, 0, sizeof(p));
			assert_int_equal(rtmp_chunk_writer_new(&p.writer,
			    NULL), 0);
			put_request(&p, "//other/live");
			run_peer(&old, &p);
			peer_free(&p);
		}
		if (to == &old && rtmp_session_reconnect_url(old.s) != NULL &&
		    (rtmp_packet_is(&packet) & RTMP_IS_KEY_FRAME) != 0) {
			start_publishing(&new);
			while (rtmp_stream_cache_next(cache, &pos,
			    packet.timestamp, &again) == 1)
				publish(&new, &again);
			to = &new;
		}
		publish(to, &packet);
	}
	assert_media(&old,
	    "5/1 data @0 ['@setDataFrame','onMetaData',{}]\n"
	    "6/1 video @0 8 .....SPS\n4/1 audio @0 5 ..ASC\n"
	    "6/1 video @0 9 .....key0\n4/1 audio @20 5 ..aac\n"
	    "6/1 video @40 8 '....p40\n");
	assert_media(&new,
	    "5/1 data @80 ['@setDataFrame','onMetaData',{}]\n"
	    "6/1 video @80 8 .....SPS\n4/1 audio @80 5 ..ASC\n"
	    "6/1 video @80 10 .....key80\n4/1 audio @90 5 ..aac\n");
	run_free(&old);
	run_free(&new);
	rtmp_stream_cache_free(cache);
}

static int
be_asked(struct test_mem *mem, void *arg)
{
	struct rtmp_session_config config;
	const struct rtmp_event *event;
	struct rtmp_session *s;
	const struct peer *p = arg;
	const uint8_t *data = p->data;
	size_t size = p->size;
	int ret;

	rtmp_session_config_init(&config, sizeof(config));
	config.app = "live";
	config.tc_url = "rtmp://host/live";
	config.mem = &mem->mem;
	ret = rtmp_session_new(&s, &config);
	if (ret != 0)
		return ret;
	while ((ret = rtmp_session_recv(s, &data, &size, &event)) == 1)
		continue;
	if (ret == 0)
		assert_string_equal(rtmp_session_reconnect_url(s),
		    "rtmp://other/live");
	rtmp_session_free(s);
	return ret;
}

static void
each_allocation_of_a_request_fails(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	put_request(&p, "//first/live");
	put_request(&p, "//other/live");
	each_allocation_fails(be_asked, &p);
	peer_free(&p);
}

/* ---- In the blocking client ---- */

static int requests;

static void
count_request(void *arg, const struct rtmp_event *event)
{
	(void)arg;
	if (event->type != RTMP_EVENT_RECONNECT)
		return;
	requests++;
	assert_string_equal(event->tc_url, "rtmp://other/live");
}

static void
the_client_knows_where_to_go(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_VIDEO, 40, "frame");
	struct rtmp_capabilities ours;
	struct rtmp_options opt;
	struct script script;
	struct peer p;
	struct rtmp *r;

	(void)state;
	peer_init(&p);
	peer_command(&p, 0, "['_result', 1, {'videoFourCcInfoMap': "
	    "{'av01': 4}}, {'level': 'status', "
	    "'code': 'NetConnection.Connect.Success'}]");
	peer_published(&p, 4, 1);
	put_request(&p, "//other/live");
	script_init(&script, p.data, p.size);
	rtmp_capabilities_init(&ours, sizeof(ours));
	ours.caps_ex |= RTMP_CAPS_RECONNECT;
	rtmp_options_init(&opt, sizeof(opt));
	assert_non_null(opt.capabilities);
	opt.capabilities = &ours;
	opt.io = &script.io;
	opt.on_event = count_request;
	r = rtmp_new(&opt);
	assert_non_null(r);
	memset(&ours, 0xff, sizeof(ours)); /* it was copied */
	assert_null(rtmp_reconnect_url(r));
	assert_null(rtmp_get_capabilities(r));
	assert_int_equal(rtmp_connect(r, "rtmp://host/live", "key"), 0);
	assert_int_equal(rtmp_capabilities_codec(rtmp_get_capabilities(r),
	    0x61763031, RTMP_CAN_FORWARD), RTMP_YES);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_write_packet(r, &packet), 0);
	assert_int_equal(requests, 1);
	assert_string_equal(rtmp_reconnect_url(r), "rtmp://other/live");
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_RECONNECT);
	rtmp_free(r);
	script_free(&script);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_of_the_specification_is_an_event),
		cmocka_unit_test(its_tc_url_is_seen_from_the_one_in_use),
		cmocka_unit_test(a_tc_url_that_is_none_comes_out_empty),
		cmocka_unit_test(
		    without_a_tc_url_the_one_in_use_comes_out_whole),
		cmocka_unit_test(a_nul_in_a_tc_url_does_not_end_it),
		cmocka_unit_test(requests_written_oddly_are_understood),
		cmocka_unit_test(the_stream_goes_on_behind_a_request),
		cmocka_unit_test(a_publisher_goes_over_at_a_key_frame),
		cmocka_unit_test(each_allocation_of_a_request_fails),
		cmocka_unit_test(the_client_knows_where_to_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
