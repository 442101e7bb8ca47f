/*
 * A publisher and a player that outlive their server: rtmp-serve as a process
 * that is killed and started again on the same port, and that records what
 * reaches it.
 */
#include <rtmpio/flv.h>
#include <rtmpio/reconnect.h>
#include <rtmpio/stream_cache.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"

#define LIVES 10 /* of the server */

/* ---- The server ---- */

struct server {
	char dir[64];	/* one folder for the recording of each life */
	int port, life;
	pid_t pid;
	const char *more; /* an option, or NULL */
};

static void
server_start(struct server *s)
{
	char address[32], dir[80], line[80] = "";
	const char *argv[] = { TEST_BUILD "/rtmp-serve", address, "--record",
		dir, s->more, s->more != NULL ? "--reconnect-after=1" : NULL,
		NULL };
	int fds[2];
	FILE *f;

	snprintf(address, sizeof(address), "127.0.0.1:%d", s->port);
	snprintf(dir, sizeof(dir), "%s/%d", s->dir, s->life++);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(pipe(fds), 0);
	s->pid = fork();
	if (s->pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		if (freopen("/dev/null", "w", stderr) != NULL)
			execv(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(sscanf(line, "listening on 127.0.0.1:%d", &s->port),
	    1);
	fclose(f);
}

static void
server_kill(struct server *s, int sig)
{
	int status;

	kill(s->pid, sig);
	waitpid(s->pid, &status, 0);
	s->pid = 0;
}

static void
server_init(struct server *s, const char *more)
{
	memset(s, 0, sizeof(*s));
	s->more = more;
	snprintf(s->dir, sizeof(s->dir), "%s/reconnect.XXXXXX", TEST_BUILD);
	assert_non_null(mkdtemp(s->dir));
	server_start(s);
}

static void
server_end(struct server *s)
{
	char command[100];

	if (s->pid != 0)
		server_kill(s, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->dir);
	assert_int_equal(system(command), 0);
}

/* ---- Media ---- */

struct tags {
	uint8_t *bytes;
	struct rtmp_packet packets[400];
	size_t count;
};

static void
tags_of(struct tags *t, uint8_t *bytes, size_t size)
{
	struct rtmp_flv_fault fault;
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	const uint8_t *data = bytes;
	int got;

	t->bytes = bytes;
	t->count = 0;
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	while ((got = rtmp_flv_reader_next(r, &data, &size, &tag, &fault)) !=
	    0) {
		assert_int_equal(got, RTMP_FLV_TAG);
		assert_in_range(t->count, 0, 399);
		t->packets[t->count++] = tag.packet;
	}
	assert_int_equal(rtmp_flv_reader_finish(r, &tag, &fault), 0);
	rtmp_flv_reader_free(r);
}

static void
load_tags(struct tags *t)
{
	size_t size;
	uint8_t *bytes = load_data("flv/h264_aac.flv", &size);

	tags_of(t, bytes, size);
}

static int
is_media(const struct rtmp_packet *p)
{
	return p->type != RTMP_MSG_DATA_AMF0 && !(rtmp_packet_is(p) &
	    (RTMP_IS_SEQUENCE_HEADER | RTMP_IS_SETTING));
}

/* What reached one life of the server: playable, in order, from a key frame
 * on.  Returns the media packets. */
static uint64_t
check_recording(const struct server *s, int life, uint32_t *last)
{
	char path[128];
	struct tags t;
	uint64_t media = 0;
	size_t i, size;
	int has_key = 0, has_header = 0;
	uint8_t *bytes;
	long end;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d/key.flv", s->dir, life);
	f = fopen(path, "rb");
	if (f == NULL)
		return 0;
	fseek(f, 0, SEEK_END);
	end = ftell(f);
	rewind(f);
	bytes = malloc((size_t)end + 1);
	size = fread(bytes, 1, (size_t)end, f);
	fclose(f);
	tags_of(&t, bytes, size);
	for (i = 0; i < t.count; i++) {
		const struct rtmp_packet *p = &t.packets[i];
		unsigned is = rtmp_packet_is(p);

		if (p->type == RTMP_MSG_VIDEO) {
			has_header |= (is & RTMP_IS_SEQUENCE_HEADER) != 0;
			has_key |= (is & RTMP_IS_KEY_FRAME) != 0;
			assert_true(has_header);
			assert_true(has_key || (is & RTMP_IS_SEQUENCE_HEADER));
		}
		if (!is_media(p))
			continue;
		assert_true(p->timestamp + 300 >= *last);
		if (p->timestamp > *last)
			*last = p->timestamp;
		media++;
	}
	free(bytes);
	return media;
}

static void
nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- Publisher ---- */

struct seen {
	int types[8];
	uint64_t lost;
	uint64_t longest; /* gap, in milliseconds */
	int wait_ms;
};

static void
on_report(void *arg, const struct rtmp_report *r)
{
	struct seen *seen = arg;

	seen->types[r->type]++;
	if (r->type == RTMP_REPORT_RESUMED) {
		seen->lost += r->lost.packets;
		if (r->lost.ms > seen->longest)
			seen->longest = r->lost.ms;
	}
	if (r->type == RTMP_REPORT_WAITING)
		seen->wait_ms = r->wait_ms;
	if (r->error != 0)
		assert_string_not_equal(r->words, "");
}

static struct rtmp_publisher *
new_publisher(const struct server *s, struct seen *seen,
    struct rtmp_options *client, unsigned most_tries)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_publisher *p;
	char url[64];

	memset(seen, 0, sizeof(*seen));
	rtmp_options_init(client, sizeof(*client));
	client->timeout_ms = 2000;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = client;
	opt.first_wait_ms = 10;
	opt.longest_wait_ms = 50;
	opt.most_tries = most_tries;
	opt.on_report = on_report;
	opt.on_report_arg = seen;
	snprintf(url, sizeof(url), "rtmp://127.0.0.1:%d/live/key", s->port);
	assert_int_equal(rtmp_publisher_new(&p, url, NULL, NULL, &opt), 0);
	return p;
}

/* The server is killed and started again ten times, each time for a while in
 * which packets go nowhere.  Returns what the recordings lack. */
static uint64_t
kill_ten_times(int in_a_pause, struct rtmp_loss *lost)
{
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct server s;
	struct tags t;
	struct seen seen;
	uint64_t sent = 0, got = 0;
	uint32_t last = 0;
	size_t i;
	int life, pass = 0;

	load_tags(&t);
	server_init(&s, NULL);
	p = new_publisher(&s, &seen, &client, 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	for (pass = 0; pass < LIVES; pass++) {
		for (i = 0; i < t.count; i++) {
			struct rtmp_packet packet = t.packets[i];

			if (pass != 0 && !is_media(&packet))
				continue;
			packet.timestamp += (uint32_t)pass * 5200;
			assert_int_equal(rtmp_publisher_write(p, &packet), 0);
			sent += (uint64_t)is_media(&packet);
			if (i != 100 || in_a_pause)
				nap(i != 100 ? 1 : 100);
			if (i == 100)
				server_kill(&s, pass % 2 ? SIGKILL : SIGTERM);
			if (i == 160)
				server_start(&s);
		}
	}
	assert_true(rtmp_publisher_is_connected(p));
	assert_int_equal(rtmp_publisher_close(p), 0);
	server_kill(&s, SIGTERM);
	for (life = 0; life <= LIVES; life++)
		got += check_recording(&s, life, &last);
	assert_int_equal(seen.types[RTMP_REPORT_LOST], LIVES);
	assert_int_equal(seen.types[RTMP_REPORT_RESUMED], LIVES);
	*lost = rtmp_publisher_lost(p);
	assert_int_equal(lost->packets, seen.lost);
	assert_true(seen.lost >= 59 * LIVES);
	rtmp_publisher_free(p);
	server_end(&s);
	free(t.bytes);
	return sent - got;
}

/* The server has read, and acknowledged, all that was sent. */
static void
a_killed_server_loses_what_is_reported(void **state)
{
	struct rtmp_loss lost;
	uint64_t missing = kill_ten_times(1, &lost);

	(void)state;
	assert_int_equal(lost.packets, missing);
	assert_int_equal(lost.unacked_packets, 0);
}

/* It dies whenever that may be.  What TCP had taken and it had not read, and
 * what it had read and had no time to acknowledge, is reported as such. */
static void
a_server_that_dies_busy_leaves_few_in_doubt(void **state)
{
	struct rtmp_loss lost;
	uint64_t missing = kill_ten_times(0, &lost);

	(void)state;
	assert_in_range(missing, lost.packets,
	    lost.packets + lost.unacked_packets);
	assert_in_range(lost.unacked_packets, 0, 50 * LIVES);
}

/* ReconnectRequest: over to another server with a key frame, and nothing is
 * lost on the way. */
static void
a_server_that_asks_is_left_for_another(void **state)
{
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct server from, to;
	struct tags t;
	struct seen seen;
	uint64_t sent = 0, first, second;
	uint32_t last = 0;
	char option[80];
	size_t i;

	(void)state;
	load_tags(&t);
	server_init(&to, NULL);
	snprintf(option, sizeof(option),
	    "--reconnect=rtmp://127.0.0.1:%d/live", to.port);
	server_init(&from, option);
	p = new_publisher(&from, &seen, &client, 0);
	assert_int_equal(rtmp_publisher_open(p), 0);
	for (i = 0; i < t.count; i++) {
		assert_int_equal(rtmp_publisher_write(p, &t.packets[i]), 0);
		sent += (uint64_t)is_media(&t.packets[i]);
		nap(6);
	}
	assert_int_equal(rtmp_publisher_close(p), 0);
	assert_int_equal(seen.types[RTMP_REPORT_MOVING], 1);
	assert_int_equal(seen.types[RTMP_REPORT_LOST], 0);
	assert_int_equal(rtmp_publisher_lost(p).packets, 0);
	server_kill(&from, SIGTERM);
	server_kill(&to, SIGTERM);
	first = check_recording(&from, 0, &last);
	second = check_recording(&to, 0, &last);
	assert_true(first > 50);
	assert_true(second > 50);
	assert_int_equal(first + second, sent);
	rtmp_publisher_free(p);
	server_end(&from);
	server_end(&to);
	free(t.bytes);
}

static void
tries_end_with_the_last_error(void **state)
{
	static const uint8_t audio[] = { 0xaf, 1, 2 };
	struct rtmp_packet packet = { RTMP_MSG_AUDIO, 0, audio, 3 };
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct server s;
	struct seen seen;
	int i, err = 0;

	(void)state;
	server_init(&s, NULL);
	p = new_publisher(&s, &seen, &client, 3);
	assert_int_equal(rtmp_publisher_write(p, &packet), RTMP_ERR_STATE);
	assert_int_equal(rtmp_publisher_open(p), 0);
	assert_int_equal(rtmp_publisher_write(p, &packet), 0);
	server_kill(&s, SIGKILL);
	for (i = 0; i < 1000 && err == 0; i++) {
		nap(2);
		err = rtmp_publisher_write(p, &packet);
	}
	assert_int_equal(err, RTMP_ERR_CONNECT);
	assert_non_null(strstr(rtmp_publisher_error(p), "refused"));
	assert_int_equal(seen.types[RTMP_REPORT_FAILED], 3);
	assert_int_equal(seen.types[RTMP_REPORT_WAITING], 2);
	assert_in_range(seen.wait_ms, 5, 50);
	assert_false(rtmp_publisher_is_connected(p));
	assert_int_equal(rtmp_publisher_write(p, &packet), RTMP_ERR_STATE);
	/* It may be opened again. */
	server_start(&s);
	assert_int_equal(rtmp_publisher_open(p), 0);
	assert_int_equal(rtmp_publisher_write(p, &packet), 0);
	assert_int_equal(rtmp_publisher_close(p), 0);
	rtmp_publisher_free(p);
	server_end(&s);
}

static void
a_first_failure_is_told_at_once(void **state)
{
	struct server s = { .port = 1 };
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct seen seen;

	(void)state;
	p = new_publisher(&s, &seen, &client, 0);
	assert_int_equal(rtmp_publisher_open(p), RTMP_ERR_CONNECT);
	assert_non_null(strstr(rtmp_publisher_error(p), "refused"));
	rtmp_publisher_free(p);
	rtmp_publisher_free(NULL);
	rtmp_player_free(NULL);

	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.longest_wait_ms = 1;
	assert_int_equal(rtmp_publisher_new(&p, "rtmp://h/a/b", NULL, NULL,
	    &opt), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_publisher_new(&p, "rtmp://h/a/b", NULL,
	    "neither of the three", NULL), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_publisher_new(&p, "nothing", NULL, NULL, NULL),
	    0);
	assert_int_equal(rtmp_publisher_open(p), RTMP_ERR_URL);
	rtmp_publisher_free(p);
}

static int
make_publisher(struct test_mem *m, void *arg)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	int err;

	(void)arg;
	rtmp_options_init(&client, sizeof(client));
	client.mem = &m->mem;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client;
	err = rtmp_publisher_new(&p, "rtmp://127.0.0.1:1/a/b", "c", "record",
	    &opt);
	if (err == 0) {
		err = rtmp_publisher_open(p);
		rtmp_publisher_free(p);
	}
	return err == RTMP_ERR_CONNECT ? 0 : err;
}

static void
each_allocation_fails_in_turn(void **state)
{
	(void)state;
	each_allocation_fails(make_publisher, NULL);
}

/* ---- Player ---- */

struct source {
	const struct server *s;
	const struct tags *t;
	volatile int stop;
};

/* Publishes the file over and over, whatever happens to the server. */
static void *
publish_for_ever(void *arg)
{
	struct source *source = arg;
	struct rtmp_options client;
	struct rtmp_publisher *p;
	struct seen seen;
	uint32_t shift = 0;
	size_t i;

	p = new_publisher(source->s, &seen, &client, 0);
	if (rtmp_publisher_open(p) != 0)
		return NULL;
	for (i = 0; !source->stop; i = (i + 1) % source->t->count) {
		struct rtmp_packet packet = source->t->packets[i];

		if (i == 0)
			shift += 5200;
		packet.timestamp += shift;
		rtmp_publisher_write(p, &packet);
		nap(1);
	}
	rtmp_publisher_close(p);
	rtmp_publisher_free(p);
	return NULL;
}

static void
a_player_goes_on_with_a_key_frame(void **state)
{
	struct rtmp_reconnect_options opt;
	struct rtmp_options client;
	struct rtmp_packet packet;
	struct rtmp_player *p;
	struct source source;
	struct server s;
	struct tags t;
	pthread_t thread;
	struct seen seen = { .lost = 0 };
	uint32_t last = 0;
	char url[64];
	int i, n, wants_key = 0;

	(void)state;
	load_tags(&t);
	server_init(&s, NULL);
	source.s = &s;
	source.t = &t;
	source.stop = 0;
	rtmp_options_init(&client, sizeof(client));
	client.timeout_ms = 3000;
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client;
	opt.first_wait_ms = 10;
	opt.longest_wait_ms = 50;
	opt.on_report = on_report;
	opt.on_report_arg = &seen;
	snprintf(url, sizeof(url), "rtmp://127.0.0.1:%d/live", s.port);
	assert_int_equal(rtmp_player_new(&p, url, "key", -2, &opt), 0);
	assert_int_equal(rtmp_player_open(p), 0);
	/* The first gap has nothing before it, and so no time. */
	server_kill(&s, SIGKILL);
	server_start(&s);
	assert_int_equal(pthread_create(&thread, NULL, publish_for_ever,
	    &source), 0);
	for (i = 0; i < 900; i++) {
		int lost = seen.types[RTMP_REPORT_LOST];

		n = rtmp_player_read(p, &packet);
		if (n == 0)
			continue; /* the publisher, too, is away */
		assert_int_equal(n, 1);
		wants_key |= seen.types[RTMP_REPORT_LOST] != lost;
		if (packet.type == RTMP_MSG_VIDEO && wants_key) {
			assert_int_not_equal(rtmp_packet_is(&packet), 0);
			if (rtmp_packet_is(&packet) & RTMP_IS_KEY_FRAME)
				wants_key = 0;
		}
		if (is_media(&packet)) {
			assert_true(packet.timestamp + 200 >= last);
			if (packet.timestamp > last)
				last = packet.timestamp;
		}
		if (i == 200 || i == 500) {
			server_kill(&s, SIGKILL);
			nap(30);
			server_start(&s);
		}
	}
	assert_int_equal(seen.types[RTMP_REPORT_LOST], 3);
	assert_int_equal(seen.types[RTMP_REPORT_RESUMED], 3);
	assert_in_range(seen.longest, 1, 5000);
	rtmp_player_cancel(p);
	while ((n = rtmp_player_read(p, &packet)) >= 0)
		;
	assert_int_equal(n, RTMP_ERR_CANCELED);
	source.stop = 1;
	pthread_join(thread, NULL);
	assert_int_equal(rtmp_player_close(p), 0);
	rtmp_player_free(p);
	server_end(&s);
	free(t.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_server_loses_what_is_reported),
		cmocka_unit_test(a_server_that_dies_busy_leaves_few_in_doubt),
		cmocka_unit_test(a_server_that_asks_is_left_for_another),
		cmocka_unit_test(tries_end_with_the_last_error),
		cmocka_unit_test(a_first_failure_is_told_at_once),
		cmocka_unit_test(each_allocation_fails_in_turn),
		cmocka_unit_test(a_player_goes_on_with_a_key_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
