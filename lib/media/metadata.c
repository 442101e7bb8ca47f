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

#define COUNT_AT 14 /* of the pairs, in what is written */
#define TRACK_MAX 255

enum field_type { NUMBER, BOOLEAN };

/* A property that has a field of its own, in the order of writing, which is
 * FFmpeg's. */
struct field {
	char name[16];
	char in_track[11]; /* in a track map, where the specification names
			    * it otherwise; or "" */
	uint8_t type;	   /* enum field_type */
	uint16_t flag;
	uint16_t at; /* in its struct */
};

static const struct field video_fields[] = {
#define VIDEO(member) offsetof(struct rtmp_video_metadata, member)
	{ "width", "", NUMBER, RTMP_META_WIDTH, VIDEO(width) },
	{ "height", "", NUMBER, RTMP_META_HEIGHT, VIDEO(height) },
	{ "videodatarate", "", NUMBER, RTMP_META_DATA_RATE,
	    VIDEO(data_rate) },
	{ "framerate", "", NUMBER, RTMP_META_FRAME_RATE,
	    VIDEO(frame_rate) },
	{ "videocodecid", "", NUMBER, RTMP_META_CODEC, VIDEO(codec) },
	{ "", "", NUMBER, 0, 0 }
};

static const struct field audio_fields[] = {
#define AUDIO(member) offsetof(struct rtmp_audio_metadata, member)
	{ "audiodatarate", "", NUMBER, RTMP_META_DATA_RATE,
	    AUDIO(data_rate) },
	{ "audiosamplerate", "samplerate", NUMBER, RTMP_META_SAMPLE_RATE,
	    AUDIO(sample_rate) },
	{ "audiosamplesize", "", NUMBER, RTMP_META_SAMPLE_SIZE,
	    AUDIO(sample_size) },
	{ "audiochannels", "channels", NUMBER, RTMP_META_CHANNELS,
	    AUDIO(channels) },
	{ "stereo", "", BOOLEAN, RTMP_META_STEREO, AUDIO(stereo) },
	{ "audiodelay", "", NUMBER, RTMP_META_DELAY, AUDIO(delay) },
	{ "audiocodecid", "", NUMBER, RTMP_META_CODEC, AUDIO(codec) },
	{ "", "", NUMBER, 0, 0 }
};

static const struct field duration_field[] = {
	{ "duration", "", NUMBER, RTMP_META_DURATION,
	    offsetof(struct rtmp_metadata, duration) },
	{ "", "", NUMBER, 0, 0 }
};

static const struct field file_fields[] = {
	{ "filesize", "", NUMBER, RTMP_META_FILE_SIZE,
	    offsetof(struct rtmp_metadata, file_size) },
	{ "", "", NUMBER, 0, 0 }
};

static const char video_map[] = "videoTrackIdInfoMap";
static const char audio_map[] = "audioTrackIdInfoMap";

/* A key as it was read. */
struct key {
	const char *s;
	size_t len;
};

static int
key_is(const struct key *k, const char *name)
{
	return k->len == strlen(name) && memcmp(k->s, name, k->len) == 0;
}

static const struct field *
find_field(const struct field *fields, const struct key *k, int in_track)
{
	for (; fields->name[0] != '\0'; fields++)
		if (key_is(k, fields->name) || (in_track &&
		    fields->in_track[0] != '\0' &&
		    key_is(k, fields->in_track)))
			return fields;
	return NULL;
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
has_type(const struct field *f, enum rtmp_amf0_type type)
{
	return type == (f->type == NUMBER ? RTMP_AMF0_NUMBER :
	    RTMP_AMF0_BOOLEAN);
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

/* Takes the value at r if key is one of fields, whose struct is at base. */
static int
read_field(struct rtmp_amf0_reader *r, const struct field *fields,
    const struct key *k, int in_track, void *base, uint32_t *present)
{
	const struct field *f = find_field(fields, k, in_track);
	uint8_t *at = base;

	if (f == NULL || !has_type(f, type_of(r)))
		return 0;
	at += f->at;
	if (f->type == NUMBER)
		rtmp_amf0_get_number(r, (double *)(void *)at);
	else
		rtmp_amf0_get_boolean(r, (int *)(void *)at);
	*present |= f->flag;
	return 1;
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

/* The object of one track, entered already, up to its end. */
static void
read_track(struct rtmp_amf0_reader *r, const struct field *fields,
    void *base, uint32_t *present, struct pairs *p)
{
	struct key k;

	pairs_init(p, r);
	while (next_pair(r, &k, p))
		if (!read_field(r, fields, &k, 1, base, present))
			rtmp_amf0_skip(r);
}

static void
read_video_track(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, int id)
{
	struct rtmp_video_metadata v;
	struct pairs p;

	memset(&v, 0, sizeof(v));
	v.track = (uint8_t)id;
	read_track(r, video_fields, &v, &v.present, &p);
	v.more = p.start;
	v.more_size = p.size;
	if (m->video_tracks_count < m->video_tracks_max)
		m->video_tracks[m->video_tracks_count] = v;
	m->video_tracks_count++;
}

static void
read_audio_track(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, int id)
{
	struct rtmp_audio_metadata a;
	struct pairs p;

	memset(&a, 0, sizeof(a));
	a.track = (uint8_t)id;
	read_track(r, audio_fields, &a, &a.present, &p);
	a.more = p.start;
	a.more_size = p.size;
	if (m->audio_tracks_count < m->audio_tracks_max)
		m->audio_tracks[m->audio_tracks_count] = a;
	m->audio_tracks_count++;
}

static void
read_map(struct rtmp_amf0_reader *r, struct rtmp_metadata *m,
    void (*read)(struct rtmp_amf0_reader *r, struct rtmp_metadata *m, int id))
{
	struct key k;
	int id;

	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &k.s, &k.len) == 1) {
		id = track_of(&k);
		if (id < 0 || !is_object(type_of(r))) {
			rtmp_amf0_skip(r);
			continue;
		}
		rtmp_amf0_enter_object(r, NULL, NULL);
		read(r, m, id);
	}
}

static void
read_pair(struct rtmp_amf0_reader *r, struct rtmp_metadata *m,
    const struct key *k)
{
	enum rtmp_amf0_type type = type_of(r);

	if (read_field(r, duration_field, k, 0, m, &m->present) ||
	    read_field(r, file_fields, k, 0, m, &m->present) ||
	    read_field(r, video_fields, k, 0, &m->video,
		&m->video.present) ||
	    read_field(r, audio_fields, k, 0, &m->audio, &m->audio.present))
		return;
	if (key_is(k, "encoder") && is_string(type)) {
		rtmp_amf0_get_string(r, &m->encoder, &m->encoder_size);
		m->present |= RTMP_META_ENCODER;
	} else if (key_is(k, video_map) && is_object(type)) {
		m->video_tracks_count = 0;
		read_map(r, m, read_video_track);
	} else if (key_is(k, audio_map) && is_object(type)) {
		m->audio_tracks_count = 0;
		read_map(r, m, read_audio_track);
	} else {
		rtmp_amf0_skip(r);
	}
}

/* Skips the name; 1 when it is onMetaData, 0 for another or none. */
static int
read_name(struct rtmp_amf0_reader *r)
{
	struct key k;
	int i;

	for (i = 0; i < 2 && type_of(r) == RTMP_AMF0_STRING; i++) {
		if (rtmp_amf0_get_string(r, &k.s, &k.len) != 0)
			break;
		if (key_is(&k, "onMetaData"))
			return 1;
		if (!key_is(&k, "@setDataFrame"))
			break;
	}
	return 0;
}

int
rtmp_metadata_read(struct rtmp_metadata *given, const uint8_t *data,
    size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	struct rtmp_metadata m;
	struct pairs p;
	struct key k;
	int found;

	rtmp_metadata_init(&m, sizeof(m));
	m.video_tracks = given->video_tracks;
	m.video_tracks_max = given->video_tracks_max;
	m.audio_tracks = given->audio_tracks;
	m.audio_tracks_max = given->audio_tracks_max;
	rtmp_amf0_reader_init(&r, data, size);
	found = read_name(&r);
	if (found && is_object(type_of(&r))) {
		rtmp_amf0_enter_object(&r, NULL, NULL);
		pairs_init(&p, &r);
		while (next_pair(&r, &k, &p))
			read_pair(&r, &m, &k);
		m.more = p.start;
		m.more_size = p.size;
	}
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
put_fields(struct out *o, const struct field *fields, const void *base,
    uint32_t present, int in_track)
{
	const uint8_t *at = base;
	const char *name;

	for (; fields->name[0] != '\0'; fields++) {
		if ((present & fields->flag) == 0)
			continue;
		name = in_track && fields->in_track[0] != '\0' ?
		    fields->in_track : fields->name;
		put_key(o, name, strlen(name));
		if (fields->type == NUMBER)
			rtmp_amf0_put_number(o->w,
			    *(const double *)(const void *)(at + fields->at));
		else
			rtmp_amf0_put_boolean(o->w,
			    *(const int *)(const void *)(at + fields->at));
	}
}

/* Whether fields say what a pair of more says, or said when it was read. */
static int
is_field(const struct field *fields, const struct key *k, int in_track,
    enum rtmp_amf0_type type, uint32_t present)
{
	const struct field *f = find_field(fields, k, in_track);

	return f != NULL && (has_type(f, type) || (present & f->flag) != 0);
}

/* Of a track when fields is not NULL, else of all. */
static int
stands_for(const struct rtmp_metadata *m, const struct field *fields,
    uint32_t present, const struct key *k, enum rtmp_amf0_type type)
{
	if (fields != NULL)
		return is_field(fields, k, 1, type, present);
	if (key_is(k, "encoder"))
		return is_string(type) ||
		    (m->present & RTMP_META_ENCODER) != 0;
	if (key_is(k, video_map))
		return m->video_tracks_max != 0;
	if (key_is(k, audio_map))
		return m->audio_tracks_max != 0;
	return is_field(duration_field, k, 0, type, m->present) ||
	    is_field(file_fields, k, 0, type, m->present) ||
	    is_field(video_fields, k, 0, type, m->video.present) ||
	    is_field(audio_fields, k, 0, type, m->audio.present);
}

static void
put_more(struct out *o, const struct rtmp_metadata *m,
    const struct field *fields, uint32_t present, const uint8_t *more,
    size_t size)
{
	struct rtmp_amf0_reader r;
	const uint8_t *value;
	struct key k;

	if (more == NULL)
		return;
	rtmp_amf0_reader_init(&r, more, size);
	while (rtmp_amf0_next_key(&r, &k.s, &k.len) == 1) {
		enum rtmp_amf0_type type = type_of(&r);

		/* Some readers take an empty key for the end. */
		if (rtmp_amf0_get_raw(&r, &value, &size) != 0 ||
		    k.len == 0 || stands_for(m, fields, present, &k, type))
			continue;
		put_key(o, k.s, k.len);
		rtmp_amf0_put_raw(o->w, value, size);
	}
	if (r.err != 0)
		o->w->err = RTMP_ERR_INVAL;
}

static void
put_track(struct out *o, const struct rtmp_metadata *m, unsigned track,
    const struct field *fields, const void *base, uint32_t present,
    const uint8_t *more, size_t more_size)
{
	char id[8];

	snprintf(id, sizeof(id), "%u", track);
	rtmp_amf0_put_key(o->w, id);
	rtmp_amf0_put_object_begin(o->w);
	put_fields(o, fields, base, present, 1);
	put_more(o, m, fields, present, more, more_size);
	rtmp_amf0_put_object_end(o->w);
}

static void
put_video_tracks(struct out *o, const struct rtmp_metadata *m)
{
	struct out inner = { o->w, 0 };
	size_t i;

	if (m->video_tracks_count == 0 || m->video_tracks_max == 0)
		return;
	put_key(o, video_map, strlen(video_map));
	rtmp_amf0_put_object_begin(o->w);
	for (i = 0; i < m->video_tracks_count && i < m->video_tracks_max;
	    i++) {
		const struct rtmp_video_metadata *v = &m->video_tracks[i];

		put_track(&inner, m, v->track, video_fields, v, v->present,
		    v->more, v->more_size);
	}
	rtmp_amf0_put_object_end(o->w);
}

static void
put_audio_tracks(struct out *o, const struct rtmp_metadata *m)
{
	struct out inner = { o->w, 0 };
	size_t i;

	if (m->audio_tracks_count == 0 || m->audio_tracks_max == 0)
		return;
	put_key(o, audio_map, strlen(audio_map));
	rtmp_amf0_put_object_begin(o->w);
	for (i = 0; i < m->audio_tracks_count && i < m->audio_tracks_max;
	    i++) {
		const struct rtmp_audio_metadata *a = &m->audio_tracks[i];

		put_track(&inner, m, a->track, audio_fields, a, a->present,
		    a->more, a->more_size);
	}
	rtmp_amf0_put_object_end(o->w);
}

static void
put_all(struct out *o, const struct rtmp_metadata *m)
{
	put_fields(o, duration_field, m, m->present, 0);
	put_fields(o, video_fields, &m->video, m->video.present, 0);
	put_fields(o, audio_fields, &m->audio, m->audio.present, 0);
	if (m->present & RTMP_META_ENCODER) {
		put_key(o, "encoder", 7);
		rtmp_amf0_put_string_n(o->w, m->encoder, m->encoder_size);
	}
	put_fields(o, file_fields, m, m->present, 0);
	put_video_tracks(o, m);
	put_audio_tracks(o, m);
	put_more(o, m, NULL, 0, m->more, m->more_size);
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
