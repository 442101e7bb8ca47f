/*
 * NAL units found and rewritten; the figure is in nal.h.
 *
 * A start code is looked for at its 01, which is the rarest of its bytes in
 * coded video, with memchr(): that is the fastest search a libc has.
 */
#include <string.h>

#include "media/nal.h"
#include "media/out.h"

#define START_CODE_SIZE 3

const uint8_t *
rtmp_nal_find_start(const uint8_t *p, const uint8_t *end)
{
	if (end - p < START_CODE_SIZE)
		return end;
	p += 2;
	while (p < end && (p = memchr(p, 1, (size_t)(end - p))) != NULL) {
		if (p[-1] == 0 && p[-2] == 0)
			return p - 2;
		/* The two bytes behind a 01 cannot be the 01 of another. */
		if (end - p <= 3)
			break;
		p += 3;
	}
	return end;
}

int
rtmp_nal_is_annexb(const uint8_t *data, size_t size)
{
	if (size >= 4 && data[0] == 0 && data[1] == 0 && data[2] == 0)
		return data[3] == 1;
	return size >= 3 && data[0] == 0 && data[1] == 0 && data[2] == 1;
}

/* ---- One after the other ---- */

static void
skip_to_start(struct rtmp_nal_iter *it, const uint8_t *from)
{
	const uint8_t *start = rtmp_nal_find_start(from, it->end);

	it->pos = start == it->end ? start : start + START_CODE_SIZE;
}

void
rtmp_nal_iter_init(struct rtmp_nal_iter *it, const uint8_t *data, size_t size,
    unsigned length_size)
{
	it->pos = data;
	it->end = size != 0 ? data + size : data;
	it->length_size = length_size;
	if (length_size == 0 && size != 0)
		skip_to_start(it, data);
}

static int
next_in_annexb(struct rtmp_nal_iter *it, struct rtmp_nal *nal)
{
	while (it->pos != it->end) {
		const uint8_t *start = it->pos;
		const uint8_t *end = rtmp_nal_find_start(start, it->end);

		it->pos = end == it->end ? end : end + START_CODE_SIZE;
		while (end != start && end[-1] == 0)
			end--;
		if (end == start)
			continue;
		nal->data = start;
		nal->size = (size_t)(end - start);
		return 1;
	}
	return 0;
}

static int
next_behind_length(struct rtmp_nal_iter *it, struct rtmp_nal *nal)
{
	while (it->pos != it->end) {
		size_t left = (size_t)(it->end - it->pos), size = 0;
		unsigned i;

		if (left < it->length_size) {
			it->pos = it->end;
			return RTMP_ERR_PROTO;
		}
		for (i = 0; i < it->length_size; i++)
			size = size << 8 | *it->pos++;
		if (size > left - it->length_size) {
			it->pos = it->end;
			return RTMP_ERR_PROTO;
		}
		if (size == 0)
			continue;
		nal->data = it->pos;
		nal->size = size;
		it->pos += size;
		return 1;
	}
	return 0;
}

int
rtmp_nal_next(struct rtmp_nal_iter *it, struct rtmp_nal *nal)
{
	return it->length_size == 0 ? next_in_annexb(it, nal)
				    : next_behind_length(it, nal);
}

/* ---- From one form to the other ---- */

int
rtmp_nal_put(struct rtmp_out *o, const struct rtmp_nal *nal,
    unsigned length_size)
{
	unsigned prefix = length_size == 0 ? 4 : length_size;
	size_t length = length_size == 0 ? 1 : nal->size;
	uint8_t *p = rtmp_out_room(o, prefix);

	/* A size_t is cut in two steps, as it may have no more bytes. */
	if (length >> 4 * prefix >> 4 * prefix != 0)
		return RTMP_ERR_INVAL;
	for (; p != NULL && prefix-- != 0; length >>= 8)
		p[prefix] = (uint8_t)length;
	rtmp_out_bytes(o, nal->data, nal->size);
	return 0;
}

int
rtmp_nal_convert(uint8_t *out, size_t cap, size_t *size,
    struct rtmp_nal_iter from, unsigned length_size)
{
	struct rtmp_nal nal;
	struct rtmp_out o;
	int ret;

	rtmp_out_init(&o, out, cap);
	while ((ret = rtmp_nal_next(&from, &nal)) == 1)
		if (rtmp_nal_put(&o, &nal, length_size) != 0)
			return RTMP_ERR_INVAL;
	return ret < 0 ? ret : rtmp_out_end(&o, size);
}

/* ---- The arrays of configuration records ---- */

#define VVC_OPI 12
#define VVC_DCI 13

/* Moves behind what stands in front of an array's NAL units. */
static int
begin_array(struct rtmp_nal_sets *s)
{
	/* For each form: what is skipped, and the size of the number. */
	static const uint8_t skips[] = { 0, 0, 3, 1, 1 };
	static const uint8_t sizes[] = { 1, 1, 1, 2, 2 };
	size_t skip = skips[s->form], size = sizes[s->form];
	unsigned type;

	if ((size_t)(s->end - s->pos) < skip + 1)
		return RTMP_ERR_PROTO;
	type = *s->pos & 0x1f;
	s->pos += skip;
	if (s->form == RTMP_NAL_SETS_VVC &&
	    (type == VVC_DCI || type == VVC_OPI)) {
		s->left = 1; /* without a number */
	} else {
		if ((size_t)(s->end - s->pos) < size)
			return RTMP_ERR_PROTO;
		s->left = size == 2 ? rtmp_get_be16(s->pos) : *s->pos;
		s->pos += size;
	}
	if (s->form == RTMP_NAL_SETS_AVC_SPS)
		s->left &= 0x1f;
	if (s->form < RTMP_NAL_SETS_AVC_EXT)
		s->form++;
	s->arrays--;
	return 0;
}

int
rtmp_nal_sets_next(struct rtmp_nal_sets *s, struct rtmp_nal *nal)
{
	while (s->left == 0) {
		if (s->arrays == 0)
			return 0;
		if (begin_array(s) != 0)
			return RTMP_ERR_PROTO;
	}
	if (s->end - s->pos < 2)
		return RTMP_ERR_PROTO;
	nal->size = rtmp_get_be16(s->pos);
	s->pos += 2;
	if (nal->size == 0 || nal->size > (size_t)(s->end - s->pos))
		return RTMP_ERR_PROTO;
	nal->data = s->pos;
	s->pos += nal->size;
	s->left--;
	return 1;
}

int
rtmp_nal_sets_init(struct rtmp_nal_sets *s, const uint8_t *first,
    const uint8_t *end, unsigned arrays, enum rtmp_nal_sets_form form)
{
	struct rtmp_nal_sets all;
	struct rtmp_nal nal;
	int ret;

	s->pos = first;
	s->end = end;
	s->arrays = arrays;
	s->left = 0;
	s->form = form;
	all = *s;
	do
		ret = rtmp_nal_sets_next(&all, &nal);
	while (ret == 1);
	return ret;
}
