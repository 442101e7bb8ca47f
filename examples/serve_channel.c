/*
 * A channel relays what one stream publishes to all that play it.  Payloads
 * are shared, so a further player costs a queue entry per message.
 *
 *     late player:  onMetaData, sequence headers, packets from the last key
 *                   frame on, then what comes
 *     publisher leaves:  Stream EOF and NetStream.Play.UnpublishNotify; its
 *                   players wait for the next one
 */
#include <stdlib.h>
#include <string.h>

#include "serve.h"

/* ---- Packets ---- */

struct serve_packet *
serve_packet_new(uint8_t type, uint32_t timestamp, const uint8_t *data,
    size_t size)
{
	struct serve_packet *p = malloc(sizeof(*p) + size);

	if (p == NULL)
		return NULL;
	p->refs = 1;
	p->type = type;
	p->timestamp = timestamp;
	p->size = size;
	if (size != 0)
		memcpy(p->data, data, size);
	return p;
}

struct serve_packet *
serve_packet_ref(struct serve_packet *p)
{
	p->refs++;
	return p;
}

void
serve_packet_unref(struct serve_packet *p)
{
	if (p != NULL && --p->refs == 0)
		free(p);
}

/* ---- Finding and making channels ---- */

struct serve_channel *
serve_channel_find(struct server *s, const char *app, const char *name)
{
	struct serve_channel *ch;

	for (ch = s->channels; ch != NULL; ch = ch->next)
		if (strcmp(ch->app, app) == 0 && strcmp(ch->name, name) == 0)
			return ch;
	return NULL;
}

/* The caller has checked the lengths. */
static struct serve_channel *
channel_get(struct server *s, const char *app, const char *name)
{
	struct serve_channel *ch = serve_channel_find(s, app, name);

	if (ch != NULL)
		return ch;
	ch = calloc(1, sizeof(*ch));
	if (ch == NULL)
		return NULL;
	ch->server = s;
	snprintf(ch->app, sizeof(ch->app), "%s", app);
	snprintf(ch->name, sizeof(ch->name), "%s", name);
	ch->gop_last = &ch->gop;
	ch->next = s->channels;
	s->channels = ch;
	return ch;
}

static void
channel_free_unused(struct serve_channel *ch)
{
	struct serve_channel **p;

	if (ch->publisher != NULL || ch->players != NULL)
		return;
	for (p = &ch->server->channels; *p != ch; p = &(*p)->next)
		;
	*p = ch->next;
	free(ch);
}

const char *
serve_channel_title(const struct serve_channel *ch)
{
	static char title[2 * SERVE_NAME_MAX + 2];

	snprintf(title, sizeof(title), "%s/%s", ch->app,
	    ch->server->log_level >= SERVE_VERBOSE ? ch->name : "***");
	return title;
}

/* ---- What late players get ---- */

static void
gop_clear(struct serve_channel *ch)
{
	struct serve_queued *q;

	while ((q = ch->gop) != NULL) {
		ch->gop = q->next;
		serve_packet_unref(q->packet);
		free(q);
	}
	ch->gop_last = &ch->gop;
	ch->gop_bytes = 0;
}

/* A GOP that is too large is not kept at all: its head is what matters. */
static void
gop_append(struct serve_channel *ch, struct serve_packet *p)
{
	size_t max = ch->server->queue_bytes / 2;
	struct serve_queued *q;

	if (max > SERVE_GOP_BYTES)
		max = SERVE_GOP_BYTES;
	ch->gop_bytes += p->size + sizeof(*q) + sizeof(*p);
	q = ch->gop_bytes <= max ? calloc(1, sizeof(*q)) : NULL;
	if (q == NULL) {
		gop_clear(ch);
		return;
	}
	q->packet = serve_packet_ref(p);
	*ch->gop_last = q;
	ch->gop_last = &q->next;
}

static void
header_keep(struct serve_channel *ch, uint32_t key, struct serve_packet *p)
{
	unsigned i;

	for (i = 0; i < ch->header_count && ch->header_keys[i] != key; i++)
		;
	if (i == SERVE_HEADERS_MAX)
		return;
	if (i == ch->header_count)
		ch->header_count++;
	serve_packet_unref(ch->headers[i]);
	ch->headers[i] = serve_packet_ref(p);
	ch->header_keys[i] = key;
}

static void
cache_clear(struct serve_channel *ch)
{
	unsigned i;

	gop_clear(ch);
	serve_packet_unref(ch->metadata);
	ch->metadata = NULL;
	for (i = 0; i < ch->header_count; i++) {
		serve_packet_unref(ch->headers[i]);
		ch->headers[i] = NULL;
	}
	ch->header_count = 0;
	ch->has_video = 0;
	ch->timestamp = 0;
	ch->packets = 0;
}

/* Metadata and headers take the time of what follows them: a player may take
 * the first time that it sees for the start. */
void
serve_catch_up(struct serve_stream *st)
{
	struct serve_channel *ch = st->channel;
	uint32_t start;
	unsigned i;
	const struct serve_queued *q;

	start = ch->gop != NULL ? ch->gop->packet->timestamp : ch->timestamp;
	if (ch->metadata != NULL)
		serve_send_packet(st->conn, st->msid, ch->metadata, start);
	for (i = 0; i < ch->header_count; i++)
		serve_send_packet(st->conn, st->msid, ch->headers[i], start);
	for (q = ch->gop; q != NULL; q = q->next)
		serve_send_packet(st->conn, st->msid, q->packet,
		    q->packet->timestamp);
	st->await_key = ch->has_video && ch->gop == NULL;
}

/* ---- Joining and leaving ---- */

int
serve_publish(struct serve_stream *st, const char *name)
{
	struct serve_conn *c = st->conn;
	struct serve_channel *ch = channel_get(c->server, c->app, name);
	struct serve_stream *player;

	if (ch == NULL || ch->publisher != NULL)
		return -1;
	ch->publisher = st;
	st->channel = ch;
	st->state = SERVE_STREAM_PUBLISHING;
	serve_log(c->server, SERVE_NORMAL, "%s publishes %s", c->peer,
	    serve_channel_title(ch));
	serve_record_start(ch);
	for (player = ch->players; player != NULL; player = player->next) {
		player->await_key = 0;
		serve_send_user_control(player->conn, 0, player->msid);
		serve_send_status(player->conn, player->msid, "status",
		    "NetStream.Play.PublishNotify", "Publishing has begun.");
	}
	return 0;
}

int
serve_play(struct serve_stream *st, const char *name)
{
	struct serve_conn *c = st->conn;
	struct serve_channel *ch = channel_get(c->server, c->app, name);

	if (ch == NULL)
		return -1;
	st->next = ch->players;
	ch->players = st;
	st->channel = ch;
	st->state = SERVE_STREAM_PLAYING;
	st->paused = st->no_audio = st->no_video = 0;
	serve_log(c->server, SERVE_NORMAL, "%s plays %s", c->peer,
	    serve_channel_title(ch));
	return 0;
}

static void
publisher_leaves(struct serve_channel *ch)
{
	struct serve_stream *player;

	serve_log(ch->server, SERVE_NORMAL, "%s: publisher leaves after %llu "
	    "packets", serve_channel_title(ch),
	    (unsigned long long)ch->packets);
	serve_record_stop(ch);
	cache_clear(ch);
	ch->publisher = NULL;
	ch->server->published = 1;
	for (player = ch->players; player != NULL; player = player->next) {
		serve_send_user_control(player->conn, 1, player->msid);
		serve_send_status(player->conn, player->msid, "status",
		    "NetStream.Play.UnpublishNotify",
		    "Publishing has ended.");
	}
}

void
serve_leave(struct serve_stream *st)
{
	struct serve_channel *ch = st->channel;
	struct serve_stream **p;

	if (ch == NULL)
		return;
	if (ch->publisher == st) {
		publisher_leaves(ch);
	} else {
		for (p = &ch->players; *p != st; p = &(*p)->next)
			;
		*p = st->next;
	}
	st->channel = NULL;
	st->next = NULL;
	st->state = SERVE_STREAM_IDLE;
	channel_free_unused(ch);
}

/* ---- Relaying ---- */

/*
 * Takes off "@setDataFrame", which is an order to the server to keep what
 * follows.  Returns 1 for metadata, 0 for other data, -1 for an order to
 * forget it.
 */
static int
data_kind(const uint8_t **data, size_t *size)
{
	struct rtmp_amf0_reader r;
	const char *s;
	size_t len;

	rtmp_amf0_reader_init(&r, *data, *size);
	if (rtmp_amf0_get_string(&r, &s, &len) != 0)
		return 0;
	if (len == 15 && memcmp(s, "@clearDataFrame", len) == 0)
		return -1;
	if (len == 13 && memcmp(s, "@setDataFrame", len) == 0) {
		*data = r.pos;
		*size = (size_t)(r.end - r.pos);
		if (rtmp_amf0_get_string(&r, &s, &len) != 0)
			return 0;
	}
	return len == 10 && memcmp(s, "onMetaData", len) == 0;
}

/* Metadata and headers reach even who has paused, so that he can go on. */
static void
deliver(struct serve_stream *st, struct serve_packet *p, int is_config)
{
	int audio = p->type == RTMP_MSG_AUDIO, video =
	    p->type == RTMP_MSG_VIDEO;

	if (!is_config) {
		if (st->paused || (audio && st->no_audio) ||
		    (video && st->no_video))
			return;
		if (video && st->await_key) {
			if (!serve_is_key_frame(p->type, p->data, p->size))
				return;
			st->await_key = 0;
		}
	}
	serve_send_packet(st->conn, st->msid, p, p->timestamp);
}

/* Keeps p for late players; returns 1 for metadata and headers. */
static int
cache_packet(struct serve_channel *ch, struct serve_packet *p, int metadata)
{
	uint32_t key = serve_header_key(p->type, p->data, p->size);

	if (metadata) {
		serve_packet_unref(ch->metadata);
		ch->metadata = serve_packet_ref(p);
		return 1;
	}
	if (key != 0) {
		header_keep(ch, key, p);
		return 1;
	}
	if (p->type == RTMP_MSG_VIDEO)
		ch->has_video = 1;
	if (serve_is_key_frame(p->type, p->data, p->size)) {
		gop_clear(ch);
		gop_append(ch, p);
	} else if (ch->gop != NULL) {
		gop_append(ch, p);
	}
	return 0;
}

void
serve_publish_packet(struct serve_stream *st, uint8_t type,
    uint32_t timestamp, const uint8_t *data, size_t size)
{
	struct serve_channel *ch = st->channel;
	struct serve_stream *player;
	struct serve_packet *p;
	int metadata = 0, is_config;

	if (type == RTMP_MSG_DATA_AMF0)
		metadata = data_kind(&data, &size);
	if (metadata < 0) {
		serve_packet_unref(ch->metadata);
		ch->metadata = NULL;
		return;
	}
	p = serve_packet_new(type, timestamp, data, size);
	if (p == NULL) {
		serve_conn_fail(st->conn, "out of memory");
		return;
	}
	ch->packets++;
	ch->timestamp = timestamp;
	is_config = cache_packet(ch, p, metadata);
	for (player = ch->players; player != NULL; player = player->next)
		deliver(player, p, is_config);
	serve_record_packet(ch, p);
	serve_packet_unref(p);
}
