#ifndef BENCH_PUMP_H
#define BENCH_PUMP_H

/* session.h on a blocking socket: the least that a program needs. */
#include <stddef.h>
#include <stdint.h>

#include <rtmpio/session.h>

struct pump {
	int fd;
	struct rtmp_session *session;
	uint64_t packets; /* received so far */
	size_t largest;	  /* of them */
	uint8_t in[65536];
};

/* Connects to a peer of this machine; mem may be NULL. */
void pump_init(struct pump *p, uint16_t port, const struct rtmp_mem *mem);
void pump_free(struct pump *p);

/* Writes all that is queued. */
void pump_flush(struct pump *p);
/* Takes what has come, or with wait what comes next, and answers it.  Returns
 * 0 when the peer has closed.  *seen, which may be NULL, receives a bit 1 <<
 * type for each event. */
int pump_take(struct pump *p, int wait, unsigned *seen);
/* Until the event has come. */
void pump_until(struct pump *p, enum rtmp_event_type type);

#endif
