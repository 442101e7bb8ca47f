/*
 * What it costs a client to publish the mix over loopback: CPU seconds per GB
 * of payload, and system calls per message, beside a bare send() of the same
 * bytes to the same peer.  The competitors take turns, and another one begins
 * each round, so that what else the machine does meets all of them.
 *
 * usage: publish ROUNDS MEGABYTES
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "bench.h"
#include "librtmp.h"
#include "load.h"
#include "peer.h"
#include "pump.h"

#define MIX_MS 10000
#define BLOCK (1 << 20) /* queued packets are joined up to this size */
#define PIECES_MOST 512

/* One run: how often the mix is sent to which peer, and what that cost. */
struct run {
	const struct load *load;
	const struct peer *peer;
	int chunk_size;
	int times;
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
end(struct run *run)
{
	run->cpu = cpu_seconds() - run->cpu;
	run->calls = bench_calls - run->calls;
}

/* The i-th packet of the t-th turn. */
static struct rtmp_packet
packet_at(const struct load *load, int t, size_t i)
{
	struct rtmp_packet p = load->packets[i];

	p.timestamp += (uint32_t)t * load->duration_ms;
	return p;
}

/* ---- The competitors ---- */

static void
bare_message(struct run *run)
{
	int fd = dial(BENCH_LOOPBACK, run->peer->port), t;
	struct rtmp_packet p;
	size_t i;

	begin(run);
	for (t = 0; t < run->times; t++) {
		for (i = 0; i < run->load->count; i++) {
			p = packet_at(run->load, t, i);
			send_all(fd, p.data, p.size);
		}
	}
	end(run);
	close(fd);
}

/* The least that a writer costs which does not touch the payload: a header of
 * 12 bytes, and, with a chunk size, one of 1 byte behind each chunk. */
static void
bare_pieces(struct run *run)
{
	int fd = dial(BENCH_LOOPBACK, run->peer->port), t, n;
	static struct iovec iov[PIECES_MOST];
	size_t i, at, size, unit;
	static uint8_t head[12];
	struct rtmp_packet p;

	begin(run);
	for (t = 0; t < run->times; t++) {
		for (i = 0; i < run->load->count; i++) {
			p = packet_at(run->load, t, i);
			unit = run->chunk_size != 0 ? (size_t)run->chunk_size :
			    p.size;
			n = 0;
			for (at = 0, size = 0; at < p.size; at += unit) {
				iov[n].iov_base = head;
				iov[n].iov_len = at == 0 ? sizeof(head) : 1;
				size += iov[n++].iov_len;
				if (n == PIECES_MOST)
					die("a message of many chunks");
				iov[n].iov_base = run->load->bodies[i] + at;
				iov[n].iov_len = p.size - at < unit ?
				    p.size - at : unit;
				size += iov[n++].iov_len;
			}
			if (writev(fd, iov, n) != (ssize_t)size)
				die("writev");
		}
	}
	end(run);
	close(fd);
}

static void
bare_block(struct run *run)
{
	int fd = dial(BENCH_LOOPBACK, run->peer->port), t;
	size_t size = (size_t)run->load->bytes, at, n;
	uint8_t *all = xmalloc(size);

	memset(all, 1, size);
	begin(run);
	for (t = 0; t < run->times; t++) {
		for (at = 0; at < size; at += n) {
			n = size - at < BLOCK ? size - at : BLOCK;
			send_all(fd, all + at, n);
		}
	}
	end(run);
	free(all);
	close(fd);
}

static void
rtmpio_message(struct run *run)
{
	struct rtmp_options opt;
	struct rtmp_packet p;
	struct rtmp *r;
	size_t i;
	int t;

	rtmp_options_init(&opt, sizeof(opt));
	opt.chunk_size = (uint32_t)run->chunk_size;
	r = rtmp_new(&opt);
	errno = 0;
	if (r == NULL ||
	    rtmp_connect(r, peer_url(run->peer, BENCH_LOOPBACK), NULL) != 0 ||
	    rtmp_publish(r, NULL) != 0)
		die("rtmp_publish: %s", r ? rtmp_error_detail(r) : "");
	begin(run);
	for (t = 0; t < run->times; t++) {
		for (i = 0; i < run->load->count; i++) {
			p = packet_at(run->load, t, i);
			if (rtmp_write_packet(r, &p) != 0)
				die("rtmp_write_packet: %s",
				    rtmp_error_detail(r));
		}
	}
	end(run);
	if (rtmp_close(r) != 0)
		die("rtmp_close: %s", rtmp_error_detail(r));
	rtmp_free(r);
}

static void
rtmpio_joined(struct run *run)
{
	static struct pump pump;
	size_t queued = 0, i;
	struct rtmp_packet p;
	unsigned stream;
	int t;

	pump_init(&pump, run->peer->port, NULL);
	if (rtmp_session_publish(pump.session, "bench", NULL, &stream) != 0)
		die("rtmp_session_publish");
	pump_until(&pump, RTMP_EVENT_PUBLISH_START);
	begin(run);
	for (t = 0; t < run->times; t++) {
		for (i = 0; i < run->load->count; i++) {
			p = packet_at(run->load, t, i);
			if (rtmp_session_write_ref(pump.session, stream, &p,
				NULL, NULL) != 0)
				die("rtmp_session_write_ref");
			queued += p.size;
			if (queued < BLOCK)
				continue;
			queued = 0;
			pump_flush(&pump);
			if (!pump_take(&pump, 0, NULL))
				die("the peer closed");
		}
	}
	pump_flush(&pump);
	end(run);
	pump_free(&pump);
}

static void
librtmp_message(struct run *run)
{
	struct RTMP *r = librtmp_publish(peer_url(run->peer, BENCH_LOOPBACK));
	struct rtmp_packet p;
	size_t i;
	int t;

	librtmp_set_chunk_size(r, run->chunk_size);
	begin(run);
	for (t = 0; t < run->times; t++) {
		for (i = 0; i < run->load->count; i++) {
			p = packet_at(run->load, t, i);
			librtmp_write(r, p.type, p.timestamp,
			    run->load->bodies[i], p.size);
		}
	}
	end(run);
	librtmp_close(r);
}

/* ---- The rounds ---- */

enum { BARE_MESSAGE, BARE_PIECES, BARE_CHUNKS, BARE_BLOCK,
	PLAIN_4096, PLAIN_60000, JOINED,
	OTHER_128, OTHER_4096, OTHER_60000, COUNT };

static const struct competitor {
	void (*run)(struct run *run);
	int bare; /* no RTMP */
	int chunk_size;
	int part; /* it gets so much less to do, being slow */
} competitors[COUNT] = {
	[BARE_MESSAGE] = { bare_message, 1, 0, 1 },
	[BARE_PIECES] = { bare_pieces, 1, 0, 1 },
	[BARE_CHUNKS] = { bare_pieces, 1, 4096, 1 },
	[BARE_BLOCK] = { bare_block, 1, 0, 1 },
	[PLAIN_4096] = { rtmpio_message, 0, 4096, 1 },
	[PLAIN_60000] = { rtmpio_message, 0, 60000, 1 },
	[JOINED] = { rtmpio_joined, 0, 60000, 1 },
	[OTHER_128] = { librtmp_message, 0, 128, 32 },
	[OTHER_4096] = { librtmp_message, 0, 4096, 2 },
	[OTHER_60000] = { librtmp_message, 0, 60000, 1 },
};

struct result {
	struct series cpu;   /* seconds per GB */
	struct series calls; /* per message */
};

static void
compete(const struct competitor *c, const struct load *load, int times,
    int place, struct result *result)
{
	struct peer_plan plan = { .address = BENCH_LOOPBACK, .bare = c->bare,
	    .apart = place == OTHER_CPU };
	struct run run = { .load = load, .chunk_size = c->chunk_size };
	struct peer peer;

	run.times = (times + c->part - 1) / c->part;
	plan.expected = load->bytes * (uint64_t)run.times;
	peer_start(&peer, &plan);
	run.peer = &peer;
	c->run(&run);
	peer_wait(&peer, NULL);
	if (run.calls == 0)
		die("the system calls were not counted");
	series_add(&result->cpu, run.cpu * 1e9 / (double)plan.expected);
	series_add(&result->calls, (double)run.calls /
	    ((double)load->count * run.times));
}

/* ---- The table ---- */

/* Of each competitor, for each placement. */
static struct result results[PLACEMENTS][COUNT];

static void
print_ratio(const char *what, int place, int own, int bare, int other,
    const char *reach)
{
	const struct result *r = results[place];

	if (place >= placements()) {
		report_row(what, "one CPU only", reach, NULL);
		return;
	}
	report_row(what,
	    cell("%.2f x", series_ratio(&r[own].cpu, &r[bare].cpu)), reach,
	    other < 0 ? NULL : librtmp_cell("%.2f x",
	    series_ratio(&r[other].cpu, &r[bare].cpu)));
}

/* other is -1 where librtmp has no such thing. */
static void
print_cpu(const char *what, int own, int bare, int other, const char *reach)
{
	const struct result *r = results[SAME_CPU];

	report_row(what, cell("%.3f", series_median(&r[own].cpu)), NULL,
	    other < 0 ? NULL :
	    librtmp_cell("%.3f", series_median(&r[other].cpu)));
	if (bare < 0)
		return;
	print_ratio("  against the bare send()", SAME_CPU, own, bare,
	    other, reach);
	print_ratio("  likewise, peer on another CPU", OTHER_CPU, own, bare,
	    other, reach);
}

static void
print_calls(int own, const char *reach, int other)
{
	const struct result *r = results[SAME_CPU];

	report_row("  system calls per message",
	    cell("%.2f", series_median(&r[own].calls)), reach,
	    librtmp_cell("%.2f", series_median(&r[other].calls)));
}

static void
print(void)
{
	print_cpu("publish, bare send() per message, CPU s/GB", BARE_MESSAGE,
	    -1, -1, NULL);
	print_ratio("  with 12 bytes more in a writev(), against it",
	    SAME_CPU, BARE_PIECES, BARE_MESSAGE, -1, NULL);
	print_ratio("  and a byte after every 4096, likewise",
	    SAME_CPU, BARE_CHUNKS, BARE_MESSAGE, -1, NULL);
	print_cpu("publish, chunk 4096, CPU s/GB", PLAIN_4096, BARE_MESSAGE,
	    OTHER_4096, "<= 1.10 x");
	print_calls(PLAIN_4096, "1", OTHER_4096);
	print_cpu("publish, chunk 60000, CPU s/GB", PLAIN_60000, BARE_MESSAGE,
	    OTHER_60000, "<= 1.10 x");
	print_calls(PLAIN_60000, "1", OTHER_60000);
	print_cpu("publish, default chunk (60000; librtmp 128)", PLAIN_60000,
	    -1, OTHER_128, NULL);
	print_cpu("publish, bare 1 MiB send(), CPU s/GB", BARE_BLOCK, -1, -1,
	    NULL);
	print_cpu("publish, packets joined, CPU s/GB", JOINED, BARE_BLOCK, -1,
	    "<= 1.50 x");
}

static void
compete_all(const struct load *load, int times, int place, int round)
{
	const struct competitor *c;
	int i, turn;

	for (turn = 0; turn < COUNT; turn++) {
		i = (turn + round) % COUNT;
		c = &competitors[i];
		if (c->run == librtmp_message && !librtmp_installed())
			continue;
		if (i == OTHER_128 && place == OTHER_CPU)
			continue;
		compete(c, load, times, place, &results[place][i]);
	}
}

int
main(int argc, char **argv)
{
	int rounds, times, round, place;
	struct load load;

	if (argc != 3)
		die("usage: publish ROUNDS MEGABYTES");
	alarm(BENCH_SECONDS);
	stay_on_one_cpu();
	rounds = atoi(argv[1]);
	load_init(&load, MIX_MS);
	times = (int)(atof(argv[2]) * 1e6 / (double)load.bytes) + 1;
	for (round = 0; round < rounds; round++) {
		for (place = 0; place < placements(); place++)
			compete_all(&load, times, place, round);
	}
	print();
	return 0;
}
