/*
 * rtmp_connect(): from a URL to NetConnection.Connect.Success, within one
 * deadline.
 *
 *     URL -> TCP -> TLS where the scheme asks for it -> session
 */
#include <string.h>

#include "client/internal.h"

#define RECEIVE_TO_PUBLISH (4 << 10)

/* Opens TCP, and TLS on it where the URL asks for it. */
static int
open_transport(struct rtmp *r, const struct rtmp_url *url, int64_t deadline,
    struct rtmp_io *io)
{
	struct rtmp_tcp_options tcp;
	char words[512] = "";
	int64_t left;
	int err;

	rtmp_tcp_options_init(&tcp, sizeof(tcp));
	tcp.timeout_ms = r->opt.timeout_ms;
	tcp.local_addr = r->opt.local_addr;
	tcp.wake_fd = r->wake.fd[0];
	tcp.mem = &r->mem;
	tcp.error = words;
	tcp.error_size = sizeof(words);
	err = rtmp_tcp_open(io, url->host, url->port, &tcp);
	if (err == RTMP_ERR_CANCELED) {
		r->canceled = 0;
		rtmp_wake_clear(&r->wake);
	}
	if (err != 0)
		return rtmp_client_fail(r, err, "%s",
		    words[0] != '\0' ? words : rtmp_strerror(err));
	if (url->scheme != RTMP_SCHEME_RTMPS)
		return 0;
	left = deadline == RTMP_NO_DEADLINE ? -1 :
	    deadline - rtmp_client_now();
	if (deadline != RTMP_NO_DEADLINE && left < 0)
		left = 0;
	/* What the hook does not replace must not be called with its ctx. */
	io->readv = NULL;
	err = r->opt.wrap_tls(r->opt.wrap_tls_arg, url->host, io, (int)left,
	    words, sizeof(words));
	if (err == 0)
		return 0;
	io->close(io->ctx);
	return rtmp_client_fail(r, err, "TLS with %s: %s", url->host,
	    words[0] != '\0' ? words : rtmp_strerror(err));
}

static int
new_session(struct rtmp *r, const struct rtmp_url *url)
{
	uint8_t random[RTMP_SESSION_RANDOM_SIZE];
	char tc_url[RTMP_URL_HOST_SIZE + RTMP_URL_PATH_SIZE + 32];
	struct rtmp_session_config c;

	rtmp_url_tc_url(url, tc_url, sizeof(tc_url), NULL);
	rtmp_client_random(random, sizeof(random));
	rtmp_session_config_init(&c, sizeof(c));
	c.flight = r->opt.flight;
	c.app = r->opt.app != NULL ? r->opt.app : url->app;
	c.tc_url = r->opt.tc_url != NULL ? r->opt.tc_url : tc_url;
	c.flash_ver = r->opt.flash_ver;
	c.swf_url = r->opt.swf_url;
	c.page_url = r->opt.page_url;
	c.connect_pairs = r->opt.connect_pairs;
	c.connect_pairs_size = r->opt.connect_pairs_size;
	c.connect_args = r->opt.connect_args;
	c.connect_args_size = r->opt.connect_args_size;
	c.chunk_size = r->opt.chunk_size;
	c.window_ack_size = r->opt.window_ack_size;
	c.buffer_ms = r->opt.buffer_ms;
	c.limits = r->opt.limits;
	c.epoch = (uint32_t)rtmp_client_now();
	c.random = random;
	c.mem = &r->mem;
	return rtmp_session_new(&r->session, &c);
}

/* Everything that can be refused before the network is used. */
static int
check_url(struct rtmp *r, struct rtmp_url *u, const char *url,
    const char *stream)
{
	int err = stream != NULL ? rtmp_url_parse_app(u, url) :
	    rtmp_url_parse(u, url);

	if (err != 0)
		return rtmp_client_fail(r, err, "%s", u->error);
	if (r->opt.io != NULL)
		return 0;
	if (u->scheme == RTMP_SCHEME_RTMPS && r->opt.wrap_tls == NULL)
		return rtmp_client_fail(r, RTMP_ERR_TLS,
		    "rtmps needs a TLS transport: set wrap_tls in struct "
		    "rtmp_options");
	if (u->scheme != RTMP_SCHEME_RTMP && u->scheme != RTMP_SCHEME_RTMPS)
		return rtmp_client_fail(r, RTMP_ERR_URL,
		    "%s needs a transport of its own: set io in struct "
		    "rtmp_options", rtmp_scheme_name(u->scheme));
	return 0;
}

static int
is_connected(const struct rtmp *r)
{
	return rtmp_session_state(r->session) == RTMP_SESSION_CONNECTED;
}

static int
always(const struct rtmp *r)
{
	(void)r;
	return 1;
}

int
rtmp_connect(struct rtmp *r, const char *url, const char *stream)
{
	int64_t deadline = rtmp_client_deadline(r->opt.timeout_ms);
	struct rtmp_url u;
	char *name;
	int err;

	if (r->session != NULL)
		return rtmp_client_fail(r, RTMP_ERR_STATE,
		    "already connected");
	r->has_status = 0;
	r->detail[0] = '\0';
	err = check_url(r, &u, url, stream);
	if (err != 0)
		return err;
	name = rtmp_mem_strdup(&r->mem, stream != NULL ? stream : u.stream);
	rtmp_mem_free(&r->mem, r->stream_name);
	r->stream_name = name;
	if (name == NULL)
		return rtmp_client_fail(r, RTMP_ERR_NOMEM, "%s",
		    rtmp_strerror(RTMP_ERR_NOMEM));
	err = rtmp_input_reserve(r, RECEIVE_TO_PUBLISH);
	if (err != 0)
		return err;
	r->is_shut = 0;
	r->io_wakes = r->opt.io == NULL && r->wake.fd[0] >= 0;
	if (r->opt.io != NULL) {
		r->io = *r->opt.io;
		r->opt.io = NULL;
	} else {
		err = open_transport(r, &u, deadline, &r->io);
		if (err != 0)
			return err;
	}
	err = new_session(r, &u);
	if (err != 0) {
		if (r->io.close != NULL)
			r->io.close(r->io.ctx);
		return rtmp_client_fail(r, err, "%s", rtmp_strerror(err));
	}
	return rtmp_client_run_until(r, deadline,
	    r->opt.flight == RTMP_FLIGHT_STEPWISE ? is_connected : always);
}
