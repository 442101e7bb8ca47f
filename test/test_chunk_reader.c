/* The chunk reader's rules one by one, and what odd peers send.  Whole streams
 * are in test_chunk_golden.c, hostile ones in test_chunk_limits.c. */
#include <rtmpio/chunk.h>

#include "base/wire.h"
#include "support/chunks.h"
#include "support/support.h"

/* ---- What is lent ---- */

static void
test_whole_message_is_handed_out_in_place(void **state)
{
	const uint8_t *p = wire.data;
	struct test_mem mem;
	struct rtmp_message m;
	struct seen s;
	size_t n;
	long before;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	put_header(0, 4, 0, 100);
	put_payload(0, 100);
	/* The header's second half comes with the payload. */
	n = 5;
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 0);
	n = 7 + 100;
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 1);
	assert_ptr_equal(m.payload, wire.data + 12);
	assert_int_equal(n, 0);
	before = mem.count;
	p = wire.data;
	n = wire.size;
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 1);
	assert_ptr_equal(m.payload, wire.data + 12);
	assert_int_equal(mem.count, before);
	wire_clear();
	stop(&s);
	assert_int_equal(mem.live, 0);
}

static void
test_split_messages_need_no_allocation_each(void **state)
{
	struct test_mem mem;
	struct seen s;
	long after_first = 0;
	uint32_t i;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	for (i = 0; i < 20; i++) {
		put_header(0, 6, i, 1000);
		put_payload(0, 128);
		put_header(0, 4, i, 50);
		put_payload(0, 50);
		feed(&s);
		put_basic(3, 6);
		put_payload(128, 256);
		feed(&s);
		rtmp_chunk_reader_set_size(s.r, 1000);
		put_basic(3, 6);
		put_payload(256, 1000);
		feed(&s);
		rtmp_chunk_reader_set_size(s.r, 128);
		if (i == 0)
			after_first = mem.count;
	}
	assert_int_equal(s.count, 40);
	assert_int_equal(mem.count, after_first);
	stop(&s);
}

static void
test_idle_reader_is_small(void **state)
{
	struct test_mem mem;
	struct seen s;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	put_header(0, 2, 0, 4);
	put_payload(0, 4);
	put_header(0, 3, 0, 100);
	put_payload(0, 100);
	feed(&s);
	assert_int_equal(s.count, 2);
	assert_true(mem.peak <= 1024);
	stop(&s);
}

static void
test_no_bytes_are_no_message(void **state)
{
	const uint8_t *p = NULL;
	struct rtmp_message m;
	struct seen s;
	size_t n = 0;

	(void)state;
	start(&s);
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 0);
	put_header(0, 4, 0, 100);
	feed(&s);
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 0);
	put_payload(0, 50);
	feed(&s);
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 0);
	assert_int_equal(s.count, 0);
	stop(&s);
	rtmp_chunk_reader_free(NULL);
}

/* ---- Headers that real peers send ---- */

static void
test_first_chunk_of_type_1_counts_from_zero(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(1, 4, 40, 10);
	put_payload(0, 10);
	feed(&s);
	check_seen(&s, 0, 4, 40, 10);
	assert_int_equal(s.messages[0].msid, 0);
	stop(&s);
}

static void
test_first_chunk_of_type_2_or_3_is_an_error(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(2, 5, 40, 0);
	feed(&s);
	check_error(&s, RTMP_ERR_PROTO, "chunk stream 5: type 2 chunk "
	    "without a message before it");
	stop(&s);
	start(&s);
	put_header(0, 5, 40, 0);
	put_basic(3, 65599);
	feed(&s);
	check_error(&s, RTMP_ERR_PROTO, "chunk stream 65599: type 3 chunk "
	    "without a message before it");
	assert_int_equal(s.count, 1);
	stop(&s);
}

static void
test_small_csid_in_the_three_byte_form(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 65, 1, 5);
	put_payload(0, 5);
	put(0xc1, 1); /* 65 once more, as 64 + 1 + 256 x 0 */
	put(0x0100, 2);
	put_payload(0, 5);
	feed(&s);
	check_seen(&s, 0, 65, 1, 5);
	check_seen(&s, 1, 65, 2, 5);
	stop(&s);
}

static void
test_type_0_drops_the_unfinished_message(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 6, 10, 1000);
	put_payload(0, 128);
	put_header(0, 6, 20, 300);
	put_payload(0, 128);
	put_basic(3, 6);
	put_payload(128, 256);
	put_basic(3, 6);
	put_payload(256, 300);
	feed_one_byte_each(&s);
	assert_int_equal(s.count, 1);
	check_seen(&s, 0, 6, 20, 300);
	stop(&s);
}

static void
test_type_1_or_2_may_continue_a_message(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 6, 10, 300);
	put_payload(0, 128);
	put_header(1, 6, 5, 300);
	put_payload(128, 256);
	put_header(2, 6, 5, 0);
	put_payload(256, 300);
	feed(&s);
	assert_int_equal(s.count, 1);
	check_seen(&s, 0, 6, 10, 300);
	stop(&s);
}

static void
test_length_change_in_the_middle_of_a_message(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 6, 10, 300);
	put_payload(0, 128);
	put_header(1, 6, 5, 301);
	feed(&s);
	check_error(&s, RTMP_ERR_PROTO, "chunk stream 6: length or type "
	    "changes in the middle of a message");
	stop(&s);
}

static void
test_type_change_in_the_middle_of_a_message(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 6, 10, 300);
	put_payload(0, 128);
	put_header(1, 6, 5, 300);
	wire.data[wire.size - 1] = 9;
	feed(&s);
	assert_int_equal(s.ret, RTMP_ERR_PROTO);
	wire_clear();
	stop(&s);
}

static void
test_control_message_on_any_csid(void **state)
{
	struct rtmp_message m;
	const uint8_t *p = wire.data;
	struct seen s;
	size_t n;

	(void)state;
	start(&s);
	put_basic(0, 400);
	put(0, 3);
	put(4, 3);
	put(RTMP_MSG_SET_CHUNK_SIZE, 1);
	put(0, 4);
	put(4096, 4);
	n = wire.size;
	assert_int_equal(rtmp_chunk_reader_next(s.r, &p, &n, &m), 1);
	assert_int_equal(m.csid, 400);
	assert_int_equal(m.type, RTMP_MSG_SET_CHUNK_SIZE);
	assert_int_equal(rtmp_get_be32(m.payload), 4096);
	wire_clear();
	stop(&s);
}

/* ---- Abort ---- */

static void
test_abort_keeps_the_header_history(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	rtmp_chunk_reader_abort(s.r, 6);
	put_header(0, 6, 10, 200);
	put_payload(0, 128);
	put_basic(3, 6);
	put_payload(128, 200);
	put_header(2, 6, 30, 0);
	put_payload(0, 128);
	feed(&s);
	rtmp_chunk_reader_abort(s.r, 6);
	rtmp_chunk_reader_abort(s.r, 6);
	rtmp_chunk_reader_abort(s.r, 7);
	put_basic(3, 6); /* a new message, 30 ms after the aborted one */
	put_payload(0, 128);
	put_basic(3, 6);
	put_payload(128, 200);
	feed_one_byte_each(&s);
	assert_int_equal(s.count, 2);
	check_seen(&s, 0, 6, 10, 200);
	check_seen(&s, 1, 6, 70, 200);
	stop(&s);
}

static void
test_abort_in_the_middle_of_a_chunk_skips_its_rest(void **state)
{
	size_t have;
	struct seen s;

	(void)state;
	for (have = 0; have < 128; have++) {
		start(&s);
		put_header(0, 4, 5, 10);
		put_payload(0, 10);
		put_header(0, 6, 10, 200);
		put_payload(0, have);
		feed(&s);
		rtmp_chunk_reader_abort(s.r, 4);
		rtmp_chunk_reader_abort(s.r, 6);
		put_payload(have, 128);
		put_header(1, 6, 1, 20);
		put_payload(0, 20);
		if (have % 2 != 0)
			feed(&s);
		else
			feed_one_byte_each(&s);
		assert_int_equal(s.count, 2);
		check_seen(&s, 1, 6, 11, 20);
		stop(&s);
	}
}

/* ---- Extended timestamps ---- */

/*
 * Three messages with the time 01020304, of which the second begins with type
 * 3; the bytes of a payload after each chunk size of it look like the start
 * of the extended timestamp, as many as match.
 */
static void
put_lookalikes(size_t rest, size_t match, int repeat)
{
	static const uint8_t time[4] = { 1, 2, 3, 4 };
	int i, start;
	size_t j;

	for (i = 0; i < 3; i++) {
		start = i == 1 ? 3 : 0;
		put_header((unsigned)start, 6, 0x01020304,
		    (uint32_t)(128 + rest));
		if (start == 3)
			put(0x01020304, 4);
		put_payload(0, 128);
		put_basic(3, 6);
		if (repeat)
			put(0x01020304, 4);
		for (j = 0; j < rest; j++)
			put(j < match ? time[j] : 0x99, 1);
	}
	put_header(0, 5, 1, 3);
	put_payload(0, 3);
}

/* Returns how many messages came out right; all bytes in steps of step. */
static int
read_lookalikes(size_t rest, size_t match, size_t step)
{
	static const uint8_t time[4] = { 1, 2, 3, 4 };
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	const uint8_t *p;
	size_t i, n, done;
	int count = 0;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	for (done = 0; done < wire.size; done += n) {
		n = step < wire.size - done ? step : wire.size - done;
		p = wire.data + done;
		for (i = n; rtmp_chunk_reader_next(r, &p, &i, &m) == 1;) {
			size_t j;

			count++;
			if (count == 4) {
				assert_int_equal(m.csid, 5);
				continue;
			}
			assert_int_equal(m.size, 128 + rest);
			assert_int_equal(m.timestamp, count != 2 ? 0x01020304 :
			    2 * 0x01020304);
			for (j = 0; j < rest; j++)
				assert_int_equal(m.payload[128 + j],
				    j < match ? time[j] : 0x99);
		}
		assert_string_equal(rtmp_chunk_reader_error(r), "");
	}
	rtmp_chunk_reader_free(r);
	return count;
}

static void
test_extended_timestamp_not_repeated_and_payload_like_it(void **state)
{
	size_t rest, match, step;

	(void)state;
	for (rest = 1; rest <= 9; rest++) {
		for (match = 0; match <= 3 && match <= rest; match++) {
			for (step = 1; step < 600; step += step / 8 + 1) {
				wire_clear();
				put_lookalikes(rest, match, 0);
				assert_int_equal(read_lookalikes(rest, match,
				    step), 4);
			}
		}
	}
	wire_clear();
}

static void
test_extended_timestamp_repeated_and_payload_like_it(void **state)
{
	size_t rest, match, step;

	(void)state;
	for (rest = 1; rest <= 9; rest++) {
		for (match = 0; match <= 4 && match <= rest; match++) {
			for (step = 1; step < 600; step += step / 8 + 1) {
				wire_clear();
				put_lookalikes(rest, match, 1);
				assert_int_equal(read_lookalikes(rest, match,
				    step), 4);
			}
		}
	}
	wire_clear();
}

static void
put_messages_like_timestamps(void)
{
	put_header(0, 2, 0, 0);
	put_header(0, 3, 0, 2);
	put_payload(0, 2);
	put_header(0, 6, 0x81c2c299, 129);
	put_payload(0, 128);
	put_basic(3, 6);
	put_payload(128, 129); /* 81 */
	put_basic(3, 2);       /* c2 */
	put_basic(3, 2);       /* c2 */
	put_header(0, 6, 0x81c30199, 129);
	put_payload(0, 128);
	put_basic(3, 6);
	put_payload(128, 129); /* 81 */
	put_basic(3, 3);       /* c3 */
	put_payload(0, 2);     /* 01 08 */
	put_header(0, 5, 7, 3);
	put_payload(0, 3);
}

/* Messages whose headers, and whose payload, are looked at for a timestamp
 * come out as if they were not. */
static void
test_messages_inside_a_timestamp_that_is_none(void **state)
{
	struct seen s;
	size_t at;

	(void)state;
	for (at = 1; at < 320; at++) {
		start(&s);
		put_messages_like_timestamps();
		assert_true(at < wire.size);
		if (at == 1)
			feed_one_byte_each(&s);
		else
			feed_split(&s, at);
		assert_int_equal(s.count, 8);
		check_seen(&s, 2, 6, 0x81c2c299, 129);
		check_seen(&s, 3, 2, 0, 0);
		check_seen(&s, 4, 2, 0, 0);
		check_seen(&s, 5, 6, 0x81c30199, 129);
		check_seen(&s, 6, 3, 0, 2);
		check_seen(&s, 7, 5, 7, 3);
		stop(&s);
	}
}

static void
test_extended_timestamp_of_a_type_3_that_starts_a_message(void **state)
{
	struct seen s;

	(void)state;
	start(&s);
	put_header(0, 6, 0x01000000, 1);
	put_payload(0, 1);
	put_header(2, 6, 0x02000000, 0);
	put_payload(0, 1);
	put_basic(3, 6);
	put(0x02000000, 4);
	put_payload(0, 1);
	/* It counts even where it does not repeat the one before. */
	put_basic(3, 6);
	put(0x00000007, 4);
	put_payload(0, 1);
	feed_one_byte_each(&s);
	assert_int_equal(s.count, 4);
	check_seen(&s, 1, 6, 0x03000000, 1);
	check_seen(&s, 2, 6, 0x05000000, 1);
	check_seen(&s, 3, 6, 0x05000007, 1);
	stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_message_is_handed_out_in_place),
		cmocka_unit_test(test_split_messages_need_no_allocation_each),
		cmocka_unit_test(test_idle_reader_is_small),
		cmocka_unit_test(test_no_bytes_are_no_message),
		cmocka_unit_test(test_first_chunk_of_type_1_counts_from_zero),
		cmocka_unit_test(test_first_chunk_of_type_2_or_3_is_an_error),
		cmocka_unit_test(test_small_csid_in_the_three_byte_form),
		cmocka_unit_test(test_type_0_drops_the_unfinished_message),
		cmocka_unit_test(test_type_1_or_2_may_continue_a_message),
		cmocka_unit_test(
		    test_length_change_in_the_middle_of_a_message),
		cmocka_unit_test(test_type_change_in_the_middle_of_a_message),
		cmocka_unit_test(test_control_message_on_any_csid),
		cmocka_unit_test(test_abort_keeps_the_header_history),
		cmocka_unit_test(
		    test_abort_in_the_middle_of_a_chunk_skips_its_rest),
		cmocka_unit_test(
		    test_extended_timestamp_not_repeated_and_payload_like_it),
		cmocka_unit_test(
		    test_extended_timestamp_repeated_and_payload_like_it),
		cmocka_unit_test(
		    test_messages_inside_a_timestamp_that_is_none),
		cmocka_unit_test(
		    test_extended_timestamp_of_a_type_3_that_starts_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
