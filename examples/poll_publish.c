/*
 * Publishes an FLV file from an event loop of one's own, with session.h:
 *
 *     poll_publish FILE.flv rtmp://host[:port]/app/stream
 *
 * The session does no I/O.  This program owns the socket and the clock, and a
 * loop around poll(), which may be any other, does three things:
 *
 *     socket readable    read(), give the bytes to rtmp_session_recv(),
 *                        handle the events that it returns
 *     a packet is due    rtmp_session_write()
 *     socket writable    writev() what rtmp_session_send_iov() lends, tell
 *                        rtmp_session_sent() how much of it went out
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <rtmpio/flv.h>
#include <rtmpio/session.h>
#include <rtmpio/url.h>

struct app {
	struct rtmp_url url;
	int fd;
	struct rtmp_session *session;
	unsigned stream;
	int publishing; /* the server has said Publish.Start */
	int closing;	/* 1: the goodbye is queued, 2: has been sent */
	int64_t start;	/* when the first of the media was sent, ms */
	uint32_t first; /* its timestamp */

	FILE *file;
	struct rtmp_flv_reader *flv;
	uint8_t buf[16384]; /* of the file; tag points into it */
	const uint8_t *data; /* what the reader has not taken */
	size_t size;
	int at_end; /* of the file */
	int have_tag;
	struct rtmp_flv_tag tag; /* the next to be sent */
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "poll_publish: %s: %s\n", what, why);
	exit(1);
}

/* The server's words may have the stream name in them, which is a key. */
static void
die_rejected(const struct app *a, const struct rtmp_status *status)
{
	die(status->code[0] != '\0' ? status->code : "rejected",
	    strstr(status->description, a->url.stream) != NULL ?
	    "what the server says names the stream" : status->description);
}

static void
handle_options(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		printf("poll_publish (rtmpio) %s\n", rtmp_library_version());
	else if (argc == 2 && strcmp(argv[1], "--help") == 0)
		printf("usage: poll_publish FILE.flv URL\n\n"
		    "Publishes an FLV file, in real time: an example of an "
		    "event loop on session.h.\n");
	else
		return;
	exit(0);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* connect() goes on in the background: poll() says writable when it is done,
 * and the first writev() fails when it failed. */
static void
start_connecting(struct app *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", (unsigned)a->url.port);
	err = getaddrinfo(a->url.host, port, &hints, &ai);
	if (err != 0)
		die(a->url.host, gai_strerror(err));
	a->fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
	if (a->fd < 0 || fcntl(a->fd, F_SETFL, O_NONBLOCK) != 0 ||
	    (connect(a->fd, ai->ai_addr, ai->ai_addrlen) != 0 &&
		errno != EINPROGRESS))
		die(a->url.host, strerror(errno));
	freeaddrinfo(ai);
}

/* The stream is asked for at once; the session waits with it until the server
 * has accepted the connection. */
static void
start_session(struct app *a)
{
	struct rtmp_session_config config;
	char tc_url[RTMP_URL_PATH_SIZE + RTMP_URL_HOST_SIZE + 32];

	rtmp_url_tc_url(&a->url, tc_url, sizeof(tc_url), NULL);
	rtmp_session_config_init(&config, sizeof(config));
	config.app = a->url.app;
	config.tc_url = tc_url;
	if (rtmp_session_new(&a->session, &config) != 0 ||
	    rtmp_session_publish(a->session, a->url.stream, "live",
		&a->stream) != 0)
		die("session", "out of memory");
}

/* The other events are for those who want to know. */
static void
handle_event(struct app *a, const struct rtmp_event *e)
{
	if (e->type == RTMP_EVENT_PUBLISH_START)
		a->publishing = 1;
	else if (e->type == RTMP_EVENT_REJECTED ||
	    (e->type == RTMP_EVENT_STREAM_EOF && !a->closing))
		die_rejected(a, &e->status);
}

/* Returns 0 at the end of the connection. */
static int
socket_readable(struct app *a)
{
	uint8_t buf[4096];
	const uint8_t *data = buf;
	const struct rtmp_event *event;
	size_t size;
	ssize_t n = read(a->fd, buf, sizeof(buf));
	int r;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die("read", strerror(errno));
	if (n < 0)
		return 1;
	if (n == 0) {
		r = rtmp_session_eof(a->session, NULL);
		if (!a->closing)
			die(rtmp_strerror(r), rtmp_session_error(a->session));
		return 0;
	}
	size = (size_t)n;
	while ((r = rtmp_session_recv(a->session, &data, &size, &event)) == 1)
		handle_event(a, event);
	if (r < 0)
		die(rtmp_strerror(r), rtmp_session_error(a->session));
	return 1;
}

static void
socket_writable(struct app *a)
{
	struct iovec iov[64];
	int count;
	ssize_t n;

	while ((count = rtmp_session_send_iov(a->session, iov, 64)) > 0) {
		n = writev(a->fd, iov, count);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			die("write", strerror(errno));
		rtmp_session_sent(a->session, (size_t)n);
	}
}

/* Makes a->tag the next tag of the file; returns 0 at its end.  What is
 * damaged in the file is left out. */
static int
next_tag(struct app *a)
{
	struct rtmp_flv_fault fault;
	int r;

	while (!a->have_tag) {
		r = a->at_end ?
		    rtmp_flv_reader_finish(a->flv, &a->tag, &fault) :
		    rtmp_flv_reader_next(a->flv, &a->data, &a->size, &a->tag,
			&fault);
		if (r < 0)
			die("file", rtmp_flv_reader_error(a->flv));
		if (r == 0 && a->at_end)
			return 0;
		if (r == 0) {
			a->data = a->buf;
			a->size = fread(a->buf, 1, sizeof(a->buf), a->file);
			if (ferror(a->file))
				die("file", strerror(errno));
			a->at_end = a->size == 0;
		}
		a->have_tag = r == RTMP_FLV_TAG;
	}
	return 1;
}

/* Queues the packets that are due.  Returns how long poll() may wait for the
 * next one; -1: no packet is awaited. */
static int
write_due_packets(struct app *a)
{
	int64_t wait;
	int r;

	while (a->publishing && !a->closing) {
		if (!next_tag(a)) {
			rtmp_session_close(a->session);
			a->closing = 1;
			break;
		}
		/* Metadata stands at 0, wherever the media begins. */
		if (a->start == 0 &&
		    a->tag.packet.type != RTMP_MSG_DATA_AMF0) {
			a->start = now_ms();
			a->first = a->tag.packet.timestamp;
		}
		/* The difference, since timestamps wrap. */
		wait = a->start - now_ms() +
		    (int32_t)(a->tag.packet.timestamp - a->first);
		if (a->start != 0 && wait > 0)
			return (int)wait;
		r = rtmp_session_write(a->session, a->stream, &a->tag.packet);
		if (r == RTMP_ERR_AGAIN) /* the network is slower: wait */
			break;
		if (r != 0)
			die("write", rtmp_strerror(r));
		a->have_tag = 0;
	}
	return -1;
}

int
main(int argc, char **argv)
{
	static struct app a;
	struct pollfd p;
	struct iovec iov;
	int timeout;

	handle_options(argc, argv);
	if (argc != 3)
		die("usage", "poll_publish FILE.flv URL");
	if (rtmp_url_parse(&a.url, argv[2]) != 0 ||
	    a.url.scheme != RTMP_SCHEME_RTMP)
		die("URL", "not rtmp://host[:port]/app/stream");
	a.file = fopen(argv[1], "rb");
	if (a.file == NULL || rtmp_flv_reader_new(&a.flv, NULL) != 0)
		die(argv[1], strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	start_connecting(&a);
	start_session(&a);
	for (;;) {
		timeout = write_due_packets(&a);
		p.fd = a.fd;
		p.events = POLLIN;
		p.revents = 0;
		if (rtmp_session_send_iov(a.session, &iov, 1) > 0) {
			p.events |= POLLOUT;
		} else if (a.closing == 1) {
			shutdown(a.fd, SHUT_WR); /* the server ends its own */
			a.closing = 2;
		}
		if (poll(&p, 1, timeout) < 0 && errno != EINTR)
			die("poll", strerror(errno));
		if (p.revents & POLLOUT)
			socket_writable(&a);
		if (p.revents & ~POLLOUT && !socket_readable(&a))
			break;
	}
	rtmp_session_free(a.session);
	rtmp_flv_reader_free(a.flv);
	fclose(a.file);
	close(a.fd);
	return 0;
}
