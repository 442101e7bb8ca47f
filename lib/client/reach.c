/*
 * Ways to a server that does not stand open: proxies, the tunnel through HTTP.
 * The tunnel comes back here for another connection when the web server has
 * closed the one it has.
 */
#include <stdio.h>
#include <string.h>

#include "client/internal.h"

/* ---- Proxies ---- */

static int
is_socks(const char *proxy)
{
	return strncmp(proxy, "socks5://", 9) == 0;
}

/* What is wrong with the proxy's URL, or NULL.  Behind its scheme it is
 * written as any other. */
static const char *
parse_proxy(struct rtmp_url *u, const char *str)
{
	char text[RTMP_URL_HOST_SIZE + 2 * RTMP_URL_USER_SIZE + 32];
	size_t size;

	if (is_socks(str))
		str += 9;
	else if (strncmp(str, "http://", 7) == 0)
		str += 7;
	else
		return "neither socks5:// nor http://";
	size = strcspn(str, "/");
	if (size >= sizeof(text) - 16)
		return "too long";
	snprintf(text, sizeof(text), "rtmp://%.*s/app", (int)size, str);
	if (rtmp_url_parse_app(u, text) != 0)
		return u->error;
	if (!u->port_given)
		return "no port";
	if (u->user[0] == '\0' && memchr(str, '@', size) != NULL)
		return "no user in front of '@'";
	return str[size] != '\0' && str[size + 1] != '\0' ?
	    "something follows the port" : NULL;
}

int
rtmp_dial_check(struct rtmp *r)
{
	const char *why = NULL;
	struct rtmp_url u;

	if (r->opt.proxy != NULL)
		why = parse_proxy(&u, r->opt.proxy);
	return why == NULL ? 0 :
	    rtmp_client_fail(r, RTMP_ERR_URL, "proxy", why);
}

int
rtmp_dial_proxy(struct rtmp *r, struct rtmp_io *io)
{
	struct rtmp_proxy_options opt;
	struct rtmp_url u;
	int err;

	(void)parse_proxy(&u, r->opt.proxy); /* checked before */
	memcpy(r->detail, "proxy: ", 8);
	err = rtmp_dial_tcp(r, io, u.host, u.port);
	if (err != 0)
		return err;
	r->detail[0] = '\0';
	opt.struct_size = sizeof(opt);
	opt.timeout_ms = rtmp_client_left(r);
	opt.user = u.user[0] != '\0' ? u.user : NULL;
	opt.password = u.password;
	opt.error = r->detail;
	opt.error_size = sizeof(r->detail);
	err = is_socks(r->opt.proxy) ?
	    rtmp_socks5_open(io, r->host, r->port, &opt) :
	    rtmp_http_connect_open(io, r->host, r->port, &opt);
	if (err != 0)
		io->close(io->ctx);
	return err;
}

/* ---- The tunnel ---- */

/* Within a call with a deadline of its own. */
static int
dial_again(void *arg, struct rtmp_io *io, int timeout_ms, char *error,
    size_t error_size)
{
	struct rtmp *r = arg;
	int64_t deadline = r->deadline;
	int err;

	r->deadline = rtmp_net_after(timeout_ms);
	err = rtmp_dial_server(r, io);
	r->deadline = deadline;
	snprintf(error, error_size, "%s", r->detail);
	return err;
}

int
rtmp_dial_tunnel(struct rtmp *r)
{
	struct rtmp_rtmpt_options opt;
	int err;

	rtmp_rtmpt_options_init(&opt, sizeof(opt));
	opt.timeout_ms = rtmp_client_left(r);
	opt.reopen = dial_again;
	opt.reopen_arg = r;
	opt.wake_fd = r->wake.fd[0];
	opt.mem = &r->mem;
	opt.error = r->detail;
	opt.error_size = sizeof(r->detail);
	err = rtmp_rtmpt_open(&r->io, r->host, r->port, &opt);
	if (err != 0)
		rtmp_client_close_io(r);
	return err;
}
