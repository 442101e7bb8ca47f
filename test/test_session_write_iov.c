/* rtmp_session_write_iov() against what it stands for: two sessions do the
 * same, one with it and one with the two calls, and their bytes are equal. */
#include "support/run.h"

#define STEPS 3000
#define PIECES 8

static uint8_t payload[5000];

static int
write_in_two(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *p, struct iovec *iov, int max)
{
	int err = rtmp_session_write_ref(s, stream, p, NULL, NULL);

	return err != 0 ? err : rtmp_session_send_iov(s, iov, max);
}

/* Any packet, mostly a good one; metadata must be whole. */
static struct rtmp_packet
some_packet(uint32_t *random, uint32_t timestamp)
{
	static const uint8_t types[] = { RTMP_MSG_AUDIO, RTMP_MSG_VIDEO,
		RTMP_MSG_AUDIO, RTMP_MSG_VIDEO, RTMP_MSG_DATA_AMF0,
		RTMP_MSG_SET_CHUNK_SIZE };
	static const uint8_t metadata[] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't',
		'a', 'D', 'a', 't', 'a', 5 };
	struct rtmp_packet p = { 0, timestamp, payload, 0 };

	p.type = types[next_random(random) % sizeof(types)];
	p.size = next_random(random) % 4 == 0 ?
	    next_random(random) % sizeof(payload) : next_random(random) % 300;
	if (p.type == RTMP_MSG_DATA_AMF0 && next_random(random) % 2 == 0) {
		p.data = metadata;
		p.size = sizeof(metadata);
	}
	return p;
}

/* One step of both, which differ in how they write; the results of r[0]. */
static int
step(struct run r[2], uint32_t *random, uint32_t timestamp)
{
	struct rtmp_packet p = some_packet(random, timestamp);
	unsigned stream = next_random(random) % 50 == 0 ? 9 : 1;
	size_t max = next_random(random) % 3 == 0 ? SIZE_MAX :
	    next_random(random) % 700;
	int pieces = 1 + (int)(next_random(random) % PIECES);
	int call = next_random(random) % 20 == 0, i, n[2], called[2] = { 0 };
	struct iovec iov[PIECES];

	for (i = 0; i < 2; i++) {
		if (call)
			called[i] = rtmp_session_send_command(r[i].s, 0, "x",
			    NULL, 0);
		n[i] = (i == 0 ? write_in_two : rtmp_session_write_iov)(
		    r[i].s, stream, &p, iov, pieces);
		run_take(&r[i], iov, n[i], max);
	}
	assert_int_equal(called[0], called[1]);
	assert_int_equal(n[0], n[1]);
	return n[0];
}

static void
assert_same(const struct run r[2])
{
	struct rtmp_session_stats stats[2];
	int i;

	assert_int_equal(r[0].sent_size, r[1].sent_size);
	assert_memory_equal(r[0].sent, r[1].sent, r[0].sent_size);
	for (i = 0; i < 2; i++)
		rtmp_session_get_stats(r[i].s, &stats[i], sizeof(stats[i]));
	assert_memory_equal(&stats[0], &stats[1], sizeof(stats[0]));
}

/* Begins both: STEPWISE so far that publish was answered, EAGER that the
 * handshake is over, ZERO_RTT that max bytes were sent. */
static void
begin(struct run r[2], enum rtmp_flight flight, size_t max)
{
	struct peer p;
	int i;

	peer_init(&p);
	if (flight == RTMP_FLIGHT_STEPWISE) {
		peer_connected(&p);
		peer_published(&p, 4, 1);
	}
	for (i = 0; i < 2; i++) {
		run_init(&r[i], flight, act_publish);
		r[i].hold = flight == RTMP_FLIGHT_ZERO_RTT;
		r[i].config.chunk_size = 128;
		r[i].config.max_send_buffer = 20000;
		run_start(&r[i]);
		if (flight != RTMP_FLIGHT_ZERO_RTT)
			run_peer(&r[i], &p);
		r[i].hold = 1;
		run_send(&r[i], max, 64);
	}
	peer_free(&p);
}

/* Another message stream id than was assumed: all packets were lost. */
static void
answer_late(struct run r[2], enum rtmp_flight flight, unsigned packets)
{
	const char *told;
	struct peer p;
	int i;

	peer_init(&p);
	if (flight == RTMP_FLIGHT_EAGER)
		p.size = 0; /* the handshake was */
	peer_connected(&p);
	peer_published(&p, 4, 5);
	for (i = 0; i < 2; i++) {
		run_peer(&r[i], &p);
		told = strstr(r[i].events.s, "lost ");
		assert_non_null(told);
		assert_int_equal(strtoul(told + 5, NULL, 10), packets);
	}
	peer_free(&p);
}

static void
check_flight(enum rtmp_flight flight, size_t max)
{
	uint32_t random = 1 + (uint32_t)max, time = 0;
	int refused = 0, sent = 0, full = 0, i, n;
	struct run r[2];

	begin(r, flight, max);
	for (i = 0; i < STEPS; i++) {
		time += next_random(&random) % 40;
		n = step(r, &random, time);
		full += n == RTMP_ERR_AGAIN;
		refused += n == RTMP_ERR_INVAL || n == RTMP_ERR_STATE;
		sent += n > 0;
	}
	assert_same(r);
	assert_true(refused > 100 && sent > 100 && full > 10);
	for (i = 0; i < 2; i++)
		run_send(&r[i], SIZE_MAX, 64);
	assert_same(r);
	if (flight != RTMP_FLIGHT_STEPWISE)
		answer_late(r, flight, (unsigned)sent);
	for (i = 0; i < 2; i++)
		run_free(&r[i]);
}

static void
it_is_what_the_two_calls_are(void **state)
{
	(void)state;
	check_flight(RTMP_FLIGHT_STEPWISE, SIZE_MAX);
	check_flight(RTMP_FLIGHT_EAGER, SIZE_MAX);
}

/* The handshake and connect are still to leave, wholly or in part. */
static void
it_is_so_behind_an_opening(void **state)
{
	static const size_t sent[] = { 0, 1, 1536, 1537, 3073, 3100 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		check_flight(RTMP_FLIGHT_ZERO_RTT, sent[i]);
}

static void
without_memory_nothing_is_queued(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	struct rtmp_session_stats stats;
	struct iovec iov[PIECES];
	struct run r[2];
	int i, n = 0;

	(void)state;
	begin(r, RTMP_FLIGHT_STEPWISE, SIZE_MAX);
	/* The items that wait need room, sooner or later. */
	for (i = 0; i < 100 && n >= 0; i++) {
		r[0].mem.fail_at = r[0].mem.count + 1;
		n = rtmp_session_write_iov(r[0].s, 1, &p, iov, PIECES);
	}
	assert_int_equal(n, RTMP_ERR_NOMEM);
	rtmp_session_get_stats(r[0].s, &stats, sizeof(stats));
	assert_int_equal(stats.queued_packets, i - 1);
	for (i = 0; i < 2; i++)
		run_free(&r[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_the_two_calls_are),
		cmocka_unit_test(it_is_so_behind_an_opening),
		cmocka_unit_test(without_memory_nothing_is_queued),
	};

	fill_random(payload, sizeof(payload), 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
