#ifndef RTMPIO_TRANSPORT_WAKE_H
#define RTMPIO_TRANSPORT_WAKE_H

/* What makes poll() return: a pair of sockets, of which one becomes readable
 * once the pair is signalled, and stays so until it is cleared. */
#include <signal.h>
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

/*
 * The flag that says why.  To C99 one that another thread sets is a race, to
 * compilers of GNU C, and to those who look for races with them, it is none; a
 * signal handler may set it in either case.
 */
static inline int
rtmp_flag_get(const volatile sig_atomic_t *flag)
{
#ifdef __GNUC__
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
#else
	return *flag;
#endif
}

static inline void
rtmp_flag_set(volatile sig_atomic_t *flag, int value)
{
#ifdef __GNUC__
	__atomic_store_n(flag, value, __ATOMIC_RELAXED);
#else
	*flag = value;
#endif
}

#endif
