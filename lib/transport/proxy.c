/*
 * The way through a proxy, over a transport that is connected to it.
 *
 *     SOCKS5, RFC 1928:             client                      proxy
 *        methods                    05 n 00 [02]     --------->
 *        choice                               <---------   05 m
 *        RFC 1929, if m is 02       01 n user n password ----->
 *        verdict                              <---------   01 00
 *        host and port              05 01 00 03 n host port -->
 *        reply, an address in it              <---------   05 00 00 ...
 *
 *     HTTP, RFC 9110 section 9.3.6:
 *                                   CONNECT host:port HTTP/1.1 ->
 *                                             <---------   HTTP/1.1 200 ...
 *
 * Behind its answer the proxy may already pass on what the server sends, so
 * no byte too many is read: SOCKS5 says how many come, and the header of an
 * HTTP reply is read one at a time.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include <rtmpio/io.h>

#include "base/mem.h"
#include "base/wire.h"
#include "base/words.h"
#ifndef RTMP_NO_CRYPTO
#include "crypto/base64.h"
#endif
#include "transport/http.h"
#include "transport/net.h"

#define TIMEOUT_MS 10000
#define NAME_MAX_SIZE 255 /* of a host, a user, a password; one byte says it */
#define SOCKS_VERSION 5
#define SOCKS_PASSWORD_VERSION 1

enum { METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff };
enum { REPLY_NOT_ALLOWED = 2, REPLY_NO_COMMAND = 7 };
enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };

struct way {
	struct rtmp_io *io;
	const char *host;
	uint16_t port;
	const char *user, *password;
	int64_t end;
	const char *proxy; /* "SOCKS5 proxy"; for words */
	char *error;
	size_t error_size;
};

static int
fail(const struct way *w, int err, const char *format, ...)
{
	va_list args;
	int n;

	if (w->error == NULL || w->error_size == 0)
		return err;
	n = snprintf(w->error, w->error_size, "%s: ", w->proxy);
	if (n < 0 || (size_t)n >= w->error_size)
		return err;
	va_start(args, format);
	vsnprintf(w->error + n, w->error_size - (size_t)n, format, args);
	va_end(args);
	return err;
}

/* ---- Bytes within the deadline ---- */

static int
fail_io(const struct way *w, int err)
{
	const char *words = w->io->error != NULL ?
	    w->io->error(w->io->ctx) : "";

	return fail(w, err, "%s", words[0] != '\0' ? words :
	    rtmp_strerror(err));
}

static int
await(const struct way *w, int want)
{
	int left = rtmp_net_left(w->end, rtmp_net_now()), r;

	if (left == 0)
		return fail(w, RTMP_ERR_TIMEOUT, "no answer in time");
	r = w->io->wait(w->io->ctx, want, left);
	return r < 0 ? fail_io(w, r) : 0;
}

static int
send_all(const struct way *w, const void *data, size_t size)
{
	struct iovec iov;
	size_t done = 0, n;
	int err;

	while (done < size) {
		iov.iov_base = (void *)((uintptr_t)data + done);
		iov.iov_len = size - done;
		err = w->io->writev(w->io->ctx, &iov, 1, &n);
		if (err == 0)
			done += n;
		else if (err != RTMP_ERR_AGAIN)
			return fail_io(w, err);
		else if ((err = await(w, RTMP_WANT_WRITE)) != 0)
			return err;
	}
	return 0;
}

static int
receive(const struct way *w, uint8_t *buf, size_t size)
{
	size_t done = 0, n;
	int err;

	while (done < size) {
		err = w->io->read(w->io->ctx, buf + done, size - done, &n);
		if (err == 0)
			done += n;
		else if (err == RTMP_ERR_EOF)
			return fail(w, err, "closed the connection");
		else if (err != RTMP_ERR_AGAIN)
			return fail_io(w, err);
		else if ((err = await(w, RTMP_WANT_READ)) != 0)
			return err;
	}
	return 0;
}

/* ---- SOCKS5 ---- */

static int
choose_method(const struct way *w, int *method)
{
	uint8_t hello[4] = { SOCKS_VERSION, 1, METHOD_NONE, METHOD_PASSWORD };
	uint8_t answer[2];
	int err;

	if (w->user != NULL)
		hello[1] = 2;
	err = send_all(w, hello, 2u + hello[1]);
	if (err == 0)
		err = receive(w, answer, sizeof(answer));
	if (err != 0)
		return err;
	if (answer[0] != SOCKS_VERSION)
		return fail(w, RTMP_ERR_PROTO, "the answer is not SOCKS5");
	if (answer[1] == METHOD_REFUSED)
		return fail(w, RTMP_ERR_REJECTED, w->user != NULL ?
		    "takes neither a user and password nor none" :
		    "wants a user and password");
	if (answer[1] != METHOD_NONE &&
	    (answer[1] != METHOD_PASSWORD || w->user == NULL))
		return fail(w, RTMP_ERR_PROTO,
		    "chose method %d, which was not offered", answer[1]);
	*method = answer[1];
	return 0;
}

static size_t
put_name(uint8_t *p, const char *name)
{
	size_t size = strlen(name);

	p[0] = (uint8_t)size;
	memcpy(p + 1, name, size);
	return size + 1;
}

static int
send_password(const struct way *w)
{
	uint8_t msg[1 + 2 * (1 + NAME_MAX_SIZE)], answer[2];
	size_t size = 1;
	int err;

	msg[0] = SOCKS_PASSWORD_VERSION;
	size += put_name(msg + size, w->user);
	size += put_name(msg + size, w->password);
	err = send_all(w, msg, size);
	if (err == 0)
		err = receive(w, answer, sizeof(answer));
	if (err == 0 && answer[1] != 0)
		return fail(w, RTMP_ERR_REJECTED,
		    "does not accept the user and password");
	return err;
}

static int
socks_refused(const struct way *w, unsigned reply)
{
	/* from 1 on */
	static const char words[] = "general failure\0"
	    "not allowed by its rules\0"
	    "network unreachable\0"
	    "host unreachable\0"
	    "connection refused\0"
	    "the connection took too long\0"
	    "command not supported\0"
	    "address type not supported\0";
	const char *found = rtmp_word(words, reply - (size_t)1);
	int err = RTMP_ERR_CONNECT;

	if (found == NULL)
		return fail(w, err, "%s port %u: reply %u", w->host,
		    (unsigned)w->port, reply);
	if (reply == REPLY_NOT_ALLOWED)
		err = RTMP_ERR_REJECTED;
	else if (reply >= REPLY_NO_COMMAND)
		err = RTMP_ERR_PROTO;
	return fail(w, err, "%s port %u: %s", w->host, (unsigned)w->port,
	    found);
}

/* The rest of the reply: the proxy's own address, which tells nothing. */
static int
skip_address(const struct way *w, unsigned type)
{
	uint8_t rest[NAME_MAX_SIZE + 2], size;
	int err;

	switch (type) {
	case ADDRESS_IPV4:
		return receive(w, rest, 4 + 2);
	case ADDRESS_IPV6:
		return receive(w, rest, 16 + 2);
	case ADDRESS_NAME:
		err = receive(w, &size, 1);
		return err != 0 ? err : receive(w, rest, size + 2u);
	default:
		return fail(w, RTMP_ERR_PROTO,
		    "the reply has an address of unknown type %u", type);
	}
}

/* The type of the host's address, and it. */
static size_t
put_address(uint8_t *p, const char *host)
{
	if (inet_pton(AF_INET, host, p + 1) == 1) {
		p[0] = ADDRESS_IPV4;
		return 1 + 4;
	}
	if (inet_pton(AF_INET6, host, p + 1) == 1) {
		p[0] = ADDRESS_IPV6;
		return 1 + 16;
	}
	p[0] = ADDRESS_NAME;
	return 1 + put_name(p + 1, host);
}

static int
socks_connect(const struct way *w)
{
	uint8_t msg[5 + NAME_MAX_SIZE + 2] = { SOCKS_VERSION, 1, 0 };
	uint8_t answer[4];
	size_t size = 3;
	int err;

	size += put_address(msg + size, w->host);
	rtmp_put_be16(msg + size, w->port);
	err = send_all(w, msg, size + 2);
	if (err == 0)
		err = receive(w, answer, sizeof(answer));
	if (err != 0)
		return err;
	if (answer[0] != SOCKS_VERSION)
		return fail(w, RTMP_ERR_PROTO, "the reply is not SOCKS5");
	if (answer[1] != 0)
		return socks_refused(w, answer[1]);
	return skip_address(w, answer[3]);
}

/* ---- HTTP CONNECT ---- */

/* "Proxy-Authorization: Basic ...", RFC 7617. */
static int
put_credentials(const struct way *w, char *out, size_t out_size)
{
#ifdef RTMP_NO_CRYPTO
	(void)out;
	(void)out_size;
	return fail(w, RTMP_ERR_INVAL, "no passwords in this build");
#else
	char pair[2 * NAME_MAX_SIZE + 2], text[RTMP_BASE64_SIZE(sizeof(pair))];
	int n = snprintf(pair, sizeof(pair), "%s:%s", w->user, w->password);

	if (strchr(w->user, ':') != NULL)
		return fail(w, RTMP_ERR_INVAL, "a user can have no ':'");
	rtmp_base64((const uint8_t *)pair, (size_t)n, text);
	snprintf(out, out_size, "Proxy-Authorization: Basic %s\r\n", text);
	return 0;
#endif
}

static int
send_connect(const struct way *w)
{
	const char *form = strchr(w->host, ':') != NULL ? "[%s]:%u" : "%s:%u";
	char target[NAME_MAX_SIZE + 16], credentials[1024] = "";
	char request[sizeof(credentials) + 2 * sizeof(target) + 64];
	int n, err = 0;

	snprintf(target, sizeof(target), form, w->host, (unsigned)w->port);
	if (w->user != NULL)
		err = put_credentials(w, credentials, sizeof(credentials));
	if (err != 0)
		return err;
	n = snprintf(request, sizeof(request),
	    "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", target, target,
	    credentials);
	return send_all(w, request, (size_t)n);
}

static int
check_status(const struct way *w, const struct rtmp_http *h)
{
	int err = h->status / 100 == 5 ? RTMP_ERR_CONNECT : RTMP_ERR_REJECTED;

	if (h->status / 100 == 2)
		return 0;
	/* 401: what some proxies say instead. */
	if (h->status == 407 || h->status == 401)
		return fail(w, err, w->user != NULL ?
		    "does not accept the user and password" :
		    "wants a user and password");
	return fail(w, err, "%s port %u: %d %s", w->host, (unsigned)w->port,
	    h->status, h->reason);
}

static int
receive_head(const struct way *w, struct rtmp_http *h)
{
	const uint8_t *p;
	uint8_t byte;
	size_t size;
	int err, event = RTMP_HTTP_MORE;

	rtmp_http_init(h, 0, 1);
	while (event != RTMP_HTTP_HEAD) {
		err = receive(w, &byte, 1);
		if (err != 0)
			return err;
		p = &byte;
		size = 1;
		event = rtmp_http_next(h, &p, &size);
		if (event < 0)
			return fail(w, event, "%s", h->error);
	}
	return check_status(w, h);
}

/* ---- Opening ---- */

void
rtmp_proxy_options_init(struct rtmp_proxy_options *opt, size_t struct_size)
{
	struct rtmp_proxy_options o;

	memset(&o, 0, sizeof(o));
	o.timeout_ms = TIMEOUT_MS;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

/* No control characters or spaces, which would end the line of a request. */
static int
is_host(const char *s)
{
	const char *p;

	for (p = s; *p > ' ' && *p < 0x7f; p++)
		;
	return p != s && *p == '\0' && p - s <= NAME_MAX_SIZE;
}

static int
prepare(struct way *w, struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_proxy_options *opt)
{
	struct rtmp_proxy_options o;

	rtmp_proxy_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	w->io = io;
	w->host = host;
	w->port = port;
	w->user = o.user;
	w->password = o.password != NULL ? o.password : "";
	w->end = rtmp_net_after(o.timeout_ms);
	w->error = o.error;
	w->error_size = o.error_size;
	if (w->error != NULL && w->error_size != 0)
		w->error[0] = '\0';
	if (!is_host(host))
		return fail(w, RTMP_ERR_INVAL, "not a host name");
	if (w->user != NULL && (strlen(w->user) > NAME_MAX_SIZE ||
	    strlen(w->password) > NAME_MAX_SIZE))
		return fail(w, RTMP_ERR_INVAL,
		    "the user or the password is too long");
	return 0;
}

int
rtmp_socks5_open(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_proxy_options *opt)
{
	struct way w = { .proxy = "SOCKS5 proxy" };
	int method = METHOD_NONE;
	int err = prepare(&w, io, host, port, opt);

	if (err == 0)
		err = choose_method(&w, &method);
	if (err == 0 && method == METHOD_PASSWORD)
		err = send_password(&w);
	return err != 0 ? err : socks_connect(&w);
}

int
rtmp_http_connect_open(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_proxy_options *opt)
{
	struct way w = { .proxy = "HTTP proxy" };
	struct rtmp_http h;
	int err = prepare(&w, io, host, port, opt);

	if (err == 0)
		err = send_connect(&w);
	return err != 0 ? err : receive_head(&w, &h);
}
