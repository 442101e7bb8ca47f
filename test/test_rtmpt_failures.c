/*
 * The tunnel through HTTP, when things go wrong: replies that are none, web
 * servers that are gone, limits, and calls that fail.
 */
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/rtmp.h>

#include "support/gate.h"
#include "support/net.h"
#include "support/support.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

/* ---- Replies ---- */

/* The one answer to open, behind which the connection may end. */
static void
expect_open(const char *answer, int closes, int err, const char *words)
{
	static struct gate g;
	struct rtmp_io before;
	int r;

	gate_init(&g, 0);
	gate_answer_text(&g, answer, closes);
	g.opt.timeout_ms = 300;
	r = gate_open(&g);
	if (r != err || strcmp(g.error, words) != 0)
		fail_msg("\"%s\": %d, \"%s\"", answer, r, g.error);
	/* The transport below is the caller's still. */
	before = g.conn[0].io;
	assert_memory_equal(&g.io, &before, sizeof(before));
	assert_false(g.conn[0].closed);
	assert_true(g.now - 1000000 <= 300);
	gate_free(&g);
}

static void
truncated_replies_are_errors(void **state)
{
	(void)state;
	expect_open("", 0, RTMP_ERR_TIMEOUT, "POST /open: no reply in time");
	expect_open("HTTP/1.1 200 OK\r\n", 0, RTMP_ERR_TIMEOUT,
	    "POST /open: no reply in time");
	expect_open("", 1, RTMP_ERR_EOF,
	    "POST /open: connection closed by the peer");
	expect_open(OK_HEAD, 1, RTMP_ERR_PROTO, "POST /open: the connection "
	    "was closed within the HTTP header");
	expect_open(OK_HEAD "Content-Length: 9\r\n\r\nS1", 1, RTMP_ERR_PROTO,
	    "POST /open: the connection was closed within the HTTP body");
}

static void
wrong_lengths_are_errors(void **state)
{
	(void)state;
	expect_open(OK_HEAD "Content-Length: x\r\n\r\nS1", 0,
	    RTMP_ERR_PROTO, "POST /open: wrong HTTP Content-Length");
	expect_open(OK_HEAD "Content-Length: 1073741824\r\n\r\n", 0,
	    RTMP_ERR_LIMIT, "POST /open: the body of the HTTP reply has more "
	    "than 64 bytes");
	expect_open(OK_HEAD "Content-Length: 9\r\n\r\nS1", 0,
	    RTMP_ERR_TIMEOUT, "POST /open: no reply in time");
	/* The rest is no reply to anything. */
	expect_open(OK_HEAD "Content-Length: 2\r\n\r\n\r\n", 0,
	    RTMP_ERR_PROTO, "POST /open: the answer is not a session id");
}

static void
refusals_404_and_302_are_told(void **state)
{
	(void)state;
	expect_open("HTTP/1.1 404 Not Found\r\nContent-Length: 9999\r\n\r\n",
	    0, RTMP_ERR_REJECTED, "POST /open: the server answers 404 Not "
	    "Found; it may not speak RTMPT");
	expect_open("HTTP/1.1 405 Not Allowed\r\n\r\n", 0,
	    RTMP_ERR_REJECTED, "POST /open: the server answers 405 Not "
	    "Allowed; it may not speak RTMPT");
	expect_open("HTTP/1.1 408 Request Timeout\r\n\r\n", 0,
	    RTMP_ERR_REJECTED,
	    "POST /open: the server answers 408 Request Timeout");
	expect_open("HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\n"
	    "\r\n", 0, RTMP_ERR_REJECTED, "POST /open: the server answers "
	    "302 Found (http://elsewhere/)");
	expect_open("HTTP/1.1 204 No Content\r\n\r\n", 0,
	    RTMP_ERR_REJECTED,
	    "POST /open: the server answers 204 No Content");
}

static void
html_is_no_tunnel(void **state)
{
	(void)state;
	expect_open(OK_HEAD "Content-Type: text/html\r\n"
	    "Content-Length: 9999\r\n\r\n<html>", 0, RTMP_ERR_PROTO,
	    "POST /open: the server answers with an HTML page");
	expect_open("<!DOCTYPE html>", 0, RTMP_ERR_PROTO,
	    "POST /open: the answer is not an HTTP reply");
	expect_open("\3\0\0\0", 0, RTMP_ERR_PROTO,
	    "POST /open: the answer is not an HTTP reply");
}

static void
session_ids_change_no_request(void **state)
{
	(void)state;
	expect_open(OK_HEAD "Content-Length: 4\r\n\r\n../x", 0,
	    RTMP_ERR_PROTO, "POST /open: the answer is not a session id");
	expect_open(OK_HEAD "Content-Length: 4\r\n\r\na\r\nb", 0,
	    RTMP_ERR_PROTO, "POST /open: the answer is not a session id");
}

/* Lines without end, a line without end, and a body. */
static void
endless_replies_are_stopped(void **state)
{
	static char lines[100000], line[100000], body[100000];
	size_t i;

	(void)state;
	memcpy(lines, OK_HEAD, strlen(OK_HEAD));
	memcpy(line, OK_HEAD, strlen(OK_HEAD));
	snprintf(body, sizeof(body), "%sTransfer-Encoding: chunked\r\n\r\n",
	    OK_HEAD);
	for (i = strlen(OK_HEAD); i + 1 < sizeof(lines); i++) {
		lines[i] = "X: y\n"[(i - strlen(OK_HEAD)) % 5];
		line[i] = 'x';
	}
	for (i = strlen(body); i + 1 < sizeof(body); i++)
		body[i] = "1\r\nS\r\n"[(i - strlen(OK_HEAD) - 30) % 6];
	expect_open(lines, 0, RTMP_ERR_LIMIT,
	    "POST /open: the HTTP header is too long");
	expect_open(line, 0, RTMP_ERR_LIMIT,
	    "POST /open: a line of the HTTP header is too long");
	expect_open(body, 0, RTMP_ERR_LIMIT,
	    "POST /open: the body of the HTTP reply has more than 64 bytes");
}

/* The answer to the first idle request. */
static void
expect_later(const char *answer, int closes, const char *data, int err,
    const char *words)
{
	static struct gate g;
	char byte;
	size_t n;
	int r;

	gate_init(&g, 1);
	gate_answer_text(&g, answer, closes);
	assert_int_equal(gate_open(&g), 0);
	r = gate_read(&g, 1000, data);
	if (r != err || strcmp(g.io.error(g.io.ctx), words) != 0)
		fail_msg("\"%s\": %d, \"%s\"", answer, r,
		    g.io.error(g.io.ctx));
	if (err != 0) {
		/* It sticks. */
		assert_int_equal(g.io.read(g.io.ctx, &byte, 1, &n), err);
		assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 1), err);
		assert_int_equal(g.io.shutdown(g.io.ctx), err);
	}
	gate_free(&g);
}

static void
odd_answers_later(void **state)
{
	(void)state;
	expect_later(OK_HEAD "Content-Length: 9\r\n\r\n\1ab", 0, "ab", 0, "");
	expect_later(OK_HEAD "Content-Length: 9\r\n\r\n\1ab", 1, "ab",
	    RTMP_ERR_PROTO, "POST /idle: the connection was closed within the "
	    "HTTP body");
	expect_later(OK_HEAD "Content-Length: 1073741824\r\n\r\n\1ab", 0, "",
	    RTMP_ERR_LIMIT, "POST /idle: the body of the HTTP reply has more "
	    "than 67108864 bytes");
	expect_later(OK_HEAD "Transfer-Encoding: chunked\r\n\r\n"
	    "3\r\n\1ab\r\nxyz\r\n", 0, "ab", RTMP_ERR_PROTO,
	    "POST /idle: wrong HTTP chunk size");
	expect_later("HTTP/1.1 404 Gone\r\n\r\n", 0, "", RTMP_ERR_EOF,
	    "POST /idle: the server answers 404 Gone");
	expect_later("HTTP/1.1 500 Oops\r\n\r\n", 0, "", RTMP_ERR_REJECTED,
	    "POST /idle: the server answers 500 Oops");
	expect_later("HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", 0, "",
	    RTMP_ERR_REJECTED, "POST /idle: the server answers 302 Found (x)");
	expect_later(OK_HEAD "Content-Type: text/html\r\n\r\n<html>", 0, "",
	    RTMP_ERR_PROTO, "POST /idle: the server answers with an HTML "
	    "page");
	expect_later("RTMP", 0, "", RTMP_ERR_PROTO,
	    "POST /idle: the answer is not an HTTP reply");
	/* Nothing, not even a polling byte. */
	expect_later(OK_HEAD "Content-Length: 0\r\n\r\n", 0, "", 0, "");
}

/* ---- Connections ---- */

static int
refuse(struct gate *g)
{
	(void)g;
	return RTMP_ERR_CONNECT;
}

static void
reconnecting_may_fail(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	g.answers[0].closes = 1;
	g.reopens = refuse;
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(gate_read(&g, 1000, ""), RTMP_ERR_CONNECT);
	assert_string_equal(g.io.error(g.io.ctx),
	    "reconnecting to host:80: nobody there");
	gate_free(&g);
}

static void
nobody_may_want_to_reconnect(void **state)
{
	static struct gate g;
	int way;

	(void)state;
	for (way = 0; way < 2; way++) {
		gate_init(&g, 1);
		if (way == 0)
			g.answers[0].closes = 1;
		else
			gate_answer_text(&g, "", 1);
		g.opt.reopen = NULL;
		assert_int_equal(gate_open(&g), 0);
		assert_int_equal(gate_read(&g, 1000, ""), RTMP_ERR_EOF);
		assert_string_not_equal(g.io.error(g.io.ctx), "");
		gate_free(&g);
	}
}

/* A new connection that brings no answer either is enough. */
static void
a_request_is_repeated_once(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	gate_answer_text(&g, "", 1);
	gate_answer_text(&g, "", 1);
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(gate_read(&g, 1000, ""), RTMP_ERR_EOF);
	assert_int_equal(g.conns, 2);
	assert_int_equal(g.requests, 3);
	assert_string_equal(g.io.error(g.io.ctx),
	    "POST /idle: connection closed by the peer");
	gate_free(&g);
}

/* Connections that end before anything is asked come to an end themselves. */
static void
a_writer_does_not_reconnect_for_ever(void **state)
{
	static struct gate g;
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };
	size_t n;
	int i, r = 0;

	(void)state;
	gate_init(&g, 1);
	g.answers[0].closes = 1;
	assert_int_equal(gate_open(&g), 0);
	for (i = 0; r == 0 && i < 100; i++) {
		r = g.io.writev(g.io.ctx, &iov, 1, &n);
		assert_int_equal(r, RTMP_ERR_AGAIN);
		r = g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 10);
		g.conn[g.conns - 1].eof = 1;
		if (r == RTMP_WANT_WRITE)
			r = 0;
	}
	assert_int_equal(r, RTMP_ERR_EOF);
	assert_int_equal(g.conns, RTMPT_CONNECTS_MAX + 1);
	assert_string_equal(g.io.error(g.io.ctx),
	    "the web server closes every connection without a reply");
	gate_free(&g);
}

/* ---- Time ---- */

static int
take_long(struct gate *g)
{
	g->now += 50;
	return RTMP_ERR_TIMEOUT;
}

static void
waits_end_in_time(void **state)
{
	static struct gate g;
	int64_t begin;

	(void)state;
	gate_init(&g, 1);
	assert_int_equal(gate_open(&g), 0);
	begin = g.now;
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 0), 0);
	assert_int_equal(g.now - begin, 0);
	assert_int_equal(g.io.wait(g.io.ctx, 0, 33), 0);
	assert_int_equal(g.now - begin, 33);
	/* A request without an answer. */
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 100), 0);
	assert_int_equal(g.now - begin, 133);
	gate_free(&g);

	/* Nor does reconnecting take longer. */
	gate_init(&g, 1);
	g.answers[0].closes = 1;
	g.reopens = take_long;
	assert_int_equal(gate_open(&g), 0);
	begin = g.now;
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 50), 0);
	assert_true(g.now - begin <= 100);
	gate_free(&g);
}

/* A call that is cancelled ends, and the tunnel goes on. */
static void
waits_can_be_canceled(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	gate_answer_rtmp(&g, "a");
	assert_int_equal(gate_open(&g), 0);
	g.cancels = 1;
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 100),
	    RTMP_ERR_CANCELED);
	assert_int_equal(g.io.wait(g.io.ctx, 0, 100), RTMP_ERR_CANCELED);
	g.cancels = 0;
	assert_int_equal(gate_read(&g, 100, "a"), 0);
	gate_free(&g);

	gate_init(&g, 0);
	g.cancels = 1;
	assert_int_equal(gate_open(&g), RTMP_ERR_CANCELED);
	assert_string_equal(g.error, "POST /open: canceled");
	gate_free(&g);
}

/* ---- Limits and arguments ---- */

static void
buffers_are_bounded(void **state)
{
	static struct gate g;
	static uint8_t bytes[1000], copy[1000];
	struct iovec iov[3] = { { bytes, 400 }, { bytes, 0 }, { bytes, 600 } };
	size_t n = 0, i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = copy[i] = (uint8_t)i;
	gate_init(&g, 1);
	g.opt.send_max = 500;
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(g.io.writev(g.io.ctx, iov, 3, &n), 0);
	assert_int_equal(n, 500);
	/* That is on its way now, and as much may wait. */
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 0),
	    RTMP_WANT_WRITE);
	assert_int_equal(g.io.writev(g.io.ctx, iov, 3, &n), 0);
	assert_int_equal(n, 500);
	assert_int_equal(g.io.writev(g.io.ctx, iov, 3, &n), RTMP_ERR_AGAIN);
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 10), 0);
	gate_answer_rtmp(&g, "a");
	g.conn[0].in = g.answers[1].bytes;
	g.conn[0].in_size = g.answers[1].size;
	g.conn[0].in_done = 0;
	g.given = 2;
	/* Who does not read keeps it from going on. */
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 10), 0);
	assert_int_equal(gate_read(&g, 0, "a"), 0);
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 0),
	    RTMP_WANT_WRITE);
	assert_memory_equal(bytes, copy, sizeof(bytes));
	gate_free(&g);
}

static void
hosts_go_into_the_header(void **state)
{
	static const char *const bad[] = { "", "a b", "a\r\nX: y", "\x7f" };
	struct rtmp_rtmpt_options opt;
	char words[64] = "", longer[400];
	static struct gate g;
	struct rtmp_io io;
	size_t i;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		gate_init(&g, 1);
		g.conns = 1;
		script_init(&g.conn[0], NULL, 0);
		g.io = io = g.conn[0].io;
		rtmp_rtmpt_options_init(&opt, sizeof(opt));
		opt.error = words;
		opt.error_size = sizeof(words);
		assert_int_equal(rtmp_rtmpt_open(&io, i < 4 ? bad[i] : longer,
		    80, &opt), RTMP_ERR_INVAL);
		assert_string_equal(words, "not a host name");
		assert_int_equal(g.conn[0].calls, 0);
		gate_free(&g);
	}
	gate_init(&g, 1);
	g.conns = 1;
	script_init(&g.conn[0], "HTTP/1.0 200 OK\r\n\r\nS", 20);
	g.conn[0].eof = 1;
	g.io = g.conn[0].io;
	assert_int_equal(rtmp_rtmpt_open(&g.io, "::1", 8080, NULL), 0);
	g.conn[0].out = realloc(g.conn[0].out, g.conn[0].out_size + 1);
	g.conn[0].out[g.conn[0].out_size] = 0;
	assert_non_null(strstr((char *)g.conn[0].out,
	    "\r\nHost: [::1]:8080\r\n"));
	gate_free(&g);
}

/* ---- Calls that fail ---- */

/* Opens, writes, reads, shuts down. */
static int
run_some(struct gate *g)
{
	struct iovec iov = { (void *)(uintptr_t)"abc", 3 };
	char buf[100];
	size_t n;
	int r = gate_open(g);

	if (r != 0) {
		assert_string_not_equal(g->error, "");
		return r;
	}
	r = g->io.writev(g->io.ctx, &iov, 1, &n);
	while (r == 0 || r == RTMP_ERR_AGAIN) {
		r = g->io.read(g->io.ctx, buf, sizeof(buf), &n);
		if (r == RTMP_ERR_AGAIN) {
			r = g->io.wait(g->io.ctx, RTMP_WANT_READ, 100);
			if (r == 0)
				break;
			if (r > 0)
				r = 0;
		}
	}
	if (r == 0)
		r = g->io.shutdown(g->io.ctx);
	if (r != 0)
		assert_string_not_equal(g->io.error(g->io.ctx), "");
	return r;
}

/* Where the n-th call fails, a request that is lost with it is repeated on
 * another connection, and the end of the session needs no reply. */
static void
each_io_call_fails(void **state)
{
	static struct gate g;
	int r, failed = 0, repeated = 0;
	long n;

	(void)state;
	for (n = 1;; n++) {
		gate_init(&g, 1);
		g.in_step = 20;
		g.out_step = 50;
		g.fail_at = n;
		gate_answer_rtmp(&g, "abc");
		gate_answer_rtmp(&g, "def");
		gate_answer_rtmp(&g, "");
		gate_answer_body(&g, "", "", 1);
		r = run_some(&g);
		if (r != 0) {
			assert_int_equal(r, RTMP_ERR_IO);
			failed++;
		}
		repeated += g.conns - 1;
		r = g.conn[0].calls < n;
		gate_free(&g);
		if (r)
			break;
	}
	assert_true(n > 40);
	assert_true(failed > 10 && repeated > 10);
}

static int
run_with(struct test_mem *m, void *unused)
{
	static struct gate g;
	int r;

	(void)unused;
	gate_init(&g, 1);
	g.opt.mem = &m->mem;
	gate_answer_rtmp(&g, "abc");
	gate_answer_rtmp(&g, "");
	gate_answer_body(&g, "", "", 1);
	r = run_some(&g);
	gate_free(&g);
	return r;
}

static void
each_allocation_fails_in_turn(void **state)
{
	(void)state;
	each_allocation_fails(run_with, NULL);
}

/* ---- On a transport of the caller's ---- */

/* Only three functions of a transport are mandatory. */
static int
wrap_in_three(void *arg, const char *host, struct rtmp_io *io,
    int timeout_ms, char *error, size_t error_size)
{
	(void)host;
	(void)timeout_ms;
	(void)error;
	(void)error_size;
	*(struct rtmp_io *)arg = *io;
	io->shutdown = NULL;
	io->close = NULL;
	io->error = NULL;
	return 0;
}

/* A web server that does not answer. */
static void
a_tunnel_that_fails_may_have_nothing_to_close(void **state)
{
	int listener = net_listen(AF_INET, 0);
	struct rtmp_options opt;
	struct rtmp_io below;
	struct rtmp *r;
	char url[80];

	(void)state;
	snprintf(url, sizeof(url), "rtmpts://127.0.0.1:%d/live/key",
	    net_port(listener));
	rtmp_options_init(&opt, sizeof(opt));
	opt.timeout_ms = 100;
	opt.wrap_tls = wrap_in_three;
	opt.wrap_tls_arg = &below;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, url, NULL), RTMP_ERR_TIMEOUT);
	below.close(below.ctx);
	rtmp_free(r);
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncated_replies_are_errors),
		cmocka_unit_test(wrong_lengths_are_errors),
		cmocka_unit_test(refusals_404_and_302_are_told),
		cmocka_unit_test(html_is_no_tunnel),
		cmocka_unit_test(session_ids_change_no_request),
		cmocka_unit_test(endless_replies_are_stopped),
		cmocka_unit_test(odd_answers_later),
		cmocka_unit_test(reconnecting_may_fail),
		cmocka_unit_test(nobody_may_want_to_reconnect),
		cmocka_unit_test(a_request_is_repeated_once),
		cmocka_unit_test(a_writer_does_not_reconnect_for_ever),
		cmocka_unit_test(waits_end_in_time),
		cmocka_unit_test(waits_can_be_canceled),
		cmocka_unit_test(buffers_are_bounded),
		cmocka_unit_test(hosts_go_into_the_header),
		cmocka_unit_test(each_io_call_fails),
		cmocka_unit_test(each_allocation_fails_in_turn),
		cmocka_unit_test(
		    a_tunnel_that_fails_may_have_nothing_to_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
