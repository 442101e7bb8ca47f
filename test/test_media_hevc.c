#include "support/hevc_sets.h"

/* SPS and NAL units of HEVC */

/* With vui behind it, as bits. */
static int
parse(struct rtmp_hevc_sps *sps, const struct hevc_sps_parts *s,
    const char *vui)
{
	struct bit_writer w;
	uint8_t bytes[1500];
	struct rtmp_nal nal;

	put_hevc_sps(&w, s);
	put_text(&w, vui);
	nal = put_nal(&w, bytes);
	return rtmp_hevc_sps_parse(sps, &nal);
}

/* The first SPS of a record of test/data/flv. */
static void
parse_flv(struct rtmp_hevc_sps *sps, const char *name, unsigned track)
{
	struct rtmp_hevc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	size_t size;
	uint8_t *record = media_flv_config(name, "hvc1", track, &size);

	assert_int_equal(rtmp_hevc_config_parse(&c, record, size), 0);
	sets = c.sets;
	/* behind the VPS */
	assert_int_equal(rtmp_nal_sets_next(&sets, &nal), 1);
	assert_int_equal(rtmp_nal_sets_next(&sets, &nal), 1);
	assert_int_equal(rtmp_hevc_sps_parse(sps, &nal), 0);
	free(record);
}

/* ---- The SPS ---- */

static void
the_sps_of_an_encoder_is_read(void **state)
{
	static const struct {
		const char *file;
		unsigned track;
		uint32_t width, height;
	} rows[] = { { "hevc_aac", 0, 320, 180 },
	    { "multitrack_mixed", 1, 160, 90 } };
	struct rtmp_hevc_sps sps;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		parse_flv(&sps, rows[i].file, rows[i].track);
		assert_int_equal(sps.info.width, rows[i].width);
		assert_int_equal(sps.info.height, rows[i].height);
		assert_int_equal(sps.info.rate_num, 25);
		assert_int_equal(sps.info.rate_den, 1);
		assert_int_equal(sps.info.luma_depth, 8);
	}
}

static void
all_parts_of_an_sps_are_skipped(void **state)
{
	static const uint32_t crop[] = { 1, 2, 3, 4 };
	struct rtmp_hevc_sps sps;
	struct hevc_sps_parts s = plain_sps;
	char lists[4 * 6 * 70];

	(void)state;
	assert_int_equal(parse(&sps, &s, "0"), 0);
	assert_int_equal(sps.info.width, 640);
	assert_int_equal(sps.info.height, 360);
	assert_int_equal(sps.info.profile, 2);
	assert_int_equal(sps.info.level, 93);
	assert_int_equal(sps.compatibility, 0x20000000);
	assert_int_equal(sps.constraints_high, 0xb000);
	assert_int_equal(sps.constraints, 1);
	assert_int_equal(sps.id, 7);
	assert_int_equal(sps.id_nesting, 1);

	/* Three sub-layers: the first has both, the second a level. */
	s.sub_layers = 3;
	s.sub_layer_flags = "11 01 00 00 00 00 00 00";
	s.sub_layer_bytes = 11 + 1 + 1;
	s.ordering = "1 1 1 1 1 1 1 1 1 1";
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.sub_layers, 3);
	assert_int_equal(sps.min_segmentation, 32);

	/* Lists: the default ones; copies; coefficients, which are 0. */
	s.lists = "1 0";
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.min_segmentation, 32);
	s.lists = "1 1 01 01 01 01 01 01 01 01 01 01 01 01 "
		  "01 01 01 01 01 01 01 01";
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.min_segmentation, 32);
	memset(lists, '1', sizeof(lists));
	lists[2 + 6 * 17 + 6 * 65 + 6 * 66 + 2 * 66] = '\0';
	s.lists = lists;
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.min_segmentation, 32);

	s.pcm = "1 0111 0111 1 010 1";
	/* Two sets: 1 before and 1 behind; from that one, 3 flags, of which
	 * two are used.  Two long-term pictures, of 8 + 1 bits each. */
	s.ref_pics = "011 010 010 1 1 1 1 1 1 1 1 01 00 "
		     "1 011 00000000 0 00000000 1";
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.min_segmentation, 32);

	s.crop = crop;
	s.depths = "011 010";
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.info.width, 640 - 6);
	assert_int_equal(sps.info.height, 360 - 14);
	assert_int_equal(sps.info.luma_depth, 10);
	assert_int_equal(sps.info.chroma_depth, 9);
	s.chroma = "00100 1"; /* 4:4:4 as three planes */
	assert_int_equal(parse(&sps, &s, VUI_SEGMENTS), 0);
	assert_int_equal(sps.info.width, 640 - 3);
	assert_int_equal(sps.info.height, 360 - 7);
	assert_int_equal(sps.min_segmentation, 32);
}

#define TIMING_1001_60000 \
	"1 00000000000000000000001111101001 00000000000000001110101001100000 "

static void
the_vui_tells_rate_and_colour(void **state)
{
	struct rtmp_hevc_sps sps;
	struct hevc_sps_parts s = plain_sps;

	(void)state;
	/* A window to show, timing with ticks per picture, and a HRD for NAL
	 * and VCL, of decoding units, too: of two sub-layers, the first at a
	 * fixed rate and with two buffers, the second with low delay. */
	s.sub_layers = 2;
	s.sub_layer_flags = "00 00 00 00 00 00 00 00";
	s.ordering = "0 1 1 1";
	assert_int_equal(parse(&sps, &s,
		"1 1 11111111 00000000000000010000000000000001 1 0 "
		"1 101 1 1 00001001 00010010 00001001 1 1 1 000 "
		"1 1 1 1 1 " TIMING_1001_60000 "1 1 "
		"1 1 1 1 00000000 00000 0 00000 0000 0000 0000 "
		"00000 00000 00000 "
		"1 1 010 " "1 1 1 1 0 1 1 1 1 0 " "1 1 1 1 0 1 1 1 1 0 "
		"0 0 1 " "1 1 1 1 0 " "1 1 1 1 0 "
		"1 000 00000100001 1 1 1 1"), 0);
	assert_int_equal(sps.info.rate_num, 60000);
	assert_int_equal(sps.info.rate_den, 1001);
	assert_int_equal(sps.info.full_range, 1);
	assert_int_equal(sps.info.primaries, 9);
	assert_int_equal(sps.info.transfer, 18);
	assert_int_equal(sps.info.matrix, 9);
	assert_int_equal(sps.min_segmentation, 32);
	/* Without NAL and VCL, a HRD is short. */
	s = plain_sps;
	assert_int_equal(parse(&sps, &s, "1 0 0 0 0 000 0 "
		TIMING_1001_60000 "0 1 0 0 1 1 1 1 000 00000100001"), 0);
	assert_int_equal(sps.min_segmentation, 32);
	/* What ends too early is left out. */
	assert_int_equal(parse(&sps, &s, "1 0 0 0 0 000 0 1"), 0);
	assert_int_equal(sps.info.rate_num, 0);
	assert_int_equal(sps.info.width, 640);
}

static void
hostile_numbers_are_errors(void **state)
{
	struct rtmp_hevc_sps sps;
	struct hevc_sps_parts s = plain_sps;

	(void)state;
	s.width = RTMP_VIDEO_SIZE_MAX;
	assert_int_equal(parse(&sps, &s, "0"), 0);
	s.width++;
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.width = 0;
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain_sps;
	s.depths = "0001010 1"; /* 17 bits */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain_sps;
	s.ref_pics = "0000001000010 0"; /* 65 sets */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.ref_pics = "010 000010010 1 0"; /* 17 pictures */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.ref_pics = "1 1 00000100010 0"; /* 33 long-term ones */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain_sps;
	s.sub_layers = 8;
	s.sub_layer_flags = "0000000000000000";
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
}

static void
parse_sps_any(const uint8_t *data, size_t size, void *arg)
{
	const struct rtmp_nal nal = { data, size };
	struct rtmp_hevc_sps sps;
	int ret = rtmp_hevc_sps_parse(&sps, &nal);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
an_sps_may_be_cut_or_broken_anywhere(void **state)
{
	struct hevc_sps_parts s = plain_sps;
	struct bit_writer w;
	uint8_t bytes[512];
	struct rtmp_nal nal;
	int sound = 0;

	(void)state;
	s.ref_pics = "011 010 010 1 1 1 1 1 1 1 1 01 00 "
		     "1 011 00000000 0 00000000 1";
	put_hevc_sps(&w, &s);
	put_bits(&w, 0, 1);
	nal = put_nal(&w, bytes);
	each_truncation(nal.data, nal.size, parse_sps_any, &sound);
	assert_in_range(sound, 1, 2);
	each_flipped_bit(nal.data, nal.size, parse_sps_any, &sound);
}

/* ---- NAL units ---- */

static void
types_have_kinds(void **state)
{
	unsigned type;

	(void)state;
	for (type = 0; type < 64; type++) {
		uint8_t bytes[2] = { (uint8_t)(type << 1), 1 };
		struct rtmp_nal nal = { bytes, 2 };
		enum rtmp_nal_kind kind = rtmp_hevc_nal_kind(&nal);
		static const enum rtmp_nal_kind from_32[] = { RTMP_NAL_VPS,
		    RTMP_NAL_SPS, RTMP_NAL_PPS, RTMP_NAL_AUD, RTMP_NAL_END,
		    RTMP_NAL_END, RTMP_NAL_FILLER, RTMP_NAL_PREFIX_SEI,
		    RTMP_NAL_SUFFIX_SEI };

		if (type <= 9)
			assert_int_equal(kind, RTMP_NAL_SLICE);
		else if (type >= 16 && type <= 23)
			assert_int_equal(kind, RTMP_NAL_KEY);
		else if (type >= 32 && type <= 40)
			assert_int_equal(kind, from_32[type - 32]);
		else
			assert_int_equal(kind, RTMP_NAL_OTHER);
		/* of another layer, forbidden, too short */
		bytes[1] = 9;
		assert_int_equal(rtmp_hevc_nal_kind(&nal), RTMP_NAL_OTHER);
		bytes[1] = 1;
		bytes[0] |= 0x80;
		assert_int_equal(rtmp_hevc_nal_kind(&nal), RTMP_NAL_OTHER);
		bytes[0] = (uint8_t)(type << 1);
		nal.size = 1;
		assert_int_equal(rtmp_hevc_nal_kind(&nal), RTMP_NAL_OTHER);
	}
}

static void
sets_have_ids(void **state)
{
	struct bit_writer w;
	uint8_t sps[256], pps[64], sei[] = { 0x4e, 0x01, 0x80 };
	struct rtmp_nal nal = { hevc_vps, sizeof(hevc_vps) };
	uint32_t id;

	(void)state;
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 2);
	put_hevc_sps(&w, &plain_sps);
	put_bits(&w, 0, 1);
	nal = put_nal(&w, sps);
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 7);
	nal = make_hevc_pps(pps, 0, 0);
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 1);
	nal = (struct rtmp_nal){ sei, sizeof(sei) };
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), RTMP_ERR_PROTO);
}

static void
keys_of_a_stream_are_seen(void **state)
{
	struct media_es es;
	const uint8_t *data;
	size_t size;
	int key;

	(void)state;
	media_es_open(&es, "hevc_annexb.h265");
	while (media_es_next(&es, &data, &size, &key)) {
		struct rtmp_nal_iter it;
		struct rtmp_nal nal;
		int keys = 0;

		rtmp_nal_iter_init(&it, data, size, 0);
		while (rtmp_nal_next(&it, &nal) == 1)
			keys += rtmp_hevc_nal_kind(&nal) == RTMP_NAL_KEY;
		assert_int_equal(keys != 0, key);
	}
	media_es_close(&es);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sps_of_an_encoder_is_read),
		cmocka_unit_test(all_parts_of_an_sps_are_skipped),
		cmocka_unit_test(the_vui_tells_rate_and_colour),
		cmocka_unit_test(hostile_numbers_are_errors),
		cmocka_unit_test(an_sps_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(types_have_kinds),
		cmocka_unit_test(sets_have_ids),
		cmocka_unit_test(keys_of_a_stream_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
