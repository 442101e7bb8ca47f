/*
 * The handshake with digests, fed whole and in pieces: both give the same
 * verdict, and the server's falls back to simple whatever comes.
 *
 *     flags 1 | size of the pieces 1 | what the peer sends
 *
 * flags: 1 a server, 2 RTMPE, 4 strict; 8 and 16 put a good digest into the
 * peer's packet 1, first or last, which chance would not.
 */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/handshake.h>

#include "crypto/sha256.h"

#define SIZE RTMP_HANDSHAKE_SIZE

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put_digest(uint8_t *packet, int first, int is_server)
{
	const char *key = is_server ? "Genuine Adobe Flash Media Server 001" :
	    "Genuine Adobe Flash Player 001";
	size_t block = first ? 8 : 772, at;
	struct rtmp_hmac h;

	at = block + 4 + (size_t)(packet[block] + packet[block + 1] +
	    packet[block + 2] + packet[block + 3]) % 728;
	rtmp_hmac_init(&h, key, strlen(key));
	rtmp_hmac_update(&h, packet, at);
	rtmp_hmac_update(&h, packet + at + 32, SIZE - 32 - at);
	rtmp_hmac_final(&h, packet + at);
}

/* Ours begins the same each time, and its key takes long to make. */
static const struct rtmp_handshake *
start(int flags)
{
	static const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 1 };
	static struct rtmp_handshake started[8];
	static int is_started[8];
	struct rtmp_handshake *hs = &started[flags & 7];
	struct rtmp_handshake_options opt;

	if (is_started[flags & 7])
		return hs;
	is_started[flags & 7] = 1;
	rtmp_handshake_options_init(&opt, sizeof(opt));
	if (flags & 2)
		opt.kind = RTMP_HANDSHAKE_RTMPE;
	opt.is_strict = (flags & 4) != 0;
	if ((flags & 1 ? rtmp_handshake_server_with(hs, 1, random, &opt) :
	    rtmp_handshake_client_with(hs, 1, random, &opt)) != 0)
		abort();
	return hs;
}

static int
feed(struct rtmp_handshake *hs, const uint8_t *data, size_t size, size_t step,
    size_t *used)
{
	const uint8_t *p = data;
	size_t n, left;
	int r;

	do {
		left = size - (size_t)(p - data);
		n = step < left ? step : left;
		r = rtmp_handshake_recv(hs, &p, &n);
	} while (r == 0 && (size_t)(p - data) < size);
	*used = (size_t)(p - data);
	return r;
}

static void
check(const struct rtmp_handshake *hs, int flags, int r, size_t size)
{
	uint8_t send[RTMP_RTMPE_KEY_SIZE], recv[RTMP_RTMPE_KEY_SIZE];
	enum rtmp_handshake_kind agreed = rtmp_handshake_agreed(hs);
	size_t n;

	if ((r == RTMP_ERR_HANDSHAKE) !=
	    (rtmp_handshake_error(hs)[0] != '\0'))
		abort();
	if (r == 0 && size >= 1 + 2 * SIZE)
		abort();
	if (r == 1 && (rtmp_handshake_packet2(hs, &n) == NULL || n != SIZE))
		abort();
	if (r == 1 && (flags & 3) == 2 && agreed != RTMP_HANDSHAKE_RTMPE)
		abort();
	if (r == 1 && rtmp_handshake_rtmpe_keys(hs, send, recv) !=
	    (agreed == RTMP_HANDSHAKE_RTMPE))
		abort();
	if (r == 1 && (flags & 4) && (agreed == RTMP_HANDSHAKE_SIMPLE ||
	    !rtmp_handshake_echoed(hs)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t peer[2 + 3 * SIZE];
	struct rtmp_handshake whole, pieces;
	size_t used, used_pieces;
	int flags, step, r;

	if (size < 3 || size > sizeof(peer))
		return 0;
	flags = data[0];
	step = data[1] + 1;
	size -= 2;
	memcpy(peer, data + 2, size);
	if (size > SIZE && flags & 8)
		put_digest(peer + 1, 1, !(flags & 1));
	else if (size > SIZE && flags & 16)
		put_digest(peer + 1, 0, !(flags & 1));
	whole = pieces = *start(flags);
	r = feed(&whole, peer, size, size, &used);
	if (feed(&pieces, peer, size, (size_t)step, &used_pieces) != r ||
	    used != used_pieces ||
	    memcmp(whole.peer, pieces.peer, SIZE) != 0)
		abort();
	check(&whole, flags, r, size);
	return 0;
}
