#ifndef TEST_HEVC_SETS_H
#define TEST_HEVC_SETS_H

/* Parameter sets of HEVC, written by hand. */
#include "media/hevc.h"
#include "support/media_data.h"

/* An SPS with all that can stand in it, where a flag says so. */
struct hevc_sps_parts {
	unsigned sub_layers;
	const char *sub_layer_flags; /* 16 bits, when there are several */
	unsigned sub_layer_bytes;    /* that they announce */
	const char *chroma;
	uint32_t width, height;
	const uint32_t *crop;
	const char *depths;
	const char *ordering;  /* sub_layer_ordering_info and its triples */
	const char *lists;     /* scaling_list_enabled_flag ... */
	const char *pcm;
	const char *ref_pics;  /* sets, long-term pictures */
	unsigned tier, level;
};

extern const struct hevc_sps_parts plain_sps;

/* Up to the VUI */
void put_hevc_sps(struct bit_writer *w, const struct hevc_sps_parts *s);
/* With tiles, and with entropy coding synchronized; bytes has 64 of them. */
struct rtmp_nal make_hevc_pps(uint8_t *bytes, int tiles, int entropy_sync);

extern const uint8_t hevc_vps[4];
/* VUI with nothing but a bitstream restriction, of segments of 32 */
#define VUI_SEGMENTS "1 0 0 0 0 000 0 0 1 000 00000100001 1 1 1 1"

#endif
