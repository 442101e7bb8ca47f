#ifndef TEST_FLV_TEXT_H
#define TEST_FLV_TEXT_H

/*
 * What an FLV reader gives out, as text that can be compared, a line for each
 *
 *     tag    "13 18 0 268 c91dea38e1c23a48bd29299198a1871f": offset, type,
 *            timestamp, size, first half of the SHA-256 of the data
 *     fault  "garbage at 99, 7 skipped"
 */
#include <rtmpio/flv.h>

#include "support/support.h"

/* A string that grows; all zero is an empty one. */
struct text {
	char *s;
	size_t len, cap;
};

void text_add(struct text *t, const char *format, ...);

/* rtmp_flv_reader_next() or, without data, _finish(), until it returns 0 or
 * an error, which is returned. */
int drain_flv(struct rtmp_flv_reader *r, const uint8_t **data, size_t *size,
    struct text *t);
/* All of a file in pieces of so many bytes; RANDOM: of 1 to 2000. */
#define WHOLE ((size_t)-1)
#define RANDOM 0
int read_in_pieces(struct rtmp_flv_reader *r, const uint8_t *file,
    size_t size, size_t piece, struct text *t);

/* The text of a file, or how it fails, which must be the same however it is
 * cut.  Free it. */
char *flv_text(const uint8_t *file, size_t size);
void expect_text(const uint8_t *file, size_t size, const char *text);

/* A small file to be damaged, and what its tags are as text. */
struct made {
	uint8_t bytes[2048];
	size_t size;
	size_t start[8]; /* of each tag */
	char line[8][96]; /* its text */
	int tags;
};

/* Six tags of all types. */
void make_flv(struct made *m);
void made_put_tag(struct made *m, unsigned type, uint32_t timestamp,
    size_t size);
/* Puts size bytes in front of byte at. */
void made_insert(struct made *m, size_t at, const void *bytes, size_t size);
/* Adds the lines of tags from to to - 1, as they are behind shift more
 * bytes. */
void made_lines(struct text *t, const struct made *m, int from, int to,
    size_t shift);
/* Expects t of the file, and empties t. */
void expect_made(const struct made *m, struct text *t);

#endif
