/*
 * The other side of auth.json: rtmp-serve takes the answers that FFmpeg and
 * librtmp gave, and says what their servers said.
 */
#include "../examples/serve.h"
#include "support/support.h"

static struct server server;
static char words[512], user_and_password[128];

/* One user, who was given this challenge. */
static struct serve_challenge *
server_with(enum serve_auth_mode mode, const cJSON *v)
{
	struct serve_challenge *c = &server.challenges[0];

	memset(&server, 0, sizeof(server));
	snprintf(user_and_password, sizeof(user_and_password), "%s:%s",
	    json_string(v, "user"), json_string(v, "password"));
	server.auth = mode;
	server.users[0] = user_and_password;
	server.user_count = 1;
	snprintf(c->user, sizeof(c->user), "%s", json_string(v, "user"));
	return c;
}

/* The answer with a letter changed is none; as it is, it is good once. */
static void
check_answer(const char *app, const char *query, const char *refusal)
{
	char text[512], *response;

	snprintf(text, sizeof(text), "%s%s", app, query);
	response = strstr(text, "&response=");
	assert_non_null(response);
	response[12] ^= 1;
	assert_int_equal(serve_auth(&server, text, words, sizeof(words)), 0);
	assert_string_equal(words, refusal);
	response[12] ^= 1;
	assert_int_equal(serve_auth(&server, text, words, sizeof(words)), 1);
	assert_int_equal(serve_auth(&server, text, words, sizeof(words)), 0);
	assert_string_equal(words, refusal);
}

static void
adobe_answers_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *d = json_item(json, "descriptions"), *v, *opaque;
	struct serve_challenge *c;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "adobe")) {
		c = server_with(SERVE_AUTH_ADOBE, v);
		opaque = json_item(v, "opaque");
		snprintf(c->salt, sizeof(c->salt), "%s",
		    json_string(v, "salt"));
		snprintf(c->challenge, sizeof(c->challenge), "%s",
		    json_string(v, "server_challenge"));
		snprintf(c->opaque, sizeof(c->opaque), "%s",
		    cJSON_IsString(opaque) ? opaque->valuestring : "");
		check_answer("live", json_string(v, "query"),
		    json_string(d, "bad_password"));
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 3);
}

static void
limelight_answers_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *d = json_item(json, "descriptions"), *v;
	struct serve_challenge *c;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "llnw")) {
		c = server_with(SERVE_AUTH_LLNW, v);
		snprintf(c->challenge, sizeof(c->challenge), "%s",
		    json_string(v, "nonce"));
		check_answer(json_string(v, "app"), json_string(v, "query"),
		    json_string(d, "llnw_bad"));
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 3);
}

/* Up to the salt, which is another one. */
static void
says(const char *app, const char *description)
{
	size_t n = strlen(description);
	const char *end = strstr(description, "&salt=");

	assert_int_equal(serve_auth(&server, app, words, sizeof(words)), 0);
	if (end == NULL)
		end = strstr(description, "&nonce=");
	if (end == NULL)
		assert_string_equal(words, description);
	else
		n = (size_t)(strchr(end, '=') + 1 - description);
	assert_int_equal(strncmp(words, description, n), 0);
}

static void
refusals_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	const cJSON *d = json_item(json, "descriptions");
	const cJSON *v = cJSON_GetArrayItem(json_item(json, "adobe"), 0);

	(void)state;
	server_with(SERVE_AUTH_ADOBE, v);
	says("live", json_string(d, "first"));
	says("live?authmod=adobe&user=user1", json_string(d, "second"));
	assert_non_null(strstr(words, "&challenge="));
	assert_non_null(strstr(words, "&opaque="));
	says("live?authmod=adobe&user=other", json_string(d, "no_user"));
	server_with(SERVE_AUTH_LLNW, v);
	says("live?authmod=llnw&user=user1", json_string(d, "llnw_second"));
	cJSON_Delete(json);
}

static void
tokens_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/auth.json");
	char data[SERVE_TOKEN_SIZE], hex[2 * SERVE_TOKEN_SIZE + 1];
	const cJSON *v;
	size_t size;
	int count = 0;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "secure_token")) {
		size = strlen(json_string(v, "plain"));
		assert_in_range(size, 8, sizeof(data));
		memcpy(data, json_string(v, "plain"), size);
		serve_xxtea((uint8_t *)data, size, json_string(v, "key"));
		serve_hex((uint8_t *)data, size, hex);
		assert_string_equal(hex, json_string(v, "secureToken"));
		count++;
	}
	cJSON_Delete(json);
	assert_int_equal(count, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adobe_answers_of_the_vectors),
		cmocka_unit_test(limelight_answers_of_the_vectors),
		cmocka_unit_test(refusals_of_the_vectors),
		cmocka_unit_test(tokens_of_the_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
