// SPDX-License-Identifier: GPL-2.0
/*
 * A VHE host's way to a CPU's page, which TPIDR_EL2 can't hold there: el2/mode.h reads it. Not a part of the twin,
 * which has no variable of each CPU (el2/vhe.lds).
 *
 * Runs at: nowhere (data). Owns: the pointers; percpu.c writes them at load.
 */
#include "door.h"

DEFINE_PER_CPU(struct el2_cpu *, av_vhe_cpu);
