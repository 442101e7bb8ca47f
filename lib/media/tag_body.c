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
#include "base/words.h"

/* The properties, in the order of the fields: all of those are doubles. */
static const char properties[] =
    "bitDepth\0" "colorPrimaries\0" "transferCharacteristics\0"
    "matrixCoefficients\0"
    "maxFall\0" "maxCLL\0"
    "redX\0" "redY\0" "greenX\0" "greenY\0" "blueX\0" "blueY\0"
    "whitePointX\0" "whitePointY\0" "maxLuminance\0" "minLuminance\0";

#define PROPERTIES 16

/* The objects they stand in, and which of them is the first in each. */
static const char objects[] = "colorConfig\0" "hdrCll\0" "hdrMdcv\0";
static const uint8_t firsts[] = { 0, 4, 6, PROPERTIES };

/* Where one is in the struct; 0 when the caller's ends in front of it. */
static size_t
offset_of(const struct rtmp_color_info *info, size_t i)
{
	size_t at = offsetof(struct rtmp_color_info, bit_depth) +
	    i * sizeof(double);

	return at + sizeof(double) <= info->struct_size ? at : 0;
}

static void
set_property(struct rtmp_color_info *info, size_t i, double v)
{
	size_t at = offset_of(info, i);

	if (at != 0)
		memcpy((char *)info + at, &v, sizeof(v));
}

void
rtmp_color_info_init(struct rtmp_color_info *info, size_t struct_size)
{
	size_t i;

	rtmp_struct_give(info, struct_size, NULL, 0);
	for (i = 0; i < PROPERTIES; i++)
		set_property(info, i, -1);
}

static int
next_is_object(struct rtmp_amf0_reader *r)
{
	enum rtmp_amf0_type type;

	return rtmp_amf0_peek(r, &type) == 1 &&
	    (type == RTMP_AMF0_OBJECT || type == RTMP_AMF0_ECMA_ARRAY);
}

/* One of the objects; other values than numbers are skipped. */
static void
read_part(struct rtmp_color_info *info, struct rtmp_amf0_reader *r, int part)
{
	enum rtmp_amf0_type type;
	const char *key;
	size_t len;
	double v;
	int i;

	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &key, &len) == 1) {
		i = rtmp_word_find(properties, key, len);
		if (i >= firsts[part] && i < firsts[part + 1] &&
		    rtmp_amf0_peek(r, &type) == 1 &&
		    type == RTMP_AMF0_NUMBER &&
		    rtmp_amf0_get_number(r, &v) == 0)
			set_property(info, (size_t)i, v);
		else
			rtmp_amf0_skip(r);
	}
}

static void
read_color_info(struct rtmp_color_info *info, struct rtmp_amf0_reader *r)
{
	const char *key;
	size_t len;
	int part;

	rtmp_color_info_init(info, info->struct_size);
	if (!next_is_object(r)) {
		rtmp_amf0_skip(r);
		return;
	}
	rtmp_amf0_enter_object(r, NULL, NULL);
	while (rtmp_amf0_next_key(r, &key, &len) == 1) {
		part = rtmp_word_find(objects, key, len);
		if (part >= 0 && next_is_object(r))
			read_part(info, r, part);
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
		if (rtmp_word_find("colorInfo\0", name, len) == 0) {
			read_color_info(info, &r);
			found = 1;
		} else {
			rtmp_amf0_skip(&r);
		}
	}
	return r.err != 0 ? RTMP_ERR_MALFORMED : found;
}

/* The properties of one object that are there, and it, if there are any. */
static void
write_part(const struct rtmp_color_info *info, struct rtmp_amf0_writer *w,
    size_t part)
{
	size_t i, at;
	int open = 0;
	double v;

	for (i = firsts[part]; i < firsts[part + 1]; i++) {
		at = offset_of(info, i);
		if (at == 0)
			break;
		memcpy(&v, (const char *)info + at, sizeof(v));
		if (!(v >= 0))
			continue;
		if (!open) {
			rtmp_amf0_put_key(w, rtmp_word(objects, part));
			rtmp_amf0_put_object_begin(w);
			open = 1;
		}
		rtmp_amf0_put_key(w, rtmp_word(properties, i));
		rtmp_amf0_put_number(w, v);
	}
	if (open)
		rtmp_amf0_put_object_end(w);
}

int
rtmp_color_info_write(const struct rtmp_color_info *info, uint8_t *buf,
    size_t buf_size, size_t *len)
{
	struct rtmp_amf0_writer w;
	size_t part;

	rtmp_amf0_writer_init(&w, buf, buf_size);
	rtmp_amf0_put_string(&w, "colorInfo");
	rtmp_amf0_put_object_begin(&w);
	for (part = 0; part < sizeof(firsts) - 1; part++)
		write_part(info, &w, part);
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
