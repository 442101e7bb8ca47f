/*
 * What it costs a client to play the mix over loopback from a peer that sends
 * as fast as it can: CPU seconds per GB of payload, and system calls per
 * message, beside a bare recv() of the same bytes.
 *
 * usage: play ROUNDS MEGABYTES
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "bench.h"
#include "librtmp.h"
#include "load.h"
#include "peer.h"

#define MIX_MS 10000
#define RECV_SIZE 65536

/* One run: what the peer will send, and what taking it cost. */
struct run {
	const struct peer *peer;
	uint64_t messages;
	uint64_t payload; /* bytes of it that must come */
	uint64_t wire;	  /* bytes with chunk headers */
	double cpu;
	unsigned long calls;
};

static void
begin(struct run *run)
{
	run->calls = bench_calls;
	run->cpu = cpu_seconds();
}

static void
end(struct run *run, uint64_t came, uint64_t expected)
{
	run->cpu = cpu_seconds() - run->cpu;
	run->calls = bench_calls - run->calls;
	errno = 0;
	if (came != expected)
		die("play: %llu of %llu bytes came", (unsigned long long)came,
		    (unsigned long long)expected);
}

/* ---- The competitors ---- */

static void
bare(struct run *run)
{
	int fd = dial(BENCH_LOOPBACK, run->peer->port);
	static uint8_t buf[RECV_SIZE];
	uint64_t came = 0;
	ssize_t n;

	begin(run);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		came += (uint64_t)n;
	end(run, came, run->wire);
	close(fd);
}

/* The least that a reader costs which puts messages together elsewhere. */
static void
bare_copy(struct run *run)
{
	int fd = dial(BENCH_LOOPBACK, run->peer->port);
	static uint8_t buf[RECV_SIZE], body[RECV_SIZE];
	uint64_t came = 0;
	ssize_t n;

	begin(run);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		memcpy(body, buf, (size_t)n);
		came += (uint64_t)n + body[0] - buf[0];
	}
	end(run, came, run->wire);
	close(fd);
}

/* The least that a reader costs which can be canceled and has a deadline. */
static void
bare_poll(struct run *run)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	static uint8_t buf[RECV_SIZE];
	uint64_t came = 0;
	int cancel[2];
	ssize_t n;

	fds[0].fd = dial(BENCH_LOOPBACK, run->peer->port);
	if (pipe(cancel) != 0)
		die("pipe");
	fds[1].fd = cancel[0];
	begin(run);
	while ((n = recv(fds[0].fd, buf, sizeof(buf), MSG_DONTWAIT)) != 0) {
		if (n > 0)
			came += (uint64_t)n;
		else if (errno != EAGAIN)
			die("recv");
		if (n != (ssize_t)sizeof(buf))
			poll(fds, 2, 10000);
	}
	end(run, came, run->wire);
	close(fds[0].fd);
	close(cancel[0]);
	close(cancel[1]);
}

static void
rtmpio(struct run *run)
{
	struct rtmp *r = rtmp_new(NULL);
	struct rtmp_packet p;
	uint64_t came = 0, i;

	errno = 0;
	if (r == NULL ||
	    rtmp_connect(r, peer_url(run->peer, BENCH_LOOPBACK), NULL) != 0 ||
	    rtmp_play(r, -2) != 0)
		die("rtmp_play: %s", r ? rtmp_error_detail(r) : "");
	begin(run);
	for (i = 0; i < run->messages; i++) {
		if (rtmp_read_packet(r, &p) != 1)
			die("rtmp_read_packet: %s", rtmp_error_detail(r));
		came += p.size;
	}
	end(run, came, run->payload);
	rtmp_free(r);
}

static void
librtmp(struct run *run)
{
	struct RTMP *r = librtmp_play(peer_url(run->peer, BENCH_LOOPBACK));
	uint64_t came = 0, i;

	begin(run);
	for (i = 0; i < run->messages; i++)
		came += librtmp_read(r);
	end(run, came, run->payload);
	librtmp_close(r);
}

/* ---- The rounds ---- */

enum { BARE, BARE_COPY, BARE_POLL, OWN, OTHER, COMPETITORS };

static void (*const competitors[COMPETITORS])(struct run *run) = {
	[BARE] = bare,
	[BARE_COPY] = bare_copy,
	[BARE_POLL] = bare_poll,
	[OWN] = rtmpio,
	[OTHER] = librtmp,
};

struct result {
	struct series cpu;   /* seconds per GB */
	struct series calls; /* per message */
};

struct source {
	uint32_t chunk_size;
	uint8_t *stream;
	size_t size;
	struct result results[PLACEMENTS][COMPETITORS];
};

static void
compete(int who, struct source *source, const struct load *load, int times,
    int place)
{
	struct peer_plan plan = { .address = BENCH_LOOPBACK,
	    .apart = place == OTHER_CPU };
	struct result *result = &source->results[place][who];
	struct peer peer;
	struct run run = { .peer = &peer };

	plan.bare = who <= BARE_POLL;
	plan.stream = source->stream;
	plan.size = source->size;
	plan.chunk_size = source->chunk_size;
	plan.times = times;
	run.messages = (uint64_t)times * load->count;
	run.payload = (uint64_t)times * load->bytes;
	run.wire = (uint64_t)times * source->size;
	peer_start(&peer, &plan);
	competitors[who](&run);
	peer_wait(&peer, NULL);
	if (run.calls == 0)
		die("the system calls were not counted");
	series_add(&result->cpu, run.cpu * 1e9 / (double)run.payload);
	series_add(&result->calls, (double)run.calls / (double)run.messages);
}

/* ---- The table ---- */

static void
print_ratio(const char *what, const struct source *s, int place,
    const char *reach)
{
	const struct result *r = s->results[place];

	if (place >= placements()) {
		report_row(what, "one CPU only", reach, NULL);
		return;
	}
	report_row(what,
	    cell("%.2f x", series_ratio(&r[OWN].cpu, &r[BARE].cpu)), reach,
	    librtmp_cell("%.2f x", series_ratio(&r[OTHER].cpu,
	    &r[BARE].cpu)));
}

static void
print(const struct source *s, const char *reach, const char *calls_reach)
{
	const struct result *r = s->results[SAME_CPU];

	report_row(cell("play, chunk %u, bare 64 KiB recv(), CPU s/GB",
	    s->chunk_size), cell("%.3f", series_median(&r[BARE].cpu)), NULL,
	    NULL);
	report_row("  with one memcpy() of all, against it",
	    cell("%.2f x", series_ratio(&r[BARE_COPY].cpu, &r[BARE].cpu)),
	    NULL, NULL);
	report_row("  with poll() where it would block, against it",
	    cell("%.2f x", series_ratio(&r[BARE_POLL].cpu, &r[BARE].cpu)),
	    NULL, NULL);
	report_row(cell("play, chunk %u, CPU s/GB", s->chunk_size),
	    cell("%.3f", series_median(&r[OWN].cpu)), NULL,
	    librtmp_cell("%.3f", series_median(&r[OTHER].cpu)));
	print_ratio("  against the bare recv()", s, SAME_CPU, reach);
	print_ratio("  likewise, peer on another CPU", s, OTHER_CPU, reach);
	report_row("  system calls per message",
	    cell("%.2f", series_median(&r[OWN].calls)), calls_reach,
	    librtmp_cell("%.2f", series_median(&r[OTHER].calls)));
}

static void
compete_all(struct source *source, const struct load *load, int times,
    int place, int round)
{
	int turn, who;

	for (turn = 0; turn < COMPETITORS; turn++) {
		who = (turn + round) % COMPETITORS;
		if (who != OTHER || librtmp_installed())
			compete(who, source, load, times, place);
	}
}

int
main(int argc, char **argv)
{
	static struct source sources[] = {
		{ .chunk_size = 4096 },
		{ .chunk_size = 65536 },
		{ .chunk_size = 128 },
	};
	int rounds, times, round, place, i;
	struct load load;

	if (argc != 3)
		die("usage: play ROUNDS MEGABYTES");
	alarm(BENCH_SECONDS);
	stay_on_one_cpu();
	rounds = atoi(argv[1]);
	load_init(&load, MIX_MS);
	times = (int)(atof(argv[2]) * 1e6 / (double)load.bytes) + 1;
	for (i = 0; i < 3; i++)
		sources[i].stream = load_chunks(&load, sources[i].chunk_size,
		    &sources[i].size);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < 3; i++) {
			for (place = 0; place < placements(); place++)
				compete_all(&sources[i], &load, times, place,
				    round);
		}
	}
	print(&sources[0], "<= 1.25 x", "<= 0.2");
	print(&sources[1], "<= 1.05 x", NULL);
	print(&sources[2], NULL, NULL);
	return 0;
}
