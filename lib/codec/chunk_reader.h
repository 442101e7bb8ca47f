#ifndef RTMPIO_CODEC_CHUNK_READER_H
#define RTMPIO_CODEC_CHUNK_READER_H

/*
 * The inside of a chunk reader, shared by
 *
 *     chunk_reader.c  messages out of bytes, and where their payload lies
 *     chunk_header.c  what a chunk header does to its chunk stream
 *     chunk_body.c    memory for payloads that cannot stay where they are
 */
#include <string.h>

#include <rtmpio/chunk.h>

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

#define RTMP_CHUNK_SHORT_CSIDS 64 /* those of a basic header of one byte */

struct rtmp_chunk_reader {
	struct chunk_stream *cur; /* of the last chunk; NULL at first */
	uint32_t left;		  /* bytes to come of its payload */
	uint32_t held;		  /* bytes that are left in the caller's
				   * buffer: the payload of cur so far */
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
	/* Where in streams a short csid stands, counted from 1; 0: unused, or
	 * behind 255 others. */
	uint8_t short_csids[RTMP_CHUNK_SHORT_CSIDS];
	char error[96];
};

static inline uint32_t
rtmp_chunk_min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Keeps err and its words, and returns err. */
int rtmp_chunk_reader_fail(struct rtmp_chunk_reader *r, int err,
    const char *format, ...);
int rtmp_chunk_reader_fail_nomem(struct rtmp_chunk_reader *r);

/* ---- chunk_header.c ---- */

/* NULL when there was no chunk of csid. */
struct chunk_stream *rtmp_chunk_stream_find(
    const struct rtmp_chunk_reader *r, uint32_t csid);

/*
 * Takes the header at p, of n > 0 bytes: sets cur and left.  Returns its size;
 * 0, with nothing taken, when it is not whole; or an error after fail.
 * Pointers to chunk streams may move.
 */
int rtmp_chunk_header_take(struct rtmp_chunk_reader *r, const uint8_t *p,
    size_t n);

/* ---- chunk_body.c ---- */

/* Makes room for size bytes of the message.  0 or an error after fail. */
int rtmp_chunk_body_reserve(struct rtmp_chunk_reader *r,
    struct chunk_stream *cs, uint32_t size);

/* Puts n bytes behind the payload so far, in a body, and counts them.  0 or an
 * error after fail. */
static inline int
rtmp_chunk_body_append(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
    const uint8_t *p, uint32_t n)
{
	uint32_t done = cs->length - cs->rest;

	if (n > cs->cap - done &&
	    rtmp_chunk_body_reserve(r, cs, done + n) != 0)
		return r->err;
	memcpy(cs->body + done, p, n);
	cs->rest -= n;
	return 0;
}

/* Drops the unfinished message of cs. */
void rtmp_chunk_body_drop(struct rtmp_chunk_reader *r,
    struct chunk_stream *cs);
/* The body is whole: lends it to the caller, until release. */
const uint8_t *rtmp_chunk_body_lend(struct rtmp_chunk_reader *r,
    struct chunk_stream *cs);
void rtmp_chunk_body_release(struct rtmp_chunk_reader *r);

#endif
