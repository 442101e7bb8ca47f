#ifndef TEST_REDIRECT_H
#define TEST_REDIRECT_H

/*
 * Two servers, of which the first sends a client to the second.
 *
 *     redirect_init();
 *     snprintf(words, sizeof(words), ERROR(TO), there.port, "other");
 *     here.connects[0] = words;
 *     redirect_begin();
 *     ... rtmp_connect(r, here.url, NULL) ...
 *     redirect_end();
 *     host_heard(&there, 0, "'other'");
 *     redirect_free();
 */
#include <rtmpio/rtmp.h>

#include "support/host.h"

/* Answers, in the JSON of peer.h; ex is what TO and TO_BOTH have. */
#define EX(ex) "{'level': 'error', 'code': " \
	"'NetConnection.Connect.Rejected', 'description': 'Redirected.', " \
	"'ex': {" ex "}}"
#define ERROR(ex) "['_error', 1, null, " EX(ex) "]"
#define STATUS(ex) "['onStatus', 0, null, " EX(ex) "]"
/* Formats of a port and a path, and twice of both. */
#define TO "'code': 302, 'redirect': 'rtmp://127.0.0.1:%d/%s'"
#define TO_BOTH TO ", 'redirect2': 'rtmp://127.0.0.1:%d/%s'"

extern struct rtmp_options opt; /* of the next client */
extern struct rtmp *r;
extern struct host here, there;
extern char words[8192]; /* of an answer */
extern int events;	 /* redirects that on_event has been told of */

void redirect_init(void);
/* Both hosts, and a client with opt, which is set back. */
void redirect_begin(void);
void redirect_end(void);
void redirect_free(void);

/* For cmocka: what all tests of a group need. */
int redirect_setup(void **state);

#endif
