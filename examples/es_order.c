#include "es_order.h"

static struct es_picture *
at(struct es_order *o, unsigned i)
{
	return &o->pictures[(o->first + i) % ES_ORDER_MAX];
}

static int
is_before(const struct es_picture *a, const struct es_picture *b)
{
	return a->sequence != b->sequence ? a->sequence < b->sequence :
	    a->key < b->key;
}

/* A stream that holds back more than it said: places from here on are later,
 * so that none comes before its decoding time. */
static void
grow(struct es_order *o, int depth)
{
	if (depth > ES_DEPTH_MAX)
		depth = ES_DEPTH_MAX;
	if (depth > o->depth) {
		o->shown += depth - o->depth;
		o->depth = depth;
	}
}

/* Gives the lowest picture without a place the next one. */
static void
show_lowest(struct es_order *o)
{
	struct es_picture *lowest = NULL, *p;
	unsigned i;

	for (i = 0; i < o->count; i++) {
		p = at(o, i);
		if (p->place < 0 && (lowest == NULL || is_before(p, lowest)))
			lowest = p;
	}
	if (lowest == NULL)
		return;
	if (lowest->sequence == o->last_sequence &&
	    lowest->key < o->last_key && o->shown != 0)
		grow(o, o->depth + 1);
	lowest->place = o->shown++;
	o->last_key = lowest->key;
	o->last_sequence = lowest->sequence;
}

static int
waiting(struct es_order *o, int sequence)
{
	unsigned i;
	int n = 0;

	for (i = 0; i < o->count; i++)
		n += at(o, i)->place < 0 && at(o, i)->sequence < sequence;
	return n;
}

static void
settle(struct es_order *o)
{
	int sequence = at(o, o->count - 1)->sequence;

	while (waiting(o, sequence) > 0 ||
	    waiting(o, sequence + 1) > o->depth)
		show_lowest(o);
	while (o->count == ES_ORDER_MAX && at(o, 0)->place < 0)
		show_lowest(o);
}

/* The most pictures that were decoded before another and are shown after
 * it. */
static void
learn_depth(struct es_order *o)
{
	unsigned i, j;
	int n;

	for (i = 0; i < o->count; i++) {
		for (n = 0, j = 0; j < i; j++)
			n += is_before(at(o, i), at(o, j));
		grow(o, n);
	}
	o->shown = 0;
	o->delay = o->depth;
	o->begun = 1;
}

void
es_order_put(struct es_order *o, const struct es_picture *picture, int depth,
    int learn)
{
	*at(o, o->count++) = *picture;
	at(o, o->count - 1)->place = -1;
	if (!o->begun && depth >= 0) {
		o->depth = o->delay = depth;
		o->begun = 1;
	} else if (!o->begun && (int)o->count > learn) {
		learn_depth(o);
	} else if (o->begun) {
		grow(o, depth);
	}
	if (o->begun)
		settle(o);
}

void
es_order_finish(struct es_order *o)
{
	if (!o->begun)
		learn_depth(o);
	while (waiting(o, INT32_MAX) > 0)
		show_lowest(o);
}

int
es_order_next(struct es_order *o, struct es_picture *picture,
    int64_t *decoded)
{
	if (o->count == 0 || at(o, 0)->place < 0)
		return 0;
	*picture = *at(o, 0);
	*decoded = o->left++ - o->delay;
	o->first = (o->first + 1) % ES_ORDER_MAX;
	o->count--;
	return 1;
}
