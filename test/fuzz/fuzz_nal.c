/*
 * Any bytes as NAL units.  The first byte says in which form they are, and
 * which they become.  Whatever is found lies in the input; what is written
 * holds the same NAL units, and is no longer than promised.
 */
#include <stdlib.h>
#include <string.h>

#include "media/bits.h"
#include "media/nal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

/* Without emulation prevention. */
static size_t
unescape(uint8_t *out, const struct rtmp_nal *nal)
{
	unsigned zeros = 0;
	size_t i, n = 0;

	for (i = 0; i < nal->size; i++) {
		if (zeros >= 2 && nal->data[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = nal->data[i] == 0 ? zeros + 1 : 0;
		out[n++] = nal->data[i];
	}
	return n;
}

/* Of one NAL unit: with and without emulation prevention. */
static void
check_bits(const struct rtmp_nal *nal)
{
	uint8_t *plain = malloc(nal->size);
	struct rtmp_bits a, b;
	size_t size = unescape(plain, nal), i;

	rtmp_bits_init_nal(&a, nal->data, nal->size);
	for (i = 0; i < size; i++)
		CHECK(rtmp_bits_get(&a, 8) == plain[i] && a.err == 0);
	rtmp_bits_get(&a, 1);
	CHECK(a.err != 0);
	rtmp_bits_init_nal(&a, nal->data, nal->size);
	rtmp_bits_init(&b, plain, size);
	while (a.err == 0)
		CHECK(rtmp_bits_ue(&a) == rtmp_bits_ue(&b));
	CHECK(b.err == a.err);
	free(plain);
}

static void
check_found(struct rtmp_nal_iter it, const uint8_t *data, size_t size)
{
	struct rtmp_nal nal;
	size_t total = 0;
	int ret;

	while ((ret = rtmp_nal_next(&it, &nal)) == 1) {
		CHECK(nal.size != 0 && nal.data >= data);
		CHECK(nal.data + nal.size <= data + size);
		if (it.length_size == 0) {
			CHECK(nal.data[nal.size - 1] != 0);
			CHECK(rtmp_nal_find_start(nal.data, nal.data +
			    nal.size) == nal.data + nal.size);
		}
		total += nal.size + 1;
		if (nal.size < 4096)
			check_bits(&nal);
	}
	CHECK(ret == 0 || (ret == RTMP_ERR_PROTO && it.length_size != 0));
	CHECK(total <= size);
}

/* The NAL units of a are those of b. */
static void
check_same(struct rtmp_nal_iter a, struct rtmp_nal_iter b)
{
	struct rtmp_nal x, y;

	while (rtmp_nal_next(&a, &x) == 1) {
		CHECK(rtmp_nal_next(&b, &y) == 1 && x.size == y.size);
		CHECK(memcmp(x.data, y.data, x.size) == 0);
	}
	CHECK(rtmp_nal_next(&b, &y) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_nal_iter in, out;
	unsigned from, to;
	uint8_t *bytes;
	size_t n, again;
	int ret;

	if (size == 0)
		return 0;
	from = data[0] % 5;
	to = data[0] / 5 % 5;
	data++;
	size--;
	rtmp_nal_is_annexb(data, size);
	rtmp_nal_iter_init(&in, data, size, from);
	check_found(in, data, size);
	ret = rtmp_nal_convert(NULL, 0, &n, in, to);
	if (ret != 0 && ret != RTMP_ERR_NOBUF)
		return 0;
	CHECK(from == 0 ? n <= size / 4 * 5 + 5 : n <= size / 2 * 5 + 5);
	bytes = malloc(n + 1);
	CHECK(rtmp_nal_convert(bytes, n, &again, in, to) == 0);
	CHECK(again == n);
	/* Start codes may stand in NAL units that came behind lengths. */
	if (to != 0 || from == 0) {
		rtmp_nal_iter_init(&out, bytes, n, to);
		check_same(in, out);
	}
	free(bytes);
	return 0;
}
