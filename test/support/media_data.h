#ifndef TEST_MEDIA_DATA_H
#define TEST_MEDIA_DATA_H

/* Coded media to test with: what FFmpeg wrote into test/data/flv, the same
 * encodes in test/data/es, and bit streams written by hand. */
#include "media/nal.h"
#include "support/support.h"

/* ---- FLV files ---- */

struct media_flv {
	uint8_t *bytes;
	size_t size;
	size_t pos; /* of the next tag */
};

/* An audio or video tag. */
struct media_tag {
	const char *codec; /* FourCC, "AVC ", "AAC ", "MP3 " */
	int type;	   /* 0 configuration, 1 frame, -1 something else */
	int key;	   /* video */
	unsigned track;
	const uint8_t *data; /* behind all headers */
	size_t size;
};

/* name is that of the file, without ".flv". */
void media_flv_open(struct media_flv *f, const char *name);
void media_flv_close(struct media_flv *f);
/* Returns 0 at the end.  Forms other than OneTrack, and ModEx, are not
 * known. */
int media_flv_next(struct media_flv *f, struct media_tag *t);
/* The first configuration of a track that is not empty, malloc()ed. */
uint8_t *media_flv_config(const char *name, const char *codec,
    unsigned track, size_t *size);

/* ---- Elementary streams ---- */

struct media_es {
	uint8_t *bytes;
	size_t size;
	uint8_t *list; /* NAME.packets */
	const char *next;
	size_t skip;   /* in front of each packet: the header of IVF */
};

void media_es_open(struct media_es *e, const char *name);
void media_es_close(struct media_es *e);
/* Returns 0 at the end. */
int media_es_next(struct media_es *e, const uint8_t **data, size_t *size,
    int *key);

/* ---- Bits written by hand ---- */

struct bit_writer {
	uint8_t bytes[1024];
	size_t count;
};

void put_bits(struct bit_writer *w, uint32_t v, unsigned n);
void put_ue(struct bit_writer *w, uint32_t v);
void put_se(struct bit_writer *w, int32_t v);
/* "1 01 0011": as it stands */
void put_text(struct bit_writer *w, const char *bits);
/* The stop bit and emulation prevention; out has room for all of it. */
struct rtmp_nal put_nal(const struct bit_writer *w, uint8_t *out);

/* ---- Hostile ---- */

/* Calls f with the first 0, 1 ... size bytes, each time in front of an
 * unreadable page. */
void each_truncation(const uint8_t *data, size_t size,
    void (*f)(const uint8_t *data, size_t size, void *arg), void *arg);

/* Calls f with each bit of data flipped, in turn. */
void each_flipped_bit(const uint8_t *data, size_t size,
    void (*f)(const uint8_t *data, size_t size, void *arg), void *arg);

#endif
