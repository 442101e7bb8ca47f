#include "media/bits.h"
#include "media/nal.h"
#include "support/media_data.h"

/* ---- Helpers ---- */

/* The NAL units of bytes that end at an unreadable page, as hex with blanks
 * between, then " PROTO" for a failure. */
static const char *
nals(const char *hex, unsigned length_size)
{
	static char text[512];
	size_t size, i, n = 0;
	uint8_t *bytes = from_hex(hex, &size);
	uint8_t *copy = guard_copy(bytes, size);
	struct rtmp_nal_iter it;
	struct rtmp_nal nal;
	int ret;

	rtmp_nal_iter_init(&it, copy, size, length_size);
	text[0] = '\0';
	while ((ret = rtmp_nal_next(&it, &nal)) == 1) {
		if (n != 0)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " ");
		for (i = 0; i < nal.size; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%02x", nal.data[i]);
	}
	if (ret != 0) {
		assert_int_equal(ret, RTMP_ERR_PROTO);
		snprintf(text + n, sizeof(text) - n, " PROTO");
		/* It stays at its end. */
		assert_int_equal(rtmp_nal_next(&it, &nal), 0);
	}
	guard_free(copy, size);
	free(bytes);
	return text;
}

/* ---- Annex B ---- */

static void
start_codes_of_3_and_4_bytes(void **state)
{
	(void)state;
	assert_string_equal(nals("000001 65aa 00000001 41bb", 0), "65aa 41bb");
	assert_string_equal(nals("00000001 65aa 000001 41bb", 0), "65aa 41bb");
}

static void
zeros_behind_a_nal_unit_are_not_its_own(void **state)
{
	(void)state;
	assert_string_equal(nals("000001 65aa 000000 000001 41 0000", 0),
	    "65aa 41");
	/* cabac_zero_words: only the zeros behind the last 3 are stripped. */
	assert_string_equal(nals("000001 65aa 000003 000003 00", 0),
	    "65aa000003000003");
}

static void
what_stands_before_the_first_start_code_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(nals("0000 000001 65", 0), "65");
	assert_string_equal(nals("4142 000001 65", 0), "65");
}

static void
empty_nal_units_are_left_out(void **state)
{
	(void)state;
	assert_string_equal(nals("000001 000001 00000001 65 000001", 0), "65");
	assert_string_equal(nals("000001 0000", 0), "");
}

static void
without_start_code_there_is_none(void **state)
{
	(void)state;
	assert_string_equal(nals("", 0), "");
	assert_string_equal(nals("00", 0), "");
	assert_string_equal(nals("0000", 0), "");
	assert_string_equal(nals("000001", 0), "");
	assert_string_equal(nals("000002 65", 0), "");
	assert_string_equal(nals("0001 0101", 0), "");
}

/* Bytes of which many are 0 and 1 have start codes at all distances. */
static void
every_start_code_is_found(void **state)
{
	uint32_t seed = 1;
	int round;

	(void)state;
	for (round = 0; round < 3000; round++) {
		uint8_t bytes[64], *copy;
		size_t size = next_random(&seed) % sizeof(bytes), i, at;

		for (i = 0; i < size; i++) {
			uint32_t r = next_random(&seed) >> 8;

			bytes[i] = (uint8_t)(r % 8 < 6 ? r % 2 : r % 4);
		}
		copy = guard_copy(bytes, size);
		for (i = 0; i <= size; i++) {
			for (at = i; at + 3 <= size; at++)
				if (copy[at] == 0 && copy[at + 1] == 0 &&
				    copy[at + 2] == 1)
					break;
			if (at + 3 > size)
				at = size;
			assert_ptr_equal(rtmp_nal_find_start(copy + i,
				copy + size), copy + at);
		}
		guard_free(copy, size);
	}
}

static void
annexb_is_told_from_lengths(void **state)
{
	static const uint8_t three[] = { 0, 0, 1, 9 }, four[] = { 0, 0, 0, 1 };
	static const uint8_t length[] = { 0, 0, 0, 2, 9, 16 };

	(void)state;
	assert_int_equal(rtmp_nal_is_annexb(three, 4), 1);
	assert_int_equal(rtmp_nal_is_annexb(four, 4), 1);
	assert_int_equal(rtmp_nal_is_annexb(three, 2), 0);
	assert_int_equal(rtmp_nal_is_annexb(four, 3), 0);
	assert_int_equal(rtmp_nal_is_annexb(length, 6), 0);
	assert_int_equal(rtmp_nal_is_annexb(NULL, 0), 0);
}

/* ---- Lengths ---- */

static void
lengths_of_1_to_4_bytes(void **state)
{
	(void)state;
	assert_string_equal(nals("02 65aa 01 41", 1), "65aa 41");
	assert_string_equal(nals("0002 65aa 0001 41", 2), "65aa 41");
	assert_string_equal(nals("000002 65aa 000001 41", 3), "65aa 41");
	assert_string_equal(nals("00000002 65aa 00000001 41", 4), "65aa 41");
}

static void
a_nal_unit_of_no_bytes_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(nals("00000000 00000001 41 00000000", 4), "41");
}

static void
a_length_past_the_end_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(nals("00000001 41 00000003 6566", 4), "41 PROTO");
	assert_string_equal(nals("ffffffff 41", 4), " PROTO");
	assert_string_equal(nals("ff", 1), " PROTO");
}

static void
a_length_that_is_cut_off_is_an_error(void **state)
{
	(void)state;
	assert_string_equal(nals("00000001 41 000000", 4), "41 PROTO");
	assert_string_equal(nals("00", 2), " PROTO");
}

/* ---- From one form to the other ---- */

static void
every_form_becomes_every_other(void **state)
{
	/* A NAL unit of 1 byte, of 256, of 3. */
	uint8_t in[700], form[5][700], out[700];
	size_t size = 0, sizes[5], n;
	struct rtmp_nal_iter it;
	unsigned from, to;

	(void)state;
	memcpy(in, "\0\0\1\x09\0\0\1\x65", 8);
	memset(in + 8, 0xaa, 255);
	memcpy(in + 263, "\0\0\0\1\x41\x42\x43", 7);
	size = 270;
	for (to = 0; to <= 4; to++) {
		if (to == 1)
			continue;
		rtmp_nal_iter_init(&it, in, size, 0);
		assert_int_equal(rtmp_nal_convert(form[to], 700, &sizes[to],
			it, to), 0);
		assert_int_equal(sizes[to], 260 + 3 * (to == 0 ? 4 : to));
	}
	assert_memory_equal(form[4], "\0\0\0\1\x09\0\0\1\0\x65\xaa", 11);
	for (from = 0; from <= 4; from++) {
		for (to = 0; from != 1 && to <= 4; to++) {
			if (to == 1)
				continue;
			rtmp_nal_iter_init(&it, form[from], sizes[from], from);
			assert_int_equal(rtmp_nal_convert(out, 700, &n, it,
				to), 0);
			assert_int_equal(n, sizes[to]);
			assert_memory_equal(out, form[to], n);
		}
	}
	/* 256 does not go into one byte. */
	rtmp_nal_iter_init(&it, in, size, 0);
	assert_int_equal(rtmp_nal_convert(out, 700, &n, it, 1),
	    RTMP_ERR_INVAL);
}

static void
the_size_can_be_asked(void **state)
{
	static const uint8_t in[] = { 0, 0, 1, 0x65, 1, 0, 0, 1, 0x41 };
	struct rtmp_nal_iter it;
	uint8_t out[11];
	size_t size;

	(void)state;
	rtmp_nal_iter_init(&it, in, sizeof(in), 0);
	assert_int_equal(rtmp_nal_convert(NULL, 0, &size, it, 4),
	    RTMP_ERR_NOBUF);
	assert_int_equal(size, 11);
	assert_int_equal(rtmp_nal_convert(out, 10, &size, it, 4),
	    RTMP_ERR_NOBUF);
	assert_int_equal(size, 11);
	assert_int_equal(rtmp_nal_convert(out, 11, &size, it, 4), 0);
	rtmp_nal_iter_init(&it, in, 0, 0);
	assert_int_equal(rtmp_nal_convert(NULL, 0, &size, it, 4), 0);
	assert_int_equal(size, 0);
}

/* The shortest NAL units grow the most. */
static void
the_result_is_at_most_a_multiple(void **state)
{
	uint8_t in[1000];
	struct rtmp_nal_iter it;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(in); i += 4)
		memcpy(in + i, "\0\0\1\x65", 4);
	rtmp_nal_iter_init(&it, in, sizeof(in), 0);
	rtmp_nal_convert(NULL, 0, &size, it, 4);
	assert_int_equal(size, 1250);
	for (i = 0; i < sizeof(in); i++)
		in[i] = 1;
	rtmp_nal_iter_init(&it, in, sizeof(in), 1);
	rtmp_nal_convert(NULL, 0, &size, it, 4);
	assert_int_equal(size, 2500);
}

/* NAL units of both forms are the same, but for the parameter sets that only
 * the elementary stream has in its key frames. */
static void
compare(const uint8_t *annexb, size_t size, const struct media_tag *tag)
{
	struct rtmp_nal_iter a, b;
	struct rtmp_nal nal, other;

	rtmp_nal_iter_init(&a, annexb, size, 0);
	rtmp_nal_iter_init(&b, tag->data, tag->size, 4);
	while (rtmp_nal_next(&a, &nal) == 1) {
		unsigned type = nal.data[0] & 0x1f;

		if (type == 7 || type == 8)
			continue;
		assert_int_equal(rtmp_nal_next(&b, &other), 1);
		assert_int_equal(nal.size, other.size);
		assert_memory_equal(nal.data, other.data, nal.size);
	}
	assert_int_equal(rtmp_nal_next(&b, &other), 0);
}

static void
an_elementary_stream_becomes_flv_payloads(void **state)
{
	struct media_flv flv;
	struct media_es es;
	struct media_tag tag;
	const uint8_t *data;
	uint8_t *out = malloc(1 << 20);
	size_t size, n;
	int key, frames = 0;

	(void)state;
	media_es_open(&es, "h264_annexb.h264");
	media_flv_open(&flv, "h264_aac");
	while (media_es_next(&es, &data, &size, &key)) {
		uint8_t *guarded = guard_copy(data, size);
		struct rtmp_nal_iter it;

		do
			assert_true(media_flv_next(&flv, &tag));
		while (strcmp(tag.codec, "AVC ") != 0 || tag.type != 1);
		compare(guarded, size, &tag);
		rtmp_nal_iter_init(&it, guarded, size, 0);
		assert_int_equal(rtmp_nal_convert(out, 1 << 20, &n, it, 4),
		    0);
		if (!key) {
			assert_int_equal(n, tag.size);
			assert_memory_equal(out, tag.data, n);
		}
		guard_free(guarded, size);
		frames++;
	}
	assert_int_equal(frames, 125);
	free(out);
	media_flv_close(&flv);
	media_es_close(&es);
}

/* ---- Bits ---- */

static void
emulation_prevention_is_taken_out(void **state)
{
	static const uint8_t in[] = { 0x42, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3,
	    0, 3, 0, 0, 0, 3 };
	static const uint8_t out[] = { 0x42, 0, 0, 1, 0, 0, 0, 0, 3,
	    0, 3, 0, 0, 0 };
	struct rtmp_bits b;
	size_t i;

	(void)state;
	rtmp_bits_init_nal(&b, in, sizeof(in));
	for (i = 0; i < sizeof(out); i++)
		assert_int_equal(rtmp_bits_get(&b, 8), out[i]);
	assert_int_equal(b.err, 0);
	rtmp_bits_get(&b, 1);
	assert_int_equal(b.err, RTMP_ERR_PROTO);
}

static void
exp_golomb_codes_are_read(void **state)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 6, 7, 254, 255, 65535,
	    0x7ffffffe, 0x7fffffff, 0xfffffffe };
	static const int32_t signs[] = { 0, 1, -1, 2, -2, 100, -100,
	    INT32_MAX };
	struct bit_writer w = { { 0 }, 0 };
	struct rtmp_bits b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		put_ue(&w, values[i]);
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		put_se(&w, signs[i]);
	rtmp_bits_init(&b, w.bytes, (w.count + 7) / 8);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(rtmp_bits_ue(&b), values[i]);
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		assert_int_equal(rtmp_bits_se(&b), signs[i]);
	assert_int_equal(b.err, 0);
}

static void
an_exp_golomb_code_of_32_zeros_is_an_error(void **state)
{
	static const uint8_t code[] = { 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
	    0xff };
	struct rtmp_bits b;

	(void)state;
	rtmp_bits_init(&b, code, sizeof(code));
	assert_int_equal(rtmp_bits_ue(&b), 0);
	assert_int_equal(b.err, RTMP_ERR_PROTO);
	/* It sticks, and all else reads as 0. */
	assert_int_equal(rtmp_bits_get(&b, 8), 0);
	assert_int_equal(rtmp_bits_ue(&b), 0);
	assert_int_equal(rtmp_bits_left(&b), 0);
}

static void
all_zeros_are_an_error_and_no_loop(void **state)
{
	uint8_t zeros[64] = { 0 }, *copy = guard_copy(zeros, sizeof(zeros));
	struct rtmp_bits b;

	(void)state;
	rtmp_bits_init(&b, copy, sizeof(zeros));
	rtmp_bits_ue(&b);
	assert_int_equal(b.err, RTMP_ERR_PROTO);
	rtmp_bits_init(&b, copy, 2);
	rtmp_bits_ue(&b);
	assert_int_equal(b.err, RTMP_ERR_PROTO);
	rtmp_bits_init(&b, copy, sizeof(zeros));
	rtmp_bits_skip(&b, (size_t)-1);
	assert_int_equal(b.err, RTMP_ERR_PROTO);
	guard_free(copy, sizeof(zeros));
}

static void
bits_of_any_number_are_read(void **state)
{
	static const uint8_t in[] = { 0x80, 0xff, 0x01, 0x23, 0x45, 0x67 };
	struct rtmp_bits b;

	(void)state;
	rtmp_bits_init(&b, in, sizeof(in));
	assert_int_equal(rtmp_bits_get(&b, 0), 0);
	assert_int_equal(rtmp_bits_get(&b, 1), 1);
	assert_int_equal(rtmp_bits_get(&b, 11), 0xf);
	assert_int_equal(rtmp_bits_get(&b, 32), 0xf0123456);
	assert_int_equal(rtmp_bits_left(&b), 4);
	rtmp_bits_align(&b);
	assert_int_equal(rtmp_bits_left(&b), 0);
	assert_int_equal(b.err, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_codes_of_3_and_4_bytes),
		cmocka_unit_test(zeros_behind_a_nal_unit_are_not_its_own),
		cmocka_unit_test(
		    what_stands_before_the_first_start_code_is_left_out),
		cmocka_unit_test(empty_nal_units_are_left_out),
		cmocka_unit_test(without_start_code_there_is_none),
		cmocka_unit_test(every_start_code_is_found),
		cmocka_unit_test(annexb_is_told_from_lengths),
		cmocka_unit_test(lengths_of_1_to_4_bytes),
		cmocka_unit_test(a_nal_unit_of_no_bytes_is_left_out),
		cmocka_unit_test(a_length_past_the_end_is_an_error),
		cmocka_unit_test(a_length_that_is_cut_off_is_an_error),
		cmocka_unit_test(every_form_becomes_every_other),
		cmocka_unit_test(the_size_can_be_asked),
		cmocka_unit_test(the_result_is_at_most_a_multiple),
		cmocka_unit_test(an_elementary_stream_becomes_flv_payloads),
		cmocka_unit_test(emulation_prevention_is_taken_out),
		cmocka_unit_test(exp_golomb_codes_are_read),
		cmocka_unit_test(an_exp_golomb_code_of_32_zeros_is_an_error),
		cmocka_unit_test(all_zeros_are_an_error_and_no_loop),
		cmocka_unit_test(bits_of_any_number_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
