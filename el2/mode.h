/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place where the two ways to run the EL2 sources differ.
 *
 * Runs at: EL2. Owns: the names by which the guest's EL1 registers are reached.
 *
 * nVHE (this image): the host lives at EL1 too, so the guest's registers are the plain ones and change
 * hands at every world switch. A VHE host lives at EL2, reaches the guest's by op1 = 5 (the _EL12
 * names) and leaves them in place for a whole burst.
 */
#ifndef EL2_MODE_H
#define EL2_MODE_H

#ifdef AV_VHE
#error "The VHE build of the EL2 sources is not there yet (docs/caveats.md, C1)."
#endif

/* sysregs.def's op1 of an EL1 register -> the op1 that reaches the guest's copy */
#define GUEST_OP1(op1)		op1

#endif
