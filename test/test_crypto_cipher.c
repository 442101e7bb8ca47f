/* RC4, XTEA, XXTEA and Blowfish against the published vectors of each, whole
 * and in pieces, and tables against what they are made of. */
#include "crypto/blowfish.h"
#include "crypto/rc4.h"
#include "crypto/tea.h"
#include "support/support.h"

/* ---- Ciphers ---- */

/* RFC 6229. */
static const struct {
	const char *key;
	size_t at;
	const char *stream;
} streams[] = {
	{ "0102030405", 0, "b2396305f03dc027ccc3524a0a1118a8" },
	{ "0102030405", 16, "6982944f18fc82d589c403a47a0d0919" },
	{ "0102030405", 240, "28cb1132c96ce286421dcaadb8b69eae" },
	{ "0102030405", 256, "1cfcf62b03eddb641d77dfcf7f8d8c93" },
	{ "0102030405", 1520, "3294f744d8f9790507e70f62e5bbceea" },
	{ "0102030405", 1536, "d8729db41882259bee4f825325f5a130" },
	{ "0102030405", 2048, "cc582f8ba9f265e2b1be9112e975d2d7" },
	{ "0102030405", 4096, "ff25b58995996707e51fbdf08b34d875" },
	{ "0102030405060708090a0b0c0d0e0f10", 0,
	    "9ac7cc9a609d1ef7b2932899cde41b97" },
	{ "0102030405060708090a0b0c0d0e0f10", 16,
	    "5248c4959014126a6e8a84f11d1a9e1c" },
	{ "0102030405060708090a0b0c0d0e0f10", 240,
	    "065902e4b620f6cc36c8589f66432f2b" },
	{ "0102030405060708090a0b0c0d0e0f10", 256,
	    "d39d566bc6bce3010768151549f3873f" },
	{ "0102030405060708090a0b0c0d0e0f10", 1520,
	    "b40110c4190b5622a96116b0017ed297" },
	{ "0102030405060708090a0b0c0d0e0f10", 1536,
	    "ffa0b514647ec04f6306b892ae661181" },
	{ "0102030405060708090a0b0c0d0e0f10", 2048,
	    "8a44126411eaa78bd51e8d87a8879bf5" },
	{ "0102030405060708090a0b0c0d0e0f10", 4096,
	    "a36a4c301ae8ac13610ccbc12256cacc" },
	{ "833222772a", 0, "80ad97bdc973df8a2e879e92a497efda" },
	{ "833222772a", 16, "20f060c2f2e5126501d3d4fea10d5fc0" },
	{ "833222772a", 240, "faa148e99046181fec6b2085f3b20ed9" },
	{ "833222772a", 256, "f0daf5bab3d596839857846f73fbfe5a" },
	{ "833222772a", 1520, "adb89cea9a15fbe617295bd04b8ca05c" },
	{ "833222772a", 1536, "6251d87fd4aaae9a7e4ad5c217d3f300" },
	{ "833222772a", 2048, "785b60fd7ec4e9fcb6545f350d660fab" },
	{ "833222772a", 4096, "bf42c3018c2f7c66bfde524975768115" },
	{ "ebb46227c6cc8b37641910833222772a", 0,
	    "720c94b63edf44e131d950ca211a5a30" },
	{ "ebb46227c6cc8b37641910833222772a", 16,
	    "c366fdeacf9ca80436be7c358424d20b" },
	{ "ebb46227c6cc8b37641910833222772a", 240,
	    "b3394a40aabf75cba42282ef25a0059f" },
	{ "ebb46227c6cc8b37641910833222772a", 256,
	    "4847d81da4942dbc249defc48c922b9f" },
	{ "ebb46227c6cc8b37641910833222772a", 1520,
	    "3c70047e8cbc038e3b9820db601da495" },
	{ "ebb46227c6cc8b37641910833222772a", 1536,
	    "1175da6ee756de46a53e2b075660b770" },
	{ "ebb46227c6cc8b37641910833222772a", 2048,
	    "5865fdbb5b48064104e830b380f2aede" },
	{ "ebb46227c6cc8b37641910833222772a", 4096,
	    "5bbeb4787d59e5373fdbea6c6f75c29b" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 0,
	    "dd5bcb0018e922d494759d7c395d02d3" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 16,
	    "c8446f8f77abf737685353eb89a1c9eb" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 240,
	    "af3e30f9c095045938151575c3fb9098" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 256,
	    "f8cb6274db99b80b1d2012a98ed48f0e" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 1520,
	    "ac4e95368d99b9eb78b8da8f81ffa795" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 1536,
	    "8c3c13f8c2388bb73f38576e65b7c446" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 2048,
	    "ddd27820550126698efaadc64b64f66e" },
	{ "1ada31d5cf688221c109163908ebe51d"
	    "ebb46227c6cc8b37641910833222772a", 4096,
	    "370b1c1fe655916d97fd0d47ca1d72b8" },
};

static void
rc4_of_rfc_6229(void **state)
{
	uint8_t *key, data[16] = { 0 }, whole[4200] = { 0 };
	size_t i, j, key_size;
	struct rtmp_rc4 c;

	(void)state;
	for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		key = from_hex(streams[i].key, &key_size);
		rtmp_rc4_init(&c, key, key_size);
		rtmp_rc4_skip(&c, streams[i].at);
		memset(data, 0, sizeof(data));
		rtmp_rc4_xor(&c, data, sizeof(data));
		assert_hex(data, sizeof(data), streams[i].stream);
		/* Whole, then in pieces, which gives the zeros back. */
		rtmp_rc4_init(&c, key, key_size);
		rtmp_rc4_xor(&c, whole, sizeof(whole));
		assert_memory_equal(whole + streams[i].at, data,
		    sizeof(data));
		rtmp_rc4_init(&c, key, key_size);
		for (j = 0; j < sizeof(whole); j += 42)
			rtmp_rc4_xor(&c, whole + j, 42);
		for (j = 0; j < sizeof(whole); j++)
			assert_int_equal(whole[j], 0);
		free(key);
	}
}

static void
get_words(const char *hex, uint32_t *words, int little)
{
	size_t size, i;
	uint8_t *p = from_hex(hex, &size);

	for (i = 0; i < size; i++) {
		if (i % 4 == 0)
			words[i / 4] = 0;
		words[i / 4] |= (uint32_t)p[i] << 8 * (little ? i % 4 :
		    3 - i % 4);
	}
	free(p);
}

/* As XTEA's authors and others have published them, big-endian. */
static void
xtea_of_the_vectors(void **state)
{
	static const struct {
		const char *key, *plain, *cipher;
	} cases[] = {
		{ "000102030405060708090a0b0c0d0e0f", "4142434445464748",
		    "497df3d072612cb5" },
		{ "000102030405060708090a0b0c0d0e0f", "4141414141414141",
		    "e78f2d13744341d8" },
		{ "000102030405060708090a0b0c0d0e0f", "5a5b6e278948d77f",
		    "4141414141414141" },
		{ "00000000000000000000000000000000", "4142434445464748",
		    "a0390589f8b8efa5" },
		{ "00000000000000000000000000000000", "4141414141414141",
		    "ed23375a821a8c2d" },
		{ "00000000000000000000000000000000", "70e1225d6e4e7655",
		    "4141414141414141" },
	};
	uint32_t key[4], block[2], want[2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		get_words(cases[i].key, key, 0);
		get_words(cases[i].plain, block, 0);
		get_words(cases[i].cipher, want, 0);
		rtmp_xtea_encrypt(block, key);
		assert_memory_equal(block, want, sizeof(want));
	}
}

/* Little-endian. */
static void
xxtea_of_the_vectors(void **state)
{
	static const struct {
		const char *key, *plain, *cipher;
	} cases[] = {
		{ "00000000000000000000000000000000", "0000000000000000",
		    "ab043705808c5d57" },
		{ "0102040810204080fffefcf8f0e0c080", "0000000000000000",
		    "d1e78be2c746728a" },
		{ "9e3779b99b9773e9b979379e6b695156", "ffffffffffffffff",
		    "67ed0ea8e8973fc5" },
	};
	uint32_t key[4], block[2], want[2], one = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		get_words(cases[i].key, key, 1);
		get_words(cases[i].cipher, block, 1);
		get_words(cases[i].plain, want, 1);
		rtmp_xxtea_decrypt(block, 2, key);
		assert_memory_equal(block, want, sizeof(want));
	}
	rtmp_xxtea_decrypt(&one, 1, key);
	assert_int_equal(one, 7);
	rtmp_xxtea_decrypt(NULL, 0, key);
}

/* Tokens of a Wowza server, section "secure_token" of auth.json. */
static void
xxtea_deciphers_tokens(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *c;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "secure_token")) {
		const char *password = json_string(c, "key");
		const char *token = json_string(c, "secureToken");
		const char *plain = json_string(c, "plain");
		uint32_t block[64], key[4];
		uint8_t bytes[16] = { 0 };
		char hex[33];
		size_t n = strlen(password), i;

		memcpy(bytes, password, n < 16 ? n : 16);
		to_hex(bytes, sizeof(bytes), hex);
		get_words(hex, key, 1);
		get_words(token, block, 1);
		n = strlen(token) / 8;
		rtmp_xxtea_decrypt(block, n, key);
		assert_int_equal(strlen(plain), 4 * n);
		for (i = 0; i < 4 * n; i++)
			assert_int_equal(block[i / 4] >> 8 * (i % 4) & 255,
			    (uint8_t)plain[i]);
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 2);
}

/* Eric Young's, of 1995. */
static const char *const blowfish[][3] = { /* key, plain, cipher */
	{ "0000000000000000", "0000000000000000", "4ef997456198dd78" },
	{ "ffffffffffffffff", "ffffffffffffffff", "51866fd5b85ecb8a" },
	{ "3000000000000000", "1000000000000001", "7d856f9a613063f2" },
	{ "1111111111111111", "1111111111111111", "2466dd878b963c9d" },
	{ "0123456789abcdef", "1111111111111111", "61f9c3802281b096" },
	{ "1111111111111111", "0123456789abcdef", "7d0cc630afda1ec7" },
	{ "0000000000000000", "0000000000000000", "4ef997456198dd78" },
	{ "fedcba9876543210", "0123456789abcdef", "0aceab0fc6a0a28d" },
	{ "7ca110454a1a6e57", "01a1d6d039776742", "59c68245eb05282b" },
	{ "0131d9619dc1376e", "5cd54ca83def57da", "b1b8cc0b250f09a0" },
	{ "07a1133e4a0b2686", "0248d43806f67172", "1730e5778bea1da4" },
	{ "3849674c2602319e", "51454b582ddf440a", "a25e7856cf2651eb" },
	{ "04b915ba43feb5b6", "42fd443059577fa2", "353882b109ce8f1a" },
	{ "0113b970fd34f2ce", "059b5e0851cf143a", "48f4d0884c379918" },
	{ "0170f175468fb5e6", "0756d8e0774761d2", "432193b78951fc98" },
	{ "43297fad38e373fe", "762514b829bf486a", "13f04154d69d1ae5" },
	{ "07a7137045da2a16", "3bdd119049372802", "2eedda93ffd39c79" },
	{ "04689104c2fd3b2f", "26955f6835af609a", "d887e0393c2da6e3" },
	{ "37d06bb516cb7546", "164d5e404f275232", "5f99d04f5b163969" },
	{ "1f08260d1ac2465e", "6b056e18759f5cca", "4a057a3b24d3977b" },
	{ "584023641aba6176", "004bd6ef09176062", "452031c1e4fada8e" },
	{ "025816164629b007", "480d39006ee762f2", "7555ae39f59b87bd" },
	{ "49793ebc79b3258f", "437540c8698f3cfa", "53c55f9cb49fc019" },
	{ "4fb05e1515ab73a7", "072d43a077075292", "7a8e7bfa937e89a3" },
	{ "49e95d6d4ca229bf", "02fe55778117f12a", "cf9c5d7a4986adb5" },
	{ "018310dc409b26d6", "1d9d5c5018f728c2", "d1abb290658bc778" },
	{ "1c587f1c13924fef", "305532286d6f295a", "55cb3774d13ef201" },
	{ "0101010101010101", "0123456789abcdef", "fa34ec4847b268b2" },
	{ "1f1f1f1f0e0e0e0e", "0123456789abcdef", "a790795108ea3cae" },
	{ "e0fee0fef1fef1fe", "0123456789abcdef", "c39e072d9fac631d" },
	{ "0000000000000000", "ffffffffffffffff", "014933e0cdaff6e4" },
	{ "ffffffffffffffff", "0000000000000000", "f21e9a77b71c49bc" },
	{ "0123456789abcdef", "0000000000000000", "245946885754369a" },
	{ "fedcba9876543210", "ffffffffffffffff", "6b5c5a9c5d9e0a5a" },
};

static void
blowfish_of_the_vectors(void **state)
{
	struct rtmp_blowfish b;
	uint32_t block[2], want[2];
	uint8_t *key;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(blowfish) / sizeof(blowfish[0]); i++) {
		key = from_hex(blowfish[i][0], &size);
		get_words(blowfish[i][1], block, 0);
		get_words(blowfish[i][2], want, 0);
		rtmp_blowfish_init(&b, key, size);
		rtmp_blowfish_encrypt(&b, block);
		assert_memory_equal(block, want, sizeof(want));
		free(key);
	}
}

/* The keys of RTMPE, with halves that are little-endian for both ciphers. */
static void
ciphers_with_the_keys_of_rtmpe(void **state)
{
	cJSON *json = load_json("vectors/rtmpe.json");
	uint32_t block[2], want[2], words[4];
	struct rtmp_blowfish b;
	const cJSON *c;
	uint8_t *key;
	size_t size;
	int i, count = 0;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "xtea")) {
		for (i = 0; i < 4; i++)
			get_words(cJSON_GetArrayItem(json_item(c,
			    "key_words"), i)->valuestring, words + i, 0);
		get_words(json_string(c, "block_in"), block, 1);
		get_words(json_string(c, "block_out"), want, 1);
		rtmp_xtea_encrypt(block, words);
		assert_memory_equal(block, want, sizeof(want));
		count++;
	}
	cJSON_ArrayForEach(c, json_item(json, "blowfish")) {
		key = from_hex(json_string(c, "key"), &size);
		get_words(json_string(c, "block_in"), block, 1);
		get_words(json_string(c, "block_out"), want, 1);
		rtmp_blowfish_init(&b, key, size);
		rtmp_blowfish_encrypt(&b, block);
		assert_memory_equal(block, want, sizeof(want));
		free(key);
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 32);
}

/* ---- Pi ---- */

#define PI_WORDS (RTMP_BLOWFISH_WORDS + 4) /* most significant first */

/* a /= by, from word *first on, which moves behind zeros.  0: a is zero. */
static int
divide(uint32_t *a, uint32_t by, size_t *first)
{
	uint64_t rest = 0;
	size_t i;

	for (i = *first; i < PI_WORDS; i++) {
		rest = rest << 32 | a[i];
		a[i] = (uint32_t)(rest / by);
		rest %= by;
	}
	while (*first < PI_WORDS && a[*first] == 0)
		++*first;
	return *first < PI_WORDS;
}

static void
add(uint32_t *a, const uint32_t *b, int subtract)
{
	int64_t carry = 0;
	size_t i;

	for (i = PI_WORDS; i-- != 0;) {
		carry += a[i];
		carry += subtract ? -(int64_t)b[i] : (int64_t)b[i];
		a[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

/* sum += times * arctan(1 / x), whose series has one term per turn. */
static void
add_arctan(uint32_t *sum, uint32_t times, uint32_t x, int subtract)
{
	static uint32_t power[PI_WORDS], term[PI_WORDS];
	size_t first = 0, term_first;
	uint32_t k;

	memset(power, 0, sizeof(power));
	power[0] = times;
	divide(power, x, &first);
	for (k = 1;; k += 2) {
		memcpy(term, power, sizeof(term));
		term_first = first;
		divide(term, k, &term_first);
		add(sum, term, subtract ^ (k / 2 % 2 != 0));
		if (!divide(power, x * x, &first))
			break;
	}
}

/* Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). */
static void
blowfish_begins_with_pi(void **state)
{
	static uint32_t pi[PI_WORDS];

	(void)state;
	add_arctan(pi, 16, 5, 0);
	add_arctan(pi, 4, 239, 1);
	assert_int_equal(pi[0], 3);
	assert_memory_equal(pi + 1, rtmp_blowfish_pi,
	    sizeof(rtmp_blowfish_pi));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rc4_of_rfc_6229),
		cmocka_unit_test(xtea_of_the_vectors),
		cmocka_unit_test(xxtea_of_the_vectors),
		cmocka_unit_test(xxtea_deciphers_tokens),
		cmocka_unit_test(blowfish_of_the_vectors),
		cmocka_unit_test(ciphers_with_the_keys_of_rtmpe),
		cmocka_unit_test(blowfish_begins_with_pi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
