/* What an application does on a stream that has begun and on the connection:
 * pause and its kin, calls, answers; and what is handed out to it. */
#include "support/run.h"

/* ---- Commands of a player ---- */

static void
commands_of_a_player(void **state)
{
	struct run r;
	struct peer p;

	(void)state;
	run_playing(&r, &p);
	assert_int_equal(rtmp_session_pause(r.s, 1, 1, 1500), 0);
	assert_int_equal(rtmp_session_pause(r.s, 1, 0, 0), 0);
	assert_int_equal(rtmp_session_seek(r.s, 1, 30000), 0);
	assert_int_equal(rtmp_session_receive_audio(r.s, 1, 0), 0);
	assert_int_equal(rtmp_session_receive_video(r.s, 1, 1), 0);
	assert_int_equal(rtmp_session_set_buffer_length(r.s, 1, 5000), 0);
	assert_int_equal(rtmp_session_close_stream(r.s, 1), 0);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "7/1 ['pause',0,null,true,1500]\n"
	    "7/1 ['pause',0,null,false,0]\n"
	    "7/1 ['seek',0,null,30000]\n"
	    "7/1 ['receiveAudio',0,null,false]\n"
	    "7/1 ['receiveVideo',0,null,true]\n"
	    "2/0 user 3 1 5000\n"
	    "7/1 ['closeStream',0,null]\n"
	    "3/0 ['deleteStream',4,null,1]\n");
	run_free(&r);
	peer_free(&p);
}

static void
put_answers(struct peer *p)
{
	peer_status(p, 1, "status", "NetStream.Pause.Notify");
	peer_status(p, 1, "status", "NetStream.Seek.Notify");
	peer_status(p, 1, "error", "NetStream.Seek.InvalidTime");
	peer_status(p, 1, "error", "NetStream.Pause.Failed");
	peer_status(p, 0, "error", "NetConnection.Call.Failed");
	peer_media(p, 1, RTMP_MSG_AUDIO, 1, "on");
}

static void
a_refused_seek_does_not_end_the_stream(void **state)
{
	(void)state;
	check_playing(put_answers,
	    "STATUS 1 other status NetStream.Pause.Notify words\n"
	    "STATUS 1 other status NetStream.Seek.Notify words\n"
	    "STATUS 1 other error NetStream.Seek.InvalidTime words\n"
	    "STATUS 1 other error NetStream.Pause.Failed words\n"
	    "STATUS other error NetConnection.Call.Failed words\n"
	    "PACKET 1 audio @1 2 on\n");
}

static void
commands_need_a_stream_that_has_begun(void **state)
{
	struct run r;
	unsigned i;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_play);
	run_start(&r);
	for (i = 0; i < 3; i++) {
		assert_int_equal(rtmp_session_pause(r.s, i, 1, 0),
		    RTMP_ERR_STATE);
		assert_int_equal(rtmp_session_seek(r.s, i, 0), RTMP_ERR_STATE);
		assert_int_equal(rtmp_session_receive_audio(r.s, i, 1),
		    RTMP_ERR_STATE);
		assert_int_equal(rtmp_session_receive_video(r.s, i, 1),
		    RTMP_ERR_STATE);
		assert_int_equal(rtmp_session_set_buffer_length(r.s, i, 1),
		    RTMP_ERR_STATE);
		assert_int_equal(rtmp_session_send_command(r.s, i, "f", NULL,
		    0), RTMP_ERR_STATE);
	}
	run_free(&r);
}

static void
a_full_queue_takes_no_commands(void **state)
{
	struct run r;
	struct peer p;
	uint32_t number;

	(void)state;
	run_init(&r, RTMP_FLIGHT_STEPWISE, act_play);
	r.config.max_send_buffer = 10;
	run_start(&r);
	peer_init(&p);
	peer_connected(&p);
	peer_playing(&p, 2, 1);
	run_peer(&r, &p);
	assert_int_equal(rtmp_session_seek(r.s, 1, 1), 0);
	assert_int_equal(rtmp_session_seek(r.s, 1, 2), RTMP_ERR_AGAIN);
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, &number),
	    RTMP_ERR_AGAIN);
	assert_int_equal(rtmp_session_answer(r.s, 3, 1, NULL, 0),
	    RTMP_ERR_AGAIN);
	run_send(&r, SIZE_MAX, 64);
	assert_int_equal(rtmp_session_call(r.s, 0, "f", NULL, 0, &number), 0);
	run_free(&r);
	peer_free(&p);
}

/* ---- Calls ---- */

static void
calls_and_their_answers(void **state)
{
	uint8_t *args;
	uint32_t first, second, third;
	struct run r;
	struct peer p;
	size_t size;

	(void)state;
	run_playing(&r, &p);
	args = peer_amf0("[null, 'key', 7]", &size);
	assert_int_equal(rtmp_session_call(r.s, 0, "getStreamLength", args,
	    size, &first), 0);
	assert_int_equal(rtmp_session_call(r.s, 1, "onStream", NULL, 0,
	    &second), 0);
	assert_int_equal(rtmp_session_call(r.s, 0, "noAnswer", NULL, 0, NULL),
	    0);
	assert_int_equal(rtmp_session_call(r.s, 0, "last", NULL, 0, &third),
	    0);
	assert_int_equal(rtmp_session_send_command(r.s, 0, "FCSubscribe",
	    args, size), 0);
	free(args);
	assert_int_equal(first, 4);
	assert_int_equal(second, 5);
	assert_int_equal(third, 7);
	/* In another order, one of them twice, and one that nobody made. */
	peer_command(&p, 0, "['_error', 7, null, {'level': 'error', 'code': "
	    "'NetConnection.Call.Failed', 'description': 'unknown'}]");
	peer_command(&p, 0, "['_result', 4, null, 12.5]");
	peer_command(&p, 0, "['_result', 4, null, 12.5]");
	peer_command(&p, 1, "['_result', 5, {'a': 'b'}, 'text']");
	peer_command(&p, 0, "['_result', 99, null]");
	peer_command(&p, 0, "['_result', 4.5, null]");
	peer_command(&p, 0, "['serverCall', 11, null, 'x']");
	peer_command(&p, 1, "['onStreamCall', -1, null]");
	run_peer(&r, &p);
	assert_events(&r,
	    "RESULT #7 _error ['_error',7,null,{'level':'error','code':"
	    "'NetConnection.Call.Failed','description':'unknown'}]\n"
	    "RESULT #4 _result ['_result',4,null,12.5]\n"
	    "RESULT 1 #5 _result ['_result',5,{'a':'b'},'text']\n"
	    "COMMAND serverCall #11 ['serverCall',11,null,'x']\n"
	    "COMMAND 1 onStreamCall #0 ['onStreamCall',-1,null]\n");
	assert_int_equal(rtmp_session_answer(r.s, 11, 1, NULL, 0), 0);
	assert_int_equal(rtmp_session_answer(r.s, 12, 0, NULL, 0), 0);
	run_send(&r, SIZE_MAX, 64);
	assert_sent(&r, "3/0 ['getStreamLength',4,null,'key',7]\n"
	    "7/1 ['onStream',5,null]\n"
	    "3/0 ['noAnswer',6,null]\n"
	    "3/0 ['last',7,null]\n"
	    "3/0 ['FCSubscribe',0,null,'key',7]\n"
	    "3/0 ['_result',11,null]\n"
	    "3/0 ['_error',12,null]\n");
	run_free(&r);
	peer_free(&p);
}

/* ---- Events that the application may want ---- */

static void
put_others(struct peer *p)
{
	peer_user(p, RTMP_CONTROL_STREAM_BEGIN, 1);
	peer_user(p, RTMP_CONTROL_STREAM_BEGIN, 0);
	peer_user(p, RTMP_CONTROL_STREAM_IS_RECORDED, 1);
	peer_user(p, RTMP_CONTROL_BUFFER_EMPTY, 1);
	peer_user(p, RTMP_CONTROL_STREAM_EOF, 77);
	peer_user(p, 12345, 5);
	peer_message(p, 3, 1, RTMP_MSG_SHARED_OBJECT_AMF0, 0, "shared", 6);
	peer_message(p, 3, 1, 200, 0, "", 0);
	peer_status(p, 0, "status", "NetConnection.Connect.ReconnectRequest");
	peer_status(p, 1, "status", "NetStream.Play.Switch");
}

static void
what_is_not_handled_is_handed_out(void **state)
{
	(void)state;
	check_playing(put_others,
	    "USER_CONTROL 1 0 1\n"
	    "USER_CONTROL 0 0\n"
	    "USER_CONTROL 1 4 1\n"
	    "USER_CONTROL 1 31 1\n"
	    "USER_CONTROL 1 77\n"
	    "USER_CONTROL 12345 5\n"
	    "MESSAGE type 19 6 shared\n"
	    "MESSAGE type 200 0 \n"
	    "RECONNECT reconnect status "
	    "NetConnection.Connect.ReconnectRequest words "
	    "-> rtmp://host/live\n"
	    "STATUS 1 other status NetStream.Play.Switch words\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_of_a_player),
		cmocka_unit_test(a_refused_seek_does_not_end_the_stream),
		cmocka_unit_test(commands_need_a_stream_that_has_begun),
		cmocka_unit_test(a_full_queue_takes_no_commands),
		cmocka_unit_test(calls_and_their_answers),
		cmocka_unit_test(what_is_not_handled_is_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
