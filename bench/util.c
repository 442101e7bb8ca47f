#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "librtmp.h"
#include "bench.h"

void
die(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (saved != 0)
		fprintf(stderr, " (%s)", strerror(saved));
	fputc('\n', stderr);
	exit(1);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		die("out of memory");
	return p;
}

/* ---- CPUs ---- */

static cpu_set_t all_cpus;
static int own_cpu = -1;

int
placements(void)
{
	return CPU_COUNT(&all_cpus) > 1 ? PLACEMENTS : OTHER_CPU;
}

static void
stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		die("sched_setaffinity");
}

void
stay_on_one_cpu(void)
{
	struct sched_param param = { .sched_priority = 0 };

	own_cpu = sched_getcpu();
	if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus) != 0 ||
	    sched_setscheduler(0, SCHED_BATCH, &param) != 0)
		die("sched_setscheduler");
	stay_on(own_cpu);
}

void
leave_that_cpu(void)
{
	int cpu = 0;

	while (cpu == own_cpu || !CPU_ISSET((size_t)cpu, &all_cpus))
		cpu++;
	stay_on(cpu);
}

/* ---- Figures ---- */

double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
series_add(struct series *s, double value)
{
	if (s->count == ROUNDS_MAX)
		die("more than %d rounds", ROUNDS_MAX);
	s->value[s->count++] = value;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
series_median(const struct series *s)
{
	struct series sorted = *s;
	int n = s->count;

	if (n == 0 && librtmp_installed())
		die("nothing was measured");
	if (n == 0)
		return 0;
	qsort(sorted.value, (size_t)n, sizeof(sorted.value[0]), by_value);
	return (sorted.value[(n - 1) / 2] + sorted.value[n / 2]) / 2;
}

double
series_ratio(const struct series *a, const struct series *b)
{
	struct series ratio = { .count = 0 };
	int i;

	for (i = 0; i < a->count && i < b->count; i++)
		series_add(&ratio, a->value[i] / b->value[i]);
	return series_median(&ratio);
}

void
report_row(const char *what, const char *measured, const char *reach,
    const char *other)
{
	printf("%-47s %13s %13s %13s\n", what, measured ? measured : "",
	    reach ? reach : "", other ? other : "");
	fflush(stdout);
}

static const char *
format_cell(const char *fmt, va_list ap)
{
	static char text[8][64];
	static unsigned turn;
	char *t = text[turn++ % 8];

	vsnprintf(t, sizeof(text[0]), fmt, ap);
	return t;
}

const char *
cell(const char *fmt, ...)
{
	const char *t;
	va_list ap;

	va_start(ap, fmt);
	t = format_cell(fmt, ap);
	va_end(ap);
	return t;
}

const char *
librtmp_cell(const char *fmt, ...)
{
	const char *t;
	va_list ap;

	if (!librtmp_installed())
		return "not installed";
	va_start(ap, fmt);
	t = format_cell(fmt, ap);
	va_end(ap);
	return t;
}

/* ---- Sockets ---- */

int
dial(uint32_t address, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	sin.sin_addr.s_addr = htonl(address);
	sin.sin_port = htons(port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		die("cannot connect to port %u", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

void
send_all(int fd, const void *data, size_t size)
{
	const char *p = data;
	ssize_t n;

	while (size > 0) {
		n = send(fd, p, size, MSG_NOSIGNAL);
		if (n <= 0)
			die("send");
		p += n;
		size -= (size_t)n;
	}
}
