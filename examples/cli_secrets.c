/* Stream keys, tokens and passwords, and lines without them. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_parts.h"

struct secret {
	const char *text; /* of the command line, or of the parsed URL */
	size_t len;
};

static struct secret *secrets; /* the longest first */
static int secret_count;

static void
add_secret(const char *s, size_t len)
{
	struct secret *more;
	int i = secret_count;

	if (len == 0)
		return;
	more = realloc(secrets, (size_t)(i + 1) * sizeof(*more));
	if (more == NULL) {
		cli_say("out of memory");
		exit(CLI_MEMORY);
	}
	secrets = more;
	for (; i > 0 && secrets[i - 1].len < len; i--)
		secrets[i] = secrets[i - 1];
	secrets[i].text = s;
	secrets[i].len = len;
	secret_count++;
}

/* A query, and each of its values. */
static void
add_query(const char *query)
{
	const char *eq;
	size_t n;

	add_secret(query, strlen(query));
	for (;; query += n + 1) {
		n = strcspn(query, "&");
		eq = memchr(query, '=', n);
		if (eq != NULL)
			add_secret(eq + 1, (size_t)(query + n - eq) - 1);
		if (query[n] == '\0')
			return;
	}
}

static int
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* The length of the secret that stands at s[at].  One of a few letters counts
 * as a word only, and one that the end of s cuts off counts, too. */
static size_t
secret_at(const char *s, size_t at)
{
	size_t left = strlen(s + at), n;
	int i;

	for (i = 0; i < secret_count; i++) {
		n = secrets[i].len;
		if (n > left && left >= 4)
			n = left;
		if (strncmp(s + at, secrets[i].text, n) != 0)
			continue;
		if (n >= 4 || ((at == 0 || !is_word(s[at - 1])) &&
		    !is_word(s[at + n])))
			return n;
	}
	return 0;
}

void
cli_copy_shown(const char *s, char *out, size_t size)
{
	size_t i = 0, n, len = 0;

	while (s[i] != '\0' && len + 4 < size) {
		n = secret_at(s, i);
		if (n != 0) {
			memcpy(out + len, "***", 3);
			len += 3;
			i += n;
			continue;
		}
		/* The server's words must not steer the terminal. */
		out[len++] = (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' :
									  s[i];
		i++;
	}
	out[len] = '\0';
}


/* "scheme://user:password@host:port": as it stands, not decoded. */
static void
add_proxy_secret(const char *proxy)
{
	const char *user = strstr(proxy, "://"), *at = strrchr(proxy, '@');
	const char *colon = user == NULL ? NULL : strchr(user + 3, ':');

	if (at != NULL && colon != NULL && colon < at)
		add_secret(colon + 1, (size_t)(at - colon) - 1);
}

static void
add_text(const char *s)
{
	if (s != NULL)
		add_secret(s, strlen(s));
}

/* What stands behind '?', if that is there. */
static void
add_query_of(const char *s)
{
	const char *query = s == NULL ? NULL : strchr(s, '?');

	if (query != NULL)
		add_query(query + 1);
}

void
cli_hide(const struct rtmp_options *opt, const struct rtmp_url *url,
    const char *stream)
{
	add_text(url->password);
	add_query_of(url->app);
	add_text(stream);
	add_secret(stream, strcspn(stream, "?"));
	add_query_of(stream);
	add_text(opt->password);
	add_text(opt->secure_token);
	add_query_of(opt->tc_url);
	add_text(opt->subscribe);
	if (opt->proxy != NULL)
		add_proxy_secret(opt->proxy);
}
