/*
 * rtmp:// URLs, in the general form of RFC 3986.
 *
 *     rtmp://user:p%40ss@[::1]:1935/app/instance/stream?token=a/b
 *     scheme user password host port app         stream
 *
 *     authority: up to the first '/'.  What precedes its last '@' is the
 *         user, up to the first ':', and the password.
 *     path: behind that '/'.  app and stream are parted by the last '/' that
 *         is not in the stream's query, which begins at the first '?' behind
 *         a '/'.
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/url.h>

#include "base/words.h"

/* Indexed by enum rtmp_scheme. */
static const struct {
	char name[7];
	uint8_t tls;
	uint16_t port;
} schemes[] = {
	{ "rtmp", 0, 1935 },
	{ "rtmps", 1, 443 },
	{ "rtmpe", 0, 1935 },
	{ "rtmpt", 0, 80 },
	{ "rtmpts", 1, 443 },
	{ "rtmpte", 0, 80 },
};
#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

/* What is wrong with a part, in its own name: a list of words. */
enum complaint { TOO_LONG, CONTROL, SPACE };
#define COMPLAINTS(part) \
	"the " part " is too long\0" \
	"the " part " has a control character\0" \
	"the " part " has a space\0"

static const char of_host[] = COMPLAINTS("host");
static const char of_user[] = COMPLAINTS("user");
static const char of_password[] = COMPLAINTS("password");
static const char of_app[] = COMPLAINTS("app");
static const char of_stream[] = COMPLAINTS("stream name");

/* A stretch of the URL. */
struct span {
	const char *at, *end;
};

const char *
rtmp_scheme_name(enum rtmp_scheme scheme)
{
	return (size_t)scheme < SCHEMES ? schemes[scheme].name : "";
}

int
rtmp_scheme_is_tls(enum rtmp_scheme scheme)
{
	return (size_t)scheme < SCHEMES && schemes[scheme].tls;
}

/* ---- Characters, in any locale ---- */

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

/* The last c in s, or NULL. */
static const char *
find_last(struct span s, char c)
{
	while (s.end != s.at)
		if (*--s.end == c)
			return s.end;
	return NULL;
}

static const char *
find(struct span s, char c)
{
	return memchr(s.at, c, (size_t)(s.end - s.at));
}

/* ---- Parts; each returns NULL, or what is wrong ---- */

static const char *
copy(char *out, size_t size, struct span s, const char *of)
{
	const char *p;

	if ((size_t)(s.end - s.at) >= size)
		return rtmp_word(of, TOO_LONG);
	for (p = s.at; p != s.end; p++) {
		if (is_control(*p))
			return rtmp_word(of, CONTROL);
		if (*p == ' ')
			return rtmp_word(of, SPACE);
		*out++ = *p;
	}
	*out = '\0';
	return NULL;
}

/* The same, with %xx decoded.  A decoded space is meant, so it stays. */
static const char *
decode(char *s, size_t size, struct span span, const char *of)
{
	const char *in, *error = copy(s, size, span, of);
	char *out = s;
	int high, low;

	if (error != NULL)
		return error;
	for (in = s; *in != '\0'; in++, out++) {
		*out = *in;
		if (*in != '%')
			continue;
		high = rtmp_hex_digit(in[1]);
		low = high >= 0 ? rtmp_hex_digit(in[2]) : -1;
		if (low < 0)
			return "a '%' in the user or password without two hex "
			       "digits";
		*out = (char)(high << 4 | low);
		if (is_control(*out))
			return rtmp_word(of, CONTROL);
		in += 2;
	}
	*out = '\0';
	return NULL;
}

/* Whether these letters are name, in either case: setting bit 5 makes a letter
 * lower-case. */
static int
is_scheme(const char *name, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((s[i] | 0x20) != name[i])
			return 0;
	return name[len] == '\0';
}

static const char *
parse_scheme(struct rtmp_url *url, const char **str)
{
	size_t i, len = strcspn(*str, ":/ ");

	if (len == 0 || strncmp(*str + len, "://", 3) != 0)
		return "no scheme: the URL does not begin with rtmp://";
	for (i = 0; i < SCHEMES; i++) {
		if (!is_scheme(schemes[i].name, *str, len))
			continue;
		url->scheme = (enum rtmp_scheme)i;
		url->port = schemes[i].port;
		*str += len + 3;
		return NULL;
	}
	return "unknown scheme: not rtmp, rtmps, rtmpe, rtmpt, rtmpts "
	       "or rtmpte";
}

static const char *
parse_user(struct rtmp_url *url, struct span s)
{
	const char *colon = find(s, ':'), *error;
	struct span user = { s.at, colon != NULL ? colon : s.end };

	error = decode(url->user, sizeof(url->user), user, of_user);
	if (error != NULL || colon == NULL)
		return error;
	s.at = colon + 1;
	return decode(url->password, sizeof(url->password), s, of_password);
}

static const char *
parse_port(struct rtmp_url *url, struct span s)
{
	static const char error[] = "the port is not a number from 1 to 65535";
	uint32_t port = 0;

	for (; s.at != s.end; s.at++) {
		if (!is_digit(*s.at))
			return error;
		port = port * 10 + (uint32_t)(*s.at - '0');
		if (port > UINT16_MAX)
			return error;
	}
	if (port == 0)
		return error;
	url->port = (uint16_t)port;
	url->port_given = 1;
	return NULL;
}

/* What stood in brackets: an address, perhaps with a zone, whose '%' RFC 6874
 * writes as %25. */
static const char *
check_ipv6(char *host)
{
	static const char error[] =
	    "the host in brackets is not an IPv6 address";
	size_t n = strspn(host, "0123456789abcdefABCDEF:.");
	char *zone = host + n;

	if (memchr(host, ':', n) == NULL)
		return error;
	if (*zone == '\0')
		return NULL;
	if (*zone != '%')
		return error;
	if (strncmp(zone, "%25", 3) == 0 && zone[3] != '\0')
		memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
	return zone[1] != '\0' ? NULL : error;
}

static const char *
check_name(const char *host)
{
	if (*host == '\0')
		return "no host";
	/* Bytes of UTF-8 pass: the resolver may know what they mean. */
	for (; *host != '\0'; host++)
		if (!is_letter(*host) && !is_digit(*host) && *host != '-' &&
		    *host != '.' && *host != '_' && (*host & 0x80) == 0)
			return "the host has a character that no host name "
			       "has";
	return NULL;
}

static const char *
parse_host(struct rtmp_url *url, struct span s)
{
	struct span host = s;
	int brackets = s.at != s.end && *s.at == '[';
	const char *error;

	if (brackets) {
		host.at++;
		host.end = find(host, ']');
		if (host.end == NULL)
			return "the host has '[' without ']'";
		s.at = host.end + 1;
	} else {
		host.end = find(s, ':');
		if (host.end != find_last(s, ':'))
			return "the host has more than one ':': IPv6 stands "
			       "in [brackets]";
		if (host.end == NULL)
			host.end = s.end;
		s.at = host.end;
	}
	error = copy(url->host, sizeof(url->host), host, of_host);
	if (error == NULL)
		error = brackets ? check_ipv6(url->host)
				 : check_name(url->host);
	if (error != NULL || s.at == s.end)
		return error;
	if (*s.at != ':')
		return "the host is followed by neither port nor app";
	s.at++;
	return parse_port(url, s);
}

static const char *
parse_authority(struct rtmp_url *url, struct span s)
{
	const char *at = find_last(s, '@'), *error;
	struct span user = { s.at, at };

	if (at != NULL) {
		error = parse_user(url, user);
		if (error != NULL)
			return error;
		s.at = at + 1;
	}
	return parse_host(url, s);
}

/* Where the stream's '/' is, or NULL when the path is all app. */
static const char *
find_split(struct span path)
{
	const char *first = find(path, '/'), *query;

	if (first == NULL)
		return NULL;
	query = memchr(first, '?', (size_t)(path.end - first));
	if (query != NULL)
		path.end = query;
	return find_last(path, '/');
}

/* split: the last segment is the stream.  Otherwise only a '/' that ends the
 * path is dropped, so that both give the same app for "/app/". */
static const char *
parse_path(struct rtmp_url *url, struct span path, int split)
{
	struct span app = path, stream = { path.end, path.end };
	const char *slash = find_split(path), *error;

	if (slash != NULL && (split || slash + 1 == path.end)) {
		app.end = slash;
		stream.at = slash + 1;
	}
	if (app.at == app.end)
		return "no app";
	error = copy(url->app, sizeof(url->app), app, of_app);
	if (error != NULL)
		return error;
	return copy(url->stream, sizeof(url->stream), stream, of_stream);
}

static int
parse(struct rtmp_url *url, const char *str, int split)
{
	struct span authority, path;
	const char *error;

	memset(url, 0, sizeof(*url));
	error = parse_scheme(url, &str);
	if (error == NULL) {
		authority.at = str;
		authority.end = str + strcspn(str, "/");
		error = parse_authority(url, authority);
	}
	if (error == NULL) {
		path.at = authority.end + (*authority.end == '/');
		path.end = path.at + strlen(path.at);
		error = parse_path(url, path, split);
	}
	url->error = error != NULL ? error : "";
	return error != NULL ? RTMP_ERR_URL : 0;
}

int
rtmp_url_parse(struct rtmp_url *url, const char *str)
{
	return parse(url, str, 1);
}

int
rtmp_url_parse_app(struct rtmp_url *url, const char *str)
{
	return parse(url, str, 0);
}

int
rtmp_url_tc_url(const struct rtmp_url *url, char *buf, size_t size,
    size_t *len)
{
	int n;
	char port[8] = "";

	if (url->port_given)
		snprintf(port, sizeof(port), ":%u", (unsigned)url->port);
	/* A zone means nothing to the server, RFC 6874 section 4. */
	n = snprintf(buf, size, strchr(url->host, ':') != NULL ?
	    "%s://[%.*s]%s/%s" : "%s://%.*s%s/%s",
	    rtmp_scheme_name(url->scheme), (int)strcspn(url->host, "%"),
	    url->host, port, url->app);
	if (n < 0 || (size_t)n >= size)
		return RTMP_ERR_NOBUF;
	if (len != NULL)
		*len = (size_t)n;
	return 0;
}
