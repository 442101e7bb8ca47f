#include "support/hevc_sets.h"

/* HEVCDecoderConfigurationRecord */

#define NALS_MAX 16

struct nals {
	struct rtmp_nal nal[NALS_MAX];
	size_t count;
};

static void
sets_of(struct nals *n, const struct rtmp_hevc_config *c)
{
	struct rtmp_nal_sets sets;

	n->count = 0;
	sets = c->sets;
	while (rtmp_nal_sets_next(&sets, &n->nal[n->count]) == 1)
		assert_true(++n->count < NALS_MAX);
}

static void
build_equals(const struct nals *n, const uint8_t *expected, size_t size)
{
	uint8_t out[4096];
	size_t got;

	assert_int_equal(rtmp_hevc_config_build(NULL, 0, &got, n->nal,
		n->count, 4, 0), RTMP_ERR_NOBUF);
	assert_int_equal(got, size);
	assert_int_equal(rtmp_hevc_config_build(out, size - 1, &got, n->nal,
		n->count, 4, 0), RTMP_ERR_NOBUF);
	assert_int_equal(rtmp_hevc_config_build(out, size, &got, n->nal,
		n->count, 4, 0), 0);
	assert_int_equal(got, size);
	assert_memory_equal(out, expected, size);
}

static void
records_of_ffmpeg_are_built_again(void **state)
{
	static const struct {
		const char *file;
		unsigned track;
		uint8_t level;
	} rows[] = { { "hevc_aac", 0, 60 }, { "hevc_flac", 0, 60 },
	    { "multitrack_mixed", 1, 30 } };
	size_t i, size;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint8_t *record = media_flv_config(rows[i].file, "hvc1",
		    rows[i].track, &size);
		struct rtmp_hevc_config c;
		struct nals n;

		assert_int_equal(rtmp_hevc_config_parse(&c, record, size), 0);
		assert_int_equal(c.sps.info.profile, 1);
		assert_int_equal(c.sps.info.tier, 0);
		assert_int_equal(c.sps.info.level, rows[i].level);
		assert_int_equal(c.sps.compatibility, 0x60000000);
		assert_int_equal(c.sps.constraints_high, 0x9000);
		assert_int_equal(c.sps.constraints, 0);
		assert_int_equal(c.sps.min_segmentation, 0);
		assert_int_equal(c.sps.info.chroma, 1);
		assert_int_equal(c.sps.info.luma_depth, 8);
		assert_int_equal(c.sps.info.chroma_depth, 8);
		assert_int_equal(c.sps.sub_layers, 1);
		assert_int_equal(c.sps.id_nesting, 1);
		assert_int_equal(c.length_size, 4);
		assert_int_equal(c.sets.arrays, 4);
		sets_of(&n, &c);
		assert_int_equal(n.count, 4);
		assert_int_equal(rtmp_hevc_nal_kind(&n.nal[0]), RTMP_NAL_VPS);
		assert_int_equal(rtmp_hevc_nal_kind(&n.nal[3]),
		    RTMP_NAL_PREFIX_SEI);
		build_equals(&n, record, size);
		free(record);
	}
}

/* A key frame of the elementary stream has all that the record needs: FFmpeg
 * put the SEI of the record there, too. */
static void
a_key_frame_leads_to_the_record(void **state)
{
	struct rtmp_nal_iter it;
	struct media_es es;
	const uint8_t *data;
	struct nals n = { { { NULL, 0 } }, 0 };
	uint8_t *record;
	size_t size, record_size;
	int key;

	(void)state;
	media_es_open(&es, "hevc_annexb.h265");
	assert_true(media_es_next(&es, &data, &size, &key));
	rtmp_nal_iter_init(&it, data, size, 0);
	while (rtmp_nal_next(&it, &n.nal[n.count]) == 1)
		n.count++;
	assert_int_equal(n.count, 5);
	record = media_flv_config("hevc_aac", "hvc1", 0, &record_size);
	build_equals(&n, record, record_size);
	free(record);
	media_es_close(&es);
}

static void
parallelism_is_what_all_pps_allow(void **state)
{
	static const struct {
		int tiles, sync; /* of a first PPS, */
		int two, tiles2, sync2;
		unsigned type;
	} rows[] = {
		{ 0, 0, 0, 0, 0, 1 }, /* slices */
		{ 1, 0, 0, 0, 0, 2 },
		{ 0, 1, 0, 0, 0, 3 },
		{ 1, 1, 0, 0, 0, 0 }, /* both: mixed */
		{ 1, 0, 1, 0, 1, 0 },
		{ 1, 0, 1, 1, 0, 2 },
	};
	uint8_t sps[256], pps[64], pps2[64], out[512];
	struct bit_writer w;
	struct rtmp_nal n[4] = { { hevc_vps, sizeof(hevc_vps) } };
	struct rtmp_hevc_config c;
	size_t i, size;

	(void)state;
	put_hevc_sps(&w, &plain_sps);
	put_text(&w, VUI_SEGMENTS);
	n[1] = put_nal(&w, sps);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n[2] = make_hevc_pps(pps, rows[i].tiles, rows[i].sync);
		n[3] = make_hevc_pps(pps2, rows[i].tiles2, rows[i].sync2);
		assert_int_equal(rtmp_hevc_config_build(out, sizeof(out),
			&size, n, rows[i].two ? 4 : 3, 4, 1), 0);
		assert_int_equal(rtmp_hevc_config_parse(&c, out, size), 0);
		assert_int_equal(c.sps.min_segmentation, 32);
		assert_int_equal(c.parallelism, rows[i].type);
		assert_int_equal(out[23], 0x80 | RTMP_HEVC_VPS);
	}
}

static void
several_sps_are_merged(void **state)
{
	struct hevc_sps_parts s = plain_sps;
	uint8_t bytes[2][256], pps[64], out[512];
	struct bit_writer w;
	struct rtmp_nal n[4] = { { hevc_vps, sizeof(hevc_vps) } };
	struct rtmp_hevc_config c;
	size_t size;

	(void)state;
	put_hevc_sps(&w, &s);
	put_text(&w, VUI_SEGMENTS);
	n[1] = put_nal(&w, bytes[0]);
	s.tier = 1;
	s.level = 90;
	s.sub_layers = 2;
	s.sub_layer_flags = "00 00 00 00 00 00 00 00";
	s.ordering = "0 1 1 1";
	put_hevc_sps(&w, &s);
	put_bits(&w, 0, 1);
	n[2] = put_nal(&w, bytes[1]);
	n[3] = make_hevc_pps(pps, 0, 0);
	assert_int_equal(rtmp_hevc_config_build(out, sizeof(out), &size, n, 4,
		2, 0), 0);
	assert_int_equal(rtmp_hevc_config_parse(&c, out, size), 0);
	assert_int_equal(c.sps.info.tier, 1);
	assert_int_equal(c.sps.info.level, 90); /* of the higher tier */
	assert_int_equal(c.sps.sub_layers, 2);
	assert_int_equal(c.sps.min_segmentation, 0);
	assert_int_equal(c.length_size, 2);
	assert_int_equal(c.sets.arrays, 3);
}

static void
what_does_not_fit_a_record_is_refused(void **state)
{
	static uint8_t big[65536] = { 0x4e, 0x01 };
	uint8_t *record, out[8];
	struct rtmp_hevc_config c;
	struct nals n;
	size_t size, i;

	(void)state;
	record = media_flv_config("hevc_aac", "hvc1", 0, &size);
	assert_int_equal(rtmp_hevc_config_parse(&c, record, size), 0);
	sets_of(&n, &c);
	for (i = 0; i < 3; i++) {
		struct rtmp_nal nal = n.nal[i];

		n.nal[i].size = 0;
		assert_int_equal(rtmp_hevc_config_build(out, 8, &size, n.nal,
			3, 4, 0), RTMP_ERR_INVAL);
		n.nal[i] = nal;
	}
	assert_int_equal(rtmp_hevc_config_build(out, 8, &size, n.nal, 3, 0,
		0), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_hevc_config_build(out, 8, &size, n.nal, 3, 5,
		0), RTMP_ERR_INVAL);
	n.nal[3].data = big;
	n.nal[3].size = sizeof(big);
	assert_int_equal(rtmp_hevc_config_build(out, 8, &size, n.nal, 4, 4,
		0), RTMP_ERR_INVAL);
	n.nal[1].size = 10; /* the SPS cut off */
	assert_int_equal(rtmp_hevc_config_build(out, 8, &size, n.nal, 3, 4,
		0), RTMP_ERR_PROTO);
	free(record);
}

static void
parse_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_hevc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	struct rtmp_hevc_sps sps;
	struct rtmp_hevc_pps pps;
	uint32_t id;
	int *sound = arg;

	if (rtmp_hevc_config_parse(&c, data, size) != 0)
		return;
	sets = c.sets;
	while (rtmp_nal_sets_next(&sets, &nal) == 1) {
		assert_true(nal.data + nal.size <= data + size);
		rtmp_hevc_sps_parse(&sps, &nal);
		rtmp_hevc_pps_parse(&pps, &nal);
		rtmp_hevc_set_id(&nal, &id);
	}
	++*sound;
}

static void
a_record_may_be_cut_or_broken_anywhere(void **state)
{
	uint8_t *record;
	size_t size;
	int sound = 0;

	(void)state;
	record = media_flv_config("hevc_aac", "hvc1", 0, &size);
	/* without the SEI, which is text */
	record[22] = 3;
	each_truncation(record, 130, parse_any, &sound);
	assert_in_range(sound, 1, 60);
	each_flipped_bit(record, 130, parse_any, &sound);
	record[22] = 4;
	sound = 0;
	each_truncation(record, size, parse_any, &sound);
	assert_int_equal(sound, 1);
	free(record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_ffmpeg_are_built_again),
		cmocka_unit_test(a_key_frame_leads_to_the_record),
		cmocka_unit_test(parallelism_is_what_all_pps_allow),
		cmocka_unit_test(several_sps_are_merged),
		cmocka_unit_test(what_does_not_fit_a_record_is_refused),
		cmocka_unit_test(a_record_may_be_cut_or_broken_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
