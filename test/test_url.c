#include <rtmpio/url.h>

#include "support/support.h"

/* ---- The measured table ---- */

/*
 * What each form of vectors/urls.json becomes here.  Where a client differs,
 * the row names it: F is ffmpeg, L librtmp, G GStreamer.  P is a port.
 */
static const struct {
	const char *url, *app, *stream;
	const char *differs; /* clients, in the order F L G */
} forms[] = {
	{ "rtmp://127.0.0.1:P/app/stream", "app", "stream", "" },
	{ "rtmp://127.0.0.1:P/app/inst/stream", "app/inst", "stream", "" },
	/* F counts two segments for the app. */
	{ "rtmp://127.0.0.1:P/app/a/b/c", "app/a/b", "c", "F" },
	/* G refuses a URL without a stream. */
	{ "rtmp://127.0.0.1:P/app", "app", "", "G" },
	{ "rtmp://127.0.0.1:P/app/", "app", "", "" },
	{ "rtmp://127.0.0.1:P/app/stream?token=x", "app", "stream?token=x",
	    "" },
	{ "rtmp://127.0.0.1:P/app/inst/stream?token=x&e=1", "app/inst",
	    "stream?token=x&e=1", "" },
	{ "rtmp://127.0.0.1:P/app?k=v/stream", "app?k=v", "stream", "" },
	/* F takes a ':' as the start of the stream; L drops the suffix. */
	{ "rtmp://127.0.0.1:P/app/mp4:dir/file.mp4", "app/mp4:dir",
	    "file.mp4", "FL" },
	/* F and L put mp4: before the name, L and F's .flv drop suffixes. */
	{ "rtmp://127.0.0.1:P/app/dir/file.mp4", "app/dir", "file.mp4",
	    "FL" },
	{ "rtmp://127.0.0.1:P/app/file.flv", "app", "file.flv", "FL" },
	{ "rtmp://127.0.0.1:P/app/file.mp3", "app", "file.mp3", "L" },
	/* F and L know the app "ondemand". */
	{ "rtmp://127.0.0.1:P/ondemand/a/b.mp4", "ondemand/a", "b.mp4",
	    "FL" },
	{ "rtmp://127.0.0.1:P/app/inst/mp4:x.f4v", "app/inst", "mp4:x.f4v",
	    "" },
	/* L decodes. */
	{ "rtmp://127.0.0.1:P/app/a%2Fb", "app", "a%2Fb", "L" },
	/* F and L know "slist=". */
	{ "rtmp://127.0.0.1:P/app/x/slist=foo?slist=bar.mp4", "app/x",
	    "slist=foo?slist=bar.mp4", "FL" },
	{ "rtmp://127.0.0.1:P/app//stream", "app/", "stream", "" },
	{ "rtmp://127.0.0.1:P/app/_definst_/stream", "app/_definst_",
	    "stream", "" },
	/* L and G were not measured. */
	{ "rtmp://us%40er:p%3Aw@127.0.0.1:P/app/s", "app", "s", "LG" },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* with, with 1935 for P. */
static void
put_port(char *out, size_t size, const char *with)
{
	const char *p = strstr(with, ":P/");

	assert_non_null(p);
	snprintf(out, size, "%.*s:1935/%s", (int)(p - with), with, p + 3);
}

/* 1 when the client sent the same three strings. */
static int
agrees(const cJSON *item, const char *client, const struct rtmp_url *url)
{
	const cJSON *sent = cJSON_GetObjectItemCaseSensitive(item, client);
	char tc_url[256], theirs[256];

	if (sent == NULL)
		return 0;
	put_port(theirs, sizeof(theirs), json_string(sent, "tcUrl"));
	assert_int_equal(rtmp_url_tc_url(url, tc_url, sizeof(tc_url), NULL),
	    0);
	return strcmp(json_string(sent, "app"), url->app) == 0 &&
	    strcmp(json_string(sent, "stream"), url->stream) == 0 &&
	    strcmp(theirs, tc_url) == 0;
}

static void
every_measured_form_splits_as_the_table_says(void **state)
{
	static const char *const clients[] = { "ffmpeg_9_0_2",
		"rtmpdump_2_4", "gst_rtmp2src_1_22" };
	cJSON *json = load_json("vectors/urls.json");
	const cJSON *cases = json_item(json, "cases"), *item;
	char text[256], differs[4], *d;
	struct rtmp_url url;
	size_t i, k;

	(void)state;
	assert_int_equal(cJSON_GetArraySize(cases), FORMS);
	for (i = 0; i < FORMS; i++) {
		item = json_item(cases, forms[i].url);
		put_port(text, sizeof(text), forms[i].url);
		assert_int_equal(rtmp_url_parse(&url, text), 0);
		assert_string_equal(url.host, "127.0.0.1");
		assert_int_equal(url.port, 1935);
		assert_int_equal(url.port_given, 1);
		assert_string_equal(url.app, forms[i].app);
		assert_string_equal(url.stream, forms[i].stream);
		d = differs;
		for (k = 0; k < 3; k++)
			if (!agrees(item, clients[k], &url))
				*d++ = "FLG"[k];
		*d = '\0';
		assert_string_equal(differs, forms[i].differs);
	}
	cJSON_Delete(json);
}

/* ---- Everything else that splits ---- */

static const struct {
	const char *url;
	const char *host;
	int port;
	const char *user, *password, *app, *stream;
	const char *tc_url;
} good[] = {
	/* Schemes and their ports. */
	{ "rtmp://h/a/s", "h", 1935, "", "", "a", "s", "rtmp://h/a" },
	{ "rtmps://h/a/s", "h", 443, "", "", "a", "s", "rtmps://h/a" },
	{ "rtmpe://h/a/s", "h", 1935, "", "", "a", "s", "rtmpe://h/a" },
	{ "rtmpt://h/a/s", "h", 80, "", "", "a", "s", "rtmpt://h/a" },
	{ "rtmpts://h/a/s", "h", 443, "", "", "a", "s", "rtmpts://h/a" },
	{ "rtmpte://h/a/s", "h", 80, "", "", "a", "s", "rtmpte://h/a" },
	{ "RtMpS://H.Example/A/S", "H.Example", 443, "", "", "A", "S",
	    "rtmps://H.Example/A" },
	/* Ports. */
	{ "rtmp://h:1/a/s", "h", 1, "", "", "a", "s", "rtmp://h:1/a" },
	{ "rtmps://h:65535/a/s", "h", 65535, "", "", "a", "s",
	    "rtmps://h:65535/a" },
	{ "rtmp://h:0001935/a/s", "h", 1935, "", "", "a", "s",
	    "rtmp://h:1935/a" },
	/* Hosts. */
	{ "rtmp://live-1.my_host.example./a/s", "live-1.my_host.example.",
	    1935, "", "", "a", "s", "rtmp://live-1.my_host.example./a" },
	{ "rtmp://b\xc3\xbc" "cher.example/a/s", "b\xc3\xbc" "cher.example",
	    1935, "", "", "a", "s", "rtmp://b\xc3\xbc" "cher.example/a" },
	{ "rtmp://[::1]/a/s", "::1", 1935, "", "", "a", "s",
	    "rtmp://[::1]/a" },
	{ "rtmp://[2001:DB8::7]:8080/a/s", "2001:DB8::7", 8080, "", "", "a",
	    "s", "rtmp://[2001:DB8::7]:8080/a" },
	{ "rtmp://[::ffff:192.0.2.1]/a/s", "::ffff:192.0.2.1", 1935, "", "",
	    "a", "s", "rtmp://[::ffff:192.0.2.1]/a" },
	{ "rtmp://[fe80::1%25eth0]/a/s", "fe80::1%eth0", 1935, "", "", "a",
	    "s", "rtmp://[fe80::1]/a" },
	{ "rtmp://[fe80::1%eth0]/a/s", "fe80::1%eth0", 1935, "", "", "a",
	    "s", "rtmp://[fe80::1]/a" },
	/* User and password. */
	{ "rtmp://u@h/a/s", "h", 1935, "u", "", "a", "s", "rtmp://h/a" },
	{ "rtmp://u:p@h/a/s", "h", 1935, "u", "p", "a", "s", "rtmp://h/a" },
	{ "rtmp://u:@h/a/s", "h", 1935, "u", "", "a", "s", "rtmp://h/a" },
	{ "rtmp://:p@h/a/s", "h", 1935, "", "p", "a", "s", "rtmp://h/a" },
	{ "rtmp://@h/a/s", "h", 1935, "", "", "a", "s", "rtmp://h/a" },
	{ "rtmp://u:p:q@h:5/a/s", "h", 5, "u", "p:q", "a", "s",
	    "rtmp://h:5/a" },
	{ "rtmp://u@x:p@q@h/a/s", "h", 1935, "u@x", "p@q", "a", "s",
	    "rtmp://h/a" },
	{ "rtmp://us%40er:p%3aw%2F%20%25@[::1]:7/a/s", "::1", 7, "us@er",
	    "p:w/ %", "a", "s", "rtmp://[::1]:7/a" },
	{ "rtmp://u:%C3%A4@h/a/s", "h", 1935, "u", "\xc3\xa4", "a", "s",
	    "rtmp://h/a" },
	/* An '@' or ':' behind the authority belongs to the path. */
	{ "rtmp://h/a/s@x:y", "h", 1935, "", "", "a", "s@x:y",
	    "rtmp://h/a" },
	/* Paths. */
	{ "rtmp://h/a", "h", 1935, "", "", "a", "", "rtmp://h/a" },
	{ "rtmp://h/a?k=v", "h", 1935, "", "", "a?k=v", "",
	    "rtmp://h/a?k=v" },
	{ "rtmp://h/a//", "h", 1935, "", "", "a/", "", "rtmp://h/a/" },
	{ "rtmp://h/a/b/", "h", 1935, "", "", "a/b", "", "rtmp://h/a/b" },
	{ "rtmp://h/a/?token=x", "h", 1935, "", "", "a", "?token=x",
	    "rtmp://h/a" },
	{ "rtmp://h/a/s?path=/x/y", "h", 1935, "", "", "a", "s?path=/x/y",
	    "rtmp://h/a" },
	{ "rtmp://h/a?k=v/s?t=x/y", "h", 1935, "", "", "a?k=v", "s?t=x/y",
	    "rtmp://h/a?k=v" },
	{ "rtmp://h/a?u=x/y/s", "h", 1935, "", "", "a?u=x/y", "s",
	    "rtmp://h/a?u=x/y" },
	{ "rtmp://h/a/i?k=v/s", "h", 1935, "", "", "a", "i?k=v/s",
	    "rtmp://h/a" },
	{ "rtmp://h/a/s#x", "h", 1935, "", "", "a", "s#x", "rtmp://h/a" },
	{ "rtmp://h/a/%41%zz\\\"<\xff", "h", 1935, "", "", "a",
	    "%41%zz\\\"<\xff", "rtmp://h/a" },
};
#define GOOD (sizeof(good) / sizeof(good[0]))

/* Parses text at an unreadable page. */
static int
parse_guarded(struct rtmp_url *url, const char *text, int all_app)
{
	size_t size = strlen(text) + 1;
	uint8_t *copy = guard_copy(text, size);
	int r = all_app ? rtmp_url_parse_app(url, (const char *)copy)
			: rtmp_url_parse(url, (const char *)copy);

	guard_free(copy, size);
	return r;
}

static void
all_parts_come_out(void **state)
{
	struct rtmp_url url;
	char tc_url[128];
	size_t i, len;

	(void)state;
	for (i = 0; i < GOOD; i++) {
		assert_int_equal(parse_guarded(&url, good[i].url, 0), 0);
		assert_string_equal(url.error, "");
		assert_string_equal(url.host, good[i].host);
		assert_int_equal(url.port, good[i].port);
		assert_string_equal(url.user, good[i].user);
		assert_string_equal(url.password, good[i].password);
		assert_string_equal(url.app, good[i].app);
		assert_string_equal(url.stream, good[i].stream);
		assert_int_equal(rtmp_url_tc_url(&url, tc_url,
		    sizeof(tc_url), &len), 0);
		assert_string_equal(tc_url, good[i].tc_url);
		assert_int_equal(len, strlen(tc_url));
	}
}

static void
a_port_is_told_from_its_default(void **state)
{
	struct rtmp_url url;

	(void)state;
	assert_int_equal(rtmp_url_parse(&url, "rtmp://h:1935/a/s"), 0);
	assert_int_equal(url.port_given, 1);
	assert_int_equal(rtmp_url_parse(&url, "rtmp://h/a/s"), 0);
	assert_int_equal(url.port_given, 0);
}

static void
the_whole_path_can_be_the_app(void **state)
{
	static const struct {
		const char *url, *app;
	} cases[] = {
		{ "rtmp://h/app", "app" },
		{ "rtmp://h/app/inst", "app/inst" },
		{ "rtmps://h:443/rtmp/", "rtmp" },
		{ "rtmp://h/live2?backup=1", "live2?backup=1" },
		{ "rtmp://h/app/inst?vhost=a/b", "app/inst?vhost=a/b" },
		{ "rtmp://h/a/b/c/d", "a/b/c/d" },
	};
	struct rtmp_url url;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_guarded(&url, cases[i].url, 1), 0);
		assert_string_equal(url.app, cases[i].app);
		assert_string_equal(url.stream, "");
	}
}

/* ---- What is no URL ---- */

#define PORT "the port is not a number from 1 to 65535"
#define NO_SCHEME "no scheme: the URL does not begin with rtmp://"
#define UNKNOWN \
	"unknown scheme: not rtmp, rtmps, rtmpe, rtmpt, rtmpts or rtmpte"
#define NOT_IPV6 "the host in brackets is not an IPv6 address"
#define NO_BRACKETS \
	"the host has more than one ':': IPv6 stands in [brackets]"
#define BAD_NAME "the host has a character that no host name has"
#define BAD_ESCAPE \
	"a '%' in the user or password without two hex digits"

static const struct {
	const char *url, *error;
} bad[] = {
	{ "", NO_SCHEME },
	{ "127.0.0.1/app/stream", NO_SCHEME },
	{ "//h/app/stream", NO_SCHEME },
	{ "://h/app/stream", NO_SCHEME },
	{ "rtmp", NO_SCHEME },
	{ "rtmp:", NO_SCHEME },
	{ "rtmp:/h/app", NO_SCHEME },
	{ " rtmp://h/app/s", NO_SCHEME },
	{ "http://h/app/s", UNKNOWN },
	{ "rtm://h/app/s", UNKNOWN },
	{ "rtmpx://h/app/s", UNKNOWN },
	{ "rtmptes://h/app/s", UNKNOWN },
	{ "rtmp://", "no host" },
	{ "rtmp:///app/s", "no host" },
	{ "rtmp://:1935/app/s", "no host" },
	{ "rtmp://u:p@/app/s", "no host" },
	{ "rtmp://u:p@:1/app/s", "no host" },
	{ "rtmp://a b/app/s", "the host has a space" },
	{ "rtmp://a\tb/app/s", "the host has a control character" },
	{ "rtmp://a%20b/app/s", BAD_NAME },
	{ "rtmp://h?x=/app/s", BAD_NAME },
	{ "rtmp://h]/app/s", BAD_NAME },
	{ "rtmp://[::1/app/s", "the host has '[' without ']'" },
	{ "rtmp://[", "the host has '[' without ']'" },
	{ "rtmp://[]/app/s", NOT_IPV6 },
	{ "rtmp://[host]/app/s", NOT_IPV6 },
	{ "rtmp://[127.0.0.1]/app/s", NOT_IPV6 },
	{ "rtmp://[%25:]/app/s", NOT_IPV6 },
	{ "rtmp://[fe80%::1]/app/s", NOT_IPV6 },
	{ "rtmp://[::1%]/app/s", NOT_IPV6 },
	{ "rtmp://[::1]x/app/s",
	    "the host is followed by neither port nor app" },
	{ "rtmp://::1/app/s", NO_BRACKETS },
	{ "rtmp://2001:db8::7:1935/app/s", NO_BRACKETS },
	{ "rtmp://h:/app/s", PORT },
	{ "rtmp://[::1]:/app/s", PORT },
	{ "rtmp://h:0/app/s", PORT },
	{ "rtmp://h:65536/app/s", PORT },
	{ "rtmp://h:99999/app/s", PORT },
	{ "rtmp://h:4294968231/app/s", PORT }, /* 2^32 + 935 */
	{ "rtmp://h:18446744073709553551/app/s", PORT },
	{ "rtmp://h:port/app/s", PORT },
	{ "rtmp://h:19a/app/s", PORT },
	{ "rtmp://h:-1/app/s", PORT },
	{ "rtmp://h:+1/app/s", PORT },
	{ "rtmp://h: 1/app/s", PORT },
	{ "rtmp://h", "no app" },
	{ "rtmp://h/", "no app" },
	{ "rtmp://h:1935", "no app" },
	{ "rtmp://h//stream", "no app" },
	{ "rtmp://u%4@h/app/s", BAD_ESCAPE },
	{ "rtmp://u%@h/app/s", BAD_ESCAPE },
	{ "rtmp://u%:4@h/app/s", BAD_ESCAPE },
	{ "rtmp://u:100%x0@h/app/s", BAD_ESCAPE },
	{ "rtmp://u%00@h/app/s", "the user has a control character" },
	{ "rtmp://u\x7f@h/app/s", "the user has a control character" },
	{ "rtmp://u:%0a@h/app/s", "the password has a control character" },
	{ "rtmp://u x@h/app/s", "the user has a space" },
	{ "rtmp://u:p x@h/app/s", "the password has a space" },
	{ "rtmp://h/a b/s", "the app has a space" },
	{ "rtmp://h/a\r\n/s", "the app has a control character" },
	{ "rtmp://h/a/s live=1", "the stream name has a space" },
	{ "rtmp://h/a/s\n", "the stream name has a control character" },
};
#define BAD (sizeof(bad) / sizeof(bad[0]))

static void
what_is_no_url_is_refused_naming_the_part(void **state)
{
	struct rtmp_url url;
	size_t i;

	(void)state;
	for (i = 0; i < BAD; i++) {
		assert_int_equal(parse_guarded(&url, bad[i].url, 0),
		    RTMP_ERR_URL);
		assert_string_equal(url.error, bad[i].error);
	}
}

static void
no_url_with_its_path_as_app_is_refused_too(void **state)
{
	struct rtmp_url url;

	(void)state;
	assert_int_equal(parse_guarded(&url, "rtmp://h/", 1), RTMP_ERR_URL);
	assert_string_equal(url.error, "no app");
	assert_int_equal(parse_guarded(&url, "rtmp://h/a/b c", 1),
	    RTMP_ERR_URL);
	assert_string_equal(url.error, "the app has a space");
}

/* A URL whose one part has size bytes. */
static char *
with_part(const char *before, size_t size, const char *after)
{
	size_t n = strlen(before), room = n + size + strlen(after) + 1;
	char *url = malloc(room);

	assert_non_null(url);
	snprintf(url, room, "%s", before);
	memset(url + n, 'a', size);
	snprintf(url + n + size, room - n - size, "%s", after);
	return url;
}

static void
each_part_may_fill_its_array_and_no_more(void **state)
{
	static const struct {
		const char *before, *after;
		size_t max;
		const char *error;
	} parts[] = {
		{ "rtmp://", "/a/s", RTMP_URL_HOST_SIZE,
		    "the host is too long" },
		{ "rtmp://", "@h/a/s", RTMP_URL_USER_SIZE,
		    "the user is too long" },
		{ "rtmp://u:", "@h/a/s", RTMP_URL_USER_SIZE,
		    "the password is too long" },
		{ "rtmp://h/", "/s", RTMP_URL_PATH_SIZE,
		    "the app is too long" },
		{ "rtmp://h/a/", "", RTMP_URL_PATH_SIZE,
		    "the stream name is too long" },
	};
	struct rtmp_url url;
	size_t i, more;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text = with_part(parts[i].before, parts[i].max - 1,
		    parts[i].after);
		assert_int_equal(parse_guarded(&url, text, 0), 0);
		free(text);
		for (more = 0; more < 100001; more += 100000) {
			text = with_part(parts[i].before,
			    parts[i].max + more, parts[i].after);
			assert_int_equal(parse_guarded(&url, text, 0),
			    RTMP_ERR_URL);
			assert_string_equal(url.error, parts[i].error);
			free(text);
		}
	}
}

static void
every_cut_of_a_url_parses_or_names_its_part(void **state)
{
	static const char whole[] =
	    "rtmps://us%40er:p%3aw@[fe80::1%25lo]:1936/app?k=v/s?t=a/b";
	char text[sizeof(whole)];
	struct rtmp_url url;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(whole); i++) {
		memcpy(text, whole, i);
		text[i] = '\0';
		r = parse_guarded(&url, text, 0);
		assert_true(r == 0 || r == RTMP_ERR_URL);
		assert_int_equal(r == 0, url.error[0] == '\0');
		/* Complete from the first letter of the app on. */
		assert_int_equal(r == 0, i > strcspn(whole, "]") + 7);
	}
}

/* ---- tcUrl, schemes ---- */

static void
tc_url_fits_exactly_or_is_refused(void **state)
{
	static const char expected[] = "rtmps://[::1]:1936/app/inst";
	struct rtmp_url url;
	size_t n, len;
	uint8_t *buf;
	char zeros[64] = { 0 };
	int r;

	(void)state;
	assert_int_equal(rtmp_url_parse(&url,
	    "rtmps://u:p@[::1]:1936/app/inst/s"), 0);
	for (n = 0; n < sizeof(expected) + 3; n++) {
		buf = guard_copy(zeros, n);
		len = 4711;
		r = rtmp_url_tc_url(&url, (char *)buf, n, &len);
		if (n < sizeof(expected)) {
			assert_int_equal(r, RTMP_ERR_NOBUF);
			assert_int_equal(len, 4711);
		} else {
			assert_int_equal(r, 0);
			assert_string_equal((char *)buf, expected);
			assert_int_equal(len, sizeof(expected) - 1);
		}
		guard_free(buf, n);
	}
}

static void
schemes_have_names_and_know_tls(void **state)
{
	static const struct {
		enum rtmp_scheme scheme;
		const char *name;
		int tls;
	} cases[] = {
		{ RTMP_SCHEME_RTMP, "rtmp", 0 },
		{ RTMP_SCHEME_RTMPS, "rtmps", 1 },
		{ RTMP_SCHEME_RTMPE, "rtmpe", 0 },
		{ RTMP_SCHEME_RTMPT, "rtmpt", 0 },
		{ RTMP_SCHEME_RTMPTS, "rtmpts", 1 },
		{ RTMP_SCHEME_RTMPTE, "rtmpte", 0 },
	};
	struct rtmp_url url;
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(rtmp_scheme_name(cases[i].scheme),
		    cases[i].name);
		assert_int_equal(rtmp_scheme_is_tls(cases[i].scheme),
		    cases[i].tls);
		snprintf(text, sizeof(text), "%s://h/a", cases[i].name);
		assert_int_equal(rtmp_url_parse(&url, text), 0);
		assert_int_equal(url.scheme, cases[i].scheme);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_measured_form_splits_as_the_table_says),
		cmocka_unit_test(all_parts_come_out),
		cmocka_unit_test(a_port_is_told_from_its_default),
		cmocka_unit_test(the_whole_path_can_be_the_app),
		cmocka_unit_test(what_is_no_url_is_refused_naming_the_part),
		cmocka_unit_test(no_url_with_its_path_as_app_is_refused_too),
		cmocka_unit_test(each_part_may_fill_its_array_and_no_more),
		cmocka_unit_test(every_cut_of_a_url_parses_or_names_its_part),
		cmocka_unit_test(tc_url_fits_exactly_or_is_refused),
		cmocka_unit_test(schemes_have_names_and_know_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
