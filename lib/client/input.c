/*
 * The receive buffer.  A message that is one chunk is left where it lies until
 * it is whole, and the transport fills the room around it:
 *
 *     in                rest                        in + in_size
 *     +-----------------+-----------------+---------+
 *     | 2. what follows | message so far  | 1. tail |
 *     +-----------------+-----------------+---------+
 *
 * Where there is more room behind the tail than before the message, what
 * follows comes there, with the same read.
 */
#include "client/internal.h"

#define ROOM_FIRST (64 << 10) /* for what is announced and not there yet */

static int
grow(struct rtmp *r, size_t size)
{
	size_t rest = r->rest_size != 0 ? (size_t)(r->rest - r->in) : 0;
	uint8_t *in = rtmp_mem_realloc_array(&r->mem, r->in, size, 1);

	if (in == NULL)
		return rtmp_client_fail(r, RTMP_ERR_NOMEM, "%s",
		    rtmp_strerror(RTMP_ERR_NOMEM));
	r->in = in;
	r->in_size = size;
	r->rest = in + rest;
	return 0;
}

int
rtmp_input_reserve(struct rtmp *r, size_t by_default)
{
	size_t size = r->opt.receive_buffer != 0 ? r->opt.receive_buffer :
	    by_default;

	if (size > r->read_size)
		r->read_size = size;
	return r->in_size >= size ? 0 : grow(r, size);
}

void
rtmp_input_clear(struct rtmp *r)
{
	r->rest_size = 0;
	r->rest_need = 0;
	r->second = 0;
	r->is_drained = 0;
}

int
rtmp_input_next(struct rtmp *r, const struct rtmp_event **event)
{
	int n;

	for (;;) {
		n = rtmp_session_recv_whole(r->session, &r->rest,
		    &r->rest_size, event, &r->rest_need);
		if (n != 0 || r->second == 0)
			return n;
		r->rest = r->in;
		r->rest_size = r->second;
		r->second = 0;
	}
}

int
rtmp_input_room(struct rtmp *r)
{
	size_t want = r->rest_need, most = r->rest_size * 2, at;

	if (r->rest_size == 0)
		r->rest = r->in;
	at = (size_t)(r->rest - r->in);
	if (most < ROOM_FIRST)
		most = ROOM_FIRST;
	if (want > most)
		want = most;
	return at + want <= r->in_size ? 0 : grow(r, at + want);
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

int
rtmp_input_read(struct rtmp *r)
{
	size_t before = (size_t)(r->rest - r->in), n = 0, tail = 0, after;
	size_t end = before + r->rest_size, room = r->in_size - end, size;
	struct iovec iov[2];
	int err;

	if (r->rest_size != 0)
		tail = r->rest_need - r->rest_size;
	if (tail > room) {
		tail = room;
		before = 0;
	}
	/* What is larger than asked for serves large messages only. */
	before = min_size(before, r->read_size);
	after = min_size(room - tail, r->read_size);
	iov[0].iov_base = r->in + end;
	iov[0].iov_len = size = before > after ? tail : tail + after;
	if (before > after && r->io.readv != NULL) {
		iov[1].iov_base = r->in;
		iov[1].iov_len = before;
		size += before;
		err = r->io.readv(r->io.ctx, iov, 2, &n);
	} else {
		err = r->io.read(r->io.ctx, iov[0].iov_base, size, &n);
	}
	if (err != 0)
		return err;
	r->is_drained = n < size;
	r->second = n > iov[0].iov_len ? n - iov[0].iov_len : 0;
	r->rest_size += n - r->second;
	return 0;
}
