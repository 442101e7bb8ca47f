#ifndef TEST_MEDIA_H
#define TEST_MEDIA_H

/* Packets and frames of the files in test/data. */
#include <rtmpio/flv.h>
#include <rtmpio/media.h>

#include "support/support.h"

/* ---- FLV files ---- */

/* Those of test/data/flv, without ".flv". */
extern const char *const flv_files[];
extern const size_t flv_files_count;

/* All tags of one. */
struct flv_file {
	uint8_t *bytes;
	struct rtmp_packet *packets;
	size_t *offsets; /* of the tags */
	size_t count;
};

void load_flv(struct flv_file *f, const char *name);
void free_flv(struct flv_file *f);

/* ---- What is in a file, from its side-car ---- */

struct truth {
	long offset; /* of the tag, or in the elementary stream */
	int track;
	int64_t pts, dts; /* ms */
	size_t size;
	int key;
	char hash[33]; /* first half of the SHA-256 */
};

/* The lines of NAME.packets: seven columns of an FLV file, four of an
 * elementary stream.  free() it. */
struct truth *load_truth(const char *name, size_t *count);

/* Whether data has this hash. */
int has_hash(const void *data, size_t size, const char *hash);

/* ---- Elementary streams ---- */

/* A file taken apart at the places that its side-car, or its container,
 * names. */
struct es_file {
	uint8_t *bytes;
	size_t size;
	const uint8_t **data;
	size_t *sizes;
	int *keys;
	size_t count;
};

void load_es(struct es_file *f, const char *name);
void free_es(struct es_file *f);

/* ---- Packets to compare ---- */

/* The packets of one put, copied. */
struct packets {
	struct rtmp_packet *items;
	size_t count, cap;
};

/* Takes all that p has; fails the test on an error. */
void take_packets(struct packets *list, struct rtmp_packetizer *p);
/* rtmp_packetizer_put() and the above; returns what put returned. */
int put_frame(struct packets *list, struct rtmp_packetizer *p,
    const struct rtmp_frame *frame);
void free_packets(struct packets *list);

void expect_packet(const struct rtmp_packet *packet, uint8_t type,
    uint32_t timestamp, const void *data, size_t size);
/* The same with the data in hex. */
void expect_hex(const struct rtmp_packet *packet, uint8_t type,
    uint32_t timestamp, const char *hex);

/* ---- Tags ---- */

/* Reads all pieces of a packet and writes them anew.  Returns what reading
 * ended with. */
int write_tags_again(uint8_t type, const uint8_t *body, size_t size,
    uint8_t *out, size_t cap, size_t *out_size);
/* What is written is what was read. */
void expect_same_tags(uint8_t type, const uint8_t *body, size_t size);

#endif
