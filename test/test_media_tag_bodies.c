/* The bodies of some kinds of tags: colour, channels. */
#include "support/media.h"

static void
color_info_survives(void **state)
{
	struct rtmp_color_info a, b;
	uint8_t buf[512];
	size_t len, need, i;
	double *v = &a.bit_depth;

	(void)state;
	rtmp_color_info_init(&a, sizeof(a));
	for (i = 0; i < 16; i++)
		v[i] = (double)i + 0.5;
	assert_int_equal(rtmp_color_info_write(&a, buf, sizeof(buf), &len),
	    0);
	assert_true(len <= 400);
	for (need = 0; need < len; need++) {
		size_t told;

		assert_int_equal(rtmp_color_info_write(&a, buf, need, &told),
		    RTMP_ERR_NOBUF);
		assert_int_equal(told, len);
	}
	assert_int_equal(rtmp_color_info_write(&a, buf, sizeof(buf), &len),
	    0);
	rtmp_color_info_init(&b, sizeof(b));
	assert_int_equal(rtmp_color_info_read(&b, buf, len), 1);
	assert_memory_equal(&a, &b, sizeof(a));
	/* Cut between two properties, an object ends there. */
	for (i = 0; i < len; i++) {
		uint8_t *guard = guard_copy(buf, i);
		int ret = rtmp_color_info_read(&b, guard, i);

		assert_true(i == 0 ? ret == 0 :
		    ret == 1 || ret == RTMP_ERR_MALFORMED);
		guard_free(guard, i);
	}

	/* Some only, and then none: what was there is gone. */
	rtmp_color_info_init(&a, sizeof(a));
	a.max_cll = 1000;
	assert_int_equal(rtmp_color_info_write(&a, buf, sizeof(buf), &len),
	    0);
	assert_int_equal(rtmp_color_info_read(&b, buf, len), 1);
	assert_memory_equal(&a, &b, sizeof(a));
	rtmp_color_info_init(&a, sizeof(a));
	assert_int_equal(rtmp_color_info_write(&a, buf, sizeof(buf), &len),
	    0);
	assert_int_equal(rtmp_color_info_read(&b, buf, len), 1);
	assert_memory_equal(&a, &b, sizeof(a));
}

/* What FFmpeg writes where it knows nothing; others, and damage. */
static void
color_info_of_others_is_read(void **state)
{
	static const uint8_t ffmpeg[] = "\2\0\11colorInfo\3\0\13colorConfig\3"
	    "\0\0\11\0\0\11";
	static const uint8_t undefined[] = "\2\0\11colorInfo\6";
	static const uint8_t more[] = "\2\0\3foo\0\x3f\xf0\0\0\0\0\0\0"
	    "\2\0\11colorInfo\10\0\0\0\1\0\1x\5"
	    "\0\6hdrCll\3\0\6maxCLL\0\x40\x59\0\0\0\0\0\0"
	    "\0\7maxFall\2\0\1y\0\0\11\0\0\11";
	static const uint8_t number[] = "\0\x3f\xf0\0\0\0\0\0\0";
	struct rtmp_color_info c;

	(void)state;
	rtmp_color_info_init(&c, sizeof(c));
	c.bit_depth = 8;
	assert_int_equal(rtmp_color_info_read(&c, ffmpeg, sizeof(ffmpeg) - 1),
	    1);
	assert_true(c.bit_depth < 0);
	c.bit_depth = 8;
	assert_int_equal(rtmp_color_info_read(&c, undefined,
	    sizeof(undefined) - 1), 1);
	assert_true(c.bit_depth < 0);
	assert_int_equal(rtmp_color_info_read(&c, more, sizeof(more) - 1), 1);
	assert_true(c.max_cll == 100);
	assert_true(c.max_fall < 0);
	assert_int_equal(rtmp_color_info_read(&c, number,
	    sizeof(number) - 1), RTMP_ERR_MALFORMED);
	assert_int_equal(rtmp_color_info_read(&c, NULL, 0), 0);
}

static void
channels_survive(void **state)
{
	struct rtmp_channels c, back;
	uint8_t buf[RTMP_CHANNELS_SIZE_MAX];
	size_t len, i;

	(void)state;
	memset(&c, 0, sizeof(c));
	c.order = RTMP_CHANNELS_NATIVE;
	c.count = 6;
	c.mask = 0x3f;
	rtmp_channels_write(&c, buf, &len);
	assert_int_equal(len, 6);
	assert_memory_equal(buf, "\1\6\0\0\0\x3f", 6);
	assert_int_equal(rtmp_channels_read(&back, buf, len), 0);
	assert_memory_equal(&c, &back, sizeof(c));
	for (i = 0; i < len; i++)
		assert_int_equal(rtmp_channels_read(&back, buf, i),
		    RTMP_ERR_MALFORMED);
	memset(&c, 0, sizeof(c));
	c.order = RTMP_CHANNELS_CUSTOM;
	c.count = 255;
	memset(c.mapping, 0xfe, sizeof(c.mapping));
	rtmp_channels_write(&c, buf, &len);
	assert_int_equal(len, sizeof(buf));
	assert_int_equal(rtmp_channels_read(&back, buf, len), 0);
	assert_memory_equal(&c, &back, sizeof(c));
	assert_int_equal(rtmp_channels_read(&back, buf, len - 1),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(rtmp_channels_read(&back,
	    (const uint8_t *)"\7\2", 2), 0);
	assert_int_equal(back.order, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(color_info_survives),
		cmocka_unit_test(color_info_of_others_is_read),
		cmocka_unit_test(channels_survive),
	};

	return cmocka_run_group_tests_name("media tag bodies", tests,
	    NULL, NULL);
}
