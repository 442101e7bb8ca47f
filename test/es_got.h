#ifndef TEST_ES_GOT_H
#define TEST_ES_GOT_H

/* What a reader of elementary streams gives, in a line for each frame. */
#include "../examples/es.h"
#include "support/support.h"

struct got {
	char *text; /* got_line() of each frame */
	size_t len, cap;
	int frames, configs;
	int back; /* times that step back, or pts before dts */
	int64_t first_dts, last_dts, max_pts;
	int err;
};

/* Takes the frames that r has. */
void got_drain(struct got *g, struct es_reader *r);
/* Reads data in pieces of this size; 0: of random sizes. */
void got_all(struct got *g, enum es_format format, const uint8_t *data,
    size_t size, size_t piece);
void got_free(struct got *g);

/* Writes the line of a frame, its size and the first half of its hash, and
 * returns its end.  It has less than GOT_LINE characters. */
#define GOT_LINE 64
char *got_line(char *line, const void *data, size_t size);

#endif
