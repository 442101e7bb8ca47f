#include "codec/handshake_digest.h"
#include "crypto/sha256.h"
#include "support/digest.h"

static const char player_key[] = "Genuine Adobe Flash Player 001";
static const char server_key[] = "Genuine Adobe Flash Media Server 001";
static const char trailer[] = "f0eec24a8068bee82e00d0d1029e7e57"
    "6eec5d2d29806fab93b8e636cfeb31ae";

int
digest_feed(struct rtmp_handshake *hs, const uint8_t *data, size_t size,
    size_t step)
{
	const uint8_t *p;
	uint8_t *copy;
	size_t n, left;
	int r = 0;

	for (; size != 0 && r == 0; data += n, size -= n) {
		n = step < size ? step : size;
		copy = guard_copy(data, n);
		p = copy;
		left = n;
		r = rtmp_handshake_recv(hs, &p, &left);
		guard_free(copy, n);
		if (r == 0)
			assert_int_equal(left, 0);
	}
	return r;
}

void
digest_options(struct rtmp_handshake_options *opt,
    enum rtmp_handshake_kind kind)
{
	rtmp_handshake_options_init(opt, sizeof(*opt));
	opt->kind = kind;
}

void
digest_start(struct rtmp_handshake *hs, int role, uint32_t epoch,
    const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE],
    const struct rtmp_handshake_options *opt)
{
	int err = role == RTMP_HANDSHAKE_SERVER ?
	    rtmp_handshake_server_with(hs, epoch, random, opt) :
	    rtmp_handshake_client_with(hs, epoch, random, opt);

	assert_int_equal(err, 0);
}

void
digest_start_random(struct rtmp_handshake *hs, int role, uint32_t seed,
    const struct rtmp_handshake_options *opt)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];

	fill_random(random, sizeof(random), seed);
	digest_start(hs, role, seed, random, opt);
}

static uint32_t
sum4(const uint8_t *p)
{
	return (uint32_t)p[0] + p[1] + p[2] + p[3];
}

uint32_t
digest_at(const uint8_t *packet, int order)
{
	return order == RTMP_ORDER_DIGEST_FIRST ? 12 + sum4(packet + 8) % 728 :
	    776 + sum4(packet + 772) % 728;
}

uint32_t
key_at(const uint8_t *packet, int order)
{
	return order == RTMP_ORDER_DIGEST_FIRST ?
	    772 + sum4(packet + 1532) % 632 : 8 + sum4(packet + 768) % 632;
}

void
put_digest(uint8_t *packet, int order, int sender)
{
	const char *key = sender == RTMP_HANDSHAKE_SERVER ? server_key :
	    player_key;
	uint32_t at = digest_at(packet, order);
	uint8_t rest[SIZE - 32];

	memcpy(rest, packet, at);
	memcpy(rest + at, packet + at + 32, SIZE - 32 - at);
	rtmp_hmac(key, strlen(key), rest, sizeof(rest), packet + at);
}

void
digest_signing_key(int sender, const uint8_t digest[32], uint8_t out[32])
{
	const char *key = sender == RTMP_HANDSHAKE_SERVER ? server_key :
	    player_key;
	size_t n = strlen(key);
	uint8_t whole[68];

	memcpy(whole, key, n);
	hex_bytes(trailer, whole + n, 32);
	rtmp_hmac(whole, n + 32, digest, 32, out);
}

void
assert_keys(const struct rtmp_handshake *hs, const char *send,
    const char *recv)
{
	uint8_t keys[2][RTMP_RTMPE_KEY_SIZE], want[RTMP_RTMPE_KEY_SIZE];

	memset(keys, 7, sizeof(keys));
	assert_int_equal(rtmp_handshake_rtmpe_keys(hs, keys[0], keys[1]),
	    send != NULL);
	if (send == NULL) {
		assert_int_equal(keys[0][0], 7);
		assert_int_equal(keys[1][15], 7);
		return;
	}
	hex_bytes(send, want, sizeof(want));
	assert_memory_equal(keys[0], want, sizeof(want));
	hex_bytes(recv, want, sizeof(want));
	assert_memory_equal(keys[1], want, sizeof(want));
}
