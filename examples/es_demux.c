/*
 * The tracks of a stream into files of their own:
 *
 *     video.h264, video-1.h265 ...    Annex B
 *     video.ivf                       VP8, VP9, AV1
 *     audio.aac                       ADTS
 *     audio.ogg                       Opus
 *     audio.wav                       PCM
 *     audio.spx                       Speex, in Ogg
 *     audio.flac .mp3 .ac3 .eac3 .alaw .ulaw
 *
 * H.264 to H.266, ADTS and the like have no times.  What comes before the
 * configuration of a track, or before a first key frame, is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "es.h"
#include "es_write.h"

#define NAME_SIZE 4096

struct track {
	uint8_t type, id;
	enum rtmp_codec codec;
	int unknown;   /* no file for such a codec */
	int begun;     /* the key frame has come */
	uint64_t lost; /* bytes left out */
	char name[NAME_SIZE];
	struct es_writer writer;
	struct track *next;
};

struct es_demux {
	const char *dir;
	struct rtmp_depacketizer *depacketizer;
	struct track *tracks;
	uint64_t malformed;
};

static int
out_of_memory(void)
{
	cli_say("out of memory");
	return CLI_MEMORY;
}

/* ---- Tracks ---- */

/* A track that changes its codec goes on in another file. */
static struct track *
get_track(struct es_demux *d, const struct rtmp_frame *frame)
{
	uint8_t type = rtmp_codec_type(frame->codec);
	struct track *t = d->tracks;
	const char *extension;
	char number[8] = "";

	for (; t != NULL; t = t->next)
		if (t->type == type && t->id == frame->track &&
		    t->codec == frame->codec)
			return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->type = type;
	t->id = frame->track;
	t->codec = frame->codec;
	t->next = d->tracks;
	d->tracks = t;
	extension = es_writer_init(&t->writer, frame->codec);
	if (frame->track != 0)
		snprintf(number, sizeof(number), "-%u", frame->track);
	snprintf(t->name, sizeof(t->name), "%s/%s%s.%s", d->dir,
	    type == RTMP_MSG_VIDEO ? "video" : "audio", number,
	    extension != NULL ? extension : "");
	t->unknown = extension == NULL;
	if (t->unknown)
		cli_say("%s track %u: %s has no file format of its own here; "
		    "left out", type == RTMP_MSG_VIDEO ? "video" : "audio",
		    (unsigned)t->id, rtmp_codec_name(t->codec));
	return t;
}

static int
write_failed(const struct track *t)
{
	cli_say("%s: %s", t->name, strerror(errno));
	return CLI_FILE;
}

static int
write_frame(struct track *t, const struct rtmp_frame *frame)
{
	if (frame->flags & RTMP_FRAME_KEY || t->type == RTMP_MSG_AUDIO)
		t->begun = 1;
	if (!t->begun || !es_writer_ready(&t->writer, frame)) {
		t->lost += frame->size;
		return CLI_OK;
	}
	if (t->writer.file == NULL) {
		t->writer.file = fopen(t->name, "wb");
		if (t->writer.file == NULL)
			return write_failed(t);
	}
	return es_writer_put(&t->writer, frame) == 0 ? CLI_OK :
	    write_failed(t);
}

/* ---- The whole ---- */

int
es_demux_open(struct es_demux **out, const char *dir)
{
	struct rtmp_depacketizer_options opt;
	struct es_demux *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return out_of_memory();
	*out = d;
	d->dir = dir;
	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	opt.audio = RTMP_FORM_ADTS;
	if (rtmp_depacketizer_new(&d->depacketizer, &opt) != 0)
		return out_of_memory();
	if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
		cli_say("%s: %s", dir, strerror(errno));
		return CLI_FILE;
	}
	return CLI_OK;
}

int
es_demux_put(struct es_demux *d, const struct rtmp_packet *packet)
{
	struct rtmp_frame frame;
	struct track *t;
	int ret, status = CLI_OK;

	if (rtmp_depacketizer_put(d->depacketizer, packet) != 0)
		return CLI_OK;
	while (status == CLI_OK && (ret = rtmp_depacketizer_next(
	    d->depacketizer, &frame)) != 0) {
		if (ret == RTMP_ERR_NOMEM)
			return out_of_memory();
		if (ret < 0) {
			if (d->malformed++ == 0)
				cli_say("a packet is left out: %s",
				    rtmp_depacketizer_error(d->depacketizer));
			return CLI_OK;
		}
		if (frame.codec == RTMP_CODEC_UNKNOWN ||
		    (frame.kind != RTMP_KIND_CODED &&
		    frame.kind != RTMP_KIND_CONFIG))
			continue;
		t = get_track(d, &frame);
		if (t == NULL)
			return out_of_memory();
		if (t->unknown)
			continue;
		if (frame.kind == RTMP_KIND_CONFIG)
			es_writer_configure(&t->writer, &frame);
		else
			status = write_frame(t, &frame);
	}
	return status;
}

static int
close_track(struct track *t)
{
	int status = CLI_OK;

	if (t->lost != 0 && t->writer.file == NULL)
		cli_say("%s track %u: %s without configuration or key frame, "
		    "nothing written", t->type == RTMP_MSG_VIDEO ? "video" :
		    "audio", (unsigned)t->id, rtmp_codec_name(t->codec));
	if (t->writer.file != NULL && es_writer_close(&t->writer) != 0)
		status = write_failed(t);
	es_writer_free(&t->writer);
	free(t);
	return status;
}

int
es_demux_close(struct es_demux *d)
{
	struct track *t, *next;
	int status = CLI_OK;

	if (d == NULL)
		return CLI_OK;
	if (d->malformed > 1)
		cli_say("%llu packets were broken and are left out",
		    (unsigned long long)d->malformed);
	for (t = d->tracks; t != NULL; t = next) {
		next = t->next;
		if (close_track(t) != CLI_OK)
			status = CLI_FILE;
	}
	rtmp_depacketizer_free(d->depacketizer);
	free(d);
	return status;
}
