#ifndef RTMPIO_BASE_OBJECT_H
#define RTMPIO_BASE_OBJECT_H

/*
 * An object, what calls keep something in from one to the next, is a struct
 * that begins with the struct rtmp_mem it came from.
 */
#include "base/mem.h"

/* All zero but for that; mem may be NULL, and is copied.  NULL when out of
 * memory. */
void *rtmp_object_new(const struct rtmp_mem *mem, size_t size);
/* The object alone, not what it points to; may be NULL. */
void rtmp_object_free(void *object);

/* Makes room for one more behind count elements of an array, which may move.
 * Returns where it is, or NULL when out of memory: then it is as it was. */
void *rtmp_array_grow(const struct rtmp_mem *mem, void *array, size_t count,
    size_t *cap, size_t size);

#endif
