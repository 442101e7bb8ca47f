#ifndef BENCH_DELAY_H
#define BENCH_DELAY_H

#include <stdint.h>

/*
 * A link with a delay, in a network namespace of its own: from the call on
 * this process and its children see nothing else.  What connects to
 * DELAY_FAR reaches who listens on DELAY_NEAR, after one_way_ms, and the
 * answers come back as late.
 */
#define DELAY_NEAR 0x0a630001u /* 10.99.0.1 */
#define DELAY_FAR 0x0a630002u  /* 10.99.0.2 */

void delay_start(int one_way_ms);

#endif
