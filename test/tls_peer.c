#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls_peer.h"

/* ---- Certificates ---- */

struct identity good, expired, self_signed, other_host;
static struct identity ca;

static EVP_PKEY *
new_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
add_extension(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* Valid from a day ago until days from now; signed by issuer, or by itself
 * when that is NULL. */
static struct identity
issue(const char *name, const char *alt, long days,
    const struct identity *issuer)
{
	struct identity id;
	static long serial = 1;

	id.key = new_key();
	id.cert = X509_new();
	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -86400 * 10);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), 86400 * days);
	X509_set_pubkey(id.cert, id.key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(id.cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(id.cert, X509_get_subject_name(issuer != NULL ?
		issuer->cert : id.cert));
	if (alt != NULL)
		add_extension(id.cert, NID_subject_alt_name, alt);
	else
		add_extension(id.cert, NID_basic_constraints,
		    "critical,CA:TRUE");
	assert_true(X509_sign(id.cert, issuer != NULL ? issuer->key : id.key,
	    EVP_sha256()) > 0);
	return id;
}

static void
drop(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

int
make_certificates(void **state)
{
	FILE *f = fopen(CA_FILE, "w");

	(void)state;
	if (f == NULL)
		return -1;
	ca = issue("test CA", NULL, 10, NULL);
	good = issue(HOST, "DNS:" HOST ",IP:192.0.2.7,IP:2001:db8::7", 10,
	    &ca);
	expired = issue(HOST, "DNS:" HOST, -1, &ca);
	self_signed = issue(HOST, "DNS:" HOST, 10, NULL);
	other_host = issue("other.example.org", "DNS:other.example.org", 10,
	    &ca);
	PEM_write_X509(f, ca.cert);
	return fclose(f);
}

int
drop_certificates(void **state)
{
	(void)state;
	drop(&ca);
	drop(&good);
	drop(&expired);
	drop(&self_signed);
	drop(&other_host);
	return remove(CA_FILE);
}

/* ---- The transport below ---- */

static int
wire_result(ssize_t n, size_t *moved)
{
	if (n > 0) {
		*moved = (size_t)n;
		return 0;
	}
	if (n == 0)
		return RTMP_ERR_EOF;
	return errno == EAGAIN ? RTMP_ERR_AGAIN : RTMP_ERR_IO;
}

static int
wire_read(void *ctx, void *buf, size_t size, size_t *n)
{
	struct wire *w = ctx;

	if (w->again && ++w->calls % 2 == 0)
		return RTMP_ERR_AGAIN;
	if (w->step != 0 && size > w->step)
		size = w->step;
	return wire_result(recv(w->fd, buf, size, 0), n);
}

static int
wire_writev(void *ctx, const struct iovec *iov, int count, size_t *n)
{
	struct wire *w = ctx;
	size_t size = iov[0].iov_len;

	assert_true(count >= 1);
	if (w->again && ++w->calls % 2 == 0)
		return RTMP_ERR_AGAIN;
	if (w->step != 0 && size > w->step)
		size = w->step;
	return wire_result(send(w->fd, iov[0].iov_base, size, MSG_NOSIGNAL),
	    n);
}

static int
wire_wait(void *ctx, int want, int timeout_ms)
{
	struct wire *w = ctx;
	struct pollfd p = { w->fd, 0, 0 };
	int ready = 0;

	if (want & RTMP_WANT_READ)
		p.events |= POLLIN;
	if (want & RTMP_WANT_WRITE)
		p.events |= POLLOUT;
	poll(&p, 1, timeout_ms);
	if (p.revents & (POLLIN | POLLHUP | POLLERR))
		ready |= want & RTMP_WANT_READ;
	if (p.revents & (POLLOUT | POLLERR))
		ready |= want & RTMP_WANT_WRITE;
	return ready;
}

static int
wire_shutdown(void *ctx)
{
	struct wire *w = ctx;

	w->shut++;
	return shutdown(w->fd, SHUT_WR) == 0 ? 0 : RTMP_ERR_IO;
}

static void
wire_close(void *ctx)
{
	struct wire *w = ctx;

	w->closed++;
	close(w->fd);
}

void
wire_init(struct wire *w, int fd)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->io.ctx = w;
	w->io.read = wire_read;
	w->io.writev = wire_writev;
	w->io.wait = wire_wait;
	w->io.shutdown = wire_shutdown;
	w->io.close = wire_close;
}

/* ---- The server ---- */

static void
pause_ms(long ms)
{
	struct timespec ts = { 0, ms * 1000000 };

	nanosleep(&ts, NULL);
}

static void
serve_tls(struct server *s, SSL *ssl)
{
	static char buf[20000];
	const char *sni;
	int n;

	SSL_set_fd(ssl, s->fd);
	if (SSL_accept(ssl) != 1)
		return;
	sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(s->sni, sizeof(s->sni), "%s", sni != NULL ? sni : "");
	if (s->behaviour == ONE_BLOCK)
		SSL_write(ssl, buf, 10000);
	if (s->behaviour == SLOW)
		pause_ms(200);
	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0) {
		SSL_write(ssl, buf, s->behaviour == SLOW ? 1 : n);
	}
	s->got_close_notify =
	    (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
	if (s->got_close_notify)
		SSL_shutdown(ssl);
}

void *
server_main(void *arg)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct server *s = arg;
	SSL_CTX *ctx;
	SSL *ssl;
	sigset_t pipe_signal;
	char c;

	/* OpenSSL writes without MSG_NOSIGNAL. */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
	if (s->behaviour == HTTP) {
		if (read(s->fd, &c, 1) == 1)
			send(s->fd, http, sizeof(http) - 1, MSG_NOSIGNAL);
	} else if (s->behaviour == SILENT) {
		while (read(s->fd, &c, 1) == 1)
			;
	} else if (s->behaviour != HANG_UP) {
		ctx = SSL_CTX_new(TLS_server_method());
		SSL_CTX_use_certificate(ctx, s->id->cert);
		SSL_CTX_use_PrivateKey(ctx, s->id->key);
		if (s->max_version != 0) {
			/* It is the client that has to refuse. */
			SSL_CTX_set_security_level(ctx, 0);
			SSL_CTX_set_min_proto_version(ctx, 0);
			SSL_CTX_set_max_proto_version(ctx, s->max_version);
		}
		ssl = SSL_new(ctx);
		serve_tls(s, ssl);
		SSL_free(ssl);
		SSL_CTX_free(ctx);
	}
	close(s->fd);
	return NULL;
}
