#include <stdlib.h>
#include <string.h>

#include <rtmpio/chunk.h>

#include "bench.h"
#include "librtmp.h"
#include "load.h"
#include "mix.h"

/* As the session does it: audio and video each on a chunk stream. */
#define CSID_AUDIO 4
#define CSID_VIDEO 6
#define STREAM_ID 1

static void
add(struct load *l, const struct mix_message *m)
{
	uint8_t *body = xmalloc(LIBRTMP_HEADROOM + m->size);
	struct rtmp_packet *p = &l->packets[l->count];

	body += LIBRTMP_HEADROOM;
	memset(body, 1, m->size);
	l->bodies[l->count++] = body;
	l->bytes += m->size;
	p->type = m->type;
	p->timestamp = m->timestamp;
	p->data = body;
	p->size = m->size;
}

void
load_init(struct load *l, uint32_t duration_ms)
{
	/* Less than 80 messages make a second. */
	size_t most = (size_t)duration_ms * 80 / 1000 + 2;
	struct mix mix = { 0, 0, 0 };
	struct mix_message m;

	memset(l, 0, sizeof(*l));
	l->duration_ms = duration_ms;
	l->packets = xmalloc(most * sizeof(*l->packets));
	l->bodies = xmalloc(most * sizeof(*l->bodies));
	for (mix_next(&mix, &m); m.timestamp < duration_ms;
	    mix_next(&mix, &m)) {
		if (l->count == most)
			die("the mix has more messages than expected");
		add(l, &m);
	}
}

uint8_t *
load_chunks(const struct load *l, uint32_t chunk_size, size_t *size)
{
	size_t room = (size_t)l->bytes + ((size_t)l->bytes / chunk_size +
	    2 * l->count) * RTMP_CHUNK_HEADER_MAX, i, n;
	struct rtmp_chunk_writer *w;
	struct rtmp_message m = { .msid = STREAM_ID };
	uint8_t *stream = xmalloc(room);

	*size = 0;
	if (rtmp_chunk_writer_new(&w, NULL) != 0 ||
	    rtmp_chunk_writer_set_size(w, chunk_size) != 0)
		die("chunk size %u", chunk_size);
	for (i = 0; i < l->count; i++) {
		m.type = l->packets[i].type;
		m.csid = m.type == RTMP_MSG_AUDIO ? CSID_AUDIO : CSID_VIDEO;
		m.timestamp = l->packets[i].timestamp;
		m.payload = l->packets[i].data;
		m.size = l->packets[i].size;
		if (rtmp_chunk_write_buf(w, &m, stream + *size, room - *size,
			&n) != 0)
			die("rtmp_chunk_write_buf");
		*size += n;
	}
	rtmp_chunk_writer_free(w);
	return stream;
}
