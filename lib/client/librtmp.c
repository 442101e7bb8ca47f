/*
 * librtmp's strings:
 *
 *     scheme://authority/app/playpath[?query] name=value name=value ...
 *
 * A copy is taken apart where it lies, each value in its place; what has to be
 * put together lies in made.  How librtmp splits the path, and what it sends
 * for each option, was measured: deviations.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtmpio/amf0.h>
#include <rtmpio/librtmp.h>
#include "base/mem.h"
#include "base/words.h"

#define LIVE_MS (-1000)
#define SLIST "slist="

/* In the order of names. */
enum option {
	OPTION_TC_URL, OPTION_PAGE_URL, OPTION_SWF_URL, OPTION_FLASH_VER,
	OPTION_SUBSCRIBE, OPTION_TOKEN, OPTION_PUB_USER, OPTION_PUB_PASSWD,
	OPTION_APP, OPTION_PLAYPATH, OPTION_SOCKS,
	OPTION_CONN,
	OPTION_LIVE, OPTION_SWF_VFY, OPTION_PLAYLIST, OPTION_JTV, /* 0 or 1 */
	OPTION_START, OPTION_STOP, OPTION_BUFFER, OPTION_TIMEOUT,
	OPTION_SWF_AGE
};

struct parser {
	struct rtmp_librtmp *l;
	const char *name; /* of the option at hand */
	int depth;	  /* of objects in conn */
	int live;
	int32_t start, stop;
	const char *app, *playpath, *socks; /* options; or NULL, NULL, "" */
	struct rtmp_amf0_writer conn;
	struct rtmp_options opt; /* the caller's, once all is well */
};

static int
refuse(struct parser *p, const char *words)
{
	snprintf(p->l->error, sizeof(p->l->error), "%s: %s", p->name, words);
	return RTMP_ERR_INVAL;
}

/* Undoes escapes, mark and two hex digits, in place.  Others, and those of a
 * NUL, stay as they are, and are told by 1. */
static int
decode(char *s, char mark)
{
	char *out = s;
	int high, low, wrong = 0;

	for (; *s != '\0'; *out++ = *s++) {
		if (*s != mark)
			continue;
		high = rtmp_hex_digit(s[1]);
		low = high >= 0 ? rtmp_hex_digit(s[2]) : -1;
		if (low < 0 || high + low == 0) {
			wrong = 1;
			continue;
		}
		s += 2;
		*s = (char)(high << 4 | low);
	}
	*out = '\0';
	return wrong;
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s |= 0x20;
}

/* ---- conn ---- */

/* One value, of an object when it is named.  -1 when it cannot be. */
static int
put_value(struct parser *p, const char *type, const char *value, int named)
{
	struct rtmp_amf0_writer *w = &p->conn;
	int digit = (*value == '0' || *value == '1') && value[1] == '\0' ?
	    *value - '0' : -1;
	char *end;

	switch (*type) {
	case 'B':
		rtmp_amf0_put_boolean(w, digit);
		return digit;
	case 'N':
		rtmp_amf0_put_number(w, strtod(value, &end));
		return *end != '\0' || end == value ? -1 : 0;
	case 'S':
		rtmp_amf0_put_string(w, value);
		return 0;
	case 'Z':
		rtmp_amf0_put_null(w);
		return 0;
	case 'O':
		p->depth += digit == 1 ? 1 : -1;
		if (digit == 1)
			rtmp_amf0_put_object_begin(w);
		else
			rtmp_amf0_put_object_end(w);
		return digit == 1 || (digit == 0 && !named) ? p->depth : -1;
	default:
		return -1;
	}
}

/* "S:text"; or "NS:name:text" in an object, which a value without a name would
 * break. */
static int
put_conn(struct parser *p, const char *s)
{
	int named = p->depth != 0 && strcmp(s, "O:0") != 0;
	const char *name, *value;

	if (s[0] == '\0' || (named && (*s++ != 'N' || *s == '\0')) ||
	    s[1] != ':')
		return -1;
	value = name = s + 2;
	if (named) {
		value = strchr(name, ':');
		if (value == NULL || value == name)
			return -1;
		rtmp_amf0_put_key_n(&p->conn, name, (size_t)(value++ - name));
	}
	return put_value(p, s, value, named);
}

/* ---- Options ---- */

static int
set_number(struct parser *p, int option, const char *s)
{
	char *end;
	long long v = strtoll(s, &end, 0); /* a long may end at INT32_MAX */

	if (*end != '\0' || end == s ||
	    v > (option == OPTION_TIMEOUT ? INT32_MAX / 1000 : INT32_MAX))
		return refuse(p, "takes a number");
	if (v < 0)
		v = 0;
	if (option == OPTION_START)
		p->start = (int32_t)v;
	else if (option == OPTION_STOP)
		p->stop = (int32_t)v;
	else if (option == OPTION_BUFFER)
		p->opt.buffer_ms = (uint32_t)v;
	else if (option == OPTION_TIMEOUT)
		p->opt.timeout_ms = v != 0 ? (int)v * 1000 : -1;
	return 0;
}

static int
set_switch(struct parser *p, int option, char *s)
{
	static const char switches[] =
	    "0\0off\0no\0false\0" "1\0on\0yes\0true\0";
	int n;

	lower(s);
	n = rtmp_word_find(switches, s, strlen(s));
	if (n < 0 && option != OPTION_JTV)
		return refuse(p, "takes 0 or 1");
	if (option == OPTION_LIVE)
		p->live = n >= 4;
	else if (n < 0 || n >= 4)
		return refuse(p, option == OPTION_SWF_VFY ?
		    "use options.swf or .swf_hash" :
		    "use rtmp_session_call()");
	return 0;
}

static int
set_option(struct parser *p, int option, char *value)
{
	static const uint16_t at[OPTION_CONN] = {
		offsetof(struct parser, opt.tc_url),
		offsetof(struct parser, opt.page_url),
		offsetof(struct parser, opt.swf_url),
		offsetof(struct parser, opt.flash_ver),
		offsetof(struct parser, opt.subscribe),
		offsetof(struct parser, opt.secure_token),
		offsetof(struct parser, opt.user),
		offsetof(struct parser, opt.password),
		offsetof(struct parser, app),
		offsetof(struct parser, playpath),
		offsetof(struct parser, socks)
	};

	if (option >= OPTION_START)
		return set_number(p, option, value);
	if (option >= OPTION_LIVE)
		return set_switch(p, option, value);
	if (option == OPTION_CONN)
		return put_conn(p, value) >= 0 ? 0 : refuse(p, "takes B:1, "
		    "N:1, S:text, Z:, O:1 to O:0, or in there NS:name:text");
	/* An empty one is none, as there. */
	if (*value != '\0')
		memcpy((uint8_t *)p + at[option], &value, sizeof(value));
	return 0;
}

static int
parse_option(struct parser *p, char *s)
{
	static const char names[] = "tcurl\0pageurl\0swfurl\0flashver\0"
	    "subscribe\0token\0pubuser\0pubpasswd\0app\0playpath\0socks\0"
	    "conn\0live\0swfvfy\0playlist\0jtv\0start\0stop\0buffer\0"
	    "timeout\0swfage\0";
	char *value = strchr(s, '=');
	int option;

	/* Part of a stream name with a space in it?  It is not shown. */
	p->name = "an option";
	if (value == NULL)
		return refuse(p, "without '='");
	*value++ = '\0';
	p->name = s;
	lower(s);
	option = rtmp_word_find(names, s, strlen(s));
	if (option < 0)
		return refuse(p, "no option of librtmp");
	if (decode(value, '\\') != 0)
		return refuse(p, "\\ without two hex digits");
	return set_option(p, option, value);
}

/* ---- The URL ---- */

/* How much of path is the app: up to three segments, but never the last. */
static size_t
app_size(const char *path)
{
	const char *at = path, *slash;
	size_t size = strlen(path);
	int i;

	if (strncmp(path, "ondemand/", 9) == 0)
		return 8;
	for (i = 0; i < 3 && (slash = strchr(at, '/')) != NULL; i++) {
		size = (size_t)(slash - path);
		at = slash + 1;
	}
	return size;
}

/* The prefix that FMS wants for what has such a suffix, in 4 bytes, with *cut
 * of the name to be left out; or "". */
static const char *
prefix_of(const char *stream, size_t size, size_t *cut)
{
	static const char table[] =
	    ".mp4mp4:" ".f4vmp4:" ".mp3mp3:" ".flv\0\0\0";
	const char *at;

	*cut = 4;
	for (at = table; size >= 4 && at < table + sizeof(table); at += 8)
		if (memcmp(stream + size - 4, at, 4) == 0 &&
		    memcmp(stream, at + 4, 4) != 0)
			return at + 4;
	*cut = 0;
	return "";
}

/* What the three strings of a URL are made of. */
struct parts {
	const char *url, *app, *prefix, *stream;
	size_t host, app_size; /* bytes of url, app */
	size_t name, cut;      /* of stream; what is left out behind it, */
	size_t query;	       /* and what follows that */
};

static void
split(struct parts *u, const char *path)
{
	const char *query = strchr(path, '?'), *ends = "";

	u->app = path;
	u->app_size = app_size(path);
	u->stream = path + u->app_size + (path[u->app_size] == '/');
	if (query != NULL && strstr(path, SLIST) != NULL) {
		u->app_size = strlen(path);
		u->stream = query;
		query = strstr(query, SLIST);
		if (query != NULL) {
			u->stream = query + strlen(SLIST);
			ends = "&";
		}
	}
	u->query = strcspn(u->stream, ends);
	u->name = strcspn(u->stream, "?");
	if (u->name > u->query)
		u->name = u->query;
	u->query -= u->name;
	u->prefix = prefix_of(u->stream, u->name, &u->cut);
	u->name -= u->cut;
}

/* Makes them, each with its NUL, by one format: URL, stream, proxy. */
static int
put_together(struct parser *p, const struct parts *u)
{
	struct rtmp_librtmp *l = p->l;
	char *stream;
	int n = snprintf(l->made, sizeof(l->made),
	    "%.*s/%.*s%c%.4s%.*s%.*s%csocks5://%s%s", (int)u->host, u->url,
	    (int)u->app_size, u->app, 0, u->prefix, (int)u->name, u->stream,
	    (int)u->query, u->stream + u->name + u->cut, 0, p->socks,
	    strchr(p->socks, ':') != NULL ? "" : ":1080");

	if (n < 0 || (size_t)n >= sizeof(l->made))
		return refuse(p, "too long");
	l->url = l->made;
	p->opt.app = l->url + u->host + 1;
	if (*p->opt.app == '\0')
		return refuse(p, "no app");
	if (p->opt.tc_url == NULL && memchr(u->url, '@', u->host) == NULL)
		p->opt.tc_url = l->url;
	l->stream = stream = l->made + strlen(l->made) + 1;
	if (*p->socks != '\0')
		p->opt.proxy = stream + strlen(stream) + 1;
	if (p->playpath == NULL)
		(void)decode(stream, '%');
	return 0;
}

static int
parse_url(struct parser *p, char *url)
{
	char *path = url != NULL ? strstr(url, "://") : NULL;
	struct parts u;

	p->name = "URL";
	if (path == NULL)
		return refuse(p, "no scheme");
	path += 3;
	path += strcspn(path, "/");
	u.url = url;
	u.host = (size_t)(path - url);
	split(&u, path + (*path == '/'));
	if (p->app != NULL) {
		u.app = p->app;
		u.app_size = strlen(u.app);
	}
	if (p->playpath != NULL) {
		u.prefix = "";
		u.stream = p->playpath;
		u.name = strlen(u.stream);
		u.query = u.cut = 0;
	}
	return put_together(p, &u);
}

/* ---- All of it ---- */

static int
parse_options(struct parser *p, char **rest)
{
	char *s;
	int err = 0;

	while (err == 0 && (s = strtok_r(NULL, " ", rest)) != NULL)
		err = parse_option(p, s);
	/* librtmp ends what is still open, too. */
	for (; p->depth > 0; p->depth--)
		rtmp_amf0_put_object_end(&p->conn);
	p->name = "conn";
	return err == 0 && p->conn.err != 0 ? refuse(p, "too long") : err;
}

static void
finish(struct parser *p)
{
	struct rtmp_librtmp *l = p->l;

	l->start = (double)p->start;
	l->duration = p->stop == 0 ? RTMP_PLAY_WHOLE :
	    (double)(p->stop - p->start);
	if (p->live) {
		l->start = LIVE_MS;
		if (p->opt.subscribe == NULL)
			p->opt.subscribe = "";
	}
	if (p->conn.len != 0) {
		p->opt.connect_args = l->conn;
		p->opt.connect_args_size = p->conn.len;
	}
}

int
rtmp_librtmp_parse(struct rtmp_librtmp *l, const char *string,
    struct rtmp_options *opt)
{
	struct parser p;
	char *rest, *url;
	int err;

	memset(&p, 0, sizeof(p));
	rtmp_struct_take(&p.opt, sizeof(p.opt), opt);
	p.l = l;
	p.name = "string";
	p.socks = "";
	l->url = l->stream = "";
	l->error[0] = '\0';
	if (strlen(string) >= sizeof(l->text))
		return refuse(&p, "too long");
	strcpy(l->text, string);
	rtmp_amf0_writer_init(&p.conn, l->conn, sizeof(l->conn));
	url = strtok_r(l->text, " ", &rest);
	err = parse_options(&p, &rest);
	if (err == 0)
		err = parse_url(&p, url);
	if (err != 0)
		return err;
	finish(&p);
	rtmp_struct_give(opt, opt->struct_size, &p.opt, sizeof(p.opt));
	return 0;
}
