/* Packets to frames: forms, kinds, damage. */
#include "support/media.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

struct bench {
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;
	struct rtmp_frame f;
	uint8_t *guard;
	size_t size;
};

static void
begin(struct bench *b, enum rtmp_form video, enum rtmp_form audio)
{
	memset(b, 0, sizeof(*b));
	rtmp_depacketizer_options_init(&b->opt, sizeof(b->opt));
	b->opt.video = video;
	b->opt.audio = audio;
	assert_int_equal(rtmp_depacketizer_new(&b->d, &b->opt), 0);
}

static void
put(struct bench *b, uint8_t type, uint32_t ts, const void *data, size_t size)
{
	struct rtmp_packet packet;

	if (b->guard != NULL)
		guard_free(b->guard, b->size);
	b->guard = guard_copy(data, size);
	b->size = size;
	packet.type = type;
	packet.timestamp = ts;
	packet.data = b->guard;
	packet.size = size;
	assert_int_equal(rtmp_depacketizer_put(b->d, &packet), 0);
}

static void
put_hex(struct bench *b, uint8_t type, uint32_t ts, const char *hex)
{
	char plain[1024], *out = plain;
	uint8_t *data;
	size_t size;

	for (; *hex != 0; hex++)
		if (*hex != ' ')
			*out++ = *hex;
	*out = 0;
	data = from_hex(plain, &size);
	put(b, type, ts, data, size);
	free(data);
}

/* The next frame, whose data is this. */
static void
expect(struct bench *b, enum rtmp_kind kind, const char *hex)
{
	char plain[1024], *out = plain;
	uint8_t *data;
	size_t size;

	for (; *hex != 0; hex++)
		if (*hex != ' ')
			*out++ = *hex;
	*out = 0;
	data = from_hex(plain, &size);
	assert_int_equal(rtmp_depacketizer_next(b->d, &b->f), 1);
	assert_int_equal(b->f.kind, kind);
	assert_int_equal(b->f.size, size);
	if (size != 0)
		assert_memory_equal(b->f.data, data, size);
	free(data);
}

static void
expect_done(struct bench *b)
{
	struct rtmp_frame f;

	assert_int_equal(rtmp_depacketizer_next(b->d, &f), 0);
	assert_int_equal(rtmp_depacketizer_next(b->d, &f), 0);
}

static void
expect_malformed(struct bench *b)
{
	struct rtmp_frame f;

	assert_int_equal(rtmp_depacketizer_next(b->d, &f),
	    RTMP_ERR_MALFORMED);
	assert_string_not_equal(rtmp_depacketizer_error(b->d), "");
	expect_done(b);
}

static void
end(struct bench *b)
{
	if (b->guard != NULL)
		guard_free(b->guard, b->size);
	rtmp_depacketizer_free(b->d);
	memset(b, 0, sizeof(*b));
}

/* An AVCDecoderConfigurationRecord, Baseline, with lengths of n bytes. */
#define AVCC(n) "0142001e f" n "e1 0004 6742001e 01 0002 68ce"
#define SETS "00000001 6742001e 00000001 68ce"

/* ---- NAL units ---- */

static void
key_frames_in_annexb_have_their_sets(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	put_hex(&b, V, 0, "1700000000" AVCC("f"));
	expect(&b, RTMP_KIND_CONFIG, AVCC("f"));
	put_hex(&b, V, 0, "1701000050 00000002 0605 00000003 658880");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 0605 00000001 658880");
	assert_int_equal(b.f.form, RTMP_FORM_ANNEXB);
	assert_int_equal(b.f.flags, RTMP_FRAME_KEY);
	assert_int_equal(b.f.pts, 80 * MS);
	expect_done(&b);
	/* behind an access unit delimiter */
	put_hex(&b, V, 40, "1701000000 00000002 09f0 00000003 658880");
	expect(&b, RTMP_KIND_CODED, "00000001 09f0" SETS "00000001 658880");
	/* not where they are in band, nor where there is no slice */
	put_hex(&b, V, 40, "1701000000 00000002 6742 00000003 658880");
	expect(&b, RTMP_KIND_CODED, "00000001 6742 00000001 658880");
	put_hex(&b, V, 40, "1701000000 00000002 0605");
	expect(&b, RTMP_KIND_CODED, "00000001 0605");
	put_hex(&b, V, 80, "2701000000 00000002 419a");
	expect(&b, RTMP_KIND_CODED, "00000001 419a");
	assert_int_equal(b.f.flags, 0);
	/* The form may change. */
	assert_int_equal(rtmp_depacketizer_set_form(b.d, RTMP_FORM_LENGTH,
	    RTMP_FORM_RAW), 0);
	put_hex(&b, V, 120, "1701000000 00000003 658880");
	expect(&b, RTMP_KIND_CODED, "00000003 658880");
	assert_int_equal(b.f.form, RTMP_FORM_LENGTH);
	assert_int_equal(rtmp_depacketizer_set_form(b.d, RTMP_FORM_ADTS,
	    RTMP_FORM_RAW), RTMP_ERR_INVAL);
	end(&b);
}

static void
lengths_of_all_sizes_are_read(void **state)
{
	static const char *const headers[] = { AVCC("c"), AVCC("d"),
		AVCC("e"), AVCC("f") };
	static const char *const frames[] = { "01 41 02 419a 00",
		"0001 41 0002 419a 0000", "000001 41 000002 419a",
		"00000001 41 00000002 419a" };
	static const char *const broken[] = { "0241", "00034100", "000002",
		"7fffffff41" };
	char hex[128];
	struct bench b;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
		snprintf(hex, sizeof(hex), "1700000000%s", headers[i]);
		put_hex(&b, V, 0, hex);
		expect(&b, RTMP_KIND_CONFIG, headers[i]);
		snprintf(hex, sizeof(hex), "2701000000%s", frames[i]);
		put_hex(&b, V, 0, hex);
		expect(&b, RTMP_KIND_CODED, "00000001 41 00000001 419a");
		/* In either form a length past the end is found. */
		snprintf(hex, sizeof(hex), "2701000000%s", broken[i]);
		put_hex(&b, V, 0, hex);
		expect_malformed(&b);
		assert_int_equal(rtmp_depacketizer_set_form(b.d,
		    RTMP_FORM_LENGTH, RTMP_FORM_AUTO), 0);
		put_hex(&b, V, 0, hex);
		expect_malformed(&b);
		snprintf(hex, sizeof(hex), "2701000000%s", frames[i]);
		put_hex(&b, V, 0, hex);
		expect(&b, RTMP_KIND_CODED, frames[i]);
		end(&b);
	}
}

/* Some senders put start codes where lengths belong. */
static void
start_codes_in_a_packet_are_passed_on_as_such(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_LENGTH, RTMP_FORM_AUTO);
	put_hex(&b, V, 0, "1700000000" AVCC("f"));
	expect(&b, RTMP_KIND_CONFIG, AVCC("f"));
	put_hex(&b, V, 0, "2701000000 00000001 419a");
	expect(&b, RTMP_KIND_CODED, "00000001 419a");
	assert_int_equal(b.f.form, RTMP_FORM_ANNEXB);
	/* without a record nobody can know */
	put_hex(&b, V, 0, "960361766331 05 ffff");
	expect(&b, RTMP_KIND_CODED, "ffff");
	assert_int_equal(b.f.form, RTMP_FORM_LENGTH);
	assert_int_equal(b.f.track, 5);
	end(&b);
}

static void
a_malformed_record_is_said_the_old_one_stays(void **state)
{
	const uint8_t *data;
	struct bench b;
	size_t size;
	uint8_t *large;

	(void)state;
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	assert_int_equal(rtmp_depacketizer_config(b.d, V, 0, &data, &size),
	    0);
	put_hex(&b, V, 0, "1700000000" AVCC("f"));
	expect(&b, RTMP_KIND_CONFIG, AVCC("f"));
	put_hex(&b, V, 0, "1700000000 0142001effe1ffff");
	expect_malformed(&b);
	large = calloc(1, RTMP_MEDIA_CONFIG_MAX + 6);
	assert_non_null(large);
	memcpy(large, "\x17\0\0\0\0\1", 6);
	put(&b, V, 0, large, RTMP_MEDIA_CONFIG_MAX + 6);
	expect_malformed(&b);
	free(large);
	/* An empty one, as FFmpeg sends for AV1, says nothing. */
	put_hex(&b, V, 0, "1700000000");
	expect(&b, RTMP_KIND_CONFIG, "");
	assert_int_equal(rtmp_depacketizer_config(b.d, V, 0, &data, &size),
	    1);
	assert_int_equal(size, 17);
	put_hex(&b, V, 0, "1701000000 00000003 658880");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 658880");
	end(&b);
}

static void
legacy_hevc_is_read(void **state)
{
	struct flv_file f;
	struct bench b;
	uint8_t *copy;

	(void)state;
	load_flv(&f, "hevc_aac");
	assert_memory_equal(f.packets[1].data, "\x90hvc1", 5);
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_AUTO);
	copy = malloc(f.packets[1].size);
	assert_non_null(copy);
	memcpy(copy, f.packets[1].data, f.packets[1].size);
	memcpy(copy, "\x1c\0\0\0\0", 5);
	put(&b, V, 0, copy, f.packets[1].size);
	assert_int_equal(rtmp_depacketizer_next(b.d, &b.f), 1);
	assert_int_equal(b.f.kind, RTMP_KIND_CONFIG);
	assert_int_equal(b.f.codec, RTMP_CODEC_HEVC);
	put_hex(&b, V, 40, "2c01000028 00000004 0201d011");
	expect(&b, RTMP_KIND_CODED, "00000001 0201d011");
	assert_int_equal(b.f.pts - b.f.dts, 40 * MS);
	free(copy);
	free_flv(&f);
	end(&b);
}

/* ---- Audio ---- */

static void
aac_gets_its_adts_header(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_AUTO, RTMP_FORM_ADTS);
	/* nothing is known yet */
	put_hex(&b, A, 0, "af01 2120");
	expect(&b, RTMP_KIND_CODED, "2120");
	assert_int_equal(b.f.form, RTMP_FORM_RAW);
	put_hex(&b, A, 0, "af00 1210 56e500");
	expect(&b, RTMP_KIND_CONFIG, "121056e500");
	put_hex(&b, A, 23, "af01 2120");
	expect(&b, RTMP_KIND_CODED, "fff150800 13ffc 2120");
	assert_int_equal(b.f.form, RTMP_FORM_ADTS);
	assert_int_equal(b.f.sample_rate, 44100);
	assert_int_equal(b.f.channels, 2);
	assert_int_equal(b.f.flags, RTMP_FRAME_KEY);
	assert_int_equal(b.f.dts, 23 * MS);
	/* a rate that ADTS has no number for: raw */
	put_hex(&b, A, 0, "af00 1780181c90");
	expect(&b, RTMP_KIND_CONFIG, "1780181c90");
	put_hex(&b, A, 23, "af01 2120");
	expect(&b, RTMP_KIND_CODED, "2120");
	assert_int_equal(b.f.form, RTMP_FORM_RAW);
	end(&b);
}

static void
sound_is_described(void **state)
{
	static const struct {
		const char *packet;
		enum rtmp_codec codec;
		uint32_t rate;
		unsigned channels, bits;
	} cases[] = {
		{ "3f00", RTMP_CODEC_PCM_LE, 44100, 2, 16 },
		{ "3400", RTMP_CODEC_PCM_LE, 11025, 1, 8 },
		{ "7200", RTMP_CODEC_G711A, 8000, 1, 16 },
		{ "8300", RTMP_CODEC_G711U, 8000, 2, 16 },
		{ "b200", RTMP_CODEC_SPEEX, 16000, 1, 16 },
		{ "4200", RTMP_CODEC_NELLYMOSER_16K, 16000, 1, 16 },
		{ "2b00", RTMP_CODEC_MP3, 22050, 2, 16 },
		{ "912e6d703300", RTMP_CODEC_MP3, 0, 0, 0 },
	};
	struct bench b;
	size_t i;

	(void)state;
	begin(&b, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put_hex(&b, A, 0, cases[i].packet);
		expect(&b, RTMP_KIND_CODED, "00");
		assert_int_equal(b.f.codec, cases[i].codec);
		assert_int_equal(b.f.sample_rate, cases[i].rate);
		assert_int_equal(b.f.channels, cases[i].channels);
		assert_int_equal(b.f.sample_size, cases[i].bits);
	}
	put_hex(&b, A, 0, "904f707573 4f7075734865616401020000401f00000000"
	    "00");
	expect(&b, RTMP_KIND_CONFIG,
	    "4f7075734865616401020000401f0000000000");
	put_hex(&b, A, 0, "914f707573 fc");
	expect(&b, RTMP_KIND_CODED, "fc");
	assert_int_equal(b.f.sample_rate, 48000);
	assert_int_equal(b.f.channels, 2);
	/* HE-AAC v2: the channels that come out, as the rate is */
	put_hex(&b, A, 0, "af00 eb8a0800");
	expect(&b, RTMP_KIND_CONFIG, "eb8a0800");
	assert_int_equal(b.f.sample_rate, 44100);
	assert_int_equal(b.f.channels, 2);
	put_hex(&b, A, 0, "");
	expect(&b, RTMP_KIND_SILENCE, "");
	end(&b);
}

/* ---- Tracks, kinds, times ---- */

static void
tracks_have_records_of_their_own(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	put_hex(&b, V, 0, "961061766331"
	    "00000011" AVCC("f") "03000011" AVCC("d"));
	expect(&b, RTMP_KIND_CONFIG, AVCC("f"));
	assert_int_equal(b.f.flags, RTMP_FRAME_MORE);
	expect(&b, RTMP_KIND_CONFIG, AVCC("d"));
	assert_int_equal(b.f.flags, 0);
	assert_int_equal(b.f.track, 3);
	expect_done(&b);
	put_hex(&b, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03000004" "0002 6588");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	assert_int_equal(b.f.flags, RTMP_FRAME_MORE | RTMP_FRAME_KEY);
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_done(&b);
	/* One track again and again: its sets come once. */
	put_hex(&b, V, 0, "961361766331"
	    "00000006" "00000002 6588" "00000006" "00000002 6588");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	expect(&b, RTMP_KIND_CODED, "00000001 6588");
	/* What precedes a broken piece comes, and the next packet. */
	put_hex(&b, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03000004" "00ff 6588");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_malformed(&b);
	put_hex(&b, V, 0, "961361766331"
	    "00000006" "00000002 6588" "03ffffff" "0002 6588");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	expect_malformed(&b);
	put_hex(&b, V, 0, "9603617663 3103 0002 6588");
	expect(&b, RTMP_KIND_CODED, SETS "00000001 6588");
	end(&b);
}

static void
an_unread_rest_of_a_packet_is_dropped(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	put_hex(&b, A, 0, "95114f707573 00000001f8 01000001f9");
	expect(&b, RTMP_KIND_CODED, "f8");
	put_hex(&b, A, 0, "914f707573 fa");
	expect(&b, RTMP_KIND_CODED, "fa");
	expect_done(&b);
	end(&b);
}

static void
unknown_things_and_other_kinds_pass(void **state)
{
	struct rtmp_packet packet = { RTMP_MSG_COMMAND_AMF0, 0, NULL, 0 };
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	put_hex(&b, V, 0, "917a7a7a7a 0102");
	expect(&b, RTMP_KIND_UNKNOWN, "0102");
	assert_int_equal(b.f.codec, RTMP_CODEC_UNKNOWN);
	assert_int_equal(b.f.tag->fourcc, RTMP_FOURCC('z', 'z', 'z', 'z'));
	put_hex(&b, V, 0, "9f61766331 0102");
	expect(&b, RTMP_KIND_UNKNOWN, "0102");
	put_hex(&b, V, 0, "5701");
	expect(&b, RTMP_KIND_COMMAND, "01");
	put_hex(&b, V, 0, "d468766331 06");
	expect(&b, RTMP_KIND_METADATA, "06");
	put_hex(&b, A, 0, "944f707573 0102 00000003");
	expect(&b, RTMP_KIND_CHANNELS, "010200000003");
	put_hex(&b, V, 0, "1702000000");
	expect(&b, RTMP_KIND_END, "");
	assert_int_equal(b.f.flags, RTMP_FRAME_END);
	put_hex(&b, RTMP_MSG_DATA_AMF0, 7, "020001ff");
	expect(&b, RTMP_KIND_SCRIPT, "020001ff");
	assert_int_equal(b.f.dts, 7 * MS);
	assert_null(b.f.tag);
	put_hex(&b, V, 0, "22aa");
	expect(&b, RTMP_KIND_CODED, "aa");
	put_hex(&b, V, 0, "32aa");
	expect(&b, RTMP_KIND_CODED, "aa");
	assert_int_equal(b.f.flags, RTMP_FRAME_DISPOSABLE);
	put_hex(&b, V, 0, "42aa");
	expect(&b, RTMP_KIND_CODED, "aa");
	assert_int_equal(b.f.flags, RTMP_FRAME_KEY);
	put_hex(&b, V, 0, "");
	expect_malformed(&b);
	assert_int_equal(rtmp_depacketizer_put(b.d, &packet), RTMP_ERR_INVAL);
	end(&b);
}

static void
timestamps_are_unwrapped_nanoseconds_added(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_FORM_AUTO, RTMP_FORM_AUTO);
	/* onMetaData at 0 does not set the clock. */
	put_hex(&b, RTMP_MSG_DATA_AMF0, 0, "05");
	expect(&b, RTMP_KIND_SCRIPT, "05");
	put_hex(&b, A, 0xfffffff0, "914f707573 f8");
	expect(&b, RTMP_KIND_CODED, "f8");
	assert_int_equal(b.f.dts, 0xfffffff0LL * MS);
	put_hex(&b, V, 8, "97 02 01e240 01 68766331 ffffb0 aa");
	expect(&b, RTMP_KIND_CODED, "aa");
	assert_int_equal(b.f.dts, 0x100000008LL * MS);
	assert_int_equal(b.f.pts, (0x100000008LL - 80) * MS + 123456);
	/* back again: another packet of before the wrap */
	put_hex(&b, A, 0xfffffff8, "914f707573 f8");
	expect(&b, RTMP_KIND_CODED, "f8");
	assert_int_equal(b.f.dts, 0xfffffff8LL * MS);
	end(&b);
}

/* ---- Bounds ---- */

static void
a_packet_of_65000_empty_tracks_gives_empty_frames(void **state)
{
	enum { TRACKS = 65000 };
	size_t size = 6 + TRACKS * 4, i, total = 0, frames = 0;
	uint8_t *body = calloc(1, size);
	struct bench b;

	(void)state;
	assert_non_null(body);
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	memcpy(body, "\x96\x13" "avc1", 6);
	for (i = 0; i < TRACKS; i++)
		body[6 + i * 4] = (uint8_t)i;
	put(&b, V, 0, body, size);
	while (rtmp_depacketizer_next(b.d, &b.f) == 1) {
		total += b.f.size;
		frames++;
	}
	assert_int_equal(frames, TRACKS);
	assert_int_equal(total, 0);
	/* Tracks with a record are not many more, whatever comes. */
	memcpy(body, "\x96\x10" "Opus", 6);
	put(&b, V, 0, body, size);
	while (rtmp_depacketizer_next(b.d, &b.f) == 1)
		assert_int_equal(b.f.kind, RTMP_KIND_UNKNOWN);
	free(body);
	end(&b);
}

/* 1-byte lengths and 1-byte NAL units: 2.5 times the piece. */
static void
output_is_bounded(void **state)
{
	uint8_t body[5 + 2000];
	struct bench b;
	size_t i;

	(void)state;
	begin(&b, RTMP_FORM_ANNEXB, RTMP_FORM_ADTS);
	put_hex(&b, V, 0, "1700000000" AVCC("c"));
	expect(&b, RTMP_KIND_CONFIG, AVCC("c"));
	memcpy(body, "\x17\1\0\0\0", 5);
	for (i = 5; i < sizeof(body); i += 2) {
		body[i] = 1;
		body[i + 1] = 0x65;
	}
	put(&b, V, 0, body, sizeof(body));
	assert_int_equal(rtmp_depacketizer_next(b.d, &b.f), 1);
	assert_true(b.f.size <= 2000 * 5 / 2 + 2 * 17);
	assert_int_equal(b.f.size, 2000 * 5 / 2 + 14);
	/* Of AAC the smallest frame grows the most. */
	put_hex(&b, A, 0, "af001210");
	expect(&b, RTMP_KIND_CONFIG, "1210");
	put_hex(&b, A, 0, "af0121");
	assert_int_equal(rtmp_depacketizer_next(b.d, &b.f), 1);
	assert_int_equal(b.f.form, RTMP_FORM_ADTS);
	assert_int_equal(b.f.size, 1 + 7);
	end(&b);
}

static int
use_everything(struct test_mem *m, void *arg)
{
	static const char *const bodies[] = {
		"1700000000" "0142001effe100046742001e01000268ce",
		"1701000000" "00000003658880",
		"961061766331" "03000011" "0142001effe100046742001e01000268ce",
		"960361766331" "03" "0000000265880000",
	};
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d = NULL;
	struct rtmp_packet packet;
	struct rtmp_frame f;
	uint8_t *data;
	size_t i;
	int ret;

	(void)arg;
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	opt.mem = &m->mem;
	ret = rtmp_depacketizer_new(&d, &opt);
	for (i = 0; i < 3 && ret == 0; i++) {
		data = from_hex(bodies[i], &packet.size);
		packet.type = V;
		packet.timestamp = 0;
		packet.data = data;
		ret = rtmp_depacketizer_put(d, &packet);
		while (ret == 0 && (ret = rtmp_depacketizer_next(d, &f)) == 1)
			ret = 0;
		free(data);
	}
	rtmp_depacketizer_free(d);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;

	(void)state;
	each_allocation_fails(use_everything, NULL);
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.audio = RTMP_FORM_ANNEXB;
	assert_int_equal(rtmp_depacketizer_new(&d, &opt), RTMP_ERR_INVAL);
	rtmp_depacketizer_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_frames_in_annexb_have_their_sets),
		cmocka_unit_test(lengths_of_all_sizes_are_read),
		cmocka_unit_test(
		    start_codes_in_a_packet_are_passed_on_as_such),
		cmocka_unit_test(a_malformed_record_is_said_the_old_one_stays),
		cmocka_unit_test(legacy_hevc_is_read),
		cmocka_unit_test(aac_gets_its_adts_header),
		cmocka_unit_test(sound_is_described),
		cmocka_unit_test(tracks_have_records_of_their_own),
		cmocka_unit_test(an_unread_rest_of_a_packet_is_dropped),
		cmocka_unit_test(unknown_things_and_other_kinds_pass),
		cmocka_unit_test(timestamps_are_unwrapped_nanoseconds_added),
		cmocka_unit_test(
		    a_packet_of_65000_empty_tracks_gives_empty_frames),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("media depacketizer", tests, NULL,
	    NULL);
}
