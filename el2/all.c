// SPDX-License-Identifier: GPL-2.0
/*
 * The C of the EL2 image in one translation unit: an exit passes through a dozen of these files, and the calls between
 * them would cost as much as what they do. Only what assembly calls keeps a name of its own (EL2_ENTRY).
 *
 * Runs at: EL2. Owns: nothing.
 */
#include "a32.c"
#include "abort.c"
#include "buffers.c"
#include "controls.c"
#include "counters.c"
#include "debug.c"
#include "fast.c"
#include "fast_bell.c"
#include "fast_gic.c"
#include "fast_irq.c"
#include "fast_lr.c"
#include "fast_sgi.c"
#include "fault.c"
#include "found.c"
#include "gic_v3.c"
#include "host.c"
#include "keys.c"
#include "late.c"
#include "run.c"
#include "serror.c"
#include "tags.c"
#include "timer.c"
#include "tlb.c"
#include "traps.c"
#include "el2.h"
#if EL2_VHE
#include "world_vhe.c"
#else
#include "nvhe.c"
#include "world_nvhe.c"
#endif
