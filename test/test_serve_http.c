/*
 * rtmp-serve as a web server: the requests of RTMPT in good order, in bad
 * order, and others; and RTMP on the same port.
 */
#include <poll.h>
#include <unistd.h>
#include <sys/socket.h>

#include "support/server.h"

#define HANDSHAKE_1 1537 /* C0 and C1, or S0 and S1 */
#define HANDSHAKE_3 3073

static int web;
static char answer[1 << 17];
static size_t answer_size;

static void
send_bytes(const void *data, size_t size)
{
	struct pollfd p = { web, POLLOUT, 0 };
	const char *at = data;
	ssize_t n;

	while (size != 0) {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		n = send(web, at, size, MSG_NOSIGNAL);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
}

static size_t
make_request(char *out, size_t room, const char *path, const void *body,
    size_t size)
{
	size_t n = (size_t)snprintf(out, room, "POST %s HTTP/1.1\r\n"
	    "Host: x\r\nContent-length: %zu\r\n\r\n", path, size);

	assert_true(n + size <= room);
	memcpy(out + n, body, size);
	return n + size;
}

/* Reads one reply; returns its body, and how long it is.  NULL: the server
 * has closed. */
static const char *
receive(size_t *body_size)
{
	struct pollfd p = { web, POLLIN, 0 };
	char *body = NULL;
	ssize_t n;

	answer_size = 0;
	while (body == NULL || answer_size < (size_t)(body - answer) +
	    *body_size) {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		/* No byte of the next reply. */
		n = recv(web, answer + answer_size, body == NULL ? 1 :
		    (size_t)(body - answer) + *body_size - answer_size, 0);
		if (n <= 0)
			return NULL;
		answer_size += (size_t)n;
		answer[answer_size] = '\0';
		if (body != NULL || (body = strstr(answer, "\r\n\r\n")) ==
		    NULL)
			continue;
		body += 4;
		*body_size = strtoul(strstr(answer, "Content-Length: ") + 16,
		    NULL, 10);
	}
	return body;
}

static const char *
ask(const char *path, const void *body, size_t size, size_t *body_size)
{
	char request[4096];

	send_bytes(request, make_request(request, sizeof(request), path, body,
	    size));
	return receive(body_size);
}

/* Opens a session and returns its id. */
static const char *
open_session(void)
{
	static char id[64];
	size_t size;
	const char *body = ask("/open/1", "", 1, &size);

	assert_non_null(body);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
	snprintf(id, sizeof(id), "%.*s", (int)size - 1, body);
	assert_int_equal(body[size - 1], '\n');
	return id;
}

static const char *
path_of(const char *what, const char *id, int number)
{
	static char path[4][128];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "/%s/%s/%d", what, id, number);
	return p;
}

static void
expect_refusal(const char *path, const char *status)
{
	char line[64];
	size_t size;

	assert_non_null(ask(path, "", 1, &size));
	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", status);
	assert_int_equal(strncmp(answer, line, strlen(line)), 0);
	assert_null(receive(&size));
	close(web);
	web = connect_server();
}

static void
start(const char *opt1, const char *opt2)
{
	server_start("--rtmpt", opt1, opt2);
	web = connect_server();
}

static void
stop(void)
{
	close(web);
	server_stop();
}

/* ---- Sessions ---- */

/* A handshake: what goes in comes out again, in order. */
static void
carries_bytes(void **state)
{
	static uint8_t c[HANDSHAKE_1] = { 3 };
	char id[64];
	size_t size, got = 0, i;
	const char *body;
	int number = 0;

	(void)state;
	start(NULL, NULL);
	snprintf(id, sizeof(id), "%s", open_session());
	for (i = 9; i < sizeof(c); i++)
		c[i] = (uint8_t)i;
	body = ask(path_of("send", id, number++), c, sizeof(c), &size);
	while (got < HANDSHAKE_3) {
		assert_non_null(body);
		assert_in_range((unsigned char)body[0], 1, 0x21);
		if (got == 0 && size > 1)
			assert_int_equal(body[1], 3);
		got += size - 1;
		/* S2 is C1. */
		if (got == HANDSHAKE_3)
			assert_memory_equal(body + size - 100,
			    c + HANDSHAKE_1 - 100, 100);
		body = ask(path_of("idle", id, number++), "", 1, &size);
	}
	assert_int_equal(got, HANDSHAKE_3);
	assert_non_null(ask(path_of("close", id, number++), "", 1, &size));
	assert_int_equal(size, 1);
	expect_refusal(path_of("idle", id, number++), "404 Not Found");
	stop();
}

/* Requests may come in pieces, or several at once. */
static void
reads_requests_in_any_pieces(void **state)
{
	char all[4096], id[64];
	size_t size = 0, i, n;

	(void)state;
	start(NULL, NULL);
	snprintf(id, sizeof(id), "%s", open_session());
	for (i = 0; i < 3; i++)
		size += make_request(all + size, sizeof(all) - size,
		    path_of("idle", id, (int)i), "", 1);
	for (i = 0; i < size; i++)
		send_bytes(all + i, 1);
	for (i = 0; i < 3; i++)
		assert_non_null(receive(&n));
	size = 0;
	for (i = 3; i < 6; i++)
		size += make_request(all + size, sizeof(all) - size,
		    path_of("send", id, (int)i), "\3", i == 3);
	send_bytes(all, size);
	for (i = 0; i < 3; i++)
		assert_non_null(receive(&n));
	stop();
}

static void
other_connections_may_go_on(void **state)
{
	char id[64];
	size_t size;
	int i;

	(void)state;
	start("--rtmpt-requests", "2");
	snprintf(id, sizeof(id), "%s", open_session());
	for (i = 0; i < 7; i++) {
		if (i % 2 == 1) {
			/* The second reply on a connection was its last. */
			assert_null(receive(&size));
			close(web);
			web = connect_server();
		}
		assert_non_null(ask(path_of("idle", id, i), "", 1, &size));
		assert_non_null(strstr(answer, "Keep-Alive"));
	}
	stop();
}

/* The polling byte asks for patience while nothing comes. */
static void
the_polling_byte_rises(void **state)
{
	char id[64];
	const char *body = "";
	size_t size;
	int i;

	(void)state;
	start(NULL, NULL);
	snprintf(id, sizeof(id), "%s", open_session());
	for (i = 0; i < 10; i++) {
		body = ask(path_of("idle", id, i), "", 1, &size);
		assert_int_equal(size, 1);
		assert_int_equal(body[0], i < 9 ? 1 : 2);
	}
	stop();
}

/* ---- Refusals ---- */

static void
refuses_what_is_out_of_order(void **state)
{
	char id[64];
	size_t size;

	(void)state;
	start(NULL, NULL);
	expect_refusal("/send/nobody/0", "404 Not Found");
	expect_refusal("/idle/", "404 Not Found");
	expect_refusal("/close//0", "404 Not Found");
	expect_refusal("/fcs/ident2", "404 Not Found");
	expect_refusal("/", "404 Not Found");
	snprintf(id, sizeof(id), "%s", open_session());
	assert_non_null(ask(path_of("idle", id, 0), "", 1, &size));
	/* A number that is repeated ends the session. */
	expect_refusal(path_of("idle", id, 0), "400 Bad Request");
	expect_refusal(path_of("idle", id, 1), "404 Not Found");
	stop();
}

static void
refuses_other_requests(void **state)
{
	static const char chunked[] = "POST /open/1 HTTP/1.1\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n";
	static const char put[] = "PUT /open/1 HTTP/1.1\r\n\r\n";
	char endless[20000];
	size_t size;

	(void)state;
	start(NULL, NULL);
	send_bytes(chunked, sizeof(chunked) - 1);
	assert_non_null(receive(&size));
	assert_int_equal(strncmp(answer, "HTTP/1.1 411 ", 13), 0);
	assert_null(receive(&size));
	close(web);
	web = connect_server();
	send_bytes(put, sizeof(put) - 1);
	assert_non_null(receive(&size));
	assert_int_equal(strncmp(answer, "HTTP/1.1 405 ", 13), 0);
	close(web);
	web = connect_server();
	memset(endless, 'P', sizeof(endless));
	send_bytes(endless, 8192);
	assert_null(receive(&size));
	stop();
}

/* ---- What clients have sent ---- */

/* The header of a recorded client, for this path and size. */
static size_t
put_header(char *out, size_t room, const cJSON *lines, const char *path,
    size_t size)
{
	size_t n = (size_t)snprintf(out, room, "POST %s HTTP/1.1\r\n", path);
	const cJSON *line;
	const char *s;

	cJSON_ArrayForEach(line, lines) {
		s = line->valuestring;
		if (strncmp(s, "Content-", 8) == 0 && s[strlen(s) - 1] == 'N')
			n += (size_t)snprintf(out + n, room - n,
			    "%.16s%zu\r\n", s, size);
		else
			n += (size_t)snprintf(out + n, room - n, "%s\r\n", s);
	}
	return n + (size_t)snprintf(out + n, room - n, "\r\n");
}

/* Repeats a session with the requests of the client in their order, and
 * returns what of RTMP has come. */
static char *
repeat_session(const char *name, const cJSON *lines, size_t *rtmp_size)
{
	static char request[1 << 17];
	char path[128], id[64] = "", *rtmp = NULL;
	size_t sent = 0, c2s_size, size, n;
	uint8_t *c2s;
	cJSON *json;
	const cJSON *row;
	const char *what, *body;
	int number = 0;

	snprintf(path, sizeof(path), "captures/%s/rtmp_c2s.bin", name);
	c2s = load_data(path, &c2s_size);
	snprintf(path, sizeof(path), "captures/%s/http.json", name);
	json = load_json(path);
	*rtmp_size = 0;
	cJSON_ArrayForEach(row, json) {
		what = json_string(row, "request") + strlen("POST /");
		size = (size_t)json_number(row, "request_body");
		if (strncmp(what, "open", 4) == 0)
			snprintf(path, sizeof(path), "/open/1");
		else
			snprintf(path, sizeof(path), "/%.*s/%s/%d",
			    (int)strcspn(what, "/"), what, id, number++);
		n = put_header(request, sizeof(request), lines, path, size);
		assert_true(n + size <= sizeof(request));
		if (strncmp(what, "send", 4) == 0) {
			assert_true(sent + size <= c2s_size);
			memcpy(request + n, c2s + sent, size);
			sent += size;
		} else {
			memset(request + n, 0, size);
		}
		send_bytes(request, n + size);
		body = receive(&size);
		assert_non_null(body);
		assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17),
		    0);
		assert_true(size >= 1);
		if (strncmp(what, "open", 4) == 0) {
			snprintf(id, sizeof(id), "%.*s", (int)size - 1, body);
			continue;
		}
		rtmp = realloc(rtmp, *rtmp_size + size);
		memcpy(rtmp + *rtmp_size, body + 1, size - 1);
		*rtmp_size += size - 1;
	}
	assert_int_equal(sent, c2s_size);
	cJSON_Delete(json);
	free(c2s);
	return rtmp;
}

/* The server that FFmpeg and rtmpdump have met in the captures, with the
 * header lines of rtmpt.json. */
static void
takes_the_requests_of_recorded_clients(void **state)
{
	static const struct {
		const char *capture, *lines, *code;
	} sessions[] = {
		{ "ffmpeg9-rtmpt-publish", "request_headers_ffmpeg",
		    "NetStream.Publish.Start" },
		{ "ffmpeg9-rtmpt-play", "request_headers_ffmpeg",
		    "NetStream.Play.Start" },
		{ "rtmpdump-rtmpt-play", "request_headers_rtmpdump",
		    "NetStream.Play.Start" },
	};
	cJSON *json = load_json("vectors/rtmpt.json");
	size_t size, i, at, n;
	char *rtmp;

	(void)state;
	for (i = 0; i < 3; i++) {
		start(NULL, NULL);
		rtmp = repeat_session(sessions[i].capture,
		    json_item(json, sessions[i].lines), &size);
		assert_true(size > HANDSHAKE_3);
		assert_int_equal(rtmp[0], 3);
		n = strlen(sessions[i].code);
		for (at = HANDSHAKE_3; at + n <= size &&
		    memcmp(rtmp + at, sessions[i].code, n) != 0; at++)
			;
		assert_true(at + n <= size);
		free(rtmp);
		stop();
	}
	cJSON_Delete(json);
}

/* ---- RTMP ---- */

static void
rtmp_has_the_same_port(void **state)
{
	struct client c;

	(void)state;
	start(NULL, NULL);
	client_publish(&c, "x");
	client_close(&c);
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_bytes),
		cmocka_unit_test(reads_requests_in_any_pieces),
		cmocka_unit_test(other_connections_may_go_on),
		cmocka_unit_test(the_polling_byte_rises),
		cmocka_unit_test(refuses_what_is_out_of_order),
		cmocka_unit_test(refuses_other_requests),
		cmocka_unit_test(takes_the_requests_of_recorded_clients),
		cmocka_unit_test(rtmp_has_the_same_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
