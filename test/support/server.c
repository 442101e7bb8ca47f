#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/server.h"

/* ---- The server ---- */

pid_t server_pid;
int server_port;

void
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

void
server_stop(void)
{
	int status;

	assert_int_equal(kill(server_pid, SIGTERM), 0);
	assert_int_equal(waitpid(server_pid, &status, 0), server_pid);
	server_pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
connect_server(void)
{
	struct sockaddr_in addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons((uint16_t)server_port);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
	    0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* ---- Clients ---- */

void
client_open(struct client *c, const char *app, enum rtmp_flight flight)
{
	struct rtmp_session_config config;

	memset(c, 0, sizeof(*c));
	rtmp_session_config_init(&config, sizeof(config));
	config.app = app;
	config.tc_url = "rtmp://127.0.0.1/live";
	config.flight = flight;
	c->fd = connect_server();
	assert_int_equal(rtmp_session_new(&c->s, &config), 0);
}

void
client_close(struct client *c)
{
	rtmp_session_free(c->s);
	close(c->fd);
}

static void
client_event(struct client *c, const struct rtmp_event *e)
{
	struct seen *seen;
	struct got *g;

	if (e->type != RTMP_EVENT_PACKET) {
		assert_in_range(c->seen_count, 0, 63);
		seen = &c->seen[c->seen_count++];
		seen->type = e->type;
		seen->kind = e->status.kind;
		snprintf(seen->code, sizeof(seen->code), "%s",
		    e->status.code != NULL ? e->status.code : "");
		return;
	}
	assert_in_range(c->count, 0, 511);
	g = &c->got[c->count++];
	g->stream = e->stream;
	g->type = e->packet.type;
	g->timestamp = e->packet.timestamp;
	g->size = e->packet.size;
	sha256_hex(e->packet.data, e->packet.size, g->sha);
}

int
client_turn(struct client *c, int timeout_ms)
{
	static uint8_t buf[65536];
	const uint8_t *data = buf;
	const struct rtmp_event *event;
	struct iovec iov[64];
	struct pollfd pfd = { c->fd, POLLIN, 0 };
	size_t size;
	ssize_t n;
	int count, r;

	while ((count = rtmp_session_send_iov(c->s, iov, 64)) > 0) {
		n = writev(c->fd, iov, count);
		if (n <= 0) {
			pfd.events |= POLLOUT;
			break;
		}
		rtmp_session_sent(c->s, (size_t)n);
	}
	if (poll(&pfd, 1, timeout_ms) == 0)
		return 0;
	n = read(c->fd, buf, sizeof(buf));
	if (n < 0 && errno == EAGAIN)
		return 1;
	if (n <= 0) {
		c->eof = 1;
		return 0;
	}
	size = (size_t)n;
	while ((r = rtmp_session_recv(c->s, &data, &size, &event)) == 1)
		client_event(c, event);
	if (r < 0 && r != RTMP_ERR_REJECTED)
		fail_msg("%s", rtmp_session_error(c->s));
	return 1;
}

const struct seen *
await_event(struct client *c, enum rtmp_event_type type)
{
	do {
		while (c->next < c->seen_count)
			if (c->seen[c->next++].type == type)
				return &c->seen[c->next - 1];
	} while (client_turn(c, PATIENCE_MS));
	fail_msg("event %d does not come", (int)type);
	return NULL;
}

void
await_status(struct client *c, const char *code)
{
	while (strcmp(await_event(c, RTMP_EVENT_STATUS)->code, code) != 0)
		;
}

void
await_packets(struct client *c, size_t count)
{
	while (c->count < count && client_turn(c, PATIENCE_MS))
		;
	assert_int_equal(c->count, count);
}

void
await_eof(struct client *c)
{
	while (client_turn(c, PATIENCE_MS))
		;
	assert_true(c->eof);
}

void
client_publish(struct client *c, const char *name)
{
	client_open(c, "live", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(rtmp_session_publish(c->s, name, NULL, &c->stream),
	    0);
	await_event(c, RTMP_EVENT_PUBLISH_START);
}

void
client_play(struct client *c, const char *name)
{
	client_open(c, "live", RTMP_FLIGHT_STEPWISE);
	assert_int_equal(rtmp_session_play(c->s, name,
	    RTMP_PLAY_LIVE_OR_RECORDED, RTMP_PLAY_WHOLE, 1, &c->stream), 0);
	await_event(c, RTMP_EVENT_PLAY_START);
}

void
send_packet(struct client *c, unsigned stream, uint8_t type,
    uint32_t timestamp, const void *data, size_t size)
{
	struct rtmp_packet packet = { type, timestamp, data, size };
	struct iovec iov;

	assert_int_equal(rtmp_session_write(c->s, stream, &packet), 0);
	while (rtmp_session_send_iov(c->s, &iov, 1) > 0)
		client_turn(c, 0);
}

void
synchronize(struct client *c)
{
	assert_int_equal(rtmp_session_call(c->s, 0, "_checkbw", NULL, 0,
	    NULL), 0);
	await_event(c, RTMP_EVENT_RESULT);
}
