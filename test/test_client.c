/*
 * The blocking client over a scripted transport.  The script is what nginx-
 * rtmp and others sent to real clients, in test/data/captures; FFmpeg numbers
 * its transactions as this library does, so that the answers fit.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>

#include "client/internal.h"
#include "support/captured.h"

/* ---- What the client has sent ---- */

struct sent {
	char text[128][80]; /* "audio 40 3", or the name of a command */
	int count;
};

static void
describe(const struct rtmp_message *m, char *text, size_t size)
{
	struct rtmp_amf0_reader r;
	const char *s = "";
	size_t len = 0;

	rtmp_amf0_reader_init(&r, m->payload, m->size);
	switch (m->type) {
	case RTMP_MSG_COMMAND_AMF0:
	case RTMP_MSG_DATA_AMF0:
		assert_int_equal(rtmp_amf0_get_string(&r, &s, &len), 0);
		snprintf(text, size, "%.*s", (int)len, s);
		break;
	default:
		snprintf(text, size, "type %d time %u size %zu", m->type,
		    m->timestamp, m->size);
		break;
	}
}

static void
decode_sent(const struct script *s, struct sent *sent)
{
	const uint8_t *data = s->out + HANDSHAKE_SIZE;
	size_t size = s->out_size - HANDSHAKE_SIZE;
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;

	assert_true(s->out_size >= HANDSHAKE_SIZE);
	memset(sent, 0, sizeof(*sent));
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while (rtmp_chunk_reader_next(r, &data, &size, &m) == 1) {
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(r,
			    (uint32_t)m.payload[0] << 24 |
			    (uint32_t)m.payload[1] << 16 |
			    (uint32_t)m.payload[2] << 8 | m.payload[3]);
		assert_true(sent->count < 128);
		describe(&m, sent->text[sent->count++],
		    sizeof(sent->text[0]));
	}
	assert_int_equal(size, 0);
	assert_string_equal(rtmp_chunk_reader_error(r), "");
	rtmp_chunk_reader_free(r);
}

static int
was_sent(const struct sent *sent, const char *text)
{
	int i;

	for (i = 0; i < sent->count; i++)
		if (strcmp(sent->text[i], text) == 0)
			return 1;
	return 0;
}

/* ---- Sessions against a capture ---- */

static void
check_published(const struct script *s)
{
	struct sent sent;

	decode_sent(s, &sent);
	assert_string_equal(sent.text[0], "connect");
	assert_true(was_sent(&sent, "releaseStream"));
	assert_true(was_sent(&sent, "FCPublish"));
	assert_true(was_sent(&sent, "createStream"));
	assert_true(was_sent(&sent, "publish"));
	assert_true(was_sent(&sent, "@setDataFrame"));
	assert_true(was_sent(&sent, "type 8 time 40 size 3"));
	assert_true(was_sent(&sent, "type 8 time 200 size 3"));
	assert_true(was_sent(&sent, "FCUnpublish"));
	assert_true(was_sent(&sent, "closeStream"));
	assert_true(was_sent(&sent, "deleteStream"));
}

static void
publishes_whole_and_in_pieces(void **state)
{
	static const struct {
		size_t in_step, out_step;
		int again;
	} ways[] = { { 0, 0, 0 }, { 1, 1, 0 }, { 7, 3, 1 }, { 0, 1, 1 },
		{ 1, 0, 1 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct rtmp_options opt;
		struct script s;
		struct rtmp *r;
		uint8_t *in = nginx_script(&s);

		s.in_step = ways[i].in_step;
		s.out_step = ways[i].out_step;
		s.again = ways[i].again;
		options_for(&opt, &s);
		r = rtmp_new(&opt);
		assert_non_null(r);
		if (publish_some(r) != 0)
			fail_msg("way %zu: %s", i, rtmp_error_detail(r));
		assert_true(s.closed);
		assert_true(s.shut);
		check_published(&s);
		rtmp_free(r);
		script_free(&s);
		free(in);
	}
}

/* Plays a capture; each packet must be the one that messages.json names. */
static void
play_capture(const char *name, size_t in_step)
{
	char path[128];
	const cJSON *m;
	cJSON *json;
	struct rtmp_options opt;
	struct rtmp_packet p;
	struct script s;
	struct rtmp *r;
	uint8_t *in;
	size_t size;
	int n = 0, got;

	snprintf(path, sizeof(path), "captures/%s/s2c.bin", name);
	in = load_data(path, &size);
	snprintf(path, sizeof(path), "captures/%s/messages.json", name);
	json = load_json(path);
	script_init(&s, in, size);
	s.eof = 1;
	s.in_step = in_step;
	options_for(&opt, &s);
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	cJSON_ArrayForEach(m, json_item(json, "s2c")) {
		char sha[65];
		int type = (int)json_number(m, "type");

		if (type != RTMP_MSG_AUDIO && type != RTMP_MSG_VIDEO)
			continue;
		while ((got = rtmp_read_packet(r, &p)) == 1 &&
		    p.type == RTMP_MSG_DATA_AMF0)
			;
		if (got != 1)
			fail_msg("%s: after %d packets: %d, %s", name, n, got,
			    rtmp_error_detail(r));
		assert_int_equal(p.type, type);
		assert_int_equal(p.timestamp,
		    (uint32_t)json_number(m, "timestamp"));
		sha256_hex(p.data, p.size, sha);
		assert_string_equal(sha, json_string(m, "sha256"));
		n++;
	}
	assert_true(n > 20);
	while ((got = rtmp_read_packet(r, &p)) == 1)
		assert_int_equal(p.type, RTMP_MSG_DATA_AMF0);
	assert_true(got == 0 || got == RTMP_ERR_EOF);
	rtmp_free(r);
	script_free(&s);
	cJSON_Delete(json);
	free(in);
}

static void
plays_what_servers_sent(void **state)
{
	static const char *const names[] = { "ffmpeg9-nginx-play",
		"ffmpeg5-nginx-play", "ffmpeg9-nginx-play-128",
		"ffmpeg9-nms-play", "ffmpeg9-nms-play-hevc",
		"ffmpeg9-srs-play" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		play_capture(names[i], 0);
		play_capture(names[i], 1);
		play_capture(names[i], 1000);
	}
}

/* ---- Behaviour ---- */

static void
one_write_per_packet(void **state)
{
	uint8_t *in, *data = calloc(1, 300000);
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, data, 300000 };
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;
	long writes;
	int i;

	(void)state;
	in = nginx_script(&s);
	options_for(&opt, &s);
	opt.chunk_size = 4096;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	writes = s.writes;
	for (i = 0; i < 20; i++)
		assert_int_equal(rtmp_write_packet(r, &p), 0);
	assert_int_equal(s.writes - writes, 20);
	rtmp_free(r);
	script_free(&s);
	free(data);
	free(in);
}

/* librtmp puts chunk headers into the caller's payload. */
static void
payload_is_never_written_to(void **state)
{
	size_t big = 1 << 20;
	uint8_t *in, *data = mmap(NULL, big, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rtmp_packet p = { RTMP_MSG_VIDEO, 0, data, big };
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;

	(void)state;
	assert_true(data != MAP_FAILED);
	in = nginx_script(&s);
	options_for(&opt, &s);
	opt.chunk_size = 128;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	assert_int_equal(rtmp_write_packet(r, &p), 0);
	rtmp_free(r);
	script_free(&s);
	munmap(data, big);
	free(in);
}

static void
many_packets_in_one_call(void **state)
{
	size_t written, before;
	uint8_t *in;
	static const uint8_t data[100] = { 0x27, 1 };
	struct rtmp_packet p[50];
	struct rtmp_options opt;
	struct sent sent;
	struct script s;
	struct rtmp *r;
	long writes;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		p[i].type = RTMP_MSG_VIDEO;
		p[i].timestamp = (uint32_t)i * 40;
		p[i].data = data;
		p[i].size = sizeof(data);
	}
	in = nginx_script(&s);
	options_for(&opt, &s);
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	writes = s.writes;
	assert_int_equal(rtmp_write_packets(r, p, 50, &written), 0);
	assert_int_equal(written, 50);
	assert_int_equal(s.writes - writes, 1);

	/* A packet that cannot be sent keeps none of those before it back. */
	before = s.out_size;
	p[20].type = 99;
	assert_int_equal(rtmp_write_packets(r, p, 50, &written),
	    RTMP_ERR_INVAL);
	assert_int_equal(written, 20);
	assert_true(s.out_size - before >= 20 * sizeof(data));
	decode_sent(&s, &sent);
	rtmp_free(r);
	script_free(&s);
	free(in);
}

static void
calls_out_of_order_are_refused(void **state)
{
	struct rtmp *r = rtmp_new(NULL);
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 0, NULL, 0 };
	struct rtmp_session_stats stats;

	(void)state;
	assert_int_equal(rtmp_publish(r, NULL), RTMP_ERR_STATE);
	assert_int_equal(rtmp_play(r, -1), RTMP_ERR_STATE);
	assert_int_equal(rtmp_write_packet(r, &p), RTMP_ERR_STATE);
	assert_string_equal(rtmp_error_detail(r), "not publishing");
	assert_int_equal(rtmp_read_packet(r, &p), RTMP_ERR_STATE);
	assert_int_equal(rtmp_pause(r, 1, 0), RTMP_ERR_STATE);
	assert_int_equal(rtmp_close(r), 0);
	assert_null(rtmp_last_status(r));
	assert_null(rtmp_get_session(r, NULL));
	rtmp_get_stats(r, &stats, sizeof(stats));
	assert_int_equal(stats.bytes_sent, 0);
	rtmp_free(r);
	rtmp_free(NULL);
}

static void
bad_urls_need_no_network(void **state)
{
	static const struct {
		const char *url;
		int err;
		const char *words;
	} bad[] = {
		{ "", RTMP_ERR_URL, "scheme" },
		{ "localhost/live/x", RTMP_ERR_URL, "scheme" },
		{ "http://localhost/live/x", RTMP_ERR_URL, "scheme" },
		{ "rtmp://", RTMP_ERR_URL, "host" },
		{ "rtmp://localhost", RTMP_ERR_URL, "app" },
		{ "rtmp://localhost/", RTMP_ERR_URL, "app" },
		{ "rtmp://localhost:0/live/x", RTMP_ERR_URL, "port" },
		{ "rtmp://localhost:99999/live/x", RTMP_ERR_URL, "port" },
		{ "rtmp://localhost:x/live/x", RTMP_ERR_URL, "port" },
		{ "rtmps://localhost/live/x", RTMP_ERR_TLS, "wrap_tls" },
		{ "rtmpts://localhost/live/x", RTMP_ERR_TLS, "wrap_tls" },
	};
	struct rtmp *r = rtmp_new(NULL);
	char longer[5000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(rtmp_connect(r, bad[i].url, NULL),
		    bad[i].err);
		if (strstr(rtmp_error_detail(r), bad[i].words) == NULL)
			fail_msg("%s: \"%s\"", bad[i].url,
			    rtmp_error_detail(r));
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memcpy(longer, "rtmp://", 7);
	assert_int_equal(rtmp_connect(r, longer, NULL), RTMP_ERR_URL);
	assert_non_null(strstr(rtmp_error_detail(r), "host"));
	memcpy(longer, "rtmp://h/app/", 13);
	assert_int_equal(rtmp_connect(r, longer, NULL), RTMP_ERR_URL);
	assert_non_null(strstr(rtmp_error_detail(r), "stream"));
	rtmp_free(r);
}

/* A transport that never moves ends with the deadline. */
static void
silent_transport_times_out(void **state)
{
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;

	(void)state;
	script_init(&s, NULL, 0);
	options_for(&opt, &s);
	opt.timeout_ms = 50;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), RTMP_ERR_TIMEOUT);
	assert_string_equal(rtmp_error_detail(r),
	    "timed out while waiting for the handshake");
	assert_true(s.closed);
	rtmp_free(r);
	script_free(&s);
}

static void
canceled_before_it_blocks(void **state)
{
	struct rtmp_options opt;
	struct script s;
	struct rtmp *r;

	(void)state;
	script_init(&s, NULL, 0);
	options_for(&opt, &s);
	opt.timeout_ms = -1;
	r = rtmp_new(&opt);
	rtmp_cancel(r);
	assert_int_equal(rtmp_connect(r, URL, NULL), RTMP_ERR_CANCELED);
	rtmp_free(r);
	script_free(&s);
}

static void
on_event(void *arg, const struct rtmp_event *event)
{
	int *seen = arg;

	seen[event->type]++;
}

static void
events_reach_the_application(void **state)
{
	uint8_t *in;
	struct rtmp_options opt;
	int seen[16] = { 0 };
	struct script s;
	struct rtmp *r;
	unsigned stream;

	(void)state;
	in = nginx_script(&s);
	options_for(&opt, &s);
	opt.on_event = on_event;
	opt.on_event_arg = seen;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(seen[RTMP_EVENT_CONNECTED], 1);
	assert_string_equal(rtmp_last_status(r)->code,
	    "NetConnection.Connect.Success");
	assert_int_equal(rtmp_publish(r, "record"), 0);
	assert_int_equal(seen[RTMP_EVENT_PUBLISH_START], 1);
	assert_int_equal(rtmp_last_status(r)->kind, RTMP_STATUS_SUCCESS);
	assert_non_null(rtmp_get_session(r, &stream));
	assert_int_equal(stream, 1);
	assert_int_equal(rtmp_publish(r, NULL), RTMP_ERR_STATE);
	assert_int_equal(rtmp_connect(r, URL, NULL), RTMP_ERR_STATE);
	assert_int_equal(rtmp_close(r), 0);
	rtmp_free(r);
	script_free(&s);
	free(in);
}

static void
options_that_were_not_set_up_are_refused(void **state)
{
	struct rtmp_options opt;
	struct rtmp *r;

	(void)state;
	memset(&opt, 0, sizeof(opt));
	opt.timeout_ms = 5; /* and is not heard */
	r = rtmp_new(&opt);
	assert_non_null(r);
	assert_int_equal(rtmp_connect(r, URL, NULL), RTMP_ERR_INVAL);
	assert_non_null(strstr(rtmp_error_detail(r), "rtmp_options_init()"));
	rtmp_free(r);
}

/* What it points to is in a buffer of the handle's, whatever its size. */
static void
of_a_status_nothing_stays_with_the_session(void **state)
{
	static const struct rtmp_lent lent = { 1, 3, {
		offsetof(struct rtmp_status, code),
		offsetof(struct rtmp_status, amf0),
		offsetof(struct rtmp_status, redirect)
	} };
	static const uint8_t nothing[1] = { 0 };
	const size_t sizes[] = { 0, 1 };
	struct rtmp_status status;
	struct rtmp *r = rtmp_new(NULL);

	(void)state;
	assert_non_null(r);
	memset(&status, 0, sizeof(status));
	status.code = "a";
	status.amf0 = nothing;
	assert_int_equal(rtmp_client_own(r, &r->status_text, &status, &lent,
		sizes), 0);
	assert_int_equal(r->status_text.size, 2);
	assert_ptr_equal(status.code, r->status_text.data);
	assert_string_equal(status.code, "a");
	assert_ptr_equal(status.amf0, r->status_text.data + 2);
	assert_null(status.redirect);
	rtmp_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_status_nothing_stays_with_the_session),
		cmocka_unit_test(publishes_whole_and_in_pieces),
		cmocka_unit_test(plays_what_servers_sent),
		cmocka_unit_test(one_write_per_packet),
		cmocka_unit_test(payload_is_never_written_to),
		cmocka_unit_test(many_packets_in_one_call),
		cmocka_unit_test(calls_out_of_order_are_refused),
		cmocka_unit_test(bad_urls_need_no_network),
		cmocka_unit_test(silent_transport_times_out),
		cmocka_unit_test(canceled_before_it_blocks),
		cmocka_unit_test(events_reach_the_application),
		cmocka_unit_test(options_that_were_not_set_up_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
