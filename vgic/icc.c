// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU interface's registers as user space saves and restores them, and as some guests have to read them: ICC_* made
 * of ICH_VMCR_EL2 and the active priorities, and back (IHI 0069, 12.2 and 12.4.8).
 *
 * Runs at: host kernel, unit tests on the build host.
 * Owns: nothing; works on what it is handed. Locks: none, the vCPU doesn't run.
 */
#include "icc.h"

#define ENC(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

#define CTLR_CBPR		AV_BIT(0)
#define CTLR_EOIMODE		AV_BIT(1)
#define CTLR_PRIBITS(v)		AV_GET(v, 10, 8)
#define CTLR_IDBITS(v)		AV_GET(v, 13, 11)
#define CTLR_SEIS		AV_BIT(14)
#define CTLR_A3V		AV_BIT(15)

struct reg {
	u16 encoding;
	u8 index;			/* AP0R<n>, AP1R<n> */
	bool (*get)(const struct av_vgic_icc *icc, u32 index, u64 *val);
	bool (*set)(const struct av_vgic_icc *icc, u32 index, u64 val);
};

static void set_field(const struct av_vgic_icc *icc, u32 hi, u32 lo, u64 val)
{
	u64 vmcr = icc->gic->vmcr & ~AV_MASK(hi, lo);

	/* With the system registers in use FIQs are always on (VFIQEn is RES1). */
	icc->gic->vmcr = vmcr | AV_PUT(val, hi, lo) | ICH_VMCR_VFIQEN;
}

/* A register that is one field of VMCR. */
#define FIELD_REG(name, hi, lo, width)							\
static bool get_##name(const struct av_vgic_icc *icc, u32 index, u64 *val)		\
{											\
	*val = AV_GET((u64)icc->gic->vmcr, hi, lo);					\
	return true;									\
}											\
											\
static bool set_##name(const struct av_vgic_icc *icc, u32 index, u64 val)		\
{											\
	set_field(icc, hi, lo, AV_GET(val, (width) - 1, 0));				\
	return true;									\
}

FIELD_REG(pmr, 31, 24, 8)
FIELD_REG(bpr0, 23, 21, 3)
FIELD_REG(igrpen0, 0, 0, 1)
FIELD_REG(igrpen1, 1, 1, 1)

/* With CBPR set BPR0 serves both groups and BPR1 reads as BPR0 + 1 (IHI 0069, 12.2.5). */
static bool get_bpr1(const struct av_vgic_icc *icc, u32 index, u64 *val)
{
	u64 bpr0 = ICH_VMCR_VBPR0((u64)icc->gic->vmcr);

	if (!(icc->gic->vmcr & ICH_VMCR_VCBPR))
		*val = ICH_VMCR_VBPR1((u64)icc->gic->vmcr);
	else
		*val = bpr0 < 7 ? bpr0 + 1 : 7;
	return true;
}

static bool set_bpr1(const struct av_vgic_icc *icc, u32 index, u64 val)
{
	if (!(icc->gic->vmcr & ICH_VMCR_VCBPR))
		set_field(icc, 20, 18, AV_GET(val, 2, 0));
	return true;
}

static bool get_ctlr(const struct av_vgic_icc *icc, u32 index, u64 *val)
{
	*val = AV_PUT((u64)*icc->pri_bits - 1, 10, 8) | AV_PUT((u64)*icc->id_bits, 13, 11);
	if (icc->vtr & ICH_VTR_SEIS)
		*val |= CTLR_SEIS;
	if (icc->vtr & ICH_VTR_A3V)
		*val |= CTLR_A3V;
	if (icc->gic->vmcr & ICH_VMCR_VCBPR)
		*val |= CTLR_CBPR;
	if (icc->gic->vmcr & ICH_VMCR_VEOIM)
		*val |= CTLR_EOIMODE;
	return true;
}

/* Of what the guest writes: the rest is read-only, or not there (ICC_CTLR_EL1.PMHE). */
void av_vgic_icc_guest_ctlr(const struct av_vgic_icc *icc, u64 val)
{
	set_field(icc, 4, 4, !!(val & CTLR_CBPR));
	set_field(icc, 9, 9, !!(val & CTLR_EOIMODE));
}

/* A guest saved elsewhere may have seen fewer bits than this host has, but not more. */
static bool set_ctlr(const struct av_vgic_icc *icc, u32 index, u64 val)
{
	u8 pri_bits = CTLR_PRIBITS(val) + 1, id_bits = CTLR_IDBITS(val);

	if (pri_bits > *icc->pri_bits || id_bits > *icc->id_bits)
		return false;
	if (!!(val & CTLR_SEIS) != !!(icc->vtr & ICH_VTR_SEIS) ||
	    !!(val & CTLR_A3V) != !!(icc->vtr & ICH_VTR_A3V))
		return false;
	*icc->pri_bits = pri_bits;
	*icc->id_bits = id_bits;
	av_vgic_icc_guest_ctlr(icc, val);
	return true;
}

/* Priorities have as many bits as the CPU's interface; what is written to the others reads as zero. */
void av_vgic_icc_guest_pmr(const struct av_vgic_icc *icc, u64 val)
{
	set_field(icc, 31, 24, val & AV_MASK(7, 8 - ICH_VTR_PRIBITS(icc->vtr)));
}

/* The highest of the active priorities, which have a bit each, in PREbits of them; else the idle priority (4.8.6). */
u64 av_vgic_icc_rpr(const struct av_vgic_icc *icc)
{
	u32 prebits = ICH_VTR_PREBITS(icc->vtr), n, active;

	for (n = 0; n < 4 && n < 1U << (prebits - 5); n++) {
		active = icc->gic->ap0r[n] | icc->gic->ap1r[n];
		if (active)
			return (n * 32 + __builtin_ctz(active)) << (8 - prebits);
	}
	return 0xff;
}

/* System registers only: no way to switch to the memory-mapped interface, no bypass. */
static bool get_sre(const struct av_vgic_icc *icc, u32 index, u64 *val)
{
	*val = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
	return true;
}

static bool set_sre(const struct av_vgic_icc *icc, u32 index, u64 val)
{
	return val & ICC_SRE_SRE;
}

/* 32 priority levels need one word of active priorities per group, 128 need four. */
static bool has_apr(const struct av_vgic_icc *icc, u32 index)
{
	u32 words = *icc->pri_bits >= 7 ? 4 : *icc->pri_bits == 6 ? 2 : 1;

	return index < words;
}

#define APR_REG(name)									\
static bool get_##name(const struct av_vgic_icc *icc, u32 index, u64 *val)		\
{											\
	if (!has_apr(icc, index))							\
		return false;								\
	*val = icc->gic->name[index];							\
	return true;									\
}											\
											\
static bool set_##name(const struct av_vgic_icc *icc, u32 index, u64 val)		\
{											\
	if (!has_apr(icc, index))							\
		return false;								\
	icc->gic->name[index] = val;							\
	return true;									\
}

APR_REG(ap0r)
APR_REG(ap1r)

#define REG(crn, crm, op2, index, name) \
	{ ENC(3, 0, crn, crm, op2), index, get_##name, set_##name }

static const struct reg regs[] = {
	/*  CRn CRm op2 n  register */
	REG(4,  6,  0, 0, pmr),
	REG(12, 8,  3, 0, bpr0),
	REG(12, 8,  4, 0, ap0r),
	REG(12, 8,  5, 1, ap0r),
	REG(12, 8,  6, 2, ap0r),
	REG(12, 8,  7, 3, ap0r),
	REG(12, 9,  0, 0, ap1r),
	REG(12, 9,  1, 1, ap1r),
	REG(12, 9,  2, 2, ap1r),
	REG(12, 9,  3, 3, ap1r),
	REG(12, 12, 3, 0, bpr1),
	REG(12, 12, 4, 0, ctlr),
	REG(12, 12, 5, 0, sre),
	REG(12, 12, 6, 0, igrpen0),
	REG(12, 12, 7, 0, igrpen1),
	{ 0 }
};

static const struct reg *find(u32 encoding)
{
	const struct reg *reg;

	for (reg = regs; reg->get; reg++)
		if (reg->encoding == encoding)
			return reg;
	return NULL;
}

bool av_vgic_icc_exists(u32 encoding)
{
	return find(encoding);
}

bool av_vgic_icc_get(const struct av_vgic_icc *icc, u32 encoding, u64 *val)
{
	const struct reg *reg = find(encoding);

	return reg && reg->get(icc, reg->index, val);
}

bool av_vgic_icc_set(const struct av_vgic_icc *icc, u32 encoding, u64 val)
{
	const struct reg *reg = find(encoding);

	return reg && reg->set(icc, reg->index, val);
}
