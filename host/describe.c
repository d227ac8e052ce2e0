// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of the host's interrupt controller and timer: its firmware's description, and parameters of the module
 * for what vendors' descriptions leave out or have wrong.
 *
 * Runs at: host kernel, module load. Owns: the description, constant afterwards. Locks: none.
 */
#include <linux/acpi.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "describe.h"
#include "refuse.h"

#define UNSET		(-1)
#define PPI_FIRST	16
#define PPI_LAST	31
#define PA_BITS_MAX	52

static int maint_irq = UNSET;
module_param(maint_irq, int, 0444);
MODULE_PARM_DESC(maint_irq, "INTID (16-31) of the GIC's maintenance interrupt, 0: do without it");

static int vtimer_irq = UNSET;
module_param(vtimer_irq, int, 0444);
MODULE_PARM_DESC(vtimer_irq, "INTID (16-31) of the virtual timer's interrupt");

static int ptimer_irq = UNSET;
module_param(ptimer_irq, int, 0444);
MODULE_PARM_DESC(ptimer_irq, "INTID (16-31) of the EL1 physical timer's interrupt (VHE only), 0: emulate that timer");

static unsigned long long gich;
module_param(gich, ullong, 0444);
MODULE_PARM_DESC(gich, "Physical address of a GICv2's GICH registers");

static unsigned long long gicv;
module_param(gicv, ullong, 0444);
MODULE_PARM_DESC(gicv, "Physical address of a GICv2's GICV registers");

static struct av_host_desc host_desc;

const struct av_host_desc *av_host_desc(void)
{
	return &host_desc;
}

static const struct av_describe_source *source(void)
{
#ifdef CONFIG_ACPI
	if (!acpi_disabled)
		return &av_describe_acpi;
#endif
	return &av_describe_of;
}

static int set_irq(const char *name, int intid, bool may_be_none, unsigned int *irq)
{
	if (intid == UNSET)
		return 0;
	if (!intid && may_be_none) {
		*irq = 0;
		return 0;
	}
	if (intid < PPI_FIRST || intid > PPI_LAST)
		return av_refuse_detail(AV_REFUSE_PARAMETER, "%s=%d: an INTID is from %d to %d",
					name, intid, PPI_FIRST, PPI_LAST);
	*irq = source()->map_ppi(intid);
	if (!*irq)
		return av_refuse_detail(AV_REFUSE_PARAMETER,
					"%s=%d: the interrupt controller does not take it", name,
					intid);
	return 0;
}

/* What an address can be checked for without touching it. */
static int set_region(const char *name, u64 addr, u64 size, phys_addr_t *start,
		      phys_addr_t *length)
{
	if (!addr)
		return 0;
	if (!IS_ALIGNED(addr, SZ_4K) || addr >> PA_BITS_MAX)
		return av_refuse_detail(AV_REFUSE_PARAMETER, "%s=%#llx: not the address of a page",
					name, addr);
	if (region_intersects(addr, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT)
		return av_refuse_detail(AV_REFUSE_PARAMETER, "%s=%#llx: memory is there", name,
					addr);
	*start = addr;
	*length = size;
	return 0;
}

/* A parameter can be told so; a description that has the one interrupt for two is believed where it matters. */
static int check_irqs(struct av_host_desc *desc)
{
	if (desc->maint_irq && desc->maint_irq == desc->vtimer_irq)
		return av_refuse_detail(AV_REFUSE_PARAMETER,
					"maint_irq, vtimer_irq: they are the same interrupt");
	if (!desc->ptimer_irq || (desc->ptimer_irq != desc->vtimer_irq && desc->ptimer_irq != desc->maint_irq))
		return 0;
	if (ptimer_irq != UNSET)
		return av_refuse_detail(AV_REFUSE_PARAMETER,
					"ptimer_irq: it is the interrupt of something else");
	desc->ptimer_irq = 0;
	return 0;
}

static int apply_parameters(struct av_host_desc *desc)
{
	int ret;

	ret = set_irq("maint_irq", maint_irq, true, &desc->maint_irq);
	if (!ret)
		ret = set_irq("vtimer_irq", vtimer_irq, false, &desc->vtimer_irq);
	if (!ret)
		ret = set_irq("ptimer_irq", ptimer_irq, true, &desc->ptimer_irq);
	if (!ret)
		ret = set_region("gich", gich, SZ_4K, &desc->gich, &desc->gich_size);
	if (!ret)
		ret = set_region("gicv", gicv, SZ_8K, &desc->gicv, &desc->gicv_size);
	if (!ret)
		ret = check_irqs(desc);
	if (ret)
		return ret;
	desc->maint_given = maint_irq != UNSET;
	if (gich && gich == gicv)
		return av_refuse_detail(AV_REFUSE_PARAMETER,
					"gich, gicv: they are the same address");
	return 0;
}

int av_describe_init(void)
{
	struct av_host_desc desc = { };
	int ret;

	if (source()->read(&desc))
		return av_refuse(desc.other_intc ? AV_REFUSE_OTHER_INTC : AV_REFUSE_GIC_UNKNOWN);
	ret = apply_parameters(&desc);
	if (!ret)
		host_desc = desc;
	return ret;
}
