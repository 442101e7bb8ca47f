#include <stdio.h>
#include <string.h>

#include "transport/deadline.h"
#include "client/link.h"

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
	if (l->on_event != NULL)
		l->on_event(l->on_event_arg, event);
}

static struct rtmp_link *
make(size_t size, struct rtmp_options *client, const char *url,
    const char *stream)
{
	struct rtmp_link *l = rtmp_object_new(client->mem, size);

	if (l == NULL)
		return NULL;
	l->on_event = client->on_event;
	l->on_event_arg = client->on_event_arg;
	client->on_event = on_event;
	client->on_event_arg = l;
	l->url = rtmp_mem_strdup(&l->mem, url);
	if (stream != NULL)
		l->stream = rtmp_mem_strdup(&l->mem, stream);
	l->r = l->both[0] = rtmp_new(client);
	l->both[1] = rtmp_new(client);
	if (l->url != NULL && (stream == NULL || l->stream != NULL) &&
	    l->r != NULL && l->both[1] != NULL)
		return l;
	rtmp_link_free(l);
	return NULL;
}

int
rtmp_link_new(struct rtmp_link **l, size_t size,
    int (*start)(struct rtmp_link *l, struct rtmp *r), const char *url,
    const char *stream, const struct rtmp_reconnect_options *opt)
{
	struct rtmp_reconnect_options o;
	struct rtmp_options client;
	struct rtmp_capabilities capabilities;

	rtmp_reconnect_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	rtmp_options_init(&client, sizeof(client));
	rtmp_struct_take(&client, sizeof(client), o.client);
	if ((o.client != NULL && o.client->struct_size == 0) ||
	    client.io != NULL || o.first_wait_ms < 0 ||
	    o.longest_wait_ms < o.first_wait_ms)
		return RTMP_ERR_INVAL;
	if (client.capabilities != NULL) {
		memset(&capabilities, 0, sizeof(capabilities));
		rtmp_struct_take(&capabilities, sizeof(capabilities),
		    client.capabilities);
		capabilities.caps_ex |= RTMP_CAPS_RECONNECT;
		client.capabilities = &capabilities;
	}
	*l = make(size, &client, url, stream);
	if (*l == NULL)
		return RTMP_ERR_NOMEM;
	(*l)->opt = o;
	(*l)->opt.client = NULL; /* the caller's, of which we have copies */
	(*l)->start = start;
	(*l)->random = (uint32_t)rtmp_net_now() | 1;
	return 0;
}

void
rtmp_link_free(struct rtmp_link *l)
{
	if (l == NULL)
		return;
	rtmp_free(l->both[0]);
	rtmp_free(l->both[1]);
	rtmp_mem_free(&l->mem, l->url);
	rtmp_mem_free(&l->mem, l->stream);
	rtmp_mem_free(&l->mem, l->move_to);
	rtmp_object_free(l);
}

/* ---- Reports ---- */

void
rtmp_link_report(struct rtmp_link *l, enum rtmp_report_type type, int err,
    int wait_ms)
{
	struct rtmp_report report;

	if (l->opt.on_report == NULL)
		return;
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

static void
note_words(struct rtmp_link *l, const struct rtmp *r)
{
	snprintf(l->words, sizeof(l->words), "%s", rtmp_error_detail(r));
}

static int
connect_and_start(struct rtmp_link *l, struct rtmp *r, const char *url,
    const char *stream)
{
	int err, again = 1;

	/* Once more where the cancel was told, when this handle was idle. */
	do {
		err = rtmp_connect(r, url, stream);
		if (err == 0)
			err = l->start(l, r);
	} while (err == RTMP_ERR_CANCELED && again-- &&
	    !rtmp_flag_get(&l->canceled));
	if (err == 0)
		return 0;
	note_words(l, r);
	/* What was refused may have left it connected. */
	(void)rtmp_close(r);
	return err;
}

/* To where it was, or is to be, with the handle in use. */
static int
connect_again(struct rtmp_link *l)
{
	int err = connect_and_start(l, l->r, l->url, l->stream);

	l->is_connected = err == 0;
	l->since = rtmp_net_now();
	return err;
}

int
rtmp_link_told(struct rtmp_link *l, int err)
{
	if (err == RTMP_ERR_CANCELED)
		rtmp_flag_set(&l->canceled, 0);
	return err;
}

int
rtmp_link_open(struct rtmp_link *l)
{
	int err;

	if (l->is_connected)
		return RTMP_ERR_STATE;
	l->tries = 0;
	l->wait_ms = 0;
	err = connect_again(l);
	l->was_open = l->is_connected;
	return rtmp_link_told(l, err);
}

/* Would another try differ? */
static int
is_final(const struct rtmp_link *l, int err)
{
	const struct rtmp_status *status = rtmp_last_status(l->r);

	if (rtmp_flag_get(&l->canceled))
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

/* Nothing is tried any more until it is opened again. */
static int
end(struct rtmp_link *l, int err)
{
	(void)rtmp_close(l->r);
	l->was_open = 0;
	return rtmp_link_told(l, err);
}

static int
was_last(const struct rtmp_link *l)
{
	return l->opt.most_tries != 0 && l->tries >= l->opt.most_tries;
}

/* One more try has failed: 0 when another one follows. */
static int
has_failed(struct rtmp_link *l, int err)
{
	int wait;

	if (is_final(l, err) || was_last(l))
		return end(l, err);
	wait = next_wait(l);
	l->next_try = rtmp_net_now() + wait;
	rtmp_link_report(l, RTMP_REPORT_WAITING, err, wait);
	return 0;
}

/* A server that lets us in and hangs up at once would be called on and on: but
 * for the first time, two connections begin first_wait_ms apart, and one that
 * does not stand for a quarter of that is no better than a try that fails. */
int
rtmp_link_lost(struct rtmp_link *l, int err)
{
	int first = l->opt.first_wait_ms, is_first = l->wait_ms == 0;
	int64_t now = rtmp_net_now();
	int lasted = is_first || now - l->since >= first / 4;

	l->is_connected = 0;
	note_words(l, l->r);
	if (is_final(l, err) || (!lasted && was_last(l)))
		return end(l, err);
	rtmp_link_report(l, RTMP_REPORT_LOST, err, 0);
	if (!lasted)
		return has_failed(l, err);
	l->tries = 0;
	l->wait_ms = first;
	l->next_try = is_first ? now : l->since + first;
	return 0;
}

int
rtmp_link_try(struct rtmp_link *l)
{
	int err;

	if (l->is_connected)
		return 0;
	if (!l->was_open)
		return RTMP_ERR_STATE;
	if (rtmp_flag_get(&l->canceled))
		return end(l, RTMP_ERR_CANCELED);
	if (rtmp_net_now() < l->next_try)
		return 0;
	l->tries++;
	err = connect_again(l);
	if (err == 0)
		return 0;
	rtmp_link_report(l, RTMP_REPORT_FAILED, err, 0);
	return has_failed(l, err);
}

/* As with redirects: what is encrypted stays so. */
static int
check_move(struct rtmp_link *l, const struct rtmp_url *from)
{
	struct rtmp_url to;

	if (!rtmp_scheme_is_tls(from->scheme) ||
	    rtmp_url_parse_app(&to, l->move_to) != 0 ||
	    rtmp_scheme_is_tls(to.scheme))
		return 0;
	snprintf(l->words, sizeof(l->words),
	    "redirected to what is not encrypted");
	return RTMP_ERR_REJECTED;
}

int
rtmp_link_move(struct rtmp_link *l)
{
	struct rtmp *old = l->r, *new = l->both[old == l->both[0]];
	char *left = l->move_to, *name = l->stream;
	struct rtmp_url from;
	int64_t now = rtmp_net_now();
	int err;

	/* It may ask on and on. */
	if (now < l->next_move)
		return 0;
	l->next_move = now + l->opt.first_wait_ms;
	/* Of a URL that rtmp_connect() has taken. */
	(void)rtmp_url_parse(&from, l->url);
	err = check_move(l, &from);
	rtmp_link_report(l, RTMP_REPORT_MOVING, 0, 0);
	l->move_to = NULL;
	/* The new tcUrl has no stream: it is that of the first URL. */
	if (name == NULL)
		name = rtmp_mem_strdup(&l->mem, from.stream);
	if (name == NULL)
		err = RTMP_ERR_NOMEM;
	if (err == 0)
		err = connect_and_start(l, new, left, name);
	if (err == 0) {
		/* From here on this is where to reconnect to. */
		l->r = new;
		l->since = rtmp_net_now();
		l->stream = name;
		name = l->url;
		l->url = left;
		left = name;
		l->close_err = rtmp_close(old);
	} else {
		rtmp_link_report(l, RTMP_REPORT_FAILED, err, 0);
		if (name != l->stream)
			rtmp_mem_free(&l->mem, name);
	}
	rtmp_mem_free(&l->mem, left);
	return err == 0;
}

int
rtmp_link_close(struct rtmp_link *l)
{
	int err = l->is_connected ? rtmp_close(l->r) : 0;

	if (err != 0)
		note_words(l, l->r);
	l->is_connected = l->was_open = 0;
	l->in_gap = l->has_video = l->wants_key = 0;
	rtmp_mem_free(&l->mem, l->move_to);
	l->move_to = NULL;
	return rtmp_link_told(l, err);
}

void
rtmp_link_cancel(struct rtmp_link *l)
{
	rtmp_flag_set(&l->canceled, 1);
	rtmp_cancel(l->both[0]);
	rtmp_cancel(l->both[1]);
}
