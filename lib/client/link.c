#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/link.h"

int64_t
rtmp_link_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct rtmp *
rtmp_link_client(struct rtmp_link *l)
{
	return l->r[l->active];
}

/* ---- Life ---- */

void
rtmp_reconnect_options_init(struct rtmp_reconnect_options *opt,
    size_t struct_size)
{
	struct rtmp_reconnect_options o;

	memset(&o, 0, sizeof(o));
	o.first_wait_ms = 500;
	o.longest_wait_ms = 30000;
	o.ack_every = 1;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

/* A ReconnectRequest is taken note of here, and acted on between packets. */
static void
on_event(void *arg, const struct rtmp_event *event)
{
	struct rtmp_link *l = arg;

	if (event->type == RTMP_EVENT_RECONNECT && event->tc_url[0] != '\0') {
		rtmp_mem_free(&l->mem, l->move_to);
		l->move_to = rtmp_mem_strdup(&l->mem, event->tc_url);
	}
	l->connections += event->type == RTMP_EVENT_CONNECTED;
	if (l->opt.client != NULL && l->opt.client->on_event != NULL)
		l->opt.client->on_event(l->opt.client->on_event_arg, event);
}

int
rtmp_link_init(struct rtmp_link *l, const char *url, const char *stream,
    const struct rtmp_reconnect_options *opt)
{
	int i;

	rtmp_reconnect_options_init(&l->opt, sizeof(l->opt));
	rtmp_struct_take(&l->opt, sizeof(l->opt), opt);
	rtmp_options_init(&l->client, sizeof(l->client));
	rtmp_struct_take(&l->client, sizeof(l->client), l->opt.client);
	l->mem = rtmp_mem_or_libc(l->client.mem);
	if ((l->opt.client != NULL && l->opt.client->struct_size == 0) ||
	    l->client.io != NULL || l->opt.first_wait_ms < 0 ||
	    l->opt.longest_wait_ms < l->opt.first_wait_ms)
		return RTMP_ERR_INVAL;
	if (l->client.capabilities != NULL) {
		l->capabilities = *l->client.capabilities;
		l->capabilities.caps_ex |= RTMP_CAPS_RECONNECT;
		l->client.capabilities = &l->capabilities;
	}
	l->client.on_event = on_event;
	l->client.on_event_arg = l;
	l->random = (uint32_t)rtmp_link_now() | 1;
	l->url = rtmp_mem_strdup(&l->mem, url);
	if (stream != NULL)
		l->stream = rtmp_mem_strdup(&l->mem, stream);
	for (i = 0; i < 2; i++)
		l->r[i] = rtmp_new(&l->client);
	return l->url == NULL || (stream != NULL && l->stream == NULL) ||
	    l->r[0] == NULL || l->r[1] == NULL ? RTMP_ERR_NOMEM : 0;
}

void
rtmp_link_free(struct rtmp_link *l)
{
	rtmp_free(l->r[0]);
	rtmp_free(l->r[1]);
	rtmp_mem_free(&l->mem, l->url);
	rtmp_mem_free(&l->mem, l->stream);
	rtmp_mem_free(&l->mem, l->move_to);
}

/* ---- Reports ---- */

void
rtmp_link_report(struct rtmp_link *l, enum rtmp_report_type type, int err,
    int wait_ms)
{
	struct rtmp_report report;

	if (l->opt.on_report == NULL)
		return;
	memset(&report, 0, sizeof(report));
	report.type = type;
	report.error = err;
	report.words = err != 0 ? l->words : "";
	report.tries = l->tries;
	report.wait_ms = wait_ms;
	report.url = l->move_to != NULL ? l->move_to : "";
	report.lost = l->lost;
	report.total = l->total;
	l->opt.on_report(l->opt.on_report_arg, &report);
}

void
rtmp_loss_add(struct rtmp_loss *to, const struct rtmp_loss *lost)
{
	to->packets += lost->packets;
	to->video_packets += lost->video_packets;
	to->bytes += lost->bytes;
	to->ms += lost->ms;
	to->unacked_packets += lost->unacked_packets;
	to->unacked_bytes += lost->unacked_bytes;
}

void
rtmp_link_resumed(struct rtmp_link *l)
{
	rtmp_loss_add(&l->total, &l->lost);
	rtmp_link_report(l, RTMP_REPORT_RESUMED, 0, 0);
	memset(&l->lost, 0, sizeof(l->lost));
}

/* ---- Connections ---- */

static int
connect_and_start(struct rtmp_link *l, struct rtmp *r, const char *url,
    const char *stream)
{
	int err = rtmp_connect(r, url, stream);

	if (err == 0)
		err = l->start(l->start_arg, r);
	if (err != 0)
		snprintf(l->words, sizeof(l->words), "%s",
		    rtmp_error_detail(r));
	return err;
}

int
rtmp_link_open(struct rtmp_link *l)
{
	int err;

	if (l->is_connected)
		return RTMP_ERR_STATE;
	l->canceled = 0;
	err = connect_and_start(l, rtmp_link_client(l), l->url, l->stream);
	l->is_connected = l->was_open = err == 0;
	l->tries = 0;
	return err;
}

/* Would another try differ? */
static int
is_final(const struct rtmp_link *l, const struct rtmp *r, int err)
{
	const struct rtmp_status *status = rtmp_last_status(r);

	if (l->canceled)
		return 1;
	switch (err) {
	case RTMP_ERR_IO:
	case RTMP_ERR_EOF:
	case RTMP_ERR_TIMEOUT:
	case RTMP_ERR_RESOLVE:
	case RTMP_ERR_CONNECT:
	case RTMP_ERR_TLS:
	case RTMP_ERR_HANDSHAKE:
	case RTMP_ERR_PROTO:
		return 0;
	case RTMP_ERR_REJECTED:
		/* A server that restarts hangs up; one that has not noticed
		 * our end says that the name is in use. */
		return status != NULL && (status->kind ==
		    RTMP_STATUS_INVALID_APP || status->kind ==
		    RTMP_STATUS_DENIED || status->kind ==
		    RTMP_STATUS_AUTH_REQUIRED || status->kind ==
		    RTMP_STATUS_AUTH_FAILED || status->kind ==
		    RTMP_STATUS_NO_SUCH_USER);
	default:
		return 1;
	}
}

/* At least half of l->wait_ms, which is then twice as long. */
static int
next_wait(struct rtmp_link *l)
{
	int half = l->wait_ms / 2;

	l->random = l->random * 1664525 + 1013904223;
	half += (int)((l->random >> 8) % (uint32_t)(l->wait_ms - half + 1));
	l->wait_ms = l->wait_ms > l->opt.longest_wait_ms / 2 ?
	    l->opt.longest_wait_ms : l->wait_ms * 2;
	return half;
}

int
rtmp_link_lost(struct rtmp_link *l, int err)
{
	l->is_connected = 0;
	snprintf(l->words, sizeof(l->words), "%s",
	    rtmp_error_detail(rtmp_link_client(l)));
	if (!l->was_open || is_final(l, rtmp_link_client(l), err))
		return err;
	l->tries = 0;
	l->wait_ms = l->opt.first_wait_ms;
	l->next_try = rtmp_link_now();
	rtmp_link_report(l, RTMP_REPORT_LOST, err, 0);
	return 0;
}

int
rtmp_link_try(struct rtmp_link *l)
{
	int err, wait;

	if (l->is_connected)
		return 0;
	if (l->canceled)
		return RTMP_ERR_CANCELED;
	if (!l->was_open)
		return RTMP_ERR_STATE;
	if (rtmp_link_now() < l->next_try)
		return 0;
	l->tries++;
	err = connect_and_start(l, rtmp_link_client(l), l->url, l->stream);
	if (err == 0) {
		l->is_connected = 1;
		return 0;
	}
	rtmp_link_report(l, RTMP_REPORT_FAILED, err, 0);
	if (is_final(l, rtmp_link_client(l), err) ||
	    (l->opt.most_tries != 0 && l->tries >= l->opt.most_tries)) {
		l->was_open = 0;
		return err;
	}
	wait = next_wait(l);
	l->next_try = rtmp_link_now() + wait;
	rtmp_link_report(l, RTMP_REPORT_WAITING, err, wait);
	return 0;
}

/* As with redirects: what is encrypted stays so. */
static int
check_move(struct rtmp_link *l)
{
	struct rtmp_url from, to;

	if (rtmp_url_parse_app(&from, l->url) != 0 ||
	    rtmp_url_parse_app(&to, l->move_to) != 0 ||
	    !rtmp_scheme_is_tls(from.scheme) || rtmp_scheme_is_tls(to.scheme))
		return 0;
	snprintf(l->words, sizeof(l->words), "asked to go over from %s to %s, "
	    "which is not encrypted", rtmp_scheme_name(from.scheme),
	    rtmp_scheme_name(to.scheme));
	return RTMP_ERR_REJECTED;
}

int
rtmp_link_move(struct rtmp_link *l)
{
	struct rtmp *old = rtmp_link_client(l), *new = l->r[!l->active];
	char *to = l->move_to, *name = NULL;
	struct rtmp_url u;
	int err = check_move(l);

	rtmp_link_report(l, RTMP_REPORT_MOVING, 0, 0);
	l->move_to = NULL;
	if (err == 0 && l->stream == NULL) {
		/* The new tcUrl has no stream: it is that of the first URL. */
		err = rtmp_url_parse(&u, l->url);
		name = err == 0 ? rtmp_mem_strdup(&l->mem, u.stream) : NULL;
		if (name == NULL)
			err = RTMP_ERR_NOMEM;
	}
	if (err == 0)
		err = connect_and_start(l, new, to,
		    name != NULL ? name : l->stream);
	if (err != 0) {
		rtmp_link_report(l, RTMP_REPORT_FAILED, err, 0);
		rtmp_mem_free(&l->mem, name);
		rtmp_mem_free(&l->mem, to);
		return 0;
	}
	/* From here on this is where to reconnect to. */
	if (name != NULL)
		l->stream = name;
	rtmp_mem_free(&l->mem, l->url);
	l->url = to;
	l->active = !l->active;
	l->close_err = rtmp_close(old);
	return 1;
}

int
rtmp_link_close(struct rtmp_link *l)
{
	int err = l->is_connected ? rtmp_close(rtmp_link_client(l)) : 0;

	if (err != 0)
		snprintf(l->words, sizeof(l->words), "%s",
		    rtmp_error_detail(rtmp_link_client(l)));
	l->is_connected = l->was_open = 0;
	return err;
}

void
rtmp_link_cancel(struct rtmp_link *l)
{
	l->canceled = 1;
	rtmp_cancel(l->r[0]);
	rtmp_cancel(l->r[1]);
}
