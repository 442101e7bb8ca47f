/*
 * rtmp-serve: the server that the demo and the tests of rtmpio talk to.  This
 * file has its loop:
 *
 *     poll -> accept, read and handle what came -> write what was queued
 *          -> free what has ended
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "serve.h"
#include "streams.h"

#define TICK_MS 1000
#define ACCEPT_PAUSE_MS 1000 /* when there are no descriptors left */

static int signal_fd = -1; /* where the handler of signals writes */

void
serve_log(const struct server *s, int level, const char *format, ...)
{
	char line[1024];
	va_list ap;
	char *p;

	if (level > s->log_level)
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "rtmp-serve: %s\n", line);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Listening ---- */

/* "ADDRESS:PORT", "[IPV6]:PORT", "PORT" or "ADDRESS", which of IPv6 needs no
 * brackets. */
static void
split_address(char *str, const char **host, const char **port)
{
	char *colon = strrchr(str, ':'), *bracket = strrchr(str, ']');

	*host = "127.0.0.1";
	*port = "1935";
	if (colon != NULL && (bracket != NULL ? bracket < colon :
	    strchr(str, ':') == colon)) {
		*colon = '\0';
		*port = colon + 1;
	} else if (str[strspn(str, "0123456789")] == '\0' && *str != '\0') {
		*port = str;
		return;
	}
	if (bracket != NULL && *str == '[') {
		*bracket = '\0';
		str++;
	}
	if (*str != '\0')
		*host = str;
}

static int
listen_on(const char *host, const char *port)
{
	struct addrinfo hints, *ai;
	int fd, err, one = 1;

	serve_number("port", port, 0, 65535);
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
	err = getaddrinfo(host, port, &hints, &ai);
	if (err != 0)
		serve_die(EXIT_NETWORK, "%s: %s", host, gai_strerror(err));
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		serve_die(EXIT_NETWORK, "%s port %s: %s", host, port,
		    strerror(errno));
	freeaddrinfo(ai);
	return fd;
}

/* "127.0.0.1:1935" or "[::1]:1935"; *port receives the last part. */
static void
address_text(const struct sockaddr_storage *addr, socklen_t len, char *buf,
    size_t size, char port[8])
{
	char host[64];

	if (getnameinfo((const struct sockaddr *)addr, len, host,
		sizeof(host), port, 8, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
		host[0] = port[0] = '?';
		host[1] = port[1] = '\0';
	}
	snprintf(buf, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host,
	    port);
}

/* The file appears whole: who waits for it can read it at once.  What is no
 * file, such as /dev/stdout or a pipe, is written to, and never replaced. */
static void
write_port_file(const char *name, const char *port)
{
	char *whole = malloc(strlen(name) + sizeof(".new"));
	const char *path = name;
	struct stat st;
	FILE *f;
	int failed;

	if (whole == NULL)
		serve_die(EXIT_FILE, "out of memory");
	sprintf(whole, "%s.new", name);
	if (lstat(name, &st) != 0 || S_ISREG(st.st_mode))
		path = whole;
	f = fopen(path, "w");
	failed = f == NULL || fprintf(f, "%s\n", port) < 0;
	if (f != NULL && fclose(f) != 0)
		failed = 1;
	if (failed || (path == whole && rename(whole, name) != 0))
		serve_die(EXIT_FILE, "%s: %s", name, strerror(errno));
	free(whole);
}

static void
announce(const struct server *s, const char *port_file)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char text[80], port[8];

	getsockname(s->listen_fd, (struct sockaddr *)&addr, &len);
	address_text(&addr, len, text, sizeof(text), port);
	if (s->log_level >= SERVE_NORMAL) {
		printf("listening on %s\n", text);
		fflush(stdout);
	}
	if (port_file != NULL)
		write_port_file(port_file, port);
}

/* ---- The loop ---- */

/* For S1, and for the keys of RTMPE in it: new bytes for each connection.  It
 * is open from the beginning, since the connection that is to get them may
 * have taken the last descriptor. */
static void
fill_random(struct server *s)
{
	if (fread(s->random, sizeof(s->random), 1, s->urandom) != 1)
		serve_die(EXIT_FILE, "/dev/urandom: %s", strerror(errno));
}

static int
set_flags(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ? -1 : 0;
}

int
serve_accepted(struct server *s, int fd, const char *peer)
{
	struct serve_conn *c = NULL;

	fill_random(s);
	if (s->conn_count < SERVE_CONNS_MAX)
		c = serve_conn_new(s, fd, peer);
	else
		close(fd);
	if (c == NULL)
		return -1;
	serve_log(s, SERVE_VERBOSE, "%s: connected", peer);
	s->conns[s->conn_count++] = c;
	return 0;
}

static void
accept_one(struct server *s)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char peer[80], port[8];
	int one = 1, fd;

	fd = accept(s->listen_fd, (struct sockaddr *)&addr, &len);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			serve_log(s, SERVE_NORMAL, "accept: %s",
			    strerror(errno));
			s->accept_after = s->now + ACCEPT_PAUSE_MS;
		}
		return;
	}
	address_text(&addr, len, peer, sizeof(peer), port);
	if (set_flags(fd) != 0) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (s->rtmpt)
		serve_http_accepted(s, fd, peer);
	else
		serve_accepted(s, fd, peer);
}

static short
events_of(const struct serve_conn *c)
{
	short events = 0;

	if (!c->peer_done)
		events |= POLLIN;
	if (serve_conn_wants_output(c))
		events |= POLLOUT;
	return events;
}

/* Connections stand behind the two descriptors of the server itself, and those
 * of HTTP behind them.  A full server lets new ones wait in the kernel's
 * queue. */
static unsigned
fill_pollfds(struct server *s, struct pollfd *fds)
{
	unsigned i;
	int takes = s->conn_count < SERVE_CONNS_MAX &&
	    s->http_count < SERVE_HTTP_MAX && s->now >= s->accept_after;

	fds[0].fd = s->wake_fd;
	fds[0].events = POLLIN;
	fds[1].fd = takes ? s->listen_fd : -1;
	fds[1].events = POLLIN;
	for (i = 0; i < s->conn_count; i++) {
		fds[i + 2].fd = s->conns[i]->fd;
		fds[i + 2].events = events_of(s->conns[i]);
	}
	for (i = 0; i < s->http_count; i++)
		serve_http_poll(s->https[i], &fds[s->conn_count + 2 + i]);
	return s->conn_count + 2 + s->http_count;
}

/* One read each, so that none keeps the others waiting; what they caused to
 * be queued leaves behind all the reads. */
static void
serve_ready(struct server *s, const struct pollfd *fds)
{
	unsigned i, count = s->conn_count, http_count = s->http_count;

	for (i = 0; i < count; i++)
		if (fds[i + 2].revents & (POLLIN | POLLHUP | POLLERR) &&
		    s->conns[i]->state != SERVE_DEAD)
			serve_conn_input(s->conns[i]);
	for (i = 0; i < http_count; i++)
		serve_http_ready(s->https[i], fds[count + 2 + i].revents);
	if (fds[1].fd >= 0 && fds[1].revents != 0)
		accept_one(s);
	for (i = 0; i < s->conn_count; i++) {
		serve_conn_tick(s->conns[i]);
		serve_conn_output(s->conns[i]);
	}
}

/* Freeing a publisher makes work for its players, which is done before the
 * next poll(). */
static void
free_dead(struct server *s)
{
	struct serve_conn *c;
	unsigned i = 0;

	while (i < s->conn_count) {
		c = s->conns[i];
		if (c->state != SERVE_DEAD) {
			i++;
			continue;
		}
		serve_log(s, SERVE_VERBOSE, "%s: gone", c->peer);
		s->conns[i] = s->conns[--s->conn_count];
		serve_conn_free(c);
	}
}

static void
run(struct server *s)
{
	struct pollfd fds[SERVE_CONNS_MAX + SERVE_HTTP_MAX + 2];
	unsigned count;
	int n;

	for (;;) {
		s->now = now_ms();
		if (s->once && s->published && s->conn_count == 0 &&
		    s->http_count == 0)
			break;
		count = fill_pollfds(s, fds);
		n = poll(fds, count, count > 2 || fds[1].fd < 0 ?
			serve_http_timeout(s, TICK_MS) : -1);
		if (n < 0 && errno != EINTR)
			serve_die(EXIT_NETWORK, "poll: %s", strerror(errno));
		if (n < 0)
			continue;
		if (fds[0].revents != 0)
			break;
		s->now = now_ms();
		serve_ready(s, fds);
		free_dead(s);
		serve_http_clean(s, 0);
	}
}

static void
on_signal(int number)
{
	int saved = errno;

	(void)number;
	if (write(signal_fd, "", 1) < 0)
		_exit(0);
	errno = saved;
}

static void
catch_signals(struct server *s)
{
	struct sigaction sa;
	int fds[2];

	if (pipe(fds) != 0 || set_flags(fds[0]) != 0 ||
	    set_flags(fds[1]) != 0)
		serve_die(EXIT_NETWORK, "pipe: %s", strerror(errno));
	s->wake_fd = fds[0];
	signal_fd = fds[1];
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

static void
shut_down(struct server *s)
{
	unsigned i;

	for (i = 0; i < s->conn_count; i++)
		s->conns[i]->state = SERVE_DEAD;
	free_dead(s);
	serve_http_clean(s, 1);
	fclose(s->urandom);
	close(s->listen_fd);
	close(s->wake_fd);
	close(signal_fd);
}

int
main(int argc, char **argv)
{
	static struct server s;
	static char none[] = "";
	const char *port_file = NULL, *host, *port;
	char *address;

	hold_standard_streams();
	address = serve_options(&s, argc, argv, &port_file);
	split_address(address != NULL ? address : none, &host, &port);
	s.urandom = fopen("/dev/urandom", "rb");
	if (s.urandom == NULL)
		serve_die(EXIT_FILE, "/dev/urandom: %s", strerror(errno));
	setvbuf(s.urandom, NULL, _IONBF, 0);
	catch_signals(&s);
	s.listen_fd = listen_on(host, port);
	if (set_flags(s.listen_fd) != 0)
		serve_die(EXIT_NETWORK, "fcntl: %s", strerror(errno));
	announce(&s, port_file);
	run(&s);
	shut_down(&s);
	return 0;
}
