#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

/*
 * A scripted transport: the bytes that the peer will send, how many may move
 * per call, and a call that fails.  What is written is kept.  There is no
 * clock: wait() that can never succeed returns 0 at once, as if timed out.
 */
#include <rtmpio/io.h>

struct script {
	struct rtmp_io io;	/* give it to the library */
	const uint8_t *in;	/* what the peer sends */
	size_t in_size;
	size_t in_done;
	size_t in_hold;		/* the rest of in comes only after shutdown;
				 * 0: all comes at once */
	size_t in_step;		/* bytes per read; 0: all */
	size_t out_step;	/* bytes per write; 0: all */
	int again;		/* every other read and every other write
				 * returns RTMP_ERR_AGAIN */
	long reads, writes;	/* of calls */
	long write_fails_at;	/* of writes; then as fail_at */
	int eof;		/* RTMP_ERR_EOF behind in, else AGAIN */
	long calls;		/* of read, writev, wait, shutdown */
	long fail_at;		/* the call that fails; 0: none */
	int fail_with;		/* RTMP_ERR_IO */
	uint8_t *out;		/* what was written */
	size_t out_size;
	int shut;		/* shutdown was called */
	int closed;		/* close was called */
	/* Called before a read when in is used up: may give more in. */
	void (*more)(struct script *s, void *arg);
	void *more_arg;
};

void script_init(struct script *s, const void *in, size_t in_size);
void script_free(struct script *s);

#endif
