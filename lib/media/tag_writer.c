/*
 * Headers of audio and video packets written; the figure is in tag_reader.c.
 */
#include <string.h>

#include <rtmpio/tag.h>

#include "media/out.h"
#include "media/tag_wire.h"

#define SI24_MAX 0x7fffff
#define UI24_MAX 0xffffff

static void
put_be24(struct rtmp_out *o, uint32_t v)
{
	uint8_t b[3];

	rtmp_put_be24(b, v);
	rtmp_out_bytes(o, b, sizeof(b));
}

void
rtmp_tag_init(struct rtmp_tag *tag, enum rtmp_codec codec, int fourcc)
{
	int id = rtmp_codec_legacy_id(codec);

	memset(tag, 0, sizeof(*tag));
	tag->type = rtmp_codec_type(codec);
	tag->codec = codec;
	tag->fourcc = rtmp_codec_fourcc(codec);
	tag->enhanced = id < 0 || (fourcc && tag->fourcc != 0);
	tag->legacy_id = (uint8_t)(id < 0 ? 0 : id);
	tag->packet_type = RTMP_PACKET_CODED_FRAMES;
	tag->kind = RTMP_KIND_CODED;
	if (tag->type == RTMP_MSG_VIDEO)
		tag->frame_type = RTMP_VIDEO_INTER;
	if (tag->type == RTMP_MSG_AUDIO && !tag->enhanced) {
		tag->sound_rate = RTMP_SOUND_44K;
		tag->sound_size = 1;
		tag->sound_type = 1;
	}
}

/* A track with a size in front of its media. */
static int
is_sized(const struct rtmp_tag *t)
{
	return t->multitrack == RTMP_MULTITRACK_MANY ||
	    t->multitrack == RTMP_MULTITRACK_MANY_CODECS;
}

static int
is_valid(const struct rtmp_tag *t)
{
	int audio = t->type == RTMP_MSG_AUDIO;

	if (!audio && t->type != RTMP_MSG_VIDEO)
		return 0;
	if (t->composition_time > SI24_MAX ||
	    t->composition_time < -SI24_MAX - 1)
		return 0;
	if (!audio && t->frame_type > 7)
		return 0;
	if (!t->enhanced) {
		return t->legacy_id <= 15 &&
		    t->multitrack == RTMP_MULTITRACK_NONE && t->track == 0 &&
		    !t->has_nano && t->modex_size == 0 &&
		    (!audio || (t->legacy_id != RTMP_SOUND_ENHANCED &&
			t->sound_rate <= 3 && t->sound_size <= 1 &&
			t->sound_type <= 1));
	}
	return (!is_sized(t) || t->size <= UI24_MAX - 3) &&
	    t->packet_type <= 15 && t->multitrack <= 16 &&
	    (t->multitrack != RTMP_MULTITRACK_NONE || t->track == 0) &&
	    (!t->has_nano || t->nano_offset <= RTMP_NANO_OFFSET_MAX) &&
	    (rtmp_tag_is_command(t) ||
		(t->packet_type != rtmp_tag_multitrack_type(t->type) &&
		    (t->packet_type != RTMP_PACKET_MODEX ||
			t->multitrack != RTMP_MULTITRACK_NONE)));
}

static void
put_legacy(struct rtmp_out *o, const struct rtmp_tag *t)
{
	if (t->type == RTMP_MSG_AUDIO) {
		rtmp_out_u8(o, (unsigned)t->legacy_id << 4 |
		    (unsigned)t->sound_rate << 2 |
		    (unsigned)t->sound_size << 1 | t->sound_type);
		if (t->legacy_id == RTMP_LEGACY_AAC)
			rtmp_out_u8(o, t->packet_type);
		return;
	}
	rtmp_out_u8(o, (unsigned)t->frame_type << 4 | t->legacy_id);
	if (rtmp_tag_has_avc_header(t)) {
		rtmp_out_u8(o, t->packet_type);
		put_be24(o, (uint32_t)t->composition_time);
	}
}

/* Where in the chain the three bytes of its last nanosecond offset are; 0 for
 * none, which no chain has at its front.  RTMP_ERR_INVAL for a broken one. */
static int
find_nano(const struct rtmp_tag *t, size_t *at)
{
	const uint8_t *p = t->modex;
	size_t left = t->modex_size;
	struct rtmp_modex m;
	int ret;

	*at = 0;
	while ((ret = rtmp_modex_next(&p, &left, &m)) == 1) {
		int more = (p[-1] & 15) == RTMP_PACKET_MODEX;

		if (m.type == RTMP_MODEX_NANO) {
			if (m.size < 3)
				return RTMP_ERR_INVAL;
			*at = (size_t)(m.data - t->modex);
		}
		if (more != (left != 0))
			return RTMP_ERR_INVAL;
	}
	return ret == 0 ? 0 : RTMP_ERR_INVAL;
}

/* The chain that was given, with our offset, and next as its packet type. */
static int
put_modex(struct rtmp_out *o, const struct rtmp_tag *t, unsigned next)
{
	size_t nano = 0;
	int err = t->modex_size != 0 ? find_nano(t, &nano) : 0;

	if (err != 0)
		return err;
	if (t->has_nano && nano == 0) {
		rtmp_out_u8(o, 3 - 1);
		put_be24(o, t->nano_offset);
		rtmp_out_u8(o, RTMP_MODEX_NANO << 4 |
		    (t->modex_size != 0 ? RTMP_PACKET_MODEX : next));
	}
	if (t->modex_size == 0)
		return 0;
	if (nano != 0 && t->has_nano) {
		rtmp_out_bytes(o, t->modex, nano);
		put_be24(o, t->nano_offset);
		nano += 3;
	} else {
		nano = 0;
	}
	rtmp_out_bytes(o, t->modex + nano, t->modex_size - 1 - nano);
	rtmp_out_u8(o, (t->modex[t->modex_size - 1] & 0xf0U) | next);
	return 0;
}

/* The composition time counts as media to the size of a track. */
static void
put_piece(struct rtmp_out *o, const struct rtmp_tag *t)
{
	int has_time = rtmp_tag_has_composition_time(t);

	if (is_sized(t)) {
		if (t->multitrack == RTMP_MULTITRACK_MANY_CODECS)
			rtmp_out_be32(o, t->fourcc);
		rtmp_out_u8(o, t->track);
		put_be24(o, (uint32_t)(t->size + (has_time ? 3 : 0)));
	}
	if (has_time)
		put_be24(o, (uint32_t)t->composition_time);
}

static int
put_enhanced(struct rtmp_out *o, const struct rtmp_tag *t)
{
	int command = rtmp_tag_is_command(t);
	int multitrack = t->multitrack != RTMP_MULTITRACK_NONE && !command;
	unsigned next = multitrack ? rtmp_tag_multitrack_type(t->type)
				   : t->packet_type;
	int modex = t->has_nano || t->modex_size != 0;
	int err = 0;

	rtmp_out_u8(o, (t->type == RTMP_MSG_AUDIO ?
	    (unsigned)RTMP_SOUND_ENHANCED << 4 : 0x80U |
	    (unsigned)t->frame_type << 4) |
	    (modex ? RTMP_PACKET_MODEX : next));
	if (modex)
		err = put_modex(o, t, next);
	if (err != 0 || command)
		return err;
	if (multitrack)
		rtmp_out_u8(o, (t->multitrack - 1U) << 4 | t->packet_type);
	if (t->multitrack < RTMP_MULTITRACK_MANY_CODECS)
		rtmp_out_be32(o, t->fourcc);
	if (t->multitrack == RTMP_MULTITRACK_ONE)
		rtmp_out_u8(o, t->track);
	put_piece(o, t);
	return 0;
}

int
rtmp_tag_put(uint8_t *buf, size_t buf_size, const struct rtmp_tag *tag,
    size_t *len)
{
	struct rtmp_out o;
	int err = 0;

	rtmp_out_init(&o, buf, buf_size);
	*len = 0;
	if (!is_valid(tag))
		return RTMP_ERR_INVAL;
	if (tag->kind == RTMP_KIND_SILENCE)
		return 0;
	if (tag->enhanced)
		err = put_enhanced(&o, tag);
	else
		put_legacy(&o, tag);
	return err != 0 ? err : rtmp_out_end(&o, len);
}

int
rtmp_tag_put_track(uint8_t *buf, size_t buf_size, const struct rtmp_tag *tag,
    size_t *len)
{
	struct rtmp_out o;

	rtmp_out_init(&o, buf, buf_size);
	*len = 0;
	if (!is_valid(tag) || !is_sized(tag))
		return RTMP_ERR_INVAL;
	put_piece(&o, tag);
	return rtmp_out_end(&o, len);
}
