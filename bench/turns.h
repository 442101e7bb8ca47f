#ifndef BENCH_TURNS_H
#define BENCH_TURNS_H

/*
 * Competitors that move the same mix over loopback, each with a peer of its
 * own.  All are connected at once and take turns, and another one begins each
 * round, so that what else the machine does meets all of them alike: with the
 * peer on the same CPU in many turns of 77 MB, a few milliseconds each; with
 * the peer on another CPU in fewer of 1 GB, since there it takes a while until
 * the kernel's buffers have the size that they keep.
 */
#include <stdint.h>

#include "bench.h"
#include "load.h"
#include "peer.h"

struct run {
	const struct competitor *competitor;
	const struct load *load;
	struct peer_plan plan;
	struct peer peer;
	uint32_t mixes; /* moved so far */
	/* The connection, of which the competitor uses one. */
	int fd;
	struct rtmp *rtmp;
	struct RTMP *librtmp;
	struct pump *pump;
	unsigned stream; /* of pump */

	struct series cpu;   /* seconds per GB of payload, of each turn */
	struct series calls; /* system calls per message, likewise */
};

struct competitor {
	void (*start)(struct run *run);
	void (*mix)(struct run *run); /* moves it once */
	void (*end)(struct run *run);
	int bare; /* no RTMP */
	int chunk_size;
	int once;     /* in the first round only, being slow */
	int is_other; /* it is librtmp, which may not be there */
};

/* Fills cpu and calls of runs that have competitor, load and plan; apart is
 * set in all plans or in none.  With none, on the same CPU, there are five
 * times as many rounds.  Librtmp is left out where it is not installed. */
void turns_take(struct run *runs, int count, int rounds);

/* ---- Starts and ends of several ---- */

void bare_start(struct run *run);
void bare_end(struct run *run);

/* ---- The table ---- */

/* A row "what" with a's CPU time against b's, and, unless it is NULL, that of
 * librtmp against b's.  A machine of one CPU has no other to put peers on. */
void report_ratio(const char *what, const struct run *a, const struct run *b,
    const struct run *other, const char *reach);
/* Their CPU seconds per GB, and system calls per message. */
void report_cpu(const char *what, const struct run *a,
    const struct run *other);
void report_calls(const struct run *a, const struct run *other,
    const char *reach);

#endif
