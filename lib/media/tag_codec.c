/*
 * The names and numbers of codecs: SoundFormat and VideoCodecId of the Video
 * File Format 10.1, sections E.4.2.1 and E.4.3.1, and the FourCCs of Enhanced
 * RTMP v2, "Enhanced Audio" and "Enhanced Video".
 */
#include <rtmpio/tag.h>

#include "base/wire.h"
#include "media/tag_wire.h"

#define NO_ID (-1)

struct codec {
	uint8_t codec; /* enum rtmp_codec */
	int8_t legacy_id;
	char fourcc[4]; /* zeros: none */
	char name[22];
};

static const struct codec codecs[] = {
	{ RTMP_CODEC_H264, 7, "avc1", "H.264" },
	{ RTMP_CODEC_HEVC, NO_ID, "hvc1", "HEVC" },
	{ RTMP_CODEC_VVC, NO_ID, "vvc1", "VVC" },
	{ RTMP_CODEC_AV1, NO_ID, "av01", "AV1" },
	{ RTMP_CODEC_VP8, NO_ID, "vp08", "VP8" },
	{ RTMP_CODEC_VP9, NO_ID, "vp09", "VP9" },
	{ RTMP_CODEC_H263, 2, "", "Sorenson H.263" },
	{ RTMP_CODEC_SCREEN, 3, "", "Screen video" },
	{ RTMP_CODEC_VP6, 4, "", "VP6" },
	{ RTMP_CODEC_VP6A, 5, "", "VP6 with alpha" },
	{ RTMP_CODEC_SCREEN2, 6, "", "Screen video 2" },
	{ RTMP_CODEC_AAC, 10, "mp4a", "AAC" },
	{ RTMP_CODEC_MP3, 2, ".mp3", "MP3" },
	{ RTMP_CODEC_AC3, NO_ID, "ac-3", "AC-3" },
	{ RTMP_CODEC_EAC3, NO_ID, "ec-3", "E-AC-3" },
	{ RTMP_CODEC_OPUS, NO_ID, "Opus", "Opus" },
	{ RTMP_CODEC_FLAC, NO_ID, "fLaC", "FLAC" },
	{ RTMP_CODEC_G711A, 7, "", "G.711 A-law" },
	{ RTMP_CODEC_G711U, 8, "", "G.711 mu-law" },
	{ RTMP_CODEC_PCM, 0, "", "PCM" },
	{ RTMP_CODEC_PCM_LE, 3, "", "PCM little-endian" },
	{ RTMP_CODEC_ADPCM, 1, "", "ADPCM" },
	{ RTMP_CODEC_SPEEX, 11, "", "Speex" },
	{ RTMP_CODEC_NELLYMOSER_16K, 4, "", "Nellymoser 16 kHz" },
	{ RTMP_CODEC_NELLYMOSER_8K, 5, "", "Nellymoser 8 kHz" },
	{ RTMP_CODEC_NELLYMOSER, 6, "", "Nellymoser" },
	{ RTMP_CODEC_MP3_8K, 14, "", "MP3 8 kHz" },
	{ RTMP_CODEC_DEVICE_SPECIFIC, 15, "", "device-specific sound" }
};

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

	return c != NULL ? c->name : "unknown";
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
