#ifndef RTMPIO_MEDIA_AUDIO_H
#define RTMPIO_MEDIA_AUDIO_H

/* Headers of audio codecs other than AAC. */
#include <rtmpio/types.h>

/* What the header of a frame tells. */
struct rtmp_audio_frame {
	uint32_t rate;	  /* in Hz */
	uint32_t samples; /* of each channel */
	uint32_t size;	  /* in bytes, header included; 0: not told */
	uint8_t channels; /* LFE included */
	uint8_t bits;	  /* per sample; 0: not told */
};

/* ---- MP3: ISO/IEC 11172-3 and 13818-3, section 2.4.2.3 ----
 *
 *     fff 11 bits | version 2 | layer 2 (1: III) | no CRC 1 | bit rate 4 |
 *     rate 2 | padding 1 | private 1 | mode 2 (3: mono) | ...
 */

/* Layers I and II are RTMP_ERR_PROTO, and free bit rate, too. */
int rtmp_mp3_parse(struct rtmp_audio_frame *f, const uint8_t *data,
    size_t size);

/* ---- AC-3 and E-AC-3: ETSI TS 102 366, section 4.4.1 and annex E.1.2 ----
 *
 *     0b 77 | CRC 16 | rate 2 bits | frame size code 6 | bsid 5 | ...   AC-3
 *     0b 77 | stream type 2, id 3, size in words - 1, 11 | rate 2 |
 *         blocks 2 | channel mode 3 | LFE 1 | bsid 5 | ...           E-AC-3
 */

/* The bit stream id, bsid, tells which of the two it is: *enhanced is set.
 * Seven bytes are needed, with the channel mode and LFE of AC-3; any frame of
 * E-AC-3 has more, too. */
int rtmp_ac3_parse(struct rtmp_audio_frame *f, int *enhanced,
    const uint8_t *data, size_t size);

/* ---- Opus: RFC 6716 section 3.1, RFC 7845 section 5.1 ----
 *
 *     "OpusHead" | version 01 | channels | pre-skip (2) | rate (4) |
 *     gain (2) | mapping family | and for a family other than 0:
 *     streams | coupled streams | a byte for each channel
 *
 * all little-endian; the rate is that of the source, the output has 48000.
 */
#define RTMP_OPUS_HEAD_SIZE 19 /* of mapping family 0 */
#define RTMP_OPUS_HEAD_MAX (21 + 255)

struct rtmp_opus_head {
	uint8_t version; /* upper half 0 */
	uint8_t channels;
	uint16_t pre_skip;
	uint32_t rate;
	int16_t gain; /* in 1/256 dB */
	uint8_t family;
	uint8_t streams, coupled; /* 1 and channels - 1 for family 0 */
	uint8_t mapping[255];	  /* channels of them; 0, 1 for family 0 */
};

/* Bytes behind it are accepted. */
int rtmp_opus_head_parse(struct rtmp_opus_head *h, const uint8_t *data,
    size_t size);
/* Returns RTMP_ERR_INVAL for no channels, or more than 2 in family 0. */
int rtmp_opus_head_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_opus_head *h);

/* How long a packet lasts, in samples at 48000 Hz: 120 to 5760. */
int rtmp_opus_samples(uint32_t *samples, const uint8_t *data, size_t size);

/* ---- FLAC: RFC 9639, sections 8.1, 8.2 and 9.1 ----
 *
 *     "fLaC" | last 1 bit, type 7 (0), 34 (3) | STREAMINFO (34)
 *
 * SequenceStart of Enhanced RTMP has all of it; there are senders that leave
 * out the signature, or the block header, too.
 */
#define RTMP_FLAC_STREAMINFO_SIZE 34
#define RTMP_FLAC_HEAD_SIZE (4 + 4 + RTMP_FLAC_STREAMINFO_SIZE)

struct rtmp_flac_info {
	uint32_t min_block, max_block; /* in samples */
	uint32_t min_frame, max_frame; /* in bytes; 0: not known */
	uint32_t rate;
	uint8_t channels, bits;
	uint64_t samples;	       /* of each channel; 0: not known */
	const uint8_t *streaminfo;     /* the 34 bytes */
};

/* Any of the three; blocks behind it are accepted. */
int rtmp_flac_info_parse(struct rtmp_flac_info *f, const uint8_t *data,
    size_t size);
/* All of it, the block marked as the last. */
void rtmp_flac_head_build(uint8_t out[RTMP_FLAC_HEAD_SIZE],
    const uint8_t streaminfo[RTMP_FLAC_STREAMINFO_SIZE]);

/* The size is not told.  Rate and bits that the frame leaves to STREAMINFO
 * are taken from info, which may be NULL: then they are 0. */
int rtmp_flac_frame_parse(struct rtmp_audio_frame *f,
    const struct rtmp_flac_info *info, const uint8_t *data, size_t size);

#endif
