/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers of selftests/fuzz share; host half only. A fuzzer is called "NAME --seed N --time SECONDS", draws
 * all its choices from the seed, counts what it got done, and calls fuzz_main(). That prints a line of progress every
 * ten seconds and one of totals at the end, and fails the fuzzer when a counter that must move stood still: a fuzzer
 * that has stopped fuzzing looks like one that finds nothing.
 */
#ifndef SELFTESTS_FUZZ_H
#define SELFTESTS_FUZZ_H

#include "vm.h"

struct fuzz_counter {
	const char *name;
	bool must_move;			/* within fuzz_patience seconds, and at all */
	u64 n;
	u64 seen, seen_ns;		/* fuzz_main's: when it moved last */
};

/* Ended by a row without name. Counters may be bumped from any thread. */
static inline void fuzz_count(struct fuzz_counter *c, u64 n)
{
	__atomic_fetch_add(&c->n, n, __ATOMIC_RELAXED);
}

/* A result of kioctl(): counted by its errno, "ok" for those that are not negative. Returned as it is. */
int fuzz_errno(int ret);

extern u64 fuzz_seed;
extern unsigned int fuzz_patience;	/* seconds; 60 */
bool fuzz_over(void);			/* the time is up, or somebody has failed */
/* The fuzzer has found something: printed with the seed, exit status 1 at the end of fuzz_main(). */
void __attribute__((format(printf, 1, 2))) fuzz_fail(const char *fmt, ...);
/* What this thread is at, for the line that a crash of the fuzzer itself leaves. */
extern __thread const char *fuzz_doing;
/* Called just before each line of progress, to fetch counts from where they are. */
extern void (*fuzz_refresh)(void);

/*
 * Runs run(), which returns at the latest some seconds after fuzz_over() is true, and returns the exit status: 0, 1,
 * or 4 when there is no device (or run() called fuzz_skip()).
 */
int fuzz_main(int argc, char **argv, struct fuzz_counter *counters, void (*run)(void));
void __attribute__((noreturn)) fuzz_skip(const char *why);

/* Random numbers: a stream for each (seed, stream), not touched by what other streams drew. */
struct fuzz_rng {
	u64 s;
};

struct fuzz_rng fuzz_stream(u64 stream);

static inline u64 fuzz_rand(struct fuzz_rng *r)
{
	u64 z = r->s += 0x9e3779b97f4a7c15ULL;	/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline u64 fuzz_below(struct fuzz_rng *r, u64 n)
{
	return n ? fuzz_rand(r) % n : 0;
}

static inline bool fuzz_one_in(struct fuzz_rng *r, u64 n)
{
	return !fuzz_below(r, n);
}

#endif
