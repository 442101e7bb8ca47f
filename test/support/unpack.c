#include "support/unpack.h"

void
unpack_begin(struct unpack *u, enum rtmp_form video, enum rtmp_form audio)
{
	struct rtmp_depacketizer_options opt;

	memset(u, 0, sizeof(*u));
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = video;
	opt.audio = audio;
	assert_int_equal(rtmp_depacketizer_new(&u->d, &opt), 0);
}

static void
forget_packet(struct unpack *u)
{
	if (u->guard != NULL)
		guard_free(u->guard, u->size);
	u->guard = NULL;
}

void
unpack_end(struct unpack *u)
{
	forget_packet(u);
	rtmp_depacketizer_free(u->d);
	memset(u, 0, sizeof(*u));
}

void
unpack(struct unpack *u, uint8_t type, uint32_t ts, const void *data,
    size_t size)
{
	struct rtmp_packet packet;

	forget_packet(u);
	u->guard = guard_copy(data, size);
	u->size = size;
	packet.type = type;
	packet.timestamp = ts;
	packet.data = u->guard;
	packet.size = size;
	assert_int_equal(rtmp_depacketizer_put(u->d, &packet), 0);
}

void
unpack_hex(struct unpack *u, uint8_t type, uint32_t ts, const char *hex)
{
	size_t size;
	uint8_t *data = from_hex(hex, &size);

	unpack(u, type, ts, data, size);
	free(data);
}

void
expect_frame(struct unpack *u, enum rtmp_kind kind, const char *hex)
{
	size_t size;
	uint8_t *data = from_hex(hex, &size);

	assert_int_equal(rtmp_depacketizer_next(u->d, &u->f), 1);
	assert_int_equal(u->f.kind, kind);
	assert_int_equal(u->f.size, size);
	if (size != 0)
		assert_memory_equal(u->f.data, data, size);
	free(data);
}

void
expect_done(struct unpack *u)
{
	struct rtmp_frame f;

	assert_int_equal(rtmp_depacketizer_next(u->d, &f), 0);
	assert_int_equal(rtmp_depacketizer_next(u->d, &f), 0);
}

void
expect_malformed(struct unpack *u)
{
	struct rtmp_frame f;

	assert_int_equal(rtmp_depacketizer_next(u->d, &f),
	    RTMP_ERR_MALFORMED);
	assert_string_not_equal(rtmp_depacketizer_error(u->d), "");
	expect_done(u);
}
