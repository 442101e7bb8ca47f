#ifndef BENCH_MIX_H
#define BENCH_MIX_H

/*
 * The mix that all figures are taken with: 30 frames per second at 6 Mbit/s
 * with a key frame every 2 s, and AAC at 48 kHz and 128 kbit/s.  The same
 * messages in every run, in the order of their time.
 *
 *     struct mix mix = { 0, 0, 0 };
 *     struct mix_message m;
 *     for (;;)
 *             mix_next(&mix, &m);
 */
#include <stdint.h>

#define MIX_FRAMES_PER_KEY 60
#define MIX_SIZE_MAX 200000 /* of a message: a key frame */

struct mix {
	uint32_t frames; /* video messages so far */
	uint32_t blocks; /* audio messages so far */
	uint32_t random;
};

struct mix_message {
	uint8_t type; /* 8 audio, 9 video */
	uint8_t key;  /* begins a group of pictures */
	uint32_t timestamp;
	uint32_t size;
};

/* -spread to +spread. */
static inline int32_t
mix_random(struct mix *mix, int32_t spread)
{
	mix->random = mix->random * 1664525u + 1013904223u;
	return (int32_t)(mix->random >> 16) % (2 * spread + 1) - spread;
}

static inline void
mix_next(struct mix *mix, struct mix_message *m)
{
	uint32_t video = (uint32_t)((uint64_t)mix->frames * 1000 / 30);
	uint32_t audio = (uint32_t)((uint64_t)mix->blocks * 1024 / 48);

	m->key = 0;
	if (video <= audio) {
		m->type = 9;
		m->timestamp = video;
		m->key = mix->frames++ % MIX_FRAMES_PER_KEY == 0;
		/* 60 frames make 1.5 MB. */
		m->size = m->key ? MIX_SIZE_MAX :
		    (uint32_t)(22034 + mix_random(mix, 6000));
	} else {
		m->type = 8;
		m->timestamp = audio;
		mix->blocks++;
		m->size = (uint32_t)(343 + mix_random(mix, 40));
	}
}

#endif
