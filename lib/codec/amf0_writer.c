/*
 * The AMF0 writer.  A value is a marker and what the marker calls for; all
 * numbers are big-endian (AMF 0, section 2):
 *
 *     00 number        double (8)       08 ECMA array    count (4) | pairs
 *     01 boolean       0 or 1 (1)       0a strict array  count (4) | values
 *     02 string        length (2) | s   0b date          double (8) | zone (2)
 *     03 object        pairs            0c long string   length (4) | s
 *     05 null                           0d unsupported
 *     06 undefined                      0f XML document  length (4) | s
 *     07 reference     index (2)        10 typed object  length (2) | s, pairs
 *
 *     pairs = (length (2) | key | value)* | 00 00 09
 */
#include <rtmpio/amf0.h>

#include "base/wire.h"

#define SHORT_MAX 0xffff /* the longest string that has a length of 2 bytes */

void
rtmp_amf0_writer_init(struct rtmp_amf0_writer *w, uint8_t *buf, size_t size)
{
	w->buf = buf;
	w->size = size;
	w->len = 0;
	w->err = 0;
}

static void
refuse(struct rtmp_amf0_writer *w)
{
	if (w->err == 0)
		w->err = RTMP_ERR_INVAL;
}

/* Appends head and body: both are written, or both are only counted. */
static void
put(struct rtmp_amf0_writer *w, const uint8_t *head, size_t head_size,
    const void *body, size_t size)
{
	if (w->err != 0 && w->err != RTMP_ERR_NOBUF)
		return;
	if (size > SIZE_MAX - head_size ||
	    head_size + size > SIZE_MAX - w->len) {
		refuse(w);
		return;
	}
	if (w->buf != NULL && w->err == 0) {
		if (head_size + size > w->size - w->len)
			w->err = RTMP_ERR_NOBUF;
		else if (head_size != 0)
			memcpy(w->buf + w->len, head, head_size);
		if (w->err == 0 && size != 0)
			memcpy(w->buf + w->len + head_size, body, size);
	}
	w->len += head_size + size;
}

static void
put_marker(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type)
{
	uint8_t marker = (uint8_t)type;

	put(w, &marker, 1, NULL, 0);
}

/* A marker and a count or length of 4 bytes. */
static void
put_long(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type, uint32_t v,
    const char *s, size_t len)
{
	uint8_t head[5];

	head[0] = (uint8_t)type;
	rtmp_put_be32(head + 1, v);
	put(w, head, sizeof(head), s, len);
}

/* A marker and a string whose length has 2 bytes. */
static void
put_short(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type, const char *s,
    size_t len)
{
	uint8_t head[3];

	head[0] = (uint8_t)type;
	rtmp_put_be16(head + 1, (uint32_t)len);
	put(w, head, sizeof(head), s, len);
}

void
rtmp_amf0_put_number(struct rtmp_amf0_writer *w, double v)
{
	uint8_t value[9];

	value[0] = RTMP_AMF0_NUMBER;
	rtmp_put_double(value + 1, v);
	put(w, value, sizeof(value), NULL, 0);
}

void
rtmp_amf0_put_boolean(struct rtmp_amf0_writer *w, int v)
{
	uint8_t value[2];

	value[0] = RTMP_AMF0_BOOLEAN;
	value[1] = v != 0;
	put(w, value, sizeof(value), NULL, 0);
}

void
rtmp_amf0_put_string(struct rtmp_amf0_writer *w, const char *s)
{
	rtmp_amf0_put_string_n(w, s, strlen(s));
}

void
rtmp_amf0_put_string_n(struct rtmp_amf0_writer *w, const char *s, size_t len)
{
	if (len <= SHORT_MAX)
		put_short(w, RTMP_AMF0_STRING, s, len);
	else if ((uint32_t)len == len)
		put_long(w, RTMP_AMF0_LONG_STRING, (uint32_t)len, s, len);
	else
		refuse(w);
}

void
rtmp_amf0_put_null(struct rtmp_amf0_writer *w)
{
	put_marker(w, RTMP_AMF0_NULL);
}

void
rtmp_amf0_put_undefined(struct rtmp_amf0_writer *w)
{
	put_marker(w, RTMP_AMF0_UNDEFINED);
}

void
rtmp_amf0_put_unsupported(struct rtmp_amf0_writer *w)
{
	put_marker(w, RTMP_AMF0_UNSUPPORTED);
}

void
rtmp_amf0_put_reference(struct rtmp_amf0_writer *w, uint16_t index)
{
	uint8_t value[3];

	value[0] = RTMP_AMF0_REFERENCE;
	rtmp_put_be16(value + 1, index);
	put(w, value, sizeof(value), NULL, 0);
}

void
rtmp_amf0_put_date(struct rtmp_amf0_writer *w, double ms, int16_t timezone)
{
	uint8_t value[11];

	value[0] = RTMP_AMF0_DATE;
	rtmp_put_double(value + 1, ms);
	rtmp_put_be16(value + 9, (uint16_t)timezone);
	put(w, value, sizeof(value), NULL, 0);
}

void
rtmp_amf0_put_xml_document(struct rtmp_amf0_writer *w, const char *s,
    size_t len)
{
	if ((uint32_t)len == len)
		put_long(w, RTMP_AMF0_XML_DOCUMENT, (uint32_t)len, s, len);
	else
		refuse(w);
}

void
rtmp_amf0_put_object_begin(struct rtmp_amf0_writer *w)
{
	put_marker(w, RTMP_AMF0_OBJECT);
}

void
rtmp_amf0_put_ecma_array_begin(struct rtmp_amf0_writer *w, uint32_t count)
{
	put_long(w, RTMP_AMF0_ECMA_ARRAY, count, NULL, 0);
}

void
rtmp_amf0_put_typed_object_begin(struct rtmp_amf0_writer *w,
    const char *class_name)
{
	size_t len = strlen(class_name);

	if (len <= SHORT_MAX)
		put_short(w, RTMP_AMF0_TYPED_OBJECT, class_name, len);
	else
		refuse(w);
}

void
rtmp_amf0_put_key(struct rtmp_amf0_writer *w, const char *key)
{
	rtmp_amf0_put_key_n(w, key, strlen(key));
}

void
rtmp_amf0_put_key_n(struct rtmp_amf0_writer *w, const char *key, size_t len)
{
	uint8_t head[2];

	if (len == 0 || len > SHORT_MAX) {
		refuse(w);
		return;
	}
	rtmp_put_be16(head, (uint32_t)len);
	put(w, head, sizeof(head), key, len);
}

void
rtmp_amf0_put_object_end(struct rtmp_amf0_writer *w)
{
	static const uint8_t end[3] = { 0, 0, RTMP_AMF0_OBJECT_END };

	put(w, end, sizeof(end), NULL, 0);
}

void
rtmp_amf0_put_strict_array_begin(struct rtmp_amf0_writer *w, uint32_t count)
{
	put_long(w, RTMP_AMF0_STRICT_ARRAY, count, NULL, 0);
}

void
rtmp_amf0_put_raw(struct rtmp_amf0_writer *w, const uint8_t *data, size_t size)
{
	put(w, NULL, 0, data, size);
}
