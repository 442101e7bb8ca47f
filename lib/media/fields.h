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
	uint8_t at;    /* in the struct: a uint8_t, or for more than 8 bits a
			* uint32_t; or RTMP_NO_FIELD */
	uint8_t above; /* what it is more than on the wire; instead of a field,
			* what is written, and not looked at when read */
};

void rtmp_fields_get(struct rtmp_bits *b, void *base,
    const struct rtmp_field *fields);
/* They must end with a byte. */
void rtmp_fields_put(struct rtmp_out *o, const void *base,
    const struct rtmp_field *fields);

#endif
