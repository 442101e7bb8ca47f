/* Servers that make a publisher or a player reconnect on and on: they are not
 * called faster for that, and the tries come to an end. */
#include <rtmpio/reconnect.h>

#include <signal.h>
#include <time.h>

#include "support/host.h"

#define FIRST_MS 120 /* a quarter is more than DRAIN_EVERY_NS */
#define LONGEST_MS 600
#define LONG_MS 1000
/* 120 ms, then waits of at least half of 120, 240, 480, 600 ... ms. */
#define CONNS_MOST 7

static void
nap(int ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

struct seen {
	int moves, waits, longest_wait;
};

static void
on_report(void *arg, const struct rtmp_report *report)
{
	struct seen *seen = arg;

	seen->moves += report->type == RTMP_REPORT_MOVING;
	if (report->type != RTMP_REPORT_WAITING)
		return;
	seen->waits++;
	if (report->wait_ms > seen->longest_wait)
		seen->longest_wait = report->wait_ms;
	assert_string_not_equal(report->words, "");
}

static void
options(struct rtmp_reconnect_options *opt, struct rtmp_options *client,
    struct seen *seen, unsigned most_tries)
{
	memset(seen, 0, sizeof(*seen));
	rtmp_options_init(client, sizeof(*client));
	client->timeout_ms = 2000;
	client->linger_ms = 10;
	rtmp_reconnect_options_init(opt, sizeof(*opt));
	opt->client = client;
	opt->first_wait_ms = FIRST_MS;
	opt->longest_wait_ms = LONGEST_MS;
	opt->most_tries = most_tries;
	opt->on_report = on_report;
	opt->on_report_arg = seen;
}

static const uint8_t audio[] = { 0xaf, 1, 2 };

/* Writes for so long, or until it fails. */
static int
write_for(struct rtmp_publisher *p, int ms)
{
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, audio,
		sizeof(audio) };
	int64_t end = now_ms() + ms;
	int err = 0;

	while (err == 0 && now_ms() < end) {
		err = rtmp_publisher_write(p, &packet);
		packet.timestamp += 2;
		nap(2);
	}
	return err;
}

static void
who_hangs_up_at_once_is_not_called_more_often(void **state)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct seen seen;
	struct host h;

	(void)state;
	host_init(&h);
	h.hangs_up = 1;
	host_start(&h);
	options(&opt, &client, &seen, 0);
	assert_int_equal(rtmp_publisher_new(&p, h.url, NULL, NULL, &opt), 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	assert_int_equal(write_for(p, LONG_MS), 0);
	rtmp_publisher_free(p);
	host_end(&h);
	assert_in_range(h.conns, 4, CONNS_MOST);
	assert_in_range(seen.waits, 2, CONNS_MOST);
	assert_in_range(seen.longest_wait, FIRST_MS, LONGEST_MS);
	host_free(&h);
}

static void
most_tries_count_connections_that_end_at_once(void **state)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_packet packet;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct rtmp_player *player;
	struct seen seen;
	struct host h;
	int err;

	(void)state;
	host_init(&h);
	h.hangs_up = 1;
	host_start(&h);
	options(&opt, &client, &seen, 3);
	assert_int_equal(rtmp_publisher_new(&p, h.url, NULL, NULL, &opt), 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	err = write_for(p, 5 * LONG_MS);
	assert_int_equal(err, RTMP_ERR_EOF);
	assert_string_not_equal(rtmp_publisher_error(p), "");
	rtmp_publisher_free(p);
	assert_int_equal(rtmp_player_new(&player, h.url, NULL, RTMP_PLAY_LIVE,
	    &opt), 0);
	assert_int_equal(rtmp_player_open(player), 0);
	assert_int_equal(rtmp_player_read(player, &packet), RTMP_ERR_EOF);
	assert_string_not_equal(rtmp_player_error(player), "");
	rtmp_player_free(player);
	host_end(&h);
	/* Once, and three tries, each. */
	assert_int_equal(h.conns, 2 * 4);
	host_free(&h);
}

/* ReconnectRequest behind each packet, to where nobody listens. */
static void
who_insists_on_a_move_is_heard_now_and_then(void **state)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct seen seen;
	struct host h;

	(void)state;
	host_init(&h);
	h.insists = 1;
	h.later = "['onStatus', 0, null, {'level': 'status', 'code': "
	    "'NetConnection.Connect.ReconnectRequest', "
	    "'tcUrl': 'rtmp://127.0.0.1:1/live'}]";
	host_start(&h);
	options(&opt, &client, &seen, 0);
	assert_int_equal(rtmp_publisher_new(&p, h.url, NULL, NULL, &opt), 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	assert_int_equal(write_for(p, LONG_MS), 0);
	assert_true(rtmp_publisher_is_connected(p));
	rtmp_publisher_free(p);
	host_end(&h);
	assert_int_equal(h.conns, 1);
	assert_in_range(seen.moves, 2, LONG_MS / FIRST_MS + 1);
	host_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    who_hangs_up_at_once_is_not_called_more_often),
		cmocka_unit_test(
		    most_tries_count_connections_that_end_at_once),
		cmocka_unit_test(who_insists_on_a_move_is_heard_now_and_then),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
