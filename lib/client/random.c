/* C1 wants bytes that differ from session to session.  They are no secret. */
#define _DEFAULT_SOURCE /* getentropy() */
#include <time.h>
#include <unistd.h>

#include "client/internal.h"

void
rtmp_client_random(uint8_t *buf, size_t size)
{
	const size_t most = 256; /* that getentropy() gives at once */
	struct timespec now;
	uint64_t x;
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = size - i < most ? size - i : most;
		if (getentropy(buf + i, n) != 0)
			break;
	}
	if (i >= size)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	x = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^
	    (uint64_t)(uintptr_t)buf;
	for (i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		buf[i] = (uint8_t)(x >> 24);
	}
}
