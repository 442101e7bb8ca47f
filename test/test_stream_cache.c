/* What a stream in progress says again to whoever joins it. */
#include <rtmpio/flv.h>
#include <rtmpio/stream_cache.h>
#include <rtmpio/tag.h>

#include "support/peer.h"
#include "support/support.h"

static struct rtmp_packet
packet_of(uint8_t type, const void *data, size_t size)
{
	struct rtmp_packet p = { 0, 0, NULL, 0 };

	p.type = type;
	p.timestamp = 1234;
	p.data = data;
	p.size = size;
	return p;
}

/* Puts bytes written as hex; returns what the put does. */
static int
put_hex(struct rtmp_stream_cache *c, uint8_t type, const char *hex)
{
	struct rtmp_packet p;
	uint8_t *bytes, *guard;
	size_t size;
	int ret;

	bytes = from_hex(hex, &size);
	guard = guard_copy(bytes, size);
	p = packet_of(type, guard, size);
	ret = rtmp_stream_cache_put(c, &p);
	guard_free(guard, size);
	free(bytes);
	return ret;
}

static unsigned
is_hex(uint8_t type, const char *hex)
{
	struct rtmp_packet p;
	uint8_t *bytes;
	size_t size;
	unsigned is;

	bytes = from_hex(hex, &size);
	p = packet_of(type, bytes, size);
	is = rtmp_packet_is(&p);
	free(bytes);
	return is;
}

/* What is replayed: "9 170001" is a video packet that begins so. */
static char *
replay(const struct rtmp_stream_cache *c)
{
	static char text[4096];
	struct rtmp_packet p;
	size_t pos = 0, len = 0, i;

	text[0] = '\0';
	while (rtmp_stream_cache_next(c, &pos, 5000, &p) == 1) {
		assert_int_equal(p.timestamp, 5000);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%d ", p.type);
		for (i = 0; i < p.size && i < 12; i++)
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%02x", p.data[i]);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s\n", p.size > 12 ? "..." : "");
		assert_true(len < sizeof(text));
	}
	assert_int_equal(rtmp_stream_cache_next(c, &pos, 5000, &p), 0);
	return text;
}

static struct rtmp_stream_cache *
new_cache(size_t max_size)
{
	struct rtmp_stream_cache *c = NULL;

	assert_int_equal(rtmp_stream_cache_new(&c, max_size, NULL), 0);
	assert_string_equal(replay(c), "");
	return c;
}

/* ---- Real streams ---- */

/* The next packet of an FLV file; 0 at its end. */
static int
next_packet(struct rtmp_flv_reader *r, const uint8_t **file, size_t *size,
    struct rtmp_packet *p)
{
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;

	if (rtmp_flv_reader_next(r, file, size, &tag, &fault) !=
	    RTMP_FLV_TAG)
		return 0;
	*p = tag.packet;
	return 1;
}

/* The sequence headers of each file, from its bytes; the last of those that
 * are there twice. */
static const struct {
	const char *file, *replay;
} files[] = {
#define META "18 02000a6f6e4d657461446174...\n"
#define AVCC "9 17000000000164000dffe100...\n"
#define AAC "8 af00121056e500\n"
#define OPUS "8 904f7075734f707573486561...\n"
#define COLOUR(fourcc) "9 d4" fourcc "020009636f6c6f...\n"
#define CHANNELS(fourcc) "8 94" fourcc "010200000003\n"
	{ "h264_aac", META AVCC AAC },
	{ "audio_only_aac", META AAC },
	{ "h264_mp3", META AVCC },
	{ "hevc_flac", META "9 906876633101016000000090...\n"
	    COLOUR("68766331") "8 90664c6143040004000000e9...\n"
	    CHANNELS("664c6143") },
	/* The empty record in front of the real one is forgotten. */
	{ "av1_opus", META "9 906176303181000c000a0b00...\n"
	    COLOUR("61763031") OPUS CHANNELS("4f707573") },
	{ "multitrack_mixed", META AVCC "9 960068766331010101600000...\n"
	    COLOUR("68766331") AAC "8 95004f707573014f70757348...\n"
	    "8 95044f707573010102000000...\n" },
};

static int
is_enhanced_key(const struct rtmp_packet *p)
{
	unsigned frame, type;

	frame = p->data[0] >> 4 & 7;
	type = p->data[0] & 15;
	return frame == 1 && (type == 1 || type == 3);
}

/* By the bytes of the two headers, without the tag reader. */
static int
looks_like_key(const struct rtmp_packet *p)
{
	struct rtmp_packet inner = *p;
	uint8_t head;

	if (p->type != RTMP_MSG_VIDEO)
		return 0;
	if ((p->data[0] & 0x80) == 0)
		return p->data[0] == 0x17 && p->data[1] == 1;
	head = p->data[0];
	if ((head & 15) == 7) { /* one ModEx, or two */
		size_t pos = 1;

		do
			pos += 2u + p->data[pos];
		while ((p->data[pos++] & 15) == 7);
		head = (uint8_t)((head & 0xf0) | (p->data[pos - 1] & 15));
	}
	if ((head & 15) == 6)
		head = (uint8_t)((head & 0xf0) | (p->data[1] & 15));
	inner.data = &head;
	return is_enhanced_key(&inner);
}

static void
key_frames_are_told(void **state)
{
	static const char *const names[] = { "h264_aac", "hevc_aac",
		"hevc_modex", "av1_opus", "vp9_opus", "fourcc_avc1_mp4a",
		"multitrack_2video_h264", "multitrack_mixed",
		"large_keyframe", "audio_only_aac" };
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rtmp_flv_reader *r;
		struct rtmp_packet p;
		char name[64];
		uint8_t *file;
		const uint8_t *pos;
		int keys = 0;

		snprintf(name, sizeof(name), "flv/%s.flv", names[i]);
		pos = file = load_data(name, &size);
		assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
		while (next_packet(r, &pos, &size, &p)) {
			unsigned is = rtmp_packet_is(&p);

			assert_int_equal((is & RTMP_IS_KEY_FRAME) != 0,
			    looks_like_key(&p));
			keys += (is & RTMP_IS_KEY_FRAME) != 0;
			if (is & RTMP_IS_KEY_FRAME)
				assert_int_equal(is, RTMP_IS_KEY_FRAME);
		}
		assert_int_equal(keys != 0, i != 9);
		rtmp_flv_reader_free(r);
		free(file);
	}
}

/* Puts all of a file, and compares what is left of it. */
static void
check_file(const char *file_name, const char *expected)
{
	struct rtmp_stream_cache *c = new_cache(0);
	struct rtmp_flv_reader *r;
	struct rtmp_packet p;
	char name[64];
	uint8_t *file;
	const uint8_t *pos;
	size_t size;

	snprintf(name, sizeof(name), "flv/%s.flv", file_name);
	pos = file = load_data(name, &size);
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	while (next_packet(r, &pos, &size, &p))
		assert_int_equal(rtmp_stream_cache_put(c, &p), 0);
	rtmp_flv_reader_free(r);
	free(file);
	assert_string_equal(replay(c), expected);
	rtmp_stream_cache_free(c);
}

static void
what_real_streams_leave_behind(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		print_message("%s\n", files[i].file);
		check_file(files[i].file, files[i].replay);
	}
}
/* ---- What takes the place of what ---- */

/* onMetaData with an object whose only key is a, as a number. */
#define META_1 "02000a6f6e4d657461446174610300016100000000000000000000000009"
#define META_2 "02000a6f6e4d657461446174610300016200000000000000000000000009"
#define SET_DATA_FRAME "02000d40736574446174614672616d65"
#define CLEAR_DATA_FRAME "02000f40636c656172446174614672616d65"

static void
the_last_of_each_kind_and_track_stays(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 8, "af001210"), 0);
	assert_int_equal(put_hex(c, 8, "af0121"), 0); /* a frame */
	assert_int_equal(put_hex(c, 9, "9002"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(c, 9, "170000000001aa"), 0);
	assert_int_equal(put_hex(c, 9, "170100000001bb"), 0);
	assert_int_equal(put_hex(c, 9, "170200000001"), 0);
	assert_int_equal(put_hex(c, 18, META_1), 0);
	assert_int_equal(put_hex(c, 9, "96006176633103cc"), 0);
	assert_int_equal(put_hex(c, 9, "96006176633101dd"), 0);
	assert_string_equal(replay(c), "18 02000a6f6e4d657461446174...\n"
	    "9 170000000001aa\n9 96006176633101dd\n9 96006176633103cc\n"
	    "8 af001210\n");
	assert_int_equal(put_hex(c, 8, "af001190"), 0);
	assert_int_equal(put_hex(c, 9, "96006176633103ee"), 0);
	assert_int_equal(put_hex(c, 9, "9061766331ff"), 0); /* for legacy */
	assert_int_equal(put_hex(c, 18, SET_DATA_FRAME META_2), 0);
	assert_string_equal(replay(c), "18 02000d407365744461746146...\n"
	    "9 9061766331ff\n9 96006176633101dd\n9 96006176633103ee\n"
	    "8 af001190\n");
	rtmp_stream_cache_clear(c);
	assert_string_equal(replay(c), "");
	assert_int_equal(put_hex(c, 8, "af001210"), 0);
	assert_string_equal(replay(c), "8 af001210\n");
	rtmp_stream_cache_free(c);
	rtmp_stream_cache_free(NULL);
}

static void
metadata_is_kept_until_it_is_cleared(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 18, "02000a6f6e546578744461746105"), 0);
	assert_int_equal(put_hex(c, 18, SET_DATA_FRAME), 0);
	assert_int_equal(put_hex(c, 18, ""), 0);
	assert_int_equal(put_hex(c, 18, "05"), 0);
	assert_int_equal(put_hex(c, 18, "0200ff6f6e"), RTMP_ERR_MALFORMED);
	assert_string_equal(replay(c), "");
	assert_int_equal(put_hex(c, 18, META_1), 0);
	assert_int_equal(put_hex(c, 18, "02000a6f6e546578744461746105"), 0);
	assert_string_equal(replay(c), "18 02000a6f6e4d657461446174...\n");
	assert_int_equal(put_hex(c, 18,
	    CLEAR_DATA_FRAME "02000a6f6e4d65746144617461"), 0);
	assert_string_equal(replay(c), "");
	assert_int_equal(put_hex(c, 20, META_1), RTMP_ERR_INVAL);
	rtmp_stream_cache_free(c);
}

static void
another_codec_takes_the_channels_away(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 8, "904f707573aa"), 0);
	assert_int_equal(put_hex(c, 8, "944f70757301060000003f"), 0);
	assert_int_equal(put_hex(c, 8, "95044f7075730101060000003f"), 0);
	/* A colour stays: it is not the codec's. */
	assert_int_equal(put_hex(c, 9, "d461763031020009636f6c6f72496e666f"
	    "06"), 0);
	assert_int_equal(put_hex(c, 9, "9061763031aa"), 0);
	assert_int_equal(put_hex(c, 9, "9068766331aa"), 0);
	assert_int_equal(put_hex(c, 8, "904f707573bb"), 0);
	assert_string_equal(replay(c), "9 9068766331aa\n"
	    "9 d461763031020009636f6c6f...\n8 904f707573bb\n"
	    "8 944f70757301060000003f\n8 95044f707573010106000000...\n");
	assert_int_equal(put_hex(c, 8, "af001210"), 0);
	assert_string_equal(replay(c), "9 9068766331aa\n"
	    "9 d461763031020009636f6c6f...\n8 af001210\n"
	    "8 95044f707573010106000000...\n");
	rtmp_stream_cache_free(c);
}

static void
an_empty_header_does_not_replace_a_real_one(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 9, "9061763031"), 0);
	assert_string_equal(replay(c), "9 9061763031\n");
	assert_int_equal(put_hex(c, 9, "9061763031aa"), 0);
	assert_int_equal(put_hex(c, 9, "9061763031"), 0);
	assert_string_equal(replay(c), "9 9061763031aa\n");
	assert_int_equal(put_hex(c, 9, "9076703039"), 0); /* another codec */
	assert_string_equal(replay(c), "9 9076703039\n");
	rtmp_stream_cache_free(c);
}

static void
unknown_codecs_are_kept_and_other_unknowns_are_not(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 9, "906e657731aa"), 0);
	assert_int_equal(put_hex(c, 9, "916e657731bb"), 0);
	assert_int_equal(put_hex(c, 9, "996e657731cc"), 0);
	assert_int_equal(put_hex(c, 8, "996e657731cc"), 0);
	assert_int_equal(put_hex(c, 9, "9630aabbccdd01"), 0);
	assert_string_equal(replay(c), "9 906e657731aa\n");
	assert_int_equal(is_hex(9, "906e657731aa"), RTMP_IS_SEQUENCE_HEADER);
	assert_int_equal(is_hex(9, "916e657731aa"), 0);
	rtmp_stream_cache_free(c);
}

/* ManyTracks and ManyTracksManyCodecs, behind a ModEx. */
static void
tracks_of_one_packet_are_kept_each_on_its_own(void **state)
{
	struct rtmp_stream_cache *c = new_cache(0);

	(void)state;
	assert_int_equal(put_hex(c, 9, "96106176633100000001aa05000002bbbb"),
	    0);
	assert_string_equal(replay(c), "9 96006176633100aa\n"
	    "9 96006176633105bbbb\n");
	assert_int_equal(put_hex(c, 9,
	    "970207a1200606"), /* Multitrack in Multitrack */
	    RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(c, 9,
	    "970207a12006206176633100000001cc6876633105000001dd"), 0);
	assert_string_equal(replay(c), "9 96006176633100cc\n"
	    "9 96006876633105dd\n");
	/* The second track is cut off; the first one counts. */
	assert_int_equal(put_hex(c, 8, "95106d7034610100000211900200000512"),
	    RTMP_ERR_MALFORMED);
	assert_string_equal(replay(c), "9 96006176633100cc\n"
	    "9 96006876633105dd\n8 95006d703461011190\n");
	rtmp_stream_cache_free(c);
}

static void
each_kind_of_packet_is_told(void **state)
{
	static const struct {
		uint8_t type;
		const char *hex;
		unsigned is;
	} rows[] = {
		{ 9, "1701000000aa", RTMP_IS_KEY_FRAME },
		{ 9, "2701000000aa", 0 },
		{ 9, "1700000000aa", RTMP_IS_SEQUENCE_HEADER },
		{ 9, "1702000000", 0 },
		{ 9, "12aa", RTMP_IS_KEY_FRAME }, /* H.263 */
		{ 9, "22aa", 0 },
		{ 9, "42aa", RTMP_IS_KEY_FRAME }, /* generated */
		{ 9, "5700", 0 },
		{ 9, "9368766331aa", RTMP_IS_KEY_FRAME },
		{ 9, "9168766331000000aa", RTMP_IS_KEY_FRAME },
		{ 9, "a368766331aa", 0 },
		{ 9, "9068766331aa", RTMP_IS_SEQUENCE_HEADER },
		{ 9, "9561763031aa", RTMP_IS_SEQUENCE_HEADER }, /* MPEG-2 */
		{ 9, "d468766331", RTMP_IS_SETTING },
		{ 9, "8468766331", RTMP_IS_SETTING },
		{ 9, "96036876633101aa", RTMP_IS_KEY_FRAME },
		{ 9, "961368766331010000" "01aa", RTMP_IS_KEY_FRAME },
		{ 9, "", 0 },
		{ 9, "90", 0 },
		{ 8, "", 0 },
		{ 8, "af001210", RTMP_IS_SEQUENCE_HEADER },
		{ 8, "af0121", 0 },
		{ 8, "2fff", 0 },
		{ 8, "904f707573aa", RTMP_IS_SEQUENCE_HEADER },
		{ 8, "914f707573aa", 0 },
		{ 8, "944f70757301060000003f", RTMP_IS_SETTING },
		{ 18, META_1, RTMP_IS_SETTING },
		{ 18, SET_DATA_FRAME META_1, RTMP_IS_SETTING },
		{ 18, CLEAR_DATA_FRAME META_1, 0 },
		{ 18, "02000a6f6e546578744461746105", 0 },
		{ 20, META_1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_hex(rows[i].type, rows[i].hex) != rows[i].is)
			fail_msg("%d %s: %u", rows[i].type, rows[i].hex,
			    is_hex(rows[i].type, rows[i].hex));
}

/* ---- Limits ---- */

static void
what_does_not_fit_takes_nothing_but_its_own_place(void **state)
{
	struct rtmp_stream_cache *c = new_cache(12);

	(void)state;
	assert_int_equal(put_hex(c, 8, "af001210"), 0);
	assert_int_equal(put_hex(c, 9, "170000000001aabb"), 0);
	assert_int_equal(put_hex(c, 8, "944f70757301060000003f"),
	    RTMP_ERR_NOBUF);
	assert_string_equal(replay(c), "9 170000000001aabb\n"
	    "8 af001210\n");
	/* As large as what it replaces. */
	assert_int_equal(put_hex(c, 9, "170000000001ccdd"), 0);
	/* Larger: and nothing that is out of date stays. */
	assert_int_equal(put_hex(c, 9, "170000000001ccddee"),
	    RTMP_ERR_NOBUF);
	assert_string_equal(replay(c), "8 af001210\n");
	assert_int_equal(put_hex(c, 9, "170000000001ccdd"), 0);
	assert_string_equal(replay(c), "9 170000000001ccdd\n"
	    "8 af001210\n");
	rtmp_stream_cache_free(c);
}

/* ManyTracks with so many empty sequence headers, of 256 tracks in turn. */
static void
a_packet_of_65000_tracks_is_bounded(void **state)
{
	struct rtmp_stream_cache *c;
	struct test_mem mem;
	struct rtmp_packet p;
	size_t size = 6 + 4 * 65000, i, pos = 0;
	uint8_t *bytes = calloc(1, size);
	int n = 0;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, "\x96\x10" "av01", 6);
	for (i = 0; i < 65000; i++)
		bytes[6 + 4 * i] = (uint8_t)i;
	test_mem_init(&mem, 0);
	assert_int_equal(rtmp_stream_cache_new(&c, 0, &mem.mem), 0);
	p = packet_of(RTMP_MSG_VIDEO, bytes, size);
	assert_int_equal(rtmp_stream_cache_put(c, &p), 0);
	assert_in_range(mem.peak, 1, 100000);
	while (rtmp_stream_cache_next(c, &pos, 0, &p) == 1) {
		assert_int_equal(p.size, 7);
		assert_int_equal(p.data[6], n);
		n++;
	}
	assert_int_equal(n, 256);
	assert_int_equal(rtmp_packet_is(&p), RTMP_IS_SEQUENCE_HEADER);
	rtmp_stream_cache_free(c);
	assert_int_equal(mem.live, 0);
	free(bytes);
}

static int
put_all(struct test_mem *mem, void *arg)
{
	static const struct {
		uint8_t type;
		const char *hex;
	} rows[] = {
		{ 18, META_1 },
		{ 9, "1700000000aa" },
		{ 9, "96106176633101000001aa05000002bbbb" },
		{ 8, "95106d70346101000001aa02000001aa03000001aa04000001aa" },
		{ 8, "95106d70346105000001aa06000001aa07000001aa08000001aa" },
		{ 9, "1700000000bb" },
		{ 9, "1700000000cccc" },
	};
	struct rtmp_stream_cache *c;
	int ret = rtmp_stream_cache_new(&c, 0, &mem->mem);
	size_t i;

	(void)arg;
	if (ret != 0)
		return ret;
	for (i = 0; ret == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		ret = put_hex(c, rows[i].type, rows[i].hex);
	/* When the last one failed, what it replaces is gone. */
	assert_null(strstr(replay(c), i == 7 && ret != 0 ? "1700000000" :
	    "no"));
	rtmp_stream_cache_free(c);
	return ret;
}

static void
each_allocation_fails_in_turn(void **state)
{
	(void)state;
	each_allocation_fails(put_all, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_frames_are_told),
		cmocka_unit_test(what_real_streams_leave_behind),
		cmocka_unit_test(the_last_of_each_kind_and_track_stays),
		cmocka_unit_test(metadata_is_kept_until_it_is_cleared),
		cmocka_unit_test(another_codec_takes_the_channels_away),
		cmocka_unit_test(an_empty_header_does_not_replace_a_real_one),
		cmocka_unit_test(
		    unknown_codecs_are_kept_and_other_unknowns_are_not),
		cmocka_unit_test(
		    tracks_of_one_packet_are_kept_each_on_its_own),
		cmocka_unit_test(each_kind_of_packet_is_told),
		cmocka_unit_test(
		    what_does_not_fit_takes_nothing_but_its_own_place),
		cmocka_unit_test(a_packet_of_65000_tracks_is_bounded),
		cmocka_unit_test(each_allocation_fails_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
