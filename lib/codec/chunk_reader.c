/*
 * Chunks to messages, RTMP 1.0 section 5.3.
 *
 *     +---+-----------+
 *     |fmt|   csid    |  2 to 63; 0: 64 + the next byte; 1: 64 + the next two
 *     +---+-----------+  bytes, low byte first
 *
 *     fmt 0   timestamp 3 | length 3 | type 1 | msid 4, low byte first
 *     fmt 1   delta 3     | length 3 | type 1
 *     fmt 2   delta 3
 *     fmt 3   nothing: goes on with a message, or starts one like the last
 *     any     | extended timestamp 4, where the 3 bytes are ffffff
 *     payload | the chunk size, or what is left of the message
 *
 * The reader stands before a header (left is 0) or in the payload of a chunk
 * (left bytes of it are to come).  Headers are read where they lie; the start
 * of one that is not whole waits in carry.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rtmpio/chunk.h>

#include "base/mem.h"
#include "base/wire.h"

#define MESSAGE_SIZE_DEFAULT (8u << 20)
#define PARTIAL_SIZE_DEFAULT (16u << 20)
#define CHUNK_STREAMS_DEFAULT 64u
#define STREAMS_FIRST 4u
/* What is allocated because a header announces it, before it is there. */
#define BODY_FIRST 65536u
#define EXTENDED 0xffffffu

struct chunk_stream {
	uint8_t *body;	    /* payload so far; NULL while none is copied */
	uint32_t cap;	    /* bytes allocated at body */
	uint32_t csid;
	uint32_t msid;
	uint32_t timestamp; /* of the message, absolute */
	uint32_t field;	    /* time or delta of the last fmt 0, 1 or 2 */
	uint32_t length;    /* of the message */
	uint32_t rest;	    /* of which is to come; 0: it is finished */
	uint8_t type;
	uint8_t extended;   /* field was an extended timestamp */
};

struct rtmp_chunk_reader {
	struct chunk_stream *cur; /* of the last chunk; NULL at first */
	uint32_t left;		  /* bytes to come of its payload */
	uint32_t chunk_size;
	uint32_t skip;		  /* bytes of an aborted chunk to ignore */
	uint8_t carry_size;
	uint8_t carry[RTMP_CHUNK_HEADER_MAX];
	int err;
	struct chunk_stream *streams;
	unsigned count;
	unsigned cap;
	/* The body of the last message, lent to the caller, and the one that
	 * the next split message takes. */
	uint8_t *lent;
	uint8_t *spare;
	uint32_t lent_cap;
	uint32_t spare_cap;
	size_t partial; /* bytes allocated for bodies of all streams */
	struct rtmp_chunk_limits limits;
	struct rtmp_mem mem;
	char error[96];
};

static int
fail(struct rtmp_chunk_reader *r, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, sizeof(r->error), format, args);
	va_end(args);
	return r->err = err;
}

static int
fail_nomem(struct rtmp_chunk_reader *r)
{
	return fail(r, RTMP_ERR_NOMEM, "out of memory");
}

static uint32_t
min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
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

/* ---- Bodies ---- */

/* Keeps the larger of body and what is spare already. */
static void
body_keep(struct rtmp_chunk_reader *r, uint8_t *body, uint32_t cap)
{
	if (cap > r->spare_cap) {
		rtmp_mem_free(&r->mem, r->spare);
		r->spare = body;
		r->spare_cap = cap;
	} else {
		rtmp_mem_free(&r->mem, body);
	}
}

/* Takes body and cap out of cs. */
static void
body_detach(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	r->partial -= cs->cap;
	cs->body = NULL;
	cs->cap = 0;
}

static void
message_drop(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	uint8_t *body = cs->body;
	uint32_t cap = cs->cap;

	cs->rest = 0;
	body_detach(r, cs);
	if (body != NULL)
		body_keep(r, body, cap);
}

/* Gives cs the spare body, unless that would use up partial_size for a
 * message much smaller than it. */
static void
body_take_spare(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	size_t waste = r->limits.partial_size / 16;

	if (r->spare == NULL || r->spare_cap > cs->length + waste ||
	    r->spare_cap > r->limits.partial_size - r->partial)
		return;
	cs->body = r->spare;
	cs->cap = r->spare_cap;
	r->partial += r->spare_cap;
	r->spare = NULL;
	r->spare_cap = 0;
}

/* Makes room for size bytes of the message, so that what is allocated follows
 * what has come and not what was announced. */
static int
body_reserve(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    uint32_t size)
{
	uint32_t cap;
	uint8_t *body;

	if (cs->body == NULL)
		body_take_spare(r, cs);
	if (size <= cs->cap)
		return 0;
	cap = cs->cap < BODY_FIRST / 2 ? BODY_FIRST : cs->cap * 2;
	while (cap < size)
		cap *= 2;
	cap = min32(cap, cs->length);
	if (cap > r->limits.partial_size - (r->partial - cs->cap))
		return fail(r, RTMP_ERR_LIMIT, "unfinished messages exceed "
		    "the limit of %lu bytes",
		    (unsigned long)r->limits.partial_size);
	body = rtmp_mem_realloc_array(&r->mem, cs->body, cap, 1);
	if (body == NULL)
		return fail_nomem(r);
	r->partial += cap - cs->cap;
	cs->body = body;
	cs->cap = cap;
	return 0;
}

/* ---- Headers ---- */

static struct chunk_stream *
stream_find(struct rtmp_chunk_reader *r, uint32_t csid)
{
	unsigned i;

	if (r->cur != NULL && r->cur->csid == csid)
		return r->cur;
	for (i = 0; i < r->count; i++)
		if (r->streams[i].csid == csid)
			return r->cur = &r->streams[i];
	return NULL;
}

/* NULL on failure. */
static struct chunk_stream *
stream_add(struct rtmp_chunk_reader *r, uint32_t csid)
{
	struct chunk_stream *streams;
	unsigned cap;

	if (r->count >= r->limits.chunk_streams) {
		fail(r, RTMP_ERR_LIMIT, "more than %u chunk streams",
		    r->limits.chunk_streams);
		return NULL;
	}
	if (r->count == r->cap) {
		cap = r->cap == 0 ? STREAMS_FIRST : r->cap * 2;
		if (cap > r->limits.chunk_streams)
			cap = r->limits.chunk_streams;
		streams = rtmp_mem_realloc_array(&r->mem, r->streams, cap,
		    sizeof(*streams));
		if (streams == NULL) {
			fail_nomem(r);
			return NULL;
		}
		r->streams = streams;
		r->cap = cap;
	}
	r->cur = &r->streams[r->count++];
	memset(r->cur, 0, sizeof(*r->cur));
	r->cur->csid = csid;
	return r->cur;
}

/* The header of the next chunk of cs is size bytes long. */
static int
chunk_begin(struct rtmp_chunk_reader *r, const struct chunk_stream *cs,
    size_t size)
{
	r->left = min32(r->chunk_size, cs->rest);
	return (int)size;
}

/*
 * Whether field stands again at p, of n bytes, in a chunk that goes on with a
 * message: the specification wants it there, old peers omit it.  What
 * differs from it is payload.  Returns 4, 0, or -1 for too few bytes.
 */
static int
extended_repeated(uint32_t field, const uint8_t *p, size_t n)
{
	uint8_t want[4];

	rtmp_put_be32(want, field);
	if (memcmp(want, p, n < 4 ? n : 4) != 0)
		return 0;
	return n < 4 ? -1 : 4;
}

/* Type 3, of whose header size bytes are read.  Returns as header_parse(). */
static int
header_type3(struct rtmp_chunk_reader *r, uint32_t csid, const uint8_t *p,
    size_t size, size_t n)
{
	struct chunk_stream *cs = stream_find(r, csid);
	int more;

	if (cs == NULL)
		return fail(r, RTMP_ERR_PROTO, "chunk stream %lu: type 3 "
		    "chunk without a message before it", (unsigned long)csid);
	if (cs->rest != 0) {
		if (cs->extended) {
			more = extended_repeated(cs->field, p + size,
			    n - size);
			if (more < 0)
				return 0;
			size += (size_t)more;
		}
		return chunk_begin(r, cs, size);
	}
	if (cs->extended) {
		if (n - size < 4)
			return 0;
		cs->field = rtmp_get_be32(p + size);
		size += 4;
	}
	/* After a type 0 the delta is its time, section 5.3.1.2.4. */
	cs->timestamp += cs->field;
	cs->rest = cs->length;
	return chunk_begin(r, cs, size);
}

/* Types 0 to 2: the fields at p belong to cs and are whole. */
static int
header_apply(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    unsigned fmt, const uint8_t *p)
{
	uint32_t length = cs->length;
	uint8_t type = cs->type;

	if (fmt < 2) {
		length = rtmp_get_be24(p + 3);
		type = p[6];
	}
	if (fmt == 0 && cs->rest != 0)
		message_drop(r, cs);
	if (cs->rest != 0) {
		/* The header goes on with the message whose time is known. */
		if (length != cs->length || type != cs->type)
			return fail(r, RTMP_ERR_PROTO, "chunk stream %lu: "
			    "length or type changes in the middle of a "
			    "message", (unsigned long)cs->csid);
		return 0;
	}
	if (length > r->limits.message_size)
		return fail(r, RTMP_ERR_LIMIT, "chunk stream %lu: message of "
		    "%lu bytes exceeds the limit of %lu",
		    (unsigned long)cs->csid, (unsigned long)length,
		    (unsigned long)r->limits.message_size);
	cs->length = length;
	cs->rest = length;
	cs->type = type;
	if (fmt == 0) {
		cs->msid = rtmp_get_le32(p + 7);
		cs->timestamp = cs->field;
	} else {
		cs->timestamp += cs->field;
	}
	return 0;
}

/* Takes the header at p, of n > 0 bytes.  Returns its size; 0, with nothing
 * taken, when it is not whole; or an error. */
static int
header_parse(struct rtmp_chunk_reader *r, const uint8_t *p, size_t n)
{
	static const uint8_t sizes[3] = { 11, 7, 3 };
	uint32_t csid = p[0] & 0x3f, field;
	unsigned fmt = p[0] >> 6;
	size_t basic = 1, size;
	struct chunk_stream *cs;

	if (csid < 2) {
		basic = csid + 2;
		if (n < basic)
			return 0;
		csid = 64u + p[1] + (basic == 3 ? p[2] * 256u : 0);
	}
	if (fmt == 3)
		return header_type3(r, csid, p, basic, n);
	size = basic + sizes[fmt];
	if (n < size)
		return 0;
	field = rtmp_get_be24(p + basic);
	if (field == EXTENDED) {
		if (n < size + 4)
			return 0;
		field = rtmp_get_be32(p + size);
		size += 4;
	}
	cs = stream_find(r, csid);
	if (cs == NULL) {
		/* Real peers begin with type 1: it counts from zero. */
		if (fmt == 2)
			return fail(r, RTMP_ERR_PROTO, "chunk stream %lu: "
			    "type 2 chunk without a message before it",
			    (unsigned long)csid);
		cs = stream_add(r, csid);
		if (cs == NULL)
			return r->err;
	}
	cs->field = field;
	cs->extended = field >= EXTENDED;
	if (header_apply(r, cs, fmt, p + basic) != 0)
		return r->err;
	return chunk_begin(r, cs, size);
}

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
			n = header_parse(r, r->carry, r->carry_size);
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

/* Returns 1 when cur and left are set, 0 when the bytes ran out. */
static int
read_header(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *size)
{
	int n;

	if (r->carry_size != 0 || r->skip != 0)
		return read_split_header(r, data, size);
	if (*size == 0)
		return 0;
	n = header_parse(r, *data, *size);
	if (n < 0)
		return n;
	if (n == 0) {
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

/* ---- Payloads ---- */

static inline int
payload_append(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    const uint8_t *p, uint32_t n)
{
	uint32_t done = cs->length - cs->rest;

	if (n > cs->cap - done && body_reserve(r, cs, done + n) != 0)
		return r->err;
	memcpy(cs->body + done, p, n);
	cs->rest -= n;
	return 0;
}

/* Bytes that were looked at for an extended timestamp. */
static int
payload_from_carry(struct rtmp_chunk_reader *r)
{
	uint32_t n = min32(r->carry_size, r->left);

	if (n != 0 && payload_append(r, r->cur, r->carry, n) != 0)
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
			if (payload_append(r, cs, p, n) != 0)
				return r->err;
			p += n;
			avail -= n;
			left -= n;
		}
		/* Most headers are this one byte: the message goes on. */
		if (avail == 0 || cs->rest == 0 || cs->extended ||
		    *p != 0xc0 + cs->csid)
			break;
		p++;
		avail--;
		left = min32(r->chunk_size, cs->rest);
	}
	r->left = left;
	*data = p;
	*size = avail;
	return left == 0;
}

static int
message_deliver(struct rtmp_chunk_reader *r, const uint8_t *payload,
    struct rtmp_message *msg)
{
	struct chunk_stream *cs = r->cur;

	msg->csid = cs->csid;
	msg->msid = cs->msid;
	msg->type = cs->type;
	msg->timestamp = cs->timestamp;
	msg->payload = payload;
	msg->size = cs->length;
	if (cs->body != NULL) {
		msg->payload = cs->body;
		r->lent = cs->body;
		r->lent_cap = cs->cap;
		body_detach(r, cs);
	}
	return 1;
}

/* need is NULL when a payload that is not whole is to be copied. */
static inline int
reader_next(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *size,
    struct rtmp_message *msg, size_t *need)
{
	const uint8_t *payload;
	uint32_t left;
	int ret;

	if (r->err != 0)
		return r->err;
	if (r->lent != NULL) {
		body_keep(r, r->lent, r->lent_cap);
		r->lent = NULL;
	}
	for (;;) {
		if (r->left == 0) {
			ret = read_header(r, data, size);
			if (ret <= 0)
				return ret;
		}
		left = r->left;
		if (left == r->cur->length && r->carry_size == 0 &&
		    left > *size && need != NULL) {
			*need = left;
			return 0;
		}
		if (left == r->cur->length && left <= *size &&
		    r->carry_size == 0) {
			payload = *data;
			*data += left;
			*size -= left;
			r->left = 0;
			r->cur->rest = 0;
			return message_deliver(r, payload, msg);
		}
		ret = payload_copy(r, data, size);
		if (ret <= 0)
			return ret;
		if (r->cur->rest == 0)
			return message_deliver(r, *data, msg);
	}
}

int
rtmp_chunk_reader_next(struct rtmp_chunk_reader *r, const uint8_t **data,
    size_t *size, struct rtmp_message *msg)
{
	return reader_next(r, data, size, msg, NULL);
}

int
rtmp_chunk_reader_next_whole(struct rtmp_chunk_reader *r,
    const uint8_t **data, size_t *size, struct rtmp_message *msg,
    size_t *need)
{
	*need = 0;
	return reader_next(r, data, size, msg, need);
}

/* ---- What control messages change ---- */

int
rtmp_chunk_reader_set_size(struct rtmp_chunk_reader *r, uint32_t chunk_size)
{
	if (r->err != 0)
		return r->err;
	if (chunk_size == 0 || chunk_size > RTMP_CHUNK_SIZE_MAX)
		return fail(r, RTMP_ERR_PROTO, "chunk size %lu is not 1 to "
		    "%lu", (unsigned long)chunk_size,
		    (unsigned long)RTMP_CHUNK_SIZE_MAX);
	r->chunk_size = chunk_size;
	return 0;
}

void
rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r, uint32_t csid)
{
	struct chunk_stream *cur = r->cur, *cs = stream_find(r, csid);

	r->cur = cur;
	if (cs == NULL || cs->rest == 0)
		return;
	if (cs == cur) {
		r->skip += r->left;
		r->left = 0;
	}
	message_drop(r, cs);
}

const char *
rtmp_chunk_reader_error(const struct rtmp_chunk_reader *r)
{
	return r->error;
}
