/*
 * Host names to addresses, within a deadline.
 *
 *     caller                         helper thread
 *        | -- host -----------------> |   getaddrinfo() can't be told to stop
 *        | polls done, wake_fd        |
 *        | <- result, done signalled -|
 *        | releases                   | releases
 *
 * A caller whose time is up goes away, and the thread then finishes alone.
 * Whoever releases the lookup last frees it, and the list if nobody took it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/net.h"
#include "transport/wake.h"

/* From malloc(), not the caller's allocator: it may outlive that one, and be
 * freed in another thread. */
struct lookup {
	pthread_mutex_t lock;
	int holders;
	struct rtmp_wake done;
	struct addrinfo *list;
	int result;	 /* of getaddrinfo() */
	int saved_errno; /* when that is EAI_SYSTEM */
	char port[6];
	char host[];
};

static int
look_up(const char *host, const char *port, int flags, struct addrinfo **list)
{
	struct addrinfo hints;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags | AI_NUMERICSERV;
	*list = NULL;
	return getaddrinfo(host, port, &hints, list);
}

static struct lookup *
lookup_new(const char *host, const char *port)
{
	struct lookup *l = malloc(sizeof(*l) + strlen(host) + 1);

	if (l == NULL)
		return NULL;
	memset(l, 0, sizeof(*l));
	memcpy(l->host, host, strlen(host) + 1);
	memcpy(l->port, port, strlen(port) + 1);
	if (rtmp_wake_open(&l->done) != 0) {
		free(l);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	l->holders = 1;
	return l;
}

static void
lookup_release(struct lookup *l)
{
	int left;

	pthread_mutex_lock(&l->lock);
	left = --l->holders;
	pthread_mutex_unlock(&l->lock);
	if (left != 0)
		return;
	if (l->list != NULL)
		freeaddrinfo(l->list);
	rtmp_wake_close(&l->done);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void *
lookup_run(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *list;
	int result = look_up(l->host, l->port, 0, &list), saved = errno;

	pthread_mutex_lock(&l->lock);
	l->list = result == 0 ? list : NULL;
	l->result = result;
	l->saved_errno = saved;
	pthread_mutex_unlock(&l->lock);
	rtmp_wake_signal(&l->done);
	lookup_release(l);
	return NULL;
}

/* Returns 0 or an errno. */
static int
lookup_start(struct lookup *l)
{
	pthread_t thread;
	sigset_t all, old;
	int err;

	l->holders = 2;
	/* The application's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, lookup_run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err == 0)
		pthread_detach(thread);
	else
		l->holders = 1;
	return err;
}

static int
fail(const struct rtmp_dial *d, int err, const char *why)
{
	if (d->error != NULL)
		snprintf(d->error, d->error_size, "look up %s: %s", d->host,
		    why);
	return err;
}

static int
fail_errno(const struct rtmp_dial *d, int err, int saved)
{
	char words[96];

	return fail(d, err, rtmp_net_strerror(saved, words, sizeof(words)));
}

static int
fail_result(const struct rtmp_dial *d, int result, int saved)
{
	if (result == EAI_SYSTEM)
		return fail_errno(d, RTMP_ERR_RESOLVE, saved);
	return fail(d, result == EAI_MEMORY ? RTMP_ERR_NOMEM
					    : RTMP_ERR_RESOLVE,
	    gai_strerror(result));
}

static int
lookup_wait(struct lookup *l, const struct rtmp_dial *d,
    struct addrinfo **list)
{
	struct pollfd fds[2] = { { l->done.fd[0], POLLIN, 0 } };
	int r = rtmp_net_poll(fds, 1, &d->bound, RTMP_NEVER), result, saved;

	if (r < 0)
		return fail(d, r, rtmp_strerror(r));
	pthread_mutex_lock(&l->lock);
	result = l->result;
	saved = l->saved_errno;
	*list = l->list;
	l->list = NULL;
	pthread_mutex_unlock(&l->lock);
	return result != 0 ? fail_result(d, result, saved) : 0;
}

int
rtmp_dial_resolve(const struct rtmp_dial *d, struct addrinfo **list)
{
	struct lookup *l;
	char port[6];
	int r;

	snprintf(port, sizeof(port), "%u", (unsigned)d->port);
	r = look_up(d->host, port, AI_NUMERICHOST, list);
	if (r == 0)
		return 0; /* an address needs no thread */
	if (r == EAI_MEMORY)
		return fail_result(d, r, 0);
	l = lookup_new(d->host, port);
	if (l == NULL)
		return fail_errno(d, errno == ENOMEM ? RTMP_ERR_NOMEM
						     : RTMP_ERR_IO, errno);
	r = lookup_start(l);
	r = r != 0 ? fail_errno(d, RTMP_ERR_IO, r) : lookup_wait(l, d, list);
	lookup_release(l);
	return r;
}
