/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The CPU interface's registers as user space saves and restores them
 * (KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS).
 *
 * Runs at: host kernel, unit tests on the build host. Owns: nothing. Locks: none.
 */
#ifndef AV_VGIC_ICC_H
#define AV_VGIC_ICC_H

#include "include/vcpu_ctx.h"

struct av_vgic_icc {
	struct av_gic_ctx *gic;
	u64 vtr;		/* the host's ICH_VTR_EL2 */
	u8 *pri_bits;		/* what ICC_CTLR_EL1 announces; a restore may lower it */
	u8 *id_bits;
};

/* encoding: op0[15:14] op1[13:11] CRn[10:7] CRm[6:3] op2[2:0] */
bool av_vgic_icc_exists(u32 encoding);
/* false: no such register, or a value that this host can't give it */
bool av_vgic_icc_get(const struct av_vgic_icc *icc, u32 encoding, u64 *val);
bool av_vgic_icc_set(const struct av_vgic_icc *icc, u32 encoding, u64 val);

/* As a guest whose access trapped reads and writes them. */
u64 av_vgic_icc_rpr(const struct av_vgic_icc *icc);
void av_vgic_icc_guest_pmr(const struct av_vgic_icc *icc, u64 val);
void av_vgic_icc_guest_ctlr(const struct av_vgic_icc *icc, u64 val);

#endif
