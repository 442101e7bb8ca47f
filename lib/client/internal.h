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
 *
 * On it stand publisher and player (link.h), and librtmp.c beside it.
 */
#include <time.h>
#include <rtmpio/rtmp.h>
#include "base/attr.h"
#include "base/buf.h"
#include "base/object.h"
#include "client/auth.h"
#include "transport/deadline.h"
#include "transport/wake.h"

enum rtmp_role { RTMP_ROLE_NONE, RTMP_ROLE_PUBLISHER, RTMP_ROLE_PLAYER };

#define RTMP_TRIES_MAX 16 /* servers, the first included */

/* What the tries of one rtmp_connect() share, until the stream starts. */
struct rtmp_tries {
	int hops; /* servers in visited */
	int has_auth;
	struct rtmp_url url; /* of the next try */
	struct rtmp_auth auth;
	char *visited[RTMP_TRIES_MAX]; /* tcUrl/stream, once redirected */
};

/* What the code names most stands in the first 128 bytes, where an offset
 * takes one byte instead of four: so far as io.ctx. */
struct rtmp {
	struct rtmp_mem mem;
	struct rtmp_session *session;
	unsigned stream; /* 0: neither published nor played yet */
	enum rtmp_role role;

	uint8_t is_shut;     /* our side has ended */
	uint8_t awaits_keys; /* io is of rtmp_rtmpe_wrap(), without keys yet */
	uint8_t has_keys;    /* it has got them */
	uint8_t is_given;    /* io was options.io: there is no second one */
	uint8_t is_drained;  /* the last read got all that there was */
	uint8_t has_status;
	uint8_t frames_stale; /* they are of an earlier connection */
	uint8_t turns; /* of the loop */

	struct rtmp_tries *tries; /* NULL once the stream has started */
	uint8_t *rest;	  /* what the session has not taken yet */
	size_t rest_size; /* of the receive buffer, in */
	uint8_t *in;
	size_t in_size;
	struct rtmp_frames *frames; /* NULL until the first frame */
	int64_t deadline; /* of the call under way, once it waits; or 0 */
	char *stream_name;
	struct rtmp_wake wake;
	struct rtmp_io io; /* in use while session is not NULL; before, it may
			    * be opt.io */

	volatile sig_atomic_t canceled;
	size_t rest_need; /* the size of the message that it begins; or 0 */
	struct timespec drained; /* when a publisher last looked for answers */
	int64_t answer_by; /* when that to publish must have come, which a
			    * flight has not waited for; or 0 */
	/* Of frames.c, which programs that write packets do not link. */
	void (*frames_free)(struct rtmp *r);
	char host[RTMP_URL_HOST_SIZE]; /* what io, or a tunnel in it, dials */
	uint16_t port;
	int is_tls;
	struct rtmp_session_stats last; /* of the one before */

	struct rtmp_options opt; /* strings point into opt_strings */
	struct rtmp_buf opt_strings;
	struct rtmp_capabilities capabilities; /* opt.capabilities */
	struct rtmp_status status; /* points into status_text */
	struct rtmp_buf status_text;
	char detail[1400];
};

/* ---- rtmp.c ---- */

/* Passes on what the session takes as it is. */
void rtmp_options_give(const struct rtmp_options *o,
    struct rtmp_session_config *c);

#define RTMP_LENT_MAX 15

/* Members of a struct that point to what is not part of it. */
struct rtmp_lent {
	uint8_t strings; /* those come first */
	uint8_t count;
	uint16_t at[RTMP_LENT_MAX]; /* their offsets */
};

/* Copies what they point to into b, whatever that held, and makes them point
 * there; NULL stays.  sizes are those of what is no string.  0 or
 * RTMP_ERR_NOMEM, with the pointers as they were. */
int rtmp_client_own(struct rtmp *r, struct rtmp_buf *b, void *from,
    const struct rtmp_lent *lent, const size_t *sizes);

/* ---- loop.c ---- */

/*
 * What is left of options.timeout_ms for the call under way, as a timeout.
 * The time starts with the first that asks, since most calls do not wait and
 * need no clock; before, the call has set r->deadline to 0.
 */
int rtmp_client_left(struct rtmp *r);

/* Says why, "words: more" or one of both where the other is "", drops the
 * connection when err is fatal, and returns err.  words NULL: those of
 * rtmp_strerror(); more NULL: none. */
int rtmp_client_fail(struct rtmp *r, int err, const char *words,
    const char *more);
/* The same with both NULL. */
int rtmp_client_fail_plain(struct rtmp *r, int err);
/* What was awaited has not come in time: says so, and drops the connection.
 * Returns RTMP_ERR_TIMEOUT. */
int rtmp_client_late(struct rtmp *r);
/* Adds to what was said. */
void rtmp_client_add_words(struct rtmp *r, const char *words);
/* The call of rtmp_cancel() has had its effect. */
void rtmp_client_clear_cancel(struct rtmp *r);
/* Closes the transport. */
void rtmp_client_close_io(struct rtmp *r);
/* The same, and forgets the session. */
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
int rtmp_client_move(struct rtmp *r, int (*done)(const struct rtmp *r));

/* Both in turn until done(r).  Whatever fails ends the connection. */
int rtmp_client_run_until(struct rtmp *r, int (*done)(const struct rtmp *r));

/* Sends what the transport takes now.  0; RTMP_ERR_AGAIN when there is more,
 * which leaves with the next call; or an error after rtmp_client_fail(). */
int rtmp_client_push(struct rtmp *r);
/* The same, beginning with what rtmp_session_write_iov() has just given. */
int rtmp_client_push_iov(struct rtmp *r, const struct iovec *iov, int count);

/* Sends all that is queued, reading meanwhile.  0 or an error, as above but
 * that all errors drop the connection. */
int rtmp_client_flush(struct rtmp *r);

/* Handles what the server has sent so far, without waiting; what goes on and
 * on is left for the next time. */
int rtmp_client_drain(struct rtmp *r);

/* ---- dial.c ---- */

/* Opens r->io: what the scheme of the next try and the options ask for, but
 * for RTMPE; 0 or an error after rtmp_client_fail(). */
int rtmp_client_dial(struct rtmp *r);

/* The scheme of the next try is one of HTTP. */
int rtmp_dial_is_tunnel(const struct rtmp *r);

/* What follows leaves nothing open when it fails, and then r->detail has the
 * words, or is "". */

/* To r->host, through the proxy and with TLS where they are asked for. */
int rtmp_dial_server(struct rtmp *r, struct rtmp_io *io);
/* To any host; the words go behind what r->detail says already. */
int rtmp_dial_tcp(struct rtmp *r, struct rtmp_io *io, const char *host,
    uint16_t port);

/* ---- reach.c; core.c in a build of the core alone ---- */

/* What can be refused before the network is used: options.proxy is a URL that
 * can be used, and this build has what it and the next try ask for.  0,
 * RTMP_ERR_URL or RTMP_ERR_UNSUPPORTED, after rtmp_client_fail(). */
int rtmp_dial_check(struct rtmp *r);
/* To r->host through options.proxy. */
int rtmp_dial_proxy(struct rtmp *r, struct rtmp_io *io);
/* Puts the tunnel on r->io, which rtmp_dial_server() has opened. */
int rtmp_dial_tunnel(struct rtmp *r);

/* ---- connect.c ---- */

/* Tries until connect is answered with success, or a refusal leads nowhere;
 * tries->url is the first target.  0 or an error. */
int rtmp_client_connect(struct rtmp *r);
/* The app of the next try, without what authentication adds: that of the
 * options holds for the server of the caller's URL. */
const char *rtmp_client_app(const struct rtmp *r);
/* The stream's name, apart from the URL or as its last part.  0 or an error
 * after rtmp_client_fail(). */
int rtmp_client_set_name(struct rtmp *r, const char *name);

/* ---- retry.c ---- */

struct rtmp_tries *rtmp_tries_new(const struct rtmp_mem *mem);
void rtmp_tries_free(struct rtmp_tries *t, const struct rtmp_mem *mem);
/* What authentication adds to app and tcUrl; "" at first. */
const char *rtmp_tries_query(const struct rtmp_tries *t);

/* What a try has returned.  1 when it was refused and another one, with what
 * tries holds now, may succeed; else err, or another error, after
 * rtmp_client_fail(). */
int rtmp_client_retry(struct rtmp *r, int err);

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
