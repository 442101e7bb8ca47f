/*
 * The digest handshake and the key agreement of RTMPE: what rtmpdump, FFmpeg
 * and an independent program have sent, both roles against each other, and
 * peers that lie.
 */
#include <rtmpio/handshake.h>

#include "codec/handshake_digest.h"
#include "crypto/sha256.h"
#include "support/support.h"

#define SIZE RTMP_HANDSHAKE_SIZE
#define BOTH (1 + 2 * SIZE) /* packets 0, 1 and 2 */
#ifdef __SANITIZE_ADDRESS__ /* ten times slower */
#define HANDSHAKES 60
#else
#define HANDSHAKES 300
#endif

static const char player_key[] = "Genuine Adobe Flash Player 001";
static const char server_key[] = "Genuine Adobe Flash Media Server 001";
static const char trailer[] = "f0eec24a8068bee82e00d0d1029e7e57"
    "6eec5d2d29806fab93b8e636cfeb31ae";

static void
fill_random(uint8_t *p, size_t size, uint32_t seed)
{
	while (size-- != 0)
		*p++ = (uint8_t)(next_random(&seed) >> 24);
}

static void
hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t n;
	uint8_t *p = from_hex(hex, &n);

	assert_int_equal(n, size);
	memcpy(out, p, size);
	free(p);
}

/* Feeds pieces of at most step bytes, each at an unreadable page. */
static int
feed(struct rtmp_handshake *hs, const uint8_t *data, size_t size, size_t step)
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

/* The two packets of one side. */
static void
feed_packet1(struct rtmp_handshake *to, const struct rtmp_handshake *from,
    int want)
{
	size_t size;
	const uint8_t *p = rtmp_handshake_packet1(from, &size);

	assert_int_equal(feed(to, p, size, 700), want);
}

static void
feed_packet2(struct rtmp_handshake *to, const struct rtmp_handshake *from)
{
	size_t size;
	const uint8_t *p = rtmp_handshake_packet2(from, &size);

	assert_non_null(p);
	assert_int_equal(feed(to, p, size, 700), 1);
}

static void
options(struct rtmp_handshake_options *opt, enum rtmp_handshake_kind kind)
{
	rtmp_handshake_options_init(opt, sizeof(*opt));
	opt->kind = kind;
}

static void
start(struct rtmp_handshake *hs, int role, uint32_t epoch,
    const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE],
    const struct rtmp_handshake_options *opt)
{
	int err = role == RTMP_HANDSHAKE_SERVER ?
	    rtmp_handshake_server_with(hs, epoch, random, opt) :
	    rtmp_handshake_client_with(hs, epoch, random, opt);

	assert_int_equal(err, 0);
}

static void
start_random(struct rtmp_handshake *hs, int role, uint32_t seed,
    const struct rtmp_handshake_options *opt)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];

	fill_random(random, sizeof(random), seed);
	start(hs, role, seed, random, opt);
}

/* ---- The algorithm once more, from the facts ---- */

static uint32_t
sum4(const uint8_t *p)
{
	return (uint32_t)p[0] + p[1] + p[2] + p[3];
}

static uint32_t
digest_at(const uint8_t *packet, int order)
{
	return order == RTMP_ORDER_DIGEST_FIRST ? 12 + sum4(packet + 8) % 728 :
	    776 + sum4(packet + 772) % 728;
}

static uint32_t
key_at(const uint8_t *packet, int order)
{
	return order == RTMP_ORDER_DIGEST_FIRST ?
	    772 + sum4(packet + 1532) % 632 : 8 + sum4(packet + 768) % 632;
}

static void
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

/* The key that signs the packet 2 of sender. */
static void
signing_key(int sender, const uint8_t digest[32], uint8_t out[32])
{
	const char *key = sender == RTMP_HANDSHAKE_SERVER ? server_key :
	    player_key;
	size_t n = strlen(key);
	uint8_t whole[68];

	memcpy(whole, key, n);
	hex_bytes(trailer, whole + n, 32);
	rtmp_hmac(whole, n + 32, digest, 32, out);
}

/* ---- Vectors ---- */

/* A handshake of a vector file, of either kind. */
struct vector {
	const char *name;
	int c0, s0;
	uint8_t c2s[BOTH], s2c[BOTH];
	uint8_t c1_random[RTMP_HANDSHAKE_RANDOM_SIZE];
	uint8_t s1_random[RTMP_HANDSHAKE_RANDOM_SIZE];
	int c1_order, s1_order;
	const char *client_send, *client_recv; /* keys of RC4; or NULL */
	int c1_is_ours; /* its private key, if any, is known */
};

/* In a live capture the packet is the item itself. */
static const char *
packet_of(const cJSON *c, const char *name)
{
	const cJSON *item = json_item(c, name);

	return cJSON_IsString(item) ? item->valuestring :
	    json_string(item, "packet");
}

static int
order_of(const cJSON *c, const char *packet, const char *offset)
{
	const cJSON *item = json_item(c, packet);
	double at = cJSON_IsString(item) ? json_number(c, offset) :
	    json_number(item, "digest_offset");

	return at < 772 ? RTMP_ORDER_DIGEST_FIRST : RTMP_ORDER_KEY_FIRST;
}

/* What the packet was made of: the private key is where the public one is. */
static void
take_random(const cJSON *c, const char *private, const uint8_t *packet,
    int order, uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE])
{
	uint8_t copy[SIZE];

	memcpy(copy, packet, SIZE);
	if (cJSON_GetObjectItem(c, private) != NULL)
		hex_bytes(json_string(c, private), copy + key_at(packet,
		    order), 128);
	memcpy(random, copy + 8, RTMP_HANDSHAKE_RANDOM_SIZE);
}

static void
take_vector(const cJSON *c, struct vector *v)
{
	memset(v, 0, sizeof(*v));
	v->name = json_string(c, "name");
	hex_bytes(json_string(c, "c0"), v->c2s, 1);
	hex_bytes(json_string(c, "s0"), v->s2c, 1);
	v->c0 = v->c2s[0];
	v->s0 = v->s2c[0];
	hex_bytes(packet_of(c, "c1"), v->c2s + 1, SIZE);
	hex_bytes(packet_of(c, "s1"), v->s2c + 1, SIZE);
	hex_bytes(packet_of(c, "c2"), v->c2s + 1 + SIZE, SIZE);
	hex_bytes(packet_of(c, "s2"), v->s2c + 1 + SIZE, SIZE);
	v->c1_order = order_of(c, "c1", "c1_digest_offset");
	v->s1_order = order_of(c, "s1", "s1_digest_offset");
	take_random(c, "client_private", v->c2s + 1, v->c1_order,
	    v->c1_random);
	take_random(c, "server_private", v->s2c + 1, v->s1_order,
	    v->s1_random);
	v->c1_is_ours = v->c0 == 3 ||
	    cJSON_GetObjectItem(c, "client_private") != NULL;
	if (v->c0 != 3) {
		v->client_send = json_string(c, "client_send_key");
		v->client_recv = json_string(c, "client_recv_key");
	}
}

static void
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

/* One side of a vector, byte for byte but for packet 2, whose first 1504
 * bytes are anyone's choice. */
static void
replay_side(const struct vector *v, int role, size_t step)
{
	int is_server = role == RTMP_HANDSHAKE_SERVER;
	const uint8_t *own = is_server ? v->s2c : v->c2s;
	const uint8_t *peer = is_server ? v->c2s : v->s2c, *p;
	struct rtmp_handshake_options opt;
	uint8_t key[32], want[SIZE];
	struct rtmp_handshake hs;
	size_t size;

	options(&opt, v->c0 == 3 ? RTMP_HANDSHAKE_DIGEST :
	    RTMP_HANDSHAKE_RTMPE);
	opt.order = (enum rtmp_handshake_order)(is_server ? v->s1_order :
	    v->c1_order);
	opt.version = (uint32_t)own[5] << 24 | (uint32_t)own[6] << 16 |
	    (uint32_t)own[7] << 8 | own[8];
	if (v->c0 != 3)
		opt.rtmpe_type = is_server ? v->s0 : v->c0;
	opt.is_strict = 1;
	start(&hs, role, (uint32_t)own[1] << 24 | (uint32_t)own[2] << 16 |
	    (uint32_t)own[3] << 8 | own[4],
	    is_server ? v->s1_random : v->c1_random, &opt);
	assert_int_equal(feed(&hs, peer, 1 + SIZE, step), 0);
	p = rtmp_handshake_packet1(&hs, &size);
	assert_memory_equal(p, own, size);
	assert_int_equal(rtmp_handshake_agreed(&hs), opt.kind);
	assert_keys(&hs, is_server ? v->client_recv : v->client_send,
	    is_server ? v->client_send : v->client_recv);
	assert_memory_equal(rtmp_handshake_tail(&hs), peer + 1 + SIZE - 32,
	    32);

	signing_key(role, peer + 1 + digest_at(peer + 1, is_server ?
	    v->c1_order : v->s1_order), key);
	memcpy(want, peer + 1, SIZE);
	rtmp_hmac(key, 32, want, SIZE - 32, want + SIZE - 32);
	rtmp_digest_cipher(v->s0, key, want + SIZE - 32);
	p = rtmp_handshake_packet2(&hs, &size);
	assert_int_equal(size, SIZE);
	assert_memory_equal(p, want, SIZE);
	assert_int_equal(feed(&hs, peer + 1 + SIZE, SIZE, step), 1);
	assert_int_equal(rtmp_handshake_echoed(&hs), 1);
}

static void
replay_file(const char *name, int count)
{
	static const size_t steps[] = { BOTH, 1, 1504, 97 };
	cJSON *json = load_json(name);
	const cJSON *list, *c;
	struct vector v;
	size_t i;
	int n = 0;

	cJSON_ArrayForEach(list, json) {
		if (!cJSON_IsArray(list) || (strcmp(list->string,
		    "synthetic") != 0 && strcmp(list->string, "live") != 0))
			continue;
		cJSON_ArrayForEach(c, list) {
			take_vector(c, &v);
			for (i = 0; i < 4; i++) {
				if (v.c1_is_ours)
					replay_side(&v, RTMP_HANDSHAKE_CLIENT,
					    steps[i]);
				replay_side(&v, RTMP_HANDSHAKE_SERVER,
				    steps[i]);
			}
			n++;
		}
	}
	cJSON_Delete(json);
	assert_int_equal(n, count);
}

static void
digest_vectors_in_both_roles(void **state)
{
	(void)state;
	replay_file("vectors/handshake_digest.json", 7);
}

static void
rtmpe_vectors_in_both_roles(void **state)
{
	(void)state;
	replay_file("vectors/rtmpe.json", 9);
}

/* The signatures of the vectors themselves, before and after the cipher. */
static void
signatures_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/rtmpe.json");
	const cJSON *c, *side;
	uint8_t key[32], signature[32], packet[SIZE];
	int i, count = 0;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "synthetic")) {
		for (i = 0; i < 2; i++, count++) {
			side = json_item(c, i ? "c2" : "s2");
			hex_bytes(json_string(side, "hmac_key"), key, 32);
			hex_bytes(json_string(side,
			    "signature_before_cipher"), signature, 32);
			hex_bytes(json_string(side, "packet"), packet, SIZE);
			rtmp_digest_cipher(atoi(json_string(c, "s0")), key,
			    signature);
			assert_memory_equal(packet + SIZE - 32, signature,
			    32);
		}
	}
	cJSON_Delete(json);
	assert_int_equal(count, 6);
}

/* Each block of a signature takes the key that the key of the signature
 * chooses; 15 is 0 again. */
static void
every_key_of_the_ciphers(void **state)
{
	static const char *const names[] = { "xtea", "blowfish" };
	cJSON *json = load_json("vectors/rtmpe.json");
	uint8_t key[32], signature[32], want[8];
	const cJSON *c;
	int i, n, at, count = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		cJSON_ArrayForEach(c, json_item(json, names[i])) {
			n = (int)json_number(c, "key_index");
			if (n == 15)
				continue;
			for (at = 0; at < 32; at += 8) {
				memset(key, 0xee, 32);
				key[at] = (uint8_t)(n + at / 8 * 15);
				memset(signature, 0, 32);
				hex_bytes(json_string(c, "block_in"),
				    signature + at, 8);
				rtmp_digest_cipher(8 + i, key, signature);
				hex_bytes(json_string(c, "block_out"), want,
				    8);
				assert_memory_equal(signature + at, want, 8);
				count++;
			}
		}
	}
	cJSON_Delete(json);
	assert_int_equal(count, 120);
	/* Other types leave it alone. */
	memset(signature, 5, 32);
	rtmp_digest_cipher(6, key, signature);
	rtmp_digest_cipher(0, key, signature);
	for (i = 0; i < 32; i++)
		assert_int_equal(signature[i], 5);
}

/* ---- Both roles against each other ---- */

static void
shake(struct rtmp_handshake *c, struct rtmp_handshake *s)
{
	feed_packet1(s, c, 0);
	feed_packet1(c, s, 0);
	feed_packet2(c, s);
	feed_packet2(s, c);
	assert_int_equal(rtmp_handshake_echoed(c), 1);
	assert_int_equal(rtmp_handshake_echoed(s), 1);
}

/* Selector bytes whose sum is at. */
static void
put_selector(uint8_t *p, uint32_t at)
{
	int i;

	for (i = 0; i < 4; i++) {
		p[i] = (uint8_t)(at < 255 ? at : 255);
		at -= p[i];
	}
}

/* Sums run to 1020, positions to 727. */
static void
digests_at_every_position(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	struct rtmp_handshake c, s;
	struct rtmp_handshake_options opt;
	uint32_t at, block;
	int order;

	(void)state;
	options(&opt, RTMP_HANDSHAKE_DIGEST);
	opt.is_strict = 1;
	for (order = RTMP_ORDER_DIGEST_FIRST; order <= RTMP_ORDER_KEY_FIRST;
	     order++) {
		block = order == RTMP_ORDER_DIGEST_FIRST ? 8 : 772;
		for (at = 0; at <= 1020; at++) {
			fill_random(random, sizeof(random), at);
			put_selector(random + block - 8, at);
			opt.order = (enum rtmp_handshake_order)order;
			start(&c, RTMP_HANDSHAKE_CLIENT, 1, random, &opt);
			assert_int_equal(c.digest, block + 4 + at % 728);
			opt.order = RTMP_ORDER_USUAL;
			fill_random(random, sizeof(random), at + 5000);
			start(&s, RTMP_HANDSHAKE_SERVER, 2, random, &opt);
			shake(&c, &s);
			assert_int_equal(s.order, order);
		}
	}
}

static void
public_keys_at_every_end(void **state)
{
	static const uint32_t sums[] = { 0, 1, 630, 631, 632, 1019, 1020 };
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE], key[4][16];
	struct rtmp_handshake c, s;
	struct rtmp_handshake_options opt;
	size_t i, selector;
	int order;

	(void)state;
	options(&opt, RTMP_HANDSHAKE_RTMPE);
	opt.is_strict = 1;
	for (i = 0; i < 14; i++) {
		order = i % 2 ? RTMP_ORDER_DIGEST_FIRST : RTMP_ORDER_KEY_FIRST;
		selector = i % 2 ? 1532 : 768;
		opt.order = (enum rtmp_handshake_order)order;
		fill_random(random, sizeof(random), (uint32_t)i);
		put_selector(random + selector - 8, sums[i / 2]);
		start(&c, RTMP_HANDSHAKE_CLIENT, 1, random, &opt);
		opt.order = RTMP_ORDER_USUAL;
		fill_random(random, sizeof(random), (uint32_t)i + 50);
		start(&s, RTMP_HANDSHAKE_SERVER, 2, random, &opt);
		shake(&c, &s);
		assert_int_equal(rtmp_handshake_rtmpe_keys(&c, key[0],
		    key[1]), 1);
		assert_int_equal(rtmp_handshake_rtmpe_keys(&s, key[2],
		    key[3]), 1);
		assert_memory_equal(key[0], key[3], 16);
		assert_memory_equal(key[1], key[2], 16);
		assert_memory_not_equal(key[0], key[1], 16);
	}
}

/* Marks the keys that the signature of sender's packet 2 takes. */
static void
note_used(const struct rtmp_handshake *receiver, int sender, int used[15])
{
	uint8_t key[32];
	int i;

	signing_key(sender, receiver->own + 1 + receiver->digest, key);
	for (i = 0; i < 32; i += 8)
		used[key[i] % 15]++;
}

static void
handshakes_of_a_type(int type)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake c, s;
	uint8_t key[4][16];
	int used[15] = { 0 };
	uint32_t i;

	options(&opt, RTMP_HANDSHAKE_RTMPE);
	opt.is_strict = 1;
	for (i = 0; i < HANDSHAKES; i++) {
		opt.rtmpe_type = 6;
		start_random(&c, RTMP_HANDSHAKE_CLIENT, 2 * i, &opt);
		opt.rtmpe_type = type;
		opt.order = (enum rtmp_handshake_order)(i % 3);
		start_random(&s, RTMP_HANDSHAKE_SERVER, 2 * i + 1, &opt);
		opt.order = RTMP_ORDER_USUAL;
		shake(&c, &s);
		assert_int_equal(c.own[0], 6);
		assert_int_equal(s.own[0], type);
		assert_int_equal(rtmp_handshake_rtmpe_keys(&c, key[0],
		    key[1]), 1);
		assert_int_equal(rtmp_handshake_rtmpe_keys(&s, key[2],
		    key[3]), 1);
		assert_memory_equal(key[0], key[3], 16);
		assert_memory_equal(key[1], key[2], 16);
		note_used(&c, RTMP_HANDSHAKE_SERVER, used);
		note_used(&s, RTMP_HANDSHAKE_CLIENT, used);
	}
	for (i = 0; i < 15; i++) /* of 8 in each */
		assert_true(used[i] > HANDSHAKES / 6);
}

static void
handshakes_of_type_6(void **state)
{
	(void)state;
	handshakes_of_a_type(6);
}

static void
handshakes_of_type_8(void **state)
{
	(void)state;
	handshakes_of_a_type(8);
}

static void
handshakes_of_type_9(void **state)
{
	(void)state;
	handshakes_of_a_type(9);
}

static void
usual_versions_and_orders(void **state)
{
	static const struct {
		int role, kind;
		uint32_t version;
		int order;
	} cases[] = {
		{ RTMP_HANDSHAKE_CLIENT, RTMP_HANDSHAKE_SIMPLE, 0, 0 },
		{ RTMP_HANDSHAKE_CLIENT, RTMP_HANDSHAKE_DIGEST, 0x0a002d02,
		    RTMP_ORDER_DIGEST_FIRST },
		{ RTMP_HANDSHAKE_CLIENT, RTMP_HANDSHAKE_RTMPE, 0x80000302,
		    RTMP_ORDER_KEY_FIRST },
		{ RTMP_HANDSHAKE_SERVER, RTMP_HANDSHAKE_DIGEST, 0x03050101,
		    RTMP_ORDER_DIGEST_FIRST },
		{ RTMP_HANDSHAKE_SERVER, RTMP_HANDSHAKE_RTMPE, 0x03050101,
		    RTMP_ORDER_KEY_FIRST },
	};
	struct rtmp_handshake hs, c;
	struct rtmp_handshake_options opt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		options(&opt, (enum rtmp_handshake_kind)cases[i].kind);
		start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		start_random(&hs, cases[i].role, 2, &opt);
		if (cases[i].role == RTMP_HANDSHAKE_SERVER)
			feed_packet1(&hs, &c, 0);
		assert_int_equal((uint32_t)hs.own[5] << 24 |
		    (uint32_t)hs.own[6] << 16 | (uint32_t)hs.own[7] << 8 |
		    hs.own[8], cases[i].version);
		assert_int_equal(hs.order, cases[i].order);
	}
}

/* ---- Peers that know less ---- */

static void
client_falls_back_to_simple(void **state)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake c, s, again;
	const uint8_t *p;
	uint8_t copy[1 + SIZE];
	size_t size;
	int way;

	(void)state;
	options(&opt, RTMP_HANDSHAKE_DIGEST);
	for (way = 0; way < 4; way++) {
		start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		start_random(&again, RTMP_HANDSHAKE_SERVER, 2, &opt);
		feed_packet1(&again, &c, 0);
		p = rtmp_handshake_packet1(&again, &size);
		memcpy(copy, p, size);
		switch (way) {
		case 0: /* its version says that it has no digest */
			memset(copy + 5, 0, 4);
			put_digest(copy + 1, RTMP_ORDER_DIGEST_FIRST,
			    RTMP_HANDSHAKE_SERVER);
			break;
		case 1: /* another byte of it has changed */
			copy[1 + 1000] ^= 1;
			break;
		case 2: /* the digest is a player's */
			put_digest(copy + 1, RTMP_ORDER_DIGEST_FIRST,
			    RTMP_HANDSHAKE_CLIENT);
			break;
		default: /* S1 is C1, as that of nginx-rtmp may be */
			p = rtmp_handshake_packet1(&c, &size);
			memcpy(copy, p, size);
			break;
		}
		assert_int_equal(feed(&c, copy, size, size), 0);
		assert_int_equal(rtmp_handshake_agreed(&c),
		    RTMP_HANDSHAKE_SIMPLE);
		p = rtmp_handshake_packet2(&c, &size);
		assert_memory_equal(p, copy + 1, SIZE);
		/* And S2 is C1. */
		p = rtmp_handshake_packet1(&c, &size);
		assert_int_equal(feed(&c, p + 1, SIZE, 100), 1);
		assert_int_equal(rtmp_handshake_echoed(&c), 1);
	}
	/* A server of the library that knows no digests. */
	start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	opt.kind = RTMP_HANDSHAKE_SIMPLE;
	start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
	shake(&c, &s);
	assert_int_equal(rtmp_handshake_agreed(&c), RTMP_HANDSHAKE_SIMPLE);
}

/* A server of any kind takes plain clients of either, and damaged ones. */
static void
server_falls_back_to_simple(void **state)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake c, s;
	uint8_t copy[1 + SIZE];
	const uint8_t *p;
	size_t size;
	int kind, way;

	(void)state;
	for (kind = RTMP_HANDSHAKE_SIMPLE; kind <= RTMP_HANDSHAKE_RTMPE;
	     kind++) {
		for (way = RTMP_HANDSHAKE_SIMPLE;
		     way <= RTMP_HANDSHAKE_DIGEST; way++) {
			options(&opt, (enum rtmp_handshake_kind)kind);
			start_random(&s, RTMP_HANDSHAKE_SERVER, 1, &opt);
			opt.kind = (enum rtmp_handshake_kind)way;
			start_random(&c, RTMP_HANDSHAKE_CLIENT, 2, &opt);
			shake(&c, &s);
			assert_int_equal(s.own[0], 3);
			assert_int_equal(rtmp_handshake_agreed(&s),
			    kind < way ? kind : way);
			assert_int_equal(rtmp_handshake_agreed(&c),
			    kind < way ? kind : way);
			assert_keys(&s, NULL, NULL);
		}
		options(&opt, (enum rtmp_handshake_kind)kind);
		start_random(&s, RTMP_HANDSHAKE_SERVER, 1, &opt);
		opt.kind = RTMP_HANDSHAKE_DIGEST;
		start_random(&c, RTMP_HANDSHAKE_CLIENT, 2, &opt);
		p = rtmp_handshake_packet1(&c, &size);
		memcpy(copy, p, size);
		copy[1535] ^= 0x10;
		assert_int_equal(feed(&s, copy, size, size), 0);
		assert_int_equal(rtmp_handshake_agreed(&s),
		    RTMP_HANDSHAKE_SIMPLE);
		p = rtmp_handshake_packet1(&s, &size);
		assert_memory_equal(p + 5, "\0\0\0\0", 4);
		p = rtmp_handshake_packet2(&s, &size);
		assert_memory_equal(p, copy + 1, SIZE);
	}
}

/* FFmpeg's publisher, for one, has no signature in C2. */
static void
a_wrong_signature_is_told_and_an_error_if_strict(void **state)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake c, s;
	uint8_t copy[SIZE];
	const uint8_t *p;
	size_t size, i;
	int strict, kind;

	(void)state;
	for (i = 0; i < SIZE; i += i < 1500 ? 300 : 1) {
		strict = i % 2 != 0;
		kind = i % 4 < 2 ? RTMP_HANDSHAKE_DIGEST :
		    RTMP_HANDSHAKE_RTMPE;
		options(&opt, (enum rtmp_handshake_kind)kind);
		opt.is_strict = strict;
		opt.rtmpe_type = 8;
		start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
		feed_packet1(&s, &c, 0);
		feed_packet1(&c, &s, 0);
		p = rtmp_handshake_packet2(&s, &size);
		memcpy(copy, p, SIZE);
		copy[i] ^= 4;
		assert_int_equal(feed(&c, copy, SIZE, 600),
		    strict ? RTMP_ERR_HANDSHAKE : 1);
		assert_int_equal(rtmp_handshake_echoed(&c), 0);
		assert_string_equal(rtmp_handshake_error(&c), strict ?
		    "the server's packet 2 has a wrong signature" : "");
		p = rtmp_handshake_packet2(&c, &size);
		if (strict) {
			assert_null(p);
			assert_keys(&c, NULL, NULL);
			continue;
		}
		memcpy(copy, p, SIZE);
		copy[i] ^= 4;
		assert_int_equal(feed(&s, copy, SIZE, 600), 1);
		assert_int_equal(rtmp_handshake_echoed(&s), 0);
	}
}

static void
a_peer_without_digest_is_an_error_if_strict(void **state)
{
	struct rtmp_handshake_options opt, simple;
	struct rtmp_handshake c, s;

	(void)state;
	options(&opt, RTMP_HANDSHAKE_DIGEST);
	options(&simple, RTMP_HANDSHAKE_SIMPLE);
	opt.is_strict = 1;
	start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &simple);
	start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
	feed_packet1(&s, &c, RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&s),
	    "the client's packet 1 has no digest");
	start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &simple);
	feed_packet1(&s, &c, 0);
	feed_packet1(&c, &s, RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&c),
	    "the server's packet 1 has no digest");
}

/* ---- RTMPE or nothing ---- */

static void
versions_are_taken_by_kind(void **state)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake hs, fresh;
	int role, kind, v, takes, is_rtmpe;
	uint8_t byte;

	(void)state;
	for (kind = 0; kind <= RTMP_HANDSHAKE_RTMPE; kind++) {
		for (role = 0; role < 2; role++) {
			options(&opt, (enum rtmp_handshake_kind)kind);
			start_random(&fresh, role, 1, &opt);
			for (v = 0; v < 256; v++) {
				hs = fresh;
				is_rtmpe = v == 6 || v == 8 || v == 9;
				takes = kind == RTMP_HANDSHAKE_RTMPE ?
				    is_rtmpe || (role && v == 3) : v == 3;
				byte = (uint8_t)v;
				assert_int_equal(feed(&hs, &byte, 1, 1),
				    takes ? 0 : RTMP_ERR_HANDSHAKE);
			}
		}
	}
}

static void
an_rtmpe_client_takes_nothing_less(void **state)
{
	struct rtmp_handshake_options opt;
	struct rtmp_handshake c;
	uint8_t s1[1 + SIZE];

	(void)state;
	options(&opt, RTMP_HANDSHAKE_RTMPE);
	start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	assert_int_equal(feed(&c, (const uint8_t *)"\x03", 1, 1),
	    RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&c), "the server answered "
	    "with RTMP that is not encrypted, not RTMPE");
	start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	fill_random(s1, sizeof(s1), 3);
	s1[0] = 6;
	assert_int_equal(feed(&c, s1, sizeof(s1), sizeof(s1)),
	    RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&c),
	    "the server's packet 1 has no digest");
	assert_null(rtmp_handshake_tail(&c));
}

/* An S1 or C1 with a good digest and this public key. */
static void
check_hostile_key(int role, const uint8_t key[128])
{
	int peer = !role, order;
	struct rtmp_handshake_options opt;
	struct rtmp_handshake hs;
	uint8_t packet[1 + SIZE];

	for (order = RTMP_ORDER_DIGEST_FIRST; order <= RTMP_ORDER_KEY_FIRST;
	     order++) {
		fill_random(packet, sizeof(packet), 77);
		packet[0] = 6;
		memcpy(packet + 1 + key_at(packet + 1, order), key, 128);
		put_digest(packet + 1, order, peer);
		options(&opt, RTMP_HANDSHAKE_RTMPE);
		start_random(&hs, role, 1, &opt);
		assert_int_equal(feed(&hs, packet, sizeof(packet), 1000),
		    RTMP_ERR_HANDSHAKE);
		assert_string_equal(rtmp_handshake_error(&hs),
		    role == RTMP_HANDSHAKE_CLIENT ? "the server's public key "
		    "is not one of RTMPE's group" : "the client's public key "
		    "is not one of RTMPE's group");
		assert_keys(&hs, NULL, NULL);
	}
}

static void
hostile_public_keys_are_refused(void **state)
{
	cJSON *json = load_json("vectors/rtmpe.json");
	uint8_t p[128], key[128] = { 0 };
	int role;

	(void)state;
	hex_bytes(json_string(json, "prime"), p, 128);
	cJSON_Delete(json);
	for (role = 0; role < 2; role++) {
		memset(key, 0, 128);
		check_hostile_key(role, key);
		key[127] = 1;
		check_hostile_key(role, key);
		key[127] = 5; /* no power of 2 */
		check_hostile_key(role, key);
		memcpy(key, p, 128);
		check_hostile_key(role, key);
		key[127]--;
		check_hostile_key(role, key);
		memset(key, 0xff, 128);
		check_hostile_key(role, key);
	}
}

static void
options_out_of_range_are_refused(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 };
	struct rtmp_handshake_options opt;
	struct rtmp_handshake hs;
	int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		options(&opt, RTMP_HANDSHAKE_RTMPE);
		opt.rtmpe_type = i;
		assert_int_equal(rtmp_handshake_server_with(&hs, 0, random,
		    &opt), i == 6 || i == 8 || i == 9 ? 0 : RTMP_ERR_INVAL);
	}
	options(&opt, (enum rtmp_handshake_kind)3);
	assert_int_equal(rtmp_handshake_client_with(&hs, 0, random, &opt),
	    RTMP_ERR_INVAL);
	options(&opt, RTMP_HANDSHAKE_DIGEST);
	opt.order = (enum rtmp_handshake_order)3;
	assert_int_equal(rtmp_handshake_client_with(&hs, 0, random, &opt),
	    RTMP_ERR_INVAL);
	/* No options, and an older struct of them, are DIGEST. */
	assert_int_equal(rtmp_handshake_client_with(&hs, 0, random, NULL), 0);
	assert_int_equal(hs.kind, RTMP_HANDSHAKE_DIGEST);
	opt.struct_size = offsetof(struct rtmp_handshake_options, order);
	opt.kind = RTMP_HANDSHAKE_RTMPE;
	assert_int_equal(rtmp_handshake_client_with(&hs, 0, random, &opt), 0);
	assert_int_equal(hs.own[0], 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_vectors_in_both_roles),
		cmocka_unit_test(rtmpe_vectors_in_both_roles),
		cmocka_unit_test(signatures_of_the_vectors),
		cmocka_unit_test(every_key_of_the_ciphers),
		cmocka_unit_test(digests_at_every_position),
		cmocka_unit_test(public_keys_at_every_end),
		cmocka_unit_test(handshakes_of_type_6),
		cmocka_unit_test(handshakes_of_type_8),
		cmocka_unit_test(handshakes_of_type_9),
		cmocka_unit_test(usual_versions_and_orders),
		cmocka_unit_test(client_falls_back_to_simple),
		cmocka_unit_test(server_falls_back_to_simple),
		cmocka_unit_test(
		    a_wrong_signature_is_told_and_an_error_if_strict),
		cmocka_unit_test(a_peer_without_digest_is_an_error_if_strict),
		cmocka_unit_test(versions_are_taken_by_kind),
		cmocka_unit_test(an_rtmpe_client_takes_nothing_less),
		cmocka_unit_test(hostile_public_keys_are_refused),
		cmocka_unit_test(options_out_of_range_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
