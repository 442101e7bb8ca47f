#ifndef RTMPIO_CLIENT_PENDING_H
#define RTMPIO_CLIENT_PENDING_H

/*
 * Packets that were sent and that the server has not acknowledged: not the
 * packets, but how many end up to which byte of the connection.  The last few
 * are told apart; a server that acknowledges nothing makes the steps coarser,
 * not more.
 */
#include <stddef.h>
#include <stdint.h>

#define RTMP_PENDING_STEPS 64

struct rtmp_pending {
	unsigned count;
	struct rtmp_pending_step {
		uint64_t end, packets, bytes;
	} steps[RTMP_PENDING_STEPS];
};

/* A packet of size bytes, the last of which was byte number end. */
void rtmp_pending_add(struct rtmp_pending *p, uint64_t end, size_t size);
/* The server has all up to end. */
void rtmp_pending_confirm(struct rtmp_pending *p, uint64_t end);
/* Adds up what is left, and forgets it. */
void rtmp_pending_take(struct rtmp_pending *p, uint64_t *packets,
    uint64_t *bytes);

#endif
