/*
 * What a publisher says of packets that were sent when the connection ended:
 * which of them the server had acknowledged.  And where it does not go when a
 * server asks to be left.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

#include <rtmpio/reconnect.h>

#include "client/pending.h"
#include "support/host.h"
#include "support/net.h"
#include "support/peer.h"
#include "support/script.h"

/* ---- The sums ---- */

static void
assert_left(struct rtmp_pending *p, uint64_t packets, uint64_t bytes)
{
	uint64_t n = 0, size = 0;

	rtmp_pending_take(p, &n, &size);
	assert_true(n == packets);
	assert_true(size == bytes);
	assert_int_equal(p->count, 0);
}

static void
what_is_confirmed_is_forgotten(void **state)
{
	struct rtmp_pending p = { .count = 0 };
	int i, way;

	(void)state;
	for (way = 0; way < 4; way++) {
		for (i = 1; i <= 10; i++)
			rtmp_pending_add(&p, (uint64_t)i * 100, 60);
		switch (way) {
		case 0:
			assert_left(&p, 10, 600);
			break;
		case 1:
			rtmp_pending_confirm(&p, 99);
			rtmp_pending_confirm(&p, 0);
			assert_left(&p, 10, 600);
			break;
		case 2: /* half a packet is none */
			rtmp_pending_confirm(&p, 300);
			rtmp_pending_confirm(&p, 799);
			assert_left(&p, 3, 180);
			break;
		default:
			rtmp_pending_confirm(&p, 1000);
			assert_left(&p, 0, 0);
			break;
		}
	}
}

/* An hour without an acknowledgement: as much memory, coarser steps, and
 * never fewer packets than are in doubt. */
static void
steps_grow_coarser_not_more(void **state)
{
	struct rtmp_pending p = { .count = 0 };
	uint64_t left, bytes = 0, i;

	(void)state;
	for (i = 1; i <= 100000; i++) {
		rtmp_pending_add(&p, i * 10, 7);
		assert_in_range(p.count, 1, RTMP_PENDING_STEPS);
	}
	rtmp_pending_confirm(&p, 500000);
	left = 0;
	rtmp_pending_take(&p, &left, &bytes);
	assert_in_range(left, 50000, 100000);
	assert_true(bytes == left * 7);
	for (i = 1; i <= 1000; i++) {
		rtmp_pending_add(&p, i * 10, 7);
		rtmp_pending_confirm(&p, i * 10 - 100);
	}
	assert_left(&p, 10, 70);
}

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

/* ---- A publisher ---- */

static struct rtmp_loss told;
static int resumed;

static void
note_report(void *arg, const struct rtmp_report *report)
{
	(void)arg;
	if (report->type != RTMP_REPORT_RESUMED)
		return;
	told = report->lost;
	resumed++;
}

static void
nap(int ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

/*
 * Five packets of 4000, 5000 ... bytes, of which the server acknowledges so
 * many before it ends the connection, and a sixth that goes to the next one.
 */
static void
publish_to(struct host *h, uint32_t ack_every, enum rtmp_flight flight)
{
	static uint8_t data[9000] = { 0xaf, 1 };
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, data, 3000 };
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	int i;

	memset(&told, 0xff, sizeof(told));
	resumed = 0;
	rtmp_options_init(&client, sizeof(client));
	client.linger_ms = 10;
	client.flight = flight;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client;
	opt.first_wait_ms = opt.longest_wait_ms = 1;
	opt.ack_every = ack_every;
	opt.on_report = note_report;
	h->ends_behind = 5;
	host_start(h);
	assert_int_equal(rtmp_publisher_new(&p, h->url, NULL, NULL, &opt), 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	for (i = 0; i < 6; i++) {
		nap(40);
		packet.size += 1000;
		packet.timestamp += 20;
		assert_int_equal(rtmp_publisher_write(p, &packet), 0);
	}
	assert_int_equal(resumed, 1);
	assert_int_equal(told.packets, 0);
	assert_true(rtmp_publisher_is_connected(p));
	rtmp_publisher_close(p);
	assert_int_equal(rtmp_publisher_lost(p).unacked_packets,
	    told.unacked_packets);
	rtmp_publisher_free(p);
	host_end(h);
	assert_int_equal(h->conns, 2);
	host_free(h);
}

static void
acknowledged_packets_are_not_in_doubt(void **state)
{
	static const size_t leaves_out[] = { 0, PEER_HANDSHAKE_SIZE };
	struct host h;
	int i, acks;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (acks = 5; acks >= 3; acks -= 2) {
			host_init(&h);
			h.acks_most = acks;
			h.acks_leave_out = leaves_out[i];
			publish_to(&h, 1, RTMP_FLIGHT_STEPWISE);
			assert_int_equal(told.unacked_packets, 5 - acks);
			assert_int_equal(told.unacked_bytes, acks == 5 ? 0 :
			    15000);
		}
	}
	host_init(&h);
	h.acks_most = 4;
	publish_to(&h, 1, RTMP_FLIGHT_EAGER);
	assert_int_equal(told.unacked_packets, 1);
}

static void
who_never_acknowledges_leaves_all_in_doubt(void **state)
{
	struct host h;

	(void)state;
	host_init(&h);
	h.acks_most = -1;
	publish_to(&h, 1, RTMP_FLIGHT_STEPWISE);
	assert_int_equal(told.unacked_packets, 5);
	assert_int_equal(told.unacked_bytes, 30000);
	/* It would, but nobody asks. */
	host_init(&h);
	h.acks_most = 5;
	publish_to(&h, 0, RTMP_FLIGHT_STEPWISE);
	assert_int_equal(told.unacked_packets, 5);
}

/* ---- A server that asks to be left ---- */

static int asked, failed;

static void
note_failure(void *arg, const struct rtmp_report *report)
{
	(void)arg;
	asked += report->type == RTMP_REPORT_MOVING;
	if (report->type != RTMP_REPORT_FAILED)
		return;
	failed++;
	assert_string_equal(report->words,
	    "redirected to what is not encrypted");
}

static void
count_events(void *arg, const struct rtmp_event *event)
{
	(void)event;
	++*(int *)arg;
}

static void
tls_is_not_left_for_less(void **state)
{
	static const uint8_t data[] = { 0xaf, 1, 2 };
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, data, 3 };
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct host h;
	char url[80];
	int i, events = 0;

	(void)state;
	host_init(&h);
	h.later = "['onStatus', 0, null, {'level': 'status', 'code': "
	    "'NetConnection.Connect.ReconnectRequest', "
	    "'tcUrl': 'rtmp://127.0.0.1:1/live'}]";
	host_start(&h);
	rtmp_options_init(&client, sizeof(client));
	client.wrap_tls = pretend_tls;
	client.on_event = count_events;
	client.on_event_arg = &events;
	client.linger_ms = 10;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client;
	opt.on_report = note_failure;
	snprintf(url, sizeof(url), "rtmps://127.0.0.1:%d/live/key", h.port);
	assert_int_equal(rtmp_publisher_new(&p, url, NULL, NULL, &opt), 0);
	/* They were copied. */
	memset(&client, 0xff, sizeof(client));
	memset(&opt, 0xff, sizeof(opt));
	assert_int_equal(rtmp_publisher_open(p), 0);
	assert_true(events > 0);
	for (i = 0; i < 3; i++) {
		nap(20);
		assert_int_equal(rtmp_publisher_write(p, &packet), 0);
	}
	assert_int_equal(asked, 1);
	assert_int_equal(failed, 1);
	assert_true(rtmp_publisher_is_connected(p));
	rtmp_publisher_close(p);
	rtmp_publisher_free(p);
	host_end(&h);
	assert_int_equal(h.conns, 1);
	host_free(&h);
}

/* A listener that hangs up on everyone, to a flight that takes a connection
 * for a success: waits grow, and tries end, as where nobody listens. */
static void
who_is_hung_up_on_does_not_hammer(void **state)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	char url[64];
	unsigned most, connections;
	int listener, fd, i, err;

	(void)state;
	for (most = 0; most < 3; most += 2) {
		listener = net_listen(AF_INET, 0);
		fcntl(listener, F_SETFL, O_NONBLOCK);
		rtmp_options_init(&client, sizeof(client));
		client.flight = RTMP_FLIGHT_ZERO_RTT;
		rtmp_reconnect_options_init(&opt, sizeof(opt));
		opt.client = &client;
		opt.first_wait_ms = 200;
		opt.most_tries = most;
		snprintf(url, sizeof(url), "rtmp://127.0.0.1:%u/a/b",
		    net_port(listener));
		assert_int_equal(rtmp_publisher_new(&p, url, NULL, NULL,
		    &opt), 0);
		assert_int_equal(rtmp_publisher_open(p), 0);
		connections = 0;
		for (i = 0, err = 0; i < 160 && err == 0; i++) {
			fd = accept(listener, NULL, NULL);
			if (fd >= 0) {
				close(fd);
				connections++;
			}
			poll(NULL, 0, 5);
			err = rtmp_publisher_serve(p);
		}
		/* At once, behind 200 ms, then 100, 200 and 400 or more. */
		assert_in_range(connections, 3, 6);
		if (most == 0)
			assert_int_equal(err, 0);
		else
			assert_true(rtmp_is_fatal(err));
		rtmp_publisher_free(p);
		close(listener);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_confirmed_is_forgotten),
		cmocka_unit_test(steps_grow_coarser_not_more),
		cmocka_unit_test(statistics_outlive_the_connection),
		cmocka_unit_test(acknowledged_packets_are_not_in_doubt),
		cmocka_unit_test(who_never_acknowledges_leaves_all_in_doubt),
		cmocka_unit_test(tls_is_not_left_for_less),
		cmocka_unit_test(who_is_hung_up_on_does_not_hammer),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
