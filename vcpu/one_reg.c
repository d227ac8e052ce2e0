// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_GET_ONE_REG, KVM_SET_ONE_REG, KVM_GET_REG_LIST: from ids to registers
 * (Documentation/virt/kvm/api.rst, 4.68).
 *
 * Runs at: host kernel. Owns: vm->psci_version, vm->smccc_feat once the VM is made.
 * Locks: vcpu->mutex, held by the callers; vm->lock for what is the VM's.
 */
#include <linux/arm-smccc.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "host/parts.h"
#include "sysreg.h"
#include "vcpu.h"

#define WORDS(member)	(offsetof(struct kvm_regs, member) / sizeof(u32))
#define NR_WORDS	(sizeof(struct kvm_regs) / sizeof(u32))
#define CLASS_MASK	0x000000000fff0000ULL

static unsigned int reg_size(u64 id)
{
	return 1U << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
}

/* ---- core registers -------------------------------------------------------------------------- */

/* Rows of struct kvm_regs. The home is an array of u64, of 128-bit vectors for size 16. */
struct core_regs {
	u16 first;		/* index of the first, in 32-bit words */
	u8 count;
	u8 size;		/* as user space sees it, in bytes */
	u16 home;		/* offset in struct av_vcpu_ctx */
};

#define CTX(member)	offsetof(struct av_vcpu_ctx, member)

static const struct core_regs core_regs[] = {
	{ WORDS(regs.regs[0]),		31, 8, CTX(gpr) },
	{ WORDS(regs.sp),		1,  8, CTX(sys[AV_SP_EL0]) },
	{ WORDS(regs.pc),		1,  8, CTX(pc) },
	{ WORDS(regs.pstate),		1,  8, CTX(pstate) },
	{ WORDS(sp_el1),		1,  8, CTX(sys[AV_SP_EL1]) },
	{ WORDS(elr_el1),		1,  8, CTX(sys[AV_ELR_EL1]) },
	{ WORDS(spsr[KVM_SPSR_EL1]),	1,  8, CTX(sys[AV_SPSR_EL1]) },
	{ WORDS(spsr[KVM_SPSR_ABT]),	4,  8, CTX(spsr32) },
	{ WORDS(fp_regs.vregs[0]),	32, 16, CTX(v) },
	{ WORDS(fp_regs.fpsr),		1,  4, CTX(fpsr) },
	{ WORDS(fp_regs.fpcr),		1,  4, CTX(fpcr) },
};

/* With SVE the V registers are seen as parts of Z only: vcpu/sve_reg.c. */
static bool is_core(const struct av_vcpu *vcpu, const struct core_regs *row)
{
	return row->size != 16 || !av_sve_has(vcpu);
}

static unsigned int home_size(const struct core_regs *row)
{
	return row->size == 16 ? 16 : 8;
}

/* Home of a core register, or an error; -ENOENT before -EINVAL, as KVM has it. */
static void *core_home(struct av_vcpu *vcpu, u64 id, const struct core_regs **found)
{
	u64 word = id & ~(KVM_REG_ARCH_MASK | KVM_REG_SIZE_MASK | KVM_REG_ARM_CORE);
	unsigned int size = reg_size(id);
	unsigned int i, n;

	if (word >= NR_WORDS || word + size / sizeof(u32) >= NR_WORDS)
		return ERR_PTR(-ENOENT);
	for (i = 0; i < ARRAY_SIZE(core_regs); i++) {
		const struct core_regs *row = &core_regs[i];
		unsigned int stride = row->size / sizeof(u32);

		if (word < row->first || word >= row->first + row->count * stride)
			continue;
		if (size != row->size || (word - row->first) % stride || !is_core(vcpu, row))
			return ERR_PTR(-EINVAL);
		n = array_index_nospec((word - row->first) / stride, row->count);
		*found = row;
		return (void *)vcpu->ctx + row->home + n * home_size(row);
	}
	return ERR_PTR(-EINVAL);
}

static int get_core(struct av_vcpu *vcpu, u64 id, void __user *addr)
{
	const struct core_regs *row;
	void *home = core_home(vcpu, id, &row);
	u64 pstate;
	u32 word;

	if (IS_ERR(home))
		return PTR_ERR(home);
	if (home == &vcpu->ctx->pstate) {
		pstate = av_debug_get_pstate(vcpu);
		home = &pstate;
	}
	if (row->size == sizeof(word)) {
		word = *(u64 *)home;
		return copy_to_user(addr, &word, sizeof(word)) ? -EFAULT : 0;
	}
	return copy_to_user(addr, home, row->size) ? -EFAULT : 0;
}

/* PSTATE as SPSR_EL2 takes it; the rest is RES0 or belongs to features that are not offered. */
#define PSTATE_BITS	(PSR_N | PSR_Z | PSR_C | PSR_V | PSR_DIT | PSR_UAO | PSR_PAN | PSR_SS | \
			 PSR_IL | PSR_SSBS | PSR_TCO | PSR_BTYPE | PSR_DAIF | PSR_MODE_FIELD)
#define PSTATE_BITS_32	AV_MASK(31, 0)

static int set_pstate(struct av_vcpu *vcpu, u64 pstate)
{
	u64 mode = pstate & PSR_MODE_FIELD;
	u32 modes = av_vcpu_is_a32(vcpu) ? PSR_MODES_32 : PSR_MODES_64;

	/* An EL1 that is AArch32 has such an EL0, whatever the ID registers say. */
	if (!av_vcpu_is_a32(vcpu) && !av_guest_has_aarch32(vcpu->vm))
		modes &= ~BIT(PSR32_USR);
	if (!(modes & BIT(mode)))
		return -EINVAL;
	av_debug_set_pstate(vcpu, pstate & (mode & PSR_MODE_32 ? PSTATE_BITS_32 : PSTATE_BITS));
	return 0;
}

/*
 * R0-R14 and PC of AArch32 are the lower halves, and the registers of the other modes those of X15-X30 (DDI 0487,
 * D1.20.1), in so far as there are other modes; as KVM has it, User and System see none of them.
 */
static void narrow_to_aarch32(struct av_vcpu_ctx *ctx)
{
	u64 mode = ctx->pstate & PSR_MODE_FIELD;
	unsigned int i, count = mode == PSR32_USR || mode == PSR32_SYS ? 15 : 31;

	if (!(mode & PSR_MODE_32))
		return;
	for (i = 0; i < count; i++)
		ctx->gpr[i] = (u32)ctx->gpr[i];
	ctx->pc = (u32)ctx->pc;
}

static int set_core(struct av_vcpu *vcpu, u64 id, const void __user *addr)
{
	const struct core_regs *row;
	void *home = core_home(vcpu, id, &row);
	u64 value[2];
	u32 word;
	int ret = 0;

	if (IS_ERR(home))
		return PTR_ERR(home);
	if (row->size == sizeof(word)) {
		if (copy_from_user(&word, addr, sizeof(word)))
			return -EFAULT;
		*(u64 *)home = word;
		return 0;
	}
	/* Not straight into its home: a copy that fails half-way must change nothing. */
	if (copy_from_user(value, addr, row->size))
		return -EFAULT;
	if (home == &vcpu->ctx->pstate)
		ret = set_pstate(vcpu, value[0]);
	else
		memcpy(home, value, row->size);
	narrow_to_aarch32(vcpu->ctx);
	return ret;
}

/* ---- firmware registers ---------------------------------------------------------------------- */

struct fw_reg {
	u64 id;
	u64 (*get)(struct av_vcpu *vcpu, const struct fw_reg *reg);
	int (*set)(struct av_vcpu *vcpu, const struct fw_reg *reg, u64 value);
	u32 arg;		/* SMCCC function, or index into vm->smccc_feat */
	u64 supported;		/* bits that a bitmap may have */
};

static u64 get_psci(struct av_vcpu *vcpu, const struct fw_reg *reg)
{
	return READ_ONCE(vcpu->vm->psci_version);
}

/* 0.1 is for vCPUs without the feature bit, all others for those with it. */
static int set_psci(struct av_vcpu *vcpu, const struct fw_reg *reg, u64 value)
{
	bool is_new = value == 0x2 || (value >= 0x10000 && value <= AV_PSCI_LATEST);
	bool wants_new = vcpu->features & BIT(KVM_ARM_VCPU_PSCI_0_2);

	if (!(is_new || value == 0x1) || is_new != wants_new)
		return -EINVAL;
	mutex_lock(&vcpu->vm->lock);
	WRITE_ONCE(vcpu->vm->psci_version, value);
	/* EL2 answers PSCI_VERSION, and there is no check that the VM has not run. */
	WRITE_ONCE(vcpu->vm->fast->psci_version, value);
	mutex_unlock(&vcpu->vm->lock);
	return 0;
}

enum { NOT_AVAIL, AVAIL, NOT_REQUIRED };	/* of WORKAROUND_1 and _3 */

/* The machine's state: what smc.c tells the guest too. */
static u64 get_workaround(struct av_vcpu *vcpu, const struct fw_reg *reg)
{
	s64 answer = av_parts_answer(reg->arg, av_guest_has_ssbs(vcpu->vm));

	if (answer < 0)
		return NOT_AVAIL;
	return answer == SMCCC_RET_SUCCESS ? AVAIL : NOT_REQUIRED;
}

/* A guest that was promised less elsewhere may run here. */
static int set_workaround(struct av_vcpu *vcpu, const struct fw_reg *reg, u64 value)
{
	return value <= get_workaround(vcpu, reg) ? 0 : -EINVAL;
}

/* SSBD: no call is offered, so either the host needs none or the guest has PSTATE.SSBS. */
static u64 get_ssbd(struct av_vcpu *vcpu, const struct fw_reg *reg)
{
	return av_parts_answer(reg->arg, av_guest_has_ssbs(vcpu->vm)) == SMCCC_RET_NOT_REQUIRED ?
	       KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED :
	       KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_AVAIL;
}

static int set_ssbd(struct av_vcpu *vcpu, const struct fw_reg *reg, u64 value)
{
	const u64 enabled = KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_ENABLED;
	u64 level = value & ~enabled;

	if (level > KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED ||
	    ((value & enabled) && level != KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL))
		return -EINVAL;
	/* "Unknown" asks for nothing; "available" is met by a host that needs nothing. */
	if (level >= KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_AVAIL &&
	    get_ssbd(vcpu, reg) != KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2_NOT_REQUIRED)
		return -EINVAL;
	return 0;
}

static u64 get_bitmap(struct av_vcpu *vcpu, const struct fw_reg *reg)
{
	return READ_ONCE(vcpu->vm->smccc_feat[reg->arg]);
}

static int set_bitmap(struct av_vcpu *vcpu, const struct fw_reg *reg, u64 value)
{
	struct av_vm *vm = vcpu->vm;
	int ret = 0;

	if (value & ~reg->supported)
		return -EINVAL;
	mutex_lock(&vm->lock);
	if (vm->ran_once && value != vm->smccc_feat[reg->arg])
		ret = -EBUSY;
	else
		WRITE_ONCE(vm->smccc_feat[reg->arg], value);
	mutex_unlock(&vm->lock);
	return ret;
}

static const struct fw_reg fw_regs[] = {
	{ KVM_REG_ARM_PSCI_VERSION, get_psci, set_psci },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, get_workaround, set_workaround,
	  ARM_SMCCC_ARCH_WORKAROUND_1 },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, get_ssbd, set_ssbd, ARM_SMCCC_ARCH_WORKAROUND_2 },
	{ KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3, get_workaround, set_workaround,
	  ARM_SMCCC_ARCH_WORKAROUND_3 },
	{ KVM_REG_ARM_FW_FEAT_BMAP_REG(0), get_bitmap, set_bitmap, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ KVM_REG_ARM_FW_FEAT_BMAP_REG(1), get_bitmap, set_bitmap, AV_FEAT_STD_HYP, AV_FEAT_STD_HYP_PV_TIME },
	{ KVM_REG_ARM_FW_FEAT_BMAP_REG(2), get_bitmap, set_bitmap, AV_FEAT_VENDOR_HYP,
	  AV_FEAT_VENDOR_FUNC | (AV_HAS_WALL_CLOCK ? AV_FEAT_VENDOR_PTP : 0) },
	{ KVM_REG_ARM_FW_FEAT_BMAP_REG(3), get_bitmap, set_bitmap, AV_FEAT_VENDOR_HYP_2, AV_FEAT_VENDOR_2_IMPL },
};

static bool older_kvm;
module_param(older_kvm, bool, 0644);
MODULE_PARM_DESC(older_kvm, "New VMs have no register and no PSCI that KVM of Linux 6.12 lacks, so that they can migrate to it");

/**
 * av_fw_idregs() - the ID registers of a new VM
 * @vm: the VM
 *
 * Context: nobody else knows the VM yet. With older_kvm without SCTLR2_EL1, which KVM has from Linux 6.17 on.
 */
void av_fw_idregs(struct av_vm *vm)
{
	av_idregs_init_vm(vm);
	if (READ_ONCE(older_kvm))
		vm->idregs[AV_IDREG(7, 3)] &= ~AV_MASK(7, 4);
}

/* Of a VM that says nothing of it: KVM of Linux 6.12 knows PSCI 1.1. */
u64 av_fw_psci_default(void)
{
	return READ_ONCE(older_kvm) ? 0x10001 : AV_PSCI_LATEST;
}

/* Came with Linux 6.15. A VMM sends all that is listed, and whoever lists less takes nothing of it. */
static bool is_young(const struct fw_reg *reg)
{
	return reg->id == KVM_REG_ARM_FW_FEAT_BMAP_REG(3);
}

/* All services are there until user space takes some away; but what it has to answer itself it has to ask for. */
void av_fw_vm_init(struct av_vm *vm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fw_regs); i++) {
		if (fw_regs[i].get == get_bitmap && fw_regs[i].arg != AV_FEAT_VENDOR_HYP_2)
			vm->smccc_feat[fw_regs[i].arg] = fw_regs[i].supported;
	}
}

static const struct fw_reg *find_fw(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fw_regs); i++) {
		if (fw_regs[i].id == id)
			return &fw_regs[i];
	}
	return NULL;
}

static int get_fw(struct av_vcpu *vcpu, u64 id, void __user *addr)
{
	const struct fw_reg *reg = find_fw(id);
	u64 value;

	if (!reg)
		return -ENOENT;
	value = reg->get(vcpu, reg);
	return copy_to_user(addr, &value, sizeof(value)) ? -EFAULT : 0;
}

static int set_fw(struct av_vcpu *vcpu, u64 id, const void __user *addr)
{
	const struct fw_reg *reg = find_fw(id);
	u64 value;

	if (!reg)
		return -ENOENT;
	if (copy_from_user(&value, addr, sizeof(value)))
		return -EFAULT;
	return reg->set(vcpu, reg, value);
}

/* ---- caches, system registers ---------------------------------------------------------------- */

#define CCSIDR_ID(n)	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | \
			 KVM_REG_ARM_DEMUX_ID_CCSIDR | (n))

/* CSSELR_EL1 value of a CCSIDR id, or -ENOENT. */
static int ccsidr_of(u64 id)
{
	unsigned int csselr = id & KVM_REG_ARM_DEMUX_VAL_MASK;

	return id == CCSIDR_ID(csselr) && csselr < AV_NR_CCSIDR ? csselr : -ENOENT;
}

static int get_demux(struct av_vcpu *vcpu, u64 id, void __user *addr)
{
	int csselr = ccsidr_of(id);
	u32 value;

	if (csselr < 0)
		return csselr;
	value = av_ccsidr(vcpu, csselr);
	return copy_to_user(addr, &value, sizeof(value)) ? -EFAULT : 0;
}

static int set_demux(struct av_vcpu *vcpu, u64 id, const void __user *addr)
{
	int csselr = ccsidr_of(id);
	u32 value;

	if (csselr < 0)
		return csselr;
	if (copy_from_user(&value, addr, sizeof(value)))
		return -EFAULT;
	return av_ccsidr_set(vcpu, csselr, value);
}

static int get_sysreg(struct av_vcpu *vcpu, u64 id, void __user *addr)
{
	u64 value;
	int ret = av_sysreg_get(vcpu, id, &value);

	if (ret)
		return ret;
	return copy_to_user(addr, &value, sizeof(value)) ? -EFAULT : 0;
}

static int set_sysreg(struct av_vcpu *vcpu, u64 id, const void __user *addr)
{
	u64 value;
	/* No more than the size of a system register is read, whatever size the id claims. */
	int ret = av_sysreg_get(vcpu, id, &value);

	if (ret)
		return ret;
	if (copy_from_user(&value, addr, sizeof(value)))
		return -EFAULT;
	return av_sysreg_set(vcpu, id, value);
}

/* ---- the three ioctls ------------------------------------------------------------------------ */

/* Classes; what is not listed does not exist. The timers are rows of sysregs.def. */
static const struct {
	u32 class;
	int (*get)(struct av_vcpu *vcpu, u64 id, void __user *addr);
	int (*set)(struct av_vcpu *vcpu, u64 id, const void __user *addr);
} classes[] = {
	{ KVM_REG_ARM_CORE,		get_core,	set_core },
	{ KVM_REG_ARM_DEMUX,		get_demux,	set_demux },
	{ KVM_REG_ARM64_SVE,		av_sve_reg_get,	av_sve_reg_set },
	{ KVM_REG_ARM64_SYSREG,		get_sysreg,	set_sysreg },
	{ KVM_REG_ARM_FW,		get_fw,		set_fw },
	{ KVM_REG_ARM_FW_FEAT_BMAP,	get_fw,		set_fw },
};

/* Index of the id's class, -EINVAL for another architecture, -ENOENT. */
static int find_class(u64 id)
{
	unsigned int i;

	if (upper_32_bits(id & ~KVM_REG_SIZE_MASK) != upper_32_bits(KVM_REG_ARM64))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (classes[i].class == (id & CLASS_MASK))
			return i;
	}
	return -ENOENT;
}

/**
 * av_one_reg_get() - KVM_GET_ONE_REG
 * @vcpu: the vCPU, initialized, not running
 * @reg: id and user address
 *
 * Context: vcpu->mutex held. Return: 0, -EINVAL for another architecture or a core register of
 * another size, -ENOENT, -EFAULT.
 */
int av_one_reg_get(struct av_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	int class = find_class(reg->id);

	return class < 0 ? class : classes[class].get(vcpu, reg->id, u64_to_user_ptr(reg->addr));
}

/**
 * av_one_reg_set() - KVM_SET_ONE_REG
 * @vcpu: the vCPU, initialized, not running
 * @reg: id and user address
 *
 * As av_one_reg_get(); also -EINVAL for a value that the register can't take, -EBUSY for one that
 * the VM's first run has fixed.
 */
int av_one_reg_set(struct av_vcpu *vcpu, const struct kvm_one_reg *reg)
{
	int class = find_class(reg->id);

	return class < 0 ? class : classes[class].set(vcpu, reg->id, u64_to_user_ptr(reg->addr));
}

/* Writes ids to user space, or only counts them. */
struct id_sink {
	u64 __user *next;	/* NULL: count */
	u64 n;
	u64 room;
	int error;
	bool older;		/* older_kvm, which may change between both ways of use */
};

/* Of a VM whose other vCPUs show or hide registers meanwhile there may be more than were counted. */
static void put_id(struct id_sink *sink, u64 id)
{
	if (sink->next && sink->n < sink->room && put_user(id, sink->next++))
		sink->error = -EFAULT;
	sink->n++;
}

static void put_core_ids(const struct av_vcpu *vcpu, struct id_sink *sink)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(core_regs); i++) {
		const struct core_regs *row = &core_regs[i];
		u64 size = (u64)ilog2(row->size) << KVM_REG_SIZE_SHIFT;

		for (n = 0; is_core(vcpu, row) && n < row->count; n++)
			put_id(sink, KVM_REG_ARM64 | size | KVM_REG_ARM_CORE |
				     (row->first + n * row->size / sizeof(u32)));
	}
}

static void put_ids(const struct av_vcpu *vcpu, struct id_sink *sink)
{
	unsigned int i, pos = 0;
	u64 id;

	put_core_ids(vcpu, sink);
	for (i = 0; av_sve_reg_id(vcpu, i, &id); i++)
		put_id(sink, id);
	for (i = 0; i < ARRAY_SIZE(fw_regs); i++) {
		if (!sink->older || !is_young(&fw_regs[i]))
			put_id(sink, fw_regs[i].id);
	}
	while (av_sysreg_next_id(vcpu, &pos, &id))
		put_id(sink, id);
	for (i = 0; i < AV_NR_CCSIDR; i++)
		put_id(sink, CCSIDR_ID(i));
}

/**
 * av_reg_list() - KVM_GET_REG_LIST
 * @vcpu: the vCPU, initialized
 * @list: n = room in ids; overwritten with what there is
 *
 * Return: 0, -E2BIG with n filled in when the room is too small, -EPERM before FINALIZE of a feature that needs it,
 * -EFAULT.
 */
int av_reg_list(struct av_vcpu *vcpu, struct kvm_reg_list __user *list)
{
	struct id_sink sink = { .older = READ_ONCE(older_kvm) };
	u64 room;

	if (av_sve_has(vcpu) && !vcpu->sve.regs)
		return -EPERM;
	if (get_user(room, &list->n))
		return -EFAULT;
	put_ids(vcpu, &sink);
	if (put_user(sink.n, &list->n))
		return -EFAULT;
	if (room < sink.n)
		return -E2BIG;
	sink.next = list->reg;
	sink.room = sink.n;
	sink.n = 0;
	put_ids(vcpu, &sink);
	return sink.error;
}
