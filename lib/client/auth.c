#include <stdio.h>
#include <string.h>

#include <rtmpio/types.h>

#include "client/auth.h"
#include "crypto/base64.h"
#include "crypto/md5.h"
#include "crypto/tea.h"

#define VALUE_SIZE 257	/* of salt, challenge, opaque, nonce */
#define TOKEN_WORDS 256 /* of a SecureToken */
#define HEX_SIZE (2 * RTMP_MD5_SIZE + 1)

void
rtmp_auth_init(struct rtmp_auth *a, const char *user, const char *password,
    const char *app, const uint8_t random[4])
{
	memset(a, 0, sizeof(*a));
	a->user = user;
	a->password = password;
	a->app = app;
	a->error = "";
	snprintf(a->nonce, sizeof(a->nonce), "%02x%02x%02x%02x", random[0],
	    random[1], random[2], random[3]);
}

/* ---- The server's words ---- */

/*
 * The value of "name=" in a list divided by '&', up to the next one, a space
 * or the end; '=' may be part of it.  Returns 1, 0 when there is none, or
 * RTMP_ERR_LIMIT.
 */
static int
get_value(const char *list, const char *name, char value[VALUE_SIZE])
{
	size_t len = strlen(name), size;
	const char *p = list;

	for (; p != NULL; p = strchr(p, '&')) {
		p += *p == '&' || *p == '?';
		if (strncmp(p, name, len) == 0 && p[len] == '=')
			break;
	}
	if (p == NULL)
		return 0;
	p += len + 1;
	size = strcspn(p, "& ");
	if (size >= VALUE_SIZE)
		return RTMP_ERR_LIMIT;
	memcpy(value, p, size);
	value[size] = '\0';
	return 1;
}

static int
refuse(struct rtmp_auth *a, const char *error)
{
	a->error = error;
	return RTMP_ERR_REJECTED;
}

static int
set_query(struct rtmp_auth *a, int len)
{
	if (len < 0 || len >= RTMP_AUTH_QUERY_SIZE) {
		a->error = "the server's challenge or the user is too long";
		return RTMP_ERR_LIMIT;
	}
	return 1;
}

/* ---- Adobe ---- */

static void
md5_strings(const char *const *strings, size_t count,
    uint8_t digest[RTMP_MD5_SIZE])
{
	struct rtmp_md5 h;
	size_t i;

	rtmp_md5_init(&h);
	for (i = 0; i < count; i++)
		rtmp_md5_update(&h, strings[i], strlen(strings[i]));
	rtmp_md5_final(&h, digest);
}

/* R = base64(MD5(base64(MD5(user salt password)) opaque nonce)), with the
 * challenge where there is no opaque. */
static int
adobe_response(struct rtmp_auth *a, const char *list)
{
	char salt[VALUE_SIZE] = "", challenge[VALUE_SIZE] = "";
	char opaque[VALUE_SIZE] = "";
	char h1[RTMP_BASE64_SIZE(RTMP_MD5_SIZE)], response[sizeof(h1)];
	const char *inner[3], *outer[3];
	uint8_t digest[RTMP_MD5_SIZE];
	int salted = get_value(list, "salt", salt);
	int challenged = get_value(list, "challenge", challenge);
	int has_opaque = get_value(list, "opaque", opaque);

	if (salted < 0 || challenged < 0 || has_opaque < 0)
		return set_query(a, -1);
	if (!salted || (!challenged && !has_opaque))
		return refuse(a, "the server asks for authentication without "
		    "a salt or a challenge");
	inner[0] = a->user;
	inner[1] = salt;
	inner[2] = a->password;
	md5_strings(inner, 3, digest);
	rtmp_base64(digest, sizeof(digest), h1);
	outer[0] = h1;
	outer[1] = has_opaque ? opaque : challenge;
	outer[2] = a->nonce;
	md5_strings(outer, 3, digest);
	rtmp_base64(digest, sizeof(digest), response);
	return set_query(a, snprintf(a->query, sizeof(a->query),
	    "?authmod=adobe&user=%s&challenge=%s&response=%s%s%s", a->user,
	    a->nonce, response, has_opaque ? "&opaque=" : "", opaque));
}

/* ---- Limelight ---- */

static void
md5_hex(const char *const *strings, size_t count, char hex[HEX_SIZE])
{
	uint8_t digest[RTMP_MD5_SIZE];
	size_t i;

	md5_strings(strings, count, digest);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* HTTP Digest, RFC 2617, with realm "live", method "publish", qop "auth". */
static int
limelight_response(struct rtmp_auth *a, const char *list)
{
	char nonce[VALUE_SIZE] = "", app[RTMP_AUTH_QUERY_SIZE];
	char ha1[HEX_SIZE], ha2[HEX_SIZE], response[HEX_SIZE];
	const char *of_ha1[3] = { a->user, ":live:", a->password };
	const char *of_ha2[3] = { "publish:/", app, "" };
	const char *of_response[7] = { ha1, ":", nonce, ":00000001:",
		a->nonce, ":auth:", ha2 };
	size_t len = strcspn(a->app, "?");

	if (get_value(list, "nonce", nonce) < 0 || len >= sizeof(app))
		return set_query(a, -1);
	if (nonce[0] == '\0')
		return refuse(a, "the server asks for authentication without "
		    "a nonce");
	memcpy(app, a->app, len);
	app[len] = '\0';
	if (strchr(app, '/') == NULL)
		of_ha2[2] = "/_definst_";
	md5_hex(of_ha1, 3, ha1);
	md5_hex(of_ha2, 3, ha2);
	md5_hex(of_response, 7, response);
	return set_query(a, snprintf(a->query, sizeof(a->query),
	    "?authmod=llnw&user=%s&nonce=%s&cnonce=%s&nc=00000001"
	    "&response=%s", a->user, nonce, a->nonce, response));
}

/* ---- The dialogue ---- */

int
rtmp_auth_next(struct rtmp_auth *a, const char *description)
{
	const char *list = strchr(description, '?');

	if (strstr(description, "authmod=adobe") != NULL)
		a->mode = RTMP_AUTH_ADOBE;
	else if (strstr(description, "authmod=llnw") != NULL)
		a->mode = RTMP_AUTH_LIMELIGHT;
	else if (a->mode == RTMP_AUTH_NONE || list == NULL)
		return refuse(a, "the server asks for an authentication that "
		    "is neither Adobe's nor Limelight's");

	/* "authfailed" of Adobe's servers is "authfail" to Limelight's. */
	if (strstr(description, "reason=authfail") != NULL)
		return refuse(a, "wrong password");
	if (strstr(description, "reason=nosuchuser") != NULL)
		return refuse(a, "unknown user");
	if (a->responded)
		return refuse(a, "the server does not take the response");
	if (strstr(description, "reason=needauth") != NULL && list != NULL) {
		a->responded = 1;
		return a->mode == RTMP_AUTH_ADOBE ? adobe_response(a, list) :
		    limelight_response(a, list);
	}
	if (a->named)
		return refuse(a, "the server sends no challenge");
	a->named = 1;
	return set_query(a, snprintf(a->query, sizeof(a->query),
	    "?authmod=%s&user=%s", a->mode == RTMP_AUTH_ADOBE ? "adobe" :
	    "llnw", a->user));
}

/* ---- SecureToken ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Bytes become words low byte first. */
static void
put_byte(uint32_t *words, size_t i, int byte)
{
	words[i / 4] |= (uint32_t)byte << 8 * (i % 4);
}

int
rtmp_secure_token(const char *hex, const char *password, char *text,
    size_t size)
{
	uint32_t key[4] = { 0 }, words[TOKEN_WORDS] = { 0 };
	size_t len = strlen(hex), bytes = len / 2, i;
	size_t count = (len + 7) / 8;

	if (len == 0 || len % 2 != 0)
		return RTMP_ERR_PROTO;
	if (count > TOKEN_WORDS || bytes >= size)
		return RTMP_ERR_LIMIT;
	for (i = 0; i < 16 && password[i] != '\0'; i++)
		put_byte(key, i, (unsigned char)password[i]);
	for (i = 0; i < bytes; i++) {
		int high = hex_value(hex[2 * i]);
		int low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return RTMP_ERR_PROTO;
		put_byte(words, i, high << 4 | low);
	}
	rtmp_xxtea_decrypt(words, count, key);
	for (i = 0; i < bytes; i++)
		text[i] = (char)(words[i / 4] >> 8 * (i % 4));
	text[bytes] = '\0';
	return 0;
}
