/*
 * What real servers sent to real clients, given to a session that does what
 * the client did.  Only the transaction numbers of answers are changed where
 * they lie, from those of the client to those of the session; every other
 * byte is as it was on the wire.
 */
#include <dirent.h>

#include "base/wire.h"
#include "support/run.h"

#define NO_TRANSACTION 1000 /* of what the session does not ask */

struct capture {
	char name[300]; /* "captures/ffmpeg9-nginx-play" */
	cJSON *json;
	int publish;
	uint8_t *data; /* from the server */
	size_t size;
	const cJSON *next; /* message that is to come as a packet */
	int packets;
};

/* ---- Transactions ---- */

static const char *
command_name(const cJSON *message)
{
	const cJSON *values = cJSON_GetObjectItem(message, "values");
	const cJSON *name = cJSON_GetArrayItem(values, 0);

	return cJSON_IsString(name) ? name->valuestring : "";
}

/* The number under which the session asks what the client asked with this
 * one.  STEPWISE, and with one stream, they are known. */
static double
our_transaction(const struct capture *c, double theirs)
{
	const cJSON *m, *values;

	cJSON_ArrayForEach(m, json_item(c->json, "c2s")) {
		values = cJSON_GetObjectItem(m, "values");
		if (cJSON_GetArraySize(values) < 2 ||
		    !cJSON_IsNumber(cJSON_GetArrayItem(values, 1)) ||
		    cJSON_GetArrayItem(values, 1)->valuedouble < theirs ||
		    cJSON_GetArrayItem(values, 1)->valuedouble > theirs)
			continue;
		if (strcmp(command_name(m), "connect") == 0)
			return 1;
		if (strcmp(command_name(m), "createStream") == 0)
			return c->publish ? 4 : 2;
	}
	return NO_TRANSACTION;
}

/* An answer's body: a string, 3 + 7 bytes for "_result", then the number. */
static void
renumber(const struct capture *c, uint8_t *body, size_t size)
{
	size_t at = size > 3 ? 3 + (size_t)rtmp_get_be16(body + 1) + 1 : size;

	if (size >= at + 8 && (memcmp(body + 3, "_result", 7) == 0 ||
	    memcmp(body + 3, "_error", 6) == 0))
		rtmp_put_double(body + at, our_transaction(c,
		    rtmp_get_double(body + at)));
}

/* Short messages are handed out where they lie.  The answer to connect, which
 * may be split, is 1 for everyone. */
static void
renumber_all(struct capture *c)
{
	const uint8_t *p = c->data + PEER_HANDSHAKE_SIZE;
	size_t size = c->size - PEER_HANDSHAKE_SIZE;
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while (rtmp_chunk_reader_next(r, &p, &size, &m) == 1) {
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(r,
			    rtmp_get_be32(m.payload));
		if (m.type == RTMP_MSG_COMMAND_AMF0 &&
		    m.payload + m.size == p)
			renumber(c, c->data + (m.payload - c->data), m.size);
	}
	assert_string_equal(rtmp_chunk_reader_error(r), "");
	rtmp_chunk_reader_free(r);
}

/* ---- Packets ---- */

/* Whether a message of the capture is to come out as a packet. */
static int
is_packet(const cJSON *m)
{
	int type = (int)json_number(m, "type");

	if (type == RTMP_MSG_AUDIO || type == RTMP_MSG_VIDEO)
		return 1;
	return type == RTMP_MSG_DATA_AMF0 &&
	    strcmp(command_name(m), "|RtmpSampleAccess") != 0 &&
	    strcmp(command_name(m), "onStatus") != 0;
}

static void
find_packet(struct capture *c, const cJSON *from)
{
	while (from != NULL && !is_packet(from))
		from = from->next;
	c->next = from;
}

/* Type, time, size and hash; without the prefix that some servers pass on,
 * which is put back for the hash. */
static void
check_packet(struct capture *c, const struct rtmp_packet *p)
{
	static const uint8_t prefix[16] = { 2, 0, 13, '@', 's', 'e', 't', 'D',
		'a', 't', 'a', 'F', 'r', 'a', 'm', 'e' };
	const cJSON *m = c->next;
	size_t skipped;
	uint8_t *body;
	char hash[65];

	if (m == NULL)
		fail_msg("%s: more packets than the server sent", c->name);
	skipped = strcmp(command_name(m), "@setDataFrame") == 0 ? 16 : 0;
	assert_int_equal(p->type, json_number(m, "type"));
	assert_int_equal(p->timestamp, json_number(m, "timestamp"));
	assert_int_equal(p->size + skipped, json_number(m, "length"));
	body = malloc(p->size + 17);
	assert_non_null(body);
	memcpy(body, prefix, skipped);
	memcpy(body + skipped, p->data, p->size);
	sha256_hex(body, p->size + skipped, hash);
	assert_string_equal(hash, json_string(m, "sha256"));
	free(body);
	find_packet(c, m->next);
	c->packets++;
}

static void
act_replay(struct run *r, const struct rtmp_event *e)
{
	struct capture *c = r->arg;

	if (e == NULL) {
		if (c->publish)
			act_publish(r, NULL);
		else
			act_play(r, NULL);
	} else if (e->type == RTMP_EVENT_PACKET) {
		check_packet(c, &e->packet);
	}
}

/* ---- Replay ---- */

/* The events without packets and user control: those are checked, or many. */
static char *
main_events(const char *events)
{
	char *out = calloc(1, strlen(events) + 1);
	const char *line, *end;

	assert_non_null(out);
	for (line = events; *line != '\0'; line = end) {
		end = strchr(line, '\n') + 1;
		if (strncmp(line, "PACKET", 6) != 0 &&
		    strncmp(line, "USER_CONTROL", 12) != 0)
			strncat(out, line, (size_t)(end - line));
	}
	return out;
}

/* step: 0 is whole, 1 byte by byte, more is random pieces up to that. */
static char *
replay(struct capture *c, size_t step)
{
	uint32_t seed = 3;
	struct run r;
	size_t n, at;
	char *events;

	c->packets = 0;
	find_packet(c, json_item(c->json, "s2c")->child);
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_replay);
	r.arg = c;
	run_start(&r);
	for (at = 0; at < c->size && r.result == 0; at += n) {
		n = step < 2 ? c->size : 1 + next_random(&seed) % step;
		if (n > c->size - at)
			n = c->size - at;
		run_feed(&r, c->data + at, n, step == 1 ? 1 : 0);
	}
	if (r.result == 0)
		run_eof(&r);
	if (c->next != NULL && !c->publish)
		fail_msg("%s: packets are missing", c->name);
	events = main_events(r.events.s);
	run_free(&r);
	return events;
}

static void
capture_open(struct capture *c, const char *name, const char *file)
{
	char path[400];

	memset(c, 0, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "captures/%s", name);
	snprintf(path, sizeof(path), "%s/messages.json", c->name);
	c->json = load_json(path);
	snprintf(path, sizeof(path), "%s/%s", c->name, file);
	c->data = load_data(path, &c->size);
	c->publish = strstr(name, "-publish") != NULL;
	renumber_all(c);
}

static void
capture_close(struct capture *c)
{
	cJSON_Delete(c->json);
	free(c->data);
}

/* Replays a capture in all ways; the events, which are the same each time. */
static char *
replay_all(const char *name, const char *file, int *packets)
{
	struct capture c;
	char *events, *again;
	size_t steps[] = { 1, 30, 5000 }, i;

	capture_open(&c, name, file);
	events = replay(&c, 0);
	for (i = 0; i < 3; i++) {
		again = replay(&c, steps[i]);
		assert_string_equal(again, events);
		free(again);
	}
	*packets = c.packets;
	capture_close(&c);
	return events;
}

static int
has_file(const char *name, const char *file)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/captures/%s/%s", TEST_DATA, name,
	    file);
	f = fopen(path, "rb");
	if (f != NULL)
		fclose(f);
	return f != NULL;
}

static void
real_servers_are_understood(void **state)
{
	DIR *d = opendir(TEST_DATA "/captures");
	int sessions = 0, packets, total = 0;
	struct dirent *e;
	const char *start;
	char *events;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' ||
		    strncmp(e->d_name, "error-", 6) == 0)
			continue;
		events = replay_all(e->d_name, has_file(e->d_name,
		    "rtmp_s2c.bin") ? "rtmp_s2c.bin" : "s2c.bin", &packets);
		start = strstr(e->d_name, "-publish") != NULL ?
		    "\nPUBLISH_START 1 success" : "\nPLAY_START 1 success";
		if (strncmp(events, "CONNECTED success", 17) != 0 ||
		    strstr(events, start) == NULL ||
		    strstr(events, "REJECTED") != NULL ||
		    strstr(events, "PROTO") != NULL)
			fail_msg("%s:\n%s", e->d_name, events);
		if (strstr(e->d_name, "-play") != NULL)
			assert_true(packets > 10);
		free(events);
		sessions++;
		total += packets;
	}
	closedir(d);
	assert_true(sessions > 40);
	print_message("%d sessions, %d packets\n", sessions, total);
}

#define SUCCESS(words) \
	"CONNECTED success status NetConnection.Connect.Success " words "\n"
#define NGINX SUCCESS("Connection succeeded.")
#define SRS SUCCESS("Connection succeeded")
#define CLOSED "= EOF the server closed the connection\n"
#define PUBLISH_START(words) \
	"PUBLISH_START 1 success status NetStream.Publish.Start " words "\n"
#define PLAY_START(words) \
	"PLAY_START 1 success status NetStream.Play.Start " words "\n"
#define RESET_AND_START \
	"STATUS 1 other status NetStream.Play.Reset " \
	"Playing and resetting stream.\n" \
	PLAY_START("Started playing stream.")

static const struct {
	const char *name;
	const char *events;
} errors[] = {
	{ "error-noapp-ffmpeg9-nginx-publish",
	    "closed: closed error - closed the connection in answer to "
	    "connect: unknown app, or not allowed?\n"
	    "= REJECTED the server closed the connection in answer to "
	    "connect: unknown app, or not allowed?\n" },
	{ "error-twice-ffmpeg9-nginx-publish", NGINX
	    "REJECTED 1 in-use error NetStream.Publish.BadName "
	    "Already publishing\n" CLOSED },
	{ "error-twice-ffmpeg9-srs-publish", SRS
	    "closed: closed error - closed the connection in answer to "
	    "publish: stream name in use, or not allowed?\n"
	    "= REJECTED the server closed the connection in answer to "
	    "publish: stream name in use, or not allowed?\n" },
	{ "error-twice-ffmpeg9-nms-publish",
	    NGINX PUBLISH_START("/live/twice is now published.") CLOSED },
	{ "error-denied-ffmpeg9-nginx-publish",
	    NGINX PUBLISH_START("Start publishing") CLOSED },
	{ "error-denied-rtmpdump-nginx-play",
	    NGINX PLAY_START("Start live") CLOSED },
	{ "error-noapp-ffmpeg9-nms-publish",
	    NGINX PUBLISH_START("/nosuchapp/e1 is now published.") CLOSED },
	{ "error-noapp-ffmpeg9-srs-publish",
	    SRS PUBLISH_START("Started publishing stream.")
	    "STREAM_EOF 1 ended status NetStream.Unpublish.Success "
	    "Stream is now unpublished\n" CLOSED },
	{ "error-nostream-ffmpeg9-nginx-play",
	    NGINX PLAY_START("Start live") CLOSED },
	{ "error-nostream-rtmpdump-nginx-play",
	    NGINX PLAY_START("Start live")
	    "STREAM_EOF 1 ended status NetStream.Play.Stop Stop live\n"
	    CLOSED },
	{ "error-nostream-ffmpeg9-nms-play",
	    NGINX RESET_AND_START CLOSED },
	{ "error-nostream-rtmpdump-nms-play",
	    NGINX RESET_AND_START CLOSED },
	{ "error-nostream-ffmpeg9-srs-play", SRS RESET_AND_START CLOSED },
	{ "error-nostream-rtmpdump-srs-play", SRS RESET_AND_START CLOSED },
};

static void
real_refusals_are_understood(void **state)
{
	char *events;
	int packets;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		events = replay_all(errors[i].name, "s2c.bin", &packets);
		if (strcmp(events, errors[i].events) != 0)
			fail_msg("%s:\n%s--- expected:\n%s", errors[i].name,
			    events, errors[i].events);
		assert_int_equal(packets, 0);
		free(events);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_servers_are_understood),
		cmocka_unit_test(real_refusals_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
