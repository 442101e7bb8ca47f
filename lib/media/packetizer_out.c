/*
 * From the media of a frame to a packet, or to one of many tracks.  The header
 * is written into the room in front of the media, so that both lie in one
 * piece:
 *
 *     out    ... | room for a header | media | room for a header | media
 *                     ^ the packet begins here
 */
#include <string.h>

#include "media/packetizer.h"
#include "media/tag_wire.h"

static const char no_header[] = "no header can say what this frame is";

/* The media of a packet: bytes of out, or of the caller. */
struct media {
	size_t at; /* in out, with room for a header in front; else 0 */
	const uint8_t *lent;
	size_t size;
};

/* One more, of zeros; NULL when out of memory. */
static struct rtmp_out_packet *
add_packet(struct rtmp_packetizer *p)
{
	struct rtmp_out_packet *packet = rtmp_array_grow(&p->mem, p->packets,
	    p->count, &p->cap, sizeof(*packet));

	if (packet == NULL)
		return NULL;
	p->packets = packet;
	packet += p->count++;
	memset(packet, 0, sizeof(*packet));
	return packet;
}

static size_t
header_room(const struct rtmp_tag *t)
{
	return RTMP_TAG_HEADER_MAX + t->modex_size;
}

int
rtmp_put_room(struct rtmp_put *put, size_t size, uint8_t **room)
{
	struct rtmp_buf *out = &put->p->out;
	size_t head = header_room(&put->tag);
	int err = rtmp_buf_reserve(out, &put->p->mem, head + size);

	if (err == 0)
		*room = out->data + out->size + head;
	return err;
}

/* What the room holds now is media, and other things come behind it. */
static struct media
take_room(struct rtmp_put *put, size_t size)
{
	struct rtmp_buf *out = &put->p->out;
	struct media m = { out->size + header_room(&put->tag), NULL, size };

	out->size = m.at + size;
	return m;
}

/* Room for a header of its own, where the media lie elsewhere. */
static int
make_header_room(struct rtmp_packetizer *p, const struct rtmp_tag *t,
    size_t *at)
{
	int err = rtmp_buf_reserve(&p->out, &p->mem, header_room(t));

	if (err == 0)
		*at = p->out.size += header_room(t);
	return err;
}

static int
emit(struct rtmp_put *put, const struct rtmp_tag *t, uint32_t timestamp,
    const struct media *m)
{
	struct rtmp_packetizer *p = put->p;
	struct rtmp_out_packet *packet;
	size_t cap = header_room(t), at = m->at, len;
	uint8_t *start;
	int err = 0;

	if (m->size + cap > RTMP_MEDIA_PACKET_MAX)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    RTMP_MEDIA_TOO_LARGE);
	if (at == 0)
		err = make_header_room(p, t, &at);
	if (err != 0)
		return err;
	start = p->out.data + at - cap;
	if (rtmp_tag_put(start, cap, t, &len) != 0)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL, no_header);
	/* The room is for the longest. */
	memmove(start + cap - len, start, len);
	packet = add_packet(p);
	if (packet == NULL)
		return RTMP_ERR_NOMEM;
	packet->type = t->type;
	packet->timestamp = timestamp;
	packet->offset = at - len;
	packet->size = len;
	if (m->at != 0) {
		packet->size += m->size;
	} else {
		packet->lent = m->lent;
		packet->lent_size = m->size;
	}
	return 0;
}

/* Keeps the media of one track until that of the others is there. */
static int
gather(struct rtmp_packetizer *p, const struct rtmp_tag *t, uint32_t timestamp,
    const uint8_t *data, size_t size)
{
	struct rtmp_out_piece *more = rtmp_array_grow(&p->mem, p->many,
	    p->many_count, &p->many_cap, sizeof(*more));
	int err;

	if (more == NULL)
		return RTMP_ERR_NOMEM;
	p->many = more;
	if (p->many_count == 0) {
		p->many_timestamp = timestamp;
		p->many_data.size = 0;
		p->many_modex.size = 0;
		err = rtmp_buf_append(&p->many_modex, &p->mem, t->modex,
		    t->modex_size);
		if (err != 0)
			return err;
	}
	more = &p->many[p->many_count];
	more->tag = *t;
	more->tag.size = size;
	more->offset = p->many_data.size;
	err = rtmp_buf_append(&p->many_data, &p->mem, data, size);
	if (err == 0)
		p->many_count++;
	return err;
}

/* All pieces have one time, packet type, frame type and ModEx chain. */
static int
can_join(const struct rtmp_packetizer *p, const struct rtmp_tag *t,
    uint32_t timestamp)
{
	const struct rtmp_tag *first = &p->many[0].tag;

	return p->many_timestamp == timestamp && first->type == t->type &&
	    first->packet_type == t->packet_type &&
	    first->frame_type == t->frame_type &&
	    first->has_nano == t->has_nano &&
	    first->nano_offset == t->nano_offset &&
	    p->many_modex.size == t->modex_size &&
	    (t->modex_size == 0 ||
		memcmp(p->many_modex.data, t->modex, t->modex_size) == 0);
}

/* Where codecs differ each piece has its FourCC. */
static uint8_t
form_of_many(const struct rtmp_packetizer *p)
{
	size_t i;

	for (i = 0; i < p->many_count; i++)
		if (p->many[i].tag.fourcc != p->many[0].tag.fourcc ||
		    p->many[i].tag.multitrack == RTMP_MULTITRACK_MANY_CODECS)
			return RTMP_MULTITRACK_MANY_CODECS;
	return RTMP_MULTITRACK_MANY;
}

static int
write_piece(struct rtmp_packetizer *p, const struct rtmp_out_piece *piece,
    int first)
{
	size_t cap = header_room(&piece->tag), len;
	int err = rtmp_buf_reserve(&p->out, &p->mem, cap);

	if (err != 0)
		return err;
	err = (first ? rtmp_tag_put : rtmp_tag_put_track)(
	    p->out.data + p->out.size, cap, &piece->tag, &len);
	if (err != 0)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL, no_header);
	p->out.size += len;
	if (piece->tag.size == 0)
		return 0;
	return rtmp_buf_append(&p->out, &p->mem,
	    p->many_data.data + piece->offset, piece->tag.size);
}

int
rtmp_packetizer_flush(struct rtmp_packetizer *p)
{
	struct rtmp_out_packet *packet;
	uint8_t form = form_of_many(p);
	size_t i, count = p->many_count, offset = p->out.size;
	int err = 0;

	if (count == 0)
		return 0;
	p->many_count = 0;
	for (i = 0; i < count && err == 0; i++) {
		p->many[i].tag.multitrack = form;
		p->many[i].tag.modex = p->many_modex.data;
		err = write_piece(p, &p->many[i], i == 0);
	}
	if (err != 0)
		return err;
	if (p->out.size - offset > RTMP_MEDIA_PACKET_MAX)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL,
		    RTMP_MEDIA_TOO_LARGE);
	packet = add_packet(p);
	if (packet == NULL)
		return RTMP_ERR_NOMEM;
	packet->type = p->many[0].tag.type;
	packet->timestamp = p->many_timestamp;
	packet->offset = offset;
	packet->size = p->out.size - offset;
	return 0;
}

static int
join(struct rtmp_put *put, const struct rtmp_tag *t, uint32_t timestamp,
    const struct media *m)
{
	struct rtmp_packetizer *p = put->p;
	int err = 0;

	if (p->many_count != 0 && !can_join(p, t, timestamp))
		err = rtmp_packetizer_flush(p);
	if (err == 0)
		err = gather(p, t, timestamp, m->at != 0 ?
		    p->out.data + m->at : m->lent, m->size);
	if (err == 0 && (put->frame->flags & RTMP_FRAME_MORE) == 0)
		err = rtmp_packetizer_flush(p);
	return err;
}

/* Alone, or with others. */
static int
send(struct rtmp_put *put, struct rtmp_tag *t, uint32_t timestamp,
    const struct media *m)
{
	int err;

	t->size = m->size;
	if (rtmp_put_is_gathering(put) && t->enhanced &&
	    (put->frame->tag == NULL ||
		t->multitrack == RTMP_MULTITRACK_MANY ||
		t->multitrack == RTMP_MULTITRACK_MANY_CODECS))
		return join(put, t, timestamp, m);
	err = rtmp_packetizer_flush(put->p);
	return err != 0 ? err : emit(put, t, timestamp, m);
}

/* ---- Coded frames ---- */

static int
send_coded(struct rtmp_put *put, const struct media *m, int key)
{
	struct rtmp_tag t = put->tag;
	unsigned flags = put->frame->flags;
	uint32_t timestamp;
	int err;

	if (put->frame->tag == NULL && t.type == RTMP_MSG_VIDEO) {
		if (key || (flags & RTMP_FRAME_KEY) != 0)
			t.frame_type = RTMP_VIDEO_KEY;
		else if ((flags & RTMP_FRAME_DISPOSABLE) != 0 &&
		    t.codec == RTMP_CODEC_H263)
			t.frame_type = RTMP_VIDEO_DISPOSABLE;
	}
	err = rtmp_put_times(put, &t, &timestamp);
	return err != 0 ? err : send(put, &t, timestamp, m);
}

int
rtmp_put_coded_room(struct rtmp_put *put, size_t size, int key)
{
	struct media m = take_room(put, size);

	return send_coded(put, &m, key);
}

int
rtmp_put_coded_lent(struct rtmp_put *put, const uint8_t *data, size_t size,
    int key)
{
	struct media m = { 0, data, size };

	return send_coded(put, &m, key);
}

/* ---- Other kinds ---- */

static int
has_sequence_start(const struct rtmp_tag *t)
{
	return t->enhanced || t->legacy_id == RTMP_LEGACY_AAC ||
	    rtmp_tag_has_avc_header(t);
}

/* Goes alone, in front of frames that may be waiting for others.  It is
 * copied: one put may bring several. */
int
rtmp_put_sequence_start(struct rtmp_put *put)
{
	const struct rtmp_buf *config = &put->track->config;
	struct rtmp_tag t = put->tag;
	struct media m = { 0, NULL, config->size };
	uint32_t timestamp;
	int err;

	put->track->begun = 1;
	put->started = 1;
	if (!has_sequence_start(&t))
		return 0;
	t.kind = RTMP_KIND_CONFIG;
	t.packet_type = RTMP_PACKET_SEQUENCE_START;
	t.frame_type = t.type == RTMP_MSG_VIDEO ? RTMP_VIDEO_KEY : 0;
	t.composition_time = 0;
	t.has_nano = 0;
	t.modex_size = 0;
	t.size = config->size;
	err = rtmp_put_time(put, &timestamp);
	if (err == 0 && m.size != 0) {
		uint8_t *room;

		err = rtmp_put_room(put, m.size, &room);
		if (err == 0) {
			memcpy(room, config->data, m.size);
			m = take_room(put, m.size);
		}
	}
	if (err != 0)
		return err;
	return emit(put, &t, timestamp, &m);
}

int
rtmp_put_other(struct rtmp_put *put)
{
	struct media m = { 0, put->frame->data, put->frame->size };
	struct rtmp_tag t = put->tag;
	uint32_t timestamp;
	int err = rtmp_put_time(put, &timestamp);

	return err != 0 ? err : send(put, &t, timestamp, &m);
}

int
rtmp_put_script(struct rtmp_put *put)
{
	struct rtmp_out_packet *packet;
	uint32_t timestamp;
	int err = rtmp_put_time(put, &timestamp);

	if (err == 0)
		err = rtmp_packetizer_flush(put->p);
	if (err != 0)
		return err;
	packet = add_packet(put->p);
	if (packet == NULL)
		return RTMP_ERR_NOMEM;
	packet->type = RTMP_MSG_DATA_AMF0;
	packet->timestamp = timestamp;
	packet->lent = put->frame->data;
	packet->lent_size = put->frame->size;
	return 0;
}
