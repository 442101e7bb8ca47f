/*
 * Chunks to messages, RTMP 1.0 section 5.3: a header, which chunk_header.c
 * takes, and a payload of the chunk size or of what is left of the message.
 *
 * The reader stands before a header (left is 0) or in the payload of a chunk
 * (left bytes of it are to come).  The payload of a message is
 *
 *     where it lies      when it is one chunk, and whole
 *     put together       in the caller's buffer, if that may be written to:
 *     where it lies      held bytes of it are there, the next chunk is moved
 *                        over its header, which is what costs least
 *     in a body          else, such as when chunks of messages take turns
 *
 * Headers are read where they lie; the start of one that is not whole stays in
 * the caller's buffer, or waits in carry.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "codec/chunk_reader.h"

#define MESSAGE_SIZE_DEFAULT (8u << 20)
#define PARTIAL_SIZE_DEFAULT (16u << 20)
#define CHUNK_STREAMS_DEFAULT 64u

#define AGAIN 2 /* another chunk has begun */

int
rtmp_chunk_reader_fail(struct rtmp_chunk_reader *r, int err,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, sizeof(r->error), format, args);
	va_end(args);
	return r->err = err;
}

int
rtmp_chunk_reader_fail_nomem(struct rtmp_chunk_reader *r)
{
	return rtmp_chunk_reader_fail(r, RTMP_ERR_NOMEM, "out of memory");
}

int
rtmp_chunk_reader_new(struct rtmp_chunk_reader **out,
    const struct rtmp_chunk_limits *limits, const struct rtmp_mem *mem)
{
	struct rtmp_mem m = rtmp_mem_or_libc(mem);
	struct rtmp_chunk_reader *r = rtmp_mem_zalloc(&m, sizeof(*r));

	*out = r;
	if (r == NULL)
		return RTMP_ERR_NOMEM;
	r->mem = m;
	r->chunk_size = RTMP_CHUNK_SIZE_DEFAULT;
	if (limits != NULL)
		r->limits = *limits;
	if (r->limits.message_size == 0)
		r->limits.message_size = MESSAGE_SIZE_DEFAULT;
	if (r->limits.partial_size == 0)
		r->limits.partial_size = PARTIAL_SIZE_DEFAULT;
	if (r->limits.chunk_streams == 0)
		r->limits.chunk_streams = CHUNK_STREAMS_DEFAULT;
	return 0;
}

void
rtmp_chunk_reader_free(struct rtmp_chunk_reader *r)
{
	struct rtmp_mem mem;
	unsigned i;

	if (r == NULL)
		return;
	mem = r->mem;
	for (i = 0; i < r->count; i++)
		rtmp_mem_free(&mem, r->streams[i].body);
	rtmp_mem_free(&mem, r->streams);
	rtmp_mem_free(&mem, r->lent);
	rtmp_mem_free(&mem, r->spare);
	rtmp_mem_free(&mem, r);
}

/* ---- Headers ---- */

static void
carry_drop(struct rtmp_chunk_reader *r, size_t n)
{
	r->carry_size = (uint8_t)(r->carry_size - n);
	memmove(r->carry, r->carry + n, r->carry_size);
}

/* A header that began in an earlier call, or bytes that an Abort left. */
static int
read_split_header(struct rtmp_chunk_reader *r, const uint8_t **data,
    size_t *size)
{
	size_t skip = r->skip < *size ? r->skip : *size;
	int n = 0;

	r->skip -= (uint32_t)skip;
	*data += skip;
	*size -= skip;
	for (;;) {
		if (r->carry_size != 0)
			n = rtmp_chunk_header_take(r, r->carry,
			    r->carry_size);
		if (n != 0)
			break;
		if (*size == 0)
			return 0;
		r->carry[r->carry_size++] = *(*data)++;
		--*size;
	}
	if (n < 0)
		return n;
	carry_drop(r, (size_t)n);
	return 1;
}

/* Returns 1 when cur and left are set, 0 when the bytes ran out: those of a
 * header that is not whole are left if they may be, else carried. */
static inline int
read_header(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *size,
    int may_leave)
{
	int n;

	if (r->carry_size != 0 || r->skip != 0)
		return read_split_header(r, data, size);
	if (*size == 0)
		return 0;
	n = rtmp_chunk_header_take(r, *data, *size);
	if (n < 0)
		return n;
	if (n == 0) {
		if (may_leave)
			return 0;
		memcpy(r->carry, *data, *size);
		r->carry_size = (uint8_t)*size;
		*data += *size;
		*size = 0;
		return 0;
	}
	*data += n;
	*size -= (size_t)n;
	return 1;
}

/* Whether p, of size bytes, is the header of one byte behind which the message
 * goes on, as most headers are. */
static inline int
goes_on(const struct chunk_stream *cs, const uint8_t *p, size_t size)
{
	return size != 0 && *p == 0xc0 + cs->csid && !cs->extended;
}

/* ---- Payloads in a body ---- */

/* Bytes that were looked at for an extended timestamp. */
static int
payload_from_carry(struct rtmp_chunk_reader *r)
{
	uint32_t n = rtmp_chunk_min(r->carry_size, r->left);

	if (n != 0 && rtmp_chunk_body_append(r, r->cur, r->carry, n) != 0)
		return r->err;
	r->left -= n;
	carry_drop(r, n);
	return 0;
}

/* Returns 1 at the end of a chunk, 0 when the bytes ran out. */
static int
payload_copy(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *size)
{
	struct chunk_stream *cs = r->cur;
	const uint8_t *p = *data;
	size_t avail = *size;
	uint32_t n, left;

	if (r->carry_size != 0 && payload_from_carry(r) != 0)
		return r->err;
	left = r->left;
	for (;;) {
		n = left <= avail ? left : (uint32_t)avail;
		if (n != 0) {
			if (rtmp_chunk_body_append(r, cs, p, n) != 0)
				return r->err;
			p += n;
			avail -= n;
			left -= n;
		}
		if (cs->rest == 0 || left != 0 || !goes_on(cs, p, avail))
			break;
		p++;
		avail--;
		left = rtmp_chunk_min(r->chunk_size, cs->rest);
	}
	r->left = left;
	*data = p;
	*size = avail;
	return left == 0;
}

/* Moves the payload that is held at p into a body. */
static int
payload_take_held(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    const uint8_t *p)
{
	uint32_t held = r->held;

	r->held = 0;
	cs->rest += held;
	return rtmp_chunk_body_append(r, cs, p, held);
}

/* ---- Payloads where they lie ---- */

/*
 * The header at *p, of *size bytes, behind the held payload of cur, which lies
 * at body.  Returns 1 where the message goes on behind it, AGAIN where another
 * one does, both with *p behind it; 0 when it is not whole, or an error.
 */
static int
take_next_header(struct rtmp_chunk_reader *r, const uint8_t *body,
    const uint8_t **p, size_t *size)
{
	size_t i = (size_t)(r->cur - r->streams);
	int begins = **p < 0x40, n;

	n = rtmp_chunk_header_take(r, *p, *size);
	if (n <= 0)
		return n;
	*p += n;
	*size -= (size_t)n;
	if (r->cur != &r->streams[i]) {
		n = payload_take_held(r, &r->streams[i], body);
		return n != 0 ? n : AGAIN;
	}
	if (begins) {
		r->held = 0;
		return AGAIN;
	}
	return 1;
}

/*
 * Puts the message of cur together at body, where held bytes of it are, and
 * others behind them, *size in all.  Returns 1 when it is whole; 0 when the
 * bytes ran out, which are then all at body; AGAIN; or an error.  *next and
 * *size are what is left.
 */
static int
payload_join(struct rtmp_chunk_reader *r, uint8_t *body, size_t *size,
    const uint8_t **next)
{
	struct chunk_stream *cs = r->cur;
	uint8_t *to = body + r->held;
	const uint8_t *p = to;
	size_t avail = *size - r->held;
	uint32_t left = r->left, n;
	int ret = 0;

	for (;;) {
		n = left <= avail ? left : (uint32_t)avail;
		if (p != to)
			memmove(to, p, n);
		to += n;
		p += n;
		avail -= n;
		left -= n;
		cs->rest -= n;
		if (cs->rest == 0) {
			ret = 1;
			break;
		}
		if (left != 0 || avail == 0)
			break;
		if (goes_on(cs, p, avail)) {
			p++;
			avail--;
			left = rtmp_chunk_min(r->chunk_size, cs->rest);
			continue;
		}
		r->held = (uint32_t)(to - body);
		ret = take_next_header(r, body, &p, &avail);
		if (ret != 1)
			break;
		ret = 0;
		left = r->left;
	}
	if (ret == 0) {
		r->held = (uint32_t)(to - body);
		r->left = left;
		if (p != to)
			memmove(to, p, avail);
		p = body;
		avail += r->held;
	} else if (ret == 1) {
		r->held = 0;
		r->left = 0;
	}
	*next = p;
	*size = avail;
	return ret;
}

/* ---- Messages ---- */

static inline int
deliver(struct rtmp_chunk_reader *r, const uint8_t *payload,
    struct rtmp_message *msg)
{
	struct chunk_stream *cs = r->cur;

	msg->csid = cs->csid;
	msg->msid = cs->msid;
	msg->type = cs->type;
	msg->timestamp = cs->timestamp;
	msg->payload = payload;
	msg->size = cs->length;
	if (cs->body != NULL)
		msg->payload = rtmp_chunk_body_lend(r, cs);
	return 1;
}

int
rtmp_chunk_reader_next(struct rtmp_chunk_reader *r, const uint8_t **data,
    size_t *size, struct rtmp_message *msg)
{
	const uint8_t *payload;
	uint32_t left;
	int ret;

	if (r->err != 0)
		return r->err;
	if (r->lent != NULL)
		rtmp_chunk_body_release(r);
	if (r->held != 0) {
		left = r->held;
		if (payload_take_held(r, r->cur, *data) != 0)
			return r->err;
		*data += left;
		*size -= left;
	}
	for (;;) {
		if (r->left == 0) {
			ret = read_header(r, data, size, 0);
			if (ret <= 0)
				return ret;
		}
		left = r->left;
		if (left == r->cur->length && left <= *size &&
		    r->carry_size == 0) {
			payload = *data;
			*data += left;
			*size -= left;
			r->left = 0;
			r->cur->rest = 0;
			return deliver(r, payload, msg);
		}
		ret = payload_copy(r, data, size);
		if (ret <= 0)
			return ret;
		if (r->cur->rest == 0)
			return deliver(r, *data, msg);
	}
}

/* Whether the payload of cur may stay in the caller's buffer. */
static inline int
is_in_place(const struct rtmp_chunk_reader *r)
{
	return r->cur->rest + r->held == r->cur->length && r->carry_size == 0;
}

/* Of the bytes of a caller who lets them be written to. */
static inline uint8_t *
writable(const uint8_t *p)
{
	return (uint8_t *)(uintptr_t)p;
}

/* Any message, from any state. */
RTMP_HOT static int
next_joined(struct rtmp_chunk_reader *r, uint8_t **data, size_t *size,
    struct rtmp_message *msg, size_t *need)
{
	uint8_t *at;
	const uint8_t *p;
	int ret = 0, joins;

	for (;;) {
		p = at = *data;
		/* Behind AGAIN it was read, be it of an empty message. */
		if (r->left == 0 && r->held == 0 && ret != AGAIN) {
			ret = read_header(r, &p, size, 1);
			*data = at = writable(p);
			if (ret <= 0) {
				*need = *size != 0 ? RTMP_CHUNK_HEADER_MAX : 0;
				return ret;
			}
		}
		joins = is_in_place(r);
		ret = joins ? payload_join(r, at, size, &p) :
		    payload_copy(r, &p, size);
		*data = writable(p);
		if (ret == 0 && joins)
			*need = r->cur->length;
		if (ret <= 0)
			return ret;
		if (ret != AGAIN && r->cur->rest == 0)
			return deliver(r, at, msg);
	}
}

RTMP_HOT int
rtmp_chunk_reader_next_in_place(struct rtmp_chunk_reader *r, uint8_t **data,
    size_t *size, struct rtmp_message *msg, size_t *need)
{
	struct chunk_stream *cs;
	uint8_t *payload;
	int n;

	*need = 0;
	if (r->err != 0)
		return r->err;
	if (r->lent != NULL)
		rtmp_chunk_body_release(r);
	if (*size < r->held) {
		*need = r->cur->length;
		return 0;
	}
	if ((r->left | r->held | r->skip | r->carry_size) != 0 || *size == 0)
		return next_joined(r, data, size, msg, need);
	/* Most messages are one chunk, and lie before us whole. */
	n = rtmp_chunk_header_take(r, *data, *size);
	if (n <= 0) {
		*need = RTMP_CHUNK_HEADER_MAX;
		return n;
	}
	cs = r->cur;
	payload = *data + n;
	*size -= (size_t)n;
	*data = payload;
	if (r->left != cs->length || r->left > *size)
		return next_joined(r, data, size, msg, need);
	*data += r->left;
	*size -= r->left;
	r->left = 0;
	cs->rest = 0;
	return deliver(r, payload, msg);
}

/* ---- What control messages change ---- */

int
rtmp_chunk_reader_set_size(struct rtmp_chunk_reader *r, uint32_t chunk_size)
{
	if (r->err != 0)
		return r->err;
	if (chunk_size == 0 || chunk_size > RTMP_CHUNK_SIZE_MAX)
		return rtmp_chunk_reader_fail(r, RTMP_ERR_PROTO, "chunk size "
		    "%lu is not 1 to %lu", (unsigned long)chunk_size,
		    (unsigned long)RTMP_CHUNK_SIZE_MAX);
	r->chunk_size = chunk_size;
	return 0;
}

void
rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r, uint32_t csid)
{
	struct chunk_stream *cs = rtmp_chunk_stream_find(r, csid);

	if (cs == NULL || cs->rest == 0)
		return;
	if (cs == r->cur) {
		r->skip += r->held + r->left;
		r->held = 0;
		r->left = 0;
	}
	rtmp_chunk_body_drop(r, cs);
}

const char *
rtmp_chunk_reader_error(const struct rtmp_chunk_reader *r)
{
	return r->error;
}
