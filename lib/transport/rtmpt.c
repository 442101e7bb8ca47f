/*
 * RTMPT: a stream of bytes through HTTP requests, as Flash Player has it.
 *
 *     read    <- bodies of replies, behind their polling byte
 *     writev  -> a buffer -> the body of the next request
 *     wait       runs the requests of rtmpt_state.c, and reconnects
 */
#include <stdio.h>
#include <string.h>

#include "transport/net.h"
#include "transport/rtmpt.h"

#define TIMEOUT_MS 10000
#define SEND_MAX (256 << 10) /* web servers take a megabyte, and some less */

/* ---- Time ---- */

static int64_t
real_now(void *arg)
{
	(void)arg;
	return rtmp_net_now();
}

static int
real_sleep(void *arg, int ms)
{
	struct rtmpt *t = arg;
	struct rtmp_bound bound = { rtmp_net_after(ms), t->opt.wake_fd };
	struct pollfd wake[1];
	int r = rtmp_net_poll(wake, 0, &bound, RTMP_NEVER);

	return r == RTMP_ERR_TIMEOUT ? 0 : r;
}

static int64_t
end_after(struct rtmpt *t, int timeout_ms)
{
	return timeout_ms < 0 ? RTMP_NEVER :
	    t->clock.now(t->clock.arg) + timeout_ms;
}

static int
left_until(struct rtmpt *t, int64_t end)
{
	return rtmp_net_left(end, t->clock.now(t->clock.arg));
}

/* ---- The transport ---- */

static int
rtmpt_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct rtmpt *t = ctx;
	int err = rtmpt_pump(t, 1);

	if (err != 0)
		return err;
	if (t->data_size == 0)
		return t->state == RTMPT_CLOSED ? RTMP_ERR_EOF :
		    RTMP_ERR_AGAIN;
	if (size > t->data_size)
		size = t->data_size;
	memcpy(buf, t->data, size);
	t->data += size;
	t->data_size -= size;
	*nread = size;
	return 0;
}

static int
rtmpt_writev(void *ctx, const struct iovec *iov, int count,
    size_t *nwritten)
{
	struct rtmpt *t = ctx;
	size_t room, n, total = 0;
	int i, err = t->err;

	if (err == 0 && t->is_shut)
		return RTMP_ERR_STATE;
	if (err == 0)
		err = rtmpt_pump(t, 0);
	if (err != 0)
		return err;
	if (t->state == RTMPT_RESTING)
		rtmpt_drop_if_stale(t);
	/* Only wait() connects: it must be called, not the next writev(). */
	if (!t->is_connected)
		return RTMP_ERR_AGAIN;
	for (i = 0; i < count; i++) {
		room = t->opt.send_max - t->next.size;
		n = iov[i].iov_len < room ? iov[i].iov_len : room;
		if (rtmp_buf_append(&t->next, &t->mem, iov[i].iov_base,
		    n) != 0)
			return rtmpt_fail(t, RTMP_ERR_NOMEM, "%s",
			    rtmp_strerror(RTMP_ERR_NOMEM));
		total += n;
	}
	if (total == 0)
		return RTMP_ERR_AGAIN;
	*nwritten = total;
	return rtmpt_pump(t, 0);
}

/* What of want can move now. */
static int
ready(const struct rtmpt *t, int want)
{
	int is = 0;

	if (t->data_size != 0 || t->state == RTMPT_CLOSED)
		is |= RTMP_WANT_READ;
	if (!t->is_shut && t->is_connected &&
	    t->next.size < t->opt.send_max)
		is |= RTMP_WANT_WRITE;
	return is & want;
}

static int
rtmpt_wait(void *ctx, int want, int timeout_ms)
{
	struct rtmpt *t = ctx;
	int64_t end = end_after(t, timeout_ms);
	int left, r;

	for (;;) {
		r = rtmpt_pump(t, want & RTMP_WANT_READ);
		if (r == 0)
			r = ready(t, want);
		left = left_until(t, end);
		if (r != 0 || left == 0)
			return r;
		r = rtmpt_wait_below(t, want, left);
		if (r < 0)
			return r;
	}
}

static int
rtmpt_shutdown(void *ctx)
{
	struct rtmpt *t = ctx;

	t->is_shut = 1;
	return rtmpt_pump(t, 0);
}

/* Frees all but the transport below. */
static void
rtmpt_free(struct rtmpt *t)
{
	rtmp_buf_free(&t->body, &t->mem);
	rtmp_buf_free(&t->next, &t->mem);
	rtmp_mem_free(&t->mem, t);
}

static void
rtmpt_close(void *ctx)
{
	struct rtmpt *t = ctx;

	rtmpt_say_goodbye(t);
	if (t->is_connected && t->below.close != NULL)
		t->below.close(t->below.ctx);
	rtmpt_free(t);
}

static const char *
rtmpt_error(void *ctx)
{
	struct rtmpt *t = ctx;

	return t->error;
}

/* ---- Opening ---- */

void
rtmp_rtmpt_options_init(struct rtmp_rtmpt_options *opt, size_t struct_size)
{
	struct rtmp_rtmpt_options o;

	memset(&o, 0, sizeof(o));
	o.timeout_ms = TIMEOUT_MS;
	o.send_max = SEND_MAX;
	o.wake_fd = -1;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

static struct rtmpt *
rtmpt_new(const struct rtmp_rtmpt_options *o,
    const struct rtmp_rtmpt_clock *clock, const struct rtmp_io *below)
{
	struct rtmp_mem mem = rtmp_mem_or_libc(o->mem);
	struct rtmpt *t = rtmp_mem_zalloc(&mem, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->mem = mem;
	t->opt = *o;
	if (t->opt.send_max == 0)
		t->opt.send_max = SEND_MAX;
	t->clock.now = real_now;
	t->clock.sleep = real_sleep;
	t->clock.arg = t;
	if (clock != NULL)
		t->clock = *clock;
	t->below = *below;
	t->is_connected = 1;
	rtmp_buf_init(&t->body, t->opt.send_max);
	rtmp_buf_init(&t->next, t->opt.send_max);
	return t;
}

/* The host becomes a line of the header. */
static int
set_host(struct rtmpt *t, const char *host, uint16_t port)
{
	const char *form = strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u";
	const char *p;
	int n = snprintf(t->host, sizeof(t->host), form, host,
	    (unsigned)port);

	for (p = host; *p > ' ' && *p < 0x7f; p++)
		;
	if (p != host && *p == '\0' && n < (int)sizeof(t->host))
		return 0;
	return rtmpt_fail(t, RTMP_ERR_INVAL, "not a host name");
}

static int
open_session(struct rtmpt *t)
{
	int64_t end = end_after(t, t->opt.timeout_ms);
	int r, left;

	rtmpt_start_open(t);
	for (;;) {
		r = rtmpt_pump(t, 0);
		if (r != 0 || t->state == RTMPT_RESTING)
			return r;
		left = left_until(t, end);
		r = left == 0 ? 0 : rtmpt_wait_below(t, 0, left);
		if (r == RTMP_ERR_CANCELED)
			return rtmpt_fail(t, r, "POST /open: %s",
			    rtmp_strerror(r));
		if (r < 0)
			return r;
		if (left == 0)
			return rtmpt_fail(t, RTMP_ERR_TIMEOUT,
			    "POST /open: no reply in time");
	}
}

int
rtmp_rtmpt_open_at(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_rtmpt_options *opt, const struct rtmp_rtmpt_clock *clock)
{
	struct rtmp_rtmpt_options o;
	struct rtmpt *t;
	int err;

	rtmp_rtmpt_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	if (o.error != NULL && o.error_size != 0)
		o.error[0] = '\0';
	t = rtmpt_new(&o, clock, io);
	err = t == NULL ? RTMP_ERR_NOMEM : set_host(t, host, port);
	if (err == 0)
		err = open_session(t);
	if (err != 0) {
		if (o.error != NULL)
			snprintf(o.error, o.error_size, "%s", t != NULL ?
			    t->error : rtmp_strerror(err));
		if (t != NULL)
			rtmpt_free(t);
		return err;
	}
	io->ctx = t;
	io->read = rtmpt_read;
	io->writev = rtmpt_writev;
	io->wait = rtmpt_wait;
	io->shutdown = rtmpt_shutdown;
	io->close = rtmpt_close;
	io->error = rtmpt_error;
	return 0;
}

int
rtmp_rtmpt_open(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_rtmpt_options *opt)
{
	return rtmp_rtmpt_open_at(io, host, port, opt, NULL);
}
