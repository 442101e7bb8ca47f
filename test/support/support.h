#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

/* What every test program uses: files, hashes, memory that fails or ends at
 * an unreadable page.  Helpers that find something wrong fail the test. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cjson/cJSON.h>

#include <rtmpio/types.h>

/* ---- Files and vectors ---- */

/* The file below test/data; malloc()ed. */
uint8_t *load_data(const char *name, size_t *size);
/* The same, parsed; cJSON_Delete() it. */
cJSON *load_json(const char *name);
/* Fields that must exist. */
const char *json_string(const cJSON *object, const char *key);
double json_number(const cJSON *object, const char *key);
const cJSON *json_item(const cJSON *object, const char *key);

/* malloc()ed bytes of a hex string, in which spaces are ignored. */
uint8_t *from_hex(const char *hex, size_t *size);
/* The same into out, of exactly size bytes. */
void hex_bytes(const char *hex, uint8_t *out, size_t size);
/* The lower-case hex of data: 2 * size characters and a NUL. */
void to_hex(const uint8_t *data, size_t size, char *out);
void assert_hex(const uint8_t *data, size_t size, const char *hex);
/* The lower-case hex SHA-256 of data. */
void sha256_hex(const void *data, size_t size, char out[65]);

/* Reproducible random numbers. */
uint32_t next_random(uint32_t *state);
void fill_random(uint8_t *p, size_t size, uint32_t seed);

/* Milliseconds of a clock that is never set. */
int64_t now_ms(void);

/* ---- Memory ---- */

/* A copy of data that ends at an unreadable page, so that reading one byte
 * too many crashes.  Free it with guard_free() and the same size. */
uint8_t *guard_copy(const void *data, size_t size);
void guard_free(uint8_t *copy, size_t size);

/*
 * An allocator that counts, and fails from the fail_at-th allocation on (1 is
 * the first; 0: never), once or, with fail_all, for ever.
 */
struct test_mem {
	struct rtmp_mem mem; /* give &m.mem to the library */
	long count;	     /* allocations and growths so far */
	long fail_at;
	int fail_all;
	long live;	     /* blocks not freed: 0 at the end */
	size_t bytes;	     /* in live blocks */
	size_t peak;
};

void test_mem_init(struct test_mem *m, long fail_at);

/*
 * Runs f with the first allocation failing, then the second ... until it
 * needs fewer than that.  f returns the library's result: RTMP_ERR_NOMEM is
 * expected while allocations fail, 0 or more at the end.  Nothing may leak.
 */
void each_allocation_fails(int (*f)(struct test_mem *m, void *arg),
    void *arg);

#endif
