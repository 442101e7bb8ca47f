#ifndef RTMPIO_MEDIA_H
#define RTMPIO_MEDIA_H

#include <rtmpio/types.h>
#include <rtmpio/tag.h>

#include <sys/uio.h> /* struct iovec */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What encoders produce and players need, to packets and back.  No I/O.
 *
 *     encoder -> frame -> packetizer -> packets -> rtmp_write_packet()
 *     rtmp_read_packet() -> packet -> depacketizer -> frames -> decoder
 *
 * rtmp_write_frame() and rtmp_read_frame() of rtmp.h are these two steps in
 * one.  With session.h:
 *
 *     ret = rtmp_packetizer_put(p, &frame);
 *     while (ret == 0 && rtmp_packetizer_next(p, &packet) == 1)
 *         ret = rtmp_session_write(s, stream, &packet);
 *
 *     case RTMP_EVENT_PACKET:
 *         if (rtmp_depacketizer_put(d, &event->packet) == 0)
 *             while (rtmp_depacketizer_next(d, &frame) == 1)
 *                 decode(&frame);
 */

/* ---- Frames ---- */

/* Times of frames are in nanoseconds. */
#define RTMP_NS_PER_MS 1000000
#define RTMP_NO_TIME INT64_MIN

/* How the data of a frame is laid out. */
enum rtmp_form {
	/* To the packetizer: what the first frames of the track look like.
	 * Behind a configuration record that is LENGTH; where there was none,
	 * ANNEXB when it begins with a start code; ADTS when it begins with
	 * such a header. */
	RTMP_FORM_AUTO = 0,
	RTMP_FORM_ANNEXB, /* NAL units behind start codes */
	RTMP_FORM_LENGTH, /* NAL units behind lengths of the size that the
			   * configuration names, else 4 bytes */
	RTMP_FORM_ADTS,	  /* AAC, one frame or several */
	RTMP_FORM_RAW	  /* as the codec has it, for all others */
};

/* Flags of a frame. */
#define RTMP_FRAME_KEY 1u	 /* decoding can begin here */
#define RTMP_FRAME_DISPOSABLE 2u /* nothing refers to it; only H.263 can say
				  * so to the peer */
#define RTMP_FRAME_END 4u	 /* the last of its sequence */
#define RTMP_FRAME_MORE 8u	 /* the next frame belongs into the same
				  * packet: other tracks of the same moment */

/*
 * A frame is one access unit of video, or one or more frames of audio, or one
 * of the other kinds; or the body of a data packet.
 *
 *     kind          data
 *     CODED         an access unit, temporal unit, audio frame
 *     CONFIG        to the packetizer: the configuration record, or what the
 *                   encoder calls extradata or headers: parameter sets in
 *                   Annex B, AudioSpecificConfig, OpusHead, STREAMINFO with
 *                   or without what precedes it, an AV1 sequence header
 *                   from the depacketizer: the record, as in the packet
 *     END           nothing
 *     METADATA      AMF0, see rtmp_color_info_read()
 *     CHANNELS      see rtmp_channels_read()
 *     COMMAND       one byte: RTMP_VIDEO_START_SEEK, RTMP_VIDEO_END_SEEK
 *     SILENCE       nothing: the audio pauses
 *     MPEG2TS       AV1 descriptor
 *     SCRIPT        the body of a data packet, AMF0: onMetaData ...
 *     UNKNOWN       what follows the part of the header that is understood
 */
struct rtmp_frame {
	size_t struct_size;
	enum rtmp_kind kind;	/* RTMP_KIND_CODED */
	enum rtmp_codec codec;
	uint8_t track;		/* 0; audio and video count for themselves */
	enum rtmp_form form;
	unsigned flags;
	int64_t pts, dts;	/* nanoseconds; dts NO_TIME: as pts */
	const uint8_t *data;
	size_t size;

	/* Audio.  To the packetizer: for codecs whose legacy header holds
	 * them: PCM, ADPCM, G.711, Nellymoser; 0: taken from the data, or
	 * 44100, 2, 16.  From the depacketizer: as configuration or header
	 * say, 0 when they do not. */
	uint32_t sample_rate;
	uint8_t channels;
	uint8_t sample_size;	/* bits */

	/*
	 * Set by the depacketizer, lent with the data: how the frame was
	 * signalled.  A packetizer that gets it makes the packet anew as it
	 * was, with the times of this frame: legacy or FourCC, CodedFrames or
	 * CodedFramesX, frame type, track form, ModEx chain; it looks for no
	 * configuration in the data, and leaves nothing out of it but what the
	 * depacketizer put in.  So a relay gives out what it got.  NULL: the
	 * options decide.
	 */
	const struct rtmp_tag *tag;
};

RTMP_API void rtmp_frame_init(struct rtmp_frame *frame, size_t struct_size);

/* ---- Frames to packets ---- */

/* How a codec is named that both legacy RTMP and Enhanced RTMP have. */
enum rtmp_signalling {
	RTMP_SIGNAL_LEGACY_FIRST = 0, /* every server understands it */
	RTMP_SIGNAL_FOURCC,	      /* avc1, mp4a, .mp3 */
	RTMP_SIGNAL_LEGACY	      /* HEVC, too: as codec 12, which is no
				       * standard; others as LEGACY_FIRST */
};

/* A configuration record above this is refused: memory. */
#define RTMP_MEDIA_CONFIG_MAX 65536

struct rtmp_packetizer_options {
	size_t struct_size;
	enum rtmp_signalling signalling; /* LEGACY_FIRST */
	/* The least that packets are; NONE: track 0 without a number, others
	 * as OneTrack.  RTMP_FRAME_MORE leads to the forms for many. */
	enum rtmp_multitrack multitrack;
	/* 1: what pts has below a millisecond goes along as ModEx
	 * TimestampOffsetNano, where the header is Enhanced; 0: times are
	 * rounded to the nearest millisecond. */
	int nanoseconds;
	const struct rtmp_mem *mem; /* copied */
};

RTMP_API void rtmp_packetizer_options_init(
    struct rtmp_packetizer_options *opt, size_t struct_size);

struct rtmp_packetizer;

/* Serves all tracks of one stream.  opt may be NULL.  Returns 0,
 * RTMP_ERR_INVAL or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_packetizer_new(struct rtmp_packetizer **p,
    const struct rtmp_packetizer_options *opt);
RTMP_API void rtmp_packetizer_free(struct rtmp_packetizer *p);

/*
 * Takes one frame, whose data must stay as it is until rtmp_packetizer_next()
 * has returned 0; packets of an earlier frame are gone.  The packets are, in
 * this order:
 *
 * - the sequence header, when the configuration appears or changes: found in
 *   the data (parameter sets, ADTS header, AV1 sequence header, VP8 or VP9
 *   key frame), or given as a frame of RTMP_KIND_CONFIG.  Opus without one
 *   gets an OpusHead, AC-3, E-AC-3 and .mp3 an empty header;
 * - the frame; of ADTS with several frames, a packet for each, one frame
 *   later in time.  Parameter sets that the header has, access unit
 *   delimiters, filler data and temporal delimiters are left out; when
 *   nothing remains there is no packet;
 * - the end of the sequence, with RTMP_FRAME_END.
 *
 * The timestamp is dts in milliseconds modulo 2^32, pts - dts the composition
 * time, which may be negative; codecs without one are sent at their pts.
 * RTMP_FRAME_KEY is added where the data says so, and believed where it does
 * not.  A dts that steps back goes out as it is, see rtmp_timeline_fix().  A
 * frame of no bytes makes no packet.
 *
 * With RTMP_FRAME_MORE the frame waits for those of other tracks, which are
 * sent in one packet: ManyTracks, or ManyTracksManyCodecs where the codecs
 * differ.  One that cannot share it (time, key or not) begins a new packet;
 * one without the flag ends it, even when nothing of itself remains.
 *
 * Returns 0.  RTMP_ERR_INVAL: no codec, a kind or form that it does not have,
 * no configuration yet (parameter sets, AudioSpecificConfig, STREAMINFO, AV1
 * sequence header, first key frame of VP8 and VP9), no pts, negative dts
 * without tag (see rtmp_timeline_fix()), a composition time that does not fit
 * into signed 24 bits, more than a message holds (16 MiB).
 * RTMP_ERR_MALFORMED: the data breaks its format: a NAL unit or an OBU that
 * ends behind the frame, ADTS that is cut off, headers that are none.
 * Neither leaves any packet; the next frame may be good.  RTMP_ERR_NOMEM: p
 * can only be freed.
 *
 * Packets hold together at most 1.5 times the size of the frame and of those
 * that waited for it, 64 bytes for each packet, and one configuration record.
 */
RTMP_API int rtmp_packetizer_put(struct rtmp_packetizer *p,
    const struct rtmp_frame *frame);

/* Returns 1 and the next packet, whose data is lent until the next call on p;
 * 0 when there is none; RTMP_ERR_NOMEM. */
RTMP_API int rtmp_packetizer_next(struct rtmp_packetizer *p,
    struct rtmp_packet *packet);

/* The same without a copy: the bytes of the packet are those of *count pieces
 * of iov, at most 2, the second of which is the data of the frame itself where
 * it can be sent as it is (NAL units behind 4-byte lengths, RAW).
 * packet->data is NULL. */
RTMP_API int rtmp_packetizer_next_iov(struct rtmp_packetizer *p,
    struct rtmp_packet *packet, struct iovec iov[2], int *count);

/* Sequence headers are sent anew before the next frame of each track, as a new
 * session needs it. */
RTMP_API void rtmp_packetizer_restart(struct rtmp_packetizer *p);

/* Why the last rtmp_packetizer_put() failed, in words.  Never NULL; static. */
RTMP_API const char *rtmp_packetizer_error(const struct rtmp_packetizer *p);

/* The configuration record of a track, as in its sequence header; type is
 * RTMP_MSG_AUDIO or _VIDEO.  Returns 1, or 0 when there is none.  Lent. */
RTMP_API int rtmp_packetizer_config(const struct rtmp_packetizer *p,
    uint8_t type, uint8_t track, const uint8_t **data, size_t *size);

/* ---- Packets to frames ---- */

struct rtmp_depacketizer_options {
	size_t struct_size;
	enum rtmp_form video; /* H.264, HEVC, VVC: LENGTH, as in the packet, or
			       * ANNEXB: parameter sets come before each key
			       * frame.  AUTO: LENGTH */
	enum rtmp_form audio; /* AAC: RAW, as in the packet, or ADTS.  AUTO:
			       * RAW */
	const struct rtmp_mem *mem; /* copied */
};

RTMP_API void rtmp_depacketizer_options_init(
    struct rtmp_depacketizer_options *opt, size_t struct_size);

struct rtmp_depacketizer;

/* Serves all tracks of one stream.  opt may be NULL.  Returns 0,
 * RTMP_ERR_INVAL or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_depacketizer_new(struct rtmp_depacketizer **d,
    const struct rtmp_depacketizer_options *opt);
RTMP_API void rtmp_depacketizer_free(struct rtmp_depacketizer *d);

/* The forms may be changed at any time. */
RTMP_API int rtmp_depacketizer_set_form(struct rtmp_depacketizer *d,
    enum rtmp_form video, enum rtmp_form audio);

/* Takes one packet, whose data must stay as it is until
 * rtmp_depacketizer_next() has returned 0 or an error; what was left of an
 * earlier one is gone.  Returns 0, or RTMP_ERR_INVAL (type). */
RTMP_API int rtmp_depacketizer_put(struct rtmp_depacketizer *d,
    const struct rtmp_packet *packet);

/*
 * Returns 1 and the next frame of the packet, lent until the next call on d;
 * 0 when there is none; RTMP_ERR_MALFORMED, which ends this packet alone; or
 * RTMP_ERR_NOMEM, after which d can only be freed.  frame needs no init.
 *
 * Timestamps are unwrapped: pts and dts go on past 2^32 milliseconds.  A frame
 * before which nothing of its track was configured is handed out as it is,
 * form LENGTH or RAW, whatever was asked for.
 *
 * The data of a frame is at most 2.5 times the size of its piece of the
 * packet, and 7 bytes in ADTS; in Annex B a packet gets, for each of its
 * tracks that has a key frame, 2 times the configuration record once.
 */
RTMP_API int rtmp_depacketizer_next(struct rtmp_depacketizer *d,
    struct rtmp_frame *frame);

/* Why the last call failed, in words.  Never NULL; static. */
RTMP_API const char *rtmp_depacketizer_error(
    const struct rtmp_depacketizer *d);

/* As rtmp_packetizer_config(). */
RTMP_API int rtmp_depacketizer_config(const struct rtmp_depacketizer *d,
    uint8_t type, uint8_t track, const uint8_t **data, size_t *size);

/* ---- What a configuration says ---- */

/* What is not told is 0, NULL or "". */
struct rtmp_config_info {
	size_t struct_size;
	const char *profile;	/* "High", "Main 10", "HE-AAC"; NULL also for a
				 * number without a name here.  Static */
	unsigned profile_number; /* as in the record; of AAC: object type */
	char level[24];		/* "4.1", "5.0 High tier" */
	uint32_t width, height;
	double frame_rate;	/* per second */
	const char *chroma;	/* "4:2:0"; static */
	uint8_t bit_depth;	/* of luma, of audio samples */
	uint8_t channels;
	uint32_t sample_rate;
	uint8_t length_size;	/* of NAL units: 1 to 4 */
};

RTMP_API void rtmp_config_info_init(struct rtmp_config_info *info,
    size_t struct_size);
/* Reads a configuration record, as frames and tags of RTMP_KIND_CONFIG have
 * it; codecs that need none tell nothing.  info must have been initialised.
 * Returns 0, or RTMP_ERR_MALFORMED with info as it was. */
RTMP_API int rtmp_config_describe(struct rtmp_config_info *info,
    enum rtmp_codec codec, const uint8_t *data, size_t size);

/* ---- Times ---- */

/*
 * A timeline makes the times of an encoder fit for RTMP: no negative dts, a
 * start near 0, no step back.  All tracks of a stream share one, so that they
 * stay in step.
 */
struct rtmp_timeline_options {
	size_t struct_size;
	/* The dts of the first frame becomes this; NO_TIME: times stay, but
	 * that none is below 0.  NO_TIME. */
	int64_t start;
	/* 1: within a track, dts always grows by at least min_step: a frame
	 * that would step back is moved, and one that would by more than
	 * max_back moves all that follow it, of all tracks, as after a
	 * restart of the source. */
	int monotonic;
	int64_t min_step; /* 1 ms; 0 lets times be equal */
	int64_t max_back; /* 1 s */
	const struct rtmp_mem *mem; /* copied */
};

RTMP_API void rtmp_timeline_options_init(struct rtmp_timeline_options *opt,
    size_t struct_size);

/* What rtmp_timeline_fix() changed. */
#define RTMP_TIME_STARTED 1u  /* the offset was set by the first frame */
#define RTMP_TIME_SHIFTED 2u  /* dts was negative: from here on all tracks are
			       * later */
#define RTMP_TIME_RAISED 4u   /* a step back: this frame alone was moved */
#define RTMP_TIME_REBASED 8u  /* a large step back: from here on all tracks are
			       * later */
#define RTMP_TIME_PTS 16u     /* pts was below dts, and made equal */

struct rtmp_timeline_report {
	unsigned changes;
	int64_t offset; /* what is added to every frame now */
	int64_t raised; /* what was added to this dts on top of it */
};

struct rtmp_timeline;

/* opt may be NULL.  Returns 0, RTMP_ERR_INVAL or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_timeline_new(struct rtmp_timeline **t,
    const struct rtmp_timeline_options *opt);
RTMP_API void rtmp_timeline_free(struct rtmp_timeline *t);

/* Changes pts and dts of a frame, with dts NO_TIME meaning pts.  report may be
 * NULL.  Returns 0, or RTMP_ERR_INVAL: pts is NO_TIME, or too large. */
RTMP_API int rtmp_timeline_fix(struct rtmp_timeline *t,
    struct rtmp_frame *frame, struct rtmp_timeline_report *report);

/*
 * A 32-bit timestamp with the milliseconds that wrapped away: the number next
 * to *last with the same lower 32 bits, which *last becomes.  Start with
 * RTMP_NO_TIME in *last: then it is timestamp itself.
 */
RTMP_API int64_t rtmp_unwrap_timestamp(int64_t *last, uint32_t timestamp);

#ifdef __cplusplus
}
#endif

#endif
