#include <rtmpio/types.h>

#include "base/wire.h"
#include "session/control.h"

size_t
rtmp_control_put_user(uint8_t buf[RTMP_CONTROL_SIZE_MAX],
    const struct rtmp_user_event *e)
{
	unsigned i;

	rtmp_put_be16(buf, e->event);
	for (i = 0; i < 2 && i < e->count; i++)
		rtmp_put_be32(buf + 2 + 4 * i, e->args[i]);
	return 2 + 4 * (size_t)i;
}

int
rtmp_control_get_user(const uint8_t *body, size_t size,
    struct rtmp_user_event *e)
{
	if (size < 2)
		return RTMP_ERR_PROTO;
	e->event = rtmp_get_be16(body);
	e->args[0] = e->args[1] = 0;
	for (e->count = 0; e->count < 2 && size >= 6 + 4 * (size_t)e->count;
	     e->count++)
		e->args[e->count] = rtmp_get_be32(body + 2 + 4 * e->count);
	return 0;
}
