#ifndef RTMPIO_CRYPTO_BLOWFISH_H
#define RTMPIO_CRYPTO_BLOWFISH_H

/*
 * Blowfish, Schneier 1993: one block at a time.
 *
 * Stirs the signatures of RTMPE with public keys.  Obfuscation for old
 * servers, never security.
 */
#include <stddef.h>
#include <stdint.h>

#define RTMP_BLOWFISH_WORDS (18 + 4 * 256) /* P, then S */

struct rtmp_blowfish {
	uint32_t words[RTMP_BLOWFISH_WORDS];
};

/* The fraction of pi, which is what P and S are before there is a key. */
extern const uint32_t rtmp_blowfish_pi[RTMP_BLOWFISH_WORDS];

/* key has 1 to 72 bytes. */
void rtmp_blowfish_init(struct rtmp_blowfish *b, const uint8_t *key,
    size_t size);
/* One block, as its two halves. */
void rtmp_blowfish_encrypt(const struct rtmp_blowfish *b, uint32_t block[2]);

#endif
