/* The handle that the options and the URL ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_parts.h"

/* The password may stand in the URL, in an option or, where ps does not show
 * it, in the environment. */
static void
find_password(struct rtmp_options *o, const struct rtmp_url *url)
{
	const char *hidden = getenv("RTMP_PASSWORD");

	if (o->user == NULL && o->password != NULL && url->user[0] == '\0')
		cli_option_error("password", "there is no user, see --user");
	if (o->password == NULL && (o->user != NULL ||
	    url->password[0] == '\0'))
		o->password = hidden;
	if (o->password != NULL && o->user == NULL && url->user[0] != '\0')
		o->user = url->user;
}

struct rtmp *
cli_new(struct cli_client *c, const char *str)
{
	static char shown[2 * RTMP_URL_PATH_SIZE + RTMP_URL_HOST_SIZE + 64];
	static struct rtmp_url url;
	const char *stream;
	struct rtmp *r;
	size_t len = 0;
	int err = c->stream != NULL ? rtmp_url_parse_app(&url, str) :
				      rtmp_url_parse(&url, str);

	if (err != 0) {
		cli_say("wrong URL: %s", url.error);
		exit(CLI_USAGE);
	}
	if (rtmp_scheme_is_tls(url.scheme) && c->opt.wrap_tls == NULL) {
		cli_say("%s needs TLS, and this program was built without "
		    "OpenSSL", rtmp_scheme_name(url.scheme));
		exit(CLI_TLS);
	}
	stream = c->stream != NULL ? c->stream : url.stream;
	if (*stream == '\0') {
		cli_say("no stream name: neither in the URL nor by --stream");
		exit(CLI_USAGE);
	}
	find_password(&c->opt, &url);
	if (!c->verbose)
		cli_hide(&c->opt, &url, stream);
	(void)rtmp_url_tc_url(&url, shown, sizeof(shown), &len);
	snprintf(shown + len, sizeof(shown) - len, "/%s", stream);
	c->shown = shown;
	r = rtmp_new(&c->opt);
	if (r == NULL) {
		cli_say("out of memory");
		exit(CLI_MEMORY);
	}
	cli_catch_signals(1, cli_cancel, r);
	return r;
}
