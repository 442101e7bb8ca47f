#ifndef RTMPIO_TRANSPORT_RTMPT_H
#define RTMPIO_TRANSPORT_RTMPT_H

/*
 * The inside of the HTTP tunnel:
 *
 *     rtmpt.c          the transport: opening, reading, writing, waiting
 *     rtmpt_state.c    requests and replies, one after the other
 *     rtmpt_request.c  the header of a request, with the server's cookies
 */
#include <rtmpio/io.h>
#include "base/buf.h"
#include "transport/http.h"

#define RTMPT_SESSION_MAX 64   /* characters of a session id */
#define RTMPT_COOKIES_MAX 2048 /* of all cookies as they are sent back */
#define RTMPT_LOCATION_MAX 160 /* of a redirect, for its words */
#define RTMPT_HEAD_MAX (RTMPT_COOKIES_MAX + 1024)
/* A reply is not stored, but nothing can be sent before its end. */
#define RTMPT_REPLY_MAX (64 << 20)
#define RTMPT_CONNECTS_MAX 4   /* without a reply */
#define RTMPT_POLL_MIN_MS 20
#define RTMPT_POLL_MAX_MS 500

/* What waits, and on what time it goes by; for tests. */
struct rtmp_rtmpt_clock {
	int64_t (*now)(void *arg); /* milliseconds */
	/* 0 when the time is over, RTMP_ERR_CANCELED or _IO; -1: for ever. */
	int (*sleep)(void *arg, int ms);
	void *arg;
};

enum rtmpt_kind { RTMPT_OPEN, RTMPT_SEND, RTMPT_IDLE, RTMPT_CLOSE };

enum rtmpt_state {
	RTMPT_RESTING, /* no request is under way */
	RTMPT_SENDING,
	RTMPT_READING,
	RTMPT_CLOSED /* the session is */
};

/* First what the code names most: it reaches 128 bytes in shorter steps. */
struct rtmpt {
	enum rtmpt_state state;
	int is_connected; /* else below is closed: reopen before a request */
	int is_reused;	  /* the connection has carried a reply */
	int connects;	  /* since the last reply */
	int is_shut;	  /* nothing more will be written */
	int err;	  /* sticks; error has its words */

	/* The request under way, kept until its reply begins. */
	enum rtmpt_kind kind;
	int write_err;	  /* the server may have said why */
	size_t head_size;
	size_t sent;	  /* of head and body */

	/* Its reply. */
	int has_poll_byte;
	int has_data;	  /* it brought RTMP bytes */
	const uint8_t *data; /* of them, not read yet; within in */
	size_t data_size;
	size_t in_size, in_done;
	int delay;	  /* between idle requests, as it has grown */
	uint8_t poll_byte;
	struct rtmp_rtmpt_clock clock;
	int64_t poll_at;  /* when the next idle request is due */

	struct rtmp_io below;
	struct rtmp_mem mem;
	struct rtmp_rtmpt_options opt;
	struct rtmp_buf body; /* of the request under way */
	struct rtmp_buf next; /* of the next RTMPT_SEND */

	/* The session. */
	size_t id_size;
	unsigned long sequence; /* of the next request */
	char id[RTMPT_SESSION_MAX + 1];
	char host[300]; /* "host:port" */
	char cookies[RTMPT_COOKIES_MAX]; /* "a=1; b=2" */

	char location[RTMPT_LOCATION_MAX];
	char error[512];
	struct rtmp_http http;
	char head[RTMPT_HEAD_MAX];
	uint8_t in[16384];
};

/* As rtmp_rtmpt_open(); clock may be NULL. */
int rtmp_rtmpt_open_at(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_rtmpt_options *opt,
    const struct rtmp_rtmpt_clock *clock);

/* ---- rtmpt_state.c ---- */

/* The request that opens the session. */
void rtmpt_start_open(struct rtmpt *t);
/* Moves on as far as it goes without waiting; with polls, an idle request may
 * start.  Returns 0 or the error that sticks. */
int rtmpt_pump(struct rtmpt *t, int polls);
/* Waits for what pump could not do, up to timeout_ms, when want is what the
 * caller waits for.  Returns 1 when it is worth another pump, 0 after the
 * time, or an error. */
int rtmpt_wait_below(struct rtmpt *t, int want, int timeout_ms);
/* Between requests: sees whether the server has closed the connection. */
void rtmpt_drop_if_stale(struct rtmpt *t);
/* Ends the session with what can be written at once, its reply unread. */
void rtmpt_say_goodbye(struct rtmpt *t);
/* Sets the error that sticks, unless there is one, and returns it. */
int rtmpt_fail(struct rtmpt *t, int err, const char *format, ...);

/* ---- rtmpt_request.c ---- */

/* "/send"; for words. */
const char *rtmpt_kind_name(enum rtmpt_kind kind);
/* Writes t->head for t->kind and t->body, with the next sequence number. */
void rtmpt_write_head(struct rtmpt *t);
/* Keeps, replaces or removes a cookie, after the value of Set-Cookie. */
void rtmpt_set_cookie(struct rtmpt *t, const char *value);

#endif
