#include "media/avc.h"
#include "support/media_data.h"

/* AVCDecoderConfigurationRecord */

#define NALS_MAX 40

struct nals {
	struct rtmp_nal nal[NALS_MAX];
	size_t count;
};

/* The sets of a record. */
static void
sets_of(struct nals *n, const struct rtmp_avc_config *c)
{
	struct rtmp_nal_sets sets;

	n->count = 0;
	sets = c->sets;
	while (rtmp_nal_sets_next(&sets, &n->nal[n->count]) == 1)
		assert_true(++n->count < NALS_MAX);
}

static void
build_equals(const struct nals *n, const void *expected, size_t size)
{
	uint8_t out[512];
	size_t got;

	assert_int_equal(rtmp_avc_config_build(NULL, 0, &got, n->nal,
		n->count, 4), RTMP_ERR_NOBUF);
	assert_int_equal(got, size);
	assert_int_equal(rtmp_avc_config_build(out, size - 1, &got, n->nal,
		n->count, 4), RTMP_ERR_NOBUF);
	assert_int_equal(rtmp_avc_config_build(out, size, &got, n->nal,
		n->count, 4), 0);
	assert_int_equal(got, size);
	assert_memory_equal(out, expected, size);
}

static void
records_of_ffmpeg_are_built_again(void **state)
{
	static const struct {
		const char *file, *codec;
		unsigned track;
	} rows[] = {
		{ "h264_aac", "AVC ", 0 },
		{ "large_keyframe", "AVC ", 0 },
		{ "multitrack_2video_h264", "avc1", 1 },
		{ "fourcc_avc1_mp4a", "avc1", 0 },
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *record = media_flv_config(rows[i].file,
		    rows[i].codec, rows[i].track, &size);
		struct rtmp_avc_config c;
		struct nals n;

		assert_int_equal(rtmp_avc_config_parse(&c, record, size), 0);
		assert_int_equal(c.sps.info.profile, 100);
		assert_int_equal(c.length_size, 4);
		assert_int_equal(c.sps_count, 1);
		assert_int_equal(c.pps_count, 1);
		assert_int_equal(c.has_extension, 1);
		assert_int_equal(c.sps.info.chroma, 1);
		assert_int_equal(c.sps.info.luma_depth, 8);
		assert_int_equal(c.sps.info.chroma_depth, 8);
		assert_int_equal(c.ext_count, 0);
		sets_of(&n, &c);
		assert_int_equal(n.count, 2);
		build_equals(&n, record, size);
		free(record);
	}
}

/* A key frame of the elementary stream has all that the record needs. */
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
	media_es_open(&es, "h264_annexb.h264");
	assert_true(media_es_next(&es, &data, &size, &key));
	rtmp_nal_iter_init(&it, data, size, 0);
	while (rtmp_nal_next(&it, &n.nal[n.count]) == 1)
		n.count++;
	assert_true(n.count > 2);
	record = media_flv_config("h264_aac", "AVC ", 0, &record_size);
	build_equals(&n, record, record_size);
	free(record);
	media_es_close(&es);
}

static const uint8_t baseline[] = {
	0x01, 0x42, 0xc0, 0x1e, 0xfd, 0xe1,
	0x00, 0x0a, 0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0xc0,
	0x01, 0x00, 0x04, 0x68, 0xce, 0x3c, 0x80
};

static void
a_profile_below_high_has_no_extension(void **state)
{
	uint8_t bytes[sizeof(baseline) + 6], out[64];
	struct rtmp_avc_config c;
	struct nals n;
	size_t size;

	(void)state;
	assert_int_equal(rtmp_avc_config_parse(&c, baseline,
		sizeof(baseline)), 0);
	assert_int_equal(c.sps.info.profile, 66);
	assert_int_equal(c.sps.constraints, 0xc0);
	assert_int_equal(c.sps.info.level, 30);
	assert_int_equal(c.length_size, 2);
	assert_int_equal(c.has_extension, 0);
	sets_of(&n, &c);
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size, n.nal,
		n.count, 2), 0);
	assert_int_equal(size, sizeof(baseline));
	assert_memory_equal(out, baseline, size);
	/* Bytes behind it are none, either. */
	memcpy(bytes, baseline, sizeof(baseline));
	memcpy(bytes + sizeof(baseline), "\xfd\xf8\xf8\x01\x00\x07", 6);
	assert_int_equal(rtmp_avc_config_parse(&c, bytes, sizeof(bytes)), 0);
	assert_int_equal(c.has_extension, 0);
}

static void
a_high_profile_may_come_without_extension(void **state)
{
	uint8_t *record, bytes[128];
	struct rtmp_avc_config c;
	struct nals n;
	size_t size, cut;

	(void)state;
	record = media_flv_config("h264_aac", "AVC ", 0, &size);
	for (cut = 1; cut <= 4; cut++) {
		assert_int_equal(rtmp_avc_config_parse(&c, record,
			size - cut), 0);
		assert_int_equal(c.has_extension, 0);
		sets_of(&n, &c);
		assert_int_equal(n.count, 2);
	}
	/* What does not look like one is not one. */
	memcpy(bytes, record, size);
	bytes[size - 4] = 0x01;
	assert_int_equal(rtmp_avc_config_parse(&c, bytes, size), 0);
	assert_int_equal(c.has_extension, 0);
	free(record);
}

static void
sps_extensions_are_kept(void **state)
{
	static const uint8_t ext[] = { 0x6d, 0xa0, 0x80 };
	uint8_t *record, bytes[128];
	struct rtmp_avc_config c;
	struct nals n;
	size_t size;

	(void)state;
	record = media_flv_config("h264_aac", "AVC ", 0, &size);
	memcpy(bytes, record, size);
	bytes[size - 1] = 1;
	memcpy(bytes + size, "\0\3", 2);
	memcpy(bytes + size + 2, ext, 3);
	assert_int_equal(rtmp_avc_config_parse(&c, bytes, size + 5), 0);
	assert_int_equal(c.ext_count, 1);
	sets_of(&n, &c);
	assert_int_equal(n.count, 3);
	build_equals(&n, bytes, size + 5);
	/* One that is cut off. */
	assert_int_equal(rtmp_avc_config_parse(&c, bytes, size + 4),
	    RTMP_ERR_PROTO);
	free(record);
}

static void
what_does_not_fit_a_record_is_refused(void **state)
{
	static uint8_t big[65536] = { 0x68 };
	uint8_t out[1024];
	struct rtmp_avc_config c;
	struct nals n;
	size_t size, i;

	(void)state;
	assert_int_equal(rtmp_avc_config_parse(&c, baseline,
		sizeof(baseline)), 0);
	sets_of(&n, &c);
	/* no SPS, no PPS, length size */
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal + 1, 1, 4), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 1, 4), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 2, 0), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 2, 5), RTMP_ERR_INVAL);
	/* 31 SPS fit, 32 do not. */
	for (i = 2; i < 32; i++)
		n.nal[i] = n.nal[0];
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 32, 4), 0);
	assert_int_equal(out[5], 0xff);
	n.nal[32] = n.nal[0];
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 33, 4), RTMP_ERR_INVAL);
	/* 65535 bytes fit, 65536 do not. */
	n.nal[1].data = big;
	n.nal[1].size = sizeof(big);
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 2, 4), RTMP_ERR_INVAL);
	n.nal[1].size--;
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size,
		n.nal, 2, 4), RTMP_ERR_NOBUF);
	assert_int_equal(size, 65535 + 21);
}

static void
a_broken_sps_gives_no_record(void **state)
{
	static const uint8_t sps[] = { 0x67, 100, 0 }, pps[] = { 0x68, 0xce };
	const struct rtmp_nal nals[] = { { sps, sizeof(sps) },
	    { pps, sizeof(pps) } };
	uint8_t out[64];
	size_t size;

	(void)state;
	assert_int_equal(rtmp_avc_config_build(out, sizeof(out), &size, nals,
		2, 4), RTMP_ERR_PROTO);
}

static void
parse_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_avc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	struct rtmp_avc_sps sps;
	uint32_t id;
	int *sound = arg;

	if (rtmp_avc_config_parse(&c, data, size) != 0)
		return;
	sets = c.sets;
	while (rtmp_nal_sets_next(&sets, &nal) == 1) {
		assert_true(nal.data + nal.size <= data + size);
		rtmp_avc_sps_parse(&sps, &nal);
		rtmp_avc_set_id(&nal, &id);
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
	record = media_flv_config("h264_aac", "AVC ", 0, &size);
	each_truncation(record, size, parse_any, &sound);
	assert_int_equal(sound, 5); /* with the extension, or less of it */
	each_flipped_bit(record, size, parse_any, &sound);
	free(record);
}

static void
an_empty_set_is_an_error(void **state)
{
	static const uint8_t record[] = { 1, 66, 0, 30, 0xff, 0xe1, 0, 0, 0 };
	struct rtmp_avc_config c;

	(void)state;
	assert_int_equal(rtmp_avc_config_parse(&c, record, sizeof(record)),
	    RTMP_ERR_PROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_ffmpeg_are_built_again),
		cmocka_unit_test(a_key_frame_leads_to_the_record),
		cmocka_unit_test(a_profile_below_high_has_no_extension),
		cmocka_unit_test(a_high_profile_may_come_without_extension),
		cmocka_unit_test(sps_extensions_are_kept),
		cmocka_unit_test(what_does_not_fit_a_record_is_refused),
		cmocka_unit_test(a_broken_sps_gives_no_record),
		cmocka_unit_test(a_record_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(an_empty_set_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
