/* SPDX-License-Identifier: GPL-2.0 */
/* Encodings of instructions that tests generate. */
#ifndef SELFTESTS_INSN_H
#define SELFTESTS_INSN_H

#include "types.h"

#define INSN_RET	0xd65f03c0u
#define INSN_NOP	0xd503201fu
#define INSN_MOVZ_X0(imm16)	(0xd2800000u | (u32)(imm16) << 5)

/* System registers as op0..op2 in 16 bits, op0 = 2 or 3. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define SYSREG_OP0(r)	((r) >> 14 & 3)
#define SYSREG_OP1(r)	((r) >> 11 & 7)
#define SYSREG_CRN(r)	((r) >> 7 & 15)
#define SYSREG_CRM(r)	((r) >> 3 & 15)
#define SYSREG_OP2(r)	((r) & 7)

/* The register's place in the instruction is its 16-bit number, shifted. */
#define INSN_MRS_X0(r)	(0xd5200000u | (u32)(r) << 5)
#define INSN_MSR_X0(r)	(0xd5000000u | (u32)(r) << 5)

#endif
