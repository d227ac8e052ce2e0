// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     WFI and WFE end when they should: WFI at once with an interrupt pending
 *            (masked or not), else sleeping; WFE by an event, an interrupt, or after
 *            a while; PSCI CPU_SUSPEND as WFI; none of them moves the PC twice. WFIT ends at the
 *            time in its register, whichever that is, or by an interrupt before; a guest that is not told of it and
 *            WFET has neither. A WFI ends with the RUN that a signal ends: what user space has the vCPU do next does
 *            not wait for it.
 * Reference: Arm ARM D1.16 (low-power states), C6.2 (WFIT, WFET); PSCI 5.4; kvm-abi.md part 9.
 * A failure: the guest's line, a hang as a time-out.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"
#include "timer.h"

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	write_sysreg(TIMER_ENABLE | TIMER_IMASK, cntv_ctl_el0);
	isb();
	gic_eoi(id);
}

static void arm_timer(u64 ms)
{
	write_sysreg(vcount() + ms_to_ticks(ms), cntv_cval_el0);
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	isb();
}

static void start(void)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
}

static void guest_wfi_pending(u64 arg)
{
	u64 n = 0, i;

	start();
	arm_timer(0);
	delay_ms(1);
	/* pending and masked: a thousand WFIs go straight through */
	for (i = 0; i < 1000; i++)
		asm volatile("wfi\n\tadd %0, %0, #1" : "+r"(n));
	GUEST_ASSERT_EQ(1000, n);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(1, this_cpu()->irqs);
	GUEST_DONE();
}

static void guest_wfi_sleeps(u64 arg)
{
	u64 n = 0, t, i;

	start();
	for (i = 1; i <= 5; i++) {
		irq_disable();
		t = vcount();
		arm_timer(20);
		while (!(read_sysreg(isr_el1) & 1 << 7))
			asm volatile("wfi\n\tadd %0, %0, #1" : "+r"(n));
		GUEST_ASSERT(vcount() - t >= ms_to_ticks(20));
		/* it may wake up for nothing, but not all the time */
		GUEST_ASSERT(n < i * 100);
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(i, this_cpu()->irqs);
	}
	GUEST_DONE();
}

static void guest_suspend(u64 arg)
{
	u64 t, i;

	start();
	for (i = 1; i <= 3; i++) {
		irq_disable();
		t = vcount();
		arm_timer(20);
		while (!(read_sysreg(isr_el1) & 1 << 7))
			GUEST_ASSERT_EQ(0, psci(PSCI_CPU_SUSPEND, 0, 0, 0));
		GUEST_ASSERT(vcount() - t >= ms_to_ticks(20));
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(i, this_cpu()->irqs);
	}
	GUEST_DONE();
}

static void guest_wfe(u64 arg)
{
	u64 n = 0, i;

	/* an event set by SEV is consumed by the next WFE; others end by themselves */
	for (i = 0; i < 100; i++) {
		asm volatile("sevl\n\twfe\n\tadd %0, %0, #1" : "+r"(n) :: "memory");
		asm volatile("sev\n\twfe\n\tadd %0, %0, #1" : "+r"(n) :: "memory");
	}
	GUEST_ASSERT_EQ(200, n);
	/* with nothing at all KVM lets a WFE return, as the architecture allows */
	start();
	arm_timer(10);
	irq_enable();
	while (!READ_ONCE(this_cpu()->irqs))
		asm volatile("wfe" ::: "memory");
	GUEST_DONE();
}

static u64 flag[2];

/* Spin-wait as Linux' locks do it: WFE until the other one sends an event. */
static void guest_wfe_pair(u64 arg)
{
	u64 me = this_cpu()->index, i;

	for (i = 1; i <= 100; i++) {
		if (me == i % 2) {
			WRITE_ONCE(flag[me], i);
			dsb_sy();
			asm volatile("sev" ::: "memory");
		} else {
			while (READ_ONCE(flag[!me]) < i)
				asm volatile("wfe" ::: "memory");
		}
	}
	GUEST_DONE();
}

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);

	gic_create(vm, 64);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(wfi_with_something_pending_does_not_sleep)
{
	run_guest(guest_wfi_pending);
}

TEST(wfi_sleeps_until_the_interrupt)
{
	run_guest(guest_wfi_sleeps);
}

TEST(cpu_suspend_is_a_wfi)
{
	run_guest(guest_suspend);
}

TEST(wfe_ends)
{
	run_guest(guest_wfe);
}

TEST(wfe_pairs)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_wfe_pair, 0);
	guest_vcpu(vm, 1, guest_wfe_pair, 0);
	vcpus_run_done(vm);
	vm_free(vm);
}

/* ---- a WFI that user space ends -------------------------------------------------------------------- */

void guest_has_waited(void);

static void guest_waits(u64 arg)
{
	GUEST_SYNC(0);
	for (;;) {
		asm volatile("	.global	guest_has_waited\n"
			     "1:	wfi\n"
			     "	b	1b\n"
			     "guest_has_waited:\n" ::: "memory");
		GUEST_SYNC(1);
	}
}

static void on_alarm(int sig)
{
}

/* By a signal, which comes while EL2 waits or the thread sleeps; the WFI's own loop never ends. */
TEST(what_user_space_wants_next_does_not_wait)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval often = { }, never = { };
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_waits, 0);
	unsigned int i;

	gic_create(vm, 64);
	sigaction(SIGALRM, &sa, NULL);
	vcpu_run_sync(vcpu, 0);
	for (i = 0; i < 60; i++) {
		often.it_value.tv_usec = 300 + i * 150;
		often.it_interval = often.it_value;
		setitimer(ITIMER_REAL, &often, NULL);
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		setitimer(ITIMER_REAL, &never, NULL);
		reg_set(vcpu, CORE_REG(regs.pc), (u64)guest_has_waited);
		vcpu_run_sync(vcpu, 1);
	}
	vm_free(vm);
}

#define ID_AA64ISAR2		ARM64_SYS_REG(3, 0, 0, 6, 2)
#define WFXT(isar2)		((isar2) & 15)

/* Stubs of WFIT and WFET by each register, 32 bytes from each other: x0 = the count, which XN alone has; XZR's last. */
asm("	.pushsection .text\n"
	"	.macro	waits name, word\n"
	"	.balign	32\n"
	"\\name:\n"
	"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, "
			  "16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30\n"
	"	.balign	32\n"
	"	str	x\\n, [sp, #-16]!\n"
	"	mov	x\\n, x0\n"
	"	.if	\\n\n"
	"	mov	x0, #-1\n"
	"	.endif\n"
	"	.inst	\\word + \\n\n"
	"	ldr	x\\n, [sp], #16\n"
	"	ret\n"
	"	.endr\n"
	"	.balign	32\n"
	"	.inst	\\word + 31\n"
	"	ret\n"
	"	.endm\n"
	"	waits	wfit_stubs, 0xd5031020\n"
	"	waits	wfet_stubs, 0xd5031000\n"
	"	.popsection\n");
extern char wfit_stubs[], wfet_stubs[];

#define NR_STUBS	32
#define XZR		31

static void wait_by(char *stubs, u64 n, u64 count)
{
	((void (*)(u64))(stubs + 32 * n))(count);
}

/* Over before it begins: nothing else would end it. */
static void guest_times_past(u64 arg)
{
	u64 i, n;

	irq_disable();
	for (i = 0; i < 100; i++) {
		for (n = 0; n < NR_STUBS; n++)
			wait_by(wfit_stubs, n, i & 1 ? vcount() - 1 : i);
		wait_by(wfit_stubs, XZR, ~0ULL);
	}
	GUEST_DONE();
}

/* By each register: not before its time but for a few false alarms, and not long after it; nothing else comes. */
static void guest_timeouts(u64 ms)
{
	u64 n, end, waits;

	irq_disable();
	for (n = 0; n < XZR; n++) {
		end = vcount() + ms_to_ticks(ms);
		for (waits = 0; vcount() < end; waits++)
			wait_by(wfit_stubs, n, end);
		GUEST_ASSERT(waits < 100);
		GUEST_ASSERT(vcount() < end + ms_to_ticks(2000));
		/* WFET ends at any time, that one included */
		end = vcount() + ms_to_ticks(1);
		while (vcount() < end)
			wait_by(wfet_stubs, n, end);
	}
	GUEST_DONE();
}

/* The interrupt comes long before; masked or not. */
static void guest_timeout_is_late(u64 arg)
{
	u64 i, t;

	start();
	for (i = 1; i <= 5; i++) {
		irq_disable();
		t = vcount();
		arm_timer(20);
		while (!(read_sysreg(isr_el1) & 1 << 7))
			wait_by(wfit_stubs, i, t + ms_to_ticks(60000));
		GUEST_ASSERT(vcount() - t >= ms_to_ticks(20));
		GUEST_ASSERT(vcount() - t < ms_to_ticks(20000));
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(i, this_cpu()->irqs);
	}
	GUEST_DONE();
}

/* Tells how many exceptions the WFIT took. The timer ends one that is taken for a WFI. */
static void guest_waits_with_timeout(u64 arg)
{
	start();
	irq_disable();
	arm_timer(300);
	fault_expect();
	wait_by(wfit_stubs, 0, ~0ULL >> 1);
	GUEST_SYNC(fault_taken());
	/* Some event may end it as well, so it is enough to come back. */
	fault_expect();
	wait_by(wfet_stubs, 0, ~0ULL >> 1);
	wait_by(wfet_stubs, 0, ~0ULL >> 1);
	fault_taken();
	GUEST_DONE();
}

FIXTURE(wfxt) {
	struct vm *vm;
	struct vcpu *vcpu;
	u64 isar2;
};

FIXTURE_SETUP(wfxt)
{
	self->vm = vm_create_guest();
	self->vcpu = guest_vcpu(self->vm, 0, guest_times_past, 0);
	gic_create(self->vm, 64);
	self->isar2 = reg_get(self->vcpu, ID_AA64ISAR2);
}

FIXTURE_TEARDOWN(wfxt)
{
	vm_free(self->vm);
}

static void run_with_wfxt(struct __test_metadata *_metadata, struct vm *vm, struct vcpu *vcpu, u64 isar2)
{
	if (!WFXT(isar2))
		SKIP(return, "this CPU has no WFIT");
	vcpu_run_done(vcpu);
}

TEST_F(wfxt, times_past)
{
	run_with_wfxt(_metadata, self->vm, self->vcpu, self->isar2);
}

TEST_F(wfxt, short_times)
{
	guest_set_entry(self->vcpu, guest_timeouts, 1);
	run_with_wfxt(_metadata, self->vm, self->vcpu, self->isar2);
}

/* Longer than the host's tick, so that the thread sleeps. */
TEST_F(wfxt, long_times)
{
	guest_set_entry(self->vcpu, guest_timeouts, 25);
	run_with_wfxt(_metadata, self->vm, self->vcpu, self->isar2);
}

TEST_F(wfxt, interrupt_comes_first)
{
	guest_set_entry(self->vcpu, guest_timeout_is_late, 0);
	run_with_wfxt(_metadata, self->vm, self->vcpu, self->isar2);
}

/* There is none, or none is told of. */
TEST_F(wfxt, hidden)
{
	struct ucall uc;

	if (WFXT(self->isar2))
		reg_set(self->vcpu, ID_AA64ISAR2, self->isar2 & ~15ULL);
	guest_set_entry(self->vcpu, guest_waits_with_timeout, 0);
	ASSERT_EQ(UCALL_SYNC, vcpu_run(self->vcpu, &uc));
	EXPECT_EQ(1, uc.a[0]);
	vcpu_run_done(self->vcpu);
}

SELFTEST_MAIN
