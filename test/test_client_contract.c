/*
 * What rtmp.h and io.h promise of calls and of transports: one that has failed
 * is left alone, whose it is, and what a stream that has ended returns.
 */
#include "support/captured.h"
#include "support/peer.h"

/* ---- A server in a script ---- */

struct talk {
	struct peer p;
	struct script s;
	struct rtmp_options opt;
	struct rtmp *r;
};

static void
talk_init(struct talk *t)
{
	peer_init(&t->p);
}

/* What the peer says is complete. */
static void
talk_start(struct talk *t)
{
	script_init(&t->s, t->p.data, t->p.size);
	options_for(&t->opt, &t->s);
	t->r = rtmp_new(&t->opt);
	assert_non_null(t->r);
}

static void
talk_end(struct talk *t)
{
	rtmp_free(t->r);
	script_free(&t->s);
	peer_free(&t->p);
}

/* All of it, up to Publish.Start or Play.Start. */
static void
talk_until_start(struct talk *t, int publish)
{
	talk_init(t);
	peer_connected(&t->p);
	if (publish)
		peer_published(&t->p, 4, 1);
	else
		peer_playing(&t->p, 2, 1);
	talk_start(t);
	assert_int_equal(rtmp_connect(t->r, URL, NULL), 0);
	assert_int_equal(publish ? rtmp_publish(t->r, NULL) :
	    rtmp_play(t->r, -2), 0);
}

static int
write_one(struct rtmp *r, size_t size)
{
	static const uint8_t data[8192] = { 0xaf, 1 };
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 40, data, size };

	return rtmp_write_packet(r, &p);
}

/* ---- A transport that failed ---- */

static void
a_transport_that_failed_is_written_to_no_more(void **state)
{
	static const int errors[] = { RTMP_ERR_IO, RTMP_ERR_TLS };
	struct talk t;
	long writes;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(errors) / sizeof(errors[0]); i++) {
		talk_until_start(&t, 1);
		assert_int_equal(write_one(t.r, 3), 0);
		writes = t.s.writes;
		/* The next call of it, or the one behind. */
		t.s.write_fails_at = writes + 1 + (long)(i / 2);
		t.s.fail_with = errors[i % 2];
		t.s.out_step = 5;
		assert_int_equal(write_one(t.r, 6000), errors[i % 2]);
		assert_int_equal(t.s.writes, writes + 1 + (long)(i / 2));
		assert_true(t.s.closed);
		assert_int_equal(write_one(t.r, 3), RTMP_ERR_STATE);
		talk_end(&t);
	}
}

/* A player has a packet to read still, and then finds the end. */
static void
a_player_that_cannot_answer_reads_on(void **state)
{
	struct rtmp_packet p;
	struct talk t;
	long writes;

	(void)state;
	talk_init(&t);
	peer_connected(&t.p);
	peer_playing(&t.p, 2, 1);
	peer_user(&t.p, RTMP_CONTROL_PING_REQUEST, 7);
	peer_media(&t.p, 1, RTMP_MSG_AUDIO, 0, "one");
	peer_media(&t.p, 1, RTMP_MSG_AUDIO, 20, "two");
	talk_start(&t);
	assert_int_equal(rtmp_connect(t.r, URL, NULL), 0);
	t.s.in_step = 1;
	t.s.eof = 1;
	assert_int_equal(rtmp_play(t.r, -2), 0);
	writes = t.s.writes;
	t.s.write_fails_at = writes + 1;
	assert_int_equal(rtmp_read_packet(t.r, &p), 1);
	assert_int_equal(rtmp_read_packet(t.r, &p), 1);
	assert_int_equal(p.timestamp, 20);
	assert_int_equal(rtmp_read_packet(t.r, &p), RTMP_ERR_EOF);
	assert_int_equal(t.s.writes, writes + 1);
	talk_end(&t);
}

/* ---- Whose the transport is ---- */

static void
a_handle_that_was_not_made_leaves_the_transport(void **state)
{
	struct rtmp_options opt;
	struct test_mem mem;
	struct script s;
	struct rtmp *r;
	long n;

	(void)state;
	for (n = 1;; n++) {
		test_mem_init(&mem, n);
		script_init(&s, NULL, 0);
		options_for(&opt, &s);
		opt.mem = &mem.mem;
		opt.app = "live";
		r = rtmp_new(&opt);
		if (r != NULL)
			break;
		assert_false(s.closed);
		assert_int_equal(mem.live, 0);
	}
	assert_true(n > 2);
	rtmp_free(r);
	assert_true(s.closed);
	assert_int_equal(mem.live, 0);
}

/* ---- What is not possible ---- */

static void
a_publisher_has_nothing_to_pause_or_seek(void **state)
{
	struct talk t;

	(void)state;
	talk_until_start(&t, 1);
	assert_int_equal(rtmp_pause(t.r, 1, 0), RTMP_ERR_STATE);
	assert_int_equal(rtmp_seek(t.r, 0), RTMP_ERR_STATE);
	assert_int_equal(write_one(t.r, 3), 0);
	talk_end(&t);

	talk_until_start(&t, 0);
	assert_int_equal(rtmp_pause(t.r, 1, 0), 0);
	assert_int_equal(rtmp_seek(t.r, 0), 0);
	assert_int_equal(rtmp_close(t.r), 0);
	assert_int_equal(rtmp_pause(t.r, 1, 0), RTMP_ERR_STATE);
	talk_end(&t);
}

/* NetStream.Unpublish.Success, of level "status", that nobody asked for. */
static void
a_stream_that_the_server_ended_is_over(void **state)
{
	static const uint8_t data[3] = { 0xaf, 1, 2 };
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 0, data, 3 };
	size_t written, way;
	struct talk t;

	(void)state;
	for (way = 0; way < 3; way++) {
		talk_init(&t);
		peer_connected(&t.p);
		peer_published(&t.p, 4, 1);
		peer_status(&t.p, 1, "status", "NetStream.Unpublish.Success");
		talk_start(&t);
		assert_int_equal(rtmp_connect(t.r, URL, NULL), 0);
		assert_int_equal(rtmp_publish(t.r, NULL), 0);
		assert_int_equal(way == 0 ? rtmp_write_packet(t.r, &p) :
		    rtmp_write_packets(t.r, &p, way - 1, &written),
		    RTMP_ERR_REJECTED);
		assert_string_equal(rtmp_error_detail(t.r),
		    "NetStream.Unpublish.Success: words");
		assert_int_equal(rtmp_last_status(t.r)->kind,
		    RTMP_STATUS_ENDED);
		assert_true(t.s.closed);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_transport_that_failed_is_written_to_no_more),
		cmocka_unit_test(a_player_that_cannot_answer_reads_on),
		cmocka_unit_test(
		    a_handle_that_was_not_made_leaves_the_transport),
		cmocka_unit_test(a_publisher_has_nothing_to_pause_or_seek),
		cmocka_unit_test(a_stream_that_the_server_ended_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
