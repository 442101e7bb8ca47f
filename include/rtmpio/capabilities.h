#ifndef RTMPIO_CAPABILITIES_H
#define RTMPIO_CAPABILITIES_H

#include <rtmpio/amf0.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What one side of a connection can take: Enhanced RTMP v2, "Enhancing
 * NetConnection connect Command".
 *
 *     connect  ->  { app, ..., fourCcList: ["avc1", "av01" ...],
 *                    videoFourCcInfoMap: { "*": 4, "av01": 1 ... },
 *                    audioFourCcInfoMap: { "*": 4 ... },
 *                    capsEx: 14, videoFunction: 5 }
 *     _result  <-  the same, in either of its two objects
 *
 * Most servers answer nothing of it, and take more than they say: unknown is
 * no reason not to publish.
 */

/* FourCcInfoMask */
#define RTMP_CAN_DECODE 1u
#define RTMP_CAN_ENCODE 2u
#define RTMP_CAN_FORWARD 4u

/* CapsExMask */
#define RTMP_CAPS_RECONNECT 1u	     /* acts on RTMP_EVENT_RECONNECT */
#define RTMP_CAPS_MULTITRACK 2u
#define RTMP_CAPS_MODEX 4u
#define RTMP_CAPS_TIMESTAMP_NANO 8u

/* videoFunction */
#define RTMP_VIDEO_CLIENT_SEEK 1u	    /* frame-accurate */
#define RTMP_VIDEO_CLIENT_HDR 2u
#define RTMP_VIDEO_CLIENT_METADATA 4u	    /* packets of type Metadata */
#define RTMP_VIDEO_CLIENT_LARGE_SCALE_TILE 8u

/* Which of the fields a side has stated. */
#define RTMP_STATED_VIDEO 1u /* a map or a list that says something of it */
#define RTMP_STATED_AUDIO 2u
#define RTMP_STATED_CAPS_EX 4u
#define RTMP_STATED_VIDEO_FUNCTION 8u

#define RTMP_FOURCC_ANY 0x2au /* "*": every codec can what it says, and more */
#define RTMP_CAPABILITY_CODECS 16

struct rtmp_codec_capability {
	uint32_t fourcc; /* big-endian, "av01" is 0x61763031; or _ANY */
	uint32_t can;	 /* RTMP_CAN_ */
};

struct rtmp_capabilities {
	size_t struct_size;
	uint32_t stated;	 /* RTMP_STATED_; what is not reads as 0 */
	uint32_t caps_ex;	 /* RTMP_CAPS_ */
	uint32_t video_function; /* RTMP_VIDEO_CLIENT_ */
	/* From the first on; one with fourcc 0 ends them. */
	struct rtmp_codec_capability video[RTMP_CAPABILITY_CODECS];
	struct rtmp_codec_capability audio[RTMP_CAPABILITY_CODECS];
};

/*
 * What is true of a program that knows packets by this library: it forwards
 * every codec, and reads all of multitrack, ModEx and Metadata.  A program
 * that decodes or encodes may say so, and one that acts on
 * RTMP_EVENT_RECONNECT adds RTMP_CAPS_RECONNECT to caps_ex.
 */
RTMP_API void rtmp_capabilities_init(struct rtmp_capabilities *c,
    size_t struct_size);

enum rtmp_answer { RTMP_NO, RTMP_YES, RTMP_UNKNOWN };

/*
 * Whether one of can, which is RTMP_CAN_ flags, holds for a codec: "may I send
 * av01?" asks for RTMP_CAN_DECODE | RTMP_CAN_FORWARD.  A codec that is left
 * out of a map or list that names others of its kind is RTMP_NO; without one
 * it is RTMP_UNKNOWN, and where c is NULL.
 */
RTMP_API enum rtmp_answer rtmp_capabilities_codec(
    const struct rtmp_capabilities *c, uint32_t fourcc, uint32_t can);

/* ---- As AMF0 ---- */

/* The pairs of what is stated, to be put into an object.  fourCcList names the
 * codecs of both maps, and for "*" all that Enhanced RTMP has. */
RTMP_API void rtmp_capabilities_put(struct rtmp_amf0_writer *w,
    const struct rtmp_capabilities *c);

/*
 * Adds what the object at data states to *c, which is all zero, or holds what
 * another object said.  A fourCcList counts where there is no map; who lists
 * a codec can do all three with it.  Fields of a wrong type are left out, and
 * codecs that this library does not know when there are many.  Returns 0;
 * RTMP_ERR_PROTO, also when data is no object, or RTMP_ERR_LIMIT, with what
 * precedes the fault in *c.
 */
RTMP_API int rtmp_capabilities_get(struct rtmp_capabilities *c,
    const uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
