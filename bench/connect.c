/*
 * How long a publisher takes to begin where a round trip takes 100 ms, TCP's
 * handshake included: until it is allowed to publish, and until the first
 * byte of media leaves, which is when it arrives less the way there.
 *
 * usage: connect ROUNDS
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "bench.h"
#include "delay.h"
#include "librtmp.h"
#include "peer.h"

#define ONE_WAY_MS 50

/* What an encoder sends first: an AVC sequence header, here without its
 * contents. */
static uint8_t first_body[LIBRTMP_HEADROOM + 48] = {
	[LIBRTMP_HEADROOM] = 0x17 };

struct result {
	struct series ready; /* ms */
	struct series media;
};

static double
publish_rtmpio(const struct peer *peer, enum rtmp_flight flight)
{
	struct rtmp_packet p = { .type = RTMP_MSG_VIDEO, .size = 48 };
	struct rtmp_options opt;
	struct rtmp *r;
	double ready;

	rtmp_options_init(&opt, sizeof(opt));
	opt.flight = flight;
	r = rtmp_new(&opt);
	errno = 0;
	if (r == NULL ||
	    rtmp_connect(r, peer_url(peer, DELAY_FAR), NULL) != 0 ||
	    rtmp_publish(r, NULL) != 0)
		die("rtmp_publish: %s", r ? rtmp_error_detail(r) : "");
	ready = now_ms();
	p.data = first_body + LIBRTMP_HEADROOM;
	if (rtmp_write_packet(r, &p) != 0 || rtmp_close(r) != 0)
		die("rtmp_write_packet: %s", rtmp_error_detail(r));
	rtmp_free(r);
	return ready;
}

static double
publish_librtmp(const struct peer *peer)
{
	struct RTMP *r = librtmp_publish(peer_url(peer, DELAY_FAR));
	double ready = now_ms();

	librtmp_write(r, RTMP_MSG_VIDEO, 0, first_body + LIBRTMP_HEADROOM, 48);
	librtmp_close(r);
	return ready;
}

/* The flights of session.h, and librtmp. */
enum { OTHER = RTMP_FLIGHT_ZERO_RTT + 1, COUNT };

static void
compete(int who, struct result *result)
{
	struct peer_plan plan = { .address = DELAY_NEAR };
	struct peer_report report;
	double start, ready;
	struct peer peer;

	peer_start(&peer, &plan);
	start = now_ms();
	if (who == OTHER)
		ready = publish_librtmp(&peer);
	else
		ready = publish_rtmpio(&peer, (enum rtmp_flight)who);
	peer_wait(&peer, &report);
	errno = 0;
	if (report.first_media_ms == 0)
		die("connect: no media came");
	series_add(&result->ready, ready - start);
	series_add(&result->media, report.first_media_ms - ONE_WAY_MS - start);
}

static void
print(const struct result *r)
{
	static const char *const flights[] = { "STEPWISE", "PIPELINED",
	    "EAGER", "ZERO_RTT" };
	static const char *const ready[] = { "500 ms", "300 ms", NULL, NULL };
	static const char *const media[] = { NULL, NULL, "200 ms", "100 ms" };
	int i;

	for (i = 0; i < OTHER; i++) {
		if (ready[i] != NULL)
			report_row(cell("round trip 100 ms, %s: publish ready",
			    flights[i]),
			    cell("%.1f ms", series_median(&r[i].ready)),
			    ready[i], librtmp_cell("%.1f ms",
			    series_median(&r[OTHER].ready)));
		report_row(cell("round trip 100 ms, %s: first media leaves",
		    flights[i]), cell("%.1f ms", series_median(&r[i].media)),
		    media[i], librtmp_cell("%.1f ms",
		    series_median(&r[OTHER].media)));
	}
}

int
main(int argc, char **argv)
{
	static struct result results[COUNT];
	int rounds, round, who;

	if (argc != 2)
		die("usage: connect ROUNDS");
	alarm(BENCH_SECONDS);
	rounds = atoi(argv[1]);
	delay_start(ONE_WAY_MS);
	for (round = 0; round < rounds; round++) {
		for (who = 0; who < COUNT; who++) {
			if (who != OTHER || librtmp_installed())
				compete(who, &results[who]);
		}
	}
	print(results);
	return 0;
}
