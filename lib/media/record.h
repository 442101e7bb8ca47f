#ifndef RTMPIO_MEDIA_RECORD_H
#define RTMPIO_MEDIA_RECORD_H

/* What the configuration record of any codec tells.  Which record that is,
 * stands in "media/avc.h" and its neighbours. */
#include <rtmpio/tag.h>

#include "media/audio.h"
#include "media/info.h"
#include "media/nal.h"

/* RTMP_NAL_OTHER for a codec without NAL units. */
enum rtmp_nal_kind rtmp_nal_kind_of(enum rtmp_codec codec,
    const struct rtmp_nal *nal);

/* The parameter sets of H.264, HEVC and VVC.  Returns the length size of NAL
 * units, or RTMP_ERR_PROTO. */
int rtmp_record_sets(enum rtmp_codec codec, const uint8_t *data, size_t size,
    struct rtmp_nal_sets *sets);

/* Size and rate, from the first SPS or sequence header; all is 0 where there
 * is none, and for VP8 and VP9.  Returns 0 or RTMP_ERR_PROTO. */
int rtmp_record_video(struct rtmp_video_info *info, enum rtmp_codec codec,
    const uint8_t *data, size_t size);

/* The same of the OBUs in an AV1 record, or of a temporal unit. */
int rtmp_av1_video(struct rtmp_video_info *info, const uint8_t *data,
    size_t size);

/* Rate, channels and bits of what is put out; 0 where it is not told.  Returns
 * 0 or RTMP_ERR_PROTO. */
int rtmp_record_sound(struct rtmp_audio_frame *f, enum rtmp_codec codec,
    const uint8_t *data, size_t size);

#endif
