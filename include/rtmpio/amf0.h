#ifndef RTMPIO_AMF0_H
#define RTMPIO_AMF0_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * AMF0 without a tree: a writer appends values to a buffer, a reader walks
 * over them.  Errors stick: the first one is kept in err and every later call
 * does nothing, so that a run of calls needs one check at its end.
 *
 * The names follow "Action Message Format - AMF 0", section 2.1.
 */
enum rtmp_amf0_type {
	RTMP_AMF0_NUMBER = 0x00,
	RTMP_AMF0_BOOLEAN = 0x01,
	RTMP_AMF0_STRING = 0x02,
	RTMP_AMF0_OBJECT = 0x03,
	RTMP_AMF0_MOVIECLIP = 0x04, /* reserved: an error */
	RTMP_AMF0_NULL = 0x05,
	RTMP_AMF0_UNDEFINED = 0x06,
	RTMP_AMF0_REFERENCE = 0x07,
	RTMP_AMF0_ECMA_ARRAY = 0x08,
	RTMP_AMF0_OBJECT_END = 0x09, /* where no object is open: an error */
	RTMP_AMF0_STRICT_ARRAY = 0x0a,
	RTMP_AMF0_DATE = 0x0b,
	RTMP_AMF0_LONG_STRING = 0x0c,
	RTMP_AMF0_UNSUPPORTED = 0x0d,
	RTMP_AMF0_RECORDSET = 0x0e, /* reserved: an error */
	RTMP_AMF0_XML_DOCUMENT = 0x0f,
	RTMP_AMF0_TYPED_OBJECT = 0x10,
	RTMP_AMF0_AVMPLUS = 0x11 /* the switch to AMF3 */
};

/* ---- Writer ---- */

struct rtmp_amf0_writer {
	uint8_t *buf; /* NULL: only count */
	size_t size;
	size_t len; /* bytes written; past size, bytes needed */
	int err;    /* 0, RTMP_ERR_NOBUF or RTMP_ERR_INVAL */
};

/* With buf NULL nothing is written and len counts what would be.  When the
 * buffer is too small err is RTMP_ERR_NOBUF and len goes on counting. */
RTMP_API void rtmp_amf0_writer_init(struct rtmp_amf0_writer *w, uint8_t *buf,
    size_t size);
RTMP_API void rtmp_amf0_put_number(struct rtmp_amf0_writer *w, double v);
RTMP_API void rtmp_amf0_put_boolean(struct rtmp_amf0_writer *w, int v);
/* Strings are UTF-8; above 65535 bytes they become long strings. */
RTMP_API void rtmp_amf0_put_string(struct rtmp_amf0_writer *w, const char *s);
RTMP_API void rtmp_amf0_put_string_n(struct rtmp_amf0_writer *w,
    const char *s, size_t len);
RTMP_API void rtmp_amf0_put_null(struct rtmp_amf0_writer *w);
RTMP_API void rtmp_amf0_put_undefined(struct rtmp_amf0_writer *w);
RTMP_API void rtmp_amf0_put_unsupported(struct rtmp_amf0_writer *w);
RTMP_API void rtmp_amf0_put_reference(struct rtmp_amf0_writer *w,
    uint16_t index);
/* Milliseconds since 1970-01-01 UTC; timezone is reserved, normally 0. */
RTMP_API void rtmp_amf0_put_date(struct rtmp_amf0_writer *w, double ms,
    int16_t timezone);
RTMP_API void rtmp_amf0_put_xml_document(struct rtmp_amf0_writer *w,
    const char *s, size_t len);

/* object_begin, (put_key, one value)*, object_end.  The same holds for an ECMA
 * array, whose count is a hint, and for a typed object. */
RTMP_API void rtmp_amf0_put_object_begin(struct rtmp_amf0_writer *w);
RTMP_API void rtmp_amf0_put_ecma_array_begin(struct rtmp_amf0_writer *w,
    uint32_t count);
RTMP_API void rtmp_amf0_put_typed_object_begin(struct rtmp_amf0_writer *w,
    const char *class_name);
/* A key is at most 65535 bytes and not empty, else RTMP_ERR_INVAL. */
RTMP_API void rtmp_amf0_put_key(struct rtmp_amf0_writer *w, const char *key);
RTMP_API void rtmp_amf0_put_key_n(struct rtmp_amf0_writer *w,
    const char *key, size_t len);
RTMP_API void rtmp_amf0_put_object_end(struct rtmp_amf0_writer *w);

/* Exactly count values follow; there is no end to be put. */
RTMP_API void rtmp_amf0_put_strict_array_begin(struct rtmp_amf0_writer *w,
    uint32_t count);

/* Appends what is AMF0 already: one value, several, or key-value pairs. */
RTMP_API void rtmp_amf0_put_raw(struct rtmp_amf0_writer *w,
    const uint8_t *data, size_t size);

/* ---- Reader ---- */

#define RTMP_AMF0_DEPTH_MAX 32	    /* nested containers: stack exhaustion */
#define RTMP_AMF0_COUNT_MAX 65536   /* values in one reader: time */

struct rtmp_amf0_reader {
	const uint8_t *pos;
	const uint8_t *end;
	unsigned depth;	    /* containers entered and not yet left */
	unsigned depth_max; /* RTMP_AMF0_DEPTH_MAX; may be lowered */
	uint32_t count;	    /* values met so far */
	uint32_t count_max; /* RTMP_AMF0_COUNT_MAX; may be set after init */
	int err;	    /* 0, RTMP_ERR_PROTO or RTMP_ERR_LIMIT */
};

/* data is held: strings that the reader hands out point into it. */
RTMP_API void rtmp_amf0_reader_init(struct rtmp_amf0_reader *r,
    const uint8_t *data, size_t size);

/* The type of the next value: 1 and *type, 0 at the end of the data, or the
 * error.  A marker that the specification does not name is RTMP_ERR_PROTO. */
RTMP_API int rtmp_amf0_peek(struct rtmp_amf0_reader *r,
    enum rtmp_amf0_type *type);

/*
 * Each takes one value of its type and returns 0; a value of another type, or
 * none, is RTMP_ERR_PROTO.  Strings are not NUL-terminated.  get_string takes
 * long strings and XML documents, too.  On error what the pointers point to is
 * left alone.
 */
RTMP_API int rtmp_amf0_get_number(struct rtmp_amf0_reader *r, double *v);
RTMP_API int rtmp_amf0_get_boolean(struct rtmp_amf0_reader *r, int *v);
RTMP_API int rtmp_amf0_get_string(struct rtmp_amf0_reader *r, const char **s,
    size_t *len);
RTMP_API int rtmp_amf0_get_reference(struct rtmp_amf0_reader *r,
    uint16_t *index);
RTMP_API int rtmp_amf0_get_date(struct rtmp_amf0_reader *r, double *ms,
    int16_t *timezone);

/*
 * Enters an object, a typed object (*name, *len is its class, "" for others;
 * both may be NULL) or an ECMA array, whose count is ignored because real ones
 * are wrong.  Returns 0 or the error.  Then next_key returns 1 per key, 0 at
 * the end, whose marker is consumed; data that ends between two pairs ends the
 * object, too.  After each key the value must be read, entered or skipped.
 *
 * Where nothing is entered next_key reads pairs without an object around them
 * and without an end marker.
 */
RTMP_API int rtmp_amf0_enter_object(struct rtmp_amf0_reader *r,
    const char **name, size_t *len);
RTMP_API int rtmp_amf0_next_key(struct rtmp_amf0_reader *r, const char **key,
    size_t *len);

/* Enters a strict array: 0 with *count values to be read, or the error; a
 * count that the data cannot hold is RTMP_ERR_PROTO.  leave_array is called
 * behind the last of them. */
RTMP_API int rtmp_amf0_enter_array(struct rtmp_amf0_reader *r,
    uint32_t *count);
RTMP_API void rtmp_amf0_leave_array(struct rtmp_amf0_reader *r);

/* Skips one value of any type, nested ones too.  AMF3 data has a length only
 * for its own parser: behind the avmplus marker all that is left is skipped.
 * Returns 0 or the error. */
RTMP_API int rtmp_amf0_skip(struct rtmp_amf0_reader *r);

/* The bytes of the next value, marker included, which is skipped. */
RTMP_API int rtmp_amf0_get_raw(struct rtmp_amf0_reader *r,
    const uint8_t **data, size_t *size);

/*
 * Searches the object, ECMA array or typed object at data, not those nested in
 * it, for the first pair with this key.  Returns 1 with *value placed on its
 * value, 0 when there is no such key, or the error, which is RTMP_ERR_PROTO
 * where data holds another type.  value needs no init; data is held by it.
 */
RTMP_API int rtmp_amf0_find(const uint8_t *data, size_t size,
    const char *key, struct rtmp_amf0_reader *value);

/* ---- Printing ---- */

/*
 * Writes all values of data as text, "connect" 1 {app: "live"}, or as one
 * JSON array, ["connect",1,{"app":"live"}], NUL-terminated.  In JSON an ECMA
 * array is an object, undefined and unsupported are null, a date is its
 * number, NaN and infinities are null, a reference is {"$ref":n}, AMF3 is
 * {"$amf3":"hex"}, a typed object has its class as "$class".  In text these
 * are ecma{}, undefined, unsupported, date(ms), NaN, ref(n), amf3(hex) and
 * class{}.
 *
 * Control characters and broken UTF-8 come out escaped; in JSON the latter is
 * \ufffd.  Numbers read back as the same double, whatever the locale.
 *
 * *len, which may be NULL, receives the length needed without the NUL; buf may
 * be NULL when buf_size is 0.  Returns 0; RTMP_ERR_NOBUF, with what fits in
 * buf; RTMP_ERR_PROTO or RTMP_ERR_LIMIT for broken data, with what precedes
 * the fault in buf, as valid JSON if that fits: the broken value may be null,
 * and what is open is closed.
 */
RTMP_API int rtmp_amf0_to_text(const uint8_t *data, size_t size, char *buf,
    size_t buf_size, size_t *len);
RTMP_API int rtmp_amf0_to_json(const uint8_t *data, size_t size, char *buf,
    size_t buf_size, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
