#ifndef RTMPIO_STREAM_CACHE_H
#define RTMPIO_STREAM_CACHE_H

#include <rtmpio/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a stream in progress must say again to whoever joins it: a publisher
 * that goes over to another server, after RTMP_EVENT_RECONNECT or an error,
 * replays it there before its next key frame; a server sends it to a late
 * player.
 *
 *     for each packet:
 *         rtmp_stream_cache_put(cache, &packet);
 *         if (moving && (rtmp_packet_is(&packet) & RTMP_IS_KEY_FRAME)) {
 *             pos = 0;
 *             while (rtmp_stream_cache_next(cache, &pos, packet.timestamp,
 *                 &old))
 *                 rtmp_write_packet(new_server, &old);
 *             (then close the old server, and go on with the new one)
 *         }
 *         rtmp_write_packet(server, &packet);
 */

/* ---- What a packet is ---- */

#define RTMP_IS_KEY_FRAME 1u	   /* coded video where decoding can begin */
#define RTMP_IS_SEQUENCE_HEADER 2u /* codec configuration */
#define RTMP_IS_SETTING 4u	   /* what else holds for all that follows:
				    * onMetaData, video Metadata (colorInfo),
				    * MultichannelConfig */

/* Flags of what the packet holds, in any of its tracks; 0 for all else, and
 * for what is malformed. */
RTMP_API unsigned rtmp_packet_is(const struct rtmp_packet *packet);

/* ---- The cache ---- */

struct rtmp_stream_cache;

#define RTMP_STREAM_CACHE_SIZE (1u << 20) /* the default */

/* Packets in it have together at most max_size bytes, against a stream that
 * makes up tracks; 0 is the default.  mem may be NULL.  Returns 0 or
 * RTMP_ERR_NOMEM. */
RTMP_API int rtmp_stream_cache_new(struct rtmp_stream_cache **c,
    size_t max_size, const struct rtmp_mem *mem);
RTMP_API void rtmp_stream_cache_free(struct rtmp_stream_cache *c);

/*
 * Looks at a packet of the stream, and copies what is to be kept: the last
 * onMetaData, and of each audio and video track the last sequence header and
 * setting, legacy or Enhanced.  From a packet for many tracks each is kept on
 * its own, as OneTrack.  A sequence header of another codec takes the
 * MultichannelConfig of its track away, "@clearDataFrame" the onMetaData.
 *
 * Returns 0, for most packets without doing anything; RTMP_ERR_INVAL (type);
 * RTMP_ERR_MALFORMED: what precedes the fault was kept; RTMP_ERR_NOBUF:
 * max_size is reached; or RTMP_ERR_NOMEM.  What cannot be kept takes the place
 * of what it replaces, too: nothing that is out of date stays.
 */
RTMP_API int rtmp_stream_cache_put(struct rtmp_stream_cache *c,
    const struct rtmp_packet *packet);

/*
 * The packets to be replayed, one by one: onMetaData, then video, then audio,
 * the tracks in their order.  Begin with 0 in *pos.  Returns 1 and the packet,
 * with the timestamp given, its data lent until the next put; or 0 when there
 * are no more.
 */
RTMP_API int rtmp_stream_cache_next(const struct rtmp_stream_cache *c,
    size_t *pos, uint32_t timestamp, struct rtmp_packet *packet);

/* Forgets all of it, as for another stream. */
RTMP_API void rtmp_stream_cache_clear(struct rtmp_stream_cache *c);

#ifdef __cplusplus
}
#endif

#endif
