#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

/* The mix in memory: some seconds of it, which are sent over and over. */
#include <stddef.h>
#include <stdint.h>

#include <rtmpio/types.h>

struct load {
	struct rtmp_packet *packets;
	uint8_t **bodies; /* the payloads, writable, with LIBRTMP_HEADROOM
			   * bytes before each */
	size_t count;
	uint64_t bytes; /* of payload */
	uint32_t duration_ms;
};

void load_init(struct load *l, uint32_t duration_ms);

/* All of it as chunks, which begin with full headers so that they can be sent
 * again behind themselves.  malloc()ed. */
uint8_t *load_chunks(const struct load *l, uint32_t chunk_size, size_t *size);

#endif
