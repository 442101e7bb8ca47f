#include <string.h>

#include "base/buf.h"

#define BUF_FIRST 256

void
rtmp_buf_init(struct rtmp_buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
rtmp_buf_free(struct rtmp_buf *b, const struct rtmp_mem *mem)
{
	rtmp_mem_free(mem, b->data);
	rtmp_buf_init(b, b->max);
}

int
rtmp_buf_reserve(struct rtmp_buf *b, const struct rtmp_mem *mem, size_t more)
{
	size_t need, cap;
	uint8_t *data;

	if (more > b->max || b->size > b->max - more)
		return RTMP_ERR_LIMIT;
	need = b->size + more;
	if (need <= b->cap)
		return 0;
	cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST < b->max ? BUF_FIRST : b->max;
	if (cap < need)
		cap = need;
	data = rtmp_mem_realloc_array(mem, b->data, cap, 1);
	if (data == NULL)
		return RTMP_ERR_NOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

int
rtmp_buf_append(struct rtmp_buf *b, const struct rtmp_mem *mem,
    const void *data, size_t size)
{
	int err = rtmp_buf_reserve(b, mem, size);

	if (err != 0)
		return err;
	if (size != 0)
		memcpy(b->data + b->size, data, size);
	b->size += size;
	return 0;
}
