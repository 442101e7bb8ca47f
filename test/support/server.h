#ifndef TEST_SERVER_H
#define TEST_SERVER_H

/*
 * rtmp-serve as a process of its own, and clients of it: a session and a
 * socket each.  A client moves only when the test turns it, or awaits
 * something of it; what does not come in time fails the test.
 */
#include <sys/types.h>
#include <rtmpio/session.h>

#include "support/support.h"

#define PATIENCE_MS 5000

/* ---- The server ---- */

extern pid_t server_pid; /* 0 when none runs */
extern int server_port;

/* Starts it with up to three options; NULL: none.  One that a failed test has
 * left is ended first. */
void server_start(const char *opt1, const char *opt2, const char *opt3);
/* It is still alive, and ends cleanly. */
void server_stop(void);
/* A connected socket that does not block. */
int connect_server(void);

/* ---- Clients ---- */

struct got {
	unsigned stream;
	uint8_t type;
	uint32_t timestamp;
	size_t size;
	char sha[65];
};

/* An event other than a packet. */
struct seen {
	enum rtmp_event_type type;
	enum rtmp_status_kind kind;
	char code[64];
};

struct client {
	int fd;
	struct rtmp_session *s;
	unsigned stream;
	struct seen seen[64]; /* of which the first next were awaited */
	size_t next, seen_count;
	struct got got[512]; /* packets */
	size_t count;
	int eof; /* the server has closed */
};

void client_open(struct client *c, const char *app, enum rtmp_flight flight);
void client_close(struct client *c);
/* To the app "live", waiting for the answer. */
void client_publish(struct client *c, const char *name);
void client_play(struct client *c, const char *name);

/* Moves what can be moved.  Returns 0 when nothing came in time, or the server
 * has closed. */
int client_turn(struct client *c, int timeout_ms);

/* The next event of that type; what comes before it is left out. */
const struct seen *await_event(struct client *c, enum rtmp_event_type type);
/* The same for a status with that code. */
void await_status(struct client *c, const char *code);
/* Exactly so many packets have come. */
void await_packets(struct client *c, size_t count);
void await_eof(struct client *c);

/* Writes a packet and sees it out. */
void send_packet(struct client *c, unsigned stream, uint8_t type,
    uint32_t timestamp, const void *data, size_t size);
/* Asks the server for something whose answer follows all that was sent. */
void synchronize(struct client *c);

#endif
