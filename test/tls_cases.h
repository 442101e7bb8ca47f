#ifndef TEST_TLS_CASES_H
#define TEST_TLS_CASES_H

/* What each TLS transport of examples/ has to pass. */
#include <rtmpio/io.h>

/* The function of an adapter, with options and with arg = NULL. */
struct tls_adapter {
	int (*wrap)(const char *ca_file, int insecure, const char *host,
	    struct rtmp_io *io, int timeout_ms, char *error,
	    size_t error_size);
	int (*wrap_default)(const char *host, struct rtmp_io *io,
	    int timeout_ms, char *error, size_t error_size);
};

/* Runs the cases; for main() to return. */
int run_tls_cases(const struct tls_adapter *tested);

#endif
