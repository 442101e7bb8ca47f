#ifndef RTMPIO_URL_H
#define RTMPIO_URL_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 *     scheme://[user[:password]@]host[:port]/app[/instance]/stream[?query]
 *
 * Nothing on the wire carries a URL but the strings app, tcUrl and stream
 * name, and every program splits in its own way: see rtmp_url_parse() for
 * ours.  app, stream and query are kept byte for byte, never decoded.
 */
enum rtmp_scheme {
	RTMP_SCHEME_RTMP,   /* default port 1935 */
	RTMP_SCHEME_RTMPS,  /* 443, over TLS */
	RTMP_SCHEME_RTMPE,  /* 1935, RC4 */
	RTMP_SCHEME_RTMPT,  /* 80, through HTTP */
	RTMP_SCHEME_RTMPTS, /* 443, through HTTPS */
	RTMP_SCHEME_RTMPTE  /* 80, RTMPE through HTTP */
};

#define RTMP_URL_HOST_SIZE 256
#define RTMP_URL_USER_SIZE 256
#define RTMP_URL_PATH_SIZE 2048

/* All strings are NUL-terminated; "" when the part is absent. */
struct rtmp_url {
	enum rtmp_scheme scheme;
	uint16_t port;		       /* the scheme's default when absent */
	int port_given;		       /* 1 when the URL named a port */
	const char *error; /* what is wrong with which part; static; or "" */
	char host[RTMP_URL_HOST_SIZE]; /* without the brackets of IPv6 */
	char user[RTMP_URL_USER_SIZE]; /* %xx decoded; "" when absent */
	char password[RTMP_URL_USER_SIZE];
	char app[RTMP_URL_PATH_SIZE];
	char stream[RTMP_URL_PATH_SIZE];
};

/*
 * Splits str.  The last path segment, with its query, is the stream and what
 * precedes it the app; a '/' behind a '?' does not split unless no other can
 * ("/app?k=v/stream").  A path of one segment is the app, with no stream; so
 * is "app/".
 *
 * Returns 0; or RTMP_ERR_URL, with url->error naming the part: no scheme or
 * an unknown one, no host, a port that is not 1 to 65535, no app, a part that
 * is too long or has spaces or control characters.
 */
RTMP_API int rtmp_url_parse(struct rtmp_url *url, const char *str);

/* The same for a URL whose whole path is the app, but for a '/' at its end,
 * because the stream name is given apart: url->stream is "". */
RTMP_API int rtmp_url_parse_app(struct rtmp_url *url, const char *str);

/*
 * Writes "scheme://host[:port]/app", as the connect command carries it: the
 * port only if the URL named one, no user, no password.  *len, which may be
 * NULL, receives the length without the NUL.  Returns 0 or RTMP_ERR_NOBUF.
 */
RTMP_API int rtmp_url_tc_url(const struct rtmp_url *url, char *buf,
    size_t size, size_t *len);

/*
 * Resolves ref against base, an absolute URL, as RFC 3986 section 5 does: for
 * the tcUrl of a ReconnectRequest and of a redirect.
 *
 *     base                   ref               gives
 *     rtmps://h:444/live?v   rtmp://other/app  rtmp://other/app
 *                            //other/app       rtmps://other/app
 *                            /app/inst         rtmps://h:444/app/inst
 *                            app               rtmps://h:444/app
 *                            ?w                rtmps://h:444/live?w
 *                            ""                base
 *
 * A '#' means nothing here, and a ref that names a scheme is taken as it is:
 * whether to follow it from rtmps to rtmp is the caller's decision.  *len,
 * which may be NULL, receives the length without the NUL.  Returns 0;
 * RTMP_ERR_URL when base is not absolute, or when what comes out is not an
 * RTMP URL with an app; or RTMP_ERR_NOBUF, never when size is above that of
 * both strings by 2.
 */
RTMP_API int rtmp_url_resolve(const char *base, const char *ref, char *buf,
    size_t size, size_t *len);

/* "rtmp", "rtmps" ...; and 1 when the scheme runs over TLS. */
RTMP_API const char *rtmp_scheme_name(enum rtmp_scheme scheme);
RTMP_API int rtmp_scheme_is_tls(enum rtmp_scheme scheme);

#ifdef __cplusplus
}
#endif

#endif
