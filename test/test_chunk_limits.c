/* What a hostile peer can make the chunk reader do and hold. */
#include <rtmpio/chunk.h>

#include "support/chunks.h"
#include "support/support.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

static void
test_chunk_size_zero_or_past_31_bits(void **state)
{
	static const uint32_t bad[] = { 0, 0x80000000, 0xffffffff };
	struct seen s;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		start(&s);
		assert_int_equal(rtmp_chunk_reader_set_size(s.r, 1), 0);
		assert_int_equal(rtmp_chunk_reader_set_size(s.r, 0x7fffffff),
		    0);
		s.ret = rtmp_chunk_reader_set_size(s.r, bad[i]);
		check_error(&s, RTMP_ERR_PROTO, i == 0 ?
		    "chunk size 0 is not 1 to 2147483647" : i == 1 ?
		    "chunk size 2147483648 is not 1 to 2147483647" :
		    "chunk size 4294967295 is not 1 to 2147483647");
		stop(&s);
	}
}

static void
test_message_larger_than_the_limit(void **state)
{
	struct rtmp_chunk_limits limits = { 1000, 0, 0 };
	struct seen s;

	(void)state;
	start_limited(&s, &limits, NULL);
	rtmp_chunk_reader_set_size(s.r, 4096);
	put_header(0, 6, 0, 1000);
	put_payload(0, 1000);
	feed(&s);
	check_seen(&s, 0, 6, 0, 1000);
	put_header(1, 6, 0, 1001);
	feed(&s);
	check_error(&s, RTMP_ERR_LIMIT, "chunk stream 6: message of 1001 "
	    "bytes exceeds the limit of 1000");
	stop(&s);
	start(&s);
	put_header(0, 6, 0, (8 << 20) + 1);
	feed(&s);
	assert_int_equal(s.ret, RTMP_ERR_LIMIT);
	stop(&s);
}

static void
test_announced_bytes_are_not_allocated(void **state)
{
	struct test_mem mem;
	struct seen s;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	put_header(0, 6, 0, 8 << 20);
	put_payload(0, 10);
	feed(&s);
	assert_int_equal(s.ret, 0);
	assert_true(mem.peak < KIB(66));
	stop(&s);
}

static void
test_65000_chunk_streams(void **state)
{
	struct test_mem mem;
	struct seen s;
	uint32_t csid;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	for (csid = 2; csid < 65000 && s.ret == 0; csid++) {
		put_header(0, csid, 0, 0);
		s.count = 0;
		feed(&s);
	}
	assert_int_equal(csid, 2 + 64 + 1);
	check_error(&s, RTMP_ERR_LIMIT, "more than 64 chunk streams");
	assert_true(mem.peak < KIB(4));
	stop(&s);
}

static void
test_many_chunk_streams_where_allowed(void **state)
{
	struct rtmp_chunk_limits limits = { 0, 0, 1000 };
	struct seen s;
	uint32_t csid, round;

	(void)state;
	start_limited(&s, &limits, NULL);
	for (round = 0; round < 2; round++) {
		for (csid = 2; csid < 2 + 1000; csid++) {
			put_header(round == 0 ? 0 : 2, csid, csid, 5);
			put_payload(0, 5);
			s.count = 0;
			feed(&s);
			check_seen(&s, 0, csid, csid << round, 5);
		}
	}
	put_header(0, csid, 0, 0);
	feed(&s);
	assert_int_equal(s.ret, RTMP_ERR_LIMIT);
	stop(&s);
}

static void
test_unfinished_messages_on_many_csids(void **state)
{
	struct test_mem mem;
	struct seen s;
	uint32_t csid;
	int round;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, NULL, &mem.mem);
	rtmp_chunk_reader_set_size(s.r, 100000);
	for (round = 0; round < 100 && s.ret == 0; round++) {
		for (csid = 2; csid < 2 + 60 && s.ret == 0; csid++) {
			if (round == 0)
				put_header(0, csid, 0, 8 << 20);
			else
				put_basic(3, csid);
			/* The payload need not match: none is complete. */
			wire.size += 100000;
			feed(&s);
		}
	}
	check_error(&s, RTMP_ERR_LIMIT, "unfinished messages exceed the "
	    "limit of 16777216 bytes");
	assert_true(mem.peak > MIB(8));
	assert_true(mem.peak < MIB(16) + KIB(8));
	stop(&s);
	assert_int_equal(mem.live, 0);
}

static void
test_large_spare_body_does_not_use_up_the_limit(void **state)
{
	struct rtmp_chunk_limits limits = { 0, 400000, 0 };
	struct test_mem mem;
	struct seen s;
	uint32_t csid;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, &limits, &mem.mem);
	rtmp_chunk_reader_set_size(s.r, 150000);
	put_header(0, 6, 0, 300000);
	put_payload(0, 150000);
	put_basic(3, 6);
	put_payload(150000, 300000);
	feed(&s);
	check_seen(&s, 0, 6, 0, 300000);
	rtmp_chunk_reader_set_size(s.r, 5000);
	for (csid = 2; csid < 22; csid++) {
		put_header(0, csid, 0, 10000);
		put_payload(0, 5000);
		feed(&s);
	}
	assert_int_equal(s.ret, 0);
	assert_true(mem.peak < 300000 + 400000 + KIB(8));
	stop(&s);
}

static void
put_message(uint32_t csid, size_t size, size_t chunk_size)
{
	size_t at;

	put_header(0, csid, 0, (uint32_t)size);
	for (at = 0; at < size; at += chunk_size) {
		if (at != 0)
			put_basic(3, csid);
		put_payload(at, at + chunk_size < size ? at + chunk_size :
		    size);
	}
}

static void
test_largest_body_is_the_one_that_is_kept(void **state)
{
	struct rtmp_chunk_limits limits = { 0, 400000, 0 };
	struct test_mem mem;
	struct seen s;
	long before;
	int i;

	(void)state;
	test_mem_init(&mem, 0);
	start_limited(&s, &limits, &mem.mem);
	put_message(6, 300000, 128);
	feed(&s);
	for (i = 0; i < 10; i++) {
		/* Too small for a body of 300000 bytes ... */
		put_message(4, 200, 128);
		feed(&s);
		/* ... which this one finds again. */
		before = mem.count;
		put_message(6, 300000, 128);
		feed(&s);
		assert_int_equal(mem.count, before);
	}
	assert_int_equal(s.ret, 0);
	assert_int_equal(s.count, 21);
	stop(&s);
}

/* Two messages that overlap, the first split again and again. */
static int
overlapping(struct test_mem *mem, void *arg)
{
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	const uint8_t *p = wire.data;
	size_t n = wire.size;
	int ret = rtmp_chunk_reader_new(&r, NULL, &mem->mem), count = 0;

	(void)arg;
	if (ret != 0) {
		assert_null(r);
		return ret;
	}
	while ((ret = rtmp_chunk_reader_next(r, &p, &n, &m)) == 1)
		count++;
	if (ret == 0)
		assert_int_equal(count, 12);
	else
		assert_string_equal(rtmp_chunk_reader_error(r),
		    "out of memory");
	rtmp_chunk_reader_free(r);
	return ret;
}

static void
test_each_allocation_fails(void **state)
{
	uint32_t csid;
	size_t at;

	(void)state;
	for (csid = 2; csid < 12; csid++) {
		put_header(0, csid, 0, 100);
		put_payload(0, 100);
	}
	put_header(0, 6, 0, 200000);
	put_payload(0, 128);
	put_header(0, 5, 0, 129);
	put_payload(0, 128);
	put_basic(3, 5);
	put_payload(128, 129);
	for (at = 128; at < 200000; at += 128) {
		put_basic(3, 6);
		put_payload(at, at + 128 < 200000 ? at + 128 : 200000);
	}
	each_allocation_fails(overlapping, NULL);
	wire_clear();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunk_size_zero_or_past_31_bits),
		cmocka_unit_test(test_message_larger_than_the_limit),
		cmocka_unit_test(test_announced_bytes_are_not_allocated),
		cmocka_unit_test(test_65000_chunk_streams),
		cmocka_unit_test(test_many_chunk_streams_where_allowed),
		cmocka_unit_test(test_unfinished_messages_on_many_csids),
		cmocka_unit_test(
		    test_large_spare_body_does_not_use_up_the_limit),
		cmocka_unit_test(test_largest_body_is_the_one_that_is_kept),
		cmocka_unit_test(test_each_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
