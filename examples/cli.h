#ifndef CLI_H
#define CLI_H

/* What the programs share: options, one-line errors that keep stream keys
 * secret, exit statuses, a progress line, times and numbers as text. */
#include <rtmpio/librtmp.h>

#ifdef __GNUC__
#define CLI_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define CLI_PRINTF
#endif

/* Exit statuses; the same in all programs. */
enum cli_status {
	CLI_OK = 0,
	CLI_USAGE = 1,	  /* an option, an argument or the URL is wrong */
	CLI_FILE = 2,	  /* a file: open, read, write, or damaged */
	CLI_NETWORK = 3,  /* host not found, refused, or connection lost */
	CLI_REJECTED = 4, /* the server said no */
	CLI_TIMEOUT = 5,
	CLI_PROTOCOL = 6, /* the server does not speak RTMP as it should */
	CLI_TLS = 7,
	CLI_MEMORY = 8,
	CLI_INTERRUPTED = 130 /* SIGINT or SIGTERM */
};

/* The status for a result of the library. */
int cli_status(int err);

/* ---- Options ---- */

enum cli_kind {
	CLI_FLAG,    /* no argument; *(int *)value = 1 */
	CLI_STRING,  /* *(const char **)value */
	CLI_NAME,    /* the same, and "" without a value; arg "[=NAME]" */
	CLI_NUMBER,  /* *(long *)value, from min to max */
	CLI_SECONDS, /* "1.5"; *(int *)value in milliseconds, above 0 */
	CLI_RATE,    /* "25", "30000/1001"; *(double *)value, 0.01 to 1000 */
	CLI_CHOICE   /* one word of arg, "a|b|c"; *(int *)value is its index */
};

struct cli_option {
	const char *name; /* without the dashes; NULL ends the table */
	enum cli_kind kind;
	void *value;
	const char *arg;  /* what --help calls the argument; or NULL */
	const char *help; /* what --help says; lines are cut at '\n' */
	long min, max;	  /* CLI_NUMBER */
};

/* What players have besides: --subscribe, into *value. */
#define CLI_SUBSCRIBE(value) \
	{ "subscribe", CLI_NAME, value, "[=NAME]", \
	    "send FCSubscribe before play, for CDNs that want it:\n" \
	    "with the name of the stream, or with NAME", 0, 0 }

/* What the options have chosen that every client has: --stream, --timeout,
 * --flight, --bind, --user, --tls-ca, --verbose, --quiet and others. */
struct cli_client {
	struct rtmp_options opt;
	const char *stream; /* NULL: in the URL */
	double start, duration; /* of the URL, if it is librtmp's; or else
				 * those of rtmp_play() by default */
	const char *shown;  /* by cli_new(): the URL as it may be printed */
	int verbose, quiet;
};

struct cli_program {
	const char *name;  /* "rtmp-push" */
	const char *usage; /* "[options] FILE.flv URL" */
	const char *about; /* one or two sentences */
	const char *notes; /* behind the options in --help; or NULL */
	const struct cli_option *options;
	struct cli_client *client; /* NULL: without the options of clients */
};

/*
 * Takes the options out of argv, in any place, as --name VALUE or
 * --name=VALUE; "--" ends them, "-" is an argument.  Returns the number of
 * arguments, which are argv[0] and on, and of which there must be min to max.
 * Handles --help, --version and whatever is wrong by itself, and exits.
 *
 * A URL with a space in it is one of librtmp's strings: what it says stands in
 * the client, where no option says otherwise, and of the argument the URL is
 * left.
 */
int cli_parse(const struct cli_program *program, int argc, char **argv,
    int min, int max);

/*
 * The handle for what cli_parse() has found, with SIGINT and SIGTERM caught as
 * by cli_catch_signals(1, cli_cancel, r).  Says what is wrong with the URL,
 * and exits, if it cannot be used.  From now on the secrets in it (stream
 * name, queries, password) come out as "***", unless --verbose.
 */
struct rtmp *cli_new(struct cli_client *client, const char *url);

/* ---- Words ---- */

/* One line on standard error, "rtmp-push: ...", without control characters;
 * a progress line that stands there is wiped first. */
void cli_say(const char *format, ...) CLI_PRINTF;

/* The same for a failure of the client: what the library and the server have
 * said about it.  Returns the exit status. */
int cli_say_rtmp(const char *what, const struct rtmp *r, int err);

/* An rtmp_options.on_event that prints events and the server's words. */
void cli_say_event(void *arg, const struct rtmp_event *event);

/* A line on the terminal that the next one overwrites; nothing where standard
 * error is no terminal. */
void cli_progress(const char *format, ...) CLI_PRINTF;

/* At the end of what prints to standard output: the exit status, which is
 * CLI_FILE, with words, when it was CLI_OK and the output could not leave. */
int cli_flush(int status);

/* "1:02:03.4" for milliseconds, "1.2 Mbit/s", "3.4 MB"; in one of eight static
 * buffers that are used in turn. */
const char *cli_time(uint64_t ms);
const char *cli_rate(uint64_t bytes, uint64_t ms);
const char *cli_bytes(uint64_t bytes);

/* ---- Time and signals ---- */

/* Milliseconds of the monotonic clock. */
uint64_t cli_now(void);

/*
 * From now on SIGINT and SIGTERM are counted, and the number'th one calls
 * cancel(arg).  First 1, before rtmp_connect(), then 2, once there is
 * something to be ended in good order: a first signal stops cleanly, a second
 * one for sure.  SIGPIPE and SIGXFSZ are ignored, for write() says the same.
 */
void cli_catch_signals(int number, void (*cancel)(void *arg), void *arg);
/* A cancel whose arg is a struct rtmp. */
void cli_cancel(void *r);
/* How many have come. */
int cli_stopped(void);

#endif
