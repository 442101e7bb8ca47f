#ifndef RTMPIO_TYPES_H
#define RTMPIO_TYPES_H

/*
 * What every other header builds on.  The map of the library:
 *
 *     rtmp.h          the blocking client: connect, publish, play, write, read
 *     reconnect.h     a publisher and a player that outlive their connections
 *     session.h       the same without I/O: bytes in, events and bytes out
 *     capabilities.h  what each side can take, as Enhanced RTMP tells it
 *     url.h           rtmp:// URLs taken apart, and references resolved
 *     io.h            transports: TCP, proxies, RTMPT, RTMPE, or the caller's
 *     handshake.h     C0 C1 C2, S0 S1 S2, with digests and keys where wanted
 *     chunk.h         messages cut into chunks and put together again
 *     amf0.h          the encoding of commands and metadata
 *     media.h         what encoders produce to packets, packets to what
 *                     players need; timestamps
 *     tag.h           the headers in audio and video packets
 *     metadata.h      onMetaData as a struct
 *     stream_cache.h  what a stream in progress says again to a new server
 *     flv.h           FLV files: the packets of RTMP at rest
 *
 * Conventions that hold everywhere, and that no function repeats:
 *
 * - A function that can fail returns int: 0, or a small positive answer that
 *   its comment names, on success; one of enum rtmp_error on failure.  Sizes
 *   never travel in the return value, they come back through a size_t *.
 * - Pointer arguments must not be NULL unless the comment says that they may.
 *   Every *_free() takes NULL.
 * - "Lent" data belongs to the library and is valid until the next call on
 *   the same object, unless another moment is named.  What a caller passes in
 *   is copied before the function returns, unless the comment says "held".
 * - Times are milliseconds.  Timestamps are 32 bits and wrap.
 * - An object may be used by one thread at a time.  Nothing is global.
 * - A struct that the caller fills has an init function that takes its size:
 *   it sets the defaults, and lets the struct grow without breaking programs
 *   that were compiled before it grew.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks the symbols that the shared library exports; all others are hidden. */
#if defined(RTMP_BUILDING) && defined(__GNUC__)
#define RTMP_API __attribute__((visibility("default")))
#else
#define RTMP_API
#endif

/* The one place where the version is written; the Makefile reads it here. */
#define RTMP_LIBRARY_VERSION "0.1.0"

/* The version of the library linked, which the macro may differ from. */
RTMP_API const char *rtmp_library_version(void);

enum rtmp_error {
	/* Not a failure: nothing can move now, wait for I/O and call again. */
	RTMP_ERR_AGAIN = -1,

	/* The call was refused and changed nothing. */
	RTMP_ERR_INVAL = -10, /* an argument is out of range */
	RTMP_ERR_STATE = -11, /* not possible in the current state */
	RTMP_ERR_URL = -12,   /* not an RTMP URL */
	RTMP_ERR_NOBUF = -13, /* the output buffer is too small */
	RTMP_ERR_MALFORMED = -14, /* the packet or frame breaks its format: it
				   * is left out, the next may be good */
	RTMP_ERR_UNSUPPORTED = -15, /* the library was built without it */

	/* At or below this value the object is finished: free it. */
	RTMP_ERR_FATAL = -100,
	RTMP_ERR_NOMEM = -101,	   /* out of memory */
	RTMP_ERR_IO = -102,	   /* the transport failed */
	RTMP_ERR_EOF = -103,	   /* the peer closed the transport */
	RTMP_ERR_TIMEOUT = -104,   /* the deadline passed */
	RTMP_ERR_CANCELED = -105,  /* rtmp_cancel() was called */
	RTMP_ERR_RESOLVE = -106,   /* host name not found */
	RTMP_ERR_CONNECT = -107,   /* no address of the host accepted */
	RTMP_ERR_TLS = -108,	   /* no TLS transport, or it failed */
	RTMP_ERR_HANDSHAKE = -109, /* S0, S1 or S2 is not acceptable */
	RTMP_ERR_PROTO = -110,	   /* the peer or the file broke its format */
	RTMP_ERR_LIMIT = -111,	   /* ... or exceeded a configured limit */
	RTMP_ERR_REJECTED = -112   /* _error, or onStatus of level "error" */
};

/* The error in words, without its circumstances.  Never NULL, never freed. */
RTMP_API const char *rtmp_strerror(int err);
/* 1 when err is at or below RTMP_ERR_FATAL, else 0. */
RTMP_API int rtmp_is_fatal(int err);

/* Message Type Id: RTMP 1.0, sections 5.4, 6.2 and 7.1. */
enum rtmp_message_type {
	RTMP_MSG_SET_CHUNK_SIZE = 1,
	RTMP_MSG_ABORT = 2,
	RTMP_MSG_ACKNOWLEDGEMENT = 3,
	RTMP_MSG_USER_CONTROL = 4,
	RTMP_MSG_WINDOW_ACK_SIZE = 5,
	RTMP_MSG_SET_PEER_BANDWIDTH = 6,
	RTMP_MSG_AUDIO = 8,
	RTMP_MSG_VIDEO = 9,
	RTMP_MSG_DATA_AMF3 = 15,
	RTMP_MSG_SHARED_OBJECT_AMF3 = 16,
	RTMP_MSG_COMMAND_AMF3 = 17,
	RTMP_MSG_DATA_AMF0 = 18,
	RTMP_MSG_SHARED_OBJECT_AMF0 = 19,
	RTMP_MSG_COMMAND_AMF0 = 20,
	RTMP_MSG_AGGREGATE = 22
};

/*
 * A packet is what an application publishes or plays: the body of one FLV
 * tag, with its type and its time.  data is borrowed, never freed by whoever
 * receives the struct; each function says how long it stays valid.
 */
struct rtmp_packet {
	uint8_t type;	    /* RTMP_MSG_AUDIO, _VIDEO or _DATA_AMF0 */
	uint32_t timestamp; /* decoding time in milliseconds */
	const uint8_t *data;
	size_t size;
};

/*
 * Memory functions; ctx is passed to each.  Where a pointer to this struct is
 * taken, NULL means libc; the struct is copied.  realloc(ctx, NULL, n)
 * allocates; size is never 0; it returns NULL when out of memory.
 */
struct rtmp_mem {
	void *ctx;
	void *(*realloc)(void *ctx, void *ptr, size_t size);
	void (*free)(void *ctx, void *ptr);
};

#ifdef __cplusplus
}
#endif

#endif
