/*
 * Messages to chunks, RTMP 1.0 section 5.3.  The fields of the four headers
 * are drawn in chunk_reader.c; a message goes out as
 *
 *     head | payload, chunk size | next | payload, chunk size | next ...
 *
 * where head is the shortest header that the message before it on the same
 * chunk stream allows:
 *
 *     fmt 0   the first, another msid, or a time before the last one's
 *     fmt 1   another length or type
 *     fmt 2   another delta
 *     fmt 3   the same in everything
 */
#include <string.h>

#include <rtmpio/chunk.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/wire.h"

/* Those that clients use, 2 to 8, need no search. */
#define LOW_CSIDS 9u
#define STREAMS_FIRST 4u
#define DELTA_MAX 0x7fffffffu /* more is a step back, modulo 2^32 */
#define DELTA_NONE 0xffffffffu
#define EXTENDED 0xffffffu
#define IOV_COPY 32

/* The last message of a chunk stream. */
struct chunk_stream {
	uint32_t timestamp;
	uint32_t csid;
	uint32_t delta; /* that a type 3 repeats, or DELTA_NONE */
	uint32_t msid;
	uint32_t length;
	uint8_t type;
	uint8_t started; /* there is one */
	uint8_t basic_size;
	uint8_t basic[4]; /* basic header of a type 3, padded */
};

struct rtmp_chunk_writer {
	uint32_t chunk_size;
	unsigned count;
	unsigned cap;
	struct chunk_stream *streams;	      /* csids from LOW_CSIDS on */
	struct rtmp_mem mem;
	struct chunk_stream low[LOW_CSIDS]; /* the others: [csid] */
};

/* ---- Chunk streams ---- */

static void
stream_init(struct chunk_stream *cs, uint32_t csid)
{
	memset(cs, 0, sizeof(*cs));
	cs->csid = csid;
	if (csid < 64) {
		cs->basic_size = 1;
		cs->basic[0] = (uint8_t)(0xc0 | csid);
	} else if (csid < 64 + 256) {
		cs->basic_size = 2;
		cs->basic[0] = 0xc0;
		cs->basic[1] = (uint8_t)(csid - 64);
	} else {
		cs->basic_size = 3;
		cs->basic[0] = 0xc0 | 1;
		cs->basic[1] = (uint8_t)(csid - 64);
		cs->basic[2] = (uint8_t)((csid - 64) >> 8);
	}
}

/* Finds or adds one that is not low.  NULL when out of memory. */
static struct chunk_stream *
stream_search(struct rtmp_chunk_writer *w, uint32_t csid)
{
	struct chunk_stream *streams;
	unsigned i, cap;

	for (i = 0; i < w->count; i++)
		if (w->streams[i].csid == csid)
			return &w->streams[i];
	if (w->count == w->cap) {
		cap = w->cap == 0 ? STREAMS_FIRST : w->cap * 2;
		streams = rtmp_mem_realloc_array(&w->mem, w->streams, cap,
		    sizeof(*streams));
		if (streams == NULL)
			return NULL;
		w->streams = streams;
		w->cap = cap;
	}
	stream_init(&w->streams[w->count], csid);
	return &w->streams[w->count++];
}

static inline struct chunk_stream *
stream_get(struct rtmp_chunk_writer *w, uint32_t csid)
{
	return csid < LOW_CSIDS ? &w->low[csid] : stream_search(w, csid);
}

void
rtmp_chunk_writer_forget(struct rtmp_chunk_writer *w)
{
	uint32_t csid;

	for (csid = 0; csid < LOW_CSIDS; csid++)
		stream_init(&w->low[csid], csid);
	w->count = 0;
}

int
rtmp_chunk_writer_new(struct rtmp_chunk_writer **out,
    const struct rtmp_mem *mem)
{
	struct rtmp_mem m = rtmp_mem_or_libc(mem);
	struct rtmp_chunk_writer *w = rtmp_mem_zalloc(&m, sizeof(*w));

	*out = w;
	if (w == NULL)
		return RTMP_ERR_NOMEM;
	w->mem = m;
	w->chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
	rtmp_chunk_writer_forget(w);
	return 0;
}

void
rtmp_chunk_writer_free(struct rtmp_chunk_writer *w)
{
	struct rtmp_mem mem;

	if (w == NULL)
		return;
	mem = w->mem;
	rtmp_mem_free(&mem, w->streams);
	rtmp_mem_free(&mem, w);
}

int
rtmp_chunk_writer_set_size(struct rtmp_chunk_writer *w, uint32_t chunk_size)
{
	if (chunk_size == 0 || chunk_size > RTMP_CHUNK_SIZE_MAX)
		return RTMP_ERR_INVAL;
	w->chunk_size = chunk_size;
	return 0;
}

uint32_t
rtmp_chunk_writer_size(const struct rtmp_chunk_writer *w)
{
	return w->chunk_size;
}

/* ---- Messages ---- */

static int
message_valid(const struct rtmp_message *msg)
{
	return msg->csid >= 2 && msg->csid <= RTMP_CHUNK_CSID_MAX &&
	    msg->size <= RTMP_MESSAGE_SIZE_MAX;
}

static unsigned
choose_fmt(const struct chunk_stream *cs, const struct rtmp_message *msg,
    uint32_t delta)
{
	/* A delta across 2^32 is right, but node-media-server adds deltas
	 * without a modulus. */
	if (!cs->started || msg->msid != cs->msid || delta > DELTA_MAX ||
	    msg->timestamp < cs->timestamp)
		return 0;
	if (msg->size != cs->length || msg->type != cs->type)
		return 1;
	return delta != cs->delta ? 2 : 3;
}

/* field is the time for fmt 0, else the delta. */
RTMP_HOT static void
put_headers(struct rtmp_chunk_layout *layout, const struct chunk_stream *cs,
    const struct rtmp_message *msg, unsigned fmt, uint32_t field)
{
	static const uint8_t sizes[4] = { 11, 7, 3, 0 };
	uint32_t size = layout->size, type = msg->type;
	size_t basic = cs->basic_size, end = basic + sizes[fmt];
	uint8_t *p = layout->head + basic;

	memcpy(layout->next, cs->basic, 4);
	memcpy(layout->head, cs->basic, 4);
	layout->head[0] &= (uint8_t)(fmt << 6 | 0x3f);
	/* The shorter headers are beginnings of the longer. */
	rtmp_put_be32(p, (field < EXTENDED ? field : EXTENDED) << 8 |
	    size >> 16);
	rtmp_put_be32(p + 4, size << 16 | type << 8);
	if (fmt == 0)
		rtmp_put_le32(p + 7, msg->msid);
	if (field >= EXTENDED) {
		rtmp_put_be32(layout->head + end, field);
		rtmp_put_be32(layout->next + basic, field);
		end += 4;
		basic += 4;
	}
	layout->head_size = (uint8_t)end;
	layout->next_size = (uint8_t)basic;
	layout->total = (uint32_t)end + size;
	/* At most 8 bytes for each of 2^24. */
	if (size > layout->chunk_size)
		layout->total += (size - 1) / layout->chunk_size *
		    (uint32_t)basic;
}

RTMP_HOT int
rtmp_chunk_write(struct rtmp_chunk_writer *w, const struct rtmp_message *msg,
    struct rtmp_chunk_layout *layout)
{
	uint32_t time = msg->timestamp, delta;
	struct chunk_stream *cs;
	unsigned fmt;

	if (!message_valid(msg))
		return RTMP_ERR_INVAL;
	cs = stream_get(w, msg->csid);
	if (cs == NULL)
		return RTMP_ERR_NOMEM;
	delta = time - cs->timestamp;
	fmt = choose_fmt(cs, msg, delta);
	cs->timestamp = time;
	cs->delta = delta;
	cs->length = (uint32_t)msg->size;
	cs->type = msg->type;
	if (fmt == 0) {
		cs->started = 1;
		cs->msid = msg->msid;
		/* What a type 3 repeats after a type 0 is its time to some
		 * readers and 0 to others: they agree where the time is 0. */
		cs->delta = time == 0 ? 0 : DELTA_NONE;
		delta = time;
	}
	layout->payload = msg->payload;
	layout->size = (uint32_t)msg->size;
	layout->chunk_size = w->chunk_size;
	layout->done = 0;
	put_headers(layout, cs, msg, fmt, delta);
	return 0;
}

/* ---- The bytes of a layout ---- */

static void
put_piece(struct iovec *iov, const uint8_t *p, size_t size)
{
	iov->iov_base = (void *)p;
	iov->iov_len = size;
}

static size_t
sum_pieces(const struct iovec *v, const struct iovec *end)
{
	size_t sum = 0;

	for (; v != end; v++)
		sum += v->iov_len;
	return sum;
}

/*
 * The place behind layout->done, when head has left: *at in the payload, *room
 * in the chunk that it belongs to.  Returns how many bytes of next come first.
 */
static size_t
find_place(const struct rtmp_chunk_layout *l, size_t *at, size_t *room)
{
	size_t chunk = l->chunk_size, unit = chunk + l->next_size;
	size_t pos = l->done - l->head_size;

	*at = pos / unit * chunk;
	*room = chunk;
	pos %= unit;
	if (pos < chunk) {
		*at += pos;
		*room -= pos;
		return 0;
	}
	*at += chunk;
	return *at < l->size ? unit - pos : 0;
}

/* rtmp_chunk_layout_iov() for any place and any max. */
static int
layout_pieces(const struct rtmp_chunk_layout *l, struct iovec *iov, int max,
    size_t *bytes)
{
	size_t at = 0, room = l->chunk_size, left, n;
	struct iovec *v = iov, *end;

	if (bytes != NULL)
		*bytes = 0;
	if (l->done == l->total || max <= 0)
		return 0;
	end = iov + max;
	if (l->done < l->head_size) {
		put_piece(v++, l->head + l->done, l->head_size - l->done);
	} else {
		n = find_place(l, &at, &room);
		if (n != 0)
			put_piece(v++, l->next + l->next_size - n, n);
	}
	left = l->size - at;
	while (left > room && v != end) {
		put_piece(v++, l->payload + at, room);
		at += room;
		left -= room;
		room = l->chunk_size;
		if (v != end)
			put_piece(v++, l->next, l->next_size);
	}
	if (left != 0 && v != end) {
		put_piece(v++, l->payload + at, left);
		left = 0;
	}
	if (bytes != NULL)
		*bytes = left == 0 ? l->total - l->done : sum_pieces(iov, v);
	return (int)(v - iov);
}

RTMP_HOT int
rtmp_chunk_layout_iov(const struct rtmp_chunk_layout *l, struct iovec *iov,
    int max, size_t *bytes)
{
	/* At large chunk sizes, nearly every message. */
	if (l->done == 0 && l->size <= l->chunk_size && l->size != 0 &&
	    max >= 2) {
		put_piece(&iov[0], l->head, l->head_size);
		put_piece(&iov[1], l->payload, l->size);
		if (bytes != NULL)
			*bytes = l->total;
		return 2;
	}
	return layout_pieces(l, iov, max, bytes);
}

void
rtmp_chunk_layout_advance(struct rtmp_chunk_layout *layout, size_t size)
{
	layout->done += (uint32_t)size;
}

int
rtmp_chunk_write_buf(struct rtmp_chunk_writer *w,
    const struct rtmp_message *msg, uint8_t *buf, size_t size,
    size_t *written)
{
	struct rtmp_chunk_layout layout;
	struct chunk_stream *cs, before;
	struct iovec iov[IOV_COPY];
	size_t held;
	int i, count;

	if (!message_valid(msg))
		return RTMP_ERR_INVAL;
	cs = stream_get(w, msg->csid);
	if (cs == NULL)
		return RTMP_ERR_NOMEM;
	before = *cs;
	rtmp_chunk_write(w, msg, &layout);
	*written = layout.total;
	if (layout.total > size) {
		*cs = before;
		return RTMP_ERR_NOBUF;
	}
	while ((count = layout_pieces(&layout, iov, IOV_COPY, &held)) != 0) {
		for (i = 0; i < count; i++) {
			memcpy(buf, iov[i].iov_base, iov[i].iov_len);
			buf += iov[i].iov_len;
		}
		rtmp_chunk_layout_advance(&layout, held);
	}
	return 0;
}
