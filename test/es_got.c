#include "es_got.h"

char *
got_line(char *line, const void *data, size_t size)
{
	char hash[65];

	sha256_hex(data, size, hash);
	return line + sprintf(line, "%zu %.32s\n", size, hash);
}

static void
add_frame(struct got *g, const struct rtmp_frame *f)
{
	if (f->kind == RTMP_KIND_CONFIG) {
		g->configs++;
		return;
	}
	if (g->cap - g->len < GOT_LINE) {
		g->cap = 2 * g->cap + 4096;
		g->text = realloc(g->text, g->cap);
		assert_non_null(g->text);
	}
	g->len = (size_t)(got_line(g->text + g->len, f->data, f->size) -
	    g->text);
	if (g->frames == 0)
		g->first_dts = f->dts;
	g->back += f->pts < f->dts || (g->frames != 0 &&
	    f->dts <= g->last_dts);
	g->last_dts = f->dts;
	if (f->pts > g->max_pts || g->frames == 0)
		g->max_pts = f->pts;
	g->frames++;
}

void
got_drain(struct got *g, struct es_reader *r)
{
	struct rtmp_frame f;
	int ret;

	while ((ret = es_reader_next(r, &f)) == 1)
		add_frame(g, &f);
	g->err = ret;
}

void
got_all(struct got *g, enum es_format format, const uint8_t *data,
    size_t size, size_t piece)
{
	struct es_reader *r = es_reader_new(format, format == ES_OBU ? 25 :
	    0);
	uint32_t seed = 1;
	uint8_t *copy;
	size_t n;

	memset(g, 0, sizeof(*g));
	assert_non_null(r);
	for (; size != 0 && g->err == 0; data += n, size -= n) {
		n = piece != 0 ? piece : 1 + next_random(&seed) % 3000;
		if (n > size)
			n = size;
		copy = malloc(n);
		assert_non_null(copy);
		memcpy(copy, data, n);
		assert_int_equal(es_reader_feed(r, copy, n), 0);
		free(copy);
		got_drain(g, r);
	}
	assert_int_equal(es_reader_feed(r, NULL, 0), 0);
	if (g->err == 0)
		got_drain(g, r);
	es_reader_free(r);
}

void
got_free(struct got *g)
{
	free(g->text);
}
