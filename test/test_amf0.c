/* AMF0: every type in both directions, and the writer.  Further tests are in
 * test_amf0_reader.c, test_amf0_print.c and test_amf0_golden.c. */
#include <math.h>

#include <rtmpio/amf0.h>

#include "support/amf0_copy.h"
#include "support/support.h"

/* ---- Every type of the specification, as bytes and as calls ---- */

static void
put_one(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_number(w, 1);
}

static void
put_minus_2000(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_number(w, -2000);
}

static void
put_nan(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_number(w, (double)NAN);
}

static void
put_true(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_boolean(w, 17);
}

static void
put_false(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_boolean(w, 0);
}

static void
put_live(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_string(w, "live");
}

static void
put_empty(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_string(w, "");
}

static void
put_nul(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_string_n(w, "a\0b", 3);
}

static void
put_object(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_key(w, "app");
	rtmp_amf0_put_string(w, "live");
	rtmp_amf0_put_key_n(w, "fpadding", 4);
	rtmp_amf0_put_boolean(w, 0);
	rtmp_amf0_put_object_end(w);
}

static void
put_empty_object(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_object_end(w);
}

static void
put_reference(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_reference(w, 258);
}

static void
put_ecma(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_ecma_array_begin(w, 2);
	rtmp_amf0_put_key(w, "0");
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_key(w, "0");
	rtmp_amf0_put_undefined(w);
	rtmp_amf0_put_object_end(w);
}

static void
put_array(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_strict_array_begin(w, 3);
	rtmp_amf0_put_strict_array_begin(w, 0);
	put_empty_object(w);
	rtmp_amf0_put_string(w, "x");
}

static void
put_date(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_date(w, 1700000000123.0, 0);
}

static void
put_zoned_date(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_date(w, -0.5, -60);
}

static void
put_xml(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_xml_document(w, "<a/>", 4);
}

static void
put_typed(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_typed_object_begin(w, "a.Foo");
	rtmp_amf0_put_key(w, "k");
	rtmp_amf0_put_number(w, 1);
	rtmp_amf0_put_object_end(w);
}

/* A strict array within an object within a strict array. */
static void
put_nested(struct rtmp_amf0_writer *w)
{
	rtmp_amf0_put_strict_array_begin(w, 2);
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_key(w, "list");
	rtmp_amf0_put_strict_array_begin(w, 2);
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_boolean(w, 1);
	rtmp_amf0_put_key(w, "n");
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_object_end(w);
	rtmp_amf0_put_null(w);
}

static void
put_amf3(struct rtmp_amf0_writer *w)
{
	static const uint8_t amf3[] = { 0x11, 0x06, 0x03, 'a' };

	rtmp_amf0_put_raw(w, amf3, sizeof(amf3));
}

static const struct vector {
	const char *name;
	const char *hex;
	void (*write)(struct rtmp_amf0_writer *w); /* NULL: only read */
	const char *text;
	const char *json;
} vectors[] = {
	{ "number", "003ff0000000000000", put_one, "1", "1" },
	{ "negative number", "00c09f400000000000", put_minus_2000, "-2000",
	    "-2000" },
	{ "not a number", "007ff8000000000000", put_nan, "NaN", "null" },
	{ "true", "0101", put_true, "true", "true" },
	{ "true as 2", "0102", NULL, "true", "true" },
	{ "false", "0100", put_false, "false", "false" },
	{ "string", "0200046c697665", put_live, "\"live\"", "\"live\"" },
	{ "empty string", "020000", put_empty, "\"\"", "\"\"" },
	{ "string with NUL", "020003610062", put_nul, "\"a\\u0000b\"",
	    "\"a\\u0000b\"" },
	{ "object",
	    "03000361707002" "00046c697665" "0004667061640100" "000009",
	    put_object, "{app: \"live\", fpad: false}",
	    "{\"app\":\"live\",\"fpad\":false}" },
	{ "empty object", "03000009", put_empty_object, "{}", "{}" },
	{ "null", "05", rtmp_amf0_put_null, "null", "null" },
	{ "undefined", "06", rtmp_amf0_put_undefined, "undefined", "null" },
	{ "reference", "070102", put_reference, "ref(258)",
	    "{\"$ref\":258}" },
	{ "ECMA array, a key twice",
	    "0800000002" "00013005" "00013006" "000009", put_ecma,
	    "ecma{\"0\": null, \"0\": undefined}",
	    "{\"0\":null,\"0\":null}" },
	{ "strict array", "0a00000003" "0a00000000" "03000009" "02000178",
	    put_array, "[[], {}, \"x\"]", "[[],{},\"x\"]" },
	{ "date", "0b4278bcfe5687b000" "0000", put_date,
	    "date(1700000000123)", "1700000000123" },
	{ "date with time zone", "0bbfe0000000000000" "ffc4", put_zoned_date,
	    "date(-0.5, -60)", "-0.5" },
	{ "long string", "0c00000002" "6869", NULL, "\"hi\"", "\"hi\"" },
	{ "unsupported", "0d", rtmp_amf0_put_unsupported, "unsupported",
	    "null" },
	{ "XML document", "0f00000004" "3c612f3e", put_xml, "xml(\"<a/>\")",
	    "\"<a/>\"" },
	{ "typed object",
	    "100005612e466f6f" "00016b003ff0000000000000" "000009", put_typed,
	    "a.Foo{k: 1}", "{\"$class\":\"a.Foo\",\"k\":1}" },
	{ "nested arrays and objects",
	    "0a00000002" "0300046c697374" "0a00000002" "05" "0101"
	    "00016e05" "000009" "05",
	    put_nested, "[{list: [null, true], n: null}, null]",
	    "[{\"list\":[null,true],\"n\":null},null]" },
	{ "AMF3", "11060361", put_amf3, "amf3(060361)",
	    "{\"$amf3\":\"060361\"}" },
};

#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

/* ---- Vectors ---- */

static void
writer_gives_the_bytes_of_every_type(void **state)
{
	struct rtmp_amf0_writer w;
	uint8_t buf[128], *want;
	size_t size, i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		if (vectors[i].write == NULL)
			continue;
		want = from_hex(vectors[i].hex, &size);
		rtmp_amf0_writer_init(&w, buf, sizeof(buf));
		vectors[i].write(&w);
		assert_int_equal(w.err, 0);
		assert_int_equal(w.len, size);
		assert_memory_equal(buf, want, size);
		free(want);
	}
}

static void
reader_gives_back_every_type(void **state)
{
	struct rtmp_amf0_reader r;
	struct rtmp_amf0_writer w;
	enum rtmp_amf0_type type;
	uint8_t buf[128], *bytes, *guarded;
	size_t size, i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		bytes = from_hex(vectors[i].hex, &size);
		guarded = guard_copy(bytes, size);
		rtmp_amf0_reader_init(&r, guarded, size);
		rtmp_amf0_writer_init(&w, buf, sizeof(buf));
		assert_int_equal(rtmp_amf0_peek(&r, &type), 1);
		assert_int_equal(type, bytes[0]);
		copy_amf0(&r, &w);
		assert_int_equal(r.err, 0);
		assert_int_equal(r.depth, 0);
		assert_int_equal(rtmp_amf0_peek(&r, &type), 0);
		if (vectors[i].write != NULL) {
			assert_int_equal(w.len, size);
			assert_memory_equal(buf, bytes, size);
		}
		guard_free(guarded, size);
		free(bytes);
	}
}

static void
skip_and_raw_take_one_value_of_every_type(void **state)
{
	struct rtmp_amf0_reader r;
	uint8_t *bytes;
	const uint8_t *raw;
	size_t size, raw_size, i, more;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		bytes = from_hex(vectors[i].hex, &size);
		bytes = realloc(bytes, size + 1);
		bytes[size] = RTMP_AMF0_NULL;
		/* AMF3 takes the null behind it, too. */
		more = bytes[0] == RTMP_AMF0_AVMPLUS ? 1 : 0;
		rtmp_amf0_reader_init(&r, bytes, size + 1);
		assert_int_equal(rtmp_amf0_skip(&r), 0);
		assert_ptr_equal(r.pos, bytes + size + more);
		assert_int_equal(r.depth, 0);
		rtmp_amf0_reader_init(&r, bytes, size + 1);
		assert_int_equal(rtmp_amf0_get_raw(&r, &raw, &raw_size), 0);
		assert_ptr_equal(raw, bytes);
		assert_int_equal(raw_size, size + more);
		free(bytes);
	}
}

static void
every_type_prints(void **state)
{
	char out[128], want[128];
	uint8_t *bytes;
	size_t size, len, i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		bytes = from_hex(vectors[i].hex, &size);
		assert_int_equal(rtmp_amf0_to_text(bytes, size, out,
		    sizeof(out), &len), 0);
		assert_string_equal(out, vectors[i].text);
		assert_int_equal(len, strlen(out));
		assert_int_equal(rtmp_amf0_to_json(bytes, size, out,
		    sizeof(out), &len), 0);
		snprintf(want, sizeof(want), "[%s]", vectors[i].json);
		assert_string_equal(out, want);
		assert_int_equal(len, strlen(out));
		free(bytes);
	}
}

/* 1 when a value that is cut here counts as whole: between two pairs of the
 * outermost object, or within AMF3. */
static int
may_be_cut(const uint8_t *bytes, size_t cut, const char *name)
{
	if (bytes[0] == RTMP_AMF0_AVMPLUS)
		return 1;
	if (strcmp(name, "object") == 0)
		return cut == 1 || cut == 13 || cut == 21;
	if (strcmp(name, "empty object") == 0)
		return cut == 1;
	if (strcmp(name, "ECMA array, a key twice") == 0)
		return cut == 5 || cut == 9 || cut == 13;
	if (strcmp(name, "typed object") == 0)
		return cut == 8 || cut == 20;
	return 0;
}

static void
every_truncation_is_seen(void **state)
{
	struct rtmp_amf0_reader r;
	struct rtmp_amf0_writer w;
	uint8_t *bytes, *guarded, buf[128];
	char out[128];
	size_t size, cut, i;
	int want;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		bytes = from_hex(vectors[i].hex, &size);
		for (cut = 1; cut < size; cut++) {
			want = may_be_cut(bytes, cut, vectors[i].name) ? 0 :
			    RTMP_ERR_PROTO;
			guarded = guard_copy(bytes, cut);
			rtmp_amf0_reader_init(&r, guarded, cut);
			assert_int_equal(rtmp_amf0_skip(&r), want);
			rtmp_amf0_reader_init(&r, guarded, cut);
			rtmp_amf0_writer_init(&w, buf, sizeof(buf));
			copy_amf0(&r, &w);
			assert_int_equal(r.err, want);
			assert_int_equal(rtmp_amf0_to_json(guarded, cut, out,
			    sizeof(out), NULL), want);
			assert_int_equal(rtmp_amf0_to_text(guarded, cut, out,
			    sizeof(out), NULL), want);
			guard_free(guarded, cut);
		}
		free(bytes);
	}
}

/* ---- Writer ---- */

static void
writer_reports_every_buffer_that_is_too_small(void **state)
{
	struct rtmp_amf0_writer w;
	uint8_t *bytes, *room;
	size_t size, small, i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		if (vectors[i].write == NULL)
			continue;
		bytes = from_hex(vectors[i].hex, &size);
		for (small = 0; small <= size; small++) {
			room = guard_copy(bytes, small);
			memset(room, 0xee, small);
			rtmp_amf0_writer_init(&w, room, small);
			vectors[i].write(&w);
			assert_int_equal(w.err,
			    small < size ? RTMP_ERR_NOBUF : 0);
			assert_int_equal(w.len, size);
			guard_free(room, small);
		}
		rtmp_amf0_writer_init(&w, NULL, 0);
		vectors[i].write(&w);
		assert_int_equal(w.err, 0);
		assert_int_equal(w.len, size);
		free(bytes);
	}
}

static void
writer_refuses_keys_and_names_without_a_place_on_the_wire(void **state)
{
	struct rtmp_amf0_writer w;
	char *s = malloc(65537);

	(void)state;
	memset(s, 'k', 65536);
	s[65536] = '\0';
	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_key_n(&w, s, 65535);
	assert_int_equal(w.err, 0);
	assert_int_equal(w.len, 65537);
	rtmp_amf0_put_key(&w, s);
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	rtmp_amf0_put_null(&w);
	assert_int_equal(w.len, 65537); /* the error sticks */

	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_key(&w, "");
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_typed_object_begin(&w, s);
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	free(s);
}

/* Counting reads nothing, so that no such memory is needed. */
static void
writer_refuses_sizes_past_the_address_space(void **state)
{
	struct rtmp_amf0_writer w;

	(void)state;
	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_string_n(&w, "", SIZE_MAX);
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_xml_document(&w, "", SIZE_MAX);
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	rtmp_amf0_writer_init(&w, NULL, 0);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_raw(&w, NULL, SIZE_MAX);
	assert_int_equal(w.err, RTMP_ERR_INVAL);
	assert_int_equal(w.len, 1);
}

static void
strings_above_65535_bytes_become_long_strings(void **state)
{
	static const uint8_t head[] = { 0x02, 0xff, 0xff };
	static const uint8_t long_head[] = { 0x0c, 0x00, 0x01, 0x00, 0x00 };
	struct rtmp_amf0_reader r;
	struct rtmp_amf0_writer w;
	uint8_t *buf = malloc(65541);
	char *s = malloc(65536);
	const char *got;
	size_t len;

	(void)state;
	memset(s, 's', 65536);
	rtmp_amf0_writer_init(&w, buf, 65541);
	rtmp_amf0_put_string_n(&w, s, 65535);
	assert_int_equal(w.len, 65538);
	assert_memory_equal(buf, head, sizeof(head));
	rtmp_amf0_writer_init(&w, buf, 65541);
	rtmp_amf0_put_string_n(&w, s, 65536);
	assert_int_equal(w.err, 0);
	assert_int_equal(w.len, 65541);
	assert_memory_equal(buf, long_head, sizeof(long_head));
	rtmp_amf0_reader_init(&r, buf, w.len);
	assert_int_equal(rtmp_amf0_get_string(&r, &got, &len), 0);
	assert_int_equal(len, 65536);
	assert_memory_equal(got, s, len);
	free(buf);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writer_gives_the_bytes_of_every_type),
		cmocka_unit_test(reader_gives_back_every_type),
		cmocka_unit_test(skip_and_raw_take_one_value_of_every_type),
		cmocka_unit_test(every_type_prints),
		cmocka_unit_test(every_truncation_is_seen),
		cmocka_unit_test(
		    writer_reports_every_buffer_that_is_too_small),
		cmocka_unit_test(
		    writer_refuses_keys_and_names_without_a_place_on_the_wire),
		cmocka_unit_test(writer_refuses_sizes_past_the_address_space),
		cmocka_unit_test(
		    strings_above_65535_bytes_become_long_strings),
	};

	return cmocka_run_group_tests_name("amf0", tests, NULL, NULL);
}
