/*
 * rtmp-pull: plays a stream into an FLV file or standard output, or its tracks
 * into files of their own.
 *
 *     connect, play -> read a packet
 *       -> open the file, write its header, write the packet as a tag
 *       -> read and write the next packet ...
 *       -> close
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <rtmpio/flv.h>
#include <rtmpio/rtmp.h>

#include "cli.h"
#include "es.h"

#define NO_START (-3) /* the option was not given */
#define PROGRESS_MS 500
#define SWF_SIZE_MAX (32u << 20)
#define FLAGS_OFFSET 4 /* of the flags in the file header */

struct pull {
	struct rtmp *r;
	const char *file; /* NULL: only to be demultiplexed */
	struct es_demux *demux; /* --demux; or NULL */
	int fd;		/* -1 before the first packet */
	int is_regular; /* can be cut back and mended */
	off_t begin;	/* of the FLV in the file */
	off_t whole;	/* up to here the file is valid */
	int flags;	/* RTMP_FLV_AUDIO, RTMP_FLV_VIDEO: what came */

	int timed; /* first is set */
	uint32_t first, pos; /* timestamp, and time since then */
	uint64_t packets, bytes, began, shown;
};

/* ---- Options ---- */

static struct cli_client client;
static int duration_ms, keep;
static const char *demux;
static long start = NO_START;
static const char *swf_file, *subscribe;

static const struct cli_option options[] = {
	{ "duration", CLI_SECONDS, &duration_ms, "SECONDS",
	    "end after so much media", 0, 0 },
	{ "demux", CLI_STRING, &demux, "DIR",
	    "write each track into a file of its own, as video.h264\n"
	    "and audio.aac; without FILE.flv nothing else", 0, 0 },
	{ "start", CLI_NUMBER, &start, "N",
	    "play a recording from N on: seconds by the\n"
	    "specification, milliseconds to many servers; -1: live\n"
	    "streams only (default: -2, live or recorded)", -2, 2147483647 },
	CLI_SUBSCRIBE(&subscribe),
	{ "keep", CLI_FLAG, &keep, NULL,
	    "when the publisher leaves, wait for it to come back", 0, 0 },
	{ "swf", CLI_STRING, &swf_file, "FILE",
	    "the server's player, not compressed (FWS), for SWF\n"
	    "verification", 0, 0 },
	{ NULL, CLI_FLAG, NULL, NULL, NULL, 0, 0 }
};

static const struct cli_program program = { "rtmp-pull",
	"[options] URL [FILE.flv|-]",
	"Plays a stream of an RTMP server into an FLV file, or to standard "
	"output, or\nits tracks into elementary streams, until the publisher "
	"leaves or a signal\ncomes.",
	"The file is a valid FLV at any time, whatever ends the program.\n"
	"To watch a stream: rtmp-pull URL - | ffplay -",
	options, &client };

/* ---- The file ---- */

/* Waits for a pipe that is full.  A signal ends it, at once if nothing of the
 * tag has been written, else on the second. */
static int
wait_writable(const struct pull *p, size_t written)
{
	struct pollfd pfd = { p->fd, POLLOUT, 0 };

	if (cli_stopped() > (written != 0))
		return -1;
	poll(&pfd, 1, 1000);
	return 0;
}

/* Writes all or, in a file, nothing. */
static int
write_all(struct pull *p, struct iovec *iov, int count)
{
	size_t written = 0;
	ssize_t n;

	while (count != 0) {
		n = writev(p->fd, iov, count);
		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			if (wait_writable(p, written) == 0)
				continue;
			return CLI_INTERRUPTED;
		}
		if (n < 0) {
			cli_say("%s: %s", p->file, strerror(errno));
			if (p->is_regular &&
			    ftruncate(p->fd, p->whole) != 0)
				cli_say("%s: the last tag is cut off",
				    p->file);
			return CLI_FILE;
		}
		written += (size_t)n;
		for (; count != 0 && (size_t)n >= iov->iov_len;
		    iov++, count--)
			n -= (ssize_t)iov->iov_len;
		if (count != 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	p->whole += (off_t)written;
	return CLI_OK;
}

/* Not before there is something to be written: a stream that never comes
 * leaves an older file alone. */
static int
open_file(struct pull *p)
{
	uint8_t head[RTMP_FLV_HEADER_SIZE];
	struct iovec iov = { head, sizeof(head) };
	struct stat st;

	p->fd = strcmp(p->file, "-") == 0 ? STDOUT_FILENO :
	    open(p->file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (p->fd < 0 && cli_stopped())
		return CLI_INTERRUPTED; /* while a pipe had no reader */
	if (p->fd < 0 || fstat(p->fd, &st) != 0) {
		cli_say("%s: %s", p->file, strerror(errno));
		return CLI_FILE;
	}
	p->begin = lseek(p->fd, 0, SEEK_CUR);
	p->is_regular = S_ISREG(st.st_mode) && p->begin >= 0 &&
	    (fcntl(p->fd, F_GETFL) & O_APPEND) == 0;
	p->whole = p->is_regular ? p->begin : 0;
	/* Which of them will come is not known yet. */
	rtmp_flv_put_header(head, RTMP_FLV_AUDIO | RTMP_FLV_VIDEO);
	return write_all(p, &iov, 1);
}

static int
write_tag(struct pull *p, const struct rtmp_packet *packet)
{
	uint8_t head[RTMP_FLV_TAG_HEADER_SIZE];
	uint8_t tail[RTMP_FLV_BACK_POINTER_SIZE];
	struct iovec iov[3] = { { head, sizeof(head) },
		{ (void *)(uintptr_t)packet->data, packet->size },
		{ tail, sizeof(tail) } };

	if (rtmp_flv_put_tag(head, tail, packet) != 0)
		return CLI_OK; /* nothing that FLV has a place for */
	if (packet->type == RTMP_MSG_AUDIO)
		p->flags |= RTMP_FLV_AUDIO;
	else if (packet->type == RTMP_MSG_VIDEO)
		p->flags |= RTMP_FLV_VIDEO;
	return write_all(p, iov, 3);
}

/* Puts the flags of what has come into the header. */
static int
close_file(struct pull *p)
{
	uint8_t flags = (uint8_t)p->flags;
	int failed = 0;

	if (p->is_regular && p->whole > p->begin && p->flags != 0)
		failed = pwrite(p->fd, &flags, 1, p->begin + FLAGS_OFFSET) < 0;
	if (close(p->fd) != 0 || failed) {
		cli_say("%s: %s", p->file, strerror(errno));
		return CLI_FILE;
	}
	return CLI_OK;
}

/* ---- The stream ---- */

static void
show_progress(struct pull *p)
{
	uint64_t now = cli_now();

	if (client.quiet || now - p->shown < PROGRESS_MS)
		return;
	p->shown = now;
	cli_progress("%s  %s  %llu packets  %s", cli_time(p->pos),
	    cli_rate(p->bytes, now - p->began),
	    (unsigned long long)p->packets, cli_bytes(p->bytes));
}

/* Returns 1 when the packet lies behind --duration. */
static int
take_time(struct pull *p, const struct rtmp_packet *packet)
{
	if (packet->type == RTMP_MSG_DATA_AMF0)
		return 0;
	if (!p->timed)
		p->first = packet->timestamp;
	p->timed = 1;
	if ((int32_t)(packet->timestamp - p->first - p->pos) > 0)
		p->pos = packet->timestamp - p->first;
	return duration_ms != 0 && p->pos >= (uint32_t)duration_ms;
}

static int
write_packet(struct pull *p, const struct rtmp_packet *packet)
{
	int status = CLI_OK;

	if (p->demux != NULL)
		status = es_demux_put(p->demux, packet);
	if (p->file != NULL && p->fd < 0 && status == CLI_OK)
		status = open_file(p);
	if (p->file != NULL && status == CLI_OK)
		status = write_tag(p, packet);
	return status;
}

static int
receive(struct pull *p)
{
	struct rtmp_packet packet;
	int ret, status = CLI_OK;

	while (status == CLI_OK) {
		ret = rtmp_read_packet(p->r, &packet);
		if (ret == 1) {
			if (take_time(p, &packet))
				break;
			status = write_packet(p, &packet);
			p->packets += status == CLI_OK;
			p->bytes += status == CLI_OK ? packet.size : 0;
		} else if (ret == 0 && !keep) {
			break;
		} else if (ret == RTMP_ERR_CANCELED) {
			return CLI_INTERRUPTED;
		} else if (ret < 0 && !(ret == RTMP_ERR_TIMEOUT && keep)) {
			return cli_say_rtmp("playing failed", p->r, ret);
		}
		show_progress(p);
	}
	return status;
}

static int
run(struct pull *p, const char *url)
{
	int status, closed, err = rtmp_connect(p->r, url, client.stream);

	if (err == 0)
		err = rtmp_play_range(p->r, client.start, client.duration, 1);
	if (err != 0)
		return cli_say_rtmp(client.shown, p->r, err);
	p->began = cli_now();
	p->fd = -1;
	status = demux != NULL ? es_demux_open(&p->demux, demux) : CLI_OK;
	if (status == CLI_OK)
		status = receive(p);
	if (status == CLI_OK && p->file != NULL && p->fd < 0)
		status = open_file(p); /* an empty stream is one, too */
	rtmp_close(p->r);
	closed = p->fd < 0 ? CLI_OK : close_file(p);
	err = es_demux_close(p->demux);
	if (closed == CLI_OK)
		closed = err;
	if (!client.quiet)
		cli_say("received %llu packets, %s of media, %s in %s",
		    (unsigned long long)p->packets, cli_time(p->pos),
		    cli_bytes(p->bytes), cli_time(cli_now() - p->began));
	return status == CLI_OK ? closed : status;
}

/* For as long as the program lives. */
static void
read_swf(const char *name)
{
	uint8_t *swf = malloc(SWF_SIZE_MAX);
	FILE *f = fopen(name, "rb");
	size_t n = 0;

	if (f != NULL && swf != NULL)
		n = fread(swf, 1, SWF_SIZE_MAX, f);
	if (n < 8 || n == SWF_SIZE_MAX || memcmp(swf, "FWS", 3) != 0) {
		cli_say("%s: %s", name, f == NULL || ferror(f) ?
		    strerror(errno) : n == SWF_SIZE_MAX ? "too large" :
		    "not an SWF that is not compressed");
		exit(CLI_FILE);
	}
	fclose(f);
	client.opt.swf = swf;
	client.opt.swf_size = (uint32_t)n;
}

int
main(int argc, char **argv)
{
	static struct pull pull;
	int n = cli_parse(&program, argc, argv, 1, 2), status;

	pull.file = n == 2 ? argv[1] : demux != NULL ? NULL : "-";
	if (pull.file != NULL && strcmp(pull.file, "-") == 0 &&
	    isatty(STDOUT_FILENO)) {
		cli_say("a terminal cannot show FLV: name a file, or pipe "
		    "the output");
		return CLI_USAGE;
	}
	if (swf_file != NULL)
		read_swf(swf_file);
	if (subscribe != NULL)
		client.opt.subscribe = subscribe;
	if (start != NO_START)
		client.start = (double)start;
	pull.r = cli_new(&client, argv[0]);
	status = run(&pull, argv[0]);
	rtmp_free(pull.r);
	return status;
}
