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

/* Writes size bytes, or only counts them. */
static void
put(struct rtmp_amf0_writer *w, const void *data, size_t size)
{
	if (w->err != 0 && w->err != RTMP_ERR_NOBUF)
		return;
	if (size > SIZE_MAX - w->len) {
		refuse(w);
		return;
	}
	if (w->buf != NULL && w->err == 0) {
		if (size > w->size - w->len)
			w->err = RTMP_ERR_NOBUF;
		else if (size != 0)
			memcpy(w->buf + w->len, data, size);
	}
	w->len += size;
}

/* The size lowest bytes of v. */
static void
put_integer(struct rtmp_amf0_writer *w, uint64_t v, size_t size)
{
	uint8_t bytes[8];
	size_t i;

	for (i = size; i != 0; v >>= 8)
		bytes[--i] = (uint8_t)v;
	put(w, bytes, size);
}

/* A marker, and an integer of size bytes, which may be 0. */
static void
put_value(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type, uint64_t v,
    size_t size)
{
	put_integer(w, type, 1);
	put_integer(w, v, size);
}

static void
put_double(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_value(w, type, bits, sizeof(bits));
}

/* A marker, and a string behind its length, which has 2 or 4 bytes. */
static void
put_sized(struct rtmp_amf0_writer *w, enum rtmp_amf0_type type,
    size_t length_size, const char *s, size_t len)
{
	if (len > (length_size == 2 ? SHORT_MAX : UINT32_MAX)) {
		refuse(w);
		return;
	}
	put_value(w, type, len, length_size);
	put(w, s, len);
}

void
rtmp_amf0_put_number(struct rtmp_amf0_writer *w, double v)
{
	put_double(w, RTMP_AMF0_NUMBER, v);
}

void
rtmp_amf0_put_boolean(struct rtmp_amf0_writer *w, int v)
{
	put_value(w, RTMP_AMF0_BOOLEAN, v != 0, 1);
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
		put_sized(w, RTMP_AMF0_STRING, 2, s, len);
	else
		put_sized(w, RTMP_AMF0_LONG_STRING, 4, s, len);
}

void
rtmp_amf0_put_null(struct rtmp_amf0_writer *w)
{
	put_integer(w, RTMP_AMF0_NULL, 1);
}

void
rtmp_amf0_put_undefined(struct rtmp_amf0_writer *w)
{
	put_integer(w, RTMP_AMF0_UNDEFINED, 1);
}

void
rtmp_amf0_put_unsupported(struct rtmp_amf0_writer *w)
{
	put_integer(w, RTMP_AMF0_UNSUPPORTED, 1);
}

void
rtmp_amf0_put_reference(struct rtmp_amf0_writer *w, uint16_t index)
{
	put_value(w, RTMP_AMF0_REFERENCE, index, 2);
}

void
rtmp_amf0_put_date(struct rtmp_amf0_writer *w, double ms, int16_t timezone)
{
	put_double(w, RTMP_AMF0_DATE, ms);
	put_integer(w, (uint16_t)timezone, 2);
}

void
rtmp_amf0_put_xml_document(struct rtmp_amf0_writer *w, const char *s,
    size_t len)
{
	put_sized(w, RTMP_AMF0_XML_DOCUMENT, 4, s, len);
}

void
rtmp_amf0_put_object_begin(struct rtmp_amf0_writer *w)
{
	put_integer(w, RTMP_AMF0_OBJECT, 1);
}

void
rtmp_amf0_put_ecma_array_begin(struct rtmp_amf0_writer *w, uint32_t count)
{
	put_value(w, RTMP_AMF0_ECMA_ARRAY, count, 4);
}

void
rtmp_amf0_put_typed_object_begin(struct rtmp_amf0_writer *w,
    const char *class_name)
{
	put_sized(w, RTMP_AMF0_TYPED_OBJECT, 2, class_name,
	    strlen(class_name));
}

void
rtmp_amf0_put_key(struct rtmp_amf0_writer *w, const char *key)
{
	rtmp_amf0_put_key_n(w, key, strlen(key));
}

void
rtmp_amf0_put_key_n(struct rtmp_amf0_writer *w, const char *key, size_t len)
{
	if (len == 0 || len > SHORT_MAX) {
		refuse(w);
		return;
	}
	put_integer(w, len, 2);
	put(w, key, len);
}

void
rtmp_amf0_put_object_end(struct rtmp_amf0_writer *w)
{
	put_integer(w, RTMP_AMF0_OBJECT_END, 3); /* behind an empty key */
}

void
rtmp_amf0_put_strict_array_begin(struct rtmp_amf0_writer *w, uint32_t count)
{
	put_value(w, RTMP_AMF0_STRICT_ARRAY, count, 4);
}

void
rtmp_amf0_put_raw(struct rtmp_amf0_writer *w, const uint8_t *data, size_t size)
{
	put(w, data, size);
}
