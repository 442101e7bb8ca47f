/*
 * Any bytes as AMF0.  Reading, skipping and printing must agree on whether
 * they are sound; JSON must be JSON; what the writer makes of the values read
 * must print as they do.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/amf0_copy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

/* ---- A JSON parser that only accepts ---- */

static const char *json_value(const char *s);

static const char *
json_string(const char *s)
{
	CHECK(*s == '"');
	for (s++; *s != '"'; s++) {
		CHECK((unsigned char)*s >= 0x20);
		if (*s != '\\')
			continue;
		s++;
		CHECK(*s != '\0' && strchr("\"\\bfnrtu", *s) != NULL);
		if (*s == 'u') {
			CHECK(strspn(s + 1, "0123456789abcdef") >= 4);
			s += 4;
		}
	}
	return s + 1;
}

static const char *
json_list(const char *s, char end, int keys)
{
	if (s[1] == end)
		return s + 2;
	do {
		s++;
		if (keys) {
			s = json_string(s);
			CHECK(*s++ == ':');
		}
		s = json_value(s);
	} while (*s == ',');
	CHECK(*s == end);
	return s + 1;
}

static const char *
json_value(const char *s)
{
	size_t digits;

	if (*s == '{')
		return json_list(s, '}', 1);
	if (*s == '[')
		return json_list(s, ']', 0);
	if (*s == '"')
		return json_string(s);
	if (strncmp(s, "null", 4) == 0 || strncmp(s, "true", 4) == 0)
		return s + 4;
	if (strncmp(s, "false", 5) == 0)
		return s + 5;
	digits = strspn(s, "0123456789.e+-");
	CHECK(digits != 0 && (s[0] == '-' || s[0] != '0' ||
	    s[1] == '.' || digits == 1));
	return s + digits;
}

/* ---- The target ---- */

/* Skips all values and returns the error. */
static int
skip_all(const uint8_t *data, size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;

	rtmp_amf0_reader_init(&r, data, size);
	while (rtmp_amf0_peek(&r, &type) == 1)
		rtmp_amf0_skip(&r);
	CHECK(r.err != 0 || (r.pos == data + size && r.depth == 0));
	return r.err;
}

/* Prints into a buffer of the length told first; free() it.  want is the error
 * to be seen. */
static char *
print(const uint8_t *data, size_t size, int json, int want)
{
	int (*f)(const uint8_t *, size_t, char *, size_t, size_t *) =
	    json ? rtmp_amf0_to_json : rtmp_amf0_to_text;
	size_t need, len;
	char *out;
	int rc = f(data, size, NULL, 0, &need);

	CHECK(rc == (want != 0 ? want : RTMP_ERR_NOBUF));
	out = malloc(need + 1);
	CHECK(out != NULL);
	CHECK(f(data, size, out, need + 1, &len) == want);
	CHECK(len == need && strlen(out) == need);
	if (json)
		CHECK(*json_value(out) == '\0');
	CHECK(f(data, size, out, need / 2 + 1, NULL) == (want != 0 ? want :
	    need != 0 ? RTMP_ERR_NOBUF : 0));
	CHECK(f(data, size, out, need + 1, NULL) == want);
	return out;
}

static void
check_copy(const uint8_t *data, size_t size, const char *text)
{
	/* Long strings may shrink; end markers that are missing are added. */
	size_t room = size + 3 * RTMP_AMF0_DEPTH_MAX;
	uint8_t *buf = malloc(room);
	struct rtmp_amf0_reader r;
	struct rtmp_amf0_writer w;
	enum rtmp_amf0_type type;
	char *again;

	CHECK(buf != NULL);
	rtmp_amf0_reader_init(&r, data, size);
	rtmp_amf0_writer_init(&w, buf, room);
	while (rtmp_amf0_peek(&r, &type) == 1)
		copy_amf0(&r, &w);
	CHECK(w.err == 0 || w.err == RTMP_ERR_INVAL);
	if (w.err == 0 && r.err == 0) {
		again = print(buf, w.len, 0, 0);
		CHECK(strcmp(text, again) == 0);
		free(again);
	}
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_amf0_reader value;
	int err = skip_all(data, size), rc;
	char *text = print(data, size, 0, err);

	free(print(data, size, 1, err));
	/* Behind AMF3 the copy would add bytes, which AMF3 takes. */
	if (err == 0 && (size == 0 || memchr(data, 0x11, size) == NULL))
		check_copy(data, size, text);
	free(text);
	rc = rtmp_amf0_find(data, size, "code", &value);
	CHECK(rc == 0 || rc == 1 || rc == value.err);
	if (rc == 1)
		rtmp_amf0_skip(&value);
	return 0;
}
