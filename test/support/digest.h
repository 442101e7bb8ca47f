#ifndef TEST_DIGEST_H
#define TEST_DIGEST_H

/*
 * Handshakes with digests, fed and made, and the algorithm once more from the
 * facts.  Roles are those of codec/handshake_digest.h.
 */
#include <rtmpio/handshake.h>

#include "support/support.h"

#define SIZE RTMP_HANDSHAKE_SIZE
#define BOTH (1 + 2 * SIZE) /* packets 0, 1 and 2 */

/* Feeds pieces of at most step bytes, each at an unreadable page. */
int digest_feed(struct rtmp_handshake *hs, const uint8_t *data, size_t size,
    size_t step);

void digest_options(struct rtmp_handshake_options *opt,
    enum rtmp_handshake_kind kind);
void digest_start(struct rtmp_handshake *hs, int role, uint32_t epoch,
    const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE],
    const struct rtmp_handshake_options *opt);
void digest_start_random(struct rtmp_handshake *hs, int role, uint32_t seed,
    const struct rtmp_handshake_options *opt);

/* Where a packet 1 of this order has its digest, and its public key. */
uint32_t digest_at(const uint8_t *packet, int order);
uint32_t key_at(const uint8_t *packet, int order);
/* Puts the right one there. */
void put_digest(uint8_t *packet, int order, int sender);
/* The key that signs the packet 2 of sender. */
void digest_signing_key(int sender, const uint8_t digest[32],
    uint8_t out[32]);

/* The keys of RTMPE are these, in hex; NULL: there are none. */
void assert_keys(const struct rtmp_handshake *hs, const char *send,
    const char *recv);

#endif
