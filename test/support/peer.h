#ifndef TEST_PEER_H
#define TEST_PEER_H

/*
 * What a server sends, as one run of bytes: a handshake, then messages.  AMF0
 * is written as JSON with ' for ", so that it stands well in C strings:
 *
 *     peer_command(&p, 0, "['_result', %d, null, 1]", 4);
 *
 * {'$undefined': true} is undefined, {'$ecma': {...}} an ECMA array.
 */
#include <rtmpio/chunk.h>

#include "support/support.h"

struct peer {
	uint8_t *data;
	size_t size;
	size_t cap;
	struct rtmp_chunk_writer *writer;
};

#define PEER_HANDSHAKE_SIZE 3073

void peer_init(struct peer *p); /* S0 S1 S2 */
void peer_free(struct peer *p);
void peer_bytes(struct peer *p, const void *data, size_t size);

/* Any message, in chunks of the size that was last announced. */
void peer_message(struct peer *p, uint32_t csid, uint32_t msid, uint8_t type,
    uint32_t timestamp, const void *body, size_t size);

/* A control message of one number.  Set Chunk Size changes ours. */
void peer_control(struct peer *p, uint8_t type, uint32_t value);
/* User control with one argument. */
void peer_user(struct peer *p, uint16_t event, uint32_t value);
/* Media whose body is text. */
void peer_media(struct peer *p, uint32_t msid, uint8_t type,
    uint32_t timestamp, const char *text);

#if defined(__GNUC__)
#define PEER_PRINTF(n) __attribute__((format(printf, n, n + 1)))
#else
#define PEER_PRINTF(n)
#endif

/* Type 20 on csid 3. */
PEER_PRINTF(3)
void peer_command(struct peer *p, uint32_t msid, const char *json, ...);
/* A data or command message of any of the four types, AMF3's with the format
 * byte. */
void peer_amf(struct peer *p, uint8_t type, uint32_t msid, const char *json);

/* The AMF0 of a JSON array's values, malloc()ed. */
uint8_t *peer_amf0(const char *json, size_t *size);

/* ---- Usual answers ---- */

/* To connect, as nginx-rtmp gives it; the chunk size is 4096 from here. */
void peer_connected(struct peer *p);
/* createStream under this transaction, then Publish.Start or Play.Start. */
void peer_published(struct peer *p, int transaction, uint32_t msid);
void peer_playing(struct peer *p, int transaction, uint32_t msid);
/* onStatus of level "status" or "error". */
void peer_status(struct peer *p, uint32_t msid, const char *level,
    const char *code);

#endif
