#ifndef RTMPIO_LIBRTMP_H
#define RTMPIO_LIBRTMP_H

#include <rtmpio/rtmp.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The strings that librtmp's RTMP_SetupURL() takes, for programs whose users
 * have such strings in their settings; doc/from-librtmp.md has the rest of the
 * way.
 *
 *     rtmp://host/app/stream live=1 swfUrl=http://host/p.swf conn=S:a\20b
 *
 * Options in any order, their names in any case, \xx for a byte in hex.  app
 * and stream are split as librtmp splits them, not as rtmp_url_parse() does:
 * up to three segments, "ondemand" and "slist=" known, and the stream decoded
 * and given "mp4:" or "mp3:" by its suffix.
 *
 *     static struct rtmp_librtmp l;
 *     struct rtmp_options opt;
 *
 *     rtmp_options_init(&opt, sizeof(opt));
 *     if (rtmp_librtmp_parse(&l, string, &opt) != 0)
 *             ... l.error ...
 *     r = rtmp_new(&opt);
 *     err = rtmp_connect(r, l.url, l.stream);
 *     if (err == 0)
 *             err = rtmp_play_range(r, l.start, l.duration, 1);
 *
 * or rtmp_publish(r, "live").
 */
#define RTMP_LIBRTMP_SIZE 3072	    /* of a string, with its NUL */
#define RTMP_LIBRTMP_CONN_SIZE 2048 /* of all its conn= as AMF0 */

/* The caller's, some 8 KB; what it points to is part of it. */
struct rtmp_librtmp {
	const char *url;    /* with the app only, for rtmp_connect() */
	const char *stream; /* that of the URL, or playpath; "" if neither */
	double start;	    /* for rtmp_play_range(), in milliseconds: start=;
			     * -1000, live only, with live=1; or else 0 */
	double duration;    /* likewise, stop= less start=; RTMP_PLAY_WHOLE */
	char error[112];    /* which option, and what is wrong; or "" */
	char text[RTMP_LIBRTMP_SIZE];
	char made[RTMP_LIBRTMP_SIZE + 32];
	uint8_t conn[RTMP_LIBRTMP_CONN_SIZE];
};

/*
 * Takes string apart, and sets in *opt, which rtmp_options_init() has made,
 * what stands in it; names and paths that are empty count as absent:
 *
 *     app             part of l->url; app and tc_url are set in any case,
 *                     since a URL cannot say all that librtmp can
 *     playpath        l->stream, as it is
 *     tcUrl pageUrl swfUrl flashVer    the options of these names
 *     conn            connect_args: B N S O Z, and by name NB:name:1; numbers
 *                     as strtod() reads them in the program's locale
 *     live=1          l->start, and subscribe "", as librtmp does
 *     subscribe       subscribe
 *     start stop      l->start, l->duration: milliseconds, as librtmp sends
 *                     them, although its manual says seconds
 *     buffer timeout  buffer_ms, timeout_ms (seconds there; 0: no limit)
 *     token           secure_token
 *     pubUser pubPasswd    user, password
 *     socks           proxy, "socks5://": the server must speak SOCKS5
 *
 * swfVfy, playlist and jtv have no counterpart: an error that says what to do
 * instead, unless they are 0 (off, no, false), and then nothing; swfAge means
 * nothing without swfVfy.
 *
 * Returns 0, or RTMP_ERR_INVAL with l->error, which never has a value in it: a
 * name that librtmp does not know, an option without a value or with one that
 * it cannot have, no app, or more text than there is room for.  *opt is left
 * as it was then.  What opt points to lives as long as *l, where it is.
 */
RTMP_API int rtmp_librtmp_parse(struct rtmp_librtmp *l, const char *string,
    struct rtmp_options *opt);

#ifdef __cplusplus
}
#endif

#endif
