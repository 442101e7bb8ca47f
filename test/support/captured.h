#ifndef TEST_CAPTURED_H
#define TEST_CAPTURED_H

/*
 * A client whose server is what one has sent to a real client: FFmpeg numbers
 * its transactions as this library does, so that the answers fit.
 */
#include <rtmpio/rtmp.h>

#include "support/script.h"
#include "support/support.h"

#define URL "rtmp://127.0.0.1/live/stream"
#define HANDSHAKE_SIZE 3073

/* Where the message with this code ends: what follows it is the server's
 * goodbye, which must not come before ours. */
size_t end_of_code(const char *capture, const char *code);

/* The script of a publisher: nginx-rtmp, up to Publish.Start and, when the
 * client has said goodbye, to its end.  free() what it returns behind
 * script_free(). */
uint8_t *nginx_script(struct script *s);

void options_for(struct rtmp_options *opt, const struct script *s);

/* Connects, publishes metadata and five packets, closes. */
int publish_some(struct rtmp *r);

#endif
