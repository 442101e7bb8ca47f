#ifndef RTMPIO_SESSION_CONTROL_H
#define RTMPIO_SESSION_CONTROL_H

/* Bodies of the protocol control and user control messages, RTMP 1.0
 * sections 5.4 and 7.1.7, each with its inverse. */
#include <stddef.h>
#include <stdint.h>

#define RTMP_CONTROL_SIZE_MAX 10 /* event 2, two arguments of 4 */

/* Set Chunk Size, Abort, Acknowledgement, Window Acknowledgement Size, and
 * the first field of Set Peer Bandwidth: one number.  Bytes behind it are
 * ignored.  Returns 0, or RTMP_ERR_PROTO when it is short. */
size_t rtmp_control_put(uint8_t buf[RTMP_CONTROL_SIZE_MAX], uint32_t value);
int rtmp_control_get(const uint8_t *body, size_t size, uint32_t *value);

/* User Control: an event and so many arguments, 0 to 2.  Reading yields as
 * many as the body holds; returns 0, or RTMP_ERR_PROTO without an event. */
struct rtmp_user_event {
	uint16_t event; /* enum rtmp_user_control */
	unsigned count;
	uint32_t args[2];
};

size_t rtmp_control_put_user(uint8_t buf[RTMP_CONTROL_SIZE_MAX],
    const struct rtmp_user_event *e);
int rtmp_control_get_user(const uint8_t *body, size_t size,
    struct rtmp_user_event *e);

#endif
