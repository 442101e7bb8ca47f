/* The headers of audio and video packets: read, written, damaged. */
#include "support/media.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO

static struct rtmp_tag
read_hex(uint8_t type, const char *hex)
{
	static uint8_t *bytes; /* until the next call */
	struct rtmp_tag t;
	size_t size;

	free(bytes);
	bytes = NULL;
	if (*hex != 0) {
		bytes = from_hex(hex, &size);
		expect_same_tags(type, bytes, size);
	} else {
		size = 0;
	}
	assert_int_equal(rtmp_tag_read(type, bytes, size, &t), 1);
	return t;
}

static void
expect_malformed(uint8_t type, const char *hex)
{
	size_t size;
	uint8_t *bytes = from_hex(hex, &size), *guard;
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	int ret;

	guard = guard_copy(bytes, size);
	rtmp_tag_reader_init(&r, type, guard, size);
	while ((ret = rtmp_tag_next(&r, &t)) == 1)
		;
	assert_int_equal(ret, RTMP_ERR_MALFORMED);
	guard_free(guard, size);
	free(bytes);
}

static void
legacy_headers_are_read(void **state)
{
	struct rtmp_tag t;

	(void)state;
	t = read_hex(V, "1700000000abcd");
	assert_int_equal(t.kind, RTMP_KIND_CONFIG);
	assert_int_equal(t.codec, RTMP_CODEC_H264);
	assert_int_equal(t.enhanced, 0);
	assert_int_equal(t.size, 2);
	t = read_hex(V, "2701ffffb0ab");
	assert_int_equal(t.kind, RTMP_KIND_CODED);
	assert_int_equal(t.frame_type, RTMP_VIDEO_INTER);
	assert_int_equal(t.composition_time, -80);
	assert_int_equal(read_hex(V, "1702000000").kind, RTMP_KIND_END);
	/* HEVC as some networks have it */
	t = read_hex(V, "1c01000028aa");
	assert_int_equal(t.codec, RTMP_CODEC_HEVC);
	assert_int_equal(t.composition_time, 40);
	/* no packet type: H.263 disposable, VP6 */
	t = read_hex(V, "32aabb");
	assert_int_equal(t.codec, RTMP_CODEC_H263);
	assert_int_equal(t.kind, RTMP_KIND_CODED);
	assert_int_equal(t.frame_type, RTMP_VIDEO_DISPOSABLE);
	assert_int_equal(read_hex(V, "14").size, 0);

	t = read_hex(A, "af001210");
	assert_int_equal(t.kind, RTMP_KIND_CONFIG);
	assert_int_equal(t.codec, RTMP_CODEC_AAC);
	assert_int_equal(read_hex(A, "af0121").kind, RTMP_KIND_CODED);
	t = read_hex(A, "2eff");
	assert_int_equal(t.codec, RTMP_CODEC_MP3);
	assert_int_equal(t.sound_rate, RTMP_SOUND_44K);
	assert_int_equal(t.sound_size, 1);
	assert_int_equal(t.sound_type, 0);
	assert_int_equal(read_hex(A, "b2ff").codec, RTMP_CODEC_SPEEX);
	assert_int_equal(read_hex(A, "72").codec, RTMP_CODEC_G711A);
	assert_int_equal(read_hex(A, "8a").codec, RTMP_CODEC_G711U);
	assert_int_equal(read_hex(A, "").kind, RTMP_KIND_SILENCE);
}

static void
enhanced_headers_are_read(void **state)
{
	struct rtmp_tag t;

	(void)state;
	t = read_hex(V, "90687663310101");
	assert_int_equal(t.kind, RTMP_KIND_CONFIG);
	assert_int_equal(t.codec, RTMP_CODEC_HEVC);
	assert_int_equal(t.enhanced, 1);
	assert_int_equal(t.fourcc, RTMP_FOURCC('h', 'v', 'c', '1'));
	t = read_hex(V, "91687663310000c8aa");
	assert_int_equal(t.composition_time, 200);
	assert_int_equal(t.size, 1);
	t = read_hex(V, "a368766331aabb");
	assert_int_equal(t.kind, RTMP_KIND_CODED);
	assert_int_equal(t.composition_time, 0);
	assert_int_equal(t.size, 2);
	/* AV1 and VP9 have no composition time. */
	assert_int_equal(read_hex(V, "9161763031aabbcc").size, 3);
	assert_int_equal(read_hex(V, "9061763031").size, 0);
	assert_int_equal(read_hex(V, "9576703039").kind, RTMP_KIND_MPEG2TS);
	assert_int_equal(read_hex(V, "9261766331").kind, RTMP_KIND_END);
	assert_int_equal(read_hex(V, "d468766331").kind, RTMP_KIND_METADATA);
	assert_int_equal(read_hex(V, "8468766331").kind, RTMP_KIND_METADATA);
	t = read_hex(A, "904f707573aa");
	assert_int_equal(t.codec, RTMP_CODEC_OPUS);
	assert_int_equal(t.kind, RTMP_KIND_CONFIG);
	t = read_hex(A, "946d70346101060000003f");
	assert_int_equal(t.kind, RTMP_KIND_CHANNELS);
	assert_int_equal(read_hex(A, "926d703461").kind, RTMP_KIND_END);
	assert_int_equal(read_hex(A, "912e6d7033ff").codec, RTMP_CODEC_MP3);
}

static void
commands_have_one_byte(void **state)
{
	struct rtmp_tag t;

	(void)state;
	t = read_hex(V, "5701");
	assert_int_equal(t.kind, RTMP_KIND_COMMAND);
	assert_int_equal(t.size, 1);
	assert_int_equal(t.data[0], RTMP_VIDEO_END_SEEK);
	t = read_hex(V, "d100");
	assert_int_equal(t.kind, RTMP_KIND_COMMAND);
	assert_int_equal(t.data[0], RTMP_VIDEO_START_SEEK);
	assert_int_equal(t.fourcc, 0);
	/* behind ModEx, and where Multitrack would begin */
	assert_int_equal(read_hex(V, "d70207a1200600").kind,
	    RTMP_KIND_COMMAND);
	expect_malformed(V, "57");
	expect_malformed(V, "d0");
}

static void
what_is_unknown_is_passed_on(void **state)
{
	struct rtmp_tag t;

	(void)state;
	t = read_hex(V, "917a7a7a7a0102");
	assert_int_equal(t.kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(t.fourcc, RTMP_FOURCC('z', 'z', 'z', 'z'));
	assert_int_equal(t.size, 2);
	/* audio FourCC in a video packet */
	assert_int_equal(read_hex(V, "916d703461").kind, RTMP_KIND_UNKNOWN);
	/* frame types 0, 6, 7 */
	assert_int_equal(read_hex(V, "8161763031").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(V, "e161763031").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(V, "f161763031").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(V, "6701000000").kind, RTMP_KIND_UNKNOWN);
	/* packet types */
	assert_int_equal(read_hex(V, "9f61763031").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(A, "934f707573").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(A, "964f707573").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(V, "1703000000").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(A, "af0200").kind, RTMP_KIND_UNKNOWN);
	/* legacy codecs */
	assert_int_equal(read_hex(V, "18aa").kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(read_hex(A, "c0aa").kind, RTMP_KIND_UNKNOWN);
	/* multitrack forms: nobody knows how they go on */
	t = read_hex(V, "9651aabb");
	assert_int_equal(t.kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(t.multitrack, 6);
	assert_int_equal(t.size, 2);
	/* ModEx types */
	t = read_hex(V, "9700aaf361763031bb");
	assert_int_equal(t.kind, RTMP_KIND_CODED);
	assert_int_equal(t.has_nano, 0);
	assert_int_equal(t.modex_size, 3);
}

/* ---- ModEx ---- */

static void
nanoseconds_come_from_modex(void **state)
{
	struct rtmp_tag t;
	struct rtmp_modex m;
	const uint8_t *p;
	size_t left;

	(void)state;
	t = read_hex(V, "970207a1200368766331aa");
	assert_int_equal(t.nano_offset, 500000);
	assert_int_equal(t.packet_type, RTMP_PACKET_CODED_FRAMES_X);
	/* 4 bytes, an unknown one behind it, in audio */
	t = read_hex(A, "970301e240aa070001214f707573aa");
	assert_int_equal(t.nano_offset, 123456);
	assert_int_equal(t.packet_type, RTMP_PACKET_CODED_FRAMES);
	p = t.modex;
	left = t.modex_size;
	assert_int_equal(rtmp_modex_next(&p, &left, &m), 1);
	assert_int_equal(m.type, RTMP_MODEX_NANO);
	assert_int_equal(m.size, 4);
	assert_int_equal(rtmp_modex_next(&p, &left, &m), 1);
	assert_int_equal(m.type, 2);
	assert_int_equal(m.size, 1);
	assert_int_equal(rtmp_modex_next(&p, &left, &m), 0);
	/* too short for a nanosecond offset */
	expect_malformed(V, "970107a10368766331aa");
	/* more than it may be: passed on */
	assert_int_equal(read_hex(V, "9702ffffff0361763031").nano_offset,
	    0xffffff);
	expect_malformed(V, "97");
	expect_malformed(V, "9702");
	expect_malformed(V, "97ff01");
	expect_malformed(V, "97ffffff0102");
	expect_malformed(V, "970207a120");
}

/* Ours replaces the one in the chain, or goes in front of it. */
static void
nanoseconds_are_written_into_the_chain(void **state)
{
	static const uint8_t unknown[] = { 0, 0xaa, 0xf1 };
	static const uint8_t both[] = { 0, 0xaa, 0xf7, 2, 7, 0xa1, 0x20, 1 };
	static const uint8_t broken[] = { 0, 0xaa, 0xf7 };
	struct rtmp_tag t;
	uint8_t buf[64];
	size_t len;

	(void)state;
	rtmp_tag_init(&t, RTMP_CODEC_OPUS, 1);
	t.has_nano = 1;
	t.nano_offset = 1;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
	assert_int_equal(len, 10);
	assert_memory_equal(buf, "\x97\2\0\0\1\1Opus", 10);
	t.modex = unknown;
	t.modex_size = sizeof(unknown);
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
	assert_int_equal(len, 13);
	assert_memory_equal(buf, "\x97\2\0\0\1\7\0\xaa\xf1Opus", 13);
	t.modex = both;
	t.modex_size = sizeof(both);
	t.packet_type = RTMP_PACKET_SEQUENCE_END;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
	assert_memory_equal(buf, "\x97\0\xaa\xf7\2\0\0\1\2Opus", len);
	t.has_nano = 0;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
	assert_memory_equal(buf, "\x97\0\xaa\xf7\2\7\xa1\x20\2Opus", len);
	t.modex = broken;
	t.modex_size = sizeof(broken);
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len),
	    RTMP_ERR_INVAL);
	t.modex_size = 2;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len),
	    RTMP_ERR_INVAL);
}

static void
a_modex_chain_of_10000_is_walked_once(void **state)
{
	enum { LINKS = 10000 };
	uint8_t *body = malloc(LINKS * 3 + 16), *p = body;
	struct rtmp_tag t;
	size_t i;

	(void)state;
	assert_non_null(body);
	*p++ = 0x97;
	for (i = 0; i < LINKS; i++) {
		*p++ = 0;
		*p++ = (uint8_t)i;
		*p++ = i + 1 < LINKS ? 0xf7 : 0xf3;
	}
	memcpy(p, "hvc1\xaa", 5);
	p += 5;
	expect_same_tags(V, body, (size_t)(p - body));
	assert_int_equal(rtmp_tag_read(V, body, (size_t)(p - body), &t), 1);
	assert_int_equal(t.modex_size, LINKS * 3);
	assert_int_equal(t.size, 1);
	/* one that never ends */
	p[-6] = 0xf7;
	assert_int_equal(rtmp_tag_read(V, body, (size_t)(p - body - 5), &t),
	    RTMP_ERR_MALFORMED);
	free(body);
}

/* ---- Several tracks ---- */

static void
all_multitrack_forms_are_read(void **state)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	size_t size;
	uint8_t *body;

	(void)state;
	t = read_hex(V, "96006176633101aa");
	assert_int_equal(t.multitrack, RTMP_MULTITRACK_ONE);
	assert_int_equal(t.track, 1);
	assert_int_equal(t.kind, RTMP_KIND_CONFIG);

	body = from_hex("9611617663310000000400002807" "07000005ffffffbbcc",
	    &size);
	expect_same_tags(V, body, size);
	rtmp_tag_reader_init(&r, V, body, size);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(t.track, 0);
	assert_int_equal(t.composition_time, 40);
	assert_int_equal(t.size, 1);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(t.track, 7);
	assert_int_equal(t.composition_time, -1);
	assert_int_equal(t.size, 2);
	assert_int_equal(rtmp_tag_next(&r, &t), 0);
	assert_int_equal(rtmp_tag_next(&r, &t), 0);
	free(body);

	/* a codec that nobody knows among others */
	body = from_hex("9521" "6d70346100000001aa" "7a7a7a7a01000000"
	    "4f70757302000002bbcc", &size);
	expect_same_tags(A, body, size);
	rtmp_tag_reader_init(&r, A, body, size);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(t.codec, RTMP_CODEC_AAC);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(t.kind, RTMP_KIND_UNKNOWN);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(t.codec, RTMP_CODEC_OPUS);
	assert_int_equal(t.size, 2);
	assert_int_equal(rtmp_tag_next(&r, &t), 0);
	free(body);
}

static void
a_track_size_past_the_end_is_malformed(void **state)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	size_t size;
	uint8_t *body;

	(void)state;
	/* what precedes it is good */
	body = from_hex("961361766331" "00000001aa" "01000002bb", &size);
	rtmp_tag_reader_init(&r, V, body, size);
	assert_int_equal(rtmp_tag_next(&r, &t), 1);
	assert_int_equal(rtmp_tag_next(&r, &t), RTMP_ERR_MALFORMED);
	assert_int_equal(rtmp_tag_next(&r, &t), 0);
	free(body);
	expect_malformed(V, "96136176633100ffffff");
	expect_malformed(V, "961361766331000000");
	expect_malformed(V, "9613617663");
	expect_malformed(V, "961361766331");
	expect_malformed(V, "96236176633100");
	expect_malformed(V, "9603617663");
	expect_malformed(V, "960361766331");
	expect_malformed(V, "96");
	/* Multitrack in Multitrack */
	expect_malformed(V, "960661766331");
	expect_malformed(A, "95054f707573");
	/* a track too small for its composition time */
	expect_malformed(V, "9611617663310000000200ff");
}

static void
a_packet_of_65000_empty_tracks_is_read_through(void **state)
{
	enum { TRACKS = 65000 };
	size_t size = 6 + TRACKS * 4, i, n = 0;
	uint8_t *body = calloc(1, size);
	struct rtmp_tag_reader r;
	struct rtmp_tag t;

	(void)state;
	assert_non_null(body);
	memcpy(body, "\x96\x13" "avc1", 6);
	for (i = 0; i < TRACKS; i++)
		body[6 + i * 4] = (uint8_t)i;
	rtmp_tag_reader_init(&r, V, body, size);
	while (rtmp_tag_next(&r, &t) == 1) {
		assert_int_equal(t.size, 0);
		assert_int_equal(t.track, n++ & 255);
	}
	assert_int_equal(n, TRACKS);
	free(body);
}

/* ---- Any bytes ---- */

/* Whatever can be read can be written, and is what was read. */
static void
random_headers_survive(void **state)
{
	uint8_t body[48], out[128];
	uint32_t seed = 7;
	size_t i, j, size, out_size, good = 0;

	(void)state;
	for (i = 0; i < 60000; i++) {
		uint8_t type = i & 1 ? A : V;
		uint8_t *guard;

		size = next_random(&seed) % sizeof(body);
		for (j = 0; j < size; j++)
			body[j] = (uint8_t)next_random(&seed);
		/* mostly Enhanced, with known codecs and small sizes */
		if (size > 12 && next_random(&seed) % 4 != 0) {
			body[0] = type == A ? 0x90 | (body[0] & 15) :
			    body[0] | 0x80;
			if (next_random(&seed) % 2 != 0)
				memcpy(body + 1 + body[1] % 2,
				    type == A ? "mp4a" : "avc1", 4);
			body[7] = body[8] = 0;
			body[9] &= 15;
		}
		guard = guard_copy(body, size);
		if (write_tags_again(type, guard, size, out, sizeof(out),
		    &out_size) == 0) {
			/* An end of sequence of H.264 may have been cut. */
			if (!(size < 5 && type == V && body[1] == 2)) {
				assert_int_equal(out_size, size);
				assert_memory_equal(out, body, size);
			}
			good++;
		}
		guard_free(guard, size);
	}
	assert_true(good > 3000);
}

static void
headers_cut_anywhere_are_malformed_or_whole(void **state)
{
	static const char *const bodies[] = {
		"1701000028aabb", "970207a1200368766331aabb",
		"97ff000300112233f1687663310000c8aabb",
		"961361766331" "00000002aabb" "01000001cc",
		"9621" "617663310000000400002807" "6876633101000003000000",
	};
	struct rtmp_tag t;
	struct rtmp_tag_reader r;
	size_t i, size, cut;
	uint8_t *body, *guard;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		body = from_hex(bodies[i], &size);
		for (cut = 0; cut <= size; cut++) {
			guard = guard_copy(body, cut);
			rtmp_tag_reader_init(&r, V, guard, cut);
			while ((ret = rtmp_tag_next(&r, &t)) == 1)
				assert_true(t.size <= size);
			assert_true(ret == 0 || ret == RTMP_ERR_MALFORMED);
			if (cut < 5 || (i >= 3 && cut != size && cut != 12 &&
			    cut != 14))
				assert_int_equal(ret, RTMP_ERR_MALFORMED);
			if (cut == size)
				assert_int_equal(ret, 0);
			guard_free(guard, cut);
		}
		free(body);
	}
}

static void
what_no_header_can_say_is_refused(void **state)
{
	uint8_t buf[RTMP_TAG_HEADER_MAX];
	struct rtmp_tag t, good;
	size_t len;

	(void)state;
	rtmp_tag_init(&good, RTMP_CODEC_HEVC, 1);
	good.composition_time = 40;
	assert_int_equal(rtmp_tag_put(buf, 7, &good, &len), RTMP_ERR_NOBUF);
	assert_int_equal(len, 8);
	assert_int_equal(rtmp_tag_put(buf, 8, &good, &len), 0);
	assert_memory_equal(buf, "\xa1hvc1\0\0\x28", 8);
#define REFUSED(change) \
	do { \
		t = good; \
		change; \
		assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), \
		    RTMP_ERR_INVAL); \
	} while (0)
	REFUSED(t.type = RTMP_MSG_DATA_AMF0);
	REFUSED(t.frame_type = 8);
	REFUSED(t.packet_type = 16);
	REFUSED(t.packet_type = 6);
	REFUSED(t.packet_type = 7);
	REFUSED(t.track = 1);
	REFUSED(t.multitrack = 17);
	REFUSED((t.has_nano = 1, t.nano_offset = 1000000));
	REFUSED((t.multitrack = RTMP_MULTITRACK_MANY, t.size = 0xffffff));
	rtmp_tag_init(&good, RTMP_CODEC_AAC, 0);
	REFUSED(t.sound_rate = 4);
	REFUSED(t.legacy_id = 9);
	REFUSED(t.track = 1);
	REFUSED(t.has_nano = 1);
#undef REFUSED
	assert_int_equal(rtmp_tag_put_track(buf, sizeof(buf), &good, &len),
	    RTMP_ERR_INVAL);
}

static void
the_longest_header_fits(void **state)
{
	uint8_t buf[RTMP_TAG_HEADER_MAX];
	struct rtmp_tag t;
	size_t len;

	(void)state;
	rtmp_tag_init(&t, RTMP_CODEC_HEVC, 1);
	t.multitrack = RTMP_MULTITRACK_MANY_CODECS;
	t.has_nano = 1;
	t.composition_time = 1;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
	assert_int_equal(len, 1 + 5 + 1 + 4 + 1 + 3 + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_headers_are_read),
		cmocka_unit_test(enhanced_headers_are_read),
		cmocka_unit_test(commands_have_one_byte),
		cmocka_unit_test(what_is_unknown_is_passed_on),
		cmocka_unit_test(nanoseconds_come_from_modex),
		cmocka_unit_test(nanoseconds_are_written_into_the_chain),
		cmocka_unit_test(a_modex_chain_of_10000_is_walked_once),
		cmocka_unit_test(all_multitrack_forms_are_read),
		cmocka_unit_test(a_track_size_past_the_end_is_malformed),
		cmocka_unit_test(
		    a_packet_of_65000_empty_tracks_is_read_through),
		cmocka_unit_test(random_headers_survive),
		cmocka_unit_test(headers_cut_anywhere_are_malformed_or_whole),
		cmocka_unit_test(what_no_header_can_say_is_refused),
		cmocka_unit_test(the_longest_header_fits),
	};

	return cmocka_run_group_tests_name("media tag", tests, NULL, NULL);
}
