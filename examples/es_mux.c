/*
 * A video and an audio stream, put together by time:
 *
 *     file or pipe -> es_reader -> frame --.
 *                                           the earlier one -> timeline
 *     file or pipe -> es_reader -> frame --'    -> packetizer -> packets
 *
 * Pipes are read as they have something: a program that writes to both must
 * not wait for us with one while we wait for it with the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <rtmpio/metadata.h>

#include "cli.h"
#include "es.h"

#define IDLE_MS 200
#define HELD_MAX 67108864 /* of a pipe, while the other has nothing */
#define FAULTS_TOLD 10

struct input {
	const char *name; /* NULL: no such input */
	enum es_format format;
	double fps;
	int fd;
	int is_regular;
	struct es_reader *reader;
	int at_end;	  /* of the file */
	int has_frame, finished;
	struct rtmp_frame frame;
	uint8_t *data;	  /* of frame: more may be read meanwhile */
	size_t cap;
	uint64_t frames, skipped;
};

struct es_mux {
	struct es_mux_options opt;
	struct input inputs[2]; /* video, audio */
	struct rtmp_timeline *timeline;
	struct rtmp_packetizer *packetizer;
	int sending; /* the packetizer has packets */
	int described; /* onMetaData has been given out */
	uint64_t faults, skipped;
	uint8_t metadata[1024];
};

static int
out_of_memory(void)
{
	cli_say("out of memory");
	return CLI_MEMORY;
}

/* ---- Bytes ---- */

/* What one input has; a status. */
static int
read_input(struct input *in)
{
	uint8_t buf[65536];
	ssize_t n = read(in->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return CLI_OK;
	if (n < 0) {
		cli_say("%s: %s", in->name, strerror(errno));
		return CLI_FILE;
	}
	in->at_end = n == 0;
	return es_reader_feed(in->reader, buf, (size_t)n) == 0 ? CLI_OK :
	    out_of_memory();
}

/* Waits until the input that is needed has something, and reads it. */
static int
wait_for(struct es_mux *m, struct input *needed)
{
	struct pollfd pfd[2];
	struct input *in;
	int i, n, status = CLI_OK;

	for (i = 0; i < 2; i++) {
		in = &m->inputs[i];
		pfd[i].fd = -1;
		pfd[i].events = POLLIN;
		pfd[i].revents = 0;
		if (in == needed || (in->name != NULL && !in->is_regular &&
		    !in->at_end && es_reader_held(in->reader) < HELD_MAX))
			pfd[i].fd = in->fd;
	}
	n = poll(pfd, 2, IDLE_MS);
	if (n == 0 && m->opt.idle != NULL)
		status = m->opt.idle(m->opt.arg);
	for (i = 0; i < 2 && n > 0 && status == CLI_OK; i++)
		if (pfd[i].revents != 0)
			status = read_input(&m->inputs[i]);
	return status != CLI_OK ? status :
	    cli_stopped() ? CLI_INTERRUPTED : CLI_OK;
}

/* ---- Frames ---- */

static int
keep_frame(struct input *in)
{
	uint8_t *p;

	if (in->frame.size > in->cap) {
		p = realloc(in->data, in->frame.size);
		if (p == NULL)
			return out_of_memory();
		in->data = p;
		in->cap = in->frame.size;
	}
	memcpy(in->data, in->frame.data, in->frame.size);
	in->frame.data = in->data;
	in->has_frame = 1;
	in->frames++;
	return CLI_OK;
}

/* The next frame of an input, unless it is there or nothing is left. */
static int
get_frame(struct es_mux *m, struct input *in)
{
	int ret, status = CLI_OK;

	while (in->name != NULL && !in->has_frame && !in->finished &&
	    status == CLI_OK) {
		ret = es_reader_next(in->reader, &in->frame);
		if (ret == 1) {
			status = keep_frame(in);
		} else if (ret == RTMP_ERR_NOMEM) {
			status = out_of_memory();
		} else if (ret < 0) {
			cli_say("%s: %s", in->name,
			    es_reader_error(in->reader));
			status = CLI_FILE;
		} else if (in->at_end) {
			in->finished = 1;
		} else {
			status = wait_for(m, in);
		}
	}
	return status;
}

/* The one whose frame is to be sent next; NULL when none has any. */
static struct input *
earlier(struct es_mux *m)
{
	struct input *v = &m->inputs[0], *a = &m->inputs[1];

	if (!v->has_frame || !a->has_frame)
		return v->has_frame ? v : a->has_frame ? a : NULL;
	return v->frame.dts <= a->frame.dts ? v : a;
}

static void
tell_fault(struct es_mux *m, const struct input *in, const char *words)
{
	m->skipped += in->frame.size;
	if (m->faults == FAULTS_TOLD)
		cli_say("%s: more faults, which are not listed", in->name);
	if (m->faults++ < FAULTS_TOLD)
		cli_say("%s: frame %llu: %s, skipped: %s", in->name,
		    (unsigned long long)in->frames, words,
		    cli_bytes(in->frame.size));
}

/* Frames to the packetizer until it has packets.  Returns 1, or 0 at the end
 * or on failure. */
static int
put_frame(struct es_mux *m, int *status)
{
	struct input *in;
	int err;

	*status = get_frame(m, &m->inputs[0]);
	if (*status == CLI_OK)
		*status = get_frame(m, &m->inputs[1]);
	in = *status == CLI_OK ? earlier(m) : NULL;
	if (in == NULL)
		return 0;
	in->has_frame = 0;
	err = rtmp_timeline_fix(m->timeline, &in->frame, NULL);
	if (err == 0)
		err = rtmp_packetizer_put(m->packetizer, &in->frame);
	if (rtmp_is_fatal(err)) {
		*status = out_of_memory();
		return 0;
	}
	if (err != 0)
		tell_fault(m, in, rtmp_packetizer_error(m->packetizer));
	m->sending = err == 0;
	return 1;
}

/* ---- onMetaData ---- */

/* What the first frame of an input tells, as its packets say it. */
static int
describe_input(struct es_mux *m, const struct input *in,
    struct rtmp_metadata *meta)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	struct rtmp_packet packet;
	struct rtmp_frame frame = in->frame;
	struct rtmp_tag tag;

	rtmp_packetizer_options_init(&opt, sizeof(opt));
	opt.signalling = m->opt.fourcc ? RTMP_SIGNAL_FOURCC :
					 RTMP_SIGNAL_LEGACY_FIRST;
	if (rtmp_packetizer_new(&p, &opt) != 0)
		return out_of_memory();
	frame.pts = frame.dts = 0;
	if (rtmp_packetizer_put(p, &frame) == 0)
		while (rtmp_packetizer_next(p, &packet) == 1)
			if (rtmp_tag_read(packet.type, packet.data,
			    packet.size, &tag) == 1)
				rtmp_metadata_fill(meta, &tag);
	rtmp_packetizer_free(p);
	return CLI_OK;
}

static int
describe(struct es_mux *m, struct rtmp_packet *packet)
{
	static const char encoder[] = "rtmpio " RTMP_LIBRARY_VERSION;
	struct rtmp_metadata meta;
	double fps;
	int i, status = CLI_OK;

	rtmp_metadata_init(&meta, sizeof(meta));
	meta.present = RTMP_META_ENCODER;
	meta.encoder = encoder;
	meta.encoder_size = sizeof(encoder) - 1;
	for (i = 0; i < 2 && status == CLI_OK; i++)
		status = get_frame(m, &m->inputs[i]);
	fps = m->inputs[0].name == NULL ? 0 :
	    es_reader_fps(m->inputs[0].reader);
	if (fps > 0) {
		meta.video.present = RTMP_META_FRAME_RATE;
		meta.video.frame_rate = fps;
	}
	for (i = 0; i < 2 && status == CLI_OK; i++)
		if (m->inputs[i].has_frame)
			status = describe_input(m, &m->inputs[i], &meta);
	packet->type = RTMP_MSG_DATA_AMF0;
	packet->timestamp = 0;
	packet->data = m->metadata;
	if (status == CLI_OK && rtmp_metadata_write(&meta, m->metadata,
	    sizeof(m->metadata), &packet->size) != 0)
		status = CLI_PROTOCOL;
	m->described = 1;
	return status;
}

/* ---- The whole ---- */

static void
close_input(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
	es_reader_free(in->reader);
	free(in->data);
}

/* O_NONBLOCK: a FIFO opens before its writer is there. */
static int
open_input(struct input *in, const char *word)
{
	struct stat st;

	if (in->name == NULL)
		return CLI_OK;
	if (in->format == ES_AUTO)
		in->format = es_format_of(in->name);
	if (in->format == ES_AUTO) {
		cli_say("%s: what is it? say it with --%s-format", in->name,
		    word);
		return CLI_USAGE;
	}
	in->fd = strcmp(in->name, "-") == 0 ? STDIN_FILENO :
	    open(in->name, O_RDONLY | O_NONBLOCK);
	if (in->fd < 0 || fstat(in->fd, &st) != 0) {
		cli_say("%s: %s", in->name, strerror(errno));
		return CLI_FILE;
	}
	in->is_regular = S_ISREG(st.st_mode);
	return CLI_OK;
}

int
es_mux_open(struct es_mux **out, const struct es_mux_options *opt)
{
	struct rtmp_packetizer_options popt;
	struct es_mux *m = calloc(1, sizeof(*m));
	int status;

	if (m == NULL)
		return out_of_memory();
	*out = m;
	m->opt = *opt;
	m->inputs[0].name = opt->video;
	m->inputs[0].format = opt->video_format;
	m->inputs[0].fps = opt->fps;
	m->inputs[1].name = opt->audio;
	m->inputs[1].format = opt->audio_format;
	m->inputs[0].fd = m->inputs[1].fd = -1;
	if (opt->video != NULL && opt->audio != NULL &&
	    strcmp(opt->video, "-") == 0 && strcmp(opt->audio, "-") == 0) {
		cli_say("standard input cannot be both video and audio");
		return CLI_USAGE;
	}
	rtmp_packetizer_options_init(&popt, sizeof(popt));
	popt.signalling = opt->fourcc ? RTMP_SIGNAL_FOURCC :
					RTMP_SIGNAL_LEGACY_FIRST;
	if (rtmp_packetizer_new(&m->packetizer, &popt) != 0)
		return out_of_memory();
	status = open_input(&m->inputs[0], "video");
	if (status == CLI_OK)
		status = open_input(&m->inputs[1], "audio");
	return status == CLI_OK ? es_mux_rewind(m) : status;
}

void
es_mux_free(struct es_mux *m)
{
	if (m == NULL)
		return;
	close_input(&m->inputs[0]);
	close_input(&m->inputs[1]);
	rtmp_timeline_free(m->timeline);
	rtmp_packetizer_free(m->packetizer);
	free(m);
}

int
es_mux_rewind(struct es_mux *m)
{
	struct input *in;

	for (in = m->inputs; in < m->inputs + 2; in++) {
		if (in->name == NULL)
			continue;
		if (in->reader != NULL &&
		    lseek(in->fd, 0, SEEK_SET) < 0) {
			cli_say("--loop: %s: %s", in->name, strerror(errno));
			return CLI_FILE;
		}
		if (in->reader != NULL)
			in->skipped += es_reader_skipped(in->reader);
		es_reader_free(in->reader);
		in->reader = es_reader_new(in->format, in->fps);
		if (in->reader == NULL)
			return out_of_memory();
		in->at_end = in->has_frame = in->finished = 0;
		in->frames = 0;
	}
	rtmp_timeline_free(m->timeline);
	m->timeline = NULL;
	if (rtmp_timeline_new(&m->timeline, NULL) != 0)
		return out_of_memory();
	rtmp_packetizer_restart(m->packetizer);
	m->described = m->sending = 0;
	return CLI_OK;
}

int
es_mux_next(struct es_mux *m, struct rtmp_packet *packet, int *status)
{
	int ret;

	if (!m->described) {
		*status = describe(m, packet);
		return *status == CLI_OK;
	}
	for (*status = CLI_OK; *status == CLI_OK;) {
		ret = m->sending ?
		    rtmp_packetizer_next(m->packetizer, packet) : 0;
		if (ret == 1)
			return 1;
		m->sending = 0;
		if (ret < 0)
			*status = out_of_memory();
		else if (!put_frame(m, status))
			break;
	}
	return 0;
}

uint64_t
es_mux_skipped(const struct es_mux *m)
{
	uint64_t n = m->skipped;
	const struct input *in;

	for (in = m->inputs; in < m->inputs + 2; in++)
		if (in->name != NULL && in->reader != NULL)
			n += in->skipped + es_reader_skipped(in->reader);
	return n;
}
