#ifndef RTMPIO_CRYPTO_TEA_H
#define RTMPIO_CRYPTO_TEA_H

/*
 * Two block ciphers of Needham and Wheeler: XTEA (1997), and its successor
 * for blocks of any size, "Corrected Block TEA" or XXTEA (1998).
 *
 * Obfuscation for old servers, never security: XTEA stirs the signatures of
 * RTMPE with public keys, XXTEA hides the token of a Wowza server behind a
 * password that every copy of the player knows.
 */
#include <stddef.h>
#include <stdint.h>

/* One block, 32 cycles. */
void rtmp_xtea_encrypt(uint32_t block[2], const uint32_t key[4]);

/* A block of count words, which is left alone when that is below 2. */
void rtmp_xxtea_decrypt(uint32_t *block, size_t count,
    const uint32_t key[4]);

#endif
