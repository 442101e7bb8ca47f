#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "transport/wake.h"

int
rtmp_wake_open(struct rtmp_wake *w)
{
	int i, flags, saved;

	if (pipe(w->fd) != 0) {
		w->fd[0] = w->fd[1] = -1;
		return RTMP_ERR_IO;
	}
	for (i = 0; i < 2; i++) {
		flags = fcntl(w->fd[i], F_GETFL);
		if (flags == -1 ||
		    fcntl(w->fd[i], F_SETFL, flags | O_NONBLOCK) == -1 ||
		    fcntl(w->fd[i], F_SETFD, FD_CLOEXEC) == -1) {
			saved = errno;
			rtmp_wake_close(w);
			errno = saved;
			return RTMP_ERR_IO;
		}
	}
	return 0;
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

	/* A full pipe is readable already. */
	while (write(w->fd[1], "", 1) < 0 && errno == EINTR)
		;
	errno = saved;
}

void
rtmp_wake_clear(const struct rtmp_wake *w)
{
	char bytes[64];
	ssize_t n;

	do {
		n = read(w->fd[0], bytes, sizeof(bytes));
	} while (n > 0 || (n < 0 && errno == EINTR));
}
