/*
 * Any bytes as ADTS frames, and as an AudioSpecificConfig.  What can be built
 * is read again as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "media/aac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static void
check_config(const struct rtmp_aac_config *c)
{
	uint8_t out[RTMP_AAC_CONFIG_MAX];
	struct rtmp_aac_config again;
	size_t size;

	if (rtmp_aac_config_build(out, sizeof(out), &size, c) != 0)
		return;
	CHECK(rtmp_aac_config_parse(&again, out, size) == 0);
	CHECK(again.object_type == c->object_type);
	CHECK(again.rate == c->rate && again.channels == c->channels);
	CHECK(again.sbr == c->sbr);
	CHECK(again.pce_bits == c->pce_bits);
	CHECK(memcmp(again.pce, c->pce, sizeof(c->pce)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *pos = data, *end = data + size, *raw;
	uint8_t header[RTMP_ADTS_HEADER_SIZE];
	struct rtmp_aac_config c;
	struct rtmp_adts h, again;
	size_t raw_size;
	int ret;

	if (rtmp_aac_config_parse(&c, data, size) == 0)
		check_config(&c);
	while ((ret = rtmp_adts_next(&pos, end, &h, &raw, &raw_size)) == 1) {
		CHECK(raw_size != 0 && raw > data && raw + raw_size == pos);
		if (rtmp_adts_config(&c, &h, raw, raw_size) != 0)
			continue;
		check_config(&c);
		if (rtmp_adts_build(header, &c, raw_size) != 0)
			continue;
		CHECK(rtmp_adts_parse(&again, header, sizeof(header)) == 0);
		CHECK(again.rate == h.rate);
		CHECK(again.object_type == h.object_type);
		CHECK(again.frame_size == raw_size + sizeof(header));
	}
	CHECK(ret == 0 || ret == RTMP_ERR_PROTO);
	return 0;
}
