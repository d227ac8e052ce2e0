// SPDX-License-Identifier: GPL-2.0
/*
 * What only an nVHE host needs: EL2 taken from the kernel's hyp-stub and given back to it, and the stub's calls,
 * which we stand in for meanwhile.
 *
 * Runs at: EL2, called from el2/init.S and el2/nvhe_door.S with the host's world in the CPU. Owns: nothing.
 */
#include "el2.h"

EL2_ENTRY void el2_take_c(struct el2_cpu *cpu, const u64 *found);
EL2_ENTRY void el2_stub_call(u64 *frame);
EL2_ENTRY void el2_host_trap(void);

/*
 * el2/init.S, to be called at its idmap address: put back EL2's own translation and leave, never to return.
 * frame: the host's x0 - x17. restart: branch at EL2 as the stub's SOFT_RESTART does, else eret.
 */
typedef void (*release_fn)(struct el2_cpu *cpu, const u64 *frame, u64 restart);

/*
 * el2_take_c - second half of taking EL2 over, on the CPU's own stack with the MMU on
 * @cpu: the CPU's page
 * @found: the six registers that el2/init.S had to change on the way here
 */
void el2_take_c(struct el2_cpu *cpu, const u64 *found)
{
	struct el2_saved *s = &cpu->saved;

	s->sctlr = found[0];
	s->tcr = found[1];
	s->mair = found[2];
	s->ttbr0 = found[3];
	s->sp = found[4];
	s->tpidr = found[5];
	s->vbar = read_reg(vbar_el2);
	el2_save_found(cpu);
	write_reg(vbar_el2, (u64)el2_host_vectors);
	/* Before the first exception from the host: it must meet our vectors (DDI 0487, B2.6.1). */
	isb();
}

/* el2_release - after el2_restore_found(): the stub's EL2 again; does not return */
void el2_release(struct el2_cpu *cpu)
{
	const u64 frame[18] = { AV_ANSWER_DONE(0) };

	((release_fn)cpu->idmap_release)(cpu, frame, 0);
}

/*
 * el2_stub_call - a call that the kernel means for its hyp-stub
 * @frame: the host's x0 - x17; x0 is the call's number, up to AV_STUB_MAX, and takes the answer
 *
 * RESET_VECTORS has nothing to do, as in the stub, and takes nothing from us; FINALISE_EL2 the stub refuses too once
 * EL2's MMU is on. The two calls that hand EL2 to somebody else (kexec, another hypervisor) first give back
 * all that we took; the CPU is then lost to us, which percpu.c sees by its next call's answer.
 * Source: arch/arm64/kernel/hyp-stub.S and Documentation/virt/kvm/arm/hyp-abi.rst.
 */
void el2_stub_call(u64 *frame)
{
	struct el2_cpu *cpu = el2_this_cpu();
	release_fn release = (release_fn)cpu->idmap_release;

	switch (frame[0]) {
	case AV_STUB_SET_VECTORS:
		el2_restore_found(cpu);
		cpu->saved.vbar = frame[1];
		frame[0] = 0;
		release(cpu, frame, 0);
		return;	/* not reached */
	case AV_STUB_SOFT_RESTART:
		el2_restore_found(cpu);
		release(cpu, frame, 1);
		return;	/* not reached */
	case AV_STUB_RESET_VECTORS:
		frame[0] = 0;
		return;
	case AV_STUB_GET_ICH_VTR:
		if (!el2_has(cpu, EL2_FEAT_STUB_ICH_VTR))
			break;
		frame[0] = 0;
		frame[1] = read_named(ICH_VTR_EL2);
		return;
	default:
		break;
	}
	frame[0] = AV_STUB_ERR;
}

/*
 * el2_host_trap - the host trapped to EL2 by something that is no HVC
 *
 * Nothing of the host's is meant to trap. Should it happen, the host gets what it would get without us: an
 * undefined instruction, at the place where it stands, which its own oops shows.
 */
void el2_host_trap(void)
{
	u64 spsr = read_reg(spsr_el2);
	u64 mode = spsr & PSR_MODE_MASK;
	u64 offset = mode == PSR_MODE_EL1H ? 0x200 : mode == PSR_MODE_EL1T ? 0 :
		     mode & PSR_MODE_32 ? 0x600 : 0x400;

	write_reg(spsr_el1, spsr);
	write_reg(elr_el1, read_reg(elr_el2));
	write_reg(esr_el1, ((u64)EC_UNKNOWN << ESR_EC_SHIFT) | ESR_IL);
	write_reg(elr_el2, read_reg(vbar_el1) + offset);
	write_reg(spsr_el2, PSR_MODE_EL1H | PSR_DAIF);
}
