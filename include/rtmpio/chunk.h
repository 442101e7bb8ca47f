#ifndef RTMPIO_CHUNK_H
#define RTMPIO_CHUNK_H

#include <sys/uio.h>
#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The chunk stream, RTMP 1.0 section 5.3: messages cut into chunks and put
 * together again.
 *
 *     chunk = basic header (fmt, csid) 1-3 | message header 11, 7, 3 or 0 |
 *             extended timestamp 0 or 4 | payload, at most the chunk size
 *
 * Reader and writer are separate objects that know nothing of each other.
 * Neither interprets messages: whoever sees a Set Chunk Size or an Abort
 * calls the function for it.
 */
#define RTMP_CHUNK_SIZE_DEFAULT 128	/* of both directions, until told */
#define RTMP_CHUNK_SIZE_MAX 0x7fffffff	/* 31 bits */
#define RTMP_CHUNK_HEADER_MAX 18	/* 3 basic + 11 message + 4 extended */
#define RTMP_CHUNK_CSID_MAX 65599
#define RTMP_MESSAGE_SIZE_MAX 0xffffff	/* 24 bits on the wire */

struct rtmp_message {
	uint32_t csid;	    /* chunk stream id, 2 to 65599 */
	uint32_t msid;	    /* message stream id, 0 is the connection */
	uint8_t type;	    /* enum rtmp_message_type */
	uint32_t timestamp; /* absolute, milliseconds */
	const uint8_t *payload;
	size_t size;
};

/* What a hostile peer can make a reader hold.  Zero means the default. */
struct rtmp_chunk_limits {
	size_t message_size;	/* largest message: one length field would
				 * claim 16 MiB; 8 MiB */
	size_t partial_size;	/* bytes of all unfinished messages together:
				 * a message begun on every csid; 16 MiB */
	unsigned chunk_streams; /* csids in use: 65,000 table entries; 64 */
};

struct rtmp_chunk_reader;

/* limits and mem may be NULL.  Returns 0 or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_chunk_reader_new(struct rtmp_chunk_reader **r,
    const struct rtmp_chunk_limits *limits, const struct rtmp_mem *mem);
RTMP_API void rtmp_chunk_reader_free(struct rtmp_chunk_reader *r);

/*
 * Takes bytes; *data and *size advance past what was used.  Returns 1 and
 * fills *msg at the end of each message, 0 when the bytes ran out; or
 * RTMP_ERR_PROTO, RTMP_ERR_LIMIT or RTMP_ERR_NOMEM, after which every call
 * returns the same and rtmp_chunk_reader_error() says why.
 *
 * A payload that is one chunk and lies whole in *data is handed out in place,
 * any other is copied once.  msg->payload is lent, and valid only as long as
 * the bytes behind *data are, too.
 */
RTMP_API int rtmp_chunk_reader_next(struct rtmp_chunk_reader *r,
    const uint8_t **data, size_t *size, struct rtmp_message *msg);

/*
 * The same in a buffer that the reader may write to, which spares memory and
 * nearly all copies: a payload that is not whole is left at *data, put
 * together there as its chunks come, by moving them over the headers between
 * them.  Only one whose chunks take turns with those of others is copied.
 *
 * With 0, *data and *size are what must be kept; *need is 0 when nothing must,
 * else what is there belongs to a message of *need bytes (or to a header).
 * Call again with the same bytes and more behind them, at the same place or
 * another.  May take turns with the other function, which wants what must be
 * kept as well.
 */
RTMP_API int rtmp_chunk_reader_next_in_place(struct rtmp_chunk_reader *r,
    uint8_t **data, size_t *size, struct rtmp_message *msg, size_t *need);

/* Set Chunk Size, section 5.4.1: in force at once, for unfinished messages as
 * well.  Returns 0, or RTMP_ERR_PROTO, which sticks, unless 1 to
 * RTMP_CHUNK_SIZE_MAX. */
RTMP_API int rtmp_chunk_reader_set_size(struct rtmp_chunk_reader *r,
    uint32_t chunk_size);

/* Abort, section 5.4.2: drops the unfinished message of csid, if any, and
 * keeps its header history. */
RTMP_API void rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r,
    uint32_t csid);

/* The error in words: "chunk stream 5: type 3 chunk without a message
 * before it".  "" before an error.  Valid as long as r. */
RTMP_API const char *rtmp_chunk_reader_error(
    const struct rtmp_chunk_reader *r);

struct rtmp_chunk_writer;

/* mem may be NULL.  Returns 0 or RTMP_ERR_NOMEM. */
RTMP_API int rtmp_chunk_writer_new(struct rtmp_chunk_writer **w,
    const struct rtmp_mem *mem);
RTMP_API void rtmp_chunk_writer_free(struct rtmp_chunk_writer *w);

/* For the messages laid out from now on, the first of which must not precede
 * the Set Chunk Size that tells the peer.  Returns 0 or RTMP_ERR_INVAL. */
RTMP_API int rtmp_chunk_writer_set_size(struct rtmp_chunk_writer *w,
    uint32_t chunk_size);
RTMP_API uint32_t rtmp_chunk_writer_size(const struct rtmp_chunk_writer *w);

/* Makes the next message of every csid start with a full header (fmt 0), as
 * when messages that were laid out will not be sent. */
RTMP_API void rtmp_chunk_writer_forget(struct rtmp_chunk_writer *w);

/*
 * One message laid out as chunks: its bytes exist only as pieces of this
 * struct and of the payload, in the order
 *
 *     head  payload[0..chunk)  next  payload[chunk..2 chunk)  next ...
 *
 * since every type 3 header of a message is the same.  Nothing is copied, and
 * the chunks may leave in pieces of any size.  The fields are for reading.
 */
struct rtmp_chunk_layout {
	const uint8_t *payload; /* borrowed from the message */
	uint32_t size;		/* of the payload */
	uint32_t chunk_size;
	uint32_t total; /* bytes on the wire */
	uint32_t done;	/* of which so many have left */
	uint8_t head[RTMP_CHUNK_HEADER_MAX];
	uint8_t head_size;
	uint8_t next[7]; /* type 3: basic header, extended timestamp */
	uint8_t next_size;
};

/*
 * Lays out msg with the shortest header (fmt 0 to 3) that the last message on
 * msg->csid allows.  Layouts must leave in the order in which they were made.
 * Returns 0; RTMP_ERR_INVAL (csid, size) or RTMP_ERR_NOMEM, with w unchanged.
 */
RTMP_API int rtmp_chunk_write(struct rtmp_chunk_writer *w,
    const struct rtmp_message *msg, struct rtmp_chunk_layout *layout);

/*
 * What has not left yet, as at most max pieces for writev(); returns their
 * count, 0 when all has left.  *bytes, which may be NULL, receives how many
 * bytes they hold.  Valid as long as the layout stays where it is and the
 * payload lives.
 */
RTMP_API int rtmp_chunk_layout_iov(const struct rtmp_chunk_layout *layout,
    struct iovec *iov, int max, size_t *bytes);

/* So many bytes have left; at most total - done. */
RTMP_API void rtmp_chunk_layout_advance(struct rtmp_chunk_layout *layout,
    size_t size);

/*
 * The same as one copy: writes all of msg into buf and the length into
 * *written.  Returns 0; RTMP_ERR_NOBUF, with *written what is needed;
 * RTMP_ERR_INVAL or RTMP_ERR_NOMEM.  On error w is unchanged.
 */
RTMP_API int rtmp_chunk_write_buf(struct rtmp_chunk_writer *w,
    const struct rtmp_message *msg, uint8_t *buf, size_t size,
    size_t *written);

#ifdef __cplusplus
}
#endif

#endif
