/*
 * One connection.
 *
 *     HANDSHAKE -> CONNECTING -> CONNECTED -> CLOSING -> DEAD
 *                                    '------ failure ----^
 *
 * In:   handshake, chunks, then control messages here, commands in
 *       serve_command.c and media in serve_channel.c, in the order in which
 *       they came: a client may send everything behind C1 at once.
 * Out:  a queue of shared packets.  They are cut into chunks, without a copy,
 *       only when the socket takes them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "serve.h"

#define CSID_CONTROL 2
#define CSID_DATA 4
#define CSID_AUDIO 6
#define CSID_VIDEO 7
#define WINDOW_DEFAULT 2500000
#define IOV_COUNT 64

/* What a queued message counts beyond its payload. */
#define QUEUED_EXTRA \
	(sizeof(struct serve_queued) + sizeof(struct serve_packet))

static void
conn_set_state(struct serve_conn *c, enum serve_conn_state state)
{
	c->state = state;
	c->since = c->server->now;
}

/* 0, or -1 with io closed and nothing left. */
static int
conn_open(struct serve_conn *c, struct server *s, int fd)
{
	int is_rtmpe = s->handshake.kind == RTMP_HANDSHAKE_RTMPE;

	if (rtmp_tcp_adopt(&c->io, fd, NULL) != 0) {
		close(fd);
		return -1;
	}
	if (rtmp_chunk_reader_new(&c->reader, NULL, NULL) == 0 &&
	    rtmp_chunk_writer_new(&c->writer, NULL) == 0 &&
	    rtmp_handshake_server_with(&c->hs, (uint32_t)s->now, s->random,
		&s->handshake) == 0 &&
	    (!is_rtmpe || rtmp_rtmpe_wrap(&c->io, NULL) == 0))
		return 0;
	rtmp_chunk_reader_free(c->reader);
	rtmp_chunk_writer_free(c->writer);
	c->io.close(c->io.ctx);
	return -1;
}

struct serve_conn *
serve_conn_new(struct server *s, int fd, const char *peer)
{
	struct serve_conn *c = calloc(1, sizeof(*c));
	unsigned i;

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	if (conn_open(c, s, fd) != 0) {
		free(c);
		return NULL;
	}
	c->server = s;
	c->fd = fd;
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	c->window = WINDOW_DEFAULT;
	c->last = &c->first;
	c->heard = s->now;
	for (i = 0; i < SERVE_STREAMS_MAX; i++) {
		c->streams[i].conn = c;
		c->streams[i].msid = i + 1;
	}
	conn_set_state(c, SERVE_HANDSHAKE);
	return c;
}

static void
leave_all(struct serve_conn *c)
{
	unsigned i;

	for (i = 0; i < SERVE_STREAMS_MAX; i++)
		serve_leave(&c->streams[i]);
}

void
serve_conn_free(struct serve_conn *c)
{
	struct serve_queued *q;
	int i;

	leave_all(c);
	while ((q = c->first) != NULL) {
		c->first = q->next;
		serve_packet_unref(q->packet);
		free(q);
	}
	for (i = 0; i < c->batch; i++)
		serve_packet_unref(c->sending[i]);
	rtmp_chunk_reader_free(c->reader);
	rtmp_chunk_writer_free(c->writer);
	c->io.close(c->io.ctx);
	free(c);
}

void
serve_conn_fail(struct serve_conn *c, const char *why)
{
	if (c->state == SERVE_DEAD)
		return;
	serve_log(c->server, SERVE_NORMAL, "%s: dropped: %s", c->peer, why);
	conn_set_state(c, SERVE_DEAD);
}

void
serve_conn_close(struct serve_conn *c)
{
	if (c->state >= SERVE_CLOSING)
		return;
	leave_all(c);
	conn_set_state(c, SERVE_CLOSING);
}

void
serve_conn_refuse(struct serve_conn *c, const char *why)
{
	if (c->state >= SERVE_CLOSING)
		return;
	serve_log(c->server, SERVE_NORMAL, "%s: refused: %s", c->peer, why);
	serve_conn_close(c);
}

/* ---- Out ---- */

static void
conn_queue(struct serve_conn *c, uint32_t csid, uint32_t msid,
    struct serve_packet *p, uint32_t timestamp)
{
	struct serve_queued *q;

	if (c->state == SERVE_DEAD)
		return;
	if (c->queued != 0 &&
	    c->queued + p->size + QUEUED_EXTRA > c->server->queue_bytes) {
		serve_conn_fail(c, "too slow, its queue is full");
		return;
	}
	q = calloc(1, sizeof(*q));
	if (q == NULL) {
		serve_conn_fail(c, "out of memory");
		return;
	}
	q->packet = serve_packet_ref(p);
	q->csid = csid;
	q->msid = msid;
	q->timestamp = timestamp;
	c->queued += p->size + QUEUED_EXTRA;
	*c->last = q;
	c->last = &q->next;
}

void
serve_send_packet(struct serve_conn *c, uint32_t msid, struct serve_packet *p,
    uint32_t timestamp)
{
	uint32_t csid = CSID_DATA;

	if (p->type == RTMP_MSG_AUDIO)
		csid = CSID_AUDIO;
	else if (p->type == RTMP_MSG_VIDEO)
		csid = CSID_VIDEO;
	conn_queue(c, csid, msid, p, timestamp);
}

void
serve_send(struct serve_conn *c, uint32_t csid, uint32_t msid, uint8_t type,
    const uint8_t *data, size_t size)
{
	struct serve_packet *p = serve_packet_new(type, 0, data, size);

	if (p == NULL) {
		serve_conn_fail(c, "out of memory");
		return;
	}
	conn_queue(c, csid, msid, p, 0);
	serve_packet_unref(p);
}

void
serve_send_user_control(struct serve_conn *c, unsigned event, uint32_t value)
{
	uint8_t body[6] = { (uint8_t)(event >> 8), (uint8_t)event };

	serve_put_be32(body + 2, value);
	serve_send(c, CSID_CONTROL, 0, RTMP_MSG_USER_CONTROL, body,
	    sizeof(body));
}

/* Lays out queued messages until the batch is full. */
static void
fill_batch(struct serve_conn *c)
{
	struct serve_queued *q;
	struct rtmp_message msg;

	while (c->batch < SERVE_BATCH && (q = c->first) != NULL) {
		memset(&msg, 0, sizeof(msg));
		msg.csid = q->csid;
		msg.msid = q->msid;
		msg.type = q->packet->type;
		msg.timestamp = q->timestamp;
		msg.payload = q->packet->data;
		msg.size = q->packet->size;
		if (rtmp_chunk_write(c->writer, &msg,
			&c->layout[c->batch]) != 0) {
			serve_conn_fail(c, "out of memory");
			return;
		}
		/* In force behind the message that says so. */
		if (msg.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_writer_set_size(c->writer,
			    serve_be32(msg.payload));
		c->sending[c->batch++] = q->packet;
		c->first = q->next;
		if (c->first == NULL)
			c->last = &c->first;
		free(q);
	}
}

/* S0 and S1, then S2, as far as they have not left. */
static int
handshake_iov(struct serve_conn *c, struct iovec *iov)
{
	size_t size1, size2;
	const uint8_t *p1 = rtmp_handshake_packet1(&c->hs, &size1);
	const uint8_t *p2 = rtmp_handshake_packet2(&c->hs, &size2);
	int count = 0;

	if (p2 == NULL || c->hs_sent == size1 + size2)
		return 0;
	if (c->hs_sent < size1) {
		iov[count].iov_base = (void *)(uintptr_t)(p1 + c->hs_sent);
		iov[count++].iov_len = size1 - c->hs_sent;
		iov[count].iov_base = (void *)(uintptr_t)p2;
		iov[count++].iov_len = size2;
	} else {
		iov[count].iov_base =
		    (void *)(uintptr_t)(p2 + (c->hs_sent - size1));
		iov[count++].iov_len = size1 + size2 - c->hs_sent;
	}
	return count;
}

static int
chunks_iov(struct serve_conn *c, struct iovec *iov, int max)
{
	int i, count = 0;

	fill_batch(c);
	for (i = 0; i < c->batch && count < max; i++)
		count += rtmp_chunk_layout_iov(&c->layout[i], iov + count,
		    max - count, NULL);
	return count;
}

static void
chunks_sent(struct serve_conn *c, size_t size)
{
	struct rtmp_chunk_layout *l;
	size_t n;
	int i, done = 0;

	for (i = 0; i < c->batch && size > 0; i++) {
		l = &c->layout[i];
		n = l->total - l->done;
		if (n > size)
			n = size;
		rtmp_chunk_layout_advance(l, n);
		size -= n;
		if (l->done < l->total)
			break;
		c->queued -= c->sending[i]->size + QUEUED_EXTRA;
		serve_packet_unref(c->sending[i]);
		done++;
	}
	c->batch -= done;
	memmove(c->layout, c->layout + done,
	    (size_t)c->batch * sizeof(c->layout[0]));
	memmove(c->sending, c->sending + done,
	    (size_t)c->batch * sizeof(c->sending[0]));
}

int
serve_conn_wants_output(const struct serve_conn *c)
{
	size_t size1, size2;

	rtmp_handshake_packet1(&c->hs, &size1);
	if (rtmp_handshake_packet2(&c->hs, &size2) == NULL)
		return 0;
	return c->hs_sent < size1 + size2 || c->queued != 0;
}

/* Everything has left: an end of our side that a client can't miss, since
 * what it still sends is read and thrown away. */
static void
finish_closing(struct serve_conn *c)
{
	if (!c->shut) {
		c->io.shutdown(c->io.ctx);
		c->shut = 1;
	}
	if (c->peer_done)
		conn_set_state(c, SERVE_DEAD);
}

void
serve_conn_output(struct serve_conn *c)
{
	struct iovec iov[IOV_COUNT];
	int count, handshake, err;
	size_t n;

	while (c->state != SERVE_DEAD && serve_conn_wants_output(c)) {
		count = handshake_iov(c, iov);
		handshake = count != 0;
		if (!handshake)
			count = chunks_iov(c, iov, IOV_COUNT);
		if (c->state == SERVE_DEAD)
			return;
		err = c->io.writev(c->io.ctx, iov, count, &n);
		if (err != 0) {
			if (err != RTMP_ERR_AGAIN)
				serve_conn_fail(c, c->io.error(c->io.ctx));
			return;
		}
		if (handshake)
			c->hs_sent += n;
		else
			chunks_sent(c, n);
	}
	if (c->state == SERVE_CLOSING)
		finish_closing(c);
}

/* ---- In ---- */

struct serve_stream *
serve_stream_find(struct serve_conn *c, uint32_t msid)
{
	if (msid < 1 || msid > SERVE_STREAMS_MAX ||
	    c->streams[msid - 1].state == SERVE_STREAM_FREE)
		return NULL;
	return &c->streams[msid - 1];
}

static void
handle_user_control(struct serve_conn *c, const uint8_t *p, size_t size)
{
	unsigned event = size >= 2 ? (unsigned)p[0] << 8 | p[1] : 0;

	if (size >= 6 && event == 6)
		serve_send_user_control(c, 7, serve_be32(p + 2));
	else
		serve_log(c->server, SERVE_VERBOSE,
		    "%s: user control event %u", c->peer, event);
}

static void
handle_media(struct serve_conn *c, const struct rtmp_message *msg,
    uint8_t type, size_t skip)
{
	struct serve_stream *st = serve_stream_find(c, msg->msid);

	if (st != NULL && st->state == SERVE_STREAM_PUBLISHING)
		serve_publish_packet(st, type, msg->timestamp,
		    msg->payload + skip, msg->size - skip);
}

static void
handle_control(struct serve_conn *c, const struct rtmp_message *msg)
{
	uint32_t value;

	if (msg->size < 4)
		return;
	value = serve_be32(msg->payload);
	switch (msg->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
		if (rtmp_chunk_reader_set_size(c->reader, value) != 0)
			serve_conn_refuse(c,
			    rtmp_chunk_reader_error(c->reader));
		break;
	case RTMP_MSG_ABORT:
		rtmp_chunk_reader_abort(c->reader, value);
		break;
	case RTMP_MSG_WINDOW_ACK_SIZE:
		if (value != 0)
			c->window = value;
		break;
	default: /* Acknowledgement, Set Peer Bandwidth: nothing waits */
		break;
	}
}

/* The AMF3 types begin with one byte, 0, before values in AMF0. */
static void
handle_message(struct serve_conn *c, const struct rtmp_message *msg)
{
	size_t skip = msg->size > 0 && msg->payload[0] == 0 ? 1 : 0;

	switch (msg->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
	case RTMP_MSG_ABORT:
	case RTMP_MSG_ACKNOWLEDGEMENT:
	case RTMP_MSG_WINDOW_ACK_SIZE:
	case RTMP_MSG_SET_PEER_BANDWIDTH:
		handle_control(c, msg);
		break;
	case RTMP_MSG_USER_CONTROL:
		handle_user_control(c, msg->payload, msg->size);
		break;
	case RTMP_MSG_AUDIO:
	case RTMP_MSG_VIDEO:
	case RTMP_MSG_DATA_AMF0:
		handle_media(c, msg, msg->type, 0);
		break;
	case RTMP_MSG_DATA_AMF3:
		handle_media(c, msg, RTMP_MSG_DATA_AMF0, skip);
		break;
	case RTMP_MSG_COMMAND_AMF0:
		serve_command(c, msg->msid, msg->payload, msg->size);
		break;
	case RTMP_MSG_COMMAND_AMF3:
		serve_command(c, msg->msid, msg->payload + skip,
		    msg->size - skip);
		break;
	default:
		serve_log(c->server, SERVE_VERBOSE,
		    "%s: message of type %u ignored", c->peer, msg->type);
		break;
	}
}

static int
takes_messages(const struct serve_conn *c)
{
	return c->state == SERVE_CONNECTING || c->state == SERVE_CONNECTED;
}

static void
finish_handshake(struct serve_conn *c)
{
	static const char *const names[] = { "simple", "digest", "RTMPE" };
	uint8_t send[RTMP_RTMPE_KEY_SIZE], recv[RTMP_RTMPE_KEY_SIZE];
	int is_rtmpe = rtmp_handshake_rtmpe_keys(&c->hs, send, recv);

	if (c->server->handshake.kind == RTMP_HANDSHAKE_RTMPE)
		rtmp_rtmpe_set_keys(&c->io, is_rtmpe ? send : NULL,
		    is_rtmpe ? recv : NULL);
	serve_log(c->server, SERVE_VERBOSE, "%s: handshake: %s%s", c->peer,
	    names[rtmp_handshake_agreed(&c->hs)],
	    rtmp_handshake_echoed(&c->hs) ? "" : ", with another C2");
	conn_set_state(c, SERVE_CONNECTING);
}

static void
handle_bytes(struct serve_conn *c, const uint8_t *data, size_t size)
{
	struct rtmp_message msg;
	int r = 0;

	if (c->state == SERVE_HANDSHAKE) {
		r = rtmp_handshake_recv(&c->hs, &data, &size);
		if (r < 0)
			serve_conn_refuse(c, rtmp_handshake_error(&c->hs));
		if (r <= 0)
			return;
		finish_handshake(c);
	}
	while (takes_messages(c)) {
		r = rtmp_chunk_reader_next(c->reader, &data, &size, &msg);
		if (r != 1)
			break;
		handle_message(c, &msg);
	}
	if (r < 0)
		serve_conn_refuse(c, rtmp_chunk_reader_error(c->reader));
}

/* Section 5.4.3: counts all bytes received, modulo 2^32. */
static void
acknowledge(struct serve_conn *c)
{
	uint8_t body[4];

	if (!takes_messages(c) ||
	    c->received - c->acknowledged < c->window / 2)
		return;
	c->acknowledged = c->received;
	serve_put_be32(body, (uint32_t)c->received);
	serve_send(c, CSID_CONTROL, 0, RTMP_MSG_ACKNOWLEDGEMENT, body,
	    sizeof(body));
}

void
serve_conn_input(struct serve_conn *c)
{
	struct server *s = c->server;
	size_t n;
	int err = c->io.read(c->io.ctx, s->input, sizeof(s->input), &n);

	if (err == RTMP_ERR_AGAIN)
		return;
	c->heard = s->now;
	if (err == RTMP_ERR_EOF) {
		c->peer_done = 1;
		serve_conn_close(c);
		return;
	}
	if (err != 0) {
		serve_conn_fail(c, c->io.error(c->io.ctx));
		return;
	}
	c->received += n;
	handle_bytes(c, s->input, n);
	acknowledge(c);
}

void
serve_conn_tick(struct serve_conn *c)
{
	int64_t now = c->server->now;

	switch (c->state) {
	case SERVE_HANDSHAKE:
	case SERVE_CONNECTING:
		if (now - c->since > SERVE_CONNECT_MS)
			serve_conn_fail(c, "no connect command in time");
		break;
	case SERVE_CONNECTED:
		serve_redirect_tick(c);
		if (now - c->heard > SERVE_SILENT_MS)
			serve_conn_fail(c, "silent, did not answer a ping");
		else if (now - c->heard > SERVE_PING_MS &&
		    now - c->pinged > SERVE_PING_MS) {
			c->pinged = now;
			serve_send_user_control(c, 6, (uint32_t)now);
		}
		break;
	case SERVE_CLOSING:
		if (now - c->since > SERVE_LINGER_MS)
			conn_set_state(c, SERVE_DEAD);
		break;
	case SERVE_DEAD:
		break;
	}
}
