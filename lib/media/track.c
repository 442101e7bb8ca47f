#include <string.h>

#include "media/record.h"
#include "media/track.h"

void
rtmp_media_tracks_free(struct rtmp_media_tracks *t, const struct rtmp_mem *mem)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		rtmp_buf_free(&t->items[i].config, mem);
		rtmp_buf_free(&t->items[i].partial, mem);
	}
	rtmp_mem_free(mem, t->items);
	memset(t, 0, sizeof(*t));
}

struct rtmp_media_track *
rtmp_media_tracks_find(const struct rtmp_media_tracks *t, uint8_t type,
    uint8_t id)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->items[i].id == id && t->items[i].type == type)
			return &t->items[i];
	return NULL;
}

struct rtmp_media_track *
rtmp_media_tracks_get(struct rtmp_media_tracks *t, const struct rtmp_mem *mem,
    uint8_t type, uint8_t id)
{
	struct rtmp_media_track *track = rtmp_media_tracks_find(t, type, id);

	if (track != NULL)
		return track;
	track = rtmp_mem_realloc_array(mem, t->items, t->count + 1,
	    sizeof(*track));
	if (track == NULL)
		return NULL;
	t->items = track;
	track += t->count++;
	memset(track, 0, sizeof(*track));
	track->type = type;
	track->id = id;
	rtmp_buf_init(&track->config, RTMP_MEDIA_CONFIG_MAX);
	rtmp_buf_init(&track->partial, RTMP_MEDIA_CONFIG_MAX);
	return track;
}

int
rtmp_media_tracks_config(const struct rtmp_media_tracks *tracks, uint8_t type,
    uint8_t id, const uint8_t **data, size_t *size)
{
	const struct rtmp_media_track *t =
	    rtmp_media_tracks_find(tracks, type, id);

	if (t == NULL || t->config.size == 0)
		return 0;
	*data = t->config.data;
	*size = t->config.size;
	return 1;
}

int
rtmp_media_append_nal(struct rtmp_buf *b, const struct rtmp_mem *mem,
    const struct rtmp_nal *nal)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };
	int err = rtmp_buf_append(b, mem, start_code, sizeof(start_code));

	return err != 0 ? err : rtmp_buf_append(b, mem, nal->data, nal->size);
}

int
rtmp_media_has_nals(enum rtmp_codec codec)
{
	return codec == RTMP_CODEC_H264 || codec == RTMP_CODEC_HEVC ||
	    codec == RTMP_CODEC_VVC;
}

void
rtmp_media_track_sets(const struct rtmp_media_track *t,
    struct rtmp_nal_sets *sets)
{
	memset(sets, 0, sizeof(*sets));
	if (t->config.size != 0)
		rtmp_record_sets(t->codec, t->config.data,
		    t->config.size, sets);
}

static int
learn_audio(struct rtmp_media_track *t, const uint8_t *data, size_t size)
{
	struct rtmp_audio_frame f;

	if (rtmp_record_sound(&f, t->codec, data, size) != 0)
		return RTMP_ERR_MALFORMED;
	t->sample_rate = f.rate;
	t->channels = f.channels;
	t->sample_size = f.bits;
	return 0;
}

void
rtmp_media_track_reset(struct rtmp_media_track *t, enum rtmp_codec codec)
{
	t->codec = codec;
	t->begun = 0;
	t->length_size = 0;
	t->is_given = 0;
	t->given_length = 0;
	t->form = RTMP_FORM_AUTO;
	t->config.size = 0;
	t->partial.size = 0;
	t->sample_rate = 0;
	t->channels = 0;
	t->sample_size = 0;
}

int
rtmp_media_track_configure(struct rtmp_media_track *t,
    const struct rtmp_mem *mem, enum rtmp_codec codec, const uint8_t *data,
    size_t size)
{
	struct rtmp_media_track old = *t;
	struct rtmp_nal_sets sets;
	int ret;

	if (size > RTMP_MEDIA_CONFIG_MAX)
		return RTMP_ERR_MALFORMED;
	rtmp_media_track_reset(t, codec);
	t->begun = old.begun;
	t->form = old.form;
	t->is_given = old.is_given;
	t->given_length = old.given_length;
	if (rtmp_media_has_nals(codec)) {
		ret = rtmp_record_sets(codec, data, size, &sets);
		t->length_size = (uint8_t)(ret > 0 ? ret : 0);
		ret = ret > 0 ? 0 : RTMP_ERR_MALFORMED;
	} else {
		ret = learn_audio(t, data, size);
	}
	if (ret == 0)
		ret = rtmp_buf_append(&t->config, mem, data, size);
	if (ret != 0) {
		old.config.data = t->config.data;
		old.config.cap = t->config.cap;
		*t = old;
	}
	return ret;
}
