#ifndef RTMPIO_IO_H
#define RTMPIO_IO_H

#include <sys/uio.h>
#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTMP_WANT_READ 1
#define RTMP_WANT_WRITE 2

/*
 * A transport: a stream of bytes in both directions that never blocks but in
 * wait().  TCP by default; TLS, a tunnel or a test script when the caller
 * gives one.  Transports stack: the one above owns the one below and closes
 * it.  read, writev and wait are mandatory, others may be NULL: set all of
 * them.
 */
struct rtmp_io {
	void *ctx;

	/* Moves at least one byte and returns 0 with *nread set; or returns
	 * RTMP_ERR_AGAIN, RTMP_ERR_EOF (closed or reset by the peer), or
	 * another fatal error. */
	int (*read)(void *ctx, void *buf, size_t size, size_t *nread);

	/* Takes at least one byte and returns 0 with *nwritten set; or
	 * returns RTMP_ERR_AGAIN or a fatal error, after which it is called no
	 * more: what the peer had said before is still read.  Raises no
	 * signal. */
	int (*writev)(void *ctx, const struct iovec *iov, int count,
	    size_t *nwritten);

	/* Waits until one of want (RTMP_WANT_READ | RTMP_WANT_WRITE) can
	 * move.  Returns the ready subset, 0 after timeout_ms (-1: no limit),
	 * or a fatal error.  A transport that buffers answers from its
	 * buffer before it polls. */
	int (*wait)(void *ctx, int want, int timeout_ms);

	/* Nothing will be written any more: TCP sends its FIN, TLS its
	 * close_notify.  Reading goes on.  Returns 0 or an error. */
	int (*shutdown)(void *ctx);

	/* Frees ctx and what lies below. */
	void (*close)(void *ctx);

	/* The last failure in words, "" when there is none; lent.  May be
	 * NULL: then the client has only rtmp_strerror() to say. */
	const char *(*error)(void *ctx);
};

/* ---- TCP ---- */

struct rtmp_tcp_options {
	size_t struct_size;
	int timeout_ms;		/* for all of it; 10000; -1: no limit */
	const char *local_addr; /* numeric address to bind; NULL: any */
	int wake_fd;		/* when readable, wait() and open() return
				 * RTMP_ERR_CANCELED; -1: none */
	const struct rtmp_mem *mem;
	char *error;		/* receives the failure in words, or NULL */
	size_t error_size;
};

RTMP_API void rtmp_tcp_options_init(struct rtmp_tcp_options *opt,
    size_t struct_size);

/*
 * The default transport, and what a TLS transport stands on.  Resolves host,
 * races its IPv6 and IPv4 addresses (RFC 8305), sets TCP_NODELAY.  opt may be
 * NULL.  Returns 0 and fills *io; or RTMP_ERR_RESOLVE, _CONNECT, _TIMEOUT,
 * _CANCELED, _INVAL (local_addr), _NOMEM or _IO, with *io untouched.
 *
 * A name, but not a numeric address, is looked up in a thread.  When the
 * deadline comes first that thread lives on until the system's resolver gives
 * up, so a program that calls dlclose() on the library must not do so before.
 */
RTMP_API int rtmp_tcp_open(struct rtmp_io *io, const char *host,
    uint16_t port, const struct rtmp_tcp_options *opt);

/* The descriptor of a transport that rtmp_tcp_open() or rtmp_tcp_adopt()
 * made, for poll(), setsockopt() and getpeername(); it stays io's. */
RTMP_API int rtmp_tcp_fd(const struct rtmp_io *io);

/* Makes a transport of a connected stream socket, which it then owns.  opt
 * gives wake_fd and mem only, and may be NULL.  Returns 0, RTMP_ERR_NOMEM or
 * RTMP_ERR_IO; on failure fd is still the caller's. */
RTMP_API int rtmp_tcp_adopt(struct rtmp_io *io, int fd,
    const struct rtmp_tcp_options *opt);

/* ---- RTMPT ---- */

struct rtmp_rtmpt_options {
	size_t struct_size;
	int timeout_ms; /* of rtmp_rtmpt_open(); 10000; -1: no limit */
	/*
	 * Web servers close connections between requests.  This opens another
	 * one to the same server into *io and returns 0, or an error and may
	 * say why in error.  Only wait() calls it, with what is left of its
	 * timeout.  NULL: the end of the connection ends the tunnel.
	 */
	int (*reopen)(void *arg, struct rtmp_io *io, int timeout_ms,
	    char *error, size_t error_size);
	void *reopen_arg;
	size_t send_max; /* bytes per request, and that may wait for the next
			  * one; 262144 */
	int wake_fd;	 /* as of the transport below, for waiting without */
	const struct rtmp_mem *mem;
	char *error; /* receives the failure in words, or NULL */
	size_t error_size;
};

RTMP_API void rtmp_rtmpt_options_init(struct rtmp_rtmpt_options *opt,
    size_t struct_size);

/*
 * RTMP through HTTP: puts a tunnel in the place of the connected transport in
 * *io, which it then owns.  host and port, of the web server, go into the
 * requests.  There is one request at a time, so what is written meanwhile
 * waits for the next, and what the server sends must be read for the
 * tunnel to go on.  Without anything to be sent it asks the server every 20
 * to 500 ms, while somebody reads or waits to read.
 *
 * Returns 0; or RTMP_ERR_REJECTED (any status but 200), _PROTO (not HTTP, or
 * not a tunnel), _LIMIT, _TIMEOUT, _CANCELED, _INVAL (host), _NOMEM, _EOF or
 * _IO, with *io untouched and of no use but to be closed.
 */
RTMP_API int rtmp_rtmpt_open(struct rtmp_io *io, const char *host,
    uint16_t port, const struct rtmp_rtmpt_options *opt);

/* ---- Proxies ---- */

struct rtmp_proxy_options {
	size_t struct_size;
	int timeout_ms;	  /* for all of it; 10000; -1: no limit */
	const char *user; /* NULL: none is offered */
	const char *password; /* NULL: "" */
	char *error; /* receives the failure in words, or NULL */
	size_t error_size;
};

RTMP_API void rtmp_proxy_options_init(struct rtmp_proxy_options *opt,
    size_t struct_size);

/*
 * Makes the transport in *io, which is connected to a proxy, one that is
 * connected to port of host, by SOCKS5 (RFC 1928) or by the CONNECT of HTTP.
 * The proxy looks host up, unless it is a numeric address.  Nothing stays in
 * between: *io is as it was, and other transports may stack on it.
 *
 * Returns 0; RTMP_ERR_REJECTED (the proxy does not let us), _CONNECT (it
 * could not reach host), _PROTO (it is no such proxy), _LIMIT, _TIMEOUT,
 * _CANCELED, _INVAL (host, user or password), _EOF or _IO: then *io is of no
 * use but to be closed.
 */
RTMP_API int rtmp_socks5_open(struct rtmp_io *io, const char *host,
    uint16_t port, const struct rtmp_proxy_options *opt);
RTMP_API int rtmp_http_connect_open(struct rtmp_io *io, const char *host,
    uint16_t port, const struct rtmp_proxy_options *opt);

/*
 * RTMPE on the transport *io, which it then owns and takes the place of: the
 * first 3073 bytes of each direction, which are the handshake, pass as they
 * are; all that follows is enciphered with RC4.  Between the two read() and
 * writev() return RTMP_ERR_AGAIN until there are keys.  Obfuscation for old
 * servers, never security.  mem may be NULL.  Returns 0, RTMP_ERR_NOMEM or
 * RTMP_ERR_UNSUPPORTED (built without cryptography), with *io untouched.
 */
RTMP_API int rtmp_rtmpe_wrap(struct rtmp_io *io, const struct rtmp_mem *mem);

/* Gives it the keys of 16 bytes that rtmp_session_rtmpe_keys() or
 * rtmp_handshake_rtmpe_keys() has; both NULL: the peers have agreed not to
 * encipher.  io is what rtmp_rtmpe_wrap() made. */
RTMP_API void rtmp_rtmpe_set_keys(struct rtmp_io *io, const uint8_t *send,
    const uint8_t *recv);

#ifdef __cplusplus
}
#endif

#endif
