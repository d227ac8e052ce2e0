// SPDX-License-Identifier: GPL-2.0
/*
 * The host's interrupt controller and timer by its device tree.
 *
 * Runs at: host kernel, module load. Owns: nothing; interrupts that it maps stay mapped, as the kernel's own do,
 * for somebody else may have come to share them.
 */
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>

#include "describe.h"

/* First interrupt cell of a PPI, whose second cell counts from 16 (Devicetree binding arm,gic). */
#define CELL_PPI	1
#define PPI_BASE	16
/* Positions of the timers in "interrupts" (Devicetree binding arm,arch_timer). */
#define PHYS_INDEX	1		/* the non-secure one */
#define VIRT_INDEX	2

static const struct of_device_id gics[] = {
	{ .compatible = "arm,gic-v3", .data = (void *)3 },
	{ .compatible = "arm,gic-400", .data = (void *)2 },
	{ .compatible = "arm,cortex-a15-gic", .data = (void *)2 },
	{ .compatible = "arm,cortex-a7-gic", .data = (void *)2 },
	{ .compatible = "qcom,msm-qgic2", .data = (void *)2 },
	{ }
};

/* The first one that is in use: others may be cascaded behind it. */
static struct device_node *find_gic(const struct of_device_id **match)
{
	struct device_node *node;

	for_each_matching_node_and_match(node, gics, match) {
		if (of_device_is_available(node))
			return node;
	}
	return NULL;
}

static void read_region(struct device_node *node, int index, phys_addr_t *start, phys_addr_t *size)
{
	struct resource res;

	if (of_address_to_resource(node, index, &res))
		return;
	*start = res.start;
	*size = resource_size(&res);
}

static struct device_node *find_timer(void)
{
	static const struct of_device_id timers[] = {
		{ .compatible = "arm,armv8-timer" },
		{ .compatible = "arm,armv7-timer" },
		{ }
	};
	struct device_node *node;

	for_each_matching_node(node, timers) {
		if (of_device_is_available(node))
			return node;
	}
	return NULL;
}

/* The machine has an interrupt controller, for its timer's sake, and it is none of the above: BCM2836's, Apple's. */
static bool has_other_intc(void)
{
	struct device_node *timer = find_timer(), *intc = NULL;
	bool other;

	if (timer) {
		intc = of_parse_phandle(timer, "interrupts-extended", 0);
		if (!intc)
			intc = of_irq_find_parent(timer);
	}
	other = intc && !of_match_node(gics, intc);
	of_node_put(intc);
	of_node_put(timer);
	return other;
}

/* "reg" is GICD, GICC, GICH, GICV, with the redistributors' regions behind GICD in a GICv3. */
static int read_gic(struct av_host_desc *desc)
{
	const struct of_device_id *match;
	struct device_node *node = find_gic(&match);
	u32 regions = 0;

	if (!node) {
		desc->other_intc = has_other_intc();
		return -ENODEV;
	}
	desc->gic = (uintptr_t)match->data;
	desc->maint_irq = irq_of_parse_and_map(node, 0);
	if (desc->gic == 3 && of_property_read_u32(node, "#redistributor-regions", &regions))
		regions = 1;
	read_region(node, 2 + regions, &desc->gich, &desc->gich_size);
	read_region(node, 3 + regions, &desc->gicv, &desc->gicv_size);
	of_node_put(node);
	return 0;
}

/* One of the timer's interrupts, by name or, where there are none, by place. 0: not described */
static unsigned int timer_irq(struct device_node *node, const char *name, int index)
{
	int irq;

	if (of_property_read_bool(node, "interrupt-names"))
		irq = of_irq_get_byname(node, name);
	else
		irq = irq_of_parse_and_map(node, index);
	return irq > 0 ? irq : 0;
}

static void read_timer(struct av_host_desc *desc)
{
	struct device_node *node = find_timer();

	if (!node)
		return;
	desc->vtimer_irq = timer_irq(node, "virt", VIRT_INDEX);
	desc->ptimer_irq = timer_irq(node, "phys", PHYS_INDEX);
	of_property_read_u32(node, "clock-frequency", &desc->timer_rate);
	of_node_put(node);
}

static int read_of(struct av_host_desc *desc)
{
	int ret = read_gic(desc);

	if (!ret)
		read_timer(desc);
	return ret;
}

static unsigned int map_ppi(u32 intid)
{
	const struct of_device_id *match;
	struct of_phandle_args args = {
		.np = find_gic(&match),
		.args = { CELL_PPI, intid - PPI_BASE, IRQ_TYPE_LEVEL_HIGH },
	};
	struct irq_domain *domain = irq_find_host(args.np);
	unsigned int irq = 0;
	u32 cells;

	/* One that is there keeps the trigger that it was given. */
	if (domain)
		irq = irq_find_mapping(domain, intid);
	/* A fourth cell is a set of CPUs; 0 means all. */
	if (!irq && !of_property_read_u32(args.np, "#interrupt-cells", &cells) && cells >= 3) {
		args.args_count = min_t(u32, cells, MAX_PHANDLE_ARGS);
		irq = irq_create_of_mapping(&args);
	}
	of_node_put(args.np);
	return irq;
}

const struct av_describe_source av_describe_of = {
	.read = read_of,
	.map_ppi = map_ppi,
};
