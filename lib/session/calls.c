/*
 * Commands on a stream that has begun, RTMP 1.0 sections 7.2.2.4 to 7.2.2.8,
 * and any other command by its name.
 */
#include "session/internal.h"

/* The stream that a command on it needs. */
static int
stream_begun(const struct rtmp_session *s, unsigned stream,
    struct rtmp_stream **st)
{
	*st = rtmp_stream_by_number(s, stream);
	if (*st == NULL || s->state == RTMP_SESSION_CLOSED ||
	    ((*st)->state != RTMP_STREAM_STARTING &&
		(*st)->state != RTMP_STREAM_PUBLISHING &&
		(*st)->state != RTMP_STREAM_PLAYING))
		return RTMP_ERR_STATE;
	return s->queue.bytes > s->max_send_buffer ? RTMP_ERR_AGAIN : 0;
}

/* A command on it. */
static int
command_on(struct rtmp_session *s, unsigned stream, const char *name,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg)
{
	struct rtmp_stream *st;
	int err = stream_begun(s, stream, &st);

	return err != 0 ? err :
	    rtmp_session_command(s, st, RTMP_SEND_COMMAND, name, 0, put, arg);
}

struct pause {
	int pause;
	double ms;
};

static void
put_pause(struct rtmp_amf0_writer *w, const void *arg)
{
	const struct pause *p = arg;

	rtmp_put_boolean(w, &p->pause);
	rtmp_amf0_put_number(w, p->ms);
}

int
rtmp_session_pause(struct rtmp_session *s, unsigned stream, int pause,
    double ms)
{
	struct pause p;

	p.pause = pause;
	p.ms = ms;
	return command_on(s, stream, "pause", put_pause, &p);
}

int
rtmp_session_seek(struct rtmp_session *s, unsigned stream, double ms)
{
	return command_on(s, stream, "seek", rtmp_put_number, &ms);
}

int
rtmp_session_receive_audio(struct rtmp_session *s, unsigned stream, int on)
{
	return command_on(s, stream, "receiveAudio", rtmp_put_boolean, &on);
}

int
rtmp_session_receive_video(struct rtmp_session *s, unsigned stream, int on)
{
	return command_on(s, stream, "receiveVideo", rtmp_put_boolean, &on);
}

int
rtmp_session_set_buffer_length(struct rtmp_session *s, unsigned stream,
    uint32_t ms)
{
	struct rtmp_stream *st;
	int err = stream_begun(s, stream, &st);

	return err != 0 ? err : rtmp_session_buffer_length(s, st, ms);
}

int
rtmp_session_set_window_ack_size(struct rtmp_session *s, uint32_t size)
{
	if (s->state != RTMP_SESSION_CONNECTED)
		return RTMP_ERR_STATE;
	return rtmp_session_send_number(s, RTMP_MSG_WINDOW_ACK_SIZE, size,
	    RTMP_SEND_COMMAND);
}

struct raw {
	const uint8_t *data;
	size_t size;
};

static void
put_raw(struct rtmp_amf0_writer *w, const void *arg)
{
	const struct raw *raw = arg;

	if (raw->data == NULL)
		rtmp_amf0_put_null(w);
	else
		rtmp_amf0_put_raw(w, raw->data, raw->size);
}

/* A command with the caller's values, on the connection or a stream. */
static int
send_raw(struct rtmp_session *s, unsigned stream, const char *name,
    uint32_t transaction, const uint8_t *args, size_t args_size)
{
	struct rtmp_stream *st = NULL;
	struct raw raw;
	int err;

	if (stream != 0) {
		err = stream_begun(s, stream, &st);
		if (err != 0)
			return err;
	} else if (s->state != RTMP_SESSION_CONNECTED) {
		return RTMP_ERR_STATE;
	} else if (s->queue.bytes > s->max_send_buffer) {
		return RTMP_ERR_AGAIN;
	}
	raw.data = args;
	raw.size = args_size;
	return rtmp_session_command(s, st, RTMP_SEND_COMMAND, name,
	    transaction, put_raw, &raw);
}

int
rtmp_session_call(struct rtmp_session *s, unsigned stream, const char *name,
    const uint8_t *args, size_t args_size, uint32_t *transaction)
{
	uint32_t number;
	int err = rtmp_session_add_call(s, RTMP_CALL_USER, stream, &number);

	if (err != 0)
		return err;
	err = send_raw(s, stream, name, number, args, args_size);
	if (err != 0)
		s->calls_count--;
	else if (transaction != NULL)
		*transaction = number;
	return err;
}

int
rtmp_session_send_command(struct rtmp_session *s, unsigned stream,
    const char *name, const uint8_t *args, size_t args_size)
{
	return send_raw(s, stream, name, 0, args, args_size);
}

int
rtmp_session_answer(struct rtmp_session *s, uint32_t transaction,
    int success, const uint8_t *args, size_t args_size)
{
	return send_raw(s, 0, success ? "_result" : "_error", transaction,
	    args, args_size);
}
