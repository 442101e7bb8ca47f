#include <string.h>

#include "session/command.h"

/* ---- Reading ---- */

/* Takes a value behind the transaction, and remembers it when it is one that
 * answers are made of. */
static void
note_value(struct rtmp_command *c, struct rtmp_amf0_reader *r,
    enum rtmp_amf0_type type)
{
	struct rtmp_amf0_reader value;
	const uint8_t *data;
	size_t size;

	if (rtmp_amf0_get_raw(r, &data, &size) != 0)
		return;
	rtmp_amf0_reader_init(&value, data, size);
	switch (type) {
	case RTMP_AMF0_NUMBER:
		if (!c->has_number)
			rtmp_amf0_get_number(&value, &c->number);
		c->has_number = 1;
		break;
	case RTMP_AMF0_STRING:
	case RTMP_AMF0_LONG_STRING:
		rtmp_amf0_get_string(&value, &c->text, &c->text_size);
		break;
	case RTMP_AMF0_OBJECT:
	case RTMP_AMF0_ECMA_ARRAY:
	case RTMP_AMF0_TYPED_OBJECT:
		if (rtmp_amf0_find(data, size, "code", &value) == 1 ||
		    rtmp_amf0_find(data, size, "level", &value) == 1) {
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
		else
			note_value(c, &r, type);
	}
	return more;
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
rtmp_put_pair(struct rtmp_amf0_writer *w, const char *key, uint32_t v)
{
	rtmp_amf0_put_key(w, key);
	rtmp_amf0_put_number(w, v);
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
