/*
 * The digest handshake, which RTMP 1.0 leaves out, and its RTMPE.
 *
 *     packet 1   time 4 | version 4 | block 764 | block 764
 *
 *     digest block   selector 4 | ... digest 32 ...
 *     key block                   ... public key 128 ... | selector 4
 *
 *     packet 2   any 1504 | signature 32
 *
 * Either block may come first.  The sum of the four bytes of a selector says
 * where in its block the digest or the key begins; where there is no RTMPE
 * there is no key.
 *
 *     digest      = HMAC(K1 of the sender, packet 1 without the digest)
 *     signature   = HMAC(HMAC(K2 of the sender, digest of the receiver's
 *                   packet 1), packet 2 without the signature)
 *     key of RC4  = HMAC(secret, public key of the receiver), 16 bytes of it
 *
 * K1 is a sentence that everybody knows, and K2 begins with it.
 */
#include <stdio.h>
#include <string.h>

#include "base/wire.h"
#include "codec/handshake_digest.h"
#include "crypto/dh.h"
#include "crypto/sha256.h"

#define DIGEST_SIZE RTMP_SHA256_SIZE
#define SIGNED_SIZE (RTMP_HANDSHAKE_SIZE - DIGEST_SIZE) /* of packet 2 */
#define BLOCK_1 8
#define BLOCK_2 772
#define BLOCK_SIZE 764
#define SELECTOR_SIZE 4
#define NOT_FOUND 0 /* no digest lies there */

#define KEY_END \
    "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" \
    "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"

/* By the role of the sender. */
static const struct {
	uint8_t size;	    /* of K2 */
	uint8_t short_size; /* of K1 */
	char bytes[69];
} keys[2] = {
	{ 62, 30, "Genuine Adobe Flash Player 001" KEY_END },
	{ 68, 36, "Genuine Adobe Flash Media Server 001" KEY_END },
};

/* The running hash is lent the bytes of a public struct. */
struct hash_fits {
	unsigned fits : sizeof(struct rtmp_hmac) <=
	    sizeof(((struct rtmp_handshake *)0)->hash) ? 1 : -1;
};

/* ---- Packet 1 ---- */

enum part { DIGEST, KEY };

/* Where packet has its digest or its key. */
static uint32_t
place(const uint8_t *packet, int order, enum part part)
{
	int is_first = (order == RTMP_ORDER_DIGEST_FIRST) == (part == DIGEST);
	uint32_t block = is_first ? BLOCK_1 : BLOCK_2;
	uint32_t room = BLOCK_SIZE - SELECTOR_SIZE;
	const uint8_t *selector = packet + block;

	if (part == KEY) {
		selector += room;
		room -= RTMP_DH_SIZE;
	} else {
		block += SELECTOR_SIZE;
		room -= DIGEST_SIZE;
	}
	return block + (uint32_t)(selector[0] + selector[1] + selector[2] +
	    selector[3]) % room;
}

static void
make_digest(const uint8_t *packet, uint32_t at, int sender,
    uint8_t out[DIGEST_SIZE])
{
	struct rtmp_hmac h;

	rtmp_hmac_init(&h, keys[sender].bytes, keys[sender].short_size);
	rtmp_hmac_update(&h, packet, at);
	rtmp_hmac_update(&h, packet + at + DIGEST_SIZE,
	    RTMP_HANDSHAKE_SIZE - DIGEST_SIZE - at);
	rtmp_hmac_final(&h, out);
}

/* Where sender has put the digest, and in which order; or NOT_FOUND. */
static uint32_t
find_digest(const uint8_t *packet, int sender, int *order)
{
	uint8_t digest[DIGEST_SIZE];
	uint32_t at;

	for (*order = RTMP_ORDER_DIGEST_FIRST;
	     *order <= RTMP_ORDER_KEY_FIRST; ++*order) {
		at = place(packet, *order, DIGEST);
		make_digest(packet, at, sender, digest);
		if (memcmp(digest, packet + at, DIGEST_SIZE) == 0)
			return at;
	}
	return NOT_FOUND;
}

/* The digest comes last, since it covers the key. */
static void
finish_packet1(struct rtmp_handshake *hs)
{
	uint8_t *packet = hs->own + 1, *key;

	rtmp_put_be32(packet + 4, hs->version);
	if (hs->type != 0) {
		key = packet + place(packet, hs->order, KEY);
		memcpy(hs->key, key, RTMP_DH_SIZE);
		rtmp_dh_public(hs->key, key);
	}
	hs->digest = place(packet, hs->order, DIGEST);
	make_digest(packet, hs->digest, hs->role, packet + hs->digest);
}

int
rtmp_digest_start(struct rtmp_handshake *hs)
{
	if (hs->role == RTMP_HANDSHAKE_SERVER)
		return 0;
	if (hs->order == RTMP_ORDER_USUAL)
		hs->order = hs->kind == RTMP_HANDSHAKE_RTMPE ?
		    RTMP_ORDER_KEY_FIRST : RTMP_ORDER_DIGEST_FIRST;
	if (hs->kind == RTMP_HANDSHAKE_RTMPE)
		hs->own[0] = (uint8_t)hs->type;
	finish_packet1(hs);
	return 0;
}

/* ---- The peer's packet 1, our packet 2 ---- */

static int
refuse(struct rtmp_handshake *hs, const char *what)
{
	snprintf(hs->error, sizeof(hs->error), "the %s %s",
	    hs->role == RTMP_HANDSHAKE_CLIENT ? "server's" : "client's",
	    what);
	return RTMP_ERR_HANDSHAKE;
}

/* The key that signs packet 2 of sender. */
static void
signing_key(int sender, const uint8_t digest[DIGEST_SIZE],
    uint8_t out[DIGEST_SIZE])
{
	rtmp_hmac(keys[sender].bytes, keys[sender].size, digest, DIGEST_SIZE,
	    out);
}

/* Makes the peer's packet 1 our packet 2: any bytes will do to be signed, and
 * an echo is what a peer may look for. */
static void
sign_packet2(struct rtmp_handshake *hs, uint32_t digest)
{
	uint8_t key[DIGEST_SIZE], *signature = hs->peer + SIGNED_SIZE;

	signing_key(hs->role, hs->peer + digest, key);
	rtmp_hmac(key, sizeof(key), hs->peer, SIGNED_SIZE, signature);
	rtmp_digest_cipher(hs->type, key, signature);
}

static int
agree_on_keys(struct rtmp_handshake *hs, int peer_order)
{
	const uint8_t *own = hs->own + 1, *peer = hs->peer;
	uint8_t secret[RTMP_DH_SIZE], key[DIGEST_SIZE];

	own += place(own, hs->order, KEY);
	peer += place(peer, peer_order, KEY);
	if (!rtmp_dh_is_valid(peer))
		return refuse(hs, "public key is not one of RTMPE's group");
	rtmp_dh_secret(hs->key, peer, secret);
	memset(hs->key, 0, sizeof(hs->key));
	rtmp_hmac(secret, sizeof(secret), peer, RTMP_DH_SIZE, key);
	memcpy(hs->key, key, RTMP_RTMPE_KEY_SIZE);
	rtmp_hmac(secret, sizeof(secret), own, RTMP_DH_SIZE, key);
	memcpy(hs->key + RTMP_RTMPE_KEY_SIZE, key, RTMP_RTMPE_KEY_SIZE);
	return 0;
}

/* A plain peer whose version is zero says that it has no digest, even if
 * there is one. */
static int
has_digest(const struct rtmp_handshake *hs, uint32_t *at, int *order)
{
	int sender = hs->role == RTMP_HANDSHAKE_CLIENT ?
	    RTMP_HANDSHAKE_SERVER : RTMP_HANDSHAKE_CLIENT;

	if (hs->type == 0 && rtmp_get_be32(hs->peer + 4) == 0)
		return 0;
	*at = find_digest(hs->peer, sender, order);
	return *at != NOT_FOUND;
}

/* Packet 2 of the peer is to be signed with the digest of our packet 1. */
static void
begin_hash(struct rtmp_handshake *hs)
{
	struct rtmp_hmac h;
	uint8_t key[DIGEST_SIZE];

	signing_key(!hs->role, hs->own + 1 + hs->digest, key);
	rtmp_hmac_init(&h, key, sizeof(key));
	memcpy(hs->hash, &h, sizeof(h));
}

int
rtmp_digest_packet1(struct rtmp_handshake *hs)
{
	uint32_t digest;
	int order, err = 0;

	if (!has_digest(hs, &digest, &order))
		return hs->type != 0 || hs->is_strict ?
		    refuse(hs, "packet 1 has no digest") : 0;
	if (hs->role == RTMP_HANDSHAKE_SERVER) {
		if (hs->order == RTMP_ORDER_USUAL)
			hs->order = order;
		finish_packet1(hs);
	}
	if (hs->type != 0)
		err = agree_on_keys(hs, order);
	if (err != 0)
		return err;
	hs->agreed = hs->type != 0 ? RTMP_HANDSHAKE_RTMPE :
	    RTMP_HANDSHAKE_DIGEST;
	sign_packet2(hs, digest);
	begin_hash(hs);
	return 0;
}

/* ---- The peer's packet 2 ---- */

void
rtmp_digest_packet2(struct rtmp_handshake *hs, const uint8_t *data,
    size_t size)
{
	struct rtmp_hmac h;
	size_t n = hs->filled < SIGNED_SIZE ? SIGNED_SIZE - hs->filled : 0;
	size_t at = hs->filled > SIGNED_SIZE ? hs->filled - SIGNED_SIZE : 0;

	if (n > size)
		n = size;
	memcpy(&h, hs->hash, sizeof(h));
	rtmp_hmac_update(&h, data, n);
	memcpy(hs->hash, &h, sizeof(h));
	memcpy(hs->signature + at, data + n, size - n);
}

int
rtmp_digest_packet2_end(struct rtmp_handshake *hs)
{
	struct rtmp_hmac h;
	uint8_t key[DIGEST_SIZE], signature[DIGEST_SIZE];

	memcpy(&h, hs->hash, sizeof(h));
	rtmp_hmac_final(&h, signature);
	signing_key(!hs->role, hs->own + 1 + hs->digest, key);
	rtmp_digest_cipher(hs->type, key, signature);
	hs->echoed = memcmp(signature, hs->signature, DIGEST_SIZE) == 0;
	return hs->is_strict && !hs->echoed ?
	    refuse(hs, "packet 2 has a wrong signature") : 0;
}
