/* rtmp_chunk_reader_next_whole(): what it leaves, and that it finds the same
 * messages as rtmp_chunk_reader_next() in pieces of any size. */
#include <rtmpio/chunk.h>

#include "base/wire.h"
#include "support/support.h"

/* A message on csid 3 behind a full header, at chunk size 128. */
#define BODY 100
static const uint8_t head[12] = { 3, 0, 0, 40, 0, 0, BODY, 9, 1, 0, 0, 0 };

static void
a_payload_is_left_until_it_is_whole(void **state)
{
	uint8_t data[12 + BODY + 1] = { 0 };
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	const uint8_t *p = data;
	size_t size = 12 + 7, need;
	struct test_mem mem;
	long count;

	(void)state;
	memcpy(data, head, sizeof(head));
	data[12] = 'a';
	data[12 + BODY] = 0xc3; /* another begins */
	test_mem_init(&mem, 0);
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, &mem.mem), 0);
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 0);
	count = mem.count;
	assert_ptr_equal(p, data + 12);
	assert_int_equal(size, 7);
	assert_int_equal(need, BODY);
	/* Less, nothing, one byte too few. */
	for (size = 0; size < BODY; size += 33) {
		assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size,
		    &m, &need), 0);
		assert_ptr_equal(p, data + 12);
		assert_int_equal(need, BODY);
	}
	size = BODY + 1;
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 1);
	assert_ptr_equal(m.payload, data + 12);
	assert_int_equal(m.size, BODY);
	assert_int_equal(m.timestamp, 40);
	assert_int_equal(need, 0);
	assert_int_equal(size, 1);
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 0);
	assert_int_equal(size, 0);
	assert_int_equal(need, BODY);
	assert_int_equal(mem.count, count); /* nothing was copied */
	rtmp_chunk_reader_free(r);
	assert_int_equal(mem.live, 0);
}

static void
the_other_function_takes_what_was_left(void **state)
{
	uint8_t data[12 + BODY] = { 0 };
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	const uint8_t *p = data;
	size_t size = 20, need;

	(void)state;
	memcpy(data, head, sizeof(head));
	data[12] = 'a';
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 0);
	assert_int_equal(rtmp_chunk_reader_next(r, &p, &size, &m), 0);
	assert_int_equal(size, 0);
	/* What was begun as a copy goes on as one. */
	size = BODY - 8 - 1;
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 0);
	assert_int_equal(size, 0);
	assert_int_equal(need, 0);
	size = 1;
	assert_int_equal(rtmp_chunk_reader_next_whole(r, &p, &size, &m,
	    &need), 1);
	assert_int_equal(m.size, BODY);
	assert_memory_equal(m.payload, data + 12, BODY);
	rtmp_chunk_reader_free(r);
}

/* ---- Real streams ---- */

static void
note(struct rtmp_chunk_reader *r, const struct rtmp_message *m, char *text,
    size_t size)
{
	char hash[65];

	sha256_hex(m->payload, m->size, hash);
	snprintf(text, size, "%lu %lu %d %lu %s", (unsigned long)m->csid,
	    (unsigned long)m->msid, m->type, (unsigned long)m->timestamp,
	    hash);
	if (m->type == RTMP_MSG_SET_CHUNK_SIZE)
		assert_int_equal(rtmp_chunk_reader_set_size(r,
		    rtmp_get_be32(m->payload)), 0);
}

enum { WHOLE, BYTES, RANDOM, MIXED };

#define NOTES 1000
static char notes[NOTES][128];

/* Keeps what is left, and gives it again at another place, which ends at an
 * unreadable page.  Returns how many messages there were. */
static int
read_stream(const uint8_t *data, size_t size, int way, uint32_t *seed)
{
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	const uint8_t *p, *end = data + size, *to = data;
	size_t left = 0, need, all, step;
	uint8_t *guard;
	char text[128];
	int n = 0, ret;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while (to != end) {
		step = way == WHOLE ? size : way == BYTES ? 1 :
		    next_random(seed) % 3000 + 1;
		if (step > (size_t)(end - to))
			step = (size_t)(end - to);
		to += step;
		all = left + step;
		guard = guard_copy(to - all, all);
		p = guard;
		left = all;
		need = 0;
		while ((ret = way == WHOLE ||
		    (way == MIXED && next_random(seed) % 3 == 0) ?
		    rtmp_chunk_reader_next(r, &p, &left, &m) :
		    rtmp_chunk_reader_next_whole(r, &p, &left, &m,
			&need)) == 1) {
			assert_true(n < NOTES);
			note(r, &m, way == WHOLE ? notes[n] : text,
			    sizeof(text));
			if (way != WHOLE)
				assert_string_equal(text, notes[n]);
			n++;
			need = 0;
		}
		assert_int_equal(ret, 0);
		if (left != 0)
			assert_true(left < need);
		guard_free(guard, all);
	}
	assert_int_equal(left, 0);
	rtmp_chunk_reader_free(r);
	return n;
}

static void
streams_read_the_same_in_pieces_of_any_size(void **state)
{
	static const char *const names[] = {
		"captures/ffmpeg9-nginx-play/s2c.bin",
		"captures/ffmpeg9-nginx-publish/c2s.bin" };
	uint32_t seed = 5;
	uint8_t *data;
	size_t size, i;
	int count, way, turn;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		data = load_data(names[i], &size);
		assert_true(size > 3073);
		count = read_stream(data + 3073, size - 3073, WHOLE, &seed);
		assert_true(count > 10);
		for (turn = 0; turn < 20; turn++) {
			way = turn == 0 ? BYTES : turn % 2 ? RANDOM : MIXED;
			assert_int_equal(read_stream(data + 3073, size - 3073,
			    way, &seed), count);
		}
		free(data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_is_left_until_it_is_whole),
		cmocka_unit_test(the_other_function_takes_what_was_left),
		cmocka_unit_test(streams_read_the_same_in_pieces_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
