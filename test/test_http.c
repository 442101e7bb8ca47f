/*
 * Replies of web servers.  What the reader tells of each is written down as
 * text, a line for each event but that pieces of a body run together:
 *
 *     name: value
 *     200 OK
 *     body: abc
 *     end, keep-alive
 */
#include "support/support.h"
#include "transport/http.h"

#define BODY_MAX 1000
#define TEXT_MAX (1 << 17)

struct told {
	struct rtmp_http http;
	int is_connect;
	int in_body;
	int last; /* the last event or error */
	size_t taken;
	size_t size;
	char text[TEXT_MAX];
};

static void
tell(struct told *t, const char *words, size_t size)
{
	assert_true(t->size + size < sizeof(t->text));
	memcpy(t->text + t->size, words, size);
	t->size += size;
	t->text[t->size] = '\0';
}

static void
tell_line(struct told *t, const char *a, const char *b, const char *c)
{
	if (t->in_body)
		tell(t, "\n", 1);
	t->in_body = 0;
	tell(t, a, strlen(a));
	tell(t, b, strlen(b));
	tell(t, c, strlen(c));
	tell(t, "\n", 1);
}

static void
tell_event(struct told *t, int event)
{
	char number[16];

	t->last = event;
	switch (event) {
	case RTMP_HTTP_MORE:
		break;
	case RTMP_HTTP_HEADER:
		tell_line(t, t->http.name, ": ", t->http.value);
		break;
	case RTMP_HTTP_HEAD:
		snprintf(number, sizeof(number), "%d ", t->http.status);
		tell_line(t, number, t->http.reason,
		    t->http.is_html ? ", HTML" : "");
		break;
	case RTMP_HTTP_BODY:
		assert_true(t->http.body_size != 0);
		if (!t->in_body)
			tell(t, "body: ", 6);
		t->in_body = 1;
		tell(t, (const char *)t->http.body, t->http.body_size);
		break;
	case RTMP_HTTP_END:
		tell_line(t, "end", t->http.keep_alive ? ", keep-alive" : "",
		    "");
		break;
	default:
		assert_string_not_equal(t->http.error, "");
		tell_line(t, rtmp_strerror(event), ": ", t->http.error);
	}
}

/* Gives size bytes, of which each piece ends at an unreadable page. */
static void
feed(struct told *t, const uint8_t *data, size_t size)
{
	uint8_t *copy = guard_copy(data, size);
	const uint8_t *p = copy;
	size_t left = size;

	while (t->last >= 0 && t->last != RTMP_HTTP_END) {
		tell_event(t, rtmp_http_next(&t->http, &p, &left));
		if (t->last == RTMP_HTTP_MORE) {
			assert_int_equal(left, 0);
			break;
		}
	}
	t->taken += size - left;
	guard_free(copy, size);
}

static void
begin(struct told *t, int is_connect)
{
	memset(t, 0, sizeof(*t));
	t->is_connect = is_connect;
	rtmp_http_init(&t->http, BODY_MAX, is_connect);
}

static void
end(struct told *t)
{
	if (t->last >= 0 && t->last != RTMP_HTTP_END)
		tell_event(t, rtmp_http_eof(&t->http));
	/* The end sticks, whichever it was. */
	t->in_body = 0;
	assert_int_equal(rtmp_http_eof(&t->http), t->last);
}

/* All of a reply, and then the end of the connection: the same must come of it
 * however it is cut. */
static void
expect_bytes(const void *data, size_t size, int is_connect, const char *text)
{
	static struct told t;
	size_t i, taken;

	begin(&t, is_connect);
	feed(&t, data, size);
	end(&t);
	assert_string_equal(t.text, text);
	taken = t.taken;
	for (i = 1; i < size; i++) {
		begin(&t, is_connect);
		feed(&t, data, i);
		feed(&t, (const uint8_t *)data + i, size - i);
		end(&t);
		assert_string_equal(t.text, text);
		assert_true(t.last < 0 || t.taken == taken);
	}
	begin(&t, is_connect);
	for (i = 0; i < size; i++)
		feed(&t, (const uint8_t *)data + i, 1);
	end(&t);
	assert_string_equal(t.text, text);
	assert_true(t.last < 0 || t.taken == taken);
}

static void
expect(const char *reply, const char *text)
{
	expect_bytes(reply, strlen(reply), 0, text);
}

/* ---- Replies as they should be ---- */

static void
reads_a_length(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
	    "Content-Length: 3\n200 OK\nbody: abc\nend, keep-alive\n");
	expect("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",
	    "Content-Length: 3\n200 OK\nbody: abc\nend, keep-alive\n");
	expect("HTTP/1.1 200 OK\r\ncontent-LENGTH:0\r\n\r\n",
	    "content-LENGTH: 0\n200 OK\nend, keep-alive\n");
	expect("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
	    "Content-Length: 2\r\n\r\nab",
	    "Content-Length: 2\nContent-Length: 2\n200 OK\nbody: ab\n"
	    "end, keep-alive\n");
}

static void
reads_chunks(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
	    "3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n1 \r\nZ\r\n0\r\n\r\n",
	    "Transfer-Encoding: Chunked\n200 OK\nbody: abc0123456789Z\n"
	    "end, keep-alive\n");
	/* Trailers are left out, and a length is overruled. */
	expect("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n1\na\n0\nDigest: x\n\n",
	    "Content-Length: 99\nTransfer-Encoding: chunked\n200 OK\n"
	    "body: a\nend, keep-alive\n");
}

static void
reads_until_the_connection_ends(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\n\r\nabc\r\n\r\n",
	    "200 OK\nbody: abc\r\n\r\n\nend\n");
	expect("HTTP/1.0 200\r\nX:\t y \t\r\n\r\n", "X: y\n200 \nend\n");
}

static void
leaves_what_follows(void **state)
{
	static struct told t;
	static const char two[] = "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n"
	    "Content-Length: 1\r\n\r\nx";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(two) - 1; i++) {
		begin(&t, 0);
		feed(&t, (const uint8_t *)two, i);
		assert_int_equal(t.taken, i < 19 ? i : 19);
	}
	expect(two, "204 No\nend, keep-alive\n");
}

static void
knows_whether_the_connection_goes_on(void **state)
{
	(void)state;
	expect("HTTP/1.1 304 \r\nConnection: close\r\n\r\n",
	    "Connection: close\n304 \nend\n");
	expect("HTTP/1.0 204 x\r\nConnection: x, Keep-Alive\r\n\r\n",
	    "Connection: x, Keep-Alive\n204 x\nend, keep-alive\n");
	expect("HTTP/1.1 204 x\r\nConnection: ,closed,CLOSE\r\n\r\n",
	    "Connection: ,closed,CLOSE\n204 x\nend\n");
	expect("HTTP/1.1 204 x\r\nConnection: closed\r\n\r\n",
	    "Connection: closed\n204 x\nend, keep-alive\n");
}

static void
passes_over_interim_replies(void **state)
{
	(void)state;
	expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n"
	    "Link: x\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\n"
	    "Content-Length: 1\r\n\r\nx",
	    "Content-Length: 1\n200 OK\nbody: x\nend, keep-alive\n");
	expect("HTTP/1.1 101 Switching\r\n\r\n", "101 Switching\nend\n");
}

static void
tells_pages_from_tunnels(void **state)
{
	(void)state;
	expect("HTTP/1.1 200 OK\r\nContent-Type: TEXT/html;charset=x\r\n"
	    "Content-Length: 6\r\n\r\n<html>",
	    "Content-Type: TEXT/html;charset=x\nContent-Length: 6\n"
	    "200 OK, HTML\nbody: <html>\nend, keep-alive\n");
	expect("HTTP/1.1 302 Found\r\nLocation: http://x/\r\n"
	    "Content-Length: 0\r\n\r\n",
	    "Location: http://x/\nContent-Length: 0\n302 Found\n"
	    "end, keep-alive\n");
}

static void
connect_has_no_body(void **state)
{
	static const char ok[] = "HTTP/1.1 200 Connection established\r\n"
	    "Content-Length: 5\r\n\r\n";
	static const char no[] = "HTTP/1.1 403 Filtered\r\n"
	    "Content-Length: 5\r\n\r\nhello";

	(void)state;
	expect_bytes(ok, sizeof(ok) - 1, 1, "Content-Length: 5\n"
	    "200 Connection established\nend, keep-alive\n");
	expect_bytes(no, sizeof(no) - 1, 1, "Content-Length: 5\n"
	    "403 Filtered\nbody: hello\nend, keep-alive\n");
}

/* ---- Replies as they should not be ---- */

static void
refuses_what_is_not_http(void **state)
{
	static const uint8_t rtmp[] = { 3, 0, 0, 0, 0, 0 };
	static const char nul[] = "HTTP/1.1 200 O\0K\r\n\r\n";
	static const char *const wrong[] = { "HTTP/2 200 OK\r\n\r\n",
		"<!DOCTYPE html><html>", "SSH-2.0-OpenSSH_9.2\r\n", "\r\n",
		"ICY 200 OK\r\n\r\n" };
	static const char *const lines[] = { "HTTP/1.1 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n",
		"HTTP/1.x 200 OK\r\n", "HTTP/1.1200 OK\r\n", "HTTP/1.\n" };
	size_t i;

	(void)state;
	expect_bytes(rtmp, sizeof(rtmp), 0,
	    "protocol error: the answer is not an HTTP reply\n");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect(wrong[i],
		    "protocol error: the answer is not an HTTP reply\n");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect(lines[i], "protocol error: wrong HTTP status line\n");
	expect_bytes(nul, sizeof(nul) - 1, 0,
	    "protocol error: control character in the HTTP header\n");
}

static void
refuses_wrong_header_lines(void **state)
{
	static const char *const lines[] = { "no colon", ": no name",
		" folded: x", "na me: x", "name : x" };
	static const char *const lengths[] = { "", "-1", "+1", "1x", "0x1",
		"1, 1", "99999999999999999999", "18446744073709551617" };
	char reply[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
		    lines[i]);
		expect(reply, "protocol error: wrong HTTP header line\n");
	}
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\n"
		    "Content-Length: %s\r\n\r\n", lengths[i]);
		expect(reply, "protocol error: wrong HTTP Content-Length\n");
	}
	expect("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
	    "Content-Length: 2\r\n\r\nab",
	    "Content-Length: 1\nprotocol error: wrong HTTP "
	    "Content-Length\n");
	expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	    "protocol error: unknown HTTP Transfer-Encoding\n");
}

static void
refuses_wrong_chunks(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n";
	static const char told[] = "Transfer-Encoding: chunked\n200 OK\n";
	static const struct {
		const char *body, *text;
	} c[] = {
		{ "x\r\n", "protocol error: wrong HTTP chunk size\n" },
		{ "\r\n", "protocol error: wrong HTTP chunk size\n" },
		{ "-1\r\n", "protocol error: wrong HTTP chunk size\n" },
		{ "3x\r\n", "protocol error: wrong HTTP chunk size\n" },
		{ "fffffffffffffffffffff\r\n",
		    "protocol error: wrong HTTP chunk size\n" },
		{ "ffffffff\r\n", "limit exceeded: the body of the HTTP reply "
		    "has more than 1000 bytes\n" },
		{ "3\r\nabcd\r\n", "body: abc\nprotocol error: no line end "
		    "behind an HTTP chunk\n" },
		{ "1\r\na\r\n3e8\r\n", "body: a\nlimit exceeded: the body of "
		    "the HTTP reply has more than 1000 bytes\n" }
	};
	char reply[256], text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		snprintf(reply, sizeof(reply), "%s%s", head, c[i].body);
		snprintf(text, sizeof(text), "%s%s", told, c[i].text);
		expect(reply, text);
	}
}

/* The connection ends behind each byte of a reply. */
static void
truncated_replies_are_errors(void **state)
{
	static const char *const replies[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n0\r\n\r\n"
	};
	static struct told t;
	size_t i, n, head;

	(void)state;
	for (i = 0; i < 2; i++) {
		head = (size_t)(strstr(replies[i], "\r\n\r\n") - replies[i]) +
		    4;
		for (n = 0; n < strlen(replies[i]); n++) {
			begin(&t, 0);
			feed(&t, (const uint8_t *)replies[i], n);
			end(&t);
			if (n == 0)
				assert_string_equal(t.text, "connection closed"
				    " by the peer: closed without an HTTP "
				    "reply\n");
			else
				assert_non_null(strstr(t.text, n < head ?
				    "closed within the HTTP header" :
				    "closed within the HTTP body"));
			assert_int_equal(t.last, n == 0 ? RTMP_ERR_EOF :
			    RTMP_ERR_PROTO);
		}
	}
}

/* ---- Replies without end ---- */

/* Repeats words until the reader has enough; returns how many it took. */
static size_t
endless(struct told *t, const char *head, const char *words)
{
	size_t n;

	begin(t, 0);
	feed(t, (const uint8_t *)head, strlen(head));
	for (n = 0; t->last >= 0; n++) {
		assert_true(n < 100000);
		feed(t, (const uint8_t *)words, strlen(words));
	}
	return t->taken;
}

static void
headers_have_limits(void **state)
{
	static struct told t;

	(void)state;
	assert_true(endless(&t, "HTTP/1.1 200 OK\r\n", "X: y\r\n") <=
	    RTMP_HTTP_HEADER_MAX + 6);
	assert_string_equal(t.http.error, "the HTTP header is too long");
	assert_int_equal(t.last, RTMP_ERR_LIMIT);
	assert_true(endless(&t, "HTTP/1.1 200 OK\r\n", "x") <=
	    RTMP_HTTP_LINE_MAX + 17);
	assert_string_equal(t.http.error,
	    "a line of the HTTP header is too long");
	endless(&t, "HTTP/1.1 200 ", "x");
	assert_int_equal(t.last, RTMP_ERR_LIMIT);
	assert_true(endless(&t, "", "HTTP/1.1 100 Continue\r\n\r\n") <=
	    RTMP_HTTP_HEADER_MAX + 25);
	assert_string_equal(t.http.error, "the HTTP header is too long");
	assert_true(endless(&t, "HTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n") <=
	    RTMP_HTTP_HEADER_MAX + 9);
	assert_int_equal(t.last, RTMP_ERR_LIMIT);
}

static void
bodies_have_limits(void **state)
{
	static struct told t;
	static const char *const lengths[] = { "1001", "1073741824",
		"100000000000000000" };
	static const char words[] = "the body of the HTTP reply has more than "
	    "1000 bytes";
	char reply[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\n"
		    "Content-Length: %s\r\n\r\n", lengths[i]);
		begin(&t, 0);
		feed(&t, (const uint8_t *)reply, strlen(reply));
		assert_int_equal(t.last, RTMP_ERR_LIMIT);
		assert_string_equal(t.http.error, words);
	}
	endless(&t, "HTTP/1.1 200 OK\r\n\r\n", "0123456789");
	assert_string_equal(t.http.error, words);
	endless(&t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "1\r\nx\r\n");
	assert_string_equal(t.http.error, words);
	endless(&t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "0");
	assert_string_equal(t.http.error,
	    "a line of the HTTP header is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_length),
		cmocka_unit_test(reads_chunks),
		cmocka_unit_test(reads_until_the_connection_ends),
		cmocka_unit_test(leaves_what_follows),
		cmocka_unit_test(knows_whether_the_connection_goes_on),
		cmocka_unit_test(passes_over_interim_replies),
		cmocka_unit_test(tells_pages_from_tunnels),
		cmocka_unit_test(connect_has_no_body),
		cmocka_unit_test(refuses_what_is_not_http),
		cmocka_unit_test(refuses_wrong_header_lines),
		cmocka_unit_test(refuses_wrong_chunks),
		cmocka_unit_test(truncated_replies_are_errors),
		cmocka_unit_test(headers_have_limits),
		cmocka_unit_test(bodies_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
