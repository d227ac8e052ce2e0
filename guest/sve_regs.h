/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_SVE_REGS_H
#define AV_SVE_REGS_H

/*
 * guest/sve_regs.S: Z0 - Z31, P0 - P15 and FFR one behind the other, of the length in force; fpsr points at the pair
 * FPSR, FPCR. Between kernel_neon_begin() and _end().
 */
void av_sve_regs_load(const void *regs, const u64 *fpsr);
void av_sve_regs_save(void *regs, u64 *fpsr);

#endif
