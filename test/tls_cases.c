/* TLS transports of examples/ against a server of OpenSSL. */
#include <fcntl.h>
#include <sys/socket.h>

#include "tls_cases.h"
#include "tls_peer.h"

static const struct tls_adapter *adapter;

/* ---- One connection ---- */

struct run {
	struct server server;
	struct wire wire;
	struct rtmp_io io;
	const char *ca_file;
	int insecure;
	char error[200];
};

static void
run_start(struct run *r, enum behaviour behaviour, const struct identity *id)
{
	int fds[2];

	memset(r, 0, sizeof(*r));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	wire_init(&r->wire, fds[0]);
	r->io = r->wire.io;
	r->ca_file = CA_FILE;
	r->server.behaviour = behaviour;
	r->server.id = id;
	r->server.fd = fds[1];
}

static int
run_wrap(struct run *r, const char *host, int timeout_ms)
{
	pthread_create(&r->server.thread, NULL, server_main, &r->server);
	return adapter->wrap(r->ca_file, r->insecure, host, &r->io, timeout_ms,
	    r->error, sizeof(r->error));
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
	refused(&r, HOST, RTMP_ERR_TLS, "signed certificate");
	run_start(&r, ECHO, &other_host);
	refused(&r, HOST, RTMP_ERR_TLS, "ostname mismatch");
}

static void
test_private_ca_is_not_trusted_by_default(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	r.ca_file = NULL;
	refused(&r, HOST, RTMP_ERR_TLS, "no trusted CA has issued it");
}

static void
test_no_options_verify_too(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	pthread_create(&r.server.thread, NULL, server_main, &r.server);
	assert_int_equal(adapter->wrap_default(HOST, &r.io, 5000, r.error,
	    sizeof(r.error)), RTMP_ERR_TLS);
	run_end(&r);
}

static void
test_insecure_takes_any_certificate(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &self_signed);
	r.insecure = 1;
	assert_int_equal(run_wrap(&r, "elsewhere.example.org", 5000), 0);
	echo_and_goodbye(&r, 10);
}

static void
test_missing_ca_file(void **state)
{
	struct run r;

	(void)state;
	run_start(&r, ECHO, &good);
	r.ca_file = "no-such-file.pem";
	refused(&r, HOST, RTMP_ERR_TLS, "no-such-file.pem: No such file");
	/* Nothing in it. */
	run_start(&r, ECHO, &good);
	r.ca_file = "/dev/null";
	assert_int_equal(run_wrap(&r, HOST, 5000), RTMP_ERR_TLS);
	assert_non_null(strstr(r.error, "/dev/null: "));
	run_end(&r);
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
	refused(&r, HOST, RTMP_ERR_TLS, "speaks no TLS newer than 1.1");
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

/* What writev() took must leave although the caller only waits for an answer:
 * the record does not fit into the socket. */
static void
test_taken_bytes_leave_while_waiting_to_read(void **state)
{
	static uint8_t block[16000], answers[1000];
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
run_tls_cases(const struct tls_adapter *tested)
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

	adapter = tested;
	return cmocka_run_group_tests(tests, make_certificates,
	    drop_certificates);
}
