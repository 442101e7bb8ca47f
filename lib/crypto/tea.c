#include "crypto/tea.h"

#define DELTA 0x9e3779b9

void
rtmp_xtea_encrypt(uint32_t block[2], const uint32_t key[4])
{
	uint32_t a = block[0], b = block[1], sum = 0;
	int i;

	for (i = 0; i < 32; i++) {
		a += ((b << 4 ^ b >> 5) + b) ^ (sum + key[sum & 3]);
		sum += DELTA;
		b += ((a << 4 ^ a >> 5) + a) ^ (sum + key[sum >> 11 & 3]);
	}
	block[0] = a;
	block[1] = b;
}

/* Each word is stirred with its two neighbours, the last with the first. */
void
rtmp_xxtea_decrypt(uint32_t *block, size_t count, const uint32_t key[4])
{
	uint32_t sum, y, z;
	size_t p;

	if (count < 2)
		return;
	y = block[0];
	for (sum = (uint32_t)(6 + 52 / count) * DELTA; sum != 0;
	     sum -= DELTA) {
		for (p = count; p-- != 0;) {
			z = block[p != 0 ? p - 1 : count - 1];
			block[p] -= ((z >> 5 ^ y << 2) + (y >> 3 ^ z << 4)) ^
			    ((sum ^ y) + (key[(p ^ sum >> 2) & 3] ^ z));
			y = block[p];
		}
	}
}
