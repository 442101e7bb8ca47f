/*
 * Redirects end to end: a server that sends rtmp_connect(), rtmp_publish() and
 * rtmp_play() elsewhere, in the manners of FMS and of SRS.
 */
#include <rtmpio/rtmp.h>

#include <signal.h>
#include <time.h>

#include "support/host.h"
#include "support/peer.h"
#include "support/script.h"

#define EX(ex) "{'level': 'error', 'code': " \
	"'NetConnection.Connect.Rejected', 'description': 'Redirected.', " \
	"'ex': {" ex "}}"
#define ERROR(ex) "['_error', 1, null, " EX(ex) "]"
#define STATUS(ex) "['onStatus', 0, null, " EX(ex) "]"
#define TO "'code': 302, 'redirect': 'rtmp://127.0.0.1:%d/%s'"
#define TO_BOTH TO ", 'redirect2': 'rtmp://127.0.0.1:%d/%s'"

static struct rtmp_options opt;
static struct rtmp *r;
static struct host here, there;
static char words[8192]; /* of an answer */
static int events;	 /* redirects that on_event has been told of */

static void
count_redirects(void *arg, const struct rtmp_event *event)
{
	(void)arg;
	if (event->type == RTMP_EVENT_REJECTED &&
	    event->status.kind == RTMP_STATUS_REDIRECT)
		events++;
}

static void
hosts_init(void)
{
	host_init(&here);
	host_init(&there);
}

/* Both hosts, and a handle with opt, which is set back. */
static void
begin(void)
{
	host_start(&here);
	host_start(&there);
	opt.on_event = count_redirects;
	events = 0;
	r = rtmp_new(&opt);
	assert_non_null(r);
	rtmp_options_init(&opt, sizeof(opt));
}

static void
end(void)
{
	rtmp_free(r);
	host_end(&here);
	host_end(&there);
}

static void
hosts_free(void)
{
	host_free(&here);
	host_free(&there);
}

static void
says(const char *what)
{
	if (strstr(rtmp_error_detail(r), what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", rtmp_error_detail(r),
		    what);
}

static void
heard(const struct host *h, int conn, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(conn < h->conns);
	if (strstr(h->said[conn], text) == NULL)
		fail_msg("%s is not in:\n%s", text, h->said[conn]);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Followed ---- */

/* answer comes at connect; the new server gets all that is its own. */
static void
publisher_follows(const char *answer)
{
	here.connects[0] = answer;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_SUCCESS);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_close(r), 0);
	end();
	assert_int_equal(events, 1);
	assert_int_equal(here.conns, 1);
	assert_int_equal(there.conns, 1);
	heard(&there, 0, "'rtmp://127.0.0.1:%d/other/app'", there.port);
	heard(&there, 0, "'other/app'");
}

static void
error_is_followed(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other/app");
	publisher_follows(words);
	heard(&there, 0, "'publish',5,null,'key'");
	hosts_free();
}

static void
code_may_be_a_string(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR("'code': '302', 'redirect': "
	    "'rtmp://127.0.0.1:%d/other/app/'"), there.port);
	publisher_follows(words);
	hosts_free();
}

static void
status_at_connect_is_followed(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), STATUS(TO), there.port, "other/app");
	publisher_follows(words);
	hosts_free();
}

static void
second_url_has_the_stream(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), 1, "nowhere",
	    there.port, "other/app/name?x=y");
	publisher_follows(words);
	heard(&there, 0, "'publish',5,null,'name?x=y'");
	hosts_free();
}

static void
second_url_without_a_stream_is_none(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), there.port,
	    "other/app", 1, "nowhere");
	publisher_follows(words);
	heard(&there, 0, "'publish',5,null,'key'");
	hosts_free();
}

/* Servers drop the query of a stream, which may be what lets us in. */
static void
query_of_the_stream_is_kept(void **state)
{
	(void)state;
	hosts_init();
	strcat(here.url, "?token=1");
	snprintf(words, sizeof(words), ERROR(TO_BOTH), 1, "nowhere",
	    there.port, "other/app/key");
	publisher_follows(words);
	heard(&there, 0, "'publish',5,null,'key?token=1'");
	hosts_free();
}

/* As SRS does: behind publish or play.  It waits for a command with a string
 * before it hangs up. */
static void
late_redirect(int plays, enum rtmp_flight flight)
{
	hosts_init();
	snprintf(words, sizeof(words), STATUS(TO_BOTH), there.port, "live",
	    there.port, "live/edge");
	here.starts[0] = words;
	opt.flight = flight;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(plays ? rtmp_play(r, -2) : rtmp_publish(r, NULL), 0);
	end();
	assert_int_equal(events, 1);
	heard(&here, 0, "['redirected',0,null,'rtmp://127.0.0.1:%d/live']",
	    there.port);
	heard(&there, 0, "'rtmp://127.0.0.1:%d/live'", there.port);
	heard(&there, 0, "null,'edge'");
	hosts_free();
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
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other");
	here.connects[0] = words;
	opt.flight = RTMP_FLIGHT_PIPELINED;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(events, 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(events, 1);
	end();
	heard(&there, 0, "'key'");
	hosts_free();
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
		hosts_init();
		snprintf(url, sizeof(url), urls[i], there.port);
		snprintf(words, sizeof(words), ERROR("'code': 302, "
		    "'redirect': '%s'"), url);
		here.connects[0] = words;
		there.connects[0] = "['_error', 1, null, {'code': "
		    "'NetConnection.Connect.Rejected', 'description': "
		    "'code=403 need auth; authmod=adobe'}]";
		opt.app = "given";
		begin();
		snprintf(url, sizeof(url), "rtmp://user1:p1@127.0.0.1:%d/a/b",
		    here.port);
#ifndef RTMP_NO_CRYPTO
		assert_int_equal(rtmp_connect(r, url, NULL), 0);
		end();
		heard(&here, 0, "'given'");
		assert_null(strstr(here.all, "user1"));
		assert_null(strstr(there.said[0], "authmod"));
		heard(&there, 1, "'other?authmod=adobe&user=user%d'", i + 1);
		assert_null(strstr(there.all, "given"));
#else
		assert_int_equal(rtmp_connect(r, url, NULL),
		    RTMP_ERR_REJECTED);
		end();
#endif
		hosts_free();
	}
}

/* ---- Limits ---- */

/* Each try is sent to another app of the same server. */
static void
limit(int max, int conns)
{
	static char answers[20][512];
	char text[64];
	int i;

	hosts_init();
	for (i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "hop%d", i);
		snprintf(answers[i], sizeof(answers[i]), ERROR(TO), here.port,
		    text);
		here.connects[i] = answers[i];
	}
	opt.max_redirects = max;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	snprintf(text, sizeof(text), "more than %d times", conns - 1);
	says(text);
	end();
	assert_int_equal(here.conns, conns);
	assert_int_equal(events, conns);
	hosts_free();
}

static void
hops_are_limited(void **state)
{
	(void)state;
	limit(opt.max_redirects, 6);
	limit(1, 2);
	limit(14, 15);
	limit(1000, 15);
}

static void
circle(const char *path, int conns)
{
	static char answers[3][512];

	hosts_init();
	snprintf(answers[0], sizeof(answers[0]), ERROR(TO), here.port, path);
	snprintf(answers[1], sizeof(answers[1]), ERROR(TO), there.port, "x");
	snprintf(answers[2], sizeof(answers[2]), ERROR(TO), here.port,
	    "live");
	here.connects[0] = answers[0];
	here.connects[1] = answers[1];
	there.connects[0] = answers[2];
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	says("in a circle");
	end();
	assert_int_equal(here.conns + there.conns, conns);
	hosts_free();
}

static void
circles_are_noticed(void **state)
{
	(void)state;
	circle("live", 1);
	circle("other", 3);
}

/* The same app with another stream is none. */
static void
another_stream_is_no_circle(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), here.port, "live",
	    here.port, "live/edge");
	here.connects[0] = words;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	end();
	heard(&here, 1, "'edge'");
	hosts_free();
}

static void
none_is_followed_when_off(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), there.port, "other",
	    there.port, "other/name");
	here.connects[0] = words;
	opt.max_redirects = 0;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	assert_string_equal(rtmp_error_detail(r),
	    "NetConnection.Connect.Rejected: Redirected.");
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_REDIRECT);
	assert_non_null(strstr(rtmp_last_status(r)->redirect, "/other"));
	assert_non_null(strstr(rtmp_last_status(r)->redirect2, "/other/name"));
	end();
	assert_int_equal(events, 1);
	assert_int_equal(there.conns, 0);
	hosts_free();
}

/* There is no second transport of the caller's. */
static void
none_is_followed_on_a_given_transport(void **state)
{
	struct script s;
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_command(&p, 0, ERROR(TO), 1, "other");
	script_init(&s, p.data, p.size);
	opt.io = &s.io;
	r = rtmp_new(&opt);
	rtmp_options_init(&opt, sizeof(opt));
	assert_non_null(r);
	assert_int_equal(rtmp_connect(r, "rtmp://host/live/key", NULL),
	    RTMP_ERR_REJECTED);
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_REDIRECT);
	rtmp_free(r);
	script_free(&s);
	peer_free(&p);
}

static void
one_deadline(void **state)
{
	static char answers[20][512];
	char app[16];
	int64_t start;
	int i;

	(void)state;
	hosts_init();
	for (i = 0; i < 20; i++) {
		snprintf(app, sizeof(app), "hop%d", i);
		snprintf(answers[i], sizeof(answers[i]), ERROR(TO), here.port,
		    app);
		here.connects[i] = answers[i];
	}
	here.delay_ms = 110;
	opt.timeout_ms = 300;
	begin();
	start = now_ms();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_TIMEOUT);
	assert_in_range(now_ms() - start, 290, 2000);
	end();
	hosts_free();
}

/* ---- Targets that are none ---- */

static void
leads_to(const char *target, int err, const char *what)
{
	hosts_init();
	snprintf(words, sizeof(words), ERROR("'code': 302, 'redirect': "
	    "'%s'"), target);
	here.connects[0] = words;
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), err);
	says(what);
	end();
	assert_int_equal(events, 1);
	hosts_free();
}

static void
targets_that_are_none(void **state)
{
	char big[5000];

	(void)state;
	leads_to("", RTMP_ERR_REJECTED, "redirected to \"\"");
	leads_to("http://127.0.0.1/live", RTMP_ERR_REJECTED,
	    "redirected to \"http://127.0.0.1/live\"");
	leads_to("/live", RTMP_ERR_REJECTED, "redirected to \"/live\"");
	leads_to("rtmp://127.0.0.1:1/live", RTMP_ERR_CONNECT, "refused");
	leads_to("rtmps://127.0.0.1:1/live", RTMP_ERR_TLS, "wrap_tls");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	memcpy(big, "rtmp://h/", 9);
	leads_to(big, RTMP_ERR_REJECTED, "redirected to");
	big[2400] = '\0';
	leads_to(big, RTMP_ERR_REJECTED, "redirected to");
}

/* A refusal without a word after a redirect is no second redirect. */
static void
silence_at_the_target(void **state)
{
	(void)state;
	hosts_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other");
	here.connects[0] = words;
	there.connects[0] = "['_error', 0]"; /* of no call; then the end */
	begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	says("closed the connection in answer to connect");
	end();
	assert_int_equal(there.conns, 1);
	hosts_free();
}

/* ---- TLS ---- */

static int wraps;

static int
from_to(const char *from, const char *to)
{
	char url[128];
	int err;

	hosts_init();
	snprintf(words, sizeof(words), ERROR("'code': 302, 'redirect': "
	    "'%s://127.0.0.1:%d/other'"), to, there.port);
	here.connects[0] = words;
	opt.wrap_tls = pretend_tls;
	opt.wrap_tls_arg = &wraps;
	wraps = 0;
	begin();
	snprintf(url, sizeof(url), "%s://127.0.0.1:%d/live/key", from,
	    here.port);
	err = rtmp_connect(r, url, NULL);
	if (err != 0)
		says("not encrypted");
	end();
	assert_int_equal(events, 1);
	assert_int_equal(there.conns, err == 0);
	hosts_free();
	return err;
}

static void
tls_is_never_left(void **state)
{
	(void)state;
	assert_int_equal(from_to("rtmps", "rtmp"), RTMP_ERR_REJECTED);
	assert_int_equal(from_to("rtmps", "rtmpt"), RTMP_ERR_REJECTED);
	assert_int_equal(from_to("rtmps", "rtmpe"), RTMP_ERR_REJECTED);
	assert_int_equal(from_to("rtmps", "rtmps"), 0);
	assert_int_equal(wraps, 2);
	assert_int_equal(from_to("rtmp", "rtmps"), 0);
	assert_int_equal(wraps, 1);
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
		hosts_init();
		here.body = body;
		here.body_size = size;
		opt.max_redirects = 0;
		begin();
		assert_int_equal(rtmp_connect(r, here.url, NULL),
		    RTMP_ERR_REJECTED);
		assert_int_equal(rtmp_last_status(r)->kind,
		    RTMP_STATUS_REDIRECT);
		assert_string_equal(rtmp_last_status(r)->redirect,
		    "rtmp://edge2.example.com:1935/live");
		assert_string_equal(rtmp_last_status(r)->redirect2, i == 0 ?
		    "" : "rtmp://edge2.example.com:1935/live/stream1");
		end();
		hosts_free();
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
	hosts_init();
	snprintf(words, sizeof(words), STATUS(TO_BOTH), 1, "nowhere",
	    there.port, "other/name");
	here.connects[0] = words;
	here.repeats = 1;
	begin();
	each_allocation_fails(connect_with, NULL);
	end();
	hosts_free();
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
		cmocka_unit_test(hops_are_limited),
		cmocka_unit_test(circles_are_noticed),
		cmocka_unit_test(another_stream_is_no_circle),
		cmocka_unit_test(none_is_followed_when_off),
		cmocka_unit_test(none_is_followed_on_a_given_transport),
		cmocka_unit_test(one_deadline),
		cmocka_unit_test(targets_that_are_none),
		cmocka_unit_test(silence_at_the_target),
		cmocka_unit_test(tls_is_never_left),
		cmocka_unit_test(vectors),
		cmocka_unit_test(out_of_memory),
	};

	signal(SIGPIPE, SIG_IGN);
	rtmp_options_init(&opt, sizeof(opt));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
