/*
 * The handshake, RTMP 1.0 section 5.2.
 *
 *     packet 0   version 1
 *     packet 1   time 4 | zero 4 | random 1528
 *     packet 2   time 4 | time2 4 | random 1528     of the peer's packet 1
 *
 * Our packet 2 is the peer's packet 1 unchanged, time2 included: that is what
 * servers and players send, and none looks at time2.  What digests change in
 * the packets is in handshake_digest.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "codec/handshake_digest.h"

#define VERSION 3
#define TYPE_DEFAULT 6
#define VERSION_PLAYER 0x0a002d02 /* 10.0.45.2 */
#define VERSION_PLAYER_RTMPE 0x80000302
#define VERSION_SERVER 0x03050101
#define QUOTE_SIZE 41 /* of a wrong peer's first line, with its NUL */

enum { AWAIT_0, AWAIT_1, AWAIT_2, DONE, FAILED };

/* What answers on a port that is not RTMP's; found by its first bytes. */
static const struct {
	char start[9];
	char name[5];
} others[] = {
	{ "HTTP/", "HTTP" },
	{ "GET ", "HTTP" },
	{ "POST ", "HTTP" },
	{ "HEAD ", "HTTP" },
	{ "OPTIONS ", "HTTP" },
	{ "SSH-", "SSH" },
	{ "RTSP/", "RTSP" },
	{ "\x16\x03", "TLS" }, /* handshake record */
	{ "\x15\x03", "TLS" }, /* alert record */
};

/* ---- Our packet 1 ---- */

static int
is_rtmpe(int version)
{
	return version == 6 || version == 8 || version == 9;
}

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
	start(hs, RTMP_HANDSHAKE_CLIENT, epoch, random);
}

void
rtmp_handshake_server(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random)
{
	start(hs, RTMP_HANDSHAKE_SERVER, epoch, random);
}

void
rtmp_handshake_options_init(struct rtmp_handshake_options *opt,
    size_t struct_size)
{
	struct rtmp_handshake_options o;

	memset(&o, 0, sizeof(o));
	o.kind = RTMP_HANDSHAKE_DIGEST;
	o.rtmpe_type = TYPE_DEFAULT;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

static uint32_t
usual_version(int role, enum rtmp_handshake_kind kind)
{
	if (role == RTMP_HANDSHAKE_SERVER)
		return VERSION_SERVER;
	return kind == RTMP_HANDSHAKE_RTMPE ? VERSION_PLAYER_RTMPE :
	    VERSION_PLAYER;
}

static int
start_with(struct rtmp_handshake *hs, int role, uint32_t epoch,
    const uint8_t *random, const struct rtmp_handshake_options *opt)
{
	struct rtmp_handshake_options o;

	rtmp_handshake_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	if ((unsigned)o.kind > RTMP_HANDSHAKE_RTMPE ||
	    (unsigned)o.order > RTMP_ORDER_KEY_FIRST ||
	    !is_rtmpe(o.rtmpe_type))
		return RTMP_ERR_INVAL;
	start(hs, role, epoch, random);
	hs->kind = (int)o.kind;
	hs->order = (int)o.order;
	hs->is_strict = o.is_strict;
	hs->version = o.version != 0 ? o.version :
	    usual_version(role, o.kind);
	if (hs->kind == RTMP_HANDSHAKE_RTMPE)
		hs->type = o.rtmpe_type;
	return hs->kind == RTMP_HANDSHAKE_SIMPLE ? 0 : rtmp_digest_start(hs);
}

int
rtmp_handshake_client_with(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random, const struct rtmp_handshake_options *opt)
{
	return start_with(hs, RTMP_HANDSHAKE_CLIENT, epoch, random, opt);
}

int
rtmp_handshake_server_with(struct rtmp_handshake *hs, uint32_t epoch,
    const uint8_t *random, const struct rtmp_handshake_options *opt)
{
	return start_with(hs, RTMP_HANDSHAKE_SERVER, epoch, random, opt);
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
		n = strlen(others[i].start);
		if (n > size)
			n = size;
		if (memcmp(data, others[i].start, n) == 0)
			return others[i].name;
	}
	return NULL;
}

static int
fail(struct rtmp_handshake *hs, const uint8_t *data, size_t size)
{
	int is_client = hs->role == RTMP_HANDSHAKE_CLIENT;
	const char *name = recognise(data, size), *format, *more = "";
	char text[QUOTE_SIZE], number[4];
	size_t n = quote(text, data, size);
	int v = data[0];

	snprintf(number, sizeof(number), "%d", v);
	if (v == VERSION) {
		format = "%s RTMP that is not encrypted, not RTMPE";
	} else if (is_rtmpe(v)) {
		format = "%s RTMPE (version %s), which is not supported";
		name = number;
	} else if (name != NULL) {
		format = n > 1 ? "%s %s, not RTMP: %s" : "%s %s, not RTMP%s";
		if (n > 1)
			more = text;
		else if (is_client && strcmp(name, "TLS") == 0)
			more = ": use rtmps://";
	} else if (n > 1) {
		format = "%s \"%s\", not RTMP";
		name = text;
	} else {
		format = "%s version %s, not RTMP version 3";
		name = number;
	}
	hs->state = FAILED;
	snprintf(hs->error, sizeof(hs->error), format, is_client ?
	    "the server answered with" : "the client sent", name, more);
	return RTMP_ERR_HANDSHAKE;
}

/* ---- The peer's packets ---- */

static int
takes_version(const struct rtmp_handshake *hs, int version)
{
	if (hs->kind != RTMP_HANDSHAKE_RTMPE)
		return version == VERSION;
	return is_rtmpe(version) ||
	    (hs->role == RTMP_HANDSHAKE_SERVER && version == VERSION);
}

/* Packet 0 has come.  The server has the last word on the type of RTMPE. */
static void
take_version(struct rtmp_handshake *hs, int version)
{
	if (hs->role == RTMP_HANDSHAKE_CLIENT || version == VERSION)
		hs->type = version == VERSION ? 0 : version;
	else
		hs->own[0] = (uint8_t)hs->type;
	hs->state = AWAIT_1;
}

/* Packet 2: only whether its random bytes are ours is kept of it. */
static void
compare(struct rtmp_handshake *hs, const uint8_t *data, size_t n)
{
	size_t skip = hs->filled < 8 ? 8 - hs->filled : 0;

	if (n > skip && memcmp(data + skip, hs->own + 1 + hs->filled + skip,
	    n - skip) != 0)
		hs->echoed = 0;
}

/* Packet 1 or 2 has come. */
static int
complete(struct rtmp_handshake *hs)
{
	int err = 0;

	hs->filled = 0;
	if (hs->state == AWAIT_1) {
		memcpy(hs->tail, hs->peer + RTMP_HANDSHAKE_SIZE -
		    sizeof(hs->tail), sizeof(hs->tail));
		if (hs->kind != RTMP_HANDSHAKE_SIMPLE)
			err = rtmp_digest_packet1(hs);
		hs->state = AWAIT_2;
	} else {
		if (hs->agreed != RTMP_HANDSHAKE_SIMPLE)
			err = rtmp_digest_packet2_end(hs);
		hs->state = DONE;
	}
	if (err != 0)
		hs->state = FAILED;
	return err;
}

/* Takes what belongs to the packet that is awaited; *used receives its
 * size. */
static int
fill(struct rtmp_handshake *hs, const uint8_t *data, size_t size,
    size_t *used)
{
	size_t n = RTMP_HANDSHAKE_SIZE - hs->filled;

	if (n > size)
		n = size;
	if (hs->state == AWAIT_1)
		memcpy(hs->peer + hs->filled, data, n);
	else if (hs->agreed != RTMP_HANDSHAKE_SIMPLE)
		rtmp_digest_packet2(hs, data, n);
	else
		compare(hs, data, n);
	hs->filled += n;
	*used = n;
	return hs->filled == RTMP_HANDSHAKE_SIZE ? complete(hs) : 0;
}

int
rtmp_handshake_recv(struct rtmp_handshake *hs, const uint8_t **data,
    size_t *size)
{
	size_t n;
	int err = 0;

	while (*size != 0 && hs->state < DONE && err == 0) {
		if (hs->state == AWAIT_0) {
			if (!takes_version(hs, **data))
				return fail(hs, *data, *size);
			take_version(hs, **data);
			n = 1;
		} else {
			err = fill(hs, *data, *size, &n);
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

enum rtmp_handshake_kind
rtmp_handshake_agreed(const struct rtmp_handshake *hs)
{
	return (enum rtmp_handshake_kind)hs->agreed;
}

int
rtmp_handshake_rtmpe_keys(const struct rtmp_handshake *hs,
    uint8_t send[RTMP_RTMPE_KEY_SIZE], uint8_t recv[RTMP_RTMPE_KEY_SIZE])
{
	if (hs->agreed != RTMP_HANDSHAKE_RTMPE || hs->state == FAILED)
		return 0;
	memcpy(send, hs->key, RTMP_RTMPE_KEY_SIZE);
	memcpy(recv, hs->key + RTMP_RTMPE_KEY_SIZE, RTMP_RTMPE_KEY_SIZE);
	return 1;
}

const uint8_t *
rtmp_handshake_tail(const struct rtmp_handshake *hs)
{
	return hs->state == AWAIT_2 || hs->state == DONE ? hs->tail : NULL;
}

const char *
rtmp_handshake_error(const struct rtmp_handshake *hs)
{
	return hs->error;
}
