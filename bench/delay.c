/*
 * The link is a tun device whose packets come back through it, late and with
 * their addresses exchanged:
 *
 *     client 10.99.0.1 -> 10.99.0.2    leaves by the device
 *     server 10.99.0.1 <- 10.99.0.2    comes back 50 ms later
 *
 * and the server's answers to 10.99.0.2 take the same way.  TCP checksums stay
 * right, since the sum of both addresses does.  Unlike a relay that ends the
 * TCP connection this shows what Nagle's algorithm and delayed
 * acknowledgements do.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "delay.h"

#define MTU 1500
#define HELD_MAX 1024 /* packets on their way */

struct held {
	double due_ms;
	size_t size;
	uint8_t data[MTU];
};

static struct held held[HELD_MAX]; /* a ring */

static void
set_address(int sock, struct ifreq *ifr, unsigned long request,
    uint32_t address)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_addr.s_addr = htonl(address);
	memcpy(&ifr->ifr_addr, &sin, sizeof(sin));
	if (ioctl(sock, request, ifr) != 0)
		die("connect: cannot give the tun device its address");
}

/* The descriptor of a tun device that is up. */
static int
open_link(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (fd < 0 || sock < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0)
		die("connect: needs a tun device (/dev/net/tun, as root)");
	set_address(sock, &ifr, SIOCSIFADDR, DELAY_NEAR);
	set_address(sock, &ifr, SIOCSIFDSTADDR, DELAY_FAR);
	if (ioctl(sock, SIOCGIFFLAGS, &ifr) != 0)
		die("connect: flags of the tun device");
	ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(sock, SIOCSIFFLAGS, &ifr) != 0)
		die("connect: cannot bring the tun device up");
	close(sock);
	return fd;
}

/* IPv4: the addresses are the bytes 12 to 19 of the header. */
static void
exchange_addresses(uint8_t *packet)
{
	uint8_t source[4];

	memcpy(source, packet + 12, 4);
	memcpy(packet + 12, packet + 16, 4);
	memcpy(packet + 16, source, 4);
}

/* Waits for a packet, at most until due. */
static void
wait_for(int fd, const struct held *first)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct timespec t = { 0, 0 }, *limit = NULL;
	double left;

	if (first != NULL) {
		left = first->due_ms - now_ms();
		if (left > 0)
			t.tv_nsec = (long)(left * 1e6);
		limit = &t;
	}
	ppoll(&pfd, 1, limit, NULL);
}

static void
forward(int fd, int one_way_ms)
{
	unsigned long in = 0, out = 0;
	struct held *h;
	ssize_t n;

	for (;;) {
		wait_for(fd, in != out ? &held[out % HELD_MAX] : NULL);
		while (in - out < HELD_MAX) {
			h = &held[in % HELD_MAX];
			n = read(fd, h->data, sizeof(h->data));
			if (n < 20)
				break;
			if (h->data[0] >> 4 != 4)
				continue; /* IPv6 chatter */
			h->due_ms = now_ms() + one_way_ms;
			h->size = (size_t)n;
			exchange_addresses(h->data);
			in++;
		}
		while (in != out && held[out % HELD_MAX].due_ms <= now_ms()) {
			h = &held[out++ % HELD_MAX];
			if (write(fd, h->data, h->size) < 0)
				die("connect: the tun device takes nothing");
		}
	}
}

void
delay_start(int one_way_ms)
{
	pid_t parent = getpid(), pid;
	int fd;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		die("connect: needs a network namespace (as root)");
	fd = open_link();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_TIMERSLACK, 1);
		if (getppid() != parent)
			_exit(1);
		forward(fd, one_way_ms);
	}
	close(fd);
}
