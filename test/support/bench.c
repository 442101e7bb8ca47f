#include "support/bench.h"

#define V RTMP_MSG_VIDEO

uint8_t *avcc;
size_t avcc_size;
uint8_t *sets;
size_t sets_size;

int
load_sets(void **state)
{
	struct flv_file f;
	size_t sps, pps;
	const uint8_t *p;

	(void)state;
	load_flv(&f, "h264_aac");
	avcc_size = f.packets[1].size - 5;
	avcc = malloc(avcc_size);
	sets = malloc(avcc_size);
	assert_non_null(avcc);
	assert_non_null(sets);
	memcpy(avcc, f.packets[1].data + 5, avcc_size);
	free_flv(&f);
	p = avcc + 6;
	sps = p[1];
	memcpy(sets, "\0\0\0\1", 4);
	memcpy(sets + 4, p + 2, sps);
	p += 2 + sps + 1;
	pps = p[1];
	memcpy(sets + 4 + sps, "\0\0\0\1", 4);
	memcpy(sets + 8 + sps, p + 2, pps);
	sets_size = 8 + sps + pps;
	return 0;
}

int
free_sets(void **state)
{
	(void)state;
	free(avcc);
	free(sets);
	return 0;
}

void
begin(struct bench *b, enum rtmp_codec codec)
{
	memset(b, 0, sizeof(*b));
	rtmp_packetizer_options_init(&b->opt, sizeof(b->opt));
	rtmp_frame_init(&b->f, sizeof(b->f));
	b->f.codec = codec;
}

int
put_data(struct bench *b, const void *data, size_t size)
{
	uint8_t *guard = guard_copy(data, size);
	int ret;

	if (b->p == NULL)
		assert_int_equal(rtmp_packetizer_new(&b->p, &b->opt), 0);
	free_packets(&b->list);
	b->f.data = guard;
	b->f.size = size;
	ret = put_frame(&b->list, b->p, &b->f);
	guard_free(guard, size);
	b->f.data = NULL;
	assert_int_equal(ret != 0, *rtmp_packetizer_error(b->p) != 0);
	return ret;
}

int
put_hex(struct bench *b, const char *hex)
{
	size_t size;
	uint8_t *data = from_hex(hex, &size);
	int ret = put_data(b, data, size);

	free(data);
	return ret;
}

void
expect(struct bench *b, size_t i, uint8_t type, uint32_t ts, const char *hex)
{
	assert_true(i < b->list.count);
	expect_hex(&b->list.items[i], type, ts, hex);
}

void
end(struct bench *b)
{
	free_packets(&b->list);
	rtmp_packetizer_free(b->p);
	memset(b, 0, sizeof(*b));
}

int
put_key(struct bench *b, const char *hex)
{
	uint8_t data[512];
	size_t size;
	uint8_t *nals = from_hex(hex, &size);
	int ret;

	memcpy(data, sets, sets_size);
	memcpy(data + sets_size, nals, size);
	ret = put_data(b, data, sets_size + size);
	free(nals);
	return ret;
}

void
expect_header(struct bench *b, size_t i, uint32_t ts, const char *front)
{
	const struct rtmp_packet *p = &b->list.items[i];
	size_t size;
	uint8_t *bytes = from_hex(front, &size);

	assert_true(i < b->list.count);
	assert_int_equal(p->type, V);
	assert_int_equal(p->timestamp, ts);
	assert_int_equal(p->size, size + avcc_size);
	assert_memory_equal(p->data, bytes, size);
	assert_memory_equal(p->data + size, avcc, avcc_size);
	free(bytes);
}
