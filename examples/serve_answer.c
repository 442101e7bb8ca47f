/*
 * Commands on the wire: what the server answers, and how it reads arguments.
 */
#include <string.h>

#include "serve_command.h"

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

void
serve_command_begin(struct rtmp_amf0_writer *w, uint8_t *buf,
    const char *name, double transaction)
{
	rtmp_amf0_writer_init(w, buf, SERVE_BODY_MAX);
	rtmp_amf0_put_string(w, name);
	rtmp_amf0_put_number(w, transaction);
}

void
serve_send_command(struct serve_conn *c, uint32_t csid, uint32_t msid,
    const struct rtmp_amf0_writer *w)
{
	serve_send(c, csid, msid, RTMP_MSG_COMMAND_AMF0, w->buf, w->len);
}

void
serve_send_status(struct serve_conn *c, uint32_t msid, const char *level,
    const char *code, const char *description)
{
	uint8_t buf[SERVE_BODY_MAX];
	struct rtmp_amf0_writer w;

	serve_command_begin(&w, buf, "onStatus", 0);
	rtmp_amf0_put_null(&w);
	put_status(&w, level, code, description);
	serve_send_command(c, SERVE_CSID_STATUS, msid, &w);
}

void
serve_answer_error(struct command *cmd, const char *code,
    const char *description)
{
	uint8_t buf[SERVE_BODY_MAX];
	struct rtmp_amf0_writer w;

	if (cmd->transaction == 0)
		return;
	serve_command_begin(&w, buf, "_error", cmd->transaction);
	rtmp_amf0_put_null(&w);
	put_status(&w, "error", code, description);
	serve_send_command(cmd->conn, SERVE_CSID_COMMAND, 0, &w);
}

void
serve_answer_undefined(struct command *cmd)
{
	uint8_t buf[SERVE_BODY_MAX];
	struct rtmp_amf0_writer w;

	if (cmd->transaction == 0)
		return;
	serve_command_begin(&w, buf, "_result", cmd->transaction);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_undefined(&w);
	serve_send_command(cmd->conn, SERVE_CSID_COMMAND, 0, &w);
}

void
serve_answer_number(struct command *cmd, double value)
{
	uint8_t buf[SERVE_BODY_MAX];
	struct rtmp_amf0_writer w;

	serve_command_begin(&w, buf, "_result", cmd->transaction);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_number(&w, value);
	serve_send_command(cmd->conn, SERVE_CSID_COMMAND, 0, &w);
}

void
serve_notify(struct serve_conn *c, const char *name, const char *code)
{
	uint8_t buf[SERVE_BODY_MAX];
	struct rtmp_amf0_writer w;

	serve_command_begin(&w, buf, name, 0);
	rtmp_amf0_put_null(&w);
	if (code != NULL)
		put_status(&w, "status", code, "");
	serve_send_command(c, SERVE_CSID_COMMAND, 0, &w);
}

/* ---- Arguments ---- */

int
serve_copy_string(char *out, size_t size, const char *s, size_t len)
{
	if (len >= size || memchr(s, '\0', len) != NULL)
		return -1;
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

int
serve_get_name(struct command *cmd, char name[SERVE_NAME_MAX + 1])
{
	const char *s, *query;
	size_t len;

	rtmp_amf0_skip(&cmd->args);
	if (rtmp_amf0_get_string(&cmd->args, &s, &len) != 0)
		return -1;
	query = memchr(s, '?', len);
	if (query != NULL)
		len = (size_t)(query - s);
	return len == 0 ? -1 :
	    serve_copy_string(name, SERVE_NAME_MAX + 1, s, len);
}

int
serve_get_flag(struct command *cmd)
{
	int v = 0;

	rtmp_amf0_skip(&cmd->args);
	rtmp_amf0_get_boolean(&cmd->args, &v);
	return v;
}
