#include "base/wire.h"
#include "support/media_data.h"

#define FLV_HEADER 13
#define FLV_TAG_HEADER 11
#define IVF_FRAME_HEADER 12

/* ---- FLV files ---- */

void
media_flv_open(struct media_flv *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "flv/%s.flv", name);
	f->bytes = load_data(path, &f->size);
	f->pos = FLV_HEADER;
}

void
media_flv_close(struct media_flv *f)
{
	free(f->bytes);
}

static const uint8_t *
legacy_header(struct media_tag *t, const uint8_t *p, int is_video)
{
	t->codec = is_video ? "AVC " : p[0] >> 4 == 2 ? "MP3 " : "AAC ";
	t->type = 1;
	if (p[0] >> 4 == 2 && !is_video)
		return p + 1;
	t->type = p[1] < 2 ? p[1] : -1;
	return p + (is_video ? 5 : 2);
}

static const char *
four_cc(const uint8_t *p)
{
	static const char *const all[] = { "avc1", "hvc1", "av01", "vp09",
	    "mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (memcmp(p, all[i], 4) == 0)
			return all[i];
	return "?";
}

static const uint8_t *
enhanced_header(struct media_tag *t, const uint8_t *p, int is_video)
{
	unsigned type = *p++ & 0xf, one_track = is_video ? 6 : 5;
	int has_track = type == one_track;

	if (has_track)
		type = *p++ & 0xf;
	t->codec = four_cc(p);
	p += 4;
	if (has_track)
		t->track = *p++;
	t->type = type == 0 ? 0 : type == 1 || type == 3 ? 1 : -1;
	if (type == 1 && (strcmp(t->codec, "avc1") == 0 ||
			     strcmp(t->codec, "hvc1") == 0))
		p += 3; /* composition time */
	return p;
}

int
media_flv_next(struct media_flv *f, struct media_tag *t)
{
	while (f->pos < f->size) {
		const uint8_t *tag = f->bytes + f->pos, *p;
		size_t size = rtmp_get_be24(tag + 1);
		int is_video = tag[0] == 9, enhanced;

		p = tag + FLV_TAG_HEADER;
		f->pos += FLV_TAG_HEADER + size + 4;
		assert_true(f->pos <= f->size);
		if ((tag[0] != 8 && tag[0] != 9) || size == 0)
			continue;
		t->track = 0;
		t->key = is_video && (p[0] >> 4 & 7) == 1;
		enhanced = is_video ? p[0] >> 7 : p[0] >> 4 == 9;
		t->data = enhanced ? enhanced_header(t, p, is_video)
				   : legacy_header(t, p, is_video);
		t->size = (size_t)(tag + FLV_TAG_HEADER + size - t->data);
		return 1;
	}
	return 0;
}

uint8_t *
media_flv_config(const char *name, const char *codec, unsigned track,
    size_t *size)
{
	struct media_flv f;
	struct media_tag t;
	uint8_t *copy;

	media_flv_open(&f, name);
	do {
		if (!media_flv_next(&f, &t))
			fail_msg("%s has no configuration of %s", name, codec);
	} while (strcmp(t.codec, codec) != 0 || t.track != track ||
	    t.size == 0 || t.type != 0);
	copy = malloc(t.size);
	assert_non_null(copy);
	memcpy(copy, t.data, t.size);
	*size = t.size;
	media_flv_close(&f);
	return copy;
}

/* ---- Elementary streams ---- */

void
media_es_open(struct media_es *e, const char *name)
{
	char path[128];
	size_t size;

	snprintf(path, sizeof(path), "es/%s", name);
	e->bytes = load_data(path, &e->size);
	e->skip = strstr(name, ".ivf") != NULL ? IVF_FRAME_HEADER : 0;
	snprintf(path, sizeof(path), "es/%s.packets", name);
	e->list = load_data(path, &size);
	e->next = (const char *)e->list;
}

void
media_es_close(struct media_es *e)
{
	free(e->bytes);
	free(e->list);
}

int
media_es_next(struct media_es *e, const uint8_t **data, size_t *size,
    int *key)
{
	unsigned long pos, n;
	char flag;

	e->next = strchr(e->next, '\n'); /* the first line is a comment */
	if (e->next == NULL || *++e->next == '\0')
		return 0;
	assert_int_equal(sscanf(e->next, "%lu %lu %c", &pos, &n, &flag), 3);
	pos += e->skip;
	assert_true(pos + n <= e->size);
	*data = e->bytes + pos;
	*size = n;
	*key = flag == 'K';
	return 1;
}

/* ---- Bits written by hand ---- */

void
put_bits(struct bit_writer *w, uint32_t v, unsigned n)
{
	for (; n-- != 0; w->count++) {
		uint8_t bit = (uint8_t)(0x80 >> w->count % 8);

		assert_true(w->count / 8 < sizeof(w->bytes));
		if ((v >> n & 1) != 0)
			w->bytes[w->count / 8] |= bit;
		else
			w->bytes[w->count / 8] &= (uint8_t)~bit;
	}
}

void
put_ue(struct bit_writer *w, uint32_t v)
{
	uint64_t code = (uint64_t)v + 1;
	unsigned bits = 0;

	while (code >> bits > 1)
		bits++;
	put_bits(w, 0, bits);
	put_bits(w, 1, 1);
	put_bits(w, (uint32_t)code, bits);
}

void
put_se(struct bit_writer *w, int32_t v)
{
	put_ue(w, v > 0 ? 2 * (uint32_t)v - 1 : 2 * (uint32_t)-v);
}

void
put_text(struct bit_writer *w, const char *bits)
{
	for (; *bits != '\0'; bits++)
		if (*bits != ' ')
			put_bits(w, *bits == '1', 1);
}

struct rtmp_nal
put_nal(const struct bit_writer *w, uint8_t *out)
{
	struct bit_writer end = *w;
	struct rtmp_nal nal = { out, 0 };
	unsigned zeros = 0;
	size_t i;

	put_bits(&end, 1, 1);
	while (end.count % 8 != 0)
		put_bits(&end, 0, 1);
	for (i = 0; i < end.count / 8; i++) {
		if (zeros == 2 && end.bytes[i] <= 3) {
			out[nal.size++] = 3;
			zeros = 0;
		}
		zeros = end.bytes[i] == 0 ? zeros + 1 : 0;
		out[nal.size++] = end.bytes[i];
	}
	return nal;
}

/* ---- Hostile ---- */

void
each_truncation(const uint8_t *data, size_t size,
    void (*f)(const uint8_t *data, size_t size, void *arg), void *arg)
{
	size_t i;

	for (i = 0; i <= size; i++) {
		uint8_t *copy = guard_copy(data, i);

		f(copy, i, arg);
		guard_free(copy, i);
	}
}

void
each_flipped_bit(const uint8_t *data, size_t size,
    void (*f)(const uint8_t *data, size_t size, void *arg), void *arg)
{
	uint8_t *copy = guard_copy(data, size);
	size_t i;

	for (i = 0; i < size * 8; i++) {
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		f(copy, size, arg);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	guard_free(copy, size);
}
