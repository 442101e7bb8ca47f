/* The digest handshake and the key agreement of RTMPE against what rtmpdump,
 * FFmpeg and an independent program have sent. */
#include <rtmpio/handshake.h>

#include "codec/handshake_digest.h"
#include "crypto/sha256.h"
#include "support/digest.h"

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

	digest_options(&opt, v->c0 == 3 ? RTMP_HANDSHAKE_DIGEST :
	    RTMP_HANDSHAKE_RTMPE);
	opt.order = (enum rtmp_handshake_order)(is_server ? v->s1_order :
	    v->c1_order);
	opt.version = (uint32_t)own[5] << 24 | (uint32_t)own[6] << 16 |
	    (uint32_t)own[7] << 8 | own[8];
	if (v->c0 != 3)
		opt.rtmpe_type = is_server ? v->s0 : v->c0;
	opt.is_strict = 1;
	digest_start(&hs, role,
	    (uint32_t)own[1] << 24 | (uint32_t)own[2] << 16 |
	    (uint32_t)own[3] << 8 | own[4],
	    is_server ? v->s1_random : v->c1_random, &opt);
	assert_int_equal(digest_feed(&hs, peer, 1 + SIZE, step), 0);
	p = rtmp_handshake_packet1(&hs, &size);
	assert_memory_equal(p, own, size);
	assert_int_equal(rtmp_handshake_agreed(&hs), opt.kind);
	assert_keys(&hs, is_server ? v->client_recv : v->client_send,
	    is_server ? v->client_send : v->client_recv);
	assert_memory_equal(rtmp_handshake_tail(&hs), peer + 1 + SIZE - 32,
	    32);

	digest_signing_key(role, peer + 1 + digest_at(peer + 1, is_server ?
	    v->c1_order : v->s1_order), key);
	memcpy(want, peer + 1, SIZE);
	rtmp_hmac(key, 32, want, SIZE - 32, want + SIZE - 32);
	rtmp_digest_cipher(v->s0, key, want + SIZE - 32);
	p = rtmp_handshake_packet2(&hs, &size);
	assert_int_equal(size, SIZE);
	assert_memory_equal(p, want, SIZE);
	assert_int_equal(digest_feed(&hs, peer + 1 + SIZE, SIZE, step), 1);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_vectors_in_both_roles),
		cmocka_unit_test(rtmpe_vectors_in_both_roles),
		cmocka_unit_test(signatures_of_the_vectors),
		cmocka_unit_test(every_key_of_the_ciphers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
