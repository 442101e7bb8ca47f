/*
 * Authentication end to end: rtmp_connect() against rtmp-serve, which checks
 * the answers with code of its own, and against servers that ask for too much.
 */
#include <rtmpio/rtmp.h>

#include <signal.h>

#include <rtmpio/amf0.h>

#include "support/host.h"
#include "support/server.h"

#define PASSWORD "se+c:r%t"
#define USER "--user=user1:" PASSWORD
#define REJECTED(words) "['_error', 1, null, {'level': 'error', 'code': " \
	"'NetConnection.Connect.Rejected', 'description': '" words "'}]"
#define FIRST "[ AccessManager.Reject ] : [ code=403 need auth; " \
	"authmod=adobe ] : "
#define SECOND "[ AccessManager.Reject ] : [ authmod=adobe ] : " \
	"?reason=needauth&user=user1&salt=SALT1&challenge=C+/=&opaque=O+/="

static struct rtmp_options opt;
static struct rtmp *r;

/* A handle with opt, which is set back. */
static void
client(void)
{
	r = rtmp_new(&opt);
	assert_non_null(r);
	rtmp_options_init(&opt, sizeof(opt));
}

static void
is_kind(enum rtmp_status_kind kind)
{
	assert_non_null(rtmp_last_status(r));
	assert_int_equal(rtmp_last_status(r)->kind, kind);
}

/* ---- rtmp-serve ---- */

/* who is "user:password@" or "". */
static int
connect_to(const char *who, const char *path)
{
	char url[256];

	snprintf(url, sizeof(url), "rtmp://%s127.0.0.1:%d/%s", who,
	    server_port, path);
	return rtmp_connect(r, url, NULL);
}

static void
password_of_the_url_opens(const char *who, const char *path)
{
	client();
	assert_int_equal(connect_to(who, path), 0);
	is_kind(RTMP_STATUS_SUCCESS);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_close(r), 0);
	rtmp_free(r);
}

static void
password_opens(const char *mode, const char *opaque)
{
	static const char *const paths[] = { "live/key",
		"live/inst/key?a=b", "live?vhost=x/key" };
	size_t i;

	server_start(mode, USER, opaque);
	for (i = 0; i < 3; i++)
		password_of_the_url_opens("user1:se+c%3Ar%25t@", paths[i]);
	for (i = 0; i < 3; i++) {
		opt.user = "user1";
		opt.password = PASSWORD;
		/* Those of the options come first. */
		password_of_the_url_opens(i == 0 ? "" : "other:one@",
		    paths[i]);
	}
	server_stop();
}

static void
adobe_opens(void **state)
{
	(void)state;
	password_opens("--auth=adobe", NULL);
}

static void
adobe_without_opaque_opens(void **state)
{
	(void)state;
	password_opens("--auth=adobe", "--auth-opaque=no");
}

static void
adobe_with_opaque_same_as_challenge_opens(void **state)
{
	(void)state;
	password_opens("--auth=adobe", "--auth-opaque=same");
}

static void
limelight_opens(void **state)
{
	(void)state;
	password_opens("--auth=llnw", NULL);
}

static void
an_app_by_option_opens(void **state)
{
	(void)state;
	server_start("--auth=llnw", USER, NULL);
	opt.app = "other/app?x=y";
	opt.tc_url = "rtmp://elsewhere/other/app";
	password_of_the_url_opens("user1:se+c%3Ar%25t@", "live/key");
	server_stop();
}

/* Media may leave before the answers of any flight, but not before those. */
static void
every_flight_opens(void **state)
{
	static const enum rtmp_flight flights[] = { RTMP_FLIGHT_PIPELINED,
		RTMP_FLIGHT_EAGER, RTMP_FLIGHT_ZERO_RTT };
	size_t i;

	(void)state;
	server_start("--auth=adobe", USER, NULL);
	for (i = 0; i < 3; i++) {
		opt.flight = flights[i];
		password_of_the_url_opens("user1:se+c%3Ar%25t@", "live/key");
	}
	server_stop();
}

static void
refusals(const char *mode)
{
	server_start(mode, USER, NULL);
	client();
	assert_int_equal(connect_to("user1:wrong@", "live/key"),
	    RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_FAILED);
	assert_says(r, "wrong password");
	/* The handle is good for another try. */
	assert_int_equal(connect_to("nobody:" "x@", "live/key"),
	    RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_NO_SUCH_USER);
	assert_says(r, "unknown user");
	assert_int_equal(connect_to("", "live/key"), RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_REQUIRED);
	assert_says(r, "asks for a user and a password");
	assert_int_equal(connect_to("user1@", "live/key"), RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_FAILED);
	assert_int_equal(connect_to("user1:se+c%3Ar%25t@", "live/key"), 0);
	rtmp_free(r);
	/* Without a user, a flight that waits for nothing finds out late. */
	opt.flight = RTMP_FLIGHT_EAGER;
	client();
	assert_int_equal(connect_to("", "live/key"), 0);
	assert_int_equal(rtmp_play(r, -2), RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_REQUIRED);
	rtmp_free(r);
	server_stop();
}

static void
adobe_refusals(void **state)
{
	(void)state;
	refusals("--auth=adobe");
}

static void
limelight_refusals(void **state)
{
	(void)state;
	refusals("--auth=llnw");
}

static void
secure_token_opens(void **state)
{
	size_t i;

	(void)state;
	server_start("--secure-token=mykey123", NULL, NULL);
	for (i = RTMP_FLIGHT_STEPWISE; i <= RTMP_FLIGHT_ZERO_RTT; i++) {
		opt.secure_token = "mykey123";
		opt.flight = (enum rtmp_flight)i;
		client();
		assert_int_equal(connect_to("", "live/key"), 0);
		assert_int_equal(rtmp_play(r, -2), 0);
		rtmp_free(r);
	}
	opt.secure_token = "another";
	client();
	assert_int_equal(connect_to("", "live/key"), 0);
	assert_true(rtmp_play(r, -2) < 0);
	rtmp_free(r);
	client();
	assert_int_equal(connect_to("", "live/key"), 0);
	assert_true(rtmp_play(r, -2) < 0);
	rtmp_free(r);
	server_stop();
}

/* ---- Scripted servers ---- */

static struct host host;

static int
connect_host(const char *who)
{
	char url[256];

	snprintf(url, sizeof(url), "rtmp://%s127.0.0.1:%d/live/key", who,
	    host.port);
	return rtmp_connect(r, url, NULL);
}

static void
finish(void)
{
	rtmp_free(r);
	host_end(&host);
	host_free(&host);
}

/* What the server sees of the dialogue, to the letter. */
static void
what_leaves_the_client(void **state)
{
	char app[256], tc_url[512];
	const char *query;

	(void)state;
	host_init(&host);
	host.connects[0] = REJECTED(FIRST);
	host.connects[1] = REJECTED(SECOND);
	host_start(&host);
	client();
	assert_int_equal(connect_host("user1:topsecret@"), 0);
	rtmp_free(r);
	host_end(&host);
	assert_int_equal(host.conns, 3);
	assert_null(strstr(host.all, "topsecret"));
	assert_null(strstr(host.all, "user1:"));
	assert_null(strstr(host.all, "@"));
	assert_null(strstr(host.said[0], "user1"));
	snprintf(tc_url, sizeof(tc_url), "'rtmp://127.0.0.1:%d/live"
	    "?authmod=adobe&user=user1'", host.port);
	assert_non_null(strstr(host.said[1], tc_url));
	assert_non_null(strstr(host.said[1],
	    "'live?authmod=adobe&user=user1'"));
	query = strstr(host.said[2], "?authmod=adobe&user=user1&challenge=");
	assert_non_null(query);
	assert_non_null(strstr(query, "==&opaque=O+/='"));
	/* The same behind both. */
	snprintf(app, sizeof(app), "%.*s", (int)strcspn(query, "'"), query);
	snprintf(tc_url, sizeof(tc_url), "'rtmp://127.0.0.1:%d/live%s'",
	    host.port, app);
	assert_non_null(strstr(host.said[2], tc_url));
	host_free(&host);
}

/* A server that never asks gets no name, either. */
static void
nobody_asks_nobody_tells(void **state)
{
	(void)state;
	host_init(&host);
	host_start(&host);
	client();
	assert_int_equal(connect_host("user1:topsecret@"), 0);
	rtmp_free(r);
	host_end(&host);
	assert_null(strstr(host.all, "user1"));
	assert_null(strstr(host.all, "topsecret"));
	host_free(&host);
}

static void
asks_for_ever(const char *answer, int conns, const char *words)
{
	host_init(&host);
	host.connects[0] = answer;
	host.repeats = 1;
	host_start(&host);
	client();
	assert_int_equal(connect_host("user1:x@"), RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_REQUIRED);
	assert_says(r, words);
	rtmp_free(r);
	host_end(&host);
	assert_int_equal(host.conns, conns);
	host_free(&host);
}

static void
server_that_asks_for_ever(void **state)
{
	(void)state;
	asks_for_ever(REJECTED(FIRST), 2, "sends no challenge");
	asks_for_ever(REJECTED(SECOND), 2, "does not take the response");
	asks_for_ever(REJECTED("authmod=kerberos"), 1,
	    "neither Adobe's nor Limelight's");
	asks_for_ever(REJECTED("authmod=adobe ?reason=needauth"), 1,
	    "sends no salt");
	asks_for_ever(REJECTED("authmod=llnw ?reason=needauth"), 1,
	    "sends no challenge");
}

/* The error of a command, not of the password: there is no dialogue. */
static void
unauthorized_publisher_is_told(void **state)
{
	(void)state;
	host_init(&host);
	host.starts[0] = "['onStatus', 0, null, {'level': 'error', 'code': "
	    "'NetStream.Publish.Unauthorized', 'description': 'sign'}]";
	host_start(&host);
	client();
	assert_int_equal(connect_host("user1:x@"), 0);
	assert_int_equal(rtmp_publish(r, NULL), RTMP_ERR_REJECTED);
	is_kind(RTMP_STATUS_AUTH_FAILED);
	assert_string_equal(rtmp_error_detail(r),
	    "NetStream.Publish.Unauthorized: sign");
	finish();
}

/* Challenges, and other words, of 1 MB. */
static void
huge_challenge(void **state)
{
	static const char *const begins[] = {
		"authmod=adobe ?reason=needauth&salt=",
		"authmod=adobe ?reason=needauth&salt=s&challenge=",
		"authmod=adobe ?reason=needauth&salt=s&challenge=c&opaque=",
		"authmod=llnw ?reason=needauth&nonce=" };
	size_t size = 1 << 20, i;
	char *words = malloc(size + 1);
	uint8_t *body = malloc(size + 256);
	struct rtmp_amf0_writer w;

	(void)state;
	assert_non_null(words);
	assert_non_null(body);
	for (i = 0; i < 4; i++) {
		memset(words, 'x', size);
		words[size] = '\0';
		memcpy(words, begins[i], strlen(begins[i]));
		rtmp_amf0_writer_init(&w, body, size + 256);
		rtmp_amf0_put_string(&w, "_error");
		rtmp_amf0_put_number(&w, 1);
		rtmp_amf0_put_null(&w);
		rtmp_amf0_put_object_begin(&w);
		rtmp_amf0_put_key(&w, "code");
		rtmp_amf0_put_string(&w, "NetConnection.Connect.Rejected");
		rtmp_amf0_put_key(&w, "description");
		rtmp_amf0_put_string(&w, words);
		rtmp_amf0_put_object_end(&w);
		assert_int_equal(w.err, 0);
		host_init(&host);
		host.body = body;
		host.body_size = w.len;
		host_start(&host);
		client();
		assert_int_equal(connect_host("user1:x@"), RTMP_ERR_LIMIT);
		assert_says(r, "too long");
		finish();
	}
	free(words);
	free(body);
}

/* The connections of a dialogue share one deadline. */
static void
one_deadline(int delay_ms, int stalls_at)
{
	int64_t start;

	host_init(&host);
	host.connects[0] = REJECTED(FIRST);
	host.connects[1] = REJECTED(SECOND);
	host.delay_ms = delay_ms;
	host.stalls_at = stalls_at;
	host_start(&host);
	opt.timeout_ms = 300;
	client();
	start = now_ms();
	assert_int_equal(connect_host("user1:x@"), RTMP_ERR_TIMEOUT);
	assert_in_range(now_ms() - start, 290, 2000);
	finish();
}

static void
the_dialogue_has_one_deadline(void **state)
{
	(void)state;
	one_deadline(0, 0);
	one_deadline(0, 1);
	one_deadline(0, 2);
	one_deadline(140, -1);
}

static void
token_that_is_none(const char *token, int err)
{
	char answer[3000];

	snprintf(answer, sizeof(answer), "['_result', 1, {}, {'code': "
	    "'NetConnection.Connect.Success', 'secureToken': '%s'}]", token);
	host_init(&host);
	host.connects[0] = answer;
	host_start(&host);
	opt.secure_token = "mykey123";
	client();
	assert_int_equal(rtmp_connect(r, host.url, NULL), err);
	if (err != 0)
		assert_says(r, "secureToken");
	finish();
}

/* The token of the vectors, and what the server would get for others. */
static void
secure_tokens(void **state)
{
	char big[2001];

	(void)state;
	token_that_is_none("", RTMP_ERR_PROTO);
	token_that_is_none("no hex", RTMP_ERR_PROTO);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	token_that_is_none(big, RTMP_ERR_LIMIT);

	host_init(&host);
	host.connects[0] = "['_result', 1, {}, {'code': "
	    "'NetConnection.Connect.Success', "
	    "'secureToken': '399eb0962b9518bbc1806be0'}]";
	host_start(&host);
	opt.secure_token = "mykey123";
	client();
	assert_int_equal(rtmp_connect(r, host.url, NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	rtmp_free(r);
	host_end(&host);
	assert_non_null(strstr(host.all,
	    "['secureTokenResponse',0,null,'hello-token!']"));
	assert_true(strstr(host.all, "secureTokenResponse") <
	    strstr(host.all, "createStream"));
	assert_null(strstr(host.all, "mykey123"));
	host_free(&host);
}

/* ---- Memory ---- */

static int
connect_with(struct test_mem *m, void *arg)
{
	struct rtmp_options o;
	struct rtmp *client_of_m;
	int err;

	(void)arg;
	rtmp_options_init(&o, sizeof(o));
	o.mem = &m->mem;
	o.user = "user1";
	o.password = PASSWORD;
	client_of_m = rtmp_new(&o);
	if (client_of_m == NULL)
		return RTMP_ERR_NOMEM;
	r = client_of_m;
	err = connect_to("", "live/key");
	rtmp_free(client_of_m);
	return err;
}

static void
out_of_memory(void **state)
{
	(void)state;
	server_start("--auth=adobe", USER, NULL);
	each_allocation_fails(connect_with, NULL);
	server_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adobe_opens),
		cmocka_unit_test(adobe_without_opaque_opens),
		cmocka_unit_test(adobe_with_opaque_same_as_challenge_opens),
		cmocka_unit_test(limelight_opens),
		cmocka_unit_test(an_app_by_option_opens),
		cmocka_unit_test(every_flight_opens),
		cmocka_unit_test(adobe_refusals),
		cmocka_unit_test(limelight_refusals),
		cmocka_unit_test(secure_token_opens),
		cmocka_unit_test(what_leaves_the_client),
		cmocka_unit_test(nobody_asks_nobody_tells),
		cmocka_unit_test(server_that_asks_for_ever),
		cmocka_unit_test(unauthorized_publisher_is_told),
		cmocka_unit_test(huge_challenge),
		cmocka_unit_test(the_dialogue_has_one_deadline),
		cmocka_unit_test(secure_tokens),
		cmocka_unit_test(out_of_memory),
	};

	signal(SIGPIPE, SIG_IGN);
	rtmp_options_init(&opt, sizeof(opt));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
