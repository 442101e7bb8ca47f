/* The four flights: what leaves before the server has answered, what becomes
 * of it when the answer is a refusal, and when the message stream id that was
 * assumed is another. */
#include "support/run.h"

#define COMMANDS \
	"C0 C1 C2\n" \
	"3/0 connect\n" \
	"2/0 chunk-size 60000\n" \
	"3/0 ['releaseStream',2,null,'key']\n" \
	"3/0 ['FCPublish',3,null,'key']\n" \
	"3/0 ['createStream',4,null]\n" \
	"7/1 ['publish',5,null,'key','live']\n"
#define PLAY_COMMANDS \
	"C0 C1 C2\n" \
	"3/0 connect\n" \
	"2/0 window 2500000\n" \
	"3/0 ['createStream',2,null]\n" \
	"7/1 ['play',3,null,'key',-2]\n" \
	"2/0 user 3 1 3000\n"
#define MEDIA \
	"4/1 audio @0 5 sound\n" \
	"6/1 video @40 5 frame\n"

/* Publishes, and writes two packets as soon as they are taken. */
static void
act_eager(struct run *r, const struct rtmp_event *e)
{
	struct rtmp_packet audio = text_packet(RTMP_MSG_AUDIO, 0, "sound");
	struct rtmp_packet video = text_packet(RTMP_MSG_VIDEO, 40, "frame");
	int err;

	act_publish(r, e);
	if (r->steps != 0)
		return;
	err = rtmp_session_write(r->s, r->stream[0], &audio);
	if (err == 0)
		err = rtmp_session_write(r->s, r->stream[0], &video);
	if (err == 0)
		r->steps = 1;
	else
		assert_int_equal(err, RTMP_ERR_STATE);
}

/* What is sent in a flight before a byte has come, and behind S0 S1 S2. */
static const struct {
	enum rtmp_flight flight;
	const char *at_once, *behind_handshake;
} flights[] = {
	{ RTMP_FLIGHT_STEPWISE, "C0 C1\n", "C0 C1 C2\n3/0 connect\n" },
	{ RTMP_FLIGHT_PIPELINED, "C0 C1\n", COMMANDS },
	{ RTMP_FLIGHT_EAGER, "C0 C1\n", COMMANDS },
	{ RTMP_FLIGHT_ZERO_RTT, COMMANDS MEDIA, COMMANDS MEDIA },
};

static void
each_flight_sends_what_it_may(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 0, "sound");
	struct run r;
	struct peer p;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		run_init(&r, flights[i].flight, act_eager);
		run_start(&r);
		text = sent_text(r.sent, r.sent_size);
		assert_string_equal(text, flights[i].at_once);
		free(text);
		peer_init(&p);
		run_peer(&r, &p);
		assert_sent(&r, flights[i].behind_handshake);
		/* Media may follow in the eager ones only. */
		assert_int_equal(rtmp_session_write(r.s, 1, &packet),
		    flights[i].flight >= RTMP_FLIGHT_EAGER ? 0 :
		    RTMP_ERR_STATE);
		run_send(&r, SIZE_MAX, 64);
		assert_sent(&r, flights[i].flight >= RTMP_FLIGHT_EAGER ?
		    "4/1 audio @0 5 sound\n" : "");
		run_free(&r);
		peer_free(&p);
	}
}

static void
an_early_c2_is_c1_again(void **state)
{
	struct run r;

	(void)state;
	run_init(&r, RTMP_FLIGHT_ZERO_RTT, act_publish);
	run_start(&r);
	assert_true(r.sent_size > PEER_HANDSHAKE_SIZE);
	assert_memory_equal(r.sent + 1537, r.sent + 1, 1536);
	run_free(&r);
}

static void
every_flight_publishes(void **state)
{
	static const char *const sent[] = {
		"C0 C1 C2\n"
		"3/0 connect\n"
		"2/0 window 5000000\n"
		"2/0 chunk-size 60000\n"
		"3/0 ['releaseStream',2,null,'key']\n"
		"3/0 ['FCPublish',3,null,'key']\n"
		"3/0 ['createStream',4,null]\n"
		"7/1 ['publish',5,null,'key','live']\n" MEDIA,
		COMMANDS "2/0 window 5000000\n" MEDIA,
		COMMANDS "2/0 window 5000000\n" MEDIA,
		COMMANDS MEDIA "2/0 window 5000000\n",
	};
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_eager, 0,
		PUBLISH_STARTED, NULL };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		peer_init(&p);
		peer_connected(&p);
		peer_published(&p, 4, 1);
		sc.flight = flights[i].flight;
		sc.sent = sent[i];
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

static void
every_flight_plays(void **state)
{
	static const char *const sent[] = {
		"C0 C1 C2\n"
		"3/0 connect\n"
		"2/0 window 5000000\n"
		"2/0 window 2500000\n"
		"3/0 ['createStream',2,null]\n"
		"7/1 ['play',3,null,'key',-2]\n"
		"2/0 user 3 1 3000\n",
		PLAY_COMMANDS "2/0 window 5000000\n",
		PLAY_COMMANDS "2/0 window 5000000\n",
		PLAY_COMMANDS "2/0 window 5000000\n",
	};
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_play, 0,
		CONNECTED
		"PLAY_START 1 success status NetStream.Play.Start words\n"
		"PACKET 1 video @0 5 frame\n", NULL };
	struct peer p;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		peer_init(&p);
		peer_connected(&p);
		peer_playing(&p, 2, 1);
		peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "frame");
		sc.flight = flights[i].flight;
		sc.sent = sent[i];
		check_scenario(&sc, &p);
		peer_free(&p);
	}
}

/* ---- Refusals ---- */

static void
a_refused_connection_ends_every_flight(void **state)
{
	static const char *const infos[] = {
		"'level': 'error', 'code': 'NetConnection.Connect.InvalidApp'",
		"'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
		"'ex': {'code': 302, 'redirect': 'rtmp://edge/live'}",
		"'level': 'error', 'code': 'NetConnection.Connect.Rejected', "
		"'description': 'authmod=adobe'",
	};
	static const char *const events[] = {
		"REJECTED invalid-app error NetConnection.Connect.InvalidApp "
		"-\n= REJECTED NetConnection.Connect.InvalidApp\n",
		"REJECTED redirect error NetConnection.Connect.Rejected -\n"
		"= REJECTED NetConnection.Connect.Rejected\n",
		"REJECTED auth-required error NetConnection.Connect.Rejected "
		"authmod=adobe\n"
		"= REJECTED NetConnection.Connect.Rejected: authmod=adobe\n",
	};
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, act_eager, 0,
		NULL, NULL };
	struct peer p;
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++)
		for (k = 0; k < 3; k++) {
			peer_init(&p);
			peer_command(&p, 0, "['_error', 1, null, {%s}]",
			    infos[k]);
			/* The answers to what was sent behind it. */
			peer_published(&p, 4, 1);
			sc.flight = flights[i].flight;
			sc.events = events[k];
			check_scenario(&sc, &p);
			peer_free(&p);
		}
}

static int released[8];

static void
release(void *arg)
{
	++*(int *)arg;
}

/* Sends all of the commands and half of the first packet; the rest is dropped
 * when publish is refused. */
static void
a_refused_publisher_drops_its_packets(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 0, "sound");
	struct rtmp_session_stats stats;
	struct run r;
	struct peer p;
	size_t queued;
	int i;

	(void)state;
	memset(released, 0, sizeof(released));
	run_init(&r, RTMP_FLIGHT_EAGER, act_publish);
	r.hold = 1;
	run_start(&r);
	peer_init(&p);
	run_peer(&r, &p);
	rtmp_session_get_stats(r.s, &stats, sizeof(stats));
	queued = stats.queued_bytes;
	for (i = 0; i < 3; i++)
		assert_int_equal(rtmp_session_write_ref(r.s, 1, &packet,
		    release, &released[i]), 0);
	run_send(&r, queued + 14, 64);
	p.size = 0;
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_status(&p, 1, "error", "NetStream.Publish.BadName");
	run_peer(&r, &p);
	assert_events(&r, CONNECTED "REJECTED 1 in-use error "
	    "NetStream.Publish.BadName words\n");
	assert_int_equal(released[0], 0);
	assert_int_equal(released[1], 1);
	assert_int_equal(released[2], 1);
	run_send(&r, SIZE_MAX, 64);
	assert_int_equal(released[0], 1);
	assert_sent(&r, COMMANDS "4/1 audio @0 5 sound\n2/0 window 5000000\n");
	rtmp_session_get_stats(r.s, &stats, sizeof(stats));
	assert_int_equal(stats.queued_bytes, 0);
	assert_int_equal(stats.queued_packets, 0);
	run_free(&r);
	peer_free(&p);
	assert_int_equal(released[0], 1);
}

/* ---- Another message stream id ---- */

static int
count_lines(const char *text, const char *line)
{
	int n = 0;

	while ((text = strstr(text, line)) != NULL) {
		n++;
		text++;
	}
	return n;
}

/* What a server that gives id 5 makes of it: lost is what came on 1. */
static void
check_corrected(const char *text, uint32_t lost)
{
	static const char *const packets[] = { "audio @0 5 sound\n",
		"video @40 5 frame\n", "audio @80 5 again\n" };
	const char *publish = strstr(text, "/5 ['publish',"), *p = text;
	char line[64];
	uint32_t i;

	assert_non_null(publish);
	assert_int_equal(count_lines(text, "/5 ['publish',"), 1);
	assert_int_equal(count_lines(text, "/1 "), (int)lost +
	    count_lines(text, "/1 ['publish',"));
	for (i = 0; i < 3; i++) {
		snprintf(line, sizeof(line), "/%d %s", i < lost ? 1 : 5,
		    packets[i]);
		p = strstr(p, line);
		if (p == NULL)
			fail_msg("no %s in %s", line, text);
		assert_true(i < lost || publish < p);
	}
}

/* The answer comes when n bytes have left, for each n. */
static void
an_assumed_id_is_corrected_wherever_the_flight_is(void **state)
{
	struct rtmp_packet packet = text_packet(RTMP_MSG_AUDIO, 80, "again");
	struct rtmp_session_stats stats;
	uint32_t lost, some = 0, none = 0, all = 0;
	struct run r;
	struct peer p;
	size_t n = 0, total;
	char *text, *told;

	(void)state;
	do {
		run_init(&r, RTMP_FLIGHT_ZERO_RTT, act_eager);
		r.hold = 1;
		run_start(&r);
		assert_int_equal(rtmp_session_write(r.s, 1, &packet), 0);
		rtmp_session_get_stats(r.s, &stats, sizeof(stats));
		total = stats.queued_bytes;
		run_send(&r, n, 1 + (int)(n % 5));
		peer_init(&p);
		peer_connected(&p);
		peer_published(&p, 4, 5);
		run_peer(&r, &p);
		assert_int_equal(rtmp_stream_msid(r.s, 1), 5);
		told = strstr(r.events.s, "lost ");
		lost = told != NULL ? (uint32_t)strtoul(told + 5, NULL, 10) :
		    0;
		run_send(&r, SIZE_MAX, 64);
		text = sent_text(r.sent, r.sent_size);
		check_corrected(text, lost);
		none += lost == 0;
		some += lost == 1 || lost == 2;
		all += lost == 3;
		free(text);
		run_free(&r);
		peer_free(&p);
	} while (++n <= total);
	assert_true(none > 0 && some > 0 && all > 0);
}

static void
a_player_is_corrected_too(void **state)
{
	struct run r;
	struct peer p;
	size_t n;
	char *text;

	(void)state;
	for (n = 0; n < 3073 + 600; n += n < 3072 ? 3072 : 1) {
		run_init(&r, RTMP_FLIGHT_ZERO_RTT, act_play);
		r.hold = 1;
		run_start(&r);
		run_send(&r, n, 64);
		peer_init(&p);
		peer_connected(&p);
		peer_playing(&p, 2, 5);
		peer_media(&p, 5, RTMP_MSG_VIDEO, 0, "frame");
		run_peer(&r, &p);
		assert_events(&r, CONNECTED "PLAY_START 1 success status "
		    "NetStream.Play.Start words\n"
		    "PACKET 1 video @0 5 frame\n");
		run_send(&r, SIZE_MAX, 64);
		text = sent_text(r.sent, r.sent_size);
		assert_int_equal(count_lines(text, "7/5 ['play',"), 1);
		assert_int_equal(count_lines(text, "2/0 user 3 5 3000\n"), 1);
		free(text);
		run_free(&r);
		peer_free(&p);
	}
}

static void
all_that_left_too_early_is_told_and_publish_sent_again(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_ZERO_RTT, act_eager);
	run_start(&r);
	assert_sent(&r, COMMANDS MEDIA);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 5);
	run_peer(&r, &p);
	assert_events(&r, CONNECTED
	    "PUBLISH_START 1 success status NetStream.Publish.Start words "
	    "lost 2\n");
	assert_sent(&r, "2/0 window 5000000\n"
	    "7/5 ['publish',6,null,'key','live']\n");
	run_free(&r);
	peer_free(&p);
}

/* ---- Several streams in a flight ---- */

static void
the_next_id_is_assumed_behind_the_last_given(void **state)
{
	struct run r;
	struct peer p;
	unsigned stream;

	(void)state;
	run_init(&r, RTMP_FLIGHT_EAGER, act_publish);
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_published(&p, 4, 2);
	run_peer(&r, &p);
	skip_sent(&r);
	assert_int_equal(rtmp_session_publish(r.s, "b", NULL, &stream), 0);
	assert_int_equal(rtmp_stream_msid(r.s, stream), 3);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "3/0 ['releaseStream',7,null,'b']\n"
	    "3/0 ['FCPublish',8,null,'b']\n"
	    "3/0 ['createStream',9,null]\n"
	    "11/3 ['publish',10,null,'b','live']\n");
	run_free(&r);
	peer_free(&p);
}

/* A play command that is sent again passes the Set Chunk Size of a publisher
 * that waits in the queue: it must not have chunks of that size yet. */
static void
what_is_sent_again_keeps_to_the_chunk_size_in_force(void **state)
{
	char name[301];
	struct run r;
	struct peer p;
	unsigned stream;
	char *text;

	(void)state;
	memset(name, 'n', 300);
	name[300] = '\0';
	run_init(&r, RTMP_FLIGHT_PIPELINED, NULL);
	run_start(&r);
	assert_int_equal(rtmp_session_play(r.s, name, 0, -1, 1, &stream), 0);
	peer_init(&p);
	run_peer(&r, &p);
	r.hold = 1;
	assert_int_equal(rtmp_session_publish(r.s, "b", NULL, &stream), 0);
	p.size = 0;
	peer_connected(&p);
	peer_command(&p, 0, "['_result', 2, null, 5]");
	run_peer(&r, &p);
	skip_sent(&r);
	run_send(&r, SIZE_MAX, 64);
	text = sent_text(r.sent, r.sent_size);
	assert_int_equal(count_lines(text, "7/5 ['play',"), 1);
	assert_true(strstr(text, "7/5 ['play',") <
	    strstr(text, "2/0 chunk-size 60000\n"));
	assert_int_equal(count_lines(text, name), 2);
	free(text);
	run_free(&r);
	peer_free(&p);
}

static void
a_queued_pause_is_not_taken_for_the_play_command(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_init(&r, RTMP_FLIGHT_PIPELINED, act_play);
	run_start(&r);
	peer_init(&p);
	run_peer(&r, &p);
	assert_sent(&r, PLAY_COMMANDS);
	r.hold = 1;
	assert_int_equal(rtmp_session_pause(r.s, 1, 1, 0), 0);
	p.size = 0;
	peer_command(&p, 0, "['_result', 2, null, 5]");
	run_peer(&r, &p);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "7/5 ['play',4,null,'key',-2]\n"
	    "2/0 user 3 5 3000\n"
	    "7/5 ['pause',0,null,true,0]\n");
	run_free(&r);
	peer_free(&p);
}

static void
a_stream_closed_in_flight_is_deleted_by_both_ids(void **state)
{
	uint32_t answers[] = { 1, 5 };
	struct run r;
	struct peer p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		run_init(&r, RTMP_FLIGHT_PIPELINED, act_publish);
		run_start(&r);
		peer_init(&p);
		run_peer(&r, &p);
		assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
		p.size = 0;
		peer_connected(&p);
		peer_published(&p, 4, answers[i]);
		run_peer(&r, &p);
		assert_sent(&r, i == 0 ?
		    COMMANDS "3/0 ['FCUnpublish',6,null,'key']\n"
		    "7/1 ['closeStream',0,null]\n"
		    "3/0 ['deleteStream',7,null,1]\n"
		    "2/0 window 5000000\n" :
		    COMMANDS "3/0 ['FCUnpublish',6,null,'key']\n"
		    "7/1 ['closeStream',0,null]\n"
		    "3/0 ['deleteStream',7,null,1]\n"
		    "2/0 window 5000000\n"
		    "3/0 ['deleteStream',8,null,5]\n");
		run_free(&r);
		peer_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_flight_sends_what_it_may),
		cmocka_unit_test(an_early_c2_is_c1_again),
		cmocka_unit_test(every_flight_publishes),
		cmocka_unit_test(every_flight_plays),
		cmocka_unit_test(a_refused_connection_ends_every_flight),
		cmocka_unit_test(a_refused_publisher_drops_its_packets),
		cmocka_unit_test(
		    an_assumed_id_is_corrected_wherever_the_flight_is),
		cmocka_unit_test(a_player_is_corrected_too),
		cmocka_unit_test(
		    all_that_left_too_early_is_told_and_publish_sent_again),
		cmocka_unit_test(the_next_id_is_assumed_behind_the_last_given),
		cmocka_unit_test(
		    what_is_sent_again_keeps_to_the_chunk_size_in_force),
		cmocka_unit_test(
		    a_queued_pause_is_not_taken_for_the_play_command),
		cmocka_unit_test(
		    a_stream_closed_in_flight_is_deleted_by_both_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
