#ifndef TEST_CHUNKS_H
#define TEST_CHUNKS_H

/* Chunks written by hand, and a chunk reader that is fed with them. */
#include <rtmpio/chunk.h>

/* ---- Writing ---- */

/* The chunks so far; there is one of it. */
struct wire {
	uint8_t data[1 << 19];
	size_t size;
};

extern struct wire wire;

void wire_clear(void);
/* The last bytes of v, big-endian. */
void put(uint32_t v, int bytes);
void put_basic(unsigned fmt, uint32_t csid);
/* A header of type 8 and msid 1; field is a time or a delta. */
void put_header(unsigned fmt, uint32_t csid, uint32_t field, uint32_t length);
/* Bytes from to to of the payload that all messages have. */
void put_payload(size_t from, size_t to);

/* ---- Reading ---- */

#define MESSAGES_MAX 64

struct seen {
	struct rtmp_chunk_reader *r;
	int ret; /* of the last call */
	int count;
	struct rtmp_message messages[MESSAGES_MAX]; /* payload NULL */
};

/* A new reader; limits and mem may be NULL. */
void start_limited(struct seen *s, const struct rtmp_chunk_limits *limits,
    const struct rtmp_mem *mem);
void start(struct seen *s);
void stop(struct seen *s);

/* Feeds the wire, and empties it; payloads are checked. */
void feed(struct seen *s);
void feed_one_byte_each(struct seen *s);
/* Feeds at bytes of it first, then the others. */
void feed_split(struct seen *s, size_t at);

/* Message i, of type 8; no error so far. */
void check_seen(const struct seen *s, int i, uint32_t csid, uint32_t timestamp,
    size_t size);
/* The last call returned err, these are the words, and both stick. */
void check_error(struct seen *s, int err, const char *words);

#endif
