// SPDX-License-Identifier: GPL-2.0
/*
 * AArch32's names of system registers: the engine behind include/coproc.def, for coprocessors 14 and 15, and VMRS.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: the table; registers are sysreg.c's, under their AArch64 names.
 *
 * From an AArch32 EL0 under an AArch64 EL1 few can come here: the timers (CNTKCTL_EL1), the PMU (PMUSERENR_EL0), the
 * debug registers (MDSCR_EL1.TDCC). All else is undefined, or EL1's to decide, before HCR_EL2, MDCR_EL2 or CNTHCTL_EL2
 * are asked (DDI 0487, G1.21); should it come all the same it is undefined here, too.
 */
#include <linux/printk.h>
#include <linux/sort.h>

#include "answer.h"
#include "dev/dev.h"
#include "guest/sysreg_row.h"
#include "mm/mm.h"
#include "sysreg.h"

/* ISS of MCR and MRC (classes 0x03, 0x05), of MCRR and MRRC (0x04, 0x0c), and what both have (DDI 0487, ESR_EL2) */
#define ISS_OPC2(iss)		AV_GET(iss, 19, 17)
#define ISS_OPC1(iss)		AV_GET(iss, 16, 14)
#define ISS_CRN(iss)		AV_GET(iss, 13, 10)
#define ISS_RT(iss)		AV_GET(iss, 9, 5)
#define ISS_CRM(iss)		AV_GET(iss, 4, 1)
#define ISS_READ		AV_BIT(0)
#define ISS_R_OPC1(iss)		AV_GET(iss, 19, 16)
#define ISS_R_RT2(iss)		AV_GET(iss, 14, 10)

#define MCR(cp, opc1, crn, crm, opc2)	\
	((cp) << 16 | (opc1) << 12 | (crn) << 8 | (crm) << 4 | (opc2))
#define MCRR(cp, opc1, crm)		(1U << 31 | (cp) << 16 | (opc1) << 12 | (crm) << 4)

enum part { PART_ALL, PART_LO, PART_HI };

struct coproc_row {
	u32 name;		/* MCR() or MCRR() */
	u16 enc;		/* of the AArch64 register that it is another name of */
	u8 part;
	u8 lowest;		/* exception level that may use it */
	av_reg_access_fn *how;	/* NULL: as the register's row */
};

/* Reads of the AArch32 view of ID_AA64DFR0_EL1. */
static enum av_verdict access_didr(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	u64 dfr0 = vcpu->vm->idregs[AV_IDREG(5, 0)];
	u64 has_el3 = !!AV_GET(vcpu->vm->idregs[AV_IDREG(4, 0)], 15, 12);

	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = AV_PUT(AV_GET(dfr0, 23, 20), 31, 28) |	/* watchpoints */
		    AV_PUT(AV_GET(dfr0, 15, 12), 27, 24) |	/* breakpoints */
		    AV_PUT(AV_GET(dfr0, 31, 28), 23, 20) |	/* those that know contexts */
		    AV_PUT(AV_GET(dfr0, 3, 0), 19, 16) |	/* the architecture's version */
		    AV_BIT(15) | has_el3 << 14 | has_el3 << 12;
	return AV_DONE;
}

#define HOW_ROW		NULL
#define HOW_ctx		av_access_ctx
#define HOW_didr	access_didr
#define HOW_raz_ro	av_access_raz_ro
#define HOW_raz_wi	av_access_raz_wi
#define HOW_vm		av_access_vm
#define LOWEST_EL0	0
#define LOWEST_EL1	1

static struct coproc_row rows[] = {
#define CP(cp, opc1, crn, crm, opc2, op0, op1, n, m, op2, part, from, how, why)		\
	{ MCR(cp, opc1, crn, crm, opc2), AV_SYSREG_ENC(op0, op1, n, m, op2), PART_##part, LOWEST_##from, HOW_##how },
#define CP64(cp, opc1, crm, op0, op1, n, m, op2, from, how, why)				\
	{ MCRR(cp, opc1, crm), AV_SYSREG_ENC(op0, op1, n, m, op2), PART_ALL, LOWEST_##from, HOW_##how },
#include "include/coproc.def"
};

static int compare_rows(const void *a, const void *b)
{
	const struct coproc_row *x = a, *y = b;

	return x->name < y->name ? -1 : x->name > y->name;
}

/**
 * av_coproc_init() - sort and check the table of names
 *
 * Context: module load. Return: 0, or -EINVAL after a message for a name that is there twice.
 */
int av_coproc_init(void)
{
	unsigned int i;

	sort(rows, ARRAY_SIZE(rows), sizeof(rows[0]), compare_rows, NULL);
	for (i = 1; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].name != rows[i - 1].name)
			continue;
		pr_err(AV_NAME ": coproc.def: name %#x is there twice\n", rows[i].name);
		return -EINVAL;
	}
	return 0;
}

static const struct coproc_row *find_row(u32 name)
{
	unsigned int first = 0, end = ARRAY_SIZE(rows), mid;

	while (first < end) {
		mid = (first + end) / 2;
		if (rows[mid].name == name)
			return &rows[mid];
		if (rows[mid].name < name)
			first = mid + 1;
		else
			end = mid;
	}
	return NULL;
}

static bool at_el0(const struct av_vcpu *vcpu)
{
	return (vcpu->ctx->pstate & PSR_MODE_FIELD) == PSR32_USR;
}

/* One half of a register: the other is not touched. */
static enum av_verdict access_half(struct av_vcpu *vcpu, const struct coproc_row *row, struct av_reg_op *op)
{
	unsigned int shift = row->part == PART_HI ? 32 : 0;
	struct av_reg_op whole = {};
	enum av_verdict verdict;

	verdict = av_sysreg_access(vcpu, row->enc, row->how, &whole);
	if (verdict != AV_DONE)
		return verdict;
	if (!op->is_write) {
		op->value = (u32)(whole.value >> shift);
		return AV_DONE;
	}
	whole.is_write = true;
	whole.value = (whole.value & ~((u64)U32_MAX << shift)) | (u64)(u32)op->value << shift;
	return av_sysreg_access(vcpu, row->enc, row->how, &whole);
}

static enum av_verdict access_row(struct av_vcpu *vcpu, u32 name, struct av_reg_op *op)
{
	const struct coproc_row *row = find_row(name);

	if (!row || (row->lowest && at_el0(vcpu)))
		return av_reg_undef(vcpu);
	if (row->part != PART_ALL)
		return access_half(vcpu, row, op);
	return av_sysreg_access(vcpu, row->enc, row->how, op);
}

/*
 * Identification: the names are AArch64's (HCR_EL2.TID3). What is behind AArch32's own registers reads as zero, and is
 * nothing to AArch32.
 */
static bool is_id(u64 iss, u32 coproc)
{
	return coproc == 15 && !ISS_OPC1(iss) && !ISS_CRN(iss) && ISS_CRM(iss) >= 1 && ISS_CRM(iss) <= 7;
}

static enum av_verdict access_id(struct av_vcpu *vcpu, u32 crm, u32 opc2, struct av_reg_op *op)
{
	if (op->is_write || at_el0(vcpu))
		return av_reg_undef(vcpu);
	op->value = 0;
	return crm > 3 ? AV_DONE : av_sysreg_access(vcpu, AV_SYSREG_ENC(3, 0, 0, crm, opc2), NULL, op);
}

static bool condition_passes(const struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return av_a32_condition(trap->esr, vcpu->ctx->pstate);
}

static u32 coproc_of(const struct av_trap *trap)
{
	u64 ec = ESR_EC(trap->esr);

	return ec == EC_CP15_32 || ec == EC_CP15_64 ? 15 : 14;
}

/**
 * av_trap_mcr() - AArch32 code executed a trapped MCR or MRC
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
	if (is_id(iss, coproc_of(trap)))
		verdict = access_id(vcpu, ISS_CRM(iss), ISS_OPC2(iss), &op);
	else
		verdict = access_row(vcpu, name, &op);
	if (verdict != AV_DONE || op.is_write)
		return verdict;
	/* MRC to "R15" moves bits 31:28 to the flags; X15 is Hyp mode's alone (DDI 0487, D1.20.1). */
	if (rt == 15 || rt == 31)
		vcpu->ctx->pstate = (vcpu->ctx->pstate & ~AV_MASK(31, 28)) |
				    (op.value & AV_MASK(31, 28));
	else
		av_set_gpr(vcpu, rt, (u32)op.value);
	return AV_DONE;
}

/**
 * av_trap_mcrr() - AArch32 code executed a trapped MCRR or MRRC
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

/**
 * av_trap_ldc() - AArch32 code executed a trapped LDC or STC of DBGDTR: no debug channel, and KVM does the same
 * @vcpu: the vCPU
 * @trap: the snapshot, exception class 0x06
 *
 * Context, return: as av_trap_mcr().
 */
enum av_verdict av_trap_ldc(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return condition_passes(vcpu, trap) ? av_reg_undef(vcpu) : AV_DONE;
}

/**
 * av_trap_vmrs() - AArch32 EL1 executed a trapped VMRS of MVFR0, MVFR1 or MVFR2
 * @vcpu: the vCPU
 * @trap: the snapshot, exception class 0x08: the register's number is where CRn is in those of MRC
 *
 * Context, return: as av_trap_mcr().
 */
enum av_verdict av_trap_vmrs(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 iss = ESR_ISS(trap->esr), reg = ISS_CRN(iss);
	struct av_reg_op op = { .is_write = !(iss & ISS_READ) };
	enum av_verdict verdict;

	if (!condition_passes(vcpu, trap))
		return AV_DONE;
	/* 7, 6, 5: MVFR0 to MVFR2, which are ID registers with CRm 3 */
	if (reg < 5 || reg > 7)
		return av_reg_undef(vcpu);
	verdict = access_id(vcpu, 3, 7 - reg, &op);
	if (verdict == AV_DONE)
		av_set_gpr(vcpu, ISS_RT(iss), (u32)op.value);
	return verdict;
}
