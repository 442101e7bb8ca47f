#ifndef RTMPIO_CRYPTO_MD5_H
#define RTMPIO_CRYPTO_MD5_H

/*
 * MD5, RFC 1321.
 *
 * Broken since 2004.  Here because Adobe's and Limelight's servers ask for
 * passwords hashed with it: over anything but TLS who listens can guess them.
 */
#include <stddef.h>
#include <stdint.h>

#define RTMP_MD5_SIZE 16

struct rtmp_md5 {
	uint32_t state[4];
	uint64_t size; /* bytes so far */
	uint8_t block[64];
};

void rtmp_md5_init(struct rtmp_md5 *h);
void rtmp_md5_update(struct rtmp_md5 *h, const void *data, size_t size);
void rtmp_md5_final(struct rtmp_md5 *h, uint8_t out[RTMP_MD5_SIZE]);

#endif
