#ifndef RTMPIO_MEDIA_NAL_H
#define RTMPIO_MEDIA_NAL_H

/*
 * NAL units of H.264, HEVC and VVC, in the two forms of a byte stream:
 *
 *     00 00 01 | NAL unit | 00 00 00 01 | NAL unit | ...     Annex B of each
 *     length (1 to 4) | NAL unit | length | NAL unit | ...   ISO 14496-15, FLV
 *
 * No NAL unit contains 00 00 00, 00 00 01 or 00 00 02: a 3 is inserted behind
 * the zeros (emulation prevention, H.264 section 7.4.1), and bits.h takes it
 * out again.  None ends in 00.
 */
#include <rtmpio/types.h>

struct rtmp_nal {
	const uint8_t *data; /* begins at its header */
	size_t size;	     /* never 0 where a function gives it out */
};

/* What it is, for all three codecs; rtmp_avc_nal_kind() and its neighbours
 * tell. */
enum rtmp_nal_kind {
	RTMP_NAL_SLICE,	  /* of a picture, data partitions included */
	RTMP_NAL_KEY,	  /* one where decoding can begin: IDR, IRAP, GDR */
	RTMP_NAL_VPS,	  /* HEVC, VVC */
	RTMP_NAL_SPS,
	RTMP_NAL_PPS,
	RTMP_NAL_SPS_EXT, /* H.264 */
	RTMP_NAL_DCI,	  /* VVC */
	RTMP_NAL_OPI,	  /* VVC */
	RTMP_NAL_APS,	  /* VVC, prefix */
	RTMP_NAL_PREFIX_SEI, /* all SEI of H.264 */
	RTMP_NAL_SUFFIX_SEI, /* HEVC, VVC */
	RTMP_NAL_AUD,
	RTMP_NAL_END,	  /* of sequence, of bitstream */
	RTMP_NAL_FILLER,
	RTMP_NAL_OTHER	  /* reserved, unspecified, or too short for a type */
};

/* ---- One after the other ---- */

struct rtmp_nal_iter {
	const uint8_t *pos, *end; /* not read yet */
	unsigned length_size;	  /* 0 for Annex B */
};

/* length_size is 0 for Annex B, or 1 to 4.  What stands in front of the first
 * start code, which should be zeros alone, is left out; without any start
 * code there is no NAL unit. */
void rtmp_nal_iter_init(struct rtmp_nal_iter *it, const uint8_t *data,
    size_t size, unsigned length_size);

/* Returns 1, 0 at the end, or RTMP_ERR_PROTO for a length past the end, which
 * ends it.  Annex B never fails.  Empty NAL units are left out, and in Annex B
 * the zeros behind one, too. */
int rtmp_nal_next(struct rtmp_nal_iter *it, struct rtmp_nal *nal);

/* The first 00 00 01 at or behind p, or end.  A fourth byte, 00 in front of
 * it, is the caller's to see. */
const uint8_t *rtmp_nal_find_start(const uint8_t *p, const uint8_t *end);

/* 1 when data begins as Annex B does: 00 00 01 or 00 00 00 01.  A NAL unit
 * with a length of 1 in 3 or 4 bytes, or 256 to 511 in 4, looks the same. */
int rtmp_nal_is_annexb(const uint8_t *data, size_t size);

/* ---- From one form to the other ---- */

struct rtmp_out;

/* One NAL unit behind a length of length_size bytes (1 to 4), or a start code
 * of 4 bytes for 0.  Returns 0, or RTMP_ERR_INVAL for one that is too long for
 * its length. */
int rtmp_nal_put(struct rtmp_out *o, const struct rtmp_nal *nal,
    unsigned length_size);

/*
 * All NAL units again, each behind a length or a start code as
 * rtmp_nal_put() has them.  From has its own length_size.  Returns 0,
 * RTMP_ERR_NOBUF, RTMP_ERR_PROTO, or RTMP_ERR_INVAL as rtmp_nal_put().  The
 * result has at most 5/4 of the size of Annex B, and
 * 5/2 of that of NAL units behind lengths.
 */
int rtmp_nal_convert(uint8_t *out, size_t cap, size_t *size,
    struct rtmp_nal_iter from, unsigned length_size);

/* ---- The arrays of configuration records ---- */

enum rtmp_nal_sets_form {
	RTMP_NAL_SETS_AVC_SPS,
	RTMP_NAL_SETS_AVC_PPS,
	RTMP_NAL_SETS_AVC_EXT,
	RTMP_NAL_SETS_HEVC,
	RTMP_NAL_SETS_VVC
};

/* The NAL units in them. */
struct rtmp_nal_sets {
	const uint8_t *pos, *end;
	unsigned arrays; /* not begun yet */
	unsigned left;	 /* NAL units left of the one begun */
	enum rtmp_nal_sets_form form; /* of the next array */
};

/* Those of so many arrays from first on.  Returns 0, or RTMP_ERR_PROTO where
 * rtmp_nal_sets_next() will. */
int rtmp_nal_sets_init(struct rtmp_nal_sets *s, const uint8_t *first,
    const uint8_t *end, unsigned arrays, enum rtmp_nal_sets_form form);

/* Returns 1, or 0 behind the last one.  In a record that was parsed it cannot
 * fail; in others: RTMP_ERR_PROTO past the end, or for an empty NAL unit. */
int rtmp_nal_sets_next(struct rtmp_nal_sets *s, struct rtmp_nal *nal);

#endif
