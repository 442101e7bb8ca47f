/*
 * Packets on their way out.  Metadata goes out as
 *
 *     "@setDataFrame" "onMetaData" {...}
 *
 * which tells servers to keep it and hand it to players that come late.
 */
#include <string.h>

#include "session/internal.h"

/* An AMF0 string: marker 2, length 16 bits, letters. */
static const uint8_t set_data_frame[16] = { 2, 0, 13, '@', 's', 'e', 't', 'D',
	'a', 't', 'a', 'F', 'r', 'a', 'm', 'e' };
static const uint8_t on_meta_data[13] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't',
	'a', 'D', 'a', 't', 'a' };

static inline int
is_metadata(const struct rtmp_packet *p)
{
	return p->type == RTMP_MSG_DATA_AMF0 &&
	    p->size >= sizeof(on_meta_data) &&
	    memcmp(p->data, on_meta_data, sizeof(on_meta_data)) == 0;
}

static inline int
may_write(const struct rtmp_session *s, const struct rtmp_stream *st)
{
	if (st == NULL || !st->publishing ||
	    s->state == RTMP_SESSION_CLOSED)
		return 0;
	return st->state == RTMP_STREAM_PUBLISHING ||
	    (st->state == RTMP_STREAM_STARTING &&
		(s->flight == RTMP_FLIGHT_EAGER ||
		    s->flight == RTMP_FLIGHT_ZERO_RTT));
}

/* What becomes of a packet: its message, and the stream, which counts it once
 * it is queued.  Or NULL and *err. */
static inline struct rtmp_stream *
take_packet(const struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *p, struct rtmp_message *m, int *err)
{
	struct rtmp_stream *st = rtmp_stream_by_number(s, stream);

	*err = RTMP_ERR_STATE;
	if (!may_write(s, st))
		return NULL;
	*err = RTMP_ERR_INVAL;
	if (p->size > RTMP_MESSAGE_SIZE_MAX ||
	    (p->type != RTMP_MSG_AUDIO && p->type != RTMP_MSG_VIDEO &&
		p->type != RTMP_MSG_DATA_AMF0))
		return NULL;
	*err = RTMP_ERR_AGAIN;
	if (s->queue.count != 0 &&
	    (s->queue.bytes > s->max_send_buffer ||
		p->size > s->max_send_buffer - s->queue.bytes))
		return NULL;
	m->csid = rtmp_stream_csid(st, p->type);
	m->msid = st->msid;
	m->type = p->type;
	m->timestamp = p->timestamp;
	m->payload = p->data;
	m->size = p->size;
	return st;
}

/* *item is where the payload may be given an owner. */
static int
queue_packet(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *p, struct rtmp_send_item **item)
{
	struct rtmp_message m;
	struct rtmp_stream *st;
	int err;

	st = take_packet(s, stream, p, &m, &err);
	if (st == NULL)
		return err;
	err = rtmp_queue_push(&s->queue, &m, RTMP_SEND_MEDIA, stream, item);
	if (err == 0)
		st->written++;
	return err;
}

/* Copies prefix and data into a body that the queue then owns. */
static int
write_copy(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet, const uint8_t *prefix,
    size_t prefix_size)
{
	struct rtmp_packet p = *packet;
	struct rtmp_send_item *item;
	uint8_t *body;
	int err;

	if (p.size > RTMP_MESSAGE_SIZE_MAX - prefix_size)
		return RTMP_ERR_INVAL;
	body = rtmp_mem_alloc(&s->mem, prefix_size + p.size + 1);
	if (body == NULL)
		return RTMP_ERR_NOMEM;
	if (prefix_size != 0)
		memcpy(body, prefix, prefix_size);
	if (p.size != 0)
		memcpy(body + prefix_size, p.data, p.size);
	p.data = body;
	p.size += prefix_size;
	err = queue_packet(s, stream, &p, &item);
	if (err != 0) {
		rtmp_mem_free(&s->mem, body);
		return err;
	}
	item->owned = body;
	return 0;
}

int
rtmp_session_write(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet)
{
	return write_copy(s, stream, packet, set_data_frame,
	    is_metadata(packet) ? sizeof(set_data_frame) : 0);
}

int
rtmp_session_write_ref(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet, void (*release)(void *arg), void *arg)
{
	struct rtmp_send_hold *hold;
	struct rtmp_send_item *item;
	int err;

	if (is_metadata(packet)) {
		err = rtmp_session_write(s, stream, packet);
		if (err == 0 && release != NULL)
			release(arg);
		return err;
	}
	if (release == NULL)
		return queue_packet(s, stream, packet, &item);
	hold = rtmp_mem_alloc(&s->mem, sizeof(*hold));
	if (hold == NULL)
		return RTMP_ERR_NOMEM;
	hold->release = release;
	hold->arg = arg;
	err = queue_packet(s, stream, packet, &item);
	if (err != 0) {
		rtmp_mem_free(&s->mem, hold);
		return err;
	}
	item->owned = hold;
	item->is_held = 1;
	return 0;
}

RTMP_HOT int
rtmp_session_write_iov(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet, struct iovec *iov, int max)
{
	struct rtmp_message m;
	struct rtmp_stream *st;
	int n;

	if (is_metadata(packet) || s->handshake != NULL) {
		n = rtmp_session_write_ref(s, stream, packet, NULL, NULL);
		return n != 0 ? n : rtmp_session_send_iov(s, iov, max);
	}
	st = take_packet(s, stream, packet, &m, &n);
	if (st == NULL)
		return n;
	n = rtmp_queue_push_iov(&s->queue, &m, stream, iov, max);
	if (n >= 0)
		st->written++;
	return n;
}
