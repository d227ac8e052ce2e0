// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps guests out of a CPU's features: its own trap controls, which EL2 adds to the VM's (el2/controls.c).
 *
 * Runs at: host kernel, on the CPU itself, interrupts off. Owns: el2_cpu.controls and present.
 */
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "cpu_ids.h"
#include "host.h"
#include "include/arm_regs.h"
#include "include/controls.h"

/*
 * Buffers that the host may be using on this CPU. Their ID registers say whether a higher exception level keeps them;
 * branch records have no such bit, so that only a kernel that has a driver for them says that firmware lets it.
 * EL2_FEAT_BUFFERS of this CPU.
 */
u64 av_controls_buffers(void)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);
	u64 features = 0;

	if (AV_GET(dfr0, 35, 32) && !(read_sysreg_s(sys_reg(3, 0, 9, 10, 7)) & PMBIDR_P))
		features |= EL2_FEAT_SPE;
	if (AV_GET(dfr0, 47, 44) && !(read_sysreg_s(sys_reg(3, 0, 9, 11, 7)) & TRBIDR_P))
		features |= EL2_FEAT_TRBE;
	if (AV_GET(dfr0, 55, 52) && IS_ENABLED(CONFIG_ARM64_BRBE))
		features |= EL2_FEAT_BRBE;
	return features;
}

/* Registers of EL2 that the host's kernel uses itself (include/controls.def). */
static u64 kernel_knows(void)
{
	u64 knows = 0;

#ifdef SYS_HFGRTR_EL2
	knows |= AV_KNOWS_FGT;
#else
	if (av_cpu_ids_given(513))
		knows |= AV_KNOWS_FGT;
#endif
#ifdef SYS_HDFGRTR2_EL2
	knows |= AV_KNOWS_FGT2;
#endif
#ifdef SYS_MPAM2_EL2
	/* Told not to (arm64.nompam), because firmware keeps it, the kernel shows none. */
	if (AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 43, 40))
		knows |= AV_KNOWS_MPAM;
#endif
	return knows;
}

static void read_ids(u64 *ids)
{
#define SR_ID(name, crm, op2)						\
	if ((crm) >= 4)							\
		ids[AV_CPU_##name] = read_sysreg_s(sys_reg(3, 0, 0, crm, op2));
#include "include/sysregs.def"
}

/* Can guests be kept out of this CPU's features, by a kernel as old as this one? */
bool av_controls_fit(void)
{
	u64 ids[AV_NR_CPU_IDS] = {};

	read_ids(ids);
	return !av_controls_exposed(ids, kernel_knows());
}

/*
 * This CPU's trap controls, by its own ID registers: it need not be like the others. Before its EL2 is taken,
 * interrupts off.
 */
void av_controls_init_cpu(struct el2_cpu *el2)
{
	u64 ids[AV_NR_CPU_IDS] = {}, knows = kernel_knows();
	unsigned int i;

	read_ids(ids);
	if (knows & AV_KNOWS_MPAM)
		ids[AV_CPU_MPAMIDR_EL1] = read_sysreg_s(sys_reg(3, 0, 10, 4, 4));
	av_controls_opened(ids, &el2->controls);
	el2->may_open = 0;
	for (i = 0; i < AV_NR_CONTROLS; i++) {
		if (el2->controls.list[i])
			el2->may_open |= AV_BIT(i);
	}
	av_controls_compose(ids, &el2->controls);
	el2->present = av_controls_present(ids, knows);
}
