/* A client on the transport of RTMPE, whose server is the library's handshake
 * and the same transport. */
#include <pthread.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <rtmpio/handshake.h>
#include <rtmpio/rtmp.h>

#include "support/net.h"
#include "support/peer.h"
#include "support/rtmpe.h"
#include "support/script.h"

#define CONNECT 200 /* bytes of a connect command, and more */

/* ---- A client ---- */

/* A server of RTMPE in the script of a client: it sees what was written, and
 * gives more to be read. */
struct server {
	struct script script;
	struct rtmp_handshake hs;
	int type;
	int wrong_keys;	 /* enciphers with others than agreed upon */
	int hangs_up;	 /* ends instead of a word */
	int first_fmt;	 /* of its first chunk: 0 or 1 */
	size_t taken;	 /* of script.out, by hs */
	int stage;	 /* 1: S0 S1 S2 are out, 2: C2 has come, 3: all is */
	struct peer words;
	uint8_t in[CLEAR + 8192];
};

static void
server_init(struct server *s, int type)
{
	struct peer *p = &s->words;

	memset(s, 0, sizeof(*s));
	script_init(&s->script, s->in, 0);
	s->type = type;
	peer_init(p);
	peer_connected(p);
	peer_playing(p, 2, 1);
	peer_media(p, 1, RTMP_MSG_VIDEO, 40, "a frame");
	assert_true(p->size <= sizeof(s->in));
}

static void
server_free(struct server *s)
{
	peer_free(&s->words);
	script_free(&s->script);
}

static void
start_handshake(struct rtmp_handshake *hs, int type)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	struct rtmp_handshake_options opt;

	fill_random(random, sizeof(random), 9);
	rtmp_handshake_options_init(&opt, sizeof(opt));
	opt.kind = RTMP_HANDSHAKE_RTMPE;
	opt.rtmpe_type = type;
	opt.is_strict = 1;
	assert_int_equal(rtmp_handshake_server_with(hs, 1, random, &opt), 0);
}

static void
put_handshake(const struct rtmp_handshake *hs, uint8_t *out)
{
	const uint8_t *p;
	size_t size;

	p = rtmp_handshake_packet1(hs, &size);
	memcpy(out, p, size);
	p = rtmp_handshake_packet2(hs, &size);
	memcpy(out + CLEAR - size, p, size);
}

/* A chunk of fmt 1 is one of fmt 0 without its last 4 bytes. */
static size_t
put_words(const struct server *s, uint8_t *out)
{
	const uint8_t *p = s->words.data + CLEAR;
	size_t size = s->words.size - CLEAR;

	if (s->first_fmt == 0) {
		memcpy(out, p, size);
		return size;
	}
	memcpy(out, p, 8);
	memcpy(out + 8, p + 12, size - 12);
	out[0] |= 0x40;
	return size - 4;
}

/* Called when the client has read all. */
static void
server_more(struct script *script, void *arg)
{
	struct server *s = arg;
	const uint8_t *p = script->out + s->taken;
	size_t size = script->out_size - s->taken, before = size;
	uint8_t send[16], recv[16];
	int r = 0;

	if (s->stage == 0 && s->taken == 0)
		start_handshake(&s->hs, s->type);
	if (s->stage < 2) {
		r = rtmp_handshake_recv(&s->hs, &p, &size);
		s->taken += before - size;
	}
	assert_true(r >= 0);
	if (s->stage == 0 && rtmp_handshake_packet2(&s->hs, &size) != NULL) {
		put_handshake(&s->hs, s->in);
		s->script.in_size = CLEAR;
		s->stage = 1;
	}
	if (s->stage == 1 && r == 1)
		s->stage = 2;
	if (s->stage == 2 && s->script.out_size >= CLEAR + CONNECT) {
		assert_int_equal(rtmp_handshake_rtmpe_keys(&s->hs, send,
		    recv), 1);
		if (s->wrong_keys)
			send[3] ^= 1;
		size = CLEAR + put_words(s, s->in + CLEAR);
		encipher(s->in, size, send);
		s->script.in_size = s->hangs_up ? CLEAR : size;
		s->script.eof = s->hangs_up;
		s->script.more = NULL;
		s->stage = 3;
	}
}

static int
play_one_frame(struct server *s, struct rtmp **out)
{
	struct rtmp_options opt;
	struct rtmp_packet packet;
	struct rtmp *r;
	int err;

	s->script.more = server_more;
	s->script.more_arg = s;
	rtmp_options_init(&opt, sizeof(opt));
	opt.timeout_ms = 1000;
	opt.io = &s->script.io;
	r = rtmp_new(&opt);
	assert_non_null(r);
	err = rtmp_connect(r, "rtmpe://host/live/stream", NULL);
	if (err == 0)
		err = rtmp_play(r, -2);
	if (err == 0) {
		assert_int_equal(rtmp_read_packet(r, &packet), 1);
		assert_int_equal(packet.size, 7);
		assert_memory_equal(packet.data, "a frame", 7);
	}
	*out = r;
	return err;
}

/* The connect command of the client, deciphered with the server's keys. */
static void
check_connect(struct server *s)
{
	uint8_t send[16], recv[16];
	size_t size = s->script.out_size, i;
	uint8_t *p = s->script.out;

	rtmp_handshake_rtmpe_keys(&s->hs, send, recv);
	encipher(p, size, recv);
	assert_int_equal(p[CLEAR], 3); /* fmt 0, csid 3 */
	for (i = CLEAR; i + 7 < size && memcmp(p + i, "connect", 7) != 0;)
		i++;
	assert_true(i < CLEAR + 20);
	for (; i + 8 < size && memcmp(p + i, "rtmpe://", 8) != 0;)
		i++;
	assert_true(i + 8 < size);
}

static void
client_plays_over_rtmpe(void **state)
{
	static const struct {
		int type;
		size_t in_step, out_step;
		int again;
	} ways[] = { { 6, 0, 0, 0 }, { 8, 1, 1, 0 }, { 9, 7, 100, 1 },
		{ 8, 0, 1, 1 }, { 6, 1, 0, 1 }, { 9, 0, 0, 0 } };
	struct rtmp *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct server s;

		server_init(&s, ways[i].type);
		s.script.in_step = ways[i].in_step;
		s.script.out_step = ways[i].out_step;
		s.script.again = ways[i].again;
		s.first_fmt = i % 2 != 0; /* as of librtmp */
		assert_int_equal(play_one_frame(&s, &r), 0);
		check_connect(&s);
		rtmp_free(r);
		assert_int_equal(s.script.closed, 1);
		server_free(&s);
	}
}

static void
client_is_told_of_other_keys(void **state)
{
	struct server s;
	struct rtmp *r;

	(void)state;
	server_init(&s, 8);
	s.wrong_keys = 1;
	assert_int_equal(play_one_frame(&s, &r), RTMP_ERR_HANDSHAKE);
	assert_string_equal(rtmp_error_detail(r), "RTMP handshake failed: "
	    "what follows the RTMPE handshake makes no sense: the keys "
	    "differ");
	rtmp_free(r);
	server_free(&s);
}

/* A session whose server is through with the handshake. */
static void
shake(struct rtmp_session *s, struct rtmp_handshake *hs)
{
	const struct rtmp_event *event;
	uint8_t out[CLEAR], key[16];
	const uint8_t *p;
	struct iovec iov[4];
	size_t size;

	start_handshake(hs, 6);
	assert_int_equal(rtmp_session_rtmpe_keys(s, key, key), 0);
	assert_int_equal(rtmp_session_send_iov(s, iov, 4), 1);
	p = iov[0].iov_base;
	size = iov[0].iov_len;
	assert_int_equal(rtmp_handshake_recv(hs, &p, &size), 0);
	rtmp_session_sent(s, iov[0].iov_len);
	put_handshake(hs, out);
	p = out;
	size = CLEAR;
	assert_int_equal(rtmp_session_recv(s, &p, &size, &event), 0);
	assert_int_equal(rtmp_session_rtmpe_keys(s, key, key), 1);
}

/* The first header that comes out of RC4 tells whether the keys fit. */
static void
the_first_header_must_make_sense(void **state)
{
	static const struct {
		uint8_t header[12];
		int makes_sense;
	} cases[] = {
		{ { 2, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 1 },
		{ { 3, 9, 9, 9, 0, 255, 255, 20, 1, 0, 0, 0 }, 1 },
		{ { 63, 255, 255, 254, 0, 0, 99, 22, 0, 0, 0, 0 }, 1 },
		{ { 0x42, 0, 0, 0, 0, 0, 99, 4, 9, 9, 9, 9 }, 1 },
		{ { 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 1, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 0x82, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 0xc2, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 0x41, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 2, 0, 0, 0, 1, 0, 4, 5, 0, 0, 0, 0 }, 0 },
		{ { 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0 }, 0 },
		{ { 2, 0, 0, 0, 0, 0, 4, 23, 0, 0, 0, 0 }, 0 },
		{ { 2, 0, 0, 0, 0, 0, 4, 5, 0, 1, 0, 0 }, 0 },
		{ { 2, 0, 0, 0, 0, 0, 4, 5, 0, 0, 1, 0 }, 0 },
		{ { 2, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 1 }, 0 },
		{ { 0x42, 0, 0, 0, 0, 0, 99, 0, 0, 0, 0, 0 }, 0 },
	};
	uint8_t random[RTMP_SESSION_RANDOM_SIZE];
	struct rtmp_session_config c;
	const struct rtmp_event *event;
	struct rtmp_handshake hs;
	struct rtmp_session *s;
	const uint8_t *p;
	size_t i, j, step, size;
	int r;

	(void)state;
	fill_random(random, sizeof(random), 5);
	rtmp_session_config_init(&c, sizeof(c));
	c.app = "live";
	c.tc_url = "rtmpe://host/live";
	c.handshake = RTMP_HANDSHAKE_RTMPE;
	c.random = random;
	for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		step = i % 2 == 0 ? 12 : 1;
		assert_int_equal(rtmp_session_new(&s, &c), 0);
		shake(s, &hs);
		for (j = 0, r = 0; j < 12 && r == 0; j += step) {
			p = cases[i / 2].header + j;
			size = step;
			r = rtmp_session_recv(s, &p, &size, &event);
		}
		assert_int_equal(r, cases[i / 2].makes_sense ? 0 :
		    RTMP_ERR_HANDSHAKE);
		rtmp_session_free(s);
	}
}

/* A server over TCP, whose first connections go wrong. */
struct tcp_server {
	struct server s;
	int listener;
	int bad, hangs_up; /* so many connections, and how */
	int served;
};

static void
serve_one(struct tcp_server *t, int fd)
{
	struct server *s = &t->s;
	static uint8_t buf[8192];
	ssize_t n;

	server_init(s, 9);
	s->wrong_keys = t->served < t->bad && !t->hangs_up;
	s->hangs_up = t->served < t->bad && t->hangs_up;
	t->served++;
	while (s->stage < 3 && (n = read(fd, buf, sizeof(buf))) > 0) {
		s->script.out = realloc(s->script.out,
		    s->script.out_size + (size_t)n);
		memcpy(s->script.out + s->script.out_size, buf, (size_t)n);
		s->script.out_size += (size_t)n;
		server_more(&s->script, s);
		n = (ssize_t)(s->script.in_size - s->script.in_done);
		if (n != 0)
			assert_int_equal(send(fd, s->in + s->script.in_done,
			    (size_t)n, MSG_NOSIGNAL), n);
		s->script.in_done = s->script.in_size;
	}
	if (s->hangs_up)
		shutdown(fd, SHUT_WR);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
	server_free(s);
}

static void *
serve_tcp(void *arg)
{
	struct tcp_server *t = arg;
	int fd;

	while ((fd = accept(t->listener, NULL, NULL)) >= 0)
		serve_one(t, fd);
	return NULL;
}

/* One in 256 handshakes, to some servers. */
static void
client_tries_once_more(void **state)
{
	static const struct {
		int bad, hangs_up, err, served;
	} cases[] = {
		{ 0, 0, 0, 1 },
		{ 1, 0, 0, 2 },
		{ 1, 1, 0, 2 },
		{ 9, 0, RTMP_ERR_HANDSHAKE, 2 },
		{ 9, 1, RTMP_ERR_REJECTED, 2 },
	};
	static struct tcp_server t;
	struct rtmp_packet packet;
	pthread_t thread;
	struct rtmp *r;
	char url[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&t, 0, sizeof(t));
		t.listener = net_listen(AF_INET, 0);
		t.bad = cases[i].bad;
		t.hangs_up = cases[i].hangs_up;
		snprintf(url, sizeof(url), "rtmpe://127.0.0.1:%d/live/s",
		    net_port(t.listener));
		pthread_create(&thread, NULL, serve_tcp, &t);
		r = rtmp_new(NULL);
		assert_int_equal(rtmp_connect(r, url, NULL), cases[i].err);
		if (cases[i].err == 0) {
			assert_int_equal(rtmp_play(r, -2), 0);
			assert_int_equal(rtmp_read_packet(r, &packet), 1);
		}
		rtmp_free(r);
		shutdown(t.listener, SHUT_RDWR);
		pthread_join(thread, NULL);
		close(t.listener);
		assert_int_equal(t.served, cases[i].served);
	}
}

static int
play_with(struct test_mem *m, void *arg)
{
	struct server *s = arg;
	struct rtmp_options opt;
	struct rtmp *r;
	int err;

	server_init(s, 8);
	s->script.more = server_more;
	s->script.more_arg = s;
	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &s->script.io;
	opt.mem = &m->mem;
	opt.timeout_ms = 1000;
	r = rtmp_new(&opt);
	err = r == NULL ? RTMP_ERR_NOMEM :
	    rtmp_connect(r, "rtmpe://host/live/stream", NULL);
	rtmp_free(r);
	server_free(s);
	return err;
}

static void
client_survives_each_failing_allocation(void **state)
{
	static struct server s;

	(void)state;
	each_allocation_fails(play_with, &s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_plays_over_rtmpe),
		cmocka_unit_test(client_is_told_of_other_keys),
		cmocka_unit_test(the_first_header_must_make_sense),
		cmocka_unit_test(client_tries_once_more),
		cmocka_unit_test(client_survives_each_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
