#include "librtmp.h"
#include "bench.h"

#ifdef HAVE_LIBRTMP

#include <string.h>
#include <librtmp/log.h>
#include <librtmp/rtmp.h>

#define CSID_AUDIO 4
#define CSID_VIDEO 6

int
librtmp_installed(void)
{
	return 1;
}

static RTMP *
connect_to(const char *url, int publish)
{
	/* librtmp writes into the URL, and keeps pointers to it, of as many
	 * connections as there are at once. */
	static char urls[4][128];
	static unsigned turn;
	char *buf = urls[turn++ % 4];
	RTMP *r = RTMP_Alloc();

	RTMP_LogSetLevel(RTMP_LOGCRIT);
	strncpy(buf, url, sizeof(urls[0]) - 1);
	RTMP_Init(r);
	if (!RTMP_SetupURL(r, buf))
		die("librtmp: %s", url);
	if (publish)
		RTMP_EnableWrite(r);
	else
		r->Link.lFlags |= RTMP_LF_LIVE;
	if (!RTMP_Connect(r, NULL))
		die("librtmp cannot connect to %s", url);
	return r;
}

/* RTMP_Connect() has only sent the connect command. */
struct RTMP *
librtmp_publish(const char *url)
{
	RTMP *r = connect_to(url, 1);

	if (!RTMP_ConnectStream(r, 0))
		die("librtmp cannot publish");
	return r;
}

struct RTMP *
librtmp_play(const char *url)
{
	RTMP *r = connect_to(url, 0);

	if (!RTMP_ConnectStream(r, 0))
		die("librtmp cannot play");
	return r;
}

struct RTMP *
librtmp_connect(const char *url)
{
	return connect_to(url, 1);
}

void
librtmp_close(struct RTMP *r)
{
	RTMP_Close(r);
	RTMP_Free(r);
}

void
librtmp_set_chunk_size(struct RTMP *r, int chunk_size)
{
	char buf[RTMP_MAX_HEADER_SIZE + 4], *body = buf + RTMP_MAX_HEADER_SIZE;
	RTMPPacket p = { 0 };

	p.m_nChannel = 2;
	p.m_headerType = RTMP_PACKET_SIZE_LARGE;
	p.m_packetType = RTMP_PACKET_TYPE_CHUNK_SIZE;
	p.m_body = body;
	p.m_nBodySize = 4;
	AMF_EncodeInt32(body, body + 4, chunk_size);
	if (!RTMP_SendPacket(r, &p, 0))
		die("librtmp: Set Chunk Size");
	r->m_outChunkSize = chunk_size;
}

void
librtmp_write(struct RTMP *r, uint8_t type, uint32_t timestamp, uint8_t *body,
    size_t size)
{
	RTMPPacket p = { 0 };

	p.m_nChannel = type == RTMP_PACKET_TYPE_AUDIO ? CSID_AUDIO :
	    CSID_VIDEO;
	p.m_headerType = RTMP_PACKET_SIZE_MEDIUM;
	p.m_packetType = type;
	p.m_nTimeStamp = timestamp;
	p.m_nInfoField2 = r->m_stream_id;
	p.m_body = (char *)body;
	p.m_nBodySize = (uint32_t)size;
	/* The first message of a chunk stream has a full header. */
	if (r->m_channelsAllocatedOut <= p.m_nChannel ||
	    r->m_vecChannelsOut[p.m_nChannel] == NULL)
		p.m_headerType = RTMP_PACKET_SIZE_LARGE;
	if (!RTMP_SendPacket(r, &p, 0))
		die("librtmp: RTMP_SendPacket");
}

size_t
librtmp_read(struct RTMP *r)
{
	RTMPPacket p = { 0 };
	size_t size = 0;

	while (size == 0) {
		if (!RTMP_ReadPacket(r, &p))
			die("librtmp: RTMP_ReadPacket");
		if (!RTMPPacket_IsReady(&p))
			continue;
		if (p.m_packetType == RTMP_PACKET_TYPE_AUDIO ||
		    p.m_packetType == RTMP_PACKET_TYPE_VIDEO)
			size = p.m_nBodySize;
		else
			RTMP_ClientPacket(r, &p);
		RTMPPacket_Free(&p);
	}
	return size;
}

#else

int
librtmp_installed(void)
{
	return 0;
}

struct RTMP *
librtmp_publish(const char *url)
{
	(void)url;
	die("librtmp is not installed");
}

struct RTMP *
librtmp_play(const char *url)
{
	return librtmp_publish(url);
}

struct RTMP *
librtmp_connect(const char *url)
{
	return librtmp_publish(url);
}

void
librtmp_close(struct RTMP *r)
{
	(void)r;
}

void
librtmp_set_chunk_size(struct RTMP *r, int chunk_size)
{
	(void)r;
	(void)chunk_size;
}

void
librtmp_write(struct RTMP *r, uint8_t type, uint32_t timestamp, uint8_t *body,
    size_t size)
{
	(void)r;
	(void)type;
	(void)timestamp;
	(void)body;
	(void)size;
}

size_t
librtmp_read(struct RTMP *r)
{
	(void)r;
	return 0;
}

#endif
