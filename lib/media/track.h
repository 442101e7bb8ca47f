#ifndef RTMPIO_MEDIA_TRACK_H
#define RTMPIO_MEDIA_TRACK_H

/* The tracks of a stream and their configuration, which packetizer and
 * depacketizer keep alike. */
#include <rtmpio/media.h>

#include "base/buf.h"
#include "media/nal.h"

struct rtmp_media_track {
	uint8_t type; /* RTMP_MSG_AUDIO or RTMP_MSG_VIDEO */
	uint8_t id;
	uint8_t begun;	     /* packetizer: the sequence header was sent */
	uint8_t length_size; /* of NAL units; 0: no record yet */
	uint8_t is_given;     /* packetizer: the record is the caller's */
	uint8_t given_length; /* packetizer: of NAL units to come; 0: 4 */
	enum rtmp_form form;  /* packetizer: what AUTO was found to be */
	enum rtmp_codec codec;
	struct rtmp_buf config;	 /* the record; size 0: none */
	struct rtmp_buf partial; /* packetizer: parameter sets that are no
				  * record yet, in Annex B */
	unsigned long served;	/* depacketizer: the packet that last got the
				 * parameter sets */
	/* as the configuration of audio says */
	uint32_t sample_rate;
	uint8_t channels;
	uint8_t sample_size;
};

struct rtmp_media_tracks {
	struct rtmp_media_track *items;
	size_t count;
};

void rtmp_media_tracks_free(struct rtmp_media_tracks *t,
    const struct rtmp_mem *mem);
struct rtmp_media_track *rtmp_media_tracks_find(
    const struct rtmp_media_tracks *t, uint8_t type, uint8_t id);
/* Makes it when it is not there; NULL when out of memory.  Valid until the
 * next one is made. */
struct rtmp_media_track *rtmp_media_tracks_get(struct rtmp_media_tracks *t,
    const struct rtmp_mem *mem, uint8_t type, uint8_t id);

/* As rtmp_packetizer_config(). */
int rtmp_media_tracks_config(const struct rtmp_media_tracks *t, uint8_t type,
    uint8_t id, const uint8_t **data, size_t *size);

/* Takes a record, which is in the form of SequenceStart, and what it tells.
 * Returns 0; RTMP_ERR_MALFORMED; RTMP_ERR_NOMEM. */
int rtmp_media_track_configure(struct rtmp_media_track *t,
    const struct rtmp_mem *mem, enum rtmp_codec codec, const uint8_t *data,
    size_t size);
/* Forgets a record, as for another codec. */
void rtmp_media_track_reset(struct rtmp_media_track *t,
    enum rtmp_codec codec);

/* Not RTMP_NO_TIME, and not so far away that a sum could overflow.
 * timeline.c */
int rtmp_media_is_time(int64_t t);

/* The codecs that consist of NAL units. */
int rtmp_media_has_nals(enum rtmp_codec codec);
/* Appends one behind a start code.  Returns as rtmp_buf_append(). */
int rtmp_media_append_nal(struct rtmp_buf *b, const struct rtmp_mem *mem,
    const struct rtmp_nal *nal);
/* The parameter sets in the record of a track, which may be none. */
void rtmp_media_track_sets(const struct rtmp_media_track *t,
    struct rtmp_nal_sets *sets);

#endif
