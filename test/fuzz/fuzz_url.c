/* Any text: what parses is written as tcUrl, and that parses to the same
 * host, port and app; as a reference it leads to a URL that parses, too. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/url.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TC_URL_SIZE (RTMP_URL_HOST_SIZE + RTMP_URL_PATH_SIZE + 32)

static void
check_tc_url(const struct rtmp_url *url)
{
	char text[TC_URL_SIZE];
	struct rtmp_url again;
	size_t len;

	if (rtmp_url_tc_url(url, text, sizeof(text), &len) != 0 ||
	    len != strlen(text))
		abort();
	/* A '/' at the end of the app is lost when it is parsed again. */
	if (url->app[strlen(url->app) - 1] == '/' || url->app[0] == '/')
		return;
	if (rtmp_url_parse_app(&again, text) != 0 ||
	    again.port != url->port || again.scheme != url->scheme ||
	    strcmp(again.app, url->app) != 0 || again.user[0] != '\0' ||
	    strncmp(again.host, url->host, strlen(again.host)) != 0)
		abort();
}

static void
check(struct rtmp_url *url, int r)
{
	if (r != 0) {
		if (r != RTMP_ERR_URL || url->error[0] == '\0')
			abort();
		return;
	}
	if (url->error[0] != '\0' || url->host[0] == '\0' ||
	    url->app[0] == '\0' || url->port == 0)
		abort();
	check_tc_url(url);
}

static void
check_reference(const char *text)
{
	static const char base[] = "rtmps://host:444/app/a?query";
	size_t size = sizeof(base) + strlen(text) + 2, len;
	char *out = malloc(size);
	struct rtmp_url url;
	int err;

	if (out == NULL)
		return;
	err = rtmp_url_resolve(base, text, out, size, &len);
	if (err == 0 ? len != strlen(out) ||
	    rtmp_url_parse_app(&url, out) != 0 : err != RTMP_ERR_URL)
		abort();
	if (rtmp_url_resolve(text, "b", out, size, NULL) == 0 &&
	    rtmp_url_parse_app(&url, out) != 0)
		abort();
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct rtmp_url url;

	if (text == NULL)
		return 0;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check(&url, rtmp_url_parse(&url, text));
	check(&url, rtmp_url_parse_app(&url, text));
	check_reference(text);
	free(text);
	return 0;
}
