#ifndef RTMPIO_BASE_WIRE_H
#define RTMPIO_BASE_WIRE_H

/* Integers and doubles as they stand on the wire: big-endian, except the
 * message stream id, which is little-endian. */
#include <stdint.h>
#include <string.h>

static inline uint16_t
rtmp_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
rtmp_get_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t
rtmp_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t
rtmp_get_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

static inline double
rtmp_get_double(const uint8_t *p)
{
	uint64_t u = (uint64_t)rtmp_get_be32(p) << 32 | rtmp_get_be32(p + 4);
	double v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

static inline void
rtmp_put_be16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
rtmp_put_be24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

static inline void
rtmp_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void
rtmp_put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void
rtmp_put_double(uint8_t *p, double v)
{
	uint64_t u;

	memcpy(&u, &v, sizeof(u));
	rtmp_put_be32(p, (uint32_t)(u >> 32));
	rtmp_put_be32(p + 4, (uint32_t)u);
}

#endif
