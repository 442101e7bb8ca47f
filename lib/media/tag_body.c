/*
 * Bodies of two kinds of packets: Enhanced RTMP v2, "Metadata Frame" and
 * "Enhanced Audio".
 *
 *     "colorInfo" { colorConfig: {...}, hdrCll: {...}, hdrMdcv: {...} }
 *
 *     order 1 | channels 1 | native: mask 4, custom: 1 for each channel
 */
#include <stddef.h>
#include <string.h>

#include <rtmpio/amf0.h>
#include <rtmpio/tag.h>

#include "base/mem.h"
#include "base/wire.h"

#define PROPERTY(object, key, field) \
	{ object, key, offsetof(struct rtmp_color_info, field) }

/* Those of one object stand together. */
static const struct {
	char object[12];
	char key[24];
	uint8_t offset;
} properties[] = {
	PROPERTY("colorConfig", "bitDepth", bit_depth),
	PROPERTY("colorConfig", "colorPrimaries", color_primaries),
	PROPERTY("colorConfig", "transferCharacteristics",
	    transfer_characteristics),
	PROPERTY("colorConfig", "matrixCoefficients", matrix_coefficients),
	PROPERTY("hdrCll", "maxFall", max_fall),
	PROPERTY("hdrCll", "maxCLL", max_cll),
	PROPERTY("hdrMdcv", "redX", red_x),
	PROPERTY("hdrMdcv", "redY", red_y),
	PROPERTY("hdrMdcv", "greenX", green_x),
	PROPERTY("hdrMdcv", "greenY", green_y),
	PROPERTY("hdrMdcv", "blueX", blue_x),
	PROPERTY("hdrMdcv", "blueY", blue_y),
	PROPERTY("hdrMdcv", "whitePointX", white_point_x),
	PROPERTY("hdrMdcv", "whitePointY", white_point_y),
	PROPERTY("hdrMdcv", "maxLuminance", max_luminance),
	PROPERTY("hdrMdcv", "minLuminance", min_luminance)
};

#define PROPERTIES (sizeof(properties) / sizeof(properties[0]))

static int
is_word(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s, word, len) == 0;
}

static void
set_absent(struct rtmp_color_info *info)
{
	const double absent = -1;
	size_t i;

	for (i = 0; i < PROPERTIES; i++)
		if (properties[i].offset + sizeof(double) <= info->struct_size)
			memcpy((char *)info + properties[i].offset, &absent,
			    sizeof(absent));
}

void
rtmp_color_info_init(struct rtmp_color_info *info, size_t struct_size)
{
	rtmp_struct_give(info, struct_size, NULL, 0);
	set_absent(info);
}

static void
set_property(struct rtmp_color_info *info, const char *object, size_t len,
    const char *key, size_t key_len, double v)
{
	size_t i;

	for (i = 0; i < PROPERTIES; i++)
		if (is_word(object, len, properties[i].object) &&
		    is_word(key, key_len, properties[i].key) &&
		    properties[i].offset + sizeof(v) <= info->struct_size)
			memcpy((char *)info + properties[i].offset, &v,
			    sizeof(v));
}

static int
next_is_object(struct rtmp_amf0_reader *r)
{
	enum rtmp_amf0_type type;

	return rtmp_amf0_peek(r, &type) == 1 &&
	    (type == RTMP_AMF0_OBJECT || type == RTMP_AMF0_ECMA_ARRAY);
}

/* colorConfig, hdrCll or hdrMdcv; other values than numbers are skipped. */
static void
read_part(struct rtmp_color_info *info, struct rtmp_amf0_reader *r,
    const char *object, size_t len)
{
	enum rtmp_amf0_type type;
	const char *key;
	size_t key_len;
	double v;

	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &key, &key_len) == 1) {
		if (rtmp_amf0_peek(r, &type) == 1 &&
		    type == RTMP_AMF0_NUMBER &&
		    rtmp_amf0_get_number(r, &v) == 0)
			set_property(info, object, len, key, key_len, v);
		else
			rtmp_amf0_skip(r);
	}
}

static void
read_color_info(struct rtmp_color_info *info, struct rtmp_amf0_reader *r)
{
	const char *key;
	size_t len;

	set_absent(info);
	if (!next_is_object(r)) {
		rtmp_amf0_skip(r);
		return;
	}
	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &key, &len) == 1) {
		if (next_is_object(r))
			read_part(info, r, key, len);
		else
			rtmp_amf0_skip(r);
	}
}

int
rtmp_color_info_read(struct rtmp_color_info *info, const uint8_t *data,
    size_t size)
{
	struct rtmp_amf0_reader r;
	enum rtmp_amf0_type type;
	const char *name;
	size_t len;
	int found = 0;

	rtmp_amf0_reader_init(&r, data, size);
	while (rtmp_amf0_peek(&r, &type) == 1) {
		if (rtmp_amf0_get_string(&r, &name, &len) != 0)
			break;
		if (is_word(name, len, "colorInfo")) {
			read_color_info(info, &r);
			found = 1;
		} else {
			rtmp_amf0_skip(&r);
		}
	}
	return r.err != 0 ? RTMP_ERR_MALFORMED : found;
}

static double
get_property(const struct rtmp_color_info *info, size_t i)
{
	double v = -1;

	if (properties[i].offset + sizeof(v) <= info->struct_size)
		memcpy(&v, (const char *)info + properties[i].offset,
		    sizeof(v));
	return v;
}

int
rtmp_color_info_write(const struct rtmp_color_info *info, uint8_t *buf,
    size_t buf_size, size_t *len)
{
	struct rtmp_amf0_writer w;
	const char *open = NULL;
	size_t i;

	rtmp_amf0_writer_init(&w, buf, buf_size);
	rtmp_amf0_put_string(&w, "colorInfo");
	rtmp_amf0_put_object_begin(&w);
	for (i = 0; i < PROPERTIES; i++) {
		double v = get_property(info, i);

		if (!(v >= 0))
			continue;
		if (open == NULL || strcmp(open, properties[i].object) != 0) {
			if (open != NULL)
				rtmp_amf0_put_object_end(&w);
			open = properties[i].object;
			rtmp_amf0_put_key(&w, open);
			rtmp_amf0_put_object_begin(&w);
		}
		rtmp_amf0_put_key(&w, properties[i].key);
		rtmp_amf0_put_number(&w, v);
	}
	if (open != NULL)
		rtmp_amf0_put_object_end(&w);
	rtmp_amf0_put_object_end(&w);
	*len = w.len;
	return w.err;
}

int
rtmp_channels_read(struct rtmp_channels *channels, const uint8_t *data,
    size_t size)
{
	memset(channels, 0, sizeof(*channels));
	if (size < 2)
		return RTMP_ERR_MALFORMED;
	channels->order = data[0];
	channels->count = data[1];
	if (channels->order == RTMP_CHANNELS_NATIVE) {
		if (size < 2 + 4)
			return RTMP_ERR_MALFORMED;
		channels->mask = rtmp_get_be32(data + 2);
	} else if (channels->order == RTMP_CHANNELS_CUSTOM) {
		if (size < 2 + (size_t)channels->count)
			return RTMP_ERR_MALFORMED;
		memcpy(channels->mapping, data + 2, channels->count);
	}
	return 0;
}

void
rtmp_channels_write(const struct rtmp_channels *channels,
    uint8_t buf[RTMP_CHANNELS_SIZE_MAX], size_t *len)
{
	buf[0] = channels->order;
	buf[1] = channels->count;
	*len = 2;
	if (channels->order == RTMP_CHANNELS_NATIVE) {
		rtmp_put_be32(buf + 2, channels->mask);
		*len = 2 + 4;
	} else if (channels->order == RTMP_CHANNELS_CUSTOM) {
		memcpy(buf + 2, channels->mapping, channels->count);
		*len = 2 + (size_t)channels->count;
	}
}
