#include <sys/mman.h>
#include <unistd.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>

#include "base/wire.h"
#include "support/run.h"

#define GUARD_SIZE (4u << 20) /* the largest piece of input */
#define JSON_MAX 70000

/* ---- Text ---- */

static void
add(struct text *t, const char *format, ...)
{
	char line[JSON_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(line));
	t->s = realloc(t->s, t->size + (size_t)n + 1);
	assert_non_null(t->s);
	memcpy(t->s + t->size, line, (size_t)n + 1);
	t->size += (size_t)n;
}

static void
add_json(struct text *t, const uint8_t *data, size_t size)
{
	static char json[JSON_MAX];
	size_t i;

	rtmp_amf0_to_json(data, size, json, sizeof(json), NULL);
	for (i = 0; json[i] != '\0'; i++)
		if (json[i] == '"')
			json[i] = '\'';
	add(t, "%s", json);
}

/* Text that stands in a payload, up to 24 bytes. */
static void
add_payload(struct text *t, const uint8_t *data, size_t size)
{
	size_t i;

	add(t, " %lu ", (unsigned long)size);
	for (i = 0; i < size && i < 24; i++)
		add(t, "%c", data[i] > ' ' && data[i] < 127 ? data[i] : '.');
}

static const char *
type_name(uint8_t type)
{
	return type == RTMP_MSG_AUDIO ? "audio" :
	    type == RTMP_MSG_VIDEO ? "video" :
	    type == RTMP_MSG_DATA_AMF0 ? "data" : "?";
}

static const char *
error_name(int err)
{
	switch (err) {
	case RTMP_ERR_EOF:
		return "EOF";
	case RTMP_ERR_HANDSHAKE:
		return "HANDSHAKE";
	case RTMP_ERR_PROTO:
		return "PROTO";
	case RTMP_ERR_LIMIT:
		return "LIMIT";
	case RTMP_ERR_REJECTED:
		return "REJECTED";
	case RTMP_ERR_NOMEM:
		return "NOMEM";
	default:
		return "error?";
	}
}

static void
add_status(struct text *t, const struct rtmp_status *status)
{
	static const char *const kinds[] = { "other", "success", "in-use",
		"not-found", "invalid-app", "denied", "auth-required",
		"auth-failed", "no-such-user", "redirect", "ended", "closed",
		"reconnect" };

	add(t, " %s %s %s %s", kinds[status->kind],
	    status->level[0] != '\0' ? status->level : "-",
	    status->code[0] != '\0' ? status->code : "-",
	    status->description[0] != '\0' ? status->description : "-");
}

static void
add_event(struct text *t, const struct rtmp_event *e)
{
	static const char *const names[] = { "?", "CONNECTED",
		"PUBLISH_START", "PLAY_START", "PACKET", "STATUS",
		"STREAM_EOF", "REJECTED", "RESULT", "COMMAND",
		"USER_CONTROL", "MESSAGE", "RECONNECT" };
	const struct rtmp_packet *p = &e->packet;

	add(t, "%s", names[e->type]);
	if (e->stream != 0)
		add(t, " %u", e->stream);
	switch (e->type) {
	case RTMP_EVENT_PACKET:
		add(t, " %s @%lu", type_name(p->type),
		    (unsigned long)p->timestamp);
		if (p->type == RTMP_MSG_DATA_AMF0) {
			add(t, " ");
			add_json(t, p->data, p->size);
		} else {
			add_payload(t, p->data, p->size);
		}
		break;
	case RTMP_EVENT_RESULT:
		add(t, " #%lu %s ", (unsigned long)e->transaction,
		    e->success ? "_result" : "_error");
		add_json(t, e->data, e->data_size);
		break;
	case RTMP_EVENT_COMMAND:
		add(t, " %s #%lu ", e->command, (unsigned long)e->transaction);
		add_json(t, e->data, e->data_size);
		break;
	case RTMP_EVENT_USER_CONTROL:
		add(t, " %d %lu", (int)e->control, (unsigned long)e->value);
		break;
	case RTMP_EVENT_MESSAGE:
		add(t, " type %d", e->message_type);
		add_payload(t, e->data, e->data_size);
		break;
	default:
		add_status(t, &e->status);
		if (e->tc_url != NULL)
			add(t, " -> %s", e->tc_url);
		if (e->lost_packets != 0)
			add(t, " lost %lu", (unsigned long)e->lost_packets);
		break;
	}
	add(t, "\n");
}

/* ---- Running ---- */

void
run_init(struct run *r, enum rtmp_flight flight,
    void (*act)(struct run *r, const struct rtmp_event *e))
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memset(r, 0, sizeof(*r));
	test_mem_init(&r->mem, 0);
	rtmp_session_config_init(&r->config, sizeof(r->config));
	r->config.app = "live";
	r->config.tc_url = "rtmp://host/live";
	r->config.flight = flight;
	r->config.mem = &r->mem.mem;
	r->act = act;
	add(&r->events, "%s", "");
	r->guard = mmap(NULL, GUARD_SIZE + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(r->guard != MAP_FAILED);
	assert_int_equal(mprotect(r->guard + GUARD_SIZE, page, PROT_NONE), 0);
}

size_t
run_take(struct run *r, const struct iovec *iov, int count, size_t max)
{
	size_t n, total = 0;
	int i;

	for (i = 0; i < count && total < max; i++) {
		n = iov[i].iov_len < max - total ? iov[i].iov_len :
		    max - total;
		assert_int_not_equal(n, 0);
		r->sent = realloc(r->sent, r->sent_size + n);
		assert_non_null(r->sent);
		memcpy(r->sent + r->sent_size, iov[i].iov_base, n);
		r->sent_size += n;
		total += n;
	}
	rtmp_session_sent(r->s, total);
	return total;
}

void
run_send(struct run *r, size_t max, int pieces)
{
	struct iovec iov[64];
	int count;

	while (max != 0 && (count = rtmp_session_send_iov(r->s, iov,
	    pieces)) != 0)
		max -= run_take(r, iov, count, max);
}

static void
run_act(struct run *r, const struct rtmp_event *e)
{
	if (r->act != NULL)
		r->act(r, e);
	if (!r->hold)
		run_send(r, SIZE_MAX, 64);
}

void
run_start(struct run *r)
{
	assert_int_equal(rtmp_session_new(&r->s, &r->config), 0);
	run_act(r, NULL);
}

static void
add_result(struct run *r, int result)
{
	r->result = result;
	if (result < 0)
		add(&r->events, "= %s %s\n", error_name(result),
		    rtmp_session_error(r->s));
}

static void
keep_left(struct run *r, const uint8_t *p, size_t size)
{
	r->left = realloc(r->left, size + 1);
	assert_non_null(r->left);
	memcpy(r->left, p, size);
	r->left_size = size;
}

static void
feed_piece(struct run *r, const uint8_t *data, size_t size)
{
	const struct rtmp_event *e;
	size_t all = r->left_size + size, need = 0;
	uint8_t *place = r->guard + GUARD_SIZE - all;
	const uint8_t *p = place;
	int result;

	assert_true(all <= GUARD_SIZE);
	if (r->left_size != 0)
		memcpy(place, r->left, r->left_size);
	if (size != 0)
		memcpy(place + r->left_size, data, size);
	while ((result = r->in_place ?
	    rtmp_session_recv_in_place(r->s, &place, &all, &e, &need) :
	    rtmp_session_recv(r->s, &p, &all, &e)) == 1) {
		add_event(&r->events, e);
		run_act(r, e);
	}
	if (result == 0 && need == 0)
		assert_int_equal(all, 0);
	else if (result == 0)
		assert_true(all < need + RTMP_CHUNK_HEADER_MAX);
	keep_left(r, r->in_place ? place : p, all);
	if (!r->hold)
		run_send(r, SIZE_MAX, 64);
	add_result(r, result);
}

void
run_feed(struct run *r, const void *data, size_t size, size_t step)
{
	const uint8_t *p = data;
	size_t n;

	r->result = 0;
	do {
		n = step != 0 && size > step ? step : size;
		feed_piece(r, p, n);
		p += n;
		size -= n;
	} while (size != 0 && r->result == 0);
}

void
run_peer(struct run *r, const struct peer *p)
{
	run_feed(r, p->data, p->size, 0);
}

void
run_eof(struct run *r)
{
	const struct rtmp_status *status = NULL;
	int result = rtmp_session_eof(r->s, &status);

	if (status != NULL) {
		add(&r->events, "closed:");
		add_status(&r->events, status);
		add(&r->events, "\n");
	}
	add_result(r, result);
}

void
run_free(struct run *r)
{
	rtmp_session_free(r->s);
	assert_int_equal(r->mem.live, 0);
	free(r->sent);
	free(r->left);
	free(r->events.s);
	munmap(r->guard, GUARD_SIZE + (size_t)sysconf(_SC_PAGESIZE));
}

void
run_done(struct run *r, struct peer *p)
{
	run_free(r);
	peer_free(p);
}

/* ---- What was sent ---- */

static void
add_user_control(struct text *t, const struct rtmp_message *m)
{
	size_t i;

	add(t, "user %d", rtmp_get_be16(m->payload));
	for (i = 2; i + 4 <= m->size; i += 4)
		add(t, " %lu", (unsigned long)rtmp_get_be32(m->payload + i));
}

static void
add_message(struct text *t, const struct rtmp_message *m)
{
	static const char *const controls[] = { "", "chunk-size", "abort",
		"ack", "", "window" };
	static const uint8_t connect[] = { 2, 0, 7, 'c', 'o', 'n', 'n' };

	add(t, "%lu/%lu ", (unsigned long)m->csid, (unsigned long)m->msid);
	switch (m->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
	case RTMP_MSG_ABORT:
	case RTMP_MSG_ACKNOWLEDGEMENT:
	case RTMP_MSG_WINDOW_ACK_SIZE:
		assert_int_equal(m->size, 4);
		add(t, "%s %lu", controls[m->type],
		    (unsigned long)rtmp_get_be32(m->payload));
		break;
	case RTMP_MSG_USER_CONTROL:
		add_user_control(t, m);
		break;
	case RTMP_MSG_AUDIO:
	case RTMP_MSG_VIDEO:
		add(t, "%s @%lu", type_name(m->type),
		    (unsigned long)m->timestamp);
		add_payload(t, m->payload, m->size);
		break;
	case RTMP_MSG_COMMAND_AMF0:
		if (memcmp(m->payload, connect, sizeof(connect)) == 0)
			add(t, "connect"); /* compared elsewhere */
		else
			add_json(t, m->payload, m->size);
		break;
	case RTMP_MSG_DATA_AMF0:
		add(t, "data @%lu ", (unsigned long)m->timestamp);
		add_json(t, m->payload, m->size);
		break;
	default:
		add(t, "type %d of %lu bytes", m->type,
		    (unsigned long)m->size);
	}
	add(t, "\n");
}

char *
sent_text(const uint8_t *data, size_t size)
{
	struct text t = { NULL, 0 };
	struct rtmp_chunk_reader *reader;
	struct rtmp_message m;

	add(&t, "%s", "");
	if (size < PEER_HANDSHAKE_SIZE) {
		add(&t, size >= 1537 ? "C0 C1\n" : "");
		return t.s;
	}
	add(&t, "C0 C1 C2\n");
	data += PEER_HANDSHAKE_SIZE;
	size -= PEER_HANDSHAKE_SIZE;
	assert_int_equal(rtmp_chunk_reader_new(&reader, NULL, NULL), 0);
	while (rtmp_chunk_reader_next(reader, &data, &size, &m) == 1) {
		add_message(&t, &m);
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(reader,
			    rtmp_get_be32(m.payload));
	}
	assert_string_equal(rtmp_chunk_reader_error(reader), "");
	rtmp_chunk_reader_free(reader);
	return t.s;
}

/* Shows both texts whole, which cmocka would cut. */
static void
assert_text(const char *what, const char *text, const char *expected)
{
	if (strcmp(text, expected) != 0)
		fail_msg("%s:\n%s--- expected:\n%s", what, text, expected);
}

void
assert_sent(struct run *r, const char *expected)
{
	char *text = sent_text(r->sent, r->sent_size);
	size_t all = strlen(text);

	assert_true(all >= r->seen);
	assert_text("sent", text + r->seen, expected);
	r->seen = all;
	free(text);
}

void
skip_sent(struct run *r)
{
	char *text = sent_text(r->sent, r->sent_size);

	r->seen = strlen(text);
	free(text);
}

void
assert_events(struct run *r, const char *expected)
{
	assert_text("events", r->events.s, expected);
	r->events.s[0] = '\0';
	r->events.size = 0;
}

/* ---- Scenarios ---- */

static void
scenario_run(const struct scenario *sc, const struct peer *p, struct run *r,
    int in_place, size_t split, size_t step)
{
	run_init(r, sc->flight, sc->act);
	r->in_place = in_place;
	if (sc->setup != NULL)
		sc->setup(r);
	run_start(r);
	if (split != 0)
		run_feed(r, p->data, split, step);
	if (r->result == 0)
		run_feed(r, p->data + split, p->size - split, step);
	if (sc->eof && r->result == 0)
		run_eof(r);
}

void
check_scenario(const struct scenario *sc, const struct peer *p)
{
	struct run whole, r;
	size_t i, turn;
	char *text;

	scenario_run(sc, p, &whole, 0, 0, 0);
	text = sent_text(whole.sent, whole.sent_size);
	if (sc->events != NULL)
		assert_text("events", whole.events.s, sc->events);
	if (sc->sent != NULL)
		assert_text("sent", text, sc->sent);
	free(text);
	for (turn = 0; turn < p->size * 2; turn++) {
		/* Of the handshake only the ends of S0, S1 and S2; 0 stands
		 * for byte by byte. */
		i = turn / 2;
		if (i > 1 && i < PEER_HANDSHAKE_SIZE - 1 && i != 1537)
			continue;
		scenario_run(sc, p, &r, turn % 2 != 0, i, i == 0 ? 1 : 0);
		assert_text("events when split", r.events.s, whole.events.s);
		assert_int_equal(r.sent_size, whole.sent_size);
		assert_memory_equal(r.sent, whole.sent, r.sent_size);
		run_free(&r);
	}
	run_free(&whole);
}

/* ---- What many tests begin with ---- */

void
run_playing(struct run *r, struct peer *p)
{
	run_init(r, RTMP_FLIGHT_STEPWISE, act_play);
	run_start(r);
	peer_init(p);
	peer_connected(p);
	peer_playing(p, 2, 1);
	run_peer(r, p);
	assert_events(r, PLAY_STARTED);
	assert_sent(r, PLAY_SENT);
	p->size = 0;
}

void
check_playing(void (*more)(struct peer *p), const char *events)
{
	char expected[2048];
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_play, 0,
		expected, PLAY_SENT };
	struct peer p;

	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	more(&p);
	snprintf(expected, sizeof(expected), PLAY_STARTED "%s", events);
	check_scenario(&sc, &p);
	peer_free(&p);
}

void
act_publish(struct run *r, const struct rtmp_event *e)
{
	if (e == NULL)
		assert_int_equal(rtmp_session_publish(r->s, "key", NULL,
		    &r->stream[0]), 0);
}

void
act_play(struct run *r, const struct rtmp_event *e)
{
	if (e == NULL)
		assert_int_equal(rtmp_session_play(r->s, "key",
		    RTMP_PLAY_LIVE_OR_RECORDED, RTMP_PLAY_WHOLE, 1,
		    &r->stream[0]), 0);
}

struct rtmp_packet
text_packet(uint8_t type, uint32_t timestamp, const char *text)
{
	struct rtmp_packet p = { type, timestamp, (const uint8_t *)text,
		strlen(text) };

	return p;
}
