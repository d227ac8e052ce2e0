/* SPDX-License-Identifier: GPL-2.0 */
/* Performance monitors, for host and guest. */
#ifndef SELFTESTS_PMU_H
#define SELFTESTS_PMU_H

#include "dev_attr.h"
#include "gic.h"
#include "insn.h"
#include "vm.h"

#ifndef KVM_ARM_VCPU_PMU_V3_SET_PMU
#define KVM_ARM_VCPU_PMU_V3_SET_PMU		3
#endif
#ifndef KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS
#define KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS	4
#endif

#define PMU_FEATURE	(1 << KVM_ARM_VCPU_PMU_V3)
#define PMU_CTRL	KVM_ARM_VCPU_PMU_V3_CTRL
#define INTID_PMU	23

/* Encodings, as insn.h and ONE_REG have them. */
#define PM(crm, op2)	SYSREG(3, 3, 9, crm, op2)
#define R_PMCR		PM(12, 0)
#define R_PMCNTENSET	PM(12, 1)
#define R_PMCNTENCLR	PM(12, 2)
#define R_PMOVSCLR	PM(12, 3)
#define R_PMSWINC	PM(12, 4)
#define R_PMSELR	PM(12, 5)
#define R_PMCEID0	PM(12, 6)
#define R_PMCEID1	PM(12, 7)
#define R_PMCCNTR	PM(13, 0)
#define R_PMXEVTYPER	PM(13, 1)
#define R_PMXEVCNTR	PM(13, 2)
#define R_PMUSERENR	PM(14, 0)
#define R_PMOVSSET	PM(14, 3)
#define R_PMINTENSET	SYSREG(3, 0, 9, 14, 1)
#define R_PMINTENCLR	SYSREG(3, 0, 9, 14, 2)
#define R_PMEVCNTR(n)	SYSREG(3, 3, 14, 8 + (n) / 8, (n) % 8)
#define R_PMEVTYPER(n)	SYSREG(3, 3, 14, 12 + (n) / 8, (n) % 8)
#define R_PMCCFILTR	R_PMEVTYPER(31)
#define SYS_ID(r)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | (r))

#define PMCR_E		1
#define PMCR_P		2
#define PMCR_C		4
#define PMCR_LC		(1 << 6)
#define PMCR_LP		(1 << 7)
#define PMCR_N(v)	((v) >> 11 & 0x1f)
#define PMU_CYCLES	31
#define CYCLES_BIT	(1UL << PMU_CYCLES)
#define TYPE_P		(1UL << 31)
#define TYPE_U		(1UL << 30)
#define EV_SW_INCR	0x00
#define EV_CPU_CYCLES	0x11
#define EV_CHAIN	0x1e

/* Guest half; by name, since an assembler may ask for the extension. */
#define pmcr_el0	s3_3_c9_c12_0
#define pmcntenset_el0	s3_3_c9_c12_1
#define pmcntenclr_el0	s3_3_c9_c12_2
#define pmovsclr_el0	s3_3_c9_c12_3
#define pmswinc_el0	s3_3_c9_c12_4
#define pmselr_el0	s3_3_c9_c12_5
#define pmceid0_el0	s3_3_c9_c12_6
#define pmceid1_el0	s3_3_c9_c12_7
#define pmccntr_el0	s3_3_c9_c13_0
#define pmxevtyper_el0	s3_3_c9_c13_1
#define pmxevcntr_el0	s3_3_c9_c13_2
#define pmuserenr_el0	s3_3_c9_c14_0
#define pmovsset_el0	s3_3_c9_c14_3
#define pmintenset_el1	s3_0_c9_c14_1
#define pmintenclr_el1	s3_0_c9_c14_2
#define pmevcntr0_el0	s3_3_c14_c8_0
#define pmevcntr1_el0	s3_3_c14_c8_1
#define pmevcntr2_el0	s3_3_c14_c8_2
#define pmevtyper0_el0	s3_3_c14_c12_0
#define pmevtyper1_el0	s3_3_c14_c12_1
#define pmevtyper2_el0	s3_3_c14_c12_2
#define pmccfiltr_el0	s3_3_c14_c15_7
#define pm_read(reg)	read_sysreg_(reg)
#define pm_write(v, reg) write_sysreg_(v, reg)

/* Does the device offer it? */
static inline bool pmu_offered(void)
{
	int fd = dev_open(), ret = check_cap(fd, KVM_CAP_ARM_PMU_V3);

	close(fd);
	return ret;
}

/* A VM whose guests have one: guest_vcpu() asks for the feature. */
static inline struct vm *pmu_vm(void)
{
	struct vm *vm = vm_create_guest();

	vm->features |= PMU_FEATURE;
	return vm;
}

static inline int pmu_irq(struct vcpu *vcpu, int irq)
{
	return set32(vcpu->fd, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, irq);
}

static inline int pmu_init(struct vcpu *vcpu)
{
	return dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, NULL);
}

/* All vCPUs, behind gic_create() or without. */
static inline void pmu_init_all(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vcpus; i++) {
		if (vm->gic >= 0 && pmu_irq(vm->vcpus[i], INTID_PMU))
			die("the PMU's interrupt");
		if (pmu_init(vm->vcpus[i]))
			die("initialise the PMU");
	}
}

/* Guest half: something to count, and the cycle counter from 0 on, counting but for what the filter says. */
static inline void pmu_spin(u64 n)
{
	while (n--)
		asm volatile("nop");
}

static inline void pmu_cycles_on(u64 filter)
{
	pm_write(filter, pmccfiltr_el0);
	pm_write(CYCLES_BIT, pmcntenset_el0);
	pm_write(PMCR_E | PMCR_LC | PMCR_C, pmcr_el0);
}

/* Host half: busy, in this thread's user space. */
static inline void pmu_burn(u64 ms)
{
	u64 end = now_ns() + ms * 1000000;

	while (now_ns() < end)
		;
}

/* One guest with a PMU, from begin to end. */
static inline void pmu_run(void (*fn)(u64), u64 arg, bool gic, void (*add_memory)(struct vm *vm))
{
	struct vm *vm = pmu_vm();

	if (add_memory)
		add_memory(vm);
	guest_vcpu(vm, 0, fn, arg);
	if (gic)
		gic_create(vm, 64);
	pmu_init_all(vm);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

#define NEEDS_PMU()	do { if (!pmu_offered()) SKIP(return, "no PMU"); } while (0)

#endif
