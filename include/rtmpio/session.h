#ifndef RTMPIO_SESSION_H
#define RTMPIO_SESSION_H

#include <sys/uio.h>
#include <rtmpio/capabilities.h>
#include <rtmpio/types.h>
#include <rtmpio/handshake.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One client connection as a state machine: bytes in, events and bytes out.
 * No sockets, no clock, no threads, no callbacks.  For your own event loop and
 * TLS; <rtmpio/rtmp.h> is this session plus a blocking loop.
 *
 *     rtmp_session_new
 *     rtmp_session_publish, or _play   at once, or after RTMP_EVENT_CONNECTED
 *     loop:
 *       socket writable:  rtmp_session_send_iov -> writev -> rtmp_session_sent
 *       socket readable:  read -> rtmp_session_recv until 0, handle events
 *       frame captured:   rtmp_session_write
 *     rtmp_session_close, send what is left, rtmp_session_free
 *
 * The connection: HANDSHAKE -> CONNECTING -> CONNECTED -> CLOSED
 * Each stream:    WAITING -> CREATING -> STARTING -> PUBLISHING -> ENDED
 *                                                '-> PLAYING ----'
 */
enum rtmp_session_state {
	RTMP_SESSION_HANDSHAKE,	 /* C0 C1 queued, S0 S1 S2 awaited */
	RTMP_SESSION_CONNECTING, /* connect queued, its _result awaited */
	RTMP_SESSION_CONNECTED,	 /* NetConnection.Connect.Success */
	RTMP_SESSION_CLOSED	 /* refused, failed, or rtmp_session_close() */
};

enum rtmp_stream_state {
	RTMP_STREAM_NONE,	/* no such stream */
	RTMP_STREAM_WAITING,	/* the flight allows no createStream yet */
	RTMP_STREAM_CREATING,	/* createStream queued, its _result awaited */
	RTMP_STREAM_STARTING,	/* publish or play queued, onStatus awaited */
	RTMP_STREAM_PUBLISHING, /* NetStream.Publish.Start */
	RTMP_STREAM_PLAYING,	/* NetStream.Play.Start */
	RTMP_STREAM_ENDED	/* refused, or closed by either side */
};

/*
 * How much is sent before the server has answered.  A refusal, a redirect or
 * a demand for authentication ends the flight and is reported in every mode.
 *
 *     round trips, TCP handshake not counted   publish ready   media leaves
 *     STEPWISE                                       4              4
 *     PIPELINED                                      2              2
 *     EAGER                                          2              1
 *     ZERO_RTT                                       2              0
 */
enum rtmp_flight {
	RTMP_FLIGHT_STEPWISE,  /* wait for each answer that is needed */
	RTMP_FLIGHT_PIPELINED, /* all commands right behind C2 */
	RTMP_FLIGHT_EAGER,     /* and media at once */
	RTMP_FLIGHT_ZERO_RTT   /* all of it right behind C1 */
};

/* ---- What the server says ---- */

/* What a status means, when the library knows; the words stay beside it. */
enum rtmp_status_kind {
	RTMP_STATUS_OTHER,
	RTMP_STATUS_SUCCESS,	   /* Connect.Success, Publish.Start ... */
	RTMP_STATUS_NAME_IN_USE,   /* NetStream.Publish.BadName ... */
	RTMP_STATUS_NOT_FOUND,	   /* NetStream.Play.StreamNotFound ... */
	RTMP_STATUS_INVALID_APP,   /* NetConnection.Connect.InvalidApp */
	RTMP_STATUS_DENIED,	   /* NetStream.Publish.Denied ... */
	RTMP_STATUS_AUTH_REQUIRED, /* Connect.Rejected that asks for a user */
	RTMP_STATUS_AUTH_FAILED,   /* ... that refuses the password */
	RTMP_STATUS_NO_SUCH_USER,  /* ... or knows no such user */
	RTMP_STATUS_REDIRECT,	   /* Connect.Rejected, ex.code 302 */
	RTMP_STATUS_ENDED,	   /* UnpublishNotify, Play.Stop ... */
	RTMP_STATUS_CLOSED,	   /* Connect.Closed, or a close without a
				    * word: description guesses why */
	RTMP_STATUS_RECONNECT	   /* NetConnection.Connect.ReconnectRequest */
};

/* An onStatus, _result or _error.  Strings are NUL-terminated, "" when the
 * server sent none; control characters in them are replaced by '?'. */
struct rtmp_status {
	enum rtmp_status_kind kind;
	const char *level;	 /* "status", "warning", "error" */
	const char *code;	 /* "NetStream.Publish.BadName" */
	const char *description; /* cut at 1023 bytes; amf0 has all */
	const uint8_t *amf0;	 /* all values of the command */
	size_t amf0_size;
	/* REDIRECT: ex.redirect, the tcUrl of another server, and what SRS
	 * adds, ex.redirect2, with the stream.  "" where there is none. */
	const char *redirect;
	const char *redirect2;
};

enum rtmp_event_type {
	RTMP_EVENT_CONNECTED = 1, /* status, capabilities */
	RTMP_EVENT_PUBLISH_START, /* stream, status: write may be called */
	RTMP_EVENT_PLAY_START,	  /* stream, status */
	RTMP_EVENT_PACKET,	  /* stream, packet */
	RTMP_EVENT_STATUS,	  /* stream or 0, status: any other onStatus */
	RTMP_EVENT_STREAM_EOF,	  /* stream, status: playback is over, or the
				   * publisher has left and may come back */
	RTMP_EVENT_REJECTED,	  /* stream or 0 for the connection, status */
	RTMP_EVENT_RESULT,	  /* transaction, success, status: the answer
				   * to rtmp_session_call() */
	RTMP_EVENT_COMMAND,	  /* stream or 0, command, transaction, data:
				   * a command that is not handled here */
	RTMP_EVENT_USER_CONTROL,  /* control, stream or 0, value */
	RTMP_EVENT_MESSAGE,	  /* message_type, data: of an unknown type */
	RTMP_EVENT_RECONNECT	  /* status, tc_url: the server will go away;
				   * see rtmp_session_reconnect_url() */
};

/* User Control events, RTMP 1.0 section 7.1.7, and those of FMS 3.5. */
enum rtmp_user_control {
	RTMP_CONTROL_STREAM_BEGIN = 0,
	RTMP_CONTROL_STREAM_EOF = 1,
	RTMP_CONTROL_STREAM_DRY = 2,
	RTMP_CONTROL_SET_BUFFER_LENGTH = 3,
	RTMP_CONTROL_STREAM_IS_RECORDED = 4,
	RTMP_CONTROL_PING_REQUEST = 6,
	RTMP_CONTROL_PING_RESPONSE = 7,
	RTMP_CONTROL_SWF_VERIFY_REQUEST = 26,
	RTMP_CONTROL_SWF_VERIFY_RESPONSE = 27,
	RTMP_CONTROL_BUFFER_EMPTY = 31,
	RTMP_CONTROL_BUFFER_READY = 32
};

/* Lent by rtmp_session_recv(), and valid until the next call of it, as long
 * as the bytes that it was given are valid, too. */
struct rtmp_event {
	enum rtmp_event_type type;
	unsigned stream;	   /* as publish or play gave it; 0: none */
	struct rtmp_status status;
	struct rtmp_packet packet; /* PACKET */
	uint32_t lost_packets;	   /* PUBLISH_START: how many left under a
				    * message stream id that was assumed and
				    * is another: send the sequence headers
				    * again */
	uint32_t transaction;	   /* RESULT: as call gave it; COMMAND */
	int success;		   /* RESULT: 1 _result, 0 _error */
	const char *command;	   /* COMMAND: its name */
	enum rtmp_user_control control; /* USER_CONTROL: may be unnamed */
	uint32_t value;		   /* USER_CONTROL: its first argument */
	uint8_t message_type;	   /* MESSAGE */
	const uint8_t *data;	   /* COMMAND: all its AMF0 values; MESSAGE */
	size_t data_size;
	const struct rtmp_capabilities *capabilities; /* CONNECTED: those of
				    * the server; valid as long as the session;
				    * NULL in all other events */
	const char *tc_url;	   /* RECONNECT: where to; "" when that is no
				    * URL; NULL in all other events */
};

/* ---- The session ---- */

/* What a peer can make a session hold or do; each with its attack.  0 is the
 * default for the first three, and none at all for the others. */
struct rtmp_session_limits {
	size_t message_size;	 /* a length field may claim 16 MiB; 8 MiB */
	size_t partial_size;	 /* a message begun on every csid; 16 MiB */
	unsigned chunk_streams;	 /* 65,000 csids, a table entry each; 64 */
	size_t answers;		 /* bytes queued in answer to the peer, such
				  * as a flood of pings unread; 64 KiB */
	unsigned streams;	 /* ours: streams open at once; 32 */
	unsigned calls;		 /* ours: answers awaited at once; 256 */
};

#define RTMP_SESSION_RANDOM_SIZE 1528 /* the random part of C1 */

struct rtmp_session_config {
	size_t struct_size;
	enum rtmp_flight flight;  /* STEPWISE */
	const char *app;	  /* "live"; required */
	const char *tc_url;	  /* "rtmp://host/live"; required */
	const char *flash_ver;	  /* NULL: "FMLE/3.0 (compatible; rtmpio)" */
	const char *swf_url;	  /* NULL: not sent */
	const char *page_url;	  /* NULL: not sent */
	/* AMF0 key-value pairs to be added to the object of the connect
	 * command, and values to be added behind it.  May be NULL. */
	const uint8_t *connect_pairs;
	size_t connect_pairs_size;
	const uint8_t *connect_args;
	size_t connect_args_size;
	uint32_t chunk_size;	  /* ours, announced before publish; 60000 */
	uint32_t window_ack_size; /* ours, sent when playing; 2500000 */
	uint32_t buffer_ms;	  /* Set Buffer Length when playing; 3000 */
	size_t max_send_buffer;	  /* 4 MiB, then RTMP_ERR_AGAIN */
	struct rtmp_session_limits limits;
	uint32_t epoch;		  /* the time field of C1; 0 */
	const uint8_t *random;	  /* RTMP_SESSION_RANDOM_SIZE bytes for C1;
				   * NULL: a fixed pattern */
	const struct rtmp_mem *mem;
	/* What connect says that we can take: rtmp_capabilities_init(), which
	 * servers that do not know it ignore.  NULL: nothing.  connect_pairs
	 * that speak of it take its place. */
	const struct rtmp_capabilities *capabilities;
	/* SIMPLE.  DIGEST falls back to SIMPLE where the server does not know
	 * it; RTMPE does not.  Both make of ZERO_RTT an EAGER, since C2 needs
	 * S1, and are RTMP_ERR_UNSUPPORTED in a library that was built without
	 * cryptography. */
	enum rtmp_handshake_kind handshake;
	/* SWF verification, with which some servers tell their own player:
	 * the decompressed SWF, header included, and its size; or, with swf
	 * NULL, its size and the HMAC-SHA256 over it, 32 bytes, whose key is
	 * "Genuine Adobe Flash Player 001".  It makes of SIMPLE a DIGEST. */
	const uint8_t *swf;	  /* NULL */
	uint32_t swf_size;
	const uint8_t *swf_hash;  /* NULL */
	/* FCSubscribe, without which some CDNs (Akamai, Limelight, EdgeCast)
	 * play no live stream: the name that it is sent with, "" for that of
	 * the stream.  What is answered means nothing.  NULL: not sent. */
	const char *subscribe;
};

RTMP_API void rtmp_session_config_init(struct rtmp_session_config *config,
    size_t struct_size);

struct rtmp_session;

/* C0 and C1 are ready to be sent at once; the connect command follows by
 * itself.  Returns 0, RTMP_ERR_INVAL (app, tc_url, chunk_size, handshake, an
 * SWF that is compressed, subscribe), RTMP_ERR_UNSUPPORTED or RTMP_ERR_NOMEM.
 * Everything in config is copied. */
RTMP_API int rtmp_session_new(struct rtmp_session **s,
    const struct rtmp_session_config *config);
/* Releases what rtmp_session_write_ref() holds. */
RTMP_API void rtmp_session_free(struct rtmp_session *s);

RTMP_API enum rtmp_session_state rtmp_session_state(
    const struct rtmp_session *s);
RTMP_API enum rtmp_stream_state rtmp_stream_state(
    const struct rtmp_session *s, unsigned stream);
/* The message stream id that the server gave, or that the flight assumes. */
RTMP_API uint32_t rtmp_stream_msid(const struct rtmp_session *s,
    unsigned stream);

/*
 * With the handshake RTMPE: the keys for what the transport carries behind
 * the 3073 bytes of each side's handshake, as rtmp_rtmpe_set_keys() of io.h
 * takes them.  The session itself works on what is not enciphered.  Returns 1,
 * or 0 with both left alone as long as the server's S1 has not come; after
 * that they stay, even when the session fails.
 */
RTMP_API int rtmp_session_rtmpe_keys(const struct rtmp_session *s,
    uint8_t send[RTMP_RTMPE_KEY_SIZE], uint8_t recv[RTMP_RTMPE_KEY_SIZE]);

/* Why the session failed, in words; "" before that.  Valid as long as s. */
RTMP_API const char *rtmp_session_error(const struct rtmp_session *s);

/* What the server said in answer to connect; until then, and when it said
 * nothing, nothing is stated.  Never NULL, valid as long as s. */
RTMP_API const struct rtmp_capabilities *rtmp_session_capabilities(
    const struct rtmp_session *s);

/*
 * Where the server asked us to connect to, as an absolute tcUrl, because it
 * will go away: Enhanced RTMP v2, "Reconnect Request".  NULL when it has not
 * asked, "" when what it named is no URL.  Valid until the next call on s.
 *
 * A server only asks whom capsEx said to act on it: RTMP_CAPS_RECONNECT.  It
 * goes on serving this session, so a publisher connects to the new server,
 * replays what rtmp_stream_cache holds there, goes on with the next key frame,
 * and then closes this session; a player connects, and closes when the new
 * server sends.
 */
RTMP_API const char *rtmp_session_reconnect_url(
    const struct rtmp_session *s);

/*
 * Takes received bytes; *data and *size advance past what was used.  Returns 1
 * and sets *event, 0 when the bytes ran out, or a fatal error, after which
 * every call returns the same.  Call until it returns 0, and keep the bytes
 * until then: some of what they hold may come out of a later call.
 *
 * Acknowledgements, pings, chunk and window sizes, onBWDone, _onbwcheck and,
 * with an SWF, its verification are answered without an event, so look for
 * bytes to be sent after each call.
 * RTMP_EVENT_REJECTED of the connection is followed by RTMP_ERR_REJECTED.
 */
RTMP_API int rtmp_session_recv(struct rtmp_session *s, const uint8_t **data,
    size_t *size, const struct rtmp_event **event);

/*
 * The same in a buffer that the session may write to, which spares memory and
 * nearly all copies: see rtmp_chunk_reader_next_in_place().  With 0 the bytes
 * of a message that is not whole may be left in *data, and *need is its size,
 * else *need is 0.  Call again with the same bytes and more behind them, at
 * the same place or another.  *need is at most limits.message_size, but a peer
 * can announce what it never sends: let memory grow as bytes come.  Who goes
 * over to rtmp_session_recv() gives it the bytes that were left, too.
 */
RTMP_API int rtmp_session_recv_in_place(struct rtmp_session *s,
    uint8_t **data, size_t *size, const struct rtmp_event **event,
    size_t *need);

/*
 * Says that the peer has closed the transport.  Returns RTMP_ERR_EOF, or
 * RTMP_ERR_REJECTED when the close is the answer to a command (an unknown app
 * or a refused key, to many servers), with *status in words, lent.  Returns 0
 * after rtmp_session_close(), and an earlier error again: then *status is
 * NULL, as with RTMP_ERR_EOF.  status may be NULL.
 */
RTMP_API int rtmp_session_eof(struct rtmp_session *s,
    const struct rtmp_status **status);

/*
 * Bytes to be sent, as at most max pieces for writev(); returns their count, 0
 * when there is nothing.  Lent until the next call on s.  Report what the
 * transport took, which may be less, with rtmp_session_sent(), which returns 0
 * when that was all, else 1: ask again.
 */
RTMP_API int rtmp_session_send_iov(struct rtmp_session *s,
    struct iovec *iov, int max);
RTMP_API int rtmp_session_sent(struct rtmp_session *s, size_t size);

struct rtmp_session_stats {
	uint64_t bytes_received; /* handshake included */
	uint64_t bytes_sent;
	uint64_t bytes_acknowledged; /* of bytes_sent, by the peer; a hint:
				      * some servers send odd values */
	size_t queued_bytes;	     /* not yet reported as sent */
	uint32_t queued_ms;	     /* time from the oldest to the newest
				      * media packet queued */
	uint32_t queued_packets;
};

/* The congestion that an encoder watches.  struct_size is sizeof *stats. */
RTMP_API void rtmp_session_get_stats(const struct rtmp_session *s,
    struct rtmp_session_stats *stats, size_t struct_size);

/*
 * Asks the peer to acknowledge what it has received each time that it is this
 * many bytes: RTMP 1.0 section 5.4.4.  A player does so by itself, by
 * config.window_ack_size; to a publisher the bytes_acknowledged of the stats
 * tell what has arrived.  Returns 0, RTMP_ERR_STATE (not connected) or
 * RTMP_ERR_NOMEM.
 */
RTMP_API int rtmp_session_set_window_ack_size(struct rtmp_session *s,
    uint32_t size);

/* ---- Streams ---- */

/*
 * Starts publishing name: releaseStream, FCPublish, createStream, publish; the
 * answer is RTMP_EVENT_PUBLISH_START or _REJECTED.  May be called in any state
 * but CLOSED: the commands leave when the flight allows.  type is "live",
 * "record" or "append"; NULL is "live".  *stream receives a number above 0
 * that names the stream in this session.  Returns 0, RTMP_ERR_INVAL,
 * RTMP_ERR_STATE, RTMP_ERR_LIMIT (streams), which does not end the session, or
 * RTMP_ERR_NOMEM.
 */
RTMP_API int rtmp_session_publish(struct rtmp_session *s, const char *name,
    const char *type, unsigned *stream);

#define RTMP_PLAY_LIVE_OR_RECORDED (-2.0)
#define RTMP_PLAY_LIVE (-1.0)
#define RTMP_PLAY_WHOLE (-1.0)

/*
 * Starts playing name: createStream, FCSubscribe if config.subscribe says so,
 * play, Set Buffer Length; the answer is RTMP_EVENT_PLAY_START or _REJECTED.
 * start and duration are the arguments of play, sent as they are: seconds, by
 * the specification, milliseconds to servers of the FMS family; or the
 * constants above.  With reset 0 the stream is appended to a playlist.
 * Otherwise as rtmp_session_publish().
 */
RTMP_API int rtmp_session_play(struct rtmp_session *s, const char *name,
    double start, double duration, int reset, unsigned *stream);

/*
 * Queues a packet; its data is copied.  A data packet whose first value is
 * "onMetaData" goes out as @setDataFrame, so that the server keeps it for
 * late players.  Returns 0; RTMP_ERR_AGAIN, with nothing queued, when
 * max_send_buffer would be exceeded (a packet larger than that is taken when
 * nothing is queued); RTMP_ERR_STATE unless the stream is PUBLISHING, or
 * STARTING under EAGER or ZERO_RTT; RTMP_ERR_INVAL (type, size);
 * RTMP_ERR_NOMEM.
 */
RTMP_API int rtmp_session_write(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet);

/*
 * The same without a copy: packet->data is held, and never written to, until
 * release(arg), which is called once: when the last byte was sent, the packet
 * was dropped because the stream was refused, or the session is freed.  For
 * metadata, which is copied, that is before this returns.  One encoded frame
 * can so be queued on many sessions.  On error nothing is held and release is
 * not called.  release may be NULL, and must not call the session.
 */
RTMP_API int rtmp_session_write_ref(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet, void (*release)(void *arg), void *arg);

/*
 * For who sends each packet at once: rtmp_session_write_ref() with release
 * NULL, then rtmp_session_send_iov(), in fewer instructions.  packet->data is
 * held until rtmp_session_sent() returns 0, or until queued_bytes of the stats
 * are 0, as when the stream was refused; or the session is freed.  Returns the
 * count of pieces, of which the first are of what was queued before, 0 while
 * the handshake lets nothing pass, or an error of rtmp_session_write() with
 * nothing queued.
 */
RTMP_API int rtmp_session_write_iov(struct rtmp_session *s, unsigned stream,
    const struct rtmp_packet *packet, struct iovec *iov, int max);

/* Commands of a stream that plays, RTMP 1.0 sections 7.2.2.4, .5, .7 and .8;
 * answers arrive as RTMP_EVENT_STATUS.  Returns 0, RTMP_ERR_STATE (no such
 * stream, or not begun), RTMP_ERR_AGAIN or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_session_pause(struct rtmp_session *s, unsigned stream,
    int pause, double ms);
RTMP_API int rtmp_session_seek(struct rtmp_session *s, unsigned stream,
    double ms);
RTMP_API int rtmp_session_receive_audio(struct rtmp_session *s,
    unsigned stream, int on);
RTMP_API int rtmp_session_receive_video(struct rtmp_session *s,
    unsigned stream, int on);
RTMP_API int rtmp_session_set_buffer_length(struct rtmp_session *s,
    unsigned stream, uint32_t ms);

/*
 * Calls any other command: name, transaction, then args, which holds AMF0
 * values from the command object on (a null when NULL).  stream is 0 for the
 * connection.  *transaction, which may be NULL, receives the number that
 * RTMP_EVENT_RESULT will name; a server need not answer.  Returns as
 * rtmp_session_pause(), RTMP_ERR_INVAL (above 16 MiB), and RTMP_ERR_LIMIT when
 * too many answers are awaited, which does not end the session.
 */
RTMP_API int rtmp_session_call(struct rtmp_session *s, unsigned stream,
    const char *name, const uint8_t *args, size_t args_size,
    uint32_t *transaction);

/* The same without asking for an answer: transaction 0. */
RTMP_API int rtmp_session_send_command(struct rtmp_session *s,
    unsigned stream, const char *name, const uint8_t *args,
    size_t args_size);

/* Answers an RTMP_EVENT_COMMAND, whose transaction is not 0: _result, or
 * _error when success is 0.  args as in rtmp_session_call(), which it returns
 * as. */
RTMP_API int rtmp_session_answer(struct rtmp_session *s, uint32_t transaction,
    int success, const uint8_t *args, size_t args_size);

/* Ends one stream behind what is queued: FCUnpublish, closeStream and
 * deleteStream.  Returns 0, RTMP_ERR_STATE or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_session_close_stream(struct rtmp_session *s,
    unsigned stream);

/* Ends all streams; the session is CLOSED, and what is queued still to be
 * sent.  Returns 0 or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_session_close(struct rtmp_session *s);

#ifdef __cplusplus
}
#endif

#endif
