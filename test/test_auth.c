/* Authentication descriptions and their answers, by the vectors that FFmpeg
 * and librtmp agreed to. */
#include "client/auth.h"
#include "support/support.h"

#define NEED "[ AccessManager.Reject ] : [ code=403 need auth; authmod="

static void
start(struct rtmp_auth *a, const char *app)
{
	static const uint8_t random[4] = { 1, 2, 0xab, 0xff };

	rtmp_auth_init(a, "user1", "secret", app, random);
	assert_string_equal(a->nonce, "0102abff");
}

static void
adobe_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *v, *opaque;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "adobe")) {
		static const uint8_t random[4];
		char words[512];
		struct rtmp_auth a;

		rtmp_auth_init(&a, json_string(v, "user"),
		    json_string(v, "password"), "live", random);
		strcpy(a.nonce, json_string(v, "client_challenge"));
		opaque = json_item(v, "opaque");
		snprintf(words, sizeof(words), "[ authmod=adobe ] : "
		    "?reason=needauth&user=x&salt=%s&challenge=%s%s%s",
		    json_string(v, "salt"),
		    json_string(v, "server_challenge"),
		    cJSON_IsString(opaque) ? "&opaque=" : "",
		    cJSON_IsString(opaque) ? opaque->valuestring : "");
		assert_int_equal(rtmp_auth_next(&a, words), 1);
		assert_string_equal(a.query, json_string(v, "query"));
	}
	cJSON_Delete(json);
}

static void
limelight_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *v;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "llnw")) {
		static const uint8_t random[4];
		char words[512];
		struct rtmp_auth a;

		rtmp_auth_init(&a, json_string(v, "user"),
		    json_string(v, "password"), json_string(v, "app"),
		    random);
		strcpy(a.nonce, json_string(v, "cnonce"));
		snprintf(words, sizeof(words), "[ authmod=llnw ] : "
		    "?reason=needauth&user=x&nonce=%s",
		    json_string(v, "nonce"));
		assert_int_equal(rtmp_auth_next(&a, words), 1);
		assert_string_equal(a.query, json_string(v, "query"));
	}
	cJSON_Delete(json);
}

/* The query of an app is no part of what Limelight hashes. */
static void
limelight_ignores_the_query_of_the_app(void **state)
{
	struct rtmp_auth a, b;

	(void)state;
	start(&a, "live");
	start(&b, "live?vhost=x/y");
	assert_int_equal(rtmp_auth_next(&a, "authmod=llnw "
	    "?reason=needauth&nonce=N"), 1);
	assert_int_equal(rtmp_auth_next(&b, "authmod=llnw "
	    "?reason=needauth&nonce=N"), 1);
	assert_string_equal(a.query, b.query);
}

static void
secure_token_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *v;
	char text[64];

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "secure_token")) {
		const char *hex = json_string(v, "secureToken");

		assert_int_equal(rtmp_secure_token(hex, strlen(hex),
		    json_string(v, "key"), text, sizeof(text)), 0);
		assert_string_equal(text, json_string(v, "plain"));
	}
	cJSON_Delete(json);
}

static void
secure_token_that_is_none(void **state)
{
	char text[8], big[20001];

	(void)state;
	assert_int_equal(rtmp_secure_token("", 0, "k", text,
	    sizeof(text)), RTMP_ERR_PROTO);
	assert_int_equal(rtmp_secure_token("abc", 3, "k", text,
	    sizeof(text)), RTMP_ERR_PROTO);
	assert_int_equal(rtmp_secure_token("zz", 2, "k", text,
	    sizeof(text)), RTMP_ERR_PROTO);
	assert_int_equal(rtmp_secure_token("aabbccddeeff0011", 16, "k",
	    text, sizeof(text)), RTMP_ERR_LIMIT);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(rtmp_secure_token(big, sizeof(big) - 1, "k", big,
	    sizeof(big)), RTMP_ERR_LIMIT);
}

/* As servers space it, with brackets and without. */
static void
the_whole_dialogue(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *d = json_item(json, "descriptions");
	struct rtmp_auth a;

	(void)state;
	start(&a, "live");
	assert_string_equal(a.query, "");
	assert_int_equal(rtmp_auth_next(&a, json_string(d, "first")), 1);
	assert_string_equal(a.query, "?authmod=adobe&user=user1");
	assert_int_equal(rtmp_auth_next(&a, json_string(d, "second")), 1);
	assert_non_null(strstr(a.query, "&response="));
	assert_int_equal(rtmp_auth_next(&a, json_string(d,
	    "bad_password")), RTMP_ERR_REJECTED);
	assert_string_equal(a.error, "wrong password");

	start(&a, "live");
	assert_int_equal(rtmp_auth_next(&a, "code=403 need auth; "
	    "authmod=adobe"), 1);
	assert_int_equal(rtmp_auth_next(&a, json_string(d, "no_user")),
	    RTMP_ERR_REJECTED);
	assert_string_equal(a.error, "unknown user");

	start(&a, "live");
	assert_int_equal(rtmp_auth_next(&a, NEED "llnw ] : "), 1);
	assert_string_equal(a.query, "?authmod=llnw&user=user1");
	assert_int_equal(rtmp_auth_next(&a, json_string(d,
	    "llnw_second")), 1);
	assert_int_equal(rtmp_auth_next(&a, json_string(d, "llnw_bad")),
	    RTMP_ERR_REJECTED);
	cJSON_Delete(json);
}

/* A server that asks for the same again would be asked for ever. */
static void
repetitions_end_the_dialogue(void **state)
{
	static const char second[] = "authmod=adobe ?reason=needauth&salt=s"
				     "&challenge=c";
	struct rtmp_auth a;

	(void)state;
	start(&a, "live");
	assert_int_equal(rtmp_auth_next(&a, NEED "adobe ]"), 1);
	assert_int_equal(rtmp_auth_next(&a, NEED "adobe ]"),
	    RTMP_ERR_REJECTED);
	start(&a, "live");
	assert_int_equal(rtmp_auth_next(&a, second), 1);
	assert_int_equal(rtmp_auth_next(&a, second), RTMP_ERR_REJECTED);
	start(&a, "live");
	assert_int_equal(rtmp_auth_next(&a, second), 1);
	assert_int_equal(rtmp_auth_next(&a, NEED "adobe ]"),
	    RTMP_ERR_REJECTED);
}

static void
words_that_make_no_sense(void **state)
{
	static const char *const bad[] = { "", "?", "no such thing",
		"authmod=kerberos", "?reason=needauth",
		"authmod=adobe ?reason=needauth",
		"authmod=adobe ?reason=needauth&salt=x",
		"authmod=llnw ?reason=needauth&nonce=" };
	char words[5000];
	struct rtmp_auth a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start(&a, "live");
		assert_int_equal(rtmp_auth_next(&a, bad[i]),
		    RTMP_ERR_REJECTED);
		assert_string_not_equal(a.error, "");
	}
	start(&a, "live");
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	memcpy(words, "authmod=adobe ?reason=needauth&salt=", 36);
	assert_int_equal(rtmp_auth_next(&a, words), RTMP_ERR_LIMIT);
	assert_string_not_equal(a.error, "");
	memset(words, 'x', sizeof(words) - 1);
	rtmp_auth_init(&a, words, "p", "live", (const uint8_t *)"abcd");
	assert_int_equal(rtmp_auth_next(&a, NEED "adobe ]"), RTMP_ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adobe_vectors),
		cmocka_unit_test(limelight_vectors),
		cmocka_unit_test(limelight_ignores_the_query_of_the_app),
		cmocka_unit_test(secure_token_vectors),
		cmocka_unit_test(secure_token_that_is_none),
		cmocka_unit_test(the_whole_dialogue),
		cmocka_unit_test(repetitions_end_the_dialogue),
		cmocka_unit_test(words_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
