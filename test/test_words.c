/* Lists of words as one string. */
#include "base/words.h"
#include "support/support.h"

static const char words[] = "one\0two\0three\0";

static void
words_are_found_by_number(void **state)
{
	(void)state;
	assert_string_equal(rtmp_word(words, 0), "one");
	assert_string_equal(rtmp_word(words, 2), "three");
	assert_null(rtmp_word(words, 3));
	assert_null(rtmp_word(words, SIZE_MAX));
	assert_null(rtmp_word("", 0));
}

static void
numbers_are_found_by_word(void **state)
{
	(void)state;
	assert_int_equal(rtmp_word_find(words, "one", 3), 0);
	assert_int_equal(rtmp_word_find(words, "three!", 5), 2);
	assert_int_equal(rtmp_word_find(words, "thre", 4), -1);
	assert_int_equal(rtmp_word_find(words, "three!", 6), -1);
	assert_int_equal(rtmp_word_find(words, "", 0), -1);
}

static void
words_have_numbers_of_their_own(void **state)
{
	static const uint8_t numbers[] = { 7, 0, 255 };

	(void)state;
	assert_string_equal(rtmp_word_of(words, numbers, 3, 7), "one");
	assert_string_equal(rtmp_word_of(words, numbers, 3, 0), "two");
	assert_string_equal(rtmp_word_of(words, numbers, 3, 255), "three");
	assert_null(rtmp_word_of(words, numbers, 3, 8));
	assert_null(rtmp_word_of(words, numbers, 3, 256 + 7));
}

/* Of every list that a caller can reach the end of: nothing behind it. */
static void
errors_have_words_and_others_none(void **state)
{
	int err;

	(void)state;
	assert_string_equal(rtmp_strerror(0), "success");
	assert_string_equal(rtmp_strerror(RTMP_ERR_AGAIN),
	    "not ready, try again");
	assert_string_equal(rtmp_strerror(RTMP_ERR_UNSUPPORTED),
	    "not built into the library");
	assert_string_equal(rtmp_strerror(RTMP_ERR_REJECTED),
	    "rejected by the server");
	for (err = 1; err < 300; err++)
		assert_string_equal(rtmp_strerror(err), "unknown error");
	for (err = RTMP_ERR_REJECTED - 1; err > -300; err--)
		assert_string_equal(rtmp_strerror(err), "unknown error");
	assert_string_equal(rtmp_strerror(RTMP_ERR_FATAL), "unknown error");
	assert_string_equal(rtmp_strerror(INT32_MIN), "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_by_number),
		cmocka_unit_test(numbers_are_found_by_word),
		cmocka_unit_test(words_have_numbers_of_their_own),
		cmocka_unit_test(errors_have_words_and_others_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
