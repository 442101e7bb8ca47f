#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void *
libc_realloc(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	return realloc(ptr, size);
}

static void
libc_free(void *ctx, void *ptr)
{
	(void)ctx;
	free(ptr);
}

struct rtmp_mem
rtmp_mem_or_libc(const struct rtmp_mem *mem)
{
	static const struct rtmp_mem libc = { NULL, libc_realloc, libc_free };

	return mem != NULL ? *mem : libc;
}

void *
rtmp_mem_alloc(const struct rtmp_mem *mem, size_t size)
{
	return mem->realloc(mem->ctx, NULL, size);
}

void *
rtmp_mem_zalloc(const struct rtmp_mem *mem, size_t size)
{
	void *p = rtmp_mem_alloc(mem, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *
rtmp_mem_realloc_array(const struct rtmp_mem *mem, void *ptr, size_t count,
    size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return mem->realloc(mem->ctx, ptr, count * size);
}

char *
rtmp_mem_strdup(const struct rtmp_mem *mem, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = rtmp_mem_alloc(mem, size);

	if (copy != NULL)
		memcpy(copy, s, size);
	return copy;
}

void
rtmp_mem_free(const struct rtmp_mem *mem, void *ptr)
{
	if (ptr != NULL)
		mem->free(mem->ctx, ptr);
}

void
rtmp_struct_give(void *caller, size_t caller_size, const void *ours,
    size_t size)
{
	memset(caller, 0, caller_size);
	if (size > caller_size)
		size = caller_size;
	if (size != 0)
		memcpy(caller, ours, size);
	memcpy(caller, &caller_size, sizeof(caller_size));
}

void
rtmp_struct_take(void *ours, size_t size, const void *caller)
{
	size_t caller_size;

	if (caller == NULL)
		return;
	memcpy(&caller_size, caller, sizeof(caller_size));
	memcpy(ours, caller, caller_size < size ? caller_size : size);
	memcpy(ours, &size, sizeof(size));
}
