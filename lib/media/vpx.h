#ifndef RTMPIO_MEDIA_VPX_H
#define RTMPIO_MEDIA_VPX_H

/*
 * VP8 (RFC 6386) and VP9 (VP9 Bitstream & Decoding Process Specification),
 * and their configuration (VP Codec ISO Media File Format Binding).
 */
#include <rtmpio/tag.h>

#include "media/info.h"

/* What the header of a frame tells.  Size, depth and colour stand in key
 * frames, and partly in intra-only ones of VP9; else they are 0. */
struct rtmp_vpx_frame {
	struct rtmp_video_info info; /* level is 0: see rtmp_vp9_level() */
	uint8_t key;
	uint8_t shown;		 /* show_frame */
	uint8_t intra_only;	 /* VP9 */
	uint8_t shows_existing;	 /* VP9: nothing else is told then */
};

/*
 * VP8, RFC 6386 section 9.1:
 *
 *     size of the first partition 19 bits | show 1 | version 3 | not key 1
 *         (3 bytes, little-endian), then for key frames:
 *     9d 01 2a | scale 2 bits, width 14 (2, little-endian) | the same, height
 */
int rtmp_vp8_frame_parse(struct rtmp_vpx_frame *f, const uint8_t *data,
    size_t size);

/* VP9, section 6.2: uncompressed_header() of one frame.  Of a superframe, its
 * first frame is read: that is the one which tells whether it is a key. */
int rtmp_vp9_frame_parse(struct rtmp_vpx_frame *f, const uint8_t *data,
    size_t size);

/* Either. */
int rtmp_vpx_frame_parse(struct rtmp_vpx_frame *f, enum rtmp_codec codec,
    const uint8_t *data, size_t size);

/*
 * VP9, annex B: several frames, then an index.
 *
 *     frame | frame | ... | index:
 *     110, 3 bits | bytes per size - 1, 2 bits | frames - 1, 3 bits
 *     size (1 to 4, little-endian) of each frame
 *     the first byte again
 */
#define RTMP_VP9_FRAMES_MAX 8

struct rtmp_vp9_superframe {
	unsigned count; /* 1 for a frame that is not a superframe */
	size_t size[RTMP_VP9_FRAMES_MAX]; /* frames, one behind the other */
	size_t index_size; /* 0 without index */
};

/* An index that does not fit is not one: the bytes are a frame. */
void rtmp_vp9_superframe_parse(struct rtmp_vp9_superframe *s,
    const uint8_t *data, size_t size);

/* The lowest level, 10 to 62 (1.0 to 6.2), that has room for such pictures at
 * such a rate; 0 when none has.  Without rate (0/0) the size decides. */
unsigned rtmp_vp9_level(uint32_t width, uint32_t height, uint32_t rate_num,
    uint32_t rate_den);

/*
 * VPCodecConfigurationRecord, in its box of version 1:
 *
 *     01 | 00 00 00 | profile | level |
 *     depth 4 bits, chroma 3, full range 1 | primaries | transfer | matrix |
 *     codec initialization data: size (2), which is 0
 */
#define RTMP_VPX_CONFIG_SIZE 12

/* Also the 8 bytes of a record without version and flags, which some write.
 * Sets what the figure has; level is 10 to 62, or 0; chroma 0, 1: 4:2:0; 2:
 * 4:2:2; 3: 4:4:4. */
int rtmp_vpx_config_parse(struct rtmp_video_info *c, const uint8_t *data,
    size_t size);
void rtmp_vpx_config_build(uint8_t out[RTMP_VPX_CONFIG_SIZE],
    const struct rtmp_video_info *c);

/* The configuration that a key frame leads to; the rate, or 0/0, is for the
 * level.  Returns 0, or RTMP_ERR_INVAL when f is no key frame, or has 4:4:0,
 * for which there is no number. */
int rtmp_vpx_config_from_frame(struct rtmp_video_info *c,
    const struct rtmp_vpx_frame *f, uint32_t rate_num, uint32_t rate_den);

#endif
