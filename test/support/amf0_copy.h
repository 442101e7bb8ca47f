#ifndef TEST_AMF0_COPY_H
#define TEST_AMF0_COPY_H

/* Copies AMF0 value by value, each read and written by the call for its type.
 * A header, since the fuzz targets link nothing but the library. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/amf0.h>

static void copy_amf0(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w);

/* The reader does not tell the count of an ECMA array. */
static uint32_t
peek_count(const struct rtmp_amf0_reader *r)
{
	const uint8_t *p = r->pos;

	return r->end - p < 5 ? 0 : (uint32_t)p[1] << 24 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
}

/* A class name with a NUL inside has no form in the writer. */
static void
copy_class(struct rtmp_amf0_writer *w, const char *s, size_t len)
{
	char *name = calloc(1, len + 1);

	if (name == NULL)
		abort();
	memcpy(name, s, len);
	rtmp_amf0_put_typed_object_begin(w, name);
	if (strlen(name) != len)
		w->err = RTMP_ERR_INVAL;
	free(name);
}

static void
copy_object(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w,
    enum rtmp_amf0_type type)
{
	uint32_t count = peek_count(r);
	const char *s;
	size_t len;

	if (rtmp_amf0_enter_object(r, &s, &len) != 0)
		return;
	if (type == RTMP_AMF0_TYPED_OBJECT)
		copy_class(w, s, len);
	else if (type == RTMP_AMF0_ECMA_ARRAY)
		rtmp_amf0_put_ecma_array_begin(w, count);
	else
		rtmp_amf0_put_object_begin(w);
	while (rtmp_amf0_next_key(r, &s, &len) == 1) {
		rtmp_amf0_put_key_n(w, s, len);
		copy_amf0(r, w);
	}
	rtmp_amf0_put_object_end(w);
}

static void
copy_array(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w)
{
	uint32_t count, i;

	if (rtmp_amf0_enter_array(r, &count) != 0)
		return;
	rtmp_amf0_put_strict_array_begin(w, count);
	for (i = 0; i < count && r->err == 0; i++)
		copy_amf0(r, w);
	rtmp_amf0_leave_array(r);
}

static void
copy_scalar(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w,
    enum rtmp_amf0_type type)
{
	const char *s;
	size_t len;
	double number;
	uint16_t index;
	int16_t zone;
	int v;

	if (type == RTMP_AMF0_NUMBER && rtmp_amf0_get_number(r, &number) == 0)
		rtmp_amf0_put_number(w, number);
	if (type == RTMP_AMF0_BOOLEAN && rtmp_amf0_get_boolean(r, &v) == 0)
		rtmp_amf0_put_boolean(w, v);
	if ((type == RTMP_AMF0_STRING || type == RTMP_AMF0_LONG_STRING) &&
	    rtmp_amf0_get_string(r, &s, &len) == 0)
		rtmp_amf0_put_string_n(w, s, len);
	if (type == RTMP_AMF0_XML_DOCUMENT &&
	    rtmp_amf0_get_string(r, &s, &len) == 0)
		rtmp_amf0_put_xml_document(w, s, len);
	if (type == RTMP_AMF0_REFERENCE &&
	    rtmp_amf0_get_reference(r, &index) == 0)
		rtmp_amf0_put_reference(w, index);
	if (type == RTMP_AMF0_DATE &&
	    rtmp_amf0_get_date(r, &number, &zone) == 0)
		rtmp_amf0_put_date(w, number, zone);
}

/* One value; where there is none, or a broken one, r->err is set. */
static void
copy_amf0(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w)
{
	enum rtmp_amf0_type type;
	const uint8_t *raw;
	size_t size;

	if (rtmp_amf0_peek(r, &type) != 1) {
		rtmp_amf0_skip(r);
		return;
	}
	switch (type) {
	case RTMP_AMF0_OBJECT:
	case RTMP_AMF0_ECMA_ARRAY:
	case RTMP_AMF0_TYPED_OBJECT:
		copy_object(r, w, type);
		break;
	case RTMP_AMF0_STRICT_ARRAY:
		copy_array(r, w);
		break;
	case RTMP_AMF0_NULL:
	case RTMP_AMF0_UNDEFINED:
	case RTMP_AMF0_UNSUPPORTED:
	case RTMP_AMF0_AVMPLUS:
		if (rtmp_amf0_get_raw(r, &raw, &size) == 0)
			rtmp_amf0_put_raw(w, raw, size);
		break;
	default:
		copy_scalar(r, w, type);
	}
}

#endif
