/*
 * The opening of a connection: its handshake, RTMP 1.0 section 5.2, both ways,
 * until messages may follow.
 *
 *     C0 C1   packet 1   ->
 *                        <-   S0 S1 S2
 *     C2      packet 2   ->   connect and all else
 */
#include <string.h>

#include "session/internal.h"

/* Of packets 1 and 2. */
#define WHOLE (1 + 2 * (size_t)RTMP_HANDSHAKE_SIZE)

/* C1 needs bytes that differ, not secrets. */
static void
put_pattern(uint8_t random[RTMP_HANDSHAKE_RANDOM_SIZE])
{
	uint32_t x = 0x52544d50;
	size_t i;

	for (i = 0; i < RTMP_HANDSHAKE_RANDOM_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		random[i] = (uint8_t)(x >> 24);
	}
}

int
rtmp_session_open(struct rtmp_session *s, const struct rtmp_session_config *c)
{
	struct rtmp_handshake_options options;
	uint8_t pattern[RTMP_HANDSHAKE_RANDOM_SIZE];

	s->handshake = rtmp_mem_alloc(&s->mem, sizeof(*s->handshake));
	if (s->handshake == NULL)
		return RTMP_ERR_NOMEM;
	if (c->random == NULL)
		put_pattern(pattern);
	rtmp_handshake_options_init(&options, sizeof(options));
	options.kind = c->handshake;
	return rtmp_handshake_client_with(s->handshake, c->epoch,
	    c->random != NULL ? c->random : pattern, &options);
}

/* Frees its 3 KB once both sides are through. */
static void
release(struct rtmp_session *s)
{
	if (s->handshake_done && s->handshake_sent == WHOLE) {
		rtmp_mem_free(&s->mem, s->handshake);
		s->handshake = NULL;
	}
}

/* ---- Bytes in ---- */

int
rtmp_session_shake(struct rtmp_session *s, const uint8_t **data,
    size_t *size)
{
	int r = rtmp_handshake_recv(s->handshake, data, size);

	if (r < 0)
		return rtmp_session_fail(s, r,
		    rtmp_handshake_error(s->handshake));
	s->is_rtmpe = rtmp_handshake_rtmpe_keys(s->handshake, s->rtmpe_send,
	    s->rtmpe_recv);
	if (r == 0)
		return 0;
	rtmp_session_swf_sign(s, rtmp_handshake_tail(s->handshake));
	s->handshake_done = 1;
	release(s);
	r = rtmp_session_advance(s);
	return r != 0 ? r : RTMP_STEP_NEXT;
}

/*
 * Whether the keys of RTMPE are the right ones shows in the first chunk: a
 * header of a message that a connection may begin with.
 *
 *     fmt, csid 1 | timestamp 3 | length 3 | type 1 | msid 4, little-endian
 *
 * fmt is 0 or, from librtmp, 1, which has no msid.
 */
static int
is_plausible(unsigned at, uint8_t byte)
{
	switch (at) {
	case 0:
		return byte < 128 && byte % 64 >= 2;
	case 7:
		return byte >= 1 && byte <= RTMP_MSG_AGGREGATE;
	case 4: /* 65,536 bytes */
	case 9:
	case 10:
	case 11:
		return byte == 0;
	default:
		return 1;
	}
}

int
rtmp_session_check_keys(struct rtmp_session *s, const uint8_t *data,
    size_t size)
{
	/* Where data lies behind the handshake. */
	uint64_t at = s->received - WHOLE;

	for (; size != 0 && at <= s->header_size; size--, data++, at++) {
		if (at == 0)
			s->header_size = *data < 64 ? 11 : 7;
		if (!is_plausible((unsigned)at, *data))
			return rtmp_session_fail(s, RTMP_ERR_HANDSHAKE,
			    "what follows the RTMPE handshake makes no "
			    "sense: the keys differ");
	}
	return 0;
}

int
rtmp_session_rtmpe_keys(const struct rtmp_session *s,
    uint8_t send[RTMP_RTMPE_KEY_SIZE], uint8_t recv[RTMP_RTMPE_KEY_SIZE])
{
	if (!s->is_rtmpe)
		return 0;
	memcpy(send, s->rtmpe_send, RTMP_RTMPE_KEY_SIZE);
	memcpy(recv, s->rtmpe_recv, RTMP_RTMPE_KEY_SIZE);
	return 1;
}

/* ---- Bytes out ---- */

/* The i-th packet of the handshake, or NULL when it is not to be sent yet.
 * The early C2 of ZERO_RTT is C1 again, which is what it would be to a server
 * whose S1 copies C1, as that of nginx-rtmp does. */
static const uint8_t *
packet(const struct rtmp_session *s, int i, size_t *size)
{
	const uint8_t *p;

	if (i == 0)
		return rtmp_handshake_packet1(s->handshake, size);
	if (s->flight != RTMP_FLIGHT_ZERO_RTT)
		return rtmp_handshake_packet2(s->handshake, size);
	p = rtmp_handshake_packet1(s->handshake, size);
	*size = RTMP_HANDSHAKE_SIZE;
	return p + 1;
}

int
rtmp_session_opening_iov(const struct rtmp_session *s, struct iovec *iov,
    int max, int *complete)
{
	size_t done = s->handshake_sent, size = 0;
	int i, n = 0;

	for (i = 0; i < 2; i++) {
		const uint8_t *p = packet(s, i, &size);

		if (p == NULL || n == max) {
			*complete = 0;
			return n;
		}
		if (done < size) {
			/* writev() takes what it only reads as void *. */
			iov[n].iov_base = (void *)(uintptr_t)(p + done);
			iov[n].iov_len = size - done;
			n++;
		}
		done -= done < size ? done : size;
	}
	*complete = 1;
	return n;
}

size_t
rtmp_session_opening_left(const struct rtmp_session *s)
{
	return s->handshake != NULL ? WHOLE - s->handshake_sent : 0;
}

size_t
rtmp_session_opening_sent(struct rtmp_session *s, size_t size)
{
	size_t n = rtmp_session_opening_left(s);

	if (n > size)
		n = size;
	s->handshake_sent += n;
	release(s);
	return size - n;
}
