/* rtmp_url_resolve(): RFC 3986 section 5, and what servers send. */
#include <rtmpio/url.h>

#include "support/support.h"

/* url is NULL where what comes out is no RTMP URL. */
struct row {
	const char *ref, *url;
};

static void
check_rows(const char *base, const struct row *rows, size_t count)
{
	size_t i, len, room = 0;
	char buf[512];
	int err;

	for (i = 0; i < count; i++) {
		char *b = (char *)guard_copy(base, strlen(base) + 1);
		char *r = (char *)guard_copy(rows[i].ref,
		    strlen(rows[i].ref) + 1);

		len = 0;
		err = rtmp_url_resolve(b, r, buf, sizeof(buf), &len);
		if (rows[i].url == NULL) {
			assert_int_equal(err, RTMP_ERR_URL);
		} else {
			assert_int_equal(err, 0);
			assert_string_equal(buf, rows[i].url);
			assert_int_equal(len, strlen(buf));
			/* As long as it takes, and never longer than both. */
			while (room <= strlen(b) + strlen(r) + 2 &&
			    rtmp_url_resolve(b, r, buf, room, NULL) != 0)
				room++;
			assert_in_range(room, len + 1,
			    strlen(b) + strlen(r) + 2);
			room = 0;
		}
		guard_free((uint8_t *)b, strlen(base) + 1);
		guard_free((uint8_t *)r, strlen(rows[i].ref) + 1);
	}
}
#define CHECK(base, rows) check_rows(base, rows, sizeof(rows) / sizeof(*rows))

/* Section 5.4 with rtmp for http, but for what a '#' and a scheme mean. */
static void
the_examples_of_rfc_3986(void **state)
{
	static const struct row rows[] = {
		{ "g:h", NULL },
		{ "g", "rtmp://a/b/c/g" },
		{ "./g", "rtmp://a/b/c/g" },
		{ "g/", "rtmp://a/b/c/g/" },
		{ "/g", "rtmp://a/g" },
		{ "//g", NULL }, /* no app */
		{ "?y", "rtmp://a/b/c/d;p?y" },
		{ "g?y", "rtmp://a/b/c/g?y" },
		{ "#s", "rtmp://a/b/c/#s" },
		{ "g#s", "rtmp://a/b/c/g#s" },
		{ "g?y#s", "rtmp://a/b/c/g?y#s" },
		{ ";x", "rtmp://a/b/c/;x" },
		{ "g;x", "rtmp://a/b/c/g;x" },
		{ "g;x?y#s", "rtmp://a/b/c/g;x?y#s" },
		{ "", "rtmp://a/b/c/d;p?q" },
		{ ".", "rtmp://a/b/c/" },
		{ "./", "rtmp://a/b/c/" },
		{ "..", "rtmp://a/b/" },
		{ "../", "rtmp://a/b/" },
		{ "../g", "rtmp://a/b/g" },
		{ "../..", NULL }, /* rtmp://a/ */
		{ "../../g", "rtmp://a/g" },
		{ "../../../g", "rtmp://a/g" },
		{ "../../../../g", "rtmp://a/g" },
		{ "/./g", "rtmp://a/g" },
		{ "/../g", "rtmp://a/g" },
		{ "g.", "rtmp://a/b/c/g." },
		{ ".g", "rtmp://a/b/c/.g" },
		{ "g..", "rtmp://a/b/c/g.." },
		{ "..g", "rtmp://a/b/c/..g" },
		{ "./../g", "rtmp://a/b/g" },
		{ "./g/.", "rtmp://a/b/c/g/" },
		{ "g/./h", "rtmp://a/b/c/g/h" },
		{ "g/../h", "rtmp://a/b/c/h" },
		{ "g;x=1/./y", "rtmp://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "rtmp://a/b/c/y" },
		{ "g?y/./x", "rtmp://a/b/c/g?y/./x" },
		{ "g?y/../x", "rtmp://a/b/c/g?y/../x" },
		{ "http:g", NULL },
	};

	(void)state;
	CHECK("rtmp://a/b/c/d;p?q", rows);
}

/* Enhanced RTMP v2, the examples of the Info Object. */
static void
the_forms_of_a_reconnect_request(void **state)
{
	static const struct row rows[] = {
		{ "rtmp://foo.mydomain.com:1935/realtimeapp",
		    "rtmp://foo.mydomain.com:1935/realtimeapp" },
		{ "rtmp://127.0.0.1/realtimeapp",
		    "rtmp://127.0.0.1/realtimeapp" },
		{ "//192.0.2.0/realtimeapp", "rtmps://192.0.2.0/realtimeapp" },
		{ "/realtimeapp", "rtmps://host:444/realtimeapp" },
		{ "realtimeapp", "rtmps://host:444/realtimeapp" },
		{ "RTMPS://Host/app", "RTMPS://Host/app" },
		{ "//[2001:db8::1]:1936/app/inst",
		    "rtmps://[2001:db8::1]:1936/app/inst" },
		{ "rtmp://h/app/../other", "rtmp://h/app/../other" },
		{ "?vhost=b", "rtmps://host:444/live?vhost=b" },
		{ "/app?vhost=a/b", "rtmps://host:444/app?vhost=a/b" },
	};

	(void)state;
	CHECK("rtmps://host:444/live?vhost=a", rows);
}

static void
a_base_without_a_path_or_with_a_deep_one(void **state)
{
	static const struct row bare[] = {
		{ "app", "rtmp://host/app" },
		{ "/app", "rtmp://host/app" },
		{ "../app", "rtmp://host/app" },
		{ "", NULL },
		{ "?a", NULL },
	};
	static const struct row deep[] = {
		{ "other", "rtmp://u:p@[::1]/live/other" },
		{ "//h/a", "rtmp://h/a" }, /* without user and password */
		{ "/a", "rtmp://u:p@[::1]/a" },
		{ "", "rtmp://u:p@[::1]/live/inst?k=a/b" },
	};

	(void)state;
	CHECK("rtmp://host", bare);
	CHECK("rtmp://u:p@[::1]/live/inst?k=a/b", deep);
}

static void
what_makes_no_url_is_refused(void **state)
{
	static const struct row rows[] = {
		{ "http://h/app", NULL },
		{ "host:1935/app", NULL },
		{ "rtmp:/h/app", NULL },
		{ "rtmp:", NULL },
		{ "://h/app", NULL },
		{ "//", NULL },
		{ "///app", NULL },
		{ "//h", NULL },
		{ "//h:0/app", NULL },
		{ "//h:65536/app", NULL },
		{ "//h h/app", NULL },
		{ "/a b", NULL },
		{ "/a\nb", NULL },
		{ "/", NULL },
	};
	static const char *const bases[] = { "", "/live", "//h/live", "rtmp:",
		"rtmp:/h/live", "h/live", "://h/live", ":" };
	char buf[64];
	size_t i;

	(void)state;
	CHECK("rtmp://host/live", rows);
	for (i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		assert_int_equal(rtmp_url_resolve(bases[i], "rtmp://h/a", buf,
		    sizeof(buf), NULL), RTMP_ERR_URL);
}

static void
a_giant_reference_needs_a_giant_buffer(void **state)
{
	size_t size = 1 << 20;
	char *ref = malloc(size), buf[128];

	(void)state;
	assert_non_null(ref);
	memset(ref, 'x', size - 1);
	ref[size - 1] = '\0';
	assert_int_equal(rtmp_url_resolve("rtmp://h/a", ref, buf,
	    sizeof(buf), NULL), RTMP_ERR_NOBUF);
	memset(ref, '.', size - 1);
	assert_int_equal(rtmp_url_resolve("rtmp://h/a", ref, buf,
	    sizeof(buf), NULL), RTMP_ERR_NOBUF);
	free(ref);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_rfc_3986),
		cmocka_unit_test(the_forms_of_a_reconnect_request),
		cmocka_unit_test(a_base_without_a_path_or_with_a_deep_one),
		cmocka_unit_test(what_makes_no_url_is_refused),
		cmocka_unit_test(a_giant_reference_needs_a_giant_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
