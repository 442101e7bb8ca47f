/*
 * Redirects end to end: a server that sends rtmp_connect(), rtmp_publish() and
 * rtmp_play() elsewhere, in the manners of FMS and of SRS.
 */
#include "support/redirect.h"

/* answer comes at connect; the new server gets all that is its own. */
static void
publisher_follows(const char *answer)
{
	here.connects[0] = answer;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_SUCCESS);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_close(r), 0);
	redirect_end();
	assert_int_equal(events, 1);
	assert_int_equal(here.conns, 1);
	assert_int_equal(there.conns, 1);
	host_heard(&there, 0, "'rtmp://127.0.0.1:%d/other/app'", there.port);
	host_heard(&there, 0, "'other/app'");
}

static void
error_is_followed(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other/app");
	publisher_follows(words);
	host_heard(&there, 0, "'publish',5,null,'key'");
	redirect_free();
}

static void
code_may_be_a_string(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR("'code': '302', 'redirect': "
	    "'rtmp://127.0.0.1:%d/other/app/'"), there.port);
	publisher_follows(words);
	redirect_free();
}

static void
status_at_connect_is_followed(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), STATUS(TO), there.port, "other/app");
	publisher_follows(words);
	redirect_free();
}

static void
second_url_has_the_stream(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), 1, "nowhere",
	    there.port, "other/app/name?x=y");
	publisher_follows(words);
	host_heard(&there, 0, "'publish',5,null,'name?x=y'");
	redirect_free();
}

static void
second_url_without_a_stream_is_none(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), there.port,
	    "other/app", 1, "nowhere");
	publisher_follows(words);
	host_heard(&there, 0, "'publish',5,null,'key'");
	redirect_free();
}

/* Servers drop the query of a stream, which may be what lets us in. */
static void
query_of_the_stream_is_kept(void **state)
{
	(void)state;
	redirect_init();
	strcat(here.url, "?token=1");
	snprintf(words, sizeof(words), ERROR(TO_BOTH), 1, "nowhere",
	    there.port, "other/app/key");
	publisher_follows(words);
	host_heard(&there, 0, "'publish',5,null,'key?token=1'");
	redirect_free();
}

/* As SRS does: behind publish or play.  It waits for a command with a string
 * before it hangs up. */
static void
late_redirect(int plays, enum rtmp_flight flight)
{
	redirect_init();
	snprintf(words, sizeof(words), STATUS(TO_BOTH), there.port, "live",
	    there.port, "live/edge");
	here.starts[0] = words;
	opt.flight = flight;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(plays ? rtmp_play(r, -2) : rtmp_publish(r, NULL), 0);
	redirect_end();
	assert_int_equal(events, 1);
	host_heard(&here, 0,
	    "['redirected',0,null,'rtmp://127.0.0.1:%d/live']", there.port);
	host_heard(&there, 0, "'rtmp://127.0.0.1:%d/live'", there.port);
	host_heard(&there, 0, "null,'edge'");
	redirect_free();
}

static void
redirect_behind_publish(void **state)
{
	(void)state;
	late_redirect(0, RTMP_FLIGHT_STEPWISE);
	late_redirect(0, RTMP_FLIGHT_PIPELINED);
}

static void
redirect_behind_play(void **state)
{
	(void)state;
	late_redirect(1, RTMP_FLIGHT_STEPWISE);
	late_redirect(1, RTMP_FLIGHT_PIPELINED);
	late_redirect(1, RTMP_FLIGHT_ZERO_RTT);
}

/* A refusal of connect that the call behind it finds. */
static void
redirect_of_an_eager_publisher(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other");
	here.connects[0] = words;
	opt.flight = RTMP_FLIGHT_PIPELINED;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(events, 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(events, 1);
	redirect_end();
	host_heard(&there, 0, "'key'");
	redirect_free();
}

/* Names and passwords of the caller's URL go with it, but to a server that
 * asks; those of a redirect come first, as does its app. */
static void
password_goes_along(void **state)
{
	static const char *const urls[] = { "rtmp://127.0.0.1:%d/other",
		"rtmp://user2:p2@127.0.0.1:%d/other" };
	char url[128];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		redirect_init();
		snprintf(url, sizeof(url), urls[i], there.port);
		snprintf(words, sizeof(words), ERROR("'code': 302, "
		    "'redirect': '%s'"), url);
		here.connects[0] = words;
		there.connects[0] = "['_error', 1, null, {'code': "
		    "'NetConnection.Connect.Rejected', 'description': "
		    "'code=403 need auth; authmod=adobe'}]";
		opt.app = "given";
		redirect_begin();
		snprintf(url, sizeof(url), "rtmp://user1:p1@127.0.0.1:%d/a/b",
		    here.port);
#ifndef RTMP_NO_CRYPTO
		assert_int_equal(rtmp_connect(r, url, NULL), 0);
		redirect_end();
		host_heard(&here, 0, "'given'");
		assert_null(strstr(here.all, "user1"));
		assert_null(strstr(there.said[0], "authmod"));
		host_heard(&there, 1, "'other?authmod=adobe&user=user%d'",
		    i + 1);
		assert_null(strstr(there.all, "given"));
#else
		assert_int_equal(rtmp_connect(r, url, NULL),
		    RTMP_ERR_REJECTED);
		redirect_end();
#endif
		redirect_free();
	}
}

/* ---- As seen on the wire ---- */

static void
vectors(void **state)
{
	static const char *const names[] = { "redirect_error",
		"redirect_onstatus_srs" };
	cJSON *json = load_json("vectors/commands.json");
	size_t size;
	uint8_t *body;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		body = from_hex(json_string(json_item(json, names[i]),
		    "body"), &size);
		redirect_init();
		here.body = body;
		here.body_size = size;
		opt.max_redirects = 0;
		redirect_begin();
		assert_int_equal(rtmp_connect(r, here.url, NULL),
		    RTMP_ERR_REJECTED);
		assert_int_equal(rtmp_last_status(r)->kind,
		    RTMP_STATUS_REDIRECT);
		assert_string_equal(rtmp_last_status(r)->redirect,
		    "rtmp://edge2.example.com:1935/live");
		assert_string_equal(rtmp_last_status(r)->redirect2, i == 0 ?
		    "" : "rtmp://edge2.example.com:1935/live/stream1");
		redirect_end();
		redirect_free();
		free(body);
	}
	cJSON_Delete(json);
}

/* ---- Memory ---- */

static int
connect_with(struct test_mem *m, void *arg)
{
	struct rtmp_options o;
	struct rtmp *client;
	int err;

	(void)arg;
	rtmp_options_init(&o, sizeof(o));
	o.mem = &m->mem;
	client = rtmp_new(&o);
	if (client == NULL)
		return RTMP_ERR_NOMEM;
	err = rtmp_connect(client, here.url, NULL);
	rtmp_free(client);
	return err;
}

static void
out_of_memory(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), STATUS(TO_BOTH), 1, "nowhere",
	    there.port, "other/name");
	here.connects[0] = words;
	here.repeats = 1;
	redirect_begin();
	each_allocation_fails(connect_with, NULL);
	redirect_end();
	redirect_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_is_followed),
		cmocka_unit_test(code_may_be_a_string),
		cmocka_unit_test(status_at_connect_is_followed),
		cmocka_unit_test(second_url_has_the_stream),
		cmocka_unit_test(second_url_without_a_stream_is_none),
		cmocka_unit_test(query_of_the_stream_is_kept),
		cmocka_unit_test(redirect_behind_publish),
		cmocka_unit_test(redirect_behind_play),
		cmocka_unit_test(redirect_of_an_eager_publisher),
		cmocka_unit_test(password_goes_along),
		cmocka_unit_test(vectors),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, redirect_setup, NULL);
}
