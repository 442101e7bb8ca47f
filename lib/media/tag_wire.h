#ifndef RTMPIO_MEDIA_TAG_WIRE_H
#define RTMPIO_MEDIA_TAG_WIRE_H

/* What the reader and the writer of tags agree on. */
#include <rtmpio/tag.h>

#define RTMP_SOUND_ENHANCED 9 /* SoundFormat: ExHeader */
#define RTMP_LEGACY_AVC 7
#define RTMP_LEGACY_HEVC 12 /* of some networks, no standard */
#define RTMP_LEGACY_AAC 10
#define RTMP_PACKET_MODEX 7

#define RTMP_NANO_OFFSET_MAX 999999

/* States of a reader; an error is one, too. */
enum {
	RTMP_TAG_READER_ONE, /* the packet has one piece */
	RTMP_TAG_READER_MANY, /* a piece with a size is next */
	RTMP_TAG_READER_END
};

/* Another piece follows in the same packet. */
static inline int
rtmp_tag_reader_has_more(const struct rtmp_tag_reader *r)
{
	return r->state == RTMP_TAG_READER_MANY;
}

static inline uint8_t
rtmp_tag_multitrack_type(uint8_t type)
{
	return type == RTMP_MSG_AUDIO ? 5 : 6;
}

/* One byte of VideoCommand instead of media.  The frame type of a Metadata
 * packet means nothing. */
int rtmp_tag_is_command(const struct rtmp_tag *t);

/* AVCPacketType and CompositionTime follow the first byte. */
int rtmp_tag_has_avc_header(const struct rtmp_tag *t);

/* Enhanced: the media begins with a composition time. */
int rtmp_tag_has_composition_time(const struct rtmp_tag *t);

/* Of a codec that has but one; else 0.  Hz */
unsigned rtmp_codec_fixed_rate(enum rtmp_codec codec);
/* What the legacy header of audio says, but for codecs with one rate only; Hz.
 * In that of AAC it means nothing. */
double rtmp_tag_sound_rate(const struct rtmp_tag *t);

#endif
