/*
 * What a stream in progress must say again.  Each packet kept has a slot:
 *
 *     0              onMetaData
 *     0x100 + track  video: sequence header
 *     0x200 + track  video: Metadata (colorInfo)
 *     0x300 + track  audio: sequence header
 *     0x400 + track  audio: MultichannelConfig
 *
 * in whose order they stand, and are replayed.
 */
#include <string.h>

#include <rtmpio/stream_cache.h>
#include <rtmpio/tag.h>
#include "media/object.h"
#include "media/script.h"

enum {
	NO_SLOT = -1,
	SLOT_METADATA = 0,
	SLOT_VIDEO_CONFIG = 0x100,
	SLOT_VIDEO_METADATA = 0x200,
	SLOT_AUDIO_CONFIG = 0x300,
	SLOT_AUDIO_CHANNELS = 0x400
};

struct entry {
	int slot;
	uint8_t type;	/* of the message */
	uint32_t codec; /* a number that another codec does not have */
	size_t media;	/* bytes behind the tag header */
	uint8_t *data;
	size_t size;
};

struct rtmp_stream_cache {
	struct rtmp_mem mem;
	size_t max_size;
	size_t size; /* bytes of all data */
	struct entry *entries; /* in the order of their slots */
	size_t count, cap;
};

/* ---- What a packet is ---- */

static enum rtmp_script
script_of(const struct rtmp_packet *p, int *err)
{
	struct rtmp_amf0_reader r;
	enum rtmp_script script;

	rtmp_amf0_reader_init(&r, p->data, p->size);
	script = rtmp_script_read(&r);
	*err = r.err != 0 ? RTMP_ERR_MALFORMED : 0;
	return script;
}

/* The sequence header of a codec that this library does not know is one. */
static int
is_config(const struct rtmp_tag *t)
{
	if (t->kind == RTMP_KIND_CONFIG || t->kind == RTMP_KIND_MPEG2TS)
		return 1;
	return t->kind == RTMP_KIND_UNKNOWN && t->enhanced &&
	    t->codec == RTMP_CODEC_UNKNOWN &&
	    t->multitrack <= RTMP_MULTITRACK_MANY_CODECS &&
	    t->packet_type == RTMP_PACKET_SEQUENCE_START;
}

static int
slot_of(const struct rtmp_tag *t)
{
	if (is_config(t))
		return t->track + (t->type == RTMP_MSG_VIDEO ?
		    SLOT_VIDEO_CONFIG : SLOT_AUDIO_CONFIG);
	if (t->kind == RTMP_KIND_METADATA)
		return t->track + SLOT_VIDEO_METADATA;
	if (t->kind == RTMP_KIND_CHANNELS)
		return t->track + SLOT_AUDIO_CHANNELS;
	return NO_SLOT;
}

static int
is_key_frame(const struct rtmp_tag *t)
{
	return t->type == RTMP_MSG_VIDEO && t->kind == RTMP_KIND_CODED &&
	    (t->frame_type == RTMP_VIDEO_KEY ||
		t->frame_type == RTMP_VIDEO_GENERATED_KEY);
}

unsigned
rtmp_packet_is(const struct rtmp_packet *packet)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	unsigned is = 0;
	int slot, err;

	if (packet->type == RTMP_MSG_DATA_AMF0)
		return script_of(packet, &err) == RTMP_SCRIPT_METADATA ?
		    RTMP_IS_SETTING : 0;
	if (packet->type != RTMP_MSG_VIDEO && packet->type != RTMP_MSG_AUDIO)
		return 0;
	rtmp_tag_reader_init(&r, packet->type, packet->data, packet->size);
	while (rtmp_tag_next(&r, &t) == 1) {
		slot = slot_of(&t);
		if (is_config(&t))
			is |= RTMP_IS_SEQUENCE_HEADER;
		else if (slot != NO_SLOT)
			is |= RTMP_IS_SETTING;
		if (is_key_frame(&t))
			is |= RTMP_IS_KEY_FRAME;
	}
	return is;
}

/* ---- Life ---- */

int
rtmp_stream_cache_new(struct rtmp_stream_cache **cache, size_t max_size,
    const struct rtmp_mem *mem)
{
	struct rtmp_stream_cache *c = rtmp_object_new(mem, sizeof(*c));

	if (c == NULL)
		return RTMP_ERR_NOMEM;
	c->max_size = max_size != 0 ? max_size : RTMP_STREAM_CACHE_SIZE;
	*cache = c;
	return 0;
}

void
rtmp_stream_cache_clear(struct rtmp_stream_cache *c)
{
	while (c->count != 0)
		rtmp_mem_free(&c->mem, c->entries[--c->count].data);
	c->size = 0;
}

void
rtmp_stream_cache_free(struct rtmp_stream_cache *c)
{
	if (c == NULL)
		return;
	rtmp_stream_cache_clear(c);
	rtmp_mem_free(&c->mem, c->entries);
	rtmp_object_free(c);
}

/* ---- Entries ---- */

/* Where a slot is, or would be. */
static size_t
find(const struct rtmp_stream_cache *c, int slot)
{
	size_t low = 0, high = c->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (c->entries[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
has(const struct rtmp_stream_cache *c, size_t i, int slot)
{
	return i < c->count && c->entries[i].slot == slot;
}

static struct entry *
get(const struct rtmp_stream_cache *c, int slot)
{
	size_t i = find(c, slot);

	return has(c, i, slot) ? &c->entries[i] : NULL;
}

static void
drop(struct rtmp_stream_cache *c, int slot)
{
	struct entry *e = get(c, slot);

	if (e == NULL)
		return;
	c->size -= e->size;
	rtmp_mem_free(&c->mem, e->data);
	memmove(e, e + 1,
	    (size_t)(c->entries + --c->count - e) * sizeof(*e));
}

/* The place of slot, made where there is none; or NULL when out of memory. */
static struct entry *
get_or_make(struct rtmp_stream_cache *c, int slot)
{
	size_t i = find(c, slot);
	struct entry *e;

	if (has(c, i, slot))
		return &c->entries[i];
	e = rtmp_array_grow(&c->mem, c->entries, c->count, &c->cap,
	    sizeof(*e));
	if (e == NULL)
		return NULL;
	c->entries = e;
	e += i;
	memmove(e + 1, e, (c->count++ - i) * sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->slot = slot;
	return e;
}

static int
is_same(const struct entry *e, const void *head, size_t head_size,
    const void *body, size_t body_size)
{
	return e->size == head_size + body_size && e->data != NULL &&
	    (head_size == 0 || memcmp(e->data, head, head_size) == 0) &&
	    (body_size == 0 ||
		memcmp(e->data + head_size, body, body_size) == 0);
}

/* Copies head and body, of which one may be empty, in the place of what
 * news->slot has. */
static int
keep(struct rtmp_stream_cache *c, const struct entry *news, const void *head,
    size_t head_size, const void *body, size_t body_size)
{
	struct entry *e = get_or_make(c, news->slot);
	size_t size = head_size + body_size;
	uint8_t *data = NULL;
	int err = RTMP_ERR_NOMEM;

	if (e == NULL)
		return RTMP_ERR_NOMEM;
	if (is_same(e, head, head_size, body, body_size))
		return 0;
	if (size > c->max_size - (c->size - e->size))
		err = RTMP_ERR_NOBUF;
	else
		data = rtmp_mem_alloc(&c->mem, size);
	if (data == NULL) {
		drop(c, news->slot);
		return err;
	}
	if (head_size != 0)
		memcpy(data, head, head_size);
	if (body_size != 0)
		memcpy(data + head_size, body, body_size);
	rtmp_mem_free(&c->mem, e->data);
	c->size += size - e->size;
	*e = *news;
	e->data = data;
	e->size = size;
	return 0;
}

/* ---- Packets in ---- */

static int
put_data(struct rtmp_stream_cache *c, const struct rtmp_packet *p)
{
	struct entry e;
	int err;

	switch (script_of(p, &err)) {
	case RTMP_SCRIPT_METADATA:
		memset(&e, 0, sizeof(e));
		e.slot = SLOT_METADATA;
		e.type = p->type;
		return keep(c, &e, NULL, 0, p->data, p->size);
	case RTMP_SCRIPT_CLEAR:
		drop(c, SLOT_METADATA);
		return 0;
	default:
		return err;
	}
}

/* Legacy H.264 and the FourCC avc1 are one codec. */
static uint32_t
codec_number(const struct rtmp_tag *t)
{
	return t->codec != RTMP_CODEC_UNKNOWN ? (uint32_t)t->codec :
	    t->fourcc;
}

/* One piece of a packet, whose header becomes that of a packet of its own. */
static int
put_piece(struct rtmp_stream_cache *c, const struct rtmp_packet *p,
    struct rtmp_tag *t)
{
	uint8_t head[RTMP_TAG_HEADER_MAX];
	const struct entry *old;
	struct entry e;
	size_t size;
	int err;

	memset(&e, 0, sizeof(e));
	e.slot = slot_of(t);
	if (e.slot == NO_SLOT)
		return 0;
	e.type = p->type;
	e.codec = codec_number(t);
	e.media = t->size;
	if (is_config(t)) {
		old = get(c, e.slot);
		/* FFmpeg writes empty ones before and after the real one. */
		if (old != NULL && old->codec == e.codec && old->media != 0 &&
		    t->size == 0)
			return 0;
		if (old != NULL && old->codec != e.codec &&
		    t->type == RTMP_MSG_AUDIO)
			drop(c, t->track + SLOT_AUDIO_CHANNELS);
	}
	if (t->multitrack <= RTMP_MULTITRACK_ONE)
		return keep(c, &e, NULL, 0, p->data, p->size);
	t->multitrack = RTMP_MULTITRACK_ONE;
	t->modex = NULL;
	t->modex_size = 0;
	t->has_nano = 0;
	err = rtmp_tag_put(head, sizeof(head), t, &size);
	if (err != 0)
		return err;
	return keep(c, &e, head, size, t->data, t->size);
}

int
rtmp_stream_cache_put(struct rtmp_stream_cache *c,
    const struct rtmp_packet *packet)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	int more, err = 0, failed;

	if (packet->type == RTMP_MSG_DATA_AMF0)
		return put_data(c, packet);
	if (packet->type != RTMP_MSG_VIDEO && packet->type != RTMP_MSG_AUDIO)
		return RTMP_ERR_INVAL;
	rtmp_tag_reader_init(&r, packet->type, packet->data, packet->size);
	while ((more = rtmp_tag_next(&r, &t)) == 1) {
		failed = put_piece(c, packet, &t);
		if (err == 0)
			err = failed;
	}
	return err != 0 ? err : more;
}

/* ---- Packets out ---- */

int
rtmp_stream_cache_next(const struct rtmp_stream_cache *c, size_t *pos,
    uint32_t timestamp, struct rtmp_packet *packet)
{
	const struct entry *e;

	if (*pos >= c->count)
		return 0;
	e = &c->entries[(*pos)++];
	packet->type = e->type;
	packet->timestamp = timestamp;
	packet->data = e->data;
	packet->size = e->size;
	return 1;
}
