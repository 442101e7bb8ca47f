/*
 * Commands of a message stream: publish, play, and what follows them.
 */
#include <string.h>

#include "serve_command.h"

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

void
serve_on_publish(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	struct serve_stream *st =
	    startable_stream(cmd, "NetStream.Publish.Denied");
	char name[SERVE_NAME_MAX + 1];

	if (st == NULL || serve_redirect_stream(c))
		return;
	if (serve_get_name(cmd, name) != 0) {
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

void
serve_on_play(struct command *cmd)
{
	struct serve_conn *c = cmd->conn;
	struct serve_stream *st =
	    startable_stream(cmd, "NetStream.Play.Failed");
	char name[SERVE_NAME_MAX + 1];

	if (st == NULL || serve_redirect_stream(c))
		return;
	if (serve_get_name(cmd, name) != 0 ||
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

void
serve_on_fc_unpublish(struct command *cmd)
{
	char name[SERVE_NAME_MAX + 1];
	struct serve_stream *st = cmd->conn->streams;
	unsigned i;

	serve_answer_undefined(cmd);
	serve_notify(cmd->conn, "onFCUnpublish",
	    "NetStream.Unpublish.Success");
	if (serve_get_name(cmd, name) != 0)
		return;
	for (i = 0; i < SERVE_STREAMS_MAX; i++, st++)
		if (st->state == SERVE_STREAM_PUBLISHING &&
		    strcmp(st->channel->name, name) == 0)
			stop_stream(st);
}

void
serve_on_close_stream(struct command *cmd)
{
	struct serve_stream *st = serve_stream_find(cmd->conn, cmd->msid);

	if (st != NULL)
		stop_stream(st);
}

void
serve_on_delete_stream(struct command *cmd)
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

void
serve_on_pause(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st == NULL)
		return;
	st->paused = serve_get_flag(cmd);
	st->await_key = st->channel->has_video;
	if (st->paused)
		serve_send_status(cmd->conn, st->msid, "status",
		    "NetStream.Pause.Notify", "The stream is paused.");
	else
		serve_send_status(cmd->conn, st->msid, "status",
		    "NetStream.Unpause.Notify", "The stream goes on.");
}

void
serve_on_receive_audio(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st != NULL)
		st->no_audio = !serve_get_flag(cmd);
}

void
serve_on_receive_video(struct command *cmd)
{
	struct serve_stream *st = playing_stream(cmd);

	if (st == NULL)
		return;
	st->no_video = !serve_get_flag(cmd);
	st->await_key = st->channel->has_video;
}

void
serve_on_seek(struct command *cmd)
{
	serve_send_status(cmd->conn, cmd->msid, "error",
	    "NetStream.Seek.Failed", "A live stream has no other position.");
}
