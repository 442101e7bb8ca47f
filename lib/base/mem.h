#ifndef RTMPIO_BASE_MEM_H
#define RTMPIO_BASE_MEM_H

/* The caller's allocator, or libc's.  Each object keeps its own copy. */
#include <rtmpio/types.h>

/* mem may be NULL. */
struct rtmp_mem rtmp_mem_or_libc(const struct rtmp_mem *mem);

/* All return NULL when out of memory, or when the product overflows. */
void *rtmp_mem_alloc(const struct rtmp_mem *mem, size_t size);
void *rtmp_mem_zalloc(const struct rtmp_mem *mem, size_t size);
void *rtmp_mem_realloc_array(const struct rtmp_mem *mem, void *ptr,
    size_t count, size_t size);
char *rtmp_mem_strdup(const struct rtmp_mem *mem, const char *s);

/* ptr may be NULL, and what mem is part of. */
void rtmp_mem_free(const struct rtmp_mem *mem, void *ptr);

/*
 * Structs of which the first member, struct_size, says how much of them the
 * caller knows.  give: fills the caller's with what both know of ours, which
 * may be NULL, and zeros.  take: what both know of the caller's, which may be
 * NULL, on top of ours.  In either case struct_size stays what it is there.
 */
void rtmp_struct_give(void *caller, size_t caller_size, const void *ours,
    size_t size);
void rtmp_struct_take(void *ours, size_t size, const void *caller);

#endif
