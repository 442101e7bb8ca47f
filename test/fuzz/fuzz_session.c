/*
 * Any bytes from a server, against a session that does what three leading
 * bytes say: the flight and what is published and played; what is called upon
 * each event; the size of the pieces.  A session that gets the bytes whole
 * and one that gets them in pieces must tell the same.
 *
 *     byte 0  0-1 flight, 2 publish, 3 play, 4 publish another, 5 the bytes
 *             begin with the handshake, 6 close at the end, 7 send nothing
 *     byte 1  on an event: 0 write, 1 write_ref, both: write_iov, too,
 *             2 pause and seek, 3 call, 4 answer, 5 close a stream,
 *             6 publish again, 7 buffer length
 *     byte 2  bytes in a piece, less one
 *
 * A third session gets the pieces in a buffer that it may write to.
 */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/session.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HANDSHAKE_SIZE 3073
#define EVENTS_ACTED 200 /* upon so many events, lest it take too long */

struct fuzz {
	struct rtmp_session *s;
	uint8_t plan, acts;
	unsigned streams[3];
	unsigned events;
	uint32_t hash; /* of all that was told */
	int held;      /* references that are not released */
	int result;
	int in_place;
	uint8_t *left; /* by rtmp_session_recv_in_place() */
	size_t left_size;
};

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
mix(struct fuzz *f, uint32_t value)
{
	f->hash = (f->hash ^ value) * 16777619;
}

static void
mix_bytes(struct fuzz *f, const uint8_t *data, size_t size)
{
	size_t i;

	mix(f, (uint32_t)size);
	for (i = 0; i < size; i++)
		mix(f, data[i]);
}

static void
mix_string(struct fuzz *f, const char *s)
{
	mix_bytes(f, (const uint8_t *)s, strlen(s));
}

/* Sends all that is queued, and looks at it. */
static void
drain(struct fuzz *f, size_t max)
{
	struct rtmp_session_stats stats;
	struct iovec iov[7];
	uint8_t sum = 0;
	size_t total, i;
	int n, k;

	while (max != 0) {
		n = rtmp_session_send_iov(f->s, iov, 7);
		if (n == 0)
			break;
		for (total = 0, k = 0; k < n; k++) {
			must(iov[k].iov_len != 0);
			for (i = 0; i < iov[k].iov_len; i++)
				sum ^= ((const uint8_t *)iov[k].iov_base)[i];
			total += iov[k].iov_len;
		}
		if (total > max)
			total = max;
		rtmp_session_get_stats(f->s, &stats, sizeof(stats));
		must(total <= stats.queued_bytes);
		rtmp_session_sent(f->s, total);
		max -= total;
	}
	(void)sum;
}

static void
release(void *arg)
{
	--*(int *)arg;
}

static void
write_packets(struct fuzz *f, unsigned stream)
{
	static const uint8_t body[300] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't',
		'a', 'D', 'a', 't', 'a', 5 };
	struct rtmp_packet p = { RTMP_MSG_DATA_AMF0, f->events * 20, body,
		14 };
	struct iovec iov[7];

	if (f->acts & 1) {
		rtmp_session_write(f->s, stream, &p);
		p.type = RTMP_MSG_AUDIO;
		rtmp_session_write(f->s, stream, &p);
	}
	p.type = RTMP_MSG_VIDEO;
	p.size = sizeof(body);
	if ((f->acts & 2) && rtmp_session_write_ref(f->s, stream, &p, release,
	    &f->held) == 0)
		f->held++;
	if ((f->acts & 3) == 3)
		must(rtmp_session_write_iov(f->s, stream, &p, iov, 7) <= 7);
}

static void
act(struct fuzz *f, const struct rtmp_event *e)
{
	static const uint8_t args[] = { 5, 1, 1 };
	unsigned stream = e->stream != 0 ? e->stream : f->streams[0];

	if (f->acts & 3)
		write_packets(f, stream);
	if (f->acts & 4) {
		rtmp_session_pause(f->s, stream, f->events % 2, 5);
		rtmp_session_seek(f->s, stream, 1e6);
		rtmp_session_receive_audio(f->s, stream, 0);
		rtmp_session_receive_video(f->s, stream, 1);
	}
	if (f->acts & 8)
		rtmp_session_call(f->s, f->events % 3, "f", args,
		    sizeof(args), NULL);
	if (f->acts & 16)
		rtmp_session_answer(f->s, e->transaction, 1, NULL, 0);
	if ((f->acts & 32) && f->events % 4 == 3)
		rtmp_session_close_stream(f->s, stream);
	if ((f->acts & 64) && f->events % 4 == 2)
		rtmp_session_publish(f->s, "again", "append",
		    &f->streams[2]);
	if (f->acts & 128)
		rtmp_session_set_buffer_length(f->s, stream, 9);
}

static void
note(struct fuzz *f, const struct rtmp_event *e)
{
	mix(f, (uint32_t)e->type);
	mix(f, e->stream);
	mix(f, e->transaction);
	mix(f, e->value);
	mix(f, e->message_type);
	mix_bytes(f, e->packet.data, e->packet.size);
	mix_bytes(f, e->data, e->data_size);
	if (e->status.level != NULL) {
		mix_string(f, e->status.level);
		mix_string(f, e->status.code);
		mix_string(f, e->status.description);
		mix_bytes(f, e->status.amf0, e->status.amf0_size);
	}
	if (e->command != NULL)
		mix_string(f, e->command);
}

static void
take(struct fuzz *f, const struct rtmp_event *e)
{
	note(f, e);
	if (f->events++ < EVENTS_ACTED)
		act(f, e);
	if (!(f->plan & 128))
		drain(f, SIZE_MAX);
}

static void
feed_copied(struct fuzz *f, const uint8_t *data, size_t size)
{
	const struct rtmp_event *e;
	const uint8_t *p = data, *end = data + size;

	while ((f->result = rtmp_session_recv(f->s, &p, &size, &e)) == 1) {
		must(p <= end);
		take(f, e);
	}
	must(f->result < 0 || size == 0);
}

/* What was left, and more, in a block of just this size. */
static void
feed_in_place(struct fuzz *f, const uint8_t *data, size_t size)
{
	const struct rtmp_event *e;
	size_t all = f->left_size + size, need;
	uint8_t *block = malloc(all + 1), *p = block, *end = block + all;

	must(block != NULL);
	if (f->left_size != 0)
		memcpy(block, f->left, f->left_size);
	memcpy(block + f->left_size, data, size);
	while ((f->result = rtmp_session_recv_in_place(f->s, &p, &all, &e,
	    &need)) == 1) {
		must(p <= end);
		take(f, e);
	}
	free(f->left);
	f->left = NULL;
	f->left_size = 0;
	if (f->result == 0 && all != 0) {
		must(need != 0);
		f->left = malloc(all);
		must(f->left != NULL);
		memcpy(f->left, p, all);
		f->left_size = all;
	}
	free(block);
}

static void
feed(struct fuzz *f, const uint8_t *data, size_t size)
{
	const struct rtmp_event *e;
	const uint8_t *p = data;

	if (f->in_place)
		feed_in_place(f, data, size);
	else
		feed_copied(f, data, size);
	if (!(f->plan & 128))
		drain(f, SIZE_MAX);
	if (f->result < 0) {
		must(rtmp_is_fatal(f->result));
		must(rtmp_session_state(f->s) == RTMP_SESSION_CLOSED);
		must(rtmp_session_error(f->s)[0] != '\0');
		must(rtmp_session_recv(f->s, &p, &size, &e) == f->result);
	}
}

static void
start(struct fuzz *f, uint8_t plan, uint8_t acts, int in_place)
{
	static uint8_t handshake[HANDSHAKE_SIZE] = { 3 };
	struct rtmp_session_config c;

	memset(f, 0, sizeof(*f));
	f->plan = plan;
	f->acts = acts;
	f->in_place = in_place;
	rtmp_session_config_init(&c, sizeof(c));
	c.app = "live";
	c.tc_url = "rtmp://host/live";
	c.flight = (enum rtmp_flight)(plan & 3);
	c.chunk_size = 200;
	c.max_send_buffer = 20000;
	c.limits.streams = 5;
	must(rtmp_session_new(&f->s, &c) == 0);
	if (plan & 4)
		must(rtmp_session_publish(f->s, "a", NULL, &f->streams[0]) ==
		    0);
	if (plan & 8)
		must(rtmp_session_play(f->s, "b", -2, -1, plan & 1,
		    &f->streams[1]) == 0);
	if (plan & 16)
		must(rtmp_session_publish(f->s, "c", "record",
		    &f->streams[2]) == 0);
	if (!(plan & 32))
		feed(f, handshake, sizeof(handshake));
}

static void
finish(struct fuzz *f)
{
	const struct rtmp_status *status = NULL;

	if (f->plan & 64)
		rtmp_session_close(f->s);
	if (f->result == 0) {
		mix(f, (uint32_t)rtmp_session_eof(f->s, &status));
		if (status != NULL)
			mix_string(f, status->description);
	}
	drain(f, 1000);
	rtmp_session_free(f->s);
	free(f->left);
	must(f->held == 0);
}

static struct fuzz
run_pieces(const uint8_t *data, size_t size, int in_place)
{
	struct fuzz f;
	size_t at, n;

	start(&f, data[0], data[1], in_place);
	for (at = 3; at < size && f.result == 0; at += n) {
		n = data[2] + 1u;
		if (n > size - at)
			n = size - at;
		feed(&f, data + at, n);
	}
	finish(&f);
	return f;
}

/* How much queues up depends on the pieces, and so do its limits. */
static void
must_be_alike(const struct fuzz *a, const struct fuzz *b)
{
	if (a->result == RTMP_ERR_LIMIT || b->result == RTMP_ERR_LIMIT ||
	    (a->plan & 128))
		return;
	must(a->result == b->result);
	must(a->hash == b->hash);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz whole, pieces;

	if (size < 3)
		return 0;
	start(&whole, data[0], data[1], 0);
	feed(&whole, data + 3, size - 3);
	finish(&whole);

	pieces = run_pieces(data, size, 0);
	must_be_alike(&whole, &pieces);
	pieces = run_pieces(data, size, 1);
	must_be_alike(&whole, &pieces);
	return 0;
}
