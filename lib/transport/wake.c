#include <errno.h>
#include <unistd.h>

#include "transport/net.h"
#include "transport/wake.h"

int
rtmp_wake_open(struct rtmp_wake *w)
{
	int saved;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd) != 0) {
		w->fd[0] = w->fd[1] = -1;
		return RTMP_ERR_IO;
	}
	if (rtmp_net_prepare(w->fd[0]) == 0 && rtmp_net_prepare(w->fd[1]) == 0)
		return 0;
	saved = errno;
	rtmp_wake_close(w);
	errno = saved;
	return RTMP_ERR_IO;
}

void
rtmp_wake_close(struct rtmp_wake *w)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (w->fd[i] >= 0)
			close(w->fd[i]);
		w->fd[i] = -1;
	}
}

void
rtmp_wake_signal(const struct rtmp_wake *w)
{
	int saved = errno;

	/* One that is full is readable already. */
	while (send(w->fd[1], "", 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
	errno = saved;
}

void
rtmp_wake_clear(const struct rtmp_wake *w)
{
	char bytes[64];
	ssize_t n;

	do {
		n = recv(w->fd[0], bytes, sizeof(bytes), 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
}
