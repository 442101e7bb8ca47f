/* Any bytes as onMetaData, as what a server says that it can take, and as
 * media to fill metadata from.  What is read is written, and that reads the
 * same. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/capabilities.h>
#include <rtmpio/metadata.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TRACKS 3

struct meta {
	struct rtmp_metadata m;
	struct rtmp_video_metadata video[TRACKS];
	struct rtmp_audio_metadata audio[TRACKS];
};

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

static void
meta_init(struct meta *meta)
{
	memset(meta, 0, sizeof(*meta));
	rtmp_metadata_init(&meta->m, sizeof(meta->m));
	meta->m.video_tracks = meta->video;
	meta->m.video_tracks_max = TRACKS;
	meta->m.audio_tracks = meta->audio;
	meta->m.audio_tracks_max = TRACKS;
}

static size_t
places(size_t count)
{
	return count < TRACKS ? count : TRACKS;
}

/* NaN is the same as itself here. */
#define SAME(a, b, member) \
	require(memcmp(&(a)->member, &(b)->member, sizeof((a)->member)) == 0)

static void
same_video(const struct rtmp_video_metadata *a,
    const struct rtmp_video_metadata *b)
{
	SAME(a, b, present);
	SAME(a, b, track);
	SAME(a, b, width);
	SAME(a, b, height);
	SAME(a, b, frame_rate);
	SAME(a, b, data_rate);
	SAME(a, b, codec);
}

static void
same_audio(const struct rtmp_audio_metadata *a,
    const struct rtmp_audio_metadata *b)
{
	SAME(a, b, present);
	SAME(a, b, track);
	SAME(a, b, data_rate);
	SAME(a, b, sample_rate);
	SAME(a, b, sample_size);
	SAME(a, b, channels);
	SAME(a, b, stereo);
	SAME(a, b, delay);
	SAME(a, b, codec);
}

static void
same(const struct meta *a, const struct meta *b)
{
	size_t i;

	SAME(&a->m, &b->m, present);
	SAME(&a->m, &b->m, duration);
	SAME(&a->m, &b->m, file_size);
	require(a->m.encoder_size == b->m.encoder_size);
	require(a->m.encoder_size == 0 || memcmp(a->m.encoder, b->m.encoder,
	    a->m.encoder_size) == 0);
	same_video(&a->m.video, &b->m.video);
	same_audio(&a->m.audio, &b->m.audio);
	require(places(a->m.video_tracks_count) == b->m.video_tracks_count);
	require(places(a->m.audio_tracks_count) == b->m.audio_tracks_count);
	for (i = 0; i < b->m.video_tracks_count; i++)
		same_video(&a->video[i], &b->video[i]);
	for (i = 0; i < b->m.audio_tracks_count; i++)
		same_audio(&a->audio[i], &b->audio[i]);
}

static void
fuzz_metadata(const uint8_t *data, size_t size)
{
	struct meta a, b;
	uint8_t *body;
	size_t need = 0, len = 0;

	meta_init(&a);
	if (rtmp_metadata_read(&a.m, data, size) != 1)
		return;
	require(rtmp_metadata_write(&a.m, NULL, 0, &need) ==
	    RTMP_ERR_NOBUF);
	/* "onMetaData", an end for each object, names that are longer in a
	 * track than in what was read: no more than that. */
	require(need <= size + 64 + 16 * 2 * TRACKS);
	body = malloc(need);
	if (body == NULL)
		return;
	require(rtmp_metadata_write(&a.m, body, need, &len) == 0);
	require(len == need);
	meta_init(&b);
	require(rtmp_metadata_read(&b.m, body, len) == 1);
	same(&a, &b);
	free(body);
}

static void
fuzz_capabilities(const uint8_t *data, size_t size)
{
	struct rtmp_capabilities a, b;
	struct rtmp_amf0_writer w;
	uint8_t buf[2048];

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	rtmp_capabilities_get(&a, data, size);
	a.struct_size = sizeof(a);
	b.struct_size = sizeof(b);
	rtmp_amf0_writer_init(&w, buf, sizeof(buf));
	rtmp_amf0_put_object_begin(&w);
	rtmp_capabilities_put(&w, &a);
	rtmp_amf0_put_object_end(&w);
	require(w.err == 0);
	require(rtmp_capabilities_get(&b, buf, w.len) == 0);
	require(a.stated == b.stated);
	require(a.caps_ex == b.caps_ex);
	require(a.video_function == b.video_function);
	if (a.stated & RTMP_STATED_VIDEO)
		require(memcmp(a.video, b.video, sizeof(a.video)) == 0);
	if (a.stated & RTMP_STATED_AUDIO)
		require(memcmp(a.audio, b.audio, sizeof(a.audio)) == 0);
}

static void
fuzz_fill(const uint8_t *data, size_t size)
{
	struct rtmp_tag tag;
	struct meta meta;

	if (size < 3)
		return;
	rtmp_tag_init(&tag, (enum rtmp_codec)data[0], data[1] & 1);
	tag.kind = data[1] & 2 ? RTMP_KIND_CONFIG : RTMP_KIND_CODED;
	tag.frame_type = RTMP_VIDEO_KEY;
	tag.track = data[2];
	tag.data = data + 3;
	tag.size = size - 3;
	meta_init(&meta);
	rtmp_metadata_fill(&meta.m, &tag);
	require(meta.m.video_tracks_count + meta.m.audio_tracks_count <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_metadata(data, size);
	fuzz_capabilities(data, size);
	fuzz_fill(data, size);
	return 0;
}
