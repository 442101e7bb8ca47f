#include "support/captured.h"

size_t
end_of_code(const char *capture, const char *code)
{
	char path[128];
	const cJSON *m, *v;
	size_t end = 0;
	cJSON *json;

	snprintf(path, sizeof(path), "captures/%s/messages.json", capture);
	json = load_json(path);
	cJSON_ArrayForEach(m, json_item(json, "s2c")) {
		v = cJSON_GetArrayItem(cJSON_GetObjectItem(m, "values"), 3);
		v = cJSON_GetObjectItem(v, "code");
		if (v != NULL && strcmp(v->valuestring, code) == 0)
			end = (size_t)json_number(m, "end");
	}
	cJSON_Delete(json);
	assert_int_not_equal(end, 0);
	return end;
}

uint8_t *
nginx_script(struct script *s)
{
	size_t size;
	uint8_t *in = load_data("captures/ffmpeg9-nginx-publish/s2c.bin",
	    &size);

	script_init(s, in, size);
	s->in_hold = end_of_code("ffmpeg9-nginx-publish",
	    "NetStream.Publish.Start");
	s->eof = 1;
	return in;
}

void
options_for(struct rtmp_options *opt, const struct script *s)
{
	rtmp_options_init(opt, sizeof(*opt));
	opt->io = &s->io;
	opt->timeout_ms = 1000;
}

int
publish_some(struct rtmp *r)
{
	static const uint8_t data[3] = { 0xaf, 1, 2 };
	static const uint8_t metadata[] = { 2, 0, 10, 'o', 'n', 'M', 'e', 't',
		'a', 'D', 'a', 't', 'a', 8, 0, 0, 0, 0, 0, 0, 9 };
	struct rtmp_packet p = { RTMP_MSG_DATA_AMF0, 0, metadata,
		sizeof(metadata) };
	int i, err = rtmp_connect(r, URL, NULL);

	if (err == 0)
		err = rtmp_publish(r, NULL);
	if (err == 0)
		err = rtmp_write_packet(r, &p);
	p.type = RTMP_MSG_AUDIO;
	p.data = data;
	p.size = sizeof(data);
	for (i = 1; i <= 5 && err == 0; i++) {
		p.timestamp = (uint32_t)i * 40;
		err = rtmp_write_packet(r, &p);
	}
	return err != 0 ? err : rtmp_close(r);
}
