/*
 * What changes in the send queue before it has left: the message stream that
 * packets are for, when the server has named it or another takes its place.
 */
#include "session/queue.h"

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
			rtmp_queue_item_done(q, item);
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
