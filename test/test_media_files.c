/* Real FLV files, packets to frames to packets: nothing is lost, whatever the
 * form that the frames are asked for in. */
#include <dirent.h>

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

/* The loops below leave out no file. */
static void
every_file_is_in_the_list(void **state)
{
	static const char *const folders[] = { "", "spec_only/" };
	char path[128], name[300];
	struct dirent *entry;
	size_t i, k, found = 0;
	DIR *dir;

	(void)state;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), TEST_DATA "/flv/%s", folders[i]);
		dir = opendir(path);
		assert_non_null(dir);
		while ((entry = readdir(dir)) != NULL) {
			snprintf(name, sizeof(name), "%s%s", folders[i],
			    entry->d_name);
			k = strlen(name);
			if (k < 4 || strcmp(name + k - 4, ".flv") != 0)
				continue;
			name[k - 4] = '\0';
			for (k = 0; k < flv_files_count &&
			    strcmp(flv_files[k], name) != 0; k++)
				;
			if (k == flv_files_count)
				fail_msg("%s is not in the list", name);
			found++;
		}
		closedir(dir);
	}
	assert_int_equal(found, flv_files_count);
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

/* ---- Elementary streams ---- */

/* The frames of one codec in a file, one behind the other, in forms that a
 * file of their own has. */
static uint8_t *
frames_of(const char *flv, enum rtmp_codec codec, size_t *size)
{
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;
	struct rtmp_frame frame;
	struct flv_file f;
	uint8_t *out;
	size_t i;

	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	opt.audio = RTMP_FORM_ADTS;
	assert_int_equal(rtmp_depacketizer_new(&d, &opt), 0);
	load_flv(&f, flv);
	out = malloc(1 << 20);
	assert_non_null(out);
	*size = 0;
	for (i = 0; i < f.count; i++) {
		assert_int_equal(rtmp_depacketizer_put(d, &f.packets[i]), 0);
		while (rtmp_depacketizer_next(d, &frame) == 1) {
			if (frame.codec != codec ||
			    frame.kind != RTMP_KIND_CODED || frame.size == 0)
				continue;
			assert_true(*size + frame.size <= 1 << 20);
			memcpy(out + *size, frame.data, frame.size);
			*size += frame.size;
		}
	}
	rtmp_depacketizer_free(d);
	free_flv(&f);
	return out;
}

/* All start codes with 4 bytes; without NAL units of type 7 and 8, the sets of
 * H.264, when they are not wanted. */
static void
normalize(uint8_t **stream, size_t *size, int with_sets)
{
	uint8_t *out = malloc(*size * 2), *in = *stream;
	size_t i, n = 0, type;
	int skip = 0;

	assert_non_null(out);
	for (i = 0; i < *size; i++) {
		int four = i + 4 < *size && memcmp(in + i, "\0\0\0\1", 4) == 0;

		if (four || (i + 3 < *size &&
		    memcmp(in + i, "\0\0\1", 3) == 0)) {
			i += four ? 3 : 2;
			type = in[i + 1] & 31;
			skip = !with_sets && (type == 7 || type == 8);
			if (!skip)
				memcpy(out + n, "\0\0\0\1", 4);
			n += skip ? 0 : 4;
		} else if (!skip) {
			out[n++] = in[i];
		}
	}
	free(in);
	*stream = out;
	*size = n;
}

static void
expect_equal(const char *es, const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size)
{
	size_t i;

	for (i = 0; i < a_size && i < b_size && a[i] == b[i]; i++)
		;
	if (i != a_size || a_size != b_size)
		fail_msg("%s: %zu bytes, equal to %zu of %zu", es, a_size, i,
		    b_size);
}

static void
expect_stream(const char *flv, enum rtmp_codec codec, const char *es)
{
	char path[64];
	size_t size, es_size;
	uint8_t *stream = frames_of(flv, codec, &size), *file;

	snprintf(path, sizeof(path), "es/%s", es);
	file = load_data(path, &es_size);
	/* FFmpeg puts the sets of H.264 between an SEI and the slice, and
	 * start codes of 3 bytes behind the first of a frame. */
	if (codec == RTMP_CODEC_H264 || codec == RTMP_CODEC_HEVC) {
		normalize(&stream, &size, codec == RTMP_CODEC_HEVC);
		normalize(&file, &es_size, codec == RTMP_CODEC_HEVC);
	}
	expect_equal(es, stream, size, file, es_size);
	free(stream);
	free(file);
}

static void
frames_make_the_stream_again(void **state)
{
	(void)state;
	expect_stream("h264_aac", RTMP_CODEC_H264, "h264_annexb.h264");
	expect_stream("fourcc_avc1_mp4a", RTMP_CODEC_H264,
	    "h264_annexb.h264");
	expect_stream("hevc_aac", RTMP_CODEC_HEVC, "hevc_annexb.h265");
	expect_stream("h264_aac", RTMP_CODEC_AAC, "aac.adts");
	expect_stream("h264_mp3", RTMP_CODEC_MP3, "mp3.mp3");
	expect_stream("h264_ac3", RTMP_CODEC_AC3, "ac3.ac3");
	expect_stream("h264_eac3", RTMP_CODEC_EAC3, "eac3.eac3");
	expect_stream("av1_opus", RTMP_CODEC_AV1, "av1.obu");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_is_in_the_list),
		cmocka_unit_test(packets_to_frames_to_packets_is_identical),
		cmocka_unit_test(frames_equal_the_truth),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(nanoseconds_are_kept),
		cmocka_unit_test(frames_make_the_stream_again),
	};

	return cmocka_run_group_tests_name("media files", tests, NULL, NULL);
}
