#ifndef BENCH_H
#define BENCH_H

/*
 * What the benchmark programs share.  Each program prints rows of one table:
 * what, measured, what is to be reached, what librtmp needs for the same in
 * the same run.  A figure that could not be taken ends the program with
 * status 1.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints the message, and errno when it is set, and exits with status 1. */
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void *xmalloc(size_t size);

/*
 * Where the two ends of a connection run.  On the same CPU, where they take
 * turns, figures vary least and show most of the client's own work.  On CPUs
 * of their own the kernel has more to do, as with a peer that is far away.
 */
enum placement { SAME_CPU, OTHER_CPU, PLACEMENTS };

/* How many of them this machine has: 1 or 2. */
int placements(void);
/* Keeps this process and its children on one CPU, without preemption of one
 * by the other. */
void stay_on_one_cpu(void);
/* Moves a child to another. */
void leave_that_cpu(void);

/* ---- Figures ---- */

double now_ms(void);	  /* a clock that all processes share */
double cpu_seconds(void); /* user and system time of this process */

/* System calls that move bytes or wait, made by this process: see calls.c. */
extern unsigned long bench_calls;

#define ROUNDS_MAX 64

/* The values of some rounds; the median of them is what is printed. */
struct series {
	double value[ROUNDS_MAX];
	int count;
};

void series_add(struct series *s, double value);
double series_median(const struct series *s);
/* The median of the ratios of the same round. */
double series_ratio(const struct series *a, const struct series *b);

/* One row; every cell is text.  NULL prints as an empty cell. */
void report_row(const char *what, const char *measured, const char *reach,
    const char *other);
/* printf() into one of a few static cells that are used in turn. */
const char *cell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The cell of librtmp: the same, or that it is not installed. */
const char *librtmp_cell(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* ---- Sockets ---- */

#define BENCH_SECONDS 300 /* then a program is killed */
#define BENCH_LOOPBACK 0x7f000001u
#define BENCH_PORT_MIN 22000
#define BENCH_PORT_MAX 22999

/* A blocking TCP connection. */
int dial(uint32_t address, uint16_t port);
void send_all(int fd, const void *data, size_t size);

#endif
