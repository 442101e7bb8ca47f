/*
 * Servers that never stop talking and never say what is awaited: each call
 * ends within its deadline all the same.  The server is a script that always
 * has more, so that no call ever waits, which is where time is looked at else.
 */
#include <time.h>

#include "client/internal.h"

#include "support/peer.h"
#include "support/script.h"

#define URL "rtmp://127.0.0.1/live/stream"
#define TIMEOUT_MS 100
#define MUCH_MS 2000 /* when a flood ends, so that no test hangs */
#define TIMES 2000   /* of a message in a flood */

static const uint8_t audio[] = { 0xaf, 1, 2 };

/* ---- The server ---- */

struct flood {
	struct peer peer;
	struct script script;
	size_t begin; /* of what is sent again and again, in peer */
	int64_t end;
	struct rtmp *r;
};

static void
add_command(struct peer *p)
{
	peer_command(p, 0, "['onFoo', 0, null]");
}

static void
add_control(struct peer *p)
{
	peer_control(p, RTMP_MSG_WINDOW_ACK_SIZE, 1 << 30);
}

static void
add_media(struct peer *p)
{
	peer_media(p, 77, RTMP_MSG_VIDEO, 0, "not asked for");
}

static void (*const kinds[])(struct peer *p) = { add_command, add_control,
	add_media };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define WORDS 2 /* behind them is what a player takes */

static void
give_more(struct script *s, void *arg)
{
	struct flood *f = arg;

	if (f->end == 0)
		f->end = now_ms() + MUCH_MS;
	if (now_ms() >= f->end) {
		s->eof = 1;
		return;
	}
	s->in = f->peer.data + f->begin;
	s->in_size = f->peer.size - f->begin;
	s->in_done = 0;
}

/* What stands before it has been said once. */
static void
then_flood(struct flood *f, void (*add)(struct peer *p))
{
	struct rtmp_options opt;
	int i;

	add(&f->peer);
	f->begin = f->peer.size;
	for (i = 0; i < TIMES; i++)
		add(&f->peer);
	script_init(&f->script, f->peer.data, f->peer.size);
	f->script.more = give_more;
	f->script.more_arg = f;
	f->end = 0;
	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &f->script.io;
	opt.timeout_ms = opt.linger_ms = TIMEOUT_MS;
	f->r = rtmp_new(&opt);
	assert_non_null(f->r);
}

static void
end(struct flood *f)
{
	rtmp_free(f->r);
	script_free(&f->script);
	peer_free(&f->peer);
}

/* It ended by its deadline, not because the server went. */
static void
assert_in_time(const struct flood *f, int64_t began)
{
	assert_in_range(now_ms() - began, 0, MUCH_MS / 2);
	assert_false(f->script.eof);
}

static void
assert_timeout(struct flood *f, int err, int64_t began, const char *awaited)
{
	assert_int_equal(err, RTMP_ERR_TIMEOUT);
	assert_non_null(strstr(rtmp_error_detail(f->r), awaited));
	assert_in_time(f, began);
}

/* ---- Calls ---- */

static void
connect_ends_in_time(void **state)
{
	struct flood f;
	int64_t began;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		peer_init(&f.peer);
		then_flood(&f, kinds[i]);
		began = now_ms();
		assert_timeout(&f, rtmp_connect(f.r, URL, NULL), began,
		    "the answer to connect");
		end(&f);
	}
}

static void
publish_and_play_end_in_time(void **state)
{
	struct flood f;
	int64_t began;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * KINDS; i++) {
		peer_init(&f.peer);
		peer_connected(&f.peer);
		then_flood(&f, kinds[i / 2]);
		assert_int_equal(rtmp_connect(f.r, URL, NULL), 0);
		began = now_ms();
		assert_timeout(&f, i % 2 == 0 ? rtmp_publish(f.r, NULL) :
		    rtmp_play(f.r, RTMP_PLAY_LIVE), began,
		    "the answer to createStream");
		end(&f);
	}
}

static void
start_playing(struct flood *f, void (*add)(struct peer *p))
{
	peer_init(&f->peer);
	peer_connected(&f->peer);
	peer_playing(&f->peer, 2, 1);
	then_flood(f, add);
	assert_int_equal(rtmp_connect(f->r, URL, NULL), 0);
	assert_int_equal(rtmp_play(f->r, RTMP_PLAY_LIVE), 0);
}

static void
start_publishing(struct flood *f, void (*add)(struct peer *p))
{
	peer_init(&f->peer);
	peer_connected(&f->peer);
	peer_published(&f->peer, 4, 1);
	then_flood(f, add);
	assert_int_equal(rtmp_connect(f->r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(f->r, NULL), 0);
}

static void
a_read_ends_in_time_and_may_go_on(void **state)
{
	struct rtmp_packet packet;
	struct flood f;
	int64_t began;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < WORDS; i++) {
		start_playing(&f, kinds[i]);
		for (n = 0; n < 2; n++) {
			f.end = 0;
			began = now_ms();
			assert_timeout(&f, rtmp_read_packet(f.r, &packet),
			    began, "the server to send");
		}
		end(&f);
	}
}

/* What it sends need not all be read for a packet to leave. */
static void
writes_go_on(void **state)
{
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, audio,
		sizeof(audio) };
	struct timespec pause = { 0, 25000000 }; /* its words are looked at */
	struct flood f;
	int64_t began;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		start_publishing(&f, kinds[i]);
		began = now_ms();
		for (n = 0; n < 3; n++) {
			nanosleep(&pause, NULL);
			assert_int_equal(rtmp_write_packet(f.r, &packet), 0);
		}
		assert_int_equal(rtmp_write_packets(f.r, NULL, 0, NULL), 0);
		assert_in_time(&f, began);
		end(&f);
	}
}

/* Reads while it waits to write: a server that takes nothing, and sends. */
static int
takes_nothing(void *ctx, const struct iovec *iov, int count, size_t *n)
{
	(void)ctx;
	(void)iov;
	(void)count;
	(void)n;
	return RTMP_ERR_AGAIN;
}

static void
a_write_ends_in_time(void **state)
{
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, audio,
		sizeof(audio) };
	struct flood f;
	int64_t began;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		start_publishing(&f, kinds[i]);
		f.r->io.writev = takes_nothing;
		began = now_ms();
		assert_timeout(&f, rtmp_write_packet(f.r, &packet), began,
		    "the server to read");
		end(&f);
	}
}

static void
close_ends_in_time(void **state)
{
	struct flood f;
	int64_t began;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * KINDS; i++) {
		if (i % 2 == 0)
			start_publishing(&f, kinds[i / 2]);
		else
			start_playing(&f, kinds[i / 2]);
		began = now_ms();
		assert_int_equal(rtmp_close(f.r), 0);
		assert_in_time(&f, began);
		end(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connect_ends_in_time),
		cmocka_unit_test(publish_and_play_end_in_time),
		cmocka_unit_test(a_read_ends_in_time_and_may_go_on),
		cmocka_unit_test(writes_go_on),
		cmocka_unit_test(a_write_ends_in_time),
		cmocka_unit_test(close_ends_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
