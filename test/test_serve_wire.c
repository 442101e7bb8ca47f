/*
 * rtmp-serve and what its clients may put on the wire, in good faith or not.
 * A client sends a handshake and its messages in one go, behind C1, closes its
 * side and reads until the server closes: all of it is one run of bytes each
 * way.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>
#include "support/peer.h"
#include "support/server.h"

/* ---- An exchange ---- */

/* What the server said: a line per message, "TYPE MSID JSON-or-hex". */
static char said[65536];
static size_t said_size;

static uint8_t answer[1 << 20];

/* Sends bytes as far as the server takes them, reads until it closes, and
 * returns how much came. */
static size_t
exchange_bytes(const uint8_t *data, size_t size)
{
	int fd = connect_server();
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	size_t got = 0;
	ssize_t n;

	for (;;) {
		if (poll(&p, 1, PATIENCE_MS) != 1)
			fail_msg("the server does not close");
		if (p.revents & ~POLLOUT) {
			n = read(fd, answer + got, sizeof(answer) - got);
			if (n <= 0)
				break;
			got += (size_t)n;
		}
		if (!(p.revents & POLLOUT) || !(p.events & POLLOUT))
			continue;
		n = size != 0 ? send(fd, data, size, MSG_NOSIGNAL) : 0;
		if (n < 0) {
			p.events = POLLIN;
			continue;
		}
		data += n;
		size -= (size_t)n;
		if (size == 0) {
			shutdown(fd, SHUT_WR);
			p.events = POLLIN;
		}
	}
	close(fd);
	return got;
}

static void
note(const struct rtmp_message *msg)
{
	char text[4096];
	size_t i;
	int r;

	if (msg->type == RTMP_MSG_COMMAND_AMF0 ||
	    msg->type == RTMP_MSG_DATA_AMF0) {
		assert_int_equal(rtmp_amf0_to_json(msg->payload, msg->size,
		    text, sizeof(text), NULL), 0);
	} else {
		assert_in_range(msg->size, 0, 1000);
		text[0] = '\0';
		for (i = 0; i < msg->size; i++)
			sprintf(text + 2 * i, "%02x", msg->payload[i]);
	}
	r = snprintf(said + said_size, sizeof(said) - said_size, "%u %u %s\n",
	    (unsigned)msg->type, (unsigned)msg->msid, text);
	assert_in_range(r, 1, sizeof(said) - said_size - 1);
	said_size += (size_t)r;
}

/* Frees p. */
static void
exchange(struct peer *p)
{
	struct rtmp_chunk_reader *r;
	struct rtmp_message msg;
	const uint8_t *data = answer + PEER_HANDSHAKE_SIZE;
	size_t size = exchange_bytes(p->data, p->size);
	int err;

	peer_free(p);
	said_size = 0;
	said[0] = '\0';
	assert_true(size >= PEER_HANDSHAKE_SIZE);
	size -= PEER_HANDSHAKE_SIZE;
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while ((err = rtmp_chunk_reader_next(r, &data, &size, &msg)) == 1) {
		note(&msg);
		if (msg.type == RTMP_MSG_SET_CHUNK_SIZE)
			rtmp_chunk_reader_set_size(r, 60000);
	}
	assert_int_equal(err, 0);
	rtmp_chunk_reader_free(r);
}

static void
has(const char *words)
{
	if (strstr(said, words) == NULL)
		fail_msg("no %s in\n%s", words, said);
}

static void
has_not(const char *words)
{
	if (strstr(said, words) != NULL)
		fail_msg("%s in\n%s", words, said);
}

/* A client that has connected and created streams 1 and 2. */
static void
client_init(struct peer *p)
{
	peer_init(p);
	peer_command(p, 0, "['connect', 1, {'app': 'live', 'tcUrl': 'x'}]");
	peer_command(p, 0, "['createStream', 2, null]");
	peer_command(p, 0, "['createStream', 3, null]");
}

/* ---- Commands ---- */

static void
test_answers_of_connect(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	exchange(&p);
	has("5 0 002625a0\n6 0 002625a002\n4 0 000000000000\n"
	    "1 0 0000ea60\n20 0 [\"_result\",1,{\"fmsVer\"");
	has("NetConnection.Connect.Success");
	has("20 0 [\"_result\",2,null,1]");
	has("20 0 [\"_result\",3,null,2]");
}

static void
test_commands_of_amf3_are_understood(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 0,
	    "['connect', 1, {'app': 'live', 'objectEncoding': 3}]");
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 0, "['createStream', 2, null]");
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF3, 0, "", 0);
	peer_command(&p, 0, "['createStream', 3, null]");
	exchange(&p);
	has("NetConnection.Connect.Success");
	has("20 0 [\"_result\",2,null,1]");
	has("20 0 [\"_result\",3,null,2]");
}

static void
test_encoder_commands_are_answered(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_command(&p, 0, "['releaseStream', 4, null, 'a']");
	peer_command(&p, 0, "['FCPublish', 5, null, 'a']");
	peer_command(&p, 1, "['publish', 0, null, 'a', 'live']");
	peer_command(&p, 0, "['FCUnpublish', 6, null, 'a']");
	peer_command(&p, 0, "['deleteStream', 7, null, 1]");
	peer_command(&p, 0, "['createStream', 8, null]");
	exchange(&p);
	has("[\"_result\",4,null,null]");
	has("[\"_result\",5,null,null]\n20 0 [\"onFCPublish\",0,null");
	has("4 0 000000000001\n20 1 [\"onStatus\",0,null,{\"level\":"
	    "\"status\",\"code\":\"NetStream.Publish.Start\"");
	has("20 1 [\"onStatus\",0,null,{\"level\":\"status\","
	    "\"code\":\"NetStream.Unpublish.Success\"");
	has("[\"_result\",8,null,1]");
}

static void
test_streams_must_be_created(void **state)
{
	struct peer p;
	int i;

	(void)state;
	client_init(&p);
	peer_command(&p, 7, "['publish', 0, null, 'a', 'live']");
	peer_command(&p, 8, "['play', 0, null, 'a']");
	peer_command(&p, 1, "['publish', 0, null]");
	for (i = 3; i <= 17; i++)
		peer_command(&p, 0, "['createStream', %d, null]", i + 100);
	exchange(&p);
	has("20 7 [\"onStatus\",0,null,{\"level\":\"error\","
	    "\"code\":\"NetStream.Publish.Denied\"");
	has("20 8 [\"onStatus\",0,null,{\"level\":\"error\","
	    "\"code\":\"NetStream.Play.Failed\"");
	has("20 1 [\"onStatus\",0,null,{\"level\":\"error\","
	    "\"code\":\"NetStream.Publish.BadName\"");
	has("[\"_result\",116,null,16]");
	has("[\"_error\",117,null,{\"level\":\"error\"");
}

static void
test_command_before_connect_ends_the_connection(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p);
	peer_command(&p, 0, "['createStream', 2, null]");
	exchange(&p);
	assert_string_equal(said, "");
}

static void
test_commands_without_their_parts_do_no_harm(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, "", 0);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF0, 0, "\2\0", 2);
	peer_command(&p, 0, "[5, 5]");
	peer_command(&p, 1, "['play']");
	peer_command(&p, 1, "['pause', 0, null, true]");
	peer_command(&p, 0, "['deleteStream', 0, null, 'a']");
	peer_command(&p, 0, "['deleteStream', 0, null, -1]");
	peer_command(&p, 0, "['closeStream', 0]");
	peer_command(&p, 1, "['receiveAudio', 0]");
	peer_command(&p, 0, "['_checkbw', 9, null]");
	exchange(&p);
	has("NetStream.Play.StreamNotFound");
	has("[\"_result\",9,null,null]");
}

/* ---- Media ---- */

static void
test_set_data_frame_is_taken_off(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_command(&p, 1, "['publish', 0, null, 'a', 'live']");
	peer_amf(&p, RTMP_MSG_DATA_AMF3, 1,
	    "['@setDataFrame', 'onMetaData', {'a': 1}]");
	peer_command(&p, 2, "['play', 0, null, 'a']");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1,
	    "['@setDataFrame', 'onMetaData', {'b': 2}]");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['onTextData', 'c']");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1,
	    "['@clearDataFrame', 'onMetaData']");
	exchange(&p);
	has("18 2 [\"onMetaData\",{\"a\":1}]\n"
	    "18 2 [\"onMetaData\",{\"b\":2}]\n"
	    "18 2 [\"onTextData\",\"c\"]\n");
	has_not("DataFrame");
}

static void
test_player_chooses_audio_and_video(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_command(&p, 1, "['publish', 0, null, 'a', 'live']");
	peer_command(&p, 2, "['play', 0, null, 'a']");
	peer_command(&p, 2, "['receiveAudio', 0, null, false]");
	peer_media(&p, 1, RTMP_MSG_AUDIO, 0, "A");
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "B");
	peer_command(&p, 2, "['receiveAudio', 0, null, true]");
	peer_command(&p, 2, "['receiveVideo', 0, null, false]");
	peer_media(&p, 1, RTMP_MSG_AUDIO, 0, "C");
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "D");
	peer_command(&p, 2, "['seek', 0, null, 1000]");
	exchange(&p);
	has_not("8 2 41\n");
	has("9 2 42\n");
	has("8 2 43\n");
	has_not("9 2 44\n");
	has("NetStream.Seek.Failed");
}

/* ---- Control messages ---- */

static void
test_ping_is_answered(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_user(&p, 6, 0x01020304);
	peer_user(&p, 3, 1);
	peer_user(&p, 99, 1);
	peer_message(&p, 2, 0, RTMP_MSG_USER_CONTROL, 0, "\0", 1);
	exchange(&p);
	has("4 0 000701020304\n");
}

static void
test_bytes_are_acknowledged(void **state)
{
	static uint8_t block[1000];
	struct peer p;

	(void)state;
	client_init(&p);
	peer_control(&p, RTMP_MSG_WINDOW_ACK_SIZE, 1000);
	peer_message(&p, 4, 1, RTMP_MSG_AUDIO, 0, block, sizeof(block));
	exchange(&p);
	has("\n3 0 0000");
}

static void
test_chunk_size_zero_ends_the_connection(void **state)
{
	struct peer p;

	(void)state;
	client_init(&p);
	peer_message(&p, 2, 0, RTMP_MSG_SET_CHUNK_SIZE, 0, "\0\0\0\0", 4);
	peer_command(&p, 0, "['createStream', 77, null]");
	exchange(&p);
	has_not("77");
}

/* A client that never reads its answers is dropped. */
static void
test_flood_of_pings_is_bounded(void **state)
{
	struct peer p;
	int fd = connect_server(), i;
	struct pollfd pfd = { fd, POLLOUT, 0 };
	size_t start;
	ssize_t n = 0;
	long sent = 0;

	(void)state;
	client_init(&p);
	start = p.size;
	for (i = 0; i < 20000; i++)
		peer_user(&p, 6, (uint32_t)i);
	n = send(fd, p.data, start, MSG_NOSIGNAL);
	assert_int_equal(n, start);
	/* 20000 pings, whole, again and again: the header of each allows
	 * it.  The answers fill the buffers of the kernel, then the queue. */
	while (sent < 2000 && poll(&pfd, 1, PATIENCE_MS) == 1) {
		n = send(fd, p.data + start, p.size - start, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		sent++;
	}
	assert_true(n < 0);
	close(fd);
	peer_free(&p);
}

/* ---- Bytes that are no RTMP ---- */

static void
test_garbage_ends_one_connection_only(void **state)
{
	static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static uint8_t data[20000];
	uint32_t seed = 7;
	size_t i, j;

	(void)state;
	assert_int_equal(exchange_bytes((const uint8_t *)http,
	    sizeof(http) - 1), 0);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < sizeof(data); j++)
			data[j] = (uint8_t)next_random(&seed);
		data[0] = 3;
		exchange_bytes(data, 1 + next_random(&seed) %
			(sizeof(data) - 1));
	}
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
	for (i = 0; i < 200; i++) {
		memcpy(copy, data, size);
		for (j = 0; j < i % 20; j++)
			copy[3073 + next_random(&seed) % 2000] =
			    (uint8_t)next_random(&seed);
		exchange_bytes(copy, 3000 + next_random(&seed) %
			(size - 3000));
	}
	free(copy);
	free(data);
}

/* One server for all, which must be alive behind the last test. */
static int
start(void **state)
{
	(void)state;
	server_start("--queue", "300000", NULL);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	server_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_of_connect),
		cmocka_unit_test(test_commands_of_amf3_are_understood),
		cmocka_unit_test(test_encoder_commands_are_answered),
		cmocka_unit_test(test_streams_must_be_created),
		cmocka_unit_test(
		    test_command_before_connect_ends_the_connection),
		cmocka_unit_test(test_commands_without_their_parts_do_no_harm),
		cmocka_unit_test(test_set_data_frame_is_taken_off),
		cmocka_unit_test(test_player_chooses_audio_and_video),
		cmocka_unit_test(test_ping_is_answered),
		cmocka_unit_test(test_bytes_are_acknowledged),
		cmocka_unit_test(test_chunk_size_zero_ends_the_connection),
		cmocka_unit_test(test_flood_of_pings_is_bounded),
		cmocka_unit_test(test_garbage_ends_one_connection_only),
		cmocka_unit_test(test_damaged_client_ends_one_connection_only),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start, stop);
}
