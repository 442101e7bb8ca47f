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
rtmp_dial_left(int64_t deadline)
{
	return rtmp_net_left(deadline, rtmp_net_now());
}

int
rtmp_dial_tcp(struct rtmp *r, struct rtmp_io *io, const char *host,
    uint16_t port, int64_t deadline, char *words)
{
	struct rtmp_tcp_options tcp = { sizeof(tcp), rtmp_dial_left(deadline),
		r->opt.local_addr, r->wake.fd[0], &r->mem, words,
		RTMP_DIAL_WORDS - RTMP_DIAL_WHO };

	return rtmp_tcp_open(io, host, port, &tcp);
}

static int
wrap_tls(struct rtmp *r, struct rtmp_io *io, int64_t deadline, char *words)
{
	char why[RTMP_DIAL_WORDS - RTMP_URL_HOST_SIZE - 16] = "";
	int err;

	/* What the hook does not replace must not be called with its ctx. */
	err = r->opt.wrap_tls(r->opt.wrap_tls_arg, r->host, io,
	    rtmp_dial_left(deadline), why, sizeof(why));
	if (err == 0)
		return 0;
	io->close(io->ctx);
	snprintf(words, RTMP_DIAL_WORDS, "TLS with %s: %s", r->host,
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
rtmp_dial_server(struct rtmp *r, struct rtmp_io *io, int64_t deadline,
    char *words)
{
	int err = r->opt.proxy != NULL ?
	    rtmp_dial_proxy(r, io, deadline, words) :
	    rtmp_dial_tcp(r, io, r->host, r->port, deadline, words);

	return err != 0 || !r->is_tls ? err :
	    wrap_tls(r, io, deadline, words);
}

int
rtmp_client_dial(struct rtmp *r, int64_t deadline)
{
	const struct rtmp_url *url = &r->tries->url;
	char words[RTMP_DIAL_WORDS] = "";
	int err;

	memcpy(r->host, url->host, sizeof(r->host));
	r->port = url->port;
	r->is_tls = rtmp_scheme_is_tls(url->scheme);
	err = rtmp_dial_server(r, &r->io, deadline, words);
	if (err == 0 && rtmp_dial_is_tunnel(r))
		err = rtmp_dial_tunnel(r, &r->io, deadline, words);
	if (err == RTMP_ERR_CANCELED)
		rtmp_client_clear_cancel(r);
	return err == 0 ? 0 : rtmp_client_fail_in(r, err, "",
	    words[0] != '\0' ? words : NULL);
}
