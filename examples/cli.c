#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rtmpio/amf0.h>

#include "cli.h"
#ifdef HAVE_OPENSSL
#include "tls_openssl.h"
#endif

#define SECRETS_MAX 16
#define LINE_SIZE 4096

static const char *program_name = "rtmpio";

int
cli_status(int err)
{
	switch (err) {
	case RTMP_ERR_URL:
	case RTMP_ERR_INVAL:
	case RTMP_ERR_UNSUPPORTED:
		return CLI_USAGE;
	case RTMP_ERR_IO:
	case RTMP_ERR_EOF:
	case RTMP_ERR_RESOLVE:
	case RTMP_ERR_CONNECT:
		return CLI_NETWORK;
	case RTMP_ERR_REJECTED:
		return CLI_REJECTED;
	case RTMP_ERR_TIMEOUT:
		return CLI_TIMEOUT;
	case RTMP_ERR_TLS:
		return CLI_TLS;
	case RTMP_ERR_NOMEM:
		return CLI_MEMORY;
	case RTMP_ERR_CANCELED:
		return CLI_INTERRUPTED;
	default:
		return err < 0 ? CLI_PROTOCOL : CLI_OK;
	}
}

/* ---- Options ---- */

#define HELP_INDENT 22

static struct cli_client client;
static int flight, handshake, no_redirect;
#ifdef HAVE_OPENSSL
static struct tls_openssl_options tls;
#endif

static const struct cli_option client_options[] = {
	{ "stream", CLI_STRING, &client.stream, "NAME",
	    "the stream name or key: the whole path of the URL\n"
	    "is then the application", 0, 0 },
	{ "timeout", CLI_SECONDS, &client.opt.timeout_ms, "SECONDS",
	    "for connecting, and for each packet (default: 10)", 0, 0 },
	{ "flight", CLI_CHOICE, &flight, "stepwise|pipelined|eager|zero-rtt",
	    "how much is sent before the server has answered\n"
	    "(default: stepwise, the least)", 0, 0 },
	{ "handshake", CLI_CHOICE, &handshake, "simple|digest",
	    "digest: as the Flash Player's, for servers that\n"
	    "want it (default: simple)", 0, 0 },
	{ "bind", CLI_STRING, &client.opt.local_addr, "ADDRESS",
	    "the local address to connect from", 0, 0 },
	{ "proxy", CLI_STRING, &client.opt.proxy, "URL",
	    "socks5://[USER:PASSWORD@]HOST:PORT, or http://\n"
	    "for a proxy that takes CONNECT", 0, 0 },
	{ "user", CLI_STRING, &client.opt.user, "NAME",
	    "for servers that ask, instead of that of the URL", 0, 0 },
	{ "password", CLI_STRING, &client.opt.password, "PASSWORD",
	    "of the user; RTMP_PASSWORD in the environment\n"
	    "is the same, and no other user sees it", 0, 0 },
	{ "secure-token", CLI_STRING, &client.opt.secure_token, "PASSWORD",
	    "for servers that send a SecureToken", 0, 0 },
	{ "no-redirect", CLI_FLAG, &no_redirect, NULL,
	    "stay, when the server sends us to another one", 0, 0 },
#ifdef HAVE_OPENSSL
	{ "tls-ca", CLI_STRING, &tls.ca_file, "FILE",
	    "certificates to trust, for rtmps (PEM)", 0, 0 },
	{ "tls-insecure", CLI_FLAG, &tls.insecure, NULL,
	    "do not verify the server, for rtmps", 0, 0 },
#endif
	{ "verbose", CLI_FLAG, &client.verbose, NULL,
	    "print events, the server's words, and secrets", 0, 0 },
	{ "quiet", CLI_FLAG, &client.quiet, NULL,
	    "print no progress and no summary", 0, 0 },
	{ NULL, CLI_FLAG, NULL, NULL, NULL, 0, 0 }
};

static void
print_options(const struct cli_option *o)
{
	const char *s;
	char left[64];
	int n;

	for (; o->name != NULL; o++) {
		snprintf(left, sizeof(left), "--%s %s", o->name,
		    o->arg != NULL ? o->arg : "");
		printf("  %-*s", HELP_INDENT, left);
		if (strlen(left) > HELP_INDENT)
			printf("\n  %*s", HELP_INDENT, "");
		for (s = o->help; *s != '\0'; s += n + (s[n] == '\n')) {
			n = (int)strcspn(s, "\n");
			if (s != o->help)
				printf("  %*s", HELP_INDENT, "");
			printf(" %.*s\n", n, s);
		}
	}
}

static void
print_help(const struct cli_program *p)
{
	printf("usage: %s %s\n\n%s\n\n", p->name, p->usage, p->about);
	print_options(p->options);
	if (p->client != NULL)
		print_options(client_options);
	printf("  %-*s print this\n  %-*s print the version\n", HELP_INDENT,
	    "--help", HELP_INDENT, "--version");
	printf("\nexit status:\n"
	       "  0  done                     5  nothing moved in time\n"
	       "  1  wrong usage or URL       6  not RTMP as it should be\n"
	       "  2  a file                   7  TLS\n"
	       "  3  network                  8  out of memory\n"
	       "  4  refused by the server  130  interrupted\n");
	if (p->notes != NULL)
		printf("\n%s\n", p->notes);
	exit(CLI_OK);
}

static void
option_error(const char *name, const char *why)
{
	cli_say("--%s: %s (see --help)", name, why);
	exit(CLI_USAGE);
}

static void
set_number(const struct cli_option *o, const char *arg)
{
	char *end, why[64];
	long v = strtol(arg, &end, 10);

	snprintf(why, sizeof(why), "takes a number from %ld to %ld", o->min,
	    o->max);
	if (*arg == '\0' || *end != '\0' || v < o->min || v > o->max)
		option_error(o->name, why);
	*(long *)o->value = v;
}

static void
set_seconds(const struct cli_option *o, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (*arg == '\0' || *end != '\0' || !(v >= 0.001) ||
	    !(v <= INT_MAX / 1000))
		option_error(o->name, "takes a number of seconds above 0");
	*(int *)o->value = (int)(v * 1000);
}

static void
set_choice(const struct cli_option *o, const char *arg)
{
	const char *word = o->arg;
	char why[96];
	size_t n;
	int i;

	for (i = 0;; i++, word += n + 1) {
		n = strcspn(word, "|");
		if (strlen(arg) == n && memcmp(arg, word, n) == 0)
			break;
		if (word[n] == '\0') {
			snprintf(why, sizeof(why), "takes %s", o->arg);
			option_error(o->name, why);
		}
	}
	*(int *)o->value = i;
}

static void
set_option(const struct cli_option *o, const char *arg)
{
	if (o->kind == CLI_FLAG)
		*(int *)o->value = 1;
	else if (o->kind == CLI_STRING)
		*(const char **)o->value = arg;
	else if (o->kind == CLI_NUMBER)
		set_number(o, arg);
	else if (o->kind == CLI_SECONDS)
		set_seconds(o, arg);
	else
		set_choice(o, arg);
}

static const struct cli_option *
find_option(const struct cli_option *o, const char *name, size_t len)
{
	for (; o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* Takes argv[i], and argv[i + 1] when it is the value; returns the last. */
static int
take_option(const struct cli_program *p, char **argv, int i)
{
	const char *name = argv[i] + 2, *arg = strchr(name, '=');
	size_t len = arg != NULL ? (size_t)(arg - name) : strlen(name);
	const struct cli_option *o;

	o = find_option(p->options, name, len);
	if (o == NULL && p->client != NULL)
		o = find_option(client_options, name, len);
	if (argv[i][1] != '-' || o == NULL)
		option_error(argv[i] + 1 + (argv[i][1] == '-'),
		    "no such option");
	if (arg != NULL)
		arg++;
	if (o->kind == CLI_FLAG && arg != NULL)
		option_error(o->name, "takes no value");
	if (o->kind != CLI_FLAG && arg == NULL)
		arg = argv[++i];
	if (o->kind != CLI_FLAG && arg == NULL)
		option_error(o->name, "needs a value");
	set_option(o, arg);
	return i;
}

int
cli_parse(const struct cli_program *p, int argc, char **argv, int min,
    int max)
{
	int i, n = 0, options = 1;

	program_name = p->name;
	rtmp_options_init(&client.opt, sizeof(client.opt));
	for (i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[n++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			options = 0;
		} else if (strcmp(argv[i], "--help") == 0) {
			print_help(p);
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("%s (rtmpio) %s\n", p->name,
			    rtmp_library_version());
			exit(CLI_OK);
		} else {
			i = take_option(p, argv, i);
		}
	}
	if (n < min || n > max)
		cli_say("usage: %s %s (see --help)", p->name, p->usage);
	if (n < min || n > max)
		exit(CLI_USAGE);
	client.opt.flight = (enum rtmp_flight)flight;
	client.opt.handshake = (enum rtmp_handshake_kind)handshake;
	if (no_redirect)
		client.opt.max_redirects = 0;
#ifdef HAVE_OPENSSL
	client.opt.wrap_tls = tls_openssl_wrap;
	client.opt.wrap_tls_arg = &tls;
#endif
	if (client.verbose)
		client.opt.on_event = cli_say_event;
	if (p->client != NULL)
		*p->client = client;
	return n;
}

/* ---- Secrets ---- */

static struct {
	char text[RTMP_URL_PATH_SIZE];
	size_t len;
} secrets[SECRETS_MAX]; /* the longest first */
static int secret_count;

static void
add_secret(const char *s, size_t len)
{
	int i = secret_count;

	if (len == 0 || len >= sizeof(secrets->text) || i == SECRETS_MAX)
		return;
	for (; i > 0 && secrets[i - 1].len < len; i--)
		secrets[i] = secrets[i - 1];
	memcpy(secrets[i].text, s, len);
	secrets[i].text[len] = '\0';
	secrets[i].len = len;
	secret_count++;
}

/* A query, and each of its values. */
static void
add_query(const char *query)
{
	const char *eq;
	size_t n;

	add_secret(query, strlen(query));
	for (;; query += n + 1) {
		n = strcspn(query, "&");
		eq = memchr(query, '=', n);
		if (eq != NULL)
			add_secret(eq + 1, (size_t)(query + n - eq) - 1);
		if (query[n] == '\0')
			return;
	}
}

static int
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* The length of the secret that stands at s[at].  One of a few letters counts
 * as a word only, and one that the end of s cuts off counts, too. */
static size_t
secret_at(const char *s, size_t at)
{
	size_t left = strlen(s + at), n;
	int i;

	for (i = 0; i < secret_count; i++) {
		n = secrets[i].len;
		if (n > left && left >= 4)
			n = left;
		if (strncmp(s + at, secrets[i].text, n) != 0)
			continue;
		if (n >= 4 || ((at == 0 || !is_word(s[at - 1])) &&
		    !is_word(s[at + n])))
			return n;
	}
	return 0;
}

static void
hide_secrets(const char *s, char *out, size_t size)
{
	size_t i = 0, n, len = 0;

	while (s[i] != '\0' && len + 4 < size) {
		n = secret_at(s, i);
		if (n != 0) {
			memcpy(out + len, "***", 3);
			len += 3;
			i += n;
			continue;
		}
		/* The server's words must not steer the terminal. */
		out[len++] = (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' :
									  s[i];
		i++;
	}
	out[len] = '\0';
}

static void
add_secrets(const struct rtmp_url *url, const char *stream)
{
	const char *query = strchr(url->app, '?');

	add_secret(url->password, strlen(url->password));
	if (query != NULL)
		add_query(query + 1);
	add_secret(stream, strlen(stream));
	query = strchr(stream, '?');
	if (query != NULL) {
		add_secret(stream, (size_t)(query - stream));
		add_query(query + 1);
	}
}

/* "scheme://user:password@host:port": as it stands, not decoded. */
static void
add_proxy_secret(const char *proxy)
{
	const char *user = strstr(proxy, "://"), *at = strrchr(proxy, '@');
	const char *colon = user == NULL ? NULL : strchr(user + 3, ':');

	if (at != NULL && colon != NULL && colon < at)
		add_secret(colon + 1, (size_t)(at - colon) - 1);
}

/* The password may stand in the URL, in an option or, where ps does not show
 * it, in the environment. */
static void
find_password(struct rtmp_options *o, const struct rtmp_url *url)
{
	const char *hidden = getenv("RTMP_PASSWORD");

	if (o->user == NULL && o->password != NULL && url->user[0] == '\0')
		option_error("password", "there is no user, see --user");
	if (o->password == NULL && (o->user != NULL ||
	    url->password[0] == '\0'))
		o->password = hidden;
	if (o->password != NULL && o->user == NULL && url->user[0] != '\0')
		o->user = url->user;
}

struct rtmp *
cli_new(struct cli_client *c, const char *str)
{
	static char shown[2 * RTMP_URL_PATH_SIZE + RTMP_URL_HOST_SIZE + 64];
	static struct rtmp_url url;
	const char *stream;
	struct rtmp *r;
	size_t len = 0;
	int err = c->stream != NULL ? rtmp_url_parse_app(&url, str) :
				      rtmp_url_parse(&url, str);

	if (err != 0) {
		cli_say("wrong URL: %s", url.error);
		exit(CLI_USAGE);
	}
	stream = c->stream != NULL ? c->stream : url.stream;
	if (*stream == '\0') {
		cli_say("no stream name: neither in the URL nor by --stream");
		exit(CLI_USAGE);
	}
	find_password(&c->opt, &url);
	if (!c->verbose)
		add_secrets(&url, stream);
	if (!c->verbose && c->opt.password != NULL)
		add_secret(c->opt.password, strlen(c->opt.password));
	if (!c->verbose && c->opt.secure_token != NULL)
		add_secret(c->opt.secure_token, strlen(c->opt.secure_token));
	if (!c->verbose && c->opt.proxy != NULL)
		add_proxy_secret(c->opt.proxy);
	(void)rtmp_url_tc_url(&url, shown, sizeof(shown), &len);
	snprintf(shown + len, sizeof(shown) - len, "/%s", stream);
	c->shown = shown;
	r = rtmp_new(&c->opt);
	if (r == NULL) {
		cli_say("out of memory");
		exit(CLI_MEMORY);
	}
	cli_catch_signals(r, 1);
	return r;
}

/* ---- Lines ---- */

static int progress_shown;

void
cli_say(const char *format, ...)
{
	char line[LINE_SIZE], safe[LINE_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	hide_secrets(line, safe, sizeof(safe));
	fprintf(stderr, "%s%s: %s\n", progress_shown ? "\r\033[K" : "",
	    program_name, safe);
	progress_shown = 0;
}

int
cli_say_rtmp(const char *what, const struct rtmp *r, int err)
{
	const char *detail = rtmp_error_detail(r), *name = rtmp_strerror(err);

	if (*detail == '\0')
		cli_say("%s: %s", what, name);
	else if (strncmp(detail, name, strlen(name)) == 0)
		cli_say("%s: %s", what, detail);
	else
		cli_say("%s: %s: %s", what, name, detail);
	return cli_status(err);
}

static void
say_status(const char *name, const struct rtmp_status *status)
{
	char text[1024];

	(void)rtmp_amf0_to_text(status->amf0, status->amf0_size, text,
	    sizeof(text), NULL);
	cli_say("%s: %s: %s [%s]", name, status->code, status->description,
	    text);
}

void
cli_say_event(void *arg, const struct rtmp_event *e)
{
	static const char *const names[] = { "?", "connected",
		"publishing", "playing", "packet", "status", "end of stream",
		"rejected", "result", "command", "user control", "message",
		"reconnect" };
	const char *name = (size_t)e->type < sizeof(names) / sizeof(*names) ?
	    names[e->type] : names[0];

	(void)arg;
	switch (e->type) {
	case RTMP_EVENT_PACKET:
		break;
	case RTMP_EVENT_COMMAND:
		cli_say("%s: %s", name, e->command);
		break;
	case RTMP_EVENT_USER_CONTROL:
		cli_say("%s: event %d, value %lu", name, (int)e->control,
		    (unsigned long)e->value);
		break;
	case RTMP_EVENT_MESSAGE:
		cli_say("%s: type %d, %zu bytes", name, e->message_type,
		    e->data_size);
		break;
	default:
		say_status(name, &e->status);
		break;
	}
}

void
cli_progress(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fprintf(stderr, "\r%s\033[K", line);
	progress_shown = 1;
}

static char *
next_buffer(void)
{
	static char buffers[8][32];
	static unsigned next;

	return buffers[next++ % 8];
}

const char *
cli_time(uint64_t ms)
{
	char *s = next_buffer();

	snprintf(s, 32, "%lu:%02lu:%02lu.%lu", (unsigned long)(ms / 3600000),
	    (unsigned long)(ms / 60000 % 60), (unsigned long)(ms / 1000 % 60),
	    (unsigned long)(ms / 100 % 10));
	return s;
}

/* In thousands, of which there is a name for each power. */
static const char *
scaled(double v, const char *const names[4])
{
	char *s = next_buffer();
	int i = 0;

	for (; v >= 999.5 && i < 3; i++)
		v /= 1000;
	snprintf(s, 32, "%.*f %s", i == 0 || v >= 99.95 ? 0 : 1, v, names[i]);
	return s;
}

const char *
cli_rate(uint64_t bytes, uint64_t ms)
{
	static const char *const names[4] = { "bit/s", "kbit/s", "Mbit/s",
		"Gbit/s" };

	return scaled(ms == 0 ? 0 : 8000.0 * (double)bytes / (double)ms,
	    names);
}

const char *
cli_bytes(uint64_t bytes)
{
	static const char *const names[4] = { "B", "kB", "MB", "GB" };

	return scaled((double)bytes, names);
}

/* ---- Time and signals ---- */

uint64_t
cli_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static volatile sig_atomic_t signals_seen, cancel_number;
static struct rtmp *volatile cancel_rtmp;

static void
on_signal(int sig)
{
	(void)sig;
	signals_seen++;
	if (signals_seen >= cancel_number)
		rtmp_cancel(cancel_rtmp);
}

void
cli_catch_signals(struct rtmp *r, int number)
{
	struct sigaction sa;

	cancel_rtmp = r;
	cancel_number = number;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal; /* no SA_RESTART: poll() ends */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
#ifdef SIGXFSZ
	sigaction(SIGXFSZ, &sa, NULL);
#endif
}

int
cli_stopped(void)
{
	return signals_seen;
}
