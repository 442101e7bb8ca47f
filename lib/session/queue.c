/*
 * The send queue.  A message is laid out as it is queued, since the shortest
 * chunk header depends on the message before it; its payload stays where it
 * is until writev() has taken it.
 */
#include <string.h>

#include "session/queue.h"

#define QUEUE_STEP 8 /* items */

int
rtmp_queue_init(struct rtmp_queue *q, const struct rtmp_mem *mem)
{
	memset(q, 0, sizeof(*q));
	q->mem = *mem;
	return rtmp_chunk_writer_new(&q->writer, mem);
}

static void
item_done(struct rtmp_queue *q, struct rtmp_send_item *item)
{
	q->bytes -= item->layout.total - item->layout.done;
	if (item->kind == RTMP_SEND_ANSWER)
		q->answer_bytes -= item->layout.total + sizeof(*item);
	if (item->is_held) {
		const struct rtmp_send_hold *hold = item->owned;

		hold->release(hold->arg);
	}
	if (item->owned != NULL)
		rtmp_mem_free(&q->mem, item->owned);
}

void
rtmp_queue_free(struct rtmp_queue *q)
{
	size_t i;

	for (i = 0; i < q->count; i++)
		item_done(q, rtmp_queue_at(q, i));
	rtmp_mem_free(&q->mem, q->items);
	rtmp_chunk_writer_free(q->writer);
	memset(q, 0, sizeof(*q));
}

struct rtmp_send_item *
rtmp_queue_at(const struct rtmp_queue *q, size_t i)
{
	size_t to_end = q->cap - q->first;

	return i < to_end ? &q->items[q->first + i] : &q->items[i - to_end];
}

/* By an eighth: what waits for a slow peer is many small items. */
static int
queue_grow(struct rtmp_queue *q)
{
	size_t cap = q->cap + q->cap / 8 + QUEUE_STEP;
	size_t to_end = q->cap - q->first;
	struct rtmp_send_item *items = rtmp_mem_realloc_array(&q->mem,
	    q->items, cap, sizeof(*items));

	if (items == NULL)
		return RTMP_ERR_NOMEM;
	/* The ring is full: what lies before its old end moves to the new. */
	if (q->first != 0) {
		memmove(items + cap - to_end, items + q->first,
		    to_end * sizeof(*items));
		q->first = cap - to_end;
	}
	q->items = items;
	q->cap = cap;
	return 0;
}

int
rtmp_queue_push(struct rtmp_queue *q, const struct rtmp_message *message,
    enum rtmp_send_kind kind, unsigned stream, struct rtmp_send_item **pushed)
{
	struct rtmp_send_item *item;
	int err = q->count == q->cap ? queue_grow(q) : 0;

	if (err != 0)
		return err;
	item = rtmp_queue_at(q, q->count);
	err = rtmp_chunk_write(q->writer, message, &item->layout);
	if (err != 0)
		return err;
	item->owned = NULL;
	item->stream = stream;
	item->msid = message->msid;
	item->timestamp = message->timestamp;
	item->csid = (uint8_t)message->csid;
	item->type = message->type;
	item->kind = (uint8_t)kind;
	item->is_held = 0;
	q->count++;
	q->bytes += item->layout.total;
	if (kind == RTMP_SEND_ANSWER)
		q->answer_bytes += item->layout.total + sizeof(*item);
	if (pushed != NULL)
		*pushed = item;
	return 0;
}

int
rtmp_queue_iov(const struct rtmp_queue *q, struct iovec *iov, int max)
{
	size_t i, bytes;
	int n = 0;

	/* Who sends packet by packet has one. */
	if (q->count == 1)
		return rtmp_chunk_layout_iov(&q->items[q->first].layout, iov,
		    max, NULL);
	for (i = 0; i < q->count && n < max; i++) {
		const struct rtmp_send_item *item = rtmp_queue_at(q, i);

		n += rtmp_chunk_layout_iov(&item->layout, iov + n, max - n,
		    &bytes);
		if (bytes != item->layout.total - item->layout.done)
			break;
	}
	return n;
}

void
rtmp_queue_sent(struct rtmp_queue *q, size_t size)
{
	while (q->count != 0) {
		struct rtmp_send_item *item = &q->items[q->first];
		size_t left = item->layout.total - item->layout.done;

		if (size < left) {
			rtmp_chunk_layout_advance(&item->layout, size);
			q->bytes -= size;
			return;
		}
		item_done(q, item);
		q->first = q->first + 1 < q->cap ? q->first + 1 : 0;
		q->count--;
		size -= left;
	}
}

/* How many items have begun to leave: the first one, or none. */
static size_t
queue_begun(const struct rtmp_queue *q)
{
	return q->count != 0 && rtmp_queue_at(q, 0)->layout.done != 0;
}

/* 1 when the queue holds what readdress is to change. */
static int
queue_concerns(const struct rtmp_queue *q, unsigned stream, int drop_media)
{
	size_t i;

	for (i = queue_begun(q); i < q->count; i++) {
		const struct rtmp_send_item *item = rtmp_queue_at(q, i);

		if (item->stream == stream &&
		    (!drop_media || item->kind == RTMP_SEND_MEDIA))
			return 1;
	}
	return 0;
}

/* Lays a message out once more, which was accepted before: its csid is known,
 * its size allowed, so that nothing can fail. */
static void
item_layout(struct rtmp_queue *q, struct rtmp_send_item *item)
{
	struct rtmp_message m;

	m.csid = item->csid;
	m.msid = item->msid;
	m.type = item->type;
	m.timestamp = item->timestamp;
	m.payload = item->layout.payload;
	m.size = item->layout.size;
	rtmp_chunk_write(q->writer, &m, &item->layout);
}

void
rtmp_queue_readdress(struct rtmp_queue *q, unsigned stream, uint32_t msid,
    int drop_media)
{
	uint32_t chunk_size = rtmp_chunk_writer_size(q->writer);
	size_t i, kept = queue_begun(q);

	if (!queue_concerns(q, stream, drop_media))
		return;
	/* Headers refer to the message before: all are laid out anew. */
	rtmp_chunk_writer_forget(q->writer);
	for (i = kept; i < q->count; i++) {
		struct rtmp_send_item *item = rtmp_queue_at(q, i);
		struct rtmp_send_item *place = rtmp_queue_at(q, kept);

		if (item->stream == stream && drop_media &&
		    item->kind == RTMP_SEND_MEDIA) {
			item_done(q, item);
			continue;
		}
		if (item->stream == stream && item->msid != 0)
			item->msid = msid;
		q->bytes -= item->layout.total;
		if (place != item)
			*place = *item;
		rtmp_chunk_writer_set_size(q->writer,
		    place->layout.chunk_size);
		item_layout(q, place);
		q->bytes += place->layout.total;
		kept++;
	}
	q->count = kept;
	rtmp_chunk_writer_set_size(q->writer, chunk_size);
}

void
rtmp_queue_last_to_front(struct rtmp_queue *q)
{
	struct rtmp_send_item last = *rtmp_queue_at(q, q->count - 1);
	size_t i, front = queue_begun(q);

	/* A Set Chunk Size may wait here, which it now precedes. */
	if (front < q->count)
		last.layout.chunk_size =
		    rtmp_queue_at(q, front)->layout.chunk_size;
	for (i = q->count - 1; i > front; i--)
		*rtmp_queue_at(q, i) = *rtmp_queue_at(q, i - 1);
	*rtmp_queue_at(q, front) = last;
}
