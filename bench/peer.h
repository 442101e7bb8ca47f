#ifndef BENCH_PEER_H
#define BENCH_PEER_H

/*
 * The other end, in a process of its own: takes one connection and then as
 * many bytes as come, or gives bytes as fast as they go.  The same peer serves
 * all competitors.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct peer_plan {
	uint32_t address; /* where it listens */
	int bare;	  /* no RTMP before the bytes */
	int apart;	  /* on another CPU than who started it */
	/* Given to a client that plays, or to a bare one: the bytes of stream,
	 * so many times, in chunks of chunk_size.  stream NULL: what comes is
	 * thrown away. */
	const uint8_t *stream;
	size_t size;
	int times;
	uint32_t chunk_size;
	uint64_t expected; /* fewer bytes taken than this are a failure */
};

struct peer {
	pid_t pid;
	uint16_t port;
	int report; /* the pipe on which it tells how it went */
};

struct peer_report {
	uint64_t taken;	       /* bytes */
	double first_media_ms; /* on the clock of now_ms(); 0: none came */
};

/* A port is listened to when this returns. */
void peer_start(struct peer *p, const struct peer_plan *plan);
/* Waits for the end of a peer whose connection was closed. */
void peer_wait(struct peer *p, struct peer_report *report);
/* "rtmp://127.0.0.1:22000/live/bench"; lent until the next call. */
const char *peer_url(const struct peer *p, uint32_t address);

#endif
