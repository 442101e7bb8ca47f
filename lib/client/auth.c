#include <stdio.h>
#include <string.h>

#include <rtmpio/types.h>

#include "base/wire.h"
#include "base/words.h"
#include "client/auth.h"
#include "crypto/base64.h"
#include "crypto/md5.h"
#include "crypto/tea.h"

#define VALUE_SIZE 257	/* of salt, challenge, opaque, nonce */
#define TOKEN_WORDS 256 /* of a SecureToken */
#define HEX_SIZE (2 * RTMP_MD5_SIZE + 1)

static const char no_challenge[] = "the server sends no challenge";

void
rtmp_auth_init(struct rtmp_auth *a, const char *user, const char *password,
    const char *app, const uint8_t random[4])
{
	memset(a, 0, sizeof(*a));
	a->user = user;
	a->password = password;
	a->app = app;
	a->error = "";
	snprintf(a->nonce, sizeof(a->nonce), "%08x",
	    (unsigned)rtmp_get_be32(random));
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

/* ---- Adobe ---- */

/* MD5 of three strings in a row. */
static void
md5_strings(const char *s1, const char *s2, const char *s3,
    uint8_t digest[RTMP_MD5_SIZE])
{
	const char *strings[] = { s1, s2, s3 };
	struct rtmp_md5 h;
	int i;

	rtmp_md5_init(&h);
	for (i = 0; i < 3; i++)
		rtmp_md5_update(&h, strings[i], strlen(strings[i]));
	rtmp_md5_final(&h, digest);
}

static void
md5_base64(const char *s1, const char *s2, const char *s3,
    char text[RTMP_BASE64_SIZE(RTMP_MD5_SIZE)])
{
	uint8_t digest[RTMP_MD5_SIZE];

	md5_strings(s1, s2, s3, digest);
	rtmp_base64(digest, sizeof(digest), text);
}

/* Writes query; as snprintf(), or RTMP_ERR_LIMIT or _REJECTED.
 * R = base64(MD5(base64(MD5(user salt password)) opaque nonce)), with the
 * challenge where there is no opaque. */
static int
adobe_response(struct rtmp_auth *a, const char *list)
{
	char salt[VALUE_SIZE], challenge[VALUE_SIZE], opaque[VALUE_SIZE];
	char h1[RTMP_BASE64_SIZE(RTMP_MD5_SIZE)], response[sizeof(h1)];
	int salted = get_value(list, "salt", salt);
	int challenged = get_value(list, "challenge", challenge);
	int has_opaque = get_value(list, "opaque", opaque);

	if (salted < 0 || challenged < 0 || has_opaque < 0)
		return RTMP_ERR_LIMIT;
	if (!salted || (!challenged && !has_opaque))
		return refuse(a, "the server sends no salt or no challenge");
	md5_base64(a->user, salt, a->password, h1);
	md5_base64(h1, has_opaque ? opaque : challenge, a->nonce, response);
	return snprintf(a->query, sizeof(a->query),
	    "?authmod=adobe&user=%s&challenge=%s&response=%s%s%s", a->user,
	    a->nonce, response, has_opaque ? "&opaque=" : "",
	    has_opaque ? opaque : "");
}

/* ---- Limelight ---- */

static void
md5_hex(const char *s1, const char *s2, const char *s3, char hex[HEX_SIZE])
{
	uint8_t digest[RTMP_MD5_SIZE];
	size_t i;

	md5_strings(s1, s2, s3, digest);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* The same by HTTP Digest, RFC 2617, with realm "live", method "publish", qop
 * "auth". */
static int
limelight_response(struct rtmp_auth *a, const char *list)
{
	char nonce[VALUE_SIZE], middle[VALUE_SIZE + 32];
	char uri[RTMP_AUTH_QUERY_SIZE];
	char ha1[HEX_SIZE], ha2[HEX_SIZE], response[HEX_SIZE];
	int has_nonce = get_value(list, "nonce", nonce);
	int len = snprintf(uri, sizeof(uri), "/%.*s",
	    (int)strcspn(a->app, "?"), a->app);

	if (has_nonce < 0 || len < 0 || (size_t)len >= sizeof(uri))
		return RTMP_ERR_LIMIT;
	if (!has_nonce || nonce[0] == '\0')
		return refuse(a, no_challenge);
	snprintf(middle, sizeof(middle), ":%s:00000001:%s:auth:", nonce,
	    a->nonce);
	md5_hex(a->user, ":live:", a->password, ha1);
	md5_hex("publish:", uri, strchr(uri + 1, '/') != NULL ? "" :
	    "/_definst_", ha2);
	md5_hex(ha1, middle, ha2, response);
	return snprintf(a->query, sizeof(a->query),
	    "?authmod=llnw&user=%s&nonce=%s&cnonce=%s&nc=00000001"
	    "&response=%s", a->user, nonce, a->nonce, response);
}

/* ---- The dialogue ---- */

int
rtmp_auth_next(struct rtmp_auth *a, const char *description)
{
	const char *list = strchr(description, '?');
	int len;

	if (strstr(description, "authmod=adobe") != NULL)
		a->mode = RTMP_AUTH_ADOBE;
	else if (strstr(description, "authmod=llnw") != NULL)
		a->mode = RTMP_AUTH_LIMELIGHT;
	else if (a->mode == RTMP_AUTH_NONE || list == NULL)
		return refuse(a, "the server's authentication is neither "
		    "Adobe's nor Limelight's");

	/* "authfailed" of Adobe's servers is "authfail" to Limelight's. */
	if (strstr(description, "reason=authfail") != NULL)
		return refuse(a, "wrong password");
	if (strstr(description, "reason=nosuchuser") != NULL)
		return refuse(a, "unknown user");
	if (a->responded)
		return refuse(a, "the server does not take the response");
	if (strstr(description, "reason=needauth") != NULL && list != NULL) {
		a->responded = 1;
		len = a->mode == RTMP_AUTH_ADOBE ? adobe_response(a, list) :
		    limelight_response(a, list);
	} else if (a->named) {
		return refuse(a, no_challenge);
	} else {
		a->named = 1;
		len = snprintf(a->query, sizeof(a->query),
		    "?authmod=%s&user=%s", a->mode == RTMP_AUTH_ADOBE ?
		    "adobe" : "llnw", a->user);
	}
	if (len == RTMP_ERR_REJECTED)
		return len;
	if (len >= 0 && len < RTMP_AUTH_QUERY_SIZE)
		return 1;
	a->error = "the server's challenge or the user is too long";
	return RTMP_ERR_LIMIT;
}

/* ---- SecureToken ---- */

int
rtmp_secure_token(const char *hex, size_t len, const char *password,
    char *text, size_t size)
{
	uint32_t key[4] = { 0 }, words[TOKEN_WORDS] = { 0 };
	size_t count = (len + 7) / 8, i;
	int value;

	if (len == 0 || len % 2 != 0)
		return RTMP_ERR_PROTO;
	if (count > TOKEN_WORDS || len / 2 >= size)
		return RTMP_ERR_LIMIT;
	for (i = 0; i < 16 && password[i] != '\0'; i++)
		key[i / 4] |= (uint32_t)(unsigned char)password[i] <<
		    8 * (i % 4);
	/* Bytes become words low byte first, but digits high digit first. */
	for (i = 0; i < len; i++) {
		value = rtmp_hex_digit(hex[i]);
		if (value < 0)
			return RTMP_ERR_PROTO;
		words[i / 8] |= (uint32_t)value << 4 * ((i ^ 1) % 8);
	}
	rtmp_xxtea_decrypt(words, count, key);
	for (i = 0; i < len / 2; i++)
		text[i] = (char)(words[i / 4] >> 8 * (i % 4));
	text[i] = '\0';
	return 0;
}
