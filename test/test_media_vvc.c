#include "media/vvc.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

/* What the stream VPS_A_4 of the conformance suite, ITU-T H.266.1, begins
 * with: 208x120, of the profile Multilayer Main 10, level 2.1. */
static const uint8_t vps[] = { 0x00, 0x71, 0x10, 0x40, 0x00, 0x4c, 0x01, 0x80,
	0x80, 0x22, 0x23, 0xc0, 0x00, 0x33, 0xc0, 0x84, 0x02, 0x10, 0x06,
	0x82, 0x01, 0xe1, 0x59 };
static const uint8_t sps[] = { 0x00, 0x79, 0x01, 0x0d, 0x22, 0x23, 0xc0, 0x00,
	0x40, 0x34, 0x40, 0xf2, 0x35, 0x00, 0x23, 0xd1, 0x1b, 0xa2, 0x11,
	0xa2, 0x14, 0x99, 0x19, 0x84, 0xd9, 0x58, 0xc1, 0x02, 0x09, 0xe0 };
static const uint8_t pps[] = { 0x00, 0x81, 0x00, 0x00, 0x34, 0x40, 0xf2, 0x29,
	0x08, 0x01, 0x67, 0xb2, 0x16, 0x59, 0x62 };
static const uint8_t aps[] = { 0x00, 0x89, 0x20, 0xd2, 0x80, 0x02, 0x88, 0x00,
	0x84, 0x80 };
static const uint8_t idr[] = { 0x00, 0x41, 0xc4, 0x02, 0x54, 0x03 };

static const struct rtmp_nal nals[] = {
	{ vps, sizeof(vps) }, { sps, sizeof(sps) }, { pps, sizeof(pps) },
	{ aps, sizeof(aps) }, { idr, sizeof(idr) }
};

/* The record of these. */
static const uint8_t record[] = {
	0xff,		  /* lengths of 4 bytes, ptl_present */
	0x00, 0x11,	  /* ols_idx 0, 1 sub-layer, rate unknown, 4:2:0 */
	0x5f,		  /* 10 bits */
	0x01, 0x22, 0x23, /* 1 byte of constraints, profile 17, level 35 */
	0xc0, 0x00,	  /* that byte, no sub-profiles */
	0x00, 0xd0, 0x00, 0x78, 0x00, 0x00,
	4,		  /* arrays */
	0x0e, 0, 1, 0, 23, 0x00, 0x71, 0x10, 0x40, 0x00, 0x4c, 0x01, 0x80,
	0x80, 0x22, 0x23, 0xc0, 0x00, 0x33, 0xc0, 0x84, 0x02, 0x10, 0x06,
	0x82, 0x01, 0xe1, 0x59,
	0x0f, 0, 1, 0, 30, 0x00, 0x79, 0x01, 0x0d, 0x22, 0x23, 0xc0, 0x00,
	0x40, 0x34, 0x40, 0xf2, 0x35, 0x00, 0x23, 0xd1, 0x1b, 0xa2, 0x11,
	0xa2, 0x14, 0x99, 0x19, 0x84, 0xd9, 0x58, 0xc1, 0x02, 0x09, 0xe0,
	0x10, 0, 1, 0, 15, 0x00, 0x81, 0x00, 0x00, 0x34, 0x40, 0xf2, 0x29,
	0x08, 0x01, 0x67, 0xb2, 0x16, 0x59, 0x62,
	0x11, 0, 1, 0, 10, 0x00, 0x89, 0x20, 0xd2, 0x80, 0x02, 0x88, 0x00,
	0x84, 0x80
};

/* An SPS up to its depth. */
struct parts {
	unsigned sub_layers;
	unsigned chroma;
	const char *ptl; /* with its flag */
	uint32_t width, height;
	const char *crop;
	const char *subpics;
	uint32_t depth;
};

#define PTL "1 0000001 1 01010011 1 0 0 00000 00000000"
static const struct parts plain = { 1, 1, PTL, 3840, 2160, "0", "0", 10 };

static struct rtmp_nal
make_sps(uint8_t *bytes, const struct parts *p)
{
	struct bit_writer w = { { 0 }, 0 };

	put_bits(&w, 0x0079, 16);
	put_bits(&w, 5, 4);
	put_bits(&w, 0, 4);
	put_bits(&w, p->sub_layers - 1, 3);
	put_bits(&w, p->chroma, 2);
	put_bits(&w, 2, 2); /* coding tree units of 128 */
	put_text(&w, p->ptl);
	put_text(&w, "1 1 1"); /* gdr; resampling, also in the sequence */
	put_ue(&w, p->width);
	put_ue(&w, p->height);
	put_text(&w, p->crop);
	put_text(&w, p->subpics);
	put_ue(&w, p->depth - 8);
	put_text(&w, "1 0 1 1 0 0");
	return put_nal(&w, bytes);
}

/* ---- The SPS ---- */

static void
the_sps_of_the_conformance_suite_is_read(void **state)
{
	struct rtmp_vvc_sps s;

	(void)state;
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nals[1]), 0);
	assert_int_equal(s.info.width, 208);
	assert_int_equal(s.info.height, 120);
	assert_int_equal(s.info.profile, 17);
	assert_int_equal(s.info.tier, 0);
	assert_int_equal(s.info.level, 35);
	assert_int_equal(s.info.chroma, RTMP_CHROMA_420);
	assert_int_equal(s.info.luma_depth, 10);
	assert_int_equal(s.info.rate_num, 0);
	assert_int_equal(s.id, 0);
	assert_int_equal(s.sub_layers, 1);
	assert_int_equal(s.ptl.constraints_size, 1);
	assert_int_equal(s.ptl.sub_profiles, 0);
}

static void
cropping_depends_on_chroma(void **state)
{
	static const struct {
		unsigned chroma;
		uint32_t width, height;
	} rows[] = { { 0, 3837, 2153 }, { 1, 3834, 2146 }, { 2, 3834, 2153 },
	    { 3, 3837, 2153 } };
	struct parts p = plain;
	struct rtmp_vvc_sps s;
	uint8_t bytes[256];
	size_t i;

	(void)state;
	p.crop = "1 010 011 00100 00101"; /* 1, 2, 3, 4 */
	for (i = 0; i < 4; i++) {
		struct rtmp_nal nal;

		p.chroma = rows[i].chroma;
		nal = make_sps(bytes, &p);
		assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), 0);
		assert_int_equal(s.info.width, rows[i].width);
		assert_int_equal(s.info.height, rows[i].height);
		assert_int_equal(s.max_width, 3840);
		assert_int_equal(s.max_height, 2160);
		assert_int_equal(s.info.tier, 1);
		assert_int_equal(s.id, 5);
	}
}

static void
subpictures_are_skipped(void **state)
{
	static const char *const rows[] = {
		/* one, with ids of 1 bit that are not written out */
		"1 1 1 0",
		/* two of one size, independent: the first's is 5 + 5 bits */
		"1 010 1 1 11111 11111 1 0",
		/* three, not independent, of their own sizes */
		"101100 1111111111 11 11111111111111111111 11 11111111111110",
		/* two, with ids of 3 bits each */
		"1 010 1 1 11111 11111 011 1 1 101 110",
	};
	struct parts p = plain;
	struct rtmp_vvc_sps s;
	uint8_t bytes[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtmp_nal nal;

		p.subpics = rows[i];
		nal = make_sps(bytes, &p);
		assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), 0);
		assert_int_equal(s.info.luma_depth, 10);
	}
}

/* Of a picture of one coding tree unit: places and sizes have no bits. */
static void
subpictures_of_a_small_picture_are_skipped(void **state)
{
	struct parts p = plain;
	struct rtmp_vvc_sps s;
	uint8_t bytes[256];
	struct rtmp_nal nal;

	(void)state;
	p.width = 128;
	p.height = 128;
	p.subpics = "1 010 1 0 1 0";
	nal = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), 0);
	assert_int_equal(s.info.luma_depth, 10);
}

static void
hostile_numbers_are_errors(void **state)
{
	struct parts p = plain;
	struct rtmp_vvc_sps s;
	uint8_t bytes[256];
	struct rtmp_nal nal;

	(void)state;
	p.width = RTMP_VIDEO_SIZE_MAX + 1;
	nal = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), RTMP_ERR_PROTO);
	p = plain;
	p.depth = 17;
	nal = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), RTMP_ERR_PROTO);
	p = plain;
	p.sub_layers = 8;
	nal = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), RTMP_ERR_PROTO);
	p = plain;
	p.crop = "1 1 0000000000011110000000000 1 1"; /* all and more */
	nal = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &nal), RTMP_ERR_PROTO);
}

/* ---- The record ---- */

static void
the_record_is_as_in_the_standard(void **state)
{
	struct rtmp_vvc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	uint8_t out[256];
	size_t size, i;

	(void)state;
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, nals, 5, 4, 0),
	    RTMP_ERR_NOBUF);
	assert_int_equal(size, sizeof(record));
	assert_int_equal(rtmp_vvc_config_build(out, size, &size, nals, 5, 4,
		0), 0);
	assert_int_equal(size, sizeof(record));
	assert_memory_equal(out, record, size);

	assert_int_equal(rtmp_vvc_config_parse(&c, record, size), 0);
	assert_int_equal(c.length_size, 4);
	assert_int_equal(c.sps.has_ptl, 1);
	assert_int_equal(c.ols_idx, 0);
	assert_int_equal(c.sps.sub_layers, 1);
	assert_int_equal(c.sps.info.chroma, 1);
	assert_int_equal(c.sps.info.luma_depth, 10);
	assert_int_equal(c.sps.ptl.profile, 17);
	assert_int_equal(c.sps.ptl.level, 35);
	assert_int_equal(c.sps.max_width, 208);
	assert_int_equal(c.sps.max_height, 120);
	sets = c.sets;
	for (i = 0; i < 4; i++) {
		assert_int_equal(rtmp_nal_sets_next(&sets, &nal), 1);
		assert_int_equal(nal.size, nals[i].size);
		assert_memory_equal(nal.data, nals[i].data, nal.size);
	}
	assert_int_equal(rtmp_nal_sets_next(&sets, &nal), 0);
}

/* Four sub-layers of which two tell their level, two sub-profiles, all of the
 * constraints and 9 more bits. */
static void
a_profile_with_everything_goes_through(void **state)
{
	static const char ptl[] = "1 0000001 0 01010011 0 1 1 "
	    "10000000 10000000 10000000 10000000 10000000 10000000 10000000 "
	    "10000000 1000001 00001001 111100001 00000 "
	    "101 00000 00000111 00001001 00000010 "
	    "11111111 00000000 00000001 10000000 "
	    "00000000 11111111 00000010 00000001";
	/* (3 + 71 + 8 + 9) bits are 12 bytes. */
	static const uint8_t expected[] = { 0xff, 0x00, 0x41, 0x5f,
	    12, 0x02, 0x53, 0x70, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
	    0x10, 0x42, 0x7c, 0x20, 0xa0, 7, 9, 2, 0xff, 0, 1, 0x80,
	    0, 0xff, 2, 1, 0x0f, 0x00, 0x08, 0x70 };
	struct parts p = plain;
	struct rtmp_vvc_config c;
	struct rtmp_vvc_sps s;
	uint8_t bytes[256], out[256];
	struct rtmp_nal n[2] = { { NULL, 0 }, { pps, sizeof(pps) } };
	size_t size;

	(void)state;
	p.sub_layers = 4;
	p.ptl = ptl;
	n[0] = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_sps_parse(&s, &n[0]), 0);
	assert_int_equal(s.info.width, 3840);
	assert_int_equal(s.ptl.constraints_size, 12);
	assert_int_equal(s.ptl.level_present, 5);
	assert_int_equal(s.ptl.sub_layer_level[2], 7);
	assert_int_equal(s.ptl.sub_layer_level[0], 9);
	assert_int_equal(s.ptl.sub_profiles, 2);
	assert_int_equal(s.ptl.sub_profile[0], 0xff000180);
	assert_int_equal(rtmp_vvc_config_build(out, sizeof(out), &size, n, 2,
		4, 1), 0);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(out[sizeof(expected) + 3], 0x80 | RTMP_VVC_SPS);
	assert_int_equal(rtmp_vvc_config_parse(&c, out, size), 0);
	assert_memory_equal(&c.sps.ptl, &s.ptl, sizeof(c.sps.ptl));
}

static void
dci_and_opi_have_no_number(void **state)
{
	static const uint8_t dci[] = { 0x00, 0x69, 0x01 };
	static const uint8_t opi[] = { 0x00, 0x61, 0x02 };
	struct rtmp_nal n[6] = { { dci, 3 }, { opi, 3 }, { sps, sizeof(sps) },
	    { pps, sizeof(pps) } };
	struct rtmp_vvc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	uint8_t out[256];
	size_t size, count = 0;

	(void)state;
	assert_int_equal(rtmp_vvc_config_build(out, sizeof(out), &size, n, 4,
		2, 1), 0);
	assert_int_equal(out[0], 0xfb);
	assert_memory_equal(out + 15, "\x04\x8c\0\3\0\x61\x02\x8d\0\3\0\x69",
	    12);
	assert_int_equal(rtmp_vvc_config_parse(&c, out, size), 0);
	sets = c.sets;
	while (rtmp_nal_sets_next(&sets, &nal) == 1)
		count++;
	assert_int_equal(count, 4);
	n[4] = n[0];
	assert_int_equal(rtmp_vvc_config_build(out, sizeof(out), &size, n, 5,
		2, 1), RTMP_ERR_INVAL);
}

static void
what_does_not_fit_a_record_is_refused(void **state)
{
	static uint8_t big[65536] = { 0x00, 0x81 };
	struct rtmp_nal n[3] = { { sps, sizeof(sps) }, { pps, sizeof(pps) },
	    { big, sizeof(big) } };
	struct parts p = plain;
	uint8_t bytes[256];
	size_t size;

	(void)state;
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n, 1, 4, 0),
	    RTMP_ERR_INVAL);
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n + 1, 1, 4,
		0), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n, 2, 0, 0),
	    RTMP_ERR_INVAL);
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n, 3, 4, 0),
	    RTMP_ERR_INVAL);
	n[0].size = 8;
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n, 2, 4, 0),
	    RTMP_ERR_PROTO);
	/* The record has 16 bits for the width. */
	p.width = 65536;
	n[0] = make_sps(bytes, &p);
	assert_int_equal(rtmp_vvc_config_build(NULL, 0, &size, n, 2, 4, 0),
	    RTMP_ERR_PROTO);
}

static void
a_record_without_ptl_is_read(void **state)
{
	static const uint8_t bytes[] = { 0xfe, 1, 0x10, 0, 1, 0, 2, 0, 0x81 };
	struct rtmp_vvc_config c;

	(void)state;
	assert_int_equal(rtmp_vvc_config_parse(&c, bytes, sizeof(bytes)), 0);
	assert_int_equal(c.sps.has_ptl, 0);
	assert_int_equal(c.length_size, 4);
	assert_int_equal(c.sets.arrays, 1);
}

static void
parse_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_vvc_config c;
	struct rtmp_nal_sets sets;
	struct rtmp_nal nal;
	struct rtmp_vvc_sps s;
	uint32_t id;
	int *sound = arg;

	if (rtmp_vvc_config_parse(&c, data, size) != 0)
		return;
	sets = c.sets;
	while (rtmp_nal_sets_next(&sets, &nal) == 1) {
		assert_true(nal.data + nal.size <= data + size);
		rtmp_vvc_sps_parse(&s, &nal);
		rtmp_vvc_set_id(&nal, &id);
	}
	++*sound;
}

static void
parse_sps_any(const uint8_t *data, size_t size, void *arg)
{
	const struct rtmp_nal nal = { data, size };
	struct rtmp_vvc_sps s;
	int ret = rtmp_vvc_sps_parse(&s, &nal);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
all_of_it_may_be_cut_or_broken_anywhere(void **state)
{
	struct parts p = plain;
	uint8_t bytes[256];
	struct rtmp_nal nal;
	int sound = 0;

	(void)state;
	each_truncation(record, sizeof(record), parse_any, &sound);
	assert_int_equal(sound, 1);
	each_flipped_bit(record, sizeof(record), parse_any, &sound);
	p.subpics = "1 010 1 1 11111 11111 011 1 1 101 110";
	nal = make_sps(bytes, &p);
	sound = 0;
	each_truncation(nal.data, nal.size, parse_sps_any, &sound);
	assert_in_range(sound, 1, 3);
	each_flipped_bit(nal.data, nal.size, parse_sps_any, &sound);
}

/* ---- NAL units ---- */

static void
types_have_kinds(void **state)
{
	static const enum rtmp_nal_kind from_12[] = { RTMP_NAL_OPI,
	    RTMP_NAL_DCI, RTMP_NAL_VPS, RTMP_NAL_SPS, RTMP_NAL_PPS,
	    RTMP_NAL_APS, RTMP_NAL_OTHER, RTMP_NAL_OTHER, RTMP_NAL_AUD,
	    RTMP_NAL_END, RTMP_NAL_END, RTMP_NAL_PREFIX_SEI,
	    RTMP_NAL_SUFFIX_SEI, RTMP_NAL_FILLER };
	unsigned type;

	(void)state;
	for (type = 0; type < 32; type++) {
		uint8_t bytes[3] = { 0, (uint8_t)(type << 3 | 1), 0x80 };
		struct rtmp_nal nal = { bytes, 3 };
		enum rtmp_nal_kind kind = rtmp_vvc_nal_kind(&nal);

		if (type <= 3)
			assert_int_equal(kind, RTMP_NAL_SLICE);
		else if (type >= 7 && type <= 10)
			assert_int_equal(kind, RTMP_NAL_KEY);
		else if (type >= 12 && type <= 25)
			assert_int_equal(kind, from_12[type - 12]);
		else
			assert_int_equal(kind, RTMP_NAL_OTHER);
		bytes[0] = 1; /* another layer */
		assert_int_equal(rtmp_vvc_nal_kind(&nal), RTMP_NAL_OTHER);
		bytes[0] = 0;
		nal.size = 1;
		assert_int_equal(rtmp_vvc_nal_kind(&nal), RTMP_NAL_OTHER);
	}
}

static void
sets_have_ids(void **state)
{
	static const uint8_t other[] = { 0, 0x81, 0x84 }, cut[] = { 0, 0x81 };
	struct rtmp_nal nal = { other, sizeof(other) };
	uint32_t id;

	(void)state;
	assert_int_equal(rtmp_vvc_set_id(&nals[0], &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(rtmp_vvc_set_id(&nals[1], &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(rtmp_vvc_set_id(&nal, &id), 0);
	assert_int_equal(id, 33);
	assert_int_equal(rtmp_vvc_set_id(&nals[3], &id), 0);
	assert_int_equal(id, 1 << 8);
	assert_int_equal(rtmp_vvc_set_id(&nals[4], &id), RTMP_ERR_PROTO);
	nal = (struct rtmp_nal){ cut, sizeof(cut) };
	assert_int_equal(rtmp_vvc_set_id(&nal, &id), RTMP_ERR_PROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sps_of_the_conformance_suite_is_read),
		cmocka_unit_test(cropping_depends_on_chroma),
		cmocka_unit_test(subpictures_are_skipped),
		cmocka_unit_test(subpictures_of_a_small_picture_are_skipped),
		cmocka_unit_test(hostile_numbers_are_errors),
		cmocka_unit_test(the_record_is_as_in_the_standard),
		cmocka_unit_test(a_profile_with_everything_goes_through),
		cmocka_unit_test(dci_and_opi_have_no_number),
		cmocka_unit_test(what_does_not_fit_a_record_is_refused),
		cmocka_unit_test(a_record_without_ptl_is_read),
		cmocka_unit_test(all_of_it_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(types_have_kinds),
		cmocka_unit_test(sets_have_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
