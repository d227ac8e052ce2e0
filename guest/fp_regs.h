/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_FP_REGS_H
#define AV_FP_REGS_H

/* guest/fp_regs.S; fpsr points at the pair FPSR, FPCR. Between kernel_neon_begin() and _end(). */
void av_fp_regs_load(const void *v, const u64 *fpsr);
void av_fp_regs_save(void *v, u64 *fpsr);

#endif
