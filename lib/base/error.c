#include <rtmpio/types.h>

const char *
rtmp_library_version(void)
{
	return RTMP_LIBRARY_VERSION;
}

const char *
rtmp_strerror(int err)
{
	switch (err) {
	case 0:
		return "success";
	case RTMP_ERR_AGAIN:
		return "not ready, try again";
	case RTMP_ERR_INVAL:
		return "invalid argument";
	case RTMP_ERR_STATE:
		return "not possible in the current state";
	case RTMP_ERR_URL:
		return "not an RTMP URL";
	case RTMP_ERR_NOBUF:
		return "output buffer too small";
	case RTMP_ERR_MALFORMED:
		return "malformed packet or frame";
	case RTMP_ERR_UNSUPPORTED:
		return "not built into the library";
	case RTMP_ERR_NOMEM:
		return "out of memory";
	case RTMP_ERR_IO:
		return "transport failed";
	case RTMP_ERR_EOF:
		return "connection closed by the peer";
	case RTMP_ERR_TIMEOUT:
		return "timed out";
	case RTMP_ERR_CANCELED:
		return "canceled";
	case RTMP_ERR_RESOLVE:
		return "host name not found";
	case RTMP_ERR_CONNECT:
		return "could not connect";
	case RTMP_ERR_TLS:
		return "TLS failed";
	case RTMP_ERR_HANDSHAKE:
		return "RTMP handshake failed";
	case RTMP_ERR_PROTO:
		return "protocol error";
	case RTMP_ERR_LIMIT:
		return "limit exceeded";
	case RTMP_ERR_REJECTED:
		return "rejected by the server";
	default:
		return "unknown error";
	}
}

int
rtmp_is_fatal(int err)
{
	return err <= RTMP_ERR_FATAL;
}
