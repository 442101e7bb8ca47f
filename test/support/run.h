#ifndef TEST_RUN_H
#define TEST_RUN_H

/*
 * Drives a session with the bytes of a peer and writes down, as text, what it
 * tells and what it sends:
 *
 *     CONNECTED success status NetConnection.Connect.Success words
 *     PACKET 1 video @40 5 frame
 *     3/0 ['createStream', 4, null]              csid/msid
 *
 * A piece of input ends at an unreadable page, and is overwritten by the next
 * one, so that whatever the session keeps of it shows.
 */
#include <rtmpio/session.h>

#include "support/peer.h"

struct text {
	char *s; /* "" at first */
	size_t size;
};

struct run {
	struct rtmp_session_config config;
	struct test_mem mem;
	/* The application: called at the start with e NULL, and after each
	 * event. */
	void (*act)(struct run *r, const struct rtmp_event *e);
	void *arg;
	int hold;  /* nothing is sent but by run_send() */
	int in_place; /* by rtmp_session_recv_in_place(): what it leaves is
		       * given again with the next piece */

	struct rtmp_session *s;
	unsigned stream[4]; /* for act to use */
	int steps;	    /* the same */
	int result;	    /* of the last call */
	struct text events;
	uint8_t *sent;
	size_t sent_size;
	size_t seen; /* bytes of sent that sent_news() has told */
	uint8_t *guard;
	uint8_t *left; /* what it left */
	size_t left_size;
};

/* The configuration has app "live" and tcUrl "rtmp://host/live", and may be
 * changed until run_start(). */
void run_init(struct run *r, enum rtmp_flight flight,
    void (*act)(struct run *r, const struct rtmp_event *e));
void run_start(struct run *r);
/* In pieces of at most step bytes; 0 is all at once. */
void run_feed(struct run *r, const void *data, size_t size, size_t step);
void run_peer(struct run *r, const struct peer *p); /* whole */
void run_eof(struct run *r);
/* At most max bytes, at most pieces of writev() at once. */
void run_send(struct run *r, size_t max, int pieces);
/* The same with these pieces, that the session has given; how many bytes. */
size_t run_take(struct run *r, const struct iovec *iov, int count, size_t max);
/* Frees all of it; nothing may leak. */
void run_free(struct run *r);
void run_done(struct run *r, struct peer *p); /* and of its peer */

/* What was sent, decoded.  The text is malloc()ed. */
char *sent_text(const uint8_t *data, size_t size);
/* The same for what was sent since the last call, of a run: a message counts
 * when it is complete. */
void assert_sent(struct run *r, const char *expected);
void skip_sent(struct run *r); /* as if it had been told */
/* Compares the events, and forgets them. */
void assert_events(struct run *r, const char *expected);

/*
 * Runs the whole of p against a session, then byte by byte, then split at
 * every position, and these in both ways to receive: events and sent bytes
 * must be the same each time.  setup,
 * which may be NULL, changes the configuration.  With eof the peer closes at
 * the end.  expected texts that are NULL are not compared.
 */
struct scenario {
	enum rtmp_flight flight;
	void (*setup)(struct run *r);
	void (*act)(struct run *r, const struct rtmp_event *e);
	int eof;
	const char *events;
	const char *sent;
};

void check_scenario(const struct scenario *sc, const struct peer *p);

/* ---- What many tests begin with ---- */

/* What is told until publish or play has been answered. */
#define CONNECTED \
	"CONNECTED success status NetConnection.Connect.Success " \
	"Connection succeeded.\n"
#define PUBLISH_STARTED \
	CONNECTED \
	"PUBLISH_START 1 success status NetStream.Publish.Start words\n"
#define PLAY_STARTED \
	CONNECTED "PLAY_START 1 success status NetStream.Play.Start words\n"
/* What a player sends until then. */
#define PLAY_SENT \
	"C0 C1 C2\n" \
	"3/0 connect\n" \
	"2/0 window 5000000\n" \
	"2/0 window 2500000\n" \
	"3/0 ['createStream',2,null]\n" \
	"7/1 ['play',3,null,'key',-2]\n" \
	"2/0 user 3 1 3000\n"

/* A session that plays, and a peer that goes on from there. */
void run_playing(struct run *r, struct peer *p);
/* Runs what comes behind Play.Start as a scenario: the events that follow. */
void check_playing(void (*more)(struct peer *p), const char *events);

/* Usual applications. */
void act_publish(struct run *r, const struct rtmp_event *e); /* "key" */
void act_play(struct run *r, const struct rtmp_event *e);

/* A packet whose data is text. */
struct rtmp_packet text_packet(uint8_t type, uint32_t timestamp,
    const char *text);

#endif
