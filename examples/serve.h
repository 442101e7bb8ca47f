#ifndef SERVE_H
#define SERVE_H

/*
 * rtmp-serve, a small RTMP server for demos and tests, on handshake.h,
 * chunk.h, amf0.h, url.h and io.h alone:
 *
 *     rtmp-serve.c     listening, the poll() loop; serve_options.c
 *     serve_conn.c     one connection: handshake, control messages, queue out
 *     serve_http.c     RTMPT: connections whose bytes go through HTTP
 *     serve_command.c  its commands: connect, createStream ...
 *     serve_stream.c   publish, play ...; serve_answer.c is below both
 *     serve_auth.c     passwords; serve_hash.c is below
 *     serve_redirect.c clients that are sent elsewhere
 *     serve_channel.c  one published name: who publishes, who plays, cache
 *     serve_media.c    which packets a late player needs
 *     serve_record.c   FLV files
 *
 *     server ---- connection ---- stream (createStream) ----.
 *        '------- channel (app/name) ---- publisher, players'
 */
#include <poll.h>
#include <stdio.h>
#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>
#include <rtmpio/handshake.h>
#include <rtmpio/io.h>

/* What peers can make the server hold, each per its owner. */
#define SERVE_CONNS_MAX 256	     /* connections at once */
#define SERVE_HTTP_MAX 128	     /* HTTP connections at once */
#define SERVE_TUNNELS_MAX 128	     /* RTMPT sessions at once */
#define SERVE_STREAMS_MAX 16	     /* createStream per connection */
#define SERVE_NAME_MAX 255	     /* bytes of an app, of a stream name */
#define SERVE_APPS_MAX 16	     /* --app */
#define SERVE_USERS_MAX 16	     /* --user */
#define SERVE_CHALLENGES_MAX 32	     /* not answered yet */
#define SERVE_HEADERS_MAX 32	     /* sequence headers kept per channel */
#define SERVE_GOP_BYTES (8u << 20)   /* last GOP kept per channel */
#define SERVE_QUEUE_BYTES (16u << 20) /* queued per connection: --queue */
#define SERVE_CONNECT_MS 10000	     /* until the connect command */
#define SERVE_PING_MS 30000	     /* silence before a ping */
#define SERVE_SILENT_MS 90000	     /* silence before the end */
#define SERVE_LINGER_MS 2000	     /* for a last answer to be read */

enum { SERVE_QUIET, SERVE_NORMAL, SERVE_VERBOSE };

/* A message payload, shared by every queue and cache that holds it. */
struct serve_packet {
	unsigned refs;
	uint8_t type; /* enum rtmp_message_type */
	uint32_t timestamp;
	size_t size;
	uint8_t data[];
};

struct serve_packet *serve_packet_new(uint8_t type, uint32_t timestamp,
    const uint8_t *data, size_t size);
struct serve_packet *serve_packet_ref(struct serve_packet *p);
void serve_packet_unref(struct serve_packet *p); /* p may be NULL */

enum serve_stream_state {
	SERVE_STREAM_FREE,
	SERVE_STREAM_IDLE, /* created */
	SERVE_STREAM_PUBLISHING,
	SERVE_STREAM_PLAYING
};

/* A message stream of a connection. */
struct serve_stream {
	struct serve_conn *conn;
	uint32_t msid;
	enum serve_stream_state state;
	struct serve_channel *channel; /* while publishing or playing */
	struct serve_stream *next;     /* other players of channel */
	int await_key; /* no video until the next key frame */
	int paused, no_audio, no_video;
};

enum serve_conn_state {
	SERVE_HANDSHAKE,
	SERVE_CONNECTING, /* the connect command is awaited */
	SERVE_CONNECTED,
	SERVE_CLOSING, /* sends what is queued, reads until the end */
	SERVE_DEAD     /* to be freed by the loop */
};

struct serve_queued {
	struct serve_queued *next;
	struct serve_packet *packet;
	uint32_t csid, msid, timestamp;
};

#define SERVE_TOKEN_SIZE 16 /* bytes of a SecureToken */
#define SERVE_BATCH 16 /* messages per writev() */

struct serve_conn {
	struct server *server;
	struct rtmp_io io; /* TCP, and RTMPE on it */
	int fd;		   /* below io */
	char peer[80]; /* "127.0.0.1:40000", for the log */
	enum serve_conn_state state;
	int64_t since, heard, pinged; /* ms: state entered, last read, ping */
	int peer_done;		      /* it has closed its side */
	int shut;		      /* we have closed ours */
	struct rtmp_handshake hs;
	size_t hs_sent; /* of S0, S1 and S2 */
	struct rtmp_chunk_reader *reader;
	struct rtmp_chunk_writer *writer;
	uint64_t received, acknowledged; /* bytes */
	uint32_t window;		 /* acknowledged twice per window */
	struct serve_queued *first, **last;
	size_t queued; /* bytes, with an allowance for each message */
	struct rtmp_chunk_layout layout[SERVE_BATCH]; /* being sent */
	struct serve_packet *sending[SERVE_BATCH];
	int batch;
	char app[SERVE_NAME_MAX + 1];
	char token[SERVE_TOKEN_SIZE]; /* awaited, unless it begins with 0 */
	int is_redirected; /* what may come is an answer to that */
	int64_t due; /* to be asked to reconnect, or to have answered */
	struct serve_stream streams[SERVE_STREAMS_MAX]; /* msid 1 is [0] */
};

enum serve_auth_mode { SERVE_AUTH_NONE, SERVE_AUTH_ADOBE, SERVE_AUTH_LLNW };
enum serve_opaque { SERVE_OPAQUE_YES, SERVE_OPAQUE_NO, SERVE_OPAQUE_SAME };

struct serve_challenge {
	char user[SERVE_NAME_MAX + 1]; /* "": answered */
	char salt[9], challenge[9], opaque[9];
};

struct serve_record {
	FILE *file; /* NULL: not recording */
	char *path;
	uint8_t flags; /* of the FLV header: 4 audio, 1 video */
};

/* A name under which one publishes and any number play. */
struct serve_channel {
	struct serve_channel *next;
	struct server *server;
	char app[SERVE_NAME_MAX + 1];
	char name[SERVE_NAME_MAX + 1];
	struct serve_stream *publisher; /* NULL: players wait */
	struct serve_stream *players;
	struct serve_packet *metadata; /* onMetaData, or NULL */
	struct serve_packet *headers[SERVE_HEADERS_MAX];
	uint32_t header_keys[SERVE_HEADERS_MAX];
	unsigned header_count;
	struct serve_queued *gop, **gop_last; /* from the last key frame on */
	size_t gop_bytes;
	int has_video;
	uint32_t timestamp; /* of the last packet */
	uint64_t packets;
	struct serve_record record;
};

struct server {
	const char *apps[SERVE_APPS_MAX]; /* none: any */
	unsigned app_count;
	uint32_t chunk_size;
	struct rtmp_handshake_options handshake;
	size_t queue_bytes;
	const char *record_dir;
	int once, no_wait, log_level;
	int listen_fd, wake_fd; /* wake_fd: readable once a signal came */
	int64_t now;	      /* ms, monotonic */
	int64_t accept_after; /* no new connection before */
	int published;	      /* a publisher has come and gone */
	FILE *urandom; /* where it comes from: */
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	struct serve_conn *conns[SERVE_CONNS_MAX];
	unsigned conn_count;
	enum serve_auth_mode auth;
	enum serve_opaque opaque;
	const char *users[SERVE_USERS_MAX]; /* "name:password" */
	unsigned user_count;
	struct serve_challenge challenges[SERVE_CHALLENGES_MAX];
	unsigned challenge_count;
	const char *secure_token; /* the password */
	const char *redirect, *redirect2;
	int redirect_late;	/* not at connect, but at publish and play */
	const char *reconnect;	/* a URL, or "same" */
	int64_t reconnect_ms;
	int rtmpt;		/* HTTP is taken, too */
	unsigned http_requests; /* per connection; 0: any number */
	struct serve_http *https[SERVE_HTTP_MAX];
	unsigned http_count;
	struct serve_tunnel *tunnels[SERVE_TUNNELS_MAX];
	unsigned tunnel_count;
	struct serve_channel *channels;
	uint8_t input[65536]; /* of whichever connection is read */
};

/* Integers of control messages, big-endian. */
static inline uint32_t
serve_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline void
serve_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

/* One line to standard error, if level is at most the server's. */
void serve_log(const struct server *s, int level, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* The exit statuses of cli.h, as far as they apply. */
enum { EXIT_USAGE = 1, EXIT_FILE = 2, EXIT_NETWORK = 3 };

void serve_die(int status, const char *format, ...)
#ifdef __GNUC__
    __attribute__((noreturn, format(printf, 2, 3)))
#endif
    ;

/* Takes fd, the socket of an RTMP client.  0, or -1 with fd closed. */
int serve_accepted(struct server *s, int fd, const char *peer);

/* ---- serve_options.c ---- */

/* Takes the options, and exits when one is wrong.  Returns the address, or
 * NULL. */
char *serve_options(struct server *s, int argc, char **argv,
    const char **port_file);
/* str is a number from min to max, or what is wrong. */
uint32_t serve_number(const char *what, const char *str, uint32_t min,
    uint32_t max);

/* ---- serve_http.c ---- */

/* The same for a client that may speak HTTP or RTMP. */
int serve_http_accepted(struct server *s, int fd, const char *peer);
/* What poll() is to wait for, and how long at most. */
void serve_http_poll(const struct serve_http *h, struct pollfd *p);
int serve_http_timeout(const struct server *s, int timeout_ms);
/* After poll(), whether something came or not. */
void serve_http_ready(struct serve_http *h, short revents);
/* Frees what has ended; or everything. */
void serve_http_clean(struct server *s, int all);

/* ---- serve_conn.c ---- */

/* Takes fd.  NULL when out of memory, or without RTMPE, with fd closed. */
struct serve_conn *serve_conn_new(struct server *s, int fd,
    const char *peer);
void serve_conn_free(struct serve_conn *c);
/* The socket is readable. */
void serve_conn_input(struct serve_conn *c);
/* Sends what the socket takes.  serve_conn_wants_output() tells whether
 * something is left. */
void serve_conn_output(struct serve_conn *c);
int serve_conn_wants_output(const struct serve_conn *c);
/* Pings, and ends what has been silent for too long. */
void serve_conn_tick(struct serve_conn *c);
/* Sends what is queued, then closes. */
void serve_conn_close(struct serve_conn *c);
/* The same for a peer that does what it must not; why goes to the log. */
void serve_conn_refuse(struct serve_conn *c, const char *why);
/* Closes without more ado. */
void serve_conn_fail(struct serve_conn *c, const char *why);

/* Queue a message; the second shares the packet. */
void serve_send(struct serve_conn *c, uint32_t csid, uint32_t msid,
    uint8_t type, const uint8_t *data, size_t size);
void serve_send_packet(struct serve_conn *c, uint32_t msid,
    struct serve_packet *p, uint32_t timestamp);
/* User Control, section 7.1.7: event, then value. */
void serve_send_user_control(struct serve_conn *c, unsigned event,
    uint32_t value);

/* ---- serve_command.c ---- */

/* A command message; body is AMF0. */
void serve_command(struct serve_conn *c, uint32_t msid, const uint8_t *body,
    size_t size);
void serve_send_status(struct serve_conn *c, uint32_t msid,
    const char *level, const char *code, const char *description);

/* ---- serve_auth.c ---- */

/* 1 when the app, with its query, lets its client in; 0 with the description
 * of the refusal in words. */
int serve_auth(struct server *s, const char *app, char *words, size_t size);
/* Makes a new SecureToken, and its cipher for the client. */
void serve_token_begin(struct serve_conn *c,
    char hex[2 * SERVE_TOKEN_SIZE + 1]);
/* 0 when the response is right. */
int serve_token_end(struct serve_conn *c, const char *response, size_t size);

/* ---- serve_hash.c ---- */

void serve_md5(const char *text, uint8_t digest[16]);
/* NUL-terminated: 2 * size, and 4 * ((size + 2) / 3) characters. */
void serve_hex(const uint8_t *data, size_t size, char *text);
void serve_base64(const uint8_t *data, size_t size, char *text);
/* Enciphers in place: size is 8, 12 or 16. */
void serve_xxtea(uint8_t *data, size_t size, const char *password);

/* ---- serve_redirect.c ---- */

/* Behind connect, and behind publish or play: 1 when the client is sent
 * elsewhere. */
int serve_redirect_connect(struct serve_conn *c, double transaction);
int serve_redirect_stream(struct serve_conn *c);
/* A command of a client that was; args stands on its command object. */
void serve_redirect_answer(struct serve_conn *c,
    struct rtmp_amf0_reader *args);
/* object is that of connect, which tells who can be asked. */
void serve_reconnect_later(struct serve_conn *c, const uint8_t *object,
    size_t size);
void serve_redirect_tick(struct serve_conn *c);

/* ---- serve_channel.c ---- */

/* The stream of that id, or NULL. */
struct serve_stream *serve_stream_find(struct serve_conn *c, uint32_t msid);

/* NULL when there is none. */
struct serve_channel *serve_channel_find(struct server *s, const char *app,
    const char *name);
/* Both return 0, or -1 with nothing changed: out of memory or, for publish,
 * the name is in use. */
int serve_publish(struct serve_stream *st, const char *name);
int serve_play(struct serve_stream *st, const char *name);
/* Gives a new player metadata, headers and the last GOP, if there are any. */
void serve_catch_up(struct serve_stream *st);
/* Leaves the channel, whatever the stream does in it; it is idle then. */
void serve_leave(struct serve_stream *st);
/* Audio, video or data from a publisher. */
void serve_publish_packet(struct serve_stream *st, uint8_t type,
    uint32_t timestamp, const uint8_t *data, size_t size);
/* "app/name" for the log; the name is a secret unless --verbose. */
const char *serve_channel_title(const struct serve_channel *ch);

/* ---- serve_media.c ---- */

/* What a header says of its track, or 0 for a packet that is no header: a new
 * header takes the place of an old one with the same key. */
uint32_t serve_header_key(uint8_t type, const uint8_t *data, size_t size);
/* 1 when decoding can begin here. */
int serve_is_key_frame(uint8_t type, const uint8_t *data, size_t size);

/* ---- serve_record.c ---- */

void serve_record_start(struct serve_channel *ch);
void serve_record_packet(struct serve_channel *ch,
    const struct serve_packet *p);
void serve_record_stop(struct serve_channel *ch);

#endif
