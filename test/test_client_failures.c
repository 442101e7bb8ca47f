/*
 * The blocking client when something fails: each I/O call, each allocation,
 * the server after each byte, and what it refuses.  The scripts are captures,
 * as in test_client.c.
 */
#include <poll.h>

#include "support/captured.h"

/* ---- Failures ---- */

/* Behind a fatal error a transport is of no use: it is not asked again, which
 * might succeed, with a hole in what has left. */
static void
a_write_that_failed_is_not_tried_again(void **state)
{
	static const uint8_t data[3] = { 0xaf, 1, 2 };
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 0, data, sizeof(data) };
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;
	uint8_t *in = nginx_script(&s);
	long writes;

	(void)state;
	options_for(&opt, &s);
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_write_packet(r, &p), 0);
	writes = s.writes;
	s.fail_at = s.calls + 1;
	assert_int_equal(rtmp_write_packet(r, &p), RTMP_ERR_IO);
	assert_in_range(s.writes - writes, 0, 1);
	assert_true(s.closed);
	rtmp_free(r);
	script_free(&s);
	free(in);
}

static void
each_io_call_fails(void **state)
{
	long n;
	int err = -1;

	(void)state;
	for (n = 1; err != 0; n++) {
		struct rtmp_options opt;
		struct test_mem mem;
		struct script s;
		struct rtmp *r;
		uint8_t *in = nginx_script(&s);

		assert_true(n < 10000);
		s.in_step = 200;
		s.fail_at = n;
		test_mem_init(&mem, 0);
		options_for(&opt, &s);
		opt.mem = &mem.mem;
		r = rtmp_new(&opt);
		err = publish_some(r);
		/* A goodbye that fails is none the worse for us. */
		if (err != 0 || s.calls >= n) {
			if (err != 0)
				assert_int_equal(err, RTMP_ERR_IO);
			if (err != 0)
				assert_non_null(strstr(rtmp_error_detail(r),
				    "transport failed"));
			assert_true(s.closed);
			err = -1;
		}
		rtmp_free(r);
		assert_int_equal(mem.live, 0);
		script_free(&s);
		free(in);
	}
	assert_true(n > 20);
}

static int
run_script(struct test_mem *m, struct script *s, int (*run)(struct rtmp *r))
{
	struct rtmp_options opt;
	struct rtmp *r;
	int err;

	s->in_step = 500;
	options_for(&opt, s);
	opt.mem = &m->mem;
	opt.app = "live";
	r = rtmp_new(&opt);
	err = r != NULL ? run(r) : RTMP_ERR_NOMEM;
	if (err < 0 && r != NULL)
		assert_string_not_equal(rtmp_error_detail(r), "");
	rtmp_free(r);
	script_free(s);
	return err;
}

static int
run_publisher(struct test_mem *m, void *unused)
{
	struct script s;
	uint8_t *in = nginx_script(&s);
	int err = run_script(m, &s, publish_some);

	(void)unused;
	free(in);
	return err;
}

static int
play_some(struct rtmp *r)
{
	struct rtmp_packet p;
	int n, err = rtmp_connect(r, URL, NULL);

	if (err == 0)
		err = rtmp_play(r, -2);
	while (err == 0 && (n = rtmp_read_packet(r, &p)) != 0)
		if (n < 0)
			err = n;
	return err == RTMP_ERR_EOF ? 0 : err;
}

static int
run_player(struct test_mem *m, void *unused)
{
	struct script s;
	size_t size;
	uint8_t *in = load_data("captures/ffmpeg9-nginx-play/s2c.bin", &size);
	int err;

	(void)unused;
	script_init(&s, in, size);
	s.eof = 1;
	err = run_script(m, &s, play_some);
	free(in);
	return err;
}

static void
each_allocation_fails_in_turn(void **state)
{
	(void)state;
	each_allocation_fails(run_publisher, NULL);
	each_allocation_fails(run_player, NULL);
}

/* The server hangs up after each byte count: an error each time, words each
 * time, and REJECTED where the hang-up is the answer. */
static void
server_dies_in_any_state(void **state)
{
	size_t size, n;
	uint8_t *in = load_data("captures/ffmpeg9-nginx-publish/s2c.bin",
	    &size);
	int rejected = 0, eof = 0;

	(void)state;
	for (n = 0; n < size; n += n < HANDSHAKE_SIZE - 8 ? 61 : 1) {
		struct rtmp_options opt;
		struct script s;
		struct rtmp *r;
		int err;

		script_init(&s, in, n);
		s.eof = 1;
		options_for(&opt, &s);
		r = rtmp_new(&opt);
		err = rtmp_connect(r, URL, NULL);
		if (err == 0)
			err = rtmp_publish(r, NULL);
		if (err == 0) {
			rtmp_free(r);
			script_free(&s);
			break;
		}
		assert_true(err == RTMP_ERR_EOF || err == RTMP_ERR_REJECTED);
		assert_non_null(strstr(rtmp_error_detail(r), "closed"));
		rejected += err == RTMP_ERR_REJECTED;
		eof += err == RTMP_ERR_EOF;
		if (err == RTMP_ERR_REJECTED)
			assert_int_equal(rtmp_last_status(r)->kind,
			    RTMP_STATUS_CLOSED);
		rtmp_free(r);
		script_free(&s);
	}
	assert_true(rejected > 100 && eof > 40);
	free(in);
}

/* ---- Refusals ---- */

static void
refused(const char *capture, enum rtmp_status_kind kind, const char *words)
{
	char path[128];
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;
	size_t size;
	uint8_t *in;

	snprintf(path, sizeof(path), "captures/%s/s2c.bin", capture);
	in = load_data(path, &size);
	script_init(&s, in, size);
	s.eof = 1;
	options_for(&opt, &s);
	r = rtmp_new(&opt);
	assert_int_equal(publish_some(r), RTMP_ERR_REJECTED);
	assert_non_null(rtmp_last_status(r));
	assert_int_equal(rtmp_last_status(r)->kind, kind);
	if (strstr(rtmp_error_detail(r), words) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", rtmp_error_detail(r),
		    words);
	rtmp_free(r);
	script_free(&s);
	free(in);
}

static void
refusals_keep_the_servers_words(void **state)
{
	(void)state;
	refused("error-twice-ffmpeg9-nginx-publish", RTMP_STATUS_NAME_IN_USE,
	    "NetStream.Publish.BadName");
	refused("error-twice-ffmpeg9-srs-publish", RTMP_STATUS_CLOSED,
	    "in answer to publish");
	refused("error-noapp-ffmpeg9-nginx-publish", RTMP_STATUS_CLOSED,
	    "unknown app");
}

/* What has not waited for answers does not write to a silent server for longer
 * than a call may last, though the transport takes all of it. */
static void
flight_without_answers_times_out(void **state)
{
	static const uint8_t data[100];
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 0, data, sizeof(data) };
	struct rtmp_options opt;
	struct script s;
	int zero, i, err;

	(void)state;
	for (zero = 0; zero < 2; zero++) {
		uint8_t *in = nginx_script(&s);
		struct rtmp *r;

		s.eof = 0;
		s.in_hold = 0;
		s.in_size = zero ? 0 : HANDSHAKE_SIZE;
		options_for(&opt, &s);
		opt.timeout_ms = 200;
		opt.flight = zero ? RTMP_FLIGHT_ZERO_RTT : RTMP_FLIGHT_EAGER;
		r = rtmp_new(&opt);
		assert_int_equal(rtmp_connect(r, URL, NULL), 0);
		assert_int_equal(rtmp_publish(r, NULL), 0);
		for (i = 0, err = 0; i < 100 && err == 0; i++) {
			err = rtmp_write_packets(r, &p, (size_t)zero, NULL);
			poll(NULL, 0, 10);
		}
		assert_int_equal(err, RTMP_ERR_TIMEOUT);
		assert_true(i > 5);
		assert_non_null(strstr(rtmp_error_detail(r), zero ?
		    "waiting for the handshake" : "the answer to connect"));
		assert_true(s.closed);
		rtmp_free(r);
		script_free(&s);
		free(in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_that_failed_is_not_tried_again),
		cmocka_unit_test(each_io_call_fails),
		cmocka_unit_test(each_allocation_fails_in_turn),
		cmocka_unit_test(server_dies_in_any_state),
		cmocka_unit_test(refusals_keep_the_servers_words),
		cmocka_unit_test(flight_without_answers_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
