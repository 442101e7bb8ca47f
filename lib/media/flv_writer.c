/*
 * FLV written, Video File Format 10.1, annex E.2 to E.4.1; the figure is in
 * flv.h.
 */
#include <string.h>

#include <rtmpio/flv.h>

#include "base/wire.h"

void
rtmp_flv_put_header(uint8_t head[RTMP_FLV_HEADER_SIZE], int flags)
{
	memcpy(head, "FLV\1", 4);
	head[4] = (uint8_t)(flags & (RTMP_FLV_AUDIO | RTMP_FLV_VIDEO));
	rtmp_put_be32(head + 5, 9);
	rtmp_put_be32(head + 9, 0);
}

int
rtmp_flv_put_tag(uint8_t head[RTMP_FLV_TAG_HEADER_SIZE],
    uint8_t tail[RTMP_FLV_BACK_POINTER_SIZE], const struct rtmp_packet *packet)
{
	if (packet->type != RTMP_MSG_AUDIO && packet->type != RTMP_MSG_VIDEO &&
	    packet->type != RTMP_MSG_DATA_AMF0)
		return RTMP_ERR_INVAL;
	if (packet->size > RTMP_FLV_TAG_SIZE_MAX)
		return RTMP_ERR_INVAL;
	head[0] = packet->type;
	rtmp_put_be24(head + 1, (uint32_t)packet->size);
	rtmp_put_be24(head + 4, packet->timestamp);
	head[7] = (uint8_t)(packet->timestamp >> 24);
	rtmp_put_be24(head + 8, 0);
	rtmp_put_be32(tail,
	    (uint32_t)packet->size + RTMP_FLV_TAG_HEADER_SIZE);
	return 0;
}
