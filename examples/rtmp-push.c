/*
 * rtmp-push: publishes an FLV file, or elementary streams, in real time by
 * their timestamps.
 *
 *     first packet of the file -> connect, publish
 *       -> wait until the packet is due, write it, next packet ...
 *       -> close
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rtmpio/flv.h>
#include <rtmpio/reconnect.h>
#include <rtmpio/rtmp.h>

#include "cli.h"
#include "es.h"

#define SERVE_MS 200	 /* the server is listened to at least so often */
#define PROGRESS_MS 500
#define GAP_MAX_MS 60000 /* a longer step in time is damage, not a pause, */
#define BACK_MAX_MS 1000 /* and so is a longer one back */
#define FAULTS_TOLD 10

struct push {
	struct rtmp *r;
	struct rtmp_publisher *publisher; /* --reconnect: has clients of its
					   * own; else NULL */
	int connected;
	const char *file;
	int fd;
	int fast;

	struct es_mux *mux; /* elementary streams; NULL: an FLV file */
	struct rtmp_flv_reader *reader;
	uint8_t buf[65536];
	const uint8_t *data; /* what is left of buf */
	size_t size;
	int at_end; /* of the file */

	/* The clock: media time pos is due at start + pos. */
	uint64_t start, pos;
	uint32_t clock; /* timestamp that pos stands for */
	int running;

	/* --loop: what is added to timestamps, and where the pass ends. */
	uint32_t shift, first, end;
	uint32_t last[2], step[2]; /* of audio, of video */
	int seen[2], any;

	uint64_t packets, bytes, began, shown;
	uint64_t faults, skipped; /* of the file; bytes that are not sent */
};

/* ---- Options ---- */

static struct push push;
static struct cli_client client;
static long loops = 1, chunk_size;
static int type, video_format, audio_format, fourcc, reconnect;
static const char *video, *audio;
static double fps;

static const struct cli_option options[] = {
	{ "video", CLI_STRING, &video, "FILE",
	    "an elementary stream instead of an FLV file:\n"
	    ".h264 .h265 .h266 .obu .ivf (AV1, VP8, VP9)", 0, 0 },
	{ "audio", CLI_STRING, &audio, "FILE",
	    "the same, alone or together with --video:\n"
	    ".aac .mp3 .ac3 .eac3 .flac .ogg (Opus) .spx (Speex)\n"
	    ".wav (PCM, G.711) .alaw .ulaw", 0, 0 },
	{ "fps", CLI_RATE, &fps, "N[/M]",
	    "frames per second of video without times, as 25,\n"
	    "29.97 or 30000/1001 (default: as the stream says)", 0, 0 },
	{ "video-format", CLI_CHOICE, &video_format, ES_VIDEO_FORMATS,
	    "when the name does not say it", 0, 0 },
	{ "audio-format", CLI_CHOICE, &audio_format, ES_AUDIO_FORMATS,
	    "when the name does not say it", 0, 0 },
	{ "fourcc", CLI_FLAG, &fourcc, NULL,
	    "signal H.264, AAC and MP3 by FourCC, too, as Enhanced\n"
	    "RTMP v2 can", 0, 0 },
	{ "fast", CLI_FLAG, &push.fast, NULL,
	    "send at full speed, not in real time", 0, 0 },
	{ "loop", CLI_NUMBER, &loops, "N",
	    "send the file N times (0: without end), with\n"
	    "timestamps that go on (default: 1)", 0, 1000000000 },
	{ "type", CLI_CHOICE, &type, "live|record|append",
	    "what the server does with it (default: live)", 0, 0 },
	{ "reconnect", CLI_FLAG, &reconnect, NULL,
	    "when the connection is lost, try again and go on with\n"
	    "a key frame; say what was lost", 0, 0 },
	{ "chunk-size", CLI_NUMBER, &chunk_size, "BYTES",
	    "of outgoing messages (default: 60000)", 1, 0x7fffffff },
	{ NULL, CLI_FLAG, NULL, NULL, NULL, 0, 0 }
};

static const struct cli_program program = { "rtmp-push",
	"[options] {FILE.flv|- | --video FILE --audio FILE} URL",
	"Publishes an FLV file, or elementary streams, to an RTMP server, in "
	"real time\nby their timestamps.  Any of the files may be -, standard "
	"input, or a pipe.",
	"A damaged file is sent as far as it is whole; the status is then "
	"2.\n\n"
	"B-frames: when pictures of H.264 and H.265 are shown is found from "
	"their\npicture order counts (H.264: but for type 1).  H.266 without "
	"a container is\nsent in decoding order, which is wrong if it has "
	"B-frames.  Frames have the\nconstant rate of --fps; audio goes by "
	"its own samples, and both begin at the\nsame moment.",
	options, &client };

/* ---- The file ---- */

static void
tell_fault(struct push *p, uint64_t offset, const char *words,
    uint64_t skipped)
{
	p->skipped += skipped;
	if (p->faults == FAULTS_TOLD)
		cli_say("%s: more faults, which are not listed", p->file);
	if (p->faults++ < FAULTS_TOLD)
		cli_say("%s: byte %llu: %s%s%s", p->file,
		    (unsigned long long)offset, words,
		    skipped != 0 ? ", skipped: " : "",
		    skipped != 0 ? cli_bytes(skipped) : "");
}

static struct rtmp *
the_client(struct push *p)
{
	return p->publisher != NULL ? rtmp_publisher_client(p->publisher) :
	    p->r;
}

/* Handles what the server has sent; 0 or the error. */
static int
serve(struct push *p)
{
	if (!p->connected)
		return 0;
	return p->publisher != NULL ? rtmp_publisher_serve(p->publisher) :
	    rtmp_write_packets(p->r, NULL, 0, NULL);
}

/* More of the file, which may be a pipe that is slow.  Returns an exit
 * status. */
static int
read_more(struct push *p)
{
	struct pollfd pfd = { p->fd, POLLIN, 0 };
	ssize_t n;
	int err;

	while (!cli_stopped() && poll(&pfd, 1, SERVE_MS) == 0) {
		err = serve(p);
		if (err != 0)
			return cli_say_rtmp("connection lost", the_client(p),
			    err);
	}
	if (cli_stopped())
		return CLI_INTERRUPTED;
	n = read(p->fd, p->buf, sizeof(p->buf));
	if (n < 0 && errno != EINTR && errno != EAGAIN) {
		cli_say("%s: %s", p->file, strerror(errno));
		return CLI_FILE;
	}
	p->data = p->buf;
	p->size = n > 0 ? (size_t)n : 0;
	p->at_end = n == 0;
	return CLI_OK;
}

/* Sets *status and returns 1 with the next tag, 0 at the end or on failure. */
static int
next_tag(struct push *p, struct rtmp_flv_tag *tag, int *status)
{
	struct rtmp_flv_fault fault;
	int ret;

	for (*status = CLI_OK; *status == CLI_OK;) {
		ret = p->at_end ?
		    rtmp_flv_reader_finish(p->reader, tag, &fault) :
		    rtmp_flv_reader_next(p->reader, &p->data, &p->size, tag,
			&fault);
		if (ret == RTMP_FLV_TAG && !tag->filtered)
			return 1;
		if (ret == RTMP_FLV_TAG) {
			tell_fault(p, tag->offset, "an encrypted tag",
			    tag->packet.size);
		} else if (ret == RTMP_FLV_FAULT) {
			tell_fault(p, fault.offset, fault.words,
			    fault.skipped);
		} else if (ret < 0) {
			cli_say("%s: %s", p->file,
			    rtmp_flv_reader_error(p->reader));
			*status = ret == RTMP_ERR_NOMEM ? CLI_MEMORY :
							  CLI_FILE;
		} else if (p->at_end) {
			return 0;
		} else {
			*status = read_more(p);
		}
	}
	return 0;
}

static int
next_packet(struct push *p, struct rtmp_packet *packet, int *status)
{
	struct rtmp_flv_tag tag;
	int ret;

	if (p->mux != NULL)
		return es_mux_next(p->mux, packet, status);
	ret = next_tag(p, &tag, status);
	if (ret == 1)
		*packet = tag.packet;
	return ret;
}

static int
serve_idle(void *arg)
{
	struct push *p = arg;
	int err = serve(p);

	return err == 0 ? CLI_OK :
	    cli_say_rtmp("connection lost", the_client(p), err);
}

static int
open_streams(struct push *p)
{
	struct es_mux_options opt = { video, audio, ES_AUTO, ES_AUTO, 0,
		fourcc, serve_idle, p };

	/* The words of the options are in the order of enum es_format. */
	if (video_format != 0)
		opt.video_format = (enum es_format)video_format;
	if (audio_format != 0)
		opt.audio_format = (enum es_format)(audio_format + ES_IVF);
	opt.fps = fps;
	return es_mux_open(&p->mux, &opt);
}

static int
open_file(struct push *p)
{
	if (video != NULL || audio != NULL)
		return open_streams(p);
	p->fd = strcmp(p->file, "-") == 0 ? STDIN_FILENO :
					    open(p->file, O_RDONLY);
	if (p->fd < 0 && cli_stopped())
		return CLI_INTERRUPTED; /* while a pipe had no writer */
	if (p->fd < 0 || (loops != 1 && lseek(p->fd, 0, SEEK_SET) < 0)) {
		cli_say("%s%s: %s", p->fd < 0 ? "" : "--loop: ", p->file,
		    strerror(errno));
		return CLI_FILE;
	}
	return CLI_OK;
}

/* From the beginning, or from where a pipe is. */
static int
start_reading(struct push *p)
{
	if (p->mux != NULL)
		return es_mux_rewind(p->mux);
	if (loops != 1)
		lseek(p->fd, 0, SEEK_SET);
	p->at_end = 0;
	p->size = 0;
	rtmp_flv_reader_free(p->reader);
	p->reader = NULL;
	if (rtmp_flv_reader_new(&p->reader, NULL) != 0) {
		cli_say("out of memory");
		return CLI_MEMORY;
	}
	return CLI_OK;
}

static int
read_first(struct push *p, struct rtmp_packet *first)
{
	int status = CLI_OK;

	if (!next_packet(p, first, &status) && status == CLI_OK) {
		cli_say("%s: no tags", p->file);
		status = CLI_FILE;
	}
	return status;
}

/* ---- Time ---- */

static void
show_progress(struct push *p)
{
	struct rtmp_session_stats st;
	uint64_t now = cli_now();

	if (client.quiet || now - p->shown < PROGRESS_MS)
		return;
	p->shown = now;
	rtmp_get_stats(the_client(p), &st, sizeof(st));
	cli_progress("%s  %s  queued %s  acknowledged %s of %s",
	    cli_time(p->pos), cli_rate(p->bytes, now - p->began),
	    cli_bytes(st.queued_bytes), cli_bytes(st.bytes_acknowledged),
	    cli_bytes(st.bytes_sent));
}

/* Sleeps until the packet is due; the connection is served meanwhile. */
static int
wait_until_due(struct push *p, const struct rtmp_packet *packet)
{
	int32_t step = (int32_t)(packet->timestamp - p->clock);
	uint64_t now, due;
	int err = 0, n;

	/* onMetaData has the time 0, wherever the media begins. */
	if (packet->type == RTMP_MSG_DATA_AMF0)
		return 0;
	if (!p->running)
		p->start = cli_now();
	else if (step > 0 && step <= GAP_MAX_MS)
		p->pos += (uint64_t)step;
	else if (step > 0)
		cli_say("%s: the timestamps jump by %ld s, which is not "
		    "waited for", p->file, (long)step / 1000);
	if (!p->running || step > 0 || step < -BACK_MAX_MS)
		p->clock = packet->timestamp;
	p->running = 1;
	due = p->start + p->pos;
	while (!p->fast && !cli_stopped() && err == 0 &&
	    (now = cli_now()) < due) {
		n = due - now < SERVE_MS ? (int)(due - now) : SERVE_MS;
		poll(NULL, 0, n);
		if (n == SERVE_MS)
			err = serve(p);
		show_progress(p);
	}
	return err;
}

/* Where a second pass would go on: one step behind the last packet. */
static void
note_time(struct push *p, const struct rtmp_packet *packet)
{
	int i = packet->type == RTMP_MSG_VIDEO;
	uint32_t t = packet->timestamp;

	if (packet->type == RTMP_MSG_DATA_AMF0)
		return;
	if (p->seen[i] && (int32_t)(t - p->last[i]) > 0)
		p->step[i] = t - p->last[i];
	if (!p->any)
		p->first = p->end = t;
	if ((int32_t)(t + p->step[i] - p->end) > 0)
		p->end = t + p->step[i];
	p->last[i] = t;
	p->seen[i] = p->any = 1;
}

/* ---- Sending ---- */

/* One pass over the file, from the packet that was read already. */
static int
send_packets(struct push *p, const struct rtmp_packet *first)
{
	struct rtmp_packet next = *first, packet;
	int err, status = CLI_OK;

	do {
		note_time(p, &next);
		packet = next;
		packet.timestamp += p->shift;
		err = wait_until_due(p, &packet);
		if (cli_stopped())
			return CLI_INTERRUPTED;
		if (err == 0)
			err = p->publisher != NULL ?
			    rtmp_publisher_write(p->publisher, &packet) :
			    rtmp_write_packet(p->r, &packet);
		if (err != 0)
			return cli_say_rtmp("publishing failed", the_client(p),
			    err);
		p->packets++;
		p->bytes += packet.size;
		show_progress(p);
	} while (next_packet(p, &next, &status));
	return status;
}

static int
send_loops(struct push *p, struct rtmp_packet *first)
{
	long n;
	int status = send_packets(p, first);

	for (n = 1; status == CLI_OK && n != loops; n++) {
		if (p->end == p->first) {
			cli_say("--loop: %s lasts no time, and would not be "
			    "sent in real time", p->file);
			return CLI_FILE;
		}
		p->shift += p->end - p->first;
		p->seen[0] = p->seen[1] = p->any = 0;
		status = start_reading(p);
		if (status == CLI_OK)
			status = read_first(p, first);
		if (status == CLI_OK)
			status = send_packets(p, first);
	}
	return status;
}

/* ---- The program ---- */

static int acknowledges; /* the server that was lost */

static void
say_loss(const struct rtmp_loss *lost)
{
	cli_say("connected again: %llu packets, %llu of them video, %s and "
	    "%s were lost", (unsigned long long)lost->packets,
	    (unsigned long long)lost->video_packets, cli_bytes(lost->bytes),
	    cli_time(lost->ms));
	if (lost->unacked_packets != 0 && !acknowledges)
		cli_say("the server acknowledges nothing: what was sent just "
		    "before may be lost, too");
	else if (lost->unacked_packets != 0)
		cli_say("besides, %llu packets, %s, were sent before and not "
		    "acknowledged by the server: lost, too, or not",
		    (unsigned long long)lost->unacked_packets,
		    cli_bytes(lost->unacked_bytes));
}

static void
say_report(void *arg, const struct rtmp_report *report)
{
	const struct push *p = arg;
	struct rtmp_session_stats st;

	switch (report->type) {
	case RTMP_REPORT_LOST:
		rtmp_get_stats(rtmp_publisher_client(p->publisher), &st,
		    sizeof(st));
		acknowledges = st.bytes_acknowledged != 0;
		cli_say("connection lost: %s", report->words);
		break;
	case RTMP_REPORT_WAITING:
		cli_say("try %u failed: %s; the next one in %.1f s",
		    report->tries, report->words, report->wait_ms / 1e3);
		break;
	case RTMP_REPORT_RESUMED:
		say_loss(&report->lost);
		break;
	case RTMP_REPORT_MOVING:
		cli_say("the server asks to go over to another");
		break;
	default:
		break;
	}
}

static void
cancel_push(void *arg)
{
	struct push *p = arg;

	if (p->publisher != NULL)
		rtmp_publisher_cancel(p->publisher);
	else
		rtmp_cancel(p->r);
}

static int
start_publishing(struct push *p, const char *url, const char *as)
{
	struct rtmp_reconnect_options opt;
	int err;

	if (!reconnect) {
		err = rtmp_connect(p->r, url, client.stream);
		return err != 0 ? err : rtmp_publish(p->r, as);
	}
	rtmp_reconnect_options_init(&opt, sizeof(opt));
	opt.client = &client.opt;
	opt.on_report = say_report;
	opt.on_report_arg = p;
	err = rtmp_publisher_new(&p->publisher, url, client.stream, as, &opt);
	cli_catch_signals(1, cancel_push, p);
	return err != 0 ? err : rtmp_publisher_open(p->publisher);
}

/* With --reconnect packets may have been lost, those at the end for good. */
static int
close_connection(struct push *p, int status)
{
	int err, in_gap = p->publisher != NULL &&
	    !rtmp_publisher_is_connected(p->publisher);

	err = p->publisher != NULL ? rtmp_publisher_close(p->publisher) :
	    rtmp_close(p->r);
	if (status != CLI_OK && status != CLI_INTERRUPTED)
		return status;
	if (err != 0)
		return cli_say_rtmp("closing failed", the_client(p), err);
	if (in_gap && status == CLI_OK) {
		cli_say("the connection was lost, and the end of the stream "
		    "with it");
		return CLI_NETWORK;
	}
	return status;
}

static void
say_summary(const struct push *p)
{
	struct rtmp_loss lost;

	memset(&lost, 0, sizeof(lost));
	if (p->publisher != NULL)
		lost = rtmp_publisher_lost(p->publisher);
	/* The packet with which it ended counts as lost only. */
	if (lost.packets > p->packets)
		lost.packets = p->packets;
	if (lost.bytes > p->bytes)
		lost.bytes = p->bytes;
	cli_say("sent %llu packets, %s of media, %s in %s, to %s",
	    (unsigned long long)(p->packets - lost.packets), cli_time(p->pos),
	    cli_bytes(p->bytes - lost.bytes), cli_time(cli_now() - p->began),
	    client.shown);
	if (lost.packets != 0)
		cli_say("lost %llu packets, %s",
		    (unsigned long long)lost.packets, cli_bytes(lost.bytes));
}

/* The connection, and all that is sent over it. */
static int
run(struct push *p, const char *url)
{
	static const char *const types[] = { "live", "record", "append" };
	struct rtmp_packet first;
	int err, status = open_file(p);

	if (status == CLI_OK && p->mux == NULL)
		status = start_reading(p);
	if (status == CLI_OK)
		status = read_first(p, &first);
	if (status != CLI_OK)
		return status;
	err = start_publishing(p, url, types[type]);
	if (err != 0)
		return cli_say_rtmp(client.shown, the_client(p), err);
	p->connected = 1;
	p->began = cli_now();
	/* A first signal ends the stream in good order, a second one at
	 * once. */
	cli_catch_signals(2, cancel_push, p);
	status = close_connection(p, send_loops(p, &first));
	if (!client.quiet)
		say_summary(p);
	if (p->mux != NULL && es_mux_skipped(p->mux) != 0)
		cli_say("%s that belong to no frame were skipped",
		    cli_bytes(es_mux_skipped(p->mux)));
	if (p->mux != NULL)
		p->skipped += es_mux_skipped(p->mux);
	return status == CLI_OK && p->skipped != 0 ? CLI_FILE : status;
}

int
main(int argc, char **argv)
{
	int n = cli_parse(&program, argc, argv, 1, 2), status;
	int streams = video != NULL || audio != NULL;

	if (n != 2 - streams) {
		cli_say("usage: rtmp-push %s (see --help)", program.usage);
		return CLI_USAGE;
	}
	if (!streams && (fps != 0 || fourcc || video_format != 0 ||
	    audio_format != 0)) {
		cli_say("--fps, --fourcc, --video-format, --audio-format: not "
		    "with an FLV file (see --help)");
		return CLI_USAGE;
	}
	if (chunk_size != 0)
		client.opt.chunk_size = (uint32_t)chunk_size;
	push.file = !streams ? argv[0] : video != NULL ? video : audio;
	push.r = cli_new(&client, argv[n - 1]);
	status = run(&push, argv[n - 1]);
	es_mux_free(push.mux);
	rtmp_flv_reader_free(push.reader);
	rtmp_publisher_free(push.publisher);
	rtmp_free(push.r);
	return status;
}
