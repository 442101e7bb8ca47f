/*
 * Stream names are keys at most services: who knows one can publish.  They are
 * in commands, in what a server says about them, and in URLs.
 *
 *     "publish" 5 null "***" "live"
 *     "onStatus" 0 null {description: "*** is now published", details: "***"}
 */
#include <string.h>

#include <rtmpio/amf0.h>

#include "inspect.h"

#define SECRETS_MAX 64
#define SECRET_SIZE 2048
#define STARS "***"

static struct {
	char text[SECRET_SIZE];
	size_t len;
} secrets[SECRETS_MAX]; /* the longest first */
static int count, shown;

void
hide_nothing(void)
{
	shown = 1;
}

void
hide_add(const char *s, size_t len)
{
	int i;

	if (len == 0 || len > SECRET_SIZE || shown)
		return;
	for (i = 0; i < count; i++)
		if (secrets[i].len == len &&
		    memcmp(secrets[i].text, s, len) == 0)
			return;
	/* The last one, the shortest, makes way. */
	i = count < SECRETS_MAX ? count++ : SECRETS_MAX - 1;
	for (; i > 0 && secrets[i - 1].len < len; i--)
		secrets[i] = secrets[i - 1];
	memcpy(secrets[i].text, s, len);
	secrets[i].len = len;
}

static int
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* The length of the secret at s[at]; one of a few letters counts as a word
 * only. */
static size_t
secret_at(const char *s, size_t len, size_t at)
{
	size_t n;
	int i;

	for (i = 0; i < count; i++) {
		n = secrets[i].len;
		if (n > len - at || memcmp(s + at, secrets[i].text, n) != 0)
			continue;
		if (n >= 4 || ((at == 0 || !is_word(s[at - 1])) &&
		    (at + n == len || !is_word(s[at + n]))))
			return n;
	}
	return 0;
}

/* ---- Where secrets are ---- */

static int
is(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

/* Commands whose fourth value is a stream name. */
static int
names_stream(const char *s, size_t len)
{
	static const char *const names[] = { "publish", "play", "play2",
		"releaseStream", "FCPublish", "FCUnpublish", "FCSubscribe",
		"FCUnsubscribe", "getStreamLength", "deleteStream",
		"closeStream", "onFCPublish", "onFCUnpublish" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is(s, len, names[i]))
			return 1;
	return 0;
}

/* A stream name, and what of it the server may repeat alone: without its
 * query, and the values of that. */
static void
add_stream(const char *s, size_t len)
{
	const char *end = s + len, *p = memchr(s, '?', len), *next;

	hide_add(s, len);
	if (p == NULL)
		return;
	hide_add(s, (size_t)(p - s));
	for (p++; p < end; p = next + 1) {
		next = memchr(p, '&', (size_t)(end - p));
		if (next == NULL)
			next = end;
		s = memchr(p, '=', (size_t)(next - p));
		if (s != NULL)
			hide_add(s + 1, (size_t)(next - s) - 1);
	}
}

/* Of a URL or app: the query, and user and password. */
static void
add_url(const char *s, size_t len)
{
	const char *query = memchr(s, '?', len), *at, *host;
	size_t i;

	if (query != NULL)
		hide_add(query + 1, (size_t)(s + len - query) - 1);
	for (i = 0; i + 3 < len && memcmp(s + i, "://", 3) != 0; i++)
		;
	if (i + 3 >= len)
		return;
	host = s + i + 3;
	at = memchr(host, '@', len - i - 3);
	if (at != NULL && memchr(host, '/', (size_t)(at - host)) == NULL)
		hide_add(host, (size_t)(at - host));
}

static void
find_in_object(struct rtmp_amf0_reader *r)
{
	const char *key, *s;
	size_t key_len, len;
	enum rtmp_amf0_type type;

	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &key, &key_len) == 1) {
		if (rtmp_amf0_peek(r, &type) != 1 ||
		    type != RTMP_AMF0_STRING) {
			rtmp_amf0_skip(r);
			continue;
		}
		if (rtmp_amf0_get_string(r, &s, &len) != 0)
			break;
		if (is(key, key_len, "details"))
			add_stream(s, len);
		else if (is(key, key_len, "app") ||
		    is(key, key_len, "tcUrl") ||
		    is(key, key_len, "swfUrl") ||
		    is(key, key_len, "pageUrl"))
			add_url(s, len);
	}
}

static void
find_secrets(const uint8_t *data, size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	const char *s;
	size_t len;
	int i, names = 0;

	rtmp_amf0_reader_init(&r, data, size);
	for (i = 0; rtmp_amf0_peek(&r, &type) == 1; i++) {
		if (type == RTMP_AMF0_OBJECT || type == RTMP_AMF0_ECMA_ARRAY) {
			find_in_object(&r);
		} else if (type == RTMP_AMF0_STRING && (i == 0 || i == 3)) {
			if (rtmp_amf0_get_string(&r, &s, &len) != 0)
				return;
			if (i == 0)
				names = names_stream(s, len);
			else if (names)
				add_stream(s, len);
		} else if (rtmp_amf0_skip(&r) != 0) {
			return;
		}
	}
}

/* ---- The copy ---- */

static void
copy_string(struct rtmp_amf0_writer *w, const char *s, size_t len)
{
	char out[65536];
	size_t i, n, used = 0;

	for (i = 0; i < len && used + sizeof(STARS) < sizeof(out);) {
		n = secret_at(s, len, i);
		if (n != 0) {
			memcpy(out + used, STARS, sizeof(STARS) - 1);
			used += sizeof(STARS) - 1;
			i += n;
		} else {
			out[used++] = s[i++];
		}
	}
	rtmp_amf0_put_string_n(w, out, used);
}

static void copy_value(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w);

static void
copy_object(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w,
    enum rtmp_amf0_type type)
{
	static const uint8_t no_key[2];
	const char *key;
	size_t len;

	if (rtmp_amf0_enter_object(r, NULL, NULL) != 0)
		return;
	if (type == RTMP_AMF0_ECMA_ARRAY)
		rtmp_amf0_put_ecma_array_begin(w, 0);
	else
		rtmp_amf0_put_object_begin(w);
	while (rtmp_amf0_next_key(r, &key, &len) == 1) {
		if (len != 0)
			rtmp_amf0_put_key_n(w, key, len);
		else
			rtmp_amf0_put_raw(w, no_key, sizeof(no_key));
		copy_value(r, w);
	}
	rtmp_amf0_put_object_end(w);
}

static void
copy_array(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w)
{
	uint32_t n;

	if (rtmp_amf0_enter_array(r, &n) != 0)
		return;
	rtmp_amf0_put_strict_array_begin(w, n);
	for (; n != 0 && r->err == 0; n--)
		copy_value(r, w);
	rtmp_amf0_leave_array(r);
}

/* The reader's limit of nesting ends the recursion. */
static void
copy_value(struct rtmp_amf0_reader *r, struct rtmp_amf0_writer *w)
{
	enum rtmp_amf0_type type;
	const uint8_t *raw;
	const char *s;
	size_t len;

	if (rtmp_amf0_peek(r, &type) != 1)
		return;
	if (type == RTMP_AMF0_STRING) {
		if (rtmp_amf0_get_string(r, &s, &len) == 0)
			copy_string(w, s, len);
	} else if (type == RTMP_AMF0_OBJECT || type == RTMP_AMF0_ECMA_ARRAY) {
		copy_object(r, w, type);
	} else if (type == RTMP_AMF0_STRICT_ARRAY) {
		copy_array(r, w);
	} else if (rtmp_amf0_get_raw(r, &raw, &len) == 0) {
		rtmp_amf0_put_raw(w, raw, len);
	}
}

size_t
hide_room(size_t size)
{
	/* A secret of one letter becomes three. */
	return 3 * size + 64;
}

size_t
hide_amf0(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
	struct rtmp_amf0_reader r;
	struct rtmp_amf0_writer w;
	enum rtmp_amf0_type type;

	if (!shown)
		find_secrets(data, size);
	if (count == 0) {
		memcpy(out, data, size);
		return size;
	}
	rtmp_amf0_reader_init(&r, data, size);
	rtmp_amf0_writer_init(&w, out, room - 1);
	while (rtmp_amf0_peek(&r, &type) == 1)
		copy_value(&r, &w);
	if (w.err != 0)
		w.len = 0;
	/* What is broken stays so, but its rest may hold a secret. */
	if (r.err != 0 || w.err != 0)
		out[w.len++] = RTMP_AMF0_OBJECT_END;
	return w.len;
}
