/*
 * What each command of the server leads to, RTMP 1.0 section 7.2.  Commands
 * that nobody asked for are told to the application; answers that nobody
 * waits for, such as those to releaseStream and FCPublish, mean nothing,
 * _error included.
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/url.h>
#include "base/words.h"
#include "session/internal.h"

/* Makes an event whose status is that of the command; 0 or an error. */
static int
status_event(struct rtmp_session *s, const struct rtmp_command *c,
    enum rtmp_event_type type, unsigned stream)
{
	rtmp_session_event(s, type, stream);
	return rtmp_command_status(c, &s->event.status, &s->text, &s->mem);
}

/* What the first line of an error message is made of. */
static const char *
status_words(const struct rtmp_status *status)
{
	return status->code[0] != '\0' ? status->code :
	    status->description[0] != '\0' ? status->description :
	    "no reason given";
}

/* ---- Refusals ---- */

/* The connection is refused: the event now, the error with the next call. */
static int
reject_connection(struct rtmp_session *s)
{
	const struct rtmp_status *status = &s->event.status;
	char words[sizeof(s->error)];

	s->event.type = RTMP_EVENT_REJECTED;
	s->event.stream = 0;
	snprintf(words, sizeof(words), "%s%s%s",
	    status_words(status), status->code[0] != '\0' &&
	    status->description[0] != '\0' ? ": " : "",
	    status->code[0] != '\0' ? status->description : "");
	rtmp_session_fail(s, RTMP_ERR_REJECTED, words);
	return RTMP_STEP_EVENT;
}

static int
reject_stream(struct rtmp_session *s, struct rtmp_stream *st)
{
	s->event.type = RTMP_EVENT_REJECTED;
	s->event.stream = st->number;
	rtmp_stream_end(s, st);
	return RTMP_STEP_EVENT;
}

static int
is_refusal(const struct rtmp_status *status)
{
	switch (status->kind) {
	case RTMP_STATUS_NAME_IN_USE:
	case RTMP_STATUS_NOT_FOUND:
	case RTMP_STATUS_INVALID_APP:
	case RTMP_STATUS_DENIED:
	case RTMP_STATUS_AUTH_REQUIRED:
	case RTMP_STATUS_AUTH_FAILED:
	case RTMP_STATUS_NO_SUCH_USER:
	case RTMP_STATUS_REDIRECT:
		return 1;
	default:
		return strcmp(status->level, "error") == 0;
	}
}

/* Errors of one command, after which the stream goes on. */
static int
is_harmless(const struct rtmp_status *status)
{
	const char *dot = strchr(status->code, '.');

	dot = dot != NULL ? strchr(dot + 1, '.') : NULL;
	return dot != NULL && rtmp_word_find("NetStream.Seek\0"
	    "NetStream.Pause\0" "NetStream.Unpause\0" "NetConnection.Call\0",
	    status->code, (size_t)(dot - status->code)) >= 0;
}

/* ---- _result and _error ---- */

/* The call that is answered, or NULL.  Some servers answer createStream with
 * transaction 0. */
static struct rtmp_call *
find_call(const struct rtmp_session *s, const struct rtmp_command *c)
{
	struct rtmp_call *create = NULL;
	unsigned i;

	for (i = 0; i < s->calls_count; i++) {
		struct rtmp_call *k = &s->calls[i];

		if (c->transaction >= k->transaction &&
		    c->transaction <= k->transaction)
			return k;
		if (c->transaction <= 0 && c->has_number &&
		    k->kind == RTMP_CALL_CREATE && create == NULL)
			create = k;
	}
	return create;
}

static int
on_connect_answer(struct rtmp_session *s, const struct rtmp_command *c,
    int success)
{
	int err = status_event(s, c, RTMP_EVENT_CONNECTED, 0);

	if (err != 0)
		return err;
	if (!success || is_refusal(&s->event.status))
		return reject_connection(s);
	rtmp_session_note_capabilities(s, c);
	s->event.capabilities = &s->capabilities;
	rtmp_session_set_state(s, RTMP_SESSION_CONNECTED);
	err = rtmp_session_advance(s);
	return err != 0 ? err : RTMP_STEP_EVENT;
}

static int
on_create_answer(struct rtmp_session *s, const struct rtmp_command *c,
    int success, unsigned stream)
{
	struct rtmp_stream *st = rtmp_stream_by_number(s, stream);
	int err = 0;

	if (success && c->has_number && c->number >= 0 &&
	    c->number <= UINT32_MAX) {
		err = rtmp_stream_created(s, st, (uint32_t)c->number);
		return err != 0 ? err : RTMP_STEP_NEXT;
	}
	if (st == NULL || !rtmp_stream_is_open(st))
		return RTMP_STEP_NEXT;
	if (success) {
		rtmp_session_event(s, RTMP_EVENT_REJECTED, stream);
		rtmp_session_own_status(s, RTMP_STATUS_OTHER, "error",
		    "createStream was answered without a stream id");
	} else {
		err = status_event(s, c, RTMP_EVENT_REJECTED, stream);
	}
	return err != 0 ? err : reject_stream(s, st);
}

static int
on_call_answer(struct rtmp_session *s, const struct rtmp_command *c,
    int success, const struct rtmp_call *call)
{
	int err = status_event(s, c, RTMP_EVENT_RESULT, call->stream);

	s->event.transaction = call->transaction;
	s->event.success = success;
	s->event.data = c->body;
	s->event.data_size = c->body_size;
	return err != 0 ? err : RTMP_STEP_EVENT;
}

static int
on_answer(struct rtmp_session *s, const struct rtmp_command *c, int success)
{
	struct rtmp_call call, *found = find_call(s, c);

	if (found == NULL)
		return RTMP_STEP_NEXT;
	call = *found;
	memmove(found, found + 1,
	    (size_t)(s->calls + --s->calls_count - found) * sizeof(*found));
	switch (call.kind) {
	case RTMP_CALL_CONNECT:
		return on_connect_answer(s, c, success);
	case RTMP_CALL_CREATE:
		return on_create_answer(s, c, success, call.stream);
	default:
		return on_call_answer(s, c, success, &call);
	}
}

/* ---- onStatus ---- */

int
rtmp_session_on_end(struct rtmp_session *s, struct rtmp_stream *st)
{
	s->event.type = st->eof ? RTMP_EVENT_STATUS : RTMP_EVENT_STREAM_EOF;
	st->eof = 1;
	return RTMP_STEP_EVENT;
}

static int
is_code(const struct rtmp_status *status, const char *code)
{
	return strcmp(status->code, code) == 0;
}

static int
on_publish_status(struct rtmp_session *s, struct rtmp_stream *st)
{
	const struct rtmp_status *status = &s->event.status;

	if (is_code(status, "NetStream.Publish.Start") &&
	    st->state == RTMP_STREAM_STARTING) {
		rtmp_stream_set_state(st, RTMP_STREAM_PUBLISHING);
		s->event.type = RTMP_EVENT_PUBLISH_START;
		s->event.lost_packets = st->lost;
	} else if (status->kind == RTMP_STATUS_ENDED &&
	    st->state == RTMP_STREAM_PUBLISHING) {
		rtmp_stream_end(s, st);
		s->event.type = RTMP_EVENT_STREAM_EOF;
	}
	return RTMP_STEP_EVENT;
}

static int
on_play_status(struct rtmp_session *s, struct rtmp_stream *st)
{
	const struct rtmp_status *status = &s->event.status;

	if (is_code(status, "NetStream.Play.Start") ||
	    is_code(status, "NetStream.Play.PublishNotify")) {
		st->eof = 0;
		if (st->state == RTMP_STREAM_STARTING) {
			rtmp_stream_set_state(st, RTMP_STREAM_PLAYING);
			s->event.type = RTMP_EVENT_PLAY_START;
		}
	} else if (status->kind == RTMP_STATUS_ENDED &&
	    st->state == RTMP_STREAM_PLAYING) {
		return rtmp_session_on_end(s, st);
	}
	return RTMP_STEP_EVENT;
}

/* Enhanced RTMP v2, "Reconnect Request": tcUrl is a reference, relative to the
 * one of this connection, which it is the same as when it is left out. */
static int
on_reconnect(struct rtmp_session *s, const struct rtmp_command *c)
{
	char ref[RTMP_URL_HOST_SIZE + RTMP_URL_PATH_SIZE + 32];
	char url[sizeof(ref)], *copy;
	const char *to = s->tc_url, *words;
	struct rtmp_amf0_reader r;
	size_t size;

	if (rtmp_amf0_find(c->info, c->info_size, "tcUrl", &r) == 1 &&
	    rtmp_amf0_get_string(&r, &words, &size) == 0) {
		to = "";
		if (size < sizeof(ref)) {
			memcpy(ref, words, size);
			ref[size] = '\0';
			if (strlen(ref) == size && rtmp_url_resolve(s->tc_url,
			    ref, url, sizeof(url), NULL) == 0)
				to = url;
		}
	}
	copy = rtmp_mem_strdup(&s->mem, to);
	if (copy == NULL)
		return RTMP_ERR_NOMEM;
	rtmp_mem_free(&s->mem, s->reconnect_url);
	s->reconnect_url = copy;
	s->event.type = RTMP_EVENT_RECONNECT;
	s->event.tc_url = copy;
	return RTMP_STEP_EVENT;
}

int
rtmp_session_on_status(struct rtmp_session *s, const struct rtmp_command *c,
    uint32_t msid)
{
	struct rtmp_stream *st;
	int err = status_event(s, c, RTMP_EVENT_STATUS, 0);
	int is_about_connection;

	if (err != 0)
		return err;
	if (s->event.status.kind == RTMP_STATUS_RECONNECT)
		return on_reconnect(s, c);
	is_about_connection = strncmp(s->event.status.code, "NetConnection.",
	    14) == 0;
	st = is_about_connection ? NULL : rtmp_stream_meant(s, msid);
	if (st != NULL)
		s->event.stream = st->number;
	if (is_refusal(&s->event.status) && !is_harmless(&s->event.status)) {
		if (st != NULL && rtmp_stream_is_open(st))
			return reject_stream(s, st);
		/* SRS waits for a command with a string, then hangs up. */
		if (s->event.status.kind == RTMP_STATUS_REDIRECT)
			err = rtmp_session_command(s, NULL, RTMP_SEND_ANSWER,
			    "redirected", 0, rtmp_put_string,
			    s->event.status.redirect);
		if (err != 0)
			return err;
		if (is_about_connection || s->state == RTMP_SESSION_CONNECTING)
			return reject_connection(s);
	} else if (st != NULL) {
		return st->publishing ? on_publish_status(s, st) :
		    on_play_status(s, st);
	}
	return RTMP_STEP_EVENT;
}

/* ---- Commands of the server ---- */

static int
answer(struct rtmp_session *s, const char *name, double transaction,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg)
{
	int err = rtmp_session_command(s, NULL, RTMP_SEND_ANSWER, name,
	    transaction, put, arg);

	return err != 0 ? err : RTMP_STEP_NEXT;
}

/* onBWDone: one _checkbw, as the Flash Player sends it; most servers ignore
 * it, and some send onBWDone again. */
static int
on_bandwidth_done(struct rtmp_session *s)
{
	if (s->checked_bandwidth)
		return RTMP_STEP_NEXT;
	s->checked_bandwidth = 1;
	return answer(s, "_checkbw", ++s->last_transaction, rtmp_put_null,
	    NULL);
}

static int
on_other(struct rtmp_session *s, const struct rtmp_command *c,
    uint32_t msid)
{
	struct rtmp_stream *st = rtmp_stream_by_msid(s, msid);
	int err;

	rtmp_session_event(s, RTMP_EVENT_COMMAND,
	    st != NULL ? st->number : 0);
	s->text.size = 0;
	err = rtmp_text_add(&s->text, &s->mem, c->name, c->name_size);
	if (err != 0)
		return err;
	s->event.command = (const char *)s->text.data;
	s->event.transaction = c->transaction >= 0 &&
	    c->transaction <= UINT32_MAX ? (uint32_t)c->transaction : 0;
	s->event.data = c->body;
	s->event.data_size = c->body_size;
	return RTMP_STEP_EVENT;
}

/* onFCUnsubscribe: the end of what the only stream plays. */
static int
on_unsubscribe(struct rtmp_session *s, const struct rtmp_command *c,
    uint32_t msid)
{
	struct rtmp_stream *st = rtmp_stream_only(s);
	int err;

	if (st == NULL || st->publishing)
		return on_other(s, c, msid);
	err = status_event(s, c, RTMP_EVENT_STREAM_EOF, st->number);
	return err != 0 ? err : rtmp_session_on_end(s, st);
}

static int
on_command(struct rtmp_session *s, const struct rtmp_command *c,
    uint32_t msid)
{
	enum { RESULT, ERROR, STATUS, BANDWIDTH_DONE, BANDWIDTH_CHECK, PING,
	    UNSUBSCRIBE, CLOSE, OTHER = -1 };
	static const char names[] = "_result\0" "_error\0" "onStatus\0"
	    "onBWDone\0" "_onbwcheck\0" "ping\0" "onFCUnsubscribe\0"
	    "close\0" /* and what means nothing: */ "_onbwdone\0"
	    "onFCPublish\0" "onFCUnpublish\0" "onFCSubscribe\0";
	int name = rtmp_word_find(names, c->name, c->name_size);
	double count;

	switch (name) {
	case RESULT:
	case ERROR:
		return on_answer(s, c, name == RESULT);
	case STATUS:
		return rtmp_session_on_status(s, c, msid);
	case BANDWIDTH_DONE:
		return on_bandwidth_done(s);
	case BANDWIDTH_CHECK:
		count = ++s->bandwidth_checks;
		return answer(s, "_result", c->transaction, rtmp_put_number,
		    &count);
	case PING:
		return answer(s, "pong", c->transaction, rtmp_put_null, NULL);
	case UNSUBSCRIBE:
		return on_unsubscribe(s, c, msid);
	case CLOSE:
		return rtmp_session_fail(s, RTMP_ERR_EOF,
		    "the server asked to close the connection");
	case OTHER:
		return on_other(s, c, msid);
	default:
		return RTMP_STEP_NEXT;
	}
}

int
rtmp_session_on_command(struct rtmp_session *s, const struct rtmp_message *m)
{
	/* An AMF3 command is a format byte 0, then AMF0. */
	size_t skip = m->type == RTMP_MSG_COMMAND_AMF3 && m->size != 0;
	struct rtmp_command c;
	int err = rtmp_command_parse(&c, m->payload + skip, m->size - skip);

	if (err != 0)
		return rtmp_session_fail(s, err, err == RTMP_ERR_LIMIT ?
		    "a command with too many or too deeply nested values" :
		    "a command that is not AMF0");
	return c.name == NULL ? RTMP_STEP_NEXT : on_command(s, &c, m->msid);
}
