/*
 * rtmp-serve: the server that the demo and the tests of rtmpio talk to.  This
 * file has its options and its loop:
 *
 *     poll -> accept, read and handle what came -> write what was queued
 *          -> free what has ended
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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

#include "serve.h"

/* The exit statuses of cli.h, as far as they apply. */
enum { EXIT_USAGE = 1, EXIT_FILE = 2, EXIT_NETWORK = 3 };

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

static void
die(int status, const char *format, ...)
{
	va_list ap;

	fputs("rtmp-serve: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Options ---- */

static const char help[] =
"usage: rtmp-serve [options] [[ADDRESS:]PORT]\n"
"\n"
"A small RTMP server for demos and tests: relays what is published to all\n"
"that play it.  It is not a product: it knows no TLS and no files to be\n"
"played.  The default is 127.0.0.1:1935; port 0 is any free one.\n"
"\n"
"  --app NAME         serve this application; may be repeated (default: any)\n"
"  --auth MODE        ask for a password: adobe or llnw (Limelight)\n"
"  --auth-opaque HOW  yes, no, or same as the challenge (default: yes)\n"
"  --chunk-size N     of outgoing messages (default: 60000)\n"
"  --handshake KIND   simple, or digest for clients that know it; the\n"
"                     default is simple\n"
"  --no-wait          refuse to play what nobody publishes\n"
"  --queue BYTES      what a slow player may leave unread before it is\n"
"                     dropped (default: 16777216)\n"
"  --rtmpe TYPE       take rtmpe:// as well, of type 6, 8 or 9; a handshake\n"
"                     with digests is part of it\n"
"  --rtmpt            take rtmpt:// as well, RTMP through HTTP\n"
"  --rtmpt-requests N and end each HTTP connection behind so many requests\n"
"  --reconnect URL    ask clients that can to reconnect there, or to the same\n"
"  --reconnect-after SECONDS (default: 5)\n"
"  --redirect URL     send clients of other applications there\n"
"  --redirect-as HOW  error, in answer to connect; or status, in answer to\n"
"                     publish and play (default: error)\n"
"  --redirect2 URL    and name this one, with a stream\n"
"  --record DIR       write each published stream to DIR/NAME.flv\n"
"  --secure-token PASSWORD  let in who deciphers a SecureToken\n"
"  --user NAME:PASSWORD     who may come in, with --auth; may be repeated\n"
"  --once             exit when a publisher and then all others have gone\n"
"  --port-file FILE   write the port number there once it listens\n"
"  --quiet            print failures only\n"
"  --verbose          print commands, and stream names\n"
"  --help, --version\n";

enum {
	OPT_APP = 256,
	OPT_AUTH,
	OPT_AUTH_OPAQUE,
	OPT_USER,
	OPT_SECURE_TOKEN,
	OPT_REDIRECT,
	OPT_REDIRECT2,
	OPT_REDIRECT_AS,
	OPT_RECONNECT,
	OPT_RECONNECT_AFTER,
	OPT_CHUNK_SIZE,
	OPT_HANDSHAKE,
	OPT_RTMPE,
	OPT_RTMPT,
	OPT_RTMPT_REQUESTS,
	OPT_NO_WAIT,
	OPT_QUEUE,
	OPT_RECORD,
	OPT_ONCE,
	OPT_PORT_FILE,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "app", required_argument, NULL, OPT_APP },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "auth-opaque", required_argument, NULL, OPT_AUTH_OPAQUE },
	{ "user", required_argument, NULL, OPT_USER },
	{ "secure-token", required_argument, NULL, OPT_SECURE_TOKEN },
	{ "redirect", required_argument, NULL, OPT_REDIRECT },
	{ "redirect2", required_argument, NULL, OPT_REDIRECT2 },
	{ "redirect-as", required_argument, NULL, OPT_REDIRECT_AS },
	{ "reconnect", required_argument, NULL, OPT_RECONNECT },
	{ "reconnect-after", required_argument, NULL, OPT_RECONNECT_AFTER },
	{ "chunk-size", required_argument, NULL, OPT_CHUNK_SIZE },
	{ "handshake", required_argument, NULL, OPT_HANDSHAKE },
	{ "rtmpe", required_argument, NULL, OPT_RTMPE },
	{ "rtmpt", no_argument, NULL, OPT_RTMPT },
	{ "rtmpt-requests", required_argument, NULL, OPT_RTMPT_REQUESTS },
	{ "no-wait", no_argument, NULL, OPT_NO_WAIT },
	{ "queue", required_argument, NULL, OPT_QUEUE },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "port-file", required_argument, NULL, OPT_PORT_FILE },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static uint32_t
parse_number(const char *what, const char *str, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(str, &end, 10);
	if (str[0] < '0' || str[0] > '9' || *end != '\0' || errno != 0 ||
	    v < min || v > max)
		die(EXIT_USAGE, "%s: %s is not from %lu to %lu", what, str,
		    (unsigned long)min, (unsigned long)max);
	return (uint32_t)v;
}

static void
add_app(struct server *s, const char *app)
{
	if (s->app_count == SERVE_APPS_MAX)
		die(EXIT_USAGE, "--app: more than %d", SERVE_APPS_MAX);
	s->apps[s->app_count++] = app;
}

static void
add_user(struct server *s, const char *user)
{
	if (s->user_count == SERVE_USERS_MAX)
		die(EXIT_USAGE, "--user: more than %d", SERVE_USERS_MAX);
	if (strchr(user, ':') == NULL || strlen(user) > SERVE_NAME_MAX)
		die(EXIT_USAGE, "--user: not NAME:PASSWORD, or too long");
	s->users[s->user_count++] = user;
}

/* The index of word among three, of which the last may be NULL. */
static int
parse_choice(const char *what, const char *word, const char *const names[3])
{
	int i;

	for (i = 0; i < 3 && names[i] != NULL; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	die(EXIT_USAGE, "%s: %s is not %s or %s", what, word, names[0],
	    names[i - 1]);
	return -1;
}

/* The options about who comes in, and where to. */
static void
take_access(struct server *s, int opt)
{
	static const char *const modes[3] = { "adobe", "llnw" };
	static const char *const opaques[3] = { "yes", "no", "same" };
	static const char *const carriers[3] = { "error", "status" };

	switch (opt) {
	case OPT_AUTH:
		s->auth = parse_choice("--auth", optarg, modes) == 0 ?
		    SERVE_AUTH_ADOBE : SERVE_AUTH_LLNW;
		break;
	case OPT_AUTH_OPAQUE:
		s->opaque = (enum serve_opaque)parse_choice("--auth-opaque",
		    optarg, opaques);
		break;
	case OPT_USER:
		add_user(s, optarg);
		break;
	case OPT_SECURE_TOKEN:
		s->secure_token = optarg;
		break;
	case OPT_REDIRECT:
		s->redirect = optarg;
		break;
	case OPT_REDIRECT2:
		s->redirect2 = optarg;
		break;
	case OPT_REDIRECT_AS:
		s->redirect_late = parse_choice("--redirect-as", optarg,
		    carriers);
		break;
	case OPT_RECONNECT:
		s->reconnect = optarg;
		break;
	case OPT_RECONNECT_AFTER:
		s->reconnect_ms = 1000 * (int64_t)parse_number(
		    "--reconnect-after", optarg, 0, 86400);
		break;
	}
}

/* --rtmpe, before or after it, goes further than either. */
static void
take_handshake(struct server *s, const char *name)
{
	enum rtmp_handshake_kind kind = RTMP_HANDSHAKE_SIMPLE;

	if (strcmp(name, "digest") == 0)
		kind = RTMP_HANDSHAKE_DIGEST;
	else if (strcmp(name, "simple") != 0)
		die(EXIT_USAGE, "--handshake: %s is not simple or digest",
		    name);
	if (s->handshake.kind != RTMP_HANDSHAKE_RTMPE)
		s->handshake.kind = kind;
}

static void
take_rtmpe(struct server *s, const char *type)
{
	s->handshake.kind = RTMP_HANDSHAKE_RTMPE;
	s->handshake.rtmpe_type = (int)parse_number("--rtmpe", type, 6, 9);
	if (s->handshake.rtmpe_type == 7)
		die(EXIT_USAGE, "--rtmpe: 7 is not 6, 8 or 9");
}

/* Without cryptography a library has only the simple handshake. */
static void
check_handshake(const struct server *s)
{
	static struct rtmp_handshake hs;

	if (rtmp_handshake_server_with(&hs, 0, s->random, &s->handshake) != 0)
		die(EXIT_USAGE, "--handshake, --rtmpe: %s",
		    rtmp_strerror(RTMP_ERR_UNSUPPORTED));
}

static void
take_option(struct server *s, int opt, const char **port_file)
{
	switch (opt) {
	case OPT_APP:
		add_app(s, optarg);
		break;
	case OPT_AUTH:
	case OPT_AUTH_OPAQUE:
	case OPT_USER:
	case OPT_SECURE_TOKEN:
	case OPT_REDIRECT:
	case OPT_REDIRECT2:
	case OPT_REDIRECT_AS:
	case OPT_RECONNECT:
	case OPT_RECONNECT_AFTER:
		take_access(s, opt);
		break;
	case OPT_CHUNK_SIZE:
		s->chunk_size = parse_number("--chunk-size", optarg, 1,
		    RTMP_CHUNK_SIZE_MAX);
		break;
	case OPT_HANDSHAKE:
		take_handshake(s, optarg);
		break;
	case OPT_RTMPE:
		take_rtmpe(s, optarg);
		break;
	case OPT_RTMPT_REQUESTS:
		s->http_requests = parse_number("--rtmpt-requests", optarg, 1,
		    UINT32_MAX);
		s->rtmpt = 1;
		break;
	case OPT_RTMPT:
		s->rtmpt = 1;
		break;
	case OPT_NO_WAIT:
		s->no_wait = 1;
		break;
	case OPT_QUEUE:
		s->queue_bytes = parse_number("--queue", optarg, 1024,
		    UINT32_MAX);
		break;
	case OPT_RECORD:
		s->record_dir = optarg;
		break;
	case OPT_ONCE:
		s->once = 1;
		break;
	case OPT_PORT_FILE:
		*port_file = optarg;
		break;
	case OPT_QUIET:
		s->log_level = SERVE_QUIET;
		break;
	case OPT_VERBOSE:
		s->log_level = SERVE_VERBOSE;
		break;
	case OPT_HELP:
		fputs(help, stdout);
		exit(0);
	case OPT_VERSION:
		printf("rtmp-serve %s\n", rtmp_library_version());
		exit(0);
	default: /* getopt has said what is wrong */
		fputs("Try rtmp-serve --help.\n", stderr);
		exit(EXIT_USAGE);
	}
}

/* ---- Listening ---- */

/* "ADDRESS:PORT", "[IPV6]:PORT", "PORT" or "ADDRESS". */
static void
split_address(char *str, const char **host, const char **port)
{
	char *colon = strrchr(str, ':'), *bracket = strrchr(str, ']');

	*host = "127.0.0.1";
	*port = "1935";
	if (colon != NULL && (bracket == NULL || bracket < colon)) {
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

	parse_number("port", port, 0, 65535);
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
	err = getaddrinfo(host, port, &hints, &ai);
	if (err != 0)
		die(EXIT_NETWORK, "%s: %s", host, gai_strerror(err));
	fd = socket(ai->ai_family, SOCK_STREAM, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		die(EXIT_NETWORK, "%s port %s: %s", host, port,
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

/* The port file appears whole: who waits for it can read it at once. */
static void
announce(const struct server *s, const char *port_file)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char text[80], port[8], *temporary;
	FILE *f;
	int failed;

	getsockname(s->listen_fd, (struct sockaddr *)&addr, &len);
	address_text(&addr, len, text, sizeof(text), port);
	if (s->log_level >= SERVE_NORMAL) {
		printf("listening on %s\n", text);
		fflush(stdout);
	}
	if (port_file == NULL)
		return;
	temporary = malloc(strlen(port_file) + 5);
	if (temporary == NULL)
		die(EXIT_FILE, "out of memory");
	snprintf(temporary, strlen(port_file) + 5, "%s.new", port_file);
	f = fopen(temporary, "w");
	failed = f == NULL || fprintf(f, "%s\n", port) < 0;
	if (f != NULL && fclose(f) != 0)
		failed = 1;
	if (failed || rename(temporary, port_file) != 0)
		die(EXIT_FILE, "%s: %s", port_file, strerror(errno));
	free(temporary);
}

/* ---- The loop ---- */

/* For S1, and for the keys of RTMPE in it: new bytes for each connection. */
static void
fill_random(struct server *s)
{
	FILE *f = fopen("/dev/urandom", "rb");

	if (f == NULL ||
	    fread(s->random, sizeof(s->random), 1, f) != 1)
		die(EXIT_FILE, "/dev/urandom: %s", strerror(errno));
	fclose(f);
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
			die(EXIT_NETWORK, "poll: %s", strerror(errno));
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
		die(EXIT_NETWORK, "pipe: %s", strerror(errno));
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
	int opt;

	s.chunk_size = 60000;
	rtmp_handshake_options_init(&s.handshake, sizeof(s.handshake));
	s.handshake.kind = RTMP_HANDSHAKE_SIMPLE;
	s.queue_bytes = SERVE_QUEUE_BYTES;
	s.reconnect_ms = 5000;
	s.log_level = SERVE_NORMAL;
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&s, opt, &port_file);
	if (argc - optind > 1)
		die(EXIT_USAGE, "more than one address; try --help");
	split_address(optind < argc ? argv[optind] : none, &host, &port);
	fill_random(&s);
	check_handshake(&s);
	catch_signals(&s);
	s.listen_fd = listen_on(host, port);
	if (set_flags(s.listen_fd) != 0)
		die(EXIT_NETWORK, "fcntl: %s", strerror(errno));
	announce(&s, port_file);
	run(&s);
	shut_down(&s);
	return 0;
}
