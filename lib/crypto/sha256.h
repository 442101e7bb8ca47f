#ifndef RTMPIO_CRYPTO_SHA256_H
#define RTMPIO_CRYPTO_SHA256_H

/*
 * SHA-256, FIPS 180-4, and HMAC-SHA256, RFC 2104.
 *
 * Sound algorithms, used for nothing that is: the keys of the digest
 * handshake are public.  Not written to resist timing.
 */
#include <stddef.h>
#include <stdint.h>

#define RTMP_SHA256_SIZE 32
#define RTMP_SHA256_BLOCK 64

struct rtmp_sha256 {
	uint32_t state[8];
	uint64_t size; /* bytes so far */
	uint8_t block[RTMP_SHA256_BLOCK];
};

void rtmp_sha256_init(struct rtmp_sha256 *h);
void rtmp_sha256_update(struct rtmp_sha256 *h, const void *data, size_t size);
void rtmp_sha256_final(struct rtmp_sha256 *h, uint8_t out[RTMP_SHA256_SIZE]);

struct rtmp_hmac {
	struct rtmp_sha256 inner;
	uint8_t key[RTMP_SHA256_BLOCK];
};

void rtmp_hmac_init(struct rtmp_hmac *h, const void *key, size_t size);
void rtmp_hmac_update(struct rtmp_hmac *h, const void *data, size_t size);
void rtmp_hmac_final(struct rtmp_hmac *h, uint8_t out[RTMP_SHA256_SIZE]);

/* All of it at once.  out may be part of key or of data. */
void rtmp_hmac(const void *key, size_t key_size, const void *data,
    size_t size, uint8_t out[RTMP_SHA256_SIZE]);

#endif
