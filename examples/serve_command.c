/*
 * Commands of a client, RTMP 1.0 section 7.2, and those of the encoders that
 * followed Flash Media Live Encoder.
 *
 *     connect        Window Ack Size, Set Peer Bandwidth, Stream Begin 0,
 *                    Set Chunk Size, _result, onBWDone
 *     releaseStream  _result
 *     FCPublish      _result, onFCPublish
 *     createStream   _result with the message stream id
 *     publish        Stream Begin, onStatus NetStream.Publish.Start
 *     play           Stream Begin, onStatus NetStream.Play.Reset and .Start,
 *                    then the media
 *     FCUnpublish, closeStream, deleteStream
 *                    onStatus NetStream.Unpublish.Success to a publisher
 *     pause          onStatus NetStream.Pause.Notify or .Unpause.Notify
 *     others         _error NetConnection.Call.Failed
 */
#include <string.h>

#include "serve.h"

#define CSID_CONTROL 2
#define CSID_COMMAND 3
#define CSID_STATUS 5
#define WINDOW 2500000
#define APP_MAX 2047  /* of an app with its query */
#define BODY_MAX 1024 /* of what this file sends; peers don't size it */

/* A command received.  args stands on the command object. */
struct command {
	struct serve_conn *conn;
	uint32_t msid;
	double transaction;
	struct rtmp_amf0_reader args;
};

/* ---- Answers ---- */

static void
put_status(struct rtmp_amf0_writer *w, const char *level, const char *code,
    const char *description)
{
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_key(w, "level");
	rtmp_amf0_put_string(w, level);
	rtmp_amf0_put_key(w, "code");
	rtmp_amf0_put_string(w, code);
	rtmp_amf0_put_key(w, "description");
	rtmp_amf0_put_string(w, description);
	rtmp_amf0_put_object_end(w);
}

static void
begin(struct rtmp_amf0_writer *w, uint8_t *buf, const char *name,
    double transaction)
{
	rtmp_amf0_writer_init(w, buf, BODY_MAX);
	rtmp_amf0_put_string(w, name);
	rtmp_amf0_put_number(w, transaction);
}

static void
send_command(struct serve_conn *c, uint32_t csid, uint32_t msid,
    const struct rtmp_amf0_writer *w)
{
	serve_send(c, csid, msid, RTMP_MSG_COMMAND_AMF0, w->buf, w->len);
}

void
serve_send_status(struct serve_conn *c, uint32_t msid, const char *level,
    const char *code, const char *description)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	begin(&w, buf, "onStatus", 0);
	rtmp_amf0_put_null(&w);
	put_status(&w, level, code, description);
	send_command(c, CSID_STATUS, msid, &w);
}

/* A transaction of 0 wants no answer. */
static void
answer_error(struct command *cmd, const char *code, const char *description)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	if (cmd->transaction == 0)
		return;
	begin(&w, buf, "_error", cmd->transaction);
	rtmp_amf0_put_null(&w);
	put_status(&w, "error", code, description);
	send_command(cmd->conn, CSID_COMMAND, 0, &w);
}

static void
answer_undefined(struct command *cmd)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	if (cmd->transaction == 0)
		return;
	begin(&w, buf, "_result", cmd->transaction);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_undefined(&w);
	send_command(cmd->conn, CSID_COMMAND, 0, &w);
}

static void
answer_number(struct command *cmd, double value)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	begin(&w, buf, "_result", cmd->transaction);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_number(&w, value);
	send_command(cmd->conn, CSID_COMMAND, 0, &w);
}

/* Commands of the server's own, which nobody answers. */
static void
notify(struct serve_conn *c, const char *name, const char *code)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	begin(&w, buf, name, 0);
	rtmp_amf0_put_null(&w);
	if (code != NULL)
		put_status(&w, "status", code, "");
	send_command(c, CSID_COMMAND, 0, &w);
}

/* ---- Arguments ---- */

/* Strings of the wire become C strings; one that does not fit or holds a NUL
 * is none. */
static int
copy_string(char *out, size_t size, const char *s, size_t len)
{
	if (len >= size || memchr(s, '\0', len) != NULL)
		return -1;
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

/* The name behind the command object, without its query: what stands there is
 * for servers that check who comes. */
static int
get_name(struct command *cmd, char name[SERVE_NAME_MAX + 1])
{
	const char *s, *query;
	size_t len;

	rtmp_amf0_skip(&cmd->args);
	if (rtmp_amf0_get_string(&cmd->args, &s, &len) != 0)
		return -1;
	query = memchr(s, '?', len);
	if (query != NULL)
		len = (size_t)(query - s);
	return len == 0 ? -1 : copy_string(name, SERVE_NAME_MAX + 1, s, len);
}

static int
get_flag(struct command *cmd)
{
	int v = 0;

	rtmp_amf0_skip(&cmd->args);
	rtmp_amf0_get_boolean(&cmd->args, &v);
	return v;
}

/* ---- Connection ---- */

/* The app of the command object as it is, and without a query or slashes at
 * its end. */
static int
get_app(struct command *cmd, char whole[APP_MAX + 1],
    char app[SERVE_NAME_MAX + 1])
{
	struct rtmp_amf0_reader value;
	const char *s;
	size_t len;

	if (rtmp_amf0_find(cmd->args.pos,
		(size_t)(cmd->args.end - cmd->args.pos), "app", &value) != 1 ||
	    rtmp_amf0_get_string(&value, &s, &len) != 0 ||
	    copy_string(whole, APP_MAX + 1, s, len) != 0)
		return -1;
	len = strcspn(whole, "?");
	while (len > 0 && s[len - 1] == '/')
		len--;
	return copy_string(app, SERVE_NAME_MAX + 1, s, len);
}

static int
app_is_served(const struct server *s, const char *app)
{
	unsigned i;

	for (i = 0; i < s->app_count; i++)
		if (strcmp(s->apps[i], app) == 0)
			return 1;
	return s->app_count == 0;
}

static void
accept_connect(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	uint8_t buf[BODY_MAX], window[5];
	char token[2 * SERVE_TOKEN_SIZE + 1];
	struct rtmp_amf0_writer w;

	serve_put_be32(window, WINDOW);
	window[4] = 2; /* dynamic */
	serve_send(c, CSID_CONTROL, 0, RTMP_MSG_WINDOW_ACK_SIZE, window, 4);
	serve_send(c, CSID_CONTROL, 0, RTMP_MSG_SET_PEER_BANDWIDTH, window, 5);
	serve_send_user_control(c, 0, 0);
	serve_put_be32(window, c->server->chunk_size);
	serve_send(c, CSID_CONTROL, 0, RTMP_MSG_SET_CHUNK_SIZE, window, 4);

	begin(&w, buf, "_result", cmd->transaction);
	rtmp_amf0_put_object_begin(&w);
	rtmp_amf0_put_key(&w, "fmsVer");
	rtmp_amf0_put_string(&w, "FMS/3,5,3,824");
	rtmp_amf0_put_key(&w, "capabilities");
	rtmp_amf0_put_number(&w, 31);
	rtmp_amf0_put_object_end(&w);
	rtmp_amf0_put_object_begin(&w);
	rtmp_amf0_put_key(&w, "level");
	rtmp_amf0_put_string(&w, "status");
	rtmp_amf0_put_key(&w, "code");
	rtmp_amf0_put_string(&w, "NetConnection.Connect.Success");
	rtmp_amf0_put_key(&w, "description");
	rtmp_amf0_put_string(&w, "Connection succeeded.");
	rtmp_amf0_put_key(&w, "objectEncoding");
	rtmp_amf0_put_number(&w, 0);
	if (c->server->secure_token != NULL) {
		serve_token_begin(c, token);
		rtmp_amf0_put_key(&w, "secureToken");
		rtmp_amf0_put_string(&w, token);
	}
	rtmp_amf0_put_object_end(&w);
	send_command(c, CSID_COMMAND, 0, &w);
	notify(c, "onBWDone", NULL);
}

static void
on_connect(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	char app[APP_MAX + 1], words[BODY_MAX / 2];

	if (c->state == SERVE_CONNECTED) {
		answer_error(cmd, "NetConnection.Connect.Failed",
		    "The connection has an application already.");
		return;
	}
	if (get_app(cmd, app, c->app) != 0 ||
	    !app_is_served(c->server, c->app)) {
		answer_error(cmd, "NetConnection.Connect.InvalidApp",
		    "There is no such application here.");
		serve_conn_refuse(c, "unknown application");
		return;
	}
	if (!serve_auth(c->server, app, words, sizeof(words))) {
		answer_error(cmd, "NetConnection.Connect.Rejected", words);
		serve_conn_refuse(c, "not authenticated");
		return;
	}
	if (serve_redirect_connect(c, cmd->transaction))
		return;
	c->state = SERVE_CONNECTED;
	serve_reconnect_later(c, cmd->args.pos,
	    (size_t)(cmd->args.end - cmd->args.pos));
	accept_connect(cmd);
}

static void
on_secure_token_response(struct command *cmd)
{
	const char *s = "";
	size_t len = 0;

	rtmp_amf0_skip(&cmd->args);
	rtmp_amf0_get_string(&cmd->args, &s, &len);
	if (serve_token_end(cmd->conn, s, len) != 0)
		serve_conn_refuse(cmd->conn, "wrong secureTokenResponse");
}

static void
on_create_stream(struct command *cmd)
{
	struct serve_stream *st = cmd->conn->streams;
	unsigned i;

	if (cmd->conn->token[0] != '\0') {
		serve_conn_refuse(cmd->conn, "no secureTokenResponse");
		return;
	}
	for (i = 0; i < SERVE_STREAMS_MAX; i++, st++) {
		if (st->state == SERVE_STREAM_FREE) {
			st->state = SERVE_STREAM_IDLE;
			answer_number(cmd, st->msid);
			return;
		}
	}
	answer_error(cmd, "NetConnection.Call.Failed",
	    "The connection has too many streams.");
}

static void
on_fc_publish(struct command *cmd)
{
	answer_undefined(cmd);
	notify(cmd->conn, "onFCPublish", "NetStream.Publish.Start");
}

static void
on_fc_subscribe(struct command *cmd)
{
	answer_undefined(cmd);
	notify(cmd->conn, "onFCSubscribe", "NetStream.Play.Start");
}

static void
on_get_stream_length(struct command *cmd)
{
	if (cmd->transaction != 0)
		answer_number(cmd, 0);
}

/* ---- Streams ---- */

/* An idle stream that the command may start, or NULL when it was refused. */
static struct serve_stream *
startable_stream(struct command *cmd, const char *code)
{
	struct serve_stream *st = serve_stream_find(cmd->conn, cmd->msid);

	if (st != NULL && st->state == SERVE_STREAM_IDLE)
		return st;
	serve_send_status(cmd->conn, cmd->msid, "error", code,
	    st == NULL ? "No createStream has given this stream id." :
			 "The stream is publishing or playing already.");
	return NULL;
}

static void
on_publish(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	struct serve_stream *st =
	    startable_stream(cmd, "NetStream.Publish.Denied");
	char name[SERVE_NAME_MAX + 1];

	if (st == NULL || serve_redirect_stream(c))
		return;
	if (get_name(cmd, name) != 0) {
		serve_send_status(c, cmd->msid, "error",
		    "NetStream.Publish.BadName",
		    "The stream name is missing or too long.");
		return;
	}
	if (serve_publish(st, name) != 0) {
		serve_log(c->server, SERVE_NORMAL,
		    "%s: publish refused, the name is in use", c->peer);
		serve_send_status(c, cmd->msid, "error",
		    "NetStream.Publish.BadName",
		    "Somebody publishes under this name.");
		return;
	}
	serve_send_user_control(c, 0, st->msid);
	serve_send_status(c, st->msid, "status", "NetStream.Publish.Start",
	    "Publishing has begun.");
}

static int
is_published(struct server *s, const char *app, const char *name)
{
	struct serve_channel *ch = serve_channel_find(s, app, name);

	return ch != NULL && ch->publisher != NULL;
}

static void
on_play(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	struct serve_stream *st =
	    startable_stream(cmd, "NetStream.Play.Failed");
	char name[SERVE_NAME_MAX + 1];

	if (st == NULL || serve_redirect_stream(c))
		return;
	if (get_name(cmd, name) != 0 ||
	    (c->server->no_wait && !is_published(c->server, c->app, name))) {
		serve_send_status(c, cmd->msid, "error",
		    "NetStream.Play.StreamNotFound",
		    "Nobody publishes under this name.");
		return;
	}
	if (serve_play(st, name) != 0) {
		serve_conn_fail(c, "out of memory");
		return;
	}
	serve_send_user_control(c, 0, st->msid);
	serve_send_status(c, st->msid, "status", "NetStream.Play.Reset",
	    "Playing and resetting the stream.");
	serve_send_status(c, st->msid, "status", "NetStream.Play.Start",
	    "Playing has begun.");
	serve_catch_up(st);
}

static void
stop_stream(struct serve_stream *st)
{
	int published = st->state == SERVE_STREAM_PUBLISHING;

	serve_leave(st);
	if (published)
		serve_send_status(st->conn, st->msid, "status",
		    "NetStream.Unpublish.Success", "Publishing has ended.");
}

static void
on_fc_unpublish(struct command *cmd)
{
	char name[SERVE_NAME_MAX + 1];
	struct serve_stream *st = cmd->conn->streams;
	unsigned i;

	answer_undefined(cmd);
	notify(cmd->conn, "onFCUnpublish", "NetStream.Unpublish.Success");
	if (get_name(cmd, name) != 0)
		return;
	for (i = 0; i < SERVE_STREAMS_MAX; i++, st++)
		if (st->state == SERVE_STREAM_PUBLISHING &&
		    strcmp(st->channel->name, name) == 0)
			stop_stream(st);
}

static void
on_close_stream(struct command *cmd)
{
	struct serve_stream *st = serve_stream_find(cmd->conn, cmd->msid);

	if (st != NULL)
		stop_stream(st);
}

static void
on_delete_stream(struct command *cmd)
{
	struct serve_stream *st;
	double msid;

	rtmp_amf0_skip(&cmd->args);
	if (rtmp_amf0_get_number(&cmd->args, &msid) != 0 ||
	    !(msid >= 1 && msid <= SERVE_STREAMS_MAX))
		return;
	st = serve_stream_find(cmd->conn, (uint32_t)msid);
	if (st != NULL) {
		stop_stream(st);
		st->state = SERVE_STREAM_FREE;
	}
}

/* ---- Commands of a player ---- */

static struct serve_stream *
playing_stream(struct command *cmd)
{
	struct serve_stream *st = serve_stream_find(cmd->conn, cmd->msid);

	return st != NULL && st->state == SERVE_STREAM_PLAYING ? st : NULL;
}

static void
on_pause(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st == NULL)
		return;
	st->paused = get_flag(cmd);
	st->await_key = st->channel->has_video;
	if (st->paused)
		serve_send_status(cmd->conn, st->msid, "status",
		    "NetStream.Pause.Notify", "The stream is paused.");
	else
		serve_send_status(cmd->conn, st->msid, "status",
		    "NetStream.Unpause.Notify", "The stream goes on.");
}

static void
on_receive_audio(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st != NULL)
		st->no_audio = !get_flag(cmd);
}

static void
on_receive_video(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st == NULL)
		return;
	st->no_video = !get_flag(cmd);
	st->await_key = st->channel->has_video;
}

static void
on_seek(struct command *cmd)
{
	serve_send_status(cmd->conn, cmd->msid, "error",
	    "NetStream.Seek.Failed", "A live stream has no other position.");
}

static void
on_answer(struct command *cmd)
{
	(void)cmd;
}

/* ---- Dispatch ---- */

static const struct {
	const char *name;
	void (*handle)(struct command *cmd);
} handlers[] = {
	{ "connect", on_connect },
	{ "secureTokenResponse", on_secure_token_response },
	{ "createStream", on_create_stream },
	{ "releaseStream", answer_undefined },
	{ "FCPublish", on_fc_publish },
	{ "FCUnpublish", on_fc_unpublish },
	{ "FCSubscribe", on_fc_subscribe },
	{ "getStreamLength", on_get_stream_length },
	{ "_checkbw", answer_undefined },
	{ "publish", on_publish },
	{ "play", on_play },
	{ "closeStream", on_close_stream },
	{ "deleteStream", on_delete_stream },
	{ "pause", on_pause },
	{ "seek", on_seek },
	{ "receiveAudio", on_receive_audio },
	{ "receiveVideo", on_receive_video },
	{ "_result", on_answer },
	{ "_error", on_answer },
};

static void
dispatch(struct command *cmd, const char *name)
{
	struct serve_conn *c = cmd->conn;
	size_t i;

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (strcmp(handlers[i].name, name) != 0)
			continue;
		if (c->state != SERVE_CONNECTED && i != 0)
			serve_conn_refuse(c, "a command before connect");
		else
			handlers[i].handle(cmd);
		return;
	}
	answer_error(cmd, "NetConnection.Call.Failed",
	    "There is no such command here.");
}

void
serve_command(struct serve_conn *c, uint32_t msid, const uint8_t *body,
    size_t size)
{
	struct command cmd = { c, msid, 0, { 0 } };
	char name[64];
	const char *s;
	size_t len;

	rtmp_amf0_reader_init(&cmd.args, body, size);
	if (rtmp_amf0_get_string(&cmd.args, &s, &len) != 0 ||
	    copy_string(name, sizeof(name), s, len) != 0) {
		serve_log(c->server, SERVE_VERBOSE,
		    "%s: command without a name ignored", c->peer);
		return;
	}
	/* Some senders leave the transaction out. */
	if (cmd.args.pos != cmd.args.end)
		rtmp_amf0_get_number(&cmd.args, &cmd.transaction);
	serve_log(c->server, SERVE_VERBOSE, "%s: %s, transaction %g, "
	    "stream %lu", c->peer, name, cmd.transaction, (unsigned long)msid);
	if (c->is_redirected)
		serve_redirect_answer(c, &cmd.args);
	else
		dispatch(&cmd, name);
}
