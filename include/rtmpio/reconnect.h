#ifndef RTMPIO_RECONNECT_H
#define RTMPIO_RECONNECT_H

#include <rtmpio/rtmp.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A publisher and a player that outlive their connections, on the public API
 * of rtmp.h.
 *
 * When a connection is lost they wait, longer each time and by random parts,
 * and try again, inside of the calls that write and read.  A publisher then
 * says metadata and sequence headers again and goes on with the next key
 * frame, its timestamps going on; what could not be sent meanwhile is counted
 * and told.  When the server asks to be left (ReconnectRequest of Enhanced
 * RTMP v2), the new connection is opened before the old one is closed, but
 * never one without TLS in place of one with it.
 *
 * Not tried again, since nothing would change: a wrong URL, a refused user, an
 * app that does not exist or denies, rtmp_cancel().
 */
enum rtmp_report_type {
	RTMP_REPORT_LOST = 1, /* the connection: error, words */
	RTMP_REPORT_WAITING,  /* wait_ms until try number "tries" */
	RTMP_REPORT_FAILED,   /* that try: error, words */
	RTMP_REPORT_RESUMED,  /* packets flow again; lost is final for this
			       * gap, total for all */
	RTMP_REPORT_MOVING    /* the server asks to go over to url */
};

/* What did not reach the server, or the player.  What was sent just before a
 * connection was lost may have got there or not: nobody knows but the server,
 * so it is counted apart, as far as the server had not acknowledged it. */
struct rtmp_loss {
	uint64_t packets;
	uint64_t video_packets; /* of which so many */
	uint64_t bytes;
	uint64_t ms; /* from the first to what follows the last */
	uint64_t unacked_packets; /* besides those: sent by a publisher, and
				   * never acknowledged */
	uint64_t unacked_bytes;
};

/* Lent during the call of on_report. */
struct rtmp_report {
	enum rtmp_report_type type;
	int error;		/* enum rtmp_error */
	const char *words;	/* "" when there are none */
	unsigned tries;		/* since the connection was lost; one that
				 * falls at once is one more that failed */
	int wait_ms;
	const char *url;	/* MOVING */
	struct rtmp_loss lost;	/* in this gap so far */
	struct rtmp_loss total; /* in all gaps */
};

struct rtmp_reconnect_options {
	size_t struct_size;
	const struct rtmp_options *client; /* as rtmp_new() takes and copies
					    * them; their io must be NULL;
					    * NULL: defaults */
	int first_wait_ms;  /* before the second try; 500.  The first one
			     * follows at once, but connections behind it, and
			     * moves, begin at least so long apart, and one
			     * that falls within a quarter of it counts as a
			     * try that failed. */
	int longest_wait_ms; /* each wait is twice the one before, up to this;
			      * 30000.  What is waited is a random part of
			      * it, at least half. */
	unsigned most_tries; /* in a row, then the error is returned; 0: no
			      * end */
	void (*on_report)(void *arg, const struct rtmp_report *report);
	void *on_report_arg;
	uint32_t ack_every; /* bytes: how often a publisher asks the server to
			     * acknowledge.  1: whenever it has read
			     * something, for 16 bytes each time, so that few
			     * packets are unacked in the end; 0: as the server
			     * likes, which for many is never */
};

RTMP_API void rtmp_reconnect_options_init(struct rtmp_reconnect_options *opt,
    size_t struct_size);

/* ---- Publisher ---- */

struct rtmp_publisher;

/* url and stream as in rtmp_connect(), type as in rtmp_publish(); copied.  opt
 * may be NULL.  Returns 0, RTMP_ERR_INVAL (options) or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_publisher_new(struct rtmp_publisher **p, const char *url,
    const char *stream, const char *type,
    const struct rtmp_reconnect_options *opt);
RTMP_API void rtmp_publisher_free(struct rtmp_publisher *p);

/* Connects and publishes, once: a first failure is the caller's to see, as
 * from rtmp_connect() and rtmp_publish().  May be called again.  Behind an
 * error that has ended it the gap goes on: the new connection is told metadata
 * and sequence headers with the next key frame. */
RTMP_API int rtmp_publisher_open(struct rtmp_publisher *p);

/*
 * Sends a packet, or counts it as lost while there is no connection or no key
 * frame since.  Metadata and sequence headers are never lost: they are kept,
 * the last of each, in at most RTMP_STREAM_CACHE_SIZE bytes.
 *
 * Does not wait between tries, but a try that is due is made here and may take
 * options.client->timeout_ms.  Returns 0, sent or not; RTMP_ERR_INVAL;
 * RTMP_ERR_STATE (not open); or the error that ends it: one that is not tried
 * again, or that of the last of most_tries.  Behind that it is not open.
 */
RTMP_API int rtmp_publisher_write(struct rtmp_publisher *p,
    const struct rtmp_packet *packet);

/* Reads what the server says, and tries again when that is due, as a write
 * would: for times without packets. */
RTMP_API int rtmp_publisher_serve(struct rtmp_publisher *p);

/* As rtmp_close().  rtmp_publisher_open() may follow. */
RTMP_API int rtmp_publisher_close(struct rtmp_publisher *p);

/* As rtmp_cancel(), and from where that may be called. */
RTMP_API void rtmp_publisher_cancel(struct rtmp_publisher *p);

/* 1 while packets are being sent. */
RTMP_API int rtmp_publisher_is_connected(const struct rtmp_publisher *p);
RTMP_API struct rtmp_loss rtmp_publisher_lost(
    const struct rtmp_publisher *p);
/* The last failure in words; never NULL, lent. */
RTMP_API const char *rtmp_publisher_error(const struct rtmp_publisher *p);
/* The connection of the moment, for rtmp_get_stats() and the like; lent until
 * the next call that writes or serves. */
RTMP_API struct rtmp *rtmp_publisher_client(struct rtmp_publisher *p);

/* ---- Player ---- */

struct rtmp_player;

/* start as in rtmp_play().  Otherwise as rtmp_publisher_new(). */
RTMP_API int rtmp_player_new(struct rtmp_player **p, const char *url,
    const char *stream, double start,
    const struct rtmp_reconnect_options *opt);
RTMP_API void rtmp_player_free(struct rtmp_player *p);
RTMP_API int rtmp_player_open(struct rtmp_player *p);

/*
 * As rtmp_read_packet(), but a lost connection is waited for and made again
 * inside, until most_tries are used up.  The first video packet behind a gap
 * is a key frame or a sequence header; what comes before it is dropped.
 * Timestamps behind a gap go on from the last one before, plus the time that
 * has passed, where the server counts anew; report.lost.ms is that time.
 *
 * RTMP_ERR_TIMEOUT and RTMP_ERR_CANCELED leave a connection as it is, and it
 * may be called again.  A cancel while there is none ends it, as every other
 * error does: then RTMP_ERR_STATE until rtmp_player_open().
 */
RTMP_API int rtmp_player_read(struct rtmp_player *p,
    struct rtmp_packet *packet);
RTMP_API int rtmp_player_close(struct rtmp_player *p);
RTMP_API void rtmp_player_cancel(struct rtmp_player *p);
RTMP_API const char *rtmp_player_error(const struct rtmp_player *p);
RTMP_API struct rtmp *rtmp_player_client(struct rtmp_player *p);

#ifdef __cplusplus
}
#endif

#endif
