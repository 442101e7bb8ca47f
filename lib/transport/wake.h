#ifndef RTMPIO_TRANSPORT_WAKE_H
#define RTMPIO_TRANSPORT_WAKE_H

/* What makes poll() return: a pair of sockets, of which one becomes readable
 * once the pair is signalled, and stays so until it is cleared. */
#include <rtmpio/types.h>

struct rtmp_wake {
	int fd[2]; /* [0] is the one to poll; -1 when not open */
};

/* Returns 0 or RTMP_ERR_IO, with errno set. */
int rtmp_wake_open(struct rtmp_wake *w);
void rtmp_wake_close(struct rtmp_wake *w);

/* For any thread and any signal handler; keeps errno. */
void rtmp_wake_signal(const struct rtmp_wake *w);
void rtmp_wake_clear(const struct rtmp_wake *w);

#endif
