/* Each allocation of a session fails in turn; and what a session holds. */
#include "support/run.h"

static int released;

static void
release(void *arg)
{
	++*(int *)arg;
}

/* ---- Each allocation fails ---- */

struct plan {
	struct peer peer;
	enum rtmp_flight flight;
	int publish;
};

/* Gives all that the server sends to s, and sends what s wants to. */
static int
feed(struct rtmp_session *s, const struct peer *p, unsigned stream)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	const uint8_t *data = p->data;
	const struct rtmp_event *e;
	struct iovec iov[16];
	size_t size = p->size, total;
	int r, i, n, err = 0;

	while (err == 0 && (r = rtmp_session_recv(s, &data, &size, &e)) != 0) {
		if (r < 0)
			return r;
		if (e->type == RTMP_EVENT_PUBLISH_START) {
			err = rtmp_session_write(s, stream, &packet);
			if (err == 0)
				err = rtmp_session_write_ref(s, stream,
				    &packet, release, &released);
			if (err != 0)
				return err;
			released--;
		}
		if (e->type == RTMP_EVENT_PLAY_START) {
			err = rtmp_session_pause(s, stream, 1, 0);
			if (err == 0)
				err = rtmp_session_call(s, 0, "f", NULL, 0,
				    NULL);
		}
		for (n = 1; err == 0 && n != 0;) {
			n = rtmp_session_send_iov(s, iov, 16);
			for (total = 0, i = 0; i < n; i++)
				total += iov[i].iov_len;
			rtmp_session_sent(s, total);
		}
	}
	return err;
}

static int
whole_session(struct test_mem *m, void *arg)
{
	struct plan *plan = arg;
	struct rtmp_session_config c;
	struct rtmp_session *s = NULL;
	unsigned stream = 0;
	int err;

	released = 0;
	rtmp_session_config_init(&c, sizeof(c));
	c.app = "live";
	c.tc_url = "rtmp://host/live";
	c.flight = plan->flight;
	c.subscribe = plan->publish ? NULL : "other";
	c.mem = &m->mem;
	err = rtmp_session_new(&s, &c);
	if (err != 0) {
		assert_null(s);
		return err;
	}
	err = plan->publish ? rtmp_session_publish(s, "key", NULL, &stream) :
	    rtmp_session_play(s, "key", 0, -1, 0, &stream);
	if (err == 0)
		err = feed(s, &plan->peer, stream);
	if (err == 0)
		err = rtmp_session_close(s);
	if (rtmp_is_fatal(err) && rtmp_session_error(s)[0] != '\0')
		assert_int_equal(rtmp_session_state(s), RTMP_SESSION_CLOSED);
	rtmp_session_free(s);
	assert_int_equal(released, 0);
	return err;
}

static void
check_plan(enum rtmp_flight flight, int publish)
{
	struct plan plan;
	struct peer *p = &plan.peer;
	char text[3001];

	plan.flight = flight;
	plan.publish = publish;
	memset(text, 't', 3000);
	text[3000] = '\0';
	peer_init(p);
	peer_connected(p);
	peer_command(p, 0, "['onBWDone', 0, null]");
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, 1000);
	if (publish)
		peer_published(p, 4, 9);
	else
		peer_playing(p, 2, 9);
	peer_user(p, RTMP_CONTROL_PING_REQUEST, 7);
	peer_media(p, 9, RTMP_MSG_VIDEO, 0, text);
	peer_command(p, 0, "['unknown', 1, null]");
	peer_command(p, 0, "['_onbwcheck', 1, null]");
	peer_status(p, 9, "status", "NetStream.Play.Stop");
	peer_status(p, 9, "error", "NetStream.Failed");
	each_allocation_fails(whole_session, &plan);
	peer_free(p);
}

static void
each_allocation_of_a_publisher_fails(void **state)
{
	int flight;

	(void)state;
	for (flight = 0; flight <= RTMP_FLIGHT_ZERO_RTT; flight++)
		check_plan((enum rtmp_flight)flight, 1);
}

static void
each_allocation_of_a_player_fails(void **state)
{
	int flight;

	(void)state;
	for (flight = 0; flight <= RTMP_FLIGHT_ZERO_RTT; flight++)
		check_plan((enum rtmp_flight)flight, 0);
}

static void
a_write_without_memory_leaves_the_session_usable(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(&r, &p);
	skip_sent(&r);
	r.mem.fail_at = r.mem.count + 1;
	assert_int_equal(rtmp_session_write(r.s, 1, &packet),
	    RTMP_ERR_NOMEM);
	r.mem.fail_at = r.mem.count + 1;
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, NULL),
	    RTMP_ERR_NOMEM);
	assert_int_equal(rtmp_session_write(r.s, 1, &packet), 0);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "6/1 video @0 5 frame\n");
	run_free(&r);
	peer_free(&p);
}

/* ---- What is held ---- */

static size_t
bytes_of(struct run *r, const char *what)
{
	print_message("%s: %lu bytes in %ld blocks, at most %lu\n", what,
	    (unsigned long)r->mem.bytes, r->mem.live,
	    (unsigned long)r->mem.peak);
	r->mem.peak = r->mem.bytes;
	return r->mem.bytes;
}

static void
what_a_session_holds(void **state)
{
	enum { SPLIT = 100000 };
	static uint8_t frame[SPLIT];
	struct rtmp_packet packet = { RTMP_MSG_VIDEO, 0, frame, 1000 };
	struct run r;
	struct peer p;
	size_t before;
	int i;

	(void)state;
	run_init(&r, RTMP_FLIGHT_PIPELINED, act_publish);
	run_start(&r);
	bytes_of(&r, "handshake");
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(&r, &p);
	assert_true(bytes_of(&r, "publishing, nothing queued") < 8192);
	r.hold = 1;
	for (i = 0; i < 100; i++)
		assert_int_equal(rtmp_session_write_ref(r.s, 1, &packet, NULL,
		    NULL), 0);
	bytes_of(&r, "100 packets queued by reference");
	run_free(&r);
	peer_free(&p);

	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	run_peer(&r, &p);
	assert_true(bytes_of(&r, "connected, idle") < 6144);
	act_play(&r, NULL);
	p.size = 0;
	peer_playing(&p, 2, 1);
	peer_media(&p, 1, RTMP_MSG_AUDIO, 0, "sound");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['onMetaData', {}]");
	run_peer(&r, &p);
	before = bytes_of(&r, "playing");
	assert_true(before < 8192);
	peer_message(&p, 7, 1, RTMP_MSG_VIDEO, 0, frame, SPLIT);
	peer_message(&p, 7, 1, RTMP_MSG_VIDEO, 0, frame, SPLIT);
	run_peer(&r, &p);
	assert_true(bytes_of(&r, "playing messages of 100000") <
	    8192 + SPLIT);
	run_free(&r);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_of_a_publisher_fails),
		cmocka_unit_test(each_allocation_of_a_player_fails),
		cmocka_unit_test(
		    a_write_without_memory_leaves_the_session_usable),
		cmocka_unit_test(what_a_session_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
