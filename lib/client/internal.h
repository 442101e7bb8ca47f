#ifndef RTMPIO_CLIENT_INTERNAL_H
#define RTMPIO_CLIENT_INTERNAL_H

/*
 * The inside of the blocking client:
 *
 *     rtmp.c     the public calls, but
 *     connect.c  rtmp_connect()
 *     frames.c   rtmp_write_frame(), rtmp_read_frame()
 *     retry.c    authentication and redirects, after a refusal
 *     auth.c     answers to a server's challenge
 *     dial.c     the transport for a URL: TCP and TLS on it
 *     reach.c    proxies, HTTP tunnel
 *     core.c     what refuses them in a build of the core alone
 *     loop.c     bytes between session and transport, deadlines, events
 *     input.c    the receive buffer
 *     random.c   bytes for C1
 */
#include <signal.h>
#include <rtmpio/rtmp.h>
#include "base/buf.h"
#include "client/auth.h"
#include "transport/wake.h"

enum rtmp_role { RTMP_ROLE_NONE, RTMP_ROLE_PUBLISHER, RTMP_ROLE_PLAYER };

#define RTMP_TRIES_MAX 16 /* servers, the first included */

/* What the tries of one rtmp_connect() share, until the stream starts. */
struct rtmp_tries {
	struct rtmp_url url; /* of the next try */
	int has_auth;
	struct rtmp_auth auth;
	char *visited[RTMP_TRIES_MAX]; /* tcUrl/stream, once redirected */
	int hops;		       /* of which so many */
};

struct rtmp {
	struct rtmp_mem mem;
	struct rtmp_options opt; /* strings point into opt_strings */
	struct rtmp_buf opt_strings;
	struct rtmp_capabilities capabilities; /* opt.capabilities */
	struct rtmp_io given_io; /* opt.io, until it is used */
	struct rtmp_wake wake;
	volatile sig_atomic_t canceled;

	struct rtmp_io io; /* in use while session is not NULL */
	int io_wakes;	   /* its wait() looks at wake */
	int is_shut;	   /* our side has ended */
	int awaits_keys;   /* it is of rtmp_rtmpe_wrap(), and has none yet */
	int is_unheard;	   /* the connection ended behind the keys of RTMPE,
			    * without a word that made sense */
	char host[RTMP_URL_HOST_SIZE]; /* what io, or a tunnel in it, dials */
	uint16_t port;
	int is_tls;
	int is_given;	   /* io was options.io: there is no second one */
	struct rtmp_tries *tries; /* NULL once the stream has started */
	struct rtmp_session *session;
	struct rtmp_session_stats last; /* of the one before */
	char *stream_name;
	unsigned stream; /* 0: neither published nor played yet */
	enum rtmp_role role;

	uint8_t *in; /* the receive buffer */
	size_t in_size;
	uint8_t *rest;	  /* what the session has not taken yet */
	size_t rest_size;
	size_t rest_need; /* the size of the message that it begins; or 0 */
	int is_drained;	  /* the last read got all that there was */
	int64_t next_drain; /* when a publisher looks for answers again */

	/* Of frames.c, which programs that write packets do not link. */
	struct rtmp_frames *frames; /* NULL until the first frame */
	void (*frames_free)(struct rtmp *r);
	int frames_stale; /* they are of an earlier connection */

	struct rtmp_status status; /* points into status_text and ..._amf0 */
	int has_status;
	struct rtmp_buf status_text;
	char detail[1400];
};

#define RTMP_NO_DEADLINE INT64_MAX

/* ---- loop.c ---- */

int64_t rtmp_client_now(void);
/* The same to within some milliseconds, for a quarter of the time where the
 * system has such a clock; not to be mixed with it. */
int64_t rtmp_client_tick(void);
/* Milliseconds from now on as a moment; -1 is RTMP_NO_DEADLINE. */
int64_t rtmp_client_deadline(int timeout_ms);

/* Says why, drops the connection when err is fatal, and returns err. */
int rtmp_client_fail(struct rtmp *r, int err, const char *format, ...);
/* Closes the transport and forgets the session. */
void rtmp_client_drop(struct rtmp *r);

/* Takes one event out of what has been read already.  Returns 1 with *event,
 * 0 when there is none, or an error after rtmp_client_fail().  Refusals are
 * errors already, and on_event has been called. */
int rtmp_client_take(struct rtmp *r, const struct rtmp_event **event);
/* The same behind rtmp_input_next(), which has returned n. */
int rtmp_client_took(struct rtmp *r, int n, const struct rtmp_event *event);

/*
 * When there is nothing to be taken: writes what can be written, reads once,
 * or waits until one of both can be done.  Returns 0; 1 when done(r), which
 * may be NULL, once that has been written; or an error after
 * rtmp_client_fail(), but that TIMEOUT and CANCELED leave the connection as it
 * is.
 */
int rtmp_client_move(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r));

/* Both in turn until done(r).  Whatever fails ends the connection. */
int rtmp_client_run_until(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r));

/* Sends what the transport takes now.  0; RTMP_ERR_AGAIN when there is more,
 * which leaves with the next call; or an error after rtmp_client_fail(). */
int rtmp_client_push(struct rtmp *r);

/* Sends all that is queued, reading meanwhile.  0 or an error, as above but
 * that all errors drop the connection. */
int rtmp_client_flush(struct rtmp *r, int64_t deadline);

/* Handles what the server has sent so far, without waiting. */
int rtmp_client_drain(struct rtmp *r);

/* ---- dial.c ---- */

/* Opens what the scheme of url and the options ask for, but for RTMPE; 0 or an
 * error after rtmp_client_fail(). */
int rtmp_client_dial(struct rtmp *r, const struct rtmp_url *url,
    int64_t deadline, struct rtmp_io *io);

#define RTMP_DIAL_WORDS 512 /* size of the words about an error, below */
#define RTMP_DIAL_WHO 8     /* of which go to who it was, "proxy: " */

/* A deadline as a timeout: -1 for RTMP_NO_DEADLINE. */
int rtmp_dial_left(int64_t deadline);
int rtmp_dial_is_tunnel(const struct rtmp_url *url);
int rtmp_dial_tcp(struct rtmp *r, struct rtmp_io *io, const char *host,
    uint16_t port, int64_t deadline, char *words);
/* To r->host, through the proxy and with TLS where they are asked for.  On
 * failure nothing is open. */
int rtmp_dial_server(struct rtmp *r, struct rtmp_io *io, int64_t deadline,
    char *words);

/* ---- reach.c; core.c in a build of the core alone ---- */

/* What can be refused before the network is used: options.proxy is a URL that
 * can be used, and this build has what it and url ask for.  0, RTMP_ERR_URL or
 * RTMP_ERR_UNSUPPORTED, after rtmp_client_fail(). */
int rtmp_dial_check(struct rtmp *r, const struct rtmp_url *url);
/* To r->host through options.proxy. */
int rtmp_dial_proxy(struct rtmp *r, struct rtmp_io *io, int64_t deadline,
    char *words);
/* Puts the tunnel on what rtmp_dial_server() opened; closes it on failure. */
int rtmp_dial_tunnel(struct rtmp *r, struct rtmp_io *io, int64_t deadline,
    char *words);

/* ---- connect.c ---- */

/* Tries until connect is answered with success, or a refusal leads nowhere;
 * tries->url is the first target.  0 or an error. */
int rtmp_client_connect(struct rtmp *r, int64_t deadline);
/* The app of the next try, without what authentication adds: that of the
 * options holds for the server of the caller's URL. */
const char *rtmp_client_app(const struct rtmp *r);

/* ---- retry.c ---- */

struct rtmp_tries *rtmp_tries_new(const struct rtmp_mem *mem);
void rtmp_tries_free(struct rtmp_tries *t, const struct rtmp_mem *mem);
/* What authentication adds to app and tcUrl; "" at first. */
const char *rtmp_tries_query(const struct rtmp_tries *t);

/* After RTMP_ERR_REJECTED: 1 when another try, with what tries holds now, may
 * succeed; 0 when the error stands as it is; or another error, after
 * rtmp_client_fail(). */
int rtmp_client_retry(struct rtmp *r);

/* Answers the secureToken of a connect that succeeded, if there is one. */
int rtmp_client_secure_token(struct rtmp *r);

/* ---- input.c ---- */

/* Makes the receive buffer at least as large as the options say, or as
 * by_default.  0 or an error after rtmp_client_fail(). */
int rtmp_input_reserve(struct rtmp *r, size_t by_default);
/* Forgets what it holds. */
void rtmp_input_clear(struct rtmp *r);

/* What the session makes of what it holds: as rtmp_session_recv(). */
int rtmp_input_next(struct rtmp *r, const struct rtmp_event **event);

/* After 0 from that: makes room for more, 0 or an error after
 * rtmp_client_fail(), and reads once, 0 or what the transport returns. */
int rtmp_input_room(struct rtmp *r);
int rtmp_input_read(struct rtmp *r);

/* ---- random.c ---- */

void rtmp_client_random(uint8_t *buf, size_t size);

#endif
