#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

/* What the test of the TLS transport stands on: certificates made for it, the
 * transport below, and a server in a thread. */
#include <pthread.h>
#include <openssl/ssl.h>
#include <rtmpio/io.h>

#include "support/support.h"

#define HOST "live.example.org"
#define CA_FILE TEST_BUILD "/test_tls_ca.pem"

/* ---- Certificates ---- */

struct identity {
	EVP_PKEY *key;
	X509 *cert;
};

extern struct identity good, expired, self_signed, other_host;

/* cmocka's group fixtures. */
int make_certificates(void **state);
int drop_certificates(void **state);

/* ---- The transport below: one end of a socket pair ---- */

struct wire {
	struct rtmp_io io;
	int fd;
	size_t step; /* bytes per call; 0: all */
	int again;   /* every other call moves nothing */
	long calls;
	int shut, closed;
};

void wire_init(struct wire *w, int fd);

/* ---- The server ---- */

enum behaviour {
	ECHO,	   /* sends back what comes until close_notify */
	ONE_BLOCK, /* sends 10000 bytes at once, then echoes */
	SLOW,	   /* after a while, answers each record with one byte */
	HTTP,	   /* answers in clear text */
	HANG_UP,
	SILENT
};

struct server {
	enum behaviour behaviour;
	const struct identity *id;
	int max_version; /* of TLS; 0: any */
	int fd;
	pthread_t thread;
	char sni[64];
	int got_close_notify;
};

void *server_main(void *server);

#endif
