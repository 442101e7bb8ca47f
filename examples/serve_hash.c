/*
 * What serve_auth.c is made of: MD5 (RFC 1321), Base64 (RFC 4648) and XXTEA.
 * It is not the library's, so that a mistake there shows.
 */
#include <string.h>

#include "serve.h"

/* floor(2^32 |sin(i + 1)|) */
static const uint32_t sines[64] = {
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
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391
};

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static void
md5_block(uint32_t h[4], const uint8_t *block)
{
	static const uint8_t turns[4][4] = { { 7, 12, 17, 22 },
		{ 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
	static const unsigned first[4] = { 0, 1, 5, 0 };
	static const unsigned step[4] = { 1, 5, 3, 7 };
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], f;
	unsigned i, round, turn, word;

	for (i = 0; i < 64; i++) {
		round = i / 16;
		word = (first[round] + step[round] * i) % 16;
		if (round == 0)
			f = (b & c) | (~b & d);
		else if (round == 1)
			f = (d & b) | (~d & c);
		else if (round == 2)
			f = b ^ c ^ d;
		else
			f = c ^ (b | ~d);
		f += a + sines[i] + le32(block + 4 * word);
		turn = turns[round][i % 4];
		a = d;
		d = c;
		c = b;
		b += f << turn | f >> (32 - turn);
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

void
serve_md5(const char *text, uint8_t digest[16])
{
	uint32_t h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	size_t size = strlen(text), left = size, i;
	uint8_t tail[128] = { 0 };
	size_t tail_size;

	for (; left >= 64; left -= 64, text += 64)
		md5_block(h, (const uint8_t *)text);
	memcpy(tail, text, left);
	tail[left] = 0x80;
	tail_size = left < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		tail[tail_size - 8 + i] = (uint8_t)((uint64_t)size * 8 >>
		    8 * i);
	for (i = 0; i < tail_size; i += 64)
		md5_block(h, tail + i);
	for (i = 0; i < 16; i++)
		digest[i] = (uint8_t)(h[i / 4] >> 8 * (i % 4));
}

void
serve_hex(const uint8_t *data, size_t size, char *text)
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
}

void
serve_base64(const uint8_t *data, size_t size, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i, n, k;

	for (i = 0; i < size; i += n) {
		n = size - i < 3 ? size - i : 3;
		for (v = 0, k = 0; k < 3; k++)
			v = v << 8 | (k < n ? data[i + k] : 0);
		for (k = 0; k < 4; k++)
			*text++ = k <= n ? digits[v >> (18 - 6 * k) & 63] :
			    '=';
	}
	*text = '\0';
}

/* Needham and Wheeler, "Correction to xtea", 1998. */
void
serve_xxtea(uint8_t *data, size_t size, const char *password)
{
	uint32_t v[SERVE_TOKEN_SIZE / 4], key[4], y, z, sum = 0;
	uint8_t secret[16] = { 0 };
	size_t n = size / 4, i, p, rounds = 6 + 52 / n, round;

	for (i = 0; i < sizeof(secret) && password[i] != '\0'; i++)
		secret[i] = (uint8_t)password[i];
	for (i = 0; i < 4; i++)
		key[i] = le32(secret + 4 * i);
	for (i = 0; i < n; i++)
		v[i] = le32(data + 4 * i);
	z = v[n - 1];
	for (round = 0; round < rounds; round++) {
		sum += 0x9e3779b9;
		for (p = 0; p < n; p++) {
			y = v[(p + 1) % n];
			v[p] += ((z >> 5 ^ y << 2) + (y >> 3 ^ z << 4)) ^
			    ((sum ^ y) + (key[(p ^ sum >> 2) & 3] ^ z));
			z = v[p];
		}
	}
	for (i = 0; i < size; i++)
		data[i] = (uint8_t)(v[i / 4] >> 8 * (i % 4));
}
