#ifndef RTMPIO_METADATA_H
#define RTMPIO_METADATA_H

#include <rtmpio/tag.h>
#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * onMetaData, the data packet that describes a stream: Video File Format 10.1,
 * annex E.5, and Enhanced RTMP v2, "Enhancing onMetaData".
 *
 *     "onMetaData" { duration, width, height ..., audiosamplerate ...,
 *                    videoTrackIdInfoMap: { "1": { width ... } ... },
 *                    audioTrackIdInfoMap: { "1": { samplerate ... } ... } }
 *
 * It is a hint: many writers leave fields out, fill in wrong ones, or 0 for
 * what they do not know.  What sequence headers say counts.
 */

/* Which fields are there; all others mean nothing. */
#define RTMP_META_DURATION 0x1u
#define RTMP_META_FILE_SIZE 0x2u
#define RTMP_META_ENCODER 0x4u

#define RTMP_META_WIDTH 0x1u
#define RTMP_META_HEIGHT 0x2u
#define RTMP_META_FRAME_RATE 0x4u
#define RTMP_META_DATA_RATE 0x8u    /* video and audio */
#define RTMP_META_CODEC 0x10u	    /* video and audio */
#define RTMP_META_SAMPLE_RATE 0x20u
#define RTMP_META_SAMPLE_SIZE 0x40u
#define RTMP_META_CHANNELS 0x80u
#define RTMP_META_STEREO 0x100u
#define RTMP_META_DELAY 0x200u

/* One video track. */
struct rtmp_video_metadata {
	uint32_t present; /* RTMP_META_ */
	uint8_t track;	  /* 0 for the default track */
	double width, height; /* pixels */
	double frame_rate;    /* per second */
	double data_rate;     /* kbit/s */
	double codec; /* a legacy id or a FourCC as a number: see
		       * rtmp_codec_from_number() */
	/* Of tracks other than 0: as in struct rtmp_metadata. */
	const uint8_t *more;
	size_t more_size;
};

/* One audio track. */
struct rtmp_audio_metadata {
	uint32_t present; /* RTMP_META_ */
	uint8_t track;
	double data_rate;   /* kbit/s */
	double sample_rate; /* Hz */
	double sample_size; /* bits */
	double channels;
	int stereo;	    /* 1: more than one channel */
	double delay;	    /* of the codec, seconds */
	double codec;
	const uint8_t *more;
	size_t more_size;
};

struct rtmp_metadata {
	size_t struct_size;
	uint32_t present;  /* RTMP_META_ */
	double duration;   /* seconds; 0 for what is live */
	double file_size;  /* bytes */
	const char *encoder; /* not NUL-terminated */
	size_t encoder_size;
	/*
	 * Other properties: key-value pairs in AMF0, to be read with
	 * rtmp_amf0_next_key().  rtmp_metadata_read() lends all pairs that
	 * there are, and rtmp_metadata_write() leaves out those that fields
	 * of this struct stand for.  May be NULL.
	 */
	const uint8_t *more;
	size_t more_size;
	/*
	 * The tracks above 0.  The caller gives the place for them, or none,
	 * and how many have room; count is how many there are.
	 */
	struct rtmp_video_metadata *video_tracks;
	size_t video_tracks_count, video_tracks_max;
	struct rtmp_audio_metadata *audio_tracks;
	size_t audio_tracks_count, audio_tracks_max;
	struct rtmp_video_metadata video; /* of track 0, the default */
	struct rtmp_audio_metadata audio;
};

/* Nothing is present. */
RTMP_API void rtmp_metadata_init(struct rtmp_metadata *m,
    size_t struct_size);

/*
 * Reads the body of a data packet, with or without "@setDataFrame" in front;
 * what *m points to is lent from data.  m must be initialised, and may hold
 * places for tracks.  A field of another type than the specification's is not
 * present; of a field that comes twice the last one counts.
 *
 * Returns 1; 0 for good AMF0 that is no onMetaData; or RTMP_ERR_MALFORMED,
 * with *m as it was but for the places, for broken AMF0, and for more of it
 * than RTMP_AMF0_DEPTH_MAX and _COUNT_MAX allow.
 */
RTMP_API int rtmp_metadata_read(struct rtmp_metadata *m, const uint8_t *data,
    size_t size);

/*
 * Writes the body of a data packet: "onMetaData" and an ECMA array.
 * rtmp_write_packet() and its neighbours put "@setDataFrame" in front.  *len,
 * which may be NULL, receives the length needed; buf may be NULL when buf_size
 * is 0.  Returns 0; RTMP_ERR_NOBUF; or RTMP_ERR_INVAL when more is no AMF0.
 */
RTMP_API int rtmp_metadata_write(const struct rtmp_metadata *m, uint8_t *buf,
    size_t buf_size, size_t *len);

/*
 * Fills in what is not present from a piece of media, as rtmp_tag_next() hands
 * it out, or as rtmp_tag_init() begins it: size and frame rate from H.264,
 * HEVC, VVC and AV1 configurations (RTMP_KIND_CONFIG) and from VP8, VP9 and
 * AV1 key frames; rate, channels and sample size from AAC, Opus and FLAC
 * configurations, MP3, AC-3 and E-AC-3 frames, and from legacy headers; the
 * codec always, as a legacy id or FourCC as the tag has it.
 *
 *     first packets:   rtmp_tag_read(p.type, p.data, p.size, &tag);
 *                      rtmp_metadata_fill(&m, &tag);
 *
 * Returns 0, also when there is nothing to be learnt; RTMP_ERR_NOBUF when the
 * track has no place; or RTMP_ERR_MALFORMED for media that breaks its format:
 * then the codec alone was filled in.
 */
RTMP_API int rtmp_metadata_fill(struct rtmp_metadata *m,
    const struct rtmp_tag *tag);

#ifdef __cplusplus
}
#endif

#endif
