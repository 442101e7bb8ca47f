/*
 * What each message type leads to, RTMP 1.0 sections 5.4, 6.2 and 7.1.
 */
#include <stdio.h>
#include <string.h>

#include "base/wire.h"
#include "base/words.h"
#include "session/internal.h"

#define AGGREGATE_HEADER 11 /* type 1, size 3, time 3 + 1, stream id 3 */
#define AGGREGATE_TRAILER 4 /* the back pointer of an FLV tag */

void
rtmp_session_own_status(struct rtmp_session *s, enum rtmp_status_kind kind,
    const char *level, const char *description)
{
	s->event.status.kind = kind;
	s->event.status.level = level;
	s->event.status.description = description;
}

/* ---- Protocol control ---- */

/* The value is the total modulo 2^32, in theory: some servers send increments
 * or start again, so it may fall, but never passes what was sent. */
static void
note_acknowledgement(struct rtmp_session *s, uint32_t value)
{
	uint64_t total = (s->sent & ~(uint64_t)UINT32_MAX) | value;

	if (total > s->sent)
		total = total > UINT32_MAX ? total - UINT32_MAX - 1 : s->sent;
	s->acknowledged = total;
}

static int
on_user_control(struct rtmp_session *s, const struct rtmp_message *m)
{
	struct rtmp_user_event e;
	struct rtmp_stream *st;
	int err = rtmp_session_swf_answer(s, m);

	if (err != 0)
		return err;
	/* Short bodies are met in practice, and mean nothing. */
	if (rtmp_control_get_user(m->payload, m->size, &e) != 0)
		return RTMP_STEP_NEXT;
	if (e.event == RTMP_CONTROL_PING_REQUEST) {
		e.event = RTMP_CONTROL_PING_RESPONSE;
		e.count = 1;
		err = rtmp_session_send_user(s, &e, RTMP_SEND_ANSWER);
		return err != 0 ? err : RTMP_STEP_NEXT;
	}
	st = e.count != 0 ? rtmp_stream_by_msid(s, e.args[0]) : NULL;
	if (e.event == RTMP_CONTROL_STREAM_EOF && st != NULL &&
	    !st->publishing) {
		rtmp_session_event(s, RTMP_EVENT_STREAM_EOF, st->number);
		rtmp_session_own_status(s, RTMP_STATUS_ENDED, "status",
		    "Stream EOF");
		return rtmp_session_on_end(s, st);
	}
	rtmp_session_event(s, RTMP_EVENT_USER_CONTROL,
	    st != NULL ? st->number : 0);
	s->event.control = (enum rtmp_user_control)e.event;
	s->event.value = e.args[0];
	return RTMP_STEP_EVENT;
}

static int
on_protocol_control(struct rtmp_session *s, const struct rtmp_message *m)
{
	char words[64];
	uint32_t value;
	int err = 0;

	/* Met in practice, and means nothing. */
	if (m->size == 0)
		return RTMP_STEP_NEXT;
	if (m->size < 4) {
		snprintf(words, sizeof(words),
		    "a control message of type %d that is too short",
		    m->type);
		return rtmp_session_fail(s, RTMP_ERR_PROTO, words);
	}
	value = rtmp_get_be32(m->payload);
	switch (m->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
		err = rtmp_chunk_reader_set_size(s->reader, value);
		if (err != 0)
			return rtmp_session_fail(s, err,
			    rtmp_chunk_reader_error(s->reader));
		break;
	case RTMP_MSG_ABORT:
		rtmp_chunk_reader_abort(s->reader, value);
		break;
	case RTMP_MSG_ACKNOWLEDGEMENT:
		note_acknowledgement(s, value);
		break;
	case RTMP_MSG_WINDOW_ACK_SIZE:
		if (value != 0)
			s->peer_window = value;
		break;
	default: /* Set Peer Bandwidth, whose limit type is not ours to use */
		err = rtmp_session_send_window(s, value, RTMP_SEND_ANSWER);
		break;
	}
	return err != 0 ? err : RTMP_STEP_NEXT;
}

/* ---- Media ---- */

/* Who gets media with this msid, if anyone. */
static struct rtmp_stream *
media_stream(const struct rtmp_session *s, uint32_t msid)
{
	struct rtmp_stream *st = rtmp_stream_meant(s, msid);

	if (st == NULL || st->publishing ||
	    (st->state != RTMP_STREAM_STARTING &&
		st->state != RTMP_STREAM_PLAYING))
		return NULL;
	return st;
}

static inline int
give_packet(struct rtmp_session *s, struct rtmp_stream *st,
    const struct rtmp_message *m)
{
	if (m->type != RTMP_MSG_DATA_AMF0)
		st->eof = 0;
	s->event.stream = st->number;
	s->event.packet.type = m->type;
	s->event.packet.timestamp = m->timestamp;
	s->event.packet.data = m->payload;
	s->event.packet.size = m->size;
	return RTMP_STEP_EVENT;
}

static int
on_media(struct rtmp_session *s, const struct rtmp_message *m)
{
	struct rtmp_stream *st = media_stream(s, m->msid);

	if (st == NULL)
		return RTMP_STEP_NEXT;
	if (st->state == RTMP_STREAM_STARTING) {
		/* Media without NetStream.Play.Start before it. */
		s->held = *m;
		s->is_held = 1;
		rtmp_stream_set_state(st, RTMP_STREAM_PLAYING);
		rtmp_session_event(s, RTMP_EVENT_PLAY_START, st->number);
		rtmp_session_own_status(s, RTMP_STATUS_SUCCESS, "status",
		    "media without NetStream.Play.Start");
		return RTMP_STEP_EVENT;
	}
	s->media = (size_t)(st - s->streams);
	rtmp_session_event(s, RTMP_EVENT_PACKET, st->number);
	return give_packet(s, st, m);
}

/* Whether the last packet was for the stream of this one, which still plays:
 * then nothing else has changed. */
static inline int
is_more(const struct rtmp_session *s, uint32_t msid)
{
	const struct rtmp_stream *st;

	if (s->event.type != RTMP_EVENT_PACKET)
		return 0;
	st = &s->streams[s->media];
	return st->number == s->event.stream && st->msid == msid &&
	    st->state == RTMP_STREAM_PLAYING;
}

RTMP_HOT int
rtmp_session_on_more_media(struct rtmp_session *s,
    const struct rtmp_message *m)
{
	return is_more(s, m->msid) ?
	    give_packet(s, &s->streams[s->media], m) : on_media(s, m);
}

/*
 * Data messages, section 7.1.2.  @setDataFrame is for servers, but some pass
 * it on; |RtmpSampleAccess is for Flash Players; onStatus and onPlayStatus
 * are statuses that FMS sends in this way.
 */
static int
on_data(struct rtmp_session *s, const struct rtmp_message *m)
{
	enum { SET_DATA_FRAME, SAMPLE_ACCESS, STATUS, PLAY_STATUS };
	struct rtmp_message rest = *m;
	struct rtmp_command c;
	struct rtmp_amf0_reader r;
	const char *name = NULL;
	size_t size = 0;

	rest.type = RTMP_MSG_DATA_AMF0;
	if (m->type == RTMP_MSG_DATA_AMF3 && m->size != 0) {
		/* A format byte 0, then AMF0. */
		rest.payload++;
		rest.size--;
	}
	rtmp_amf0_reader_init(&r, rest.payload, rest.size);
	rtmp_amf0_get_string(&r, &name, &size);
	switch (rtmp_word_find("@setDataFrame\0" "|RtmpSampleAccess\0"
	    "onStatus\0" "onPlayStatus\0", name, size)) {
	case SET_DATA_FRAME:
		rest.payload = r.pos;
		rest.size = (size_t)(r.end - r.pos);
		break;
	case SAMPLE_ACCESS:
		return RTMP_STEP_NEXT;
	case STATUS:
	case PLAY_STATUS:
		if (rtmp_command_parse(&c, rest.payload, rest.size) == 0 &&
		    c.info != NULL)
			return rtmp_session_on_status(s, &c, m->msid);
		break;
	default:
		break;
	}
	return on_media(s, &rest);
}

/* ---- Aggregate, section 7.1.6 ---- */

/* The time of the part whose header this is: 24 bits, and the 8 above. */
static uint32_t
part_time(const uint8_t *header)
{
	uint32_t v = rtmp_get_be32(header + 4);

	return v >> 8 | v << 24;
}

static int
on_aggregate(struct rtmp_session *s, const struct rtmp_message *m)
{
	s->aggregate = *m;
	if (m->size >= AGGREGATE_HEADER)
		s->aggregate.timestamp -= part_time(m->payload);
	return RTMP_STEP_NEXT;
}

/*
 * FLV tags one behind the other.  Their times count from the first of them,
 * which stands for the time of the aggregate.  A missing last back pointer is
 * met in practice.
 */
int
rtmp_session_next_of_aggregate(struct rtmp_session *s)
{
	struct rtmp_message *rest = &s->aggregate, m = *rest;
	size_t size;

	if (rest->size < AGGREGATE_HEADER) {
		rest->size = 0;
		return RTMP_STEP_NEXT;
	}
	m.type = m.payload[0];
	m.timestamp += part_time(m.payload);
	m.size = rtmp_get_be24(m.payload + 1);
	m.payload += AGGREGATE_HEADER;
	if (m.size > rest->size - AGGREGATE_HEADER)
		return rtmp_session_fail(s, RTMP_ERR_PROTO,
		    "an aggregate message whose part is longer than itself");
	size = AGGREGATE_HEADER + m.size + AGGREGATE_TRAILER;
	if (size > rest->size)
		size = rest->size;
	rest->payload += size;
	rest->size -= size;
	if (m.type == RTMP_MSG_AUDIO || m.type == RTMP_MSG_VIDEO)
		return on_media(s, &m);
	if (m.type == RTMP_MSG_DATA_AMF0 || m.type == RTMP_MSG_DATA_AMF3)
		return on_data(s, &m);
	return RTMP_STEP_NEXT;
}

int
rtmp_session_on_message(struct rtmp_session *s, const struct rtmp_message *m)
{
	switch (m->type) {
	case RTMP_MSG_SET_CHUNK_SIZE:
	case RTMP_MSG_ABORT:
	case RTMP_MSG_ACKNOWLEDGEMENT:
	case RTMP_MSG_WINDOW_ACK_SIZE:
	case RTMP_MSG_SET_PEER_BANDWIDTH:
		return on_protocol_control(s, m);
	case RTMP_MSG_USER_CONTROL:
		return on_user_control(s, m);
	case RTMP_MSG_AUDIO:
	case RTMP_MSG_VIDEO:
		return on_media(s, m);
	case RTMP_MSG_DATA_AMF0:
	case RTMP_MSG_DATA_AMF3:
		return on_data(s, m);
	case RTMP_MSG_COMMAND_AMF0:
	case RTMP_MSG_COMMAND_AMF3:
		return rtmp_session_on_command(s, m);
	case RTMP_MSG_AGGREGATE:
		return on_aggregate(s, m);
	default:
		rtmp_session_event(s, RTMP_EVENT_MESSAGE, 0);
		s->event.message_type = m->type;
		s->event.data = m->payload;
		s->event.data_size = m->size;
		return RTMP_STEP_EVENT;
	}
}
