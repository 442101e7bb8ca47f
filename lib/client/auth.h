#ifndef RTMPIO_CLIENT_AUTH_H
#define RTMPIO_CLIENT_AUTH_H

/*
 * Authentication of the connect command, as Adobe's and Limelight's servers
 * ask for it, and the token of Wowza.  None is in a specification.
 *
 *     connect  app                                    ->
 *        <- Connect.Rejected  [ code=403 need auth; authmod=adobe ]
 *     connect  app?authmod=adobe&user=U               ->  a new connection
 *        <- Connect.Rejected  ?reason=needauth&user=U&salt=S&challenge=C
 *     connect  app?authmod=adobe&user=U&challenge=C2&response=R
 *                                                     ->  a new connection
 *        <- Connect.Success, or ?reason=authfailed, ?reason=nosuchuser
 *
 * Limelight's is HTTP Digest: authmod=llnw, and nonce for salt and challenge.
 * MD5 keeps nobody out who listens: use TLS.
 */
#include <stddef.h>
#include <stdint.h>

#define RTMP_AUTH_QUERY_SIZE 2048

enum rtmp_auth_mode { RTMP_AUTH_NONE, RTMP_AUTH_ADOBE, RTMP_AUTH_LIMELIGHT };

struct rtmp_auth {
	const char *user;
	const char *password;
	const char *app;	  /* Limelight hashes it */
	char nonce[9];		  /* ours: 8 hex digits, new for each try */
	enum rtmp_auth_mode mode; /* what the server wants */
	uint8_t named;		  /* the user was sent */
	uint8_t responded;	  /* the response was sent */
	const char *error;	  /* static */
	char query[RTMP_AUTH_QUERY_SIZE]; /* behind app and tcUrl; "" at
					   * first */
};

/* Sets nonce from 4 random bytes; all strings are held. */
void rtmp_auth_init(struct rtmp_auth *a, const char *user,
    const char *password, const char *app, const uint8_t random[4]);

/*
 * Takes the description of a Connect.Rejected.  Returns 1 with query for the
 * next try; RTMP_ERR_REJECTED when user or password is refused, when the
 * server asks for the same again, or when its words make no sense, which error
 * names; RTMP_ERR_LIMIT when they are too long.
 */
int rtmp_auth_next(struct rtmp_auth *a, const char *description);

/*
 * SecureToken: deciphers the len hex digits of the server's _result with the
 * shared password (16 bytes of it count) into at most size bytes, NUL
 * included.  Returns 0, RTMP_ERR_PROTO (not hex, or empty) or RTMP_ERR_LIMIT.
 */
int rtmp_secure_token(const char *hex, size_t len, const char *password,
    char *text, size_t size);

#endif
