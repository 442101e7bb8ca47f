/* Frames to packets: the codecs without NAL units, and the kinds that are no
 * coded media. */
#include "support/bench.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

static void
vp8_and_vp9_keys_bring_the_record(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_VP8);
	/* before a key frame nothing can go */
	assert_int_equal(put_hex(&b, "3102000000"), RTMP_ERR_INVAL);
	assert_int_equal(put_hex(&b, "100200" "9d012a" "40014001" "b400"),
	    0);
	assert_int_equal(b.list.count, 2);
	assert_int_equal(b.list.items[0].size, 5 + 12);
	assert_memory_equal(b.list.items[0].data, "\x90vp08\1\0\0\0", 9);
	expect(&b, 1, V, 0, "91 76703038 100200 9d012a 40014001 b400");
	assert_int_equal(put_hex(&b, "31020000"), 0);
	expect(&b, 0, V, 0, "a1 76703038 31020000");
	assert_int_equal(put_hex(&b, "10"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_VP9);
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_MALFORMED);
	end(&b);
}

/* A frame that is not shown goes together with one that is. */
static void
a_vp9_superframe_is_one_frame(void **state)
{
	uint8_t super[20000];
	struct es_file es;
	struct bench b;
	size_t size, i, k;

	(void)state;
	load_es(&es, "vp9.ivf");
	size = es.sizes[0] + es.sizes[1] + 6;
	assert_true(size <= sizeof(super));
	memcpy(super, es.data[0], es.sizes[0]);
	memcpy(super + es.sizes[0], es.data[1], es.sizes[1]);
	/* the index: 110, 2 bytes for each of 2 sizes, little-endian */
	super[size - 6] = super[size - 1] = 0xc9;
	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++)
			super[size - 5 + 2 * i + k] =
			    (uint8_t)(es.sizes[i] >> 8 * k);
	begin(&b, RTMP_CODEC_VP9);
	assert_int_equal(put_data(&b, super, size), 0);
	assert_int_equal(b.list.count, 2);
	assert_memory_equal(b.list.items[0].data, "\x90vp09\1\0\0\0", 9);
	assert_int_equal(b.list.items[1].size, 5 + size);
	assert_memory_equal(b.list.items[1].data, "\x91vp09", 5);
	assert_memory_equal(b.list.items[1].data + 5, super, size);
	end(&b);
	free_es(&es);
}

static void
adts_frames_become_packets_of_their_own(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AAC);
	/* two frames of 48 kHz mono */
	b.f.pts = 1000 * MS;
	assert_int_equal(put_hex(&b, "fff14c40013ffc2120"
	    "fff14c40013ffc2122"), 0);
	assert_int_equal(b.list.count, 3);
	expect(&b, 0, A, 1000, "af00 1188");
	expect(&b, 1, A, 1000, "af01 2120");
	expect(&b, 2, A, 1021, "af01 2122");
	/* the rate changes */
	assert_int_equal(put_hex(&b, "fff15040013ffc2120"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, A, 1000, "af00 1208");
	/* cut off, garbage, two blocks in a frame */
	assert_int_equal(put_hex(&b, "2120"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc21"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc2120" "ff"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(b.list.count, 0);
	assert_int_equal(put_hex(&b, "fff15040013ffd2120"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

/* ADTS cannot tell SBR: a configuration that can stays. */
static void
aac_configuration_is_kept_when_adts_agrees(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AAC);
	b.f.kind = RTMP_KIND_CONFIG;
	/* HE-AAC: SBR 48000 over LC 24000 stereo */
	assert_int_equal(put_hex(&b, "2b118800"), 0);
	expect(&b, 0, A, 0, "af00 2b118800");
	b.f.kind = RTMP_KIND_CODED;
	assert_int_equal(put_hex(&b, "fff15880013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	/* raw frames need one */
	b.f.form = RTMP_FORM_RAW;
	assert_int_equal(put_hex(&b, "fff15880013ffc2120"), 0);
	expect(&b, 0, A, 0, "af01 fff15880013ffc2120");
	end(&b);
	begin(&b, RTMP_CODEC_AAC);
	assert_int_equal(put_hex(&b, "2120"), RTMP_ERR_INVAL);
	end(&b);
}

static void
legacy_sound_has_its_header(void **state)
{
	static const struct {
		enum rtmp_codec codec;
		uint32_t rate;
		uint8_t channels, bits;
		const char *packet;
	} cases[] = {
		{ RTMP_CODEC_PCM_LE, 44100, 2, 16, "3f 0102" },
		{ RTMP_CODEC_PCM_LE, 22050, 1, 8, "38 0102" },
		{ RTMP_CODEC_PCM, 11025, 1, 16, "06 0102" },
		{ RTMP_CODEC_PCM_LE, 0, 0, 0, "3f 0102" },
		{ RTMP_CODEC_G711A, 8000, 1, 0, "72 0102" },
		{ RTMP_CODEC_G711U, 8000, 2, 0, "83 0102" },
		{ RTMP_CODEC_SPEEX, 16000, 1, 0, "b2 0102" },
		{ RTMP_CODEC_NELLYMOSER_16K, 16000, 1, 0, "42 0102" },
		{ RTMP_CODEC_NELLYMOSER, 44100, 1, 0, "6e 0102" },
		{ RTMP_CODEC_ADPCM, 5512, 1, 16, "12 0102" },
	};
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&b, cases[i].codec);
		b.f.sample_rate = cases[i].rate;
		b.f.channels = cases[i].channels;
		b.f.sample_size = cases[i].bits;
		assert_int_equal(put_hex(&b, "0102"), 0);
		assert_int_equal(b.list.count, 1);
		expect(&b, 0, A, 0, cases[i].packet);
		end(&b);
	}
	/* MPEG-2 layer III, 22050 Hz, mono: told by the frame */
	begin(&b, RTMP_CODEC_MP3);
	assert_int_equal(put_hex(&b, "fff330c4"), 0);
	expect(&b, 0, A, 0, "2a fff330c4");
	assert_int_equal(put_hex(&b, "0000"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_MP3);
	b.opt.signalling = RTMP_SIGNAL_FOURCC;
	assert_int_equal(put_hex(&b, "fff330c4"), 0);
	expect(&b, 0, A, 0, "90 2e6d7033");
	expect(&b, 1, A, 0, "91 2e6d7033 fff330c4");
	end(&b);
}

static void
legacy_video_passes(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H263);
	b.f.flags = RTMP_FRAME_DISPOSABLE;
	assert_int_equal(put_hex(&b, "0000"), 0);
	expect(&b, 0, V, 0, "32 0000");
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "0000"), 0);
	expect(&b, 0, V, 0, "12 0000");
	/* It has no way to say that it ends. */
	b.f.flags |= RTMP_FRAME_END;
	assert_int_equal(put_hex(&b, "0000"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

static void
audio_that_is_not_what_it_says_is_refused(void **state)
{
	static const enum rtmp_codec codecs[] = { RTMP_CODEC_MP3,
		RTMP_CODEC_AC3, RTMP_CODEC_EAC3, RTMP_CODEC_VP9,
		RTMP_CODEC_AV1 };
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		begin(&b, codecs[i]);
		assert_int_equal(put_hex(&b, "ffffffff"), RTMP_ERR_MALFORMED);
		assert_int_equal(b.list.count, 0);
		end(&b);
	}
	/* FLAC needs STREAMINFO; five channels of Opus an OpusHead. */
	begin(&b, RTMP_CODEC_FLAC);
	assert_int_equal(put_hex(&b, "fff8"), RTMP_ERR_INVAL);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put_hex(&b, "664c6143"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_OPUS);
	b.f.channels = 5;
	assert_int_equal(put_hex(&b, "f8"), RTMP_ERR_INVAL);
	end(&b);
}

/* A frame header OBU without a size, and delimiters: rewritten. */
static void
av1_units_get_sizes_and_lose_delimiters(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AV1);
	/* no sequence header yet */
	assert_int_equal(put_hex(&b, "12001200"), RTMP_ERR_INVAL);
	assert_int_equal(put_hex(&b, "12000a0a00000002afff9b5f2008"
	    "10"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, V, 0, "90 61763031 81000c00 0a0a00000002afff9b5f2008");
	/* the same sequence header again, and another one */
	assert_int_equal(put_hex(&b, "0a0a00000002afff9b5f2008" "10"), 0);
	assert_int_equal(b.list.count, 1);
	assert_int_equal(put_hex(&b, "0a0a00000002afff9b5f2108" "10"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, V, 0, "90 61763031 81000c00 0a0a00000002afff9b5f2108");
	/* delimiters alone are nothing */
	assert_int_equal(put_hex(&b, "1200"), 0);
	assert_int_equal(b.list.count, 0);
	/* padding without a size gets one */
	assert_int_equal(put_hex(&b, "1200" "78aabb"), 0);
	expect(&b, 0, V, 0, "a1 61763031 7a02aabb");
	/* OBU size past the end */
	assert_int_equal(put_hex(&b, "1200" "7a05aabb"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "7affffffffffffffffff01"),
	    RTMP_ERR_MALFORMED);
	end(&b);
}

/* ---- Other kinds ---- */

static void
other_kinds_are_written(void **state)
{
	struct bench b;
	struct rtmp_channels c;
	uint8_t buf[RTMP_CHANNELS_SIZE_MAX];
	size_t len;

	(void)state;
	begin(&b, RTMP_CODEC_UNKNOWN);
	b.f.kind = RTMP_KIND_SILENCE;
	b.f.pts = 40 * MS;
	assert_int_equal(put_data(&b, "", 0), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 40, "");
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_SCRIPT;
	assert_int_equal(put_hex(&b, "020001ff"), 0);
	expect(&b, 0, RTMP_MSG_DATA_AMF0, 40, "020001ff");

	b.f.kind = RTMP_KIND_COMMAND;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	b.f.codec = RTMP_CODEC_H264;
	assert_int_equal(put_hex(&b, "00"), 0);
	expect(&b, 0, V, 40, "57 00");
	assert_int_equal(put_hex(&b, "0001"), RTMP_ERR_INVAL);
	b.f.codec = RTMP_CODEC_AV1;
	assert_int_equal(put_hex(&b, "01"), 0);
	expect(&b, 0, V, 40, "d1 01");

	b.f.kind = RTMP_KIND_METADATA;
	assert_int_equal(put_hex(&b, "020009636f6c6f72496e666f06"), 0);
	expect(&b, 0, V, 40, "d4 61763031 020009636f6c6f72496e666f06");
	b.f.codec = RTMP_CODEC_VP6;
	assert_int_equal(put_hex(&b, "06"), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_CHANNELS;
	b.f.codec = RTMP_CODEC_OPUS;
	memset(&c, 0, sizeof(c));
	c.order = RTMP_CHANNELS_NATIVE;
	c.count = 1;
	c.mask = 4;
	rtmp_channels_write(&c, buf, &len);
	assert_int_equal(put_data(&b, buf, len), 0);
	expect(&b, 0, A, 40, "94 4f707573 01 01 00000004");
	b.f.codec = RTMP_CODEC_VP9;
	assert_int_equal(put_data(&b, buf, len), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_END;
	b.f.codec = RTMP_CODEC_OPUS;
	assert_int_equal(put_data(&b, "", 0), 0);
	expect(&b, 0, A, 40, "92 4f707573");
	b.f.codec = RTMP_CODEC_AAC;
	assert_int_equal(put_data(&b, "", 0), 0);
	assert_int_equal(b.list.count, 0);

	b.f.kind = RTMP_KIND_UNKNOWN;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	b.f.kind = RTMP_KIND_CODED;
	b.f.codec = RTMP_CODEC_UNKNOWN;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	end(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vp8_and_vp9_keys_bring_the_record),
		cmocka_unit_test(a_vp9_superframe_is_one_frame),
		cmocka_unit_test(adts_frames_become_packets_of_their_own),
		cmocka_unit_test(aac_configuration_is_kept_when_adts_agrees),
		cmocka_unit_test(legacy_sound_has_its_header),
		cmocka_unit_test(legacy_video_passes),
		cmocka_unit_test(audio_that_is_not_what_it_says_is_refused),
		cmocka_unit_test(av1_units_get_sizes_and_lose_delimiters),
		cmocka_unit_test(other_kinds_are_written),
	};

	return cmocka_run_group_tests_name("media packetizer codecs", tests,
	    NULL, NULL);
}
