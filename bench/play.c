/*
 * What it costs a client to play the mix over loopback from a peer that sends
 * as fast as it can: CPU seconds per GB of payload, and system calls per
 * message, beside a bare recv() of the same bytes.
 *
 * With the peer on another CPU a GB is received for one price or for three
 * times that, at random: whoever falls behind once has more queued by the
 * kernel than the cache of its CPU holds, and then stays behind.
 *
 * usage: play ROUNDS
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "librtmp.h"
#include "turns.h"

#define MIX_MS 10000
#define RECV_SIZE 65536

static uint8_t buf[RECV_SIZE];

/* ---- The competitors ---- */

/* One recv() towards so many bytes, of which came are there already. */
static size_t
receive(struct run *run, size_t came, int flags)
{
	size_t left = run->plan.size - came;
	ssize_t n = recv(run->fd, buf, left < sizeof(buf) ? left :
	    sizeof(buf), flags);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		die("recv");
	return n < 0 ? 0 : (size_t)n;
}

static void
bare(struct run *run)
{
	size_t came = 0;

	while (came < run->plan.size)
		came += receive(run, came, 0);
}

/* The least that a reader costs which puts messages together elsewhere. */
static void
bare_copy(struct run *run)
{
	static uint8_t body[RECV_SIZE];
	size_t came = 0, n;

	while (came < run->plan.size) {
		n = receive(run, came, 0);
		memcpy(body, buf, n);
		came += n + body[0] - buf[0];
	}
}

/* The least that a reader costs which can be canceled and has a deadline. */
static void
bare_poll(struct run *run)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	size_t came = 0, n;
	static int cancel[2];

	if (cancel[1] == 0 && pipe(cancel) != 0)
		die("pipe");
	fds[0].fd = run->fd;
	fds[1].fd = cancel[0];
	while (came < run->plan.size) {
		n = receive(run, came, MSG_DONTWAIT);
		came += n;
		if (n != sizeof(buf) && came < run->plan.size)
			poll(fds, 2, 10000);
	}
}

static void
rtmpio_start(struct run *run)
{
	const char *url = peer_url(&run->peer, BENCH_LOOPBACK);

	run->rtmp = rtmp_new(NULL);
	errno = 0;
	if (run->rtmp == NULL || rtmp_connect(run->rtmp, url, NULL) != 0 ||
	    rtmp_play(run->rtmp, -2) != 0)
		die("rtmp_play: %s",
		    run->rtmp ? rtmp_error_detail(run->rtmp) : "");
}

static void
check(const struct run *run, uint64_t came)
{
	errno = 0;
	if (came != run->load->bytes)
		die("play: %llu of %llu bytes came", (unsigned long long)came,
		    (unsigned long long)run->load->bytes);
}

static void
rtmpio(struct run *run)
{
	struct rtmp_packet p;
	uint64_t came = 0;
	size_t i;

	for (i = 0; i < run->load->count; i++) {
		if (rtmp_read_packet(run->rtmp, &p) != 1)
			die("rtmp_read_packet: %s",
			    rtmp_error_detail(run->rtmp));
		came += p.size;
	}
	check(run, came);
}

static void
rtmpio_end(struct run *run)
{
	rtmp_free(run->rtmp);
}

static void
other_start(struct run *run)
{
	run->librtmp = librtmp_play(peer_url(&run->peer, BENCH_LOOPBACK));
}

static void
other(struct run *run)
{
	uint64_t came = 0;
	size_t i;

	for (i = 0; i < run->load->count; i++)
		came += librtmp_read(run->librtmp);
	check(run, came);
}

static void
other_end(struct run *run)
{
	librtmp_close(run->librtmp);
}

enum { BARE, BARE_COPY, BARE_POLL, OWN, OTHER, COUNT };

static const struct competitor competitors[COUNT] = {
	[BARE] = { bare_start, bare, bare_end, 1, 0, 0, 0 },
	[BARE_COPY] = { bare_start, bare_copy, bare_end, 1, 0, 0, 0 },
	[BARE_POLL] = { bare_start, bare_poll, bare_end, 1, 0, 0, 0 },
	[OWN] = { rtmpio_start, rtmpio, rtmpio_end, 0, 0, 0, 0 },
	[OTHER] = { other_start, other, other_end, 0, 0, 0, 1 },
};

/* ---- The table ---- */

static void
print(struct run runs[PLACEMENTS][COUNT], const char *reach,
    const char *calls_reach)
{
	const struct run *r = runs[SAME_CPU], *apart = runs[OTHER_CPU];
	unsigned chunk_size = r->plan.chunk_size;

	report_cpu(cell("play, chunk %u, bare 64 KiB recv(), CPU s/GB",
	    chunk_size), &r[BARE], NULL);
	report_ratio("  with one memcpy() of all, against it", &r[BARE_COPY],
	    &r[BARE], NULL, NULL);
	report_ratio("  with poll() where it would block, against it",
	    &r[BARE_POLL], &r[BARE], NULL, NULL);
	report_cpu(cell("play, chunk %u, CPU s/GB", chunk_size), &r[OWN],
	    &r[OTHER]);
	report_ratio("  against the bare recv()", &r[OWN], &r[BARE],
	    &r[OTHER], reach);
	report_ratio("  likewise, peer on another CPU", &apart[OWN],
	    &apart[BARE], &apart[OTHER], reach);
	report_calls(&r[OWN], &r[OTHER], calls_reach);
}

static void
measure(const struct load *load, uint32_t chunk_size, int rounds,
    struct run runs[PLACEMENTS][COUNT])
{
	uint8_t *stream;
	int place, i;
	size_t size;

	stream = load_chunks(load, chunk_size, &size);
	for (place = 0; place < PLACEMENTS; place++) {
		for (i = 0; i < COUNT; i++) {
			struct run *run = &runs[place][i];

			run->competitor = &competitors[i];
			run->load = load;
			run->plan.apart = place == OTHER_CPU;
			run->plan.chunk_size = chunk_size;
			run->plan.stream = stream;
			run->plan.size = size;
		}
		if (place < placements())
			turns_take(runs[place], COUNT, rounds);
	}
	free(stream);
}

int
main(int argc, char **argv)
{
	static struct run runs[3][PLACEMENTS][COUNT];
	static const uint32_t chunk_sizes[3] = { 4096, 65536, 128 };
	struct load load;
	int i;

	if (argc != 2)
		die("usage: play ROUNDS");
	alarm(BENCH_SECONDS);
	stay_on_one_cpu();
	load_init(&load, MIX_MS);
	for (i = 0; i < 3; i++)
		measure(&load, chunk_sizes[i], atoi(argv[1]), runs[i]);
	print(runs[0], "<= 1.25 x", "<= 0.2");
	print(runs[1], "<= 1.05 x", NULL);
	print(runs[2], NULL, NULL);
	return 0;
}
