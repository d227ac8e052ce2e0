/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What EL2 must know of a VM to answer traps without the host: constants of the VM, in a page of its
 * own that the host fills before the VM's first run and lends to EL2.
 *
 * Runs at: host kernel and EL2 (no code). Owns: nothing; written by vcpu/fast.c but for what says so.
 *
 * A context whose pointer to it is 0 has not run yet. While "on" is 0 every trap goes to the host, which
 * gives the same answers.
 */
#ifndef AV_VM_FAST_H
#define AV_VM_FAST_H

#include "av_types.h"

#define AV_FAST_TARGETS		512
#define AV_FAST_IDREGS		56
#define AV_FAST_IDREG(crm, op2)	(((crm) - 1) * 8 + (op2))
#define AV_FAST_REGIONS		8	/* of redistributors; what is in further ones is the host's */

/* Redistributors of the vCPUs first, first + 1, ... in order of creation. */
struct av_fast_region {
	u64 base;
	u32 first, count;
};

struct av_vm_fast {
	u64 on;			/* 0: every trap goes to the host; written at any time, read once per trap */
	u64 calls_off;		/* not 0: every call does; bits below */
	u64 psci_version;
	u64 vendor_features[2];	/* bitmaps of the vendor hypervisor services */
	u64 idregs[AV_FAST_IDREGS];	/* ID_*_EL1, CRm 1-7, as the host answers them */
	u64 ctr;		/* CTR_EL0, of CPUs that differ from each other or from what user space sees */
	u64 gicd_base;		/* valid with spis */
	u64 gic_first, gic_last;	/* likewise: no frame lies outside of these addresses */
	u64 spis;		/* EL2 address of struct av_vgic_spis, 0: no GIC */
	u64 nr_regions;
	struct av_fast_region region[AV_FAST_REGIONS];
	u64 slots_gen;		/* vm->mmu.slots_gen; written by mm/memslot.c */
	u64 bells;		/* EL2 address of struct av_bells, 0: none yet; written by dev/bells.c */
	u64 odd_mpidr;		/* user space chose MPIDRs: targets can't be found by them */
	u64 target[AV_FAST_TARGETS];	/* EL2 address of the context of vCPU number n; 0: has not run yet */
	u64 redist[AV_FAST_TARGETS];	/* likewise of the n-th vCPU that was created, all with gic_priv */
};

/* Bits of calls_off */
#define AV_CALLS_SWITCHED_OFF	0	/* with "on", at any time */
#define AV_CALLS_FILTERED	1	/* user space must be asked (answer/filter.c, user_exits.c) */

/* Function ids of the SMCCC that EL2 and smc.c know (DEN0028 7, DEN0022 5.1). */
#define AV_SMCCC_VERSION		0x80000000U
#define AV_SMCCC_ARCH_FEATURES		0x80000001U
#define AV_SMCCC_WORKAROUND_1		0x80008000U
#define AV_SMCCC_WORKAROUND_2		0x80007fffU
#define AV_SMCCC_WORKAROUND_3		0x80003fffU
#define AV_SMCCC_VENDOR_FEATURES	0x86000000U
#define AV_SMCCC_VENDOR_PTP		0x86000001U
#define AV_SMCCC_VENDOR_UID		0x8600ff01U
#define AV_SMCCC_PV_TIME_FEATURES	0xc5000020U
#define AV_SMCCC_PV_TIME_ST		0xc5000021U
#define AV_PSCI_VERSION			0x84000000U
#define AV_PSCI_MIGRATE_INFO_TYPE	0x84000006U
#define AV_PSCI_0_1_BASE		0x95c1ba5eU
/* DEN0098 */
#define AV_TRNG_VERSION			0x84000050U
#define AV_TRNG_FEATURES		0x84000051U
#define AV_TRNG_GET_UUID		0x84000052U
#define AV_TRNG_RND32			0x84000053U
#define AV_TRNG_RND64			0xc4000053U

#ifndef __ASSEMBLY__
/*
 * May the host have an answer other than NOT_SUPPORTED? The one place that says so for both sides: EL2 answers
 * the rest on its own. A function that smc.c or answer/psci.c learns must be in one of these ranges, which are wider
 * than what there is: an id costs each call of another.
 */
static inline bool av_smccc_is_known(u32 id)
{
	return (id & ~0x4700007fU) == 0x80000000U ||	/* 32 and 64 bit: SMCCC's own, PSCI, TRNG, PV time, PTP */
	       id - AV_PSCI_0_1_BASE < 4 || id == AV_SMCCC_VENDOR_UID;
}
#endif

#endif
