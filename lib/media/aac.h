#ifndef RTMPIO_MEDIA_AAC_H
#define RTMPIO_MEDIA_AAC_H

/* AAC (ISO/IEC 14496-3): its configuration, and frames behind ADTS headers. */
#include <rtmpio/types.h>

/* audioObjectType, table 1.17 */
enum rtmp_aac_object {
	RTMP_AAC_MAIN = 1,
	RTMP_AAC_LC = 2,
	RTMP_AAC_SSR = 3,
	RTMP_AAC_LTP = 4,
	RTMP_AAC_SBR = 5, /* HE-AAC */
	RTMP_AAC_PS = 29  /* HE-AAC v2 */
};

enum rtmp_aac_told {
	RTMP_AAC_UNTOLD = 0, /* may come in the frames */
	RTMP_AAC_ABSENT = 1,
	RTMP_AAC_PRESENT = 2
};

/* The index of a rate that is written out */
#define RTMP_AAC_RATE_ESCAPE 15

/* samplingFrequencyIndex, table 1.18: 0 for one without rate, and
 * RTMP_AAC_RATE_ESCAPE for a rate without index. */
uint32_t rtmp_aac_rate(unsigned index);
unsigned rtmp_aac_rate_index(uint32_t rate);
/* channelConfiguration, table 1.19: 0 where it does not tell */
uint8_t rtmp_aac_channels(unsigned channel_config);

/* A program_config_element(), section 4.4.1.1, without its comment */
#define RTMP_AAC_PCE_MAX 49

/*
 * AudioSpecificConfig, section 1.6.2.1
 *
 *     object type 5 bits (31: 6 more, + 32) | rate index 4 (15: rate 24) |
 *     channel configuration 4 |
 *     object type 5 or 29:                SBR and PS told in front
 *         extension rate index 4 (15: 24) | object type 5
 *     object type 1 to 4, 6, 7, 17 ...:   GASpecificConfig, section 4.4.1
 *         frame length 1 | depends on core 1 (1: delay 14) | extension 1 |
 *         program_config_element() for channel configuration 0
 *     2b7, 11 bits | 5, 5 bits:           SBR told behind
 *         present 1 | extension rate index 4 | 548, 11 bits | PS present 1
 */
struct rtmp_aac_config {
	uint8_t object_type; /* without SBR and PS: RTMP_AAC_LC for HE-AAC */
	uint8_t channel_config;
	uint8_t sbr, ps;     /* enum rtmp_aac_told */
	uint8_t sbr_behind;  /* told behind: LC decoders read it, too */
	uint32_t rate;	     /* in Hz, of the core */
	uint32_t output_rate; /* with SBR, else as rate */
	uint8_t channels;    /* 0: not known; without PS, which makes 2 of 1 */
	uint16_t frame_samples; /* at rate: 1024 or 960; 0: not known */
	uint8_t pce[RTMP_AAC_PCE_MAX]; /* for channel_config 0 */
	uint16_t pce_bits;   /* 0: there is none */
};

struct rtmp_bits;

/* Reads a program_config_element(): sets channels, pce and pce_bits. */
void rtmp_aac_parse_pce(struct rtmp_bits *b, struct rtmp_aac_config *c);

/* Bytes behind it are accepted.  Object types without GASpecificConfig are
 * read up to the channels. */
int rtmp_aac_config_parse(struct rtmp_aac_config *c, const uint8_t *data,
    size_t size);

/*
 * Reads object_type, channel_config, sbr, ps, sbr_behind, rate, output_rate,
 * frame_samples and pce.  sbr ABSENT is told behind; PRESENT in front, unless
 * sbr_behind is set.  Returns RTMP_ERR_INVAL for an object type above
 * RTMP_AAC_LTP, for a rate of more than 24 bits, or for channel configuration
 * 0 without pce.
 */
int rtmp_aac_config_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_aac_config *c);
/* More than any that is built has. */
#define RTMP_AAC_CONFIG_MAX 64

/*
 * ADTS, section 1.A.2.2
 *
 *     fff 12 bits | MPEG-2 1 | layer 00 | no CRC 1 |
 *     object type - 1, 2 bits | rate index 4 | private 1 |
 *     channel configuration 3 | original 1 | home 1 | copyright 2 |
 *     frame size with header 13 | fullness 11 | raw data blocks - 1, 2 bits |
 *     CRC 16
 */
#define RTMP_ADTS_HEADER_SIZE 7
#define RTMP_ADTS_FRAME_MAX 8191

struct rtmp_adts {
	uint8_t object_type;	/* 1 to 4 */
	uint8_t channel_config;
	uint8_t blocks;		/* of raw data, 1024 samples each: 1 to 4 */
	uint8_t header_size;	/* 7; with CRC 9, or more for several blocks */
	uint8_t no_crc, rate_index;
	uint32_t frame_size;	/* header included */
	uint32_t rate;
};

/*
 * The header at data, whose frame may be cut off: compare frame_size with
 * size.  Several blocks: only as a whole are they a frame that a decoder
 * reads, and FLV has no place for that.
 */
int rtmp_adts_parse(struct rtmp_adts *h, const uint8_t *data, size_t size);

/* The frame at *pos, which moves behind it.  Returns 1, 0 at end, or
 * RTMP_ERR_PROTO for bytes that are not an ADTS frame, or not all of one. */
int rtmp_adts_next(const uint8_t **pos, const uint8_t *end,
    struct rtmp_adts *h, const uint8_t **raw, size_t *raw_size);

/* The configuration of a frame; sbr and ps are UNTOLD.  raw is what follows
 * the header, for the channels of channel configuration 0. */
int rtmp_adts_config(struct rtmp_aac_config *c, const struct rtmp_adts *h,
    const uint8_t *raw, size_t raw_size);

/* The header in front of a raw frame.  Returns RTMP_ERR_INVAL where ADTS
 * cannot say it: the object type, the rate, a channel configuration above 7,
 * or a frame of more than 8184 bytes. */
int rtmp_adts_build(uint8_t out[RTMP_ADTS_HEADER_SIZE],
    const struct rtmp_aac_config *c, size_t raw_size);

#endif
