#include <signal.h>

#include "support/redirect.h"

struct rtmp_options opt;
struct rtmp *r;
struct host here, there;
char words[8192];
int events;

static void
count_redirects(void *arg, const struct rtmp_event *event)
{
	(void)arg;
	if (event->type == RTMP_EVENT_REJECTED &&
	    event->status.kind == RTMP_STATUS_REDIRECT)
		events++;
}

void
redirect_init(void)
{
	host_init(&here);
	host_init(&there);
}

void
redirect_begin(void)
{
	host_start(&here);
	host_start(&there);
	opt.on_event = count_redirects;
	events = 0;
	r = rtmp_new(&opt);
	assert_non_null(r);
	rtmp_options_init(&opt, sizeof(opt));
}

void
redirect_end(void)
{
	rtmp_free(r);
	host_end(&here);
	host_end(&there);
}

void
redirect_free(void)
{
	host_free(&here);
	host_free(&there);
}

int
redirect_setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	rtmp_options_init(&opt, sizeof(opt));
	return 0;
}
