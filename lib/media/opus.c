/* Opus; the figure is in audio.h. */
#include <string.h>

#include "media/audio.h"
#include "media/out.h"

#define SAMPLES_MAX 5760 /* 120 ms, RFC 6716 section 3.2.5 */
#define NO_STREAM 255	 /* a silent channel */

static int
parse_mapping(struct rtmp_opus_head *h, const uint8_t *data, size_t size)
{
	unsigned i;

	if (h->family == 0) {
		h->streams = 1;
		h->coupled = (uint8_t)(h->channels - 1);
		h->mapping[1] = 1;
		return h->channels <= 2 ? 0 : RTMP_ERR_PROTO;
	}
	if (size < 2 + (size_t)h->channels)
		return RTMP_ERR_PROTO;
	h->streams = data[0];
	h->coupled = data[1];
	if (h->streams == 0 || h->coupled > h->streams ||
	    h->streams + h->coupled > 255)
		return RTMP_ERR_PROTO;
	memcpy(h->mapping, data + 2, h->channels);
	for (i = 0; i < h->channels; i++)
		if (h->mapping[i] != NO_STREAM &&
		    h->mapping[i] >= h->streams + h->coupled)
			return RTMP_ERR_PROTO;
	return 0;
}

int
rtmp_opus_head_parse(struct rtmp_opus_head *h, const uint8_t *data,
    size_t size)
{
	memset(h, 0, sizeof(*h));
	if (size < RTMP_OPUS_HEAD_SIZE || memcmp(data, "OpusHead", 8) != 0)
		return RTMP_ERR_PROTO;
	h->version = data[8];
	h->channels = data[9];
	h->pre_skip = (uint16_t)(data[10] | data[11] << 8);
	h->rate = rtmp_get_le32(data + 12);
	h->gain = (int16_t)(data[16] | data[17] << 8);
	h->family = data[18];
	if ((h->version & 0xf0) != 0 || h->channels == 0)
		return RTMP_ERR_PROTO;
	return parse_mapping(h, data + RTMP_OPUS_HEAD_SIZE,
	    size - RTMP_OPUS_HEAD_SIZE);
}

int
rtmp_opus_head_build(uint8_t *out, size_t cap, size_t *size,
    const struct rtmp_opus_head *h)
{
	uint8_t fixed[RTMP_OPUS_HEAD_SIZE];
	struct rtmp_out o;

	if (h->channels == 0 || (h->family == 0 && h->channels > 2))
		return RTMP_ERR_INVAL;
	memcpy(fixed, "OpusHead", 8);
	fixed[8] = h->version;
	fixed[9] = h->channels;
	fixed[10] = (uint8_t)h->pre_skip;
	fixed[11] = (uint8_t)(h->pre_skip >> 8);
	rtmp_put_le32(fixed + 12, h->rate);
	fixed[16] = (uint8_t)h->gain;
	fixed[17] = (uint8_t)((uint16_t)h->gain >> 8);
	fixed[18] = h->family;
	rtmp_out_init(&o, out, cap);
	rtmp_out_bytes(&o, fixed, sizeof(fixed));
	if (h->family != 0) {
		rtmp_out_u8(&o, h->streams);
		rtmp_out_u8(&o, h->coupled);
		rtmp_out_bytes(&o, h->mapping, h->channels);
	}
	return rtmp_out_end(&o, size);
}

/*
 * The first byte of a packet, RFC 6716 section 3.1:
 *
 *     config 5 bits | stereo 1 | code 2: 1 frame, 2, 2, or as many as the
 *     lower 6 bits of the next byte say
 */
int
rtmp_opus_samples(uint32_t *samples, const uint8_t *data, size_t size)
{
	/* Of a frame: SILK and CELT have four lengths, hybrid has two. */
	static const uint16_t silk[4] = { 480, 960, 1920, 2880 };
	static const uint16_t celt[4] = { 120, 240, 480, 960 };
	unsigned config, frames;
	uint32_t each;

	*samples = 0;
	if (size == 0)
		return RTMP_ERR_PROTO;
	config = data[0] >> 3;
	if (config < 12)
		each = silk[config & 3];
	else if (config < 16)
		each = silk[config & 1];
	else
		each = celt[config & 3];
	switch (data[0] & 3) {
	case 0:
		frames = 1;
		break;
	case 3:
		frames = size > 1 ? data[1] & 0x3f : 0;
		break;
	default:
		frames = 2;
	}
	if (frames == 0 || each * frames > SAMPLES_MAX)
		return RTMP_ERR_PROTO;
	*samples = each * frames;
	return 0;
}
