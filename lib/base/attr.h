#ifndef RTMPIO_BASE_ATTR_H
#define RTMPIO_BASE_ATTR_H

/*
 * What compilers of GNU C are told of a function.
 *
 *     RTMP_HOT     each packet passes it: these stand side by side, apart
 *                  from the rest.  Between two packets the system's own code
 *                  fills the CPU's cache, so that the lines of code that a
 *                  packet passes cost more than the instructions in them.
 *     RTMP_APART   it keeps its registers to itself: what seldom happens
 *                  would else have its caller save them each time
 */
#ifdef __GNUC__
#define RTMP_HOT __attribute__((hot))
#define RTMP_APART __attribute__((noinline))
#else
#define RTMP_HOT
#define RTMP_APART
#endif

#endif
