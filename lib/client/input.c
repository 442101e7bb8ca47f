/*
 * The receive buffer.  What belongs to a message that is not whole stays in
 * it, put together by the session, and the transport fills the room behind:
 *
 *     in          rest                                       in + in_size
 *     +-----------+-----------------+-------------------------+
 *     |   taken   | message so far  | room for the next read  |
 *     +-----------+-----------------+-------------------------+
 *
 * A message of which little has come, or that has little room behind it, moves
 * to the beginning first.
 */
#include <string.h>

#include "client/internal.h"

#define ROOM_FIRST (64 << 10) /* for what is announced and not there yet */
/* Of one read: more does not stay in a CPU's cache until it is looked at. */
#define READ_MOST (128 << 10)
#define MOVE_MOST (16 << 10) /* what is larger moves only when it must */
#define HEADER_MOST 18 /* of a chunk */
#define LINE 64 /* bytes of a cache line: the kernel copies whole ones fast */

static int
grow(struct rtmp *r, size_t size)
{
	size_t at = r->in != NULL ? (size_t)(r->rest - r->in) : 0;
	uint8_t *in = rtmp_mem_realloc_array(&r->mem, r->in, size, 1);

	if (in == NULL)
		return rtmp_client_fail_plain(r, RTMP_ERR_NOMEM);
	r->in = in;
	r->in_size = size;
	r->rest = in + at;
	return 0;
}

int
rtmp_input_reserve(struct rtmp *r, size_t by_default)
{
	size_t size = r->opt.receive_buffer != 0 ? r->opt.receive_buffer :
	    by_default;

	return r->in_size >= size ? 0 : grow(r, size);
}

void
rtmp_input_clear(struct rtmp *r)
{
	r->rest = r->in;
	r->rest_size = 0;
	r->rest_need = 0;
	r->is_drained = 0;
}

RTMP_HOT int
rtmp_input_next(struct rtmp *r, const struct rtmp_event **event)
{
	return rtmp_session_recv_in_place(r->session, &r->rest,
	    &r->rest_size, event, &r->rest_need);
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Bytes that must fit behind those that are there: of the message under way,
 * as much as has come of it, since the rest is only announced. */
static size_t
wanted(const struct rtmp *r)
{
	size_t most = r->rest_size * 2;

	if (r->rest_need <= r->rest_size)
		return HEADER_MOST;
	if (most < ROOM_FIRST)
		most = ROOM_FIRST;
	return min_size(r->rest_need - r->rest_size, most);
}

static size_t
room_behind(const struct rtmp *r)
{
	return (size_t)(r->in + r->in_size - r->rest) - r->rest_size;
}

/* To the beginning, so that what follows begins with a cache line. */
static void
move_rest(struct rtmp *r)
{
	uint8_t *to = r->in;

	if (r->rest_size + LINE <= r->in_size)
		to += (LINE - ((uintptr_t)to + r->rest_size) % LINE) % LINE;
	if (to == r->rest)
		return;
	memmove(to, r->rest, r->rest_size);
	r->rest = to;
}

RTMP_HOT int
rtmp_input_room(struct rtmp *r)
{
	size_t want = wanted(r);

	if (r->rest_size <= MOVE_MOST || room_behind(r) < READ_MOST)
		move_rest(r);
	if (room_behind(r) >= want)
		return 0;
	return grow(r, (size_t)(r->rest - r->in) + r->rest_size + want);
}

RTMP_HOT int
rtmp_input_read(struct rtmp *r)
{
	size_t n = 0, size = min_size(room_behind(r), READ_MOST);
	int err = r->io.read(r->io.ctx, r->rest + r->rest_size, size, &n);

	if (err != 0)
		return err;
	r->is_drained = n < size;
	r->rest_size += n;
	return 0;
}
