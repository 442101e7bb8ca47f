#include <string.h>

#include "session/command.h"

/* ---- Reading ---- */

/* Remembers the value at r, when it is one that answers are made of. */
static void
note_value(struct rtmp_command *c, struct rtmp_amf0_reader *r,
    enum rtmp_amf0_type type)
{
	struct rtmp_amf0_reader probe = *r, field;
	const uint8_t *data;
	const char *s;
	size_t size;
	double number;

	switch (type) {
	case RTMP_AMF0_NUMBER:
		if (!c->has_number &&
		    rtmp_amf0_get_number(&probe, &number) == 0) {
			c->has_number = 1;
			c->number = number;
		}
		break;
	case RTMP_AMF0_STRING:
	case RTMP_AMF0_LONG_STRING:
		if (rtmp_amf0_get_string(&probe, &s, &size) == 0) {
			c->text = s;
			c->text_size = size;
		}
		break;
	case RTMP_AMF0_OBJECT:
	case RTMP_AMF0_ECMA_ARRAY:
	case RTMP_AMF0_TYPED_OBJECT:
		if (rtmp_amf0_get_raw(&probe, &data, &size) == 0 &&
		    (rtmp_amf0_find(data, size, "code", &field) == 1 ||
			rtmp_amf0_find(data, size, "level", &field) == 1)) {
			c->info = data;
			c->info_size = size;
		}
		break;
	default:
		break;
	}
}

int
rtmp_command_parse(struct rtmp_command *c, const uint8_t *body, size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	int i, more;

	memset(c, 0, sizeof(*c));
	c->body = body;
	c->body_size = size;
	rtmp_amf0_reader_init(&r, body, size);
	for (i = 0; (more = rtmp_amf0_peek(&r, &type)) == 1; i++) {
		if (i == 0)
			rtmp_amf0_get_string(&r, &c->name, &c->name_size);
		else if (i == 1 && type == RTMP_AMF0_NUMBER)
			rtmp_amf0_get_number(&r, &c->transaction);
		else {
			note_value(c, &r, type);
			rtmp_amf0_skip(&r);
		}
	}
	return more;
}

int
rtmp_command_is(const struct rtmp_command *c, const char *name)
{
	return c->name != NULL && c->name_size == strlen(name) &&
	    memcmp(c->name, name, c->name_size) == 0;
}

/* ---- Writing ---- */

uint8_t *
rtmp_command_build(const struct rtmp_mem *mem, const char *name,
    double transaction,
    void (*put)(struct rtmp_amf0_writer *w, const void *arg),
    const void *arg, size_t *size)
{
	struct rtmp_amf0_writer w;
	uint8_t *body = NULL;
	size_t need = 0;
	int pass;

	/* The first pass counts, the second one writes. */
	for (pass = 0; pass < 2; pass++) {
		rtmp_amf0_writer_init(&w, body, need);
		rtmp_amf0_put_string(&w, name);
		rtmp_amf0_put_number(&w, transaction);
		put(&w, arg);
		if (w.err != 0)
			break;
		need = w.len;
		if (pass == 0 && (body = rtmp_mem_alloc(mem, need)) == NULL)
			return NULL;
	}
	if (w.err != 0) {
		rtmp_mem_free(mem, body);
		return NULL;
	}
	*size = need;
	return body;
}

void
rtmp_put_null(struct rtmp_amf0_writer *w, const void *unused)
{
	(void)unused;
	rtmp_amf0_put_null(w);
}

void
rtmp_put_string(struct rtmp_amf0_writer *w, const void *string)
{
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_string(w, string);
}

void
rtmp_put_number(struct rtmp_amf0_writer *w, const void *number)
{
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_number(w, *(const double *)number);
}

void
rtmp_put_boolean(struct rtmp_amf0_writer *w, const void *integer)
{
	rtmp_amf0_put_null(w);
	rtmp_amf0_put_boolean(w, *(const int *)integer);
}
