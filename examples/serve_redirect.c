/*
 * Clients that are sent elsewhere: --redirect and --reconnect.
 *
 *     connect  ->
 *        <- _error  Connect.Rejected, ex {code 302, redirect}      --redirect
 *
 *     connect, createStream, publish or play  ->
 *        <- onStatus  Connect.Rejected, ex {code 302, redirect, redirect2}
 *     any command with a string  ->          --redirect-as status, as SRS does
 *
 *     connect with capsEx, bit 0  ->
 *        <- onStatus  Connect.ReconnectRequest, tcUrl   --reconnect, E-RTMP v2
 */
#include <string.h>

#include <rtmpio/url.h>
#include "serve.h"

#define ANSWER_MS 3000 /* as long as SRS waits */
#define BODY_MAX 8192
#define CSID_COMMAND 3
#define CSID_STATUS 5
#define REJECTED "NetConnection.Connect.Rejected"

static void
put_pair(struct rtmp_amf0_writer *w, const char *key, const char *value)
{
	rtmp_amf0_put_key(w, key);
	rtmp_amf0_put_string(w, value);
}

static void
put_redirect(struct rtmp_amf0_writer *w, const struct server *s)
{
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_object_begin(w);
	put_pair(w, "level", "error");
	put_pair(w, "code", REJECTED);
	put_pair(w, "description", "[ Server.Reject ] : Redirected.");
	rtmp_amf0_put_key(w, "ex");
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_key(w, "code");
	rtmp_amf0_put_number(w, 302);
	put_pair(w, "redirect", s->redirect);
	if (s->redirect2 != NULL)
		put_pair(w, "redirect2", s->redirect2);
	rtmp_amf0_put_object_end(w);
	rtmp_amf0_put_object_end(w);
}

/* Who comes for the app of the URL has arrived: a server can redirect to
 * itself. */
static int
is_sent_away(const struct serve_conn *c)
{
	struct rtmp_url url;

	return c->server->redirect != NULL &&
	    (rtmp_url_parse_app(&url, c->server->redirect) != 0 ||
	    strcmp(url.app, c->app) != 0);
}

int
serve_redirect_connect(struct serve_conn *c, double transaction)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	if (c->server->redirect_late || !is_sent_away(c))
		return 0;
	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "_error");
	rtmp_amf0_put_number(&w, transaction);
	put_redirect(&w, c->server);
	serve_send(c, CSID_COMMAND, 0, RTMP_MSG_COMMAND_AMF0, buf, w.len);
	serve_conn_refuse(c, "redirected");
	return 1;
}

int
serve_redirect_stream(struct serve_conn *c)
{
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	if (!c->server->redirect_late || !is_sent_away(c))
		return 0;
	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "onStatus");
	rtmp_amf0_put_number(&w, 0);
	put_redirect(&w, c->server);
	serve_send(c, CSID_STATUS, 0, RTMP_MSG_COMMAND_AMF0, buf, w.len);
	c->is_redirected = 1;
	c->due = c->server->now + ANSWER_MS;
	return 1;
}

void
serve_redirect_answer(struct serve_conn *c, struct rtmp_amf0_reader *args)
{
	enum rtmp_amf0_type type;

	rtmp_amf0_skip(args); /* the command object */
	if (rtmp_amf0_peek(args, &type) == 1 && type == RTMP_AMF0_STRING)
		serve_conn_refuse(c, "redirected, as it knows");
}

/* ---- Enhanced RTMP ---- */

void
serve_reconnect_later(struct serve_conn *c, const uint8_t *object,
    size_t size)
{
	struct rtmp_amf0_reader value;
	double caps;

	if (c->server->reconnect != NULL &&
	    rtmp_amf0_find(object, size, "capsEx", &value) == 1 &&
	    rtmp_amf0_get_number(&value, &caps) == 0 && caps >= 0 &&
	    caps <= 255 && (unsigned)caps & 1)
		c->due = c->server->now + c->server->reconnect_ms;
}

static void
request_reconnect(struct serve_conn *c)
{
	const char *url = c->server->reconnect;
	uint8_t buf[BODY_MAX];
	struct rtmp_amf0_writer w;

	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "onStatus");
	rtmp_amf0_put_number(&w, 0);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_object_begin(&w);
	put_pair(&w, "level", "status");
	put_pair(&w, "code", "NetConnection.Connect.ReconnectRequest");
	put_pair(&w, "description", "The server is about to restart.");
	if (strcmp(url, "same") != 0)
		put_pair(&w, "tcUrl", url);
	rtmp_amf0_put_object_end(&w);
	serve_send(c, CSID_STATUS, 0, RTMP_MSG_COMMAND_AMF0, buf, w.len);
	serve_log(c->server, SERVE_NORMAL, "%s: asked to reconnect", c->peer);
}

/* ---- Time ---- */

void
serve_redirect_tick(struct serve_conn *c)
{
	if (c->due == 0 || c->server->now < c->due)
		return;
	c->due = 0;
	if (c->is_redirected)
		serve_conn_refuse(c, "redirected, and without an answer");
	else
		request_reconnect(c);
}
