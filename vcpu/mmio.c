// SPDX-License-Identifier: GPL-2.0
/*
 * Guest accesses to addresses without memory: decode, in-kernel devices, or an exit to user space.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: vcpu->mmio.
 *
 * Only accesses with a valid syndrome come here (ESR_EL2.ISV, DDI 0487, D24.2.40, ISS of a data abort).
 */
#include <linux/string.h>
#include <linux/swab.h>

#include "vcpu.h"

static bool guest_is_big_endian(struct av_vcpu *vcpu)
{
	u64 mode = vcpu->ctx->pstate & PSR_MODE_FIELD;
	u64 bit = mode == PSR_MODE_EL0T ? SCTLR_E0E : SCTLR_EE;

	if (mode & PSR_MODE_32)
		return vcpu->ctx->pstate & BIT(9);	/* CPSR.E */
	return vcpu->ctx->sys[AV_SCTLR_EL1] & bit;
}

/* Reverse the low @len bytes for a big-endian guest. */
static u64 swap_bytes(u64 value, unsigned int len)
{
	switch (len) {
	case 2:
		return swab16(value);
	case 4:
		return swab32(value);
	case 8:
		return swab64(value);
	default:
		return value;
	}
}

static u64 mask_of(unsigned int len)
{
	return len == 8 ? ~0ULL : (1ULL << (8 * len)) - 1;
}

/* What the load instruction makes of the bytes: byte order, sign, width of the register. */
static void finish_load(struct av_vcpu *vcpu, u64 data)
{
	unsigned int len = vcpu->mmio.len;

	data &= mask_of(len);
	if (guest_is_big_endian(vcpu))
		data = swap_bytes(data, len);
	if (vcpu->mmio.sign_extend && len < 8)
		data = (u64)((s64)(data << (64 - 8 * len)) >> (64 - 8 * len));
	if (!vcpu->mmio.sixty_four)
		data = (u32)data;
	av_set_gpr(vcpu, vcpu->mmio.rt, data);
}

static void decode(struct av_vcpu *vcpu, u64 esr)
{
	vcpu->mmio.len = 1 << ESR_DABT_SAS(esr);
	vcpu->mmio.rt = ESR_DABT_SRT(esr);
	vcpu->mmio.is_write = esr & ESR_DABT_WNR;
	vcpu->mmio.sign_extend = esr & ESR_DABT_SSE;
	vcpu->mmio.sixty_four = esr & ESR_DABT_SF;
}

static u64 store_data(struct av_vcpu *vcpu)
{
	u64 data = av_gpr(vcpu, vcpu->mmio.rt) & mask_of(vcpu->mmio.len);

	return guest_is_big_endian(vcpu) ? swap_bytes(data, vcpu->mmio.len) : data;
}

/* True if a device in the kernel took the access. */
static bool in_kernel(struct av_vcpu *vcpu, u64 ipa)
{
	bool is_write = vcpu->mmio.is_write;
	u64 data = is_write ? store_data(vcpu) : 0;

	if (av_vgic_present(vcpu->vm) &&
	    av_vgic_mmio(vcpu, ipa, vcpu->mmio.len, is_write, &data)) {
		if (!is_write)
			finish_load(vcpu, data);
		return true;
	}
	return is_write && av_ioeventfd_write(vcpu->vm, ipa, vcpu->mmio.len, data);
}

/**
 * av_mmio_access() - a guest's load or store outside of its memory
 * @vcpu: the vCPU
 * @trap: a data abort with a valid syndrome
 * @ipa: complete address of the access
 *
 * Context: vcpu->mutex held, may sleep. Return: AV_DONE, or AV_TO_USER with KVM_EXIT_MMIO; the PC then moves when user
 * space has answered (av_mmio_complete()).
 */
enum av_verdict av_mmio_access(struct av_vcpu *vcpu, const struct av_trap *trap, u64 ipa)
{
	struct kvm_run *run = vcpu->run;
	u64 data;

	decode(vcpu, trap->esr);
	if (in_kernel(vcpu, ipa)) {
		vcpu->stats.mmio_kernel++;
		return AV_DONE;
	}
	vcpu->stats.mmio_user++;
	vcpu->mmio.needed = true;
	memset(&run->mmio, 0, sizeof(run->mmio));
	run->exit_reason = KVM_EXIT_MMIO;
	run->mmio.phys_addr = ipa;
	run->mmio.len = vcpu->mmio.len;
	run->mmio.is_write = vcpu->mmio.is_write;
	if (vcpu->mmio.is_write) {
		/* The bytes in the order in which they would lie in memory. */
		data = store_data(vcpu);
		memcpy(run->mmio.data, &data, vcpu->mmio.len);
	}
	vcpu->user_ret = 0;
	return AV_TO_USER;
}

/**
 * av_mmio_complete() - the VMM has answered the MMIO exit
 * @vcpu: the vCPU, at the beginning of RUN
 *
 * Context: vcpu->mutex held.
 */
void av_mmio_complete(struct av_vcpu *vcpu)
{
	u64 data = 0;

	if (!vcpu->mmio.needed)
		return;
	vcpu->mmio.needed = false;
	if (!vcpu->mmio.is_write) {
		memcpy(&data, vcpu->run->mmio.data, vcpu->mmio.len);
		finish_load(vcpu, data);
	}
	av_skip_instruction(vcpu);
}
