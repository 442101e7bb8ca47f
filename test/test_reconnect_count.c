/* What is known of a connection that has ended. */
#include <signal.h>

#include <rtmpio/rtmp.h>

#include "support/peer.h"
#include "support/script.h"

/* ---- A connection that has ended ---- */

static void
more_acks(struct script *s, void *arg)
{
	struct peer *p = arg;

	s->more = NULL;
	peer_control(p, RTMP_MSG_ACKNOWLEDGEMENT, 3300);
	s->in = p->data;
	s->in_size = p->size;
	s->eof = 1;
}

/* The acknowledgement comes together with the end. */
static void
statistics_outlive_the_connection(void **state)
{
	static const uint8_t data[100] = { 0x27, 1 };
	struct rtmp_packet packet = { RTMP_MSG_VIDEO, 0, data, sizeof(data) };
	struct rtmp_session_stats live, last;
	struct rtmp_options opt;
	struct script s;
	struct peer p;
	struct rtmp *r;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	script_init(&s, p.data, p.size);
	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &s.io;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, "rtmp://host/live/key", NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_write_packet(r, &packet), 0);
	rtmp_get_stats(r, &live, sizeof(live));
	assert_int_equal(live.bytes_acknowledged, 0);
	s.more = more_acks;
	s.more_arg = &p;
	assert_int_equal(rtmp_write_packets(r, NULL, 0, NULL), RTMP_ERR_EOF);
	assert_null(rtmp_get_session(r, NULL));
	rtmp_get_stats(r, &last, sizeof(last));
	assert_true(last.bytes_sent == live.bytes_sent);
	assert_int_equal(last.bytes_acknowledged, 3300);
	/* Of an older program. */
	rtmp_get_stats(r, &live, sizeof(live.bytes_received));
	assert_true(live.bytes_received == last.bytes_received);
	rtmp_free(r);
	script_free(&s);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statistics_outlive_the_connection),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
