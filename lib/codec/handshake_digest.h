#ifndef RTMPIO_CODEC_HANDSHAKE_DIGEST_H
#define RTMPIO_CODEC_HANDSHAKE_DIGEST_H

/* What the kinds DIGEST and RTMPE add to the handshake. */
#include <rtmpio/handshake.h>

enum { RTMP_HANDSHAKE_CLIENT, RTMP_HANDSHAKE_SERVER };

#ifndef RTMP_NO_CRYPTO

/* Completes our packet 1, of a client: a server waits for the client's. */
int rtmp_digest_start(struct rtmp_handshake *hs);

/* The peer's packet 1 is complete: finds out what it can do and makes our
 * packet 2 of it; a server, its packet 1, too.  Returns 0, or
 * RTMP_ERR_HANDSHAKE with hs->error set, as does the last of these. */
int rtmp_digest_packet1(struct rtmp_handshake *hs);

/* Bytes of the peer's packet 2 from hs->filled on; and that all have come. */
void rtmp_digest_packet2(struct rtmp_handshake *hs, const uint8_t *data,
    size_t size);
int rtmp_digest_packet2_end(struct rtmp_handshake *hs);

/* handshake_cipher.c: enciphers a signature that was made with key, as type
 * of RTMPE, 6, 8 or 9, asks for. */
void rtmp_digest_cipher(int type, const uint8_t key[32],
    uint8_t signature[32]);

#else

static inline int
rtmp_digest_start(struct rtmp_handshake *hs)
{
	(void)hs;
	return RTMP_ERR_UNSUPPORTED;
}

/* Not reached, because nothing but the simple handshake can start. */
static inline int
rtmp_digest_packet1(struct rtmp_handshake *hs)
{
	(void)hs;
	return RTMP_ERR_UNSUPPORTED;
}

static inline void
rtmp_digest_packet2(struct rtmp_handshake *hs, const uint8_t *data,
    size_t size)
{
	(void)hs;
	(void)data;
	(void)size;
}

static inline int
rtmp_digest_packet2_end(struct rtmp_handshake *hs)
{
	(void)hs;
	return RTMP_ERR_UNSUPPORTED;
}

#endif

#endif
