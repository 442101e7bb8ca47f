/*
 * onMetaData: Video File Format 10.1, annex E.5, and Enhanced RTMP v2,
 * "Enhancing onMetaData".
 *
 *     02 000a "onMetaData" | 08 count (4) | { key, value } ... | 00 00 09
 */
#include <stdio.h>
#include <string.h>

#include <rtmpio/amf0.h>
#include <rtmpio/metadata.h>
#include "base/mem.h"
#include "base/wire.h"
#include "base/words.h"
#include "media/script.h"

#define COUNT_AT 14 /* of the pairs, in what is written */
#define TRACK_MAX 255

/* Properties, in the order in which those with a field are written, which is
 * FFmpeg's; behind these the others that are understood, and the names that
 * the specification has for some in a track map. */
enum word {
	DURATION,
	WIDTH, HEIGHT, VIDEO_DATA_RATE, FRAME_RATE, VIDEO_CODEC,
	AUDIO_DATA_RATE, SAMPLE_RATE, SAMPLE_SIZE, CHANNELS, STEREO, DELAY,
	AUDIO_CODEC,
	FILE_SIZE,
	ENCODER, VIDEO_MAP, AUDIO_MAP,
	SAMPLE_RATE_IN_TRACK, CHANNELS_IN_TRACK
};

static const char words[] =
    "duration\0"
    "width\0" "height\0" "videodatarate\0" "framerate\0" "videocodecid\0"
    "audiodatarate\0" "audiosamplerate\0" "audiosamplesize\0"
    "audiochannels\0" "stereo\0" "audiodelay\0" "audiocodecid\0"
    "filesize\0"
    "encoder\0" "videoTrackIdInfoMap\0" "audioTrackIdInfoMap\0"
    "samplerate\0" "channels\0";

/* A number, but STEREO is an int; offsets in struct rtmp_metadata. */
static const struct field {
	uint8_t at, present_at;
	uint16_t flag; /* in present */
} fields[] = {
#define AT(member) offsetof(struct rtmp_metadata, member)
#define VIDEO_AT(member) AT(video.member), AT(video.present)
#define AUDIO_AT(member) AT(audio.member), AT(audio.present)
	{ AT(duration), AT(present), RTMP_META_DURATION },
	{ VIDEO_AT(width), RTMP_META_WIDTH },
	{ VIDEO_AT(height), RTMP_META_HEIGHT },
	{ VIDEO_AT(data_rate), RTMP_META_DATA_RATE },
	{ VIDEO_AT(frame_rate), RTMP_META_FRAME_RATE },
	{ VIDEO_AT(codec), RTMP_META_CODEC },
	{ AUDIO_AT(data_rate), RTMP_META_DATA_RATE },
	{ AUDIO_AT(sample_rate), RTMP_META_SAMPLE_RATE },
	{ AUDIO_AT(sample_size), RTMP_META_SAMPLE_SIZE },
	{ AUDIO_AT(channels), RTMP_META_CHANNELS },
	{ AUDIO_AT(stereo), RTMP_META_STEREO },
	{ AUDIO_AT(delay), RTMP_META_DELAY },
	{ AUDIO_AT(codec), RTMP_META_CODEC },
	{ AT(file_size), AT(present), RTMP_META_FILE_SIZE }
};

/* What an object is about, and the words that it may have.  One track is read
 * and written as the default track of a struct of its own. */
enum part { ALL, VIDEO, AUDIO };

static const uint8_t firsts[] = { DURATION, WIDTH, AUDIO_DATA_RATE };
static const uint8_t lasts[] = { AUDIO_MAP, VIDEO_CODEC, AUDIO_CODEC };

/* A key as it was read. */
struct key {
	const char *s;
	size_t len;
};

/* -1 for another one. */
static int
word_of(const struct key *k, enum part part)
{
	int i = rtmp_word_find(words, k->s, k->len);

	if (part == AUDIO && i == SAMPLE_RATE_IN_TRACK)
		i = SAMPLE_RATE;
	if (part == AUDIO && i == CHANNELS_IN_TRACK)
		i = CHANNELS;
	return i >= firsts[part] && i <= lasts[part] ? i : -1;
}

static enum rtmp_amf0_type
type_of(struct rtmp_amf0_reader *r)
{
	enum rtmp_amf0_type type;

	return rtmp_amf0_peek(r, &type) == 1 ? type : RTMP_AMF0_UNDEFINED;
}

static int
is_object(enum rtmp_amf0_type type)
{
	return type == RTMP_AMF0_OBJECT || type == RTMP_AMF0_ECMA_ARRAY ||
	    type == RTMP_AMF0_TYPED_OBJECT;
}

static int
is_string(enum rtmp_amf0_type type)
{
	return type == RTMP_AMF0_STRING || type == RTMP_AMF0_LONG_STRING;
}

static int
has_type(int word, enum rtmp_amf0_type type)
{
	return type == (word == STEREO ? RTMP_AMF0_BOOLEAN :
	    RTMP_AMF0_NUMBER);
}

/* Track ids are decimal numbers from 0 to 255; -1 for another key. */
static int
track_of(const struct key *k)
{
	int id = k->len != 0 ? 0 : -1;
	size_t i;

	for (i = 0; i < k->len; i++) {
		if (k->s[i] < '0' || k->s[i] > '9')
			return -1;
		id = id * 10 + (k->s[i] - '0');
		if (id > TRACK_MAX)
			return -1;
	}
	return id;
}

void
rtmp_metadata_init(struct rtmp_metadata *m, size_t struct_size)
{
	rtmp_struct_give(m, struct_size, NULL, 0);
}

/* ---- Reading ---- */

static void
read_field(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, int word)
{
	const struct field *f = &fields[word];
	uint8_t *base = (uint8_t *)m;

	if (word == STEREO)
		rtmp_amf0_get_boolean(r, &m->audio.stereo);
	else
		rtmp_amf0_get_number(r, (double *)(void *)(base + f->at));
	*(uint32_t *)(void *)(base + f->present_at) |= f->flag;
}

/* The pairs of an object that has been entered, as bytes. */
struct pairs {
	const uint8_t *start;
	size_t size; /* once all are read */
	size_t last; /* where the last one begins */
	enum rtmp_amf0_type type; /* of its value */
};

static void
pairs_init(struct pairs *p, const struct rtmp_amf0_reader *r)
{
	p->start = r->pos;
	p->size = 0;
	p->last = 0;
	p->type = RTMP_AMF0_NULL;
}

/*
 * As rtmp_amf0_next_key().  Where the data ends before the object does, the
 * last value may lack its end, too, and would swallow what is written behind
 * it: then it is not counted.
 */
static int
next_pair(struct rtmp_amf0_reader *r, struct key *k, struct pairs *p)
{
	const uint8_t *here = r->pos;

	if (rtmp_amf0_next_key(r, &k->s, &k->len) == 1) {
		p->last = (size_t)(here - p->start);
		p->type = type_of(r);
		return 1;
	}
	p->size = (size_t)(here - p->start);
	if (r->pos == here && (is_object(p->type) ||
	    p->type == RTMP_AMF0_STRICT_ARRAY ||
	    p->type == RTMP_AMF0_AVMPLUS))
		p->size = p->last;
	return 0;
}

static void
read_pairs(struct rtmp_amf0_reader *r, struct rtmp_metadata *m,
    enum part part);

static void
add_track(struct rtmp_metadata *m, const struct rtmp_metadata *one,
    enum part part)
{
	size_t i;

	if (part == VIDEO) {
		i = m->video_tracks_count++;
		if (i < m->video_tracks_max)
			m->video_tracks[i] = one->video;
	} else {
		i = m->audio_tracks_count++;
		if (i < m->audio_tracks_max)
			m->audio_tracks[i] = one->audio;
	}
}

static void
read_map(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, enum part part)
{
	struct rtmp_metadata one;
	struct key k;
	int id;

	if (part == VIDEO)
		m->video_tracks_count = 0;
	else
		m->audio_tracks_count = 0;
	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &k.s, &k.len) == 1) {
		id = track_of(&k);
		if (id < 0 || !is_object(type_of(r))) {
			rtmp_amf0_skip(r);
			continue;
		}
		rtmp_metadata_init(&one, sizeof(one));
		read_pairs(r, &one, part);
		one.video.track = one.audio.track = (uint8_t)id;
		one.video.more = one.audio.more = one.more;
		one.video.more_size = one.audio.more_size = one.more_size;
		add_track(m, &one, part);
	}
}

static void
read_pair(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, enum part part,
    const struct key *k)
{
	enum rtmp_amf0_type type = type_of(r);
	int word = word_of(k, part);

	if (word == ENCODER && is_string(type)) {
		rtmp_amf0_get_string(r, &m->encoder, &m->encoder_size);
		m->present |= RTMP_META_ENCODER;
	} else if ((word == VIDEO_MAP || word == AUDIO_MAP) &&
	    is_object(type)) {
		read_map(r, m, word == VIDEO_MAP ? VIDEO : AUDIO);
	} else if (word >= 0 && word < ENCODER && has_type(word, type)) {
		read_field(r, m, word);
	} else {
		rtmp_amf0_skip(r);
	}
}

/* An object, up to its end.  That of a track has no map in it. */
static void
read_pairs(struct rtmp_amf0_reader *r, struct rtmp_metadata *m,
    enum part part)
{
	struct pairs p;
	struct key k;

	rtmp_amf0_enter_object(r, NULL, NULL);
	pairs_init(&p, r);
	while (next_pair(r, &k, &p))
		read_pair(r, m, part, &k);
	m->more = p.start;
	m->more_size = p.size;
}

enum rtmp_script
rtmp_script_read(struct rtmp_amf0_reader *r)
{
	enum rtmp_script script = RTMP_SCRIPT_METADATA;
	struct key k;
	int i;

	for (i = 0; i < 2 && type_of(r) == RTMP_AMF0_STRING; i++) {
		if (rtmp_amf0_get_string(r, &k.s, &k.len) != 0)
			break;
		switch (rtmp_word_find("onMetaData\0" "@setDataFrame\0"
		    "@clearDataFrame\0", k.s, k.len)) {
		case 0:
			return script;
		case 1:
			break;
		case 2:
			script = RTMP_SCRIPT_CLEAR;
			break;
		default:
			return RTMP_SCRIPT_OTHER;
		}
	}
	return RTMP_SCRIPT_OTHER;
}

int
rtmp_metadata_read(struct rtmp_metadata *given, const uint8_t *data,
    size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	struct rtmp_metadata m;
	int found;

	rtmp_metadata_init(&m, sizeof(m));
	m.video_tracks = given->video_tracks;
	m.video_tracks_max = given->video_tracks_max;
	m.audio_tracks = given->audio_tracks;
	m.audio_tracks_max = given->audio_tracks_max;
	rtmp_amf0_reader_init(&r, data, size);
	found = rtmp_script_read(&r) == RTMP_SCRIPT_METADATA;
	if (found && is_object(type_of(&r)))
		read_pairs(&r, &m, ALL);
	while (rtmp_amf0_peek(&r, &type) == 1)
		rtmp_amf0_skip(&r);
	if (r.err != 0)
		return RTMP_ERR_MALFORMED;
	if (!found)
		return 0;
	rtmp_struct_give(given, given->struct_size, &m, sizeof(m));
	return 1;
}

/* ---- Writing ---- */

/* One object or array being written, and how many pairs it has. */
struct out {
	struct rtmp_amf0_writer *w;
	uint32_t count;
};

static void
put_key(struct out *o, const char *key, size_t len)
{
	rtmp_amf0_put_key_n(o->w, key, len);
	o->count++;
}

static void
put_word(struct out *o, int word)
{
	const char *key = rtmp_word(words, (size_t)word);

	put_key(o, key, strlen(key));
}

/* Whether the struct has what this word is for. */
static int
is_present(const struct rtmp_metadata *m, int word)
{
	const uint8_t *base = (const uint8_t *)m;

	switch (word) {
	case ENCODER:
		return (m->present & RTMP_META_ENCODER) != 0;
	case VIDEO_MAP:
		return m->video_tracks_max != 0;
	case AUDIO_MAP:
		return m->audio_tracks_max != 0;
	default:
		return (*(const uint32_t *)(const void *)(base +
		    fields[word].present_at) & fields[word].flag) != 0;
	}
}

static void
put_fields(struct out *o, const struct rtmp_metadata *m, int word, int last,
    enum part part)
{
	const uint8_t *base = (const uint8_t *)m;

	for (; word <= last; word++) {
		if (!is_present(m, word))
			continue;
		put_word(o, part == ALL ? word :
		    word == SAMPLE_RATE ? SAMPLE_RATE_IN_TRACK :
		    word == CHANNELS	? CHANNELS_IN_TRACK : word);
		if (word == STEREO)
			rtmp_amf0_put_boolean(o->w, m->audio.stereo);
		else
			rtmp_amf0_put_number(o->w,
			    *(const double *)(const void *)(base +
				fields[word].at));
	}
}

/* Whether the struct says what a pair of more says, or said when it was
 * read. */
static int
stands_for(const struct rtmp_metadata *m, const struct key *k, enum part part,
    enum rtmp_amf0_type type)
{
	int word = word_of(k, part);

	return word >= 0 && (is_present(m, word) ||
	    (word < ENCODER ? has_type(word, type) :
		word == ENCODER && is_string(type)));
}

static void
put_more(struct out *o, const struct rtmp_metadata *m, enum part part)
{
	struct rtmp_amf0_reader r;
	const uint8_t *value;
	struct key k;
	size_t size;

	if (m->more == NULL)
		return;
	rtmp_amf0_reader_init(&r, m->more, m->more_size);
	while (rtmp_amf0_next_key(&r, &k.s, &k.len) == 1) {
		enum rtmp_amf0_type type = type_of(&r);

		/* Some readers take an empty key for the end. */
		if (rtmp_amf0_get_raw(&r, &value, &size) != 0 ||
		    k.len == 0 || stands_for(m, &k, part, type))
			continue;
		put_key(o, k.s, k.len);
		rtmp_amf0_put_raw(o->w, value, size);
	}
	if (r.err != 0)
		o->w->err = RTMP_ERR_INVAL;
}

static void
put_track(struct rtmp_amf0_writer *w, const struct rtmp_metadata *one,
    enum part part, unsigned track)
{
	struct out o = { w, 0 };
	char id[8];

	snprintf(id, sizeof(id), "%u", track);
	rtmp_amf0_put_key(w, id);
	rtmp_amf0_put_object_begin(w);
	put_fields(&o, one, firsts[part], lasts[part], part);
	put_more(&o, one, part);
	rtmp_amf0_put_object_end(w);
}

static void
put_tracks(struct out *o, const struct rtmp_metadata *m, enum part part)
{
	size_t count = part == VIDEO ? m->video_tracks_count :
	    m->audio_tracks_count;
	size_t max = part == VIDEO ? m->video_tracks_max : m->audio_tracks_max;
	struct rtmp_metadata one;
	uint8_t track;
	size_t i;

	if (count == 0 || max == 0)
		return;
	put_word(o, part == VIDEO ? VIDEO_MAP : AUDIO_MAP);
	rtmp_amf0_put_object_begin(o->w);
	for (i = 0; i < count && i < max; i++) {
		rtmp_metadata_init(&one, sizeof(one));
		if (part == VIDEO) {
			one.video = m->video_tracks[i];
			one.more = one.video.more;
			one.more_size = one.video.more_size;
			track = one.video.track;
		} else {
			one.audio = m->audio_tracks[i];
			one.more = one.audio.more;
			one.more_size = one.audio.more_size;
			track = one.audio.track;
		}
		put_track(o->w, &one, part, track);
	}
	rtmp_amf0_put_object_end(o->w);
}

static void
put_all(struct out *o, const struct rtmp_metadata *m)
{
	enum part part;

	put_fields(o, m, DURATION, AUDIO_CODEC, ALL);
	if (m->present & RTMP_META_ENCODER) {
		put_word(o, ENCODER);
		rtmp_amf0_put_string_n(o->w, m->encoder, m->encoder_size);
	}
	put_fields(o, m, FILE_SIZE, FILE_SIZE, ALL);
	for (part = VIDEO; part <= AUDIO; part++)
		put_tracks(o, m, part);
	put_more(o, m, ALL);
}

int
rtmp_metadata_write(const struct rtmp_metadata *given, uint8_t *buf,
    size_t buf_size, size_t *len)
{
	struct rtmp_amf0_writer w;
	struct rtmp_metadata m;
	struct out o = { &w, 0 };

	memset(&m, 0, sizeof(m));
	rtmp_struct_take(&m, sizeof(m), given);
	rtmp_amf0_writer_init(&w, buf, buf_size);
	rtmp_amf0_put_string(&w, "onMetaData");
	rtmp_amf0_put_ecma_array_begin(&w, 0);
	put_all(&o, &m);
	rtmp_amf0_put_object_end(&w);
	if (len != NULL)
		*len = w.len;
	if (w.err != 0)
		return w.err;
	if (w.len > buf_size)
		return RTMP_ERR_NOBUF;
	rtmp_put_be32(buf + COUNT_AT, o.count);
	return 0;
}
