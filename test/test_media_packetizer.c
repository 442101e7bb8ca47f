/* Frames to packets: H.264, HEVC and VVC, when they go and how they are
 * signalled. */
#include "support/bench.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO
#define MS RTMP_NS_PER_MS

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
	assert_int_equal(put_data(&b, sets, sps), 0);
	assert_int_equal(b.list.count, 0);
	/* A frame cannot go before there is a PPS. */
	assert_int_equal(put_hex(&b, "000001658880"), RTMP_ERR_INVAL);
	assert_int_equal(put_data(&b, sets + sps, sets_size - sps), 0);
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
		assert_int_equal(put_data(&b, record, avcc_size), 0);
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
	assert_int_equal(put_data(&b, avcc, avcc_size), 0);
	b.f.kind = RTMP_KIND_CODED;
	assert_int_equal(put_data(&b, frame, sizeof(frame)), 0);
	assert_int_equal(b.list.items[0].size, 5 + sizeof(frame));
	assert_memory_equal(b.list.items[0].data + 5, frame, sizeof(frame));
	/* A record, but start codes all the same, as some capture apps do. */
	assert_int_equal(put_hex(&b, "00000001658880"), 0);
	expect(&b, 0, V, 0, "1701000000 00000003 658880");
	assert_int_equal(put_data(&b, frame, sizeof(frame)), 0);
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
	assert_int_equal(put_data(&b, avcc, avcc_size), 0);
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
		assert_int_equal(put_data(&b, header->data + 5,
		    header->size - 5), 0);
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

/* ---- Forms of the input ---- */

/* What a frame consists of, besides sets. */
struct nals {
	enum rtmp_codec codec;
	const char *sets; /* in Annex B */
	const char *hex[4]; /* the first is a delimiter, and left out */
};

static const struct nals nals[] = {
	{ RTMP_CODEC_H264, NULL, { "09f0", "0605ff80", "658880", "65c081" } },
	{ RTMP_CODEC_HEVC, NULL, { "460150", "4e01051180", "2801af11",
	    "2801af12" } },
	{ RTMP_CODEC_VVC, "00000001" VVC_VPS "00000001" VVC_SPS
	    "00000001" VVC_PPS, { "00a128", VVC_APS, VVC_IDR, VVC_IDR } },
};

/* As a run of NAL units: each behind its length, or with 0 behind start codes
 * of 4 and 3 bytes by turns. */
static size_t
lay_out(const struct nals *n, size_t length_size, uint8_t *out)
{
	size_t i, j, size, at = 0;
	uint8_t *nal;

	for (i = 0; i < 4; i++) {
		nal = from_hex(n->hex[i], &size);
		for (j = length_size; j-- != 0;)
			out[at++] = (uint8_t)(size >> 8 * j);
		if (length_size == 0) {
			memcpy(out + at, &"\0\0\0\1"[i & 1], 4 - (i & 1));
			at += 4 - (i & 1);
		}
		memcpy(out + at, nal, size);
		at += size;
		free(nal);
	}
	return at;
}

/* The record of the codec, from what an encoder gives. */
static size_t
get_record(const struct nals *n, uint8_t *record)
{
	const uint8_t *data;
	struct flv_file f;
	struct bench b;
	size_t size;

	begin(&b, n->codec);
	b.f.kind = RTMP_KIND_CONFIG;
	if (n->codec == RTMP_CODEC_H264) {
		assert_int_equal(put_data(&b, sets, sets_size), 0);
	} else if (n->codec == RTMP_CODEC_HEVC) {
		load_flv(&f, "hevc_aac");
		assert_int_equal(put_data(&b, f.packets[1].data + 5,
		    f.packets[1].size - 5), 0);
		free_flv(&f);
	} else {
		assert_int_equal(put_hex(&b, n->sets), 0);
	}
	assert_int_equal(rtmp_packetizer_config(b.p, V, 0, &data, &size), 1);
	assert_true(size <= 4096);
	memcpy(record, data, size);
	end(&b);
	return size;
}

static void
set_length_size(const struct nals *n, uint8_t *record, unsigned size)
{
	uint8_t *byte = record + (n->codec == RTMP_CODEC_H264 ? 4 :
	    n->codec == RTMP_CODEC_HEVC ? 21 : 0);
	unsigned shift = n->codec == RTMP_CODEC_VVC ? 1 : 0;

	*byte = (uint8_t)((*byte & ~(3u << shift)) | (size - 1) << shift);
}

/* Start codes, or lengths of 1, 2 or 4 bytes: the packet is the same. */
static void
every_form_of_each_codec_makes_the_same_packet(void **state)
{
	uint8_t record[4096], frame[256], want[256];
	size_t i, k, size, record_size, want_size;
	struct bench b;

	(void)state;
	for (i = 0; i < sizeof(nals) / sizeof(*nals); i++) {
		record_size = get_record(&nals[i], record);
		want_size = lay_out(&nals[i], 4, want);
		size = 4 + strlen(nals[i].hex[0]) / 2; /* the delimiter */
		for (k = 0; k <= 4; k += k == 2 ? 2 : 1) {
			begin(&b, nals[i].codec);
			b.f.kind = RTMP_KIND_CONFIG;
			if (k != 0)
				set_length_size(&nals[i], record,
				    (unsigned)k);
			assert_int_equal(put_data(&b, record, record_size),
			    0);
			b.f.kind = RTMP_KIND_CODED;
			b.f.form = k == 0 ? RTMP_FORM_ANNEXB :
			    RTMP_FORM_LENGTH;
			assert_int_equal(put_data(&b, frame,
			    lay_out(&nals[i], k, frame)), 0);
			assert_int_equal(b.list.count, 1);
			assert_int_equal(b.list.items[0].data[0] >> 4 & 7,
			    RTMP_VIDEO_KEY);
			assert_int_equal(b.list.items[0].size,
			    5 + want_size - size);
			assert_memory_equal(b.list.items[0].data + 5,
			    want + size, want_size - size);
			end(&b);
		}
	}
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
		cmocka_unit_test(
		    every_form_of_each_codec_makes_the_same_packet),
	};

	return cmocka_run_group_tests_name("media packetizer", tests,
	    load_sets, free_sets);
}
