/*
 * Codecs without NAL units for RTMP.  The configuration of most is in the
 * first bytes of a stream or of its key frames:
 *
 *     AV1         the sequence header OBU of a temporal unit
 *     VP8, VP9    the header of a key frame
 *     AAC         each ADTS header, which the packets go without
 *     Opus, FLAC  what precedes the packets in their files: OpusHead,
 *                 STREAMINFO
 *     AC-3, MP3   in each frame; the sequence header says nothing
 */
#include <string.h>

#include "media/aac.h"
#include "media/audio.h"
#include "media/av1.h"
#include "media/packetizer.h"
#include "media/vpx.h"

#define NS_PER_S 1000000000

#define OPUS_RATE 48000
#define OPUS_PRE_SKIP 312 /* that of libopus, at 48 kHz */

static int
fail(const struct rtmp_put *put, const char *words)
{
	return rtmp_packetizer_fail(put->p, RTMP_ERR_MALFORMED, words);
}

static int
needs_config(const struct rtmp_put *put, const char *words)
{
	if (put->track->config.size != 0)
		return 0;
	return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL, words);
}

static int
put_as_it_is(struct rtmp_put *put, int key)
{
	int err = rtmp_put_due(put);

	return err != 0 ? err : rtmp_put_coded_lent(put, put->frame->data,
	    put->frame->size, key);
}

/* ---- AV1 ---- */

/* The sequence header in the record; 0 when there is none. */
static int
find_sequence_header(const struct rtmp_put *put, struct rtmp_av1_obu *obu)
{
	const struct rtmp_buf *config = &put->track->config;
	struct rtmp_av1_config c;

	return rtmp_av1_config_parse(&c, config->data, config->size) == 0 &&
	    rtmp_av1_find(c.obus, c.obus_size, RTMP_AV1_SEQUENCE_HEADER,
		obu) == 1;
}

/* A record that was given may hold more than the sequence header: it stays as
 * long as that is the same. */
static int
has_sequence_header(const struct rtmp_put *put, const struct rtmp_av1_obu *obu)
{
	struct rtmp_av1_obu have;

	return find_sequence_header(put, &have) &&
	    have.payload_size == obu->payload_size &&
	    memcmp(have.payload, obu->payload, obu->payload_size) == 0;
}

static int
learn_av1(struct rtmp_put *put, const uint8_t *data, size_t size)
{
	struct rtmp_buf *record = &put->p->record;
	struct rtmp_av1_obu obu;
	size_t len = 0;
	int err;

	err = rtmp_av1_find(data, size, RTMP_AV1_SEQUENCE_HEADER, &obu);
	if (err == 0 || (err == 1 && has_sequence_header(put, &obu)))
		return 0;
	if (err < 0)
		return fail(put, "an OBU ends behind the frame");
	err = rtmp_av1_config_build(NULL, 0, &len, &obu);
	if (err != RTMP_ERR_NOBUF || len > RTMP_MEDIA_CONFIG_MAX)
		return fail(put, "the AV1 sequence header is malformed");
	record->size = 0;
	err = rtmp_buf_reserve(record, &put->p->mem, len);
	if (err != 0)
		return err;
	rtmp_av1_config_build(record->data, len, &len, &obu);
	return rtmp_put_record(put, record->data, len);
}

/* Where the OBUs all have sizes, and only temporal delimiters at the front are
 * left out, the rest can be sent from where it is.  Returns its start, or
 * NULL. */
static const uint8_t *
av1_as_it_is(const uint8_t *data, size_t size)
{
	const uint8_t *pos = data, *start = data;
	struct rtmp_av1_obu obu;
	int ret;

	while ((ret = rtmp_av1_obu_next(&pos, data + size, &obu)) == 1) {
		if (!obu.has_size)
			return NULL;
		if (obu.type != RTMP_AV1_TEMPORAL_DELIMITER)
			continue;
		if (obu.data != start)
			return NULL;
		start = pos;
	}
	return ret == 0 ? start : NULL;
}

static int
is_av1_key(struct rtmp_put *put, int *key)
{
	struct rtmp_av1_sequence seq;
	struct rtmp_av1_obu obu;
	int known = find_sequence_header(put, &obu) &&
	    rtmp_av1_sequence_parse(&seq, obu.payload, obu.payload_size) == 0;

	*key = rtmp_av1_is_key(known ? &seq : NULL, put->frame->data,
	    put->frame->size);
	return *key < 0 ? fail(put, "an AV1 frame header is malformed") : 0;
}

static int
put_av1(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	const uint8_t *start;
	uint8_t *room;
	size_t size = f->size + 5;
	int err, key = 0;

	err = learn_av1(put, f->data, f->size);
	if (err == 0)
		err = needs_config(put, "no AV1 sequence header came before");
	if (err == 0)
		err = is_av1_key(put, &key);
	if (err == 0)
		err = rtmp_put_due(put);
	if (err != 0)
		return err;
	start = av1_as_it_is(f->data, f->size);
	if (start != NULL) {
		size = f->size - (size_t)(start - f->data);
		return size == 0 ? 0 :
		    rtmp_put_coded_lent(put, start, size, key);
	}
	err = rtmp_put_room(put, size, &room);
	if (err != 0)
		return err;
	if (rtmp_av1_unit_build(room, size, &size, f->data, f->size) != 0)
		return fail(put, "an OBU ends behind the frame");
	return size == 0 ? 0 : rtmp_put_coded_room(put, size, key);
}

/* ---- VP8, VP9 ---- */

static int
put_vpx(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	uint8_t record[RTMP_VPX_CONFIG_SIZE];
	struct rtmp_video_info config;
	struct rtmp_vpx_frame frame;
	int err;

	err = rtmp_vpx_frame_parse(&frame, f->codec, f->data, f->size);
	if (err != 0)
		return fail(put, "the VP8 or VP9 frame header is malformed");
	if (frame.key && !put->track->is_given &&
	    rtmp_vpx_config_from_frame(&config, &frame, 0, 0) == 0) {
		rtmp_vpx_config_build(record, &config);
		err = rtmp_put_record(put, record, sizeof(record));
		if (err != 0)
			return err;
	}
	err = needs_config(put, "no key frame of VP8 or VP9 came before");
	return err != 0 ? err : put_as_it_is(put, frame.key);
}

/* ---- AAC ---- */

/* A record that was given may say what ADTS cannot, SBR for one: it stays as
 * long as it does not contradict. */
static int
learn_adts(struct rtmp_put *put, const struct rtmp_adts *h,
    const uint8_t *raw, size_t raw_size)
{
	const struct rtmp_buf *have = &put->track->config;
	uint8_t record[RTMP_AAC_CONFIG_MAX];
	struct rtmp_aac_config c;
	size_t size;

	if (have->size != 0 &&
	    rtmp_aac_config_parse(&c, have->data, have->size) == 0 &&
	    c.object_type == h->object_type && c.rate == h->rate &&
	    c.channel_config == h->channel_config)
		return 0;
	if (rtmp_adts_config(&c, h, raw, raw_size) != 0 ||
	    rtmp_aac_config_build(record, sizeof(record), &size, &c) != 0)
		return fail(put, "no configuration in the ADTS header");
	return rtmp_put_record(put, record, size);
}

static int
put_adts(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	const uint8_t *pos = f->data, *end = f->data + f->size, *raw;
	int64_t pts = put->pts, dts = put->dts, samples = 0, t;
	struct rtmp_adts h;
	size_t size;
	int ret, err = 0;

	while ((ret = rtmp_adts_next(&pos, end, &h, &raw, &size)) == 1) {
		if (h.blocks != 1)
			return fail(put, "several blocks in one ADTS frame");
		t = samples * NS_PER_S / h.rate;
		put->pts = pts + t;
		put->dts = dts + t;
		samples += 1024;
		if (put->frame->tag == NULL || put->track->config.size == 0)
			err = learn_adts(put, &h, raw, size);
		if (err == 0)
			err = rtmp_put_due(put);
		if (err == 0)
			err = rtmp_put_coded_lent(put, raw, size, 0);
		if (err != 0)
			return err;
	}
	return ret == 0 ? 0 : fail(put, "not an ADTS frame, or cut off");
}

/* No raw frame begins like ADTS: 111 is the end of one.  What a track was once
 * it stays. */
static int
is_adts(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	struct rtmp_adts h;

	if (f->form != RTMP_FORM_AUTO)
		return f->form == RTMP_FORM_ADTS;
	if (put->track->form == RTMP_FORM_AUTO)
		put->track->form = rtmp_adts_parse(&h, f->data, f->size) == 0 ?
		    RTMP_FORM_ADTS : RTMP_FORM_RAW;
	return put->track->form == RTMP_FORM_ADTS;
}

static int
put_aac(struct rtmp_put *put)
{
	int err;

	if (is_adts(put))
		return put_adts(put);
	err = put->frame->tag != NULL ? 0 :
	    needs_config(put, "no AudioSpecificConfig came before");
	return err != 0 ? err : put_as_it_is(put, 0);
}

/* ---- Other audio ---- */

/* The usual OpusHead, for who has none: channels from the first packet. */
static int
make_opus_head(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	uint8_t record[RTMP_OPUS_HEAD_MAX];
	struct rtmp_opus_head head;
	size_t size;

	memset(&head, 0, sizeof(head));
	head.version = 1;
	head.channels = f->channels != 0 ? f->channels :
	    (uint8_t)((f->data[0] >> 2 & 1) + 1);
	head.pre_skip = OPUS_PRE_SKIP;
	head.rate = f->sample_rate != 0 ? f->sample_rate : OPUS_RATE;
	if (rtmp_opus_head_build(record, sizeof(record), &size, &head) != 0)
		return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
		    "more than two channels need an OpusHead");
	return rtmp_put_record(put, record, size);
}

static int
put_opus(struct rtmp_put *put)
{
	uint32_t samples;
	int err = 0;

	if (rtmp_opus_samples(&samples, put->frame->data, put->frame->size) !=
	    0)
		return fail(put, "not an Opus packet");
	if (put->track->config.size == 0)
		err = make_opus_head(put);
	return err != 0 ? err : put_as_it_is(put, 0);
}

/* What the legacy header tells of MP3 is read from the frame. */
static int
put_mp3(struct rtmp_put *put)
{
	struct rtmp_audio_frame h;

	if (rtmp_mp3_parse(&h, put->frame->data, put->frame->size) != 0)
		return fail(put, "not an MP3 frame");
	rtmp_put_set_sound(put, h.rate, h.channels);
	return put_as_it_is(put, 0);
}

static int
put_ac3(struct rtmp_put *put)
{
	struct rtmp_audio_frame h;
	int enhanced;

	if (rtmp_ac3_parse(&h, &enhanced, put->frame->data,
	    put->frame->size) != 0 ||
	    enhanced != (put->frame->codec == RTMP_CODEC_EAC3))
		return fail(put, "not a frame of this kind of AC-3");
	return put_as_it_is(put, 0);
}

static int
put_flac(struct rtmp_put *put)
{
	struct rtmp_audio_frame h;
	int err = needs_config(put, "no STREAMINFO came before");

	if (err == 0 && rtmp_flac_frame_parse(&h, NULL, put->frame->data,
	    put->frame->size) != 0)
		err = fail(put, "not a FLAC frame");
	return err != 0 ? err : put_as_it_is(put, 0);
}

int
rtmp_put_codec_frame(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;

	if (f->tag != NULL && f->form != RTMP_FORM_ADTS)
		return put->track->config.size != 0 ? put_as_it_is(put, 0) :
		    rtmp_put_coded_lent(put, f->data, f->size, 0);
	switch (f->codec) {
	case RTMP_CODEC_AV1:
		return put_av1(put);
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		return put_vpx(put);
	case RTMP_CODEC_AAC:
		return put_aac(put);
	case RTMP_CODEC_OPUS:
		return put_opus(put);
	case RTMP_CODEC_FLAC:
		return put_flac(put);
	case RTMP_CODEC_MP3:
		return put_mp3(put);
	case RTMP_CODEC_AC3:
	case RTMP_CODEC_EAC3:
		return put_ac3(put);
	default:
		return put_as_it_is(put, 0);
	}
}

/* ---- Configuration ---- */

static int
put_flac_config(struct rtmp_put *put)
{
	uint8_t head[RTMP_FLAC_HEAD_SIZE];
	struct rtmp_flac_info info;

	if (rtmp_flac_info_parse(&info, put->frame->data, put->frame->size) !=
	    0)
		return fail(put, "no STREAMINFO in the configuration");
	rtmp_flac_head_build(head, info.streaminfo);
	return rtmp_put_record(put, head, sizeof(head));
}

static int
put_vpx_config(struct rtmp_put *put)
{
	uint8_t record[RTMP_VPX_CONFIG_SIZE];
	struct rtmp_video_info c;

	if (rtmp_vpx_config_parse(&c, put->frame->data, put->frame->size) != 0)
		return fail(put, "the configuration is malformed");
	rtmp_vpx_config_build(record, &c);
	put->track->is_given = 1;
	return rtmp_put_record(put, record, sizeof(record));
}

/* The record, or OBUs with a sequence header. */
static int
put_av1_config(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;
	struct rtmp_av1_config c;
	int err;

	if (rtmp_av1_config_parse(&c, f->data, f->size) == 0)
		return rtmp_put_record(put, f->data, f->size);
	err = learn_av1(put, f->data, f->size);
	if (err == 0 && put->track->config.size == 0)
		err = fail(put, "no AV1 sequence header in the configuration");
	return err;
}

int
rtmp_put_codec_config(struct rtmp_put *put)
{
	const struct rtmp_frame *f = put->frame;

	switch (f->codec) {
	case RTMP_CODEC_AV1:
		return put_av1_config(put);
	case RTMP_CODEC_VP8:
	case RTMP_CODEC_VP9:
		return put_vpx_config(put);
	case RTMP_CODEC_FLAC:
		return put_flac_config(put);
	case RTMP_CODEC_AAC:
	case RTMP_CODEC_OPUS:
		if (f->size == 0)
			return fail(put, "the configuration is empty");
		return rtmp_put_record(put, f->data, f->size);
	default:
		if (f->size != 0)
			return rtmp_packetizer_fail(put->p, RTMP_ERR_INVAL,
			    "this codec has no configuration");
		return 0;
	}
}
