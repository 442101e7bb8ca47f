/* The headers of audio and video packets as others write them, and the numbers
 * of codecs: test/data/vectors, both ways. */
#include <math.h>

#include "support/media.h"

#define V RTMP_MSG_VIDEO
#define A RTMP_MSG_AUDIO

static void
ffmpeg_tags_are_written_identically(void **state)
{
	cJSON *json = load_json("vectors/flv_ffmpeg9.json");
	const cJSON *file, *tag;
	uint8_t *body;
	size_t size, n = 0;

	(void)state;
	cJSON_ArrayForEach(file, json_item(json, "files")) {
		cJSON_ArrayForEach(tag, json_item(file, "tags")) {
			int type = (int)json_number(tag, "tag_type");

			if (type == RTMP_MSG_DATA_AMF0)
				continue;
			body = from_hex(json_string(tag, "body"), &size);
			expect_same_tags((uint8_t)type, body, size);
			free(body);
			n++;
		}
	}
	assert_true(n > 100);
	cJSON_Delete(json);
}

/* The bodies are cut to 40 bytes: the size of a track is patched to it. */
static void
check_form(const char *name, const uint8_t *body, size_t size, size_t i)
{
	static const struct {
		const char *name;
		int multitrack, has_nano;
	} forms[] = {
		{ "modex", RTMP_MULTITRACK_NONE, 1 },
		{ "modex16", RTMP_MULTITRACK_NONE, 1 },
		{ "onetrack", RTMP_MULTITRACK_ONE, 0 },
		{ "manytracks", RTMP_MULTITRACK_MANY, 0 },
		{ "manycodecs", RTMP_MULTITRACK_MANY_CODECS, 0 },
	};
	struct rtmp_tag t;
	size_t k;

	for (k = 0; strcmp(forms[k].name, name) != 0; k++)
		assert_true(k < 4);
	expect_same_tags(V, body, size);
	assert_int_equal(rtmp_tag_read(V, body, size, &t), 1);
	assert_int_equal(t.codec, RTMP_CODEC_HEVC);
	assert_int_equal(t.track, 0);
	assert_int_equal(t.multitrack, forms[k].multitrack);
	assert_int_equal(t.has_nano, forms[k].has_nano);
	assert_int_equal(t.nano_offset, forms[k].has_nano ? 500000 : 0);
	/* The same in each form: header, colour, key frame, others. */
	assert_int_equal(t.kind, i == 0 ? RTMP_KIND_CONFIG :
	    i == 1 ? RTMP_KIND_METADATA : RTMP_KIND_CODED);
	assert_int_equal(t.frame_type, i == 1 ? RTMP_VIDEO_COMMAND :
	    i == 0 || i == 2 ? RTMP_VIDEO_KEY : RTMP_VIDEO_INTER);
}

/* A ModEx of 300 bytes hides all that is behind it: that is as in the form
 * with 3 bytes. */
static uint8_t *
extend_modex(const uint8_t *cut, const char *modex_hex, size_t *size)
{
	enum { HEAD = 4, MODEX = 300, SHORT_HEAD = 2, SHORT = 3 };
	uint8_t *other = from_hex(modex_hex, size), *body;

	assert_int_equal(*size, 40);
	body = calloc(1, HEAD + MODEX + *size);
	assert_non_null(body);
	assert_int_equal(cut[2] << 8 | cut[3], MODEX - 1);
	memcpy(body, cut, 40);
	memcpy(body + HEAD + MODEX, other + SHORT_HEAD + SHORT,
	    *size - SHORT_HEAD - SHORT);
	*size += HEAD + MODEX - SHORT_HEAD - SHORT;
	free(other);
	return body;
}

static void
other_forms_are_written_identically(void **state)
{
	cJSON *json = load_json("vectors/ertmp_forms.json");
	const cJSON *cases = json_item(json, "cases"), *form, *hex;
	const cJSON *modex = json_item(json_item(cases, "modex"),
	    "first_40_bytes");
	uint8_t *body, *whole;
	size_t size, i, n = 0;

	(void)state;
	cJSON_ArrayForEach(form, cases) {
		i = 0;
		cJSON_ArrayForEach(hex, json_item(form, "first_40_bytes")) {
			body = from_hex(hex->valuestring, &size);
			assert_int_equal(size, 40);
			if (strcmp(form->string, "modex16") == 0) {
				whole = extend_modex(body, cJSON_GetArrayItem(
				    modex, (int)i)->valuestring, &size);
				free(body);
				body = whole;
			} else if ((body[0] & 15) == 6 && body[1] >> 4 != 0) {
				body[7] = 0;
				body[8] = 0;
				body[9] = 40 - 10;
			}
			check_form(form->string, body, size, i++);
			free(body);
			n++;
		}
	}
	assert_int_equal(n, 5 * 8);
	cJSON_Delete(json);
}

static void
composition_times_are_signed_24_bits(void **state)
{
	cJSON *json = load_json("vectors/timestamps.json");
	const cJSON *v;
	uint8_t buf[RTMP_TAG_HEADER_MAX];
	struct rtmp_tag t, back;
	size_t len, size;

	(void)state;
	cJSON_ArrayForEach(v, json_item(json, "si24")) {
		uint8_t *bytes = from_hex(json_string(v, "bytes"), &size);

		rtmp_tag_init(&t, RTMP_CODEC_H264, 0);
		t.composition_time = (int32_t)json_number(v, "ms");
		assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len), 0);
		assert_int_equal(len, 5);
		assert_memory_equal(buf + 2, bytes, 3);
		assert_int_equal(rtmp_tag_read(V, buf, len, &back), 1);
		assert_int_equal(back.composition_time, t.composition_time);
		free(bytes);
	}
	t.composition_time = 8388608;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len),
	    RTMP_ERR_INVAL);
	t.composition_time = -8388609;
	assert_int_equal(rtmp_tag_put(buf, sizeof(buf), &t, &len),
	    RTMP_ERR_INVAL);
	cJSON_Delete(json);
}

static void
codecs_have_their_numbers(void **state)
{
	cJSON *json = load_json("vectors/fourcc.json");
	const cJSON *v;
	size_t size, i;
	int codec, found = 0;

	(void)state;
	cJSON_ArrayForEach(v, json) {
		double number = json_number(v, "u32");
		enum rtmp_codec c = rtmp_codec_from_number(V, number);
		uint8_t *amf = from_hex(json_string(v, "amf_number"), &size);
		uint64_t bits = 0;
		double as_amf;

		/* As bytes, and as the number of onMetaData. */
		assert_true(strlen(v->string) == 4 &&
		    RTMP_FOURCC(v->string[0], v->string[1], v->string[2],
			v->string[3]) == (uint32_t)number);
		assert_int_equal(size, sizeof(as_amf));
		for (i = 0; i < size; i++)
			bits = bits << 8 | amf[i];
		memcpy(&as_amf, &bits, sizeof(as_amf));
		assert_true(as_amf == number);
		free(amf);

		if (c == RTMP_CODEC_UNKNOWN)
			c = rtmp_codec_from_number(A, number);
		assert_int_not_equal(c, RTMP_CODEC_UNKNOWN);
		assert_true(rtmp_codec_fourcc(c) == (uint32_t)number);
		assert_int_equal(rtmp_codec_from_fourcc(rtmp_codec_type(c),
		    (uint32_t)number), c);
		found++;
	}
	assert_int_equal(found, 12);
	cJSON_Delete(json);
	for (codec = 0; codec < 128; codec++) {
		enum rtmp_codec c = (enum rtmp_codec)codec;
		int id = rtmp_codec_legacy_id(c);

		if (strcmp(rtmp_codec_name(c), "unknown") == 0) {
			assert_int_equal(id, -1);
			assert_int_equal(rtmp_codec_fourcc(c), 0);
		} else if (id >= 0) {
			assert_int_equal(rtmp_codec_from_legacy_id(
			    rtmp_codec_type(c), (unsigned)id), c);
			assert_int_equal(rtmp_codec_from_number(
			    rtmp_codec_type(c), id), c);
		} else {
			assert_true(rtmp_codec_fourcc(c) != 0);
		}
	}
	assert_int_equal(rtmp_codec_from_legacy_id(V, 12), RTMP_CODEC_HEVC);
	assert_int_equal(rtmp_codec_from_number(V, -1), 0);
	assert_int_equal(rtmp_codec_from_number(V, 1e300), 0);
	assert_int_equal(rtmp_codec_from_number(V, (double)NAN), 0);
	assert_int_equal(rtmp_codec_from_fourcc(V, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ffmpeg_tags_are_written_identically),
		cmocka_unit_test(other_forms_are_written_identically),
		cmocka_unit_test(composition_times_are_signed_24_bits),
		cmocka_unit_test(codecs_have_their_numbers),
	};

	return cmocka_run_group_tests_name("media tag vectors", tests,
	    NULL, NULL);
}
