#include <dirent.h>
#include <sys/stat.h>

#include <rtmpio/handshake.h>

#include "support/support.h"

#define BOTH 3073 /* packets 0, 1 and 2 */

static void
start(struct rtmp_handshake *hs, int server, uint32_t epoch,
    const uint8_t *random)
{
	if (server)
		rtmp_handshake_server(hs, epoch, random);
	else
		rtmp_handshake_client(hs, epoch, random);
}

/* Feeds size bytes, step at a time, each piece at an unreadable page when
 * guard is set.  What is not used must be left. */
static int
feed(struct rtmp_handshake *hs, const uint8_t *data, size_t size, size_t step,
    int guard)
{
	const uint8_t *p;
	uint8_t *copy;
	size_t n, left;
	int r = 0;

	while (size != 0 && r == 0) {
		n = step < size ? step : size;
		copy = guard ? guard_copy(data, n) : NULL;
		p = guard ? copy : data;
		left = n;
		r = rtmp_handshake_recv(hs, &p, &left);
		assert_ptr_equal(p, (guard ? copy : data) + (n - left));
		if (guard)
			guard_free(copy, n);
		if (r == 0)
			assert_int_equal(left, 0);
		data += n;
		size -= n;
	}
	return r;
}

/* ---- Packets ---- */

static void
packet_1_has_version_time_zero_and_random(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	static const uint8_t head[9] = { 3, 0x12, 0x34, 0x56, 0x78 };
	struct rtmp_handshake hs;
	const uint8_t *p;
	size_t size;
	int server;

	(void)state;
	fill_random(random, sizeof(random), 1);
	for (server = 0; server < 2; server++) {
		start(&hs, server, 0x12345678, random);
		p = rtmp_handshake_packet1(&hs, &size);
		assert_int_equal(size, 1537);
		assert_memory_equal(p, head, 9);
		assert_memory_equal(p + 9, random, sizeof(random));
		assert_string_equal(rtmp_handshake_error(&hs), "");
	}
}

static void
packet_2_is_ready_with_the_last_byte_of_packet_1(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE], peer[BOTH];
	struct rtmp_handshake hs;
	const uint8_t *p;
	size_t size, i;

	(void)state;
	fill_random(random, sizeof(random), 1);
	fill_random(peer, sizeof(peer), 2);
	peer[0] = 3;
	rtmp_handshake_client(&hs, 0, random);
	for (i = 0; i < 1537; i++) {
		assert_null(rtmp_handshake_packet2(&hs, &size));
		assert_int_equal(feed(&hs, peer + i, 1, 1, 0), 0);
	}
	p = rtmp_handshake_packet2(&hs, &size);
	assert_int_equal(size, 1536);
	assert_memory_equal(p, peer + 1, 1536);
	/* Packet 2 of the peer does not change it. */
	assert_int_equal(feed(&hs, peer + i, 1536, 100, 0), 1);
	p = rtmp_handshake_packet2(&hs, &size);
	assert_int_equal(size, 1536);
	assert_memory_equal(p, peer + 1, 1536);
}

static void
client_and_server_shake_hands(void **state)
{
	uint8_t random_c[RTMP_HANDSHAKE_RANDOM_SIZE];
	uint8_t random_s[RTMP_HANDSHAKE_RANDOM_SIZE];
	struct rtmp_handshake c, s;
	const uint8_t *p;
	size_t size, step;

	(void)state;
	fill_random(random_c, sizeof(random_c), 1);
	fill_random(random_s, sizeof(random_s), 2);
	for (step = 1; step <= 1538; step++) {
		rtmp_handshake_client(&c, 1, random_c);
		rtmp_handshake_server(&s, 2, random_s);
		p = rtmp_handshake_packet1(&c, &size);
		assert_int_equal(feed(&s, p, size, step, 0), 0);
		p = rtmp_handshake_packet1(&s, &size);
		assert_int_equal(feed(&c, p, size, step, 0), 0);
		p = rtmp_handshake_packet2(&s, &size);
		assert_int_equal(feed(&c, p, size, step, 0), 1);
		p = rtmp_handshake_packet2(&c, &size);
		assert_int_equal(feed(&s, p, size, step, 0), 1);
		assert_int_equal(rtmp_handshake_echoed(&c), 1);
		assert_int_equal(rtmp_handshake_echoed(&s), 1);
	}
}

/* What each field of the peer's packet 2 does to the verdict. */
static void
a_wrong_echo_is_accepted_and_told(void **state)
{
	static const struct {
		size_t at; /* the byte of packet 2 that differs */
		int echoed;
	} cases[] = { { 0, 1 }, { 3, 1 }, { 4, 1 }, { 7, 1 }, { 8, 0 },
		{ 9, 0 }, { 700, 0 }, { 1535, 0 } };
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE], peer[BOTH];
	struct rtmp_handshake hs;
	const uint8_t *own;
	size_t i, size, step;

	(void)state;
	fill_random(random, sizeof(random), 1);
	fill_random(peer, sizeof(peer), 2);
	peer[0] = 3;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (step = 1; step <= BOTH; step += 96) {
			rtmp_handshake_client(&hs, 7, random);
			own = rtmp_handshake_packet1(&hs, &size);
			memcpy(peer + 1537, own + 1, 1536);
			peer[1537 + cases[i].at] ^= 0x40;
			assert_int_equal(feed(&hs, peer, BOTH - 1, step, 0),
			    0);
			assert_int_equal(rtmp_handshake_echoed(&hs), 0);
			assert_int_equal(feed(&hs, peer + BOTH - 1, 1, 1, 0),
			    1);
			assert_int_equal(rtmp_handshake_echoed(&hs),
			    cases[i].echoed);
		}
	}
}

static void
the_first_chunks_are_left_to_the_caller(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 }, peer[BOTH + 5];
	struct rtmp_handshake hs;
	const uint8_t *p = peer;
	size_t size = sizeof(peer);
	int i;

	(void)state;
	fill_random(peer, sizeof(peer), 3);
	peer[0] = 3;
	rtmp_handshake_server(&hs, 0, random);
	for (i = 0; i < 3; i++) {
		assert_int_equal(rtmp_handshake_recv(&hs, &p, &size), 1);
		assert_ptr_equal(p, peer + BOTH);
		assert_int_equal(size, 5);
	}
}

static void
no_bytes_change_nothing(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 };
	struct rtmp_handshake hs;
	const uint8_t *p = NULL;
	size_t size = 0;

	(void)state;
	rtmp_handshake_client(&hs, 0, random);
	assert_int_equal(rtmp_handshake_recv(&hs, &p, &size), 0);
	assert_null(p);
}

/* ---- Captures ---- */

/* Replays what one side sent to the other side, which sent own. */
static void
replay(int server, const uint8_t *own, const uint8_t *peer)
{
	int echoed = memcmp(peer + 1537 + 8, own + 9, 1528) == 0;
	uint32_t seed = 5;
	struct rtmp_handshake hs;
	const uint8_t *p;
	size_t i, n, size;

	for (i = 0; i <= BOTH + 2; i++) {
		start(&hs, server, 0, own + 9);
		if (i < BOTH) { /* split at every position */
			assert_int_equal(feed(&hs, peer, i, BOTH, 0), 0);
			assert_int_equal(feed(&hs, peer + i, BOTH - i, BOTH,
			    0), 1);
		} else if (i == BOTH) {
			assert_int_equal(feed(&hs, peer, BOTH, 1, 0), 1);
		} else if (i == BOTH + 1) {
			assert_int_equal(feed(&hs, peer, BOTH, BOTH, 1), 1);
		} else { /* random pieces, each at an unreadable page */
			for (size = 0; size < BOTH; size += n) {
				n = 1 + next_random(&seed) % 200;
				n = n < BOTH - size ? n : BOTH - size;
				assert_int_equal(feed(&hs, peer + size, n, n,
				    1), size + n == BOTH);
			}
		}
		assert_int_equal(rtmp_handshake_echoed(&hs), echoed);
		p = rtmp_handshake_packet2(&hs, &size);
		assert_memory_equal(p, peer + 1, 1536);
	}
}

static void
real_handshakes_are_taken_by_both_roles(void **state)
{
	DIR *d = opendir(TEST_DATA "/captures");
	struct dirent *e;
	uint8_t *c2s, *s2c;
	char name[512];
	size_t size;
	struct stat st;
	int count = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "%s/captures/%s/s2c.bin",
		    TEST_DATA, e->d_name);
		if (e->d_name[0] == '.' || stat(name, &st) != 0 ||
		    strstr(e->d_name, "-rtmpt-") != NULL)
			continue; /* RTMPT captures have other files */
		s2c = load_data(name + sizeof(TEST_DATA), &size);
		assert_true(size >= BOTH);
		name[strlen(name) - 7] = 'c';
		name[strlen(name) - 5] = 's';
		c2s = load_data(name + sizeof(TEST_DATA), &size);
		assert_true(size >= BOTH);
		replay(0, c2s, s2c);
		replay(1, s2c, c2s);
		free(c2s);
		free(s2c);
		count++;
	}
	closedir(d);
	assert_true(count > 40);
}

/* ---- What is not RTMP ---- */

static const struct {
	int server;
	const char *data;
	size_t size;
	const char *error;
} wrong[] = {
	{ 0, "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", 39,
	    "the server answered with HTTP, not RTMP: "
	    "HTTP/1.1 400 Bad Request" },
	{ 0, "H", 1, "the server answered with HTTP, not RTMP" },
	{ 1, "GET /live/stream HTTP/1.1\r\n", 27,
	    "the client sent HTTP, not RTMP: GET /live/stream HTTP/1.1" },
	{ 1, "POST /open/1 HTTP/1.1\r\n", 23,
	    "the client sent HTTP, not RTMP: POST /open/1 HTTP/1.1" },
	{ 1, "HEAD / HTTP/1.0\r\n", 17,
	    "the client sent HTTP, not RTMP: HEAD / HTTP/1.0" },
	{ 1, "OPTIONS * HTTP/1.0\r\n", 20,
	    "the client sent HTTP, not RTMP: OPTIONS * HTTP/1.0" },
	{ 0, "\x16\x03\x03\x00\x50", 5,
	    "the server answered with TLS, not RTMP: use rtmps://" },
	{ 0, "\x15\x03\x01\x00\x02\x02\x46", 7,
	    "the server answered with TLS, not RTMP: use rtmps://" },
	{ 0, "\x15", 1,
	    "the server answered with TLS, not RTMP: use rtmps://" },
	{ 1, "\x16\x03\x01\x02\x00", 5, "the client sent TLS, not RTMP" },
	{ 0, "\x15\x04", 2,
	    "the server answered with version 21, not RTMP version 3" },
	{ 0, "SSH-2.0-OpenSSH_9.2p1\r\n", 23,
	    "the server answered with SSH, not RTMP: "
	    "SSH-2.0-OpenSSH_9.2p1" },
	{ 0, "RTSP/1.0 400 Bad Request\r\n", 26,
	    "the server answered with RTSP, not RTMP: "
	    "RTSP/1.0 400 Bad Request" },
	{ 0, "220 mail.example ESMTP\r\n", 24,
	    "the server answered with \"220 mail.example ESMTP\", not RTMP" },
	{ 0, "HELLO", 5, "the server answered with \"HELLO\", not RTMP" },
	/* Control bytes end what is quoted, 40 characters are its limit. */
	{ 0, "ab\x1b[31mred", 10,
	    "the server answered with \"ab\", not RTMP" },
	{ 0, "HTTP/1.1 503 "
	    "0123456789012345678901234567890123456789", 53,
	    "the server answered with HTTP, not RTMP: HTTP/1.1 503 "
	    "012345678901234567890123456" },
	{ 0, "\x06\x00\x00\x00\x00", 5,
	    "the server answered with RTMPE (version 6), "
	    "which is not supported" },
	{ 0, "\x08", 1,
	    "the server answered with RTMPE (version 8), "
	    "which is not supported" },
	{ 1, "\x09", 1,
	    "the client sent RTMPE (version 9), which is not supported" },
	{ 0, "\x00", 1,
	    "the server answered with version 0, not RTMP version 3" },
	{ 1, "\xff\xff", 2,
	    "the client sent version 255, not RTMP version 3" },
};

static void
what_is_not_rtmp_is_named(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 };
	struct rtmp_handshake hs;
	const uint8_t *p;
	uint8_t *copy;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		start(&hs, wrong[i].server, 0, random);
		copy = guard_copy(wrong[i].data, wrong[i].size);
		p = copy;
		size = wrong[i].size;
		assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
		    RTMP_ERR_HANDSHAKE);
		guard_free(copy, wrong[i].size);
		assert_string_equal(rtmp_handshake_error(&hs),
		    wrong[i].error);
	}
}

static void
one_wrong_byte_is_enough(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 }, byte;
	struct rtmp_handshake hs;
	const uint8_t *p;
	size_t size;
	int i;

	(void)state;
	for (i = 0; i < 512; i++) {
		byte = (uint8_t)i;
		start(&hs, i < 256, 0, random);
		p = &byte;
		size = 1;
		if (byte == 3) {
			assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
			    0);
			continue;
		}
		assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
		    RTMP_ERR_HANDSHAKE);
		assert_non_null(strstr(rtmp_handshake_error(&hs), "RTMP"));
	}
}

static void
an_error_sticks_and_takes_nothing(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 };
	uint8_t good[BOTH] = { 3 }, bad[4] = { 'H', 'T', 'T', 'P' };
	struct rtmp_handshake hs;
	const uint8_t *p = bad;
	size_t size = sizeof(bad);

	(void)state;
	rtmp_handshake_client(&hs, 0, random);
	assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
	    RTMP_ERR_HANDSHAKE);
	assert_ptr_equal(p, bad);
	assert_int_equal(size, sizeof(bad));
	p = good;
	size = sizeof(good);
	assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
	    RTMP_ERR_HANDSHAKE);
	assert_ptr_equal(p, good);
	assert_int_equal(size, sizeof(good));
	assert_null(rtmp_handshake_packet2(&hs, &size));
	assert_int_equal(rtmp_handshake_echoed(&hs), 0);
	size = 0;
	assert_int_equal(rtmp_handshake_recv(&hs, &p, &size),
	    RTMP_ERR_HANDSHAKE);
}

/* What the library was built without is refused, and simple is not. */
static void
options_need_cryptography(void **state)
{
	uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE] = { 0 };
	struct rtmp_handshake_options opt;
	struct rtmp_handshake hs;
#ifdef RTMP_NO_CRYPTO
	const int expected = RTMP_ERR_UNSUPPORTED;
#else
	const int expected = 0;
#endif
	int kind;

	(void)state;
	for (kind = 0; kind <= RTMP_HANDSHAKE_RTMPE; kind++) {
		rtmp_handshake_options_init(&opt, sizeof(opt));
		opt.kind = (enum rtmp_handshake_kind)kind;
		assert_int_equal(rtmp_handshake_client_with(&hs, 0, random,
		    &opt), kind == RTMP_HANDSHAKE_SIMPLE ? 0 : expected);
		assert_int_equal(rtmp_handshake_server_with(&hs, 0, random,
		    &opt), kind == RTMP_HANDSHAKE_SIMPLE ? 0 : expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_1_has_version_time_zero_and_random),
		cmocka_unit_test(
		    packet_2_is_ready_with_the_last_byte_of_packet_1),
		cmocka_unit_test(client_and_server_shake_hands),
		cmocka_unit_test(a_wrong_echo_is_accepted_and_told),
		cmocka_unit_test(the_first_chunks_are_left_to_the_caller),
		cmocka_unit_test(no_bytes_change_nothing),
		cmocka_unit_test(real_handshakes_are_taken_by_both_roles),
		cmocka_unit_test(what_is_not_rtmp_is_named),
		cmocka_unit_test(one_wrong_byte_is_enough),
		cmocka_unit_test(an_error_sticks_and_takes_nothing),
		cmocka_unit_test(options_need_cryptography),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
