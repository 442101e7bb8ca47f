/*
 * Montgomery's method: with R = 2^1024, a number a is kept as aR mod n, and
 *
 *     montgomery(aR, bR) = aR * bR / R = abR  (mod n)
 *
 * needs no division.  The exponent is read in digits of 4 bits.
 */
#include <string.h>

#include "base/wire.h"
#include "crypto/modexp.h"

#define WORDS (RTMP_MODEXP_SIZE / 4)

/* Least significant word first. */
struct number {
	uint32_t w[WORDS];
};

static void
number_get(struct number *a, const uint8_t bytes[RTMP_MODEXP_SIZE])
{
	int i;

	for (i = 0; i < WORDS; i++)
		a->w[i] = rtmp_get_be32(bytes + 4 * (WORDS - 1 - i));
}

static void
number_put(const struct number *a, uint8_t bytes[RTMP_MODEXP_SIZE])
{
	int i;

	for (i = 0; i < WORDS; i++)
		rtmp_put_be32(bytes + 4 * (WORDS - 1 - i), a->w[i]);
}

static int
number_at_least(const struct number *a, const struct number *n)
{
	int i;

	for (i = WORDS - 1; i > 0 && a->w[i] == n->w[i];)
		i--;
	return a->w[i] >= n->w[i];
}

/* a -= n, modulo R. */
static void
number_subtract(struct number *a, const struct number *n)
{
	uint64_t t = 1; /* a + ~n + 1 */
	int i;

	for (i = 0; i < WORDS; i++) {
		t += (uint64_t)a->w[i] + (uint32_t)~n->w[i];
		a->w[i] = (uint32_t)t;
		t >>= 32;
	}
}

/* a = 2a mod n, for a < n. */
static void
number_double(struct number *a, const struct number *n)
{
	uint32_t carry = 0, w;
	int i;

	for (i = 0; i < WORDS; i++) {
		w = a->w[i];
		a->w[i] = w << 1 | carry;
		carry = w >> 31;
	}
	if (carry || number_at_least(a, n))
		number_subtract(a, n);
}

/* out = a * b / R mod n, for b < n; inverse is -1/n mod 2^32.  Each turn adds
 * one word of a times b, then the multiple of n that clears the lowest word,
 * which is dropped. */
static void
montgomery(struct number *out, const struct number *a, const struct number *b,
    const struct number *n, uint32_t inverse)
{
	uint32_t t[WORDS + 1] = { 0 }, m;
	uint64_t x, y;
	int i, j;

	for (i = 0; i < WORDS; i++) {
		x = t[0] + (uint64_t)a->w[i] * b->w[0];
		m = (uint32_t)x * inverse;
		y = (uint32_t)x + (uint64_t)m * n->w[0];
		for (j = 1; j < WORDS; j++) {
			x = (x >> 32) + t[j] + (uint64_t)a->w[i] * b->w[j];
			y = (y >> 32) + (uint32_t)x + (uint64_t)m * n->w[j];
			t[j - 1] = (uint32_t)y;
		}
		x = (x >> 32) + (y >> 32) + t[WORDS];
		t[WORDS - 1] = (uint32_t)x;
		t[WORDS] = (uint32_t)(x >> 32);
	}
	memcpy(out->w, t, sizeof(out->w));
	if (t[WORDS] != 0 || number_at_least(out, n))
		number_subtract(out, n);
}

/* -1/n mod 2^32: each turn doubles the bits that are right. */
static uint32_t
negative_inverse(uint32_t n)
{
	uint32_t x = n; /* right in 3 bits, since n * n = 1 mod 8 */
	int i;

	for (i = 0; i < 4; i++)
		x *= 2 - n * x;
	return 0 - x;
}

void
rtmp_modexp(uint8_t out[RTMP_MODEXP_SIZE],
    const uint8_t base[RTMP_MODEXP_SIZE],
    const uint8_t exponent[RTMP_MODEXP_SIZE],
    const uint8_t modulus[RTMP_MODEXP_SIZE])
{
	struct number one = { { 1 } }, n, power[16], a;
	uint32_t inverse;
	int i, j;

	number_get(&n, modulus);
	inverse = negative_inverse(n.w[0]);

	/* power[0] is R mod n, which is 1, then power[1] is R * R mod n. */
	power[0] = one;
	for (i = 0; i < 8 * RTMP_MODEXP_SIZE; i++)
		number_double(&power[0], &n);
	power[1] = power[0];
	for (i = 0; i < 8 * RTMP_MODEXP_SIZE; i++)
		number_double(&power[1], &n);
	number_get(&a, base);
	montgomery(&power[1], &a, &power[1], &n, inverse);
	for (i = 2; i < 16; i++)
		montgomery(&power[i], &power[i - 1], &power[1], &n, inverse);

	a = power[0];
	for (i = 0; i < 2 * RTMP_MODEXP_SIZE; i++) {
		for (j = 0; j < 4; j++)
			montgomery(&a, &a, &a, &n, inverse);
		j = exponent[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
		montgomery(&a, &a, &power[j], &n, inverse);
	}
	montgomery(&a, &a, &one, &n, inverse);
	number_put(&a, out);
}
