/*
 * The smallest server that a client of RTMP 1.0 accepts (section 7.2):
 *
 *     C0 C1            S0 S1 S2
 *     connect          Window Acknowledgement Size, Set Peer Bandwidth,
 *                      _result
 *     createStream     _result with stream 1
 *     publish          onStatus NetStream.Publish.Start; then only counts
 *     play             Set Chunk Size, Stream Begin, onStatus
 *                      NetStream.Play.Start; then the prepared bytes
 *
 * Each answer is one send().
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>
#include <rtmpio/handshake.h>

#include "bench.h"
#include "peer.h"

#define CSID_CONTROL 2
#define CSID_COMMAND 3
#define STREAM_ID 1
#define WINDOW_ACK_SIZE 5000000
#define PEER_SECONDS 120 /* then it is killed */
/* Of its socket, both ways: the kernel's own choice varies from run to run,
 * and with it what the CPU's cache holds.  Apart, the ends need more so as
 * not to wait for each other. */
#define SOCKET_BUFFER (128 * 1024)
#define SOCKET_BUFFER_APART (512 * 1024)

struct server {
	int fd;
	const struct peer_plan *plan;
	struct rtmp_handshake handshake;
	struct rtmp_chunk_reader *reader;
	struct rtmp_chunk_writer *writer;
	uint8_t in[65536];
	uint8_t out[4096]; /* an answer that grows */
	size_t out_size;
	int answered; /* S0 S1 S2 were sent */
	int media;    /* the first media message has come */
	int playing;  /* play has been answered */
	struct peer_report report;
};

/* ---- Answers ---- */

static void
put(struct server *v, uint32_t msid, uint8_t type, const void *payload,
    size_t size)
{
	struct rtmp_message m = { .csid = CSID_CONTROL, .msid = msid,
	    .type = type, .payload = payload, .size = size };
	size_t n;

	if (type == RTMP_MSG_COMMAND_AMF0)
		m.csid = CSID_COMMAND;
	if (rtmp_chunk_write_buf(v->writer, &m, v->out + v->out_size,
		sizeof(v->out) - v->out_size, &n) != 0)
		die("peer: cannot answer");
	v->out_size += n;
}

static void
put_number(struct server *v, uint8_t type, uint32_t number)
{
	uint8_t b[5] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
	    (uint8_t)(number >> 8), (uint8_t)number, 2 };

	put(v, 0, type, b, type == RTMP_MSG_SET_PEER_BANDWIDTH ? 5 : 4);
}

static void
flush(struct server *v)
{
	send_all(v->fd, v->out, v->out_size);
	v->out_size = 0;
}

/* An information object: level, code, description. */
static void
put_info(struct rtmp_amf0_writer *w, const char *code)
{
	rtmp_amf0_put_object_begin(w);
	rtmp_amf0_put_key(w, "level");
	rtmp_amf0_put_string(w, "status");
	rtmp_amf0_put_key(w, "code");
	rtmp_amf0_put_string(w, code);
	rtmp_amf0_put_key(w, "description");
	rtmp_amf0_put_string(w, "benchmark");
	rtmp_amf0_put_object_end(w);
}

static void
answer_connect(struct server *v, double transaction)
{
	struct rtmp_amf0_writer w;
	uint8_t buf[512];

	put_number(v, RTMP_MSG_WINDOW_ACK_SIZE, WINDOW_ACK_SIZE);
	put_number(v, RTMP_MSG_SET_PEER_BANDWIDTH, WINDOW_ACK_SIZE);
	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "_result");
	rtmp_amf0_put_number(&w, transaction);
	rtmp_amf0_put_object_begin(&w);
	rtmp_amf0_put_key(&w, "fmsVer");
	rtmp_amf0_put_string(&w, "FMS/3,0,1,123");
	rtmp_amf0_put_key(&w, "capabilities");
	rtmp_amf0_put_number(&w, 31);
	rtmp_amf0_put_object_end(&w);
	put_info(&w, "NetConnection.Connect.Success");
	put(v, 0, RTMP_MSG_COMMAND_AMF0, buf, w.len);
}

static void
answer_create_stream(struct server *v, double transaction)
{
	struct rtmp_amf0_writer w;
	uint8_t buf[64];

	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "_result");
	rtmp_amf0_put_number(&w, transaction);
	rtmp_amf0_put_null(&w);
	rtmp_amf0_put_number(&w, STREAM_ID);
	put(v, 0, RTMP_MSG_COMMAND_AMF0, buf, w.len);
}

static void
put_status(struct server *v, const char *code)
{
	struct rtmp_amf0_writer w;
	uint8_t buf[256];

	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_string(&w, "onStatus");
	rtmp_amf0_put_number(&w, 0);
	rtmp_amf0_put_null(&w);
	put_info(&w, code);
	put(v, STREAM_ID, RTMP_MSG_COMMAND_AMF0, buf, w.len);
}

static void
answer_play(struct server *v)
{
	static const uint8_t stream_begin[6] = { 0, 0, 0, 0, 0, STREAM_ID };

	put_number(v, RTMP_MSG_SET_CHUNK_SIZE, v->plan->chunk_size);
	if (rtmp_chunk_writer_set_size(v->writer, v->plan->chunk_size) != 0)
		die("peer: chunk size %u", v->plan->chunk_size);
	put(v, 0, RTMP_MSG_USER_CONTROL, stream_begin, sizeof(stream_begin));
	put_status(v, "NetStream.Play.Start");
	v->playing = 1;
}

/* ---- What the client sends ---- */

static void
take_command(struct server *v, const struct rtmp_message *m)
{
	struct rtmp_amf0_reader r;
	double transaction;
	const char *s;
	char name[32];
	size_t len;

	rtmp_amf0_reader_init(&r, m->payload, m->size);
	if (rtmp_amf0_get_string(&r, &s, &len) != 0 ||
	    rtmp_amf0_get_number(&r, &transaction) != 0)
		die("peer: a command without name and transaction");
	snprintf(name, sizeof(name), "%.*s", (int)len, s);
	if (strcmp(name, "connect") == 0)
		answer_connect(v, transaction);
	else if (strcmp(name, "createStream") == 0)
		answer_create_stream(v, transaction);
	else if (strcmp(name, "publish") == 0)
		put_status(v, "NetStream.Publish.Start");
	else if (strcmp(name, "play") == 0)
		answer_play(v);
}

static void
take_message(struct server *v, const struct rtmp_message *m)
{
	const uint8_t *p = m->payload;

	switch (m->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
		if (m->size < 4 || rtmp_chunk_reader_set_size(v->reader,
		    (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3]) != 0)
			die("peer: Set Chunk Size");
		break;
	case RTMP_MSG_AUDIO:
	case RTMP_MSG_VIDEO:
		v->media = 1;
		break;
	case RTMP_MSG_COMMAND_AMF0:
		take_command(v, m);
		break;
	default:
		break;
	}
}

static void
take_handshake(struct server *v, const uint8_t **data, size_t *size, int *done)
{
	const uint8_t *p1, *p2;
	size_t n1, n2;

	*done = rtmp_handshake_recv(&v->handshake, data, size);
	if (*done < 0)
		die("peer: %s", rtmp_handshake_error(&v->handshake));
	p2 = rtmp_handshake_packet2(&v->handshake, &n2);
	if (p2 == NULL || v->answered)
		return;
	v->answered = 1;
	p1 = rtmp_handshake_packet1(&v->handshake, &n1);
	memcpy(v->out, p1, n1);
	memcpy(v->out + n1, p2, n2);
	v->out_size = n1 + n2;
}

/* Until the first media message, or until play was answered; returns 0 when
 * the client closed before that. */
static int
converse(struct server *v)
{
	struct rtmp_message m;
	const uint8_t *data;
	int shaken = 0, err;
	size_t size;
	ssize_t n;

	while (!v->media && !v->playing) {
		n = recv(v->fd, v->in, sizeof(v->in), 0);
		if (n <= 0)
			return 0;
		v->report.first_media_ms = now_ms();
		v->report.taken += (uint64_t)n;
		data = v->in;
		size = (size_t)n;
		if (!shaken)
			take_handshake(v, &data, &size, &shaken);
		while (shaken && !v->media &&
		    (err = rtmp_chunk_reader_next(v->reader, &data, &size,
			 &m)) != 0) {
			if (err < 0)
				die("peer: %s",
				    rtmp_chunk_reader_error(v->reader));
			take_message(v, &m);
		}
		flush(v);
	}
	return 1;
}

/* Throws away what comes, without copying it, until the client closes. */
static void
discard(struct server *v)
{
	ssize_t n;

	while ((n = recv(v->fd, v->in, 1 << 20, MSG_TRUNC)) > 0)
		v->report.taken += (uint64_t)n;
}

static void
give(struct server *v)
{
	int i;

	for (i = 0; i < v->plan->times; i++)
		send_all(v->fd, v->plan->stream, v->plan->size);
	shutdown(v->fd, SHUT_WR);
}

static void
serve(int listener, const struct peer_plan *plan, int report)
{
	static const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	static struct server v;
	int on = 1;

	alarm(PEER_SECONDS);
	v.plan = plan;
	v.fd = accept(listener, NULL, NULL);
	if (v.fd < 0 ||
	    rtmp_chunk_reader_new(&v.reader, NULL, NULL) != 0 ||
	    rtmp_chunk_writer_new(&v.writer, NULL) != 0)
		die("peer: cannot begin");
	setsockopt(v.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	rtmp_handshake_server(&v.handshake, 0, random);
	if (plan->bare || converse(&v)) {
		if (plan->stream != NULL)
			give(&v);
		discard(&v);
	}
	if (!v.media)
		v.report.first_media_ms = 0;
	if (v.report.taken < plan->expected)
		die("peer: only %llu of %llu bytes came",
		    (unsigned long long)v.report.taken,
		    (unsigned long long)plan->expected);
	if (write(report, &v.report, sizeof(v.report)) !=
	    (ssize_t)sizeof(v.report))
		die("peer: pipe");
}

/* ---- The process ---- */

static int
listen_somewhere(const struct peer_plan *plan, uint16_t *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	int buffer = plan->apart ? SOCKET_BUFFER_APART : SOCKET_BUFFER;
	static int next = BENCH_PORT_MIN;
	int tried;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	sin.sin_addr.s_addr = htonl(plan->address);
	for (tried = BENCH_PORT_MIN; tried <= BENCH_PORT_MAX; tried++) {
		*port = (uint16_t)next;
		next = next < BENCH_PORT_MAX ? next + 1 : BENCH_PORT_MIN;
		sin.sin_port = htons(*port);
		if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
		    listen(fd, 1) == 0)
			return fd;
	}
	die("no port to listen to");
}

void
peer_start(struct peer *p, const struct peer_plan *plan)
{
	int listener = listen_somewhere(plan, &p->port);
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe");
	fflush(stdout);
	p->pid = fork();
	if (p->pid < 0)
		die("fork");
	if (p->pid == 0) {
		close(ends[0]);
		if (plan->apart)
			leave_that_cpu();
		serve(listener, plan, ends[1]);
		_exit(0);
	}
	close(listener);
	close(ends[1]);
	p->report = ends[0];
}

void
peer_wait(struct peer *p, struct peer_report *report)
{
	struct peer_report r;
	int status;

	if (waitpid(p->pid, &status, 0) != p->pid || status != 0 ||
	    read(p->report, &r, sizeof(r)) != (ssize_t)sizeof(r)) {
		errno = 0;
		die("the peer failed");
	}
	close(p->report);
	if (report != NULL)
		*report = r;
}

const char *
peer_url(const struct peer *p, uint32_t address)
{
	static char url[64];

	snprintf(url, sizeof(url), "rtmp://%u.%u.%u.%u:%u/live/bench",
	    address >> 24, address >> 16 & 255, address >> 8 & 255,
	    address & 255, p->port);
	return url;
}
