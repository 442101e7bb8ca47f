#ifndef RTMPIO_FLV_H
#define RTMPIO_FLV_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * FLV files: Adobe Flash Video File Format 10.1, annex E.
 *
 *     file   = "FLV" | version 1 | flags 1 | data offset 4 | 0 (4) | tag ...
 *     tag    = header 11 | data | back pointer 4: 11 + size of the data
 *     header = type 1 | size 3 | timestamp 3 | its high byte 1 | stream 3 (0)
 *
 * The data of a tag is the payload of the RTMP message of the same type.
 */
#define RTMP_FLV_HEADER_SIZE 13	    /* the first back pointer included */
#define RTMP_FLV_TAG_HEADER_SIZE 11
#define RTMP_FLV_BACK_POINTER_SIZE 4
#define RTMP_FLV_TAG_SIZE_MAX 0xffffff /* 24 bits */

/* Flags of the file header. */
#define RTMP_FLV_VIDEO 1
#define RTMP_FLV_AUDIO 4

/* ---- Reader ---- */

struct rtmp_flv_tag {
	struct rtmp_packet packet;
	uint64_t offset; /* of the tag header, from the start of the file */
	int filtered;	 /* 1: encrypted (annex F), of no use as a packet */
};

/* What is wrong with a file, and how the reader gets over it. */
enum rtmp_flv_fault_kind {
	RTMP_FLV_FAULT_HEADER = 1,   /* odd version or data offset: read on */
	RTMP_FLV_FAULT_BACK_POINTER, /* wrong, but a tag or the end follows:
				      * the tag counts */
	RTMP_FLV_FAULT_TIMESTAMP,    /* lower than that of the tag of the same
				      * type before: handed out as it is */
	RTMP_FLV_FAULT_TYPE,	     /* not audio, video or data: skipped */
	RTMP_FLV_FAULT_GARBAGE,	     /* no tag where one must begin: skipped
				      * up to the next whole tag */
	RTMP_FLV_FAULT_SIZE,	     /* the size of a tag leads to neither a
				      * tag nor the end: skipped, likewise */
	RTMP_FLV_FAULT_TRUNCATED     /* the file ends inside of a tag */
};

struct rtmp_flv_fault {
	enum rtmp_flv_fault_kind kind;
	uint64_t offset;   /* where it is, from the start of the file */
	uint64_t skipped;  /* bytes left out on account of it */
	const char *words; /* "garbage instead of a tag"; static */
};

struct rtmp_flv_reader;

/*
 * A reader takes bytes in pieces of any size, as they come from a file or a
 * pipe, and gives out every whole tag, at once when its back pointer has come.
 * A damaged file is read to its end: behind a fault the reader searches for
 * the next tag that its back pointer confirms, and holds at most one tag of
 * the largest size, twice, while it does.  mem may be NULL.  Returns 0 or
 * RTMP_ERR_NOMEM.
 */
RTMP_API int rtmp_flv_reader_new(struct rtmp_flv_reader **r,
    const struct rtmp_mem *mem);
RTMP_API void rtmp_flv_reader_free(struct rtmp_flv_reader *r);

/* What comes is a stream of tags without a file header, as in a message of
 * type RTMP_MSG_AGGREGATE.  To be called before any byte. */
RTMP_API void rtmp_flv_reader_no_header(struct rtmp_flv_reader *r);

#define RTMP_FLV_TAG 1
#define RTMP_FLV_FAULT 2

/*
 * Takes bytes; *data and *size advance past what was used.  Returns
 * RTMP_FLV_TAG with *tag filled, RTMP_FLV_FAULT with *fault filled, or 0 when
 * the bytes ran out; or RTMP_ERR_PROTO when the file is no FLV, or
 * RTMP_ERR_NOMEM, after which every call returns the same.
 *
 * A tag that lies whole in *data is handed out in place, any other is copied
 * once.  tag->packet.data is lent, and valid only as long as the bytes behind
 * *data are, too.  A fault of a tag that counts comes before the tag.
 */
RTMP_API int rtmp_flv_reader_next(struct rtmp_flv_reader *r,
    const uint8_t **data, size_t *size, struct rtmp_flv_tag *tag,
    struct rtmp_flv_fault *fault);

/* Nothing comes behind the bytes given: gives out what was held back, and the
 * faults of an end that is damaged.  Call until it returns 0; returns as
 * rtmp_flv_reader_next(), which must have returned 0 before. */
RTMP_API int rtmp_flv_reader_finish(struct rtmp_flv_reader *r,
    struct rtmp_flv_tag *tag, struct rtmp_flv_fault *fault);

/* RTMP_FLV_AUDIO | RTMP_FLV_VIDEO as the file header says, which may be wrong;
 * 0 before it has come. */
RTMP_API int rtmp_flv_reader_flags(const struct rtmp_flv_reader *r);

/* The error in words: "not an FLV file: it begins with 47 40 11".  "" before
 * an error.  Valid as long as r. */
RTMP_API const char *rtmp_flv_reader_error(const struct rtmp_flv_reader *r);

/* ---- Writer ---- */

/*
 * Pure functions; the caller writes the bytes.  A file is valid whenever its
 * last tag is whole, so write the three pieces of a tag with one writev(), and
 * cut the file back to the tag before when that fails.
 *
 *     rtmp_flv_put_header(head, RTMP_FLV_AUDIO | RTMP_FLV_VIDEO);
 *     write(fd, head, sizeof(head));
 *     for each packet:
 *         rtmp_flv_put_tag(head, tail, &packet);
 *         writev(fd, { head, packet.data, tail });
 */
RTMP_API void rtmp_flv_put_header(uint8_t head[RTMP_FLV_HEADER_SIZE],
    int flags);

/* What precedes and what follows packet->data, which is not read.  Returns 0,
 * or RTMP_ERR_INVAL (type, size) with nothing written. */
RTMP_API int rtmp_flv_put_tag(uint8_t head[RTMP_FLV_TAG_HEADER_SIZE],
    uint8_t tail[RTMP_FLV_BACK_POINTER_SIZE],
    const struct rtmp_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
