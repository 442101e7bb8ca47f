#ifndef RTMPIO_TRANSPORT_HTTP_H
#define RTMPIO_TRANSPORT_HTTP_H

/* HTTP/1.1 replies, read in pieces of any size; no I/O. */
#include <rtmpio/types.h>

/* What a server can make the reader hold, or read for nothing. */
#define RTMP_HTTP_LINE_MAX 4096    /* one line; a cookie has to fit */
#define RTMP_HTTP_HEADER_MAX 16384 /* all lines of the header, and trailers */

enum rtmp_http_event {
	RTMP_HTTP_MORE = 0, /* all bytes taken, more are needed */
	RTMP_HTTP_HEADER,   /* one header line: name, value */
	RTMP_HTTP_HEAD,	    /* the header is complete: status and below */
	RTMP_HTTP_BODY,	    /* some bytes of the body: body, body_size */
	RTMP_HTTP_END	    /* the reply is complete */
};

struct rtmp_http {
	int status;	 /* 200 */
	int is_html;
	int keep_alive;	 /* another reply may follow on the connection */

	/* The event; lent until the next call. */
	const char *name, *value;
	const uint8_t *body;
	size_t body_size;

	/* The reader's own. */
	int state;
	int is_connect;
	int chunked, has_length;
	uint64_t body_max, body_done;
	uint64_t left; /* of the body, or of the chunk */
	size_t header_size, line_size;
	int err; /* sticks */

	char reason[64]; /* "OK"; cut where it is longer */
	char error[128];
	char line[RTMP_HTTP_LINE_MAX];
};

/* Before each reply.  body_max is what its body may have; the reply to a
 * CONNECT that succeeds has none, whatever its header says. */
void rtmp_http_init(struct rtmp_http *h, uint64_t body_max, int is_connect);

/*
 * Takes bytes off *data until there is an event, and returns it; bytes behind
 * the end of the reply are left.  Interim replies (1xx) are passed over.
 * RTMP_ERR_PROTO: not HTTP as it should be; RTMP_ERR_LIMIT.
 */
int rtmp_http_next(struct rtmp_http *h, const uint8_t **data, size_t *size);

/* The server has closed the connection.  RTMP_HTTP_END where that is the end
 * of the reply; RTMP_ERR_EOF before its first byte; RTMP_ERR_PROTO within. */
int rtmp_http_eof(struct rtmp_http *h);

/* 1 when s, up to size characters, is word in any case; word is in lower
 * case. */
int rtmp_http_says(const char *s, size_t size, const char *word);

#endif
