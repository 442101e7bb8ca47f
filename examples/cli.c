/* What the programs say, the time, and signals. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rtmpio/amf0.h>

#include "cli.h"
#include "cli_parts.h"

#define LINE_SIZE 4096

static const char *program_name = "rtmpio";

void
cli_set_name(const char *name)
{
	program_name = name;
}

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
	cli_copy_shown(line, safe, sizeof(safe));
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
	else if (err == RTMP_ERR_URL ||
	    strncmp(detail, name, strlen(name)) == 0)
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
	/* Cut off at the edge, since what is wrapped is not overwritten. */
	fprintf(stderr, "\r\033[?7l%s\033[K\033[?7h", line);
	progress_shown = 1;
}

int
cli_flush(int status)
{
	if (fflush(stdout) == 0 || status != CLI_OK)
		return status;
	cli_say("standard output: %s", strerror(errno));
	return CLI_FILE;
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
static void (*volatile cancel_function)(void *);
static void *volatile cancel_arg;

static void
on_signal(int sig)
{
	(void)sig;
	signals_seen++;
	if (signals_seen >= cancel_number)
		cancel_function(cancel_arg);
}

void
cli_cancel(void *r)
{
	rtmp_cancel(r);
}

void
cli_catch_signals(int number, void (*cancel)(void *arg), void *arg)
{
	struct sigaction sa;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	cancel_number = number;
	cancel_function = cancel;
	cancel_arg = arg;
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
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int
cli_stopped(void)
{
	return signals_seen;
}
