/*
 * The tunnel through HTTP, as it should go, to a web server that closes
 * connections whenever it may.
 */
#include "support/gate.h"
#include "support/support.h"

#define OPENED "POST /open/1 1 00\n"

/* ---- Requests and replies ---- */

static void
writes_wait_for_the_reply_and_go_together(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	assert_int_equal(gate_open(&g), 0);
	gate_write(&g, "ab");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	gate_write(&g, "cd");
	gate_write(&g, "ef");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	gate_expect(&g, OPENED "POST /send/S/0 2 6162\n");
	gate_answer_rtmp(&g, "1");
	gate_answer_rtmp(&g, "23");
	/* Only the next request makes the gate look for the answer. */
	g.conn[0].in = g.answers[1].bytes;
	g.conn[0].in_size = g.answers[1].size;
	g.conn[0].in_done = 0;
	g.given = 2;
	assert_int_equal(gate_read(&g, 0, "123"), 0);
	gate_expect(&g, "POST /send/S/1 4 63646566\nPOST /idle/S/2 1 00\n");
	gate_free(&g);
}

/* Cut in any way, with lengths or chunks, whole or not. */
static void
replies_may_come_in_any_form(void **state)
{
	static const char *const forms[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\1abc",
		"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
		"1\n\1\n1\na\n2\nbc\n0\n\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"4\r\n\1abc\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\n"
		"content-length: 4\r\n\r\n\1abc"
	};
	static struct gate g;
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (step = 0; step < 40; step++) {
			gate_init(&g, 1);
			g.in_step = step;
			g.again = step & 1;
			gate_answer_text(&g, forms[i], 0);
			gate_answer_rtmp(&g, "d");
			assert_int_equal(gate_open(&g), 0);
			assert_int_equal(gate_read(&g, 30, "abcd"), 0);
			gate_expect(&g, OPENED "POST /idle/S/0 1 00\n"
			    "POST /idle/S/1 1 00\nPOST /idle/S/2 1 00\n");
			gate_free(&g);
		}
	}
}

/* A reader of single bytes gets them all. */
static void
reads_in_small_pieces(void **state)
{
	static struct gate g;
	char byte;
	size_t n, i;

	(void)state;
	gate_init(&g, 1);
	gate_answer_rtmp(&g, "abc");
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 100),
	    RTMP_WANT_READ);
	for (i = 0; i < 3; i++) {
		assert_int_equal(g.io.read(g.io.ctx, &byte, 1, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(byte, "abc"[i]);
	}
	assert_int_equal(g.io.read(g.io.ctx, &byte, 1, &n), RTMP_ERR_AGAIN);
	gate_free(&g);
}

static void
asks_ever_more_rarely(void **state)
{
	static const int delays[] = { 20, 40, 80, 160, 320, 500, 500 };
	static struct gate g;
	size_t i;

	(void)state;
	gate_init(&g, 1);
	for (i = 0; i < 8; i++)
		gate_answer_rtmp(&g, "");
	gate_answer_rtmp(&g, "abc");
	gate_answer_rtmp(&g, "");
	gate_answer_rtmp(&g, "");
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(gate_read(&g, 3000, "abc"), 0);
	/* open counts as an empty reply. */
	for (i = 0; i < 7; i++)
		assert_int_equal(g.at[i + 1] - g.at[i], delays[i]);
	/* What comes is followed at once, and starts anew. */
	assert_int_equal(g.at[10] - g.at[9], 0);
	assert_int_equal(g.at[11] - g.at[10], 20);
	gate_free(&g);
}

static void
the_server_may_want_it_slower(void **state)
{
	static const uint8_t polls[] = { 1, 5, 5, 0x21, 0xff };
	static const int delays[] = { 40, 80, 160, 500, 500 };
	static struct gate g;
	size_t i;

	(void)state;
	gate_init(&g, 1);
	for (i = 0; i < sizeof(polls); i++)
		gate_answer_body(&g, "", &polls[i], 1);
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(gate_read(&g, 1500, ""), 0);
	for (i = 0; i < sizeof(polls); i++)
		assert_int_equal(g.at[i + 2] - g.at[i + 1], delays[i]);
	gate_free(&g);
}

/* A publisher that only looks now and then is not slowed down by questions. */
static void
sending_is_asking(void **state)
{
	static struct gate g;
	int i;

	(void)state;
	gate_init(&g, 1);
	assert_int_equal(gate_open(&g), 0);
	for (i = 0; i < 30; i++)
		gate_answer_rtmp(&g, "");
	for (i = 0; i < 20; i++) {
		gate_write(&g, "x");
		assert_int_equal(gate_read(&g, 0, ""), 0);
		g.now += 20;
		assert_int_equal(gate_read(&g, 0, ""), 0);
	}
	g.log[g.log_size] = '\0';
	assert_non_null(strstr(g.log, "/send/S/19 "));
	assert_null(strstr(g.log, "/idle/"));
	gate_free(&g);
}

/* Behind its end stands what is left of the line before. */
static void
an_attribute_without_a_value_says_nothing(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 0);
	gate_answer_body(&g, "X-Zeros: 00000000000000000000000000000000\r\n"
	    "Set-Cookie: a=1; Max-Age\r\n", "S", 1);
	gate_answer_rtmp(&g, "");
	assert_int_equal(gate_open(&g), 0);
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_non_null(strstr(g.head, "\r\nCookie: a=1\r\n"));
	gate_free(&g);
}

static void
cookies_come_back(void **state)
{
	static struct gate g;
	char long_one[5000] = "Set-Cookie: long=";

	(void)state;
	memset(long_one + strlen(long_one), 'x', 3000);
	strcat(long_one, "\r\n");
	gate_init(&g, 0);
	gate_answer_body(&g, "Set-Cookie: a=1; Path=/; HttpOnly\r\n"
	    "set-cookie:b=\"2\" ;Max-Age=60\r\nSet-Cookie: c=\r\n", "S", 1);
	gate_answer_body(&g, "Set-Cookie: a=22\r\n", "\1", 1);
	gate_answer_body(&g, "Set-Cookie: b=; Max-Age=0\r\n"
	    "Set-Cookie: nonsense\r\nSet-Cookie: =x\r\n", "\1", 1);
	gate_answer_body(&g, long_one, "\1", 1);
	gate_answer_body(&g, "Set-Cookie: a=; max-age=-1\r\nSet-Cookie: c="
	    "; Max-Age=0\r\n", "\1", 1);
	gate_answer_rtmp(&g, "");
	assert_int_equal(gate_open(&g), 0);
	assert_null(strstr(g.head, "Cookie"));
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_non_null(strstr(g.head, "\r\nCookie: a=1; b=\"2\"; c=\r\n"));
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_non_null(strstr(g.head, "\r\nCookie: b=\"2\"; c=; a=22\r\n"));
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_non_null(strstr(g.head, "\r\nCookie: c=; a=22\r\n"));
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_non_null(strstr(g.head, "\r\nCookie: c=; a=22\r\n"));
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	assert_null(strstr(g.head, "Cookie"));
	gate_free(&g);
}

/* ---- The end ---- */

static void
shutdown_sends_the_rest_and_closes(void **state)
{
	static struct gate g;
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };
	size_t n;

	(void)state;
	gate_init(&g, 1);
	gate_answer_rtmp(&g, "1");
	gate_answer_rtmp(&g, "2");
	gate_answer_body(&g, "", "", 1);
	assert_int_equal(gate_open(&g), 0);
	gate_write(&g, "a");
	gate_write(&g, "b");
	assert_int_equal(g.io.shutdown(g.io.ctx), 0);
	assert_int_equal(g.io.writev(g.io.ctx, &iov, 1, &n), RTMP_ERR_STATE);
	assert_int_equal(gate_read(&g, 100, "12"), RTMP_ERR_EOF);
	assert_int_equal(gate_read(&g, 100, ""), RTMP_ERR_EOF);
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_READ, 100),
	    RTMP_WANT_READ);
	gate_expect(&g, OPENED "POST /send/S/0 1 61\nPOST /send/S/1 1 62\n"
	    "POST /close/S/2 1 00\n");
	gate_free(&g);
}

/* A server that hangs up, or says something odd, in answer to close, has
 * closed. */
static void
close_takes_any_answer(void **state)
{
	static const char *const answers[] = { "",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		"what?", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };
	static struct gate g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		gate_init(&g, 1);
		gate_answer_text(&g, answers[i], 1);
		assert_int_equal(gate_open(&g), 0);
		assert_int_equal(g.io.shutdown(g.io.ctx), 0);
		assert_int_equal(gate_read(&g, 100, ""), RTMP_ERR_EOF);
		gate_free(&g);
	}
}

/* close() can't wait, so the last requests go behind one another. */
static void
close_says_goodbye(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	assert_int_equal(gate_open(&g), 0);
	gate_write(&g, "a");
	gate_write(&g, "b");
	gate_close(&g);
	gate_expect(&g, OPENED "POST /send/S/0 1 61\nPOST /send/S/1 1 62\n"
	    "POST /close/S/2 1 00\n");
	gate_free(&g);
}

/* ---- Connections that end ---- */

/* Announced or not, session and sequence go on. */
static void
a_new_connection_goes_on(void **state)
{
	static const char *const lines[] = { "Connection: close\r\n", "" };
	static struct gate g;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 2; i++) {
		gate_init(&g, 0);
		gate_answer_body(&g, lines[i], "S", 1);
		gate_answer_body(&g, lines[i], "\1a", 2);
		gate_answer_body(&g, lines[i], "\1b", 2);
		for (n = 0; n < 3; n++)
			g.answers[n].closes = 1;
		assert_int_equal(gate_open(&g), 0);
		assert_int_equal(gate_read(&g, 21, "ab"), 0);
		gate_expect(&g, OPENED "POST /idle/S/0 1 00\n"
		    "POST /idle/S/1 1 00\nPOST /idle/S/2 1 00\n");
		assert_int_equal(g.conns, 4);
		gate_free(&g);
	}
}

/* The server closed while a request was on its way: the same one again. */
static void
an_unanswered_request_is_repeated(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 1);
	gate_answer_text(&g, "", 1);
	gate_answer_rtmp(&g, "a");
	gate_answer_text(&g, "HTTP/1.1 408 Request Timeout\r\n"
	    "Connection: close\r\nContent-Length: 0\r\n\r\n", 1);
	gate_answer_rtmp(&g, "b");
	assert_int_equal(gate_open(&g), 0);
	gate_write(&g, "xyz");
	assert_int_equal(gate_read(&g, 5, "ab"), 0);
	gate_expect(&g, OPENED "POST /send/S/0 3 78797a\n"
	    "POST /send/S/0 3 78797a\nPOST /idle/S/1 1 00\n"
	    "POST /idle/S/1 1 00\nPOST /idle/S/2 1 00\n");
	assert_int_equal(g.conns, 3);
	gate_free(&g);
}

/* Nothing is taken while there is no connection, so that whoever writes comes
 * to wait(), which makes one. */
static void
writers_reconnect(void **state)
{
	static struct gate g;
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };
	size_t n;

	(void)state;
	gate_init(&g, 1);
	g.answers[0].closes = 1;
	gate_answer_rtmp(&g, "");
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(g.io.writev(g.io.ctx, &iov, 1, &n), RTMP_ERR_AGAIN);
	assert_true(g.conn[0].closed);
	assert_int_equal(g.io.wait(g.io.ctx, RTMP_WANT_WRITE, 100),
	    RTMP_WANT_WRITE);
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	gate_expect(&g, OPENED "POST /send/S/0 1 78\n");
	gate_free(&g);
}

/* What a server says between requests is no reply. */
static void
unasked_bytes_end_the_connection(void **state)
{
	static struct gate g;

	(void)state;
	gate_init(&g, 0);
	gate_answer_text(&g, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
	    "SHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\1no", 0);
	gate_answer_rtmp(&g, "yes");
	assert_int_equal(gate_open(&g), 0);
	assert_int_equal(gate_read(&g, 21, "yes"), 0);
	assert_int_equal(g.conns, 2);
	gate_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_wait_for_the_reply_and_go_together),
		cmocka_unit_test(replies_may_come_in_any_form),
		cmocka_unit_test(reads_in_small_pieces),
		cmocka_unit_test(asks_ever_more_rarely),
		cmocka_unit_test(the_server_may_want_it_slower),
		cmocka_unit_test(sending_is_asking),
		cmocka_unit_test(cookies_come_back),
		cmocka_unit_test(an_attribute_without_a_value_says_nothing),
		cmocka_unit_test(shutdown_sends_the_rest_and_closes),
		cmocka_unit_test(close_takes_any_answer),
		cmocka_unit_test(close_says_goodbye),
		cmocka_unit_test(a_new_connection_goes_on),
		cmocka_unit_test(an_unanswered_request_is_repeated),
		cmocka_unit_test(writers_reconnect),
		cmocka_unit_test(unasked_bytes_end_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
