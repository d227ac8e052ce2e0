// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A new priority or group counts at once for an interrupt that is pending already, also when it waits in a
 *            list register, and when it is another vCPU that writes it.
 * Reference: IHI 0069, 4.8 (prioritisation), 12.9.20 GICD_IPRIORITYR<n>, 12.11.10 GICR_IGROUPR0; caveat C31 of before.
 * A failure: the round, and which interrupt was the highest.
 */
#include "gic.h"
#include "harness.h"

#define ROUNDS		500
#define SGI_A		3
#define SGI_B		5
#define SPI_A		40
#define SPI_B		41
#define LOW		0xa0
#define HIGH		0x40

static u64 turn, ready;

static void set_group(u32 intid, u32 group)
{
	u64 reg = gic_redist() + GICR_SGI_BASE + GICD_IGROUPR;
	u32 v = readl(reg);

	writel(group ? v | 1u << intid : v & ~(1u << intid), reg);
}

static void set_up(const u32 *intid)
{
	int i;

	gic_cpu_init();
	for (i = 0; i < 2; i++) {
		gic_set_prio(intid[i], LOW);
		gic_enable(intid[i]);
	}
}

static void guest_own(u64 arg)
{
	static const u32 sgi[] = { SGI_A, SGI_B };
	u32 i;

	gic_dist_init();
	set_up(sgi);
	irq_disable();
	gic_sgi(SGI_A, 1);
	gic_sgi(SGI_B, 1);
	for (i = 0; i < ROUNDS; i++) {
		GUEST_ASSERT_EQ(SGI_A, read_gicreg(icc_hppir1));
		gic_set_prio(SGI_B, HIGH);
		GUEST_ASSERT_EQ(SGI_B, read_gicreg(icc_hppir1));
		gic_set_prio(SGI_B, LOW);
		GUEST_ASSERT_EQ(SGI_A, read_gicreg(icc_hppir1));
		set_group(SGI_A, 0);
		GUEST_ASSERT_EQ(SGI_B, read_gicreg(icc_hppir1));
		set_group(SGI_A, 1);
	}
	GUEST_DONE();
}

TEST(the_own_interrupts)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_own, 0);

	if (gic_type(vm) != KVM_DEV_TYPE_ARM_VGIC_V3)
		SKIP(return, "a GICv2's CPU interface is the device");
	gic_create(vm, 0);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* What is active is ended by the priority that it was acknowledged with, whatever is written meanwhile. */
static void guest_active(u64 arg)
{
	static const u32 sgi[] = { SGI_A, SGI_B };
	u32 i;

	gic_dist_init();
	set_up(sgi);
	irq_disable();
	for (i = 0; i < ROUNDS; i++) {
		gic_set_prio(SGI_A, LOW);
		gic_sgi(SGI_A, 1);
		GUEST_ASSERT_EQ(SGI_A, gic_ack());
		gic_set_prio(SGI_A, i & 1 ? HIGH : LOW + 0x10);
		readl(MMIO_IPA);			/* to user space and back: its list register is filled anew */
		GUEST_ASSERT_EQ(LOW, gic_rpr());
		gic_eoi(SGI_A);
		GUEST_ASSERT_EQ(0xff, gic_rpr());
		GUEST_ASSERT(!(readl(gic_redist() + GICR_SGI_BASE + GICD_ISACTIVER) & 1u << SGI_A));
	}
	GUEST_DONE();
}

TEST(an_active_interrupt)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_active, 0);
	struct ucall uc;
	int ret;

	if (gic_type(vm) != KVM_DEV_TYPE_ARM_VGIC_V3)
		SKIP(return, "a GICv2's CPU interface is the device");
	gic_create(vm, 0);
	do {
		ret = vcpu_run(vcpu, &uc);
	} while (ret == UCALL_NONE && vcpu->run->exit_reason == KVM_EXIT_MMIO);
	ASSERT_EQ(UCALL_DONE, ret);
	vm_free(vm);
}

/* The writer changes SPI B's priority, back and forth; this vCPU sees it without doing anything. */
static void guest_waits(u64 arg)
{
	static const u32 spi[] = { SPI_A, SPI_B };
	u64 i;

	gic_dist_init();
	for (i = 0; i < 2; i++) {
		gic_set_edge(spi[i], true);
		gic_set_route(spi[i], 0);
	}
	set_up(spi);
	irq_disable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	gic_set_bit(GICD_ISPENDR, SPI_B);
	WRITE_ONCE(ready, 1);
	for (i = 1; i <= ROUNDS; i++) {
		WRITE_ONCE(turn, i);
		while (read_gicreg(icc_hppir1) != (i & 1 ? SPI_B : SPI_A))
			;
	}
	GUEST_DONE();
}

static void guest_writes(u64 arg)
{
	u64 i;

	while (!READ_ONCE(ready))
		cpu_relax();
	for (i = 1; i <= ROUNDS; i++) {
		while (READ_ONCE(turn) < i)
			cpu_relax();
		gic_set_prio(SPI_B, i & 1 ? HIGH : LOW);
	}
	GUEST_DONE();
}

TEST(another_vcpus_interrupts)
{
	struct vm *vm = vm_create_guest();

	if (gic_type(vm) != KVM_DEV_TYPE_ARM_VGIC_V3)
		SKIP(return, "a GICv2's CPU interface is the device");
	run_timeout(80);
	guest_vcpu(vm, 0, guest_waits, 0);
	guest_vcpu(vm, 1, guest_writes, 0);
	gic_create(vm, 0);
	vcpus_run_done(vm);
	vm_free(vm);
}

SELFTEST_MAIN
