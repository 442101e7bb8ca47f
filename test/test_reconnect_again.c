/*
 * A publisher and a player behind what has ended them: an error that is not
 * tried again, a cancel, a close.  What their calls return then, and what the
 * next connection is told.
 */
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <rtmpio/reconnect.h>

#include "client/internal.h"
#include "support/host.h"

#define NEVER_MS 60000
#define IN_USE "['onStatus', 0, null, {'level': 'error', 'code': " \
    "'NetStream.Publish.BadName', 'description': 'in use'}]"
#define NO_APP "['_error', 1, null, {'level': 'error', 'code': " \
    "'NetConnection.Connect.InvalidApp', 'description': 'none'}]"
#define MOVE_TO_NOWHERE "['onStatus', 0, null, {'level': 'status', 'code': " \
    "'NetConnection.Connect.ReconnectRequest', " \
    "'tcUrl': 'rtmp://127.0.0.1:1/live'}]"

static const uint8_t header[] = { 0x17, 0, 0, 0, 0, 1 };
static const uint8_t key[] = { 0x17, 1, 0, 0, 0, 2, 2 };
static const uint8_t inter[] = { 0x27, 1, 0, 0, 0, 3, 3, 3 };

static void
nap(int ms)
{
	struct timespec t = { 0, ms * 1000000L };

	nanosleep(&t, NULL);
}

struct tries {
	struct host h;
	struct rtmp_publisher *p;
	struct rtmp_player *player;
	int moves;
	uint32_t timestamp;
};

static void
note_report(void *arg, const struct rtmp_report *report)
{
	((struct tries *)arg)->moves += report->type == RTMP_REPORT_MOVING;
}

/* The second try would come in a minute. */
static void
begin(struct tries *t, int publish)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;

	rtmp_options_init(&client, sizeof(client));
	client.linger_ms = 10;
	client.timeout_ms = 2000;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client;
	opt.first_wait_ms = opt.longest_wait_ms = NEVER_MS;
	opt.on_report = note_report;
	opt.on_report_arg = t;
	host_start(&t->h);
	assert_int_equal(publish ?
	    rtmp_publisher_new(&t->p, t->h.url, NULL, NULL, &opt) :
	    rtmp_player_new(&t->player, t->h.url, NULL, -2, &opt), 0);
	assert_int_equal(publish ? rtmp_publisher_open(t->p) :
	    rtmp_player_open(t->player), 0);
}

static void
init(struct tries *t)
{
	memset(t, 0, sizeof(*t));
	host_init(&t->h);
}

static void
end(struct tries *t, int conns)
{
	rtmp_publisher_free(t->p);
	rtmp_player_free(t->player);
	host_end(&t->h);
	assert_int_equal(t->h.conns, conns);
	host_free(&t->h);
}

static int
put(struct tries *t, const uint8_t *data, size_t size)
{
	struct rtmp_packet packet = { RTMP_MSG_VIDEO, t->timestamp, data,
		size };

	t->timestamp += 40;
	return rtmp_publisher_write(t->p, &packet);
}

/* Until the connection, which the server has ended behind two packets, is
 * found to be lost, and one try was made. */
static int
put_until_lost(struct tries *t)
{
	int err = put(t, header, sizeof(header));

	if (err == 0)
		err = put(t, key, sizeof(key));
	assert_int_equal(err, 0);
	nap(60);
	return put(t, inter, sizeof(inter));
}

static void
an_error_ends_it_until_it_is_opened_again(void **state)
{
	struct tries t;

	(void)state;
	init(&t);
	t.h.ends_behind = 2;
	t.h.connects[1] = NO_APP;
	begin(&t, 1);
	assert_int_equal(put_until_lost(&t), RTMP_ERR_REJECTED);
	assert_int_equal(put(&t, key, sizeof(key)), RTMP_ERR_STATE);
	assert_int_equal(rtmp_publisher_serve(t.p), RTMP_ERR_STATE);
	assert_int_equal(rtmp_publisher_open(t.p), 0);
	assert_int_equal(put(&t, inter, sizeof(inter)), 0);
	assert_false(rtmp_publisher_is_connected(t.p));
	assert_int_equal(put(&t, key, sizeof(key)), 0);
	assert_true(rtmp_publisher_is_connected(t.p));
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	rtmp_publisher_free(t.p);
	t.p = NULL;
	host_end(&t.h);
	assert_int_equal(t.h.conns, 3);
	/* The header once more, then the key frame. */
	assert_non_null(strstr(t.h.said[2], "'live']\n"
	    "6/1 video @200 6 ......\n"
	    "6/1 video @200 7 .......\n"
	    "3/0 ['FCUnpublish'"));
	host_free(&t.h);
}

/* Whatever the call was that failed, the next one begins anew. */
static void
a_type_that_is_none_is_told_each_time(void **state)
{
	struct tries t;
	int i;

	(void)state;
	init(&t);
	host_start(&t.h);
	assert_int_equal(rtmp_publisher_new(&t.p, t.h.url, NULL, "liv", NULL),
	    0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(rtmp_publisher_open(t.p), RTMP_ERR_INVAL);
		assert_string_equal(rtmp_publisher_error(t.p),
		    "publish: invalid argument");
	}
	end(&t, 2);
}

/* What refuses the connection there is, is final as well. */
static void
a_refusal_of_what_was_published_is_not_tried_again(void **state)
{
	struct tries t;

	(void)state;
	init(&t);
	t.h.later = "['onStatus', 0, null, {'level': 'error', 'code': "
	    "'NetStream.Publish.Denied', 'description': 'enough'}]";
	begin(&t, 1);
	nap(60);
	assert_int_equal(put(&t, key, sizeof(key)), RTMP_ERR_REJECTED);
	assert_non_null(strstr(rtmp_publisher_error(t.p), "enough"));
	nap(5);
	assert_int_equal(put(&t, key, sizeof(key)), RTMP_ERR_STATE);
	assert_int_equal(put(&t, key, sizeof(key)), RTMP_ERR_STATE);
	end(&t, 1);
}

static void
a_stream_that_the_server_ended_is_published_again(void **state)
{
	struct tries t;

	(void)state;
	init(&t);
	t.h.later = "['onStatus', 0, null, {'level': 'status', 'code': "
	    "'NetStream.Unpublish.Success', 'description': 'stopped'}]";
	begin(&t, 1);
	nap(60);
	assert_int_equal(put(&t, key, sizeof(key)), 0);
	assert_true(rtmp_publisher_is_connected(t.p));
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	end(&t, 2);
}

static void
a_cancel_in_a_gap_is_told_once(void **state)
{
	struct tries t;

	(void)state;
	init(&t);
	t.h.ends_behind = 2;
	t.h.starts[1] = IN_USE;
	begin(&t, 1);
	assert_int_equal(put_until_lost(&t), 0);
	assert_int_equal(put(&t, inter, sizeof(inter)), 0);
	rtmp_publisher_cancel(t.p);
	assert_int_equal(put(&t, inter, sizeof(inter)), RTMP_ERR_CANCELED);
	assert_int_equal(put(&t, inter, sizeof(inter)), RTMP_ERR_STATE);
	assert_int_equal(rtmp_publisher_open(t.p), 0);
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	/* And one that comes before is heard. */
	rtmp_publisher_cancel(t.p);
	assert_int_equal(rtmp_publisher_open(t.p), RTMP_ERR_CANCELED);
	assert_int_equal(rtmp_publisher_open(t.p), 0);
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	end(&t, 4);
}

/* A player goes on where it was canceled, and reconnects as before. */
static void
a_canceled_player_still_reconnects(void **state)
{
	struct rtmp_packet packet;
	struct tries t;

	(void)state;
	init(&t);
	t.h.connects[1] = NO_APP;
	begin(&t, 0);
	rtmp_player_cancel(t.player);
	assert_int_equal(rtmp_player_read(t.player, &packet),
	    RTMP_ERR_CANCELED);
	shutdown(rtmp_tcp_fd(&rtmp_player_client(t.player)->io), SHUT_RDWR);
	assert_int_equal(rtmp_player_read(t.player, &packet),
	    RTMP_ERR_REJECTED);
	assert_int_equal(rtmp_player_read(t.player, &packet), RTMP_ERR_STATE);
	end(&t, 2);
}

/* A request to go elsewhere is one of the connection that brought it. */
static void
a_close_forgets_where_to_go(void **state)
{
	struct tries t;

	(void)state;
	init(&t);
	t.h.later = MOVE_TO_NOWHERE;
	begin(&t, 1);
	nap(60);
	assert_int_equal(put(&t, inter, sizeof(inter)), 0);
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	assert_int_equal(rtmp_publisher_open(t.p), 0);
	assert_int_equal(put(&t, key, sizeof(key)), 0);
	assert_int_equal(t.moves, 0);
	assert_int_equal(rtmp_publisher_close(t.p), 0);
	end(&t, 2);
}

/* ---- Options of another version ---- */

/* What an older program knows of a struct, at the end of what may be read. */
static void
capabilities_of_an_older_program_are_read_so_far(void **state)
{
	static const size_t sizes[] = { 16, 24, 152 };
	struct rtmp_reconnect_options opt;
	struct rtmp_capabilities c;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	uint8_t *older;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		rtmp_capabilities_init(&c, sizeof(c));
		c.struct_size = sizes[i];
		older = guard_copy(&c, sizes[i]);
		rtmp_options_init(&client, sizeof(client));
		client.capabilities = (const void *)older;
		rtmp_reconnect_options_init(&opt, sizeof(opt));
		opt.client = &client;
		assert_int_equal(rtmp_publisher_new(&p, "rtmp://h/a/b", NULL,
		    NULL, &opt), 0);
		guard_free(older, sizes[i]);
		assert_int_equal(rtmp_publisher_client(p)->capabilities.
		    caps_ex & RTMP_CAPS_RECONNECT, RTMP_CAPS_RECONNECT);
		rtmp_publisher_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_ends_it_until_it_is_opened_again),
		cmocka_unit_test(a_type_that_is_none_is_told_each_time),
		cmocka_unit_test(
		    a_refusal_of_what_was_published_is_not_tried_again),
		cmocka_unit_test(
		    a_stream_that_the_server_ended_is_published_again),
		cmocka_unit_test(a_cancel_in_a_gap_is_told_once),
		cmocka_unit_test(a_canceled_player_still_reconnects),
		cmocka_unit_test(a_close_forgets_where_to_go),
		cmocka_unit_test(
		    capabilities_of_an_older_program_are_read_so_far),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
