/* Sound without a codec, of which packets are made: WAV, A-law, mu-law; and
 * Speex, whose packets tell how long they are. */
#include "../examples/es_ogg.h"
#include "es_got.h"

struct wav {
	uint8_t bytes[8000];
	size_t size;
};

static void
wav_put(struct wav *w, const void *data, size_t size)
{
	memcpy(w->bytes + w->size, data, size);
	w->size += size;
}

static void
wav_put_number(struct wav *w, uint32_t v, size_t bytes)
{
	for (; bytes-- != 0; v >>= 8)
		w->bytes[w->size++] = (uint8_t)v;
}

static void
wav_put_chunk(struct wav *w, const char *name, uint32_t size)
{
	wav_put(w, name, 4);
	wav_put_number(w, size, 4);
}

/* Up to the samples.  The chunks that are not looked at have an odd size. */
static void
wav_begin(struct wav *w, unsigned format, unsigned channels, uint32_t rate,
    unsigned bits, uint32_t size)
{
	w->size = 0;
	wav_put_chunk(w, "RIFF", 0xffffffff);
	wav_put(w, "WAVE", 4);
	wav_put_chunk(w, "bext", 3);
	wav_put(w, "data", 4);
	wav_put_chunk(w, "fmt ", format == 0xfffe ? 40 : 16);
	wav_put_number(w, format, 2);
	wav_put_number(w, channels, 2);
	wav_put_number(w, rate, 4);
	wav_put_number(w, rate * channels * bits / 8, 4);
	wav_put_number(w, channels * bits / 8, 2);
	wav_put_number(w, bits, 2);
	if (format == 0xfffe) { /* PCM all the same */
		wav_put(w, "\26\0\20\0\3\0\0\0\1\0\0\0\0\0\20\0"
		    "\200\0\0\252\0\70\233\161", 24);
	}
	wav_put_chunk(w, "LIST", 1);
	wav_put(w, "x", 2);
	wav_put_chunk(w, "data", size);
}

/* Puts samples, and says what is to come of them. */
static char *
wav_put_samples(struct wav *w, size_t size, size_t packet)
{
	char *want = calloc(1, 1000), *p = want;
	size_t i, n;

	for (i = 0; i < size; i++)
		w->bytes[w->size + i] = (uint8_t)(i * 7);
	for (i = 0; i < size; i += n) {
		n = size - i < packet ? size - i : packet;
		p = got_line(p, w->bytes + w->size + i, n);
	}
	w->size += size;
	return want;
}

static void
expect_sound(enum es_format format, const struct wav *w, const char *want,
    int64_t last)
{
	static const size_t pieces[] = { 10000, 1, 7, 0 };
	struct got g;
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		got_all(&g, format, w->bytes, w->size, pieces[i]);
		assert_int_equal(g.err, 0);
		assert_string_equal(g.text, want);
		assert_int_equal(g.first_dts, 0);
		assert_int_equal(g.last_dts, last);
		got_free(&g);
	}
}

static void
samples_go_in_packets_of_a_fiftieth_of_a_second(void **state)
{
	struct wav w;
	char *want;

	(void)state;
	/* 11025 / 50 = 220; what follows the samples is no sound */
	wav_begin(&w, 1, 2, 11025, 16, 3000);
	want = wav_put_samples(&w, 3000, 880);
	wav_put_chunk(&w, "LIST", 100);
	memset(w.bytes + w.size, 1, 100);
	w.size += 100;
	expect_sound(ES_WAV, &w, want, 3LL * 220 * 1000000000 / 11025);
	free(want);
	/* a pipe, which ends with half a sample */
	wav_begin(&w, 0xfffe, 2, 44100, 16, 0xffffffff);
	want = wav_put_samples(&w, 5000, 3528);
	w.size += 3;
	expect_sound(ES_WAV, &w, want, 20000000);
	free(want);
	/* cut off */
	wav_begin(&w, 6, 1, 8000, 8, 1000);
	want = wav_put_samples(&w, 170, 160);
	expect_sound(ES_WAV, &w, want, 20000000);
	free(want);
	/* without a header */
	w.size = 0;
	want = wav_put_samples(&w, 330, 160);
	expect_sound(ES_ULAW, &w, want, 40000000);
	expect_sound(ES_ALAW, &w, want, 40000000);
	free(want);
}

static void
frames_say_what_sound_it_is(void **state)
{
	static const struct {
		unsigned format, channels;
		uint32_t rate;
		unsigned bits;
		enum rtmp_codec codec; /* UNKNOWN: refused */
	} cases[] = {
		{ 1, 1, 5512, 8, RTMP_CODEC_PCM_LE },
		{ 1, 2, 22050, 16, RTMP_CODEC_PCM_LE },
		{ 1, 2, 44100, 16, RTMP_CODEC_PCM_LE },
		{ 6, 1, 8000, 8, RTMP_CODEC_G711A },
		{ 7, 2, 8000, 8, RTMP_CODEC_G711U },
		{ 1, 2, 48000, 16, 0 }, /* no header can say so */
		{ 1, 2, 8000, 16, 0 },
		{ 1, 1, 44100, 24, 0 },
		{ 1, 6, 44100, 16, 0 },
		{ 1, 0, 44100, 16, 0 },
		{ 1, 257, 44100, 16, 0 },
		{ 3, 2, 44100, 32, 0 }, /* floating point */
		{ 6, 1, 44100, 8, 0 },
		{ 0x55, 2, 44100, 16, 0 }, /* MP3 */
	};
	struct es_reader *r;
	struct rtmp_frame f;
	struct wav w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		wav_begin(&w, cases[i].format, cases[i].channels,
		    cases[i].rate, cases[i].bits, 4000);
		free(wav_put_samples(&w, 4000, 4000));
		r = es_reader_new(ES_WAV, 0);
		es_reader_feed(r, w.bytes, w.size);
		if (cases[i].codec == RTMP_CODEC_UNKNOWN) {
			assert_int_equal(es_reader_next(r, &f),
			    RTMP_ERR_PROTO);
			assert_memory_equal(es_reader_error(r), "RTMP has", 8);
		} else {
			assert_int_equal(es_reader_next(r, &f), 1);
			assert_int_equal(f.codec, cases[i].codec);
			assert_int_equal(f.sample_rate, cases[i].rate);
			assert_int_equal(f.channels, cases[i].channels);
			assert_int_equal(f.sample_size, cases[i].bits);
		}
		es_reader_free(r);
	}
}

/* Damage ends in an error or in other sound; nothing is read that is not
 * there. */
static void
any_bytes_can_be_sound(void **state)
{
	uint32_t seed = 5;
	struct got g;
	struct wav w;
	size_t i, k;

	(void)state;
	for (i = 0; i < 300; i++) {
		wav_begin(&w, i & 1 ? 1 : 0xfffe, 2, 44100, 16, 4000);
		for (k = 0; k < 1 + i % 4; k++)
			w.bytes[next_random(&seed) % w.size] =
			    (uint8_t)next_random(&seed);
		free(wav_put_samples(&w, 4000, 4000));
		got_all(&g, ES_WAV, w.bytes, w.size, i % 3);
		assert_true(g.err == 0 || g.err == RTMP_ERR_PROTO);
		got_free(&g);
	}
}

/* From libspeex, its lowest quality: a packet with one frame, one with three,
 * what it sends for silence; and the header. */
static void
frames_of_speex_are_counted(void **state)
{
	static const struct {
		const char *packet;
		unsigned frames;
	} cases[] = {
		{ "405488075cf027114215270c00000f", 1 },
		{ "405488075c8558e00271270c0000080a9100eba2842ac70024e18000"
		    "010152201d72711421563c9c3000003f", 3 },
		{ "0c03", 1 },
		{ "7fffff", 1 }, /* nothing but an end */
		{ "00000000000000000000000000000000", 16 },
	};
	uint8_t head[ES_SPEEX_HEAD_SIZE], *packet;
	uint32_t headers, samples;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		packet = from_hex(cases[i].packet, &size);
		assert_int_equal(es_speex_frames(packet, size),
		    cases[i].frames);
		free(packet);
	}
	es_speex_head_write(head, 3);
	assert_int_equal(es_speex_head_read(head, sizeof(head), &headers,
	    &samples), 0);
	assert_int_equal(headers, 1);
	assert_int_equal(samples, 960);
	assert_int_equal(es_speex_head_read(head, sizeof(head) - 1, &headers,
	    &samples), -1);
	head[37] = 31; /* 8000 Hz */
	assert_int_equal(es_speex_head_read(head, sizeof(head), &headers,
	    &samples), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    samples_go_in_packets_of_a_fiftieth_of_a_second),
		cmocka_unit_test(frames_say_what_sound_it_is),
		cmocka_unit_test(any_bytes_can_be_sound),
		cmocka_unit_test(frames_of_speex_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
