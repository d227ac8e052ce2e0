/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's own redistributors: the few writes that every entry or kick needs, without the way through the kernel's
 * irqchip (IHI 0069, 12.11).
 *
 * Runs at: host kernel. Owns: nothing.
 *
 * Where they can't be found (GICv2, odd firmware) the callers go by irq_set_irqchip_state() and IPIs.
 */
#ifndef AV_REDIST_H
#define AV_REDIST_H

#include <linux/io.h>
#include <linux/percpu.h>

#include "include/el2_abi.h"

/* SGI_base frame of each CPU: private interrupts. NULL: not known. */
DECLARE_PER_CPU(void __iomem *, av_redist);

void av_redist_init(void);		/* module load; nothing found is no error */
void av_redist_cpu_up(unsigned int cpu);
void av_redist_exit(void);
u64 av_redist_el2_addr(unsigned int cpu);	/* for EL2; 0: not known */

/*
 * Set or clear the active state of one of this CPU's private interrupts; preemption off. The read makes sure that it
 * has taken effect before the guest can end the interrupt.
 */
static inline void av_redist_set_active(void __iomem *sgi, u32 intid, bool active)
{
	writel_relaxed(BIT(intid), sgi + (active ? GICR_ISACTIVER0_OFFSET : GICR_ICACTIVER0_OFFSET));
	if (active)
		readl_relaxed(sgi + GICR_ISACTIVER0_OFFSET);
}

/* Take a pending state away that nobody will see any more; this CPU's. */
static inline void av_redist_clear_pending(void __iomem *sgi, u32 intid)
{
	writel_relaxed(BIT(intid), sgi + GICR_ICPENDR0_OFFSET);
}

/* Make a private interrupt of any CPU pending; what was written before is seen by who takes it. */
static inline void av_redist_set_pending(void __iomem *sgi, u32 intid)
{
	writel(BIT(intid), sgi + GICR_ISPENDR0_OFFSET);
}

#endif
