/*
 * The transport that a URL and the options ask for, from the wire up:
 *
 *     TCP -> proxy -> TLS (rtmps, rtmpts) -> HTTP tunnel (rtmpt, rtmpts,
 *                                                         rtmpte)
 *
 * Proxies and the tunnel are in reach.c.
 */
#include <stdio.h>
#include <string.h>

#include "client/internal.h"

int
rtmp_dial_tcp(struct rtmp *r, struct rtmp_io *io, const char *host,
    uint16_t port)
{
	size_t said = strlen(r->detail);
	struct rtmp_tcp_options tcp = { sizeof(tcp), rtmp_client_left(r),
		r->opt.local_addr, r->wake.fd[0], &r->mem, r->detail + said,
		sizeof(r->detail) - said };

	return rtmp_tcp_open(io, host, port, &tcp);
}

static int
wrap_tls(struct rtmp *r, struct rtmp_io *io)
{
	char why[256];
	int err;

	why[0] = '\0';
	err = r->opt.wrap_tls(r->opt.wrap_tls_arg, r->host, io,
	    rtmp_client_left(r), why, sizeof(why));
	if (err == 0)
		return 0;
	io->close(io->ctx);
	snprintf(r->detail, sizeof(r->detail), "TLS with %s: %s", r->host,
	    why[0] != '\0' ? why : rtmp_strerror(err));
	return err;
}

/* Behind RTMPT come the others. */
int
rtmp_dial_is_tunnel(const struct rtmp *r)
{
	return r->tries->url.scheme >= RTMP_SCHEME_RTMPT;
}

int
rtmp_dial_server(struct rtmp *r, struct rtmp_io *io)
{
	int err;

	r->detail[0] = '\0';
	err = r->opt.proxy != NULL ? rtmp_dial_proxy(r, io) :
	    rtmp_dial_tcp(r, io, r->host, r->port);
	return err != 0 || !r->is_tls ? err : wrap_tls(r, io);
}

int
rtmp_client_dial(struct rtmp *r)
{
	const struct rtmp_url *url = &r->tries->url;
	int err;

	memcpy(r->host, url->host, sizeof(r->host));
	r->port = url->port;
	r->is_tls = rtmp_scheme_is_tls(url->scheme);
	err = rtmp_dial_server(r, &r->io);
	if (err == 0 && rtmp_dial_is_tunnel(r))
		err = rtmp_dial_tunnel(r);
	if (err == RTMP_ERR_CANCELED)
		rtmp_client_clear_cancel(r);
	return err == 0 || r->detail[0] != '\0' ? err :
	    rtmp_client_fail_plain(r, err);
}
