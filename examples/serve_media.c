/*
 * What a server must know of media, to serve who comes late: which packets
 * configure a decoder, and at which ones it can start.
 *
 *     legacy    video: frame type 4 bits, codec 4 | packet type 8 | ...
 *               audio: format 4 bits, ... 4 | packet type 8 | ...
 *     enhanced  video: 1, frame type 3 bits, packet type 4 | FourCC | ...
 *               audio: 9, packet type 4 bits | FourCC | ...
 *
 * FLV specification, annex E.4; Enhanced RTMP v2.
 */
#include "serve.h"

enum {
	PACKET_SEQUENCE_START = 0,
	PACKET_CODED_FRAMES = 1,
	PACKET_CODED_FRAMES_X = 3,
	PACKET_VIDEO_METADATA = 4,
	PACKET_CHANNELS = 4, /* audio */
	PACKET_MPEG2TS_START = 5,
	PACKET_MODEX = 7
};

#define CODEC_AVC 7
#define CODEC_HEVC 12 /* legacy framing of some CDNs */
#define FORMAT_AAC 10
#define FRAME_KEY 1

struct media {
	unsigned packet_type;
	unsigned track; /* of the first, where a message holds several */
};

/* Enhanced: skips ModEx and enters Multitrack, whose packet type is given.
 * Returns -1 when the packet ends too early. */
static int
parse_enhanced(const uint8_t *p, size_t size, unsigned multitrack,
    struct media *m)
{
	size_t pos = 1, n;

	m->packet_type = p[0] & 0x0f;
	m->track = 0;
	while (m->packet_type == PACKET_MODEX) {
		if (size - pos < 4)
			return -1;
		n = (size_t)p[pos++] + 1;
		if (n == 256) {
			n = ((size_t)p[pos] << 8 | p[pos + 1]) + 1;
			pos += 2;
		}
		if (size - pos <= n)
			return -1;
		pos += n;
		m->packet_type = p[pos++] & 0x0f;
	}
	if (m->packet_type != multitrack)
		return 0;
	if (size - pos < 6)
		return -1;
	m->packet_type = p[pos] & 0x0f;
	/* Kind of multitrack, FourCC, track id. */
	m->track = (unsigned)(p[pos] >> 4) << 8 | p[pos + 5];
	return 0;
}

static int
is_enhanced_audio(const uint8_t *p)
{
	return p[0] >> 4 == 9;
}

/* Returns 1 for a header. */
static int
audio_header(const uint8_t *p, size_t size, struct media *m)
{
	if (is_enhanced_audio(p))
		return parse_enhanced(p, size, 5, m) == 0 &&
		    (m->packet_type == PACKET_SEQUENCE_START ||
			m->packet_type == PACKET_CHANNELS);
	m->packet_type = PACKET_SEQUENCE_START;
	m->track = 0;
	return p[0] >> 4 == FORMAT_AAC && size >= 2 && p[1] == 0;
}

static int
video_header(const uint8_t *p, size_t size, struct media *m)
{
	unsigned codec = p[0] & 0x0f;

	if (p[0] & 0x80)
		return parse_enhanced(p, size, 6, m) == 0 &&
		    (m->packet_type == PACKET_SEQUENCE_START ||
			m->packet_type == PACKET_MPEG2TS_START ||
			m->packet_type == PACKET_VIDEO_METADATA);
	m->packet_type = PACKET_SEQUENCE_START;
	m->track = 0;
	return (codec == CODEC_AVC || codec == CODEC_HEVC) && size >= 2 &&
	    p[1] == 0;
}

uint32_t
serve_header_key(uint8_t type, const uint8_t *data, size_t size)
{
	struct media m;

	if (size == 0)
		return 0;
	if (type == RTMP_MSG_AUDIO ? !audio_header(data, size, &m) :
		type != RTMP_MSG_VIDEO || !video_header(data, size, &m))
		return 0;
	return (uint32_t)type << 24 | m.packet_type << 16 | m.track;
}

int
serve_is_key_frame(uint8_t type, const uint8_t *data, size_t size)
{
	struct media m;
	unsigned codec;

	if (type != RTMP_MSG_VIDEO || size < 2 ||
	    (data[0] >> 4 & 7) != FRAME_KEY)
		return 0;
	if (data[0] & 0x80)
		return parse_enhanced(data, size, 6, &m) == 0 &&
		    (m.packet_type == PACKET_CODED_FRAMES ||
			m.packet_type == PACKET_CODED_FRAMES_X) &&
		    (m.track & 0xff) == 0;
	codec = data[0] & 0x0f;
	return (codec != CODEC_AVC && codec != CODEC_HEVC) || data[1] == 1;
}
