#include "media/object.h"

#define FIRST_CAP 8

void *
rtmp_object_new(const struct rtmp_mem *given, size_t size)
{
	struct rtmp_mem mem = rtmp_mem_or_libc(given);
	struct rtmp_mem *object = rtmp_mem_zalloc(&mem, size);

	if (object != NULL)
		*object = mem;
	return object;
}

void
rtmp_object_free(void *object)
{
	/* The functions are read before they are called. */
	if (object != NULL)
		rtmp_mem_free(object, object);
}

void *
rtmp_array_grow(const struct rtmp_mem *mem, void *array, size_t count,
    size_t *cap, size_t size)
{
	size_t more = count != 0 ? count * 2 : FIRST_CAP;

	if (count < *cap)
		return array;
	array = rtmp_mem_realloc_array(mem, array, more, size);
	if (array != NULL)
		*cap = more;
	return array;
}
