/* Packets out: what is taken, copied, held and released, how much may queue,
 * and what the statistics say of it. */
#include <sys/mman.h>

#include "support/run.h"

static void
publishing(struct run *r, size_t max_send_buffer)
{
	struct peer p;

	run_init(r, RTMP_FLIGHT_STEPWISE, act_publish);
	if (max_send_buffer != 0)
		r->config.max_send_buffer = max_send_buffer;
	run_start(r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 1);
	run_peer(r, &p);
	assert_int_equal(rtmp_stream_state(r->s, 1), RTMP_STREAM_PUBLISHING);
	skip_sent(r);
	peer_free(&p);
}

static struct rtmp_session_stats
stats_of(const struct run *r)
{
	struct rtmp_session_stats stats;

	rtmp_session_get_stats(r->s, &stats, sizeof(stats));
	return stats;
}

/* ---- What is taken ---- */

static void
only_packets_of_a_size_that_rtmp_has_are_taken(void **state)
{
	static const uint8_t types[] = { 0, RTMP_MSG_SET_CHUNK_SIZE,
		RTMP_MSG_DATA_AMF3, RTMP_MSG_COMMAND_AMF0,
		RTMP_MSG_AGGREGATE, 255 };
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 0, "x");
	uint8_t *big = calloc(1, RTMP_MESSAGE_SIZE_MAX + 1);
	struct run r;
	size_t i;

	(void)state;
	assert_non_null(big);
	publishing(&r, 0);
	assert_int_equal(rtmp_session_write(r.s, 2, &p), RTMP_ERR_STATE);
	assert_int_equal(rtmp_session_write(r.s, 0, &p), RTMP_ERR_STATE);
	for (i = 0; i < sizeof(types); i++) {
		p.type = types[i];
		assert_int_equal(rtmp_session_write(r.s, 1, &p),
		    RTMP_ERR_INVAL);
	}
	p.type = RTMP_MSG_VIDEO;
	p.data = big;
	p.size = RTMP_MESSAGE_SIZE_MAX + 1;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, NULL, NULL),
	    RTMP_ERR_INVAL);
	p.size = SIZE_MAX;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), RTMP_ERR_INVAL);
	p.size = RTMP_MESSAGE_SIZE_MAX;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	assert_int_equal(stats_of(&r).queued_packets, 1);
	run_free(&r);
	free(big);
}

static void
a_player_takes_no_packets(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 0, "x");
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_EAGER, act_play);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	run_peer(&r, &p);
	assert_int_equal(rtmp_stream_state(r.s, 1), RTMP_STREAM_PLAYING);
	assert_int_equal(rtmp_session_write(r.s, 1, &packet), RTMP_ERR_STATE);
	run_free(&r);
	peer_free(&p);
}

static void
metadata_is_kept_by_the_server(void **state)
{
	size_t size, already_size, other_size;
	uint8_t *metadata = peer_amf0("['onMetaData', {'width': 320}]",
	    &size);
	uint8_t *already = peer_amf0("['@setDataFrame', 'onMetaData', {}]",
	    &already_size);
	uint8_t *other = peer_amf0("['onTextData', {'text': 'x'}]",
	    &other_size);
	struct rtmp_packet p = { RTMP_MSG_DATA_AMF0, 7, metadata, size };
	struct run r;

	(void)state;
	publishing(&r, 0);
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	p.data = already;
	p.size = already_size;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	p.data = other;
	p.size = other_size;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	p.data = metadata;
	p.size = 12; /* "onMetaData" is cut */
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	free(metadata);
	free(already);
	free(other);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "5/1 data @7 ['@setDataFrame','onMetaData',"
	    "{'width':320}]\n"
	    "5/1 data @7 ['@setDataFrame','onMetaData',{}]\n"
	    "5/1 data @7 ['onTextData',{'text':'x'}]\n"
	    "5/1 data @7 [null]\n");
	run_free(&r);
}

/* ---- Holding ---- */

static void
release(void *arg)
{
	++*(int *)arg;
}

static void
a_reference_is_released_with_its_last_byte(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	int first = 0, second = 0;
	struct run r;
	size_t i;

	(void)state;
	publishing(&r, 0);
	r.hold = 1;
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release, &first),
	    0);
	p.timestamp = 40;
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release, &second),
	    0);
	/* Headers of 12 and 4 bytes: both are of the same length. */
	for (i = 1; i <= 17; i++) {
		run_send(&r, 1, 64);
		assert_int_equal(first, i == 17);
		assert_int_equal(second, 0);
	}
	run_send(&r, SIZE_MAX, 64);
	assert_int_equal(first, 1);
	assert_int_equal(second, 1);
	assert_sent(&r, "6/1 video @0 5 frame\n6/1 video @40 5 frame\n");
	run_free(&r);
	assert_int_equal(first, 1);
	assert_int_equal(second, 1);
}

static void
a_reference_is_released_when_the_session_is_freed(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	int released[40] = { 0 };
	struct run r;
	size_t i;

	(void)state;
	publishing(&r, 0);
	r.hold = 1;
	for (i = 0; i < 40; i++)
		assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release,
		    &released[i]), 0);
	run_send(&r, 20, 64);
	assert_int_equal(released[0], 1);
	assert_int_equal(released[1], 0);
	assert_int_equal(rtmp_session_close(r.s), 0);
	assert_int_equal(released[1], 0);
	run_free(&r);
	for (i = 0; i < 40; i++)
		assert_int_equal(released[i], 1);
}

static void
nothing_is_held_on_error(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 0, "frame");
	int released = 0;
	struct run r;

	(void)state;
	publishing(&r, 10);
	r.hold = 1;
	assert_int_equal(rtmp_session_write_ref(r.s, 9, &p, release,
	    &released), RTMP_ERR_STATE);
	p.type = 0;
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release,
	    &released), RTMP_ERR_INVAL);
	p.type = RTMP_MSG_AUDIO;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release,
	    &released), RTMP_ERR_AGAIN);
	run_free(&r);
	assert_int_equal(released, 0);
}

static void
metadata_is_released_as_soon_as_it_is_copied(void **state)
{
	size_t size;
	uint8_t *metadata = peer_amf0("['onMetaData', {}]", &size);
	struct rtmp_packet p = { RTMP_MSG_DATA_AMF0, 0, metadata, size };
	int released = 0;
	struct run r;

	(void)state;
	publishing(&r, 0);
	r.hold = 1;
	assert_int_equal(rtmp_session_write_ref(r.s, 1, &p, release,
	    &released), 0);
	assert_int_equal(released, 1);
	free(metadata);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "5/1 data @0 ['@setDataFrame','onMetaData',{}]\n");
	run_free(&r);
	assert_int_equal(released, 1);
}

/* The same page on two sessions at once, chunked, and corrected to another
 * message stream id while it is queued: a write to it would crash. */
static void
the_callers_payload_is_never_written_to(void **state)
{
	enum { SIZE = 8192 };
	uint8_t *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rtmp_packet packet = { RTMP_MSG_VIDEO, 0x1000000, page, SIZE };
	struct run r[2];
	struct peer p;
	int i, released = 0;

	(void)state;
	assert_true(page != MAP_FAILED);
	memset(page, 'p', SIZE);
	assert_int_equal(mprotect(page, SIZE, PROT_READ), 0);
	for (i = 0; i < 2; i++) {
		run_init(&r[i], RTMP_FLIGHT_EAGER, act_publish);
		r[i].config.chunk_size = i == 0 ? 128 : 5000;
		run_start(&r[i]);
		peer_init(&p);
		run_peer(&r[i], &p);
		peer_free(&p);
		r[i].hold = 1;
		assert_int_equal(rtmp_session_write_ref(r[i].s, 1, &packet,
		    release, &released), 0);
		assert_int_equal(rtmp_session_write(r[i].s, 1, &packet), 0);
		run_send(&r[i], 100, 3);
	}
	for (i = 0; i < 2; i++) {
		peer_init(&p);
		run_send(&r[i], 1, 64);
		p.size = 0;
		peer_connected(&p);
		peer_published(&p, 4, 3);
		run_peer(&r[i], &p);
		run_send(&r[i], SIZE_MAX, 7);
		assert_int_equal(released, i + 1);
		peer_free(&p);
		run_free(&r[i]);
	}
	for (i = 0; i < SIZE; i++)
		assert_int_equal(page[i], 'p');
	munmap(page, SIZE);
}

/* ---- Limits ---- */

static void
a_full_queue_takes_no_packet(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_AUDIO, 0, "0123456789");
	size_t before;
	struct run r;

	(void)state;
	publishing(&r, 50);
	r.hold = 1;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0); /* 22 bytes */
	p.timestamp++;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0); /* 14 more */
	before = stats_of(&r).queued_bytes;
	assert_int_equal(before, 36);
	p.timestamp++;
	p.size = 10;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0); /* 11: 47 */
	assert_int_equal(rtmp_session_write(r.s, 1, &p), RTMP_ERR_AGAIN);
	assert_int_equal(stats_of(&r).queued_bytes, 47);
	assert_int_equal(stats_of(&r).queued_packets, 3);
	run_send(&r, 20, 64);
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "4/1 audio @0 10 0123456789\n"
	    "4/1 audio @1 10 0123456789\n"
	    "4/1 audio @2 10 0123456789\n"
	    "4/1 audio @2 10 0123456789\n");
	run_free(&r);
}

static void
a_packet_larger_than_the_queue_is_taken_when_it_is_empty(void **state)
{
	uint8_t large[1000] = { 0 };
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, large, sizeof(large) };
	struct run r;

	(void)state;
	publishing(&r, 100);
	r.hold = 1;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	assert_int_equal(rtmp_session_write(r.s, 1, &p), RTMP_ERR_AGAIN);
	p.size = 0;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), RTMP_ERR_AGAIN);
	run_send(&r, SIZE_MAX, 64);
	p.size = sizeof(large);
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	run_free(&r);
}

/* ---- Bytes out ---- */

static void
send_in_pieces(struct run *r, int pieces)
{
	char text[1001];
	struct rtmp_packet p;
	int i;

	memset(text, 't', 1000);
	text[1000] = '\0';
	publishing(r, 0);
	r->hold = 1;
	for (i = 0; i < 20; i++) {
		p = text_packet(i % 3 != 0 ? RTMP_MSG_AUDIO : RTMP_MSG_VIDEO,
		    (uint32_t)i * 10, text + i * 50);
		assert_int_equal(rtmp_session_write(r->s, 1, &p), 0);
	}
	while (stats_of(r).queued_bytes != 0)
		run_send(r, (size_t)pieces * 37, pieces);
}

static void
any_number_of_pieces_gives_the_same_bytes(void **state)
{
	struct run first, r;
	int pieces;

	(void)state;
	send_in_pieces(&first, 1);
	for (pieces = 2; pieces < 12; pieces++) {
		send_in_pieces(&r, pieces);
		assert_int_equal(r.sent_size, first.sent_size);
		assert_memory_equal(r.sent, first.sent, r.sent_size);
		run_free(&r);
	}
	run_free(&first);
}

static void
statistics_tell_what_waits(void **state)
{
	struct rtmp_packet p = text_packet(RTMP_MSG_VIDEO, 4294967290u, "f");
	struct rtmp_session_stats stats;
	struct run r;
	struct peer peer;
	uint64_t sent;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_publish);
	r.hold = 1;
	run_start(&r);
	stats = stats_of(&r);
	assert_int_equal(stats.queued_bytes, 3073);
	assert_int_equal(stats.bytes_sent, 0);
	run_send(&r, SIZE_MAX, 64);
	assert_int_equal(stats_of(&r).bytes_sent, 1537);
	assert_int_equal(stats_of(&r).queued_bytes, 1536);
	run_free(&r);

	publishing(&r, 0);
	r.hold = 1;
	sent = stats_of(&r).bytes_sent;
	assert_int_equal(sent, r.sent_size);
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	assert_int_equal(stats_of(&r).queued_ms, 0);
	p.timestamp = 34; /* 40 ms on, past 2^32 */
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	p.timestamp = 14;
	p.type = RTMP_MSG_AUDIO;
	assert_int_equal(rtmp_session_write(r.s, 1, &p), 0);
	stats = stats_of(&r);
	assert_int_equal(stats.queued_ms, 40);
	assert_int_equal(stats.queued_packets, 3);
	/* Another publisher's clock is another. */
	assert_int_equal(rtmp_session_publish(r.s, "b", NULL, &r.stream[1]),
	    0);
	peer_init(&peer);
	peer.size = 0;
	peer_control(&peer, RTMP_MSG_SET_CHUNK_SIZE, 4096);
	peer_published(&peer, 8, 2);
	run_peer(&r, &peer);
	p.timestamp = 5000;
	assert_int_equal(rtmp_session_write(r.s, 2, &p), 0);
	assert_int_equal(stats_of(&r).queued_ms, 40);
	assert_int_equal(stats_of(&r).queued_packets, 4);
	/* A short struct of an older program is not overrun. */
	memset(&stats, 0xee, sizeof(stats));
	rtmp_session_get_stats(r.s, &stats, 8);
	assert_int_equal(stats.bytes_received, stats_of(&r).bytes_received);
	assert_int_equal(((uint8_t *)&stats)[8], 0xee);
	run_send(&r, SIZE_MAX, 64);
	assert_int_equal(stats_of(&r).queued_bytes, 0);
	assert_int_equal(stats_of(&r).bytes_sent, r.sent_size);
	run_free(&r);
	peer_free(&peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    only_packets_of_a_size_that_rtmp_has_are_taken),
		cmocka_unit_test(a_player_takes_no_packets),
		cmocka_unit_test(metadata_is_kept_by_the_server),
		cmocka_unit_test(a_reference_is_released_with_its_last_byte),
		cmocka_unit_test(
		    a_reference_is_released_when_the_session_is_freed),
		cmocka_unit_test(nothing_is_held_on_error),
		cmocka_unit_test(metadata_is_released_as_soon_as_it_is_copied),
		cmocka_unit_test(the_callers_payload_is_never_written_to),
		cmocka_unit_test(a_full_queue_takes_no_packet),
		cmocka_unit_test(
		    a_packet_larger_than_the_queue_is_taken_when_it_is_empty),
		cmocka_unit_test(any_number_of_pieces_gives_the_same_bytes),
		cmocka_unit_test(statistics_tell_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
