/* The AMF0 reader with what real servers send, and with what attackers do. */
#include <unistd.h>

#include <rtmpio/amf0.h>

#include "support/support.h"

/* Bytes for the length of one test; a guard page follows them. */
struct input {
	uint8_t *data;
	size_t size;
};

static struct input
open_input(const char *hex)
{
	struct input in;
	uint8_t *bytes = from_hex(hex, &in.size);

	in.data = guard_copy(bytes, in.size);
	free(bytes);
	return in;
}

static void
close_input(struct input in)
{
	guard_free(in.data, in.size);
}

static int
skip_hex(const char *hex)
{
	struct input in = open_input(hex);
	struct rtmp_amf0_reader r;
	int rc;

	rtmp_amf0_reader_init(&r, in.data, in.size);
	rc = rtmp_amf0_skip(&r);
	assert_int_equal(r.err, rc);
	if (rc == 0)
		assert_ptr_equal(r.pos, r.end);
	close_input(in);
	return rc;
}

/* ---- Types ---- */

static void
no_data_has_no_value(void **state)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	double v = 7;

	(void)state;
	rtmp_amf0_reader_init(&r, NULL, 0);
	assert_int_equal(rtmp_amf0_peek(&r, &type), 0);
	assert_int_equal(rtmp_amf0_peek(&r, &type), 0);
	assert_int_equal(rtmp_amf0_get_number(&r, &v), RTMP_ERR_PROTO);
	assert_true(v == 7);
	assert_int_equal(rtmp_amf0_peek(&r, &type), RTMP_ERR_PROTO);
	assert_int_equal(rtmp_amf0_find(NULL, 0, "a", &r), RTMP_ERR_PROTO);
}

static void
markers_that_are_no_value_are_errors(void **state)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	uint8_t bytes[16] = { 0 };
	unsigned marker;
	int value;

	(void)state;
	for (marker = 0; marker < 256; marker++) {
		value = marker <= 0x11 && marker != 0x04 && marker != 0x09 &&
		    marker != 0x0e;
		bytes[0] = (uint8_t)marker;
		rtmp_amf0_reader_init(&r, bytes, sizeof(bytes));
		assert_int_equal(rtmp_amf0_peek(&r, &type),
		    value ? 1 : RTMP_ERR_PROTO);
		if (!value)
			assert_int_equal(rtmp_amf0_skip(&r), RTMP_ERR_PROTO);
	}
}

/* Each getter accepts its own types only. */
static int
get(struct rtmp_amf0_reader *r, int getter)
{
	const char *s = NULL;
	size_t len = 0;
	double v = 0;
	uint16_t index = 0;
	int16_t zone = 0;
	uint32_t count = 0;
	int b = 0;

	switch (getter) {
	case 0:
		return rtmp_amf0_get_number(r, &v);
	case 1:
		return rtmp_amf0_get_boolean(r, &b);
	case 2:
		return rtmp_amf0_get_string(r, &s, &len);
	case 3:
		return rtmp_amf0_enter_object(r, &s, &len);
	case 4:
		return rtmp_amf0_enter_array(r, &count);
	case 5:
		return rtmp_amf0_get_reference(r, &index);
	default:
		return rtmp_amf0_get_date(r, &v, &zone);
	}
}

static void
a_value_of_another_type_is_an_error_that_sticks(void **state)
{
	/* The getter that takes each marker, by the number above. */
	static const int takes[0x12] = { 0, 1, 2, 3, -1, -1, -1, 5, 3, -1, 4,
		6, 2, -1, -1, 2, 3, -1 };
	struct rtmp_amf0_reader r;
	uint8_t bytes[16] = { 0 };
	unsigned marker;
	int i;

	(void)state;
	for (marker = 0; marker < 0x12; marker++) {
		for (i = 0; i < 7; i++) {
			bytes[0] = (uint8_t)marker;
			rtmp_amf0_reader_init(&r, bytes, sizeof(bytes));
			if (i == takes[marker]) {
				assert_int_equal(get(&r, i), 0);
				continue;
			}
			assert_int_equal(get(&r, i), RTMP_ERR_PROTO);
			assert_int_equal(rtmp_amf0_skip(&r), RTMP_ERR_PROTO);
			assert_int_equal(r.err, RTMP_ERR_PROTO);
		}
	}
}

static void
any_byte_but_0_is_true(void **state)
{
	static const uint8_t bytes[] = { 1, 0, 1, 1, 1, 0xff };
	struct rtmp_amf0_reader r;
	int no = 7, yes = 7, odd = 7;

	(void)state;
	rtmp_amf0_reader_init(&r, bytes, sizeof(bytes));
	rtmp_amf0_get_boolean(&r, &no);
	rtmp_amf0_get_boolean(&r, &yes);
	rtmp_amf0_get_boolean(&r, &odd);
	assert_int_equal(r.err, 0);
	assert_int_equal(no, 0);
	assert_int_equal(yes, 1);
	assert_int_equal(odd, 1);
}

static void
a_class_name_is_handed_out(void **state)
{
	struct input in = open_input("100003466f6f000009" "03000009");
	struct rtmp_amf0_reader r;
	const char *s = NULL;
	size_t len = 9;

	(void)state;
	rtmp_amf0_reader_init(&r, in.data, in.size);
	assert_int_equal(rtmp_amf0_enter_object(&r, &s, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(s, "Foo", 3);
	assert_int_equal(rtmp_amf0_next_key(&r, &s, &len), 0);
	assert_int_equal(rtmp_amf0_enter_object(&r, &s, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(s, "");
	close_input(in);
}

/* ---- What real senders do ---- */

/* Counts the pairs of the first value. */
static int
count_pairs(const char *hex)
{
	struct input in = open_input(hex);
	struct rtmp_amf0_reader r;
	const char *key;
	size_t len;
	int pairs = 0, rc;

	rtmp_amf0_reader_init(&r, in.data, in.size);
	rc = rtmp_amf0_enter_object(&r, NULL, NULL);
	assert_int_equal(rc, 0);
	while ((rc = rtmp_amf0_next_key(&r, &key, &len)) == 1) {
		pairs++;
		rtmp_amf0_skip(&r);
	}
	if (rc == 0)
		assert_int_equal(r.depth, 0);
	close_input(in);
	return rc == 0 ? pairs : rc;
}

static void
the_count_of_an_ecma_array_is_only_a_hint(void **state)
{
	(void)state;
	assert_int_equal(count_pairs("0800000000" "00016105" "000009"), 1);
	assert_int_equal(count_pairs("0800000001" "00016105" "000009"), 1);
	assert_int_equal(count_pairs("08ffffffff" "00016105" "000009"), 1);
}

static void
an_object_may_end_without_its_end_marker(void **state)
{
	(void)state;
	assert_int_equal(count_pairs("03"), 0);
	assert_int_equal(count_pairs("03" "00016105"), 1);
	assert_int_equal(count_pairs("0800000002" "00016105" "00016206"), 2);
	/* The one around it ends there, too. */
	assert_int_equal(count_pairs("03" "00016103" "00016205"), 1);
	/* But not in the middle of a pair. */
	assert_int_equal(count_pairs("03" "000161"), RTMP_ERR_PROTO);
	assert_int_equal(count_pairs("03" "00016105" "00"), RTMP_ERR_PROTO);
	assert_int_equal(count_pairs("03" "00016105" "0000"), RTMP_ERR_PROTO);
	assert_int_equal(count_pairs("03" "00016105" "000161"),
	    RTMP_ERR_PROTO);
}

static void
an_empty_key_is_a_key(void **state)
{
	(void)state;
	assert_int_equal(count_pairs("03" "000005" "00016105" "000009"), 2);
}

static void
pairs_are_read_without_an_object_around_them(void **state)
{
	struct input in = open_input("00016105" "000162003ff0000000000000");
	struct rtmp_amf0_reader r;
	const char *key;
	size_t len;
	double v = 0;

	(void)state;
	rtmp_amf0_reader_init(&r, in.data, in.size);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 1);
	assert_int_equal(rtmp_amf0_skip(&r), 0);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 1);
	assert_int_equal(key[0], 'b');
	assert_int_equal(rtmp_amf0_get_number(&r, &v), 0);
	assert_true(v == 1);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 0);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 0);
	assert_int_equal(r.depth, 0);
	close_input(in);
	/* An end marker has no object there that it could end. */
	in = open_input("000009");
	rtmp_amf0_reader_init(&r, in.data, in.size);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 1);
	assert_int_equal(rtmp_amf0_skip(&r), RTMP_ERR_PROTO);
	close_input(in);
}

static void
amf3_takes_all_that_is_left(void **state)
{
	(void)state;
	assert_int_equal(skip_hex("11"), 0);
	assert_int_equal(skip_hex("110a0b01"), 0);
	assert_int_equal(skip_hex("03" "00016111" "0a0b01" "000009"), 0);
	/* An array need not have the values that AMF3 has swallowed. */
	assert_int_equal(skip_hex("0a00000003" "05" "11" "0401"), 0);
	assert_int_equal(skip_hex("0a00000002" "03" "00016111" "0401"), 0);
}

/* ---- rtmp_amf0_find ---- */

static void
find_places_a_reader_on_the_value(void **state)
{
	static const char *const containers[] = { "03", "0800000000",
		"100003466f6f" };
	char hex[256];
	struct rtmp_amf0_reader value;
	struct input in;
	const char *s = NULL;
	size_t len = 0, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		/* An object with the same key inside comes first. */
		snprintf(hex, sizeof(hex), "%s" "00016f03" "0004636f646505"
		    "000009" "0004636f6465020003" "616263"
		    "0004636f646506" "000009", containers[i]);
		in = open_input(hex);
		assert_int_equal(rtmp_amf0_find(in.data, in.size, "code",
		    &value), 1);
		assert_int_equal(rtmp_amf0_get_string(&value, &s, &len), 0);
		assert_int_equal(len, 3);
		assert_memory_equal(s, "abc", 3);
		assert_int_equal(rtmp_amf0_find(in.data, in.size, "cod",
		    &value), 0);
		assert_int_equal(rtmp_amf0_find(in.data, in.size, "codes",
		    &value), 0);
		assert_int_equal(rtmp_amf0_find(in.data, in.size, "",
		    &value), 0);
		close_input(in);
	}
}

static int
find_a(const char *hex)
{
	struct input in = open_input(hex);
	struct rtmp_amf0_reader value;
	int rc = rtmp_amf0_find(in.data, in.size, "a", &value);

	assert_int_equal(value.err, rc < 0 ? rc : 0);
	close_input(in);
	return rc;
}

static void
find_tells_no_such_key_from_broken_data(void **state)
{
	(void)state;
	assert_int_equal(find_a("03000009"), 0);
	assert_int_equal(find_a("03"), 0);
	assert_int_equal(find_a("03" "00016205"), 0);
	assert_int_equal(find_a("03" "00016105"), 1);
	assert_int_equal(find_a("03" "000161"), RTMP_ERR_PROTO);
	assert_int_equal(find_a("03" "0001610e"), RTMP_ERR_PROTO);
	assert_int_equal(find_a("03" "0001620e" "00016105"), RTMP_ERR_PROTO);
	assert_int_equal(find_a("03" "0002"), RTMP_ERR_PROTO);
	assert_int_equal(find_a("05"), RTMP_ERR_PROTO);
	assert_int_equal(find_a("0a00000000"), RTMP_ERR_PROTO);
}

/* ---- Hostile input ---- */

static void
strings_longer_than_the_data_are_errors(void **state)
{
	(void)state;
	assert_int_equal(skip_hex("020005" "61626364"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("02ffff" "61"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("0cffffffff" "61"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("0f7fffffff" "61"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("10ffff" "61"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("03" "ffff" "61"), RTMP_ERR_PROTO);
}

static void
arrays_longer_than_the_data_are_errors(void **state)
{
	struct input in = open_input("0a00000003" "0505");
	struct rtmp_amf0_reader r;
	uint32_t count = 7;

	(void)state;
	rtmp_amf0_reader_init(&r, in.data, in.size);
	assert_int_equal(rtmp_amf0_enter_array(&r, &count), RTMP_ERR_PROTO);
	assert_int_equal(count, 7);
	close_input(in);
	assert_int_equal(skip_hex("0affffffff"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("0a00000003" "0505"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("0a00000002" "020000"), RTMP_ERR_PROTO);
	assert_int_equal(skip_hex("0a00000001" "000009"), RTMP_ERR_PROTO);
}

/* Containers around containers, unit being how each begins. */
static uint8_t *
nest(const char *unit_hex, unsigned depth, size_t *size)
{
	size_t unit_size;
	uint8_t *unit = from_hex(unit_hex, &unit_size), *data;
	unsigned i;

	*size = unit_size * depth + 1;
	data = malloc(*size);
	for (i = 0; i < depth; i++)
		memcpy(data + i * unit_size, unit, unit_size);
	data[*size - 1] = RTMP_AMF0_NULL;
	free(unit);
	return data;
}

static void
nesting_is_limited(void **state)
{
	static const char *const units[] = { "03000161", "08ffffffff000161",
		"10000143000161", "0a00000001", "0a0000000103000161" };
	static const unsigned levels[] = { 1, 1, 1, 1, 2 };
	static const unsigned depths[] = { 32, 33, 10000 };
	struct rtmp_amf0_reader r, value;
	const uint8_t *raw;
	uint8_t *data;
	size_t size, raw_size, i, j;
	int want;

	(void)state;
	for (i = 0; i < 5; i++) {
		for (j = 0; j < 3; j++) {
			want = depths[j] <= RTMP_AMF0_DEPTH_MAX ? 0 :
			    RTMP_ERR_LIMIT;
			data = nest(units[i], (depths[j] + levels[i] - 1) /
			    levels[i], &size);
			rtmp_amf0_reader_init(&r, data, size);
			r.depth_max = 1000000; /* does not help */
			assert_int_equal(rtmp_amf0_skip(&r), want);
			rtmp_amf0_reader_init(&r, data, size);
			assert_int_equal(rtmp_amf0_get_raw(&r, &raw,
			    &raw_size), want);
			assert_int_equal(rtmp_amf0_to_json(data, size, NULL,
			    0, NULL), want == 0 ? RTMP_ERR_NOBUF : want);
			assert_int_equal(rtmp_amf0_to_text(data, size, NULL,
			    0, NULL), want == 0 ? RTMP_ERR_NOBUF : want);
			if (i < 3)
				assert_int_equal(rtmp_amf0_find(data, size,
				    "z", &value), want);
			free(data);
		}
	}
}

static void
depth_counts_what_is_entered_and_not_left(void **state)
{
	/* {"a": [{}, []], "b": [[null]]} */
	struct input in = open_input("03" "000161" "0a00000002" "03000009"
	    "0a00000000" "000162" "0a00000001" "0a00000001" "05" "000009");
	struct rtmp_amf0_reader r;
	const char *key;
	uint32_t count;
	size_t len;

	(void)state;
	rtmp_amf0_reader_init(&r, in.data, in.size);
	r.depth_max = 2;
	assert_int_equal(rtmp_amf0_skip(&r), RTMP_ERR_LIMIT);

	rtmp_amf0_reader_init(&r, in.data, in.size);
	r.depth_max = 3;
	assert_int_equal(rtmp_amf0_enter_object(&r, NULL, NULL), 0);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 1);
	assert_int_equal(rtmp_amf0_enter_array(&r, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(rtmp_amf0_enter_object(&r, NULL, NULL), 0);
	assert_int_equal(r.depth, 3);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 0);
	assert_int_equal(rtmp_amf0_skip(&r), 0);
	assert_int_equal(r.depth, 2);
	rtmp_amf0_leave_array(&r);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 1);
	assert_int_equal(rtmp_amf0_skip(&r), 0);
	assert_int_equal(r.depth, 1);
	assert_int_equal(rtmp_amf0_next_key(&r, &key, &len), 0);
	assert_int_equal(r.depth, 0);
	rtmp_amf0_leave_array(&r);
	assert_int_equal(r.depth, 0);
	close_input(in);
}

static void
the_number_of_values_is_limited(void **state)
{
	size_t n = RTMP_AMF0_COUNT_MAX, i;
	uint8_t *data = malloc(n + 1);
	struct rtmp_amf0_reader r;

	(void)state;
	memset(data, RTMP_AMF0_NULL, n + 1);
	rtmp_amf0_reader_init(&r, data, n + 1);
	for (i = 0; i < n; i++)
		assert_int_equal(rtmp_amf0_skip(&r), 0);
	assert_int_equal(rtmp_amf0_skip(&r), RTMP_ERR_LIMIT);
	assert_int_equal(rtmp_amf0_to_json(data, n, NULL, 0, NULL),
	    RTMP_ERR_NOBUF);
	assert_int_equal(rtmp_amf0_to_json(data, n + 1, NULL, 0, NULL),
	    RTMP_ERR_LIMIT);
	free(data);
}

static void
an_array_of_too_many_values_is_refused_at_its_count(void **state)
{
	struct input in = open_input("0a00000003" "050505");
	struct rtmp_amf0_reader r;
	uint32_t count = 7;

	(void)state;
	rtmp_amf0_reader_init(&r, in.data, in.size);
	r.count_max = 3;
	assert_int_equal(rtmp_amf0_enter_array(&r, &count), RTMP_ERR_LIMIT);
	assert_int_equal(count, 7);
	rtmp_amf0_reader_init(&r, in.data, in.size);
	r.count_max = 4;
	assert_int_equal(rtmp_amf0_skip(&r), 0);
	close_input(in);
}

/* What is quadratic would not end before the alarm does. */
static void
skipping_and_printing_take_linear_time(void **state)
{
	size_t size = 4 << 20, len, i;
	uint8_t *data = calloc(1, size);
	char *out = malloc(size + 16);
	struct rtmp_amf0_reader value;

	(void)state;
	alarm(60);
	/* As many pairs as the limit admits, none of them asked for. */
	data[0] = RTMP_AMF0_OBJECT;
	for (i = 0; i < RTMP_AMF0_COUNT_MAX - 1; i++)
		memcpy(data + 1 + 5 * i, "\0\002aa\005", 5);
	len = 1 + 5 * i;
	assert_int_equal(rtmp_amf0_find(data, len, "a", &value), 0);
	assert_int_equal(rtmp_amf0_to_json(data, len, out, size, &len), 0);
	assert_int_equal(len, 4 + i * 10 - 1);

	/* A string of 4 MiB; one of a broken character in each byte. */
	memcpy(data, "\x0c\0\x3f\xff\xf0", 5);
	memset(data + 5, 's', size - 5);
	assert_int_equal(rtmp_amf0_to_json(data, 5 + 0x3ffff0 - 16, out, size,
	    NULL), RTMP_ERR_PROTO);
	assert_int_equal(rtmp_amf0_to_json(data, 5 + 0x3ffff0, out, size + 16,
	    &len), 0);
	assert_int_equal(len, 0x3ffff0 + 4);
	memset(data + 5, 0xff, size - 5);
	assert_int_equal(rtmp_amf0_to_text(data, 5 + 0x3ffff0, out, size,
	    &len), RTMP_ERR_NOBUF);
	assert_int_equal(len, 4 * 0x3ffff0 + 2);
	alarm(0);
	free(data);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_data_has_no_value),
		cmocka_unit_test(markers_that_are_no_value_are_errors),
		cmocka_unit_test(
		    a_value_of_another_type_is_an_error_that_sticks),
		cmocka_unit_test(any_byte_but_0_is_true),
		cmocka_unit_test(a_class_name_is_handed_out),
		cmocka_unit_test(the_count_of_an_ecma_array_is_only_a_hint),
		cmocka_unit_test(an_object_may_end_without_its_end_marker),
		cmocka_unit_test(an_empty_key_is_a_key),
		cmocka_unit_test(pairs_are_read_without_an_object_around_them),
		cmocka_unit_test(amf3_takes_all_that_is_left),
		cmocka_unit_test(find_places_a_reader_on_the_value),
		cmocka_unit_test(find_tells_no_such_key_from_broken_data),
		cmocka_unit_test(strings_longer_than_the_data_are_errors),
		cmocka_unit_test(arrays_longer_than_the_data_are_errors),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(depth_counts_what_is_entered_and_not_left),
		cmocka_unit_test(the_number_of_values_is_limited),
		cmocka_unit_test(
		    an_array_of_too_many_values_is_refused_at_its_count),
		cmocka_unit_test(skipping_and_printing_take_linear_time),
	};

	return cmocka_run_group_tests_name("amf0_reader", tests, NULL, NULL);
}
