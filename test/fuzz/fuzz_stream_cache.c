/* Any bytes as packets, { type, size (2), body } ..., into a cache: it stays
 * within its size, and what it replays replays the same. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/stream_cache.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CACHE_SIZE 4096

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

static void
check_replay(const struct rtmp_stream_cache *c, struct rtmp_stream_cache *d)
{
	struct rtmp_packet p, q;
	size_t pos = 0, other = 0, total = 0;

	while (rtmp_stream_cache_next(c, &pos, 7, &p) == 1) {
		require(rtmp_packet_is(&p) != 0);
		require(rtmp_stream_cache_put(d, &p) == 0);
		total += p.size;
	}
	require(total <= CACHE_SIZE);
	pos = 0;
	while (rtmp_stream_cache_next(c, &pos, 7, &p) == 1) {
		require(rtmp_stream_cache_next(d, &other, 7, &q) == 1);
		require(p.type == q.type && p.size == q.size &&
		    memcmp(p.data, q.data, p.size) == 0);
	}
	require(rtmp_stream_cache_next(d, &other, 7, &q) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_stream_cache *c, *d;
	struct rtmp_packet p;
	size_t n;

	if (rtmp_stream_cache_new(&c, CACHE_SIZE, NULL) != 0)
		return 0;
	require(rtmp_stream_cache_new(&d, CACHE_SIZE, NULL) == 0);
	while (size >= 3) {
		n = (size_t)data[1] << 8 | data[2];
		if (n > size - 3)
			n = size - 3;
		p.type = data[0];
		p.timestamp = 0;
		p.data = data + 3;
		p.size = n;
		rtmp_stream_cache_put(c, &p);
		data += 3 + n;
		size -= 3 + n;
	}
	check_replay(c, d);
	rtmp_stream_cache_free(c);
	rtmp_stream_cache_free(d);
	return 0;
}
