#ifndef RTMPIO_MEDIA_DEPACKETIZER_H
#define RTMPIO_MEDIA_DEPACKETIZER_H

/*
 * The inside of the depacketizer:
 *
 *     depacketizer.c       the public calls, headers and times
 *     depacketizer_form.c  configuration, Annex B, ADTS
 */
#include <rtmpio/media.h>

#include "base/buf.h"
#include "media/object.h"
#include "media/track.h"

enum rtmp_depacketizer_state {
	RTMP_DEPACKETIZER_DONE, /* with the packet */
	RTMP_DEPACKETIZER_SCRIPT,
	RTMP_DEPACKETIZER_MEDIA
};

struct rtmp_depacketizer {
	struct rtmp_mem mem;
	struct rtmp_tag tag; /* of the frame handed out */
	const char *error;
	enum rtmp_depacketizer_state state;
	struct rtmp_buf out; /* data of the frame, where it was rewritten */
	struct rtmp_media_tracks tracks;
	unsigned long packets; /* so far */
	int64_t last;	       /* timestamp, unwrapped */
	struct rtmp_depacketizer_options opt;
	struct rtmp_packet packet;
	struct rtmp_tag_reader reader;
};

/* Sets the error in words. */
int rtmp_depacketizer_fail(struct rtmp_depacketizer *d, int err,
    const char *words);

/* ---- depacketizer_form.c ---- */

/* Learns from a frame that is a configuration. */
int rtmp_depacketizer_configure(struct rtmp_depacketizer *d,
    const struct rtmp_frame *f);

/* Brings a coded frame into the form asked for; track may be NULL. */
int rtmp_depacketizer_convert(struct rtmp_depacketizer *d,
    struct rtmp_frame *f, struct rtmp_media_track *track);

#endif
