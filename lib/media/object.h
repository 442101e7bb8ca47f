#ifndef RTMPIO_MEDIA_OBJECT_H
#define RTMPIO_MEDIA_OBJECT_H

/* What the calls that keep something between them have in common: an object
 * is a struct that begins with its struct rtmp_mem. */
#include "base/mem.h"

/* All zero but for that; mem may be NULL.  NULL when out of memory. */
void *rtmp_object_new(const struct rtmp_mem *mem, size_t size);
/* May be NULL. */
void rtmp_object_free(void *object);

/* Makes room for one more behind count elements of an array, which may move.
 * Returns where it is, or NULL when out of memory: then it is as it was. */
void *rtmp_array_grow(const struct rtmp_mem *mem, void *array, size_t count,
    size_t *cap, size_t size);

#endif
