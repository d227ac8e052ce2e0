// SPDX-License-Identifier: GPL-2.0
/*
 * ID registers: what the guest is told that the CPU can do, from the host's registers and the
 * allow-list in include/idregs.def; and the registers that always show the host's value.
 *
 * Runs at: host kernel. Owns: vm->idregs.
 * Locks: idregs_lock, innermost, for writers of vm->idregs; readers take whole words.
 */
#include <linux/nospec.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "guest.h"
#include "host/cpu_ids.h"
#include "host/parts.h"
#include "idregs_rules.h"
#include "sysreg_row.h"

#define MPIDR_RES1		AV_BIT(31)

enum {
#define SR_ID(name, crm, op2)	IDREG_##name = AV_IDREG(crm, op2),
#include "include/sysregs.def"
};

#define KEEP		AV_ID_KEEP, 0
#define SINCE(n)	AV_ID_SINCE, n
#define GIVEN(n)	AV_ID_GIVEN, n
#define CAP(n)		AV_ID_CAP, n
#define FIXED(n)	AV_ID_FIXED, n
#define WITH_SVE	AV_ID_WITH_SVE, 0
#define WITH_KEYS	AV_ID_WITH_KEYS, 0
#define WITH_TAGS	AV_ID_WITH_TAGS, 0
#define WITH_PMU(n)	AV_ID_WITH_PMU, n
#define ID_FIELD(name, field, high, low, how, may, why)		\
	{ IDREG_##name, high, low, how, .user = AV_ID_##may },

static const struct av_id_field fields[] = {
#include "include/idregs.def"
};

#undef KEEP
#undef SINCE
#undef GIVEN
#undef CAP
#undef FIXED
#undef WITH_SVE
#undef WITH_KEYS
#undef WITH_TAGS
#undef WITH_PMU

static DEFINE_SPINLOCK(idregs_lock);

/* What a guest can be shown at most; like the other host values, made once at load. */
static u64 limits[AV_NR_IDREGS];
static u64 invariants[AV_NR_INVARIANTS];
static bool ctr_differs;	/* some CPU's CTR_EL0 is not what user space is shown */

/* Registers CRm 1-3 describe AArch32. */
static bool is_aarch32(unsigned int index)
{
	return index < AV_IDREG(4, 0);
}

/*
 * Without AArch32 its registers ignore writes; but not the four that KVM's ABI shows as zero
 * anyway.
 */
static bool ignores_writes(unsigned int index)
{
	return is_aarch32(index) && !av_host_has_aarch32() && index != IDREG_ID_AFR0_EL1 &&
	       index != IDREG_ID_DFR1_EL1 && index != IDREG_ID_RES_3_3 &&
	       index != IDREG_ID_RES_3_7;
}

bool av_host_has_aarch32(void)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 3, 0) == 2;
}

bool av_host_has_el1_aarch32(void)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 7, 4) == 2;
}

/* Pointer authentication that guests can be given; the kernel has to know of it, too: it opens it to EL1 and EL0. */
bool av_host_has_keys(void)
{
	return system_supports_address_auth() && system_supports_generic_auth() &&
	       av_id_keys_fit(limits[IDREG_ID_AA64ISAR1_EL1], limits[IDREG_ID_AA64ISAR2_EL1]);
}

/*
 * The kernel meets an ID register that it doesn't know with a WARN. Of those that idregs.def
 * lists, these came after 5.10: with 5.17, in one patch with its name, and with 6.9.
 */
static bool kernel_knows(unsigned int index)
{
#ifndef SYS_ID_AA64ISAR2_EL1
	if (index == IDREG_ID_AA64ISAR2_EL1)
		return false;
#endif
	return index != IDREG_ID_AA64ISAR3_EL1 || AV_KERNEL_KNOWS_ISAR3;
}

/* What all CPUs of the host have; FIXED rows apply even where that is nothing. */
static u64 host_value(unsigned int index)
{
	if (!kernel_knows(index))
		return 0;
	return read_sanitised_ftr_reg(sys_reg(3, 0, 0, index / 8 + 1, index % 8));
}

/* Likewise of a field that young kernels alone know; they may have been told not to use it. */
static u64 young_value(const struct av_id_field *field)
{
	enum av_young_id which = field->reg == IDREG_ID_AA64ISAR2_EL1 ? AV_YOUNG_ISAR2 :
				 field->reg == IDREG_ID_AA64ISAR3_EL1 ? AV_YOUNG_ISAR3 :
				 field->reg == IDREG_ID_AA64PFR2_EL1 ? AV_YOUNG_PFR2 : AV_YOUNG_MMFR3;

	if (av_cpu_ids_kernel_is(field->value))
		return host_value(field->reg);
	if (field->rule == AV_ID_GIVEN && !av_cpu_ids_given(field->value))
		return 0;
	return AV_PUT(av_cpu_ids_promise(which, field->hi, field->lo), field->hi, field->lo);
}

static bool is_young(const struct av_id_field *field)
{
	return field->rule == AV_ID_SINCE || field->rule == AV_ID_GIVEN;
}

/* On each CPU. */
static void compare_ctr(void *unused)
{
	if (read_sysreg(ctr_el0) != invariants[AV_HOST_CTR])
		WRITE_ONCE(ctr_differs, true);
}

/*
 * CTR_EL0 is the system's, not the CPU's: a guest that moves between CPUs, or that user space
 * looks at, needs HCR_EL2.TID2 when this is true.
 */
bool av_host_ctr_differs(void)
{
	return ctr_differs;
}

/* FEAT_CCIDX: as with KVM, guests are shown CCSIDR_EL1's layout of before, by a trap on a CPU with this one. */
bool av_host_has_ccidx(void)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1), 23, 20);
}

/**
 * av_idregs_init() - find out what the host has
 *
 * Context: module load. Return: 0, -EINVAL after a message when idregs.def contradicts itself.
 */
int av_idregs_init(void)
{
	u64 seen[AV_NR_IDREGS] = {};
	unsigned int i;

	memset(limits, 0, sizeof(limits));
	av_cpu_ids_init();
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct av_id_field *field = &fields[i];
		u64 mask = AV_MASK(field->hi, field->lo);

		if (field->hi > 63 || field->lo > field->hi || (seen[field->reg] & mask)) {
			pr_err(AV_NAME ": idregs.def: row %u overlaps or is empty\n", i);
			return -EINVAL;
		}
		seen[field->reg] |= mask;
		if (is_aarch32(field->reg) && !av_host_has_aarch32())
			continue;
		limits[field->reg] |= av_id_field_show(field, is_young(field) ? young_value(field) :
						       host_value(field->reg));
	}
	/* The registers of parts that are older than the fields don't have what is known of them. */
	limits[IDREG_ID_AA64PFR0_EL1] |= av_parts_csv();
	invariants[AV_HOST_MIDR] = read_sysreg(midr_el1);
	invariants[AV_HOST_REVIDR] = read_sysreg(revidr_el1);
	invariants[AV_HOST_AIDR] = read_sysreg(aidr_el1);
	invariants[AV_HOST_CLIDR] = read_sysreg(clidr_el1);
	invariants[AV_HOST_CTR] = read_sanitised_ftr_reg(SYS_CTR_EL0);
	on_each_cpu(compare_ctr, NULL, true);
	return 0;
}

/* Fields that are there in VMs with a feature of VCPU_INIT, or a capability, only. */
static bool is_of_feature(const struct av_id_field *field)
{
	return field->rule == AV_ID_WITH_SVE || field->rule == AV_ID_WITH_KEYS ||
	       field->rule == AV_ID_WITH_TAGS || field->rule == AV_ID_WITH_PMU;
}

/* A VM without these features, until its first vCPU is initialised. */
void av_idregs_init_vm(struct av_vm *vm)
{
	unsigned int i;

	memcpy(vm->idregs, limits, sizeof(vm->idregs));
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (is_of_feature(&fields[i]))
			vm->idregs[fields[i].reg] &= ~AV_MASK(fields[i].hi, fields[i].lo);
	}
	memcpy(vm->invariants, invariants, sizeof(vm->invariants));
}

static void show(struct av_vm *vm, enum av_id_rule feature)
{
	unsigned int i;

	spin_lock(&idregs_lock);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].rule == feature)
			vm->idregs[fields[i].reg] |= limits[fields[i].reg] & AV_MASK(fields[i].hi, fields[i].lo);
	}
	spin_unlock(&idregs_lock);
}

/* Its vCPUs have SVE. Before any can run. */
void av_idregs_with_sve(struct av_vm *vm)
{
	show(vm, AV_ID_WITH_SVE);
}

/* Likewise pointer authentication. */
void av_idregs_with_keys(struct av_vm *vm)
{
	show(vm, AV_ID_WITH_KEYS);
}

/* The VM has memory tagging. Before it has a vCPU. */
void av_idregs_with_tags(struct av_vm *vm)
{
	show(vm, AV_ID_WITH_TAGS);
}

/* Its vCPUs have a PMU. Before any can run. */
void av_idregs_with_pmu(struct av_vm *vm)
{
	show(vm, AV_ID_WITH_PMU);
}

/**
 * av_idregs_gic() - a GIC was made, or the first RUN begins: say what the VM has, whatever was written
 * @vm: the VM
 *
 * Context: vm->lock held. Source: as KVM since 7.2; before, what is not there was taken away, at the first RUN.
 */
void av_idregs_gic(struct av_vm *vm)
{
	static const struct {
		u8 reg, hi, lo;
	} fields[] = {
		{ IDREG_ID_AA64PFR0_EL1, 27, 24 },
		{ IDREG_ID_PFR1_EL1, 31, 28 },
	};
	bool there = av_vgic_is_v3(vm);
	unsigned int i;

	spin_lock(&idregs_lock);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 mask = AV_MASK(fields[i].hi, fields[i].lo), *reg = &vm->idregs[fields[i].reg];

		*reg = (*reg & ~mask) | (there ? limits[fields[i].reg] & mask : 0);
	}
	spin_unlock(&idregs_lock);
}

/*
 * What user space may write although it is not there, since KVM once showed it, or as a way to say that it is not: it
 * counts as zero.
 */
static const struct {
	u8 reg, hi, lo;
	u8 value;			/* 0: the host's own */
} forgiven[] = {
	{ IDREG_ID_AA64PFR0_EL1, 43, 40 },	/* MPAM */
	{ IDREG_ID_AA64PFR1_EL1, 19, 16 },	/* MPAM_frac */
	{ IDREG_ID_AA64MMFR2_EL1, 23, 20 },	/* CCIDX */
	{ IDREG_ID_AA64MMFR2_EL1, 27, 24 },	/* NV */
	{ IDREG_ID_AA64DFR0_EL1, 11, 8, 15 },	/* PMUVer: a PMU of the implementation's own */
	{ IDREG_ID_DFR0_EL1, 27, 24, 15 },	/* PerfMon: likewise */
};

static u64 forgive(unsigned int index, u64 now, u64 value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forgiven); i++) {
		u8 hi = forgiven[i].hi, lo = forgiven[i].lo;
		u64 what = forgiven[i].value;

		if (forgiven[i].reg != index)
			continue;
		/* Of these registers alone: the kernel has not all of them, and warns of a question for another. */
		if (!what)
			what = AV_GET(host_value(index), hi, lo);
		if (!AV_GET(now, hi, lo) && AV_GET(value, hi, lo) == what)
			value &= ~AV_MASK(hi, lo);
	}
	return value;
}

/* The bits that may change from now to wanted without a lie. */
static u64 changeable(unsigned int index, u64 now, u64 wanted)
{
	u64 mask = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		/* Without the feature it is 0, and nothing else. */
		if (is_of_feature(&fields[i]) && !AV_GET(now, fields[i].hi, fields[i].lo))
			continue;
		if (fields[i].reg == index &&
		    av_id_field_takes(&fields[i], limits[index], now, wanted))
			mask |= AV_MASK(fields[i].hi, fields[i].lo);
	}
	return mask;
}

/**
 * av_idreg_set() - SET_ONE_REG of an ID register, which is all vCPUs'
 * @vm: the VM
 * @index: AV_IDREG()
 * @value: from user space
 *
 * Return: 0; -EINVAL for a value that is not the present one and no allowed change of it; -EBUSY
 * for any but the present one after the VM has run.
 */
int av_idreg_set(struct av_vm *vm, unsigned int index, u64 value)
{
	int ret = 0;
	u64 now;

	index = array_index_nospec(index, AV_NR_IDREGS);
	spin_lock(&idregs_lock);
	now = vm->idregs[index];
	value = forgive(index, now, value);
	if (value == now)
		goto out;
	if (ignores_writes(index))
		goto out;
	if (READ_ONCE(vm->ran_once))
		ret = -EBUSY;
	else if ((value ^ now) & ~changeable(index, now, value))
		ret = -EINVAL;
	else
		WRITE_ONCE(vm->idregs[index], value);
out:
	spin_unlock(&idregs_lock);
	return ret;
}

/* ---- registers that show the host's value ---------------------------------------------------- */

u64 av_host_invariant(enum av_invariant which)
{
	return invariants[which];
}

/* Of this CPU, whichever it is: nothing that a guest may rely on. */
static u64 host_actlr(void)
{
	return read_sysreg(actlr_el1);
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

enum av_verdict av_access_id(struct av_vcpu *vcpu, struct av_reg_op *op,
			     const struct av_sysreg *row)
{
	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = READ_ONCE(*av_reg_home(vcpu, row));
	return AV_DONE;
}

enum av_verdict av_access_actlr(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	/* What its bits do is the part's secret: none of them is the guest's to change. */
	return op->is_write ? AV_DONE : av_access_ctx(vcpu, op, row);
}

enum av_verdict av_access_invariant(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = vcpu->vm->invariants[row->user->arg];
	return AV_DONE;
}

/* vm->lock: no change comes between EL2's copy and the end of the first run's preparations (vcpu/run.c). */
static int set_id(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	int ret;

	mutex_lock(&vcpu->vm->lock);
	ret = av_idreg_set(vcpu->vm, row->index, value);
	mutex_unlock(&vcpu->vm->lock);
	return ret;
}

/* Limited ordering regions: the guest is told that they are there, as by KVM, and that it has none (LORID_EL1). */
enum av_verdict av_access_lor(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	if (!AV_GET(READ_ONCE(vcpu->vm->idregs[IDREG_ID_AA64MMFR1_EL1]), 19, 16))
		return av_reg_undef(vcpu);
	return av_access_raz_wi(vcpu, op, row);
}

enum av_verdict av_access_lorid(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return op->is_write ? av_reg_undef(vcpu) : av_access_lor(vcpu, op, row);
}

u64 av_reset_actlr(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	return host_actlr();
}

/*
 * Aff0 counts to 16, since an SGI's target list has so many bits (ICC_SGI1R_EL1.TargetList). What
 * user space wrote outlives the reset: 0, which no MPIDR_EL1 can be, says that there was neither.
 */
u64 av_reset_mpidr(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	u64 now = vcpu->ctx->sys[AV_MPIDR_EL1];
	u64 id = vcpu->id;

	if (now)
		return now;
	return MPIDR_RES1 | (id & 0xf) | (id >> 4 & 0xff) << 8 | (id >> 12 & 0xff) << 16;
}

AV_REG_USER(ID, av_reg_get_home, set_id);
