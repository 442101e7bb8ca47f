#ifndef RTMPIO_HANDSHAKE_H
#define RTMPIO_HANDSHAKE_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The simple handshake, RTMP 1.0 section 5.2.  No I/O, no allocation: the
 * caller owns the struct and treats it as opaque.
 *
 *     client                    server
 *        | ---- C0 C1 ----------> |    C0: version 3
 *        | <--- S0 S1 S2 -------- |    C1: time 4, zero 4, random 1528
 *        | ---- C2 -------------> |    C2: S1 echoed;  S2: C1 echoed
 *
 * A peer that does not echo exactly is accepted, since most do not;
 * rtmp_handshake_echoed() tells.
 */
#define RTMP_HANDSHAKE_SIZE 1536	/* C1, C2, S1, S2 */
#define RTMP_HANDSHAKE_RANDOM_SIZE 1528 /* the random part of C1 and S1 */

struct rtmp_handshake {
	int role;	/* client or server */
	int state;	/* what is awaited */
	int echoed;	/* packet 2 of the peer was our packet 1 */
	size_t filled;	/* bytes of the awaited packet that have come */
	uint8_t own[1 + RTMP_HANDSHAKE_SIZE];  /* C0 C1, or S0 S1 */
	uint8_t peer[RTMP_HANDSHAKE_SIZE];     /* C1 or S1: our packet 2 */
	char error[96];
};

/* Builds C0 and C1.  epoch is the time field; random holds
 * RTMP_HANDSHAKE_RANDOM_SIZE bytes. */
RTMP_API void rtmp_handshake_client(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random);
/* Builds S0 and S1. */
RTMP_API void rtmp_handshake_server(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random);

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

/* 1 when the peer's packet 2 echoed the random bytes of our packet 1. */
RTMP_API int rtmp_handshake_echoed(const struct rtmp_handshake *hs);

/* What was seen instead of a handshake: "the server answered with HTTP";
 * "" before an error.  Valid as long as hs. */
RTMP_API const char *rtmp_handshake_error(const struct rtmp_handshake *hs);

#ifdef __cplusplus
}
#endif

#endif
