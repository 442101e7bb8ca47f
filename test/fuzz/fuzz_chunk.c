/* Any bytes as a chunk stream.  Whole, in pieces, and in pieces that are put
 * together in place they give the same messages and the same verdict, and what
 * was read can be written and read again.  The size chooses the pieces, so
 * that captures serve as they are. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/chunk.h>

#include "base/wire.h"

#define PARTIAL_SIZE (1 << 20)
#define STREAMS 16
/* Table, body that is lent, spare body, and the reader itself. */
#define HEAP_MAX (PARTIAL_SIZE * 3 + 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	uint64_t hash;
	unsigned long messages;
	int ret;
};

/* The bytes that one reader holds, in front of each block. */
static size_t heap;

static void *
heap_realloc(void *ctx, void *ptr, size_t size)
{
	size_t *old = ptr != NULL ? (size_t *)ptr - 2 : NULL, *block;

	(void)ctx;
	heap += size - (old != NULL ? *old : 0);
	block = realloc(old, size + 2 * sizeof(size_t));
	if (block == NULL || heap > HEAP_MAX)
		abort();
	*block = size;
	return block + 2;
}

static void
heap_free(void *ctx, void *ptr)
{
	(void)ctx;
	heap -= *((size_t *)ptr - 2);
	free((size_t *)ptr - 2);
}

static void
mix_in(struct result *res, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size-- != 0)
		res->hash = (res->hash ^ *p++) * 0x100000001b3u;
}

static void
add_message(struct result *res, const struct rtmp_message *m)
{
	mix_in(res, &m->csid, sizeof(m->csid));
	mix_in(res, &m->msid, sizeof(m->msid));
	mix_in(res, &m->type, sizeof(m->type));
	mix_in(res, &m->timestamp, sizeof(m->timestamp));
	mix_in(res, &m->size, sizeof(m->size));
	mix_in(res, m->payload, m->size);
	res->messages++;
}

/* Writes m and reads it with another reader. */
static void
write_and_read(struct rtmp_chunk_writer *w, struct rtmp_chunk_reader *back,
    const struct rtmp_message *m)
{
	struct rtmp_chunk_layout layout;
	struct rtmp_message got;
	struct iovec iov[3];
	size_t bytes, n;
	const uint8_t *p;
	int i, count, ret = 0;

	if (rtmp_chunk_write(w, m, &layout) != 0)
		abort();
	while ((count = rtmp_chunk_layout_iov(&layout, iov, 3, &bytes)) != 0) {
		for (i = 0; i < count; i++) {
			p = iov[i].iov_base;
			n = iov[i].iov_len;
			ret = rtmp_chunk_reader_next(back, &p, &n, &got);
			if (ret < 0 || n != 0)
				abort();
		}
		rtmp_chunk_layout_advance(&layout, bytes);
	}
	if (ret != 1 || got.csid != m->csid || got.msid != m->msid ||
	    got.type != m->type || got.timestamp != m->timestamp ||
	    got.size != m->size || memcmp(got.payload, m->payload, m->size))
		abort();
}

static void
obey(struct rtmp_chunk_reader *r, const struct rtmp_message *m)
{
	if (m->size < 4)
		return;
	if (m->type == RTMP_MSG_SET_CHUNK_SIZE)
		rtmp_chunk_reader_set_size(r, rtmp_get_be32(m->payload));
	if (m->type == RTMP_MSG_ABORT)
		rtmp_chunk_reader_abort(r, rtmp_get_be32(m->payload));
}

static struct result
read_all(const uint8_t *data, size_t size, size_t step, int again)
{
	struct rtmp_mem mem = { NULL, heap_realloc, heap_free };
	struct rtmp_chunk_limits limits = { 1 << 19, PARTIAL_SIZE, STREAMS };
	struct rtmp_chunk_reader *r, *back;
	struct rtmp_chunk_writer *w;
	struct result res = { 0xcbf29ce484222325u, 0, 0 };
	struct rtmp_message m;
	const uint8_t *p;
	size_t n, left;

	heap = 0;
	if (rtmp_chunk_reader_new(&r, &limits, &mem) != 0 ||
	    rtmp_chunk_reader_new(&back, NULL, NULL) != 0 ||
	    rtmp_chunk_writer_new(&w, NULL) != 0)
		abort();
	while (size != 0 && res.ret == 0) {
		n = left = step < size ? step : size;
		p = data;
		while ((res.ret = rtmp_chunk_reader_next(r, &p, &left,
		    &m)) == 1) {
			add_message(&res, &m);
			if (again)
				write_and_read(w, back, &m);
			obey(r, &m);
		}
		if (res.ret == 0 && left != 0)
			abort();
		data += n;
		size -= n;
	}
	if ((res.ret != 0) != (rtmp_chunk_reader_error(r)[0] != '\0'))
		abort();
	rtmp_chunk_reader_free(r);
	rtmp_chunk_reader_free(back);
	rtmp_chunk_writer_free(w);
	if (heap != 0)
		abort();
	return res;
}

/* Each piece comes in a block of just its size and what was left. */
static struct result
read_in_place(const uint8_t *data, size_t size, size_t step)
{
	struct rtmp_mem mem = { NULL, heap_realloc, heap_free };
	struct rtmp_chunk_limits limits = { 1 << 19, PARTIAL_SIZE, STREAMS };
	struct result res = { 0xcbf29ce484222325u, 0, 0 };
	uint8_t *block, *p, *kept = NULL;
	struct rtmp_chunk_reader *r;
	size_t n, left = 0, need;
	struct rtmp_message m;

	heap = 0;
	if (rtmp_chunk_reader_new(&r, &limits, &mem) != 0)
		abort();
	while (size != 0 && res.ret == 0) {
		n = step < size ? step : size;
		p = block = malloc(left + n);
		if (block == NULL)
			abort();
		if (left != 0)
			memcpy(block, kept, left);
		memcpy(block + left, data, n);
		left += n;
		while ((res.ret = rtmp_chunk_reader_next_in_place(r, &p, &left,
		    &m, &need)) == 1) {
			add_message(&res, &m);
			obey(r, &m);
		}
		if (res.ret == 0 && left != 0 && need == 0)
			abort();
		memmove(block, p, left);
		free(kept);
		kept = block;
		data += n;
		size -= n;
	}
	free(kept);
	rtmp_chunk_reader_free(r);
	if (heap != 0)
		abort();
	return res;
}

static void
must_be_alike(const struct result *a, const struct result *b)
{
	if (a->ret != b->ret || a->messages != b->messages ||
	    a->hash != b->hash)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 2, 3, 7, 13, 64, 130, 1000 };
	struct result whole, pieces;

	whole = read_all(data, size, size, 1);
	pieces = read_all(data, size, steps[size % 8], 0);
	must_be_alike(&whole, &pieces);
	/* What lies in place needs no memory, which is limited. */
	pieces = read_in_place(data, size, steps[size % 8]);
	if (whole.ret != RTMP_ERR_LIMIT)
		must_be_alike(&whole, &pieces);
	return 0;
}
