/*
 * The names and numbers of codecs: SoundFormat and VideoCodecId of the Video
 * File Format 10.1, sections E.4.2.1 and E.4.3.1, and the FourCCs of Enhanced
 * RTMP v2, "Enhanced Audio" and "Enhanced Video".
 */
#include <rtmpio/tag.h>

#include "media/tag_wire.h"

#define NO_ID (-1)

struct codec {
	enum rtmp_codec codec;
	int legacy_id;
	uint32_t fourcc;
	const char *name;
};

static const struct codec codecs[] = {
	{ RTMP_CODEC_H264, 7, RTMP_FOURCC('a', 'v', 'c', '1'), "H.264" },
	{ RTMP_CODEC_HEVC, NO_ID, RTMP_FOURCC('h', 'v', 'c', '1'), "HEVC" },
	{ RTMP_CODEC_VVC, NO_ID, RTMP_FOURCC('v', 'v', 'c', '1'), "VVC" },
	{ RTMP_CODEC_AV1, NO_ID, RTMP_FOURCC('a', 'v', '0', '1'), "AV1" },
	{ RTMP_CODEC_VP8, NO_ID, RTMP_FOURCC('v', 'p', '0', '8'), "VP8" },
	{ RTMP_CODEC_VP9, NO_ID, RTMP_FOURCC('v', 'p', '0', '9'), "VP9" },
	{ RTMP_CODEC_H263, 2, 0, "Sorenson H.263" },
	{ RTMP_CODEC_SCREEN, 3, 0, "Screen video" },
	{ RTMP_CODEC_VP6, 4, 0, "VP6" },
	{ RTMP_CODEC_VP6A, 5, 0, "VP6 with alpha" },
	{ RTMP_CODEC_SCREEN2, 6, 0, "Screen video 2" },
	{ RTMP_CODEC_AAC, 10, RTMP_FOURCC('m', 'p', '4', 'a'), "AAC" },
	{ RTMP_CODEC_MP3, 2, RTMP_FOURCC('.', 'm', 'p', '3'), "MP3" },
	{ RTMP_CODEC_AC3, NO_ID, RTMP_FOURCC('a', 'c', '-', '3'), "AC-3" },
	{ RTMP_CODEC_EAC3, NO_ID, RTMP_FOURCC('e', 'c', '-', '3'), "E-AC-3" },
	{ RTMP_CODEC_OPUS, NO_ID, RTMP_FOURCC('O', 'p', 'u', 's'), "Opus" },
	{ RTMP_CODEC_FLAC, NO_ID, RTMP_FOURCC('f', 'L', 'a', 'C'), "FLAC" },
	{ RTMP_CODEC_G711A, 7, 0, "G.711 A-law" },
	{ RTMP_CODEC_G711U, 8, 0, "G.711 mu-law" },
	{ RTMP_CODEC_PCM, 0, 0, "PCM" },
	{ RTMP_CODEC_PCM_LE, 3, 0, "PCM little-endian" },
	{ RTMP_CODEC_ADPCM, 1, 0, "ADPCM" },
	{ RTMP_CODEC_SPEEX, 11, 0, "Speex" },
	{ RTMP_CODEC_NELLYMOSER_16K, 4, 0, "Nellymoser 16 kHz" },
	{ RTMP_CODEC_NELLYMOSER_8K, 5, 0, "Nellymoser 8 kHz" },
	{ RTMP_CODEC_NELLYMOSER, 6, 0, "Nellymoser" },
	{ RTMP_CODEC_MP3_8K, 14, 0, "MP3 8 kHz" },
	{ RTMP_CODEC_DEVICE_SPECIFIC, 15, 0, "device-specific sound" }
};

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

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

	return c != NULL ? c->fourcc : 0;
}

int
rtmp_codec_legacy_id(enum rtmp_codec codec)
{
	const struct codec *c = find(codec);

	return c != NULL ? c->legacy_id : NO_ID;
}

enum rtmp_codec
rtmp_codec_from_fourcc(uint8_t type, uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < CODECS; i++)
		if (codecs[i].fourcc == fourcc && fourcc != 0 &&
		    rtmp_codec_type(codecs[i].codec) == type)
			return codecs[i].codec;
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
		    rtmp_codec_type(codecs[i].codec) == type)
			return codecs[i].codec;
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
