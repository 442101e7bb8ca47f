/*
 * Chunk headers, RTMP 1.0 section 5.3.1.
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
 */
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/wire.h"
#include "codec/chunk_reader.h"

#define STREAMS_FIRST 4u
#define EXTENDED 0xffffffu

/* ---- The table of chunk streams ---- */

static struct chunk_stream *
search(const struct rtmp_chunk_reader *r, uint32_t csid)
{
	unsigned i;

	for (i = 0; i < r->count; i++)
		if (r->streams[i].csid == csid)
			return &r->streams[i];
	return NULL;
}

static inline struct chunk_stream *
find(const struct rtmp_chunk_reader *r, uint32_t csid)
{
	if (csid < RTMP_CHUNK_SHORT_CSIDS && r->short_csids[csid] != 0)
		return &r->streams[r->short_csids[csid] - 1];
	return search(r, csid);
}

struct chunk_stream *
rtmp_chunk_stream_find(const struct rtmp_chunk_reader *r, uint32_t csid)
{
	return find(r, csid);
}

/* NULL on failure. */
static struct chunk_stream *
add(struct rtmp_chunk_reader *r, uint32_t csid)
{
	struct chunk_stream *streams, *cs;
	unsigned cap;

	if (r->count >= r->limits.chunk_streams) {
		rtmp_chunk_reader_fail(r, RTMP_ERR_LIMIT,
		    "more than %u chunk streams", r->limits.chunk_streams);
		return NULL;
	}
	if (r->count == r->cap) {
		cap = r->cap == 0 ? STREAMS_FIRST : r->cap * 2;
		if (cap > r->limits.chunk_streams)
			cap = r->limits.chunk_streams;
		streams = rtmp_mem_realloc_array(&r->mem, r->streams, cap,
		    sizeof(*streams));
		if (streams == NULL) {
			rtmp_chunk_reader_fail_nomem(r);
			return NULL;
		}
		r->streams = streams;
		r->cap = cap;
	}
	cs = &r->streams[r->count++];
	memset(cs, 0, sizeof(*cs));
	cs->csid = csid;
	if (csid < RTMP_CHUNK_SHORT_CSIDS && r->count <= UINT8_MAX)
		r->short_csids[csid] = (uint8_t)r->count;
	return cs;
}

/* ---- Headers ---- */

/* The header of the next chunk of cs is size bytes long. */
static inline int
begin(struct rtmp_chunk_reader *r, struct chunk_stream *cs, size_t size)
{
	r->cur = cs;
	r->left = rtmp_chunk_min(r->chunk_size, cs->rest);
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

/* Type 3, of whose header size bytes are read.  Returns as
 * rtmp_chunk_header_take(). */
static int
take_type3(struct rtmp_chunk_reader *r, uint32_t csid, const uint8_t *p,
    size_t size, size_t n)
{
	struct chunk_stream *cs = find(r, csid);
	int more;

	if (cs == NULL)
		return rtmp_chunk_reader_fail(r, RTMP_ERR_PROTO, "chunk "
		    "stream %lu: type 3 chunk without a message before it",
		    (unsigned long)csid);
	if (cs->rest != 0) {
		if (cs->extended) {
			more = extended_repeated(cs->field, p + size,
			    n - size);
			if (more < 0)
				return 0;
			size += (size_t)more;
		}
		return begin(r, cs, size);
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
	return begin(r, cs, size);
}

/* A header of type 1 or 2 in the middle of a message: it goes on with it, and
 * the time is known. */
static int
check_same(struct rtmp_chunk_reader *r, const struct chunk_stream *cs,
    uint32_t length, uint8_t type)
{
	if (length == cs->length && type == cs->type)
		return 0;
	return rtmp_chunk_reader_fail(r, RTMP_ERR_PROTO, "chunk stream %lu: "
	    "length or type changes in the middle of a message",
	    (unsigned long)cs->csid);
}

/* Types 0 to 2: the fields at p belong to cs and are whole. */
static int
apply(struct rtmp_chunk_reader *r, struct chunk_stream *cs, unsigned fmt,
    const uint8_t *p)
{
	uint32_t length = cs->length;
	uint8_t type = cs->type;

	if (fmt < 2) {
		length = rtmp_get_be24(p + 3);
		type = p[6];
	}
	if (cs->rest != 0) {
		if (fmt != 0)
			return check_same(r, cs, length, type);
		rtmp_chunk_body_drop(r, cs);
	}
	if (length > r->limits.message_size)
		return rtmp_chunk_reader_fail(r, RTMP_ERR_LIMIT, "chunk "
		    "stream %lu: message of %lu bytes exceeds the limit of "
		    "%lu", (unsigned long)cs->csid, (unsigned long)length,
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

/* The first chunk of csid. */
static struct chunk_stream *
first(struct rtmp_chunk_reader *r, uint32_t csid, unsigned fmt)
{
	/* Real peers begin with type 1: it counts from zero. */
	if (fmt < 2)
		return add(r, csid);
	rtmp_chunk_reader_fail(r, RTMP_ERR_PROTO, "chunk stream %lu: type 2 "
	    "chunk without a message before it", (unsigned long)csid);
	return NULL;
}

RTMP_HOT int
rtmp_chunk_header_take(struct rtmp_chunk_reader *r, const uint8_t *p,
    size_t n)
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
		return take_type3(r, csid, p, basic, n);
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
	cs = find(r, csid);
	if (cs == NULL && (cs = first(r, csid, fmt)) == NULL)
		return r->err;
	cs->field = field;
	cs->extended = field >= EXTENDED;
	if (apply(r, cs, fmt, p + basic) != 0)
		return r->err;
	return begin(r, cs, size);
}
