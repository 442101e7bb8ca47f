#ifndef SERVE_COMMAND_H
#define SERVE_COMMAND_H

/*
 * What the files about commands share:
 *
 *     serve_command.c  which command is which; connect and its kin
 *     serve_stream.c   publish, play, pause ...
 *     serve_answer.c   answers, arguments
 */
#include "serve.h"

#define SERVE_CSID_CONTROL 2
#define SERVE_CSID_COMMAND 3
#define SERVE_CSID_STATUS 5
#define SERVE_BODY_MAX 1024 /* of what is answered; peers don't size it */

/* A command received.  args stands on the command object. */
struct command {
	struct serve_conn *conn;
	uint32_t msid;
	double transaction;
	struct rtmp_amf0_reader args;
};

/* ---- serve_answer.c ---- */

/* Name and transaction into buf, which has SERVE_BODY_MAX bytes; and all of it
 * on its way. */
void serve_command_begin(struct rtmp_amf0_writer *w, uint8_t *buf,
    const char *name, double transaction);
void serve_send_command(struct serve_conn *c, uint32_t csid, uint32_t msid,
    const struct rtmp_amf0_writer *w);

/* _error and _result.  A transaction of 0 wants no answer. */
void serve_answer_error(struct command *cmd, const char *code,
    const char *description);
void serve_answer_undefined(struct command *cmd);
void serve_answer_number(struct command *cmd, double value);
/* A command of the server's own, which nobody answers.  code may be NULL. */
void serve_notify(struct serve_conn *c, const char *name, const char *code);

/* Strings of the wire become C strings.  -1: it does not fit, or holds a
 * NUL. */
int serve_copy_string(char *out, size_t size, const char *s, size_t len);
/* The name behind the command object, without its query: what stands there is
 * for servers that check who comes.  -1: there is none that can be used. */
int serve_get_name(struct command *cmd, char name[SERVE_NAME_MAX + 1]);
int serve_get_flag(struct command *cmd);

/* ---- serve_stream.c ---- */

void serve_on_publish(struct command *cmd);
void serve_on_play(struct command *cmd);
void serve_on_fc_unpublish(struct command *cmd);
void serve_on_close_stream(struct command *cmd);
void serve_on_delete_stream(struct command *cmd);
void serve_on_pause(struct command *cmd);
void serve_on_receive_audio(struct command *cmd);
void serve_on_receive_video(struct command *cmd);
void serve_on_seek(struct command *cmd);

#endif
