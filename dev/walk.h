/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk: a short look at something of a VM's that others may take away. Who looks says so in a word that is its own;
 * who has taken it away waits until each that was in a walk then has ended it. One barrier for who looks, where SRCU
 * has two and an atomic each; and no grace period for who waits, where RCU has one of many milliseconds, of which a VMM
 * that resets a device or sets up its interrupts would see hundreds.
 *
 * Runs at: host kernel. Owns: nothing. Locks: none.
 *
 * A word has one walker at a time, which can't be preempted nor nested: a walk is not to be interrupted by another one
 * on the same word. (Where a walk may sleep, on PREEMPT_RT, others wait longer.)
 */
#ifndef AV_WALK_H
#define AV_WALK_H

#include <linux/compiler.h>
#include <linux/delay.h>
#include <asm/barrier.h>

static __always_inline void av_walk_begin(u32 *word)
{
	WRITE_ONCE(*word, *word + 1);
	/* The word is written before anything is looked at; pairs with who takes away, see av_walk_await(). */
	smp_mb();
}

static __always_inline void av_walk_end(u32 *word)
{
	/* Release: what was found was used before. */
	smp_store_release(word, *word + 1);
}

/*
 * Wait for the walk that is going on, if any. What was taken away can't be found any more, and a full barrier stands
 * between that and the first call. May sleep.
 */
static inline void av_walk_await(const u32 *word)
{
	/* Acquire: what the walk did is done. */
	u32 seen = smp_load_acquire(word);

	/* Likewise. */
	while (seen & 1 && smp_load_acquire(word) == seen)
		usleep_range(5, 50);
}

#endif
