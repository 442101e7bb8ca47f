/* AMF0 as text and JSON: numbers, strings, faults, small buffers.  How each
 * type prints is in test_amf0.c. */
#include <float.h>
#include <locale.h>
#include <math.h>

#include <rtmpio/amf0.h>

#include "support/support.h"

enum form {
	TEXT,
	JSON
};

static int
print(enum form form, const uint8_t *data, size_t size, char *buf,
    size_t buf_size, size_t *len)
{
	return form == JSON ?
	    rtmp_amf0_to_json(data, size, buf, buf_size, len) :
	    rtmp_amf0_to_text(data, size, buf, buf_size, len);
}

/* Prints bytes, which end at a guard page; returns a lent string. */
static const char *
print_bytes(enum form form, const void *bytes, size_t size, int want)
{
	static char out[8192];
	uint8_t *guarded = guard_copy(bytes, size);
	size_t len;

	assert_int_equal(print(form, guarded, size, out, sizeof(out), &len),
	    want);
	assert_int_equal(len, strlen(out));
	guard_free(guarded, size);
	return out;
}

static const char *
print_hex(enum form form, const char *hex, int want)
{
	size_t size;
	uint8_t *bytes = from_hex(hex, &size);
	const char *out = print_bytes(form, bytes, size, want);

	free(bytes);
	return out;
}

/* ---- Numbers ---- */

static const char *
print_number(enum form form, double v)
{
	struct rtmp_amf0_writer w;
	uint8_t bytes[9];

	rtmp_amf0_writer_init(&w, bytes, sizeof(bytes));
	rtmp_amf0_put_number(&w, v);
	return print_bytes(form, bytes, sizeof(bytes), 0);
}

static const struct {
	double v;
	const char *text;
} numbers[] = {
	{ 0, "0" },
	{ -0.0, "-0" },
	{ 1, "1" },
	{ -1, "-1" },
	{ 44100, "44100" },
	{ 1635135537, "1635135537" }, /* av01 as videocodecid */
	{ 1e15, "1000000000000000" },
	{ 9007199254740991.0, "9007199254740991" },
	{ 9007199254740992.0, "9007199254740992" },
	{ -9007199254740992.0, "-9007199254740992" },
	{ 9007199254740994.0, "9007199254740994" },
	{ 1e20, "1e+20" },
	{ 18446744073709551616.0, "1.8446744073709552e+19" },
	{ 0.1, "0.1" },
	{ 0.5, "0.5" },
	{ -2.25, "-2.25" },
	{ 67.3828125, "67.3828125" },
	{ 23.976, "23.976" },
	{ 0x1.3333333333334p-2, "0.30000000000000004" },
	{ 1.0 / 3, "0.3333333333333333" },
	{ 5e-324, "5e-324" },
	{ DBL_MIN, "2.2250738585072014e-308" },
	{ DBL_MAX, "1.7976931348623157e+308" },
};

static void
numbers_print_as_short_as_they_read_back(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_string_equal(print_number(TEXT,
		    numbers[i].v), numbers[i].text);
	assert_string_equal(print_number(TEXT,
	    (double)-INFINITY), "-Infinity");
	assert_string_equal(print_number(TEXT,
	    (double)INFINITY), "Infinity");
	assert_string_equal(print_number(JSON,
	    (double)INFINITY), "[null]");
}

static void
any_double_reads_back_as_itself(void **state)
{
	uint32_t seed = 12345, parts[2];
	const char *text;
	double v, back;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		parts[0] = next_random(&seed);
		parts[1] = next_random(&seed);
		memcpy(&v, parts, sizeof(v));
		if (!isfinite(v))
			continue;
		text = print_number(TEXT, v);
		back = strtod(text, NULL);
		assert_memory_equal(&back, &v, sizeof(v));
	}
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The machine need not have a locale with a decimal comma, nor what most are
 * made from: one is made from nothing. */
static void
numbers_do_not_follow_the_locale(void **state)
{
	static const char source[] = "LC_NUMERIC\ndecimal_point \"<U002C>\"\n"
	    "thousands_sep \"<U002E>\"\ngrouping 3;3\nEND LC_NUMERIC\n";
	static const char charmap[] = "<code_set_name> ANSI_X3.4-1968\n"
	    "<comment_char> %\n<escape_char> /\nCHARMAP\n"
	    "<U0000>..<U007F> /x00\nEND CHARMAP\n";
	size_t i;

	(void)state;
	write_file(TEST_BUILD "/comma.src", source);
	write_file(TEST_BUILD "/comma.charmap", charmap);
	if (system("localedef -c --no-archive -f '" TEST_BUILD
	    "/comma.charmap' -i '" TEST_BUILD "/comma.src' '" TEST_BUILD
	    "/comma_TEST' >/dev/null 2>&1") == -1)
		fail_msg("no shell");
	setenv("LOCPATH", TEST_BUILD, 1);
	if (setlocale(LC_NUMERIC, "comma_TEST") == NULL) {
		print_message("no locale: localedef is missing, or fails\n");
		skip();
	}
	assert_string_equal(localeconv()->decimal_point, ",");
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_string_equal(print_number(TEXT,
		    numbers[i].v), numbers[i].text);
	setlocale(LC_NUMERIC, "C");
}

/* ---- Strings ---- */

static const char *
print_string(enum form form, const char *s, size_t len)
{
	struct rtmp_amf0_writer w;
	uint8_t bytes[512];

	rtmp_amf0_writer_init(&w, bytes, sizeof(bytes));
	rtmp_amf0_put_string_n(&w, s, len);
	assert_int_equal(w.err, 0);
	return print_bytes(form, bytes, w.len, 0);
}

static const struct {
	const char *s;
	const char *text; /* NULL: as JSON */
	const char *json;
} strings[] = {
	{ "a\"b\\c/", NULL, "a\\\"b\\\\c/" },
	{ "\b\t\n\f\r", NULL, "\\b\\t\\n\\f\\r" },
	{ "\x01\x1b\x1f\x7f", NULL, "\\u0001\\u001b\\u001f\\u007f" },
	{ "\xc2\x80\xc2\x9f\xc2\xa0", NULL, "\\u0080\\u009f\xc2\xa0" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", NULL,
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\xef\xbf\xbf\xf4\x8f\xbf\xbf", NULL,
	    "\xef\xbf\xbf\xf4\x8f\xbf\xbf" },
	/* Broken: a tail alone, one missing, one of another kind. */
	{ "a\x80" "b", "a\\x80b", "a\\ufffdb" },
	{ "\xe2\x82", "\\xe2\\x82", "\\ufffd\\ufffd" },
	{ "\xe2\x82z", "\\xe2\\x82z", "\\ufffd\\ufffdz" },
	{ "\xc3\"", "\\xc3\\\"", "\\ufffd\\\"" },
	/* Overlong, a surrogate, past U+10FFFF, never a first byte. */
	{ "\xc0\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd" },
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" },
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf",
	    "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
	    "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xfe\xff", "\\xfe\\xff", "\\ufffd\\ufffd" },
};

static void
strings_are_escaped(void **state)
{
	char want[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		snprintf(want, sizeof(want), "\"%s\"",
		    strings[i].text != NULL ? strings[i].text :
		    strings[i].json);
		assert_string_equal(print_string(TEXT,
		    strings[i].s, strlen(strings[i].s)), want);
		snprintf(want, sizeof(want), "[\"%s\"]", strings[i].json);
		assert_string_equal(print_string(JSON,
		    strings[i].s, strlen(strings[i].s)), want);
	}
}

static void
keys_and_classes_are_quoted_where_they_are_no_names(void **state)
{
	(void)state;
	assert_string_equal(print_hex(TEXT, "10" "0003" "612062"
	    "0003" "612d31" "05" "0002" "3161" "05" "000005" "0001" "0005"
	    "0001" "ff05" "000009", 0),
	    "\"a b\"{a-1: null, \"1a\": null, \"\": null, "
	    "\"\\u0000\": null, \"\\xff\": null}");
	assert_string_equal(print_hex(JSON, "03" "0002" "0a22"
	    "05" "0001" "ff05" "000009", 0),
	    "[{\"\\n\\\"\":null,\"\\ufffd\":null}]");
}

/* ---- Several values, and faults ---- */

static void
values_are_separated(void **state)
{
	static const char hex[] = "020007636f6e6e656374" "003ff0000000000000"
	    "03" "0003617070" "0200046c697665" "000009";

	(void)state;
	assert_string_equal(print_hex(TEXT, hex, 0),
	    "\"connect\" 1 {app: \"live\"}");
	assert_string_equal(print_hex(JSON, hex, 0),
	    "[\"connect\",1,{\"app\":\"live\"}]");
	assert_string_equal(print_hex(TEXT, "", 0), "");
	assert_string_equal(print_hex(JSON, "", 0), "[]");
}

static void
amf3_ends_the_containers_around_it(void **state)
{
	static const char hex[] = "05" "0a00000003" "06" "03" "00016111"
	    "0401";

	(void)state;
	assert_string_equal(print_hex(TEXT, hex, 0),
	    "null [undefined, {a: amf3(0401)}]");
	assert_string_equal(print_hex(JSON, hex, 0),
	    "[null,[null,{\"a\":{\"$amf3\":\"0401\"}}]]");
}

static void
what_precedes_a_fault_is_printed(void **state)
{
	static const char cut[] = "05" "03" "00016105" "000162" "0a00000002"
	    "0101" "0200ff";
	static const char marker[] = "05" "0e" "05";

	(void)state;
	assert_string_equal(print_hex(TEXT, cut,
	    RTMP_ERR_PROTO), "null {a: null, b: [true, ");
	assert_string_equal(print_hex(JSON, cut,
	    RTMP_ERR_PROTO), "[null,{\"a\":null,\"b\":[true,null]}]");
	assert_string_equal(print_hex(TEXT, marker,
	    RTMP_ERR_PROTO), "null");
	assert_string_equal(print_hex(JSON, marker,
	    RTMP_ERR_PROTO), "[null]");
}

/* Whatever happens to the bytes, the JSON can be parsed. */
static void
json_is_valid_whatever_the_data(void **state)
{
	static const char hex[] = "020003612262" "003fb999999999999a" "0102"
	    "03" "0002c3a9" "0a00000002" "05" "0b4278bcfe5687b0000000"
	    "000178" "1000014305" "0d" "000009" "070001" "0c00000001ff"
	    "0800000001" "000001c3" "0f00000000" "110a";
	size_t size, i;
	uint8_t *bytes = from_hex(hex, &size), *damaged = malloc(size);
	char out[2048];
	unsigned value;
	cJSON *json;

	(void)state;
	for (i = 0; i < size; i++) {
		for (value = 0; value < 256; value++) {
			memcpy(damaged, bytes, size);
			damaged[i] = (uint8_t)value;
			(void)rtmp_amf0_to_json(damaged, size, out,
			    sizeof(out), NULL);
			json = cJSON_Parse(out);
			if (json == NULL)
				fail_msg("byte %zu as %02x: %s", i, value,
				    out);
			cJSON_Delete(json);
		}
	}
	free(bytes);
	free(damaged);
}

/* ---- Buffers that are too small ---- */

static void
a_small_buffer_gets_what_fits(void **state)
{
	uint8_t data[] = "\x02\0\x06" "\xe2\x82\xac" "\n\xff" "z\x05\x11\x01";
	char whole[64], *room;
	size_t size = sizeof(data) - 1, len, full, small;
	enum form form;

	(void)state;
	for (form = TEXT; form <= JSON; form++) {
		assert_int_equal(print(form, data, size, whole, sizeof(whole),
		    &full), 0);
		assert_int_equal(full, strlen(whole));
		for (small = 0; small <= full; small++) {
			room = (char *)guard_copy(whole, small);
			assert_int_equal(print(form, data, size, room, small,
			    &len), RTMP_ERR_NOBUF);
			assert_int_equal(len, full);
			if (small != 0) {
				assert_in_range(strlen(room), 0, small - 1);
				assert_memory_equal(room, whole, strlen(room));
			}
			/* The euro sign is whole or absent. */
			if (small > 0 && strchr(room, '\xe2') != NULL)
				assert_non_null(strstr(room, "\xe2\x82\xac"));
			guard_free((uint8_t *)room, small);
		}
		assert_int_equal(print(form, data, size, NULL, 0, &len),
		    RTMP_ERR_NOBUF);
		assert_int_equal(len, full);
		assert_int_equal(print(form, data, size, whole, full + 1,
		    NULL), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_print_as_short_as_they_read_back),
		cmocka_unit_test(any_double_reads_back_as_itself),
		cmocka_unit_test(numbers_do_not_follow_the_locale),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(
		    keys_and_classes_are_quoted_where_they_are_no_names),
		cmocka_unit_test(values_are_separated),
		cmocka_unit_test(amf3_ends_the_containers_around_it),
		cmocka_unit_test(what_precedes_a_fault_is_printed),
		cmocka_unit_test(json_is_valid_whatever_the_data),
		cmocka_unit_test(a_small_buffer_gets_what_fits),
	};

	return cmocka_run_group_tests_name("amf0_print", tests, NULL, NULL);
}
