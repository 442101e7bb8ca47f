/* Any bytes as an audio and as a video packet: whatever can be read can be
 * written, and is what was read; bodies of colour and channels likewise. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/tag.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

/* A legacy end of sequence may be shorter than it is written. */
static int
is_short_end(uint8_t type, const uint8_t *data, size_t size)
{
	return type == RTMP_MSG_VIDEO && size < 5 && data[0] < 0x80;
}

static void
check_bodies(const struct rtmp_tag *t)
{
	struct rtmp_color_info info, again;
	struct rtmp_channels channels;
	uint8_t buf[512];
	size_t len;

	rtmp_color_info_init(&info, sizeof(info));
	if (rtmp_color_info_read(&info, t->data, t->size) == 1) {
		require(rtmp_color_info_write(&info, buf, sizeof(buf),
		    &len) == 0);
		require(len <= 400);
		rtmp_color_info_init(&again, sizeof(again));
		require(rtmp_color_info_read(&again, buf, len) == 1);
	}
	if (rtmp_channels_read(&channels, t->data, t->size) == 0) {
		rtmp_channels_write(&channels, buf, &len);
		require(len <= t->size &&
		    memcmp(buf, t->data, len) == 0);
	}
}

static void
check(uint8_t type, const uint8_t *data, size_t size)
{
	uint8_t *out = malloc(size + RTMP_TAG_HEADER_MAX);
	struct rtmp_tag_reader r;
	struct rtmp_tag t;
	size_t n = 0, len, pieces = 0;
	int ret;

	require(out != NULL);
	rtmp_tag_reader_init(&r, type, data, size);
	while ((ret = rtmp_tag_next(&r, &t)) == 1) {
		require(t.size <= size);
		require(t.kind == RTMP_KIND_UNKNOWN || t.codec != 0 ||
		    t.kind == RTMP_KIND_COMMAND ||
		    t.kind == RTMP_KIND_SILENCE);
		if (t.kind != RTMP_KIND_CODED)
			check_bodies(&t);
		if (t.nano_offset > 999999)
			t.has_nano = 0;
		require((pieces++ == 0 ? rtmp_tag_put : rtmp_tag_put_track)(
		    out + n, size + RTMP_TAG_HEADER_MAX - n, &t, &len) == 0);
		n += len;
		require(t.size <= size + RTMP_TAG_HEADER_MAX - n);
		if (t.size != 0)
			memcpy(out + n, t.data, t.size);
		n += t.size;
	}
	require(ret == 0 || ret == RTMP_ERR_MALFORMED);
	require(rtmp_tag_next(&r, &t) == 0);
	require(pieces <= size / 4 + 1);
	if (ret == 0 && !is_short_end(type, data, size))
		require(n == size && (n == 0 || memcmp(out, data, n) == 0));
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(RTMP_MSG_AUDIO, data, size);
	check(RTMP_MSG_VIDEO, data, size);
	return 0;
}
