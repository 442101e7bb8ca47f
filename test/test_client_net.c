/*
 * The blocking client over real sockets on loopback: deadlines, cancel, and
 * servers that hang up, stall or talk at the wrong time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "client/internal.h"
#include "support/captured.h"

/* ---- A server: one connection, in a thread ---- */

struct server {
	int listener;
	char url[80];
	pthread_t thread;
	int running;
	const uint8_t *script; /* sent at once, up to size */
	size_t size;
	int stay;	/* then: 0 closes at once, 1 reads to the end, 2
			 * neither reads nor closes */
	int chatter;	/* sends an Acknowledgement for every read */
	size_t received;
	uint8_t tail[512]; /* the last bytes that came */
	int reset;	   /* reading ended with an error */
	int stop;
};

static void
server_init(struct server *s)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	memset(s, 0, sizeof(*s));
	memset(&a, 0, sizeof(a));
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(s->listener >= 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a,
	    sizeof(a)), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a,
	    &len), 0);
	snprintf(s->url, sizeof(s->url), "rtmp://127.0.0.1:%d/live/key",
	    ntohs(a.sin_port));
}

static void
server_read(struct server *s, int fd)
{
	static const uint8_t ack[] = { 2, 0, 0, 0, 0, 0, 4, 3, 0, 0, 0, 0, 0,
		0, 0, 9 };
	uint8_t buf[65536];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		size_t keep = (size_t)n < sizeof(s->tail) ? (size_t)n :
		    sizeof(s->tail);

		memmove(s->tail, s->tail + keep, sizeof(s->tail) - keep);
		memcpy(s->tail + sizeof(s->tail) - keep, buf + n - keep,
		    keep);
		s->received += (size_t)n;
		if (s->chatter)
			send(fd, ack, sizeof(ack), MSG_NOSIGNAL);
	}
	s->reset = n < 0;
}

static void *
server_run(void *arg)
{
	struct server *s = arg;
	struct timespec nap = { 0, 2000000 };
	size_t done = 0;
	int fd = accept(s->listener, NULL, NULL);

	while (fd >= 0 && done < s->size) {
		ssize_t n = send(fd, s->script + done, s->size - done,
		    MSG_NOSIGNAL);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (s->stay == 1)
		server_read(s, fd);
	while (s->stay == 2 && !__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
		nanosleep(&nap, NULL);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void
server_start(struct server *s)
{
	s->running = 1;
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
}

static void
server_end(struct server *s)
{
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELEASE);
	shutdown(s->listener, SHUT_RDWR);
	if (s->running)
		pthread_join(s->thread, NULL);
	close(s->listener);
}

/* The script of nginx-rtmp up to Publish.Start, and where it ends. */
static uint8_t *
load_publish(size_t *size)
{
	uint8_t *in = load_data("captures/ffmpeg9-nginx-publish/s2c.bin",
	    size);

	*size = end_of_code("ffmpeg9-nginx-publish",
	    "NetStream.Publish.Start");
	return in;
}

static struct rtmp *
client(int timeout_ms)
{
	struct rtmp_options opt;
	struct rtmp *r;

	rtmp_options_init(&opt, sizeof(opt));
	opt.timeout_ms = timeout_ms;
	r = rtmp_new(&opt);
	assert_non_null(r);
	return r;
}

/* ---- Deadlines ---- */

/* A listening socket that never answers, as of a stopped process. */
static void
silent_server_times_out(void **state)
{
	struct rtmp *r = client(200);
	struct server s;
	int64_t start;

	(void)state;
	server_init(&s);
	start = now_ms();
	assert_int_equal(rtmp_connect(r, s.url, NULL), RTMP_ERR_TIMEOUT);
	assert_true(now_ms() - start >= 190);
	assert_non_null(strstr(rtmp_error_detail(r), "handshake"));
	assert_null(strstr(rtmp_error_detail(r), "RTMPE"));
#ifndef RTMP_NO_CRYPTO
	{
		char url[80];

		snprintf(url, sizeof(url), "rtmpe%s", strchr(s.url, ':'));
		assert_int_equal(rtmp_connect(r, url, NULL),
		    RTMP_ERR_TIMEOUT);
		assert_non_null(strstr(rtmp_error_detail(r),
		    "handshake; it may not speak RTMPE"));
	}
#endif
	rtmp_free(r);
	server_end(&s);
}

/* The same behind every message of the server: each call has its deadline,
 * and says what it was waiting for. */
static void
stalling_server_times_out(void **state)
{
	size_t size, i;
	uint8_t *in = load_publish(&size);
	const struct {
		size_t bytes;
		const char *words;
	} stalls[] = { { 1, "the handshake" }, { 1537, "the handshake" },
		{ HANDSHAKE_SIZE, "the answer to connect" },
		{ HANDSHAKE_SIZE + 40, "the answer to connect" },
		{ 0, "the answer to" } };

	(void)state;
	for (i = 0; i < sizeof(stalls) / sizeof(stalls[0]); i++) {
		struct rtmp *r = client(100);
		struct server s;
		int err;

		server_init(&s);
		s.script = in;
		s.size = stalls[i].bytes != 0 ? stalls[i].bytes : size - 5;
		s.stay = 2;
		server_start(&s);
		err = rtmp_connect(r, s.url, NULL);
		if (err == 0)
			err = rtmp_publish(r, NULL);
		assert_int_equal(err, RTMP_ERR_TIMEOUT);
		if (strstr(rtmp_error_detail(r), stalls[i].words) == NULL)
			fail_msg("\"%s\" does not say \"%s\"",
			    rtmp_error_detail(r), stalls[i].words);
		/* The handle is good for another try. */
		assert_int_equal(rtmp_connect(r, "rtmp://127.0.0.1:1/a/b",
		    NULL), RTMP_ERR_CONNECT);
		rtmp_free(r);
		server_end(&s);
	}
	free(in);
}

/* A server that no longer reads: the write ends with the deadline. */
static void
write_to_a_full_server_times_out(void **state)
{
	size_t size, big = 4 << 20;
	uint8_t *in = load_publish(&size), *data = calloc(1, big);
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, data, big };
	struct rtmp *r = client(300);
	struct server s;
	int64_t start = 0;
	int i, err = 0;

	(void)state;
	server_init(&s);
	s.script = in;
	s.size = size;
	s.stay = 2;
	server_start(&s);
	assert_int_equal(rtmp_connect(r, s.url, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	for (i = 0; i < 10 && err == 0; i++) {
		start = now_ms();
		err = rtmp_write_packet(r, &p);
	}
	assert_int_equal(err, RTMP_ERR_TIMEOUT);
	assert_true(now_ms() - start >= 290);
	assert_int_equal(rtmp_write_packet(r, &p), RTMP_ERR_STATE);
	rtmp_free(r);
	server_end(&s);
	free(data);
	free(in);
}

/* Plays what no packet comes of.  Returns what to free behind server_end(). */
static uint8_t *
play_nothing(struct rtmp *r, struct server *s)
{
	size_t size;
	uint8_t *in = load_data("captures/error-nostream-ffmpeg9-nginx-play/"
	    "s2c.bin", &size);

	server_init(s);
	s->script = in;
	s->size = size;
	s->stay = 2;
	server_start(s);
	assert_int_equal(rtmp_connect(r, s->url, NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	return in;
}

/* A player that waits for packets: the connection outlives the timeout. */
static void
read_timeout_is_not_fatal(void **state)
{
	struct rtmp *r = client(100);
	struct rtmp_packet p;
	struct server s;
	uint8_t *in;

	(void)state;
	in = play_nothing(r, &s);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_TIMEOUT);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_TIMEOUT);
	assert_int_equal(rtmp_pause(r, 1, 0), 0);
	assert_int_equal(rtmp_close(r), 0);
	rtmp_free(r);
	server_end(&s);
	free(in);
}

/* ---- Cancel ---- */

static void *
cancel_later(void *arg)
{
	struct timespec nap = { 0, 50000000 };

	nanosleep(&nap, NULL);
	rtmp_cancel(arg);
	return NULL;
}

static void
canceled_from_another_thread(void **state)
{
	struct rtmp *r = client(-1);
	struct server s;
	pthread_t thread;

	(void)state;
	server_init(&s);
	assert_int_equal(pthread_create(&thread, NULL, cancel_later, r), 0);
	assert_int_equal(rtmp_connect(r, s.url, NULL), RTMP_ERR_CANCELED);
	pthread_join(thread, NULL);
	rtmp_free(r);
	server_end(&s);
}

static struct rtmp *signal_client;

static void
on_alarm(int sig)
{
	(void)sig;
	rtmp_cancel(signal_client);
}

static void
canceled_from_a_signal_handler(void **state)
{
	struct itimerval in_50_ms = { { 0, 0 }, { 0, 50000 } };
	struct rtmp *r = client(-1);
	struct rtmp_packet p;
	struct server s;
	uint8_t *in;

	(void)state;
	in = play_nothing(r, &s);
	signal_client = r;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &in_50_ms, NULL);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_CANCELED);
	signal(SIGALRM, SIG_DFL);
	/* A player may still say goodbye. */
	assert_int_equal(rtmp_close(r), 0);
	rtmp_free(r);
	server_end(&s);
	free(in);
}

/* The flag is seen, and told, before the signal comes that is behind it. */
static void
a_cancel_ends_no_second_call(void **state)
{
	struct rtmp *r = client(200);
	struct rtmp_packet p;
	struct server s;
	uint8_t *in;

	(void)state;
	rtmp_wake_signal(&r->wake);
	in = play_nothing(r, &s);
	rtmp_wake_signal(&r->wake);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_TIMEOUT);
	rtmp_cancel(r);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_CANCELED);
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_TIMEOUT);
	assert_int_equal(rtmp_close(r), 0);
	rtmp_cancel(r);
	assert_int_equal(rtmp_connect(r, s.url, NULL), RTMP_ERR_CANCELED);
	rtmp_free(r);
	server_end(&s);
	free(in);
}

/* ---- Hanging up ---- */

static void
unreachable_servers_differ(void **state)
{
	struct rtmp *r = client(2000);

	(void)state;
	assert_int_equal(rtmp_connect(r, "rtmp://127.0.0.1:1/live/key",
	    NULL), RTMP_ERR_CONNECT);
	assert_non_null(strstr(rtmp_error_detail(r), "refused"));
	assert_int_equal(rtmp_connect(r, "rtmp://no-such-host.invalid/a/b",
	    NULL), RTMP_ERR_RESOLVE);
	assert_non_null(strstr(rtmp_error_detail(r), "no-such-host"));
	rtmp_free(r);
}

/* SIGPIPE is left as it is: its default action would end this program. */
static void
server_that_hangs_up_raises_no_signal(void **state)
{
	static const uint8_t data[50000];
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, data, sizeof(data) };
	size_t size;
	uint8_t *in = load_publish(&size);
	struct rtmp *r = client(2000);
	struct server s;
	int i, err = 0;

	(void)state;
	server_init(&s);
	s.script = in;
	s.size = size;
	server_start(&s);
	err = rtmp_connect(r, s.url, NULL);
	if (err == 0)
		err = rtmp_publish(r, NULL);
	for (i = 0; i < 1000 && err == 0; i++)
		err = rtmp_write_packet(r, &p);
	assert_true(err == RTMP_ERR_EOF || err == RTMP_ERR_IO ||
	    err == RTMP_ERR_REJECTED);
	assert_string_not_equal(rtmp_error_detail(r), "");
	rtmp_free(r);
	server_end(&s);
	free(in);
}

static void
garbage_instead_of_rtmp(void **state)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct rtmp *r = client(2000);
	struct server s;

	(void)state;
	server_init(&s);
	s.script = (const uint8_t *)http;
	s.size = sizeof(http) - 1;
	s.stay = 1;
	server_start(&s);
	assert_int_equal(rtmp_connect(r, s.url, NULL), RTMP_ERR_HANDSHAKE);
	assert_non_null(strstr(rtmp_error_detail(r), "HTTP"));
	rtmp_free(r);
	server_end(&s);
}

/* ---- The end ---- */

/* What librtmp loses: acknowledgements lie unread when it closes, TCP resets
 * the connection, and the server never sees the tail. */
static void
close_never_loses_the_tail(void **state)
{
	static const uint8_t data[20000] = { 0x27, 1 };
	static const char goodbye[] = "deleteStream";
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, data, sizeof(data) };
	size_t size, i, round;
	uint8_t *in = load_publish(&size);

	(void)state;
	for (round = 0; round < 10; round++) {
		struct rtmp *r = client(5000);
		struct server s;
		int found = 0;

		server_init(&s);
		s.script = in;
		s.size = size;
		s.stay = 1;
		s.chatter = 1;
		server_start(&s);
		assert_int_equal(rtmp_connect(r, s.url, NULL), 0);
		assert_int_equal(rtmp_publish(r, NULL), 0);
		for (i = 0; i < 200; i++)
			assert_int_equal(rtmp_write_packet(r, &p), 0);
		assert_int_equal(rtmp_close(r), 0);
		rtmp_free(r);
		server_end(&s);
		assert_false(s.reset);
		assert_true(s.received > 200 * sizeof(data));
		for (i = 0; i + sizeof(goodbye) <= sizeof(s.tail); i++)
			if (memcmp(s.tail + i, goodbye,
			    sizeof(goodbye) - 1) == 0)
				found = 1;
		assert_true(found);
	}
	free(in);
}

/* A server that never closes its side holds rtmp_close() for linger_ms. */
static void
close_ends_with_the_linger_time(void **state)
{
	size_t size;
	uint8_t *in = load_publish(&size);
	struct rtmp_options opt;
	struct server s;
	struct rtmp *r;
	int64_t start;

	(void)state;
	rtmp_options_init(&opt, sizeof(opt));
	opt.linger_ms = 100;
	r = rtmp_new(&opt);
	server_init(&s);
	s.script = in;
	s.size = size;
	s.stay = 2;
	server_start(&s);
	assert_int_equal(rtmp_connect(r, s.url, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	start = now_ms();
	assert_int_equal(rtmp_close(r), 0);
	assert_true(now_ms() - start >= 90);
	assert_true(now_ms() - start < 5000);
	rtmp_free(r);
	server_end(&s);
	free(in);
}

/* ---- TLS ---- */

struct wrap {
	int calls;
	int answer;
	char host[64];
	struct rtmp_io inner;
};

static int
wrap_tls(void *arg, const char *host, struct rtmp_io *io, int timeout_ms,
    char *error, size_t error_size)
{
	struct wrap *w = arg;

	assert_true(timeout_ms > 0 && timeout_ms <= 1000);
	assert_true(rtmp_tcp_fd(io) >= 0);
	w->calls++;
	snprintf(w->host, sizeof(w->host), "%s", host);
	w->inner = *io;
	if (w->answer != 0)
		snprintf(error, error_size, "certificate has expired");
	return w->answer;
}

static void
rtmps_goes_through_the_hook(void **state)
{
	struct rtmp_options opt;
	struct wrap w;
	struct server s;
	struct rtmp *r;
	char url[100];

	(void)state;
	memset(&w, 0, sizeof(w));
	w.answer = RTMP_ERR_TLS;
	rtmp_options_init(&opt, sizeof(opt));
	opt.wrap_tls = wrap_tls;
	opt.wrap_tls_arg = &w;
	opt.timeout_ms = 1000;
	r = rtmp_new(&opt);
	server_init(&s);
	snprintf(url, sizeof(url), "rtmps%.70s", s.url + 4);
	assert_int_equal(rtmp_connect(r, url, NULL), RTMP_ERR_TLS);
	assert_string_equal(rtmp_error_detail(r),
	    "TLS with 127.0.0.1: certificate has expired");
	assert_string_equal(w.host, "127.0.0.1");
	assert_int_equal(w.calls, 1);
	/* What the hook leaves in place is used: here plain TCP. */
	w.answer = 0;
	assert_int_equal(rtmp_connect(r, url, NULL), RTMP_ERR_TIMEOUT);
	assert_int_equal(w.calls, 2);
	rtmp_free(r);
	server_end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_server_times_out),
		cmocka_unit_test(stalling_server_times_out),
		cmocka_unit_test(write_to_a_full_server_times_out),
		cmocka_unit_test(read_timeout_is_not_fatal),
		cmocka_unit_test(canceled_from_another_thread),
		cmocka_unit_test(canceled_from_a_signal_handler),
		cmocka_unit_test(a_cancel_ends_no_second_call),
		cmocka_unit_test(unreachable_servers_differ),
		cmocka_unit_test(server_that_hangs_up_raises_no_signal),
		cmocka_unit_test(garbage_instead_of_rtmp),
		cmocka_unit_test(close_never_loses_the_tail),
		cmocka_unit_test(close_ends_with_the_linger_time),
		cmocka_unit_test(rtmps_goes_through_the_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
