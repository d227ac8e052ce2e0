/* SPDX-License-Identifier: GPL-2.0 */
/* PSCI function ids and return codes (DEN0022D), for the guest half. */
#ifndef SELFTESTS_PSCI_H
#define SELFTESTS_PSCI_H

#include "guest.h"

#define PSCI_GET_VERSION		0x84000000
#define PSCI_CPU_SUSPEND32	0x84000001
#define PSCI_CPU_SUSPEND	0xc4000001
#define PSCI_CPU_OFF		0x84000002
#define PSCI_CPU_ON32		0x84000003
#define PSCI_CPU_ON		0xc4000003
#define PSCI_AFFINITY_INFO32	0x84000004
#define PSCI_AFFINITY_INFO	0xc4000004
#define PSCI_MIGRATE_INFO_TYPE	0x84000006
#define PSCI_SYSTEM_OFF		0x84000008
#define PSCI_SYSTEM_RESET	0x84000009
#define PSCI_FEATURES		0x8400000a
#define PSCI_SYSTEM_SUSPEND32	0x8400000e
#define PSCI_SYSTEM_SUSPEND	0xc400000e
#define PSCI_SYSTEM_RESET2_32	0x84000012
#define PSCI_SYSTEM_RESET2	0xc4000012
#define PSCI_SYSTEM_OFF2_32	0x84000015
#define PSCI_SYSTEM_OFF2	0xc4000015

#define PSCI_LATEST		0x10003		/* the newest version, which a VM has if nobody chose */

#define PSCI_0_1_CPU_ON		0x95c1ba60

#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	(-1)
#define PSCI_INVALID_PARAMS	(-2)
#define PSCI_DENIED		(-3)
#define PSCI_ALREADY_ON		(-4)

#define PSCI_STATE_ON		0
#define PSCI_STATE_OFF		1

static inline s32 psci(u32 fn, u64 a1, u64 a2, u64 a3)
{
	struct smccc_res res;

	guest_hvc(fn, a1, a2, a3, &res);
	return res.a0;
}

/* Start vCPU id at guest_entry, which calls the fn that the host half set. */
static inline s32 psci_cpu_on(u32 id)
{
	return psci(PSCI_CPU_ON, id, (u64)guest_entry, guest_cpu_gpa(id));
}

#endif
