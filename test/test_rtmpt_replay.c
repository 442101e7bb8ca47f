/*
 * The tunnel through HTTP against what was seen of real clients: the requests
 * of the vectors, and recorded sessions.
 */
#include <rtmpio/rtmp.h>

#include "support/gate.h"
#include "support/support.h"

/* ---- Vectors ---- */

/* The body of a vector: of that size, with those first bytes, which may be
 * words that say what it is. */
static char *
make_body(const char *first8, size_t size)
{
	char *body = malloc(size + 1);
	uint8_t *first;
	size_t n;

	assert_non_null(body);
	memset(body, 'x', size);
	body[size] = '\0';
	if (first8[0] != '(') {
		first = from_hex(first8, &n);
		memcpy(body, first, n < size ? n : size);
		free(first);
	}
	return body;
}

static void
write_bytes(struct gate *g, const void *data, size_t size)
{
	struct iovec iov = { (void *)(uintptr_t)data, size };
	size_t n = 0;

	assert_int_equal(g->io.writev(g->io.ctx, &iov, 1, &n), 0);
	assert_int_equal(n, size);
}

/* One request: what leads to it, and its line in the log. */
static void
make_request(struct gate *g, const char *path, size_t size,
    const char *first8)
{
	char *body = make_body(first8, size);
	char line[128], *text;
	int r;

	if (strncmp(path, "POST /send/", 11) == 0)
		write_bytes(g, body, size);
	if (strncmp(path, "POST /close/", 12) == 0)
		assert_int_equal(g->io.shutdown(g->io.ctx), 0);
	if (strncmp(path, "POST /open/", 11) == 0) {
		assert_int_equal(gate_open(g), 0);
	} else {
		r = gate_read(g, 0, "");
		if (strncmp(path, "POST /idle/", 11) == 0)
			g->now += RTMPT_POLL_MAX_MS;
		if (g->log_size == 0)
			r = gate_read(g, 0, "");
		assert_int_equal(r, strncmp(path, "POST /close/", 12) == 0 ?
		    RTMP_ERR_EOF : 0);
	}
	snprintf(line, sizeof(line), "%s %zu ", path, size);
	g->log[g->log_size] = '\0';
	assert_int_equal(strncmp(g->log, line, strlen(line)), 0);
	text = g->log + strlen(line);
	if (first8[0] != '(')
		assert_int_equal(strncmp(text, first8, strlen(first8)), 0);
	assert_string_equal(strchr(text, '\n'), "\n");
	g->log_size = 0;
	free(body);
}

static void
makes_the_requests_of_the_vectors(void **state)
{
	static const char *const names[] = { "rtmpdump_2_4_play",
		"ffmpeg_9_0_2_play", "ffmpeg_9_0_2_publish" };
	cJSON *json = load_json("vectors/rtmpt.json");
	static struct gate g;
	const cJSON *row;
	const char *path;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		gate_init(&g, 0);
		gate_answer_body(&g, "", "SESSION42\n", 10);
		for (n = 0; n < 20; n++)
			gate_answer_rtmp(&g, "");
		cJSON_ArrayForEach(row, json_item(json, names[i])) {
			path = cJSON_GetArrayItem(row, 0)->valuestring;
			if (path[0] == '.')
				break; /* and so on */
			make_request(&g, path, (size_t)
			    cJSON_GetArrayItem(row, 1)->valuedouble,
			    cJSON_GetArrayItem(row, 2)->valuestring);
		}
		gate_free(&g);
	}
	cJSON_Delete(json);
}

/* The lines that both clients of the vectors send, in any case and order. */
static void
has_the_header_of_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/rtmpt.json");
	const cJSON *line;
	static struct gate g;
	const char *s;
	size_t n, i;
	char *found;

	(void)state;
	gate_init(&g, 1);
	assert_int_equal(gate_open(&g), 0);
	gate_answer_rtmp(&g, "");
	gate_write(&g, "x");
	assert_int_equal(gate_read(&g, 0, ""), 0);
	for (i = 0; g.head[i] != '\0'; i++)
		if (g.head[i] >= 'A' && g.head[i] <= 'Z')
			g.head[i] = (char)(g.head[i] + 32);
	cJSON_ArrayForEach(line, json_item(json, "request_headers_rtmpdump")) {
		s = cJSON_GetStringValue(line);
		n = strcspn(s, ":");
		for (i = 0; s[i] != '\0'; i++)
			line->valuestring[i] = (char)(s[i] >= 'A' &&
			    s[i] <= 'Z' ? s[i] + 32 : s[i]);
		if (strncmp(s, "host", n) == 0)
			s = "host: host:80";
		else if (strncmp(s, "content-length", n) == 0)
			s = "content-length: 1";
		found = strstr(g.head, s);
		assert_non_null(found);
		assert_memory_equal(found + strlen(s), "\r\n", 2);
	}
	gate_free(&g);
	cJSON_Delete(json);
}

/* ---- Recorded sessions ---- */

/* The replies of a session, one for each request, whatever it is. */
static uint8_t *
prepare_session(struct gate *g, const char *name)
{
	char path[128];
	uint8_t *s2c;
	size_t size, at, end;
	cJSON *json;
	const cJSON *row;

	snprintf(path, sizeof(path), "captures/%s/s2c.bin", name);
	s2c = load_data(path, &size);
	snprintf(path, sizeof(path), "captures/%s/http.json", name);
	json = load_json(path);
	gate_init(g, 0);
	cJSON_ArrayForEach(row, json) {
		at = (size_t)json_number(row, "s2c_offset");
		end = row->next != NULL ? (size_t)json_number(row->next,
		    "s2c_offset") : size;
		gate_answer(g, s2c + at, end - at, 0);
	}
	for (at = 0; at < 20; at++)
		gate_answer_rtmp(g, "");
	cJSON_Delete(json);
	return s2c;
}

/* What is read must be the stream that the replies carried, and what the gate
 * got the stream that was written. */
static void
replay_session(const char *name, size_t in_step, size_t out_step, int again)
{
	char path[128];
	static struct gate g;
	uint8_t *s2c = prepare_session(&g, name), *rtmp, *c2s, got[8192];
	size_t rtmp_size, c2s_size, pos = 0, sent = 0, n;
	struct iovec iov;
	int err;

	snprintf(path, sizeof(path), "captures/%s/rtmp_s2c.bin", name);
	rtmp = load_data(path, &rtmp_size);
	snprintf(path, sizeof(path), "captures/%s/rtmp_c2s.bin", name);
	c2s = load_data(path, &c2s_size);
	g.in_step = in_step;
	g.out_step = out_step;
	g.again = again;
	assert_int_equal(gate_open(&g), 0);
	while (pos < rtmp_size) {
		iov.iov_base = c2s + sent;
		iov.iov_len = c2s_size - sent < 1500 ? c2s_size - sent : 1500;
		if (sent < c2s_size && g.io.writev(g.io.ctx, &iov, 1, &n) == 0)
			sent += n;
		err = g.io.read(g.io.ctx, got, sizeof(got), &n);
		if (err == RTMP_ERR_AGAIN) {
			assert_true(g.io.wait(g.io.ctx, RTMP_WANT_READ,
			    1000) > 0);
			continue;
		}
		assert_int_equal(err, 0);
		assert_true(n <= rtmp_size - pos);
		assert_memory_equal(got, rtmp + pos, n);
		pos += n;
	}
	if (sent < c2s_size)
		write_bytes(&g, c2s + sent, c2s_size - sent);
	assert_int_equal(g.io.shutdown(g.io.ctx), 0);
	assert_int_equal(gate_read(&g, 1000, ""), RTMP_ERR_EOF);
	gate_close(&g);
	assert_int_equal(g.body_size, c2s_size);
	assert_memory_equal(g.body, c2s, c2s_size);
	gate_free(&g);
	free(s2c);
	free(rtmp);
	free(c2s);
}

static void
replays_recorded_sessions(void **state)
{
	static const char *const names[] = { "ffmpeg9-rtmpt-play",
		"ffmpeg9-rtmpt-publish", "rtmpdump-rtmpt-play" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		replay_session(names[i], 0, 0, 0);
		replay_session(names[i], 7, 0, 0);
		replay_session(names[i], 1000, 100, 1);
	}
}

/* The client on a tunnel plays what was once played, reply by reply. */
static void
client_plays_a_recorded_session(void **state)
{
	cJSON *json = load_json("captures/ffmpeg9-rtmpt-play/messages.json");
	struct rtmp_options opt;
	struct rtmp_packet p;
	static struct gate g;
	struct rtmp *r;
	uint8_t *s2c = prepare_session(&g, "ffmpeg9-rtmpt-play");
	const cJSON *row;
	char sha[65];

	(void)state;
	assert_int_equal(gate_open(&g), 0);
	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &g.io;
	r = rtmp_new(&opt);
	assert_int_equal(rtmp_connect(r, "rtmpt://host/live/x", NULL), 0);
	assert_int_equal(rtmp_play(r, -2), 0);
	cJSON_ArrayForEach(row, json_item(json, "s2c")) {
		int type = (int)json_number(row, "type");

		if (type != RTMP_MSG_AUDIO && type != RTMP_MSG_VIDEO)
			continue;
		do
			assert_int_equal(rtmp_read_packet(r, &p), 1);
		while (p.type == RTMP_MSG_DATA_AMF0);
		assert_int_equal(p.type, type);
		sha256_hex(p.data, p.size, sha);
		assert_string_equal(sha, json_string(row, "sha256"));
	}
	rtmp_free(r);
	gate_closed(&g);
	assert_non_null(strstr(g.log, "POST /close/"));
	gate_free(&g);
	cJSON_Delete(json);
	free(s2c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_the_requests_of_the_vectors),
		cmocka_unit_test(has_the_header_of_the_vectors),
		cmocka_unit_test(replays_recorded_sessions),
		cmocka_unit_test(client_plays_a_recorded_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
