#ifndef ES_ORDER_H
#define ES_ORDER_H

/*
 * Pictures in decoding order, and the place that each has among those shown:
 *
 *     decoded   I0 P3 B1 B2 P6 B4 B5      depth 1: a decoder holds one picture
 *     place      0  3  1  2  6  4  5      back, and shows the lowest
 */
#include <stddef.h>
#include <stdint.h>

#define ES_DEPTH_MAX 16 /* of H.264 and HEVC */
#define ES_ORDER_MAX 64 /* pictures held */

struct es_picture {
	uint64_t offset; /* in the stream */
	size_t size;
	int64_t key;	 /* the lowest is shown first */
	int64_t place;	 /* -1: not known yet */
	int sequence;	 /* all of an earlier one are shown before */
};

/* All zero to begin with. */
struct es_order {
	struct es_picture pictures[ES_ORDER_MAX];
	unsigned first, count;
	int begun;
	int depth;
	int delay;	 /* depth at the beginning: what dts is ahead */
	int64_t left;	 /* pictures given out */
	int64_t shown;	 /* places given */
	int64_t last_key;
	int last_sequence;
};

/* depth as the stream says, or -1: then it is found out from the first learn
 * pictures. */
void es_order_put(struct es_order *o, const struct es_picture *picture,
    int depth, int learn);
/* Nothing comes behind. */
void es_order_finish(struct es_order *o);
/* Returns 1 and the next picture with its place in decoding order, which is
 * below 0 for the first delay of them; 0: more pictures are needed. */
int es_order_next(struct es_order *o, struct es_picture *picture,
    int64_t *decoded);

#endif
