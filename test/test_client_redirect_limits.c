/*
 * Where redirects end: how many are followed, in what time, and what leads
 * nowhere.
 */
#include "support/peer.h"
#include "support/redirect.h"
#include "support/script.h"

/* ---- Limits ---- */

/* Each try is sent to another app of the same server. */
static void
lead_on(void)
{
	static char answers[20][512];
	char app[16];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(app, sizeof(app), "hop%d", i);
		snprintf(answers[i], sizeof(answers[i]), ERROR(TO), here.port,
		    app);
		here.connects[i] = answers[i];
	}
}

static void
limit(int max, int conns)
{
	char text[64];

	redirect_init();
	lead_on();
	opt.max_redirects = max;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	snprintf(text, sizeof(text), "more than %d times", conns - 1);
	assert_says(r, text);
	redirect_end();
	assert_int_equal(here.conns, conns);
	assert_int_equal(events, conns);
	redirect_free();
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

	redirect_init();
	snprintf(answers[0], sizeof(answers[0]), ERROR(TO), here.port, path);
	snprintf(answers[1], sizeof(answers[1]), ERROR(TO), there.port, "x");
	snprintf(answers[2], sizeof(answers[2]), ERROR(TO), here.port,
	    "live");
	here.connects[0] = answers[0];
	here.connects[1] = answers[1];
	there.connects[0] = answers[2];
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	assert_says(r, "in a circle");
	redirect_end();
	assert_int_equal(here.conns + there.conns, conns);
	redirect_free();
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
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), here.port, "live",
	    here.port, "live/edge");
	here.connects[0] = words;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	redirect_end();
	host_heard(&here, 1, "'edge'");
	redirect_free();
}

static void
none_is_followed_when_off(void **state)
{
	(void)state;
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO_BOTH), there.port, "other",
	    there.port, "other/name");
	here.connects[0] = words;
	opt.max_redirects = 0;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	assert_string_equal(rtmp_error_detail(r),
	    "NetConnection.Connect.Rejected: Redirected.");
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_REDIRECT);
	assert_non_null(strstr(rtmp_last_status(r)->redirect, "/other"));
	assert_non_null(strstr(rtmp_last_status(r)->redirect2, "/other/name"));
	redirect_end();
	assert_int_equal(events, 1);
	assert_int_equal(there.conns, 0);
	redirect_free();
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
	int64_t start;

	(void)state;
	redirect_init();
	lead_on();
	here.delay_ms = 110;
	opt.timeout_ms = 300;
	redirect_begin();
	start = now_ms();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_TIMEOUT);
	assert_in_range(now_ms() - start, 290, 2000);
	redirect_end();
	redirect_free();
}

/* ---- Targets that are none ---- */

static void
leads_to(const char *target, int err, const char *what)
{
	redirect_init();
	snprintf(words, sizeof(words), ERROR("'code': 302, 'redirect': "
	    "'%s'"), target);
	here.connects[0] = words;
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), err);
	assert_says(r, what);
	redirect_end();
	assert_int_equal(events, 1);
	redirect_free();
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
	redirect_init();
	snprintf(words, sizeof(words), ERROR(TO), there.port, "other");
	here.connects[0] = words;
	there.connects[0] = "['_error', 0]"; /* of no call; then the end */
	redirect_begin();
	assert_int_equal(rtmp_connect(r, here.url, NULL), RTMP_ERR_REJECTED);
	assert_says(r, "closed the connection in answer to connect");
	redirect_end();
	assert_int_equal(there.conns, 1);
	redirect_free();
}

/* ---- TLS ---- */

static int wraps;

static int
from_to(const char *from, const char *to)
{
	char url[128];
	int err;

	redirect_init();
	snprintf(words, sizeof(words), ERROR("'code': 302, 'redirect': "
	    "'%s://127.0.0.1:%d/other'"), to, there.port);
	here.connects[0] = words;
	opt.wrap_tls = pretend_tls;
	opt.wrap_tls_arg = &wraps;
	wraps = 0;
	redirect_begin();
	snprintf(url, sizeof(url), "%s://127.0.0.1:%d/live/key", from,
	    here.port);
	err = rtmp_connect(r, url, NULL);
	if (err != 0)
		assert_says(r, "not encrypted");
	redirect_end();
	assert_int_equal(events, 1);
	assert_int_equal(there.conns, err == 0);
	redirect_free();
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hops_are_limited),
		cmocka_unit_test(circles_are_noticed),
		cmocka_unit_test(another_stream_is_no_circle),
		cmocka_unit_test(none_is_followed_when_off),
		cmocka_unit_test(none_is_followed_on_a_given_transport),
		cmocka_unit_test(one_deadline),
		cmocka_unit_test(targets_that_are_none),
		cmocka_unit_test(silence_at_the_target),
		cmocka_unit_test(tls_is_never_left),
	};

	return cmocka_run_group_tests(tests, redirect_setup, NULL);
}
