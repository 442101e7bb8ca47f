/* Hashes, Base64 and the numbers of the key agreement against the published
 * vectors of each. */
#include "crypto/base64.h"
#include "crypto/dh.h"
#include "crypto/md5.h"
#include "crypto/modexp.h"
#include "crypto/sha256.h"
#include "support/support.h"

/* ---- Hashes ---- */

/* FIPS 180-4's examples, in NIST's file of them. */
static void
sha256_of_the_examples(void **state)
{
	static const struct {
		const char *data, *hash;
	} cases[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991"
		    "b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410"
		    "ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd41"
		    "9db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037"
		    "afee9d1" },
	};
	struct rtmp_sha256 h;
	uint8_t out[RTMP_SHA256_SIZE];
	size_t i, size, split;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = strlen(cases[i].data);
		for (split = 0; split <= size; split++) {
			rtmp_sha256_init(&h);
			rtmp_sha256_update(&h, cases[i].data, split);
			rtmp_sha256_update(&h, cases[i].data + split,
			    size - split);
			rtmp_sha256_final(&h, out);
			assert_hex(out, sizeof(out), cases[i].hash);
		}
	}
	rtmp_sha256_init(&h);
	for (i = 0; i < 100000; i++)
		rtmp_sha256_update(&h, "aaaaaaaaaa", 10);
	rtmp_sha256_final(&h, out);
	assert_hex(out, sizeof(out), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48"
	    "a497200e046d39ccc7112cd0");
}

/* Every length around the padding, against another implementation. */
static void
sha256_of_every_length(void **state)
{
	uint8_t data[300], out[RTMP_SHA256_SIZE], *copy;
	struct rtmp_sha256 h;
	char want[65];
	size_t size, step, i, n;

	(void)state;
	fill_random(data, sizeof(data), 1);
	for (size = 0; size <= sizeof(data); size++) {
		sha256_hex(data, size, want);
		step = size % 7 * 13 + 1;
		rtmp_sha256_init(&h);
		copy = guard_copy(data, size);
		for (i = 0; i < size; i += n) {
			n = step < size - i ? step : size - i;
			rtmp_sha256_update(&h, copy + i, n);
		}
		guard_free(copy, size);
		rtmp_sha256_final(&h, out);
		assert_hex(out, sizeof(out), want);
	}
}

/* RFC 4231, but for its truncated case 5. */
static const struct {
	const char *key, *data, *hmac; /* in hex */
} hmacs[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665",
	    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	    "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	    "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	    "82558a389a443c0ea4cc819899f2083a"
	    "85f0faa3e578f8077a2e3ff46729665b" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaa",
	    "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
	    "65204b6579202d2048617368204b6579204669727374",
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaa",
	    "5468697320697320612074657374207573696e672061206c6172676572207468"
	    "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
	    "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
	    "647320746f20626520686173686564206265666f7265206265696e6720757365"
	    "642062792074686520484d414320616c676f726974686d2e",
	    "9b09ffa71b942fcb27635fbcd5b0e944"
	    "bfdc63644f0713938a7f51535c3a35e2" },
};

static void
hmac_of_rfc_4231(void **state)
{
	uint8_t *key, *data, out[RTMP_SHA256_SIZE];
	size_t i, split, key_size, size;
	struct rtmp_hmac h;

	(void)state;
	for (i = 0; i < sizeof(hmacs) / sizeof(hmacs[0]); i++) {
		key = from_hex(hmacs[i].key, &key_size);
		data = from_hex(hmacs[i].data, &size);
		rtmp_hmac(key, key_size, data, size, out);
		assert_hex(out, sizeof(out), hmacs[i].hmac);
		for (split = 0; split <= size; split++) {
			rtmp_hmac_init(&h, key, key_size);
			rtmp_hmac_update(&h, data, split);
			rtmp_hmac_update(&h, data + split, size - split);
			rtmp_hmac_final(&h, out);
			assert_hex(out, sizeof(out), hmacs[i].hmac);
		}
		free(key);
		free(data);
	}
}

/* RFC 1321, appendix A.5. */
static void
md5_of_rfc_1321(void **state)
{
	static const struct {
		const char *data, *hash;
	} cases[] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz",
		    "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789", "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "1234567890123456789012345678901234567890"
		    "1234567890123456789012345678901234567890",
		    "57edf4a22be3c955ac49da2e2107b67a" },
	};
	struct rtmp_md5 h;
	uint8_t out[RTMP_MD5_SIZE];
	size_t i, size, split;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = strlen(cases[i].data);
		for (split = 0; split <= size; split++) {
			rtmp_md5_init(&h);
			rtmp_md5_update(&h, cases[i].data, split);
			rtmp_md5_update(&h, cases[i].data + split,
			    size - split);
			rtmp_md5_final(&h, out);
			assert_hex(out, sizeof(out), cases[i].hash);
		}
	}
}

/* The hash of the hashes of all lengths up to 200, in pieces or not. */
static void
md5_pads_every_length(void **state)
{
	uint8_t data[200], out[RTMP_MD5_SIZE];
	struct rtmp_md5 h, all;
	size_t size, i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	rtmp_md5_init(&all);
	for (size = 0; size <= sizeof(data); size++) {
		rtmp_md5_init(&h);
		for (i = 0; i < size; i++)
			rtmp_md5_update(&h, data + i, 1);
		rtmp_md5_final(&h, out);
		rtmp_md5_update(&all, out, sizeof(out));
	}
	rtmp_md5_final(&all, out);
	assert_hex(out, sizeof(out), "d49382aaa96e2815f14079ed5a0a25a3");
}

/* ---- Base64, numbers ---- */

/* RFC 4648 section 10; then every character. */
static void
base64_of_rfc_4648(void **state)
{
	static const char *const cases[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14"
		  "\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92"
		  "\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7"
		  "\xe3\x9e\xbb\xf3\xdf\xbf", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		  "abcdefghijklmnopqrstuvwxyz0123456789+/" } };
	char out[RTMP_BASE64_SIZE(48)];
	uint8_t *copy;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = i == 7 ? 48 : strlen(cases[i][0]);
		copy = guard_copy(cases[i][0], size);
		rtmp_base64(copy, size, out);
		guard_free(copy, size);
		assert_string_equal(out, cases[i][1]);
		assert_int_equal(strlen(out) + 1, RTMP_BASE64_SIZE(size));
	}
}

static void
put_small(uint8_t number[RTMP_MODEXP_SIZE], uint64_t v)
{
	int i;

	memset(number, 0, RTMP_MODEXP_SIZE);
	for (i = RTMP_MODEXP_SIZE; v != 0; v >>= 8)
		number[--i] = (uint8_t)v;
}

/* Small numbers, against arithmetic that the machine has. */
static void
modexp_of_small_numbers(void **state)
{
	uint8_t base[128], exponent[128], modulus[128], out[128], want[128];
	uint32_t seed = 1, b, e, m, i, n;
	uint64_t x;

	(void)state;
	for (n = 0; n < 100; n++) {
		m = (next_random(&seed) >> n % 31) | 3;
		b = next_random(&seed) >> n % 7;
		e = next_random(&seed) >> n % 32;
		for (i = 32, x = 1 % m; i-- != 0;) {
			x = x * x % m;
			if (e >> i & 1)
				x = x * (b % m) % m;
		}
		put_small(base, b);
		put_small(exponent, e);
		put_small(modulus, m);
		put_small(want, x);
		rtmp_modexp(out, base, exponent, modulus);
		assert_memory_equal(out, want, sizeof(want));
		rtmp_modexp(base, base, exponent, modulus); /* in place */
		assert_memory_equal(base, want, sizeof(want));
	}
}

/* (b^x)^y = (b^y)^x, whatever the size of modulus and base. */
static void
modexp_of_large_numbers(void **state)
{
	uint8_t b[128], x[128], y[128], m[128], xy[128], yx[128];
	uint32_t i;

	(void)state;
	for (i = 0; i < 20; i++) {
		fill_random(b, sizeof(b), 4 * i + 1);
		fill_random(x, sizeof(x), 4 * i + 2);
		fill_random(y, sizeof(y), 4 * i + 3);
		fill_random(m, sizeof(m), 4 * i + 4);
		memset(m, i % 3 == 0 ? 0xff : 0, i * 6);
		m[127] |= 1;
		rtmp_modexp(xy, b, x, m);
		assert_true(memcmp(xy, m, 128) < 0);
		rtmp_modexp(xy, xy, y, m);
		rtmp_modexp(yx, b, y, m);
		rtmp_modexp(yx, yx, x, m);
		assert_memory_equal(xy, yx, 128);
	}
}

static void
hex_number(const cJSON *json, const char *key, uint8_t out[128])
{
	size_t size;
	uint8_t *p = from_hex(json_string(json, key), &size);

	assert_int_equal(size, 128);
	memcpy(out, p, 128);
	free(p);
}

static void
dh_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/rtmpe.json");
	uint8_t client[128], server[128], a[128], b[128], want[128];
	const cJSON *c;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "synthetic")) {
		hex_number(c, "client_private", client);
		hex_number(c, "server_private", server);
		rtmp_dh_public(client, a);
		hex_number(json_item(c, "c1"), "dh_public", want);
		assert_memory_equal(a, want, 128);
		rtmp_dh_public(server, b);
		hex_number(json_item(c, "s1"), "dh_public", want);
		assert_memory_equal(b, want, 128);
		hex_number(c, "shared_secret", want);
		rtmp_dh_secret(client, b, b);
		assert_memory_equal(b, want, 128);
		rtmp_dh_secret(server, a, a);
		assert_memory_equal(a, want, 128);
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 3);
}

static void
dh_keys_outside_of_the_group_are_invalid(void **state)
{
	cJSON *json = load_json("vectors/rtmpe.json");
	uint8_t p[128], key[128] = { 0 };
	int i, valid = 0;

	(void)state;
	hex_number(json, "prime", p);
	cJSON_Delete(json);
	for (i = 0; i < 10; i++) { /* 5 is no power of 2 */
		key[127] = (uint8_t)i;
		assert_int_equal(rtmp_dh_is_valid(key), i > 1 && i != 5);
	}
	memcpy(key, p, 128);
	assert_int_equal(rtmp_dh_is_valid(key), 0);
	key[127]--; /* p - 1 */
	assert_int_equal(rtmp_dh_is_valid(key), 0);
	key[127]--; /* -2 is no power of 2 */
	assert_int_equal(rtmp_dh_is_valid(key), 0);
	key[127] = (uint8_t)(key[127] - 3); /* -5 is, since 5 is not */
	assert_int_equal(rtmp_dh_is_valid(key), 1);
	memset(key, 0xff, 128);
	assert_int_equal(rtmp_dh_is_valid(key), 0);
	for (i = 0; i < 64; i++) {
		fill_random(key, 128, (uint32_t)i);
		valid += rtmp_dh_is_valid(key);
	}
	assert_in_range(valid, 16, 48); /* half of all */
}

/* The public key of any private one begins with a byte that is not zero, and
 * belongs to the private key that is left behind. */
static void
dh_public_keys_have_no_leading_zero(void **state)
{
	static const int smalls[] = { 0, 1, 2, 7, 8, 1015, 1016, 1017 };
	uint8_t private[128], public[128], two[128], again[128], p[128];
	cJSON *json = load_json("vectors/rtmpe.json");
	size_t i;

	(void)state;
	hex_number(json, "prime", p);
	cJSON_Delete(json);
	put_small(two, 2);
	for (i = 0; i < 9; i++) {
		if (i < 8)
			put_small(private, (uint64_t)smalls[i]);
		else
			memset(private, 0xff, 128);
		rtmp_dh_public(private, public);
		assert_int_not_equal(public[0], 0);
		assert_int_equal(rtmp_dh_is_valid(public), 1);
		rtmp_modexp(again, two, private, p);
		assert_memory_equal(again, public, 128);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_the_examples),
		cmocka_unit_test(sha256_of_every_length),
		cmocka_unit_test(hmac_of_rfc_4231),
		cmocka_unit_test(md5_of_rfc_1321),
		cmocka_unit_test(md5_pads_every_length),
		cmocka_unit_test(base64_of_rfc_4648),
		cmocka_unit_test(modexp_of_small_numbers),
		cmocka_unit_test(modexp_of_large_numbers),
		cmocka_unit_test(dh_of_the_vectors),
		cmocka_unit_test(dh_keys_outside_of_the_group_are_invalid),
		cmocka_unit_test(dh_public_keys_have_no_leading_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
