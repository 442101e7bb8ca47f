/*
 * SWF verification: the server asks with User Control 26, the session answers
 * with what S1 and the SWF say.
 */
#include <rtmpio/session.h>

#include "base/wire.h"
#include "support/peer.h"

#define CONTROL 4 /* the message type */

/* One case of swf_verification.json. */
struct swf {
	uint8_t *data; /* decompressed, or NULL */
	uint8_t hash[32], tail[32], *response, *request;
	uint32_t size;
	size_t response_size, request_size;
};

static void
swf_take(struct swf *w, const cJSON *c)
{
	size_t n;
	uint8_t *p = from_hex(json_string(c, "swf_hash"), &n);

	memset(w, 0, sizeof(*w));
	memcpy(w->hash, p, 32);
	free(p);
	p = from_hex(json_string(c, "s1_last32"), &n);
	memcpy(w->tail, p, 32);
	free(p);
	w->size = (uint32_t)json_number(c, "size");
	w->response = from_hex(json_string(c, "response"), &w->response_size);
	w->request = from_hex(json_string(c, "request"), &w->request_size);
	if (cJSON_GetObjectItem(c, "decompressed") != NULL)
		w->data = from_hex(json_string(c, "decompressed"), &n);
}

static void
swf_free(struct swf *w)
{
	free(w->data);
	free(w->response);
	free(w->request);
}

static void
swf_config(struct rtmp_session_config *c)
{
	rtmp_session_config_init(c, sizeof(*c));
	c->app = "live";
	c->tc_url = "rtmp://host/live";
}

/* Moves all that is to be sent behind what was sent. */
static size_t
drain(struct rtmp_session *s, uint8_t *out, size_t size)
{
	struct iovec iov[8];
	int i, n;

	while ((n = rtmp_session_send_iov(s, iov, 8)) != 0) {
		size_t total = 0;

		for (i = 0; i < n; i++) {
			memcpy(out + size, iov[i].iov_base, iov[i].iov_len);
			size += iov[i].iov_len;
			total += iov[i].iov_len;
		}
		rtmp_session_sent(s, total);
	}
	return size;
}

/*
 * Sends the handshake with this S1 tail and the request, and returns how many
 * bytes the session has answered with behind C2 and connect; -1 when it gave
 * an event instead.
 */
static long
ask(struct rtmp_session *s, const struct swf *w, const uint8_t *request,
    size_t request_size, size_t step, uint8_t answer[256])
{
	static uint8_t out[8192];
	const struct rtmp_event *event;
	const uint8_t *data;
	struct peer p;
	size_t size, n, before = 0, after, i;
	long result;
	int r = 0;

	peer_init(&p);
	memcpy(p.data + 1537 - 32, w->tail, 32);
	peer_message(&p, 2, 0, CONTROL, 0, request, request_size);
	for (i = 0; i < p.size && r == 0; i += n) {
		n = i < PEER_HANDSHAKE_SIZE ? PEER_HANDSHAKE_SIZE - i :
		    p.size - i;
		if (step != 0 && n > step)
			n = step;
		data = p.data + i;
		size = n;
		r = rtmp_session_recv(s, &data, &size, &event);
		assert_true(r >= 0);
		if (i + n == PEER_HANDSHAKE_SIZE)
			before = drain(s, out, before);
	}
	after = drain(s, out, before);
	memcpy(answer, out + before, after - before);
	result = r == 1 ? -1 : (long)(after - before);
	if (r == 1) {
		assert_int_equal(event->type, RTMP_EVENT_USER_CONTROL);
		assert_int_equal(event->control,
		    RTMP_CONTROL_SWF_VERIFY_REQUEST);
	}
	peer_free(&p);
	return result;
}

static void
check_answer(const struct rtmp_session_config *c, const struct swf *w,
    const uint8_t *request, size_t request_size, size_t step)
{
	struct rtmp_session *s;
	uint8_t answer[256];

	assert_int_equal(rtmp_session_new(&s, c), 0);
	/* A full header, csid 2 and type 4, then the vector. */
	assert_int_equal(ask(s, w, request, request_size, step, answer),
	    12 + w->response_size);
	assert_int_equal(answer[0], 2);
	assert_int_equal(answer[7], CONTROL);
	assert_int_equal(rtmp_get_le32(answer + 8), 0);
	assert_memory_equal(answer + 12, w->response, w->response_size);
	rtmp_session_free(s);
}

static void
answers_of_the_vectors(void **state)
{
	static const size_t steps[] = { 0, 1, 1000 };
	cJSON *json = load_json("vectors/swf_verification.json");
	static const uint8_t old[] = { 0, 0x1a }, type_0[] = { 0, 0x1a, 0 };
	struct rtmp_session_config c;
	const cJSON *item;
	struct swf w;
	int count = 0;
	size_t i;

	(void)state;
	cJSON_ArrayForEach(item, json_item(json, "cases")) {
		swf_take(&w, item);
		for (i = 0; i < 3; i++) {
			swf_config(&c);
			c.swf_hash = w.hash;
			c.swf_size = w.size;
			check_answer(&c, &w, w.request, w.request_size,
			    steps[i]);
			/* The type may be missing, and it may be 0. */
			check_answer(&c, &w, old, sizeof(old), steps[i]);
			check_answer(&c, &w, type_0, sizeof(type_0),
			    steps[i]);
			if (w.data == NULL)
				continue;
			c.swf_hash = NULL;
			c.swf = w.data;
			check_answer(&c, &w, w.request, w.request_size,
			    steps[i]);
			count++;
		}
		swf_free(&w);
	}
	cJSON_Delete(json);
	assert_int_equal(count, 3);
}

/* The application may know what to do with other types, or without an SWF. */
static void
other_requests_are_events(void **state)
{
	static const uint8_t type_2[] = { 0, 0x1a, 2 };
	struct rtmp_session_config c;
	struct rtmp_session *s;
	uint8_t answer[256], hash[32] = { 0 };
	struct swf w;

	(void)state;
	memset(&w, 0, sizeof(w));
	swf_config(&c);
	assert_int_equal(rtmp_session_new(&s, &c), 0);
	assert_int_equal(ask(s, &w, type_2, 2, 0, answer), -1);
	rtmp_session_free(s);
	c.swf_hash = hash;
	c.swf_size = 9;
	assert_int_equal(rtmp_session_new(&s, &c), 0);
	assert_int_equal(ask(s, &w, type_2, sizeof(type_2), 0, answer), -1);
	rtmp_session_free(s);
}

/* C1 of a session with an SWF has a digest, for which the version stands. */
static void
an_swf_asks_for_digests(void **state)
{
	struct rtmp_session_config c;
	struct rtmp_session *s;
	struct iovec iov[4];
	uint8_t hash[32] = { 0 };
	int flight;

	(void)state;
	for (flight = RTMP_FLIGHT_STEPWISE; flight <= RTMP_FLIGHT_ZERO_RTT;
	     flight++) {
		swf_config(&c);
		c.flight = (enum rtmp_flight)flight;
		c.swf_hash = hash;
		c.swf_size = 9;
		assert_int_equal(rtmp_session_new(&s, &c), 0);
		/* C2 needs S1: nothing else leaves before. */
		assert_int_equal(rtmp_session_send_iov(s, iov, 4), 1);
		assert_int_equal(iov[0].iov_len, 1537);
		assert_memory_equal((uint8_t *)iov[0].iov_base + 5,
		    "\x0a\x00\x2d\x02", 4);
		rtmp_session_free(s);
	}
}

static void
wrong_configurations_are_refused(void **state)
{
	struct rtmp_session_config c;
	struct rtmp_session *s;

	(void)state;
	swf_config(&c);
	c.swf = (const uint8_t *)"FWS\x0a, and so on";
	assert_int_equal(rtmp_session_new(&s, &c), RTMP_ERR_INVAL);
	c.swf_size = 12;
	assert_int_equal(rtmp_session_new(&s, &c), 0);
	rtmp_session_free(s);
	c.swf = (const uint8_t *)"CWS\x0a, and so on";
	assert_int_equal(rtmp_session_new(&s, &c), RTMP_ERR_INVAL);
	c.swf = (const uint8_t *)"ZWS\x0a, and so on";
	assert_int_equal(rtmp_session_new(&s, &c), RTMP_ERR_INVAL);
	c.swf = NULL;
	c.handshake = (enum rtmp_handshake_kind)3;
	assert_int_equal(rtmp_session_new(&s, &c), RTMP_ERR_INVAL);
}

/* Requests that nobody reads the answers to. */
static void
a_flood_of_requests_ends_the_session(void **state)
{
	struct rtmp_session_config c;
	struct rtmp_session *s;
	const struct rtmp_event *event;
	uint8_t hash[32] = { 0 };
	struct peer p;
	const uint8_t *data;
	size_t size;
	int i, r;

	(void)state;
	swf_config(&c);
	c.swf_hash = hash;
	c.swf_size = 9;
	assert_int_equal(rtmp_session_new(&s, &c), 0);
	peer_init(&p);
	for (i = 0; i < 2000; i++)
		peer_message(&p, 2, 0, CONTROL, 0, "\0\x1a\x01", 3);
	data = p.data;
	size = p.size;
	r = rtmp_session_recv(s, &data, &size, &event);
	assert_int_equal(r, RTMP_ERR_LIMIT);
	rtmp_session_free(s);
	peer_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_the_vectors),
		cmocka_unit_test(other_requests_are_events),
		cmocka_unit_test(an_swf_asks_for_digests),
		cmocka_unit_test(wrong_configurations_are_refused),
		cmocka_unit_test(a_flood_of_requests_ends_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
