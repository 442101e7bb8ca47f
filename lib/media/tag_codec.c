/*
 * The names and numbers of codecs: SoundFormat and VideoCodecId of the Video
 * File Format 10.1, sections E.4.2.1 and E.4.3.1, and the FourCCs of Enhanced
 * RTMP v2, "Enhanced Audio" and "Enhanced Video".
 */
#include <rtmpio/tag.h>

#include "base/wire.h"
#include "base/words.h"
#include "media/tag_wire.h"

#define NO_ID (-1)

struct codec {
	uint8_t codec; /* enum rtmp_codec */
	int8_t legacy_id;
	char fourcc[4]; /* zeros: none */
};

static const struct codec codecs[] = {
	{ RTMP_CODEC_H264, 7, "avc1" },
	{ RTMP_CODEC_HEVC, NO_ID, "hvc1" },
	{ RTMP_CODEC_VVC, NO_ID, "vvc1" },
	{ RTMP_CODEC_AV1, NO_ID, "av01" },
	{ RTMP_CODEC_VP8, NO_ID, "vp08" },
	{ RTMP_CODEC_VP9, NO_ID, "vp09" },
	{ RTMP_CODEC_H263, 2, "" },
	{ RTMP_CODEC_SCREEN, 3, "" },
	{ RTMP_CODEC_VP6, 4, "" },
	{ RTMP_CODEC_VP6A, 5, "" },
	{ RTMP_CODEC_SCREEN2, 6, "" },
	{ RTMP_CODEC_AAC, 10, "mp4a" },
	{ RTMP_CODEC_MP3, 2, ".mp3" },
	{ RTMP_CODEC_AC3, NO_ID, "ac-3" },
	{ RTMP_CODEC_EAC3, NO_ID, "ec-3" },
	{ RTMP_CODEC_OPUS, NO_ID, "Opus" },
	{ RTMP_CODEC_FLAC, NO_ID, "fLaC" },
	{ RTMP_CODEC_G711A, 7, "" },
	{ RTMP_CODEC_G711U, 8, "" },
	{ RTMP_CODEC_PCM, 0, "" },
	{ RTMP_CODEC_PCM_LE, 3, "" },
	{ RTMP_CODEC_ADPCM, 1, "" },
	{ RTMP_CODEC_SPEEX, 11, "" },
	{ RTMP_CODEC_NELLYMOSER_16K, 4, "" },
	{ RTMP_CODEC_NELLYMOSER_8K, 5, "" },
	{ RTMP_CODEC_NELLYMOSER, 6, "" },
	{ RTMP_CODEC_MP3_8K, 14, "" },
	{ RTMP_CODEC_DEVICE_SPECIFIC, 15, "" }
};

/* In the same order. */
static const char names[] =
    "H.264\0" "HEVC\0" "VVC\0" "AV1\0" "VP8\0" "VP9\0" "Sorenson H.263\0"
    "Screen video\0" "VP6\0" "VP6 with alpha\0" "Screen video 2\0"
    "AAC\0" "MP3\0" "AC-3\0" "E-AC-3\0" "Opus\0" "FLAC\0" "G.711 A-law\0"
    "G.711 mu-law\0" "PCM\0" "PCM little-endian\0" "ADPCM\0" "Speex\0"
    "Nellymoser 16 kHz\0" "Nellymoser 8 kHz\0" "Nellymoser\0" "MP3 8 kHz\0"
    "device-specific sound\0";

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

/* 0 for none */
static uint32_t
fourcc_of(const struct codec *c)
{
	return rtmp_get_be32((const uint8_t *)c->fourcc);
}

static const struct codec *
find(enum rtmp_codec codec)
{
	size_t i;

	for (i = 0; i < CODECS; i++)
		if (codecs[i].codec == codec)
			return &codecs[i];
	return NULL;
}

const char *
rtmp_codec_name(enum rtmp_codec codec)
{
	const struct codec *c = find(codec);

	return c != NULL ? rtmp_word(names, (size_t)(c - codecs)) : "unknown";
}

uint8_t
rtmp_codec_type(enum rtmp_codec codec)
{
	if (codec == RTMP_CODEC_UNKNOWN)
		return 0;
	return codec >= RTMP_CODEC_AAC ? RTMP_MSG_AUDIO : RTMP_MSG_VIDEO;
}

uint32_t
rtmp_codec_fourcc(enum rtmp_codec codec)
{
	const struct codec *c = find(codec);

	return c != NULL ? fourcc_of(c) : 0;
}

int
rtmp_codec_legacy_id(enum rtmp_codec codec)
{
	const struct codec *c = find(codec);

	return c != NULL ? c->legacy_id : NO_ID;
}

static uint8_t
type_of(const struct codec *c)
{
	return rtmp_codec_type((enum rtmp_codec)c->codec);
}

enum rtmp_codec
rtmp_codec_from_fourcc(uint8_t type, uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < CODECS; i++)
		if (fourcc_of(&codecs[i]) == fourcc && fourcc != 0 &&
		    type_of(&codecs[i]) == type)
			return (enum rtmp_codec)codecs[i].codec;
	return RTMP_CODEC_UNKNOWN;
}

enum rtmp_codec
rtmp_codec_from_legacy_id(uint8_t type, unsigned id)
{
	size_t i;

	if (type == RTMP_MSG_VIDEO && id == RTMP_LEGACY_HEVC)
		return RTMP_CODEC_HEVC;
	for (i = 0; i < CODECS; i++)
		if (codecs[i].legacy_id == (int)id &&
		    type_of(&codecs[i]) == type)
			return (enum rtmp_codec)codecs[i].codec;
	return RTMP_CODEC_UNKNOWN;
}

enum rtmp_codec
rtmp_codec_from_number(uint8_t type, double number)
{
	/* NaN fails both comparisons. */
	if (!(number >= 0 && number <= 4294967295.0))
		return RTMP_CODEC_UNKNOWN;
	if (number < 16)
		return rtmp_codec_from_legacy_id(type, (unsigned)number);
	return rtmp_codec_from_fourcc(type, (uint32_t)number);
}

int
rtmp_codec_has_composition_time(enum rtmp_codec codec)
{
	return codec == RTMP_CODEC_H264 || codec == RTMP_CODEC_HEVC ||
	    codec == RTMP_CODEC_VVC;
}

unsigned
rtmp_codec_fixed_rate(enum rtmp_codec codec)
{
	switch (codec) {
	case RTMP_CODEC_G711A:
	case RTMP_CODEC_G711U:
	case RTMP_CODEC_NELLYMOSER_8K:
	case RTMP_CODEC_MP3_8K:
		return 8000;
	case RTMP_CODEC_SPEEX:
	case RTMP_CODEC_NELLYMOSER_16K:
		return 16000;
	default:
		return 0;
	}
}

double
rtmp_tag_sound_rate(const struct rtmp_tag *t)
{
	unsigned rate = rtmp_codec_fixed_rate(t->codec);

	/* Twice as much is 11025, 22050 and so on. */
	return rate != 0 ? rate : (11025 << (t->sound_rate & 3)) / 2.0;
}

/* ---- Headers ---- */

int
rtmp_tag_is_command(const struct rtmp_tag *t)
{
	return t->type == RTMP_MSG_VIDEO &&
	    t->frame_type == RTMP_VIDEO_COMMAND &&
	    !(t->enhanced && t->packet_type == RTMP_PACKET_METADATA);
}

int
rtmp_tag_has_avc_header(const struct rtmp_tag *t)
{
	return !t->enhanced && t->type == RTMP_MSG_VIDEO &&
	    (t->legacy_id == RTMP_LEGACY_AVC ||
		t->legacy_id == RTMP_LEGACY_HEVC) &&
	    t->frame_type != RTMP_VIDEO_COMMAND;
}

int
rtmp_tag_has_composition_time(const struct rtmp_tag *t)
{
	return t->enhanced && t->type == RTMP_MSG_VIDEO &&
	    t->packet_type == RTMP_PACKET_CODED_FRAMES &&
	    t->multitrack <= RTMP_MULTITRACK_MANY_CODECS &&
	    rtmp_codec_has_composition_time(t->codec) &&
	    !rtmp_tag_is_command(t);
}
