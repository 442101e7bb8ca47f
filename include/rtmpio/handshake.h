#ifndef RTMPIO_HANDSHAKE_H
#define RTMPIO_HANDSHAKE_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The handshake, RTMP 1.0 section 5.2.  No I/O, no allocation: the caller
 * owns the struct and treats it as opaque.
 *
 *     client                    server
 *        | ---- C0 C1 ----------> |    C0: version 3
 *        | <--- S0 S1 S2 -------- |    C1: time 4, zero 4, random 1528
 *        | ---- C2 -------------> |    C2: S1 echoed;  S2: C1 echoed
 *
 * A peer that does not echo exactly is accepted, since most do not;
 * rtmp_handshake_echoed() tells.
 *
 * Adobe's servers know two more kinds, which the specification leaves out.
 * Both hide HMACs with public keys in the packets: they tell an official
 * player from others, and are not security.
 */
enum rtmp_handshake_kind {
	RTMP_HANDSHAKE_SIMPLE,
	RTMP_HANDSHAKE_DIGEST, /* packet 1 with a digest, packet 2 signed */
	RTMP_HANDSHAKE_RTMPE   /* and keys for RC4 agreed upon */
};

/* Where packet 1 has its digest.  Readers find it in either place. */
enum rtmp_handshake_order {
	RTMP_ORDER_USUAL, /* a client: first in plain RTMP, last in RTMPE; a
			   * server: that of the client */
	RTMP_ORDER_DIGEST_FIRST,
	RTMP_ORDER_KEY_FIRST
};

#define RTMP_HANDSHAKE_SIZE 1536	/* C1, C2, S1, S2 */
#define RTMP_HANDSHAKE_RANDOM_SIZE 1528 /* the random part of C1 and S1 */
#define RTMP_RTMPE_KEY_SIZE 16		/* of RC4, one for each direction */

struct rtmp_handshake {
	int role;	 /* client or server */
	int state;	 /* what is awaited */
	int kind;	 /* that is asked for */
	int agreed;	 /* what came of it */
	int order;	 /* of our packet 1 */
	int type;	 /* S0 of RTMPE, or 0 */
	int is_strict;
	int echoed;	 /* packet 2 of the peer was our packet 1 */
	uint32_t version;
	uint32_t digest; /* where our packet 1 has it */
	size_t filled;	 /* bytes of the awaited packet that have come */
	uint8_t tail[32];      /* the end of C1 or S1 */
	uint8_t signature[32]; /* the end of the peer's packet 2 */
	uint8_t own[1 + RTMP_HANDSHAKE_SIZE];  /* C0 C1, or S0 S1 */
	uint8_t peer[RTMP_HANDSHAKE_SIZE];     /* C1 or S1: our packet 2 */
	uint8_t key[128];      /* private, of RTMPE; then those of RC4 */
	uint64_t hash[21];     /* over what came of the peer's packet 2 */
	char error[96];
};

/* The simple handshake: builds C0 and C1.  epoch is the time field; random
 * holds RTMP_HANDSHAKE_RANDOM_SIZE bytes. */
RTMP_API void rtmp_handshake_client(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random);
/* Builds S0 and S1. */
RTMP_API void rtmp_handshake_server(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random);

struct rtmp_handshake_options {
	size_t struct_size;
	enum rtmp_handshake_kind kind;	 /* DIGEST */
	enum rtmp_handshake_order order; /* USUAL */
	uint32_t version; /* bytes 4 to 7 of packet 1, with a digest; 0: what
			   * Flash Players and their servers have there */
	int rtmpe_type;	  /* C0 or S0 of RTMPE: 6, 8 or 9.  S0 chooses how
			   * signatures are enciphered; 6 */
	int is_strict;	  /* a peer without digest, or with a wrong one in
			   * packet 2, is an error; 0 */
};

RTMP_API void rtmp_handshake_options_init(struct rtmp_handshake_options *opt,
    size_t struct_size);

/*
 * The same with options; opt may be NULL.  What a peer can't do is left out,
 * up to the simple handshake, with one exception: a client that asks for
 * RTMPE gets that, or RTMP_ERR_HANDSHAKE.  A server of the kind RTMPE takes
 * clients of all kinds.
 *
 * The private key of RTMPE is in those bytes of random that the public key
 * takes the place of, so they must be good; some 10 ms go into the keys.
 *
 * Returns 0, RTMP_ERR_INVAL, or RTMP_ERR_UNSUPPORTED where the library was
 * built without cryptography.
 */
RTMP_API int rtmp_handshake_client_with(struct rtmp_handshake *hs,
    uint32_t epoch, const uint8_t *random,
    const struct rtmp_handshake_options *opt);
RTMP_API int rtmp_handshake_server_with(struct rtmp_handshake *hs,
    uint32_t epoch, const uint8_t *random,
    const struct rtmp_handshake_options *opt);

/* Packets 0 and 1 (1537 bytes): a client sends them first, a server once
 * rtmp_handshake_packet2() is ready.  Lent, valid as long as hs. */
RTMP_API const uint8_t *rtmp_handshake_packet1(
    const struct rtmp_handshake *hs, size_t *size);

/* C2 or S2 (1536 bytes), to be sent once the peer's packet 1 has arrived;
 * NULL before that.  A client need not wait for S2.  Lent, valid as long as
 * hs. */
RTMP_API const uint8_t *rtmp_handshake_packet2(
    const struct rtmp_handshake *hs, size_t *size);

/*
 * Takes bytes from the peer; *data and *size advance past what was used.
 * Returns 1 when packets 0, 1 and 2 are complete: bytes left in *data are the
 * first chunks.  Returns 0 when more are needed, or RTMP_ERR_HANDSHAKE, which
 * rtmp_handshake_error() explains.  After 1, or an error, it takes nothing
 * and returns the same again.
 */
RTMP_API int rtmp_handshake_recv(struct rtmp_handshake *hs,
    const uint8_t **data, size_t *size);

/* What the two have in common, once rtmp_handshake_packet2() is ready. */
RTMP_API enum rtmp_handshake_kind rtmp_handshake_agreed(
    const struct rtmp_handshake *hs);

/* 1 when the peer's packet 2 echoed the random bytes of our packet 1; or,
 * with digests, when it was signed with the digest of our packet 1. */
RTMP_API int rtmp_handshake_echoed(const struct rtmp_handshake *hs);

/* The keys for what follows packet 2, as rtmp_rtmpe_set_keys() takes them.
 * Returns 1, or 0 with both left alone unless RTMPE was agreed upon. */
RTMP_API int rtmp_handshake_rtmpe_keys(const struct rtmp_handshake *hs,
    uint8_t send[RTMP_RTMPE_KEY_SIZE], uint8_t recv[RTMP_RTMPE_KEY_SIZE]);

/* The last 32 bytes of the peer's packet 1, with which SWF verification is
 * answered; NULL before rtmp_handshake_packet2() is ready.  Lent, as above. */
RTMP_API const uint8_t *rtmp_handshake_tail(const struct rtmp_handshake *hs);

/* What was seen instead of a handshake: "the server answered with HTTP";
 * "" before an error.  Valid as long as hs. */
RTMP_API const char *rtmp_handshake_error(const struct rtmp_handshake *hs);

#ifdef __cplusplus
}
#endif

#endif
