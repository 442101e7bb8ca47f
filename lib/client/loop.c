/*
 * The loop below every blocking call: what the session wants to send goes to
 * the transport, what the transport brings goes to the session, and what can
 * move neither way waits, up to the deadline.
 */
#include <stdio.h>
#include <string.h>

#include "client/internal.h"

#define IOV_PIECES 256	  /* of one writev(): a key frame of 512 KB at 4096 */
#define WAIT_SLICE_MS 100 /* for a transport that rtmp_cancel() cannot wake */
#define DRAIN_MOST 64	  /* reads: the server may never stop talking */
#define TURNS 16	  /* of the loop, between two looks at the clock */

int
rtmp_client_left(struct rtmp *r)
{
	if (r->deadline == 0)
		r->deadline = rtmp_net_after(r->opt.timeout_ms);
	return rtmp_net_left(r->deadline, rtmp_net_now());
}

/* ---- Failures ---- */

static int
drop_if_fatal(struct rtmp *r, int err)
{
	if (rtmp_is_fatal(err))
		rtmp_client_drop(r);
	return err;
}

int
rtmp_client_fail(struct rtmp *r, int err, const char *words, const char *more)
{
	if (words == NULL)
		words = rtmp_strerror(err);
	if (more == NULL)
		more = "";
	snprintf(r->detail, sizeof(r->detail), "%s%s%s", words,
	    words[0] != '\0' && more[0] != '\0' ? ": " : "", more);
	return drop_if_fatal(r, err);
}

int
rtmp_client_fail_plain(struct rtmp *r, int err)
{
	return rtmp_client_fail(r, err, NULL, NULL);
}

void
rtmp_client_add_words(struct rtmp *r, const char *words)
{
	size_t len = strlen(r->detail);

	snprintf(r->detail + len, sizeof(r->detail) - len, "%s", words);
}

void
rtmp_client_close_io(struct rtmp *r)
{
	if (r->io.close != NULL)
		r->io.close(r->io.ctx);
}

void
rtmp_client_drop(struct rtmp *r)
{
	if (r->session == NULL)
		return;
	rtmp_session_get_stats(r->session, &r->last, sizeof(r->last));
	rtmp_session_free(r->session);
	r->session = NULL;
	rtmp_client_close_io(r);
	r->stream = 0;
	r->role = RTMP_ROLE_NONE;
	r->frames_stale = 1;
	rtmp_input_clear(r);
}

/* What the call was waiting for, for messages. */
static const char *
awaited(const struct rtmp *r)
{
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

static const char *
io_words(const struct rtmp *r)
{
	return r->io.error != NULL ? r->io.error(r->io.ctx) : "";
}

/* TIMEOUT and CANCELED: the caller decides what becomes of the connection. */
static int
fail_wait(struct rtmp *r, int err, const char *more)
{
	snprintf(r->detail, sizeof(r->detail), "%s%s%s while waiting for %s",
	    rtmp_strerror(err), more[0] != '\0' ? ": " : "", more,
	    awaited(r));
	return err;
}

int
rtmp_client_late(struct rtmp *r)
{
	fail_wait(r, RTMP_ERR_TIMEOUT, "");
	rtmp_client_drop(r);
	return RTMP_ERR_TIMEOUT;
}

static int
fail_io(struct rtmp *r, int err)
{
	return drop_if_fatal(r, fail_wait(r, err, io_words(r)));
}

static int
fail_session(struct rtmp *r, int err)
{
	const char *words = rtmp_session_error(r->session);

	if (words[0] != '\0' && (err == RTMP_ERR_REJECTED ||
	    err == RTMP_ERR_EOF))
		return rtmp_client_fail(r, err, words, NULL);
	return rtmp_client_fail(r, err, NULL, words);
}

/* ---- Events ---- */

/* Keeps the server's words beyond the life of the event. */
static int
keep_status(struct rtmp *r, const struct rtmp_status *s)
{
	static const struct rtmp_lent lent = { 5, 6, {
		offsetof(struct rtmp_status, level),
		offsetof(struct rtmp_status, code),
		offsetof(struct rtmp_status, description),
		offsetof(struct rtmp_status, redirect),
		offsetof(struct rtmp_status, redirect2),
		offsetof(struct rtmp_status, amf0)
	} };

	r->status = *s;
	r->has_status = rtmp_client_own(r, &r->status_text, &r->status, &lent,
	    &s->amf0_size) == 0;
	return r->has_status ? 0 : rtmp_client_fail_plain(r, RTMP_ERR_NOMEM);
}

static int write_some(struct rtmp *r);

static int
fail_rejected(struct rtmp *r, const struct rtmp_status *s)
{
	/* The session's thanks for a redirect, which SRS waits for. */
	if (s->kind == RTMP_STATUS_REDIRECT)
		write_some(r);
	return rtmp_client_fail(r, RTMP_ERR_REJECTED,
	    s->code[0] == '\0' && s->description[0] == '\0' ?
	    "the server gives no reason" : s->code,
	    s->description);
}

static int
has_status(const struct rtmp_event *event)
{
	return event->type != RTMP_EVENT_COMMAND &&
	    event->type != RTMP_EVENT_USER_CONTROL &&
	    event->type != RTMP_EVENT_MESSAGE;
}

/* Of what this handle does; or the server has ended what it publishes. */
static int
is_refusal(const struct rtmp *r, const struct rtmp_event *event)
{
	if (event->type == RTMP_EVENT_STREAM_EOF)
		return r->role == RTMP_ROLE_PUBLISHER &&
		    event->stream == r->stream;
	return event->type == RTMP_EVENT_REJECTED &&
	    (event->stream == 0 || event->stream == r->stream);
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
	if (is_refusal(r, event))
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
		r->has_keys = 1;
	}
}

/* The transport has ended: what that means depends on what was awaited. */
static int
take_eof(struct rtmp *r)
{
	const struct rtmp_status *status = NULL;
	const char *words = io_words(r);
	int err = rtmp_session_eof(r->session, &status), kept;
	char more[128];

	more[0] = '\0';
	if (words[0] != '\0')
		snprintf(more, sizeof(more), " (%s)", words);
	kept = status != NULL ? keep_status(r, status) : 0;
	if (kept != 0)
		return kept;
	err = fail_session(r, err != 0 ? err : RTMP_ERR_EOF);
	rtmp_client_add_words(r, more);
	return err;
}

/* One read.  0, RTMP_ERR_AGAIN, or an error after fail. */
RTMP_HOT static int
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
RTMP_HOT static int
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

void
rtmp_client_clear_cancel(struct rtmp *r)
{
	rtmp_flag_set(&r->canceled, 0);
	rtmp_wake_clear(&r->wake);
}

static int
take_cancel(struct rtmp *r)
{
	rtmp_client_clear_cancel(r);
	return fail_wait(r, RTMP_ERR_CANCELED, "");
}

/* Waits for the transport.  0 when something can move; RTMP_ERR_TIMEOUT and
 * RTMP_ERR_CANCELED without, others after fail. */
static int
wait_io(struct rtmp *r, int want)
{
	/* Whether its wait() looks at wake. */
	int wakes = !r->is_given && r->wake.fd[0] >= 0;
	int left, ready, is_stale = 0;

	for (;;) {
		if (rtmp_flag_get(&r->canceled))
			return take_cancel(r);
		left = rtmp_client_left(r);
		ready = r->io.wait(r->io.ctx, want, wakes ||
		    (left >= 0 && left < WAIT_SLICE_MS) ? left :
		    WAIT_SLICE_MS);
		if (ready > 0) {
			r->is_drained = 0;
			return 0;
		}
		/* The flag may have been seen before the signal came. */
		if (ready == RTMP_ERR_CANCELED && wakes && !is_stale &&
		    !rtmp_flag_get(&r->canceled)) {
			is_stale = 1;
			rtmp_wake_clear(&r->wake);
			continue;
		}
		if (ready == RTMP_ERR_CANCELED)
			return take_cancel(r);
		if (ready < 0)
			return fail_io(r, ready);
		if (left == 0)
			return fail_wait(r, RTMP_ERR_TIMEOUT, "");
	}
}

RTMP_HOT int
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

/* A server that never stops talking keeps us from waiting, where the deadline
 * is looked at: now and then it is here. */
static inline int
is_late(struct rtmp *r)
{
	return ++r->turns % TURNS == 0 && rtmp_client_left(r) == 0;
}

RTMP_HOT int
rtmp_client_move(struct rtmp *r, int (*done)(const struct rtmp *r))
{
	int err = write_some(r), want;

	if (err != 0 && err != RTMP_ERR_AGAIN) {
		if (r->role != RTMP_ROLE_PLAYER)
			return write_failed(r, err);
		/* It first reads what is left to be read. */
		r->is_shut = 1;
	}
	if (done != NULL && done(r))
		return 1;
	if (rtmp_flag_get(&r->canceled))
		return take_cancel(r);
	if (is_late(r))
		return fail_wait(r, RTMP_ERR_TIMEOUT, "");
	want = RTMP_WANT_READ | (err == RTMP_ERR_AGAIN ? RTMP_WANT_WRITE : 0);
	err = r->is_drained ? RTMP_ERR_AGAIN : read_some(r);
	return err == RTMP_ERR_AGAIN ? wait_io(r, want) : err;
}

int
rtmp_client_drain(struct rtmp *r)
{
	const struct rtmp_event *event;
	int n, err, reads = 0;

	for (;;) {
		n = rtmp_client_take(r, &event);
		if (n < 0)
			return n;
		err = n == 1 ? 0 : reads++ < DRAIN_MOST ? read_some(r) :
		    RTMP_ERR_AGAIN;
		if (err == RTMP_ERR_AGAIN)
			return 0;
		if (err != 0)
			return err;
	}
}

RTMP_HOT int
rtmp_client_push(struct rtmp *r)
{
	int err = write_some(r);

	return err == 0 || err == RTMP_ERR_AGAIN ? err : write_failed(r, err);
}

RTMP_HOT int
rtmp_client_push_iov(struct rtmp *r, const struct iovec *iov, int count)
{
	size_t written;
	int err = r->io.writev(r->io.ctx, iov, count, &written);

	if (err == 0 && rtmp_session_sent(r->session, written))
		err = write_some(r);
	return err == 0 || err == RTMP_ERR_AGAIN ? err : write_failed(r, err);
}

int
rtmp_client_flush(struct rtmp *r)
{
	int err;

	while ((err = write_some(r)) == RTMP_ERR_AGAIN) {
		err = rtmp_client_drain(r);
		if (err == 0)
			err = is_late(r) ? fail_wait(r, RTMP_ERR_TIMEOUT, "") :
			    wait_io(r, RTMP_WANT_READ | RTMP_WANT_WRITE);
		/* A packet that has half left cannot be taken back. */
		if (err != 0) {
			rtmp_client_drop(r);
			return err;
		}
	}
	return err != 0 ? write_failed(r, err) : 0;
}

int
rtmp_client_run_until(struct rtmp *r, int (*done)(const struct rtmp *r))
{
	const struct rtmp_event *event;
	int n;

	do {
		n = rtmp_client_take(r, &event);
		if (n == 1)
			n = done(r);
		else if (n == 0)
			n = rtmp_client_move(r, done);
	} while (n == 0);
	if (n < 0)
		rtmp_client_drop(r);
	return n < 0 ? n : 0;
}
