// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The virtual and the physical timer of a vCPU interrupt it through the
 *            GIC at the programmed time, not before, once per condition; WFI sleeps
 *            until then without using CPU time; masked or disabled timers don't.
 *            User space sees and sets their state, learns of their lines where it
 *            is the GIC, and a VM that dies leaves the next one's timer alone.
 * Reference: Arm ARM D11 (generic timer); GICv3 (IHI0069), level-sensitive PPIs.
 * A failure: the guest's line; a lost interrupt as a time-out.
 */
#include "harness.h"
#include "gic.h"
#include "process.h"
#include "timer.h"

static u64 fired, fired_at, fired_early, spurious;
static u64 phys;			/* which timer */

static u64 count(void)
{
	isb();
	return phys ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
}

static void set_ctl(u64 v)
{
	if (phys)
		write_sysreg(v, cntp_ctl_el0);
	else
		write_sysreg(v, cntv_ctl_el0);
	isb();
}

static u64 get_ctl(void)
{
	isb();
	return phys ? read_sysreg(cntp_ctl_el0) : read_sysreg(cntv_ctl_el0);
}

static void set_cval(u64 v)
{
	if (phys)
		write_sysreg(v, cntp_cval_el0);
	else
		write_sysreg(v, cntv_cval_el0);
	isb();
}

static u64 get_cval(void)
{
	return phys ? read_sysreg(cntp_cval_el0) : read_sysreg(cntv_cval_el0);
}

static void set_tval(u32 v)
{
	if (phys)
		write_sysreg(v, cntp_tval_el0);
	else
		write_sysreg(v, cntv_tval_el0);
	isb();
}

static s32 get_tval(void)
{
	isb();
	return phys ? read_sysreg(cntp_tval_el0) : read_sysreg(cntv_tval_el0);
}

static u32 intid(void)
{
	return phys ? INTID_PTIMER : INTID_VTIMER;
}

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == intid()) {
		WRITE_ONCE(fired_at, count());
		if (count() < get_cval() || !(get_ctl() & TIMER_ISTATUS))
			WRITE_ONCE(fired_early, fired_early + 1);
		/* level: ends the condition before the EOI */
		set_ctl(TIMER_ENABLE | TIMER_IMASK);
		WRITE_ONCE(fired, fired + 1);
		gic_eoi(id);
	} else if (id == INTID_SPURIOUS) {
		/* the condition may end between signal and acknowledge */
		WRITE_ONCE(spurious, spurious + 1);
	} else {
		guest_abort(__FILE__, __LINE__, "our interrupt", intid(), id);
	}
}

/* The timer itself is not touched. */
static void start_gic(u64 which)
{
	phys = which;
	guest_irq_handler = on_irq;
	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(intid(), 0x80);
	gic_enable(intid());
}

static void start(u64 which)
{
	start_gic(which);
	set_ctl(0);
	irq_enable();
}

static void guest_registers(u64 which)
{
	u64 now, i;

	phys = which;
	set_ctl(0);
	GUEST_ASSERT_EQ(0, get_ctl() & 3);
	/* ENABLE and IMASK read back; ISTATUS is the condition, write-ignored */
	now = count();
	set_cval(now + ms_to_ticks(100000));
	GUEST_ASSERT_EQ(now + ms_to_ticks(100000), get_cval());
	set_ctl(TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS);
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK, get_ctl());
	GUEST_ASSERT(get_tval() > 0);
	set_cval(now);
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS, get_ctl());
	GUEST_ASSERT(get_tval() <= 0);
	/* TVAL is relative and signed */
	set_tval(1000000000);	/* seconds: the host may be slow */
	now = get_cval() - count();
	GUEST_ASSERT(now <= 1000000000);
	set_tval(-5);
	GUEST_ASSERT(get_cval() <= count() - 5);
	GUEST_ASSERT(get_ctl() & TIMER_ISTATUS);
	/* the counter counts, and never backwards */
	now = count();
	for (i = 0; i < 1000; i++) {
		u64 next = count();

		GUEST_ASSERT(next >= now);
		now = next;
	}
	now = count();
	for (i = 0; i < 100000000 && count() == now; i++)
		;
	GUEST_ASSERT(count() > now);
	set_ctl(0);
	GUEST_DONE();
}

/* Busy: the interrupt comes into running code. */
static void guest_busy(u64 which)
{
	u64 i;

	start(which);
	for (i = 1; i <= 10; i++) {
		if (i & 1)
			set_cval(count() + ms_to_ticks(5));
		else
			set_tval(ms_to_ticks(5));
		set_ctl(TIMER_ENABLE);
		while (READ_ONCE(fired) != i)
			cpu_relax();
		GUEST_ASSERT_EQ(0, fired_early);
		/* one per condition: no second one follows */
		delay_ms(2);
		GUEST_ASSERT_EQ(i, fired);
	}
	/* in the past: at once */
	set_cval(count() - 100);
	set_ctl(TIMER_ENABLE);
	while (READ_ONCE(fired) != i)
		cpu_relax();
	GUEST_DONE();
}

static void guest_masked(u64 which)
{
	start(which);
	/* masked at the timer */
	set_cval(count());
	set_ctl(TIMER_ENABLE | TIMER_IMASK);
	delay_ms(10);
	GUEST_ASSERT_EQ(0, fired);
	/* disabled */
	set_ctl(0);
	delay_ms(10);
	GUEST_ASSERT_EQ(0, fired);
	/* masked at the CPU, then taken when unmasked */
	irq_disable();
	set_ctl(TIMER_ENABLE);
	delay_ms(10);
	GUEST_ASSERT_EQ(0, fired);
	GUEST_ASSERT(read_sysreg(isr_el1) & 1 << 7);
	irq_enable();
	isb();
	delay_ms(10);
	GUEST_ASSERT_EQ(1, fired);
	/* masked at the GIC: pending, then taken when enabled */
	gic_disable(intid());
	set_ctl(TIMER_ENABLE);
	delay_ms(10);
	GUEST_ASSERT_EQ(1, fired);
	GUEST_ASSERT(gic_bit(GICD_ISPENDR, intid()));
	gic_enable(intid());
	delay_ms(10);
	GUEST_ASSERT_EQ(2, fired);
	/* a level that falls before it is taken is no interrupt */
	irq_disable();
	set_ctl(TIMER_ENABLE);
	delay_ms(5);
	set_ctl(0);
	GUEST_SYNC(0);	/* a guest that had no exit since could still have the old level in a list register */
	irq_enable();
	delay_ms(10);
	GUEST_ASSERT_EQ(2, fired);
	GUEST_DONE();
}

/* Level-sensitive: as long as the condition holds, each EOI brings the next. */
static void on_irq_keep(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id != intid())
		return;
	WRITE_ONCE(fired, fired + 1);
	if (fired == 5)
		set_ctl(0);
	gic_eoi(id);
}

static void guest_level(u64 which)
{
	start(which);
	guest_irq_handler = on_irq_keep;
	set_cval(count());
	set_ctl(TIMER_ENABLE);
	while (READ_ONCE(fired) < 5)
		cpu_relax();
	delay_ms(10);
	GUEST_ASSERT_EQ(5, fired);
	GUEST_DONE();
}

#define SLEEP_MS	300

static void guest_sleeps(u64 which)
{
	u64 i, t;

	start(which);
	for (i = 1; i <= 5; i++) {
		t = count() + ms_to_ticks(SLEEP_MS);
		set_cval(t);
		set_ctl(TIMER_ENABLE);
		while (READ_ONCE(fired) != i)
			wfi();
		GUEST_ASSERT(fired_at >= t);
	}
	/* WFI with interrupts masked at the CPU wakes up as well */
	irq_disable();
	set_cval(count() + ms_to_ticks(50));
	set_ctl(TIMER_ENABLE);
	wfi();
	while (!(read_sysreg(isr_el1) & 1 << 7))
		wfi();
	GUEST_ASSERT_EQ(5, fired);
	irq_enable();
	isb();
	while (READ_ONCE(fired) != 6)
		cpu_relax();
	GUEST_DONE();
}

FIXTURE(timer) {
	struct vm *vm;
};

FIXTURE_VARIANT(timer) {
	u64 which;
};

FIXTURE_VARIANT_ADD(timer, virtual) { .which = 0 };
FIXTURE_VARIANT_ADD(timer, physical) { .which = 1 };

FIXTURE_SETUP(timer)
{
	self->vm = vm_create_guest();
}

FIXTURE_TEARDOWN(timer)
{
	vm_free(self->vm);
}

static void run_timer(struct vm *vm, void (*fn)(u64), u64 which)
{
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, which);
	struct ucall uc;
	int ret;

	gic_create(vm, 64);
	do {
		ret = vcpu_run(vcpu, &uc);
	} while (ret == UCALL_SYNC);
	if (ret != UCALL_DONE)
		die("run gave %d, want UCALL_DONE", ret);
}

TEST_F(timer, registers_work)
{
	run_timer(self->vm, guest_registers, variant->which);
}

TEST_F(timer, interrupts_running_code)
{
	run_timer(self->vm, guest_busy, variant->which);
}

TEST_F(timer, masks)
{
	run_timer(self->vm, guest_masked, variant->which);
}

TEST_F(timer, is_level_sensitive)
{
	run_timer(self->vm, guest_level, variant->which);
}

TEST_F(timer, wakes_from_wfi_that_slept)
{
	u64 cpu = cpu_ns(), wall = now_ns();

	run_timer(self->vm, guest_sleeps, variant->which);
	cpu = cpu_ns() - cpu;
	wall = now_ns() - wall;
	/* it slept for 5 * 300 ms; spinning would have cost all of that */
	EXPECT_LE(5ULL * SLEEP_MS * 1000000, wall);
	EXPECT_LT(cpu, 3ULL * SLEEP_MS * 1000000)
		TH_LOG("CPU time %lu ms of %lu ms", cpu / 1000000, wall / 1000000);
}

/* Both at a time, each with its own handler's share. */
static u64 fired_of[2];

static void on_irq_of_either(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	GUEST_ASSERT(id == INTID_VTIMER || id == INTID_PTIMER);
	phys = id == INTID_PTIMER;
	GUEST_ASSERT(count() >= get_cval());
	set_cval(count() + ms_to_ticks(phys ? 3 : 2));
	WRITE_ONCE(fired_of[phys], fired_of[phys] + 1);
	gic_eoi(id);
}

static void guest_both(u64 arg)
{
	u64 i;

	guest_irq_handler = on_irq_of_either;
	gic_dist_init();
	gic_cpu_init();
	for (i = 0; i < 2; i++) {
		phys = i;
		gic_set_prio(intid(), 0x80);
		gic_enable(intid());
		set_cval(count() + ms_to_ticks(2));
		set_ctl(TIMER_ENABLE);
	}
	irq_enable();
	while (READ_ONCE(fired_of[0]) < 30 || READ_ONCE(fired_of[1]) < 30) {
		/* now busy, now asleep */
		if (READ_ONCE(fired_of[0]) & 8)
			wfi();
	}
	irq_disable();
	for (i = 0; i < 2; i++) {
		phys = i;
		set_ctl(0);
	}
	GUEST_DONE();
}

TEST(both_timers_at_a_time)
{
	struct vm *vm = vm_create_guest();

	run_timer(vm, guest_both, 0);
	vm_free(vm);
}

/* It has taken the interrupt, and never ends it. */
static void on_irq_and_leave(struct guest_frame *frame)
{
	if (gic_ack() == intid())
		GUEST_SYNC(1);
}

static void guest_never_ends(u64 which)
{
	start(which);
	guest_irq_handler = on_irq_and_leave;
	set_cval(count());
	set_ctl(TIMER_ENABLE);
	for (;;)
		cpu_relax();
}

TEST_F(timer, is_not_left_active_by_a_dead_vm)
{
	struct vm *dead = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(dead, 0, guest_never_ends, variant->which);

	pin_to_cpu(0);
	gic_create(dead, 64);
	vcpu_run_sync(vcpu, 1);
	vm_free(dead);
	run_timer(self->vm, guest_busy, variant->which);
}

/* The guest does not touch the timer itself, which is running when it is born. */
static void guest_waits(u64 which)
{
	u64 i;

	start_gic(which);
	irq_enable();
	for (i = 0; !READ_ONCE(fired); i++)
		cpu_relax();
	GUEST_ASSERT_EQ(0, fired_early);
	GUEST_DONE();
}

static const struct {
	u64 ctl, cval, cnt;
} timer_regs[] = {
	{ KVM_REG_ARM_TIMER_CTL, KVM_REG_ARM_TIMER_CVAL, KVM_REG_ARM_TIMER_CNT },
	{ KVM_REG_ARM_PTIMER_CTL, KVM_REG_ARM_PTIMER_CVAL, KVM_REG_ARM_PTIMER_CNT },
};

TEST_F(timer, set_by_user_space_expires)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_waits, variant->which);
	u64 now;

	gic_create(self->vm, 64);
	now = reg_get(vcpu, timer_regs[variant->which].cnt);
	reg_set(vcpu, timer_regs[variant->which].cval, now + read_sysreg(cntfrq_el0) / 5);
	reg_set(vcpu, timer_regs[variant->which].ctl, TIMER_ENABLE);
	vcpu_run_done(vcpu);
	EXPECT_EQ(TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS,
		  reg_get(vcpu, timer_regs[variant->which].ctl));
}

/* A line that user space has restored as high, of a timer that is off: it is the timer's. */
static void guest_with_old_line(u64 which)
{
	start_gic(which);
	GUEST_ASSERT(!gic_bit(GICD_ISPENDR, phys ? INTID_PTIMER : INTID_VTIMER));
	GUEST_SYNC(1);
	GUEST_ASSERT(!gic_bit(GICD_ISPENDR, phys ? INTID_PTIMER : INTID_VTIMER));
	GUEST_DONE();
}

TEST_F(timer, line_is_not_what_user_space_says)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_with_old_line, variant->which);
	u32 lines = 1u << INTID_PTIMER | 1u << INTID_VTIMER;
	int fd = gic_create(self->vm, 64);

	if (self->vm->gic_is_v2)
		SKIP(return, "a GICv2 has no attribute for its lines");
	ASSERT_EQ(0, dev_attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0, &lines));
	vcpu_run_sync(vcpu, 1);
	ASSERT_EQ(0, dev_attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0, &lines));
	vcpu_run_done(vcpu);
}

/* User space is the GIC: it is told of a line that goes up while the guest runs, and when that is down again. */
static void guest_without_gic(u64 which)
{
	phys = which;
	set_cval(count() + ms_to_ticks(50));
	set_ctl(TIMER_ENABLE);
	while (!(get_ctl() & TIMER_ISTATUS))
		cpu_relax();
	GUEST_SYNC(1);
	set_ctl(0);
	GUEST_SYNC(2);
	GUEST_DONE();
}

TEST_F(timer, tells_a_gic_in_user_space)
{
	u64 line = variant->which ? KVM_ARM_DEV_EL1_PTIMER : KVM_ARM_DEV_EL1_VTIMER;
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_without_gic, variant->which);

	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(line, vcpu->run->s.regs.device_irq_level);
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(line, vcpu->run->s.regs.device_irq_level);
	vcpu_run_sync(vcpu, 2);
	EXPECT_EQ(0, vcpu->run->s.regs.device_irq_level);
	vcpu_run_done(vcpu);
}

/* The condition shows in user space's view as well. */
static void guest_arms(u64 which)
{
	phys = which;
	set_cval(count() + ms_to_ticks(100));
	set_ctl(TIMER_ENABLE | TIMER_IMASK);
	GUEST_SYNC(0);
	GUEST_DONE();
}

TEST_F(timer, shows_its_state_to_user_space)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_arms, variant->which);
	u64 cval, cnt;

	gic_create(self->vm, 64);
	vcpu_run_sync(vcpu, 0);
	cval = reg_get(vcpu, timer_regs[variant->which].cval);
	usleep(200000);
	cnt = reg_get(vcpu, timer_regs[variant->which].cnt);
	EXPECT_LT(cval, cnt);
	EXPECT_EQ(TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS,
		  reg_get(vcpu, timer_regs[variant->which].ctl));
	vcpu_run_done(vcpu);
}

TEST(virtual_count_is_set_by_user_space)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_arms, 0);
	u64 cnt;

	gic_create(vm, 64);
	vcpu_run_sync(vcpu, 0);
	/* the count can be set, and goes on from there */
	reg_set(vcpu, KVM_REG_ARM_TIMER_CNT, 1ULL << 40);
	cnt = reg_get(vcpu, KVM_REG_ARM_TIMER_CNT);
	EXPECT_LE(1ULL << 40, cnt);
	EXPECT_GT((1ULL << 40) + (1ULL << 36), cnt);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* The virtual count starts near 0 with the VM and is the same on all vCPUs. */
static void guest_tells_count(u64 arg)
{
	GUEST_SYNC_ARGS(0, vcount(), 0, 0);
	GUEST_DONE();
}

TEST(all_vcpus_share_the_virtual_count)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *a = guest_vcpu(vm, 0, guest_tells_count, 0);
	struct vcpu *b = guest_vcpu(vm, 1, guest_tells_count, 0);
	u64 ca, cb;

	ca = vcpu_run_sync(a, 0).a[1];
	cb = vcpu_run_sync(b, 0).a[1];
	EXPECT_LE(ca, cb);
	EXPECT_GT(60 * read_sysreg(cntfrq_el0), cb - ca);
	EXPECT_GT(600 * read_sysreg(cntfrq_el0), ca);
	vcpu_run_done(a);
	vcpu_run_done(b);
	vm_free(vm);
}

SELFTEST_MAIN
