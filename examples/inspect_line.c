/* Lines of text, and of JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtmpio/amf0.h>

#include "cli.h"
#include "inspect.h"

#define HEX_MAX 16

static void *
must(void *p)
{
	if (p == NULL) {
		cli_say("out of memory");
		exit(CLI_MEMORY);
	}
	return p;
}

static void
reserve(struct line *l, size_t n)
{
	if (l->cap - l->len > n)
		return;
	l->cap = 2 * l->cap + n + 256;
	l->buf = must(realloc(l->buf, l->cap));
}

static void
put(struct line *l, const char *s, size_t n)
{
	reserve(l, n);
	memcpy(l->buf + l->len, s, n);
	l->len += n;
}

void
line_begin(struct line *l, int json)
{
	memset(l, 0, sizeof(*l));
	l->json = json;
	if (json)
		line_open(l, NULL, '{');
}

int
line_end(struct line *l)
{
	if (l->json)
		line_close(l, '}');
	put(l, "\n", 1);
	fwrite(l->buf, l->len, 1, stdout);
	free(l->buf);
	return ferror(stdout) ? CLI_FILE : CLI_OK;
}

void
line_text(struct line *l, const char *format, ...)
{
	va_list ap;
	int n;

	if (l->json)
		return;
	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n <= 0)
		return;
	reserve(l, (size_t)n);
	va_start(ap, format);
	vsnprintf(l->buf + l->len, (size_t)n + 1, format, ap);
	va_end(ap);
	l->len += (size_t)n;
}

/* ---- JSON ---- */

static void
put_string(struct line *l, const char *s)
{
	char escaped[8];

	put(l, "\"", 1);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\') {
			put(l, "\\", 1);
			put(l, s, 1);
		} else if ((unsigned char)*s < 0x20) {
			snprintf(escaped, sizeof(escaped), "\\u%04x",
			    (unsigned)(unsigned char)*s);
			put(l, escaped, 6);
		} else {
			put(l, s, 1);
		}
	}
	put(l, "\"", 1);
}

static void
put_key(struct line *l, const char *key)
{
	if (l->comma)
		put(l, ",", 1);
	l->comma = 1;
	if (key == NULL)
		return;
	put_string(l, key);
	put(l, ":", 1);
}

void
line_number(struct line *l, const char *key, double v)
{
	char s[32];
	int n;

	if (!l->json)
		return;
	put_key(l, key);
	n = snprintf(s, sizeof(s), "%.10g", v);
	put(l, s, (size_t)n);
}

void
line_string(struct line *l, const char *key, const char *s)
{
	if (!l->json)
		return;
	put_key(l, key);
	put_string(l, s);
}

void
line_true(struct line *l, const char *key)
{
	if (!l->json)
		return;
	put_key(l, key);
	put(l, "true", 4);
}

void
line_open(struct line *l, const char *key, char what)
{
	if (!l->json)
		return;
	put_key(l, key);
	put(l, &what, 1);
	l->comma = 0;
}

void
line_close(struct line *l, char what)
{
	if (!l->json)
		return;
	put(l, &what, 1);
	l->comma = 1;
}

/* ---- Bytes ---- */

void
line_amf0(struct line *l, const uint8_t *data, size_t size)
{
	int (*print)(const uint8_t *, size_t, char *, size_t, size_t *) =
	    l->json ? rtmp_amf0_to_json : rtmp_amf0_to_text;
	size_t room = hide_room(size), len;
	uint8_t *copy = must(malloc(room));
	int err;

	size = hide_amf0(data, size, copy, room);
	if (l->json)
		put_key(l, "values");
	err = print(copy, size, NULL, 0, &len);
	reserve(l, len);
	if (err == 0 || err == RTMP_ERR_NOBUF || len != 0)
		err = print(copy, size, l->buf + l->len, len + 1, &len);
	l->len += strlen(l->buf + l->len);
	free(copy);
	if (err == 0)
		return;
	line_text(l, " (broken AMF0)");
	line_string(l, "fault", "broken AMF0");
}

void
line_hex(struct line *l, const uint8_t *data, size_t size)
{
	char hex[3 * HEX_MAX + 4] = "", *p = hex;
	size_t i;

	for (i = 0; i < size && i < HEX_MAX; i++)
		p += snprintf(p, 4, "%s%02x", i == 0 ? "" : " ", data[i]);
	line_text(l, "%s%s", hex, size > HEX_MAX ? " ..." : "");
	line_string(l, "bytes", hex);
}
