/* Audio and video: the header of each piece, and what a configuration says. */
#include <stdio.h>
#include <string.h>

#include "inspect.h"

/* ---- Names ---- */

static const char *
kind_name(enum rtmp_kind kind)
{
	static const char *const names[] = { "unknown", "coded",
		"configuration", "end of sequence", "metadata", "channels",
		"command", "silence", "MPEG-2 TS descriptor", "script" };

	return (size_t)kind < sizeof(names) / sizeof(*names) ? names[kind] :
	    names[0];
}

static const char *
packet_name(const struct rtmp_tag *t)
{
	static const char *const names[] = { "SequenceStart", "CodedFrames",
		"SequenceEnd", "CodedFramesX", "Metadata",
		"MPEG2TSSequenceStart" };

	if (t->type == RTMP_MSG_AUDIO && t->packet_type == 4)
		return "MultichannelConfig";
	if (t->packet_type > (t->type == RTMP_MSG_AUDIO ? 2 : 5))
		return "reserved";
	return names[t->packet_type];
}

static const char *
frame_name(const struct rtmp_tag *t)
{
	static const char *const names[] = { "reserved", "key", "inter",
		"disposable", "generated key", "command" };

	return names[t->frame_type < 6 ? t->frame_type : 0];
}

static const char *
multitrack_name(const struct rtmp_tag *t)
{
	static const char *const names[] = { "none", "OneTrack", "ManyTracks",
		"ManyTracksManyCodecs", "reserved" };

	return names[t->multitrack < 4 ? t->multitrack : 4];
}

/* "avc1", or in hexadecimal when it is not printable. */
static const char *
fourcc_name(uint32_t fourcc, char s[12])
{
	int i;

	for (i = 0; i < 4; i++) {
		s[i] = (char)(fourcc >> (24 - 8 * i) & 0xff);
		if (s[i] <= ' ' || s[i] > '~') {
			snprintf(s, 12, "%08lx", (unsigned long)fourcc);
			return s;
		}
	}
	s[4] = '\0';
	return s;
}

/* ---- Configuration ---- */

static void
config_text(struct line *l, const struct rtmp_config_info *c)
{
	if (c->profile != NULL)
		line_text(l, ", %s", c->profile);
	else if (c->profile_number != 0)
		line_text(l, ", profile %u", c->profile_number);
	if (c->level[0] != '\0')
		line_text(l, ", level %s", c->level);
	if (c->width != 0)
		line_text(l, ", %lux%lu", (unsigned long)c->width,
		    (unsigned long)c->height);
	if (c->frame_rate > 0)
		line_text(l, ", %.6g fps", c->frame_rate);
	if (c->chroma != NULL)
		line_text(l, ", %s", c->chroma);
	if (c->sample_rate != 0)
		line_text(l, ", %lu Hz", (unsigned long)c->sample_rate);
	if (c->channels != 0)
		line_text(l, ", %u channel%s", c->channels,
		    c->channels == 1 ? "" : "s");
	if (c->bit_depth != 0)
		line_text(l, ", %u bits", c->bit_depth);
	if (c->length_size != 0 && c->length_size != 4)
		line_text(l, ", NAL unit lengths of %u bytes",
		    c->length_size);
}

static void
config_json(struct line *l, const struct rtmp_config_info *c)
{
	line_open(l, "config", '{');
	if (c->profile != NULL)
		line_string(l, "profile", c->profile);
	else if (c->profile_number != 0)
		line_number(l, "profile_number", c->profile_number);
	if (c->level[0] != '\0')
		line_string(l, "level", c->level);
	if (c->width != 0) {
		line_number(l, "width", c->width);
		line_number(l, "height", c->height);
	}
	if (c->frame_rate > 0)
		line_number(l, "fps", c->frame_rate);
	if (c->chroma != NULL)
		line_string(l, "chroma", c->chroma);
	if (c->sample_rate != 0)
		line_number(l, "sample_rate", c->sample_rate);
	if (c->channels != 0)
		line_number(l, "channels", c->channels);
	if (c->bit_depth != 0)
		line_number(l, "bits", c->bit_depth);
	if (c->length_size != 0)
		line_number(l, "length_size", c->length_size);
	line_close(l, '}');
}

static void
print_config(struct line *l, const struct rtmp_tag *t)
{
	struct rtmp_config_info c;

	rtmp_config_info_init(&c, sizeof(c));
	if (rtmp_config_describe(&c, t->codec, t->data, t->size) != 0) {
		line_text(l, ", malformed");
		line_string(l, "fault", "malformed configuration");
		return;
	}
	if (t->size == 0)
		line_text(l, ", empty");
	config_text(l, &c);
	config_json(l, &c);
}

/* ---- Other bodies ---- */

static void
print_channels(struct line *l, const struct rtmp_tag *t)
{
	static const char *const orders[] = { "unspecified", "native",
		"custom" };
	struct rtmp_channels c;
	const char *order;

	if (rtmp_channels_read(&c, t->data, t->size) != 0) {
		line_text(l, ", malformed");
		line_string(l, "fault", "malformed channels");
		return;
	}
	order = c.order < 3 ? orders[c.order] : "reserved";
	line_text(l, ", %s order, %u channel%s", order, c.count,
	    c.count == 1 ? "" : "s");
	if (c.order == RTMP_CHANNELS_NATIVE)
		line_text(l, ", mask 0x%lx", (unsigned long)c.mask);
	line_open(l, "channels", '{');
	line_string(l, "order", order);
	line_number(l, "count", c.count);
	if (c.order == RTMP_CHANNELS_NATIVE)
		line_number(l, "mask", c.mask);
	line_close(l, '}');
}

static void
print_data(struct line *l, const struct rtmp_tag *t)
{
	switch (t->kind) {
	case RTMP_KIND_CONFIG:
		print_config(l, t);
		break;
	case RTMP_KIND_METADATA:
		line_text(l, ", ");
		line_amf0(l, t->data, t->size);
		break;
	case RTMP_KIND_CHANNELS:
		print_channels(l, t);
		break;
	case RTMP_KIND_COMMAND:
		if (t->size != 0)
			line_text(l, ", %s", t->data[0] ==
			    RTMP_VIDEO_START_SEEK ? "seek begins" :
			    t->data[0] == RTMP_VIDEO_END_SEEK ? "seek ends" :
			    "unknown");
		if (t->size != 0)
			line_number(l, "command", t->data[0]);
		break;
	default:
		break;
	}
}

/* ---- Headers ---- */

static void
header_text(struct line *l, const struct rtmp_tag *t)
{
	char s[12];

	line_text(l, "%s", t->codec == RTMP_CODEC_UNKNOWN && t->enhanced ?
	    fourcc_name(t->fourcc, s) : rtmp_codec_name(t->codec));
	if (t->enhanced)
		line_text(l, " (%s, %s)", fourcc_name(t->fourcc, s),
		    packet_name(t));
	if (t->multitrack != RTMP_MULTITRACK_NONE)
		line_text(l, ", %s, track %u", multitrack_name(t), t->track);
	if (t->type == RTMP_MSG_VIDEO && t->frame_type != RTMP_VIDEO_COMMAND)
		line_text(l, ", %s frame", frame_name(t));
	if (t->kind != RTMP_KIND_CODED)
		line_text(l, ", %s", kind_name(t->kind));
	if (t->composition_time != 0)
		line_text(l, ", composition time %ld ms",
		    (long)t->composition_time);
	if (t->has_nano)
		line_text(l, ", %lu ns later", (unsigned long)t->nano_offset);
}

static void
header_json(struct line *l, const struct rtmp_tag *t)
{
	char s[12];

	line_string(l, "kind", kind_name(t->kind));
	line_string(l, "codec", rtmp_codec_name(t->codec));
	if (t->enhanced) {
		line_true(l, "enhanced");
		line_string(l, "fourcc", fourcc_name(t->fourcc, s));
	} else {
		line_number(l, "codec_id", t->legacy_id);
	}
	line_string(l, "packet", packet_name(t));
	if (t->type == RTMP_MSG_VIDEO)
		line_string(l, "frame", frame_name(t));
	if (!t->enhanced && t->type == RTMP_MSG_AUDIO) {
		line_number(l, "sound_rate", t->sound_rate);
		line_number(l, "sound_size", t->sound_size);
		line_number(l, "sound_type", t->sound_type);
	}
	if (t->multitrack != RTMP_MULTITRACK_NONE) {
		line_string(l, "multitrack", multitrack_name(t));
		line_number(l, "track", t->track);
	}
	if (rtmp_codec_has_composition_time(t->codec))
		line_number(l, "cts", t->composition_time);
	if (t->has_nano)
		line_number(l, "nano", t->nano_offset);
	line_number(l, "size", (double)t->size);
}

/* The extensions of a chain that are not TimestampOffsetNano, too. */
static void
print_modex(struct line *l, const struct rtmp_tag *t)
{
	const uint8_t *chain = t->modex;
	size_t left = t->modex_size;
	struct rtmp_modex m;

	if (chain == NULL)
		return;
	line_open(l, "modex", '[');
	while (rtmp_modex_next(&chain, &left, &m) == 1) {
		if (m.type != RTMP_MODEX_NANO)
			line_text(l, ", ModEx type %u, %zu byte%s", m.type,
			    m.size, m.size == 1 ? "" : "s");
		line_open(l, NULL, '{');
		line_number(l, "type", m.type);
		line_number(l, "size", (double)m.size);
		line_close(l, '}');
	}
	line_close(l, ']');
}

void
inspect_media(struct line *l, uint8_t type, const uint8_t *data, size_t size)
{
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	int ret, n = 0;

	rtmp_tag_reader_init(&r, type, data, size);
	line_open(l, "pieces", '[');
	while ((ret = rtmp_tag_next(&r, &t)) == 1) {
		if (n++ != 0)
			line_text(l, "; ");
		line_open(l, NULL, '{');
		header_text(l, &t);
		header_json(l, &t);
		print_modex(l, &t);
		print_data(l, &t);
		if (t.kind == RTMP_KIND_CODED)
			line_text(l, ", %zu bytes of media", t.size);
		line_close(l, '}');
	}
	line_close(l, ']');
	if (ret < 0) {
		line_text(l, "%smalformed", n != 0 ? "; " : "");
		line_string(l, "fault", "malformed");
	}
}
