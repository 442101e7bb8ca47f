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

#include "serve_command.h"

#define WINDOW 2500000
#define APP_MAX 2047 /* of an app with its query */

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
	    serve_copy_string(whole, APP_MAX + 1, s, len) != 0)
		return -1;
	len = strcspn(whole, "?");
	while (len > 0 && s[len - 1] == '/')
		len--;
	return serve_copy_string(app, SERVE_NAME_MAX + 1, s, len);
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
	uint8_t buf[SERVE_BODY_MAX], window[5];
	char token[2 * SERVE_TOKEN_SIZE + 1];
	struct rtmp_amf0_writer w;

	serve_put_be32(window, WINDOW);
	window[4] = 2; /* dynamic */
	serve_send(c, SERVE_CSID_CONTROL, 0, RTMP_MSG_WINDOW_ACK_SIZE, window,
	    4);
	serve_send(c, SERVE_CSID_CONTROL, 0, RTMP_MSG_SET_PEER_BANDWIDTH,
	    window, 5);
	serve_send_user_control(c, 0, 0);
	serve_put_be32(window, c->server->chunk_size);
	serve_send(c, SERVE_CSID_CONTROL, 0, RTMP_MSG_SET_CHUNK_SIZE, window,
	    4);

	serve_command_begin(&w, buf, "_result", cmd->transaction);
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
	serve_send_command(c, SERVE_CSID_COMMAND, 0, &w);
	serve_notify(c, "onBWDone", NULL);
}

/* All that it says, passwords included. */
static void
log_values(struct command *cmd, const char *name)
{
	char text[SERVE_BODY_MAX];

	(void)rtmp_amf0_to_text(cmd->args.pos,
	    (size_t)(cmd->args.end - cmd->args.pos), text, sizeof(text), NULL);
	serve_log(cmd->conn->server, SERVE_VERBOSE, "%s: %s: %s",
	    cmd->conn->peer, name, text);
}

static void
on_connect(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	char app[APP_MAX + 1], words[SERVE_BODY_MAX / 2];

	log_values(cmd, "connect");
	if (c->state == SERVE_CONNECTED) {
		serve_answer_error(cmd, "NetConnection.Connect.Failed",
		    "The connection has an application already.");
		return;
	}
	if (get_app(cmd, app, c->app) != 0 ||
	    !app_is_served(c->server, c->app)) {
		serve_answer_error(cmd, "NetConnection.Connect.InvalidApp",
		    "There is no such application here.");
		serve_conn_refuse(c, "unknown application");
		return;
	}
	if (!serve_auth(c->server, app, words, sizeof(words))) {
		serve_answer_error(cmd, "NetConnection.Connect.Rejected",
		    words);
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
			serve_answer_number(cmd, st->msid);
			return;
		}
	}
	serve_answer_error(cmd, "NetConnection.Call.Failed",
	    "The connection has too many streams.");
}

static void
on_fc_publish(struct command *cmd)
{
	serve_answer_undefined(cmd);
	serve_notify(cmd->conn, "onFCPublish", "NetStream.Publish.Start");
}

static void
on_fc_subscribe(struct command *cmd)
{
	log_values(cmd, "FCSubscribe");
	serve_answer_undefined(cmd);
	serve_notify(cmd->conn, "onFCSubscribe", "NetStream.Play.Start");
}

static void
on_get_stream_length(struct command *cmd)
{
	if (cmd->transaction != 0)
		serve_answer_number(cmd, 0);
}

/* ---- Dispatch ---- */

static void
on_answer(struct command *cmd)
{
	(void)cmd;
}

static const struct {
	const char *name;
	void (*handle)(struct command *cmd);
} handlers[] = {
	{ "connect", on_connect },
	{ "secureTokenResponse", on_secure_token_response },
	{ "createStream", on_create_stream },
	{ "releaseStream", serve_answer_undefined },
	{ "FCPublish", on_fc_publish },
	{ "FCUnpublish", serve_on_fc_unpublish },
	{ "FCSubscribe", on_fc_subscribe },
	{ "getStreamLength", on_get_stream_length },
	{ "_checkbw", serve_answer_undefined },
	{ "publish", serve_on_publish },
	{ "play", serve_on_play },
	{ "closeStream", serve_on_close_stream },
	{ "deleteStream", serve_on_delete_stream },
	{ "pause", serve_on_pause },
	{ "seek", serve_on_seek },
	{ "receiveAudio", serve_on_receive_audio },
	{ "receiveVideo", serve_on_receive_video },
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
	serve_answer_error(cmd, "NetConnection.Call.Failed",
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
	    serve_copy_string(name, sizeof(name), s, len) != 0) {
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
