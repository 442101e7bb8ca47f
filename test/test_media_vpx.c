#include "media/vpx.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

/* A VP9 frame of these bits. */
static int
parse(struct rtmp_vpx_frame *f, const char *bits)
{
	struct bit_writer w = { { 0 }, 0 };
	uint8_t *copy;
	size_t size;
	int ret;

	put_text(&w, bits);
	size = (w.count + 7) / 8;
	copy = guard_copy(w.bytes, size);
	ret = rtmp_vp9_frame_parse(f, copy, size);
	guard_free(copy, size);
	return ret;
}

#define SYNC "01001001 10000011 01000010 "
#define SIZE "0000010011111111 0000001011001111 " /* 1280x720 */

/* ---- VP9 ---- */

static void
the_stream_of_an_encoder_is_read(void **state)
{
	struct media_es es;
	const uint8_t *data;
	size_t size;
	int key, frames = 0, supers = 0;

	(void)state;
	media_es_open(&es, "vp9.ivf");
	while (media_es_next(&es, &data, &size, &key)) {
		uint8_t *copy = guard_copy(data, size);
		struct rtmp_vp9_superframe s;
		struct rtmp_vpx_frame f;
		size_t total = 0;
		unsigned i;

		assert_int_equal(rtmp_vp9_frame_parse(&f, copy, size), 0);
		assert_int_equal(f.key, key);
		if (key) {
			assert_int_equal(f.info.width, 320);
			assert_int_equal(f.info.height, 180);
			assert_int_equal(f.info.profile, 0);
			assert_int_equal(f.info.luma_depth, 8);
			assert_int_equal(f.info.chroma, RTMP_CHROMA_420);
		}
		rtmp_vp9_superframe_parse(&s, copy, size);
		for (i = 0; i < s.count; i++)
			total += s.size[i];
		assert_int_equal(total + s.index_size, size);
		supers += s.index_size != 0;
		guard_free(copy, size);
		frames++;
	}
	assert_int_equal(frames, 100);
	assert_in_range(supers, 1, 99);
	media_es_close(&es);
}

static void
the_record_of_ffmpeg_is_built_again(void **state)
{
	uint8_t *record, out[RTMP_VPX_CONFIG_SIZE];
	struct rtmp_video_info c;
	struct rtmp_vpx_frame f;
	struct media_es es;
	const uint8_t *data;
	size_t size, record_size;
	int key;

	(void)state;
	record = media_flv_config("vp9_opus", "vp09", 0, &record_size);
	media_es_open(&es, "vp9.ivf");
	assert_true(media_es_next(&es, &data, &size, &key));
	assert_int_equal(rtmp_vp9_frame_parse(&f, data, size), 0);
	assert_int_equal(rtmp_vpx_config_from_frame(&c, &f, 25, 1), 0);
	rtmp_vpx_config_build(out, &c);
	assert_int_equal(record_size, sizeof(out));
	assert_memory_equal(out, record, sizeof(out));

	assert_int_equal(rtmp_vpx_config_parse(&c, record, record_size), 0);
	assert_int_equal(c.profile, 0);
	assert_int_equal(c.level, 11);
	assert_int_equal(c.luma_depth, 8);
	assert_int_equal(c.chroma, 1);
	assert_int_equal(c.matrix, RTMP_COLOUR_UNSPECIFIED);
	/* without version and flags */
	assert_int_equal(rtmp_vpx_config_parse(&c, record + 4, 8), 0);
	assert_int_equal(c.level, 11);
	assert_int_equal(rtmp_vpx_config_parse(&c, record + 4, 5),
	    RTMP_ERR_PROTO);
	assert_int_equal(rtmp_vpx_config_parse(&c, record, 9),
	    RTMP_ERR_PROTO);
	record[6] = 0x92; /* 9 bits */
	assert_int_equal(rtmp_vpx_config_parse(&c, record, record_size),
	    RTMP_ERR_PROTO);
	media_es_close(&es);
	free(record);
}

static void
profiles_have_depths_and_chroma(void **state)
{
	static const struct {
		const char *bits;
		uint8_t profile, depth, matrix, full_range;
		enum rtmp_chroma chroma;
	} rows[] = {
		{ "10 00 0 0 1 0 " SYNC "010 1 " SIZE, 0, 8, 1, 1,
		    RTMP_CHROMA_420 },
		{ "10 10 0 0 1 0 " SYNC "001 0 00 0 " SIZE, 1, 8, 5, 0,
		    RTMP_CHROMA_444 },
		{ "10 10 0 0 1 0 " SYNC "001 0 10 0 " SIZE, 1, 8, 5, 0,
		    RTMP_CHROMA_422 },
		{ "10 10 0 0 1 0 " SYNC "001 0 01 0 " SIZE, 1, 8, 5, 0,
		    RTMP_CHROMA_440 },
		{ "10 10 0 0 1 0 " SYNC "111 0 " SIZE, 1, 8, 0, 1,
		    RTMP_CHROMA_444 },
		{ "10 01 0 0 1 0 " SYNC "0 101 0 " SIZE, 2, 10, 9, 0,
		    RTMP_CHROMA_420 },
		{ "10 11 0 0 0 1 0 " SYNC "1 011 0 10 0 " SIZE, 3, 12, 6, 0,
		    RTMP_CHROMA_422 },
	};
	struct rtmp_video_info c;
	struct rtmp_vpx_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(&f, rows[i].bits), 0);
		assert_int_equal(f.key, 1);
		assert_int_equal(f.shown, 1);
		assert_int_equal(f.info.profile, rows[i].profile);
		assert_int_equal(f.info.luma_depth, rows[i].depth);
		assert_int_equal(f.info.matrix, rows[i].matrix);
		assert_int_equal(f.info.full_range, rows[i].full_range);
		assert_int_equal(f.info.chroma, rows[i].chroma);
		assert_int_equal(f.info.width, 1280);
		assert_int_equal(f.info.height, 720);
		assert_int_equal(rtmp_vpx_config_from_frame(&c, &f, 0, 0),
		    rows[i].chroma == RTMP_CHROMA_440 ? RTMP_ERR_INVAL : 0);
	}
}

static void
frames_that_are_no_keys(void **state)
{
	struct rtmp_video_info c;
	struct rtmp_vpx_frame f;

	(void)state;
	assert_int_equal(parse(&f, "10 00 1 101"), 0);
	assert_int_equal(f.shows_existing, 1);
	assert_int_equal(f.shown, 1);
	assert_int_equal(f.key, 0);
	assert_int_equal(parse(&f, "10 00 0 1 1 0 00"), 0);
	assert_int_equal(f.key, 0);
	assert_int_equal(f.shown, 1);
	assert_int_equal(f.info.width, 0);
	assert_int_equal(rtmp_vpx_config_from_frame(&c, &f, 0, 0),
	    RTMP_ERR_INVAL);
	/* intra-only: profile 0 has no colours, the others do */
	assert_int_equal(parse(&f, "10 00 0 1 0 1 1 " SYNC "11111111 " SIZE),
	    0);
	assert_int_equal(f.intra_only, 1);
	assert_int_equal(f.key, 0);
	assert_int_equal(f.info.width, 1280);
	assert_int_equal(parse(&f,
		"10 01 0 1 0 0 1 00 " SYNC "0 101 0 11111111 " SIZE), 0);
	assert_int_equal(f.info.luma_depth, 10);
	assert_int_equal(f.info.height, 720);
}

static void
broken_frames_are_errors(void **state)
{
	static const char *const rows[] = {
		"", "0", "11 00 0 0 1 0", "10 11 1 0 0 1 0",
		"10 00 0 0 1 0 01001001 10000011 01000011 010 1 " SIZE,
		"10 00 0 0 1 0 " SYNC "111 " SIZE, /* RGB in profile 0 */
		"10 10 0 0 1 0 " SYNC "001 0 11 0 " SIZE, /* 4:2:0 in 1 */
		"10 10 0 0 1 0 " SYNC "001 0 00 1 " SIZE,
		"10 10 0 0 1 0 " SYNC "111 1 " SIZE,
		"10 00 0 0 1 0 " SYNC "010 1 00000001",
	};
	struct rtmp_vpx_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(&f, rows[i]), RTMP_ERR_PROTO);
}

/* ---- Superframes ---- */

static void
an_index_tells_the_frames(void **state)
{
	static const uint8_t two[] = { 0x82, 1, 2, 0x86, 1, 0xc9, 3, 0, 2, 0,
	    0xc9 };
	struct rtmp_vp9_superframe s;
	uint8_t bytes[64];
	unsigned i;

	(void)state;
	rtmp_vp9_superframe_parse(&s, two, sizeof(two));
	assert_int_equal(s.count, 2);
	assert_int_equal(s.size[0], 3);
	assert_int_equal(s.size[1], 2);
	assert_int_equal(s.index_size, 6);
	/* eight frames of one byte, sizes of four */
	memset(bytes, 0, sizeof(bytes));
	memset(bytes, 0x82, 8);
	bytes[8] = 0xdf;
	for (i = 0; i < 8; i++)
		bytes[9 + 4 * i] = 1;
	bytes[41] = 0xdf;
	rtmp_vp9_superframe_parse(&s, bytes, 42);
	assert_int_equal(s.count, 8);
	assert_int_equal(s.size[7], 1);
	assert_int_equal(s.index_size, 34);
}

static void
an_index_that_does_not_fit_is_none(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t size;
	} rows[] = {
		{ { 0xc0 }, 1 },
		{ { 0xc0, 1, 0xc0 }, 3 },	    /* no room for a frame */
		{ { 0x82, 0xc1, 1, 0xc0 }, 4 }, /* another first byte */
		{ { 0x82, 0xc0, 2, 0xc0 }, 4 }, /* a frame too long */
		{ { 0x82, 0xc0, 0, 0xc0 }, 4 }, /* ... and an empty one */
		{ { 0x82, 0x82, 0xc1, 1, 2, 0xc1 }, 6 },
		{ { 0x82, 0xd8, 0xff, 0xff, 0xff, 0xff, 0xd8 }, 7 },
		{ { 0xdf }, 1 },
		{ { 0 }, 0 },
	};
	struct rtmp_vp9_superframe s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *copy = guard_copy(rows[i].bytes, rows[i].size);

		rtmp_vp9_superframe_parse(&s, copy, rows[i].size);
		assert_int_equal(s.count, 1);
		assert_int_equal(s.size[0], rows[i].size);
		assert_int_equal(s.index_size, 0);
		guard_free(copy, rows[i].size);
	}
}

static void
levels_are_those_of_size_and_rate(void **state)
{
	static const struct {
		uint32_t width, height, num, den;
		unsigned level;
	} rows[] = {
		{ 256, 144, 15, 1, 10 },	  { 256, 144, 30, 1, 11 },
		{ 320, 180, 25, 1, 11 },	  { 320, 180, 0, 0, 11 },
		{ 640, 360, 30000, 1001, 21 }, { 1280, 720, 30, 1, 31 },
		{ 1280, 720, 60, 1, 40 },	  { 1920, 1080, 30, 1, 40 },
		{ 1920, 1080, 60, 1, 41 },  { 3840, 2160, 30, 1, 50 },
		{ 3840, 2160, 60, 1, 51 },  { 3840, 2160, 120, 1, 52 },
		{ 7680, 4320, 30, 1, 60 },  { 7680, 4320, 60, 1, 61 },
		{ 7680, 4320, 120, 1, 62 }, { 7680, 4320, 240, 1, 0 },
		{ 65536, 65536, 0, 0, 0 },  { 0, 720, 30, 1, 0 },
		{ 65536, 544, 0xffffffff, 1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rtmp_vp9_level(rows[i].width, rows[i].height,
			rows[i].num, rows[i].den), rows[i].level);
}

/* ---- VP8 ---- */

static const uint8_t vp8_key[] = { 0x30, 0x21, 0x00, 0x9d, 0x01, 0x2a, 0x40,
	0x41, 0xb4, 0x80 };

static void
vp8_frames_are_read(void **state)
{
	static const uint8_t inter[] = { 0x21, 0x02, 0x00 };
	struct rtmp_video_info c;
	struct rtmp_vpx_frame f;
	uint8_t out[RTMP_VPX_CONFIG_SIZE];

	(void)state;
	assert_int_equal(rtmp_vp8_frame_parse(&f, vp8_key, sizeof(vp8_key)),
	    0);
	assert_int_equal(f.key, 1);
	assert_int_equal(f.shown, 1);
	assert_int_equal(f.info.width, 320); /* less the scale */
	assert_int_equal(f.info.height, 180);
	assert_int_equal(rtmp_vpx_config_from_frame(&c, &f, 25, 1), 0);
	rtmp_vpx_config_build(out, &c);
	assert_memory_equal(out, "\1\0\0\0\0\x0b\x82\2\2\2\0\0", 12);
	assert_int_equal(rtmp_vp8_frame_parse(&f, inter, sizeof(inter)), 0);
	assert_int_equal(f.key, 0);
	assert_int_equal(f.shown, 0);
}

static void
parse_vp8_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_vpx_frame f;

	*(int *)arg += rtmp_vp8_frame_parse(&f, data, size) == 0;
}

static void
parse_vp9_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_vpx_frame f;

	*(int *)arg += rtmp_vp9_frame_parse(&f, data, size) == 0;
}

static void
frames_may_be_cut_or_broken_anywhere(void **state)
{
	struct bit_writer w = { { 0 }, 0 };
	int sound = 0;

	(void)state;
	each_truncation(vp8_key, sizeof(vp8_key), parse_vp8_any, &sound);
	assert_int_equal(sound, 1);
	each_flipped_bit(vp8_key, sizeof(vp8_key), parse_vp8_any, &sound);
	put_text(&w, "10 11 0 0 0 1 0 " SYNC "1 011 0 10 0 " SIZE);
	sound = 0;
	each_truncation(w.bytes, (w.count + 7) / 8, parse_vp9_any, &sound);
	assert_int_equal(sound, 1);
	each_flipped_bit(w.bytes, (w.count + 7) / 8, parse_vp9_any, &sound);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stream_of_an_encoder_is_read),
		cmocka_unit_test(the_record_of_ffmpeg_is_built_again),
		cmocka_unit_test(profiles_have_depths_and_chroma),
		cmocka_unit_test(frames_that_are_no_keys),
		cmocka_unit_test(broken_frames_are_errors),
		cmocka_unit_test(an_index_tells_the_frames),
		cmocka_unit_test(an_index_that_does_not_fit_is_none),
		cmocka_unit_test(levels_are_those_of_size_and_rate),
		cmocka_unit_test(vp8_frames_are_read),
		cmocka_unit_test(frames_may_be_cut_or_broken_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
