#ifndef ES_OGG_H
#define ES_OGG_H

/* What reading and writing of Opus and Speex in Ogg share. */
#include <stddef.h>
#include <stdint.h>

/* The checksum of pages, RFC 3533 section 6; begin with 0. */
uint32_t es_ogg_crc(uint32_t crc, const uint8_t *p, size_t size);
/* How long a packet lasts at 48000 Hz, RFC 6716 section 3.1; size is not
 * 0. */
uint32_t es_opus_samples(const uint8_t *data, size_t size);

/* ---- Speex ---- */

#define ES_SPEEX_RATE 16000 /* RTMP has no other */
#define ES_SPEEX_FRAME 320u /* samples */
#define ES_SPEEX_HEAD_SIZE 80

/* The first packet: how many packets behind it are none of sound, and how many
 * samples each of the others has.  Returns 0, or -1: not Speex, or not as RTMP
 * has it. */
int es_speex_head_read(const uint8_t *data, size_t size, uint32_t *headers,
    uint32_t *samples);
/* frames: in a packet. */
void es_speex_head_write(uint8_t head[ES_SPEEX_HEAD_SIZE], unsigned frames);
/* How many frames a packet has, 1 at least. */
unsigned es_speex_frames(const uint8_t *data, size_t size);

#endif
