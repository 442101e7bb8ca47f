#include "media/avc.h"
#include "support/media_data.h"

/* SPS and NAL units of H.264 */

/* An SPS up to its VUI. */
struct sps {
	unsigned profile;
	const char *chroma; /* as bits, for profiles that have it */
	const char *order;  /* the type of picture order count, and its own */
	uint32_t width_mbs, height_mbs;
	int interlaced;
	const uint32_t *crop; /* left, right, top, bottom; NULL: none */
};

static void
put_sps(struct bit_writer *w, const struct sps *s)
{
	int i;

	memset(w, 0, sizeof(*w));
	put_bits(w, 0x67, 8);
	put_bits(w, s->profile, 8);
	put_bits(w, 0xc0, 8);
	put_bits(w, 40, 8);
	put_ue(w, 3); /* id */
	put_text(w, s->chroma);
	put_ue(w, 4);
	put_text(w, s->order);
	put_ue(w, 2);
	put_bits(w, 0, 1);
	put_ue(w, s->width_mbs - 1);
	put_ue(w, s->height_mbs - 1);
	put_bits(w, !s->interlaced, 1);
	if (s->interlaced)
		put_bits(w, 1, 1);
	put_bits(w, 1, 1);
	put_bits(w, s->crop != NULL, 1);
	for (i = 0; s->crop != NULL && i < 4; i++)
		put_ue(w, s->crop[i]);
}

/* Without VUI */
static int
parse(struct rtmp_avc_sps *sps, const struct sps *s)
{
	struct bit_writer w;
	uint8_t bytes[512];
	struct rtmp_nal nal;

	put_sps(&w, s);
	put_bits(&w, 0, 1);
	nal = put_nal(&w, bytes);
	return rtmp_avc_sps_parse(sps, &nal);
}

#define ORDER_0 "1 1" /* type 0 and log2_max_pic_order_cnt_lsb - 4 */
/* 4:2:0, 8 bits each, no bypass, no matrices */
#define CHROMA_420 "010 1 1 0 0"

/* The first SPS of a record of test/data/flv. */
static void
parse_flv(struct rtmp_avc_sps *sps, const char *name)
{
	struct rtmp_avc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	size_t size;
	uint8_t *record = media_flv_config(name, "AVC ", 0, &size);

	assert_int_equal(rtmp_avc_config_parse(&c, record, size), 0);
	sets = c.sets;
	assert_int_equal(rtmp_nal_sets_next(&sets, &nal), 1);
	assert_int_equal(rtmp_avc_sps_parse(sps, &nal), 0);
	free(record);
}

/* ---- The SPS ---- */

static void
the_sps_of_an_encoder_is_read(void **state)
{
	static const struct {
		const char *file;
		uint32_t width, height;
		uint8_t level;
	} rows[] = {
		{ "h264_aac", 320, 180, 13 },
		{ "large_keyframe", 1920, 1080, 40 },
	};
	struct rtmp_avc_sps sps;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		parse_flv(&sps, rows[i].file);
		assert_int_equal(sps.info.width, rows[i].width);
		assert_int_equal(sps.info.height, rows[i].height);
		assert_int_equal(sps.info.level, rows[i].level);
		assert_int_equal(sps.info.profile, 100);
		assert_int_equal(sps.info.rate_num, 25);
		assert_int_equal(sps.info.rate_den, 1);
		assert_int_equal(sps.info.chroma, RTMP_CHROMA_420);
		assert_int_equal(sps.info.luma_depth, 8);
		assert_int_equal(sps.info.matrix, RTMP_COLOUR_UNSPECIFIED);
		assert_int_equal(sps.frame_mbs_only, 1);
	}
}

static void
cropping_depends_on_chroma_and_fields(void **state)
{
	static const uint32_t crop[] = { 1, 2, 3, 4 };
	static const struct {
		const char *chroma;
		int interlaced;
		uint32_t width, height;
	} rows[] = {
		{ CHROMA_420, 0, 160 - 6, 160 - 14 },
		{ CHROMA_420, 1, 160 - 6, 320 - 28 },
		{ "1 1 1 0 0", 0, 160 - 3, 160 - 7 },	   /* none */
		{ "011 1 1 0 0", 0, 160 - 6, 160 - 7 },	   /* 4:2:2 */
		{ "00100 0 1 1 0 0", 0, 160 - 3, 160 - 7 },  /* 4:4:4 */
		{ "00100 1 1 1 0 0", 1, 160 - 3, 320 - 14 }, /* three planes */
	};
	struct sps s = { 100, NULL, ORDER_0, 10, 10, 0, crop };
	struct rtmp_avc_sps sps;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.chroma = rows[i].chroma;
		s.interlaced = rows[i].interlaced;
		assert_int_equal(parse(&sps, &s), 0);
		assert_int_equal(sps.info.width, rows[i].width);
		assert_int_equal(sps.info.height, rows[i].height);
		assert_int_equal(sps.frame_mbs_only, !rows[i].interlaced);
		assert_int_equal(sps.id, 3);
		assert_int_equal(sps.constraints, 0xc0);
	}
}

static void
what_stands_before_the_size_is_skipped(void **state)
{
	/* Depths 10 and 9; a list of 16 that ends at once (delta -8), and one
	 * that goes on with zeros. */
	static const char lists[] = "010 011 010 0 1"
	    "1 000010001 0 0 0 0 0 1 1111111111111111 1111111111111111"
	    "1111111111111111 1111111111111111 0";
	struct sps s = { 110, lists, ORDER_0, 10, 10, 0, NULL };
	struct rtmp_avc_sps sps;

	(void)state;
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, 160);
	assert_int_equal(sps.info.luma_depth, 10);
	assert_int_equal(sps.info.chroma_depth, 9);
	/* type 1: two offsets, and a cycle of two; type 2 */
	s.chroma = CHROMA_420;
	s.order = "010 0 1 1 011 00110 00111";
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, 160);
	s.order = "011";
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, 160);
	/* Below High there is no chroma. */
	s.profile = 77;
	s.chroma = "";
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, 160);
	assert_int_equal(sps.info.chroma, RTMP_CHROMA_420);
}

static void
the_vui_tells_rate_and_colour(void **state)
{
	static const struct sps s = { 100, CHROMA_420, ORDER_0, 10, 10, 0,
	    NULL };
	struct rtmp_avc_sps sps;
	struct bit_writer w;
	uint8_t bytes[512];
	struct rtmp_nal nal;
	size_t i;

	(void)state;
	put_sps(&w, &s);
	put_text(&w, "1 1 11111111"); /* VUI, extended aspect ratio */
	put_bits(&w, 0x00010001, 32);
	put_text(&w, "1 0 1 101 1 1"); /* overscan; signal: full, colours */
	put_bits(&w, 0x091009, 24);
	put_text(&w, "1 1 010 1"); /* chroma location; timing */
	put_bits(&w, 1001, 32);
	put_bits(&w, 60000, 32);
	put_text(&w, "1");
	nal = put_nal(&w, bytes);
	assert_int_equal(rtmp_avc_sps_parse(&sps, &nal), 0);
	assert_int_equal(sps.info.rate_num, 30000);
	assert_int_equal(sps.info.rate_den, 1001);
	assert_int_equal(sps.info.full_range, 1);
	assert_int_equal(sps.info.primaries, 9);
	assert_int_equal(sps.info.transfer, 16);
	assert_int_equal(sps.info.matrix, 9);
	/* Some encoders write a VUI that ends too early. */
	for (i = 14; i < nal.size - 1; i++) {
		struct rtmp_nal cut = { bytes, i };

		assert_int_equal(rtmp_avc_sps_parse(&sps, &cut), 0);
		assert_int_equal(sps.info.width, 160);
		assert_int_equal(sps.info.rate_num, 0);
		assert_int_equal(sps.info.rate_den, 0);
	}
}

static void
an_absurd_size_is_an_error(void **state)
{
	static const uint32_t all[] = { 0, 80, 0, 0 };
	static const uint32_t most[] = { 0, 79, 0, 79 };
	static const uint32_t wrap[] = { 0x80000000, 0x80000000, 0, 0 };
	struct sps s = { 100, CHROMA_420, ORDER_0, 4096, 4096, 0, NULL };
	struct rtmp_avc_sps sps;

	(void)state;
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, RTMP_VIDEO_SIZE_MAX);
	s.width_mbs++;
	assert_int_equal(parse(&sps, &s), RTMP_ERR_PROTO);
	s.width_mbs = 10;
	s.height_mbs = 0xffffffff;
	assert_int_equal(parse(&sps, &s), RTMP_ERR_PROTO);
	s.height_mbs = 10;
	s.crop = most;
	assert_int_equal(parse(&sps, &s), 0);
	assert_int_equal(sps.info.width, 2);
	s.crop = all;
	assert_int_equal(parse(&sps, &s), RTMP_ERR_PROTO);
	s.crop = wrap;
	assert_int_equal(parse(&sps, &s), RTMP_ERR_PROTO);
}

static void
an_exp_golomb_overflow_is_an_error(void **state)
{
	static const uint8_t bytes[] = { 0x67, 66, 0, 30, 0, 0, 3, 0, 0, 3, 0,
	    0xff, 0xff, 0xff };
	const struct rtmp_nal nal = { bytes, sizeof(bytes) };
	struct rtmp_avc_sps sps;

	(void)state;
	assert_int_equal(rtmp_avc_sps_parse(&sps, &nal), RTMP_ERR_PROTO);
}

static void
parse_sps_any(const uint8_t *data, size_t size, void *arg)
{
	const struct rtmp_nal nal = { data, size };
	struct rtmp_avc_sps sps;
	int ret = rtmp_avc_sps_parse(&sps, &nal);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
an_sps_may_be_cut_or_broken_anywhere(void **state)
{
	static const uint32_t crop[] = { 1, 2, 3, 4 };
	static const struct sps s = { 100, "00100 0 1 1 0 1 1 000010001"
	    "00000 000000", "010 0 1 1 011 00110 00111", 10, 10, 1, crop };
	struct bit_writer w;
	uint8_t bytes[512];
	struct rtmp_nal nal;
	int sound = 0;

	(void)state;
	put_sps(&w, &s);
	put_bits(&w, 0, 1);
	nal = put_nal(&w, bytes);
	each_truncation(nal.data, nal.size, parse_sps_any, &sound);
	/* Only what has lost no more than the stop bit. */
	assert_in_range(sound, 1, 2);
	each_flipped_bit(nal.data, nal.size, parse_sps_any, &sound);
}

/* ---- NAL units ---- */

static void
types_have_kinds(void **state)
{
	static const enum rtmp_nal_kind kinds[32] = {
		RTMP_NAL_OTHER, RTMP_NAL_SLICE, RTMP_NAL_SLICE,
		RTMP_NAL_SLICE, RTMP_NAL_SLICE, RTMP_NAL_KEY,
		RTMP_NAL_PREFIX_SEI, RTMP_NAL_SPS, RTMP_NAL_PPS,
		RTMP_NAL_AUD, RTMP_NAL_END, RTMP_NAL_END, RTMP_NAL_FILLER,
		RTMP_NAL_SPS_EXT
	};
	const struct rtmp_nal none = { NULL, 0 };
	unsigned type;

	(void)state;
	for (type = 0; type < 32; type++) {
		uint8_t byte = (uint8_t)(0x60 | type);
		const struct rtmp_nal nal = { &byte, 1 };

		assert_int_equal(rtmp_avc_nal_kind(&nal),
		    type < 14 ? kinds[type] : RTMP_NAL_OTHER);
	}
	assert_int_equal(rtmp_avc_nal_kind(&none), RTMP_NAL_OTHER);
}

static void
sets_have_ids(void **state)
{
	static const uint8_t sps[] = { 0x67, 66, 0, 30, 0x28 }; /* 00101: 4 */
	static const uint8_t pps[] = { 0x68, 0x40 };	      /* 010: 1 */
	static const uint8_t ext[] = { 0x6d, 0x60 };	      /* 011: 2 */
	static const uint8_t big[] = { 0x67, 66, 0, 30, 0x04, 0x20 }; /* 32 */
	static const uint8_t sei[] = { 0x66, 0x80 };
	struct rtmp_nal nal = { sps, sizeof(sps) };
	uint32_t id;

	(void)state;
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 4);
	nal.size = 4;
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
	nal = (struct rtmp_nal){ pps, sizeof(pps) };
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 1);
	nal = (struct rtmp_nal){ ext, sizeof(ext) };
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 2);
	nal = (struct rtmp_nal){ big, sizeof(big) };
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
	nal = (struct rtmp_nal){ sei, sizeof(sei) };
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
}

/* Each access unit of the stream begins one picture, and the flags of FFmpeg
 * are those of the NAL units. */
static void
keys_of_a_stream_are_seen(void **state)
{
	struct media_es es;
	const uint8_t *data;
	size_t size;
	int key;

	(void)state;
	media_es_open(&es, "h264_annexb.h264");
	while (media_es_next(&es, &data, &size, &key)) {
		struct rtmp_nal_iter it;
		struct rtmp_nal nal;
		int keys = 0;

		rtmp_nal_iter_init(&it, data, size, 0);
		while (rtmp_nal_next(&it, &nal) == 1)
			keys += rtmp_avc_nal_kind(&nal) == RTMP_NAL_KEY;
		assert_int_equal(keys != 0, key);
	}
	media_es_close(&es);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sps_of_an_encoder_is_read),
		cmocka_unit_test(cropping_depends_on_chroma_and_fields),
		cmocka_unit_test(what_stands_before_the_size_is_skipped),
		cmocka_unit_test(the_vui_tells_rate_and_colour),
		cmocka_unit_test(an_absurd_size_is_an_error),
		cmocka_unit_test(an_exp_golomb_overflow_is_an_error),
		cmocka_unit_test(an_sps_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(types_have_kinds),
		cmocka_unit_test(sets_have_ids),
		cmocka_unit_test(keys_of_a_stream_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
