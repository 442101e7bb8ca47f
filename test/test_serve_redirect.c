/* How rtmp-serve sends clients elsewhere: redirects, and the request of
 * Enhanced RTMP to connect anew. */
#include <rtmpio/rtmp.h>

#include <signal.h>

#include "support/script.h"
#include "support/server.h"

/* rtmp-serve sends away who comes for another app than "other". */
static void
rtmp_serve_redirects(void **state)
{
	static struct client c;
	const struct seen *seen;

	(void)state;
	server_start("--redirect=rtmp://127.0.0.1:1/other", NULL, NULL);
	client_open(&c, "live", RTMP_FLIGHT_STEPWISE);
	seen = await_event(&c, RTMP_EVENT_REJECTED);
	assert_int_equal(seen->kind, RTMP_STATUS_REDIRECT);
	await_eof(&c);
	client_close(&c);
	client_open(&c, "other", RTMP_FLIGHT_STEPWISE);
	await_event(&c, RTMP_EVENT_CONNECTED);
	client_close(&c);
	server_stop();

	server_start("--redirect=rtmp://127.0.0.1:1/other",
	    "--redirect2=rtmp://127.0.0.1:1/other/name",
	    "--redirect-as=status");
	client_open(&c, "live", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(rtmp_session_publish(c.s, "key", NULL, &c.stream),
	    0);
	await_event(&c, RTMP_EVENT_CONNECTED);
	seen = await_event(&c, RTMP_EVENT_REJECTED);
	assert_int_equal(seen->kind, RTMP_STATUS_REDIRECT);
	/* It waits for three seconds, or for a word. */
	await_eof(&c);
	client_close(&c);
	server_stop();
}

static void
note_reconnect(void *arg, const struct rtmp_event *event)
{
	if (event->type == RTMP_EVENT_RECONNECT)
		++*(int *)arg;
}

/* rtmp-serve asks who says, in capsEx, that it can, at once; and it is not
 * the end of anything. */
static void
rtmp_serve_asks_to_reconnect(void **state)
{
	struct rtmp_options opt;
	struct rtmp_capabilities caps;
	struct rtmp *r;
	char url[64];
	int can, asked;

	(void)state;
	server_start("--reconnect=same", "--reconnect-after=0", NULL);
	snprintf(url, sizeof(url), "rtmp://127.0.0.1:%d/live/key",
	    server_port);
	for (can = 0; can < 2; can++) {
		asked = 0;
		rtmp_options_init(&opt, sizeof(opt));
		opt.on_event = note_reconnect;
		opt.on_event_arg = &asked;
		rtmp_capabilities_init(&caps, sizeof(caps));
		if (can)
			caps.caps_ex |= RTMP_CAPS_RECONNECT;
		opt.capabilities = &caps;
		r = rtmp_new(&opt);
		assert_non_null(r);
		assert_int_equal(rtmp_connect(r, url, NULL), 0);
		assert_int_equal(rtmp_play(r, -2), 0);
		assert_int_equal(asked, can);
		rtmp_free(r);
	}
	server_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rtmp_serve_redirects),
		cmocka_unit_test(rtmp_serve_asks_to_reconnect),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
