/*
 * What each side says that it can take: Enhanced RTMP v2, "Enhancing
 * NetConnection connect Command".
 */
#include <string.h>

#include <rtmpio/capabilities.h>
#include "base/wire.h"
#include "session/internal.h"

#define CAN_ALL (RTMP_CAN_DECODE | RTMP_CAN_ENCODE | RTMP_CAN_FORWARD)
/* Codecs without a name here get what is left, so that a peer which names
 * thousands of them cannot keep those with a name out. */
#define KNOWN_OF_A_KIND 6
#define OTHERS_MAX (RTMP_CAPABILITY_CODECS - KNOWN_OF_A_KIND - 1)

static const struct {
	char name[5];
	uint32_t kind; /* RTMP_STATED_ */
} known[] = {
	{ "avc1", RTMP_STATED_VIDEO }, { "hvc1", RTMP_STATED_VIDEO },
	{ "vvc1", RTMP_STATED_VIDEO }, { "av01", RTMP_STATED_VIDEO },
	{ "vp09", RTMP_STATED_VIDEO }, { "vp08", RTMP_STATED_VIDEO },
	{ "mp4a", RTMP_STATED_AUDIO }, { "Opus", RTMP_STATED_AUDIO },
	{ "fLaC", RTMP_STATED_AUDIO }, { "ac-3", RTMP_STATED_AUDIO },
	{ "ec-3", RTMP_STATED_AUDIO }, { ".mp3", RTMP_STATED_AUDIO },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static uint32_t
known_fourcc(size_t i)
{
	return rtmp_get_be32((const uint8_t *)known[i].name);
}

/* RTMP_STATED_VIDEO or _AUDIO, or 0 for a codec without a name here. */
static uint32_t
kind_of(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (known_fourcc(i) == fourcc)
			return known[i].kind;
	return 0;
}

static const struct rtmp_codec_capability *
find(const struct rtmp_codec_capability *codecs, uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < RTMP_CAPABILITY_CODECS && codecs[i].fourcc != 0; i++)
		if (codecs[i].fourcc == fourcc)
			return &codecs[i];
	return NULL;
}

/* ---- Ours ---- */

const struct rtmp_capabilities rtmp_library_capabilities = {
	sizeof(rtmp_library_capabilities),
	RTMP_STATED_VIDEO | RTMP_STATED_AUDIO | RTMP_STATED_CAPS_EX |
	    RTMP_STATED_VIDEO_FUNCTION,
	RTMP_CAPS_MULTITRACK | RTMP_CAPS_MODEX | RTMP_CAPS_TIMESTAMP_NANO,
	RTMP_VIDEO_CLIENT_SEEK | RTMP_VIDEO_CLIENT_METADATA,
	{ { RTMP_FOURCC_ANY, RTMP_CAN_FORWARD } },
	{ { RTMP_FOURCC_ANY, RTMP_CAN_FORWARD } },
};

void
rtmp_capabilities_init(struct rtmp_capabilities *c, size_t struct_size)
{
	rtmp_struct_give(c, struct_size, &rtmp_library_capabilities,
	    sizeof(*c));
}

void
rtmp_capabilities_take(struct rtmp_capabilities *c,
    const struct rtmp_capabilities *given)
{
	memset(c, 0, sizeof(*c));
	rtmp_struct_take(c, sizeof(*c), given);
}

/* ---- Questions ---- */

enum rtmp_answer
rtmp_capabilities_codec(const struct rtmp_capabilities *c, uint32_t fourcc,
    uint32_t can)
{
	const struct rtmp_codec_capability *codecs, *own, *any;
	uint32_t kind = kind_of(fourcc), have;

	if (c == NULL)
		return RTMP_UNKNOWN;
	codecs = kind == RTMP_STATED_AUDIO ||
	    (kind == 0 && find(c->audio, fourcc) != NULL) ? c->audio :
	    c->video;
	own = find(codecs, fourcc);
	/* What kind a codec without a name here is of, its map tells. */
	if (kind == 0 ? own == NULL : (c->stated & kind) == 0)
		return RTMP_UNKNOWN;
	any = find(codecs, RTMP_FOURCC_ANY);
	have = (own != NULL ? own->can : 0) | (any != NULL ? any->can : 0);
	return (have & can) != 0 ? RTMP_YES : RTMP_NO;
}

/* ---- Writing ---- */

/* "*" is one byte, all others are four. */
static size_t
fourcc_text(char text[4], uint32_t fourcc)
{
	uint8_t bytes[4];

	if (fourcc == RTMP_FOURCC_ANY) {
		text[0] = '*';
		return 1;
	}
	rtmp_put_be32(bytes, fourcc);
	memcpy(text, bytes, 4);
	return 4;
}

/* The names of a kind, appended to list; returns how many it has then. */
static size_t
list_kind(uint32_t *list, size_t n,
    const struct rtmp_codec_capability *codecs, uint32_t kind)
{
	const struct rtmp_codec_capability *any = find(codecs,
	    RTMP_FOURCC_ANY);
	int all = any != NULL && any->can != 0;
	size_t i;

	for (i = 0; all && i < KNOWN; i++)
		if (known[i].kind == kind)
			list[n++] = known_fourcc(i);
	for (i = 0; i < RTMP_CAPABILITY_CODECS && codecs[i].fourcc != 0; i++)
		if (&codecs[i] != any && codecs[i].can != 0 &&
		    !(all && kind_of(codecs[i].fourcc) == kind))
			list[n++] = codecs[i].fourcc;
	return n;
}

static void
put_list(struct rtmp_amf0_writer *w, const struct rtmp_capabilities *c)
{
	uint32_t list[2 * RTMP_CAPABILITY_CODECS + KNOWN];
	size_t i, n = 0;
	char text[4];

	if (c->stated & RTMP_STATED_VIDEO)
		n = list_kind(list, n, c->video, RTMP_STATED_VIDEO);
	if (c->stated & RTMP_STATED_AUDIO)
		n = list_kind(list, n, c->audio, RTMP_STATED_AUDIO);
	rtmp_amf0_put_key(w, "fourCcList");
	rtmp_amf0_put_strict_array_begin(w, (uint32_t)n);
	for (i = 0; i < n; i++)
		rtmp_amf0_put_string_n(w, text, fourcc_text(text, list[i]));
}

static void
put_map(struct rtmp_amf0_writer *w, const char *key,
    const struct rtmp_codec_capability *codecs)
{
	char text[4];
	size_t i;

	rtmp_amf0_put_key(w, key);
	rtmp_amf0_put_object_begin(w);
	for (i = 0; i < RTMP_CAPABILITY_CODECS && codecs[i].fourcc != 0;
	    i++) {
		rtmp_amf0_put_key_n(w, text,
		    fourcc_text(text, codecs[i].fourcc));
		rtmp_amf0_put_number(w, codecs[i].can);
	}
	rtmp_amf0_put_object_end(w);
}

void
rtmp_capabilities_put(struct rtmp_amf0_writer *w,
    const struct rtmp_capabilities *given)
{
	struct rtmp_capabilities c;

	rtmp_capabilities_take(&c, given);
	if (c.stated & (RTMP_STATED_VIDEO | RTMP_STATED_AUDIO))
		put_list(w, &c);
	if (c.stated & RTMP_STATED_VIDEO)
		put_map(w, "videoFourCcInfoMap", c.video);
	if (c.stated & RTMP_STATED_AUDIO)
		put_map(w, "audioFourCcInfoMap", c.audio);
	if (c.stated & RTMP_STATED_CAPS_EX) {
		rtmp_amf0_put_key(w, "capsEx");
		rtmp_amf0_put_number(w, c.caps_ex);
	}
	if (c.stated & RTMP_STATED_VIDEO_FUNCTION) {
		rtmp_amf0_put_key(w, "videoFunction");
		rtmp_amf0_put_number(w, c.video_function);
	}
}

/* ---- Reading ---- */

/* 0 for what is neither "*" nor four printable letters. */
static uint32_t
fourcc_of(const char *s, size_t len)
{
	size_t i;

	if (len == 1 && *s == '*')
		return RTMP_FOURCC_ANY;
	if (len != 4)
		return 0;
	for (i = 0; i < 4; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return 0;
	return rtmp_get_be32((const uint8_t *)s);
}

/* Flags that are a number; 1 when r is at one, which is read. */
static int
get_flags(struct rtmp_amf0_reader *r, uint32_t *flags)
{
	enum rtmp_amf0_type type;
	double v;

	if (rtmp_amf0_peek(r, &type) != 1 || type != RTMP_AMF0_NUMBER ||
	    rtmp_amf0_get_number(r, &v) != 0)
		return 0;
	*flags = v >= 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
	return 1;
}

static void
add_codec(struct rtmp_codec_capability *codecs, uint32_t fourcc, uint32_t can)
{
	size_t i, others = 0;

	if (fourcc == 0)
		return;
	for (i = 0; i < RTMP_CAPABILITY_CODECS && codecs[i].fourcc != 0;
	    i++) {
		if (codecs[i].fourcc == fourcc)
			break;
		others += kind_of(codecs[i].fourcc) == 0 &&
		    codecs[i].fourcc != RTMP_FOURCC_ANY;
	}
	if (i == RTMP_CAPABILITY_CODECS)
		return;
	if (codecs[i].fourcc == 0 && others == OTHERS_MAX &&
	    kind_of(fourcc) == 0 && fourcc != RTMP_FOURCC_ANY)
		return;
	codecs[i].fourcc = fourcc;
	codecs[i].can = can;
}

/* A FourCcInfoMap takes the place of what was said before. */
static void
read_map(struct rtmp_capabilities *c, uint32_t kind,
    struct rtmp_amf0_reader map)
{
	struct rtmp_codec_capability *codecs = kind == RTMP_STATED_VIDEO ?
	    c->video : c->audio;
	uint32_t fourcc, can;
	const char *key;
	size_t len;

	if (rtmp_amf0_enter_object(&map, NULL, NULL) != 0)
		return;
	memset(codecs, 0, sizeof(c->video));
	c->stated |= kind;
	while (rtmp_amf0_next_key(&map, &key, &len) == 1) {
		if (!get_flags(&map, &can)) {
			rtmp_amf0_skip(&map);
			continue;
		}
		fourcc = fourcc_of(key, len);
		/* Opus is no video, whoever says so. */
		if (kind_of(fourcc) == 0 || kind_of(fourcc) == kind)
			add_codec(codecs, fourcc, can);
	}
}

static void
add_listed(struct rtmp_capabilities *c, uint32_t kinds, uint32_t fourcc)
{
	uint32_t kind = kind_of(fourcc);

	if (fourcc == RTMP_FOURCC_ANY)
		kind = RTMP_STATED_VIDEO | RTMP_STATED_AUDIO;
	c->stated |= kind & kinds;
	/* A codec without a name here is found in either. */
	if (kind == 0)
		kind = kinds & RTMP_STATED_VIDEO ? RTMP_STATED_VIDEO :
		    RTMP_STATED_AUDIO;
	if (kind & kinds & RTMP_STATED_VIDEO)
		add_codec(c->video, fourcc, CAN_ALL);
	if (kind & kinds & RTMP_STATED_AUDIO)
		add_codec(c->audio, fourcc, CAN_ALL);
}

/* A fourCcList, for the kinds that no map speaks of. */
static void
read_list(struct rtmp_capabilities *c, struct rtmp_amf0_reader list)
{
	uint32_t kinds = (RTMP_STATED_VIDEO | RTMP_STATED_AUDIO) & ~c->stated;
	enum rtmp_amf0_type type;
	uint32_t count;
	const char *s;
	size_t len;

	if (rtmp_amf0_peek(&list, &type) != 1 ||
	    type != RTMP_AMF0_STRICT_ARRAY ||
	    rtmp_amf0_enter_array(&list, &count) != 0)
		return;
	for (; count != 0 && rtmp_amf0_peek(&list, &type) == 1; count--)
		if (type != RTMP_AMF0_STRING)
			rtmp_amf0_skip(&list);
		else if (rtmp_amf0_get_string(&list, &s, &len) == 0)
			add_listed(c, kinds, fourcc_of(s, len));
}

static int
is_key(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(key, name, len) == 0;
}

int
rtmp_capabilities_get(struct rtmp_capabilities *c, const uint8_t *data,
    size_t size)
{
	struct rtmp_amf0_reader r, value, list;
	const char *key;
	int more, has_list = 0;
	size_t len;

	rtmp_amf0_reader_init(&r, data, size);
	if (rtmp_amf0_enter_object(&r, NULL, NULL) != 0)
		return r.err;
	while ((more = rtmp_amf0_next_key(&r, &key, &len)) == 1) {
		value = r;
		if (is_key(key, len, "capsEx") &&
		    get_flags(&value, &c->caps_ex))
			c->stated |= RTMP_STATED_CAPS_EX;
		else if (is_key(key, len, "videoFunction") &&
		    get_flags(&value, &c->video_function))
			c->stated |= RTMP_STATED_VIDEO_FUNCTION;
		else if (is_key(key, len, "videoFourCcInfoMap"))
			read_map(c, RTMP_STATED_VIDEO, value);
		else if (is_key(key, len, "audioFourCcInfoMap"))
			read_map(c, RTMP_STATED_AUDIO, value);
		else if (is_key(key, len, "fourCcList")) {
			has_list = 1;
			list = value;
		}
		rtmp_amf0_skip(&r);
	}
	if (has_list)
		read_list(c, list);
	return more;
}

/* ---- The answer to connect ---- */

int
rtmp_session_note_capabilities(struct rtmp_session *s,
    const struct rtmp_command *answer)
{
	struct rtmp_capabilities c;
	struct rtmp_amf0_reader r;
	const uint8_t *data;
	size_t size;

	memset(&c, 0, sizeof(c));
	c.struct_size = sizeof(c);
	rtmp_amf0_reader_init(&r, answer->body, answer->body_size);
	while (rtmp_amf0_get_raw(&r, &data, &size) == 0)
		if (data[0] == RTMP_AMF0_OBJECT ||
		    data[0] == RTMP_AMF0_ECMA_ARRAY)
			rtmp_capabilities_get(&c, data, size);
	if (c.stated == 0)
		return 0;
	s->capabilities = rtmp_mem_alloc(&s->mem, sizeof(c));
	if (s->capabilities == NULL)
		return RTMP_ERR_NOMEM;
	*s->capabilities = c;
	return 0;
}

const struct rtmp_capabilities *
rtmp_session_capabilities(const struct rtmp_session *s)
{
	static const struct rtmp_capabilities silence = { sizeof(silence), 0,
		0, 0, { { 0, 0 } }, { { 0, 0 } } };

	return s->capabilities != NULL ? s->capabilities : &silence;
}
