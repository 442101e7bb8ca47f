/* The send queue against a list: what goes in comes out in order, whatever
 * part leaves at a time, and each payload is let go of once. */
#include "session/queue.h"
#include "support/support.h"

#define MESSAGES 400

static struct {
	uint8_t data[64];
	size_t size;
	int released;
} bodies[MESSAGES];

static void
release(void *arg)
{
	++*(int *)arg;
}

static void
push(struct rtmp_queue *q, struct test_mem *m, int i)
{
	struct rtmp_message msg = { 4, 1, RTMP_MSG_AUDIO, 0, NULL, 0 };
	struct rtmp_send_hold *hold;
	struct rtmp_send_item *item;

	msg.timestamp = (uint32_t)i * 20;
	msg.payload = bodies[i].data;
	msg.size = bodies[i].size;
	assert_int_equal(rtmp_queue_push(q, &msg, RTMP_SEND_MEDIA, 1, &item),
	    0);
	hold = m->mem.realloc(m->mem.ctx, NULL, sizeof(*hold));
	hold->release = release;
	hold->arg = &bodies[i].released;
	item->owned = hold;
	item->is_held = 1;
}

/* Sends at most max bytes, appending them to *out. */
static void
send(struct rtmp_queue *q, size_t max, uint8_t *out, size_t *done)
{
	struct iovec iov[7];
	int i, n = rtmp_queue_iov(q, iov, 7);
	size_t size, sent = 0;

	for (i = 0; i < n && sent < max; i++) {
		size = iov[i].iov_len < max - sent ? iov[i].iov_len :
		    max - sent;
		memcpy(out + *done, iov[i].iov_base, size);
		*done += size;
		sent += size;
	}
	rtmp_queue_sent(q, sent);
}

static void
check_out(const uint8_t *out, size_t size)
{
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	int i;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	for (i = 0; i < MESSAGES; i++) {
		assert_int_equal(rtmp_chunk_reader_next(r, &out, &size, &m),
		    1);
		assert_int_equal(m.timestamp, i * 20);
		assert_int_equal(m.size, bodies[i].size);
		assert_memory_equal(m.payload, bodies[i].data, m.size);
	}
	assert_int_equal(size, 0);
	rtmp_chunk_reader_free(r);
}

static void
run_queue(uint32_t seed)
{
	static uint8_t out[MESSAGES * 96];
	struct rtmp_queue q;
	struct test_mem m;
	size_t done = 0, bursts;
	int i, pushed = 0;

	test_mem_init(&m, 0);
	assert_int_equal(rtmp_queue_init(&q, &m.mem), 0);
	for (i = 0; i < MESSAGES; i++) {
		bodies[i].size = next_random(&seed) % 64;
		memset(bodies[i].data, i, sizeof(bodies[i].data));
		bodies[i].released = 0;
	}
	while (pushed < MESSAGES || q.count != 0) {
		bursts = next_random(&seed) % 30;
		for (; bursts != 0 && pushed < MESSAGES; bursts--)
			push(&q, &m, pushed++);
		for (bursts = next_random(&seed) % 25; bursts != 0; bursts--)
			send(&q, next_random(&seed) % 90, out, &done);
		for (i = 0; i < MESSAGES; i++)
			assert_int_equal(bodies[i].released,
			    i < pushed - (int)q.count);
	}
	assert_int_equal(q.bytes, 0);
	check_out(out, done);
	rtmp_queue_free(&q);
	assert_int_equal(m.live, 0);
}

static void
what_goes_in_comes_out_while_the_ring_turns_and_grows(void **state)
{
	uint32_t seed;

	(void)state;
	for (seed = 1; seed < 60; seed++)
		run_queue(seed);
}

static void
what_is_left_in_a_queue_is_released(void **state)
{
	struct rtmp_queue q;
	struct test_mem m;
	int i;

	(void)state;
	test_mem_init(&m, 0);
	assert_int_equal(rtmp_queue_init(&q, &m.mem), 0);
	for (i = 0; i < 20; i++) {
		bodies[i].released = 0;
		push(&q, &m, i);
	}
	rtmp_queue_free(&q);
	for (i = 0; i < 20; i++)
		assert_int_equal(bodies[i].released, 1);
	assert_int_equal(m.live, 0);
}

static void
a_second_of_media_needs_little_besides_its_payload(void **state)
{
	struct rtmp_send_item *item;
	struct rtmp_queue q;
	struct test_mem m;
	int i;

	(void)state;
	test_mem_init(&m, 0);
	assert_int_equal(rtmp_queue_init(&q, &m.mem), 0);
	for (i = 0; i < 77; i++) { /* 30 frames, 47 blocks of AAC */
		struct rtmp_message msg = { 4, 1, 8, 0, bodies[i].data, 9 };

		assert_int_equal(rtmp_queue_push(&q, &msg, RTMP_SEND_MEDIA, 1,
		    &item), 0);
	}
	assert_in_range(m.bytes, 1, 7000);
	rtmp_queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_goes_in_comes_out_while_the_ring_turns_and_grows),
		cmocka_unit_test(what_is_left_in_a_queue_is_released),
		cmocka_unit_test(
		    a_second_of_media_needs_little_besides_its_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
