/* Odd things that servers send and that a client has to live with; the rows
 * of doc/deviations.md name these tests. */
#include "support/run.h"


enum role {
	PUBLISH,
	PLAY
};

static struct peer p;

/* Begins what a server sends. */
static void
server(int connected)
{
	peer_init(&p);
	if (connected)
		peer_connected(&p);
}

/* What follows from it, in all cuts. */
static void
check(enum role role, const char *events)
{
	struct scenario sc = { RTMP_FLIGHT_STEPWISE, NULL, NULL, 0, NULL,
		NULL };

	sc.act = role == PUBLISH ? act_publish : act_play;
	sc.events = events;
	check_scenario(&sc, &p);
	peer_free(&p);
}

/* ---- Answers that miss, come late, or are refusals ---- */

static void
release_and_fcpublish_need_no_answer(void **state)
{
	(void)state;
	server(1);
	peer_published(&p, 4, 1);
	check(PUBLISH, PUBLISH_STARTED);
}

static void
release_and_fcpublish_may_be_refused(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_error', 2, null, {'level': 'error', 'code': "
	    "'NetConnection.Call.Failed', 'description': 'no'}]");
	peer_command(&p, 0, "['_error', 3, null, {'level': 'error', 'code': "
	    "'NetStream.Publish.BadName'}]");
	peer_published(&p, 4, 1);
	peer_command(&p, 0, "['_result', 2, null, {'$undefined': true}]");
	check(PUBLISH, PUBLISH_STARTED);
}

static void
on_fcpublish_is_no_permission(void **state)
{
	static const char *const forms[] = {
		"['onFCPublish', 0, null, {'level': 'status', 'code': "
		"'NetStream.Publish.Start', 'description': 'x'}]",
		"['onFCPublish', 3, null, {'code': "
		"'NetStream.Publish.Start'}]",
		/* No transaction, and no values at all. */
		"['onFCPublish', null, {'code': 'NetStream.Publish.Start'}]",
		"['onFCPublish', {'code': 'NetStream.Publish.Start'}]",
		"['onFCPublish']",
	};
	size_t i;

	(void)state;
	server(1);
	for (i = 0; i < 5; i++)
		peer_amf(&p, RTMP_MSG_COMMAND_AMF0, 0, forms[i]);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	for (i = 0; i < 5; i++)
		peer_amf(&p, RTMP_MSG_COMMAND_AMF0, 1, forms[i]);
	check(PUBLISH, CONNECTED);
}

static void
create_stream_may_be_answered_with_any_id(void **state)
{
	static const uint32_t ids[] = { 0, 2, 255, 65536, 0xffffffff };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		server(1);
		peer_published(&p, 4, ids[i]);
		check(PUBLISH, PUBLISH_STARTED);
		server(1);
		peer_playing(&p, 2, ids[i]);
		peer_media(&p, ids[i], RTMP_MSG_AUDIO, 7, "a");
		check(PLAY, PLAY_STARTED "PACKET 1 audio @7 1 a\n");
	}
}

static void
create_stream_may_be_answered_under_transaction_0(void **state)
{
	(void)state;
	server(1);
	/* Answers of releaseStream and FCPublish, also under 0. */
	peer_command(&p, 0, "['_result', 0, null, {'$undefined': true}]");
	peer_command(&p, 0, "['_result', 0, null, null]");
	peer_published(&p, 0, 3);
	check(PUBLISH, PUBLISH_STARTED);
}

static void
extra_and_missing_values_do_no_harm(void **state)
{
	(void)state;
	server(0);
	peer_command(&p, 0, "['_result', 1]");
	peer_command(&p, 0, "['_result', 4, 1, 'more', {}, []]");
	peer_command(&p, 1, "['onStatus', 0, {'level': 'status', 'code': "
	    "'NetStream.Publish.Start'}]");
	peer_command(&p, 1, "['onStatus', 0, null]");
	peer_command(&p, 1, "['onStatus']");
	peer_command(&p, 1, "['_result']");
	peer_command(&p, 1, "['_result', 'x', null]");
	check(PUBLISH, "CONNECTED other - - -\n"
	    "PUBLISH_START 1 success status NetStream.Publish.Start -\n"
	    "STATUS 1 other - - -\n"
	    "STATUS 1 other - - -\n");
}

/* ---- Statuses ---- */

static void
a_status_may_come_on_message_stream_0(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_status(&p, 0, "status", "NetStream.Publish.Start");
	check(PUBLISH, PUBLISH_STARTED);
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_status(&p, 0, "error", "NetStream.Play.StreamNotFound");
	check(PLAY, CONNECTED "REJECTED 1 not-found error "
	    "NetStream.Play.StreamNotFound words\n");
}

static void
a_status_may_carry_the_transaction_of_the_request(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 5, null, {'level': 'status', "
	    "'code': 'NetStream.Publish.Start', 'clientid': 'ASAICiss'}]");
	check(PUBLISH, CONNECTED
	    "PUBLISH_START 1 success status NetStream.Publish.Start -\n");
}

static void
other_statuses_precede_the_awaited_one(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_user(&p, RTMP_CONTROL_STREAM_IS_RECORDED, 1);
	peer_user(&p, RTMP_CONTROL_STREAM_BEGIN, 1);
	peer_status(&p, 1, "status", "NetStream.Play.Reset");
	peer_status(&p, 1, "status", "NetStream.Play.Start");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1,
	    "['|RtmpSampleAccess', true, true]");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1,
	    "['onStatus', {'code': 'NetStream.Data.Start'}]");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['onMetaData', {'a': 1}]");
	peer_status(&p, 1, "status", "NetStream.Play.PublishNotify");
	check(PLAY, CONNECTED
	    "USER_CONTROL 1 4 1\n"
	    "USER_CONTROL 1 0 1\n"
	    "STATUS 1 other status NetStream.Play.Reset words\n"
	    "PLAY_START 1 success status NetStream.Play.Start words\n"
	    "STATUS 1 other - NetStream.Data.Start -\n"
	    "PACKET 1 data @0 ['onMetaData',{'a':1}]\n"
	    "STATUS 1 success status NetStream.Play.PublishNotify words\n");
}

static void
publish_notify_counts_as_a_start(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_status(&p, 1, "status", "NetStream.Play.PublishNotify");
	check(PLAY, CONNECTED "PLAY_START 1 success status "
	    "NetStream.Play.PublishNotify words\n");
}

static void
a_success_may_have_no_level(void **state)
{
	(void)state;
	server(0);
	peer_command(&p, 0, "['_result', 1, null, "
	    "{'code': 'NetConnection.Connect.Success'}]");
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 0, null, "
	    "{'code': 'NetStream.Publish.Start'}]");
	check(PUBLISH,
	    "CONNECTED success - NetConnection.Connect.Success -\n"
	    "PUBLISH_START 1 success - NetStream.Publish.Start -\n");
}

static void
a_refusal_may_have_no_level_or_no_code(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 0, null, "
	    "{'code': 'NetStream.Publish.BadName'}]");
	check(PUBLISH, CONNECTED
	    "REJECTED 1 in-use - NetStream.Publish.BadName -\n");
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 0, null, "
	    "{'level': 'error', 'description': 'no'}]");
	check(PUBLISH, CONNECTED "REJECTED 1 other error - no\n");
}

static void
codes_of_vendors_are_known(void **state)
{
	(void)state;
	server(0);
	peer_command(&p, 0, "['_error', 1, null, {'level': 'error', 'code': "
	    "'NetConnection.Connect.IllegalApplication'}]");
	check(PUBLISH, "REJECTED invalid-app error "
	    "NetConnection.Connect.IllegalApplication -\n"
	    "= REJECTED NetConnection.Connect.IllegalApplication\n");
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 0, null, {'level': 'finish', "
	    "'code': 'Vendor.Finish'}]");
	peer_status(&p, 1, "status", "NetStream.Publish.Start");
	check(PUBLISH, CONNECTED
	    "STATUS 1 other finish Vendor.Finish -\n"
	    "PUBLISH_START 1 success status NetStream.Publish.Start words\n");
}

static void
a_result_may_carry_a_refusal_of_connect(void **state)
{
	(void)state;
	server(0);
	peer_command(&p, 0, "['_result', 1, null, {'level': 'error', 'code': "
	    "'NetConnection.Connect.Rejected', 'description': 'full'}]");
	check(PUBLISH, "REJECTED denied error NetConnection.Connect.Rejected "
	    "full\n= REJECTED NetConnection.Connect.Rejected: full\n");
	/* And words alone, without an object. */
	server(0);
	peer_command(&p, 0, "['_error', 1, null, 'not today']");
	check(PUBLISH, "REJECTED other - - not today\n"
	    "= REJECTED not today\n");
}

static void
a_redirect_may_come_as_a_status(void **state)
{
	static const char status[] =
	    "['onStatus', 0, null, {'level': 'error', 'code': "
	    "'NetConnection.Connect.Rejected', 'description': "
	    "'RTMP 302 Redirect', 'ex': {'code': 302, 'redirect': "
	    "'rtmp://edge/live', 'redirect2': 'rtmp://edge/live/key'}}]";
	static const char expected[] = CONNECTED
	    "REJECTED redirect error NetConnection.Connect.Rejected "
	    "RTMP 302 Redirect\n"
	    "= REJECTED NetConnection.Connect.Rejected: RTMP 302 Redirect\n";

	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_command(&p, 0, status);
	check(PLAY, expected);
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, status);
	check(PUBLISH, expected);
}

static void
words_lose_control_characters_and_what_is_too_long(void **state)
{
	char words[2001], expected[1200];

	(void)state;
	memset(words, 'd', 2000);
	words[2000] = '\0';
	server(1);
	peer_command(&p, 0, "['_result', 4, null, 1]");
	peer_command(&p, 1, "['onStatus', 0, null, {'level': 'er\\u0001ror', "
	    "'code': 'a\\nb', 'description': '%s'}]", words);
	snprintf(expected, sizeof(expected), CONNECTED
	    "STATUS 1 other er?ror a?b %.1023s\n", words);
	check(PUBLISH, expected);
}

static void
a_close_command_ends_the_connection(void **state)
{
	(void)state;
	server(1);
	peer_published(&p, 4, 1);
	peer_command(&p, 0, "['close', 0, null]");
	check(PUBLISH, PUBLISH_STARTED
	    "= EOF the server asked to close the connection\n");
}

/* ---- Media ---- */

static void
media_may_come_on_message_stream_0(void **state)
{
	(void)state;
	server(1);
	peer_playing(&p, 2, 1);
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 0, "['onMetaData', {'a': 1}]");
	peer_media(&p, 0, RTMP_MSG_AUDIO, 3, "a");
	peer_media(&p, 0, RTMP_MSG_VIDEO, 4, "v");
	peer_media(&p, 7, RTMP_MSG_VIDEO, 5, "w");
	check(PLAY, PLAY_STARTED
	    "PACKET 1 data @0 ['onMetaData',{'a':1}]\n"
	    "PACKET 1 audio @3 1 a\n"
	    "PACKET 1 video @4 1 v\n"
	    "PACKET 1 video @5 1 w\n");
}

static void
media_without_a_start_is_a_start(void **state)
{
	(void)state;
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "first");
	peer_status(&p, 1, "status", "NetStream.Play.Start");
	peer_media(&p, 1, RTMP_MSG_AUDIO, 1, "second");
	check(PLAY, CONNECTED
	    "PLAY_START 1 success status - "
	    "media without NetStream.Play.Start\n"
	    "PACKET 1 video @0 5 first\n"
	    "STATUS 1 success status NetStream.Play.Start words\n"
	    "PACKET 1 audio @1 6 second\n");
	server(1);
	peer_command(&p, 0, "['_result', 2, null, 1]");
	peer_amf(&p, RTMP_MSG_DATA_AMF3, 1,
	    "['@setDataFrame', 'onMetaData', {}]");
	check(PLAY, CONNECTED
	    "PLAY_START 1 success status - "
	    "media without NetStream.Play.Start\n"
	    "PACKET 1 data @0 ['onMetaData',{}]\n");
}

static void
media_to_a_publisher_is_ignored(void **state)
{
	(void)state;
	server(1);
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "nobody");
	peer_published(&p, 4, 1);
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, "echo");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['onMetaData', {}]");
	check(PUBLISH, PUBLISH_STARTED);
}

static void
set_data_frame_may_reach_a_player(void **state)
{
	(void)state;
	server(1);
	peer_playing(&p, 2, 1);
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1,
	    "['@setDataFrame', 'onMetaData', {'$ecma': {'a': 1}}]");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['@setDataFrame']");
	peer_amf(&p, RTMP_MSG_DATA_AMF0, 1, "['@setDataFrameX', 1]");
	check(PLAY, PLAY_STARTED
	    "PACKET 1 data @0 ['onMetaData',{'a':1}]\n"
	    "PACKET 1 data @0 []\n"
	    "PACKET 1 data @0 ['@setDataFrameX',1]\n");
}

static void
amf3_messages_are_amf0_behind_a_byte(void **state)
{
	(void)state;
	server(0);
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 0, "['_result', 1, null, "
	    "{'level': 'status', 'code': 'NetConnection.Connect.Success', "
	    "'description': 'Connection succeeded.', 'objectEncoding': 3}]");
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 0, "['_result', 2, null, 1]");
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 1, "['onStatus', 0, null, "
	    "{'level': 'status', 'code': 'NetStream.Play.Start', "
	    "'description': 'words'}]");
	peer_amf(&p, RTMP_MSG_DATA_AMF3, 1, "['onMetaData', {'a': 1}]");
	peer_amf(&p, RTMP_MSG_DATA_AMF3, 1, "['|RtmpSampleAccess', true]");
	peer_amf(&p, RTMP_MSG_DATA_AMF3, 1, "['@setDataFrame', 'x', 2]");
	peer_amf(&p, RTMP_MSG_COMMAND_AMF3, 1, "['other', 0, null]");
	check(PLAY, PLAY_STARTED
	    "PACKET 1 data @0 ['onMetaData',{'a':1}]\n"
	    "PACKET 1 data @0 ['x',2]\n"
	    "COMMAND 1 other #0 ['other',0,null]\n");
}

/* An AMF3 value behind its marker is opaque, and the last one. */
static void
a_switch_to_amf3_inside_a_command_is_passed_on(void **state)
{
	static const uint8_t body[] = { 0, 2, 0, 1, 'f', 0, 0, 0, 0, 0, 0, 0,
		0, 0, 5, 0x11, 0x0a, 0x0b, 0x01 };

	(void)state;
	server(1);
	peer_message(&p, 3, 0, RTMP_MSG_COMMAND_AMF3, 0, body, sizeof(body));
	check(PLAY, CONNECTED "COMMAND f #0 ['f',0,null,{'$amf3':'0a0b01'}]"
	    "\n");
}

/* ---- Chunks and control messages ---- */

static void
messages_of_no_length_do_no_harm(void **state)
{
	static const uint8_t quiet[] = { RTMP_MSG_SET_CHUNK_SIZE,
		RTMP_MSG_ABORT, RTMP_MSG_ACKNOWLEDGEMENT,
		RTMP_MSG_USER_CONTROL, RTMP_MSG_WINDOW_ACK_SIZE,
		RTMP_MSG_SET_PEER_BANDWIDTH, RTMP_MSG_COMMAND_AMF3,
		RTMP_MSG_COMMAND_AMF0, RTMP_MSG_AGGREGATE };
	static const uint8_t told[] = { RTMP_MSG_AUDIO, RTMP_MSG_VIDEO,
		RTMP_MSG_DATA_AMF0, RTMP_MSG_DATA_AMF3,
		RTMP_MSG_SHARED_OBJECT_AMF0, RTMP_MSG_SHARED_OBJECT_AMF3, 0,
		7 };
	size_t i;

	(void)state;
	server(1);
	peer_playing(&p, 2, 1);
	for (i = 0; i < sizeof(quiet); i++)
		peer_message(&p, 2, 1, quiet[i], 0, "", 0);
	for (i = 0; i < sizeof(told); i++)
		peer_message(&p, 4, 1, told[i], 0, "", 0);
	check(PLAY, PLAY_STARTED
	    "PACKET 1 audio @0 0 \n"
	    "PACKET 1 video @0 0 \n"
	    "PACKET 1 data @0 []\n"
	    "PACKET 1 data @0 []\n"
	    "MESSAGE type 19 0 \n"
	    "MESSAGE type 16 0 \n"
	    "MESSAGE type 0 0 \n"
	    "MESSAGE type 7 0 \n");
}

static void
control_messages_may_come_on_any_csid(void **state)
{
	static const uint8_t size[4] = { 0, 0, 0, 200 };
	char text[151];

	(void)state;
	memset(text, 't', 150);
	text[150] = '\0';
	server(1);
	peer_playing(&p, 2, 1);
	peer_message(&p, 700, 5, RTMP_MSG_SET_CHUNK_SIZE, 9, size, 4);
	rtmp_chunk_writer_set_size(p.writer, 200);
	peer_media(&p, 1, RTMP_MSG_VIDEO, 0, text);
	peer_message(&p, 3, 0, RTMP_MSG_USER_CONTROL, 0,
	    "\0\1\0\0\0\1", 6);
	check(PLAY, PLAY_STARTED
	    "PACKET 1 video @0 150 tttttttttttttttttttttttt\n"
	    "STREAM_EOF 1 ended status - Stream EOF\n");
}

/* A video message in chunks of 4096, of which the second is 1904: between
 * them the size becomes 1000, and an audio message is aborted. */
static void
chunk_size_and_abort_between_chunks(void **state)
{
	uint8_t chunk[4096] = { 0x04, 0, 0, 0, 0, 0x17, 0x70, RTMP_MSG_VIDEO,
		1, 0, 0, 0 };
	uint8_t audio[12 + 4096] = { 0x06, 0, 0, 0, 0, 0x20, 0, RTMP_MSG_AUDIO,
		1, 0, 0, 0 };

	(void)state;
	server(1);
	peer_playing(&p, 2, 1);
	peer_bytes(&p, chunk, 12);
	memset(chunk, 'v', sizeof(chunk));
	peer_bytes(&p, chunk, 4096);
	peer_bytes(&p, audio, sizeof(audio));
	peer_control(&p, RTMP_MSG_SET_CHUNK_SIZE, 1000);
	peer_control(&p, RTMP_MSG_ABORT, 6);
	peer_bytes(&p, "\xc4", 1);
	peer_bytes(&p, chunk, 1000);
	peer_bytes(&p, "\xc4", 1);
	peer_bytes(&p, chunk, 904);
	peer_media(&p, 1, RTMP_MSG_AUDIO, 8, "whole");
	check(PLAY, PLAY_STARTED
	    "PACKET 1 video @0 6000 vvvvvvvvvvvvvvvvvvvvvvvv\n"
	    "PACKET 1 audio @8 5 whole\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(release_and_fcpublish_need_no_answer),
		cmocka_unit_test(release_and_fcpublish_may_be_refused),
		cmocka_unit_test(on_fcpublish_is_no_permission),
		cmocka_unit_test(create_stream_may_be_answered_with_any_id),
		cmocka_unit_test(
		    create_stream_may_be_answered_under_transaction_0),
		cmocka_unit_test(extra_and_missing_values_do_no_harm),
		cmocka_unit_test(a_status_may_come_on_message_stream_0),
		cmocka_unit_test(
		    a_status_may_carry_the_transaction_of_the_request),
		cmocka_unit_test(other_statuses_precede_the_awaited_one),
		cmocka_unit_test(publish_notify_counts_as_a_start),
		cmocka_unit_test(a_success_may_have_no_level),
		cmocka_unit_test(a_refusal_may_have_no_level_or_no_code),
		cmocka_unit_test(codes_of_vendors_are_known),
		cmocka_unit_test(a_result_may_carry_a_refusal_of_connect),
		cmocka_unit_test(a_redirect_may_come_as_a_status),
		cmocka_unit_test(
		    words_lose_control_characters_and_what_is_too_long),
		cmocka_unit_test(a_close_command_ends_the_connection),
		cmocka_unit_test(media_may_come_on_message_stream_0),
		cmocka_unit_test(media_without_a_start_is_a_start),
		cmocka_unit_test(media_to_a_publisher_is_ignored),
		cmocka_unit_test(set_data_frame_may_reach_a_player),
		cmocka_unit_test(amf3_messages_are_amf0_behind_a_byte),
		cmocka_unit_test(
		    a_switch_to_amf3_inside_a_command_is_passed_on),
		cmocka_unit_test(messages_of_no_length_do_no_harm),
		cmocka_unit_test(control_messages_may_come_on_any_csid),
		cmocka_unit_test(chunk_size_and_abort_between_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
