/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System registers: what the engine (sysreg.c), the ID registers (guest/idregs.c) and ONE_REG
 * (vcpu/one_reg.c) know of each other.
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_SYSREG_H
#define AV_SYSREG_H

#include "vcpu/vcpu.h"

/* Bits 15:0 of a ONE_REG id are the encoding in this order, see KVM_REG_ARM64_SYSREG_*. */
#define AV_SYSREG_ENC(op0, op1, crn, crm, op2)						\
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* One trapped access, without the GPR: the engine moves that. */
struct av_reg_op {
	bool is_write;
	u64 value;		/* to be written, or what was read */
};

struct av_sysreg;

/* AV_DONE, or AV_INJECTED when the access is undefined in the guest. */
typedef enum av_verdict (*av_reg_access)(struct av_vcpu *vcpu, struct av_reg_op *op,
					 const struct av_sysreg *row);

/* ONE_REG; get = NULL: user space does not see the register. */
struct av_reg_user {
	int (*get)(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value);
	int (*set)(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value);
	unsigned int arg;	/* which of several, for pairs that serve more than one register */
};

/* Where the value lives; index counts in u64. */
enum av_reg_home {
	AV_HOME_SYS,		/* ctx->sys[index] */
	AV_HOME_DEBUG,		/* ((u64 *)&ctx->debug)[index] */
	AV_HOME_ID,		/* vm->idregs[index] */
	AV_HOME_NONE,		/* the handlers know */
};

struct av_sysreg {
	const char *name;
	u16 enc;		/* AV_SYSREG_ENC() */
	u8 home;		/* enum av_reg_home */
	u8 index;
	av_reg_access access;
	const struct av_reg_user *user;
	u64 (*reset)(const struct av_vcpu *vcpu, const struct av_sysreg *row);
	u64 reset_value;
};

/* sysreg.c: by ONE_REG id. -ENOENT when there is no such register. */
int av_sysreg_get(struct av_vcpu *vcpu, u64 id, u64 *value);
int av_sysreg_set(struct av_vcpu *vcpu, u64 id, u64 value);
bool av_sysreg_next_id(unsigned int *pos, u64 *id);
/* sysreg.c, for answer/coproc.c */
enum av_verdict av_sysreg_access(struct av_vcpu *vcpu, u16 enc, struct av_reg_op *op);

/* guest/idregs.c */
#define AV_NR_IDREGS		(7 * 8)		/* CRm 1-7, op2 0-7 */
#define AV_IDREG(crm, op2)	(((crm) - 1) * 8 + (op2))

enum av_invariant {
	AV_HOST_MIDR,
	AV_HOST_REVIDR,
	AV_HOST_AIDR,
	AV_HOST_CLIDR,
	AV_HOST_CTR,
	AV_NR_INVARIANTS
};

int av_idregs_init(void);
int av_idreg_set(struct av_vm *vm, unsigned int index, u64 value);
u64 av_host_invariant(enum av_invariant which);
bool av_host_has_cache(unsigned int csselr);
u32 av_host_ccsidr(unsigned int csselr);	/* of this CPU */
bool av_host_has_aarch32(void);			/* at EL0 */
u64 av_host_actlr(void);
bool av_host_ctr_differs(void);			/* the guest's reads need HCR_EL2.TID2 */

#endif
