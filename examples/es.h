#ifndef ES_H
#define ES_H

/*
 * Elementary streams, files or pipes of one track each, for rtmp-push and
 * rtmp-pull:
 *
 *     bytes -> es_reader -> frames          one stream, taken apart
 *     two readers -> es_mux -> packets      interleaved by time
 *     packets -> es_demux -> a file for each track
 */
#include <rtmpio/media.h>

enum es_format {
	ES_AUTO = 0, /* by the file's name */
	ES_H264,     /* Annex B */
	ES_H265,
	ES_H266,
	ES_OBU,	     /* AV1, low-overhead, with temporal delimiters */
	ES_IVF,	     /* AV1, VP8, VP9 */
	ES_AAC,	     /* ADTS */
	ES_MP3,
	ES_AC3,
	ES_EAC3,
	ES_FLAC,
	ES_OGG,	     /* Opus, Speex */
	ES_WAV,	     /* PCM, G.711 */
	ES_ALAW,     /* G.711 at 8000 Hz, mono */
	ES_ULAW
};

/* The words of enum es_format, for --video-format and --audio-format. */
#define ES_VIDEO_FORMATS "auto|h264|h265|h266|obu|ivf"
#define ES_AUDIO_FORMATS "auto|aac|mp3|ac3|eac3|flac|ogg|wav|alaw|ulaw"

/* By the extension; ES_AUTO when it says nothing. */
enum es_format es_format_of(const char *name);

/* ---- Reader ---- */

struct es_reader;

/* The largest frame: a stream without structure would fill the memory. */
#define ES_FRAME_MAX 0xffffff

/* fps is for formats without times, H.264 to OBU; 0: as the stream says.
 * Returns NULL when out of memory. */
struct es_reader *es_reader_new(enum es_format format, double fps);
void es_reader_free(struct es_reader *r);

/* Takes bytes, which are copied; size 0 means that no more will come.  Returns
 * 0 or RTMP_ERR_NOMEM. */
int es_reader_feed(struct es_reader *r, const uint8_t *data, size_t size);

/*
 * Returns 1 and the next frame, lent until the next call on r: in decoding
 * order, with pts and dts counted from the first frame shown, which has pts 0.
 * 0 means that more bytes are needed, or after the end that there is nothing
 * left.  RTMP_ERR_PROTO: not such a stream, see es_reader_error(), or
 * RTMP_ERR_NOMEM.
 */
int es_reader_next(struct es_reader *r, struct rtmp_frame *frame);
const char *es_reader_error(const struct es_reader *r);

/* Bytes held that no frame has been made of. */
size_t es_reader_held(const struct es_reader *r);
/* Bytes left out because they belong to no frame. */
uint64_t es_reader_skipped(const struct es_reader *r);
/* Frames per second, as given or as the stream says; 0: not known. */
double es_reader_fps(const struct es_reader *r);

/* ---- Two streams to packets ---- */

struct es_mux_options {
	const char *video, *audio; /* file names; "-": standard input; NULL */
	enum es_format video_format, audio_format;
	double fps;
	int fourcc;	/* signal H.264, AAC and MP3 by FourCC */
	/* Called at least every 200 ms while a pipe has nothing.  Returns an
	 * exit status; other than 0 ends the reading. */
	int (*idle)(void *arg);
	void *arg;
};

struct es_mux;

/* All return an exit status, cli.h, and have said what is wrong. */
int es_mux_open(struct es_mux **m, const struct es_mux_options *opt);
void es_mux_free(struct es_mux *m);
/* Both files from the beginning. */
int es_mux_rewind(struct es_mux *m);
/* Returns 1 and the next packet, onMetaData first, lent until the next call; 0
 * at the end or on failure, which *status tells apart. */
int es_mux_next(struct es_mux *m, struct rtmp_packet *packet, int *status);
uint64_t es_mux_skipped(const struct es_mux *m);

/* ---- Packets to files ---- */

struct es_demux;

/* dir is made when it is not there.  All return an exit status, and have said
 * what is wrong. */
int es_demux_open(struct es_demux **d, const char *dir);
int es_demux_put(struct es_demux *d, const struct rtmp_packet *packet);
int es_demux_close(struct es_demux *d);

#endif
