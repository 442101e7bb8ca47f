/* Any text as one of librtmp's strings: what is taken has a URL that parses or
 * is refused with words, and connect arguments that are AMF0; what is not
 * leaves the options alone. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/amf0.h>
#include <rtmpio/librtmp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_amf0(const struct rtmp_options *opt)
{
	struct rtmp_amf0_reader r;

	rtmp_amf0_reader_init(&r, opt->connect_args, opt->connect_args_size);
	while (r.pos != r.end)
		switch (rtmp_amf0_skip(&r)) {
		case 0:
			break;
		case RTMP_ERR_LIMIT: /* deeper than the reader goes */
			return;
		default:
			abort();
		}
}

static void
check(const struct rtmp_librtmp *l, const struct rtmp_options *opt)
{
	struct rtmp_url url;

	if (l->error[0] != '\0' || *opt->app == '\0' ||
	    strlen(l->url) + strlen(l->stream) >= sizeof(l->made))
		abort();
	if (rtmp_url_parse_app(&url, l->url) != 0) {
		if (url.error[0] == '\0')
			abort();
	} else if (strncmp(url.app, opt->app, strlen(url.app)) != 0) {
		abort();
	}
	if (opt->connect_args_size > RTMP_LIBRTMP_CONN_SIZE)
		abort();
	if (opt->connect_args_size != 0)
		check_amf0(opt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rtmp_librtmp l;
	struct rtmp_options opt, before;
	char *text = malloc(size + 1);
	int err;

	if (text == NULL)
		return 0;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	rtmp_options_init(&opt, sizeof(opt));
	memcpy(&before, &opt, sizeof(opt));
	err = rtmp_librtmp_parse(&l, text, &opt);
	free(text);
	if (err == 0)
		check(&l, &opt);
	else if (err != RTMP_ERR_INVAL || l.error[0] == '\0' ||
	    memcmp(&opt, &before, sizeof(opt)) != 0)
		abort();
	return 0;
}
