/*
 * A publisher that reconnects.
 *
 *     connected -> lost -> try, wait, try ... -> connected, no key frame yet
 *         '-<- metadata, sequence headers, key frame -<-'
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/stream_cache.h>

#include "client/link.h"
#include "client/pending.h"

#define HANDSHAKE_SIZE 3073

struct rtmp_publisher {
	struct rtmp_link link;
	char type[8];
	struct rtmp_stream_cache *cache;
	uint32_t gap_start; /* timestamp of the first packet lost */

	/* What is in doubt when the connection ends. */
	unsigned asked_in;	 /* the connection in which acknowledgements
				  * were asked for, */
	uint64_t asked_at;	 /* when so much had been sent */
	uint64_t acks_leave_out; /* so many bytes they do not count */
	int acks_seen;
	struct rtmp_pending pending;
};

/* ---- Acknowledgements ---- */

static int
ask_for_acks(struct rtmp_publisher *p, struct rtmp *r)
{
	struct rtmp_session *s = rtmp_get_session(r, NULL);
	struct rtmp_session_stats st;

	/* With a flight above STEPWISE connect may be under way still. */
	if (p->asked_in == p->link.connections ||
	    p->link.opt.ack_every == 0 ||
	    rtmp_session_state(s) != RTMP_SESSION_CONNECTED)
		return 0;
	rtmp_get_stats(r, &st, sizeof(st));
	p->asked_in = p->link.connections;
	p->asked_at = st.bytes_sent + st.queued_bytes;
	p->acks_leave_out = 0;
	p->acks_seen = st.bytes_acknowledged != 0;
	return rtmp_session_set_window_ack_size(s, p->link.opt.ack_every);
}

/*
 * Some servers count the handshake, and some do not.  The first answer to our
 * question tells, as long as there is less behind the question than a
 * handshake: the server has got as far as the question.
 */
static void
judge_acks(struct rtmp_publisher *p, const struct rtmp_session_stats *st)
{
	uint64_t ack = st->bytes_acknowledged;

	if (ack == 0 || p->acks_seen)
		return;
	p->acks_seen = 1;
	if (ack < p->asked_at && ack + HANDSHAKE_SIZE >= p->asked_at &&
	    st->bytes_sent - p->asked_at < HANDSHAKE_SIZE)
		p->acks_leave_out = HANDSHAKE_SIZE;
}

/* The question goes in front of publish, so that there is an answer to it as
 * soon as there is one to publish. */
static int
start_publishing(struct rtmp_link *l, struct rtmp *r)
{
	struct rtmp_publisher *p = (struct rtmp_publisher *)l;
	struct rtmp_session_stats st;
	int err = ask_for_acks(p, r);

	if (err == 0)
		err = rtmp_publish(r, p->type);
	rtmp_get_stats(r, &st, sizeof(st));
	if (err == 0)
		judge_acks(p, &st);
	return err;
}

/* ---- Life ---- */

int
rtmp_publisher_new(struct rtmp_publisher **publisher, const char *url,
    const char *stream, const char *type,
    const struct rtmp_reconnect_options *opt)
{
	struct rtmp_publisher *p;
	struct rtmp_link *l;
	size_t size;
	int err;

	if (type == NULL)
		type = "live";
	size = strlen(type) + 1;
	if (size > sizeof(p->type))
		return RTMP_ERR_INVAL;
	err = rtmp_link_new(&l, sizeof(*p), start_publishing, url, stream,
	    opt);
	if (err != 0)
		return err;
	p = (struct rtmp_publisher *)l;
	memcpy(p->type, type, size);
	err = rtmp_stream_cache_new(&p->cache, 0, &l->mem);
	if (err != 0) {
		rtmp_link_free(l);
		return err;
	}
	*publisher = p;
	return 0;
}

void
rtmp_publisher_free(struct rtmp_publisher *p)
{
	if (p == NULL)
		return;
	rtmp_stream_cache_free(p->cache);
	rtmp_link_free(&p->link);
}

int
rtmp_publisher_open(struct rtmp_publisher *p)
{
	/* Behind an error that ended it, what was said to the server before
	 * is said again: wants_key stays. */
	p->pending.count = 0;
	return rtmp_link_open(&p->link);
}

/* What the cache holds is said again, not lost. */
static int
can_be_lost(const struct rtmp_packet *packet)
{
	return packet->type != RTMP_MSG_DATA_AMF0 &&
	    !(rtmp_packet_is(packet) & (RTMP_IS_SEQUENCE_HEADER |
	    RTMP_IS_SETTING));
}

/* ---- Packets in doubt ---- */

static void
look_at_acks(struct rtmp_publisher *p, const struct rtmp_session_stats *st)
{
	judge_acks(p, st);
	if (st->bytes_acknowledged != 0)
		rtmp_pending_confirm(&p->pending, st->bytes_acknowledged +
		    p->acks_leave_out);
}

/* All of the packet has left. */
static void
note_sent(struct rtmp_publisher *p, const struct rtmp_packet *packet,
    const struct rtmp_session_stats *st)
{
	look_at_acks(p, st);
	if (can_be_lost(packet))
		rtmp_pending_add(&p->pending, st->bytes_sent, packet->size);
}

static void
take_unacked(struct rtmp_publisher *p)
{
	rtmp_pending_take(&p->pending, &p->link.lost.unacked_packets,
	    &p->link.lost.unacked_bytes);
}

/* The connection on which packets were sent is no more. */
static void
count_unacked(struct rtmp_publisher *p, const struct rtmp *r)
{
	struct rtmp_session_stats st;

	rtmp_get_stats(r, &st, sizeof(st));
	look_at_acks(p, &st);
	take_unacked(p);
}

/* ---- Gaps ---- */

static int
count_lost(struct rtmp_publisher *p, const struct rtmp_packet *packet)
{
	struct rtmp_loss *lost = &p->link.lost;

	if (!can_be_lost(packet))
		return 0;
	if (!p->link.in_gap)
		p->gap_start = packet->timestamp;
	p->link.in_gap = 1;
	lost->packets++;
	lost->video_packets += packet->type == RTMP_MSG_VIDEO;
	lost->bytes += packet->size;
	lost->ms = packet->timestamp - p->gap_start;
	return 0;
}

/* The connection failed.  0 when it will be made again. */
static int
gap_begins(struct rtmp_publisher *p, int err)
{
	count_unacked(p, p->link.r);
	err = rtmp_link_lost(&p->link, err);
	p->link.wants_key = 1;
	return err;
}

static int
may_resume(const struct rtmp_publisher *p, const struct rtmp_packet *packet)
{
	if (p->link.has_video)
		return (rtmp_packet_is(packet) & RTMP_IS_KEY_FRAME) != 0;
	return packet->type == RTMP_MSG_AUDIO &&
	    !(rtmp_packet_is(packet) & RTMP_IS_SEQUENCE_HEADER);
}

/* Says to a new session what the old one had been told. */
static int
replay(struct rtmp_publisher *p, uint32_t timestamp)
{
	struct rtmp *r = p->link.r;
	struct rtmp_packet old;
	size_t pos = 0;
	int err = 0;

	while (err == 0 &&
	    rtmp_stream_cache_next(p->cache, &pos, timestamp, &old) == 1)
		err = rtmp_write_packet(r, &old);
	return err;
}

/* ---- Packets ---- */

/* Goes over to where the server asked us to, with this key frame. */
static int
move(struct rtmp_publisher *p, const struct rtmp_packet *packet)
{
	if (p->link.move_to == NULL || !may_resume(p, packet) ||
	    !rtmp_link_move(&p->link))
		return 0;
	if (p->link.close_err != 0)
		take_unacked(p);
	p->pending.count = 0;
	return replay(p, packet->timestamp);
}

/* Ends a gap with this packet. */
static int
resume(struct rtmp_publisher *p, const struct rtmp_packet *packet)
{
	int err = replay(p, packet->timestamp);

	if (err != 0)
		return err;
	if (p->link.in_gap)
		p->link.lost.ms = packet->timestamp - p->gap_start;
	p->link.in_gap = p->link.wants_key = 0;
	rtmp_link_resumed(&p->link);
	return 0;
}

/* Sends it; what has failed is counted. */
static int
send_packet(struct rtmp_publisher *p, const struct rtmp_packet *packet)
{
	struct rtmp_session_stats st;
	uint64_t before;
	int err;

	rtmp_get_stats(p->link.r, &st, sizeof(st));
	before = st.bytes_sent;
	err = rtmp_write_packet(p->link.r, packet);
	rtmp_get_stats(p->link.r, &st, sizeof(st));
	/* All of it may have left before the end came to light. */
	if (err == 0 || (rtmp_is_fatal(err) && st.queued_bytes == 0 &&
	    st.bytes_sent - before >= packet->size))
		note_sent(p, packet, &st);
	else if (rtmp_is_fatal(err))
		count_lost(p, packet);
	return err;
}

int
rtmp_publisher_write(struct rtmp_publisher *p,
    const struct rtmp_packet *packet)
{
	int err;

	if (packet->type != RTMP_MSG_AUDIO && packet->type != RTMP_MSG_VIDEO &&
	    packet->type != RTMP_MSG_DATA_AMF0)
		return RTMP_ERR_INVAL;
	if (packet->type == RTMP_MSG_VIDEO)
		p->link.has_video = 1;
	if (rtmp_stream_cache_put(p->cache, packet) == RTMP_ERR_NOMEM)
		return RTMP_ERR_NOMEM;
	/* Whether the connection still stands must be known before the
	 * packet goes: what a dead one takes is lost without a count. */
	err = rtmp_publisher_serve(p);
	if (err != 0)
		return err;
	if (!p->link.is_connected ||
	    (p->link.wants_key && !may_resume(p, packet)))
		return count_lost(p, packet);
	err = p->link.wants_key ? resume(p, packet) : move(p, packet);
	if (err == 0)
		err = ask_for_acks(p, p->link.r);
	if (err == 0)
		err = send_packet(p, packet);
	else if (rtmp_is_fatal(err))
		count_lost(p, packet);
	return rtmp_is_fatal(err) ? gap_begins(p, err) : err;
}

int
rtmp_publisher_serve(struct rtmp_publisher *p)
{
	int err;

	if (p->link.is_connected) {
		err = rtmp_write_packets(p->link.r, NULL, 0, NULL);
		if (err != 0 && (err = gap_begins(p, err)) != 0)
			return err;
	}
	return rtmp_link_try(&p->link);
}

int
rtmp_publisher_close(struct rtmp_publisher *p)
{
	int err = rtmp_link_close(&p->link);

	if (err != 0)
		count_unacked(p, p->link.r);
	rtmp_stream_cache_clear(p->cache);
	return err;
}

void
rtmp_publisher_cancel(struct rtmp_publisher *p)
{
	rtmp_link_cancel(&p->link);
}

int
rtmp_publisher_is_connected(const struct rtmp_publisher *p)
{
	return p->link.is_connected && !p->link.wants_key;
}

struct rtmp_loss
rtmp_publisher_lost(const struct rtmp_publisher *p)
{
	struct rtmp_loss sum = p->link.total;

	rtmp_loss_add(&sum, &p->link.lost);
	return sum;
}

const char *
rtmp_publisher_error(const struct rtmp_publisher *p)
{
	return p->link.words;
}

struct rtmp *
rtmp_publisher_client(struct rtmp_publisher *p)
{
	return p->link.r;
}
