#ifndef TEST_NET_H
#define TEST_NET_H

/* Peers on the loopback interface, names that resolve as a test needs, and
 * calls cancelled from elsewhere. */
#include <pthread.h>

#include <rtmpio/io.h>

#include "transport/wake.h"

#define LONG_MS 20000 /* a limit that is never reached when all is well */

/* ---- Peers ---- */

/* The port that a socket is bound to. */
uint16_t net_port(int fd);
/* A socket bound to the loopback address of a family; port 0: any.  Nobody
 * listens, so it refuses.  -1: not possible, as where there is no IPv6. */
int net_bound(int family, uint16_t port);
/* The same, listening. */
int net_listen(int family, uint16_t port);
/* Sockets bound to the same port of ::1 and 127.0.0.1.  Skips the test where
 * there is no IPv6. */
void net_bound_pair(int *six, int *four);

/* Connections that fill the queue of a listener. */
struct net_hole {
	int fd[16];
	int count;
};

/* Makes a bound socket listen and answer nobody. */
void net_dig_hole(struct net_hole *h, int bound);
void net_close_hole(struct net_hole *h);

/* How many descriptors are open. */
int net_open_fds(void);

/* ---- Names ---- */

/*
 * Every test program has a resolver of its own, which passes on all names but
 *
 *     both.test     127.0.0.1 and ::1
 *     three.test    ::1, 127.0.0.1 and 127.0.0.2
 *     six.test      ::1
 *     no-way.test   127.0.0.1, and an address that has no route
 *     many.test     127.0.0.1 a hundred times
 *     slow.test     as both.test, once net_resolver_let_go() is called
 *     gone.test, later.test, memory.test, system.test
 *                   EAI_NONAME, _AGAIN, _MEMORY, and _SYSTEM with EMFILE
 */
void net_resolver_reset(void);
void net_resolver_let_go(void);
/* How many lists of addresses it has made and not got back. */
int net_resolver_lists(void);
extern int net_lookups; /* of its names, since the reset */
extern int net_lookup_blocked_signals;

/* ---- Options, and the words of a failure ---- */

extern char net_words[256];

void net_options(struct rtmp_tcp_options *o, int timeout_ms);
/* format has a %d, for port. */
void net_assert_words(const char *format, int port);

/* ---- Cancelling ---- */

enum { BEFORE, BY_THREAD, BY_HANDLER, WAYS };

/* What net_cancel() signals; opened by the test. */
extern struct rtmp_wake net_wake;

/* Cancels now, or in a moment from a thread or a signal handler. */
void net_cancel(int way, pthread_t *thread);
/* Closes net_wake, too. */
void net_cancel_end(int way, pthread_t thread);

/* SIGALRM runs handler after first_ms, then every interval_ms; 0: never. */
void net_alarm(void (*handler)(int), int first_ms, int interval_ms);
/* A handler that only counts. */
extern volatile int net_alarms;
void net_count_alarm(int sig);

#endif
