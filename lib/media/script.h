#ifndef RTMPIO_MEDIA_SCRIPT_H
#define RTMPIO_MEDIA_SCRIPT_H

/* What a data packet is about, by its first string, or the second behind one
 * that addresses the server. */
#include <rtmpio/amf0.h>

enum rtmp_script {
	RTMP_SCRIPT_OTHER,
	RTMP_SCRIPT_METADATA, /* onMetaData, of which the value follows */
	RTMP_SCRIPT_CLEAR     /* ... is to be forgotten */
};

enum rtmp_script rtmp_script_read(struct rtmp_amf0_reader *r);

#endif
