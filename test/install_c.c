/* Built against an installed rtmpio, with nothing but pkg-config's flags. */
#include <stdio.h>
#include <string.h>
#include <rtmpio/amf0.h>
#include <rtmpio/capabilities.h>
#include <rtmpio/chunk.h>
#include <rtmpio/flv.h>
#include <rtmpio/handshake.h>
#include <rtmpio/librtmp.h>
#include <rtmpio/metadata.h>
#include <rtmpio/rtmp.h>
#include <rtmpio/stream_cache.h>

int
main(void)
{
	struct rtmp_options opt;
	struct rtmp *r;
	int err;

	if (strcmp(rtmp_library_version(), RTMP_LIBRARY_VERSION) != 0)
		return 1;
	rtmp_options_init(&opt, sizeof(opt));
	r = rtmp_new(&opt);
	if (r == NULL)
		return 1;
	err = rtmp_connect(r, "rtmp://host:99999/app/stream", NULL);
	printf("C, rtmpio %s: %s\n", rtmp_library_version(),
	    rtmp_error_detail(r));
	rtmp_free(r);
	return err == RTMP_ERR_URL ? 0 : 1;
}
