/* A build of the core alone: what it lacks is refused with words, before
 * there is any network use. */
#include <rtmpio/media.h>
#include <rtmpio/rtmp.h>

#include "support/net.h"
#include "support/support.h"

static void
refused(const struct rtmp_options *opt, const char *url, const char *words)
{
	struct rtmp *r = rtmp_new(opt);
	int err = rtmp_connect(r, url, NULL);

	if (err != RTMP_ERR_UNSUPPORTED ||
	    strstr(rtmp_error_detail(r), words) == NULL)
		fail_msg("%s: %d, \"%s\"", url, err, rtmp_error_detail(r));
	assert_int_equal(net_lookups, 0);
	rtmp_free(r);
}

static int
wrap(void *arg, const char *host, struct rtmp_io *io, int timeout_ms,
    char *error, size_t error_size)
{
	(void)arg;
	(void)host;
	(void)io;
	(void)timeout_ms;
	(void)error;
	(void)error_size;
	fail_msg("%s", "there was network use");
	return 0;
}

static void
tunnels_and_proxies_are_refused(void **state)
{
	struct rtmp_options opt;

	(void)state;
	net_resolver_reset();
	rtmp_options_init(&opt, sizeof(opt));
	opt.wrap_tls = wrap;
	refused(&opt, "rtmpt://both.test/live/x", "a tunnel through HTTP");
	refused(&opt, "rtmpts://both.test/live/x", "a tunnel through HTTP");
	opt.proxy = "socks5://both.test:1080";
	refused(&opt, "rtmp://both.test/live/x", "a proxy");
}

static void
what_needs_cryptography_is_refused(void **state)
{
	struct rtmp_options opt;

	(void)state;
	net_resolver_reset();
	rtmp_options_init(&opt, sizeof(opt));
	refused(&opt, "rtmpe://both.test/live/x", "RTMPE");
	refused(&opt, "rtmpte://both.test/live/x", "RTMPE");
	opt.handshake = RTMP_HANDSHAKE_DIGEST;
	refused(&opt, "rtmp://both.test/live/x", "digests");
	opt.handshake = RTMP_HANDSHAKE_SIMPLE;
	opt.secure_token = "secret";
	refused(&opt, "rtmp://both.test/live/x", "secureToken");
}

static void
frames_are_refused(void **state)
{
	struct rtmp *r = rtmp_new(NULL);
	struct rtmp_frame frame;

	(void)state;
	memset(&frame, 0, sizeof(frame));
	assert_int_equal(rtmp_write_frame(r, &frame), RTMP_ERR_UNSUPPORTED);
	assert_non_null(strstr(rtmp_error_detail(r), "frames"));
	assert_int_equal(rtmp_read_frame(r, &frame), RTMP_ERR_UNSUPPORTED);
	assert_int_equal(rtmp_set_frame_options(r, NULL, NULL),
	    RTMP_ERR_UNSUPPORTED);
	rtmp_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_and_proxies_are_refused),
		cmocka_unit_test(what_needs_cryptography_is_refused),
		cmocka_unit_test(frames_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
