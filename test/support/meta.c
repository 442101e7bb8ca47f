#include "support/meta.h"

void
meta_init(struct meta *meta)
{
	rtmp_metadata_init(&meta->m, sizeof(meta->m));
	meta->m.video_tracks = meta->video;
	meta->m.video_tracks_max = TRACKS;
	meta->m.audio_tracks = meta->audio;
	meta->m.audio_tracks_max = TRACKS;
}

void
assert_number(double a, double b)
{
	if (!(a >= b && a <= b))
		fail_msg("%g is not %g", a, b);
}

int
read_body(struct rtmp_metadata *m, const uint8_t *body, size_t size)
{
	uint8_t *guard;
	size_t i;
	int ret = 0;

	for (i = size > 2000 ? size : 0; i <= size; i++) {
		struct rtmp_metadata cut = *m;

		guard = guard_copy(body, i);
		ret = rtmp_metadata_read(&cut, guard, i);
		assert_true(ret == 1 || ret == 0 ||
		    ret == RTMP_ERR_MALFORMED);
		guard_free(guard, i);
	}
	assert_int_equal(rtmp_metadata_read(m, body, size), ret);
	return ret;
}

uint8_t *
write_body(const struct rtmp_metadata *m, size_t *size)
{
	uint8_t *body;
	size_t i;

	assert_int_equal(rtmp_metadata_write(m, NULL, 0, size),
	    RTMP_ERR_NOBUF);
	body = malloc(*size);
	assert_non_null(body);
	for (i = *size > 2000 ? *size - 1 : 0; i < *size; i++) {
		size_t need = 0;

		assert_int_equal(rtmp_metadata_write(m, body, i, &need),
		    RTMP_ERR_NOBUF);
		assert_int_equal(need, *size);
	}
	assert_int_equal(rtmp_metadata_write(m, body, *size, NULL), 0);
	return body;
}
