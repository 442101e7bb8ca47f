/*
 * Plays a stream from an event loop of one's own, with session.h, and lists
 * its packets, or writes them to an FLV file:
 *
 *     poll_play rtmp://host[:port]/app/stream [FILE.flv]
 *
 * The session does no I/O.  This program owns the socket, and a loop around
 * poll(), which may be any other, does two things:
 *
 *     socket readable    read(), give the bytes to rtmp_session_recv(),
 *                        handle the events that it returns: packets, too
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
	int ended;  /* the stream is over */
	FILE *file; /* NULL: print the packets */
	uint8_t buf[65536];
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "poll_play: %s: %s\n", what, why);
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
		printf("poll_play (rtmpio) %s\n", rtmp_library_version());
	else if (argc == 2 && strcmp(argv[1], "--help") == 0)
		printf("usage: poll_play URL [FILE.flv]\n\n"
		    "Lists the packets of a stream, or writes them to an FLV "
		    "file: an example of\nan event loop on session.h.\n");
	else
		return;
	exit(0);
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
	    rtmp_session_play(a->session, a->url.stream,
		RTMP_PLAY_LIVE_OR_RECORDED, RTMP_PLAY_WHOLE, 1,
		&a->stream) != 0)
		die("session", "out of memory");
}

static void
open_file(struct app *a, const char *name)
{
	uint8_t head[RTMP_FLV_HEADER_SIZE];

	a->file = fopen(name, "wb");
	if (a->file == NULL)
		die(name, strerror(errno));
	rtmp_flv_put_header(head, RTMP_FLV_AUDIO | RTMP_FLV_VIDEO);
	fwrite(head, sizeof(head), 1, a->file);
}

/* The packet is lent: what is to outlive this call must be copied. */
static void
handle_packet(struct app *a, const struct rtmp_packet *packet)
{
	uint8_t head[RTMP_FLV_TAG_HEADER_SIZE];
	uint8_t tail[RTMP_FLV_BACK_POINTER_SIZE];

	if (a->file == NULL) {
		printf("%10lu ms  %s  %7lu bytes\n",
		    (unsigned long)packet->timestamp,
		    packet->type == RTMP_MSG_AUDIO ? "audio" :
		    packet->type == RTMP_MSG_VIDEO ? "video" : "data ",
		    (unsigned long)packet->size);
		return;
	}
	if (rtmp_flv_put_tag(head, tail, packet) != 0)
		return;
	fwrite(head, sizeof(head), 1, a->file);
	fwrite(packet->data, 1, packet->size, a->file);
	fwrite(tail, sizeof(tail), 1, a->file);
	if (ferror(a->file))
		die("file", strerror(errno));
}

/* The other events are for those who want to know. */
static void
handle_event(struct app *a, const struct rtmp_event *e)
{
	if (e->type == RTMP_EVENT_PACKET)
		handle_packet(a, &e->packet);
	else if (e->type == RTMP_EVENT_STREAM_EOF)
		a->ended = 1;
	else if (e->type == RTMP_EVENT_REJECTED)
		die_rejected(a, &e->status);
}

/* Returns 0 at the end of the connection. */
static int
socket_readable(struct app *a)
{
	const uint8_t *data = a->buf;
	const struct rtmp_event *event;
	size_t size;
	ssize_t n = read(a->fd, a->buf, sizeof(a->buf));
	int r;

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die("read", strerror(errno));
	if (n < 0)
		return 1;
	if (n == 0) {
		r = rtmp_session_eof(a->session, NULL);
		if (!a->ended)
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
	struct iovec iov[16];
	int count;
	ssize_t n;

	while ((count = rtmp_session_send_iov(a->session, iov, 16)) > 0) {
		n = writev(a->fd, iov, count);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			die("write", strerror(errno));
		rtmp_session_sent(a->session, (size_t)n);
	}
}

/* One turn of the loop; returns 0 at the end of the connection.  What the
 * session has to say (acknowledgements, answers to pings) goes out as soon as
 * the socket takes it. */
static int
turn(struct app *a)
{
	struct pollfd p;
	struct iovec iov;

	p.fd = a->fd;
	p.events = POLLIN;
	if (rtmp_session_send_iov(a->session, &iov, 1) > 0)
		p.events |= POLLOUT;
	if (poll(&p, 1, -1) < 0) {
		if (errno != EINTR)
			die("poll", strerror(errno));
		return 1;
	}
	if (p.revents & POLLOUT)
		socket_writable(a);
	return p.revents & ~POLLOUT ? socket_readable(a) : 1;
}

int
main(int argc, char **argv)
{
	static struct app a;

	handle_options(argc, argv);
	if (argc < 2 || argc > 3)
		die("usage", "poll_play URL [FILE.flv]");
	if (rtmp_url_parse(&a.url, argv[1]) != 0 ||
	    a.url.scheme != RTMP_SCHEME_RTMP)
		die("URL", "not rtmp://host[:port]/app/stream");
	if (argc == 3)
		open_file(&a, argv[2]);
	signal(SIGPIPE, SIG_IGN);
	start_connecting(&a);
	start_session(&a);
	while (!a.ended && turn(&a))
		;
	/* A goodbye that is lost does no harm: one attempt. */
	rtmp_session_close(a.session);
	socket_writable(&a);
	rtmp_session_free(a.session);
	close(a.fd);
	if (a.file != NULL && fclose(a.file) != 0)
		die(argv[2], strerror(errno));
	if (fflush(stdout) != 0)
		die("standard output", strerror(errno));
	return 0;
}
