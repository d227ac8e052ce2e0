// SPDX-License-Identifier: GPL-2.0
/*
 * ISPENDR and ICPENDR, read and written while another vCPU puts the interrupt into a list register and takes it out of
 * it again, as fast as it can and in a thread of its own: what is pending reads as pending each time, what was cleared
 * never does, and what comes behind the clearing is not lost.
 *
 * A failure means that a guest, or its debugger, is told wrongly about an interrupt, or loses one.
 * Implementation: vgic/irq_regs.c, burst.c. Rules: IHI 0069, 12.9.26 (GICD_ISPENDR), 12.9.5 (GICD_ICPENDR).
 *
 * Runs at: build host. Owns: nothing. Locks: the model's dist lock.
 */
#include <sched.h>

#include "shim/vgic_vm.h"
#include "tap.h"

#define ENTRIES	50000
#define EDGE	50
#define LEVEL	40
#define SGI	3

static int stop;
static u32 entries;

/* Its guest has interrupts masked: each one that it is given comes back as it was. */
static void *goes_in_and_out(void *arg)
{
	struct av_vcpu *vcpu = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (!try_enter_guest(vcpu)) {
			sched_yield();
			continue;
		}
		exit_guest(vcpu);
		__atomic_fetch_add(&entries, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void wait_a_little(void)
{
	sched_yield();
}

static pthread_t begin(void)
{
	pthread_t thread;

	/* Waits end by what they are for, not by the clock. */
	time_step = 1;
	waiting = wait_a_little;
	stop = 0;
	entries = 0;
	pthread_create(&thread, NULL, goes_in_and_out, &cpus[0]);
	return thread;
}

static bool goes_on(void)
{
	return __atomic_load_n(&entries, __ATOMIC_RELAXED) < ENTRIES;
}

static void end(pthread_t thread)
{
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	waiting = NULL;
}

static void make_pending(u32 intid)
{
	if (intid < AV_VGIC_SGIS)
		av_vgic_post_sgi(&cpus[0], intid);
	else
		inject(0, intid, 1);
}

static void stays_pending(u32 intid, bool is_active, const char *what)
{
	struct av_vgic_access a = at(&cpus[intid < 32 ? 0 : 1], intid & ~31U);
	u32 bit = BIT(intid % 32), n, missed = 0;
	pthread_t thread;

	new_vm(4);
	if (is_active)
		av_vgic_write_sactive(&a, bit);
	make_pending(intid);
	thread = begin();
	for (n = 0; goes_on(); n++)
		missed += !(av_vgic_read_pending(&a) & bit);
	end(thread);
	printf("# %u of %u times missed\n", missed, n);
	check(!missed, what);
}

static void is_cleared(u32 intid, const char *what, const char *then)
{
	struct av_vgic_access a = at(&cpus[intid < 32 ? 0 : 1], intid & ~31U);
	u32 bit = BIT(intid % 32), n, left = 0, lost = 0;
	const struct av_vgic_block *b;
	pthread_t thread;

	new_vm(4);
	b = av_vgic_block(&vm, &cpus[0], intid);
	thread = begin();
	for (n = 0; goes_on(); n++) {
		make_pending(intid);
		lost += !(av_vgic_read_pending(&a) & bit);
		av_vgic_write_cpend(&a, bit);
		left += !!(av_vgic_read_pending(&a) & bit);
	}
	end(thread);
	printf("# %u of %u times still there, %u times lost\n", left, n, lost);
	check(!left, what);
	check(!lost, then);
	check(!cpus[0].holders && !(b->late_unpend & bit), "nothing is left for later");
}

int main(void)
{
	stays_pending(SGI, false, "an SGI of another vCPU's reads as pending");
	stays_pending(SGI, true, "an active one too");
	stays_pending(EDGE, false, "an edge does");
	stays_pending(EDGE, true, "an active one too");
	stays_pending(LEVEL, false, "a level does");
	is_cleared(SGI, "an SGI that was cleared does not", "and the next one is there");
	is_cleared(EDGE, "an edge that was cleared does not", "and the next one is there");
	return tap_end();
}
