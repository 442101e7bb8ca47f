/*
 * The simple handshake, RTMP 1.0 section 5.2.
 *
 *     packet 0   version 1
 *     packet 1   time 4 | zero 4 | random 1528
 *     packet 2   time 4 | time2 4 | random 1528     of the peer's packet 1
 *
 * Our packet 2 is the peer's packet 1 unchanged, time2 included: that is what
 * servers and players send, and none looks at time2.
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/handshake.h>

#include "base/wire.h"

#define VERSION 3
#define QUOTE_SIZE 41 /* of a wrong peer's first line, with its NUL */

enum { ROLE_CLIENT, ROLE_SERVER };

enum { AWAIT_0, AWAIT_1, AWAIT_2, DONE, FAILED };

/* What answers on a port that is not RTMP's; found by its first bytes. */
static const struct {
	const char *start;
	size_t size;
	const char *name;
} others[] = {
	{ "HTTP/", 5, "HTTP" },
	{ "GET ", 4, "HTTP" },
	{ "POST ", 5, "HTTP" },
	{ "HEAD ", 5, "HTTP" },
	{ "OPTIONS ", 8, "HTTP" },
	{ "SSH-", 4, "SSH" },
	{ "RTSP/", 5, "RTSP" },
	{ "\x16\x03", 2, "TLS" }, /* handshake record */
	{ "\x15\x03", 2, "TLS" }, /* alert record */
};

static void
start(struct rtmp_handshake *hs, int role, uint32_t epoch,
    const uint8_t *random)
{
	memset(hs, 0, sizeof(*hs));
	hs->role = role;
	hs->state = AWAIT_0;
	hs->echoed = 1;
	hs->own[0] = VERSION;
	rtmp_put_be32(hs->own + 1, epoch);
	memcpy(hs->own + 9, random, RTMP_HANDSHAKE_RANDOM_SIZE);
}

void
rtmp_handshake_client(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random)
{
	start(hs, ROLE_CLIENT, epoch, random);
}

void
rtmp_handshake_server(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random)
{
	start(hs, ROLE_SERVER, epoch, random);
}

const uint8_t *
rtmp_handshake_packet1(const struct rtmp_handshake *hs, size_t *size)
{
	*size = sizeof(hs->own);
	return hs->own;
}

const uint8_t *
rtmp_handshake_packet2(const struct rtmp_handshake *hs, size_t *size)
{
	if (hs->state != AWAIT_2 && hs->state != DONE)
		return NULL;
	*size = sizeof(hs->peer);
	return hs->peer;
}

/* ---- What was seen instead ---- */

/* The printable start of data, up to the end of its line. */
static size_t
quote(char out[QUOTE_SIZE], const uint8_t *data, size_t size)
{
	size_t n = 0;

	while (n < size && n < QUOTE_SIZE - 1 && data[n] >= ' ' &&
	    data[n] <= '~') {
		out[n] = (char)data[n];
		n++;
	}
	out[n] = '\0';
	return n;
}

/* NULL when the bytes at hand begin like nothing known.  They may be few: one
 * wrong byte is not RTMP whatever follows, so nothing is waited for. */
static const char *
recognise(const uint8_t *data, size_t size)
{
	size_t i, n;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		n = size < others[i].size ? size : others[i].size;
		if (memcmp(data, others[i].start, n) == 0)
			return others[i].name;
	}
	return NULL;
}

static int
fail(struct rtmp_handshake *hs, const uint8_t *data, size_t size)
{
	const char *who = hs->role == ROLE_CLIENT ? "the server answered with"
						  : "the client sent";
	const char *name = recognise(data, size);
	char text[QUOTE_SIZE];
	size_t n = quote(text, data, size);
	int v = data[0];

	hs->state = FAILED;
	if (v == 6 || v == 8 || v == 9)
		snprintf(hs->error, sizeof(hs->error), "%s RTMPE (version %d)"
		    ", which is not supported", who, v);
	else if (name != NULL && strcmp(name, "TLS") == 0)
		snprintf(hs->error, sizeof(hs->error), "%s TLS, not RTMP%s",
		    who, hs->role == ROLE_CLIENT ? ": use rtmps://" : "");
	else if (name != NULL && n > 1)
		snprintf(hs->error, sizeof(hs->error), "%s %s, not RTMP: %s",
		    who, name, text);
	else if (name != NULL)
		snprintf(hs->error, sizeof(hs->error), "%s %s, not RTMP", who,
		    name);
	else if (n > 1)
		snprintf(hs->error, sizeof(hs->error), "%s \"%s\", not RTMP",
		    who, text);
	else
		snprintf(hs->error, sizeof(hs->error), "%s version %d, not "
		    "RTMP version %d", who, v, VERSION);
	return RTMP_ERR_HANDSHAKE;
}

/* ---- The peer's packets ---- */

/* Packet 2: only whether its random bytes are ours is kept of it. */
static void
compare(struct rtmp_handshake *hs, const uint8_t *data, size_t n)
{
	size_t skip = hs->filled < 8 ? 8 - hs->filled : 0;

	if (n > skip && memcmp(data + skip, hs->own + 1 + hs->filled + skip,
	    n - skip) != 0)
		hs->echoed = 0;
}

/* Returns how many bytes belonged to the packet that is awaited. */
static size_t
fill(struct rtmp_handshake *hs, const uint8_t *data, size_t size)
{
	size_t n = RTMP_HANDSHAKE_SIZE - hs->filled;

	if (n > size)
		n = size;
	if (hs->state == AWAIT_1)
		memcpy(hs->peer + hs->filled, data, n);
	else
		compare(hs, data, n);
	hs->filled += n;
	if (hs->filled == RTMP_HANDSHAKE_SIZE) {
		hs->filled = 0;
		hs->state = hs->state == AWAIT_1 ? AWAIT_2 : DONE;
	}
	return n;
}

int
rtmp_handshake_recv(struct rtmp_handshake *hs, const uint8_t **data,
    size_t *size)
{
	size_t n;

	while (*size != 0 && hs->state < DONE) {
		if (hs->state == AWAIT_0) {
			if (**data != VERSION)
				return fail(hs, *data, *size);
			hs->state = AWAIT_1;
			n = 1;
		} else {
			n = fill(hs, *data, *size);
		}
		*data += n;
		*size -= n;
	}
	if (hs->state == FAILED)
		return RTMP_ERR_HANDSHAKE;
	return hs->state == DONE;
}

int
rtmp_handshake_echoed(const struct rtmp_handshake *hs)
{
	return hs->state == DONE && hs->echoed;
}

const char *
rtmp_handshake_error(const struct rtmp_handshake *hs)
{
	return hs->error;
}
