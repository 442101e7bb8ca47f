/*
 * HTTP/1.1 replies, RFC 9112:
 *
 *     HTTP/1.1 200 OK CRLF           status line
 *     Content-Length: 3 CRLF         header lines
 *     CRLF
 *     ...                            body: so many bytes; or chunks, which
 *                                    end with one of size 0 and trailers; or
 *                                    all until the connection is closed
 *
 * A line may also end with LF alone, section 2.2.
 */
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "transport/http.h"

#define VERSION "HTTP/1."
#define VERSION_SIZE (sizeof(VERSION) - 1)

enum state {
	STATUS_LINE,
	HEADER_LINE,
	BODY_START,
	BODY,	    /* h->left bytes */
	BODY_TO_EOF,
	CHUNK_LINE,
	CHUNK,	    /* h->left bytes */
	CHUNK_END,  /* the CRLF behind them */
	TRAILER,
	DONE
};

void
rtmp_http_init(struct rtmp_http *h, uint64_t body_max, int is_connect)
{
	memset(h, 0, offsetof(struct rtmp_http, line));
	h->body_max = body_max;
	h->is_connect = is_connect;
}

static int
fail(struct rtmp_http *h, int err, const char *words)
{
	snprintf(h->error, sizeof(h->error), "%s", words);
	h->err = err;
	return err;
}

static int
fail_size(struct rtmp_http *h)
{
	snprintf(h->error, sizeof(h->error), "the body of the HTTP reply has "
	    "more than %llu bytes", (unsigned long long)h->body_max);
	h->err = RTMP_ERR_LIMIT;
	return h->err;
}

/* ---- Lines ---- */

/* Whatever does not speak HTTP shows it at once, and may send no line end. */
static int
check_version(struct rtmp_http *h)
{
	size_t n = h->line_size < VERSION_SIZE ? h->line_size : VERSION_SIZE;

	return memcmp(h->line, VERSION, n) == 0 ? 0 :
	    fail(h, RTMP_ERR_PROTO, "the answer is not an HTTP reply");
}

static int
check_text(struct rtmp_http *h)
{
	size_t i;
	unsigned char c;

	for (i = 0; i < h->line_size; i++) {
		c = (unsigned char)h->line[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail(h, RTMP_ERR_PROTO,
			    "control character in the HTTP header");
	}
	return 0;
}

/* Takes bytes up to a line end: 1 with h->line as a string, 0 when there is
 * none yet, or an error. */
static int
take_line(struct rtmp_http *h, const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t n = end != NULL ? (size_t)(end - *data) : *size;

	if (n >= sizeof(h->line) - h->line_size)
		return fail(h, RTMP_ERR_LIMIT, "a line of the HTTP header is "
		    "too long");
	memcpy(h->line + h->line_size, *data, n);
	h->line_size += n;
	if (end != NULL)
		n++;
	*data += n;
	*size -= n;
	if (h->state != CHUNK_LINE && h->state != CHUNK_END)
		h->header_size += n;
	if (h->header_size > RTMP_HTTP_HEADER_MAX)
		return fail(h, RTMP_ERR_LIMIT, "the HTTP header is too long");
	if (h->state == STATUS_LINE && check_version(h) != 0)
		return h->err;
	if (end == NULL)
		return 0;
	if (h->line_size != 0 && h->line[h->line_size - 1] == '\r')
		h->line_size--;
	if (check_text(h) != 0)
		return h->err;
	h->line[h->line_size] = '\0';
	h->line_size = 0;
	return 1;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int
rtmp_http_says(const char *s, size_t size, const char *word)
{
	size_t i;

	for (i = 0; i < size && word[i] != '\0'; i++)
		if (lower(s[i]) != word[i])
			return 0;
	return i == size && word[i] == '\0';
}

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static int
parse_status(struct rtmp_http *h)
{
	const char *p = h->line + VERSION_SIZE;

	if (strlen(h->line) < VERSION_SIZE + 5 || !is_digit(p[0]) ||
	    p[1] != ' ' || !is_digit(p[2]) || !is_digit(p[3]) ||
	    !is_digit(p[4]) || (p[5] != ' ' && p[5] != '\0'))
		return fail(h, RTMP_ERR_PROTO, "wrong HTTP status line");
	h->keep_alive = p[0] != '0';
	h->status = (p[2] - '0') * 100 + (p[3] - '0') * 10 + p[4] - '0';
	h->has_length = h->chunked = h->is_html = 0;
	snprintf(h->reason, sizeof(h->reason), "%s", p[5] != '\0' ? p + 6 :
	    "");
	return 0;
}

/* ---- Header lines ---- */

static int
parse_length(struct rtmp_http *h)
{
	const char *p = h->value;
	uint64_t v = 0;

	for (; is_digit(*p) && v < UINT64_MAX / 100; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == h->value || *p != '\0' || (h->has_length && h->left != v))
		return fail(h, RTMP_ERR_PROTO, "wrong HTTP Content-Length");
	h->has_length = 1;
	h->left = v;
	return 0;
}

static int
parse_coding(struct rtmp_http *h)
{
	if (!rtmp_http_says(h->value, strlen(h->value), "chunked"))
		return fail(h, RTMP_ERR_PROTO,
		    "unknown HTTP Transfer-Encoding");
	h->chunked = 1;
	return 0;
}

/* "Keep-Alive, Upgrade" */
static void
parse_connection(struct rtmp_http *h)
{
	const char *p = h->value;
	size_t n;

	for (; *p != '\0'; p += n) {
		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if (rtmp_http_says(p, n, "close"))
			h->keep_alive = 0;
		else if (rtmp_http_says(p, n, "keep-alive"))
			h->keep_alive = 1;
	}
}

/* Splits "name: value". */
static int
split_line(struct rtmp_http *h)
{
	size_t n = strcspn(h->line, ": \t"), end;

	if (n == 0 || h->line[n] != ':')
		return fail(h, RTMP_ERR_PROTO, "wrong HTTP header line");
	h->line[n] = '\0';
	h->name = h->line;
	h->value = h->line + n + 1;
	h->value += strspn(h->value, " \t");
	for (end = strlen(h->value); end > 0; end--)
		if (h->value[end - 1] != ' ' && h->value[end - 1] != '\t')
			break;
	h->line[(size_t)(h->value - h->line) + end] = '\0';
	return 0;
}

static int
parse_header(struct rtmp_http *h)
{
	size_t n;

	if (split_line(h) != 0)
		return h->err;
	n = strlen(h->name);
	if (rtmp_http_says(h->name, n, "content-length"))
		return parse_length(h);
	if (rtmp_http_says(h->name, n, "transfer-encoding"))
		return parse_coding(h);
	if (rtmp_http_says(h->name, n, "connection"))
		parse_connection(h);
	if (rtmp_http_says(h->name, n, "content-type") &&
	    rtmp_http_says(h->value, strcspn(h->value, "; \t"), "text/html"))
		h->is_html = 1;
	return 0;
}

/* ---- Body ---- */

/* Sections 6.3 and 9.3.6: chunks go before a length, and some replies have no
 * body. */
static int
start_body(struct rtmp_http *h)
{
	if (h->status == 204 || h->status == 304 ||
	    (h->is_connect && h->status / 100 == 2)) {
		h->state = DONE;
	} else if (h->chunked) {
		h->state = CHUNK_LINE;
	} else if (h->has_length) {
		if (h->left > h->body_max)
			return fail_size(h);
		h->state = h->left != 0 ? BODY : DONE;
	} else {
		h->keep_alive = 0;
		h->state = BODY_TO_EOF;
	}
	return 0;
}

/* "1f;extension" */
static int
parse_chunk_line(struct rtmp_http *h)
{
	const char *p = h->line;
	uint64_t v = 0;

	for (; rtmp_hex_digit(*p) >= 0 && v <= UINT64_MAX >> 8; p++)
		v = v << 4 | (uint64_t)rtmp_hex_digit(*p);
	if (p == h->line || strchr("; \t", *p) == NULL)
		return fail(h, RTMP_ERR_PROTO, "wrong HTTP chunk size");
	if (v > h->body_max - h->body_done)
		return fail_size(h);
	h->left = v;
	h->state = v != 0 ? CHUNK : TRAILER;
	return 0;
}

/* A line outside of the header: of the chunks, or a trailer. */
static int
parse_body_line(struct rtmp_http *h)
{
	if (h->state == CHUNK_LINE)
		return parse_chunk_line(h);
	if (h->state == TRAILER) {
		if (h->line[0] == '\0')
			h->state = DONE;
		return 0;
	}
	if (h->line[0] != '\0')
		return fail(h, RTMP_ERR_PROTO, "no line end behind an HTTP "
		    "chunk");
	h->state = CHUNK_LINE;
	return 0;
}

static int
take_body(struct rtmp_http *h, const uint8_t **data, size_t *size)
{
	uint64_t left = h->state == BODY_TO_EOF ?
	    h->body_max - h->body_done : h->left;
	size_t n = *size < left ? *size : (size_t)left;

	if (n == 0)
		return fail_size(h);
	h->body = *data;
	h->body_size = n;
	h->body_done += n;
	*data += n;
	*size -= n;
	if (h->state == BODY_TO_EOF)
		return RTMP_HTTP_BODY;
	h->left -= n;
	if (h->left == 0)
		h->state = h->state == BODY ? DONE : CHUNK_END;
	return RTMP_HTTP_BODY;
}

/* ---- The reader ---- */

/* The empty line: the header is complete, or that of an interim reply is. */
static int
end_header(struct rtmp_http *h)
{
	if (h->status / 100 == 1 && h->status != 101) {
		h->state = STATUS_LINE;
		return RTMP_HTTP_MORE;
	}
	h->state = BODY_START;
	return RTMP_HTTP_HEAD;
}

static int
handle_line(struct rtmp_http *h)
{
	if (h->state == STATUS_LINE) {
		h->state = HEADER_LINE;
		return parse_status(h);
	}
	if (h->state != HEADER_LINE)
		return parse_body_line(h);
	if (h->line[0] == '\0')
		return end_header(h);
	if (parse_header(h) != 0)
		return h->err;
	return h->status / 100 == 1 ? RTMP_HTTP_MORE : RTMP_HTTP_HEADER;
}

int
rtmp_http_next(struct rtmp_http *h, const uint8_t **data, size_t *size)
{
	int r = RTMP_HTTP_MORE;

	if (h->err != 0)
		return h->err;
	while (r == RTMP_HTTP_MORE) {
		if (h->state == BODY_START && start_body(h) != 0)
			return h->err;
		if (h->state == DONE)
			return RTMP_HTTP_END;
		if (*size == 0)
			return RTMP_HTTP_MORE;
		if (h->state == BODY || h->state == BODY_TO_EOF ||
		    h->state == CHUNK)
			return take_body(h, data, size);
		r = take_line(h, data, size);
		if (r == 1)
			r = handle_line(h);
	}
	return r;
}

int
rtmp_http_eof(struct rtmp_http *h)
{
	if (h->err != 0)
		return h->err;
	if (h->state == BODY_TO_EOF || h->state == DONE) {
		h->state = DONE;
		return RTMP_HTTP_END;
	}
	if (h->state == STATUS_LINE && h->header_size == 0)
		return fail(h, RTMP_ERR_EOF, "closed without an HTTP reply");
	return fail(h, RTMP_ERR_PROTO, h->state < BODY_START ?
	    "the connection was closed within the HTTP header" :
	    "the connection was closed within the HTTP body");
}
