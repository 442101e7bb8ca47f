/*
 * Who may come in: the server's side of three dialogues that no specification
 * has.
 *
 *     connect  app                                ->
 *        <- Connect.Rejected  [ code=403 need auth; authmod=adobe ]
 *     connect  app?authmod=adobe&user=U           ->  a new connection
 *        <- Connect.Rejected  ?reason=needauth&user=U&salt=S&challenge=C
 *                             &opaque=O
 *     connect  app?authmod=adobe&user=U&challenge=C2&response=R&opaque=O
 *                                                 ->  a new connection
 *        <- Connect.Success, or ?reason=authfailed, ?reason=nosuchuser
 *
 *     Adobe's:      R = base64(MD5(base64(MD5(U S password)) O C2)), with C
 *                   where there is no O
 *     Limelight's:  llnw, nonce for salt and challenge, and HTTP Digest
 *     Wowza's:      secureToken in the _result of connect, the same
 *                   deciphered as secureTokenResponse
 */
#include <string.h>

#include "serve.h"

#define VALUE_MAX 256
#define TEXT_SIZE (4 * VALUE_MAX)

/* ---- What the client says ---- */

/* The value of name in a list divided by '&'; "" when there is none, or one
 * that is too long. */
static void
get_value(const char *list, const char *name, char value[VALUE_MAX])
{
	size_t len = strlen(name), size;

	value[0] = '\0';
	for (; list != NULL; list = strchr(list, '&')) {
		list += *list == '&';
		if (strncmp(list, name, len) != 0 || list[len] != '=')
			continue;
		size = strcspn(list + len + 1, "&");
		if (size >= VALUE_MAX)
			return;
		memcpy(value, list + len + 1, size);
		value[size] = '\0';
		return;
	}
}

static const char *
find_password(const struct server *s, const char *user)
{
	size_t len = strlen(user);
	unsigned i;

	for (i = 0; i < s->user_count; i++)
		if (strncmp(s->users[i], user, len) == 0 &&
		    s->users[i][len] == ':')
			return s->users[i] + len + 1;
	return NULL;
}

/* ---- Challenges, each good for one response ---- */

/* New ones, from bytes that each connection brings. */
static struct serve_challenge *
new_challenge(struct server *s, const char *user)
{
	struct serve_challenge *c =
	    &s->challenges[s->challenge_count++ % SERVE_CHALLENGES_MAX];
	const uint8_t *random = s->random + sizeof(s->random) - 16;

	snprintf(c->user, sizeof(c->user), "%s", user);
	serve_base64(random, 4, c->salt);
	serve_base64(random + 4, 4, c->challenge);
	serve_base64(random + 8, 4, c->opaque);
	if (s->opaque == SERVE_OPAQUE_SAME)
		memcpy(c->opaque, c->challenge, sizeof(c->opaque));
	else if (s->opaque == SERVE_OPAQUE_NO)
		c->opaque[0] = '\0';
	return c;
}

static void
md5_base64(const char *text, char out[25])
{
	uint8_t digest[16];

	serve_md5(text, digest);
	serve_base64(digest, sizeof(digest), out);
}

static void
md5_hex(const char *text, char out[33])
{
	uint8_t digest[16];

	serve_md5(text, digest);
	serve_hex(digest, sizeof(digest), out);
}

static int
adobe_is_right(const struct serve_challenge *c, const char *password,
    const char *list)
{
	char nonce[VALUE_MAX], response[VALUE_MAX], opaque[VALUE_MAX];
	char text[TEXT_SIZE], h1[25], expected[25];

	get_value(list, "challenge", nonce);
	get_value(list, "response", response);
	get_value(list, "opaque", opaque);
	if (strcmp(opaque, c->opaque) != 0)
		return 0;
	snprintf(text, sizeof(text), "%.255s%.8s%.255s", c->user, c->salt,
	    password);
	md5_base64(text, h1);
	snprintf(text, sizeof(text), "%s%.8s%.255s", h1, c->opaque[0] != '\0' ?
	    c->opaque : c->challenge, nonce);
	md5_base64(text, expected);
	return strcmp(response, expected) == 0;
}

static int
limelight_is_right(const struct serve_challenge *c, const char *password,
    const char *app, const char *list)
{
	char nonce[VALUE_MAX], cnonce[VALUE_MAX], nc[VALUE_MAX];
	char response[VALUE_MAX], text[TEXT_SIZE];
	char ha1[33], ha2[33], expected[33];
	int len = (int)strcspn(app, "?");

	get_value(list, "nonce", nonce);
	get_value(list, "cnonce", cnonce);
	get_value(list, "nc", nc);
	get_value(list, "response", response);
	if (strcmp(nonce, c->challenge) != 0)
		return 0;
	snprintf(text, sizeof(text), "%.255s:live:%.255s", c->user, password);
	md5_hex(text, ha1);
	snprintf(text, sizeof(text), "publish:/%.*s%s", len < VALUE_MAX ?
	    len : VALUE_MAX, app,
	    memchr(app, '/', (size_t)len) != NULL ? "" : "/_definst_");
	md5_hex(text, ha2);
	snprintf(text, sizeof(text), "%s:%s:%s:%s:auth:%s", ha1, nonce, nc,
	    cnonce, ha2);
	md5_hex(text, expected);
	return strcmp(response, expected) == 0;
}

/* Any of the challenges that this user has been given, which is then spent. */
static int
is_right(struct server *s, const char *user, const char *password,
    const char *app, const char *list)
{
	struct serve_challenge *c = s->challenges;

	for (; c < s->challenges + SERVE_CHALLENGES_MAX; c++) {
		if (c->user[0] == '\0' || strcmp(c->user, user) != 0)
			continue;
		if (s->auth == SERVE_AUTH_ADOBE ?
		    adobe_is_right(c, password, list) :
		    limelight_is_right(c, password, app, list)) {
			c->user[0] = '\0';
			return 1;
		}
	}
	return 0;
}

/* ---- Adobe's and Limelight's ---- */

int
serve_auth(struct server *s, const char *app, char *words, size_t size)
{
	int is_adobe = s->auth == SERVE_AUTH_ADOBE;
	const char *mode = is_adobe ? "adobe" : "llnw", *password, *list;
	char user[VALUE_MAX], response[VALUE_MAX], named[32];
	const struct serve_challenge *c;

	if (s->auth == SERVE_AUTH_NONE)
		return 1;
	snprintf(named, sizeof(named), "authmod=%s", mode);
	list = strstr(app, named);
	if (list == NULL) {
		snprintf(words, size, "[ AccessManager.Reject ] : [ code=403 "
		    "need auth; %s ] : ", named);
		return 0;
	}
	get_value(list, "user", user);
	get_value(list, "response", response);
	password = find_password(s, user);
	if (password != NULL && response[0] != '\0' &&
	    is_right(s, user, password, app, list))
		return 1;
	if (password == NULL || response[0] != '\0') {
		snprintf(words, size, "[ AccessManager.Reject ] : [ %s ] : "
		    "?reason=%s", named, password == NULL ? "nosuchuser" :
		    is_adobe ? "authfailed" : "authfail");
		return 0;
	}
	c = new_challenge(s, user);
	if (is_adobe)
		snprintf(words, size, "[ AccessManager.Reject ] : [ %s ] : "
		    "?reason=needauth&user=%s&salt=%s&challenge=%s%s%s",
		    named, user, c->salt, c->challenge,
		    c->opaque[0] != '\0' ? "&opaque=" : "", c->opaque);
	else
		snprintf(words, size, "[ AccessManager.Reject ] : [ %s ] : "
		    "?reason=needauth&user=%s&nonce=%s", named, user,
		    c->challenge);
	return 0;
}

/* ---- Wowza's ---- */

void
serve_token_begin(struct serve_conn *c, char hex[2 * SERVE_TOKEN_SIZE + 1])
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	const uint8_t *random = c->server->random;
	uint8_t data[SERVE_TOKEN_SIZE];
	size_t i;

	for (i = 0; i < SERVE_TOKEN_SIZE; i++)
		data[i] = (uint8_t)letters[random[i] % 32];
	memcpy(c->token, data, SERVE_TOKEN_SIZE);
	serve_xxtea(data, SERVE_TOKEN_SIZE, c->server->secure_token);
	serve_hex(data, SERVE_TOKEN_SIZE, hex);
}

int
serve_token_end(struct serve_conn *c, const char *response, size_t size)
{
	if (size != SERVE_TOKEN_SIZE ||
	    memcmp(response, c->token, SERVE_TOKEN_SIZE) != 0)
		return -1;
	c->token[0] = '\0';
	return 0;
}
