#ifndef RTMPIO_CRYPTO_MODEXP_H
#define RTMPIO_CRYPTO_MODEXP_H

/*
 * base ^ exponent mod modulus, for numbers of 1024 bits, big-endian.
 *
 * Only for the key agreement of RTMPE.  Its time depends on its secrets, and
 * 1024 bits are too few today: obfuscation for old servers, never security.
 */
#include <stdint.h>

#define RTMP_MODEXP_SIZE 128

/* modulus is odd and above 1.  out may be any of the others. */
void rtmp_modexp(uint8_t out[RTMP_MODEXP_SIZE],
    const uint8_t base[RTMP_MODEXP_SIZE],
    const uint8_t exponent[RTMP_MODEXP_SIZE],
    const uint8_t modulus[RTMP_MODEXP_SIZE]);

#endif
