/* FLV: what is read from good and damaged files, and written again. */
#include <rtmpio/flv.h>

#include "support/flv_text.h"

static const char *const files[] = {
	"audio_only_aac", "av1_opus", "fourcc_avc1_mp3", "fourcc_avc1_mp4a",
	"h264_aac", "h264_ac3", "h264_eac3", "h264_mp3", "hevc_aac",
	"hevc_flac", "hevc_modex", "large_keyframe", "long_timestamps",
	"long_timestamps_2p31", "long_timestamps_2p32", "long_timestamps_wrap",
	"multitrack_2audio_aac", "multitrack_2video_h264", "multitrack_mixed",
	"video_only", "vp9_opus",
};
#define NFILES (sizeof(files) / sizeof(*files))

/* ---- Real files ---- */

static void
every_tag_equals_the_truth(void **state)
{
	uint8_t *file, *truth;
	size_t i, size, truth_size;
	char name[96];

	(void)state;
	for (i = 0; i < NFILES; i++) {
		snprintf(name, sizeof(name), "flv/%s.flv", files[i]);
		file = load_data(name, &size);
		strcat(name, ".tags");
		truth = load_data(name, &truth_size);
		expect_text(file, size, strchr((char *)truth, '\n') + 1);
		free(file);
		free(truth);
	}
}

static void
what_was_read_is_written_identically(void **state)
{
	uint8_t *file, head[RTMP_FLV_HEADER_SIZE], tail[4];
	struct rtmp_flv_reader *r;
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;
	const uint8_t *data;
	size_t i, size, left, pos;
	char name[96];

	(void)state;
	for (i = 0; i < NFILES; i++) {
		snprintf(name, sizeof(name), "flv/%s.flv", files[i]);
		data = file = load_data(name, &size);
		left = size;
		assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
		assert_int_equal(rtmp_flv_reader_flags(r), 0);
		pos = RTMP_FLV_HEADER_SIZE;
		while (rtmp_flv_reader_next(r, &data, &left, &tag, &fault) ==
		    RTMP_FLV_TAG) {
			assert_int_equal(
			    rtmp_flv_put_tag(head, tail, &tag.packet), 0);
			assert_memory_equal(file + pos, head, 11);
			pos += 11;
			/* A whole tag is lent in place. */
			assert_ptr_equal(file + pos, tag.packet.data);
			pos += tag.packet.size;
			assert_memory_equal(file + pos, tail, 4);
			pos += 4;
		}
		assert_int_equal(pos, size);
		rtmp_flv_put_header(head, rtmp_flv_reader_flags(r));
		assert_memory_equal(file, head, RTMP_FLV_HEADER_SIZE);
		rtmp_flv_reader_free(r);
		free(file);
	}
}

/* ---- Damage of each kind ---- */

static void
cut_at_every_byte_all_whole_tags_come(void **state)
{
	struct made m;
	struct text t = { NULL, 0, 0 };
	size_t size, last;
	int i;

	(void)state;
	make_flv(&m);
	for (size = 13; size < m.size; size++) {
		for (i = 0; m.start[i + 1] <= size; i++)
			;
		made_lines(&t, &m, 0, i, 0);
		last = m.start[i + 1] - 4;
		if (size >= last) {
			text_add(&t, "truncated at %zu, 0 skipped\n", last);
			made_lines(&t, &m, i, i + 1, 0);
		} else if (size != m.start[i]) {
			text_add(&t, "truncated at %zu, %zu skipped\n",
			    m.start[i], size - m.start[i]);
		}
		expect_text(m.bytes, size, t.s);
		t.len = 0;
	}
	free(t.s);
}

static void
cut_in_the_header_is_said(void **state)
{
	struct made m;
	size_t size;

	(void)state;
	make_flv(&m);
	expect_text(m.bytes, 0, "not an FLV file: it is empty\n");
	for (size = 1; size < 9; size++)
		expect_text(m.bytes, size,
		    "not an FLV file: it ends in its header\n");
	for (; size < 13; size++)
		expect_text(m.bytes, size, "truncated at 9, 0 skipped\n");
	expect_text(m.bytes, size, "");
}

static void
garbage_between_tags_is_skipped(void **state)
{
	static const uint8_t zeros[40], ones[3] = { 0xff, 0xff, 0xff },
	    tag_like[12] = { 9, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8 },
	    header[13] = "FLV\1\5\0\0\0\11";
	static const struct {
		const uint8_t *bytes;
		size_t size;
	} garbage[] = { { zeros, 40 }, { ones, 3 }, { zeros, 1 },
		{ header, 13 }, { tag_like, 12 }, { tag_like, 11 } };
	struct text t = { NULL, 0, 0 };
	struct made m;
	size_t i, n;
	int before;

	(void)state;
	for (i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		n = garbage[i].size;
		for (before = 0; before < 6; before++) {
			make_flv(&m);
			made_insert(&m, m.start[before], garbage[i].bytes, n);
			made_lines(&t, &m, 0, before, 0);
			text_add(&t, "%s at %zu, %zu skipped\n",
			    garbage[i].bytes == tag_like ? "size" : "garbage",
			    m.start[before], n);
			made_lines(&t, &m, before, 6, n);
			expect_made(&m, &t);
		}
		if (garbage[i].bytes == tag_like)
			continue;
		make_flv(&m);
		made_lines(&t, &m, 0, 6, 0);
		text_add(&t, "%s at %zu, %zu skipped\n",
		    n < 11 ? "truncated" : "garbage", m.size, n);
		made_insert(&m, m.size, garbage[i].bytes, n);
		expect_made(&m, &t);
	}
}

static void
a_size_that_leads_nowhere_costs_one_tag(void **state)
{
	static const size_t wrong[] = { 0, 1, 20, 100, 0x200, 0xffffff };
	struct text t = { NULL, 0, 0 };
	struct made m;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		for (n = 0; n < 6; n++) {
			if (n == 2 && wrong[i] == 0)
				continue; /* that is its size */
			make_flv(&m);
			m.bytes[m.start[n] + 1] = (uint8_t)(wrong[i] >> 16);
			m.bytes[m.start[n] + 2] = (uint8_t)(wrong[i] >> 8);
			m.bytes[m.start[n] + 3] = (uint8_t)wrong[i];
			made_lines(&t, &m, 0, n, 0);
			text_add(&t, "%s at %zu, %zu skipped\n",
			    n == 5 && m.start[5] + wrong[i] + 11 > m.size ?
			    "truncated" : "size", m.start[n],
			    m.start[n + 1] - m.start[n]);
			made_lines(&t, &m, n + 1, 6, 0);
			expect_made(&m, &t);
		}
	}
}

static void
wrong_back_pointers_are_told_and_tolerated(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;
	int n;

	(void)state;
	make_flv(&m);
	m.bytes[12] = 1;
	text_add(&t, "back pointer at 9, 0 skipped\n");
	for (n = 0; n < 6; n++) {
		memset(m.bytes + m.start[n + 1] - 4, n, 4);
		text_add(&t, "back pointer at %zu, 0 skipped\n",
		    m.start[n + 1] - 4);
		made_lines(&t, &m, n, n + 1, 0);
	}
	expect_made(&m, &t);

	/* The first one may be missing. */
	make_flv(&m);
	memmove(m.bytes + 9, m.bytes + 13, m.size - 13);
	m.size -= 4;
	text_add(&t, "back pointer at 9, 0 skipped\n");
	made_lines(&t, &m, 0, 6, (size_t)-4);
	expect_made(&m, &t);
}

static void
timestamps_that_go_back_are_told_and_kept(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;

	(void)state;
	memset(&m, 0, sizeof(m));
	rtmp_flv_put_header(m.bytes, RTMP_FLV_VIDEO);
	m.size = RTMP_FLV_HEADER_SIZE;
	made_put_tag(&m, 9, 1000, 10);
	made_put_tag(&m, 8, 990, 10); /* has a time of its own */
	made_put_tag(&m, 9, 999, 10); /* back */
	made_put_tag(&m, 9, 0x7fffffff, 10);
	made_put_tag(&m, 9, 0xfffffffe, 10);
	made_put_tag(&m, 9, 5, 10); /* has wrapped */
	made_put_tag(&m, 8, 980, 10); /* back */
	m.start[m.tags] = m.size;
	made_lines(&t, &m, 0, 2, 0);
	text_add(&t, "timestamp at %zu, 0 skipped\n", m.start[2]);
	made_lines(&t, &m, 2, 6, 0);
	text_add(&t, "timestamp at %zu, 0 skipped\n", m.start[6]);
	made_lines(&t, &m, 6, 7, 0);
	expect_made(&m, &t);
}

static void
tags_of_other_types_are_skipped(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;

	(void)state;
	make_flv(&m);
	m.bytes[m.start[1]] = 15;
	made_lines(&t, &m, 0, 1, 0);
	text_add(&t, "type at %zu, %zu skipped\n", m.start[1],
	    m.start[2] - m.start[1]);
	made_lines(&t, &m, 2, 6, 0);
	expect_made(&m, &t);
}

static void
filtered_tags_are_marked_odd_streams_pass(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;

	(void)state;
	make_flv(&m);
	m.bytes[m.start[1]] |= 0x20;
	m.bytes[m.start[3] + 10] = 1;
	made_lines(&t, &m, 0, 2, 0);
	t.len--;
	text_add(&t, " filtered\n");
	made_lines(&t, &m, 2, 6, 0);
	expect_made(&m, &t);
}

static void
odd_headers_are_tolerated(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;

	(void)state;
	make_flv(&m);
	m.bytes[8] = 29;
	made_insert(&m, 9, "twenty bytes of more", 20);
	made_lines(&t, &m, 0, 6, 20);
	expect_made(&m, &t);

	make_flv(&m);
	m.bytes[5] = 0x80;
	text_add(&t, "header at 5, 0 skipped\n");
	made_lines(&t, &m, 0, 6, 0);
	expect_made(&m, &t);

	make_flv(&m);
	m.bytes[3] = 2;
	text_add(&t, "header at 3, 0 skipped\n");
	made_lines(&t, &m, 0, 6, 0);
	expect_made(&m, &t);
}

static void
what_is_no_flv_is_refused_for_good(void **state)
{
	static const uint8_t ts[188] = { 0x47, 0x40, 0x11 };
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	const uint8_t *data = ts;
	size_t size = sizeof(ts);
	struct made m;
	int i;

	(void)state;
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	assert_string_equal(rtmp_flv_reader_error(r), "");
	for (i = 0; i < 2; i++) {
		assert_int_equal(rtmp_flv_reader_next(r, &data, &size, &tag,
		    &fault), RTMP_ERR_PROTO);
		assert_string_equal(rtmp_flv_reader_error(r),
		    "not an FLV file: it begins with 47 40 11");
		make_flv(&m);
		data = m.bytes;
		size = m.size;
	}
	assert_int_equal(rtmp_flv_reader_finish(r, &tag, &fault),
	    RTMP_ERR_PROTO);
	rtmp_flv_reader_free(r);
	rtmp_flv_reader_free(NULL);
}

static void
joined_files_are_read_through(void **state)
{
	struct text t = { NULL, 0, 0 };
	struct made m;
	size_t one;

	(void)state;
	make_flv(&m);
	one = m.size;
	made_insert(&m, one, m.bytes, one);
	made_lines(&t, &m, 0, 6, 0);
	text_add(&t, "garbage at %zu, 13 skipped\n", one);
	made_lines(&t, &m, 0, 1, one);
	text_add(&t, "timestamp at %zu, 0 skipped\n", m.start[1] + one);
	made_lines(&t, &m, 1, 2, one);
	text_add(&t, "timestamp at %zu, 0 skipped\n", m.start[2] + one);
	made_lines(&t, &m, 2, 6, one);
	expect_made(&m, &t);
}

static void
tags_without_a_file_header_are_read(void **state)
{
	struct text got = { NULL, 0, 0 }, want = { NULL, 0, 0 };
	struct rtmp_flv_reader *r;
	const uint8_t *data;
	struct made m;
	size_t left;

	(void)state;
	make_flv(&m);
	data = m.bytes + 13;
	left = m.size - 13 - 4; /* some senders leave out the last pointer */
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	rtmp_flv_reader_no_header(r);
	assert_int_equal(drain_flv(r, &data, &left, &got), 0);
	assert_int_equal(drain_flv(r, NULL, NULL, &got), 0);
	made_lines(&want, &m, 0, 5, (size_t)-13);
	text_add(&want, "truncated at %zu, 0 skipped\n", m.size - 17);
	made_lines(&want, &m, 5, 6, (size_t)-13);
	assert_string_equal(got.s, want.s);
	rtmp_flv_reader_free(r);
	free(got.s);
	free(want.s);
}

static void
a_tag_comes_with_the_last_byte_of_its_back_pointer(void **state)
{
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	const uint8_t *data;
	struct made m;
	size_t i, left;
	int tags = 0, ret;

	(void)state;
	make_flv(&m);
	assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
	for (i = 0; i < m.size; i++) {
		data = m.bytes + i;
		left = 1;
		ret = rtmp_flv_reader_next(r, &data, &left, &tag, &fault);
		assert_int_equal(ret, i + 1 == m.start[tags + 1]);
		tags += ret;
	}
	assert_int_equal(tags, 6);
	rtmp_flv_reader_free(r);
}

/* ---- Damage anywhere ---- */

static void
any_damaged_byte_costs_its_own_tag_at_most(void **state)
{
	static const uint8_t change[] = { 0x01, 0x80, 0xff, 0x24 };
	struct made m;
	char *text, rest[96];
	size_t at, i;
	int n, own;

	(void)state;
	for (at = 13; make_flv(&m), at < m.size; at++) {
		for (own = 0; m.start[own + 1] <= at; own++)
			;
		for (i = 0; i < sizeof(change); i++) {
			make_flv(&m);
			m.bytes[at] ^= change[i];
			text = flv_text(m.bytes, m.size);
			for (n = 0; n < 6; n++) {
				snprintf(rest, sizeof(rest), "%zu%s",
				    m.start[n], strchr(m.line[n], ' '));
				if (n != own && strstr(text, rest) == NULL)
					fail_msg("byte %zu ^ %02x: tag %d is"
					    " lost\n%s", at, change[i], n,
					    text);
			}
			free(text);
		}
	}
}

static void
a_flood_of_tag_headers_stays_within_bounds(void **state)
{
	/* Each may be the tag that is sought, and claims to be large. */
	static const uint8_t claim[11] = { 9, 0xf0, 0, 0, 9, 0xf0 };
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	struct test_mem mem;
	uint8_t piece[11 * 1024];
	const uint8_t *data;
	size_t i, left;

	(void)state;
	for (i = 0; i < sizeof(piece); i += 11)
		memcpy(piece + i, claim, 11);
	test_mem_init(&mem, 0);
	assert_int_equal(rtmp_flv_reader_new(&r, &mem.mem), 0);
	rtmp_flv_reader_no_header(r);
	for (i = 0; i < 48 * 1024 * 1024; i += sizeof(piece)) {
		data = piece;
		left = sizeof(piece);
		assert_int_equal(rtmp_flv_reader_next(r, &data, &left, &tag,
		    &fault), 0);
	}
	assert_true(mem.peak < 34 * 1024 * 1024);
	assert_int_equal(rtmp_flv_reader_finish(r, &tag, &fault),
	    RTMP_FLV_FAULT);
	assert_int_equal(fault.skipped, i);
	assert_int_equal(rtmp_flv_reader_finish(r, &tag, &fault), 0);
	rtmp_flv_reader_free(r);
	assert_int_equal(mem.live, 0);
}

/* A tag may say 16 MB and never come. */
static void
what_is_announced_is_not_allocated(void **state)
{
	static const uint8_t claim[11] = { 9, 0xff, 0xff, 0xff };
	static const uint8_t zeros[1000];
	struct rtmp_flv_reader *r;
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	struct test_mem mem;
	const uint8_t *data = claim;
	size_t i, left = sizeof(claim);

	(void)state;
	test_mem_init(&mem, 0);
	assert_int_equal(rtmp_flv_reader_new(&r, &mem.mem), 0);
	rtmp_flv_reader_no_header(r);
	assert_int_equal(rtmp_flv_reader_next(r, &data, &left, &tag, &fault),
	    0);
	for (i = 1; i <= 3000; i++) {
		data = zeros;
		left = sizeof(zeros);
		assert_int_equal(rtmp_flv_reader_next(r, &data, &left, &tag,
		    &fault), 0);
		assert_in_range(mem.bytes, 1, 135000 + 4 * 1000 * i);
	}
	rtmp_flv_reader_free(r);
	assert_int_equal(mem.live, 0);
}

/* ---- Memory and arguments ---- */

static int
read_with(struct test_mem *mem, void *arg)
{
	const struct made *m = arg;
	struct rtmp_flv_reader *r;
	struct text t = { NULL, 0, 0 };
	int ret = rtmp_flv_reader_new(&r, &mem->mem);

	if (ret != 0)
		return ret;
	ret = read_in_pieces(r, m->bytes, m->size, 50, &t);
	if (ret == RTMP_ERR_NOMEM)
		assert_string_equal(rtmp_flv_reader_error(r),
		    "out of memory");
	rtmp_flv_reader_free(r);
	free(t.s);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	struct made m;

	(void)state;
	make_flv(&m);
	made_insert(&m, m.start[2], "garbage to be sought through", 28);
	made_put_tag(&m, 9, 0x80000001, 800);
	each_allocation_fails(read_with, &m);
}

/* The lower 24 bits first, then the upper 8: written and read. */
static void
times_are_laid_out_as_in_the_vectors(void **state)
{
	cJSON *json = load_json("vectors/timestamps.json");
	uint8_t file[RTMP_FLV_HEADER_SIZE + 15], *bytes;
	struct rtmp_packet p = { RTMP_MSG_AUDIO, 0, NULL, 0 };
	struct rtmp_flv_reader *r;
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;
	const uint8_t *data;
	const cJSON *v;
	size_t size;
	int n = 0;

	(void)state;
	rtmp_flv_put_header(file, RTMP_FLV_AUDIO);
	cJSON_ArrayForEach(v, json_item(json, "flv_tag_ts")) {
		bytes = from_hex(json_string(v, "bytes"), &size);
		assert_int_equal(size, 4);
		p.timestamp = (uint32_t)json_number(v, "ms");
		assert_int_equal(rtmp_flv_put_tag(file + RTMP_FLV_HEADER_SIZE,
		    file + RTMP_FLV_HEADER_SIZE + 11, &p), 0);
		assert_memory_equal(file + RTMP_FLV_HEADER_SIZE + 4, bytes, 4);
		free(bytes);
		assert_int_equal(rtmp_flv_reader_new(&r, NULL), 0);
		data = file;
		size = sizeof(file);
		assert_int_equal(rtmp_flv_reader_next(r, &data, &size, &tag,
		    &fault), RTMP_FLV_TAG);
		assert_int_equal(tag.packet.timestamp, p.timestamp);
		rtmp_flv_reader_free(r);
		n++;
	}
	assert_int_equal(n, 4);
	cJSON_Delete(json);
}

static void
what_is_no_tag_is_not_written(void **state)
{
	uint8_t head[11] = { 77 }, tail[4] = { 77 };
	struct rtmp_packet p = { RTMP_MSG_COMMAND_AMF0, 0, NULL, 0 };

	(void)state;
	assert_int_equal(rtmp_flv_put_tag(head, tail, &p), RTMP_ERR_INVAL);
	p.type = RTMP_MSG_AUDIO;
	p.size = RTMP_FLV_TAG_SIZE_MAX + 1;
	assert_int_equal(rtmp_flv_put_tag(head, tail, &p), RTMP_ERR_INVAL);
	assert_int_equal(head[0], 77);
	assert_int_equal(tail[0], 77);
	p.size--;
	p.timestamp = 0x12345678;
	assert_int_equal(rtmp_flv_put_tag(head, tail, &p), 0);
	assert_memory_equal(head,
	    "\x08\xff\xff\xff\x34\x56\x78\x12\0\0\0", 11);
	assert_memory_equal(tail, "\x01\x00\x00\x0a", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tag_equals_the_truth),
		cmocka_unit_test(what_was_read_is_written_identically),
		cmocka_unit_test(cut_at_every_byte_all_whole_tags_come),
		cmocka_unit_test(cut_in_the_header_is_said),
		cmocka_unit_test(garbage_between_tags_is_skipped),
		cmocka_unit_test(a_size_that_leads_nowhere_costs_one_tag),
		cmocka_unit_test(wrong_back_pointers_are_told_and_tolerated),
		cmocka_unit_test(timestamps_that_go_back_are_told_and_kept),
		cmocka_unit_test(tags_of_other_types_are_skipped),
		cmocka_unit_test(filtered_tags_are_marked_odd_streams_pass),
		cmocka_unit_test(odd_headers_are_tolerated),
		cmocka_unit_test(what_is_no_flv_is_refused_for_good),
		cmocka_unit_test(joined_files_are_read_through),
		cmocka_unit_test(tags_without_a_file_header_are_read),
		cmocka_unit_test(
		    a_tag_comes_with_the_last_byte_of_its_back_pointer),
		cmocka_unit_test(any_damaged_byte_costs_its_own_tag_at_most),
		cmocka_unit_test(a_flood_of_tag_headers_stays_within_bounds),
		cmocka_unit_test(what_is_announced_is_not_allocated),
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(times_are_laid_out_as_in_the_vectors),
		cmocka_unit_test(what_is_no_tag_is_not_written),
	};

	return cmocka_run_group_tests_name("flv", tests, NULL, NULL);
}
