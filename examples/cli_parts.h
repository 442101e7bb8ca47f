#ifndef CLI_PARTS_H
#define CLI_PARTS_H

/*
 * What the parts of cli.h have from each other:
 *
 *     cli.c          lines, progress, numbers, the time, signals
 *     cli_options.c  options, --help
 *     cli_client.c   from options and URL to a handle
 *     cli_secrets.c  what must not be printed
 */
#include "cli.h"

/* What each line begins with. */
void cli_set_name(const char *program);

/* "--name: why (see --help)", and exits.  name is without the dashes. */
void cli_option_error(const char *name, const char *why);

/* From now on these are secrets: stream, the queries and the password of the
 * URL, and what the options have of the kind; all of it is held. */
void cli_hide(const struct rtmp_options *opt, const struct rtmp_url *url,
    const char *stream);

/* Copies s to out, as much as size bytes hold: secrets become "***", and
 * control characters '?'. */
void cli_copy_shown(const char *s, char *out, size_t size);

#endif
