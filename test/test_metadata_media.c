/* onMetaData of real streams, and what their media says of them. */
#include <dirent.h>
#include <math.h>

#include <rtmpio/amf0.h>
#include <rtmpio/chunk.h>
#include <rtmpio/flv.h>

#include "support/meta.h"

/* ---- What is out there ---- */

/* The object of a body. */
static void
find_object(const uint8_t *body, size_t size, const uint8_t **object,
    size_t *object_size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;

	rtmp_amf0_reader_init(&r, body, size);
	while (rtmp_amf0_peek(&r, &type) == 1 && type == RTMP_AMF0_STRING)
		rtmp_amf0_skip(&r);
	assert_int_equal(rtmp_amf0_get_raw(&r, object, object_size), 0);
}

/* Every pair of a is in b. */
static size_t
assert_pairs_in(const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size)
{
	struct rtmp_amf0_reader r, in_b;
	const uint8_t *object, *other, *x, *y;
	size_t size, other_size, x_size, y_size, len, count = 0;
	const char *key;
	char name[64];

	find_object(a, a_size, &object, &size);
	find_object(b, b_size, &other, &other_size);
	rtmp_amf0_reader_init(&r, object, size);
	rtmp_amf0_enter_object(&r, NULL, NULL);
	while (rtmp_amf0_next_key(&r, &key, &len) == 1) {
		assert_true(len < sizeof(name));
		memcpy(name, key, len);
		name[len] = '\0';
		assert_int_equal(rtmp_amf0_get_raw(&r, &x, &x_size), 0);
		if (rtmp_amf0_find(other, other_size, name, &in_b) != 1)
			fail_msg("%s is gone", name);
		assert_int_equal(rtmp_amf0_get_raw(&in_b, &y, &y_size), 0);
		assert_int_equal(x_size, y_size);
		assert_memory_equal(x, y, x_size);
		count++;
	}
	return count;
}

/* A number of the object by rtmp_amf0_find(), or NaN. */
static double
number_of(const uint8_t *body, size_t size, const char *key)
{
	struct rtmp_amf0_reader value;
	const uint8_t *object;
	size_t object_size;
	double v;
	int flag;

	find_object(body, size, &object, &object_size);
	if (rtmp_amf0_find(object, object_size, key, &value) != 1)
		return NAN;
	if (rtmp_amf0_get_number(&value, &v) == 0)
		return v;
	assert_int_equal(rtmp_amf0_find(object, object_size, key, &value), 1);
	assert_int_equal(rtmp_amf0_get_boolean(&value, &flag), 0);
	return flag;
}

static void
assert_field(uint32_t present, uint32_t flag, double field, double expected)
{
	assert_int_equal((present & flag) == 0, isnan(expected) != 0);
	if (present & flag)
		assert_number(field, expected);
}

/* All that real ones have comes in, and goes out again. */
static void
check_real(const uint8_t *body, size_t size)
{
	struct meta meta;
	const struct rtmp_metadata *m = &meta.m;
	const struct rtmp_video_metadata *v = &m->video;
	const struct rtmp_audio_metadata *a = &m->audio;
	size_t again_size, n;
	uint8_t *again;

	meta_init(&meta);
	assert_int_equal(read_body(&meta.m, body, size), 1);
#define FIELD(of, FLAG, member, key) \
	assert_field((of)->present, RTMP_META_##FLAG, (of)->member, \
	    number_of(body, size, key))
	FIELD(m, DURATION, duration, "duration");
	FIELD(m, FILE_SIZE, file_size, "filesize");
	FIELD(v, WIDTH, width, "width");
	FIELD(v, HEIGHT, height, "height");
	FIELD(v, FRAME_RATE, frame_rate, "framerate");
	FIELD(v, DATA_RATE, data_rate, "videodatarate");
	FIELD(v, CODEC, codec, "videocodecid");
	FIELD(a, SAMPLE_RATE, sample_rate, "audiosamplerate");
	FIELD(a, SAMPLE_SIZE, sample_size, "audiosamplesize");
	FIELD(a, STEREO, stereo, "stereo");
	FIELD(a, DATA_RATE, data_rate, "audiodatarate");
	FIELD(a, CODEC, codec, "audiocodecid");
	assert_int_equal(m->video_tracks_count, 0);
	again = write_body(m, &again_size);
	n = assert_pairs_in(body, size, again, again_size);
	assert_int_equal(assert_pairs_in(again, again_size, body, size), n);
	free(again);
}

static void
each_flv_file_has_one_that_is_written_back_byte_for_byte(void **state)
{
	DIR *dir = opendir(TEST_DATA "/flv");
	const struct dirent *entry;
	int files = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		struct rtmp_flv_reader *r;
		struct rtmp_flv_fault fault;
		struct rtmp_flv_tag tag;
		char name[300];
		const uint8_t *p;
		uint8_t *file, *again;
		size_t size, left, len;
		struct meta meta;

		if (strstr(entry->d_name, ".flv") == NULL ||
		    strstr(entry->d_name, ".flv.") != NULL)
			continue;
		snprintf(name, sizeof(name), "flv/%s", entry->d_name);
		p = file = load_data(name, &size);
		left = size;
		assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
		assert_int_equal(rtmp_flv_reader_next(r, &p, &left, &tag,
		    &fault), RTMP_FLV_TAG);
		assert_int_equal(tag.packet.type, RTMP_MSG_DATA_AMF0);
		check_real(tag.packet.data, tag.packet.size);
		meta_init(&meta);
		assert_int_equal(rtmp_metadata_read(&meta.m,
		    tag.packet.data, tag.packet.size), 1);
		meta.m.more = NULL; /* fields have it all */
		again = write_body(&meta.m, &len);
		assert_int_equal(len, tag.packet.size);
		assert_memory_equal(again, tag.packet.data, len);
		free(again);
		rtmp_flv_reader_free(r);
		free(file);
		files++;
	}
	closedir(dir);
	assert_true(files >= 20);
}

/* How many of them one direction of a session has. */
static int
check_direction(const char *session, const char *direction)
{
	struct rtmp_chunk_reader *r;
	struct rtmp_message m;
	char name[400];
	uint8_t *bytes;
	const uint8_t *p;
	size_t size, left;
	uint32_t chunk_size;
	struct meta meta;
	int found = 0;

	snprintf(name, sizeof(name), "captures/%s/%s.bin", session,
	    direction);
	bytes = load_data(name, &size);
	if (size < 3073) {
		free(bytes);
		return 0;
	}
	p = bytes + 3073;
	left = size - 3073;
	assert_int_equal(rtmp_chunk_reader_new(&r, NULL, NULL), 0);
	while (rtmp_chunk_reader_next(r, &p, &left, &m) == 1) {
		if (m.type == RTMP_MSG_SET_CHUNK_SIZE) {
			chunk_size = (uint32_t)m.payload[0] << 24 |
			    (uint32_t)m.payload[1] << 16 |
			    (uint32_t)m.payload[2] << 8 | m.payload[3];
			rtmp_chunk_reader_set_size(r, chunk_size);
		}
		if (m.type != RTMP_MSG_DATA_AMF0)
			continue;
		meta_init(&meta);
		if (rtmp_metadata_read(&meta.m, m.payload, m.size) == 1) {
			check_real(m.payload, m.size);
			found++;
		}
	}
	rtmp_chunk_reader_free(r);
	free(bytes);
	return found;
}

static void
so_has_each_recorded_session(void **state)
{
	DIR *dir = opendir(TEST_DATA "/captures");
	const struct dirent *entry;
	int found = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    strstr(entry->d_name, "rtmpt") != NULL)
			continue;
		found += check_direction(entry->d_name, "c2s");
		found += check_direction(entry->d_name, "s2c");
	}
	closedir(dir);
	assert_true(found >= 40);
}

/* ---- Taken from the media ---- */

/* What the media of each file says.  Rates are told by H.264 and HEVC alone,
 * sample sizes by legacy headers and FLAC. */
static const struct {
	const char *file;
	double width, height, frame_rate, video_codec;
	double sample_rate, sample_size, channels, audio_codec;
} from_media[] = {
	{ "h264_aac", 320, 180, 25, 7, 44100, 16, 2, 10 },
	{ "h264_mp3", 320, 180, 25, 7, 44100, 16, 2, 2 },
	{ "large_keyframe", 1920, 1080, 25, 7, 44100, 16, 2, 10 },
	{ "video_only", 320, 180, 25, 7, 0, 0, 0, 0 },
	{ "audio_only_aac", 0, 0, 0, 0, 44100, 16, 2, 10 },
	{ "hevc_aac", 320, 180, 25, FCC("hvc1"), 44100, 16, 2, 10 },
	{ "hevc_modex", 320, 180, 25, FCC("hvc1"), 44100, 16, 2, 10 },
	{ "hevc_flac", 320, 180, 25, FCC("hvc1"), 48000, 16, 2,
	    FCC("fLaC") },
	{ "av1_opus", 320, 180, 0, FCC("av01"), 48000, 0, 2, FCC("Opus") },
	{ "vp9_opus", 320, 180, 0, FCC("vp09"), 48000, 0, 2, FCC("Opus") },
	{ "h264_ac3", 320, 180, 25, 7, 48000, 0, 2, FCC("ac-3") },
	{ "h264_eac3", 320, 180, 25, 7, 48000, 0, 2, FCC("ec-3") },
	{ "fourcc_avc1_mp4a", 320, 180, 25, FCC("avc1"), 44100, 0, 2,
	    FCC("mp4a") },
	{ "fourcc_avc1_mp3", 320, 180, 25, FCC("avc1"), 44100, 0, 2,
	    FCC(".mp3") },
};

/* 0 stands for what is not there. */
static void
assert_told(uint32_t present, uint32_t flag, double field, double expected)
{
	assert_field(present, flag, field, expected > 0 ? expected : NAN);
}

static void
fill_from(const char *name, struct meta *meta)
{
	struct rtmp_flv_reader *r;
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag flv;
	struct rtmp_tag_reader tags;
	struct rtmp_tag tag;
	char path[64];
	uint8_t *file;
	const uint8_t *p;
	size_t size;

	snprintf(path, sizeof(path), "flv/%s.flv", name);
	p = file = load_data(path, &size);
	meta_init(meta);
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	while (rtmp_flv_reader_next(r, &p, &size, &flv, &fault) ==
	    RTMP_FLV_TAG) {
		if (flv.packet.type == RTMP_MSG_DATA_AMF0)
			continue;
		rtmp_tag_reader_init(&tags, flv.packet.type, flv.packet.data,
		    flv.packet.size);
		while (rtmp_tag_next(&tags, &tag) == 1)
			assert_int_equal(rtmp_metadata_fill(&meta->m, &tag),
			    0);
	}
	rtmp_flv_reader_free(r);
	free(file);
}

static void
what_the_caller_does_not_give_is_taken_from_the_media(void **state)
{
	struct meta meta;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(from_media) / sizeof(from_media[0]); i++) {
		const struct rtmp_video_metadata *v = &meta.m.video;
		const struct rtmp_audio_metadata *a = &meta.m.audio;

		print_message("%s\n", from_media[i].file);
		fill_from(from_media[i].file, &meta);
#define TOLD(of, FLAG, member, expected) \
	assert_told((of)->present, RTMP_META_##FLAG, (of)->member, \
	    from_media[i].expected)
		TOLD(v, WIDTH, width, width);
		TOLD(v, HEIGHT, height, height);
		TOLD(v, FRAME_RATE, frame_rate, frame_rate);
		TOLD(v, CODEC, codec, video_codec);
		TOLD(a, SAMPLE_RATE, sample_rate, sample_rate);
		TOLD(a, SAMPLE_SIZE, sample_size, sample_size);
		TOLD(a, CHANNELS, channels, channels);
		TOLD(a, CODEC, codec, audio_codec);
		assert_told(a->present, RTMP_META_STEREO, a->stereo,
		    from_media[i].channels > 0);
		assert_int_equal(meta.m.video_tracks_count, 0);
	}
}

static void
each_track_is_filled_in_its_own_place(void **state)
{
	struct meta meta;

	(void)state;
	fill_from("multitrack_mixed", &meta);
	assert_int_equal(meta.m.video_tracks_count, 1);
	assert_int_equal(meta.video[0].track, 1);
	assert_number(meta.video[0].codec, FCC("hvc1"));
	assert_number(meta.video[0].width, 160);
	assert_number(meta.m.video.codec, 7);
	assert_int_equal(meta.m.audio_tracks_count, 1);
	assert_int_equal(meta.audio[0].track, 1);
	assert_number(meta.audio[0].codec, FCC("Opus"));
	assert_number(meta.audio[0].sample_rate, 48000);
	fill_from("multitrack_2video_h264", &meta);
	assert_int_equal(meta.m.video_tracks_count, 1);
	assert_number(meta.m.video.width, 320);
	assert_number(meta.video[0].width, 160);
	assert_number(meta.video[0].height, 90);
}

static void
what_the_caller_gives_stays(void **state)
{
	struct rtmp_metadata m;
	struct rtmp_tag tag;
	static const uint8_t aac[] = { 0x12, 0x10 };

	(void)state;
	rtmp_metadata_init(&m, sizeof(m));
	m.audio.present = RTMP_META_SAMPLE_RATE | RTMP_META_STEREO;
	m.audio.sample_rate = 8000;
	rtmp_tag_init(&tag, RTMP_CODEC_AAC, 0);
	tag.packet_type = RTMP_PACKET_SEQUENCE_START;
	tag.kind = RTMP_KIND_CONFIG;
	tag.data = aac;
	tag.size = sizeof(aac);
	assert_int_equal(rtmp_metadata_fill(&m, &tag), 0);
	assert_number(m.audio.sample_rate, 8000);
	assert_int_equal(m.audio.stereo, 0);
	assert_number(m.audio.channels, 2);
	assert_number(m.audio.codec, 10);
}

static void
media_without_a_place_or_a_meaning_is_told(void **state)
{
	struct rtmp_metadata m;
	struct rtmp_tag tag;
	static const uint8_t bad[] = { 1, 2, 3 };

	(void)state;
	rtmp_metadata_init(&m, sizeof(m));
	rtmp_tag_init(&tag, RTMP_CODEC_HEVC, 1);
	tag.kind = RTMP_KIND_CONFIG;
	tag.data = bad;
	tag.size = sizeof(bad);
	assert_int_equal(rtmp_metadata_fill(&m, &tag), RTMP_ERR_MALFORMED);
	assert_int_equal(m.video.present, RTMP_META_CODEC);
	tag.track = 1;
	assert_int_equal(rtmp_metadata_fill(&m, &tag), RTMP_ERR_NOBUF);
	tag.kind = RTMP_KIND_METADATA;
	assert_int_equal(rtmp_metadata_fill(&m, &tag), 0);
	rtmp_tag_init(&tag, RTMP_CODEC_OPUS, 1);
	tag.kind = RTMP_KIND_CONFIG;
	tag.track = 1;
	assert_int_equal(rtmp_metadata_fill(&m, &tag), RTMP_ERR_NOBUF);
	tag.track = 0;
	tag.data = bad;
	tag.size = sizeof(bad);
	assert_int_equal(rtmp_metadata_fill(&m, &tag), RTMP_ERR_MALFORMED);
	assert_int_equal(m.audio.present, RTMP_META_CODEC);
}

static void
legacy_headers_tell_of_their_own(void **state)
{
	static const struct {
		enum rtmp_codec codec;
		uint8_t rate, size, type;
		double sample_rate, sample_size, channels;
	} rows[] = {
		{ RTMP_CODEC_G711A, 3, 1, 0, 8000, 16, 1 },
		{ RTMP_CODEC_PCM_LE, 2, 0, 1, 22050, 8, 2 },
		{ RTMP_CODEC_ADPCM, 0, 1, 0, 5512.5, 16, 1 },
		{ RTMP_CODEC_SPEEX, 1, 1, 1, 16000, 16, 1 },
		{ RTMP_CODEC_NELLYMOSER_8K, 3, 1, 0, 8000, 16, 1 },
		{ RTMP_CODEC_NELLYMOSER_16K, 3, 1, 0, 16000, 16, 1 },
		{ RTMP_CODEC_MP3_8K, 3, 1, 1, 8000, 16, 2 },
	};
	struct rtmp_metadata m;
	struct rtmp_tag tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rtmp_metadata_init(&m, sizeof(m));
		rtmp_tag_init(&tag, rows[i].codec, 0);
		tag.kind = RTMP_KIND_CODED;
		tag.sound_rate = rows[i].rate;
		tag.sound_size = rows[i].size;
		tag.sound_type = rows[i].type;
		assert_int_equal(rtmp_metadata_fill(&m, &tag), 0);
		assert_number(m.audio.sample_rate, rows[i].sample_rate);
		assert_number(m.audio.sample_size, rows[i].sample_size);
		assert_number(m.audio.channels, rows[i].channels);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_flv_file_has_one_that_is_written_back_byte_for_byte),
		cmocka_unit_test(so_has_each_recorded_session),
		cmocka_unit_test(
		    what_the_caller_does_not_give_is_taken_from_the_media),
		cmocka_unit_test(each_track_is_filled_in_its_own_place),
		cmocka_unit_test(what_the_caller_gives_stays),
		cmocka_unit_test(media_without_a_place_or_a_meaning_is_told),
		cmocka_unit_test(legacy_headers_tell_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
