/* rtmp_chunk_reader_next_in_place(): what it leaves, moves and copies.  That
 * it finds the same messages as the other function is in test_chunk_golden. */
#include <rtmpio/chunk.h>

#include "support/support.h"

/* At chunk size 128: one chunk, and three. */
#define SHORT 100
#define LONG 300

struct fixture {
	struct rtmp_chunk_reader *r;
	struct test_mem mem;
	struct rtmp_message m;
	uint8_t data[1000]; /* the caller's buffer */
	uint8_t *p;
	size_t size, need;
	uint8_t body[LONG];
	long allocated; /* when it began */
};

static void
begin(struct fixture *f)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	test_mem_init(&f->mem, 0);
	assert_int_equal(rtmp_chunk_reader_new(&f->r, NULL, &f->mem.mem), 0);
	for (i = 0; i < LONG; i++)
		f->body[i] = (uint8_t)(i * 7);
	f->p = f->data;
}

static void
end(struct fixture *f)
{
	rtmp_chunk_reader_free(f->r);
	assert_int_equal(f->mem.live, 0);
}

static int
next(struct fixture *f)
{
	return rtmp_chunk_reader_next_in_place(f->r, &f->p, &f->size, &f->m,
	    &f->need);
}

/* More bytes behind those that are there. */
static void
add(struct fixture *f, const void *bytes, size_t n)
{
	memcpy(f->p + f->size, bytes, n);
	f->size += n;
}

/* Of video on a csid below 64, at 40 ms. */
static void
add_head(struct fixture *f, uint8_t csid, size_t size)
{
	const uint8_t head[12] = { csid, 0, 0, 40, 0, (uint8_t)(size >> 8),
		(uint8_t)size, 9, 1, 0, 0, 0 };

	add(f, head, sizeof(head));
}

static void
expect_body(struct fixture *f, const uint8_t *place, size_t size)
{
	assert_int_equal(next(f), 1);
	assert_int_equal(f->m.timestamp, 40);
	assert_int_equal(f->m.size, size);
	assert_memory_equal(f->m.payload, f->body, size);
	if (place != NULL)
		assert_ptr_equal(f->m.payload, place);
}

static void
a_payload_is_left_until_it_is_whole(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, SHORT);
	add(&f, f.body, 7);
	assert_int_equal(next(&f), 0);
	f.allocated = f.mem.count;
	assert_ptr_equal(f.p, f.data + 12);
	assert_int_equal(f.size, 7);
	assert_int_equal(f.need, SHORT);
	/* Less again, and nothing. */
	for (f.size = 7; f.size-- != 0;) {
		assert_int_equal(next(&f), 0);
		assert_ptr_equal(f.p, f.data + 12);
		assert_int_equal(f.need, SHORT);
	}
	f.size = 7;
	add(&f, f.body + 7, SHORT - 8);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, SHORT - 1);
	add(&f, f.body + SHORT - 1, 1);
	add(&f, "\xc3", 1); /* another begins */
	expect_body(&f, f.data + 12, SHORT);
	assert_int_equal(f.need, 0);
	assert_int_equal(f.size, 1);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 0);
	assert_int_equal(f.need, SHORT);
	assert_int_equal(f.mem.count, f.allocated);
	end(&f);
}

static void
chunks_are_moved_together_without_memory(void **state)
{
	struct fixture f;
	uint8_t *moved;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body, 128);
	add(&f, "\xc3", 1);
	add(&f, f.body + 128, 100);
	assert_int_equal(next(&f), 0);
	f.allocated = f.mem.count;
	assert_ptr_equal(f.p, f.data + 12);
	assert_int_equal(f.size, 228); /* its second header is gone */
	assert_int_equal(f.need, LONG);
	/* The caller may move it. */
	moved = f.data + 500;
	memcpy(moved, f.p, f.size);
	f.p = moved;
	add(&f, f.body + 228, 28);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 256);
	add(&f, "\xc3", 1);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 256);
	add(&f, f.body + 256, LONG - 256);
	expect_body(&f, moved, LONG);
	assert_int_equal(f.size, 0);
	assert_int_equal(f.mem.count, f.allocated);
	end(&f);
}

static void
a_header_that_is_not_whole_is_left(void **state)
{
	struct fixture f;
	size_t i;

	(void)state;
	begin(&f);
	add_head(&f, 3, SHORT);
	for (i = 1; i < 12; i++) {
		f.size = i;
		assert_int_equal(next(&f), 0);
		assert_int_equal(f.size, i);
		assert_ptr_equal(f.p, f.data);
		assert_in_range(f.need, 12, RTMP_CHUNK_HEADER_MAX);
	}
	f.size = 12;
	add(&f, f.body, SHORT);
	expect_body(&f, f.data + 12, SHORT);
	end(&f);
}

static void
chunks_that_take_turns_with_others_are_copied(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body, 128);
	add_head(&f, 4, SHORT);
	add(&f, f.body, SHORT);
	expect_body(&f, f.data + 12 + 128 + 12, SHORT);
	assert_int_equal(f.m.csid, 4);
	add(&f, "\xc3", 1);
	add(&f, f.body + 128, 128);
	add(&f, "\xc3", 1);
	add(&f, f.body + 256, LONG - 257);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 0); /* all was taken */
	assert_int_equal(f.need, 0);
	add(&f, f.body + LONG - 1, 1);
	expect_body(&f, NULL, LONG);
	assert_int_equal(f.m.csid, 3);
	end(&f);
}

/* An empty one has no bytes left, as if its header had not been read. */
static void
an_empty_message_between_chunks_is_not_lost(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body, 128);
	add_head(&f, 4, 0);
	add(&f, "\xc3", 1);
	add(&f, f.body + 128, 128);
	add_head(&f, 4, 0);
	add(&f, "\xc3", 1);
	add(&f, f.body + 256, LONG - 256);
	expect_body(&f, NULL, 0);
	assert_int_equal(f.m.csid, 4);
	expect_body(&f, NULL, 0);
	expect_body(&f, NULL, LONG);
	assert_int_equal(f.m.csid, 3);
	end(&f);
}

static void
a_full_header_begins_the_message_anew(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body + 1, 128); /* not what follows */
	add_head(&f, 3, LONG - 128);
	add(&f, f.body, 128);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 128);
	assert_int_equal(f.need, LONG - 128);
	add(&f, "\xc3", 1);
	add(&f, f.body + 128, LONG - 256);
	expect_body(&f, f.data + 12 + 128 + 12, LONG - 128);
	end(&f);
}

static void
what_was_left_of_an_aborted_message_is_skipped(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body + 1, 50);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 50);
	rtmp_chunk_reader_abort(f.r, 3);
	add(&f, f.body, 78); /* the rest of the chunk */
	add_head(&f, 3, SHORT);
	add(&f, f.body, SHORT);
	expect_body(&f, NULL, SHORT);
	assert_int_equal(f.size, 0);
	end(&f);
}

static void
the_other_function_takes_what_was_left(void **state)
{
	const uint8_t *p;
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body, 8);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 8);
	p = f.p;
	assert_int_equal(rtmp_chunk_reader_next(f.r, &p, &f.size, &f.m), 0);
	assert_int_equal(f.size, 0);
	/* What was begun as a copy goes on as one. */
	f.p += 8;
	add(&f, f.body + 8, 120);
	add(&f, "\xc3", 1);
	add(&f, f.body + 128, 128);
	assert_int_equal(next(&f), 0);
	assert_int_equal(f.size, 0);
	assert_int_equal(f.need, 0);
	add(&f, "\xc3", 1);
	add(&f, f.body + 256, LONG - 256);
	expect_body(&f, NULL, LONG);
	end(&f);
}

static void
memory_that_a_copy_cannot_have_is_an_error(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	add_head(&f, 3, LONG);
	add(&f, f.body, 128);
	assert_int_equal(next(&f), 0);
	f.mem.fail_at = f.mem.count + 1;
	add_head(&f, 4, SHORT);
	assert_int_equal(next(&f), RTMP_ERR_NOMEM);
	assert_string_equal(rtmp_chunk_reader_error(f.r), "out of memory");
	assert_int_equal(next(&f), RTMP_ERR_NOMEM);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_is_left_until_it_is_whole),
		cmocka_unit_test(chunks_are_moved_together_without_memory),
		cmocka_unit_test(a_header_that_is_not_whole_is_left),
		cmocka_unit_test(
		    chunks_that_take_turns_with_others_are_copied),
		cmocka_unit_test(an_empty_message_between_chunks_is_not_lost),
		cmocka_unit_test(a_full_header_begins_the_message_anew),
		cmocka_unit_test(
		    what_was_left_of_an_aborted_message_is_skipped),
		cmocka_unit_test(the_other_function_takes_what_was_left),
		cmocka_unit_test(memory_that_a_copy_cannot_have_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
