/*
 * rtmp-serve as a process of its own, with sessions of this library and bare
 * sockets as its clients.  Everything happens in lockstep: a client is turned
 * until what is awaited has come, so no test depends on time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rtmpio/flv.h>
#include <rtmpio/handshake.h>
#include <rtmpio/session.h>
#include "support/support.h"

#define PATIENCE_MS 5000
#define RECORD_DIR TEST_BUILD "/test_serve.record"

/* ---- The server ---- */

static pid_t server_pid;
static int server_port;

/* Starts it with up to three options and reads which port it has. */
static void
server_start(const char *opt1, const char *opt2, const char *opt3)
{
	const char *argv[] = { TEST_BUILD "/rtmp-serve", "127.0.0.1:0", opt1,
		opt2, opt3, NULL };
	char line[80] = "";
	int fds[2];
	FILE *f;

	/* A test that failed has left its own. */
	if (server_pid > 0) {
		kill(server_pid, SIGKILL);
		waitpid(server_pid, NULL, 0);
	}
	assert_int_equal(pipe(fds), 0);
	server_pid = fork();
	if (server_pid == 0) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		if (freopen("/dev/null", "w", stderr) != NULL)
			execv(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(server_pid > 0);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_int_equal(sscanf(line, "listening on 127.0.0.1:%d",
	    &server_port), 1);
	fclose(f);
}

/* It is still alive, and ends cleanly. */
static void
server_stop(void)
{
	int status;

	assert_int_equal(kill(server_pid, SIGTERM), 0);
	assert_int_equal(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int
connect_server(int receive_buffer)
{
	struct sockaddr_in addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (receive_buffer != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
		    sizeof(receive_buffer));
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons((uint16_t)server_port);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
	    0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* ---- A client ---- */

struct got {
	unsigned stream;
	uint8_t type;
	uint32_t timestamp;
	size_t size;
	char sha[65];
};

/* An event other than a packet. */
struct seen {
	enum rtmp_event_type type;
	enum rtmp_status_kind kind;
	char code[64];
};

struct peer {
	int fd;
	struct rtmp_session *s;
	unsigned stream;
	struct seen seen[64]; /* of which the first next were awaited */
	size_t next, seen_count;
	struct got got[512]; /* packets */
	size_t count;
	int eof;
};

static void
peer_open(struct peer *p, const char *app, enum rtmp_flight flight)
{
	struct rtmp_session_config config;

	memset(p, 0, sizeof(*p));
	rtmp_session_config_init(&config, sizeof(config));
	config.app = app;
	config.tc_url = "rtmp://127.0.0.1/live";
	config.flight = flight;
	p->fd = connect_server(0);
	assert_int_equal(rtmp_session_new(&p->s, &config), 0);
}

static void
peer_close(struct peer *p)
{
	rtmp_session_free(p->s);
	close(p->fd);
}

static void
peer_event(struct peer *p, const struct rtmp_event *e)
{
	struct seen *seen;
	struct got *g;

	if (e->type != RTMP_EVENT_PACKET) {
		assert_in_range(p->seen_count, 0, 63);
		seen = &p->seen[p->seen_count++];
		seen->type = e->type;
		seen->kind = e->status.kind;
		snprintf(seen->code, sizeof(seen->code), "%s",
		    e->status.code != NULL ? e->status.code : "");
		return;
	}
	assert_in_range(p->count, 0, 511);
	g = &p->got[p->count++];
	g->stream = e->stream;
	g->type = e->packet.type;
	g->timestamp = e->packet.timestamp;
	g->size = e->packet.size;
	sha256_hex(e->packet.data, e->packet.size, g->sha);
}

/* Moves what can be moved.  Returns 0 when nothing came in time, or the
 * server has closed. */
static int
peer_turn(struct peer *p, int timeout_ms)
{
	static uint8_t buf[65536];
	const uint8_t *data = buf;
	const struct rtmp_event *event;
	struct iovec iov[64];
	struct pollfd pfd = { p->fd, POLLIN, 0 };
	size_t size;
	ssize_t n;
	int count, r;

	while ((count = rtmp_session_send_iov(p->s, iov, 64)) > 0) {
		n = writev(p->fd, iov, count);
		if (n <= 0) {
			pfd.events |= POLLOUT;
			break;
		}
		rtmp_session_sent(p->s, (size_t)n);
	}
	if (poll(&pfd, 1, timeout_ms) == 0)
		return 0;
	n = read(p->fd, buf, sizeof(buf));
	if (n < 0 && errno == EAGAIN)
		return 1;
	if (n <= 0) {
		p->eof = 1;
		return 0;
	}
	size = (size_t)n;
	while ((r = rtmp_session_recv(p->s, &data, &size, &event)) == 1)
		peer_event(p, event);
	if (r < 0 && r != RTMP_ERR_REJECTED)
		fail_msg("%s", rtmp_session_error(p->s));
	return 1;
}

/* The next event of that type; what comes before it is left out. */
static const struct seen *
await_event(struct peer *p, enum rtmp_event_type type)
{
	do {
		while (p->next < p->seen_count)
			if (p->seen[p->next++].type == type)
				return &p->seen[p->next - 1];
	} while (peer_turn(p, PATIENCE_MS));
	fail_msg("event %d does not come", (int)type);
	return NULL;
}

static void
await_status(struct peer *p, const char *code)
{
	while (strcmp(await_event(p, RTMP_EVENT_STATUS)->code, code) != 0)
		;
}

static void
await_packets(struct peer *p, size_t count)
{
	while (p->count < count && peer_turn(p, PATIENCE_MS))
		;
	assert_int_equal(p->count, count);
}

static void
await_eof(struct peer *p)
{
	while (peer_turn(p, PATIENCE_MS))
		;
	assert_true(p->eof);
}

static void
peer_publish(struct peer *p, const char *name)
{
	peer_open(p, "live", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(rtmp_session_publish(p->s, name, NULL, &p->stream),
	    0);
	await_event(p, RTMP_EVENT_PUBLISH_START);
}

static void
peer_play(struct peer *p, const char *name)
{
	peer_open(p, "live", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(rtmp_session_play(p->s, name,
	    RTMP_PLAY_LIVE_OR_RECORDED, RTMP_PLAY_WHOLE, 1, &p->stream), 0);
	await_event(p, RTMP_EVENT_PLAY_START);
}

static void
send_packet(struct peer *p, unsigned stream, uint8_t type, uint32_t timestamp,
    const void *data, size_t size)
{
	struct rtmp_packet packet = { type, timestamp, data, size };
	struct iovec iov;

	assert_int_equal(rtmp_session_write(p->s, stream, &packet), 0);
	while (rtmp_session_send_iov(p->s, &iov, 1) > 0)
		peer_turn(p, 0);
}

/* Asks the server for something whose answer follows all that was sent. */
static void
synchronize(struct peer *p)
{
	assert_int_equal(rtmp_session_call(p->s, 0, "_checkbw", NULL, 0,
	    NULL), 0);
	await_event(p, RTMP_EVENT_RESULT);
}

static void
is_packet(const struct got *g, uint8_t type, uint32_t timestamp,
    const void *data, size_t size)
{
	char sha[65];

	sha256_hex(data, size, sha);
	assert_int_equal(g->type, type);
	assert_int_equal(g->timestamp, timestamp);
	assert_int_equal(g->size, size);
	assert_string_equal(g->sha, sha);
}

static const uint8_t metadata[] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't', 'a',
	'D', 'a', 't', 'a', 8, 0, 0, 0, 0, 0, 0, 9 };
static const uint8_t avc_header[] = { 0x17, 0, 0, 0, 0, 1, 100 };
static const uint8_t aac_header[] = { 0xaf, 0, 0x12, 0x10 };
static const uint8_t key_frame[] = { 0x17, 1, 0, 0, 0, 'k' };
static const uint8_t inter_frame[] = { 0x27, 1, 0, 0, 0, 'i' };
static const uint8_t aac_frame[] = { 0xaf, 1, 'a' };

#define SEND_VIDEO(p, ts, data) \
	send_packet(p, (p)->stream, RTMP_MSG_VIDEO, ts, data, sizeof(data))
#define SEND_AUDIO(p, ts, data) \
	send_packet(p, (p)->stream, RTMP_MSG_AUDIO, ts, data, sizeof(data))
#define IS_VIDEO(g, ts, data) \
	is_packet(g, RTMP_MSG_VIDEO, ts, data, sizeof(data))
#define IS_AUDIO(g, ts, data) \
	is_packet(g, RTMP_MSG_AUDIO, ts, data, sizeof(data))

/* ---- Relaying ---- */

static void
test_packets_pass_unchanged(void **state)
{
	static const uint32_t times[] = { 0, 1, 0xfffffe, 0xffffff, 0x1000000,
		0x1000001, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 5 };
	static const size_t sizes[] = { 0, 1, 127, 128, 129, 4096, 60000,
		60001, 300000, 7, 1000 };
	static uint8_t data[300000];
	static struct peer pub, play;
	uint32_t seed = 1;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)next_random(&seed);
	data[0] = 0x22; /* an inter frame of H.263 */
	server_start(NULL, NULL, NULL);
	peer_play(&play, "a");
	peer_publish(&pub, "a?token=1");
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		send_packet(&pub, pub.stream, RTMP_MSG_VIDEO, times[i], data,
		    sizes[i]);
		await_packets(&play, i + 1);
		is_packet(&play.got[i], RTMP_MSG_VIDEO, times[i], data,
		    sizes[i]);
		assert_int_equal(play.got[i].stream, play.stream);
	}
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

static void
test_small_chunks(void **state)
{
	static uint8_t data[5000];
	static struct peer pub, play;

	(void)state;
	server_start("--chunk-size", "1", NULL);
	peer_play(&play, "a");
	peer_publish(&pub, "a");
	send_packet(&pub, pub.stream, RTMP_MSG_AUDIO, 0x1000000, data,
	    sizeof(data));
	await_packets(&play, 1);
	IS_AUDIO(&play.got[0], 0x1000000, data);
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

static void
test_late_player_gets_headers_and_last_gop(void **state)
{
	static struct peer pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_publish(&pub, "a");
	send_packet(&pub, pub.stream, RTMP_MSG_DATA_AMF0, 0, metadata,
	    sizeof(metadata));
	SEND_VIDEO(&pub, 0, avc_header);
	SEND_AUDIO(&pub, 0, aac_header);
	SEND_VIDEO(&pub, 0, key_frame);
	SEND_VIDEO(&pub, 40, inter_frame);
	SEND_VIDEO(&pub, 80, key_frame);
	SEND_AUDIO(&pub, 90, aac_frame);
	SEND_VIDEO(&pub, 120, inter_frame);
	synchronize(&pub);
	peer_play(&play, "a");
	SEND_AUDIO(&pub, 130, aac_frame);
	await_packets(&play, 7);
	is_packet(&play.got[0], RTMP_MSG_DATA_AMF0, 80, metadata,
	    sizeof(metadata));
	IS_VIDEO(&play.got[1], 80, avc_header);
	IS_AUDIO(&play.got[2], 80, aac_header);
	IS_VIDEO(&play.got[3], 80, key_frame);
	IS_AUDIO(&play.got[4], 90, aac_frame);
	IS_VIDEO(&play.got[5], 120, inter_frame);
	IS_AUDIO(&play.got[6], 130, aac_frame);
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

static void
test_late_player_waits_for_a_key_frame(void **state)
{
	static struct peer pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, inter_frame);
	synchronize(&pub);
	peer_play(&play, "a");
	SEND_VIDEO(&pub, 40, inter_frame);
	SEND_AUDIO(&pub, 50, aac_frame);
	SEND_VIDEO(&pub, 80, key_frame);
	SEND_VIDEO(&pub, 120, inter_frame);
	await_packets(&play, 3);
	IS_AUDIO(&play.got[0], 50, aac_frame);
	IS_VIDEO(&play.got[1], 80, key_frame);
	IS_VIDEO(&play.got[2], 120, inter_frame);
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

/* The headers of each track of Enhanced RTMP are kept, and only the newest of
 * its kind. */
static void
test_headers_of_enhanced_tracks_are_kept(void **state)
{
	static const uint8_t hevc[] = { 0x90, 'h', 'v', 'c', '1', 1 };
	static const uint8_t newer[] = { 0x90, 'h', 'v', 'c', '1', 2 };
	static const uint8_t track1[] = { 0x96, 0, 'h', 'v', 'c', '1', 1, 9 };
	static const uint8_t modex[] = { 0x97, 2, 1, 2, 3, 6, 0x00, 'h', 'v',
		'c', '1', 2, 9 };
	static const uint8_t channels[] = { 0x94, 'O', 'p', 'u', 's', 1, 2 };
	static const uint8_t key[] = { 0x93, 'h', 'v', 'c', '1', 'k' };
	static struct peer pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, hevc);
	SEND_VIDEO(&pub, 0, track1);
	SEND_VIDEO(&pub, 0, modex);
	SEND_AUDIO(&pub, 0, channels);
	SEND_VIDEO(&pub, 0, newer);
	SEND_VIDEO(&pub, 10, key);
	synchronize(&pub);
	peer_play(&play, "a");
	await_packets(&play, 5);
	IS_VIDEO(&play.got[0], 10, newer);
	IS_VIDEO(&play.got[1], 10, track1);
	IS_VIDEO(&play.got[2], 10, modex);
	IS_AUDIO(&play.got[3], 10, channels);
	IS_VIDEO(&play.got[4], 10, key);
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

static void
test_player_outlives_publishers(void **state)
{
	static struct peer pub, play;
	size_t i;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_play(&play, "a");
	for (i = 0; i < 3; i++) {
		peer_publish(&pub, "a");
		SEND_VIDEO(&pub, 0, key_frame);
		await_packets(&play, i + 1);
		peer_close(&pub);
		await_event(&play, RTMP_EVENT_STREAM_EOF);
	}
	peer_close(&play);
	server_stop();
}

static void
test_slow_player_is_dropped_alone(void **state)
{
	static uint8_t block[65536] = { 0x22 };
	static struct peer pub, fast, slow;
	int size = 4096, i;

	(void)state;
	server_start("--queue", "200000", NULL);
	peer_play(&slow, "a");
	setsockopt(slow.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	peer_play(&fast, "a");
	peer_publish(&pub, "a");
	for (i = 0; i < 200; i++) {
		SEND_VIDEO(&pub, (uint32_t)i, block);
		await_packets(&fast, (size_t)i + 1);
	}
	await_eof(&slow);
	assert_true(slow.count < 200);
	assert_false(fast.eof);
	peer_close(&pub);
	peer_close(&fast);
	peer_close(&slow);
	server_stop();
}

static void
test_paused_player_gets_nothing(void **state)
{
	static struct peer pub, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_play(&play, "a");
	peer_publish(&pub, "a");
	SEND_VIDEO(&pub, 0, key_frame);
	await_packets(&play, 1);
	rtmp_session_pause(play.s, play.stream, 1, 0);
	await_status(&play, "NetStream.Pause.Notify");
	SEND_VIDEO(&pub, 40, inter_frame);
	synchronize(&pub);
	rtmp_session_pause(play.s, play.stream, 0, 0);
	await_status(&play, "NetStream.Unpause.Notify");
	SEND_VIDEO(&pub, 80, inter_frame);
	SEND_VIDEO(&pub, 120, key_frame);
	await_packets(&play, 2);
	IS_VIDEO(&play.got[1], 120, key_frame);
	peer_close(&pub);
	peer_close(&play);
	server_stop();
}

static void
test_several_streams_on_one_connection(void **state)
{
	static struct peer p;
	unsigned a, b, play_a, play_b;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_publish(&p, "a");
	a = p.stream;
	rtmp_session_publish(p.s, "b", NULL, &b);
	await_event(&p, RTMP_EVENT_PUBLISH_START);
	rtmp_session_play(p.s, "a", -2, -1, 1, &play_a);
	await_event(&p, RTMP_EVENT_PLAY_START);
	rtmp_session_play(p.s, "b", -2, -1, 1, &play_b);
	await_event(&p, RTMP_EVENT_PLAY_START);
	send_packet(&p, a, RTMP_MSG_AUDIO, 1, aac_frame, 3);
	await_packets(&p, 1);
	send_packet(&p, b, RTMP_MSG_AUDIO, 2, aac_frame, 3);
	await_packets(&p, 2);
	assert_int_equal(p.got[0].stream, play_a);
	assert_int_equal(p.got[0].timestamp, 1);
	assert_int_equal(p.got[1].stream, play_b);
	assert_int_equal(p.got[1].timestamp, 2);
	peer_close(&p);
	server_stop();
}

/* What is sent behind C1 before any answer arrives in order. */
static void
test_all_flights(void **state)
{
	static const enum rtmp_flight flights[] = { RTMP_FLIGHT_STEPWISE,
		RTMP_FLIGHT_PIPELINED, RTMP_FLIGHT_EAGER,
		RTMP_FLIGHT_ZERO_RTT };
	static struct peer pub, play;
	size_t i;

	(void)state;
	server_start(NULL, NULL, NULL);
	for (i = 0; i < 4; i++) {
		peer_open(&play, "live", flights[i]);
		rtmp_session_play(play.s, "a", -2, -1, 1, &play.stream);
		await_event(&play, RTMP_EVENT_PLAY_START);
		peer_open(&pub, "live", flights[i]);
		rtmp_session_publish(pub.s, "a", NULL, &pub.stream);
		if (flights[i] < RTMP_FLIGHT_EAGER)
			await_event(&pub, RTMP_EVENT_PUBLISH_START);
		while (rtmp_stream_state(pub.s, pub.stream) <
		    RTMP_STREAM_STARTING)
			peer_turn(&pub, PATIENCE_MS);
		SEND_VIDEO(&pub, 0, key_frame);
		SEND_VIDEO(&pub, 40, inter_frame);
		await_packets(&play, 2);
		IS_VIDEO(&play.got[0], 0, key_frame);
		IS_VIDEO(&play.got[1], 40, inter_frame);
		peer_close(&pub);
		peer_close(&play);
	}
	server_stop();
}

/* ---- Refusals ---- */

static void
test_name_in_use(void **state)
{
	static struct peer first, second, play;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_publish(&first, "a");
	peer_open(&second, "live", RTMP_FLIGHT_STEPWISE);
	rtmp_session_publish(second.s, "a", NULL, &second.stream);
	assert_int_equal(await_event(&second, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_NAME_IN_USE);
	peer_play(&play, "a");
	SEND_VIDEO(&first, 0, key_frame);
	await_packets(&play, 1);
	peer_close(&first);
	peer_close(&second);
	peer_close(&play);
	server_stop();
}

static void
test_unknown_app_is_refused_and_closed(void **state)
{
	static struct peer p;

	(void)state;
	server_start("--app=live", "--app=tv/1", NULL);
	peer_open(&p, "other", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(await_event(&p, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_INVALID_APP);
	await_eof(&p);
	peer_close(&p);
	peer_open(&p, "tv/1/?a=b", RTMP_FLIGHT_STEPWISE);
	await_event(&p, RTMP_EVENT_CONNECTED);
	peer_close(&p);
	server_stop();
}

static void
test_no_wait(void **state)
{
	static struct peer p;

	(void)state;
	server_start("--no-wait", NULL, NULL);
	peer_open(&p, "live", RTMP_FLIGHT_STEPWISE);
	rtmp_session_play(p.s, "a", -2, -1, 1, &p.stream);
	assert_int_equal(await_event(&p, RTMP_EVENT_REJECTED)->kind,
	    RTMP_STATUS_NOT_FOUND);
	peer_close(&p);
	server_stop();
}

static void
test_unknown_command_is_answered(void **state)
{
	static struct peer p;

	(void)state;
	server_start(NULL, NULL, NULL);
	peer_open(&p, "live", RTMP_FLIGHT_STEPWISE);
	await_event(&p, RTMP_EVENT_CONNECTED);
	rtmp_session_call(p.s, 0, "makeCoffee", NULL, 0, NULL);
	assert_string_equal(await_event(&p, RTMP_EVENT_RESULT)->code,
	    "NetConnection.Call.Failed");
	peer_close(&p);
	server_stop();
}

/* ---- Files and the end ---- */

static void
test_recording_is_what_was_published(void **state)
{
	static struct peer pub;
	static const char path[] = RECORD_DIR "/_._x_y.flv";
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	const uint8_t *p;
	uint8_t *flv, *back;
	size_t size, left, back_size;
	FILE *f;

	(void)state;
	flv = load_data("flv/h264_aac.flv", &size);
	mkdir(RECORD_DIR, 0777);
	server_start("--record", RECORD_DIR, NULL);
	peer_publish(&pub, "../x y");
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	p = flv;
	left = size;
	while (rtmp_flv_reader_next(r, &p, &left, &tag, &fault) != 0)
		send_packet(&pub, pub.stream, tag.packet.type,
		    tag.packet.timestamp, tag.packet.data, tag.packet.size);
	rtmp_flv_reader_free(r);
	synchronize(&pub);
	peer_close(&pub);
	server_stop();
	back = malloc(size + 1);
	f = fopen(path, "rb");
	assert_non_null(f);
	back_size = fread(back, 1, size + 1, f);
	fclose(f);
	assert_int_equal(back_size, size);
	assert_memory_equal(back, flv, size);
	free(back);
	free(flv);
	remove(path);
	remove(RECORD_DIR);
}

static void
test_once(void **state)
{
	static struct peer pub, play;
	int status;

	(void)state;
	server_start("--once", NULL, NULL);
	peer_play(&play, "a");
	peer_publish(&pub, "a");
	peer_close(&pub);
	await_event(&play, RTMP_EVENT_STREAM_EOF);
	assert_int_equal(waitpid(server_pid, &status, WNOHANG), 0);
	peer_close(&play);
	assert_int_equal(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	assert_int_equal(status, 0);
}

/* ---- Hostile clients ---- */

/* Sends bytes as far as the server takes them, then reads until it closes. */
static void
send_and_drain(const uint8_t *data, size_t size)
{
	uint8_t buf[4096];
	int fd = connect_server(0);
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	ssize_t n;

	while (poll(&p, 1, PATIENCE_MS) == 1) {
		if (p.revents & (POLLIN | POLLHUP | POLLERR) &&
		    read(fd, buf, sizeof(buf)) <= 0)
			break;
		if (!(p.revents & POLLOUT) || size == 0)
			continue;
		n = send(fd, data, size, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		data += n;
		size -= (size_t)n;
		if (size == 0) {
			shutdown(fd, SHUT_WR);
			p.events = POLLIN;
		}
	}
	close(fd);
}

static void
test_garbage_ends_one_connection_only(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static uint8_t data[20000];
	uint32_t seed = 7;
	size_t i, j;

	(void)state;
	server_start(NULL, NULL, NULL);
	send_and_drain((const uint8_t *)http, sizeof(http) - 1);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)next_random(&seed);
		data[0] = 3;
		send_and_drain(data, 1 + next_random(&seed) %
			(sizeof(data) - 1));
	}
	server_stop();
}

/* A recorded client, cut off at any place and with bytes changed. */
static void
test_damaged_client_ends_one_connection_only(void **state)
{
	uint8_t *data, *copy;
	uint32_t seed = 3;
	size_t size, i, j;

	(void)state;
	data = load_data("captures/ffmpeg9-nginx-publish/c2s.bin", &size);
	copy = malloc(size);
	server_start(NULL, NULL, NULL);
	for (i = 0; i < 200; i++) {
		memcpy(copy, data, size);
		for (j = 0; j < i % 20; j++)
			copy[3073 + next_random(&seed) % 2000] =
			    (uint8_t)next_random(&seed);
		send_and_drain(copy, 3000 + next_random(&seed) %
			(size - 3000));
	}
	server_stop();
	free(copy);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_pass_unchanged),
		cmocka_unit_test(test_small_chunks),
		cmocka_unit_test(test_late_player_gets_headers_and_last_gop),
		cmocka_unit_test(test_late_player_waits_for_a_key_frame),
		cmocka_unit_test(test_headers_of_enhanced_tracks_are_kept),
		cmocka_unit_test(test_player_outlives_publishers),
		cmocka_unit_test(test_slow_player_is_dropped_alone),
		cmocka_unit_test(test_paused_player_gets_nothing),
		cmocka_unit_test(test_several_streams_on_one_connection),
		cmocka_unit_test(test_all_flights),
		cmocka_unit_test(test_name_in_use),
		cmocka_unit_test(test_unknown_app_is_refused_and_closed),
		cmocka_unit_test(test_no_wait),
		cmocka_unit_test(test_unknown_command_is_answered),
		cmocka_unit_test(test_recording_is_what_was_published),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_garbage_ends_one_connection_only),
		cmocka_unit_test(test_damaged_client_ends_one_connection_only),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
