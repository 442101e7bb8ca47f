/* The transport of RTMPE over a scripted one. */
#include <rtmpio/handshake.h>

#include "support/rtmpe.h"
#include "support/script.h"
#include "support/support.h"

#define CONNECT 200 /* bytes of a connect command, and more */

static const uint8_t key_out[] = "a key to be sent";
static const uint8_t key_in[] = "one for received";

struct link {
	struct script script;
	struct rtmp_io io;
};

static void
link_init(struct link *l, const void *in, size_t size)
{
	script_init(&l->script, in, size);
	l->io = l->script.io;
	assert_int_equal(rtmp_rtmpe_wrap(&l->io, NULL), 0);
}

static void
link_free(struct link *l)
{
	l->io.close(l->io.ctx);
	assert_int_equal(l->script.closed, 1);
	script_free(&l->script);
}

/* Writes all of data, in offers of some pieces; returns the last result. */
static int
write_all(struct link *l, const uint8_t *data, size_t size, size_t piece)
{
	struct iovec iov[8];
	size_t done = 0, n, at;
	int i, err, refused = 0;

	while (done < size) {
		for (i = 0, at = done; i < 8 && at < size; i++, at += n) {
			n = piece < size - at ? piece : size - at;
			iov[i].iov_base = (void *)(uintptr_t)(data + at);
			iov[i].iov_len = n;
		}
		err = l->io.writev(l->io.ctx, iov, i, &n);
		if (err == 0) {
			assert_true(n != 0 && n <= at - done);
			done += n;
			refused = 0;
		} else if (err != RTMP_ERR_AGAIN || ++refused == 2) {
			return err;
		}
	}
	return 0;
}

static int
read_all(struct link *l, uint8_t *data, size_t size, size_t piece)
{
	size_t done = 0, n;
	int err, refused = 0;

	while (done < size) {
		err = l->io.read(l->io.ctx, data + done,
		    piece < size - done ? piece : size - done, &n);
		if (err == 0) {
			done += n;
			refused = 0;
		} else if (err != RTMP_ERR_AGAIN || ++refused == 2) {
			return err;
		}
	}
	return 0;
}

/* ---- The transport ---- */

static void
enciphers_behind_the_handshake(void **state)
{
	static const struct {
		size_t piece, step;
		int again;
	} ways[] = { { 70000, 0, 0 }, { 1, 0, 0 }, { 3073, 0, 0 },
		{ 3072, 0, 1 }, { 10000, 1, 0 }, { 70000, 16384, 0 },
		{ 70000, 16383, 1 }, { 4000, 5000, 1 }, { 5, 7, 1 } };
	static uint8_t data[70000], copy[70000], want[70000], got[70000];
	struct link l;
	size_t i;

	(void)state;
	fill_random(data, sizeof(data), 1);
	memcpy(copy, data, sizeof(data));
	memcpy(want, data, sizeof(data));
	encipher(want, sizeof(want), key_out);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		link_init(&l, want, sizeof(want));
		l.script.in_step = l.script.out_step = ways[i].step;
		l.script.again = ways[i].again;
		rtmp_rtmpe_set_keys(&l.io, key_out, key_out);
		assert_int_equal(write_all(&l, data, sizeof(data),
		    ways[i].piece), 0);
		assert_int_equal(l.script.out_size, sizeof(want));
		assert_memory_equal(l.script.out, want, sizeof(want));
		/* The caller's bytes are as they were. */
		assert_memory_equal(data, copy, sizeof(copy));
		assert_int_equal(read_all(&l, got, sizeof(got),
		    ways[i].piece), 0);
		assert_memory_equal(got, data, sizeof(data));
		link_free(&l);
	}
}

static void
nothing_behind_the_handshake_moves_without_keys(void **state)
{
	static uint8_t data[5000], want[5000], got[5000];
	struct link l;
	struct iovec iov = { data, sizeof(data) };
	size_t n;

	(void)state;
	fill_random(data, sizeof(data), 2);
	memcpy(want, data, sizeof(data));
	encipher(want, sizeof(want), key_in);
	link_init(&l, want, sizeof(want));
	assert_int_equal(l.io.wait(l.io.ctx, 3, 0), 3);
	assert_int_equal(l.io.read(l.io.ctx, got, sizeof(got), &n), 0);
	assert_int_equal(n, CLEAR);
	assert_int_equal(l.script.in_done, CLEAR);
	assert_int_equal(l.io.read(l.io.ctx, got + n, 100, &n),
	    RTMP_ERR_AGAIN);
	assert_int_equal(l.script.in_done, CLEAR);
	assert_int_equal(l.io.wait(l.io.ctx, 3, 0), 2);
	assert_int_equal(l.io.writev(l.io.ctx, &iov, 1, &n), 0);
	assert_int_equal(n, CLEAR);
	iov.iov_base = data + CLEAR;
	iov.iov_len = sizeof(data) - CLEAR;
	assert_int_equal(l.io.writev(l.io.ctx, &iov, 1, &n), RTMP_ERR_AGAIN);
	assert_int_equal(l.io.wait(l.io.ctx, 3, 0), 0);
	assert_int_equal(l.script.out_size, CLEAR);

	rtmp_rtmpe_set_keys(&l.io, key_out, key_in);
	assert_int_equal(l.io.wait(l.io.ctx, 3, 0), 3);
	assert_int_equal(l.io.writev(l.io.ctx, &iov, 1, &n), 0);
	assert_int_equal(n, sizeof(data) - CLEAR);
	assert_int_equal(read_all(&l, got + CLEAR, sizeof(got) - CLEAR, 999),
	    0);
	assert_memory_equal(got, data, sizeof(data));
	memcpy(want, data, sizeof(data));
	encipher(want, sizeof(want), key_out);
	assert_memory_equal(l.script.out, want, sizeof(want));
	link_free(&l);
}

static void
without_keys_by_agreement_all_passes(void **state)
{
	static uint8_t data[9000], got[9000];
	struct link l;

	(void)state;
	fill_random(data, sizeof(data), 3);
	link_init(&l, data, sizeof(data));
	l.script.out_step = 1000;
	rtmp_rtmpe_set_keys(&l.io, NULL, NULL);
	assert_int_equal(write_all(&l, data, sizeof(data), 2000), 0);
	assert_memory_equal(l.script.out, data, sizeof(data));
	assert_int_equal(read_all(&l, got, sizeof(got), 2000), 0);
	assert_memory_equal(got, data, sizeof(data));
	link_free(&l);
}

/* What was offered and not taken may be other bytes the next time: a session
 * lays a message out again as long as none of it has left. */
static void
what_is_offered_may_change(void **state)
{
	static uint8_t data[20000], want[20000], offer[20000];
	uint32_t seed = 4;
	struct link l;
	struct iovec iov[2];
	size_t done = 0, n, size;

	(void)state;
	fill_random(data, sizeof(data), 4);
	memcpy(want, data, sizeof(data));
	encipher(want, sizeof(want), key_out);
	link_init(&l, NULL, 0);
	rtmp_rtmpe_set_keys(&l.io, key_out, key_in);
	l.script.again = 1;
	while (done < sizeof(data)) {
		/* Up to 100 bytes leave; behind them stands anything. */
		l.script.out_step = 1 + next_random(&seed) % 100;
		if (l.script.out_step > sizeof(data) - done)
			l.script.out_step = sizeof(data) - done;
		size = 100 + next_random(&seed) % 10000;
		fill_random(offer, size, seed);
		memcpy(offer, data + done, l.script.out_step);
		iov[0].iov_base = offer;
		iov[0].iov_len = 50;
		iov[1].iov_base = offer + 50;
		iov[1].iov_len = size - 50;
		n = 0;
		if (l.io.writev(l.io.ctx, iov, 2, &n) == 0)
			done += n;
	}
	assert_int_equal(l.script.out_size, sizeof(want));
	assert_memory_equal(l.script.out, want, sizeof(want));
	link_free(&l);
}

static void
failures_below_come_through(void **state)
{
	uint8_t data[CLEAR + 10] = { 0 };
	struct link l;
	size_t n;

	(void)state;
	link_init(&l, data, sizeof(data));
	rtmp_rtmpe_set_keys(&l.io, key_out, key_in);
	assert_int_equal(write_all(&l, data, CLEAR, CLEAR), 0);
	l.script.fail_at = l.script.calls + 1;
	assert_int_equal(write_all(&l, data, 10, 10), RTMP_ERR_IO);
	l.script.fail_at = l.script.calls + 1;
	assert_int_equal(l.io.read(l.io.ctx, data, 1, &n), RTMP_ERR_IO);
	l.script.fail_at = l.script.calls + 1;
	assert_int_equal(l.io.wait(l.io.ctx, 1, 0), RTMP_ERR_IO);
	l.script.fail_at = l.script.calls + 1;
	assert_int_equal(l.io.shutdown(l.io.ctx), RTMP_ERR_IO);
	assert_int_equal(l.io.shutdown(l.io.ctx), 0);
	assert_int_equal(l.script.shut, 1);
	l.script.eof = 1;
	assert_int_equal(read_all(&l, data, sizeof(data) + 1, 9999),
	    RTMP_ERR_EOF);
	assert_string_equal(l.io.error(l.io.ctx), "");
	link_free(&l);
}

static const char *
some_error(void *ctx)
{
	(void)ctx;
	return "some error";
}

static void
what_is_missing_below_is_not_called(void **state)
{
	struct script script;
	struct rtmp_io io;

	(void)state;
	script_init(&script, NULL, 0);
	io = script.io;
	io.shutdown = NULL;
	io.close = NULL;
	assert_int_equal(rtmp_rtmpe_wrap(&io, NULL), 0);
	assert_int_equal(io.shutdown(io.ctx), 0);
	assert_string_equal(io.error(io.ctx), "");
	io.close(io.ctx);
	assert_int_equal(script.calls, 0);
	io = script.io;
	io.error = some_error;
	assert_int_equal(rtmp_rtmpe_wrap(&io, NULL), 0);
	assert_string_equal(io.error(io.ctx), "some error");
	io.close(io.ctx);
	script_free(&script);
}

static int
wrap_and_close(struct test_mem *m, void *arg)
{
	struct script script;
	struct rtmp_io io;
	int err;

	(void)arg;
	script_init(&script, NULL, 0);
	io = script.io;
	err = rtmp_rtmpe_wrap(&io, &m->mem);
	assert_true(err == 0 || io.ctx == script.io.ctx);
	io.close(io.ctx);
	assert_int_equal(script.closed, 1);
	script_free(&script);
	return err;
}

static void
out_of_memory_leaves_the_transport_alone(void **state)
{
	(void)state;
	each_allocation_fails(wrap_and_close, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enciphers_behind_the_handshake),
		cmocka_unit_test(
		    nothing_behind_the_handshake_moves_without_keys),
		cmocka_unit_test(without_keys_by_agreement_all_passes),
		cmocka_unit_test(what_is_offered_may_change),
		cmocka_unit_test(failures_below_come_through),
		cmocka_unit_test(what_is_missing_below_is_not_called),
		cmocka_unit_test(out_of_memory_leaves_the_transport_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
