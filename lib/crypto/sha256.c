/*
 * SHA-256, FIPS 180-4 section 6.2, and HMAC, RFC 2104:
 *
 *     HMAC(K, m) = H((K ^ opad) | H((K ^ ipad) | m))
 */
#include <string.h>

#include "base/wire.h"
#include "crypto/sha256.h"

/* Section 4.2.2: the cube roots of the first 64 primes. */
static const uint32_t k[64] = {
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
ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void
sha256_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64], v[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = rtmp_get_be32(block + 4 * i);
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		    (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
		    (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + k[i] + w[i] +
		    (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
		    ((v[4] & v[5]) ^ (~v[4] & v[6]));
		t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
		    ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += v[i];
}

void
rtmp_sha256_init(struct rtmp_sha256 *h)
{
	/* Section 5.3.3: the square roots of the first 8 primes. */
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(h->state, start, sizeof(start));
	h->size = 0;
}

void
rtmp_sha256_update(struct rtmp_sha256 *h, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t used = (size_t)(h->size % RTMP_SHA256_BLOCK), n;

	h->size += size;
	for (; size != 0; p += n, size -= n, used = 0) {
		n = RTMP_SHA256_BLOCK - used;
		if (n > size)
			n = size;
		memcpy(h->block + used, p, n);
		if (used + n == RTMP_SHA256_BLOCK)
			sha256_block(h->state, h->block);
	}
}

void
rtmp_sha256_final(struct rtmp_sha256 *h, uint8_t out[RTMP_SHA256_SIZE])
{
	uint8_t padding[RTMP_SHA256_BLOCK] = { 0x80 };
	uint64_t bits = h->size * 8;
	uint8_t length[8];
	int i;

	rtmp_put_be32(length, (uint32_t)(bits >> 32));
	rtmp_put_be32(length + 4, (uint32_t)bits);
	/* Up to 8 bytes before the end of a block. */
	rtmp_sha256_update(h, padding, 1 + (119 - h->size % 64) % 64);
	rtmp_sha256_update(h, length, sizeof(length));
	for (i = 0; i < 8; i++)
		rtmp_put_be32(out + 4 * i, h->state[i]);
}

/* ---- HMAC ---- */

static void
hmac_pad(struct rtmp_sha256 *hash, const uint8_t key[RTMP_SHA256_BLOCK],
    uint8_t with)
{
	uint8_t pad[RTMP_SHA256_BLOCK];
	size_t i;

	for (i = 0; i < sizeof(pad); i++)
		pad[i] = key[i] ^ with;
	rtmp_sha256_init(hash);
	rtmp_sha256_update(hash, pad, sizeof(pad));
}

void
rtmp_hmac_init(struct rtmp_hmac *h, const void *key, size_t size)
{
	memset(h->key, 0, sizeof(h->key));
	if (size > sizeof(h->key)) {
		rtmp_sha256_init(&h->inner);
		rtmp_sha256_update(&h->inner, key, size);
		rtmp_sha256_final(&h->inner, h->key);
	} else {
		memcpy(h->key, key, size);
	}
	hmac_pad(&h->inner, h->key, 0x36);
}

void
rtmp_hmac_update(struct rtmp_hmac *h, const void *data, size_t size)
{
	rtmp_sha256_update(&h->inner, data, size);
}

void
rtmp_hmac_final(struct rtmp_hmac *h, uint8_t out[RTMP_SHA256_SIZE])
{
	uint8_t sum[RTMP_SHA256_SIZE];

	rtmp_sha256_final(&h->inner, sum);
	hmac_pad(&h->inner, h->key, 0x5c);
	rtmp_sha256_update(&h->inner, sum, sizeof(sum));
	rtmp_sha256_final(&h->inner, out);
}

void
rtmp_hmac(const void *key, size_t key_size, const void *data, size_t size,
    uint8_t out[RTMP_SHA256_SIZE])
{
	struct rtmp_hmac h;

	rtmp_hmac_init(&h, key, key_size);
	rtmp_hmac_update(&h, data, size);
	rtmp_hmac_final(&h, out);
}
