#ifndef RTMPIO_MEDIA_FIELDS_H
#define RTMPIO_MEDIA_FIELDS_H

/*
 * Headers as tables of their fields, one behind the other, out of which they
 * are read as well as written: so the two cannot differ.
 */
#include <stddef.h>

#include "media/bits.h"
#include "media/out.h"

#define RTMP_NO_FIELD 255

struct rtmp_field {
	uint8_t bits;  /* on the wire, 1 to 32; 0 ends the table */
	uint8_t at;    /* its offset in the struct, below 255: a uint8_t, or
			* for more than 8 bits a uint32_t; or RTMP_NO_FIELD */
	uint8_t above; /* how much more the field is than what is on the wire;
			* without a field, what is written there, and not
			* looked at when read */
};

/* Bits that are missing are 0, and b->err is set. */
void rtmp_fields_get(struct rtmp_bits *b, void *base,
    const struct rtmp_field *fields);
/* What has more bits than its field on the wire loses the upper ones.  The
 * table must end with a byte. */
void rtmp_fields_put(struct rtmp_out *o, const void *base,
    const struct rtmp_field *fields);

#endif
