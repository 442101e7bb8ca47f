/* The options: the table of each program, and that of all clients. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_parts.h"
#include "streams.h"
#ifdef HAVE_OPENSSL
#include "tls_openssl.h"
#endif

#define HELP_INDENT 22
#define ARGUMENTS_MAX 2 /* of any program */

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
	{ "tc-url", CLI_STRING, &client.opt.tc_url, "URL",
	    "what connect says of the URL, of the application, if\n"
	    "that is to differ", 0, 0 },
	{ "swf-url", CLI_STRING, &client.opt.swf_url, "URL",
	    "of the player, for servers that look at it", 0, 0 },
	{ "page-url", CLI_STRING, &client.opt.page_url, "URL",
	    "of the page with the player, likewise", 0, 0 },
	{ "flash-ver", CLI_STRING, &client.opt.flash_ver, "WORDS",
	    "the version of the player, likewise (default: that of\n"
	    "an encoder, \"FMLE/3.0 (compatible; rtmpio)\")", 0, 0 },
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
		snprintf(left, sizeof(left), "--%s%s%s", o->name,
		    o->kind == CLI_NAME ? "" : " ",
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
	if (p->client != NULL)
		printf("\nA URL may be one of librtmp's strings: "
		       "\"rtmp://host/app/stream live=1\".\n");
	exit(cli_flush(CLI_OK));
}

void
cli_option_error(const char *name, const char *why)
{
	cli_say("--%s: %s (see --help)", name, why);
	exit(CLI_USAGE);
}

static void
set_number(const struct cli_option *o, const char *arg)
{
	char *end, why[64];
	long v;

	errno = 0;
	v = strtol(arg, &end, 10);
	snprintf(why, sizeof(why), "takes a number from %ld to %ld", o->min,
	    o->max);
	if (*arg == '\0' || *end != '\0' || errno != 0 || v < o->min ||
	    v > o->max)
		cli_option_error(o->name, why);
	*(long *)o->value = v;
}

static void
set_seconds(const struct cli_option *o, const char *arg)
{
	char *end, why[64];
	double v = strtod(arg, &end);

	snprintf(why, sizeof(why), "takes seconds, from 0.001 to %d",
	    INT_MAX / 1000);
	if (*arg == '\0' || *end != '\0' || !(v >= 0.001) ||
	    !(v <= INT_MAX / 1000))
		cli_option_error(o->name, why);
	*(int *)o->value = (int)(v * 1000);
}

static void
set_rate(const struct cli_option *o, const char *arg)
{
	char *end;
	double n = strtod(arg, &end), m = 1;

	if (end != arg && *end == '/')
		m = strtod(end + 1, &end);
	if (*end != '\0' || !(n / m >= 0.01) || !(n / m <= 1000))
		cli_option_error(o->name,
		    "takes a number of frames per second");
	*(double *)o->value = n / m;
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
			cli_option_error(o->name, why);
		}
	}
	*(int *)o->value = i;
}

static void
set_option(const struct cli_option *o, const char *arg)
{
	if (o->kind == CLI_FLAG)
		*(int *)o->value = 1;
	else if (o->kind == CLI_STRING || o->kind == CLI_NAME)
		*(const char **)o->value = arg;
	else if (o->kind == CLI_NUMBER)
		set_number(o, arg);
	else if (o->kind == CLI_SECONDS)
		set_seconds(o, arg);
	else if (o->kind == CLI_RATE)
		set_rate(o, arg);
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

/* Without what stands behind '=', which may be a secret. */
static void
no_such_option(const char *word)
{
	cli_say("%.*s: no such option (see --help)", (int)strcspn(word, "="),
	    word);
	exit(CLI_USAGE);
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
		no_such_option(argv[i]);
	if (arg != NULL)
		arg++;
	if (o->kind == CLI_FLAG && arg != NULL)
		cli_option_error(o->name, "takes no value");
	if (o->kind == CLI_NAME && arg == NULL)
		arg = "";
	if (o->kind != CLI_FLAG && arg == NULL)
		arg = argv[++i];
	if (o->kind != CLI_FLAG && arg == NULL)
		cli_option_error(o->name, "needs a value");
	set_option(o, arg);
	return i;
}

/* Sets what the options say, and puts up to max arguments into args.  Returns
 * how many there are. */
static int
take_all(const struct cli_program *p, int argc, char **argv, char **args,
    int max)
{
	int i, n = 0, options = 1;

	for (i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (n < max)
				args[n] = argv[i];
			n++;
		} else if (strcmp(argv[i], "--") == 0) {
			options = 0;
		} else if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0) {
			print_help(p);
		} else if (strcmp(argv[i], "--version") == 0) {
			printf("%s (rtmpio) %s\n", p->name,
			    rtmp_library_version());
			exit(cli_flush(CLI_OK));
		} else {
			i = take_option(p, argv, i);
		}
	}
	return n;
}

/* Takes one of librtmp's strings apart: 1, with the URL in its place; or 0
 * when it is none. */
static int
take_string(char **arg)
{
	static struct rtmp_librtmp string;
	static char url[RTMP_LIBRTMP_SIZE];
	const char *scheme = strstr(*arg, "://"), *space = strchr(*arg, ' ');

	if (scheme == NULL || space == NULL || space < scheme)
		return 0;
	if (rtmp_librtmp_parse(&string, *arg, &client.opt) != 0) {
		cli_say("wrong URL: %s", string.error);
		exit(CLI_USAGE);
	}
	client.stream = string.stream;
	client.start = string.start;
	client.duration = string.duration;
	snprintf(url, sizeof(url), "%s", string.url);
	*arg = url;
	return 1;
}

int
cli_parse(const struct cli_program *p, int argc, char **argv, int min,
    int max)
{
	char *args[ARGUMENTS_MAX];
	int i, n, strings = 0;

	hold_standard_streams();
	cli_set_name(p->name);
	rtmp_options_init(&client.opt, sizeof(client.opt));
	client.start = RTMP_PLAY_LIVE_OR_RECORDED;
	client.duration = RTMP_PLAY_WHOLE;
	n = take_all(p, argc, argv, args, ARGUMENTS_MAX);
	if (n < min || n > max) {
		cli_say("usage: %s %s (see --help)", p->name, p->usage);
		exit(CLI_USAGE);
	}
	for (i = 0; i < n && p->client != NULL; i++)
		strings += take_string(&args[i]);
	/* Options have the last word. */
	if (strings != 0)
		take_all(p, argc, argv, args, 0);
	memcpy(argv, args, (size_t)n * sizeof(*args));
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
