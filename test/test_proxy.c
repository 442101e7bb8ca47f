/*
 * Ways through proxies: what is asked for, byte by byte, and each way that
 * they refuse.  The proxies are scripts; in hex, since SOCKS5 is binary.
 */
#include <rtmpio/rtmp.h>

#include "support/script.h"
#include "support/support.h"
#include "transport/net.h"

#define HELLO "050100"
#define HELLO_PASSWORD "05020002"
/* To "name" port 1935. */
#define ASK "05010003046e616d65078f"
#define GRANTED "05000001000000000000"

struct attempt {
	struct script s;
	struct rtmp_proxy_options opt;
	char words[256];
	int err;
};

typedef int open_fn(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_proxy_options *opt);

static void
attempt_init(struct attempt *a, const void *answer, size_t size)
{
	memset(a, 0, sizeof(*a));
	script_init(&a->s, answer, size);
	rtmp_proxy_options_init(&a->opt, sizeof(a->opt));
	a->opt.error = a->words;
	a->opt.error_size = sizeof(a->words);
	a->opt.timeout_ms = 2000;
}

/* Negotiates; what was sent must be that, and nothing but the answer read. */
static void
attempt_run(struct attempt *a, open_fn *open, const char *host,
    const void *sent, size_t sent_size)
{
	struct rtmp_io before = a->s.io;

	a->err = open(&a->s.io, host, 1935, &a->opt);
	assert_memory_equal(&a->s.io, &before, sizeof(before));
	assert_false(a->s.closed);
	assert_int_equal(a->err == 0, a->words[0] == '\0');
	if (sent == NULL)
		return;
	assert_int_equal(a->s.out_size, sent_size);
	assert_memory_equal(a->s.out, sent, sent_size);
}

/* ---- SOCKS5 ---- */

/* answer and sent are hex; in pieces of step bytes, 0: all at once. */
static void
socks(const char *user, const char *password, const char *host,
    const char *answer, const char *sent, size_t step, int err,
    const char *words)
{
	size_t answer_size, sent_size;
	uint8_t *a = from_hex(answer, &answer_size);
	uint8_t *b = from_hex(sent, &sent_size);
	struct attempt t;

	attempt_init(&t, a, answer_size);
	t.opt.user = user;
	t.opt.password = password;
	t.s.in_step = t.s.out_step = step;
	t.s.again = step != 0;
	t.s.eof = 1;
	attempt_run(&t, rtmp_socks5_open, host, b, sent_size);
	if (t.err != err || strcmp(t.words, words) != 0)
		fail_msg("%s: %d, \"%s\"", answer, t.err, t.words);
	script_free(&t.s);
	free(a);
	free(b);
}

static void
socks_asks_for_the_name(void **state)
{
	size_t step;

	(void)state;
	for (step = 0; step < 12; step++) {
		socks(NULL, NULL, "name", "0500" GRANTED, HELLO ASK, step, 0,
		    "");
		/* The proxy's own address may be of any kind. */
		socks(NULL, NULL, "name", "0500" "05000004"
		    "000102030405060708090a0b0c0d0e0f1234", HELLO ASK, step,
		    0, "");
		socks(NULL, NULL, "name", "0500" "0500000303" "6161611234",
		    HELLO ASK, step, 0, "");
		socks(NULL, NULL, "name", "0500" "0500000300" "1234",
		    HELLO ASK, step, 0, "");
	}
}

static void
socks_tells_addresses_from_names(void **state)
{
	(void)state;
	socks(NULL, NULL, "127.0.0.1", "0500" GRANTED,
	    HELLO "050100017f000001078f", 0, 0, "");
	socks(NULL, NULL, "::1", "0500" GRANTED, HELLO
	    "05010004000000000000000000000000" "00000001078f", 0, 0, "");
}

static void
socks_shows_a_password_when_asked(void **state)
{
	size_t step;

	(void)state;
	for (step = 0; step < 5; step++) {
		socks("me", "secret", "name", "0502" "0100" GRANTED,
		    HELLO_PASSWORD "01026d6506736563726574" ASK, step, 0, "");
		socks("me", NULL, "name", "0502" "0100" GRANTED,
		    HELLO_PASSWORD "01026d6500" ASK, step, 0, "");
		socks("me", "secret", "name", "0500" GRANTED,
		    HELLO_PASSWORD ASK, step, 0, "");
		socks("me", "secret", "name", "0502" "0101",
		    HELLO_PASSWORD "01026d6506736563726574", step,
		    RTMP_ERR_REJECTED, "SOCKS5 proxy: does not accept the "
		    "user and password");
	}
}

static void
socks_says_why_it_refuses(void **state)
{
	static const struct {
		int err;
		const char *words;
	} replies[] = {
		{ RTMP_ERR_CONNECT, "general failure" },
		{ RTMP_ERR_REJECTED, "not allowed by its rules" },
		{ RTMP_ERR_CONNECT, "network unreachable" },
		{ RTMP_ERR_CONNECT, "host unreachable" },
		{ RTMP_ERR_CONNECT, "connection refused" },
		{ RTMP_ERR_CONNECT, "the connection took too long" },
		{ RTMP_ERR_PROTO, "command not supported" },
		{ RTMP_ERR_PROTO, "address type not supported" },
		{ RTMP_ERR_CONNECT, "reply 9" }
	};
	char answer[64], words[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		snprintf(answer, sizeof(answer), "0500" "05%02zx0001", i + 1);
		snprintf(words, sizeof(words), "SOCKS5 proxy: name port 1935: "
		    "%s", replies[i].words);
		socks(NULL, NULL, "name", answer, HELLO ASK, 0,
		    replies[i].err, words);
	}
	socks(NULL, NULL, "name", "05ff", HELLO, 0, RTMP_ERR_REJECTED,
	    "SOCKS5 proxy: wants a user and password");
	socks("me", "x", "name", "05ff", HELLO_PASSWORD, 0,
	    RTMP_ERR_REJECTED,
	    "SOCKS5 proxy: takes neither a user and password nor none");
}

static void
socks_must_be_socks(void **state)
{
	(void)state;
	socks(NULL, NULL, "name", "0400", HELLO, 0, RTMP_ERR_PROTO,
	    "SOCKS5 proxy: the answer is not SOCKS5");
	socks(NULL, NULL, "name", "485454502f312e31", HELLO, 0,
	    RTMP_ERR_PROTO, "SOCKS5 proxy: the answer is not SOCKS5");
	socks(NULL, NULL, "name", "0502", HELLO, 0, RTMP_ERR_PROTO,
	    "SOCKS5 proxy: chose method 2, which was not offered");
	socks("me", "x", "name", "0501", HELLO_PASSWORD, 0, RTMP_ERR_PROTO,
	    "SOCKS5 proxy: chose method 1, which was not offered");
	socks(NULL, NULL, "name", "0500" "04000001", HELLO ASK, 0,
	    RTMP_ERR_PROTO, "SOCKS5 proxy: the reply is not SOCKS5");
	socks(NULL, NULL, "name", "0500" "05000002", HELLO ASK, 0,
	    RTMP_ERR_PROTO, "SOCKS5 proxy: the reply has an address of "
	    "unknown type 2");
}

/* ---- HTTP CONNECT ---- */

static void
http(const char *user, const char *password, const char *host,
    const char *answer, const char *sent, size_t step, int err,
    const char *words)
{
	struct attempt t;

	attempt_init(&t, answer, strlen(answer));
	t.opt.user = user;
	t.opt.password = password;
	t.s.in_step = t.s.out_step = step;
	t.s.again = step != 0;
	t.s.eof = 1;
	attempt_run(&t, rtmp_http_connect_open, host, sent, strlen(sent));
	if (t.err != err || strcmp(t.words, words) != 0)
		fail_msg("%s: %d, \"%s\"", answer, t.err, t.words);
	script_free(&t.s);
}

static void
connect_asks_for_the_name(void **state)
{
	static const char sent[] = "CONNECT name:1935 HTTP/1.1\r\n"
	    "Host: name:1935\r\n\r\n";
	size_t step;

	(void)state;
	for (step = 0; step < 20; step++) {
		http(NULL, NULL, "name", "HTTP/1.1 200 Established\r\n\r\n",
		    sent, step, 0, "");
		http(NULL, NULL, "name", "HTTP/1.0 200 OK\r\n"
		    "Content-Length: 3\r\nConnection: close\r\n\r\n", sent,
		    step, 0, "");
		http(NULL, NULL, "name", "HTTP/1.1 100 Wait\r\n\r\n"
		    "HTTP/1.1 204 Yes\r\n\r\n", sent, step, 0, "");
	}
	http(NULL, NULL, "::1", "HTTP/1.1 200 OK\r\n\r\n",
	    "CONNECT [::1]:1935 HTTP/1.1\r\nHost: [::1]:1935\r\n\r\n", 0, 0,
	    "");
}

#ifndef RTMP_NO_CRYPTO
/* The example of RFC 7617, section 2. */
static void
connect_shows_a_password(void **state)
{
	static const char sent[] = "CONNECT name:1935 HTTP/1.1\r\n"
	    "Host: name:1935\r\nProxy-Authorization: Basic "
	    "QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";

	(void)state;
	http("Aladdin", "open sesame", "name", "HTTP/1.1 200 OK\r\n\r\n",
	    sent, 0, 0, "");
	http("Aladdin", "open sesame", "name",
	    "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", sent, 0,
	    RTMP_ERR_REJECTED,
	    "HTTP proxy: does not accept the user and password");
	http("Aladdin", "open sesame", "name",
	    "HTTP/1.0 401 Unauthorized\r\n\r\n", sent, 0, RTMP_ERR_REJECTED,
	    "HTTP proxy: does not accept the user and password");
	http("a:b", "", "name", "", "", 0, RTMP_ERR_INVAL,
	    "HTTP proxy: a user can have no ':'");
}
#endif

static void
connect_says_why_it_refuses(void **state)
{
	static const char sent[] = "CONNECT name:1935 HTTP/1.1\r\n"
	    "Host: name:1935\r\n\r\n";

	(void)state;
	http(NULL, NULL, "name", "HTTP/1.1 407 Auth\r\n\r\n", sent, 0,
	    RTMP_ERR_REJECTED, "HTTP proxy: wants a user and password");
	http(NULL, NULL, "name", "HTTP/1.1 403 Filtered\r\n\r\n", sent, 0,
	    RTMP_ERR_REJECTED,
	    "HTTP proxy: name port 1935: 403 Filtered");
	http(NULL, NULL, "name", "HTTP/1.1 302 Found\r\n\r\n", sent, 0,
	    RTMP_ERR_REJECTED, "HTTP proxy: name port 1935: 302 Found");
	http(NULL, NULL, "name", "HTTP/1.1 502 Bad Gateway\r\n\r\n", sent, 0,
	    RTMP_ERR_CONNECT,
	    "HTTP proxy: name port 1935: 502 Bad Gateway");
	http(NULL, NULL, "name", "\5\0", sent, 0, RTMP_ERR_PROTO,
	    "HTTP proxy: the answer is not an HTTP reply");
	http(NULL, NULL, "name", "", sent, 0, RTMP_ERR_EOF,
	    "HTTP proxy: closed the connection");
	http(NULL, NULL, "name", "HTTP/1.1 200 OK\r\n", sent, 0,
	    RTMP_ERR_EOF, "HTTP proxy: closed the connection");
}

static void
connect_has_limits(void **state)
{
	static char endless[100000] = "HTTP/1.1 200 OK\r\n";
	struct attempt t;
	size_t i;

	(void)state;
	for (i = strlen(endless); i < sizeof(endless); i++)
		endless[i] = 'x';
	attempt_init(&t, endless, sizeof(endless));
	attempt_run(&t, rtmp_http_connect_open, "name", NULL, 0);
	assert_int_equal(t.err, RTMP_ERR_LIMIT);
	assert_true(t.s.in_done < 5000);
	script_free(&t.s);
}

/* ---- Both ---- */

/* What the server sends behind the proxy's answer is left to be read. */
static void
no_byte_too_many_is_read(void **state)
{
	static const char http_answer[] = "HTTP/1.1 200 OK\r\n\r\n\3server";
	size_t size, i;
	uint8_t *socks_answer = from_hex("0500" GRANTED "03736572766572",
	    &size);
	struct attempt t;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (i == 0)
			attempt_init(&t, socks_answer, size);
		else
			attempt_init(&t, http_answer, sizeof(http_answer) - 1);
		attempt_run(&t, i == 0 ? rtmp_socks5_open :
		    rtmp_http_connect_open, "name", NULL, 0);
		assert_int_equal(t.err, 0);
		assert_int_equal(t.s.in_size - t.s.in_done, 7);
		script_free(&t.s);
	}
	free(socks_answer);
}

/* A proxy that stalls at each byte of its answer. */
static void
stalls_end_by_the_deadline(void **state)
{
	static const char http_answer[] = "HTTP/1.1 200 OK\r\n\r\n";
	size_t size, n, i;
	uint8_t *socks_answer = from_hex("0502" "0100" GRANTED, &size);
	struct attempt t;
	int64_t begin;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = 0; n < size; n++) {
			attempt_init(&t, i == 0 ? (const char *)socks_answer :
			    http_answer, n);
			if (i == 0)
				t.opt.user = "me";
			t.opt.timeout_ms = 2;
			begin = rtmp_net_now();
			attempt_run(&t, i == 0 ? rtmp_socks5_open :
			    rtmp_http_connect_open, "name", NULL, 0);
			assert_int_equal(t.err, RTMP_ERR_TIMEOUT);
			assert_non_null(strstr(t.words,
			    "proxy: no answer in time"));
			assert_true(rtmp_net_now() - begin < 1000);
			script_free(&t.s);
		}
	}
	free(socks_answer);
}

static void
each_io_call_fails(void **state)
{
	static const char http_answer[] = "HTTP/1.1 200 OK\r\n\r\n";
	size_t size, i;
	uint8_t *socks_answer = from_hex("0502" "0100" GRANTED, &size);
	struct attempt t;
	long n, calls;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (n = 1;; n++) {
			attempt_init(&t, i == 0 ? (const char *)socks_answer :
			    http_answer, i == 0 ? size :
			    sizeof(http_answer) - 1);
			if (i == 0)
				t.opt.user = "me";
			t.s.again = 1;
			t.s.fail_at = n;
			attempt_run(&t, i == 0 ? rtmp_socks5_open :
			    rtmp_http_connect_open, "name", NULL, 0);
			calls = t.s.calls;
			script_free(&t.s);
			if (calls < n)
				break;
			assert_int_equal(t.err, RTMP_ERR_IO);
			assert_non_null(strstr(t.words, "transport failed"));
		}
		assert_int_equal(t.err, 0);
		assert_true(n > 10);
	}
	free(socks_answer);
}

static void
wrong_arguments_send_nothing(void **state)
{
	static const char *const bad[] = { "", "a b", "a\r\n", "\x7f", NULL };
	char longer[300];
	struct attempt t;
	size_t i;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (i = 0; i < 14; i++) {
		const char *host = bad[i / 2 % 5];

		attempt_init(&t, "", 0);
		if (i >= 10)
			host = "name";
		if (i / 2 == 5)
			t.opt.user = longer;
		if (i / 2 == 6)
			t.opt.user = "me";
		if (i / 2 == 6)
			t.opt.password = longer;
		attempt_run(&t, i % 2 == 0 ? rtmp_socks5_open :
		    rtmp_http_connect_open, host != NULL ? host : longer, "",
		    0);
		assert_int_equal(t.err, RTMP_ERR_INVAL);
		assert_int_equal(t.s.calls, 0);
		script_free(&t.s);
	}
}

static void
options_may_be_missing(void **state)
{
	struct script s;

	(void)state;
	script_init(&s, "HTTP/1.1 403 No\r\n\r\n", 19);
	assert_int_equal(rtmp_http_connect_open(&s.io, "name", 1, NULL),
	    RTMP_ERR_REJECTED);
	script_free(&s);
}

/* ---- The option of the client ---- */

#define BAD_PORT "proxy: the port is not a number from 1 to 65535"

static void
client_checks_the_url_of_the_proxy(void **state)
{
	static const struct {
		const char *proxy, *words;
	} bad[] = {
		{ "", "proxy: neither socks5:// nor http://" },
		{ "localhost:1080", "proxy: neither socks5:// nor http://" },
		{ "https://h:1", "proxy: neither socks5:// nor http://" },
		{ "socks5://h", "proxy: no port" },
		{ "socks5://h:", BAD_PORT },
		{ "socks5://[::1]", "proxy: no port" },
		{ "socks5://h:0", BAD_PORT },
		{ "socks5://h:65536", BAD_PORT },
		{ "http://h:99999999999999999999", BAD_PORT },
		{ "http://h:1x", BAD_PORT },
		{ "http://h:1/x", "proxy: something follows the port" },
		{ "http://:1", "proxy: no host" },
		{ "http://@h:1", "proxy: no user in front of '@'" },
		{ "http://:x@h:1", "proxy: no user in front of '@'" },
		{ "http://a%00@h:1",
		    "proxy: the user has a control character" },
		{ "http://a:%00@h:1",
		    "proxy: the password has a control character" }
	};
	struct rtmp_options opt;
	char longer[5000];
	struct rtmp *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rtmp_options_init(&opt, sizeof(opt));
		opt.proxy = bad[i].proxy;
		r = rtmp_new(&opt);
		assert_int_equal(rtmp_connect(r, "rtmp://localhost/a/b",
		    NULL), RTMP_ERR_URL);
		assert_string_equal(rtmp_error_detail(r), bad[i].words);
		rtmp_free(r);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer, "http://", 7);
	opt.proxy = longer;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, "rtmp://localhost/a/b", NULL),
	    RTMP_ERR_URL);
	assert_string_equal(rtmp_error_detail(r), "proxy: too long");
	rtmp_free(r);
}

/* It is the proxy that refuses, not the server behind it. */
static void
client_says_that_the_proxy_is_not_there(void **state)
{
	static const char *const proxies[] = { "socks5://127.0.0.1:1",
		"http://us:pw@127.0.0.1:1" };
	struct rtmp_options opt;
	struct rtmp *r;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		rtmp_options_init(&opt, sizeof(opt));
		opt.proxy = proxies[i];
		r = rtmp_new(&opt);
		assert_int_equal(rtmp_connect(r, "rtmp://localhost/a/b",
		    NULL), RTMP_ERR_CONNECT);
		assert_string_equal(rtmp_error_detail(r), "proxy: connect to "
		    "127.0.0.1 port 1: Connection refused");
		rtmp_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socks_asks_for_the_name),
		cmocka_unit_test(socks_tells_addresses_from_names),
		cmocka_unit_test(socks_shows_a_password_when_asked),
		cmocka_unit_test(socks_says_why_it_refuses),
		cmocka_unit_test(socks_must_be_socks),
		cmocka_unit_test(connect_asks_for_the_name),
#ifndef RTMP_NO_CRYPTO
		cmocka_unit_test(connect_shows_a_password),
#endif
		cmocka_unit_test(connect_says_why_it_refuses),
		cmocka_unit_test(connect_has_limits),
		cmocka_unit_test(no_byte_too_many_is_read),
		cmocka_unit_test(stalls_end_by_the_deadline),
		cmocka_unit_test(each_io_call_fails),
		cmocka_unit_test(wrong_arguments_send_nothing),
		cmocka_unit_test(options_may_be_missing),
		cmocka_unit_test(client_checks_the_url_of_the_proxy),
		cmocka_unit_test(client_says_that_the_proxy_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
