// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What a vCPU writes to ISACTIVER, ICACTIVER and ICPENDR counts from the store on, while another one runs
 *            and gets the very interrupt: one that was made active is not acknowledged until it is no more, one that
 *            is acknowledged after ICACTIVER stays active, one that was cleared does not come. And ISPENDR shows what
 *            is pending, also in the moment in which it goes into a list register or comes back.
 * Reference: GICv3 architecture (IHI0069) 12.11.19 GICR_ISACTIVER0, 12.11.5 GICR_ICACTIVER0, 12.9.26 GICD_ISPENDR;
 *            GICv2 (IHI0048) 4.3.7 to 4.3.10; caveat C31 of before.
 * A failure: the guest's line: a write that was lost, or that was carried out too late.
 *
 * An access waits 20 ms for the other vCPU at most (SETTLE_NS in vgic/irq_regs.c), and what it does if that was in vain
 * is the caveat that is left. The guest measures its accesses: a round in which one of them took that long proves
 * nothing. On a machine that has its processors to itself there is none; where others want them too, emulated ones
 * that share them above all, one round in ten must be another.
 */
#include "harness.h"
#include "gic.h"
#include "timer.h"

#define SGI	5
#define SPI	40
#define ROUNDS	200
#define WHILE	2000		/* as long as an interrupt that is not to come is waited for */
#define LOOKS	4		/* at the pending state of one that goes in and out */

static u64 intid;		/* SGI or SPI */
static u64 redist;		/* of vCPU 0, when it is ready; of a GICv2 something else than 0 */
static u64 masked, unmasked;	/* rounds that vCPU 0 has begun with all priorities masked; that it may let in */
static u64 acked, ended, told;	/* acknowledgments; ends of them; ends that it may do */
static bool late;		/* in this round an access took too long */

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

	intid = arg;
	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(intid, 0x80);
	if (intid == SPI) {
		gic_set_edge(SPI, true);
		gic_set_route(SPI, 0);
	}
	gic_enable(intid);
	give(&redist, gic_version == 2 ? 1 : gic_redist());
	for (i = 1; i <= ROUNDS; i++) {
		if (i & 1) {
			gic_set_pmr(0);
			give(&masked, i);
			wait_for(&unmasked, i);
			gic_set_pmr(0xff);
		} else {
			give(&masked, i);
		}
		while (gic_ack() != intid)
			cpu_relax();
		give(&acked, i);
		wait_for(&told, i);
		gic_eoi(intid);
		give(&ended, i);
	}
	GUEST_DONE();
}

static u64 address(u32 reg)
{
	return intid == SPI ? GICD_BASE + reg + SPI / 32 * 4 : redist + GICR_SGI_BASE + reg;
}

static void note_late(u64 since)
{
	late |= vcount() - since >= ms_to_ticks(20);
}

static bool bank(u32 reg)
{
	u64 since = vcount();
	bool set = readl(address(reg)) & 1u << intid % 32;

	dsb_sy();
	note_late(since);
	return set;
}

static void set(u32 reg)
{
	u64 since = vcount();

	writel(1u << intid % 32, address(reg));
	dsb_sy();
	note_late(since);
}

#define ASSERT_UNLESS_LATE(what) GUEST_ASSERT((what) || late)

static void make_pending(void)
{
	if (intid == SPI)
		set(GICD_ISPENDR);
	else
		gic_sgi(SGI, 1);
}

/* In vCPU 0's list register, whose exits these reads bring about. */
static void stays_pending(void)
{
	u32 n;

	for (n = 0; n < LOOKS && !late; n++)
		ASSERT_UNLESS_LATE(bank(GICD_ISPENDR));
	set(GICD_ICPENDR);
	ASSERT_UNLESS_LATE(!bank(GICD_ISPENDR));
	make_pending();
	ASSERT_UNLESS_LATE(bank(GICD_ISPENDR));
}

/* It was active before it could be acknowledged: it stays away until that ends, and then it comes. */
static void stays_away(u64 i)
{
	u32 n;

	ASSERT_UNLESS_LATE(bank(GICD_ISACTIVER));
	if (i & 1)
		give(&unmasked, i);
	for (n = 0; n < WHILE; n++)
		cpu_relax();
	ASSERT_UNLESS_LATE(READ_ONCE(acked) == i - 1);
	ASSERT_UNLESS_LATE(bank(GICD_ISPENDR) && bank(GICD_ISACTIVER));
	set(GICD_ICACTIVER);
	if (late)
		return;
	wait_for(&acked, i);
	ASSERT_UNLESS_LATE(bank(GICD_ISACTIVER));
}

static void round_of(u64 i)
{
	u64 n;

	wait_for(&masked, i);
	make_pending();
	while ((i & 1) && !bank(GICD_ISPENDR))
		cpu_relax();
	if (i & 1)
		stays_pending();
	for (n = 0; !(i & 1) && n < i * 7 % 64; n++)
		cpu_relax();
	set(GICD_ISACTIVER);
	if (bank(GICD_ISPENDR)) {
		stays_away(i);
		return;
	}
	/* Acknowledged before: nothing of the write is to be seen, for it was active. */
	ASSERT_UNLESS_LATE(!(i & 1));
	if (late)
		return;
	wait_for(&acked, i);
	set(GICD_ICACTIVER);
	ASSERT_UNLESS_LATE(!bank(GICD_ISACTIVER));
}

/* What was written too late may be lost, and may have met what came after it: on to the next round all the same. */
static void recover(u64 i)
{
	u64 n;

	if (i & 1)
		give(&unmasked, i);
	while (READ_ONCE(acked) != i) {
		set(GICD_ICACTIVER);
		if (!bank(GICD_ISPENDR))
			make_pending();
		for (n = 0; n < WHILE; n++)
			cpu_relax();
	}
	dsb_sy();
	set(GICD_ICPENDR);
}

static void clean_up(void)
{
	do {
		set(GICD_ICACTIVER);
		set(GICD_ICPENDR);
	} while (bank(GICD_ISACTIVER) || bank(GICD_ISPENDR));
}

static void guest_writes(u64 arg)
{
	u64 i, proven = 0;

	intid = arg;
	gic_cpu_init();
	while (!READ_ONCE(redist))
		cpu_relax();
	for (i = 1; i <= ROUNDS; i++) {
		late = false;
		round_of(i);
		if (late)
			recover(i);
		give(&told, i);
		wait_for(&ended, i);
		ASSERT_UNLESS_LATE(!bank(GICD_ISACTIVER) && !bank(GICD_ISPENDR));
		if (late)
			clean_up();
		else
			proven++;
	}
	GUEST_ASSERT(proven >= ROUNDS / 10);
	GUEST_DONE();
}

static void run(u32 of)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_gets_it, of);
	guest_vcpu(vm, 1, guest_writes, of);
	gic_create(vm, 64);
	vcpus_run_done(vm);
	vm_free(vm);
}

TEST(an_spi_of_a_vcpu_that_runs)
{
	run(SPI);
}

TEST(an_sgi_of_a_vcpu_that_runs)
{
	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3))
		SKIP(return, "a GICv2's private interrupts are seen by their own CPU alone");
	run(SGI);
}

SELFTEST_MAIN
