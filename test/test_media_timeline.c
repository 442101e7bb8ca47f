/* Times made fit for RTMP, and timestamps made whole again. */
#include "support/media.h"

#define MS RTMP_NS_PER_MS

static struct rtmp_timeline *
new_timeline(int64_t start, int monotonic)
{
	struct rtmp_timeline_options opt;
	struct rtmp_timeline *t;

	rtmp_timeline_options_init(&opt, sizeof(opt));
	opt.start = start;
	opt.monotonic = monotonic;
	assert_int_equal(rtmp_timeline_new(&t, &opt), 0);
	return t;
}

/* Fixes a frame of a track, in milliseconds; returns what changed. */
static unsigned
fix(struct rtmp_timeline *t, enum rtmp_codec codec, int64_t pts, int64_t dts,
    int64_t want_pts, int64_t want_dts)
{
	struct rtmp_timeline_report report;
	struct rtmp_frame f;

	rtmp_frame_init(&f, sizeof(f));
	f.codec = codec;
	f.pts = pts * MS;
	f.dts = dts * MS;
	assert_int_equal(rtmp_timeline_fix(t, &f, &report), 0);
	assert_int_equal(f.pts, want_pts * MS);
	assert_int_equal(f.dts, want_dts * MS);
	assert_int_equal(f.dts, dts * MS + report.offset + report.raised);
	return report.changes;
}

#define H264 RTMP_CODEC_H264
#define AAC RTMP_CODEC_AAC

static void
good_times_stay(void **state)
{
	struct rtmp_timeline *t;

	(void)state;
	assert_int_equal(rtmp_timeline_new(&t, NULL), 0);
	assert_int_equal(fix(t, H264, 1080, 1000, 1080, 1000), 0);
	assert_int_equal(fix(t, AAC, 990, 990, 990, 990), 0);
	/* back, where nobody asked for more */
	assert_int_equal(fix(t, H264, 0, 0, 0, 0), 0);
	rtmp_timeline_free(t);
	rtmp_timeline_free(NULL);
}

static void
the_first_frame_starts_where_it_is_told(void **state)
{
	struct rtmp_timeline *t = new_timeline(0, 0);

	(void)state;
	assert_int_equal(fix(t, H264, 5080, 5000, 80, 0), RTMP_TIME_STARTED);
	assert_int_equal(fix(t, AAC, 5010, 5010, 10, 10), 0);
	/* Audio that is earlier still moves everything from here on. */
	assert_int_equal(fix(t, AAC, 4979, 4979, 0, 0), RTMP_TIME_SHIFTED);
	assert_int_equal(fix(t, H264, 5120, 5040, 141, 61), 0);
	rtmp_timeline_free(t);

	t = new_timeline(100 * MS, 0);
	assert_int_equal(fix(t, AAC, -21, -21, 100, 100), RTMP_TIME_STARTED);
	assert_int_equal(fix(t, H264, 0, -80, 121, 41), 0);
	rtmp_timeline_free(t);
}

static void
negative_times_shift_all_tracks(void **state)
{
	struct rtmp_timeline *t = new_timeline(RTMP_NO_TIME, 0);

	(void)state;
	assert_int_equal(fix(t, AAC, -21, -21, 0, 0), RTMP_TIME_SHIFTED);
	assert_int_equal(fix(t, H264, 0, -80, 80, 0), RTMP_TIME_SHIFTED);
	assert_int_equal(fix(t, AAC, 0, 0, 80, 80), 0);
	assert_int_equal(fix(t, H264, 40, -40, 120, 40), 0);
	rtmp_timeline_free(t);
}

static void
steps_back_are_raised(void **state)
{
	struct rtmp_timeline *t = new_timeline(RTMP_NO_TIME, 1);

	(void)state;
	assert_int_equal(fix(t, H264, 140, 100, 140, 100), 0);
	assert_int_equal(fix(t, H264, 140, 100, 140, 101),
	    RTMP_TIME_RAISED);
	assert_int_equal(fix(t, H264, 60, 60, 102, 102),
	    RTMP_TIME_RAISED | RTMP_TIME_PTS);
	assert_int_equal(fix(t, H264, 140, 140, 140, 140), 0);
	/* Each track for itself. */
	assert_int_equal(fix(t, AAC, 50, 50, 50, 50), 0);
	rtmp_timeline_free(t);
}

/* A source that begins again goes on behind what was. */
static void
a_restart_is_rebased(void **state)
{
	struct rtmp_timeline *t = new_timeline(RTMP_NO_TIME, 1);

	(void)state;
	assert_int_equal(fix(t, H264, 100000, 100000, 100000, 100000), 0);
	assert_int_equal(fix(t, AAC, 100020, 100020, 100020, 100020), 0);
	assert_int_equal(fix(t, H264, 0, 0, 100021, 100021),
	    RTMP_TIME_REBASED);
	assert_int_equal(fix(t, AAC, 5, 5, 100026, 100026), 0);
	assert_int_equal(fix(t, H264, 40, 40, 100061, 100061), 0);
	rtmp_timeline_free(t);
}

static void
other_kinds_do_not_count(void **state)
{
	struct rtmp_timeline *t = new_timeline(RTMP_NO_TIME, 1);
	struct rtmp_frame f;

	(void)state;
	assert_int_equal(fix(t, H264, 100, 100, 100, 100), 0);
	rtmp_frame_init(&f, sizeof(f));
	f.codec = H264;
	f.kind = RTMP_KIND_CONFIG;
	f.pts = 50 * MS;
	assert_int_equal(rtmp_timeline_fix(t, &f, NULL), 0);
	assert_int_equal(f.dts, 50 * MS);
	assert_int_equal(fix(t, H264, 101, 101, 101, 101), 0);
	rtmp_timeline_free(t);
}

static void
what_is_no_time_is_refused(void **state)
{
	struct rtmp_timeline *t = new_timeline(RTMP_NO_TIME, 1);
	struct rtmp_timeline_options opt;
	struct rtmp_frame f;

	(void)state;
	rtmp_frame_init(&f, sizeof(f));
	f.codec = AAC;
	f.pts = RTMP_NO_TIME;
	assert_int_equal(rtmp_timeline_fix(t, &f, NULL), RTMP_ERR_INVAL);
	f.pts = INT64_MAX;
	assert_int_equal(rtmp_timeline_fix(t, &f, NULL), RTMP_ERR_INVAL);
	f.pts = 0;
	f.dts = INT64_MIN + 1;
	assert_int_equal(rtmp_timeline_fix(t, &f, NULL), RTMP_ERR_INVAL);
	rtmp_timeline_free(t);
	rtmp_timeline_options_init(&opt, sizeof(opt));
	opt.min_step = -1;
	assert_int_equal(rtmp_timeline_new(&t, &opt), RTMP_ERR_INVAL);
	rtmp_timeline_options_init(&opt, sizeof(opt));
	opt.start = -1;
	assert_int_equal(rtmp_timeline_new(&t, &opt), RTMP_ERR_INVAL);
}

/* However bad the times, what comes out can be sent. */
static void
random_times_become_sendable(void **state)
{
	struct rtmp_timeline *t = new_timeline(0, 1);
	int64_t last[2] = { -1, -1 };
	uint32_t seed = 5;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		int audio = next_random(&seed) & 1;
		struct rtmp_frame f;

		rtmp_frame_init(&f, sizeof(f));
		f.codec = audio ? AAC : H264;
		f.dts = ((int64_t)next_random(&seed) - INT32_MAX) * 1000;
		f.pts = f.dts + next_random(&seed) % 100 * MS;
		assert_int_equal(rtmp_timeline_fix(t, &f, NULL), 0);
		assert_true(f.dts >= last[audio] + (last[audio] < 0 ? 1 : MS));
		assert_true(f.pts >= f.dts);
		last[audio] = f.dts;
	}
	rtmp_timeline_free(t);
}

static void
timestamps_wrap_both_ways(void **state)
{
	cJSON *json = load_json("vectors/timestamps.json");
	int64_t last = RTMP_NO_TIME;
	const cJSON *v;

	(void)state;
	assert_int_equal(rtmp_unwrap_timestamp(&last, 0xfffffff0),
	    0xfffffff0);
	assert_int_equal(rtmp_unwrap_timestamp(&last, 5), 0x100000005);
	assert_int_equal(rtmp_unwrap_timestamp(&last, 0xffffffff),
	    0xffffffff);
	assert_int_equal(rtmp_unwrap_timestamp(&last, 0x7ffffffe),
	    0x17ffffffe);
	assert_int_equal(rtmp_unwrap_timestamp(&last, 0xfffffff0),
	    0x1fffffff0);
	assert_int_equal(rtmp_unwrap_timestamp(&last, 3), 0x200000003);
	last = 0;
	assert_int_equal(rtmp_unwrap_timestamp(&last, 0xffffffff), -1);
	cJSON_ArrayForEach(v, json_item(json, "serial_compare")) {
		uint32_t a = (uint32_t)json_number(v, "a");

		last = (int64_t)json_number(v, "b");
		assert_int_equal(rtmp_unwrap_timestamp(&last, a) >
		    (int64_t)json_number(v, "b"),
		    cJSON_IsTrue(json_item(v, "a_is_after_b")));
	}
	cJSON_Delete(json);
}

static int
make_one(struct test_mem *m, void *arg)
{
	struct rtmp_timeline_options opt;
	struct rtmp_timeline *t;
	int ret;

	(void)arg;
	rtmp_timeline_options_init(&opt, sizeof(opt));
	opt.mem = &m->mem;
	ret = rtmp_timeline_new(&t, &opt);
	if (ret == 0)
		rtmp_timeline_free(t);
	return ret;
}

static void
the_allocation_may_fail(void **state)
{
	(void)state;
	each_allocation_fails(make_one, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_times_stay),
		cmocka_unit_test(the_first_frame_starts_where_it_is_told),
		cmocka_unit_test(negative_times_shift_all_tracks),
		cmocka_unit_test(steps_back_are_raised),
		cmocka_unit_test(a_restart_is_rebased),
		cmocka_unit_test(other_kinds_do_not_count),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(random_times_become_sendable),
		cmocka_unit_test(timestamps_wrap_both_ways),
		cmocka_unit_test(the_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("media timeline", tests, NULL,
	    NULL);
}
