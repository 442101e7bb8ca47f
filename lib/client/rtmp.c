/*
 * The blocking client: each call is a run of the loop in loop.c until the
 * event that it waits for.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/internal.h"

#define RECEIVE_TO_PLAY (64 << 10)
#define DRAIN_EVERY_NS 20000000 /* how long a server's word may lie unread */
#define IOV_FEW 32 /* pieces of most packets: 64 KB at 4096 */
#define OWN_MAX (64 << 20) /* bytes of all options, of all a status holds */
#define SWF_HASH_SIZE 32

/* ---- Life ---- */

void
rtmp_options_init(struct rtmp_options *opt, size_t struct_size)
{
	struct rtmp_session_config c;
	struct rtmp_options o;

	rtmp_session_config_init(&c, sizeof(c));
	memset(&o, 0, sizeof(o));
	o.timeout_ms = 10000;
	o.linger_ms = 2000;
	o.max_redirects = 5;
	o.flight = c.flight;
	o.chunk_size = c.chunk_size;
	o.window_ack_size = c.window_ack_size;
	o.buffer_ms = c.buffer_ms;
	o.limits = c.limits;
	o.capabilities = c.capabilities;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

void
rtmp_options_give(const struct rtmp_options *o, struct rtmp_session_config *c)
{
	c->flight = o->flight;
	c->flash_ver = o->flash_ver;
	c->swf_url = o->swf_url;
	c->page_url = o->page_url;
	c->connect_pairs = o->connect_pairs;
	c->connect_pairs_size = o->connect_pairs_size;
	c->connect_args = o->connect_args;
	c->connect_args_size = o->connect_args_size;
	c->chunk_size = o->chunk_size;
	c->window_ack_size = o->window_ack_size;
	c->buffer_ms = o->buffer_ms;
	c->limits = o->limits;
	c->capabilities = o->capabilities;
	c->swf = o->swf;
	c->swf_size = o->swf_size;
	c->swf_hash = o->swf_hash;
	c->subscribe = o->subscribe;
}

int
rtmp_client_own(struct rtmp *r, struct rtmp_buf *b, void *from,
    const struct rtmp_lent *lent, const size_t *sizes)
{
	size_t size[RTMP_LENT_MAX];
	const uint8_t *copy;
	uint8_t *at = from;
	const void *p;
	int i;

	b->max = OWN_MAX;
	b->size = 0;
	for (i = 0; i < lent->count; i++) {
		memcpy(&p, at + lent->at[i], sizeof(p));
		size[i] = p == NULL ? 0 : i < lent->strings ? strlen(p) + 1 :
		    sizes[i - lent->strings];
		if (rtmp_buf_append(b, &r->mem, p, size[i]) != 0)
			return RTMP_ERR_NOMEM;
	}
	copy = b->data;
	for (i = 0; i < lent->count; i++) {
		memcpy(&p, at + lent->at[i], sizeof(p));
		/* Of no bytes, too: what was lent may be gone by then. */
		if (p != NULL)
			memcpy(at + lent->at[i], &copy, sizeof(copy));
		if (size[i] != 0) /* copy may be NULL */
			copy += size[i];
	}
	return 0;
}

/* The strings and blobs of the options. */
static int
copy_options(struct rtmp *r)
{
	static const struct rtmp_lent lent = { 11, 15, {
		offsetof(struct rtmp_options, local_addr),
		offsetof(struct rtmp_options, app),
		offsetof(struct rtmp_options, tc_url),
		offsetof(struct rtmp_options, flash_ver),
		offsetof(struct rtmp_options, swf_url),
		offsetof(struct rtmp_options, page_url),
		offsetof(struct rtmp_options, proxy),
		offsetof(struct rtmp_options, user),
		offsetof(struct rtmp_options, password),
		offsetof(struct rtmp_options, secure_token),
		offsetof(struct rtmp_options, subscribe),
		offsetof(struct rtmp_options, connect_pairs),
		offsetof(struct rtmp_options, connect_args),
		offsetof(struct rtmp_options, swf),
		offsetof(struct rtmp_options, swf_hash)
	} };
	size_t sizes[] = { r->opt.connect_pairs_size,
		r->opt.connect_args_size, r->opt.swf_size, SWF_HASH_SIZE };

	return rtmp_client_own(r, &r->opt_strings, &r->opt, &lent, sizes);
}

struct rtmp *
rtmp_new(const struct rtmp_options *opt)
{
	struct rtmp_options o;
	struct rtmp *r;

	rtmp_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	r = rtmp_object_new(o.mem, sizeof(*r));
	if (r == NULL)
		return NULL;
	r->opt = o;
	if (opt != NULL)
		r->opt.struct_size = opt->struct_size;
	if (o.io != NULL) {
		r->io = *o.io;
		r->opt.io = &r->io;
	}
	if (o.capabilities != NULL) {
		rtmp_struct_take(&r->capabilities, sizeof(r->capabilities),
		    o.capabilities);
		r->opt.capabilities = &r->capabilities;
	}
	/* Without it, out of descriptors, cancel works in slices. */
	rtmp_wake_open(&r->wake);
	if (copy_options(r) != 0) {
		r->opt.io = NULL; /* it stays the caller's */
		rtmp_free(r);
		return NULL;
	}
	return r;
}

void
rtmp_free(struct rtmp *r)
{
	if (r == NULL)
		return;
	rtmp_client_drop(r);
	if (r->opt.io != NULL)
		rtmp_client_close_io(r);
	rtmp_wake_close(&r->wake);
	if (r->frames != NULL)
		r->frames_free(r);
	rtmp_tries_free(r->tries, &r->mem);
	rtmp_mem_free(&r->mem, r->stream_name);
	rtmp_mem_free(&r->mem, r->in);
	rtmp_buf_free(&r->status_text, &r->mem);
	rtmp_buf_free(&r->opt_strings, &r->mem);
	rtmp_object_free(r);
}

/* ---- Starting ---- */

static int
has_started(const struct rtmp *r)
{
	enum rtmp_stream_state state = rtmp_stream_state(r->session,
	    r->stream);

	if (r->role == RTMP_ROLE_PUBLISHER &&
	    state == RTMP_STREAM_STARTING)
		return r->opt.flight == RTMP_FLIGHT_EAGER ||
		    r->opt.flight == RTMP_FLIGHT_ZERO_RTT;
	return state >= RTMP_STREAM_PUBLISHING;
}

/* What publish and play ask for, to be asked again elsewhere. */
struct start {
	enum rtmp_role role;
	int reset;
	size_t receive; /* room to read, by default */
	const char *type;
	double start, duration;
};

static int
start_once(struct rtmp *r, const struct start *s)
{
	int err = s->role == RTMP_ROLE_PUBLISHER ?
	    rtmp_session_publish(r->session, r->stream_name, s->type,
		&r->stream) :
	    rtmp_session_play(r->session, r->stream_name, s->start,
		s->duration, s->reset, &r->stream);

	if (err != 0)
		return rtmp_client_fail(r, err,
		    s->role == RTMP_ROLE_PUBLISHER ? "publish" : "play",
		    rtmp_strerror(err));
	r->role = s->role;
	return rtmp_client_run_until(r, has_started);
}

/* A redirect may come as late as this, and with a flight above STEPWISE the
 * refusal of connect, too. */
static int
start_stream(struct rtmp *r, const struct start *s)
{
	int err;

	if (r->session == NULL)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not connected",
		    NULL);
	if (r->stream != 0)
		return rtmp_client_fail(r, RTMP_ERR_STATE,
		    "already publishing or playing", NULL);
	err = rtmp_input_reserve(r, s->receive);
	if (err != 0)
		return err;
	r->deadline = 0;
	do {
		err = rtmp_client_retry(r, start_once(r, s));
	} while (err == 1 && (err = rtmp_client_connect(r)) == 0);
	rtmp_tries_free(r->tries, &r->mem);
	r->tries = NULL;
	r->answer_by = rtmp_net_after(r->opt.timeout_ms);
	return err;
}

int
rtmp_publish(struct rtmp *r, const char *type)
{
	struct start s = { RTMP_ROLE_PUBLISHER, 0, 0, type, 0, 0 };

	return start_stream(r, &s);
}

int
rtmp_play(struct rtmp *r, double start)
{
	return rtmp_play_range(r, start, RTMP_PLAY_WHOLE, 1);
}

int
rtmp_play_range(struct rtmp *r, double start, double duration, int reset)
{
	struct start s = { RTMP_ROLE_PLAYER, reset, RECEIVE_TO_PLAY, NULL,
		start, duration };

	return start_stream(r, &s);
}

/* ---- Packets ---- */

static int
is_answered(const struct rtmp *r)
{
	return rtmp_stream_state(r->session, r->stream) >=
	    RTMP_STREAM_PUBLISHING;
}

/* Takes the server's words.  A flight that has not waited for the answer to
 * publish waits for it here, or a server that is silent would be sent to as
 * long as the kernel has room. */
static int
take_words(struct rtmp *r)
{
	int err = rtmp_client_drain(r);

	if (err != 0 || r->answer_by == 0)
		return err;
	if (is_answered(r))
		r->answer_by = 0;
	else if (rtmp_net_left(r->answer_by, rtmp_net_now()) == 0)
		return rtmp_client_late(r);
	return 0;
}

/* Looks for the server's words every now and then, not with each packet, which
 * would cost a system call each.  A coarse clock does, for a quarter of the
 * time, where the system has one. */
RTMP_HOT static int
drain_now_and_then(struct rtmp *r)
{
	struct timespec t;

#ifdef CLOCK_MONOTONIC_COARSE
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
#else
	clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	if (t.tv_sec == r->drained.tv_sec &&
	    t.tv_nsec - r->drained.tv_nsec < DRAIN_EVERY_NS)
		return 0;
	r->drained = t;
	return take_words(r);
}

/* Queues packets from *i on, as many as the session takes at once. */
static int
queue_packets(struct rtmp *r, const struct rtmp_packet *packets,
    size_t count, size_t *i)
{
	int err = 0;

	while (*i < count && (err = rtmp_session_write_ref(r->session,
	    r->stream, &packets[*i], NULL, NULL)) == 0)
		++*i;
	return err == RTMP_ERR_AGAIN ? 0 : err;
}

static int
fail_write(struct rtmp *r, int err)
{
	return rtmp_client_fail(r, err, "write", rtmp_strerror(err));
}

int
rtmp_write_packets(struct rtmp *r, const struct rtmp_packet *packets,
    size_t count, size_t *written)
{
	size_t i = 0;
	int err, refused;

	if (written != NULL)
		*written = 0;
	if (r->role != RTMP_ROLE_PUBLISHER)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not publishing",
		    NULL);
	err = count == 0 ? take_words(r) : drain_now_and_then(r);
	if (err != 0)
		return err;
	r->deadline = 0;
	do {
		/* What precedes a packet that is refused must go. */
		refused = queue_packets(r, packets, count, &i);
		err = rtmp_client_push(r);
		if (err == RTMP_ERR_AGAIN)
			err = rtmp_client_flush(r);
		if (err != 0)
			return err;
		if (written != NULL)
			*written = i;
	} while (refused == 0 && i < count);
	return refused == 0 ? 0 : fail_write(r, refused);
}

RTMP_HOT int
rtmp_write_packet(struct rtmp *r, const struct rtmp_packet *packet)
{
	struct iovec iov[IOV_FEW];
	int n, err;

	if (r->role != RTMP_ROLE_PUBLISHER)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not publishing",
		    NULL);
	err = drain_now_and_then(r);
	if (err != 0)
		return err;
	r->deadline = 0;
	n = rtmp_session_write_iov(r->session, r->stream, packet, iov,
	    IOV_FEW);
	if (n == RTMP_ERR_AGAIN)
		return rtmp_write_packets(r, packet, 1, NULL);
	if (n < 0)
		return fail_write(r, n);
	err = n == 0 || n == IOV_FEW ? rtmp_client_push(r) :
	    rtmp_client_push_iov(r, iov, n);
	return err == RTMP_ERR_AGAIN ? rtmp_client_flush(r) : err;
}

/* Goes on from what rtmp_input_next() has returned, n and *event, until there
 * is a packet (1) or what rtmp_read_packet() returns instead. */
static int
read_on(struct rtmp *r, int n, const struct rtmp_event **event)
{
	int err;

	r->deadline = 0;
	for (;;) {
		n = rtmp_client_took(r, n, *event);
		if (n < 0)
			return n;
		if (n == 1 && (*event)->stream == r->stream) {
			if ((*event)->type == RTMP_EVENT_STREAM_EOF)
				return 0;
			if ((*event)->type == RTMP_EVENT_PACKET)
				return 1;
		}
		if (n == 0) {
			err = rtmp_client_move(r, NULL);
			if (err != 0)
				return err;
		}
		n = rtmp_input_next(r, event);
	}
}

RTMP_HOT int
rtmp_read_packet(struct rtmp *r, struct rtmp_packet *packet)
{
	const struct rtmp_event *event;
	int n;

	if (r->role != RTMP_ROLE_PLAYER)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not playing",
		    NULL);
	n = rtmp_input_next(r, &event);
	if (n != 1 || event->type != RTMP_EVENT_PACKET ||
	    event->stream != r->stream) {
		n = read_on(r, n, &event);
		if (n != 1)
			return n;
	}
	/* Field by field, as they were written just now: a CPU waits where a
	 * wider read follows narrower writes. */
	packet->type = event->packet.type;
	packet->timestamp = event->packet.timestamp;
	packet->data = event->packet.data;
	packet->size = event->packet.size;
	return 1;
}

/* ---- Commands, the end, words ---- */

static int
send_now(struct rtmp *r, int err)
{
	if (err != 0)
		return rtmp_client_fail_plain(r, err);
	err = rtmp_client_push(r);
	return err == RTMP_ERR_AGAIN ? 0 : err;
}

int
rtmp_pause(struct rtmp *r, int pause, double ms)
{
	return send_now(r, r->role != RTMP_ROLE_PLAYER ? RTMP_ERR_STATE :
	    rtmp_session_pause(r->session, r->stream, pause, ms));
}

int
rtmp_seek(struct rtmp *r, double ms)
{
	return send_now(r, r->role != RTMP_ROLE_PLAYER ? RTMP_ERR_STATE :
	    rtmp_session_seek(r->session, r->stream, ms));
}

static int
never(const struct rtmp *r)
{
	(void)r;
	return 0;
}

/* A publisher stays for the server's last words, and any end of them is a
 * good one but a refusal.  A player has no tail to lose. */
static int
linger(struct rtmp *r)
{
	int64_t end = rtmp_net_after(r->opt.linger_ms);
	int err;

	if (r->io.shutdown != NULL && r->io.shutdown(r->io.ctx) == 0)
		r->is_shut = 1;
	if (r->role != RTMP_ROLE_PUBLISHER)
		return 0;
	(void)rtmp_client_left(r);
	if (r->deadline > end)
		r->deadline = end;
	err = rtmp_client_run_until(r, never);
	if (err == RTMP_ERR_REJECTED)
		return err;
	r->detail[0] = '\0';
	return 0;
}

int
rtmp_close(struct rtmp *r)
{
	int err;

	if (r->session == NULL)
		return 0;
	r->deadline = 0;
	/* When the server has hung up before, that is the news; and so is what
	 * it has to say to a flight that has not waited for an answer. */
	err = rtmp_client_drain(r);
	if (err == 0 && r->role == RTMP_ROLE_PUBLISHER)
		err = rtmp_client_run_until(r, is_answered);
	if (err != 0)
		return err;
	err = rtmp_session_close(r->session);
	if (err != 0)
		return rtmp_client_fail_plain(r, err);
	err = rtmp_client_flush(r);
	if (err == 0)
		err = linger(r);
	rtmp_client_drop(r);
	return err;
}

void
rtmp_cancel(struct rtmp *r)
{
	rtmp_flag_set(&r->canceled, 1);
	rtmp_wake_signal(&r->wake);
}

const struct rtmp_status *
rtmp_last_status(const struct rtmp *r)
{
	return r->has_status ? &r->status : NULL;
}

const char *
rtmp_error_detail(const struct rtmp *r)
{
	return r->detail;
}

const struct rtmp_capabilities *
rtmp_get_capabilities(const struct rtmp *r)
{
	return r->session != NULL ? rtmp_session_capabilities(r->session) :
	    NULL;
}

const char *
rtmp_reconnect_url(const struct rtmp *r)
{
	return r->session != NULL ? rtmp_session_reconnect_url(r->session) :
	    NULL;
}

void
rtmp_get_stats(const struct rtmp *r, struct rtmp_session_stats *stats,
    size_t struct_size)
{
	memset(stats, 0, struct_size);
	if (r->session != NULL)
		rtmp_session_get_stats(r->session, stats, struct_size);
	else
		memcpy(stats, &r->last, struct_size < sizeof(r->last) ?
		    struct_size : sizeof(r->last));
}

struct rtmp_session *
rtmp_get_session(struct rtmp *r, unsigned *stream)
{
	if (stream != NULL)
		*stream = r->stream;
	return r->session;
}
