/*
 * The send queue.  A message is laid out as it is queued, since the shortest
 * chunk header depends on the message before it; its payload stays where it
 * is until writev() has taken it.
 */
#include <string.h>

#include "base/attr.h"
#include "session/queue.h"

#define QUEUE_STEP 4 /* items */

int
rtmp_queue_init(struct rtmp_queue *q, const struct rtmp_mem *mem)
{
	memset(q, 0, sizeof(*q));
	q->mem = *mem;
	return rtmp_chunk_writer_new(&q->writer, mem);
}

void
rtmp_queue_item_done(struct rtmp_queue *q, struct rtmp_send_item *item)
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
		rtmp_queue_item_done(q, rtmp_queue_at(q, i));
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

static inline int
push(struct rtmp_queue *q, const struct rtmp_message *message,
    enum rtmp_send_kind kind, unsigned stream, struct rtmp_send_item **pushed)
{
	struct rtmp_send_item *item;
	int err;

	if (q->count == q->cap && queue_grow(q) != 0)
		return RTMP_ERR_NOMEM;
	item = &q->items[q->first];
	if (q->count != 0)
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
	*pushed = item;
	return 0;
}

int
rtmp_queue_push(struct rtmp_queue *q, const struct rtmp_message *message,
    enum rtmp_send_kind kind, unsigned stream, struct rtmp_send_item **pushed)
{
	return push(q, message, kind, stream, pushed);
}

RTMP_HOT int
rtmp_queue_push_iov(struct rtmp_queue *q, const struct rtmp_message *message,
    unsigned stream, struct iovec *iov, int max)
{
	struct rtmp_send_item *item;
	int err = push(q, message, RTMP_SEND_MEDIA, stream, &item);

	return err != 0 ? err : rtmp_queue_iov(q, iov, max);
}

RTMP_APART static int
iov_of_many(const struct rtmp_queue *q, struct iovec *iov, int max)
{
	size_t i, bytes;
	int n = 0;

	for (i = 0; i < q->count && n < max; i++) {
		const struct rtmp_send_item *item = rtmp_queue_at(q, i);

		n += rtmp_chunk_layout_iov(&item->layout, iov + n, max - n,
		    &bytes);
		if (bytes != item->layout.total - item->layout.done)
			break;
	}
	return n;
}

RTMP_HOT int
rtmp_queue_iov(const struct rtmp_queue *q, struct iovec *iov, int max)
{
	if (q->count == 1)
		return rtmp_chunk_layout_iov(&q->items[q->first].layout, iov,
		    max, NULL);
	return iov_of_many(q, iov, max);
}

RTMP_APART static void
sent_of_many(struct rtmp_queue *q, size_t size)
{
	while (q->count != 0) {
		struct rtmp_send_item *item = &q->items[q->first];
		size_t left = item->layout.total - item->layout.done;

		if (size < left) {
			rtmp_chunk_layout_advance(&item->layout, size);
			q->bytes -= size;
			return;
		}
		rtmp_queue_item_done(q, item);
		q->first = q->first + 1 < q->cap ? q->first + 1 : 0;
		q->count--;
		size -= left;
	}
}

RTMP_HOT void
rtmp_queue_sent(struct rtmp_queue *q, size_t size)
{
	if (q->count != 1 || size != q->bytes ||
	    q->items[q->first].owned != NULL ||
	    q->items[q->first].kind != RTMP_SEND_MEDIA) {
		sent_of_many(q, size);
		return;
	}
	/* The same place is in the cache for the next one. */
	q->count = 0;
	q->bytes = 0;
}
