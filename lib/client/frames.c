/*
 * Frames instead of packets: what media.h does, between the application and
 * the calls for packets.
 *
 *     rtmp_write_frame -> packetizer -> rtmp_write_packet ...
 *     rtmp_read_packet -> depacketizer -> rtmp_read_frame ...
 */
#include <string.h>

#include "client/internal.h"

#define PACKET_MAX (16 << 20) /* what a message can have */

struct rtmp_frames {
	struct rtmp_packetizer *packetizer;
	struct rtmp_depacketizer *depacketizer;
	struct rtmp_depacketizer_options in;
	struct rtmp_buf packet; /* one for many tracks */
};

static void
free_frames(struct rtmp *r)
{
	struct rtmp_frames *f = r->frames;

	rtmp_packetizer_free(f->packetizer);
	rtmp_depacketizer_free(f->depacketizer);
	rtmp_buf_free(&f->packet, &r->mem);
	rtmp_mem_free(&r->mem, f);
	r->frames = NULL;
}

static int
set_out(struct rtmp *r, const struct rtmp_packetizer_options *out)
{
	struct rtmp_packetizer_options opt;
	struct rtmp_packetizer *p;
	int err;

	rtmp_packetizer_options_init(&opt, sizeof(opt));
	rtmp_struct_take(&opt, sizeof(opt), out);
	opt.mem = &r->mem;
	err = rtmp_packetizer_new(&p, &opt);
	if (err != 0)
		return err;
	rtmp_packetizer_free(r->frames->packetizer);
	r->frames->packetizer = p;
	return 0;
}

static int
set_in(struct rtmp *r, const struct rtmp_depacketizer_options *in)
{
	struct rtmp_frames *f = r->frames;
	struct rtmp_depacketizer_options opt;
	struct rtmp_depacketizer *d;
	int err;

	rtmp_depacketizer_options_init(&opt, sizeof(opt));
	rtmp_struct_take(&opt, sizeof(opt), in);
	opt.mem = &r->mem;
	err = rtmp_depacketizer_new(&d, &opt);
	if (err != 0)
		return err;
	rtmp_depacketizer_free(f->depacketizer);
	f->depacketizer = d;
	f->in = opt;
	return 0;
}

/* Makes what is not there, and starts anew with each connection. */
static int
prepare(struct rtmp *r)
{
	struct rtmp_frames *f = r->frames;
	int err = 0;

	if (f == NULL) {
		f = r->frames = rtmp_mem_zalloc(&r->mem, sizeof(*f));
		if (f == NULL)
			return RTMP_ERR_NOMEM;
		r->frames_free = free_frames;
		r->frames_stale = 1;
		f->packet.max = PACKET_MAX;
	}
	if (!r->frames_stale)
		return 0;
	if (f->packetizer == NULL)
		err = set_out(r, NULL);
	else
		rtmp_packetizer_restart(f->packetizer);
	if (err == 0)
		err = set_in(r, &f->in); /* all 0 at first: defaults */
	r->frames_stale = err != 0;
	return err;
}

int
rtmp_set_frame_options(struct rtmp *r,
    const struct rtmp_packetizer_options *out,
    const struct rtmp_depacketizer_options *in)
{
	int err = prepare(r);

	if (err == 0 && out != NULL)
		err = set_out(r, out);
	if (err == 0 && in != NULL)
		err = set_in(r, in);
	return err != 0 ? rtmp_client_fail_plain(r, err) : 0;
}

int
rtmp_write_frame(struct rtmp *r, const struct rtmp_frame *frame)
{
	struct rtmp_packetizer *p;
	struct rtmp_packet packet;
	int ret;

	if (r->role != RTMP_ROLE_PUBLISHER)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not publishing",
		    NULL);
	ret = prepare(r);
	if (ret != 0)
		return rtmp_client_fail_plain(r, ret);
	p = r->frames->packetizer;
	ret = rtmp_packetizer_put(p, frame);
	if (ret != 0)
		return rtmp_client_fail(r, ret, "frame",
		    ret == RTMP_ERR_NOMEM ? rtmp_strerror(ret) :
		    rtmp_packetizer_error(p));
	while ((ret = rtmp_packetizer_next(p, &packet)) == 1) {
		ret = rtmp_write_packet(r, &packet);
		if (ret != 0)
			return ret;
	}
	return ret == 0 ? 0 : rtmp_client_fail_plain(r, ret);
}

/* The packet is lent until the next call on r, whatever call that is; one that
 * has several frames must live longer. */
static int
put_packet(struct rtmp *r, struct rtmp_packet *packet)
{
	struct rtmp_frames *f = r->frames;
	struct rtmp_tag tag;
	int err;

	if (rtmp_tag_read(packet->type, packet->data, packet->size, &tag) ==
	    1 && tag.multitrack >= RTMP_MULTITRACK_MANY) {
		f->packet.size = 0;
		err = rtmp_buf_append(&f->packet, &r->mem, packet->data,
		    packet->size);
		if (err != 0)
			return err;
		packet->data = f->packet.data;
	}
	return rtmp_depacketizer_put(f->depacketizer, packet);
}

int
rtmp_read_frame(struct rtmp *r, struct rtmp_frame *frame)
{
	struct rtmp_packet packet;
	int ret;

	if (r->role != RTMP_ROLE_PLAYER)
		return rtmp_client_fail(r, RTMP_ERR_STATE, "not playing",
		    NULL);
	ret = prepare(r);
	while (ret == 0) {
		ret = rtmp_depacketizer_next(r->frames->depacketizer, frame);
		if (ret == 1)
			return 1;
		if (ret == RTMP_ERR_MALFORMED)
			return rtmp_client_fail(r, ret, "packet",
			    rtmp_depacketizer_error(r->frames->depacketizer));
		if (ret != 0)
			break;
		ret = rtmp_read_packet(r, &packet);
		if (ret != 1)
			return ret;
		ret = put_packet(r, &packet);
		if (ret == RTMP_ERR_INVAL)
			ret = 0; /* of no type that has frames */
	}
	return rtmp_client_fail_plain(r, ret);
}
