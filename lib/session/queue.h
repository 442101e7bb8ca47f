#ifndef RTMPIO_SESSION_QUEUE_H
#define RTMPIO_SESSION_QUEUE_H

/* Messages on their way out, in order, each laid out as chunks. */
#include <rtmpio/chunk.h>
#include "base/mem.h"

enum rtmp_send_kind {
	RTMP_SEND_COMMAND, /* ours */
	RTMP_SEND_START,   /* publish or play */
	RTMP_SEND_MEDIA,   /* the application's */
	RTMP_SEND_ANSWER   /* what the peer makes us say: limited */
};

/* Whose payload it is that was not copied. */
struct rtmp_send_hold {
	void (*release)(void *arg);
	void *arg;
};

/* The message, to be laid out again, is msid to type and the payload of the
 * layout.  Small, since many may be queued. */
struct rtmp_send_item {
	struct rtmp_chunk_layout layout;
	void *owned;	 /* freed when sent: the payload, or a hold; or NULL */
	unsigned stream; /* as the session numbers them; 0: none */
	uint32_t msid;
	uint32_t timestamp;
	uint8_t csid; /* ours are low */
	uint8_t type;
	uint8_t kind;	 /* enum rtmp_send_kind */
	uint8_t is_held; /* owned is a struct rtmp_send_hold */
};

struct rtmp_queue {
	struct rtmp_mem mem;
	struct rtmp_chunk_writer *writer;
	struct rtmp_send_item *items; /* a ring of cap */
	size_t cap;
	size_t first;
	size_t count;
	size_t bytes;	     /* on the wire, of all items */
	size_t answer_bytes; /* of answers, with their items */
};

/* Returns 0 or RTMP_ERR_NOMEM. */
int rtmp_queue_init(struct rtmp_queue *q, const struct rtmp_mem *mem);
void rtmp_queue_free(struct rtmp_queue *q);

/*
 * Lays message out, whose csid is below 256, and appends it.  The item, which
 * may be given owned, is returned in *item, valid until the next push.
 * Returns 0, RTMP_ERR_INVAL or RTMP_ERR_NOMEM.
 */
int rtmp_queue_push(struct rtmp_queue *q, const struct rtmp_message *message,
    enum rtmp_send_kind kind, unsigned stream, struct rtmp_send_item **item);
/* The same with media, and then rtmp_queue_iov(). */
int rtmp_queue_push_iov(struct rtmp_queue *q,
    const struct rtmp_message *message, unsigned stream, struct iovec *iov,
    int max);

/* The i-th item from the front. */
struct rtmp_send_item *rtmp_queue_at(const struct rtmp_queue *q, size_t i);

/* As rtmp_session_send_iov() and rtmp_session_sent(). */
int rtmp_queue_iov(const struct rtmp_queue *q, struct iovec *iov, int max);
void rtmp_queue_sent(struct rtmp_queue *q, size_t size);

/* Releases what the item owns, and counts it out; it stays where it is. */
void rtmp_queue_item_done(struct rtmp_queue *q, struct rtmp_send_item *item);

/* ---- queue_change.c ---- */

/* Gives what has not begun to leave of a stream another message stream id,
 * or, with drop_media, drops its media.  The rest is laid out anew. */
void rtmp_queue_readdress(struct rtmp_queue *q, unsigned stream,
    uint32_t msid, int drop_media);

/* Moves the last item in front of all that have not begun to leave, with the
 * chunk size that is in force there; to be followed by readdress. */
void rtmp_queue_last_to_front(struct rtmp_queue *q);

#endif
