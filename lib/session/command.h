#ifndef RTMPIO_SESSION_COMMAND_H
#define RTMPIO_SESSION_COMMAND_H

/*
 * Commands, RTMP 1.0 section 7.2: the bodies of message types 20 and 17.
 *
 *     name, transaction, command object or null, further values
 *
 * Bytes only; what they lead to is decided in reply.c.
 */
#include <rtmpio/amf0.h>
#include <rtmpio/session.h>
#include "base/buf.h"

/* A received command; everything points into its body. */
struct rtmp_command {
	const char *name; /* not NUL-terminated; NULL for an empty body */
	size_t name_size;
	double transaction; /* 0 when there is none */
	const uint8_t *info; /* the last object with a "code" or a "level", or
			      * NULL */
	size_t info_size;
	const char *text; /* the last string behind the transaction, or NULL */
	size_t text_size;
	int has_number;	  /* a number behind the transaction: */
	double number;	  /* the first one, such as createStream's answer */
	const uint8_t *body; /* all values */
	size_t body_size;
};

/* Returns 0; RTMP_ERR_PROTO or RTMP_ERR_LIMIT when any of its values is
 * broken.  Missing values are no error: some servers leave them out. */
int rtmp_command_parse(struct rtmp_command *c, const uint8_t *body,
    size_t size);

/*
 * The status that a command carries, with its kind.  Strings are copied into
 * text, which is emptied first; amf0 points into the body.  Returns 0 or
 * RTMP_ERR_NOMEM.
 */
int rtmp_command_status(const struct rtmp_command *c,
    struct rtmp_status *status, struct rtmp_buf *text,
    const struct rtmp_mem *mem);

/*
 * A command to be sent: the name, the transaction and then what put appends.
 * Returns the body, allocated, with its length in *size; NULL when out of
 * memory or when arg holds what AMF0 cannot (a name above 65535 bytes).
 */
uint8_t *rtmp_command_build(const struct rtmp_mem *mem, const char *name,
    double transaction,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg, size_t *size);

/* Appends s and a NUL.  Returns as rtmp_buf_append(). */
int rtmp_text_add(struct rtmp_buf *text, const struct rtmp_mem *mem,
    const char *s, size_t size);

/* A pair of an object, whose value is a number. */
void rtmp_put_pair(struct rtmp_amf0_writer *w, const char *key, uint32_t v);

/* For put: null, or null and a string, a number, or a boolean. */
void rtmp_put_null(struct rtmp_amf0_writer *w, const void *unused);
void rtmp_put_string(struct rtmp_amf0_writer *w, const void *string);
void rtmp_put_number(struct rtmp_amf0_writer *w, const void *number);
void rtmp_put_boolean(struct rtmp_amf0_writer *w, const void *integer);

#endif
