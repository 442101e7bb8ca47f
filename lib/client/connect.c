/*
 * rtmp_connect(): from a URL to NetConnection.Connect.Success, within one
 * deadline.
 *
 *     URL -> transport (dial.c), RTMPE on it -> session
 */
#include <stdio.h>
#include <string.h>

#include "client/internal.h"

#define RECEIVE_TO_PUBLISH (4 << 10)
#define HANDSHAKE_SIZE 3073
#define TC_URL_SIZE (RTMP_URL_HOST_SIZE + RTMP_URL_PATH_SIZE + 32)

static enum rtmp_handshake_kind
handshake_kind(const struct rtmp *r)
{
	enum rtmp_scheme scheme = r->tries->url.scheme;

	return scheme == RTMP_SCHEME_RTMPE || scheme == RTMP_SCHEME_RTMPTE ?
	    RTMP_HANDSHAKE_RTMPE : r->opt.handshake;
}

static int
is_first_server(const struct rtmp *r)
{
	return r->tries->hops < 2;
}

const char *
rtmp_client_app(const struct rtmp *r)
{
	return r->opt.app != NULL && is_first_server(r) ? r->opt.app :
	    r->tries->url.app;
}

/* s and what authentication puts behind it. */
static int
add_query(char *out, size_t out_size, const char *s, const struct rtmp *r)
{
	int n = snprintf(out, out_size, "%s%s", s, rtmp_tries_query(r->tries));

	return n >= 0 && (size_t)n < out_size ? 0 : RTMP_ERR_LIMIT;
}

static int
new_session(struct rtmp *r)
{
	uint8_t random[RTMP_SESSION_RANDOM_SIZE];
	char own[TC_URL_SIZE], tc_url[TC_URL_SIZE + RTMP_AUTH_QUERY_SIZE];
	char app[RTMP_URL_PATH_SIZE + RTMP_AUTH_QUERY_SIZE];
	struct rtmp_session_config c;

	rtmp_url_tc_url(&r->tries->url, own, sizeof(own), NULL);
	if (add_query(app, sizeof(app), rtmp_client_app(r), r) != 0 ||
	    add_query(tc_url, sizeof(tc_url), r->opt.tc_url != NULL &&
	    is_first_server(r) ? r->opt.tc_url : own, r) != 0)
		return RTMP_ERR_LIMIT;
	rtmp_client_random(random, sizeof(random));
	rtmp_session_config_init(&c, sizeof(c));
	rtmp_options_give(&r->opt, &c);
	c.app = app;
	c.tc_url = tc_url;
	c.epoch = (uint32_t)rtmp_net_now();
	c.random = random;
	c.mem = &r->mem;
	c.handshake = handshake_kind(r);
	return rtmp_session_new(&r->session, &c);
}

/* What can be refused before the network is used, at each server. */
static int
check_target(struct rtmp *r)
{
	enum rtmp_scheme scheme = r->tries->url.scheme;

#ifdef RTMP_NO_CRYPTO
	if (handshake_kind(r) != RTMP_HANDSHAKE_SIMPLE ||
	    r->opt.swf_size != 0 || r->opt.secure_token != NULL)
		return rtmp_client_fail(r, RTMP_ERR_UNSUPPORTED,
		    "RTMPE, digests, SWF verification and secureToken need a "
		    "library that was built with cryptography", NULL);
#endif
	if (r->opt.io != NULL)
		return 0;
	if (rtmp_scheme_is_tls(scheme) && r->opt.wrap_tls == NULL)
		return rtmp_client_fail(r, RTMP_ERR_TLS,
		    rtmp_scheme_name(scheme), "needs a TLS transport, "
		    "wrap_tls in struct rtmp_options");
	return rtmp_dial_check(r);
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

/* The transport that the caller gave, or TCP and what the URL asks for. */
static int
open_io(struct rtmp *r)
{
	r->is_shut = 0;
	r->awaits_keys = 0;
	r->is_given = r->opt.io != NULL;
	r->opt.io = NULL; /* it is in r->io already */
	return r->is_given ? 0 : rtmp_client_dial(r);
}

/* RTMPE on the transport, if need be, and the session. */
static int
open_session(struct rtmp *r)
{
	int err = 0;

	if (handshake_kind(r) == RTMP_HANDSHAKE_RTMPE) {
		r->awaits_keys = 1;
		err = rtmp_rtmpe_wrap(&r->io, &r->mem);
	}
	if (err == 0)
		err = new_session(r);
	if (err == 0)
		return 0;
	rtmp_client_close_io(r);
	return rtmp_client_fail_plain(r, err);
}

/* A password makes the answer to connect worth waiting for in any flight. */
static int
must_hear(const struct rtmp *r)
{
	return r->opt.flight == RTMP_FLIGHT_STEPWISE || r->opt.user != NULL ||
	    r->tries->url.user[0] != '\0' || r->opt.secure_token != NULL;
}

/* A server that knows no RTMPE hangs up, or waits. */
static int
blame_rtmpe(struct rtmp *r, int err)
{
	if (r->awaits_keys && (err == RTMP_ERR_EOF || err == RTMP_ERR_TIMEOUT))
		rtmp_client_add_words(r, "; it may not speak RTMPE");
	return err;
}

/* One connection, up to the answer to connect. */
static int
connect_once(struct rtmp *r)
{
	int err;

	r->has_status = r->has_keys = 0;
	err = check_target(r);
	if (err == 0)
		err = open_io(r);
	if (err == 0)
		err = open_session(r);
	if (err != 0)
		return err;
	err = rtmp_client_run_until(r, must_hear(r) ? is_connected : always);
	return err != 0 ? blame_rtmpe(r, err) : rtmp_client_secure_token(r);
}

/* Keys of RTMPE that differ show in the first chunk, or in a server that
 * hangs up on ours.  One in 256 secrets begins with a zero byte, which some
 * servers lose: new keys are another chance. */
static int
deserves_new_keys(const struct rtmp *r, int err)
{
	if (!r->has_keys || r->is_given)
		return 0;
	switch (err) {
	case RTMP_ERR_HANDSHAKE:
		return 1;
	case 0:
	case RTMP_ERR_NOMEM:
	case RTMP_ERR_TIMEOUT:
	case RTMP_ERR_CANCELED:
		return 0;
	default:
		return r->last.bytes_received == HANDSHAKE_SIZE;
	}
}

int
rtmp_client_connect(struct rtmp *r)
{
	int err;

	do {
		err = connect_once(r);
		if (deserves_new_keys(r, err))
			err = connect_once(r);
		err = rtmp_client_retry(r, err);
	} while (err == 1);
	return err;
}

int
rtmp_client_set_name(struct rtmp *r, const char *name)
{
	char *copy = rtmp_mem_strdup(&r->mem, name);

	if (copy == NULL)
		return rtmp_client_fail_plain(r, RTMP_ERR_NOMEM);
	rtmp_mem_free(&r->mem, r->stream_name);
	r->stream_name = copy;
	return 0;
}

int
rtmp_connect(struct rtmp *r, const char *url, const char *stream)
{
	struct rtmp_url *u;
	int err;

	if (r->session != NULL)
		return rtmp_client_fail(r, RTMP_ERR_STATE,
		    "already connected", NULL);
	if (r->opt.struct_size == 0)
		return rtmp_client_fail(r, RTMP_ERR_INVAL,
		    "options without rtmp_options_init()", NULL);
	r->deadline = 0;
	r->has_status = 0;
	r->detail[0] = '\0';
	/* What is left of a cancel that an earlier call has told. */
	rtmp_wake_clear(&r->wake);
	if (rtmp_flag_get(&r->canceled))
		rtmp_wake_signal(&r->wake);
	rtmp_tries_free(r->tries, &r->mem);
	r->tries = rtmp_tries_new(&r->mem);
	if (r->tries == NULL)
		return rtmp_client_fail_plain(r, RTMP_ERR_NOMEM);
	u = &r->tries->url;
	err = stream != NULL ? rtmp_url_parse_app(u, url) :
	    rtmp_url_parse(u, url);
	if (err != 0)
		return rtmp_client_fail(r, err, u->error, NULL);
	err = rtmp_client_set_name(r, stream != NULL ? stream : u->stream);
	if (err == 0)
		err = rtmp_input_reserve(r, RECEIVE_TO_PUBLISH);
	return err != 0 ? err : rtmp_client_connect(r);
}
