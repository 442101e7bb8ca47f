/*
 * What a server says, as level, code and description, and what the library
 * makes of it.  The codes are those of rtmp-in-practice's servers: FMS, Wowza,
 * nginx-rtmp, SRS, node-media-server, MediaMTX, Ksyun.
 */
#include <string.h>

#include "base/words.h"
#include "session/command.h"

#define DESCRIPTION_MAX 1023
#define REDIRECT_MAX 2559 /* a URL: more is none, and becomes "" */

/* Behind "NetConnection." where they begin with "Connect", else behind
 * "NetStream." */
static const struct {
	char code[27];
	uint8_t kind; /* enum rtmp_status_kind */
} kinds[] = {
	{ "Connect.Success", RTMP_STATUS_SUCCESS },
	{ "Publish.Start", RTMP_STATUS_SUCCESS },
	{ "Play.Start", RTMP_STATUS_SUCCESS },
	{ "Play.PublishNotify", RTMP_STATUS_SUCCESS },
	{ "Publish.BadName", RTMP_STATUS_NAME_IN_USE },
	{ "Publish.AlreadyExistStream", RTMP_STATUS_NAME_IN_USE },
	{ "Play.StreamNotFound", RTMP_STATUS_NOT_FOUND },
	{ "Play.FileNotFound", RTMP_STATUS_NOT_FOUND },
	{ "Connect.InvalidApp", RTMP_STATUS_INVALID_APP },
	{ "Connect.IllegalApplication", RTMP_STATUS_INVALID_APP },
	{ "Connect.Rejected", RTMP_STATUS_DENIED },
	{ "Connect.Failed", RTMP_STATUS_DENIED },
	{ "Publish.Denied", RTMP_STATUS_DENIED },
	{ "Publish.Rejected", RTMP_STATUS_DENIED },
	{ "Publish.Unauthorized", RTMP_STATUS_AUTH_FAILED },
	{ "Play.Denied", RTMP_STATUS_DENIED },
	{ "Play.UnpublishNotify", RTMP_STATUS_ENDED },
	{ "Play.Stop", RTMP_STATUS_ENDED },
	{ "Play.Complete", RTMP_STATUS_ENDED },
	{ "Unpublish.Success", RTMP_STATUS_ENDED },
	{ "Connect.Closed", RTMP_STATUS_CLOSED },
	{ "Connect.AppShutdown", RTMP_STATUS_CLOSED },
	{ "Connect.IdleTimeout", RTMP_STATUS_CLOSED },
	{ "Connect.ReconnectRequest", RTMP_STATUS_RECONNECT },
};

static enum rtmp_status_kind
kind_of_code(const char *code)
{
	const char *dot = strchr(code, '.');
	size_t i, size;

	if (dot == NULL)
		return RTMP_STATUS_OTHER;
	size = (size_t)(dot - code);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(dot + 1, kinds[i].code) == 0 &&
		    rtmp_word_find(kinds[i].code[0] == 'C' ?
			"NetConnection\0" : "NetStream\0", code, size) == 0)
			return (enum rtmp_status_kind)kinds[i].kind;
	return RTMP_STATUS_OTHER;
}

/* The "ex" of Connect.Rejected: {code: 302, redirect: "rtmp://..."}. */
static int
find_ex(const struct rtmp_command *c, const uint8_t **data, size_t *size)
{
	struct rtmp_amf0_reader ex;

	return rtmp_amf0_find(c->info, c->info_size, "ex", &ex) == 1 &&
	    rtmp_amf0_get_raw(&ex, data, size) == 0;
}

/* Its code is a number, or a string, 302. */
static int
is_redirect(const struct rtmp_command *c)
{
	struct rtmp_amf0_reader code, again;
	const uint8_t *data;
	const char *s;
	size_t size;
	double number;

	if (!find_ex(c, &data, &size) ||
	    rtmp_amf0_find(data, size, "code", &code) != 1)
		return 0;
	again = code;
	if (rtmp_amf0_get_number(&code, &number) == 0)
		return number >= 302 && number <= 302;
	return rtmp_amf0_get_string(&again, &s, &size) == 0 && size == 3 &&
	    memcmp(s, "302", 3) == 0;
}

/* Connect.Rejected says in its description, or in "ex", why. */
static enum rtmp_status_kind
kind_of_rejection(const struct rtmp_command *c, const char *description)
{
	if (strstr(description, "reason=authfail") != NULL)
		return RTMP_STATUS_AUTH_FAILED;
	if (strstr(description, "reason=nosuchuser") != NULL)
		return RTMP_STATUS_NO_SUCH_USER;
	if (strstr(description, "authmod=") != NULL)
		return RTMP_STATUS_AUTH_REQUIRED;
	return is_redirect(c) ? RTMP_STATUS_REDIRECT : RTMP_STATUS_DENIED;
}

/* Appends s, with control characters replaced, and a NUL. */
static int
text_add(struct rtmp_buf *text, const struct rtmp_mem *mem, const char *s,
    size_t size)
{
	size_t i, start = text->size;
	int err;

	err = rtmp_buf_append(text, mem, s, size);
	if (err == 0)
		err = rtmp_buf_append(text, mem, "", 1);
	if (err != 0)
		return err;
	for (i = start; i < start + size; i++)
		if (text->data[i] < 0x20 || text->data[i] == 0x7f)
			text->data[i] = '?';
	return 0;
}

/* Points the strings at the NUL-terminated runs of text. */
static void
status_point(struct rtmp_status *status, const struct rtmp_buf *text)
{
	const char **const strings[] = { &status->level, &status->code,
		&status->description, &status->redirect,
		&status->redirect2 };
	const char *p = (const char *)text->data;
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		*strings[i] = p;
		p += strlen(p) + 1;
	}
}

/* The string at a key of an object, or "". */
static int
text_add_field(struct rtmp_buf *text, const struct rtmp_mem *mem,
    const uint8_t *object, size_t object_size, const char *key, size_t max)
{
	struct rtmp_amf0_reader value;
	const char *s = "";
	size_t size = 0;

	if (object == NULL ||
	    rtmp_amf0_find(object, object_size, key, &value) != 1 ||
	    rtmp_amf0_get_string(&value, &s, &size) != 0)
		return text_add(text, mem, "", 0);
	if (size > max)
		size = max == REDIRECT_MAX ? 0 : max;
	return text_add(text, mem, s, size);
}

int
rtmp_command_status(const struct rtmp_command *c, struct rtmp_status *status,
    struct rtmp_buf *text, const struct rtmp_mem *mem)
{
	static const char fields[] = "level\0" "code\0" "description\0";
	const uint8_t *ex = NULL;
	size_t ex_size = 0;
	int i, err = 0;

	memset(status, 0, sizeof(*status));
	text->size = 0;
	for (i = 0; i < 3 && err == 0; i++) {
		if (i == 2 && c->info == NULL && c->text != NULL)
			err = text_add(text, mem, c->text,
			    c->text_size < DESCRIPTION_MAX ? c->text_size :
			    DESCRIPTION_MAX);
		else
			err = text_add_field(text, mem, c->info,
			    c->info_size, rtmp_word(fields, (size_t)i),
			    DESCRIPTION_MAX);
	}
	if (c->info == NULL || !find_ex(c, &ex, &ex_size))
		ex = NULL;
	if (err == 0)
		err = text_add_field(text, mem, ex, ex_size, "redirect",
		    REDIRECT_MAX);
	if (err == 0)
		err = text_add_field(text, mem, ex, ex_size, "redirect2",
		    REDIRECT_MAX);
	if (err != 0)
		return err;
	status_point(status, text);
	status->amf0 = c->body;
	status->amf0_size = c->body_size;
	status->kind = kind_of_code(status->code);
	if (strcmp(status->code, "NetConnection.Connect.Rejected") == 0)
		status->kind = kind_of_rejection(c, status->description);
	return 0;
}

int
rtmp_status_make(struct rtmp_status *status, struct rtmp_buf *text,
    const struct rtmp_mem *mem, enum rtmp_status_kind kind,
    const char *level, const char *code, const char *description)
{
	int i, err;

	memset(status, 0, sizeof(*status));
	text->size = 0;
	err = text_add(text, mem, level, strlen(level));
	if (err == 0)
		err = text_add(text, mem, code, strlen(code));
	if (err == 0)
		err = text_add(text, mem, description, strlen(description));
	for (i = 0; i < 2 && err == 0; i++) /* no redirects */
		err = text_add(text, mem, "", 0);
	if (err != 0)
		return err;
	status_point(status, text);
	status->kind = kind;
	return 0;
}
