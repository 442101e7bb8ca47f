#include "support/gate.h"
#include "support/support.h"

/* ---- Requests ---- */

static struct script *
current(struct gate *g)
{
	return &g->conn[g->conns - 1];
}

static void
note_request(struct gate *g, const uint8_t *head, size_t head_size,
    const uint8_t *body, size_t size)
{
	size_t path = (size_t)((const uint8_t *)strstr((const char *)head,
	    " HTTP/1.1\r\n") - head), i;

	assert_true(g->requests < GATE_ANSWERS);
	g->at[g->requests++] = g->now;
	assert_true(head_size < sizeof(g->head));
	memcpy(g->head, head, head_size);
	g->head[head_size] = '\0';
	assert_true(g->log_size + path + 64 < sizeof(g->log));
	g->log_size += (size_t)sprintf(g->log + g->log_size, "%.*s %zu ",
	    (int)path, (const char *)head, size);
	for (i = 0; i < size && i < 8; i++)
		g->log_size += (size_t)sprintf(g->log + g->log_size, "%02x",
		    body[i]);
	g->log_size += (size_t)sprintf(g->log + g->log_size, "\n");
	if (strncmp((const char *)head, "POST /send/", 11) != 0)
		return;
	g->body = realloc(g->body, g->body_size + size);
	assert_non_null(g->body);
	memcpy(g->body + g->body_size, body, size);
	g->body_size += size;
}

/* Takes one whole request off what was written.  1 when there was one. */
static int
take_request(struct gate *g, struct script *s)
{
	size_t *done = &g->done[s - g->conn], head, size;
	const char *p, *end, *length;

	if (*done == s->out_size)
		return 0;
	s->out[s->out_size] = 0; /* script.c leaves room for it */
	p = (const char *)s->out + *done;
	end = strstr(p, "\r\n\r\n");
	if (end == NULL)
		return 0;
	head = (size_t)(end - p) + 4;
	length = strstr(p, "Content-Length: ");
	assert_true(length != NULL && length < end);
	size = strtoul(length + 16, NULL, 10);
	if (s->out_size - *done < head + size)
		return 0;
	note_request(g, s->out + *done, head, s->out + *done + head, size);
	*done += head + size;
	return 1;
}

/* ---- Connections ---- */

static void
more(struct script *s, void *arg)
{
	struct gate *g = arg;
	struct answer *a;

	if (s->eof || !take_request(g, s) || g->given == g->prepared)
		return;
	a = &g->answers[g->given++];
	s->in = a->bytes;
	s->in_size = a->size;
	s->in_done = 0;
	s->eof = a->closes;
}

static int
gate_wait(void *ctx, int want, int timeout_ms)
{
	struct script *s = ctx;
	struct gate *g = s->more_arg;

	s->calls++;
	if (s->fail_at != 0 && s->calls == s->fail_at)
		return s->fail_with;
	if (g->cancels)
		return RTMP_ERR_CANCELED;
	if (s->in_done == s->in_size)
		more(s, g);
	if (want & RTMP_WANT_READ && (s->in_done < s->in_size || s->eof))
		return RTMP_WANT_READ;
	if (want & RTMP_WANT_WRITE)
		return RTMP_WANT_WRITE;
	assert_true(timeout_ms >= 0);
	g->now += timeout_ms;
	return 0;
}

static void
connect_gate(struct gate *g, struct rtmp_io *io)
{
	struct script *s;

	assert_true(g->conns < GATE_CONNS);
	s = &g->conn[g->conns++];
	script_init(s, NULL, 0);
	s->io.wait = gate_wait;
	s->more = more;
	s->more_arg = g;
	s->in_step = g->in_step;
	s->out_step = g->out_step;
	s->again = g->again;
	s->fail_at = g->conns == 1 ? g->fail_at : 0;
	*io = s->io;
}

static int
reopen(void *arg, struct rtmp_io *io, int timeout_ms, char *error,
    size_t error_size)
{
	struct gate *g = arg;
	int err = g->reopens != NULL ? g->reopens(g) : 0;

	(void)timeout_ms;
	assert_true(current(g)->closed);
	if (err != 0)
		snprintf(error, error_size, "nobody there");
	else
		connect_gate(g, io);
	return err;
}

static int64_t
gate_now(void *arg)
{
	struct gate *g = arg;

	return g->now;
}

static int
gate_sleep(void *arg, int ms)
{
	struct gate *g = arg;

	if (g->cancels)
		return RTMP_ERR_CANCELED;
	assert_true(ms >= 0);
	g->now += ms;
	return 0;
}

/* ---- Life ---- */

void
gate_init(struct gate *g, int opens)
{
	memset(g, 0, sizeof(*g));
	rtmp_rtmpt_options_init(&g->opt, sizeof(g->opt));
	g->opt.reopen = reopen;
	g->opt.reopen_arg = g;
	g->opt.error = g->error;
	g->opt.error_size = sizeof(g->error);
	g->clock.now = gate_now;
	g->clock.sleep = gate_sleep;
	g->clock.arg = g;
	g->now = 1000000;
	if (opens)
		gate_answer_body(g, "", "S\n", 2);
}

int
gate_open(struct gate *g)
{
	connect_gate(g, &g->io);
	return rtmp_rtmpt_open_at(&g->io, "host", 80, &g->opt, &g->clock);
}

void
gate_free(struct gate *g)
{
	int i;

	if (g->conns != 0 && !g->is_closed)
		g->io.close(g->io.ctx);
	for (i = 0; i < g->conns; i++) {
		assert_true(g->conn[i].closed);
		script_free(&g->conn[i]);
	}
	for (i = 0; i < g->makes; i++)
		free(g->made[i]);
	free(g->body);
}

void
gate_closed(struct gate *g)
{
	g->is_closed = 1;
	assert_true(current(g)->closed);
	while (take_request(g, current(g)))
		;
}

void
gate_close(struct gate *g)
{
	g->io.close(g->io.ctx);
	gate_closed(g);
}

/* ---- Answers ---- */

void
gate_answer(struct gate *g, const void *bytes, size_t size, int closes)
{
	struct answer *a;

	assert_true(g->prepared < GATE_ANSWERS);
	a = &g->answers[g->prepared++];
	a->bytes = bytes;
	a->size = size;
	a->closes = closes;
}

void
gate_answer_text(struct gate *g, const char *text, int closes)
{
	gate_answer(g, text, strlen(text), closes);
}

void
gate_answer_body(struct gate *g, const char *lines, const void *body,
    size_t size)
{
	size_t room = strlen(lines) + size + 128;
	char *made = malloc(room);
	size_t n;

	assert_non_null(made);
	assert_true(g->makes < GATE_ANSWERS);
	g->made[g->makes++] = made;
	n = (size_t)snprintf(made, room, "HTTP/1.1 200 OK\r\n%s"
	    "Content-Length: %zu\r\n\r\n", lines, size);
	memcpy(made + n, body, size);
	gate_answer(g, made, n + size, strstr(lines, "close") != NULL);
}

void
gate_answer_rtmp(struct gate *g, const char *text)
{
	char body[256];

	gate_answer_body(g, "", body, (size_t)snprintf(body, sizeof(body),
	    "\1%s", text));
}

/* ---- What came of it ---- */

void
gate_expect(struct gate *g, const char *log)
{
	g->log[g->log_size] = '\0';
	assert_string_equal(g->log, log);
	g->log_size = 0;
}

void
gate_write(struct gate *g, const char *text)
{
	struct iovec iov;
	size_t n = 0;

	iov.iov_base = (void *)(uintptr_t)text;
	iov.iov_len = strlen(text);
	assert_int_equal(g->io.writev(g->io.ctx, &iov, 1, &n), 0);
	assert_int_equal(n, strlen(text));
}

int
gate_read(struct gate *g, int patience_ms, const char *text)
{
	char got[4096];
	size_t size = 0, n;
	int err;

	for (;;) {
		err = g->io.read(g->io.ctx, got + size, sizeof(got) - size - 1,
		    &n);
		if (err == 0)
			size += n;
		if (err == RTMP_ERR_AGAIN) {
			err = g->io.wait(g->io.ctx, RTMP_WANT_READ,
			    patience_ms);
			if (err == 0)
				break;
			if (err > 0)
				err = 0;
		}
		if (err != 0)
			break;
	}
	got[size] = '\0';
	assert_string_equal(got, text);
	return err;
}
