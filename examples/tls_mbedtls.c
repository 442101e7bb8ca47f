/*
 * A struct rtmp_io that speaks TLS on top of another one:
 *
 *     application    read, writev, wait, shutdown
 *          |
 *     struct tls     mbedtls_ssl_read, mbedtls_ssl_write
 *          |         bio_recv, bio_send
 *     struct rtmp_io read, writev, wait          TCP, or a tunnel
 *
 * Mbed TLS wants a write that could not be finished to be repeated with the
 * same bytes, and a caller of writev() may come back with others.  So what is
 * written goes through a buffer of one TLS record: bytes are taken when they
 * are in it, and leave at the next opportunity, in writev(), read() or wait().
 * It reads each record in two pieces, header and body; another buffer makes
 * one read below of many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
#include <psa/crypto.h>
#endif
#include <rtmpio/types.h>

#include "tls_mbedtls.h"

#define RECORD_SIZE 16384

enum tls_goodbye {
	GOODBYE_NONE,
	GOODBYE_WANTED, /* close_notify follows what is in the buffer */
	GOODBYE_SENT
};

struct tls {
	struct rtmp_io below;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context rng;
	mbedtls_x509_crt trusted;
	mbedtls_ssl_config conf;
	mbedtls_ssl_context ssl;
	uint8_t addr[16]; /* of a host that is numeric */
	size_t addr_size; /* 0: it has a name */
	int self_signed;  /* the untrusted certificate is its own issuer */
	int not_tls;	  /* the first byte received begins no TLS record */
	int greeted;	  /* that byte is there */
	int below_err;	  /* what the transport below failed with, or 0 */
	int err;	  /* the first fatal error; it sticks */
	int read_wants;	  /* what the last read waits for below */
	enum tls_goodbye goodbye;
	size_t in_size, in_done;   /* of in: received, taken */
	size_t out_size, out_done; /* of out: filled, sent */
	uint8_t in[RECORD_SIZE];
	uint8_t out[RECORD_SIZE];
	char error[320];
};

/* ---- The transport below ---- */

/* The first record of a server is an alert (21) or a handshake (22). */
static void
look_at_greeting(struct tls *t)
{
	if (!t->greeted)
		t->not_tls = t->in[0] != MBEDTLS_SSL_MSG_ALERT &&
		    t->in[0] != MBEDTLS_SSL_MSG_HANDSHAKE;
	t->greeted = 1;
}

static int
bio_recv(void *arg, unsigned char *buf, size_t size)
{
	struct tls *t = arg;
	size_t n;
	int r;

	if (t->in_done == t->in_size) {
		r = t->below.read(t->below.ctx, t->in, sizeof(t->in), &n);
		if (r == RTMP_ERR_AGAIN)
			return MBEDTLS_ERR_SSL_WANT_READ;
		if (r != 0) {
			t->below_err = r;
			return r == RTMP_ERR_EOF ? 0 :
			    MBEDTLS_ERR_NET_RECV_FAILED;
		}
		t->in_done = 0;
		t->in_size = n;
		look_at_greeting(t);
	}
	n = t->in_size - t->in_done;
	if (n > size)
		n = size;
	memcpy(buf, t->in + t->in_done, n);
	t->in_done += n;
	return (int)n;
}

static int
bio_send(void *arg, const unsigned char *buf, size_t size)
{
	struct tls *t = arg;
	struct iovec iov;
	size_t n;
	int r;

	iov.iov_base = (void *)(uintptr_t)buf;
	iov.iov_len = size;
	r = t->below.writev(t->below.ctx, &iov, 1, &n);
	if (r == 0)
		return (int)n;
	if (r == RTMP_ERR_AGAIN)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	t->below_err = r;
	return MBEDTLS_ERR_NET_SEND_FAILED;
}

/* ---- Errors ---- */

static int
fail(struct tls *t, int err, const char *what, const char *detail)
{
	if (t->err == 0) {
		t->err = err;
		snprintf(t->error, sizeof(t->error), "%s%s%s", what,
		    *detail != '\0' ? ": " : "", detail);
	}
	return t->err;
}

/* With what Mbed TLS calls its error ret. */
static int
fail_with(struct tls *t, const char *what, int ret)
{
	char reason[128];

	mbedtls_strerror(ret, reason, sizeof(reason));
	return fail(t, ret == MBEDTLS_ERR_SSL_ALLOC_FAILED ||
	    ret == MBEDTLS_ERR_X509_ALLOC_FAILED ? RTMP_ERR_NOMEM :
	    RTMP_ERR_TLS, what, reason);
}

static const char *
below_words(const struct tls *t)
{
	return t->below.error != NULL ? t->below.error(t->below.ctx) : "";
}

/*
 * What a call that returned ret has run into: RTMP_ERR_AGAIN with *wants set,
 * or a fatal error.  Many servers close without a close_notify; for a stream
 * of media, whose end the RTMP above announces, that is an end like any other.
 */
static int
explain(struct tls *t, int ret, int *wants)
{
	switch (ret) {
	case MBEDTLS_ERR_SSL_WANT_READ:
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
	case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
#endif
		*wants = RTMP_WANT_READ;
		return RTMP_ERR_AGAIN;
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		*wants = RTMP_WANT_WRITE;
		return RTMP_ERR_AGAIN;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		return fail(t, RTMP_ERR_EOF, "closed by the server", "");
	default:
		break;
	}
	if (ret == 0 || t->below_err == RTMP_ERR_EOF)
		return fail(t, RTMP_ERR_EOF, "closed by the server", "");
	if (t->below_err != 0)
		return fail(t, t->below_err, rtmp_strerror(t->below_err),
		    below_words(t));
	return fail_with(t, "TLS", ret);
}

/* ---- The transport ---- */

/* Sends what the buffer holds, then the close_notify if it is wanted. */
static int
tls_flush(struct tls *t)
{
	int ret, wants;

	while (t->out_done < t->out_size) {
		ret = mbedtls_ssl_write(&t->ssl, t->out + t->out_done,
		    t->out_size - t->out_done);
		if (ret <= 0)
			return explain(t, ret, &wants);
		t->out_done += (size_t)ret;
	}
	t->out_done = t->out_size = 0;
	if (t->goodbye != GOODBYE_WANTED)
		return 0;
	ret = mbedtls_ssl_close_notify(&t->ssl);
	if (ret != 0)
		return explain(t, ret, &wants);
	t->goodbye = GOODBYE_SENT;
	if (t->below.shutdown != NULL)
		return t->below.shutdown(t->below.ctx);
	return 0;
}

static int
tls_has_output(const struct tls *t)
{
	return t->out_size != 0 || t->goodbye == GOODBYE_WANTED;
}

static int
tls_has_input(const struct tls *t)
{
	return t->in_done != t->in_size || mbedtls_ssl_check_pending(&t->ssl);
}

static int
tls_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct tls *t = ctx;
	int ret;

	if (t->err != 0)
		return t->err;
	if (tls_has_output(t)) {
		ret = tls_flush(t);
		if (ret != 0 && ret != RTMP_ERR_AGAIN)
			return ret;
	}
	ret = mbedtls_ssl_read(&t->ssl, buf, size);
	if (ret <= 0)
		return explain(t, ret, &t->read_wants);
	*nread = (size_t)ret;
	return 0;
}

static int
tls_writev(void *ctx, const struct iovec *iov, int count, size_t *nwritten)
{
	struct tls *t = ctx;
	size_t n;
	int i, r;

	if (t->err != 0)
		return t->err;
	if (t->goodbye != GOODBYE_NONE)
		return RTMP_ERR_STATE;
	r = tls_flush(t);
	if (r != 0)
		return r;
	for (i = 0; i < count && t->out_size < RECORD_SIZE; i++) {
		n = iov[i].iov_len;
		if (n > RECORD_SIZE - t->out_size)
			n = RECORD_SIZE - t->out_size;
		if (n != 0)
			memcpy(t->out + t->out_size, iov[i].iov_base, n);
		t->out_size += n;
	}
	*nwritten = t->out_size;
	r = tls_flush(t);
	return r == RTMP_ERR_AGAIN ? 0 : r;
}

static int
tls_shutdown(void *ctx)
{
	struct tls *t = ctx;
	int r;

	if (t->err != 0)
		return t->err;
	if (t->goodbye == GOODBYE_NONE)
		t->goodbye = GOODBYE_WANTED;
	r = tls_flush(t);
	return r == RTMP_ERR_AGAIN ? 0 : r;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* What is left until the deadline, as a timeout; -1: no limit. */
static int
time_left(int64_t deadline)
{
	int64_t left = deadline - now_ms();

	if (deadline < 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

static int64_t
deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

/* One wait below.  Returns what is ready of want, 0 when it was something
 * else, or nothing; *timed_out tells these apart. */
static int
wait_below(struct tls *t, int want, int timeout_ms, int *timed_out)
{
	int buffered = want & RTMP_WANT_READ && tls_has_input(t);
	int below = 0, ready = buffered ? RTMP_WANT_READ : 0, r;

	if (want & RTMP_WANT_READ)
		below |= t->read_wants;
	if (want & RTMP_WANT_WRITE || tls_has_output(t))
		below |= RTMP_WANT_WRITE;
	r = t->below.wait(t->below.ctx, below, buffered ? 0 : timeout_ms);
	if (r < 0)
		return fail(t, r, rtmp_strerror(r), below_words(t));
	*timed_out = r == 0;
	if (want & RTMP_WANT_READ && r & t->read_wants)
		ready |= RTMP_WANT_READ;
	if (r & RTMP_WANT_WRITE && tls_has_output(t)) {
		r = tls_flush(t);
		if (r == RTMP_ERR_AGAIN)
			return ready;
		if (r != 0)
			return r;
		r = RTMP_WANT_WRITE;
	}
	return ready | (r & want & RTMP_WANT_WRITE);
}

static int
tls_wait(void *ctx, int want, int timeout_ms)
{
	struct tls *t = ctx;
	int64_t deadline = deadline_of(timeout_ms);
	int r, timed_out;

	if (t->err != 0)
		return t->err;
	for (;;) {
		r = wait_below(t, want, time_left(deadline), &timed_out);
		if (r != 0 || timed_out)
			return r;
	}
}

/* Frees all but the transport below. */
static void
tls_free(struct tls *t)
{
	mbedtls_ssl_free(&t->ssl);
	mbedtls_ssl_config_free(&t->conf);
	mbedtls_x509_crt_free(&t->trusted);
	mbedtls_ctr_drbg_free(&t->rng);
	mbedtls_entropy_free(&t->entropy);
	free(t);
}

static void
tls_close(void *ctx)
{
	struct tls *t = ctx;
	struct rtmp_io below = t->below;

	tls_free(t);
	if (below.close != NULL)
		below.close(below.ctx);
}

static const char *
tls_error(void *ctx)
{
	struct tls *t = ctx;

	return t->error;
}

/* ---- Certificates ---- */

/* Mbed TLS knows of no place where a system keeps them, and passes over those
 * that it cannot read. */
static int
trust_system(struct tls *t)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
		"/etc/ssl/ca-bundle.pem",	      /* openSUSE */
		"/etc/ssl/cert.pem",		      /* Alpine, BSD, macOS */
	};
	size_t i;

	for (i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
		if (mbedtls_x509_crt_parse_file(&t->trusted,
			bundles[i]) >= 0)
			return 0;
	}
	if (mbedtls_x509_crt_parse_path(&t->trusted, "/etc/ssl/certs") >= 0 &&
	    t->trusted.version != 0)
		return 0;
	return fail(t, RTMP_ERR_TLS,
	    "this system has no trusted certificates; name a file", "");
}

static int
trust(struct tls *t, const struct tls_mbedtls_options *opt)
{
	int ret;

	mbedtls_ssl_conf_authmode(&t->conf, opt->insecure ?
	    MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED);
	if (opt->insecure)
		return 0;
	mbedtls_ssl_conf_ca_chain(&t->conf, &t->trusted, NULL);
	if (opt->ca_file == NULL)
		return trust_system(t);
	ret = mbedtls_x509_crt_parse_file(&t->trusted, opt->ca_file);
	return ret >= 0 ? 0 : fail_with(t, opt->ca_file, ret);
}

/* Does it name the address, RFC 5280 section 4.2.1.6? */
static int
has_address(const mbedtls_x509_crt *cert, const uint8_t *addr, size_t size)
{
	const mbedtls_x509_sequence *name = &cert->subject_alt_names;

	for (; name != NULL; name = name->next) {
		if (name->buf.tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC |
		    MBEDTLS_X509_SAN_IP_ADDRESS) && name->buf.len == size &&
		    memcmp(name->buf.p, addr, size) == 0)
			return 1;
	}
	return 0;
}

/* For each certificate of the chain, that of the server being at depth 0.
 * Mbed TLS compares names only, before 3.5. */
static int
check_certificate(void *arg, mbedtls_x509_crt *cert, int depth,
    uint32_t *flags)
{
	struct tls *t = arg;

	if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		t->self_signed = cert->subject_raw.len ==
		    cert->issuer_raw.len && memcmp(cert->subject_raw.p,
		    cert->issuer_raw.p, cert->issuer_raw.len) == 0;
	if (depth == 0 && t->addr_size != 0 &&
	    !has_address(cert, t->addr, t->addr_size))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return 0;
}

/* A numeric address is not sent as a server name, RFC 6066 section 3, and
 * NULL says that this is meant. */
static int
name_host(struct tls *t, const char *host)
{
	if (inet_pton(AF_INET, host, t->addr) == 1)
		t->addr_size = 4;
	else if (inet_pton(AF_INET6, host, t->addr) == 1)
		t->addr_size = 16;
	return mbedtls_ssl_set_hostname(&t->ssl,
	    t->addr_size == 0 ? host : NULL);
}

/* What is wrong with the server's certificate.  That nobody vouches for it
 * comes first: then nothing else in it matters. */
static int
explain_certificate(struct tls *t, const char *host)
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&t->ssl);
	const char *why = "it is not acceptable";
	char what[160], info[128];

	snprintf(what, sizeof(what), "the certificate of %.100s is refused",
	    host);
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		why = t->self_signed ? "self-signed certificate" :
		    "no trusted CA has issued it";
	else if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		why = "certificate has expired";
	else if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		why = "certificate is not yet valid";
	else if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
		why = t->addr_size != 0 ? "IP address mismatch" :
		    "hostname mismatch";
	else if (mbedtls_x509_crt_verify_info(info, sizeof(info), "",
	    flags) > 0) {
		info[strcspn(info, "\n")] = '\0';
		why = info;
	}
	return fail(t, RTMP_ERR_TLS, what, why);
}

/* ---- The handshake ---- */

static void
tls_init(struct tls *t, const struct rtmp_io *below)
{
	t->below = *below;
	t->read_wants = RTMP_WANT_READ;
	mbedtls_entropy_init(&t->entropy);
	mbedtls_ctr_drbg_init(&t->rng);
	mbedtls_x509_crt_init(&t->trusted);
	mbedtls_ssl_config_init(&t->conf);
	mbedtls_ssl_init(&t->ssl);
}

static int
tls_setup(struct tls *t, const struct tls_mbedtls_options *opt,
    const char *host)
{
	int ret;

#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
	/* TLS 1.3 stands on it.  Once is enough, and more does no harm. */
	if (psa_crypto_init() != PSA_SUCCESS)
		return fail(t, RTMP_ERR_TLS, "PSA cryptography", "");
#endif
	ret = mbedtls_ctr_drbg_seed(&t->rng, mbedtls_entropy_func,
	    &t->entropy, NULL, 0);
	if (ret != 0)
		return fail_with(t, "random numbers", ret);
	ret = mbedtls_ssl_config_defaults(&t->conf, MBEDTLS_SSL_IS_CLIENT,
	    MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	if (ret != 0)
		return fail_with(t, "TLS", ret);
#if MBEDTLS_VERSION_NUMBER < 0x03000000
	/* Later ones know nothing older. */
	mbedtls_ssl_conf_min_version(&t->conf, MBEDTLS_SSL_MAJOR_VERSION_3,
	    MBEDTLS_SSL_MINOR_VERSION_3);
#endif
	mbedtls_ssl_conf_rng(&t->conf, mbedtls_ctr_drbg_random, &t->rng);
	mbedtls_ssl_conf_verify(&t->conf, check_certificate, t);
	if (trust(t, opt) != 0)
		return t->err;
	ret = mbedtls_ssl_setup(&t->ssl, &t->conf);
	if (ret != 0)
		return fail_with(t, "TLS", ret);
	mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
	ret = name_host(t, host);
	return ret == 0 ? 0 : fail_with(t, "host name", ret);
}

/* Why the handshake failed, as far as this end can tell. */
static int
explain_handshake(struct tls *t, const char *host, int ret)
{
	if (ret == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
		return explain_certificate(t, host);
	if (t->not_tls)
		return fail(t, RTMP_ERR_TLS,
		    "the server does not speak TLS on this port", "");
	if (t->below_err == RTMP_ERR_EOF)
		return fail(t, RTMP_ERR_TLS, "the server closed the connection"
		    " in the TLS handshake; it may not speak TLS", "");
	if (t->below_err != 0)
		return fail(t, t->below_err, "TLS handshake", below_words(t));
	return fail_with(t, "TLS handshake", ret);
}

static int
tls_handshake(struct tls *t, const char *host, int timeout_ms)
{
	int64_t deadline = deadline_of(timeout_ms);
	int ret, r, want;

	for (;;) {
		ret = mbedtls_ssl_handshake(&t->ssl);
		if (ret == 0)
			return 0;
		if (ret == MBEDTLS_ERR_SSL_WANT_READ)
			want = RTMP_WANT_READ;
		else if (ret == MBEDTLS_ERR_SSL_WANT_WRITE)
			want = RTMP_WANT_WRITE;
		else
			return explain_handshake(t, host, ret);
		r = t->below.wait(t->below.ctx, want, time_left(deadline));
		if (r == 0)
			return fail(t, RTMP_ERR_TIMEOUT,
			    "the TLS handshake took too long", "");
		if (r < 0)
			return fail(t, r, "TLS handshake", below_words(t));
	}
}

int
tls_mbedtls_wrap(void *arg, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size)
{
	static const struct tls_mbedtls_options defaults = { NULL, 0 };
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return RTMP_ERR_NOMEM;
	tls_init(t, io);
	r = tls_setup(t, arg != NULL ? arg : &defaults, host);
	if (r == 0)
		r = tls_handshake(t, host, timeout_ms);
	if (r != 0) {
		if (error_size != 0)
			snprintf(error, error_size, "%s", t->error);
		tls_free(t);
		return r;
	}
	/* Those of a system are half a megabyte. */
	mbedtls_x509_crt_free(&t->trusted);
	io->ctx = t;
	io->read = tls_read;
	io->writev = tls_writev;
	io->wait = tls_wait;
	io->shutdown = tls_shutdown;
	io->close = tls_close;
	io->error = tls_error;
	return 0;
}
