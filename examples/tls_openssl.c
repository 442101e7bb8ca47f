/*
 * A struct rtmp_io that speaks TLS on top of another one:
 *
 *     application    read, writev, wait, shutdown
 *          |
 *     struct tls     SSL_read, SSL_write
 *          |         BIO whose bytes are those of the transport below
 *     struct rtmp_io read, writev, wait          TCP, or a tunnel
 *
 * OpenSSL wants a write that could not be finished to be repeated with the
 * same bytes, and a caller of writev() may come back with others.  So what is
 * written goes through a buffer of one TLS record: bytes are taken when they
 * are in it, and leave at the next opportunity, in writev(), read() or wait().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <rtmpio/types.h>

#include "tls_openssl.h"

#define RECORD_SIZE 16384

enum tls_goodbye {
	GOODBYE_NONE,
	GOODBYE_WANTED, /* close_notify follows what is in the buffer */
	GOODBYE_SENT
};

struct tls {
	struct rtmp_io below;
	BIO_METHOD *method;
	SSL_CTX *ctx;
	SSL *ssl;
	int below_err;	/* what the transport below failed with, or 0 */
	int err;	/* the first fatal error; it sticks */
	int drained;	/* the last read found nothing in OpenSSL's buffers */
	int read_wants; /* what that read waits for below */
	enum tls_goodbye goodbye;
	size_t out_size, out_done; /* of out: filled, sent */
	uint8_t out[RECORD_SIZE];
	char error[256];
};

/* ---- The BIO ---- */

static int
bio_read(BIO *bio, char *buf, int size)
{
	struct tls *t = BIO_get_data(bio);
	size_t n;
	int r;

	BIO_clear_retry_flags(bio);
	if (size <= 0)
		return 0;
	r = t->below.read(t->below.ctx, buf, (size_t)size, &n);
	if (r == 0)
		return (int)n;
	if (r == RTMP_ERR_AGAIN)
		BIO_set_retry_read(bio);
	else
		t->below_err = r;
	return r == RTMP_ERR_EOF ? 0 : -1;
}

static int
bio_write(BIO *bio, const char *buf, int size)
{
	struct tls *t = BIO_get_data(bio);
	struct iovec iov;
	size_t n;
	int r;

	BIO_clear_retry_flags(bio);
	if (size <= 0)
		return 0;
	iov.iov_base = (void *)(uintptr_t)buf;
	iov.iov_len = (size_t)size;
	r = t->below.writev(t->below.ctx, &iov, 1, &n);
	if (r == 0)
		return (int)n;
	if (r == RTMP_ERR_AGAIN)
		BIO_set_retry_write(bio);
	else
		t->below_err = r;
	return -1;
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct tls *t = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return t->below_err == RTMP_ERR_EOF;
	return cmd == BIO_CTRL_FLUSH;
}

static int
attach_bio(struct tls *t)
{
	BIO *bio;

	t->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "rtmp_io");
	if (t->method == NULL)
		return -1;
	BIO_meth_set_read(t->method, bio_read);
	BIO_meth_set_write(t->method, bio_write);
	BIO_meth_set_ctrl(t->method, bio_ctrl);
	bio = BIO_new(t->method);
	if (bio == NULL)
		return -1;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return 0;
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

static const char *
reason(void)
{
	const char *words = ERR_reason_error_string(ERR_peek_last_error());

	return words != NULL ? words : "no reason given";
}

static const char *
below_words(const struct tls *t)
{
	return t->below.error != NULL ? t->below.error(t->below.ctx) : "";
}

/*
 * What an OpenSSL call that returned ret has run into: RTMP_ERR_AGAIN with
 * *wants set, or a fatal error.  Many servers close without a close_notify;
 * for a stream of media, whose end the RTMP above announces, that is an end
 * like any other.
 */
static int
explain(struct tls *t, int ret, int *wants)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		*wants = RTMP_WANT_READ;
		return RTMP_ERR_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		*wants = RTMP_WANT_WRITE;
		return RTMP_ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return fail(t, RTMP_ERR_EOF, "closed by the server", "");
	default:
		break;
	}
	if (t->below_err == RTMP_ERR_EOF)
		return fail(t, RTMP_ERR_EOF, "closed by the server", "");
	if (t->below_err != 0)
		return fail(t, t->below_err, rtmp_strerror(t->below_err),
		    below_words(t));
	return fail(t, RTMP_ERR_TLS, "TLS", reason());
}

/* ---- The transport ---- */

/* Sends what the buffer holds, then the close_notify if it is wanted. */
static int
tls_flush(struct tls *t)
{
	size_t n;
	int ret, wants;

	while (t->out_done < t->out_size) {
		ERR_clear_error();
		ret = SSL_write_ex(t->ssl, t->out + t->out_done,
		    t->out_size - t->out_done, &n);
		if (ret <= 0)
			return explain(t, ret, &wants);
		t->out_done += n;
	}
	t->out_done = t->out_size = 0;
	if (t->goodbye != GOODBYE_WANTED)
		return 0;
	ERR_clear_error();
	ret = SSL_shutdown(t->ssl);
	if (ret < 0)
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
	ERR_clear_error();
	ret = SSL_read_ex(t->ssl, buf, size, nread);
	t->drained = ret <= 0;
	return ret > 0 ? 0 : explain(t, ret, &t->read_wants);
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
	int buffered = want & RTMP_WANT_READ && !t->drained &&
	    SSL_has_pending(t->ssl);
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
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
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

/* ---- The handshake ---- */

static int
trust(struct tls *t, const struct tls_openssl_options *opt)
{
	if (opt->insecure) {
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);
		return 0;
	}
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	if (opt->ca_file == NULL)
		return SSL_CTX_set_default_verify_paths(t->ctx) == 1 ? 0 :
		    fail(t, RTMP_ERR_TLS, "trusted certificates", reason());
	if (SSL_CTX_load_verify_locations(t->ctx, opt->ca_file, NULL) != 1)
		return fail(t, RTMP_ERR_TLS, opt->ca_file, reason());
	return 0;
}

/* A numeric address must stand in the certificate as such, and is not sent as
 * a server name, RFC 6066 section 3. */
static int
name_host(struct tls *t, const char *host)
{
	unsigned char addr[16];

	if (inet_pton(AF_INET, host, addr) == 1 ||
	    inet_pton(AF_INET6, host, addr) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl),
		    host) == 1 ? 0 : -1;
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(t->ssl, host) == 1 &&
	    SSL_set_tlsext_host_name(t->ssl, host) == 1 ? 0 : -1;
}

static int
tls_setup(struct tls *t, const struct tls_openssl_options *opt,
    const char *host)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		return fail(t, RTMP_ERR_NOMEM, "TLS", reason());
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* One read below for many records. */
	SSL_CTX_set_read_ahead(t->ctx, 1);
	if (trust(t, opt) != 0)
		return t->err;
	t->ssl = SSL_new(t->ctx);
	if (t->ssl == NULL || attach_bio(t) != 0)
		return fail(t, RTMP_ERR_NOMEM, "TLS", reason());
	if (name_host(t, host) != 0)
		return fail(t, RTMP_ERR_TLS, "host name", reason());
	return 0;
}

/* Why the handshake failed, as far as this end can tell. */
static int
explain_handshake(struct tls *t, const char *host)
{
	long verify = SSL_get_verify_result(t->ssl);
	char what[160];

	if (verify != X509_V_OK &&
	    SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE) {
		snprintf(what, sizeof(what),
		    "the certificate of %.100s is refused", host);
		return fail(t, RTMP_ERR_TLS, what,
		    X509_verify_cert_error_string(verify));
	}
	switch (ERR_GET_REASON(ERR_peek_error())) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_HTTP_REQUEST:
		return fail(t, RTMP_ERR_TLS,
		    "the server does not speak TLS on this port", "");
	default:
		break;
	}
	if (t->below_err == RTMP_ERR_EOF)
		return fail(t, RTMP_ERR_TLS, "the server closed the connection"
		    " in the TLS handshake; it may not speak TLS", "");
	if (t->below_err != 0)
		return fail(t, t->below_err, "TLS handshake", below_words(t));
	return fail(t, RTMP_ERR_TLS, "TLS handshake", reason());
}

static int
tls_handshake(struct tls *t, const char *host, int timeout_ms)
{
	int64_t deadline = deadline_of(timeout_ms);
	int ret, r, want;

	for (;;) {
		ERR_clear_error();
		ret = SSL_connect(t->ssl);
		if (ret == 1)
			return 0;
		switch (SSL_get_error(t->ssl, ret)) {
		case SSL_ERROR_WANT_READ:
			want = RTMP_WANT_READ;
			break;
		case SSL_ERROR_WANT_WRITE:
			want = RTMP_WANT_WRITE;
			break;
		default:
			return explain_handshake(t, host);
		}
		r = t->below.wait(t->below.ctx, want, time_left(deadline));
		if (r == 0)
			return fail(t, RTMP_ERR_TIMEOUT,
			    "the TLS handshake took too long", "");
		if (r < 0)
			return fail(t, r, "TLS handshake", below_words(t));
	}
}

int
tls_openssl_wrap(void *arg, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size)
{
	static const struct tls_openssl_options defaults = { NULL, 0 };
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return RTMP_ERR_NOMEM;
	t->below = *io;
	t->read_wants = RTMP_WANT_READ;
	r = tls_setup(t, arg != NULL ? arg : &defaults, host);
	if (r == 0)
		r = tls_handshake(t, host, timeout_ms);
	if (r != 0) {
		if (error_size != 0)
			snprintf(error, error_size, "%s", t->error);
		tls_free(t);
		return r;
	}
	io->ctx = t;
	io->read = tls_read;
	io->writev = tls_writev;
	io->wait = tls_wait;
	io->shutdown = tls_shutdown;
	io->close = tls_close;
	io->error = tls_error;
	return 0;
}
