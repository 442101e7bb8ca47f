/*
 * The same as codec.c with librtmp, which has no codec without a socket: its
 * send() and recv() are those below, which move bytes in memory, so that no
 * system call is made.  What they copy is, as in codec.c, left out with
 * memcpy().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#include "bench.h"
#include "mix.h"

#define ROUND 146 /* 2 s of the mix */

static const struct mode {
	const char *name;
	int decode;
	int chunk_size;
	uint32_t message_size; /* 0: the mix */
} modes[] = {
	{ "encode-128", 0, 128, 4096 },
	{ "encode-4096", 0, 4096, 0 },
	{ "encode-60000", 0, 60000, 0 },
	{ "decode-128", 1, 128, 4096 },
	{ "decode-4096", 1, 4096, 0 },
	{ "decode-65536", 1, 65536, MIX_SIZE_MAX },
};

static struct mix_message messages[ROUND];
static uint8_t body[RTMP_MAX_HEADER_SIZE + MIX_SIZE_MAX];
/* What was sent, if anybody wants it, and what is received. */
static uint8_t *wire;
static size_t wire_size, wire_pos;
static int keep;

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	(void)fd;
	(void)flags;
	if (keep) {
		memcpy(wire + wire_size, data, size);
		wire_size += size;
	}
	return (ssize_t)size;
}

ssize_t
recv(int fd, void *buf, size_t size, int flags)
{
	size_t n = wire_size - wire_pos;

	(void)fd;
	(void)flags;
	n = n < size ? n : size;
	memcpy(buf, wire + wire_pos, n);
	wire_pos += n;
	if (wire_pos == wire_size)
		wire_pos = 0;
	return (ssize_t)n;
}

static void
encode(RTMP *r, unsigned long rounds)
{
	RTMPPacket p;
	int i;

	while (rounds-- != 0) {
		for (i = 0; i < ROUND; i++) {
			memset(&p, 0, sizeof(p));
			p.m_nChannel = messages[i].type == 8 ? 4 : 6;
			p.m_headerType = r->m_channelsAllocatedOut > 6 &&
			    r->m_vecChannelsOut[p.m_nChannel] != NULL ?
			    RTMP_PACKET_SIZE_MEDIUM : RTMP_PACKET_SIZE_LARGE;
			p.m_packetType = messages[i].type;
			p.m_nTimeStamp = messages[i].timestamp;
			p.m_nInfoField2 = 1;
			p.m_nBodySize = messages[i].size;
			p.m_body = (char *)body + RTMP_MAX_HEADER_SIZE;
			if (!RTMP_SendPacket(r, &p, 0))
				die("RTMP_SendPacket");
		}
	}
}

/* One round, encoded by librtmp itself: the first messages have full
 * headers, so that it can be received again and again. */
static void
make_stream(int chunk_size)
{
	RTMP *r = RTMP_Alloc();
	size_t size = 0;
	int i;

	for (i = 0; i < ROUND; i++)
		size += messages[i].size + 64 + messages[i].size / 64;
	wire = xmalloc(size);
	RTMP_Init(r);
	r->m_outChunkSize = chunk_size;
	keep = 1;
	encode(r, 1);
	keep = 0;
	RTMP_Free(r);
}

static void
decode(RTMP *r, unsigned long count)
{
	RTMPPacket p = { 0 };

	while (count > 0) {
		if (!RTMP_ReadPacket(r, &p))
			die("RTMP_ReadPacket");
		if (!RTMPPacket_IsReady(&p))
			continue;
		RTMPPacket_Free(&p);
		count--;
	}
}

int
main(int argc, char **argv)
{
	const struct mode *mode = NULL;
	unsigned long rounds, chunks = 0, bytes = 0;
	struct mix mix = { 0, 0, 0 };
	RTMP *r = RTMP_Alloc();
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc == 3 && strcmp(argv[1], modes[i].name) == 0)
			mode = &modes[i];
	}
	if (mode == NULL || (rounds = strtoul(argv[2], NULL, 10)) == 0)
		die("usage: librtmp_codec MODE N");
	for (i = 0; i < ROUND; i++) {
		mix_next(&mix, &messages[i]);
		if (mode->message_size != 0) {
			messages[i].size = mode->message_size;
			messages[i].type = 9;
		}
		chunks += (messages[i].size - 1) /
		    (unsigned long)mode->chunk_size + 1;
		bytes += messages[i].size;
	}
	RTMP_LogSetLevel(RTMP_LOGCRIT);
	RTMP_Init(r);
	r->m_sb.sb_socket = 0;
	r->m_inChunkSize = r->m_outChunkSize = mode->chunk_size;
	r->m_nClientBW = 0x7fffffff; /* no Acknowledgement */
	if (mode->decode) {
		make_stream(mode->chunk_size);
		decode(r, rounds * ROUND);
	} else {
		encode(r, rounds);
	}
	printf("messages %lu chunks %lu bytes %lu\n", rounds * ROUND,
	    rounds * chunks, rounds * bytes);
	return 0;
}
