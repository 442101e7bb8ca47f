/*
 * Message streams: publish, play and their kin, RTMP 1.0 section 7.2.2.
 *
 * Each stream has four chunk streams, so that headers stay short although
 * kinds of messages take turns, all below 32, which is where nginx-rtmp hangs
 * up.
 */
#include <string.h>

#include "base/words.h"
#include "session/internal.h"

RTMP_HOT uint32_t
rtmp_stream_csid(const struct rtmp_stream *st, uint8_t type)
{
	uint32_t first = 4 + 4 * ((st->number - 1) % 7);

	switch (type) {
	case RTMP_MSG_AUDIO:
		return first;
	case RTMP_MSG_DATA_AMF0:
		return first + 1;
	case RTMP_MSG_VIDEO:
		return first + 2;
	default:
		return first + 3;
	}
}

/* ---- The table ---- */

int
rtmp_stream_is_open(const struct rtmp_stream *st)
{
	return st->state != RTMP_STREAM_NONE &&
	    st->state != RTMP_STREAM_ENDED;
}

RTMP_HOT struct rtmp_stream *
rtmp_stream_by_number(const struct rtmp_session *s, unsigned number)
{
	size_t i;

	for (i = 0; i < s->streams_cap; i++)
		if (s->streams[i].number == number && number != 0)
			return &s->streams[i];
	return NULL;
}

struct rtmp_stream *
rtmp_stream_by_msid(const struct rtmp_session *s, uint32_t msid)
{
	size_t i;

	for (i = 0; i < s->streams_cap; i++) {
		struct rtmp_stream *st = &s->streams[i];

		if (rtmp_stream_is_open(st) && st->msid == msid &&
		    st->state > RTMP_STREAM_CREATING)
			return st;
	}
	return NULL;
}

struct rtmp_stream *
rtmp_stream_only(const struct rtmp_session *s)
{
	struct rtmp_stream *only = NULL;
	size_t i;

	for (i = 0; i < s->streams_cap; i++) {
		if (!rtmp_stream_is_open(&s->streams[i]))
			continue;
		if (only != NULL)
			return NULL;
		only = &s->streams[i];
	}
	return only;
}

struct rtmp_stream *
rtmp_stream_meant(const struct rtmp_session *s, uint32_t msid)
{
	struct rtmp_stream *st = rtmp_stream_by_msid(s, msid);

	/* Where a stream has come and gone another id may be its echo. */
	if (st == NULL && (msid == 0 || s->last_stream == 1))
		st = rtmp_stream_only(s);
	return st;
}

enum rtmp_stream_state
rtmp_stream_state(const struct rtmp_session *s, unsigned stream)
{
	const struct rtmp_stream *st = rtmp_stream_by_number(s, stream);

	return st != NULL ? st->state : RTMP_STREAM_NONE;
}

uint32_t
rtmp_stream_msid(const struct rtmp_session *s, unsigned stream)
{
	const struct rtmp_stream *st = rtmp_stream_by_number(s, stream);

	return st != NULL ? st->msid : 0;
}

/* A slot for a new stream: one never used, or the oldest that has ended. */
static int
stream_slot(struct rtmp_session *s, struct rtmp_stream **slot)
{
	struct rtmp_stream *streams;
	unsigned i, cap = s->streams_cap;

	*slot = NULL;
	for (i = 0; i < cap; i++) {
		struct rtmp_stream *st = &s->streams[i];

		if (!rtmp_stream_is_open(st) &&
		    (*slot == NULL || st->number < (*slot)->number))
			*slot = st;
	}
	if (*slot != NULL)
		return 0;
	if (cap >= s->limits.streams)
		return RTMP_ERR_LIMIT;
	streams = rtmp_mem_realloc_array(&s->mem, s->streams, cap + 1,
	    sizeof(*streams));
	if (streams == NULL)
		return RTMP_ERR_NOMEM;
	memset(&streams[cap], 0, sizeof(*streams));
	s->streams = streams;
	s->streams_cap = cap + 1;
	*slot = &streams[cap];
	return 0;
}

static int
stream_open(struct rtmp_session *s, const char *name,
    struct rtmp_stream **stream)
{
	struct rtmp_stream *st;
	char *copy;
	int err;

	if (name == NULL || strlen(name) > UINT16_MAX)
		return RTMP_ERR_INVAL;
	if (s->state == RTMP_SESSION_CLOSED)
		return RTMP_ERR_STATE;
	/* Streams opened and closed, while createStream is not answered. */
	if (s->calls_count >= s->limits.calls)
		return RTMP_ERR_LIMIT;
	err = stream_slot(s, &st);
	if (err != 0)
		return err;
	copy = rtmp_mem_strdup(&s->mem, name);
	if (copy == NULL)
		return RTMP_ERR_NOMEM;
	rtmp_mem_free(&s->mem, st->name);
	memset(st, 0, sizeof(*st));
	st->number = ++s->last_stream;
	st->name = copy;
	rtmp_stream_set_state(st, RTMP_STREAM_WAITING);
	*stream = st;
	return 0;
}

/* ---- Commands ---- */

int
rtmp_session_add_call(struct rtmp_session *s, enum rtmp_call_kind kind,
    unsigned stream, uint32_t *transaction)
{
	struct rtmp_call *call;

	if (kind == RTMP_CALL_USER && s->calls_count >= s->limits.calls)
		return RTMP_ERR_LIMIT;
	call = rtmp_mem_realloc_array(&s->mem, s->calls, s->calls_count + 1,
	    sizeof(*call));
	if (call == NULL)
		return RTMP_ERR_NOMEM;
	s->calls = call;
	call += s->calls_count++;
	call->transaction = *transaction = ++s->last_transaction;
	call->kind = kind;
	call->stream = stream;
	return 0;
}

int
rtmp_session_command(struct rtmp_session *s, const struct rtmp_stream *st,
    enum rtmp_send_kind kind, const char *name, double transaction,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg)
{
	size_t size = 0;
	uint8_t *body = rtmp_command_build(&s->mem, name, transaction, put,
	    arg, &size);

	return rtmp_session_send(s, st, RTMP_MSG_COMMAND_AMF0, body, size,
	    kind);
}

/* The same on the connection, with a transaction that nobody waits for. */
static int
send_request(struct rtmp_session *s, const char *name, const char *arg)
{
	return rtmp_session_command(s, NULL, RTMP_SEND_COMMAND, name,
	    ++s->last_transaction, rtmp_put_string, arg);
}

static void
put_publish(struct rtmp_amf0_writer *w, const void *arg)
{
	const struct rtmp_stream *st = arg;

	rtmp_amf0_put_null(w);
	rtmp_amf0_put_string(w, st->name);
	rtmp_amf0_put_string(w, st->type);
}

/* Only the arguments that differ from what their absence means, and those
 * before them. */
static void
put_play(struct rtmp_amf0_writer *w, const void *arg)
{
	const struct rtmp_stream *st = arg;

	rtmp_amf0_put_null(w);
	rtmp_amf0_put_string(w, st->name);
	rtmp_amf0_put_number(w, st->start);
	if (st->duration >= 0 || !st->reset)
		rtmp_amf0_put_number(w, st->duration);
	if (!st->reset)
		rtmp_amf0_put_boolean(w, 0);
}

int
rtmp_session_buffer_length(struct rtmp_session *s,
    const struct rtmp_stream *st, uint32_t ms)
{
	struct rtmp_user_event e;

	e.event = RTMP_CONTROL_SET_BUFFER_LENGTH;
	e.count = 2;
	e.args[0] = st->msid;
	e.args[1] = ms;
	return rtmp_session_send_user(s, &e, RTMP_SEND_COMMAND);
}

/* publish, or play: what follows createStream. */
static int
stream_start(struct rtmp_session *s, struct rtmp_stream *st)
{
	int err;

	rtmp_stream_set_state(st, RTMP_STREAM_STARTING);
	err = rtmp_session_command(s, st, RTMP_SEND_START,
	    st->publishing ? "publish" : "play", ++s->last_transaction,
	    st->publishing ? put_publish : put_play, st);
	if (err != 0)
		return err;
	return st->publishing ? 0 :
	    rtmp_session_buffer_length(s, st, s->buffer_ms);
}

int
rtmp_session_send_window(struct rtmp_session *s, uint32_t window,
    enum rtmp_send_kind kind)
{
	if (window == s->last_window)
		return 0;
	s->last_window = window;
	return rtmp_session_send_number(s, RTMP_MSG_WINDOW_ACK_SIZE, window,
	    kind);
}

/* What precedes createStream, and the first stream of its kind. */

static int
prepare_publish(struct rtmp_session *s, const struct rtmp_stream *st)
{
	uint32_t size = s->chunk_size;
	int err = 0;

	s->chunk_size = 0;
	if (size != 0) {
		err = rtmp_session_send_number(s, RTMP_MSG_SET_CHUNK_SIZE,
		    size, RTMP_SEND_COMMAND);
		if (err == 0)
			err = rtmp_chunk_writer_set_size(s->queue.writer,
			    size);
	}
	if (err == 0)
		err = send_request(s, "releaseStream", st->name);
	return err != 0 ? err : send_request(s, "FCPublish", st->name);
}

static int
prepare_play(struct rtmp_session *s)
{
	uint32_t window = s->window_ack_size;

	s->window_ack_size = 0;
	return window != 0 ?
	    rtmp_session_send_window(s, window, RTMP_SEND_COMMAND) : 0;
}

int
rtmp_stream_create(struct rtmp_session *s, struct rtmp_stream *st)
{
	uint32_t transaction;
	int err = st->publishing ? prepare_publish(s, st) : prepare_play(s);

	if (err == 0)
		err = rtmp_session_add_call(s, RTMP_CALL_CREATE, st->number,
		    &transaction);
	if (err == 0)
		err = rtmp_session_command(s, NULL, RTMP_SEND_COMMAND,
		    "createStream", transaction, rtmp_put_null, NULL);
	if (err == 0 && !st->publishing && s->subscribe != NULL)
		err = send_request(s, "FCSubscribe",
		    *s->subscribe != '\0' ? s->subscribe : st->name);
	if (err != 0)
		return err;
	rtmp_stream_set_state(st, RTMP_STREAM_CREATING);
	if (s->flight == RTMP_FLIGHT_STEPWISE)
		return 0;
	st->msid = s->next_msid++;
	st->msid_assumed = 1;
	return stream_start(s, st);
}

/* How many messages of this kind and stream have not begun to leave. */
static uint32_t
count_queued(const struct rtmp_session *s, const struct rtmp_stream *st,
    enum rtmp_send_kind kind)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < s->queue.count; i++) {
		const struct rtmp_send_item *item = rtmp_queue_at(&s->queue,
		    i);

		if (item->stream == st->number && item->layout.done == 0 &&
		    item->kind == kind)
			n++;
	}
	return n;
}

/* The flight assumed another id: what is queued changes over, and when the
 * publish or play command has left already it is sent again, first. */
static int
stream_correct(struct rtmp_session *s, struct rtmp_stream *st, uint32_t msid)
{
	uint32_t queued = count_queued(s, st, RTMP_SEND_START);
	int err = 0;

	st->lost = st->written - count_queued(s, st, RTMP_SEND_MEDIA);
	st->msid = msid;
	if (queued == 0) {
		err = stream_start(s, st);
		if (err != 0)
			return err;
		rtmp_queue_last_to_front(&s->queue);
		if (!st->publishing)
			rtmp_queue_last_to_front(&s->queue);
	} else if (!st->publishing) {
		/* The one that is queued names the other id. */
		err = rtmp_session_buffer_length(s, st, s->buffer_ms);
	}
	rtmp_queue_readdress(&s->queue, st->number, msid, 0);
	return err;
}

static int
send_delete(struct rtmp_session *s, uint32_t id)
{
	double msid = id;

	return rtmp_session_command(s, NULL, RTMP_SEND_COMMAND,
	    "deleteStream", ++s->last_transaction, rtmp_put_number, &msid);
}

int
rtmp_stream_created(struct rtmp_session *s, struct rtmp_stream *st,
    uint32_t msid)
{
	int assumed;

	if (msid >= s->next_msid && msid != UINT32_MAX)
		s->next_msid = msid + 1;
	if (st == NULL)
		return send_delete(s, msid);
	assumed = st->msid_assumed;
	st->msid_assumed = 0;
	if (assumed && st->msid == msid)
		return 0;
	if (st->state == RTMP_STREAM_ENDED) {
		st->msid = msid;
		return send_delete(s, msid);
	}
	if (assumed)
		return stream_correct(s, st, msid);
	st->msid = msid;
	return stream_start(s, st);
}

void
rtmp_stream_end(struct rtmp_session *s, struct rtmp_stream *st)
{
	rtmp_stream_set_state(st, RTMP_STREAM_ENDED);
	rtmp_queue_readdress(&s->queue, st->number, st->msid, 1);
}

/* ---- Calls of the application ---- */

static int
publish_or_play(struct rtmp_session *s)
{
	int err = rtmp_session_advance(s);

	return err != 0 ? rtmp_session_fail(s, err, rtmp_strerror(err)) : 0;
}

int
rtmp_session_publish(struct rtmp_session *s, const char *name,
    const char *type, unsigned *stream)
{
	static const char types[] = "live\0" "record\0" "append\0";
	struct rtmp_stream *st;
	int err, number = 0;

	if (type != NULL)
		number = rtmp_word_find(types, type, strlen(type));
	if (number < 0)
		return RTMP_ERR_INVAL;
	err = stream_open(s, name, &st);
	if (err != 0)
		return err;
	st->publishing = 1;
	st->type = rtmp_word(types, (size_t)number);
	*stream = st->number;
	return publish_or_play(s);
}

int
rtmp_session_play(struct rtmp_session *s, const char *name, double start,
    double duration, int reset, unsigned *stream)
{
	struct rtmp_stream *st;
	int err = stream_open(s, name, &st);

	if (err != 0)
		return err;
	st->start = start;
	st->duration = duration;
	st->reset = reset;
	*stream = st->number;
	return publish_or_play(s);
}

/* ---- The end ---- */

int
rtmp_session_close_stream(struct rtmp_session *s, unsigned stream)
{
	struct rtmp_stream *st = rtmp_stream_by_number(s, stream);
	int err = 0;

	if (st == NULL || !rtmp_stream_is_open(st))
		return RTMP_ERR_STATE;
	if (st->state == RTMP_STREAM_WAITING ||
	    st->state == RTMP_STREAM_CREATING) {
		/* Not begun: deleted when createStream is answered. */
		rtmp_stream_set_state(st, RTMP_STREAM_ENDED);
		return 0;
	}
	rtmp_stream_set_state(st, RTMP_STREAM_ENDED);
	if (st->publishing)
		err = send_request(s, "FCUnpublish", st->name);
	if (err == 0)
		err = rtmp_session_command(s, st, RTMP_SEND_COMMAND,
		    "closeStream", 0, rtmp_put_null, NULL);
	return err != 0 ? err : send_delete(s, st->msid);
}

int
rtmp_session_close(struct rtmp_session *s)
{
	size_t i;
	int err = 0;

	if (s->state == RTMP_SESSION_CLOSED)
		return 0;
	for (i = 0; i < s->streams_cap && err == 0; i++)
		if (rtmp_stream_is_open(&s->streams[i]))
			err = rtmp_session_close_stream(s,
			    s->streams[i].number);
	rtmp_session_set_state(s, RTMP_SESSION_CLOSED);
	return err;
}
