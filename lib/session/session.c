/*
 * A client connection, RTMP 1.0 section 7.2, without I/O.
 *
 *     we                                   the server
 *     C0 C1                        ->
 *                                  <-      S0 S1 S2
 *     C2, connect                  ->
 *                                  <-      Window Acknowledgement Size,
 *                                          Set Peer Bandwidth, _result
 *     Set Chunk Size,
 *     releaseStream, FCPublish,
 *     createStream                 ->
 *                                  <-      _result with a message stream id
 *     publish                      ->
 *                                  <-      onStatus NetStream.Publish.Start
 *     audio, video, data           ->
 *
 * rtmp_session_advance() is what sends the next step; the flight decides what
 * it waits for.
 */
#include <stdio.h>
#include <string.h>

#include "base/object.h"
#include "base/wire.h"
#include "session/internal.h"

#define CSID_CONTROL 2
#define CSID_COMMAND 3
#define TEXT_MAX 9216 /* the strings of a status */
#define PEER_WINDOW 2500000

/* ---- Life ---- */

static int
session_start(struct rtmp_session *s, const struct rtmp_session_config *c)
{
	struct rtmp_chunk_limits limits;
	int err;

	limits.message_size = c->limits.message_size;
	limits.partial_size = c->limits.partial_size;
	limits.chunk_streams = c->limits.chunk_streams;
	err = rtmp_queue_init(&s->queue, &s->mem);
	if (err == 0)
		err = rtmp_chunk_reader_new(&s->reader, &limits, &s->mem);
	if (err != 0)
		return err;
	s->tc_url = rtmp_mem_strdup(&s->mem, c->tc_url);
	if (c->subscribe != NULL) {
		s->subscribe = rtmp_mem_strdup(&s->mem, c->subscribe);
		if (s->subscribe == NULL)
			return RTMP_ERR_NOMEM;
	}
	s->connect = rtmp_command_build(&s->mem, "connect", 1,
	    rtmp_session_put_connect, c, &s->connect_size);
	if (s->tc_url == NULL || s->connect == NULL)
		return RTMP_ERR_NOMEM;
	err = rtmp_session_open(s, c);
	if (err == 0)
		err = rtmp_session_swf_take(s, c);
	return err != 0 ? err : rtmp_session_advance(s);
}

int
rtmp_session_new(struct rtmp_session **session,
    const struct rtmp_session_config *config)
{
	struct rtmp_session_config c;
	struct rtmp_session *s;
	int err = rtmp_session_config_take(&c, config);

	if (err != 0)
		return err;
	s = rtmp_object_new(c.mem, sizeof(*s));
	if (s == NULL)
		return RTMP_ERR_NOMEM;
	s->limits = c.limits;
	s->flight = c.flight;
	s->chunk_size = c.chunk_size;
	s->window_ack_size = c.window_ack_size;
	s->buffer_ms = c.buffer_ms;
	s->max_send_buffer = c.max_send_buffer;
	s->peer_window = PEER_WINDOW;
	s->next_msid = 1;
	s->capabilities.struct_size = sizeof(s->capabilities);
	rtmp_buf_init(&s->text, TEXT_MAX);
	err = session_start(s, &c);
	if (err != 0) {
		rtmp_session_free(s);
		return err;
	}
	*session = s;
	return 0;
}

void
rtmp_session_free(struct rtmp_session *s)
{
	struct rtmp_mem *mem;
	unsigned i;

	if (s == NULL)
		return;
	mem = &s->mem;
	rtmp_queue_free(&s->queue);
	rtmp_chunk_reader_free(s->reader);
	rtmp_mem_free(mem, s->handshake);
	rtmp_mem_free(mem, s->connect);
	rtmp_mem_free(mem, s->tc_url);
	rtmp_mem_free(mem, s->reconnect_url);
	rtmp_mem_free(mem, s->subscribe);
	for (i = 0; i < s->streams_cap; i++)
		rtmp_mem_free(mem, s->streams[i].name);
	rtmp_mem_free(mem, s->streams);
	rtmp_mem_free(mem, s->calls);
	rtmp_buf_free(&s->text, mem);
	rtmp_object_free(s);
}

/* ---- State ---- */

enum rtmp_session_state
rtmp_session_state(const struct rtmp_session *s)
{
	return s->state;
}

const char *
rtmp_session_reconnect_url(const struct rtmp_session *s)
{
	return s->reconnect_url;
}

const char *
rtmp_session_error(const struct rtmp_session *s)
{
	return s->error;
}

int
rtmp_session_fail(struct rtmp_session *s, int err, const char *words)
{
	if (s->err == 0) {
		s->err = err;
		snprintf(s->error, sizeof(s->error), "%s", words);
		rtmp_session_set_state(s, RTMP_SESSION_CLOSED);
	}
	return s->err;
}

int
rtmp_session_event(struct rtmp_session *s, enum rtmp_event_type type,
    unsigned stream)
{
	memset(&s->event, 0, sizeof(s->event));
	s->event.type = type;
	s->event.stream = stream;
	s->event.status.level = s->event.status.code =
	    s->event.status.description = s->event.status.redirect =
	    s->event.status.redirect2 = "";
	return RTMP_STEP_EVENT;
}

/* The connect command, once. */
static int
queue_connect(struct rtmp_session *s)
{
	uint8_t *body = s->connect;
	uint32_t transaction;
	int err;

	if (body == NULL)
		return 0;
	err = rtmp_session_add_call(s, RTMP_CALL_CONNECT, 0, &transaction);
	if (err != 0)
		return err;
	s->connect = NULL;
	return rtmp_session_send(s, NULL, RTMP_MSG_COMMAND_AMF0, body,
	    s->connect_size, RTMP_SEND_COMMAND);
}

int
rtmp_session_advance(struct rtmp_session *s)
{
	size_t i;
	int err;

	if (s->state == RTMP_SESSION_CLOSED)
		return 0;
	if (!s->handshake_done && s->flight != RTMP_FLIGHT_ZERO_RTT)
		return 0;
	err = queue_connect(s);
	if (s->handshake_done && s->state == RTMP_SESSION_HANDSHAKE)
		rtmp_session_set_state(s, RTMP_SESSION_CONNECTING);
	if (s->flight == RTMP_FLIGHT_STEPWISE &&
	    s->state != RTMP_SESSION_CONNECTED)
		return err;
	for (i = 0; i < s->streams_cap && err == 0; i++)
		if (s->streams[i].state == RTMP_STREAM_WAITING)
			err = rtmp_stream_create(s, &s->streams[i]);
	return err;
}

/* ---- Bytes in ---- */

/* Acknowledgement, section 5.4.3: at half of the window, since some servers
 * stop sending at a whole one; and once for all bytes that came together, of
 * which left were not taken yet. */
static int
session_acknowledge(struct rtmp_session *s, size_t left)
{
	uint64_t came = s->received + left;

	if (!s->handshake_done || came <= s->own_acknowledged ||
	    came - s->own_acknowledged < s->peer_window / 2)
		return 0;
	s->own_acknowledged = came;
	return rtmp_session_send_number(s, RTMP_MSG_ACKNOWLEDGEMENT,
	    (uint32_t)came, RTMP_SEND_ANSWER);
}

/* For what takes both, and writes only to what may be written to. */
static inline uint8_t *
writable(const uint8_t *p)
{
	return (uint8_t *)(uintptr_t)p;
}

/* What precedes messages, or is left of one: one step of it. */
static int
step_aside(struct rtmp_session *s, uint8_t **data, size_t *size)
{
	const uint8_t *p = *data;
	struct rtmp_message m;
	int r;

	if (s->is_held) {
		m = s->held;
		s->is_held = 0;
		return rtmp_session_on_message(s, &m);
	}
	if (s->aggregate.size != 0)
		return rtmp_session_next_of_aggregate(s);
	r = rtmp_session_shake(s, &p, size);
	*data = writable(p);
	return r;
}

static inline int
is_aside(const struct rtmp_session *s)
{
	return s->is_held || s->aggregate.size != 0 ||
	    !s->handshake_done;
}

/* need is NULL when all bytes are to be taken; else they may be written to. */
static inline int
next_message(struct rtmp_session *s, uint8_t **data, size_t *size,
    struct rtmp_message *m, size_t *need)
{
	const uint8_t *p = *data;
	int r;

	if (need != NULL)
		return rtmp_chunk_reader_next_in_place(s->reader, data, size,
		    m, need);
	r = rtmp_chunk_reader_next(s->reader, &p, size, m);
	*data = writable(p);
	return r;
}

/* One step: an event, 0 for more bytes, RTMP_STEP_NEXT, or an error. */
static inline int
step(struct rtmp_session *s, uint8_t **data, size_t *size, size_t *need)
{
	struct rtmp_message m;
	int r;

	if (is_aside(s))
		return step_aside(s, data, size);
	if (s->is_rtmpe && rtmp_session_check_keys(s, *data, *size) != 0)
		return s->err;
	r = next_message(s, data, size, &m, need);
	if (r == 0)
		return 0;
	if (r < 0)
		return rtmp_session_fail(s, r,
		    rtmp_chunk_reader_error(s->reader));
	if (m.type == RTMP_MSG_AUDIO || m.type == RTMP_MSG_VIDEO)
		return rtmp_session_on_more_media(s, &m);
	return rtmp_session_on_message(s, &m);
}

/* Behind the last step, which gave no event; size bytes are left. */
static int
recv_ended(struct rtmp_session *s, int r, size_t size)
{
	int err = r == 0 ? session_acknowledge(s, size) : r;

	return err < 0 ? rtmp_session_fail(s, err, rtmp_strerror(err)) : r;
}

RTMP_HOT static inline int
session_recv(struct rtmp_session *s, uint8_t **data, size_t *size,
    const struct rtmp_event **event, size_t *need)
{
	size_t before;
	int r;

	if (s->err != 0)
		return s->err;
	do {
		before = *size;
		r = step(s, data, size, need);
		s->received += before - *size;
	} while (r == RTMP_STEP_NEXT);
	*event = &s->event;
	return r == RTMP_STEP_EVENT ? r : recv_ended(s, r, *size);
}

RTMP_HOT int
rtmp_session_recv(struct rtmp_session *s, const uint8_t **data, size_t *size,
    const struct rtmp_event **event)
{
	uint8_t *p = writable(*data);
	int r = session_recv(s, &p, size, event, NULL);

	*data = p;
	return r;
}

RTMP_HOT int
rtmp_session_recv_in_place(struct rtmp_session *s, uint8_t **data,
    size_t *size, const struct rtmp_event **event, size_t *need)
{
	*need = 0;
	return session_recv(s, data, size, event, need);
}

/* What the server may have answered by closing, and why; else NULL. */
static const char *
close_meant(const struct rtmp_session *s, const char **why)
{
	unsigned i;

	*why = "unknown app";
	if (s->state == RTMP_SESSION_CONNECTING)
		return "connect";
	for (i = 0; i < s->streams_cap; i++) {
		const struct rtmp_stream *st = &s->streams[i];

		if (st->state != RTMP_STREAM_CREATING &&
		    st->state != RTMP_STREAM_STARTING)
			continue;
		*why = st->publishing ? "stream name in use" :
		    "no such stream";
		return st->publishing ? "publish" : "play";
	}
	return NULL;
}

int
rtmp_session_eof(struct rtmp_session *s, const struct rtmp_status **status)
{
	static const char words[] = "the server closed the connection in "
	    "answer to %s: %s, or not allowed?";
	const char *why, *meant = close_meant(s, &why);
	char text[sizeof(s->error)];

	if (status != NULL)
		*status = NULL;
	if (s->err != 0)
		return s->err;
	if (s->state == RTMP_SESSION_CLOSED)
		return 0;
	if (meant == NULL)
		return rtmp_session_fail(s, RTMP_ERR_EOF,
		    s->state == RTMP_SESSION_HANDSHAKE ?
		    "the server closed the connection during the handshake" :
		    "the server closed the connection");
	snprintf(text, sizeof(text), words, meant, why);
	rtmp_session_fail(s, RTMP_ERR_REJECTED, text);
	rtmp_session_event(s, RTMP_EVENT_REJECTED, 0);
	/* The end of the error, which stays. */
	rtmp_session_own_status(s, RTMP_STATUS_CLOSED, "error",
	    s->error + strlen("the server "));
	if (status != NULL)
		*status = &s->event.status;
	return RTMP_ERR_REJECTED;
}

/* ---- Bytes out ---- */

RTMP_HOT int
rtmp_session_send_iov(struct rtmp_session *s, struct iovec *iov, int max)
{
	int n, complete;

	if (s->handshake == NULL)
		return rtmp_queue_iov(&s->queue, iov, max);
	n = rtmp_session_opening_iov(s, iov, max, &complete);
	if (complete)
		n += rtmp_queue_iov(&s->queue, iov + n, max - n);
	return n;
}

RTMP_HOT int
rtmp_session_sent(struct rtmp_session *s, size_t size)
{
	s->sent += size;
	if (s->handshake != NULL)
		size = rtmp_session_opening_sent(s, size);
	if (size != 0)
		rtmp_queue_sent(&s->queue, size);
	return s->handshake != NULL || s->queue.count != 0;
}

int
rtmp_session_send(struct rtmp_session *s, const struct rtmp_stream *st,
    uint8_t type, uint8_t *body, size_t size, enum rtmp_send_kind kind)
{
	struct rtmp_message m;
	struct rtmp_send_item *item;
	unsigned stream = 0;
	int err;

	if (body == NULL)
		return RTMP_ERR_NOMEM;
	m.csid = type == RTMP_MSG_COMMAND_AMF0 ? CSID_COMMAND : CSID_CONTROL;
	m.msid = 0;
	if (st != NULL) {
		m.csid = rtmp_stream_csid(st, type);
		m.msid = st->msid;
		stream = st->number;
	}
	m.type = type;
	m.timestamp = 0;
	m.payload = body;
	m.size = size;
	err = rtmp_queue_push(&s->queue, &m, kind, stream, &item);
	if (err != 0) {
		rtmp_mem_free(&s->mem, body);
		return err;
	}
	item->owned = body;
	if (kind == RTMP_SEND_ANSWER &&
	    s->queue.answer_bytes > s->limits.answers)
		return rtmp_session_fail(s, RTMP_ERR_LIMIT,
		    "the server asks for more answers than it reads");
	return 0;
}

int
rtmp_session_send_control(struct rtmp_session *s, uint8_t type,
    const uint8_t *body, size_t size, enum rtmp_send_kind kind)
{
	uint8_t *copy = rtmp_mem_alloc(&s->mem, size);

	if (copy != NULL)
		memcpy(copy, body, size);
	return rtmp_session_send(s, NULL, type, copy, size, kind);
}

int
rtmp_session_send_number(struct rtmp_session *s, uint8_t type,
    uint32_t value, enum rtmp_send_kind kind)
{
	uint8_t body[4];

	rtmp_put_be32(body, value);
	return rtmp_session_send_control(s, type, body, sizeof(body), kind);
}

int
rtmp_session_send_user(struct rtmp_session *s,
    const struct rtmp_user_event *e, enum rtmp_send_kind kind)
{
	uint8_t body[RTMP_CONTROL_SIZE_MAX];

	return rtmp_session_send_control(s, RTMP_MSG_USER_CONTROL, body,
	    rtmp_control_put_user(body, e), kind);
}

/* The time is that of the stream whose packet is the oldest: each has its own
 * clock. */
static void
count_queued(const struct rtmp_queue *q, struct rtmp_session_stats *stats)
{
	uint32_t first = 0, ms;
	unsigned stream = 0;
	size_t i;

	for (i = 0; i < q->count; i++) {
		const struct rtmp_send_item *item = rtmp_queue_at(q, i);

		if (item->kind != RTMP_SEND_MEDIA)
			continue;
		if (stats->queued_packets++ == 0) {
			first = item->timestamp;
			stream = item->stream;
		}
		ms = item->timestamp - first;
		if (item->stream == stream && ms < UINT32_MAX / 2 &&
		    ms > stats->queued_ms)
			stats->queued_ms = ms;
	}
}

void
rtmp_session_get_stats(const struct rtmp_session *s,
    struct rtmp_session_stats *stats, size_t struct_size)
{
	struct rtmp_session_stats st;

	memset(&st, 0, sizeof(st));
	st.bytes_received = s->received;
	st.bytes_sent = s->sent;
	st.bytes_acknowledged = s->acknowledged;
	st.queued_bytes = s->queue.bytes;
	st.queued_bytes += rtmp_session_opening_left(s);
	count_queued(&s->queue, &st);
	memset(stats, 0, struct_size);
	memcpy(stats, &st, struct_size < sizeof(st) ? struct_size :
	    sizeof(st));
}
