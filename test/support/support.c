#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

/* ---- Files and vectors ---- */

uint8_t *
load_data(const char *name, size_t *size)
{
	char path[512];
	uint8_t *data;
	long end;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
	f = fopen(path, "rb");
	if (f == NULL)
		fail_msg("cannot open %s (run from the project's root)", path);
	fseek(f, 0, SEEK_END);
	end = ftell(f);
	rewind(f);
	data = malloc((size_t)end + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, (size_t)end, f), end);
	data[end] = 0;
	fclose(f);
	*size = (size_t)end;
	return data;
}

cJSON *
load_json(const char *name)
{
	size_t size;
	uint8_t *text = load_data(name, &size);
	cJSON *json = cJSON_ParseWithLength((const char *)text, size);

	if (json == NULL)
		fail_msg("%s is not JSON", name);
	free(text);
	return json;
}

const cJSON *
json_item(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (item == NULL)
		fail_msg("no \"%s\" in the JSON", key);
	return item;
}

const char *
json_string(const cJSON *object, const char *key)
{
	const cJSON *item = json_item(object, key);

	assert_true(cJSON_IsString(item));
	return item->valuestring;
}

double
json_number(const cJSON *object, const char *key)
{
	const cJSON *item = json_item(object, key);

	assert_true(cJSON_IsNumber(item));
	return item->valuedouble;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

	if (p == NULL || c == '\0')
		fail_msg("'%c' is not a hex digit", c);
	return (int)(p - digits);
}

uint8_t *
from_hex(const char *hex, size_t *size)
{
	uint8_t *data = malloc(strlen(hex) / 2 + 1);
	size_t digits = 0;
	int high = 0, digit;

	assert_non_null(data);
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		digit = hex_digit(*hex);
		if (digits++ % 2 == 0)
			high = digit << 4;
		else
			data[digits / 2 - 1] = (uint8_t)(high | digit);
	}
	assert_int_equal(digits % 2, 0);
	*size = digits / 2;
	return data;
}

void
hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t n;
	uint8_t *p = from_hex(hex, &n);

	assert_int_equal(n, size);
	memcpy(out, p, size);
	free(p);
}

void
to_hex(const uint8_t *data, size_t size, char *out)
{
	size_t i;

	for (i = 0; i < size; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

void
assert_hex(const uint8_t *data, size_t size, const char *hex)
{
	char text[1025];

	assert_true(size <= 512);
	to_hex(data, size, text);
	assert_string_equal(text, hex);
}

/* SHA-256, FIPS 180-4; checked against the library's by
 * test_crypto_hash.c. */
static const uint32_t sha_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void
sha_block(uint32_t h[8], const uint8_t *p)
{
	uint32_t w[64], v[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 |
		    (uint32_t)p[4 * i + 1] << 16 |
		    (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		    (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		    (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^
			w[i - 2] >> 10);
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^
		    rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
		    sha_k[i] + w[i];
		t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

void
sha256_hex(const void *data, size_t size, char out[65])
{
	uint32_t h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	uint8_t tail[128] = { 0 };
	size_t rest = size % 64, pad = rest < 56 ? 64 : 128, i;
	const uint8_t *p = data;

	for (i = 0; i + 64 <= size; i += 64)
		sha_block(h, p + i);
	if (rest != 0)
		memcpy(tail, p + i, rest);
	tail[rest] = 0x80;
	for (i = 0; i < 8; i++)
		tail[pad - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
	for (i = 0; i < pad; i += 64)
		sha_block(h, tail + i);
	for (i = 0; i < 8; i++)
		snprintf(out + 8 * i, 9, "%08x", h[i]);
}

uint32_t
next_random(uint32_t *state)
{
	uint32_t x = *state != 0 ? *state : 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

void
fill_random(uint8_t *p, size_t size, uint32_t seed)
{
	while (size-- != 0)
		*p++ = (uint8_t)(next_random(&seed) >> 24);
}

int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Memory ---- */

static size_t
guard_room(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size / page + 1) * page;
}

uint8_t *
guard_copy(const void *data, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = guard_room(size);
	uint8_t *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + room, page, PROT_NONE), 0);
	if (size != 0)
		memcpy(map + room - size, data, size);
	return map + room - size;
}

void
guard_free(uint8_t *copy, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = guard_room(size);

	munmap(copy + size - room, room + page);
}

/* Each block is preceded by its size. */
union block {
	size_t size;
	long double align;
};

static void *
counting_realloc(void *ctx, void *ptr, size_t size)
{
	struct test_mem *m = ctx;
	union block *old = ptr != NULL ? (union block *)ptr - 1 : NULL, *b;

	assert_int_not_equal(size, 0);
	m->count++;
	if (m->fail_at != 0 && (m->count == m->fail_at ||
	    (m->fail_all && m->count > m->fail_at)))
		return NULL;
	if (old != NULL)
		m->bytes -= old->size;
	else
		m->live++;
	b = realloc(old, sizeof(*b) + size);
	assert_non_null(b);
	b->size = size;
	m->bytes += size;
	if (m->bytes > m->peak)
		m->peak = m->bytes;
	return b + 1;
}

static void
counting_free(void *ctx, void *ptr)
{
	struct test_mem *m = ctx;
	union block *b = (union block *)ptr - 1;

	assert_non_null(ptr);
	m->live--;
	m->bytes -= b->size;
	free(b);
}

void
test_mem_init(struct test_mem *m, long fail_at)
{
	memset(m, 0, sizeof(*m));
	m->mem.ctx = m;
	m->mem.realloc = counting_realloc;
	m->mem.free = counting_free;
	m->fail_at = fail_at;
}

void
each_allocation_fails(int (*f)(struct test_mem *m, void *arg), void *arg)
{
	struct test_mem m;
	long n;
	int r;

	for (n = 1; n < 100000; n++) {
		test_mem_init(&m, n);
		r = f(&m, arg);
		if (m.live != 0)
			fail_msg("allocation %ld failed: %ld blocks leak", n,
			    m.live);
		if (m.count < n) {
			if (r < 0)
				fail_msg("all allocations done, but %d", r);
			return;
		}
		if (r != RTMP_ERR_NOMEM)
			fail_msg("allocation %ld failed: returned %d", n, r);
	}
	fail_msg("allocates without end");
}
