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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "session/control.h"
#include "session/internal.h"

#define TEXT_MAX 9216 /* the strings of a status */
#define PEER_WINDOW 2500000
#define HANDSHAKE_WHOLE (1 + 2 * (size_t)RTMP_HANDSHAKE_SIZE)

/* ---- Life ---- */

/* C1 needs bytes that differ, not secrets. */
static void
handshake_pattern(uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE])
{
	uint32_t x = 0x52544d50;
	size_t i;

	for (i = 0; i < RTMP_HANDSHAKE_RANDOM_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		random[i] = (uint8_t)(x >> 24);
	}
}

static int
session_start(struct rtmp_session *s, const struct rtmp_session_config *c)
{
	struct rtmp_handshake_options options;
	struct rtmp_chunk_limits limits;
	uint8_t pattern[RTMP_HANDSHAKE_RANDOM_SIZE];
	int err;

	memset(&limits, 0, sizeof(limits));
	limits.message_size = c->limits.message_size;
	limits.partial_size = c->limits.partial_size;
	limits.chunk_streams = c->limits.chunk_streams;
	err = rtmp_queue_init(&s->queue, &s->mem);
	if (err == 0)
		err = rtmp_chunk_reader_new(&s->reader, &limits, &s->mem);
	if (err != 0)
		return err;
	s->tc_url = rtmp_mem_strdup(&s->mem, c->tc_url);
	s->handshake = rtmp_mem_alloc(&s->mem, sizeof(*s->handshake));
	s->connect = rtmp_command_build(&s->mem, "connect", 1,
	    rtmp_session_put_connect, c, &s->connect_size);
	if (s->tc_url == NULL || s->handshake == NULL || s->connect == NULL)
		return RTMP_ERR_NOMEM;
	if (c->random == NULL)
		handshake_pattern(pattern);
	rtmp_handshake_options_init(&options, sizeof(options));
	options.kind = c->handshake;
	err = rtmp_handshake_client_with(s->handshake, c->epoch,
	    c->random != NULL ? c->random : pattern, &options);
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
	struct rtmp_mem mem;
	int err = rtmp_session_config_take(&c, config);

	if (err != 0)
		return err;
	mem = rtmp_mem_or_libc(c.mem);
	s = rtmp_mem_zalloc(&mem, sizeof(*s));
	if (s == NULL)
		return RTMP_ERR_NOMEM;
	s->mem = mem;
	s->limits = c.limits;
	s->flight = c.flight;
	s->chunk_size = c.chunk_size;
	s->window_ack_size = c.window_ack_size;
	s->buffer_ms = c.buffer_ms;
	s->max_send_buffer = c.max_send_buffer;
	s->peer_window = PEER_WINDOW;
	s->next_msid = 1;
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
	struct rtmp_mem mem;
	size_t i;

	if (s == NULL)
		return;
	mem = s->mem;
	rtmp_queue_free(&s->queue);
	rtmp_chunk_reader_free(s->reader);
	rtmp_mem_free(&mem, s->handshake);
	rtmp_mem_free(&mem, s->connect);
	rtmp_mem_free(&mem, s->tc_url);
	rtmp_mem_free(&mem, s->reconnect_url);
	rtmp_mem_free(&mem, s->capabilities);
	for (i = 0; i < s->streams_cap; i++)
		rtmp_mem_free(&mem, s->streams[i].name);
	rtmp_mem_free(&mem, s->streams);
	rtmp_mem_free(&mem, s->calls);
	rtmp_buf_free(&s->text, &mem);
	rtmp_mem_free(&mem, s);
}

/* ---- State ---- */

void
rtmp_session_set_state(struct rtmp_session *s, enum rtmp_session_state state)
{
	s->state = state;
}

void
rtmp_stream_set_state(struct rtmp_stream *st, enum rtmp_stream_state state)
{
	st->state = state;
}

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
rtmp_session_rtmpe_keys(const struct rtmp_session *s,
    uint8_t send[RTMP_RTMPE_KEY_SIZE], uint8_t recv[RTMP_RTMPE_KEY_SIZE])
{
	if (!s->is_rtmpe)
		return 0;
	memcpy(send, s->rtmpe_send, RTMP_RTMPE_KEY_SIZE);
	memcpy(recv, s->rtmpe_recv, RTMP_RTMPE_KEY_SIZE);
	return 1;
}

int
rtmp_session_fail(struct rtmp_session *s, int err, const char *format, ...)
{
	va_list args;

	if (s->err == 0) {
		s->err = err;
		va_start(args, format);
		vsnprintf(s->error, sizeof(s->error), format, args);
		va_end(args);
		rtmp_session_set_state(s, RTMP_SESSION_CLOSED);
	}
	return s->err;
}

int
rtmp_session_event(struct rtmp_session *s, enum rtmp_event_type type,
    unsigned stream)
{
	/* From packet to packet nothing else changes. */
	if (s->event.type == RTMP_EVENT_PACKET && type == s->event.type) {
		s->event.stream = stream;
		return RTMP_STEP_EVENT;
	}
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
	struct rtmp_message m;
	uint8_t *body = s->connect;
	uint32_t transaction;
	int err;

	if (body == NULL)
		return 0;
	err = rtmp_session_add_call(s, RTMP_CALL_CONNECT, 0, &transaction);
	if (err != 0)
		return err;
	memset(&m, 0, sizeof(m));
	m.csid = RTMP_CSID_COMMAND;
	m.type = RTMP_MSG_COMMAND_AMF0;
	m.size = s->connect_size;
	s->connect = NULL;
	return rtmp_session_send_owned(s, &m, body, RTMP_SEND_COMMAND, 0);
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
	uint8_t body[RTMP_CONTROL_SIZE_MAX];
	uint64_t came = s->received + left;

	if (!s->handshake_done || came <= s->own_acknowledged ||
	    came - s->own_acknowledged < s->peer_window / 2)
		return 0;
	s->own_acknowledged = came;
	return rtmp_session_send(s, RTMP_CSID_CONTROL,
	    RTMP_MSG_ACKNOWLEDGEMENT, body,
	    rtmp_control_put(body, (uint32_t)came), RTMP_SEND_ANSWER);
}

/* Frees its 3 KB once both sides are through. */
static void
handshake_release(struct rtmp_session *s)
{
	if (s->handshake_done && s->handshake_sent == HANDSHAKE_WHOLE) {
		rtmp_mem_free(&s->mem, s->handshake);
		s->handshake = NULL;
	}
}

static int
session_handshake(struct rtmp_session *s, const uint8_t **data, size_t *size)
{
	int r = rtmp_handshake_recv(s->handshake, data, size);

	if (r < 0)
		return rtmp_session_fail(s, r, "%s",
		    rtmp_handshake_error(s->handshake));
	s->is_rtmpe = rtmp_handshake_rtmpe_keys(s->handshake, s->rtmpe_send,
	    s->rtmpe_recv);
	if (r == 0)
		return 0;
	rtmp_session_swf_sign(s, rtmp_handshake_tail(s->handshake));
	s->handshake_done = 1;
	handshake_release(s);
	r = rtmp_session_advance(s);
	return r != 0 ? r : RTMP_STEP_NEXT;
}

/*
 * Whether the keys of RTMPE are the right ones shows in the first chunk: a
 * header of a message that a connection may begin with.
 *
 *     fmt, csid 1 | timestamp 3 | length 3 | type 1 | msid 4, little-endian
 *
 * fmt is 0 or, from librtmp, 1, which has no msid.
 */
static int
is_plausible(unsigned at, uint8_t byte)
{
	switch (at) {
	case 0:
		return byte < 128 && byte % 64 >= 2;
	case 7:
		return byte >= 1 && byte <= RTMP_MSG_AGGREGATE;
	case 4: /* 65,536 bytes */
	case 9:
	case 10:
	case 11:
		return byte == 0;
	default:
		return 1;
	}
}

static int
session_check_keys(struct rtmp_session *s, const uint8_t *data, size_t size)
{
	for (; size != 0 && s->header_seen <= s->header_size; size--, data++) {
		if (s->header_seen == 0)
			s->header_size = *data < 64 ? 11 : 7;
		if (!is_plausible(s->header_seen++, *data))
			return rtmp_session_fail(s, RTMP_ERR_HANDSHAKE,
			    "what follows the RTMPE handshake makes no "
			    "sense: the two sides have other keys");
	}
	return 0;
}

/* One step: an event, 0 for more bytes, RTMP_STEP_NEXT, or an error.  need is
 * NULL when all bytes are to be taken. */
static int
session_step(struct rtmp_session *s, const uint8_t **data, size_t *size,
    size_t *need)
{
	struct rtmp_message m;
	int r;

	if (s->is_held) {
		m = s->held;
		s->is_held = 0;
		return rtmp_session_on_message(s, &m);
	}
	if (s->aggregate.message.size != 0)
		return rtmp_session_next_of_aggregate(s);
	if (!s->handshake_done)
		return session_handshake(s, data, size);
	if (s->is_rtmpe && session_check_keys(s, *data, *size) != 0)
		return s->err;
	r = need == NULL ?
	    rtmp_chunk_reader_next(s->reader, data, size, &m) :
	    rtmp_chunk_reader_next_whole(s->reader, data, size, &m, need);
	if (r < 0)
		return rtmp_session_fail(s, r, "%s",
		    rtmp_chunk_reader_error(s->reader));
	return r == 0 ? 0 : rtmp_session_on_message(s, &m);
}

static int
session_recv(struct rtmp_session *s, const uint8_t **data, size_t *size,
    const struct rtmp_event **event, size_t *need)
{
	size_t before;
	int r, err;

	if (s->err != 0)
		return s->err;
	do {
		before = *size;
		r = session_step(s, data, size, need);
		s->received += before - *size;
	} while (r == RTMP_STEP_NEXT);
	err = r == 0 ? session_acknowledge(s, *size) : r;
	if (err < 0)
		return rtmp_session_fail(s, err, "%s", rtmp_strerror(err));
	*event = &s->event;
	return r;
}

int
rtmp_session_recv(struct rtmp_session *s, const uint8_t **data, size_t *size,
    const struct rtmp_event **event)
{
	return session_recv(s, data, size, event, NULL);
}

int
rtmp_session_recv_whole(struct rtmp_session *s, const uint8_t **data,
    size_t *size, const struct rtmp_event **event, size_t *need)
{
	*need = 0;
	return session_recv(s, data, size, event, need);
}

/* What the server may have meant by closing. */
static const char *
close_meant(const struct rtmp_session *s)
{
	size_t i;

	if (s->state == RTMP_SESSION_CONNECTING)
		return "closed the connection in answer to connect: "
		       "unknown app, or not allowed?";
	for (i = 0; i < s->streams_cap; i++) {
		const struct rtmp_stream *st = &s->streams[i];

		if (st->state != RTMP_STREAM_CREATING &&
		    st->state != RTMP_STREAM_STARTING)
			continue;
		return st->publishing ?
		    "closed the connection in answer to publish: stream name "
		    "in use, or not allowed?" :
		    "closed the connection in answer to play: no such stream, "
		    "or not allowed?";
	}
	return NULL;
}

int
rtmp_session_eof(struct rtmp_session *s, const struct rtmp_status **status)
{
	const char *meant = close_meant(s);
	int err;

	if (s->err != 0)
		return s->err;
	if (s->state == RTMP_SESSION_CLOSED)
		return 0;
	if (meant == NULL)
		return rtmp_session_fail(s, RTMP_ERR_EOF,
		    s->state == RTMP_SESSION_HANDSHAKE ?
		    "the server closed the connection during the handshake" :
		    "the server closed the connection");
	rtmp_session_event(s, RTMP_EVENT_REJECTED, 0);
	err = rtmp_session_own_status(s, RTMP_STATUS_CLOSED, "error", "",
	    meant);
	if (err != 0)
		return rtmp_session_fail(s, err, "%s", rtmp_strerror(err));
	if (status != NULL)
		*status = &s->event.status;
	return rtmp_session_fail(s, RTMP_ERR_REJECTED, "the server %s",
	    meant);
}

/* ---- Bytes out ---- */

/* The i-th packet of the handshake, or NULL when it is not to be sent yet.
 * The early C2 of ZERO_RTT is C1 again, which is what it would be to a server
 * whose S1 copies C1, as that of nginx-rtmp does. */
static const uint8_t *
handshake_packet(const struct rtmp_session *s, int i, size_t *size)
{
	const uint8_t *p;

	if (i == 0)
		return rtmp_handshake_packet1(s->handshake, size);
	if (s->flight != RTMP_FLIGHT_ZERO_RTT)
		return rtmp_handshake_packet2(s->handshake, size);
	p = rtmp_handshake_packet1(s->handshake, size);
	*size = RTMP_HANDSHAKE_SIZE;
	return p + 1;
}

/* What is left of the handshake; *complete when messages may follow. */
static int
handshake_iov(const struct rtmp_session *s, struct iovec *iov, int max,
    int *complete)
{
	size_t done = s->handshake_sent, size = 0;
	int i, n = 0;

	for (i = 0; i < 2; i++) {
		const uint8_t *p = handshake_packet(s, i, &size);

		if (p == NULL || n == max) {
			*complete = 0;
			return n;
		}
		if (done < size) {
			/* writev() takes what it only reads as void *. */
			iov[n].iov_base = (void *)(uintptr_t)(p + done);
			iov[n].iov_len = size - done;
			n++;
		}
		done -= done < size ? done : size;
	}
	*complete = 1;
	return n;
}

int
rtmp_session_send_iov(struct rtmp_session *s, struct iovec *iov, int max)
{
	int n = 0, complete = 1;

	if (s->handshake != NULL)
		n = handshake_iov(s, iov, max, &complete);
	if (complete)
		n += rtmp_queue_iov(&s->queue, iov + n, max - n);
	return n;
}

void
rtmp_session_sent(struct rtmp_session *s, size_t size)
{
	size_t n;

	s->sent += size;
	if (s->handshake != NULL) {
		n = HANDSHAKE_WHOLE - s->handshake_sent;
		if (n > size)
			n = size;
		s->handshake_sent += n;
		size -= n;
		handshake_release(s);
	}
	if (size != 0)
		rtmp_queue_sent(&s->queue, size);
}

int
rtmp_session_send_owned(struct rtmp_session *s,
    const struct rtmp_message *message, uint8_t *body,
    enum rtmp_send_kind kind, unsigned stream)
{
	struct rtmp_message m = *message;
	struct rtmp_send_item *item;
	int err;

	if (body == NULL)
		return RTMP_ERR_NOMEM;
	m.payload = body;
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
rtmp_session_send(struct rtmp_session *s, uint32_t csid, uint8_t type,
    const uint8_t *body, size_t size, enum rtmp_send_kind kind)
{
	struct rtmp_message m;
	uint8_t *copy = rtmp_mem_alloc(&s->mem, size);

	if (copy == NULL)
		return RTMP_ERR_NOMEM;
	memcpy(copy, body, size);
	memset(&m, 0, sizeof(m));
	m.csid = csid;
	m.type = type;
	m.size = size;
	return rtmp_session_send_owned(s, &m, copy, kind, 0);
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
	if (s->handshake != NULL)
		st.queued_bytes += HANDSHAKE_WHOLE - s->handshake_sent;
	count_queued(&s->queue, &st);
	memset(stats, 0, struct_size);
	memcpy(stats, &st, struct_size < sizeof(st) ? struct_size :
	    sizeof(st));
}
