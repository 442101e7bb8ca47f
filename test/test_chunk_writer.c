/* The chunk writer: the header that it chooses, the pieces that it hands out,
 * and that a reader gets back what was written. */
#include <rtmpio/chunk.h>

#include "base/wire.h"
#include "support/support.h"

#define OUT_MAX (1 << 17)

static uint8_t out[OUT_MAX];

static struct rtmp_chunk_writer *
new_writer(uint32_t chunk_size)
{
	struct rtmp_chunk_writer *w;

	assert_int_equal(rtmp_chunk_writer_new(&w, NULL), 0);
	assert_int_equal(rtmp_chunk_writer_size(w), RTMP_CHUNK_SIZE_DEFAULT);
	assert_int_equal(rtmp_chunk_writer_set_size(w, chunk_size), 0);
	assert_int_equal(rtmp_chunk_writer_size(w), chunk_size);
	return w;
}

static struct rtmp_message
message(uint32_t csid, uint32_t timestamp, size_t size)
{
	static uint8_t payload[70000];
	struct rtmp_message m = { 0, 1, RTMP_MSG_AUDIO, 0, NULL, 0 };
	size_t i;

	if (payload[1] == 0)
		for (i = 0; i < sizeof(payload); i++)
			payload[i] = (uint8_t)(i * 7 + (i >> 8));
	m.csid = csid;
	m.timestamp = timestamp;
	m.payload = payload;
	m.size = size;
	return m;
}

/* The layout's fmt. */
static unsigned
write_fmt(struct rtmp_chunk_writer *w, const struct rtmp_message *m)
{
	struct rtmp_chunk_layout layout;

	assert_int_equal(rtmp_chunk_write(w, m, &layout), 0);
	assert_int_equal(layout.next[0] >> 6, 3);
	return layout.head[0] >> 6;
}

static unsigned
write_time(struct rtmp_chunk_writer *w, uint32_t timestamp)
{
	struct rtmp_message m = message(4, timestamp, 10);

	return write_fmt(w, &m);
}

/* ---- Which header ---- */

static void
test_shortest_header(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(128);
	struct rtmp_message m = message(4, 1000, 10);

	(void)state;
	assert_int_equal(write_fmt(w, &m), 0);
	m.timestamp += 20;
	assert_int_equal(write_fmt(w, &m), 2);
	m.timestamp += 20;
	assert_int_equal(write_fmt(w, &m), 3);
	m.timestamp += 21;
	assert_int_equal(write_fmt(w, &m), 2);
	m.timestamp += 21;
	m.size = 11;
	assert_int_equal(write_fmt(w, &m), 1);
	m.timestamp += 21;
	assert_int_equal(write_fmt(w, &m), 3);
	m.timestamp += 21;
	m.type = RTMP_MSG_VIDEO;
	assert_int_equal(write_fmt(w, &m), 1);
	/* Each chunk stream has its own history. */
	m.csid = 5;
	assert_int_equal(write_fmt(w, &m), 0);
	m.csid = 4;
	m.timestamp += 21;
	assert_int_equal(write_fmt(w, &m), 3);
	m.timestamp += 21;
	m.msid = 2;
	assert_int_equal(write_fmt(w, &m), 0);
	rtmp_chunk_writer_free(w);
}

static void
test_no_type_3_after_type_0(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(128);

	(void)state;
	/* The delta may be read as 20, or as 0. */
	assert_int_equal(write_time(w, 20), 0);
	assert_int_equal(write_time(w, 40), 2);
	assert_int_equal(write_time(w, 60), 3);
	rtmp_chunk_writer_forget(w);
	assert_int_equal(write_time(w, 20), 0);
	assert_int_equal(write_time(w, 20), 2);
	assert_int_equal(write_time(w, 20), 3);
	rtmp_chunk_writer_free(w);
}

static void
test_type_3_after_type_0_at_time_zero(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(128);

	(void)state;
	assert_int_equal(write_time(w, 0), 0);
	assert_int_equal(write_time(w, 0), 3);
	assert_int_equal(write_time(w, 20), 2);
	rtmp_chunk_writer_free(w);
}

static void
test_type_0_where_time_steps_back_or_wraps(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(128);

	(void)state;
	assert_int_equal(write_time(w, 1000), 0);
	assert_int_equal(write_time(w, 999), 0);
	assert_int_equal(write_time(w, 0x7fffffff + 999u), 2);
	assert_int_equal(write_time(w, 0xfffffff0), 2);
	assert_int_equal(write_time(w, 0x10), 0);
	assert_int_equal(write_time(w, 0x20), 2);
	assert_int_equal(write_time(w, 0xfffffff0), 0);
	rtmp_chunk_writer_free(w);
}

static void
test_forget_starts_each_csid_anew(void **state)
{
	static const uint32_t csids[] = { 2, 8, 9, 64, 65599 };
	struct rtmp_chunk_writer *w = new_writer(128);
	struct rtmp_message m = message(4, 0, 10);
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < 5; i++) {
			m.csid = csids[i];
			assert_int_equal(write_fmt(w, &m), 0);
			assert_int_equal(write_fmt(w, &m), 3);
		}
		rtmp_chunk_writer_forget(w);
		assert_int_equal(rtmp_chunk_writer_size(w), 128);
	}
	rtmp_chunk_writer_free(w);
}

/* ---- What is refused ---- */

static void
test_csid_and_size_out_of_range(void **state)
{
	static const struct {
		uint32_t csid;
		size_t size;
	} bad[] = { { 0, 1 }, { 1, 1 }, { 65600, 1 }, { 4, 0x1000000 } };
	struct rtmp_chunk_writer *w = new_writer(0x7fffffff);
	struct rtmp_chunk_layout layout;
	struct rtmp_message m;
	size_t i, written;

	(void)state;
	for (i = 0; i < 4; i++) {
		m = message(bad[i].csid, 0, bad[i].size);
		assert_int_equal(rtmp_chunk_write(w, &m, &layout),
		    RTMP_ERR_INVAL);
		assert_int_equal(rtmp_chunk_write_buf(w, &m, out, OUT_MAX,
		    &written), RTMP_ERR_INVAL);
	}
	m = message(4, 0, RTMP_MESSAGE_SIZE_MAX);
	assert_int_equal(rtmp_chunk_write(w, &m, &layout), 0);
	assert_int_equal(layout.total, 12 + RTMP_MESSAGE_SIZE_MAX);
	rtmp_chunk_writer_free(w);
}

static void
test_chunk_size_out_of_range(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(4096);

	(void)state;
	assert_int_equal(rtmp_chunk_writer_set_size(w, 0), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_chunk_writer_set_size(w, 0x80000000),
	    RTMP_ERR_INVAL);
	assert_int_equal(rtmp_chunk_writer_size(w), 4096);
	rtmp_chunk_writer_free(w);
	rtmp_chunk_writer_free(NULL);
}

static void
test_small_buffer_changes_nothing(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(128);
	struct rtmp_message m = message(4, 1000, 300);
	size_t size, written;
	uint8_t *guard;

	(void)state;
	for (size = 0; size < 12 + 300 + 2; size++) {
		guard = guard_copy(out, size);
		assert_int_equal(rtmp_chunk_write_buf(w, &m, guard, size,
		    &written), RTMP_ERR_NOBUF);
		guard_free(guard, size);
		assert_int_equal(written, 12 + 300 + 2);
	}
	guard = guard_copy(out, size);
	assert_int_equal(rtmp_chunk_write_buf(w, &m, guard, size, &written),
	    0);
	assert_int_equal(written, size);
	assert_int_equal(guard[0], 4);
	guard_free(guard, size);
	rtmp_chunk_writer_free(w);
}

static int
write_many(struct test_mem *mem, void *arg)
{
	struct rtmp_chunk_writer *w;
	struct rtmp_chunk_layout layout;
	struct rtmp_message m;
	size_t written;
	uint32_t csid;
	int ret = rtmp_chunk_writer_new(&w, &mem->mem);

	(void)arg;
	if (ret != 0) {
		assert_null(w);
		return ret;
	}
	for (csid = 2; csid < 50 && ret == 0; csid++) {
		m = message(csid, 0, 10);
		if (csid % 2 != 0)
			ret = rtmp_chunk_write(w, &m, &layout);
		else
			ret = rtmp_chunk_write_buf(w, &m, out, OUT_MAX,
			    &written);
	}
	rtmp_chunk_writer_free(w);
	return ret;
}

static void
test_each_allocation_fails(void **state)
{
	(void)state;
	each_allocation_fails(write_many, NULL);
}

static void
test_usual_csids_need_one_allocation(void **state)
{
	struct rtmp_chunk_writer *w;
	struct rtmp_message m;
	struct test_mem mem;
	uint32_t csid;

	(void)state;
	test_mem_init(&mem, 0);
	assert_int_equal(rtmp_chunk_writer_new(&w, &mem.mem), 0);
	for (csid = 2; csid <= 8; csid++) {
		m = message(csid, 0, 10);
		write_fmt(w, &m);
	}
	assert_int_equal(mem.count, 1);
	assert_true(mem.peak <= 512);
	rtmp_chunk_writer_free(w);
}

/* ---- Pieces ---- */

static size_t
copy_pieces(uint8_t *to, const struct iovec *iov, int count)
{
	size_t size = 0;
	int i;

	for (i = 0; i < count; i++) {
		assert_int_not_equal(iov[i].iov_len, 0);
		memcpy(to + size, iov[i].iov_base, iov[i].iov_len);
		size += iov[i].iov_len;
	}
	return size;
}

/* Takes max pieces at a time, of which step bytes leave (0: all). */
static void
check_pieces(const struct rtmp_chunk_layout *start, const uint8_t *want,
    int max, size_t step)
{
	struct rtmp_chunk_layout layout = *start;
	struct iovec iov[64];
	size_t bytes, n;
	int count;

	for (;;) {
		count = rtmp_chunk_layout_iov(&layout, iov, max, &bytes);
		assert_true(count <= max);
		if (count == 0)
			break;
		assert_int_equal(rtmp_chunk_layout_iov(&layout, iov, max,
		    NULL), count);
		assert_int_equal(copy_pieces(out, iov, count), bytes);
		assert_true(bytes <= layout.total - layout.done);
		assert_memory_equal(out, want + layout.done, bytes);
		n = step != 0 && step < bytes ? step : bytes;
		rtmp_chunk_layout_advance(&layout, n);
	}
	assert_int_equal(bytes, 0);
	assert_int_equal(layout.done, layout.total);
}

static void
check_all_pieces(uint32_t csid, uint32_t timestamp, size_t size,
    uint32_t chunk_size)
{
	struct rtmp_chunk_writer *w = new_writer(chunk_size);
	struct rtmp_message m = message(csid, timestamp, size);
	struct rtmp_chunk_layout layout;
	uint8_t want[4096];
	size_t written, step;
	int max;

	assert_int_equal(rtmp_chunk_write_buf(w, &m, want, sizeof(want),
	    &written), 0);
	rtmp_chunk_writer_forget(w);
	assert_int_equal(rtmp_chunk_write(w, &m, &layout), 0);
	assert_int_equal(layout.total, written);
	assert_int_equal(rtmp_chunk_layout_iov(&layout, NULL, 0, &step), 0);
	assert_int_equal(step, 0);
	for (max = 1; max <= 5; max++)
		for (step = 0; step <= written; step++)
			check_pieces(&layout, want, max, step);
	check_pieces(&layout, want, 64, 0);
	/* From any place, with everything wanted at once. */
	for (layout.done = 0; layout.done < written; layout.done++)
		check_pieces(&layout, want, 64, 0);
	rtmp_chunk_writer_free(w);
}

static void
test_pieces_from_every_place(void **state)
{
	static const uint32_t csids[] = { 4, 64, 65599 };
	static const uint32_t times[] = { 5, 0xffffff };
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 32, 50 };
	static const uint32_t chunks[] = { 1, 16, 60000, 0x7fffffff };
	size_t i, j, k, l;

	(void)state;
	for (i = 0; i < 3; i++)
		for (j = 0; j < 2; j++)
			for (k = 0; k < 7; k++)
				for (l = 0; l < 4; l++)
					check_all_pieces(csids[i], times[j],
					    sizes[k], chunks[l]);
}

static void
test_payload_is_not_copied(void **state)
{
	struct rtmp_chunk_writer *w = new_writer(1000);
	struct rtmp_message m = message(6, 0, 2500);
	struct rtmp_chunk_layout layout;
	struct iovec iov[8];
	size_t bytes;

	(void)state;
	assert_int_equal(rtmp_chunk_write(w, &m, &layout), 0);
	assert_int_equal(rtmp_chunk_layout_iov(&layout, iov, 8, &bytes), 6);
	assert_int_equal(bytes, 12 + 2500 + 2);
	assert_ptr_equal(iov[1].iov_base, m.payload);
	assert_ptr_equal(iov[3].iov_base, m.payload + 1000);
	assert_ptr_equal(iov[5].iov_base, m.payload + 2000);
	assert_int_equal(iov[5].iov_len, 500);
	rtmp_chunk_writer_free(w);
}

/* ---- Both directions ---- */

/* What was written so with longer headers than are needed, or with the chunks
 * of two messages between each other. */
static int
other_bytes(const char *name)
{
	static const char *const names[] = {
		"csid 64 in the 3-byte form (legal for a reader)",
		"ts 16777216, 300 bytes, extended field NOT repeated (old "
		"non-conforming sender)",
		"type 3 right after type 0 (specification reading)",
		"first chunk on a csid is type 1",
		"interleaved audio, and Set Chunk Size 256 while a message on "
		"csid 6 is half read",
		"Abort of csid 6, then a new message",
		"ts wrap: type 0 ts FFFFFFF0, then type 2 delta 32",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}

/* The next message of r, which has all bytes of p, is m. */
static void
check_read(struct rtmp_chunk_reader *r, const uint8_t *p, size_t size,
    const struct rtmp_message *m)
{
	struct rtmp_message got;

	if (rtmp_chunk_reader_next(r, &p, &size, &got) != 1)
		fail_msg("not read back: %s", rtmp_chunk_reader_error(r));
	assert_int_equal(size, 0);
	assert_int_equal(got.csid, m->csid);
	assert_int_equal(got.msid, m->msid);
	assert_int_equal(got.type, m->type);
	assert_int_equal(got.timestamp, m->timestamp);
	assert_int_equal(got.size, m->size);
	assert_memory_equal(got.payload, m->payload, m->size);
}

/* Writes the messages of one vector, reads them back, compares the bytes. */
static void
check_vector(const cJSON *vector)
{
	struct rtmp_chunk_writer *w = new_writer(128);
	struct rtmp_chunk_reader *r;
	size_t size, n, done = 0;
	uint8_t *wire, *body;
	struct rtmp_message m;
	const cJSON *v;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	cJSON_ArrayForEach(v, json_item(vector, "messages")) {
		m.csid = (uint32_t)json_number(v, "csid");
		m.msid = (uint32_t)json_number(v, "msid");
		m.type = (uint8_t)json_number(v, "type");
		m.timestamp = (uint32_t)json_number(v, "ts");
		body = from_hex(json_string(v, "body"), &m.size);
		m.payload = body;
		assert_int_equal(rtmp_chunk_write_buf(w, &m, out + done,
		    OUT_MAX - done, &n), 0);
		check_read(r, out + done, n, &m);
		done += n;
		free(body);
	}
	wire = from_hex(json_string(vector, "wire"), &size);
	if (!other_bytes(json_string(vector, "name"))) {
		assert_int_equal(done, size);
		assert_memory_equal(out, wire, size);
	}
	free(wire);
	rtmp_chunk_reader_free(r);
	rtmp_chunk_writer_free(w);
}

static void
test_vectors(void **state)
{
	cJSON *json = load_json("vectors/chunks.json");
	const cJSON *c;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "cases"))
		check_vector(c);
	cJSON_Delete(json);
}

static uint32_t
random_time(uint32_t last, uint32_t *seed)
{
	uint32_t n = next_random(seed);

	switch (n >> 8 & 15) {
	case 0:
		return n;
	case 1:
		return last - n % 100;
	case 2:
		return last + 0xffffff - 2 + n % 5;
	case 3:
		return 0xffffff - 2 + n % 5;
	case 4:
		return 0xfffffff0 + n % 16;
	case 5:
	case 6:
		return 0;
	case 7:
	case 8:
	case 9:
		return last + 20 + n % 3;
	default:
		return last + 20;
	}
}

static struct rtmp_message
random_message(uint32_t csid, uint32_t last, uint32_t chunk_size,
    uint32_t *seed)
{
	uint32_t n = next_random(seed), size;
	struct rtmp_message m;

	size = n % 8 < 4 ? 100 : n % 8 == 4 ? next_random(seed) % 20000 :
	    chunk_size % 30000 + n % 8 - 6;
	m = message(csid, 0, chunk_size == 1 ? size % 300 : size % 60000);
	m.timestamp = random_time(last, seed);
	m.type = n >> 8 & 1 ? RTMP_MSG_AUDIO : RTMP_MSG_VIDEO;
	m.msid = n >> 12 & 31 ? 1 : n;
	return m;
}

static void
test_random_messages_come_back(void **state)
{
	static const uint32_t sizes[] = { 1, 128, 4096, 60000, 0x7fffffff };
	static const uint32_t csids[] = { 2, 4, 6, 8, 9, 63, 64, 319, 320,
		65599 };
	struct rtmp_chunk_writer *w = new_writer(128);
	uint32_t seed = 3, size = 128, last[10] = { 0 };
	unsigned fmt, last_fmt[10] = { 0 }, fmts[4] = { 0 };
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	size_t n;
	int i, k;

	(void)state;
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	for (i = 0; i < 20000; i++) {
		if (i % 100 == 0) {
			size = sizes[next_random(&seed) % 5];
			rtmp_chunk_writer_set_size(w, size);
			rtmp_chunk_reader_set_size(r, size);
		}
		if (i % 1000 == 999)
			rtmp_chunk_writer_forget(w);
		k = (int)(next_random(&seed) % 10);
		m = random_message(csids[k], last[k], size, &seed);
		assert_int_equal(rtmp_chunk_write_buf(w, &m, out, OUT_MAX, &n),
		    0);
		check_read(r, out, n, &m);
		fmt = out[0] >> 6;
		fmts[fmt]++;
		if (fmt == 3 && last_fmt[k] == 0)
			assert_int_equal(last[k], 0);
		last_fmt[k] = fmt;
		last[k] = m.timestamp;
	}
	for (i = 0; i < 4; i++)
		assert_true(fmts[i] > 100);
	rtmp_chunk_reader_free(r);
	rtmp_chunk_writer_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest_header),
		cmocka_unit_test(test_no_type_3_after_type_0),
		cmocka_unit_test(test_type_3_after_type_0_at_time_zero),
		cmocka_unit_test(test_type_0_where_time_steps_back_or_wraps),
		cmocka_unit_test(test_forget_starts_each_csid_anew),
		cmocka_unit_test(test_csid_and_size_out_of_range),
		cmocka_unit_test(test_chunk_size_out_of_range),
		cmocka_unit_test(test_small_buffer_changes_nothing),
		cmocka_unit_test(test_each_allocation_fails),
		cmocka_unit_test(test_usual_csids_need_one_allocation),
		cmocka_unit_test(test_pieces_from_every_place),
		cmocka_unit_test(test_payload_is_not_copied),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_random_messages_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
