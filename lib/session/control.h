#ifndef RTMPIO_SESSION_CONTROL_H
#define RTMPIO_SESSION_CONTROL_H

/* Bodies of the user control messages, RTMP 1.0 section 7.1.7: an event and
 * so many arguments, 0 to 2. */
#include <stddef.h>
#include <stdint.h>

#define RTMP_CONTROL_SIZE_MAX 10 /* event 2, two arguments of 4 */

struct rtmp_user_event {
	uint16_t event; /* enum rtmp_user_control */
	unsigned count;
	uint32_t args[2];
};

/* Returns how many bytes it puts. */
size_t rtmp_control_put_user(uint8_t buf[RTMP_CONTROL_SIZE_MAX],
    const struct rtmp_user_event *e);
/* Yields as many arguments as the body holds; returns 0, or RTMP_ERR_PROTO
 * without an event. */
int rtmp_control_get_user(const uint8_t *body, size_t size,
    struct rtmp_user_event *e);

#endif
