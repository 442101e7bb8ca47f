#include <string.h>

#include "client/pending.h"

/* Of each two steps one. */
static void
halve(struct rtmp_pending *p)
{
	struct rtmp_pending_step *s = p->steps;
	unsigned i;

	for (i = 0; i < RTMP_PENDING_STEPS / 2; i++) {
		s[i].end = s[2 * i + 1].end;
		s[i].packets = s[2 * i].packets + s[2 * i + 1].packets;
		s[i].bytes = s[2 * i].bytes + s[2 * i + 1].bytes;
	}
	p->count = RTMP_PENDING_STEPS / 2;
}

void
rtmp_pending_add(struct rtmp_pending *p, uint64_t end, size_t size)
{
	struct rtmp_pending_step *s;

	if (p->count == RTMP_PENDING_STEPS)
		halve(p);
	s = &p->steps[p->count++];
	s->end = end;
	s->packets = 1;
	s->bytes = size;
}

void
rtmp_pending_confirm(struct rtmp_pending *p, uint64_t end)
{
	unsigned n = 0;

	while (n < p->count && p->steps[n].end <= end)
		n++;
	p->count -= n;
	memmove(p->steps, p->steps + n, p->count * sizeof(p->steps[0]));
}

void
rtmp_pending_take(struct rtmp_pending *p, uint64_t *packets, uint64_t *bytes)
{
	unsigned i;

	for (i = 0; i < p->count; i++) {
		*packets += p->steps[i].packets;
		*bytes += p->steps[i].bytes;
	}
	p->count = 0;
}
