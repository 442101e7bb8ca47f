/* The digest handshake and the key agreement of RTMPE: both roles against each
 * other, and peers that know less, or lie. */
#include <rtmpio/handshake.h>

#include "codec/handshake_digest.h"
#include "crypto/sha256.h"
#include "support/digest.h"

#ifdef __SANITIZE_ADDRESS__ /* ten times slower */
#define HANDSHAKES 60
#else
#define HANDSHAKES 300
#endif

/* The two packets of one side. */
static void
feed_packet1(struct rtmp_handshake *to, const struct rtmp_handshake *from,
    int want)
{
	size_t size;
	const uint8_t *p = rtmp_handshake_packet1(from, &size);

	assert_int_equal(digest_feed(to, p, size, 700), want);
}

static void
feed_packet2(struct rtmp_handshake *to, const struct rtmp_handshake *from)
{
	size_t size;
	const uint8_t *p = rtmp_handshake_packet2(from, &size);

	assert_non_null(p);
	assert_int_equal(digest_feed(to, p, size, 700), 1);
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
	digest_options(&opt, RTMP_HANDSHAKE_DIGEST);
	opt.is_strict = 1;
	for (order = RTMP_ORDER_DIGEST_FIRST; order <= RTMP_ORDER_KEY_FIRST;
	     order++) {
		block = order == RTMP_ORDER_DIGEST_FIRST ? 8 : 772;
		for (at = 0; at <= 1020; at++) {
			fill_random(random, sizeof(random), at);
			put_selector(random + block - 8, at);
			opt.order = (enum rtmp_handshake_order)order;
			digest_start(&c, RTMP_HANDSHAKE_CLIENT, 1, random,
			    &opt);
			assert_int_equal(c.digest, block + 4 + at % 728);
			opt.order = RTMP_ORDER_USUAL;
			fill_random(random, sizeof(random), at + 5000);
			digest_start(&s, RTMP_HANDSHAKE_SERVER, 2, random,
			    &opt);
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
	digest_options(&opt, RTMP_HANDSHAKE_RTMPE);
	opt.is_strict = 1;
	for (i = 0; i < 14; i++) {
		order = i % 2 ? RTMP_ORDER_DIGEST_FIRST : RTMP_ORDER_KEY_FIRST;
		selector = i % 2 ? 1532 - 8 : 768 - 8;
		opt.order = (enum rtmp_handshake_order)order;
		fill_random(random, sizeof(random), (uint32_t)i);
		put_selector(random + selector, sums[i / 2]);
		digest_start(&c, RTMP_HANDSHAKE_CLIENT, 1, random, &opt);
		opt.order = RTMP_ORDER_USUAL;
		fill_random(random, sizeof(random), (uint32_t)i + 50);
		digest_start(&s, RTMP_HANDSHAKE_SERVER, 2, random, &opt);
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

	digest_signing_key(sender, receiver->own + 1 + receiver->digest, key);
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

	digest_options(&opt, RTMP_HANDSHAKE_RTMPE);
	opt.is_strict = 1;
	for (i = 0; i < HANDSHAKES; i++) {
		opt.rtmpe_type = 6;
		digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 2 * i, &opt);
		opt.rtmpe_type = type;
		opt.order = (enum rtmp_handshake_order)(i % 3);
		digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 2 * i + 1,
		    &opt);
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
		digest_options(&opt, (enum rtmp_handshake_kind)cases[i].kind);
		digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		digest_start_random(&hs, cases[i].role, 2, &opt);
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
	digest_options(&opt, RTMP_HANDSHAKE_DIGEST);
	for (way = 0; way < 4; way++) {
		digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		digest_start_random(&again, RTMP_HANDSHAKE_SERVER, 2, &opt);
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
		assert_int_equal(digest_feed(&c, copy, size, size), 0);
		assert_int_equal(rtmp_handshake_agreed(&c),
		    RTMP_HANDSHAKE_SIMPLE);
		p = rtmp_handshake_packet2(&c, &size);
		assert_memory_equal(p, copy + 1, SIZE);
		/* And S2 is C1. */
		p = rtmp_handshake_packet1(&c, &size);
		assert_int_equal(digest_feed(&c, p + 1, SIZE, 100), 1);
		assert_int_equal(rtmp_handshake_echoed(&c), 1);
	}
	/* A server of the library that knows no digests. */
	digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	opt.kind = RTMP_HANDSHAKE_SIMPLE;
	digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
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
			digest_options(&opt, (enum rtmp_handshake_kind)kind);
			digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 1,
			    &opt);
			opt.kind = (enum rtmp_handshake_kind)way;
			digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 2,
			    &opt);
			shake(&c, &s);
			assert_int_equal(s.own[0], 3);
			assert_int_equal(rtmp_handshake_agreed(&s),
			    kind < way ? kind : way);
			assert_int_equal(rtmp_handshake_agreed(&c),
			    kind < way ? kind : way);
			assert_keys(&s, NULL, NULL);
		}
		digest_options(&opt, (enum rtmp_handshake_kind)kind);
		digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 1, &opt);
		opt.kind = RTMP_HANDSHAKE_DIGEST;
		digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 2, &opt);
		p = rtmp_handshake_packet1(&c, &size);
		memcpy(copy, p, size);
		copy[1535] ^= 0x10;
		assert_int_equal(digest_feed(&s, copy, size, size), 0);
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
		digest_options(&opt, (enum rtmp_handshake_kind)kind);
		opt.is_strict = strict;
		opt.rtmpe_type = 8;
		digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
		digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
		feed_packet1(&s, &c, 0);
		feed_packet1(&c, &s, 0);
		p = rtmp_handshake_packet2(&s, &size);
		memcpy(copy, p, SIZE);
		copy[i] ^= 4;
		assert_int_equal(digest_feed(&c, copy, SIZE, 600),
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
		assert_int_equal(digest_feed(&s, copy, SIZE, 600), 1);
		assert_int_equal(rtmp_handshake_echoed(&s), 0);
	}
}

static void
a_peer_without_digest_is_an_error_if_strict(void **state)
{
	struct rtmp_handshake_options opt, simple;
	struct rtmp_handshake c, s;

	(void)state;
	digest_options(&opt, RTMP_HANDSHAKE_DIGEST);
	digest_options(&simple, RTMP_HANDSHAKE_SIMPLE);
	opt.is_strict = 1;
	digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &simple);
	digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &opt);
	feed_packet1(&s, &c, RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&s),
	    "the client's packet 1 has no digest");
	digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	digest_start_random(&s, RTMP_HANDSHAKE_SERVER, 2, &simple);
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
			digest_options(&opt, (enum rtmp_handshake_kind)kind);
			digest_start_random(&fresh, role, 1, &opt);
			for (v = 0; v < 256; v++) {
				hs = fresh;
				is_rtmpe = v == 6 || v == 8 || v == 9;
				takes = kind == RTMP_HANDSHAKE_RTMPE ?
				    is_rtmpe || (role && v == 3) : v == 3;
				byte = (uint8_t)v;
				assert_int_equal(digest_feed(&hs, &byte, 1, 1),
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
	digest_options(&opt, RTMP_HANDSHAKE_RTMPE);
	digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	assert_int_equal(digest_feed(&c, (const uint8_t *)"\x03", 1, 1),
	    RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_handshake_error(&c), "the server answered "
	    "with RTMP that is not encrypted, not RTMPE");
	digest_start_random(&c, RTMP_HANDSHAKE_CLIENT, 1, &opt);
	fill_random(s1, sizeof(s1), 3);
	s1[0] = 6;
	assert_int_equal(digest_feed(&c, s1, sizeof(s1), sizeof(s1)),
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
		digest_options(&opt, RTMP_HANDSHAKE_RTMPE);
		digest_start_random(&hs, role, 1, &opt);
		assert_int_equal(digest_feed(&hs, packet, sizeof(packet),
		    1000), RTMP_ERR_HANDSHAKE);
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
		digest_options(&opt, RTMP_HANDSHAKE_RTMPE);
		opt.rtmpe_type = i;
		assert_int_equal(rtmp_handshake_server_with(&hs, 0, random,
		    &opt), i == 6 || i == 8 || i == 9 ? 0 : RTMP_ERR_INVAL);
	}
	digest_options(&opt, (enum rtmp_handshake_kind)3);
	assert_int_equal(rtmp_handshake_client_with(&hs, 0, random, &opt),
	    RTMP_ERR_INVAL);
	digest_options(&opt, RTMP_HANDSHAKE_DIGEST);
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
