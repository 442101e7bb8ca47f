#ifndef RTMPIO_SESSION_INTERNAL_H
#define RTMPIO_SESSION_INTERNAL_H

/*
 * The inside of a session, shared by
 *
 *     session.c  life, bytes in, bytes out, state
 *     opening.c  the handshake
 *     connect.c  the configuration, and the connect command
 *     capabilities.c   what each side can take
 *     message.c  what each message type leads to; media, aggregates
 *     reply.c    what each command of the server leads to
 *     stream.c   message streams: publish, play, close
 *     calls.c    other commands of the application
 *     write.c    packets out
 *     swf.c      SWF verification
 */
#include <rtmpio/chunk.h>
#include <rtmpio/handshake.h>
#include <rtmpio/session.h>
#include "base/attr.h"
#include "base/buf.h"
#include "session/command.h"
#include "session/control.h"
#include "session/queue.h"

struct rtmp_stream {
	unsigned number; /* what the application holds; 0: slot is free */
	enum rtmp_stream_state state;
	int publishing;	 /* else playing */
	uint32_t msid;
	int msid_assumed; /* createStream has not been answered yet */
	int eof;	  /* RTMP_EVENT_STREAM_EOF was given */
	uint32_t written; /* media packets queued under msid */
	uint32_t lost;	  /* packets that left under an assumed msid */
	char *name;
	const char *type; /* static: "live", "record", "append" */
	double start, duration;
	int reset;
};

/* A call whose answer somebody waits for. */
enum rtmp_call_kind { RTMP_CALL_CONNECT, RTMP_CALL_CREATE, RTMP_CALL_USER };

struct rtmp_call {
	uint32_t transaction;
	enum rtmp_call_kind kind;
	unsigned stream;
};

/* The fields that are named most often come first: 128 bytes of a struct are
 * reached with the shortest instructions. */
struct rtmp_session {
	struct rtmp_mem mem;
	enum rtmp_session_state state;
	int err; /* sticks */
	enum rtmp_flight flight;
	int handshake_done;		  /* S0 S1 S2 are complete */
	struct rtmp_handshake *handshake; /* NULL once over */

	struct rtmp_stream *streams; /* grows, never moves numbers */
	unsigned streams_cap;
	unsigned last_stream; /* the last number given */
	uint32_t next_msid;   /* what the next createStream may answer */
	uint32_t last_transaction;
	struct rtmp_call *calls; /* in their order */
	unsigned calls_count;

	struct rtmp_chunk_reader *reader;
	char *tc_url;		/* what a reconnect is relative to */
	uint32_t peer_window;
	uint32_t last_window;	/* the last Window Acknowledgement Size sent */
	struct rtmp_event event;
	struct rtmp_queue queue;
	size_t max_send_buffer;

	uint64_t received; /* bytes, handshake included */
	uint64_t sent;
	uint64_t acknowledged;	   /* by the peer, of sent */
	uint64_t own_acknowledged; /* by us, of received */
	size_t media;		   /* the index of who got the last packet */
	int is_rtmpe;		   /* and these are the keys */
	unsigned header_size; /* of the first message header behind the keys */
	uint8_t rtmpe_send[RTMP_RTMPE_KEY_SIZE];
	uint8_t rtmpe_recv[RTMP_RTMPE_KEY_SIZE];

	int is_held;
	uint32_t swf_size;	  /* 0: no SWF */
	struct rtmp_message held; /* to be looked at again */
	/* What is left of an aggregate, size 0: nothing; the time is what is
	 * to be added to those of its parts. */
	struct rtmp_message aggregate;

	struct rtmp_buf text;	/* strings of the last status */
	size_t handshake_sent;	/* of packets 1 and 2 */
	uint8_t *connect;	/* its body; NULL once queued */
	size_t connect_size;
	uint32_t chunk_size;	  /* ours; 0 once it was announced */
	uint32_t window_ack_size; /* ours; 0 once it was announced */
	uint32_t buffer_ms;
	int checked_bandwidth; /* _checkbw was sent */
	uint32_t bandwidth_checks;
	struct rtmp_session_limits limits;
	char *reconnect_url;	/* NULL: not asked for */
	char *subscribe;	/* as config has it */
	uint8_t swf_hash[32];	/* then what S1 makes of it */
	char error[192];
	struct rtmp_capabilities capabilities; /* the server's */
};

/* What a step of rtmp_session_recv() returns besides 0 and errors. */
#define RTMP_STEP_EVENT 1 /* s->event is set */
#define RTMP_STEP_NEXT 2  /* nothing to tell, go on */

/* ---- session.c ---- */

/* The only places where states change. */
static inline void
rtmp_session_set_state(struct rtmp_session *s, enum rtmp_session_state state)
{
	s->state = state;
}

static inline void
rtmp_stream_set_state(struct rtmp_stream *st, enum rtmp_stream_state state)
{
	st->state = state;
}

/* Keeps the first error and its words, and returns it. */
int rtmp_session_fail(struct rtmp_session *s, int err, const char *words);

/* Empties the event, gives it a type, and returns RTMP_STEP_EVENT. */
int rtmp_session_event(struct rtmp_session *s, enum rtmp_event_type type,
    unsigned stream);

/* Queues the commands that the flight allows by now.  0 or an error. */
int rtmp_session_advance(struct rtmp_session *s);

/* Queues a message of the connection (st is NULL) or of a stream.  body is
 * given away: freed on failure, and RTMP_ERR_NOMEM when it is NULL. */
int rtmp_session_send(struct rtmp_session *s, const struct rtmp_stream *st,
    uint8_t type, uint8_t *body, size_t size, enum rtmp_send_kind kind);

/* Queues a control message: a body, which is copied; a number; or a user
 * control event. */
int rtmp_session_send_control(struct rtmp_session *s, uint8_t type,
    const uint8_t *body, size_t size, enum rtmp_send_kind kind);
int rtmp_session_send_number(struct rtmp_session *s, uint8_t type,
    uint32_t value, enum rtmp_send_kind kind);
int rtmp_session_send_user(struct rtmp_session *s,
    const struct rtmp_user_event *e, enum rtmp_send_kind kind);

/* ---- opening.c ---- */

/* Makes the handshake.  0 or an error. */
int rtmp_session_open(struct rtmp_session *s,
    const struct rtmp_session_config *config);
/* Takes bytes of it: 0 for more, RTMP_STEP_NEXT behind it, or an error. */
int rtmp_session_shake(struct rtmp_session *s, const uint8_t **data,
    size_t *size);
/* Looks at the first bytes behind an RTMPE handshake.  0 or an error. */
int rtmp_session_check_keys(struct rtmp_session *s, const uint8_t *data,
    size_t size);
/* What of it may be sent now, as rtmp_session_send_iov(), but s->handshake is
 * not NULL; *complete when messages may follow. */
int rtmp_session_opening_iov(const struct rtmp_session *s,
    struct iovec *iov, int max, int *complete);
/* Bytes that have not been sent, and how many of size are of what follows. */
size_t rtmp_session_opening_left(const struct rtmp_session *s);
size_t rtmp_session_opening_sent(struct rtmp_session *s, size_t size);

/* ---- connect.c ---- */

/* A copy with the defaults for what given is too old to have.  Returns 0 or
 * RTMP_ERR_INVAL. */
int rtmp_session_config_take(struct rtmp_session_config *config,
    const struct rtmp_session_config *given);
/* For rtmp_command_build(); config is a struct rtmp_session_config. */
void rtmp_session_put_connect(struct rtmp_amf0_writer *w, const void *config);

/* ---- capabilities.c ---- */

/* What rtmp_capabilities_init() sets. */
extern const struct rtmp_capabilities rtmp_library_capabilities;
/* rtmp_capabilities_put() of those fields that are stated and in what, which
 * is flags, RTMP_STATED_. */
void rtmp_session_put_capabilities(struct rtmp_amf0_writer *w,
    const struct rtmp_capabilities *c, uint32_t what);
/* Keeps what the answer to connect states. */
void rtmp_session_note_capabilities(struct rtmp_session *s,
    const struct rtmp_command *answer);

/* ---- swf.c ---- */

/* The hash of the configuration's SWF, if any.  0 or RTMP_ERR_UNSUPPORTED. */
int rtmp_session_swf_take(struct rtmp_session *s,
    const struct rtmp_session_config *config);
/* S1 has come, with these bytes at its end. */
void rtmp_session_swf_sign(struct rtmp_session *s, const uint8_t tail[32]);
/* A user control message: answers a request that can be.  Returns
 * RTMP_STEP_NEXT, an error, or 0 when it is for others. */
int rtmp_session_swf_answer(struct rtmp_session *s,
    const struct rtmp_message *m);

/* ---- message.c ---- */

int rtmp_session_on_message(struct rtmp_session *s,
    const struct rtmp_message *m);
/* The same for audio and video, in less time behind another packet. */
int rtmp_session_on_more_media(struct rtmp_session *s,
    const struct rtmp_message *m);
int rtmp_session_next_of_aggregate(struct rtmp_session *s);
/* Makes the status of event, which was empty, of words of our own, which live
 * as long as the session. */
void rtmp_session_own_status(struct rtmp_session *s,
    enum rtmp_status_kind kind, const char *level, const char *description);

/* ---- reply.c ---- */

int rtmp_session_on_command(struct rtmp_session *s,
    const struct rtmp_message *m);
/* A command in a data message: onStatus and onPlayStatus. */
int rtmp_session_on_status(struct rtmp_session *s,
    const struct rtmp_command *c, uint32_t msid);
/* STREAM_EOF, or STATUS when that was given already.  The status is set. */
int rtmp_session_on_end(struct rtmp_session *s, struct rtmp_stream *st);

/* ---- stream.c ---- */

struct rtmp_stream *rtmp_stream_by_number(const struct rtmp_session *s,
    unsigned number);
struct rtmp_stream *rtmp_stream_by_msid(const struct rtmp_session *s,
    uint32_t msid);
/* The chunk stream on which messages of this type leave. */
uint32_t rtmp_stream_csid(const struct rtmp_stream *st, uint8_t type);
/* The only stream that is open, or NULL when there is none or are more. */
struct rtmp_stream *rtmp_stream_only(const struct rtmp_session *s);
/* Whom a message with this id is about: node-media-server sends media on 0,
 * others send onStatus on 0, or either on an id of their own. */
struct rtmp_stream *rtmp_stream_meant(const struct rtmp_session *s,
    uint32_t msid);
/* Queues createStream and what precedes it; with a flight, what follows. */
int rtmp_stream_create(struct rtmp_session *s, struct rtmp_stream *st);
/* createStream was answered with msid; st is NULL when the stream has ended
 * and its place is taken. */
int rtmp_stream_created(struct rtmp_session *s, struct rtmp_stream *st,
    uint32_t msid);
/* Ends it and drops what it had queued. */
void rtmp_stream_end(struct rtmp_session *s, struct rtmp_stream *st);
int rtmp_stream_is_open(const struct rtmp_stream *st);

/* Queues a command on the connection (st is NULL) or on a stream, and Set
 * Buffer Length.  0 or an error. */
int rtmp_session_command(struct rtmp_session *s,
    const struct rtmp_stream *st, enum rtmp_send_kind kind,
    const char *name, double transaction,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg);
int rtmp_session_buffer_length(struct rtmp_session *s,
    const struct rtmp_stream *st, uint32_t ms);
/* Queues Window Acknowledgement Size, unless it was the last one. */
int rtmp_session_send_window(struct rtmp_session *s, uint32_t window,
    enum rtmp_send_kind kind);

/* Remembers a call; *transaction is its number.  0 or an error. */
int rtmp_session_add_call(struct rtmp_session *s, enum rtmp_call_kind kind,
    unsigned stream, uint32_t *transaction);

#endif
