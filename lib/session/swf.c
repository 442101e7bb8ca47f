/*
 * SWF verification, which RTMP 1.0 leaves out: the server asks for a proof
 * that the client has the SWF, and the client has its hash.
 *
 *     request    User Control 26 | type 1, may be absent: 0 or 1
 *     response   User Control 27 | 1, 1 | size 4 | size 4 |
 *                HMAC(the last 32 bytes of S1, hash) 32
 */
#include <string.h>

#include "base/wire.h"
#include "session/internal.h"

#ifndef RTMP_NO_CRYPTO

#include "crypto/sha256.h"

#define RESPONSE_SIZE 44
#define TYPE_MAX 1 /* of requests; nobody knows another */

int
rtmp_session_swf_take(struct rtmp_session *s,
    const struct rtmp_session_config *config)
{
	static const char key[] = "Genuine Adobe Flash Player 001";

	if (config->swf != NULL)
		rtmp_hmac(key, sizeof(key) - 1, config->swf, config->swf_size,
		    s->swf_hash);
	else if (config->swf_hash != NULL)
		memcpy(s->swf_hash, config->swf_hash, sizeof(s->swf_hash));
	else
		return 0;
	s->swf_size = config->swf_size;
	return 0;
}

void
rtmp_session_swf_sign(struct rtmp_session *s, const uint8_t tail[32])
{
	if (s->swf_size != 0)
		rtmp_hmac(tail, 32, s->swf_hash, sizeof(s->swf_hash),
		    s->swf_hash);
}

int
rtmp_session_swf_answer(struct rtmp_session *s, const struct rtmp_message *m)
{
	uint8_t body[RESPONSE_SIZE] = { 0, RTMP_CONTROL_SWF_VERIFY_RESPONSE,
		1, 1 };
	int err;

	if (s->swf_size == 0 || m->size < 2 || rtmp_get_be16(m->payload) !=
	    RTMP_CONTROL_SWF_VERIFY_REQUEST || (m->size > 2 &&
	    m->payload[2] > TYPE_MAX))
		return 0;
	rtmp_put_be32(body + 4, s->swf_size);
	rtmp_put_be32(body + 8, s->swf_size);
	memcpy(body + 12, s->swf_hash, sizeof(s->swf_hash));
	err = rtmp_session_send_control(s, RTMP_MSG_USER_CONTROL, body,
	    sizeof(body), RTMP_SEND_ANSWER);
	return err != 0 ? err : RTMP_STEP_NEXT;
}

#else

int
rtmp_session_swf_take(struct rtmp_session *s,
    const struct rtmp_session_config *config)
{
	(void)s;
	return config->swf_size != 0 ? RTMP_ERR_UNSUPPORTED : 0;
}

void
rtmp_session_swf_sign(struct rtmp_session *s, const uint8_t tail[32])
{
	(void)s;
	(void)tail;
}

int
rtmp_session_swf_answer(struct rtmp_session *s, const struct rtmp_message *m)
{
	(void)s;
	(void)m;
	return 0;
}

#endif
