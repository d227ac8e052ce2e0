/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest of AArch32 code (KVM_ARM_VCPU_EL1_32BIT), driven from outside: the test writes instructions, sets the
 * registers, runs to a report, and looks at the registers. Its memory is CODE alone, MMU and caches off; the vectors
 * report, too. (No program of the guest's own: that would need another compiler.)
 */
#ifndef SELFTESTS_A32_H
#define SELFTESTS_A32_H

#include "vm.h"

#define CODE		EXTRA_BASE
#define CODE_SIZE	0x200000UL
#define VECTORS		(CODE + 0x1ff000)
#define SCRATCH		(CODE + 0x1fe000)

/* R7 holds MMIO_IPA in each mode: str r7, [r7, #n] reports n / 4. */
#define REPORT(n)	(0xe5877000u | (n) * 4)
#define DONE		15
enum { V_RESET, V_UNDEF, V_SVC, V_PABT, V_DABT, V_HYP, V_IRQ, V_FIQ };

#define MODE_USR	0x10
#define MODE_FIQ	0x11
#define MODE_IRQ	0x12
#define MODE_SVC	0x13
#define MODE_ABT	0x17
#define MODE_UND	0x1b
#define MODE_SYS	0x1f
#define PSR_AIF		0x1c0
#define PSR_T		0x20
#define PSR_E		0x200
#define PSR_IL32	(1u << 20)
#define PSR_Z32		(1u << 30)

#define MRC(cp, opc1, rt, crn, crm, opc2)						\
	(0xee100010u | (opc1) << 21 | (crn) << 16 | (rt) << 12 | (cp) << 8 | (opc2) << 5 | (crm))
#define MCR(cp, opc1, rt, crn, crm, opc2)						\
	(MRC(cp, opc1, rt, crn, crm, opc2) & ~(1u << 20))
/* r0 low, r1 high */
#define MRRC(cp, opc1, crm)	(0xec510000u | (cp) << 8 | (opc1) << 4 | (crm))
#define MCRR(cp, opc1, crm)	(0xec410000u | (cp) << 8 | (opc1) << 4 | (crm))
/* The register of another mode in MRS and MSR (banked), DDI 0487, F5.1.127: M and M1 of the instruction */
#define BANKED(sysm)		(((sysm) & 15) << 16 | (sysm) >> 4 << 8)
#define NE(insn)		(((insn) & 0x0fffffff) | 0x10000000)
#define HVC_A32			0xe1400070u
#define SMC_A32			0xe1600070u
#define NOP_A32			0xe320f000u
#define ISB_A32			0xf57ff06fu

#define SR_DACR32	ARM64_SYS_REG(3, 4, 3, 0, 0)
#define SR_IFSR32	ARM64_SYS_REG(3, 4, 5, 0, 1)
#define SR_FPEXC32	ARM64_SYS_REG(3, 4, 5, 3, 0)
#define SR_DBGVCR32	ARM64_SYS_REG(2, 4, 0, 7, 0)
/* SPSR_abt, und, irq, fiq */
#define SPSR_REG(n)	CORE_REG(spsr[1 + (n)])

/* Registers of other modes, by their AArch64 names (DDI 0487, D1.20.1) */
#define LR_IRQ		16
#define LR_SVC		18
#define LR_ABT		20
#define LR_UND		22
#define LR_FIQ		30

/* Code that was written: the guest fetches it with its caches off, from memory. Lines have 16 bytes at least. */
static inline void a32_sync(struct vm *vm, u64 at, size_t len)
{
	char *start = vm_hva(vm, at), *line;

	for (line = start; line < start + len + 15; line += 16)
		asm volatile("dc civac, %0" :: "r"(line) : "memory");
	asm volatile("dsb ish" ::: "memory");
	for (line = start; line < start + len + 15; line += 16)
		asm volatile("ic ivau, %0" :: "r"(line) : "memory");
	asm volatile("dsb ish\n\tisb" ::: "memory");
}

/*
 * With SVE, which memcpy() uses, QEMU 7.2 seems to forget what it translated of the first byte's block only: code that
 * changes behind a block's end has to go elsewhere.
 */
static inline void a32_write(struct vm *vm, u64 at, const u32 *insns, unsigned int n)
{
	memcpy(vm_hva(vm, at), insns, n * sizeof(*insns));
	a32_sync(vm, at, n * sizeof(*insns));
}

#define a32_code(vm, at, ...)								\
do {											\
	const u32 insns_[] = { __VA_ARGS__ };						\
											\
	a32_write(vm, at, insns_, ARRAY_SIZE(insns_));			\
} while (0)

static inline struct vcpu *a32_vcpu(struct vm *vm, unsigned int id, u32 features)
{
	struct vcpu *vcpu = vcpu_create(vm, id);
	int ret = vcpu_init(vcpu, features | 1 << KVM_ARM_VCPU_EL1_32BIT | 1 << KVM_ARM_VCPU_PSCI_0_2);

	if (ret)
		die("VCPU_INIT of a 32-bit vCPU: %s", strerror(-ret));
	return vcpu;
}

/* With one vCPU, which is to run CODE in Supervisor mode. */
static inline struct vm *a32_vm_with(u32 features)
{
	struct vm *vm = vm_create();
	unsigned int i;

	mem_add(vm, 0, 0, CODE, CODE_SIZE);
	for (i = 0; i < 8; i++)
		a32_code(vm, VECTORS + i * 4, REPORT(i));
	a32_vcpu(vm, 0, features);
	reg_set(vm->vcpus[0], SR_VBAR_EL1, VECTORS);
	return vm;
}

static inline struct vm *a32_vm(void)
{
	return a32_vm_with(0);
}

static inline void a32_enter(struct vcpu *vcpu, u64 pc, u32 pstate)
{
	/* The store of the last report ends with the next RUN, which moves the PC. */
	if (vcpu->run->exit_reason == KVM_EXIT_MMIO)
		vcpu_complete(vcpu);
	reg_set(vcpu, PC_REG, pc);
	reg_set(vcpu, PSTATE_REG, pstate);
	reg_set(vcpu, X_REG(7), MMIO_IPA);
}

/* To the next report: its number. */
static inline unsigned int a32_run(struct vcpu *vcpu)
{
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	if (ret != UCALL_NONE || vcpu->run->exit_reason != KVM_EXIT_MMIO || !vcpu->run->mmio.is_write ||
	    vcpu->run->mmio.phys_addr < MMIO_IPA || vcpu->run->mmio.phys_addr > MMIO_IPA + DONE * 4) {
		vcpu_dump(vcpu);
		die("run gave %d, exit %u", ret, vcpu->run->exit_reason);
	}
	return (vcpu->run->mmio.phys_addr - MMIO_IPA) / 4;
}

/* One instruction in Supervisor mode, with what is in the registers. */
static inline unsigned int a32_one(struct vcpu *vcpu, u32 insn)
{
	a32_code(vcpu->vm, CODE, insn, ISB_A32, REPORT(DONE));
	a32_enter(vcpu, CODE, PSR_AIF | MODE_SVC);
	return a32_run(vcpu);
}

#endif
