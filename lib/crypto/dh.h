#ifndef RTMPIO_CRYPTO_DH_H
#define RTMPIO_CRYPTO_DH_H

/*
 * Diffie-Hellman in the second Oakley group, RFC 2409 section 6.2, as RTMPE
 * uses it: without knowing the peer, so that whoever sits between can read
 * all.  Obfuscation for old servers, never security.
 */
#include <stdint.h>

#define RTMP_DH_SIZE 128

/*
 * The public key of a private one, which is random bytes; both big-endian.
 * private is changed until the public key does not begin with a zero byte,
 * which some peers would lose.
 */
void rtmp_dh_public(uint8_t private[RTMP_DH_SIZE],
    uint8_t public[RTMP_DH_SIZE]);

/* 1 when a peer's public key can have come from this group: not 0, 1, p - 1
 * or more, and a power of the generator. */
int rtmp_dh_is_valid(const uint8_t public[RTMP_DH_SIZE]);

/* All 128 bytes, padded with zeros on the left. */
void rtmp_dh_secret(const uint8_t private[RTMP_DH_SIZE],
    const uint8_t peer[RTMP_DH_SIZE], uint8_t secret[RTMP_DH_SIZE]);

#endif
