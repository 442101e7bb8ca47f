/*
 * Packets to frames to packets.  The input is a run of packets: type (bit 0:
 * audio, video; bits 1, 2: the form asked for from here on), size (2), body.
 * Frames in the form of the wire become the very packet again, all others some
 * packet, and none is larger than the documentation says.
 */
#include <stdlib.h>
#include <string.h>

#include <rtmpio/media.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pair {
	struct rtmp_depacketizer *d;
	struct rtmp_packetizer *p;
};

static void
require(int true_thing)
{
	if (!true_thing)
		abort();
}

/* What the record of a track may add to a frame. */
static size_t
sets_max(const struct pair *x, const struct rtmp_packet *packet,
    const struct rtmp_frame *f)
{
	const uint8_t *config;
	size_t size;

	if (f->form != RTMP_FORM_ANNEXB ||
	    (f->flags & RTMP_FRAME_KEY) == 0 ||
	    rtmp_depacketizer_config(x->d, packet->type, f->track, &config,
	    &size) != 1)
		return 0;
	return 2 * size;
}

/* Adds to *total what is not from the record. */
static void
check_frame(const struct pair *x, const struct rtmp_packet *packet,
    const struct rtmp_frame *f, size_t *total)
{
	size_t i, sets = sets_max(x, packet, f);
	volatile uint8_t sum = 0;

	require(f->tag != NULL && f->size <= f->tag->size * 5 / 2 + sets +
	    (f->form == RTMP_FORM_ADTS ? 7 : 0));
	*total += f->size > sets ? f->size - sets : 0;
	for (i = 0; i < f->size; i++)
		sum = (uint8_t)(sum + f->data[i]);
	require(f->kind != RTMP_KIND_CODED ||
	    f->codec != RTMP_CODEC_UNKNOWN);
	require(f->dts >= 0);
}

/* nanoseconds above 999999 are not written as they were; an end of sequence
 * may have been cut */
static int
is_odd(const struct rtmp_packet *packet, const struct rtmp_tag *t)
{
	return t->nano_offset > 999999 ||
	    (packet->size < 5 && packet->type == RTMP_MSG_VIDEO);
}

static void
check_packet(struct pair *x, const struct rtmp_packet *packet, int exact)
{
	struct rtmp_packet out;
	struct rtmp_frame f;
	size_t written = 0, total = 0;
	int ret, odd = 0, err = 0;

	require(rtmp_depacketizer_put(x->d, packet) == 0);
	while ((ret = rtmp_depacketizer_next(x->d, &f)) == 1) {
		check_frame(x, packet, &f, &total);
		odd |= is_odd(packet, f.tag);
		err |= rtmp_packetizer_put(x->p, &f);
		while (rtmp_packetizer_next(x->p, &out) == 1) {
			written++;
			if (!exact || odd)
				continue;
			require(out.type == packet->type &&
			    out.timestamp == packet->timestamp &&
			    out.size == packet->size &&
			    (out.size == 0 || memcmp(out.data, packet->data,
			    out.size) == 0));
		}
	}
	require(ret == 0 || ret == RTMP_ERR_MALFORMED);
	require(total <= packet->size * 5 / 2 + 7);
	if (exact && ret == 0 && !odd)
		require(err == 0 && written == 1);
	/* What waits for the rest of a packet that broke goes first. */
	if (ret != 0 || err != 0)
		rtmp_packetizer_free(x->p), x->p = NULL;
	if (x->p == NULL)
		require(rtmp_packetizer_new(&x->p, NULL) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtmp_packet packet;
	struct pair x;

	require(rtmp_depacketizer_new(&x.d, NULL) == 0);
	require(rtmp_packetizer_new(&x.p, NULL) == 0);
	packet.timestamp = 0;
	while (size >= 3) {
		int annexb = data[0] >> 1 & 1, adts = data[0] >> 2 & 1;

		packet.type = data[0] & 1 ? RTMP_MSG_VIDEO : RTMP_MSG_AUDIO;
		packet.size = (size_t)data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		if (packet.size > size)
			packet.size = size;
		packet.data = data;
		packet.timestamp += 20;
		rtmp_depacketizer_set_form(x.d,
		    annexb ? RTMP_FORM_ANNEXB : RTMP_FORM_LENGTH,
		    adts ? RTMP_FORM_ADTS : RTMP_FORM_RAW);
		check_packet(&x, &packet, !annexb && !adts);
		data += packet.size;
		size -= packet.size;
	}
	rtmp_depacketizer_free(x.d);
	rtmp_packetizer_free(x.p);
	return 0;
}
