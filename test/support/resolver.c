/* Stands in front of the system's resolver: net.h has the names it knows. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "support/net.h"

#define FAKE 0x7e57 /* ai_flags of lists made here */

static const struct {
	const char *name;
	int result; /* of getaddrinfo() */
	const char *addresses[4];
	int times; /* the list is repeated so often, if not 0 */
} hosts[] = {
	{ "both.test", 0, { "127.0.0.1", "::1", NULL, NULL }, 0 },
	{ "slow.test", 0, { "127.0.0.1", "::1", NULL, NULL }, 0 },
	{ "no-way.test", 0, { "127.0.0.1", "255.255.255.255", NULL }, 0 },
	{ "three.test", 0, { "::1", "127.0.0.1", "127.0.0.2", NULL }, 0 },
	{ "many.test", 0, { "127.0.0.1", NULL, NULL, NULL }, 100 },
	{ "six.test", 0, { "::1", NULL, NULL, NULL }, 0 },
	{ "gone.test", EAI_NONAME, { NULL, NULL, NULL, NULL }, 0 },
	{ "later.test", EAI_AGAIN, { NULL, NULL, NULL, NULL }, 0 },
	{ "memory.test", EAI_MEMORY, { NULL, NULL, NULL, NULL }, 0 },
	{ "system.test", EAI_SYSTEM, { NULL, NULL, NULL, NULL }, 0 },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int slow_may_go;	/* what slow.test waits for */
static int lists;	/* made here and not freed */
int net_lookups;
int net_lookup_blocked_signals;

static struct addrinfo *
fake_address(const char *text, int port)
{
	struct {
		struct addrinfo ai;
		struct sockaddr_storage addr;
	} *node = calloc(1, sizeof(*node));
	struct addrinfo hints = { 0 }, *real;
	int (*real_getaddrinfo)(const char *, const char *,
	    const struct addrinfo *, struct addrinfo **);
	void (*real_freeaddrinfo)(struct addrinfo *);
	char service[8];

	*(void **)&real_getaddrinfo = dlsym(RTLD_NEXT, "getaddrinfo");
	*(void **)&real_freeaddrinfo = dlsym(RTLD_NEXT, "freeaddrinfo");
	snprintf(service, sizeof(service), "%d", port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	hints.ai_socktype = SOCK_STREAM;
	if (real_getaddrinfo(text, service, &hints, &real) != 0)
		abort();
	node->ai = *real;
	memcpy(&node->addr, real->ai_addr, real->ai_addrlen);
	node->ai.ai_addr = (struct sockaddr *)&node->addr;
	node->ai.ai_flags = FAKE;
	node->ai.ai_next = NULL;
	real_freeaddrinfo(real);
	return &node->ai;
}

static int
fake_lookup(size_t host, const char *service, struct addrinfo **list)
{
	struct addrinfo **end = list;
	sigset_t mask;
	size_t i;
	int times = 0;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	pthread_mutex_lock(&lock);
	net_lookups++;
	net_lookup_blocked_signals = sigismember(&mask, SIGALRM) == 1 &&
	    sigismember(&mask, SIGINT) == 1;
	while (strcmp(hosts[host].name, "slow.test") == 0 && !slow_may_go)
		pthread_cond_wait(&changed, &lock);
	if (hosts[host].result == 0)
		lists++;
	pthread_mutex_unlock(&lock);
	do {
		for (i = 0; hosts[host].addresses[i] != NULL; i++) {
			*end = fake_address(hosts[host].addresses[i],
			    atoi(service));
			end = &(*end)->ai_next;
		}
	} while (++times < hosts[host].times);
	errno = EMFILE;
	return hosts[host].result;
}

int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	size_t i;

	if (node != NULL && hints != NULL &&
	    (hints->ai_flags & AI_NUMERICHOST) == 0)
		for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
			if (strcmp(node, hosts[i].name) == 0)
				return fake_lookup(i, service, list);
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, list);
}

void
freeaddrinfo(struct addrinfo *list)
{
	void (*real)(struct addrinfo *);
	struct addrinfo *next;

	if (list->ai_flags != FAKE) {
		*(void **)&real = dlsym(RTLD_NEXT, "freeaddrinfo");
		real(list);
		return;
	}
	for (; list != NULL; list = next) {
		next = list->ai_next;
		free(list);
	}
	pthread_mutex_lock(&lock);
	lists--;
	pthread_mutex_unlock(&lock);
}

void
net_resolver_reset(void)
{
	slow_may_go = net_lookups = net_lookup_blocked_signals = 0;
}

void
net_resolver_let_go(void)
{
	pthread_mutex_lock(&lock);
	slow_may_go = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

int
net_resolver_lists(void)
{
	int n;

	pthread_mutex_lock(&lock);
	n = lists;
	pthread_mutex_unlock(&lock);
	return n;
}
