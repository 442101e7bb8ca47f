#include "support/flv_text.h"

/* ---- Text ---- */

void
text_add(struct text *t, const char *format, ...)
{
	va_list ap;

	if (t->cap - t->len < 256) {
		t->cap = t->cap * 2 + 4096;
		t->s = realloc(t->s, t->cap);
		assert_non_null(t->s);
	}
	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->s + t->len, t->cap - t->len, format,
	    ap);
	va_end(ap);
}

static void
text_add_tag(struct text *t, const struct rtmp_flv_tag *tag)
{
	char hash[65];

	sha256_hex(tag->packet.data, tag->packet.size, hash);
	text_add(t, "%llu %u %lu %zu %.32s%s\n",
	    (unsigned long long)tag->offset, tag->packet.type,
	    (unsigned long)tag->packet.timestamp, tag->packet.size, hash,
	    tag->filtered ? " filtered" : "");
}

static void
add_fault(struct text *t, const struct rtmp_flv_fault *f)
{
	static const char *const names[] = { "", "header", "back pointer",
		"timestamp", "type", "garbage", "size", "truncated" };

	assert_in_range(f->kind, 1, 7);
	assert_true(strlen(f->words) > 5);
	text_add(t, "%s at %llu, %llu skipped\n", names[f->kind],
	    (unsigned long long)f->offset, (unsigned long long)f->skipped);
}

int
drain_flv(struct rtmp_flv_reader *r, const uint8_t **data, size_t *size,
    struct text *t)
{
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	int ret;

	for (;;) {
		ret = data != NULL ?
		    rtmp_flv_reader_next(r, data, size, &tag, &fault) :
		    rtmp_flv_reader_finish(r, &tag, &fault);
		if (ret == RTMP_FLV_TAG)
			text_add_tag(t, &tag);
		else if (ret == RTMP_FLV_FAULT)
			add_fault(t, &fault);
		else
			return ret;
	}
}

/* Feeds the file in pieces, each of which ends at an unreadable page when it
 * is longer than a few bytes, and is gone before the next one comes. */
int
read_in_pieces(struct rtmp_flv_reader *r, const uint8_t *file, size_t size,
    size_t piece, struct text *t)
{
	uint32_t seed = 1;
	size_t n, left;
	const uint8_t *data;
	uint8_t *copy;
	int ret = 0, guard;

	for (; size != 0 && ret == 0; file += n, size -= n) {
		n = piece == RANDOM ? 1 + next_random(&seed) % 2000 : piece;
		if (n > size)
			n = size;
		guard = n > 16;
		copy = guard ? guard_copy(file, n) : malloc(n);
		memcpy(copy, file, n);
		data = copy;
		left = n;
		ret = drain_flv(r, &data, &left, t);
		if (ret == 0) {
			assert_int_equal(left, 0);
			assert_ptr_equal(data, copy + n);
		}
		if (guard)
			guard_free(copy, n);
		else
			free(copy);
	}
	return ret == 0 ? drain_flv(r, NULL, NULL, t) : ret;
}

char *
flv_text(const uint8_t *file, size_t size)
{
	static const size_t pieces[] = { WHOLE, 1, 7, RANDOM };
	struct rtmp_flv_reader *r;
	struct text t[4];
	int i, ret, first = 0;

	memset(t, 0, sizeof(t));
	for (i = 0; i < 4; i++) {
		assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
		text_add(&t[i], "%s", "");
		ret = read_in_pieces(r, file, size, pieces[i], &t[i]);
		if (i == 0)
			first = ret;
		assert_int_equal(ret, first);
		assert_int_equal(*rtmp_flv_reader_error(r) != '\0', ret < 0);
		if (ret < 0)
			text_add(&t[i], "%s\n", rtmp_flv_reader_error(r));
		if (strcmp(t[i].s, t[0].s) != 0)
			fail_msg("pieces of %zu give\n%sbut whole\n%s",
			    pieces[i], t[i].s, t[0].s);
		rtmp_flv_reader_free(r);
	}
	for (i = 1; i < 4; i++)
		free(t[i].s);
	return t[0].s;
}

void
expect_text(const uint8_t *file, size_t size, const char *text)
{
	char *s = flv_text(file, size);

	assert_string_equal(s, text);
	free(s);
}

/* ---- A small file to be damaged ---- */

void
made_put_tag(struct made *m, unsigned type, uint32_t timestamp, size_t size)
{
	struct rtmp_flv_tag tag;
	uint8_t *p = m->bytes + m->size;
	struct text t = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < size; i++)
		p[11 + i] = (uint8_t)(0xc0 + i % 50);
	memset(&tag, 0, sizeof(tag));
	tag.packet.type = (uint8_t)type;
	tag.packet.timestamp = timestamp;
	tag.packet.size = size;
	tag.packet.data = p + 11;
	tag.offset = m->size;
	assert_int_equal(rtmp_flv_put_tag(p, p + 11 + size, &tag.packet), 0);
	text_add_tag(&t, &tag);
	snprintf(m->line[m->tags], sizeof(*m->line), "%s", t.s);
	free(t.s);
	m->start[m->tags++] = m->size;
	m->size += 15 + size;
}

void
make_flv(struct made *m)
{
	memset(m, 0, sizeof(*m));
	rtmp_flv_put_header(m->bytes, RTMP_FLV_VIDEO);
	m->size = RTMP_FLV_HEADER_SIZE;
	made_put_tag(m, 18, 0, 60);
	made_put_tag(m, 9, 0, 33);
	made_put_tag(m, 8, 5, 0);
	made_put_tag(m, 9, 0x01020304, 200);
	made_put_tag(m, 8, 0x7ffffffe, 7);
	made_put_tag(m, 9, 0x7ffffff0, 90);
	m->start[m->tags] = m->size;
}

void
made_insert(struct made *m, size_t at, const void *bytes, size_t size)
{
	memmove(m->bytes + at + size, m->bytes + at, m->size - at);
	memcpy(m->bytes + at, bytes, size);
	m->size += size;
}

void
made_lines(struct text *t, const struct made *m, int from, int to,
    size_t shift)
{
	int i;

	text_add(t, "%s", "");
	for (i = from; i < to; i++)
		text_add(t, "%zu%s", m->start[i] + shift,
		    strchr(m->line[i], ' '));
}

void
expect_made(const struct made *m, struct text *t)
{
	expect_text(m->bytes, m->size, t->s);
	free(t->s);
	memset(t, 0, sizeof(*t));
}
