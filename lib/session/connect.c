/*
 * What the application asks for, and the command that it becomes, RTMP 1.0
 * section 7.2.1.1:
 *
 *     "connect" 1 { app, type, flashVer, swfUrl, tcUrl, fpad, capabilities,
 *                   audioCodecs, videoCodecs, videoFunction, pageUrl,
 *                   objectEncoding, capabilities.c's pairs, the caller's
 *                   pairs } the caller's values
 */
#include <string.h>

#include "base/words.h"
#include "session/internal.h"

#define FLASH_VER "FMLE/3.0 (compatible; rtmpio " RTMP_LIBRARY_VERSION ")"

void
rtmp_session_config_init(struct rtmp_session_config *config,
    size_t struct_size)
{
	struct rtmp_session_config c;

	memset(&c, 0, sizeof(c));
	c.capabilities = &rtmp_library_capabilities;
	c.flight = RTMP_FLIGHT_STEPWISE;
	c.flash_ver = FLASH_VER;
	c.chunk_size = 60000;
	c.window_ack_size = 2500000;
	c.buffer_ms = 3000;
	c.max_send_buffer = 4 << 20;
	c.limits.message_size = 8 << 20;
	c.limits.partial_size = 16 << 20;
	c.limits.chunk_streams = 64;
	c.limits.answers = 64 << 10;
	c.limits.streams = 32;
	c.limits.calls = 256;
	rtmp_struct_give(config, struct_size, &c, sizeof(c));
}

/* "CWS" and "ZWS" are compressed. */
static int
is_compressed(const uint8_t *swf, uint32_t size)
{
	return size >= 3 && (swf[0] == 'C' || swf[0] == 'Z') &&
	    swf[1] == 'W' && swf[2] == 'S';
}

static int
take_handshake(struct rtmp_session_config *c)
{
	if ((unsigned)c->handshake > RTMP_HANDSHAKE_RTMPE)
		return RTMP_ERR_INVAL;
	if (c->swf != NULL || c->swf_hash != NULL) {
		if (c->swf_size == 0 || (c->swf != NULL &&
		    is_compressed(c->swf, c->swf_size)))
			return RTMP_ERR_INVAL;
		if (c->handshake == RTMP_HANDSHAKE_SIMPLE)
			c->handshake = RTMP_HANDSHAKE_DIGEST;
	}
	if (c->handshake != RTMP_HANDSHAKE_SIMPLE &&
	    c->flight == RTMP_FLIGHT_ZERO_RTT)
		c->flight = RTMP_FLIGHT_EAGER;
	return 0;
}

int
rtmp_session_config_take(struct rtmp_session_config *c,
    const struct rtmp_session_config *given)
{
	rtmp_session_config_init(c, sizeof(*c));
	rtmp_struct_take(c, sizeof(*c), given);
	if (c->flash_ver == NULL)
		c->flash_ver = FLASH_VER;
	if (c->app == NULL || c->tc_url == NULL || c->chunk_size == 0 ||
	    c->chunk_size > RTMP_CHUNK_SIZE_MAX ||
	    strlen(c->app) > UINT16_MAX || strlen(c->tc_url) > UINT16_MAX ||
	    (c->subscribe != NULL && strlen(c->subscribe) > UINT16_MAX))
		return RTMP_ERR_INVAL;
	return take_handshake(c);
}

/* Whether the caller's pairs have one of these keys. */
static int
caller_says(const struct rtmp_session_config *c, const char *keys)
{
	struct rtmp_amf0_reader r;
	const char *key;
	size_t len;

	if (c->connect_pairs == NULL)
		return 0;
	rtmp_amf0_reader_init(&r, c->connect_pairs, c->connect_pairs_size);
	while (rtmp_amf0_next_key(&r, &key, &len) == 1) {
		if (rtmp_word_find(keys, key, len) >= 0)
			return 1;
		rtmp_amf0_skip(&r);
	}
	return 0;
}

static void
put_video_function(struct rtmp_amf0_writer *w,
    const struct rtmp_session_config *c)
{
	uint32_t function = RTMP_VIDEO_CLIENT_SEEK;

	if (caller_says(c, "videoFunction\0"))
		return;
	if (c->capabilities != NULL &&
	    (c->capabilities->stated & RTMP_STATED_VIDEO_FUNCTION) != 0)
		function = c->capabilities->video_function;
	rtmp_put_pair(w, "videoFunction", function);
}

static void
put_capabilities(struct rtmp_amf0_writer *w,
    const struct rtmp_session_config *c)
{
	if (c->capabilities != NULL && !caller_says(c, "fourCcList\0"
	    "videoFourCcInfoMap\0" "audioFourCcInfoMap\0" "capsEx\0"))
		rtmp_session_put_capabilities(w, c->capabilities,
		    ~RTMP_STATED_VIDEO_FUNCTION);
}

/* A string, unless it is NULL. */
static void
put_text(struct rtmp_amf0_writer *w, const char *key, const char *s)
{
	if (s == NULL)
		return;
	rtmp_amf0_put_key(w, key);
	rtmp_amf0_put_string(w, s);
}

/* In the order in which Flash Media Live Encoder and the Flash Player write
 * them; publishers and players send the same. */
void
rtmp_session_put_connect(struct rtmp_amf0_writer *w, const void *arg)
{
	const struct rtmp_session_config *c = arg;

	rtmp_amf0_put_object_begin(w);
	put_text(w, "app", c->app);
	put_text(w, "type", "nonprivate");
	put_text(w, "flashVer", c->flash_ver);
	put_text(w, "swfUrl", c->swf_url);
	put_text(w, "tcUrl", c->tc_url);
	rtmp_amf0_put_key(w, "fpad");
	rtmp_amf0_put_boolean(w, 0);
	rtmp_put_pair(w, "capabilities", 15);
	rtmp_put_pair(w, "audioCodecs", 0xfff); /* all of section 7.2.1.1 */
	rtmp_put_pair(w, "videoCodecs", 0xfc);
	put_video_function(w, c);
	put_text(w, "pageUrl", c->page_url);
	rtmp_put_pair(w, "objectEncoding", 0);
	put_capabilities(w, c);
	if (c->connect_pairs != NULL)
		rtmp_amf0_put_raw(w, c->connect_pairs, c->connect_pairs_size);
	rtmp_amf0_put_object_end(w);
	if (c->connect_args != NULL)
		rtmp_amf0_put_raw(w, c->connect_args, c->connect_args_size);
}
