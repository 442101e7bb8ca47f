#ifndef RTMPIO_TAG_H
#define RTMPIO_TAG_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What stands in front of the media in an audio or video packet: the tag
 * headers of the Video File Format 10.1 (E.4.2, E.4.3) and of Enhanced RTMP v2
 * ("Enhanced Audio", "Enhanced Video").  Pure functions on bytes; media.h
 * builds frames on them.
 *
 *     legacy    audio | format 4, rate 2, size 1, channels 1 | AAC: type 1
 *               video | frame type 4, codec 4 | AVC: type 1, comp. time 3
 *
 *     Enhanced  audio | 9, packet type 4 |
 *               video | 1, frame type 3, packet type 4 |
 *               then  | ModEx ... | [multitrack form 4, packet type 4]
 *                     | FourCC | [track 1, size 3] | [comp. time 3] | media
 *
 * One packet carries one piece of media, or, in the forms ManyTracks and
 * ManyTracksManyCodecs, one piece per track.
 */

/* ---- Codecs ---- */

enum rtmp_codec {
	RTMP_CODEC_UNKNOWN = 0,

	RTMP_CODEC_H264 = 1,
	RTMP_CODEC_HEVC,
	RTMP_CODEC_VVC,
	RTMP_CODEC_AV1,
	RTMP_CODEC_VP8,
	RTMP_CODEC_VP9,
	RTMP_CODEC_H263, /* Sorenson */
	RTMP_CODEC_SCREEN,
	RTMP_CODEC_VP6,
	RTMP_CODEC_VP6A,
	RTMP_CODEC_SCREEN2,

	RTMP_CODEC_AAC = 64,
	RTMP_CODEC_MP3,
	RTMP_CODEC_AC3,
	RTMP_CODEC_EAC3,
	RTMP_CODEC_OPUS,
	RTMP_CODEC_FLAC,
	RTMP_CODEC_G711A,
	RTMP_CODEC_G711U,
	RTMP_CODEC_PCM,	   /* in the byte order of whoever wrote it */
	RTMP_CODEC_PCM_LE, /* 8 bits unsigned, 16 bits little-endian */
	RTMP_CODEC_ADPCM,
	RTMP_CODEC_SPEEX,
	RTMP_CODEC_NELLYMOSER_16K,
	RTMP_CODEC_NELLYMOSER_8K,
	RTMP_CODEC_NELLYMOSER,
	RTMP_CODEC_MP3_8K,
	RTMP_CODEC_DEVICE_SPECIFIC
};

#define RTMP_FOURCC(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | \
	    (uint32_t)(d))

/* "H.264"; "unknown" for any other number.  Never NULL, never freed. */
RTMP_API const char *rtmp_codec_name(enum rtmp_codec codec);
/* RTMP_MSG_AUDIO or RTMP_MSG_VIDEO; 0 for RTMP_CODEC_UNKNOWN. */
RTMP_API uint8_t rtmp_codec_type(enum rtmp_codec codec);
/* The FourCC of Enhanced RTMP, or 0: none is assigned. */
RTMP_API uint32_t rtmp_codec_fourcc(enum rtmp_codec codec);
/* The four bits of the legacy header, or -1.  HEVC has none: 12, which some
 * networks use, is no standard, and only read. */
RTMP_API int rtmp_codec_legacy_id(enum rtmp_codec codec);
/* RTMP_CODEC_UNKNOWN where the type (RTMP_MSG_...) has no such codec. */
RTMP_API enum rtmp_codec rtmp_codec_from_fourcc(uint8_t type,
    uint32_t fourcc);
RTMP_API enum rtmp_codec rtmp_codec_from_legacy_id(uint8_t type, unsigned id);
/* The codec that videocodecid or audiocodecid of onMetaData means: a legacy id
 * or a FourCC. */
RTMP_API enum rtmp_codec rtmp_codec_from_number(uint8_t type, double number);
/* 1 for H.264, HEVC and VVC, whose coded frames carry a composition time. */
RTMP_API int rtmp_codec_has_composition_time(enum rtmp_codec codec);

/* ---- Tags ---- */

enum rtmp_video_frame_type {
	RTMP_VIDEO_KEY = 1,
	RTMP_VIDEO_INTER = 2,
	RTMP_VIDEO_DISPOSABLE = 3, /* H.263 only */
	RTMP_VIDEO_GENERATED_KEY = 4,
	RTMP_VIDEO_COMMAND = 5
};

/* The numbers of the wire; audio and video give some of them meanings of their
 * own.  0 to 2 are those of the legacy AVC and AAC headers, too. */
enum rtmp_packet_type {
	RTMP_PACKET_SEQUENCE_START = 0,
	RTMP_PACKET_CODED_FRAMES = 1,
	RTMP_PACKET_SEQUENCE_END = 2,
	RTMP_PACKET_CODED_FRAMES_X = 3,	     /* video: composition time 0 */
	RTMP_PACKET_METADATA = 4,	     /* video */
	RTMP_PACKET_MULTICHANNEL_CONFIG = 4, /* audio */
	RTMP_PACKET_MPEG2TS_SEQUENCE_START = 5 /* video */
};

/* Which tracks a packet carries. */
enum rtmp_multitrack {
	RTMP_MULTITRACK_NONE = 0,  /* track 0, without a number */
	RTMP_MULTITRACK_ONE,	   /* OneTrack */
	RTMP_MULTITRACK_MANY,	   /* ManyTracks, of one codec */
	RTMP_MULTITRACK_MANY_CODECS /* ManyTracksManyCodecs; forms that the
				    * specification does not know are above */
};

/* Of SoundRate: 5512.5, 11025, 22050 and 44100 Hz. */
enum rtmp_sound_rate {
	RTMP_SOUND_5K = 0,
	RTMP_SOUND_11K = 1,
	RTMP_SOUND_22K = 2,
	RTMP_SOUND_44K = 3
};

/* VideoCommand */
#define RTMP_VIDEO_START_SEEK 0
#define RTMP_VIDEO_END_SEEK 1

/* What a piece is, once its header is understood. */
enum rtmp_kind {
	RTMP_KIND_UNKNOWN = 0, /* codec, frame type, packet type or multitrack
				* form that this library does not know */
	RTMP_KIND_CODED,       /* coded media */
	RTMP_KIND_CONFIG,      /* codec configuration: SequenceStart */
	RTMP_KIND_END,	       /* end of the sequence */
	RTMP_KIND_METADATA,    /* AMF0, see rtmp_color_info_read() */
	RTMP_KIND_CHANNELS,    /* see rtmp_channels_read() */
	RTMP_KIND_COMMAND,     /* one byte: VideoCommand */
	RTMP_KIND_SILENCE,     /* an audio packet of no bytes */
	RTMP_KIND_MPEG2TS,     /* AV1 descriptor: MPEG2TSSequenceStart */
	RTMP_KIND_SCRIPT       /* frames only: the body of a data packet */
};

/*
 * One piece of media and its header, field by field as on the wire.  data is
 * the media behind the header and lent: it points into the packet.
 */
struct rtmp_tag {
	uint8_t type;	     /* RTMP_MSG_AUDIO or RTMP_MSG_VIDEO */
	uint8_t enhanced;    /* 0: legacy header */
	uint8_t frame_type;  /* video: enum rtmp_video_frame_type */
	uint8_t packet_type; /* enum rtmp_packet_type; CODED_FRAMES for legacy
			      * codecs without one */
	uint8_t multitrack;  /* enum rtmp_multitrack */
	uint8_t track;
	uint8_t legacy_id;   /* legacy: the four bits of the codec */
	uint8_t sound_rate;  /* legacy audio: enum rtmp_sound_rate, */
	uint8_t sound_size;  /*     0: 8 bits, 1: 16 bits */
	uint8_t sound_type;  /*     0: mono, 1: stereo */
	enum rtmp_kind kind;
	enum rtmp_codec codec;
	uint32_t fourcc;	  /* Enhanced: also when codec is UNKNOWN */
	int32_t composition_time; /* milliseconds, signed 24 bits */
	int has_nano;		  /* ModEx TimestampOffsetNano was there */
	uint32_t nano_offset;	  /* nanoseconds, to be added to the pts */
	const uint8_t *modex;	  /* the whole ModEx chain, lent; NULL */
	size_t modex_size;
	const uint8_t *data;
	size_t size;
};

/* ---- Reader ---- */

/* The fields are the reader's own. */
struct rtmp_tag_reader {
	const uint8_t *pos;
	const uint8_t *end;
	struct rtmp_tag head; /* what all pieces share */
	int state;
};

/*
 * Reads the body of an audio or video packet, which is held, piece by piece:
 * rtmp_tag_next() returns 1 with *tag, 0 behind the last piece, or
 * RTMP_ERR_MALFORMED, after which there is no more.  Unknown codecs, frame
 * types, packet types, multitrack forms and ModEx types are no errors.  The
 * time taken is proportional to the size of the packet.
 *
 *     rtmp_tag_reader_init(&r, packet.type, packet.data, packet.size);
 *     while ((ret = rtmp_tag_next(&r, &tag)) == 1)
 *         ...
 */
RTMP_API void rtmp_tag_reader_init(struct rtmp_tag_reader *r, uint8_t type,
    const uint8_t *data, size_t size);
RTMP_API int rtmp_tag_next(struct rtmp_tag_reader *r, struct rtmp_tag *tag);

/* The only piece of a packet, or the first of many.  As rtmp_tag_next(), but
 * RTMP_ERR_MALFORMED instead of 0. */
RTMP_API int rtmp_tag_read(uint8_t type, const uint8_t *data, size_t size,
    struct rtmp_tag *tag);

/* ModEx: one extension of the chain. */
struct rtmp_modex {
	uint8_t type; /* 0: TimestampOffsetNano */
	const uint8_t *data;
	size_t size;
};

#define RTMP_MODEX_NANO 0

/* Takes one extension from a chain as rtmp_tag_next() hands it out; *chain and
 * *size advance.  Returns 1, 0 at the end, or RTMP_ERR_MALFORMED. */
RTMP_API int rtmp_modex_next(const uint8_t **chain, size_t *size,
    struct rtmp_modex *modex);

/* ---- Writer ---- */

/* The longest header, when there is no ModEx chain to be copied. */
#define RTMP_TAG_HEADER_MAX 24

/* All zero but for these: what a frame of this codec is written with.  With
 * fourcc 0 a codec that has a legacy header gets it. */
RTMP_API void rtmp_tag_init(struct rtmp_tag *tag, enum rtmp_codec codec,
    int fourcc);

/*
 * Writes what stands before the media of a packet, whose bytes the caller puts
 * behind it or sends as the second part of an iovec.  The fields of tag are
 * written as they are; data is not read, and size only in the forms for many
 * tracks.  kind is looked at for RTMP_KIND_SILENCE alone.  With modex the
 * chain is copied, and nano_offset put in the place of its own; else has_nano
 * writes a chain of one.
 *
 * *len receives the length needed.  Returns 0; RTMP_ERR_NOBUF; or
 * RTMP_ERR_INVAL: a field too wide for its bits, a composition time that is no
 * signed 24-bit number, nano_offset above 999999, a broken chain, a codec that
 * has no such header.
 */
RTMP_API int rtmp_tag_put(uint8_t *buf, size_t buf_size,
    const struct rtmp_tag *tag, size_t *len);

/* For the second and later pieces of a packet for many tracks: what stands
 * between the media of the one before and that of this one.  form is that of
 * the packet.  Returns as rtmp_tag_put(). */
RTMP_API int rtmp_tag_put_track(uint8_t *buf, size_t buf_size,
    const struct rtmp_tag *tag, size_t *len);

/* ---- Bodies of some kinds ---- */

/*
 * colorInfo, of RTMP_KIND_METADATA: how to show HDR video.  A property that is
 * absent is below 0.  All absent means: as the video itself says.
 */
struct rtmp_color_info {
	size_t struct_size;
	/* colorConfig; the numbers of ITU-T H.273 */
	double bit_depth;
	double color_primaries;
	double transfer_characteristics;
	double matrix_coefficients;
	/* hdrCll, cd/m2 */
	double max_fall;
	double max_cll;
	/* hdrMdcv: CIE 1931 xy, cd/m2 */
	double red_x, red_y;
	double green_x, green_y;
	double blue_x, blue_y;
	double white_point_x, white_point_y;
	double max_luminance, min_luminance;
};

RTMP_API void rtmp_color_info_init(struct rtmp_color_info *info,
    size_t struct_size);
/* Returns 1, 0 when data is good AMF0 but holds no colorInfo, or
 * RTMP_ERR_MALFORMED.  info must have been initialised. */
RTMP_API int rtmp_color_info_read(struct rtmp_color_info *info,
    const uint8_t *data, size_t size);
/* 400 bytes are always enough.  Returns 0 or RTMP_ERR_NOBUF with the length
 * needed in *len. */
RTMP_API int rtmp_color_info_write(const struct rtmp_color_info *info,
    uint8_t *buf, size_t buf_size, size_t *len);

/* AudioChannelOrder */
enum rtmp_channel_order {
	RTMP_CHANNELS_UNSPECIFIED = 0, /* only their number is known */
	RTMP_CHANNELS_NATIVE = 1,      /* mask, in the order of its bits */
	RTMP_CHANNELS_CUSTOM = 2       /* mapping */
};

/*
 * MultichannelConfig, of RTMP_KIND_CHANNELS.  Bit n of mask is AudioChannel n:
 * 0 front left, 1 front right, 2 center, 3 LFE, 4 back left, 5 back right ...
 */
struct rtmp_channels {
	uint8_t order;
	uint8_t count;
	uint32_t mask;	      /* native */
	uint8_t mapping[255]; /* custom: AudioChannel of each channel; 0xfe:
			       * unused, 0xff: unknown */
};

#define RTMP_CHANNELS_SIZE_MAX 257

/* Returns 0 or RTMP_ERR_MALFORMED.  An order that is not known is kept. */
RTMP_API int rtmp_channels_read(struct rtmp_channels *channels,
    const uint8_t *data, size_t size);
RTMP_API void rtmp_channels_write(const struct rtmp_channels *channels,
    uint8_t buf[RTMP_CHANNELS_SIZE_MAX], size_t *len);

#ifdef __cplusplus
}
#endif

#endif
