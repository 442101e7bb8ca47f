/*
 * The TLS transport of examples/ against a server of OpenSSL in a thread, over
 * a socket pair.  The certificates are made here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "support/support.h"
#include "../examples/tls_openssl.h"

#define HOST "live.example.org"
#define CA_FILE TEST_BUILD "/test_tls_ca.pem"

/* ---- Certificates ---- */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

static struct identity ca, good, expired, self_signed, other_host;

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

static int
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

static int
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

/* ---- The transport below: one end of a socket pair ---- */

struct wire {
	struct rtmp_io io;
	int fd;
	size_t step;  /* bytes per call; 0: all */
	int again;    /* every other call moves nothing */
	long calls;
	int shut, closed;
};

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

/* ---- The server ---- */

enum behaviour {
	ECHO,	   /* sends back what comes until close_notify */
	ONE_BLOCK, /* sends 10000 bytes at once, then echoes */
	SLOW,	   /* after a while, answers each record with one byte */
	HTTP,	   /* answers in clear text */
	HANG_UP,
	SILENT
};

struct server {
	enum behaviour behaviour;
	const struct identity *id;
	int max_version; /* of TLS; 0: any */
	int fd;
	pthread_t thread;
	char sni[64];
	int got_close_notify;
};

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

static void *
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
		if (s->max_version != 0)
			SSL_CTX_set_max_proto_version(ctx, s->max_version);
		ssl = SSL_new(ctx);
		serve_tls(s, ssl);
		SSL_free(ssl);
		SSL_CTX_free(ctx);
	}
	close(s->fd);
	return NULL;
}

/* ---- One connection ---- */

struct run {
	struct server server;
	struct wire wire;
	struct rtmp_io io;
	struct tls_openssl_options opt;
	char error[200];
};

static void
run_start(struct run *r, enum behaviour behaviour, const struct identity *id)
{
	int fds[2];

	memset(r, 0, sizeof(*r));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	r->wire.fd = fds[0];
	r->wire.io.ctx = &r->wire;
	r->wire.io.read = wire_read;
	r->wire.io.writev = wire_writev;
	r->wire.io.wait = wire_wait;
	r->wire.io.shutdown = wire_shutdown;
	r->wire.io.close = wire_close;
	r->io = r->wire.io;
	r->opt.ca_file = CA_FILE;
	r->server.behaviour = behaviour;
	r->server.id = id;
	r->server.fd = fds[1];
}

static int
run_wrap(struct run *r, const char *host, int timeout_ms)
{
	pthread_create(&r->server.thread, NULL, server_main, &r->server);
	return tls_openssl_wrap(&r->opt, host, &r->io, timeout_ms, r->error,
	    sizeof(r->error));
}

static void
run_end(struct run *r)
{
	r->io.close(r->io.ctx);
	assert_int_equal(r->wire.closed, 1);
	pthread_join(r->server.thread, NULL);
}

/* The handshake fails with words, and *io is as it was. */
static void
refused(struct run *r, const char *host, int err, const char *words)
{
	assert_int_equal(run_wrap(r, host, 5000), err);
	if (strstr(r->error, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", r->error, words);
	assert_memory_equal(&r->io, &r->wire.io, sizeof(r->io));
	assert_int_equal(r->wire.closed, 0);
	run_end(r);
}

static void
write_all(struct rtmp_io *io, const uint8_t *p, size_t size)
{
	struct iovec iov[3];
	size_t n, third;
	int r;

	while (size > 0) {
		third = size / 3;
		iov[0].iov_base = (void *)(uintptr_t)p;
		iov[0].iov_len = third;
		iov[1].iov_base = (void *)(uintptr_t)(p + third);
		iov[1].iov_len = 0;
		iov[2].iov_base = (void *)(uintptr_t)(p + third);
		iov[2].iov_len = size - third;
		r = io->writev(io->ctx, iov, 3, &n);
		if (r == RTMP_ERR_AGAIN) {
			assert_int_equal(io->wait(io->ctx, RTMP_WANT_WRITE,
			    5000), RTMP_WANT_WRITE);
			continue;
		}
		assert_int_equal(r, 0);
		assert_in_range(n, 1, size);
		p += n;
		size -= n;
	}
}

static void
read_all(struct rtmp_io *io, uint8_t *p, size_t size)
{
	size_t n;
	int r;

	while (size > 0) {
		r = io->read(io->ctx, p, size, &n);
		if (r == RTMP_ERR_AGAIN) {
			assert_int_equal(io->wait(io->ctx, RTMP_WANT_READ,
			    5000), RTMP_WANT_READ);
			continue;
		}
		assert_int_equal(r, 0);
		assert_in_range(n, 1, size);
		p += n;
		size -= n;
	}
}

/* Sends a block, gets it back, says goodbye and waits for the end. */
static void
echo_and_goodbye(struct run *r, size_t size)
{
	uint8_t *out = malloc(size), *in = malloc(size), c;
	size_t i, n;
	uint32_t seed = 1;
	int err;

	for (i = 0; i < size; i++)
		out[i] = (uint8_t)next_random(&seed);
	write_all(&r->io, out, size);
	read_all(&r->io, in, size);
	assert_memory_equal(in, out, size);
	free(in);
	free(out);
	assert_int_equal(r->io.shutdown(r->io.ctx), 0);
	while ((err = r->io.read(r->io.ctx, &c, 1, &n)) == RTMP_ERR_AGAIN)
		r->io.wait(r->io.ctx, RTMP_WANT_READ, 5000);
	assert_int_equal(err, RTMP_ERR_EOF);
	assert_int_equal(r->wire.shut, 1);
	run_end(r);
	assert_true(r->server.got_close_notify);
}

/* ---- Tests ---- */

static void
test_trusted_chain_carries_data(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	assert_int_equal(run_wrap(&r, HOST, 5000), 0);
	echo_and_goodbye(&r, 40000);
	assert_string_equal(r.server.sni, HOST);
}

static void
test_pieces_of_any_size_below(void **state)
{
	static const size_t steps[] = { 1, 7, 1000 };
	struct run r;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		run_start(&r, ECHO, &good);
		r.wire.step = steps[i];
		r.wire.again = 1;
		assert_int_equal(run_wrap(&r, HOST, 5000), 0);
		echo_and_goodbye(&r, 20000);
	}
}

static void
test_numeric_host_is_verified_without_server_name(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	assert_int_equal(run_wrap(&r, "192.0.2.7", 5000), 0);
	echo_and_goodbye(&r, 10);
	assert_string_equal(r.server.sni, "");
	run_start(&r, ECHO, &good);
	assert_int_equal(run_wrap(&r, "2001:db8::7", 5000), 0);
	echo_and_goodbye(&r, 10);
	run_start(&r, ECHO, &good);
	refused(&r, "192.0.2.8", RTMP_ERR_TLS, "IP address mismatch");
}

static void
test_bad_certificates_are_refused_in_words(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &expired);
	refused(&r, HOST, RTMP_ERR_TLS, "certificate has expired");
	run_start(&r, ECHO, &self_signed);
	refused(&r, HOST, RTMP_ERR_TLS, "self");
	run_start(&r, ECHO, &other_host);
	refused(&r, HOST, RTMP_ERR_TLS, "ostname mismatch");
}

static void
test_private_ca_is_not_trusted_by_default(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	r.opt.ca_file = NULL;
	refused(&r, HOST, RTMP_ERR_TLS, "certificate of " HOST " is refused");
}

static void
test_no_options_verify_too(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	pthread_create(&r.server.thread, NULL, server_main, &r.server);
	assert_int_equal(tls_openssl_wrap(NULL, HOST, &r.io, 5000, r.error,
	    sizeof(r.error)), RTMP_ERR_TLS);
	run_end(&r);
}

static void
test_insecure_takes_any_certificate(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &self_signed);
	r.opt.insecure = 1;
	assert_int_equal(run_wrap(&r, "elsewhere.example.org", 5000), 0);
	echo_and_goodbye(&r, 10);
}

static void
test_missing_ca_file(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	r.opt.ca_file = "no-such-file.pem";
	refused(&r, HOST, RTMP_ERR_TLS, "no-such-file.pem");
}

static void
test_server_without_tls(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, HTTP, NULL);
	refused(&r, HOST, RTMP_ERR_TLS, "does not speak TLS");
	run_start(&r, HANG_UP, NULL);
	assert_true(run_wrap(&r, HOST, 5000) < RTMP_ERR_FATAL);
	assert_true(r.error[0] != '\0');
	run_end(&r);
}

static void
test_old_versions_are_refused(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	r.server.max_version = TLS1_1_VERSION;
	refused(&r, HOST, RTMP_ERR_TLS, "TLS handshake");
	run_start(&r, ECHO, &good);
	r.server.max_version = TLS1_2_VERSION;
	assert_int_equal(run_wrap(&r, HOST, 5000), 0);
	echo_and_goodbye(&r, 1000);
}

static void
test_silent_server_times_out(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, SILENT, NULL);
	assert_int_equal(run_wrap(&r, HOST, 50), RTMP_ERR_TIMEOUT);
	assert_string_equal(r.error, "the TLS handshake took too long");
	assert_memory_equal(&r.io, &r.wire.io, sizeof(r.io));
	run_end(&r);
}

/* One record of 10000 bytes has come, of which one was read: the socket is
 * empty, and yet there is something to be read. */
static void
test_wait_answers_from_the_buffer(void **state)
{
	struct run r;
	uint8_t buf[10000];
	size_t n;

	(void)state;
	run_start(&r, ONE_BLOCK, &good);
	assert_int_equal(run_wrap(&r, HOST, 5000), 0);
	read_all(&r.io, buf, 1);
	assert_int_equal(r.io.wait(r.io.ctx, RTMP_WANT_READ, 0),
	    RTMP_WANT_READ);
	assert_int_equal(r.io.wait(r.io.ctx,
	    RTMP_WANT_READ | RTMP_WANT_WRITE, 0),
	    RTMP_WANT_READ | RTMP_WANT_WRITE);
	read_all(&r.io, buf, 9999);
	assert_int_equal(r.io.read(r.io.ctx, buf, 1, &n), RTMP_ERR_AGAIN);
	assert_int_equal(r.io.wait(r.io.ctx, RTMP_WANT_READ, 0), 0);
	echo_and_goodbye(&r, 10);
}

/* What writev() took must leave although the caller only waits for an
 * answer. */
static void
test_taken_bytes_leave_while_waiting_to_read(void **state)
{
	static uint8_t block[1000], answers[1000];
	struct iovec iov = { block, sizeof(block) };
	struct run r;
	size_t n, records = 0;
	int err, size = 4096;

	(void)state;
	run_start(&r, SLOW, &good);
	setsockopt(r.wire.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	assert_int_equal(run_wrap(&r, HOST, 5000), 0);
	while ((err = r.io.writev(r.io.ctx, &iov, 1, &n)) == 0) {
		assert_int_equal(n, sizeof(block));
		records++;
	}
	assert_int_equal(err, RTMP_ERR_AGAIN);
	assert_in_range(records, 1, sizeof(answers));
	read_all(&r.io, answers, records);
	run_end(&r);
}

/* The server dies: an error, no SIGPIPE. */
static void
test_dead_server_raises_no_signal(void **state)
{
	static uint8_t block[1000];
	struct iovec iov = { block, sizeof(block) };
	struct run r;
	size_t n;
	int i, err = 0;

	(void)state;
	run_start(&r, ECHO, &good);
	assert_int_equal(run_wrap(&r, HOST, 5000), 0);
	shutdown(r.wire.fd, SHUT_RDWR);
	for (i = 0; i < 3; i++)
		err = r.io.writev(r.io.ctx, &iov, 1, &n);
	assert_int_equal(err, RTMP_ERR_IO);
	assert_true(r.io.error(r.io.ctx)[0] != '\0');
	/* It sticks. */
	assert_int_equal(r.io.read(r.io.ctx, block, 1, &n), RTMP_ERR_IO);
	run_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trusted_chain_carries_data),
		cmocka_unit_test(test_pieces_of_any_size_below),
		cmocka_unit_test(
		    test_numeric_host_is_verified_without_server_name),
		cmocka_unit_test(test_bad_certificates_are_refused_in_words),
		cmocka_unit_test(test_private_ca_is_not_trusted_by_default),
		cmocka_unit_test(test_no_options_verify_too),
		cmocka_unit_test(test_insecure_takes_any_certificate),
		cmocka_unit_test(test_missing_ca_file),
		cmocka_unit_test(test_server_without_tls),
		cmocka_unit_test(test_old_versions_are_refused),
		cmocka_unit_test(test_silent_server_times_out),
		cmocka_unit_test(test_wait_answers_from_the_buffer),
		cmocka_unit_test(
		    test_taken_bytes_leave_while_waiting_to_read),
		cmocka_unit_test(test_dead_server_raises_no_signal),
	};

	return cmocka_run_group_tests(tests, make_certificates,
	    drop_certificates);
}
