/*
 * What each side says that it can take: Enhanced RTMP v2, "Enhancing
 * NetConnection connect Command".
 */
#include <string.h>

#include <rtmpio/capabilities.h>
#include "base/wire.h"
#include "base/words.h"
#include "session/internal.h"

#define CAN_ALL (RTMP_CAN_DECODE | RTMP_CAN_ENCODE | RTMP_CAN_FORWARD)
#define BOTH (RTMP_STATED_VIDEO | RTMP_STATED_AUDIO)
/* Codecs without a name here get what is left, so that a peer which names
 * thousands of them cannot keep those with a name out. */
#define KNOWN_OF_A_KIND 6
#define OTHERS_MAX (RTMP_CAPABILITY_CODECS - KNOWN_OF_A_KIND - 1)

/* Video, then audio. */
static const char known[] = "avc1" "hvc1" "vvc1" "av01" "vp09" "vp08"
    "mp4a" "Opus" "fLaC" "ac-3" "ec-3" ".mp3";
#define KNOWN (2 * KNOWN_OF_A_KIND)

static uint32_t
known_fourcc(size_t i)
{
	return rtmp_get_be32((const uint8_t *)known + 4 * i);
}

/* RTMP_STATED_VIDEO or _AUDIO, BOTH for "*", or 0 for a codec without a name
 * here. */
static uint32_t
kind_of(uint32_t fourcc)
{
	size_t i;

	if (fourcc == RTMP_FOURCC_ANY)
		return BOTH;
	for (i = 0; i < KNOWN; i++)
		if (known_fourcc(i) == fourcc)
			return i < KNOWN_OF_A_KIND ? RTMP_STATED_VIDEO :
			    RTMP_STATED_AUDIO;
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

static void
take(struct rtmp_capabilities *c,
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
	int is_known;

	if (c == NULL)
		return RTMP_UNKNOWN;
	is_known = kind == RTMP_STATED_VIDEO || kind == RTMP_STATED_AUDIO;
	codecs = kind == RTMP_STATED_AUDIO ||
	    (!is_known && find(c->audio, fourcc) != NULL) ? c->audio :
	    c->video;
	own = find(codecs, fourcc);
	/* What kind a codec without a name here is of, its map tells. */
	if (is_known ? (c->stated & kind) == 0 : own == NULL)
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
		if (kind_of(known_fourcc(i)) == kind)
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
rtmp_session_put_capabilities(struct rtmp_amf0_writer *w,
    const struct rtmp_capabilities *given, uint32_t what)
{
	struct rtmp_capabilities c;

	take(&c, given);
	c.stated &= what;
	if (c.stated & BOTH)
		put_list(w, &c);
	if (c.stated & RTMP_STATED_VIDEO)
		put_map(w, "videoFourCcInfoMap", c.video);
	if (c.stated & RTMP_STATED_AUDIO)
		put_map(w, "audioFourCcInfoMap", c.audio);
	if (c.stated & RTMP_STATED_CAPS_EX)
		rtmp_put_pair(w, "capsEx", c.caps_ex);
	if (c.stated & RTMP_STATED_VIDEO_FUNCTION)
		rtmp_put_pair(w, "videoFunction", c.video_function);
}

void
rtmp_capabilities_put(struct rtmp_amf0_writer *w,
    const struct rtmp_capabilities *c)
{
	rtmp_session_put_capabilities(w, c, UINT32_MAX);
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
		others += kind_of(codecs[i].fourcc) == 0;
	}
	if (i == RTMP_CAPABILITY_CODECS || (codecs[i].fourcc == 0 &&
	    others == OTHERS_MAX && kind_of(fourcc) == 0))
		return;
	codecs[i].fourcc = fourcc;
	codecs[i].can = can;
}

/* A FourCcInfoMap takes the place of what was said before. */
static void
read_map(struct rtmp_capabilities *c, uint32_t kind,
    struct rtmp_amf0_reader *map)
{
	struct rtmp_codec_capability *codecs = kind == RTMP_STATED_VIDEO ?
	    c->video : c->audio;
	uint32_t fourcc, can;
	const char *key;
	size_t len;

	if (rtmp_amf0_enter_object(map, NULL, NULL) != 0)
		return;
	memset(codecs, 0, sizeof(c->video));
	c->stated |= kind;
	while (rtmp_amf0_next_key(map, &key, &len) == 1) {
		if (!get_flags(map, &can)) {
			rtmp_amf0_skip(map);
			continue;
		}
		fourcc = fourcc_of(key, len);
		/* Opus is no video, whoever says so. */
		if (kind_of(fourcc) == 0 || (kind_of(fourcc) & kind) != 0)
			add_codec(codecs, fourcc, can);
	}
}

static void
add_listed(struct rtmp_capabilities *c, uint32_t kinds, uint32_t fourcc)
{
	uint32_t kind = kind_of(fourcc);

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
read_list(struct rtmp_capabilities *c, struct rtmp_amf0_reader *list)
{
	uint32_t kinds = BOTH & ~c->stated;
	enum rtmp_amf0_type type;
	uint32_t count;
	const char *s;
	size_t len;

	if (rtmp_amf0_peek(list, &type) != 1 ||
	    type != RTMP_AMF0_STRICT_ARRAY ||
	    rtmp_amf0_enter_array(list, &count) != 0)
		return;
	for (; count != 0 && rtmp_amf0_peek(list, &type) == 1; count--)
		if (type != RTMP_AMF0_STRING)
			rtmp_amf0_skip(list);
		else if (rtmp_amf0_get_string(list, &s, &len) == 0)
			add_listed(c, kinds, fourcc_of(s, len));
}

int
rtmp_capabilities_get(struct rtmp_capabilities *c, const uint8_t *data,
    size_t size)
{
	enum { CAPS_EX, VIDEO_FUNCTION, VIDEO_MAP, AUDIO_MAP, LIST };
	struct rtmp_amf0_reader r, value, list;
	const char *key;
	int more, name;
	size_t len;

	rtmp_amf0_reader_init(&list, NULL, 0);
	rtmp_amf0_reader_init(&r, data, size);
	if (rtmp_amf0_enter_object(&r, NULL, NULL) != 0)
		return r.err;
	while ((more = rtmp_amf0_next_key(&r, &key, &len)) == 1) {
		value = r;
		name = rtmp_word_find("capsEx\0" "videoFunction\0"
		    "videoFourCcInfoMap\0" "audioFourCcInfoMap\0"
		    "fourCcList\0", key, len);
		switch (name) {
		case CAPS_EX:
			if (get_flags(&value, &c->caps_ex))
				c->stated |= RTMP_STATED_CAPS_EX;
			break;
		case VIDEO_FUNCTION:
			if (get_flags(&value, &c->video_function))
				c->stated |= RTMP_STATED_VIDEO_FUNCTION;
			break;
		case VIDEO_MAP:
		case AUDIO_MAP:
			read_map(c, name == VIDEO_MAP ? RTMP_STATED_VIDEO :
			    RTMP_STATED_AUDIO, &value);
			break;
		case LIST:
			list = value;
			break;
		default:
			break;
		}
		rtmp_amf0_skip(&r);
	}
	read_list(c, &list);
	return more;
}

/* ---- The answer to connect ---- */

void
rtmp_session_note_capabilities(struct rtmp_session *s,
    const struct rtmp_command *answer)
{
	struct rtmp_amf0_reader r;
	const uint8_t *data;
	size_t size;

	rtmp_amf0_reader_init(&r, answer->body, answer->body_size);
	while (rtmp_amf0_get_raw(&r, &data, &size) == 0)
		if (data[0] == RTMP_AMF0_OBJECT ||
		    data[0] == RTMP_AMF0_ECMA_ARRAY)
			rtmp_capabilities_get(&s->capabilities, data, size);
}

const struct rtmp_capabilities *
rtmp_session_capabilities(const struct rtmp_session *s)
{
	return &s->capabilities;
}
