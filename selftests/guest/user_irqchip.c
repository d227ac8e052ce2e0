// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A VMM with an interrupt controller of its own (QEMU's kernel-irqchip=off) is told of each change of the
 *            timer's line by an end of KVM_RUN, once and before the guest goes on, and what it does to a CPU's line
 *            reaches a guest that runs or waits: no tick is lost, and a tick takes a handful of exits.
 * Reference: Documentation/virt/kvm/api.rst, 8.2 (KVM_CAP_ARM_USER_IRQ), 4.25 (KVM_IRQ_LINE).
 * A failure: a time-out is an interrupt that was lost, more exits than that are changes told twice; see run_loop() and
 *            tell_lines() in vcpu/run.c.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define VCPUS		2
#define TICKS		40
#define TICK_MS		4
/* INTR, acknowledge, end, and the next one's start; doubled, since signals and the scheduler end a RUN as well. */
#define EXITS_A_TICK	8

/* The interrupt controller: a page for each vCPU. */
#define REG_ACK		0	/* read: an interrupt, or NONE */
#define REG_EOI		4
#define REG_KICK	8	/* write: the other vCPU's line goes up, as for an SGI */
#define PAGE(cpu)	(MMIO_IPA + 0x1000 * (cpu))
#define NONE		1023
#define INTID_KICK	1

static u64 ticks[VCPUS], kicks[VCPUS];

static void on_irq(struct guest_frame *frame)
{
	u64 me = this_cpu()->index;
	u32 id = readl(PAGE(me) + REG_ACK);

	if (id == NONE)
		return;
	if (id == INTID_VTIMER) {
		write_sysreg(0, cntv_ctl_el0);
		isb();
		WRITE_ONCE(ticks[me], ticks[me] + 1);
	} else {
		GUEST_ASSERT_EQ(INTID_KICK, id);
		WRITE_ONCE(kicks[me], kicks[me] + 1);
	}
	writel(id, PAGE(me) + REG_EOI);
}

static void arm_timer(u64 ms)
{
	write_sysreg(vcount() + ms_to_ticks(ms), cntv_cval_el0);
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	isb();
}

static void guest_ticks(u64 waits)
{
	u64 me = this_cpu()->index, i;

	guest_irq_handler = on_irq;
	irq_enable();
	for (i = 1; i <= TICKS; i++) {
		arm_timer(TICK_MS);
		if (waits) {
			SLEEP_UNTIL(READ_ONCE(ticks[me]) == i);
		} else {
			while (READ_ONCE(ticks[me]) != i)
				cpu_relax();
		}
	}
	GUEST_DONE();
}

/* Each wakes the other, and waits for being woken. */
static void guest_kicks(u64 waits)
{
	u64 me = this_cpu()->index, i;

	guest_irq_handler = on_irq;
	irq_enable();
	for (i = 1; i <= TICKS; i++) {
		writel(1, PAGE(me) + REG_KICK);
		if (waits) {
			SLEEP_UNTIL(READ_ONCE(kicks[me]) >= i);
		} else {
			while (READ_ONCE(kicks[me]) < i)
				cpu_relax();
		}
	}
	GUEST_DONE();
}

/* ---- the VMM ------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct irqchip {
	bool timer;			/* pending */
	unsigned int kicked;		/* pending, and how many: none may be merged with another */
	bool active;
	bool line;			/* the CPU's, as last set */
	unsigned int exits, told;
} chips[VCPUS];

static void update(struct vm *vm, unsigned int cpu)
{
	struct irqchip *chip = &chips[cpu];
	bool line = (chip->timer || chip->kicked) && !chip->active;

	if (line != chip->line && irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, cpu, KVM_ARM_IRQ_CPU_IRQ, line))
		die("IRQ_LINE of a CPU");
	chip->line = line;
}

static u32 acknowledge(struct irqchip *chip)
{
	if (!chip->line)
		return NONE;
	chip->active = true;
	if (chip->timer)
		return INTID_VTIMER;
	chip->kicked--;
	return INTID_KICK;
}

static void access_chip(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u64 at = run->mmio.phys_addr - PAGE(vcpu->id);
	u32 id;

	if (!run->mmio.is_write && at == REG_ACK) {
		id = acknowledge(&chips[vcpu->id]);
		memcpy(run->mmio.data, &id, sizeof(id));
	} else if (run->mmio.is_write && at == REG_EOI) {
		chips[vcpu->id].active = false;
	} else if (run->mmio.is_write && at == REG_KICK) {
		chips[!vcpu->id].kicked++;
		update(vcpu->vm, !vcpu->id);
	} else {
		die("vCPU %u: access to 0x%llx", vcpu->id, run->mmio.phys_addr);
	}
}

/* One end of RUN, as QEMU takes it: the timer's line first, then what the exit is about. False: the guest is done. */
static bool turn(struct vcpu *vcpu)
{
	struct irqchip *chip = &chips[vcpu->id];
	int ret = vcpu_run_once(vcpu);
	bool timer;

	if (ret && ret != -EINTR)
		die("KVM_RUN: %s", strerror(-ret));
	if (!ret && vcpu->run->exit_reason != KVM_EXIT_MMIO)
		die("exit %u", vcpu->run->exit_reason);
	if (!ret && vcpu->run->mmio.phys_addr == UCALL_IPA)
		return false;
	pthread_mutex_lock(&lock);
	chip->exits++;
	timer = vcpu->run->s.regs.device_irq_level & KVM_ARM_DEV_EL1_VTIMER;
	chip->told += timer != chip->timer;
	chip->timer = timer;
	if (!ret)
		access_chip(vcpu);
	update(vcpu->vm, vcpu->id);
	pthread_mutex_unlock(&lock);
	return true;
}

static void *vcpu_thread(void *arg)
{
	while (turn(arg))
		;
	return NULL;
}

static void run_all(struct vm *vm)
{
	pthread_t threads[VCPUS];
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++)
		if (pthread_create(&threads[i], NULL, vcpu_thread, vm->vcpus[i]))
			die("pthread_create");
	for (i = 0; i < vm->nr_vcpus; i++)
		pthread_join(threads[i], NULL);
}

/* ---- tests --------------------------------------------------------------------------------------- */

FIXTURE(irqchip) {
	struct vm *vm;
};

FIXTURE_VARIANT(irqchip) {
	u64 waits;
};

FIXTURE_VARIANT_ADD(irqchip, guest_waits) { .waits = 1 };
FIXTURE_VARIANT_ADD(irqchip, guest_runs) { .waits = 0 };

FIXTURE_SETUP(irqchip)
{
	self->vm = vm_create_guest();
	if (!check_cap(self->vm->fd, KVM_CAP_ARM_USER_IRQ))
		SKIP(return, "no interrupt controller in user space");
}

FIXTURE_TEARDOWN(irqchip)
{
	vm_free(self->vm);
}

TEST_F(irqchip, no_tick_is_lost)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		guest_vcpu(self->vm, i, guest_ticks, variant->waits);
	run_all(self->vm);
	for (i = 0; i < VCPUS; i++) {
		/* Up and down again. */
		EXPECT_LE(2 * TICKS, chips[i].told);
		EXPECT_GE(EXITS_A_TICK * TICKS, chips[i].exits);
	}
}

TEST_F(irqchip, each_kick_arrives)
{
	unsigned int i;

	for (i = 0; i < VCPUS; i++)
		guest_vcpu(self->vm, i, guest_kicks, variant->waits);
	run_all(self->vm);
}

static void guest_is_told_late(u64 arg)
{
	arm_timer(1000000);
	GUEST_SYNC(1);
	GUEST_SYNC(2);
	GUEST_DONE();
}

/* The line that rose while the VMM had the CPU is told before the guest does anything more. */
TEST(what_rose_between_two_runs_is_told_first)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_is_told_late, 0);

	vcpu_run_sync(vcpu, 1);
	/* The deadline is now, and was far away while the guest ran. */
	reg_set(vcpu, KVM_REG_ARM_TIMER_CVAL, 0);
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
	EXPECT_EQ(KVM_ARM_DEV_EL1_VTIMER, vcpu->run->s.regs.device_irq_level);
	vcpu_run_sync(vcpu, 2);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static u64 isr;

static void guest_looks_at_its_lines(u64 arg)
{
	WRITE_ONCE(isr, read_sysreg(isr_el1));
	GUEST_DONE();
}

/* As KVM, whose VCPU_INIT makes HCR_EL2 anew: who resets his GIC by forgetting its state does not lower the line. */
TEST(vcpu_init_takes_the_lines_down)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_looks_at_its_lines, 0);

	ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, 0, KVM_ARM_IRQ_CPU_IRQ, 1));
	ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, 0, KVM_ARM_IRQ_CPU_FIQ, 1));
	vcpu_run_done(vcpu);
	EXPECT_EQ(3 << 6, gv(vm, isr) & 3 << 6);
	ASSERT_EQ(0, vcpu_init(vcpu, vm->features));
	guest_set_entry(vcpu, guest_looks_at_its_lines, 0);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	vcpu_run_done(vcpu);
	EXPECT_EQ(0, gv(vm, isr) & 3 << 6);
	vm_free(vm);
}

SELFTEST_MAIN
