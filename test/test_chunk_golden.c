/* Chunk streams with known contents: hand-built ones, vectors, and what real
 * clients and servers sent.  Each goes in whole, byte by byte, and in random
 * pieces, the vectors split at every position, too; to be copied, and to be
 * put together in place. */
#include <dirent.h>

#include <rtmpio/chunk.h>

#include "base/wire.h"
#include "support/support.h"

#define HANDSHAKE_SIZE 3073
#define PIECE_MAX 5000

enum cut {
	WHOLE,
	BYTES,
	RANDOM,
	CUTS,
	SPLIT /* in two */
};

/* What a session does with the messages that concern the reader. */
static void
obey(struct rtmp_chunk_reader *r, const struct rtmp_message *m)
{
	if (m->type == RTMP_MSG_SET_CHUNK_SIZE && m->size >= 4)
		assert_int_equal(rtmp_chunk_reader_set_size(r,
		    rtmp_get_be32(m->payload)), 0);
	if (m->type == RTMP_MSG_ABORT && m->size >= 4)
		rtmp_chunk_reader_abort(r, rtmp_get_be32(m->payload));
}

/* The vectors give the body, the other files its hash. */
static void
check_message(const char *name, const struct rtmp_message *m,
    const cJSON *want)
{
	const cJSON *body = cJSON_GetObjectItem(want, "body");
	const char *length = body != NULL ? "len" : "length";
	const char *time = body != NULL ? "ts" : "timestamp";
	char hash[65];
	uint8_t *bytes;
	size_t size;

	if (want == NULL)
		fail_msg("%s: more messages than expected", name);
	assert_int_equal(m->csid, json_number(want, "csid"));
	assert_int_equal(m->type, json_number(want, "type"));
	assert_int_equal(m->msid, json_number(want, "msid"));
	assert_int_equal(m->timestamp, json_number(want, time));
	assert_int_equal(m->size, json_number(want, length));
	assert_non_null(m->payload);
	if (body != NULL) {
		bytes = from_hex(body->valuestring, &size);
		assert_int_equal(m->size, size);
		assert_memory_equal(m->payload, bytes, size);
		free(bytes);
	} else {
		sha256_hex(m->payload, m->size, hash);
		assert_string_equal(hash, json_string(want, "sha256"));
	}
}

static size_t
piece_size(enum cut cut, size_t done, size_t left, uint32_t *seed)
{
	size_t n = left;

	if (cut == BYTES)
		n = 1;
	if (cut == RANDOM) {
		n = next_random(seed) % PIECE_MAX + 1;
		/* Short ones, too, so that headers are cut often. */
		if (next_random(seed) % 2 != 0)
			n = n % 20 + 1;
	}
	/* Then the seed is the place. */
	if (cut == SPLIT && done == 0)
		n = *seed;
	return n < left ? n : left;
}

/* One that is read, and how far it came. */
struct reading {
	const char *name;
	struct rtmp_chunk_reader *r;
	const cJSON *want; /* the next message */
	int in_place;
	uint8_t *guard; /* ends at an unreadable page */
	size_t room;
	size_t left; /* bytes at its end that are to be given again */
	size_t done; /* bytes given */
	size_t end;  /* behind the last message */
};

/* Takes n bytes. */
static void
check_piece(struct reading *v, const uint8_t *data, size_t n)
{
	size_t left = v->left + n, need = 0;
	uint8_t *place = v->guard + v->room - left;
	const uint8_t *p = place;
	struct rtmp_message m;
	int ret;

	memmove(place, place + n, v->left);
	memcpy(place + v->left, data, n);
	v->done += n;
	while ((ret = v->in_place ?
	    rtmp_chunk_reader_next_in_place(v->r, &place, &left, &m, &need) :
	    rtmp_chunk_reader_next(v->r, &p, &left, &m)) == 1) {
		check_message(v->name, &m, v->want);
		v->want = v->want->next;
		v->end = v->done - left;
		obey(v->r, &m);
	}
	if (ret != 0)
		fail_msg("%s: byte %lu: %s", v->name,
		    (unsigned long)(v->done - left),
		    rtmp_chunk_reader_error(v->r));
	if (need == 0)
		assert_int_equal(left, 0);
	else
		assert_in_range(left, 0, need + RTMP_CHUNK_HEADER_MAX);
	memmove(v->guard + v->room - left, place, left);
	v->left = left;
}

static void
check_way(const char *name, const uint8_t *data, size_t size,
    const cJSON *messages, size_t leftover, enum cut cut, uint32_t seed,
    int in_place)
{
	struct reading v = { .name = name, .want = messages->child,
	    .in_place = in_place };
	uint8_t *area;
	size_t n;

	v.room = in_place || cut == WHOLE || cut == SPLIT ? size : PIECE_MAX;
	area = calloc(1, v.room + 1);
	assert_non_null(area);
	v.guard = guard_copy(area, v.room);
	free(area);
	assert_int_equal(rtmp_chunk_reader_new(&v.r, NULL, NULL), 0);
	while (v.done < size) {
		n = piece_size(cut, v.done, size - v.done, &seed);
		check_piece(&v, data + v.done, n);
	}
	if (v.want != NULL)
		fail_msg("%s: messages are missing", name);
	assert_int_equal(size - v.end, leftover);
	assert_string_equal(rtmp_chunk_reader_error(v.r), "");
	rtmp_chunk_reader_free(v.r);
	guard_free(v.guard, v.room);
}

static void
check_cut(const char *name, const uint8_t *data, size_t size,
    const cJSON *messages, size_t leftover, enum cut cut, uint32_t seed)
{
	check_way(name, data, size, messages, leftover, cut, seed, 0);
	check_way(name, data, size, messages, leftover, cut, seed, 1);
}

static void
check_stream(const char *name, const uint8_t *data, size_t size,
    const cJSON *messages, size_t leftover)
{
	enum cut cut;

	for (cut = WHOLE; cut < CUTS; cut++)
		check_cut(name, data, size, messages, leftover, cut, 7);
}

/* ---- Hand-built streams ---- */

static void
check_wire(const char *name)
{
	char path[256];
	uint8_t *data;
	cJSON *json;
	size_t size;

	snprintf(path, sizeof(path), "wire/%s.json", name);
	json = load_json(path);
	snprintf(path, sizeof(path), "wire/%s.bin", name);
	data = load_data(path, &size);
	check_stream(name, data, size, json_item(json, "messages"), 0);
	free(data);
	cJSON_Delete(json);
}

static void
test_messages_of_several_chunk_streams_interleaved(void **state)
{
	(void)state;
	check_wire("interleaved");
}

static void
test_csids_of_one_two_and_three_bytes(void **state)
{
	(void)state;
	check_wire("csid_forms");
}

static void
test_extended_timestamp(void **state)
{
	(void)state;
	check_wire("extended_timestamp");
}

static void
test_extended_timestamp_not_repeated(void **state)
{
	(void)state;
	check_wire("extended_timestamp_not_repeated");
}

static void
test_chunk_size_changes_in_the_middle_of_a_message(void **state)
{
	(void)state;
	check_wire("chunk_size_changes");
}

static void
test_abort(void **state)
{
	(void)state;
	check_wire("abort");
}

static void
test_type_3_starts_a_message(void **state)
{
	(void)state;
	check_wire("type3_new_messages");
}

static void
test_zero_length_messages(void **state)
{
	(void)state;
	check_wire("zero_length");
}

static void
test_control_and_aggregate_messages(void **state)
{
	(void)state;
	check_wire("control_messages");
	check_wire("aggregate");
}

static void
test_vectors(void **state)
{
	cJSON *json = load_json("vectors/chunks.json");
	const cJSON *c;
	uint8_t *wire;
	size_t size;
	uint32_t at;

	(void)state;
	cJSON_ArrayForEach(c, json_item(json, "cases")) {
		wire = from_hex(json_string(c, "wire"), &size);
		assert_int_equal(json_number(c, "initial_chunk_size"),
		    RTMP_CHUNK_SIZE_DEFAULT);
		check_stream(json_string(c, "name"), wire, size,
		    json_item(c, "messages"), 0);
		for (at = 1; at < size; at++)
			check_cut(json_string(c, "name"), wire, size,
			    json_item(c, "messages"), 0, SPLIT, at);
		free(wire);
	}
	cJSON_Delete(json);
}

/* ---- Captures ---- */

static void
check_capture(const char *name, const char *direction, const cJSON *json)
{
	char path[512], key[32];
	uint8_t *data;
	size_t size;

	/* The streams taken out of RTMPT have a name of their own. */
	snprintf(path, sizeof(path), "captures/%s/%s%s.bin", name,
	    strstr(name, "-rtmpt-") != NULL ? "rtmp_" : "", direction);
	data = load_data(path, &size);
	snprintf(key, sizeof(key), "%s_leftover", direction);
	assert_true(size >= HANDSHAKE_SIZE);
	check_stream(path, data + HANDSHAKE_SIZE, size - HANDSHAKE_SIZE,
	    json_item(json, direction), (size_t)json_number(json, key));
	free(data);
}

static void
test_captures(void **state)
{
	DIR *dir = opendir(TEST_DATA "/captures");
	struct dirent *entry;
	char path[512];
	cJSON *json;
	int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "captures/%s/messages.json",
		    entry->d_name);
		json = load_json(path);
		check_capture(entry->d_name, "c2s", json);
		check_capture(entry->d_name, "s2c", json);
		cJSON_Delete(json);
		count++;
	}
	closedir(dir);
	assert_true(count >= 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_messages_of_several_chunk_streams_interleaved),
		cmocka_unit_test(test_csids_of_one_two_and_three_bytes),
		cmocka_unit_test(test_extended_timestamp),
		cmocka_unit_test(test_extended_timestamp_not_repeated),
		cmocka_unit_test(
		    test_chunk_size_changes_in_the_middle_of_a_message),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_type_3_starts_a_message),
		cmocka_unit_test(test_zero_length_messages),
		cmocka_unit_test(test_control_and_aggregate_messages),
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
