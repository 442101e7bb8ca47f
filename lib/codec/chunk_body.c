/*
 * Memory for the payloads of messages whose chunks take turns with those of
 * others, or that come in pieces which do not stay: see chunk_reader.h.
 */
#include "base/mem.h"
#include "codec/chunk_reader.h"

/* What is allocated because a header announces it, before it is there. */
#define BODY_FIRST 65536u

/* Keeps the larger of body and what is spare already. */
static void
keep(struct rtmp_chunk_reader *r, uint8_t *body, uint32_t cap)
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
detach(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	r->partial -= cs->cap;
	cs->body = NULL;
	cs->cap = 0;
}

void
rtmp_chunk_body_drop(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	uint8_t *body = cs->body;
	uint32_t cap = cs->cap;

	cs->rest = 0;
	detach(r, cs);
	if (body != NULL)
		keep(r, body, cap);
}

const uint8_t *
rtmp_chunk_body_lend(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
	r->lent = cs->body;
	r->lent_cap = cs->cap;
	detach(r, cs);
	return r->lent;
}

void
rtmp_chunk_body_release(struct rtmp_chunk_reader *r)
{
	keep(r, r->lent, r->lent_cap);
	r->lent = NULL;
}

/* Gives cs the spare body, unless that would use up partial_size for a
 * message much smaller than it. */
static void
take_spare(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
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

/* What is allocated follows what has come, and not what was announced. */
int
rtmp_chunk_body_reserve(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    uint32_t size)
{
	uint32_t cap;
	uint8_t *body;

	if (cs->body == NULL)
		take_spare(r, cs);
	if (size <= cs->cap)
		return 0;
	cap = cs->cap < BODY_FIRST / 2 ? BODY_FIRST : cs->cap * 2;
	while (cap < size)
		cap *= 2;
	cap = rtmp_chunk_min(cap, cs->length);
	if (cap > r->limits.partial_size - (r->partial - cs->cap))
		return rtmp_chunk_reader_fail(r, RTMP_ERR_LIMIT, "unfinished "
		    "messages exceed the limit of %lu bytes",
		    (unsigned long)r->limits.partial_size);
	body = rtmp_mem_realloc_array(&r->mem, cs->body, cap, 1);
	if (body == NULL)
		return rtmp_chunk_reader_fail_nomem(r);
	r->partial += cap - cs->cap;
	cs->body = body;
	cs->cap = cap;
	return 0;
}
