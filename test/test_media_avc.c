#include "media/avc.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

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
	rtmp_avc_config_sets(c, &sets);
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

/* ---- The record ---- */

static void
records_of_ffmpeg_are_built_again(void **state)
{
	static const struct {
		const char *file, *codec;
		unsigned track;
	} rows[] = {
		{"h264_aac", "AVC ", 0},
		{"large_keyframe", "AVC ", 0},
		{"multitrack_2video_h264", "avc1", 1},
		{"fourcc_avc1_mp4a", "avc1", 0},
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *record = media_flv_config(rows[i].file,
		    rows[i].codec, rows[i].track, &size);
		struct rtmp_avc_config c;
		struct nals n;

		assert_int_equal(rtmp_avc_config_parse(&c, record, size), 0);
		assert_int_equal(c.profile, 100);
		assert_int_equal(c.length_size, 4);
		assert_int_equal(c.sps_count, 1);
		assert_int_equal(c.pps_count, 1);
		assert_int_equal(c.has_extension, 1);
		assert_int_equal(c.chroma, 1);
		assert_int_equal(c.luma_depth, 8);
		assert_int_equal(c.chroma_depth, 8);
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
	struct nals n = {{{NULL, 0}}, 0};
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
	assert_int_equal(c.profile, 66);
	assert_int_equal(c.constraints, 0xc0);
	assert_int_equal(c.level, 30);
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
	static const uint8_t ext[] = {0x6d, 0xa0, 0x80};
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
	static uint8_t big[65536] = {0x68};
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
	static const uint8_t sps[] = {0x67, 100, 0}, pps[] = {0x68, 0xce};
	const struct rtmp_nal nals[] = {{sps, sizeof(sps)},
	    {pps, sizeof(pps)}};
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
	rtmp_avc_config_sets(&c, &sets);
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
	static const uint8_t record[] = {1, 66, 0, 30, 0xff, 0xe1, 0, 0, 0};
	struct rtmp_avc_config c;

	(void)state;
	assert_int_equal(rtmp_avc_config_parse(&c, record, sizeof(record)),
	    RTMP_ERR_PROTO);
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
		{"h264_aac", 320, 180, 13},
		{"large_keyframe", 1920, 1080, 40},
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint8_t *record = media_flv_config(rows[i].file, "AVC ", 0,
		    &size);
		struct rtmp_avc_config c;
		struct rtmp_avc_sps sps;
		struct nals n;

		assert_int_equal(rtmp_avc_config_parse(&c, record, size), 0);
		sets_of(&n, &c);
		assert_int_equal(rtmp_avc_sps_parse(&sps, &n.nal[0]), 0);
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
		free(record);
	}
}

static void
cropping_depends_on_chroma_and_fields(void **state)
{
	static const uint32_t crop[] = {1, 2, 3, 4};
	static const struct {
		const char *chroma;
		int interlaced;
		uint32_t width, height;
	} rows[] = {
		{CHROMA_420, 0, 160 - 6, 160 - 14},
		{CHROMA_420, 1, 160 - 6, 320 - 28},
		{"1 1 1 0 0", 0, 160 - 3, 160 - 7},	   /* none */
		{"011 1 1 0 0", 0, 160 - 6, 160 - 7},	   /* 4:2:2 */
		{"00100 0 1 1 0 0", 0, 160 - 3, 160 - 7},  /* 4:4:4 */
		{"00100 1 1 1 0 0", 1, 160 - 3, 320 - 14}, /* three planes */
	};
	struct sps s = {100, NULL, ORDER_0, 10, 10, 0, crop};
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
	struct sps s = {110, lists, ORDER_0, 10, 10, 0, NULL};
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
	static const struct sps s = {100, CHROMA_420, ORDER_0, 10, 10, 0,
	    NULL};
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
		struct rtmp_nal cut = {bytes, i};

		assert_int_equal(rtmp_avc_sps_parse(&sps, &cut), 0);
		assert_int_equal(sps.info.width, 160);
		assert_int_equal(sps.info.rate_num, 0);
		assert_int_equal(sps.info.rate_den, 0);
	}
}

static void
an_absurd_size_is_an_error(void **state)
{
	static const uint32_t all[] = {0, 80, 0, 0}, most[] = {0, 79, 0, 79};
	static const uint32_t wrap[] = {0x80000000, 0x80000000, 0, 0};
	struct sps s = {100, CHROMA_420, ORDER_0, 4096, 4096, 0, NULL};
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
	static const uint8_t bytes[] = {0x67, 66, 0, 30, 0, 0, 3, 0, 0, 3, 0,
	    0xff, 0xff, 0xff};
	const struct rtmp_nal nal = {bytes, sizeof(bytes)};
	struct rtmp_avc_sps sps;

	(void)state;
	assert_int_equal(rtmp_avc_sps_parse(&sps, &nal), RTMP_ERR_PROTO);
}

static void
parse_sps_any(const uint8_t *data, size_t size, void *arg)
{
	const struct rtmp_nal nal = {data, size};
	struct rtmp_avc_sps sps;
	int ret = rtmp_avc_sps_parse(&sps, &nal);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
an_sps_may_be_cut_or_broken_anywhere(void **state)
{
	static const uint32_t crop[] = {1, 2, 3, 4};
	static const struct sps s = {100, "00100 0 1 1 0 1 1 000010001"
	    "00000 000000", "010 0 1 1 011 00110 00111", 10, 10, 1, crop};
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
	const struct rtmp_nal none = {NULL, 0};
	unsigned type;

	(void)state;
	for (type = 0; type < 32; type++) {
		uint8_t byte = (uint8_t)(0x60 | type);
		const struct rtmp_nal nal = {&byte, 1};

		assert_int_equal(rtmp_avc_nal_kind(&nal),
		    type < 14 ? kinds[type] : RTMP_NAL_OTHER);
	}
	assert_int_equal(rtmp_avc_nal_kind(&none), RTMP_NAL_OTHER);
	assert_int_equal(rtmp_avc_first_slice(&none), 0);
}

static void
sets_have_ids(void **state)
{
	static const uint8_t sps[] = {0x67, 66, 0, 30, 0x28}; /* 00101: 4 */
	static const uint8_t pps[] = {0x68, 0x40};	      /* 010: 1 */
	static const uint8_t ext[] = {0x6d, 0x60};	      /* 011: 2 */
	static const uint8_t big[] = {0x67, 66, 0, 30, 0x04, 0x20}; /* 32 */
	static const uint8_t sei[] = {0x66, 0x80};
	struct rtmp_nal nal = {sps, sizeof(sps)};
	uint32_t id;

	(void)state;
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 4);
	nal.size = 4;
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
	nal = (struct rtmp_nal){pps, sizeof(pps)};
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 1);
	nal = (struct rtmp_nal){ext, sizeof(ext)};
	assert_int_equal(rtmp_avc_set_id(&nal, &id), 0);
	assert_int_equal(id, 2);
	nal = (struct rtmp_nal){big, sizeof(big)};
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
	nal = (struct rtmp_nal){sei, sizeof(sei)};
	assert_int_equal(rtmp_avc_set_id(&nal, &id), RTMP_ERR_PROTO);
}

/* Each access unit of the stream begins one picture, and the flags of FFmpeg
 * are those of the NAL units. */
static void
pictures_and_keys_of_a_stream_are_seen(void **state)
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
		int pictures = 0, keys = 0;

		rtmp_nal_iter_init(&it, data, size, 0);
		while (rtmp_nal_next(&it, &nal) == 1) {
			pictures += rtmp_avc_first_slice(&nal);
			keys += rtmp_avc_nal_kind(&nal) == RTMP_NAL_KEY;
		}
		assert_int_equal(pictures, 1);
		assert_int_equal(keys != 0, key);
	}
	media_es_close(&es);
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
		cmocka_unit_test(the_sps_of_an_encoder_is_read),
		cmocka_unit_test(cropping_depends_on_chroma_and_fields),
		cmocka_unit_test(what_stands_before_the_size_is_skipped),
		cmocka_unit_test(the_vui_tells_rate_and_colour),
		cmocka_unit_test(an_absurd_size_is_an_error),
		cmocka_unit_test(an_exp_golomb_overflow_is_an_error),
		cmocka_unit_test(an_sps_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(types_have_kinds),
		cmocka_unit_test(sets_have_ids),
		cmocka_unit_test(pictures_and_keys_of_a_stream_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
