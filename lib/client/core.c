/*
 * A build of the core alone, make CORE=1: what refuses the rest.  Of rtmp.h
 * every function is there; those of media.h, tag.h, metadata.h,
 * stream_cache.h, reconnect.h and librtmp.h, of the proxies and of the tunnel
 * are not, and a program that calls them does not link.
 */
#include "client/internal.h"

static int
refuse(struct rtmp *r, const char *what)
{
	return rtmp_client_fail(r, RTMP_ERR_UNSUPPORTED, what,
	    "this library was built without (CORE)");
}

/* ---- dial.c's ---- */

int
rtmp_dial_check(struct rtmp *r)
{
	if (rtmp_dial_is_tunnel(r))
		return refuse(r, "a tunnel through HTTP");
	return r->opt.proxy != NULL ? refuse(r, "a proxy") : 0;
}

/* Neither is reached. */
int
rtmp_dial_proxy(struct rtmp *r, struct rtmp_io *io)
{
	(void)r;
	(void)io;
	return RTMP_ERR_UNSUPPORTED;
}

int
rtmp_dial_tunnel(struct rtmp *r)
{
	rtmp_client_close_io(r);
	return rtmp_dial_proxy(r, NULL);
}

/* ---- Frames ---- */

int
rtmp_write_frame(struct rtmp *r, const struct rtmp_frame *frame)
{
	(void)frame;
	return refuse(r, "frames");
}

int
rtmp_read_frame(struct rtmp *r, struct rtmp_frame *frame)
{
	(void)frame;
	return refuse(r, "frames");
}

int
rtmp_set_frame_options(struct rtmp *r,
    const struct rtmp_packetizer_options *out,
    const struct rtmp_depacketizer_options *in)
{
	(void)out;
	(void)in;
	return refuse(r, "frames");
}
