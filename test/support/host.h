#ifndef TEST_HOST_H
#define TEST_HOST_H

/*
 * A server in a thread, for clients that come several times: one connection
 * after the other, each with an answer to connect, and one to publish or play,
 * that the test has prepared, in the JSON of peer.h.  What each has said is
 * kept as text.
 *
 *     struct host h;
 *
 *     host_init(&h);
 *     h.connects[0] = "['_error', 1, null, {...}]";
 *     host_start(&h);
 *     ... rtmp_connect(r, h.url, NULL) ...
 *     host_end(&h);
 *     strstr(h.said[0], "'tcUrl'")
 */
#include <pthread.h>

#include <rtmpio/rtmp.h>

#include "support/support.h"

#define HOST_CONNS 256

struct host {
	char url[80]; /* rtmp://127.0.0.1:PORT/live/key */
	int port;
	/* By connection; NULL is success.  A refusal is followed by the end of
	 * the server's side. */
	const char *connects[HOST_CONNS];
	const char *starts[HOST_CONNS];
	int repeats;	/* connects[0] is for all of them */
	const char *later; /* said behind starts[0]; NULL */
	const uint8_t *body; /* in place of connects[0]: AMF0 of any size */
	size_t body_size;
	int delay_ms;	/* before each answer to connect */
	int stalls_at;	/* the connection that is never answered; -1 */
	/* What has come is acknowledged when the client asks for it, but for
	 * what comes behind acks_most packets, and for acks_leave_out bytes
	 * that are not counted.  The first connection ends behind the packet
	 * number ends_behind; 0: it goes on. */
	int acks_most, ends_behind;
	size_t acks_leave_out;
	int hangs_up;	/* as soon as a stream has started; at each of them */
	int insists;	/* says "later" behind each packet, at each of them */

	int conns;	/* so many came */
	/* After host_end(): the values of connect, then sent_text(). */
	char *said[HOST_CONNS];
	char *all;	/* of them, one after the other */

	int listener, stop;
	pthread_t thread;
	char *connected[HOST_CONNS];
	uint8_t *bytes[HOST_CONNS];
	size_t sizes[HOST_CONNS];
};

void host_init(struct host *h);
void host_start(struct host *h);
/* All clients must have gone. */
void host_end(struct host *h);
void host_free(struct host *h);
/* Behind host_end(): this is in what a connection said. */
void host_heard(const struct host *h, int conn, const char *format, ...);

/* rtmp_error_detail() has these words. */
void assert_says(const struct rtmp *r, const char *text);

/* For wrap_tls: no TLS at all, where only the scheme counts.  arg, which may
 * be NULL, is an int that counts the calls. */
int pretend_tls(void *arg, const char *name, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size);

#endif
