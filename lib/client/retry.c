/*
 * What a refusal may lead to instead of an error:
 *
 *     Connect.Rejected, authmod=...   the same server, with an answer to its
 *                                     challenge behind app and tcUrl
 *     Connect.Rejected, ex.code 302   another server
 *
 * Each try is a connection of its own, and all share the deadline of the call
 * that was refused.
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/amf0.h>

#include "client/internal.h"

#define TOKEN_SIZE 512

/* ---- Life of the tries ---- */

struct rtmp_tries *
rtmp_tries_new(const struct rtmp_mem *mem)
{
	return rtmp_mem_zalloc(mem, sizeof(struct rtmp_tries));
}

void
rtmp_tries_free(struct rtmp_tries *t, const struct rtmp_mem *mem)
{
	int i;

	if (t == NULL)
		return;
	for (i = 0; i < t->hops; i++)
		rtmp_mem_free(mem, t->visited[i]);
	rtmp_mem_free(mem, t);
}

/* ---- Authentication ---- */

#ifndef RTMP_NO_CRYPTO

static int
retry_with_user(struct rtmp *r)
{
	struct rtmp_tries *t = r->tries;
	const char *app = rtmp_client_app(r);
	const char *user = r->opt.user != NULL ? r->opt.user : t->url.user;
	const char *password = r->opt.user != NULL ? r->opt.password :
	    t->url.password;
	uint8_t random[4];
	int err;

	/* NetStream.Publish.Unauthorized begins no dialogue. */
	if (strncmp(r->status.code, "NetStream", 9) == 0)
		return 0;
	if (user[0] == '\0')
		return rtmp_client_fail(r, RTMP_ERR_REJECTED,
		    "the server asks for a user and a password",
		    r->status.description);
	if (!t->has_auth) {
		rtmp_client_random(random, sizeof(random));
		rtmp_auth_init(&t->auth, user,
		    password != NULL ? password : "", app, random);
		t->has_auth = 1;
	}
	err = rtmp_auth_next(&t->auth, r->status.description);
	if (err > 0)
		return err;
	return rtmp_client_fail(r, err, t->auth.error,
	    r->status.description);
}

const char *
rtmp_tries_query(const struct rtmp_tries *t)
{
	return t->has_auth ? t->auth.query : "";
}

/* The string at a key of any object among the values of a command; 1, or 0
 * when there is none. */
static int
find_string(const struct rtmp_status *status, const char *key,
    const char **str, size_t *len)
{
	struct rtmp_amf0_reader r, value;
	const uint8_t *data;
	size_t size;

	rtmp_amf0_reader_init(&r, status->amf0, status->amf0_size);
	while (rtmp_amf0_get_raw(&r, &data, &size) == 0)
		if (rtmp_amf0_find(data, size, key, &value) == 1 &&
		    rtmp_amf0_get_string(&value, str, len) == 0)
			return 1;
	return 0;
}

int
rtmp_client_secure_token(struct rtmp *r)
{
	struct rtmp_amf0_writer w;
	char token[TOKEN_SIZE];
	uint8_t args[TOKEN_SIZE + 8];
	const char *hex;
	size_t len;
	int err;

	if (r->opt.secure_token == NULL || !r->has_status ||
	    !find_string(&r->status, "secureToken", &hex, &len))
		return 0;
	err = rtmp_secure_token(hex, len, r->opt.secure_token, token,
	    sizeof(token));
	if (err == 0) {
		rtmp_amf0_writer_init(&w, args, sizeof(args));
		rtmp_amf0_put_null(&w);
		rtmp_amf0_put_string(&w, token);
		err = rtmp_session_send_command(r->session, 0,
		    "secureTokenResponse", args, w.len);
	}
	return err == 0 ? 0 : rtmp_client_fail(r, err, "secureToken",
	    rtmp_strerror(err));
}

#else

static int
retry_with_user(struct rtmp *r)
{
	return rtmp_client_fail(r, RTMP_ERR_REJECTED,
	    "the server asks for a password, and this library was built "
	    "without (NO_CRYPTO)", r->status.description);
}

const char *
rtmp_tries_query(const struct rtmp_tries *t)
{
	(void)t;
	return "";
}

int
rtmp_client_secure_token(struct rtmp *r)
{
	(void)r;
	return 0;
}

#endif

/* ---- Redirects ---- */

/* Takes another name; but the same one without its query, in which a key may
 * stand, is not another one. */
static int
take_stream_name(struct rtmp *r, const char *stream)
{
	size_t len = strlen(stream);

	return strncmp(r->stream_name, stream, len) == 0 &&
	    r->stream_name[len] == '?' ? 0 : rtmp_client_set_name(r, stream);
}

/* Where to: the URL with the stream, if there is one, else the app's. */
static int
redirect_target(struct rtmp *r, struct rtmp_url *u)
{
	const struct rtmp_status *s = &r->status;

	if (s->redirect2[0] != '\0' && rtmp_url_parse(u, s->redirect2) == 0 &&
	    u->stream[0] != '\0')
		return take_stream_name(r, u->stream);
	if (rtmp_url_parse_app(u, s->redirect) == 0)
		return 0;
	snprintf(r->detail, sizeof(r->detail), "redirected to \"%s\": %s",
	    s->redirect, u->error);
	return RTMP_ERR_REJECTED;
}

/* Remembers where we are, to know when a redirect leads back. */
static int
remember(struct rtmp *r, const struct rtmp_url *u)
{
	char where[RTMP_URL_HOST_SIZE + 2 * RTMP_URL_PATH_SIZE + 32];
	struct rtmp_tries *t = r->tries;
	size_t len = 0;
	int i;

	rtmp_url_tc_url(u, where, sizeof(where), &len);
	snprintf(where + len, sizeof(where) - len, "/%s", r->stream_name);
	for (i = 0; i < t->hops; i++)
		if (strcmp(t->visited[i], where) == 0)
			return rtmp_client_fail(r, RTMP_ERR_REJECTED,
			    "redirected in a circle, back to", where);
	t->visited[t->hops] = rtmp_mem_strdup(&r->mem, where);
	if (t->visited[t->hops] == NULL)
		return rtmp_client_fail_plain(r, RTMP_ERR_NOMEM);
	t->hops++;
	return 0;
}

static int
retry_elsewhere(struct rtmp *r)
{
	struct rtmp_tries *t = r->tries;
	struct rtmp_url u;
	int err;

	if (r->opt.max_redirects <= 0)
		return 0; /* the server's words are the error */
	if (t->hops == 0 && remember(r, &t->url) != 0)
		return RTMP_ERR_NOMEM;
	if (t->hops > r->opt.max_redirects || t->hops >= RTMP_TRIES_MAX - 1) {
		snprintf(r->detail, sizeof(r->detail),
		    "redirected more than %d times", t->hops - 1);
		return RTMP_ERR_REJECTED;
	}
	err = redirect_target(r, &u);
	if (err != 0)
		return err;
	if (rtmp_scheme_is_tls(t->url.scheme) &&
	    !rtmp_scheme_is_tls(u.scheme))
		return rtmp_client_fail(r, RTMP_ERR_REJECTED,
		    "redirected to what is not encrypted",
		    rtmp_scheme_name(u.scheme));
	err = remember(r, &u);
	if (err != 0)
		return err;
	/* Another server gets the password only if it asks for it. */
	if (u.user[0] == '\0') {
		memcpy(u.user, t->url.user, sizeof(u.user));
		memcpy(u.password, t->url.password, sizeof(u.password));
	}
	t->url = u;
	t->has_auth = 0;
	return 1;
}

int
rtmp_client_retry(struct rtmp *r, int err)
{
	int again = 0;

	if (err != RTMP_ERR_REJECTED || r->is_given || !r->has_status ||
	    r->tries == NULL)
		return err;
	switch (r->status.kind) {
	case RTMP_STATUS_AUTH_REQUIRED:
	case RTMP_STATUS_AUTH_FAILED:
	case RTMP_STATUS_NO_SUCH_USER:
		again = retry_with_user(r);
		break;
	case RTMP_STATUS_REDIRECT:
		again = retry_elsewhere(r);
		break;
	default:
		break;
	}
	return again != 0 ? again : err;
}
