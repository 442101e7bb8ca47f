/* Messages other than audio and video: RTMP 1.0, sections 5.4, 6.2 and 7.1. */
#include <stdio.h>
#include <string.h>

#include "inspect.h"

const char *
inspect_type_name(uint8_t type)
{
	static const char *const names[] = { NULL, "set chunk size", "abort",
		"acknowledgement", "user control", "window size",
		"peer bandwidth", NULL, "audio", "video", NULL, NULL, NULL,
		NULL, NULL, "data (AMF3)", "shared object (AMF3)",
		"command (AMF3)", "data", "shared object", "command", NULL,
		"aggregate" };

	return type < sizeof(names) / sizeof(*names) && names[type] != NULL ?
	    names[type] : "unknown";
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
malformed(struct line *l)
{
	line_text(l, "malformed");
	line_string(l, "fault", "malformed");
}

static void
print_value(struct line *l, const struct rtmp_message *msg)
{
	static const char *const limits[] = { "hard", "soft", "dynamic" };
	unsigned limit;

	if (msg->size < 4) {
		malformed(l);
		return;
	}
	line_text(l, "%lu", (unsigned long)get32(msg->payload));
	line_number(l, "value", get32(msg->payload));
	if (msg->type != RTMP_MSG_SET_PEER_BANDWIDTH || msg->size < 5)
		return;
	limit = msg->payload[4];
	line_text(l, ", %s", limit < 3 ? limits[limit] : "unknown limit");
	line_number(l, "limit", limit);
}

/* ---- User control ---- */

static const char *
control_name(unsigned event)
{
	static const char *const names[] = { "StreamBegin", "StreamEOF",
		"StreamDry", "SetBufferLength", "StreamIsRecorded", NULL,
		"PingRequest", "PingResponse" };

	if (event < sizeof(names) / sizeof(*names) && names[event] != NULL)
		return names[event];
	return event == 26 ? "SWFVerifyRequest" :
	    event == 27 ? "SWFVerifyResponse" :
	    event == 31 ? "BufferEmpty" :
	    event == 32 ? "BufferReady" : "unknown event";
}

static void
print_control(struct line *l, const struct rtmp_message *msg)
{
	unsigned event;
	size_t i;

	if (msg->size < 2) {
		malformed(l);
		return;
	}
	event = (unsigned)msg->payload[0] << 8 | msg->payload[1];
	line_text(l, "%s", control_name(event));
	line_number(l, "event", event);
	line_string(l, "event_name", control_name(event));
	if (event == 26 || event == 27)
		return;
	line_open(l, "args", '[');
	for (i = 2; i + 4 <= msg->size && i < 10; i += 4) {
		line_text(l, " %lu", (unsigned long)get32(msg->payload + i));
		line_number(l, NULL, get32(msg->payload + i));
	}
	line_close(l, ']');
}

/* ---- All ---- */

/* A tag for each of its messages, whose times are relative to the first. */
static void
print_aggregate(struct line *l, const struct rtmp_message *msg)
{
	struct rtmp_flv_reader *r;
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;
	const uint8_t *data = msg->payload;
	size_t size = msg->size;
	uint32_t shift = 0;
	int n, ret;

	if (rtmp_flv_reader_new(&r, NULL) != 0)
		return;
	rtmp_flv_reader_no_header(r);
	line_open(l, "messages", '[');
	for (n = 0; (ret = rtmp_flv_reader_next(r, &data, &size, &tag,
	    &fault)) != 0; n++) {
		if (ret != RTMP_FLV_TAG) {
			line_text(l, "; damaged");
			if (ret < 0)
				break;
			continue;
		}
		if (n == 0)
			shift = msg->timestamp - tag.packet.timestamp;
		line_text(l, "%s%s at %lu ms, %zu bytes: ", n == 0 ? "" :
		    "; ", inspect_type_name(tag.packet.type),
		    (unsigned long)(tag.packet.timestamp + shift),
		    tag.packet.size);
		line_open(l, NULL, '{');
		line_number(l, "type", tag.packet.type);
		line_number(l, "timestamp", tag.packet.timestamp + shift);
		if (tag.packet.type == RTMP_MSG_DATA_AMF0)
			line_amf0(l, tag.packet.data, tag.packet.size);
		else
			inspect_media(l, tag.packet.type, tag.packet.data,
			    tag.packet.size);
		line_close(l, '}');
	}
	line_close(l, ']');
	rtmp_flv_reader_free(r);
}

/* Messages for AMF3 begin with 0 and go on in AMF0, by all clients known. */
static void
print_amf3(struct line *l, const struct rtmp_message *msg)
{
	if (msg->size != 0 && msg->payload[0] == 0)
		line_amf0(l, msg->payload + 1, msg->size - 1);
	else
		line_hex(l, msg->payload, msg->size);
}

void
inspect_body(struct line *l, const struct rtmp_message *msg)
{
	switch (msg->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
	case RTMP_MSG_ABORT:
	case RTMP_MSG_ACKNOWLEDGEMENT:
	case RTMP_MSG_WINDOW_ACK_SIZE:
	case RTMP_MSG_SET_PEER_BANDWIDTH:
		print_value(l, msg);
		break;
	case RTMP_MSG_USER_CONTROL:
		print_control(l, msg);
		break;
	case RTMP_MSG_AUDIO:
	case RTMP_MSG_VIDEO:
		inspect_media(l, msg->type, msg->payload, msg->size);
		break;
	case RTMP_MSG_DATA_AMF0:
	case RTMP_MSG_COMMAND_AMF0:
		line_amf0(l, msg->payload, msg->size);
		break;
	case RTMP_MSG_DATA_AMF3:
	case RTMP_MSG_COMMAND_AMF3:
		print_amf3(l, msg);
		break;
	case RTMP_MSG_AGGREGATE:
		print_aggregate(l, msg);
		break;
	default:
		line_hex(l, msg->payload, msg->size);
		break;
	}
}
