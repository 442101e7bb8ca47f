/* Picture order counts: HEVC, sections 7.3.2, 7.3.6 and 8.3.1. */
#include <string.h>

#include "es_order.h"
#include "es_poc.h"

#define RADL_N 6
#define RASL_R 9
#define BLA_W_LP 16
#define BLA_N_LP 18
#define IDR_W_RADL 19
#define IDR_N_LP 20
#define CRA 21
#define IRAP_LAST 23
#define VCL_LAST 31
#define SPS 33
#define PPS 34
#define END_SEQUENCE 36
#define END_STREAM 37

static void
skip_profile(struct es_bits *b, unsigned sub_layers)
{
	unsigned i, profile[8], level[8];

	es_bits_skip(b, 96);
	for (i = 0; i + 1 < sub_layers; i++) {
		profile[i] = es_bits_1(b);
		level[i] = es_bits_1(b);
	}
	if (sub_layers > 1)
		es_bits_skip(b, 2 * (9 - sub_layers));
	for (i = 0; i + 1 < sub_layers; i++)
		es_bits_skip(b, 88 * profile[i] + 8 * level[i]);
}

static void
read_sps(struct es_poc *p, struct es_bits *b)
{
	struct es_sps s;
	uint32_t id, i, depth = 0;
	unsigned sub_layers;

	memset(&s, 0, sizeof(s));
	es_bits_skip(b, 4);
	sub_layers = es_bits_u(b, 3) + 1;
	es_bits_skip(b, 1);
	skip_profile(b, sub_layers);
	id = es_bits_ue(b);
	if (es_bits_ue(b) == 3)
		s.separate_planes = (int)es_bits_1(b);
	es_bits_ue(b);
	es_bits_ue(b);
	if (es_bits_1(b)) /* conformance window */
		for (i = 0; i < 4; i++)
			es_bits_ue(b);
	es_bits_ue(b);
	es_bits_ue(b);
	s.poc_bits = es_bits_ue(b) + 4;
	/* Those of the highest sub-layer come last. */
	for (i = es_bits_1(b) ? 0 : sub_layers - 1; i < sub_layers; i++) {
		es_bits_ue(b);
		depth = es_bits_ue(b);
		es_bits_ue(b);
	}
	if (b->err || id >= ES_SPS_MAX || s.poc_bits > 16)
		return;
	s.depth = depth > ES_DEPTH_MAX ? ES_DEPTH_MAX : (int)depth;
	s.known = 1;
	p->sps[id] = s;
}

static void
read_pps(struct es_poc *p, struct es_bits *b)
{
	uint32_t id = es_bits_ue(b), sps = es_bits_ue(b);

	if (id >= ES_PPS_MAX || sps >= ES_SPS_MAX)
		return;
	es_bits_skip(b, 1);
	p->pps[id].output_flag = (int)es_bits_1(b);
	p->pps[id].extra_bits = es_bits_u(b, 3);
	p->pps[id].sps = sps;
	p->pps[id].known = !b->err;
}

static void
read_slice(struct es_poc *p, struct es_bits *b, unsigned type, int restarts,
    int temporal, struct es_slice *slice)
{
	const struct es_sps *s;
	uint32_t id, lsb;

	if (type >= BLA_W_LP && type <= IRAP_LAST)
		es_bits_skip(b, 1);
	id = es_bits_ue(b);
	if (id >= ES_PPS_MAX || !p->pps[id].known ||
	    !p->sps[p->pps[id].sps].known)
		return;
	s = &p->sps[p->pps[id].sps];
	slice->depth = s->depth;
	es_bits_skip(b, p->pps[id].extra_bits);
	es_bits_ue(b); /* slice_type */
	if (p->pps[id].output_flag)
		es_bits_skip(b, 1);
	if (s->separate_planes)
		es_bits_skip(b, 2);
	lsb = type == IDR_W_RADL || type == IDR_N_LP ? 0 :
	    es_bits_u(b, s->poc_bits);
	slice->order = restarts ? (int64_t)lsb :
	    es_poc_full(p, lsb, s->poc_bits);
	/* Not leading pictures, and none that others may be without. */
	if (temporal == 0 && !(type >= RADL_N && type <= RASL_R) &&
	    !(type < BLA_W_LP && type % 2 == 0))
		p->previous = slice->order;
}

int
es_poc_hevc(struct es_poc *p, const uint8_t *nal, size_t size,
    struct es_slice *slice)
{
	struct es_bits b;
	unsigned type = nal[0] >> 1 & 63;
	int restarts;

	if (size < 3 || (nal[0] & 1) != 0 || nal[1] >> 3 != 0)
		return 0;
	es_bits_init(&b, nal, size);
	es_bits_skip(&b, 16);
	if (type == SPS)
		read_sps(p, &b);
	else if (type == PPS)
		read_pps(p, &b);
	else if (type == END_SEQUENCE || type == END_STREAM)
		p->ended = 1;
	if (type > VCL_LAST || !es_bits_1(&b))
		return 0;
	restarts = (type >= BLA_W_LP && type <= IDR_N_LP) ||
	    (type == CRA && (p->ended || !p->begun));
	memset(slice, 0, sizeof(*slice));
	if (restarts)
		p->sequence++;
	p->begun = 1;
	p->ended = 0;
	read_slice(p, &b, type, restarts, (nal[1] & 7) - 1, slice);
	slice->is_reference = 1;
	slice->sequence = p->sequence;
	return 1;
}
