#include <string.h>

#include "crypto/blowfish.h"

#define ROUNDS 16

void
rtmp_blowfish_encrypt(const struct rtmp_blowfish *b, uint32_t block[2])
{
	const uint32_t *p = b->words, *s = b->words + 18;
	uint32_t left = block[0], right = block[1], t;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		left ^= p[i];
		right ^= ((s[left >> 24] + s[256 + (left >> 16 & 255)]) ^
		    s[512 + (left >> 8 & 255)]) + s[768 + (left & 255)];
		t = left;
		left = right;
		right = t;
	}
	block[0] = right ^ p[ROUNDS + 1];
	block[1] = left ^ p[ROUNDS];
}

void
rtmp_blowfish_init(struct rtmp_blowfish *b, const uint8_t *key, size_t size)
{
	uint32_t block[2] = { 0, 0 }, word = 0;
	size_t i;

	memcpy(b->words, rtmp_blowfish_pi, sizeof(b->words));
	for (i = 0; i < 4 * (ROUNDS + 2); i++) {
		word = word << 8 | key[i % size];
		if (i % 4 == 3)
			b->words[i / 4] ^= word;
	}
	for (i = 0; i < RTMP_BLOWFISH_WORDS; i += 2) {
		rtmp_blowfish_encrypt(b, block);
		b->words[i] = block[0];
		b->words[i + 1] = block[1];
	}
}
