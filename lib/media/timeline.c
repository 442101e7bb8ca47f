/*
 * Times of frames made fit for RTMP, and timestamps of RTMP made whole again.
 * A timestamp has 32 bits of milliseconds and wraps after 49.7 days: RTMP 1.0,
 * section 5.3.1, compares them as RFC 1982 does.
 */
#include <string.h>

#include <rtmpio/media.h>

#include "media/object.h"
#include "media/track.h"

#define TRACKS 512 /* 256 of audio, 256 of video */

/* Beyond this, 146 years, a sum could overflow. */
#define TIME_MAX (INT64_MAX / 2)

struct rtmp_timeline {
	struct rtmp_mem mem;
	struct rtmp_timeline_options opt;
	int started;
	int64_t offset;	      /* added to every time */
	int64_t latest;	      /* dts of all tracks that was given out */
	int64_t last[TRACKS]; /* ... of each, or NO_TIME */
};

int
rtmp_media_is_time(int64_t t)
{
	return t >= -TIME_MAX && t <= TIME_MAX;
}

int64_t
rtmp_unwrap_timestamp(int64_t *last, uint32_t timestamp)
{
	uint32_t step;

	if (*last == RTMP_NO_TIME) {
		*last = timestamp;
		return *last;
	}
	step = timestamp - (uint32_t)*last;
	*last += step < 0x80000000U ? (int64_t)step
				    : (int64_t)step - 0x100000000;
	return *last;
}

void
rtmp_timeline_options_init(struct rtmp_timeline_options *opt,
    size_t struct_size)
{
	struct rtmp_timeline_options o;

	memset(&o, 0, sizeof(o));
	o.start = RTMP_NO_TIME;
	o.min_step = RTMP_NS_PER_MS;
	o.max_back = 1000LL * RTMP_NS_PER_MS;
	rtmp_struct_give(opt, struct_size, &o, sizeof(o));
}

int
rtmp_timeline_new(struct rtmp_timeline **t,
    const struct rtmp_timeline_options *opt)
{
	struct rtmp_timeline_options o;
	int i;

	rtmp_timeline_options_init(&o, sizeof(o));
	rtmp_struct_take(&o, sizeof(o), opt);
	if (o.min_step < 0 || o.min_step > TIME_MAX || o.max_back < 0 ||
	    (o.start != RTMP_NO_TIME && (o.start < 0 || o.start > TIME_MAX)))
		return RTMP_ERR_INVAL;
	*t = rtmp_object_new(o.mem, sizeof(**t));
	if (*t == NULL)
		return RTMP_ERR_NOMEM;
	(*t)->opt = o;
	for (i = 0; i < TRACKS; i++)
		(*t)->last[i] = RTMP_NO_TIME;
	return 0;
}

void
rtmp_timeline_free(struct rtmp_timeline *t)
{
	rtmp_object_free(t);
}

/* All that follows moves by this, too. */
static void
move_all(struct rtmp_timeline *t, int64_t by, int64_t *dts)
{
	t->offset += by;
	*dts += by;
}

static void
make_monotonic(struct rtmp_timeline *t, int64_t last, int64_t *dts,
    struct rtmp_timeline_report *rep)
{
	int64_t least = last + t->opt.min_step;

	if (last == RTMP_NO_TIME || *dts >= least)
		return;
	if (last - *dts > t->opt.max_back) {
		int64_t after = t->latest + t->opt.min_step;

		move_all(t, (after > least ? after : least) - *dts, dts);
		rep->changes |= RTMP_TIME_REBASED;
		return;
	}
	rep->raised = least - *dts;
	*dts = least;
	rep->changes |= RTMP_TIME_RAISED;
}

int
rtmp_timeline_fix(struct rtmp_timeline *t, struct rtmp_frame *frame,
    struct rtmp_timeline_report *report)
{
	uint8_t type = frame->tag != NULL ? frame->tag->type
					  : rtmp_codec_type(frame->codec);
	int64_t *last = &t->last[frame->track +
	    (type == RTMP_MSG_VIDEO ? TRACKS / 2 : 0)];
	int64_t pts = frame->pts;
	int64_t dts = frame->dts != RTMP_NO_TIME ? frame->dts : pts;
	struct rtmp_timeline_report rep = { 0, 0, 0 };

	if (!rtmp_media_is_time(pts) || !rtmp_media_is_time(dts) ||
	    t->offset > TIME_MAX)
		return RTMP_ERR_INVAL;
	if (!t->started && t->opt.start != RTMP_NO_TIME) {
		t->offset = t->opt.start - dts;
		rep.changes |= RTMP_TIME_STARTED;
	}
	t->started = 1;
	dts += t->offset;
	if (dts < 0) {
		move_all(t, -dts, &dts);
		rep.changes |= RTMP_TIME_SHIFTED;
	}
	if (t->opt.monotonic && frame->kind == RTMP_KIND_CODED)
		make_monotonic(t, *last, &dts, &rep);
	pts += t->offset;
	if (pts < dts && rep.raised != 0) {
		pts = dts;
		rep.changes |= RTMP_TIME_PTS;
	}
	if (frame->kind == RTMP_KIND_CODED)
		*last = dts;
	if (dts > t->latest)
		t->latest = dts;
	frame->pts = pts;
	frame->dts = dts;
	rep.offset = t->offset;
	if (report != NULL)
		*report = rep;
	return 0;
}
