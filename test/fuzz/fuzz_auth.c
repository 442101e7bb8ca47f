/* Lines of text: the app, then what a server says to each try.  The dialogue
 * ends, and what is sent is a query of bounded size.  Each line is deciphered
 * as a SecureToken, too. */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/types.h>

#include "client/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_token(const char *hex)
{
	char text[64];
	int err = rtmp_secure_token(hex, strlen(hex), "key", text,
	    sizeof(text));

	if (err != 0 && err != RTMP_ERR_PROTO && err != RTMP_ERR_LIMIT)
		abort();
	if (err == 0 && strlen(text) > strlen(hex) / 2)
		abort();
}

/* 1 when there is another try. */
static int
check_try(struct rtmp_auth *a, const char *words)
{
	int ret = rtmp_auth_next(a, words);

	if (ret == 1) {
		if (memchr(a->query, '\0', sizeof(a->query)) == NULL ||
		    strncmp(a->query, "?authmod=", 9) != 0 ||
		    strstr(a->query, "&user=user1") == NULL ||
		    strstr(a->query, "secret") != NULL)
			abort();
		return 1;
	}
	if ((ret != RTMP_ERR_REJECTED && ret != RTMP_ERR_LIMIT) ||
	    a->error[0] == '\0')
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line, *next;
	struct rtmp_auth a;
	int tries = 0, goes_on = 1;

	if (text == NULL)
		return 0;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	/* Words that hold the password come back with the nonce. */
	if (strstr(text, "secret") != NULL)
		text[0] = '\0';
	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		check_token(line);
		if (line == text)
			rtmp_auth_init(&a, "user1", "secret", line,
			    (const uint8_t *)"\1\2\3\4");
		else if (goes_on)
			tries += goes_on = check_try(&a, line);
	}
	if (tries > 2)
		abort();
	free(text);
	return 0;
}
