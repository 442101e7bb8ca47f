#ifndef RTMPIO_CLIENT_LINK_H
#define RTMPIO_CLIENT_LINK_H

/*
 * What a publisher and a player that reconnect have in common: two handles,
 * the one in use and the one to move to, and when to try again.
 */
#include <rtmpio/reconnect.h>
#include "base/object.h"
#include "transport/wake.h"

/* The first member of either.  What the code names most comes first. */
struct rtmp_link {
	struct rtmp_mem mem;
	struct rtmp *r;	      /* the one in use: */
	struct rtmp *both[2]; /* of these, which rtmp_link_cancel() reads */
	int (*start)(struct rtmp_link *l, struct rtmp *r); /* publish, play */
	char *url;
	char *stream;	   /* NULL: in the URL */
	char *move_to;	   /* the tcUrl of a ReconnectRequest, or NULL */
	int64_t next_try, next_move;
	int64_t since;	   /* the connection in use stands, or failed */
	uint8_t is_connected;
	uint8_t was_open;  /* a try is made again only for what once was */
	uint8_t in_gap;	   /* publisher: packets have been lost; player: none
			    * has come since */
	uint8_t has_video; /* there was video: gaps end with a key frame */
	uint8_t wants_key; /* nothing but that may be next */
	volatile sig_atomic_t canceled;
	unsigned tries;	   /* since a connection was lost that had lasted */
	int wait_ms;	   /* before the next one but one; 0: none was lost */
	unsigned connections; /* answers to connect so far, with redirects */
	int close_err;	   /* of the connection that was left for move_to */
	uint32_t random;
	struct rtmp_loss lost, total;
	void (*on_event)(void *arg, const struct rtmp_event *event);
	void *on_event_arg; /* both of the caller's options */
	struct rtmp_reconnect_options opt;
	char words[512];   /* of the last failure */
};

/* Makes an object of size bytes, all 0 behind the link.  Strings and
 * options are copied.  0, RTMP_ERR_INVAL or RTMP_ERR_NOMEM. */
int rtmp_link_new(struct rtmp_link **l, size_t size,
    int (*start)(struct rtmp_link *l, struct rtmp *r), const char *url,
    const char *stream, const struct rtmp_reconnect_options *opt);
/* Frees the object; l may be NULL. */
void rtmp_link_free(struct rtmp_link *l);

/* Returns err, which goes to the application: a cancel is over with that,
 * and what both handles remember of it means nothing any more. */
int rtmp_link_told(struct rtmp_link *l, int err);

/* The first connection.  0 or the error. */
int rtmp_link_open(struct rtmp_link *l);
/* The connection is gone: 0 when it will be tried again, at next_try, else
 * the error. */
int rtmp_link_lost(struct rtmp_link *l, int err);
/* A try, when one is due.  0, connected or not, or the error that ends it. */
int rtmp_link_try(struct rtmp_link *l);
/* Opens move_to beside the connection there is, and then closes that.  When
 * it fails all stays as it was, and when it is too early for another move,
 * move_to as well.  1 when it is done, else 0. */
int rtmp_link_move(struct rtmp_link *l);
int rtmp_link_close(struct rtmp_link *l);
void rtmp_link_cancel(struct rtmp_link *l);

void rtmp_link_report(struct rtmp_link *l, enum rtmp_report_type type,
    int err, int wait_ms);
void rtmp_loss_add(struct rtmp_loss *to, const struct rtmp_loss *lost);
/* The gap has ended: what was lost in it counts for all, and is told. */
void rtmp_link_resumed(struct rtmp_link *l);

#endif
