#ifndef TEST_GATE_H
#define TEST_GATE_H

/*
 * A web server for a tunnel, on scripts: it writes down each request, a line
 * each, and gives the answers that a test has prepared, one per request.
 *
 *     POST /open/1 1 00                   path, size and begin of the body
 *     POST /send/S/0 3 616263
 *
 * Time passes only in wait() and in the clock's sleep().
 */
#include <rtmpio/io.h>

#include "support/script.h"
#include "transport/rtmpt.h"

#define GATE_CONNS 64
#define GATE_ANSWERS 512

struct answer {
	const void *bytes; /* NULL: none */
	size_t size;
	int closes;	   /* the connection ends behind it */
};

struct gate {
	struct rtmp_io io; /* the first connection, then the tunnel on it */
	struct rtmp_rtmpt_options opt;
	struct rtmp_rtmpt_clock clock;
	int64_t now;
	char error[512];

	struct script conn[GATE_CONNS]; /* each has all of what it was sent */
	int conns;
	int is_closed;
	size_t done[GATE_CONNS];	/* bytes of requests taken */
	struct answer answers[GATE_ANSWERS];
	int prepared, given;
	char *made[GATE_ANSWERS];	/* to be freed */
	int makes;

	size_t in_step, out_step; /* of each connection */
	int again;
	long fail_at; /* the call of the first connection that fails */
	int (*reopens)(struct gate *g); /* 0, or why not; NULL: yes */
	int cancels;			/* wait() and sleep() are canceled */

	char log[1 << 16];
	size_t log_size;
	int64_t at[GATE_ANSWERS];	/* when each request came */
	int requests;
	char head[4096];		/* of the last request */
	uint8_t *body;			/* of all "send" requests */
	size_t body_size;
};

/* A gate with options for a tunnel that reconnects; answers to open are
 * prepared when opens. */
void gate_init(struct gate *g, int opens);
void gate_free(struct gate *g);
/* Closes the tunnel; what it said last is in the log, too. */
void gate_close(struct gate *g);
/* The tunnel was closed by somebody else; the same. */
void gate_closed(struct gate *g);
/* Opens the tunnel in g->io. */
int gate_open(struct gate *g);

/* Prepares an answer: raw, held; or 200 with this body and these lines of
 * header, each with its CRLF. */
void gate_answer(struct gate *g, const void *bytes, size_t size, int closes);
void gate_answer_text(struct gate *g, const char *text, int closes);
void gate_answer_body(struct gate *g, const char *lines, const void *body,
    size_t size);
/* A polling byte of 1, then text. */
void gate_answer_rtmp(struct gate *g, const char *text);

/* Compares what was asked, and forgets it. */
void gate_expect(struct gate *g, const char *log);
/* Writes text, all of it at once. */
void gate_write(struct gate *g, const char *text);
/* Reads until there is nothing for so many milliseconds, or an error, which
 * is returned; what came must be text. */
int gate_read(struct gate *g, int patience_ms, const char *text);

#endif
