#ifndef RTMPIO_MEDIA_HEVC_H
#define RTMPIO_MEDIA_HEVC_H

/*
 * HEVC (ITU-T H.265, ISO/IEC 23008-2), and its configuration (ISO/IEC
 * 14496-15, section 8.3.3.1).
 *
 *     forbidden 1 bit | nal_unit_type 6 | nuh_layer_id 6 |
 *     nuh_temporal_id_plus1 3 | RBSP ...
 */
#include "media/info.h"
#include "media/nal.h"

/* nal_unit_type, table 7-1 */
enum rtmp_hevc_nal_type {
	RTMP_HEVC_RASL_R = 9,	      /* the last of slices without IRAP */
	RTMP_HEVC_BLA_W_LP = 16,      /* 16 to 23: IRAP */
	RTMP_HEVC_IDR_W_RADL = 19,
	RTMP_HEVC_CRA = 21,
	RTMP_HEVC_RSV_IRAP = 23,
	RTMP_HEVC_VPS = 32,
	RTMP_HEVC_SPS = 33,
	RTMP_HEVC_PPS = 34,
	RTMP_HEVC_AUD = 35,
	RTMP_HEVC_END_SEQUENCE = 36,
	RTMP_HEVC_END_STREAM = 37,
	RTMP_HEVC_FILLER = 38,
	RTMP_HEVC_PREFIX_SEI = 39,
	RTMP_HEVC_SUFFIX_SEI = 40
};

/* NAL units of layers other than 0 are RTMP_NAL_OTHER. */
enum rtmp_nal_kind rtmp_hevc_nal_kind(const struct rtmp_nal *nal);

/* The id that a VPS, SPS or PPS has.  Returns 0, or RTMP_ERR_PROTO for others,
 * too. */
int rtmp_hevc_set_id(const struct rtmp_nal *nal, uint32_t *id);

/* seq_parameter_set_rbsp(), section 7.3.2.2, and the timing and colour of its
 * VUI, annex E */
struct rtmp_hevc_sps {
	struct rtmp_video_info info; /* general_profile_idc, _level_idc */
	uint8_t profile_space;
	uint32_t compatibility;	     /* general_profile_compatibility_flag[] */
	uint32_t constraints_high;   /* 48 bits: the upper 16 of them, */
	uint32_t constraints;	     /* and the rest */
	uint8_t id;
	uint8_t sub_layers;	     /* sps_max_sub_layers_minus1 + 1 */
	uint8_t id_nesting;	     /* sps_temporal_id_nesting_flag */
	uint32_t min_segmentation;   /* min_spatial_segmentation_idc, or 0 */
};

int rtmp_hevc_sps_parse(struct rtmp_hevc_sps *sps,
    const struct rtmp_nal *nal);

/* pic_parameter_set_rbsp(), section 7.3.2.3: how it lets work be shared */
struct rtmp_hevc_pps {
	uint8_t id, sps_id;
	uint8_t tiles;	      /* tiles_enabled_flag */
	uint8_t entropy_sync; /* entropy_coding_sync_enabled_flag */
};

int rtmp_hevc_pps_parse(struct rtmp_hevc_pps *pps,
    const struct rtmp_nal *nal);

/*
 * HEVCDecoderConfigurationRecord
 *
 *      0  01
 *      1  profile_space 2 bits | tier 1 | profile_idc 5
 *      2  compatibility flags (4)
 *      6  constraint flags (6)
 *     12  level_idc
 *     13  f 4 bits | min_spatial_segmentation_idc 12
 *     15  111111 | parallelismType 2
 *     16  111111 | chroma format 2
 *     17  11111 | luma depth - 8, 3 bits
 *     18  11111 | chroma depth - 8, 3 bits
 *     19  avgFrameRate (2), in frames per 256 seconds; 0 is unspecified
 *     21  constantFrameRate 2 bits | numTemporalLayers 3 |
 *         temporalIdNested 1 | length size - 1, 2 bits
 *     22  number of arrays, then for each:
 *         completeness 1 bit | 0 | NAL unit type 6
 *         number of NAL units (2), then { length 2, NAL unit }
 */
struct rtmp_hevc_config {
	struct rtmp_nal_sets sets; /* of all arrays, in their order */
	uint8_t length_size;	   /* 1 to 4 */
	uint8_t parallelism;
	uint8_t constant_rate;
	uint32_t frame_rate;	   /* avgFrameRate */
	struct rtmp_hevc_sps sps;  /* what all SPS together ask for: without
				    * id, size, rate and colour */
};

/* Bytes behind it are accepted. */
int rtmp_hevc_config_parse(struct rtmp_hevc_config *c, const uint8_t *data,
    size_t size);

/*
 * Takes the VPS, SPS, PPS, prefix SEI and suffix SEI among nals, an array for
 * each kind that there is, and leaves others out.  complete is the
 * completeness flag of the first three: 1 when no parameter sets come in band.
 * Returns RTMP_ERR_INVAL without VPS, SPS and PPS, or with one above 65535
 * bytes; RTMP_ERR_PROTO for a broken SPS or PPS.
 */
int rtmp_hevc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size,
    int complete);

#endif
