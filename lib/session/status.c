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
#define FIELDS 5
#define FIELDS_OF_INFO 3 /* the others are in its "ex" */

/* Behind "NetConnection." where they begin with "Connect", else behind
 * "NetStream." */
#define CODES(code) \
	code("Connect.Success", SUCCESS) \
	code("Publish.Start", SUCCESS) \
	code("Play.Start", SUCCESS) \
	code("Play.PublishNotify", SUCCESS) \
	code("Publish.BadName", NAME_IN_USE) \
	code("Publish.AlreadyExistStream", NAME_IN_USE) \
	code("Play.StreamNotFound", NOT_FOUND) \
	code("Play.FileNotFound", NOT_FOUND) \
	code("Connect.InvalidApp", INVALID_APP) \
	code("Connect.IllegalApplication", INVALID_APP) \
	code("Connect.Rejected", REDIRECT) /* kind_of_rejection() */ \
	code("Connect.Failed", DENIED) \
	code("Publish.Denied", DENIED) \
	code("Publish.Rejected", DENIED) \
	code("Publish.Unauthorized", AUTH_FAILED) \
	code("Play.Denied", DENIED) \
	code("Play.UnpublishNotify", ENDED) \
	code("Play.Stop", ENDED) \
	code("Play.Complete", ENDED) \
	code("Unpublish.Success", ENDED) \
	code("Connect.Closed", CLOSED) \
	code("Connect.AppShutdown", CLOSED) \
	code("Connect.IdleTimeout", CLOSED) \
	code("Connect.ReconnectRequest", RECONNECT)
#define CODE_WORD(word, kind) word "\0"
#define CODE_KIND(word, kind) RTMP_STATUS_##kind,

static const char code_words[] = CODES(CODE_WORD);
static const uint8_t code_kinds[] = { CODES(CODE_KIND) };

static enum rtmp_status_kind
kind_of_code(const char *code)
{
	const char *dot = strchr(code, '.');
	int i;

	if (dot == NULL)
		return RTMP_STATUS_OTHER;
	i = rtmp_word_find(code_words, dot + 1, strlen(dot + 1));
	if (i < 0 || rtmp_word_find(dot[1] == 'C' ? "NetConnection\0" :
	    "NetStream\0", code, (size_t)(dot - code)) != 0)
		return RTMP_STATUS_OTHER;
	return (enum rtmp_status_kind)code_kinds[i];
}

/* In the "ex" of Connect.Rejected, {code: 302, redirect: "rtmp://..."}, the
 * code is a number, or a string. */
static int
is_redirect(const uint8_t *ex, size_t ex_size)
{
	struct rtmp_amf0_reader code;
	enum rtmp_amf0_type type;
	const char *s;
	size_t size;
	double number;

	if (rtmp_amf0_find(ex, ex_size, "code", &code) != 1)
		return 0;
	if (rtmp_amf0_peek(&code, &type) == 1 && type == RTMP_AMF0_NUMBER)
		return rtmp_amf0_get_number(&code, &number) == 0 &&
		    number == 302;
	return rtmp_amf0_get_string(&code, &s, &size) == 0 && size == 3 &&
	    memcmp(s, "302", 3) == 0;
}

/* Connect.Rejected says in its description, or in "ex", why. */
static enum rtmp_status_kind
kind_of_rejection(const char *description, const uint8_t *ex, size_t ex_size)
{
	if (strstr(description, "reason=authfail") != NULL)
		return RTMP_STATUS_AUTH_FAILED;
	if (strstr(description, "reason=nosuchuser") != NULL)
		return RTMP_STATUS_NO_SUCH_USER;
	if (strstr(description, "authmod=") != NULL)
		return RTMP_STATUS_AUTH_REQUIRED;
	return is_redirect(ex, ex_size) ? RTMP_STATUS_REDIRECT :
	    RTMP_STATUS_DENIED;
}

int
rtmp_text_add(struct rtmp_buf *text, const struct rtmp_mem *mem,
    const char *s, size_t size)
{
	int err = rtmp_buf_append(text, mem, s, size);

	return err != 0 ? err : rtmp_buf_append(text, mem, "", 1);
}

static void
replace_controls(uint8_t *s, size_t size)
{
	for (; size != 0; size--, s++)
		if (*s < 0x20 || *s == 0x7f)
			*s = '?';
}

int
rtmp_command_status(const struct rtmp_command *c, struct rtmp_status *status,
    struct rtmp_buf *text, const struct rtmp_mem *mem)
{
	static const char fields[] = "level\0" "code\0" "description\0"
	    "redirect\0" "redirect2\0";
	const uint8_t *object = c->info;
	size_t object_size = c->info_size, size, at[FIELDS], i;
	struct rtmp_amf0_reader value;
	const char *s;
	int err;

	text->size = 0;
	for (i = 0; i < FIELDS; i++) {
		if (i == FIELDS_OF_INFO && (rtmp_amf0_find(object,
		    object_size, "ex", &value) != 1 ||
		    rtmp_amf0_get_raw(&value, &object, &object_size) != 0))
			object_size = 0;
		s = "";
		size = 0;
		if (rtmp_amf0_find(object, object_size, rtmp_word(fields, i),
		    &value) == 1)
			rtmp_amf0_get_string(&value, &s, &size);
		else if (i == 2 && c->info == NULL && c->text != NULL) {
			s = c->text;
			size = c->text_size;
		}
		if (i >= FIELDS_OF_INFO)
			size = size > REDIRECT_MAX ? 0 : size;
		else if (size > DESCRIPTION_MAX)
			size = DESCRIPTION_MAX;
		at[i] = text->size;
		err = rtmp_text_add(text, mem, s, size);
		if (err != 0)
			return err;
		replace_controls(text->data + at[i], size);
	}
	s = (const char *)text->data;
	status->level = s + at[0];
	status->code = s + at[1];
	status->description = s + at[2];
	status->redirect = s + at[3];
	status->redirect2 = s + at[4];
	status->amf0 = c->body;
	status->amf0_size = c->body_size;
	status->kind = kind_of_code(status->code);
	if (status->kind == RTMP_STATUS_REDIRECT)
		status->kind = kind_of_rejection(status->description, object,
		    object_size);
	return 0;
}
