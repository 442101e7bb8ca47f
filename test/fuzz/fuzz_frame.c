/* Any bytes as a frame, a head or a record of the codecs that have neither
 * NAL units nor OBUs. */
#include <stdlib.h>
#include <string.h>

#include "media/audio.h"
#include "media/vpx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static void
check_vpx(const uint8_t *data, size_t size)
{
	struct rtmp_vp9_superframe s;
	struct rtmp_video_info c, read;
	struct rtmp_vpx_frame f;
	uint8_t out[RTMP_VPX_CONFIG_SIZE], again[RTMP_VPX_CONFIG_SIZE];
	size_t total = 0;
	unsigned i;

	rtmp_vp8_frame_parse(&f, data, size);
	if (rtmp_vp9_frame_parse(&f, data, size) == 0 &&
	    rtmp_vpx_config_from_frame(&c, &f, 30, 1) == 0) {
		rtmp_vpx_config_build(out, &c);
		CHECK(rtmp_vpx_config_parse(&read, out, sizeof(out)) == 0);
		rtmp_vpx_config_build(again, &read);
		CHECK(memcmp(out, again, sizeof(out)) == 0);
	}
	rtmp_vpx_config_parse(&c, data, size);
	rtmp_vp9_superframe_parse(&s, data, size);
	CHECK(s.count >= 1 && s.count <= RTMP_VP9_FRAMES_MAX);
	for (i = 0; i < s.count; i++)
		total += s.size[i];
	CHECK(total + s.index_size <= size);
}

static void
check_opus(const uint8_t *data, size_t size)
{
	struct rtmp_opus_head h;
	uint8_t out[RTMP_OPUS_HEAD_MAX];
	uint32_t samples;
	size_t n;

	if (rtmp_opus_samples(&samples, data, size) == 0)
		CHECK(samples >= 120 && samples <= 5760);
	if (rtmp_opus_head_parse(&h, data, size) != 0)
		return;
	CHECK(rtmp_opus_head_build(out, sizeof(out), &n, &h) == 0);
	CHECK(n <= size && memcmp(out, data, n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_flac_info info;
	struct rtmp_audio_frame f;
	int enhanced;

	check_vpx(data, size);
	check_opus(data, size);
	if (rtmp_mp3_parse(&f, data, size) == 0)
		CHECK(f.rate >= 8000 && f.size >= 24 && f.samples != 0);
	if (rtmp_ac3_parse(&f, &enhanced, data, size) == 0)
		CHECK(f.rate >= 8000 && f.size != 0 && f.channels <= 6);
	if (rtmp_flac_info_parse(&info, data, size) == 0)
		CHECK(info.streaminfo >= data && info.streaminfo +
		    RTMP_FLAC_STREAMINFO_SIZE <= data + size);
	rtmp_flac_frame_parse(&f, NULL, data, size);
	return 0;
}
