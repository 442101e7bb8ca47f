#include "crypto/rc4.h"

void
rtmp_rc4_init(struct rtmp_rc4 *c, const uint8_t *key, size_t size)
{
	uint8_t j = 0, t;
	unsigned i;

	for (i = 0; i < 256; i++)
		c->s[i] = (uint8_t)i;
	for (i = 0; i < 256; i++) {
		t = c->s[i];
		j = (uint8_t)(j + t + key[i % size]);
		c->s[i] = c->s[j];
		c->s[j] = t;
	}
	c->i = c->j = 0;
}

static inline uint8_t
rc4_next(struct rtmp_rc4 *c)
{
	uint8_t a, b;

	c->i++;
	a = c->s[c->i];
	c->j = (uint8_t)(c->j + a);
	b = c->s[c->j];
	c->s[c->i] = b;
	c->s[c->j] = a;
	return c->s[(uint8_t)(a + b)];
}

void
rtmp_rc4_xor(struct rtmp_rc4 *c, uint8_t *data, size_t size)
{
	while (size-- != 0)
		*data++ ^= rc4_next(c);
}

void
rtmp_rc4_skip(struct rtmp_rc4 *c, size_t size)
{
	while (size-- != 0)
		rc4_next(c);
}
