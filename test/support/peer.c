#include <rtmpio/amf0.h>

#include "base/wire.h"
#include "support/peer.h"

#define TEXT_MAX 70000

void
peer_bytes(struct peer *p, const void *data, size_t size)
{
	if (p->data == NULL || p->cap - p->size <= size) {
		p->cap = (p->size + size + 1) * 2;
		p->data = realloc(p->data, p->cap);
		assert_non_null(p->data);
	}
	if (size != 0)
		memcpy(p->data + p->size, data, size);
	p->size += size;
}

void
peer_init(struct peer *p)
{
	uint8_t handshake[PEER_HANDSHAKE_SIZE];
	uint32_t seed = 99;
	size_t i;

	memset(p, 0, sizeof(*p));
	assert_int_equal(rtmp_chunk_writer_new(&p->writer, NULL), 0);
	for (i = 0; i < sizeof(handshake); i++)
		handshake[i] = (uint8_t)next_random(&seed);
	handshake[0] = 3;
	peer_bytes(p, handshake, sizeof(handshake));
}

void
peer_free(struct peer *p)
{
	rtmp_chunk_writer_free(p->writer);
	free(p->data);
}

void
peer_message(struct peer *p, uint32_t csid, uint32_t msid, uint8_t type,
    uint32_t timestamp, const void *body, size_t size)
{
	struct rtmp_message m = { csid, msid, type, timestamp, body, size };
	size_t room = size + size / 16 + 64;
	uint8_t *buf = malloc(room);

	assert_non_null(buf);
	assert_int_equal(rtmp_chunk_write_buf(p->writer, &m, buf, room,
	    &size), 0);
	peer_bytes(p, buf, size);
	free(buf);
}

void
peer_control(struct peer *p, uint8_t type, uint32_t value)
{
	uint8_t body[5];

	rtmp_put_be32(body, value);
	body[4] = 2; /* the limit type of Set Peer Bandwidth: dynamic */
	peer_message(p, 2, 0, type, 0, body,
	    type == RTMP_MSG_SET_PEER_BANDWIDTH ? 5 : 4);
	if (type == RTMP_MSG_SET_CHUNK_SIZE)
		rtmp_chunk_writer_set_size(p->writer, value);
}

void
peer_user(struct peer *p, uint16_t event, uint32_t value)
{
	uint8_t body[6];

	rtmp_put_be16(body, event);
	rtmp_put_be32(body + 2, value);
	peer_message(p, 2, 0, RTMP_MSG_USER_CONTROL, 0, body, sizeof(body));
}

void
peer_media(struct peer *p, uint32_t msid, uint8_t type, uint32_t timestamp,
    const char *text)
{
	peer_message(p, type == RTMP_MSG_AUDIO ? 6 : 7, msid, type, timestamp,
	    text, strlen(text));
}

/* ---- AMF0 ---- */

static void
put_json(struct rtmp_amf0_writer *w, const cJSON *v)
{
	const cJSON *item = v->child;

	if (cJSON_IsNumber(v)) {
		rtmp_amf0_put_number(w, v->valuedouble);
	} else if (cJSON_IsBool(v)) {
		rtmp_amf0_put_boolean(w, cJSON_IsTrue(v));
	} else if (cJSON_IsString(v)) {
		rtmp_amf0_put_string(w, v->valuestring);
	} else if (cJSON_IsArray(v)) {
		rtmp_amf0_put_strict_array_begin(w,
		    (uint32_t)cJSON_GetArraySize(v));
		cJSON_ArrayForEach(item, v)
			put_json(w, item);
	} else if (cJSON_IsNull(v)) {
		rtmp_amf0_put_null(w);
	} else if (item != NULL && strcmp(item->string, "$undefined") == 0) {
		rtmp_amf0_put_undefined(w);
	} else {
		if (item != NULL && strcmp(item->string, "$ecma") == 0) {
			rtmp_amf0_put_ecma_array_begin(w, 0);
			v = item;
		} else {
			rtmp_amf0_put_object_begin(w);
		}
		cJSON_ArrayForEach(item, v) {
			rtmp_amf0_put_key(w, item->string);
			put_json(w, item);
		}
		rtmp_amf0_put_object_end(w);
	}
}

uint8_t *
peer_amf0(const char *json, size_t *size)
{
	struct rtmp_amf0_writer w;
	uint8_t *data = malloc(TEXT_MAX);
	char *text = malloc(strlen(json) + 1);
	cJSON *values, *v;
	size_t i;

	assert_non_null(data);
	assert_non_null(text);
	for (i = 0; json[i] != '\0'; i++)
		text[i] = json[i] == '\'' ? '"' : json[i];
	text[i] = '\0';
	values = cJSON_Parse(text);
	if (!cJSON_IsArray(values))
		fail_msg("not a JSON array: %s", json);
	rtmp_amf0_writer_init(&w, data, TEXT_MAX);
	cJSON_ArrayForEach(v, values)
		put_json(&w, v);
	assert_int_equal(w.err, 0);
	cJSON_Delete(values);
	free(text);
	*size = w.len;
	return data;
}

void
peer_amf(struct peer *p, uint8_t type, uint32_t msid, const char *json)
{
	int amf3 = type == RTMP_MSG_COMMAND_AMF3 || type == RTMP_MSG_DATA_AMF3;
	int command = type == RTMP_MSG_COMMAND_AMF0 ||
	    type == RTMP_MSG_COMMAND_AMF3;
	size_t size;
	uint8_t *data = peer_amf0(json, &size);

	if (amf3) {
		memmove(data + 1, data, size++);
		data[0] = 0;
	}
	peer_message(p, command ? 3 : 5, msid, type, 0, data, size);
	free(data);
}

void
peer_command(struct peer *p, uint32_t msid, const char *json, ...)
{
	char *text = malloc(TEXT_MAX);
	va_list args;

	assert_non_null(text);
	va_start(args, json);
	vsnprintf(text, TEXT_MAX, json, args);
	va_end(args);
	peer_amf(p, RTMP_MSG_COMMAND_AMF0, msid, text);
	free(text);
}

/* ---- Usual answers ---- */

void
peer_connected(struct peer *p)
{
	peer_control(p, RTMP_MSG_WINDOW_ACK_SIZE, 5000000);
	peer_control(p, RTMP_MSG_SET_PEER_BANDWIDTH, 5000000);
	peer_control(p, RTMP_MSG_SET_CHUNK_SIZE, 4096);
	peer_command(p, 0, "['_result', 1, {'fmsVer': 'FMS/3,0,1,123', "
	    "'capabilities': 31}, {'level': 'status', "
	    "'code': 'NetConnection.Connect.Success', "
	    "'description': 'Connection succeeded.'}]");
}

void
peer_status(struct peer *p, uint32_t msid, const char *level,
    const char *code)
{
	peer_command(p, msid, "['onStatus', 0, null, {'level': '%s', "
	    "'code': '%s', 'description': 'words'}]", level, code);
}

void
peer_published(struct peer *p, int transaction, uint32_t msid)
{
	peer_command(p, 0, "['_result', %d, null, %lu]", transaction,
	    (unsigned long)msid);
	peer_status(p, msid, "status", "NetStream.Publish.Start");
}

void
peer_playing(struct peer *p, int transaction, uint32_t msid)
{
	peer_command(p, 0, "['_result', %d, null, %lu]", transaction,
	    (unsigned long)msid);
	peer_status(p, msid, "status", "NetStream.Play.Start");
}
