/*
 * The heap of one connection, counted where the library asks for it: live
 * bytes as requested, the session alone and then the client around it.  For
 * librtmp, which asks malloc(), what malloc() has given out more than before.
 *
 * usage: heap
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "bench.h"
#include "librtmp.h"
#include "load.h"
#include "peer.h"
#include "pump.h"

#define MIX_MS 1000
#define CHUNK_SIZE 4096 /* of the peer that is played from */

/* ---- An allocator that counts ---- */

struct count {
	size_t live;
	size_t peak;
};

/* Before each block. */
union head {
	size_t size;
	long double align;
};

static void *
count_realloc(void *ctx, void *ptr, size_t size)
{
	struct count *c = ctx;
	union head *h = ptr == NULL ? NULL : (union head *)ptr - 1;
	size_t old = h == NULL ? 0 : h->size;

	h = realloc(h, sizeof(*h) + size);
	if (h == NULL)
		return NULL;
	h->size = size;
	c->live += size - old;
	if (c->live > c->peak)
		c->peak = c->live;
	return h + 1;
}

static void
count_free(void *ctx, void *ptr)
{
	struct count *c = ctx;
	union head *h;

	if (ptr == NULL)
		return;
	h = (union head *)ptr - 1;
	c->live -= h->size;
	free(h);
}

/* ---- The session ---- */

struct figures {
	size_t idle;
	size_t publishing; /* with nothing queued */
	size_t queueing;   /* less the bytes queued */
	size_t playing;	   /* at most, less the largest message */
};

static void
queue_all(struct pump *pump, unsigned stream, const struct load *load,
    int flush)
{
	size_t i;

	for (i = 0; i < load->count; i++) {
		if (rtmp_session_write(pump->session, stream,
			&load->packets[i]) != 0)
			die("rtmp_session_write");
		if (flush)
			pump_flush(pump);
	}
}

static void
session_publishes(const struct load *load, struct figures *f)
{
	struct peer_plan plan = { .address = BENCH_LOOPBACK };
	struct count count = { 0, 0 };
	struct rtmp_mem mem = { &count, count_realloc, count_free };
	struct rtmp_session_stats stats;
	static struct pump pump;
	struct peer peer;
	unsigned stream;

	peer_start(&peer, &plan);
	pump_init(&pump, peer.port, &mem);
	pump_until(&pump, RTMP_EVENT_CONNECTED);
	f->idle = count.live;
	if (rtmp_session_publish(pump.session, "bench", NULL, &stream) != 0)
		die("rtmp_session_publish");
	pump_until(&pump, RTMP_EVENT_PUBLISH_START);
	queue_all(&pump, stream, load, 1);
	f->publishing = count.live;
	queue_all(&pump, stream, load, 0);
	rtmp_session_get_stats(pump.session, &stats, sizeof(stats));
	f->queueing = count.live - stats.queued_bytes;
	pump_free(&pump);
	peer_wait(&peer, NULL);
	errno = 0;
	if (count.live != 0)
		die("heap: the session left %zu bytes", count.live);
}

static void
session_plays(const struct load *load, const struct peer_plan *plan,
    struct figures *f)
{
	struct count count = { 0, 0 };
	struct rtmp_mem mem = { &count, count_realloc, count_free };
	static struct pump pump;
	struct peer peer;
	unsigned stream;

	peer_start(&peer, plan);
	pump_init(&pump, peer.port, &mem);
	pump_until(&pump, RTMP_EVENT_CONNECTED);
	if (rtmp_session_play(pump.session, "bench", -2, -1, 1, &stream) != 0)
		die("rtmp_session_play");
	pump_until(&pump, RTMP_EVENT_PLAY_START);
	count.peak = count.live;
	while (pump_take(&pump, 1, NULL))
		;
	errno = 0;
	if (pump.packets != load->count)
		die("heap: %llu of %zu packets came",
		    (unsigned long long)pump.packets, load->count);
	f->playing = count.peak - pump.largest;
	pump_free(&pump);
	peer_wait(&peer, NULL);
}

/* ---- The client ---- */

static void
client_publishes(const struct load *load, struct figures *f)
{
	struct peer_plan plan = { .address = BENCH_LOOPBACK };
	struct count count = { 0, 0 };
	struct rtmp_mem mem = { &count, count_realloc, count_free };
	struct rtmp_options opt;
	struct peer peer;
	struct rtmp *r;
	size_t i;

	rtmp_options_init(&opt, sizeof(opt));
	opt.mem = &mem;
	r = rtmp_new(&opt);
	peer_start(&peer, &plan);
	errno = 0;
	if (rtmp_connect(r, peer_url(&peer, BENCH_LOOPBACK), NULL) != 0)
		die("rtmp_connect: %s", rtmp_error_detail(r));
	f->idle = count.live;
	if (rtmp_publish(r, NULL) != 0)
		die("rtmp_publish: %s", rtmp_error_detail(r));
	for (i = 0; i < load->count; i++) {
		if (rtmp_write_packet(r, &load->packets[i]) != 0)
			die("rtmp_write_packet: %s", rtmp_error_detail(r));
	}
	f->publishing = count.live;
	rtmp_free(r);
	peer_wait(&peer, NULL);
	if (count.live != 0)
		die("heap: the client left %zu bytes", count.live);
}

static void
client_plays(const struct load *load, const struct peer_plan *plan,
    struct figures *f)
{
	struct count count = { 0, 0 };
	struct rtmp_mem mem = { &count, count_realloc, count_free };
	struct rtmp_options opt;
	struct rtmp_packet p;
	size_t i, largest = 0;
	struct peer peer;
	struct rtmp *r;

	rtmp_options_init(&opt, sizeof(opt));
	opt.mem = &mem;
	r = rtmp_new(&opt);
	peer_start(&peer, plan);
	errno = 0;
	if (rtmp_connect(r, peer_url(&peer, BENCH_LOOPBACK), NULL) != 0 ||
	    rtmp_play(r, -2) != 0)
		die("rtmp_play: %s", rtmp_error_detail(r));
	count.peak = count.live;
	for (i = 0; i < load->count; i++) {
		if (rtmp_read_packet(r, &p) != 1)
			die("rtmp_read_packet: %s", rtmp_error_detail(r));
		if (p.size > largest)
			largest = p.size;
	}
	f->playing = count.peak - largest;
	rtmp_free(r);
	peer_wait(&peer, NULL);
}

/* ---- librtmp ---- */

static size_t
given_out(void)
{
	return mallinfo2().uordblks;
}

static void
librtmp_all(const struct load *load, const struct peer_plan *plan,
    struct figures *f)
{
	struct peer_plan sink = { .address = BENCH_LOOPBACK };
	size_t before, i, size, most = 0, largest = 0;
	struct peer peer;
	struct RTMP *r;

	before = given_out();
	peer_start(&peer, &sink);
	r = librtmp_connect(peer_url(&peer, BENCH_LOOPBACK));
	f->idle = given_out() - before;
	librtmp_close(r);
	peer_wait(&peer, NULL);

	before = given_out();
	peer_start(&peer, &sink);
	r = librtmp_publish(peer_url(&peer, BENCH_LOOPBACK));
	librtmp_set_chunk_size(r, 60000);
	for (i = 0; i < load->count; i++)
		librtmp_write(r, load->packets[i].type,
		    load->packets[i].timestamp, load->bodies[i],
		    load->packets[i].size);
	f->publishing = given_out() - before;
	librtmp_close(r);
	peer_wait(&peer, NULL);

	before = given_out();
	peer_start(&peer, plan);
	r = librtmp_play(peer_url(&peer, BENCH_LOOPBACK));
	for (i = 0; i < load->count; i++) {
		size = librtmp_read(r);
		if (given_out() - before > most)
			most = given_out() - before;
		if (size > largest)
			largest = size;
	}
	f->playing = most > largest ? most - largest : most;
	librtmp_close(r);
	peer_wait(&peer, NULL);
}

/* ---- The table ---- */

static const char *
kib(size_t bytes)
{
	return cell("%.1f KB", (double)bytes / 1024);
}

static void
print(const struct figures *session, const struct figures *client,
    const struct figures *other)
{
	const char *none = librtmp_installed() ? NULL : "not installed";

	report_row("heap of a session, idle", kib(session->idle), "<= 6 KB",
	    none ? none : kib(other->idle));
	report_row("  publishing, nothing queued", kib(session->publishing),
	    "<= 8 KB", none ? none : kib(other->publishing));
	report_row("  publishing, 1 s queued, less its bytes",
	    kib(session->queueing), "<= 8 KB", NULL);
	report_row("  playing, less the largest split message",
	    kib(session->playing), "<= 8 KB",
	    none ? none : kib(other->playing));
	report_row("heap that the client adds, idle",
	    kib(client->idle - session->idle), NULL, NULL);
	report_row("  publishing",
	    kib(client->publishing - session->publishing), "small", NULL);
	report_row("  playing, less the largest message",
	    kib(client->playing - session->playing), "<= 64 KB", NULL);
}

int
main(void)
{
	struct figures session = { 0 }, client = { 0 }, other = { 0 }, ignored;
	struct peer_plan plan = { .address = BENCH_LOOPBACK, .times = 1,
	    .chunk_size = CHUNK_SIZE };
	struct load load;

	alarm(BENCH_SECONDS);
	load_init(&load, MIX_MS);
	plan.stream = load_chunks(&load, CHUNK_SIZE, &plan.size);
	session_publishes(&load, &session);
	session_plays(&load, &plan, &session);
	client_publishes(&load, &client);
	client_plays(&load, &plan, &client);
	if (librtmp_installed()) {
		/* What it allocates once for all is not counted. */
		librtmp_all(&load, &plan, &ignored);
		librtmp_all(&load, &plan, &other);
	}
	print(&session, &client, &other);
	return 0;
}
