#ifndef INSPECT_H
#define INSPECT_H

/*
 * What rtmp-inspect prints: a line for each tag or message, in words or as
 * JSON.
 *
 *     bytes -> message or tag -> inspect_packet(), inspect_message()
 *           -> struct line -> standard output
 */
#include <rtmpio/chunk.h>
#include <rtmpio/flv.h>
#include <rtmpio/media.h>

#ifdef __GNUC__
#define INSPECT_PRINTF __attribute__((format(printf, 2, 3)))
#else
#define INSPECT_PRINTF
#endif

/* ---- Lines ---- */

struct line {
	int json;
	char *buf;
	size_t len, cap;
	int comma; /* JSON: a pair precedes */
};

/* line_begin() to line_end(), which prints; status of cli.h. */
void line_begin(struct line *l, int json);
int line_end(struct line *l);

/* Only in text, and only in JSON. */
void line_text(struct line *l, const char *format, ...) INSPECT_PRINTF;
void line_number(struct line *l, const char *key, double v);
void line_string(struct line *l, const char *key, const char *s);
void line_true(struct line *l, const char *key); /* false is left out */
/* key may be NULL inside of an array; what is '{', '}', '[' or ']'. */
void line_open(struct line *l, const char *key, char what);
void line_close(struct line *l, char what);
/* Both: AMF0 values, whose secrets are hidden. */
void line_amf0(struct line *l, const uint8_t *data, size_t size);
/* Both: as 00 01 02, at most 16 bytes of it. */
void line_hex(struct line *l, const uint8_t *data, size_t size);

/* ---- Secrets ---- */

/* What is printed as "***" wherever a string of AMF0 has it. */
void hide_add(const char *s, size_t len);
/* Nothing is hidden from now on. */
void hide_nothing(void);
/* A copy of AMF0 values without secrets, among them the stream name in a
 * command, which is kept in mind.  Returns its size; out has room for size
 * bytes and 3 for each of its strings, as hide_room() says. */
size_t hide_room(size_t size);
size_t hide_amf0(const uint8_t *data, size_t size, uint8_t *out,
    size_t room);

/* ---- What is printed ---- */

/* "audio", "video", "set chunk size"; and the same as a JSON field. */
const char *inspect_type_name(uint8_t type);
/* What is behind the header of a tag or message: words or fields. */
void inspect_media(struct line *l, uint8_t type, const uint8_t *data,
    size_t size);
void inspect_body(struct line *l, const struct rtmp_message *msg);

#endif
