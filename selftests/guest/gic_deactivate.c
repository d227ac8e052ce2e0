// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     With EOImode 1 any vCPU may deactivate an SPI, by ICC_DIR_EL1, whoever acknowledged it and in whose list
 *            register it is; the timer's interrupt ends by DIR as it does by EOI; with EOImode 0 DIR does nothing.
 * Reference: GICv3 architecture (IHI0069) 4.1.1, ICC_DIR_EL1; the newest kernel's vgic_irq self-test asks for the same.
 * A failure: the guest's line: an interrupt that stays active, or does not come again.
 */
#include "harness.h"
#include "gic.h"
#include "timer.h"

#define SPI	40
#define ROUNDS	50

static u64 turn;

static void wait_turn(u64 n)
{
	while (READ_ONCE(turn) != n)
		cpu_relax();
	dsb_sy();
}

static void give_turn(u64 n)
{
	dsb_sy();
	WRITE_ONCE(turn, n);
}

static u32 wait_irq(void)
{
	u32 id;

	do {
		id = gic_ack();
	} while (id == INTID_SPURIOUS);
	return id;
}

/* vCPU 0 acknowledges, vCPU 1 deactivates. */
static void guest_acks(u64 level)
{
	u64 i;

	gic_dist_init();
	gic_cpu_init();
	gic_set_eoi_mode(true);
	gic_set_edge(SPI, !level);
	gic_set_prio(SPI, 0x80);
	gic_set_route(SPI, 0);
	gic_enable(SPI);
	for (i = 0; i < ROUNDS; i++) {
		gic_set_bit(GICD_ISPENDR, SPI);
		GUEST_ASSERT_EQ(SPI, wait_irq());
		gic_eoi(SPI);
		/* without an exit in between: it is still in this vCPU's list register */
		give_turn(2 * i + 1);
		wait_turn(2 * i + 2);
		GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI));
		GUEST_ASSERT_EQ(0xff, gic_rpr());
	}
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	GUEST_DONE();
}

static void guest_deactivates(u64 arg)
{
	u64 i;

	gic_cpu_init();
	gic_set_eoi_mode(true);
	for (i = 0; i < ROUNDS; i++) {
		wait_turn(2 * i + 1);
		gic_dir(SPI);
		GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI));
		give_turn(2 * i + 2);
	}
	GUEST_DONE();
}

static void run_pair(void (*fn0)(u64), void (*fn1)(u64), u64 arg)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, fn0, arg);
	guest_vcpu(vm, 1, fn1, arg);
	gic_create(vm, 64);
	vcpus_run_done(vm);
	vm_free(vm);
}

TEST(an_edge_spi_ends_by_another_vcpu)
{
	run_pair(guest_acks, guest_deactivates, 0);
}

TEST(a_level_spi_ends_by_another_vcpu)
{
	run_pair(guest_acks, guest_deactivates, 1);
}

/* ---- the timer ------------------------------------------------------------------------------------- */

static void guest_timer(u64 arg)
{
	u64 i;

	gic_dist_init();
	gic_cpu_init();
	gic_set_eoi_mode(true);
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	for (i = 0; i < ROUNDS; i++) {
		write_sysreg(vcount(), cntv_cval_el0);
		write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
		isb();
		GUEST_ASSERT_EQ(INTID_VTIMER, wait_irq());
		/* each other round before the line falls, so that it comes once more */
		if (i & 1) {
			gic_eoi(INTID_VTIMER);
			gic_dir(INTID_VTIMER);
			GUEST_ASSERT_EQ(INTID_VTIMER, wait_irq());
		}
		write_sysreg(0, cntv_ctl_el0);
		isb();
		GUEST_ASSERT(!gic_bit(GICD_ISPENDR, INTID_VTIMER));
		gic_eoi(INTID_VTIMER);
		gic_dir(INTID_VTIMER);
		GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, INTID_VTIMER));
	}
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	GUEST_DONE();
}

static void guest_idle(u64 arg)
{
	GUEST_DONE();
}

TEST(the_timer_ends_by_dir)
{
	run_pair(guest_timer, guest_idle, 0);
}

/* ---- EOImode 0 ------------------------------------------------------------------------------------- */

static void guest_dir_does_nothing(u64 arg)
{
	gic_dist_init();
	gic_cpu_init();
	gic_set_edge(SPI, true);
	gic_set_prio(SPI, 0x80);
	gic_set_route(SPI, 0);
	gic_enable(SPI);
	gic_set_bit(GICD_ISPENDR, SPI);
	GUEST_ASSERT_EQ(SPI, wait_irq());
	gic_dir(SPI);
	GUEST_ASSERT(gic_bit(GICD_ISACTIVER, SPI));
	gic_eoi(SPI);
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI));
	GUEST_DONE();
}

TEST(with_one_eoi_dir_does_nothing)
{
	run_pair(guest_dir_does_nothing, guest_idle, 0);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host's GIC is no GICv3")
