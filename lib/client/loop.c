/*
 * The loop below every blocking call: what the session wants to send goes to
 * the transport, what the transport brings goes to the session, and what can
 * move neither way waits, up to the deadline.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/internal.h"

#define IOV_PIECES 256	  /* of one writev(): a key frame of 512 KB at 4096 */
#define HANDSHAKE_SIZE 3073
#define WAIT_SLICE_MS 100 /* for a transport that rtmp_cancel() cannot wake */

/* ---- Time ---- */

static int64_t
read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
rtmp_client_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
rtmp_client_tick(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
	return read_clock(CLOCK_MONOTONIC_COARSE);
#else
	return read_clock(CLOCK_MONOTONIC);
#endif
}

int64_t
rtmp_client_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? RTMP_NO_DEADLINE :
	    rtmp_client_now() + timeout_ms;
}

/* ---- Failures ---- */

/* Keys of RTMPE that differ show in the first chunk, or in a server that
 * hangs up on ours. */
static void
note_unheard(struct rtmp *r, int err)
{
	uint8_t key[RTMP_RTMPE_KEY_SIZE];
	struct rtmp_session_stats stats;

	if (r->session == NULL ||
	    !rtmp_session_rtmpe_keys(r->session, key, key))
		return;
	rtmp_session_get_stats(r->session, &stats, sizeof(stats));
	r->is_unheard = err == RTMP_ERR_HANDSHAKE ||
	    (stats.bytes_received == HANDSHAKE_SIZE &&
	    err != RTMP_ERR_NOMEM);
}

int
rtmp_client_fail(struct rtmp *r, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->detail, sizeof(r->detail), format, args);
	va_end(args);
	if (rtmp_is_fatal(err)) {
		note_unheard(r, err);
		rtmp_client_drop(r);
	}
	return err;
}

void
rtmp_client_drop(struct rtmp *r)
{
	if (r->session == NULL)
		return;
	rtmp_session_free(r->session);
	r->session = NULL;
	if (r->io.close != NULL)
		r->io.close(r->io.ctx);
	r->stream = 0;
	r->role = RTMP_ROLE_NONE;
	r->frames_stale = 1;
	rtmp_input_clear(r);
}

/* What the call was waiting for, for messages. */
static const char *
awaited(const struct rtmp *r)
{
	if (r->session == NULL)
		return "the connection";
	switch (rtmp_session_state(r->session)) {
	case RTMP_SESSION_HANDSHAKE:
		return "the handshake";
	case RTMP_SESSION_CONNECTING:
		return "the answer to connect";
	case RTMP_SESSION_CLOSED:
		return "the end of the connection";
	default:
		break;
	}
	switch (rtmp_stream_state(r->session, r->stream)) {
	case RTMP_STREAM_WAITING:
	case RTMP_STREAM_CREATING:
		return "the answer to createStream";
	case RTMP_STREAM_STARTING:
		return r->role == RTMP_ROLE_PUBLISHER ?
		    "the answer to publish" : "the answer to play";
	case RTMP_STREAM_PUBLISHING:
		return "the server to read";
	default:
		return "the server to send";
	}
}

static int
fail_io(struct rtmp *r, int err)
{
	const char *words = r->io.error != NULL ? r->io.error(r->io.ctx) : "";

	return rtmp_client_fail(r, err, "%s%s%s, while waiting for %s",
	    rtmp_strerror(err), words[0] != '\0' ? ": " : "", words,
	    awaited(r));
}

/* TIMEOUT and CANCELED: the caller decides what becomes of the connection. */
static int
fail_wait(struct rtmp *r, int err)
{
	snprintf(r->detail, sizeof(r->detail), "%s while waiting for %s",
	    rtmp_strerror(err), awaited(r));
	return err;
}

/* The session's words must be taken before it goes. */
static int
fail_session(struct rtmp *r, int err)
{
	char words[256];

	snprintf(words, sizeof(words), "%s", rtmp_session_error(r->session));
	if (words[0] == '\0')
		return rtmp_client_fail(r, err, "%s", rtmp_strerror(err));
	if (err == RTMP_ERR_REJECTED || err == RTMP_ERR_EOF)
		return rtmp_client_fail(r, err, "%s", words);
	return rtmp_client_fail(r, err, "%s: %s", rtmp_strerror(err), words);
}

/* ---- Events ---- */

/* Keeps the server's words beyond the life of the event. */
static int
keep_status(struct rtmp *r, const struct rtmp_status *s)
{
	size_t level = strlen(s->level) + 1, code = strlen(s->code) + 1;
	size_t description = strlen(s->description) + 1;
	size_t redirect = strlen(s->redirect) + 1;
	size_t redirect2 = strlen(s->redirect2) + 1;
	struct rtmp_buf *b = &r->status_text;

	r->has_status = 0;
	b->size = 0;
	if (rtmp_buf_append(b, &r->mem, s->level, level) != 0 ||
	    rtmp_buf_append(b, &r->mem, s->code, code) != 0 ||
	    rtmp_buf_append(b, &r->mem, s->description, description) != 0 ||
	    rtmp_buf_append(b, &r->mem, s->redirect, redirect) != 0 ||
	    rtmp_buf_append(b, &r->mem, s->redirect2, redirect2) != 0 ||
	    rtmp_buf_append(b, &r->mem, s->amf0, s->amf0_size) != 0)
		return rtmp_client_fail(r, RTMP_ERR_NOMEM, "%s",
		    rtmp_strerror(RTMP_ERR_NOMEM));
	r->status = *s;
	r->status.level = (const char *)b->data;
	r->status.code = r->status.level + level;
	r->status.description = r->status.code + code;
	r->status.redirect = r->status.description + description;
	r->status.redirect2 = r->status.redirect + redirect;
	r->status.amf0 = (const uint8_t *)r->status.redirect2 + redirect2;
	r->has_status = 1;
	return 0;
}

static int write_some(struct rtmp *r);

static int
fail_rejected(struct rtmp *r, const struct rtmp_status *s)
{
	const char *colon = s->code[0] != '\0' && s->description[0] != '\0' ?
	    ": " : "";

	/* The session's thanks for a redirect, which SRS waits for. */
	if (s->kind == RTMP_STATUS_REDIRECT)
		write_some(r);
	if (s->code[0] == '\0' && s->description[0] == '\0')
		return rtmp_client_fail(r, RTMP_ERR_REJECTED,
		    "rejected by the server, which gives no reason");
	return rtmp_client_fail(r, RTMP_ERR_REJECTED, "%s%s%s", s->code,
	    colon, s->description);
}

static int
has_status(const struct rtmp_event *event)
{
	return event->type != RTMP_EVENT_COMMAND &&
	    event->type != RTMP_EVENT_USER_CONTROL &&
	    event->type != RTMP_EVENT_MESSAGE;
}

/* Tells the application; a refusal becomes an error. */
static int
note_event(struct rtmp *r, const struct rtmp_event *event)
{
	int err = 0;

	if (has_status(event))
		err = keep_status(r, &event->status);
	if (err != 0)
		return err;
	if (r->opt.on_event != NULL)
		r->opt.on_event(r->opt.on_event_arg, event);
	if (event->type == RTMP_EVENT_REJECTED &&
	    (event->stream == 0 || event->stream == r->stream))
		return fail_rejected(r, &event->status);
	return 0;
}

/* ---- Bytes ---- */

/* The keys of RTMPE come out of the same bytes as the rest of the handshake,
 * and hold for what follows them. */
static void
take_keys(struct rtmp *r)
{
	uint8_t send[RTMP_RTMPE_KEY_SIZE], recv[RTMP_RTMPE_KEY_SIZE];

	if (rtmp_session_rtmpe_keys(r->session, send, recv)) {
		rtmp_rtmpe_set_keys(&r->io, send, recv);
		r->awaits_keys = 0;
	}
}

/* The transport has ended: what that means depends on what was awaited. */
static int
take_eof(struct rtmp *r)
{
	const struct rtmp_status *status = NULL;
	const char *words = r->io.error != NULL ? r->io.error(r->io.ctx) : "";
	int err = rtmp_session_eof(r->session, &status), kept;
	char more[128] = "";

	if (words[0] != '\0')
		snprintf(more, sizeof(more), " (%s)", words);
	kept = status != NULL ? keep_status(r, status) : 0;
	if (kept != 0)
		return kept;
	err = fail_session(r, err != 0 ? err : RTMP_ERR_EOF);
	strncat(r->detail, more, sizeof(r->detail) - strlen(r->detail) - 1);
	return err;
}

/* One read.  0, RTMP_ERR_AGAIN, or an error after fail. */
static int
read_some(struct rtmp *r)
{
	int err = rtmp_input_room(r);

	if (err != 0)
		return err;
	err = rtmp_input_read(r);
	if (err == RTMP_ERR_EOF)
		return take_eof(r);
	return err == 0 || err == RTMP_ERR_AGAIN ? err : fail_io(r, err);
}

/* Writes until nothing is queued (0) or the transport has enough or fails,
 * which is returned without a word.  Answers to a server that still talks
 * when our side has ended stay unsent. */
static int
write_some(struct rtmp *r)
{
	struct iovec iov[IOV_PIECES];
	size_t written;
	int n, err;

	if (r->is_shut)
		return 0;
	do {
		n = rtmp_session_send_iov(r->session, iov, IOV_PIECES);
		if (n == 0)
			return 0;
		err = r->io.writev(r->io.ctx, iov, n, &written);
		if (err != 0)
			return err;
	} while (rtmp_session_sent(r->session, written));
	return 0;
}

/* The reason may lie unread, such as NetStream.Publish.BadName. */
static int
write_failed(struct rtmp *r, int err)
{
	int why = rtmp_client_drain(r);

	if (why != 0)
		return why;
	return err == RTMP_ERR_EOF ? take_eof(r) : fail_io(r, err);
}

static int
take_cancel(struct rtmp *r)
{
	r->canceled = 0;
	rtmp_wake_clear(&r->wake);
	return fail_wait(r, RTMP_ERR_CANCELED);
}

/* Waits for the transport.  0 when something can move; RTMP_ERR_TIMEOUT and
 * RTMP_ERR_CANCELED without, others after fail. */
static int
wait_io(struct rtmp *r, int want, int64_t deadline)
{
	int64_t left;
	int ready, slice;

	for (;;) {
		if (r->canceled)
			return take_cancel(r);
		left = deadline != RTMP_NO_DEADLINE ?
		    deadline - rtmp_client_now() : INT_MAX;
		slice = r->io_wakes ? INT_MAX : WAIT_SLICE_MS;
		if (left < slice)
			slice = left > 0 ? (int)left : 0;
		ready = r->io.wait(r->io.ctx, want, slice);
		if (ready > 0) {
			r->is_drained = 0;
			return 0;
		}
		if (ready == RTMP_ERR_CANCELED)
			return take_cancel(r);
		if (ready < 0)
			return fail_io(r, ready);
		if (left <= 0)
			return fail_wait(r, RTMP_ERR_TIMEOUT);
	}
}

int
rtmp_client_took(struct rtmp *r, int n, const struct rtmp_event *event)
{
	int err;

	if (r->awaits_keys)
		take_keys(r);
	if (n < 0)
		return fail_session(r, n);
	err = n == 1 && event->type != RTMP_EVENT_PACKET ?
	    note_event(r, event) : 0;
	return err != 0 ? err : n;
}

int
rtmp_client_take(struct rtmp *r, const struct rtmp_event **event)
{
	int n = rtmp_input_next(r, event);

	return rtmp_client_took(r, n, *event);
}

int
rtmp_client_move(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r))
{
	int err = write_some(r), want;

	/* A player first reads what is left to be read. */
	if (err != 0 && err != RTMP_ERR_AGAIN && r->role != RTMP_ROLE_PLAYER)
		return write_failed(r, err);
	if (done != NULL && done(r))
		return 1;
	if (r->canceled)
		return take_cancel(r);
	want = RTMP_WANT_READ | (err == RTMP_ERR_AGAIN ? RTMP_WANT_WRITE : 0);
	err = r->is_drained ? RTMP_ERR_AGAIN : read_some(r);
	return err == RTMP_ERR_AGAIN ? wait_io(r, want, deadline) : err;
}

int
rtmp_client_drain(struct rtmp *r)
{
	const struct rtmp_event *event;
	int n, err;

	for (;;) {
		n = rtmp_client_take(r, &event);
		if (n < 0)
			return n;
		err = n == 1 ? 0 : read_some(r);
		if (err == RTMP_ERR_AGAIN)
			return 0;
		if (err != 0)
			return err;
	}
}

int
rtmp_client_push(struct rtmp *r)
{
	int err = write_some(r);

	return err == 0 || err == RTMP_ERR_AGAIN ? err : write_failed(r, err);
}

int
rtmp_client_flush(struct rtmp *r, int64_t deadline)
{
	int err;

	while ((err = write_some(r)) == RTMP_ERR_AGAIN) {
		err = rtmp_client_drain(r);
		if (err == 0)
			err = wait_io(r, RTMP_WANT_READ | RTMP_WANT_WRITE,
			    deadline);
		/* A packet that has half left cannot be taken back. */
		if (err != 0) {
			rtmp_client_drop(r);
			return err;
		}
	}
	return err != 0 ? write_failed(r, err) : 0;
}

int
rtmp_client_run_until(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r))
{
	const struct rtmp_event *event;
	int n;

	do {
		n = rtmp_client_take(r, &event);
		if (n == 1)
			n = done(r);
		else if (n == 0)
			n = rtmp_client_move(r, deadline, done);
	} while (n == 0);
	if (n < 0)
		rtmp_client_drop(r);
	return n < 0 ? n : 0;
}
