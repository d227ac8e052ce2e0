// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What a vCPU writes to GICR_ISACTIVER0 and GICR_ICACTIVER0 of another one counts from the store on, while
 *            that one runs and gets the very interrupt: one that was made active is not acknowledged until it is no
 *            more, and one that is acknowledged after ICACTIVER stays active.
 * Reference: GICv3 architecture (IHI0069) 12.11.19 GICR_ISACTIVER0, 12.11.5 GICR_ICACTIVER0; caveat C31 of before.
 * A failure: the guest's line: a write that was lost, or that was carried out too late.
 */
#include "harness.h"
#include "gic.h"

#define SGI	5
#define ROUNDS	200
#define WHILE	2000		/* as long as an interrupt that is not to come is waited for */

static u64 redist;		/* of vCPU 0, when it is ready */
static u64 masked, unmasked;	/* rounds that vCPU 0 has begun with all priorities masked; that it may let in */
static u64 acked, ended, told;	/* acknowledgments; ends of them; ends that it may do */

static void wait_for(u64 *word, u64 n)
{
	while (READ_ONCE(*word) != n)
		cpu_relax();
	dsb_sy();
}

static void give(u64 *word, u64 n)
{
	dsb_sy();
	WRITE_ONCE(*word, n);
}

/* The interrupt of each round, from behind the mask in each other one. */
static void guest_gets_it(u64 arg)
{
	u64 i;

	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(SGI, 0x80);
	gic_enable(SGI);
	give(&redist, gic_redist());
	for (i = 1; i <= ROUNDS; i++) {
		if (i & 1) {
			gic_set_pmr(0);
			give(&masked, i);
			wait_for(&unmasked, i);
			gic_set_pmr(0xff);
		} else {
			give(&masked, i);
		}
		while (gic_ack() != SGI)
			cpu_relax();
		give(&acked, i);
		wait_for(&told, i);
		gic_eoi(SGI);
		give(&ended, i);
	}
	GUEST_DONE();
}

static bool bank(u32 reg)
{
	return readl(redist + GICR_SGI_BASE + reg) & 1u << SGI;
}

static void set(u32 reg)
{
	writel(1u << SGI, redist + GICR_SGI_BASE + reg);
	dsb_sy();
}

/* It was active before it could be acknowledged: it stays away until that ends, and then it comes. */
static void stays_away(u64 i)
{
	u32 n;

	GUEST_ASSERT(bank(GICD_ISACTIVER));
	if (i & 1)
		give(&unmasked, i);
	for (n = 0; n < WHILE; n++)
		cpu_relax();
	GUEST_ASSERT_EQ(i - 1, READ_ONCE(acked));
	GUEST_ASSERT(bank(GICD_ISPENDR) && bank(GICD_ISACTIVER));
	set(GICD_ICACTIVER);
	wait_for(&acked, i);
	GUEST_ASSERT(bank(GICD_ISACTIVER));
}

static void guest_writes(u64 arg)
{
	u64 i, n;

	gic_cpu_init();
	while (!READ_ONCE(redist))
		cpu_relax();
	for (i = 1; i <= ROUNDS; i++) {
		wait_for(&masked, i);
		gic_sgi(SGI, 1);
		while ((i & 1) && !bank(GICD_ISPENDR))
			cpu_relax();
		for (n = 0; !(i & 1) && n < i * 7 % 64; n++)
			cpu_relax();
		set(GICD_ISACTIVER);
		if (bank(GICD_ISPENDR)) {
			stays_away(i);
		} else {
			/* Acknowledged before: nothing of the write is to be seen, for it was active. */
			GUEST_ASSERT(!(i & 1));
			wait_for(&acked, i);
			set(GICD_ICACTIVER);
			GUEST_ASSERT(!bank(GICD_ISACTIVER));
		}
		give(&told, i);
		wait_for(&ended, i);
		GUEST_ASSERT(!bank(GICD_ISACTIVER) && !bank(GICD_ISPENDR));
	}
	GUEST_DONE();
}

TEST(active_state_of_a_vcpu_that_runs)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_gets_it, 0);
	guest_vcpu(vm, 1, guest_writes, 0);
	gic_create(vm, 64);
	vcpus_run_done(vm);
	vm_free(vm);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host's GIC is no GICv3")
