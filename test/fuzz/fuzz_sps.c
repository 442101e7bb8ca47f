/*
 * Any bytes as parameter sets of H.264, HEVC or VVC, or as a configuration
 * record that holds some: the first byte says which.  Sizes stay within
 * limits, and a record is built again from the sets of another.
 */
#include <stdlib.h>

#include "media/avc.h"
#include "media/hevc.h"
#include "media/vvc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

#define SETS_MAX 600

static void
check_info(const struct rtmp_video_info *info)
{
	CHECK(info->width >= 1 && info->width <= RTMP_VIDEO_SIZE_MAX);
	CHECK(info->height >= 1 && info->height <= RTMP_VIDEO_SIZE_MAX);
	CHECK(info->chroma <= RTMP_CHROMA_444);
	CHECK(info->luma_depth >= 8 && info->luma_depth <= 16);
	CHECK((info->rate_num == 0) == (info->rate_den == 0));
}

static void
one_nal(unsigned codec, const struct rtmp_nal *nal)
{
	static struct rtmp_vvc_sps vvc;
	struct rtmp_avc_sps avc;
	struct rtmp_hevc_sps hevc;
	struct rtmp_hevc_pps pps;
	uint32_t id;

	switch (codec) {
	case 0:
		if (rtmp_avc_sps_parse(&avc, nal) == 0)
			check_info(&avc.info);
		rtmp_avc_set_id(nal, &id);
		break;
	case 1:
		if (rtmp_hevc_sps_parse(&hevc, nal) == 0)
			check_info(&hevc.info);
		rtmp_hevc_pps_parse(&pps, nal);
		rtmp_hevc_set_id(nal, &id);
		break;
	default:
		if (rtmp_vvc_sps_parse(&vvc, nal) == 0)
			check_info(&vvc.info);
		rtmp_vvc_set_id(nal, &id);
	}
}

static int
parse(unsigned codec, const uint8_t *data, size_t size,
    struct rtmp_nal_sets *sets)
{
	static struct rtmp_vvc_config vvc;
	struct rtmp_avc_config avc;
	struct rtmp_hevc_config hevc;

	switch (codec) {
	case 0:
		if (rtmp_avc_config_parse(&avc, data, size) != 0)
			return 0;
		*sets = avc.sets;
		return 1;
	case 1:
		if (rtmp_hevc_config_parse(&hevc, data, size) != 0)
			return 0;
		*sets = hevc.sets;
		return 1;
	default:
		if (rtmp_vvc_config_parse(&vvc, data, size) != 0)
			return 0;
		*sets = vvc.sets;
		return 1;
	}
}

static int
build(unsigned codec, uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_nal *nals, size_t count)
{
	switch (codec) {
	case 0:
		return rtmp_avc_config_build(out, cap, size, nals, count, 4);
	case 1:
		return rtmp_hevc_config_build(out, cap, size, nals, count, 4,
		    1);
	default:
		return rtmp_vvc_config_build(out, cap, size, nals, count, 4,
		    1);
	}
}

static void
record(unsigned codec, const uint8_t *data, size_t size)
{
	static struct rtmp_nal nals[SETS_MAX];
	struct rtmp_nal_sets sets;
	size_t count = 0, n, again;
	uint8_t *out;
	int ret;

	if (!parse(codec, data, size, &sets))
		return;
	while (count < SETS_MAX &&
	    (ret = rtmp_nal_sets_next(&sets, &nals[count])) != 0) {
		CHECK(ret == 1);
		CHECK(nals[count].data + nals[count].size <= data + size);
		one_nal(codec, &nals[count++]);
	}
	if (build(codec, NULL, 0, &n, nals, count) != RTMP_ERR_NOBUF)
		return;
	out = malloc(n);
	CHECK(build(codec, out, n, &again, nals, count) == 0 && again == n);
	CHECK(parse(codec, out, n, &sets));
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_nal nal;
	unsigned codec;

	if (size == 0)
		return 0;
	codec = data[0] % 3;
	if (data[0] / 3 % 2 == 0) {
		nal.data = data + 1;
		nal.size = size - 1;
		one_nal(codec, &nal);
	} else {
		record(codec, data + 1, size - 1);
	}
	return 0;
}
