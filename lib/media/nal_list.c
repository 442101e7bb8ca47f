/* The NAL units of which a configuration record is made. */
#include "media/nal_list.h"

#define SIZE_LIMIT 65535 /* of one; its length has two bytes */

const struct rtmp_nal *
rtmp_nal_list_first(const struct rtmp_nal_list *l, enum rtmp_nal_kind kind)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (l->kind_of(&l->nals[i]) == kind)
			return &l->nals[i];
	return NULL;
}

int
rtmp_nal_list_put(const struct rtmp_nal_list *l, enum rtmp_nal_kind kind,
    struct rtmp_out *o)
{
	int n = 0;
	size_t i;

	for (i = 0; i < l->count; i++) {
		const struct rtmp_nal *nal = &l->nals[i];

		if (l->kind_of(nal) != kind)
			continue;
		if (nal->size > SIZE_LIMIT)
			return -1;
		n++;
		if (o == NULL)
			continue;
		rtmp_out_be16(o, (uint32_t)nal->size);
		rtmp_out_bytes(o, nal->data, nal->size);
	}
	return n;
}

int
rtmp_nal_list_count(const struct rtmp_nal_list *l, enum rtmp_nal_kind kind,
    int max)
{
	int n = rtmp_nal_list_put(l, kind, NULL);

	return n > max ? -1 : n;
}

static int
count_array(const struct rtmp_nal_list *l, const struct rtmp_nal_array *a)
{
	return rtmp_nal_list_count(l, (enum rtmp_nal_kind)a->kind,
	    a->is_single ? 1 : SIZE_LIMIT);
}

int
rtmp_nal_arrays_count(const struct rtmp_nal_list *l,
    const struct rtmp_nal_array *arrays, size_t count)
{
	int total = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		int n = count_array(l, &arrays[i]);

		if (n < 0 || (n == 0 && arrays[i].is_needed))
			return RTMP_ERR_INVAL;
		total += n != 0;
	}
	return total;
}

void
rtmp_nal_arrays_put(const struct rtmp_nal_list *l,
    const struct rtmp_nal_array *arrays, size_t count, int complete,
    struct rtmp_out *o)
{
	const struct rtmp_nal_array *a;
	int n;

	rtmp_out_u8(o, (unsigned)rtmp_nal_arrays_count(l, arrays, count));
	for (a = arrays; a != arrays + count; a++) {
		n = count_array(l, a);
		if (n == 0)
			continue;
		rtmp_out_u8(o, (complete && a->is_set ? 0x80U : 0) | a->type);
		if (!a->is_single)
			rtmp_out_be16(o, (uint32_t)n);
		rtmp_nal_list_put(l, (enum rtmp_nal_kind)a->kind, o);
	}
}
