#ifndef RTMPIO_CRYPTO_BASE64_H
#define RTMPIO_CRYPTO_BASE64_H

/* Base64, RFC 4648 section 4: an encoding, which hides nothing. */
#include <stddef.h>
#include <stdint.h>

/* The characters and the NUL that size bytes become. */
#define RTMP_BASE64_SIZE(size) (((size) + 2) / 3 * 4 + 1)

/* With padding, NUL-terminated; out has RTMP_BASE64_SIZE(size) bytes. */
void rtmp_base64(const uint8_t *data, size_t size, char *out);

#endif
