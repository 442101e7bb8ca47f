/*
 * How the TCP transport is opened:
 *
 *     options -> resolve.c -> race.c -> tcp.c
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtmpio/io.h>

#include "base/mem.h"
#include "transport/net.h"

#define TIMEOUT_MS 10000

void
rtmp_tcp_options_init(struct rtmp_tcp_options *opt, size_t struct_size)
{
	struct rtmp_tcp_options o;

	memset(&o, 0, sizeof(o));
	o.timeout_ms = TIMEOUT_MS;
	o.wake_fd = -1;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

/* opt, which may be NULL or of another version, with all defaults. */
static void
take_options(struct rtmp_tcp_options *o, const struct rtmp_tcp_options *opt)
{
	rtmp_tcp_options_init(o, sizeof(*o));
	rtmp_struct_take(o, sizeof(*o), opt);
}

/* Reads local_addr; *list stays NULL when there is none. */
static int
parse_local(const struct rtmp_dial *d, struct addrinfo **list)
{
	struct addrinfo hints;

	*list = NULL;
	if (d->local_name == NULL)
		return 0;
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
	if (getaddrinfo(d->local_name, NULL, &hints, list) == 0)
		return 0;
	*list = NULL;
	if (d->error != NULL)
		snprintf(d->error, d->error_size, "local address %s: not a "
		    "numeric address", d->local_name);
	return RTMP_ERR_INVAL;
}

static int
dial(struct rtmp_dial *d, int *fd)
{
	struct addrinfo *local, *list;
	struct pollfd wake[1];
	int err = parse_local(d, &local);

	if (err != 0)
		return err;
	d->local = local;
	/* Canceled before it began. */
	err = rtmp_net_poll(wake, 0, &d->bound, 0);
	if (err != 0)
		rtmp_dial_fail(d, err, "connect to", rtmp_strerror(err));
	else
		err = rtmp_dial_resolve(d, &list);
	if (err == 0) {
		err = rtmp_dial_connect(d, list, fd);
		freeaddrinfo(list);
	}
	if (local != NULL)
		freeaddrinfo(local);
	return err;
}

int
rtmp_tcp_open(struct rtmp_io *io, const char *host, uint16_t port,
    const struct rtmp_tcp_options *opt)
{
	struct rtmp_tcp_options o;
	struct rtmp_dial d;
	int err, fd;

	take_options(&o, opt);
	memset(&d, 0, sizeof(d));
	d.host = host;
	d.port = port;
	d.local_name = o.local_addr;
	d.bound.end = rtmp_net_after(o.timeout_ms);
	d.bound.wake_fd = o.wake_fd;
	d.error = o.error_size != 0 ? o.error : NULL;
	d.error_size = o.error_size;
	if (d.error != NULL)
		d.error[0] = '\0';
	err = dial(&d, &fd);
	if (err != 0)
		return err;
	err = rtmp_tcp_start(io, fd, &o);
	if (err != 0) {
		close(fd);
		rtmp_dial_fail(&d, err, "connect to", rtmp_strerror(err));
	}
	return err;
}

int
rtmp_tcp_adopt(struct rtmp_io *io, int fd, const struct rtmp_tcp_options *opt)
{
	struct rtmp_tcp_options o;

	take_options(&o, opt);
	return rtmp_net_prepare(fd) != 0 ? RTMP_ERR_IO :
	    rtmp_tcp_start(io, fd, &o);
}
