#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>

#include "support/host.h"
#include "support/net.h"
#include "support/peer.h"
#include "support/run.h"

/* One connection. */
struct guest {
	struct host *host;
	int number;
	int fd;
	struct peer peer;
	size_t sent; /* of what peer has made */
	struct rtmp_chunk_reader *reader;
	int ends;    /* we have said all */
	int acks;    /* it has asked us to acknowledge often */
	int packets;
	int is_done;
};

static void
send_news(struct guest *g)
{
	ssize_t n;

	while (g->sent < g->peer.size) {
		n = send(g->fd, g->peer.data + g->sent,
		    g->peer.size - g->sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		g->sent += (size_t)n;
	}
}

static void
pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void
answer_connect(struct guest *g)
{
	struct host *h = g->host;
	const char *answer = h->connects[h->repeats ? 0 : g->number];

	if (g->number == h->stalls_at)
		return;
	pause_ms(h->delay_ms);
	if (g->number == 0 && h->body != NULL) {
		peer_message(&g->peer, 3, 0, RTMP_MSG_COMMAND_AMF0, 0,
		    h->body, h->body_size);
	} else if (answer == NULL) {
		peer_connected(&g->peer);
		return;
	} else {
		peer_command(&g->peer, 0, "%s", answer);
	}
	g->ends = strstr(answer != NULL ? answer : "_error", "_error") != NULL;
}

static int
is_command(const struct rtmp_message *m, const char *name)
{
	size_t len = strlen(name);

	return m->type == RTMP_MSG_COMMAND_AMF0 && m->size > 3 + len &&
	    m->payload[2] == len && memcmp(m->payload + 3, name, len) == 0;
}

/* sent_text() does not show it. */
static void
note_connect(struct guest *g, const struct rtmp_message *m)
{
	char text[8192], *p = text;

	rtmp_amf0_to_text(m->payload, m->size, text, sizeof(text), NULL);
	while ((p = strchr(p, '"')) != NULL)
		*p = '\'';
	g->host->connected[g->number] = strdup(text);
}

static void
answer_message(struct guest *g, const struct rtmp_message *m)
{
	const char *start = g->host->starts[g->number];
	int publishes = is_command(m, "publish");
	uint64_t bits = 0;
	double transaction;
	size_t i;

	if (m->type == RTMP_MSG_SET_CHUNK_SIZE) {
		rtmp_chunk_reader_set_size(g->reader,
		    (uint32_t)m->payload[2] << 8 | m->payload[3]);
	} else if (m->type == RTMP_MSG_WINDOW_ACK_SIZE) {
		g->acks = m->payload[0] == 0 && m->payload[1] == 0;
	} else if (m->type == RTMP_MSG_AUDIO || m->type == RTMP_MSG_VIDEO) {
		g->packets++;
		if (g->host->insists)
			peer_command(&g->peer, 0, "%s", g->host->later);
	} else if (is_command(m, "connect")) {
		note_connect(g, m);
		answer_connect(g);
	} else if (is_command(m, "createStream")) {
		for (i = 0; i < 8; i++) /* behind the name and a 0 */
			bits = bits << 8 | m->payload[16 + i];
		memcpy(&transaction, &bits, sizeof(bits));
		peer_command(&g->peer, 0, "['_result', %d, null, 1]",
		    (int)transaction);
	} else if (publishes || is_command(m, "play")) {
		if (start != NULL)
			peer_command(&g->peer, 0, "%s", start);
		else
			peer_status(&g->peer, 1, "status", publishes ?
			    "NetStream.Publish.Start" :
			    "NetStream.Play.Start");
		g->is_done = g->host->hangs_up;
		if (g->host->later != NULL && g->number == 0)
			peer_command(&g->peer, 0, "%s", g->host->later);
	}
}

static void
take_bytes(struct guest *g, const uint8_t *data, size_t size)
{
	struct host *h = g->host;
	size_t *total = &h->sizes[g->number], skip = 0;
	struct rtmp_message m;

	h->bytes[g->number] = realloc(h->bytes[g->number], *total + size);
	memcpy(h->bytes[g->number] + *total, data, size);
	if (*total < PEER_HANDSHAKE_SIZE)
		skip = PEER_HANDSHAKE_SIZE - *total;
	if (skip > size)
		skip = size;
	*total += size;
	data += skip;
	size -= skip;
	while (rtmp_chunk_reader_next(g->reader, &data, &size, &m) == 1)
		answer_message(g, &m);
	if (g->acks && g->packets <= h->acks_most)
		peer_control(&g->peer, RTMP_MSG_ACKNOWLEDGEMENT,
		    (uint32_t)(*total - h->acks_leave_out));
}

/* Has it sent what is the end of it? */
static int
is_over(const struct guest *g)
{
	return g->is_done || (g->number == 0 && g->host->ends_behind != 0 &&
	    g->packets >= g->host->ends_behind);
}

static void
be_host(struct host *h, int fd)
{
	struct guest g;
	struct pollfd p;
	uint8_t buf[65536];
	ssize_t n = 1;

	memset(&g, 0, sizeof(g));
	g.host = h;
	g.number = h->conns++;
	g.fd = fd;
	peer_init(&g.peer);
	rtmp_chunk_reader_new(&g.reader, NULL, NULL);
	p.fd = fd;
	p.events = POLLIN;
	while (n > 0 && !is_over(&g) &&
	    !__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE)) {
		send_news(&g);
		if (g.ends)
			shutdown(fd, SHUT_WR);
		if (poll(&p, 1, 20) == 0)
			continue;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n > 0)
			take_bytes(&g, buf, (size_t)n);
	}
	send_news(&g);
	rtmp_chunk_reader_free(g.reader);
	peer_free(&g.peer);
	close(fd);
}

static void *
run_host(void *arg)
{
	struct host *h = arg;
	int fd;

	while (h->conns < HOST_CONNS &&
	    (fd = accept(h->listener, NULL, NULL)) >= 0)
		be_host(h, fd);
	return NULL;
}

void
host_init(struct host *h)
{
	memset(h, 0, sizeof(*h));
	h->stalls_at = -1;
	h->listener = net_listen(AF_INET, 0);
	assert_true(h->listener >= 0);
	h->port = net_port(h->listener);
	snprintf(h->url, sizeof(h->url), "rtmp://127.0.0.1:%d/live/key",
	    h->port);
}

void
host_start(struct host *h)
{
	assert_int_equal(pthread_create(&h->thread, NULL, run_host, h), 0);
}

static char *
text_of_guest(const struct host *h, int i)
{
	const char *connect = h->connected[i] != NULL ? h->connected[i] : "";
	char *rest = sent_text(h->bytes[i], h->sizes[i]);
	char *text = malloc(strlen(connect) + strlen(rest) + 2);

	assert_non_null(text);
	sprintf(text, "%s\n%s", connect, rest);
	free(rest);
	return text;
}

void
host_end(struct host *h)
{
	size_t size = 1;
	int i;

	/* What was sent last is read before the connection is left. */
	pause_ms(30);
	__atomic_store_n(&h->stop, 1, __ATOMIC_RELEASE);
	shutdown(h->listener, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->listener);
	for (i = 0; i < h->conns; i++) {
		h->said[i] = text_of_guest(h, i);
		size += strlen(h->said[i]);
	}
	h->all = calloc(1, size);
	assert_non_null(h->all);
	for (i = 0; i < h->conns; i++)
		strcat(h->all, h->said[i]);
}

void
host_free(struct host *h)
{
	int i;

	for (i = 0; i < h->conns; i++) {
		free(h->said[i]);
		free(h->connected[i]);
		free(h->bytes[i]);
	}
	free(h->all);
}

void
host_heard(const struct host *h, int conn, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(conn < h->conns);
	if (strstr(h->said[conn], text) == NULL)
		fail_msg("%s is not in:\n%s", text, h->said[conn]);
}

void
assert_says(const struct rtmp *r, const char *text)
{
	if (strstr(rtmp_error_detail(r), text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", rtmp_error_detail(r),
		    text);
}

int
pretend_tls(void *arg, const char *name, struct rtmp_io *io, int timeout_ms,
    char *error, size_t error_size)
{
	(void)name;
	(void)io;
	(void)timeout_ms;
	(void)error;
	(void)error_size;
	if (arg != NULL)
		++*(int *)arg;
	return 0;
}
