// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of the performance monitors: the rows of include/sysregs.def for trapped accesses and for ONE_REG
 * (DDI 0487, D24.5).
 *
 * Runs at: host kernel, vcpu->mutex held, may sleep. Owns: nothing; the state is pmu.c's.
 */
#include <linux/kernel.h>
#include <linux/nospec.h>

#include "pmu.h"

#define TYPE(n)		(AV_PMU_TYPE + (n))

/* STALL_SLOT and its two kinds count slots, of which PMMIR_EL1 would have to tell how many there are. */
#define CEID1_SLOTS	(AV_BIT(0x3d - 32) | AV_BIT(0x3e - 32) | AV_BIT(0x3f - 32))

/* One access: by the guest, or by user space. */
struct access {
	struct av_vcpu *vcpu;
	struct av_pmu *pmu;
	unsigned int n;			/* of a counter's register */
	bool is_write;
	bool el0;
	u64 value;
};

/* False: there is no such register. */
typedef bool pmu_fn(struct access *a);

/* ---- counters and their types ------------------------------------------------------------------- */

static bool exists(const struct access *a, unsigned int n)
{
	return av_pmu_counters(a->vcpu) & BIT(n);
}

static bool has_el3(const struct av_vm *vm)
{
	return AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 0)]), 15, 12) != 0;
}

static bool counter(struct access *a)
{
	if (!exists(a, a->n))
		return false;
	if (a->is_write)
		av_pmu_write(a->pmu, a->n, a->value);
	else
		a->value = av_pmu_read(a->pmu, a->n);
	return true;
}

static bool type(struct access *a)
{
	u64 mask = av_pmu_type_mask(a->n, av_pmu_version(a->vcpu), has_el3(a->vcpu->vm));

	if (!exists(a, a->n))
		return false;
	if (a->is_write)
		av_pmu_set_type(a->pmu, a->n, a->value & mask);
	else
		a->value = a->pmu->pmc[a->n].type;
	return true;
}

/* The counter that PMSELR_EL0 names; the cycle counter has a type there, and no value. */
static bool selected_counter(struct access *a)
{
	a->n = array_index_nospec(a->pmu->select, AV_PMU_COUNTERS);
	return a->n != PMU_CYCLES && counter(a);
}

static bool selected_type(struct access *a)
{
	a->n = array_index_nospec(a->pmu->select, AV_PMU_COUNTERS);
	return type(a);
}

/* ---- control -------------------------------------------------------------------------------------- */

static void zero_counters(struct access *a, unsigned long which)
{
	unsigned int n;

	for_each_set_bit(n, &which, AV_PMU_COUNTERS)
		av_pmu_write(a->pmu, n, 0);
}

static bool pmcr(struct access *a)
{
	u64 nr = READ_ONCE(a->vcpu->vm->pmu.nr);

	if (!a->is_write) {
		a->value = a->pmu->pmcr | AV_PUT(nr, PMCR_N_HI, PMCR_N_LO);
		return true;
	}
	av_pmu_set_pmcr(a->pmu, av_pmu_pmcr(a->value, av_pmu_version(a->vcpu), av_guest_has_aarch32(a->vcpu->vm)));
	if (a->value & PMCR_C)
		zero_counters(a, BIT(PMU_CYCLES));
	if (a->value & PMCR_P)
		zero_counters(a, av_pmu_counters(a->vcpu) & ~BIT(PMU_CYCLES));
	return true;
}

/* A set of counters that has two registers: one switches on, the other off. */
static u64 changed(const struct access *a, u64 now, bool set)
{
	u64 which = a->value & av_pmu_counters(a->vcpu);

	return set ? now | which : now & ~which;
}

static bool enable_set(struct access *a)
{
	if (a->is_write)
		av_pmu_enable_counters(a->pmu, changed(a, a->pmu->enabled, true));
	a->value = a->pmu->enabled;
	return true;
}

static bool enable_clear(struct access *a)
{
	if (a->is_write)
		av_pmu_enable_counters(a->pmu, changed(a, a->pmu->enabled, false));
	a->value = a->pmu->enabled;
	return true;
}

static bool interrupt_set(struct access *a)
{
	if (a->is_write)
		av_pmu_set_interrupts(a->pmu, changed(a, a->pmu->interrupts, true));
	a->value = a->pmu->interrupts;
	return true;
}

static bool interrupt_clear(struct access *a)
{
	if (a->is_write)
		av_pmu_set_interrupts(a->pmu, changed(a, a->pmu->interrupts, false));
	a->value = a->pmu->interrupts;
	return true;
}

static bool overflow_set(struct access *a)
{
	if (a->is_write)
		av_pmu_change_overflows(a->pmu, 0, a->value & av_pmu_counters(a->vcpu));
	a->value = READ_ONCE(a->pmu->overflows);
	return true;
}

static bool overflow_clear(struct access *a)
{
	if (a->is_write)
		av_pmu_change_overflows(a->pmu, a->value & av_pmu_counters(a->vcpu), 0);
	a->value = READ_ONCE(a->pmu->overflows);
	return true;
}

static bool software(struct access *a)
{
	if (!a->is_write)
		return false;
	av_pmu_software(a->pmu, a->value & av_pmu_counters(a->vcpu), a->el0);
	return true;
}

static bool selector(struct access *a)
{
	if (a->is_write)
		a->pmu->select = AV_GET(a->value, 4, 0);
	a->value = a->pmu->select;
	av_pmu_note_around(a->pmu);
	return true;
}

/* EL0 may read it, and never write. */
static bool user_enable(struct access *a)
{
	if (a->is_write && a->el0)
		return false;
	if (a->is_write)
		a->pmu->userenr = a->value & PMUSERENR_ALL;
	a->value = a->pmu->userenr;
	av_pmu_note_around(a->pmu);
	return true;
}

/* ---- what there is --------------------------------------------------------------------------------- */

/* Of 32 events from this one on, those that user space's filter lets through. */
static u64 filtered(const struct av_vm *vm, u64 first)
{
	u64 which = 0;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (av_pmu_may_count(vm, first + i))
			which |= AV_BIT(i);
	}
	return which;
}

/* Common events by the host's driver, those from 0x4000 on since PMUv3p1; two are ours. */
static bool event_ids(struct access *a, unsigned int half)
{
	const struct av_vm *vm = a->vcpu->vm;
	u64 ids = vm->pmu.host->ceid[half];

	if (a->is_write)
		return false;
	if (half == 0)
		ids |= AV_BIT(AV_PMU_SW_INCR) | AV_BIT(AV_PMU_CHAIN);
	else
		ids &= ~CEID1_SLOTS;
	ids &= filtered(vm, half * 32) | filtered(vm, 0x4000 + half * 32) << 32;
	a->value = av_pmu_version(a->vcpu) == AV_PMU_V3 ? (u32)ids : ids;
	return true;
}

static bool event_ids_0(struct access *a)
{
	return event_ids(a, 0);
}

static bool event_ids_1(struct access *a)
{
	return event_ids(a, 1);
}

static bool slots(struct access *a)
{
	a->value = 0;
	return !a->is_write && av_pmu_version(a->vcpu) >= AV_PMU_V3P4;
}

/* ---- the table ------------------------------------------------------------------------------------- */

#define ALWAYS		AV_BIT(7)	/* no bit of PMUSERENR_EL0: EL0 may in any case */
#define NEVER		0		/* the CPU lets nobody at EL0 come here */
#define EN		PMUSERENR_EN
#define EN_SW		(PMUSERENR_EN | PMUSERENR_SW)
#define EN_CR		(PMUSERENR_EN | PMUSERENR_CR)
#define EN_ER		(PMUSERENR_EN | PMUSERENR_ER)

/* Which bits of PMUSERENR_EL0 let EL0 read and write: any of them does. Those of numbers are ranges. */
static const struct pmu_reg {
	u8 el0_read, el0_write;
	pmu_fn *access;
} regs[AV_PMU_NR] = {
	[0 ... PMU_CYCLES - 1]			= { EN_ER, EN,	   counter },
	[AV_PMU_PMCCNTR_EL0]			= { EN_CR, EN,	   counter },
	[TYPE(0) ... TYPE(PMU_CYCLES)]		= { EN,	   EN,	   type },
	[AV_PMU_PMCR_EL0]			= { EN,	   EN,	   pmcr },
	[AV_PMU_PMCNTENSET_EL0]			= { EN,	   EN,	   enable_set },
	[AV_PMU_PMCNTENCLR_EL0]			= { EN,	   EN,	   enable_clear },
	[AV_PMU_PMOVSSET_EL0]			= { EN,	   EN,	   overflow_set },
	[AV_PMU_PMOVSCLR_EL0]			= { EN,	   EN,	   overflow_clear },
	[AV_PMU_PMINTENSET_EL1]			= { NEVER, NEVER,  interrupt_set },
	[AV_PMU_PMINTENCLR_EL1]			= { NEVER, NEVER,  interrupt_clear },
	[AV_PMU_PMSWINC_EL0]			= { EN_SW, EN_SW,  software },
	[AV_PMU_PMSELR_EL0]			= { EN_ER, EN_ER,  selector },
	[AV_PMU_PMCEID0_EL0]			= { EN,	   EN,	   event_ids_0 },
	[AV_PMU_PMCEID1_EL0]			= { EN,	   EN,	   event_ids_1 },
	[AV_PMU_PMXEVTYPER_EL0]			= { EN,	   EN,	   selected_type },
	[AV_PMU_PMXEVCNTR_EL0]			= { EN_ER, EN,	   selected_counter },
	[AV_PMU_PMUSERENR_EL0]			= { ALWAYS, ALWAYS, user_enable },
	[AV_PMU_PMMIR_EL1]			= { NEVER, NEVER,  slots },
};

static bool is_el0(const struct av_vcpu *vcpu)
{
	u64 mode = vcpu->ctx->pstate & PSR_MODE_FIELD;

	return mode == PSR_MODE_EL0T || mode == PSR_MODE_32;
}

static bool el0_may(const struct pmu_reg *reg, const struct access *a)
{
	return (a->pmu->userenr | ALWAYS) & (a->is_write ? reg->el0_write : reg->el0_read);
}

/**
 * av_access_pmu() - a trapped access to a register of the PMU
 * @vcpu: the vCPU
 * @op: the access
 * @row: which
 *
 * Context: outside of the burst, may sleep. Return: AV_DONE, or AV_INJECTED: undefined, or EL1 has not allowed EL0 to.
 */
enum av_verdict av_access_pmu(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	const struct pmu_reg *reg = &regs[row->index];
	struct access a = {
		.vcpu = vcpu,
		.pmu = vcpu->pmu,
		.n = row->index % AV_PMU_TYPE,
		.is_write = op->is_write,
		.el0 = is_el0(vcpu),
		.value = op->value,
	};

	if (!a.pmu)
		return av_reg_undef(vcpu);
	if (a.el0 && !el0_may(reg, &a)) {
		av_inject_same(vcpu);
		return AV_INJECTED;
	}
	if (!reg->access(&a))
		return av_reg_undef(vcpu);
	op->value = a.value;
	return AV_DONE;
}

/* ---- ONE_REG --------------------------------------------------------------------------------------- */

static bool has_pmu(const struct av_vcpu *vcpu)
{
	return vcpu->pmu;
}

/* Counters beyond N have registers for user space all the same, which do nothing. */
static int get_pmu(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	struct access a = { .vcpu = vcpu, .pmu = vcpu->pmu, .n = row->index % AV_PMU_TYPE };

	if (row->index <= PMU_CYCLES)
		a.value = av_pmu_read(a.pmu, a.n);
	else if (row->index < AV_PMU_PMCR_EL0)
		a.value = a.pmu->pmc[a.n].type;
	else
		regs[row->index].access(&a);
	*value = a.value;
	return 0;
}

/* N is the VM's. One that the PMU does not have is passed over, and so is each after the first run, as KVM does. */
static void set_pmcr(struct av_vcpu *vcpu, u64 value)
{
	u64 nr = AV_GET(value, PMCR_N_HI, PMCR_N_LO);
	struct av_vm *vm = vcpu->vm;

	mutex_lock(&vm->lock);
	if (!vm->ran_once && nr <= vm->pmu.host->counters)
		WRITE_ONCE(vm->pmu.nr, nr);
	mutex_unlock(&vm->lock);
	av_pmu_set_pmcr(vcpu->pmu, av_pmu_pmcr(value, av_pmu_version(vcpu), av_guest_has_aarch32(vm)));
}

/* What was read can be written: both registers of a pair take the whole set, unlike the guest's (KVM since 6.15). */
static int set_pmu(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	struct access a = {
		.vcpu = vcpu, .pmu = vcpu->pmu, .n = row->index % AV_PMU_TYPE, .is_write = true, .value = value,
	};
	u64 which = value & av_pmu_counters(vcpu);

	switch (row->index) {
	case 0 ... PMU_CYCLES:
		av_pmu_write(a.pmu, a.n, value);
		break;
	case TYPE(0) ... TYPE(PMU_CYCLES):
		av_pmu_set_type(a.pmu, a.n, value & av_pmu_type_mask(a.n, av_pmu_version(vcpu), has_el3(vcpu->vm)));
		break;
	case AV_PMU_PMCR_EL0:
		set_pmcr(vcpu, value);
		break;
	case AV_PMU_PMCNTENSET_EL0:
	case AV_PMU_PMCNTENCLR_EL0:
		av_pmu_enable_counters(a.pmu, which);
		break;
	case AV_PMU_PMINTENSET_EL1:
	case AV_PMU_PMINTENCLR_EL1:
		av_pmu_set_interrupts(a.pmu, which);
		break;
	case AV_PMU_PMOVSSET_EL0:
	case AV_PMU_PMOVSCLR_EL0:
		av_pmu_change_overflows(a.pmu, ~0ULL, which);
		break;
	case AV_PMU_PMSWINC_EL0:
		break;
	default:
		regs[row->index].access(&a);
	}
	return 0;
}

AV_REG_USER(PMU, get_pmu, set_pmu, .visible = has_pmu);
