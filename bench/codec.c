/*
 * The chunk codec alone, for callgrind: codec MODE N.
 *
 *     encode-128     4096-byte messages at chunk size 128
 *     encode-4096    the mix at chunk size 4096
 *     encode-60000   the mix at chunk size 60000
 *     decode-128     4096-byte messages at chunk size 128
 *     decode-4096    the mix at chunk size 4096
 *     decode-65536   200,000-byte messages at chunk size 65536
 *
 * Does the same ROUND messages N times and prints what that makes:
 *
 *     messages M chunks C bytes B
 *
 * Encoding lays out each message and makes the pieces for writev(); decoding
 * takes the stream in pieces of 64 KiB, as recv() gives them.  Two runs, with
 * N and 2 N, differ by N rounds without start and end.  What memcpy() costs
 * is the payload's: leave out the functions of that name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtmpio/chunk.h>

#include "mix.h"

#define ROUND 146 /* 2 s of the mix */
#define PIECE 65536
#define IOV_MAX_PIECES 1024

struct totals {
	unsigned long messages;
	unsigned long chunks;
	unsigned long bytes;
};

static const struct mode {
	const char *name;
	int decode;
	uint32_t chunk_size;
	uint32_t message_size; /* 0: the mix */
} modes[] = {
	{ "encode-128", 0, 128, 4096 },
	{ "encode-4096", 0, 4096, 0 },
	{ "encode-60000", 0, 60000, 0 },
	{ "decode-128", 1, 128, 4096 },
	{ "decode-4096", 1, 4096, 0 },
	{ "decode-65536", 1, 65536, MIX_SIZE_MAX },
};

static struct rtmp_message round_messages[ROUND];
static uint8_t payload[MIX_SIZE_MAX];

static void
check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "codec: %s\n", what);
	exit(1);
}

static void
make_round(const struct mode *mode)
{
	struct mix mix = { 0, 0, 0 };
	struct mix_message m;
	size_t i;

	for (i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + (i >> 8));
	for (i = 0; i < ROUND; i++) {
		mix_next(&mix, &m);
		round_messages[i].csid = m.type == 8 ? 4 : 6;
		round_messages[i].msid = 1;
		round_messages[i].type = m.type;
		round_messages[i].timestamp = m.timestamp;
		round_messages[i].payload = payload;
		round_messages[i].size = mode->message_size != 0 ?
		    mode->message_size : m.size;
		if (mode->message_size != 0)
			round_messages[i].csid = 6;
	}
}

static void
count(const struct mode *mode, unsigned long rounds, struct totals *t)
{
	size_t i, size;

	for (i = 0; i < ROUND; i++) {
		size = round_messages[i].size;
		t->messages += rounds;
		t->chunks += rounds * ((size - 1) / mode->chunk_size + 1);
		t->bytes += rounds * size;
	}
}

static void
encode(const struct mode *mode, unsigned long rounds)
{
	static struct iovec iov[IOV_MAX_PIECES];
	struct rtmp_chunk_layout layout;
	struct rtmp_chunk_writer *w;
	size_t i, held;

	check(rtmp_chunk_writer_new(&w, NULL) == 0, "out of memory");
	rtmp_chunk_writer_set_size(w, mode->chunk_size);
	while (rounds-- != 0) {
		for (i = 0; i < ROUND; i++) {
			if (rtmp_chunk_write(w, &round_messages[i], &layout))
				check(0, "rtmp_chunk_write failed");
			do {
				rtmp_chunk_layout_iov(&layout, iov,
				    IOV_MAX_PIECES, &held);
				rtmp_chunk_layout_advance(&layout, held);
			} while (layout.done < layout.total);
		}
	}
	rtmp_chunk_writer_free(w);
}

/* The round as chunks, which begin with full headers. */
static uint8_t *
make_stream(const struct mode *mode, size_t *size)
{
	struct rtmp_chunk_writer *w;
	size_t i, n, cap = 0;
	uint8_t *stream;

	check(rtmp_chunk_writer_new(&w, NULL) == 0, "out of memory");
	rtmp_chunk_writer_set_size(w, mode->chunk_size);
	for (i = 0; i < ROUND; i++)
		cap += round_messages[i].size + 32 +
		    round_messages[i].size / mode->chunk_size;
	stream = malloc(cap);
	check(stream != NULL, "out of memory");
	*size = 0;
	for (i = 0; i < ROUND; i++) {
		check(rtmp_chunk_write_buf(w, &round_messages[i],
		    stream + *size, cap - *size, &n) == 0,
		    "rtmp_chunk_write_buf failed");
		*size += n;
	}
	rtmp_chunk_writer_free(w);
	return stream;
}

static void
decode(const struct mode *mode, unsigned long rounds, unsigned long messages)
{
	size_t size, done, n;
	uint8_t *stream = make_stream(mode, &size);
	struct rtmp_chunk_reader *r;
	struct rtmp_message msg;
	const uint8_t *p;

	check(rtmp_chunk_reader_new(&r, NULL, NULL) == 0, "out of memory");
	rtmp_chunk_reader_set_size(r, mode->chunk_size);
	while (rounds-- != 0) {
		for (done = 0; done < size; done += PIECE) {
			p = stream + done;
			n = size - done < PIECE ? size - done : PIECE;
			while (rtmp_chunk_reader_next(r, &p, &n, &msg) == 1)
				messages--;
		}
	}
	check(messages == 0, "not every message was decoded");
	rtmp_chunk_reader_free(r);
	free(stream);
}

int
main(int argc, char **argv)
{
	struct totals totals = { 0, 0, 0 };
	const struct mode *mode = NULL;
	unsigned long rounds;
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (argc == 3 && strcmp(argv[1], modes[i].name) == 0)
			mode = &modes[i];
	rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	check(mode != NULL && rounds != 0, "usage: codec MODE N");
	make_round(mode);
	count(mode, rounds, &totals);
	if (mode->decode)
		decode(mode, rounds, totals.messages);
	else
		encode(mode, rounds);
	printf("messages %lu chunks %lu bytes %lu\n", totals.messages,
	    totals.chunks, totals.bytes);
	return 0;
}
