/*
 * Which of a host's addresses answers first, RFC 8305 section 5.
 *
 *     0 ms    first IPv6 address   connect() ........................
 *     250     first IPv4 address             connect() ..............
 *     500     second IPv6 address                      connect() ....
 *
 * An attempt that fails starts the next one at once; the others go on until
 * one is connected.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "transport/net.h"

#define STAGGER_MS 250
#define MAX_ADDRESSES 32 /* a name server decides how many there are */

#ifndef SOCK_CLOEXEC
#define SOCK_CLOEXEC 0
#endif

struct race {
	const struct rtmp_dial *dial;
	const struct addrinfo *order[MAX_ADDRESSES];
	size_t count, next;
	int64_t next_at;	/* when the next attempt starts */
	struct pollfd fds[MAX_ADDRESSES + 1]; /* attempts under way */
	nfds_t live;
	int error;		/* errno of the most telling failure */
};

/* The next of list with that family, if it can be bound to at all. */
static const struct addrinfo *
next_of(const struct race *r, const struct addrinfo **list, int family)
{
	const struct addrinfo *local = r->dial->local, *found;

	if (local != NULL && local->ai_family != family)
		return NULL;
	while (*list != NULL && (*list)->ai_family != family)
		*list = (*list)->ai_next;
	found = *list;
	if (found != NULL)
		*list = found->ai_next;
	return found;
}

/* The families take turns; within each the resolver's order stands. */
static void
set_order(struct race *r, const struct addrinfo *list)
{
	const struct addrinfo *at[2] = { list, list }, *a;
	static const int family[2] = { AF_INET6, AF_INET };
	int i, none = 0;

	for (i = 0; none < 2 && r->count < MAX_ADDRESSES; i = !i) {
		a = next_of(r, &at[i], family[i]);
		none = a == NULL ? none + 1 : 0;
		if (a != NULL)
			r->order[r->count++] = a;
	}
}

/* That there is no way to one address says less than that another refused. */
static void
note(struct race *r, int error)
{
	int no_way = error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == EAFNOSUPPORT;

	if (r->error == 0 || !no_way)
		r->error = error;
}

static int
bind_local(const struct rtmp_dial *d, int fd)
{
	char words[96];

	if (d->local == NULL ||
	    bind(fd, d->local->ai_addr, d->local->ai_addrlen) == 0)
		return 0;
	rtmp_net_strerror(errno, words, sizeof(words));
	if (d->error != NULL)
		snprintf(d->error, d->error_size, "local address %s: %s",
		    d->local_name, words);
	return RTMP_ERR_INVAL;
}

/* Starts the next attempt.  *won receives the socket if it succeeds at once;
 * returns an error only if that ends the race. */
static int
start_next(struct race *r, int *won)
{
	const struct addrinfo *a = r->order[r->next++];
	int fd, err;

	r->next_at = rtmp_net_after(STAGGER_MS);
	fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || rtmp_net_prepare(fd) != 0) {
		note(r, errno);
		if (fd >= 0)
			close(fd);
		return 0;
	}
	err = bind_local(r->dial, fd);
	if (err != 0) {
		close(fd);
		return err;
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
		*won = fd;
	} else if (errno == EINPROGRESS || errno == EINTR) {
		r->fds[r->live].fd = fd;
		r->fds[r->live].events = POLLOUT;
		r->live++;
	} else {
		note(r, errno);
		close(fd);
		r->next_at = 0;
	}
	return 0;
}

/* Takes the attempts that have ended out of fds; returns the socket of one
 * that is connected, or -1. */
static int
collect(struct race *r)
{
	nfds_t i = 0;
	socklen_t size;
	int fd, error;

	while (i < r->live) {
		if (r->fds[i].revents == 0) {
			i++;
			continue;
		}
		fd = r->fds[i].fd;
		size = sizeof(error);
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			error = errno;
		r->fds[i] = r->fds[--r->live];
		if (error == 0)
			return fd;
		note(r, error);
		close(fd);
		r->next_at = 0;
	}
	return -1;
}

static int
run(struct race *r, int *won)
{
	int err;

	while (*won < 0) {
		if (r->next < r->count &&
		    (r->live == 0 || rtmp_net_now() >= r->next_at)) {
			err = start_next(r, won);
			if (err != 0)
				return err;
			continue;
		}
		if (r->live == 0)
			return RTMP_ERR_CONNECT;
		err = rtmp_net_poll(r->fds, r->live, &r->dial->bound,
		    r->next < r->count ? r->next_at : RTMP_NEVER);
		if (err < 0)
			return err;
		if (err > 0)
			*won = collect(r);
	}
	return 0;
}

int
rtmp_dial_connect(const struct rtmp_dial *d, const struct addrinfo *list,
    int *fd)
{
	struct race r;
	char words[96];
	const char *why = "no address of the local address's family";
	int err, won = -1;

	memset(&r, 0, sizeof(r));
	r.dial = d;
	set_order(&r, list);
	err = run(&r, &won);
	while (r.live > 0)
		close(r.fds[--r.live].fd);
	if (err == 0)
		*fd = won;
	if (err == 0 || err == RTMP_ERR_INVAL)
		return err;
	if (err != RTMP_ERR_CONNECT)
		why = rtmp_strerror(err);
	else if (r.error != 0)
		why = rtmp_net_strerror(r.error, words, sizeof(words));
	return rtmp_dial_fail(d, err, "connect to", why);
}
