// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's virtual and physical timer (DDI 0487, D11 The Generic Timer).
 *
 * Virtual timer: the guest has the hardware's. EL2 loads it at entry; at exit it saves and stops
 * it, so that in the host its truth is ctx->cntv. Its interrupt is the physical PPI's, handed
 * through a list register with HW=1 (host/timer.c keeps the physical side).
 * Physical timer: likewise on a VHE host (ctx->cntp), but only from the guest's first access on, which traps: most
 * guests have no use for it, and then it costs nothing. It is the host's own on nVHE, hence emulated; accesses trap, an
 * hrtimer ends the guest's run at the deadline.
 * Physical count: the host's, or that less the VM's offset. The architecture has a register for it (CNTPOFF_EL2, with
 * FEAT_ECV), which few CPUs have; so with an offset accesses to the count trap, and the timer is emulated on every
 * host, since the real one compares with the host's count.
 * The lines of both follow from registers and count alone, and are computed anew before each
 * entry: callbacks never touch them, they only make the vCPU look again.
 *
 * Runs at: host kernel. Owns: vcpu->timer, vm->timer_*, ctx->cnt*, ctx->timer_intid.
 * Locks: vcpu->mutex for the registers; vm->lock for the offsets; ppi_lock for vm->timer_ppi[].
 */
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <clocksource/arm_arch_timer.h>

#include "compat.h"
#include "dev.h"
#include "host/parts.h"
#include "host/timer.h"
#include "timer_math.h"
#include "vgic/vgic.h"

/* Attributes of later kernels: the EL2 timers that a nested guest would have. */
#define TIMER_IRQ_HYP_VIRT	2
#define TIMER_IRQ_HYP_PHYS	3

/* vm->timer_ppi[] is numbered by the ABI. */
static_assert(AV_TIMER_VIRT == KVM_ARM_VCPU_TIMER_IRQ_VTIMER && AV_TIMER_PHYS == KVM_ARM_VCPU_TIMER_IRQ_PTIMER);

/* vm->timer_ppi[], and that no vCPU's timer is enabled while it changes. Innermost. */
static DEFINE_SPINLOCK(ppi_lock);

/* CNTVOFF_EL2 is 0 in the host: the virtual count that the kernel reads is the physical one. */
static u64 host_count(void)
{
	return arch_timer_read_counter();
}

static u64 count(const struct av_vcpu *vcpu, unsigned int timer, u64 host)
{
	const struct av_vm *vm = vcpu->vm;

	return host - (timer == AV_TIMER_VIRT ? READ_ONCE(vm->timer_voff) : READ_ONCE(vm->timer_poff));
}

static struct av_timer_regs *regs(const struct av_vcpu *vcpu, unsigned int timer)
{
	return timer == AV_TIMER_VIRT ? &vcpu->ctx->cntv : &vcpu->ctx->cntp;
}

static bool level(const struct av_vcpu *vcpu, unsigned int timer, u64 host)
{
	const struct av_timer_regs *r = regs(vcpu, timer);

	return av_timer_level(r->ctl, r->cval, count(vcpu, timer, host));
}

static u64 ticks_left(const struct av_vcpu *vcpu, unsigned int timer, u64 host)
{
	const struct av_timer_regs *r = regs(vcpu, timer);

	return av_timer_ticks_left(r->ctl, r->cval, count(vcpu, timer, host));
}

/* The host has an interrupt for it: EL2 can load it, no hrtimer is needed. */
static bool is_real(unsigned int timer)
{
	return av_timer_host_intid(timer) != 0;
}

/* The guest has the host's physical timer; otherwise its accesses trap. */
static bool has_real_phys(const struct av_vcpu *vcpu)
{
	return is_real(AV_TIMER_PHYS) && vcpu->ctx->cnthctl & CNTHCTL_E2H_EL1PTEN;
}

/* Time until the next line rises or a WFIT is over, or AV_TIMER_NEVER. */
static u64 ns_to_next_deadline(const struct av_vcpu *vcpu)
{
	u64 host = host_count();
	u64 ticks = min(ticks_left(vcpu, AV_TIMER_VIRT, host), ticks_left(vcpu, AV_TIMER_PHYS, host));

	ticks = min(ticks, av_timer_wait_left(vcpu->timer.wait_until, count(vcpu, AV_TIMER_VIRT, host)));
	return av_timer_ticks_to_ns(ticks, av_timer_host_rate());
}

static u8 ppi(const struct av_vcpu *vcpu, unsigned int timer)
{
	return READ_ONCE(vcpu->vm->timer_ppi[timer]);
}

/* Any two addresses do that nobody else has. */
static void *owner(struct av_vcpu *vcpu, unsigned int timer)
{
	return &vcpu->timer.level[timer];
}

/* PPIs are levels; their lines are set from the vCPU's own thread alone, which needs no kick. */
static void set_line(struct av_vcpu *vcpu, unsigned int timer, bool level)
{
	bool *last = &vcpu->timer.level[timer];

	/* A line that stays low, the common case, is no news; one that is high may have been left out. */
	if (vcpu->timer.has_gic && level | *last)
		av_vgic_set_line_local(vcpu, ppi(vcpu, timer), level);
	*last = level;
}

static void update_lines(struct av_vcpu *vcpu, u64 host)
{
	set_line(vcpu, AV_TIMER_VIRT, level(vcpu, AV_TIMER_VIRT, host));
	set_line(vcpu, AV_TIMER_PHYS, level(vcpu, AV_TIMER_PHYS, host));
}

/* Both lines as of now, for who looks at them between two entries: the guest may have moved its timers. */
void av_timer_refresh(struct av_vcpu *vcpu)
{
	update_lines(vcpu, host_count());
}

/* --- hrtimers ------------------------------------------------------------------------------ */

/* In hard interrupt context, on any CPU: the vCPU runs, and has to be told of its new line. */
static enum hrtimer_restart ptimer_expired(struct hrtimer *hrtimer)
{
	av_vcpu_kick(container_of(hrtimer, struct av_vcpu, timer.ptimer));
	return HRTIMER_NORESTART;
}

/*
 * As above, while the vCPU sleeps. It stays armed for whatever deadline comes next: rounding and
 * clock adjustment can bring us here before the count has got there, and the line that rose first
 * need not be one that wakes the guest.
 */
static enum hrtimer_restart wake_expired(struct hrtimer *hrtimer)
{
	struct av_vcpu *vcpu = container_of(hrtimer, struct av_vcpu, timer.wake);
	u64 ns = ns_to_next_deadline(vcpu);

	av_vcpu_kick(vcpu);
	if (ns == AV_TIMER_NEVER)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(hrtimer, ns_to_ktime(ns));
	return HRTIMER_RESTART;
}

/* Before the vCPU's thread sleeps in WFI: be woken at the next deadline. */
void av_timer_block(struct av_vcpu *vcpu)
{
	u64 ns = ns_to_next_deadline(vcpu);

	/*
	 * The guest may have moved its deadline, and then a pending interrupt that it has not taken must
	 * not keep it from sleeping.
	 */
	update_lines(vcpu, host_count());
	if (ns != AV_TIMER_NEVER)
		hrtimer_start(&vcpu->timer.wake, ns_to_ktime(ns), HRTIMER_MODE_REL_HARD);
}

/* After it; interrupts on. */
void av_timer_unblock(struct av_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.wake);
	av_timer_wait_until(vcpu, AV_TIMER_NEVER);
}

/**
 * av_timer_wait_until() - the vCPU's next sleep ends with this virtual count, at the latest
 * @vcpu: the vCPU
 * @count: AV_TIMER_NEVER: it has no such end
 *
 * Context: the vCPU's thread. Source: DDI 0487, C6.2, WFIT.
 */
void av_timer_wait_until(struct av_vcpu *vcpu, u64 count)
{
	WRITE_ONCE(vcpu->timer.wait_until, count);
}

/* Has that count come? Any context. */
bool av_timer_waited(struct av_vcpu *vcpu)
{
	u64 until = READ_ONCE(vcpu->timer.wait_until);

	return until != AV_TIMER_NEVER && av_timer_expired(until, count(vcpu, AV_TIMER_VIRT, host_count()));
}

/* Is this line high, and would it signal something that the vGIC does not know of yet? */
static bool line_is_news(struct av_vcpu *vcpu, unsigned int timer, u64 host)
{
	return level(vcpu, timer, host) && av_vgic_is_enabled(vcpu, ppi(vcpu, timer)) &&
	       !av_vgic_is_inflight(vcpu, ppi(vcpu, timer));
}

/*
 * Has a timer expired whose interrupt would end a WFI? One that the guest's GIC has switched off,
 * or that is active already, must not: the guest would spin in WFI and the host with it.
 */
bool av_timer_pending(struct av_vcpu *vcpu)
{
	u64 host = host_count();

	if (!vcpu->timer.has_gic)
		return av_user_lines_changed(vcpu);
	return line_is_news(vcpu, AV_TIMER_VIRT, host) || line_is_news(vcpu, AV_TIMER_PHYS, host);
}

/* --- the burst ----------------------------------------------------------------------------- */

/* Emulated: let the guest's run end when the physical timer's line is to rise. Interrupts off. */
static void arm_ptimer(struct av_vcpu *vcpu, u64 host)
{
	struct av_timer_cpu *timer = &vcpu->timer;
	u64 ticks = ticks_left(vcpu, AV_TIMER_PHYS, host);

	if (ticks == AV_TIMER_NEVER) {
		/* One that is on its way kicks once for nothing. */
		if (timer->ptimer_at)
			hrtimer_try_to_cancel(&timer->ptimer);
		timer->ptimer_at = 0;
		return;
	}
	/* Seldom reprogrammed, entered often: leave it alone as long as it fits. */
	if (hrtimer_is_queued(&timer->ptimer) && timer->ptimer_at == host + ticks)
		return;
	timer->ptimer_at = host + ticks;
	hrtimer_start(&timer->ptimer,
		      ns_to_ktime(av_timer_ticks_to_ns(ticks, av_timer_host_rate())),
		      HRTIMER_MODE_REL_HARD);
}

/*
 * Before av_vgic_flush(): both lines as of now. What expires between here and the guest's first
 * instruction raises the host's PPI, or the hrtimer, and ends the entry at once.
 */
void av_timer_flush(struct av_vcpu *vcpu)
{
	struct av_timer_cpu *timer = &vcpu->timer;
	u64 phys = vcpu->ctx->cntp.ctl;
	u64 host;

	if (!((vcpu->ctx->cntv.ctl | phys) & CNT_CTL_ENABLE)) {
		set_line(vcpu, AV_TIMER_VIRT, false);
		set_line(vcpu, AV_TIMER_PHYS, false);
		if (timer->ptimer_at)
			arm_ptimer(vcpu, 0);
		return;
	}
	host = host_count();
	update_lines(vcpu, host);
	if (timer->ptimer_at || (phys & CNT_CTL_ENABLE && !has_real_phys(vcpu)))
		arm_ptimer(vcpu, host);
}

/* After av_vgic_flush(): held are those of hw_ppis that the guest has in a list register, or active. */
void av_timer_keep_quiet(struct av_vcpu *vcpu, u32 held)
{
	const struct av_timer_cpu *timer = &vcpu->timer;
	u32 t, active = 0;

	for (t = 0; t < AV_NR_TIMERS; t++)
		if (timer->level[t] || held & BIT(vcpu->ctx->timer_intid[t]))
			active |= BIT(t);
	av_timer_host_set_active(active);
}

/* --- without an in-kernel GIC -------------------------------------------------------------- */

/* As bits of the ABI. */
static u64 user_lines_of_timers(struct av_vcpu *vcpu)
{
	u64 host = host_count();
	u64 levels = 0;

	if (level(vcpu, AV_TIMER_VIRT, host))
		levels |= KVM_ARM_DEV_EL1_VTIMER;
	if (level(vcpu, AV_TIMER_PHYS, host))
		levels |= KVM_ARM_DEV_EL1_PTIMER;
	return levels;
}

u64 av_user_lines(struct av_vcpu *vcpu)
{
	if (av_vgic_present(vcpu->vm))
		return 0;
	return user_lines_of_timers(vcpu) | (av_pmu_line(vcpu) ? KVM_ARM_DEV_PMU : 0);
}

bool av_user_lines_changed(struct av_vcpu *vcpu)
{
	u64 told;

	if (vcpu->timer.has_gic)
		return false;
	/* The VMM can write this page as it likes; it only earns itself exits. */
	told = READ_ONCE(vcpu->run->s.regs.device_irq_level);
	told &= KVM_ARM_DEV_EL1_VTIMER | KVM_ARM_DEV_EL1_PTIMER | KVM_ARM_DEV_PMU;
	return told != av_user_lines(vcpu);
}

/* --- registers ----------------------------------------------------------------------------- */

/*
 * The guest gets the host's timer, if there is one to have: its accesses trap no more. From the next entry on, for
 * CNTHCTL_EL2 is a burst's; until then memory has the truth, as it had before.
 */
void av_timer_hand_over_phys(struct av_vcpu *vcpu)
{
	if (!is_real(AV_TIMER_PHYS) || has_real_phys(vcpu) || READ_ONCE(vcpu->vm->timer_poff))
		return;
	av_vcpu_put_state(vcpu);
	vcpu->ctx->cnthctl |= CNTHCTL_E2H_EL1PTEN;
}

/**
 * av_timer_counter_moved() - AV_REQ_COUNTER: the VM's physical count has another offset, or none any more
 * @vcpu: the vCPU
 *
 * Context: the vCPU's thread, between two bursts: ctx->cntp has the timer, whoever had it before.
 */
void av_timer_counter_moved(struct av_vcpu *vcpu)
{
	av_vcpu_put_state(vcpu);
	av_controls_counter(vcpu);
	if (vcpu->ctx->cntp.ctl & CNT_CTL_ENABLE)
		av_timer_hand_over_phys(vcpu);
}

/* A trapped access or GET_ONE_REG; caller holds vcpu->mutex, the guest is not running. */
u64 av_timer_read(struct av_vcpu *vcpu, enum av_timer_reg reg)
{
	const struct av_timer_regs *p = regs(vcpu, AV_TIMER_PHYS), *v = regs(vcpu, AV_TIMER_VIRT);
	u64 host = host_count();
	u64 phys = count(vcpu, AV_TIMER_PHYS, host), virt = count(vcpu, AV_TIMER_VIRT, host);

	switch (reg) {
	case AV_CNTP_CTL:
		return av_timer_ctl_read(p->ctl, p->cval, phys);
	case AV_CNTP_CVAL:
		return p->cval;
	case AV_CNTP_TVAL:
		return av_timer_tval_read(p->cval, phys);
	case AV_CNTPCT:
		return phys;
	case AV_CNTV_CTL:
		return av_timer_ctl_read(v->ctl, v->cval, virt);
	case AV_CNTV_CVAL:
		return v->cval;
	case AV_CNTVCT:
		return virt;
	}
	return 0;
}

/*
 * All vCPUs of the VM have the one offset; those that run or sleep take it over at once. One that sleeps has to get up,
 * whatever the count is now: when it is woken goes by the offset of before. vm->lock is held: a vCPU that is being
 * created finds the offset, or is found.
 */
static void set_virt_offset(struct av_vm *vm, u64 offset)
{
	struct av_vcpu *vcpu;
	int i;

	WRITE_ONCE(vm->timer_voff, offset);
	av_for_each_vcpu(i, vcpu, vm)
		av_vcpu_request(vcpu, AV_REQ_KICK);
}

/* Likewise. What traps is each vCPU's own business, before its next entry. */
static void set_phys_offset(struct av_vm *vm, u64 offset)
{
	struct av_vcpu *vcpu;
	int i;

	WRITE_ONCE(vm->timer_poff, offset);
	av_for_each_vcpu(i, vcpu, vm)
		av_vcpu_request(vcpu, AV_REQ_COUNTER);
}

/* By ONE_REG; once the offsets are fixed such writes are taken and dropped, as KVM does. */
static void set_count(struct av_vm *vm, void (*set)(struct av_vm *vm, u64 offset), u64 count)
{
	mutex_lock(&vm->lock);
	if (!vm->counter_offset)
		set(vm, host_count() - count);
	mutex_unlock(&vm->lock);
}

/* As av_timer_read(), and SET_ONE_REG, where vm->lock may be taken. The lines follow at the next entry. */
void av_timer_write(struct av_vcpu *vcpu, enum av_timer_reg reg, u64 value)
{
	struct av_timer_regs *p = regs(vcpu, AV_TIMER_PHYS), *v = regs(vcpu, AV_TIMER_VIRT);

	switch (reg) {
	case AV_CNTP_CTL:
		p->ctl = value & AV_TIMER_CTL_BITS;
		/* Restored while it runs: the guest may not touch it again before it expires. */
		if (p->ctl & CNT_CTL_ENABLE)
			av_timer_hand_over_phys(vcpu);
		break;
	case AV_CNTP_CVAL:
		p->cval = value;
		break;
	case AV_CNTP_TVAL:
		p->cval = av_timer_tval_to_cval(value, count(vcpu, AV_TIMER_PHYS, host_count()));
		break;
	case AV_CNTPCT:
		set_count(vcpu->vm, set_phys_offset, value);
		break;
	case AV_CNTV_CTL:
		v->ctl = value & AV_TIMER_CTL_BITS;
		break;
	case AV_CNTV_CVAL:
		v->cval = value;
		break;
	case AV_CNTVCT:
		set_count(vcpu->vm, set_virt_offset, value);
		break;
	}
}

/**
 * av_timer_set_counter_offset() - KVM_ARM_SET_COUNTER_OFFSET: fix what both counts lag behind the host's
 * @vm: the VM
 * @offset: in ticks of the counter
 *
 * From here on user space can't move the counts by ONE_REG, so that who restores all registers leaves them alone.
 *
 * Context: the VMM's thread, may sleep, takes vm->lock. Return: 0, -EINVAL for reserved bits, -EBUSY while a vCPU is in
 * an ioctl, RUN above all (Documentation/virt/kvm/api.rst, 4.139).
 */
int av_timer_set_counter_offset(struct av_vm *vm, const struct kvm_arm_counter_offset *offset)
{
	int ret;

	if (offset->reserved)
		return -EINVAL;
	mutex_lock(&vm->lock);
	ret = av_vcpus_trylock_all(vm);
	if (!ret) {
		vm->counter_offset = true;
		set_virt_offset(vm, offset->counter_offset);
		set_phys_offset(vm, offset->counter_offset);
		av_vcpus_unlock_all(vm);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/* --- life ---------------------------------------------------------------------------------- */

void av_timer_vm_init(struct av_vm *vm)
{
	/*
	 * The guest's count begins with the VM, but where the virtual timer's interrupt would come without end then:
	 * docs/silicon.md, Oryon X1.
	 */
	vm->timer_voff = av_parts_machine() & EL2_FEAT_NO_CNTVOFF ? 0 : host_count();
	vm->timer_poff = 0;
	vm->timer_ppi[AV_TIMER_VIRT] = 27;
	vm->timer_ppi[AV_TIMER_PHYS] = 30;
	vm->timer_ppi[TIMER_IRQ_HYP_VIRT] = 28;
	vm->timer_ppi[TIMER_IRQ_HYP_PHYS] = 26;
}

void av_timer_vcpu_init(struct av_vcpu *vcpu)
{
	struct av_timer_cpu *timer = &vcpu->timer;

	av_hrtimer_setup(&timer->wake, wake_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	av_hrtimer_setup(&timer->ptimer, ptimer_expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer->wait_until = AV_TIMER_NEVER;
}

void av_timer_vcpu_destroy(struct av_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->timer.wake);
	hrtimer_cancel(&vcpu->timer.ptimer);
}

/* VCPU_INIT and PSCI CPU_ON: off and unmasked, where the architecture says UNKNOWN; as KVM does. */
void av_timer_vcpu_reset(struct av_vcpu *vcpu)
{
	struct av_timer_cpu *timer = &vcpu->timer;
	unsigned int t;

	hrtimer_cancel(&timer->wake);
	hrtimer_cancel(&timer->ptimer);
	av_timer_wait_until(vcpu, AV_TIMER_NEVER);
	for (t = 0; t < AV_NR_TIMERS; t++) {
		*regs(vcpu, t) = (struct av_timer_regs) { };
		timer->level[t] = false;
		if (timer->has_gic)
			av_vgic_inject(vcpu->vm, vcpu, ppi(vcpu, t), false, owner(vcpu, t));
	}
}

/* Freeze the VM's choice of PPIs, or take that back. */
static void set_enabled(struct av_vcpu *vcpu, bool enabled)
{
	spin_lock(&ppi_lock);
	vcpu->timer.enabled = enabled;
	spin_unlock(&ppi_lock);
}

static int claim_ppis(struct av_vcpu *vcpu)
{
	unsigned int t;

	if (ppi(vcpu, AV_TIMER_VIRT) == ppi(vcpu, AV_TIMER_PHYS))
		return -EINVAL;
	for (t = 0; t < AV_NR_TIMERS; t++)
		if (av_vgic_claim_ppi(vcpu, ppi(vcpu, t), owner(vcpu, t)))
			return -EINVAL;
	for (t = 0; t < AV_NR_TIMERS; t++) {
		if (!is_real(t))
			continue;
		av_vgic_map_hw(vcpu, ppi(vcpu, t), av_timer_host_intid(t));
		vcpu->ctx->timer_intid[t] = ppi(vcpu, t);
		vcpu->timer.hw_ppis |= BIT(ppi(vcpu, t));
	}
	return 0;
}

/* First RUN, after av_vgic_map_resources(); caller holds vcpu->mutex. -EINVAL for bad PPIs. */
int av_timer_enable(struct av_vcpu *vcpu)
{
	int ret;

	if (vcpu->timer.enabled)
		return 0;
	set_enabled(vcpu, true);
	vcpu->timer.has_gic = av_vgic_present(vcpu->vm);
	if (!vcpu->timer.has_gic)
		return 0;
	ret = claim_ppis(vcpu);
	if (ret) {
		vcpu->timer.has_gic = false;
		set_enabled(vcpu, false);
	}
	return ret;
}

/* --- KVM_ARM_VCPU_TIMER_CTRL: the PPIs, which are the same on all vCPUs ---------------------- */

int av_timer_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	return attr->attr < ARRAY_SIZE(vcpu->vm->timer_ppi) ? 0 : -ENXIO;
}

int av_timer_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int irq;

	if (av_timer_has_attr(vcpu, attr))
		return -ENXIO;
	irq = ppi(vcpu, array_index_nospec(attr->attr, ARRAY_SIZE(vcpu->vm->timer_ppi)));
	return put_user(irq, (int __user *)(unsigned long)attr->addr);
}

static int set_ppi(struct av_vm *vm, unsigned int timer, u8 irq)
{
	struct av_vcpu *vcpu;
	int i, ret = 0;

	spin_lock(&ppi_lock);
	av_for_each_vcpu(i, vcpu, vm)
		if (vcpu->timer.enabled)
			ret = -EBUSY;
	if (!ret)
		WRITE_ONCE(vm->timer_ppi[timer], irq);
	spin_unlock(&ppi_lock);
	return ret;
}

/* The order of the checks is KVM's: an attribute that isn't there is noticed last. */
int av_timer_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int irq, ret;

	if (!av_vgic_present(vcpu->vm))
		return -EINVAL;
	if (get_user(irq, (int __user *)(unsigned long)attr->addr))
		return -EFAULT;
	if (irq < 16 || irq > 31)
		return -EINVAL;
	if (vcpu->timer.enabled)
		return -EBUSY;
	ret = av_timer_has_attr(vcpu, attr);
	if (ret)
		return ret;
	return set_ppi(vcpu->vm, array_index_nospec(attr->attr, ARRAY_SIZE(vcpu->vm->timer_ppi)),
		       irq);
}
