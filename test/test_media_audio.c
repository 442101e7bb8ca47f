#include "media/audio.h"
#include "support/media_data.h"

/* ---- Streams ---- */

static int
parse_mp3(struct rtmp_audio_frame *f, const uint8_t *data, size_t size)
{
	return rtmp_mp3_parse(f, data, size);
}

static int
parse_ac3(struct rtmp_audio_frame *f, const uint8_t *data, size_t size)
{
	int enhanced;

	return rtmp_ac3_parse(f, &enhanced, data, size) != 0 || enhanced;
}

static int
parse_eac3(struct rtmp_audio_frame *f, const uint8_t *data, size_t size)
{
	int enhanced;

	return rtmp_ac3_parse(f, &enhanced, data, size) != 0 || !enhanced;
}

static int
parse_flac(struct rtmp_audio_frame *f, const uint8_t *data, size_t size)
{
	int ret = rtmp_flac_frame_parse(f, NULL, data, size);

	f->size = (uint32_t)size; /* which it does not tell */
	return ret;
}

static void
streams_of_an_encoder_are_read(void **state)
{
	static const struct {
		const char *name;
		int (*parse)(struct rtmp_audio_frame *f, const uint8_t *data,
		    size_t size);
		uint32_t rate, samples;
		int frames;
	} rows[] = {
		{ "mp3.mp3", parse_mp3, 44100, 1152, 155 },
		{ "ac3.ac3", parse_ac3, 48000, 1536, 125 },
		{ "eac3.eac3", parse_eac3, 48000, 1536, 125 },
		{ "flac.flac", parse_flac, 48000, 1024, 188 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtmp_audio_frame f;
		struct media_es es;
		const uint8_t *data;
		size_t size;
		int key, n = 0;

		media_es_open(&es, rows[i].name);
		while (media_es_next(&es, &data, &size, &key)) {
			uint8_t *copy = guard_copy(data, size);

			assert_int_equal(rows[i].parse(&f, copy, size), 0);
			assert_int_equal(f.rate, rows[i].rate);
			assert_int_equal(f.size, size);
			assert_int_equal(f.channels, 2);
			n++;
			/* The last FLAC frame is shorter. */
			assert_int_equal(f.samples,
			    strcmp(rows[i].name, "flac.flac") == 0 &&
				n == 188 ? 512 : rows[i].samples);
			guard_free(copy, size);
		}
		assert_int_equal(n, rows[i].frames);
		media_es_close(&es);
	}
}

/* ---- MP3 ---- */

static void
mp3_headers_tell_version_rate_and_channels(void **state)
{
	static const struct {
		uint8_t bytes[4];
		uint32_t rate, samples, size;
		uint8_t channels;
	} rows[] = {
		{ { 0xff, 0xfb, 0x90, 0x00 }, 44100, 1152, 417, 2 },
		{ { 0xff, 0xfb, 0x92, 0x40 }, 44100, 1152, 418, 2 },
		{ { 0xff, 0xfa, 0x94, 0xc0 }, 48000, 1152, 384, 1 }, /* CRC */
		{ { 0xff, 0xfb, 0xe8, 0x80 }, 32000, 1152, 1440, 2 },
		/* MPEG-2, MPEG-2.5 */
		{ { 0xff, 0xf3, 0x80, 0xc0 }, 22050, 576, 208, 1 },
		{ { 0xff, 0xe3, 0x18, 0xc4 }, 8000, 576, 72, 1 },
	};
	struct rtmp_audio_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rtmp_mp3_parse(&f, rows[i].bytes, 4), 0);
		assert_int_equal(f.rate, rows[i].rate);
		assert_int_equal(f.samples, rows[i].samples);
		assert_int_equal(f.size, rows[i].size);
		assert_int_equal(f.channels, rows[i].channels);
	}
}

static void
what_is_no_mp3_is_an_error(void **state)
{
	static const uint8_t rows[][4] = {
		{ 0xfe, 0xfb, 0x90, 0 }, { 0xff, 0xdb, 0x90, 0 },
		{ 0xff, 0xeb, 0x90, 0 }, /* version */
		{ 0xff, 0xfd, 0x90, 0 }, /* layer II */
		{ 0xff, 0xf9, 0x90, 0 }, /* layer 0: AAC */
		/* bit rate */
		{ 0xff, 0xfb, 0x00, 0 }, { 0xff, 0xfb, 0xf0, 0 },
		{ 0xff, 0xfb, 0x9c, 0 }, /* rate */
	};
	struct rtmp_audio_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rtmp_mp3_parse(&f, rows[i], 4),
		    RTMP_ERR_PROTO);
}

/* ---- AC-3, E-AC-3 ---- */

static void
ac3_headers_tell_rate_and_channels(void **state)
{
	static const struct {
		uint8_t bytes[8];
		int enhanced;
		uint32_t rate, samples, size;
		uint8_t channels;
	} rows[] = {
		/* 2/0, 192 kbit/s; 3/2 with LFE, 448 */
		{ { 0x0b, 0x77, 0, 0, 0x14, 0x40, 0x40, 0 }, 0, 48000, 1536,
		    768, 2 },
		{ { 0x0b, 0x77, 0, 0, 0x1e, 0x40, 0xe1, 0 }, 0, 48000, 1536,
		    1792, 6 },
		/* 44100 Hz: frames of 417 and 418 words for 192 kbit/s */
		{ { 0x0b, 0x77, 0, 0, 0x54, 0x40, 0x40, 0 }, 0, 44100, 1536,
		    834, 2 },
		{ { 0x0b, 0x77, 0, 0, 0x55, 0x40, 0x40, 0 }, 0, 44100, 1536,
		    836, 2 },
		{ { 0x0b, 0x77, 0, 0, 0x94, 0x40, 0x20, 0 }, 0, 32000, 1536,
		    1152, 1 },
		/* bsid 9: half the rate */
		{ { 0x0b, 0x77, 0, 0, 0x14, 0x48, 0x40, 0 }, 0, 24000, 1536,
		    768, 2 },
		/* 3/2 with LFE; one block; a half rate */
		{ { 0x0b, 0x77, 0x01, 0xff, 0x3f, 0x80, 0, 0 }, 1, 48000, 1536,
		    1024, 6 },
		{ { 0x0b, 0x77, 0x00, 0x7f, 0x04, 0x80, 0, 0 }, 1, 48000, 256,
		    256, 2 },
		{ { 0x0b, 0x77, 0x00, 0x7f, 0xd4, 0x80, 0, 0 }, 1, 22050, 1536,
		    256, 2 },
	};
	struct rtmp_audio_frame f;
	size_t i;
	int enhanced;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rtmp_ac3_parse(&f, &enhanced, rows[i].bytes,
			8), 0);
		assert_int_equal(enhanced, rows[i].enhanced);
		assert_int_equal(f.rate, rows[i].rate);
		assert_int_equal(f.samples, rows[i].samples);
		assert_int_equal(f.size, rows[i].size);
		assert_int_equal(f.channels, rows[i].channels);
	}
}

static void
what_is_no_ac3_is_an_error(void **state)
{
	static const uint8_t rows[][8] = {
		{ 0x0b, 0x76, 0, 0, 0x14, 0x40, 0x40, 0 },
		{ 0x0b, 0x77, 0, 0, 0xd4, 0x40, 0x40, 0 }, /* rate 3 */
		{ 0x0b, 0x77, 0, 0, 0x26, 0x40, 0x40, 0 }, /* size code 38 */
		{ 0x0b, 0x77, 0, 0, 0x14, 0x88, 0x40, 0 }, /* bsid 17 */
		{ 0x0b, 0x77, 0xc0, 0x7f, 0x04, 0x80, 0, 0 }, /* stream 3 */
		{ 0x0b, 0x77, 0x00, 0x7f, 0xf4, 0x80, 0, 0 }, /* rate 3, 3 */
	};
	struct rtmp_audio_frame f;
	size_t i;
	int enhanced;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rtmp_ac3_parse(&f, &enhanced, rows[i], 8),
		    RTMP_ERR_PROTO);
}

/* A frame of either needs more, so that what has less is none. */
static void
ac3_headers_need_seven_bytes(void **state)
{
	static const uint8_t rows[][7] = {
		{ 0x0b, 0x77, 0, 0, 0x14, 0x40, 0x40 },
		{ 0x0b, 0x77, 0x01, 0xff, 0x3f, 0x80, 0 },
	};
	struct rtmp_audio_frame f;
	size_t i, size;
	int enhanced;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size = 0; size < 7; size++)
			assert_int_equal(rtmp_ac3_parse(&f, &enhanced,
				rows[i], size), RTMP_ERR_PROTO);
		assert_int_equal(rtmp_ac3_parse(&f, &enhanced, rows[i], 7),
		    0);
		assert_int_equal(enhanced, i);
	}
}

/* ---- Opus ---- */

static const uint8_t surround[] = {
	'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 6, 0x38, 0x01,
	0x44, 0xac, 0, 0, 0x00, 0xff, 1, 4, 2, 0, 4, 1, 2, 3, 255
};

static void
opus_heads_are_read_and_built(void **state)
{
	uint8_t *record, out[RTMP_OPUS_HEAD_MAX];
	struct rtmp_opus_head h;
	size_t size, n;

	(void)state;
	record = media_flv_config("av1_opus", "Opus", 0, &size);
	assert_int_equal(rtmp_opus_head_parse(&h, record, size), 0);
	assert_int_equal(h.version, 1);
	assert_int_equal(h.channels, 2);
	assert_int_equal(h.pre_skip, 312);
	assert_int_equal(h.rate, 48000);
	assert_int_equal(h.gain, 0);
	assert_int_equal(h.family, 0);
	assert_int_equal(h.streams, 1);
	assert_int_equal(h.coupled, 1);
	assert_int_equal(rtmp_opus_head_build(NULL, 0, &n, &h),
	    RTMP_ERR_NOBUF);
	assert_int_equal(n, size);
	assert_int_equal(rtmp_opus_head_build(out, n, &n, &h), 0);
	assert_memory_equal(out, record, size);
	free(record);

	assert_int_equal(rtmp_opus_head_parse(&h, surround,
		sizeof(surround)), 0);
	assert_int_equal(h.channels, 6);
	assert_int_equal(h.rate, 44100);
	assert_int_equal(h.gain, -256);
	assert_int_equal(h.streams, 4);
	assert_int_equal(h.coupled, 2);
	assert_int_equal(h.mapping[1], 4);
	assert_int_equal(rtmp_opus_head_build(out, sizeof(out), &n, &h), 0);
	assert_int_equal(n, sizeof(surround));
	assert_memory_equal(out, surround, n);
}

static void
broken_opus_heads_are_errors(void **state)
{
	static const struct {
		uint8_t at, value;
	} changes[] = {
		{ 0, 'o' }, { 8, 0x10 }, { 9, 0 }, { 9, 7 }, { 18, 0 },
		{ 19, 0 }, { 20, 5 }, { 21, 6 }, { 19, 254 }
	};
	struct rtmp_opus_head h;
	uint8_t bytes[sizeof(surround)];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		memcpy(bytes, surround, sizeof(bytes));
		bytes[changes[i].at] = changes[i].value;
		assert_int_equal(rtmp_opus_head_parse(&h, bytes,
			sizeof(bytes)), RTMP_ERR_PROTO);
	}
	for (i = 0; i < sizeof(surround); i++)
		assert_int_equal(rtmp_opus_head_parse(&h, surround, i),
		    RTMP_ERR_PROTO);
	memset(&h, 0, sizeof(h));
	assert_int_equal(rtmp_opus_head_build(bytes, sizeof(bytes), &n, &h),
	    RTMP_ERR_INVAL);
	h.channels = 3;
	assert_int_equal(rtmp_opus_head_build(bytes, sizeof(bytes), &n, &h),
	    RTMP_ERR_INVAL);
}

static void
opus_packets_tell_how_long_they_last(void **state)
{
	static const struct {
		uint8_t bytes[2];
		uint32_t samples; /* 0: an error */
	} rows[] = {
		{ { 0x00, 0 }, 480 },    { { 0x18, 0 }, 2880 },	 /* SILK */
		{ { 0x60, 0 }, 480 },    { { 0x68, 0 }, 960 },	 /* hybrid */
		{ { 0x80, 0 }, 120 },    { { 0xf8, 0 }, 960 },	 /* CELT */
		{ { 0xf9, 0 }, 1920 },   { { 0xfa, 0 }, 1920 },
		{ { 0xfb, 3 }, 2880 },   { { 0xfb, 0x86 }, 5760 },
		{ { 0xfb, 7 }, 0 },	     { { 0xfb, 0 }, 0 },
		{ { 0x19, 0 }, 5760 },   { { 0x1b, 3 }, 0 },
		{ { 0x83, 48 }, 5760 },  { { 0x83, 49 }, 0 },
	};
	uint32_t samples;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rtmp_opus_samples(&samples, rows[i].bytes,
			2), rows[i].samples != 0 ? 0 : RTMP_ERR_PROTO);
		assert_int_equal(samples, rows[i].samples);
	}
	assert_int_equal(rtmp_opus_samples(&samples, NULL, 0),
	    RTMP_ERR_PROTO);
	assert_int_equal(rtmp_opus_samples(&samples, rows[8].bytes, 1),
	    RTMP_ERR_PROTO);
}

/* All packets of the stream last 20 ms. */
static void
opus_packets_of_an_encoder_are_read(void **state)
{
	struct media_flv flv;
	struct media_tag tag;
	int packets = 0;

	(void)state;
	media_flv_open(&flv, "av1_opus");
	while (media_flv_next(&flv, &tag)) {
		uint32_t samples;

		if (strcmp(tag.codec, "Opus") != 0 || tag.type != 1 ||
		    tag.size == 0)
			continue;
		assert_int_equal(rtmp_opus_samples(&samples, tag.data,
			tag.size), 0);
		assert_int_equal(samples, 960);
		packets++;
	}
	assert_int_equal(packets, 201);
	media_flv_close(&flv);
}

/* ---- FLAC ---- */

static void
streaminfo_is_read_in_three_forms(void **state)
{
	struct rtmp_flac_info f;
	uint8_t *record, head[RTMP_FLAC_HEAD_SIZE];
	struct media_flv flv;
	struct media_tag tag;
	struct media_es es;
	size_t size, skip;

	(void)state;
	record = media_flv_config("hevc_flac", "fLaC", 0, &size);
	assert_int_equal(size, RTMP_FLAC_STREAMINFO_SIZE);
	rtmp_flac_head_build(head, record);
	assert_memory_equal(head, "fLaC\x80\0\0\x22", 8);
	for (skip = 0; skip <= 8; skip += 4) {
		uint8_t *copy = guard_copy(head + skip, sizeof(head) - skip);

		assert_int_equal(rtmp_flac_info_parse(&f, copy,
			sizeof(head) - skip), 0);
		assert_int_equal(f.min_block, 1024);
		assert_int_equal(f.max_block, 1024);
		assert_int_equal(f.rate, 48000);
		assert_int_equal(f.channels, 2);
		assert_int_equal(f.bits, 16);
		assert_int_equal(f.samples, 0);
		assert_memory_equal(f.streaminfo, record, size);
		assert_int_equal(rtmp_flac_info_parse(&f, copy,
			sizeof(head) - skip - 1), RTMP_ERR_PROTO);
		guard_free(copy, sizeof(head) - skip);
	}
	free(record);
	/* a whole file */
	media_es_open(&es, "flac.flac");
	assert_int_equal(rtmp_flac_info_parse(&f, es.bytes, es.size), 0);
	assert_int_equal(f.rate, 48000);
	media_es_close(&es);
	/* At the end FFmpeg repeats it, with what is known then. */
	media_flv_open(&flv, "hevc_flac");
	while (media_flv_next(&flv, &tag))
		if (strcmp(tag.codec, "fLaC") == 0 && tag.type == 0)
			assert_int_equal(rtmp_flac_info_parse(&f, tag.data,
				tag.size), 0);
	assert_int_equal(f.samples, 192000);
	assert_int_equal(f.min_frame, 233);
	assert_int_equal(f.max_frame, 1169);
	media_flv_close(&flv);
}

static void
broken_streaminfo_is_an_error(void **state)
{
	struct rtmp_flac_info f;
	uint8_t *record, bytes[RTMP_FLAC_STREAMINFO_SIZE];
	size_t size;

	(void)state;
	record = media_flv_config("hevc_flac", "fLaC", 0, &size);
	memcpy(bytes, record, size);
	bytes[0] = 0; /* blocks of 0 samples */
	assert_int_equal(rtmp_flac_info_parse(&f, bytes, size),
	    RTMP_ERR_PROTO);
	memcpy(bytes, record, size);
	bytes[2] = 0; /* the largest less than the smallest */
	assert_int_equal(rtmp_flac_info_parse(&f, bytes, size),
	    RTMP_ERR_PROTO);
	memcpy(bytes, record, size);
	memset(bytes + 10, 0, 3); /* 0 Hz */
	assert_int_equal(rtmp_flac_info_parse(&f, bytes, size),
	    RTMP_ERR_PROTO);
	free(record);
}

static void
flac_frames_tell_their_parts(void **state)
{
	static const struct {
		const char *hex;
		uint32_t rate, samples;
		uint8_t channels, bits;
	} rows[] = {
		/* from STREAMINFO: rate, bits; 192 samples; 1 channel */
		{ "fff81000 00 00", 48000, 192, 1, 16 },
		{ "fff82918 05 00", 44100, 576, 2, 16 },
		{ "fff9 6a 8c c280 ff 00", 48000, 256, 2, 24 },
		{ "fff8 7c a8 00 0fff 30 00", 48000, 4096, 2, 16 },
		{ "fff8 fd 7e fe808080808080 ac44 00", 44100, 32768, 8, 32 },
		{ "fff8 8e 98 00 1770 00", 60000, 256, 2, 16 },
	};
	static const struct rtmp_flac_info info = { .rate = 48000,
	    .bits = 16 };
	struct rtmp_audio_frame f;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes = from_hex(rows[i].hex, &size);
		uint8_t *copy = guard_copy(bytes, size);

		assert_int_equal(rtmp_flac_frame_parse(&f, &info, copy, size),
		    0);
		assert_int_equal(f.rate, rows[i].rate);
		assert_int_equal(f.samples, rows[i].samples);
		assert_int_equal(f.channels, rows[i].channels);
		assert_int_equal(f.bits, rows[i].bits);
		assert_int_equal(rtmp_flac_frame_parse(&f, &info, copy,
			size - 1), RTMP_ERR_PROTO);
		guard_free(copy, size);
		free(bytes);
	}
}

static void
what_is_no_flac_frame_is_an_error(void **state)
{
	static const uint8_t rows[][8] = {
		{ 0xff, 0xf0, 0x19, 0x18 }, { 0xff, 0xfa, 0x19, 0x18 },
		{ 0xff, 0xf8, 0x09, 0x18 }, { 0xff, 0xf8, 0x1f, 0x18 },
		{ 0xff, 0xf8, 0x19, 0xb8 }, { 0xff, 0xf8, 0x19, 0x16 },
		{ 0xff, 0xf8, 0x19, 0x19 },
		{ 0xff, 0xf8, 0x19, 0x18, 0x80, 0 }, /* number */
		{ 0xff, 0xf8, 0x19, 0x18, 0xc2, 0x40 },
		{ 0xff, 0xf8, 0x19, 0x18, 0xff, 0x80 },
	};
	struct rtmp_audio_frame f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rtmp_flac_frame_parse(&f, NULL, rows[i], 8),
		    RTMP_ERR_PROTO);
}

/* ---- Hostile ---- */

static void
parse_any(const uint8_t *data, size_t size, void *arg)
{
	struct rtmp_audio_frame f;
	struct rtmp_opus_head head;
	struct rtmp_flac_info info;
	uint32_t samples;
	int enhanced;

	*(int *)arg += rtmp_mp3_parse(&f, data, size) == 0;
	*(int *)arg += rtmp_ac3_parse(&f, &enhanced, data, size) == 0;
	*(int *)arg += rtmp_flac_frame_parse(&f, NULL, data, size) == 0;
	*(int *)arg += rtmp_opus_head_parse(&head, data, size) == 0;
	*(int *)arg += rtmp_flac_info_parse(&info, data, size) == 0;
	rtmp_opus_samples(&samples, data, size);
}

static void
all_of_it_may_be_cut_or_broken_anywhere(void **state)
{
	static const char *const names[] = { "mp3.mp3", "ac3.ac3", "eac3.eac3",
	    "flac.flac" };
	int sound = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct media_es es;
		const uint8_t *data;
		size_t size;
		int key;

		media_es_open(&es, names[i]);
		assert_true(media_es_next(&es, &data, &size, &key));
		each_truncation(data, 64, parse_any, &sound);
		each_flipped_bit(data, 64, parse_any, &sound);
		media_es_close(&es);
	}
	each_truncation(surround, sizeof(surround), parse_any, &sound);
	each_flipped_bit(surround, sizeof(surround), parse_any, &sound);
	assert_true(sound > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_of_an_encoder_are_read),
		cmocka_unit_test(mp3_headers_tell_version_rate_and_channels),
		cmocka_unit_test(what_is_no_mp3_is_an_error),
		cmocka_unit_test(ac3_headers_tell_rate_and_channels),
		cmocka_unit_test(what_is_no_ac3_is_an_error),
		cmocka_unit_test(ac3_headers_need_seven_bytes),
		cmocka_unit_test(opus_heads_are_read_and_built),
		cmocka_unit_test(broken_opus_heads_are_errors),
		cmocka_unit_test(opus_packets_tell_how_long_they_last),
		cmocka_unit_test(opus_packets_of_an_encoder_are_read),
		cmocka_unit_test(streaminfo_is_read_in_three_forms),
		cmocka_unit_test(broken_streaminfo_is_an_error),
		cmocka_unit_test(flac_frames_tell_their_parts),
		cmocka_unit_test(what_is_no_flac_frame_is_an_error),
		cmocka_unit_test(all_of_it_may_be_cut_or_broken_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
