#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/io.h>

#include "support/net.h"
#include "support/support.h"
#include "transport/net.h"

/* ---- Before and after each test ---- */

static int fds_before;

static int
set_up(void **state)
{
	(void)state;
	net_resolver_reset();
	fds_before = net_open_fds();
	return 0;
}

/* Nothing leaks, not even from a lookup that was given up: its thread has a
 * moment to end. */
static int
tear_down(void **state)
{
	int64_t end = rtmp_net_after(LONG_MS);
	int left;

	(void)state;
	net_resolver_let_go();
	do {
		left = net_resolver_lists();
		if (left == 0 && net_open_fds() == fds_before)
			return 0;
		poll(NULL, 0, 2);
	} while (rtmp_net_now() < end);
	print_error("%d lists, %d descriptors leak\n", left,
	    net_open_fds() - fds_before);
	return -1;
}

/* ---- Connecting ---- */

static void
an_ipv6_address_needs_no_brackets(void **state)
{
	struct rtmp_io io;
	int server = net_listen(AF_INET6, 0);

	(void)state;
	if (server < 0) {
		print_message("no IPv6 here\n");
		skip();
	}
	assert_int_equal(rtmp_tcp_open(&io, "::1", net_port(server), NULL), 0);
	io.close(io.ctx);
	close(server);
	assert_int_equal(net_lookups, 0);
}

static void
refused_is_told_with_host_and_port(void **state)
{
	struct rtmp_io io, before;
	struct rtmp_tcp_options o;
	int fd = net_bound(AF_INET, 0); /* but nobody listens */
	uint16_t port = net_port(fd);

	(void)state;
	memset(&io, 0x5a, sizeof(io));
	before = io;
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", port, &o),
	    RTMP_ERR_CONNECT);
	net_assert_words("connect to 127.0.0.1 port %d: Connection refused",
	    port);
	assert_memory_equal(&io, &before, sizeof(io));
	/* Words that do not fit are cut; nowhere to write them is allowed. */
	o.error_size = 8;
	memset(net_words, 'x', sizeof(net_words));
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", port, &o),
	    RTMP_ERR_CONNECT);
	assert_memory_equal(net_words, "connect\0x", 9);
	o.error_size = 0;
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", port, &o),
	    RTMP_ERR_CONNECT);
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", port, NULL),
	    RTMP_ERR_CONNECT);
	close(fd);
}

static void
no_answer_ends_at_the_deadline(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int fd = net_bound(AF_INET, 0);
	int64_t start;

	(void)state;
	net_dig_hole(&hole, fd);
	net_options(&o, 120);
	start = rtmp_net_now();
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o),
	    RTMP_ERR_TIMEOUT);
	assert_in_range(rtmp_net_now() - start, 119, LONG_MS);
	net_assert_words("connect to 127.0.0.1 port %d: timed out",
	    net_port(fd));
	net_close_hole(&hole);
	close(fd);
}

static void
connecting_is_cancelled_from_anywhere(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int fd = net_bound(AF_INET, 0), way;
	pthread_t thread = pthread_self();

	(void)state;
	net_dig_hole(&hole, fd);
	for (way = 0; way < WAYS; way++) {
		net_options(&o, way == BY_THREAD ? -1 : LONG_MS);
		assert_int_equal(rtmp_wake_open(&net_wake), 0);
		o.wake_fd = net_wake.fd[0];
		net_cancel(way, &thread);
		assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd),
		    &o), RTMP_ERR_CANCELED);
		net_assert_words("connect to 127.0.0.1 port %d: canceled",
		    net_port(fd));
		net_cancel_end(way, thread);
	}
	net_close_hole(&hole);
	close(fd);
}

static void
a_lookup_is_cancelled_from_anywhere(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	pthread_t thread = pthread_self();
	int way;

	(void)state;
	for (way = 0; way < WAYS; way++) {
		net_options(&o, LONG_MS);
		assert_int_equal(rtmp_wake_open(&net_wake), 0);
		o.wake_fd = net_wake.fd[0];
		net_cancel(way, &thread);
		assert_int_equal(rtmp_tcp_open(&io, "slow.test", 1, &o),
		    RTMP_ERR_CANCELED);
		assert_string_equal(net_words, way == BEFORE
		    ? "connect to slow.test port 1: canceled"
		    : "look up slow.test: canceled");
		net_cancel_end(way, thread);
	}
}

static void
signals_alone_do_not_end_connecting(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int fd = net_bound(AF_INET, 0);
	int64_t start;

	(void)state;
	net_dig_hole(&hole, fd);
	net_options(&o, 100);
	net_alarms = 0;
	net_alarm(net_count_alarm, 5, 5);
	start = rtmp_net_now();
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o),
	    RTMP_ERR_TIMEOUT);
	assert_int_equal(rtmp_tcp_open(&io, "slow.test", net_port(fd), &o),
	    RTMP_ERR_TIMEOUT);
	assert_in_range(rtmp_net_now() - start, 198, LONG_MS);
	net_alarm(SIG_IGN, 0, 0);
	assert_true(net_alarms > 5);
	net_close_hole(&hole);
	close(fd);
}

/* ---- Names ---- */

static void
an_unknown_host_is_told(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;

	(void)state;
	/* By the system's resolver, which may be offline. */
	net_options(&o, 60000);
	assert_int_equal(rtmp_tcp_open(&io, "no-such-host.invalid", 1935, &o),
	    RTMP_ERR_RESOLVE);
	assert_memory_equal(net_words, "look up no-such-host.invalid: ", 30);
	assert_true(strlen(net_words) > 30);
}

static void
each_failure_of_the_resolver_has_its_words(void **state)
{
	static const struct {
		const char *host;
		int err;
		int result; /* whose words; 0: errno's */
	} cases[] = {
		{ "gone.test", RTMP_ERR_RESOLVE, EAI_NONAME },
		{ "later.test", RTMP_ERR_RESOLVE, EAI_AGAIN },
		{ "memory.test", RTMP_ERR_NOMEM, EAI_MEMORY },
		{ "system.test", RTMP_ERR_RESOLVE, 0 },
	};
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net_options(&o, LONG_MS);
		assert_int_equal(rtmp_tcp_open(&io, cases[i].host, 1, &o),
		    cases[i].err);
		snprintf(expected, sizeof(expected), "look up %s: %s",
		    cases[i].host, cases[i].result != 0
		    ? gai_strerror(cases[i].result) : strerror(EMFILE));
		assert_string_equal(net_words, expected);
	}
}

static void
a_slow_lookup_ends_at_the_deadline(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int64_t start = rtmp_net_now();

	(void)state;
	net_options(&o, 80);
	assert_int_equal(rtmp_tcp_open(&io, "slow.test", 1, &o),
	    RTMP_ERR_TIMEOUT);
	assert_in_range(rtmp_net_now() - start, 79, LONG_MS);
	assert_string_equal(net_words, "look up slow.test: timed out");
	/* tear_down() sees the thread free what it finds too late. */
}

static void
only_names_are_looked_up_with_signals_blocked(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int fd = net_bound(AF_INET, 0);
	sigset_t mask;

	(void)state;
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o),
	    RTMP_ERR_CONNECT);
	assert_int_equal(net_lookups, 0);
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(fd), &o),
	    RTMP_ERR_CONNECT);
	assert_int_equal(net_lookups, 1);
	assert_int_equal(net_lookup_blocked_signals, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGALRM), 0);
	close(fd);
}

static void
localhost_is_found(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int fd = net_listen(AF_INET, 0);

	(void)state;
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "localhost", net_port(fd), &o), 0);
	io.close(io.ctx);
	close(fd);
}

/* ---- Races ---- */

static int
family_of(const struct rtmp_io *io)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);

	assert_int_equal(getpeername(rtmp_tcp_fd(io), (struct sockaddr *)&a,
	    &size), 0);
	return a.ss_family;
}

static void
ipv6_goes_first(void **state)
{
	struct rtmp_io io;
	int six, four;

	(void)state;
	net_bound_pair(&six, &four);
	listen(six, 8);
	listen(four, 8);
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), NULL),
	    0);
	assert_int_equal(family_of(&io), AF_INET6);
	io.close(io.ctx);
	close(six);
	close(four);
}

static void
a_refusing_ipv6_gives_way_at_once(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int six, four;

	(void)state;
	net_bound_pair(&six, &four);
	listen(four, 8);
	net_options(&o, 240); /* less than the stagger */
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), &o),
	    0);
	assert_int_equal(family_of(&io), AF_INET);
	io.close(io.ctx);
	close(six);
	close(four);
}

static void
a_silent_ipv6_gives_way_after_the_stagger(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int six, four;
	int64_t start;

	(void)state;
	net_bound_pair(&six, &four);
	net_dig_hole(&hole, six);
	listen(four, 8);
	net_options(&o, LONG_MS);
	start = rtmp_net_now();
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), &o),
	    0);
	assert_in_range(rtmp_net_now() - start, 249, LONG_MS);
	assert_int_equal(family_of(&io), AF_INET);
	io.close(io.ctx);
	net_close_hole(&hole);
	close(six);
	close(four);
}

static void
a_failure_starts_the_next_beside_a_silent_one(void **state)
{
	struct sockaddr_in third = { .sin_family = AF_INET };
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int six, four, fd;

	(void)state;
	net_bound_pair(&six, &four); /* the second refuses, at 250 ms */
	net_dig_hole(&hole, six);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	third.sin_addr.s_addr = htonl(0x7f000002);
	third.sin_port = htons(net_port(six));
	assert_int_equal(bind(fd, (struct sockaddr *)&third, sizeof(third)),
	    0);
	listen(fd, 8);
	net_options(&o, 490); /* less than twice the stagger */
	assert_int_equal(rtmp_tcp_open(&io, "three.test", net_port(six), &o),
	    0);
	assert_int_equal(family_of(&io), AF_INET);
	io.close(io.ctx);
	net_close_hole(&hole);
	close(six);
	close(four);
	close(fd);
}

static void
more_addresses_than_the_limit_are_left_out(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int fd = net_bound(AF_INET, 0);

	(void)state;
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "many.test", net_port(fd), &o),
	    RTMP_ERR_CONNECT);
	close(fd);
}

static void
a_first_address_that_answers_late_still_wins(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct net_hole hole;
	int six, four;

	(void)state;
	net_bound_pair(&six, &four);
	net_dig_hole(&hole, six); /* and nobody listens on the other */
	net_options(&o, 400);
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), &o),
	    RTMP_ERR_TIMEOUT);
	close(accept(six, NULL, NULL)); /* now there is room */
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), &o),
	    0);
	assert_int_equal(family_of(&io), AF_INET6);
	io.close(io.ctx);
	net_close_hole(&hole);
	close(six);
	close(four);
}

static void
the_most_telling_failure_is_told(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int fd = net_bound(AF_INET, 0);

	(void)state;
	net_options(&o, LONG_MS);
	assert_int_equal(rtmp_tcp_open(&io, "no-way.test", net_port(fd), &o),
	    RTMP_ERR_CONNECT);
	net_assert_words("connect to no-way.test port %d: Connection refused",
	    net_port(fd));
	assert_int_equal(rtmp_tcp_open(&io, "255.255.255.255", net_port(fd),
	    &o), RTMP_ERR_CONNECT);
	net_assert_words("connect to 255.255.255.255 port %d: "
	    "Network is unreachable", net_port(fd));
	close(fd);
}

/* ---- The local address ---- */

static void
the_local_address_is_bound(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	struct sockaddr_in a;
	socklen_t size = sizeof(a);
	int fd = net_listen(AF_INET, 0), peer;

	(void)state;
	net_options(&o, LONG_MS);
	o.local_addr = "127.0.0.2";
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o), 0);
	peer = accept(fd, (struct sockaddr *)&a, &size);
	assert_int_equal(ntohl(a.sin_addr.s_addr), 0x7f000002);
	close(peer);
	io.close(io.ctx);
	close(fd);
}

static void
the_local_address_chooses_the_family(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int six, four;

	(void)state;
	net_bound_pair(&six, &four);
	listen(six, 8);
	listen(four, 8);
	net_options(&o, LONG_MS);
	o.local_addr = "127.0.0.1";
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(six), &o),
	    0);
	assert_int_equal(family_of(&io), AF_INET);
	io.close(io.ctx);
	assert_int_equal(rtmp_tcp_open(&io, "six.test", net_port(six), &o),
	    RTMP_ERR_CONNECT);
	net_assert_words("connect to six.test port %d: "
	    "no address of the local address's family", net_port(six));
	close(six);
	close(four);
}

static void
a_bad_local_address_is_told(void **state)
{
	struct rtmp_io io;
	struct rtmp_tcp_options o;
	int fd = net_listen(AF_INET, 0);

	(void)state;
	net_options(&o, LONG_MS);
	o.local_addr = "localhost";
	assert_int_equal(rtmp_tcp_open(&io, "both.test", net_port(fd), &o),
	    RTMP_ERR_INVAL);
	assert_string_equal(net_words,
	    "local address localhost: not a numeric address");
	assert_int_equal(net_lookups, 0);
	o.local_addr = "192.0.2.1"; /* of documents only */
	assert_int_equal(rtmp_tcp_open(&io, "127.0.0.1", net_port(fd), &o),
	    RTMP_ERR_INVAL);
	assert_string_equal(net_words,
	    "local address 192.0.2.1: Cannot assign requested address");
	close(fd);
}

static void
running_out_of_descriptors_is_told(void **state)
{
	struct rlimit old, few;
	struct rtmp_tcp_options o;
	struct rtmp_io io;
	int by_address, by_name, lowest = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	close(lowest);
	net_options(&o, LONG_MS);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	by_address = rtmp_tcp_open(&io, "127.0.0.1", 1, &o);
	by_name = rtmp_tcp_open(&io, "both.test", 1, &o);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(by_address, RTMP_ERR_CONNECT);
	assert_int_equal(by_name, RTMP_ERR_IO);
	assert_string_equal(net_words,
	    "look up both.test: Too many open files");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ipv6_address_needs_no_brackets),
		TEST(refused_is_told_with_host_and_port),
		TEST(no_answer_ends_at_the_deadline),
		TEST(connecting_is_cancelled_from_anywhere),
		TEST(a_lookup_is_cancelled_from_anywhere),
		TEST(signals_alone_do_not_end_connecting),
		TEST(an_unknown_host_is_told),
		TEST(each_failure_of_the_resolver_has_its_words),
		TEST(a_slow_lookup_ends_at_the_deadline),
		TEST(only_names_are_looked_up_with_signals_blocked),
		TEST(localhost_is_found),
		TEST(ipv6_goes_first),
		TEST(a_refusing_ipv6_gives_way_at_once),
		TEST(a_silent_ipv6_gives_way_after_the_stagger),
		TEST(a_failure_starts_the_next_beside_a_silent_one),
		TEST(more_addresses_than_the_limit_are_left_out),
		TEST(a_first_address_that_answers_late_still_wins),
		TEST(the_most_telling_failure_is_told),
		TEST(the_local_address_is_bound),
		TEST(the_local_address_chooses_the_family),
		TEST(a_bad_local_address_is_told),
		TEST(running_out_of_descriptors_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
