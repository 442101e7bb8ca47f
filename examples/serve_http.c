/*
 * RTMPT, RTMP through HTTP requests, on the port of RTMP.
 *
 *     HTTP connection ---- request ---- tunnel ====== serve_conn.c
 *     HTTP connection ---------'               socket
 *                                              pair
 *
 * A tunnel is one end of a pair of sockets, whose other end is a connection
 * like any other.  What POST /send brings is written to it, and what can be
 * read from it goes into the reply of the next request.  Requests of a tunnel
 * may come on any HTTP connection, but only in the order of their numbers.
 *
 *     PEEK -> HEAD -> BODY -> WAIT -> REPLY -> HEAD ...
 *       '-> serve_conn.c: the first byte is not that of "POST"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "serve.h"

#define HEAD_MAX 8192		  /* of a request */
#define REPLY_MAX 65536		  /* bytes of RTMP in a reply */
#define REPLY_WAIT_MS 20	  /* for bytes of RTMP to put in it */
#define HTTP_SILENT_MS 60000	  /* between requests */
#define TUNNEL_SILENT_MS 60000
#define POLL_BYTE_MIN 0x01
#define POLL_BYTE_MAX 0x21
#define EMPTY_PER_STEP 10 /* empty replies before the polling byte rises */

enum http_state {
	HTTP_PEEK, /* RTMP or HTTP? */
	HTTP_HEAD,
	HTTP_BODY,
	HTTP_WAIT, /* for the answer of serve_conn.c */
	HTTP_REPLY,
	HTTP_DEAD
};

enum http_kind { KIND_OPEN, KIND_SEND, KIND_IDLE, KIND_CLOSE, KIND_WRONG };

struct serve_tunnel {
	int fd;
	char id[32];
	unsigned long sequence; /* of the next request */
	int64_t heard;
	unsigned empty; /* replies in a row */
};

struct serve_http {
	struct server *server;
	int fd;
	char peer[80];
	enum http_state state;
	int64_t since;	  /* ms: state entered */
	unsigned replies; /* so far */
	size_t in_size;
	char in[HEAD_MAX + 1];

	/* The request. */
	enum http_kind kind;
	const char *status; /* "404 Not Found" when it is refused */
	int keep_alive;
	size_t body_left;
	struct serve_tunnel *tunnel; /* of send, idle and close */

	/* Its reply. */
	size_t head_size, reply_size, sent; /* of head and reply */
	char head[256];
	uint8_t reply[1 + REPLY_MAX];
};

static void
http_set_state(struct serve_http *h, enum http_state state)
{
	h->state = state;
	h->since = h->server->now;
}

/* ---- Tunnels ---- */

static struct serve_tunnel *
tunnel_find(struct server *s, const char *id, size_t size)
{
	unsigned i;

	for (i = 0; i < s->tunnel_count; i++)
		if (strlen(s->tunnels[i]->id) == size &&
		    memcmp(s->tunnels[i]->id, id, size) == 0)
			return s->tunnels[i];
	return NULL;
}

/* The connection behind it sees an end of its peer. */
static void
tunnel_free(struct server *s, struct serve_tunnel *t)
{
	unsigned i;

	for (i = 0; i < s->http_count; i++)
		if (s->https[i]->tunnel == t)
			s->https[i]->tunnel = NULL;
	for (i = 0; s->tunnels[i] != t; i++)
		;
	s->tunnels[i] = s->tunnels[--s->tunnel_count];
	close(t->fd);
	free(t);
}

static struct serve_tunnel *
tunnel_new(struct serve_http *h)
{
	static unsigned long opened;
	struct server *s = h->server;
	struct serve_tunnel *t;
	char peer[sizeof(h->peer) + 8];
	int fds[2];

	if (s->tunnel_count == SERVE_TUNNELS_MAX ||
	    s->conn_count == SERVE_CONNS_MAX)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
		free(t);
		return NULL;
	}
	snprintf(peer, sizeof(peer), "%s rtmpt", h->peer);
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fds[0], F_SETFD, FD_CLOEXEC) != 0 ||
	    serve_accepted(s, fds[1], peer) != 0) {
		close(fds[0]);
		free(t);
		return NULL;
	}
	t->fd = fds[0];
	t->heard = s->now;
	snprintf(t->id, sizeof(t->id), "%08lx%lu",
	    (unsigned long)serve_be32(s->random), ++opened);
	s->tunnels[s->tunnel_count++] = t;
	return t;
}

/* ---- Requests ---- */

static void
refuse(struct serve_http *h, const char *status)
{
	h->kind = KIND_WRONG;
	h->status = status;
	h->tunnel = NULL;
}

/* "/send/ID/7": a tunnel and the number that comes next in it. */
static void
take_path(struct serve_http *h, const char *path)
{
	static const char *const names[] = { "/open/", "/send/", "/idle/",
		"/close/" };
	struct server *s = h->server;
	const char *id, *end;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(path, names[i], strlen(names[i])) == 0)
			break;
	h->kind = (enum http_kind)i;
	if (h->kind == KIND_WRONG) {
		refuse(h, "404 Not Found");
		return;
	}
	if (h->kind == KIND_OPEN)
		return;
	id = path + strlen(names[i]);
	end = strchr(id, '/');
	h->tunnel = end == NULL ? NULL :
	    tunnel_find(s, id, (size_t)(end - id));
	if (h->tunnel == NULL) {
		refuse(h, "404 Not Found");
		return;
	}
	if (strtoul(end + 1, NULL, 10) != h->tunnel->sequence) {
		serve_log(s, SERVE_NORMAL, "%s: %s is not number %lu",
		    h->peer, path, h->tunnel->sequence);
		tunnel_free(s, h->tunnel);
		refuse(h, "400 Bad Request");
		return;
	}
	h->tunnel->sequence++;
	h->tunnel->heard = s->now;
}

static int
begins_with(const char *line, const char *name)
{
	for (; *name != '\0'; line++, name++)
		if ((*line | 0x20) != (*name | 0x20))
			return 0;
	return 1;
}

static void
take_header_line(struct serve_http *h, const char *line)
{
	if (begins_with(line, "Content-Length:"))
		h->body_left = strtoul(line + 15, NULL, 10);
	else if (begins_with(line, "Transfer-Encoding:"))
		refuse(h, "411 Length Required");
	else if (begins_with(line, "Connection:"))
		h->keep_alive = strstr(line, "lose") == NULL;
}

/* h->in begins with a whole header of size bytes, empty line and all. */
static void
take_head(struct serve_http *h, size_t size)
{
	char *line = h->in, *end, *space;

	h->in[size - 2] = '\0';
	h->status = NULL;
	h->tunnel = NULL;
	h->keep_alive = 1;
	h->body_left = 0;
	end = strstr(line, "\r\n");
	*end = '\0';
	space = strncmp(line, "POST ", 5) == 0 ? strchr(line + 5, ' ') : NULL;
	if (space != NULL)
		*space = '\0';
	serve_log(h->server, SERVE_VERBOSE, "%s: %s", h->peer, line);
	if (space == NULL)
		refuse(h, "405 Method Not Allowed");
	else
		take_path(h, line + 5);
	for (line = end + 2; (end = strstr(line, "\r\n")) != NULL;
	     line = end + 2) {
		*end = '\0';
		take_header_line(h, line);
	}
}

static void
drop_input(struct serve_http *h, size_t size)
{
	memmove(h->in, h->in + size, h->in_size - size);
	h->in_size -= size;
	h->in[h->in_size] = '\0';
}

/* Looks for the end of the header.  1 when it is there. */
static int
parse_head(struct serve_http *h)
{
	const char *end = strstr(h->in, "\r\n\r\n");
	size_t size;

	if (end == NULL && h->in_size < HEAD_MAX)
		return 0;
	if (end == NULL) {
		http_set_state(h, HTTP_DEAD);
		return 0;
	}
	size = (size_t)(end - h->in) + 4;
	take_head(h, size);
	drop_input(h, size);
	http_set_state(h, HTTP_BODY);
	return 1;
}

/* Passes the body on.  1 when all of it is. */
static int
pass_body(struct serve_http *h)
{
	size_t size = h->in_size < h->body_left ? h->in_size : h->body_left;
	ssize_t n = (ssize_t)size;

	if (size != 0 && h->kind == KIND_SEND && h->tunnel != NULL)
		n = write(h->tunnel->fd, h->in, size);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* The connection has ended, which the reply will tell. */
		n = (ssize_t)size;
	}
	if (n > 0) {
		drop_input(h, (size_t)n);
		h->body_left -= (size_t)n;
	}
	if (h->body_left != 0)
		return 0;
	http_set_state(h, HTTP_WAIT);
	return 1;
}

/* ---- Replies ---- */

static void
start_reply(struct serve_http *h)
{
	unsigned limit = h->server->http_requests;
	int n;

	if (h->status != NULL)
		h->keep_alive = 0;
	n = snprintf(h->head, sizeof(h->head),
	    "HTTP/1.1 %s\r\n"
	    "Cache-Control: no-cache\r\n"
	    "Connection: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "Content-Type: application/x-fcs\r\n"
	    "\r\n",
	    h->status != NULL ? h->status : "200 OK",
	    h->keep_alive ? "Keep-Alive" : "close", h->reply_size);
	h->head_size = (size_t)n;
	h->sent = 0;
	/* Not announced, as when a web server has waited long enough. */
	if (limit != 0 && ++h->replies == limit)
		h->keep_alive = 0;
	http_set_state(h, HTTP_REPLY);
}

static unsigned
poll_byte(const struct serve_tunnel *t)
{
	unsigned step = t->empty / EMPTY_PER_STEP;

	return step < POLL_BYTE_MAX ? POLL_BYTE_MIN + step : POLL_BYTE_MAX;
}

/* 1 when the reply to send or idle can be made. */
static int
fill_reply(struct serve_http *h)
{
	struct serve_tunnel *t = h->tunnel;
	ssize_t n = 0;

	if (t != NULL)
		n = read(t->fd, h->reply + 1, REPLY_MAX);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (h->server->now < h->since + REPLY_WAIT_MS)
			return 0;
		t->empty++;
	} else if (n <= 0) {
		/* It has ended; there was nothing left to be passed on. */
		if (t != NULL)
			tunnel_free(h->server, t);
		refuse(h, "404 Not Found");
		h->reply_size = 0;
		return 1;
	} else {
		t->empty = 0;
	}
	h->reply[0] = (uint8_t)poll_byte(t);
	h->reply_size = 1 + (n > 0 ? (size_t)n : 0);
	return 1;
}

static int
make_reply(struct serve_http *h)
{
	struct serve_tunnel *t;

	h->reply_size = 0;
	if (h->kind == KIND_SEND || h->kind == KIND_IDLE) {
		if (!fill_reply(h))
			return 0;
	} else if (h->kind == KIND_OPEN) {
		t = tunnel_new(h);
		if (t == NULL)
			refuse(h, "503 Service Unavailable");
		else
			h->reply_size = (size_t)snprintf((char *)h->reply,
			    sizeof(h->reply), "%s\n", t->id);
	} else if (h->kind == KIND_CLOSE) {
		if (h->tunnel != NULL)
			tunnel_free(h->server, h->tunnel);
		h->reply[0] = 0;
		h->reply_size = 1;
	}
	start_reply(h);
	return 1;
}

/* 1 when all of it has left. */
static int
send_reply(struct serve_http *h)
{
	struct iovec iov[2];
	size_t skip;
	ssize_t n;

	while (h->sent < h->head_size + h->reply_size) {
		skip = h->sent < h->head_size ? h->sent : h->head_size;
		iov[0].iov_base = h->head + skip;
		iov[0].iov_len = h->head_size - skip;
		skip = h->sent - skip;
		iov[1].iov_base = h->reply + skip;
		iov[1].iov_len = h->reply_size - skip;
		n = writev(h->fd, iov, 2);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			http_set_state(h, HTTP_DEAD);
		if (n < 0)
			return 0;
		h->sent += (size_t)n;
	}
	http_set_state(h, h->keep_alive ? HTTP_HEAD : HTTP_DEAD);
	return h->keep_alive;
}

/* ---- HTTP connections ---- */

static void
http_free(struct serve_http *h)
{
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}

int
serve_http_accepted(struct server *s, int fd, const char *peer)
{
	struct serve_http *h = NULL;

	if (s->http_count < SERVE_HTTP_MAX)
		h = calloc(1, sizeof(*h));
	if (h == NULL) {
		close(fd);
		return -1;
	}
	h->server = s;
	h->fd = fd;
	snprintf(h->peer, sizeof(h->peer), "%s", peer);
	http_set_state(h, HTTP_PEEK);
	s->https[s->http_count++] = h;
	return 0;
}

/* Decides by the first byte, which stays unread. */
static void
peek(struct serve_http *h)
{
	char first;
	ssize_t n = recv(h->fd, &first, 1, MSG_PEEK);

	if (n == 1 && first == 'P') {
		http_set_state(h, HTTP_HEAD);
	} else if (n == 1) {
		serve_accepted(h->server, h->fd, h->peer);
		h->fd = -1;
		http_set_state(h, HTTP_DEAD);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		http_set_state(h, HTTP_DEAD);
	}
}

static void
http_read(struct serve_http *h)
{
	ssize_t n;

	if (h->in_size == HEAD_MAX)
		return;
	n = read(h->fd, h->in + h->in_size, HEAD_MAX - h->in_size);
	if (n > 0) {
		h->in_size += (size_t)n;
		h->in[h->in_size] = '\0';
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		http_set_state(h, HTTP_DEAD);
	}
}

static int
http_step(struct serve_http *h)
{
	switch (h->state) {
	case HTTP_HEAD:
		return parse_head(h);
	case HTTP_BODY:
		return pass_body(h);
	case HTTP_WAIT:
		return make_reply(h);
	case HTTP_REPLY:
		return send_reply(h);
	default:
		return 0;
	}
}

/* ---- The server's loop ---- */

/* What an HTTP connection waits for is at its own socket or at the tunnel's,
 * never at both. */
void
serve_http_poll(const struct serve_http *h, struct pollfd *p)
{
	p->fd = h->fd;
	p->events = POLLIN;
	if (h->state == HTTP_REPLY) {
		p->events = POLLOUT;
	} else if (h->state == HTTP_WAIT && h->tunnel != NULL) {
		p->fd = h->tunnel->fd;
	} else if (h->state == HTTP_BODY && h->in_size != 0 &&
	    h->tunnel != NULL) {
		p->fd = h->tunnel->fd;
		p->events = POLLOUT;
	}
}

int
serve_http_timeout(const struct server *s, int timeout_ms)
{
	const struct serve_http *h;
	int64_t left;
	unsigned i;

	for (i = 0; i < s->http_count; i++) {
		h = s->https[i];
		left = h->since + REPLY_WAIT_MS - s->now;
		if (h->state == HTTP_WAIT && left < timeout_ms)
			timeout_ms = left > 0 ? (int)left : 0;
	}
	return timeout_ms;
}

void
serve_http_ready(struct serve_http *h, short revents)
{
	if (revents != 0 && h->state == HTTP_PEEK)
		peek(h);
	else if (revents != 0 &&
	    (h->state == HTTP_HEAD || h->state == HTTP_BODY))
		http_read(h);
	while (http_step(h))
		;
	if (h->state < HTTP_WAIT &&
	    h->server->now - h->since > HTTP_SILENT_MS)
		http_set_state(h, HTTP_DEAD);
}

void
serve_http_clean(struct server *s, int all)
{
	unsigned i = 0;

	while (i < s->http_count) {
		if (all || s->https[i]->state == HTTP_DEAD) {
			http_free(s->https[i]);
			s->https[i] = s->https[--s->http_count];
		} else {
			i++;
		}
	}
	i = 0;
	while (i < s->tunnel_count) {
		if (all || s->now - s->tunnels[i]->heard > TUNNEL_SILENT_MS)
			tunnel_free(s, s->tunnels[i]);
		else
			i++;
	}
}
