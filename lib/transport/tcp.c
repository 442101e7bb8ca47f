/*
 * TCP, the default transport, once it is connected; tcp_open.c opens it.
 *
 *     read              one recv()
 *     writev            one send() or sendmsg()
 *     wait              poll() on the socket and on wake_fd
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rtmpio/io.h>

#include "base/attr.h"
#include "base/object.h"
#include "transport/net.h"

/* More pieces than this many the kernel refuses. */
#define MAX_IOV 1024
/* Up to here, as audio is, a copy costs less than pieces cost the kernel. */
#define JOIN_SIZE 2048

struct tcp {
	struct rtmp_mem mem;
	int fd;
	int wake_fd;
	int last; /* errno of the last failure */
	char words[96];
};

/* ---- The transport ---- */

/* What a failed call is to return. */
static int
failed(struct tcp *t)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return RTMP_ERR_AGAIN;
	t->last = errno;
	/* A peer that closes while our bytes are under way resets. */
	return errno == ECONNRESET || errno == EPIPE ? RTMP_ERR_EOF :
	    RTMP_ERR_IO;
}

RTMP_HOT static int
tcp_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct tcp *t = ctx;
	ssize_t n;

	do {
		n = recv(t->fd, buf, size, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(t);
	if (n == 0)
		return RTMP_ERR_EOF;
	*nread = (size_t)n;
	return 0;
}

/* Copies all pieces into buf.  Returns their size, or 0 when they exceed
 * JOIN_SIZE. */
RTMP_HOT static size_t
join(uint8_t buf[JOIN_SIZE], const struct iovec *iov, int count)
{
	size_t size = 0;
	int i;

	for (i = 0; i < count; i++) {
		if (iov[i].iov_len > JOIN_SIZE - size)
			return 0;
		size += iov[i].iov_len;
	}
	for (i = 0; i < count; i++) {
		memcpy(buf, iov[i].iov_base, iov[i].iov_len);
		buf += iov[i].iov_len;
	}
	return size;
}

RTMP_HOT static ssize_t
send_pieces(int fd, const struct iovec *iov, int count)
{
	struct msghdr msg;

	memset(&msg, 0, sizeof(msg));
	/* It only reads them. */
	msg.msg_iov = (struct iovec *)(uintptr_t)iov;
	msg.msg_iovlen = (size_t)(count < MAX_IOV ? count : MAX_IOV);
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

RTMP_HOT static int
tcp_writev(void *ctx, const struct iovec *iov, int count, size_t *nwritten)
{
	struct tcp *t = ctx;
	uint8_t joined[JOIN_SIZE];
	const void *p = joined;
	size_t size;
	ssize_t n;

	if (count == 1) {
		p = iov->iov_base;
		size = iov->iov_len;
	} else {
		size = join(joined, iov, count);
	}
	do {
		n = size != 0 ? send(t->fd, p, size, MSG_NOSIGNAL) :
		    send_pieces(t->fd, iov, count);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(t);
	*nwritten = (size_t)n;
	return 0;
}

static int
tcp_wait(void *ctx, int want, int timeout_ms)
{
	struct tcp *t = ctx;
	struct pollfd fds[2] = { { t->fd, 0, 0 } };
	struct rtmp_bound bound = { rtmp_net_after(timeout_ms), t->wake_fd };
	int r, ready = 0;

	if (want & RTMP_WANT_READ)
		fds[0].events |= POLLIN;
	if (want & RTMP_WANT_WRITE)
		fds[0].events |= POLLOUT;
	r = rtmp_net_poll(fds, 1, &bound, RTMP_NEVER);
	if (r == RTMP_ERR_TIMEOUT)
		return 0;
	if (r < 0) {
		t->last = r == RTMP_ERR_IO ? errno : 0;
		return r;
	}
	/* A socket that failed is ready: the next call says how. */
	if (fds[0].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL))
		ready |= RTMP_WANT_READ;
	if (fds[0].revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL))
		ready |= RTMP_WANT_WRITE;
	return ready & want;
}

static int
tcp_shutdown(void *ctx)
{
	struct tcp *t = ctx;

	return shutdown(t->fd, SHUT_WR) == 0 ? 0 : failed(t);
}

static void
tcp_close(void *ctx)
{
	struct tcp *t = ctx;

	close(t->fd);
	rtmp_object_free(t);
}

static const char *
tcp_error(void *ctx)
{
	struct tcp *t = ctx;

	if (t->last == 0)
		return "";
	return rtmp_net_strerror(t->last, t->words, sizeof(t->words));
}

int
rtmp_tcp_start(struct rtmp_io *io, int fd, const struct rtmp_tcp_options *o)
{
	struct tcp *t = rtmp_object_new(o->mem, sizeof(*t));

	if (t == NULL)
		return RTMP_ERR_NOMEM;
	t->fd = fd;
	t->wake_fd = o->wake_fd;
	io->ctx = t;
	io->read = tcp_read;
	io->writev = tcp_writev;
	io->wait = tcp_wait;
	io->shutdown = tcp_shutdown;
	io->close = tcp_close;
	io->error = tcp_error;
	return 0;
}

int
rtmp_tcp_fd(const struct rtmp_io *io)
{
	const struct tcp *t = io->ctx;

	return t->fd;
}
