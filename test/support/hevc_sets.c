#include "support/hevc_sets.h"

const struct hevc_sps_parts plain_sps = { 1, "", 0, "010", 640, 360, NULL,
	"1 1", "1 1 1 1", "0", "0", "1 0", 0, 93 };

void
put_hevc_sps(struct bit_writer *w, const struct hevc_sps_parts *s)
{
	unsigned i;

	memset(w, 0, sizeof(*w));
	put_bits(w, 0x4201, 16);
	put_bits(w, 2, 4); /* VPS */
	put_bits(w, s->sub_layers - 1, 3);
	put_bits(w, 1, 1);
	put_bits(w, s->tier << 5 | 2, 8);
	put_bits(w, 0x20000000, 32);
	put_bits(w, 0xb000, 16);
	put_bits(w, 0x00000001, 32);
	put_bits(w, s->level, 8);
	put_text(w, s->sub_layer_flags);
	for (i = 0; i < s->sub_layer_bytes; i++)
		put_bits(w, 0xa5, 8);
	put_ue(w, 7); /* id */
	put_text(w, s->chroma);
	put_ue(w, s->width);
	put_ue(w, s->height);
	put_bits(w, s->crop != NULL, 1);
	for (i = 0; s->crop != NULL && i < 4; i++)
		put_ue(w, s->crop[i]);
	put_text(w, s->depths);
	put_ue(w, 4);
	put_text(w, s->ordering);
	put_text(w, "1 011 1 011 1 1"); /* block sizes */
	put_text(w, s->lists);
	put_text(w, "1 1");
	put_text(w, s->pcm);
	put_text(w, s->ref_pics);
	put_text(w, "1 1");
}

struct rtmp_nal
make_hevc_pps(uint8_t *bytes, int tiles, int entropy_sync)
{
	struct bit_writer w = { { 0 }, 0 };

	put_bits(&w, 0x4401, 16);
	put_text(&w, "010 00110 0000000 1 1 010 0 0 1 011 00111 1 0000");
	put_bits(&w, (uint32_t)tiles, 1);
	put_bits(&w, (uint32_t)entropy_sync, 1);
	return put_nal(&w, bytes);
}

const uint8_t hevc_vps[4] = { 0x40, 0x01, 0x2c, 0x01 };
