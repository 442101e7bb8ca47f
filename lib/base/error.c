#include <rtmpio/types.h>

#include "base/words.h"

const char *
rtmp_library_version(void)
{
	return RTMP_LIBRARY_VERSION;
}

const char *
rtmp_strerror(int err)
{
	static const uint8_t numbers[] = { 0, -RTMP_ERR_AGAIN,
		-RTMP_ERR_INVAL, -RTMP_ERR_STATE, -RTMP_ERR_URL,
		-RTMP_ERR_NOBUF, -RTMP_ERR_MALFORMED, -RTMP_ERR_UNSUPPORTED,
		-RTMP_ERR_NOMEM, -RTMP_ERR_IO, -RTMP_ERR_EOF,
		-RTMP_ERR_TIMEOUT, -RTMP_ERR_CANCELED, -RTMP_ERR_RESOLVE,
		-RTMP_ERR_CONNECT, -RTMP_ERR_TLS, -RTMP_ERR_HANDSHAKE,
		-RTMP_ERR_PROTO, -RTMP_ERR_LIMIT, -RTMP_ERR_REJECTED };
	static const char words[] = "success\0"
	    "not ready, try again\0"
	    "invalid argument\0"
	    "not possible in the current state\0"
	    "not an RTMP URL\0"
	    "output buffer too small\0"
	    "malformed packet or frame\0"
	    "not built into the library\0"
	    "out of memory\0"
	    "transport failed\0"
	    "connection closed by the peer\0"
	    "timed out\0"
	    "canceled\0"
	    "host name not found\0"
	    "could not connect\0"
	    "TLS failed\0"
	    "RTMP handshake failed\0"
	    "protocol error\0"
	    "limit exceeded\0"
	    "rejected by the server\0";
	const char *found = rtmp_word_of(words, numbers, sizeof(numbers),
	    0U - (unsigned)err);

	return found != NULL ? found : "unknown error";
}

int
rtmp_is_fatal(int err)
{
	return err <= RTMP_ERR_FATAL;
}
