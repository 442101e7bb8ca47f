/* Frames through the blocking client, over scripted transports: what is
 * written by one is played by another. */
#include <rtmpio/rtmp.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/media.h"
#include "support/net.h"
#include "support/peer.h"
#include "support/script.h"

#define URL "rtmp://127.0.0.1/live/stream"
#define MS RTMP_NS_PER_MS
#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO

/* ---- A publisher and a player ---- */

static struct rtmp *
new_client(struct script *s, struct test_mem *m)
{
	struct rtmp_options opt;

	rtmp_options_init(&opt, sizeof(opt));
	opt.io = &s->io;
	opt.mem = m != NULL ? &m->mem : NULL;
	return rtmp_new(&opt);
}

static struct rtmp *
publisher(struct script *s, struct peer *peer)
{
	struct rtmp *r;

	peer_init(peer);
	peer_connected(peer);
	peer_published(peer, 4, 1);
	script_init(s, peer->data, peer->size);
	r = new_client(s, NULL);
	assert_non_null(r);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_publish(r, NULL), 0);
	return r;
}

static struct rtmp *
player(struct script *s, struct peer *peer)
{
	struct rtmp *r;

	script_init(s, peer->data, peer->size);
	r = new_client(s, NULL);
	assert_non_null(r);
	assert_int_equal(rtmp_connect(r, URL, NULL), 0);
	assert_int_equal(rtmp_play(r, RTMP_PLAY_LIVE), 0);
	return r;
}

/* The audio and video messages in what a client has sent. */
static void
sent_packets(const struct script *s, struct packets *list)
{
	const uint8_t *data = s->out + PEER_HANDSHAKE_SIZE;
	size_t size = s->out_size - PEER_HANDSHAKE_SIZE;
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	uint8_t *copy;

	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while (rtmp_chunk_reader_next(r, &data, &size, &m) == 1) {
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(r,
			    (uint32_t)m.payload[0] << 24 |
			    (uint32_t)m.payload[1] << 16 |
			    (uint32_t)m.payload[2] << 8 | m.payload[3]);
		if (m.type != A && m.type != V)
			continue;
		list->items = realloc(list->items,
		    (list->count + 1) * sizeof(*list->items));
		copy = malloc(m.size + 1);
		assert_non_null(list->items);
		assert_non_null(copy);
		if (m.size != 0)
			memcpy(copy, m.payload, m.size);
		list->items[list->count].type = m.type;
		list->items[list->count].timestamp = m.timestamp;
		list->items[list->count].data = copy;
		list->items[list->count++].size = m.size;
	}
	rtmp_chunk_reader_free(r);
}

static void
media(struct peer *p, uint8_t type, uint32_t ts, const char *hex)
{
	size_t size;
	uint8_t *body = from_hex(hex, &size);

	peer_message(p, type == A ? 4 : 6, 1, type, ts, body, size);
	free(body);
}

static int
write_frame(struct rtmp *r, enum rtmp_codec codec, int64_t ms,
    const void *data, size_t size)
{
	struct rtmp_frame f;

	rtmp_frame_init(&f, sizeof(f));
	f.codec = codec;
	f.pts = ms * MS;
	f.data = data;
	f.size = size;
	return rtmp_write_frame(r, &f);
}

#define ADTS "\xff\xf1\x50\x80\x01\x3f\xfc\x21\x20"

static void
written_frames_leave_as_packets(void **state)
{
	struct packets list = { NULL, 0, 0 };
	struct script s;
	struct peer peer;
	struct rtmp *r = publisher(&s, &peer);

	(void)state;
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9), 0);
	/* A bad one is said, and costs nothing else. */
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 20, ADTS, 8),
	    RTMP_ERR_MALFORMED);
	assert_string_equal(rtmp_error_detail(r),
	    "frame: not an ADTS frame, or cut off");
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, -1, ADTS, 9),
	    RTMP_ERR_INVAL);
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 23, ADTS, 9), 0);
	assert_int_equal(write_frame(r, RTMP_CODEC_OPUS, 30, "\xf8", 1), 0);
	sent_packets(&s, &list);
	assert_int_equal(list.count, 5);
	expect_hex(&list.items[0], A, 0, "af00 1210");
	expect_hex(&list.items[1], A, 0, "af01 2120");
	expect_hex(&list.items[2], A, 23, "af01 2120");
	expect_hex(&list.items[4], A, 30, "914f707573 f8");
	free_packets(&list);
	rtmp_free(r);
	script_free(&s);
	peer_free(&peer);
}

static void
options_of_frames_hold_from_there_on(void **state)
{
	struct rtmp_packetizer_options opt;
	struct packets list = { NULL, 0, 0 };
	struct script s;
	struct peer peer;
	struct rtmp *r = publisher(&s, &peer);

	(void)state;
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9), 0);
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = RTMP_SIGNAL_FOURCC;
	assert_int_equal(rtmp_set_frame_options(r, &opt, NULL), 0);
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 23, ADTS, 9), 0);
	opt.signalling = (enum rtmp_signalling)9;
	assert_int_equal(rtmp_set_frame_options(r, &opt, NULL),
	    RTMP_ERR_INVAL);
	sent_packets(&s, &list);
	assert_int_equal(list.count, 4);
	expect_hex(&list.items[2], A, 23, "906d703461 1210");
	expect_hex(&list.items[3], A, 23, "916d703461 2120");
	free_packets(&list);
	rtmp_free(r);
	script_free(&s);
	peer_free(&peer);
}

/* Takes two connections, one after the other, and keeps what each sends. */
struct server {
	int listener;
	const struct peer *peer;
	struct script got[2]; /* only out */
};

static void *
serve_two(void *arg)
{
	struct server *s = arg;
	uint8_t buf[4096];
	ssize_t n;
	int i, fd;

	for (i = 0; i < 2; i++) {
		struct script *got = &s->got[i];

		fd = accept(s->listener, NULL, NULL);
		if (fd < 0 || send(fd, s->peer->data, s->peer->size,
		    MSG_NOSIGNAL) < 0)
			return NULL;
		while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
			got->out = realloc(got->out,
			    got->out_size + (size_t)n);
			memcpy(got->out + got->out_size, buf, (size_t)n);
			got->out_size += (size_t)n;
		}
		close(fd);
	}
	return NULL;
}

/* Another connection of the same handle gets its own sequence headers. */
static void
a_new_connection_gets_headers_anew(void **state)
{
	struct server server;
	struct rtmp *r = rtmp_new(NULL);
	pthread_t thread;
	struct peer peer;
	char url[80];
	int i;

	(void)state;
	assert_non_null(r);
	peer_init(&peer);
	peer_connected(&peer);
	peer_published(&peer, 4, 1);
	memset(&server, 0, sizeof(server));
	server.peer = &peer;
	server.listener = net_listen(AF_INET, 0);
	snprintf(url, sizeof(url), "rtmp://127.0.0.1:%d/live/stream",
	    net_port(server.listener));
	assert_int_equal(pthread_create(&thread, NULL, serve_two, &server),
	    0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(rtmp_connect(r, url, NULL), 0);
		assert_int_equal(rtmp_publish(r, NULL), 0);
		assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9),
		    0);
		assert_int_equal(rtmp_close(r), 0);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (i = 0; i < 2; i++) {
		struct packets list = { NULL, 0, 0 };

		sent_packets(&server.got[i], &list);
		assert_int_equal(list.count, 2);
		expect_hex(&list.items[0], A, 0, "af00 1210");
		free_packets(&list);
		free(server.got[i].out);
	}
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9),
	    RTMP_ERR_STATE);
	rtmp_free(r);
	close(server.listener);
	peer_free(&peer);
}

static void
played_packets_come_as_frames(void **state)
{
	struct rtmp_depacketizer_options in;
	struct rtmp_frame f;
	struct script s;
	struct peer peer;
	struct rtmp *r;

	(void)state;
	peer_init(&peer);
	peer_connected(&peer);
	peer_playing(&peer, 2, 1);
	media(&peer, A, 0, "af001210");
	media(&peer, A, 23, "af012120");
	media(&peer, V, 40, "17");	/* cut off */
	media(&peer, A, 46, "95114f707573" "00000001f8" "01000001f9");
	media(&peer, A, 69, "914f707573fa");
	r = player(&s, &peer);
	rtmp_depacketizer_options_init(&in, sizeof(in));
	in.audio = RTMP_FORM_ADTS;
	assert_int_equal(rtmp_set_frame_options(r, NULL, &in), 0);
	assert_int_equal(rtmp_read_frame(r, &f), 1);
	assert_int_equal(f.kind, RTMP_KIND_CONFIG);
	assert_int_equal(rtmp_read_frame(r, &f), 1);
	assert_int_equal(f.dts, 23 * MS);
	assert_int_equal(f.size, 9);
	assert_memory_equal(f.data, ADTS, 9);
	assert_int_equal(rtmp_read_frame(r, &f), RTMP_ERR_MALFORMED);
	assert_non_null(strstr(rtmp_error_detail(r), "cut off"));
	assert_int_equal(rtmp_read_frame(r, &f), 1);
	assert_int_equal(f.data[0], 0xf8);
	/* Whatever is called meanwhile, the other track is there. */
	assert_int_equal(rtmp_pause(r, 0, 0), 0);
	assert_int_equal(rtmp_read_frame(r, &f), 1);
	assert_int_equal(f.data[0], 0xf9);
	assert_int_equal(f.track, 1);
	assert_int_equal(rtmp_read_frame(r, &f), 1);
	assert_int_equal(f.data[0], 0xfa);
	assert_int_equal(rtmp_read_frame(r, &f), RTMP_ERR_TIMEOUT);
	rtmp_free(r);
	script_free(&s);
	peer_free(&peer);
}

static void
the_state_is_checked(void **state)
{
	struct rtmp_packetizer_options opt;
	struct rtmp *r = rtmp_new(NULL);
	struct rtmp_frame f;

	(void)state;
	assert_non_null(r);
	assert_int_equal(write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9),
	    RTMP_ERR_STATE);
	assert_int_equal(rtmp_read_frame(r, &f), RTMP_ERR_STATE);
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = 99;
	assert_int_equal(rtmp_set_frame_options(r, &opt, NULL),
	    RTMP_ERR_INVAL);
	assert_string_equal(rtmp_error_detail(r), "invalid argument");
	rtmp_free(r);
}

static int
write_two(struct test_mem *m, void *arg)
{
	struct peer *peer = arg;
	struct script s;
	struct rtmp *r;
	int ret = RTMP_ERR_NOMEM;

	script_init(&s, peer->data, peer->size);
	r = new_client(&s, m);
	if (r != NULL)
		ret = rtmp_connect(r, URL, NULL);
	if (ret == 0)
		ret = rtmp_publish(r, NULL);
	if (ret == 0)
		ret = write_frame(r, RTMP_CODEC_AAC, 0, ADTS, 9);
	if (ret == 0)
		ret = write_frame(r, RTMP_CODEC_OPUS, 0, "\xf8", 1);
	rtmp_free(r);
	script_free(&s);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_connected(&peer);
	peer_published(&peer, 4, 1);
	each_allocation_fails(write_two, &peer);
	peer_free(&peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_frames_leave_as_packets),
		cmocka_unit_test(options_of_frames_hold_from_there_on),
		cmocka_unit_test(a_new_connection_gets_headers_anew),
		cmocka_unit_test(played_packets_come_as_frames),
		cmocka_unit_test(the_state_is_checked),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("client frames", tests, NULL,
	    NULL);
}
