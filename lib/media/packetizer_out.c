/*
 * From the media of a frame to a packet: which header, what time, and several
 * tracks in one.  The header is written into the room in front of the media,
 * so that both lie in one piece:
 *
 *     out    ... | room for a header | media | room for a header | media
 *                     ^ the packet begins here
 */
#include <string.h>

#include "media/packetizer.h"
#include "media/tag_wire.h"

#define SI24_MAX 0x7fffff

static const char negative[] =
    "a negative time, which rtmp_timeline_fix() repairs";
static const char no_header[] = "no header can say what this frame is";
static const char too_large[] = "more than a message holds, 16 MiB";

/* The media of a packet: bytes of out, or of the caller. */
struct media {
	size_t at; /* in out, with room for a header in front; else 0 */
	const uint8_t *lent;
	size_t size;
};

static int64_t
floor_ms(int64_t ns)
{
	int64_t ms = ns / RTMP_NS_PER_MS;

	return ns % RTMP_NS_PER_MS < 0 ? ms - 1 : ms;
}

static int64_t
round_ms(int64_t ns)
{
	return floor_ms(ns + RTMP_NS_PER_MS / 2);
}

/* ---- Signalling ---- */

static uint8_t
sound_rate(uint32_t rate)
{
	if (rate == 0 || rate > 22050)
		return RTMP_SOUND_44K;
	if (rate > 11025)
		return RTMP_SOUND_22K;
	return rate > 8000 ? RTMP_SOUND_11K : RTMP_SOUND_5K;
}

/* The legacy header tells what only players of PCM and the like look at.  AAC
 * is always af and Speex b2, section E.4.2.1; others know their rate. */
static void
set_sound(struct rtmp_tag *t, uint32_t rate, unsigned channels,
    unsigned bits)
{
	switch (t->codec) {
	case RTMP_CODEC_AAC:
		return;
	case RTMP_CODEC_SPEEX:
		t->sound_rate = RTMP_SOUND_5K;
		t->sound_type = 0;
		return;
	case RTMP_CODEC_G711A:
	case RTMP_CODEC_G711U:
	case RTMP_CODEC_NELLYMOSER_8K:
	case RTMP_CODEC_NELLYMOSER_16K:
	case RTMP_CODEC_MP3_8K:
		t->sound_rate = RTMP_SOUND_5K;
		t->sound_type = channels > 1;
		return;
	default:
		t->sound_rate = sound_rate(rate);
		t->sound_type = channels != 1;
		t->sound_size = bits != 8;
	}
}

void
rtmp_put_set_sound(struct rtmp_put *put, uint32_t rate, unsigned channels)
{
	struct rtmp_tag *t = &put->tag;

	if (put->frame->tag == NULL && !t->enhanced)
		set_sound(t, rate, channels, 16);
}

static void
set_kind(struct rtmp_tag *t, enum rtmp_kind kind)
{
	t->kind = kind;
	if (t->type == RTMP_MSG_VIDEO && kind != RTMP_KIND_CODED)
		t->frame_type = RTMP_VIDEO_KEY;
	switch (kind) {
	case RTMP_KIND_CONFIG:
		t->packet_type = RTMP_PACKET_SEQUENCE_START;
		break;
	case RTMP_KIND_END:
		t->packet_type = RTMP_PACKET_SEQUENCE_END;
		break;
	case RTMP_KIND_METADATA:
		/* Readers of old take it for a command, and go on. */
		t->packet_type = RTMP_PACKET_METADATA;
		t->frame_type = RTMP_VIDEO_COMMAND;
		break;
	case RTMP_KIND_CHANNELS:
		t->packet_type = RTMP_PACKET_MULTICHANNEL_CONFIG;
		break;
	case RTMP_KIND_MPEG2TS:
		t->packet_type = RTMP_PACKET_MPEG2TS_SEQUENCE_START;
		break;
	case RTMP_KIND_COMMAND:
		t->frame_type = RTMP_VIDEO_COMMAND;
		break;
	default:
		break;
	}
}

static int
is_gathering(const struct rtmp_put *put)
{
	return (put->frame->flags & RTMP_FRAME_MORE) != 0 ||
	    put->p->many_count != 0;
}

int
rtmp_put_choose_tag(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	const struct rtmp_packetizer_options *opt = &put->p->opt;
	struct rtmp_tag *t = &put->tag;
	int numbered = f->track != 0 ||
	    opt->multitrack != RTMP_MULTITRACK_NONE ||
	    (f->flags & RTMP_FRAME_MORE) != 0;

	if (f->tag != NULL) {
		*t = *f->tag;
		return 0;
	}
	if (f->kind == RTMP_KIND_SILENCE) {
		memset(t, 0, sizeof(*t));
		t->type = RTMP_MSG_AUDIO;
		t->kind = f->kind;
		return 0;
	}
	rtmp_tag_init(t, f->codec,
	    numbered || opt->signalling == RTMP_SIGNAL_FOURCC);
	if (numbered && !t->enhanced)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    "this codec has no FourCC, and cannot be one of several "
		    "tracks");
	t->track = f->track;
	if (numbered)
		t->multitrack = opt->multitrack != RTMP_MULTITRACK_NONE ?
		    (uint8_t)opt->multitrack : RTMP_MULTITRACK_ONE;
	if (f->codec == RTMP_CODEC_HEVC && !numbered &&
	    opt->signalling == RTMP_SIGNAL_LEGACY) {
		t->enhanced = 0;
		t->legacy_id = RTMP_LEGACY_HEVC;
	}
	if (t->type == RTMP_MSG_AUDIO && !t->enhanced)
		set_sound(t, f->sample_rate, f->channels, f->sample_size);
	set_kind(t, f->kind);
	return 0;
}

/* ---- Times ---- */

/* A frame that was read goes out with the very fields it came with. */
static int
set_times_as_read(struct rtmp_put *put, struct rtmp_tag *t, uint32_t *timestamp)
{
	if (put->frame->tag == NULL || put->dts % RTMP_NS_PER_MS != 0 ||
	    put->pts - put->dts != t->composition_time *
		(int64_t)RTMP_NS_PER_MS + t->nano_offset)
		return 0;
	if (t->modex_size != 0)
		t->has_nano = 0; /* it stands in the chain */
	*timestamp = (uint32_t)(put->dts / RTMP_NS_PER_MS);
	return 1;
}

/* Composition time, nanoseconds, and CodedFrames or CodedFramesX. */
static int
set_times(struct rtmp_put *put, struct rtmp_tag *t, uint32_t *timestamp)
{
	int has_time = t->type == RTMP_MSG_VIDEO &&
	    rtmp_codec_has_composition_time(t->codec) &&
	    (t->packet_type == RTMP_PACKET_CODED_FRAMES ||
		t->packet_type == RTMP_PACKET_CODED_FRAMES_X);
	int64_t dts, pts;

	*timestamp = 0;
	if (set_times_as_read(put, t, timestamp))
		return 0;
	if (put->frame->tag == NULL)
		t->has_nano = put->p->opt.nanoseconds && t->enhanced;
	pts = t->has_nano ? floor_ms(put->pts) : round_ms(put->pts);
	dts = t->has_nano ? floor_ms(put->dts) : round_ms(put->dts);
	if (!has_time)
		dts = pts;
	if (dts < 0 && put->frame->tag == NULL)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    negative);
	if (pts - dts > SI24_MAX || pts - dts < -SI24_MAX - 1)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    "pts - dts does not fit a composition time");
	t->nano_offset = t->has_nano ?
	    (uint32_t)(put->pts - pts * RTMP_NS_PER_MS) : 0;
	if (put->frame->tag == NULL && t->nano_offset == 0)
		t->has_nano = 0;
	t->composition_time = (int32_t)(pts - dts);
	if (has_time && t->enhanced)
		t->packet_type = pts == dts && !is_gathering(put) ?
		    RTMP_PACKET_CODED_FRAMES_X : RTMP_PACKET_CODED_FRAMES;
	*timestamp = (uint32_t)dts;
	return 0;
}

/* ---- Packets ---- */

static int
add_packet(struct rtmp_packetizer *p, const struct rtmp_out_packet *packet)
{
	struct rtmp_out_packet *more;
	size_t cap;

	if (p->count == p->cap) {
		cap = p->cap != 0 ? p->cap * 2 : 8;
		more = rtmp_mem_realloc_array(&p->mem, p->packets, cap,
		    sizeof(*more));
		if (more == NULL)
			return RTMP_ERR_NOMEM;
		p->packets = more;
		p->cap = cap;
	}
	p->packets[p->count++] = *packet;
	return 0;
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

/* The header in front of media in out, whose room is for the longest. */
static int
put_header_before(struct rtmp_packetizer *p, const struct rtmp_tag *t,
    size_t at, size_t *len)
{
	size_t cap = header_room(t);
	uint8_t *start = p->out.data + at - cap;
	int err = rtmp_tag_put(start, cap, t, len);

	if (err == 0)
		memmove(start + cap - *len, start, *len);
	return err;
}

static int
put_header_behind(struct rtmp_packetizer *p, const struct rtmp_tag *t,
    size_t *len)
{
	size_t cap = header_room(t);
	int err = rtmp_buf_reserve(&p->out, &p->mem, cap);

	if (err == 0)
		err = rtmp_tag_put(p->out.data + p->out.size, cap, t, len);
	if (err == 0)
		p->out.size += *len;
	return err;
}

static int
emit(struct rtmp_put *put, const struct rtmp_tag *t, uint32_t timestamp,
    const struct media *m)
{
	struct rtmp_packetizer *p = put->p;
	struct rtmp_out_packet packet;
	size_t len;
	int err;

	if (m->size + header_room(t) > RTMP_MEDIA_PACKET_MAX)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL, too_large);
	err = m->at != 0 ? put_header_before(p, t, m->at, &len)
			 : put_header_behind(p, t, &len);
	if (err == RTMP_ERR_INVAL)
		return rtmp_packetizer_fail(p, err, no_header);
	if (err != 0)
		return err;
	memset(&packet, 0, sizeof(packet));
	packet.type = t->type;
	packet.timestamp = timestamp;
	packet.offset = (m->at != 0 ? m->at : p->out.size) - len;
	packet.size = len;
	if (m->at != 0) {
		packet.size += m->size;
	} else {
		packet.lent = m->lent;
		packet.lent_size = m->size;
	}
	return add_packet(p, &packet);
}

/* Keeps the media of one track until that of the others is there. */
static int
gather(struct rtmp_packetizer *p, const struct rtmp_tag *t, uint32_t timestamp,
    const uint8_t *data, size_t size)
{
	struct rtmp_out_piece *more;
	size_t cap;
	int err;

	if (p->many_count == p->many_cap) {
		cap = p->many_cap != 0 ? p->many_cap * 2 : 4;
		more = rtmp_mem_realloc_array(&p->mem, p->many, cap,
		    sizeof(*more));
		if (more == NULL)
			return RTMP_ERR_NOMEM;
		p->many = more;
		p->many_cap = cap;
	}
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
	return rtmp_buf_append(&p->out, &p->mem,
	    p->many_data.data + piece->offset, piece->tag.size);
}

int
rtmp_packetizer_flush(struct rtmp_packetizer *p)
{
	struct rtmp_out_packet packet;
	uint8_t form = form_of_many(p);
	size_t i, count = p->many_count;
	int err = 0;

	if (count == 0)
		return 0;
	p->many_count = 0;
	memset(&packet, 0, sizeof(packet));
	packet.offset = p->out.size;
	for (i = 0; i < count && err == 0; i++) {
		p->many[i].tag.multitrack = form;
		p->many[i].tag.modex = p->many_modex.data;
		err = write_piece(p, &p->many[i], i == 0);
	}
	if (err != 0)
		return err;
	packet.type = p->many[0].tag.type;
	packet.timestamp = p->many_timestamp;
	packet.size = p->out.size - packet.offset;
	if (packet.size > RTMP_MEDIA_PACKET_MAX)
		return rtmp_packetizer_fail(p, RTMP_ERR_INVAL, too_large);
	return add_packet(p, &packet);
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
	if (is_gathering(put) && t->enhanced &&
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
	err = set_times(put, &t, &timestamp);
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

/* Their time is that of decoding.  A composition time that one was read with
 * stays what it was. */
static int
time_of_dts(struct rtmp_put *put, uint32_t *timestamp)
{
	int64_t dts = round_ms(put->dts);

	*timestamp = (uint32_t)dts;
	if (dts < 0 && put->frame->tag == NULL)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL, negative);
	return 0;
}

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
	err = time_of_dts(put, &timestamp);
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
	int err = time_of_dts(put, &timestamp);

	return err != 0 ? err : send(put, &t, timestamp, &m);
}

int
rtmp_put_script(struct rtmp_put *put)
{
	struct rtmp_out_packet packet;
	int err;

	memset(&packet, 0, sizeof(packet));
	packet.type = RTMP_MSG_DATA_AMF0;
	packet.lent = put->frame->data;
	packet.lent_size = put->frame->size;
	err = time_of_dts(put, &packet.timestamp);
	if (err == 0)
		err = rtmp_packetizer_flush(put->p);
	return err != 0 ? err : add_packet(put->p, &packet);
}
