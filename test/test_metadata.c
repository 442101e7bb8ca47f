/* onMetaData as a struct, and back. */
#include <rtmpio/amf0.h>

#include "support/meta.h"
#include "support/peer.h"

/* ---- Every field ---- */

#define SPEC_TRACKS \
	"'videoTrackIdInfoMap': {" \
	"'1': {'width': 1024, 'height': 768, 'videodatarate': 2000, " \
	"'videocodecid': 1635135537}, " \
	"'2': {'width': 3840, 'height': 2160, 'videodatarate': 30000, " \
	"'videocodecid': 1635148593, 'label': 'best'}}, " \
	"'audioTrackIdInfoMap': {" \
	"'1': {'audiodatarate': 256, 'samplerate': 44100, 'channels': 2, " \
	"'audiocodecid': 1836069985, 'language': 'fr'}}"

/* The body as JSON with ' for ". */
static char *
body_text(const uint8_t *body, size_t size)
{
	static char text[8192];
	size_t i;

	assert_int_equal(rtmp_amf0_to_json(body, size, text, sizeof(text),
	    NULL), 0);
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] == '"')
			text[i] = '\'';
	return text;
}

static void
check_text(const struct rtmp_metadata *m, const char *text)
{
	size_t size;
	uint8_t *body = write_body(m, &size);

	assert_string_equal(body_text(body, size), text);
	free(body);
}

static void
the_tracks_of_the_specification_are_read_and_written(void **state)
{
	struct meta meta;
	size_t size;
	uint8_t *body = peer_amf0("['onMetaData', {'$ecma': {'width': 640, "
	    SPEC_TRACKS ", 'own': 1}}]", &size);

	(void)state;
	meta_init(&meta);
	assert_int_equal(read_body(&meta.m, body, size), 1);
	assert_int_equal(meta.m.video_tracks_count, 2);
	assert_int_equal(meta.video[0].track, 1);
	assert_number(meta.video[0].width, 1024);
	assert_number(meta.video[0].codec, FCC("av01"));
	assert_int_equal(meta.video[1].track, 2);
	assert_number(meta.video[1].data_rate, 30000);
	assert_int_equal(meta.video[1].present, RTMP_META_WIDTH |
	    RTMP_META_HEIGHT | RTMP_META_DATA_RATE | RTMP_META_CODEC);
	assert_int_equal(meta.m.audio_tracks_count, 1);
	assert_number(meta.audio[0].sample_rate, 44100);
	assert_number(meta.audio[0].channels, 2);
	check_text(&meta.m, "['onMetaData',{'width':640,"
	    "'videoTrackIdInfoMap':{"
	    "'1':{'width':1024,'height':768,'videodatarate':2000,"
	    "'videocodecid':1635135537},"
	    "'2':{'width':3840,'height':2160,'videodatarate':30000,"
	    "'videocodecid':1635148593,'label':'best'}},"
	    "'audioTrackIdInfoMap':{"
	    "'1':{'audiodatarate':256,'samplerate':44100,'channels':2,"
	    "'audiocodecid':1836069985,'language':'fr'}},'own':1}]");

	/* Changed on the way. */
	meta.m.video_tracks_count = 1;
	meta.video[0].track = 7;
	meta.video[0].present = RTMP_META_FRAME_RATE;
	meta.video[0].frame_rate = 30;
	meta.m.audio_tracks_count = 0;
	meta.m.more = NULL;
	check_text(&meta.m, "['onMetaData',{'width':640,"
	    "'videoTrackIdInfoMap':{'7':{'framerate':30}}}]");

	/* Without places the maps go through as they are. */
	rtmp_metadata_init(&meta.m, sizeof(meta.m));
	assert_int_equal(read_body(&meta.m, body, size), 1);
	assert_int_equal(meta.m.video_tracks_count, 2);
	assert_int_equal(meta.m.audio_tracks_count, 1);
	check_text(&meta.m, "['onMetaData',{'width':640,"
	    "'videoTrackIdInfoMap':{"
	    "'1':{'width':1024,'height':768,'videodatarate':2000,"
	    "'videocodecid':1635135537},"
	    "'2':{'width':3840,'height':2160,'videodatarate':30000,"
	    "'videocodecid':1635148593,'label':'best'}},"
	    "'audioTrackIdInfoMap':{"
	    "'1':{'audiodatarate':256,'samplerate':44100,'channels':2,"
	    "'audiocodecid':1836069985,'language':'fr'}},'own':1}]");
	free(body);
}

static void
every_field_is_written_and_read(void **state)
{
	struct rtmp_metadata m, n;
	size_t size;
	uint8_t *body;

	(void)state;
	rtmp_metadata_init(&m, sizeof(m));
	check_text(&m, "['onMetaData',{}]");
	m.duration = 1.5;
	m.file_size = 4294967296.0;
	m.encoder = "rtmpio\0!";
	m.encoder_size = 6;
	m.video.width = 1;
	m.video.height = 2;
	m.video.frame_rate = 3.5;
	m.video.data_rate = 4;
	m.video.codec = 7;
	m.audio.sample_rate = 5;
	m.audio.sample_size = 6;
	m.audio.channels = 7;
	m.audio.stereo = 1;
	m.audio.data_rate = 8;
	m.audio.delay = 0.25;
	m.audio.codec = 10;
	check_text(&m, "['onMetaData',{}]"); /* nothing is present */
	m.present = m.video.present = m.audio.present = UINT32_MAX;
	check_text(&m, "['onMetaData',{'duration':1.5,'width':1,'height':2,"
	    "'videodatarate':4,'framerate':3.5,'videocodecid':7,"
	    "'audiodatarate':8,'audiosamplerate':5,'audiosamplesize':6,"
	    "'audiochannels':7,'stereo':true,'audiodelay':0.25,"
	    "'audiocodecid':10,'encoder':'rtmpio',"
	    "'filesize':4294967296}]");
	body = write_body(&m, &size);
	/* An ECMA array that counts its pairs. */
	assert_int_equal(body[13], RTMP_AMF0_ECMA_ARRAY);
	assert_int_equal(body[17], 15);
	rtmp_metadata_init(&n, sizeof(n));
	assert_int_equal(read_body(&n, body, size), 1);
	assert_int_equal(n.encoder_size, 6);
	assert_memory_equal(n.encoder, "rtmpio", 6);
	assert_true(n.encoder > (char *)body &&
	    n.encoder < (char *)body + size);
	assert_number(n.duration, 1.5);
	assert_number(n.audio.delay, 0.25);
	assert_int_equal(n.audio.stereo, 1);
	assert_int_equal(n.present, 7);
	assert_int_equal(n.video.present, 0x1f);
	assert_int_equal(n.audio.present, 0x3f8);
	free(body);
}

/* ---- What is odd ---- */

static int
read_json(struct rtmp_metadata *m, uint8_t **body, const char *json)
{
	size_t size;

	*body = peer_amf0(json, &size);
	return read_body(m, *body, size);
}

static void
other_data_is_not_metadata(void **state)
{
	static const char *const bodies[] = { "['onTextData', {}]",
		"['@setDataFrame']", "['@setDataFrame', '@setDataFrame', {}]",
		"['onMetaDat', {'width': 1}]", "[1, 'onMetaData', {}]",
		"[null]", "['|RtmpSampleAccess', true, true]" };
	struct meta meta;
	uint8_t *body;
	size_t i;

	(void)state;
	meta_init(&meta);
	meta.m.video.width = 77;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(read_json(&meta.m, &body, bodies[i]), 0);
		free(body);
	}
	assert_int_equal(rtmp_metadata_read(&meta.m, (const uint8_t *)"", 0),
	    0);
	assert_number(meta.m.video.width, 77);
}

static void
forms_that_real_writers_use_are_read(void **state)
{
	static const char *const bodies[] = {
		"['onMetaData', {'width': 320}]",
		"['@setDataFrame', 'onMetaData', {'width': 320}]",
		"['@setDataFrame', 'onMetaData', {'$ecma': {'width': 320}}]",
		"['onMetaData', {'width': 320}, {'width': 640}, 5]",
		("['onMetaData', {'width': 640, 'a': {'width': 1}, "
		 "'width': 320}]"),
	};
	struct meta meta;
	uint8_t *body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		meta_init(&meta);
		assert_int_equal(read_json(&meta.m, &body, bodies[i]), 1);
		assert_int_equal(meta.m.video.present, RTMP_META_WIDTH);
		assert_number(meta.m.video.width, 320);
		free(body);
	}
	/* Nothing behind the name, or no object. */
	meta_init(&meta);
	assert_int_equal(read_json(&meta.m, &body, "['onMetaData']"), 1);
	free(body);
	assert_int_equal(read_json(&meta.m, &body, "['onMetaData', null]"),
	    1);
	free(body);
	assert_int_equal(meta.m.video.present, 0);
	check_text(&meta.m, "['onMetaData',{}]");
}

static void
a_field_of_a_wrong_type_is_kept_as_it_came(void **state)
{
	struct meta meta;
	uint8_t *body;

	(void)state;
	meta_init(&meta);
	assert_int_equal(read_json(&meta.m, &body, "['onMetaData', "
	    "{'width': '320', 'height': 180, 'stereo': 1, 'encoder': 5, "
	    "'duration': null, 'profile': 'high'}]"), 1);
	assert_int_equal(meta.m.video.present, RTMP_META_HEIGHT);
	assert_int_equal(meta.m.audio.present, 0);
	assert_int_equal(meta.m.present, 0);
	check_text(&meta.m, "['onMetaData',{'height':180,'width':'320',"
	    "'stereo':1,'encoder':5,'duration':null,'profile':'high'}]");
	/* What is set takes its place, and what is unset is gone. */
	meta.m.video.present = RTMP_META_WIDTH;
	meta.m.video.width = 640;
	meta.m.present = RTMP_META_ENCODER;
	meta.m.encoder = "e";
	meta.m.encoder_size = 1;
	check_text(&meta.m, "['onMetaData',{'width':640,'encoder':'e',"
	    "'stereo':1,'duration':null,'profile':'high'}]");
	free(body);
}

static void
tracks_with_odd_numbers_are_left_out(void **state)
{
	struct meta meta;
	uint8_t *body;

	(void)state;
	meta_init(&meta);
	assert_int_equal(read_json(&meta.m, &body, "['onMetaData', "
	    "{'videoTrackIdInfoMap': {'a': {}, '-1': {}, '256': {}, "
	    "'99999999999999999999': {}, '1x': {}, '3': 4, "
	    "'255': {'width': 5}, '0': {}}, 'audioTrackIdInfoMap': 7}]"), 1);
	assert_int_equal(meta.m.video_tracks_count, 2);
	assert_int_equal(meta.video[0].track, 255);
	assert_number(meta.video[0].width, 5);
	assert_int_equal(meta.video[1].track, 0);
	assert_int_equal(meta.m.audio_tracks_count, 0);
	free(body);

	/* Of more than have a place, the first are taken. */
	meta_init(&meta);
	assert_int_equal(read_json(&meta.m, &body, "['onMetaData', "
	    "{'audioTrackIdInfoMap': {'1': {'audiochannels': 6}, '2': {}, "
	    "'3': {}, '4': {}, '5': {}, '6': {}}}]"), 1);
	assert_int_equal(meta.m.audio_tracks_count, 6);
	assert_number(meta.audio[0].channels, 6);
	check_text(&meta.m, "['onMetaData',{'audioTrackIdInfoMap':"
	    "{'1':{'channels':6},'2':{},'3':{},'4':{}}}]");
	free(body);
}

/* The end markers are missing: what may lack its own end is left out. */
static void
what_ends_too_early_is_written_with_an_end(void **state)
{
	static const char *const whole[] = {
		"['onMetaData', {'width': 320, 'own': 7}]",
		"['onMetaData', {'width': 320, 'own': {'a': {'b': 1}}}]",
		"['onMetaData', {'width': 320, 'own': [{'b': 1}]}]",
		("['onMetaData', {'width': 320, 'audioTrackIdInfoMap': "
		 "{'1': {'samplerate': 8000, 'own': {'b': 1}}}}]"),
	};
	static const char *const again[] = {
		"['onMetaData',{'width':320,'own':7}]",
		"['onMetaData',{'width':320}]",
		"['onMetaData',{'width':320}]",
		("['onMetaData',{'width':320,'audioTrackIdInfoMap':"
		 "{'1':{'samplerate':8000}}}]"),
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		uint8_t *body = peer_amf0(whole[i], &size);
		struct meta meta;

		while (memcmp(body + size - 3, "\0\0\t", 3) == 0)
			size -= 3;
		meta_init(&meta);
		assert_int_equal(read_body(&meta.m, body, size), 1);
		check_text(&meta.m, again[i]);
		free(body);
	}
}

static void
a_program_compiled_before_the_struct_grew_is_served(void **state)
{
	struct rtmp_metadata m;
	size_t old = offsetof(struct rtmp_metadata, video), size;
	uint8_t *body;

	(void)state;
	memset(&m, 0x55, sizeof(m));
	rtmp_metadata_init(&m, old);
	assert_int_equal(m.present, 0);
	m.present = RTMP_META_DURATION;
	m.duration = 3;
	body = malloc(256);
	assert_int_equal(rtmp_metadata_write(&m, body, 256, &size), 0);
	assert_string_equal(body_text(body, size),
	    "['onMetaData',{'duration':3}]");
	free(body);
	assert_int_equal(m.video.track, 0x55);
}

/* ---- Hostile ---- */

#define BIG (1u << 20)

static void
begin(struct rtmp_amf0_writer *w, uint8_t *buf)
{
	rtmp_amf0_writer_init(w, buf, BIG);
	rtmp_amf0_put_string(w, "onMetaData");
	rtmp_amf0_put_object_begin(w);
}

static void
ten_thousand_properties_go_through(void **state)
{
	struct rtmp_amf0_writer w;
	struct rtmp_metadata m, n;
	uint8_t *buf = malloc(BIG), *again;
	char name[24];
	size_t size;
	int i;

	(void)state;
	assert_non_null(buf);
	begin(&w, buf);
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "property%d", i);
		rtmp_amf0_put_key(&w, name);
		rtmp_amf0_put_number(&w, i);
	}
	rtmp_amf0_put_key(&w, "width");
	rtmp_amf0_put_number(&w, 320);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	rtmp_metadata_init(&m, sizeof(m));
	assert_int_equal(read_body(&m, buf, w.len), 1);
	assert_number(m.video.width, 320);
	again = write_body(&m, &size);
	assert_int_equal(size, w.len + 4); /* the count of an ECMA array */
	rtmp_metadata_init(&n, sizeof(n));
	assert_int_equal(read_body(&n, again, size), 1);
	assert_number(n.video.width, 320);
	free(again);

	/* More values than a reader takes. */
	begin(&w, buf);
	rtmp_amf0_put_key(&w, "a");
	rtmp_amf0_put_strict_array_begin(&w, 70000);
	for (i = 0; i < 70000; i++)
		rtmp_amf0_put_null(&w);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	assert_int_equal(read_body(&m, buf, w.len), RTMP_ERR_MALFORMED);
	free(buf);
}

static void
deep_nesting_is_refused(void **state)
{
	struct rtmp_amf0_writer w;
	struct rtmp_metadata m;
	uint8_t *buf = malloc(BIG);
	int depth, i;

	(void)state;
	assert_non_null(buf);
	for (depth = 30; depth < 10000; depth = depth * 2) {
		begin(&w, buf);
		rtmp_amf0_put_key(&w, "videoTrackIdInfoMap");
		for (i = 1; i < depth; i++) {
			rtmp_amf0_put_object_begin(&w);
			rtmp_amf0_put_key(&w, "1");
		}
		rtmp_amf0_put_null(&w);
		for (i = 0; i < depth; i++)
			rtmp_amf0_put_object_end(&w);
		assert_int_equal(w.err, 0);
		rtmp_metadata_init(&m, sizeof(m));
		assert_int_equal(read_body(&m, buf, w.len),
		    depth == 30 ? 1 : RTMP_ERR_MALFORMED);
	}
	free(buf);
}

static void
giant_strings_are_lent(void **state)
{
	struct rtmp_amf0_writer w;
	struct rtmp_metadata m, n;
	uint8_t *buf = malloc(BIG), *again;
	char *giant = malloc(300000);
	size_t size;

	(void)state;
	assert_non_null(buf);
	assert_non_null(giant);
	memset(giant, 'g', 300000);
	begin(&w, buf);
	rtmp_amf0_put_key_n(&w, giant, 65535);
	rtmp_amf0_put_string_n(&w, giant, 300000);
	rtmp_amf0_put_key(&w, "encoder");
	rtmp_amf0_put_string_n(&w, giant, 300000);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	rtmp_metadata_init(&m, sizeof(m));
	assert_int_equal(read_body(&m, buf, w.len), 1);
	assert_int_equal(m.encoder_size, 300000);
	again = write_body(&m, &size);
	assert_int_equal(size, w.len + 4);
	rtmp_metadata_init(&n, sizeof(n));
	assert_int_equal(read_body(&n, again, size), 1);
	assert_int_equal(n.encoder_size, 300000);
	free(again);
	free(giant);
	free(buf);
}

static void
a_map_of_thousands_of_tracks_stays_in_its_place(void **state)
{
	struct rtmp_amf0_writer w;
	struct meta meta;
	uint8_t *buf = malloc(BIG), *again;
	char id[16];
	size_t size;
	int i;

	(void)state;
	assert_non_null(buf);
	begin(&w, buf);
	rtmp_amf0_put_key(&w, "audioTrackIdInfoMap");
	rtmp_amf0_put_object_begin(&w);
	for (i = 0; i < 20000; i++) {
		snprintf(id, sizeof(id), "%d", i % 256);
		rtmp_amf0_put_key(&w, id);
		rtmp_amf0_put_object_begin(&w);
		rtmp_amf0_put_object_end(&w);
	}
	rtmp_amf0_put_object_end(&w);
	rtmp_amf0_put_object_end(&w);
	assert_int_equal(w.err, 0);
	meta_init(&meta);
	assert_int_equal(read_body(&meta.m, buf, w.len), 1);
	assert_int_equal(meta.m.audio_tracks_count, 20000);
	again = write_body(&meta.m, &size);
	assert_in_range(size, 50, 200);
	free(again);
	free(buf);
}

static void
pairs_that_are_no_amf0_are_refused(void **state)
{
	struct rtmp_metadata m;
	struct rtmp_video_metadata v;
	uint8_t buf[256];

	(void)state;
	rtmp_metadata_init(&m, sizeof(m));
	m.more = (const uint8_t *)"\0\1a\2\0\5";
	m.more_size = 6;
	assert_int_equal(rtmp_metadata_write(&m, buf, sizeof(buf), NULL),
	    RTMP_ERR_INVAL);
	assert_int_equal(rtmp_metadata_write(&m, buf, 3, NULL),
	    RTMP_ERR_INVAL);
	m.more = NULL;
	memset(&v, 0, sizeof(v));
	v.more = (const uint8_t *)"\0\1a\xff";
	v.more_size = 4;
	m.video_tracks = &v;
	m.video_tracks_count = m.video_tracks_max = 1;
	assert_int_equal(rtmp_metadata_write(&m, buf, sizeof(buf), NULL),
	    RTMP_ERR_INVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_tracks_of_the_specification_are_read_and_written),
		cmocka_unit_test(every_field_is_written_and_read),
		cmocka_unit_test(other_data_is_not_metadata),
		cmocka_unit_test(forms_that_real_writers_use_are_read),
		cmocka_unit_test(a_field_of_a_wrong_type_is_kept_as_it_came),
		cmocka_unit_test(tracks_with_odd_numbers_are_left_out),
		cmocka_unit_test(what_ends_too_early_is_written_with_an_end),
		cmocka_unit_test(
		    a_program_compiled_before_the_struct_grew_is_served),
		cmocka_unit_test(ten_thousand_properties_go_through),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(giant_strings_are_lent),
		cmocka_unit_test(
		    a_map_of_thousands_of_tracks_stays_in_its_place),
		cmocka_unit_test(pairs_that_are_no_amf0_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
