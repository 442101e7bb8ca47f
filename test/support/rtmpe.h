#ifndef TEST_RTMPE_H
#define TEST_RTMPE_H

#include "crypto/rc4.h"

#define CLEAR 3073 /* bytes of the handshake, which pass as they are */

/* What RTMPE makes of bytes: nothing of the handshake, RC4 of the rest. */
static inline void
encipher(uint8_t *p, size_t size, const uint8_t key[16])
{
	struct rtmp_rc4 c;

	rtmp_rc4_init(&c, key, 16);
	rtmp_rc4_skip(&c, 1536);
	if (size > CLEAR)
		rtmp_rc4_xor(&c, p + CLEAR, size - CLEAR);
}

#endif
