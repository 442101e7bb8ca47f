#ifndef ES_OGG_H
#define ES_OGG_H

/* What reading and writing of Opus in Ogg share. */
#include <stddef.h>
#include <stdint.h>

/* The checksum of pages, RFC 3533 section 6; begin with 0. */
uint32_t es_ogg_crc(uint32_t crc, const uint8_t *p, size_t size);
/* How long a packet lasts at 48000 Hz, RFC 6716 section 3.1; size is not
 * 0. */
uint32_t es_opus_samples(const uint8_t *data, size_t size);

#endif
