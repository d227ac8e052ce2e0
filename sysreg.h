/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine of system registers (sysreg.c).
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_SYSREG_H
#define AV_SYSREG_H

#include "guest/guest.h"
#include "guest/sysreg_row.h"

/* ISS of a trapped MSR, MRS or system instruction (DDI 0487, ESR_ELx, exception class 0x18) */
#define ISS_SYS_ENC(esr)	AV_SYSREG_ENC(AV_GET(esr, 21, 20), AV_GET(esr, 16, 14), AV_GET(esr, 13, 10), \
					      AV_GET(esr, 4, 1), AV_GET(esr, 19, 17))
#define ISS_SYS_RT(esr)		AV_GET(esr, 9, 5)
#define ISS_SYS_READ		AV_BIT(0)

int av_sysreg_init(void);	/* module load */
enum av_verdict av_trap_sysreg(struct av_vcpu *vcpu, const struct av_trap *trap);
void av_sysreg_reset(struct av_vcpu *vcpu);

/* By ONE_REG id. -ENOENT when there is no such register. */
int av_sysreg_get(struct av_vcpu *vcpu, u64 id, u64 *value);
int av_sysreg_set(struct av_vcpu *vcpu, u64 id, u64 value);
bool av_sysreg_next_id(const struct av_vcpu *vcpu, unsigned int *pos, u64 *id);
/* By encoding, for answer/coproc.c */
enum av_verdict av_sysreg_access(struct av_vcpu *vcpu, u16 enc, av_reg_access_fn *how, struct av_reg_op *op);

#endif
