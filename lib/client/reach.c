/*
 * Ways to a server that does not stand open: proxies, the tunnel through HTTP.
 * The tunnel comes back here for another connection when the web server has
 * closed the one it has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/internal.h"

struct proxy {
	int is_socks;
	char host[RTMP_URL_HOST_SIZE];
	uint16_t port;
	int has_user;
	char user[RTMP_URL_USER_SIZE], password[RTMP_URL_USER_SIZE];
};

/* ---- The proxy's URL ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Copies size characters, %xx decoded.  0, or -1 when they don't fit. */
static int
decode(char *out, size_t out_size, const char *s, size_t size)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < size; i++) {
		c = s[i];
		if (c == '%' && size - i > 2 && hex_value(s[i + 1]) >= 0 &&
		    hex_value(s[i + 2]) >= 0) {
			c = (char)(hex_value(s[i + 1]) << 4 |
			    hex_value(s[i + 2]));
			i += 2;
		}
		if (c == '\0' || n + 1 >= out_size)
			return -1;
		out[n++] = c;
	}
	out[n] = '\0';
	return 0;
}

static const char *
parse_user(struct proxy *p, const char *s, size_t size)
{
	const char *colon = memchr(s, ':', size);
	size_t n = colon != NULL ? (size_t)(colon - s) : size;

	p->has_user = 1;
	if (decode(p->user, sizeof(p->user), s, n) != 0 || p->user[0] == '\0')
		return "wrong user";
	if (colon != NULL && decode(p->password, sizeof(p->password),
	    colon + 1, size - n - 1) != 0)
		return "wrong password";
	return NULL;
}

/* "host:port", "[::1]:port" */
static const char *
parse_host(struct proxy *p, const char *s)
{
	int in_brackets = *s == '[';
	size_t n = strcspn(s + in_brackets, in_brackets ? "]" : ":");
	char *end;
	unsigned long port;

	s += in_brackets;
	if (n == 0 || n >= sizeof(p->host))
		return "no host, or one that is too long";
	memcpy(p->host, s, n);
	p->host[n] = '\0';
	s += n + (in_brackets && s[n] == ']');
	if (s[0] != ':' || s[1] < '0' || s[1] > '9')
		return "no port";
	port = strtoul(s + 1, &end, 10);
	if (port == 0 || port > UINT16_MAX || (strcmp(end, "") != 0 &&
	    strcmp(end, "/") != 0))
		return "wrong port";
	p->port = (uint16_t)port;
	return NULL;
}

/* What is wrong with it, or NULL. */
static const char *
parse_proxy(struct proxy *p, const char *str)
{
	static const char socks[] = "socks5://", http[] = "http://";
	const char *at, *why;

	memset(p, 0, sizeof(*p));
	if (strncmp(str, socks, sizeof(socks) - 1) == 0) {
		p->is_socks = 1;
		str += sizeof(socks) - 1;
	} else if (strncmp(str, http, sizeof(http) - 1) == 0) {
		str += sizeof(http) - 1;
	} else {
		return "neither socks5:// nor http://";
	}
	at = strrchr(str, '@');
	if (at != NULL) {
		why = parse_user(p, str, (size_t)(at - str));
		if (why != NULL)
			return why;
		str = at + 1;
	}
	return parse_host(p, str);
}

int
rtmp_dial_check(struct rtmp *r, const struct rtmp_url *url)
{
	struct proxy p;
	const char *why = r->opt.proxy == NULL ? NULL :
	    parse_proxy(&p, r->opt.proxy);

	(void)url; /* of any scheme */
	return why == NULL ? 0 : rtmp_client_fail(r, RTMP_ERR_URL,
	    "proxy: %s", why);
}

int
rtmp_dial_proxy(struct rtmp *r, struct rtmp_io *io, int64_t deadline, char *words)
{
	struct rtmp_proxy_options opt;
	struct proxy p;
	int err;

	(void)parse_proxy(&p, r->opt.proxy); /* checked before */
	err = rtmp_dial_tcp(r, io, p.host, p.port, deadline, words);
	if (err != 0)
		return err;
	rtmp_proxy_options_init(&opt, sizeof(opt));
	opt.timeout_ms = rtmp_dial_left(deadline);
	opt.user = p.has_user ? p.user : NULL;
	opt.password = p.password;
	opt.error = words;
	opt.error_size = RTMP_DIAL_WORDS;
	err = p.is_socks ?
	    rtmp_socks5_open(io, r->host, r->port, &opt) :
	    rtmp_http_connect_open(io, r->host, r->port, &opt);
	if (err != 0)
		io->close(io->ctx);
	return err;
}

/* ---- The tunnel ---- */

static int
dial_again(void *arg, struct rtmp_io *io, int timeout_ms, char *error,
    size_t error_size)
{
	char words[RTMP_DIAL_WORDS] = "";
	int err = rtmp_dial_server(arg, io, rtmp_client_deadline(timeout_ms), words);

	snprintf(error, error_size, "%s", words);
	return err;
}

int
rtmp_dial_tunnel(struct rtmp *r, struct rtmp_io *io, int64_t deadline, char *words)
{
	struct rtmp_rtmpt_options opt;
	int err;

	rtmp_rtmpt_options_init(&opt, sizeof(opt));
	opt.timeout_ms = rtmp_dial_left(deadline);
	opt.reopen = dial_again;
	opt.reopen_arg = r;
	opt.wake_fd = r->wake.fd[0];
	opt.mem = &r->mem;
	opt.error = words;
	opt.error_size = RTMP_DIAL_WORDS;
	err = rtmp_rtmpt_open(io, r->host, r->port, &opt);
	if (err != 0)
		io->close(io->ctx);
	return err;
}
