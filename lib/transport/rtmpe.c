/*
 * RTMPE: the handshake in the clear, then all of it through RC4.
 *
 *     above     C0 C1 C2 | chunks ...            S0 S1 S2 | chunks ...
 *                3073    | ^ RC4                  3073    | ^ RC4
 *     below     C0 C1 C2 | ..........            S0 S1 S2 | ..........
 *
 * The keys come out of the handshake, so nothing behind it is read or taken
 * before they are there.
 */
#include <string.h>

#include <rtmpio/io.h>

#include "base/object.h"

#ifndef RTMP_NO_CRYPTO

#include "crypto/rc4.h"

#define CLEAR_SIZE 3073 /* packets 0, 1 and 2 */
#define SKIPPED 1536	/* bytes of each key stream that are not used */
#define KEY_SIZE 16
#define STREAM_SIZE 16384

struct rtmpe {
	struct rtmp_mem mem;
	struct rtmp_io below;
	size_t clear_in, clear_out; /* bytes still to pass as they are */
	int is_keyed;		    /* rtmp_rtmpe_set_keys() was called */
	int is_plain;		    /* ... with NULL */
	struct rtmp_rc4 in, out;
	/* The key stream of what is written next, as far as it was made. */
	size_t stream_size;
	uint8_t stream[STREAM_SIZE];
};

static int
rtmpe_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct rtmpe *e = ctx;
	int err;

	if (e->clear_in == 0 && !e->is_keyed)
		return RTMP_ERR_AGAIN;
	if (e->clear_in != 0 && size > e->clear_in)
		size = e->clear_in;
	err = e->below.read(e->below.ctx, buf, size, nread);
	if (err != 0)
		return err;
	if (e->clear_in != 0)
		e->clear_in -= *nread;
	else if (!e->is_plain)
		rtmp_rc4_xor(&e->in, buf, *nread);
	return 0;
}

/* ---- Writing ---- */

/* As much of iov as max bytes are. */
static int
write_clear(struct rtmpe *e, const struct iovec *iov, int count, size_t max,
    size_t *nwritten)
{
	struct iovec first;
	int i;

	for (; count > 1 && iov->iov_len == 0; count--)
		iov++;
	for (i = 0; i < count && iov[i].iov_len <= max; i++)
		max -= iov[i].iov_len;
	if (i != 0)
		return e->below.writev(e->below.ctx, iov, i, nwritten);
	first.iov_base = iov[0].iov_base;
	first.iov_len = max;
	return e->below.writev(e->below.ctx, &first, 1, nwritten);
}

/* XORs the pieces with the stream, from byte skip on. */
static void
xor_pieces(struct rtmpe *e, const struct iovec *iov, int count, size_t skip)
{
	size_t pos = 0, i, n;
	const uint8_t *p;

	for (; count-- != 0 && pos < STREAM_SIZE; iov++) {
		p = iov->iov_base;
		n = iov->iov_len < STREAM_SIZE - pos ? iov->iov_len :
		    STREAM_SIZE - pos;
		for (i = pos < skip ? skip - pos : 0; i < n; i++)
			e->stream[pos + i] ^= p[i];
		pos += n;
	}
}

static size_t
total_size(const struct iovec *iov, int count)
{
	size_t size = 0;

	while (count-- != 0 && size < STREAM_SIZE)
		size += iov++->iov_len;
	return size < STREAM_SIZE ? size : STREAM_SIZE;
}

/*
 * The stream becomes the ciphertext.  What below does not take of it becomes
 * the stream again, for whatever is offered then: the same bytes, or others,
 * where the session has changed its mind about what had not left.
 */
static int
write_enciphered(struct rtmpe *e, const struct iovec *iov, int count,
    size_t *nwritten)
{
	struct iovec out;
	size_t size = total_size(iov, count), n = 0;
	int err;

	if (size > e->stream_size) {
		memset(e->stream + e->stream_size, 0, size - e->stream_size);
		rtmp_rc4_xor(&e->out, e->stream + e->stream_size,
		    size - e->stream_size);
		e->stream_size = size;
	}
	xor_pieces(e, iov, count, 0);
	out.iov_base = e->stream;
	out.iov_len = size;
	err = e->below.writev(e->below.ctx, &out, 1, &n);
	if (err != 0)
		n = 0;
	else
		*nwritten = n;
	xor_pieces(e, iov, count, n);
	e->stream_size -= n;
	memmove(e->stream, e->stream + n, e->stream_size);
	return err;
}

static int
rtmpe_writev(void *ctx, const struct iovec *iov, int count,
    size_t *nwritten)
{
	struct rtmpe *e = ctx;
	int err;

	if (e->clear_out != 0) {
		err = write_clear(e, iov, count, e->clear_out, nwritten);
		if (err == 0)
			e->clear_out -= *nwritten;
		return err;
	}
	if (!e->is_keyed)
		return RTMP_ERR_AGAIN;
	if (e->is_plain)
		return e->below.writev(e->below.ctx, iov, count, nwritten);
	return write_enciphered(e, iov, count, nwritten);
}

/* ---- The rest ---- */

/* Without keys there is nothing to be waited for where the clear part of a
 * direction ends. */
static int
rtmpe_wait(void *ctx, int want, int timeout_ms)
{
	struct rtmpe *e = ctx;

	if (!e->is_keyed && e->clear_in == 0)
		want &= ~RTMP_WANT_READ;
	if (!e->is_keyed && e->clear_out == 0)
		want &= ~RTMP_WANT_WRITE;
	return e->below.wait(e->below.ctx, want, timeout_ms);
}

static int
rtmpe_shutdown(void *ctx)
{
	struct rtmpe *e = ctx;

	return e->below.shutdown != NULL ?
	    e->below.shutdown(e->below.ctx) : 0;
}

static void
rtmpe_close(void *ctx)
{
	struct rtmpe *e = ctx;

	if (e->below.close != NULL)
		e->below.close(e->below.ctx);
	rtmp_object_free(e);
}

static const char *
rtmpe_error(void *ctx)
{
	struct rtmpe *e = ctx;

	return e->below.error != NULL ? e->below.error(e->below.ctx) : "";
}

int
rtmp_rtmpe_wrap(struct rtmp_io *io, const struct rtmp_mem *mem)
{
	struct rtmpe *e = rtmp_object_new(mem, sizeof(*e));

	if (e == NULL)
		return RTMP_ERR_NOMEM;
	e->below = *io;
	e->clear_in = e->clear_out = CLEAR_SIZE;
	io->ctx = e;
	io->read = rtmpe_read;
	io->writev = rtmpe_writev;
	io->wait = rtmpe_wait;
	io->shutdown = rtmpe_shutdown;
	io->close = rtmpe_close;
	io->error = rtmpe_error;
	return 0;
}

void
rtmp_rtmpe_set_keys(struct rtmp_io *io, const uint8_t *send,
    const uint8_t *recv)
{
	struct rtmpe *e = io->ctx;

	e->is_keyed = 1;
	e->is_plain = send == NULL;
	if (send == NULL)
		return;
	rtmp_rc4_init(&e->out, send, KEY_SIZE);
	rtmp_rc4_skip(&e->out, SKIPPED);
	rtmp_rc4_init(&e->in, recv, KEY_SIZE);
	rtmp_rc4_skip(&e->in, SKIPPED);
}

#else

int
rtmp_rtmpe_wrap(struct rtmp_io *io, const struct rtmp_mem *mem)
{
	(void)io;
	(void)mem;
	return RTMP_ERR_UNSUPPORTED;
}

void
rtmp_rtmpe_set_keys(struct rtmp_io *io, const uint8_t *send,
    const uint8_t *recv)
{
	(void)io;
	(void)send;
	(void)recv;
}

#endif
