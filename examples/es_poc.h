#ifndef ES_POC_H
#define ES_POC_H

/* The picture order count of H.264 (section 8.2.1) and HEVC (section 8.3.1):
 * all that a stream without times says about when its pictures are shown. */
#include <rtmpio/tag.h>

#include "es_bits.h"

/* What the first slice of a picture says. */
struct es_slice {
	int64_t order;	/* picture order count */
	int sequence;	/* counts up where the order begins anew */
	int depth;	/* pictures that a decoder holds back; -1: not told */
	int learn;	/* the most that it can be */
	int field;	/* H.264: 1 top, 2 bottom; 0: a frame */
	int is_reference;
	uint32_t frame_num;
};

struct es_poc;

/* NULL when out of memory. */
struct es_poc *es_poc_new(enum rtmp_codec codec);
void es_poc_free(struct es_poc *p);

/* Takes one NAL unit.  Returns 1 with *slice for one that begins a picture,
 * else 0.  Of a broken one order and depth are 0. */
int es_poc_nal(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice);

/* ---- Inside ---- */

#define ES_SPS_MAX 32
#define ES_PPS_MAX 256

struct es_sps {
	int known;
	unsigned frame_num_bits;   /* H.264 */
	unsigned poc_type;	   /* H.264 */
	unsigned poc_bits;
	int frame_mbs_only;	   /* H.264 */
	int separate_planes;
	int depth, learn;
};

struct es_pps {
	int known;
	unsigned sps;
	int bottom_delta;	   /* H.264: of frames, the bottom is told */
	int output_flag;	   /* HEVC */
	unsigned extra_bits;	   /* HEVC */
};

struct es_poc {
	enum rtmp_codec codec;
	struct es_sps sps[ES_SPS_MAX];
	struct es_pps pps[ES_PPS_MAX];
	int sequence;
	int64_t previous;	   /* order of the last reference picture */
	int ended;		   /* HEVC: by an end of sequence */
	int begun;
};

int es_poc_h264(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice);
int es_poc_hevc(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice);
/* The order whose lower bits are lsb, next to p->previous. */
int64_t es_poc_full(const struct es_poc *p, uint32_t lsb, unsigned bits);

#endif
