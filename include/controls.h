/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What keeps a guest out of a CPU's features: the values of EL2's trap controls, composed of the ID registers of that
 * CPU by the rows of include/features.def.
 *
 * Runs at: host kernel, unit tests (the functions), EL2 (the structures). Owns: nothing.
 */
#ifndef AV_CONTROLS_H
#define AV_CONTROLS_H

#include "arm_regs.h"

/* ID registers by CRm and op2 of their encoding (op0 3, op1 0, CRn 0), and one more. */
#define AV_CPU_ID(crm, op2)	(((crm) - 4) * 8 + (op2))
enum av_cpu_id {
#define SR_ID(name, crm, op2)	AV_CPU_##name = (crm) < 4 ? 0 : AV_CPU_ID((crm) < 4 ? 4 : (crm), op2),
#include "sysregs.def"
	AV_CPU_MPAMIDR_EL1 = AV_CPU_ID(8, 0),
	AV_NR_CPU_IDS
};

/* Bits of the lists below, by name. */
enum av_control {
#define CONTROL(name, ...)	AV_CONTROL_##name,
#include "controls.def"
	AV_NR_CONTROLS,
	/* Of no list: every CPU has them. */
	AV_CONTROL_hcr = AV_NR_CONTROLS, AV_CONTROL_cptr, AV_CONTROL_mdcr
};

struct av_controls {
	u64 hcr, cptr, mdcr;		/* to be added to the vCPU's */
	union {
		struct {
#define CONTROL(name, ...)	u64 name;
#include "controls.def"
		};
		u64 list[AV_NR_CONTROLS];
	};
};

/*
 * Of every vCPU: traps for everything that belongs to the host, that is emulated, or that the guest was not told of.
 * BSU and FB: a vCPU that moves to another CPU in the middle of its barriers and invalidations still has them
 * complete there. PTW: a stage-1 walk through device memory faults instead of reading a device.
 */
#define AV_HCR_GUEST	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB |	\
			 HCR_BSU_IS | HCR_TWI | HCR_TWE | HCR_TID1 | HCR_TID3 | HCR_TSC |	\
			 HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW)
/* The same of a vCPU whose EL1 is AArch32. */
#define AV_HCR_GUEST_A32 (AV_HCR_GUEST & ~HCR_RW)
#define AV_CPTR_GUEST	(CPTR_RES1 | CPTR_TZ | CPTR_TSM | CPTR_TFP | CPTR_TTA)
/* The same for a host with HCR_EL2.E2H = 1; what a CPU adds (av_controls.cptr) has one place in both layouts. */
#define AV_CPTR_E2H_GUEST	CPTR_E2H_TTA
#define AV_CPTR_EITHER	(CPTR_TCPAC | CPTR_TAM)
/* The PMU and the debug registers are not the guest's. */
#define AV_MDCR_GUEST	(MDCR_TPM | MDCR_TPMCR | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA)

/* What the host's kernel uses itself, so that firmware has surely given it to EL2. */
#define AV_KNOWS_ALWAYS		0
#define AV_KNOWS_FGT2		AV_BIT(0)
#define AV_KNOWS_MPAM		AV_BIT(1)
#define AV_KNOWS_FGT		AV_BIT(2)

/* Which of the list a CPU has and EL2 may touch: AV_BIT(AV_CONTROL_*). knows: AV_KNOWS_*. */
static inline u64 av_controls_present(const u64 *ids, u64 knows)
{
	u64 present = 0;

#define AV_HAS(reg, hi, lo, min)	(AV_GET(ids[AV_CPU_##reg], hi, lo) >= (min))
#define CONTROL(name, op0, op1, crn, crm, op2, reg, hi, lo, min, reg_b, hi_b, lo_b, min_b, who)	\
	if (AV_HAS(reg, hi, lo, min) && AV_HAS(reg_b, hi_b, lo_b, min_b) &&			\
	    (knows & AV_KNOWS_##who) == AV_KNOWS_##who)						\
		present |= AV_BIT(AV_CONTROL_##name);
#include "controls.def"
	return present;
}

/* A field of 15 means "none", or something that is not the architecture's (PMUVer). */
static inline bool av_cpu_has(const u64 *ids, unsigned int reg, unsigned int hi, unsigned int lo, u64 min)
{
	u64 value = AV_GET(ids[reg], hi, lo);

	return value >= min && !(hi - lo == 3 && value == 15);
}

/* The sum of the bits of features.def that these ID registers ask for: of rows OPEN, or of the others that have any. */
static inline void av_controls_sum(const u64 *ids, bool open, struct av_controls *c)
{
	unsigned int i;

	c->hcr = 0;
	c->cptr = 0;
	c->mdcr = 0;
	for (i = 0; i < AV_NR_CONTROLS; i++)
		c->list[i] = 0;
#define AV_ROW_TRAP(reg, hi, lo, min, ctl, bits)		\
	if (!open && av_cpu_has(ids, AV_CPU_##reg, hi, lo, min))	\
		c->ctl |= (bits);
#define AV_ROW_OPEN(reg, hi, lo, min, ctl, bits)		\
	if (open && av_cpu_has(ids, AV_CPU_##reg, hi, lo, min))	\
		c->ctl |= (bits);
#define AV_ROW_ALL(...)
#define AV_ROW_SHUT(...)
#define AV_ROW_GUEST(...)
#define AV_ROW_FREE(...)
#define AV_ROW_EL2(...)
#define FEATURE(reg, field, hi, lo, fate, min, ctl, bits, regs, why)	AV_ROW_##fate(reg, hi, lo, min, ctl, bits)
#define ALSO(reg, field, hi, lo, fate, min, ctl, bits)			AV_ROW_##fate(reg, hi, lo, min, ctl, bits)
#include "features.def"
#undef AV_ROW_TRAP
#undef AV_ROW_OPEN
#undef AV_ROW_ALL
#undef AV_ROW_SHUT
#undef AV_ROW_GUEST
#undef AV_ROW_FREE
#undef AV_ROW_EL2
}

/*
 * The bits that are 1 while a guest runs. All others are 0: of the registers in controls.def that means that what
 * is opened by a bit (n* of the fine-grained traps, En* of HCRX_EL2) stays shut.
 */
static inline void av_controls_compose(const u64 *ids, struct av_controls *c)
{
	av_controls_sum(ids, false, c);
}

/*
 * Would a guest on this CPU have registers that nothing but fine-grained traps keeps from it, where EL2 may not touch
 * these? Firmware need not have given such registers to anybody (branch records: MDCR_EL3.SBRBE), and then the guest's
 * access ends in EL3, where the fine-grained trap would have come first; those that it has given are one for all
 * guests. That a buffer's ID register can be read is not counted (docs/caveats.md, C76).
 */
static inline bool av_controls_exposed(const u64 *ids, u64 knows)
{
	u64 lost = av_controls_present(ids, knows | AV_KNOWS_FGT) & ~av_controls_present(ids, knows);
	bool exposed = false;

#define AV_ROW_SHUT(reg, hi, lo, min, ctl, bits)		\
	if (av_cpu_has(ids, AV_CPU_##reg, hi, lo, min) && (bits) && lost & AV_BIT(AV_CONTROL_##ctl))	\
		exposed = true;
#define AV_ROW_OPEN	AV_ROW_SHUT
#define AV_ROW_TRAP(...)
#define AV_ROW_ALL(...)
#define AV_ROW_GUEST(...)
#define AV_ROW_FREE(...)
#define AV_ROW_EL2(...)
#define FEATURE(reg, field, hi, lo, fate, min, ctl, bits, regs, why)	AV_ROW_##fate(reg, hi, lo, min, ctl, bits)
#define ALSO(reg, field, hi, lo, fate, min, ctl, bits)			AV_ROW_##fate(reg, hi, lo, min, ctl, bits)
#include "features.def"
#undef AV_ROW_TRAP
#undef AV_ROW_OPEN
#undef AV_ROW_ALL
#undef AV_ROW_SHUT
#undef AV_ROW_GUEST
#undef AV_ROW_FREE
#undef AV_ROW_EL2
	return exposed;
}

/* The bits that are 1 as well, in a VM that is shown these ID registers; or may be on a CPU that has them. */
static inline void av_controls_opened(const u64 *ids, struct av_controls *c)
{
	av_controls_sum(ids, true, c);
}

#endif
