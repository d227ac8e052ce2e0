// SPDX-License-Identifier: GPL-2.0
/*
 * Own EL2 on each CPU: take it from the kernel's hyp-stub, give it back as it was found.
 *
 * Runs at: host kernel. Owns: who has EL2 on which CPU, and each CPU's EL2 stack and page.
 * Locks: CPU hotplug serialises take and give; cpu_pm calls run on their own CPU with interrupts off.
 *
 * The stub's HVC_SOFT_RESTART enters el2/init.S at EL2 with the MMU off, ELR_EL2 and SPSR_EL2 still holding our
 * return; so nothing of the kernel has to be found by name (Documentation/virt/kvm/arm/hyp-abi.rst).
 *
 * A VHE host has EL2 itself and there is nothing to take: "taken" means there that the CPU's page is filled and the
 * few registers that are nobody's are noted, to be put back.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/arm-smccc.h>
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/cpuhotplug.h>
#include <linux/irqflags.h>
#include <linux/miscdevice.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "el2/door.h"
#include "host/boxes.h"
#include "host/cpu_ids.h"
#include "host/describe.h"
#include "host/el2_map.h"
#include "host/host.h"
#include "host/parts.h"
#include "host/parts_rules.h"
#include "host/redist.h"
#include "host/refuse.h"
#include "host/sve.h"
#include "host/timer.h"
#include "include/arm_regs.h"
#include "include/vcpu_ctx.h"
#include "percpu.h"

/* host_asm.S */
u64 av_hvc_take(u64 entry, u64 params);
u64 av_hvc_probe(u64 id);

#define PROBE_UNKNOWN_ID	0x1000	/* no call of the stub's, KVM's or ours */
#define PROBE_UNDEF		0x7777	/* host_asm.S: HVC is undefined here */
#define PROBE_KVM		(-1ULL)

static enum cpuhp_state el2_state, irq_state;
static bool stub_knows_ich_vtr;

/* ---- may we? ------------------------------------------------------------------------------------ */

/* Somebody who answers the hypervisor's "who are you" call sits below (DEN0028, 6.2). */
static bool hypervisor_answers(void)
{
	struct arm_smccc_res res;

	arm_smccc_1_1_hvc(ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID, &res);
	return res.a0 != SMCCC_RET_NOT_SUPPORTED;
}

/*
 * KVM registers /dev/kvm, minor 232, when it initialised; nobody else may. Whoever has a node of that number may open
 * it meanwhile, so there is nothing to open: a file with operations of ours would outlive the module, which it does
 * not hold (misc_open() refuses a device without any).
 */
static bool kvm_is_active(void)
{
	struct miscdevice probe = { .minor = KVM_MINOR, .name = "kvm-armvcpu-probe" };

	if (misc_register(&probe))
		return true;
	misc_deregister(&probe);
	return false;
}

static u64 ask_el2(u64 id)
{
	unsigned long flags;
	u64 answer, daif;

	local_irq_save(flags);
	/*
	 * Debug exceptions and SErrors too: host_asm.S has vectors for nothing else. And all put back as it was: with
	 * pseudo-NMIs the kernel masks interrupts by priority, and nobody would clear PSTATE's bits.
	 */
	daif = read_sysreg(daif);
	asm volatile("msr daifset, #0xf" : : : "memory");
	answer = av_hvc_probe(id);
	write_sysreg(daif, daif);
	barrier();
	local_irq_restore(flags);
	return answer;
}

/*
 * ICH_*_EL2 can be used: the CPU has them and the kernel runs its GIC by system registers. Without SRE they are
 * undefined, and the GIC works as a GICv2 does (IHI 0069, 12.2.24).
 */
static bool has_gicv3(void)
{
	return AV_GET(read_sysreg(id_aa64pfr0_el1), 27, 24) &&
	       read_sysreg_s(SYS_ICC_SRE_EL1) & ICC_SRE_SRE;
}

/* Is EL2 to be had? One line in the log if not; include/refusals.def has them, and the README explains each. */
static int check_el2(void)
{
	bool conduit_is_hvc = arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_HVC;
	u64 pfr0 = read_sysreg(id_aa64pfr0_el1);

	if (av_host_is_vhe())
		return kvm_is_active() ? av_refuse(AV_REFUSE_KVM) : 0;
	if (conduit_is_hvc && hypervisor_answers())
		return av_refuse(AV_REFUSE_GUEST);
	if (kvm_is_active())
		return av_refuse(AV_REFUSE_KVM);
	if (!AV_GET(pfr0, 11, 8) || conduit_is_hvc)
		return av_refuse(AV_REFUSE_NO_EL2);
	/* el2/init.S and all of the image write EL2's registers as they are with E2H = 0. */
	if (av_el2_is_vhe_only(read_sysreg_s(sys_reg(3, 0, 0, 7, 4))))
		return av_refuse(AV_REFUSE_VHE_ONLY);
	switch (ask_el2(PROBE_UNKNOWN_ID)) {
	case AV_STUB_ERR:
		break;
	case PROBE_UNDEF:
		return av_refuse(AV_REFUSE_NO_EL2);
	case PROBE_KVM:
		return av_refuse(AV_REFUSE_KVM);
	default:
		return av_refuse(AV_REFUSE_STUB);
	}
	/* Without the register the stub faults, for ever: its vectors have no handler. */
	stub_knows_ich_vtr = has_gicv3() && ask_el2(AV_STUB_GET_ICH_VTR) != AV_STUB_ERR;
	return 0;
}

/* All that can be known before anything of the machine is touched. */
static int preflight(void)
{
	int ret = check_el2();

	if (!ret && !av_controls_fit())
		ret = av_refuse(AV_REFUSE_NO_FGT);
	if (!ret)
		ret = av_parts_init();
	return ret ?: av_describe_init();
}

/* ---- what EL2 must know of the CPU -------------------------------------------------------------- */

static u64 cpu_features(void)
{
	u64 pfr0 = read_sysreg(id_aa64pfr0_el1);
	u64 pfr1 = read_sysreg(id_aa64pfr1_el1);
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);
	u64 mmfr1 = read_sysreg(id_aa64mmfr1_el1);
	u64 features = 0;

	if (has_gicv3())
		features |= EL2_FEAT_GICV3;
	if (AV_GET(pfr0, 31, 28))
		features |= EL2_FEAT_RAS;
	if (AV_GET(mmfr1, 11, 8))
		features |= EL2_FEAT_VHE_CPU;
	if (AV_GET(pfr1, 39, 36))
		features |= EL2_FEAT_NMI;
	if (AV_GET(pfr0, 35, 32) && system_supports_sve())
		features |= EL2_FEAT_SVE;
	if (AV_GET(read_sysreg_s(sys_reg(3, 0, 0, 7, 3)), 11, 8) && av_cpu_ids_given(605))
		features |= EL2_FEAT_S1PIE;
	features |= av_controls_buffers();
	if (AV_GET(mmfr1, 23, 20))
		features |= EL2_FEAT_PAN;
	if (AV_GET(pfr0, 51, 48))
		features |= EL2_FEAT_DIT;
	if (AV_GET(pfr1, 11, 8))
		features |= EL2_FEAT_TCO;
	if (system_uses_irq_prio_masking())
		features |= EL2_FEAT_PMR;
	if (stub_knows_ich_vtr)
		features |= EL2_FEAT_STUB_ICH_VTR;
	features |= av_part_errata(read_cpuid_id()) & ~EL2_FEAT_OF_MACHINE;
	features |= AV_PUT(AV_GET(dfr0, 15, 12), 59, 56);	/* BRPs */
	features |= AV_PUT(AV_GET(dfr0, 23, 20), 63, 60);	/* WRPs */
	return features;
}

/* ---- take and give back on one CPU -------------------------------------------------------------- */

/* Interrupts off, on the CPU itself. */
static int take(struct av_cpu *c)
{
	if (c->taken)
		return 0;
	c->el2->features = cpu_features();
	/* ID_AA64ISAR2_EL1.ATS1A */
	c->el2->walk = AV_GET(read_sysreg_s(sys_reg(3, 0, 0, 6, 2)), 63, 60) ? AV_WALK_ANY : 0;
	av_controls_init_cpu(c->el2);
	if (av_host_is_vhe()) {
		c->lost = av_el2_call(TAKE, 0, 0, 0) < 0;
	} else {
		av_el2_clean_for_take(c->params);
		c->answer = av_hvc_take(av_el2_take_pa(), virt_to_phys(c->params));
		c->lost = c->answer != AV_ANSWER_DONE(0);
	}
	if (c->lost)
		return -EIO;
	c->stranded = false;
	av_el2_set_taken(c, true);
	/*
	 * Before: the mask. Not after: walks of a guest here. So who takes a translation away and finds nobody to
	 * flush it (av_el2_broadcast_id()) did so before this CPU could have read it.
	 */
	dsb(ish);
	return 0;
}

/* Interrupts off, on the CPU itself. That it was lost may be found out only here; then there is nothing to give. */
static void give_back(struct av_cpu *c)
{
	if (!c->taken && !c->stranded)
		return;
	if (av_el2_call(RELEASE, 0, 0, 0) >= 0)
		c->stranded = false;
	av_el2_set_taken(c, false);
}

/* What the parts of the machine need, to each CPU's EL2, before a guest can run on the one that brought it. */
static void tell_machine(void)
{
	u64 machine = av_parts_machine();
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(&av_cpus, cpu)->el2->machine, machine);
}

static int cpu_up_callback(unsigned int cpu)
{
	unsigned long flags;
	int ret;

	av_sve_cpu_up();
	if (!av_cpu_ids_fit()) {
		pr_warn("CPU %u lacks instructions that guests are told of: none runs there\n", cpu);
		return 0;
	}
	if (!av_controls_fit()) {
		pr_warn("CPU %u has features that this kernel is too old to keep guests from: none runs there\n", cpu);
		return 0;
	}
	local_irq_save(flags);
	av_parts_cpu(this_cpu_ptr(&av_cpus)->el2);
	tell_machine();
	ret = take(this_cpu_ptr(&av_cpus));
	local_irq_restore(flags);
	if (ret)
		av_refuse_detail(AV_REFUSE_LOST, "CPU %u", cpu);
	return ret;
}

static int cpu_down_callback(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	give_back(this_cpu_ptr(&av_cpus));
	local_irq_restore(flags);
	return 0;
}

/* What EL2 must know to take the guest's own interrupts (el2/fast_irq.c). */
static void set_kicks(struct el2_cpu *el2, unsigned int cpu)
{
	el2->kick_intid = av_maint_intid;
	el2->timer_intid[AV_TIMER_VIRT] = av_timer_host_intid(AV_TIMER_VIRT);
	el2->timer_intid[AV_TIMER_PHYS] = av_timer_host_intid(AV_TIMER_PHYS);
	el2->redist = el2->kick_intid ? av_redist_el2_addr(cpu) : 0;
}

/* The interrupts that make a guest leave: enabled only while EL2 is ours. */
static int irqs_up_callback(unsigned int cpu)
{
	unsigned long flags;

	av_redist_cpu_up(cpu);
	local_irq_save(flags);
	av_vgic_host_cpu_up();
	av_timer_host_cpu_up();
	set_kicks(this_cpu_ptr(&av_cpus)->el2, cpu);
	av_boxes_cpu_up();
	this_cpu_ptr(&av_cpus)->irqs_up = true;
	local_irq_restore(flags);
	return 0;
}

static int irqs_down_callback(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_ptr(&av_cpus)->irqs_up = false;
	av_boxes_cpu_down();
	av_timer_host_cpu_down();
	av_vgic_host_cpu_down();
	local_irq_restore(flags);
	return 0;
}

/*
 * A CPU that powers down loses EL2's registers and comes back with the stub's (it boots anew): suspend
 * to RAM, deep idle. What it finds on the way down must be the stub, too.
 *
 * Called as long as any CPU may have been taken, between any two steps of load, unload and hotplug: what the CPU has of
 * ours is what these flags say.
 */
static int cpu_pm_callback(struct notifier_block *nb, unsigned long action, void *data)
{
	struct av_cpu *c = this_cpu_ptr(&av_cpus);

	switch (action) {
	case CPU_PM_ENTER:
		if (c->irqs_up && !av_boxes_cpu_sleeps())
			return NOTIFY_BAD;
		c->resume = c->taken;
		give_back(c);
		/* As it was found may be running; its interrupt is on, and would keep the CPU awake. */
		if (c->irqs_up)
			av_timer_host_cpu_reset();
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		if (c->resume && take(c))
			pr_err("CPU %u: EL2 was lost in a power-down (answer %llx): no guest runs there before it goes offline and comes back\n",
			       smp_processor_id(), c->answer);
		if (c->irqs_up) {
			av_vgic_host_cpu_resumed();
			av_timer_host_cpu_reset();
			av_boxes_cpu_up();
		}
		c->resume = false;
		break;
	default:
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block cpu_pm_block = { .notifier_call = cpu_pm_callback };

/* ---- all CPUs ----------------------------------------------------------------------------------- */

static void free_cpus(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct av_cpu *c = per_cpu_ptr(&av_cpus, cpu);

		free_page((unsigned long)c->el2);
		free_page((unsigned long)c->stack);
		kfree(c->params);
		memset(c, 0, sizeof(*c));
	}
}

static int alloc_cpu(unsigned int cpu)
{
	struct av_cpu *c = per_cpu_ptr(&av_cpus, cpu);
	u64 window = av_el2_cpu_window(cpu);
	int ret;

	c->el2 = (void *)get_zeroed_page(GFP_KERNEL);
	if (!c->el2)
		return -ENOMEM;
	av_boxes_cpu_init(cpu);
	if (av_host_is_vhe()) {
		per_cpu(av_vhe_cpu, cpu) = c->el2;
		return 0;
	}
	c->stack = (void *)get_zeroed_page(GFP_KERNEL);
	c->params = kzalloc(sizeof(*c->params), GFP_KERNEL);
	if (!c->stack || !c->params)
		return -ENOMEM;
	ret = av_el2_map_cpu(cpu, EL2_CPU_PAGE_STACK, c->stack);
	if (!ret)
		ret = av_el2_map_cpu(cpu, EL2_CPU_PAGE_DATA, c->el2);
	if (ret)
		return ret;
	c->el2->stack_top = window + (EL2_CPU_PAGE_STACK + 1) * PAGE_SIZE;
	c->el2->idmap_release = av_el2_release_pa();
	av_el2_map_params(c->params);
	c->params->stack = c->el2->stack_top;
	c->params->cpu = window + EL2_CPU_PAGE_DATA * PAGE_SIZE;
	return 0;
}

/* The host's GIC and timer; what the GIC can do only EL2 can read. */
static int init_irqs(void)
{
	s64 vtr;
	int ret;

	preempt_disable();
	vtr = av_el2_call(GIC_INFO, 0, 0, 0);
	preempt_enable();
	if (vtr < 0)
		return av_refuse(AV_REFUSE_LOST);
	av_vgic_host_set_vtr(vtr);
	ret = av_vgic_host_init();
	if (ret)
		return ret;
	ret = av_timer_host_init();
	if (ret)
		goto vgic;
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "armvcpu:irqs", irqs_up_callback,
				irqs_down_callback);
	if (ret < 0)
		goto timer;
	irq_state = ret;
	return 0;
timer:
	av_timer_host_exit();
vgic:
	av_vgic_host_exit();
	return ret;
}

/* Last: until EL2 has been given back a CPU may go into a deep idle state, and come back as the stub's. */
static void pm_exit(void)
{
	cpu_pm_unregister_notifier(&cpu_pm_block);
	/* CPUs that are in the callback: the chain is walked under rcu_read_lock(). */
	synchronize_rcu();
	av_el2_map_set_live(false);
}

/* Nobody has EL2 any more that we took; where that failed our image stays what it runs. */
static void free_memory(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu_ptr(&av_cpus, cpu)->stranded) {
			pr_err("CPU %u: EL2 could not be given back, its memory stays allocated\n", cpu);
			return;
		}
	}
	free_cpus();
	av_el2_map_exit();
}

/**
 * av_el2_init() - take EL2 on every online CPU, and on each that comes online later
 *
 * Context: module load. Return: 0, or -ENODEV or -EBUSY with one line in the log that says why and what to do.
 */
int av_el2_init(void)
{
	unsigned int cpu;
	int ret;

	ret = preflight();
	if (ret)
		return ret;
	ret = av_el2_map_init();
	if (ret)
		return ret;
	for_each_possible_cpu(cpu) {
		ret = alloc_cpu(cpu);
		if (ret)
			goto free;
	}
	/* Visible to EL2's walks before the first of them (DDI 0487, D8.2.6). */
	dsb(ishst);
	av_el2_map_set_live(true);
	/* First: a CPU that was taken may go into a deep idle state right afterwards. */
	cpu_pm_register_notifier(&cpu_pm_block);
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "armvcpu:el2", cpu_up_callback,
				cpu_down_callback);
	if (ret < 0)
		goto pm;
	el2_state = ret;
	ret = init_irqs();
	if (ret)
		goto give_back;
	cpus_read_lock();
	av_parts_loaded();
	cpus_read_unlock();
	return 0;
give_back:
	cpuhp_remove_state(el2_state);
pm:
	pm_exit();
free:
	free_memory();
	return ret;
}

/* Give EL2 back on every CPU, register by register; no VM exists any more. */
void av_el2_exit(void)
{
	cpuhp_remove_state(irq_state);
	av_timer_host_exit();
	av_vgic_host_exit();
	cpuhp_remove_state(el2_state);
	pm_exit();
	free_memory();
}

/* ---- faults ------------------------------------------------------------------------------------- */

int av_el2_provoke_tlb(u64 cpu)
{
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;
	WRITE_ONCE(per_cpu_ptr(&av_cpus, cpu)->el2->provoke_tlb, 1);
	return 0;
}

void av_el2_show(struct seq_file *seq)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		const struct av_cpu *c = per_cpu_ptr(&av_cpus, cpu);

		seq_printf(seq, "cpu%u: %s phase %c features %llx faults %llu", cpu,
			   c->taken ? "taken" : c->lost ? "lost" : "given back", (char)(c->el2->phase ?: '-'),
			   c->el2->features | c->el2->machine, c->el2->fault.count);
		if (c->lost)
			seq_printf(seq, " by answer %llx", c->answer);
		av_parts_show_cpu(seq, c->el2);
		if (c->el2->fault.count)
			seq_printf(seq, " last: pc %llx esr %llx far %llx phase %c",
				   c->el2->fault.elr, c->el2->fault.esr, c->el2->fault.far,
				   (char)c->el2->fault.phase);
		seq_putc(seq, '\n');
	}
	av_parts_show_machine(seq);
}
