#ifndef RTMPIO_RTMP_H
#define RTMPIO_RTMP_H

#include <rtmpio/types.h>
#include <rtmpio/io.h>
#include <rtmpio/url.h>
#include <rtmpio/session.h>
#include <rtmpio/media.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The blocking client.
 *
 *     rtmp_new -> rtmp_connect -> rtmp_publish -> rtmp_write_packet ...
 *                              '-> rtmp_play -> rtmp_read_packet ...
 *              -> rtmp_close -> rtmp_free
 *
 * Each call ends within options.timeout_ms, whatever the server does, and
 * rtmp_cancel() ends it at once.  When a call returns a fatal error the
 * connection is gone: rtmp_error_detail() says why, and rtmp_connect() may be
 * called again on the same handle.
 */
struct rtmp_options {
	size_t struct_size;
	int timeout_ms;	 /* of each call; 10000; -1: no limit */
	int linger_ms;	 /* of rtmp_close(), for the server's goodbye; 2000 */
	enum rtmp_flight flight;	/* STEPWISE; see session.h */
	const struct rtmp_io *io;	/* used instead of TCP; copied, and
					 * closed by r; for one connection */
	/*
	 * Called for rtmps and rtmpts with the connected TCP transport in
	 * *io: puts a TLS transport that owns it in its place and returns 0,
	 * or returns an error and leaves *io alone.  It may say why in error,
	 * which has error_size bytes.  For rtmpts any call on r may come
	 * here, when the web server has closed a connection.  NULL: both are
	 * refused with RTMP_ERR_TLS.
	 */
	int (*wrap_tls)(void *arg, const char *host, struct rtmp_io *io,
	    int timeout_ms, char *error, size_t error_size);
	void *wrap_tls_arg;
	const char *local_addr;	   /* bound before TCP connects; NULL: any */
	const char *app, *tc_url;  /* instead of what the URL says; NULL */
	const char *flash_ver, *swf_url, *page_url; /* as in session.h */
	const uint8_t *connect_pairs, *connect_args; /* likewise */
	size_t connect_pairs_size, connect_args_size;
	uint32_t chunk_size;	   /* ours; 60000 */
	uint32_t window_ack_size;  /* ours; 2500000 */
	uint32_t buffer_ms;	   /* the server's buffer for us; 3000 */
	size_t receive_buffer;	   /* bytes; a read fills what is free of it;
				    * 0: 64 KiB to play, 4 KiB to publish; it
				    * grows to hold a message that is larger */
	/* Sees every event but packets, in the thread of the call that reads
	 * it.  It must not call functions of r but rtmp_cancel().  NULL:
	 * none. */
	void (*on_event)(void *arg, const struct rtmp_event *event);
	void *on_event_arg;
	const struct rtmp_mem *mem;
	const struct rtmp_capabilities *capabilities; /* as in session.h */
	enum rtmp_handshake_kind handshake; /* as in session.h; that of an
					     * rtmpe URL is RTMPE anyway */
	const uint8_t *swf;	  /* likewise, up to some 60 MiB */
	uint32_t swf_size;
	const uint8_t *swf_hash;
	/* The way to the server, "socks5://[user:password@]host:port" or
	 * "http://..." (CONNECT), %xx decoded; the proxy looks the server's
	 * name up.  NULL: straight. */
	const char *proxy;
	/*
	 * For servers that ask: authmod=adobe and authmod=llnw, the extra
	 * connections of which are made inside the call that is refused.
	 * NULL: those of the URL, user:password@.  To a server that asks, the
	 * user leaves this program as it is, behind app and tcUrl, and the
	 * password hashed with MD5 only.
	 */
	const char *user, *password;
	const char *secure_token; /* the password of Wowza's SecureToken */
	int max_redirects; /* to be followed, each told to on_event as
			    * RTMP_STATUS_REDIRECT, never from TLS to none,
			    * not with io; 5, at most 14; 0:
			    * RTMP_ERR_REJECTED */
	struct rtmp_session_limits limits; /* as in session.h */
	const char *subscribe; /* FCSubscribe before play, as in session.h */
};

/* Sets all of them to what stands behind them, or else to zero and NULL. */
RTMP_API void rtmp_options_init(struct rtmp_options *opt,
    size_t struct_size);

struct rtmp;

/* opt may be NULL; what it points to is copied, but for the ctx and arg
 * pointers, which are held.  Returns NULL when out of memory: then opt->io is
 * still the caller's. */
RTMP_API struct rtmp *rtmp_new(const struct rtmp_options *opt);
/* Drops the connection, if any, without a goodbye.  r may be NULL. */
RTMP_API void rtmp_free(struct rtmp *r);

/*
 * Resolves, connects, shakes hands and waits for the _result of connect, all
 * within one deadline.  With stream NULL the last path segment of the URL,
 * with its query, is the stream, else the whole path is the app; url.h has the
 * details.  With a flight above STEPWISE it returns as soon as the transport
 * is up, and what the server refuses is reported by the call that finds out.
 *
 * Returns 0; RTMP_ERR_URL, RTMP_ERR_STATE (already connected),
 * RTMP_ERR_UNSUPPORTED (the library was built without it) or RTMP_ERR_INVAL
 * (options without rtmp_options_init()), before any use of the network; or
 * RTMP_ERR_INVAL (what rtmp_session_new() refuses), _RESOLVE, _CONNECT, _TLS,
 * _HANDSHAKE, _REJECTED, _TIMEOUT, _CANCELED, _EOF, _IO, _PROTO, _LIMIT or
 * _NOMEM.
 */
RTMP_API int rtmp_connect(struct rtmp *r, const char *url,
    const char *stream);

/*
 * Asks the server to take the stream.  type is "live" (as NULL), "record" or
 * "append".  Returns 0 once it has answered NetStream.Publish.Start: under
 * EAGER and ZERO_RTT without waiting, but a write that finds no answer when
 * timeout_ms have passed since then returns RTMP_ERR_TIMEOUT, which is fatal.
 * RTMP_ERR_REJECTED: the server refused; rtmp_last_status() has its words.
 * RTMP_ERR_STATE: not connected, or publishing or playing already.
 * RTMP_ERR_INVAL: type, or a stream name above 65535 bytes.  Otherwise a fatal
 * error, also a timeout or a cancel.
 */
RTMP_API int rtmp_publish(struct rtmp *r, const char *type);

/* Asks the server for the stream; start is -2 (live or recorded), -1 (live) or
 * a position, as in rtmp_session_play(), which also takes a duration.  Returns
 * as rtmp_publish(), on NetStream.Play.Start. */
RTMP_API int rtmp_play(struct rtmp *r, double start);
RTMP_API int rtmp_play_range(struct rtmp *r, double start, double duration,
    int reset);

/*
 * Sends one packet, all of it, and handles what the server has sent
 * meanwhile.  packet->data is only read, and free to be reused on return.  A
 * data packet that begins with "onMetaData" is sent as @setDataFrame.
 * Returns 0; RTMP_ERR_STATE (not publishing), RTMP_ERR_INVAL (type, size); or
 * a fatal error, among them RTMP_ERR_REJECTED when the server has ended the
 * stream, with or without an error of its own.
 */
RTMP_API int rtmp_write_packet(struct rtmp *r,
    const struct rtmp_packet *packet);

/* The same for many packets, with fewer system calls: *written, which may be
 * NULL, receives how many went out, all of them on success.  With count 0 it
 * only handles what the server has sent, and answers it, as in a pause between
 * packets. */
RTMP_API int rtmp_write_packets(struct rtmp *r,
    const struct rtmp_packet *packets, size_t count, size_t *written);

/*
 * Returns 1 and the next packet, whose data is lent until the next call on r;
 * 0 at the end of the stream; RTMP_ERR_STATE (not playing); RTMP_ERR_TIMEOUT
 * when no packet came in time, or RTMP_ERR_CANCELED, which both leave the
 * connection as it is here; or another fatal error.  After 0 and those two it
 * may be called again: the publisher may come back.
 */
RTMP_API int rtmp_read_packet(struct rtmp *r, struct rtmp_packet *packet);

/*
 * The same with frames, as encoders give and decoders take them; media.h says
 * what they are.
 *
 * rtmp_write_frame() makes packets of a frame, sequence headers included, and
 * sends them.  Returns as rtmp_packetizer_put() and rtmp_write_packet(); after
 * RTMP_ERR_INVAL or RTMP_ERR_MALFORMED the next frame may be good.
 */
RTMP_API int rtmp_write_frame(struct rtmp *r, const struct rtmp_frame *frame);

/* Returns 1 and the next frame, lent until the next call on r; as
 * rtmp_read_packet(); or RTMP_ERR_MALFORMED for a packet that breaks its
 * format: the next call goes on behind it.  frame needs no init. */
RTMP_API int rtmp_read_frame(struct rtmp *r, struct rtmp_frame *frame);

/* How frames are sent, and in which form they are read, from here on; sequence
 * headers are sent anew.  out and in may be NULL: no change.  Returns 0,
 * RTMP_ERR_INVAL or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_set_frame_options(struct rtmp *r,
    const struct rtmp_packetizer_options *out,
    const struct rtmp_depacketizer_options *in);

/* Commands of a player, ms being a position; the answers go to on_event.
 * Return 0 when sent, or queued for the next call on r where the transport is
 * full; RTMP_ERR_STATE (not playing); RTMP_ERR_AGAIN when 4 MiB are queued; or
 * a fatal error. */
RTMP_API int rtmp_pause(struct rtmp *r, int pause, double ms);
RTMP_API int rtmp_seek(struct rtmp *r, double ms);

/*
 * Ends the stream in good order: FCUnpublish, closeStream, deleteStream, the
 * end of our side of the transport; then reads until the server has closed
 * its side, at most linger_ms, since closing while its bytes lie unread would
 * make TCP throw away the tail of ours.  Returns 0, also when not connected,
 * or the error that kept something from being sent.  The handle may connect
 * again.
 */
RTMP_API int rtmp_close(struct rtmp *r);

/* Makes the call that blocks in r, or the next one that would, return
 * RTMP_ERR_CANCELED: one call, however often this comes before it.  The only
 * function that another thread or a signal handler may call, as long as r
 * lives.  With a transport of the caller's, options.io, it is heard within 100
 * ms. */
RTMP_API void rtmp_cancel(struct rtmp *r);

/* The server's last onStatus, _result or _error; NULL when there was none.
 * Lent. */
RTMP_API const struct rtmp_status *rtmp_last_status(const struct rtmp *r);

/* The last failure in words: "NetStream.Publish.BadName: already live".
 * Never NULL, lent. */
RTMP_API const char *rtmp_error_detail(const struct rtmp *r);

/* As rtmp_session_capabilities() and rtmp_session_reconnect_url(); NULL when
 * not connected.  Lent. */
RTMP_API const struct rtmp_capabilities *rtmp_get_capabilities(
    const struct rtmp *r);
RTMP_API const char *rtmp_reconnect_url(const struct rtmp *r);

/* As rtmp_session_get_stats(); when not connected, how the last connection
 * ended: what was acknowledged, and what was still queued. */
RTMP_API void rtmp_get_stats(const struct rtmp *r,
    struct rtmp_session_stats *stats, size_t struct_size);

/* The session below, for rtmp_session_call() and the like, which leave with
 * the next call on r; NULL when not connected.  *stream, which may be NULL,
 * receives the stream of rtmp_publish() or rtmp_play(), or 0. */
RTMP_API struct rtmp_session *rtmp_get_session(struct rtmp *r,
    unsigned *stream);

#ifdef __cplusplus
}
#endif

#endif
