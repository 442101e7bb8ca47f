/*
 * Any bytes as OBUs of AV1.  They lie in the input, and one behind the other;
 * the unit that is built of them holds the same, and no delimiter.  The bytes
 * are a sequence header and a configuration record, too.
 */
#include <stdlib.h>
#include <string.h>

#include "media/av1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static int
next_without_delimiter(const uint8_t **pos, const uint8_t *end,
    struct rtmp_av1_obu *obu)
{
	int ret;

	do
		ret = rtmp_av1_obu_next(pos, end, obu);
	while (ret == 1 && obu->type == RTMP_AV1_TEMPORAL_DELIMITER);
	return ret;
}

static void
check_same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
	const uint8_t *a_end = a + a_size, *b_end = b + b_size;
	struct rtmp_av1_obu x, y;

	while (next_without_delimiter(&a, a_end, &x) == 1) {
		CHECK(rtmp_av1_obu_next(&b, b_end, &y) == 1 && y.has_size);
		CHECK(x.type == y.type && x.payload_size == y.payload_size);
		CHECK(memcmp(x.payload, y.payload, x.payload_size) == 0);
	}
	CHECK(b == b_end);
}

static void
check_obu(const struct rtmp_av1_obu *obu)
{
	struct rtmp_av1_config c;
	uint8_t *out;
	size_t size;

	if (rtmp_av1_config_build(NULL, 0, &size, obu) != RTMP_ERR_NOBUF)
		return;
	out = malloc(size);
	CHECK(rtmp_av1_config_build(out, size, &size, obu) == 0);
	CHECK(rtmp_av1_config_parse(&c, out, size) == 0);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *pos = data, *end = data + size, *last = data;
	struct rtmp_av1_sequence seq;
	struct rtmp_av1_config c;
	struct rtmp_av1_obu obu;
	uint8_t *out;
	size_t n;
	int ret;

	if (rtmp_av1_sequence_parse(&seq, data, size) == 0)
		CHECK(seq.info.width >= 1 &&
		    seq.info.width <= RTMP_VIDEO_SIZE_MAX);
	if (rtmp_av1_config_parse(&c, data, size) == 0)
		CHECK(rtmp_av1_find(c.obus, c.obus_size, 16, &obu) == 0);
	while ((ret = rtmp_av1_obu_next(&pos, end, &obu)) == 1) {
		CHECK(obu.data == last && pos > last && pos <= end);
		CHECK(obu.payload + obu.payload_size == pos);
		last = pos;
		check_obu(&obu);
	}
	CHECK(ret == 0 || ret == RTMP_ERR_PROTO);
	rtmp_av1_is_key(NULL, data, size);
	out = malloc(size + 5);
	if (rtmp_av1_unit_build(out, size + 5, &n, data, size) == 0)
		check_same(data, size, out, n);
	else
		CHECK(ret == RTMP_ERR_PROTO);
	free(out);
	return 0;
}
