/*
 * Counts system calls: these functions stand before those of libc, for the
 * program, for librtmpio.a and for librtmp.so alike, and make the system call
 * themselves.  What neither moves bytes nor waits is not counted.
 */
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

unsigned long bench_calls;

ssize_t
read(int fd, void *buf, size_t size)
{
	bench_calls++;
	return syscall(SYS_read, fd, buf, size);
}

ssize_t
write(int fd, const void *buf, size_t size)
{
	bench_calls++;
	return syscall(SYS_write, fd, buf, size);
}

ssize_t
readv(int fd, const struct iovec *iov, int count)
{
	bench_calls++;
	return syscall(SYS_readv, fd, iov, count);
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	bench_calls++;
	return syscall(SYS_writev, fd, iov, count);
}

ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
	bench_calls++;
	return syscall(SYS_recvfrom, fd, buf, size, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *buf, size_t size, int flags)
{
	bench_calls++;
	return syscall(SYS_sendto, fd, buf, size, flags, NULL, 0);
}

ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
	bench_calls++;
	return syscall(SYS_recvmsg, fd, msg, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	bench_calls++;
	return syscall(SYS_sendmsg, fd, msg, flags);
}

int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec t, *limit = NULL;

	bench_calls++;
	if (timeout_ms >= 0) {
		t.tv_sec = timeout_ms / 1000;
		t.tv_nsec = timeout_ms % 1000 * 1000000L;
		limit = &t;
	}
	return (int)syscall(SYS_ppoll, fds, count, limit, NULL, 0);
}
