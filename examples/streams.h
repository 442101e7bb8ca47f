#ifndef STREAMS_H
#define STREAMS_H

#include <fcntl.h>
#include <unistd.h>

/* Where a standard stream is closed, the next socket would take its number,
 * and be read as the input or written to as the output.  With this, to do so
 * is an error. */
static inline void
hold_standard_streams(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ?
				O_WRONLY : O_RDONLY);
}

#endif
