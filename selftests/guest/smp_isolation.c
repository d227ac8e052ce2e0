// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Two VMs at the same time, on the same CPUs and with the same addresses,
 *            see their own memory, registers, interrupts and nothing else.
 * Reference: issue 2, items 4 and 7 (VMIDs).
 * A failure: shows the foreign value.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define VMS	3
#define WORDS	4096

static u64 irqs;
static u64 area[WORDS];

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	WRITE_ONCE(irqs, irqs + 1);
	write_sysreg(vcount() + ms_to_ticks(2), cntv_cval_el0);
	gic_eoi(id);
}

/* Everything carries the VM's number; the timer interrupts all the while. */
static void guest_works(u64 vm)
{
	u64 me = this_cpu()->index, round, i, half = me * WORDS / 2;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	write_sysreg(vcount() + ms_to_ticks(2), cntv_cval_el0);
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	irq_enable();
	write_sysreg(vm * 1000 + me, tpidr_el0);
	for (round = 1; round <= 30; round++) {
		for (i = half; i < half + WORDS / 2; i++)
			area[i] = vm << 48 | round << 32 | i;
		/* half of the rounds leave, half don't */
		if (round & 1)
			GUEST_SYNC(vm);
		for (i = half; i < half + WORDS / 2; i++)
			if (READ_ONCE(area[i]) != (vm << 48 | round << 32 | i))
				guest_abort(__FILE__, __LINE__, "memory of this VM",
					    vm << 48 | round << 32 | i, area[i]);
		if (read_sysreg(tpidr_el0) != vm * 1000 + me)
			guest_abort(__FILE__, __LINE__, "register of this VM",
				    vm * 1000 + me, read_sysreg(tpidr_el0));
	}
	while (!READ_ONCE(irqs))
		cpu_relax();
	GUEST_DONE();
}

static void *run_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret;

	while ((ret = vcpu_run(vcpu, &uc)) == UCALL_SYNC)
		if (uc.a[0] != (u64)guest_cpu_area(vcpu->vm, vcpu->id)->arg)
			die("a sync of VM %lu came out of another", uc.a[0]);
	if (ret != UCALL_DONE)
		die("run gave %d", ret);
	return NULL;
}

TEST(three_vms_of_two_vcpus)
{
	struct vm *vm[VMS];
	pthread_t t[VMS][2];
	int i, j;

	for (i = 0; i < VMS; i++) {
		vm[i] = vm_create_guest();
		for (j = 0; j < 2; j++)
			guest_vcpu(vm[i], j, guest_works, i + 1);
		gic_create(vm[i], 64);
	}
	for (i = 0; i < VMS; i++)
		for (j = 0; j < 2; j++) {
			ASSERT_EQ(0, pthread_create(&t[i][j], NULL, run_thread,
						    vm[i]->vcpus[j]));
		}
	for (i = 0; i < VMS; i++)
		for (j = 0; j < 2; j++)
			pthread_join(t[i][j], NULL);
	for (i = 0; i < VMS; i++)
		vm_free(vm[i]);
}

/* An interrupt for one VM never reaches the other. */
static void on_irq_any(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	WRITE_ONCE(irqs, irqs + 1);
	gic_eoi(id);
}

static void guest_listens(u64 arg)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq_any;
	gic_set_edge(40, true);
	gic_set_prio(40, 0x80);
	gic_set_route(40, 0);
	gic_enable(40);
	irq_enable();
	GUEST_SYNC(0);
	for (;;) {
		isb();
		delay_ms(2);
		GUEST_SYNC_ARGS(1, READ_ONCE(irqs), 0, 0);
	}
}

TEST(interrupts_stay_in_their_vm)
{
	struct vm *a = vm_create_guest(), *b = vm_create_guest();
	struct vcpu *va = guest_vcpu(a, 0, guest_listens, 0);
	struct vcpu *vb = guest_vcpu(b, 0, guest_listens, 0);
	int i;

	gic_create(a, 64);
	gic_create(b, 64);
	vcpu_run_sync(va, 0);
	vcpu_run_sync(vb, 0);
	for (i = 1; i <= 10; i++) {
		ASSERT_EQ(0, irq_line(a, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 1));
		ASSERT_EQ(0, irq_line(a, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 0));
		EXPECT_EQ(0, vcpu_run_sync(vb, 1).a[1]);
		EXPECT_EQ(i, vcpu_run_sync(va, 1).a[1]);
	}
	vm_free(a);
	vm_free(b);
}

SELFTEST_MAIN
