/*
 * A player that reconnects.  A server that was restarted counts timestamps
 * anew; they are shifted so that the application's go on.
 */
#include <string.h>
#include <time.h>

#include <rtmpio/stream_cache.h>

#include "transport/deadline.h"
#include "client/link.h"

#define NAP_MS 50 /* how soon rtmp_player_cancel() ends a wait */
#define JUMP_MS 10000 /* beyond the time that has passed: another clock */

struct rtmp_player {
	struct rtmp_link link;
	double start;
	int64_t last_at; /* when the last packet was given out; 0: none was */
	uint32_t last;	 /* its timestamp */
	uint32_t shift;	 /* added to those of this connection */
};

static int
start_playing(struct rtmp_link *l, struct rtmp *r)
{
	return rtmp_play(r, ((struct rtmp_player *)l)->start);
}

int
rtmp_player_new(struct rtmp_player **player, const char *url,
    const char *stream, double start,
    const struct rtmp_reconnect_options *opt)
{
	struct rtmp_link *l;
	int err = rtmp_link_new(&l, sizeof(**player), start_playing, url,
	    stream, opt);

	if (err != 0)
		return err;
	*player = (struct rtmp_player *)l;
	(*player)->start = start;
	return 0;
}

void
rtmp_player_free(struct rtmp_player *p)
{
	rtmp_link_free((struct rtmp_link *)p);
}

int
rtmp_player_open(struct rtmp_player *p)
{
	return rtmp_link_open(&p->link);
}

/* Until there is a connection.  0 or the error that ends it. */
static int
wait_for_connection(struct rtmp_player *p)
{
	struct timespec nap = { 0, NAP_MS * 1000000L };
	int err;

	while ((err = rtmp_link_try(&p->link)) == 0 && !p->link.is_connected)
		nanosleep(&nap, NULL);
	return err;
}

/* The first packet behind a gap: where its clock stands. */
static void
set_shift(struct rtmp_player *p, const struct rtmp_packet *packet)
{
	uint32_t passed, step;

	if (p->last_at != 0) {
		passed = (uint32_t)(rtmp_net_now() - p->last_at);
		step = packet->timestamp + p->shift - p->last;
		p->link.lost.ms = passed;
		if (step > passed + JUMP_MS)
			p->shift = p->last + passed - packet->timestamp;
	}
	p->link.in_gap = 0;
	rtmp_link_resumed(&p->link);
}

/* 1 when the packet is for the application, 0 when it is dropped. */
static int
take_packet(struct rtmp_player *p, struct rtmp_packet *packet)
{
	unsigned is = rtmp_packet_is(packet);

	if (packet->type == RTMP_MSG_DATA_AMF0)
		return 1;
	if (p->link.in_gap)
		set_shift(p, packet);
	if (packet->type == RTMP_MSG_VIDEO) {
		p->link.has_video = 1;
		if (p->link.wants_key && is == 0) {
			p->link.total.packets++;
			p->link.total.video_packets++;
			p->link.total.bytes += packet->size;
			return 0;
		}
		if (is & RTMP_IS_KEY_FRAME)
			p->link.wants_key = 0;
	}
	packet->timestamp += p->shift;
	if (p->last_at == 0 || (int32_t)(packet->timestamp - p->last) > 0)
		p->last = packet->timestamp;
	p->last_at = rtmp_net_now();
	return 1;
}

int
rtmp_player_read(struct rtmp_player *p, struct rtmp_packet *packet)
{
	int n, err;

	for (;;) {
		err = wait_for_connection(p);
		if (err != 0)
			return err;
		if (p->link.move_to != NULL && rtmp_link_move(&p->link))
			p->link.in_gap = p->link.wants_key = 1;
		n = rtmp_read_packet(p->link.r, packet);
		if (n == 1 && take_packet(p, packet))
			return 1;
		if (n == 0 || n == RTMP_ERR_TIMEOUT || n == RTMP_ERR_CANCELED)
			return rtmp_link_told(&p->link, n);
		if (n == 1)
			continue;
		p->link.in_gap = 1;
		p->link.wants_key = p->link.has_video;
		err = rtmp_link_lost(&p->link, n);
		if (err != 0)
			return err;
	}
}

int
rtmp_player_close(struct rtmp_player *p)
{
	p->last_at = 0;
	p->shift = 0;
	return rtmp_link_close(&p->link);
}

void
rtmp_player_cancel(struct rtmp_player *p)
{
	rtmp_link_cancel(&p->link);
}

const char *
rtmp_player_error(const struct rtmp_player *p)
{
	return p->link.words;
}

struct rtmp *
rtmp_player_client(struct rtmp_player *p)
{
	return p->link.r;
}
