#include "media/aac.h"
#include "support/media_data.h"

/* ---- AudioSpecificConfig ---- */

#define NO RTMP_AAC_UNTOLD
#define ABSENT RTMP_AAC_ABSENT
#define YES RTMP_AAC_PRESENT

static const struct {
	const char *hex;
	uint8_t object_type, channel_config, channels, sbr, ps, behind;
	uint32_t rate, output_rate;
} rows[] = {
	{ "1210", 2, 2, 2, NO, NO, 0, 44100, 44100 },
	{ "1190", 2, 2, 2, NO, NO, 0, 48000, 48000 },
	{ "1188", 2, 1, 1, NO, NO, 0, 48000, 48000 },
	{ "11b0", 2, 6, 6, NO, NO, 0, 48000, 48000 },
	{ "11b8", 2, 7, 8, NO, NO, 0, 48000, 48000 },
	{ "0a10", 1, 2, 2, NO, NO, 0, 44100, 44100 },
	/* as FFmpeg writes it: no SBR, told behind */
	{ "121056e500", 2, 2, 2, ABSENT, NO, 1, 44100, 44100 },
	{ "118856e500", 2, 1, 1, ABSENT, NO, 1, 48000, 48000 },
	/* HE-AAC, told in front and behind; with PS */
	{ "2b920800", 2, 2, 2, YES, NO, 0, 22050, 44100 },
	{ "139056e5a0", 2, 2, 2, YES, NO, 1, 22050, 44100 },
	{ "eb8a0800", 2, 1, 1, YES, YES, 0, 22050, 44100 },
	{ "138856e5a54880", 2, 1, 1, YES, YES, 1, 22050, 44100 },
	/* a rate that has no index: 11000 Hz */
	{ "1780157c10", 2, 2, 2, NO, NO, 0, 11000, 11000 },
};

static void
configurations_are_read_and_built(void **state)
{
	size_t i, size, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes = from_hex(rows[i].hex, &size);
		uint8_t *copy = guard_copy(bytes, size);
		uint8_t out[RTMP_AAC_CONFIG_MAX];
		struct rtmp_aac_config c;

		assert_int_equal(rtmp_aac_config_parse(&c, copy, size), 0);
		assert_int_equal(c.object_type, rows[i].object_type);
		assert_int_equal(c.channel_config, rows[i].channel_config);
		assert_int_equal(c.channels, rows[i].channels);
		assert_int_equal(c.sbr, rows[i].sbr);
		assert_int_equal(c.ps, rows[i].ps);
		assert_int_equal(c.sbr_behind, rows[i].behind);
		assert_int_equal(c.rate, rows[i].rate);
		assert_int_equal(c.output_rate, rows[i].output_rate);
		assert_int_equal(c.frame_samples, 1024);
		assert_int_equal(rtmp_aac_config_build(NULL, 0, &n, &c),
		    RTMP_ERR_NOBUF);
		assert_int_equal(rtmp_aac_config_build(out, sizeof(out), &n,
			&c), 0);
		assert_in_range(n, size - 1, size);
		assert_memory_equal(out, bytes, n);
		guard_free(copy, size);
		free(bytes);
	}
}

static void
the_configuration_of_ffmpeg_is_built_again(void **state)
{
	struct rtmp_aac_config c = { .object_type = RTMP_AAC_LC,
	    .channel_config = 2, .rate = 44100, .sbr = RTMP_AAC_ABSENT };
	uint8_t *record, out[8];
	size_t size, n;

	(void)state;
	record = media_flv_config("h264_aac", "AAC ", 0, &size);
	assert_int_equal(rtmp_aac_config_build(out, sizeof(out), &n, &c), 0);
	assert_int_equal(n, size);
	assert_memory_equal(out, record, n);
	free(record);
}

static void
bytes_behind_a_configuration_are_accepted(void **state)
{
	static const uint8_t zeros[] = { 0x12, 0x10, 0, 0, 0, 0, 0, 0 };
	struct rtmp_aac_config c;

	(void)state;
	assert_int_equal(rtmp_aac_config_parse(&c, zeros, sizeof(zeros)), 0);
	assert_int_equal(c.sbr, RTMP_AAC_UNTOLD);
	assert_int_equal(c.channels, 2);
}

static void
other_object_types_are_read_up_to_the_channels(void **state)
{
	static const struct {
		const char *hex;
		uint8_t type;
		uint16_t samples;
	} others[] = {
		{ "f8e85000", 39, 0 },	   /* escape: ER AAC ELD, 16000, 8 */
		{ "f95080", 42, 0 },	   /* USAC */
		{ "b98800", 23, 512 },	   /* ER AAC LD */
		{ "1214", 2, 960 },
	};
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint8_t *bytes = from_hex(others[i].hex, &size);
		struct rtmp_aac_config c;

		assert_int_equal(rtmp_aac_config_parse(&c, bytes, size), 0);
		assert_int_equal(c.object_type, others[i].type);
		assert_int_equal(c.frame_samples, others[i].samples);
		free(bytes);
	}
}

static void
broken_configurations_are_errors(void **state)
{
	static const char *const broken[] = { "", "12", "0210", "1680", "1710",
	    "178000001000", "17", "f8", "2b92", "1200" };
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		uint8_t *bytes = from_hex(broken[i], &size);
		uint8_t *copy = guard_copy(bytes, size);
		struct rtmp_aac_config c;

		assert_int_equal(rtmp_aac_config_parse(&c, copy, size),
		    RTMP_ERR_PROTO);
		guard_free(copy, size);
		free(bytes);
	}
}

static void
what_cannot_be_said_is_refused(void **state)
{
	static const struct rtmp_aac_config refused[] = {
		{ .object_type = 5, .channel_config = 2, .rate = 44100 },
		{ .object_type = 0, .channel_config = 2, .rate = 44100 },
		{ .object_type = 2, .channel_config = 2, .rate = 0 },
		{ .object_type = 2, .channel_config = 2, .rate = 1 << 24 },
		{ .object_type = 2, .channel_config = 16, .rate = 44100 },
		{ .object_type = 2, .channel_config = 0, .rate = 44100 },
		{ .object_type = 2, .channel_config = 2, .rate = 44100,
		    .sbr = RTMP_AAC_PRESENT },
	};
	uint8_t out[RTMP_AAC_CONFIG_MAX];
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(rtmp_aac_config_build(out, sizeof(out),
			&size, &refused[i]), RTMP_ERR_INVAL);
}

/* ---- program_config_element() ---- */

/* 5.1 as FFmpeg's encoder would not: front 1 + pair, back pair, LFE. */
#define PCE "0000 01 0100 0010 0000 0001 01 000 0000 0 0 0 " \
	"0 0000 1 0000 1 0001 0000 "

static void
a_program_config_goes_from_frame_to_configuration(void **state)
{
	struct bit_writer frame = { { 0 }, 0 }, expected = { { 0 }, 0 };
	struct rtmp_adts h = { .object_type = 2, .rate = 44100 };
	uint8_t out[RTMP_AAC_CONFIG_MAX];
	struct rtmp_aac_config c, again;
	size_t size;

	(void)state;
	put_text(&frame, "101 " PCE);
	while (frame.count % 8 != 0)
		put_bits(&frame, 0, 1);
	put_bits(&frame, 3, 8);
	put_bits(&frame, 0x616263, 24); /* a comment, which is left out */
	put_bits(&frame, 0xffff, 16);
	assert_int_equal(rtmp_adts_config(&c, &h, frame.bytes,
		frame.count / 8), 0);
	assert_int_equal(c.channels, 6);
	assert_int_equal(c.pce_bits, 53);
	assert_int_equal(rtmp_aac_config_build(out, sizeof(out), &size, &c),
	    0);
	put_text(&expected, "00010 0100 0000 000 " PCE);
	while (expected.count % 8 != 0)
		put_bits(&expected, 0, 1);
	put_bits(&expected, 0, 8);
	assert_int_equal(size, expected.count / 8);
	assert_memory_equal(out, expected.bytes, size);
	assert_int_equal(rtmp_aac_config_parse(&again, out, size), 0);
	assert_int_equal(again.channels, 6);
	assert_int_equal(again.pce_bits, c.pce_bits);
	assert_memory_equal(again.pce, c.pce, sizeof(c.pce));

	/* a comment that is cut off, another element, nothing */
	assert_int_equal(rtmp_adts_config(&c, &h, frame.bytes, 10),
	    RTMP_ERR_PROTO);
	frame.bytes[0] = 0;
	assert_int_equal(rtmp_adts_config(&c, &h, frame.bytes, 20),
	    RTMP_ERR_PROTO);
	assert_int_equal(rtmp_adts_config(&c, &h, frame.bytes, 0),
	    RTMP_ERR_PROTO);
}

/* The numbers of elements that are possible take all of the room there is. */
static void
the_largest_program_config_fits(void **state)
{
	struct bit_writer frame = { { 0 }, 0 };
	struct rtmp_adts h = { .object_type = 2, .rate = 7350 };
	uint8_t out[RTMP_AAC_CONFIG_MAX];
	struct rtmp_aac_config c;
	size_t size;
	int i;

	(void)state;
	put_text(&frame, "101");
	for (i = 0; i < 385; i++)
		put_bits(&frame, 1, 1);
	put_bits(&frame, 0, 32);
	assert_int_equal(rtmp_adts_config(&c, &h, frame.bytes,
		frame.count / 8), 0);
	assert_int_equal(c.pce_bits, 385);
	assert_int_equal(c.channels, 93);
	c.object_type = RTMP_AAC_LTP;
	c.rate = 12345;
	c.output_rate = 24690;
	c.sbr = RTMP_AAC_PRESENT;
	c.sbr_behind = 1;
	c.ps = RTMP_AAC_PRESENT;
	assert_int_equal(rtmp_aac_config_build(out, sizeof(out), &size, &c),
	    0);
	assert_int_equal(size, 63);
}

/* ---- ADTS ---- */

/* Headers come off and are put on again. */
static void
the_stream_of_an_encoder_is_read(void **state)
{
	struct rtmp_adts h;
	struct rtmp_aac_config c;
	struct media_es es;
	struct media_flv flv;
	struct media_tag tag;
	const uint8_t *data, *raw, *pos;
	uint8_t out[RTMP_ADTS_HEADER_SIZE];
	size_t size, raw_size;
	int key, frames = 0;

	(void)state;
	media_es_open(&es, "aac.adts");
	media_flv_open(&flv, "h264_aac");
	pos = es.bytes;
	while (media_es_next(&es, &data, &size, &key)) {
		assert_ptr_equal(pos, data);
		assert_int_equal(rtmp_adts_next(&pos, es.bytes + es.size, &h,
			&raw, &raw_size), 1);
		assert_int_equal(h.frame_size, size);
		assert_int_equal(h.object_type, RTMP_AAC_LC);
		assert_int_equal(h.rate, 44100);
		assert_int_equal(h.channel_config, 2);
		assert_int_equal(h.blocks, 1);
		assert_int_equal(h.header_size, 7);
		assert_int_equal(raw_size, size - 7);
		do
			assert_true(media_flv_next(&flv, &tag));
		while (strcmp(tag.codec, "AAC ") != 0 || tag.type != 1);
		assert_int_equal(tag.size, raw_size);
		assert_memory_equal(tag.data, raw, raw_size);
		assert_int_equal(rtmp_adts_config(&c, &h, raw, raw_size), 0);
		assert_int_equal(rtmp_adts_build(out, &c, raw_size), 0);
		/* FFmpeg says MPEG-4 without CRC, and full buffers, too. */
		assert_memory_equal(out, data, sizeof(out));
		frames++;
	}
	assert_int_equal(rtmp_adts_next(&pos, es.bytes + es.size, &h, &raw,
		&raw_size), 0);
	assert_int_equal(frames, 217);
	media_flv_close(&flv);
	media_es_close(&es);
}

/* The configuration that ADTS leads to says nothing of SBR, as the one of an
 * encoder does: the five bytes of FFmpeg begin with these two. */
static void
a_frame_leads_to_a_configuration(void **state)
{
	static const uint8_t header[] = { 0xff, 0xf1, 0x50, 0x80, 0x18, 0xff,
	    0xfc };
	struct rtmp_aac_config c;
	struct rtmp_adts h;
	uint8_t out[8];
	size_t size;

	(void)state;
	assert_int_equal(rtmp_adts_parse(&h, header, sizeof(header)), 0);
	assert_int_equal(h.frame_size, 199); /* of which 7 are here */
	assert_int_equal(rtmp_adts_config(&c, &h, NULL, 0), 0);
	assert_int_equal(rtmp_aac_config_build(out, sizeof(out), &size, &c),
	    0);
	assert_int_equal(size, 2);
	assert_memory_equal(out, "\x12\x10", 2);
}

static void
a_crc_makes_the_header_longer(void **state)
{
	/* 2 blocks, 32 bytes */
	static const uint8_t two[] = { 0xff, 0xf0, 0x50, 0x80, 0x04, 0x1f,
	    0xfd, 0, 8, 0, 0 };
	struct rtmp_adts h;
	uint8_t one[9];

	(void)state;
	assert_int_equal(rtmp_adts_parse(&h, two, sizeof(two)), 0);
	assert_int_equal(h.blocks, 2);
	assert_int_equal(h.header_size, 11);
	memcpy(one, two, 9);
	one[6] = 0xfc;
	assert_int_equal(rtmp_adts_parse(&h, one, sizeof(one)), 0);
	assert_int_equal(h.blocks, 1);
	assert_int_equal(h.header_size, 9);
}

static void
what_is_no_adts_is_an_error(void **state)
{
	static const uint8_t good[] = { 0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f,
	    0xfc, 9 };
	static const struct {
		uint8_t at, value;
	} changes[] = {
		{ 0, 0xfe }, { 1, 0xe1 }, { 1, 0xf3 }, /* sync word, layer */
		{ 2, 0x74 },			 /* rate index 13 */
		{ 4, 0x00 }, { 5, 0xff },		 /* 7 bytes: no data */
	};
	struct rtmp_adts h;
	const uint8_t *raw, *pos;
	uint8_t bytes[8];
	size_t i, raw_size;

	(void)state;
	for (i = 0; i <= 6; i++) {
		memcpy(bytes, good, 8);
		pos = bytes;
		if (i < 6)
			bytes[changes[i].at] = changes[i].value;
		if (i == 4)
			bytes[5] = 0xff; /* 7 bytes */
		if (i == 5)
			bytes[5] = 0x3f; /* 9 bytes, and 8 are here */
		assert_int_equal(rtmp_adts_next(&pos, bytes + 8, &h, &raw,
			&raw_size), i == 6 ? 1 : RTMP_ERR_PROTO);
	}
	assert_int_equal(raw_size, 1);
	assert_ptr_equal(pos, bytes + 8);
}

static void
a_header_that_adts_cannot_say_is_refused(void **state)
{
	struct rtmp_aac_config c = { .object_type = 2, .channel_config = 2,
	    .rate = 44100 };
	uint8_t out[RTMP_ADTS_HEADER_SIZE];
	struct rtmp_adts h;

	(void)state;
	assert_int_equal(rtmp_adts_build(out, &c, 8184), 0);
	assert_int_equal(rtmp_adts_parse(&h, out, sizeof(out)), 0);
	assert_int_equal(h.frame_size, 8191);
	assert_int_equal(rtmp_adts_build(out, &c, 8185), RTMP_ERR_INVAL);
	assert_int_equal(rtmp_adts_build(out, &c, (size_t)-1),
	    RTMP_ERR_INVAL);
	c.rate = 11000;
	assert_int_equal(rtmp_adts_build(out, &c, 1), RTMP_ERR_INVAL);
	c.rate = 44100;
	c.channel_config = 11;
	assert_int_equal(rtmp_adts_build(out, &c, 1), RTMP_ERR_INVAL);
	c.channel_config = 2;
	c.object_type = 23;
	assert_int_equal(rtmp_adts_build(out, &c, 1), RTMP_ERR_INVAL);
}

static void
parse_any(const uint8_t *data, size_t size, void *arg)
{
	const uint8_t *pos = data, *raw;
	struct rtmp_aac_config c;
	struct rtmp_adts h;
	size_t raw_size;

	rtmp_aac_config_parse(&c, data, size);
	while (rtmp_adts_next(&pos, data + size, &h, &raw, &raw_size) == 1) {
		assert_true(raw + raw_size <= data + size);
		rtmp_adts_config(&c, &h, raw, raw_size);
		++*(int *)arg;
	}
}

static void
all_of_it_may_be_cut_or_broken_anywhere(void **state)
{
	struct media_es es;
	struct bit_writer w = { { 0 }, 0 };
	int frames = 0;

	(void)state;
	media_es_open(&es, "aac.adts");
	each_truncation(es.bytes, 700, parse_any, &frames);
	each_flipped_bit(es.bytes, 700, parse_any, &frames);
	put_text(&w, "00010 0100 0000 000 " PCE "000 00000000 "
	    "01010110111 00101 1 0100 10101001000 1");
	each_truncation(w.bytes, (w.count + 7) / 8, parse_any, &frames);
	each_flipped_bit(w.bytes, (w.count + 7) / 8, parse_any, &frames);
	assert_true(frames > 1000);
	media_es_close(&es);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_are_read_and_built),
		cmocka_unit_test(the_configuration_of_ffmpeg_is_built_again),
		cmocka_unit_test(bytes_behind_a_configuration_are_accepted),
		cmocka_unit_test(
		    other_object_types_are_read_up_to_the_channels),
		cmocka_unit_test(broken_configurations_are_errors),
		cmocka_unit_test(what_cannot_be_said_is_refused),
		cmocka_unit_test(
		    a_program_config_goes_from_frame_to_configuration),
		cmocka_unit_test(the_largest_program_config_fits),
		cmocka_unit_test(the_stream_of_an_encoder_is_read),
		cmocka_unit_test(a_frame_leads_to_a_configuration),
		cmocka_unit_test(a_crc_makes_the_header_longer),
		cmocka_unit_test(what_is_no_adts_is_an_error),
		cmocka_unit_test(a_header_that_adts_cannot_say_is_refused),
		cmocka_unit_test(all_of_it_may_be_cut_or_broken_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
