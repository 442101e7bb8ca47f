#ifndef TEST_UNPACK_H
#define TEST_UNPACK_H

/* A depacketizer under test: one packet in, frames to be looked at. */
#include "support/media.h"

/* An AVCDecoderConfigurationRecord, Baseline, with lengths of n bytes: "c" is
 * 1, "d" 2, "e" 3, "f" 4. And its parameter sets in Annex B. */
#define AVCC(n) "0142001e f" n "e1 0004 6742001e 01 0002 68ce"
#define SETS "00000001 6742001e 00000001 68ce"

struct unpack {
	struct rtmp_depacketizer *d;
	struct rtmp_frame f; /* the last one */
	uint8_t *guard;	     /* the last packet, of size bytes */
	size_t size;
};

void unpack_begin(struct unpack *u, enum rtmp_form video,
    enum rtmp_form audio);
void unpack_end(struct unpack *u);

/* Puts a packet with this data, which ends at an unreadable page. */
void unpack(struct unpack *u, uint8_t type, uint32_t ts, const void *data,
    size_t size);
void unpack_hex(struct unpack *u, uint8_t type, uint32_t ts, const char *hex);

/* The next frame, whose data is this. */
void expect_frame(struct unpack *u, enum rtmp_kind kind, const char *hex);
/* No frame, now and later; and an error with words before that. */
void expect_done(struct unpack *u);
void expect_malformed(struct unpack *u);

#endif
