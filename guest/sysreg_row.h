/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a row of include/sysregs.def becomes, and the handlers of this folder that such rows name. Those of other
 * subjects are in their folders' headers; sysreg.c makes the table.
 *
 * A row names its functions and its pair for ONE_REG without the prefix: access_ctx is av_access_ctx(), the pair RW is
 * av_user_RW.
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_SYSREG_ROW_H
#define AV_SYSREG_ROW_H

#include "include/arm_regs.h"
#include "verdict.h"

struct av_vcpu;

/* Bits 15:0 of a ONE_REG id are the encoding in this order, see KVM_REG_ARM64_SYSREG_*. */
#define AV_SYSREG_ENC(op0, op1, crn, crm, op2)						\
	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* One trapped access, without the GPR: the engine moves that. */
struct av_reg_op {
	bool is_write;
	u64 value;		/* to be written, or what was read */
};

struct av_sysreg;

/* A handler: AV_DONE, or AV_INJECTED when the access is undefined in the guest. */
typedef enum av_verdict av_reg_access_fn(struct av_vcpu *vcpu, struct av_reg_op *op,
					 const struct av_sysreg *row);

/* ONE_REG; get = NULL: user space does not see the register. */
struct av_reg_user {
	int (*get)(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value);
	int (*set)(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value);
	unsigned int arg;	/* which of several, for pairs that serve more than one register */
	bool (*visible)(const struct av_vcpu *vcpu);	/* NULL: of every vCPU */
};

typedef u64 av_reg_reset_fn(const struct av_vcpu *vcpu, const struct av_sysreg *row);

/* Where the value lives; index counts in u64. */
enum av_reg_home {
	AV_HOME_SYS,		/* ctx->sys[index] */
	AV_HOME_DEBUG,		/* ((u64 *)&ctx->debug)[index] */
	AV_HOME_ID,		/* vm->idregs[index] */
	AV_HOME_PMU,		/* vcpu->pmu; index: enum av_pmu_reg */
	AV_HOME_NONE,		/* the handlers know */
};

/* The PMU's registers: n for counter n, AV_PMU_TYPE + n for its type, 31 being the cycle counter; then the others. */
#define AV_PMU_TYPE		32
enum av_pmu_reg {
	AV_PMU_PMCCNTR_EL0 = PMU_CYCLES,
	AV_PMU_PMCCFILTR_EL0 = AV_PMU_TYPE + PMU_CYCLES,
	AV_PMU_PMCR_EL0,
	AV_PMU_PMCNTENSET_EL0,
	AV_PMU_PMCNTENCLR_EL0,
	AV_PMU_PMOVSSET_EL0,
	AV_PMU_PMOVSCLR_EL0,
	AV_PMU_PMINTENSET_EL1,
	AV_PMU_PMINTENCLR_EL1,
	AV_PMU_PMSWINC_EL0,
	AV_PMU_PMSELR_EL0,
	AV_PMU_PMCEID0_EL0,
	AV_PMU_PMCEID1_EL0,
	AV_PMU_PMXEVTYPER_EL0,
	AV_PMU_PMXEVCNTR_EL0,
	AV_PMU_PMUSERENR_EL0,
	AV_PMU_PMMIR_EL1,
	AV_PMU_NR
};

struct av_sysreg {
	const char *name;
	u16 enc;		/* AV_SYSREG_ENC() */
	u8 home;		/* enum av_reg_home */
	u8 index;
	av_reg_access_fn *access;
	const struct av_reg_user *user;
	av_reg_reset_fn *reset;
	u64 reset_value;
};

#define AV_REG_USER(name, ...)	const struct av_reg_user av_user_##name = { __VA_ARGS__ }

/* regs.c: what many rows have in common */
u64 *av_reg_home(struct av_vcpu *vcpu, const struct av_sysreg *row);	/* only for rows that have one */
enum av_verdict av_reg_undef(struct av_vcpu *vcpu);
/* Should not have trapped: a hole in the trap controls, or a row that has to be thought about. */
enum av_verdict av_reg_unexpected(struct av_vcpu *vcpu, const struct av_reg_op *op, u16 enc, const char *name);
int av_reg_get_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value);
int av_reg_set_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value);
int av_reg_set_control(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value);
av_reg_access_fn av_access_none, av_access_undef, av_access_raz_wi, av_access_raz_ro, av_access_ctx;
av_reg_reset_fn av_reset_value;
extern const struct av_reg_user av_user_HIDDEN, av_user_RW, av_user_MPIDR;

/* sve.c */
extern const struct av_reg_user av_user_ZCR;

/* keys.c */
av_reg_access_fn av_access_key;
extern const struct av_reg_user av_user_KEY;

/* tags.c */
av_reg_access_fn av_access_gmid;
extern const struct av_reg_user av_user_TAG;

/* late.c */
av_reg_access_fn av_access_late;
extern const struct av_reg_user av_user_LATE_TCR2, av_user_LATE_PIE, av_user_LATE_SCTLR2, av_user_LATE_FPMR;

/* ras.c */
av_reg_access_fn av_access_ras, av_access_ras_v1p1, av_access_lor, av_access_lorid;

/* debug.c */
av_reg_access_fn av_access_mdscr, av_access_dbg, av_access_oslar, av_access_oslsr;
extern const struct av_reg_user av_user_DBG, av_user_MDSCR, av_user_OSLSR;

/* idregs.c */
av_reg_access_fn av_access_id, av_access_actlr, av_access_invariant;
av_reg_reset_fn av_reset_actlr, av_reset_mpidr;
extern const struct av_reg_user av_user_ID;

/* idregs_user.c */
extern const struct av_reg_user av_user_MIDR, av_user_REVIDR, av_user_AIDR, av_user_CTR;

/* caches.c */
av_reg_access_fn av_access_clidr, av_access_ccsidr;
extern const struct av_reg_user av_user_CLIDR;

#endif
