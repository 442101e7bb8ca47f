/* MD5, RFC 1321 section 3. */
#include <string.h>

#include "base/wire.h"
#include "crypto/md5.h"

/* Section 3.4: the sines of 1 to 64. */
static const uint32_t t[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
	0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
	0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
	0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static uint32_t
rol(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

/* F, G, H and I, and the word that each of the 64 steps takes. */
static uint32_t
md5_mix(int i, uint32_t b, uint32_t c, uint32_t d, int *word)
{
	switch (i / 16) {
	case 0:
		*word = i;
		return (b & c) | (~b & d);
	case 1:
		*word = (5 * i + 1) % 16;
		return (b & d) | (c & ~d);
	case 2:
		*word = (3 * i + 5) % 16;
		return b ^ c ^ d;
	default:
		*word = 7 * i % 16;
		return c ^ (b | ~d);
	}
}

static void
md5_block(uint32_t state[4], const uint8_t *block)
{
	static const uint8_t shifts[4][4] = { { 7, 12, 17, 22 },
		{ 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], f;
	int i, word;

	for (i = 0; i < 64; i++) {
		f = md5_mix(i, b, c, d, &word);
		f += a + t[i] + rtmp_get_le32(block + 4 * word);
		a = d;
		d = c;
		c = b;
		b += rol(f, shifts[i / 16][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

void
rtmp_md5_init(struct rtmp_md5 *h)
{
	static const uint32_t start[4] = { 0x67452301, 0xefcdab89, 0x98badcfe,
		0x10325476 };

	memcpy(h->state, start, sizeof(start));
	h->size = 0;
}

void
rtmp_md5_update(struct rtmp_md5 *h, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t used = (size_t)(h->size % sizeof(h->block)), n;

	h->size += size;
	for (; size != 0; p += n, size -= n, used = 0) {
		n = sizeof(h->block) - used;
		if (n > size)
			n = size;
		memcpy(h->block + used, p, n);
		if (used + n == sizeof(h->block))
			md5_block(h->state, h->block);
	}
}

void
rtmp_md5_final(struct rtmp_md5 *h, uint8_t out[RTMP_MD5_SIZE])
{
	uint8_t padding[64] = { 0x80 };
	uint64_t bits = h->size * 8;
	uint8_t length[8];
	int i;

	rtmp_put_le32(length, (uint32_t)bits);
	rtmp_put_le32(length + 4, (uint32_t)(bits >> 32));
	/* Up to 8 bytes before the end of a block. */
	rtmp_md5_update(h, padding, 1 + (119 - h->size % 64) % 64);
	rtmp_md5_update(h, length, sizeof(length));
	for (i = 0; i < 4; i++)
		rtmp_put_le32(out + 4 * i, h->state[i]);
}
