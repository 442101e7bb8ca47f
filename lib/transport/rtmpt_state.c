/*
 * The requests of the tunnel, of which one is under way at a time:
 *
 *     client                                    server
 *        | POST /open/1              00 ---------> |
 *        | <------------------- session id, "\n"   |
 *        | POST /send/<id>/0         RTMP -------> |
 *        | <-------- polling byte, RTMP or nothing |
 *        | POST /idle/<id>/1         00 ---------> |   when there is nothing
 *        | <-------- polling byte, RTMP or nothing |   to be sent
 *        | POST /close/<id>/2        00 ---------> |
 *        | <----------------------------------- 00 |
 *
 *     RESTING -> SENDING -> READING -> RESTING ...  -> CLOSED
 *                   ^----------'  the server had closed before it answered
 *
 * Between two requests the server may close the connection; session and
 * sequence go on with the next one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "transport/rtmpt.h"

#define POLL_BYTE_MS 16 /* what one step of the polling byte stands for */

int
rtmpt_fail(struct rtmpt *t, int err, const char *format, ...)
{
	va_list args;

	if (t->err != 0)
		return t->err;
	va_start(args, format);
	vsnprintf(t->error, sizeof(t->error), format, args);
	va_end(args);
	t->err = err;
	return err;
}

static const char *
below_words(const struct rtmpt *t, int err)
{
	const char *words = t->is_connected && t->below.error != NULL ?
	    t->below.error(t->below.ctx) : "";

	return words[0] != '\0' ? words : rtmp_strerror(err);
}

/* ---- The connection ---- */

static void
disconnect(struct rtmpt *t)
{
	if (t->below.close != NULL)
		t->below.close(t->below.ctx);
	t->is_connected = 0;
	t->in_size = t->in_done = 0;
}

/*
 * The connection is gone before a byte of the reply.  When it had carried
 * others the server did not want another request on it, so it gets the same
 * one again, on a new connection.
 */
static int
lost(struct rtmpt *t, int err)
{
	if (t->kind == RTMPT_CLOSE) {
		t->state = RTMPT_CLOSED;
		return 0;
	}
	if (!t->is_reused || t->opt.reopen == NULL)
		return rtmpt_fail(t, err, "POST %s: %s",
		    rtmpt_kind_name(t->kind), below_words(t, err));
	disconnect(t);
	t->state = RTMPT_SENDING;
	t->sent = 0;
	t->write_err = 0;
	return 0;
}

/* The server has nothing to say between requests: what it sends is the end of
 * the connection, or the reason for it. */
void
rtmpt_drop_if_stale(struct rtmpt *t)
{
	size_t n;
	int err = !t->is_connected ? RTMP_ERR_AGAIN :
	    t->below.read(t->below.ctx, t->in, sizeof(t->in), &n);

	if (err != RTMP_ERR_AGAIN)
		disconnect(t);
}

static int
reconnect(struct rtmpt *t, int timeout_ms)
{
	char words[256] = "";
	int err;

	if (t->opt.reopen == NULL)
		return rtmpt_fail(t, RTMP_ERR_EOF, "the web server has closed "
		    "the connection");
	if (t->connects++ == RTMPT_CONNECTS_MAX)
		return rtmpt_fail(t, RTMP_ERR_EOF, "the web server closes "
		    "every connection without a reply");
	err = t->opt.reopen(t->opt.reopen_arg, &t->below, timeout_ms, words,
	    sizeof(words));
	if (err == RTMP_ERR_TIMEOUT)
		return 0;
	if (err == RTMP_ERR_CANCELED)
		return err;
	if (err != 0)
		return rtmpt_fail(t, err, "reconnecting to %s: %s", t->host,
		    words[0] != '\0' ? words : rtmp_strerror(err));
	t->is_connected = 1;
	t->is_reused = 0;
	return 1;
}

/* ---- Requests ---- */

static void
start(struct rtmpt *t, enum rtmpt_kind kind)
{
	t->kind = kind;
	rtmpt_write_head(t);
	t->write_err = 0;
	t->has_poll_byte = t->has_data = 0;
	t->location[0] = '\0';
	rtmp_http_init(&t->http, kind == RTMPT_OPEN ? RTMPT_SESSION_MAX :
	    RTMPT_REPLY_MAX, 0);
	t->state = RTMPT_SENDING;
}

/* All requests but send have one byte, 0. */
static int
start_empty(struct rtmpt *t, enum rtmpt_kind kind)
{
	static const uint8_t zero = 0;

	t->body.size = 0;
	if (rtmp_buf_append(&t->body, &t->mem, &zero, 1) != 0)
		return rtmpt_fail(t, RTMP_ERR_NOMEM, "%s",
		    rtmp_strerror(RTMP_ERR_NOMEM));
	start(t, kind);
	return 0;
}

void
rtmpt_start_open(struct rtmpt *t)
{
	(void)start_empty(t, RTMPT_OPEN);
}

static void
start_send(struct rtmpt *t)
{
	struct rtmp_buf body = t->body;

	t->body = t->next;
	t->next = body;
	t->next.size = 0;
	start(t, RTMPT_SEND);
}

/* Starts the next request, if there is one to make. */
static int
start_next(struct rtmpt *t, int polls)
{
	int is_due = polls && t->clock.now(t->clock.arg) >= t->poll_at;

	if (t->next.size == 0 && !t->is_shut && !is_due)
		return 0;
	rtmpt_drop_if_stale(t);
	if (t->next.size != 0)
		start_send(t);
	else if (start_empty(t, t->is_shut ? RTMPT_CLOSE : RTMPT_IDLE) != 0)
		return t->err;
	return 1;
}

/* 1 when all is sent, 0 when below has enough, or an error. */
static int
send_some(struct rtmpt *t)
{
	struct iovec iov[2];
	size_t n, skip;
	int count, err;

	while (t->sent < t->head_size + t->body.size) {
		count = 0;
		if (t->sent < t->head_size) {
			iov[count].iov_base = t->head + t->sent;
			iov[count++].iov_len = t->head_size - t->sent;
		}
		skip = t->sent > t->head_size ? t->sent - t->head_size : 0;
		iov[count].iov_base = t->body.data + skip;
		iov[count++].iov_len = t->body.size - skip;
		err = t->below.writev(t->below.ctx, iov, count, &n);
		if (err == RTMP_ERR_AGAIN)
			return 0;
		if (err != 0) {
			/* A refusal may lie unread. */
			t->write_err = err;
			break;
		}
		t->sent += n;
	}
	t->state = RTMPT_READING;
	return 1;
}

/* ---- Replies ---- */

static int
refused(struct rtmpt *t)
{
	int has_location = t->location[0] != '\0';
	/* The session is over. */
	int err = t->kind != RTMPT_OPEN && (t->http.status == 404 ||
	    t->http.status == 410) ? RTMP_ERR_EOF : RTMP_ERR_REJECTED;
	int is_page = t->kind == RTMPT_OPEN && (t->http.status == 404 ||
	    t->http.status == 405);

	return rtmpt_fail(t, err, "POST %s: the server answers "
	    "%d %s%s%s%s%s", rtmpt_kind_name(t->kind), t->http.status,
	    t->http.reason, has_location ? " (" : "", t->location,
	    has_location ? ")" : "",
	    is_page ? "; it may not speak RTMPT" : "");
}

static int
check_head(struct rtmpt *t)
{
	/* What a web server says of a connection that it is closing. */
	if (t->http.status == 408 && t->is_reused && t->opt.reopen != NULL) {
		rtmp_http_init(&t->http, t->http.body_max, 0);
		return lost(t, RTMP_ERR_EOF);
	}
	if (t->http.status != 200)
		return refused(t);
	if (t->http.is_html)
		return rtmpt_fail(t, RTMP_ERR_PROTO, "POST %s: the server "
		    "answers with an HTML page", rtmpt_kind_name(t->kind));
	return 0;
}

static void
note_header(struct rtmpt *t)
{
	const char *name = t->http.name;
	size_t size = strlen(name);

	if (rtmp_http_says(name, size, "set-cookie"))
		rtmpt_set_cookie(t, t->http.value);
	else if (rtmp_http_says(name, size, "location"))
		snprintf(t->location, sizeof(t->location), "%s",
		    t->http.value);
}

static void
take_body(struct rtmpt *t)
{
	const uint8_t *p = t->http.body;
	size_t n = t->http.body_size;

	if (t->kind == RTMPT_OPEN) {
		memcpy(t->id + t->id_size, p, n);
		t->id_size += n;
		return;
	}
	if (!t->has_poll_byte) {
		t->has_poll_byte = 1;
		t->poll_byte = *p++;
		n--;
	}
	if (n == 0 || t->kind == RTMPT_CLOSE)
		return;
	t->data = p;
	t->data_size = n;
	t->has_data = 1;
}

/* The session id becomes part of a path. */
static int
check_id(struct rtmpt *t)
{
	size_t i;

	while (t->id_size != 0 &&
	    strchr(" \r\n", t->id[t->id_size - 1]) != NULL)
		t->id_size--;
	t->id[t->id_size] = '\0';
	for (i = 0; i < t->id_size; i++)
		if (t->id[i] <= ' ' || t->id[i] > '~' ||
		    strchr("/?#%", t->id[i]) != NULL)
			break;
	if (t->id_size != 0 && i == t->id_size)
		return 0;
	return rtmpt_fail(t, RTMP_ERR_PROTO, "POST /open: the answer is not a "
	    "session id");
}

/* When to ask next: at once while there is something to be had, else ever more
 * rarely, and no sooner than the server wants. */
static void
plan_poll(struct rtmpt *t)
{
	int wanted = t->has_poll_byte ? t->poll_byte * POLL_BYTE_MS : 0;
	int delay;

	t->delay = t->has_data ? 0 : t->delay * 2;
	if (!t->has_data && t->delay < RTMPT_POLL_MIN_MS)
		t->delay = RTMPT_POLL_MIN_MS;
	if (t->delay > RTMPT_POLL_MAX_MS)
		t->delay = RTMPT_POLL_MAX_MS;
	delay = t->has_data || wanted < t->delay ? t->delay : wanted;
	if (delay > RTMPT_POLL_MAX_MS)
		delay = RTMPT_POLL_MAX_MS;
	t->poll_at = t->clock.now(t->clock.arg) + delay;
}

static int
end_reply(struct rtmpt *t)
{
	if (t->kind == RTMPT_OPEN && check_id(t) != 0)
		return t->err;
	if (t->kind == RTMPT_CLOSE) {
		t->state = RTMPT_CLOSED;
		return 0;
	}
	t->is_reused = 1;
	t->connects = 0;
	if (!t->http.keep_alive || t->write_err != 0 ||
	    t->in_done != t->in_size)
		disconnect(t);
	plan_poll(t);
	t->state = RTMPT_RESTING;
	return 0;
}

static int
handle_event(struct rtmpt *t, int event)
{
	switch (event) {
	case RTMP_HTTP_HEADER:
		note_header(t);
		return 0;
	case RTMP_HTTP_HEAD:
		return check_head(t);
	case RTMP_HTTP_BODY:
		take_body(t);
		return 0;
	case RTMP_HTTP_END:
		return end_reply(t);
	default:
		/* To close there is no wrong answer. */
		if (t->kind == RTMPT_CLOSE) {
			t->state = RTMPT_CLOSED;
			return 0;
		}
		return rtmpt_fail(t, event, "POST %s: %s",
		    rtmpt_kind_name(t->kind), t->http.error);
	}
}

/* Bytes from below.  1 when something came of it, 0 when there are none. */
static int
fill(struct rtmpt *t)
{
	int err, event;

	t->in_done = t->in_size = 0;
	err = t->below.read(t->below.ctx, t->in, sizeof(t->in), &t->in_size);
	if (err == 0)
		return 1;
	if (err == RTMP_ERR_AGAIN) {
		err = t->write_err;
		if (err == 0)
			return 0;
	}
	if (t->http.header_size == 0)
		err = lost(t, t->write_err != 0 ? t->write_err : err);
	else if (err != RTMP_ERR_EOF)
		err = rtmpt_fail(t, err, "POST %s: %s",
		    rtmpt_kind_name(t->kind), below_words(t, err));
	else {
		event = rtmp_http_eof(&t->http);
		err = handle_event(t, event);
	}
	return err != 0 ? err : 1;
}

/* 1 when something moved, 0 when nothing can, or an error. */
static int
read_some(struct rtmpt *t)
{
	const uint8_t *p = t->in + t->in_done;
	size_t size = t->in_size - t->in_done;
	int event, err;

	if (t->data_size != 0)
		return 0;
	event = rtmp_http_next(&t->http, &p, &size);
	t->in_done = t->in_size - size;
	if (event == RTMP_HTTP_MORE)
		return fill(t);
	err = handle_event(t, event);
	return err != 0 ? err : 1;
}

/* ---- The machine ---- */

static int
move(struct rtmpt *t, int polls)
{
	switch (t->state) {
	case RTMPT_RESTING:
		return start_next(t, polls);
	case RTMPT_SENDING:
		return t->is_connected ? send_some(t) : 0;
	case RTMPT_READING:
		return read_some(t);
	default:
		return 0;
	}
}

int
rtmpt_pump(struct rtmpt *t, int polls)
{
	int r = t->err;

	while (r == 0 && (r = move(t, polls)) == 1)
		r = 0;
	return r;
}

/* Until the next idle request is due.  A connection that ends meanwhile is
 * missed only when that request is made. */
static int
rest(struct rtmpt *t, int timeout_ms)
{
	int64_t left = t->poll_at - t->clock.now(t->clock.arg);
	int r;

	if (timeout_ms >= 0 && left > timeout_ms)
		left = timeout_ms;
	if (left < 0)
		left = 0;
	if (!t->is_connected) {
		r = t->clock.sleep(t->clock.arg, (int)left);
		return r != 0 ? r : 1;
	}
	r = t->below.wait(t->below.ctx, RTMP_WANT_READ, (int)left);
	if (r > 0)
		rtmpt_drop_if_stale(t);
	return r < 0 ? r : 1;
}

int
rtmpt_wait_below(struct rtmpt *t, int want, int timeout_ms)
{
	int rests = t->state == RTMPT_RESTING, r;

	if (t->state == RTMPT_CLOSED || t->data_size != 0 ||
	    (rests && want == 0))
		r = t->clock.sleep(t->clock.arg, timeout_ms);
	else if (!t->is_connected && (!rests || want & RTMP_WANT_WRITE))
		return reconnect(t, timeout_ms);
	else if (rests)
		r = rest(t, timeout_ms);
	else
		r = t->below.wait(t->below.ctx, t->state == RTMPT_SENDING ?
		    RTMP_WANT_WRITE : RTMP_WANT_READ, timeout_ms);
	if (r < 0 && r != RTMP_ERR_CANCELED)
		return rtmpt_fail(t, r, "%s", below_words(t, r));
	return r;
}

/* ---- The end ---- */

static int
send_at_once(struct rtmpt *t)
{
	return send_some(t) == 1 && t->write_err == 0;
}

void
rtmpt_say_goodbye(struct rtmpt *t)
{
	if (t->err != 0 || !t->is_connected || t->state == RTMPT_CLOSED ||
	    t->id_size == 0)
		return;
	if (t->state == RTMPT_SENDING && !send_at_once(t))
		return;
	if (t->kind == RTMPT_CLOSE)
		return;
	if (t->next.size != 0) {
		start_send(t);
		if (!send_at_once(t))
			return;
	}
	if (start_empty(t, RTMPT_CLOSE) == 0)
		(void)send_some(t);
}
