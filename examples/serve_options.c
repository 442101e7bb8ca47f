/*
 * The options of rtmp-serve.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "serve.h"

void
serve_die(int status, const char *format, ...)
{
	va_list ap;

	fputs("rtmp-serve: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

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
"  --reconnect URL    ask clients that can to reconnect there, or, for the\n"
"                     word \"same\", here\n"
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

uint32_t
serve_number(const char *what, const char *str, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(str, &end, 10);
	if (str[0] < '0' || str[0] > '9' || *end != '\0' || errno != 0 ||
	    v < min || v > max)
		serve_die(EXIT_USAGE, "%s: %s is not from %lu to %lu", what,
		    str, (unsigned long)min, (unsigned long)max);
	return (uint32_t)v;
}

static void
add_app(struct server *s, const char *app)
{
	if (s->app_count == SERVE_APPS_MAX)
		serve_die(EXIT_USAGE, "--app: more than %d", SERVE_APPS_MAX);
	s->apps[s->app_count++] = app;
}

static void
add_user(struct server *s, const char *user)
{
	if (s->user_count == SERVE_USERS_MAX)
		serve_die(EXIT_USAGE, "--user: more than %d", SERVE_USERS_MAX);
	if (strchr(user, ':') == NULL || strlen(user) > SERVE_NAME_MAX)
		serve_die(EXIT_USAGE,
		    "--user: not NAME:PASSWORD, or too long");
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
	if (i == 2)
		serve_die(EXIT_USAGE, "%s: %s is not %s or %s", what, word,
		    names[0], names[1]);
	serve_die(EXIT_USAGE, "%s: %s is not %s, %s or %s", what, word,
	    names[0], names[1], names[2]);
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
		s->reconnect_ms = 1000 * (int64_t)serve_number(
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
		serve_die(EXIT_USAGE,
		    "--handshake: %s is not simple or digest", name);
	if (s->handshake.kind != RTMP_HANDSHAKE_RTMPE)
		s->handshake.kind = kind;
}

static void
take_rtmpe(struct server *s, const char *type)
{
	s->handshake.kind = RTMP_HANDSHAKE_RTMPE;
	s->handshake.rtmpe_type = (int)serve_number("--rtmpe", type, 6, 9);
	if (s->handshake.rtmpe_type == 7)
		serve_die(EXIT_USAGE, "--rtmpe: 7 is not 6, 8 or 9");
}

/* Without cryptography a library has only the simple handshake. */
static void
check_handshake(const struct server *s)
{
	static struct rtmp_handshake hs;

	if (rtmp_handshake_server_with(&hs, 0, s->random, &s->handshake) != 0)
		serve_die(EXIT_USAGE, "--handshake, --rtmpe: %s",
		    rtmp_strerror(RTMP_ERR_UNSUPPORTED));
}

/* getopt_long() has stopped at word, which may hold a secret behind '='.  What
 * it knows of the option is in optopt. */
static void
wrong_option(const char *word, int opt)
{
	const char *why = opt == ':' ? "needs a value" :
	    optopt >= OPT_APP ? "takes no value" : "no such option";

	if (optopt > 0 && optopt < OPT_APP)
		serve_die(EXIT_USAGE, "-%c: %s (see --help)", optopt, why);
	serve_die(EXIT_USAGE, "%.*s: %s (see --help)",
	    (int)strcspn(word, "="), word, why);
}

/* What could be told only when the first stream comes. */
static void
check_record_dir(const char *dir)
{
	struct stat st;

	if (dir == NULL)
		return;
	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (access(dir, W_OK | X_OK) == 0)
		return;
	serve_die(EXIT_FILE, "--record: %s: %s", dir, strerror(errno));
}

/* What is spoken besides plain RTMP. */
static void
take_protocol(struct server *s, int opt)
{
	switch (opt) {
	case OPT_HANDSHAKE:
		take_handshake(s, optarg);
		break;
	case OPT_RTMPE:
		take_rtmpe(s, optarg);
		break;
	case OPT_RTMPT_REQUESTS:
		s->http_requests = serve_number("--rtmpt-requests", optarg, 1,
		    UINT32_MAX);
		s->rtmpt = 1;
		break;
	case OPT_RTMPT:
		s->rtmpt = 1;
		break;
	}
}

/* Behind what was printed: the exit status. */
static int
flushed(void)
{
	if (fflush(stdout) != 0)
		serve_die(EXIT_FILE, "standard output: %s", strerror(errno));
	return 0;
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
		s->chunk_size = serve_number("--chunk-size", optarg, 1,
		    RTMP_CHUNK_SIZE_MAX);
		break;
	case OPT_HANDSHAKE:
	case OPT_RTMPE:
	case OPT_RTMPT_REQUESTS:
	case OPT_RTMPT:
		take_protocol(s, opt);
		break;
	case OPT_NO_WAIT:
		s->no_wait = 1;
		break;
	case OPT_QUEUE:
		s->queue_bytes = serve_number("--queue", optarg, 1024,
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
	case 'h':
	case OPT_HELP:
		fputs(help, stdout);
		exit(flushed());
	case OPT_VERSION:
		printf("rtmp-serve (rtmpio) %s\n", rtmp_library_version());
		exit(flushed());
	}
}

char *
serve_options(struct server *s, int argc, char **argv, const char **port_file)
{
	int opt;

	s->chunk_size = 60000;
	rtmp_handshake_options_init(&s->handshake, sizeof(s->handshake));
	s->handshake.kind = RTMP_HANDSHAKE_SIMPLE;
	s->queue_bytes = SERVE_QUEUE_BYTES;
	s->reconnect_ms = 5000;
	s->log_level = SERVE_NORMAL;
	while ((opt = getopt_long(argc, argv, ":h", long_options, NULL)) != -1)
		if (opt == ':' || opt == '?')
			wrong_option(argv[optind - 1], opt);
		else
			take_option(s, opt, port_file);
	if (argc - optind > 1)
		serve_die(EXIT_USAGE, "more than one address (see --help)");
	check_record_dir(s->record_dir);
	check_handshake(s);
	return optind < argc ? argv[optind] : NULL;
}
