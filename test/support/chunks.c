#include "support/chunks.h"
#include "support/support.h"

/* ---- Chunks written by hand ---- */

struct wire wire;

void
wire_clear(void)
{
	wire.size = 0;
}

void
put(uint32_t v, int bytes)
{
	while (bytes-- != 0)
		wire.data[wire.size++] = (uint8_t)(v >> 8 * bytes);
	assert_true(wire.size < sizeof(wire.data));
}

void
put_basic(unsigned fmt, uint32_t csid)
{
	put(fmt << 6 | (csid < 64 ? csid : csid < 320 ? 0 : 1), 1);
	if (csid >= 64)
		put((csid - 64) & 0xff, 1);
	if (csid >= 320)
		put((csid - 64) >> 8, 1);
}

void
put_header(unsigned fmt, uint32_t csid, uint32_t field, uint32_t length)
{
	put_basic(fmt, csid);
	if (fmt < 3)
		put(field < 0xffffff ? field : 0xffffff, 3);
	if (fmt < 2) {
		put(length, 3);
		put(8, 1);
	}
	if (fmt == 0)
		put(0x01000000, 4);
	if (fmt < 3 && field >= 0xffffff)
		put(field, 4);
}

static uint8_t
payload_byte(size_t i)
{
	return (uint8_t)(i * 7 + (i >> 8) + 1);
}

void
put_payload(size_t from, size_t to)
{
	for (; from < to; from++)
		put(payload_byte(from), 1);
}

/* ---- Reading them ---- */

void
start_limited(struct seen *s, const struct rtmp_chunk_limits *limits,
    const struct rtmp_mem *mem)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(rtmp_chunk_reader_new(&s->r, limits, mem), 0);
}

void
start(struct seen *s)
{
	start_limited(s, NULL, NULL);
}

void
stop(struct seen *s)
{
	rtmp_chunk_reader_free(s->r);
}

static void
feed_bytes(struct seen *s, const uint8_t *data, size_t size)
{
	struct rtmp_message m;
	size_t i;

	for (;;) {
		s->ret = rtmp_chunk_reader_next(s->r, &data, &size, &m);
		if (s->ret != 1)
			break;
		assert_true(s->count < MESSAGES_MAX);
		for (i = 0; i < m.size; i++)
			if (m.payload[i] != payload_byte(i))
				fail_msg("byte %lu of message %d differs",
				    (unsigned long)i, s->count);
		m.payload = NULL;
		s->messages[s->count++] = m;
	}
	if (s->ret == 0)
		assert_int_equal(size, 0);
}

void
feed(struct seen *s)
{
	feed_bytes(s, wire.data, wire.size);
	wire_clear();
}

void
feed_one_byte_each(struct seen *s)
{
	uint8_t *byte;
	size_t i;

	for (i = 0; i < wire.size; i++) {
		byte = guard_copy(wire.data + i, 1);
		feed_bytes(s, byte, 1);
		guard_free(byte, 1);
	}
	wire_clear();
}

void
feed_split(struct seen *s, size_t at)
{
	uint8_t *guard = guard_copy(wire.data, at);

	feed_bytes(s, guard, at);
	guard_free(guard, at);
	guard = guard_copy(wire.data + at, wire.size - at);
	feed_bytes(s, guard, wire.size - at);
	guard_free(guard, wire.size - at);
	wire_clear();
}

void
check_seen(const struct seen *s, int i, uint32_t csid, uint32_t timestamp,
    size_t size)
{
	if (s->ret != 0)
		fail_msg("%s", rtmp_chunk_reader_error(s->r));
	assert_true(i < s->count);
	assert_int_equal(s->messages[i].csid, csid);
	assert_int_equal(s->messages[i].timestamp, timestamp);
	assert_int_equal(s->messages[i].size, size);
	assert_int_equal(s->messages[i].type, 8);
}

void
check_error(struct seen *s, int err, const char *words)
{
	const uint8_t *p = wire.data;
	struct rtmp_message m;
	size_t n = 1;

	assert_int_equal(s->ret, err);
	assert_string_equal(rtmp_chunk_reader_error(s->r), words);
	/* It sticks. */
	assert_int_equal(rtmp_chunk_reader_next(s->r, &p, &n, &m), err);
	assert_int_equal(rtmp_chunk_reader_set_size(s->r, 128), err);
	assert_string_equal(rtmp_chunk_reader_error(s->r), words);
}
