#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"
#include "pump.h"

#define IOV_COUNT 1024 /* what Linux takes in one writev() */

void
pump_init(struct pump *p, uint16_t port, const struct rtmp_mem *mem)
{
	struct rtmp_session_config config;

	memset(p, 0, sizeof(*p));
	rtmp_session_config_init(&config, sizeof(config));
	config.app = "live";
	config.tc_url = "rtmp://127.0.0.1/live";
	config.mem = mem;
	if (rtmp_session_new(&p->session, &config) != 0)
		die("rtmp_session_new");
	p->fd = dial(BENCH_LOOPBACK, port);
}

void
pump_free(struct pump *p)
{
	rtmp_session_free(p->session);
	close(p->fd);
}

void
pump_flush(struct pump *p)
{
	struct iovec iov[IOV_COUNT];
	ssize_t n;
	int count;

	while ((count = rtmp_session_send_iov(p->session, iov, IOV_COUNT)) >
	    0) {
		n = writev(p->fd, iov, count);
		if (n <= 0)
			die("writev");
		rtmp_session_sent(p->session, (size_t)n);
	}
}

int
pump_take(struct pump *p, int wait, unsigned *seen)
{
	ssize_t n = recv(p->fd, p->in, sizeof(p->in), wait ? 0 : MSG_DONTWAIT);
	const struct rtmp_event *event;
	const uint8_t *data = p->in;
	size_t size;
	int got;

	if (n < 0 && errno == EAGAIN)
		return 1;
	if (n < 0)
		die("recv");
	size = (size_t)n;
	while ((got = rtmp_session_recv(p->session, &data, &size, &event)) ==
	    1) {
		if (seen != NULL)
			*seen |= 1u << event->type;
		if (event->type != RTMP_EVENT_PACKET)
			continue;
		p->packets++;
		if (event->packet.size > p->largest)
			p->largest = event->packet.size;
	}
	if (got < 0) {
		errno = 0;
		die("session: %s", rtmp_session_error(p->session));
	}
	pump_flush(p);
	return n > 0;
}

void
pump_until(struct pump *p, enum rtmp_event_type type)
{
	unsigned seen = 0;

	pump_flush(p);
	while ((seen & 1u << type) == 0) {
		if (!pump_take(p, 1, &seen)) {
			errno = 0;
			die("the peer closed while event %d was awaited",
			    (int)type);
		}
	}
}
