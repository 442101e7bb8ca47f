#ifndef RTMPIO_MEDIA_INFO_H
#define RTMPIO_MEDIA_INFO_H

/*
 * What the configuration of any codec tells about the pictures or the sound.
 *
 * The files of this folder that know a codec (avc, hevc, vvc, av1, vpx, aac,
 * audio) and nal are functions of bytes: they allocate nothing, keep nothing
 * and read nothing behind the size that they get.  What they give out points
 * into what they got.  Conventions that hold in all of them:
 *
 * - Bytes that break their format, or end too early: RTMP_ERR_PROTO.
 * - *_build(out, cap, size, ...) puts the size of the result into *size, also
 *   when it returns RTMP_ERR_NOBUF because cap is less; then out is of no use.
 *   With cap 0, out may be NULL: so the size can be asked.
 * - *_parse(x, data, size) sets all of *x when it returns 0.
 */
#include <rtmpio/types.h>

/* How chroma is sampled, chroma_format_idc of H.264, HEVC and VVC. */
enum rtmp_chroma {
	RTMP_CHROMA_400 = 0, /* none */
	RTMP_CHROMA_420 = 1,
	RTMP_CHROMA_422 = 2,
	RTMP_CHROMA_444 = 3,
	RTMP_CHROMA_440 = 4 /* VP9 alone */
};

#define RTMP_COLOUR_UNSPECIFIED 2 /* primaries, transfer, matrix */

struct rtmp_video_info {
	uint32_t width, height;	     /* as shown; 0: not told */
	uint32_t rate_num, rate_den; /* frames per second; 0/0: not told */
	uint8_t profile, level;	     /* in the codec's own numbers */
	uint8_t tier;
	uint8_t chroma; /* enum rtmp_chroma */
	uint8_t luma_depth, chroma_depth;
	/* Numbers of ISO/IEC 23091-2 */
	uint8_t primaries, transfer, matrix;
	uint8_t full_range;
};

/* The largest width and height that are believed.  AV1 and VP9 can say no
 * more, and no level of the others has room for it. */
#define RTMP_VIDEO_SIZE_MAX 65536

/* 4:2:0, 8 bits, colours unspecified, and the rest 0. */
void rtmp_video_info_init(struct rtmp_video_info *info);

/* num / den in lowest terms; 0/0 when either is 0 or does not fit. */
void rtmp_video_set_rate(struct rtmp_video_info *info, uint64_t num,
    uint64_t den);

/* The size less what is cropped.  RTMP_ERR_PROTO when it is absurd, or when
 * nothing is left. */
int rtmp_video_set_size(struct rtmp_video_info *info, uint64_t width,
    uint64_t height, uint64_t crop_width, uint64_t crop_height);

struct rtmp_bits;

/* What is cropped, as H.264, HEVC and VVC have it, and the size less that;
 * each unit of height is so many rows of pixels.  info tells chroma.  Returns
 * as rtmp_video_set_size(). */
int rtmp_bits_size(struct rtmp_bits *b, struct rtmp_video_info *info,
    uint64_t width, uint64_t height, unsigned rows);

/* Primaries, transfer and matrix, if a flag in front says that they come. */
void rtmp_bits_colour(struct rtmp_bits *b, struct rtmp_video_info *info);

/* The beginning of the VUI, up to the places of chroma samples, which that of
 * H.264 (section E.1.1) and that of HEVC share.  Colours that are cut off
 * leave info as it was. */
void rtmp_bits_vui(struct rtmp_bits *b, struct rtmp_video_info *info);

/* num_units_in_tick and time_scale, likewise, and how many ticks a frame
 * has. */
void rtmp_bits_timing(struct rtmp_bits *b, struct rtmp_video_info *info,
    unsigned ticks);

#endif
