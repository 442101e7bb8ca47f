#include "media/av1.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

/* A sequence header, in parts. */
struct parts {
	const char *front; /* profile to operating points */
	const char *inter; /* frame ids to order hints; "" when reduced */
	const char *colour;
	unsigned width, height;
};

#define FRONT "000 0 0 0 0 00000 000000000000 00101"
#define INTER "0 000 1111 1 11 1 1 110"
#define COLOUR "0 0 0 0 00 0"

static const struct parts plain = { FRONT, INTER, COLOUR, 1280, 720 };

static size_t
make_header(uint8_t *bytes, const struct parts *p)
{
	struct bit_writer w = { { 0 }, 0 };

	put_text(&w, p->front);
	put_bits(&w, 15, 4);
	put_bits(&w, 15, 4);
	put_bits(&w, p->width - 1, 16);
	put_bits(&w, p->height - 1, 16);
	put_text(&w, p->inter);
	put_text(&w, "000");
	put_text(&w, p->colour);
	put_text(&w, "0 1"); /* film grain, the stop bit */
	memcpy(bytes, w.bytes, (w.count + 7) / 8);
	return (w.count + 7) / 8;
}

static int
parse(struct rtmp_av1_sequence *seq, const struct parts *p)
{
	uint8_t bytes[256];
	size_t size = make_header(bytes, p);

	return rtmp_av1_sequence_parse(seq, bytes, size);
}

/* ---- OBUs ---- */

static void
obus_are_taken_apart(void **state)
{
	static const uint8_t bytes[] = {
		0x12, 0x00,			/* temporal delimiter */
		0x36, 0x48, 0x83, 0x00, 1, 2, 3, /* with extension */
		0x28, 9, 9			/* up to the end */
	};
	const uint8_t *pos = bytes, *end = bytes + sizeof(bytes);
	struct rtmp_av1_obu obu;

	(void)state;
	assert_int_equal(rtmp_av1_obu_next(&pos, end, &obu), 1);
	assert_int_equal(obu.type, RTMP_AV1_TEMPORAL_DELIMITER);
	assert_int_equal(obu.size, 2);
	assert_int_equal(obu.payload_size, 0);
	assert_int_equal(rtmp_av1_obu_next(&pos, end, &obu), 1);
	assert_int_equal(obu.type, RTMP_AV1_FRAME);
	assert_int_equal(obu.has_extension, 1);
	assert_int_equal(obu.temporal_id, 2);
	assert_int_equal(obu.spatial_id, 1);
	assert_int_equal(obu.size, 7);
	assert_ptr_equal(obu.payload, bytes + 6);
	assert_int_equal(obu.payload_size, 3);
	assert_int_equal(rtmp_av1_obu_next(&pos, end, &obu), 1);
	assert_int_equal(obu.type, RTMP_AV1_METADATA);
	assert_int_equal(obu.has_size, 0);
	assert_int_equal(obu.payload_size, 2);
	assert_int_equal(rtmp_av1_obu_next(&pos, end, &obu), 0);
}

static void
leb128_may_be_long_but_not_large(void **state)
{
	static const struct {
		const char *hex;
		int ret;
		uint32_t value;
	} rows[] = {
		{ "00", 1, 0 },
		{ "7f", 1, 127 },
		{ "8001", 1, 128 },
		{ "ffffffff0f", 1, 0xffffffff },
		{ "8180808000", 1, 1 },
		{ "8180808080808000", 1, 1 },
		{ "ffffffff1f", RTMP_ERR_PROTO, 0 },
		{ "ffffffffffffff7f", RTMP_ERR_PROTO, 0 },
		{ "818080808080808000", RTMP_ERR_PROTO, 0 },
		{ "80", RTMP_ERR_PROTO, 0 },
		{ "", RTMP_ERR_PROTO, 0 },
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes = from_hex(rows[i].hex, &size);
		uint8_t *copy = guard_copy(bytes, size);
		const uint8_t *pos = copy;
		uint32_t value = 0;

		assert_int_equal(rtmp_av1_leb128(&pos, copy + size, &value),
		    rows[i].ret);
		assert_int_equal(value, rows[i].value);
		assert_ptr_equal(pos, rows[i].ret == 1 ? copy + size : copy);
		guard_free(copy, size);
		free(bytes);
	}
}

static void
a_broken_obu_is_an_error(void **state)
{
	static const char *const rows[] = {
		"92 00",	   /* forbidden bit */
		"12",		   /* no size */
		"16 00",	   /* no size behind the extension */
		"0c",		   /* no extension */
		"32 05 01020304",  /* size past the end */
		"32 ffffffff0f 01", "32 ffffffffffffffffff 01",
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes = from_hex(rows[i], &size);
		uint8_t *copy = guard_copy(bytes, size);
		const uint8_t *pos = copy;
		struct rtmp_av1_obu obu;

		assert_int_equal(rtmp_av1_obu_next(&pos, copy + size, &obu),
		    RTMP_ERR_PROTO);
		assert_int_equal(rtmp_av1_is_key(NULL, copy, size),
		    RTMP_ERR_PROTO);
		assert_int_equal(rtmp_av1_find(copy, size, 20, &obu),
		    RTMP_ERR_PROTO);
		guard_free(copy, size);
		free(bytes);
	}
}

/* ---- A stream ---- */

static void
the_stream_of_an_encoder_is_read(void **state)
{
	static const char *const names[] = { "av1.obu", "av1.ivf" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct media_es es;
		const uint8_t *data;
		size_t size, n;
		int key, units = 0;

		media_es_open(&es, names[i]);
		while (media_es_next(&es, &data, &size, &key)) {
			uint8_t *copy = guard_copy(data, size);
			uint8_t *out = malloc(size);

			assert_int_equal(rtmp_av1_is_key(NULL, copy, size),
			    key);
			/* Only the delimiter, 12 00, goes. */
			assert_int_equal(rtmp_av1_unit_build(out, size, &n,
				copy, size), 0);
			assert_int_equal(n, size - 2);
			assert_memory_equal(out, copy + 2, n);
			free(out);
			guard_free(copy, size);
			units++;
		}
		assert_int_equal(units, 100);
		media_es_close(&es);
	}
}

static void
the_record_of_ffmpeg_is_built_again(void **state)
{
	struct rtmp_av1_sequence seq;
	struct rtmp_av1_config c;
	struct rtmp_av1_obu obu;
	struct media_es es;
	const uint8_t *data;
	uint8_t *record, out[64];
	size_t size, record_size, n;
	int key;

	(void)state;
	/* FFmpeg writes an empty one first, which is not meant. */
	record = media_flv_config("av1_opus", "av01", 0, &record_size);
	media_es_open(&es, "av1.obu");
	assert_true(media_es_next(&es, &data, &size, &key));
	assert_int_equal(rtmp_av1_find(data, size, RTMP_AV1_SEQUENCE_HEADER,
		&obu), 1);
	assert_int_equal(rtmp_av1_config_build(NULL, 0, &n, &obu),
	    RTMP_ERR_NOBUF);
	assert_int_equal(n, record_size);
	assert_int_equal(rtmp_av1_config_build(out, sizeof(out), &n, &obu), 0);
	assert_int_equal(n, record_size);
	assert_memory_equal(out, record, n);

	assert_int_equal(rtmp_av1_sequence_parse(&seq, obu.payload,
		obu.payload_size), 0);
	assert_int_equal(seq.info.width, 320);
	assert_int_equal(seq.info.height, 180);
	assert_int_equal(seq.info.profile, 0);
	assert_int_equal(seq.info.level, 0);
	assert_int_equal(seq.info.luma_depth, 8);
	assert_int_equal(seq.info.chroma, RTMP_CHROMA_420);
	assert_int_equal(seq.info.matrix, RTMP_COLOUR_UNSPECIFIED);

	assert_int_equal(rtmp_av1_config_parse(&c, record, record_size), 0);
	assert_int_equal(c.seq.subsampling_x, 1);
	assert_int_equal(c.seq.subsampling_y, 1);
	assert_int_equal(c.obus_size, record_size - 4);
	media_es_close(&es);
	free(record);
}

/* ---- The sequence header ---- */

static void
profiles_have_depths_and_chroma(void **state)
{
	static const struct {
		unsigned profile;
		const char *colour;
		uint8_t depth;
		enum rtmp_chroma chroma;
		uint8_t flags; /* byte 2 of the record */
	} rows[] = {
		{ 0, "0 0 0 0 00 0", 8, RTMP_CHROMA_420, 0x0c },
		{ 0, "1 0 0 1 10 0", 10, RTMP_CHROMA_420, 0x4e },
		{ 0, "0 1 0 1", 8, RTMP_CHROMA_400, 0x1c },
		{ 1, "1 0 0 0", 10, RTMP_CHROMA_444, 0x40 },
		{ 2, "0 0 0 0 0", 8, RTMP_CHROMA_422, 0x08 },
		{ 2, "1 0 0 0 0 0", 10, RTMP_CHROMA_422, 0x48 },
		{ 2, "1 1 0 0 0 0 0", 12, RTMP_CHROMA_444, 0x60 },
		{ 2, "1 1 0 0 0 1 0 0", 12, RTMP_CHROMA_422, 0x68 },
		{ 2, "1 1 0 0 0 1 1 01 0", 12, RTMP_CHROMA_420, 0x6d },
		/* sRGB */
		{ 1, "0 1 00000001 00001101 00000000 0", 8, RTMP_CHROMA_444,
		    0x00 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char front[64] = FRONT;
		struct parts p = { front, INTER, rows[i].colour, 1280, 720 };
		struct rtmp_av1_sequence seq;
		struct rtmp_av1_config c;
		struct rtmp_av1_obu obu = { 0 };
		uint8_t bytes[128], out[128];
		size_t size;

		front[1] = (char)('0' + (rows[i].profile >> 1));
		front[2] = (char)('0' + (rows[i].profile & 1));
		assert_int_equal(parse(&seq, &p), 0);
		assert_int_equal(seq.info.profile, rows[i].profile);
		assert_int_equal(seq.info.luma_depth, rows[i].depth);
		assert_int_equal(seq.info.chroma, rows[i].chroma);
		assert_int_equal(seq.info.width, 1280);

		bytes[0] = 0x08; /* without a size, which is added */
		size = 1 + make_header(bytes + 1, &p);
		obu.type = RTMP_AV1_SEQUENCE_HEADER;
		obu.data = bytes;
		obu.size = size;
		obu.payload = bytes + 1;
		obu.payload_size = size - 1;
		assert_int_equal(rtmp_av1_config_build(out, sizeof(out),
			&size, &obu), 0);
		assert_int_equal(out[1], rows[i].profile << 5 | 5);
		assert_int_equal(out[2], rows[i].flags);
		assert_int_equal(out[4], 0x0a);
		assert_int_equal(out[5], obu.payload_size);
		assert_int_equal(rtmp_av1_config_parse(&c, out, size), 0);
		assert_int_equal(c.seq.info.profile, rows[i].profile);
		assert_int_equal(c.seq.high_bitdepth, rows[i].depth > 8);
		assert_int_equal(c.seq.twelve_bit, rows[i].depth == 12);
		assert_int_equal(c.seq.monochrome,
		    rows[i].chroma == RTMP_CHROMA_400);
	}
}

static void
timing_and_operating_points_are_read(void **state)
{
	struct rtmp_av1_sequence seq;
	struct parts p = plain;

	(void)state;
	/* 60000 / 1001, 2 ticks for a picture; a decoder model with delays
	 * of 10 bits; delays; two points, the first of tier 1. */
	p.front = "000 0 0 1 00000000000000000000001111101001 "
		  "00000000000000001110101001100000 1 010 "
		  "1 01001 00000000000000000000000000000001 01001 01001 "
		  "1 00001 "
		  "000100000001 01100 1 1 1111111111 1111111111 1 1 0101 "
		  "000100000011 00101 0 0";
	p.colour = "0 0 1 00001001 00010000 00001001 1 11 0";
	assert_int_equal(parse(&seq, &p), 0);
	assert_int_equal(seq.info.rate_num, 30000);
	assert_int_equal(seq.info.rate_den, 1001);
	assert_int_equal(seq.info.level, 12);
	assert_int_equal(seq.info.tier, 1);
	assert_int_equal(seq.has_delay, 1);
	assert_int_equal(seq.delay_minus_1, 5);
	assert_int_equal(seq.info.width, 1280);
	assert_int_equal(seq.info.height, 720);
	assert_int_equal(seq.info.primaries, 9);
	assert_int_equal(seq.info.transfer, 16);
	assert_int_equal(seq.info.matrix, 9);
	assert_int_equal(seq.info.full_range, 1);
	assert_int_equal(seq.sample_position, 3);
}

static void
tools_in_front_of_the_colour_are_skipped(void **state)
{
	static const char *const rows[] = {
		"1 0000000 000 1111 0 1 1",	/* ids, chosen tools */
		"0 000 1111 0 1 0 1",		/* forced vectors */
		"0 000 1111 0 0 0",		/* no screen content */
		"0 000 1111 1 11 0 1 0 0 111",
	};
	struct rtmp_av1_sequence seq;
	struct parts p = plain;
	size_t i;

	(void)state;
	p.colour = "1 0 1 00001001 00010000 00001001 1 11 0";
	for (i = 0; i < 4; i++) {
		p.inter = rows[i];
		assert_int_equal(parse(&seq, &p), 0);
		assert_int_equal(seq.info.luma_depth, 10);
		assert_int_equal(seq.info.primaries, 9);
		assert_int_equal(seq.sample_position, 3);
	}
	p.front = "000 1 1 00100"; /* reduced_still_picture_header */
	p.inter = "000";
	assert_int_equal(parse(&seq, &p), 0);
	assert_int_equal(seq.reduced_header, 1);
	assert_int_equal(seq.info.level, 4);
	assert_int_equal(seq.sample_position, 3);
	p.front = "011 0 0";
	assert_int_equal(parse(&seq, &p), RTMP_ERR_PROTO);
}

static void
parse_header_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_av1_sequence seq;
	int ret = rtmp_av1_sequence_parse(&seq, data, size);

	assert_true(ret == 0 || ret == RTMP_ERR_PROTO);
	*(int *)arg += ret == 0;
}

static void
parse_record_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_av1_config c;
	struct rtmp_av1_obu obu;

	if (rtmp_av1_config_parse(&c, data, size) != 0)
		return;
	assert_in_range(rtmp_av1_find(c.obus, c.obus_size, 1, &obu), 0, 1);
	++*(int *)arg;
}

static void
all_of_it_may_be_cut_or_broken_anywhere(void **state)
{
	struct parts p = plain;
	uint8_t bytes[128], *record;
	size_t size;
	int sound = 0;

	(void)state;
	p.front = "000 0 0 1 00000000000000000000001111101001 "
		  "00000000000000001110101001100000 1 010 "
		  "1 01001 00000000000000000000000000000001 01001 01001 "
		  "1 00001 "
		  "000100000001 01100 1 1 1111111111 1111111111 1 1 0101 "
		  "000100000011 00101 0 0";
	size = make_header(bytes, &p);
	each_truncation(bytes, size, parse_header_any, &sound);
	assert_in_range(sound, 1, 2);
	each_flipped_bit(bytes, size, parse_header_any, &sound);
	record = media_flv_config("av1_opus", "av01", 0, &size);
	sound = 0;
	each_truncation(record, size, parse_record_any, &sound);
	assert_int_equal(sound, 2); /* also without OBUs */
	each_flipped_bit(record, size, parse_record_any, &sound);
	free(record);
}

/* ---- Key frames, and units for FLV ---- */

static void
key_frames_are_those_that_are_shown(void **state)
{
	static const struct {
		uint8_t header;
		int key;
	} rows[] = {
		{ 0x10, 1 }, /* show_existing 0, type 0, show 1 */
		{ 0x00, 0 }, /* not shown */
		{ 0x30, 0 }, /* inter */
		{ 0x50, 0 }, /* intra-only */
		{ 0x90, 0 }, /* shows another */
	};
	struct rtmp_av1_sequence still = { .reduced_header = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t unit[] = { 0x12, 0, 0x2a, 0, 0x32, 1, rows[i].header };

		assert_int_equal(rtmp_av1_is_key(NULL, unit, sizeof(unit)),
		    rows[i].key);
		unit[4] = 0x1a; /* a frame header alone */
		assert_int_equal(rtmp_av1_is_key(NULL, unit, sizeof(unit)),
		    rows[i].key);
		unit[4] = 0x22; /* a tile group */
		assert_int_equal(rtmp_av1_is_key(NULL, unit, sizeof(unit)),
		    0);
		unit[4] = 0x32;
		assert_int_equal(rtmp_av1_is_key(&still, unit, sizeof(unit)),
		    1);
		unit[5] = 0;
		assert_int_equal(rtmp_av1_is_key(NULL, unit, 6),
		    RTMP_ERR_PROTO);
	}
	assert_int_equal(rtmp_av1_is_key(NULL, NULL, 0), 0);
}

static void
a_unit_gets_sizes_and_loses_delimiters(void **state)
{
	static const uint8_t in[] = { 0x12, 0, 0x0a, 1, 7, 0x34, 0x20, 1, 2 };
	static const uint8_t out[] = { 0x0a, 1, 7, 0x36, 0x20, 2, 1, 2 };
	uint8_t big[300] = { 0x30 }, bytes[310];
	size_t size;

	(void)state;
	assert_int_equal(rtmp_av1_unit_build(bytes, sizeof(bytes), &size, in,
		sizeof(in)), 0);
	assert_int_equal(size, sizeof(out));
	assert_memory_equal(bytes, out, size);
	assert_int_equal(rtmp_av1_unit_build(bytes, 7, &size, in,
		sizeof(in)), RTMP_ERR_NOBUF);
	assert_int_equal(size, 8);
	assert_int_equal(rtmp_av1_unit_build(bytes, sizeof(bytes), &size, big,
		sizeof(big)), 0);
	assert_int_equal(size, 302);
	assert_memory_equal(bytes, "\x32\xab\x02", 3); /* 299 */
	assert_int_equal(rtmp_av1_unit_build(bytes, sizeof(bytes), &size, in,
		2), 0);
	assert_int_equal(size, 0);
}

static void
only_a_sequence_header_makes_a_record(void **state)
{
	static const uint8_t frame[] = { 0x32, 1, 0x10 };
	static const uint8_t cut[] = { 0x0a, 1, 0 };
	struct rtmp_av1_obu obu;
	const uint8_t *pos = frame;
	uint8_t out[16];
	size_t size;

	(void)state;
	assert_int_equal(rtmp_av1_obu_next(&pos, frame + 3, &obu), 1);
	assert_int_equal(rtmp_av1_config_build(out, 16, &size, &obu),
	    RTMP_ERR_PROTO);
	pos = cut;
	assert_int_equal(rtmp_av1_obu_next(&pos, cut + 3, &obu), 1);
	assert_int_equal(rtmp_av1_config_build(out, 16, &size, &obu),
	    RTMP_ERR_PROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(obus_are_taken_apart),
		cmocka_unit_test(leb128_may_be_long_but_not_large),
		cmocka_unit_test(a_broken_obu_is_an_error),
		cmocka_unit_test(the_stream_of_an_encoder_is_read),
		cmocka_unit_test(the_record_of_ffmpeg_is_built_again),
		cmocka_unit_test(profiles_have_depths_and_chroma),
		cmocka_unit_test(timing_and_operating_points_are_read),
		cmocka_unit_test(tools_in_front_of_the_colour_are_skipped),
		cmocka_unit_test(all_of_it_may_be_cut_or_broken_anywhere),
		cmocka_unit_test(key_frames_are_those_that_are_shown),
		cmocka_unit_test(a_unit_gets_sizes_and_loses_delimiters),
		cmocka_unit_test(only_a_sequence_header_makes_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
