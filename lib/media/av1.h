#ifndef RTMPIO_MEDIA_AV1_H
#define RTMPIO_MEDIA_AV1_H

/*
 * AV1 (AV1 Bitstream & Decoding Process Specification), and its configuration
 * (AV1 Codec ISO Media File Format Binding, section 2.3).  A temporal unit is
 * a run of OBUs, section 5.3, here in the low-overhead form:
 *
 *     forbidden 1 bit | obu_type 4 | has extension 1 | has size 1 | 0
 *     temporal id 3 | spatial id 2 | 000     with extension
 *     obu_size leb128                        with size; else up to the end
 *     obu_size bytes
 *
 * leb128: 7 bits in each byte, the lowest first; bit 7: one more follows.
 */
#include "media/info.h"

/* obu_type, section 6.2.2 */
enum rtmp_av1_obu_type {
	RTMP_AV1_SEQUENCE_HEADER = 1,
	RTMP_AV1_TEMPORAL_DELIMITER = 2,
	RTMP_AV1_FRAME_HEADER = 3,
	RTMP_AV1_TILE_GROUP = 4,
	RTMP_AV1_METADATA = 5,
	RTMP_AV1_FRAME = 6,
	RTMP_AV1_REDUNDANT_FRAME_HEADER = 7,
	RTMP_AV1_TILE_LIST = 8,
	RTMP_AV1_PADDING = 15
};

struct rtmp_av1_obu {
	uint8_t type, has_extension, has_size;
	uint8_t temporal_id, spatial_id;
	const uint8_t *data; /* the whole OBU */
	size_t size;
	const uint8_t *payload;
	size_t payload_size;
};

/*
 * The OBU at *pos, which moves behind it.  Returns 1; 0 at end; RTMP_ERR_PROTO
 * for a size past the end or above 2^32 - 1, or a forbidden bit.
 */
int rtmp_av1_obu_next(const uint8_t **pos, const uint8_t *end,
    struct rtmp_av1_obu *obu);

/* An unsigned number of at most 8 bytes, section 4.10.5.  Returns as above,
 * but never 0. */
int rtmp_av1_leb128(const uint8_t **pos, const uint8_t *end,
    uint32_t *value);

/* sequence_header_obu(), section 5.5 */
struct rtmp_av1_sequence {
	/* seq_profile, seq_level_idx[0], seq_tier[0]; the size is the largest
	 * that frames have; the rate is told where pictures are equal */
	struct rtmp_video_info info;
	uint8_t still_picture;
	uint8_t reduced_header;	 /* reduced_still_picture_header */
	uint8_t high_bitdepth, twelve_bit, monochrome;
	uint8_t subsampling_x, subsampling_y;
	uint8_t sample_position; /* chroma_sample_position */
	uint8_t has_delay;	 /* initial_display_delay, of operating */
	uint8_t delay_minus_1;	 /* point 0 */
};

/* Depths and chroma of info, out of the fields behind it. */
void rtmp_av1_set_format(struct rtmp_av1_sequence *seq);

/* data is the payload of the OBU. */
int rtmp_av1_sequence_parse(struct rtmp_av1_sequence *seq,
    const uint8_t *data, size_t size);

/*
 * Whether a temporal unit has a key frame that is shown, so that decoding can
 * begin: 1 or 0, or RTMP_ERR_PROTO for OBUs that break their format.  seq is
 * the sequence header in force, or NULL when the unit brings its own, or the
 * usual is meant: no still pictures.
 */
int rtmp_av1_is_key(const struct rtmp_av1_sequence *seq, const uint8_t *data,
    size_t size);

/* The first OBU of a type: 1, 0 when there is none, or RTMP_ERR_PROTO. */
int rtmp_av1_find(const uint8_t *data, size_t size, unsigned type,
    struct rtmp_av1_obu *obu);

/*
 * AV1CodecConfigurationRecord
 *
 *     81                                   marker 1 bit, version 7
 *     profile 3 bits | level 5
 *     tier 1 | high_bitdepth 1 | twelve_bit 1 | monochrome 1 |
 *         subsampling_x 1 | _y 1 | chroma_sample_position 2
 *     000 | delay present 1 | initial_presentation_delay - 1, 4 bits
 *     configOBUs: the sequence header, and metadata that holds for all
 */
#define RTMP_AV1_CONFIG_HEADER_SIZE 4

struct rtmp_av1_config {
	struct rtmp_av1_sequence seq; /* of which it has profile, level, tier,
				       * and high_bitdepth to delay_minus_1,
				       * with depths and chroma */
	const uint8_t *obus; /* may be empty */
	size_t obus_size;
};

int rtmp_av1_config_parse(struct rtmp_av1_config *c, const uint8_t *data,
    size_t size);

/* obu is a sequence header; it is written with a size.  No presentation delay
 * is told: it is the container's, not that of the sequence header. */
int rtmp_av1_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_av1_obu *obu);

/* The OBUs of one temporal unit as FLV has them: with sizes, without temporal
 * delimiters.  The result has at most 5 bytes more than the input. */
int rtmp_av1_unit_build(uint8_t *out, size_t cap, size_t *size,
    const uint8_t *data, size_t data_size);

#endif
