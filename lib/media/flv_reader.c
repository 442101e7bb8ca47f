/*
 * FLV read, Video File Format 10.1, annex E.2 to E.4.1; the figure is in
 * flv.h.
 *
 *     HEADER -> SKIP -> POINTER -> TAG <-> SEARCH
 *
 * Each state is a function of a window, contiguous bytes of the file: the
 * caller's, as long as they hold a whole tag, else those kept in buf.  It
 * takes bytes from the front of the window, or says how many it must see.
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/flv.h>

#include "base/buf.h"
#include "base/wire.h"

#define DATA_OFFSET 9		 /* of a header of version 1 */
#define DATA_OFFSET_MAX 65536	 /* more is a broken header */
#define FILTER_BIT 0x20		 /* of the type byte */
#define RESERVED_BITS 0xc0
#define SEARCH_STEP 65536	 /* bytes kept at a time in SEARCH */
#define KEEP_FIRST 65536	 /* of a tag whose size says more */
#define TAG_ROOM (RTMP_FLV_TAG_HEADER_SIZE + RTMP_FLV_TAG_SIZE_MAX + \
    RTMP_FLV_BACK_POINTER_SIZE + RTMP_FLV_TAG_HEADER_SIZE)

enum flv_state {
	FLV_HEADER,  /* signature to data offset */
	FLV_SKIP,    /* what a longer header has more */
	FLV_POINTER, /* the first back pointer */
	FLV_TAG,
	FLV_SEARCH   /* a tag that its back pointer confirms */
};

/* What a state function returns, beside RTMP_FLV_TAG and _FAULT. */
enum { STEP_MORE = 0, STEP_ON = 3 };

struct rtmp_flv_reader {
	uint8_t state; /* enum flv_state */
	uint8_t flags;

	/* Faults that were given for the tag at the window's front. */
	uint8_t pointer_told, timestamp_told;
	uint8_t seen[3];  /* whether there is a timestamp */
	uint32_t last[3]; /* it: audio, video, data */

	/* SEARCH: the fault to give when it ends, but for how far that is.
	 * The end of the file in what may be its last tag is another one. */
	uint8_t in_last_tag;
	struct rtmp_flv_fault found;

	uint64_t offset; /* of the window */
	size_t need;	 /* bytes that the window must have: STEP_MORE */
	size_t skip;	 /* SKIP: bytes still to be skipped */

	/* Bytes kept from earlier calls: the window when there are any. */
	struct rtmp_buf buf;
	size_t used; /* of buf, from its front */

	struct rtmp_mem mem;
	int err;
	char error[80];
};

static const char garbage[] = "garbage where a tag must begin";

struct window {
	const uint8_t *p;
	size_t len;
	int at_end; /* nothing comes behind it */
};

int
rtmp_flv_reader_new(struct rtmp_flv_reader **r, const struct rtmp_mem *mem)
{
	struct rtmp_mem m = rtmp_mem_or_libc(mem);

	*r = rtmp_mem_zalloc(&m, sizeof(**r));
	if (*r == NULL)
		return RTMP_ERR_NOMEM;
	(*r)->mem = m;
	rtmp_buf_init(&(*r)->buf, 2 * (TAG_ROOM + SEARCH_STEP));
	return 0;
}

void
rtmp_flv_reader_free(struct rtmp_flv_reader *r)
{
	if (r == NULL)
		return;
	rtmp_buf_free(&r->buf, &r->mem);
	/* The functions are read before they are called. */
	rtmp_mem_free(&r->mem, r);
}

void
rtmp_flv_reader_no_header(struct rtmp_flv_reader *r)
{
	r->state = FLV_TAG;
}

int
rtmp_flv_reader_flags(const struct rtmp_flv_reader *r)
{
	return r->flags;
}

const char *
rtmp_flv_reader_error(const struct rtmp_flv_reader *r)
{
	return r->error;
}

/* ---- The parts of a file ---- */

static size_t
tag_size(const uint8_t *p)
{
	return RTMP_FLV_TAG_HEADER_SIZE + rtmp_get_be24(p + 1);
}

static int
is_media(uint8_t type)
{
	type &= 0x1f;
	return type == RTMP_MSG_AUDIO || type == RTMP_MSG_VIDEO ||
	    type == RTMP_MSG_DATA_AMF0;
}

/* For a place where anything may stand. */
static int
looks_like_tag(const uint8_t *p)
{
	return (p[0] & RESERVED_BITS) == 0 && is_media(p[0]) &&
	    rtmp_get_be24(p + 8) == 0;
}

/* For a place where a tag must begin: it may have an odd stream, or type. */
static int
may_be_tag(const uint8_t *p)
{
	return (p[0] & RESERVED_BITS) == 0 &&
	    (is_media(p[0]) || rtmp_get_be24(p + 8) == 0);
}

/* The window has p's tag with its back pointer. */
static int
back_pointer_is_right(const uint8_t *p)
{
	size_t size = tag_size(p);

	return rtmp_get_be32(p + size) == size;
}

static void
take(struct rtmp_flv_reader *r, struct window *w, size_t n)
{
	if (n == 0)
		return; /* w->p may be NULL */
	w->p += n;
	w->len -= n;
	r->offset += n;
}

static int
more(struct rtmp_flv_reader *r, size_t need)
{
	r->need = need;
	return STEP_MORE;
}

/* At the front of the window, unless the caller has set another place. */
static int
give_fault(struct rtmp_flv_fault *fault, enum rtmp_flv_fault_kind kind,
    const char *words)
{
	fault->kind = kind;
	fault->words = words;
	return RTMP_FLV_FAULT;
}

static int
fail(struct rtmp_flv_reader *r, int err)
{
	r->err = err;
	return err;
}

/* ---- The states ---- */

static int
read_header(struct rtmp_flv_reader *r, struct window *w,
    struct rtmp_flv_fault *fault)
{
	const uint8_t *p = w->p;
	uint32_t data_offset;

	if (w->len >= 3 && memcmp(p, "FLV", 3) != 0) {
		snprintf(r->error, sizeof(r->error),
		    "not an FLV file: it begins with %02x %02x %02x", p[0],
		    p[1], p[2]);
		return fail(r, RTMP_ERR_PROTO);
	}
	if (w->len < DATA_OFFSET) {
		if (!w->at_end)
			return more(r, DATA_OFFSET);
		snprintf(r->error, sizeof(r->error), "not an FLV file: %s",
		    w->len == 0 ? "it is empty" : "it ends in its header");
		return fail(r, RTMP_ERR_PROTO);
	}
	r->flags = p[4] & (RTMP_FLV_AUDIO | RTMP_FLV_VIDEO);
	data_offset = rtmp_get_be32(p + 5);
	r->state = FLV_SKIP;
	take(r, w, DATA_OFFSET);
	if (data_offset < DATA_OFFSET || data_offset > DATA_OFFSET_MAX) {
		fault->offset = 5;
		return give_fault(fault, RTMP_FLV_FAULT_HEADER,
		    "odd data offset in the file header, taken as 9");
	}
	r->skip = data_offset - DATA_OFFSET;
	if (p[3] == 1)
		return STEP_ON;
	fault->offset = 3;
	return give_fault(fault, RTMP_FLV_FAULT_HEADER,
	    "the version in the file header is not 1");
}

static int
skip_header(struct rtmp_flv_reader *r, struct window *w)
{
	size_t n = w->len < r->skip ? w->len : r->skip;

	take(r, w, n);
	r->skip -= n;
	if (r->skip != 0 && !w->at_end)
		return more(r, 1);
	r->state = FLV_POINTER;
	return STEP_ON;
}

static int
read_first_pointer(struct rtmp_flv_reader *r, struct window *w,
    struct rtmp_flv_fault *fault)
{
	const size_t n = RTMP_FLV_BACK_POINTER_SIZE;
	const size_t next = n + RTMP_FLV_TAG_HEADER_SIZE;

	if (w->len < n && !w->at_end)
		return more(r, n);
	if (w->len < n) {
		r->state = FLV_TAG;
		take(r, w, w->len);
		return give_fault(fault, RTMP_FLV_FAULT_TRUNCATED,
		    "the file ends in its header");
	}
	if (rtmp_get_be32(w->p) == 0) {
		r->state = FLV_TAG;
		take(r, w, n);
		return STEP_ON;
	}
	if (w->len < next && !w->at_end)
		return more(r, next);
	r->state = FLV_TAG;
	/* Where it is missing altogether the first tag begins here. */
	if (w->len < next || looks_like_tag(w->p + n) ||
	    !looks_like_tag(w->p))
		take(r, w, n);
	return give_fault(fault, RTMP_FLV_FAULT_BACK_POINTER,
	    "the first back pointer is not 0");
}

static int
start_search(struct rtmp_flv_reader *r, struct window *w,
    enum rtmp_flv_fault_kind kind, const char *words)
{
	give_fault(&r->found, kind, words);
	r->found.offset = r->offset;
	r->in_last_tag = 0;
	r->state = FLV_SEARCH;
	take(r, w, w->len != 0);
	return STEP_ON;
}

/* The file ends in the tag at the window's front; or its size is wrong, and
 * whole tags follow. */
static int
search_in_last_tag(struct rtmp_flv_reader *r, struct window *w)
{
	int step = start_search(r, w, RTMP_FLV_FAULT_SIZE,
	    "the size of the tag leads past the end of the file");

	r->in_last_tag = 1;
	return step;
}

static int
search(struct rtmp_flv_reader *r, struct window *w,
    struct rtmp_flv_fault *fault)
{
	size_t whole;

	*fault = r->found;
	for (;; take(r, w, 1)) {
		if (w->len < RTMP_FLV_TAG_HEADER_SIZE) {
			if (!w->at_end)
				return more(r, RTMP_FLV_TAG_HEADER_SIZE);
			take(r, w, w->len);
			if (r->in_last_tag)
				give_fault(fault, RTMP_FLV_FAULT_TRUNCATED,
				    "the file ends in the middle of a tag");
			break;
		}
		if (!looks_like_tag(w->p))
			continue;
		whole = tag_size(w->p) + RTMP_FLV_BACK_POINTER_SIZE;
		if (w->len < whole && !w->at_end)
			return more(r, whole);
		if (w->len >= whole && back_pointer_is_right(w->p))
			break;
	}
	fault->skipped = r->offset - fault->offset;
	r->state = FLV_TAG;
	return RTMP_FLV_FAULT;
}

/*
 * The back pointer of the tag at the window's front is wrong.  When a tag
 * follows, or the end, only the pointer is; else the size or the data are, and
 * the next tag lies anywhere.
 */
static int
judge_back_pointer(struct rtmp_flv_reader *r, struct window *w,
    struct rtmp_flv_fault *fault)
{
	size_t whole = tag_size(w->p) + RTMP_FLV_BACK_POINTER_SIZE;
	size_t next = whole + RTMP_FLV_TAG_HEADER_SIZE;

	if (w->len < next && !w->at_end)
		return more(r, next);
	if (w->len >= next && !looks_like_tag(w->p + whole))
		return start_search(r, w, RTMP_FLV_FAULT_SIZE,
		    "the size of the tag does not lead to the next tag");
	r->pointer_told = 1;
	fault->offset += tag_size(w->p);
	return give_fault(fault, RTMP_FLV_FAULT_BACK_POINTER,
	    "wrong back pointer");
}

/* The tag at the window's front counts. */
static int
give_tag(struct rtmp_flv_reader *r, struct window *w, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault)
{
	const uint8_t *p = w->p;
	uint8_t type = p[0] & 0x1f;
	uint32_t timestamp = rtmp_get_be24(p + 4) | (uint32_t)p[7] << 24;
	size_t whole = tag_size(p) + RTMP_FLV_BACK_POINTER_SIZE;
	int i = type == RTMP_MSG_AUDIO ? 0 : type == RTMP_MSG_VIDEO ? 1 : 2;

	/* The difference is modulo 2^32, for times that wrap. */
	if (r->seen[i] && (int32_t)(timestamp - r->last[i]) < 0 &&
	    !r->timestamp_told) {
		r->timestamp_told = 1;
		return give_fault(fault, RTMP_FLV_FAULT_TIMESTAMP,
		    "the timestamp goes back");
	}
	r->seen[i] = 1;
	r->last[i] = timestamp;
	r->pointer_told = r->timestamp_told = 0;
	tag->packet.type = type;
	tag->packet.timestamp = timestamp;
	tag->packet.data = p + RTMP_FLV_TAG_HEADER_SIZE;
	tag->packet.size = rtmp_get_be24(p + 1);
	tag->offset = r->offset;
	tag->filtered = (p[0] & FILTER_BIT) != 0;
	take(r, w, w->len < whole ? w->len : whole);
	return RTMP_FLV_TAG;
}

/* A tag of another type; or garbage, unless its back pointer is right. */
static int
skip_tag(struct rtmp_flv_reader *r, struct window *w,
    struct rtmp_flv_fault *fault)
{
	size_t whole = tag_size(w->p) + RTMP_FLV_BACK_POINTER_SIZE;

	if (w->len < whole || !back_pointer_is_right(w->p))
		return start_search(r, w, RTMP_FLV_FAULT_GARBAGE, garbage);
	take(r, w, whole);
	fault->skipped = whole;
	return give_fault(fault, RTMP_FLV_FAULT_TYPE,
	    "a tag that is not audio, video or data");
}

static int
read_tag(struct rtmp_flv_reader *r, struct window *w, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault)
{
	size_t size;

	if (w->len == 0)
		return more(r, RTMP_FLV_TAG_HEADER_SIZE);
	if (w->len < RTMP_FLV_TAG_HEADER_SIZE)
		return w->at_end ? search_in_last_tag(r, w) :
				   more(r, RTMP_FLV_TAG_HEADER_SIZE);
	if (!may_be_tag(w->p))
		return start_search(r, w, RTMP_FLV_FAULT_GARBAGE, garbage);
	size = tag_size(w->p);
	if (w->len < size + RTMP_FLV_BACK_POINTER_SIZE && !w->at_end)
		return more(r, size + RTMP_FLV_BACK_POINTER_SIZE);
	if (!is_media(w->p[0]))
		return skip_tag(r, w, fault);
	if (w->len < size)
		return search_in_last_tag(r, w);
	if (!r->pointer_told) {
		if (w->len < size + RTMP_FLV_BACK_POINTER_SIZE) {
			r->pointer_told = 1;
			fault->offset += size;
			return give_fault(fault, RTMP_FLV_FAULT_TRUNCATED,
			    "the file ends before the last back pointer");
		}
		if (!back_pointer_is_right(w->p))
			return judge_back_pointer(r, w, fault);
	}
	return give_tag(r, w, tag, fault);
}

/* Steps on as far as the window goes. */
static int
step(struct rtmp_flv_reader *r, struct window *w, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault)
{
	int ret;

	do {
		fault->offset = r->offset;
		fault->skipped = 0;
		switch (r->state) {
		case FLV_HEADER:
			ret = read_header(r, w, fault);
			break;
		case FLV_SKIP:
			ret = skip_header(r, w);
			break;
		case FLV_POINTER:
			ret = read_first_pointer(r, w, fault);
			break;
		case FLV_TAG:
			ret = read_tag(r, w, tag, fault);
			break;
		default:
			ret = search(r, w, fault);
		}
	} while (ret == STEP_ON);
	return ret;
}

/* ---- The window ---- */

/* Moves input behind what is kept, until that is as much as is needed; but no
 * more than what came before, since a size of 16 MB is only announced. */
static int
keep(struct rtmp_flv_reader *r, const uint8_t **data, size_t *size)
{
	size_t have = r->buf.size - r->used, want = r->need, n;
	int err;

	if (r->state == FLV_SEARCH && want < SEARCH_STEP)
		want = SEARCH_STEP;
	n = want - have;
	if (n > KEEP_FIRST && n > have)
		n = have > KEEP_FIRST ? have : KEEP_FIRST;
	/* Moving no more than was used keeps a long search linear. */
	if (have == 0 || (r->buf.cap - r->buf.size < n && r->used >= have)) {
		if (have != 0)
			memmove(r->buf.data, r->buf.data + r->used, have);
		r->buf.size = have;
		r->used = 0;
	}
	err = rtmp_buf_reserve(&r->buf, &r->mem, n);
	if (err != 0) {
		snprintf(r->error, sizeof(r->error), "%s",
		    rtmp_strerror(err));
		return fail(r, err);
	}
	if (n > *size)
		n = *size;
	memcpy(r->buf.data + r->buf.size, *data, n);
	r->buf.size += n;
	*data += n;
	*size -= n;
	return 0;
}

/* Steps in the kept bytes.  What they lend stays until the next keep(). */
static int
step_kept(struct rtmp_flv_reader *r, int at_end, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault)
{
	struct window w = { NULL, r->buf.size - r->used, at_end };
	int ret;

	if (w.len != 0)
		w.p = r->buf.data + r->used;
	ret = step(r, &w, tag, fault);
	r->used = r->buf.size - w.len;
	return ret;
}

int
rtmp_flv_reader_next(struct rtmp_flv_reader *r, const uint8_t **data,
    size_t *size, struct rtmp_flv_tag *tag, struct rtmp_flv_fault *fault)
{
	struct window w;
	int ret, err;

	if (r->err != 0)
		return r->err;
	for (;;) {
		if (r->used != r->buf.size) {
			ret = step_kept(r, 0, tag, fault);
		} else {
			w.p = *data;
			w.len = *size;
			w.at_end = 0;
			ret = step(r, &w, tag, fault);
			*data = w.p;
			*size = w.len;
		}
		if (ret != STEP_MORE || *size == 0)
			return ret;
		err = keep(r, data, size);
		if (err != 0)
			return err;
	}
}

int
rtmp_flv_reader_finish(struct rtmp_flv_reader *r, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault)
{
	return r->err != 0 ? r->err : step_kept(r, 1, tag, fault);
}
