#ifndef RTMPIO_MEDIA_AVC_H
#define RTMPIO_MEDIA_AVC_H

/*
 * H.264 (ITU-T H.264, ISO/IEC 14496-10), and how FLV and MP4 carry its
 * configuration (ISO/IEC 14496-15, section 5.3.3.1).
 *
 *     forbidden 1 bit | nal_ref_idc 2 | nal_unit_type 5 | RBSP ...
 */
#include "media/info.h"
#include "media/nal.h"

/* nal_unit_type, table 7-1 */
enum rtmp_avc_nal_type {
	RTMP_AVC_SLICE = 1,
	RTMP_AVC_PARTITION_A = 2,
	RTMP_AVC_PARTITION_C = 4,
	RTMP_AVC_IDR = 5,
	RTMP_AVC_SEI = 6,
	RTMP_AVC_SPS = 7,
	RTMP_AVC_PPS = 8,
	RTMP_AVC_AUD = 9,
	RTMP_AVC_END_SEQUENCE = 10,
	RTMP_AVC_END_STREAM = 11,
	RTMP_AVC_FILLER = 12,
	RTMP_AVC_SPS_EXT = 13
};

enum rtmp_nal_kind rtmp_avc_nal_kind(const struct rtmp_nal *nal);

/* The id that an SPS, SPS extension or PPS has, by which a later one takes its
 * place.  Returns 0, or RTMP_ERR_PROTO for others, too. */
int rtmp_avc_set_id(const struct rtmp_nal *nal, uint32_t *id);

/* 1 when an SPS of the profile tells chroma and depths, as High does. */
int rtmp_avc_profile_has_chroma(unsigned profile);

/* seq_parameter_set_data(), section 7.3.2.1.1, and the timing and colour of
 * its VUI, annex E */
struct rtmp_avc_sps {
	struct rtmp_video_info info; /* profile_idc, level_idc */
	uint8_t constraints;	     /* the byte between these two */
	uint8_t id;
	uint8_t frame_mbs_only;	     /* no interlaced coding */
};

/* A broken VUI is left out: its fields are as if it were not there. */
int rtmp_avc_sps_parse(struct rtmp_avc_sps *sps, const struct rtmp_nal *nal);

/*
 * AVCDecoderConfigurationRecord
 *
 *     01 | profile | constraints | level | fc + length size - 1 |
 *     e0 + number of SPS | { length 2, SPS } | number of PPS | { 2, PPS } |
 *     and for profiles whose SPS tells chroma:
 *     fc + chroma | f8 + luma depth - 8 | f8 + chroma depth - 8 |
 *     number of SPS extensions | { length 2, extension }
 */
struct rtmp_avc_config {
	struct rtmp_nal_sets sets; /* SPS, then PPS, then SPS extensions */
	uint8_t length_size;	   /* 1 to 4 */
	uint8_t sps_count, pps_count, ext_count;
	uint8_t has_extension; /* many writers leave it out */
	struct rtmp_avc_sps sps; /* of which it has info.profile, .level and
				  * constraints, and with extension
				  * info.chroma and depths, else 0 */
};

/* Bytes behind it are accepted. */
int rtmp_avc_config_parse(struct rtmp_avc_config *c, const uint8_t *data,
    size_t size);

/*
 * Takes the SPS, PPS and SPS extensions among nals, each kind in its order,
 * and leaves others out.  Returns RTMP_ERR_INVAL without an SPS and a PPS,
 * with more of them than fit, or with one above 65535 bytes; RTMP_ERR_PROTO
 * for a broken first SPS.
 */
int rtmp_avc_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count, unsigned length_size);

#endif
