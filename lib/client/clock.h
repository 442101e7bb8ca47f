#ifndef RTMPIO_CLIENT_CLOCK_H
#define RTMPIO_CLIENT_CLOCK_H

#include <stdint.h>

#define RTMP_NO_DEADLINE INT64_MAX

/* Milliseconds of a clock that is never set. */
int64_t rtmp_client_now(void);
/* The same to within some milliseconds, for a quarter of the time where the
 * system has such a clock; not to be mixed with it. */
int64_t rtmp_client_tick(void);
/* Milliseconds from now on as a moment; -1 is RTMP_NO_DEADLINE. */
int64_t rtmp_client_deadline(int timeout_ms);

#endif
