/*
 * The AMF0 reader; amf0_writer.c has the figure of all values.  What real
 * senders make of the pairs of an object (AMF 0, sections 2.5, 2.10, 2.11):
 *
 *     length (2) | key | value     a pair; the key may be empty
 *     00 00 09                     the end
 *     no bytes at all              the end, too
 *     an ECMA array's count        anything: it is not used
 */
#include <rtmpio/amf0.h>

#include "base/wire.h"

void
rtmp_amf0_reader_init(struct rtmp_amf0_reader *r, const uint8_t *data,
    size_t size)
{
	r->pos = data;
	r->end = size != 0 ? data + size : data;
	r->depth = 0;
	r->depth_max = RTMP_AMF0_DEPTH_MAX;
	r->count = 0;
	r->count_max = RTMP_AMF0_COUNT_MAX;
	r->err = 0;
}

static int
fail(struct rtmp_amf0_reader *r, int err)
{
	if (r->err == 0)
		r->err = err;
	return r->err;
}

static size_t
left(const struct rtmp_amf0_reader *r)
{
	return (size_t)(r->end - r->pos);
}

/* The next size bytes, or NULL. */
static const uint8_t *
take(struct rtmp_amf0_reader *r, size_t size)
{
	const uint8_t *p = r->pos;

	if (left(r) < size) {
		fail(r, RTMP_ERR_PROTO);
		return NULL;
	}
	r->pos += size;
	return p;
}

/* A string behind its length, which has 2 or 4 bytes. */
static int
take_string(struct rtmp_amf0_reader *r, size_t length_size, const char **s,
    size_t *len)
{
	const uint8_t *p = take(r, length_size);
	size_t n;

	if (p == NULL)
		return r->err;
	n = length_size == 2 ? rtmp_get_be16(p) : rtmp_get_be32(p);
	p = take(r, n);
	if (p == NULL)
		return r->err;
	*s = (const char *)p;
	*len = n;
	return 0;
}

int
rtmp_amf0_peek(struct rtmp_amf0_reader *r, enum rtmp_amf0_type *type)
{
	if (r->err != 0)
		return r->err;
	if (r->pos == r->end)
		return 0;
	switch (*r->pos) {
	case RTMP_AMF0_MOVIECLIP:
	case RTMP_AMF0_RECORDSET:
	case RTMP_AMF0_OBJECT_END: /* next_key takes those in their place */
		return fail(r, RTMP_ERR_PROTO);
	default:
		if (*r->pos > RTMP_AMF0_AVMPLUS)
			return fail(r, RTMP_ERR_PROTO);
		*type = (enum rtmp_amf0_type)*r->pos;
		return 1;
	}
}

#define TYPE(name) (1u << RTMP_AMF0_##name)
#define STRINGS (TYPE(STRING) | TYPE(LONG_STRING) | TYPE(XML_DOCUMENT))
#define OBJECTS (TYPE(OBJECT) | TYPE(ECMA_ARRAY) | TYPE(TYPED_OBJECT))

/* Every value is begun here, and counted; its type is one of types.  Returns
 * it, or the error. */
static int
take_marker(struct rtmp_amf0_reader *r, uint32_t types)
{
	enum rtmp_amf0_type type;
	int rc = rtmp_amf0_peek(r, &type);

	if (rc < 0)
		return rc;
	if (rc == 1) {
		if (r->count >= r->count_max)
			return fail(r, RTMP_ERR_LIMIT);
		r->count++;
		r->pos++;
		if ((types >> type & 1) != 0)
			return (int)type;
	}
	return fail(r, RTMP_ERR_PROTO);
}

/* What follows the marker of a value of fixed size, or NULL. */
static const uint8_t *
take_value(struct rtmp_amf0_reader *r, enum rtmp_amf0_type type, size_t size)
{
	return take_marker(r, 1u << type) < 0 ? NULL : take(r, size);
}

int
rtmp_amf0_get_number(struct rtmp_amf0_reader *r, double *v)
{
	const uint8_t *p = take_value(r, RTMP_AMF0_NUMBER, 8);

	if (p == NULL)
		return r->err;
	*v = rtmp_get_double(p);
	return 0;
}

int
rtmp_amf0_get_boolean(struct rtmp_amf0_reader *r, int *v)
{
	const uint8_t *p = take_value(r, RTMP_AMF0_BOOLEAN, 1);

	if (p == NULL)
		return r->err;
	*v = p[0] != 0;
	return 0;
}

int
rtmp_amf0_get_string(struct rtmp_amf0_reader *r, const char **s, size_t *len)
{
	int type = take_marker(r, STRINGS);

	return type < 0 ? type :
	    take_string(r, type == RTMP_AMF0_STRING ? 2 : 4, s, len);
}

int
rtmp_amf0_get_reference(struct rtmp_amf0_reader *r, uint16_t *index)
{
	const uint8_t *p = take_value(r, RTMP_AMF0_REFERENCE, 2);

	if (p == NULL)
		return r->err;
	*index = rtmp_get_be16(p);
	return 0;
}

int
rtmp_amf0_get_date(struct rtmp_amf0_reader *r, double *ms, int16_t *timezone)
{
	const uint8_t *p = take_value(r, RTMP_AMF0_DATE, 10);

	if (p == NULL)
		return r->err;
	*ms = rtmp_get_double(p);
	*timezone = (int16_t)rtmp_get_be16(p + 8);
	return 0;
}

/* The library's own maximum holds even where the caller raised depth_max,
 * since skipping and printing recurse as deep as the data. */
static int
enter(struct rtmp_amf0_reader *r)
{
	if (r->depth >= r->depth_max || r->depth >= RTMP_AMF0_DEPTH_MAX)
		return fail(r, RTMP_ERR_LIMIT);
	r->depth++;
	return 0;
}

static void
leave(struct rtmp_amf0_reader *r)
{
	if (r->depth != 0)
		r->depth--;
}

int
rtmp_amf0_enter_object(struct rtmp_amf0_reader *r, const char **name,
    size_t *len)
{
	const char *class_name = "";
	size_t class_len = 0;

	switch (take_marker(r, OBJECTS)) {
	case RTMP_AMF0_ECMA_ARRAY:
		take(r, 4);
		break;
	case RTMP_AMF0_TYPED_OBJECT:
		take_string(r, 2, &class_name, &class_len);
		break;
	default:
		break;
	}
	if (r->err != 0 || enter(r) != 0)
		return r->err;
	if (name != NULL)
		*name = class_name;
	if (len != NULL)
		*len = class_len;
	return 0;
}

int
rtmp_amf0_next_key(struct rtmp_amf0_reader *r, const char **key, size_t *len)
{
	static const uint8_t end[3] = { 0, 0, RTMP_AMF0_OBJECT_END };

	if (r->err != 0)
		return r->err;
	if (r->pos == r->end) {
		leave(r);
		return 0;
	}
	if (r->depth != 0 && left(r) >= sizeof(end) &&
	    memcmp(r->pos, end, sizeof(end)) == 0) {
		r->pos += sizeof(end);
		leave(r);
		return 0;
	}
	return take_string(r, 2, key, len) != 0 ? r->err : 1;
}

int
rtmp_amf0_enter_array(struct rtmp_amf0_reader *r, uint32_t *count)
{
	const uint8_t *p = take_value(r, RTMP_AMF0_STRICT_ARRAY, 4);
	uint32_t n;

	if (p == NULL)
		return r->err;
	n = rtmp_get_be32(p);
	if (n > left(r))
		return fail(r, RTMP_ERR_PROTO);
	if (n > r->count_max - r->count)
		return fail(r, RTMP_ERR_LIMIT);
	if (enter(r) != 0)
		return r->err;
	*count = n;
	return 0;
}

void
rtmp_amf0_leave_array(struct rtmp_amf0_reader *r)
{
	if (r->err == 0)
		leave(r);
}

/* The size of what follows the marker of the types that have no length. */
static size_t
fixed_size(enum rtmp_amf0_type type)
{
	switch (type) {
	case RTMP_AMF0_NUMBER:
		return 8;
	case RTMP_AMF0_BOOLEAN:
		return 1;
	case RTMP_AMF0_REFERENCE:
		return 2;
	case RTMP_AMF0_DATE:
		return 10;
	default: /* null, undefined, unsupported */
		return 0;
	}
}

static int skip_value(struct rtmp_amf0_reader *r);

static int
skip_object(struct rtmp_amf0_reader *r)
{
	int rc = rtmp_amf0_enter_object(r, NULL, NULL), amf3 = 0;
	const char *key;
	size_t len;

	if (rc != 0)
		return rc;
	while ((rc = rtmp_amf0_next_key(r, &key, &len)) == 1)
		amf3 = skip_value(r);
	return rc < 0 ? rc : amf3;
}

static int
skip_array(struct rtmp_amf0_reader *r)
{
	uint32_t count = 0, i;
	int rc = rtmp_amf0_enter_array(r, &count);

	for (i = 0; rc == 0 && i < count; i++)
		rc = skip_value(r);
	rtmp_amf0_leave_array(r);
	return rc;
}

/* Returns 1 when AMF3 took all that is left, so that the containers around it
 * end, too.  Where there is no value, taking the null fails.  The depth limit
 * bounds the recursion. */
static int
skip_value(struct rtmp_amf0_reader *r)
{
	enum rtmp_amf0_type type = RTMP_AMF0_NULL;
	const char *s;
	size_t len;
	int rc = rtmp_amf0_peek(r, &type);

	if (rc < 0)
		return rc;
	if ((OBJECTS >> type & 1) != 0)
		return skip_object(r);
	if ((STRINGS >> type & 1) != 0)
		return rtmp_amf0_get_string(r, &s, &len);
	if (type == RTMP_AMF0_STRICT_ARRAY)
		return skip_array(r);
	if (type == RTMP_AMF0_AVMPLUS)
		return take_value(r, type, left(r) - 1) != NULL ? 1 : r->err;
	take_value(r, type, fixed_size(type));
	return r->err;
}

int
rtmp_amf0_skip(struct rtmp_amf0_reader *r)
{
	int rc = skip_value(r);

	return rc < 0 ? rc : 0;
}

int
rtmp_amf0_get_raw(struct rtmp_amf0_reader *r, const uint8_t **data,
    size_t *size)
{
	const uint8_t *start = r->pos;
	int rc = rtmp_amf0_skip(r);

	if (rc != 0)
		return rc;
	*data = start;
	*size = (size_t)(r->pos - start);
	return 0;
}

int
rtmp_amf0_find(const uint8_t *data, size_t size, const char *key,
    struct rtmp_amf0_reader *value)
{
	size_t key_len = strlen(key), len = 0;
	enum rtmp_amf0_type type;
	const char *s = NULL;
	int rc;

	rtmp_amf0_reader_init(value, data, size);
	rc = rtmp_amf0_enter_object(value, NULL, NULL);
	if (rc != 0)
		return rc;
	while ((rc = rtmp_amf0_next_key(value, &s, &len)) == 1) {
		if (len == key_len && memcmp(s, key, len) == 0)
			break;
		rtmp_amf0_skip(value);
	}
	if (rc != 1)
		return rc;
	rc = rtmp_amf0_peek(value, &type);
	return rc != 0 ? rc : fail(value, RTMP_ERR_PROTO);
}
