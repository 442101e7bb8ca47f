/* Strings as RTMP_SetupURL() takes them: what they become here is what
 * librtmp 2.4 made of them when it was asked. */
#include <rtmpio/librtmp.h>

#include "support/support.h"

static struct rtmp_librtmp l;
static struct rtmp_options opt;

/* At an unreadable page. */
static int
parse(const char *string)
{
	uint8_t *copy = guard_copy(string, strlen(string) + 1);
	int err;

	memset(&l, 0xee, sizeof(l));
	rtmp_options_init(&opt, sizeof(opt));
	err = rtmp_librtmp_parse(&l, (const char *)copy, &opt);
	guard_free(copy, strlen(string) + 1);
	if (err == 0 && l.error[0] != '\0')
		fail_msg("%s: \"%s\" in spite of success", string, l.error);
	return err;
}

static void
good(const char *string)
{
	if (parse(string) != 0)
		fail_msg("%s: %s", string, l.error);
}

/* Behind a URL; valid until the next call. */
static const char *
with(const char *options)
{
	static char s[256];

	snprintf(s, sizeof(s), "rtmp://h/a/b %s", options);
	return s;
}

static void
refused(const char *string, const char *words)
{
	struct rtmp_options untouched;
	int err = parse(string);

	if (err != RTMP_ERR_INVAL || strstr(l.error, words) == NULL)
		fail_msg("%s: %d, \"%s\"", string, err, l.error);
	rtmp_options_init(&untouched, sizeof(untouched));
	assert_memory_equal(&opt, &untouched, sizeof(opt));
}

/* ---- The URL ---- */

static void
check_url(const char *url, const char *app, const char *tc_url,
    const char *stream)
{
	char options[512];
	struct rtmp_url u;

	good(url);
	if (strcmp(opt.app, app) != 0 || strcmp(opt.tc_url, tc_url) != 0 ||
	    strcmp(l.url, tc_url) != 0 || strcmp(l.stream, stream) != 0)
		fail_msg("%s: app %s, tcUrl %s, url %s, stream %s", url,
		    opt.app, opt.tc_url, l.url, l.stream);
	assert_int_equal(rtmp_url_parse_app(&u, l.url), 0);
	/* Options behind it change nothing. */
	snprintf(options, sizeof(options), "%s live=1  token=x ", url);
	good(options);
	assert_string_equal(opt.app, app);
	assert_string_equal(l.stream, stream);
}

/* in, with 1935 for the P in it. */
static const char *
with_port(char out[512], const char *in)
{
	const char *p = strstr(in, ":P");

	assert_non_null(p);
	snprintf(out, 512, "%.*s:1935%s", (int)(p - in), in, p + 2);
	return out;
}

static void
urls_are_split_as_librtmp_was_seen_to_split_them(void **state)
{
	cJSON *json = load_json("vectors/urls.json");
	const cJSON *item, *sent;
	char url[512], tc_url[512];
	int n = 0;

	(void)state;
	cJSON_ArrayForEach(item, json_item(json, "cases")) {
		sent = cJSON_GetObjectItemCaseSensitive(item, "rtmpdump_2_4");
		if (sent == NULL)
			continue;
		n++;
		check_url(with_port(url, item->string),
		    json_string(sent, "app"),
		    with_port(tc_url, json_string(sent, "tcUrl")),
		    json_string(sent, "stream"));
	}
	assert_int_equal(n, 18);
	cJSON_Delete(json);
}

/* From Link.app, .tcUrl and .playpath behind RTMP_SetupURL(). */
static void
urls_are_split_as_setupurl_splits_them(void **state)
{
	static const struct {
		const char *path, *app, *stream;
	} rows[] = {
		{ "a/b/c/d/e/f", "a/b/c", "d/e/f" },
		{ "a?x=1", "a?x=1", "" },
		{ "/a/b", "/a", "b" },
		{ "a/x.mp4?t=1", "a", "mp4:x?t=1" },
		{ "a/x.mp4?", "a", "mp4:x?" },
		{ "a/x.mp4&t=1", "a", "x.mp4&t=1" },
		{ "a/x.MP4", "a", "x.MP4" },
		{ "a/.mp4", "a", "mp4:" },
		{ "a/mp4", "a", "mp4" },
		{ "a/b.f4v/c", "a/b.f4v", "c" },
		{ "a/x.f4v", "a", "mp4:x" },
		{ "a/x.flv?t=1", "a", "x?t=1" },
		{ "a/flv:x.flv", "a", "flv:x" },
		{ "a/flv:x.mp4", "a", "mp4:flv:x" },
		{ "a/mp3:x.mp3?t=1", "a", "mp3:x.mp3?t=1" },
		{ "a/x.mp3?t=1&b=.mp4", "a", "mp3:x?t=1&b=.mp4" },
		{ "a/%41b?x=%42", "a", "Ab?x=B" },
		{ "a%41/b", "a%41", "b" },
		{ "a/x%2Emp4", "a", "x.mp4" },
		{ "a/b\\20c", "a", "b\\20c" },
		{ "ondemand/", "ondemand", "" },
		{ "ondemand", "ondemand", "" },
		{ "ondemandx/b/c", "ondemandx/b", "c" },
		{ "ondemand?x/b/c/d", "ondemand?x/b/c", "d" },
		{ "ondemand/a/b/c/d", "ondemand", "a/b/c/d" },
		{ "a/b/slist=foo.mp4", "a/b", "mp4:slist=foo" },
		{ "a/b?x&slist=foo.mp4&z=1", "a/b?x&slist=foo.mp4&z=1",
		    "mp4:foo" },
		{ "a/b/?slist=", "a/b/?slist=", "" },
		{ "slist=?", "slist=?", "?" },
	};
	char url[128], tc_url[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(url, sizeof(url), "rtmpte://h/%s", rows[i].path);
		snprintf(tc_url, sizeof(tc_url), "rtmpte://h/%s", rows[i].app);
		check_url(url, rows[i].app, tc_url, rows[i].stream);
	}
	/* Where librtmp finds nothing, what is no escape stays. */
	good("rtmp://h/a/%zz%4%00%");
	assert_string_equal(l.stream, "%zz%4%00%");
	/* librtmp has "u" for the host here; and nobody sends a password. */
	good("rtmp://u:p@[::1]:77/a/b");
	assert_string_equal(l.url, "rtmp://u:p@[::1]:77/a");
	assert_null(opt.tc_url);
	assert_string_equal(opt.app, "a");
}

/* ---- Options ---- */

static void
each_option_has_its_place(void **state)
{
	(void)state;
	good("rtmp://h/a/b.mp4");
	assert_int_equal(opt.timeout_ms, 10000);
	assert_int_equal(opt.buffer_ms, 3000);
	assert_null(opt.subscribe);
	assert_null(opt.proxy);
	assert_null(opt.user);
	assert_null(opt.connect_args);
	assert_true(l.start >= 0 && l.start <= 0);
	assert_true(l.duration <= RTMP_PLAY_WHOLE &&
	    l.duration >= RTMP_PLAY_WHOLE);

	good("rtmp://h/a/b.mp4  tcUrl=rtmp://t/u PAGEURL=p swfurl=s=1 "
	    "flashVer=LNX\\2010,0 subscribe=sub token=tok pubUser=u "
	    "pubPasswd=p\\5cw app=c/d/e playpath=x.mp4?a=%41 socks=p:99");
	assert_string_equal(opt.tc_url, "rtmp://t/u");
	assert_string_equal(opt.page_url, "p");
	assert_string_equal(opt.swf_url, "s=1");
	assert_string_equal(opt.flash_ver, "LNX 10,0");
	assert_string_equal(opt.subscribe, "sub");
	assert_string_equal(opt.secure_token, "tok");
	assert_string_equal(opt.user, "u");
	assert_string_equal(opt.password, "p\\w");
	assert_string_equal(opt.app, "c/d/e");
	assert_string_equal(l.url, "rtmp://h/c/d/e");
	assert_string_equal(l.stream, "x.mp4?a=%41");
	assert_string_equal(opt.proxy, "socks5://p:99");

	good("rtmp://h app=live playpath=");
	assert_string_equal(l.url, "rtmp://h/live");
	assert_string_equal(opt.tc_url, "rtmp://h/live");
	assert_string_equal(l.stream, "");
	good("rtmp://h/a/b socks=proxy");
	assert_string_equal(opt.proxy, "socks5://proxy:1080");
	good("rtmp://h/a/b app=c app=d");
	assert_string_equal(opt.app, "d");
	good("rtmp://h/a/b buffer=36000000 timeout=7");
	assert_int_equal(opt.buffer_ms, 36000000);
	assert_int_equal(opt.timeout_ms, 7000);
	good("rtmp://h/a/b timeout=0 buffer=0");
	assert_int_equal(opt.buffer_ms, 0);
	assert_int_equal(opt.timeout_ms, -1);
	good("rtmp://h/a/b timeout=2147483 buffer=2147483647");
	assert_int_equal(opt.timeout_ms, 2147483000);
	assert_int_equal(opt.buffer_ms, 2147483647);
	/* Empty is as good as nothing. */
	good("rtmp://h/a/b tcUrl= swfUrl= pageUrl= flashVer= subscribe= "
	    "token= pubUser= pubPasswd= app= playpath= socks=");
	assert_string_equal(opt.tc_url, "rtmp://h/a");
	assert_string_equal(l.stream, "b");
	assert_null(opt.swf_url);
	assert_null(opt.page_url);
	assert_null(opt.flash_ver);
	assert_null(opt.subscribe);
	assert_null(opt.secure_token);
	assert_null(opt.user);
	assert_null(opt.password);
	assert_null(opt.proxy);
	/* What librtmp has been told not to do needs nothing. */
	good("rtmp://h/a/b live=0 swfVfy=FALSE swfAge=30 playlist=no jtv=off");
	assert_null(opt.subscribe);
}

/* The arguments of play, and FCSubscribe, as librtmp sends them. */
static void
live_start_and_stop_are_those_of_play(void **state)
{
	static const struct {
		const char *options;
		double start, duration;
		const char *subscribe;
	} rows[] = {
		{ "live=1", -1000, -1, "" },
		{ "live=On", -1000, -1, "" },
		{ "live=yes", -1000, -1, "" },
		{ "live=TRUE", -1000, -1, "" },
		{ "live=1 subscribe=q", -1000, -1, "q" },
		{ "subscribe=q", 0, -1, "q" },
		{ "start=10 stop=30", 10, 20, NULL },
		{ "stop=30 start=10", 10, 20, NULL },
		{ "live=1 start=10 stop=30", -1000, 20, "" },
		{ "stop=30", 0, 30, NULL },
		{ "start=-2000", 0, -1, NULL },
		{ "start=5 stop=0", 5, -1, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good(with(rows[i].options));
		if (l.start < rows[i].start || l.start > rows[i].start ||
		    l.duration < rows[i].duration ||
		    l.duration > rows[i].duration)
			fail_msg("%s: %g, %g", rows[i].options, l.start,
			    l.duration);
		if (rows[i].subscribe == NULL)
			assert_null(opt.subscribe);
		else
			assert_string_equal(opt.subscribe, rows[i].subscribe);
	}
}

static void
conn_is_what_librtmp_sends(void **state)
{
	cJSON *json = load_json("librtmp/conn.json");
	const cJSON *item;
	int n = 0;

	(void)state;
	cJSON_ArrayForEach(item, json_item(json, "cases")) {
		good(with(json_string(item, "string")));
		assert_hex(opt.connect_args, opt.connect_args_size,
		    json_string(item, "amf0"));
		n++;
	}
	assert_int_equal(n, 11);
	cJSON_Delete(json);
	/* librtmp does not know this one. */
	good("rtmp://h/a/b conn=O:1 conn=NZ:z: conn=O:0");
	assert_hex(opt.connect_args, opt.connect_args_size,
	    "0300017a05000009");
}

/* ---- What is wrong ---- */

static void
errors_name_the_option(void **state)
{
	static const struct {
		const char *options, *words;
	} rows[] = {
		{ "nosuch=1", "nosuch: no option" },
		{ "=x", ": no option" },
		{ "lives=1", "lives: no option" },
		{ "foo", "an option: without '='" },
		{ "live=1 geheim", "an option: without '='" },
		{ "live=", "live: takes 0 or 1" },
		{ "live=2", "live: takes 0 or 1" },
		{ "swfVfy=x", "swfvfy: takes 0 or 1" },
		{ "swfVfy=1", "swfvfy: use options.swf or .swf_hash" },
		{ "playlist=TRUE", "playlist: use rtmp_session_call()" },
		{ "jtv={}", "jtv: use rtmp_session_call()" },
		{ "start=", "start: takes a number" },
		{ "start=x", "start: takes a number" },
		{ "stop=1x", "stop: takes a number" },
		{ "start=nan", "start: takes a number" },
		{ "buffer=2147483648", "buffer: takes a number" },
		{ "buffer=inf", "buffer: takes a number" },
		{ "timeout=2147484", "timeout: takes a number" },
		{ "swfAge=old", "swfage: takes a number" },
		{ "token=a\\", "token: \\ without" },
		{ "token=a\\2", "token: \\ without" },
		{ "token=\\zz", "token: \\ without" },
		{ "token=\\4G", "token: \\ without" },
		{ "token=\\00", "token: \\ without" },
		{ "conn=", "conn: takes" },
		{ "conn=Z", "conn: takes" },
		{ "conn=X:1", "conn: takes" },
		{ "conn=b:1", "conn: takes" },
		{ "conn=B:2", "conn: takes" },
		{ "conn=B:", "conn: takes" },
		{ "conn=B:10", "conn: takes" },
		{ "conn=N:", "conn: takes" },
		{ "conn=N:x", "conn: takes" },
		{ "conn=N:1x", "conn: takes" },
		{ "conn=O:", "conn: takes" },
		{ "conn=O:2", "conn: takes" },
		{ "conn=O:0", "conn: takes" },
		{ "conn=NN:a:1", "conn: takes" },
		{ "conn=O:1 conn=N:1", "conn: takes" },
		{ "conn=O:1 conn=O:1", "conn: takes" },
		{ "conn=O:1 conn=O:0 conn=O:0", "conn: takes" },
		{ "conn=O:1 conn=NO:a:0", "conn: takes" },
		{ "conn=O:1 conn=NO:a:x", "conn: takes" },
		{ "conn=O:1 conn=NN::1", "conn: takes" },
		{ "conn=O:1 conn=NN:a", "conn: takes" },
		{ "conn=O:1 conn=NX:a:1", "conn: takes" },
		{ "conn=O:1 conn=N", "conn: takes" },
		{ "conn=O:1 conn=NN", "conn: takes" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		refused(with(rows[i].options), rows[i].words);
		assert_null(strstr(l.error, "geheim"));
	}
	refused("", "URL: no scheme");
	refused("h/a/b live=1", "URL: no scheme");
	refused("   ", "URL: no scheme");
	refused("rtmp://h/ live=1", "URL: no app");
	refused("rtmp://h", "URL: no app");
}

/* n letters behind what is in s. */
static void
fill(char *s, size_t n)
{
	size_t len = strlen(s);

	memset(s + len, 'x', n);
	s[len + n] = '\0';
}

static void
lengths_have_limits(void **state)
{
	char s[RTMP_LIBRTMP_SIZE + 64];
	size_t conn = RTMP_LIBRTMP_CONN_SIZE;

	(void)state;
	strcpy(s, "rtmp://h/a/b token=");
	fill(s, RTMP_LIBRTMP_SIZE - 1 - strlen(s));
	good(s);
	assert_int_equal(strlen(opt.secure_token),
	    RTMP_LIBRTMP_SIZE - 1 - strlen("rtmp://h/a/b token="));
	fill(s, 1);
	refused(s, "string: too long");

	/* What is made of a string is never much longer, */
	strcpy(s, "rtmp://h/a/");
	fill(s, RTMP_LIBRTMP_SIZE - 1 - strlen(s) - 4);
	strcat(s, ".mp4");
	good(s);
	assert_int_equal(strlen(l.stream), RTMP_LIBRTMP_SIZE - 1 -
	    strlen("rtmp://h/a/"));
	/* but for this one, of which app and stream share bytes. */
	strcpy(s, "rtmp://h/a?slist=");
	fill(s, (sizeof(l.made) - strlen(s) - strlen("socks5://:1080") -
	    3) / 2);
	good(s);
	fill(s, 1);
	refused(s, "URL: too long");

	strcpy(s, "rtmp://h/a/b conn=S:");
	fill(s, conn - 3);
	good(s);
	assert_int_equal(opt.connect_args_size, conn);
	fill(s, 1);
	refused(s, "conn: too long");
	/* So do the ends of objects, which librtmp does not need. */
	strcpy(s, "rtmp://h/a/b conn=O:1 conn=NS:n:");
	fill(s, conn - 3 - 1 - 3 - 3);
	good(s);
	assert_int_equal(opt.connect_args_size, conn);
	fill(s, 1);
	refused(s, "conn: too long");
}

/* A program compiled when the struct was shorter keeps what is behind it, and
 * what a string does not name stays. */
static void
options_that_are_not_named_stay(void **state)
{
	struct rtmp_options o;

	(void)state;
	rtmp_options_init(&o, sizeof(o));
	o.struct_size = offsetof(struct rtmp_options, subscribe);
	o.subscribe = "kept";
	o.chunk_size = 77;
	o.user = "me";
	assert_int_equal(rtmp_librtmp_parse(&l, "rtmp://h/a/b live=1 "
	    "pubPasswd=x", &o), 0);
	assert_string_equal(o.subscribe, "kept");
	assert_int_equal(o.struct_size,
	    offsetof(struct rtmp_options, subscribe));
	assert_int_equal(o.chunk_size, 77);
	assert_string_equal(o.user, "me");
	assert_string_equal(o.password, "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    urls_are_split_as_librtmp_was_seen_to_split_them),
		cmocka_unit_test(urls_are_split_as_setupurl_splits_them),
		cmocka_unit_test(each_option_has_its_place),
		cmocka_unit_test(live_start_and_stop_are_those_of_play),
		cmocka_unit_test(conn_is_what_librtmp_sends),
		cmocka_unit_test(errors_name_the_option),
		cmocka_unit_test(lengths_have_limits),
		cmocka_unit_test(options_that_are_not_named_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
