// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32 EL0's names of system registers: coprocessors 14 and 15.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: nothing; registers are sysreg.c's, under their AArch64 names.
 *
 * Few can come here. AArch32 EL1 is not offered, and what EL0 may touch at all is the timers (CNTKCTL_EL1), the PMU
 * (PMUSERENR_EL0), the debug registers below (MDSCR_EL1.TDCC) and thread pointers, which don't trap.
 * All else is undefined, or EL1's to decide, before HCR_EL2, MDCR_EL2 or CNTHCTL_EL2 are asked (DDI 0487, G1.21).
 */
#include "answer.h"
#include "guest/sysreg_row.h"
#include "sysreg.h"

/* ISS of MCR and MRC (classes 0x03, 0x05), of MCRR and MRRC (0x04, 0x0c), and what both have (DDI 0487, ESR_EL2) */
#define ISS_COND(iss)		AV_GET(iss, 23, 20)
#define ISS_OPC2(iss)		AV_GET(iss, 19, 17)
#define ISS_OPC1(iss)		AV_GET(iss, 16, 14)
#define ISS_CRN(iss)		AV_GET(iss, 13, 10)
#define ISS_RT(iss)		AV_GET(iss, 9, 5)
#define ISS_CRM(iss)		AV_GET(iss, 4, 1)
#define ISS_READ		AV_BIT(0)
#define ISS_R_OPC1(iss)		AV_GET(iss, 19, 16)
#define ISS_R_RT2(iss)		AV_GET(iss, 14, 10)

#define COND_AL			14

#define MCR(cp, opc1, crn, crm, opc2)	\
	((cp) << 16 | (opc1) << 12 | (crn) << 8 | (crm) << 4 | (opc2))
#define MCRR(cp, opc1, crm)		(AV_BIT(31) | (cp) << 16 | (opc1) << 12 | (crm) << 4)
#define NO_COUNTERPART			0

static const struct coproc_row {
	u32 name;
	u16 enc;		/* of the AArch64 register that it is another name of */
} rows[] = {
	{ MCR(15, 0, 14, 2, 0),	AV_SYSREG_ENC(3, 3, 14, 2, 0) },	/* CNTP_TVAL */
	{ MCR(15, 0, 14, 2, 1),	AV_SYSREG_ENC(3, 3, 14, 2, 1) },	/* CNTP_CTL */
	{ MCRR(15, 2, 14),	AV_SYSREG_ENC(3, 3, 14, 2, 2) },	/* CNTP_CVAL */
	{ MCRR(15, 0, 14),	AV_SYSREG_ENC(3, 3, 14, 0, 1) },	/* CNTPCT */
	{ MCRR(15, 0, 9),	AV_SYSREG_ENC(3, 3, 9, 13, 0) },	/* PMCCNTR */
	{ MCR(14, 0, 0, 0, 0),	NO_COUNTERPART },			/* DBGDIDR */
	{ MCR(14, 0, 0, 1, 0),	AV_SYSREG_ENC(2, 3, 0, 1, 0) },		/* DBGDSCRint: MDCCSR_EL0 */
	{ MCR(14, 0, 0, 5, 0),	AV_SYSREG_ENC(2, 3, 0, 5, 0) },		/* DBGDTRRXint, DBGDTRTXint */
	{ MCR(14, 0, 1, 0, 0),	AV_SYSREG_ENC(2, 0, 1, 0, 0) },		/* DBGDRAR: MDRAR_EL1 */
	{ MCRR(14, 0, 1),	AV_SYSREG_ENC(2, 0, 1, 0, 0) },
	/* DBGDSAR was an offset to it, gone with v8: reads as zero, too. */
	{ MCR(14, 0, 2, 0, 0),	AV_SYSREG_ENC(2, 0, 1, 0, 0) },
	{ MCRR(14, 0, 2),	AV_SYSREG_ENC(2, 0, 1, 0, 0) },
};

/* Reads of the AArch32 view of ID_AA64DFR0_EL1. */
static enum av_verdict dbgdidr(struct av_vcpu *vcpu, struct av_reg_op *op)
{
	u64 dfr0 = vcpu->vm->idregs[AV_IDREG(5, 0)];
	u64 has_el3 = !!AV_GET(vcpu->vm->idregs[AV_IDREG(4, 0)], 15, 12);

	if (op->is_write) {
		av_inject_undef(vcpu);
		return AV_INJECTED;
	}
	op->value = AV_PUT(AV_GET(dfr0, 23, 20), 31, 28) |	/* watchpoints */
		    AV_PUT(AV_GET(dfr0, 15, 12), 27, 24) |	/* breakpoints */
		    AV_PUT(AV_GET(dfr0, 31, 28), 23, 20) |	/* those that know contexts */
		    AV_PUT(AV_GET(dfr0, 3, 0), 19, 16) |	/* the architecture's version */
		    AV_BIT(15) | has_el3 << 14 | has_el3 << 12;
	return AV_DONE;
}

/*
 * The PMU's registers have the same numbers in both states, from CRn on: CRn 9, and CRn 14 for those of the counters
 * (DDI 0487, G8.4). But two of EL1 have op1 0 as their AArch64 names have; and PMCEID2 and 3 are upper halves.
 */
static bool pmu_enc(u32 name, u16 *enc)
{
	u32 crn = AV_GET(name, 11, 8), crm = AV_GET(name, 7, 4), opc2 = AV_GET(name, 3, 0);

	*enc = AV_SYSREG_ENC(3, 3, crn, crm, opc2);
	return name >> 12 == MCR(15, 0, 0, 0, 0) >> 12 &&
	       ((crn == 9 && (crm == 12 || crm == 13 || (crm == 14 && (opc2 == 0 || opc2 == 3)))) ||
		(crn == 14 && crm >= 8));
}

static enum av_verdict access_row(struct av_vcpu *vcpu, u32 name, struct av_reg_op *op)
{
	const struct coproc_row *row;
	u16 enc;

	if (pmu_enc(name, &enc))
		return av_sysreg_access(vcpu, enc, op);
	for (row = rows; row < rows + ARRAY_SIZE(rows); row++) {
		if (row->name != name)
			continue;
		if (row->enc == NO_COUNTERPART)
			return dbgdidr(vcpu, op);
		return av_sysreg_access(vcpu, row->enc, op);
	}
	av_inject_undef(vcpu);
	return AV_INJECTED;
}

/*
 * A CPU may trap an instruction whose condition fails, which is to do nothing then (DDI 0487, G1.18.2). Without CV it
 * is a T32 instruction, and its condition is ITSTATE's.
 */
static bool condition_passes(const struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 pstate = vcpu->ctx->pstate, cond = COND_AL;
	bool n = pstate & PSR_N, z = pstate & PSR_Z, c = pstate & PSR_C, v = pstate & PSR_V;
	bool passes;

	if (trap->esr & ESR_CV)
		cond = ISS_COND(ESR_ISS(trap->esr));
	else if (AV_GET(pstate, 26, 25) || AV_GET(pstate, 11, 10))
		cond = AV_GET(pstate, 15, 12);
	if (cond >= COND_AL)
		return true;
	switch (cond >> 1) {
	case 0:
		passes = z;
		break;
	case 1:
		passes = c;
		break;
	case 2:
		passes = n;
		break;
	case 3:
		passes = v;
		break;
	case 4:
		passes = c && !z;
		break;
	case 5:
		passes = n == v;
		break;
	default:
		passes = n == v && !z;
	}
	return passes != (cond & 1);
}

static u32 coproc_of(const struct av_trap *trap)
{
	u64 ec = ESR_EC(trap->esr);

	return ec == EC_CP15_32 || ec == EC_CP15_64 ? 15 : 14;
}

/**
 * av_trap_mcr() - AArch32 EL0 executed a trapped MCR or MRC
 * @vcpu: the vCPU
 * @trap: the snapshot, exception class 0x03 or 0x05
 *
 * Context: vcpu->mutex held, may sleep. Return: AV_DONE, or AV_INJECTED with an UNDEF pending in the guest.
 */
enum av_verdict av_trap_mcr(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 iss = ESR_ISS(trap->esr), rt = ISS_RT(iss);
	u32 name = MCR(coproc_of(trap), ISS_OPC1(iss), ISS_CRN(iss), ISS_CRM(iss), ISS_OPC2(iss));
	struct av_reg_op op = { .is_write = !(iss & ISS_READ) };
	enum av_verdict verdict;

	if (!condition_passes(vcpu, trap))
		return AV_DONE;
	if (op.is_write)
		op.value = (u32)av_gpr(vcpu, rt);
	verdict = access_row(vcpu, name, &op);
	if (verdict != AV_DONE || op.is_write)
		return verdict;
	/* MRC to "R15" moves bits 31:28 to the flags; User mode has no X15 (DDI 0487, G1.9.1). */
	if (rt == 15 || rt == 31)
		vcpu->ctx->pstate = (vcpu->ctx->pstate & ~AV_MASK(31, 28)) |
				    (op.value & AV_MASK(31, 28));
	else
		av_set_gpr(vcpu, rt, (u32)op.value);
	return AV_DONE;
}

/**
 * av_trap_mcrr() - AArch32 EL0 executed a trapped MCRR or MRRC
 * @vcpu: the vCPU
 * @trap: the snapshot, exception class 0x04 or 0x0c
 *
 * Context, return: as av_trap_mcr().
 */
enum av_verdict av_trap_mcrr(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 iss = ESR_ISS(trap->esr), rt = ISS_RT(iss), rt2 = ISS_R_RT2(iss);
	u32 name = MCRR(coproc_of(trap), ISS_R_OPC1(iss), ISS_CRM(iss));
	struct av_reg_op op = { .is_write = !(iss & ISS_READ) };
	enum av_verdict verdict;

	if (!condition_passes(vcpu, trap))
		return AV_DONE;
	if (op.is_write)
		op.value = av_gpr(vcpu, rt2) << 32 | (u32)av_gpr(vcpu, rt);
	verdict = access_row(vcpu, name, &op);
	if (verdict == AV_DONE && !op.is_write) {
		av_set_gpr(vcpu, rt, (u32)op.value);
		av_set_gpr(vcpu, rt2, op.value >> 32);
	}
	return verdict;
}
