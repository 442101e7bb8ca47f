/*
 * Any bytes as frames.  The input is a run of frames: codec (low half of it
 * chooses), flags (bit 0: configuration, 1: more follows, 2: end, 3, 4: the
 * form, 5: FourCC from here on, 6: track 1, 7: nanoseconds), size (2), data.
 * Packets are bounded, and the depacketizer reads them.
 */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/media.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum rtmp_codec codecs[16] = { RTMP_CODEC_H264, RTMP_CODEC_HEVC,
	RTMP_CODEC_VVC, RTMP_CODEC_AV1, RTMP_CODEC_VP8, RTMP_CODEC_VP9,
	RTMP_CODEC_AAC, RTMP_CODEC_MP3, RTMP_CODEC_AC3, RTMP_CODEC_EAC3,
	RTMP_CODEC_OPUS, RTMP_CODEC_FLAC, RTMP_CODEC_G711A, RTMP_CODEC_SPEEX,
	RTMP_CODEC_H263, RTMP_CODEC_VP6 };

struct fuzz {
	struct rtmp_packetizer *p;
	struct rtmp_depacketizer *d;
	size_t given; /* bytes of frames that wait for others */
};

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

static void
new_packetizer(struct fuzz *x, int fourcc, int nano)
{
	struct rtmp_packetizer_options opt;

	rtmp_packetizer_free(x->p);
	rtmp_packetizer_options_init(&opt, sizeof(opt));
	if (fourcc)
		opt.signalling = RTMP_SIGNAL_FOURCC;
	opt.nanoseconds = nano;
	require(rtmp_packetizer_new(&x->p, &opt) == 0);
	x->given = 0;
}

static void
check(struct fuzz *x, const struct rtmp_frame *f)
{
	struct rtmp_packet packet;
	struct rtmp_frame out;
	const uint8_t *config;
	size_t total = 0, count = 0, config_size = 0;
	int ret = rtmp_packetizer_put(x->p, f);

	require(ret == 0 || ret == RTMP_ERR_INVAL ||
	    ret == RTMP_ERR_MALFORMED);
	require((ret != 0) == (*rtmp_packetizer_error(x->p) != 0));
	x->given += f->size;
	while (rtmp_packetizer_next(x->p, &packet) == 1) {
		require(ret == 0);
		total += packet.size;
		count++;
		require(rtmp_depacketizer_put(x->d, &packet) == 0);
		while (rtmp_depacketizer_next(x->d, &out) == 1)
			require(out.kind != RTMP_KIND_UNKNOWN);
	}
	rtmp_packetizer_config(x->p, rtmp_codec_type(f->codec), f->track,
	    &config, &config_size);
	require(total <= x->given * 3 / 2 + 64 * count + config_size);
	if (ret == 0 && (f->flags & RTMP_FRAME_MORE) == 0)
		x->given = 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum rtmp_form forms[4] = { RTMP_FORM_AUTO,
		RTMP_FORM_ANNEXB, RTMP_FORM_LENGTH, RTMP_FORM_ADTS };
	struct rtmp_depacketizer_options opt;
	struct rtmp_frame f;
	struct fuzz x = { NULL, NULL, 0 };
	int64_t ms = 0;

	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	opt.video = RTMP_FORM_ANNEXB;
	opt.audio = RTMP_FORM_ADTS;
	require(rtmp_depacketizer_new(&x.d, &opt) == 0);
	new_packetizer(&x, 0, 0);
	while (size >= 4) {
		unsigned bits = data[1];

		rtmp_frame_init(&f, sizeof(f));
		f.codec = codecs[data[0] & 15];
		f.kind = bits & 1 ? RTMP_KIND_CONFIG : RTMP_KIND_CODED;
		f.flags = (bits & 2 ? RTMP_FRAME_MORE : 0) |
		    (bits & 4 ? RTMP_FRAME_END : 0);
		f.form = forms[bits >> 3 & 3];
		f.track = bits >> 6 & 1;
		f.dts = ms * RTMP_NS_PER_MS + data[0];
		f.pts = f.dts + (int64_t)(data[0] >> 4) * RTMP_NS_PER_MS;
		ms += (bits & 2) == 0 ? 1 : 0;
		if ((bits & 32) != 0)
			new_packetizer(&x, 1, (int)(bits >> 7));
		f.size = (size_t)data[2] << 8 | data[3];
		data += 4;
		size -= 4;
		if (f.size > size)
			f.size = size;
		f.data = data;
		check(&x, &f);
		data += f.size;
		size -= f.size;
	}
	rtmp_packetizer_free(x.p);
	rtmp_depacketizer_free(x.d);
	return 0;
}
