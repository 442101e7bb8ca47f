#ifndef RTMPIO_CLIENT_INTERNAL_H
#define RTMPIO_CLIENT_INTERNAL_H

/*
 * The inside of the blocking client:
 *
 *     rtmp.c     the public calls, but
 *     connect.c  rtmp_connect()
 *     loop.c     bytes between session and transport, deadlines, events
 *     input.c    the receive buffer
 *     random.c   bytes for C1
 */
#include <signal.h>
#include <rtmpio/rtmp.h>
#include "base/buf.h"
#include "transport/wake.h"

enum rtmp_role { RTMP_ROLE_NONE, RTMP_ROLE_PUBLISHER, RTMP_ROLE_PLAYER };

struct rtmp {
	struct rtmp_mem mem;
	struct rtmp_options opt; /* strings point into opt_strings */
	struct rtmp_buf opt_strings;
	struct rtmp_io given_io; /* opt.io, until it is used */
	struct rtmp_wake wake;
	volatile sig_atomic_t canceled;

	struct rtmp_io io; /* in use while session is not NULL */
	int io_wakes;	   /* its wait() looks at wake */
	int is_shut;	   /* our side has ended */
	struct rtmp_session *session;
	char *stream_name;
	unsigned stream; /* 0: neither published nor played yet */
	enum rtmp_role role;

	uint8_t *in; /* the receive buffer */
	size_t in_size;
	size_t read_size; /* of that, what a read may fill besides a message */
	const uint8_t *rest; /* what the session has not taken yet */
	size_t rest_size;
	size_t rest_need; /* what it must be to be taken; 0: anything */
	size_t second;	  /* bytes at in that have come behind rest */
	int is_drained;	  /* the last read got all that there was */
	int64_t next_drain; /* when a publisher looks for answers again */

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

/*
 * Moves bytes both ways until there is an event, or until done(r).  Returns 1
 * with *event, 0 when done, or an error after rtmp_client_fail().  done may
 * be NULL.  Refusals are errors already, and on_event has been called.
 * TIMEOUT and CANCELED leave the connection as it is.
 */
int rtmp_client_run(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r), const struct rtmp_event **event);

/* The same until done(r), past any events.  Whatever fails ends the
 * connection. */
int rtmp_client_run_until(struct rtmp *r, int64_t deadline,
    int (*done)(const struct rtmp *r));

/* Takes one event out of what has been read already.  Returns 1 with *event,
 * 0 when there is none, or an error after rtmp_client_fail(). */
int rtmp_client_take(struct rtmp *r, const struct rtmp_event **event);

/* Sends what the transport takes now.  0; RTMP_ERR_AGAIN when there is more,
 * which leaves with the next call; or an error after rtmp_client_fail(). */
int rtmp_client_push(struct rtmp *r);

/* Sends all that is queued, reading meanwhile.  0 or an error, as above but
 * that all errors drop the connection. */
int rtmp_client_flush(struct rtmp *r, int64_t deadline);

/* Handles what the server has sent so far, without waiting. */
int rtmp_client_drain(struct rtmp *r);

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
