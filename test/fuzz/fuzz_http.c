/*
 * Any bytes as what a web server sends.  To the reader of replies they are the
 * same whole and in pieces.  A tunnel gets them for its requests, in pieces,
 * and then the end of the connection: it must come to an end, and what it
 * hands out be what the replies carried.
 */
#include <stdlib.h>
#include <string.h>

#include "transport/http.h"
#include "transport/rtmpt.h"

#define BODY_MAX 5000
#define ROUNDS_MAX 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- The reader ---- */

struct result {
	uint64_t hash;
	size_t taken, body;
	int last;
};

static void
mix_in(struct result *res, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size-- != 0)
		res->hash = (res->hash ^ *p++) * 0x100000001b3u;
}

static void
note(struct result *res, const struct rtmp_http *h, int event)
{
	res->last = event;
	if (event == RTMP_HTTP_HEADER) {
		mix_in(res, h->name, strlen(h->name) + 1);
		mix_in(res, h->value, strlen(h->value) + 1);
	} else if (event == RTMP_HTTP_HEAD) {
		mix_in(res, &h->status, sizeof(h->status));
		mix_in(res, h->reason, strlen(h->reason) + 1);
	} else if (event == RTMP_HTTP_BODY) {
		if (h->body_size == 0)
			abort();
		mix_in(res, h->body, h->body_size);
		res->body += h->body_size;
	} else if (event == RTMP_HTTP_END) {
		mix_in(res, &h->keep_alive, sizeof(h->keep_alive));
	}
}

/* One reply. */
static struct result
read_reply(const uint8_t *data, size_t size, size_t step, int is_connect)
{
	static struct rtmp_http h;
	struct result res = { 0xcbf29ce484222325u, 0, 0, 0 };
	const uint8_t *p;
	size_t left;

	rtmp_http_init(&h, BODY_MAX, is_connect);
	while (res.taken < size && res.last >= 0 &&
	    res.last != RTMP_HTTP_END) {
		left = size - res.taken < step ? size - res.taken : step;
		p = data + res.taken;
		do
			note(&res, &h, rtmp_http_next(&h, &p, &left));
		while (res.last > 0 && res.last != RTMP_HTTP_END);
		if (res.last == RTMP_HTTP_MORE && left != 0)
			abort();
		res.taken = (size_t)(p - data);
	}
	if (res.last >= 0 && res.last != RTMP_HTTP_END)
		note(&res, &h, rtmp_http_eof(&h));
	if ((res.last < 0) != (h.error[0] != '\0') || res.body > BODY_MAX)
		abort();
	return res;
}

/* ---- The tunnel ---- */

struct peer {
	const uint8_t *data;
	size_t left, step;
	int64_t now;
	long rounds;
};

static int
peer_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct peer *p = ctx;
	size_t n = p->left < p->step ? p->left : p->step;

	if (++p->rounds > ROUNDS_MAX)
		abort();
	if (n == 0)
		return RTMP_ERR_EOF;
	if (p->rounds % 3 == 0)
		return RTMP_ERR_AGAIN;
	if (n > size)
		n = size;
	memcpy(buf, p->data, n);
	p->data += n;
	p->left -= n;
	*nread = n;
	return 0;
}

static int
peer_writev(void *ctx, const struct iovec *iov, int count, size_t *nwritten)
{
	struct peer *p = ctx;
	int i;

	if (++p->rounds > ROUNDS_MAX)
		abort();
	*nwritten = 0;
	for (i = 0; i < count; i++)
		*nwritten += iov[i].iov_len;
	return 0;
}

static int
peer_wait(void *ctx, int want, int timeout_ms)
{
	struct peer *p = ctx;

	(void)timeout_ms;
	if (++p->rounds > ROUNDS_MAX)
		abort();
	p->now++;
	return want;
}

static int
peer_sleep(void *arg, int ms)
{
	struct peer *p = arg;

	if (++p->rounds > ROUNDS_MAX)
		abort();
	p->now += ms;
	return 0;
}

static int64_t
peer_now(void *arg)
{
	struct peer *p = arg;

	return p->now;
}

static int
peer_reopen(void *arg, struct rtmp_io *io, int timeout_ms, char *error,
    size_t error_size)
{
	(void)timeout_ms;
	(void)error;
	(void)error_size;
	memset(io, 0, sizeof(*io));
	io->ctx = arg;
	io->read = peer_read;
	io->writev = peer_writev;
	io->wait = peer_wait;
	return 0;
}

static void
run_tunnel(struct peer *p)
{
	struct rtmp_rtmpt_clock clock = { peer_now, peer_sleep, p };
	struct rtmp_rtmpt_options opt;
	struct rtmp_io io;
	struct iovec iov;
	uint8_t buf[512];
	size_t n;
	int r, want;

	rtmp_rtmpt_options_init(&opt, sizeof(opt));
	opt.reopen = peer_reopen;
	opt.reopen_arg = p;
	peer_reopen(p, &io, 0, NULL, 0);
	if (rtmp_rtmpt_open_at(&io, "host", 80, &opt, &clock) != 0)
		return;
	do {
		r = io.read(io.ctx, buf, 1 + p->step % sizeof(buf), &n);
		if (r != RTMP_ERR_AGAIN)
			continue;
		want = RTMP_WANT_READ;
		iov.iov_base = buf;
		iov.iov_len = sizeof(buf);
		if (p->now % 2 == 0 &&
		    io.writev(io.ctx, &iov, 1, &n) == RTMP_ERR_AGAIN)
			want |= RTMP_WANT_WRITE;
		r = io.wait(io.ctx, want, 1000) < 0;
	} while (r == 0);
	if (io.error(io.ctx)[0] == '\0')
		abort();
	io.close(io.ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 2, 3, 7, 13, 64, 130, 1000 };
	struct peer p = { data, size, 0, 0, 0 };
	struct result whole, pieces;
	int is_connect;

	for (is_connect = 0; is_connect < 2; is_connect++) {
		whole = read_reply(data, size, size, is_connect);
		pieces = read_reply(data, size, steps[size % 8], is_connect);
		if (whole.last != pieces.last || whole.hash != pieces.hash ||
		    whole.body != pieces.body || (whole.last >= 0 &&
		    whole.taken != pieces.taken))
			abort();
	}
	p.step = 1 + steps[size % 8] * 7;
	run_tunnel(&p);
	return 0;
}
