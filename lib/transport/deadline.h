#ifndef RTMPIO_TRANSPORT_DEADLINE_H
#define RTMPIO_TRANSPORT_DEADLINE_H

/* Moments, in milliseconds of a clock that is never set; in net.c. */
#include <stdint.h>

#define RTMP_NEVER INT64_MAX

int64_t rtmp_net_now(void);
/* The moment in so many milliseconds; RTMP_NEVER when that is negative. */
int64_t rtmp_net_after(int timeout_ms);
/* What is left at the moment now until end, as a timeout: 0 when that has
 * passed, -1 for RTMP_NEVER. */
int rtmp_net_left(int64_t end, int64_t now);

#endif
