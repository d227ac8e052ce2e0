// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and stores where no memory is, of which the CPU says no more than where and whether (ESR_EL2.ISV = 0): the
 * instruction is read, and carried out in parts that devices and user space know, 1 to 8 bytes each.
 *
 * Runs at: host kernel, the vCPU's thread with vcpu->mutex held, outside of the burst. Owns: vcpu->access.
 *
 * The word that is read may not be the one that the CPU executed, for the guest may change it meanwhile. So nothing but
 * what explains the abort is carried out: address, direction and the page are the CPU's, by FAR_EL2, ESR_EL2 and
 * HPFAR_EL2, and all of the access lies in that page of 4K. What is left to choose is what the guest could have done at
 * this exception level by another instruction: the registers are its own, and FP's only if it may use them.
 *
 * Registers, with them the base that is written back, and the PC change when all parts are done. A guest that is saved
 * before that begins with the instruction again.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <asm/sysreg.h>

#include "answer.h"
#include "dev/dev.h"
#include "insn.h"
#include "mm/mm.h"
#include "vgic/vgic.h"

static bool decode_mmio = true;
module_param(decode_mmio, bool, 0644);
MODULE_PARM_DESC(decode_mmio, "Carry out loads and stores to devices that the CPU does not describe; off: as KVM");

#define MAX_ZERO_BYTES		512	/* of DC ZVA */
#define HOLE_PAGE		4096	/* HPFAR_EL2's */

static bool is_el0(const struct av_vcpu *vcpu)
{
	return (vcpu->ctx->pstate & PSR_MODE_FIELD) == PSR_MODE_EL0T;
}

static bool is_big_endian(const struct av_vcpu *vcpu)
{
	return vcpu->ctx->sys[AV_SCTLR_EL1] & (is_el0(vcpu) ? SCTLR_E0E : SCTLR_EE);
}

/* CPACR_EL1.FPEN: an instruction that came there meanwhile must not get round it. */
static bool may_use_fp(const struct av_vcpu *vcpu)
{
	u64 fpen = AV_GET(vcpu->ctx->sys[AV_CPACR_EL1], 21, 20);

	return is_el0(vcpu) ? fpen == 3 : fpen & 1;
}

/* The base's home: SP by PSTATE.SP, which EL0 has no choice of. */
static u64 *stack_pointer(struct av_vcpu *vcpu)
{
	u64 mode = vcpu->ctx->pstate & PSR_MODE_FIELD;

	return &vcpu->ctx->sys[mode == PSR_MODE_EL1H ? AV_SP_EL1 : AV_SP_EL0];
}

static u64 base_of(struct av_vcpu *vcpu, const struct av_insn *insn)
{
	return insn->rn == 31 && insn->kind != AV_INSN_ZERO ? *stack_pointer(vcpu) : av_gpr(vcpu, insn->rn);
}

static void set_base(struct av_vcpu *vcpu, const struct av_insn *insn, u64 value)
{
	if (insn->rn == 31)
		*stack_pointer(vcpu) = value;
	else
		av_set_gpr(vcpu, insn->rn, value);
}

/* ---- is it the one? ------------------------------------------------------------------------------- */

/* The same address, but for a tag (DDI 0487, D8.8: a load's or a store's may have one). */
static bool same_address(u64 a, u64 b)
{
	return !((a ^ b) << 8);
}

static bool explains_zero(struct av_vcpu *vcpu, struct av_access *a, u64 far, u64 ipa)
{
	u64 dczid = read_sysreg(dczid_el0), bytes = 4UL << AV_GET(dczid, 3, 0);

	if (dczid & BIT(4) || bytes > MAX_ZERO_BYTES ||
	    (is_el0(vcpu) && !(vcpu->ctx->sys[AV_SCTLR_EL1] & SCTLR_DZE)))
		return false;
	a->bytes = bytes;
	a->ipa = ipa & ~(bytes - 1);
	return same_address(base_of(vcpu, &a->insn) & ~(bytes - 1), far & ~(bytes - 1));
}

/* Does the instruction access what the CPU says, and nothing beyond the page? */
static bool explains(struct av_vcpu *vcpu, struct av_access *a, const struct av_trap *trap, u64 ipa)
{
	const struct av_insn *insn = &a->insn;
	u64 base = base_of(vcpu, insn), moved;

	if (insn->is_store != !!(trap->esr & ESR_DABT_WNR))
		return false;
	if (insn->kind == AV_INSN_ZERO)
		return explains_zero(vcpu, a, trap->far, ipa);
	if (av_insn_is_fp(insn) && !may_use_fp(vcpu))
		return false;
	moved = base + av_insn_offset(insn, av_gpr(vcpu, insn->rm));
	a->base = moved;
	a->ipa = ipa;
	a->bytes = av_insn_bytes(insn);
	return same_address(insn->post ? base : moved, trap->far) && (ipa & (HOLE_PAGE - 1)) + a->bytes <= HOLE_PAGE;
}

/* ---- registers ------------------------------------------------------------------------------------ */

/* With SVE in use V is the lower end of Z, of which 256 bytes are the most. */
static void get_vector(const struct av_vcpu *vcpu, unsigned int n, u8 *to)
{
	u8 z[256];

	if (!vcpu->sve.used) {
		memcpy(to, &vcpu->ctx->v[n], 16);
		return;
	}
	av_sve_get(vcpu, n, z);
	memcpy(to, z, 16);
}

static void set_vector(struct av_vcpu *vcpu, unsigned int n, const u8 *from)
{
	u8 z[256] = { };

	if (!vcpu->sve.used) {
		memcpy(&vcpu->ctx->v[n], from, 16);
		return;
	}
	/* The rest of Z is zero after a load to V (DDI 0487, B1.2.2). */
	memcpy(z, from, 16);
	av_sve_set(vcpu, n, z);
}

static void get_regs(const struct av_vcpu *vcpu, const struct av_insn *insn, struct av_insn_regs *regs)
{
	unsigned int i;

	memset(regs, 0, sizeof(*regs));
	for (i = 0; i < insn->nr_regs; i++) {
		if (av_insn_is_fp(insn))
			get_vector(vcpu, insn->rt[i], regs->v[i]);
		else
			regs->x[i] = av_gpr(vcpu, insn->rt[i]);
	}
}

static void set_regs(struct av_vcpu *vcpu, const struct av_insn *insn, const struct av_insn_regs *regs)
{
	unsigned int i;

	for (i = 0; i < insn->nr_regs; i++) {
		if (av_insn_is_fp(insn))
			set_vector(vcpu, insn->rt[i], regs->v[i]);
		else
			av_set_gpr(vcpu, insn->rt[i], regs->x[i]);
	}
}

static void finish_access(struct av_vcpu *vcpu)
{
	struct av_access *a = &vcpu->access;
	struct av_insn_regs regs;

	a->pending = false;
	if (!a->insn.is_store) {
		get_regs(vcpu, &a->insn, &regs);
		av_insn_load(&a->insn, &regs, is_big_endian(vcpu), a->data);
		set_regs(vcpu, &a->insn, &regs);
	}
	if (a->insn.writeback)
		set_base(vcpu, &a->insn, a->base);
}

/* ---- one part after the other --------------------------------------------------------------------- */

/* Zeroes have no data. */
static u64 part_of(const struct av_access *a)
{
	u64 data = 0;

	if (a->insn.kind != AV_INSN_ZERO)
		memcpy(&data, a->data + a->at, a->part);
	return data;
}

static enum av_verdict leave(struct av_vcpu *vcpu, u32 reason, int ret)
{
	vcpu->access.pending = true;
	vcpu->access.asked = reason == KVM_EXIT_MMIO;
	vcpu->run_plain = false;
	vcpu->run->exit_reason = reason;
	vcpu->user_ret = ret;
	return AV_TO_USER;
}

static enum av_verdict ask_user(struct av_vcpu *vcpu, u64 ipa, u64 data)
{
	const struct av_access *a = &vcpu->access;
	struct kvm_run *run = vcpu->run;

	vcpu->stats.mmio_user++;
	run->mmio.phys_addr = ipa;
	memcpy(run->mmio.data, &data, sizeof(data));
	run->mmio.len = a->part;
	run->mmio.is_write = a->insn.is_store;
	return leave(vcpu, KVM_EXIT_MMIO, 0);
}

/* AV_DONE: by a device in the kernel. */
static enum av_verdict do_part(struct av_vcpu *vcpu)
{
	struct av_access *a = &vcpu->access;
	bool is_store = a->insn.is_store;
	u64 ipa = a->ipa + a->at, data = is_store ? part_of(a) : 0;
	enum av_gic_mmio done = AV_GIC_ELSEWHERE;

	/* ISPENDR shows the timers' lines, which are those of the last entry. */
	if (!is_store && vcpu->ctx->has_gic)
		av_timer_refresh(vcpu);
	if (av_vgic_present(vcpu->vm))
		done = av_vgic_mmio(vcpu, ipa, a->part, is_store, &data);
	/* The signal that interrupted it ends RUN, and the next one goes on here. */
	if (done == AV_GIC_AGAIN)
		return leave(vcpu, KVM_EXIT_INTR, -EINTR);
	if (done == AV_GIC_ELSEWHERE) {
		/* As access_device(): a doorbell's place is remembered by them. */
		vcpu->mmio.hole = ipa & ~(HOLE_PAGE - 1UL);
		vcpu->mmio.gen = a->gen;
		if (!is_store || !av_stores_any(vcpu->vm))
			return ask_user(vcpu, ipa, data);
		if (!av_ioeventfd_write(vcpu, ipa, a->part, data) &&
		    !(READ_ONCE(vcpu->vm->eventfds.nr_zones) && av_coalesced_write(vcpu, ipa, a->part, data)))
			return ask_user(vcpu, ipa, data);
	}
	vcpu->stats.mmio_kernel++;
	if (!is_store)
		memcpy(a->data + a->at, &data, a->part);
	return AV_DONE;
}

static enum av_verdict go_on(struct av_vcpu *vcpu)
{
	struct av_access *a = &vcpu->access;
	enum av_verdict verdict;

	while (a->at < a->bytes) {
		verdict = do_part(vcpu);
		if (verdict != AV_DONE)
			return verdict;
		a->at += a->part;
	}
	finish_access(vcpu);
	return AV_DONE;
}

/**
 * av_undescribed() - a load or store without syndrome where no memory is
 * @vcpu: the vCPU
 * @trap: the abort
 * @hole: where it was
 *
 * Context: vcpu->mutex held, outside of the burst, may sleep. Return: AV_DONE, AV_TO_USER; AV_LATER if it is not
 * carried out here, and nothing was done.
 */
enum av_verdict av_undescribed(struct av_vcpu *vcpu, const struct av_trap *trap, const struct av_mm_hole *hole)
{
	struct av_access *a = &vcpu->access;
	struct av_insn_regs regs;
	u32 word;

	if (!READ_ONCE(decode_mmio) || !hole->unmapped || vcpu->ctx->pstate & PSR_MODE_32 ||
	    !(trap->flags & AV_TRAP_FAR) || !av_mm_fetch(vcpu, &word))
		return AV_LATER;
	memset(a, 0, sizeof(*a));
	if (!av_insn_decode(word, &a->insn) || !explains(vcpu, a, trap, hole->ipa))
		return AV_LATER;
	a->gen = hole->gen;
	a->part = a->insn.kind == AV_INSN_ZERO ? 8 : min(1U << a->insn.size, 8U);
	if (a->insn.is_store) {
		get_regs(vcpu, &a->insn, &regs);
		av_insn_store(&a->insn, &regs, is_big_endian(vcpu), a->data);
	}
	return go_on(vcpu);
}

/**
 * av_undescribed_go_on() - the next RUN: user space has carried out a part, or a signal interrupted one
 * @vcpu: the vCPU, with vcpu->access.pending
 *
 * Context: as av_undescribed(). Return: AV_DONE, and the PC is behind the instruction; AV_TO_USER with the next part.
 */
enum av_verdict av_undescribed_go_on(struct av_vcpu *vcpu)
{
	struct av_access *a = &vcpu->access;
	enum av_verdict verdict;

	a->pending = false;
	if (a->asked) {
		if (!a->insn.is_store)
			memcpy(a->data + a->at, vcpu->run->mmio.data, a->part);
		a->at += a->part;
	}
	verdict = go_on(vcpu);
	if (verdict == AV_DONE)
		av_skip_instruction(vcpu);
	return verdict;
}
