/*
 * Audio and video packets taken apart: Video File Format 10.1, sections
 * E.4.2.1 and E.4.3.1; Enhanced RTMP v2, "Enhanced Audio", "Enhanced Video".
 *
 *      0               1
 *     +-------+-------+-------+-------+
 *     | f r s c       | AAC type      |          legacy audio
 *     | frame | codec | AVC type      | 3 |      legacy video
 *     | 9     | type  | ...                      Enhanced audio
 *     |1| frm | type  | ...                      Enhanced video
 *     +-------+-------+
 *
 *     type 7, ModEx:       size - 1 (1; ff: 2 more, size - 1) | data |
 *                          ModEx type 4 bits, next packet type 4
 *     video 6, audio 5:    multitrack form 4 bits, packet type 4 |
 *       OneTrack           FourCC | track | media
 *       ManyTracks         FourCC | { track | size 3 | media }
 *       ... ManyCodecs     { FourCC | track | size 3 | media }
 *     others:              FourCC | media
 *
 * The media of CodedFrames begins with the composition time where the codec
 * has one.
 */
#include <string.h>

#include <rtmpio/tag.h>

#include "base/wire.h"
#include "media/tag_wire.h"

static int
si24(const uint8_t *p)
{
	int v = (int)rtmp_get_be24(p);

	return v < 0x800000 ? v : v - 0x1000000;
}

/* What follows the packet type byte of legacy AVC, and of HEVC that copies
 * it.  An end of sequence may be cut short. */
static int
read_legacy_avc(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	if (r->pos == r->end)
		return RTMP_ERR_MALFORMED;
	t->packet_type = *r->pos++;
	if (r->end - r->pos < 3) {
		if (t->packet_type != RTMP_PACKET_SEQUENCE_END)
			return RTMP_ERR_MALFORMED;
		r->pos = r->end;
		return 0;
	}
	t->composition_time = si24(r->pos);
	r->pos += 3;
	return 0;
}

static int
read_legacy_video(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	uint8_t b = *r->pos++;

	t->frame_type = b >> 4;
	t->legacy_id = b & 15;
	t->codec = rtmp_codec_from_legacy_id(RTMP_MSG_VIDEO, t->legacy_id);
	t->packet_type = RTMP_PACKET_CODED_FRAMES;
	if (t->frame_type == RTMP_VIDEO_COMMAND)
		return r->pos != r->end ? 0 : RTMP_ERR_MALFORMED;
	if (rtmp_tag_has_avc_header(t))
		return read_legacy_avc(r, t);
	return 0;
}

static int
read_legacy_audio(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	uint8_t b = *r->pos++;

	t->legacy_id = b >> 4;
	t->sound_rate = b >> 2 & 3;
	t->sound_size = b >> 1 & 1;
	t->sound_type = b & 1;
	t->codec = rtmp_codec_from_legacy_id(RTMP_MSG_AUDIO, t->legacy_id);
	t->packet_type = RTMP_PACKET_CODED_FRAMES;
	if (t->codec == RTMP_CODEC_AAC) {
		if (r->pos == r->end)
			return RTMP_ERR_MALFORMED;
		t->packet_type = *r->pos++;
	}
	return 0;
}

int
rtmp_modex_next(const uint8_t **chain, size_t *size, struct rtmp_modex *modex)
{
	const uint8_t *p = *chain;
	size_t left = *size, n;

	if (left == 0)
		return 0;
	n = (size_t)*p++ + 1;
	left--;
	if (n == 256) {
		if (left < 2)
			return RTMP_ERR_MALFORMED;
		n = (size_t)rtmp_get_be16(p) + 1;
		p += 2;
		left -= 2;
	}
	if (left < n + 1)
		return RTMP_ERR_MALFORMED;
	modex->data = p;
	modex->size = n;
	modex->type = p[n] >> 4;
	*chain = p + n + 1;
	*size = left - n - 1;
	return 1;
}

/* The chain goes on as long as the packet type in its last byte is ModEx. */
static int
read_modex(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	struct rtmp_modex m;
	size_t left = (size_t)(r->end - r->pos);

	t->modex = r->pos;
	while (t->packet_type == RTMP_PACKET_MODEX) {
		if (rtmp_modex_next(&r->pos, &left, &m) != 1)
			return RTMP_ERR_MALFORMED;
		t->packet_type = r->pos[-1] & 15;
		if (m.type == RTMP_MODEX_NANO) {
			if (m.size < 3)
				return RTMP_ERR_MALFORMED;
			t->has_nano = 1;
			t->nano_offset = rtmp_get_be24(m.data);
		}
	}
	t->modex_size = (size_t)(r->pos - t->modex);
	return 0;
}

static int
read_fourcc(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	if (r->end - r->pos < 4)
		return RTMP_ERR_MALFORMED;
	t->fourcc = rtmp_get_be32(r->pos);
	t->codec = rtmp_codec_from_fourcc(t->type, t->fourcc);
	r->pos += 4;
	return 0;
}

/* Behind the byte that says Multitrack.  How a form that is not known goes on
 * nobody can say: all of the rest is its data. */
static int
read_multitrack(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	uint8_t multitrack = t->packet_type;
	int err = 0;

	if (r->pos == r->end)
		return RTMP_ERR_MALFORMED;
	t->packet_type = *r->pos & 15;
	t->multitrack = (uint8_t)((*r->pos++ >> 4) + 1);
	if (t->packet_type == multitrack)
		return RTMP_ERR_MALFORMED;
	if (t->multitrack > RTMP_MULTITRACK_MANY_CODECS)
		return 0;
	if (t->multitrack != RTMP_MULTITRACK_MANY_CODECS)
		err = read_fourcc(r, t);
	if (err == 0 && t->multitrack == RTMP_MULTITRACK_ONE) {
		if (r->pos == r->end)
			return RTMP_ERR_MALFORMED;
		t->track = *r->pos++;
	}
	return err;
}

/* The specification looks for a command before it looks behind Multitrack; but
 * Metadata, which has any frame type, may stand there, and no command is a 4
 * with more behind it. */
static int
is_metadata_of_tracks(const struct rtmp_tag_reader *r,
    const struct rtmp_tag *t)
{
	return t->packet_type == rtmp_tag_multitrack_type(t->type) &&
	    r->end - r->pos > 1 && (*r->pos & 15) == RTMP_PACKET_METADATA;
}

static int
read_enhanced(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	uint8_t b = *r->pos++;
	int err;

	t->enhanced = 1;
	t->packet_type = b & 15;
	if (t->type == RTMP_MSG_VIDEO)
		t->frame_type = b >> 4 & 7;
	if (t->packet_type == RTMP_PACKET_MODEX) {
		err = read_modex(r, t);
		if (err != 0)
			return err;
	}
	if (rtmp_tag_is_command(t) && !is_metadata_of_tracks(r, t))
		return r->pos != r->end ? 0 : RTMP_ERR_MALFORMED;
	if (t->packet_type == rtmp_tag_multitrack_type(t->type))
		return read_multitrack(r, t);
	return read_fourcc(r, t);
}

/* Reads all that the pieces of the packet share. */
static int
read_head(struct rtmp_tag_reader *r)
{
	struct rtmp_tag *t = &r->head;
	int audio = t->type == RTMP_MSG_AUDIO;

	if (r->pos == r->end) {
		t->kind = RTMP_KIND_SILENCE;
		return audio ? 0 : RTMP_ERR_MALFORMED;
	}
	if (audio ? *r->pos >> 4 == RTMP_SOUND_ENHANCED : *r->pos >> 7)
		return read_enhanced(r, t);
	return audio ? read_legacy_audio(r, t) : read_legacy_video(r, t);
}

static enum rtmp_kind
kind_of_packet(const struct rtmp_tag *t)
{
	/* By packet type, of audio and of video. */
	enum { TYPES = RTMP_PACKET_MPEG2TS_SEQUENCE_START + 1 };
	static const uint8_t kinds[2][TYPES] = {
		{ RTMP_KIND_CONFIG, RTMP_KIND_CODED, RTMP_KIND_END,
		    RTMP_KIND_UNKNOWN, RTMP_KIND_CHANNELS, RTMP_KIND_UNKNOWN },
		{ RTMP_KIND_CONFIG, RTMP_KIND_CODED, RTMP_KIND_END,
		    RTMP_KIND_CODED, RTMP_KIND_METADATA, RTMP_KIND_MPEG2TS }
	};

	if (t->packet_type >= TYPES)
		return RTMP_KIND_UNKNOWN;
	return (enum rtmp_kind)kinds[t->type == RTMP_MSG_VIDEO]
	    [t->packet_type];
}

static enum rtmp_kind
kind_of(const struct rtmp_tag *t)
{
	if (rtmp_tag_is_command(t))
		return RTMP_KIND_COMMAND;
	if (t->multitrack > RTMP_MULTITRACK_MANY_CODECS ||
	    t->codec == RTMP_CODEC_UNKNOWN)
		return RTMP_KIND_UNKNOWN;
	if (t->type == RTMP_MSG_VIDEO && (t->frame_type < RTMP_VIDEO_KEY ||
	    t->frame_type > RTMP_VIDEO_GENERATED_KEY) &&
	    !(t->enhanced && t->packet_type == RTMP_PACKET_METADATA))
		return RTMP_KIND_UNKNOWN;
	if (!t->enhanced && t->packet_type > (t->type == RTMP_MSG_VIDEO ?
	    RTMP_PACKET_SEQUENCE_END : RTMP_PACKET_CODED_FRAMES))
		return RTMP_KIND_UNKNOWN;
	return kind_of_packet(t);
}

/* Takes the composition time from the front of the media. */
static int
finish_piece(struct rtmp_tag *t)
{
	t->kind = kind_of(t);
	if (rtmp_tag_has_composition_time(t)) {
		if (t->size < 3)
			return RTMP_ERR_MALFORMED;
		t->composition_time = si24(t->data);
		t->data += 3;
		t->size -= 3;
	}
	return 1;
}

/* The next of the pieces that have sizes; there is at least one. */
static int
read_piece(struct rtmp_tag_reader *r, struct rtmp_tag *t)
{
	if (t->multitrack == RTMP_MULTITRACK_MANY_CODECS &&
	    read_fourcc(r, t) != 0)
		return RTMP_ERR_MALFORMED;
	if (r->end - r->pos < 4)
		return RTMP_ERR_MALFORMED;
	t->track = r->pos[0];
	t->size = rtmp_get_be24(r->pos + 1);
	r->pos += 4;
	if (t->size > (size_t)(r->end - r->pos))
		return RTMP_ERR_MALFORMED;
	t->data = r->pos;
	r->pos += t->size;
	return finish_piece(t);
}

void
rtmp_tag_reader_init(struct rtmp_tag_reader *r, uint8_t type,
    const uint8_t *data, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->head.type = type;
	r->pos = data;
	r->end = size != 0 ? data + size : data;
	if (type != RTMP_MSG_AUDIO && type != RTMP_MSG_VIDEO)
		r->state = RTMP_ERR_MALFORMED;
	else
		r->state = read_head(r);
	if (r->state == 0 && r->head.multitrack >= RTMP_MULTITRACK_MANY &&
	    r->head.multitrack <= RTMP_MULTITRACK_MANY_CODECS)
		r->state = RTMP_TAG_READER_MANY;
}

int
rtmp_tag_next(struct rtmp_tag_reader *r, struct rtmp_tag *tag)
{
	int state = r->state, ret;

	if (state == RTMP_TAG_READER_END)
		return 0;
	r->state = RTMP_TAG_READER_END;
	if (state < 0)
		return state;
	*tag = r->head;
	if (state == RTMP_TAG_READER_ONE) {
		tag->data = r->pos;
		tag->size = (size_t)(r->end - r->pos);
		return tag->kind == RTMP_KIND_SILENCE ? 1 : finish_piece(tag);
	}
	ret = read_piece(r, tag);
	if (ret == 1 && r->pos != r->end)
		r->state = RTMP_TAG_READER_MANY;
	return ret;
}

int
rtmp_tag_read(uint8_t type, const uint8_t *data, size_t size,
    struct rtmp_tag *tag)
{
	struct rtmp_tag_reader r;

	rtmp_tag_reader_init(&r, type, data, size);
	return rtmp_tag_next(&r, tag);
}
