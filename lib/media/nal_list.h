#ifndef RTMPIO_MEDIA_NAL_LIST_H
#define RTMPIO_MEDIA_NAL_LIST_H

/* NAL units out of which the record of any of the three codecs is built. */
#include "media/nal.h"
#include "media/out.h"

struct rtmp_nal_list {
	const struct rtmp_nal *nals;
	size_t count;
	enum rtmp_nal_kind (*kind_of)(const struct rtmp_nal *nal);
};

/* The first of a kind, or NULL. */
const struct rtmp_nal *rtmp_nal_list_first(const struct rtmp_nal_list *l,
    enum rtmp_nal_kind kind);
/* How many of a kind there are; -1 when one is above 65535 bytes, or when
 * there are more than max. */
int rtmp_nal_list_count(const struct rtmp_nal_list *l,
    enum rtmp_nal_kind kind, int max);
/* Those of a kind, each behind a length of two bytes; o may be NULL.  Returns
 * how many there are, or -1 when one is above 65535 bytes. */
int rtmp_nal_list_put(const struct rtmp_nal_list *l, enum rtmp_nal_kind kind,
    struct rtmp_out *o);

/* An array of the records of HEVC and VVC, whose NAL units have one type. */
struct rtmp_nal_array {
	uint8_t kind;	   /* enum rtmp_nal_kind */
	uint8_t type;	   /* the codec's number for it */
	uint8_t is_needed; /* there is no record without */
	uint8_t is_set;	   /* of parameter sets, which may be complete */
	uint8_t is_single; /* one NAL unit at most, and no number of them */
};

/* How many of arrays have NAL units; RTMP_ERR_INVAL when one that is needed
 * has none, or another more or larger ones than fit. */
int rtmp_nal_arrays_count(const struct rtmp_nal_list *l,
    const struct rtmp_nal_array *arrays, size_t count);
/* That number, then the arrays. */
void rtmp_nal_arrays_put(const struct rtmp_nal_list *l,
    const struct rtmp_nal_array *arrays, size_t count, int complete,
    struct rtmp_out *o);

#endif
