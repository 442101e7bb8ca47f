#ifndef RTMPIO_CLIENT_LINK_H
#define RTMPIO_CLIENT_LINK_H

/*
 * What a publisher and a player that reconnect have in common: two handles,
 * the one in use and the one to move to, and when to try again.
 */
#include <signal.h>
#include <rtmpio/reconnect.h>
#include "base/mem.h"

struct rtmp_link {
	struct rtmp_mem mem;
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_capabilities capabilities; /* with RTMP_CAPS_RECONNECT */
	char *url;
	char *stream; /* NULL: in the URL */
	int (*start)(void *arg, struct rtmp *r); /* publish, or play */
	void *start_arg;

	struct rtmp *r[2];
	int active;	  /* which of them */
	int is_connected;
	int was_open;	  /* a try is made again only for what once was */
	volatile sig_atomic_t canceled;
	char *move_to;	  /* the tcUrl of a ReconnectRequest, or NULL */
	unsigned connections; /* answers to connect so far, with redirects */
	int close_err;	  /* of the connection that was left for it */

	unsigned tries;	  /* since the connection was lost */
	int wait_ms;	  /* before the next one but one */
	int64_t next_try;
	uint32_t random;
	struct rtmp_loss lost, total;
	char words[512];  /* of the last failure */
};

/* The strings are copied, the options held.  0, RTMP_ERR_INVAL or
 * RTMP_ERR_NOMEM; rtmp_link_free() in every case. */
int rtmp_link_init(struct rtmp_link *l, const char *url, const char *stream,
    const struct rtmp_reconnect_options *opt);
void rtmp_link_free(struct rtmp_link *l);

int64_t rtmp_link_now(void);
struct rtmp *rtmp_link_client(struct rtmp_link *l);

/* The first connection.  0 or the error. */
int rtmp_link_open(struct rtmp_link *l);
/* The connection is gone: 0 when it will be tried again, at next_try, else
 * the error. */
int rtmp_link_lost(struct rtmp_link *l, int err);
/* A try, when one is due.  0, connected or not, or the error that ends it. */
int rtmp_link_try(struct rtmp_link *l);
/* Opens move_to beside the connection there is, and then closes that.  When
 * it fails all stays as it was.  1 when it is done, else 0. */
int rtmp_link_move(struct rtmp_link *l);
int rtmp_link_close(struct rtmp_link *l);
void rtmp_link_cancel(struct rtmp_link *l);

void rtmp_link_report(struct rtmp_link *l, enum rtmp_report_type type,
    int err, int wait_ms);
void rtmp_loss_add(struct rtmp_loss *to, const struct rtmp_loss *lost);
/* The gap has ended: what was lost in it counts for all, and is told. */
void rtmp_link_resumed(struct rtmp_link *l);

#endif
