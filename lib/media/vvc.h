#ifndef RTMPIO_MEDIA_VVC_H
#define RTMPIO_MEDIA_VVC_H

/*
 * VVC (ITU-T H.266, ISO/IEC 23090-3), and its configuration (ISO/IEC
 * 14496-15, section 11.2.4.2).
 *
 *     forbidden 1 bit | reserved 1 | nuh_layer_id 6 |
 *     nal_unit_type 5 | nuh_temporal_id_plus1 3 | RBSP ...
 */
#include "media/info.h"
#include "media/nal.h"

/* nal_unit_type, table 5 */
enum rtmp_vvc_nal_type {
	RTMP_VVC_RASL = 3,	/* the last of slices without IRAP */
	RTMP_VVC_IDR_W_RADL = 7, /* 7 to 10: decoding can begin */
	RTMP_VVC_IDR_N_LP = 8,
	RTMP_VVC_CRA = 9,
	RTMP_VVC_GDR = 10,
	RTMP_VVC_OPI = 12,
	RTMP_VVC_DCI = 13,
	RTMP_VVC_VPS = 14,
	RTMP_VVC_SPS = 15,
	RTMP_VVC_PPS = 16,
	RTMP_VVC_PREFIX_APS = 17,
	RTMP_VVC_SUFFIX_APS = 18,
	RTMP_VVC_PH = 19, /* picture header */
	RTMP_VVC_AUD = 20,
	RTMP_VVC_END_SEQUENCE = 21,
	RTMP_VVC_END_STREAM = 22,
	RTMP_VVC_PREFIX_SEI = 23,
	RTMP_VVC_SUFFIX_SEI = 24,
	RTMP_VVC_FILLER = 25
};

/* NAL units of layers other than 0 are RTMP_NAL_OTHER, a picture header and
 * a suffix APS, too. */
enum rtmp_nal_kind rtmp_vvc_nal_kind(const struct rtmp_nal *nal);

/* The id that a VPS, SPS or PPS has; for an APS, with its type in bits 8 to
 * 10; 0 for DCI and OPI.  Returns 0, or RTMP_ERR_PROTO for others, too. */
int rtmp_vvc_set_id(const struct rtmp_nal *nal, uint32_t *id);

/* general_constraints_info() with the two flags in front of it, in bytes:
 * at most 2 + 1 + 71 + 8 + 255 bits */
#define RTMP_VVC_CONSTRAINTS_MAX 43
#define RTMP_VVC_SUB_PROFILES_MAX 255
#define RTMP_VVC_SUB_LAYERS_MAX 7

/* profile_tier_level(), section 7.3.3.1 */
struct rtmp_vvc_ptl {
	uint8_t profile, tier, level;
	uint8_t constraints_size;
	uint8_t constraints[RTMP_VVC_CONSTRAINTS_MAX];
	uint8_t sub_layers;	/* 1 to 7 */
	uint8_t level_present;	/* bit i: sub_layer_level[i] is there */
	uint8_t sub_layer_level[RTMP_VVC_SUB_LAYERS_MAX - 1];
	uint8_t sub_profiles;
	uint32_t sub_profile[RTMP_VVC_SUB_PROFILES_MAX];
};

struct rtmp_bits;

/* The end of it, which the record has, too: sub_layer_level and sub_profile;
 * sub_layers and level_present are set. */
void rtmp_vvc_parse_levels(struct rtmp_bits *b, struct rtmp_vvc_ptl *ptl);

/* The beginning of seq_parameter_set_rbsp(), section 7.3.2.4.  Rate and colour
 * stand behind it, and are not told. */
struct rtmp_vvc_sps {
	struct rtmp_video_info info; /* general_profile_idc, _level_idc */
	uint32_t max_width, max_height; /* before cropping */
	uint8_t id;
	uint8_t sub_layers; /* sps_max_sublayers_minus1 + 1 */
	uint8_t has_ptl;
	struct rtmp_vvc_ptl ptl;
};

int rtmp_vvc_sps_parse(struct rtmp_vvc_sps *sps, const struct rtmp_nal *nal);

/*
 * VvcDecoderConfigurationRecord
 *
 *     11111 | length size - 1, 2 bits | ptl_present 1
 *     with ptl_present:
 *       ols_idx 9 bits | num_sublayers 3 | constant_frame_rate 2 | chroma 2
 *       depth - 8, 3 bits | 11111
 *       00 | constraints size 6 | profile 7 | tier 1 | level 8 | constraints
 *       level_present, 1 bit for each sub-layer but the highest, a byte, when
 *       there is more than one; levels, 8 each
 *       number of sub-profiles 8 | { 4 }
 *       max width 16 | max height 16 | avg_frame_rate 16
 *     number of arrays 8, then for each:
 *       completeness 1 | 00 | NAL unit type 5
 *       number of NAL units (2), but not for DCI and OPI: one of each
 *       { length 2, NAL unit }
 */
struct rtmp_vvc_config {
	struct rtmp_nal_sets sets; /* of all arrays, in their order */
	uint8_t length_size;	   /* 1 to 4 */
	uint8_t constant_rate;
	uint32_t ols_idx;
	uint32_t frame_rate; /* in frames per 256 seconds; 0: unspecified */
	struct rtmp_vvc_sps sps; /* of which it has has_ptl, and if that is
				  * set, sub_layers, info.chroma and
				  * .luma_depth, ptl, max_width and _height */
};

/* Bytes behind it are accepted. */
int rtmp_vvc_config_parse(struct rtmp_vvc_config *c, const uint8_t *data,
    size_t size);

/*
 * Takes the DCI, OPI, VPS, SPS, PPS, prefix APS and SEI among nals, an array
 * for each kind that there is, and leaves others out.  complete is the
 * completeness flag of parameter sets: 1 when none come in band.  Returns
 * RTMP_ERR_INVAL without SPS and PPS, with two DCI or OPI, or with one above
 * 65535 bytes; RTMP_ERR_PROTO for a broken SPS.
 */
int rtmp_vvc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size,
    int complete);

#endif
