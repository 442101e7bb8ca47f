/*
 * AMF0 that real programs wrote.  Of the captures only the hash of each
 * message is needed: its values, put by the writer, must come to the same.
 * Messages of one chunk are read as they stand in the capture, too.
 */
#include <dirent.h>

#include <rtmpio/amf0.h>

#include "support/support.h"

#define OUT_SIZE 65536

/* ---- Values as the sidecars write them ---- */

/* cJSON ends a string at \u0000, which nginx-rtmp sends: \u0001 stands for
 * it, in the truth as in what the library prints. */
static cJSON *
parse_with_nul(char *json)
{
	char *at = json;

	while ((at = strstr(at, "\\u0000")) != NULL)
		at[5] = '1';
	return cJSON_Parse(json);
}

static void
put_string_with_nul(struct rtmp_amf0_writer *w, const char *s)
{
	char copy[512];
	size_t len = strlen(s), i;

	assert_true(len < sizeof(copy));
	for (i = 0; i < len; i++)
		copy[i] = (char)(s[i] == 1 ? 0 : s[i]);
	rtmp_amf0_put_string_n(w, copy, len);
}

static const cJSON *
special(const cJSON *v, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(v, key);
}

/* Puts v.  counts tells whether an ECMA array's count is right or 0. */
static void
put_json(struct rtmp_amf0_writer *w, const cJSON *v, int counts)
{
	const cJSON *ecma = special(v, "$ecma"), *pairs, *item;

	if (cJSON_IsNumber(v)) {
		rtmp_amf0_put_number(w, v->valuedouble);
	} else if (cJSON_IsBool(v)) {
		rtmp_amf0_put_boolean(w, cJSON_IsTrue(v));
	} else if (cJSON_IsString(v)) {
		put_string_with_nul(w, v->valuestring);
	} else if (cJSON_IsNull(v)) {
		rtmp_amf0_put_null(w);
	} else if (cJSON_IsArray(v)) {
		rtmp_amf0_put_strict_array_begin(w,
		    (uint32_t)cJSON_GetArraySize(v));
		cJSON_ArrayForEach(item, v)
			put_json(w, item, counts);
	} else if (special(v, "$undefined") != NULL) {
		rtmp_amf0_put_undefined(w);
	} else {
		pairs = ecma != NULL ? ecma : v;
		if (ecma != NULL)
			rtmp_amf0_put_ecma_array_begin(w, counts ?
			    (uint32_t)cJSON_GetArraySize(ecma) : 0);
		else
			rtmp_amf0_put_object_begin(w);
		cJSON_ArrayForEach(item, pairs) {
			rtmp_amf0_put_key(w, item->string);
			put_json(w, item, counts);
		}
		rtmp_amf0_put_object_end(w);
	}
}

static size_t
put_values(const cJSON *values, int counts, uint8_t *buf, size_t size)
{
	struct rtmp_amf0_writer w;
	const cJSON *item;

	rtmp_amf0_writer_init(&w, buf, size);
	cJSON_ArrayForEach(item, values)
		put_json(&w, item, counts);
	assert_int_equal(w.err, 0);
	return w.len;
}

/* Item by item, since order and duplicate keys count. */
static int
same_json(const cJSON *truth, const cJSON *got)
{
	const cJSON *a, *b;

	if (special(truth, "$ecma") != NULL)
		return same_json(special(truth, "$ecma"), got);
	if (special(truth, "$undefined") != NULL)
		return cJSON_IsNull(got);
	if (!cJSON_IsArray(truth) && !cJSON_IsObject(truth))
		return cJSON_Compare(truth, got, 1);
	if (truth->type != got->type)
		return 0;
	for (a = truth->child, b = got->child; a != NULL && b != NULL;
	     a = a->next, b = b->next)
		if ((a->string != NULL && strcmp(a->string, b->string) != 0) ||
		    !same_json(a, b))
			return 0;
	return a == NULL && b == NULL;
}

/* What the library prints of a body, parsed, is the truth. */
static void
check_print(const uint8_t *body, size_t size, const cJSON *truth)
{
	static char out[OUT_SIZE];
	uint8_t *guarded = guard_copy(body, size);
	cJSON *got;

	assert_int_equal(rtmp_amf0_to_json(guarded, size, out, sizeof(out),
	    NULL), 0);
	got = parse_with_nul(out);
	assert_non_null(got);
	if (!same_json(truth, got))
		fail_msg("not the same: %s", out);
	cJSON_Delete(got);
	guard_free(guarded, size);
}

/* ---- vectors/commands.json ---- */

/* The one lossy spot of its truth: metadata was an ECMA array of count 8. */
static size_t
put_command(const cJSON *truth, uint8_t *buf, size_t size)
{
	static const uint8_t ecma[] = { 8, 0, 0, 0, 8 };
	const cJSON *first = cJSON_GetArrayItem(truth, 0);
	size_t len = put_values(truth, 1, buf, size), at = 29;

	if (strcmp(first->valuestring, "@setDataFrame") != 0)
		return len;
	assert_int_equal(buf[at], RTMP_AMF0_OBJECT);
	assert_true(len + 4 <= size);
	memmove(buf + at + 5, buf + at + 1, len - at - 1);
	memcpy(buf + at, ecma, sizeof(ecma));
	return len + 4;
}

static int
check_command(const cJSON *command)
{
	const cJSON *truth = json_item(command, "amf");
	uint8_t buf[2048], *body;
	size_t size;

	if (cJSON_IsNull(truth))
		return 0;
	body = from_hex(json_string(command, "body"), &size);
	check_print(body, size, truth);
	assert_int_equal(put_command(truth, buf, sizeof(buf)), size);
	assert_memory_equal(buf, body, size);
	free(body);
	return 1;
}

static void
commands_of_real_clients_are_read_and_written_alike(void **state)
{
	cJSON *all = load_json("vectors/commands.json");
	const cJSON *group, *command;
	int checked = 0;

	(void)state;
	cJSON_ArrayForEach(group, all) {
		if (cJSON_IsObject(group))
			checked += check_command(group);
		else if (cJSON_IsArray(group))
			cJSON_ArrayForEach(command, group)
				checked += check_command(command);
	}
	assert_int_equal(checked, 22);
	cJSON_Delete(all);
}

/* ---- The captures ---- */

static int
has_hash(const cJSON *message, const uint8_t *buf, size_t len)
{
	char hex[65];

	sha256_hex(buf, len, hex);
	return strcmp(hex, json_string(message, "sha256")) == 0;
}

/* bin is the capture that holds the message. */
static void
check_message(const cJSON *message, const uint8_t *bin, size_t bin_size)
{
	static uint8_t buf[OUT_SIZE];
	const cJSON *values = special(message, "values");
	size_t size = (size_t)json_number(message, "length");
	size_t end = (size_t)json_number(message, "end");
	size_t len = put_values(values, 1, buf, sizeof(buf));

	/* SRS counts its ECMA arrays as 0. */
	if (!has_hash(message, buf, len))
		len = put_values(values, 0, buf, sizeof(buf));
	assert_int_equal(len, size);
	assert_true(has_hash(message, buf, len));
	check_print(buf, len, values);
	if (json_number(message, "chunks") > 1)
		return;
	assert_true(end <= bin_size && size <= end);
	assert_memory_equal(bin + end - size, buf, size);
}

static int
check_direction(const char *capture, const cJSON *messages, const char *name)
{
	const cJSON *message;
	char path[256];
	uint8_t *bin;
	size_t size;
	int checked = 0;

	snprintf(path, sizeof(path), "captures/%s/%s%s.bin", capture,
	    strstr(capture, "rtmpt") != NULL ? "rtmp_" : "", name);
	bin = load_data(path, &size);
	cJSON_ArrayForEach(message, json_item(messages, name)) {
		if (special(message, "values") == NULL)
			continue;
		check_message(message, bin, size);
		checked++;
	}
	free(bin);
	return checked;
}

static void
every_message_of_the_captures_is_read_and_written_alike(void **state)
{
	DIR *dir = opendir(TEST_DATA "/captures");
	struct dirent *entry;
	char path[256];
	uint8_t *text;
	cJSON *messages;
	size_t size;
	int checked = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "captures/%.200s/messages.json",
		    entry->d_name);
		text = load_data(path, &size);
		messages = parse_with_nul((char *)text);
		assert_non_null(messages);
		free(text);
		checked += check_direction(entry->d_name, messages, "c2s");
		checked += check_direction(entry->d_name, messages, "s2c");
		cJSON_Delete(messages);
	}
	closedir(dir);
	assert_in_range(checked, 700, 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    commands_of_real_clients_are_read_and_written_alike),
		cmocka_unit_test(
		    every_message_of_the_captures_is_read_and_written_alike),
	};

	return cmocka_run_group_tests_name("amf0_golden", tests, NULL, NULL);
}
