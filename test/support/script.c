#include "support/script.h"
#include "support/support.h"

/* 0 to go on, or what the call is to return.  moves counts the calls of read
 * or of writev, of which every other one may be refused; NULL: neither. */
static int
script_call(struct script *s, long *moves)
{
	s->calls++;
	if (s->fail_at != 0 && s->calls == s->fail_at)
		return s->fail_with;
	if (moves == NULL)
		return 0;
	return ++*moves % 2 != 0 && s->again ? RTMP_ERR_AGAIN : 0;
}

/* How many bytes can be read now. */
static size_t
script_ready(const struct script *s)
{
	size_t end = s->in_hold != 0 && !s->shut ? s->in_hold : s->in_size;

	return end > s->in_done ? end - s->in_done : 0;
}

static int
script_read(void *ctx, void *buf, size_t size, size_t *nread)
{
	struct script *s = ctx;
	size_t n;
	int r = script_call(s, &s->reads);

	if (r != 0)
		return r;
	if (s->in_done == s->in_size && s->more != NULL)
		s->more(s, s->more_arg);
	n = script_ready(s);
	if (n == 0)
		return s->eof && s->in_done == s->in_size ? RTMP_ERR_EOF :
		    RTMP_ERR_AGAIN;
	if (n > size)
		n = size;
	if (s->in_step != 0 && n > s->in_step)
		n = s->in_step;
	memcpy(buf, s->in + s->in_done, n);
	s->in_done += n;
	*nread = n;
	return 0;
}

static int
script_writev(void *ctx, const struct iovec *iov, int count,
    size_t *nwritten)
{
	struct script *s = ctx;
	size_t total = 0, n;
	int i, r = script_call(s, &s->writes);

	if (s->write_fails_at != 0 && s->writes == s->write_fails_at)
		return s->fail_with;
	if (r != 0)
		return r;
	assert_false(s->shut);
	for (i = 0; i < count; i++) {
		n = iov[i].iov_len;
		if (s->out_step != 0 && n > s->out_step - total)
			n = s->out_step - total;
		s->out = realloc(s->out, s->out_size + n + 1);
		assert_non_null(s->out);
		if (n != 0)
			memcpy(s->out + s->out_size, iov[i].iov_base, n);
		s->out_size += n;
		total += n;
		if (s->out_step != 0 && total == s->out_step)
			break;
	}
	assert_int_not_equal(total, 0);
	*nwritten = total;
	return 0;
}

static int
script_wait(void *ctx, int want, int timeout_ms)
{
	struct script *s = ctx;
	int r = script_call(s, NULL), ready = want & RTMP_WANT_WRITE;

	(void)timeout_ms;
	if (r != 0)
		return r;
	if (script_ready(s) != 0 || s->more != NULL ||
	    (s->eof && s->in_done == s->in_size))
		ready |= want & RTMP_WANT_READ;
	return ready;
}

static int
script_shutdown(void *ctx)
{
	struct script *s = ctx;
	int r = script_call(s, NULL);

	if (r != 0)
		return r;
	s->shut = 1;
	return 0;
}

static void
script_close(void *ctx)
{
	struct script *s = ctx;

	assert_false(s->closed);
	s->closed = 1;
}

void
script_init(struct script *s, const void *in, size_t in_size)
{
	memset(s, 0, sizeof(*s));
	s->io.ctx = s;
	s->io.read = script_read;
	s->io.writev = script_writev;
	s->io.wait = script_wait;
	s->io.shutdown = script_shutdown;
	s->io.close = script_close;
	s->in = in;
	s->in_size = in_size;
	s->fail_with = RTMP_ERR_IO;
}

void
script_free(struct script *s)
{
	free(s->out);
}
