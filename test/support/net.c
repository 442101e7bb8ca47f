#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/net.h"
#include "support/support.h"

/* ---- Peers ---- */

uint16_t
net_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	return ntohs(a.ss_family == AF_INET6
	    ? ((struct sockaddr_in6 *)(void *)&a)->sin6_port
	    : ((struct sockaddr_in *)(void *)&a)->sin_port);
}

int
net_bound(int family, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	int fd = socket(family, SOCK_STREAM, 0), r;

	if (fd < 0)
		return -1;
	six.sin6_addr = in6addr_loopback;
	six.sin6_port = four.sin_port = htons(port);
	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (family == AF_INET6)
		r = bind(fd, (struct sockaddr *)&six, sizeof(six));
	else
		r = bind(fd, (struct sockaddr *)&four, sizeof(four));
	if (r != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
net_listen(int family, uint16_t port)
{
	int fd = net_bound(family, port);

	if (fd >= 0)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

void
net_bound_pair(int *six, int *four)
{
	int i;

	for (i = 0; i < 100; i++) {
		*six = net_bound(AF_INET6, 0);
		if (*six < 0) {
			print_message("no IPv6 here\n");
			skip();
		}
		*four = net_bound(AF_INET, net_port(*six));
		if (*four >= 0)
			return;
		close(*six);
	}
	fail_msg("no port is free for both families");
}

void
net_dig_hole(struct net_hole *h, int bound)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);
	struct pollfd p = { .events = POLLOUT };

	assert_int_equal(listen(bound, 0), 0);
	assert_int_equal(getsockname(bound, (struct sockaddr *)&a, &size),
	    0);
	for (h->count = 0; h->count < 16; h->count++) {
		p.fd = socket(a.ss_family, SOCK_STREAM, 0);
		assert_true(p.fd >= 0);
		fcntl(p.fd, F_SETFL, O_NONBLOCK);
		h->fd[h->count] = p.fd;
		if (connect(p.fd, (struct sockaddr *)&a, size) != 0 &&
		    poll(&p, 1, 200) == 0) {
			h->count++;
			return;
		}
	}
	fail_msg("this system answers whatever the queue");
}

void
net_close_hole(struct net_hole *h)
{
	while (h->count > 0)
		close(h->fd[--h->count]);
}

int
net_open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* ---- Options, and the words of a failure ---- */

char net_words[256];

void
net_options(struct rtmp_tcp_options *o, int timeout_ms)
{
	rtmp_tcp_options_init(o, sizeof(*o));
	o->timeout_ms = timeout_ms;
	o->error = net_words;
	o->error_size = sizeof(net_words);
	strcpy(net_words, "nothing was written");
}

void
net_assert_words(const char *format, int port)
{
	char expected[256];

	snprintf(expected, sizeof(expected), format, port);
	assert_string_equal(net_words, expected);
}

/* ---- Cancelling ---- */

struct rtmp_wake net_wake;

static void
on_alarm(int sig)
{
	(void)sig;
	rtmp_wake_signal(&net_wake);
}

void
net_alarm(void (*handler)(int), int first_ms, int interval_ms)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval t = { { 0, interval_ms * 1000 },
		{ 0, first_ms * 1000 } };

	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &t, NULL), 0);
}

static void *
wake_later(void *arg)
{
	(void)arg;
	poll(NULL, 0, 50);
	rtmp_wake_signal(&net_wake);
	return NULL;
}

void
net_cancel(int way, pthread_t *thread)
{
	if (way == BEFORE)
		rtmp_wake_signal(&net_wake);
	else if (way == BY_THREAD)
		assert_int_equal(pthread_create(thread, NULL, wake_later,
		    NULL), 0);
	else
		net_alarm(on_alarm, 50, 0);
}

void
net_cancel_end(int way, pthread_t thread)
{
	if (way == BY_THREAD)
		pthread_join(thread, NULL);
	rtmp_wake_close(&net_wake);
}

volatile int net_alarms;

void
net_count_alarm(int sig)
{
	(void)sig;
	net_alarms = net_alarms + 1;
}
