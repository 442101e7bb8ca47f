/* The clients over the adapter for Mbed TLS: linked in place of the one for
 * OpenSSL, whose name and options they know. */
#include "../../examples/tls_mbedtls.h"
#include "../../examples/tls_openssl.h"

int
tls_openssl_wrap(void *arg, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size)
{
	const struct tls_openssl_options *from = arg;
	struct tls_mbedtls_options opt = { from->ca_file, from->insecure };

	return tls_mbedtls_wrap(&opt, host, io, timeout_ms, error, error_size);
}
