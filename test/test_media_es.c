/*
 * Elementary streams to packets, compared byte for byte with the FLV files
 * that FFmpeg 9 made of the same encodes.  Where FFmpeg adds or leaves out
 * something, the test says what, and expects exactly that.
 */
#include "support/media.h"

struct stream {
	const char *es, *flv;
	enum rtmp_codec codec;
	enum rtmp_signalling signalling;
	const char *added; /* what added_by_ffmpeg() says, in order */
};

/* What FFmpeg's file has for one packet of ours. */
struct expected {
	struct rtmp_packet packet;
	int64_t pts, dts; /* ns, of coded frames */
	enum rtmp_kind kind;
};

static struct rtmp_packetizer *
new_packetizer(enum rtmp_signalling signalling)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;

	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = signalling;
	assert_int_equal(rtmp_packetizer_new(&p, &opt), 0);
	return p;
}

/*
 * What FFmpeg adds to the packets, as a letter; 0 for all else:
 *
 *     h    an empty SequenceStart of AV1, before the real one
 *     s    a second SequenceStart of FLAC, at the end,
 *     e    and an empty frame behind it
 *     c    MultichannelConfig behind each Enhanced audio header
 *     m    a colorInfo that says nothing
 */
static char
added_by_ffmpeg(const struct rtmp_tag *t, size_t configs)
{
	switch (t->kind) {
	case RTMP_KIND_METADATA:
		return 'm';
	case RTMP_KIND_CHANNELS:
		return 'c';
	case RTMP_KIND_CODED:
		return t->size == 0 ? 'e' : 0;
	case RTMP_KIND_CONFIG:
		if (t->codec == RTMP_CODEC_AV1 && t->size == 0)
			return 'h';
		return configs != 0 ? 's' : 0;
	default:
		return 0;
	}
}

/* The packets of one codec in a file, but for what FFmpeg adds, which must be
 * what the stream says. */
static struct expected *
load_expected(const struct stream *s, struct flv_file *f, size_t *count)
{
	struct expected *list;
	size_t i, configs = 0, added = 0;
	char letter;

	load_flv(f, s->flv);
	list = calloc(f->count, sizeof(*list));
	assert_non_null(list);
	*count = 0;
	for (i = 0; i < f->count; i++) {
		struct expected *e = &list[*count];
		struct rtmp_tag t;

		if (f->packets[i].type != rtmp_codec_type(s->codec))
			continue;
		assert_int_equal(rtmp_tag_read(f->packets[i].type,
		    f->packets[i].data, f->packets[i].size, &t), 1);
		if (t.codec != s->codec)
			continue;
		letter = added_by_ffmpeg(&t, configs);
		if (letter != 0) {
			assert_int_equal(letter, s->added[added++]);
			continue;
		}
		configs += t.kind == RTMP_KIND_CONFIG;
		e->packet = f->packets[i];
		e->kind = t.kind;
		e->dts = f->packets[i].timestamp * (int64_t)RTMP_NS_PER_MS;
		e->pts = e->dts + t.composition_time * RTMP_NS_PER_MS;
		(*count)++;
	}
	assert_int_equal(s->added[added], 0);
	return list;
}

/* One stream and the file that it is compared with. */
struct run {
	struct rtmp_packetizer *p;
	struct packets list; /* what p made */
	struct es_file es;
	struct flv_file f;
	struct expected *e;
	size_t count; /* of e */
};

static void
begin(struct run *r, const struct stream *s)
{
	memset(r, 0, sizeof(*r));
	r->p = new_packetizer(s->signalling);
	load_es(&r->es, s->es);
	r->e = load_expected(s, &r->f, &r->count);
}

static void
end(struct run *r)
{
	free_packets(&r->list);
	rtmp_packetizer_free(r->p);
	free_es(&r->es);
	free_flv(&r->f);
	free(r->e);
}

/* Puts all units of the stream, from the first on, with the times of the
 * file. */
static void
put_units(struct run *r, const struct stream *s, size_t first)
{
	const struct es_file *es = &r->es;
	const struct expected *e = r->e;
	size_t i, j = 0;

	for (i = first; i < es->count; i++) {
		struct rtmp_frame f;

		while (j < r->count && e[j].kind != RTMP_KIND_CODED)
			j++;
		assert_true(j < r->count);
		rtmp_frame_init(&f, sizeof(f));
		f.codec = s->codec;
		f.data = es->data[i];
		f.size = es->sizes[i];
		f.pts = e[j].pts;
		f.dts = e[j].dts;
		if (put_frame(&r->list, r->p, &f) != 0)
			fail_msg("%s: unit %zu: %s", s->es, i,
			    rtmp_packetizer_error(r->p));
		j++;
	}
}

static void
put_config(struct packets *list, struct rtmp_packetizer *p,
    enum rtmp_codec codec, const uint8_t *data, size_t size)
{
	struct rtmp_frame f;

	rtmp_frame_init(&f, sizeof(f));
	f.kind = RTMP_KIND_CONFIG;
	f.codec = codec;
	f.data = data;
	f.size = size;
	assert_int_equal(put_frame(list, p, &f), 0);
}

static void
compare(const struct stream *s, const struct packets *list,
    const struct expected *e, size_t count)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct rtmp_packet *p = &list->items[i];

		if (i == count || p->timestamp != e[i].packet.timestamp ||
		    p->type != e[i].packet.type ||
		    p->size != e[i].packet.size ||
		    memcmp(p->data, e[i].packet.data, p->size) != 0)
			fail_msg("%s: packet %zu at %u, %zu bytes", s->es, i,
			    p->timestamp, p->size);
	}
	assert_int_equal(list->count, count);
}

/* Replaces one body. */
static void
expect_body(struct expected *e, const void *data, size_t size)
{
	e->packet.data = data;
	e->packet.size = size;
}

/* ---- Video ---- */

static void
h264(const char *flv, enum rtmp_signalling signalling, const char *last_hex)
{
	struct stream s = { "h264_annexb.h264", flv, RTMP_CODEC_H264,
		signalling, "" };
	struct run r;
	struct rtmp_frame last;

	begin(&r, &s);
	put_units(&r, &s, 0);
	/* The end of the sequence: FFmpeg writes it at an earlier time than
	 * that of the last frame. */
	assert_int_equal(r.e[r.count - 1].kind, RTMP_KIND_END);
	compare(&s, &r.list, r.e, r.count - 1);
	free_packets(&r.list);
	rtmp_frame_init(&last, sizeof(last));
	last.kind = RTMP_KIND_END;
	last.codec = s.codec;
	last.pts = r.e[r.count - 1].dts;
	assert_int_equal(put_frame(&r.list, r.p, &last), 0);
	assert_int_equal(r.list.count, 1);
	expect_hex(&r.list.items[0], RTMP_MSG_VIDEO,
	    r.e[r.count - 1].packet.timestamp, last_hex);
	expect_packet(&r.list.items[0], RTMP_MSG_VIDEO,
	    r.e[r.count - 1].packet.timestamp, r.e[r.count - 1].packet.data,
	    r.e[r.count - 1].packet.size);
	end(&r);
}

static void
h264_equals_the_flv(void **state)
{
	(void)state;
	h264("h264_aac", RTMP_SIGNAL_LEGACY_FIRST, "17 02 000000");
	h264("fourcc_avc1_mp4a", RTMP_SIGNAL_FOURCC, "92 61766331");
}

/* Where the first slice begins: what precedes it x265 calls its headers. */
static size_t
headers_size(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i + 5 < size; i++)
		if (memcmp(data + i, "\0\0\1", 3) == 0 &&
		    (data[i + 3] >> 1 & 63) < 32)
			return i - (i != 0 && data[i - 1] == 0);
	return 0;
}

/* FFmpeg takes the extradata of the encoder, which ends with an SEI that names
 * x265, into the record, and leaves it out of the frames; so does the
 * packetizer when it gets the same extradata. */
static void
hevc_equals_the_flv(void **state)
{
	struct stream s = { "hevc_annexb.h265", "hevc_aac", RTMP_CODEC_HEVC,
		RTMP_SIGNAL_LEGACY_FIRST, "m" };
	struct run r;
	size_t sei;

	(void)state;
	begin(&r, &s);
	put_config(&r.list, r.p, s.codec, r.es.bytes,
	    headers_size(r.es.bytes, r.es.size));
	put_units(&r, &s, 0);
	compare(&s, &r.list, r.e, r.count);
	free_packets(&r.list);
	rtmp_packetizer_free(r.p);

	/* Without it, the SEI stays where it was: in front of each key. */
	r.p = new_packetizer(s.signalling);
	put_units(&r, &s, 0);
	assert_int_equal(r.list.count, r.count);
	sei = r.list.items[1].size - r.e[1].packet.size - 4;
	assert_true(sei > 1000);
	/* Its array in the record: type, count 2, length 2. */
	assert_int_equal(r.list.items[0].size + 5 + sei, r.e[0].packet.size);
	assert_memory_equal(r.list.items[0].data + 28, r.e[0].packet.data + 28,
	    r.list.items[0].size - 28);
	end(&r);
}

static void
av1(const char *name)
{
	struct stream s = { name, "av1_opus", RTMP_CODEC_AV1,
		RTMP_SIGNAL_LEGACY_FIRST, "hm" };
	struct run r;
	size_t i;
	uint8_t *body;

	begin(&r, &s);
	/* FFmpeg leaves the temporal delimiters, 12 00, in. */
	for (i = 0; i < r.count; i++) {
		if (r.e[i].kind != RTMP_KIND_CODED)
			continue;
		body = (uint8_t *)(uintptr_t)r.e[i].packet.data;
		assert_memory_equal(body + 5, "\x12\0", 2);
		memmove(body + 2, body, 5);
		expect_body(&r.e[i], body + 2, r.e[i].packet.size - 2);
	}
	put_units(&r, &s, 0);
	compare(&s, &r.list, r.e, r.count);
	end(&r);
}

static void
av1_equals_the_flv(void **state)
{
	(void)state;
	av1("av1.obu");
	av1("av1.ivf");
}

static void
vp9_equals_the_flv(void **state)
{
	struct stream s = { "vp9.ivf", "vp9_opus", RTMP_CODEC_VP9,
		RTMP_SIGNAL_LEGACY_FIRST, "m" };
	struct run r;

	(void)state;
	begin(&r, &s);
	/* FFmpeg writes the header at 0, before the first frame at 7. */
	r.e[0].packet.timestamp = r.e[1].packet.timestamp;
	put_units(&r, &s, 0);
	compare(&s, &r.list, r.e, r.count);
	end(&r);
}

/* ---- Audio ---- */

/* Everything that is common to audio: header_body replaces what FFmpeg has in
 * its sequence header; config is what the caller gives. */
static void
audio(const struct stream *s, size_t first, const void *config,
    size_t config_size, const void *header_body, size_t header_size)
{
	struct run r;

	begin(&r, s);
	if (r.e[0].kind == RTMP_KIND_CONFIG) {
		/* FFmpeg writes headers at 0, before the first frame. */
		if (config == NULL)
			r.e[0].packet.timestamp = r.e[1].packet.timestamp;
		if (header_body != NULL)
			expect_body(&r.e[0], header_body, header_size);
	}
	if (config != NULL)
		put_config(&r.list, r.p, s->codec, config, config_size);
	put_units(&r, s, first);
	compare(s, &r.list, r.e, r.count);
	end(&r);
}

/* FFmpeg tells behind the configuration that there is no SBR, 56 e5 00, which
 * ADTS does not say. */
static void
aac_equals_the_flv(void **state)
{
	struct stream s = { "aac.adts", "h264_aac", RTMP_CODEC_AAC,
		RTMP_SIGNAL_LEGACY_FIRST, "" };

	(void)state;
	audio(&s, 0, NULL, 0, "\xaf\0\x12\x10", 4);
	audio(&s, 0, "\x12\x10\x56\xe5", 5, NULL, 0);
	s.flv = "fourcc_avc1_mp4a";
	s.signalling = RTMP_SIGNAL_FOURCC;
	audio(&s, 0, NULL, 0, "\x90mp4a\x12\x10", 7);
	audio(&s, 0, "\x12\x10\x56\xe5", 5, NULL, 0);
}

static void
mp3_equals_the_flv(void **state)
{
	struct stream s = { "mp3.mp3", "h264_mp3", RTMP_CODEC_MP3,
		RTMP_SIGNAL_LEGACY_FIRST, "" };

	(void)state;
	audio(&s, 0, NULL, 0, NULL, 0);
}

/* This file was derived from the other, without a SequenceStart; ours is
 * empty. */
static void
mp3_by_fourcc_equals_the_flv(void **state)
{
	struct stream s = { "mp3.mp3", "fourcc_avc1_mp3", RTMP_CODEC_MP3,
		RTMP_SIGNAL_FOURCC, "" };
	struct run r;
	struct packets rest;

	(void)state;
	begin(&r, &s);
	put_units(&r, &s, 0);
	expect_hex(&r.list.items[0], RTMP_MSG_AUDIO, r.e[0].packet.timestamp,
	    "90 2e6d7033");
	rest = r.list;
	rest.items++;
	rest.count--;
	compare(&s, &rest, r.e, r.count);
	end(&r);
}

/* The header of AC-3 says nothing, and is there. */
static void
ac3_equals_the_flv(void **state)
{
	struct stream ac3 = { "ac3.ac3", "h264_ac3", RTMP_CODEC_AC3,
		RTMP_SIGNAL_LEGACY_FIRST, "c" };
	struct stream eac3 = { "eac3.eac3", "h264_eac3", RTMP_CODEC_EAC3,
		RTMP_SIGNAL_LEGACY_FIRST, "c" };

	(void)state;
	audio(&ac3, 0, NULL, 0, NULL, 0);
	audio(&eac3, 0, NULL, 0, NULL, 0);
}

/* An Ogg file begins with OpusHead and OpusTags. */
static void
opus_equals_the_flv(void **state)
{
	struct stream s = { "opus.ogg", "av1_opus", RTMP_CODEC_OPUS,
		RTMP_SIGNAL_LEGACY_FIRST, "c" };
	struct es_file es;

	(void)state;
	load_es(&es, s.es);
	audio(&s, 2, es.data[0], es.sizes[0], NULL, 0);
	free_es(&es);
}

/* FFmpeg writes the 34 bytes of STREAMINFO alone; the specification wants the
 * signature and the block header, too. */
static void
flac_equals_the_flv(void **state)
{
	struct stream s = { "flac.flac", "hevc_flac", RTMP_CODEC_FLAC,
		RTMP_SIGNAL_LEGACY_FIRST, "csce" };
	uint8_t body[5 + 8 + 34] = "\x90" "fLaC" "fLaC\x80\0\0\x22";
	struct stream again = s;
	struct es_file es;
	struct flv_file f;

	(void)state;
	load_es(&es, s.es);
	load_flv(&f, s.flv);
	/* The file of the stream has STREAMINFO as it was known at the end;
	 * the FLV has what was known at the beginning. */
	memcpy(body + 13, f.packets[2].data + 5, 34);
	assert_memory_equal(f.packets[2].data, "\x90" "fLaC", 5);
	audio(&s, 0, body + 13, 34, body, sizeof(body));
	audio(&again, 0, body + 9, 38, body, sizeof(body));
	audio(&again, 0, body + 5, 42, body, sizeof(body));
	memcpy(body + 13, es.bytes + 8, 34);
	audio(&again, 0, es.bytes, 8000, body, sizeof(body));
	free_es(&es);
	free_flv(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h264_equals_the_flv),
		cmocka_unit_test(hevc_equals_the_flv),
		cmocka_unit_test(av1_equals_the_flv),
		cmocka_unit_test(vp9_equals_the_flv),
		cmocka_unit_test(aac_equals_the_flv),
		cmocka_unit_test(mp3_equals_the_flv),
		cmocka_unit_test(mp3_by_fourcc_equals_the_flv),
		cmocka_unit_test(ac3_equals_the_flv),
		cmocka_unit_test(opus_equals_the_flv),
		cmocka_unit_test(flac_equals_the_flv),
	};

	return cmocka_run_group_tests_name("media es", tests, NULL, NULL);
}
