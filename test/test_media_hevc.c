#include "media/hevc.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

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
	rtmp_hevc_config_sets(c, &sets);
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

/* An SPS with all that can stand in it, where a flag says so. */
struct sps {
	unsigned sub_layers;
	const char *sub_layer_flags; /* 16 bits, when there are several */
	unsigned sub_layer_bytes;    /* that they announce */
	const char *chroma;
	uint32_t width, height;
	const uint32_t *crop;
	const char *depths;
	const char *ordering;  /* sub_layer_ordering_info and its triples */
	const char *lists;     /* scaling_list_enabled_flag ... */
	const char *pcm;
	const char *ref_pics;  /* sets, long-term pictures */
	unsigned tier, level;
};

static const struct sps plain = {1, "", 0, "010", 640, 360, NULL, "1 1",
    "1 1 1 1", "0", "0", "1 0", 0, 93};

static void
put_sps(struct bit_writer *w, const struct sps *s)
{
	unsigned i;

	memset(w, 0, sizeof(*w));
	put_bits(w, 0x4201, 16);
	put_bits(w, 2, 4); /* VPS */
	put_bits(w, s->sub_layers - 1, 3);
	put_bits(w, 1, 1);
	put_bits(w, s->tier << 5 | 2, 8);
	put_bits(w, 0x20000000, 32);
	put_bits(w, 0xb000, 16);
	put_bits(w, 0x00000001, 32);
	put_bits(w, s->level, 8);
	put_text(w, s->sub_layer_flags);
	for (i = 0; i < s->sub_layer_bytes; i++)
		put_bits(w, 0xa5, 8);
	put_ue(w, 7); /* id */
	put_text(w, s->chroma);
	put_ue(w, s->width);
	put_ue(w, s->height);
	put_bits(w, s->crop != NULL, 1);
	for (i = 0; s->crop != NULL && i < 4; i++)
		put_ue(w, s->crop[i]);
	put_text(w, s->depths);
	put_ue(w, 4);
	put_text(w, s->ordering);
	put_text(w, "1 011 1 011 1 1"); /* block sizes */
	put_text(w, s->lists);
	put_text(w, "1 1");
	put_text(w, s->pcm);
	put_text(w, s->ref_pics);
	put_text(w, "1 1");
}

/* With vui behind it, as bits. */
static int
parse(struct rtmp_hevc_sps *sps, const struct sps *s, const char *vui)
{
	struct bit_writer w;
	uint8_t bytes[1500];
	struct rtmp_nal nal;

	put_sps(&w, s);
	put_text(&w, vui);
	nal = put_nal(&w, bytes);
	return rtmp_hevc_sps_parse(sps, &nal);
}

/* A PPS with these flags. */
static struct rtmp_nal
make_pps(uint8_t *bytes, int tiles, int entropy_sync)
{
	struct bit_writer w = {{0}, 0};

	put_bits(&w, 0x4401, 16);
	put_text(&w, "010 00110 0000000 1 1 010 0 0 1 011 00111 1 0000");
	put_bits(&w, (uint32_t)tiles, 1);
	put_bits(&w, (uint32_t)entropy_sync, 1);
	return put_nal(&w, bytes);
}

static const uint8_t vps[] = {0x40, 0x01, 0x2c, 0x01};
/* VUI with nothing but a bitstream restriction, of segments of 32 */
#define VUI_SEGMENTS "1 0 0 0 0 000 0 0 1 000 00000100001 1 1 1 1"

/* ---- The record ---- */

static void
records_of_ffmpeg_are_built_again(void **state)
{
	static const struct {
		const char *file;
		unsigned track;
		uint8_t level;
	} rows[] = {{"hevc_aac", 0, 60}, {"hevc_flac", 0, 60},
	    {"multitrack_mixed", 1, 30}};
	size_t i, size;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint8_t *record = media_flv_config(rows[i].file, "hvc1",
		    rows[i].track, &size);
		struct rtmp_hevc_config c;
		struct nals n;

		assert_int_equal(rtmp_hevc_config_parse(&c, record, size), 0);
		assert_int_equal(c.profile, 1);
		assert_int_equal(c.tier, 0);
		assert_int_equal(c.level, rows[i].level);
		assert_int_equal(c.compatibility, 0x60000000);
		assert_true(c.constraints == 0x900000000000);
		assert_int_equal(c.min_segmentation, 0);
		assert_int_equal(c.chroma, 1);
		assert_int_equal(c.luma_depth, 8);
		assert_int_equal(c.chroma_depth, 8);
		assert_int_equal(c.sub_layers, 1);
		assert_int_equal(c.id_nesting, 1);
		assert_int_equal(c.length_size, 4);
		assert_int_equal(c.arrays, 4);
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
	struct nals n = {{{NULL, 0}}, 0};
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
		{0, 0, 0, 0, 0, 1}, /* slices */
		{1, 0, 0, 0, 0, 2},
		{0, 1, 0, 0, 0, 3},
		{1, 1, 0, 0, 0, 0}, /* both: mixed */
		{1, 0, 1, 0, 1, 0},
		{1, 0, 1, 1, 0, 2},
	};
	uint8_t sps[256], pps[64], pps2[64], out[512];
	struct bit_writer w;
	struct rtmp_nal n[4] = {{vps, sizeof(vps)}};
	struct rtmp_hevc_config c;
	size_t i, size;

	(void)state;
	put_sps(&w, &plain);
	put_text(&w, VUI_SEGMENTS);
	n[1] = put_nal(&w, sps);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n[2] = make_pps(pps, rows[i].tiles, rows[i].sync);
		n[3] = make_pps(pps2, rows[i].tiles2, rows[i].sync2);
		assert_int_equal(rtmp_hevc_config_build(out, sizeof(out),
			&size, n, rows[i].two ? 4 : 3, 4, 1), 0);
		assert_int_equal(rtmp_hevc_config_parse(&c, out, size), 0);
		assert_int_equal(c.min_segmentation, 32);
		assert_int_equal(c.parallelism, rows[i].type);
		assert_int_equal(out[23], 0x80 | RTMP_HEVC_VPS);
	}
}

static void
several_sps_are_merged(void **state)
{
	struct sps s = plain;
	uint8_t bytes[2][256], pps[64], out[512];
	struct bit_writer w;
	struct rtmp_nal n[4] = {{vps, sizeof(vps)}};
	struct rtmp_hevc_config c;
	size_t size;

	(void)state;
	put_sps(&w, &s);
	put_text(&w, VUI_SEGMENTS);
	n[1] = put_nal(&w, bytes[0]);
	s.tier = 1;
	s.level = 90;
	s.sub_layers = 2;
	s.sub_layer_flags = "00 00 00 00 00 00 00 00";
	s.ordering = "0 1 1 1";
	put_sps(&w, &s);
	put_bits(&w, 0, 1);
	n[2] = put_nal(&w, bytes[1]);
	n[3] = make_pps(pps, 0, 0);
	assert_int_equal(rtmp_hevc_config_build(out, sizeof(out), &size, n, 4,
		2, 0), 0);
	assert_int_equal(rtmp_hevc_config_parse(&c, out, size), 0);
	assert_int_equal(c.tier, 1);
	assert_int_equal(c.level, 90); /* of the higher tier */
	assert_int_equal(c.sub_layers, 2);
	assert_int_equal(c.min_segmentation, 0);
	assert_int_equal(c.length_size, 2);
	assert_int_equal(c.arrays, 3);
}

static void
what_does_not_fit_a_record_is_refused(void **state)
{
	static uint8_t big[65536] = {0x4e, 0x01};
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
	rtmp_hevc_config_sets(&c, &sets);
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

/* ---- The SPS ---- */

static void
the_sps_of_an_encoder_is_read(void **state)
{
	static const struct {
		const char *file;
		unsigned track;
		uint32_t width, height;
	} rows[] = {{"hevc_aac", 0, 320, 180},
	    {"multitrack_mixed", 1, 160, 90}};
	size_t i, size;

	(void)state;
	for (i = 0; i < 2; i++) {
		uint8_t *record = media_flv_config(rows[i].file, "hvc1",
		    rows[i].track, &size);
		struct rtmp_hevc_config c;
		struct rtmp_hevc_sps sps;
		struct nals n;

		assert_int_equal(rtmp_hevc_config_parse(&c, record, size), 0);
		sets_of(&n, &c);
		assert_int_equal(rtmp_hevc_sps_parse(&sps, &n.nal[1]), 0);
		assert_int_equal(sps.info.width, rows[i].width);
		assert_int_equal(sps.info.height, rows[i].height);
		assert_int_equal(sps.info.rate_num, 25);
		assert_int_equal(sps.info.rate_den, 1);
		assert_int_equal(sps.info.luma_depth, 8);
		free(record);
	}
}

static void
all_parts_of_an_sps_are_skipped(void **state)
{
	static const uint32_t crop[] = {1, 2, 3, 4};
	struct rtmp_hevc_sps sps;
	struct sps s = plain;
	char lists[4 * 6 * 70];

	(void)state;
	assert_int_equal(parse(&sps, &s, "0"), 0);
	assert_int_equal(sps.info.width, 640);
	assert_int_equal(sps.info.height, 360);
	assert_int_equal(sps.info.profile, 2);
	assert_int_equal(sps.info.level, 93);
	assert_int_equal(sps.compatibility, 0x20000000);
	assert_true(sps.constraints == 0xb00000000001);
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
	struct sps s = plain;

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
	s = plain;
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
	struct sps s = plain;

	(void)state;
	s.width = RTMP_VIDEO_SIZE_MAX;
	assert_int_equal(parse(&sps, &s, "0"), 0);
	s.width++;
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.width = 0;
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain;
	s.depths = "0001010 1"; /* 17 bits */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain;
	s.ref_pics = "0000001000010 0"; /* 65 sets */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.ref_pics = "010 000010010 1 0"; /* 17 pictures */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s.ref_pics = "1 1 00000100010 0"; /* 33 long-term ones */
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
	s = plain;
	s.sub_layers = 8;
	s.sub_layer_flags = "0000000000000000";
	assert_int_equal(parse(&sps, &s, "0"), RTMP_ERR_PROTO);
}

static void
parse_sps_any(const uint8_t *data, size_t size, void *arg)
{
	const struct rtmp_nal nal = {data, size};
	struct rtmp_hevc_sps sps;
	int ret = rtmp_hevc_sps_parse(&sps, &nal);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
an_sps_may_be_cut_or_broken_anywhere(void **state)
{
	struct sps s = plain;
	struct bit_writer w;
	uint8_t bytes[512];
	struct rtmp_nal nal;
	int sound = 0;

	(void)state;
	s.ref_pics = "011 010 010 1 1 1 1 1 1 1 1 01 00 "
		     "1 011 00000000 0 00000000 1";
	put_sps(&w, &s);
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
		uint8_t bytes[2] = {(uint8_t)(type << 1), 1};
		struct rtmp_nal nal = {bytes, 2};
		enum rtmp_nal_kind kind = rtmp_hevc_nal_kind(&nal);
		static const enum rtmp_nal_kind from_32[] = {RTMP_NAL_VPS,
		    RTMP_NAL_SPS, RTMP_NAL_PPS, RTMP_NAL_AUD, RTMP_NAL_END,
		    RTMP_NAL_END, RTMP_NAL_FILLER, RTMP_NAL_PREFIX_SEI,
		    RTMP_NAL_SUFFIX_SEI};

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
	uint8_t sps[256], pps[64], sei[] = {0x4e, 0x01, 0x80};
	struct rtmp_nal nal = {vps, sizeof(vps)};
	uint32_t id;

	(void)state;
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 2);
	put_sps(&w, &plain);
	put_bits(&w, 0, 1);
	nal = put_nal(&w, sps);
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 7);
	nal = make_pps(pps, 0, 0);
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), 0);
	assert_int_equal(id, 1);
	nal = (struct rtmp_nal){sei, sizeof(sei)};
	assert_int_equal(rtmp_hevc_set_id(&nal, &id), RTMP_ERR_PROTO);
}

static void
pictures_and_keys_of_a_stream_are_seen(void **state)
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
		int pictures = 0, keys = 0;

		rtmp_nal_iter_init(&it, data, size, 0);
		while (rtmp_nal_next(&it, &nal) == 1) {
			pictures += rtmp_hevc_first_slice(&nal);
			keys += rtmp_hevc_nal_kind(&nal) == RTMP_NAL_KEY;
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
		cmocka_unit_test(parallelism_is_what_all_pps_allow),
		cmocka_unit_test(several_sps_are_merged),
		cmocka_unit_test(what_does_not_fit_a_record_is_refused),
		cmocka_unit_test(a_record_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(the_sps_of_an_encoder_is_read),
		cmocka_unit_test(all_parts_of_an_sps_are_skipped),
		cmocka_unit_test(the_vui_tells_rate_and_colour),
		cmocka_unit_test(hostile_numbers_are_errors),
		cmocka_unit_test(an_sps_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(types_have_kinds),
		cmocka_unit_test(sets_have_ids),
		cmocka_unit_test(pictures_and_keys_of_a_stream_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
