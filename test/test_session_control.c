/* Acknowledgements, windows, bandwidth and pings, both ways. */
#include "base/wire.h"
#include "support/run.h"

#define BIG (8u << 20) /* the largest message that is taken */

static void
connected(struct run *r, struct peer *p)
{
	run_init(r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(r);
	peer_init(p);
	peer_connected(p);
	run_peer(r, p);
	assert_int_equal(rtmp_session_state(r->s), RTMP_SESSION_CONNECTED);
	skip_sent(r);
	p->size = 0;
}

static struct rtmp_session_stats
stats_of(const struct run *r)
{
	struct rtmp_session_stats stats;

	rtmp_session_get_stats(r->s, &stats, sizeof(stats));
	return stats;
}

/* ---- Acknowledgement of what came ---- */

static void
half_a_window_is_acknowledged(void **state)
{
	uint64_t before;
	char expected[256];
	struct run r;
	struct peer p;

	(void)state;
	connected(&r, &p);
	before = stats_of(&r).bytes_received;
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 2 * ((uint32_t)before +
	    1000));
	run_peer(&r, &p);
	assert_sent(&r, "");
	p.size = 0;
	while (p.size < 4 * before + 4000)
		peer_media(&p, 9, RTMP_MSG_AUDIO, 0, "of no stream");
	run_feed(&r, p.data, p.size, 1);
	snprintf(expected, sizeof(expected),
	    "2/0 ack %lu\n2/0 ack %lu\n2/0 ack %lu\n2/0 ack %lu\n",
	    (unsigned long)before + 1000, 2 * ((unsigned long)before + 1000),
	    3 * ((unsigned long)before + 1000),
	    4 * ((unsigned long)before + 1000));
	assert_sent(&r, expected);
	run_done(&r, &p);
}

static void
bytes_that_come_together_are_acknowledged_once(void **state)
{
	char expected[64];
	struct run r;
	struct peer p;

	(void)state;
	connected(&r, &p);
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 20);
	while (p.size < 10000)
		peer_media(&p, 9, RTMP_MSG_AUDIO, 0, "of no stream");
	run_peer(&r, &p);
	snprintf(expected, sizeof(expected), "2/0 ack %lu\n",
	    (unsigned long)stats_of(&r).bytes_received);
	assert_sent(&r, expected);
	run_done(&r, &p);
}

static void
a_publisher_acknowledges_too(void **state)
{
	char expected[64];
	struct run r;
	struct peer p;
	size_t i;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(&r, &p);
	skip_sent(&r);
	p.size = 0;
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 7000);
	for (i = 0; i < 40; i++)
		peer_user(&p, RTMP_CONTROL_STREAM_BEGIN, 1);
	run_peer(&r, &p);
	snprintf(expected, sizeof(expected), "2/0 ack %lu\n",
	    (unsigned long)stats_of(&r).bytes_received);
	assert_sent(&r, expected);
	run_done(&r, &p);
}

/* Windows of 0 and 1 neither stop nor flood. */
static void
tiny_windows_do_no_harm(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	connected(&r, &p);
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 0);
	run_peer(&r, &p);
	assert_sent(&r, "");
	p.size = 0;
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 1);
	run_peer(&r, &p);
	skip_sent(&r);
	run_feed(&r, "", 0, 0);
	run_feed(&r, "", 0, 0);
	assert_sent(&r, "");
	run_done(&r, &p);
}

/* More than 4 GiB, in messages that nobody copies: half a window of 2^31
 * passes three times, and the third number has wrapped. */
static void
acknowledgements_wrap_at_2_32(void **state)
{
	uint8_t *message = calloc(1, BIG + 12);
	const struct rtmp_event *e;
	char *text, *acks;
	uint64_t total;
	struct run r;
	struct peer p;
	int i;

	(void)state;
	assert_non_null(message);
	connected(&r, &p);
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, 0x7fffffff);
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 0xffffffff);
	run_peer(&r, &p);
	message[0] = 6;
	rtmp_put_be24(message + 4, BIG);
	message[7] = RTMP_MSG_AUDIO;
	message[8] = 9;
	for (i = 0; i < 800; i++) {
		const uint8_t *data = message;
		size_t size = BIG + 12;

		assert_int_equal(rtmp_session_recv(r.s, &data, &size, &e), 0);
		run_send(&r, SIZE_MAX, 64);
	}
	total = stats_of(&r).bytes_received;
	assert_true(total > 6u * (uint64_t)(1u << 30));
	text = sent_text(r.sent, r.sent_size);
	acks = text + r.seen;
	for (i = 0; i < 3; i++) {
		uint64_t least = (uint64_t)(i + 1) * 0x7fffffff;
		uint32_t value;

		assert_memory_equal(acks, "2/0 ack ", 8);
		value = (uint32_t)strtoul(acks + 8, &acks, 10);
		acks++;
		/* At the end of the message that passes the half. */
		assert_true(value - (uint32_t)least < 4 * (BIG + 12));
	}
	assert_string_equal(acks, "");
	free(text);
	free(message);
	run_done(&r, &p);
}

/* ---- Acknowledgement of what left ---- */

static void
ack(struct run *r, struct peer *p, uint32_t value)
{
	p->size = 0;
	peer_control(p, RTMP_MSG_ACKNOWLEDGEMENT, value);
	run_peer(r, p);
	assert_int_equal(r->result, 0);
}

static void
the_peers_acknowledgement_is_a_hint(void **state)
{
	static uint8_t body[RTMP_MESSAGE_SIZE_MAX];
	struct rtmp_packet packet = { RTMP_MSG_VIDEO, 0, body, sizeof(body) };
	uint64_t sent;
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(&r, &p);
	assert_int_equal(stats_of(&r).bytes_acknowledged, 0);
	ack(&r, &p, 3000);
	assert_int_equal(stats_of(&r).bytes_acknowledged, 3000);
	ack(&r, &p, 1000); /* an increment, or a start from 0 */
	assert_int_equal(stats_of(&r).bytes_acknowledged, 1000);
	ack(&r, &p, 0xf0000000); /* never more than was sent */
	assert_int_equal(stats_of(&r).bytes_acknowledged,
	    stats_of(&r).bytes_sent);

	r.hold = 1;
	while (stats_of(&r).bytes_sent < 0x100000000u + 50000000u) {
		assert_int_equal(rtmp_session_write_ref(r.s, 1, &packet, NULL,
		    NULL), 0);
		rtmp_session_sent(r.s, (size_t)stats_of(&r).queued_bytes);
	}
	sent = stats_of(&r).bytes_sent;
	ack(&r, &p, (uint32_t)sent);
	assert_int_equal(stats_of(&r).bytes_acknowledged, sent);
	ack(&r, &p, (uint32_t)sent - 1000);
	assert_int_equal(stats_of(&r).bytes_acknowledged, sent - 1000);
	ack(&r, &p, 0xfffffff0); /* from before the wrap */
	assert_int_equal(stats_of(&r).bytes_acknowledged, 0xfffffff0u);
	ack(&r, &p, 0);
	assert_true(stats_of(&r).bytes_acknowledged == (uint64_t)1 << 32);
	run_done(&r, &p);
}

/* ---- Bandwidth and pings ---- */

static void
peer_bandwidth_is_answered_when_it_changes(void **state)
{
	static const uint8_t bodies[][6] = { { 0, 0, 0x10, 0, 0, 0 },
		{ 0, 0, 0x10, 0, 1, 0 }, { 0, 0, 0x20, 0, 2, 0 },
		{ 0, 0, 0x10, 0, 77, 0 }, { 0, 0, 0x30, 0, 0, 0 } };
	struct run r;
	struct peer p;
	size_t i;

	(void)state;
	connected(&r, &p);
	for (i = 0; i < 4; i++)
		peer_message(&p, 2, 0, RTMP_MSG_SET_PEER_BANDWIDTH, 0,
		    bodies[i], 5);
	/* Without the limit type, and with a byte too many. */
	peer_message(&p, 2, 0, RTMP_MSG_SET_PEER_BANDWIDTH, 0, bodies[4], 4);
	peer_message(&p, 2, 0, RTMP_MSG_SET_PEER_BANDWIDTH, 0, bodies[4], 6);
	run_peer(&r, &p);
	assert_sent(&r, "2/0 window 4096\n2/0 window 8192\n"
	    "2/0 window 4096\n2/0 window 12288\n");
	assert_int_equal(r.result, 0);
	run_done(&r, &p);
}

static void
pings_are_answered_and_answers_are_not(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	connected(&r, &p);
	peer_user(&p, RTMP_CONTROL_PING_REQUEST, 0x11223344);
	peer_user(&p, RTMP_CONTROL_PING_REQUEST, 0xffffffff);
	peer_user(&p, RTMP_CONTROL_PING_RESPONSE, 5);
	peer_message(&p, 2, 0, RTMP_MSG_USER_CONTROL, 0, "\0\6", 2);
	peer_message(&p, 2, 0, RTMP_MSG_USER_CONTROL, 0, "\0", 1);
	peer_command(&p, 0, "['ping', 12, null]");
	run_feed(&r, p.data, p.size, 1);
	assert_sent(&r, "2/0 user 7 287454020\n"
	    "2/0 user 7 4294967295\n"
	    "2/0 user 7 0\n"
	    "3/0 ['pong',12,null]\n");
	run_done(&r, &p);
}

/* Behind connect, whatever the server's bandwidth had it say before. */
static void
a_publisher_may_ask_for_acknowledgements(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, NULL);
	run_start(&r);
	assert_int_equal(rtmp_session_set_window_ack_size(r.s, 1),
	    RTMP_ERR_STATE);
	peer_init(&p);
	peer_connected(&p);
	run_peer(&r, &p);
	skip_sent(&r);
	p.size = 0;
	assert_int_equal(rtmp_session_set_window_ack_size(r.s, 1), 0);
	run_peer(&r, &p);
	assert_sent(&r, "2/0 window 1\n");
	assert_int_equal(rtmp_session_close(r.s), 0);
	assert_int_equal(rtmp_session_set_window_ack_size(r.s, 1),
	    RTMP_ERR_STATE);
	run_done(&r, &p);
}

static void
bandwidth_checks_are_answered(void **state)
{
	static const struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, NULL,
		0, "CONNECTED success status NetConnection.Connect.Success "
		"Connection succeeded.\n",
		"C0 C1 C2\n"
		"3/0 connect\n"
		"2/0 window 5000000\n"
		"3/0 ['_checkbw',2,null]\n"
		"3/0 ['_result',4,null,1]\n"
		"3/0 ['_result',5,null,2]\n" };
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_command(&p, 0, "['onBWDone', 0, null]");
	peer_command(&p, 0, "['_onbwcheck', 4, null, 'x', 1]");
	peer_command(&p, 0, "['onBWDone', 0, null, 8192, 12, 0, 0.5]");
	peer_command(&p, 0, "['_onbwcheck', 5, null]");
	peer_command(&p, 0, "['_onbwdone', 0, null]");
	peer_command(&p, 0, "['_error', 2, null, {'level': 'error', "
	    "'code': 'NetConnection.Call.Failed'}]");
	peer_command(&p, 0, "['onBWDone']");
	check_scenario(&sc, &p);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_a_window_is_acknowledged),
		cmocka_unit_test(
		    bytes_that_come_together_are_acknowledged_once),
		cmocka_unit_test(a_publisher_acknowledges_too),
		cmocka_unit_test(tiny_windows_do_no_harm),
		cmocka_unit_test(acknowledgements_wrap_at_2_32),
		cmocka_unit_test(the_peers_acknowledgement_is_a_hint),
		cmocka_unit_test(peer_bandwidth_is_answered_when_it_changes),
		cmocka_unit_test(a_publisher_may_ask_for_acknowledgements),
		cmocka_unit_test(pings_are_answered_and_answers_are_not),
		cmocka_unit_test(bandwidth_checks_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
