#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/io.h>

#include "support/net.h"
#include "support/support.h"
#include "transport/net.h"

/* A transport and the peer's blocking socket. */
static int
connected(struct rtmp_io *io, int wake_fd)
{
	struct rtmp_tcp_options o;
	int server = net_listen(AF_INET, 0), peer;

	net_options(&o, LONG_MS);
	o.wake_fd = wake_fd;
	assert_int_equal(rtmp_tcp_open(io, "127.0.0.1", net_port(server), &o),
	    0);
	assert_string_equal(net_words, "");
	peer = accept(server, NULL, NULL);
	assert_true(peer >= 0);
	close(server);
	return peer;
}

static int
write_all(struct rtmp_io *io, const void *data, size_t size)
{
	struct iovec iov = { (void *)(uintptr_t)data, size };
	size_t n;
	int r = io->writev(io->ctx, &iov, 1, &n);

	if (r == 0)
		assert_int_equal(n, size);
	return r;
}

/* Reads once it is possible. */
static int
read_some(struct rtmp_io *io, void *buf, size_t size, size_t *n)
{
	int r = io->wait(io->ctx, RTMP_WANT_READ, LONG_MS);

	assert_int_equal(r, RTMP_WANT_READ);
	return io->read(io->ctx, buf, size, n);
}

static int fds_before;

static int
set_up(void **state)
{
	(void)state;
	fds_before = net_open_fds();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return net_open_fds() == fds_before ? 0 : -1;
}

/* ---- Reading, writing, waiting ---- */

static void
bytes_go_both_ways_and_each_side_ends_alone(void **state)
{
	struct rtmp_io io;
	int peer = connected(&io, -1);
	char buf[64];
	size_t n;

	(void)state;
	assert_int_equal(io.read(io.ctx, buf, sizeof(buf), &n),
	    RTMP_ERR_AGAIN);
	assert_string_equal(io.error(io.ctx), "");
	assert_int_equal(write_all(&io, "hello", 5), 0);
	assert_int_equal(read(peer, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(io.shutdown(io.ctx), 0);
	assert_int_equal(read(peer, buf, sizeof(buf)), 0);
	assert_int_equal(write(peer, "goodbye", 7), 7);
	close(peer);
	assert_int_equal(read_some(&io, buf, 4, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(read_some(&io, buf, sizeof(buf), &n), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(buf, "bye", 3);
	assert_int_equal(read_some(&io, buf, sizeof(buf), &n), RTMP_ERR_EOF);
	io.close(io.ctx);
}

static void
the_socket_has_no_delay_and_is_not_inherited(void **state)
{
	struct rtmp_io io;
	int peer = connected(&io, -1), fd = rtmp_tcp_fd(&io), on = 0;
	socklen_t size = sizeof(on);

	(void)state;
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size),
	    0);
	assert_int_not_equal(on, 0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(peer);
	io.close(io.ctx);
}

static void
wait_says_what_is_ready(void **state)
{
	const int both = RTMP_WANT_READ | RTMP_WANT_WRITE;
	struct rtmp_io io;
	int peer = connected(&io, -1);

	(void)state;
	assert_int_equal(io.wait(io.ctx, RTMP_WANT_READ, 0), 0);
	assert_int_equal(io.wait(io.ctx, both, -1), RTMP_WANT_WRITE);
	assert_int_equal(write(peer, "x", 1), 1);
	assert_int_equal(io.wait(io.ctx, RTMP_WANT_READ, -1), RTMP_WANT_READ);
	assert_int_equal(io.wait(io.ctx, both, LONG_MS), both);
	io.close(io.ctx);
	close(peer);
}

static void
waiting_is_cancelled_from_anywhere(void **state)
{
	struct rtmp_io io;
	pthread_t thread = pthread_self();
	int way, peer;

	(void)state;
	for (way = 0; way < WAYS; way++) {
		assert_int_equal(rtmp_wake_open(&net_wake), 0);
		peer = connected(&io, net_wake.fd[0]);
		net_cancel(way, &thread);
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_READ,
		    way == BY_THREAD ? -1 : LONG_MS), RTMP_ERR_CANCELED);
		/* Even when the socket is ready. */
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_WRITE, 0),
		    RTMP_ERR_CANCELED);
		rtmp_wake_clear(&net_wake);
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_WRITE, 0),
		    RTMP_WANT_WRITE);
		net_cancel_end(way, thread);
		io.close(io.ctx);
		close(peer);
	}
}

static void
signals_alone_do_not_end_a_wait(void **state)
{
	struct rtmp_io io;
	int peer = connected(&io, -1);
	int64_t start;

	(void)state;
	net_alarms = 0;
	net_alarm(net_count_alarm, 5, 5);
	start = rtmp_net_now();
	assert_int_equal(io.wait(io.ctx, RTMP_WANT_READ, 100), 0);
	assert_in_range(rtmp_net_now() - start, 99, LONG_MS);
	net_alarm(SIG_IGN, 0, 0);
	assert_true(net_alarms > 5);
	io.close(io.ctx);
	close(peer);
}

/* ---- Failures of a connection ---- */

static void
reset_by(int peer)
{
	struct linger l = { 1, 0 };

	setsockopt(peer, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(peer);
}

static void
a_reset_is_an_end_with_words(void **state)
{
	struct rtmp_io io;
	char buf[16];
	size_t n;

	(void)state;
	reset_by(connected(&io, -1));
	assert_int_equal(read_some(&io, buf, sizeof(buf), &n), RTMP_ERR_EOF);
	assert_string_equal(io.error(io.ctx), "Connection reset by peer");
	io.close(io.ctx);
}

static void
writing_to_a_closed_peer_raises_no_signal(void **state)
{
	struct iovec iov[2] = { { "ab", 2 }, { "cd", 2 } };
	struct rtmp_io io;
	int count;
	size_t n;

	(void)state;
	signal(SIGPIPE, SIG_DFL); /* would end this program */
	for (count = 1; count <= 2; count++) {
		reset_by(connected(&io, -1));
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_READ, LONG_MS),
		    RTMP_WANT_READ);
		assert_int_equal(io.writev(io.ctx, iov, count, &n),
		    RTMP_ERR_EOF);
		assert_string_equal(io.error(io.ctx),
		    "Connection reset by peer");
		assert_int_equal(io.writev(io.ctx, iov, count, &n),
		    RTMP_ERR_EOF);
		assert_string_equal(io.error(io.ctx), "Broken pipe");
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_WRITE, -1),
		    RTMP_WANT_WRITE);
		assert_int_equal(io.shutdown(io.ctx), RTMP_ERR_IO);
		io.close(io.ctx);
	}
}

/* Writes pieces until the socket takes no more; returns the sum. */
static size_t
write_until_full(struct rtmp_io *io, uint8_t *next)
{
	uint8_t data[3][4096];
	struct iovec iov[3];
	size_t total = 0, n, i, k;
	int r;

	for (;;) {
		for (i = 0; i < 3; i++) {
			for (k = 0; k < sizeof(data[i]); k++)
				data[i][k] = (uint8_t)(*next + i *
				    sizeof(data[i]) + k);
			iov[i].iov_base = data[i];
			iov[i].iov_len = sizeof(data[i]);
		}
		r = io->writev(io->ctx, iov, 3, &n);
		if (r != 0)
			break;
		assert_in_range(n, 1, sizeof(data));
		total += n;
		*next = (uint8_t)(*next + n);
	}
	assert_int_equal(r, RTMP_ERR_AGAIN);
	return total;
}

static void
full_buffers_take_part_and_then_say_again(void **state)
{
	struct rtmp_io io;
	int peer = connected(&io, -1), round, small = 20000;
	uint8_t next = 0, expected = 0, buf[5000];
	size_t total, i;
	ssize_t n;

	(void)state;
	setsockopt(rtmp_tcp_fd(&io), SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small));
	setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (round = 0; round < 3; round++) {
		total = write_until_full(&io, &next);
		assert_true(total > 0);
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_WRITE, 0), 0);
		while (total > 0) {
			n = read(peer, buf, sizeof(buf));
			assert_true(n > 0 && (size_t)n <= total);
			for (i = 0; i < (size_t)n; i++)
				assert_int_equal(buf[i], expected++);
			total -= (size_t)n;
		}
		assert_int_equal(io.wait(io.ctx, RTMP_WANT_WRITE, LONG_MS),
		    RTMP_WANT_WRITE);
	}
	io.close(io.ctx);
	close(peer);
}

static void
more_pieces_than_the_kernel_takes_are_written_in_part(void **state)
{
	struct iovec iov[3000];
	uint8_t data[3000], got[3000];
	struct rtmp_io io;
	int peer = connected(&io, -1);
	size_t i, n, done = 0, read_total = 0;

	(void)state;
	for (i = 0; i < 3000; i++) {
		data[i] = (uint8_t)(i * 7);
		iov[i].iov_base = &data[i];
		iov[i].iov_len = 1;
	}
	while (done < 3000) {
		assert_int_equal(io.writev(io.ctx, iov + done,
		    (int)(3000 - done), &n), 0);
		done += n;
	}
	while (read_total < 3000) {
		ssize_t r = read(peer, got + read_total, 3000 - read_total);

		assert_true(r > 0);
		read_total += (size_t)r;
	}
	assert_memory_equal(got, data, 3000);
	io.close(io.ctx);
	close(peer);
}

static void
pieces_of_every_size_arrive_in_order(void **state)
{
	uint8_t data[2100], got[2100];
	struct iovec iov[3];
	struct rtmp_io io;
	int peer = connected(&io, -1);
	size_t size, n, i;

	(void)state;
	for (size = 2; size < sizeof(data); size += size < 40 ? 1 : 103) {
		for (i = 0; i < size; i++)
			data[i] = (uint8_t)(i * 7 + size);
		iov[0].iov_base = data;
		iov[0].iov_len = size > 12 ? 12 : 1;
		iov[1].iov_base = data + iov[0].iov_len;
		iov[1].iov_len = (size - iov[0].iov_len) / 2;
		iov[2].iov_base = data + iov[0].iov_len + iov[1].iov_len;
		iov[2].iov_len = size - iov[0].iov_len - iov[1].iov_len;
		assert_int_equal(io.writev(io.ctx, iov, 3, &n), 0);
		assert_int_equal(n, size);
		for (i = 0; i < size; i += (size_t)read(peer, got + i,
		    size - i))
			;
		assert_memory_equal(got, data, size);
	}
	io.close(io.ctx);
	close(peer);
}

/* ---- Adopting, options, memory ---- */

static void
a_connected_socket_is_adopted(void **state)
{
	struct rtmp_io io;
	char buf[8];
	int fd[2];
	size_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(rtmp_tcp_adopt(&io, fd[0], NULL), 0);
	assert_int_equal(rtmp_tcp_fd(&io), fd[0]);
	assert_int_equal(io.read(io.ctx, buf, sizeof(buf), &n),
	    RTMP_ERR_AGAIN);
	assert_int_equal(write_all(&io, "x", 1), 0);
	close(fd[1]);
	assert_int_equal(write_all(&io, "x", 1), RTMP_ERR_EOF);
	assert_string_equal(io.error(io.ctx), "Broken pipe");
	io.close(io.ctx);
	assert_int_equal(fcntl(fd[0], F_GETFD), -1);
	assert_int_equal(rtmp_tcp_adopt(&io, fd[0], NULL), RTMP_ERR_IO);
}

static void
options_of_another_size_are_understood(void **state)
{
	struct {
		struct rtmp_tcp_options now;
		char later[16];
	} large;
	struct rtmp_tcp_options o;
	struct rtmp_io io;
	int fd = net_bound(AF_INET, 0);

	(void)state;
	memset(&large, 0x5a, sizeof(large));
	rtmp_tcp_options_init(&large.now, sizeof(large));
	assert_int_equal(large.now.struct_size, sizeof(large));
	assert_int_equal(large.now.timeout_ms, 10000);
	assert_int_equal(large.now.wake_fd, -1);
	assert_null(large.now.error);
	assert_int_equal(large.later[0], 0);
	assert_int_equal(large.later[15], 0);
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd),
	    &large.now), RTMP_ERR_CONNECT);

	/* What lies behind a smaller struct is not looked at. */
	memset(&o, 0x5a, sizeof(o));
	rtmp_tcp_options_init(&o, offsetof(struct rtmp_tcp_options,
	    local_addr));
	assert_int_not_equal(o.wake_fd, -1);
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o),
	    RTMP_ERR_CONNECT);
	close(fd);
}

static int
open_and_adopt(struct test_mem *m, void *arg)
{
	struct rtmp_tcp_options o;
	struct rtmp_io io;
	int r, fd[2], *server = arg;

	net_options(&o, LONG_MS);
	o.mem = &m->mem;
	r = rtmp_tcp_open(&io, "127.0.0.1", net_port(*server), &o);
	if (r != 0) {
		net_assert_words("connect to 127.0.0.1 port %d: out of memory",
		    net_port(*server));
		return r;
	}
	io.close(io.ctx);
	close(accept(*server, NULL, NULL));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	r = rtmp_tcp_adopt(&io, fd[0], &o);
	if (r == 0)
		io.close(io.ctx);
	else
		close(fd[0]); /* still ours */
	close(fd[1]);
	return r;
}

static void
failing_allocations_are_reported(void **state)
{
	int server = net_listen(AF_INET, 0);

	(void)state;
	each_allocation_fails(open_and_adopt, &server);
	close(server);
}

/* ---- Waking ---- */

static void
what_wakes_stays_readable_until_cleared(void **state)
{
	struct rtmp_wake w;
	struct pollfd p = { .events = POLLIN };
	int i;

	(void)state;
	assert_int_equal(rtmp_wake_open(&w), 0);
	p.fd = w.fd[0];
	assert_true(fcntl(w.fd[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(w.fd[1], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(poll(&p, 1, 0), 0);
	/* More than fits into a pipe. */
	for (i = 0; i < 200000; i++) {
		errno = 4711;
		rtmp_wake_signal(&w);
		assert_int_equal(errno, 4711);
	}
	assert_int_equal(poll(&p, 1, 0), 1);
	rtmp_wake_clear(&w);
	assert_int_equal(poll(&p, 1, 0), 0);
	rtmp_wake_clear(&w);
	rtmp_wake_signal(&w);
	assert_int_equal(poll(&p, 1, 0), 1);
	rtmp_wake_close(&w);
	assert_int_equal(w.fd[0], -1);
	rtmp_wake_close(&w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_both_ways_and_each_side_ends_alone),
		TEST(the_socket_has_no_delay_and_is_not_inherited),
		TEST(wait_says_what_is_ready),
		TEST(waiting_is_cancelled_from_anywhere),
		TEST(signals_alone_do_not_end_a_wait),
		TEST(a_reset_is_an_end_with_words),
		TEST(writing_to_a_closed_peer_raises_no_signal),
		TEST(full_buffers_take_part_and_then_say_again),
		TEST(more_pieces_than_the_kernel_takes_are_written_in_part),
		TEST(pieces_of_every_size_arrive_in_order),
		TEST(a_connected_socket_is_adopted),
		TEST(options_of_another_size_are_understood),
		TEST(failing_allocations_are_reported),
		TEST(what_wakes_stays_readable_until_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
