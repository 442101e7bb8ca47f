/* Frames to packets: what each codec becomes, what is left out, what is
 * refused. */
#include "support/media.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

/* 320x180, High; and what FFmpeg makes of it in h264_aac.flv */
static uint8_t *avcc; /* the record */
static size_t avcc_size;
static uint8_t *sets; /* SPS and PPS in Annex B, with 4-byte start codes */
static size_t sets_size;

static int
load_sets(void **state)
{
	struct flv_file f;
	size_t sps, pps;
	const uint8_t *p;

	(void)state;
	load_flv(&f, "h264_aac");
	avcc_size = f.packets[1].size - 5;
	avcc = malloc(avcc_size);
	sets = malloc(avcc_size);
	assert_non_null(avcc);
	assert_non_null(sets);
	memcpy(avcc, f.packets[1].data + 5, avcc_size);
	free_flv(&f);
	p = avcc + 6;
	sps = p[1];
	memcpy(sets, "\0\0\0\1", 4);
	memcpy(sets + 4, p + 2, sps);
	p += 2 + sps + 1;
	pps = p[1];
	memcpy(sets + 4 + sps, "\0\0\0\1", 4);
	memcpy(sets + 8 + sps, p + 2, pps);
	sets_size = 8 + sps + pps;
	return 0;
}

static int
free_sets(void **state)
{
	(void)state;
	free(avcc);
	free(sets);
	return 0;
}

/* ---- A packetizer under test ---- */

struct bench {
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	struct packets list;
	struct rtmp_frame f; /* to be changed and put */
};

static void
begin(struct bench *b, enum rtmp_codec codec)
{
	memset(b, 0, sizeof(*b));
	rtmp_packetizer_options_init(&b->opt, sizeof(b->opt));
	rtmp_frame_init(&b->f, sizeof(b->f));
	b->f.codec = codec;
}

static int
put(struct bench *b, const void *data, size_t size)
{
	uint8_t *guard = guard_copy(data, size);
	int ret;

	if (b->p == NULL)
		assert_int_equal(rtmp_packetizer_new(&b->p, &b->opt), 0);
	free_packets(&b->list);
	b->f.data = guard;
	b->f.size = size;
	ret = put_frame(&b->list, b->p, &b->f);
	guard_free(guard, size);
	b->f.data = NULL;
	assert_int_equal(ret != 0, *rtmp_packetizer_error(b->p) != 0);
	return ret;
}

static int
put_hex(struct bench *b, const char *hex)
{
	size_t size;
	uint8_t *data = from_hex(hex, &size);
	int ret = put(b, data, size);

	free(data);
	return ret;
}

static void
expect(struct bench *b, size_t i, uint8_t type, uint32_t ts, const char *hex)
{
	assert_true(i < b->list.count);
	expect_hex(&b->list.items[i], type, ts, hex);
}

static void
end(struct bench *b)
{
	free_packets(&b->list);
	rtmp_packetizer_free(b->p);
	memset(b, 0, sizeof(*b));
}

/* The sets in front of some NAL units. */
static int
put_key(struct bench *b, const char *hex)
{
	uint8_t data[512];
	size_t size;
	uint8_t *nals = from_hex(hex, &size);
	int ret;

	memcpy(data, sets, sets_size);
	memcpy(data + sets_size, nals, size);
	ret = put(b, data, sets_size + size);
	free(nals);
	return ret;
}

static void
expect_header(struct bench *b, size_t i, uint32_t ts, const char *front)
{
	const struct rtmp_packet *p = &b->list.items[i];
	size_t size;
	uint8_t *bytes = from_hex(front, &size);

	assert_true(i < b->list.count);
	assert_int_equal(p->type, V);
	assert_int_equal(p->timestamp, ts);
	assert_int_equal(p->size, size + avcc_size);
	assert_memory_equal(p->data, bytes, size);
	assert_memory_equal(p->data + size, avcc, avcc_size);
	free(bytes);
}

/* ---- H.264 ---- */

/* What an encoder gives, with all that the transport has no use for. */
static void
annexb_becomes_a_header_and_a_packet(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	b.f.pts = 80 * MS;
	b.f.dts = 0;
	/* AUD, sets, SEI, IDR in two slices, filler, end of sequence; 3 and 4
	 * byte start codes; zeros at the end */
	assert_int_equal(put_key(&b, "00000109f0" "0000010605ff80"
	    "00000001658880" "000001650001" "000000010cffff80" "0000010a"
	    "000000"), 0);
	assert_int_equal(b.list.count, 2);
	expect_header(&b, 0, 0, "1700000000");
	/* cts 80; the key flag comes from the data */
	expect(&b, 1, V, 0, "1701000050" "00000004 0605ff80"
	    "00000003 658880" "00000003 650001");
	/* The next one has no header, whether it brings the sets or not. */
	b.f.pts = b.f.dts = 40 * MS;
	assert_int_equal(put_hex(&b, "00000001419a23"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, V, 40, "2701000000 00000003 419a23");
	b.f.pts = b.f.dts = 80 * MS;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, V, 80, "1701000000 00000003 658880");
	end(&b);
}

static void
a_changed_set_brings_a_new_header(void **state)
{
	struct bench b;
	const uint8_t *record;
	size_t size, first;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 2);
	/* a PPS with another id is added: 011.. is id 2 */
	assert_int_equal(put_hex(&b, "00000168686880" "00000141e0"), 0);
	assert_int_equal(b.list.count, 2);
	assert_int_equal(rtmp_packetizer_config(b.p, V, 0, &record, &size),
	    1);
	first = size;
	assert_true(size > avcc_size);
	assert_int_equal(b.list.items[0].size, size + 5);
	/* the same again */
	assert_int_equal(put_hex(&b, "00000168686880" "00000141e0"), 0);
	assert_int_equal(b.list.count, 1);
	/* another one with this id takes its place */
	assert_int_equal(put_hex(&b, "000001686868ff80" "00000141e0"), 0);
	assert_int_equal(b.list.count, 2);
	assert_int_equal(rtmp_packetizer_config(b.p, V, 0, &record, &size),
	    1);
	assert_int_equal(size, first + 1);
	/* a whole set that is known, and then the same without more */
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

static void
sets_may_come_alone_and_one_by_one(void **state)
{
	struct bench b;
	size_t sps = sets_size;

	(void)state;
	for (sps = 4; memcmp(sets + sps, "\0\0\0\1", 4) != 0; sps++)
		;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put(&b, sets, sps), 0);
	assert_int_equal(b.list.count, 0);
	/* A frame cannot go before there is a PPS. */
	assert_int_equal(put_hex(&b, "000001658880"), RTMP_ERR_INVAL);
	assert_int_equal(put(&b, sets + sps, sets_size - sps), 0);
	assert_int_equal(b.list.count, 1);
	expect_header(&b, 0, 0, "1700000000");
	assert_int_equal(put_hex(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 1);
	/* SEI and delimiters alone are no frame. */
	assert_int_equal(put_hex(&b, "00000109f0" "0000010605ff80"), 0);
	assert_int_equal(b.list.count, 0);
	end(&b);
}

static void
lengths_of_all_sizes_are_taken(void **state)
{
	static const struct {
		unsigned size;
		const char *frame;
	} cases[] = {
		{ 1, "0309f0ff" "03658880" "00" "026500" },
		{ 2, "000309f0ff" "0003658880" "0000" "00026500" },
		{ 4, "0000000309f0ff" "00000003658880" "00000000"
		    "000000026500" },
	};
	struct bench b;
	uint8_t record[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&b, RTMP_CODEC_H264);
		memcpy(record, avcc, avcc_size);
		record[4] = (uint8_t)(0xfc | (cases[i].size - 1));
		b.f.kind = RTMP_KIND_CONFIG;
		assert_int_equal(put(&b, record, avcc_size), 0);
		expect_header(&b, 0, 0, "1700000000");
		b.f.kind = RTMP_KIND_CODED;
		assert_int_equal(put_hex(&b, cases[i].frame), 0);
		expect(&b, 0, V, 0, "1701000000 00000003658880 000000026500");
		/* Past the end: nothing comes, and the next one is good. */
		assert_int_equal(put_hex(&b, i == 0 ? "0465888000ff0165" :
		    i == 1 ? "00046588" : "0000000465888000ffffffff"),
		    RTMP_ERR_MALFORMED);
		assert_int_equal(b.list.count, 0);
		assert_int_equal(put_hex(&b, cases[i].frame), 0);
		assert_int_equal(b.list.count, 1);
		end(&b);
	}
}

/* 00 00 01 2c is a start code, and the length of a NAL unit of 300 bytes. */
static void
lengths_that_look_like_start_codes_are_lengths(void **state)
{
	uint8_t frame[4 + 300] = { 0, 0, 1, 0x2c, 0x41, 0x9a };
	struct bench b;

	(void)state;
	memset(frame + 6, 0x55, sizeof(frame) - 6);
	begin(&b, RTMP_CODEC_H264);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put(&b, avcc, avcc_size), 0);
	b.f.kind = RTMP_KIND_CODED;
	assert_int_equal(put(&b, frame, sizeof(frame)), 0);
	assert_int_equal(b.list.items[0].size, 5 + sizeof(frame));
	assert_memory_equal(b.list.items[0].data + 5, frame, sizeof(frame));
	/* A record, but start codes all the same, as some capture apps do. */
	assert_int_equal(put_hex(&b, "00000001658880"), 0);
	expect(&b, 0, V, 0, "1701000000 00000003 658880");
	assert_int_equal(put(&b, frame, sizeof(frame)), 0);
	assert_int_equal(b.list.items[0].size, 5 + sizeof(frame));
	end(&b);
	/* In a track of Annex B it is a start code. */
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 0, "2701000000 00000002 419a");
	end(&b);
}

/* Nothing is copied where nothing is left out. */
static void
length_prefixed_data_is_lent(void **state)
{
	static const uint8_t frame[] = { 0, 0, 0, 3, 0x65, 0x88, 0x80, 0, 0, 0,
		2, 0x65, 1 };
	static const uint8_t with_aud[] = { 0, 0, 0, 2, 9, 0xf0, 0, 0, 0, 3,
		0x65, 0x88, 0x80 };
	struct rtmp_packet packet;
	struct iovec iov[2];
	struct bench b;
	int count;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put(&b, avcc, avcc_size), 0);
	b.f.kind = RTMP_KIND_CODED;
	b.f.data = frame;
	b.f.size = sizeof(frame);
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), 0);
	assert_int_equal(rtmp_packetizer_next_iov(b.p, &packet, iov, &count),
	    1);
	assert_int_equal(count, 2);
	assert_int_equal(packet.size, 5 + sizeof(frame));
	assert_null(packet.data);
	assert_int_equal(iov[0].iov_len, 5);
	assert_memory_equal(iov[0].iov_base, "\x17\1\0\0\0", 5);
	assert_ptr_equal(iov[1].iov_base, frame);
	assert_int_equal(iov[1].iov_len, sizeof(frame));
	assert_int_equal(rtmp_packetizer_next_iov(b.p, &packet, iov, &count),
	    0);
	assert_int_equal(count, 0);
	b.f.data = with_aud;
	b.f.size = sizeof(with_aud);
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), 0);
	assert_int_equal(rtmp_packetizer_next_iov(b.p, &packet, iov, &count),
	    1);
	assert_int_equal(count, 1);
	assert_int_equal(iov[0].iov_len, 5 + 7);
	end(&b);
}

static void
broken_frames_are_refused_the_next_is_good(void **state)
{
	static const char *const broken[] = {
		"ff", "0000", "000000000000", "65888065888065888065",
		"000000ff6588", "00000001", "000001",
	};
	struct bench b;
	size_t i;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	for (i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		assert_int_equal(put_hex(&b, broken[i]), RTMP_ERR_MALFORMED);
		assert_int_equal(b.list.count, 0);
		b.f.form = RTMP_FORM_ANNEXB;
		assert_int_equal(put_hex(&b, broken[i]), RTMP_ERR_MALFORMED);
		b.f.form = RTMP_FORM_AUTO;
		assert_int_equal(put_hex(&b, "000001658880"), 0);
		assert_int_equal(b.list.count, 1);
	}
	/* a broken SPS, and a broken record */
	assert_int_equal(put_hex(&b, "000001676400" "000001681111"
	    "000001658880"), RTMP_ERR_MALFORMED);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put_hex(&b, "0164001f"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "00000109f0"), RTMP_ERR_MALFORMED);
	b.f.kind = RTMP_KIND_CODED;
	assert_int_equal(put_hex(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

/* ---- Times ---- */

static void
composition_times_that_do_not_fit_are_refused(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	b.f.dts = 0;
	b.f.pts = 8388607LL * MS;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 0, "27017fffff 00000002419a");
	b.f.pts += MS;
	assert_int_equal(put_hex(&b, "000001419a"), RTMP_ERR_INVAL);
	b.f.dts = 8388608LL * MS;
	b.f.pts = 0;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 8388608, "2701800000 00000002419a");
	b.f.dts += MS;
	assert_int_equal(put_hex(&b, "000001419a"), RTMP_ERR_INVAL);
	/* negative, and none */
	b.f.pts = b.f.dts = -MS;
	assert_int_equal(put_hex(&b, "000001419a"), RTMP_ERR_INVAL);
	b.f.pts = RTMP_NO_TIME;
	assert_int_equal(put_hex(&b, "000001419a"), RTMP_ERR_INVAL);
	/* pts alone is enough; 2^32 wraps. */
	b.f.pts = (4294967296LL + 5) * MS;
	b.f.dts = RTMP_NO_TIME;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 5, "2701000000 00000002419a");
	end(&b);
}

static void
times_are_rounded_or_carry_nanoseconds(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AV1);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put_hex(&b,
	    "81000c000a0a00000002afff9b5f2008"), 0);
	b.f.kind = RTMP_KIND_CODED;
	b.f.pts = 16666667;
	assert_int_equal(put_hex(&b, "0a0a00000002afff9b5f2008"), 0);
	expect(&b, 0, V, 17, "a1 61763031 0a0a00000002afff9b5f2008");
	end(&b);

	begin(&b, RTMP_CODEC_OPUS);
	b.opt.nanoseconds = 1;
	b.f.pts = 6500001;
	assert_int_equal(put_hex(&b, "f8fffe"), 0);
	assert_int_equal(b.list.count, 2);
	/* the header is not timed so finely, nor is it later */
	expect(&b, 0, A, 6, "90 4f707573"
	    "4f70757348656164 01 01 3801 80bb0000 0000 00");
	expect(&b, 1, A, 6, "97 02 07a121 01 4f707573 f8fffe");
	b.f.pts = 7000000;
	assert_int_equal(put_hex(&b, "f8fffe"), 0);
	expect(&b, 0, A, 7, "914f707573 f8fffe");
	end(&b);

	/* pts = dts + composition time + nanoseconds */
	begin(&b, RTMP_CODEC_H264);
	b.opt.nanoseconds = 1;
	b.opt.signalling = RTMP_SIGNAL_FOURCC;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	b.f.dts = 33366666;
	b.f.pts = 100100000;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 33, "a7 02 0186a0 01 61766331 000043 00000002419a");
	end(&b);
}

/* ---- Signalling ---- */

static void
fourcc_and_composition_time_zero_make_coded_frames_x(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	b.opt.signalling = RTMP_SIGNAL_FOURCC;
	b.f.dts = 0;
	b.f.pts = 40 * MS;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	expect_header(&b, 0, 0, "9061766331");
	expect(&b, 1, V, 0, "91 61766331 000028 00000003658880");
	b.f.pts = 0;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	expect(&b, 0, V, 0, "a3 61766331 00000002419a");
	b.f.flags = RTMP_FRAME_END;
	b.f.pts = b.f.dts = 40 * MS;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 1, V, 40, "92 61766331");
	/* A new sequence needs its header. */
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 2);
	expect_header(&b, 0, 40, "9061766331");
	expect(&b, 1, V, 40, "93 61766331 00000002419a");
	end(&b);
}

/* Codec 12 is no standard: it is written on request alone. */
static void
hevc_is_enhanced_unless_legacy_is_asked_for(void **state)
{
	struct rtmp_packet *header;
	struct flv_file f;
	struct bench b;
	int legacy;

	(void)state;
	load_flv(&f, "hevc_aac");
	header = &f.packets[1];
	assert_memory_equal(header->data, "\x90hvc1", 5);
	for (legacy = 0; legacy < 2; legacy++) {
		begin(&b, RTMP_CODEC_HEVC);
		if (legacy)
			b.opt.signalling = RTMP_SIGNAL_LEGACY;
		b.f.kind = RTMP_KIND_CONFIG;
		assert_int_equal(put(&b, header->data + 5, header->size - 5),
		    0);
		assert_int_equal(b.list.count, 1);
		assert_memory_equal(b.list.items[0].data, legacy ?
		    "\x1c\0\0\0\0\1" : "\x90hvc1\1", 6);
		b.f.kind = RTMP_KIND_CODED;
		/* AUD, IDR_W_RADL, suffix SEI */
		assert_int_equal(put_hex(&b, "00000003460150"
		    "000000042801af11" "000000035001ff"), 0);
		expect(&b, 0, V, 0, legacy ?
		    "1c01000000 000000042801af11 000000035001ff" :
		    "93 68766331 000000042801af11 000000035001ff");
		end(&b);
	}
	free_flv(&f);
}

/* The beginning of VPS_A_4 of the conformance suite, ITU-T H.266.1.  APS
 * change with the pictures, and stay with them. */
#define VVC_VPS "00711040004c0180802223c00033c0840210068201e159"
#define VVC_SPS "0079010d2223c000403440f2350023d11ba211a214991984d958c10209e0"
#define VVC_PPS "008100003440f229080167b2165962"
#define VVC_APS "008920d2800288008480"
#define VVC_IDR "0041c4025403"

static void
vvc_has_its_record(void **state)
{
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;
	struct rtmp_frame f;
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_VVC);
	/* with a delimiter, and an end of sequence */
	assert_int_equal(put_hex(&b, "0000000100a128" "00000001" VVC_VPS
	    "00000001" VVC_SPS "00000001" VVC_PPS "000001" VVC_APS
	    "000001" VVC_IDR "00000100a9"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, V, 0, "90 76766331 ff00115f 012223 c000 00d000780000 03"
	    "0e 0001 0017" VVC_VPS "0f 0001 001e" VVC_SPS
	    "10 0001 000f" VVC_PPS);
	expect(&b, 1, V, 0, "93 76766331 0000000a" VVC_APS
	    "00000006" VVC_IDR);

	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	assert_int_equal(rtmp_depacketizer_new(&d, &opt), 0);
	assert_int_equal(rtmp_depacketizer_put(d, &b.list.items[0]), 0);
	assert_int_equal(rtmp_depacketizer_next(d, &f), 1);
	assert_int_equal(rtmp_depacketizer_put(d, &b.list.items[1]), 0);
	assert_int_equal(rtmp_depacketizer_next(d, &f), 1);
	assert_int_equal(f.size, 5 * 4 + 23 + 30 + 15 + 10 + 6);
	assert_int_equal(f.form, RTMP_FORM_ANNEXB);
	rtmp_depacketizer_free(d);
	end(&b);
}

static void
restart_sends_the_headers_anew(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	rtmp_packetizer_restart(b.p);
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 2);
	expect_header(&b, 0, 0, "1700000000");
	end(&b);
}

/* ---- Several tracks ---- */

static void
other_tracks_have_their_number(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	b.f.track = 1;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	expect_header(&b, 0, 0, "96006176633101");
	expect(&b, 1, V, 0, "96 03 61766331 01 00000003658880");
	/* track 0 is legacy all the same, with a header of its own */
	b.f.track = 0;
	assert_int_equal(put_key(&b, "000001658880"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 1, V, 0, "1701000000 00000003658880");
	/* audio 1 is another track than video 1 */
	b.f.codec = RTMP_CODEC_AAC;
	b.f.track = 1;
	assert_int_equal(put_hex(&b, "fff15080013ffc2120"), 0);
	expect(&b, 0, A, 0, "95 00 6d703461 01 1210");
	expect(&b, 1, A, 0, "95 01 6d703461 01 2120");
	b.f.codec = RTMP_CODEC_G711A;
	assert_int_equal(put_hex(&b, "d5d5"), RTMP_ERR_INVAL);
	end(&b);

	begin(&b, RTMP_CODEC_OPUS);
	b.opt.multitrack = RTMP_MULTITRACK_ONE;
	assert_int_equal(put_hex(&b, "f8"), 0);
	expect(&b, 1, A, 0, "95 01 4f707573 00 f8");
	end(&b);
	begin(&b, RTMP_CODEC_OPUS);
	b.opt.multitrack = RTMP_MULTITRACK_MANY_CODECS;
	assert_int_equal(put_hex(&b, "f8"), 0);
	expect(&b, 1, A, 0, "95 21 4f707573 00 000001 f8");
	end(&b);
}

static void
frames_of_one_moment_share_a_packet(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H264);
	assert_int_equal(put_key(&b, "000001658880"), 0);
	b.f.track = 1;
	assert_int_equal(put_key(&b, "000001658880"), 0);

	b.f.track = 0;
	b.f.flags = RTMP_FRAME_MORE;
	b.f.pts = 80 * MS;
	b.f.dts = 40 * MS;
	assert_int_equal(put_hex(&b, "000001419a"), 0);
	assert_int_equal(b.list.count, 0);
	b.f.track = 1;
	b.f.pts = 40 * MS;
	b.f.flags = 0;
	assert_int_equal(put_hex(&b, "000001419b"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, V, 40, "a6 11 61766331"
	    "00 000009 000028 00000002419a"
	    "01 000009 000000 00000002419b");
	end(&b);

	/* another codec, and one that comes without a key flag first */
	begin(&b, RTMP_CODEC_AAC);
	b.f.flags = RTMP_FRAME_MORE;
	assert_int_equal(put_hex(&b, "fff15080013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 0, "95 00 6d703461 00 1210");
	b.f.codec = RTMP_CODEC_OPUS;
	b.f.track = 1;
	b.f.flags = 0;
	assert_int_equal(put_hex(&b, "f8"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 1, A, 0, "95 21 6d703461 00 000002 2120"
	    "4f707573 01 000001 f8");
	end(&b);
}

static void
frames_that_cannot_share_a_packet_go_alone(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_OPUS);
	assert_int_equal(put_hex(&b, "f8"), 0);
	b.f.track = 1;
	assert_int_equal(put_hex(&b, "f8"), 0);
	b.f.flags = RTMP_FRAME_MORE;
	b.f.track = 0;
	assert_int_equal(put_hex(&b, "f801"), 0);
	/* a later time */
	b.f.track = 1;
	b.f.pts = 20 * MS;
	assert_int_equal(put_hex(&b, "f802"), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 0, "95 11 4f707573 00 000002 f801");
	/* another type: what waits goes first */
	b.f.codec = RTMP_CODEC_VP6;
	b.f.track = 0;
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "0011"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, A, 20, "95 11 4f707573 01 000002 f802");
	expect(&b, 1, V, 20, "14 0011");
	end(&b);
}

/* ---- Other codecs ---- */

static void
vp8_and_vp9_keys_bring_the_record(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_VP8);
	/* before a key frame nothing can go */
	assert_int_equal(put_hex(&b, "3102000000"), RTMP_ERR_INVAL);
	assert_int_equal(put_hex(&b, "100200" "9d012a" "40014001" "b400"),
	    0);
	assert_int_equal(b.list.count, 2);
	assert_int_equal(b.list.items[0].size, 5 + 12);
	assert_memory_equal(b.list.items[0].data, "\x90vp08\1\0\0\0", 9);
	expect(&b, 1, V, 0, "91 76703038 100200 9d012a 40014001 b400");
	assert_int_equal(put_hex(&b, "31020000"), 0);
	expect(&b, 0, V, 0, "a1 76703038 31020000");
	assert_int_equal(put_hex(&b, "10"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_VP9);
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_MALFORMED);
	end(&b);
}

static void
adts_frames_become_packets_of_their_own(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AAC);
	/* two frames of 48 kHz mono */
	b.f.pts = 1000 * MS;
	assert_int_equal(put_hex(&b, "fff14c40013ffc2120"
	    "fff14c40013ffc2122"), 0);
	assert_int_equal(b.list.count, 3);
	expect(&b, 0, A, 1000, "af00 1188");
	expect(&b, 1, A, 1000, "af01 2120");
	expect(&b, 2, A, 1021, "af01 2122");
	/* the rate changes */
	assert_int_equal(put_hex(&b, "fff15040013ffc2120"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, A, 1000, "af00 1208");
	/* cut off, garbage, two blocks in a frame */
	assert_int_equal(put_hex(&b, "2120"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc21"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc2120" "ff"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(b.list.count, 0);
	assert_int_equal(put_hex(&b, "fff15040013ffd2120"),
	    RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "fff15040013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

/* ADTS cannot tell SBR: a configuration that can stays. */
static void
aac_configuration_is_kept_when_adts_agrees(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AAC);
	b.f.kind = RTMP_KIND_CONFIG;
	/* HE-AAC: SBR 48000 over LC 24000 stereo */
	assert_int_equal(put_hex(&b, "2b118800"), 0);
	expect(&b, 0, A, 0, "af00 2b118800");
	b.f.kind = RTMP_KIND_CODED;
	assert_int_equal(put_hex(&b, "fff15880013ffc2120"), 0);
	assert_int_equal(b.list.count, 1);
	/* raw frames need one */
	b.f.form = RTMP_FORM_RAW;
	assert_int_equal(put_hex(&b, "fff15880013ffc2120"), 0);
	expect(&b, 0, A, 0, "af01 fff15880013ffc2120");
	end(&b);
	begin(&b, RTMP_CODEC_AAC);
	assert_int_equal(put_hex(&b, "2120"), RTMP_ERR_INVAL);
	end(&b);
}

static void
legacy_sound_has_its_header(void **state)
{
	static const struct {
		enum rtmp_codec codec;
		uint32_t rate;
		uint8_t channels, bits;
		const char *packet;
	} cases[] = {
		{ RTMP_CODEC_PCM_LE, 44100, 2, 16, "3f 0102" },
		{ RTMP_CODEC_PCM_LE, 22050, 1, 8, "38 0102" },
		{ RTMP_CODEC_PCM, 11025, 1, 16, "06 0102" },
		{ RTMP_CODEC_PCM_LE, 0, 0, 0, "3f 0102" },
		{ RTMP_CODEC_G711A, 8000, 1, 0, "72 0102" },
		{ RTMP_CODEC_G711U, 8000, 2, 0, "83 0102" },
		{ RTMP_CODEC_SPEEX, 16000, 1, 0, "b2 0102" },
		{ RTMP_CODEC_NELLYMOSER_16K, 16000, 1, 0, "42 0102" },
		{ RTMP_CODEC_NELLYMOSER, 44100, 1, 0, "6e 0102" },
		{ RTMP_CODEC_ADPCM, 5512, 1, 16, "12 0102" },
	};
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&b, cases[i].codec);
		b.f.sample_rate = cases[i].rate;
		b.f.channels = cases[i].channels;
		b.f.sample_size = cases[i].bits;
		assert_int_equal(put_hex(&b, "0102"), 0);
		assert_int_equal(b.list.count, 1);
		expect(&b, 0, A, 0, cases[i].packet);
		end(&b);
	}
	/* MPEG-2 layer III, 22050 Hz, mono: told by the frame */
	begin(&b, RTMP_CODEC_MP3);
	assert_int_equal(put_hex(&b, "fff330c4"), 0);
	expect(&b, 0, A, 0, "2a fff330c4");
	assert_int_equal(put_hex(&b, "0000"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_MP3);
	b.opt.signalling = RTMP_SIGNAL_FOURCC;
	assert_int_equal(put_hex(&b, "fff330c4"), 0);
	expect(&b, 0, A, 0, "90 2e6d7033");
	expect(&b, 1, A, 0, "91 2e6d7033 fff330c4");
	end(&b);
}

static void
legacy_video_passes(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_H263);
	b.f.flags = RTMP_FRAME_DISPOSABLE;
	assert_int_equal(put_hex(&b, "0000"), 0);
	expect(&b, 0, V, 0, "32 0000");
	b.f.flags = RTMP_FRAME_KEY;
	assert_int_equal(put_hex(&b, "0000"), 0);
	expect(&b, 0, V, 0, "12 0000");
	/* It has no way to say that it ends. */
	b.f.flags |= RTMP_FRAME_END;
	assert_int_equal(put_hex(&b, "0000"), 0);
	assert_int_equal(b.list.count, 1);
	end(&b);
}

static void
audio_that_is_not_what_it_says_is_refused(void **state)
{
	static const enum rtmp_codec codecs[] = { RTMP_CODEC_MP3,
		RTMP_CODEC_AC3, RTMP_CODEC_EAC3, RTMP_CODEC_VP9,
		RTMP_CODEC_AV1 };
	struct bench b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		begin(&b, codecs[i]);
		assert_int_equal(put_hex(&b, "ffffffff"), RTMP_ERR_MALFORMED);
		assert_int_equal(b.list.count, 0);
		end(&b);
	}
	/* FLAC needs STREAMINFO; five channels of Opus an OpusHead. */
	begin(&b, RTMP_CODEC_FLAC);
	assert_int_equal(put_hex(&b, "fff8"), RTMP_ERR_INVAL);
	b.f.kind = RTMP_KIND_CONFIG;
	assert_int_equal(put_hex(&b, "664c6143"), RTMP_ERR_MALFORMED);
	end(&b);
	begin(&b, RTMP_CODEC_OPUS);
	b.f.channels = 5;
	assert_int_equal(put_hex(&b, "f8"), RTMP_ERR_INVAL);
	end(&b);
}

/* A frame header OBU without a size, and delimiters: rewritten. */
static void
av1_units_get_sizes_and_lose_delimiters(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, RTMP_CODEC_AV1);
	/* no sequence header yet */
	assert_int_equal(put_hex(&b, "12001200"), RTMP_ERR_INVAL);
	assert_int_equal(put_hex(&b, "12000a0a00000002afff9b5f2008"
	    "10"), 0);
	assert_int_equal(b.list.count, 2);
	expect(&b, 0, V, 0, "90 61763031 81000c00 0a0a00000002afff9b5f2008");
	/* delimiters alone are nothing */
	assert_int_equal(put_hex(&b, "1200"), 0);
	assert_int_equal(b.list.count, 0);
	/* padding without a size gets one */
	assert_int_equal(put_hex(&b, "1200" "78aabb"), 0);
	expect(&b, 0, V, 0, "a1 61763031 7a02aabb");
	/* OBU size past the end */
	assert_int_equal(put_hex(&b, "1200" "7a05aabb"), RTMP_ERR_MALFORMED);
	assert_int_equal(put_hex(&b, "7affffffffffffffffff01"),
	    RTMP_ERR_MALFORMED);
	end(&b);
}

/* ---- Other kinds ---- */

static void
other_kinds_are_written(void **state)
{
	struct bench b;
	struct rtmp_channels c;
	uint8_t buf[RTMP_CHANNELS_SIZE_MAX];
	size_t len;

	(void)state;
	begin(&b, RTMP_CODEC_UNKNOWN);
	b.f.kind = RTMP_KIND_SILENCE;
	b.f.pts = 40 * MS;
	assert_int_equal(put(&b, "", 0), 0);
	assert_int_equal(b.list.count, 1);
	expect(&b, 0, A, 40, "");
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_SCRIPT;
	assert_int_equal(put_hex(&b, "020001ff"), 0);
	expect(&b, 0, RTMP_MSG_DATA_AMF0, 40, "020001ff");

	b.f.kind = RTMP_KIND_COMMAND;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	b.f.codec = RTMP_CODEC_H264;
	assert_int_equal(put_hex(&b, "00"), 0);
	expect(&b, 0, V, 40, "57 00");
	assert_int_equal(put_hex(&b, "0001"), RTMP_ERR_INVAL);
	b.f.codec = RTMP_CODEC_AV1;
	assert_int_equal(put_hex(&b, "01"), 0);
	expect(&b, 0, V, 40, "d1 01");

	b.f.kind = RTMP_KIND_METADATA;
	assert_int_equal(put_hex(&b, "020009636f6c6f72496e666f06"), 0);
	expect(&b, 0, V, 40, "d4 61763031 020009636f6c6f72496e666f06");
	b.f.codec = RTMP_CODEC_VP6;
	assert_int_equal(put_hex(&b, "06"), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_CHANNELS;
	b.f.codec = RTMP_CODEC_OPUS;
	memset(&c, 0, sizeof(c));
	c.order = RTMP_CHANNELS_NATIVE;
	c.count = 1;
	c.mask = 4;
	rtmp_channels_write(&c, buf, &len);
	assert_int_equal(put(&b, buf, len), 0);
	expect(&b, 0, A, 40, "94 4f707573 01 01 00000004");
	b.f.codec = RTMP_CODEC_VP9;
	assert_int_equal(put(&b, buf, len), RTMP_ERR_INVAL);

	b.f.kind = RTMP_KIND_END;
	b.f.codec = RTMP_CODEC_OPUS;
	assert_int_equal(put(&b, "", 0), 0);
	expect(&b, 0, A, 40, "92 4f707573");
	b.f.codec = RTMP_CODEC_AAC;
	assert_int_equal(put(&b, "", 0), 0);
	assert_int_equal(b.list.count, 0);

	b.f.kind = RTMP_KIND_UNKNOWN;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	b.f.kind = RTMP_KIND_CODED;
	b.f.codec = RTMP_CODEC_UNKNOWN;
	assert_int_equal(put_hex(&b, "00"), RTMP_ERR_INVAL);
	end(&b);
}

static void
options_and_frames_may_be_of_an_older_program(void **state)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	struct rtmp_packet packet;
	struct rtmp_frame f;

	(void)state;
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = (enum rtmp_signalling)9;
	assert_int_equal(rtmp_packetizer_new(&p, &opt), RTMP_ERR_INVAL);
	opt.signalling = RTMP_SIGNAL_LEGACY_FIRST;
	opt.multitrack = (enum rtmp_multitrack)9;
	assert_int_equal(rtmp_packetizer_new(&p, &opt), RTMP_ERR_INVAL);
	opt.struct_size = offsetof(struct rtmp_packetizer_options, multitrack);
	assert_int_equal(rtmp_packetizer_new(&p, &opt), 0);
	memset(&f, 0xff, sizeof(f));
	rtmp_frame_init(&f, offsetof(struct rtmp_frame, sample_rate));
	f.codec = RTMP_CODEC_PCM_LE;
	f.data = (const uint8_t *)"ab";
	f.size = 2;
	assert_int_equal(rtmp_packetizer_put(p, &f), 0);
	assert_int_equal(rtmp_packetizer_next(p, &packet), 1);
	expect_hex(&packet, A, 0, "3f 6162");
	rtmp_packetizer_free(p);
	rtmp_packetizer_free(NULL);
}

/* ---- Bounds ---- */

/* Start codes only, one-byte NAL units, and any bytes: never more than 1.5
 * times the input, 64 bytes for each packet and a record. */
static void
output_is_bounded(void **state)
{
	static const enum rtmp_codec codecs[] = { RTMP_CODEC_H264,
		RTMP_CODEC_HEVC, RTMP_CODEC_VVC, RTMP_CODEC_AV1,
		RTMP_CODEC_VP9, RTMP_CODEC_AAC, RTMP_CODEC_OPUS };
	enum { SIZE = 4000 };
	uint8_t *data = malloc(SIZE);
	uint32_t seed = 3;
	size_t i, j, k, total;
	struct bench b;

	(void)state;
	assert_non_null(data);
	for (i = 0; i < 7 * 40; i++) {
		begin(&b, codecs[i % 7]);
		for (j = 0; j < SIZE; j++)
			data[j] = (uint8_t)next_random(&seed);
		for (j = 0; j + 4 <= SIZE; j += 4)
			if (i >= 7 * 20 || next_random(&seed) % 8 == 0)
				memcpy(data + j, i & 1 ? "\0\0\1\x41" :
				    "\xff\xf1\x50\x80", 4);
		memcpy(data, "\0\0\1\x41", 4);
		b.f.kind = RTMP_KIND_CONFIG;
		if (codecs[i % 7] == RTMP_CODEC_H264)
			assert_int_equal(put(&b, avcc, avcc_size), 0);
		b.f.kind = RTMP_KIND_CODED;
		for (k = 0; k < 20; k++) {
			size_t size = next_random(&seed) % SIZE + 1;

			put(&b, data, size);
			for (total = j = 0; j < b.list.count; j++)
				total += b.list.items[j].size;
			assert_true(total <= size * 3 / 2 +
			    64 * b.list.count + RTMP_MEDIA_CONFIG_MAX);
		}
		end(&b);
	}
	free(data);
}

static void
what_is_larger_than_a_message_is_refused(void **state)
{
	uint8_t *data = calloc(1, 0x1000000);
	struct bench b;

	(void)state;
	assert_non_null(data);
	begin(&b, RTMP_CODEC_PCM_LE);
	assert_int_equal(rtmp_packetizer_new(&b.p, NULL), 0);
	b.f.data = data;
	b.f.size = 0x1000000;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), RTMP_ERR_INVAL);
	b.f.size = 0xffffff;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), RTMP_ERR_INVAL);
	b.f.size = 0xffff00;
	assert_int_equal(rtmp_packetizer_put(b.p, &b.f), 0);
	end(&b);
	free(data);
}

static int
use_everything(struct test_mem *m, void *arg)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p = NULL;
	struct rtmp_packet packet;
	struct rtmp_frame f;
	uint8_t key[512];
	int ret, i;

	(void)arg;
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.mem = &m->mem;
	ret = rtmp_packetizer_new(&p, &opt);
	memcpy(key, sets, sets_size);
	memcpy(key + sets_size, "\0\0\1\x65\x88", 5);
	for (i = 0; i < 6 && ret == 0; i++) {
		rtmp_frame_init(&f, sizeof(f));
		f.codec = i < 4 ? RTMP_CODEC_H264 : RTMP_CODEC_OPUS;
		f.track = (uint8_t)(i & 1);
		f.flags = i == 2 || i == 4 ? RTMP_FRAME_MORE : 0;
		f.data = i < 4 ? key : (const uint8_t *)"\xf8";
		f.size = i < 4 ? sets_size + 5 : 1;
		ret = rtmp_packetizer_put(p, &f);
		while (ret == 0 &&
		    (ret = rtmp_packetizer_next(p, &packet)) == 1)
			ret = 0;
	}
	rtmp_packetizer_free(p);
	return ret;
}

static void
each_allocation_may_fail(void **state)
{
	(void)state;
	each_allocation_fails(use_everything, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(annexb_becomes_a_header_and_a_packet),
		cmocka_unit_test(a_changed_set_brings_a_new_header),
		cmocka_unit_test(sets_may_come_alone_and_one_by_one),
		cmocka_unit_test(lengths_of_all_sizes_are_taken),
		cmocka_unit_test(
		    lengths_that_look_like_start_codes_are_lengths),
		cmocka_unit_test(length_prefixed_data_is_lent),
		cmocka_unit_test(broken_frames_are_refused_the_next_is_good),
		cmocka_unit_test(
		    composition_times_that_do_not_fit_are_refused),
		cmocka_unit_test(times_are_rounded_or_carry_nanoseconds),
		cmocka_unit_test(
		    fourcc_and_composition_time_zero_make_coded_frames_x),
		cmocka_unit_test(hevc_is_enhanced_unless_legacy_is_asked_for),
		cmocka_unit_test(vvc_has_its_record),
		cmocka_unit_test(restart_sends_the_headers_anew),
		cmocka_unit_test(other_tracks_have_their_number),
		cmocka_unit_test(frames_of_one_moment_share_a_packet),
		cmocka_unit_test(frames_that_cannot_share_a_packet_go_alone),
		cmocka_unit_test(vp8_and_vp9_keys_bring_the_record),
		cmocka_unit_test(adts_frames_become_packets_of_their_own),
		cmocka_unit_test(aac_configuration_is_kept_when_adts_agrees),
		cmocka_unit_test(legacy_sound_has_its_header),
		cmocka_unit_test(legacy_video_passes),
		cmocka_unit_test(audio_that_is_not_what_it_says_is_refused),
		cmocka_unit_test(av1_units_get_sizes_and_lose_delimiters),
		cmocka_unit_test(other_kinds_are_written),
		cmocka_unit_test(
		    options_and_frames_may_be_of_an_older_program),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(what_is_larger_than_a_message_is_refused),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("media packetizer", tests,
	    load_sets, free_sets);
}
