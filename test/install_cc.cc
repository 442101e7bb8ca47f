// The headers are C++, too.
#include <cstdio>
#include <rtmpio/amf0.h>
#include <rtmpio/capabilities.h>
#include <rtmpio/chunk.h>
#include <rtmpio/flv.h>
#include <rtmpio/handshake.h>
#include <rtmpio/metadata.h>
#include <rtmpio/rtmp.h>
#include <rtmpio/stream_cache.h>

int
main()
{
	rtmp_session_config config;
	rtmp_session *session = nullptr;
	iovec iov[4];

	rtmp_session_config_init(&config, sizeof(config));
	config.app = "live";
	config.tc_url = "rtmp://localhost/live";
	if (rtmp_session_new(&session, &config) != 0)
		return 1;
	int n = rtmp_session_send_iov(session, iov, 4);
	std::printf("C++, rtmpio %s: %zu bytes of C0 and C1\n",
	    rtmp_library_version(), n == 1 ? iov[0].iov_len : 0);
	bool good = n == 1 && iov[0].iov_len == 1537;
	rtmp_session_free(session);
	return good ? 0 : 1;
}
