#ifndef RTMPIO_MEDIA_PACKETIZER_H
#define RTMPIO_MEDIA_PACKETIZER_H

/*
 * The inside of the packetizer:
 *
 *     packetizer.c        the public calls, kinds other than coded media
 *     packetizer_tag.c    headers and times
 *     packetizer_out.c    packets, also for many tracks
 *     packetizer_nal.c    H.264, HEVC, VVC
 *     packetizer_codec.c  all other codecs
 */
#include <rtmpio/media.h>

#include "base/buf.h"
#include "media/object.h"
#include "media/track.h"

#define RTMP_MEDIA_PACKET_MAX 0xffffff /* the length of a message: 24 bits */
#define RTMP_MEDIA_TOO_LARGE "more than a message holds, 16 MiB"

/* One packet that is ready: bytes of out, then bytes of the caller. */
struct rtmp_out_packet {
	uint8_t type;
	uint32_t timestamp;
	size_t offset, size;
	const uint8_t *lent;
	size_t lent_size;
};

/* One track of a packet for many, its media in many_data. */
struct rtmp_out_piece {
	struct rtmp_tag tag; /* modex points into the frame, or is NULL */
	size_t offset;
};

struct rtmp_packetizer {
	struct rtmp_mem mem;
	struct rtmp_buf out;
	struct rtmp_buf record; /* a configuration that is being built */
	struct rtmp_out_packet *packets;
	size_t count;
	struct rtmp_nal *nals; /* of the frame at hand */
	/* frames that wait for those of other tracks */
	struct rtmp_out_piece *many;
	size_t many_count;
	struct rtmp_buf many_data;
	struct rtmp_buf many_modex;
	uint32_t many_timestamp;

	size_t next; /* packet to be handed out */
	size_t cap, nals_cap, many_cap; /* of the three arrays */
	const char *error;
	struct rtmp_packetizer_options opt;
	struct rtmp_media_tracks tracks;
	struct rtmp_buf flat; /* the packet handed out, where it is in two
			       * places */
};

/* A frame on its way: what the functions below share. */
struct rtmp_put {
	struct rtmp_packetizer *p;
	const struct rtmp_frame *frame;
	struct rtmp_media_track *track; /* NULL for SCRIPT */
	struct rtmp_tag tag; /* how frames like this one are signalled */
	int64_t pts, dts;
	int started; /* there is a sequence header among the packets */
};

/* Sets the error in words. */
int rtmp_packetizer_fail(struct rtmp_packetizer *p, int err,
    const char *words);

/* ---- packetizer_tag.c ---- */

/* How frames like this one are signalled: put->tag. */
int rtmp_put_choose_tag(struct rtmp_put *put);
/* What the legacy header tells of the sound of this frame. */
void rtmp_put_set_sound(struct rtmp_put *put, uint32_t rate,
    unsigned channels);
/* Composition time, nanoseconds, and CodedFrames or CodedFramesX of a coded
 * frame. */
int rtmp_put_times(struct rtmp_put *put, struct rtmp_tag *t,
    uint32_t *timestamp);
/* The time of all else.  A composition time that one was read with stays what
 * it was. */
int rtmp_put_time(struct rtmp_put *put, uint32_t *timestamp);
/* Frames of several tracks are to share a packet. */
int rtmp_put_is_gathering(const struct rtmp_put *put);

/* ---- packetizer_out.c ---- */

/* Room for size bytes of media in out, behind some for a header.  Returns 0
 * with *room, which is there until the next of these calls. */
int rtmp_put_room(struct rtmp_put *put, size_t size, uint8_t **room);

/* A packet of the media that was put into the room, or of bytes of the caller.
 * key: the data says so, whatever the flags do. */
int rtmp_put_coded_room(struct rtmp_put *put, size_t size, int key);
int rtmp_put_coded_lent(struct rtmp_put *put, const uint8_t *data,
    size_t size, int key);

/* The sequence header, where the codec has one so signalled. */
int rtmp_put_sequence_start(struct rtmp_put *put);

/* A packet of another kind; put->tag tells which. */
int rtmp_put_other(struct rtmp_put *put);
int rtmp_put_script(struct rtmp_put *put);

/* Makes a packet of the frames that wait. */
int rtmp_packetizer_flush(struct rtmp_packetizer *p);

/* ---- packetizer_nal.c, packetizer_codec.c ---- */

/* The configuration in the data of a frame of RTMP_KIND_CONFIG, as a record
 * for the track. */
int rtmp_put_nal_config(struct rtmp_put *put);
int rtmp_put_codec_config(struct rtmp_put *put);

/* Coded frames, sequence header included where one is due. */
int rtmp_put_nal_frame(struct rtmp_put *put);
int rtmp_put_codec_frame(struct rtmp_put *put);

/* Takes a record for the track; a sequence header is due when it is another
 * one than before. */
int rtmp_put_record(struct rtmp_put *put, const uint8_t *data, size_t size);
/* The sequence header, if one is due. */
int rtmp_put_due(struct rtmp_put *put);

#endif
