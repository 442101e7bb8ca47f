/* Any bytes, fed whole and in pieces: both give the same verdict, and none
 * waits for more than the three packets.  Byte 0 chooses the role, byte 1 the
 * size of the pieces. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/handshake.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
feed(struct rtmp_handshake *hs, int server, const uint8_t *data, size_t size,
    size_t step, size_t *used)
{
	static const uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE];
	const uint8_t *p = data;
	size_t n, left;
	int r = 0;

	if (server)
		rtmp_handshake_server(hs, 1, random);
	else
		rtmp_handshake_client(hs, 1, random);
	do {
		left = size - (size_t)(p - data);
		n = step < left ? step : left;
		r = rtmp_handshake_recv(hs, &p, &n);
	} while (r == 0 && (size_t)(p - data) < size);
	*used = (size_t)(p - data);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_handshake whole, pieces;
	size_t used, used_pieces, n;
	int r;

	if (size < 2)
		return 0;
	r = feed(&whole, data[0] & 1, data + 2, size - 2, size, &used);
	if (feed(&pieces, data[0] & 1, data + 2, size - 2, data[1] + 1u,
	    &used_pieces) != r || used != used_pieces)
		abort();
	if ((r == RTMP_ERR_HANDSHAKE) !=
	    (rtmp_handshake_error(&whole)[0] != '\0'))
		abort();
	if (r == 0 && size - 2 >= 1 + 2 * RTMP_HANDSHAKE_SIZE)
		abort();
	if (r == 1 && (rtmp_handshake_packet2(&pieces, &n) == NULL ||
	    n != RTMP_HANDSHAKE_SIZE))
		abort();
	return 0;
}
