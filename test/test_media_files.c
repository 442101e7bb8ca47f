/* Real FLV files, packets to frames to packets: nothing is lost, whatever the
 * form that the frames are asked for in. */
#include "support/media.h"

/* ---- There and back ---- */

struct forms {
	enum rtmp_form video, audio;
};

static const struct forms forms[] = {
	{ RTMP_FORM_AUTO, RTMP_FORM_AUTO },
	{ RTMP_FORM_LENGTH, RTMP_FORM_RAW },
	{ RTMP_FORM_ANNEXB, RTMP_FORM_ADTS },
};

static struct rtmp_depacketizer *
new_depacketizer(const struct forms *f)
{
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;

	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = f->video;
	opt.audio = f->audio;
	assert_int_equal(rtmp_depacketizer_new(&d, &opt), 0);
	return d;
}

static void
expect_same_packet(const char *name, size_t i, const struct packets *list,
    const struct rtmp_packet *packet)
{
	if (list->count != 1 || list->items[0].type != packet->type ||
	    list->items[0].timestamp != packet->timestamp ||
	    list->items[0].size != packet->size ||
	    memcmp(list->items[0].data, packet->data, packet->size) != 0)
		fail_msg("%s: packet %zu came back as %zu, %zu bytes", name,
		    i, list->count,
		    list->count != 0 ? list->items[0].size : 0);
}

static void
there_and_back(const char *name, const struct forms *form)
{
	struct rtmp_depacketizer *d = new_depacketizer(form);
	struct rtmp_packetizer *p;
	struct packets list = { NULL, 0, 0 };
	struct rtmp_frame frame;
	struct flv_file f;
	size_t i;
	int ret;

	load_flv(&f, name);
	assert_int_equal(rtmp_packetizer_new(&p, NULL), 0);
	for (i = 0; i < f.count; i++) {
		assert_int_equal(rtmp_depacketizer_put(d, &f.packets[i]), 0);
		while ((ret = rtmp_depacketizer_next(d, &frame)) == 1)
			if (put_frame(&list, p, &frame) != 0)
				fail_msg("%s: packet %zu: %s", name, i,
				    rtmp_packetizer_error(p));
		if (ret != 0)
			fail_msg("%s: packet %zu: %s", name, i,
			    rtmp_depacketizer_error(d));
		expect_same_packet(name, i, &list, &f.packets[i]);
		free_packets(&list);
	}
	rtmp_packetizer_free(p);
	rtmp_depacketizer_free(d);
	free_flv(&f);
}

static void
packets_to_frames_to_packets_is_identical(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < flv_files_count; i++)
		for (j = 0; j < sizeof(forms) / sizeof(*forms); j++)
			there_and_back(flv_files[i], &forms[j]);
}

/* ---- The truth ---- */

/* The packet of the side-car that this frame is; each is taken once. */
static struct truth *
find_truth(struct truth *truth, size_t count, long offset, int track)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (truth[i].offset == offset &&
		    (truth[i].track == track || track < 0))
			return &truth[i];
	return NULL;
}

static int
is_same_time(int64_t ns, int64_t ms)
{
	/* The side-cars take times near 2^32 for negative ones; what is below
	 * a millisecond they do not know. */
	return (uint32_t)(ns / RTMP_NS_PER_MS) == (uint32_t)ms;
}

static void
check_frame(const char *name, const struct rtmp_frame *f, struct truth *t)
{
	int ok = t != NULL && t->size == f->size &&
	    is_same_time(f->dts, t->dts) && is_same_time(f->pts, t->pts) &&
	    t->key == ((f->flags & RTMP_FRAME_KEY) != 0) &&
	    has_hash(f->data, f->size, t->hash);

	if (!ok)
		fail_msg("%s: frame of %s at %lld ms, %zu bytes", name,
		    rtmp_codec_name(f->codec),
		    (long long)(f->dts / RTMP_NS_PER_MS), f->size);
	t->offset = -1;
}

static void
compare_frames(const char *name)
{
	struct rtmp_depacketizer *d = new_depacketizer(&forms[0]);
	int by_track = strncmp(name, "spec_only/", 10) == 0;
	struct rtmp_frame frame;
	struct truth *truth;
	struct flv_file f;
	size_t i, count, seen = 0;
	char path[128];

	snprintf(path, sizeof(path), "flv/%s.flv", name);
	truth = load_truth(path, &count);
	load_flv(&f, name);
	for (i = 0; i < f.count; i++) {
		assert_int_equal(rtmp_depacketizer_put(d, &f.packets[i]), 0);
		while (rtmp_depacketizer_next(d, &frame) == 1) {
			if (frame.kind != RTMP_KIND_CODED || frame.size == 0)
				continue;
			check_frame(name, &frame, find_truth(truth, count,
			    (long)f.offsets[i], by_track ? frame.track : -1));
			seen++;
		}
	}
	assert_int_equal(seen, count);
	rtmp_depacketizer_free(d);
	free_flv(&f);
	free(truth);
}

static void
frames_equal_the_truth(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < flv_files_count; i++)
		compare_frames(flv_files[i]);
}

/* ---- Kinds ---- */

static void
count_kinds(const char *name, size_t counts[RTMP_KIND_SCRIPT + 1])
{
	struct rtmp_depacketizer *d = new_depacketizer(&forms[0]);
	struct rtmp_frame frame;
	struct flv_file f;
	size_t i;

	memset(counts, 0, sizeof(*counts) * (RTMP_KIND_SCRIPT + 1));
	load_flv(&f, name);
	for (i = 0; i < f.count; i++) {
		assert_int_equal(rtmp_depacketizer_put(d, &f.packets[i]), 0);
		while (rtmp_depacketizer_next(d, &frame) == 1)
			counts[frame.kind]++;
	}
	rtmp_depacketizer_free(d);
	free_flv(&f);
}

static void
kinds_are_told_apart(void **state)
{
	size_t n[RTMP_KIND_SCRIPT + 1];

	(void)state;
	count_kinds("hevc_flac", n);
	assert_int_equal(n[RTMP_KIND_SCRIPT], 1);
	assert_int_equal(n[RTMP_KIND_CONFIG], 3);   /* FLAC twice */
	assert_int_equal(n[RTMP_KIND_CHANNELS], 2);
	assert_int_equal(n[RTMP_KIND_METADATA], 1);
	assert_int_equal(n[RTMP_KIND_END], 0);
	count_kinds("fourcc_avc1_mp4a", n);
	assert_int_equal(n[RTMP_KIND_END], 1);
	count_kinds("h264_aac", n);
	assert_int_equal(n[RTMP_KIND_END], 1);
	assert_int_equal(n[RTMP_KIND_UNKNOWN], 0);
}

/* 123456 ns of each coded frame, and with every tenth a second extension of a
 * type that nobody knows. */
static void
nanoseconds_are_kept(void **state)
{
	struct rtmp_depacketizer *d = new_depacketizer(&forms[0]);
	struct rtmp_frame frame;
	struct flv_file f;
	size_t i, long_chains = 0, seen = 0;

	(void)state;
	load_flv(&f, "hevc_modex");
	for (i = 0; i < f.count; i++) {
		assert_int_equal(rtmp_depacketizer_put(d, &f.packets[i]), 0);
		while (rtmp_depacketizer_next(d, &frame) == 1) {
			if (frame.codec != RTMP_CODEC_HEVC ||
			    frame.kind != RTMP_KIND_CODED)
				continue;
			assert_int_equal(frame.pts % RTMP_NS_PER_MS, 123456);
			assert_int_equal(frame.dts % RTMP_NS_PER_MS, 0);
			long_chains += frame.tag->modex_size > 5;
			seen++;
		}
	}
	assert_int_equal(seen, 100);
	assert_int_equal(long_chains, 10);
	rtmp_depacketizer_free(d);
	free_flv(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_to_frames_to_packets_is_identical),
		cmocka_unit_test(frames_equal_the_truth),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(nanoseconds_are_kept),
	};

	return cmocka_run_group_tests_name("media files", tests, NULL, NULL);
}
