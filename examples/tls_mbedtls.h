#ifndef TLS_MBEDTLS_H
#define TLS_MBEDTLS_H

/*
 * rtmps:// with Mbed TLS 2.28 or 3.  These two files are meant to be copied
 * into an application:
 *
 *     struct tls_mbedtls_options tls = { NULL, 0 };
 *     struct rtmp_options opt;
 *
 *     rtmp_options_init(&opt, sizeof(opt));
 *     opt.wrap_tls = tls_mbedtls_wrap;
 *     opt.wrap_tls_arg = &tls;        (or NULL)
 */
#include <rtmpio/io.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tls_mbedtls_options {
	const char *ca_file; /* PEM, trusted instead of the system's; NULL */
	int insecure;	     /* 1: any certificate of any host will do */
};

/*
 * Puts a TLS transport in the place of the connected one in *io, which it then
 * owns; arg is a struct tls_mbedtls_options or NULL.  Shakes hands within
 * timeout_ms (-1: no limit): TLS 1.2 or later, with host, a name or a numeric
 * address, to be found in a certificate of a chain that is trusted.
 *
 * Returns 0; or RTMP_ERR_TLS, _TIMEOUT, _NOMEM or what the transport below
 * returned, with *io untouched and the reason in error.
 */
int tls_mbedtls_wrap(void *arg, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
