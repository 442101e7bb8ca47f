#ifndef TEST_BENCH_H
#define TEST_BENCH_H

/* A packetizer under test: one frame in, packets to be looked at. */
#include "support/media.h"

/* 320x180, High; and what FFmpeg makes of it in h264_aac.flv */
extern uint8_t *avcc; /* the record */
extern size_t avcc_size;
extern uint8_t *sets; /* SPS and PPS in Annex B, with 4-byte start codes */
extern size_t sets_size;

/* They set up and free these four: for cmocka. */
int load_sets(void **state);
int free_sets(void **state);

struct bench {
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	struct packets list;
	struct rtmp_frame f; /* to be changed and put */
};

void begin(struct bench *b, enum rtmp_codec codec);
void end(struct bench *b);

/* Puts b->f with this data, which ends at an unreadable page.  The packetizer
 * is made with b->opt when there is none yet.  Returns what
 * rtmp_packetizer_put() does. */
int put_data(struct bench *b, const void *data, size_t size);
int put_hex(struct bench *b, const char *hex);
/* The sets in front of some NAL units. */
int put_key(struct bench *b, const char *hex);

/* What packet i of the last put is. */
void expect(struct bench *b, size_t i, uint8_t type, uint32_t ts,
    const char *hex);
/* The same for video: these bytes, and behind them avcc. */
void expect_header(struct bench *b, size_t i, uint32_t ts, const char *front);

#endif
