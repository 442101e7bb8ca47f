#ifndef RTMPIO_TRANSPORT_NET_H
#define RTMPIO_TRANSPORT_NET_H

/* What the parts of the TCP transport share: the deadline of a call, and the
 * two steps of opening a connection. */
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <netdb.h>

#include <rtmpio/io.h>

#include "transport/deadline.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* rtmp_net_prepare() has set SO_NOSIGPIPE */
#endif

/* What ends a call that waits. */
struct rtmp_bound {
	int64_t end; /* a moment, or RTMP_NEVER */
	int wake_fd; /* -1: none */
};

/* One rtmp_tcp_open(). */
struct rtmp_dial {
	const char *host;
	uint16_t port;
	const struct addrinfo *local; /* to bind, or NULL */
	const char *local_name;
	struct rtmp_bound bound;
	char *error; /* receives what failed, in words; may be NULL */
	size_t error_size;
};

/*
 * poll() under a bound; fds has room for one more than count.  Returns 1 when
 * one of fds is ready; 0 when until has passed; RTMP_ERR_CANCELED, which goes
 * before all else, RTMP_ERR_TIMEOUT, or RTMP_ERR_IO with errno set.
 */
int rtmp_net_poll(struct pollfd *fds, nfds_t count,
    const struct rtmp_bound *bound, int64_t until);

/* Makes fd non-blocking, not inherited by exec(), without Nagle's delay and
 * without SIGPIPE.  Returns 0, or -1 with errno set. */
int rtmp_net_prepare(int fd);

/* strerror() for threads; returns buf. */
const char *rtmp_net_strerror(int error, char *buf, size_t size);

/* Writes "what host port 1935: why" and returns err. */
int rtmp_dial_fail(const struct rtmp_dial *d, int err, const char *what,
    const char *why);

/* Looks d->host up.  Returns 0 and a list for freeaddrinfo(); or, with the
 * words written, RTMP_ERR_RESOLVE, _TIMEOUT, _CANCELED, _NOMEM or _IO. */
int rtmp_dial_resolve(const struct rtmp_dial *d, struct addrinfo **list);

/* Connects to the first of list that accepts.  Returns 0 and the socket; or,
 * with the words written, RTMP_ERR_CONNECT, _TIMEOUT, _CANCELED, _INVAL (the
 * local address) or _IO. */
int rtmp_dial_connect(const struct rtmp_dial *d, const struct addrinfo *list,
    int *fd);

/* Makes io the transport on fd, which rtmp_net_prepare() has made ready, with
 * mem and wake_fd of o.  RTMP_ERR_NOMEM: fd stays open. */
int rtmp_tcp_start(struct rtmp_io *io, int fd,
    const struct rtmp_tcp_options *o);

#endif
