/*
 * What it costs a client to publish the mix over loopback: CPU seconds per GB
 * of payload, and system calls per message, beside a bare send() of the same
 * bytes to the same peer.
 *
 * usage: publish ROUNDS
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "librtmp.h"
#include "pump.h"
#include "turns.h"

#define MIX_MS 10000
#define BLOCK (1 << 20) /* queued packets are joined up to this size */
#define PIECES_MOST 512

/* The i-th packet of this mix. */
static struct rtmp_packet
packet_at(const struct run *run, size_t i)
{
	struct rtmp_packet p = run->load->packets[i];

	p.timestamp += run->mixes * run->load->duration_ms;
	return p;
}

/* ---- The competitors ---- */

static void
bare_message(struct run *run)
{
	struct rtmp_packet p;
	size_t i;

	for (i = 0; i < run->load->count; i++) {
		p = packet_at(run, i);
		send_all(run->fd, p.data, p.size);
	}
}

/* The least that a writer costs which does not touch the payload: a header of
 * 12 bytes, and, with a chunk size, one of 1 byte behind each chunk. */
static void
bare_pieces(struct run *run)
{
	static struct iovec iov[PIECES_MOST];
	static uint8_t head[12];
	int chunk_size = run->competitor->chunk_size, n;
	size_t i, at, size, unit;
	struct rtmp_packet p;

	for (i = 0; i < run->load->count; i++) {
		p = packet_at(run, i);
		unit = chunk_size != 0 ? (size_t)chunk_size : p.size;
		n = 0;
		for (at = 0, size = 0; at < p.size; at += unit) {
			if (n + 2 > PIECES_MOST)
				die("a message of many chunks");
			iov[n].iov_base = head;
			iov[n].iov_len = at == 0 ? sizeof(head) : 1;
			size += iov[n++].iov_len;
			iov[n].iov_base = run->load->bodies[i] + at;
			iov[n].iov_len = p.size - at < unit ? p.size - at :
			    unit;
			size += iov[n++].iov_len;
		}
		if (writev(run->fd, iov, n) != (ssize_t)size)
			die("writev");
	}
}

static void
bare_block(struct run *run)
{
	size_t size = (size_t)run->load->bytes, at, n;
	static uint8_t *all;

	if (all == NULL)
		all = memset(xmalloc(size), 1, size);
	for (at = 0; at < size; at += n) {
		n = size - at < BLOCK ? size - at : BLOCK;
		send_all(run->fd, all + at, n);
	}
}

static void
rtmpio_start(struct run *run)
{
	const char *url = peer_url(&run->peer, BENCH_LOOPBACK);
	struct rtmp_options opt;

	rtmp_options_init(&opt, sizeof(opt));
	opt.chunk_size = (uint32_t)run->competitor->chunk_size;
	run->rtmp = rtmp_new(&opt);
	errno = 0;
	if (run->rtmp == NULL || rtmp_connect(run->rtmp, url, NULL) != 0 ||
	    rtmp_publish(run->rtmp, NULL) != 0)
		die("rtmp_publish: %s",
		    run->rtmp ? rtmp_error_detail(run->rtmp) : "");
}

static void
rtmpio_message(struct run *run)
{
	struct rtmp_packet p;
	size_t i;

	for (i = 0; i < run->load->count; i++) {
		p = packet_at(run, i);
		if (rtmp_write_packet(run->rtmp, &p) != 0)
			die("rtmp_write_packet: %s",
			    rtmp_error_detail(run->rtmp));
	}
}

static void
rtmpio_end(struct run *run)
{
	if (rtmp_close(run->rtmp) != 0)
		die("rtmp_close: %s", rtmp_error_detail(run->rtmp));
	rtmp_free(run->rtmp);
}

static void
joined_start(struct run *run)
{
	run->pump = xmalloc(sizeof(*run->pump));
	pump_init(run->pump, run->peer.port, NULL);
	if (rtmp_session_publish(run->pump->session, "bench", NULL,
		&run->stream) != 0)
		die("rtmp_session_publish");
	pump_until(run->pump, RTMP_EVENT_PUBLISH_START);
}

/* What is queued leaves with one writev() for many packets. */
static void
rtmpio_joined(struct run *run)
{
	struct pump *pump = run->pump;
	size_t queued = 0, i;
	struct rtmp_packet p;

	for (i = 0; i < run->load->count; i++) {
		p = packet_at(run, i);
		if (rtmp_session_write_ref(pump->session, run->stream, &p,
			NULL, NULL) != 0)
			die("rtmp_session_write_ref");
		queued += p.size;
		if (queued < BLOCK)
			continue;
		queued = 0;
		pump_flush(pump);
		if (!pump_take(pump, 0, NULL))
			die("the peer closed");
	}
	pump_flush(pump);
}

static void
joined_end(struct run *run)
{
	pump_free(run->pump);
	free(run->pump);
}

static void
other_start(struct run *run)
{
	run->librtmp = librtmp_publish(peer_url(&run->peer, BENCH_LOOPBACK));
	librtmp_set_chunk_size(run->librtmp, run->competitor->chunk_size);
}

static void
other_message(struct run *run)
{
	struct rtmp_packet p;
	size_t i;

	for (i = 0; i < run->load->count; i++) {
		p = packet_at(run, i);
		librtmp_write(run->librtmp, p.type, p.timestamp,
		    run->load->bodies[i], p.size);
	}
}

static void
other_end(struct run *run)
{
	librtmp_close(run->librtmp);
}

enum { BARE_MESSAGE, BARE_PIECES, BARE_CHUNKS, BARE_BLOCK,
	PLAIN_4096, PLAIN_60000, JOINED,
	OTHER_4096, OTHER_60000, OTHER_128, COUNT };

#define BARE(mix, chunk_size) \
	{ bare_start, mix, bare_end, 1, chunk_size, 0, 0 }
#define PLAIN(chunk_size) \
	{ rtmpio_start, rtmpio_message, rtmpio_end, 0, chunk_size, 0, 0 }
#define OTHER(chunk_size, once) \
	{ other_start, other_message, other_end, 0, chunk_size, once, 1 }

static const struct competitor competitors[COUNT] = {
	[BARE_MESSAGE] = BARE(bare_message, 0),
	[BARE_PIECES] = BARE(bare_pieces, 0),
	[BARE_CHUNKS] = BARE(bare_pieces, 4096),
	[BARE_BLOCK] = BARE(bare_block, 0),
	[PLAIN_4096] = PLAIN(4096),
	[PLAIN_60000] = PLAIN(60000),
	[JOINED] = { joined_start, rtmpio_joined, joined_end, 0, 60000, 0, 0 },
	[OTHER_4096] = OTHER(4096, 0),
	[OTHER_60000] = OTHER(60000, 0),
	[OTHER_128] = OTHER(128, 1),
};

/* ---- The table ---- */

static struct run runs[PLACEMENTS][COUNT];

static void
print_ratios(int own, int bare, int other, const char *reach)
{
	int place;

	for (place = 0; place < PLACEMENTS; place++) {
		const struct run *r = runs[place];

		report_ratio(place == SAME_CPU ?
		    "  against the bare send()" :
		    "  likewise, peer on another CPU", &r[own], &r[bare],
		    other < 0 ? NULL : &r[other], reach);
	}
}

static void
print_publish(const char *what, int own, int other)
{
	const struct run *r = runs[SAME_CPU];

	report_cpu(what, &r[own], &r[other]);
	print_ratios(own, BARE_MESSAGE, other, "<= 1.10 x");
	report_calls(&r[own], &r[other], "1");
}

static void
print(void)
{
	const struct run *r = runs[SAME_CPU];

	report_cpu("publish, bare send() per message, CPU s/GB",
	    &r[BARE_MESSAGE], NULL);
	report_ratio("  with 12 bytes more in a writev(), against it",
	    &r[BARE_PIECES], &r[BARE_MESSAGE], NULL, NULL);
	report_ratio("  and a byte after every 4096, likewise",
	    &r[BARE_CHUNKS], &r[BARE_MESSAGE], NULL, NULL);
	print_publish("publish, chunk 4096, CPU s/GB", PLAIN_4096,
	    OTHER_4096);
	print_publish("publish, chunk 60000, CPU s/GB", PLAIN_60000,
	    OTHER_60000);
	report_cpu("publish, default chunk (60000; librtmp 128)",
	    &r[PLAIN_60000], &r[OTHER_128]);
	report_cpu("publish, bare 1 MiB send(), CPU s/GB", &r[BARE_BLOCK],
	    NULL);
	report_cpu("publish, packets joined, CPU s/GB", &r[JOINED], NULL);
	print_ratios(JOINED, BARE_BLOCK, -1, "<= 1.50 x");
}

int
main(int argc, char **argv)
{
	struct load load;
	int place, i;

	if (argc != 2)
		die("usage: publish ROUNDS");
	alarm(BENCH_SECONDS);
	stay_on_one_cpu();
	load_init(&load, MIX_MS);
	for (place = 0; place < PLACEMENTS; place++) {
		for (i = 0; i < COUNT; i++) {
			runs[place][i].competitor = &competitors[i];
			runs[place][i].load = &load;
			runs[place][i].plan.apart = place == OTHER_CPU;
		}
		/* At 128 it would take minutes. */
		if (place < placements())
			turns_take(runs[place], place == SAME_CPU ? COUNT :
			    OTHER_128, atoi(argv[1]));
	}
	print();
	return 0;
}
