/*
 * A URL reference, RFC 3986 section 5.2, against the URL that it came from.
 *
 *     rtmp://host:1935/app/instance?query
 *     scheme authority path        query
 */
#include <string.h>

#include <rtmpio/url.h>

/* Behind the scheme: stretches of one string, each behind the one before. */
struct parts {
	size_t authority; /* with its "//", 0 when there is none */
	size_t path;
	const char *query; /* with its '?', or "" */
};

struct out {
	char *buf;
	size_t size, len;
	int full;
};

static void
out_add(struct out *o, const char *s, size_t len)
{
	if (o->full || len >= o->size - o->len) {
		o->full = 1;
		return;
	}
	memcpy(o->buf + o->len, s, len);
	o->len += len;
	o->buf[o->len] = '\0';
}

/* The first segment of a relative reference has no ':', section 4.2. */
static int
has_scheme(const char *s)
{
	return s[strcspn(s, ":/?")] == ':';
}

static void
split(const char *s, struct parts *p)
{
	p->authority = 0;
	p->path = strcspn(s, "?");
	if (strncmp(s, "//", 2) == 0) {
		p->authority = 2 + strcspn(s + 2, "/?");
		p->path -= p->authority;
	}
	p->query = s + p->authority + p->path;
}

/* Takes "." and ".." out of a path that begins with '/', section 5.2.4. */
static void
remove_dots(char *path)
{
	char *in = path, *out = path;
	size_t n;

	while (*in == '/') {
		n = strcspn(in + 1, "/");
		if (n == 2 && memcmp(in, "/..", 3) == 0)
			while (out != path && *--out != '/')
				continue;
		else if (n != 1 || in[1] != '.') {
			memmove(out, in, n + 1);
			out += n + 1;
			in += n + 1;
			continue;
		}
		in += n + 1;
		if (*in == '\0')
			*out++ = '/';
	}
	*out = '\0';
}

/* The path of ref, seen from that of base. */
static void
add_path(struct out *o, const char *base, const struct parts *b,
    const char *ref, const struct parts *r)
{
	size_t start = o->len, dir = b->path;

	base += b->authority;
	if (*ref != '/') {
		while (dir != 0 && base[dir - 1] != '/')
			dir--;
		if (dir == 0)
			out_add(o, "/", 1);
		out_add(o, base, dir);
	}
	out_add(o, ref, r->path);
	if (!o->full) {
		remove_dots(o->buf + start);
		o->len = start + strlen(o->buf + start);
	}
}

static void
resolve(struct out *o, const char *base, size_t scheme, const char *ref)
{
	struct parts b, r;

	split(base + scheme, &b);
	split(ref, &r);
	if (has_scheme(ref)) {
		out_add(o, ref, strlen(ref));
		return;
	}
	out_add(o, base, scheme);
	if (r.authority != 0) {
		out_add(o, ref, strlen(ref));
		return;
	}
	base += scheme;
	out_add(o, base, b.authority);
	if (r.path == 0) {
		out_add(o, base + b.authority, b.path);
		if (*r.query == '\0')
			r.query = b.query;
	} else {
		add_path(o, base, &b, ref, &r);
	}
	out_add(o, r.query, strlen(r.query));
}

int
rtmp_url_resolve(const char *base, const char *ref, char *buf, size_t size,
    size_t *len)
{
	const char *colon = strstr(base, "://");
	struct out o = { buf, size, 0, size == 0 };
	struct rtmp_url url;

	if (colon == NULL || colon == base || !has_scheme(base))
		return RTMP_ERR_URL;
	resolve(&o, base, (size_t)(colon - base) + 1, ref);
	if (o.full)
		return RTMP_ERR_NOBUF;
	if (rtmp_url_parse_app(&url, buf) != 0)
		return RTMP_ERR_URL;
	if (len != NULL)
		*len = o.len;
	return 0;
}
