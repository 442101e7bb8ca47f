/* What the programs write to a terminal. */
#define _XOPEN_SOURCE 700 /* posix_openpt() */
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "../examples/cli.h"
#include "../examples/cli_parts.h"
#include "support/support.h"

/* Standard error as a terminal; the other side, and what it was before.  A
 * chroot may have none to give. */
static int
open_terminal(int *before)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY), slave = -1;
	struct termios t;

	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 ||
	    (slave = open(ptsname(fd), O_RDWR | O_NOCTTY)) < 0) {
		print_message("no pseudo-terminals here\n");
		skip();
	}
	assert_int_equal(tcgetattr(slave, &t), 0);
	t.c_oflag &= ~(tcflag_t)OPOST;
	assert_int_equal(tcsetattr(slave, TCSANOW, &t), 0);
	*before = dup(STDERR_FILENO);
	assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
	close(slave);
	return fd;
}

/* A line that is wider than the terminal would wrap, the next one would
 * overwrite its last row only, and each second leave a row behind. */
static void
a_progress_line_never_wraps_and_is_wiped(void **state)
{
	char got[200];
	int before, fd = open_terminal(&before);
	size_t size = 0;
	ssize_t n;

	(void)state;
	cli_set_name("name");
	cli_progress("%d of %d", 1, 2);
	cli_progress("%d of %d", 2, 2);
	cli_say("done");
	/* Each read gives what one write has brought. */
	while ((n = read(fd, got + size, sizeof(got) - 1 - size)) > 0) {
		size += (size_t)n;
		if (got[size - 1] == '\n')
			break;
	}
	dup2(before, STDERR_FILENO);
	close(before);
	close(fd);
	got[size] = '\0';
	assert_string_equal(got, "\r\033[?7l1 of 2\033[K\033[?7h"
				 "\r\033[?7l2 of 2\033[K\033[?7h"
				 "\r\033[Kname: done\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_progress_line_never_wraps_and_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
