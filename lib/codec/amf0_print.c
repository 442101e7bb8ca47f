/*
 * AMF0 as text for people and as JSON for programs.
 *
 *     text  "connect" 1 {app: "live", fpad: false}
 *     JSON  ["connect",1,{"app":"live","fpad":false}]
 *
 * Output goes piece by piece into the caller's buffer.  A piece that does not
 * fit, and all behind it, is only counted, so no character is cut in two.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <rtmpio/amf0.h>

#include "base/wire.h"

#define INTEGER_MAX 9007199254740992.0 /* 2^53: exact below it */

struct print {
	struct rtmp_amf0_reader r;
	char *buf;
	size_t size;
	size_t used; /* bytes in buf; less than size, unless that is 0 */
	size_t len;  /* bytes needed; more than used once buf is full */
	int json;
	int amf3;    /* AMF3 took the rest: the containers around it end */
};

static void
put(struct print *p, const char *s, size_t n)
{
	if (p->used == p->len && n < p->size - p->used) {
		memcpy(p->buf + p->used, s, n);
		p->used += n;
	}
	p->len += n;
}

static void
put_word(struct print *p, const char *s)
{
	put(p, s, strlen(s));
}

/* format has at most one conversion, of v. */
static void
put_format(struct print *p, const char *format, int v)
{
	char out[32];

	snprintf(out, sizeof(out), format, v);
	put_word(p, out);
}

static void
put_either(struct print *p, const char *json, const char *text)
{
	put_word(p, p->json ? json : text);
}

/* ---- Strings ---- */

/* Decodes the character at s, as RFC 3629 has it: returns its size, 0 when it
 * is broken. */
static size_t
get_utf8(const uint8_t *s, size_t n, uint32_t *c)
{
	size_t size, i;

	*c = s[0];
	if (*c < 0x80)
		return 1;
	size = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
	if (*c < 0xc2 || *c > 0xf4 || n < size)
		return 0;
	*c &= 0x7fu >> size;
	for (i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if ((size > 2 && *c < (size == 3 ? 0x800 : 0x10000)) || /* overlong */
	    (*c >= 0xd800 && *c < 0xe000) /* surrogates */ || *c > 0x10ffff)
		return 0;
	return size;
}

static void
put_control(struct print *p, uint32_t c)
{
	static const char names[] = "\b\t\n\f\r", letters[] = "btnfr";
	const char *name = c != 0 ? strchr(names, (int)c) : NULL;

	if (name != NULL)
		put_format(p, "\\%c", letters[name - names]);
	else
		put_format(p, "\\u%04x", (int)c);
}

/* Puts one character and returns its size. */
static size_t
put_char(struct print *p, const uint8_t *s, size_t n)
{
	uint32_t c;
	size_t size = get_utf8(s, n, &c);

	if (size == 0) {
		put_format(p, p->json ? "\\ufffd" : "\\x%02x", s[0]);
		return 1;
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
		put_control(p, c);
		return size;
	}
	if (c == '"' || c == '\\')
		put(p, "\\", 1);
	put(p, (const char *)s, size);
	return size;
}

static void
put_string(struct print *p, const char *s, size_t len)
{
	size_t i = 0;

	put(p, "\"", 1);
	while (i < len)
		i += put_char(p, (const uint8_t *)s + i, len - i);
	put(p, "\"", 1);
}

/* In text, keys and class names that look like names go without quotes. */
static int
is_name(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned letter = ((uint8_t)s[i] | 0x20u) - 'a';

		if (letter < 26 || s[i] == '_' || s[i] == '$')
			continue;
		if (i == 0 || ((s[i] < '0' || s[i] > '9') && s[i] != '.' &&
		    s[i] != '-'))
			return 0;
	}
	return len != 0;
}

static void
put_name(struct print *p, const char *s, size_t len)
{
	if (!p->json && is_name(s, len))
		put(p, s, len);
	else
		put_string(p, s, len);
}

/* ---- Numbers ---- */

/* The fewest digits that read back as v.  Asking for 15 gives any number of
 * up to 15 digits without the zeros behind them; only a denormal holds fewer
 * than 15, so that the search for it begins at 1. */
static void
format_shortest(char *out, size_t size, double v)
{
	int digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG;

	do {
		snprintf(out, size, "%.*g", digits, v);
	} while (digits++ < 17 && strtod(out, NULL) != v);
}

/* snprintf obeys the locale, and strtod with it: what is neither digit, sign
 * nor exponent is a decimal point, which may have several bytes. */
static void
repair_point(char *s)
{
	char *point = s + strspn(s, "0123456789+-e"), *digits;

	if (*point == '\0')
		return;
	digits = point + strcspn(point, "0123456789");
	*point++ = '.';
	memmove(point, digits, strlen(digits) + 1);
}

static void
put_number(struct print *p, double v)
{
	char out[64];

	if (!isfinite(v)) {
		put_either(p, "null", isnan(v) ? "NaN" : v > 0 ? "Infinity" :
		    "-Infinity");
		return;
	}
	if (fabs(v) <= INTEGER_MAX && v == (double)(int64_t)v) {
		snprintf(out, sizeof(out), "%.0f", v);
	} else {
		format_shortest(out, sizeof(out), v);
		repair_point(out);
	}
	put_word(p, out);
}

/* ---- Values ---- */

/* These put nothing and return the error when the reader fails to begin the
 * value; a container that fails later has put what came before that. */

static int
print_number(struct print *p)
{
	double v;
	int rc = rtmp_amf0_get_number(&p->r, &v);

	if (rc == 0)
		put_number(p, v);
	return rc;
}

static int
print_boolean(struct print *p)
{
	int v, rc = rtmp_amf0_get_boolean(&p->r, &v);

	if (rc == 0)
		put_word(p, v ? "true" : "false");
	return rc;
}

static int
print_string(struct print *p, int xml)
{
	const char *s;
	size_t len;
	int rc = rtmp_amf0_get_string(&p->r, &s, &len);

	if (rc != 0)
		return rc;
	if (xml)
		put_either(p, "", "xml(");
	put_string(p, s, len);
	if (xml)
		put_either(p, "", ")");
	return 0;
}

static int
print_reference(struct print *p)
{
	uint16_t index;
	int rc = rtmp_amf0_get_reference(&p->r, &index);

	if (rc == 0)
		put_format(p, p->json ? "{\"$ref\":%d}" : "ref(%d)", index);
	return rc;
}

static int
print_date(struct print *p)
{
	double ms;
	int16_t zone;
	int rc = rtmp_amf0_get_date(&p->r, &ms, &zone);

	if (rc != 0)
		return rc;
	put_either(p, "", "date(");
	put_number(p, ms);
	if (zone != 0 && !p->json)
		put_format(p, ", %d", zone);
	put_either(p, "", ")");
	return 0;
}

/* A value of no content. */
static int
print_word(struct print *p, const char *text)
{
	int rc = rtmp_amf0_skip(&p->r);

	if (rc == 0)
		put_either(p, "null", text);
	return rc;
}

static int
print_amf3(struct print *p)
{
	const uint8_t *data;
	size_t size, i;
	int rc = rtmp_amf0_get_raw(&p->r, &data, &size);

	if (rc != 0)
		return rc;
	put_either(p, "{\"$amf3\":\"", "amf3(");
	for (i = 1; i < size; i++)
		put_format(p, "%02x", data[i]);
	put_either(p, "\"}", ")");
	p->amf3 = 1;
	return 0;
}

static void print_value(struct print *p);

/* JSON stays JSON behind a fault, text ends at it. */
static void
put_close(struct print *p, const char *s)
{
	if (p->json || p->r.err == 0)
		put_word(p, s);
}

static int
print_object(struct print *p, enum rtmp_amf0_type type)
{
	const char *key, *name, *separator = "";
	size_t len;
	int rc = rtmp_amf0_enter_object(&p->r, &name, &len);

	if (rc != 0)
		return rc;
	if (type == RTMP_AMF0_ECMA_ARRAY)
		put_either(p, "", "ecma");
	if (type == RTMP_AMF0_TYPED_OBJECT && !p->json)
		put_name(p, name, len);
	put_word(p, "{");
	if (type == RTMP_AMF0_TYPED_OBJECT && p->json) {
		put_word(p, "\"$class\":");
		put_string(p, name, len);
		separator = ",";
	}
	while (rtmp_amf0_next_key(&p->r, &key, &len) == 1) {
		put_word(p, separator);
		separator = p->json ? "," : ", ";
		put_name(p, key, len);
		put_either(p, ":", ": ");
		print_value(p);
	}
	put_close(p, "}");
	return 0;
}

static int
print_array(struct print *p)
{
	uint32_t count, i;
	int rc = rtmp_amf0_enter_array(&p->r, &count);

	if (rc != 0)
		return rc;
	put_word(p, "[");
	for (i = 0; i < count && p->r.err == 0 && !p->amf3; i++) {
		if (i != 0)
			put_either(p, ",", ", ");
		print_value(p);
	}
	rtmp_amf0_leave_array(&p->r);
	put_close(p, "]");
	return 0;
}

static int
print_type(struct print *p, enum rtmp_amf0_type type)
{
	switch (type) {
	case RTMP_AMF0_NUMBER:
		return print_number(p);
	case RTMP_AMF0_BOOLEAN:
		return print_boolean(p);
	case RTMP_AMF0_STRING:
	case RTMP_AMF0_LONG_STRING:
	case RTMP_AMF0_XML_DOCUMENT:
		return print_string(p, type == RTMP_AMF0_XML_DOCUMENT);
	case RTMP_AMF0_OBJECT:
	case RTMP_AMF0_ECMA_ARRAY:
	case RTMP_AMF0_TYPED_OBJECT:
		return print_object(p, type);
	case RTMP_AMF0_STRICT_ARRAY:
		return print_array(p);
	case RTMP_AMF0_REFERENCE:
		return print_reference(p);
	case RTMP_AMF0_DATE:
		return print_date(p);
	case RTMP_AMF0_UNDEFINED:
		return print_word(p, "undefined");
	case RTMP_AMF0_UNSUPPORTED:
		return print_word(p, "unsupported");
	case RTMP_AMF0_AVMPLUS:
		return print_amf3(p);
	default:
		return print_word(p, "null");
	}
}

/* Where the data ends instead of a value, skipping the null fails. */
static void
print_value(struct print *p)
{
	enum rtmp_amf0_type type = RTMP_AMF0_NULL;

	(void)rtmp_amf0_peek(&p->r, &type);
	if (print_type(p, type) != 0 && p->json)
		put_word(p, "null");
}

static int
print_all(const uint8_t *data, size_t size, char *buf, size_t buf_size,
    size_t *len, int json)
{
	struct print p;
	enum rtmp_amf0_type type;
	const char *separator = "";

	rtmp_amf0_reader_init(&p.r, data, size);
	p.buf = buf;
	p.size = buf_size;
	p.used = p.len = 0;
	p.json = json;
	p.amf3 = 0;
	put_either(&p, "[", "");
	while (rtmp_amf0_peek(&p.r, &type) == 1) {
		put_word(&p, separator);
		separator = json ? "," : " ";
		print_value(&p);
	}
	put_either(&p, "]", "");
	if (buf_size != 0)
		buf[p.used] = '\0';
	if (len != NULL)
		*len = p.len;
	if (p.r.err != 0)
		return p.r.err;
	return p.len < buf_size ? 0 : RTMP_ERR_NOBUF;
}

int
rtmp_amf0_to_text(const uint8_t *data, size_t size, char *buf,
    size_t buf_size, size_t *len)
{
	return print_all(data, size, buf, buf_size, len, 0);
}

int
rtmp_amf0_to_json(const uint8_t *data, size_t size, char *buf,
    size_t buf_size, size_t *len)
{
	return print_all(data, size, buf, buf_size, len, 1);
}
