/*
 * The header of a request of the tunnel:
 *
 *     POST /send/<session>/<sequence> HTTP/1.1
 *     Host: ...
 *     Content-Length: ...
 *
 * and the cookies in it, RFC 6265, by which a load balancer finds the server
 * that has the session.  All requests go to one host, so a cookie's domain
 * and path don't matter.
 */
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "transport/rtmpt.h"

const char *
rtmpt_kind_name(enum rtmpt_kind kind)
{
	return rtmp_word("/open\0" "/send\0" "/idle\0" "/close\0", kind);
}

void
rtmpt_write_head(struct rtmpt *t)
{
	int has_cookies = t->cookies[0] != '\0', n;
	int opens = t->kind == RTMPT_OPEN; /* there is no session yet */

	n = snprintf(t->head, sizeof(t->head),
	    "POST %s%s%s/%lu HTTP/1.1\r\n"
	    "Host: %s\r\n"
	    "Accept: */*\r\n"
	    "User-Agent: Shockwave Flash\r\n"
	    "Connection: Keep-Alive\r\n"
	    "Cache-Control: no-cache\r\n"
	    "%s%s%s"
	    "Content-Type: application/x-fcs\r\n"
	    "Content-Length: %zu\r\n"
	    "\r\n",
	    rtmpt_kind_name(t->kind), opens ? "" : "/", t->id,
	    opens ? 1 : t->sequence++, t->host,
	    has_cookies ? "Cookie: " : "", t->cookies,
	    has_cookies ? "\r\n" : "", t->body.size);
	t->head_size = (size_t)n;
	t->sent = 0;
}

/* ---- Cookies ---- */

/* Takes the cookie with that name, up to its '=', out of the list. */
static void
remove_cookie(char *list, const char *name, size_t size)
{
	char *p = list, *end;

	while (*p != '\0') {
		end = p + strcspn(p, ";");
		if (strncmp(p, name, size) != 0) {
			p = *end != '\0' ? end + 2 : end;
		} else if (*end != '\0') {
			memmove(p, end + 2, strlen(end + 2) + 1);
		} else {
			/* The last one leaves "; " behind. */
			*(p != list ? p - 2 : p) = '\0';
			return;
		}
	}
}

/* Does an attribute say that the cookie is to be removed? */
static int
is_expired(const char *attributes)
{
	const char *p = attributes;
	size_t n;

	while ((p = strchr(p, ';')) != NULL) {
		p += 1 + strspn(p + 1, " \t");
		n = strcspn(p, "=");
		if (rtmp_http_says(p, n, "max-age") && p[n] == '=' &&
		    (p[n + 1] == '0' || p[n + 1] == '-'))
			return 1;
	}
	return 0;
}

void
rtmpt_set_cookie(struct rtmpt *t, const char *value)
{
	size_t pair = strcspn(value, ";"), name = strcspn(value, "=;");
	size_t used;

	while (pair > 0 && value[pair - 1] == ' ')
		pair--;
	if (name == 0 || value[name] != '=' || name >= pair)
		return;
	remove_cookie(t->cookies, value, name + 1);
	used = strlen(t->cookies);
	/* One that finds no room is not kept. */
	if (is_expired(value) || used + pair + 3 > sizeof(t->cookies))
		return;
	snprintf(t->cookies + used, sizeof(t->cookies) - used, "%s%.*s",
	    used != 0 ? "; " : "", (int)pair, value);
}
