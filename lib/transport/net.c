#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "transport/net.h"

int64_t
rtmp_net_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
rtmp_net_after(int timeout_ms)
{
	return timeout_ms < 0 ? RTMP_NEVER : rtmp_net_now() + timeout_ms;
}

int
rtmp_net_left(int64_t end, int64_t now)
{
	int64_t left = end - now;

	if (end == RTMP_NEVER)
		return -1;
	if (left < 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

int
rtmp_net_poll(struct pollfd *fds, nfds_t count,
    const struct rtmp_bound *bound, int64_t until)
{
	int64_t end = until < bound->end ? until : bound->end;
	int left, n;

	fds[count].fd = bound->wake_fd;
	fds[count].events = POLLIN;
	for (;;) {
		left = rtmp_net_left(end, rtmp_net_now());
		n = poll(fds, count + 1, left);
		/* A signal's handler may have made wake_fd readable. */
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTMP_ERR_IO;
		if (n > 0 && fds[count].revents != 0)
			return RTMP_ERR_CANCELED;
		if (n > 0)
			return 1;
		if (left == 0)
			return until < bound->end ? 0 : RTMP_ERR_TIMEOUT;
	}
}

int
rtmp_net_prepare(int fd)
{
	int on = 1, flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	/* Fails on a stream socket that is not TCP, which has no delay. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	return 0;
}

const char *
rtmp_net_strerror(int error, char *buf, size_t size)
{
	if (strerror_r(error, buf, size) != 0)
		snprintf(buf, size, "error %d", error);
	return buf;
}

int
rtmp_dial_fail(const struct rtmp_dial *d, int err, const char *what,
    const char *why)
{
	if (d->error != NULL)
		snprintf(d->error, d->error_size, "%s %s port %u: %s", what,
		    d->host, (unsigned)d->port, why);
	return err;
}
