/* Any bytes as an FLV file: however they are cut, the same tags and faults
 * come out, within the input and in the order of the file. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/flv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	uint64_t hash;
	uint64_t end; /* of the last tag */
	uint64_t limit;
};

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

static void
mix(struct result *res, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < size; i++)
		res->hash = (res->hash ^ p[i]) * 0x100000001b3;
}

static void
see_tag(struct result *res, const struct rtmp_flv_tag *tag)
{
	uint8_t head[RTMP_FLV_TAG_HEADER_SIZE];
	uint8_t tail[RTMP_FLV_BACK_POINTER_SIZE];

	require(tag->offset >= res->end);
	res->end = tag->offset + sizeof(head) + tag->packet.size;
	require(res->end <= res->limit);
	require(rtmp_flv_put_tag(head, tail, &tag->packet) == 0);
	mix(res, head, sizeof(head));
	mix(res, tag->packet.data, tag->packet.size);
	mix(res, &tag->offset, sizeof(tag->offset));
}

static int
drain(struct rtmp_flv_reader *r, const uint8_t **data, size_t *size,
    struct result *res)
{
	struct rtmp_flv_tag tag;
	struct rtmp_flv_fault fault;
	int ret;

	for (;;) {
		ret = data != NULL ?
		    rtmp_flv_reader_next(r, data, size, &tag, &fault) :
		    rtmp_flv_reader_finish(r, &tag, &fault);
		if (ret == RTMP_FLV_TAG) {
			see_tag(res, &tag);
		} else if (ret == RTMP_FLV_FAULT) {
			require(fault.offset <= res->limit);
			require(fault.skipped <= res->limit - fault.offset);
			mix(res, &fault.offset, sizeof(fault.offset));
			mix(res, &fault.skipped, sizeof(fault.skipped));
			mix(res, fault.words, strlen(fault.words));
		} else {
			return ret;
		}
	}
}

static uint64_t
read_all(const uint8_t *data, size_t size, size_t piece, int header)
{
	struct result res = { 0, 0, size };
	struct rtmp_flv_reader *r;
	const uint8_t *p;
	size_t n, left;
	int ret = 0;

	if (rtmp_flv_reader_new(&r, NULL) != 0)
		return 0;
	if (!header)
		rtmp_flv_reader_no_header(r);
	for (; size != 0 && ret == 0; data += n, size -= n) {
		p = data;
		n = left = piece < size ? piece : size;
		ret = drain(r, &p, &left, &res);
		require(ret != 0 || left == 0);
	}
	if (ret == 0)
		ret = drain(r, NULL, NULL, &res);
	mix(&res, &ret, sizeof(ret));
	rtmp_flv_reader_free(r);
	return res.hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int header;

	for (header = 0; header < 2; header++) {
		uint64_t whole = read_all(data, size, size, header);

		require(read_all(data, size, 1, header) == whole);
		require(read_all(data, size, 13, header) == whole);
		require(read_all(data, size, 1000, header) == whole);
	}
	return 0;
}
