/* The TLS transport of examples/tls_openssl.c. */
#include "tls_cases.h"
#include "../examples/tls_openssl.h"

static int
wrap(const char *ca_file, int insecure, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size)
{
	struct tls_openssl_options opt = { ca_file, insecure };

	return tls_openssl_wrap(&opt, host, io, timeout_ms, error, error_size);
}

static int
wrap_default(const char *host, struct rtmp_io *io, int timeout_ms, char *error,
    size_t error_size)
{
	return tls_openssl_wrap(NULL, host, io, timeout_ms, error, error_size);
}

int
main(void)
{
	static const struct tls_adapter adapter = { wrap, wrap_default };

	return run_tls_cases(&adapter);
}
