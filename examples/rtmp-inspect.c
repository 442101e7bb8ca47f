/*
 * rtmp-inspect: prints what is in an FLV file, in a capture of a connection or
 * in a stream of a server, a line for each tag or message.
 *
 *     FLV      tag ...
 *     capture  C0 C1 C2, or S0 S1 S2 | chunks        what one side has sent
 *     URL      connect, play -> events and packets
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rtmpio/flv.h>
#include <rtmpio/handshake.h>
#include <rtmpio/rtmp.h>

#include "cli.h"
#include "inspect.h"

#define HANDSHAKE_SIZE (1 + 2 * RTMP_HANDSHAKE_SIZE)
#define RTMP_VERSION 3
#define CHUNK_STREAMS_MAX 65536

/* ---- Options ---- */

static struct cli_client client;
static int json, chunks, duration_ms;
static const char *subscribe;
static long limit;
static long printed;
static int ended; /* what end_line() returned last */

static const struct cli_option options[] = {
	{ "json", CLI_FLAG, &json, NULL,
	    "print a JSON object per line", 0, 0 },
	{ "count", CLI_NUMBER, &limit, "N",
	    "end after N lines", 1, 2147483647 },
	{ "duration", CLI_SECONDS, &duration_ms, "SECONDS",
	    "with a URL: end after so much media", 0, 0 },
	CLI_SUBSCRIBE(&subscribe),
	{ "chunks", CLI_FLAG, &chunks, NULL,
	    "the capture begins behind the handshake", 0, 0 },
	{ NULL, CLI_FLAG, NULL, NULL, NULL, 0, 0 }
};

static const struct cli_program program = { "rtmp-inspect",
	"[options] FILE|-|URL",
	"Prints every tag of an FLV file, every message of a capture, or "
	"every packet of\na stream, in words.",
	"A capture is the bytes of one direction of a connection, from the "
	"handshake on.\nWhich of the two a file is, its content tells.\n"
	"Stream names count as secrets: they are printed as *** without "
	"--verbose.",
	options, &client };

/* Ends a line; a status, or -1 when there are enough, which is in ended, too,
 * since events come inside of calls. */
static int
end_line(struct line *l)
{
	ended = line_end(l);
	if (ended != CLI_OK)
		cli_say("standard output: %s", strerror(errno));
	if (ended == CLI_OK && limit != 0 && ++printed == limit)
		ended = -1;
	return ended;
}

/* What all lines begin with: where, and the header. */
static void
begin_message(struct line *l, uint8_t type, uint32_t timestamp, size_t size)
{
	line_text(l, "%-16s %8lu ms %7zu bytes  ", inspect_type_name(type),
	    (unsigned long)timestamp, size);
	line_number(l, "type", type);
	line_string(l, "name", inspect_type_name(type));
	line_number(l, "timestamp", timestamp);
	line_number(l, "size", (double)size);
}

/* ---- FLV ---- */

struct flv {
	const char *name;
	struct rtmp_flv_reader *reader;
	int headed;
	uint64_t faults;
};

static int
print_header(struct flv *f)
{
	struct line l;
	int flags = rtmp_flv_reader_flags(f->reader);

	if (f->headed || flags == 0)
		return CLI_OK;
	f->headed = 1;
	line_begin(&l, json);
	line_text(&l, "FLV: %s", flags == RTMP_FLV_VIDEO ? "video" :
	    flags == RTMP_FLV_AUDIO ? "audio" : "audio and video");
	line_open(&l, "flv", '{');
	line_number(&l, "flags", flags);
	line_close(&l, '}');
	return end_line(&l);
}

static int
print_tag(const struct rtmp_flv_tag *tag)
{
	const struct rtmp_packet *p = &tag->packet;
	struct line l;

	line_begin(&l, json);
	line_text(&l, "%9llu  ", (unsigned long long)tag->offset);
	line_number(&l, "offset", (double)tag->offset);
	begin_message(&l, p->type, p->timestamp, p->size);
	if (tag->filtered) {
		line_text(&l, "encrypted");
		line_true(&l, "encrypted");
	} else if (p->type == RTMP_MSG_DATA_AMF0) {
		line_amf0(&l, p->data, p->size);
	} else {
		inspect_media(&l, p->type, p->data, p->size);
	}
	return end_line(&l);
}

static int
print_fault(struct flv *f, const struct rtmp_flv_fault *fault)
{
	struct line l;

	f->faults++;
	line_begin(&l, json);
	line_text(&l, "%9llu  damaged: %s", (unsigned long long)fault->offset,
	    fault->words);
	if (fault->skipped != 0)
		line_text(&l, ", %llu bytes skipped",
		    (unsigned long long)fault->skipped);
	line_number(&l, "offset", (double)fault->offset);
	line_string(&l, "fault", fault->words);
	line_number(&l, "skipped", (double)fault->skipped);
	return end_line(&l);
}

/* size 0: the end. */
static int
take_flv(struct flv *f, const uint8_t *data, size_t size)
{
	struct rtmp_flv_fault fault;
	struct rtmp_flv_tag tag;
	int ret, at_end = size == 0, status = CLI_OK;

	while (status == CLI_OK) {
		ret = at_end ?
		    rtmp_flv_reader_finish(f->reader, &tag, &fault) :
		    rtmp_flv_reader_next(f->reader, &data, &size, &tag,
			&fault);
		if (ret < 0) {
			cli_say("%s: %s", f->name,
			    rtmp_flv_reader_error(f->reader));
			return ret == RTMP_ERR_NOMEM ? CLI_MEMORY : CLI_FILE;
		}
		status = print_header(f);
		if (ret == 0 || status != CLI_OK)
			break;
		status = ret == RTMP_FLV_TAG ? print_tag(&tag) :
		    print_fault(f, &fault);
	}
	return status;
}

/* ---- Captures ---- */

struct capture {
	struct rtmp_chunk_reader *reader;
	uint8_t handshake[HANDSHAKE_SIZE];
	size_t filled;	 /* of it */
	uint64_t offset; /* bytes taken */
	uint64_t end;	 /* of the last message */
};

static int
print_handshake(struct capture *c)
{
	const uint8_t *p = c->handshake + 1;
	struct line l;

	line_begin(&l, json);
	line_text(&l, "%9d  handshake: RTMP version %d, time %lu, program "
	    "version %d.%d.%d.%d", HANDSHAKE_SIZE, c->handshake[0],
	    (unsigned long)p[0] << 24 | (unsigned long)p[1] << 16 |
	    (unsigned long)p[2] << 8 | p[3], p[4], p[5], p[6], p[7]);
	line_open(&l, "handshake", '{');
	line_number(&l, "version", c->handshake[0]);
	line_number(&l, "time", (double)((unsigned long)p[0] << 24 |
	    (unsigned long)p[1] << 16 | (unsigned long)p[2] << 8 | p[3]));
	line_close(&l, '}');
	return end_line(&l);
}

/* end is where the message is whole: with its last chunk. */
static int
print_message(const struct rtmp_message *msg, uint64_t end)
{
	struct line l;

	line_begin(&l, json);
	line_text(&l, "%9llu  csid %-2lu stream %lu  ",
	    (unsigned long long)end, (unsigned long)msg->csid,
	    (unsigned long)msg->msid);
	line_number(&l, "end", (double)end);
	line_number(&l, "csid", msg->csid);
	line_number(&l, "msid", msg->msid);
	begin_message(&l, msg->type, msg->timestamp, msg->size);
	inspect_body(&l, msg);
	return end_line(&l);
}

/* Messages that are for the reader itself. */
static int
obey(struct capture *c, const struct rtmp_message *msg)
{
	uint32_t v;

	if (msg->size < 4)
		return 0;
	v = (uint32_t)msg->payload[0] << 24 |
	    (uint32_t)msg->payload[1] << 16 |
	    (uint32_t)msg->payload[2] << 8 | msg->payload[3];
	if (msg->type == RTMP_MSG_SET_CHUNK_SIZE)
		return rtmp_chunk_reader_set_size(c->reader, v);
	if (msg->type == RTMP_MSG_ABORT)
		rtmp_chunk_reader_abort(c->reader, v);
	return 0;
}

static int
take_chunks(struct capture *c, const uint8_t *data, size_t size)
{
	const uint8_t *begin = data;
	struct rtmp_message msg;
	int ret, status = CLI_OK;

	while (status == CLI_OK && (ret = rtmp_chunk_reader_next(c->reader,
	    &data, &size, &msg)) != 0) {
		if (ret == 1) {
			c->end = c->offset + (uint64_t)(data - begin);
			status = print_message(&msg, c->end);
			ret = obey(c, &msg);
		}
		if (ret < 0) {
			cli_say("byte %llu: %s", (unsigned long long)
			    (c->offset + (uint64_t)(data - begin)),
			    rtmp_chunk_reader_error(c->reader));
			return ret == RTMP_ERR_NOMEM ? CLI_MEMORY : CLI_FILE;
		}
	}
	c->offset += (uint64_t)(data - begin);
	return status;
}

static int
take_capture(struct capture *c, const uint8_t *data, size_t size)
{
	size_t n = HANDSHAKE_SIZE - c->filled;
	int status;

	if (!chunks && n != 0) {
		if (n > size)
			n = size;
		memcpy(c->handshake + c->filled, data, n);
		c->filled += n;
		c->offset += n;
		data += n;
		size -= n;
		if (c->filled < HANDSHAKE_SIZE)
			return CLI_OK;
		c->end = c->offset;
		status = print_handshake(c);
		if (status != CLI_OK)
			return status;
	}
	return take_chunks(c, data, size);
}

static int
end_capture(struct capture *c)
{
	struct line l;

	if (c->offset == c->end)
		return CLI_OK;
	line_begin(&l, json);
	line_text(&l, "%9llu  the capture ends %s: %llu bytes",
	    (unsigned long long)c->offset, c->end == 0 && !chunks ?
	    "in the handshake" : "in a message",
	    (unsigned long long)(c->offset - c->end));
	line_number(&l, "end", (double)c->offset);
	line_number(&l, "unfinished", (double)(c->offset - c->end));
	return end_line(&l);
}

/* ---- Files ---- */

enum content { FLV, CAPTURE, NEITHER };

/* FLV begins with its name; a handshake, with the version. */
static enum content
detect(const uint8_t *data, size_t size)
{
	if (chunks)
		return CAPTURE;
	if (size == 0 || data[0] == 'F')
		return FLV;
	return data[0] == RTMP_VERSION ? CAPTURE : NEITHER;
}

static int
read_file(int fd, const char *name, struct flv *f, struct capture *c)
{
	uint8_t buf[65536];
	enum content what = NEITHER;
	int status = CLI_OK, first = 1;
	ssize_t n;

	for (; status == CLI_OK; first = 0) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0) {
			cli_say("%s: %s", name, strerror(errno));
			return CLI_FILE;
		}
		if (first)
			what = detect(buf, (size_t)n);
		if (what == NEITHER) {
			cli_say("%s: neither FLV nor the beginning of an RTMP "
			    "connection", name);
			return CLI_FILE;
		}
		if (what == FLV)
			status = take_flv(f, buf, (size_t)n);
		else if (n != 0)
			status = take_capture(c, buf, (size_t)n);
		else
			status = end_capture(c);
		if (n == 0)
			break;
	}
	return status < 0 ? CLI_OK :
	    status == CLI_OK && f->faults != 0 ? CLI_FILE : status;
}

static int
inspect_file(const char *name)
{
	static struct capture c;
	struct rtmp_chunk_limits limits = { RTMP_MESSAGE_SIZE_MAX,
		4 * (size_t)RTMP_MESSAGE_SIZE_MAX, CHUNK_STREAMS_MAX };
	struct flv f = { name, NULL, 0, 0 };
	int fd, status;

	fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY);
	if (fd < 0) {
		cli_say("%s: %s", name, strerror(errno));
		return CLI_FILE;
	}
	status = CLI_MEMORY;
	if (rtmp_flv_reader_new(&f.reader, NULL) == 0 &&
	    rtmp_chunk_reader_new(&c.reader, &limits, NULL) == 0)
		status = read_file(fd, name, &f, &c);
	rtmp_flv_reader_free(f.reader);
	rtmp_chunk_reader_free(c.reader);
	return status;
}

/* ---- Streams of a server ---- */

/* arg points to the handle.  Behind the last line nothing is awaited. */
static void
print_event(void *arg, const struct rtmp_event *e)
{
	static const char *const names[] = { "?", "connected", "publishing",
		"playing", "packet", "status", "end of stream", "rejected",
		"result", "command", "user control", "message", "reconnect" };
	struct line l;

	if (e->type == RTMP_EVENT_PACKET || ended != CLI_OK)
		return;
	line_begin(&l, json);
	line_text(&l, "%s: ", names[e->type]);
	line_string(&l, "event", names[e->type]);
	if (e->type == RTMP_EVENT_USER_CONTROL) {
		line_text(&l, "event %d, value %lu", (int)e->control,
		    (unsigned long)e->value);
		line_number(&l, "control", e->control);
		line_number(&l, "value", e->value);
	} else if (e->type == RTMP_EVENT_COMMAND) {
		line_amf0(&l, e->data, e->data_size);
	} else if (e->type == RTMP_EVENT_MESSAGE) {
		line_text(&l, "type %d, ", e->message_type);
		line_number(&l, "type", e->message_type);
		line_hex(&l, e->data, e->data_size);
	} else {
		line_amf0(&l, e->status.amf0, e->status.amf0_size);
	}
	if (end_line(&l) != CLI_OK)
		rtmp_cancel(*(struct rtmp **)arg);
	fflush(stdout);
}

static void
print_packet(const struct rtmp_packet *p)
{
	struct line l;

	line_begin(&l, json);
	begin_message(&l, p->type, p->timestamp, p->size);
	if (p->type == RTMP_MSG_DATA_AMF0)
		line_amf0(&l, p->data, p->size);
	else
		inspect_media(&l, p->type, p->data, p->size);
	end_line(&l);
}

static int
print_packets(struct rtmp *r)
{
	struct rtmp_packet p;
	uint32_t first = 0;
	int ret, timed = 0;

	while (ended == CLI_OK && (ret = rtmp_read_packet(r, &p)) != 0 &&
	    ended == CLI_OK) {
		if (ret == RTMP_ERR_CANCELED)
			return CLI_INTERRUPTED;
		if (ret < 0)
			return cli_say_rtmp("playing failed", r, ret);
		if (!timed && p.type != RTMP_MSG_DATA_AMF0) {
			first = p.timestamp;
			timed = 1;
		}
		if (timed && duration_ms != 0 &&
		    (int32_t)(p.timestamp - first) >= duration_ms)
			break;
		print_packet(&p);
		fflush(stdout);
	}
	return CLI_OK;
}

static int
inspect_url(const char *str)
{
	static struct rtmp *r;
	struct rtmp_url url;
	int err, status;

	client.opt.on_event = print_event;
	client.opt.on_event_arg = &r;
	if (subscribe != NULL)
		client.opt.subscribe = subscribe;
	r = cli_new(&client, str);
	if (client.opt.subscribe != NULL)
		hide_add(client.opt.subscribe, strlen(client.opt.subscribe));
	if (client.stream != NULL)
		hide_add(client.stream, strlen(client.stream));
	else if (rtmp_url_parse(&url, str) == 0)
		hide_add(url.stream, strlen(url.stream));
	err = rtmp_connect(r, str, client.stream);
	if (err == 0)
		err = rtmp_play_range(r, client.start, client.duration, 1);
	status = err != 0 && ended == CLI_OK ?
	    cli_say_rtmp(client.shown, r, err) : print_packets(r);
	if (ended != CLI_OK)
		status = ended < 0 ? CLI_OK : ended;
	rtmp_close(r);
	rtmp_free(r);
	return status;
}

int
main(int argc, char **argv)
{
	int status;

	cli_parse(&program, argc, argv, 1, 1);
	if (client.verbose)
		hide_nothing();
	status = strstr(argv[0], "://") != NULL ? inspect_url(argv[0]) :
	    inspect_file(argv[0]);
	return cli_flush(status);
}
