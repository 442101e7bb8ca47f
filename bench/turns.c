#include <unistd.h>

#include "librtmp.h"
#include "turns.h"

/* Mixes in a turn, of 7.7 MB. */
#define MIXES 10
#define MIXES_APART 130
#define ROUNDS_MORE 5 /* short turns for each long one; as in run.sh */

static int
mixes_of_turn(const struct run *run)
{
	return run->plan.apart ? MIXES_APART : MIXES;
}

static int
is_absent(const struct run *run)
{
	return run->competitor->is_other && !librtmp_installed();
}

static void
start_peer(struct run *run, int rounds)
{
	int turns = run->competitor->once ? 1 : rounds;

	run->plan.address = BENCH_LOOPBACK;
	run->plan.bare = run->competitor->bare;
	run->plan.times = turns * mixes_of_turn(run);
	run->plan.expected = run->plan.stream != NULL ? 0 :
	    run->load->bytes * (uint64_t)run->plan.times;
	peer_start(&run->peer, &run->plan);
}

static void
take_turn(struct run *run)
{
	unsigned long calls = bench_calls;
	int i, mixes = mixes_of_turn(run);
	double cpu = cpu_seconds();

	for (i = 0; i < mixes; i++) {
		run->competitor->mix(run);
		run->mixes++;
	}
	cpu = cpu_seconds() - cpu;
	calls = bench_calls - calls;
	if (calls == 0)
		die("the system calls were not counted");
	series_add(&run->cpu, cpu * 1e9 / ((double)run->load->bytes * mixes));
	series_add(&run->calls,
	    (double)calls / ((double)run->load->count * mixes));
}

void
turns_take(struct run *runs, int count, int rounds)
{
	struct run *run;
	int round, i;

	if (!runs->plan.apart)
		rounds *= ROUNDS_MORE;
	/* All peers come first: one that came later would keep the connections
	 * of those before it open. */
	for (i = 0; i < count; i++)
		if (!is_absent(&runs[i]))
			start_peer(&runs[i], rounds);
	for (i = 0; i < count; i++)
		if (!is_absent(&runs[i]))
			runs[i].competitor->start(&runs[i]);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < count; i++) {
			run = &runs[(i + round) % count];
			if (!is_absent(run) &&
			    (round == 0 || !run->competitor->once))
				take_turn(run);
		}
	}
	for (i = 0; i < count; i++) {
		if (is_absent(&runs[i]))
			continue;
		runs[i].competitor->end(&runs[i]);
		peer_wait(&runs[i].peer, NULL);
	}
}

void
bare_start(struct run *run)
{
	run->fd = dial(BENCH_LOOPBACK, run->peer.port);
}

void
bare_end(struct run *run)
{
	close(run->fd);
}

/* ---- The table ---- */

void
report_ratio(const char *what, const struct run *a, const struct run *b,
    const struct run *other, const char *reach)
{
	if (a->plan.apart && placements() == 1) {
		report_row(what, "one CPU only", reach, NULL);
		return;
	}
	report_row(what, cell("%.2f x", series_ratio(&a->cpu, &b->cpu)),
	    reach, other == NULL ? NULL :
	    librtmp_cell("%.2f x", series_ratio(&other->cpu, &b->cpu)));
}

void
report_cpu(const char *what, const struct run *a, const struct run *other)
{
	report_row(what, cell("%.3f", series_median(&a->cpu)), NULL,
	    other == NULL ? NULL :
	    librtmp_cell("%.3f", series_median(&other->cpu)));
}

void
report_calls(const struct run *a, const struct run *other, const char *reach)
{
	report_row("  system calls per message",
	    cell("%.2f", series_median(&a->calls)), reach, other == NULL ?
	    NULL : librtmp_cell("%.2f", series_median(&other->calls)));
}
