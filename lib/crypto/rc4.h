#ifndef RTMPIO_CRYPTO_RC4_H
#define RTMPIO_CRYPTO_RC4_H

/*
 * RC4, as RFC 6229 tests it.
 *
 * Broken: its output can be told from noise, and RTMPE has no integrity check
 * and no idea of whom it talks to.  Obfuscation for old servers, never
 * security.
 */
#include <stddef.h>
#include <stdint.h>

struct rtmp_rc4 {
	uint8_t s[256];
	uint8_t i, j;
};

/* key has 1 to 256 bytes. */
void rtmp_rc4_init(struct rtmp_rc4 *c, const uint8_t *key, size_t size);
/* Enciphers, or deciphers, data in place. */
void rtmp_rc4_xor(struct rtmp_rc4 *c, uint8_t *data, size_t size);
/* Throws so many bytes of the key stream away. */
void rtmp_rc4_skip(struct rtmp_rc4 *c, size_t size);

#endif
