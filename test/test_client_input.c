/*
 * What a player reads, whatever the size of its buffer, of a read and of the
 * server's chunks: messages that end in a later read are the ones that matter.
 */
#include <rtmpio/rtmp.h>

#include "support/peer.h"
#include "support/script.h"

#define PACKETS 60
#define SIZE_MOST 50000

static uint8_t body[SIZE_MOST];

static size_t
packet_size(int i)
{
	static const size_t sizes[] = { 1, 300, 4096, 20000, 127, 0, 129,
		SIZE_MOST, 4095, 7 };

	return sizes[i % 10];
}

/* A server that sends the packets in chunks of this size. */
static void
media_peer(struct peer *p, uint32_t chunk_size)
{
	size_t i;
	int k;

	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + (i >> 8));
	peer_init(p);
	peer_connected(p);
	peer_playing(p, 2, 1);
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, chunk_size);
	for (k = 0; k < PACKETS; k++)
		peer_message(p, k % 2 ? 4 : 6, 1, k % 2 ? RTMP_MSG_AUDIO :
		    RTMP_MSG_VIDEO, (uint32_t)k * 10, body, packet_size(k));
}

static struct rtmp *
new_player(struct script *s, size_t receive_buffer, int timeout_ms,
    const struct rtmp_mem *mem)
{
	struct rtmp_options opt;

	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &s->io;
	opt.receive_buffer = receive_buffer;
	opt.timeout_ms = timeout_ms;
	opt.mem = mem;
	return rtmp_new(&opt);
}

/* Returns 0 when all packets have come, or the first error. */
static int
play_all(struct rtmp *r)
{
	struct rtmp_packet p;
	int i, err = rtmp_connect(r, "rtmp://host/live/key", NULL);

	if (err == 0)
		err = rtmp_play(r, -2);
	for (i = 0; i < PACKETS && err == 0; i++) {
		err = rtmp_read_packet(r, &p);
		if (err != 1)
			return err;
		assert_int_equal(p.timestamp, i * 10);
		assert_int_equal(p.size, packet_size(i));
		if (p.size != 0)
			assert_memory_equal(p.data, body, p.size);
		err = 0;
	}
	return err;
}

/* Returns how many reads it took. */
static long
play_once(const struct peer *peer, size_t receive_buffer, size_t step)
{
	struct script s;
	struct rtmp *r;
	int err;

	script_init(&s, peer->data, peer->size);
	s.in_step = step;
	s.again = step % 2 != 0;
	/* Byte by byte, under sanitizers, it takes its time. */
	r = new_player(&s, receive_buffer, 20000, NULL);
	err = play_all(r);
	if (err != 0)
		fail_msg("buffer %zu, step %zu: %d %s", receive_buffer, step,
		    err, rtmp_error_detail(r));
	assert_int_equal(s.in_done, s.in_size);
	rtmp_free(r);
	script_free(&s);
	return s.reads;
}

static void
packets_come_whole_through_buffers_of_any_size(void **state)
{
	static const uint32_t chunks[] = { 128, 4096, 65536 };
	static const size_t buffers[] = { 0, 1, 100, 5000, 70000 };
	static const size_t steps[] = { 0, 1, 13, 1000, 4097, 60001 };
	struct peer p;
	size_t i, j, k;

	(void)state;
	for (i = 0; i < 3; i++) {
		media_peer(&p, chunks[i]);
		for (j = 0; j < 5; j++)
			for (k = 0; k < 6; k++)
				play_once(&p, buffers[j], steps[k]);
		peer_free(&p);
	}
}

static void
the_end_of_a_message_comes_with_what_follows(void **state)
{
	struct peer p;
	long most;

	(void)state;
	media_peer(&p, 65536);
	/* A message takes room from the read behind it, but no read of its
	 * own; and the answers before. */
	most = (long)(p.size / (65536 - SIZE_MOST / 2)) + 4;
	assert_in_range(play_once(&p, 0, 0), 1, most);
	peer_free(&p);
}

/* A server may wait for an acknowledgement in the middle of a message that is
 * larger than its window. */
static void
bytes_of_a_message_under_way_are_acknowledged(void **state)
{
	struct script s;
	struct peer p;
	struct rtmp *r;
	size_t before;

	(void)state;
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 2000);
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, 65536);
	peer_message(&p, 6, 1, RTMP_MSG_VIDEO, 0, body, SIZE_MOST);
	script_init(&s, p.data, p.size - 1);
	s.in_step = 500;
	r = new_player(&s, 0, 1000, NULL);
	assert_int_equal(rtmp_connect(r, "rtmp://host/live/key", NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	assert_int_equal(rtmp_pause(r, 0, 0), 0); /* all else has left */
	before = s.out_size;
	assert_int_equal(rtmp_read_packet(r, &(struct rtmp_packet){ 0 }),
	    RTMP_ERR_TIMEOUT);
	/* A chunk of 5 to 16 bytes for each 1000 bytes. */
	assert_in_range(s.out_size - before, (SIZE_MOST / 1000 - 1) * 5,
	    SIZE_MOST / 1000 * 16);
	s.in_size++;
	assert_int_equal(rtmp_read_packet(r, &(struct rtmp_packet){ 0 }), 1);
	rtmp_free(r);
	script_free(&s);
	peer_free(&p);
}

/* ---- Memory ---- */

static int
play_with(struct test_mem *m, void *arg)
{
	const struct peer *peer = arg;
	struct script s;
	struct rtmp *r;
	int err;

	script_init(&s, peer->data, peer->size);
	r = new_player(&s, 3000, 1000, &m->mem);
	err = r == NULL ? RTMP_ERR_NOMEM : play_all(r);
	rtmp_free(r);
	script_free(&s);
	return err;
}

static void
each_allocation_fails_in_turn(void **state)
{
	struct peer p;

	(void)state;
	media_peer(&p, 65536);
	each_allocation_fails(play_with, &p);
	peer_free(&p);
}

/* Ends with a message that announces 8 MB and has sent so many bytes. */
static size_t
peak_after(size_t sent)
{
	/* csid 4, 7,999,999 bytes of audio. */
	static const uint8_t head[12] = { 4, 0, 0, 0, 0x7a, 0x11, 0xff, 8, 1,
		0, 0, 0 };
	uint8_t *some = calloc(1, sent);
	struct rtmp_packet packet;
	struct test_mem m;
	struct script s;
	struct peer p;
	struct rtmp *r;

	assert_non_null(some);
	test_mem_init(&m, 0);
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, 0x7fffffff);
	peer_bytes(&p, head, sizeof(head));
	peer_bytes(&p, some, sent);
	script_init(&s, p.data, p.size);
	r = new_player(&s, 0, 1000, &m.mem);
	assert_int_equal(rtmp_connect(r, "rtmp://host/live/key", NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	assert_int_equal(rtmp_read_packet(r, &packet), RTMP_ERR_TIMEOUT);
	assert_int_equal(s.in_done, s.in_size);
	rtmp_free(r);
	assert_int_equal(m.live, 0);
	script_free(&s);
	peer_free(&p);
	free(some);
	return m.peak;
}

static void
what_is_announced_is_not_allocated(void **state)
{
	(void)state;
	assert_in_range(peak_after(1), 64 << 10, 200 << 10);
	assert_in_range(peak_after(100000), 100000, 400 << 10);
	assert_in_range(peak_after(1000000), 1000000, 3 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    packets_come_whole_through_buffers_of_any_size),
		cmocka_unit_test(the_end_of_a_message_comes_with_what_follows),
		cmocka_unit_test(
		    bytes_of_a_message_under_way_are_acknowledged),
		cmocka_unit_test(each_allocation_fails_in_turn),
		cmocka_unit_test(what_is_announced_is_not_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
