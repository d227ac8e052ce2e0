// SPDX-License-Identifier: GPL-2.0
/*
 * Stage-2 aborts that are no memory's, as mm/fault.c says: decode, in-kernel devices, or an exit to user space.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: vcpu->mmio.
 *
 * Guests come back to the same devices, so each vCPU remembers the page that it met MMIO in last: there the
 * memslots need not be asked again, and the access is served inside the burst.
 *
 * By the syndrome (ESR_EL2.ISV, DDI 0487, D24.2.40, ISS of a data abort); what has none is undescribed.c's.
 */
#include <linux/string.h>
#include <linux/swab.h>
#include <asm/sysreg.h>

#include "answer.h"
#include "dev/dev.h"
#include "mm/mm.h"
#include "vgic/vgic.h"

static __always_inline bool guest_is_big_endian(struct av_vcpu *vcpu)
{
	u64 mode = vcpu->ctx->pstate & PSR_MODE_FIELD;
	u64 bit = mode == PSR_MODE_EL0T ? SCTLR_E0E : SCTLR_EE;

	if (mode & PSR_MODE_32)
		return vcpu->ctx->pstate & BIT(9);	/* CPSR.E */
	/* On a VHE host inside the burst: av_vcpu_put_state() would cost more than all the rest. */
	if (vcpu->ctx->loaded)
		return read_sysreg_s(SYS_SCTLR_EL12) & bit;
	return vcpu->ctx->sys[AV_SCTLR_EL1] & bit;
}

/* So many bits of a u64 the access leaves alone. */
static __always_inline unsigned int unused_bits(u64 esr)
{
	return 64 - (8 << ESR_DABT_SAS(esr));
}

/* What the load instruction makes of the bytes: byte order, sign, width of the register. */
static __always_inline void finish_load(struct av_vcpu *vcpu, u64 esr, u64 data)
{
	unsigned int unused = unused_bits(esr);

	/* At the upper end first. */
	data = guest_is_big_endian(vcpu) ? swab64(data) : data << unused;
	data = esr & ESR_DABT_SSE ? (u64)((s64)data >> unused) : data >> unused;
	if (!(esr & ESR_DABT_SF))
		data = (u32)data;
	av_set_gpr(vcpu, ESR_DABT_SRT(esr), data);
}

static __always_inline u64 store_data(struct av_vcpu *vcpu, u64 esr)
{
	unsigned int unused = unused_bits(esr);
	u64 data = av_gpr(vcpu, ESR_DABT_SRT(esr));

	return (guest_is_big_endian(vcpu) ? swab64(data) : data << unused) >> unused;
}

/* Was the access the vGIC's? */
static enum av_gic_mmio by_vgic(struct av_vcpu *vcpu, u64 esr, u64 ipa)
{
	bool is_write = esr & ESR_DABT_WNR;
	u64 data = is_write ? store_data(vcpu, esr) : 0;
	enum av_gic_mmio done;

	/* ISPENDR shows the timers' lines, which are those of the last entry. */
	if (!is_write && vcpu->ctx->has_gic)
		av_timer_refresh(vcpu);
	if (!av_vgic_present(vcpu->vm))
		return AV_GIC_ELSEWHERE;
	done = av_vgic_mmio(vcpu, ipa, 1 << ESR_DABT_SAS(esr), is_write, &data);
	if (done == AV_GIC_DONE && !is_write)
		finish_load(vcpu, esr, data);
	return done;
}

/* A load or store that the hardware didn't describe: only user space may know what to do. */
static enum av_verdict no_syndrome(struct av_vcpu *vcpu, const struct av_trap *trap, u64 ipa)
{
	struct kvm_run *run = vcpu->run;

	vcpu->user_ret = 0;
	if (!vcpu->vm->nisv_to_user) {
		pr_debug_ratelimited("armvcpu: access without syndrome at %#llx, pc %#llx\n",
				     ipa, vcpu->ctx->pc);
		run->exit_reason = KVM_EXIT_UNKNOWN;
		vcpu->user_ret = -ENOSYS;
		return AV_TO_USER;
	}
	run->exit_reason = KVM_EXIT_ARM_NISV;
	run->arm_nisv.esr_iss = trap->esr & AV_NISV_ISS;
	run->arm_nisv.fault_ipa = ipa;
	return AV_TO_USER;
}

static __always_inline enum av_verdict ask_user(struct av_vcpu *vcpu, u64 esr, u64 ipa, u64 data)
{
	struct kvm_run *run = vcpu->run;

	vcpu->stats.mmio_user++;
	vcpu->mmio.needed = true;
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = ipa;
	/* The bytes in the order in which they would lie in memory; a load's are user space's. */
	BUILD_BUG_ON(sizeof(run->mmio.data) != sizeof(data));
	memcpy(run->mmio.data, &data, sizeof(data));
	run->mmio.len = 1 << ESR_DABT_SAS(esr);
	run->mmio.is_write = !!(esr & ESR_DABT_WNR);
	vcpu->user_ret = 0;
	return AV_TO_USER;
}

static noinline enum av_verdict ring_or_ask(struct av_vcpu *vcpu, u64 esr, u64 ipa, u64 data)
{
	unsigned int len = 1 << ESR_DABT_SAS(esr);

	if (!av_ioeventfd_write(vcpu, ipa, len, data) &&
	    !(READ_ONCE(vcpu->vm->eventfds.nr_zones) && av_coalesced_write(vcpu, ipa, len, data)))
		return ask_user(vcpu, esr, ipa, data);
	vcpu->stats.mmio_kernel++;
	return AV_DONE;
}

/*
 * What is neither memory nor the vGIC: a doorbell, a store that may wait, or user space's. The only call is the last
 * thing, so no frame.
 */
static __always_inline enum av_verdict doorbell_or_user(struct av_vcpu *vcpu, u64 esr, u64 ipa)
{
	u64 data = 0;

	if (esr & ESR_DABT_WNR) {
		data = store_data(vcpu, esr);
		if (av_stores_any(vcpu->vm))
			return ring_or_ask(vcpu, esr, ipa, data);
	}
	return ask_user(vcpu, esr, ipa, data);
}

/**
 * av_mmio_hole() - serve an abort in the page where the vCPU met MMIO last
 * @vcpu: the vCPU, with a data abort in ctx->trap
 *
 * Only translation faults of plain, described accesses (DDI 0487, D24.2.40). A store on PREEMPT_RT is never served
 * inside the burst: eventfd_signal() may sleep there.
 *
 * Context: the burst. Return: as av_trap_abort(); AV_LATER if it is something else, and nothing was done.
 */
enum av_verdict av_mmio_hole(struct av_vcpu *vcpu)
{
	const struct av_trap *trap = &vcpu->ctx->trap;

	if (!ESR_DABT_IS_HOLE(trap->esr) || !(trap->flags & AV_TRAP_IPA) || trap->ipa != vcpu->mmio.hole ||
	    vcpu->mmio.gen != READ_ONCE(vcpu->vm->mmu.slots_gen))
		return AV_LATER;
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && trap->esr & ESR_DABT_WNR)
		return AV_LATER;
	vcpu->mmio.esr = trap->esr;
	return doorbell_or_user(vcpu, trap->esr, trap->ipa | (trap->far & AV_MASK(11, 0)));
}

/*
 * A guest's load or store outside of its memory, with a valid syndrome. Until the VMM has answered an exit the PC
 * stays: av_mmio_complete().
 */
static enum av_verdict access_device(struct av_vcpu *vcpu, const struct av_trap *trap, const struct av_mm_hole *hole)
{
	enum av_gic_mmio done;

	vcpu->mmio.esr = trap->esr;
	done = by_vgic(vcpu, trap->esr, hole->ipa);
	if (done != AV_GIC_ELSEWHERE) {
		vcpu->stats.mmio_kernel++;
		return done == AV_GIC_AGAIN ? AV_RETRY : AV_DONE;
	}
	vcpu->mmio.hole = trap->ipa;
	vcpu->mmio.gen = hole->gen;
	return doorbell_or_user(vcpu, trap->esr, hole->ipa);
}

/**
 * av_trap_abort() - a stage-2 abort of a fetch, a load or a store
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * Context: vcpu->mutex held, may sleep. Return: as av_mm_abort() has it for memory; else AV_DONE, AV_INJECTED, or
 * AV_TO_USER with KVM_EXIT_MMIO or KVM_EXIT_ARM_NISV.
 */
enum av_verdict av_trap_abort(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	enum av_verdict verdict;
	struct av_mm_hole hole;
	u64 page, device;

	if (av_mm_abort(vcpu, trap, &verdict, &hole))
		return verdict;
	page = round_down(trap->ipa, PAGE_SIZE);
	if (hole.unmapped && av_vgic_cpuif_page(vcpu->vm, page, &device))
		return av_mm_map_device(vcpu, page, device);
	switch (hole.what) {
	case AV_ABORT_MMIO:
		return access_device(vcpu, trap, &hole);
	case AV_ABORT_NISV:
		verdict = av_undescribed(vcpu, trap, &hole);
		return verdict == AV_LATER ? no_syndrome(vcpu, trap, hole.ipa) : verdict;
	case AV_ABORT_SKIP:
		return AV_DONE;
	default:
		return av_mm_inject_sea(vcpu, trap);
	}
}

/**
 * av_mmio_complete() - the VMM has answered the MMIO exit
 * @vcpu: the vCPU, at the beginning of RUN
 *
 * Context: vcpu->mutex held, vcpu->mmio.needed.
 */
void av_mmio_complete(struct av_vcpu *vcpu)
{
	u64 esr = vcpu->mmio.esr;
	u64 data;

	vcpu->mmio.needed = false;
	/* First the PC: the byte order stays what it was, and the order saves loads. */
	av_skip_instruction(vcpu);
	if (esr & ESR_DABT_WNR)
		return;
	memcpy(&data, vcpu->run->mmio.data, sizeof(data));
	finish_load(vcpu, esr, data);
}
